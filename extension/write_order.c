/*-------------------------------------------------------------------------
 *
 * write_order.c
 *	  In which order are rows written that may meet those of other sessions?
 *
 * Two calls that upsert the same keys wait for each other in a circle unless both take
 * them in one order.  It is the order of the unique index that decides whether two rows are one, so that it
 * does not depend on how a key is spelt, nor on the collation of a column whose index has another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog_table.h"
#include "executor/spi.h"
#include "json_in.h"
#include "key_index.h"
#include "miscadmin.h"
#include "related.h"
#include "returned_rows.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/typcache.h"
#include "write_order.h"

typedef struct OrderColumn
{
	const Field *field;
	Oid collation;
	FmgrInfo compare; /* fn_oid invalid: the type has no order */
} OrderColumn;

typedef struct OrderedRow
{
	WriteRow *row;
	int place; /* among the rows that were given */
	Datum *values;
	bool *known; /* per column: a value, neither null nor left out nor an expression */
} OrderedRow;

typedef struct WriteOrder
{
	int ncolumns;
	int capacity;
	OrderColumn *columns;
} WriteOrder;

static int
compare_rows(const void *a, const void *b, void *argument)
{
	const OrderedRow *left = a;
	const OrderedRow *right = b;
	const WriteOrder *order = argument;

	for (int i = 0; i < order->ncolumns; i++)
	{
		OrderColumn *column = &order->columns[i];
		int32 result;

		if (left->known[i] != right->known[i])
			return left->known[i] ? -1 : 1;
		if (!left->known[i] || !OidIsValid(column->compare.fn_oid))
			continue;
		result = DatumGetInt32(
			FunctionCall2Coll(&column->compare, column->collation, left->values[i], right->values[i]));
		if (result != 0)
			return result;
	}
	return left->place - right->place;
}

static void
add_column(WriteOrder *order, const Field *field, Oid compare, Oid collation)
{
	OrderColumn *column;

	if (order->ncolumns == order->capacity)
	{
		order->capacity = Max(order->capacity * 2, 8);
		order->columns = order->columns == NULL ?
			palloc(sizeof(OrderColumn) * order->capacity) :
			repalloc(order->columns, sizeof(OrderColumn) * order->capacity);
	}
	column = &order->columns[order->ncolumns++];
	memset(column, 0, sizeof(OrderColumn));
	column->field = field;
	column->collation = collation;
	if (OidIsValid(compare))
		fmgr_info(compare, &column->compare);
}

/* Its columns up to the first expression. */
static void
add_index(WriteOrder *order, const Model *model, Relation index)
{
	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber attnum = index->rd_index->indkey.values[i];
		const Field *field = attnum > 0 ? bolt_model_field_by_attnum(model, attnum) : NULL;

		if (field == NULL)
			break;
		add_column(order, field, index_getprocid(index, i + 1, BTORDER_PROC), index->rd_indcollation[i]);
	}
}

/* Its columns, where the row gives a literal to each of them. */
static List *
given_columns(const Model *model, Relation index, const WriteRow *row)
{
	List *result = NIL;

	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber attnum = index->rd_index->indkey.values[i];
		const Assignment *assignment = attnum > 0 ? bolt_assignment_of(row, attnum) : NULL;

		if (assignment == NULL || assignment->is_expression)
			return NIL;
		result = lappend(result, unconstify(Field *, assignment->field));
	}
	return result;
}

/* Is it an index of just these columns? */
static bool
is_of_fields(const Form_pg_index index, List *fields)
{
	ListCell *lc;

	foreach(lc, fields)
	{
		if (!bolt_columns_contain(index->indnkeyatts, index->indkey.values, ((Field *) lfirst(lc))->attnum))
			return false;
	}
	return index->indnkeyatts == list_length(fields);
}

/*
 * The unique indexes of these columns, or where there are none, of all, the primary key's first.  Each is
 * opened, and closed by the caller.
 */
static List *
open_unique_indexes(const Model *model, List *fields)
{
	List *result = NIL;
	List *indexes;
	Relation table;
	ListCell *lc;

	if (model->relkind != RELKIND_RELATION && model->relkind != RELKIND_PARTITIONED_TABLE)
		return NIL;
	table = try_table_open(model->oid, AccessShareLock);
	if (table == NULL) /* dropped: the insert will say so */
		return NIL;
	indexes = RelationGetIndexList(table);
	table_close(table, NoLock);
	foreach(lc, indexes)
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);
		Form_pg_index form = index->rd_index;

		if (!form->indisunique || index->rd_rel->relam != BTREE_AM_OID ||
			(fields != NIL && !is_of_fields(form, fields)))
			index_close(index, AccessShareLock);
		else if (form->indisprimary)
			result = lcons(index, result);
		else
			result = lappend(result, index);
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

List *
bolt_key_of_inserted(const Model *model, List *fields, const WriteRow *row)
{
	List *indexes = open_unique_indexes(model, fields);
	List *result = NIL;
	ListCell *lc;

	foreach(lc, indexes)
	{
		if (result == NIL)
			result = given_columns(model, lfirst(lc), row);
	}
	close_indexes(indexes);
	return result;
}

static void
init_order(WriteOrder *order, const Model *model, List *fields)
{
	List *indexes = open_unique_indexes(model, fields);
	ListCell *lc;

	memset(order, 0, sizeof(WriteOrder));
	foreach(lc, indexes)
	{
		if (fields == NIL || order->ncolumns == 0)
			add_index(order, model, lfirst(lc));
	}
	close_indexes(indexes);
	if (order->ncolumns > 0)
		return;
	foreach(lc, fields)
	{
		const Field *field = lfirst(lc);
		TypeCacheEntry *entry = lookup_type_cache(getBaseType(field->type), TYPECACHE_CMP_PROC);

		add_column(order, field, entry->cmp_proc, field->collation);
	}
}

WriteRow **
bolt_rows_in_order(const Model *model, WriteRow **rows, int nrows, List *fields)
{
	WriteRow **result = palloc_extended(sizeof(WriteRow *) * Max(nrows, 1), MCXT_ALLOC_HUGE);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	OrderedRow *ordered;
	WriteOrder order;

	memcpy(result, rows, sizeof(WriteRow *) * nrows);
	if (nrows < 2)
		return result;
	context = AllocSetContextCreate(caller, "bolt_orm order", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	init_order(&order, model, fields);
	ordered = palloc_extended(sizeof(OrderedRow) * nrows, MCXT_ALLOC_HUGE);
	for (int i = 0; i < nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		ordered[i].row = rows[i];
		ordered[i].place = i;
		ordered[i].values = palloc(sizeof(Datum) * Max(order.ncolumns, 1));
		ordered[i].known = palloc(sizeof(bool) * Max(order.ncolumns, 1));
		for (int j = 0; j < order.ncolumns; j++)
		{
			const Field *field = order.columns[j].field;
			const Assignment *assignment = bolt_assignment_of(rows[i], field->attnum);

			ordered[i].known[j] = assignment != NULL && !assignment->is_expression &&
				bolt_column_value(field, assignment->value, field->typmod, &ordered[i].values[j]);
		}
	}
	qsort_arg(ordered, nrows, sizeof(OrderedRow), compare_rows, &order);
	for (int i = 0; i < nrows; i++)
		result[i] = ordered[i].row;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return result;
}

/* ----------
 * Rows that are there
 * ----------
 */

/* The primary key as a document says it; members keep their places in the arguments. */
static JsonValue *
key_value(const Model *model, const WriteRow *row)
{
	JsonValue *columns[INDEX_MAX_KEYS];

	for (int i = 0; i < model->nprimary_key; i++)
		columns[i] = bolt_assignment_of(row, model->primary_key[i])->value;
	return model->nprimary_key == 1 ? columns[0] : bolt_json_array(columns, model->nprimary_key);
}

/* All of them by a statement, in the order of their keys. */
static void
lock_all(const Model *model, WriteRow **rows, int nrows)
{
	JsonValue **values = palloc_extended(sizeof(JsonValue *) * nrows, MCXT_ALLOC_HUGE);
	RelatedStatement statement;
	KeyPair pair;
	bool ordered = false;
	int first;

	for (int i = 0; i < nrows; i++)
		values[i] = key_value(model, rows[i]);
	bolt_related_primary_key(model, &pair);
	bolt_related_begin(&statement);
	first = bolt_related_keys_params(&statement, bolt_related_targets(model, bolt_json_array(values, nrows)));
	appendStringInfo(&statement.sql, "SELECT FROM %s AS t0 WHERE ", bolt_model_sql_name(model));
	bolt_related_append_is_one(&statement.sql, &pair, 0, first);
	bolt_related_append_order(&statement.sql, &pair, 0, &ordered);
	appendStringInfoString(&statement.sql, " FOR NO KEY UPDATE OF t0");
	bolt_related_run(&statement);
}

List *
bolt_primary_key_fields(const Model *model)
{
	List *fields = NIL;

	for (int i = 0; i < model->nprimary_key; i++)
		fields =
			lappend(fields, unconstify(Field *, bolt_model_field_by_attnum(model, model->primary_key[i])));
	return fields;
}

/* One by one: keys that are arrays cannot be elements of arrays. */
static void
lock_each(const Model *model, WriteRow **rows, int nrows)
{
	List *fields = bolt_primary_key_fields(model);
	WriteRow **in_order = bolt_rows_in_order(model, rows, nrows, fields);

	for (int i = 0; i < nrows; i++)
	{
		RelatedStatement statement;
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		bolt_related_begin(&statement);
		appendStringInfo(&statement.sql, "SELECT FROM %s AS t0 WHERE ", bolt_model_sql_name(model));
		foreach(lc, fields)
		{
			const Field *field = lfirst(lc);
			Oid type = bolt_comparison_type(field->type);
			Datum value = (Datum) 0;
			bool known =
				bolt_column_value(field, bolt_assignment_of(in_order[i], field->attnum)->value, -1, &value);

			appendStringInfo(&statement.sql, "%s%s %s $%d", foreach_current_index(lc) > 0 ? " AND " : "",
							 bolt_column_text(0, field), bolt_operator(type, type, BTEqualStrategyNumber),
							 bolt_related_param(&statement, type, value, !known));
		}
		appendStringInfoString(&statement.sql, " FOR NO KEY UPDATE OF t0");
		bolt_related_run(&statement);
	}
}

void
bolt_lock_rows(const Model *model, WriteRow **rows, int nrows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	bool has_arrays = false;

	if (model->relkind != RELKIND_RELATION && model->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	context = AllocSetContextCreate(caller, "bolt_orm locks", ALLOCSET_DEFAULT_SIZES);
	SPI_connect();
	MemoryContextSwitchTo(context);
	for (int i = 0; i < model->nprimary_key; i++)
		has_arrays |= !OidIsValid(get_array_type(
			bolt_comparison_type(bolt_model_field_by_attnum(model, model->primary_key[i])->type)));
	if (has_arrays)
		lock_each(model, rows, nrows);
	else
		lock_all(model, rows, nrows);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

void
bolt_refuse_repeated_keys(const Model *model, WriteRow **rows, int nrows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm keys", ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(context);
	(void) bolt_index_rows(model, rows, nrows);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
