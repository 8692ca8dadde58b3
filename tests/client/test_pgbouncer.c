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
	return bolt_open(conninfo, BOLT_OPTIONS(.connections = 5, .unprepared = true, .reconnect_pause = 10));
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
