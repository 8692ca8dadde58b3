/*-------------------------------------------------------------------------
 *
 * registry_rows.c
 *	  Writes bolt.model, bolt.relation and bolt.many_to_many.
 *
 * Nobody but their owner may write these tables; the checks in registry.c stand
 * in for privileges.  Rows are written as those of catalogs are, without a
 * statement: no statement runs with the rights of the owner, and nothing is
 * looked up by a name.
 *
 * What comes by a statement of a user, such as the COPY of pg_restore, meets the
 * trigger at the end of this file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "compat.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "model.h"
#include "registry_rows.h"
#include "storage/lmgr.h"
#include "table_columns.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(bolt_registry_changed);
PG_FUNCTION_INFO_V1(bolt_registry_check);

/* A row being put together */
typedef struct Row
{
	int ncolumns;
	Datum values[MAX_REGISTRY_COLUMNS];
	bool nulls[MAX_REGISTRY_COLUMNS];
} Row;

/* Whether a row, read as values, is one to be deleted. */
typedef bool (*RowTest)(RegistryTable table, const Datum *values, const bool *nulls, const void *argument);

static Oid
registry_table(RegistryTable table)
{
	Oid tables[REGISTRY_TABLES];

	if (!bolt_registry_tables(tables))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"%s\" is not installed in this database", "bolt_orm")));
	return tables[table];
}

static void
delete_rows(RegistryTable table, RowTest test, const void *argument)
{
	Relation relation = table_open(registry_table(table), RowExclusiveLock);
	TupleDesc desc = RelationGetDescr(relation);
	SysScanDesc scan;
	HeapTuple tuple;
	bool any = false;

	scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Datum values[MAX_REGISTRY_COLUMNS];
		bool nulls[MAX_REGISTRY_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(tuple, desc, values, nulls);
		if (!test(table, values, nulls, argument))
			continue;
		simple_table_tuple_delete(relation, &tuple->t_self, GetTransactionSnapshot());
		any = true;
	}
	systable_endscan(scan);
	if (any)
	{
		CommandCounterIncrement();
		CacheInvalidateRelcache(relation);
	}
	table_close(relation, NoLock);
}

static void
insert_row(RegistryTable table, Row *row)
{
	Relation relation = table_open(registry_table(table), RowExclusiveLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);

	Assert(row->ncolumns == RelationGetDescr(relation)->natts);
	memcpy(slot->tts_values, row->values, row->ncolumns * sizeof(Datum));
	memcpy(slot->tts_isnull, row->nulls, row->ncolumns * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	simple_table_tuple_insert(relation, slot);
	ExecDropSingleTupleTableSlot(slot);
	CommandCounterIncrement();
	CacheInvalidateRelcache(relation);
	table_close(relation, NoLock);
}

static void
add_columns(Row *row, Oid table, int n, const AttrNumber *columns)
{
	row->nulls[row->ncolumns] = false;
	row->values[row->ncolumns++] = bolt_table_columns_make(table, n, columns);
}

static void
add_text(Row *row, const char *value)
{
	row->nulls[row->ncolumns] = value == NULL;
	row->values[row->ncolumns++] = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
}

static void
add_list(Row *row, List *value)
{
	Datum *elements = palloc(Max(list_length(value), 1) * sizeof(Datum));
	ListCell *lc;

	foreach(lc, value)
		elements[foreach_current_index(lc)] = CStringGetTextDatum((char *) lfirst(lc));
	row->nulls[row->ncolumns] = value == NIL;
	row->values[row->ncolumns++] =
		PointerGetDatum(construct_array(elements, list_length(value), TEXTOID, -1, false, TYPALIGN_INT));
}

/* One value for each entry of an ordering: the column that it begins with, or null. */
static void
add_ordering_columns(Row *row, const RegisteredModel *model)
{
	int n = list_length(model->ordering);
	Datum *elements = palloc(Max(n, 1) * sizeof(Datum));
	bool *nulls = palloc(Max(n, 1) * sizeof(bool));
	int lower = 1;

	for (int i = 0; i < n; i++)
	{
		nulls[i] = model->ordering_columns[i] == InvalidAttrNumber;
		elements[i] =
			nulls[i] ? (Datum) 0 : bolt_table_columns_make(model->relation, 1, &model->ordering_columns[i]);
	}
	row->nulls[row->ncolumns] = n == 0;
	row->values[row->ncolumns++] = PointerGetDatum(construct_md_array(
		elements, nulls, 1, &n, &lower, bolt_table_columns_type(), -1, false, TYPALIGN_INT));
}

/* ----------
 * Which rows to delete
 * ----------
 */

/* Rows of what has been dropped */
static bool
is_of_dropped(RegistryTable table, const Datum *values, const bool *nulls, const void *argument)
{
	/* without its primary key a model has still a name */
	int n = table == REGISTRY_MODEL ? 1 : bolt_registry_ncolumns(table);

	for (int i = 0; i < n; i++)
	{
		if (bolt_registry_is_reference(table, i) && !nulls[i] && !bolt_table_columns_are_there(values[i]))
			return true;
	}
	return false;
}

/* Rows of a table: what has been registered of it, or through it */
static bool
is_of_table(RegistryTable table, const Datum *values, const bool *nulls, const void *argument)
{
	TableColumns columns;
	int n = table == REGISTRY_MANY_TO_MANY ? 2 : 1;

	for (int i = 0; i < n; i++)
	{
		bolt_table_columns_read(values[i], &columns);
		if (columns.table == *(const Oid *) argument)
			return true;
	}
	return false;
}

/* The row of the same key as one about to be written: table and columns in whatever order */
static bool
is_same(Datum value, Oid table, int n, const AttrNumber *columns)
{
	TableColumns read;

	bolt_table_columns_read(value, &read);
	if (read.table != table || read.n != n)
		return false;
	for (int i = 0; i < n; i++)
	{
		bool found = false;

		for (int j = 0; j < n; j++)
			found = found || read.columns[j] == columns[i];
		if (!found)
			return false;
	}
	return true;
}

/* A registration that is replaced goes with all that the new one does not say: that is easily overlooked. */
static void
note_taken_back(const char *what, Oid table, Datum before, const char *now)
{
	if (before != (Datum) 0 && now == NULL)
		ereport(NOTICE,
				(errmsg("the %s \"%s\" that was registered for table \"%s\" is taken back", what,
						TextDatumGetCString(before), get_rel_name(table)),
				 errhint("A registration replaces the earlier one. Give all of it.")));
}

static bool
is_same_model(RegistryTable table, const Datum *values, const bool *nulls, const void *argument)
{
	const RegisteredModel *row = argument;

	if (!is_same(values[0], row->relation, 0, NULL))
		return false;
	note_taken_back("name", row->relation, nulls[1] ? (Datum) 0 : values[1], row->name);
	return true;
}

static bool
is_same_relation(RegistryTable table, const Datum *values, const bool *nulls, const void *argument)
{
	const RegisteredRelation *row = argument;

	if (!is_same(values[0], row->relation, row->nfields, row->columns))
		return false;
	note_taken_back("on_delete", row->relation, nulls[4] ? (Datum) 0 : values[4], row->on_delete);
	return true;
}

static bool
is_same_many_to_many(RegistryTable table, const Datum *values, const bool *nulls, const void *argument)
{
	const RegisteredManyToMany *row = argument;

	return is_same(values[0], row->relation, 0, NULL) &&
		is_same(values[1], row->through, row->nsource, row->source_columns);
}

/* ----------
 * Writing
 * ----------
 */
void
bolt_registry_begin(const char *function)
{
	static TimestampTz swept_in = 0; /* when that transaction began */

	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);

	for (int i = 0; i < REGISTRY_TABLES; i++)
		LockRelationOid(registry_table(i), ShareRowExclusiveLock);
	if (swept_in != GetCurrentTransactionStartTimestamp())
	{
		for (int i = 0; i < REGISTRY_TABLES; i++)
			delete_rows(i, is_of_dropped, NULL);
		swept_in = GetCurrentTransactionStartTimestamp();
	}
	bolt_model_refresh();
}

void
bolt_registry_write_model(const RegisteredModel *model)
{
	Row row = {0};

	delete_rows(REGISTRY_MODEL, is_same_model, model);
	add_columns(&row, model->relation, 0, NULL);
	add_text(&row, model->name);
	add_list(&row, model->ordering);
	add_ordering_columns(&row, model);
	if (model->nprimary_key > 0)
		add_columns(&row, model->relation, model->nprimary_key, model->primary_key);
	else
		row.nulls[row.ncolumns++] = true;
	insert_row(REGISTRY_MODEL, &row);
}

void
bolt_registry_write_relation(const RegisteredRelation *relation)
{
	Row row = {0};

	delete_rows(REGISTRY_RELATION, is_same_relation, relation);
	add_columns(&row, relation->relation, relation->nfields, relation->columns);
	add_columns(&row, relation->target, relation->nfields, relation->target_columns);
	add_text(&row, relation->name);
	add_text(&row, relation->related_name);
	add_text(&row, relation->on_delete);
	insert_row(REGISTRY_RELATION, &row);
}

void
bolt_registry_write_many_to_many(const RegisteredManyToMany *relation)
{
	Row row = {0};

	delete_rows(REGISTRY_MANY_TO_MANY, is_same_many_to_many, relation);
	add_columns(&row, relation->relation, 0, NULL);
	add_columns(&row, relation->through, relation->nsource, relation->source_columns);
	add_columns(&row, relation->through, relation->ntarget, relation->target_columns);
	add_text(&row, relation->name);
	add_text(&row, relation->related_name);
	insert_row(REGISTRY_MANY_TO_MANY, &row);
}

void
bolt_registry_delete_all(Oid relation)
{
	for (int i = 0; i < REGISTRY_TABLES; i++)
		delete_rows(i, is_of_table, &relation);
}

/* ----------
 * Triggers
 * ----------
 */

/*
 * After any change: tells every session.  The message goes out at commit, and to
 * standbys with it.
 */
Datum
bolt_registry_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "registry_changed")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

/* Whether the current user may speak for a table, if that is there. */
static bool
may_register(Oid table)
{
	char *name;

	if (!OidIsValid(table) || object_ownercheck(RelationRelationId, table, GetUserId()))
		return true;
	name = get_rel_name(table);
	ereport(WARNING,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("a registration of \"%s\" is left out", name != NULL ? name : "?"),
			 errdetail("Only the owner of the table may register it.")));
	return false;
}

/*
 * Before a row comes by a statement: the role must be the owner of the tables
 * that the row speaks for, and values are made anew as of that role, whoever made
 * them.  A row that may not be there is left out with a warning, so that one of
 * them does not keep pg_restore from restoring the others.
 */
Datum
bolt_registry_check(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	HeapTuple tuple;
	TupleDesc desc;
	Oid tables[REGISTRY_TABLES];
	Datum values[MAX_REGISTRY_COLUMNS];
	bool nulls[MAX_REGISTRY_COLUMNS];
	bool replaced[MAX_REGISTRY_COLUMNS] = {0};
	RegistryTable table = 0;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "registry_check")));
	tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	desc = RelationGetDescr(trigger->tg_relation);
	if (!bolt_registry_tables(tables))
		return PointerGetDatum(tuple);
	while (table < REGISTRY_TABLES && tables[table] != RelationGetRelid(trigger->tg_relation))
		table++;
	if (table == REGISTRY_TABLES)
		return PointerGetDatum(tuple);

	heap_deform_tuple(tuple, desc, values, nulls);
	for (int i = 0; i < desc->natts; i++)
	{
		TableColumns columns;

		if (nulls[i] || !bolt_registry_is_reference(table, i))
			continue;
		values[i] = bolt_table_columns_renew(values[i]);
		replaced[i] = true;
		bolt_table_columns_read(values[i], &columns);
		if (!bolt_registry_is_target(table, i) && !may_register(columns.table))
			return PointerGetDatum(NULL);
	}
	return PointerGetDatum(heap_modify_tuple(tuple, desc, values, nulls, replaced));
}
