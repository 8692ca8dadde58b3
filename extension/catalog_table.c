/*-------------------------------------------------------------------------
 *
 * catalog_table.c
 *	  Columns, indexes and the like of single tables, from the catalogs.
 *
 * Everything is read by catalog snapshot, without locks on the tables: a table
 * that is dropped in the middle has fewer columns or none, and the relcache
 * invalidation that comes with it makes the cache read again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog_table.h"
#include "compat.h"
#include "foreign_keys.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

CatalogReader *
bolt_catalog_reader(void)
{
	CatalogReader *reader = palloc0(sizeof(CatalogReader));
	HASHCTL control = {0};

	reader->context = CurrentMemoryContext;
	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(CatalogTable);
	control.hcxt = CurrentMemoryContext;
	reader->tables =
		hash_create("bolt_orm tables being read", 32, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return reader;
}

CatalogTable *
bolt_catalog_table(CatalogReader *reader, Oid oid)
{
	CatalogTable *table;
	HeapTuple tuple;
	Form_pg_class form;
	MemoryContext caller;
	bool may_be_inherited;

	table = hash_search(reader->tables, &oid, HASH_FIND, NULL);
	if (table != NULL)
		return table;

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_class) GETSTRUCT(tuple);

	table = hash_search(reader->tables, &oid, HASH_ENTER, NULL);
	memset((char *) table + sizeof(Oid), 0, sizeof(CatalogTable) - sizeof(Oid));
	table->reader = reader;
	caller = MemoryContextSwitchTo(reader->context);
	table->name = pstrdup(NameStr(form->relname));
	MemoryContextSwitchTo(caller);
	table->schema = form->relnamespace;
	table->owner = form->relowner;
	table->relkind = form->relkind;
	table->temporary = form->relpersistence == RELPERSISTENCE_TEMP;
	table->partition = form->relispartition;

	/* it goes on saying so when the last of them has been dropped */
	may_be_inherited = form->relhassubclass && form->relkind != RELKIND_PARTITIONED_TABLE;
	ReleaseSysCache(tuple);
	table->inherited = may_be_inherited && find_inheritance_children(oid, NoLock) != NIL;
	return table;
}

bool
bolt_relkind_is_model(char relkind)
{
	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE || relkind == RELKIND_VIEW ||
		relkind == RELKIND_MATVIEW || relkind == RELKIND_FOREIGN_TABLE;
}

/*
 * Takes back not_null from columns whose constraint is NOT VALID: attnotnull
 * says no more than that new rows are checked.
 */
static void
skip_invalid_not_nulls(CatalogTable *table)
{
	Relation constraints;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table->oid));
	constraints = table_open(ConstraintRelationId, AccessShareLock);
	scan = systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		int ncolumns;
		AttrNumber *columns;

		if (form->contype != 'n' || form->convalidated)
			continue;
		columns = bolt_constraint_columns(tuple, Anum_pg_constraint_conkey, RelationGetDescr(constraints),
										  &ncolumns);
		for (int i = 0; i < table->nfields; i++)
		{
			if (bolt_columns_contain(ncolumns, columns, table->fields[i].attnum))
				table->fields[i].not_null = false;
		}
	}
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);
}

/*
 * Reads the columns, in one scan rather than by a syscache look-up each: a
 * table may have 1600.
 */
void
bolt_catalog_fields(CatalogTable *table)
{
	Relation attributes;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	MemoryContext caller;
	int capacity = 16;

	if (table->fields_known)
		return;

	caller = MemoryContextSwitchTo(table->reader->context);
	table->nfields = 0;
	table->fields = palloc(capacity * sizeof(Field));

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table->oid));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber, F_INT2GT, Int16GetDatum(0));
	attributes = table_open(AttributeRelationId, AccessShareLock);
	scan = systable_beginscan(attributes, AttributeRelidNumIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
		Field *field;

		if (form->attisdropped)
			continue;
		if (table->nfields == capacity)
		{
			capacity *= 2;
			table->fields = repalloc(table->fields, capacity * sizeof(Field));
		}
		field = &table->fields[table->nfields++];
		field->name = pstrdup(NameStr(form->attname));
		field->attnum = form->attnum;
		field->type = form->atttypid;
		field->typmod = form->atttypmod;
		field->collation = form->attcollation;
		field->not_null = form->attnotnull;
		field->generated = form->attgenerated != '\0';
		field->identity = form->attidentity;
		field->has_default = form->atthasdef && !field->generated;
	}
	systable_endscan(scan);
	table_close(attributes, AccessShareLock);
	if (BOLT_NOT_NULL_MAY_BE_INVALID)
		skip_invalid_not_nulls(table);

	table->fields_known = true;
	MemoryContextSwitchTo(caller);
}

const Field *
bolt_catalog_field(CatalogTable *table, const char *name)
{
	bolt_catalog_fields(table);
	for (int i = 0; i < table->nfields; i++)
	{
		if (strcmp(table->fields[i].name, name) == 0)
			return &table->fields[i];
	}
	return NULL;
}

const Field *
bolt_catalog_field_by_attnum(CatalogTable *table, AttrNumber attnum)
{
	bolt_catalog_fields(table);
	for (int i = 0; i < table->nfields; i++)
	{
		if (table->fields[i].attnum == attnum)
			return &table->fields[i];
	}
	return NULL;
}

/*
 * The indexes that planner and constraints can rely on: valid ones without a
 * WHERE clause.
 */
List *
bolt_catalog_indexes(CatalogTable *table)
{
	Relation indexes;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	MemoryContext caller;

	if (table->indexes_known)
		return table->indexes;

	caller = MemoryContextSwitchTo(table->reader->context);
	table->indexes = NIL;
	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table->oid));
	indexes = table_open(IndexRelationId, AccessShareLock);
	scan = systable_beginscan(indexes, IndexIndrelidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
		TableIndex *index;
		HeapTuple class;

		if (!form->indisvalid || !form->indisready || !form->indislive)
			continue;
		if (!heap_attisnull(tuple, Anum_pg_index_indpred, NULL))
			continue;
		class = SearchSysCache1(RELOID, ObjectIdGetDatum(form->indexrelid));
		if (!HeapTupleIsValid(class))
			continue;

		index = palloc(sizeof(TableIndex));
		index->nkeys = form->indnkeyatts;
		index->keys = palloc(index->nkeys * sizeof(AttrNumber));
		for (int i = 0; i < index->nkeys; i++)
			index->keys[i] = form->indkey.values[i];
		index->unique = form->indisunique;
		index->primary = form->indisprimary;
		index->immediate = form->indimmediate;
		index->btree = ((Form_pg_class) GETSTRUCT(class))->relam == BTREE_AM_OID;
		ReleaseSysCache(class);
		table->indexes = lappend(table->indexes, index);
	}
	systable_endscan(scan);
	table_close(indexes, AccessShareLock);

	table->indexes_known = true;
	MemoryContextSwitchTo(caller);
	return table->indexes;
}

const TableIndex *
bolt_catalog_primary_key(CatalogTable *table)
{
	ListCell *lc;

	foreach(lc, bolt_catalog_indexes(table))
	{
		TableIndex *index = lfirst(lc);

		if (index->primary)
			return index;
	}
	return NULL;
}

bool
bolt_columns_contain(int n, const AttrNumber *columns, AttrNumber column)
{
	for (int i = 0; i < n; i++)
	{
		if (columns[i] == column)
			return true;
	}
	return false;
}

bool
bolt_catalog_unique(CatalogTable *table, int n, const AttrNumber *columns)
{
	ListCell *lc;

	if (table->inherited)
		return false;
	foreach(lc, bolt_catalog_indexes(table))
	{
		TableIndex *index = lfirst(lc);
		bool within = index->unique;

		for (int i = 0; within && i < index->nkeys; i++)
			within = bolt_columns_contain(n, columns, index->keys[i]);
		if (within)
			return true;
	}
	return false;
}

bool
bolt_catalog_indexed(CatalogTable *table, int n, const AttrNumber *columns)
{
	ListCell *lc;

	foreach(lc, bolt_catalog_indexes(table))
	{
		TableIndex *index = lfirst(lc);
		bool leads = index->btree && index->nkeys >= n;

		for (int i = 0; leads && i < n; i++)
			leads = bolt_columns_contain(n, index->keys, columns[i]);
		if (leads)
			return true;
	}
	return false;
}

/*
 * Looks into Citus' own catalog, where there is one.  Only a superuser can
 * make a table in pg_catalog, so its name is proof enough.
 */
bool
bolt_catalog_distributed(Oid oid)
{
	Oid partitions = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	AttrNumber column;
	Relation relation;
	ScanKeyData key;
	SysScanDesc scan;
	bool found;

	if (!OidIsValid(partitions))
		return false;
	column = get_attnum(partitions, "logicalrelid");
	if (column == InvalidAttrNumber)
		return false;
	relation = try_table_open(partitions, AccessShareLock);
	if (relation == NULL)
		return false;
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}
