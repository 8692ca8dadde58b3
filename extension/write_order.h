/*-------------------------------------------------------------------------
 *
 * write_order.h
 *	  In which order are rows written that may meet those of other sessions?
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_WRITE_ORDER_H
#define BOLT_WRITE_ORDER_H

#include "postgres.h"

#include "write.h"

/*
 * The rows in the order of the unique index of these columns, or where there are none, of all the table's unique
 * indexes; in CurrentMemoryContext.  Rows that do not say such a column, or say it by an expression, come
 * behind those that do, in their own order.
 */
extern WriteRow **bolt_rows_in_order(const Model *model, WriteRow **rows, int nrows, List *fields);

/*
 * The columns of a unique index, of these or else of any, to all of which the row gives a literal; NIL
 * where there is none.
 */
extern List *bolt_key_of_inserted(const Model *model, List *fields, const WriteRow *row);

/* Of Field *. */
extern List *bolt_primary_key_fields(const Model *model);

/*
 * Before several statements update rows: locks them all in the order of their keys,
 * as one statement would.
 */
extern void bolt_lock_rows(const Model *model, WriteRow **rows, int nrows);

/* Error 21000 where two rows have the same key; statements of their own would not notice. */
extern void bolt_refuse_repeated_keys(const Model *model, WriteRow **rows, int nrows);

#endif /* BOLT_WRITE_ORDER_H */
