/*
 * requests.c
 *	  Requests a second: bolt_aget of an article with author, tags, comments and their authors, against
 *	  libpq's pipeline mode with the prepared LATERAL
 *	  statement for the same.
 *
 *	  requests <the statement's file> <seconds a turn> <rounds>
 *
 * A number of requests is kept in flight over a number of connections: each answer asks for another
 * article. The two take turns; printed is the median of the rounds, a line of tab-separated values for
 * each pair of numbers. Before that their answers are compared.
 */
#include <bolt_orm.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_CONNECTIONS 4
#define MAX_ROUNDS 99
#define COMPARED 50

typedef struct Measured
{
	double requests;	 /* a second */
	double microseconds; /* of this process's processor time, a request */
} Measured;

static char *statement;
static int articles;
static unsigned int seed = 1;

static void
die(const char *message)
{
	fprintf(stderr, "requests: %s\n", message);
	exit(1);
}

static int
next_article(void)
{
	return 1 + rand_r(&seed) % articles;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static double
processor_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ----------
 * bolt_aget
 * ----------
 */
static bolt_database *db;
static bolt_queryset *posts;
static long answers;
static bool going_on;

static void ask(void);

static void
answered(bolt_future *post, void *arg)
{
	(void) arg;
	if (bolt_json(post) == NULL)
		die(bolt_error_message(bolt_error(post)));
	answers++;
	if (going_on)
		ask();
}

static void
ask(void)
{
	bolt_then(bolt_aget(bolt_ref(posts), BOLT_KW("id", next_article())), answered, NULL);
}

static void
open_bolt(int connections)
{
	db = bolt_open("", BOLT_OPTIONS(.connections = connections));
	posts = bolt_select_related(bolt_objects(db, "blog_article"), "author");
	posts = bolt_prefetch_related(posts, "tags", "comments__author");
}

static void
close_bolt(void)
{
	bolt_unref(posts);
	bolt_close(db);
}

static void
stop(bolt_future *slept, void *arg)
{
	(void) slept;
	(void) arg;
	going_on = false;
}

static void
run_bolt(int in_flight, double seconds)
{
	going_on = true;
	for (int i = 0; i < in_flight; i++)
		ask();
	bolt_then(bolt_sleep(db, (int64_t) (seconds * 1000)), stop, NULL);
	bolt_run(db);
}

/* ----------
 * libpq
 * ----------
 */
typedef struct Pipe
{
	PGconn *connection;
	int in_flight;
} Pipe;

static Pipe pipes[MAX_CONNECTIONS];
static int pipe_count;

static void
open_libpq(int connections)
{
	pipe_count = connections;
	for (int i = 0; i < connections; i++)
	{
		PGconn *connection = pipes[i].connection = PQconnectdb("");

		if (PQstatus(connection) != CONNECTION_OK)
			die(PQerrorMessage(connection));
		PQclear(PQprepare(connection, "article", statement, 0, NULL));
		PQsetnonblocking(connection, 1);
		PQenterPipelineMode(connection);
	}
}

static void
close_libpq(void)
{
	for (int i = 0; i < pipe_count; i++)
		PQfinish(pipes[i].connection);
}

static void
send_libpq(Pipe *pipe)
{
	char number[16];
	const char *parameter = number;

	snprintf(number, sizeof(number), "%d", next_article());
	if (!PQsendQueryPrepared(pipe->connection, "article", 1, &parameter, NULL, NULL, 0) ||
		!PQpipelineSync(pipe->connection))
		die(PQerrorMessage(pipe->connection));
	pipe->in_flight++;
}

static void
receive_libpq(Pipe *pipe)
{
	PGconn *connection = pipe->connection;

	if (!PQconsumeInput(connection))
		die(PQerrorMessage(connection));
	PQflush(connection);
	while (pipe->in_flight > 0 && !PQisBusy(connection))
	{
		PGresult *result = PQgetResult(connection);

		switch (PQresultStatus(result))
		{
			case PGRES_PIPELINE_SYNC:
				pipe->in_flight--;
				if (going_on)
					send_libpq(pipe);
				break;
			case PGRES_TUPLES_OK:
				if (PQntuples(result) != 1 || PQgetlength(result, 0, 0) == 0)
					die("no article");
				answers++;
				break;
			default:
				if (result != NULL)
					die(PQresultErrorMessage(result));
		}
		PQclear(result);
	}
}

static void
run_libpq(int in_flight, double seconds)
{
	double end = now() + seconds;
	struct pollfd polled[MAX_CONNECTIONS];
	int left = in_flight;

	going_on = true;
	for (int i = 0; i < in_flight; i++)
		send_libpq(&pipes[i % pipe_count]);
	for (int i = 0; i < pipe_count; i++)
		polled[i] = (struct pollfd){PQsocket(pipes[i].connection), POLLIN, 0};
	while (left > 0)
	{
		poll(polled, (nfds_t) pipe_count, -1);
		going_on = now() < end;
		left = 0;
		for (int i = 0; i < pipe_count; i++)
		{
			if (polled[i].revents != 0)
				receive_libpq(&pipes[i]);
			left += pipes[i].in_flight;
		}
	}
}

/* ----------
 * Measuring
 * ----------
 */
typedef struct Contestant
{
	const char *name;
	void (*open)(int connections);
	void (*close)(void);
	void (*run)(int in_flight, double seconds);
	Measured rounds[MAX_ROUNDS];
} Contestant;

static Contestant contestants[] = {
	{.name = "bolt_aget", .open = open_bolt, .close = close_bolt, .run = run_bolt},
	{.name = "libpq pipeline, LATERAL", .open = open_libpq, .close = close_libpq, .run = run_libpq},
};

#define CONTESTANTS ((int) (sizeof(contestants) / sizeof(contestants[0])))

static Measured
measure(const Contestant *contestant, int connections, int in_flight, double seconds)
{
	double start;
	double processor;
	Measured measured;

	contestant->open(connections);
	contestant->run(in_flight, seconds / 4); /* connected, prepared, caches warm */
	answers = 0;
	start = now();
	processor = processor_time();
	contestant->run(in_flight, seconds);
	measured.requests = (double) answers / (now() - start);
	measured.microseconds = (processor_time() - processor) * 1e6 / (double) answers;
	contestant->close();
	return measured;
}

static int
by_requests(const void *one, const void *other)
{
	double difference = ((const Measured *) one)->requests - ((const Measured *) other)->requests;

	return difference < 0 ? -1 : difference > 0;
}

static void
measure_all(int connections, int in_flight, double seconds, int rounds)
{
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < CONTESTANTS; i++)
			contestants[i].rounds[round] = measure(&contestants[i], connections, in_flight, seconds);
	for (int i = 0; i < CONTESTANTS; i++)
	{
		const Measured *median = &contestants[i].rounds[rounds / 2];

		qsort(contestants[i].rounds, (size_t) rounds, sizeof(Measured), by_requests);
		printf("%s\t%d\t%d\t%.0f\t%.1f\n", contestants[i].name, connections, in_flight, median->requests,
			   median->microseconds);
	}
	fflush(stdout);
}

/* The same articles by both. */
static void
compare(PGconn *connection)
{
	open_bolt(1);
	for (int i = 0; i < COMPARED; i++)
	{
		char number[16];
		const char *parameters[] = {number, NULL};
		bolt_future *post;
		PGresult *same;
		char *question;

		snprintf(number, sizeof(number), "%d", next_article());
		post = bolt_await(bolt_aget(bolt_ref(posts), BOLT_KW("id", atoi(number))));
		parameters[1] = bolt_json(post);
		if (parameters[1] == NULL)
			die(bolt_error_message(bolt_error(post)));
		if (asprintf(&question, "SELECT (%.*s)::jsonb = $2::jsonb", (int) strcspn(statement, ";"),
					 statement) < 0)
			die("out of memory");
		same = PQexecParams(connection, question, 2, NULL, parameters, NULL, NULL, 0);
		if (PQntuples(same) != 1 || strcmp(PQgetvalue(same, 0, 0), "t") != 0)
			die(PQntuples(same) == 1 ? "the two have not the same answer" : PQresultErrorMessage(same));
		PQclear(same);
		free(question);
		bolt_free(post);
	}
	close_bolt();
}

static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *content = calloc(1, 65536);

	if (file == NULL || content == NULL || fread(content, 1, 65535, file) == 0)
		die("the statement cannot be read");
	fclose(file);
	return content;
}

int
main(int argc, char **argv)
{
	static const int connections[] = {1, 2, 4};
	static const int in_flight[] = {1, 16, 256};
	PGconn *connection = PQconnectdb("");
	PGresult *count = PQexec(connection, "SELECT max(id) FROM blog_article");
	int rounds = argc == 4 ? atoi(argv[3]) : 0;

	if (rounds < 1 || rounds > MAX_ROUNDS)
		die("usage: requests <statement> <seconds a turn> <rounds>");
	if (PQntuples(count) != 1)
		die(PQerrorMessage(connection));
	articles = atoi(PQgetvalue(count, 0, 0));
	PQclear(count);
	statement = read_file(argv[1]);
	compare(connection);
	PQfinish(connection);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			measure_all(connections[i], in_flight[j], atof(argv[2]), rounds);
	free(statement);
	return 0;
}
