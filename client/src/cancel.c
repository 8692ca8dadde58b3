/*
 * cancel.c
 *	  Cancelling what the server is at work on.
 *
 * A cancel stops whatever the backend runs when it arrives. So it is asked for only when the abandoned
 * task is first in line, nothing new is sent over the connection until it has finished, and a task
 * behind it that is hit instead is sent again (pipeline.c; nothing of it has been done then). Where the
 * server does not react within cancel_timeout, the connection is given up.
 *
 * The request itself goes over a connection of its own. libpq makes that without blocking from 17 on;
 * before, a thread does it and tells through a socket pair.
 */
#include "connection.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_AGAIN_AFTER 100 /* ms: a cancel may arrive before the statement has begun */

static void finished(bolt__connection *connection);

#ifdef LIBPQ_HAS_ASYNC_CANCEL

struct bolt__cancel
{
	bolt__connection *connection;
	bolt__socket socket;
	PGcancelConn *request;
};

static void
end(bolt__cancel *cancel)
{
	bolt__socket_watch(&cancel->socket, cancel->socket.fd, 0);
	PQcancelFinish(cancel->request);
	free(cancel);
}

static void
go_on(bolt__socket *socket, int events)
{
	bolt__cancel *cancel = bolt__container(socket, bolt__cancel, socket);
	bolt__connection *connection = cancel->connection;

	(void) events;
	bolt__socket_watch(socket, socket->fd, 0);
	switch (PQcancelPoll(cancel->request))
	{
		case PGRES_POLLING_READING:
			bolt__socket_watch(socket, PQcancelSocket(cancel->request), BOLT_READABLE);
			return;
		case PGRES_POLLING_WRITING:
			bolt__socket_watch(socket, PQcancelSocket(cancel->request), BOLT_WRITABLE);
			return;
		default:
			connection->cancel = NULL;
			end(cancel);
			finished(connection);
	}
}

static bool
start(bolt__connection *connection)
{
	bolt__cancel *cancel = calloc(1, sizeof(bolt__cancel));

	if (cancel == NULL)
		return false;
	cancel->connection = connection;
	cancel->request = PQcancelCreate(connection->pq);
	bolt__socket_init(&cancel->socket, connection->pool->client, go_on);
	if (!PQcancelStart(cancel->request))
	{
		end(cancel);
		return false;
	}
	bolt__socket_watch(&cancel->socket, PQcancelSocket(cancel->request), BOLT_WRITABLE);
	connection->cancel = cancel;
	return true;
}

void
bolt__cancel_forget(bolt__connection *connection)
{
	if (connection->cancel != NULL)
		end(connection->cancel);
	connection->cancel = NULL;
}

#else

struct bolt__cancel
{
	bolt__connection *connection;
	bolt__socket socket;
	pthread_t thread;
};

/* What the thread has, and frees: it may outlive the connection and the client. */
typedef struct thread_state
{
	PGcancel *request;
	int done; /* its end of the socket pair */
} thread_state;

static void *
request_cancel(void *arg)
{
	thread_state *state = arg;
	char message[256];

	PQcancel(state->request, message, sizeof(message));
	send(state->done, "", 1, MSG_NOSIGNAL);
	close(state->done);
	PQfreeCancel(state->request);
	free(state);
	return NULL;
}

static void
thread_done(bolt__socket *socket, int events)
{
	bolt__cancel *cancel = bolt__container(socket, bolt__cancel, socket);
	bolt__connection *connection = cancel->connection;

	(void) events;
	bolt__socket_watch(socket, socket->fd, 0);
	close(socket->fd);
	pthread_join(cancel->thread, NULL); /* it has nothing more to do */
	free(cancel);
	connection->cancel = NULL;
	finished(connection);
}

static bool
start_thread(bolt__cancel *cancel, thread_state *state)
{
	int ends[2];

	if (state == NULL || state->request == NULL ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	state->done = ends[1];
	if (pthread_create(&cancel->thread, NULL, request_cancel, state) == 0)
	{
		bolt__socket_watch(&cancel->socket, ends[0], BOLT_READABLE);
		return true;
	}
	close(ends[0]);
	close(ends[1]);
	return false;
}

static bool
start(bolt__connection *connection)
{
	bolt__cancel *cancel = calloc(1, sizeof(bolt__cancel));
	thread_state *state = calloc(1, sizeof(thread_state));

	if (cancel != NULL && state != NULL)
	{
		cancel->connection = connection;
		bolt__socket_init(&cancel->socket, connection->pool->client, thread_done);
		state->request = PQgetCancel(connection->pq);
		if (start_thread(cancel, state))
		{
			connection->cancel = cancel;
			return true;
		}
	}
	if (state != NULL)
		PQfreeCancel(state->request);
	free(state);
	free(cancel);
	return false;
}

/* The thread ends by itself. */
void
bolt__cancel_forget(bolt__connection *connection)
{
	bolt__cancel *cancel = connection->cancel;

	if (cancel == NULL)
		return;
	bolt__socket_watch(&cancel->socket, cancel->socket.fd, 0);
	close(cancel->socket.fd);
	pthread_detach(cancel->thread);
	free(cancel);
	connection->cancel = NULL;
}

#endif

/* ----------
 * When
 * ----------
 */
static bolt__task *
stuck_task(const bolt__connection *connection)
{
	bolt__task *first = bolt__container(connection->sent.next, bolt__task, place.link);

	return connection->sent_count > 0 && first->abandoned && !first->drained ? first : NULL;
}

static void
look_again(bolt__timer *timer)
{
	bolt__connection *connection = bolt__container(timer, bolt__connection, timer);
	int limit = connection->pool->client->options.cancel_timeout;

	if (connection->cancel == NULL && stuck_task(connection) == NULL)
		return;
	if (limit >= 0 && connection->stuck_since != BOLT__NEVER &&
		bolt__now() - connection->stuck_since >= limit)
		bolt__connection_lose(connection,
							  bolt__error_new(BOLT_OPERATIONAL_ERROR, NULL,
											  "the server did not react to a cancel within %d ms", limit));
	else
		bolt__cancel_if_stuck(connection);
}

/* Nothing may be sent over it until the cancel has finished, so only those on their way now can be hit. */
static void
warn_others(bolt__connection *connection)
{
	for (bolt__link *link = connection->sent.next->next; link != &connection->sent; link = link->next)
		bolt__container(link, bolt__task, place.link)->endangered = true;
}

void
bolt__cancel_if_stuck(bolt__connection *connection)
{
	bolt__client *client = connection->pool->client;

	if (connection->state != BOLT__READY || (connection->cancel == NULL && stuck_task(connection) == NULL))
		return;
	if (connection->stuck_since == BOLT__NEVER)
		connection->stuck_since = bolt__now();
	else if (connection->timer.set)
		return;
	if (connection->cancel == NULL && start(connection))
		warn_others(connection);
	bolt__timer_set(&client->timers, &connection->timer, bolt__now() + LOOK_AGAIN_AFTER, look_again);
	bolt__client_wake(client);
}

static void
finished(bolt__connection *connection)
{
	if (stuck_task(connection) == NULL)
	{
		connection->stuck_since = BOLT__NEVER;
		bolt__timer_unset(&connection->pool->client->timers, &connection->timer);
	}
	bolt__pipeline_send_waiting(connection);
	if (connection->lease == NULL)
		bolt__pool_pump(connection->pool);
}
