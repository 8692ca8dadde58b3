/*
 * test_loops.c
 *	  The same on libevent, libuv and libev: answers, coroutines, time-outs, killed backends, closing in
 *	  the middle.
 *
 * packages: libevent libuv libev
 */
#include "requests.h"

#include <bolt_libev.h>
#include <bolt_libevent.h>
#include <bolt_libuv.h>

/* Of a loop, what the tests need. */
typedef struct loop_kind
{
	const char *name;
	void *(*make)(void);
	int (*attach)(bolt_database *db, void *loop);
	void (*run)(void *loop); /* until the database is closed */
	void (*free)(void *loop);
} loop_kind;

static void *
make_libevent(void)
{
	return event_base_new();
}

static int
attach_libevent(bolt_database *db, void *loop)
{
	return bolt_libevent_attach(db, loop);
}

static void
run_libevent(void *loop)
{
	event_base_dispatch(loop);
}

static void
free_libevent(void *loop)
{
	event_base_free(loop);
}

static void *
make_libuv(void)
{
	uv_loop_t *loop = malloc(sizeof(uv_loop_t));

	uv_loop_init(loop);
	return loop;
}

static int
attach_libuv(bolt_database *db, void *loop)
{
	return bolt_libuv_attach(db, loop);
}

static void
run_libuv(void *loop)
{
	uv_run(loop, UV_RUN_DEFAULT);
}

static void
free_libuv(void *loop)
{
	uv_run(loop, UV_RUN_DEFAULT); /* closed handles are freed there */
	assert_int_equal(uv_loop_close(loop), 0);
	free(loop);
}

static void *
make_libev(void)
{
	return ev_loop_new(EVFLAG_AUTO);
}

static int
attach_libev(bolt_database *db, void *loop)
{
	return bolt_libev_attach(db, loop);
}

static void
run_libev(void *loop)
{
	ev_run(loop, 0);
}

static void
free_libev(void *loop)
{
	ev_loop_destroy(loop);
}

static loop_kind libevent = {"libevent", make_libevent, attach_libevent, run_libevent, free_libevent};
static loop_kind libuv = {"libuv", make_libuv, attach_libuv, run_libuv, free_libuv};
static loop_kind libev = {"libev", make_libev, attach_libev, run_libev, free_libev};

/* ----------
 * What runs on each
 * ----------
 */
static bolt_database *db;
static int answers;
static int failures;
static int expected;

static void
count_answer(bolt_future *future, void *arg)
{
	(void) arg;
	answers++;
	failures += bolt_failed(future);
	if (answers == expected)
		bolt_close(db);
}

/* Opens, lets `begin` ask, and runs the loop until as many answers are there. */
static void
run_on(const loop_kind *kind, const bolt_options *options, void (*begin)(void), int answers_expected)
{
	void *loop = kind->make();

	answers = failures = 0;
	expected = answers_expected;
	db = bolt_open("", options);
	assert_int_equal(kind->attach(db, loop), 0);
	assert_int_equal(kind->attach(db, loop), -1); /* not twice */
	begin();
	kind->run(loop);
	assert_int_equal(answers, answers_expected);
	kind->free(loop);
}

static void
ask_five_hundred(void)
{
	for (int i = 0; i < 500; i++)
		bolt_then(i % 10 == 0 ? divide_by(db, 0) : echo(db, i), count_answer, NULL);
}

static void
many_requests(void **state)
{
	run_on(*state, NULL, ask_five_hundred, 500);
	assert_int_equal(failures, 50);
}

static void
await_is_refused(void)
{
	bolt_future *future = bolt_await(echo(db, 1));

	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_SYNCHRONOUS_ONLY_OPERATION);
	bolt_free(future);
	assert_int_equal(bolt_run(db), -1);
	bolt_then(echo(db, 1), count_answer, NULL);
}

static void
awaiting_outside_of_coroutines_is_refused(void **state)
{
	run_on(*state, NULL, await_is_refused, 1);
	assert_int_equal(failures, 0);
}

static bolt_future *
add_one(bolt_database *transaction, void *arg)
{
	bolt_free(settled(echo(transaction, 1)));
	return add(transaction, *(const int *) arg);
}

static void *
work(void *arg)
{
	bolt_iterator *rows = series(db, 200, 10);
	bolt_future *row;
	int count = 0;

	expect_number(echo(db, 1), 1);
	expect_number(bolt_atomic(db, add_one, arg), *(const int *) arg);
	bolt_free(bolt_await(bolt_sleep(db, 5)));
	expect_error(bolt_await(bolt_timeout(slow_echo(db, 30, 1), 20)), BOLT_TIMEOUT);
	for (; bolt_json(row = bolt_await(bolt_anext(rows))) != NULL; bolt_free(row))
		count++;
	bolt_free(row);
	bolt_aclose(rows);
	assert_int_equal(count, 200);
	return NULL;
}

static void
spawn_ten(void)
{
	static const int numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

	make_table();
	for (int i = 0; i < 10; i++)
		bolt_then(bolt_spawn(db, work, (void *) &numbers[i]), count_answer, NULL);
}

static void
coroutines_transactions_iterators(void **state)
{
	run_on(*state, NULL, spawn_ten, 10);
	assert_int_equal(failures, 0);
	assert_int_equal(rows_in_table(), 10);
}

static void
kill_all(bolt_future *future, void *arg)
{
	sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bolt_orm'");
	count_answer(future, arg);
	for (int i = 0; i < 20; i++)
		bolt_then(echo(db, i), count_answer, NULL);
}

static void
ask_and_kill(void)
{
	for (int i = 0; i < 20; i++)
		bolt_then(slow_echo(db, 0.2, i), count_answer, NULL);
	bolt_then(bolt_sleep(db, 300), kill_all, NULL); /* the connections are there, also on a busy machine */
}

static void
killed_backends(void **state)
{
	run_on(*state, BOLT_OPTIONS(.reconnect_pause = 10), ask_and_kill, 41);
	assert_true(failures > 0);
}

static void
ask_without_end(void)
{
	for (int i = 0; i < 30; i++)
		bolt_then(slow_echo(db, 30, i), count_answer, NULL);
	bolt_then(bolt_sleep(db, 50), count_answer, NULL);
	expected = 1; /* then it is closed */
}

static void
closed_with_requests_under_way(void **state)
{
	run_on(*state, NULL, ask_without_end, 31);
	assert_int_equal(failures, 30);
}

static void
close_at_once(void)
{
	bolt_future *future = echo(db, 1);

	bolt_close(db);
	expected = 0;
	bolt_then(future, count_answer, NULL);
}

static void
closed_at_once(void **state)
{
	run_on(*state, NULL, close_at_once, 1);
	assert_int_equal(failures, 1);
}

#define tests_on(loop) \
	{"many_requests on " #loop, many_requests, NULL, NULL, &loop}, \
		{"awaiting_outside_of_coroutines_is_refused on " #loop, awaiting_outside_of_coroutines_is_refused, \
		 NULL, NULL, &loop}, \
		{"coroutines_transactions_iterators on " #loop, coroutines_transactions_iterators, NULL, NULL, \
		 &loop}, \
		{"killed_backends on " #loop, killed_backends, NULL, NULL, &loop}, \
		{"closed_with_requests_under_way on " #loop, closed_with_requests_under_way, NULL, NULL, &loop}, \
	{ \
		"closed_at_once on " #loop, closed_at_once, NULL, NULL, &loop \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {tests_on(libevent), tests_on(libuv), tests_on(libev)};

	return run_server_tests(tests);
}
