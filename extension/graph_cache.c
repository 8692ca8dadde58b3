/*-------------------------------------------------------------------------
 *
 * graph_cache.c
 *	  Compiled graphs, kept by the shape of their documents.
 *
 * The key holds all that the meaning of names depends on: the role, for it
 * decides which schemas are seen, and the search_path.  So does whether FORCE ROW LEVEL
 * SECURITY counts: it does not where a row is deleted because of another, and the plan
 * cache does not look at that.  What names mean changes with bolt_model_refresh's
 * number, under which an entry was compiled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "compile.h"
#include "graph_cache.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "model.h"
#include "plan_memory.h"
#include "settings.h"
#include "statement.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

struct CacheEntry
{
	uint64 hash; /* of the key: what dynahash looks up */
	char *key;
	int key_length;
	uint64 generation; /* bolt_model_refresh when it was compiled */
	FetchGraph *graph;
	dlist_node recency; /* in recently_used */
	PlanMemory memory;
};

static HTAB *cache = NULL;
static dlist_head recently_used = DLIST_STATIC_INIT(recently_used);

static void
free_graph(FetchGraph *graph)
{
	for (int i = 0; i < graph->nnodes; i++)
	{
		bolt_statement_free(graph->nodes[i]->statement);
		bolt_statement_free(graph->nodes[i]->junction);
	}
	MemoryContextDelete(graph->context);
}

/* Its statements are planned when they first run. */
static void
measure(CacheEntry *entry)
{
	const FetchGraph *graph = entry->graph;
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	FetchStatement **statements = palloc(sizeof(FetchStatement *) * graph->nnodes * 2);

	for (int i = 0; i < graph->nnodes; i++)
	{
		statements[i * 2] = graph->nodes[i]->statement;
		statements[i * 2 + 1] = graph->nodes[i]->junction;
	}
	bolt_plan_memory_measure(&entry->memory, graph->context, graph->nnodes * 2, statements);
	pfree(statements);
	MemoryContextSwitchTo(old);
}

void
bolt_graph_release(FetchGraph *graph)
{
	Assert(graph->users > 0);
	if (--graph->users > 0)
		return;
	if (graph->dropped)
		free_graph(graph);
	else if (graph->entry != NULL && bolt_plan_memory_is_old(&graph->entry->memory))
		measure(graph->entry);
}

static void
drop_entry(CacheEntry *entry)
{
	FetchGraph *graph = entry->graph;

	dlist_delete(&entry->recency);
	bolt_plan_memory_remove(&entry->memory);
	pfree(entry->key);
	hash_search(cache, &entry->hash, HASH_REMOVE, NULL);
	graph->entry = NULL;
	graph->dropped = true;
	if (graph->users == 0)
		free_graph(graph);
}

static void
drop_for_memory(PlanMemory *memory)
{
	drop_entry((CacheEntry *) ((char *) memory - offsetof(CacheEntry, memory)));
}

static void
create_cache(void)
{
	HASHCTL control = {
		.keysize = sizeof(uint64), .entrysize = sizeof(CacheEntry), .hcxt = CacheMemoryContext};

	cache = hash_create("bolt_orm graphs", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Adds to the shape what else decides which statements it compiles to. */
static void
complete_key(const Document *document, StringInfo key, FetchPurpose purpose)
{
	Oid role = GetUserId();
	uint64 search_path = bolt_search_path_hash();

	appendStringInfoChar(key, 'a' + purpose);
	appendStringInfoChar(key, document->bigint_as_string ? '"' : '0');
	appendStringInfoChar(key, InNoForceRLSOperation() ? 'n' : 'f');
	appendBinaryStringInfo(key, (char *) &role, sizeof(role));
	appendBinaryStringInfo(key, (char *) &search_path, sizeof(search_path));
}

static FetchGraph *
compile(const Document *document, FetchPurpose purpose)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm compile", ALLOCSET_DEFAULT_SIZES);
	FetchGraph *graph;

	MemoryContextSwitchTo(context);

	bolt_model_pin();
	graph = bolt_compile(document, purpose);
	bolt_model_unpin();
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(graph->context, caller);
	MemoryContextDelete(context);
	return graph;
}

/*
 * As parse analysis does, locks the tables before it is asked whether they still
 * mean the same: what DDL changes cannot change then until the transaction ends.
 */
static void
lock_tables(const FetchGraph *graph)
{
	for (int i = 0; i < graph->ntables; i++)
		LockRelationOid(graph->tables[i], AccessShareLock);
}

/*
 * A graph that is true of its tables, which are locked.  It is the caller's, below
 * CurrentMemoryContext, and so goes with the call when a lock is not to be had.
 */
static FetchGraph *
compile_locked(const Document *document, FetchPurpose purpose, uint64 *generation)
{
	for (;;)
	{
		FetchGraph *graph;
		uint64 before = bolt_model_refresh();

		CHECK_FOR_INTERRUPTS();
		graph = compile(document, purpose);
		lock_tables(graph);
		*generation = bolt_model_refresh();
		if (*generation == before)
			return graph;
		free_graph(graph);
	}
}

FetchGraph *
bolt_graph_for(Document *document, FetchPurpose purpose)
{
	StringInfo key = &document->shape;
	uint64 generation;
	uint64 hash;
	CacheEntry *entry;
	FetchGraph *graph;
	char *kept_key;
	bool found;

	if (cache == NULL)
		create_cache();
	complete_key(document, key, purpose);
	hash = hash_bytes_extended((unsigned char *) key->data, key->len, 0);
	entry = hash_search(cache, &hash, HASH_FIND, NULL);
	if (entry != NULL && entry->key_length == key->len && memcmp(entry->key, key->data, key->len) == 0)
	{
		lock_tables(entry->graph);
		if (entry->generation == bolt_model_refresh())
		{
			dlist_move_head(&recently_used, &entry->recency);
			bolt_plan_memory_use(&entry->memory);
			bolt_plan_memory_trim(&entry->memory);
			return entry->graph;
		}
	}

	graph = compile_locked(document, purpose, &generation);

	/* compiling may have run a function that compiled something, even the same document */
	entry = hash_search(cache, &hash, HASH_FIND, NULL);
	if (entry != NULL)
		drop_entry(entry);
	while (hash_get_num_entries(cache) >= bolt_plan_cache_size)
		drop_entry(dlist_tail_element(CacheEntry, recency, &recently_used));
	kept_key = memcpy(MemoryContextAlloc(CacheMemoryContext, key->len), key->data, key->len);
	entry = hash_search(cache, &hash, HASH_ENTER, &found);
	entry->key = kept_key;
	entry->key_length = key->len;
	entry->generation = generation;
	entry->graph = graph;
	graph->entry = entry;
	MemoryContextSetParent(graph->context, CacheMemoryContext);
	dlist_push_head(&recently_used, &entry->recency);
	bolt_plan_memory_add(&entry->memory, drop_for_memory);
	measure(entry);
	bolt_plan_memory_trim(&entry->memory);
	return graph;
}
