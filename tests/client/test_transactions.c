/*
 * test_transactions.c
 *	  bolt_atomic: all or nothing, on a connection that nobody else can write into.
 */
#include "client.h"
#include "requests.h"

static bolt_database *
open_with_table(void)
{
	make_table();
	return bolt_open("", BOLT_OPTIONS(.connections = 3));
}

/* ----------
 * Commit and rollback
 * ----------
 */
static bolt_future *
add_two(bolt_database *transaction, void *arg)
{
	(void) arg;
	assert_true(bolt_in_atomic_block(transaction));
	bolt_free(settled(add(transaction, 1)));
	return add(transaction, 2);
}

static void
commits_and_has_the_value_of_the_body(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	assert_false(bolt_in_atomic_block(db));
	expect_number(bolt_atomic(db, add_two, NULL), 2);
	assert_int_equal(rows_in_table(), 2);
	bolt_close(db);
}

static bolt_future *
add_and_fail(bolt_database *transaction, void *arg)
{
	(void) arg;
	bolt_free(settled(add(transaction, 1)));
	return divide_by(transaction, 0);
}

static void
rolls_back_with_the_error_of_the_body(void **state)
{
	bolt_database *db = open_with_table();
	bolt_future *future = settled(bolt_atomic(db, add_and_fail, NULL));

	(void) state;
	assert_string_equal(bolt_error_sqlstate(bolt_error(future)), "22012");
	bolt_free(future);
	assert_int_equal(rows_in_table(), 0);
	expect_number(bolt_atomic(db, add_two, NULL), 2);
	bolt_close(db);
}

static bolt_future *
do_nothing(bolt_database *transaction, void *arg)
{
	(void) transaction;
	(void) arg;
	return NULL;
}

static void
an_empty_body_needs_no_statement(void **state)
{
	bolt_database *db = open_with_table();
	bolt_future *future = settled(bolt_atomic(db, do_nothing, NULL));

	(void) state;
	assert_false(bolt_failed(future));
	assert_null(bolt_json(future));
	bolt_free(future);
	bolt_close(db);
}

static bolt_future *
add_without_waiting(bolt_database *transaction, void *arg)
{
	(void) arg;
	for (int i = 0; i < 50; i++)
		bolt_free(add(transaction, i));
	return NULL;
}

static void
what_nobody_waited_for_is_committed_too(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	bolt_free(settled(bolt_atomic(db, add_without_waiting, NULL)));
	assert_int_equal(rows_in_table(), 50);
	bolt_close(db);
}

static bolt_future *
swallow_an_error(bolt_database *transaction, void *arg)
{
	bolt_future *refused;

	bolt_free(settled(add(transaction, 1)));
	bolt_free(settled(divide_by(transaction, 0)));
	refused = settled(add(transaction, 2));
	*(bolt_code *) arg = bolt_error_code(bolt_error(refused));
	assert_non_null(strstr(bolt_error_message(bolt_error(refused)),
						   "You can't execute queries until the end of the 'atomic' block."));
	bolt_free(refused);
	return NULL;
}

static void
an_error_spoils_the_block(void **state)
{
	bolt_database *db = open_with_table();
	bolt_code code = BOLT_OK;

	(void) state;
	expect_error(bolt_atomic(db, swallow_an_error, &code), BOLT_TRANSACTION_MANAGEMENT_ERROR);
	assert_int_equal(code, BOLT_TRANSACTION_MANAGEMENT_ERROR);
	assert_int_equal(rows_in_table(), 0);
	bolt_close(db);
}

/* ----------
 * Savepoints
 * ----------
 */
static bolt_future *
outer_and_failing_inner(bolt_database *transaction, void *arg)
{
	bolt_future *inner;

	(void) arg;
	bolt_free(settled(add(transaction, 10)));
	inner = settled(bolt_atomic(transaction, add_and_fail, NULL));
	assert_true(bolt_failed(inner));
	bolt_free(inner);
	bolt_free(settled(bolt_atomic(transaction, add_two, NULL)));
	return add(transaction, 20);
}

static void
inner_blocks_are_savepoints(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	expect_number(bolt_atomic(db, outer_and_failing_inner, NULL), 20);
	assert_int_equal(rows_in_table(), 4);
	assert_string_equal(sql("SELECT string_agg(n::text, ',' ORDER BY n) FROM client_test"), "1,2,10,20");
	bolt_close(db);
}

static bolt_future *
nest(bolt_database *transaction, void *arg)
{
	int depth = *(int *) arg;
	bolt_future *inner;

	bolt_free(settled(add(transaction, depth)));
	if (depth == 6)
		return divide_by(transaction, 0);
	++*(int *) arg;
	inner = settled(bolt_atomic(transaction, nest, arg));
	if (depth < 3)
		return inner;
	bolt_free(inner);
	return NULL;
}

static void
blocks_nest_deeply(void **state)
{
	bolt_database *db = open_with_table();
	int depth = 0;
	bolt_future *future = settled(bolt_atomic(db, nest, &depth));

	(void) state;
	assert_false(bolt_failed(future));
	bolt_free(future);
	assert_string_equal(sql("SELECT string_agg(n::text, ',' ORDER BY n) FROM client_test"), "0,1,2,3,4,5");
	bolt_close(db);
}

static bolt_future *
inner_first(bolt_database *transaction, void *arg)
{
	return bolt_atomic(transaction, add_two, arg);
}

static void
an_inner_block_may_come_first(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	expect_number(bolt_atomic(db, inner_first, NULL), 2);
	assert_int_equal(rows_in_table(), 2);
	bolt_close(db);
}

static bolt_future *
write_through_the_outer_handle(bolt_database *inner, void *arg)
{
	bolt_database *outer = arg;

	(void) inner;
	expect_error(add(outer, 1), BOLT_TRANSACTION_MANAGEMENT_ERROR);
	expect_error(bolt_atomic(outer, add_two, NULL), BOLT_TRANSACTION_MANAGEMENT_ERROR);
	return add(inner, 5);
}

static bolt_future *
open_inner(bolt_database *outer, void *arg)
{
	(void) arg;
	expect_number(bolt_atomic(outer, write_through_the_outer_handle, outer), 5);
	return add(outer, 6);
}

static void
the_outer_handle_waits_for_the_inner_block(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	expect_number(bolt_atomic(db, open_inner, NULL), 6);
	assert_int_equal(rows_in_table(), 2);
	bolt_close(db);
}

static bolt_future *
durable_inside(bolt_database *transaction, void *arg)
{
	(void) arg;
	return bolt_atomic(transaction, add_two, NULL, .durable = true);
}

static void
a_durable_block_is_no_inner_one(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	expect_error(bolt_atomic(db, durable_inside, NULL), BOLT_RUNTIME_ERROR);
	expect_number(bolt_atomic(db, add_two, NULL, .durable = true), 2);
	bolt_close(db);
}

/* ----------
 * Who else
 * ----------
 */
static bolt_future *
add_slowly(bolt_database *transaction, void *arg)
{
	int base = *(int *) arg;

	for (int i = 0; i < 5; i++)
	{
		bolt_free(settled(slow_echo(transaction, 0.005, 1)));
		bolt_free(settled(add(transaction, base + i)));
	}
	return base == 0 ? divide_by(transaction, 0) : ask(transaction, &count_statement, NULL, NULL);
}

static void
transactions_and_requests_do_not_mix(void **state)
{
	bolt_database *db = open_with_table();
	int bases[] = {0, 100, 200, 300};
	bolt_future *all[4];

	(void) state;
	for (int i = 0; i < 4; i++) /* more than connections */
		all[i] = bolt_atomic(db, add_slowly, &bases[i]);
	for (int i = 0; i < 50; i++)
		bolt_free(add(db, 1000 + i));
	for (int i = 0; i < 4; i++)
		if (i == 0)
			expect_error(all[i], BOLT_VALUE_ERROR);
		else
			assert_true(number_of(all[i]) >= 5);
	bolt_run(db);
	assert_string_equal(sql("SELECT count(*) FROM client_test WHERE n < 100"),
						"0"); /* rolled back, and nobody else's with it */
	assert_int_equal(rows_in_table(), 65);
	bolt_close(db);
}

static bolt_database *kept;

static bolt_future *
keep_the_handle(bolt_database *transaction, void *arg)
{
	(void) arg;
	kept = bolt__database_ref(transaction); /* as a queryset does */
	return NULL;
}

static void
a_handle_ends_with_its_block(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	bolt_free(settled(bolt_atomic(db, keep_the_handle, NULL)));
	expect_error(add(kept, 1), BOLT_TRANSACTION_MANAGEMENT_ERROR);
	expect_error(bolt_atomic(kept, add_two, NULL), BOLT_TRANSACTION_MANAGEMENT_ERROR);
	assert_int_equal(bolt_on_commit(kept, free, NULL), -1);
	bolt__database_unref(kept);
	assert_int_equal(rows_in_table(), 0);
	bolt_close(db);
}

/* ----------
 * Isolation and retry
 * ----------
 */
static const bolt__statement isolation_statement = {
	"SELECT to_json(current_setting('transaction_isolation') || current_setting('transaction_read_only'))", 0,
	BOLT__JSON, false};

static bolt_future *
tell_isolation(bolt_database *transaction, void *arg)
{
	(void) arg;
	return ask(transaction, &isolation_statement, NULL, NULL);
}

static void
isolation_levels(void **state)
{
	bolt_database *db = open_with_table();
	bolt_future *future;

	(void) state;
	future = settled(bolt_atomic(db, tell_isolation, NULL));
	assert_string_equal(bolt_json(future), "\"read committedoff\"");
	bolt_free(future);
	future =
		settled(bolt_atomic(db, tell_isolation, NULL, .isolation = BOLT_SERIALIZABLE, .read_only = true));
	assert_string_equal(bolt_json(future), "\"serializableon\"");
	bolt_free(future);
	future = settled(bolt_atomic(db, tell_isolation, NULL, .isolation = BOLT_REPEATABLE_READ));
	assert_string_equal(bolt_json(future), "\"repeatable readoff\"");
	bolt_free(future);
	future = settled(bolt_atomic(db, add_two, NULL, .read_only = true));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_TRANSACTION_MANAGEMENT_ERROR);
	assert_non_null(strstr(bolt_error_hint(bolt_error(future)), "read-only transaction"));
	bolt_free(future);
	bolt_close(db);
}

typedef struct counter
{
	int runs;
	int number;
} counter;

/* Each reads how many there are and adds one: together not serialisable. */
static bolt_future *
count_and_add(bolt_database *transaction, void *arg)
{
	counter *self = arg;
	bolt_future *count = settled(ask(transaction, &count_statement, NULL, NULL));

	self->runs++;
	if (bolt_failed(count))
		return count;
	bolt_free(count);
	bolt_free(settled(
		slow_echo(transaction, 0.1, 1))); /* long enough for the others to begin, on a busy machine, too */
	return add(transaction, self->number);
}

static void
serialisation_failures_are_retried(void **state)
{
	bolt_database *db = open_with_table();
	counter counters[3] = {{0, 0}, {0, 1}, {0, 2}};
	bolt_future *all[3];
	int runs = 0;

	(void) state;
	for (int i = 0; i < 3; i++)
		all[i] = bolt_atomic(db, count_and_add, &counters[i], .isolation = BOLT_SERIALIZABLE, .retries = 20);
	for (int i = 0; i < 3; i++)
	{
		expect_number(all[i], i);
		runs += counters[i].runs;
	}
	assert_int_equal(rows_in_table(), 3);
	assert_true(runs > 3);
	bolt_close(db);
}

static void
without_retries_the_failure_is_told(void **state)
{
	bolt_database *db = open_with_table();
	counter counters[3] = {{0, 0}, {0, 1}, {0, 2}};
	bolt_future *all[3];
	int failed = 0;

	(void) state;
	for (int i = 0; i < 3; i++)
		all[i] = bolt_atomic(db, count_and_add, &counters[i], .isolation = BOLT_SERIALIZABLE);
	for (int i = 0; i < 3; i++)
	{
		all[i] = settled(all[i]);
		failed += bolt_error_code(bolt_error(all[i])) == BOLT_SERIALIZATION_FAILURE;
		assert_int_equal(counters[i].runs, 1);
		bolt_free(all[i]);
	}
	assert_true(failed > 0);
	assert_int_equal(rows_in_table(), 3 - failed);
	bolt_close(db);
}

/* ----------
 * Hooks
 * ----------
 */
static int hooks_run;

static void
hook(void *arg)
{
	assert_int_equal(hooks_run, *(const int *) arg);
	hooks_run++;
}

static bolt_future *
hooks_inside(bolt_database *transaction, void *arg)
{
	static const int first = 0;
	bool fail = *(bool *) arg;

	assert_int_equal(bolt_on_commit(transaction, hook, (void *) &first), 0);
	assert_int_equal(hooks_run, 0);
	return fail ? divide_by(transaction, 0) : add(transaction, 1);
}

static bolt_future *
failing_inner_hooks(bolt_database *transaction, void *arg)
{
	static const int first = 0;
	bool fail = true;

	(void) arg;
	bolt_free(settled(bolt_atomic(transaction, hooks_inside, &fail))); /* its hook goes with it */
	bolt_on_commit(transaction, hook, (void *) &first);
	return add(transaction, 1);
}

static void
commit_hooks_run_after_commit_only(void **state)
{
	static const int third = 2;
	bolt_database *db = open_with_table();
	bool fail = false;

	(void) state;
	hooks_run = 0;
	bolt_free(settled(bolt_atomic(db, hooks_inside, &fail)));
	assert_int_equal(hooks_run, 1);
	hooks_run = 0;
	fail = true;
	bolt_free(settled(bolt_atomic(db, hooks_inside, &fail)));
	assert_int_equal(hooks_run, 0);
	make_table();
	bolt_free(settled(bolt_atomic(db, failing_inner_hooks, NULL)));
	assert_int_equal(hooks_run, 1);
	hooks_run = 2;
	bolt_on_commit(db, hook, (void *) &third); /* outside: at once */
	assert_int_equal(hooks_run, 3);
	bolt_close(db);
}

/* ----------
 * Cancelled, closed
 * ----------
 */
static bolt_future *
add_and_dawdle(bolt_database *transaction, void *arg)
{
	bolt_free(settled(add(transaction, 1)));
	if (arg != NULL)
		bolt_free(settled(bolt_sleep(transaction, 30000)));
	return slow_echo(transaction, 30, 1);
}

static void
a_cancelled_transaction_is_rolled_back(void **state)
{
	bolt_database *db = open_with_table();

	(void) state;
	for (int i = 0; i < 20; i++)
	{
		bolt_future *future = bolt_atomic(db, add_and_dawdle, i % 2 == 0 ? NULL : db);

		run_for(db, i);
		bolt_cancel(future);
		expect_error(future, BOLT_CANCELLED);
	}
	expect_number(echo(db, 1), 1);
	run_for(db, 50);
	assert_int_equal(rows_in_table(), 0);
	expect_error(bolt_await(bolt_timeout(bolt_atomic(db, add_and_dawdle, NULL), 100)), BOLT_TIMEOUT);
	expect_number(bolt_atomic(db, add_two, NULL), 2);
	bolt_close(db);
}

static void
closing_in_the_middle(void **state)
{
	(void) state;
	for (int i = 0; i < 30; i++)
	{
		bolt_database *db = open_with_table();
		bolt_future *future = bolt_atomic(db, i % 2 == 0 ? add_and_dawdle : outer_and_failing_inner, NULL);

		for (int turn = 0; turn < i; turn++)
			bolt__poll_once(0);
		bolt_close(db);
		assert_true(bolt_done(future));
		bolt_free(future);
	}
	sql("SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bolt_orm'");
}

/* ----------
 * Blocks that wait for a connection
 * ----------
 */
#define WAITING 20000

static bolt_future *
hold_connection(bolt_database *transaction, void *seconds)
{
	return slow_echo(transaction, *(double *) seconds, 1);
}

static bolt_future *
count_body(bolt_database *transaction, void *bodies)
{
	(void) transaction;
	++*(int *) bodies;
	return NULL;
}

static long
address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &pages), 1);
	fclose(file);
	return pages * 4096;
}

/* With a stack of 1 MB each they would need 20 GB, and more mappings than a process may have. */
static void
a_waiting_block_has_no_stack(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .queue = WAITING + 1));
	bolt_future **waiting = malloc(WAITING * sizeof(bolt_future *));
	double seconds = 0.2;
	int bodies = 0;
	bolt_future *holder;
	long before;

	(void) state;
	expect_number(echo(db, 1), 1);
	holder = bolt_atomic(db, hold_connection, &seconds);
	before = address_space();
	for (int i = 0; i < WAITING; i++)
		waiting[i] = bolt_atomic(db, count_body, &bodies);
	assert_true(address_space() - before < 100 * 1024 * 1024);
	assert_int_equal(bodies, 0);
	for (int i = 0; i < WAITING; i++)
	{
		waiting[i] = settled(waiting[i]);
		assert_false(bolt_failed(waiting[i]));
		bolt_free(waiting[i]);
	}
	assert_int_equal(bodies, WAITING);
	bolt_free(settled(holder));
	free(waiting);
	bolt_close(db);
}

static void
a_waiting_block_is_cancelled(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1, .queue_timeout = 300));
	double seconds = 30;
	int bodies = 0;
	bolt_future *holder;
	bolt_future *left;

	(void) state;
	expect_number(echo(db, 1), 1);
	holder = bolt_atomic(db, hold_connection, &seconds);
	for (int i = 0; i < 10; i++)
	{
		bolt_future *future = bolt_atomic(db, count_body, &bodies);

		run_for(db, i % 3);
		assert_true(bolt_cancel(future));
		assert_false(bolt_cancel(future));
		expect_error(future, BOLT_CANCELLED);
		bolt_free(bolt_atomic(db, count_body, &bodies)); /* nobody waits for it */
	}
	expect_error(bolt_await(bolt_timeout(bolt_atomic(db, count_body, &bodies), 20)), BOLT_TIMEOUT);
	expect_error(bolt_atomic(db, count_body, &bodies), BOLT_POOL_TIMEOUT);
	left = bolt_atomic(db, count_body, &bodies);
	bolt_close(db);
	expect_error(left, BOLT_INTERFACE_ERROR);
	assert_true(bolt_failed(holder));
	bolt_free(holder);
	assert_int_equal(bodies, 0);
}

static bolt_future *
fail_to_serialise(bolt_database *transaction, void *bodies)
{
	++*(int *) bodies;
	return bolt_fail(transaction, BOLT_SERIALIZATION_FAILURE, "as always");
}

static void
a_block_between_attempts_is_cancelled(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));
	int bodies = 0;
	bolt_future *future;

	(void) state;
	expect_error(bolt_atomic(db, fail_to_serialise, &bodies, .retries = 3), BOLT_SERIALIZATION_FAILURE);
	assert_int_equal(bodies, 4);
	for (int i = 0; i < 20; i++)
	{
		future = bolt_atomic(db, fail_to_serialise, &bodies, .retries = 1000);
		run_for(db, 5 * i);
		assert_true(bolt_cancel(future));
		expect_error(future, BOLT_CANCELLED);
	}
	bodies = 0;
	expect_number(echo(db, 1), 1);
	run_for(db, 50);
	assert_int_equal(bodies, 0);
	future = bolt_atomic(db, fail_to_serialise, &bodies, .retries = 1000);
	run_for(db, 30);
	bolt_close(db);
	assert_true(bolt_failed(future));
	bolt_free(future);
}

static void
deferred_constraints_fail_the_commit(void **state)
{
	bolt_database *db = bolt_open("", BOLT_OPTIONS(.connections = 1));

	(void) state;
	sql("DROP TABLE IF EXISTS client_test; CREATE TABLE client_test (n int REFERENCES client_other DEFERRABLE INITIALLY DEFERRED)");
	expect_error(bolt_atomic(db, add_two, NULL), BOLT_INTEGRITY_ERROR);
	assert_int_equal(rows_in_table(), 0);
	expect_number(echo(db, 1), 1);
	bolt_close(db);
	sql("DROP TABLE client_test");
}

static int
make_other_table(void **state)
{
	(void) state;
	sql("CREATE TABLE IF NOT EXISTS client_other (n int PRIMARY KEY)");
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commits_and_has_the_value_of_the_body),
		cmocka_unit_test(rolls_back_with_the_error_of_the_body),
		cmocka_unit_test(an_empty_body_needs_no_statement),
		cmocka_unit_test(what_nobody_waited_for_is_committed_too),
		cmocka_unit_test(an_error_spoils_the_block),
		cmocka_unit_test(inner_blocks_are_savepoints),
		cmocka_unit_test(blocks_nest_deeply),
		cmocka_unit_test(an_inner_block_may_come_first),
		cmocka_unit_test(the_outer_handle_waits_for_the_inner_block),
		cmocka_unit_test(a_durable_block_is_no_inner_one),
		cmocka_unit_test(transactions_and_requests_do_not_mix),
		cmocka_unit_test(a_handle_ends_with_its_block),
		cmocka_unit_test(isolation_levels),
		cmocka_unit_test(serialisation_failures_are_retried),
		cmocka_unit_test(without_retries_the_failure_is_told),
		cmocka_unit_test(commit_hooks_run_after_commit_only),
		cmocka_unit_test(a_cancelled_transaction_is_rolled_back),
		cmocka_unit_test(closing_in_the_middle),
		cmocka_unit_test(a_waiting_block_has_no_stack),
		cmocka_unit_test(a_waiting_block_is_cancelled),
		cmocka_unit_test(a_block_between_attempts_is_cancelled),
		cmocka_unit_test_setup(deferred_constraints_fail_the_commit, make_other_table),
	};

	return run_server_tests(tests);
}
