/*-------------------------------------------------------------------------
 *
 * resolved_names.c
 *	  Resolves names of tables and remembers how.
 *
 * A registered name is an alias in the schema of its table.  It is found where
 * a table of that name would be, after the tables: the schemas of the search
 * path are looked at in order, and in each of them first the tables, then the
 * aliases.  So a registration never takes the place of a table that search_path
 * leads to, and two schemas may register one name.
 *
 * An alias is another name in its schema, so the owner of its table must have
 * the CREATE privilege there, as for a table of that name.  This is checked when
 * a name is resolved: tables change their owners and their schemas.
 *
 * What has been compiled under a name must not outlive the name's meaning: a
 * new table may come before the one it was compiled for in the search path.
 * So each resolution is remembered with the role and the search path it was made
 * for, and repeated when something has changed that it looked at.  The path
 * itself is for the keys of those who keep something (bolt_search_path_hash).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog_table.h"
#include "commands/dbcommands.h"
#include "common/hashfn.h"
#include "compat.h"
#include "miscadmin.h"
#include "model.h"
#include "registrations.h"
#include "resolved_names.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* Past so many, all are forgotten rather than kept for ever. */
#define MAX_RESOLVED_NAMES 8192

/* One look-up of a table's name in a schema. */
typedef struct Probe
{
	char *relation;
	Oid schema;
} Probe;

/* What a remembered name is the name of */
typedef enum NameKind
{
	NAME_OF_MODEL,
	NAME_OF_VISIBLE_TABLE /* an unqualified name, aliases left out */
} NameKind;

typedef struct ResolvedName
{
	uint64 key; /* of all that follows but the result */
	MemoryContext context;
	NameKind kind;
	char *name;
	Oid role;
	List *path;	  /* oids of the schemas that were searched */
	Oid relation; /* the result; a visible table may be InvalidOid */
} ResolvedName;

/* A resolution while it is made. */
typedef struct Resolution
{
	const char *name;
	Oid role;
	List *path;
	List *probes;	  /* of Probe * */
	List *aliased;	  /* oids of the tables that have the name as an alias, in any schema */
	Oid ambiguous_in; /* a schema where two tables of others have that alias */
	bool denied;	  /* the name's schema is one that the role may not use */
	bool is_label;	  /* app.Model, by its capitals or a registration */
	Oid either[2];	  /* a schema's table, and another that has that label: neither is to be believed */
} Resolution;

static HTAB *resolved_names = NULL;
static HTAB *watched_hashes = NULL; /* of names of tables, in their schemas */
static HTAB *watched_tables = NULL; /* that have an alias */

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
bolt_resolved_names_table_changed(Oid relid)
{
	if (watched_tables != NULL && hash_search(watched_tables, &relid, HASH_FIND, NULL) != NULL)
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
 * Of the functions that would give them, fetch_search_path_array leaves out the
 * temporary schema, and fetch_search_path may create one.
 */
List *
bolt_searched_schemas(void)
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
	List *schemas = bolt_searched_schemas();
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
	control.entrysize = sizeof(uint32);
	watched_hashes = hash_create("bolt_orm watched names", 64, &control, HASH_ELEM | HASH_BLOBS);
	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(Oid);
	watched_tables = hash_create("bolt_orm watched aliases", 64, &control, HASH_ELEM | HASH_BLOBS);
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
	hash_destroy(watched_tables);
	resolved_names = NULL;
	watched_hashes = NULL;
	watched_tables = NULL;
	forgotten = true;
}

/* The table of that name in a schema, noted down; InvalidOid for what is no model. */
static Oid
probe_table(Resolution *resolution, Oid schema, const char *table)
{
	Oid oid = get_relname_relid(table, schema);
	Probe *probe = palloc(sizeof(Probe));

	probe->relation = pstrdup(table);
	probe->schema = schema;
	resolution->probes = lappend(resolution->probes, probe);
	return OidIsValid(oid) && bolt_relkind_is_model(get_rel_relkind(oid)) ? oid : InvalidOid;
}

static Oid
schema_owner(Oid schema)
{
	HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Whether a table of that owner may have a name of its own choice in its schema.
 */
bool
bolt_may_name_in_schema(Oid owner, Oid schema)
{
	return OidIsValid(schema_owner(schema)) &&
		object_aclcheck(NamespaceRelationId, schema, owner, ACL_CREATE) == ACLCHECK_OK;
}

/*
 * The table that has an alias in a schema.  A table can be moved to where its
 * alias is taken; then that of the schema's owner is meant, else none.
 */
static Oid
probe_alias(Resolution *resolution, Oid schema, const char *alias)
{
	Oid found = InvalidOid;
	bool by_schema_owner = false;
	int n = 0;
	ListCell *lc;

	foreach(lc, bolt_registered_as(alias))
	{
		const RegisteredModel *row = lfirst(lc);
		HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(row->relation));
		Form_pg_class form;

		resolution->aliased = lappend_oid(resolution->aliased, row->relation);
		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_class) GETSTRUCT(tuple);
		if (form->relnamespace == schema && bolt_relkind_is_model(form->relkind) &&
			bolt_may_name_in_schema(form->relowner, schema))
		{
			bool by_owner = has_privs_of_role(form->relowner, schema_owner(schema));

			if (by_owner && !by_schema_owner)
				n = 0;
			if (by_owner || !by_schema_owner)
			{
				n++;
				found = row->relation;
				by_schema_owner |= by_owner;
			}
		}
		ReleaseSysCache(tuple);
	}
	if (n > 1)
	{
		resolution->ambiguous_in = schema;
		return InvalidOid;
	}
	return found;
}

static bool
has_capitals(const char *name)
{
	for (; *name != '\0'; name++)
	{
		if (*name >= 'A' && *name <= 'Z')
			return true;
	}
	return false;
}

static Oid
database_owner(void)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_database) GETSTRUCT(tuple))->datdba;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/* "blog"."article", for messages */
static char *
table_name(Oid table)
{
	return psprintf("\"%s\".\"%s\"", get_namespace_name(get_rel_namespace(table)), get_rel_name(table));
}

/* What follows the first identifier of a name and its dot; NULL where nothing does. */
static const char *
behind_first_identifier(const char *name)
{
	bool quoted = false;

	for (; *name != '\0'; name++)
	{
		if (*name == '"')
			quoted = !quoted;
		else if (*name == '.' && !quoted)
			return name + 1;
	}
	return NULL;
}

/* The alias that a written name could be: as it stands, or what stands in quotes. */
static const char *
alias_of(const char *written, const char *identifier)
{
	return written[0] == '"' && identifier != NULL ? identifier : written;
}

/*
 * A name with a schema: its table, or its alias.
 */
static Oid
resolve_qualified(Resolution *resolution, List *parts, const char *rest)
{
	const char *schema_name = linitial(parts);
	const char *identifier = list_length(parts) == 2 ? lsecond(parts) : NULL;
	Oid schema = InvalidOid;
	Oid oid = InvalidOid;

	if (strcmp(schema_name, "pg_temp") == 0)
	{
		Oid toast;

		GetTempNamespaceState(&schema, &toast);
		if (!OidIsValid(schema))
			return InvalidOid;
	}
	else
	{
		schema = get_namespace_oid(schema_name, true);
		if (!OidIsValid(schema))
			return InvalidOid;
		if (object_aclcheck(NamespaceRelationId, schema, resolution->role, ACL_USAGE) != ACLCHECK_OK)
		{
			resolution->denied = true;
			return InvalidOid;
		}
	}
	if (identifier != NULL)
		oid = probe_table(resolution, schema, identifier);
	return OidIsValid(oid) ? oid : probe_alias(resolution, schema, alias_of(rest, identifier));
}

/*
 * A name by the search path: a table or an alias, or Django's label "app.Model"
 * for the table app_model.  A quoted name is no label.
 */
static Oid
resolve_unqualified(Resolution *resolution, List *parts)
{
	const char *alias =
		alias_of(resolution->name, list_length(parts) == 1 ? (const char *) linitial(parts) : NULL);
	char *table = NULL;
	ListCell *lc;

	if (list_length(parts) == 1)
		table = linitial(parts);
	else if (list_length(parts) == 2 && strchr(resolution->name, '"') == NULL)
	{
		table = psprintf("%s_%s", (char *) linitial(parts), (char *) lsecond(parts));
		if (strlen(table) >= NAMEDATALEN)
			table = NULL;
	}
	resolution->is_label = list_length(parts) == 2 && has_capitals(resolution->name);
	foreach(lc, resolution->path)
	{
		Oid oid = table != NULL ? probe_table(resolution, lfirst_oid(lc), table) : InvalidOid;

		if (!OidIsValid(oid))
		{
			oid = probe_alias(resolution, lfirst_oid(lc), alias);
			resolution->is_label |= OidIsValid(oid);
		}
		if (OidIsValid(oid) || OidIsValid(resolution->ambiguous_in))
			return oid;
	}
	return InvalidOid;
}

/* Does the table belong to somebody who can have the caller run any code anyway, or to the caller? */
static bool
is_trusted(const Resolution *resolution, Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid owners[2];

	if (!HeapTupleIsValid(tuple))
		return false;
	owners[0] = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	owners[1] = schema_owner(((Form_pg_class) GETSTRUCT(tuple))->relnamespace);
	ReleaseSysCache(tuple);
	for (int i = 0; i < lengthof(owners); i++)
	{
		if (owners[i] != resolution->role && owners[i] != database_owner() &&
			owners[i] != ROLE_PG_DATABASE_OWNER && !superuser_arg(owners[i]))
			return false;
	}
	return true;
}

/*
 * A schema's name and an application's label look alike.  Whoever may create a schema must not take a label's place
 * by it, nor whoever may register a label that of a schema.
 */
static Oid
qualified_or_label(Resolution *resolution, Oid qualified, Oid label)
{
	if (!OidIsValid(label) || label == qualified || !resolution->is_label ||
		is_trusted(resolution, qualified))
		return qualified;
	if (is_trusted(resolution, label))
		return label;
	resolution->either[0] = qualified;
	resolution->either[1] = label;
	return InvalidOid;
}

static Oid
resolve_model(Resolution *resolution)
{
	List *parts;
	const char *rest;
	Oid oid = InvalidOid;

	/* truncates long identifiers, as SQL does */
	if (!SplitIdentifierString(pstrdup(resolution->name), '.', &parts))
		parts = NIL;
	if (list_length(parts) == 3 && strcmp(linitial(parts), get_database_name(MyDatabaseId)) == 0)
	{
		rest = behind_first_identifier(resolution->name);
		parts = list_delete_first(parts);
		return resolve_qualified(resolution, parts, behind_first_identifier(rest));
	}
	rest = behind_first_identifier(resolution->name);
	if (list_length(parts) >= 2 && rest != NULL)
		oid = resolve_qualified(resolution, parts, rest);
	if (OidIsValid(resolution->ambiguous_in))
		return InvalidOid;
	if (!OidIsValid(oid))
		return resolve_unqualified(resolution, parts);
	return qualified_or_label(resolution, oid, resolve_unqualified(resolution, parts));
}

static Oid
resolve_visible_table(Resolution *resolution)
{
	ListCell *lc;

	foreach(lc, resolution->path)
	{
		Oid oid = probe_table(resolution, lfirst_oid(lc), resolution->name);

		if (OidIsValid(oid))
			return oid;
	}
	return InvalidOid;
}

static Oid
resolve(NameKind kind, Resolution *resolution)
{
	return kind == NAME_OF_MODEL ? resolve_model(resolution) : resolve_visible_table(resolution);
}

static Resolution
begin_resolution(const char *name)
{
	Resolution resolution = {.name = name, .role = GetUserId(), .path = bolt_searched_schemas()};

	return resolution;
}

static bool
still_holds(const ResolvedName *entry)
{
	Resolution resolution = {.name = entry->name, .role = entry->role, .path = entry->path};

	return resolve(entry->kind, &resolution) == entry->relation;
}

/* What the resolution looked at is watched from now on. */
static void
watch(const Resolution *resolution)
{
	ListCell *lc;

	foreach(lc, resolution->probes)
	{
		Probe *probe = lfirst(lc);
		uint32 hashvalue = GetSysCacheHashValue2(RELNAMENSP, CStringGetDatum(probe->relation),
												 ObjectIdGetDatum(probe->schema));

		hash_search(watched_hashes, &hashvalue, HASH_ENTER, NULL);
	}
	foreach(lc, resolution->aliased)
	{
		Oid oid = lfirst_oid(lc);

		hash_search(watched_tables, &oid, HASH_ENTER, NULL);
	}
}

/*
 * Remembers a resolution.
 */
static void
remember(NameKind kind, const Resolution *resolution, Oid relation)
{
	uint64 key;
	MemoryContext context;
	MemoryContext caller;
	ResolvedName *entry;
	char *name;
	List *path;

	key = hash_bytes_extended((const unsigned char *) resolution->name, strlen(resolution->name), kind);
	key = hash_combine64(key, bolt_search_path_hash());
	key = hash_combine64(key, murmurhash32(resolution->role));
	if (resolved_names != NULL && hash_get_num_entries(resolved_names) >= MAX_RESOLVED_NAMES)
		forget_all();
	if (resolved_names == NULL)
		create_tables();
	entry = hash_search(resolved_names, &key, HASH_FIND, NULL);
	if (entry != NULL && entry->relation == relation && !bolt_resolved_names_stale())
		return;

	context = AllocSetContextCreate(TopMemoryContext, "bolt_orm resolved name", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	name = pstrdup(resolution->name);
	path = list_copy(resolution->path);
	MemoryContextSwitchTo(caller);
	watch(resolution);

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
	entry = hash_search(resolved_names, &key, HASH_ENTER, NULL);
	entry->context = context;
	entry->kind = kind;
	entry->name = name;
	entry->role = resolution->role;
	entry->path = path;
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

Oid
bolt_resolve_name(const char *name)
{
	Resolution resolution = begin_resolution(name);
	Oid relation = resolve_model(&resolution);

	if (OidIsValid(relation))
		remember(NAME_OF_MODEL, &resolution, relation);
	else if (OidIsValid(resolution.ambiguous_in))
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_ALIAS), errmsg("model name \"%s\" is ambiguous", name),
				 errdetail("Several tables of schema \"%s\" are registered under this name.",
						   get_namespace_name(resolution.ambiguous_in))));
	else if (OidIsValid(resolution.either[0]))
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_ALIAS), errmsg("model name \"%s\" is ambiguous", name),
				 errdetail("It could be table %s, or be registered for table %s.",
						   table_name(resolution.either[0]), table_name(resolution.either[1])),
				 errhint("Write the table with its schema, in quotes.")));
	else if (resolution.denied)
	{
		List *parts;

		/* the server's own error */
		if (SplitIdentifierString(pstrdup(name), '.', &parts))
			LookupExplicitNamespace(list_length(parts) == 3 ? lsecond(parts) : linitial(parts), false);
	}
	return relation;
}

Oid
bolt_meaning_of_name(const char *name)
{
	Resolution resolution = begin_resolution(name);

	return resolve_model(&resolution);
}

Oid
bolt_visible_table(const char *table)
{
	Resolution resolution = begin_resolution(table);
	Oid relation = resolve_visible_table(&resolution);

	remember(NAME_OF_VISIBLE_TABLE, &resolution, relation);
	return relation;
}
