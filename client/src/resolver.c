/*
 * resolver.c
 *	  The addresses of host names, looked up in threads.
 *
 * A thread has nothing of the client but a `question`, which belongs to both, and is freed by the one that
 * lets go of it last: the thread may outlive the connection, the database, and its loop. It tells through a
 * socket pair that it has the answer.
 */
#include "resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Written by the thread before it sets `answered`, and read by the client after that. */
typedef struct shared_question
{
	atomic_int holders;
	atomic_bool answered;
	int done;	/* the thread's end of the socket pair */
	int status; /* of getaddrinfo */
	struct addrinfo *found;
	char host[];
} shared_question;

struct bolt__lookup
{
	bolt__link link;	/* client->lookups */
	bolt__link waiters; /* bolt__wanted */
	bolt__socket socket;
	shared_question *question;
};

static void
let_go(shared_question *question)
{
	if (atomic_fetch_sub(&question->holders, 1) > 1)
		return;
	if (question->found != NULL)
		freeaddrinfo(question->found);
	free(question);
}

/* ----------
 * The thread
 * ----------
 */
static void *
look_up(void *arg)
{
	shared_question *question = arg;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
	struct addrinfo *found = NULL;
	int done = question->done;

	question->status = getaddrinfo(question->host, NULL, &hints, &found);
	question->found = question->status == 0 ? found : NULL;
	atomic_store(&question->answered, true);
	let_go(question);
	send(done, "", 1, MSG_NOSIGNAL); /* nobody may be there any more */
	close(done);
	return NULL;
}

/* Signals are the application's: none of its handlers runs in this thread. */
static bool
start_thread(shared_question *question)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	bool started;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&thread, &attributes, look_up, question) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return started;
}

/* ----------
 * Its answer
 * ----------
 */
static void
free_addresses(bolt__addresses *addresses)
{
	for (int i = 0; i < addresses->count; i++)
		free(addresses->texts[i]);
	free(addresses->texts);
}

static bool
has_address(const bolt__addresses *addresses, const char *text)
{
	for (int i = 0; i < addresses->count; i++)
		if (strcmp(addresses->texts[i], text) == 0)
			return true;
	return false;
}

/* What does not fit into memory is left out. */
static void
read_addresses(const struct addrinfo *found, bolt__addresses *addresses)
{
	char text[NI_MAXHOST];
	int count = 0;

	for (const struct addrinfo *one = found; one != NULL; one = one->ai_next)
		count++;
	addresses->texts = calloc((size_t) count + 1, sizeof(char *));
	for (const struct addrinfo *one = found; one != NULL && addresses->texts != NULL; one = one->ai_next)
		if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0 &&
			!has_address(addresses, text) && (addresses->texts[addresses->count] = strdup(text)) != NULL)
			addresses->count++;
}

static void
forget(bolt__lookup *lookup)
{
	bolt__socket_watch(&lookup->socket, lookup->socket.fd, 0);
	close(lookup->socket.fd);
	bolt__link_remove(&lookup->link);
	let_go(lookup->question);
	free(lookup);
}

static void
answered(bolt__socket *socket, int events)
{
	bolt__lookup *lookup = bolt__container(socket, bolt__lookup, socket);
	bolt__addresses addresses = {0};
	const char *problem = "the lookup was broken off";

	(void) events;
	bolt__link_remove(&lookup->link); /* who asks from here on asks anew */
	if (atomic_load(&lookup->question->answered))
	{
		problem = gai_strerror(lookup->question->status);
		read_addresses(lookup->question->found, &addresses);
		if (lookup->question->status == 0)
			problem = addresses.count > 0 ? NULL : "it has no address";
	}
	while (!bolt__list_empty(&lookup->waiters))
	{
		bolt__wanted *wanted = bolt__container(lookup->waiters.next, bolt__wanted, link);

		bolt__lookup_leave(wanted);
		wanted->told(wanted, &addresses, problem);
	}
	free_addresses(&addresses);
	forget(lookup);
}

/* ----------
 * Asking
 * ----------
 */
bool
bolt__is_host_name(const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_UNSPEC};
	struct addrinfo *found;

	if (*host == '\0' || *host == '/' || *host == '@') /* sockets */
		return false;
	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return true;
	freeaddrinfo(found);
	return false;
}

static shared_question *
new_question(const char *host, int done)
{
	shared_question *question = calloc(1, sizeof(*question) + strlen(host) + 1);

	if (question == NULL)
		return NULL;
	strcpy(question->host, host);
	question->done = done;
	atomic_init(&question->holders, 2);
	atomic_init(&question->answered, false);
	return question;
}

static bolt__lookup *
start(bolt__client *client, const char *host)
{
	bolt__lookup *lookup = calloc(1, sizeof(bolt__lookup));
	int ends[2];

	if (lookup == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
	{
		free(lookup);
		return NULL;
	}
	lookup->question = new_question(host, ends[1]);
	if (lookup->question == NULL || !start_thread(lookup->question))
	{
		free(lookup->question);
		free(lookup);
		close(ends[0]);
		close(ends[1]);
		return NULL;
	}
	bolt__link_init(&lookup->waiters);
	bolt__link_init(&lookup->link);
	bolt__list_append(&client->lookups, &lookup->link);
	bolt__socket_init(&lookup->socket, client, answered);
	bolt__socket_watch(&lookup->socket, ends[0], BOLT_READABLE);
	return lookup;
}

bool
bolt__lookup_begin(bolt__client *client, const char *host, bolt__wanted *wanted)
{
	bolt__lookup *lookup = NULL;

	for (bolt__link *link = client->lookups.next; link != &client->lookups && lookup == NULL;
		 link = link->next)
	{
		lookup = bolt__container(link, bolt__lookup, link);
		if (strcmp(lookup->question->host, host) != 0)
			lookup = NULL;
	}
	if (lookup == NULL)
		lookup = start(client, host);
	if (lookup == NULL)
		return false;
	wanted->lookup = lookup;
	bolt__list_append(&lookup->waiters, &wanted->link);
	return true;
}

void
bolt__lookup_leave(bolt__wanted *wanted)
{
	if (wanted->lookup == NULL)
		return;
	wanted->lookup = NULL;
	bolt__link_remove(&wanted->link);
}

void
bolt__lookups_forget(bolt__client *client)
{
	while (!bolt__list_empty(&client->lookups))
		forget(bolt__container(client->lookups.next, bolt__lookup, link));
}
