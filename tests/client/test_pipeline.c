/*
 * test_pipeline.c
 *	  Requests that share a connection do not share their fates.
 */
#include "requests.h"

static bolt_database *
open_one_connection(void)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .pipeline = 100));

	expect_number(echo(db, 0), 0);
	return db;
}

static void
an_error_leaves_the_others_alone(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_future *all[60];

	(void) state;
	for (int i = 0; i < 60; i++)
		all[i] = i % 3 == 0 ? divide_by(db, 0) :
			i % 3 == 1		? echo(db, i) :
							  ask(db, &broken_statement, text("1"), NULL);
	for (int i = 0; i < 60; i++)
	{
		if (i % 3 == 1)
		{
			expect_number(all[i], i);
			continue;
		}
		all[i] = settled(all[i]);
		assert_string_equal(bolt_error_sqlstate(bolt_error(all[i])), i % 3 == 0 ? "22012" : "42883");
		bolt_free(all[i]);
	}
	bolt_close(db);
}

static const bolt__statement late_statement = {"SELECT to_json(client_late($1::int))", 1, BOLT__JSON, false};

static void
a_statement_that_could_not_be_prepared_can_be_later(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	sql("DROP FUNCTION IF EXISTS client_late(int)");
	for (int i = 0; i < 3; i++)
		expect_error(bolt_gather(ask(db, &late_statement, text("1"), NULL),
								 ask(db, &late_statement, text("1"), NULL)),
					 BOLT_PROGRAMMING_ERROR);
	sql("CREATE FUNCTION client_late(int) RETURNS int LANGUAGE sql AS 'SELECT $1'");
	expect_number(ask(db, &late_statement, text("17"), NULL), 17);
	expect_number(ask(db, &late_statement, text("18"), NULL), 18);
	sql("DROP FUNCTION client_late(int)");
	bolt_close(db);
}

static const bolt__statement discard_statement = {"DEALLOCATE ALL", 0, BOLT__NOTHING, false};

static void
lost_prepared_statements_are_prepared_again(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int i = 0; i < 3; i++)
	{
		expect_number(bolt_gather(ask(db, &discard_statement, NULL, NULL), echo(db, 1), echo(db, 2)), 0);
		expect_number(echo(db, i), i);
	}
	bolt_close(db);
}

static const bolt__statement prepared_statement = {"SELECT count(*) FROM pg_prepared_statements", 0,
												   BOLT__INTEGER, false};

static void
statements_are_prepared_once_or_never(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int i = 0; i < 5; i++)
		expect_number(ask(db, &prepared_statement, NULL, NULL), 2);
	bolt_close(db);
	db = bolt_open("", BOLT_OPTIONS(.unprepared = true));
	expect_number(echo(db, 1), 1);
	expect_number(ask(db, &prepared_statement, NULL, NULL), 0);
	bolt_close(db);
}

/* A name says what it names, so no two statements share one, in whatever order they are prepared. */
static const bolt__statement names_statement = {
	"SELECT json_object_agg(statement, name)->>'SELECT to_json($1::bigint)' = 'bolt_' ||"
	" left(encode(sha256('SELECT to_json($1::bigint)'), 'hex'), 32) FROM pg_prepared_statements",
	0, BOLT__BOOLEAN, false};

static void
names_are_hashes_of_the_sql(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_future *same = settled(ask(db, &names_statement, NULL, NULL));

	(void) state;
	assert_false(bolt_failed(same));
	assert_true(bolt_boolean(same));
	bolt_free(same);
	bolt_close(db);
}

static const bolt__statement prepared_by_hand = {
	"PREPARE bolt_e8cda4d967f5243bd5e9ab1346bfd0c1 AS SELECT to_json($1::bigint)", 0, BOLT__NOTHING, false};

static void
statements_that_are_prepared_already(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .pipeline = 100));

	(void) state;
	bolt_free(ask(db, &prepared_by_hand, NULL, NULL));
	expect_number(bolt_gather(echo(db, 1), echo(db, 2)), 0);
	for (int i = 0; i < 10; i++)
		expect_number(echo(db, i), i);
	bolt_close(db);
}

static bolt_future *
prepare_in_a_transaction(bolt_database *transaction, void *arg)
{
	(void) arg;
	expect_number(echo(transaction, 1), 1);
	expect_number(slow_echo(transaction, 0, 2), 2);
	return ask(transaction, &prepared_statement, NULL, NULL);
}

static void
transactions_use_prepared_statements_of_their_own_backend(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int i = 0; i < 3; i++)
		expect_number(bolt_atomic(db, prepare_in_a_transaction, NULL), 3);
	bolt_close(db);
}

/* A PREPARE whose statement is cancelled has been done all the same. */
static void
cancelled_requests_are_prepared_once(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int i = 0; i < 5; i++)
	{
		bolt_future *slow = slow_echo(db, 30, 1);

		run_for(db, 20);
		bolt_cancel(slow);
		bolt_free(slow);
		expect_number(bolt_atomic(db, prepare_in_a_transaction, NULL), 3);
	}
	bolt_close(db);
}

static void
a_cancelled_request_does_not_hit_those_behind(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int round = 0; round < 20; round++)
	{
		bolt_future *slow = slow_echo(db, 30, 1);
		bolt_future *behind[10];

		for (int i = 0; i < 10; i++)
			behind[i] = i % 2 == 0 ? echo(db, i) : slow_echo(db, 0.001, i);
		run_for(db, round);
		bolt_cancel(slow);
		expect_error(slow, BOLT_CANCELLED);
		for (int i = 0; i < 10; i++)
			expect_number(behind[i], i);
	}
	bolt_close(db);
}

/* The cancel comes just when the statement ends by itself, so that it may hit the one behind. */
static void
a_cancel_that_comes_too_late_hits_nobody(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int round = 0; round < 100; round++)
	{
		bolt_future *first = slow_echo(db, 0.002, 1);
		bolt_future *second = slow_echo(db, 0.01, 2);
		bolt_future *third = slow_echo(db, 0.01, 3);

		run_for(db, 1 + round % 3);
		bolt_cancel(first);
		bolt_free(first);
		expect_number(second, 2);
		expect_number(third, 3);
	}
	bolt_close(db);
}

static void
all_of_a_pipeline_cancelled(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_future *all[20];

	(void) state;
	for (int i = 0; i < 20; i++)
		all[i] = slow_echo(db, 30, i);
	run_for(db, 20);
	for (int i = 19; i >= 0; i--)
		bolt_cancel(all[i]);
	for (int i = 0; i < 20; i++)
		expect_error(all[i], BOLT_CANCELLED);
	expect_number(echo(db, 1), 1); /* behind them */
	bolt_close(db);
}

static void
an_answer_that_takes_too_long(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .query_timeout = 300));
	bolt_future *future;

	(void) state;
	expect_number(echo(db, 1), 1);
	future = bolt_await(slow_echo(db, 30, 1));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_TIMEOUT);
	bolt_free(future);
	future = bolt_await(slow_echo(db, 0.001, 5));
	assert_string_equal(bolt_json(future), "5");
	bolt_free(future);
	bolt_close(db);
}

static void
a_statement_timeout_of_the_server(void **state)
{
	bolt_database *db = bolt_open("options='-c statement_timeout=100'", BOLT_OPTIONS(.connections = 1));

	(void) state;
	expect_error(slow_echo(db, 30, 1), BOLT_TIMEOUT);
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

static const bolt__statement length_statement = {"SELECT to_json(length($1::text))", 1, BOLT__JSON, false};
static const bolt__statement long_statement = {"SELECT to_json(repeat('x', $1::int))", 1, BOLT__JSON, false};

static void
texts_of_a_hundred_megabytes(void **state)
{
	bolt_database *db = open_one_connection();
	size_t size = getenv("BOLT_UNDER_VALGRIND") != NULL ? 1000000 : 100000000;
	char *large = malloc(size + 1);
	bolt_future *answer;

	(void) state;
	memset(large, 'x', size);
	large[size] = '\0';
	expect_number(bolt_gather(ask(db, &length_statement, large, NULL), echo(db, 1)), 0);
	answer = settled(ask(db, &long_statement, text("%zu", size), NULL));
	assert_int_equal(bolt_json_length(answer), size + 2);
	bolt_free(answer);
	expect_number(echo(db, 2), 2);
	bolt_close(db);
}

static void
texts_that_are_no_utf8(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_future *refused = settled(ask(db, &length_statement, text("a\xff\xfe"), NULL));

	(void) state;
	assert_string_equal(bolt_error_sqlstate(bolt_error(refused)), "22021");
	bolt_free(refused);
	expect_number(echo(db, 2), 2);
	bolt_close(db);
}

static void
answers_of_another_form_are_refused(void **state)
{
	static const bolt__statement no_row = {"SELECT 1 WHERE false", 0, BOLT__INTEGER, false};
	static const bolt__statement no_column = {"SELECT", 0, BOLT__JSON, false};
	static const bolt__statement rows = {"SELECT n FROM generate_series(1, 3) n UNION ALL SELECT NULL", 0,
										 BOLT__ROWS, false};
	static const bolt__statement two = {"SELECT generate_series(1, 2)", 0, BOLT__ONE, false};
	bolt_database *db = open_one_connection();
	bolt_future *all;

	(void) state;
	expect_error(ask(db, &no_row, NULL, NULL), BOLT_PROGRAMMING_ERROR);
	expect_error(ask(db, &no_column, NULL, NULL), BOLT_PROGRAMMING_ERROR);
	expect_error(ask(db, &two, NULL, NULL), BOLT_MULTIPLE_OBJECTS_RETURNED);
	all = settled(ask(db, &rows, NULL, NULL));
	assert_string_equal(bolt_json(all), "[1,2,3,null]");
	assert_int_equal(bolt_integer(all), 4);
	bolt_free(all);
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_leaves_the_others_alone),
		cmocka_unit_test(a_statement_that_could_not_be_prepared_can_be_later),
		cmocka_unit_test(lost_prepared_statements_are_prepared_again),
		cmocka_unit_test(statements_are_prepared_once_or_never),
		cmocka_unit_test(names_are_hashes_of_the_sql),
		cmocka_unit_test(statements_that_are_prepared_already),
		cmocka_unit_test(transactions_use_prepared_statements_of_their_own_backend),
		cmocka_unit_test(cancelled_requests_are_prepared_once),
		cmocka_unit_test(a_cancelled_request_does_not_hit_those_behind),
		cmocka_unit_test(a_cancel_that_comes_too_late_hits_nobody),
		cmocka_unit_test(all_of_a_pipeline_cancelled),
		cmocka_unit_test(an_answer_that_takes_too_long),
		cmocka_unit_test(a_statement_timeout_of_the_server),
		cmocka_unit_test(texts_of_a_hundred_megabytes),
		cmocka_unit_test(texts_that_are_no_utf8),
		cmocka_unit_test(answers_of_another_form_are_refused),
	};

	return run_server_tests(tests);
}
