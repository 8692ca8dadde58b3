/*-------------------------------------------------------------------------
 *
 * reference_check.h
 *	  Checks the foreign keys of many rows at once: one query per foreign key
 *	  instead of one per row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_REFERENCE_CHECK_H
#define BOLT_REFERENCE_CHECK_H

#include "postgres.h"

#include "access/attnum.h"
#include "executor/execdesc.h"
#include "nodes/pg_list.h"

/* With fewer rows the database's own triggers are as fast. */
#define BOLT_MANY_REFERENCES 16

/* A foreign key of one column, taken from the triggers of a statement. */
typedef struct ReferenceCheck
{
	Oid constraint;
	int trigger; /* its place among the triggers of the table that is written */
	Oid source;	 /* the table that refers … */
	AttrNumber source_column;
	Oid target; /* … to this one */
	AttrNumber target_column;
	Oid type; /* of both columns */
	int16 length;
	bool by_value;
} ReferenceCheck;

/*
 * The foreign keys that the row triggers of a statement check, which has been started and not yet run: an INSERT
 * into that table, or a DELETE from it.  A list of ReferenceCheck *.  NIL where the triggers are to do it: the
 * setting is off, the statement does not write that table itself, another trigger of the rows could see the
 * difference, or a key is deferrable or of a kind that is not known here.
 */
extern List *bolt_insert_checks(QueryDesc *query, Oid table);

/* columns: those that are known of the deleted rows */
extern List *bolt_delete_checks(QueryDesc *query, Oid table, int ncolumns, const AttrNumber *columns);

/*
 * Do the rows that the inserted ones refer to exist?  Locks them, as the triggers do.
 * values, nulls: an array of nrows for each of the checks, as the statement has returned them.
 * To be called between SPI_connect and SPI_finish, as the next, when the statement has run and before
 * its triggers fire.
 */
extern bool bolt_inserted_rows_refer(List *checks, int nrows, Datum **values, bool **nulls);

/* Does nothing refer to the deleted rows?  values: the target column of the check in them, nulls left out. */
extern bool bolt_nothing_refers(const ReferenceCheck *check, int nrows, const Datum *values);

/*
 * Is a column of what the statement returns that column of the table?  A column may have got another's name since the
 * statement's text was written.
 */
extern bool bolt_returns_column(const QueryDesc *query, AttrNumber result, Oid table, AttrNumber column);

/* The checks hold for all rows of the statement: their triggers find nothing more to do. */
extern void bolt_pass_over_triggers(QueryDesc *query, List *checks);

#endif /* BOLT_REFERENCE_CHECK_H */
