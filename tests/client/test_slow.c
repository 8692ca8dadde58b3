/*
 * test_slow.c
 *	  Short requests beside slow ones: they do not wait for them, and no time of theirs is up meanwhile.
 */
#include "requests.h"

#include <unistd.h>

#define SLOW 2.0 /* s */
#define SOON 1.0

static void
open_all(bolt_database *db, int connections)
{
	bolt_future *all[16];

	for (int i = 0; i < connections; i++)
		all[i] = slow_echo(db, 0.2, i);
	for (int i = 0; i < connections; i++)
		expect_number(all[i], i);
}

static bolt_statistics
statistics_of(bolt_database *db)
{
	bolt_statistics statistics = {.size = sizeof(statistics)};

	bolt_get_statistics(db, &statistics);
	return statistics;
}

static void
another_connection_is_opened(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 4));
	bolt_future *slow;
	double start;

	(void) state;
	expect_number(echo(db, 1), 1);
	assert_int_equal(statistics_of(db).connections, 1);
	slow = slow_echo(db, SLOW, 1);
	start = seconds_now();
	expect_number(echo(db, 2), 2); /* at once, while nobody knows that it is slow */
	assert_true(seconds_now() - start < SOON);
	expect_number(slow, 1);
	bolt_close(db);
}

static void
six_requests_over_four_connections(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 4));
	bolt_future *slow;
	bolt_future *others[20];
	double start;

	(void) state;
	open_all(db, 4);
	for (int count = 5; count <= 20; count += 5)
	{
		start = seconds_now();
		slow = slow_echo(db, SLOW, 1);
		for (int i = 0; i < count; i++)
			others[i] = i % 3 == 1 ? slow_echo(db, 0.005, i) : echo(db, i);
		for (int i = 0; i < count; i++)
			expect_number(others[i], i);
		assert_true(seconds_now() - start < SOON);
		assert_false(bolt_done(slow));
		bolt_cancel(slow);
		bolt_free(slow);
	}
	bolt_close(db);
}

/* What writes is not sent behind others, so each is done once. */
static void
writes_beside_a_slow_request(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 2));
	bolt_future *slow;
	bolt_future *others[20];
	double start;

	(void) state;
	make_table();
	open_all(db, 2);
	start = seconds_now();
	slow = slow_echo(db, SLOW, 1);
	for (int i = 0; i < 20; i++)
		others[i] = add(db, i);
	for (int i = 0; i < 20; i++)
		expect_number(others[i], i);
	assert_true(seconds_now() - start < SOON);
	expect_number(slow, 1);
	assert_int_equal(rows_in_table(), 20);
	bolt_close(db);
}

static void
no_innocent_request_times_out(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 4, .query_timeout = 300));
	bolt_future *slow[4];
	bolt_future *others[124];

	(void) state;
	open_all(db, 4);
	for (int i = 0; i < 4; i++)
		slow[i] = slow_echo(db, SLOW, i);
	for (int i = 0; i < 124; i++)
		others[i] = echo(db, i);
	for (int i = 0; i < 4; i++)
		expect_error(slow[i], BOLT_TIMEOUT);
	for (int i = 0; i < 124; i++)
		expect_number(others[i], i);
	bolt_close(db);
}

static void
a_write_that_timed_out_unsent_was_not_done(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	bolt_future *slow;
	bolt_future *write;

	(void) state;
	make_table();
	expect_number(echo(db, 1), 1);
	slow = slow_echo(db, 0.5, 1);
	write = bolt_await(bolt_timeout(add(db, 1), 100));
	assert_int_equal(bolt_error_code(bolt_error(write)), BOLT_TIMEOUT);
	assert_non_null(strstr(bolt_error_hint(bolt_error(write)), "not been sent"));
	bolt_free(write);
	expect_number(slow, 1);
	expect_number(echo(db, 2), 2);
	assert_int_equal(rows_in_table(), 0);
	bolt_close(db);
}

static void
a_timeout_behind_another_says_so(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	bolt_future *slow;
	bolt_future *behind;

	(void) state;
	expect_number(echo(db, 1), 1);
	slow = slow_echo(db, 0.5, 1);
	behind = bolt_await(bolt_timeout(echo(db, 2), 100));
	assert_int_equal(bolt_error_code(bolt_error(behind)), BOLT_TIMEOUT);
	assert_non_null(strstr(bolt_error_hint(bolt_error(behind)), "behind another"));
	bolt_free(behind);
	expect_number(slow, 1);
	bolt_close(db);
}

/* The clock of those behind does not run while they wait. */
static void
each_has_its_own_time(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .query_timeout = 400));
	bolt_future *all[6];

	(void) state;
	expect_number(echo(db, 1), 1);
	for (int i = 0; i < 6; i++)
		all[i] = slow_echo(db, 0.2, i);
	for (int i = 0; i < 6; i++)
		expect_number(bolt_await(all[i]), i);
	bolt_close(db);
}

static void
late(bolt_future *future, void *arg)
{
	(void) future;
	(void) arg;
	usleep(600000);
}

/* The program is busy in a callback, and the answer lies there: it was in time. */
static void
a_loop_that_comes_late_times_nobody_out(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 2, .query_timeout = 300));
	bolt_future *answer;

	(void) state;
	open_all(db, 1);
	bolt_then(bolt_sleep(db, 50), late, NULL);
	answer = bolt_timeout(slow_echo(db, 0.1, 7), 400);
	expect_number(bolt_await(answer), 7);
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_connection_is_opened),
		cmocka_unit_test(six_requests_over_four_connections),
		cmocka_unit_test(writes_beside_a_slow_request),
		cmocka_unit_test(no_innocent_request_times_out),
		cmocka_unit_test(a_write_that_timed_out_unsent_was_not_done),
		cmocka_unit_test(a_timeout_behind_another_says_so),
		cmocka_unit_test(each_has_its_own_time),
		cmocka_unit_test(a_loop_that_comes_late_times_nobody_out),
	};

	return run_server_tests(tests);
}
