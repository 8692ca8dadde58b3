/*-------------------------------------------------------------------------
 *
 * plan_memory.h
 *	  How much memory all that is kept of graphs and plans may take.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_PLAN_MEMORY_H
#define BOLT_PLAN_MEMORY_H

#include "postgres.h"

#include "fetch_graph.h"
#include "lib/ilist.h"

/* What is known here of a graph or plan that is kept; a part of its own struct. */
typedef struct PlanMemory PlanMemory;

struct PlanMemory
{
	dlist_node recency;
	Size size;
	uint64 measured; /* statements prepared in this backend, before it was measured */
	void (*drop)(PlanMemory *self);
};

/* Enters something as the most recently used; drop is called to make room. */
extern void bolt_plan_memory_add(PlanMemory *memory, void (*drop)(PlanMemory *self));
extern void bolt_plan_memory_remove(PlanMemory *memory);

/* It is used again. */
extern void bolt_plan_memory_use(PlanMemory *memory);

/*
 * Whether statements have been prepared since it was measured.  Then measure it
 * again: the context with all that is in it, and the plans of so many statements.
 */
extern bool bolt_plan_memory_is_old(const PlanMemory *memory);
extern void bolt_plan_memory_measure(PlanMemory *memory, MemoryContext context, int n,
									 FetchStatement *const *statements);

/*
 * Drops what was used the longest time ago, but not keep, until the rest fits
 * into bolt_orm.plan_cache_memory.
 */
extern void bolt_plan_memory_trim(const PlanMemory *keep);

#endif /* BOLT_PLAN_MEMORY_H */
