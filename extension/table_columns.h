/*-------------------------------------------------------------------------
 *
 * table_columns.h
 *	  The type bolt.table_columns: a table, and columns of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_TABLE_COLUMNS_H
#define BOLT_TABLE_COLUMNS_H

#include "postgres.h"

#include "access/attnum.h"
#include "nodes/pg_list.h"

/* What a value speaks of, as far as it is known. */
typedef struct TableColumns
{
	Oid table; /* InvalidOid where it is not there, yet or any more */
	int n;
	AttrNumber *columns; /* those that have been dropped included */

	/* a value that was written before its table was there */
	Oid writer;	   /* the role that has written it, else InvalidOid */
	Oid schema;	   /* where the table is missing: of this schema … */
	char *missing; /* … this table; NULL where the value is no name of one */
	bool pending;  /* it will speak of something when that has been created */
} TableColumns;

/* A value for a table that is there. */
extern Datum bolt_table_columns_make(Oid table, int n, const AttrNumber *columns);

/* What a value speaks of now. */
extern void bolt_table_columns_read(Datum value, TableColumns *into);

/*
 * The value as the current user would write it now: a name that has become
 * that of a table is one from now on.
 */
extern Datum bolt_table_columns_renew(Datum value);

/*
 * Whether a value speaks of something, columns included, or may do so one day.
 */
extern bool bolt_table_columns_are_there(Datum value);

#endif /* BOLT_TABLE_COLUMNS_H */
