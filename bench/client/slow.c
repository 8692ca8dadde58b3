/*
 * slow.c
 *	  How long short requests take beside slow ones.
 *
 *	  slow-program <seconds a turn> <rounds>
 *
 * Short requests, bolt_aexists of an article by key, a number of them in flight, over eight connections at most; then the
 * same beside four requests that each keep a connection busy for a second, one after the other. Printed is,
 * for each number in flight, the median of the rounds: the 99th percentile without and with the slow ones, in
 * microseconds, and how many times that is.
 */
#include <bolt_orm.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CONNECTIONS 8
#define SLOW 4
#define MAX_ROUNDS 99
#define MAX_ASKED 10000000

typedef struct Request
{
	double started;
} Request;

static bolt_database *db;
static bolt_queryset *posts;
static bolt_queryset *slow_posts;
static float *times;
static int asked;
static bool going_on;
static Request requests[256];

static void
die(const char *message)
{
	fprintf(stderr, "slow: %s\n", message);
	exit(1);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static void ask(Request *request);

static void
answered(bolt_future *post, void *arg)
{
	Request *request = arg;

	if (bolt_failed(post))
		die(bolt_error_message(bolt_error(post)));
	if (asked < MAX_ASKED)
		times[asked++] = (float) (now() - request->started);
	if (going_on)
		ask(request);
}

static void
ask(Request *request)
{
	request->started = now();
	bolt_then(bolt_aexists(bolt_filter(bolt_ref(posts), BOLT_KW("id", 1 + rand() % 1000))), answered,
			  request);
}

static void
slow_answered(bolt_future *post, void *arg)
{
	(void) arg;
	if (bolt_failed(post))
		die(bolt_error_message(bolt_error(post)));
	if (going_on)
		bolt_then(bolt_acount(bolt_ref(slow_posts)), slow_answered, NULL);
}

static void
stop(bolt_future *slept, void *arg)
{
	(void) slept;
	(void) arg;
	going_on = false;
}

static int
by_time(const void *one, const void *other)
{
	float difference = *(const float *) one - *(const float *) other;

	return difference < 0 ? -1 : difference > 0;
}

/* The 99th percentile, in microseconds. */
static double
measure(int in_flight, int slow, double seconds)
{
	asked = 0;
	going_on = true;
	for (int i = 0; i < slow; i++)
		bolt_then(bolt_acount(bolt_ref(slow_posts)), slow_answered, NULL);
	for (int i = 0; i < in_flight; i++)
		ask(&requests[i]);
	bolt_then(bolt_sleep(db, (int64_t) (seconds * 1000)), stop, NULL);
	bolt_run(db);
	qsort(times, (size_t) asked, sizeof(float), by_time);
	return asked == 0 ? 0 : (double) times[asked / 100 * 99] * 1e6;
}

static int
by_value(const void *one, const void *other)
{
	double difference = *(const double *) one - *(const double *) other;

	return difference < 0 ? -1 : difference > 0;
}

int
main(int argc, char **argv)
{
	static const int in_flight[] = {1, 4, 16};
	double seconds = argc == 3 ? atof(argv[1]) : 0;
	int rounds = argc == 3 ? atoi(argv[2]) : 0;

	if (seconds <= 0 || rounds < 1 || rounds > MAX_ROUNDS)
		die("usage: slow-program <seconds a turn> <rounds>");
	times = calloc(MAX_ASKED, sizeof(float));
	db = bolt_open("", BOLT_OPTIONS(.connections = CONNECTIONS));
	posts = bolt_objects(db, "blog_article");
	slow_posts =
		bolt_objects(db, "slow_article"); /* a view that sleeps for a second, made by bench/client/slow */
	measure(16, 0, 0.5);
	printf("in flight\twithout, us\tbeside %d slow, us\ttimes\n", SLOW);
	for (int i = 0; i < 3; i++)
	{
		double without[MAX_ROUNDS];
		double with[MAX_ROUNDS];

		for (int round = 0; round < rounds; round++)
		{
			without[round] = measure(in_flight[i], 0, seconds);
			with[round] = measure(in_flight[i], SLOW, seconds);
		}
		qsort(without, (size_t) rounds, sizeof(double), by_value);
		qsort(with, (size_t) rounds, sizeof(double), by_value);
		printf("%d\t%.0f\t%.0f\t%.2f\n", in_flight[i], without[rounds / 2], with[rounds / 2],
			   with[rounds / 2] / without[rounds / 2]);
	}
	free(times);
	bolt_unref(posts);
	bolt_unref(slow_posts);
	bolt_close(db);
	return 0;
}
