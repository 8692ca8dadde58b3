/*
 * test_iterators.c
 *	  Rows one by one: back-pressure, early end, and what else may go on meanwhile.
 */
#include "client.h"
#include "requests.h"

#include <signal.h>
#include <unistd.h>

static long long
memory_in_kb(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[200];
	long long kb = 0;

	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "RssAnon: %lld kB", &kb);
	fclose(file);
	return kb;
}

static int
take(bolt_iterator *rows, int most)
{
	int count = 0;

	while (count < most)
	{
		bolt_future *row = settled(bolt_anext(rows));
		bool there = bolt_json(row) != NULL;

		if (bolt_failed(row))
			fail_msg("%s", bolt_error_message(bolt_error(row)));
		bolt_free(row);
		if (!there)
			break;
		count++;
	}
	return count;
}

static void
rows_come_in_order_and_end(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	bolt_iterator *rows = series(db, 1000, 1);

	(void) state;
	for (int i = 1; i <= 1000; i++)
	{
		bolt_future *row = settled(bolt_anext(rows));

		assert_int_equal(strtoll(bolt_json(row) + 2, NULL, 10), i);
		bolt_free(row);
	}
	for (int i = 0; i < 3; i++)
	{
		bolt_future *end = settled(bolt_anext(rows));

		assert_null(bolt_json(end));
		assert_false(bolt_failed(end));
		bolt_free(end);
	}
	bolt_aclose(rows);
	bolt_close(db);
}

static void
no_rows_and_errors(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	bolt_iterator *rows = series(db, 0, 1);

	(void) state;
	assert_int_equal(take(rows, 10), 0);
	bolt_aclose(rows);
	rows = series(db, 5, -2147483648);
	assert_int_equal(take(rows, 10), 5);
	bolt_aclose(rows);
	rows = series(NULL, 5, 1);
	expect_error(bolt_anext(rows), BOLT_INTERFACE_ERROR);
	expect_error(bolt_anext(rows), BOLT_INTERFACE_ERROR);
	bolt_aclose(rows);
	bolt_close(db);
}

static const bolt__statement fail_at_statement = {
	"SELECT to_json(1000 / ($1::int - generate_series(1, 1000)))", 1, BOLT__JSON, false};

/* From libpq 17 on rows come in chunks, and those of a chunk that an error cuts short are not told. */
static void
rows_before_an_error_are_handed_on(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	char *parameters[] = {text("200")};
	bolt_iterator *rows = bolt__iterate(db, &fail_at_statement, parameters, NULL);
	bolt_future *row;
	int count = 0;

	(void) state;
	for (; bolt_json(row = settled(bolt_anext(rows))) != NULL; bolt_free(row))
		assert_int_equal(strtol(bolt_json(row), NULL, 10), 1000 / (200 - ++count));
	assert_true(count >= 128 && count < 200);
	expect_error(row, BOLT_VALUE_ERROR);
	expect_error(bolt_anext(rows), BOLT_VALUE_ERROR);
	bolt_aclose(rows);
	expect_number(echo(db, 1), 1);
	bolt_close(db);
}

/* A gigabyte in rows of a kilobyte passes through, and the server waits while nobody takes rows. */
static void
memory_stays_flat(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	int count = getenv("BOLT_UNDER_VALGRIND") ? 20000 : 1000000;
	bolt_iterator *rows = series(db, count, 1000);
	long long before;

	(void) state;
	assert_int_equal(take(rows, 1000), 1000);
	run_for(db, 300); /* nothing is read meanwhile */
	before = memory_in_kb();
	assert_int_equal(take(rows, count), count - 1000);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
	assert_true(getenv("BOLT_UNDER_VALGRIND") != NULL || memory_in_kb() - before < 1000);
#endif
	(void) before;
	bolt_aclose(rows);
	bolt_close(db);
}

static void
an_early_end_reads_no_rest(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	bolt_statistics statistics = {.size = sizeof(statistics)};
	double start = seconds_now();

	(void) state;
	for (int i = 0; i < 10; i++)
	{
		bolt_iterator *rows = series(db, 100000000, 1000);

		assert_int_equal(take(rows, i * 10), i * 10);
		if (i % 2 == 0)
			bolt_free(bolt_anext(rows)); /* wanted, and not awaited */
		bolt_aclose(rows);
		expect_number(echo(db, i), i); /* the one connection is free again */
	}
	bolt_get_statistics(db, &statistics);
	assert_int_equal(statistics.connects, 1);
	assert_true(seconds_now() - start < 30);
	bolt_close(db);
}

static void
a_wanted_row_is_cancelled_by_close(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	char *parameters[] = {text("30"), text("1")};
	bolt_iterator *rows = bolt__iterate(db, &sleep_statement, parameters, NULL);
	bolt_future *row = bolt_anext(rows);

	(void) state;
	expect_error(bolt_anext(rows), BOLT_INTERFACE_ERROR); /* one at a time */
	run_for(db, 20);
	bolt_aclose(rows);
	expect_error(row, BOLT_CANCELLED);
	bolt_close(db);
}

static void
a_row_may_be_given_up_and_wanted_again(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	char *parameters[] = {text("0.3"), text("7")};
	bolt_iterator *rows = bolt__iterate(db, &sleep_statement, parameters, NULL);

	(void) state;
	expect_error(bolt_await(bolt_timeout(bolt_anext(rows), 50)), BOLT_TIMEOUT);
	expect_number(bolt_anext(rows), 7);
	bolt_aclose(rows);
	bolt_close(db);
}

static void
requests_go_on_beside_an_iteration(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 2));
	bolt_iterator *rows = series(db, 100000, 100);

	(void) state;
	for (int i = 0; i < 100; i++)
	{
		assert_int_equal(take(rows, 10), 10);
		expect_number(echo(db, i), i);
	}
	bolt_aclose(rows);
	bolt_close(db);
}

static void
rows_outlive_iterator_and_database(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	bolt_iterator *rows = series(db, 10, 1);
	bolt_future *row = settled(bolt_anext(rows));

	(void) state;
	bolt_aclose(rows);
	bolt_close(db);
	assert_string_equal(bolt_json(row), "\"x1\"");
	bolt_free(row);
}

static void
the_database_may_be_closed_first(void **state)
{
	(void) state;
	for (int turns = 0; turns < 40; turns++)
	{
		bolt_database *db = bolt_open("", NULL);
		bolt_iterator *rows = series(db, 100000, 100);
		bolt_iterator *unused = series(db, 100000, 100);
		bolt_future *row = bolt_anext(rows);

		for (int i = 0; i < turns; i++)
			bolt__poll_once(0);
		if (turns % 2 == 0)
			bolt_free(bolt_await(row));
		bolt_close(db);
		if (turns % 2 != 0)
		{
			assert_true(bolt_done(row));
			bolt_free(row);
		}
		row = bolt_anext(unused);
		assert_int_equal(bolt_error_code(bolt_error(row)), BOLT_INTERFACE_ERROR);
		bolt_free(row);
		bolt_aclose(rows);
		bolt_aclose(unused);
	}
}

static void
idle_iterators_leave_a_connection_to_others(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 4, .queue_timeout = 300));
	bolt_iterator *rows[4];
	bolt_future *row;

	(void) state;
	for (int i = 0; i < 4; i++)
		rows[i] = series(db, 100000, 1000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(rows[i], 10), 10);
	row = bolt_await(bolt_anext(rows[3]));
	assert_int_equal(bolt_error_code(bolt_error(row)), BOLT_POOL_TIMEOUT);
	assert_non_null(strstr(bolt_error_hint(bolt_error(row)), "3 of 4"));
	bolt_free(row);
	bolt_aclose(rows[3]);
	rows[3] = series(db, 100000, 1000);
	row = bolt_anext(rows[3]); /* waits */
	for (int i = 0; i < 100; i++)
		expect_number(echo(db, i), i);
	bolt_aclose(rows[0]);
	row = settled(row);
	assert_non_null(bolt_json(row)); /* there is one for it now */
	bolt_free(row);
	for (int i = 1; i < 4; i++)
		bolt_aclose(rows[i]);
	bolt_close(db);
}

static void
leases_may_be_as_many_as_connections(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 2, .leases = 2));
	bolt_iterator *one = series(db, 100000, 1000);
	bolt_iterator *other = series(db, 100000, 1000);

	(void) state;
	assert_int_equal(take(one, 10), 10);
	assert_int_equal(take(other, 10), 10);
	bolt_aclose(one);
	bolt_aclose(other);
	bolt_close(db);
}

/* ----------
 * In a transaction
 * ----------
 */
static bolt_future *
iterate_and_write(bolt_database *transaction, void *arg)
{
	bolt_iterator *rows = series(transaction, 1000, 100);
	int most = *(int *) arg;

	bolt_free(settled(add(transaction, 1)));
	assert_int_equal(take(rows, most), most < 1000 ? most : 1000);
	if (most < 1000)
		expect_error(add(transaction, 2),
					 BOLT_TRANSACTION_MANAGEMENT_ERROR); /* the iterator has the connection */
	bolt_aclose(rows);
	return add(transaction, 3);
}

static void
in_a_transaction_an_early_end_spoils_nothing(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	int most[] = {1, 100, 999, 2000};

	(void) state;
	for (int i = 0; i < 4; i++)
	{
		make_table();
		expect_number(bolt_atomic(db, iterate_and_write, &most[i]), 3);
		assert_int_equal(rows_in_table(), 2);
	}
	bolt_close(db);
}

/* Of rows that take 13 µs each. */
static const bolt__statement laborious_statement = {
	"SELECT to_json(md5(repeat('x', 5000) || g)) FROM generate_series(1, 400000) g", 0, BOLT__JSON, false};

static bolt_future *
close_early(bolt_database *transaction, void *arg)
{
	bolt_iterator *rows = bolt__iterate(transaction, &laborious_statement, NULL, NULL);
	double start;

	(void) arg;
	bolt_free(settled(add(transaction, 1)));
	assert_int_equal(take(rows, 10), 10);
	start = seconds_now();
	bolt_aclose(rows);
	expect_number(add(transaction, 2), 2);
	assert_true(seconds_now() - start < 0.5);
	for (int i = 0; i < 200; i++) /* around the ends of what comes at a time */
	{
		rows = series(transaction, i, 1);
		assert_int_equal(take(rows, 1000), i);
		bolt_aclose(rows);
	}
	return add(transaction, 3);
}

static void
in_a_transaction_an_early_end_is_quick(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));

	(void) state;
	make_table();
	expect_number(bolt_atomic(db, close_early, NULL), 3);
	assert_int_equal(rows_in_table(), 3);
	bolt_close(db);
}

static bolt_future *
close_in_every_state(bolt_database *transaction, void *arg)
{
	for (int i = 0; i < 30; i++)
	{
		bolt_iterator *rows = series(transaction, 1000, 100000);
		bolt_future *row = bolt_anext(rows);

		run_for(transaction, i % 10);
		bolt_free(i % 2 == 0 ? row : settled(row));
		bolt_aclose(rows);
		if (i % 3 == 0)
			expect_number(echo(transaction, i), i);
	}
	return add(transaction, *(int *) arg);
}

static bolt_future *
close_in_an_inner_block(bolt_database *transaction, void *arg)
{
	expect_number(bolt_atomic(transaction, close_in_every_state, arg), *(int *) arg);
	expect_number(echo(transaction, 1), 1);
	return add(transaction, *(int *) arg + 1);
}

static void
in_a_transaction_closed_in_every_state(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	int number = 7;

	(void) state;
	make_table();
	expect_number(bolt_atomic(db, close_in_an_inner_block, &number), 8);
	assert_int_equal(rows_in_table(), 2);
	bolt_close(db);
}

static bolt_future *
leave_an_iterator_open(bolt_database *transaction, void *arg)
{
	bolt_iterator **rows = arg;

	*rows = series(transaction, 100000, 1000);
	assert_int_equal(take(*rows, 10), 10);
	return NULL;
}

static void
an_iterator_left_open_ends_with_its_transaction(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	bolt_iterator *rows = NULL;

	(void) state;
	bolt_free(settled(bolt_atomic(db, leave_an_iterator_open, &rows)));
	for (int i = 0; i < 100; i++) /* rows that had come, then the error */
	{
		bolt_future *row = settled(bolt_anext(rows));
		bool there = bolt_json(row) != NULL;

		if (!there)
			assert_int_equal(bolt_error_code(bolt_error(row)), BOLT_TRANSACTION_MANAGEMENT_ERROR);
		bolt_free(row);
		if (!there)
			break;
		assert_true(i < 99);
	}
	bolt_aclose(rows);
	expect_number(echo(db, 1), 1);
	bolt_close(db);
}

/* ----------
 * The loop
 * ----------
 */
static bool asked;

static void
cry(int signal)
{
	(void) signal;
	(void) !write(2, "bolt_run hangs\n", 15);
	_exit(1);
}

static void
note(bolt_future *future, void *arg)
{
	(void) future;
	*(bool *) arg = true;
}

static void
the_loop_ends_beside_iterators_that_nobody_asks(void **state)
{
	bolt_database *db = bolt_open("", NULL);
	bolt_iterator *paused = series(db, 1000000, 100);
	bolt_iterator *unused = series(db, 10, 1);
	bolt_future *all[3];

	(void) state;
	for (int i = 0; i < 3; i++)
		all[i] = slow_echo(db, 0.1, i);
	for (int i = 0; i < 3; i++)
		expect_number(all[i], i); /* there are idle connections */
	assert_int_equal(take(paused, 10), 10);
	signal(SIGALRM, cry);
	alarm(20);
	assert_int_equal(bolt_run(db), 0);
	bolt_then(bolt_anext(unused), note, &asked);
	assert_int_equal(bolt_run(db), 0); /* but for who asks it goes on */
	assert_true(asked);
	alarm(0);
	assert_int_equal(take(paused, 10), 10);
	bolt_aclose(paused);
	assert_int_equal(bolt_run(db), 0);
	bolt_aclose(unused);
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_in_order_and_end),
		cmocka_unit_test(no_rows_and_errors),
		cmocka_unit_test(rows_before_an_error_are_handed_on),
		cmocka_unit_test(memory_stays_flat),
		cmocka_unit_test(an_early_end_reads_no_rest),
		cmocka_unit_test(a_wanted_row_is_cancelled_by_close),
		cmocka_unit_test(a_row_may_be_given_up_and_wanted_again),
		cmocka_unit_test(requests_go_on_beside_an_iteration),
		cmocka_unit_test(idle_iterators_leave_a_connection_to_others),
		cmocka_unit_test(leases_may_be_as_many_as_connections),
		cmocka_unit_test(rows_outlive_iterator_and_database),
		cmocka_unit_test(the_database_may_be_closed_first),
		cmocka_unit_test(in_a_transaction_an_early_end_spoils_nothing),
		cmocka_unit_test(in_a_transaction_an_early_end_is_quick),
		cmocka_unit_test(in_a_transaction_closed_in_every_state),
		cmocka_unit_test(an_iterator_left_open_ends_with_its_transaction),
		cmocka_unit_test(the_loop_ends_beside_iterators_that_nobody_asks),
	};

	return run_server_tests(tests);
}
