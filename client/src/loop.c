/*
 * loop.c
 *	  Between the client and a loop, whichever it is: sockets, one timer, and the two entries through
 *	  which everything runs.
 */
#include "future_state.h"
#include "pool.h"

/* ----------
 * Sockets
 * ----------
 */
void
bolt__socket_init(bolt__socket *socket, bolt__client *client, void (*ready)(bolt__socket *, int))
{
	socket->client = client;
	socket->fd = -1;
	socket->events = 0;
	socket->watcher = NULL;
	socket->ready = ready;
	bolt__link_init(&socket->link);
}

void
bolt__socket_watch(bolt__socket *socket, int fd, int events)
{
	bolt__client *client = socket->client;

	if (socket->events == events && (events == 0 || socket->fd == fd))
		return;
	if (socket->events != 0 && socket->fd != fd)
		bolt__socket_watch(socket, socket->fd, 0);
	socket->fd = fd;
	socket->events = events;
	if (events == 0)
		bolt__link_remove(&socket->link);
	else if (bolt__link_single(&socket->link))
		bolt__list_append(&client->sockets, &socket->link);
	if (client->attached)
		client->loop.watch(client->loop.data, fd, events, &socket->watcher);
	if (events == 0)
		socket->watcher = NULL;
}

/* ----------
 * The timer
 * ----------
 */
void
bolt__client_wake(bolt__client *client)
{
	int64_t at;

	if (client->dispatching > 0 || client->closed)
		return; /* told when it is over */
	at = client->ready != NULL || client->closing ? 0 : bolt__timers_next(&client->timers);
	if (at >= client->woken_at)
		return; /* the loop comes early enough */
	client->woken_at = at;
	if (client->attached)
	{
		int64_t pause = at == 0 ? 0 : at - bolt__now();

		client->loop.set_timer(client->loop.data, pause > 0 ? pause : 0);
	}
}

/* ----------
 * The two entries
 * ----------
 */
static void
enter(bolt__client *client)
{
	bolt__client_ref(client);
	client->dispatching++;
}

static void
leave(bolt__client *client)
{
	if (client->dispatching == 1)
	{
		bolt__client_run_ready(client);
		for (int i = 0; i < client->pool_count; i++)
			bolt__pool_reap(&client->pools[i]);
	}
	client->dispatching--;
	bolt__client_close_if_due(client);
	bolt__client_wake(client);
	bolt__client_unref(client);
}

void
bolt__client_socket_ready(bolt__client *client, int fd, int events)
{
	enter(client);
	for (bolt__link *link = client->sockets.next; link != &client->sockets; link = link->next)
	{
		bolt__socket *socket = bolt__container(link, bolt__socket, link);

		if (socket->fd != fd)
			continue;
		socket->ready(socket, events);
		break; /* the list may be another now */
	}
	leave(client);
}

void
bolt__client_timer_fired(bolt__client *client)
{
	enter(client);
	client->woken_at = BOLT__NEVER;
	bolt__timers_fire(&client->timers, bolt__now());
	leave(client);
}

/* ----------
 * For the application
 * ----------
 */
int
bolt_attach(bolt_database *database, const bolt_loop *loop)
{
	bolt__client *client = database == NULL ? NULL : database->client;

	if (client == NULL || client->closing || client->used || client->attached || loop == NULL ||
		loop->watch == NULL || loop->set_timer == NULL)
		return -1;
	bolt__poll_leave(client);
	client->loop = *loop;
	client->attached = true;
	return 0;
}

void
bolt_socket_ready(bolt_database *database, int socket, int events)
{
	if (database != NULL && !database->client->closed && !bolt__client_forked(database->client))
		bolt__client_socket_ready(database->client, socket, events);
}

void
bolt_timer_fired(bolt_database *database)
{
	if (database != NULL && !database->client->closed && !bolt__client_forked(database->client))
		bolt__client_timer_fired(database->client);
}
