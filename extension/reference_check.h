/*-------------------------------------------------------------------------
 *
 * reference_check.h
 *	  Foreign keys of many rows, checked by a query a key instead of one a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_REFERENCE_CHECK_H
#define BOLT_REFERENCE_CHECK_H

#include "postgres.h"

#include "access/attnum.h"
#include "executor/execdesc.h"
#include "nodes/pg_list.h"

/* For fewer rows the database's own triggers do as well. */
#define BOLT_MANY_REFERENCES 16

/* A foreign key of one column, taken from the triggers of a statement. */
typedef struct ReferenceCheck
{
	Oid constraint;
	Oid source; /* the table that refers … */
	AttrNumber source_column;
	Oid target; /* … to this one */
	AttrNumber target_column;
	Oid type; /* of both columns */
	int16 length;
	bool by_value;
} ReferenceCheck;

/*
 * Takes the triggers that check foreign keys row by row out of a statement that
 * has been started and not yet run: an INSERT, or a DELETE.  Returns a list of
 * ReferenceCheck *, in the order of the triggers, which the caller has to check when the statement has
 * run and before it is finished.  NIL where the triggers stay: another
 * trigger of the rows could see the difference, or a key is deferred or of a kind that is not known here.
 */
extern List *bolt_take_insert_checks(QueryDesc *query);

/* columns: those that the caller knows of the deleted rows */
extern List *bolt_take_delete_checks(QueryDesc *query, int ncolumns, const AttrNumber *columns);

/*
 * Do the rows that the inserted ones refer to exist?  Locks them, as the triggers do.
 * values, nulls: an array of nrows for each of the checks.
 * Error 23503, in the words of the database, for the first row that refers to none.
 * To be called between SPI_connect and SPI_finish, as the next.
 */
extern void bolt_check_inserted(List *checks, int nrows, Datum **values, bool **nulls);

/*
 * Does nothing refer to the deleted rows any more?  values: the target column of the check in
 * the rows, nulls left out.  Rows that were not deleted after all may be among them.
 */
extern void bolt_check_deleted(const ReferenceCheck *check, int nrows, const Datum *values);

#endif /* BOLT_REFERENCE_CHECK_H */
