/*-------------------------------------------------------------------------
 *
 * registrations.c
 *	  Reads the extension's own tables, where registered names live.
 *
 * They are small, so all of them are read at once and kept.  Their trigger
 * sends a relcache invalidation for the table, which is how every session
 * learns of a change (registry.c).  They are read by catalog snapshot, as the
 * DDL that they belong to is: a REPEATABLE READ transaction too sees
 * registrations that have been committed since it began.
 *
 * A row is taken as it is.  Whether its table, its columns and its names make
 * sense is decided where they are used: rows may outlive what they name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "common/hashfn.h"
#include "compat.h"
#include "registrations.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define MAX_REGISTRY_COLUMNS 7

static const struct
{
	const char *name;
	int ncolumns;
} registry_tables[REGISTRY_TABLES] = {
	[REGISTRY_MODEL] = {"model", 4},
	[REGISTRY_RELATION] = {"relation", 7},
	[REGISTRY_MANY_TO_MANY] = {"many_to_many", 6},
};

static const Registrations none = {NIL, NIL, NIL, NIL};

static MemoryContext context = NULL;
static const Registrations *registrations = &none;
static uint64 fingerprint = 0;
static uint64 number = 0;

/* As of the last read; all InvalidOid where the extension was absent. */
static Oid tables_read[REGISTRY_TABLES];

/* A counter rather than a flag, so that a change during the read is not lost. */
static uint64 changes = 1;
static uint64 changes_read = 0;

static Registrations *read_registrations(const Oid tables[REGISTRY_TABLES], uint64 *hash);

void
bolt_registrations_changed(Oid relid)
{
	if (!OidIsValid(relid))
	{
		changes++;
		return;
	}
	for (int i = 0; i < REGISTRY_TABLES; i++)
	{
		if (tables_read[i] == relid)
		{
			changes++;
			return;
		}
	}
}

/*
 * While the extension is absent nothing announces its coming, so that is
 * looked up each time; it costs one negative syscache hit.
 */
bool
bolt_registrations_stale(void)
{
	if (changes != changes_read)
		return true;
	return !OidIsValid(tables_read[0]) && OidIsValid(get_namespace_oid("bolt", true));
}

bool
bolt_registry_tables(Oid tables[REGISTRY_TABLES])
{
	Oid schema = get_namespace_oid("bolt", true);
	Oid extension;

	if (!OidIsValid(schema))
		return false;
	extension = get_extension_oid("bolt_orm", true);
	if (!OidIsValid(extension))
		return false;
	for (int i = 0; i < REGISTRY_TABLES; i++)
	{
		tables[i] = get_relname_relid(registry_tables[i].name, schema);
		if (!OidIsValid(tables[i]) || getExtensionOfObject(RelationRelationId, tables[i]) != extension)
			return false;
	}
	return true;
}

uint64
bolt_registrations_refresh(void)
{
	uint64 changes_before = changes;
	MemoryContext fresh_context;
	MemoryContext caller;
	Registrations *fresh;
	Oid tables[REGISTRY_TABLES];
	uint64 hash = 0;

	if (!bolt_registrations_stale())
		return number;

	if (!bolt_registry_tables(tables))
		memset(tables, 0, sizeof(tables));

	/*
	 * From here on the callback has to know the tables: what changes after
	 * our snapshot must mark them again.
	 */
	memcpy(tables_read, tables, sizeof(tables));

	fresh_context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm registrations", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(fresh_context);
	fresh = read_registrations(tables, &hash);
	MemoryContextSwitchTo(caller);

	if (hash == fingerprint)
		MemoryContextDelete(fresh_context);
	else
	{
		MemoryContextSetParent(fresh_context, TopMemoryContext);
		registrations = fresh;
		if (context != NULL)
			MemoryContextDelete(context);
		context = fresh_context;
		fingerprint = hash;
		number++;
	}
	changes_read = changes_before;
	return number;
}

const Registrations *
bolt_registrations(void)
{
	return registrations;
}

const RegisteredModel *
bolt_registered_model(Oid relation)
{
	int low = 0;
	int high = list_length(registrations->models);

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		RegisteredModel *model = list_nth(registrations->models, middle);

		if (model->relation == relation)
			return model;
		if (model->relation < relation)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

List *
bolt_registered_as(const char *name)
{
	List *found = NIL;
	int low = 0;
	int high = list_length(registrations->models_by_name);

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(((RegisteredModel *) list_nth(registrations->models_by_name, middle))->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list_length(registrations->models_by_name); low++)
	{
		RegisteredModel *model = list_nth(registrations->models_by_name, low);

		if (strcmp(model->name, name) != 0)
			break;
		found = lappend(found, model);
	}
	return found;
}

static int
compare_models(const ListCell *a, const ListCell *b)
{
	Oid left = ((RegisteredModel *) lfirst(a))->relation;
	Oid right = ((RegisteredModel *) lfirst(b))->relation;

	return left < right ? -1 : left > right;
}

static int
compare_models_by_name(const ListCell *a, const ListCell *b)
{
	int order = strcmp(((RegisteredModel *) lfirst(a))->name, ((RegisteredModel *) lfirst(b))->name);

	return order != 0 ? order : compare_models(a, b);
}

static void
sort_models(Registrations *into)
{
	ListCell *lc;

	list_sort(into->models, compare_models);
	foreach(lc, into->models)
	{
		if (((RegisteredModel *) lfirst(lc))->name != NULL)
			into->models_by_name = lappend(into->models_by_name, lfirst(lc));
	}
	list_sort(into->models_by_name, compare_models_by_name);
}

/*
 * A text[] as a list of C strings; nulls in it become empty strings, which
 * name nothing.
 */
static List *
text_array_to_list(Datum datum)
{
	List *list = NIL;
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(DatumGetArrayTypeP(datum), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		list = lappend(list, nulls[i] ? pstrdup("") : TextDatumGetCString(elements[i]));
	return list;
}

static uint64
hash_string(uint64 hash, const char *string)
{
	if (string == NULL)
		return hash_combine64(hash, 1);
	return hash_combine64(hash, hash_bytes_extended((const unsigned char *) string, strlen(string), 2));
}

static char *
take_text(const Datum *values, const bool *nulls, int column, uint64 *hash)
{
	char *string = nulls[column] ? NULL : TextDatumGetCString(values[column]);

	*hash = hash_string(*hash, string);
	return string;
}

static List *
take_list(const Datum *values, const bool *nulls, int column, uint64 *hash)
{
	List *list = nulls[column] ? NIL : text_array_to_list(values[column]);
	ListCell *lc;

	*hash = hash_combine64(*hash, list_length(list));
	foreach(lc, list)
		*hash = hash_string(*hash, lfirst(lc));
	return list;
}

static Oid
take_oid(const Datum *values, const bool *nulls, int column, uint64 *hash)
{
	Oid oid = nulls[column] ? InvalidOid : DatumGetObjectId(values[column]);

	*hash = hash_combine64(*hash, oid);
	return oid;
}

/*
 * Takes a row into the registrations.  The columns stand in the order of the
 * table's definition in the extension script.
 */
static void
take_row(Registrations *into, RegistryTable table, const Datum *values, const bool *nulls, uint64 *hash)
{
	*hash = hash_combine64(*hash, table);
	if (table == REGISTRY_MODEL)
	{
		RegisteredModel *row = palloc0(sizeof(RegisteredModel));

		row->relation = take_oid(values, nulls, 0, hash);
		row->name = take_text(values, nulls, 1, hash);
		row->ordering = take_list(values, nulls, 2, hash);
		row->primary_key = take_list(values, nulls, 3, hash);
		into->models = lappend(into->models, row);
	}
	else if (table == REGISTRY_RELATION)
	{
		RegisteredRelation *row = palloc0(sizeof(RegisteredRelation));

		row->relation = take_oid(values, nulls, 0, hash);
		row->columns = take_list(values, nulls, 1, hash);
		row->name = take_text(values, nulls, 2, hash);
		row->related_name = take_text(values, nulls, 3, hash);
		row->on_delete = take_text(values, nulls, 4, hash);
		row->target = take_oid(values, nulls, 5, hash);
		row->target_columns = take_list(values, nulls, 6, hash);
		into->relations = lappend(into->relations, row);
	}
	else
	{
		RegisteredManyToMany *row = palloc0(sizeof(RegisteredManyToMany));

		row->relation = take_oid(values, nulls, 0, hash);
		row->through = take_oid(values, nulls, 1, hash);
		row->name = take_text(values, nulls, 2, hash);
		row->related_name = take_text(values, nulls, 3, hash);
		row->source_columns = take_list(values, nulls, 4, hash);
		row->target_columns = take_list(values, nulls, 5, hash);
		into->many_to_many = lappend(into->many_to_many, row);
	}
}

static Registrations *
read_registrations(const Oid tables[REGISTRY_TABLES], uint64 *hash)
{
	Registrations *into = palloc0(sizeof(Registrations));

	for (int i = 0; i < REGISTRY_TABLES; i++)
	{
		Relation relation;
		TupleDesc desc;
		SysScanDesc scan;
		HeapTuple tuple;

		if (!OidIsValid(tables[i]))
			continue;
		relation = try_table_open(tables[i], AccessShareLock);
		if (relation == NULL)
			continue;
		desc = RelationGetDescr(relation);
		if (desc->natts != registry_tables[i].ncolumns)
		{
			table_close(relation, AccessShareLock);
			continue;
		}
		scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		{
			Datum values[MAX_REGISTRY_COLUMNS];
			bool nulls[MAX_REGISTRY_COLUMNS];

			heap_deform_tuple(tuple, desc, values, nulls);
			take_row(into, i, values, nulls, hash);
		}
		systable_endscan(scan);
		table_close(relation, AccessShareLock);
	}
	sort_models(into);
	return into;
}
