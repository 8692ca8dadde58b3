/*
 * connections.c
 *	  Bare libpq on libevent: connections in pipeline mode with prepared statements, one Sync a request, as the client does it.
 *
 * As fast as libpq gets without taking any of its duties: each connection has a ring of requests whose results are still to come, a request
 * goes to the connection with the fewest on their way. No time-outs, no reconnection, no queue: a lost connection ends the process.
 */
#include <event2/event.h>

#include "lateral.h"

#define MAX_CONNECTIONS 64
#define IN_FLIGHT 1024 /* a connection; a power of two */

typedef struct waiting
{
	bolt_evhttp_request *request;
	int status;
	lateral_judge judge;
} waiting;

typedef struct connection
{
	PGconn *pg;
	struct event *readable;
	struct event *writable;
	PGresult *result; /* of the first of those that wait */
	waiting ring[IN_FLIGHT];
	unsigned int first;
	unsigned int next;
} connection;

static connection connections[MAX_CONNECTIONS];
static int connection_count;

static void
die(const char *what, const char *message)
{
	fprintf(stderr, "lateral-server: %s: %s\n", what, message);
	exit(1);
}

/* ----------
 * Answers
 * ----------
 */
static void
free_result(const void *body, size_t length, void *arg)
{
	(void) body;
	(void) length;
	PQclear(arg);
}

/* Lent to evhttp where it is large, copied where it is small, as bolt_evhttp.h does it. Takes the result. */
static void
add_body(struct evbuffer *body, PGresult *result)
{
	size_t length = (size_t) PQgetlength(result, 0, 0);

	if (length >= 4096 &&
		evbuffer_add_reference(body, PQgetvalue(result, 0, 0), length, free_result, result) == 0)
		return;
	evbuffer_add(body, PQgetvalue(result, 0, 0), length);
	PQclear(result);
}

static void
answer(const waiting *who, PGresult *result)
{
	bolt_evhttp_request *request = who->request;
	const char *refusal = NULL;
	int status = who->status;
	struct evbuffer *body;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
	{
		fprintf(stderr, "lateral-server: %s", PQresultErrorMessage(result));
		status = 500;
		refusal = "A server error.";
	}
	else if (who->judge)
		status = who->judge(result, &refusal);
	else if (PQntuples(result) == 0 || PQgetisnull(result, 0, 0))
	{
		status = 404;
		refusal = "Not found.";
	}
	if (refusal)
	{
		PQclear(result);
		bolt_evhttp_reply(request, bolt_refuse(NULL, status, "%s", refusal));
		return;
	}
	body = evbuffer_new();
	add_body(body, result);
	bolt_evhttp_set_header(request, "Content-Type", "application/json");
	bolt_evhttp_send(request, status, body);
	evbuffer_free(body);
}

/* ----------
 * Connections
 * ----------
 */
static void
flush(connection *self)
{
	int more = PQflush(self->pg);

	if (more < 0)
		die("sending", PQerrorMessage(self->pg));
	if (more > 0)
		event_add(self->writable, NULL);
}

static void
write_more(evutil_socket_t socket, short what, void *arg)
{
	(void) socket;
	(void) what;
	flush(arg);
}

static void
read_results(evutil_socket_t socket, short what, void *arg)
{
	connection *self = arg;

	(void) socket;
	(void) what;
	if (!PQconsumeInput(self->pg))
		die("receiving", PQerrorMessage(self->pg));
	while (self->first != self->next && !PQisBusy(self->pg))
	{
		PGresult *result = PQgetResult(self->pg);

		if (result == NULL)
			continue; /* the end of a statement's results */
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		{
			waiting who = self->ring[self->first++ % IN_FLIGHT];

			PQclear(result);
			result = self->result;
			self->result = NULL;
			answer(&who, result);
		}
		else if (self->result == NULL)
			self->result = result;
		else
			PQclear(result);
	}
}

static void
prepare(PGconn *pg, const lateral_statement *statements)
{
	for (; statements->name; statements++)
	{
		PGresult *result = PQprepare(pg, statements->name, statements->sql, 0, NULL);

		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			die(statements->name, PQerrorMessage(pg));
		PQclear(result);
	}
}

static void
connect_one(connection *self, struct event_base *base)
{
	self->pg = PQconnectdb("");
	if (PQstatus(self->pg) != CONNECTION_OK)
		die("connecting", PQerrorMessage(self->pg));
	prepare(self->pg, lateral_article_statements);
	prepare(self->pg, lateral_transfer_statements);
	if (PQsetnonblocking(self->pg, 1) != 0 || !PQenterPipelineMode(self->pg))
		die("pipeline mode", PQerrorMessage(self->pg));
	self->readable = event_new(base, PQsocket(self->pg), EV_READ | EV_PERSIST, read_results, self);
	self->writable = event_new(base, PQsocket(self->pg), EV_WRITE, write_more, self);
	event_add(self->readable, NULL);
}

/* With the first request, which knows the loop; HTTP_CONNECTIONS says how many. */
static void
connect_all(bolt_evhttp_request *request)
{
	struct event_base *base = evhttp_connection_get_base(evhttp_request_get_connection(request->http));
	const char *wanted = getenv("HTTP_CONNECTIONS");

	connection_count = wanted ? atoi(wanted) : 4;
	if (connection_count < 1 || connection_count > MAX_CONNECTIONS)
		die("HTTP_CONNECTIONS", "out of range");
	for (int i = 0; i < connection_count; i++)
		connect_one(&connections[i], base);
}

static connection *
least_busy(void)
{
	connection *least = &connections[0];

	for (int i = 1; i < connection_count; i++)
		if (connections[i].next - connections[i].first < least->next - least->first)
			least = &connections[i];
	return least;
}

bolt_future *
lateral_answer(bolt_evhttp_request *request, const char *statement, int parameters, const char *const *values,
			   int status, lateral_judge judge)
{
	connection *self;

	if (connection_count == 0)
		connect_all(request);
	self = least_busy();
	if (self->next - self->first == IN_FLIGHT)
		return bolt_refuse(NULL, 503, "Too many requests.");
	if (!PQsendQueryPrepared(self->pg, statement, parameters, values, NULL, NULL, 0) ||
		!PQpipelineSync(self->pg))
		die(statement, PQerrorMessage(self->pg));
	self->ring[self->next++ % IN_FLIGHT] = (waiting){request, status, judge};
	flush(self);
	return NULL;
}
