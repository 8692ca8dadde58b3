/*
 * test_ownership.c
 *	  Destructors: each argument that was given away is destroyed once, whatever becomes of the call.
 */
#include "requests.h"

static int destroyed;
static int called;

/* Its memory too, so that a second time or none at all is seen by AddressSanitizer and valgrind. */
static void
destroy(void *arg)
{
	destroyed++;
	free(arg);
}

static void *
argument(void)
{
	destroyed = called = 0;
	return malloc(10);
}

static void
callback(bolt_future *future, void *arg)
{
	(void) future;
	assert_non_null(arg);
	assert_int_equal(destroyed, 0);
	called++;
}

static void
of_callbacks(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);
	bolt_future *cancelled;
	bolt_future *kept;

	(void) state;
	bolt_then_with(echo(db, 1), callback, argument(), destroy);
	assert_int_equal(bolt_run(db), 0);
	assert_true(called == 1 && destroyed == 1);

	bolt_then_with(divide_by(db, 0), callback, argument(), destroy);
	bolt_run(db);
	assert_true(called == 1 && destroyed == 1);

	/* two on one future, the second one's place is allocated */
	kept = echo(db, 1);
	free(argument());
	bolt_then(bolt_future_ref(kept), callback, kept);
	bolt_then_with(kept, callback, kept, NULL);
	bolt_run(db);
	assert_true(called == 2 && destroyed == 0);

	bolt_then_with(NULL, callback, argument(), destroy);
	assert_true(called == 0 && destroyed == 1);
	bolt_then_with(echo(db, 1), NULL, argument(), destroy);
	assert_true(called == 0 && destroyed == 1);
	bolt_run(db);

	/* cancelled through a reference that was kept for that */
	cancelled = slow_echo(db, 30, 1);
	bolt_then_with(bolt_future_ref(cancelled), callback, argument(), destroy);
	assert_true(bolt_cancel(cancelled));
	assert_true(called == 0 && destroyed == 0);
	bolt_run(db);
	assert_true(called == 1 && destroyed == 1);
	assert_false(bolt_cancel(cancelled));
	bolt_free(cancelled);

	bolt_then_with(slow_echo(db, 30, 1), callback, argument(), destroy);
	bolt_close(db);
	assert_true(called == 1 && destroyed == 1);
}

static void *
coroutine(void *arg)
{
	assert_non_null(arg);
	assert_int_equal(destroyed, 0);
	called++;
	return NULL;
}

static void *
coroutine_that_waits(void *db)
{
	bolt_free(bolt_await(slow_echo(*(bolt_database **) db, 30, 1)));
	assert_int_equal(destroyed, 0);
	called++;
	return NULL;
}

static void
of_coroutines(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);
	bolt_database **arg;
	bolt_future *future;

	(void) state;
	bolt_free(bolt_await(bolt_spawn(db, coroutine, argument(), .destroy = destroy)));
	assert_true(called == 1 && destroyed == 1);
	bolt_free(bolt_spawn(NULL, coroutine, argument(), .destroy = destroy));
	assert_true(called == 0 && destroyed == 1);
	bolt_free(bolt_spawn(db, NULL, argument(), .destroy = destroy));
	assert_true(called == 0 && destroyed == 1);

	arg = argument();
	*arg = db;
	future = bolt_spawn(db, coroutine_that_waits, arg, .destroy = destroy);
	assert_true(bolt_cancel(future)); /* settled before its body has ended */
	assert_true(called == 0 && destroyed == 0);
	bolt_run(db);
	assert_true(called == 1 && destroyed == 1);
	bolt_free(future);

	arg = argument();
	*arg = db;
	future = bolt_spawn(db, coroutine_that_waits, arg, .destroy = destroy);
	bolt_close(db);
	assert_true(called == 1 && destroyed == 1);
	bolt_free(future);
}

static bolt_future *
body(bolt_database *transaction, void *arg)
{
	assert_non_null(arg);
	assert_int_equal(destroyed, 0);
	called++;
	return echo(transaction, 1);
}

static bolt_future *
body_that_has_to_be_repeated(bolt_database *transaction, void *arg)
{
	assert_non_null(arg);
	assert_int_equal(destroyed, 0);
	called++;
	return called < 3 ? bolt_fail(transaction, BOLT_SERIALIZATION_FAILURE, "again") : NULL;
}

static bolt_future *
body_with_an_inner_one(bolt_database *transaction, void *arg)
{
	(void) arg;
	expect_number(bolt_atomic(transaction, body, argument(), .destroy = destroy), 1);
	assert_true(called == 1 && destroyed == 1);
	expect_error(bolt_atomic(transaction, body, argument(), .durable = true, .destroy = destroy),
				 BOLT_RUNTIME_ERROR);
	assert_true(called == 0 && destroyed == 1);
	return NULL;
}

static void
of_transactions(void **state)
{
	bolt_database *db = bolt_open(NULL, BOLT_OPTIONS(.connections = 1));
	bolt_future *future;

	(void) state;
	expect_number(bolt_atomic(db, body, argument(), .destroy = destroy), 1);
	assert_true(called == 1 && destroyed == 1);
	bolt_free(
		settled(bolt_atomic(db, body_that_has_to_be_repeated, argument(), .retries = 5, .destroy = destroy)));
	assert_true(called == 3 && destroyed == 1);
	bolt_free(settled(bolt_atomic(db, body_with_an_inner_one, NULL)));
	expect_error(bolt_atomic(NULL, body, argument(), .destroy = destroy), BOLT_INTERFACE_ERROR);
	assert_true(called == 0 && destroyed == 1);
	expect_error(bolt_atomic(db, body, argument(), .using = "nowhere", .destroy = destroy),
				 BOLT_CONNECTION_DOES_NOT_EXIST);
	assert_true(called == 0 && destroyed == 1);

	/* cancelled while it waits for a connection */
	bolt_free(settled(echo(db, 1)));
	bolt_free(slow_echo(db, 0.2, 1));
	future = bolt_atomic(db, body, argument(), .destroy = destroy);
	assert_true(bolt_cancel(future));
	bolt_free(future);
	bolt_run(db);
	assert_true(called == 0 && destroyed == 1);

	bolt_free(slow_echo(db, 30, 1));
	future = bolt_atomic(db, body, argument(), .destroy = destroy);
	bolt_close(db);
	bolt_free(future);
	assert_true(called == 0 && destroyed == 1);
}

static void
hook(void *arg)
{
	assert_non_null(arg);
	assert_int_equal(destroyed, 0);
	called++;
}

static bolt_future *
body_with_hook(bolt_database *transaction, void *fails)
{
	assert_int_equal(bolt_on_commit_with(transaction, hook, argument(), destroy), 0);
	assert_true(called == 0 && destroyed == 0);
	return fails != NULL ? divide_by(transaction, 0) : NULL;
}

static bolt_future *
inner_one_fails(bolt_database *transaction, void *arg)
{
	bolt_free(settled(bolt_atomic(transaction, body_with_hook, transaction)));
	assert_true(called == 0 && destroyed == 1);
	(void) arg;
	return NULL;
}

static void
of_commit_hooks(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);

	(void) state;
	bolt_free(settled(bolt_atomic(db, body_with_hook, NULL)));
	assert_true(called == 1 && destroyed == 1);
	bolt_free(settled(bolt_atomic(db, body_with_hook, db)));
	assert_true(called == 0 && destroyed == 1);
	bolt_free(settled(bolt_atomic(db, inner_one_fails, NULL)));
	assert_true(called == 0 && destroyed == 1);
	assert_int_equal(bolt_on_commit_with(db, hook, argument(), destroy), 0);
	assert_true(called == 1 && destroyed == 1);
	assert_int_equal(bolt_on_commit_with(NULL, hook, argument(), destroy), -1);
	assert_true(called == 0 && destroyed == 1);
	bolt_close(db);
}

static bolt_future *
catcher(const bolt_exception *error, void *arg)
{
	assert_non_null(error);
	assert_non_null(arg);
	assert_int_equal(destroyed, 0);
	called++;
	return NULL;
}

static void
of_catchers(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);
	bolt_future *future;

	(void) state;
	expect_number(bolt_catch_with(echo(db, 1), catcher, argument(), destroy), 1);
	assert_true(called == 0 && destroyed == 1);
	bolt_free(settled(bolt_catch_with(divide_by(db, 0), catcher, argument(), destroy)));
	assert_true(called == 1 && destroyed == 1);
	bolt_free(bolt_catch_with(NULL, catcher, argument(), destroy));
	assert_true(called == 0 && destroyed == 1);
	bolt_free(bolt_catch_with(bolt_fail(NULL, BOLT_TIMEOUT, "x"), catcher, argument(), destroy));
	assert_true(called == 1 && destroyed == 1);
	future = bolt_catch_with(slow_echo(db, 30, 1), catcher, argument(), destroy);
	bolt_cancel(future);
	bolt_free(future);
	bolt_run(db);
	assert_true(called == 0 && destroyed == 1);
	bolt_close(db);
}

/* ----------
 * Futures that nobody freed
 * ----------
 */
static void
leaks_are_named(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);
	char *said = NULL;
	char expected[256];
	size_t length;
	FILE *to = open_memstream(&said, &length);
	bolt_future *leaked[2];
	int line;

	(void) state;
	assert_int_equal(bolt_debug_leaks(NULL), 0);
	line = __LINE__ + 1;
	leaked[0] = bolt_await(bolt_sleep(db, 1));
	leaked[1] = bolt_await(bolt_acount(bolt_objects(db, NULL)));
	bolt_free(bolt_await(bolt_acount(bolt_objects(db, NULL))));
	bolt_free(bolt_await(bolt_spawn(db, coroutine, argument(), .destroy = destroy)));
	bolt_close(db);
#ifdef BOLT_DEBUG
	snprintf(expected, sizeof(expected),
			 "bolt_orm: never freed: the future of bolt_sleep made at %s:%d\n"
			 "bolt_orm: never freed: the future of bolt_acount made at %s:%d\n",
			 __FILE__, line, __FILE__, line + 1);
	assert_int_equal(bolt_debug_leaks(to), 2);
#else
	(void) line;
	expected[0] = '\0';
	assert_int_equal(bolt_debug_leaks(to), 0);
#endif
	fclose(to);
	assert_string_equal(said, expected);
	free(said);
	bolt_free(leaked[0]);
	bolt_free(leaked[1]);
	assert_int_equal(bolt_debug_leaks(NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_callbacks),	   cmocka_unit_test(of_coroutines), cmocka_unit_test(of_transactions),
		cmocka_unit_test(of_commit_hooks), cmocka_unit_test(of_catchers),	cmocka_unit_test(leaks_are_named),
	};

	return run_server_tests(tests);
}
