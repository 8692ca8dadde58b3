/*-------------------------------------------------------------------------
 *
 * collect.h
 *	  A delete of a queryset's rows with all that goes with them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_COLLECT_H
#define BOLT_COLLECT_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "queryset.h"

/* How many rows of a table were deleted. */
typedef struct DeleteCount
{
	Oid table;
	int64 rows;
} DeleteCount;

/*
 * Deletes the rows, and what refers to them as registered.  Returns a list of
 * DeleteCount *, the queryset's own table first, in CurrentMemoryContext; the cascades of the
 * database are among them.
 * Errors: 23001 ProtectedError and RestrictedError, 0A000 for a model without the
 * primary key that is needed; those of the statements.
 */
extern List *bolt_collect_and_delete(Document *document);

/* cascade_count.c */

typedef struct CascadeCounter CascadeCounter;

/*
 * Begins to count what the database itself deletes when rows of these tables
 * are deleted: a list of oids.
 */
extern CascadeCounter *bolt_begin_cascade_count(List *tables);

/*
 * Ends it.  counts: of our own deletes, as a list of DeleteCount *; returns it
 * with the rows of the tables that the database cascades to.
 */
extern List *bolt_end_cascade_count(CascadeCounter *counter, List *counts);

#endif /* BOLT_COLLECT_H */
