/*
 * test_threads.c
 *	  Databases and threads: one at a time, from one to the next; and what is left when a thread ends.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
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

/* ----------
 * Processes
 * ----------
 */
static bool
failed_as_parents(bolt_future *future)
{
	bool is = bolt_error_code(bolt_error(future)) == BOLT_INTERFACE_ERROR &&
		strcmp(bolt_error_message(bolt_error(future)), "the database was opened by the parent process") == 0;

	bolt_free(future);
	return is;
}

static bolt_future *
empty_body(bolt_database *transaction, void *arg)
{
	(void) transaction;
	(void) arg;
	return NULL;
}

/* Everything that a child may try with its parent's database, and then with one of its own. The number of what went wrong. */
static int
child(bolt_database *db, bolt_future *under_way, bolt_iterator *rows)
{
	bolt_statistics statistics = {.size = sizeof(statistics)};
	bolt_database *own;
	bolt_future *number;
	bool right;

	if (!failed_as_parents(bolt_await(echo(db, 1))))
		return 1;
	if (!failed_as_parents(bolt_await(bolt_atomic(db, empty_body, NULL))) ||
		!failed_as_parents(bolt_await(bolt_spawn(db, ask_here, db))) ||
		!failed_as_parents(bolt_await(bolt_sleep(db, 1))))
		return 2;
	if (bolt_cancel(under_way) || bolt_run(db) != -1)
		return 3;
	if (!failed_as_parents(bolt_await(bolt_future_ref(under_way))))
		return 4;
	if (!failed_as_parents(bolt_anext(rows)))
		return 5;
	own = bolt_open(NULL, NULL);
	number = bolt_await(echo(own, 5));
	right = !bolt_failed(number) && strcmp(bolt_json(number), "5") == 0;
	bolt_free(number);
	bolt_get_statistics(own, &statistics);
	bolt_close(own);
	if (!right || statistics.connects != 1)
		return 6;
	bolt_aclose(rows);
	bolt_close(db);
	bolt_free(under_way);
	return 0;
}

static void
a_child_process_does_not_disturb_its_parent(void **state)
{
	bolt_database *db = bolt_open(NULL, BOLT_OPTIONS(.connections = 3));
	bolt_iterator *rows = series(db, 1000, 10000);
	bolt_future *under_way;
	long long pid;

	(void) state;
	expect_number(echo(db, 1), 1);
	bolt_free(settled(bolt_anext(rows)));
	pid = number_of(backend(db));
	under_way = slow_echo(db, 0.3, 2);
	run_for(db, 50);
	for (int i = 0; i < 3; i++)
	{
		pid_t forked = fork();
		int status;

		assert_true(forked >= 0);
		if (forked == 0)
			_exit(child(db, under_way, rows));
		assert_int_equal(waitpid(forked, &status, 0), forked);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	expect_number(under_way, 2);
	expect_number(backend(db), pid);
	for (int i = 1; i < 1000; i++)
	{
		bolt_future *row = settled(bolt_anext(rows));

		assert_non_null(bolt_json(row));
		bolt_free(row);
	}
	bolt_aclose(rows);
	expect_number(bolt_gather(echo(db, 1), echo(db, 2)), 0);
	bolt_close(db);
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
		cmocka_unit_test(a_child_process_does_not_disturb_its_parent),
	};

	return run_server_tests(tests);
}
