/*
 * bolt_evhttp.h
 *	  Handlers and view sets on libevent's HTTP server, evhttp.
 *
 *	   static bolt_future *
 *	   get_stats(bolt_evhttp_request *request, void *db)
 *	   {
 *		   return bolt_aaggregate(bolt_objects(db, "blog_article"), BOLT_KW("total", bolt_count("*")));
 *	   }
 *
 *	   server = bolt_evhttp_new(http, NULL);
 *	   bolt_evhttp_route(server, "GET", "/stats", get_stats, db);
 *	   bolt_evhttp_viewset(server, "/articles", articles);
 *
 * A handler returns a future, and what it brings is the answer: its JSON, or the status and body of its error (bolt_orm/response.h). So
 * there is no way to send half an answer: nothing goes out before all of it is there. The exception is bolt_evhttp_stream: it sends 200 with
 * the first row, and where it fails after that, the connection is cut before the last chunk, which every client notices.
 *
 * In a path {name} stands for one segment that is not empty; where several routes fit, the one with more segments in words does. A slash
 * at the end makes no difference. GET answers HEAD, OPTIONS is answered from the routes.
 *
 * evhttp reads the next request of a connection when the one before has been answered: pipelined requests are answered in their order.
 *
 * A client that leaves, or that evhttp drops, ends its request: the future of the handler is cancelled, and with it the statement. A client
 * that closes its sending side counts as gone, as it does with nginx and Go.
 *
 * The end. evhttp_free, bolt_close, bolt_evhttp_free and bolt_viewset_free may come in any order, with requests under way or without.
 * event_base_free comes after evhttp_free: that is libevent's rule; bolt_close may come after both.
 *
 * bolt_evhttp_new makes the process ignore SIGPIPE, unless the program has a handler for it: a client that closes while it is being
 * answered would end the process otherwise.
 *
 * Use one server, one database and one event_base per process (or thread).
 *
 * packages: libevent
 */
#ifndef BOLT_EVHTTP_H
#define BOLT_EVHTTP_H

#include <bolt_orm.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOLT_EVHTTP_SEGMENTS 8	  /* of a path, at most */
#define BOLT_EVHTTP_PARAMETERS 32 /* of a query string, at most */

typedef struct bolt_evhttp bolt_evhttp;
typedef struct bolt_evhttp_request bolt_evhttp_request;
typedef struct bolt_evhttp_route_entry bolt_evhttp_route_entry;

/** What is left out has its default. */
typedef struct bolt_evhttp_options
{
	size_t max_body;	 /**< bytes; larger ones are refused with 413 before they are read; default 1 MB */
	size_t max_headers;	 /**< bytes of the head; default 16 kB */
	int idle_timeout;	 /**< seconds: for a client that neither sends nor reads; default 60 */
	int timeout;		 /**< milliseconds for a handler's future, then 504; default 30000, -1: none */
	size_t chunk;		 /**< bytes that a stream has waiting for its client, about; default 32 kB */
	bool keep_abandoned; /**< a request whose client has left goes on to its end; default: it is cancelled */

	/**
	 * Called with each answer, for logs and counts: `error` is NULL where it succeeded. The status is 499 where the client had left
	 * before. Without it, errors of status 500 are written to stderr.
	 */
	void (*answered)(bolt_evhttp_request *request, int status, const bolt_exception *error, void *arg);
	void *answered_arg;
} bolt_evhttp_options;

/**
 * A handler.
 *
 * @param request lives until the answer has been handed to evhttp, and until nothing works for the future any more: the body of a
 *	   bolt_atomic that was cancelled still runs to its end. What bolt_evhttp_alloc gives lives as long, and so do parameters and body.
 * @return a future, whose reference is given away; NULL: the handler answers by itself (bolt_evhttp_stream, bolt_evhttp_send).
 */
typedef bolt_future *(*bolt_evhttp_handler)(bolt_evhttp_request *request, void *arg);

struct bolt_evhttp_request
{
	bolt_request data;			 /**< parameters and body, as the actions of view sets take them */
	const char *method;			 /**< "GET" */
	struct evhttp_request *http; /**< evhttp's; NULL once it has been answered */
	bolt_evhttp *server;

	/* private */
	bolt_parameter parameters[BOLT_EVHTTP_PARAMETERS];
	const char *segments[BOLT_EVHTTP_SEGMENTS];
	size_t segment_count;
	const char *arguments[BOLT_EVHTTP_SEGMENTS];
	size_t argument_count;
	const bolt_evhttp_route_entry *route;
	struct bolt_evhttp__block *blocks;
	struct evbuffer *body;
	bolt_evhttp_request *next; /* those that are not answered */
	bolt_evhttp_request **link;
	bolt_future *future; /* whose value the answer will be; lent */
	struct bolt_evhttp__stream *stream;
	int references; /* while it is not answered, and while something works for its future */
	bool gone;		/* the client is, or evhttp */
};

/* ----------
 * Inside
 * ----------
 */

/* Memory of a request. */
typedef struct bolt_evhttp__block
{
	struct bolt_evhttp__block *next;
	max_align_t bytes[1]; /* and more; C++ has no flexible arrays */
} bolt_evhttp__block;

struct bolt_evhttp_route_entry
{
	bolt_evhttp_route_entry *next;
	char *pattern; /* its segments, each terminated */
	const char *segments[BOLT_EVHTTP_SEGMENTS];
	size_t segment_count;
	size_t words;		/* segments that are no {name} */
	const char *method; /* NULL: a view set's */
	bolt_evhttp_handler handler;
	void *arg;
	bolt_viewset *viewset;
	bool detail;
};

/*
 * Nobody can tell whether the evhttp that calls a server is still there. So the struct stays after bolt_evhttp_free, for what may still
 * come from it, and only what it points to is freed.
 */
struct bolt_evhttp
{
	bolt_evhttp *next_freed;
	bool freed;
	struct evhttp *http;
	bolt_evhttp_options options;
	bolt_evhttp_route_entry *routes;
	bolt_evhttp_route_entry **last_route;
	bolt_evhttp_handler fallback;
	void *fallback_arg;
	size_t in_flight; /* not answered yet */
	size_t sending;	  /* answered, but not all of it has been sent */
	bool closing;
	bolt_evhttp_request *requests; /* not answered yet */
	struct event look;			   /* for clients that have left */
	bool looking;
};

static inline void bolt_evhttp__dispatch(struct evhttp_request *http, void *arg);

/* ----------
 * Servers
 * ----------
 */

static inline void
bolt_evhttp__ignore_sigpipe(void)
{
	struct sigaction action;

	if (sigaction(SIGPIPE, NULL, &action) != 0 || (action.sa_flags & SA_SIGINFO) != 0 ||
		action.sa_handler != SIG_DFL)
		return;
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

/**
 * Makes a server of an evhttp, all of whose requests it takes. The evhttp stays the caller's. SIGPIPE is ignored from now on, unless the
 * program has a handler for it.
 *
 * @param options read during the call; NULL: the defaults
 * @return to be freed with bolt_evhttp_free; NULL without memory
 */
static inline bolt_evhttp *
bolt_evhttp_new(struct evhttp *http, const bolt_evhttp_options *options)
{
	bolt_evhttp *server = (bolt_evhttp *) calloc(1, sizeof(bolt_evhttp));

	if (server == NULL)
		return NULL;
	if (options != NULL)
		server->options = *options;
	if (server->options.max_body == 0)
		server->options.max_body = 1024 * 1024;
	if (server->options.max_headers == 0)
		server->options.max_headers = 16 * 1024;
	if (server->options.idle_timeout == 0)
		server->options.idle_timeout = 60;
	if (server->options.timeout == 0)
		server->options.timeout = 30000;
	if (server->options.chunk == 0)
		server->options.chunk = 32 * 1024;
	server->http = http;
	server->last_route = &server->routes;
	bolt_evhttp__ignore_sigpipe();
	evhttp_set_max_body_size(http, (ev_ssize_t) server->options.max_body);
	evhttp_set_max_headers_size(http, (ev_ssize_t) server->options.max_headers);
	evhttp_set_timeout(http, server->options.idle_timeout);
	evhttp_set_default_content_type(http, NULL);
	evhttp_set_allowed_methods(http,
							   EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
								   EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
	evhttp_set_gencb(http, bolt_evhttp__dispatch, server);
	return server;
}

/* A list of the servers that were freed, from whichever thread, so that no leak checker takes them for lost. */
static inline void
bolt_evhttp__keep(bolt_evhttp *server)
{
	static bolt_evhttp *freed;

	server->next_freed = __atomic_load_n(&freed, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&freed, &server->next_freed, server, true, __ATOMIC_RELEASE,
										__ATOMIC_RELAXED))
		;
}

/* The timer is the base's as long as it is added. Where it is not, the base may have been freed, and must not be touched. */
static inline void
bolt_evhttp__stop_looking(bolt_evhttp *server)
{
	if (server->looking &&
		(server->look.ev_evcallback.evcb_flags & (EVLIST_TIMEOUT | EVLIST_ACTIVE | EVLIST_ACTIVE_LATER)) != 0)
		event_del(&server->look);
	server->looking = false;
}

/**
 * Frees the server, not the evhttp. What still comes from the evhttp is answered with 503; what is under way is answered as before. A few
 * bytes stay until the end of the process. NULL does nothing.
 */
static inline void
bolt_evhttp_free(bolt_evhttp *server)
{
	if (server == NULL || server->freed)
		return;
	bolt_evhttp__stop_looking(server);
	while (server->routes != NULL)
	{
		bolt_evhttp_route_entry *route = server->routes;

		server->routes = route->next;
		free(route->pattern);
		free(route);
	}
	server->freed = server->closing = true;
	server->fallback = NULL;
	server->options.answered = NULL;
	bolt_evhttp__keep(server);
}

/** How many requests are under way: not answered yet, or whose answer has not been sent to its end. */
static inline size_t
bolt_evhttp_in_flight(const bolt_evhttp *server)
{
	return server->in_flight + server->sending;
}

/** From now on each answer is the last one of its connection: for a server that is going to end. */
static inline void
bolt_evhttp_close_connections(bolt_evhttp *server)
{
	server->closing = true;
}

/* ----------
 * Routes
 * ----------
 */
static inline bolt_evhttp_route_entry *
bolt_evhttp__add_route(bolt_evhttp *server, const char *pattern, const char *more)
{
	bolt_evhttp_route_entry *route = (bolt_evhttp_route_entry *) calloc(1, sizeof(bolt_evhttp_route_entry));
	size_t size = strlen(pattern) + strlen(more) + 1;
	char *segment;
	char *state;

	if (route == NULL || (route->pattern = (char *) malloc(size)) == NULL)
	{
		free(route);
		return NULL;
	}
	snprintf(route->pattern, size, "%s%s", pattern, more);
	for (segment = strtok_r(route->pattern, "/", &state);
		 segment != NULL && route->segment_count < BOLT_EVHTTP_SEGMENTS;
		 segment = strtok_r(NULL, "/", &state))
	{
		route->segments[route->segment_count++] = segment;
		route->words += *segment != '{';
	}
	*server->last_route = route;
	server->last_route = &route->next;
	return route;
}

/**
 * Calls `handler` for a method of a path: bolt_evhttp_route(server, "GET", "/authors/{id}/articles", author_articles, db).
 *
 * @param method a constant: "GET", "POST", "PUT", "PATCH", "DELETE"
 * @return 0, or -1 without memory
 */
static inline int
bolt_evhttp_route(bolt_evhttp *server, const char *method, const char *pattern, bolt_evhttp_handler handler,
				  void *arg)
{
	bolt_evhttp_route_entry *route = bolt_evhttp__add_route(server, pattern, "");

	if (route == NULL)
		return -1;
	route->method = method;
	route->handler = handler;
	route->arg = arg;
	return 0;
}

/**
 * Routes `pattern` and `pattern`/{lookup} to a view set.
 *
 * @return 0, or -1 without memory
 */
static inline int
bolt_evhttp_viewset(bolt_evhttp *server, const char *pattern, bolt_viewset *viewset)
{
	bolt_evhttp_route_entry *list = bolt_evhttp__add_route(server, pattern, "");
	bolt_evhttp_route_entry *detail = bolt_evhttp__add_route(server, pattern, "/{lookup}");

	if (list == NULL || detail == NULL)
		return -1;
	list->viewset = detail->viewset = viewset;
	detail->detail = true;
	return 0;
}

/** What is called where no route fits, instead of 404: for static files. */
static inline void
bolt_evhttp_fallback(bolt_evhttp *server, bolt_evhttp_handler handler, void *arg)
{
	server->fallback = handler;
	server->fallback_arg = arg;
}

/* ----------
 * Requests
 * ----------
 */

/** Memory that lives as long as the request; zeroed; NULL without. */
static inline void *
bolt_evhttp_alloc(bolt_evhttp_request *request, size_t size)
{
	bolt_evhttp__block *block = (bolt_evhttp__block *) calloc(1, sizeof(bolt_evhttp__block) + size);

	if (block == NULL)
		return NULL;
	block->next = request->blocks;
	request->blocks = block;
	return block->bytes;
}

/** What stood in the place of the {…} of this number in the route's path, decoded. */
static inline const char *
bolt_evhttp_argument(const bolt_evhttp_request *request, size_t number)
{
	return number < request->argument_count ? request->arguments[number] : NULL;
}

/** Whether the client has left, or evhttp has dropped the request: then nobody will read the answer. */
static inline bool
bolt_evhttp_gone(const bolt_evhttp_request *request)
{
	return request->gone;
}

/** A header of the request; NULL where there is none, and once it has been answered. */
static inline const char *
bolt_evhttp_header(const bolt_evhttp_request *request, const char *name)
{
	if (request->http == NULL)
		return NULL;
	return evhttp_find_header(evhttp_request_get_input_headers(request->http), name);
}

/** Sets a header of the answer. */
static inline void
bolt_evhttp_set_header(bolt_evhttp_request *request, const char *name, const char *value)
{
	struct evkeyvalq *headers;

	if (request->http == NULL)
		return;
	headers = evhttp_request_get_output_headers(request->http);
	evhttp_remove_header(headers, name);
	evhttp_add_header(headers, name, value);
}

static inline void
bolt_evhttp__unref(void *arg)
{
	bolt_evhttp_request *request = (bolt_evhttp_request *) arg;

	if (--request->references > 0)
		return;
	while (request->blocks != NULL)
	{
		bolt_evhttp__block *block = request->blocks;

		request->blocks = block->next;
		free(block);
	}
	if (request->body != NULL)
		evbuffer_free(request->body);
	free(request);
}

/* It has been answered, and evhttp has its part of it. */
static inline void
bolt_evhttp__end(bolt_evhttp_request *request)
{
	request->server->in_flight--;
	*request->link = request->next;
	if (request->next != NULL)
		request->next->link = request->link;
	request->http = NULL;
	bolt_evhttp__unref(request);
}

static inline void
bolt_evhttp__answered(bolt_evhttp_request *request, int status, const bolt_exception *error)
{
	const bolt_evhttp_options *options = &request->server->options;

	if (request->gone || request->server->freed)
		return;
	if (options->answered != NULL)
		options->answered(request, status, error, options->answered_arg);
	else if (status == 500 && error != NULL)
		fprintf(stderr, "bolt_evhttp: %s %s: %s: %s%s%s\n", request->method,
				request->http != NULL ? evhttp_request_get_uri(request->http) : "",
				bolt_code_name(bolt_error_code(error)), bolt_error_message(error),
				bolt_error_detail(error) != NULL ? ": " : "",
				bolt_error_detail(error) != NULL ? bolt_error_detail(error) : "");
}

static inline const char *
bolt_evhttp__reason(int status)
{
	static const struct
	{
		int status;
		const char *reason;
	} reasons[] = {
		{200, "OK"},
		{201, "Created"},
		{204, "No Content"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{402, "Payment Required"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status < 400 ? "OK" : "Error";
}

static inline void
bolt_evhttp__sent(struct evhttp_request *http, void *arg)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(http), NULL, NULL);
	((bolt_evhttp *) arg)->sending--;
}

static inline void
bolt_evhttp__not_sent(struct evhttp_connection *connection, void *arg)
{
	(void) connection;
	((bolt_evhttp *) arg)->sending--;
}

/* The answer goes to evhttp now: counts it until it has been sent, or its connection is closed. */
static inline void
bolt_evhttp__sends(bolt_evhttp_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request->http);

	if (connection == NULL)
		return;
	request->server->sending++;
	evhttp_request_set_on_complete_cb(request->http, bolt_evhttp__sent, request->server);
	evhttp_connection_set_closecb(connection, bolt_evhttp__not_sent, request->server);
}

/**
 * Answers, and ends the request: for handlers that return NULL. Headers have to be set before.
 *
 * @param body emptied; NULL: none
 */
static inline void
bolt_evhttp_send(bolt_evhttp_request *request, int status, struct evbuffer *body)
{
	char length[32];

	if (request->http == NULL)
		return;
	if (request->server->closing)
		bolt_evhttp_set_header(request, "Connection", "close");
	if (evhttp_request_get_command(request->http) == EVHTTP_REQ_HEAD && body != NULL)
	{
		snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
		bolt_evhttp_set_header(request, "Content-Length", length);
		evbuffer_drain(body, evbuffer_get_length(body));
	}
	bolt_evhttp__sends(request);
	evhttp_send_reply(request->http, status, bolt_evhttp__reason(status),
					  body); /* frees it where the client is gone */
	bolt_evhttp__end(request);
}

/* ----------
 * Answers
 * ----------
 */
static inline void
bolt_evhttp__free_body(const void *body, size_t length, void *arg)
{
	(void) length;
	(void) arg;
	free((void *) body);
}

static inline void
bolt_evhttp__free_future(const void *body, size_t length, void *arg)
{
	(void) body;
	(void) length;
	bolt_free((bolt_future *) arg);
}

/* Small bodies are copied; large ones lent, and the future lives until they have been sent. */
static inline void
bolt_evhttp__add_body(struct evbuffer *buffer, bolt_future *future)
{
	char *made;
	size_t length;
	const char *body = bolt_http_body(future, &length, &made);

	if (made != NULL)
	{
		if (evbuffer_add_reference(buffer, made, length, bolt_evhttp__free_body, NULL) != 0)
			free(made);
	}
	else if (body != NULL && length < 4096)
		evbuffer_add(buffer, body, length);
	else if (body != NULL &&
			 evbuffer_add_reference(buffer, body, length, bolt_evhttp__free_future,
									bolt_future_ref(future)) != 0)
		bolt_free(future);
}

/* The methods of all routes of this path, for the header Allow. */
static inline void
bolt_evhttp__allow(bolt_evhttp_request *request)
{
	const bolt_evhttp_route_entry *route = request->route;
	char methods[256] = "";
	size_t length = 0;

	for (const bolt_evhttp_route_entry *other = request->server->routes; other != NULL; other = other->next)
	{
		char list[64];
		bool same = other->segment_count == route->segment_count;

		for (size_t i = 0; same && i < route->segment_count; i++)
			same = (*other->segments[i] == '{' && *route->segments[i] == '{') ||
				strcmp(other->segments[i], route->segments[i]) == 0;
		if (!same)
			continue;
		if (other->viewset != NULL)
			bolt_viewset_allow(other->viewset, other->detail, list);
		else
			snprintf(list, sizeof(list), "%s%s", other->method,
					 strcmp(other->method, "GET") == 0 ? ", HEAD" : "");
		if (*list != '\0' && length + strlen(list) + 3 < sizeof(methods))
			length += (size_t) snprintf(methods + length, sizeof(methods) - length, "%s%s",
										length > 0 ? ", " : "", list);
	}
	bolt_evhttp_set_header(request, "Allow", methods);
}

static inline void
bolt_evhttp__reply(bolt_future *future, void *arg)
{
	bolt_evhttp_request *request = (bolt_evhttp_request *) arg;
	struct evbuffer *body = evbuffer_new();
	int status = bolt_http_status(future);

	request->future = NULL;
	if (body != NULL && status != 204)
		bolt_evhttp__add_body(body, future);
	bolt_evhttp__answered(request, status, bolt_error(future));
	if (status != 204)
		bolt_evhttp_set_header(request, "Content-Type", "application/json");
	if (status == 503)
		bolt_evhttp_set_header(request, "Retry-After", "1");
	if (status == 405 && request->route != NULL && !request->server->freed)
		bolt_evhttp__allow(request);
	bolt_evhttp_send(request, status, body);
	if (body != NULL)
		evbuffer_free(body);
}

/**
 * Answers with what a future brings, once it does; ends the request then. What a handler returns goes here; one that returned NULL may call it
 * later, once.
 *
 * @param future its reference is taken
 */
static inline void
bolt_evhttp_reply(bolt_evhttp_request *request, bolt_future *future)
{
	if (request->gone)
		bolt_cancel(future);
	if (request->server->options.timeout > 0 && !bolt_done(future))
		bolt_timeout(future, request->server->options.timeout);
	request->references++;
	if (!bolt_when_over(future, bolt_evhttp__unref, request))
		request->references--; /* without memory: it lives until it is answered */
	request->future = future;
	bolt_then(future, bolt_evhttp__reply, request);
}

/* ----------
 * Streams
 * ----------
 */
typedef struct bolt_evhttp__stream
{
	bolt_evhttp_request *request;
	bolt_iterator *iterator;
	struct evbuffer *lines;
	size_t chunk;
	bool started; /* 200 has been sent */
	bool asking;  /* for a row */
} bolt_evhttp__stream;

static inline void bolt_evhttp__ask_row(bolt_evhttp__stream *stream);

static inline void
bolt_evhttp__end_stream(bolt_evhttp__stream *stream)
{
	bolt_aclose(stream->iterator);
	evbuffer_free(stream->lines);
	bolt_evhttp__end(stream->request);
	free(stream);
}

/* The end of a stream whose client has gone. */
static inline void
bolt_evhttp__leave_stream(bolt_evhttp__stream *stream)
{
	evhttp_send_reply_end(stream->request->http); /* without a connection it only frees the request */
	bolt_evhttp__end_stream(stream);
}

static inline void
bolt_evhttp__stream_gone(bolt_evhttp__stream *stream)
{
	if (!stream->asking)
	{
		bolt_evhttp__leave_stream(stream);
		return;
	}
	bolt_aclose(stream->iterator); /* its future fails, and the rest is done there */
	stream->iterator = NULL;
}

static inline void
bolt_evhttp__start_stream(bolt_evhttp__stream *stream)
{
	struct evhttp_request *http = stream->request->http;

	stream->started = true;
	bolt_evhttp_set_header(stream->request, "Content-Type", "application/x-ndjson");
	if (stream->request->server->closing)
		bolt_evhttp_set_header(stream->request, "Connection", "close");
	evhttp_send_reply_start(http, 200, "OK");
}

/* What was sent is with the kernel: more may come. */
static inline void
bolt_evhttp__chunk_sent(struct evhttp_connection *connection, void *arg)
{
	(void) connection;
	bolt_evhttp__ask_row((bolt_evhttp__stream *) arg);
}

/* Too late for a status: the connection ends without the last chunk. evhttp frees the request with it. */
static inline void
bolt_evhttp__cut(bolt_evhttp__stream *stream)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(stream->request->http);

	if (connection == NULL)
		return;
	evhttp_connection_set_closecb(connection, NULL, NULL);
	evhttp_connection_free(connection);
}

static inline void
bolt_evhttp__last_row(bolt_evhttp__stream *stream, bolt_future *row)
{
	struct evhttp_request *http = stream->request->http;

	if (bolt_failed(row) && !stream->started)
	{
		bolt_aclose(stream->iterator);
		evbuffer_free(stream->lines);
		stream->request->stream = NULL;
		bolt_then(bolt_future_ref(row), bolt_evhttp__reply, stream->request);
		free(stream);
		return;
	}
	bolt_evhttp__answered(stream->request, 200, bolt_error(row));
	if (bolt_failed(row))
		bolt_evhttp__cut(stream);
	else
	{
		if (!stream->started)
			bolt_evhttp__start_stream(stream);
		if (evbuffer_get_length(stream->lines) > 0)
			evhttp_send_reply_chunk(http, stream->lines);
		bolt_evhttp__sends(stream->request);
		evhttp_send_reply_end(http);
	}
	bolt_evhttp__end_stream(stream);
}

static inline void
bolt_evhttp__row_ready(bolt_future *row, void *arg)
{
	bolt_evhttp__stream *stream = (bolt_evhttp__stream *) arg;

	stream->asking = false;
	if (stream->request->gone)
	{
		bolt_evhttp__leave_stream(stream);
		return;
	}
	if (bolt_json(row) == NULL)
	{
		bolt_evhttp__last_row(stream, row);
		return;
	}
	evbuffer_add(stream->lines, bolt_json(row), bolt_json_length(row));
	evbuffer_add(stream->lines, "\n", 1);
	if (evbuffer_get_length(stream->lines) < stream->chunk)
	{
		bolt_evhttp__ask_row(stream);
		return;
	}
	if (!stream->started)
		bolt_evhttp__start_stream(stream);
	evhttp_send_reply_chunk_with_cb(stream->request->http, stream->lines, bolt_evhttp__chunk_sent, stream);
}

static inline void
bolt_evhttp__ask_row(bolt_evhttp__stream *stream)
{
	stream->asking = true;
	bolt_then(bolt_anext(stream->iterator), bolt_evhttp__row_ready, stream);
}

/**
 * Answers with the rows of an iterator as JSON lines, no faster than the client reads: memory does not grow with their number. A client that
 * does not read for idle_timeout is dropped.
 *
 * @param iterator taken over
 * @return NULL, for the handler to return
 */
static inline bolt_future *
bolt_evhttp_stream(bolt_evhttp_request *request, bolt_iterator *iterator)
{
	bolt_evhttp__stream *stream;

	if (evhttp_request_get_command(request->http) == EVHTTP_REQ_HEAD)
	{
		bolt_aclose(iterator);
		bolt_evhttp_set_header(request, "Content-Type", "application/x-ndjson");
		bolt_evhttp_send(request, 200, NULL);
		return NULL;
	}
	if (request->gone)
	{
		bolt_aclose(iterator);
		bolt_evhttp_send(request, 503, NULL);
		return NULL;
	}
	stream = (bolt_evhttp__stream *) calloc(1, sizeof(bolt_evhttp__stream));
	if (stream == NULL || (stream->lines = evbuffer_new()) == NULL)
	{
		free(stream);
		bolt_aclose(iterator);
		return bolt_fail(NULL, BOLT_MEMORY_ERROR, "out of memory");
	}
	stream->request = request;
	stream->iterator = iterator;
	stream->chunk = request->server->options.chunk;
	request->stream = stream;
	bolt_evhttp__ask_row(stream);
	return NULL;
}

/* ----------
 * Clients that leave
 * ----------
 */

/*
 * The connection of a request that is not answered yet is being closed: the client has left or not read for too long, or the evhttp is being
 * freed. The request is ours from now on, and has no connection: so evhttp_send_reply only frees it.
 */
static inline void
bolt_evhttp__gone(struct evhttp_connection *connection, void *arg)
{
	bolt_evhttp_request *request = (bolt_evhttp_request *) arg;

	(void) connection;
	bolt_evhttp__answered(request, 499, NULL);
	request->gone = true;
	if (evhttp_request_get_connection(request->http) != NULL)
	{
		evhttp_request_own(request->http);
		request->http->evcon = NULL;
	}
	if (request->stream != NULL)
		bolt_evhttp__stream_gone(request->stream);
	else if (request->future != NULL)
		bolt_cancel(request->future); /* whose callback does the rest */
}

#ifdef POLLRDHUP
#define BOLT_EVHTTP__HANGUP POLLRDHUP
#elif defined(__linux__)
#define BOLT_EVHTTP__HANGUP 0x2000 /* hidden by a strict -std= */
#else
#define BOLT_EVHTTP__HANGUP 0
#endif
#define BOLT_EVHTTP__LOOK_MS 100

/*
 * evhttp does not read while a request is being answered, so it does not learn that the client has closed the connection. Requests that
 * take longer than this are looked after all at once: those that are answered sooner cost nothing.
 */
static inline void
bolt_evhttp__look(evutil_socket_t socket, short what, void *arg)
{
	static const struct timeval pause = {0, BOLT_EVHTTP__LOOK_MS * 1000};
	bolt_evhttp *server = (bolt_evhttp *) arg;
	struct pollfd *files = (struct pollfd *) calloc(server->in_flight + 1, sizeof(struct pollfd));
	struct evhttp_connection **connections =
		(struct evhttp_connection **) calloc(server->in_flight + 1, sizeof(struct evhttp_connection *));
	size_t count = 0;

	(void) socket;
	(void) what;
	for (bolt_evhttp_request *request = server->requests;
		 files != NULL && connections != NULL && request != NULL; request = request->next)
	{
		struct evhttp_connection *connection = evhttp_request_get_connection(request->http);

		if (connection == NULL)
			continue;
		connections[count] = connection;
		files[count].fd = (int) bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
		files[count++].events = BOLT_EVHTTP__HANGUP;
	}
	if (count > 0 && poll(files, (nfds_t) count, 0) > 0)
		for (size_t i = 0; i < count; i++)
			if ((files[i].revents & (BOLT_EVHTTP__HANGUP | POLLHUP | POLLERR)) != 0)
				evhttp_connection_free(connections[i]); /* calls bolt_evhttp__gone */
	free(files);
	free(connections);
	server->looking = server->requests != NULL && event_add(&server->look, &pause) == 0;
}

/* From now on it is ours to answer. */
static inline void
bolt_evhttp__begin(bolt_evhttp *server, bolt_evhttp_request *request)
{
	static const struct timeval pause = {0, BOLT_EVHTTP__LOOK_MS * 1000};
	struct evhttp_connection *connection = evhttp_request_get_connection(request->http);

	server->in_flight++;
	request->server = server;
	request->references = 1;
	request->next = server->requests;
	request->link = &server->requests;
	if (request->next != NULL)
		request->next->link = &request->next;
	server->requests = request;
	evhttp_connection_set_closecb(connection, bolt_evhttp__gone, request);
	if (server->looking || server->freed || server->options.keep_abandoned)
		return;
	evtimer_assign(&server->look, evhttp_connection_get_base(connection), bolt_evhttp__look, server);
	server->looking = event_add(&server->look, &pause) == 0;
}

/* ----------
 * From a request to its handler
 * ----------
 */
static inline const char *
bolt_evhttp__method(enum evhttp_cmd_type command)
{
	switch (command)
	{
		case EVHTTP_REQ_GET:
			return "GET";
		case EVHTTP_REQ_HEAD:
			return "HEAD";
		case EVHTTP_REQ_POST:
			return "POST";
		case EVHTTP_REQ_PUT:
			return "PUT";
		case EVHTTP_REQ_PATCH:
			return "PATCH";
		case EVHTTP_REQ_DELETE:
			return "DELETE";
		default:
			return "OPTIONS";
	}
}

/* So many bytes, decoded, in the request's memory; NULL for what holds a NUL. */
static inline const char *
bolt_evhttp__decode(bolt_evhttp_request *request, const char *text, size_t length, bool plus_is_space)
{
	char *copy = (char *) bolt_evhttp_alloc(request, length + 1);
	char *to = copy;

	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++)
	{
		char hex[3] = {0};
		char *end;

		*to = text[i] == '+' && plus_is_space ? ' ' : text[i];
		if (text[i] == '%' && length - i > 2)
		{
			hex[0] = text[i + 1];
			hex[1] = text[i + 2];
			*to = (char) strtol(hex, &end, 16);
			if (end != hex + 2 || *hex == '-' || *hex == '+' || *hex == ' ')
				*to = '%';
			else
				i += 2;
		}
		if (*to++ == '\0')
			return NULL;
	}
	*to = '\0';
	return copy;
}

static inline bool
bolt_evhttp__split_path(bolt_evhttp_request *request, const char *path)
{
	for (;;)
	{
		size_t length;

		while (*path == '/')
			path++;
		length = strcspn(path, "/");
		if (length == 0)
			return true;
		if (request->segment_count == BOLT_EVHTTP_SEGMENTS)
			return false;
		request->segments[request->segment_count] = bolt_evhttp__decode(request, path, length, false);
		if (request->segments[request->segment_count++] == NULL)
			return false;
		path += length;
	}
}

static inline bool
bolt_evhttp__split_query(bolt_evhttp_request *request, const char *query)
{
	size_t count = 0;

	while (query != NULL && *query != '\0')
	{
		size_t length = strcspn(query, "&");
		const char *equals = (const char *) memchr(query, '=', length);
		size_t name_length = equals != NULL ? (size_t) (equals - query) : length;
		bolt_parameter *parameter = &request->parameters[count];

		if (length > 0)
		{
			if (count++ == BOLT_EVHTTP_PARAMETERS)
				return false;
			parameter->name = bolt_evhttp__decode(request, query, name_length, true);
			parameter->value = equals != NULL ?
				bolt_evhttp__decode(request, equals + 1, length - name_length - 1, true) :
				"";
			if (parameter->name == NULL || parameter->value == NULL)
				return false;
		}
		query += length + (query[length] == '&');
	}
	request->data.parameters = request->parameters;
	request->data.parameter_count = count;
	return true;
}

/* The body and its type become the request's own: they may be needed longer than evhttp keeps them. */
static inline bool
bolt_evhttp__take_body(bolt_evhttp_request *request)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(request->http);
	const char *type = bolt_evhttp_header(request, "Content-Type");

	request->data.body = "";
	request->data.body_length = evbuffer_get_length(input);
	if (type != NULL)
	{
		char *copy = (char *) bolt_evhttp_alloc(request, strlen(type) + 1);

		if (copy == NULL)
			return false;
		request->data.content_type = strcpy(copy, type);
	}
	if (request->data.body_length == 0)
		return true;
	request->body = evbuffer_new();
	if (request->body == NULL || evbuffer_add_buffer(request->body, input) != 0)
		return false;
	request->data.body = (const char *) evbuffer_pullup(request->body, -1);
	return request->data.body != NULL;
}

static inline bool
bolt_evhttp__fits(const bolt_evhttp_route_entry *route, const bolt_evhttp_request *request)
{
	if (route->segment_count != request->segment_count)
		return false;
	for (size_t i = 0; i < route->segment_count; i++)
		if (*route->segments[i] != '{' && strcmp(route->segments[i], request->segments[i]) != 0)
			return false;
	return true;
}

static inline bool
bolt_evhttp__takes(const bolt_evhttp_route_entry *route, const char *method)
{
	if (route->viewset != NULL || strcmp(route->method, method) == 0)
		return true;
	return strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0;
}

/* The route with the most words that fits, if possible one for the method. */
static inline const bolt_evhttp_route_entry *
bolt_evhttp__find_route(const bolt_evhttp_request *request)
{
	const bolt_evhttp_route_entry *best = NULL;

	for (const bolt_evhttp_route_entry *route = request->server->routes; route != NULL; route = route->next)
	{
		if (!bolt_evhttp__fits(route, request))
			continue;
		if (best == NULL || route->words > best->words ||
			(route->words == best->words && !bolt_evhttp__takes(best, request->method) &&
			 bolt_evhttp__takes(route, request->method)))
			best = route;
	}
	return best;
}

static inline bolt_future *
bolt_evhttp__call(bolt_evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->http);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	const bolt_evhttp_route_entry *route;

	if (!bolt_evhttp__split_path(request, path != NULL ? path : "/"))
		return bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "Not found.");
	if (!bolt_evhttp__split_query(request, uri != NULL ? evhttp_uri_get_query(uri) : NULL))
		return bolt_refuse(NULL, 400, "The query string cannot be read.");
	if (!bolt_evhttp__take_body(request))
		return bolt_fail(NULL, BOLT_MEMORY_ERROR, "out of memory");
	route = request->route = bolt_evhttp__find_route(request);
	if (route == NULL)
		return request->server->fallback != NULL ?
			request->server->fallback(request, request->server->fallback_arg) :
			bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "Not found.");
	if (strcmp(request->method, "OPTIONS") == 0)
	{
		bolt_evhttp__allow(request);
		bolt_evhttp_send(request, 204, NULL);
		return NULL;
	}
	for (size_t i = 0; i < route->segment_count; i++)
		if (*route->segments[i] == '{')
			request->arguments[request->argument_count++] = request->segments[i];
	if (route->viewset != NULL)
		return bolt_viewset_call(route->viewset, request->method,
								 route->detail ? request->arguments[request->argument_count - 1] : NULL,
								 &request->data);
	if (!bolt_evhttp__takes(route, request->method))
		return bolt_refuse(NULL, 405, "Method \"%s\" not allowed.", request->method);
	return route->handler(request, route->arg);
}

static inline void
bolt_evhttp__dispatch(struct evhttp_request *http, void *arg)
{
	bolt_evhttp *server = (bolt_evhttp *) arg;
	bolt_evhttp_request *request = (bolt_evhttp_request *) calloc(1, sizeof(bolt_evhttp_request));
	bolt_future *answer;

	if (request == NULL)
	{
		evhttp_send_reply(http, 503, bolt_evhttp__reason(503), NULL);
		return;
	}
	request->http = http;
	bolt_evhttp__begin(server, request);
	request->method = bolt_evhttp__method(evhttp_request_get_command(http));
	request->data.size = sizeof(bolt_request);
	answer = server->freed ? bolt_refuse(NULL, 503, "The server is closed.") : bolt_evhttp__call(request);
	if (answer != NULL)
		bolt_evhttp_reply(request, answer);
}

#endif
