/*-------------------------------------------------------------------------
 *
 * deferred_keys.c
 *	  Unique and exclusion constraints that are checked at the end of the transaction.
 *
 * SET CONSTRAINTS … IMMEDIATE would check all that the transaction has written, and all constraints of that name in
 * the schema.  Here a single row is checked as the constraint's trigger is going to: rows that were duplicates
 * before, and will not be at the end, are left alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "compat.h"
#include "deferred_keys.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "key_index.h"
#include "miscadmin.h"
#include "related.h"
#include "result_columns.h"
#include "storage/bufmgr.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

/* A constraint's index whose check can wait. */
static bool
is_deferrable(Relation index)
{
	return !index->rd_index->indimmediate &&
		(index->rd_index->indisunique || index->rd_index->indisexclusion);
}

/* The deferrable indexes, opened, in the order of their oids; the caller closes them. */
static List *
open_deferrable_indexes(const Model *model)
{
	List *result = NIL;
	List *indexes;
	Relation table;
	ListCell *lc;

	if (model->relkind != RELKIND_RELATION && model->relkind != RELKIND_PARTITIONED_TABLE)
		return NIL;
	table = try_table_open(model->oid, AccessShareLock);
	if (table == NULL) /* dropped: the statement that writes will say so */
		return NIL;
	indexes = RelationGetIndexList(table);
	table_close(table, NoLock);
	foreach(lc, indexes)
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);

		if (is_deferrable(index))
			result = lappend(result, index);
		else
			index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return result;
}

static void
close_indexes(List *indexes)
{
	ListCell *lc;

	foreach(lc, indexes)
		index_close((Relation) lfirst(lc), AccessShareLock);
}

bool
bolt_has_deferrable_keys(const Model *model)
{
	List *indexes = open_deferrable_indexes(model);

	close_indexes(indexes);
	return indexes != NIL;
}

/* ----------
 * Locks
 * ----------
 */

/* A hash of the row's key; false where the row does not say it, or its type has no hash. */
static bool
hash_key(const Model *model, Relation index, const WriteRow *row, uint32 *hash)
{
	*hash = 0;
	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber attnum = index->rd_index->indkey.values[i];
		const Assignment *assignment = attnum > 0 ? bolt_assignment_of(row, attnum) : NULL;
		TypeCacheEntry *entry;
		Datum value;

		if (assignment == NULL || assignment->is_expression ||
			!bolt_column_value(assignment->field, assignment->value, assignment->field->typmod, &value))
			return false;
		entry = lookup_type_cache(getBaseType(assignment->field->type), TYPECACHE_HASH_PROC_FINFO);
		if (!OidIsValid(entry->hash_proc_finfo.fn_oid))
			return false;
		*hash = hash_combine(
			*hash,
			DatumGetUInt32(FunctionCall1Coll(&entry->hash_proc_finfo, index->rd_indcollation[i], value)));
	}
	return true;
}

List *
bolt_lock_deferred_keys(const Model *model, const WriteRow *row)
{
	List *indexes = open_deferrable_indexes(model);
	List *locks = NIL;
	ListCell *lc;

	foreach(lc, indexes)
	{
		Relation index = lfirst(lc);
		LOCKTAG *tag = palloc0(sizeof(LOCKTAG));

		tag->locktag_field1 = MyDatabaseId;
		tag->locktag_field2 = RelationGetRelid(index);
		tag->locktag_type = LOCKTAG_USERLOCK;
		tag->locktag_lockmethodid = DEFAULT_LOCKMETHOD;
		if (!hash_key(model, index, row, &tag->locktag_field3))
			continue;
		(void) LockAcquire(tag, ExclusiveLock, false, false);
		locks = lappend(locks, tag);
	}
	close_indexes(indexes);
	return locks;
}

void
bolt_unlock_deferred_keys(List *locks)
{
	ListCell *lc;

	foreach(lc, locks)
		(void) LockRelease(lfirst(lc), ExclusiveLock, false);
}

/* ----------
 * The check
 * ----------
 */

/*
 * By which columns the row is found: its primary key, or where it has none, those of the constraint: rows that share
 * them conflict with the same others.
 */
static int
columns_of_row(const Model *model, AttrNumber *columns)
{
	List *indexes;
	int n = 0;

	if (model->nprimary_key > 0)
	{
		memcpy(columns, model->primary_key, sizeof(AttrNumber) * model->nprimary_key);
		return model->nprimary_key;
	}
	indexes = open_deferrable_indexes(model);
	if (indexes != NIL)
	{
		Form_pg_index form = ((Relation) linitial(indexes))->rd_index;

		n = form->indnkeyatts;
		for (int i = 0; i < form->indnkeyatts; i++)
		{
			columns[i] = form->indkey.values[i];
			if (columns[i] <= 0)
				n = 0; /* an expression */
		}
	}
	close_indexes(indexes);
	return n;
}

void
bolt_want_deferred_keys(const Model *model, WriteOutput *out)
{
	AttrNumber columns[INDEX_MAX_KEYS];
	int n = columns_of_row(model, columns);

	for (int i = 0; i < n; i++)
		out->columns = bms_add_member(out->columns, bolt_field_place(model, columns[i]));
}

/* An index refers to the first of the versions that a row has had without a change of its keys. */
static bool
find_root(Relation table, ItemPointer place)
{
	OffsetNumber roots[MaxHeapTuplesPerPage];
	OffsetNumber root;
	Buffer buffer;

	if (table->rd_rel->relam != HEAP_TABLE_AM_OID)
		return false;
	buffer = ReadBuffer(table, ItemPointerGetBlockNumber(place));
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	heap_get_root_tuples(BufferGetPage(buffer), roots);
	UnlockReleaseBuffer(buffer);
	root = roots[ItemPointerGetOffsetNumber(place) - 1];
	if (!OffsetNumberIsValid(root))
		return false;
	ItemPointerSetOffsetNumber(place, root);
	return true;
}

/* What unique_key_recheck does for its trigger's row. */
static void
check_index(Relation table, Relation index, TupleTableSlot *slot, ItemPointer place, EState *estate)
{
	IndexInfo *info = BuildIndexInfo(index);
	ExprContext *econtext = GetPerTupleExprContext(estate);
	Datum values[INDEX_MAX_KEYS];
	bool nulls[INDEX_MAX_KEYS];

	econtext->ecxt_scantuple = slot;
	if (info->ii_Predicate != NIL && !ExecQual(ExecPrepareQual(info->ii_Predicate, estate), econtext))
		return;
	FormIndexDatum(info, slot, estate, values, nulls);
	if (info->ii_ExclusionOps == NULL)
	{
		(void) index_insert(index, values, nulls, place, table, UNIQUE_CHECK_EXISTING, false, info);
		bolt_index_insert_cleanup(index, info);
	}
	else
		check_exclusion_constraint(table, index, info, place, values, nulls, estate, false);
}

/*
 * The row was looked up by the table's name, which may have come to mean something else in the meantime: a view
 * can say any table and any place.  Only rows of the model are checked, and only where it has pages.
 */
static void
check_row(const Model *model, Oid oid, ItemPointer place)
{
	Relation table;
	TupleTableSlot *slot;
	EState *estate;
	ListCell *lc;

	if (oid != model->oid && !list_member_oid(find_all_inheritors(model->oid, NoLock, NULL), oid))
		bolt_refuse_changed_result();
	table = table_open(oid, RowExclusiveLock);
	if (table->rd_rel->relkind != RELKIND_RELATION || !ItemPointerIsValid(place) ||
		ItemPointerGetBlockNumber(place) >= RelationGetNumberOfBlocks(table))
		bolt_refuse_changed_result();
	slot = table_slot_create(table, NULL);
	estate = CreateExecutorState();

	if (table_tuple_fetch_row_version(table, place, SnapshotSelf, slot) && find_root(table, place))
	{
		foreach(lc, RelationGetIndexList(table))
		{
			Relation index = index_open(lfirst_oid(lc), RowExclusiveLock);

			if (is_deferrable(index) && index->rd_index->indisready)
				check_index(table, index, slot, place, estate);
			index_close(index, NoLock);
		}
	}
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	table_close(table, NoLock);
}

void
bolt_check_deferred_keys(const Model *model, const WriteRow *row)
{
	MemoryContext context = CurrentMemoryContext;
	AttrNumber columns[INDEX_MAX_KEYS];
	KeyPair pair = {0, model, model, columns, columns};
	RelatedStatement statement;
	uint64 nrows;

	if (!bolt_has_deferrable_keys(model))
		return;
	pair.n = columns_of_row(model, columns);
	if (pair.n == 0)
		return;
	SPI_connect();
	MemoryContextSwitchTo(context);
	bolt_related_begin(&statement);
	appendStringInfo(&statement.sql, "SELECT t0.tableoid, t0.ctid FROM %s AS t0 WHERE ",
					 bolt_model_sql_name(model));
	bolt_related_append_matches(&statement.sql, &pair, 0, "$", 1);
	for (int i = 0; i < pair.n; i++)
	{
		const Field *field = bolt_model_field_by_attnum(model, columns[i]);
		KeyComparison comparison;
		Datum value = (Datum) 0;
		bool known = bolt_column_value(field, row->columns[bolt_field_place(model, columns[i])], -1, &value);

		bolt_compare_key(&pair, i, &comparison);
		bolt_related_param(&statement, comparison.type, value, !known);
	}
	nrows = bolt_related_run(&statement);
	bolt_expect_column(SPI_tuptable->tupdesc, 1, OIDOID);
	bolt_expect_column(SPI_tuptable->tupdesc, 2, TIDOID);
	for (uint64 i = 0; i < nrows; i++)
	{
		bool no_table;
		bool no_place;
		Oid oid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &no_table));
		Datum place = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &no_place);
		ItemPointerData copy;

		CHECK_FOR_INTERRUPTS();
		if (no_table || no_place)
			bolt_refuse_changed_result();
		copy = *(ItemPointer) DatumGetPointer(place);
		check_row(model, oid, &copy);
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}
