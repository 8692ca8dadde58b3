/*
 * connect.c
 *	  A connection in the making, without blocking: names are looked up, then the servers are tried in their order.
 *
 * libpq gets numbers beside the names, which it needs for TLS, GSSAPI and the password file, so that it looks
 * up none itself. It goes from one server to the next where one refuses, is starting up or is not of the kind
 * that target_session_attrs wants. Where one is silent for as long as connect_timeout says, this begins anew
 * with the rest of them.
 */
#include "connection.h"
#include "hosts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name being looked up, of the server at the same place in the list. */
typedef struct asked_name
{
	bolt__wanted wanted;
	bolt__connection *connection;
	char *host; /* NULL: has none */
	bolt__addresses addresses;
} asked_name;

struct bolt__attempt
{
	bolt__hosts hosts;
	int place; /* of the server that is being tried */
	asked_name *names;
	int name_count;
	int pending;
	char *mishaps; /* what was wrong so far, in lines */
};

static void connect_to_rest(bolt__connection *connection);

/* ----------
 * Its end
 * ----------
 */
static void
free_names(bolt__attempt *attempt)
{
	for (int i = 0; i < attempt->name_count; i++)
	{
		asked_name *name = &attempt->names[i];

		bolt__lookup_leave(&name->wanted);
		free(name->host);
		for (int j = 0; j < name->addresses.count; j++)
			free(name->addresses.texts[j]);
		free(name->addresses.texts);
	}
	free(attempt->names);
	attempt->names = NULL;
	attempt->name_count = 0;
}

void
bolt__attempt_end(bolt__connection *connection)
{
	bolt__attempt *attempt = connection->attempt;

	if (attempt == NULL)
		return;
	connection->attempt = NULL;
	free_names(attempt);
	bolt__hosts_free(&attempt->hosts);
	free(attempt->mishaps);
	free(attempt);
}

/* ----------
 * What went wrong
 * ----------
 */
static void add_mishap(bolt__attempt *attempt, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where there is no memory for it, it is not told of. */
static void
add_mishap(bolt__attempt *attempt, const char *format, ...)
{
	char *line = NULL;
	char *all = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		line = NULL;
	va_end(arguments);
	if (line != NULL && asprintf(&all, "%s%s\n", attempt->mishaps == NULL ? "" : attempt->mishaps, line) >= 0)
	{
		free(attempt->mishaps);
		attempt->mishaps = all;
	}
	free(line);
}

static void
fail(bolt__connection *connection)
{
	bolt__attempt *attempt = connection->attempt;
	char *message = NULL;
	bolt_exception *error;

	if (connection->pq != NULL)
		add_mishap(attempt, "%s", PQerrorMessage(connection->pq));
	if (attempt->mishaps != NULL && !attempt->hosts.out_of_memory)
		message = bolt__hosts_named(&attempt->hosts, attempt->mishaps);
	if (message == NULL)
		error = bolt__out_of_memory();
	else
	{
		size_t length = strlen(message);

		while (length > 0 && message[length - 1] == '\n')
			length--;
		error = bolt__error_new(BOLT_OPERATIONAL_ERROR, "08001", "%.*s", (int) length, message);
	}
	free(message);
	bolt__connection_lose(connection, error);
}

/* Told from the loop: nobody who asks for a connection is surprised in the middle. */
static void
fail_from_loop(bolt__timer *timer)
{
	fail(bolt__container(timer, bolt__connection, timer));
}

static void
fail_soon(bolt__connection *connection)
{
	bolt__client *client = connection->pool->client;

	bolt__timer_set(&client->timers, &connection->timer, 0, fail_from_loop);
	bolt__client_wake(client);
}

/* ----------
 * How long
 * ----------
 */

/*
 * For one server, and for all names together. The conninfo's connect_timeout has its say as in libpq; where the
 * program has given its own, too, the shorter one holds.
 */
static int
time_limit(const bolt__connection *connection)
{
	const bolt__hosts *hosts = &connection->attempt->hosts;
	const bolt__client *client = connection->pool->client;
	int ours = client->options.connect_timeout;

	if (!hosts->has_timeout)
		return ours;
	if (!client->has_connect_timeout || ours < 0)
		return hosts->timeout;
	return hosts->timeout < 0 || hosts->timeout > ours ? ours : hosts->timeout;
}

static void
set_time_limit(bolt__connection *connection, void (*over)(bolt__timer *))
{
	bolt__client *client = connection->pool->client;
	int limit = time_limit(connection);

	if (limit < 0)
		bolt__timer_unset(&client->timers, &connection->timer);
	else
		bolt__timer_set(&client->timers, &connection->timer, bolt__deadline(limit), over);
}

/* It may be about to answer, so that what it has said is kept: libpq names the server there. */
static void
is_silent(bolt__timer *timer)
{
	bolt__connection *connection = bolt__container(timer, bolt__connection, timer);
	bolt__attempt *attempt = connection->attempt;
	const char *so_far = PQerrorMessage(connection->pq);
	size_t length = strlen(so_far);

	if (length < 2 || strcmp(so_far + length - 2, ": ") != 0) /* not of this server */
		add_mishap(attempt, "%sconnection to server at \"%s\", port %s failed: no answer within %d ms",
				   so_far, PQhost(connection->pq), PQport(connection->pq), time_limit(connection));
	else
		add_mishap(attempt, "%sno answer within %d ms", so_far, time_limit(connection));
	bolt__hosts_pass_over(&attempt->hosts, attempt->place);
	bolt__socket_watch(&connection->socket, connection->socket.fd, 0);
	PQfinish(connection->pq);
	connection->pq = NULL;
	connect_to_rest(connection);
}

/* ----------
 * libpq's turn
 * ----------
 */
static void
notice(void *arg, const PGresult *result)
{
	bolt__connection *connection = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		connection->doomed = true; /* an idle session's last words come as a notice */
}

static void
connected(bolt__connection *connection)
{
	bolt__pool *pool = connection->pool;

	bolt__timer_unset(&pool->client->timers, &connection->timer);
	if (PQsetnonblocking(connection->pq, 1) != 0 || PQenterPipelineMode(connection->pq) != 1)
	{
		bolt__connection_lose(connection, bolt__error_from_connection(connection->pq));
		return;
	}
	bolt__attempt_end(connection);
	connection->state = BOLT__READY;
	pool->connecting--;
	pool->ready++;
	bolt__connection_watch(connection);
	bolt__pool_connected(pool);
}

/* Each server has its own time. */
static void
look_where_it_is(bolt__connection *connection)
{
	bolt__attempt *attempt = connection->attempt;
	int place = bolt__hosts_place(&attempt->hosts, attempt->place, connection->pq);

	if (place == attempt->place)
		return;
	attempt->place = place;
	set_time_limit(connection, is_silent);
}

static void
watch(bolt__connection *connection, int events)
{
	look_where_it_is(connection);
	bolt__socket_watch(&connection->socket, PQsocket(connection->pq), events);
}

/* The socket may be another after each step, so it is let go of before and watched anew after it. */
void
bolt__attempt_go_on(bolt__connection *connection)
{
	bolt__socket_watch(&connection->socket, connection->socket.fd, 0);
	switch (PQconnectPoll(connection->pq))
	{
		case PGRES_POLLING_READING:
			watch(connection, BOLT_READABLE);
			break;
		case PGRES_POLLING_WRITING:
			watch(connection, BOLT_WRITABLE);
			break;
		case PGRES_POLLING_OK:
			connected(connection);
			break;
		default:
			fail(connection);
	}
}

static void
connect_to_rest(bolt__connection *connection)
{
	bolt__attempt *attempt = connection->attempt;
	bolt__hosts *hosts = &attempt->hosts;

	if (!hosts->out_of_memory && (hosts->whole || bolt__hosts_left(hosts) > 0))
		connection->pq = bolt__hosts_connect(hosts, connection->pool->conninfo);
	if (connection->pq == NULL || PQstatus(connection->pq) == CONNECTION_BAD)
	{
		fail_soon(connection);
		return;
	}
	PQsetNoticeReceiver(connection->pq, notice, connection);
	attempt->place = bolt__hosts_place(hosts, 0, connection->pq);
	set_time_limit(connection, is_silent);
	bolt__socket_watch(&connection->socket, PQsocket(connection->pq), BOLT_WRITABLE);
	bolt__client_wake(connection->pool->client);
}

/* ----------
 * Names
 * ----------
 */

/* From the last to the first, so that places hold. */
static void
names_are_known(bolt__connection *connection)
{
	bolt__attempt *attempt = connection->attempt;

	for (int i = attempt->name_count - 1; i >= 0; i--)
	{
		asked_name *name = &attempt->names[i];

		if (name->host == NULL)
			continue;
		if (name->addresses.count > 0)
			bolt__hosts_resolved(&attempt->hosts, i, &name->addresses, &connection->pool->random);
		else
		{
			attempt->hosts.whole = false;
			attempt->hosts.list[i].passed_over = true;
		}
	}
	free_names(attempt);
	connect_to_rest(connection);
}

static void
names_are_late(bolt__timer *timer)
{
	bolt__connection *connection = bolt__container(timer, bolt__connection, timer);
	bolt__attempt *attempt = connection->attempt;

	for (int i = 0; i < attempt->name_count; i++)
		if (attempt->names[i].wanted.lookup != NULL)
			add_mishap(attempt, "could not translate host name \"%s\" to address: no answer within %d ms",
					   attempt->names[i].host, time_limit(connection));
	names_are_known(connection);
}

static bool
keep_addresses(asked_name *name, const bolt__addresses *addresses)
{
	name->addresses.texts = calloc((size_t) addresses->count, sizeof(char *));
	while (name->addresses.texts != NULL && name->addresses.count < addresses->count)
	{
		char *copy = strdup(addresses->texts[name->addresses.count]);

		if (copy == NULL)
			return false;
		name->addresses.texts[name->addresses.count++] = copy;
	}
	return name->addresses.texts != NULL;
}

static void
name_told(bolt__wanted *wanted, const bolt__addresses *addresses, const char *problem)
{
	asked_name *name = bolt__container(wanted, asked_name, wanted);
	bolt__connection *connection = name->connection;
	bolt__attempt *attempt = connection->attempt;

	if (problem != NULL)
		add_mishap(attempt, "could not translate host name \"%s\" to address: %s", name->host, problem);
	else if (!keep_addresses(name, addresses))
		attempt->hosts.out_of_memory = true;
	if (--attempt->pending > 0)
		return;
	bolt__timer_unset(&connection->pool->client->timers, &connection->timer);
	names_are_known(connection);
}

/* All at once. */
static void
look_up_names(bolt__connection *connection)
{
	bolt__attempt *attempt = connection->attempt;

	attempt->names = calloc((size_t) attempt->hosts.count + 1, sizeof(asked_name));
	if (attempt->names == NULL)
		attempt->hosts.out_of_memory = true;
	if (attempt->hosts.out_of_memory)
		return;
	attempt->name_count = attempt->hosts.count;
	for (int i = 0; i < attempt->name_count; i++)
	{
		asked_name *name = &attempt->names[i];

		name->connection = connection;
		name->wanted.told = name_told;
		bolt__link_init(&name->wanted.link);
		if (!bolt__host_has_name(&attempt->hosts.list[i]))
			continue;
		name->host = strdup(attempt->hosts.list[i].host);
		if (name->host == NULL)
			attempt->hosts.out_of_memory = true;
		else if (bolt__lookup_begin(connection->pool->client, name->host, &name->wanted))
			attempt->pending++;
		else
			add_mishap(attempt, "could not start a thread to look up the host name \"%s\"", name->host);
	}
}

bool
bolt__attempt_begin(bolt__connection *connection)
{
	bolt__pool *pool = connection->pool;

	connection->attempt = calloc(1, sizeof(bolt__attempt));
	if (connection->attempt == NULL)
		return false;
	bolt__hosts_read(&connection->attempt->hosts, pool->conninfo, &pool->random);
	look_up_names(connection);
	if (connection->attempt->pending == 0)
		names_are_known(connection);
	else
		set_time_limit(connection, names_are_late);
	bolt__client_wake(pool->client);
	return true;
}
