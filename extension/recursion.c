/*-------------------------------------------------------------------------
 *
 * recursion.c
 *	  The way from a root object down a recursive prefetch.
 *
 * Rows of all levels lie in one store and are looked up by key, so that rows that
 * lead back to themselves are as few as others; only when they are written would
 * there be no end.  A level is therefore entered by its key, and no key is entered
 * within itself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fetch.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"

/* So many keys of a cycle are named. */
#define NAMED_KEYS 20

void
bolt_recursion_prepare(FetchRun *run, NodeRun *state)
{
	RecursionPath *path = state->path;
	int count = state->asks->count;

	path->level = 0;
	if (count <= path->capacity)
		return;
	if (path->keys != NULL)
	{
		pfree(path->keys);
		pfree(path->entered);
	}
	path->capacity = Max(count, path->capacity * 2);
	path->keys = MemoryContextAllocHuge(run->context, sizeof(int) * path->capacity);
	path->entered = MemoryContextAllocExtended(run->context, sizeof(bool) * path->capacity,
											   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
refuse_cycle(const NodeRun *state, int key)
{
	const RecursionPath *path = state->path;
	const FetchNode *node = state->shares->node;
	StringInfoData cycle;
	int first = 0;

	while (path->keys[first] != key)
		first++;
	initStringInfo(&cycle);
	for (int level = first; level < path->level && level < first + NAMED_KEYS; level++)
		appendStringInfo(&cycle, "%s -> ", bolt_key_text(state->asks, path->keys[level]));
	if (path->level > first + NAMED_KEYS)
		appendStringInfoString(&cycle, "... -> ");
	appendStringInfoString(&cycle, bolt_key_text(state->asks, key));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cycle in \"%s\" of model \"%s\": %s", node->path, node->model, cycle.data),
			 errhint("Give the prefetch a \"depth\" that ends before the cycle is closed.")));
}

void
bolt_recursion_enter(const NodeRun *state, int key)
{
	RecursionPath *path = state->path;

	CHECK_FOR_INTERRUPTS();
	if (path->entered[key])
		refuse_cycle(state, key);
	path->entered[key] = true;
	path->keys[path->level++] = key;
}

void
bolt_recursion_leave(const NodeRun *state)
{
	RecursionPath *path = state->path;

	path->entered[path->keys[--path->level]] = false;
}
