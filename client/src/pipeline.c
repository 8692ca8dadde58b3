/*
 * pipeline.c
 *	  Tasks over a connection: several on their way at once, their answers in the same order.
 *
 * Each task is a unit that ends with a Sync of its own, so that an error in one leaves the others alone:
 * BEGIN where it opens a transaction, PREPARE where the connection has not seen its statement, and the
 * statement. Its answer is the last result of the unit, or the first error.
 *
 * Behind a pooler the backend may be another for each unit, and others have prepared statements there. So a
 * name is a hash of the SQL: whoever prepared it, it is this statement. What we think is prepared is only a
 * guess: 42P05 (it is there already) and 26000 (it is not) come before anything is run, and the task is sent
 * again; the second time without a prepared statement, which nothing can go wrong with. In a transaction
 * either error would spoil it, so there statements are prepared only where the backend is known to be our
 * own: where the process that answers is the one that was connected to.
 */
#include "connection.h"
#include "sha256.h"
#include "transaction.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REPEATS 2
#define ROWS_IN_CHUNK 64

/*
 * One ends each statement. More in a row come only where libpq has given the connection up while
 * sending, and with it what was asked.
 */
#define MAX_EMPTY_RESULTS 2

/* ----------
 * Prepared statements
 * ----------
 */
static int
prepared_place(const bolt__connection *connection, const bolt__statement *statement)
{
	for (int i = 0; i < connection->prepared_count; i++)
		if (connection->prepared[i].statement == statement)
			return i;
	return -1;
}

static void
forget_prepared(bolt__connection *connection, const bolt__statement *statement)
{
	int place = prepared_place(connection, statement);

	if (place >= 0)
		connection->prepared[place] = connection->prepared[--connection->prepared_count];
}

/* 128 bits of SHA-256: no other text has it. */
static void
name_statement(char name[BOLT__NAME_SIZE], const char *sql)
{
	uint8_t digest[BOLT__SHA256_SIZE];
	int length = snprintf(name, BOLT__NAME_SIZE, "bolt_");

	bolt__sha256(sql, strlen(sql), digest);
	for (int i = 0; i < 16; i++)
		length += snprintf(name + length, (size_t) (BOLT__NAME_SIZE - length), "%02x", digest[i]);
}

static int
remember_prepared(bolt__connection *connection, const bolt__statement *statement)
{
	int place = connection->prepared_count++;

	connection->prepared[place].statement = statement;
	name_statement(connection->prepared[place].name, statement->sql);
	return place;
}

static bool
may_prepare(const bolt__connection *connection, const bolt__task *task)
{
	if (connection->pool->client->options.unprepared || task->by_text || task->iterator != NULL)
		return false; /* rows one by one cannot be asked for behind a PREPARE */
	if (connection->lease != NULL && connection->backend != BOLT__BACKEND_OWN)
		return false;
	return connection->prepared_count < BOLT__MAX_PREPARED ||
		prepared_place(connection, task->statement) >= 0;
}

/* Sends the statement, after PREPARE where it is its first time here. */
static bool
send_prepared(bolt__connection *connection, bolt__task *task)
{
	const bolt__statement *statement = task->statement;
	int place = prepared_place(connection, statement);
	const char *name;

	if (place < 0)
	{
		place = remember_prepared(connection, statement);
		task->prepares = true;
	}
	task->prepared = true;
	name = connection->prepared[place].name;
	if (task->prepares && !PQsendPrepare(connection->pq, name, statement->sql, 0, NULL))
		return false;
	return PQsendQueryPrepared(connection->pq, name, statement->parameters,
							   (const char *const *) task->parameters, NULL, NULL, 0);
}

/* ----------
 * Sending
 * ----------
 */
static bool
send_text(bolt__connection *connection, const char *text)
{
	return PQsendQueryParams(connection->pq, text, 0, NULL, NULL, NULL, NULL, 0);
}

static bool
send_statement(bolt__connection *connection, bolt__task *task)
{
	bolt__lease *lease = connection->lease;

	if (lease != NULL && lease->begin != NULL)
	{
		if (!send_text(connection, lease->begin))
			return false;
		lease->begin = NULL;
		task->begins = true;
		if (connection->backend == BOLT__BACKEND_UNKNOWN && task->iterator == NULL)
		{
			if (!send_text(connection, "SELECT pg_catalog.pg_backend_pid()"))
				return false;
			task->looks = true;
		}
	}
	if (task->statement == NULL)
		return send_text(connection, task->text);
	if (may_prepare(connection, task))
		return send_prepared(connection, task);
	return PQsendQueryParams(connection->pq, task->statement->sql, task->statement->parameters, NULL,
							 (const char *const *) task->parameters, NULL, NULL, 0);
}

static void
answer_is_late(bolt__timer *timer)
{
	bolt__task *task = bolt__container(timer, bolt__task, place.timer);

	task->future.class->abandon(&task->future,
								bolt__error_new(BOLT_TIMEOUT, NULL, "no answer within %d ms",
												task->pool->client->options.query_timeout));
}

/* The server starts on the first in line. */
static void
start_clock(const bolt__connection *connection)
{
	bolt__client *client = connection->pool->client;
	bolt__task *first = bolt__container(connection->sent.next, bolt__task, place.link);

	if (client->options.query_timeout < 0 || connection->sent_count == 0 || first->abandoned ||
		first->iterator != NULL)
		return;
	bolt__timer_set(&client->timers, &first->place.timer, bolt__deadline(client->options.query_timeout),
					answer_is_late);
}

static void
flush(bolt__connection *connection)
{
	int more = PQflush(connection->pq);

	if (more < 0)
		return; /* reading tells of the loss, and first of what was answered before it */
	if (connection->flushing != (more > 0))
	{
		connection->flushing = more > 0;
		bolt__connection_watch(connection);
	}
}

static bool
sync_pipeline(bolt__connection *connection)
{
	return PQpipelineSync(connection->pq) == 1;
}

static void
ask_for_single_rows(bolt__connection *connection)
{
#ifdef LIBPQ_HAS_CHUNK_MODE
	PQsetChunkedRowsMode(connection->pq, ROWS_IN_CHUNK);
#else
	PQsetSingleRowMode(connection->pq);
#endif
}

/*
 * Whether it has rows of an iteration: one, a chunk, or (where they could not be asked for one by
 * one) all.
 */
static bool
has_rows(const bolt__task *task, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

#ifdef LIBPQ_HAS_CHUNK_MODE
	if (status == PGRES_TUPLES_CHUNK)
		return true;
#endif
	return status == PGRES_SINGLE_TUPLE ||
		(task->iterator != NULL && status == PGRES_TUPLES_OK && PQntuples(result) > 0);
}

void
bolt__pipeline_send(bolt__connection *connection, bolt__task *task)
{
	bolt__client *client = connection->pool->client;
	bool sent = send_statement(connection, task);

	bolt__timer_unset(&client->timers, &task->place.timer);
	if (!sent)
		task->mishap = bolt__error_from_connection(connection->pq);
	if (!sent && task->statement != NULL)
		forget_prepared(connection, task->statement);
	if (connection->sent_count == 0)
		connection->progressed_at = bolt__now();
	task->connection = connection;
	task->sent = true;
	bolt__list_append(&connection->sent, &task->place.link);
	connection->sent_count++;
	connection->pool->sent++;
	if (!sync_pipeline(connection))
	{
		bolt__connection_lose(connection, bolt__error_from_connection(connection->pq));
		return;
	}
	if (connection->sent_count == 1)
		start_clock(connection);
	else if (connection->lease == NULL)
		bolt__pool_watch_pipelines(connection->pool);
	if (sent && task->iterator != NULL)
		ask_for_single_rows(connection);
	flush(connection);
	bolt__client_wake(client);
}

/*
 * Until BEGIN has been answered nothing else may be sent: without a transaction it would be done at
 * once and for good.
 */
static bool
may_send(const bolt__connection *connection)
{
	const bolt__task *first = bolt__container(connection->sent.next, bolt__task, place.link);

	if (connection->state != BOLT__READY || connection->cancel != NULL)
		return false;
	return connection->sent_count == 0 || !(first->begins || first->iterator != NULL);
}

void
bolt__pipeline_send_waiting(bolt__connection *connection)
{
	while (!bolt__list_empty(&connection->waiting) && may_send(connection))
	{
		bolt__task *task = bolt__container(connection->waiting.next, bolt__task, place.link);

		if (task->iterator != NULL && connection->sent_count > 0)
			return;
		bolt__link_remove(&task->place.link);
		bolt__pipeline_send(connection, task);
	}
}

/* ----------
 * Receiving
 * ----------
 */
static bool
is_error(const PGresult *result)
{
	return result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR;
}

/* Of the server's errors; those that libpq makes itself have none. */
static const char *
sqlstate_of(const PGresult *result)
{
	const char *sqlstate = is_error(result) ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

	return sqlstate == NULL ? "" : sqlstate;
}

static bool
has_sqlstate(const PGresult *result, const char *sqlstate)
{
	return strcmp(sqlstate_of(result), sqlstate) == 0;
}

/* Whether the prepared statement that it was sent as was not as we thought. */
static bool
has_guessed_wrong(const bolt__task *task)
{
	return task->known || (task->prepared && has_sqlstate(task->answer, "26000"));
}

/* Whether it is to be sent again: nothing of it was done, and it is not to blame. */
static bool
is_to_be_repeated(bolt__connection *connection, bolt__task *task)
{
	if (task->abandoned || task->answer == NULL || connection->lease != NULL)
		return false;
	if (has_guessed_wrong(task))
	{
		task->by_text = task->repeats > 0;
		return true; /* not for ever: by its text it does not guess */
	}
	if (task->repeats >= MAX_REPEATS)
		return false;
	return task->endangered &&
		has_sqlstate(task->answer, "57014"); /* the cancel of one ahead came too late for that */
}

static void
unit_complete(bolt__connection *connection, bolt__task *task)
{
	bolt__pool *pool = connection->pool;

	if (task->known)
		connection->backend = BOLT__BACKEND_POOLED;
	else if (has_guessed_wrong(task))
	{
		forget_prepared(connection, task->statement);
		if (connection->backend == BOLT__BACKEND_OWN)
			connection->backend = BOLT__BACKEND_UNKNOWN; /* a pooler's, or somebody deallocates: look again */
	}
	bolt__link_remove(&task->place.link);
	connection->sent_count--;
	connection->progressed_at = bolt__now();
	pool->sent--;
	connection->stuck_since = BOLT__NEVER;
	start_clock(connection);
	if (is_to_be_repeated(connection, task))
	{
		bolt__timer_unset(&pool->client->timers, &task->place.timer);
		bolt__task_reset(task);
		task->repeats++;
		bolt__pool_resubmit(pool, task);
		return;
	}
	if (task->begins && PQtransactionStatus(connection->pq) == PQTRANS_IDLE && task->block != NULL)
		bolt__block_spoil(task->block, NULL); /* there is no transaction */
	bolt__task_answered(task);
}

static void
learn_backend(bolt__connection *connection, const PGresult *result)
{
	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
		connection->backend = atoi(PQgetvalue(result, 0, 0)) == PQbackendPID(connection->pq) ?
			BOLT__BACKEND_OWN :
			BOLT__BACKEND_POOLED;
}

/* What a result says about the backend and its prepared statements. */
static void
learn(bolt__connection *connection, bolt__task *task, const PGresult *result)
{
	int look = task->begins ? 1 : 0; /* the place of the answer to that question, and to PREPARE */
	int prepare = look + (task->looks ? 1 : 0);

	if (task->looks && task->results == look)
		learn_backend(connection, result);
	if (is_error(result) && task->prepares && task->results <= prepare)
	{
		task->known = task->results == prepare && has_sqlstate(result, "42P05");
		if (!task->known)
			forget_prepared(connection, task->statement); /* a PREPARE that failed has prepared nothing */
	}
	task->results++;
}

/* The last result counts, or the first error. */
static void
keep_result(bolt__task *task, PGresult *result)
{
	if (is_error(task->answer) || PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
	{
		PQclear(result);
		return;
	}
	PQclear(task->answer);
	task->answer = result;
}

/* One result. False: stop here. */
static bool
receive_one(bolt__connection *connection, bolt__task *task)
{
	PGresult *result = PQgetResult(connection->pq);
	ExecStatusType status = PQresultStatus(result);

	connection->empty_results = result == NULL ? connection->empty_results + 1 : 0;
	if (connection->empty_results > MAX_EMPTY_RESULTS)
	{
		bolt__connection_lose(connection, bolt__error_from_connection(connection->pq));
		return false;
	}
	if (result == NULL)
		return true; /* the end of a statement; the unit goes on */
	if (is_error(result) && PQstatus(connection->pq) == CONNECTION_BAD && *sqlstate_of(result) == '\0')
	{
		bolt_exception *error = bolt__error_from_result(result);

		PQclear(result);
		bolt__connection_lose(connection, error);
		return false;
	}
	if (status == PGRES_PIPELINE_SYNC)
	{
		PQclear(result);
		unit_complete(connection, task);
	}
	else if (!task->abandoned && has_rows(task, result))
	{
		connection->paused = !bolt__iterator_row(task->iterator, result);
		return !connection->paused;
	}
	else
	{
		learn(connection, task, result);
		if (task->abandoned && !is_error(result))
			PQclear(result);
		else
			keep_result(task, result);
	}
	return connection->state == BOLT__READY;
}

void
bolt__pipeline_receive(bolt__connection *connection)
{
	if (connection->receiving)
		return;
	connection->receiving = true;
	while (connection->state == BOLT__READY && !connection->paused && connection->sent_count > 0 &&
		   !PQisBusy(connection->pq))
		if (!receive_one(connection, bolt__container(connection->sent.next, bolt__task, place.link)))
			break;
	connection->receiving = false;
	if (connection->state != BOLT__READY)
		return;
	bolt__cancel_if_stuck(connection);
	bolt__connection_watch(connection);
	bolt__pipeline_send_waiting(connection);
	if (connection->lease == NULL)
		bolt__pool_pump(connection->pool);
}

void
bolt__pipeline_ready(bolt__connection *connection, int events)
{
	bool alive = true;

	if (events & BOLT_READABLE)
		alive = PQconsumeInput(connection->pq) == 1;
	if (alive)
		flush(connection); /* also where it became readable: the server may wait for us to go on */
	if (connection->sent_count == 0)
		PQisBusy(connection->pq);		/* reads what came unasked */
	bolt__pipeline_receive(connection); /* what came before a loss, too */
	if (connection->state == BOLT__READY &&
		(!alive || PQstatus(connection->pq) == CONNECTION_BAD ||
		 (connection->doomed && connection->sent_count == 0)) &&
		!connection->paused)
		bolt__connection_lose(connection, bolt__error_from_connection(connection->pq));
}

bool
bolt__pipeline_look(bolt__connection *connection)
{
	struct pollfd polled = {.fd = PQsocket(connection->pq), .events = POLLIN};

	if (poll(&polled, 1, 0) > 0)
		bolt__pipeline_ready(connection, BOLT_READABLE);
	return connection->state == BOLT__READY;
}

/* ----------
 * Elsewhere
 * ----------
 */
bolt__task *
bolt__pipeline_movable(const bolt__connection *connection)
{
	if (connection->sent_count < 2 || connection->lease != NULL)
		return NULL;
	for (bolt__link *link = connection->sent.next->next; link != &connection->sent; link = link->next)
	{
		bolt__task *task = bolt__container(link, bolt__task, place.link);

		if (!task->abandoned && task->statement != NULL && !task->statement->writes && task->block == NULL &&
			task->iterator == NULL && task->results == 0)
			return task; /* what only reads may be done twice */
	}
	return NULL;
}

bool
bolt__pipeline_withdraw(bolt__connection *connection, bolt__task *task)
{
	bolt__task *place = bolt__task_new(connection->pool->client, NULL, NULL, NULL);

	if (place == NULL)
		return false;
	place->pool = connection->pool;
	place->connection = connection;
	place->statement = task->statement;
	place->sent = place->abandoned = place->drained = true;
	place->prepares = task->prepares;
	place->prepared = task->prepared;
	place->endangered = task->endangered;
	bolt__settle(&place->future, NULL);
	bolt__list_append(&task->place.link, &place->place.link); /* just before it */
	bolt__link_remove(&task->place.link);
	bolt__task_reset(task);
	return true;
}
