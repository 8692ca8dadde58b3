/*-------------------------------------------------------------------------
 *
 * kept_plan.c
 *	  Plans of statements that no document has a graph for, kept by their text.
 *
 * The statements of a delete or of a related manager follow from models and
 * relations alone.  Their text is made anew each time, which takes microseconds;
 * PostgreSQL's plan cache knows when tables, role or row security make
 * a plan stale.  It does not look at whether FORCE ROW LEVEL SECURITY counts, which
 * act_as_owner.c decides; so this belongs to what a plan is kept by.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "kept_plan.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "plan_memory.h"
#include "settings.h"
#include "statement.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "watched_types.h"

typedef struct KeptPlan
{
	MemoryContext context; /* of all that is here */
	FetchStatement statement;
	uint64 hash;
	int users; /* calls that run it now */
	bool dropped;
	int hints;
	bool noforce_rls; /* FORCE ROW LEVEL SECURITY did not count when it was made */
	uint64 roles;	  /* bolt_roles_refresh when it was made */
	dlist_node recency;
	PlanMemory memory;
} KeptPlan;

typedef struct KeptEntry
{
	uint64 hash; /* what dynahash looks up */
	KeptPlan *plan;
} KeptEntry;

static HTAB *kept = NULL;
static dlist_head recently_used = DLIST_STATIC_INIT(recently_used);

static void
free_plan(KeptPlan *plan)
{
	bolt_statement_free(&plan->statement);
	MemoryContextDelete(plan->context);
}

static void
drop_plan(KeptPlan *plan)
{
	dlist_delete(&plan->recency);
	bolt_plan_memory_remove(&plan->memory);
	hash_search(kept, &plan->hash, HASH_REMOVE, NULL);
	plan->dropped = true;
	if (plan->users == 0)
		free_plan(plan);
}

static void
drop_for_memory(PlanMemory *memory)
{
	drop_plan((KeptPlan *) ((char *) memory - offsetof(KeptPlan, memory)));
}

static void
measure(KeptPlan *plan)
{
	FetchStatement *statement = &plan->statement;

	bolt_plan_memory_measure(&plan->memory, plan->context, 1, &statement);
}

static bool
is_plan_of(const KeptPlan *plan, const Model *ordered, List *tables, int hints, const char *sql, int nparams,
		   const Oid *types)
{
	if (strcmp(plan->statement.sql, sql) != 0 || plan->statement.nparams != nparams || plan->hints != hints ||
		plan->noforce_rls != InNoForceRLSOperation() ||
		plan->statement.watched != bolt_watched_types_refresh() || plan->roles != bolt_roles_refresh() ||
		plan->statement.ordered_table != (ordered != NULL ? ordered->oid : InvalidOid) ||
		plan->statement.ntables != list_length(tables))
		return false;
	for (int i = 0; i < plan->statement.ntables; i++)
	{
		if (plan->statement.tables[i] != list_nth_oid(tables, i))
			return false;
	}
	for (int i = 0; i < nparams; i++)
	{
		if (plan->statement.params[i].type != types[i])
			return false;
	}
	return true;
}

static KeptPlan *
make_plan(const Model *ordered, List *tables, int hints, const char *sql, int nparams, const Oid *types,
		  uint64 hash)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm plan", ALLOCSET_SMALL_SIZES);
	KeptPlan *plan = MemoryContextAllocZero(context, sizeof(KeptPlan));

	plan->context = context;
	plan->hash = hash;
	plan->statement.sql = MemoryContextStrdup(context, sql);
	plan->hints = hints;
	plan->noforce_rls = InNoForceRLSOperation();
	plan->statement.watched = bolt_watched_types_refresh();
	plan->roles = bolt_roles_refresh();
	plan->statement.generic_plan = true;
	plan->statement.keyed_by_index = (hints & KEPT_BY_INDEX) != 0;
	plan->statement.hashed = (hints & KEPT_HASHED) != 0;
	plan->statement.as_owner = (hints & KEPT_AS_OWNER) != 0;
	plan->statement.nparams = nparams;
	plan->statement.params = MemoryContextAllocZero(context, sizeof(StatementParam) * Max(nparams, 1));
	for (int i = 0; i < nparams; i++)
		plan->statement.params[i].type = types[i];
	plan->statement.ntables = list_length(tables);
	plan->statement.tables = MemoryContextAlloc(context, sizeof(Oid) * Max(list_length(tables), 1));
	for (int i = 0; i < plan->statement.ntables; i++)
		plan->statement.tables[i] = list_nth_oid(tables, i);
	if (ordered != NULL)
		bolt_order_statement(&plan->statement, ordered, context);
	return plan;
}

static KeptPlan *
plan_of(const Model *ordered, List *tables, int hints, const char *sql, int nparams, const Oid *types)
{
	uint64 seed = nparams << 8 | hints << 1 | InNoForceRLSOperation();
	uint64 hash = hash_bytes_extended((const unsigned char *) sql, strlen(sql), seed);
	KeptEntry *entry;
	KeptPlan *plan;
	bool found;

	if (kept == NULL)
	{
		HASHCTL control = {
			.keysize = sizeof(uint64), .entrysize = sizeof(KeptEntry), .hcxt = CacheMemoryContext};

		kept = hash_create("bolt_orm plans", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(kept, &hash, HASH_FIND, NULL);
	if (entry != NULL && is_plan_of(entry->plan, ordered, tables, hints, sql, nparams, types))
	{
		dlist_move_head(&recently_used, &entry->plan->recency);
		bolt_plan_memory_use(&entry->plan->memory);
		return entry->plan;
	}
	if (entry != NULL)
		drop_plan(entry->plan);
	while (hash_get_num_entries(kept) >= bolt_plan_cache_size)
		drop_plan(dlist_tail_element(KeptPlan, recency, &recently_used));
	plan = make_plan(ordered, tables, hints, sql, nparams, types, hash);
	entry = hash_search(kept, &hash, HASH_ENTER, &found);
	entry->plan = plan;
	MemoryContextSetParent(plan->context, CacheMemoryContext);
	dlist_push_head(&recently_used, &plan->recency);
	bolt_plan_memory_add(&plan->memory, drop_for_memory);
	measure(plan);
	bolt_plan_memory_trim(&plan->memory);
	return plan;
}

static uint64
run(DestReceiver *dest, const Model *ordered, List *tables, int hints, const StatementWatcher *watcher,
	const char *sql, int nparams, const Oid *types, const Datum *values, const bool *isnull)
{
	MemoryContext context = CurrentMemoryContext;
	KeptPlan *plan = plan_of(ordered, tables, hints, sql, nparams, types);
	ParamListInfo params = nparams > 0 ? makeParamList(nparams) : NULL;
	uint64 rows;

	for (int i = 0; i < nparams; i++)
	{
		params->params[i].ptype = types[i];
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].value = values[i];
		params->params[i].isnull = isnull != NULL && isnull[i];
	}

	/* a trigger may call bolt_orm, and so often that this plan is given up */
	plan->users++;
	PG_TRY();
	{
		if (watcher != NULL)
			rows = bolt_statement_write(&plan->statement, params, dest, watcher);
		else
		{
			bolt_statement_run(&plan->statement, PLAN_MANY, params, 0, false, dest);
			rows = SPI_processed;
		}
	}
	PG_FINALLY();
	{
		if (--plan->users == 0 && plan->dropped)
			free_plan(plan);
		else if (!plan->dropped && bolt_plan_memory_is_old(&plan->memory))
			measure(plan);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	if (params != NULL)
		pfree(params);
	return rows;
}

uint64
bolt_run_kept(const Model *ordered, List *tables, int hints, const char *sql, int nparams, const Oid *types,
			  const Datum *values, const bool *isnull)
{
	return run(NULL, ordered, tables, hints, NULL, sql, nparams, types, values, isnull);
}

uint64
bolt_run_kept_to(DestReceiver *dest, const Model *ordered, List *tables, int hints,
				 const StatementWatcher *watcher, const char *sql, int nparams, const Oid *types,
				 const Datum *values, const bool *isnull)
{
	return run(dest, ordered, tables, hints, watcher, sql, nparams, types, values, isnull);
}
