/*-------------------------------------------------------------------------
 *
 * graph_cache.c
 *	  Compiled graphs, kept by the shape of their documents.
 *
 * The key holds all that the meaning of names depends on: the role, for it
 * decides which schemas are seen, and the search_path.  What names mean changes
 * with bolt_model_refresh's number, under which an entry was compiled.
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
#include "settings.h"
#include "statement.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

typedef struct CacheEntry
{
	uint64 hash; /* of the key: what dynahash looks up */
	char *key;
	int key_length;
	uint64 generation; /* bolt_model_refresh when it was compiled */
	FetchGraph *graph;
	dlist_node recency; /* in recently_used */
} CacheEntry;

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

void
bolt_graph_release(FetchGraph *graph)
{
	if (--graph->users == 0 && graph->dropped)
		free_graph(graph);
}

static void
drop_entry(CacheEntry *entry)
{
	FetchGraph *graph = entry->graph;

	dlist_delete(&entry->recency);
	pfree(entry->key);
	hash_search(cache, &entry->hash, HASH_REMOVE, NULL);
	graph->dropped = true;
	if (graph->users == 0)
		free_graph(graph);
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
complete_key(StringInfo key, FetchPurpose purpose)
{
	Oid role = GetUserId();
	uint64 search_path = bolt_search_path_hash();

	appendStringInfoChar(key, 'a' + purpose);
	appendStringInfoChar(key, bolt_bigint_as_string ? '"' : '0');
	appendBinaryStringInfo(key, (char *) &role, sizeof(role));
	appendBinaryStringInfo(key, (char *) &search_path, sizeof(search_path));
}

static FetchGraph *
compile(const Document *document, FetchPurpose purpose)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm compile", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	FetchGraph *graph;

	bolt_model_pin();
	graph = bolt_compile(document, purpose);
	bolt_model_unpin();
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(graph->context, CacheMemoryContext);
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

/* A graph that is true of its tables, which are locked. */
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
	bool found;

	if (cache == NULL)
		create_cache();
	complete_key(key, purpose);
	hash = hash_bytes_extended((unsigned char *) key->data, key->len, 0);
	entry = hash_search(cache, &hash, HASH_FIND, NULL);
	if (entry != NULL && entry->key_length == key->len && memcmp(entry->key, key->data, key->len) == 0)
	{
		lock_tables(entry->graph);
		if (entry->generation == bolt_model_refresh())
		{
			dlist_move_head(&recently_used, &entry->recency);
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
	entry = hash_search(cache, &hash, HASH_ENTER, &found);
	entry->key = MemoryContextAlloc(CacheMemoryContext, key->len);
	memcpy(entry->key, key->data, key->len);
	entry->key_length = key->len;
	entry->generation = generation;
	entry->graph = graph;
	dlist_push_head(&recently_used, &entry->recency);
	return graph;
}
