/*-------------------------------------------------------------------------
 *
 * write_order.c
 *	  In which order are rows written that may meet those of other sessions?
 *
 * Two calls that upsert the same keys wait for each other in a circle unless both take
 * them in one order.  It is the order of the types, so that it does not depend on how a key
 * is spelt.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json_in.h"
#include "key_index.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
#include "write_order.h"

typedef struct OrderColumn
{
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
init_order(WriteOrder *order, List *fields)
{
	ListCell *lc;

	order->ncolumns = list_length(fields);
	order->columns = palloc0(sizeof(OrderColumn) * Max(order->ncolumns, 1));
	foreach(lc, fields)
	{
		const Field *field = lfirst(lc);
		OrderColumn *column = &order->columns[foreach_current_index(lc)];
		TypeCacheEntry *entry = lookup_type_cache(getBaseType(field->type), TYPECACHE_CMP_PROC_FINFO);

		column->collation = field->collation;
		if (OidIsValid(entry->cmp_proc_finfo.fn_oid))
			fmgr_info_copy(&column->compare, &entry->cmp_proc_finfo, CurrentMemoryContext);
	}
}

WriteRow **
bolt_rows_in_order(WriteRow **rows, int nrows, List *fields)
{
	WriteRow **result = palloc_extended(sizeof(WriteRow *) * Max(nrows, 1), MCXT_ALLOC_HUGE);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	OrderedRow *ordered;
	WriteOrder order;

	memcpy(result, rows, sizeof(WriteRow *) * nrows);
	if (fields == NIL || nrows < 2)
		return result;
	context = AllocSetContextCreate(caller, "bolt_orm order", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	init_order(&order, fields);
	ordered = palloc_extended(sizeof(OrderedRow) * nrows, MCXT_ALLOC_HUGE);
	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		ordered[i].row = rows[i];
		ordered[i].place = i;
		ordered[i].values = palloc(sizeof(Datum) * order.ncolumns);
		ordered[i].known = palloc(sizeof(bool) * order.ncolumns);
		foreach(lc, fields)
		{
			const Field *field = lfirst(lc);
			const Assignment *assignment = bolt_assignment_of(rows[i], field->attnum);
			int column = foreach_current_index(lc);

			ordered[i].known[column] = assignment != NULL && !assignment->is_expression &&
				bolt_column_value(field, assignment->value, &ordered[i].values[column]);
		}
	}
	qsort_arg(ordered, nrows, sizeof(OrderedRow), compare_rows, &order);
	for (int i = 0; i < nrows; i++)
		result[i] = ordered[i].row;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return result;
}
