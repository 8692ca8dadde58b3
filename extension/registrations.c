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
 * sense is decided where they are used: rows may outlive what they name.  Only
 * a row that was written before its table was there, by pg_restore, is judged
 * here: it counts once the table is there, if the role that wrote it may act as
 * its owner.  The tables and names that such rows wait for are watched.
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
#include "miscadmin.h"
#include "registrations.h"
#include "table_columns.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The columns stand in the order of the extension script. */
static const struct
{
	const char *name;
	int ncolumns;
	const char *references; /* a letter for each column: r for one of bolt.table_columns, t for a target */
} registry_tables[REGISTRY_TABLES] = {
	[REGISTRY_MODEL] = {"model", 5, "r---r"},
	[REGISTRY_RELATION] = {"relation", 5, "rt---"},
	[REGISTRY_MANY_TO_MANY] = {"many_to_many", 5, "rrr--"},
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

/*
 * What rows that are texts speak of, as of the last read: tables that are there,
 * and hash values of names that are not.
 */
static List *awaited_tables = NIL;
static List *awaited_names = NIL;
static bool awaited_schemas = false;

static Registrations *read_registrations(const Oid tables[REGISTRY_TABLES], uint64 *hash);

int
bolt_registry_ncolumns(RegistryTable table)
{
	return registry_tables[table].ncolumns;
}

bool
bolt_registry_is_reference(RegistryTable table, int column)
{
	return registry_tables[table].references[column] != '-';
}

bool
bolt_registry_is_target(RegistryTable table, int column)
{
	return registry_tables[table].references[column] == 't';
}

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
	if (list_member_oid(awaited_tables, relid))
		changes++;
}

void
bolt_registrations_name_changed(uint32 hashvalue)
{
	if (awaited_names != NIL && (hashvalue == 0 || list_member_int(awaited_names, (int) hashvalue)))
		changes++;
}

void
bolt_registrations_schema_changed(void)
{
	if (awaited_schemas)
		changes++;
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

	/* the values are trusted to be what the library made them */
	return getExtensionOfObject(TypeRelationId, get_atttype(tables[REGISTRY_MODEL], 1)) == extension;
}

Oid
bolt_table_columns_type(void)
{
	Oid tables[REGISTRY_TABLES];

	if (!bolt_registry_tables(tables))
		elog(ERROR, "bolt_orm is not installed in this database");
	return get_atttype(tables[REGISTRY_MODEL], 1);
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
bolt_registered_relations(Oid relation)
{
	List *found = NIL;
	int low = 0;
	int high = list_length(registrations->relations);

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (((RegisteredRelation *) list_nth(registrations->relations, middle))->relation < relation)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list_length(registrations->relations); low++)
	{
		RegisteredRelation *row = list_nth(registrations->relations, low);

		if (row->relation != relation)
			break;
		found = lappend(found, row);
	}
	return found;
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

/* By columns as well, so that the order does not depend on that of the rows. */
static int
compare_relations(const ListCell *a, const ListCell *b)
{
	const RegisteredRelation *left = lfirst(a);
	const RegisteredRelation *right = lfirst(b);

	if (left->relation != right->relation)
		return left->relation < right->relation ? -1 : 1;
	for (int i = 0; i < Min(left->nfields, right->nfields); i++)
	{
		if (left->columns[i] != right->columns[i])
			return left->columns[i] - right->columns[i];
	}
	return left->nfields - right->nfields;
}

static int
compare_models_by_name(const ListCell *a, const ListCell *b)
{
	int order = strcmp(((RegisteredModel *) lfirst(a))->name, ((RegisteredModel *) lfirst(b))->name);

	return order != 0 ? order : compare_models(a, b);
}

static void
sort_registrations(Registrations *into)
{
	ListCell *lc;

	list_sort(into->relations, compare_relations);

	list_sort(into->models, compare_models);
	foreach(lc, into->models)
	{
		const RegisteredModel *next = lnext(into->models, lc) ? lfirst(lnext(into->models, lc)) : NULL;

		/* two rows of one table can only come by hand */
		if (next != NULL && next->relation == ((RegisteredModel *) lfirst(lc))->relation)
			into->models = foreach_delete_current(into->models, lc);
	}
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

/* What a row that is a text waits for, in memory that lasts until the next read */
static void
await(const TableColumns *columns)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	awaited_schemas = true;
	if (OidIsValid(columns->table))
		awaited_tables = list_append_unique_oid(awaited_tables, columns->table);
	else if (columns->missing != NULL && OidIsValid(columns->schema))
	{
		uint32 hashvalue = GetSysCacheHashValue2(RELNAMENSP, CStringGetDatum(columns->missing),
												 ObjectIdGetDatum(columns->schema));

		awaited_names = list_append_unique_int(awaited_names, (int) hashvalue);
	}
	MemoryContextSwitchTo(caller);
}

/* Whether the role that wrote a row may act as the owner of its table. */
static bool
may_speak_for(Oid writer, Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	bool may = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(writer)))
		may = has_privs_of_role(writer, ((Form_pg_class) GETSTRUCT(tuple))->relowner);
	ReleaseSysCache(tuple);
	return may;
}

/*
 * Takes a table with its columns.  False where it is not there, or where the row
 * may not speak for it.
 */
static bool
take_columns(RegistryTable table, const Datum *values, const bool *nulls, int column, TableColumns *into,
			 uint64 *hash)
{
	memset(into, 0, sizeof(TableColumns));
	if (nulls[column])
		return false;
	bolt_table_columns_read(values[column], into);
	if (OidIsValid(into->writer))
	{
		await(into);
		if (into->pending || !OidIsValid(into->table) ||
			(!bolt_registry_is_target(table, column) && !may_speak_for(into->writer, into->table)))
			return false;
	}
	*hash = hash_combine64(*hash, into->table);
	for (int i = 0; i < into->n; i++)
		*hash = hash_combine64(*hash, into->columns[i]);
	return OidIsValid(into->table);
}

/* The columns that the entries of an ordering begin with; 0 for those that begin with none. */
static AttrNumber *
take_ordering_columns(const RegisteredModel *row, Datum *values, const bool *nulls, int column, uint64 *hash)
{
	int n = list_length(row->ordering);
	AttrNumber *columns = palloc0(Max(n, 1) * sizeof(AttrNumber));
	ArrayType *array;
	Datum *elements;
	bool *element_nulls;
	int count;

	if (nulls[column])
		return columns;
	array = DatumGetArrayTypeP(values[column]);
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT, &elements, &element_nulls, &count);
	for (int i = 0; i < Min(n, count); i++)
	{
		TableColumns element;

		if (element_nulls[i])
			continue;
		bolt_table_columns_read(elements[i], &element);
		if (element.table == row->relation && !element.pending && element.n == 1)
			columns[i] = element.columns[0];
		*hash = hash_combine64(*hash, columns[i]);
	}
	return columns;
}

static void
take_model(Registrations *into, Datum *values, const bool *nulls, uint64 *hash)
{
	RegisteredModel *row = palloc0(sizeof(RegisteredModel));
	TableColumns relation;
	TableColumns key;

	if (!take_columns(REGISTRY_MODEL, values, nulls, 0, &relation, hash))
		return;
	row->relation = relation.table;
	row->name = take_text(values, nulls, 1, hash);
	row->ordering = take_list(values, nulls, 2, hash);
	row->ordering_columns = take_ordering_columns(row, values, nulls, 3, hash);
	if (take_columns(REGISTRY_MODEL, values, nulls, 4, &key, hash) && key.table == row->relation)
	{
		row->nprimary_key = key.n;
		row->primary_key = key.columns;
	}
	into->models = lappend(into->models, row);
}

static void
take_relation(Registrations *into, Datum *values, const bool *nulls, uint64 *hash)
{
	RegisteredRelation *row = palloc0(sizeof(RegisteredRelation));
	TableColumns relation;
	TableColumns target;

	if (!take_columns(REGISTRY_RELATION, values, nulls, 0, &relation, hash) ||
		!take_columns(REGISTRY_RELATION, values, nulls, 1, &target, hash) || relation.n == 0 ||
		relation.n != target.n)
		return;
	row->relation = relation.table;
	row->nfields = relation.n;
	row->columns = relation.columns;
	row->target = target.table;
	row->target_columns = target.columns;
	row->name = take_text(values, nulls, 2, hash);
	row->related_name = take_text(values, nulls, 3, hash);
	row->on_delete = take_text(values, nulls, 4, hash);
	into->relations = lappend(into->relations, row);
}

static void
take_many_to_many(Registrations *into, Datum *values, const bool *nulls, uint64 *hash)
{
	RegisteredManyToMany *row = palloc0(sizeof(RegisteredManyToMany));
	TableColumns relation;
	TableColumns source;
	TableColumns target;

	if (!take_columns(REGISTRY_MANY_TO_MANY, values, nulls, 0, &relation, hash) ||
		!take_columns(REGISTRY_MANY_TO_MANY, values, nulls, 1, &source, hash) ||
		!take_columns(REGISTRY_MANY_TO_MANY, values, nulls, 2, &target, hash) ||
		source.table != target.table || source.n == 0 || target.n == 0 || nulls[3])
		return;
	row->relation = relation.table;
	row->through = source.table;
	row->nsource = source.n;
	row->source_columns = source.columns;
	row->ntarget = target.n;
	row->target_columns = target.columns;
	row->name = take_text(values, nulls, 3, hash);
	row->related_name = take_text(values, nulls, 4, hash);
	into->many_to_many = lappend(into->many_to_many, row);
}

/* A function for the rows of each table */
static void (*const take_row[REGISTRY_TABLES])(Registrations *into, Datum *values, const bool *nulls,
											   uint64 *hash) = {
	[REGISTRY_MODEL] = take_model,
	[REGISTRY_RELATION] = take_relation,
	[REGISTRY_MANY_TO_MANY] = take_many_to_many,
};

static void
forget_awaited(void)
{
	list_free(awaited_tables);
	list_free(awaited_names);
	awaited_tables = NIL;
	awaited_names = NIL;
	awaited_schemas = false;
}

static Registrations *
read_registrations(const Oid tables[REGISTRY_TABLES], uint64 *hash)
{
	Registrations *into = palloc0(sizeof(Registrations));

	forget_awaited();
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

			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(tuple, desc, values, nulls);
			*hash = hash_combine64(*hash, i);
			take_row[i](into, values, nulls, hash);
		}
		systable_endscan(scan);
		table_close(relation, AccessShareLock);
	}
	sort_registrations(into);
	return into;
}
