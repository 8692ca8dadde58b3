/*
 * connection.c
 *	  One connection: opened, watched, lost. connect.c is how it is made.
 */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

/* ----------
 * Its end
 * ----------
 */
void
bolt__connection_free(bolt__connection *connection)
{
	bolt__link_remove(&connection->link);
	free(connection);
}

static void
fail_tasks(bolt__link *list, bolt_exception *error)
{
	while (!bolt__list_empty(list))
	{
		bolt__task *task = bolt__container(list->next, bolt__task, place.link);

		bolt__link_remove(&task->place.link);
		bolt__task_failed(task, bolt_error_ref(error));
	}
}

static void
let_lease_go(bolt__connection *connection, bolt_exception *error)
{
	bolt__lease *lease = connection->lease;

	if (connection->reserved_for != NULL)
		connection->reserved_for->reserved = NULL;
	connection->reserved_for = NULL;
	if (lease == NULL)
		return;
	connection->lease = NULL;
	connection->pool->leased--;
	lease->connection = NULL;
	lease->loss = bolt_error_ref(error);
}

/*
 * idle_session_timeout strikes only while the server waits for a request: what was on its way to it has
 * not been begun, and goes to another connection.
 */
static void
take_back_unbegun(bolt__connection *connection, const bolt_exception *error)
{
	bolt__link *link = connection->sent.previous;

	if (strcmp(bolt_error_sqlstate(error), "57P05") != 0 || connection->lease != NULL)
		return;
	while (link != &connection->sent)
	{
		bolt__task *task = bolt__container(link, bolt__task, place.link);

		link = link->previous;
		if (task->abandoned || task->block != NULL || task->repeats >= 2)
			continue;
		bolt__link_remove(&task->place.link);
		bolt__task_reset(task);
		task->repeats++;
		bolt__pool_put_back(connection->pool, task);
	}
}

/* What the server said before it hung up says more than that it did. */
static bolt_exception *
last_words(const bolt__connection *connection, bolt_exception *error)
{
	const bolt__task *first = bolt__container(connection->sent.next, bolt__task, place.link);
	const char *severity =
		connection->sent_count == 0 ? NULL : PQresultErrorField(first->answer, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL || strcmp(severity, "ERROR") == 0) /* of the statement, not of the connection */
		return error;
	bolt_error_unref(error);
	return bolt__error_from_result(first->answer);
}

void
bolt__connection_lose(bolt__connection *connection, bolt_exception *error)
{
	bolt__pool *pool = connection->pool;
	bool connecting = connection->state == BOLT__CONNECTING;

	if (connection->state == BOLT__DEAD)
	{
		bolt_error_unref(error);
		return;
	}
	connection->state = BOLT__DEAD;
	error = last_words(connection, error);
	bolt__timer_unset(&pool->client->timers, &connection->timer);
	bolt__socket_watch(&connection->socket, connection->socket.fd, 0);
	bolt__cancel_forget(connection);
	bolt__attempt_end(connection);
	PQfinish(connection->pq);
	connection->pq = NULL;
	bolt__link_remove(&connection->link);
	bolt__list_append(&pool->dead, &connection->link);
	pool->sent -= connection->sent_count;
	connection->sent_count = 0;
	if (!pool->client->closing)
		take_back_unbegun(connection, error);
	let_lease_go(connection, error);
	fail_tasks(&connection->sent, error);
	fail_tasks(&connection->waiting, error);
	if (connecting)
	{
		pool->connecting--;
		bolt__pool_connect_failed(pool, error);
	}
	else
	{
		pool->ready--;
		pool->losses++;
		bolt_error_unref(error);
		bolt__pool_pump(pool);
	}
}

/* ----------
 * Its making
 * ----------
 */
static void
socket_ready(bolt__socket *socket, int events)
{
	bolt__connection *connection = bolt__container(socket, bolt__connection, socket);

	if (connection->state == BOLT__CONNECTING)
		bolt__attempt_go_on(connection);
	else if (connection->state == BOLT__READY)
		bolt__pipeline_ready(connection, events);
}

bool
bolt__connection_open(bolt__pool *pool)
{
	bolt__connection *connection = calloc(1, sizeof(bolt__connection));

	if (connection == NULL)
	{
		bolt__pool_connect_failed(pool, bolt__out_of_memory());
		return false;
	}
	connection->pool = pool;
	connection->state = BOLT__CONNECTING;
	connection->stuck_since = BOLT__NEVER;
	bolt__link_init(&connection->link);
	bolt__link_init(&connection->sent);
	bolt__link_init(&connection->waiting);
	bolt__socket_init(&connection->socket, pool->client, socket_ready);
	bolt__list_append(&pool->connections, &connection->link);
	pool->connecting++;
	if (bolt__attempt_begin(connection))
		return true;
	bolt__connection_lose(connection, bolt__out_of_memory());
	return false;
}

/* ----------
 * In use
 * ----------
 */
void
bolt__connection_watch(bolt__connection *connection)
{
	int events = (connection->paused ? 0 : BOLT_READABLE) | (connection->flushing ? BOLT_WRITABLE : 0);

	if (connection->state == BOLT__READY)
		bolt__socket_watch(&connection->socket, PQsocket(connection->pq), events);
}
