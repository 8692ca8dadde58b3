/*
 * task.c
 *	  A request on its way: made, abandoned, answered.
 */
#include "connection.h"
#include "transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far it had come. */
static bolt_exception *
explain_timeout(const bolt__task *task, bolt_exception *error)
{
	if (task->pool == NULL)
		return error;
	if (!task->sent)
		return bolt__error_hint(
			error, "It had not been sent, so nothing of it was done: all connections were busy.");
	if (task->connection->sent.next != &task->place.link)
		return bolt__error_hint(
			error, "It had been sent, and waited behind another request of the same connection.");
	if (task->statement != NULL && task->statement->writes && task->block == NULL)
		return bolt__error_hint(error, "The server was at work on it: it may have been done all the same.");
	return error;
}

/* Whether the answer is there already, and only the loop came late. */
static bool
has_come_meanwhile(bolt__task *task)
{
	if (!task->sent || task->connection->state != BOLT__READY || task->connection->receiving ||
		task->connection->paused)
		return false;
	bolt__pipeline_ready(task->connection, BOLT_READABLE);
	return task->future.settled;
}

/* The caller no longer waits. What was sent is still to be answered; the connection sees to that. */
static void
abandon(bolt_future *future, bolt_exception *error)
{
	bolt__task *task = (bolt__task *) future;

	if (bolt_error_code(error) == BOLT_TIMEOUT)
	{
		bool come;

		bolt_future_ref(future);
		come = has_come_meanwhile(task);
		bolt_free(future); /* it still has another reference, where it has not come */
		if (come)
		{
			bolt_error_unref(error);
			return;
		}
		error = explain_timeout(task, error);
	}
	bolt__timer_unset(&future->client->timers, &task->place.timer);
	if (task->block != NULL)
		bolt__block_spoil(task->block, error);
	if (task->sent)
	{
		task->abandoned = true;
		bolt__settle(future, error);
		bolt__cancel_if_stuck(task->connection);
		return;
	}
	bolt__settle(future, error);
	if (task->pool == NULL)
		return; /* an iterator's, which has not started */
	if (task->connection == NULL)
		task->pool->queue_length--;
	bolt__link_remove(&task->place.link);
	bolt_free(future);
}

void
bolt__task_drain(bolt__task *task)
{
	bolt_exception *error = bolt__error_new(BOLT_CANCELLED, NULL, "cancelled by the caller");

	if (task->future.settled)
	{
		bolt_error_unref(error);
		return;
	}
	task->abandoned = task->drained = true;
	bolt__settle(&task->future, error);
}

void
bolt__task_reset(bolt__task *task)
{
	PQclear(task->answer);
	task->answer = NULL;
	task->sent = task->endangered = task->prepared = task->prepares = task->known = false;
	task->begins = task->looks = false;
	task->results = 0;
	task->connection = NULL;
}

static void
free_parameters(bolt__task *task)
{
	int count = task->statement == NULL ? 0 : task->statement->parameters;

	for (int i = 0; i < count; i++)
	{
		free(task->parameters[i]);
		task->parameters[i] = NULL;
	}
}

static void
dispose(bolt_future *future)
{
	bolt__task *task = (bolt__task *) future;

	free_parameters(task);
	if (task->decode_free != NULL)
		task->decode_free(task->decode_data);
	PQclear(task->answer);
	bolt_error_unref(task->mishap);
	free(task->own_sql);
}

static const bolt__future_class task_class = {abandon, dispose, false};

bolt__task *
bolt__task_new(bolt__client *client, const bolt__statement *statement, const char *text, char **parameters)
{
	bolt__task *task = calloc(1, sizeof(bolt__task));
	int count = statement == NULL ? 0 : statement->parameters;

	if (task == NULL)
	{
		for (int i = 0; i < count; i++)
			free(parameters[i]);
		return NULL;
	}
	bolt__future_init(&task->future, &task_class, client);
	bolt__link_init(&task->place.link);
	task->statement = statement;
	task->text = text;
	if (count > 0)
		memcpy(task->parameters, parameters, (size_t) count * sizeof(char *));
	return task;
}

bool
bolt__task_declare(bolt__task *task, const char *cursor)
{
	if (asprintf(&task->own_sql, "DECLARE %s NO SCROLL CURSOR FOR %s", cursor, task->statement->sql) < 0)
	{
		task->own_sql = NULL;
		return false;
	}
	task->own = *task->statement;
	task->own.sql = task->own_sql;
	task->own.kind = BOLT__NOTHING;
	task->statement = &task->own;
	task->by_text = true;
	return true;
}

/* ----------
 * Its end
 * ----------
 */
static void
forget(bolt__task *task)
{
	bolt__timer_unset(&task->future.client->timers, &task->place.timer);
	task->sent = false;
	task->connection = NULL;
	task->block = NULL;
	free_parameters(task);
}

void
bolt__task_failed(bolt__task *task, bolt_exception *error)
{
	if (task->block != NULL)
		bolt__block_spoil(task->block, error);
	forget(task);
	if (task->abandoned)
		bolt_error_unref(error);
	else
		bolt__settle(&task->future, error);
	bolt_free(&task->future);
}

static bolt_exception *
take_answer(bolt__task *task)
{
	PGresult *answer = task->answer;
	ExecStatusType status = PQresultStatus(answer); /* PGRES_FATAL_ERROR of NULL */
	bolt_exception *error = task->mishap;

	task->answer = NULL;
	task->mishap = NULL;
	if (error == NULL && answer == NULL && task->iterator != NULL)
		return NULL; /* its rows have gone elsewhere */
	if (error == NULL && answer == NULL)
		error = bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the server gave no answer");
	if (error == NULL && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		error = bolt__error_from_result(answer);
	if (error == NULL)
		return bolt__answer(&task->future, answer,
							task->statement == NULL ? BOLT__NOTHING : task->statement->kind);
	PQclear(answer);
	return error;
}

void
bolt__task_answered(bolt__task *task)
{
	bolt_exception *error;

	if (task->abandoned)
	{
		forget(task);
		bolt_free(&task->future);
		return;
	}
	error = take_answer(task);
	if (error != NULL && task->translate != NULL)
		error = task->translate(error);
	if (error != NULL)
	{
		bolt__task_failed(task, error);
		return;
	}
	forget(task);
	if (task->decode != NULL)
	{
		task->future.settled = true; /* as it will be: its value can be read */
		task->decode(&task->future, task->decode_data);
		task->future.settled = false;
	}
	error = task->future.error;
	task->future.error = NULL;
	bolt__settle(&task->future, error);
	bolt_free(&task->future);
}
