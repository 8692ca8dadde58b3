/*-------------------------------------------------------------------------
 *
 * memory.c
 *	  The private memory of a backend while it streams few and many articles.
 *
 * RssAnon of /proc/<backend>/status, sampled by a thread: VmHWM would count the
 * pages of shared_buffers that the backend touches. So the server must be on
 * this machine; where it is not, the figure is "not known".
 *
 *-------------------------------------------------------------------------
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define SAMPLE_NANOSECONDS 1000000

typedef struct Sampler
{
	int pid;
	long peak;
	atomic_bool stop;
} Sampler;

/* In kB; -1 where there is no such process or it is no PostgreSQL. */
static long
private_memory(int pid)
{
	char path[64];
	char line[256];
	long size = -1;
	bool is_server = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		if (strncmp(line, "Name:\tpostgres", 14) == 0)
			is_server = true;
		if (strncmp(line, "RssAnon:", 8) == 0)
			size = atol(line + 8);
	}
	fclose(file);
	return is_server ? size : -1;
}

static void *
sample_memory(void *argument)
{
	Sampler *sampler = argument;
	struct timespec pause = {0, SAMPLE_NANOSECONDS};

	while (!sampler->stop)
	{
		long size = private_memory(sampler->pid);

		if (size > sampler->peak)
			sampler->peak = size;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* A copy of the contestant, so that its own backend stays as it is. */
static Memory
measure_contestant(const Contestant *original, const Workload *workload, const Settings *settings,
				   int articles)
{
	Contestant contestant = *original;
	Memory memory = {original->name, articles, -1, -1};
	Sampler sampler = {0, -1, false};
	pthread_t thread;

	contestant.bound = articles;
	open_contestant(&contestant, workload, settings->sql);
	sampler.pid = PQbackendPID(contestant.conn);
	memory.before = private_memory(sampler.pid);
	pthread_create(&thread, NULL, sample_memory, &sampler);
	execute(&contestant, workload, 0, NULL, NULL);
	sampler.stop = true;
	pthread_join(thread, NULL);
	memory.peak = sampler.peak;
	close_contestant(&contestant);
	return memory;
}

/*
 * Fills memory with a row for 2,000 and one for all articles, for bolt and for
 * json_agg. Returns the number of rows.
 */
int
measure_memory(const Settings *settings, Memory *memory)
{
	static const char *const names[] = {"bolt.fetch, prepared", "json_agg, prepared"};
	static const int articles[] = {2000, 50000};
	Workload *workload = find_workload("all");
	int count = 0;

	for (int i = 0; i < 2; i++)
	{
		Contestant *contestant = find_contestant("all", names[i]);

		if (contestant->failure != NULL)
			continue;
		progress("all: memory of %s", contestant->name);
		for (int j = 0; j < 2; j++)
			memory[count++] = measure_contestant(contestant, workload, settings, articles[j]);
	}
	return count;
}
