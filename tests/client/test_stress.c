/*
 * test_stress.c
 *	  Many requests while backends are killed at random: not one answer lost, doubled or mixed up.
 *
 * Each request carries a number that its answer has to return: reads, errors, writes, requests that are
 * cancelled, transactions. What was said to be written has to be in the table once; what failed at most
 * once. BOLT_STRESS=1000000 says how many; each twentieth of them is told.
 */
#include "requests.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUESTS 20000
#define IN_FLIGHT 256

typedef enum request_kind
{
	READ,
	READ_SLOWLY,
	FAIL,
	WRITE,
	WRITE_IN_TRANSACTION,
	CANCEL,
	KINDS
} request_kind;

typedef struct request
{
	unsigned char settled; /* how often */
	unsigned char kind;
	bool succeeded;
} request;

static const bolt__statement fail_statement = {"SELECT to_json(('number ' || $1)::int)", 1, BOLT__JSON,
											   false};

static bolt_database *db;
static request *requests;
static long total;
static long asked;
static long done;
static long failures[KINDS];
static long wrong;

static long
number_of_requests(void)
{
	const char *given = getenv("BOLT_STRESS");

	return given == NULL ? REQUESTS : strtol(given, NULL, 10);
}

static void ask_next(void);

/* Whether the answer is the one to this number. */
static bool
is_right(bolt_future *answer, long number)
{
	char expected[60];

	if (requests[number].kind == FAIL)
	{
		snprintf(expected, sizeof(expected), "\"number %ld\"", number);
		return bolt_error_code(bolt_error(answer)) == BOLT_OPERATIONAL_ERROR ||
			strstr(bolt_error_message(bolt_error(answer)), expected) != NULL;
	}
	if (bolt_failed(answer))
		return bolt_error_code(bolt_error(answer)) == BOLT_OPERATIONAL_ERROR ||
			(requests[number].kind == CANCEL && bolt_error_code(bolt_error(answer)) == BOLT_CANCELLED) ||
			bolt_error_code(bolt_error(answer)) == BOLT_TRANSACTION_MANAGEMENT_ERROR;
	return (bolt_json(answer) != NULL ? strtol(bolt_json(answer), NULL, 10) : (long) bolt_integer(answer)) ==
		number;
}

static void
answered(bolt_future *answer, void *arg)
{
	long number = (intptr_t) arg;
	request *asked_for = &requests[number];

	asked_for->settled++;
	asked_for->succeeded = !bolt_failed(answer);
	failures[asked_for->kind] += bolt_failed(answer);
	if (!is_right(answer, number))
	{
		wrong++;
		fprintf(stderr, "# %ld (kind %d) was answered with %s %s\n", number, asked_for->kind,
				bolt_failed(answer) ? bolt_code_name(bolt_error_code(bolt_error(answer))) : "",
				bolt_failed(answer) ? bolt_error_message(bolt_error(answer)) : bolt_json(answer));
	}
	if (++done % (total / 20) == 0)
		fprintf(stderr, "# %ld of %ld\n", done, total);
	ask_next();
}

static bolt_future *
write_it(bolt_database *transaction, void *arg)
{
	long number = (intptr_t) arg;
	bolt_future *read = bolt_await(echo(transaction, number));

	if (bolt_failed(read))
		return read;
	bolt_free(read);
	return add(transaction, (int) number);
}

static bolt_future *
ask_for(long number)
{
	switch (requests[number].kind)
	{
		case READ_SLOWLY:
			return slow_echo(db, 0.0005, number);
		case FAIL:
			return ask(db, &fail_statement, text("%ld", number), NULL);
		case WRITE:
			return add(db, (int) number);
		case WRITE_IN_TRANSACTION:
			return bolt_atomic(db, write_it, (void *) (intptr_t) number);
		default:
			return echo(db, number);
	}
}

static void
ask_next(void)
{
	static const request_kind kinds[] = {READ, READ,		READ, READ, READ,  READ,  READ,	 READ,
										 READ, READ_SLOWLY, FAIL, FAIL, WRITE, WRITE, CANCEL};
	bolt_future *future;
	bolt_future *kept;
	long number = asked;

	if (asked == total)
		return;
	asked++;
	requests[number].kind = rand() % 100 == 0 ? WRITE_IN_TRANSACTION :
												kinds[(size_t) rand() % (sizeof(kinds) / sizeof(kinds[0]))];
	future = ask_for(number);
	kept = requests[number].kind == CANCEL ? bolt_future_ref(future) : NULL;
	bolt_then(future, answered, (void *) (intptr_t) number);
	if (kept != NULL && rand() % 2 == 0)
		bolt_cancel(kept);
	bolt_free(kept);
}

/* Kills a backend now and then, from a process of its own, until it is ended. */
static void
kill_backends(void)
{
	PGconn *connection = PQconnectdb("application_name=stress_killer");

	srand((unsigned int) getpid());
	while (PQstatus(connection) == CONNECTION_OK)
	{
		usleep((useconds_t) (10000 + rand() % 90000));
		PQclear(PQexec(
			connection,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			" WHERE datname = current_database() AND application_name = 'bolt_orm' ORDER BY random() LIMIT 1"));
	}
	_exit(0);
}

static void
nothing_is_lost_doubled_or_mixed_up(void **state)
{
	bolt_statistics statistics = {.size = sizeof(statistics)};
	long written = 0;
	pid_t killer;

	(void) state;
	sql("DROP TABLE IF EXISTS client_test; CREATE TABLE client_test (n int)"); /* no key: what is written twice is seen */
	total = number_of_requests();
	requests = calloc((size_t) total, sizeof(request));
	killer = fork();
	if (killer == 0)
		kill_backends();
	db = bolt_open("", BOLT_OPTIONS(.connections = 4, .reconnect_pause = 2, .reconnect_pause_max = 50));
	for (int i = 0; i < IN_FLIGHT; i++)
		ask_next();
	bolt_run(db);
	kill(killer, SIGTERM);
	waitpid(killer, NULL, 0);
	bolt_get_statistics(db, &statistics);
	bolt_close(db);

	assert_int_equal(done, total);
	assert_int_equal(wrong, 0);
	for (long number = 0; number < total; number++)
	{
		assert_int_equal(requests[number].settled, 1);
		written += requests[number].succeeded &&
			(requests[number].kind == WRITE || requests[number].kind == WRITE_IN_TRANSACTION);
	}
	assert_string_equal(
		sql("SELECT count(*) FROM (SELECT n FROM client_test GROUP BY n HAVING count(*) > 1) doubled"), "0");
	assert_true(rows_in_table() >= written);
	sql("CREATE TEMP TABLE claimed (n int)");
	for (long number = 0; number < total; number += 1000)
	{
		char list[20000] = "(-1)";
		size_t length = strlen(list);

		for (long i = number; i < total && i < number + 1000; i++)
			if (requests[i].succeeded &&
				(requests[i].kind == WRITE || requests[i].kind == WRITE_IN_TRANSACTION))
				length += (size_t) snprintf(list + length, sizeof(list) - length, ",(%ld)", i);
		sql("INSERT INTO claimed VALUES %s", list);
	}
	assert_string_equal(
		sql("SELECT count(*) FROM claimed WHERE n >= 0 AND n NOT IN (SELECT n FROM client_test)"), "0");
	fprintf(
		stderr,
		"# %ld requests, %lld connections lost; failed: %ld reads, %ld slow reads, %ld of %s, %ld writes, %ld transactions, %ld cancelled\n",
		total, statistics.losses, failures[READ], failures[READ_SLOWLY], failures[FAIL], "those that had to",
		failures[WRITE], failures[WRITE_IN_TRANSACTION], failures[CANCEL]);
	assert_true(statistics.losses > 0);
	free(requests);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_doubled_or_mixed_up),
	};

	return run_server_tests(tests);
}
