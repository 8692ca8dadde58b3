/*-------------------------------------------------------------------------
 *
 * returned_rows.h
 *	  What becomes of the rows that a statement that writes gives back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RETURNED_ROWS_H
#define BOLT_RETURNED_ROWS_H

#include "postgres.h"

#include "fetch.h"
#include "key_index.h"
#include "statement.h"
#include "write.h"

/* Where the rows that a statement returns go. */
typedef struct ReturnedRows
{
	const Model *model;
	const FetchNode *node;
	WriteRow **rows;
	int nrows;
	int next; /* how many have come */
	WriteOutput *out;
	MemoryContext context; /* of the texts of columns */
	KeyIndex *index;	   /* of the rows, where it is not their order that tells them apart */
	int nkey;
	AttrNumber *key;		 /* where the key stands in what is returned */
	bool in_order;			 /* a row that the index does not know is the next one */
	int unwritten;			 /* … which is not before this one */
	KeyIndex *upserted;		 /* of rows that statements before have written, or NULL */
	List *upserted_by;		 /* the columns of its keys */
	bool collects;			 /* what was written is not known before: rows grow */
	int *owners;			 /* per returned row: whose it is */
	int capacity;			 /* of owners, and of rows that grow */
	FmgrInfo *outputs;		 /* per column */
	struct QueryDesc *query; /* the statement, where its foreign keys are checked for all rows at once */
	List *checks;			 /* these foreign keys */
	Datum **checked;		 /* per check: its column of the returned rows … */
	bool **checked_nulls;
} ReturnedRows;

/* Has a run's rows looked at before they are written out. */
extern void bolt_watch_returned(FetchRun *run, ReturnedRows *returned);

/* Has the foreign keys of inserted rows checked at once.  The watcher must live as long as the run. */
extern void bolt_check_returned(FetchRun *run, ReturnedRows *returned, StatementWatcher *watcher);

/* Writes out what came back, behind what is there. */
extern void bolt_stitch_returned(FetchRun *run, ReturnedRows *returned);

/*
 * The rows by their primary keys.
 * Error 21000 where two rows have the same.
 */
extern KeyIndex *bolt_index_rows(const Model *model, WriteRow **rows, int nrows);

/*
 * An INSERT leaves out rows that conflict, and then the order of those that come back does not say which
 * they are.  The columns of a unique index that all rows say do.
 */
extern void bolt_index_inserted(ReturnedRows *returned, List *fields);

#endif /* BOLT_RETURNED_ROWS_H */
