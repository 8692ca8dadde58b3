/*-------------------------------------------------------------------------
 *
 * report.c
 *	  Writes bench.md, printed too, and bench.tsv.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

typedef enum Measure
{
	TIMES_FASTER,	  /* peer's median / subject's, at least */
	TIMES_AS_LONG,	  /* subject's median / peer's, at most */
	PER_ARTICLE,	  /* subject's time an article / peer's, at most */
	MICROSECONDS_MORE /* subject's median - peer's, at most */
} Measure;

/* What the project promises; one row of the report each. */
typedef struct Bar
{
	const char *workload;
	const char *subject;
	const char *peer;
	Measure measure;
	double threshold;
} Bar;

static const Bar bars[] = {
	{"article", "bolt.get, prepared", "json_agg, prepared", TIMES_FASTER, 1.5},
	{"article", "bolt.get, prepared", "json_agg, unprepared", TIMES_FASTER, 2.5},
	{"article", "bolt.get, prepared", "json_agg, simple query", TIMES_FASTER, 2.5},
	{"page", "bolt.fetch, prepared", "json_agg, prepared", TIMES_FASTER, 1.5},
	{"page", "bolt.fetch, prepared", "json_agg, unprepared", TIMES_FASTER, 2.5},
	{"page", "bolt.fetch, prepared", "json_agg, simple query", TIMES_FASTER, 2.5},
	{"articles", "bolt.fetch, prepared", "json_agg, prepared", TIMES_FASTER, 6},
	{"articles", "bolt.fetch, prepared", "jsonb_agg, prepared", TIMES_FASTER, 10},
	{"articles", "bolt.fetch, prepared", "flat rows, pipelined", TIMES_FASTER, 1.1},
	{"all", "bolt.fetch, prepared", "bolt.fetch, 2,000 articles", PER_ARTICLE, 1.2},
	{"unindexed", "bolt.fetch, prepared", "json_agg, run once", TIMES_FASTER, 50},
	{"count", "bolt.count, prepared", "SELECT count(*), generic plan", MICROSECONDS_MORE, 30},
	{"annotate", "bolt.fetch, prepared", "grouped, filter pushed down by hand", TIMES_FASTER, 1},
	{"annotate", "bolt.fetch, prepared", "Django's query", TIMES_FASTER, 10},
	{"paging", "bolt.page, prepared", "bolt.count and bolt.fetch, pipelined", TIMES_FASTER, 1},
	{"paging", "bolt.page, prepared", "bolt.count and bolt.fetch, two round trips", TIMES_FASTER, 1},
	{"document", "bolt.fetch, 40 keys", "SELECT $1, 40 keys", MICROSECONDS_MORE, 20},
	{"create", "bolt.create, prepared", "INSERT … RETURNING json, prepared", TIMES_AS_LONG, 1.2},
	{"create", "bolt.create, prepared", "INSERT … RETURNING *, prepared", TIMES_AS_LONG, 1.2},
	{"bulk_create", "bolt.bulk_create, prepared", "json_populate_recordset, RETURNING json", TIMES_FASTER,
	 1.5},
	{"bulk_create", "bolt.bulk_create, prepared", "json_populate_recordset", TIMES_FASTER, 1.5},
	{"bulk_create", "bolt.bulk_create, prepared", "COPY", TIMES_AS_LONG, 2},
	{"bulk_comments", "bolt.bulk_create, prepared", "json_populate_recordset, RETURNING json", TIMES_FASTER,
	 1.5},
	{"bulk_comments", "bolt.bulk_create, prepared", "json_populate_recordset", TIMES_FASTER, 1.5},
	{"bulk_comments", "bolt.bulk_create, prepared", "COPY", TIMES_AS_LONG, 2},
	{"delete", "bolt.delete, prepared", "Django", TIMES_FASTER, 10},
	{"transfer", "bolt.run, prepared", "six statements, prepared", TIMES_FASTER, 3},
	{"transfer", "bolt.run, prepared", "six statements, unprepared", TIMES_FASTER, 3},
};

/* What the two contestants of PER_ARTICLE fetch. */
#define ALL_ARTICLES 50000.0
#define FEW_ARTICLES 2000.0

/* kB that a backend may need more for all articles than for 2,000. */
#define MEMORY_BAR (32 * 1024)

#define BAR_COUNT (sizeof(bars) / sizeof(bars[0]))

static double
contestant_median(const Contestant *contestant)
{
	return median(contestant->samples, contestant->sample_count);
}

static const char *
reached(bool is_reached)
{
	return is_reached ? "reached" : "**not reached**";
}

/* First line of a /proc file that begins so, after its colon. */
static void
write_proc_line(FILE *out, const char *path, const char *beginning)
{
	char line[512];
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		char *colon = strchr(line, ':');

		if (strncmp(line, beginning, strlen(beginning)) == 0 && colon != NULL)
		{
			colon += 1 + strspn(colon + 1, " \t");
			fprintf(out, ", %.*s", (int) strcspn(colon, "\n"), colon);
			break;
		}
	}
	fclose(file);
}

static void
write_facts(FILE *out, const Settings *settings)
{
	PGconn *conn = connect_server(NULL);
	PGresult *result = query(conn,
							 "SELECT current_setting('server_version'), "
							 "string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) "
							 "FROM pg_settings WHERE name IN ('jit', 'shared_buffers', 'work_mem', "
							 "'max_parallel_workers_per_gather', 'plan_cache_mode')");
	double load[1] = {0};
	time_t now = time(NULL);
	char date[32];

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", gmtime(&now));
	if (getloadavg(load, 1) != 1)
		load[0] = 0;
	fprintf(out, "- %s%s\n", date, settings->quick ? ", a quick run: read its figures as a hint" : "");
	fprintf(out, "- machine: %ld cores", sysconf(_SC_NPROCESSORS_ONLN));
	write_proc_line(out, "/proc/cpuinfo", "model name");
	write_proc_line(out, "/proc/meminfo", "MemTotal");
	fprintf(out, ", load %.1f at the end (one contestant at a time keeps it near 1)\n", load[0]);
	fprintf(out, "- PostgreSQL %s; %s\n", PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
	fprintf(out, "- client: libpq %d, one connection a contestant, at most %d rounds or %.0f s a workload\n",
			PQlibVersion(), settings->rounds, settings->seconds);
	PQclear(result);
	PQfinish(conn);
}

static double
measured(const Bar *bar, const Contestant *subject, const Contestant *peer, bool is_paired)
{
	double difference;

	switch (bar->measure)
	{
		case TIMES_FASTER:
			return is_paired ? paired_ratio(peer, subject) :
							   contestant_median(peer) / contestant_median(subject);
		case TIMES_AS_LONG:
			return is_paired ? paired_ratio(subject, peer) :
							   contestant_median(subject) / contestant_median(peer);
		case PER_ARTICLE:
			return FEW_ARTICLES / ALL_ARTICLES *
				(is_paired ? paired_ratio(subject, peer) :
							 contestant_median(subject) / contestant_median(peer));
		case MICROSECONDS_MORE:
			difference = is_paired ? paired_difference(subject, peer) :
									 contestant_median(subject) - contestant_median(peer);
			return 1000 * difference;
	}
	return 0;
}

static void
write_bar(FILE *out, const Bar *bar, const Settings *settings)
{
	static const char *const forms[] = {
		[TIMES_FASTER] = "≥ %g×",
		[TIMES_AS_LONG] = "≤ %g× as long",
		[PER_ARTICLE] = "≤ %g× an article",
		[MICROSECONDS_MORE] = "≤ %g µs more",
	};
	const Contestant *subject = find_contestant(bar->workload, bar->subject);
	const Contestant *peer = find_contestant(bar->workload, bar->peer);
	const char *judgement;
	char threshold[64];
	double value;

	snprintf(threshold, sizeof(threshold), forms[bar->measure], bar->threshold);
	fprintf(out, "| %s | %s | %s | %s |", bar->workload, bar->subject, bar->peer, threshold);
	if (subject->sample_count == 0 || peer->sample_count == 0)
	{
		fprintf(out, " – | – | not run |\n");
		return;
	}
	value = measured(bar, subject, peer, false);
	judgement = reached(bar->measure == TIMES_FASTER ? value >= bar->threshold : value <= bar->threshold);
	if (settings->quick && strcmp(bar->workload, "unindexed") == 0)
		judgement = "not judged: tables scaled down";
	fprintf(out, " %.2f | %.2f | %s |\n", value, measured(bar, subject, peer, true), judgement);
}

/* Bolt's rows, where there are any, are the first two. */
static void
write_memory_bar(FILE *out, const Memory *memory, int memory_count)
{
	bool is_run = memory_count > 1 && strncmp(memory->contestant, "bolt", 4) == 0;
	long more;

	fprintf(out, "| all | bolt.fetch, prepared | its memory at 2,000 articles | ≤ 32 MB more |");
	if (!is_run || memory[0].peak < 0 || memory[1].peak < 0)
	{
		fprintf(out, " – | – | %s |\n", is_run ? "not known" : "not run");
		return;
	}
	more = memory[1].peak - memory[0].peak;
	fprintf(out, " %.1f | – | %s |\n", more / 1024.0, reached(more <= MEMORY_BAR));
}

static void
write_bars(FILE *out, const Settings *settings, const Memory *memory, int memory_count)
{
	fprintf(out,
			"\n## Bars\n\n"
			"Judged by the ratio (or difference) of the medians; beside it the median of the rounds' own.\n\n"
			"| workload | subject | against | bar | medians | paired | |\n"
			"| --- | --- | --- | --- | ---: | ---: | --- |\n");
	for (size_t i = 0; i < BAR_COUNT; i++)
		write_bar(out, &bars[i], settings);
	write_memory_bar(out, memory, memory_count);
}

static void
write_contestant(FILE *out, const Contestant *contestant, const Contestant *first)
{
	const double *samples = contestant->samples;
	int count = contestant->sample_count;
	int digits;

	fprintf(out, "| %s |", contestant->name);
	if (count == 0)
	{
		fprintf(out, " – | – | – | – | – |\n");
		return;
	}
	digits = median(samples, count) < 10 ? 3 : 1;
	fprintf(out, " %.*f | %.*f–%.*f | %.*f–%.*f |", digits, median(samples, count), digits,
			quantile(samples, count, 0.25), digits, quantile(samples, count, 0.75), digits,
			quantile(samples, count, 0), digits, quantile(samples, count, 1));
	if (first->sample_count == 0 || contestant->bound != 0)
		fprintf(out, " – | – |\n");
	else
		fprintf(out, " %.2f | %.2f |\n", contestant_median(contestant) / contestant_median(first),
				paired_ratio(contestant, first));
}

static void
write_failures(FILE *out, const Workload *workload)
{
	foreach_contestant(contestant, workload)
	{
		if (contestant->failure != NULL)
			fprintf(out, "\nNot run: %s: %.1000s\n", contestant->name, contestant->failure);
	}
}

static void
write_unindexed_note(FILE *out, const Settings *settings)
{
	PGconn *conn = connect_server(NULL);
	PGresult *result =
		query(conn, "SELECT (SELECT count(*) FROM bench_parent), (SELECT count(*) FROM bench_child)");

	fprintf(
		out,
		"\n%s parents, %s children%s. LATERAL takes too long for rounds: it ran once, and that run is the one verified.\n",
		PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
		settings->quick ? " (scaled down for a quick run; the ratio grows with the size)" : "");
	PQclear(result);
	PQfinish(conn);
}

static void
write_memory(FILE *out, const Memory *memory, int memory_count)
{
	if (memory_count == 0)
		return;
	fprintf(out,
			"\nPrivate memory of a fresh backend (RssAnon, sampled every millisecond), MB:\n\n"
			"| contestant | articles | before | peak |\n| --- | ---: | ---: | ---: |\n");
	for (int i = 0; i < memory_count; i++)
	{
		fprintf(out, "| %s | %d |", memory[i].contestant, memory[i].articles);
		if (memory[i].peak < 0)
			fprintf(out, " not known | not known |\n");
		else
			fprintf(out, " %.1f | %.1f |\n", memory[i].before / 1024.0, memory[i].peak / 1024.0);
	}
}

static bool
was_run(const Workload *workload)
{
	foreach_contestant(contestant, workload)
	{
		if (contestant->sample_count > 0 || contestant->failure != NULL)
			return true;
	}
	return false;
}

static void
write_workload(FILE *out, const Workload *workload, const Settings *settings, const Memory *memory,
			   int memory_count)
{
	const Contestant *first = workload->contestants;
	int rounds = 0;

	foreach_contestant(contestant, workload)
	{
		if (contestant->sample_count > rounds)
			rounds = contestant->sample_count;
	}
	fprintf(
		out,
		"\n## %s\n\n%d round%s of %d execution%s each. Milliseconds; \"×\" is the time over that of %s.\n\n"
		"| %s | median | quartiles | min–max | × (medians) | × (paired) |\n"
		"| --- | ---: | ---: | ---: | ---: | ---: |\n",
		workload->title, rounds, rounds == 1 ? "" : "s", workload->executions,
		workload->executions == 1 ? "" : "s", first->name, workload->name);
	foreach_contestant(contestant, workload)
	{
		write_contestant(out, contestant, first);
	}
	if (strcmp(workload->name, "all") == 0)
		write_memory(out, memory, memory_count);
	if (strcmp(workload->name, "unindexed") == 0)
		write_unindexed_note(out, settings);
	if (workload->rolled_back)
		fprintf(
			out,
			"\nEach execution is in a transaction that is rolled back; its beginning and end are not timed.\n");
	if (workload->network)
		fprintf(
			out,
			"\nThrough a relay on the loopback interface that holds what it passes on for %d µs each way.\n",
			NETWORK_MICROSECONDS / 2);
	write_failures(out, workload);
}

static FILE *
open_report(const Settings *settings, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", settings->report, name);
	file = fopen(path, "w");
	if (file == NULL)
		die("could not write \"%s\": %s", path, strerror(errno));
	return file;
}

static void
write_samples(FILE *out)
{
	fprintf(out, "workload\tcontestant\tround\tmilliseconds\n");
	for (Workload *workload = workloads; workload->name != NULL; workload++)
	{
		foreach_contestant(contestant, workload)
		{
			for (int round = 0; round < contestant->sample_count; round++)
				fprintf(out, "%s\t%s\t%d\t%.6f\n", workload->name, contestant->name, round + 1,
						contestant->samples[round]);
		}
	}
}

void
write_report(const Settings *settings, const Memory *memory, int memory_count)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	FILE *file;

	fprintf(out, "# Benchmark\n\n");
	write_facts(out, settings);
	write_bars(out, settings, memory, memory_count);
	for (Workload *workload = workloads; workload->name != NULL; workload++)
	{
		if (was_run(workload))
			write_workload(out, workload, settings, memory, memory_count);
	}
	fclose(out);

	fputs(text, stdout);
	file = open_report(settings, "bench.md");
	fputs(text, file);
	fclose(file);
	file = open_report(settings, "bench.tsv");
	write_samples(file);
	fclose(file);
	free(text);
}
