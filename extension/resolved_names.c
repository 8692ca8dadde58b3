/*-------------------------------------------------------------------------
 *
 * resolved_names.c
 *	  Resolves names of tables and remembers how.
 *
 * What has been compiled under a name must not outlive the name's meaning: a
 * new table may come before the one it was compiled for in the search path.
 * So each resolution keeps what it looked up: the schemas, in order, up to the
 * one where the table was found.  Repeating these look-ups tells whether the
 * name still means that table, whatever the search path is now; the path itself
 * is for the keys of those who keep something (bolt_search_path_hash).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "commands/dbcommands.h"
#include "common/hashfn.h"
#include "compat.h"
#include "miscadmin.h"
#include "model.h"
#include "nodes/makefuncs.h"
#include "resolved_names.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* Past so many, all are forgotten rather than kept for ever. */
#define MAX_RESOLVED_NAMES 8192

/* One look-up of a name in a schema. */
typedef struct Probe
{
	char *relation;
	Oid schema;
} Probe;

typedef struct ResolvedName
{
	uint64 key; /* of the name and the search path */
	MemoryContext context;
	char *schema_name; /* where the name was qualified, else NULL */
	Oid schema;		   /* which that was, or InvalidOid */
	List *probes;	   /* of Probe *; all but the last found nothing */
	Oid relation;	   /* what the last one found */
} ResolvedName;

typedef struct WatchedHash
{
	uint32 hashvalue;
} WatchedHash;

static HTAB *resolved_names = NULL;
static HTAB *watched_hashes = NULL;

/* A counter rather than a flag, so that a change during a check is not lost. */
static uint64 changes = 0;
static uint64 changes_handled = 0;

/* Some name that did not hold has been forgotten, and nobody told yet. */
static bool forgotten = false;

void
bolt_resolved_names_relation_changed(uint32 hashvalue)
{
	if (watched_hashes != NULL &&
		(hashvalue == 0 || hash_search(watched_hashes, &hashvalue, HASH_FIND, NULL) != NULL))
		changes++;
}

void
bolt_resolved_names_schema_changed(void)
{
	changes++;
}

bool
bolt_resolved_names_stale(void)
{
	return changes != changes_handled || forgotten;
}

/*
 * The schemas that an unqualified name is looked up in, in order.  Of the
 * functions that would give them, fetch_search_path_array leaves out the
 * temporary schema, and fetch_search_path may create one.
 */
static List *
searched_schemas(void)
{
	SearchPathMatcher *path = GetSearchPathMatcher(CurrentMemoryContext);
	List *schemas = path->schemas;

	if (path->addCatalog)
		schemas = lcons_oid(PG_CATALOG_NAMESPACE, schemas);
	if (path->addTemp)
	{
		Oid temporary;
		Oid toast;

		GetTempNamespaceState(&temporary, &toast);
		schemas = lcons_oid(temporary, schemas);
	}
	pfree(path);
	return schemas;
}

uint64
bolt_search_path_hash(void)
{
	List *schemas = searched_schemas();
	uint64 hash = 0;
	ListCell *lc;

	foreach(lc, schemas)
		hash = hash_combine64(hash, murmurhash32(lfirst_oid(lc)));
	list_free(schemas);
	return hash;
}

static void
create_tables(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(ResolvedName);
	resolved_names = hash_create("bolt_orm resolved names", 64, &control, HASH_ELEM | HASH_BLOBS);
	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(uint32);
	control.entrysize = sizeof(WatchedHash);
	watched_hashes = hash_create("bolt_orm watched names", 64, &control, HASH_ELEM | HASH_BLOBS);
}

static void
forget(ResolvedName *name)
{
	MemoryContext context = name->context;

	/* its watched hashes stay: at worst they make us look once more */
	hash_search(resolved_names, &name->key, HASH_REMOVE, NULL);
	MemoryContextDelete(context);
}

static void
forget_all(void)
{
	HASH_SEQ_STATUS status;
	ResolvedName *name;

	hash_seq_init(&status, resolved_names);
	while ((name = hash_seq_search(&status)) != NULL)
		MemoryContextDelete(name->context);
	hash_destroy(resolved_names);
	hash_destroy(watched_hashes);
	resolved_names = NULL;
	watched_hashes = NULL;
	forgotten = true;
}

/*
 * The look-ups that lead to a relation, of which the schema path is searched
 * where the name has no schema.
 */
static List *
probes_of(const char *schema_name, const char *relation_name, Oid relation, Oid schema)
{
	List *probes = NIL;
	List *path = schema_name == NULL ? searched_schemas() : list_make1_oid(schema);
	ListCell *lc;

	foreach(lc, path)
	{
		Probe *probe;

		if (!OidIsValid(lfirst_oid(lc)))
			continue;
		probe = palloc(sizeof(Probe));
		probe->relation = pstrdup(relation_name);
		probe->schema = lfirst_oid(lc);
		probes = lappend(probes, probe);
		if (get_relname_relid(relation_name, probe->schema) == relation)
			break;
	}
	return probes;
}

static bool
still_holds(const ResolvedName *name)
{
	ListCell *lc;

	if (name->schema_name != NULL && strcmp(name->schema_name, "pg_temp") != 0 &&
		get_namespace_oid(name->schema_name, true) != name->schema)
		return false;
	foreach(lc, name->probes)
	{
		Probe *probe = lfirst(lc);
		bool last = lnext(name->probes, lc) == NULL;

		if (get_relname_relid(probe->relation, probe->schema) != (last ? name->relation : InvalidOid))
			return false;
	}
	return true;
}

/*
 * Remembers a resolution.
 */
static void
remember(const char *name, const char *schema_name, Oid schema, List *probes, Oid relation)
{
	uint64 key;
	MemoryContext context;
	MemoryContext caller;
	ResolvedName *entry;
	ListCell *lc;
	bool found;
	List *kept = NIL;
	char *kept_schema_name;

	key = hash_combine64(bolt_search_path_hash(),
						 hash_bytes_extended((const unsigned char *) name, strlen(name), 0));
	if (resolved_names != NULL && hash_get_num_entries(resolved_names) >= MAX_RESOLVED_NAMES)
		forget_all();
	if (resolved_names == NULL)
		create_tables();
	entry = hash_search(resolved_names, &key, HASH_FIND, NULL);
	if (entry != NULL && entry->relation == relation && !bolt_resolved_names_stale())
		return;

	context = AllocSetContextCreate(TopMemoryContext, "bolt_orm resolved name", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	kept_schema_name = schema_name == NULL ? NULL : pstrdup(schema_name);
	foreach(lc, probes)
	{
		Probe *probe = palloc(sizeof(Probe));

		probe->relation = pstrdup(((Probe *) lfirst(lc))->relation);
		probe->schema = ((Probe *) lfirst(lc))->schema;
		kept = lappend(kept, probe);
	}
	MemoryContextSwitchTo(caller);

	foreach(lc, kept)
	{
		Probe *probe = lfirst(lc);
		uint32 hashvalue = GetSysCacheHashValue2(RELNAMENSP, CStringGetDatum(probe->relation),
												 ObjectIdGetDatum(probe->schema));

		hash_search(watched_hashes, &hashvalue, HASH_ENTER, NULL);
	}

	/*
	 * A second resolution of a name replaces the first only where that one is
	 * about to be found wrong: what hangs on it has to be told.
	 */
	if (entry != NULL)
	{
		if (entry->relation != relation)
			forgotten = true;
		forget(entry);
	}
	entry = hash_search(resolved_names, &key, HASH_ENTER, &found);
	entry->context = context;
	entry->schema_name = kept_schema_name;
	entry->schema = schema;
	entry->probes = kept;
	entry->relation = relation;

	/* what changed before the entry was there has marked nothing */
	if (!still_holds(entry))
		changes++;
}

bool
bolt_resolved_names_hold(void)
{
	uint64 changes_before = changes;
	HASH_SEQ_STATUS status;
	ResolvedName *name;
	List *names = NIL;
	ListCell *lc;
	bool hold;

	if (!bolt_resolved_names_stale())
		return true;

	/* the look-ups below may fail, so the scan is over before them */
	if (resolved_names != NULL)
	{
		hash_seq_init(&status, resolved_names);
		while ((name = hash_seq_search(&status)) != NULL)
			names = lappend(names, name);
	}
	foreach(lc, names)
	{
		name = lfirst(lc);
		if (still_holds(name))
			continue;
		forgotten = true;
		forget(name);
	}
	list_free(names);

	changes_handled = changes_before;
	hold = !forgotten;
	forgotten = false;
	return hold;
}

/*
 * The parts of a name, or NIL where it is none.
 */
static List *
split_name(const char *name)
{
	List *parts;

	/* truncates long identifiers, as SQL does */
	if (!SplitIdentifierString(pstrdup(name), '.', &parts))
		return NIL;
	if (list_length(parts) == 3)
	{
		if (strcmp(linitial(parts), get_database_name(MyDatabaseId)) != 0)
			return NIL;
		return list_delete_first(parts);
	}
	return list_length(parts) <= 2 ? parts : NIL;
}

Oid
bolt_resolve_name(const char *name)
{
	List *parts = split_name(name);
	char *schema_name;
	char *relation_name;
	Oid schema = InvalidOid;
	Oid relation;
	List *probes;

	if (parts == NIL)
		return InvalidOid;
	schema_name = list_length(parts) == 2 ? linitial(parts) : NULL;
	relation_name = llast(parts);

	relation = RangeVarGetRelidExtended(makeRangeVar(schema_name, relation_name, -1), NoLock, RVR_MISSING_OK,
										NULL, NULL);
	if (schema_name != NULL)
		schema = OidIsValid(relation) ? get_rel_namespace(relation) : get_namespace_oid(schema_name, true);
	probes = probes_of(schema_name, relation_name, relation, schema);

	/* Django's label; a quoted name is SQL's alone */
	if (!OidIsValid(relation) && schema_name != NULL && strchr(name, '"') == NULL)
	{
		char *table = psprintf("%s_%s", schema_name, relation_name);

		if (strlen(table) >= NAMEDATALEN)
			return InvalidOid;
		relation = RelnameGetRelid(table);
		probes = list_concat(probes, probes_of(NULL, table, relation, InvalidOid));
	}
	if (OidIsValid(relation))
		remember(name, schema_name, schema, probes, relation);
	return relation;
}
