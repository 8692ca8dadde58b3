/*
 * test_threads.c
 *	  Databases and threads: one at a time, from one to the next; and what is left when a thread ends.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "requests.h"

static void
run_thread(void *(*body)(void *), void *arg)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, body, arg), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ----------
 * From one thread to the next
 * ----------
 */
static void *
ask_here(void *db)
{
	expect_number(echo(db, 7), 7);
	return NULL;
}

static void *
open_here(void *to)
{
	*(bolt_database **) to = bolt_open(NULL, BOLT_OPTIONS(.connections = 2));
	return NULL;
}

static void *
close_here(void *db)
{
	bolt_close(db);
	return NULL;
}

static void
opened_in_one_thread_and_used_in_others(void **state)
{
	bolt_database *db;

	(void) state;
	run_thread(open_here, &db);
	run_thread(ask_here, db);
	expect_number(echo(db, 8), 8);
	run_thread(ask_here, db);
	assert_int_equal(bolt_run(db), 0);
	run_thread(close_here, db);
}

static void *
send_here(void *arg)
{
	void **both = arg;

	both[1] = slow_echo(both[0], 0.05, 9);
	return NULL;
}

/* The thread that sent it is gone when it is awaited. */
static void
awaited_in_another_thread(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);
	void *both[2] = {db, NULL};

	(void) state;
	run_thread(send_here, both);
	expect_number(both[1], 9);
	run_thread(send_here, both);
	assert_int_equal(bolt_run(db), 0);
	assert_true(bolt_done(both[1]));
	bolt_free(both[1]);
	bolt_close(db);
}

typedef struct relay
{
	bolt_database *db;
	pthread_mutex_t mutex;
	atomic_int rounds;
} relay;

/* Each with a database of its own, whose loop runs all the time, and one that they share under a mutex. */
static void *
take_turns(void *arg)
{
	relay *shared = arg;
	bolt_database *own = bolt_open(NULL, NULL);

	for (int i = 0; i < 50; i++)
	{
		bolt_future *mine = slow_echo(own, 0.001, i);

		pthread_mutex_lock(&shared->mutex);
		expect_number(bolt_gather(echo(shared->db, i), bolt_sleep(shared->db, 0)), 0);
		bolt_free(settled(echo(shared->db, i)));
		pthread_mutex_unlock(&shared->mutex);
		shared->rounds++;
		expect_number(mine, i);
	}
	bolt_close(own);
	return NULL;
}

static void
shared_under_a_mutex(void **state)
{
	relay shared = {.db = bolt_open(NULL, NULL), .mutex = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[4];

	(void) state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_turns, &shared), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(shared.rounds, 200);
	bolt_close(shared.db);
}

static void *
wait_in_coroutine(void *arg)
{
	bolt_database *db = arg;

	expect_number(slow_echo(db, 0.05, 3), 3);
	expect_number(slow_echo(db, 0.05, 4), 4);
	return db;
}

static void *
spawn_here(void *arg)
{
	void **both = arg;

	both[1] = bolt_spawn(both[0], wait_in_coroutine, both[0]);
	return NULL;
}

/* A coroutine that waits goes on in the thread that runs the loop next. */
static void
coroutines_go_on_in_the_next_thread(void **state)
{
	bolt_database *db = bolt_open(NULL, NULL);
	void *both[2] = {db, NULL};
	bolt_future *spawned;

	(void) state;
	run_thread(spawn_here, both);
	spawned = settled(both[1]);
	assert_ptr_equal(bolt_pointer(spawned), db);
	bolt_free(spawned);
	bolt_close(db);
}

/* ----------
 * What a thread leaves
 * ----------
 */
#define COROUTINES 40
#define TOUCHED 200000

static void *
touch_stack(void *db)
{
	volatile char touched[TOUCHED];

	for (size_t i = 0; i < sizeof(touched); i += 1000)
		touched[i] = 1;
	bolt_free(bolt_await(bolt_sleep(db, 1)));
	return NULL;
}

static void *
many_coroutines(void *arg)
{
	bolt_database *db = bolt_open(NULL, NULL);

	for (int i = 0; i < COROUTINES; i++)
		bolt_free(bolt_spawn(db, touch_stack, db));
	assert_int_equal(bolt_run(db), 0);
	bolt_close(db);
	return arg;
}

static long
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*s %ld", &pages), 1);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Kept by the threads, they would be 30 times 8 MB. */
static void
stacks_do_not_outlive_their_database(void **state)
{
	long before;

	(void) state;
	if (getenv("BOLT_UNDER_VALGRIND") != NULL)
		skip();
	run_thread(many_coroutines, NULL);
	before = resident_bytes();
	for (int i = 0; i < 30; i++)
		run_thread(many_coroutines, NULL);
	assert_true(resident_bytes() - before < 5 * (long) COROUTINES * TOUCHED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opened_in_one_thread_and_used_in_others),
		cmocka_unit_test(awaited_in_another_thread),
		cmocka_unit_test(shared_under_a_mutex),
		cmocka_unit_test(coroutines_go_on_in_the_next_thread),
		cmocka_unit_test(stacks_do_not_outlive_their_database),
	};

	return run_server_tests(tests);
}
