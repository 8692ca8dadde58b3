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
 * The rows in the order of these columns of theirs, in CurrentMemoryContext.  Rows that do not say such a
 * column, or say it by an expression, come last, in their own order.
 */
extern WriteRow **bolt_rows_in_order(WriteRow **rows, int nrows, List *fields);

#endif /* BOLT_WRITE_ORDER_H */
