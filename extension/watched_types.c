/*-------------------------------------------------------------------------
 *
 * watched_types.c
 *	  Tells when types, casts or operators that were looked at, or roles, have changed.
 *
 * Names of types and operators, and how values are read and written, go into
 * compiled graphs.  PostgreSQL's plan cache does not know that, so the graphs
 * must be told.  Types are watched one by one, because every CREATE TABLE makes
 * two.  Casts, operators, operator classes and collations change rarely: any
 * change of one of them counts.  Roles and memberships are counted apart: they decide which policies of
 * row security apply, and PostgreSQL's plan cache only asks whether it is the same role.
 *
 * The callbacks only mark.  The next refresh looks at what is marked, and compares.
 * When a backend has missed messages everything is marked; comparing then tells
 * whether really something has changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "compile.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "watched_types.h"

/* Past so many, all are forgotten rather than kept for ever. */
#define MAX_WATCHED 8192

/* What an invalidation message speaks of */
typedef struct WatchedKey
{
	int cache;		  /* a syscache … */
	uint32 hashvalue; /* … and its hash of an entry */
} WatchedKey;

typedef struct WatchedObject
{
	WatchedKey key;
	Oid object;			/* a type or schema; for a name: its schema */
	NameData name;		/* of a type, where the name is watched */
	uint64 fingerprint; /* of what was found */
	bool marked;
	bool several; /* the hash is that of other objects as well */
} WatchedObject;

typedef struct WatchedExtension
{
	char *name;
	Oid schema;
} WatchedExtension;

static HTAB *objects = NULL;
static List *extensions = NIL; /* of WatchedExtension *; in TopMemoryContext */

static uint64 number = 1;
static uint64 roles = 1;

/* Counted up by each message that concerns us. */
static uint64 changes = 0;
static uint64 changes_handled = 0;

/* What the messages not yet handled were about */
static bool objects_marked = false;
static bool extensions_marked = false;
static bool catalogs_changed = false;
static bool roles_changed = false;
static bool missed_messages = false;

/* Of casts, operators and so on; 0: not known */
static uint64 catalogs_fingerprint = 0;
static uint64 roles_fingerprint = 0;

static void
object_changed(Datum argument, int cache, uint32 hashvalue)
{
	WatchedKey key = {cache, hashvalue};
	WatchedObject *object;

	if (objects == NULL)
		return;
	if (hashvalue == 0)
	{
		missed_messages = true;
		changes++;
		return;
	}
	object = hash_search(objects, &key, HASH_FIND, NULL);
	if (object == NULL)
		return;
	object->marked = true;
	objects_marked = true;
	changes++;
}

static void
schema_changed(Datum argument, int cache, uint32 hashvalue)
{
	if (extensions != NIL)
	{
		extensions_marked = true;
		changes++;
	}
	object_changed(argument, cache, hashvalue);
}

/* What an extension consists of has moved with it. */
static void
function_changed(Datum argument, int cache, uint32 hashvalue)
{
	if (extensions == NIL)
		return;
	extensions_marked = true;
	changes++;
}

static void
catalog_changed(Datum argument, int cache, uint32 hashvalue)
{
	if (hashvalue == 0)
		missed_messages = true;
	else
		catalogs_changed = true;
	changes++;
}

static void
role_changed(Datum argument, int cache, uint32 hashvalue)
{
	if (hashvalue == 0)
		missed_messages = true;
	else
		roles_changed = true;
	changes++;
}

void
bolt_watched_types_init(void)
{
	CacheRegisterSyscacheCallback(TYPEOID, object_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPENAMENSP, object_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, schema_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(CASTSOURCETARGET, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(OPEROID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(CLAOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AMOPSTRATEGY, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(COLLOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, role_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, role_changed, (Datum) 0);
}

bool
bolt_watched_types_stale(void)
{
	return changes != changes_handled;
}

/* ----------
 * What there is
 * ----------
 */

/* A version of a catalog's row, as PL/pgSQL knows the functions that it has compiled */
static uint64
tuple_version(HeapTuple tuple)
{
	uint64 hash = hash_combine64(1, HeapTupleHeaderGetRawXmin(tuple->t_data));

	hash = hash_combine64(hash, ItemPointerGetBlockNumber(&tuple->t_self));
	return hash_combine64(hash, ItemPointerGetOffsetNumber(&tuple->t_self));
}

static uint64
fingerprint_of(const WatchedObject *object)
{
	HeapTuple tuple;
	uint64 hash;

	if (object->key.cache == TYPENAMENSP)
		return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, NameGetDatum(&object->name),
							   ObjectIdGetDatum(object->object));
	tuple = SearchSysCache1(object->key.cache, ObjectIdGetDatum(object->object));
	if (!HeapTupleIsValid(tuple))
		return 0;
	hash = tuple_version(tuple);
	ReleaseSysCache(tuple);
	return hash;
}

static uint64
fingerprint_catalog(uint64 hash, Oid catalog)
{
	Relation relation = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		hash = hash_combine64(hash, tuple_version(tuple));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return hash;
}

static uint64
fingerprint_catalogs(void)
{
	static const Oid catalogs[] = {CastRelationId, OperatorRelationId, OperatorClassRelationId,
								   AccessMethodOperatorRelationId, CollationRelationId};
	uint64 hash = 1;

	for (int i = 0; i < lengthof(catalogs); i++)
		hash = fingerprint_catalog(hash, catalogs[i]);
	return hash;
}

static uint64
fingerprint_roles(void)
{
	return fingerprint_catalog(fingerprint_catalog(1, AuthIdRelationId), AuthMemRelationId);
}

/* ----------
 * Comparing
 * ----------
 */
static void
compare_objects(bool all)
{
	HASH_SEQ_STATUS status;
	WatchedObject *object;
	List *marked = NIL;
	ListCell *lc;

	if (objects == NULL)
		return;

	/* the look-ups may fail, so the scan is over before them */
	hash_seq_init(&status, objects);
	while ((object = hash_seq_search(&status)) != NULL)
	{
		if (all || object->marked)
			marked = lappend(marked, object);
	}
	foreach(lc, marked)
	{
		uint64 fingerprint;

		object = lfirst(lc);
		if (object->marked && object->several)
			number++;
		object->marked = false;
		fingerprint = fingerprint_of(object);
		if (fingerprint != object->fingerprint)
			number++;
		object->fingerprint = fingerprint;
	}
	list_free(marked);
}

static void
compare_extensions(void)
{
	ListCell *lc;

	foreach(lc, extensions)
	{
		WatchedExtension *extension = lfirst(lc);
		Oid schema = bolt_find_extension_schema(extension->name);

		if (schema != extension->schema)
			number++;
		extension->schema = schema;
	}
}

static void
compare(uint64 *seen, uint64 fingerprint, uint64 *counter)
{
	if (fingerprint != *seen)
		++*counter;
	*seen = fingerprint;
}

uint64
bolt_watched_types_refresh(void)
{
	uint64 changes_before = changes;
	bool all = missed_messages;
	bool compare_marked = objects_marked || all;
	bool compare_moved = extensions_marked || all;

	if (changes == changes_handled)
		return number;

	/* after an error below, the next refresh compares everything */
	missed_messages = true;
	objects_marked = false;
	extensions_marked = false;
	if (catalogs_changed)
		number++;
	catalogs_changed = false;
	if (roles_changed)
		roles++;
	roles_changed = false;
	if (all)
	{
		compare(&catalogs_fingerprint, fingerprint_catalogs(), &number);
		compare(&roles_fingerprint, fingerprint_roles(), &roles);
	}
	if (compare_marked)
		compare_objects(all);
	if (compare_moved)
		compare_extensions();

	/* what has arrived meanwhile, a loss of messages perhaps, is for the next */
	if (changes == changes_before)
		missed_messages = false;
	changes_handled = changes_before;
	return number;
}

uint64
bolt_roles_refresh(void)
{
	(void) bolt_watched_types_refresh();
	return roles;
}

/* ----------
 * Watching
 * ----------
 */
static void
watch(int cache, uint32 hashvalue, Oid oid, const char *name)
{
	WatchedKey key = {cache, hashvalue};
	WatchedObject *object;
	WatchedObject fresh = {.key = key, .object = oid};

	if (objects == NULL)
	{
		HASHCTL control = {.keysize = sizeof(WatchedKey), .entrysize = sizeof(WatchedObject)};

		objects = hash_create("bolt_orm watched types", 64, &control, HASH_ELEM | HASH_BLOBS);
	}
	namestrcpy(&fresh.name, name);
	object = hash_search(objects, &key, HASH_FIND, NULL);
	if (object != NULL)
	{
		object->several |= object->object != oid || strcmp(NameStr(object->name), name) != 0;
		return;
	}

	/* looked up first: the entry is there before the next message arrives, and not half filled */
	fresh.fingerprint = fingerprint_of(&fresh);
	object = hash_search(objects, &key, HASH_ENTER, NULL);
	*object = fresh;

	/* a message that arrived with the look-up has found no entry to mark */
	object->marked = objects_marked = true;
	changes++;
	if (hash_get_num_entries(objects) > MAX_WATCHED)
	{
		hash_destroy(objects);
		objects = NULL;
		number++;
	}
}

void
bolt_watch_schema(Oid schema)
{
	if (OidIsValid(schema))
		watch(NAMESPACEOID, GetSysCacheHashValue1(NAMESPACEOID, ObjectIdGetDatum(schema)), schema, "");
}

void
bolt_watch_type(Oid type)
{
	/* a domain's base type, an array's element, and so on */
	while (type >= FirstNormalObjectId)
	{
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
		Form_pg_type form;
		Oid schema;
		Oid next;

		if (!HeapTupleIsValid(tuple))
			return;
		form = (Form_pg_type) GETSTRUCT(tuple);
		schema = form->typnamespace;
		next = form->typtype == TYPTYPE_DOMAIN ? form->typbasetype : form->typelem;
		ReleaseSysCache(tuple);
		watch(TYPEOID, GetSysCacheHashValue1(TYPEOID, ObjectIdGetDatum(type)), type, "");
		bolt_watch_schema(schema);
		type = next;
	}
}

void
bolt_watch_type_name(const char *name, List *schemas)
{
	ListCell *lc;

	foreach(lc, schemas)
		watch(TYPENAMENSP,
			  GetSysCacheHashValue2(TYPENAMENSP, CStringGetDatum(name), ObjectIdGetDatum(lfirst_oid(lc))),
			  lfirst_oid(lc), name);
}

void
bolt_watch_extension(const char *name, Oid schema)
{
	MemoryContext caller;
	WatchedExtension *extension;
	ListCell *lc;

	bolt_watch_schema(schema);
	foreach(lc, extensions)
	{
		extension = lfirst(lc);
		if (strcmp(extension->name, name) == 0)
			return;
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	extension = palloc(sizeof(WatchedExtension));
	extension->name = pstrdup(name);
	extension->schema = schema;
	extensions = lappend(extensions, extension);
	MemoryContextSwitchTo(caller);
}
