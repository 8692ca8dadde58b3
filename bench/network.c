/*-------------------------------------------------------------------------
 *
 * network.c
 *	  A network between client and server: half a millisecond each way.
 *
 * A process of its own takes TCP connections on the loopback interface and passes
 * their bytes on to the server, each after the delay.  Bytes that are under way do
 * not wait for one another, so that it is latency which is added, and no queue.  A
 * qdisc (netem) would do the same, but not every kernel has one and only root may ask.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define DELAY_NANOSECONDS (NETWORK_MICROSECONDS * 1000LL / 2)
#define MOST_PAIRS 64
#define CHUNK_BYTES 65536

/* Bytes on their way. */
typedef struct Chunk
{
	long long due; /* nanoseconds of the monotonic clock */
	int length;	   /* 0: the end of the stream */
	struct Chunk *next;
	char data[];
} Chunk;

/* One direction of a connection. */
typedef struct Stream
{
	int from;
	int to;
	bool ended;
	Chunk *first;
	Chunk *last;
} Stream;

typedef struct Pair
{
	bool open;
	Stream streams[2];
} Pair;

static Pair pairs[MOST_PAIRS];

static long long
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void
set_no_delay(int socket)
{
	int on = 1;

	(void) setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* The server as libpq finds it by PGHOST and PGPORT. */
static int
connect_to_server(void)
{
	const char *host = getenv("PGHOST") != NULL ? getenv("PGHOST") : "/var/run/postgresql";
	const char *port = getenv("PGPORT") != NULL ? getenv("PGPORT") : "5432";
	int result = -1;

	if (host[0] == '/')
	{
		struct sockaddr_un address = {.sun_family = AF_UNIX};

		snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.%s", host, port);
		result = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(result, (struct sockaddr *) &address, sizeof(address)) == 0)
			return result;
	}
	else
	{
		struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
		struct addrinfo *found;

		if (getaddrinfo(host, port, &hints, &found) != 0)
			return -1;
		result = socket(found->ai_family, SOCK_STREAM, 0);
		set_no_delay(result);
		if (connect(result, found->ai_addr, found->ai_addrlen) == 0)
			return result;
	}
	close(result);
	return -1;
}

static void
accept_pair(int listener)
{
	int client = accept(listener, NULL, NULL);
	int server;

	if (client < 0)
		return;
	server = connect_to_server();
	for (int i = 0; i < MOST_PAIRS && server >= 0; i++)
	{
		if (pairs[i].open)
			continue;
		set_no_delay(client);
		pairs[i] = (Pair){true, {{.from = client, .to = server}, {.from = server, .to = client}}};
		return;
	}
	close(client);
}

static void
receive(Stream *stream)
{
	static char data[CHUNK_BYTES];
	ssize_t length = recv(stream->from, data, sizeof(data), 0);
	Chunk *chunk;

	if (length < 0 && errno == EINTR)
		return;
	if (length <= 0)
	{
		length = 0;
		stream->ended = true;
	}
	chunk = malloc(sizeof(Chunk) + length);
	chunk->due = nanoseconds() + DELAY_NANOSECONDS;
	chunk->length = (int) length;
	chunk->next = NULL;
	memcpy(chunk->data, data, length);
	if (stream->last != NULL)
		stream->last->next = chunk;
	else
		stream->first = chunk;
	stream->last = chunk;
}

/* Hands over what has arrived; false at the end of the stream. */
static bool
deliver(Stream *stream, long long now)
{
	while (stream->first != NULL && stream->first->due <= now)
	{
		Chunk *chunk = stream->first;
		int sent = 0;

		if (chunk->length == 0)
			return false;
		while (sent < chunk->length)
		{
			ssize_t length = send(stream->to, chunk->data + sent, chunk->length - sent, MSG_NOSIGNAL);

			if (length < 0 && errno != EINTR)
				return false;
			sent += length > 0 ? (int) length : 0;
		}
		stream->first = chunk->next;
		if (stream->first == NULL)
			stream->last = NULL;
		free(chunk);
	}
	return true;
}

static void
close_pair(Pair *pair)
{
	for (int i = 0; i < 2; i++)
	{
		while (pair->streams[i].first != NULL)
		{
			Chunk *chunk = pair->streams[i].first;

			pair->streams[i].first = chunk->next;
			free(chunk);
		}
		close(pair->streams[i].from);
	}
	pair->open = false;
}

/* Waits until something comes or is due. */
static void
wait_for_bytes(struct pollfd *polled, int count, long long due)
{
	struct timespec pause = {0, 0};
	long long left = due - nanoseconds();

	if (left > 0)
	{
		pause.tv_sec = left / 1000000000;
		pause.tv_nsec = left % 1000000000;
	}
	(void) ppoll(polled, count, due > 0 ? &pause : NULL, NULL);
}

static void
relay(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;)
	{
		struct pollfd polled[1 + MOST_PAIRS * 2] = {{listener, POLLIN, 0}};
		Stream *streams[1 + MOST_PAIRS * 2];
		int count = 1;
		long long due = 0;

		for (Pair *pair = pairs; pair < pairs + MOST_PAIRS; pair++)
		{
			for (int i = 0; i < 2 && pair->open; i++)
			{
				Stream *stream = &pair->streams[i];

				if (stream->first != NULL && (due == 0 || stream->first->due < due))
					due = stream->first->due;
				if (stream->ended)
					continue;
				streams[count] = stream;
				polled[count++] = (struct pollfd){stream->from, POLLIN, 0};
			}
		}
		wait_for_bytes(polled, count, due);
		for (int i = 1; i < count; i++)
		{
			if (polled[i].revents != 0)
				receive(streams[i]);
		}
		if (polled[0].revents != 0)
			accept_pair(listener);
		for (Pair *pair = pairs; pair < pairs + MOST_PAIRS; pair++)
		{
			if (pair->open &&
				(!deliver(&pair->streams[0], nanoseconds()) || !deliver(&pair->streams[1], nanoseconds())))
				close_pair(pair);
		}
	}
}

/* Where the server is reached through the network; starts it at the first call. */
int
network_port(void)
{
	static int port = 0;
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int listener;
	pid_t process;

	if (port != 0)
		return port;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *) &address, sizeof(address)) != 0 || listen(listener, 16) != 0 ||
		getsockname(listener, (struct sockaddr *) &address, &length) != 0)
		die("could not listen on the loopback interface: %s", strerror(errno));
	process = fork();
	if (process < 0)
		die("could not start the network: %s", strerror(errno));
	if (process == 0)
		relay(listener);
	close(listener);
	port = ntohs(address.sin_port);
	return port;
}
