/*
 * test_pool.c
 *	  Connections: opened when needed, shared, bounded, and told apart from their servers' troubles.
 */
#include "requests.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int answers;

static void
check_number(bolt_future *future, void *arg)
{
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	assert_int_equal(strtoll(bolt_json(future), NULL, 10), (intptr_t) arg);
	answers++;
}

static bolt_statistics
statistics_of(bolt_database *db)
{
	bolt_statistics statistics = {.size = sizeof(statistics)};

	bolt_get_statistics(db, &statistics);
	return statistics;
}

static void
a_thousand_futures_over_four_connections(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 4));

	(void) state;
	answers = 0;
	for (intptr_t i = 0; i < 1000; i++)
		bolt_then(echo(db, i), check_number, (void *) i);
	assert_int_equal(statistics_of(db).queued, 1000);
	bolt_run(db);
	assert_int_equal(answers, 1000);
	assert_int_equal(statistics_of(db).connections, 4);
	assert_int_equal(statistics_of(db).connects, 4);
	assert_int_equal(statistics_of(db).sent + statistics_of(db).queued, 0);
	bolt_close(db);
}

static void
nothing_is_connected_before_it_is_needed(void **state)
{
	bolt_database *db = bolt_open("", NULL);

	(void) state;
	run_for(db, 10);
	assert_int_equal(statistics_of(db).connects + statistics_of(db).connecting, 0);
	for (int i = 0; i < 10; i++)
		expect_number(echo(db, i), i);
	assert_int_equal(statistics_of(db).connects, 1); /* one after the other: one will do */
	bolt_close(db);
}

static void
a_slow_request_does_not_hold_up_others(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 2));
	bolt_future *slow = slow_echo(db, 30, 1);
	double start;

	(void) state;
	backend_running(db, "%pg_sleep%");
	run_for(db, 50); /* long enough to be known as slow */
	start = seconds_now();
	for (int i = 0; i < 100; i++)
		expect_number(echo(db, i), i);
	assert_true(seconds_now() - start < 20);
	bolt_cancel(slow);
	bolt_free(slow);
	bolt_close(db);
}

static void
a_full_queue_refuses(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .pipeline = 1, .queue = 10));
	bolt_future *waiting[10];

	(void) state;
	expect_number(echo(db, 0), 0);
	bolt_free(slow_echo(db, 0.2, 0));
	for (int i = 0; i < 10; i++)
		waiting[i] = echo(db, i);
	expect_error(echo(db, 10), BOLT_POOL_EXHAUSTED);
	for (int i = 0; i < 10; i++)
		expect_number(waiting[i], i);
	expect_number(echo(db, 11), 11);
	bolt_close(db);
}

static void
waiting_for_a_connection_has_an_end(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .pipeline = 1, .queue_timeout = 100));
	bolt_iterator *rows = series(db, 1, 1);
	bolt_future *slow;

	(void) state;
	expect_number(echo(db, 0), 0);
	slow = slow_echo(db, 1, 7);
	expect_error(echo(db, 1), BOLT_POOL_TIMEOUT);
	expect_error(bolt_anext(rows), BOLT_POOL_TIMEOUT);
	expect_error(bolt_anext(rows), BOLT_POOL_TIMEOUT);
	bolt_aclose(rows);
	expect_number(slow, 7);
	expect_number(echo(db, 2), 2);
	bolt_close(db);
}

static void
a_malformed_conninfo_fails_everything(void **state)
{
	bolt_database *db = bolt_open("host = = nonsense", NULL);

	(void) state;
	assert_non_null(db);
	assert_int_equal(bolt_error_code(bolt_database_error(db)), BOLT_IMPROPERLY_CONFIGURED);
	expect_error(echo(db, 1), BOLT_IMPROPERLY_CONFIGURED);
	expect_error(bolt_atomic(db, (bolt_atomic_body) abort, NULL), BOLT_IMPROPERLY_CONFIGURED);
	bolt_close(db);
}

static void
no_server_fails_soon(void **state)
{
	bolt_database *db = bolt_open("host=/nonexistent", NULL);
	bolt_future *all[20];
	double start = seconds_now();

	(void) state;
	for (int i = 0; i < 20; i++)
		all[i] = echo(db, i);
	for (int i = 0; i < 20; i++)
		expect_error(all[i], BOLT_OPERATIONAL_ERROR);
	expect_error(echo(db, 1), BOLT_OPERATIONAL_ERROR); /* after the pause */
	assert_true(seconds_now() - start < 10);
	bolt_close(db);
}

static void
no_such_database_fails_soon(void **state)
{
	bolt_database *db = bolt_open("dbname=no_such_database", NULL);
	bolt_future *future = settled(echo(db, 1));

	(void) state;
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_OPERATIONAL_ERROR);
	assert_non_null(strstr(bolt_error_message(bolt_error(future)), "no_such_database"));
	bolt_free(future);
	bolt_close(db);
}

/* A server that takes connections and never says a word. Its port. */
static int
listen_in_silence(int *listener)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);

	*listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(*listener, (struct sockaddr *) &address, sizeof(address)), 0);
	assert_int_equal(listen(*listener, 10), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *) &address, &length), 0);
	return ntohs(address.sin_port);
}

static void
a_silent_server_is_given_up(void **state)
{
	int listener;
	char *conninfo =
		text("hostaddr=127.0.0.1 port=%d sslmode=disable gssencmode=disable", listen_in_silence(&listener));
	bolt_database *db = bolt_open(conninfo, BOLT_OPTIONS(.connect_timeout = 200, .reconnect_pause = 20));
	double start = seconds_now();

	(void) state;
	expect_error(echo(db, 1), BOLT_OPERATIONAL_ERROR);
	expect_error(echo(db, 1), BOLT_OPERATIONAL_ERROR); /* at once */
	assert_true(seconds_now() - start < 10);
	bolt_close(db);
	close(listener);
	free(conninfo);
}

static bool
is_refused(bolt_future *future)
{
	bool refused;

	future = settled(future);
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_OPERATIONAL_ERROR);
	refused =
		strncmp(bolt_error_message(bolt_error(future)), "no server of \"default\" can be reached: ", 39) == 0;
	bolt_free(future);
	return refused;
}

static void
between_attempts_is_a_pause(void **state)
{
	bolt_database *db =
		bolt_open("host=/nonexistent", BOLT_OPTIONS(.reconnect_pause = 400, .reconnect_pause_max = 400));

	(void) state;
	assert_false(is_refused(echo(db, 1)));
	assert_true(is_refused(echo(db, 2)));
	run_for(db, 1000);
	bolt_close(db);
	db = bolt_open("host=/nonexistent", BOLT_OPTIONS(.reconnect_pause = 40, .reconnect_pause_max = 40));
	assert_false(is_refused(echo(db, 1)));
	run_for(db, 200);
	assert_false(is_refused(echo(db, 2))); /* it makes an attempt of its own */
	bolt_close(db);
}

static void
requests_fail_until_the_server_is_back(void **state)
{
	bolt_database *db = bolt_open("dbname=client_test_away", BOLT_OPTIONS(.connections = 1));
	double start;
	bool failed = true;

	(void) state;
	sql("DROP DATABASE IF EXISTS client_test_away WITH (FORCE)");
	sql("CREATE DATABASE client_test_away");
	expect_number(echo(db, 1), 1);
	sql("DROP DATABASE client_test_away WITH (FORCE)");
	run_for(db, 50);
	for (int i = 0; i < 20; i++)
	{
		expect_error(echo(db, 5), BOLT_OPERATIONAL_ERROR);
		run_for(db, 20);
	}
	sql("CREATE DATABASE client_test_away");
	for (start = seconds_now(); failed && seconds_now() - start < 20; run_for(db, 10))
	{
		bolt_future *future = settled(echo(db, 6));

		failed = bolt_failed(future);
		bolt_free(future);
	}
	assert_false(failed);
	assert_true(seconds_now() - start < 1.5);
	assert_int_equal(statistics_of(db).connects, 2);
	assert_int_equal(statistics_of(db).losses, 1);
	bolt_close(db);
	sql("DROP DATABASE client_test_away WITH (FORCE)");
}

static const bolt__statement writing_name_statement = {"SELECT to_json(current_setting('application_name'))",
													   0, BOLT__JSON, true};

static void
expect_name(bolt_future *future, const char *name)
{
	future = settled(future);
	assert_false(bolt_failed(future));
	assert_string_equal(bolt_json(future), name);
	bolt_free(future);
}

static void
replicas_serve_reads(void **state)
{
	static const bolt_replica replicas[] = {
		{"first", "application_name=first"}, {"second", "application_name=second"}, {NULL, NULL}};
	bolt_database *db = bolt_open("application_name=primary", BOLT_OPTIONS(.replicas = replicas));
	bolt__request_options on_second = {.using = "second"};
	bolt__request_options on_default = {.using = "default"};
	bolt__request_options on_third = {.using = "third"};

	(void) state;
	expect_name(ask(db, &name_statement, NULL, NULL), "\"primary\"");
	expect_name(bolt__request(db, &name_statement, NULL, &on_second), "\"second\"");
	expect_error(bolt__request(db, &name_statement, NULL, &on_third), BOLT_CONNECTION_DOES_NOT_EXIST);
	bolt_close(db);

	db =
		bolt_open("application_name=primary", BOLT_OPTIONS(.replicas = replicas, .read_from_replicas = true));
	expect_name(ask(db, &name_statement, NULL, NULL), "\"first\"");
	expect_name(ask(db, &name_statement, NULL, NULL), "\"second\"");
	expect_name(ask(db, &name_statement, NULL, NULL), "\"first\"");
	expect_name(ask(db, &writing_name_statement, NULL, NULL), "\"primary\"");
	expect_name(bolt__request(db, &name_statement, NULL, &on_default), "\"primary\"");
	bolt_close(db);
}

static void
options_of_an_older_version_are_shorter(void **state)
{
	bolt_options options = {.size = offsetof(bolt_options, pipeline), .connections = 1, .pipeline = -5};
	bolt_database *db = bolt_open("", &options);
	bolt_future *both = bolt_gather(slow_echo(db, 0.05, 1), slow_echo(db, 0.05, 2));

	(void) state;
	bolt_free(settled(both));
	assert_int_equal(statistics_of(db).connections, 1);
	bolt_close(db);
}

static void
two_databases_in_one_script(void **state)
{
	bolt_database *one = bolt_open("", NULL);
	bolt_database *other = bolt_open("", NULL);
	bolt_future *slow = slow_echo(one, 0.1, 1);

	(void) state;
	expect_number(echo(other, 2), 2);
	expect_number(bolt_gather(echo(one, 3), echo(other, 4)), 0);
	expect_number(slow, 1);
	bolt_close(one);
	expect_number(echo(other, 5), 5);
	bolt_close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_futures_over_four_connections),
		cmocka_unit_test(nothing_is_connected_before_it_is_needed),
		cmocka_unit_test(a_slow_request_does_not_hold_up_others),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(waiting_for_a_connection_has_an_end),
		cmocka_unit_test(a_malformed_conninfo_fails_everything),
		cmocka_unit_test(no_server_fails_soon),
		cmocka_unit_test(no_such_database_fails_soon),
		cmocka_unit_test(a_silent_server_is_given_up),
		cmocka_unit_test(between_attempts_is_a_pause),
		cmocka_unit_test(requests_fail_until_the_server_is_back),
		cmocka_unit_test(replicas_serve_reads),
		cmocka_unit_test(options_of_an_older_version_are_shorter),
		cmocka_unit_test(two_databases_in_one_script),
	};

	return run_server_tests(tests);
}
