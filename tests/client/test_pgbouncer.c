/*
 * test_pgbouncer.c
 *	  Behind pgbouncer in transaction mode, where each request may meet another backend.
 *
 * Starts a pgbouncer of its own, in a temporary folder, as the user that the server's folder belongs to.
 */
#include "requests.h"

#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/usr/sbin/pgbouncer"
#define POOL_SIZE 2

static char folder[] = "/tmp/bolt_bouncer_XXXXXX";
static char conninfo[200];
static pid_t bouncer;

static void
write_configuration(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(
		file,
		"[databases]\n* = host=%s port=%s user=%s\n"
		"[pgbouncer]\nunix_socket_dir = %s\nlisten_port = 6543\nauth_type = any\npool_mode = transaction\n"
		"default_pool_size = %d\nlogfile = %s/log\npidfile = %s/pid\nignore_startup_parameters = extra_float_digits\n",
		getenv("PGHOST"), getenv("PGPORT"), getenv("PGUSER"), folder, POOL_SIZE, folder, folder);
	fclose(file);
}

/* pgbouncer refuses to run as root, and the server's socket is its user's only. */
static void
become(const struct stat *owner)
{
	if (getuid() == 0 &&
		(setgroups(0, NULL) != 0 || setgid(owner->st_gid) != 0 || setuid(owner->st_uid) != 0))
		_exit(1);
}

static int
start_bouncer(void **state)
{
	struct stat owner;
	char *path;

	(void) state;
	if (access(PROGRAM, X_OK) != 0 || getenv("PGHOST") == NULL || stat(getenv("PGHOST"), &owner) != 0)
		return 0; /* the tests are skipped */
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chown(folder, owner.st_uid, owner.st_gid), 0);
	path = text("%s/pgbouncer.ini", folder);
	write_configuration(path);
	bouncer = fork();
	if (bouncer == 0)
	{
		become(&owner);
		execl(PROGRAM, PROGRAM, "-q", path, NULL);
		_exit(1);
	}
	free(path);
	snprintf(conninfo, sizeof(conninfo), "host=%s port=6543", folder);
	path = text("%s/.s.PGSQL.6543", folder);
	for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
		usleep(10000);
	free(path);
	return 0;
}

static int
stop_bouncer(void **state)
{
	static const char *const files[] = {"pgbouncer.ini", "log", "pid", ".s.PGSQL.6543"};

	forget_server(state);
	if (bouncer == 0)
		return 0;
	kill(bouncer, SIGINT);
	waitpid(bouncer, NULL, 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		char *path = text("%s/%s", folder, files[i]);

		unlink(path);
		free(path);
	}
	rmdir(folder);
	return 0;
}

static bolt_database *
open_bouncer(void)
{
	if (bouncer == 0)
		skip();
	return bolt_open(conninfo, BOLT_OPTIONS(.connections = 5, .reconnect_pause = 10));
}

/* ----------
 * Two clients over the same backends
 * ----------
 */
static const bolt__statement count_above = {"SELECT count(*) FROM client_test WHERE n > $1::int", 1,
											BOLT__INTEGER, false};
static const bolt__statement delete_above = {
	"WITH gone AS (DELETE FROM client_test WHERE n > $1::int RETURNING n) SELECT count(*) FROM gone", 1,
	BOLT__INTEGER, true};
static const bolt__statement sum_statement = {"SELECT to_json($1::bigint + $2::bigint)", 2, BOLT__JSON,
											  false};
static const bolt__statement difference_statement = {"SELECT to_json($1::bigint - $2::bigint)", 2, BOLT__JSON,
													 false};
static const bolt__statement product_statement = {"SELECT to_json($1::bigint * $2::bigint)", 2, BOLT__JSON,
												  false};

static bolt_future *
calculate(bolt_database *db, const bolt__statement *statement, int one, int other)
{
	return ask(db, statement, text("%d", one), text("%d", other));
}

/* With names by first use, the one's count was the other's delete. */
static void
two_clients_never_run_each_others_statements(void **state)
{
	bolt_database *counting = open_bouncer();
	bolt_database *deleting = bolt_open(conninfo, NULL);

	(void) state;
	make_table();
	sql("INSERT INTO client_test SELECT generate_series(1, 100)");
	for (int i = 0; i < 800; i++)
	{
		bolt_future *count = ask(counting, &count_above, text("0"), NULL);

		expect_number(ask(deleting, &delete_above, text("1000"), NULL), 0);
		expect_number(count, 100);
	}
	assert_int_equal(rows_in_table(), 100);
	bolt_close(counting);
	bolt_close(deleting);
}

/* All of one client's statements, and each client begins with another. */
static bolt_future *
ask_any(bolt_database *db, int i, long long *answer)
{
	int one = i % 1000;

	switch ((unsigned int) i * 2654435761u >> 28)
	{
		case 0:
		case 1:
			*answer = one + 7;
			return calculate(db, &sum_statement, one, 7);
		case 2:
		case 3:
			*answer = one - 7;
			return calculate(db, &difference_statement, one, 7);
		case 4:
		case 5:
			*answer = one * 7;
			return calculate(db, &product_statement, one, 7);
		case 6:
			*answer = 100;
			return ask(db, &count_above, text("0"), NULL);
		case 7:
			*answer = 0;
			return ask(db, &delete_above, text("1000"), NULL);
		case 8:
			*answer = one;
			return slow_echo(db, 0.0005, one);
		default:
			*answer = one;
			return echo(db, one);
	}
}

#define CLIENTS 3
#define CALLS 300

static void
thousands_of_mixed_calls(void **state)
{
	bolt_database *clients[CLIENTS];
	bolt_future *all[CALLS];
	long long answers[CALLS];

	(void) state;
	clients[0] = open_bouncer();
	for (int i = 1; i < CLIENTS; i++)
		clients[i] = bolt_open(conninfo, NULL);
	make_table();
	sql("INSERT INTO client_test SELECT generate_series(1, 100)");
	for (int round = 0; round < 30; round++)
	{
		for (int i = 0; i < CALLS; i++)
			all[i] = ask_any(clients[i % CLIENTS], round * CALLS + i + i % CLIENTS * 17, &answers[i]);
		for (int i = 0; i < CALLS; i++)
			expect_number(all[i], answers[i]);
		if (round % 10 == 5) /* new backends, which know no statement */
		{
			sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database()"
				" AND pid <> pg_backend_pid() AND backend_type = 'client backend'");
			for (int i = 0; i < CLIENTS; i++)
				bolt_free(settled(echo(clients[i], 1))); /* pgbouncer may not have noticed */
		}
	}
	assert_int_equal(rows_in_table(), 100);
	for (int i = 0; i < CLIENTS; i++)
		bolt_close(clients[i]);
}

static bolt_future *
calculate_inside(bolt_database *transaction, void *arg)
{
	int number = *(int *) arg;

	for (int i = 0; i < 5; i++)
	{
		expect_number(calculate(transaction, &sum_statement, number, i), number + i);
		expect_number(calculate(transaction, &difference_statement, number, i), number - i);
		expect_number(ask(transaction, &count_above, text("0"), NULL), 100);
	}
	return calculate(transaction, &product_statement, number, 2);
}

/* There an error about a prepared statement would be the end of the transaction. */
static void
transactions_of_several_clients(void **state)
{
	bolt_database *clients[CLIENTS];
	int numbers[60];
	bolt_future *all[60];

	(void) state;
	clients[0] = open_bouncer();
	for (int i = 1; i < CLIENTS; i++)
		clients[i] = bolt_open(conninfo, NULL);
	make_table();
	sql("INSERT INTO client_test SELECT generate_series(1, 100)");
	for (int i = 0; i < 60; i++)
	{
		long long answer;

		numbers[i] = i;
		all[i] = bolt_atomic(clients[i % CLIENTS], calculate_inside, &numbers[i]);
		bolt_free(ask_any(clients[(i + 1) % CLIENTS], i, &answer));
	}
	for (int i = 0; i < 60; i++)
		expect_number(all[i], 2 * i);
	for (int i = 0; i < CLIENTS; i++)
		bolt_close(clients[i]);
}

/* Each answer comes from a backend that has forgotten everything. */
static const bolt__statement forgetful_statement = {"DEALLOCATE ALL", 0, BOLT__NOTHING, false};

static void
backends_that_forget_between_requests(void **state)
{
	bolt_database *db = open_bouncer();

	(void) state;
	for (int i = 0; i < 200; i++)
	{
		bolt_free(ask(db, &forgetful_statement, NULL, NULL));
		expect_number(calculate(db, &sum_statement, i, i), 2 * i);
		bolt_free(ask(db, &forgetful_statement, NULL, NULL));
		expect_number(echo(db, i), i);
	}
	bolt_close(db);
}

static void
without_prepared_statements(void **state)
{
	bolt_database *prepared = open_bouncer();
	bolt_database *db = bolt_open(conninfo, BOLT_OPTIONS(.unprepared = true));

	(void) state;
	for (int i = 0; i < 100; i++)
	{
		expect_number(calculate(db, &sum_statement, i, i), 2 * i);
		expect_number(calculate(prepared, &difference_statement, i, i), 0);
	}
	bolt_close(prepared);
	bolt_close(db);
}

static void
many_requests_over_few_backends(void **state)
{
	bolt_database *db = open_bouncer();
	bolt_future *all[500];

	(void) state;
	for (int i = 0; i < 500; i++)
		all[i] = i % 7 == 0 ? divide_by(db, 0) : echo(db, i);
	for (int i = 0; i < 500; i++)
		if (i % 7 == 0)
			expect_error(all[i], BOLT_VALUE_ERROR);
		else
			expect_number(all[i], i);
	bolt_close(db);
}

static bolt_future *
ask_who(bolt_database *transaction, void *arg)
{
	long long first = number_of(backend(transaction));

	for (int i = 0; i < 5; i++)
	{
		bolt_free(settled(slow_echo(transaction, 0.002, 1)));
		assert_int_equal(number_of(backend(transaction)), first);
	}
	return add(transaction, *(const int *) arg);
}

static void
a_transaction_keeps_its_backend(void **state)
{
	bolt_database *db = open_bouncer();
	int numbers[5] = {0, 1, 2, 3, 4};
	bolt_future *all[5];

	(void) state;
	make_table();
	for (int i = 0; i < 5; i++)
		all[i] = bolt_atomic(db, ask_who, &numbers[i]);
	for (int i = 0; i < 100; i++)
		bolt_free(backend(db));
	for (int i = 0; i < 5; i++)
		expect_number(all[i], i);
	assert_int_equal(rows_in_table(), 5);
	bolt_close(db);
}

static bolt_future *
fail_inside(bolt_database *transaction, void *arg)
{
	(void) arg;
	bolt_free(settled(add(transaction, 77)));
	return divide_by(transaction, 0);
}

static bolt_future *
inner_fails(bolt_database *transaction, void *arg)
{
	expect_error(bolt_atomic(transaction, fail_inside, arg), BOLT_VALUE_ERROR);
	return add(transaction, 78);
}

static void
savepoints_work(void **state)
{
	bolt_database *db = open_bouncer();

	(void) state;
	make_table();
	expect_number(bolt_atomic(db, inner_fails, NULL), 78);
	assert_int_equal(rows_in_table(), 1);
	bolt_close(db);
}

static void
cancels_hit_the_right_ones(void **state)
{
	bolt_database *db = open_bouncer();

	(void) state;
	for (int round = 0; round < 20; round++)
	{
		bolt_future *slow = slow_echo(db, 30, 1);
		bolt_future *others[10];

		for (int i = 0; i < 10; i++)
			others[i] = slow_echo(db, 0.005, i);
		run_for(db, round);
		bolt_cancel(slow);
		expect_error(slow, BOLT_CANCELLED);
		for (int i = 0; i < 10; i++)
			expect_number(others[i], i);
	}
	bolt_close(db);
}

static void
iterations_end_early(void **state)
{
	bolt_database *db = open_bouncer();

	(void) state;
	for (int i = 0; i < 10; i++)
	{
		bolt_iterator *rows = series(db, 10000000, 1000);
		bolt_future *row = settled(bolt_anext(rows));

		assert_non_null(bolt_json(row));
		bolt_free(row);
		bolt_aclose(rows);
		expect_number(echo(db, i), i);
	}
	bolt_close(db);
}

static void
killed_backends_are_told(void **state)
{
	bolt_database *db = open_bouncer();
	bolt_future *slow;

	(void) state;
	expect_number(echo(db, 1), 1);
	slow = slow_echo(db, 30, 1);
	run_for(db, 50);
	sql("SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%pg_sleep%%' AND pid <> pg_backend_pid()");
	slow = settled(slow);
	assert_int_equal(bolt_error_code(bolt_error(slow)), BOLT_OPERATIONAL_ERROR);
	bolt_free(slow);
	for (int i = 0; i < 20; i++)
		expect_number(echo(db, i), i);
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_clients_never_run_each_others_statements),
		cmocka_unit_test(thousands_of_mixed_calls),
		cmocka_unit_test(transactions_of_several_clients),
		cmocka_unit_test(backends_that_forget_between_requests),
		cmocka_unit_test(without_prepared_statements),
		cmocka_unit_test(many_requests_over_few_backends),
		cmocka_unit_test(a_transaction_keeps_its_backend),
		cmocka_unit_test(savepoints_work),
		cmocka_unit_test(cancels_hit_the_right_ones),
		cmocka_unit_test(iterations_end_early),
		cmocka_unit_test(killed_backends_are_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start_bouncer, stop_bouncer);
}
