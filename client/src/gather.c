/*
 * gather.c
 *	  A future of several.
 */
#include "debug.h"
#include "future_state.h"

#include <stdlib.h>

typedef struct gather_child
{
	bolt__waiter waiter;
	struct gather_future *gather;
	bolt_future *future;
} gather_child;

typedef struct gather_future
{
	bolt_future future;
	size_t count;
	size_t open; /* children that have not settled */
	gather_child children[];
} gather_future;

static void
abandon(bolt_future *future, bolt_exception *error)
{
	gather_future *gather = (gather_future *) future;

	bolt_future_ref(future);
	bolt__settle(future, error);
	for (size_t i = 0; i < gather->count; i++)
		bolt_cancel(gather->children[i].future);
	bolt_free(future);
}

static void
dispose(bolt_future *future)
{
	gather_future *gather = (gather_future *) future;

	for (size_t i = 0; i < gather->count; i++)
	{
		bolt__future_pass_overs(future, gather->children[i].future);
		bolt_free(gather->children[i].future);
	}
}

static const bolt__future_class gather_class = {abandon, dispose, true};

static void
settle(gather_future *gather)
{
	bolt_exception *error = NULL;

	if (gather->future.settled) /* cancelled before */
		return;
	for (size_t i = 0; i < gather->count && error == NULL; i++)
		if (bolt_failed(gather->children[i].future))
			error = bolt_error_ref(gather->children[i].future->error);
	bolt__settle(&gather->future, error);
}

static void
child_settled(bolt__waiter *waiter, bolt_future *future)
{
	gather_future *gather = bolt__container(waiter, gather_child, waiter)->gather;

	(void) future;
	if (--gather->open > 0)
		return;
	settle(gather);
	bolt_free(&gather->future); /* the children's reference */
}

/* What it belongs to: the client of the first child that has one. */
static bolt__client *
client_of(size_t count, bolt_future *const *futures)
{
	for (size_t i = 0; i < count; i++)
		if (futures[i] != NULL && futures[i]->client != NULL)
			return futures[i]->client;
	return NULL;
}

bolt_future *
bolt_gather_all(size_t count, bolt_future *const *futures)
{
	bolt__client *client = client_of(count, futures);
	gather_future *gather = calloc(1, sizeof(gather_future) + count * sizeof(gather_child));

	if (gather == NULL)
	{
		for (size_t i = 0; i < count; i++)
			bolt_free(futures[i]);
		return bolt__future_failed(client, bolt__out_of_memory());
	}
	bolt__future_init(&gather->future, &gather_class, client);
	bolt__debug_name(&gather->future, "bolt_gather");
	gather->count = count;
	for (size_t i = 0; i < count; i++)
		gather->children[i].future = futures[i];
	if (client == NULL) /* none, or all of them have failed from the start */
	{
		gather->future.settled = true;
		for (size_t i = 0; i < count && gather->future.error == NULL; i++)
			if (bolt_failed(futures[i]))
				gather->future.error = bolt_error_ref(futures[i]->error);
		return &gather->future;
	}
	for (size_t i = 0; i < count; i++)
	{
		gather_child *child = &gather->children[i];

		child->gather = gather;
		child->waiter.run = child_settled;
		if (futures[i] != NULL && !futures[i]->settled)
			gather->open++;
	}
	if (gather->open == 0)
	{
		settle(gather);
		return &gather->future;
	}
	bolt_future_ref(&gather->future);
	for (size_t i = 0; i < count; i++)
		if (futures[i] != NULL && !futures[i]->settled)
			bolt__future_watch(futures[i], &gather->children[i].waiter);
	return &gather->future;
}

bolt_future *
bolt_gathered(const bolt_future *future, size_t index)
{
	const gather_future *gather = (const gather_future *) future;

	if (future != NULL && future->source != NULL)
		return bolt_gathered(future->source, index);
	if (future == NULL || future->class != &gather_class || index >= gather->count)
		return NULL;
	return gather->children[index].future;
}
