/*-------------------------------------------------------------------------
 *
 * plan_memory.c
 *	  How much memory all that is kept of graphs and plans may take.
 *
 * Graphs and plans of single statements are kept in caches of their own, each of
 * which has a largest number of entries.  Their memory is bounded in common.
 * It is measured when something has been planned: a graph is small before its
 * statements are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi_priv.h"
#include "plan_memory.h"
#include "settings.h"
#include "statement.h"
#include "utils/memutils.h"
#include "utils/plancache.h"

static dlist_head recently_used = DLIST_STATIC_INIT(recently_used);
static Size total = 0;

void
bolt_plan_memory_add(PlanMemory *memory, void (*drop)(PlanMemory *self))
{
	memory->size = 0;
	memory->measured = 0;
	memory->drop = drop;
	dlist_push_head(&recently_used, &memory->recency);
}

void
bolt_plan_memory_remove(PlanMemory *memory)
{
	Assert(total >= memory->size);
	total -= memory->size;
	dlist_delete(&memory->recency);
}

void
bolt_plan_memory_use(PlanMemory *memory)
{
	dlist_move_head(&recently_used, &memory->recency);
}

bool
bolt_plan_memory_is_old(const PlanMemory *memory)
{
	return memory->measured != bolt_statements_prepared();
}

/* Of the statement as it was parsed, and of its generic plan. */
static Size
size_of_plan(SPIPlanPtr plan)
{
	Size size = MemoryContextMemAllocated(plan->plancxt, true);
	ListCell *lc;

	foreach(lc, SPI_plan_get_plan_sources(plan))
	{
		const CachedPlanSource *source = lfirst(lc);

		size += MemoryContextMemAllocated(source->context, true);
		if (source->gplan != NULL && source->gplan->context != NULL)
			size += MemoryContextMemAllocated(source->gplan->context, true);
	}
	return size;
}

void
bolt_plan_memory_measure(PlanMemory *memory, MemoryContext context, int n, FetchStatement *const *statements)
{
	Size size = MemoryContextMemAllocated(context, true);

	for (int i = 0; i < n; i++)
	{
		for (int kind = 0; statements[i] != NULL && kind < PLAN_KINDS; kind++)
		{
			if (statements[i]->plans[kind] != NULL)
				size += size_of_plan(statements[i]->plans[kind]);
		}
	}
	total += size - memory->size;
	memory->size = size;
	memory->measured = bolt_statements_prepared();
}

void
bolt_plan_memory_trim(const PlanMemory *keep)
{
	Size limit = (Size) bolt_plan_cache_memory * 1024;

	while (total > limit)
	{
		PlanMemory *oldest = dlist_tail_element(PlanMemory, recency, &recently_used);

		/* the one to keep is the one used last, so the others are gone */
		if (oldest == keep)
			break;
		oldest->drop(oldest);
	}
}
