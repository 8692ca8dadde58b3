/*
 * test_outage.c
 *	  Servers that go away and come back, and replicas of which one is away.
 */
#include "private_server.h"

static private_server primary;
static private_server standby;
static char *primary_conninfo;
static char *standby_conninfo;

static char *
conninfo_of(const private_server *server)
{
	return text("host=127.0.0.1 port=%d user=postgres dbname=postgres", server->port);
}

static int
make_servers(void **state)
{
	(void) state;
	make_server(&primary);
	make_standby(&standby, &primary);
	primary_conninfo = conninfo_of(&primary);
	standby_conninfo = conninfo_of(&standby);
	return 0;
}

static int
remove_servers(void **state)
{
	forget_server(state);
	remove_server(&standby);
	remove_server(&primary);
	free(primary_conninfo);
	free(standby_conninfo);
	return 0;
}

static const bolt__statement port_statement = {"SELECT current_setting('port')::int", 0, BOLT__INTEGER,
											   false};
static const bolt__statement writing_port_statement = {"SELECT current_setting('port')::int", 0,
													   BOLT__INTEGER, true};
static const bolt__request_options on_replica = {.using = "replica"};

/* The seconds until it fails. */
static double
seconds_to_fail(bolt_database *db)
{
	double start = seconds_now();

	expect_error(echo(db, 1), BOLT_OPERATIONAL_ERROR);
	return seconds_now() - start;
}

/* The seconds until requests, one each 20 ms, succeed again. */
static double
seconds_to_recover(bolt_database *db)
{
	double start = seconds_now();

	for (int i = 0; i < 1000; i++)
	{
		bolt_future *future = settled(echo(db, 1));
		bool failed = bolt_failed(future);

		bolt_free(future);
		if (!failed)
			return seconds_now() - start;
		run_for(db, 20);
	}
	fail_msg("it does not recover");
	return 0;
}

static void
an_outage_fails_fast_and_ends_soon(void **state)
{
	bolt_database *db = bolt_open(primary_conninfo, NULL);
	double slowest = 0;
	double recovered;

	(void) state;
	expect_number(echo(db, 1), 1);
	stop_server(&primary, "immediate");
	for (int i = 0; i < 100; i++)
	{
		double seconds = seconds_to_fail(db);

		if (seconds > slowest)
			slowest = seconds;
		run_for(db, 20);
	}
	start_server(&primary);
	recovered = seconds_to_recover(db);
	print_message("# in an outage: failed within %.3f s; recovered after %.3f s\n", slowest, recovered);
	assert_true(slowest < 1);
	assert_true(recovered < 1);
	bolt_close(db);
}

/* Also where nobody asked meanwhile. */
static void
the_first_request_after_a_quiet_outage_succeeds(void **state)
{
	bolt_database *db = bolt_open(primary_conninfo, NULL);

	(void) state;
	expect_number(echo(db, 1), 1);
	stop_server(&primary, "immediate");
	seconds_to_fail(db);
	start_server(&primary);
	run_for(db, 1000);
	expect_number(echo(db, 2), 2);
	bolt_close(db);
}

/* Attempts that hang do not hang everybody. */
static void
a_silent_outage_fails_fast_too(void **state)
{
	bolt_database *db = bolt_open(primary_conninfo, BOLT_OPTIONS(.connect_timeout = 3000));
	int listener;
	double start;

	(void) state;
	expect_number(echo(db, 1), 1);
	stop_server(&primary, "immediate");
	listener = listen_silently("127.0.0.1", &primary.port);
	run_for(db, 50);
	seconds_to_fail(db); /* the whole round */
	start = seconds_now();
	for (int i = 0; i < 10; i++)
	{
		assert_true(seconds_to_fail(db) < 1);
		run_for(db, 100);
	}
	assert_true(seconds_now() - start < 5);
	close(listener);
	start_server(&primary);
	seconds_to_recover(db);
	bolt_close(db);
}

static void
a_replica_that_is_away_is_passed_over(void **state)
{
	bolt_replica replicas[] = {{"replica", standby_conninfo}, {"other", primary_conninfo}, {NULL, NULL}};
	bolt_database *db =
		bolt_open(primary_conninfo, BOLT_OPTIONS(.replicas = replicas, .read_from_replicas = true));
	int from_standby = 0;

	(void) state;
	for (int i = 0; i < 4; i++)
		from_standby += number_of(ask(db, &port_statement, NULL, NULL)) == standby.port;
	assert_int_equal(from_standby, 2);
	stop_server(&standby, "immediate");
	run_for(db, 50);
	for (int i = 0; i < 100; i++)
	{
		expect_number(ask(db, &port_statement, NULL, NULL), primary.port);
		run_for(db, 5);
	}
	expect_error(bolt__request(db, &port_statement, NULL, &on_replica), BOLT_OPERATIONAL_ERROR);
	start_server(&standby);
	for (int i = 0; i < 100; i++)
	{
		from_standby += number_of(ask(db, &port_statement, NULL, NULL)) == standby.port;
		run_for(db, 20);
	}
	assert_true(from_standby > 10);
	bolt_close(db);
}

static void
all_replicas_away_leave_the_primary(void **state)
{
	bolt_replica replicas[] = {{"replica", "host=/nonexistent"}, {NULL, NULL}};
	bolt_database *db =
		bolt_open(primary_conninfo, BOLT_OPTIONS(.replicas = replicas, .read_from_replicas = true));

	(void) state;
	for (int i = 0; i < 10; i++)
		expect_number(ask(db, &port_statement, NULL, NULL), primary.port);
	bolt_close(db);
}

static void
writes_go_to_the_primary(void **state)
{
	bolt_replica replicas[] = {{"replica", standby_conninfo}, {NULL, NULL}};
	bolt_database *db = bolt_open(primary_conninfo, BOLT_OPTIONS(.replicas = replicas));
	bolt__request_options on_none = {.using = "none"};

	(void) state;
	expect_number(bolt__request(db, &port_statement, NULL, &on_replica), standby.port);
	expect_number(bolt__request(db, &writing_port_statement, NULL, &on_replica), primary.port);
	expect_error(bolt__request(db, &writing_port_statement, NULL, &on_none), BOLT_CONNECTION_DOES_NOT_EXIST);
	bolt_close(db);
}

static bolt_future *
read_inside(bolt_database *transaction, void *arg)
{
	int64_t pid = number_of(backend(transaction));
	bolt_future *future = bolt_await(bolt__request(transaction, &pid_statement, NULL, &on_replica));
	bolt__request_options on_none = {.using = "none"};

	*(bool *) arg = !bolt_failed(future) && bolt_integer(future) == pid;
	bolt_free(future);
	expect_error(bolt__request(transaction, &pid_statement, NULL, &on_none), BOLT_CONNECTION_DOES_NOT_EXIST);
	return NULL;
}

static void
a_transaction_is_never_left(void **state)
{
	bolt_replica replicas[] = {{"replica", standby_conninfo}, {NULL, NULL}};
	bolt_database *db = bolt_open(primary_conninfo, BOLT_OPTIONS(.replicas = replicas));
	bool inside = false;

	(void) state;
	bolt_free(settled(bolt_atomic(db, read_inside, &inside)));
	assert_true(inside);
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_go_to_the_primary),
		cmocka_unit_test(a_transaction_is_never_left),
		cmocka_unit_test(a_replica_that_is_away_is_passed_over),
		cmocka_unit_test(all_replicas_away_leave_the_primary),
		cmocka_unit_test(an_outage_fails_fast_and_ends_soon),
		cmocka_unit_test(the_first_request_after_a_quiet_outage_succeeds),
		cmocka_unit_test(a_silent_outage_fails_fast_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	setenv("PGAPPNAME", "bolt_orm", 1);
	return cmocka_run_group_tests(tests, make_servers, remove_servers);
}
