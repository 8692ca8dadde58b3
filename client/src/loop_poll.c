/*
 * loop_poll.c
 *	  The built-in loop, on poll(2), for scripts: of all databases that no other loop drives and that this
 *	  thread has something under way with.
 */
#include "coroutine.h"
#include "future_state.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * A client is in the list of the thread that last used it, while something is under way.  It leaves when
 * all has settled, so that another thread can use the database next.
 */
static __thread bolt__link *clients; /* of this thread; NULL: none so far */
static __thread bolt__link list;

static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_thread_end;

void
bolt__poll_leave(bolt__client *client)
{
	bolt__link_remove(&client->clients);
	client->thread = NULL;
}

/* What a thread leaves under way when it ends is the next one's to go on with. */
static void
leave_all(void *ended)
{
	bolt__link *of_thread = ended;

	while (!bolt__list_empty(of_thread))
		bolt__poll_leave(bolt__container(of_thread->next, bolt__client, clients));
}

void
bolt__poll_forget(void)
{
	if (clients != NULL)
		leave_all(clients);
}

static void
make_thread_end(void)
{
	has_thread_end = pthread_key_create(&thread_end, leave_all) == 0;
}

/* A library that is unloaded must not be called at the end of a thread. */
__attribute__((destructor)) static void
delete_thread_end(void)
{
	if (has_thread_end)
		pthread_key_delete(thread_end);
}

void
bolt__poll_join(bolt__client *client)
{
	if (client->thread == &list)
		return;
	if (clients == NULL)
	{
		clients = &list;
		bolt__link_init(clients);
		pthread_once(&once, make_thread_end);
		if (has_thread_end)
			pthread_setspecific(thread_end, clients);
	}
	if (client->thread != NULL)
		bolt__poll_leave(client);
	bolt__list_append(clients, &client->clients);
	client->thread = clients;
}

/* How long to wait: until a timer, at most `milliseconds`; -1: for ever. */
static int
pause_until(int64_t at, int64_t milliseconds)
{
	int64_t now;

	if (at == BOLT__NEVER && milliseconds < 0)
		return -1;
	now = bolt__now();
	at = at <= now ? 0 : at - now;
	if (milliseconds >= 0 && milliseconds < at)
		at = milliseconds;
	return at > INT_MAX ? INT_MAX : (int) at;
}

static int64_t
next_time(const bolt__client *client)
{
	return client->ready != NULL || client->closing ? 0 : bolt__timers_next(&client->timers);
}

static size_t
count_sockets(void)
{
	size_t count = 0;

	for (bolt__link *link = clients->next; link != clients; link = link->next)
	{
		bolt__client *client = bolt__container(link, bolt__client, clients);

		for (bolt__link *socket = client->sockets.next; socket != &client->sockets; socket = socket->next)
			count++;
	}
	return count;
}

static short
poll_events(int events)
{
	return (short) ((events & BOLT_READABLE ? POLLIN : 0) | (events & BOLT_WRITABLE ? POLLOUT : 0));
}

static int
ready_events(short revents)
{
	int events = (revents & POLLIN ? BOLT_READABLE : 0) | (revents & POLLOUT ? BOLT_WRITABLE : 0);

	return revents & (POLLERR | POLLHUP | POLLNVAL) ? BOLT_READABLE | BOLT_WRITABLE : events;
}

/*
 * Lets go on whose time has come. A client may leave the list meanwhile: then the rest has its turn the next
 * time.
 */
static void
fire_timers(void)
{
	int64_t now = bolt__now();
	bolt__link *link = clients->next;

	while (link != clients)
	{
		bolt__client *client = bolt__container(link, bolt__client, clients);
		bolt__link *next;

		bolt__client_ref(client);
		if (next_time(client) <= now)
			bolt__client_timer_fired(client);
		next =
			client->clients.next == link ? clients : client->clients.next; /* it has left: the rest waits */
		bolt__client_unref(client);
		link = next;
	}
}

bool
bolt__poll_once(int64_t milliseconds)
{
	size_t count = clients == NULL ? 0 : count_sockets();
	struct pollfd *polled;
	bolt__client **owners;
	int64_t at = BOLT__NEVER;
	size_t filled = 0;
	int ready;

	if (clients == NULL)
		return false;
	for (bolt__link *link = clients->next; link != clients; link = link->next)
	{
		int64_t time = next_time(bolt__container(link, bolt__client, clients));

		at = time < at ? time : at;
	}
	if (count == 0 && at == BOLT__NEVER && milliseconds < 0)
		return false;
	polled = malloc((count + 1) * (sizeof(struct pollfd) + sizeof(bolt__client *)));
	if (polled == NULL)
		return false;
	owners = (bolt__client **) (polled + count + 1);
	for (bolt__link *link = clients->next; link != clients; link = link->next)
	{
		bolt__client *client = bolt__container(link, bolt__client, clients);

		for (bolt__link *entry = client->sockets.next; entry != &client->sockets; entry = entry->next)
		{
			bolt__socket *socket = bolt__container(entry, bolt__socket, link);

			polled[filled] = (struct pollfd){socket->fd, poll_events(socket->events), 0};
			owners[filled++] = bolt__client_ref(client);
		}
	}
	ready = poll(polled, filled, pause_until(at, milliseconds));
	for (size_t i = 0; i < filled; i++)
	{
		if (ready > 0 && polled[i].revents != 0 && !owners[i]->closed)
			bolt__client_socket_ready(owners[i], polled[i].fd, ready_events(polled[i].revents));
		bolt__client_unref(owners[i]);
	}
	free(polled);
	fire_timers();
	return true;
}

int
bolt_run(bolt_database *database)
{
	bolt__client *client = database == NULL ? NULL : database->client;

	if (client == NULL || client->attached || bolt__client_forked(client) || bolt__callback_depth > 0 ||
		bolt__in_coroutine())
		return -1;
	bolt__client_ref(client);
	if (!client->closed)
		bolt__poll_join(client);
	while (!client->closed && (client->ready != NULL || !bolt__list_empty(&client->unsettled)))
		if (!bolt__poll_once(-1))
			break;
	bolt__client_may_rest(client);
	bolt__client_unref(client);
	return 0;
}
