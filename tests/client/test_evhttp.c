/*
 * test_evhttp.c
 *	  bolt_evhttp.h where clients leave, and where the server ends: in every order of freeing, with requests under way.
 *
 * packages: libevent
 */
#include "server.h"

#include <arpa/inet.h>
#include <bolt_evhttp.h>
#include <bolt_libevent.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static PGconn *admin;	/* holds a lock, on which the requests wait */
static PGconn *watcher; /* in no transaction, where pg_stat_activity would stay as it was */

/* Whether this many statements of the database's clients are running, in time. */
static bool
running(int count)
{
	for (int i = 0; i < 200; i++)
	{
		PGresult *result =
			PQexec(watcher,
				   "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname ="
				   " current_database() AND pid <> pg_backend_pid() AND application_name = 'evhttp'");
		int found = atoi(PQgetvalue(result, 0, 0));

		PQclear(result);
		if (found == count)
			return true;
		usleep(20000);
	}
	return false;
}

/* ----------
 * A service
 * ----------
 */
typedef struct service
{
	struct event_base *base;
	struct evhttp *http;
	bolt_evhttp *server;
	bolt_database *db;
	bolt_viewset *comments;
	int port;
	int answers[600]; /* by status */
} service;

struct order
{
	int id;
	char text[64];
};

static bolt_future *
await_in_block(bolt_database *transaction, void *arg)
{
	struct order *order = arg;

	bolt_free(bolt_await(bolt_acount(bolt_objects(transaction, "blog_comment"))));
	snprintf(order->text, sizeof(order->text), "%d",
			 order->id); /* a body that looks at nothing, and writes */
	bolt_free(bolt_await(bolt_acount(bolt_objects(transaction, "blog_tag"))));
	order->id = (int) strlen(order->text);
	return NULL;
}

static bolt_future *
in_block(bolt_evhttp_request *request, void *arg)
{
	service *self = arg;
	struct order *order = bolt_evhttp_alloc(request, sizeof(*order));

	order->id = 7;
	return bolt_catch(bolt_gather(bolt_atomic(self->db, await_in_block, order)), NULL, NULL);
}

static bolt_future *
stream(bolt_evhttp_request *request, void *arg)
{
	service *self = arg;

	return bolt_evhttp_stream(request, bolt_aiterator(bolt_objects(self->db, "blog_comment")));
}

/* Answers by itself, later. */
static void
answer_later(bolt_future *slept, void *arg)
{
	bolt_evhttp_request *request = arg;
	struct evbuffer *body = evbuffer_new();

	(void) slept;
	evbuffer_add_printf(body, "%zu %s %d", request->data.body_length, bolt_evhttp_header(request, "Host"),
						bolt_evhttp_gone(request));
	bolt_evhttp_set_header(request, "Content-Type", "text/plain");
	bolt_evhttp_send(request, 200, body);
	evbuffer_free(body);
}

static bolt_future *
by_itself(bolt_evhttp_request *request, void *arg)
{
	bolt_then(bolt_sleep(((service *) arg)->db, 1500), answer_later, request);
	return NULL;
}

static void
count_answer(bolt_evhttp_request *request, int status, const bolt_exception *error, void *arg)
{
	(void) request;
	(void) error;
	((service *) arg)->answers[status]++;
}

struct comment
{
	int id;
	const char *text;
};

BOLT_SCHEMA(comment_schema, struct comment, BOLT_FIELD(struct comment, id), BOLT_FIELD(struct comment, text));

static void
open_service(service *self, const bolt_evhttp_options *options)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	bolt_evhttp_options own = options != NULL ? *options : (bolt_evhttp_options){0};

	memset(self, 0, sizeof(*self));
	own.answered = count_answer;
	own.answered_arg = self;
	self->base = event_base_new();
	self->http = evhttp_new(self->base);
	self->server = bolt_evhttp_new(self->http, &own);
	setenv("PGAPPNAME", "evhttp", 1);
	self->db = bolt_open("", BOLT_OPTIONS(.connections = 4));
	assert_int_equal(bolt_libevent_attach(self->db, self->base), 0);
	self->comments = bolt_viewset_new(bolt_objects(self->db, "blog_comment"), .schema = &comment_schema,
									  .write_schema = &comment_schema);
	bolt_evhttp_viewset(self->server, "/comments", self->comments);
	bolt_evhttp_route(self->server, "GET", "/block", in_block, self);
	bolt_evhttp_route(self->server, "GET", "/stream", stream, self);
	bolt_evhttp_route(self->server, "POST", "/itself", by_itself, self);
	bound = evhttp_bind_socket_with_handle(self->http, "127.0.0.1", 0);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *) &address, &size);
	self->port = ntohs(address.sin_port);
}

static void
turn(service *self, int milliseconds)
{
	struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};

	event_base_loopexit(self->base, &time);
	event_base_dispatch(self->base);
}

static int
client_of(const service *self, const char *sent)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t) self->port)};
	int client = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(client, (struct sockaddr *) &address, sizeof(address)), 0);
	assert_int_equal(write(client, sent, strlen(sent)), strlen(sent));
	return client;
}

static const char *const requests[] = {
	"GET /comments HTTP/1.1\r\nHost: x\r\n\r\n",
	"PATCH /comments/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}",
	"GET /block HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST /itself HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* ----------
 * The end
 * ----------
 */

/* What a service has, to be freed in an order: a permutation of these letters. */
static void
free_in_order(service *self, const char *order)
{
	for (; *order != '\0'; order++)
	{
		switch (*order)
		{
			case 'h':
				evhttp_free(self->http);
				break;
			case 'd':
				bolt_close(self->db);
				break;
			case 's':
				bolt_evhttp_free(self->server);
				break;
			case 'v':
				bolt_viewset_free(self->comments);
				break;
			case 'b':
				event_base_free(self->base);
				break;
			case '.':
				turn(self, 150);
				break;
		}
	}
}

/* In a process of its own, so that a crash is a failure of this test. */
static void
ends_well(const char *order, void (*prepare)(service *self))
{
	pid_t child = fork();
	int status;

	if (child == 0)
	{
		service self;

		alarm(60);
		open_service(&self, NULL);
		prepare(&self);
		free_in_order(&self, order);
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the order %s ended with status %d", order, status);
}

static void
requests_under_way(service *self)
{
	for (size_t i = 0; i < REQUESTS; i++)
		client_of(self, requests[i]);
	turn(self, 50);
	for (int i = 0; i < 50 && bolt_evhttp_in_flight(self->server) != REQUESTS; i++)
		turn(self, 100);
	if (bolt_evhttp_in_flight(self->server) != REQUESTS)
	{
		fprintf(stderr, "%zu requests are under way\n", bolt_evhttp_in_flight(self->server));
		_exit(3); /* this is the child */
	}
}

static void
clients_have_left(service *self)
{
	for (size_t i = 0; i < REQUESTS; i++)
		close(client_of(self, requests[i]));
	turn(self, 30);
}

static void
nothing_under_way(service *self)
{
	client_of(self, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
	turn(self, 50);
}

static void
is_answered_slowly(service *self)
{
	PQclear(PQexec(admin, "COMMIT"));
	for (int i = 0; i < 20; i++)
		client_of(self, "GET /comments?page_size=100 HTTP/1.1\r\nHost: x\r\n\r\n");
	event_base_loop(self->base, EVLOOP_ONCE);
}

static void
every_order(void (*prepare)(service *self))
{
	static const char letters[] = "hdsv";
	char order[16];

	for (int i = 0; i < 256; i++)
	{
		const char picked[] = {letters[i / 64], letters[i / 16 % 4], letters[i / 4 % 4], letters[i % 4],
							   '\0'};
		char *h;

		if (!strchr(picked, 'h') || !strchr(picked, 'd') || !strchr(picked, 's') || !strchr(picked, 'v'))
			continue;
		snprintf(order, sizeof(order), "%sb", picked);
		ends_well(order, prepare);

		/* the base right after the evhttp */
		strcpy(order, picked);
		h = strchr(order, 'h');
		memmove(h + 2, h + 1, strlen(h + 1));
		h[1] = 'b';
		ends_well(order, prepare);
	}
	ends_well("s.h.d.vb", prepare);
	ends_well("d.s.h.vb", prepare);
	ends_well("h.d.s.vb", prepare);
	ends_well("s.d.vhb", prepare);
}

static int
lock_comments(void **state)
{
	(void) state;
	PQclear(PQexec(admin, "BEGIN"));
	PQclear(PQexec(admin, "LOCK TABLE blog_comment"));
	return 0;
}

static int
unlock_comments(void **state)
{
	(void) state;
	PQclear(PQexec(admin, "ROLLBACK"));
	return 0;
}

static void
any_order_with_requests(void **state)
{
	(void) state;
	every_order(requests_under_way);
}

static void
any_order_with_clients_that_left(void **state)
{
	(void) state;
	every_order(clients_have_left);
}

static void
any_order_without_requests(void **state)
{
	(void) state;
	every_order(nothing_under_way);
}

static void
any_order_while_sending(void **state)
{
	(void) state;
	every_order(is_answered_slowly);
}

/* ----------
 * Clients that leave
 * ----------
 */
static void
a_client_that_leaves_cancels_its_statement(void **state)
{
	service self;

	(void) state;
	open_service(&self, NULL);
	for (size_t i = 0; i < 4; i++)
	{
		int client = client_of(&self, requests[i]);

		turn(&self, 200);
		assert_true(running(1));
		close(client);
		turn(&self, 1000);
		assert_int_equal(bolt_evhttp_in_flight(self.server), 0);
		assert_int_equal(self.answers[499], i + 1);
		if (!running(0))
			fail_msg("the statement of %s goes on", requests[i]);
	}

	/* one that stays is answered after those that left */
	{
		int client = client_of(&self, requests[4]);
		char answer[1024] = "";

		turn(&self, 1800);
		assert_true(read(client, answer, sizeof(answer) - 1) > 0);
		assert_non_null(strstr(answer, "\r\n\r\n4 x 0"));
		close(client);
		close(client_of(&self, requests[4]));
		turn(&self, 1800);
		assert_int_equal(self.answers[499], 5);
		assert_int_equal(bolt_evhttp_in_flight(self.server), 0);
	}
	free_in_order(&self, "hdsvb");
}

static void
unless_it_is_to_be_kept(void **state)
{
	bolt_evhttp_options options = {.keep_abandoned = true};
	service self;
	int client;

	(void) state;
	open_service(&self, &options);
	client = client_of(&self, requests[1]);
	turn(&self, 200);
	close(client);
	turn(&self, 600);
	assert_true(running(1));
	assert_int_equal(bolt_evhttp_in_flight(self.server), 1);
	free_in_order(&self, "hdsvb");
	assert_true(running(0));
}

/* The statement of one that waits is not another's. */
static void
others_go_on(void **state)
{
	service self;
	int stays;
	int leaves;
	char answer[1024] = "";

	(void) state;
	open_service(&self, NULL);
	stays = client_of(&self, requests[0]);
	leaves = client_of(&self, requests[0]);
	turn(&self, 200);
	close(leaves);
	turn(&self, 500);
	PQclear(PQexec(admin, "ROLLBACK"));
	turn(&self, 500);
	assert_true(read(stays, answer, sizeof(answer) - 1) > 0);
	assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
	close(stays);
	free_in_order(&self, "hdsvb");
}

/* The database is closed first: the clients are told to come again. */
static void
a_closed_database_is_503(void **state)
{
	service self;
	int client;
	char answer[1024] = "";

	(void) state;
	open_service(&self, NULL);
	client = client_of(&self, requests[0]);
	turn(&self, 200);
	bolt_close(self.db);
	turn(&self, 100);
	assert_true(read(client, answer, sizeof(answer) - 1) > 0);
	assert_int_equal(strncmp(answer, "HTTP/1.1 503", 12), 0);
	close(client);
	free_in_order(&self, "hsvb");
}

/* ----------
 * SIGPIPE
 * ----------
 */
static void
own_handler(int number)
{
	(void) number;
}

static void *
handler_after_new(void (*before)(int))
{
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct sigaction after;
	bolt_evhttp *server;

	signal(SIGPIPE, before);
	server = bolt_evhttp_new(http, NULL);
	sigaction(SIGPIPE, NULL, &after);
	evhttp_free(http);
	bolt_evhttp_free(server);
	event_base_free(base);
	signal(SIGPIPE, SIG_DFL);
	return (void *) after.sa_handler;
}

static void
sigpipe_is_ignored(void **state)
{
	(void) state;
	assert_ptr_equal(handler_after_new(SIG_DFL), (void *) SIG_IGN);
	assert_ptr_equal(handler_after_new(SIG_IGN), (void *) SIG_IGN);
	assert_ptr_equal(handler_after_new(own_handler), (void *) own_handler);
}

static void
garbage_and_close(service *self)
{
	signal(SIGPIPE, SIG_DFL);
	bolt_evhttp__ignore_sigpipe();
	for (int i = 0; i < 50; i++)
	{
		static const struct linger reset = {1, 0};
		int client = client_of(self, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n\1\2\3 garbage\r\n\r\n");

		if (i % 2 == 0)
			setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(client);
		turn(self, 5);
	}
}

static void
no_client_ends_the_process(void **state)
{
	(void) state;
	ends_well("hdsvb", garbage_and_close);
}

/* ----------
 * bolt_when_over
 * ----------
 */
static void
count_over(void *count)
{
	++*(int *) count;
}

static bolt_future *
sleep_in_block(bolt_database *transaction, void *arg)
{
	bolt_free(bolt_await(bolt_acount(bolt_objects(transaction, "blog_tag"))));
	for (int i = 0; i < 3; i++)
		bolt_free(bolt_await(bolt_sleep(transaction, 1)));
	((int *) arg)[1] = ((int *) arg)[0]; /* how often it was over when the body ended */
	return NULL;
}

static void
over_is_after_the_body(void **state)
{
	(void) state;
	for (int turns = 0; turns < 3; turns++)
	{
		int over[2] = {0, -1};
		bolt_database *own = bolt_open("", NULL);
		bolt_future *block = bolt_atomic(own, sleep_in_block, over);

		if (turns > 0)
			block = bolt_catch(bolt_gather(block, bolt_sleep(own, 1000)), NULL, NULL);
		assert_true(bolt_when_over(block, count_over, &over[0]));
		bolt_free(bolt_await(bolt_sleep(own, turns == 2 ? 50 : 0)));
		bolt_cancel(block);
		bolt_free(block);
		bolt_run(own);
		assert_int_equal(over[0], 1);
		assert_true(over[1] == 0 || (over[1] == -1 && turns < 2)); /* -1: the body has not run */
		bolt_close(own);
	}
	{
		int over = 0;

		assert_true(bolt_when_over(NULL, count_over, &over));
		assert_int_equal(over, 1);
	}
}

static int
open_all(void **state)
{
	(void) state;
	open_server("bolt_orm_client_evhttp");
	setenv("PGDATABASE", "bolt_orm_client_evhttp", 1);
	bolt_close(db); /* children must not share it */
	admin = connect_to(conninfo);
	watcher = connect_to(conninfo);
	sql("ALTER DATABASE bolt_orm_client_evhttp SET client_connection_check_interval = 100"); /* ends what a child leaves */
	run_sql(admin, "SET client_min_messages = error");
	return 0;
}

static int
close_all(void **state)
{
	(void) state;
	PQfinish(admin);
	PQfinish(watcher);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sigpipe_is_ignored),
		cmocka_unit_test(no_client_ends_the_process),
		cmocka_unit_test_setup_teardown(a_client_that_leaves_cancels_its_statement, lock_comments,
										unlock_comments),
		cmocka_unit_test_setup_teardown(unless_it_is_to_be_kept, lock_comments, unlock_comments),
		cmocka_unit_test_setup_teardown(a_closed_database_is_503, lock_comments, unlock_comments),
		cmocka_unit_test_setup_teardown(others_go_on, lock_comments, unlock_comments),
		cmocka_unit_test_setup_teardown(any_order_with_requests, lock_comments, unlock_comments),
		cmocka_unit_test_setup_teardown(any_order_with_clients_that_left, lock_comments, unlock_comments),
		cmocka_unit_test_setup_teardown(any_order_while_sending, lock_comments, unlock_comments),
		cmocka_unit_test(any_order_without_requests),
		cmocka_unit_test(over_is_after_the_body),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
