/*
 * debug.c
 *	  Which futures there are, in debug builds.
 */
#include "debug.h"
#include "bolt_orm/debug.h"

#include <pthread.h>
#include <stdlib.h>

#ifdef BOLT_DEBUG

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bolt__link living = {&living, &living};

void
bolt__debug_born(bolt_future *future)
{
	pthread_mutex_lock(&mutex);
	bolt__list_append(&living, &future->living);
	pthread_mutex_unlock(&mutex);
}

void
bolt__debug_gone(bolt_future *future)
{
	pthread_mutex_lock(&mutex);
	bolt__link_remove(&future->living);
	pthread_mutex_unlock(&mutex);
}

void
bolt__debug_name(bolt_future *future, const char *made_by)
{
	if (!future->immortal)
		future->made_by = made_by;
}

bolt_future *
bolt_debug_made(bolt_future *future, const char *file, int line)
{
	if (future != NULL && !future->immortal)
	{
		future->file = file;
		future->line = line;
	}
	return future;
}

size_t
bolt_debug_leaks(FILE *to)
{
	size_t count = 0;

	pthread_mutex_lock(&mutex);
	for (bolt__link *link = living.next; link != &living; link = link->next)
	{
		const bolt_future *future = bolt__container(link, bolt_future, living);

		/*
		 * A process that ends in the middle of its work frees nothing of that, nor what has no name: our own futures of
		 * connections.  A child has those of its parent.
		 */
		if (!future->settled || (future->made_by == NULL && future->file == NULL) ||
			(future->client != NULL && bolt__client_forked(future->client)))
			continue;
		count++;
		if (to == NULL)
			continue;
		fputs("bolt_orm: never freed: the future", to);
		if (future->made_by != NULL)
			fprintf(to, " of %s", future->made_by);
		if (future->file != NULL)
			fprintf(to, " made at %s:%d", future->file, future->line);
		fputc('\n', to);
	}
	pthread_mutex_unlock(&mutex);
	return count;
}

__attribute__((destructor)) static void
tell_of_leaks(void)
{
	bolt_debug_leaks(stderr);
}

#else

bolt_future *
bolt_debug_made(bolt_future *future, const char *file, int line)
{
	(void) file;
	(void) line;
	return future;
}

size_t
bolt_debug_leaks(FILE *to)
{
	(void) to;
	return 0;
}

#endif
