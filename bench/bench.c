/*-------------------------------------------------------------------------
 *
 * bench.c
 *	  Compares bolt_orm with the SQL that one would write instead.
 *
 * For each workload: open a connection a contestant, verify that all return the
 * same, warm up, then rounds in which each contestant has its turn (A B C A B C
 * ...), so that what disturbs the machine disturbs all. A turn's figure is the
 * median of its executions.
 *
 * Usage: bench SQL-FOLDER REPORT-FOLDER, see README.md for the environment.
 * Loading the data is not its work, that is done by "run".
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define LEAST_ROUNDS 3

void
die(const char *format, ...)
{
	va_list arguments;

	fputs("bench: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void
progress(const char *format, ...)
{
	va_list arguments;

	fputs("bench: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/* A copy of a message on one line. */
char *
message_line(const char *message)
{
	char *line = strdup(message);

	for (char *c = line; *c != '\0'; c++)
	{
		if (*c == '\n')
			*c = c[1] == '\0' ? '\0' : ' ';
	}
	return line;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1000000000.0;
}

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' && strcmp(value, "0") != 0;
}

static Settings
read_settings(char **arguments)
{
	Settings settings = {arguments[1], arguments[2], getenv("BENCH_ONLY"), 15, 60, false};

	settings.quick = is_set("BENCH_QUICK");
	if (settings.quick)
	{
		settings.rounds = 5;
		settings.seconds = 5;
	}
	if (is_set("BENCH_ROUNDS"))
		settings.rounds = atoi(getenv("BENCH_ROUNDS"));
	if (is_set("BENCH_SECONDS"))
		settings.seconds = atof(getenv("BENCH_SECONDS"));
	if (settings.rounds < 1 || settings.rounds > MAX_ROUNDS)
		die("BENCH_ROUNDS must be between 1 and %d", MAX_ROUNDS);
	if (settings.only != NULL && *settings.only == '\0')
		settings.only = NULL;
	return settings;
}

/* BENCH_ONLY: words, separated by blanks. */
static bool
is_wanted(const Settings *settings, const Workload *workload)
{
	size_t length = strlen(workload->name);
	const char *word = settings->only;

	while (word != NULL && *word != '\0')
	{
		size_t word_length = strcspn(word, " ");

		if (word_length == length && strncmp(word, workload->name, length) == 0)
			return true;
		word += word_length + (word[word_length] == ' ');
	}
	return settings->only == NULL;
}

static bool
takes_turns(const Contestant *contestant)
{
	return contestant->failure == NULL && !contestant->once;
}

/*
 * The median of some executions, the same ones for each contestant. Only of use
 * where the contestant has not failed.
 */
static double
take_turn(Contestant *contestant, const Workload *workload, const Settings *settings, int first,
		  int executions)
{
	double *samples = malloc(executions * sizeof(double));
	double result;

	for (int i = 0; i < executions && contestant->failure == NULL; i++)
	{
		samples[i] = execute(contestant, workload, first + i, NULL, NULL);
		undo_execution(contestant, workload);
	}
	restore(workload, settings);
	result = contestant->failure == NULL ? median(samples, executions) : 0;
	free(samples);
	return result;
}

static void
warm_up(Workload *workload, const Settings *settings)
{
	foreach_contestant(contestant, workload)
	{
		if (takes_turns(contestant) && workload->warm_up > 0)
			take_turn(contestant, workload, settings, 0, workload->warm_up);
	}
}

static void
run_round(Workload *workload, const Settings *settings, int round)
{
	foreach_contestant(contestant, workload)
	{
		double sample;

		if (!takes_turns(contestant))
			continue;
		sample =
			take_turn(contestant, workload, settings, round * workload->executions, workload->executions);
		if (contestant->failure == NULL)
			contestant->samples[contestant->sample_count++] = sample;
		else
			contestant->sample_count = 0;
	}
}

static void
run_rounds(Workload *workload, const Settings *settings)
{
	double start = seconds();

	for (int round = 0; round < settings->rounds; round++)
	{
		if (round >= LEAST_ROUNDS && seconds() - start > settings->seconds)
			break;
		progress("%s: round %d of %d", workload->name, round + 1, settings->rounds);
		run_round(workload, settings, round);
	}
}

/* False where a contestant could not take part, or not to the end. */
static bool
run_workload(Workload *workload, const Settings *settings)
{
	bool complete = true;

	foreach_contestant(contestant, workload)
	{
		open_contestant(contestant, workload, settings->sql);
	}
	verify_workload(workload, settings);
	if (workload->microseconds)
		keep_awake();
	warm_up(workload, settings);
	run_rounds(workload, settings);
	let_sleep();
	foreach_contestant(contestant, workload)
	{
		close_contestant(contestant);
		if (contestant->failure != NULL)
		{
			progress("%s: %s: %s", workload->name, contestant->name, contestant->failure);
			complete = false;
		}
	}
	return complete;
}

int
main(int argument_count, char **arguments)
{
	Settings settings;
	Memory memory[4];
	int memory_count = 0;
	bool complete = true;

	if (argument_count != 3)
		die("usage: bench SQL-FOLDER REPORT-FOLDER");
	settings = read_settings(arguments);
	for (Workload *workload = workloads; workload->name != NULL; workload++)
	{
		if (!is_wanted(&settings, workload))
			continue;
		complete = run_workload(workload, &settings) && complete;
		if (strcmp(workload->name, "all") == 0)
			memory_count = measure_memory(&settings, memory);
	}
	write_report(&settings, memory, memory_count);
	return complete ? 0 : 2;
}
