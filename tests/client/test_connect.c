/*
 * test_connect.c
 *	  Names that are looked up beside the loop, and several servers, one of which is silent, away, or of the wrong kind.
 *
 * Names ending in .test are this program's: its getaddrinfo stands before that of the C library.
 */
#include "private_server.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "hosts.h"

/* ----------
 * Names
 * ----------
 */
static pthread_t loop_thread;
static atomic_int lookups;		   /* of names of this program */
static atomic_int lookups_in_loop; /* of these, in the thread of the loop */
static atomic_int slow_lookup = 300;

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int
look_up(resolver *real, const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **found)
{
	static const struct
	{
		const char *name;
		const char *addresses[3];
	} names[] = {
		{"good.test", {"127.0.0.1"}},
		{"slow.test", {"127.0.0.1"}},
		{"two.test", {"127.0.0.2", "127.0.0.1"}},
		{"six.test", {"::1", "127.0.0.1"}},
	};
	struct addrinfo **next = found;

	atomic_fetch_add(&lookups, 1);
	if (pthread_equal(pthread_self(), loop_thread))
		atomic_fetch_add(&lookups_in_loop, 1);
	if (strncmp(node, "slow", 4) == 0)
		usleep((useconds_t) atomic_load(&slow_lookup) * 1000);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, node) == 0)
		{
			for (int j = 0; j < 3 && names[i].addresses[j] != NULL; j++)
			{
				assert_int_equal(real(names[i].addresses[j], service, hints, next), 0);
				next = &(*next)->ai_next;
			}
			return 0;
		}
	return EAI_NONAME;
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	static _Atomic(resolver *) real;
	resolver *next = atomic_load(&real);

	if (next == NULL)
	{
		next = (resolver *) dlsym(RTLD_NEXT, "getaddrinfo");
		atomic_store(&real, next);
	}
	if (node == NULL || strlen(node) < 5 || strcmp(node + strlen(node) - 5, ".test") != 0 ||
		(hints != NULL && (hints->ai_flags & AI_NUMERICHOST)))
		return next(node, service, hints, found);
	return look_up(next, node, service, hints, found);
}

/* ----------
 * Servers
 * ----------
 */
static private_server primary;
static private_server standby;
static int hole;
static int hole_port;

static int
make_servers(void **state)
{
	(void) state;
	loop_thread = pthread_self();
	make_server(&primary);
	make_standby(&standby, &primary);
	hole = listen_silently("127.0.0.1", &hole_port);
	return 0;
}

static int
remove_servers(void **state)
{
	forget_server(state);
	close(hole);
	remove_server(&standby);
	remove_server(&primary);
	return 0;
}

static bolt_database *
open_at(const char *hosts, const char *format, ...)
{
	va_list arguments;
	char *ports;
	char *conninfo;
	bolt_database *db;

	va_start(arguments, format);
	if (vasprintf(&ports, format, arguments) < 0)
		abort();
	va_end(arguments);
	conninfo =
		text("host=%s %s user=postgres dbname=postgres gssencmode=disable sslmode=disable", hosts, ports);
	db = bolt_open(conninfo, NULL);
	free(conninfo);
	free(ports);
	atomic_store(&lookups, 0);
	atomic_store(&lookups_in_loop, 0);
	return db;
}

static void
expect_port(bolt_database *db, int port)
{
	static const bolt__statement statement = {"SELECT current_setting('port')::int", 0, BOLT__INTEGER, false};

	expect_number(ask(db, &statement, NULL, NULL), port);
}

/* The message has this in it. */
static void
expect_message(bolt_future *future, const char *part)
{
	future = settled(future);
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_OPERATIONAL_ERROR);
	if (strstr(bolt_error_message(bolt_error(future)), part) == NULL)
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	bolt_free(future);
}

/* ----------
 * Silent servers
 * ----------
 */
static void
after_a_silent_server_comes_the_next(void **state)
{
	bolt_database *db =
		open_at("127.0.0.1,127.0.0.1", "port=%d,%d connect_timeout=1", hole_port, primary.port);
	double start = seconds_now();

	(void) state;
	expect_port(db, primary.port);
	print_message("# one silent server before: %.3f s\n", seconds_now() - start);
	assert_true(seconds_now() - start >= 0.9 && seconds_now() - start < 1.9);
	bolt_close(db);
}

static void
among_many_the_one_that_answers_is_found(void **state)
{
	int closed = free_port();
	int port = 0;
	int second = listen_silently("127.0.0.2", &port);
	bolt_database *db = open_at("127.0.0.1,127.0.0.1,127.0.0.2,good.test",
								"port=%d,%d,%d,%d connect_timeout=1", closed, hole_port, port, primary.port);
	double start = seconds_now();

	(void) state;
	expect_port(db, primary.port);
	assert_true(seconds_now() - start >= 1.9 && seconds_now() - start < 3.9);
	bolt_close(db);
	close(second);
}

static void
all_that_were_silent_are_named(void **state)
{
	int port = 0;
	int second = listen_silently("127.0.0.1", &port);
	bolt_database *db = open_at("127.0.0.1,good.test,good.test", "port=%d,%d,%d connect_timeout=1", hole_port,
								port, free_port());
	bolt_future *future = settled(echo(db, 1));
	const char *message = bolt_error_message(bolt_error(future));

	(void) state;
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_OPERATIONAL_ERROR);
	print_message("# %s\n", message);
	assert_non_null(strstr(message, "connection to server at \"127.0.0.1\""));
	assert_non_null(strstr(message, "connection to server at \"good.test\" (127.0.0.1)"));
	assert_non_null(strstr(message, "failed: no answer within 1000 ms"));
	assert_non_null(strstr(message, "Connection refused"));
	bolt_free(future);
	bolt_close(db);
	close(second);
}

static void
the_shorter_time_limit_holds(void **state)
{
	char *conninfo = text("host=127.0.0.1 port=%d connect_timeout=30", hole_port);
	bolt_database *db = bolt_open(conninfo, BOLT_OPTIONS(.connect_timeout = 200));
	double start = seconds_now();

	(void) state;
	expect_message(echo(db, 1), "within 200 ms");
	assert_true(seconds_now() - start < 10);
	bolt_close(db);
	free(conninfo);
	setenv("PGCONNECT_TIMEOUT", "1", 1);
	db = open_at("127.0.0.1", "port=%d", hole_port);
	expect_message(echo(db, 1), "within 1000 ms");
	unsetenv("PGCONNECT_TIMEOUT");
	bolt_close(db);
}

static void
a_server_that_is_starting_up_or_refuses_is_passed_over(void **state)
{
	bolt_database *db = open_at("127.0.0.1,127.0.0.1", "port=%d,%d", free_port(), primary.port);

	(void) state;
	expect_port(db, primary.port);
	bolt_close(db);
}

/* As in libpq: another server would not be the one that was meant. */
static void
a_server_that_says_no_is_the_end(void **state)
{
	bolt_database *db =
		open_at("127.0.0.1,127.0.0.1", "port=%d,%d options='-c no.such.setting=1 -c nonsense=1'",
				primary.port, hole_port);

	(void) state;
	expect_message(echo(db, 1), "nonsense");
	bolt_close(db);
}

/* ----------
 * Kinds of servers
 * ----------
 */
static void
the_kind_of_server_that_is_wanted(void **state)
{
	static const struct
	{
		const char *kind;
		bool standby;
	} kinds[] = {
		{"any", true}, {"read-write", false}, {"primary", false}, {"standby", true}, {"read-only", true}};
	bolt_database *db;

	(void) state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
	{
		db = open_at("127.0.0.1,good.test,127.0.0.1",
					 "port=%d,%d,%d connect_timeout=1 target_session_attrs=%s", hole_port, standby.port,
					 primary.port, kinds[i].kind);
		expect_port(db, kinds[i].standby ? standby.port : primary.port);
		bolt_close(db);
	}
	db = open_at("127.0.0.1,127.0.0.1", "port=%d,%d target_session_attrs=prefer-standby", primary.port,
				 standby.port);
	expect_port(db, standby.port);
	bolt_close(db);
	db = open_at("127.0.0.1,127.0.0.1", "port=%d,%d target_session_attrs=standby", primary.port, hole_port);
	bolt_close(db);
}

/* libpq comes back to the first in its second round. */
static void
a_standby_is_preferred_and_none_answers(void **state)
{
	bolt_database *db = open_at("127.0.0.1,127.0.0.1,good.test",
								"port=%d,%d,%d connect_timeout=1 target_session_attrs=prefer-standby",
								primary.port, hole_port, free_port());
	double start = seconds_now();

	(void) state;
	expect_port(db, primary.port);
	assert_true(seconds_now() - start < 3);
	bolt_close(db);
}

/* ----------
 * Names
 * ----------
 */
static double longest_gap;
static double last_tick;

static void
tick(bolt_future *slept, void *db)
{
	double now = seconds_now();

	if (bolt_failed(slept))
		return;
	if (now - last_tick > longest_gap)
		longest_gap = now - last_tick;
	last_tick = now;
	bolt_then(bolt_sleep(db, 5), tick, db);
}

static void
names_do_not_block_the_loop(void **state)
{
	bolt_database *db = open_at("slow.test", "port=%d", primary.port);
	double start = seconds_now();
	bolt_future *future = echo(db, 7);

	(void) state;
	assert_true(seconds_now() - start < 0.2); /* nor the call */
	longest_gap = 0;
	last_tick = start;
	bolt_then(bolt_sleep(db, 5), tick, db);
	expect_number(future, 7);
	print_message("# a name that took 300 ms: the loop stood still for %.1f ms at most\n",
				  longest_gap * 1000);
	assert_true(seconds_now() - start >= 0.29);
	assert_true(longest_gap < 0.2);
	assert_true(atomic_load(&lookups) >= 1);
	assert_int_equal(atomic_load(&lookups_in_loop), 0);
	bolt_close(db);
}

static void
every_address_of_a_name_is_tried(void **state)
{
	int port = primary.port;
	int silent = listen_silently("127.0.0.2", &port);
	bolt_database *db = open_at("two.test", "port=%d connect_timeout=1", primary.port);
	double start = seconds_now();

	(void) state;
	expect_port(db, primary.port);
	assert_true(seconds_now() - start >= 0.9);
	bolt_close(db);
	close(silent);
	db = open_at("six.test", "port=%d", primary.port);
	expect_port(db, primary.port);
	bolt_close(db);
}

static void
unknown_names_are_passed_over(void **state)
{
	bolt_database *db = open_at("unknown.test,good.test", "port=%d", primary.port);

	(void) state;
	expect_port(db, primary.port);
	assert_int_equal(atomic_load(&lookups_in_loop), 0);
	bolt_close(db);
	db = open_at("unknown.test", "port=%d", primary.port);
	expect_message(echo(db, 1), "could not translate host name \"unknown.test\" to address: ");
	bolt_close(db);
}

static void
a_name_server_that_is_silent_does_not_hold_up_known_names(void **state)
{
	bolt_database *db = open_at("slow.test,good.test", "port=%d connect_timeout=1", primary.port);
	double start = seconds_now();

	(void) state;
	atomic_store(&slow_lookup, 3000);
	expect_port(db, primary.port);
	assert_true(seconds_now() - start < 2.5);
	bolt_close(db);
	atomic_store(&slow_lookup, 300);
}

static void
many_connections_share_a_lookup(void **state)
{
	char *conninfo = text("host=slow.test port=%d user=postgres dbname=postgres", primary.port);
	bolt_database *db = bolt_open(conninfo, BOLT_OPTIONS(.connections = 20));
	bolt_future *all[40];

	(void) state;
	atomic_store(&lookups, 0);
	for (int i = 0; i < 40; i++)
		all[i] = echo(db, i);
	run_for(db, 50);
	assert_int_equal(atomic_load(&lookups), 1);
	for (int i = 0; i < 40; i++)
		expect_number(all[i], i);
	bolt_close(db);
	free(conninfo);
}

static void
closed_while_a_name_is_looked_up(void **state)
{
	(void) state;
	atomic_store(&slow_lookup, 200);
	for (int i = 0; i < 20; i++)
	{
		bolt_database *db = open_at("slow.test,slow2.test,slow.test", "port=%d", primary.port);
		bolt_future *future = echo(db, 1);

		if (i % 2 == 0)
			run_for(db, i * 15);
		bolt_close(db);
		assert_true(bolt_done(future));
		bolt_free(future);
	}
	usleep(300000);
	atomic_store(&slow_lookup, 300);
}

static void
a_request_that_gives_up_leaves_the_lookup(void **state)
{
	bolt_database *db = open_at("slow.test", "port=%d", primary.port);

	(void) state;
	for (int i = 0; i < 10; i++)
		expect_error(bolt_await(bolt_timeout(echo(db, 1), 10)), BOLT_TIMEOUT);
	assert_int_equal(atomic_load(&lookups), 1);
	expect_number(echo(db, 2), 2);
	bolt_close(db);
}

static void
sockets_and_numbers_need_no_lookup(void **state)
{
	bolt_database *db = open_at(primary.folder, "port=%d", primary.port);

	(void) state;
	expect_port(db, primary.port);
	bolt_close(db);
	db = open_at("anything.test", "hostaddr=127.0.0.1 port=%d", primary.port);
	expect_port(db, primary.port);
	assert_int_equal(atomic_load(&lookups), 0);
	bolt_close(db);
	assert_false(bolt__is_host_name("127.0.0.1"));
	assert_false(bolt__is_host_name("::1"));
	assert_false(bolt__is_host_name("/tmp"));
	assert_false(bolt__is_host_name("@abstract"));
	assert_false(bolt__is_host_name(""));
	assert_true(bolt__is_host_name("localhost"));
}

/* Otherwise its line in the password file would not be found. */
static void
the_name_stays_the_servers_name(void **state)
{
	char *path = text("%s/passwords", primary.folder);
	FILE *file = fopen(path, "w");
	PGconn *connection;
	char *conninfo = text("host=127.0.0.1 port=%d user=postgres dbname=postgres", primary.port);
	bolt_database *db;

	(void) state;
	connection = PQconnectdb(conninfo);
	PQclear(PQexec(connection, "SET client_min_messages = error; DROP ROLE IF EXISTS by_password"));
	PQclear(PQexec(connection, "CREATE ROLE by_password LOGIN PASSWORD 'right'"));
	PQfinish(connection);
	free(conninfo);
	run_as_server(
		"sed -i '1i host all by_password 127.0.0.1/32 scram-sha-256' %s/data/pg_hba.conf && \"$bin/pg_ctl\" -s -D %s/data reload",
		primary.folder, primary.folder);
	usleep(300000);
	assert_non_null(file);
	fprintf(file, "127.0.0.1:*:*:*:wrong\ngood.test:*:*:by_password:right\n");
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	conninfo = text(
		"host=two.test,good.test port=%d,%d user=by_password dbname=postgres passfile=%s connect_timeout=1",
		hole_port, primary.port, path);
	db = bolt_open(conninfo, NULL);
	expect_port(db, primary.port);
	bolt_close(db);
	free(conninfo);
	unlink(path);
	free(path);
}

/* ----------
 * Lists
 * ----------
 */
static char *
list_of(const bolt__hosts *hosts)
{
	char *list = text("%s", "");

	for (int i = 0; i < hosts->count; i++)
	{
		const bolt__host *host = &hosts->list[i];
		char *longer = text("%s%s%s/%s:%s", list, i == 0 ? "" : " ", host->host, host->address, host->port);

		free(list);
		list = longer;
	}
	return list;
}

static void
expect_list(const char *conninfo, const char *expected)
{
	bolt__hosts hosts;
	unsigned int random = 1;
	char *list;

	bolt__hosts_read(&hosts, conninfo, &random);
	list = list_of(&hosts);
	assert_string_equal(list, expected);
	free(list);
	bolt__hosts_free(&hosts);
}

static void
lists_are_read_as_libpq_reads_them(void **state)
{
	char *host = strdup(getenv("PGHOST"));
	char *port = strdup(getenv("PGPORT"));

	(void) state;
	setenv("PGHOST", "from.test", 1);
	setenv("PGPORT", "7777", 1);
	expect_list("", "from.test/:7777");
	expect_list("host=a,b", "a/:7777 b/:7777");
	expect_list("host=a,b port=1,2", "a/:1 b/:2");
	expect_list("host=a,b port=,2", "a/:5432 b/:2");
	expect_list("postgresql://a:1,b:2,[::1]/x", "a/:1 b/:2 ::1/:5432");
	expect_list("host=a,b hostaddr=1.1.1.1,", "a/1.1.1.1:7777 b/:7777");
	expect_list("host='' hostaddr=1.1.1.1,2.2.2.2", "/1.1.1.1:7777 /2.2.2.2:7777");
	expect_list("host=a,b port=1,2,3", ""); /* libpq is to refuse it */
	expect_list("host=a,b hostaddr=1.1.1.1", "");
	setenv("PGHOST", host, 1);
	setenv("PGPORT", port, 1);
	free(host);
	free(port);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_silent_server_comes_the_next),
		cmocka_unit_test(among_many_the_one_that_answers_is_found),
		cmocka_unit_test(all_that_were_silent_are_named),
		cmocka_unit_test(the_shorter_time_limit_holds),
		cmocka_unit_test(a_server_that_is_starting_up_or_refuses_is_passed_over),
		cmocka_unit_test(a_server_that_says_no_is_the_end),
		cmocka_unit_test(the_kind_of_server_that_is_wanted),
		cmocka_unit_test(a_standby_is_preferred_and_none_answers),
		cmocka_unit_test(names_do_not_block_the_loop),
		cmocka_unit_test(every_address_of_a_name_is_tried),
		cmocka_unit_test(unknown_names_are_passed_over),
		cmocka_unit_test(a_name_server_that_is_silent_does_not_hold_up_known_names),
		cmocka_unit_test(many_connections_share_a_lookup),
		cmocka_unit_test(closed_while_a_name_is_looked_up),
		cmocka_unit_test(a_request_that_gives_up_leaves_the_lookup),
		cmocka_unit_test(sockets_and_numbers_need_no_lookup),
		cmocka_unit_test(the_name_stays_the_servers_name),
		cmocka_unit_test(lists_are_read_as_libpq_reads_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	setenv("PGAPPNAME", "bolt_orm", 1);
	return cmocka_run_group_tests(tests, make_servers, remove_servers);
}
