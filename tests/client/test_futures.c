/*
 * test_futures.c
 *	  Futures settle exactly once, whatever happens, and callbacks run from the loop.
 */
#include "client.h"
#include "requests.h"

static int calls;
static int failures;
static bolt_code last_code;

static void
count_call(bolt_future *future, void *arg)
{
	(void) arg;
	calls++;
	assert_true(bolt_done(future));
	if (bolt_failed(future))
	{
		failures++;
		last_code = bolt_error_code(bolt_error(future));
	}
}

static bolt_database *
open_fresh(void)
{
	calls = failures = 0;
	last_code = BOLT_OK;
	return bolt_open("", BOLT_OPTIONS(.connections = 2));
}

static void
await_gives_the_same_future_back(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *future = echo(db, 42);
	bolt_future *awaited = bolt_await(future);

	(void) state;
	assert_ptr_equal(awaited, future);
	assert_string_equal(bolt_json(awaited), "42");
	assert_int_equal(bolt_json_length(awaited), 2);
	bolt_free(awaited);
	bolt_close(db);
}

static void
json_outlives_the_database(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *future = bolt_await(echo(db, 42));

	(void) state;
	bolt_close(db);
	assert_string_equal(bolt_json(future), "42");
	bolt_free(future);
}

static void
a_callback_never_runs_inside_then(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *future = bolt_await(echo(db, 1));

	(void) state;
	bolt_then(future, count_call, NULL); /* settled before */
	assert_int_equal(calls, 0);
	bolt_run(db);
	assert_int_equal(calls, 1);
	bolt_close(db);
}

static void
note_order(bolt_future *future, void *arg)
{
	(void) future;
	assert_int_equal(calls, *(const int *) arg);
	calls++;
}

static void
several_callbacks_run_in_order(void **state)
{
	static const int order[] = {0, 1, 2};
	bolt_database *db = open_fresh();
	bolt_future *future = echo(db, 1);

	(void) state;
	bolt_then(bolt_future_ref(future), note_order, (void *) &order[0]);
	bolt_then(bolt_future_ref(future), note_order, (void *) &order[1]);
	bolt_then(future, note_order, (void *) &order[2]);
	bolt_run(db);
	assert_int_equal(calls, 3);
	bolt_close(db);
}

static void
gather_has_all_and_fails_with_the_first_error(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *all = settled(
		bolt_gather(echo(db, 1), divide_by(db, 0), echo(db, 3), ask(db, &broken_statement, text("1"), NULL)));

	(void) state;
	assert_string_equal(bolt_error_sqlstate(bolt_error(all)), "22012");
	assert_string_equal(bolt_json(bolt_gathered(all, 0)), "1");
	assert_string_equal(bolt_json(bolt_gathered(all, 2)), "3");
	assert_string_equal(bolt_error_sqlstate(bolt_error(bolt_gathered(all, 3))), "42883");
	assert_null(bolt_gathered(all, 4));
	bolt_free(all);
	all = settled(bolt_gather_all(0, NULL));
	assert_false(bolt_failed(all));
	bolt_free(all);
	bolt_close(db);
}

static void
gather_of_gathers_and_settled_ones(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *done = bolt_await(echo(db, 5));
	bolt_future *all =
		settled(bolt_gather(bolt_gather(echo(db, 1), echo(db, 2)), done, bolt_await(echo(db, 6))));

	(void) state;
	assert_false(bolt_failed(all));
	assert_string_equal(bolt_json(bolt_gathered(bolt_gathered(all, 0), 1)), "2");
	assert_string_equal(bolt_json(bolt_gathered(all, 2)), "6");
	bolt_free(all);
	bolt_close(db);
}

static void
cancel_settles_once(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *future = slow_echo(db, 30, 1);

	(void) state;
	bolt_then(bolt_future_ref(future), count_call, NULL);
	backend_running(db, "%pg_sleep%");
	assert_true(bolt_cancel(future));
	assert_false(bolt_cancel(future));
	assert_true(bolt_done(future));
	assert_int_equal(calls, 0);
	bolt_free(future);
	bolt_run(db);
	assert_int_equal(calls, 1);
	assert_int_equal(last_code, BOLT_CANCELLED);
	expect_number(echo(db, 2), 2);
	assert_int_equal(calls, 1);
	bolt_close(db);
}

static void
cancel_before_sending_sends_nothing(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *future;

	(void) state;
	make_table();
	future = add(db, 1); /* waits for the first connection */
	assert_true(bolt_cancel(future));
	expect_error(future, BOLT_CANCELLED);
	expect_number(echo(db, 1), 1);
	assert_int_equal(rows_in_table(), 0);
	bolt_close(db);
}

static void
timeouts_cancel(void **state)
{
	bolt_database *db = open_fresh();
	double start = seconds_now();

	(void) state;
	expect_error(bolt_await(bolt_timeout(slow_echo(db, 30, 1), 200)), BOLT_TIMEOUT);
	expect_error(bolt_await(bolt_timeout(bolt_sleep(db, 60000), 100)), BOLT_TIMEOUT);
	expect_error(bolt_await(bolt_timeout(bolt_gather(slow_echo(db, 30, 1), slow_echo(db, 30, 2)), 100)),
				 BOLT_TIMEOUT);
	expect_number(bolt_timeout(bolt_timeout(slow_echo(db, 0.2, 7), 50), 0), 7);
	assert_true(seconds_now() - start < 20);
	bolt_close(db);
}

static void
sleep_takes_its_time(void **state)
{
	bolt_database *db = open_fresh();
	double start = seconds_now();

	(void) state;
	bolt_free(bolt_await(bolt_gather(bolt_sleep(db, 100), bolt_sleep(db, 50), bolt_sleep(db, 0))));
	assert_true(seconds_now() - start > 0.09);
	bolt_close(db);
}

static void
freed_futures_go_on_without_a_trace(void **state)
{
	bolt_database *db = open_fresh();

	(void) state;
	make_table();
	expect_number(echo(db, 1), 1);
	bolt_free(add(db, 1));
	bolt_free(divide_by(db, 0));
	bolt_then(add(db, 2), NULL, NULL);
	bolt_run(db);
	assert_int_equal(rows_in_table(), 2);
	bolt_close(db);
}

static void
closing_settles_everything(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *kept = slow_echo(db, 30, 1);

	(void) state;
	for (int i = 0; i < 50; i++)
		bolt_then(slow_echo(db, 30, i), count_call, NULL);
	bolt_then(bolt_sleep(db, 30000), count_call, NULL);
	bolt_then(bolt_gather(slow_echo(db, 30, 1), bolt_sleep(db, 30000)), count_call, NULL);
	run_for(db, 50);
	bolt_close(db);
	assert_int_equal(calls, 52);
	assert_int_equal(failures, 52);
	assert_int_equal(last_code, BOLT_INTERFACE_ERROR);
	assert_int_equal(bolt_error_code(bolt_error(kept)), BOLT_INTERFACE_ERROR);
	bolt_then(kept, count_call, NULL); /* no loop is left, so at once */
	assert_int_equal(calls, 53);
}

static void
ask_again(bolt_future *future, void *arg)
{
	count_call(future, arg);
	bolt_then(echo(arg, 1), count_call, NULL);
}

static void
callbacks_of_closing_may_ask_again(void **state)
{
	bolt_database *db = open_fresh();

	(void) state;
	bolt_then(slow_echo(db, 30, 1), ask_again, db);
	bolt_close(db);
	assert_int_equal(calls, 2);
	assert_int_equal(failures, 2);
}

static void
close_it(bolt_future *future, void *arg)
{
	count_call(future, NULL);
	bolt_close(arg);
	bolt_close(arg); /* again does nothing */
	assert_int_equal(calls, 1);
}

static void
closing_in_a_callback_waits_for_its_end(void **state)
{
	bolt_database *db = open_fresh();

	(void) state;
	bolt_then(echo(db, 1), close_it, db);
	for (int i = 0; i < 20; i++)
		bolt_then(slow_echo(db, 30, i), count_call, NULL);
	bolt_run(db);
	assert_int_equal(calls, 21);
	assert_int_equal(failures, 20);
}

static void
await_inside(bolt_future *future, void *arg)
{
	bolt_future *answer = bolt_await(echo(arg, 1));

	(void) future;
	calls++;
	last_code = bolt_error_code(bolt_error(answer));
	assert_non_null(
		strstr(bolt_error_message(bolt_error(answer)), "You cannot call this from an async context"));
	assert_non_null(bolt_error_hint(bolt_error(answer)));
	assert_int_equal(bolt_run(arg), -1);
	bolt_free(answer);
}

static void
awaiting_in_a_callback_is_refused(void **state)
{
	bolt_database *db = open_fresh();

	(void) state;
	bolt_then(echo(db, 1), await_inside, db);
	bolt_run(db);
	assert_int_equal(calls, 1);
	assert_int_equal(last_code, BOLT_SYNCHRONOUS_ONLY_OPERATION);
	bolt_close(db);
}

static void *
add_up(void *arg)
{
	bolt_database *db = ((void **) arg)[0];
	long long *sum = ((void **) arg)[1];

	for (int i = 1; i <= 10; i++)
		*sum += number_of(echo(db, i));
	return sum;
}

static void
coroutines_wait_without_blocking_each_other(void **state)
{
	bolt_database *db = open_fresh();
	long long sums[100] = {0};
	void *args[100][2];
	bolt_future *tasks[100];
	bolt_future *all;

	(void) state;
	for (int i = 0; i < 100; i++)
	{
		args[i][0] = db;
		args[i][1] = &sums[i];
		tasks[i] = bolt_spawn(db, add_up, args[i]);
	}
	all = settled(bolt_gather_all(100, tasks));
	for (size_t i = 0; i < 100; i++)
	{
		assert_int_equal(sums[i], 55);
		assert_ptr_equal(bolt_pointer(bolt_gathered(all, i)), &sums[i]);
	}
	bolt_free(all);
	bolt_close(db);
}

static void *
spawn_inside(void *arg)
{
	int *depth = ((void **) arg)[1];
	bolt_future *inner;

	if (++*depth == 20)
		return arg;
	inner = bolt_await(bolt_spawn(((void **) arg)[0], spawn_inside, arg));
	assert_ptr_equal(bolt_pointer(inner), arg);
	bolt_free(inner);
	expect_number(echo(((void **) arg)[0], *depth), *depth);
	return arg;
}

static void
coroutines_start_coroutines(void **state)
{
	bolt_database *db = open_fresh();
	int depth = 0;
	void *arg[] = {db, &depth};

	(void) state;
	bolt_free(bolt_await(bolt_spawn(db, spawn_inside, arg)));
	assert_int_equal(depth, 20);
	bolt_close(db);
}

static void *
close_and_go_on(void *arg)
{
	bolt_future *answer;

	bolt_close(arg);
	answer = bolt_await(echo(arg, 1));
	last_code = bolt_error_code(bolt_error(answer));
	bolt_free(answer);
	calls++;
	return NULL;
}

static void
closing_in_a_coroutine_waits_for_it(void **state)
{
	bolt_database *db = open_fresh();

	(void) state;
	bolt_then(slow_echo(db, 30, 1), count_call, NULL);
	bolt_free(bolt_spawn(db, close_and_go_on, db));
	assert_int_equal(calls, 2);
	assert_int_equal(failures, 1);
	assert_int_equal(last_code, BOLT_INTERFACE_ERROR);
}

static void *
wait_long(void *arg)
{
	bolt_future *answer = bolt_await(slow_echo(arg, 30, 1));

	last_code = bolt_error_code(bolt_error(answer));
	calls++;
	bolt_free(answer);
	return NULL;
}

static void
a_coroutine_that_waits_sees_the_close(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *task = bolt_spawn(db, wait_long, db);

	(void) state;
	run_for(db, 20);
	bolt_close(db);
	assert_int_equal(calls, 1);
	assert_int_equal(last_code, BOLT_INTERFACE_ERROR);
	assert_true(bolt_done(task));
	bolt_free(task);
}

static void
cancelling_a_coroutine_cancels_what_it_awaits(void **state)
{
	bolt_database *db = open_fresh();
	bolt_future *task = bolt_spawn(db, wait_long, db);

	(void) state;
	run_for(db, 20);
	assert_true(bolt_cancel(task));
	expect_error(task, BOLT_CANCELLED);
	run_for(db, 20);
	assert_int_equal(calls, 1);
	assert_int_equal(last_code, BOLT_CANCELLED);
	bolt_close(db);
}

static void
null_does_no_harm(void **state)
{
	char *parameters[] = {text("1"), NULL};

	(void) state;
	calls = failures = 0;
	bolt_free(NULL);
	bolt_then(NULL, count_call, NULL);
	bolt_close(NULL);
	bolt_aclose(NULL);
	assert_false(bolt_cancel(NULL));
	assert_null(bolt_timeout(NULL, 5));
	assert_null(bolt_json(NULL));
	assert_null(bolt_error(NULL));
	assert_false(bolt_failed(NULL));
	assert_false(bolt_done(NULL));
	assert_int_equal(bolt_integer(NULL), 0);
	expect_error(bolt_await(NULL), BOLT_INTERFACE_ERROR);
	expect_error(bolt__request(NULL, &echo_statement, parameters, NULL), BOLT_INTERFACE_ERROR);
	expect_error(bolt_sleep(NULL, 1), BOLT_INTERFACE_ERROR);
	expect_error(bolt_spawn(NULL, wait_long, NULL), BOLT_INTERFACE_ERROR);
	expect_error(bolt_atomic(NULL, NULL, NULL), BOLT_INTERFACE_ERROR);
	expect_error(bolt_anext(NULL), BOLT_INTERFACE_ERROR);
	assert_int_equal(bolt_attach(NULL, NULL), -1);
	assert_int_equal(bolt_run(NULL), -1);
	bolt_then(bolt_sleep(NULL, 1), count_call, NULL); /* no loop: at once */
	assert_int_equal(failures, 1);
	bolt_socket_ready(NULL, 0, 0);
	bolt_timer_fired(NULL);
}

static void
a_gather_of_failures_without_a_database(void **state)
{
	bolt_future *all = bolt_gather(bolt_sleep(NULL, 1), bolt_sleep(NULL, 1));

	(void) state;
	assert_true(bolt_failed(all));
	expect_error(all, BOLT_INTERFACE_ERROR);
}

/* Closes the database at each point of a busy time. */
static void
closing_at_any_moment(void **state)
{
	(void) state;
	for (int turns = 0; turns < 60; turns++)
	{
		bolt_database *db = open_fresh();

		for (int i = 0; i < 20; i++)
			bolt_then(i % 3 == 0 ? divide_by(db, 0) : echo(db, i), count_call, NULL);
		bolt_free(bolt_spawn(db, wait_long, db));
		bolt_then(bolt_gather(echo(db, 1), bolt_sleep(db, 1)), count_call, NULL);
		for (int i = 0; i < turns; i++)
			bolt__poll_once(0);
		bolt_close(db);
		assert_int_equal(calls, 22); /* one of them wait_long's */
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(await_gives_the_same_future_back),
		cmocka_unit_test(json_outlives_the_database),
		cmocka_unit_test(a_callback_never_runs_inside_then),
		cmocka_unit_test(several_callbacks_run_in_order),
		cmocka_unit_test(gather_has_all_and_fails_with_the_first_error),
		cmocka_unit_test(gather_of_gathers_and_settled_ones),
		cmocka_unit_test(cancel_settles_once),
		cmocka_unit_test(cancel_before_sending_sends_nothing),
		cmocka_unit_test(timeouts_cancel),
		cmocka_unit_test(sleep_takes_its_time),
		cmocka_unit_test(freed_futures_go_on_without_a_trace),
		cmocka_unit_test(closing_settles_everything),
		cmocka_unit_test(callbacks_of_closing_may_ask_again),
		cmocka_unit_test(closing_in_a_callback_waits_for_its_end),
		cmocka_unit_test(awaiting_in_a_callback_is_refused),
		cmocka_unit_test(coroutines_wait_without_blocking_each_other),
		cmocka_unit_test(coroutines_start_coroutines),
		cmocka_unit_test(closing_in_a_coroutine_waits_for_it),
		cmocka_unit_test(a_coroutine_that_waits_sees_the_close),
		cmocka_unit_test(cancelling_a_coroutine_cancels_what_it_awaits),
		cmocka_unit_test(null_does_no_harm),
		cmocka_unit_test(a_gather_of_failures_without_a_database),
		cmocka_unit_test(closing_at_any_moment),
	};

	return run_server_tests(tests);
}
