/*-------------------------------------------------------------------------
 *
 * statements.h
 *	  Which SQL each a-method is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_STATEMENTS_H
#define BOLT_SRC_STATEMENTS_H

#include "request.h"

typedef enum bolt__statement_name
{
	/* reading */
	BOLT__FETCH,
	BOLT__FETCH_JSON,
	BOLT__GET,
	BOLT__FIRST,
	BOLT__LAST,
	BOLT__EARLIEST,
	BOLT__LATEST,
	BOLT__COUNT_ROWS,
	BOLT__EXISTS,
	BOLT__CONTAINS,
	BOLT__IN_BULK,
	BOLT__AGGREGATE,
	BOLT__PAGE,
	BOLT__CURSOR_PAGE,
	BOLT__EXPLAIN,
	BOLT__CHECK,
	BOLT__SQL,

	/* reading, with locks */
	BOLT__LOCK,
	BOLT__LOCK_GET,
	BOLT__LOCK_FIRST,
	BOLT__LOCK_LAST,

	/* writing */
	BOLT__CREATE,
	BOLT__SAVE,
	BOLT__GET_OR_CREATE,
	BOLT__UPDATE_OR_CREATE,
	BOLT__BULK_CREATE,
	BOLT__BULK_UPDATE,
	BOLT__UPDATE,
	BOLT__UPDATE_RETURNING,
	BOLT__DELETE,
	BOLT__ADD,
	BOLT__REMOVE,
	BOLT__SET,
	BOLT__CLEAR,
	BOLT__RUN
} bolt__statement_name;

extern const bolt__statement bolt__statements[];

#endif /* BOLT_SRC_STATEMENTS_H */
