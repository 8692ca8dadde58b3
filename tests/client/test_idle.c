/*
 * test_idle.c
 *	  Sessions that the server ends while they are idle: no request is lost to that.
 */
#include "requests.h"

#include <unistd.h>

#define CLOSING "options='-c idle_session_timeout=100'"

static void
requests_at_the_moment_of_the_timeout(void **state)
{
	bolt_database *db = bolt_open(CLOSING, BOLT_OPTIONS(.connections = 2));

	(void) state;
	make_table();
	for (int i = 0; i < 60; i++)
	{
		expect_number(echo(db, i), i);
		if (i % 2 == 0)
			run_for(db, 95 + i % 12);
		else
			usleep((useconds_t) (95000 + i % 12 * 1000)); /* the loop does not see it */
		if (i % 3 == 0)
			expect_number(add(db, i), i);
		else
			expect_number(echo(db, i), i);
	}
	assert_int_equal(rows_in_table(), 20);
	bolt_close(db);
}

/* The loop slept; several requests find their connections gone. */
static void
requests_after_a_pause_of_the_loop(void **state)
{
	bolt_database *db = bolt_open(CLOSING, BOLT_OPTIONS(.connections = 3));
	bolt_future *all[10];

	(void) state;
	make_table();
	for (int round = 0; round < 5; round++)
	{
		for (int i = 0; i < 10; i++)
			all[i] = slow_echo(db, 0.01, i);
		for (int i = 0; i < 10; i++)
			expect_number(all[i], i);
		usleep(300000);
		for (int i = 0; i < 10; i++)
			all[i] = i % 2 == 0 ? echo(db, i) : add(db, round * 10 + i);
		for (int i = 0; i < 10; i++)
			expect_number(all[i], i % 2 == 0 ? i : round * 10 + i);
	}
	assert_int_equal(rows_in_table(), 25);
	bolt_close(db);
}

static bolt_future *
write_one(bolt_database *transaction, void *arg)
{
	return add(transaction, *(int *) arg);
}

static void
transactions_and_iterators_after_a_pause(void **state)
{
	bolt_database *db = bolt_open(CLOSING, BOLT_OPTIONS(.connections = 1));

	(void) state;
	make_table();
	for (int i = 0; i < 5; i++)
	{
		bolt_iterator *rows;
		bolt_future *row;

		usleep(200000);
		expect_number(bolt_atomic(db, write_one, &i), i);
		usleep(200000);
		rows = series(db, 2, 1);
		row = settled(bolt_anext(rows));
		assert_non_null(bolt_json(row));
		bolt_free(row);
		bolt_aclose(rows);
	}
	bolt_close(db);
}

static void
a_killed_idle_session_is_replaced(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));

	(void) state;
	for (int i = 0; i < 20; i++)
	{
		kill_backend(number_of(backend(db))); /* returns when it is gone; the loop has not seen it */
		expect_number(echo(db, i), i);
	}
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_at_the_moment_of_the_timeout),
		cmocka_unit_test(requests_after_a_pause_of_the_loop),
		cmocka_unit_test(transactions_and_iterators_after_a_pause),
		cmocka_unit_test(a_killed_idle_session_is_replaced),
	};

	return run_server_tests(tests);
}
