/*
 * requests.h
 *	  What the tests of connections, futures and transactions ask the server, below the querysets, and
 *	  what they do to it.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <bolt_orm.h>
#include <libpq-fe.h>

#include "request.h"

/* Everything that takes longer has failed. Generous: valgrind is slow. */
#define PATIENCE 60000

/* ----------
 * Statements
 * ----------
 */
static const bolt__statement echo_statement = {"SELECT to_json($1::bigint)", 1, BOLT__JSON, false};
static const bolt__statement sleep_statement = {"SELECT to_json($2::bigint) FROM pg_sleep($1::float8)", 2,
												BOLT__JSON, false};
static const bolt__statement pid_statement = {"SELECT pg_backend_pid()", 0, BOLT__INTEGER, false};
static const bolt__statement divide_statement = {"SELECT to_json(1 / $1::int)", 1, BOLT__JSON, false};
static const bolt__statement broken_statement = {"SELECT no_such_function($1)", 1, BOLT__JSON, false};
static const bolt__statement series_statement = {
	"SELECT to_json(repeat('x', $2::int) || generate_series(1, $1::int))", 2, BOLT__JSON, false};
static const bolt__statement add_statement = {"INSERT INTO client_test VALUES ($1::int) RETURNING n", 1,
											  BOLT__INTEGER, true};
static const bolt__statement count_statement = {"SELECT count(*) FROM client_test", 0, BOLT__INTEGER, false};
static const bolt__statement name_statement = {"SELECT to_json(current_setting('application_name'))", 0,
											   BOLT__JSON, false};

static inline char *
text(const char *format, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, format);
	if (vasprintf(&made, format, arguments) < 0)
		abort();
	va_end(arguments);
	return made;
}

static inline bolt_future *
ask(bolt_database *db, const bolt__statement *statement, char *first, char *second)
{
	char *parameters[] = {first, second};

	return bolt__request(db, statement, parameters, NULL);
}

/* A future of the same number, as JSON. */
static inline bolt_future *
echo(bolt_database *db, long long number)
{
	return ask(db, &echo_statement, text("%lld", number), NULL);
}

/* The same, after so many seconds. */
static inline bolt_future *
slow_echo(bolt_database *db, double seconds, long long number)
{
	return ask(db, &sleep_statement, text("%f", seconds), text("%lld", number));
}

static inline bolt_future *
divide_by(bolt_database *db, int number)
{
	return ask(db, &divide_statement, text("%d", number), NULL);
}

static inline bolt_future *
backend(bolt_database *db)
{
	return ask(db, &pid_statement, NULL, NULL);
}

static inline bolt_future *
add(bolt_database *db, int number)
{
	return ask(db, &add_statement, text("%d", number), NULL);
}

static inline bolt_iterator *
series(bolt_database *db, int rows, int width)
{
	char *parameters[] = {text("%d", rows), text("%d", width)};

	return bolt__iterate(db, &series_statement, parameters, NULL);
}

/* ----------
 * Waiting, with an end to patience
 * ----------
 */
static inline bolt_future *
settled(bolt_future *future)
{
	return bolt_await(bolt_timeout(future, PATIENCE));
}

/* Awaits and frees; each fails the test where it is not so. */
static inline void
expect_number(bolt_future *future, long long number)
{
	future = settled(future);
	if (bolt_failed(future))
		fail_msg("%s: %s", bolt_code_name(bolt_error_code(bolt_error(future))),
				 bolt_error_message(bolt_error(future)));
	if (bolt_json(future) != NULL)
		assert_int_equal(strtoll(bolt_json(future), NULL, 10), number);
	else
		assert_int_equal(bolt_integer(future), number);
	bolt_free(future);
}

static inline void
expect_error(bolt_future *future, bolt_code code)
{
	future = settled(future);
	if (bolt_error_code(bolt_error(future)) != code)
		fail_msg("%s: %s, not %s", bolt_code_name(bolt_error_code(bolt_error(future))),
				 bolt_failed(future) ? bolt_error_message(bolt_error(future)) : bolt_json(future),
				 bolt_code_name(code));
	bolt_free(future);
}

static inline long long
number_of(bolt_future *future)
{
	long long number;

	future = settled(future);
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	number = bolt_json(future) != NULL ? strtoll(bolt_json(future), NULL, 10) : bolt_integer(future);
	bolt_free(future);
	return number;
}

/* Lets a database go on for a while. */
static inline void
run_for(bolt_database *db, int milliseconds)
{
	bolt_free(bolt_await(bolt_sleep(db, milliseconds)));
}

static inline double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* ----------
 * The server, from another side
 * ----------
 */

/* The first value of a statement, "" where there is none; static memory. Blocks. */
static inline const char *
sql(const char *format, ...)
{
	static PGconn *connection;
	static char value[1024];
	char statement[32768];
	va_list arguments;
	PGresult *result;

	va_start(arguments, format);
	vsnprintf(statement, sizeof(statement), format, arguments);
	va_end(arguments);
	if (strcmp(statement, "") == 0)
	{
		PQfinish(connection);
		connection = NULL;
		return "";
	}
	if (connection == NULL)
		connection = PQconnectdb("application_name=test_admin options='-c client_min_messages=error'");
	result = PQexec(connection, statement);
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", statement, PQerrorMessage(connection));
	snprintf(value, sizeof(value), "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return value;
}

static inline int
forget_server(void **state)
{
	(void) state;
	sql("%s", "");
	return 0;
}

static inline void
make_table(void)
{
	sql("DROP TABLE IF EXISTS client_test; CREATE TABLE client_test (n int PRIMARY KEY)");
}

static inline long long
rows_in_table(void)
{
	return strtoll(sql("SELECT count(*) FROM client_test"), NULL, 10);
}

/* Returns when it is gone. */
static inline void
kill_backend(long long pid)
{
	sql("SELECT pg_terminate_backend(%lld, 10000)", pid);
}

/* Waits until a backend of this application runs a statement like that. Its process. */
static inline long long
backend_running(bolt_database *db, const char *pattern)
{
	for (int i = 0; i < 2000; i++)
	{
		long long pid = strtoll(
			sql("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%s'"
				" AND pid <> pg_backend_pid() AND datname = current_database() AND application_name = 'bolt_orm'",
				pattern),
			NULL, 10);

		if (pid != 0)
			return pid;
		run_for(db, 5);
	}
	fail_msg("no backend runs %s", pattern);
	return 0;
}

/* ----------
 * Running
 * ----------
 */
#define run_server_tests(tests) \
	(cmocka_set_message_output(CM_OUTPUT_TAP), setenv("PGAPPNAME", "bolt_orm", 1), \
	 cmocka_run_group_tests(tests, NULL, forget_server))

#endif
