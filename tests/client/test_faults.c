/*
 * test_faults.c
 *	  Backends that die, that stop, and servers that never answer, in every state of a connection.
 */
#include "requests.h"

#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static bolt_database *
open_one_connection(void)
{
	return bolt_open(
		"", BOLT_OPTIONS(.connections = 1, .pipeline = 100, .reconnect_pause = 10, .cancel_timeout = 500));
}

static void
expect_sqlstate(bolt_future *future, const char *sqlstate)
{
	future = settled(future);
	assert_true(bolt_failed(future));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_OPERATIONAL_ERROR);
	assert_string_equal(bolt_error_sqlstate(bolt_error(future)), sqlstate);
	bolt_free(future);
}

/* ----------
 * Killed
 * ----------
 */

/* A child of the postmaster that has not started up yet, or 0. */
static int
starting_backend(void)
{
	char path[100];
	char children[65536];
	char *child = children;
	char title[200];
	FILE *file;
	size_t length;
	int postmaster = atoi(sql("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"));

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", postmaster, postmaster);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(children, 1, sizeof(children) - 1, file);
	children[length] = '\0';
	fclose(file);
	while (isdigit((unsigned char) *child))
	{
		int pid = (int) strtol(child, &child, 10);

		child += *child == ' ';
		snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		length = fread(title, 1, sizeof(title) - 1, file);
		title[length] = '\0';
		fclose(file);
		if (strstr(title, "startup") != NULL && strstr(title, "postgres: startup") == NULL)
			return pid;
	}
	return 0;
}

static void
killed_while_connecting(void **state)
{
	bolt_database *db = bolt_open("options='-c post_auth_delay=3'", BOLT_OPTIONS(.connections = 1));
	bolt_future *future = echo(db, 1);
	int pid = 0;

	(void) state;
	for (int i = 0; i < 200 && pid == 0; i++)
	{
		run_for(db, 10);
		pid = starting_backend();
	}
	assert_int_not_equal(pid, 0);
	kill(pid, SIGTERM);
	expect_error(future, BOLT_OPERATIONAL_ERROR);
	bolt_close(db);
}

static void
hung_up_while_connecting(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char *conninfo;
	bolt_database *db;
	bolt_future *future;

	(void) state;
	assert_int_equal(bind(listener, (struct sockaddr *) &address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 10), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *) &address, &length), 0);
	conninfo = text("hostaddr=127.0.0.1 port=%d", ntohs(address.sin_port));
	db = bolt_open(conninfo, BOLT_OPTIONS(.connections = 3));
	future = echo(db, 1);
	close(accept(listener, NULL, NULL));
	close(listener);
	expect_error(future, BOLT_OPERATIONAL_ERROR);
	bolt_close(db);
	free(conninfo);
}

static void
killed_while_idle(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int i = 0; i < 5; i++)
	{
		kill_backend(number_of(backend(db)));
		run_for(db, 20); /* the loop sees it, so the next request is not sent into the void */
		expect_number(echo(db, i), i);
	}
	bolt_close(db);
}

static void
killed_while_idle_and_unseen(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_future *future;

	(void) state;
	kill_backend(number_of(backend(db)));
	future = settled(
		echo(db, 1)); /* sent before the loop has seen it: an error, or an answer from the next connection */
	assert_true(bolt_failed(future) ? bolt_error_code(bolt_error(future)) == BOLT_OPERATIONAL_ERROR :
									  strcmp(bolt_json(future), "1") == 0);
	bolt_free(future);
	expect_number(echo(db, 2), 2);
	bolt_close(db);
}

static void
killed_in_a_pipeline(void **state)
{
	bolt_database *db = open_one_connection();
	long long pid = number_of(backend(db));
	bolt_future *all[20];
	bolt_future *before = echo(db, 99);

	(void) state;
	for (int i = 0; i < 20; i++)
		all[i] = i == 0 ? slow_echo(db, 30, i) : echo(db, i);
	backend_running(db, "%pg_sleep%");
	kill_backend(pid);
	expect_number(before, 99); /* what was answered stays answered */
	for (int i = 0; i < 20; i++)
		expect_sqlstate(all[i], "57P01");
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

/* Answers that came before the end, all in one gulp, count. */
static void
killed_after_answers_that_nobody_has_read(void **state)
{
	bolt_database *db = open_one_connection();
	long long pid = number_of(backend(db));
	bolt_future *all[20];

	(void) state;
	expect_number(echo(db, 0), 0); /* prepared */
	for (int i = 0; i < 20; i++)
		all[i] = i == 10 ? divide_by(db, 0) : echo(db, i);
	usleep(200000);
	kill_backend(pid);
	for (int i = 0; i < 20; i++)
		if (i == 10)
			expect_error(all[i], BOLT_VALUE_ERROR);
		else
			expect_number(all[i], i);
	bolt_close(db);
}

static const bolt__statement flood_statement = {
	"SELECT to_json(repeat('x', 1000)) FROM generate_series(1, $1::int)", 1, BOLT__ROWS, false};

static void
killed_in_the_middle_of_an_answer(void **state)
{
	bolt_database *db = open_one_connection();
	long long pid = number_of(backend(db));
	bolt_future *flood = ask(db, &flood_statement, text("1000000"), NULL);
	bolt_future *behind = echo(db, 1);

	(void) state;
	usleep(200000); /* the server has filled the socket and waits for us */
	kill_backend(pid);
	expect_error(flood, BOLT_OPERATIONAL_ERROR);
	expect_error(behind, BOLT_OPERATIONAL_ERROR);
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

static void
killed_in_the_middle_of_an_iteration(void **state)
{
	bolt_database *db = open_one_connection();
	long long pid = number_of(backend(db));
	bolt_iterator *rows = series(db, 10000000, 1000);
	bolt_future *row;
	int count = 0;

	(void) state;
	for (; bolt_json(row = settled(bolt_anext(rows))) != NULL; bolt_free(row))
		if (++count == 10)
			kill_backend(pid);
	assert_int_equal(bolt_error_code(bolt_error(row)), BOLT_OPERATIONAL_ERROR);
	assert_true(count >= 10 && count < 10000000);
	bolt_free(row);
	expect_error(bolt_anext(rows), BOLT_OPERATIONAL_ERROR); /* and again */
	bolt_aclose(rows);
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

static bolt_future *
be_killed(bolt_database *transaction, void *arg)
{
	long long pid = number_of(backend(transaction));
	bolt_future *next;

	expect_number(add(transaction, 1), 1);
	kill_backend(pid);
	next = settled(add(transaction, 2));
	*(bolt_code *) arg = bolt_error_code(bolt_error(next));
	return next;
}

static void
killed_in_a_transaction(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_code code = BOLT_OK;

	(void) state;
	make_table();
	expect_error(bolt_atomic(db, be_killed, &code), BOLT_OPERATIONAL_ERROR);
	assert_int_equal(code, BOLT_OPERATIONAL_ERROR);
	assert_int_equal(rows_in_table(), 0);
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

static bolt_future *
be_killed_and_return(bolt_database *transaction, void *arg)
{
	long long pid = number_of(backend(transaction));

	(void) arg;
	expect_number(add(transaction, 1), 1);
	kill_backend(pid);
	return NULL;
}

static void
killed_before_commit(void **state)
{
	bolt_database *db = open_one_connection();
	bolt_future *future = settled(bolt_atomic(db, be_killed_and_return, NULL));

	(void) state;
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_OPERATIONAL_ERROR);
	bolt_free(future);
	assert_int_equal(rows_in_table(), 0);
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

static void
killed_during_cancel(void **state)
{
	bolt_database *db = open_one_connection();

	(void) state;
	for (int round = 0; round < 10; round++)
	{
		long long pid = number_of(backend(db));
		bolt_future *slow = slow_echo(db, 30, 1);
		bolt_future *behind = echo(db, 2);

		run_for(db, 10);
		bolt_cancel(slow);
		if (round % 2 == 0)
			run_for(db, round / 2);
		sql("SELECT pg_terminate_backend(%lld, 5000)", pid); /* gone before the next round */
		expect_error(slow, BOLT_CANCELLED);
		behind = settled(behind);
		assert_true(!bolt_failed(behind) || bolt_error_code(bolt_error(behind)) == BOLT_OPERATIONAL_ERROR);
		bolt_free(behind);
		run_for(db, 20);
	}
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

/* ----------
 * Stopped
 * ----------
 */
static int stopped;

static void
stop_backend(int pid)
{
	stopped = pid;
	kill(pid, SIGSTOP);
}

/* A backend left stopped would hold up everything that waits for all of them, also after a failed test. */
static int
let_go_on(void **state)
{
	(void) state;
	if (stopped != 0)
		kill(stopped, SIGCONT);
	stopped = 0;
	return 0;
}

static void
a_stopped_backend_is_given_up(void **state)
{
	bolt_database *db =
		bolt_open("", BOLT_OPTIONS(.connections = 1, .query_timeout = 200, .cancel_timeout = 300));
	int pid = (int) number_of(backend(db));
	double start = seconds_now();
	bolt_future *first;
	bolt_future *second;

	(void) state;
	stop_backend(pid);
	first = bolt_await(echo(db, 1));
	assert_int_equal(bolt_error_code(bolt_error(first)), BOLT_TIMEOUT);
	bolt_free(first);
	second = bolt_await(echo(db, 2)); /* waits for the cancel in vain; then there is a new connection */
	assert_string_equal(bolt_json(second), "2");
	bolt_free(second);
	assert_true(seconds_now() - start < 20);
	bolt_close(db);
}

static void
a_stopped_backend_holds_up_only_its_own(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 3));
	bolt_future *all[30];
	int pid;
	int stuck = 0;

	(void) state;
	for (int i = 0; i < 30; i++)
		all[i] = slow_echo(db, 0.01, i);
	for (int i = 0; i < 30; i++)
		expect_number(all[i], i);
	pid = (int) number_of(backend(db));
	stop_backend(pid);
	for (int i = 0; i < 30; i++)
		all[i] = bolt_timeout(echo(db, i), 1000);
	for (int i = 0; i < 30; i++)
	{
		all[i] = bolt_await(all[i]);
		stuck += bolt_error_code(bolt_error(all[i])) == BOLT_TIMEOUT;
		bolt_free(all[i]);
	}
	assert_true(stuck > 0 && stuck <= 12); /* a third */
	bolt_close(db);
}

static void
closing_with_a_stopped_backend(void **state)
{
	bolt_database *db = open_one_connection();
	int pid = (int) number_of(backend(db));
	bolt_future *future;
	double start = seconds_now();

	(void) state;
	stop_backend(pid);
	future = echo(db, 1);
	run_for(db, 20);
	bolt_cancel(future);
	run_for(db, 20); /* the cancel is under way, or done in vain */
	bolt_close(db);
	assert_true(seconds_now() - start < 10);
	bolt_free(future);
}

/* ----------
 * Everything at once
 * ----------
 */
static void
count_answer(bolt_future *future, void *arg)
{
	int *counts = arg;

	counts[bolt_failed(future)]++;
}

static void
random_kills_lose_no_future(void **state)
{
	bolt_database *db =
		bolt_open("", BOLT_OPTIONS(.connections = 4, .reconnect_pause = 5, .reconnect_pause_max = 20));
	int counts[2] = {0, 0};
	int asked = 0;

	(void) state;
	for (int round = 0; round < 40; round++)
	{
		for (int i = 0; i < 100; i++, asked++)
			bolt_then(i % 10 == 0 ? slow_echo(db, 0.002, i) : echo(db, i), count_answer, counts);
		run_for(db, round % 5);
		sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bolt_orm' AND pid %% 2 = %d LIMIT 2",
			round % 2);
	}
	bolt_run(db);
	assert_int_equal(counts[0] + counts[1], asked);
	assert_true(counts[0] > 0);
	expect_number(echo(db, 5), 5);
	bolt_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_while_connecting),
		cmocka_unit_test(hung_up_while_connecting),
		cmocka_unit_test(killed_while_idle),
		cmocka_unit_test(killed_while_idle_and_unseen),
		cmocka_unit_test(killed_in_a_pipeline),
		cmocka_unit_test(killed_after_answers_that_nobody_has_read),
		cmocka_unit_test(killed_in_the_middle_of_an_answer),
		cmocka_unit_test(killed_in_the_middle_of_an_iteration),
		cmocka_unit_test(killed_in_a_transaction),
		cmocka_unit_test(killed_before_commit),
		cmocka_unit_test(killed_during_cancel),
		cmocka_unit_test_teardown(a_stopped_backend_is_given_up, let_go_on),
		cmocka_unit_test_teardown(a_stopped_backend_holds_up_only_its_own, let_go_on),
		cmocka_unit_test_teardown(closing_with_a_stopped_backend, let_go_on),
		cmocka_unit_test(random_kills_lose_no_future),
	};

	return run_server_tests(tests);
}
