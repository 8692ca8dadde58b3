/*-------------------------------------------------------------------------
 *
 * collector.h
 *	  What the files that carry out a delete share: the rows that were collected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_COLLECTOR_H
#define BOLT_COLLECTOR_H

#include "postgres.h"

#include "compat.h"
#include "compile.h"
#include "delete_graph.h"
#include "executor/tuptable.h"
#include "key_table.h"
#include "lib/stringinfo.h"
#include "statement.h"
#include "tcop/dest.h"

/* A column that rows are referred to by, beside the primary key. */
typedef struct ReferredColumn
{
	int16 length;
	bool by_value;
	Datum *values; /* per row */
	bool *nulls;
} ReferredColumn;

/* The rows of a target that are to be deleted. */
typedef struct TargetRows
{
	DeleteTarget *target;
	Oid owned;	  /* who finds and deletes them: its owner, or where InvalidOid the caller */
	bool by_keys; /* keys is all of them … */
	bool locked;  /* … and they are locked */
	KeyType key_type;
	KeyTable keys;
	int nreferred;
	ReferredColumn *referred; /* target->columns behind the primary key */
	int capacity;			  /* rows that these have room for */
	int checked;			  /* rows that PROTECT has been checked for */
	int *followed;			  /* per cascade to it: how many of the other's rows have been followed */
	int64 deleted;
} TargetRows;

typedef struct Collector
{
	const DeleteGraph *graph;
	TargetRows *rows;		  /* per target */
	MemoryContext context;	  /* of the whole call */
	MemoryContext statements; /* of one statement; emptied behind each */
} Collector;

/* A statement with arrays of keys as parameters. */
typedef struct ReferringCall
{
	StringInfoData sql;
	List *tables; /* that the text names: OIDs */
	int nparams;
	int capacity;
	Oid *types;
	Datum *values;
} ReferringCall;

/* target_rows.c */

/* Takes the rows of a statement whose outputs are the target's columns. */
typedef struct KeyReceiver
{
	DestReceiver pub;
	TargetRows *rows;
	MemoryContext context; /* what is kept of them */
	int first;			   /* keys that were there before the statement */
} KeyReceiver;

/* A receiver that does nothing at its beginning and end. */
extern void bolt_init_row_receiver(DestReceiver *receiver,
								   bool (*receive)(TupleTableSlot *slot, DestReceiver *self));
extern void bolt_init_key_receiver(KeyReceiver *receiver, TargetRows *rows, MemoryContext context);

/* Has a row a primary key, which its first columns are?  A view's may lack it. */
extern bool bolt_slot_has_key(const TupleTableSlot *slot, int ncolumns);

/* Error 21000 where a row has no primary key, or two have the same. */
pg_noreturn extern void bolt_refuse_key(const Model *model, bool null);

/*
 * Error 21000 where the keys of the rows, which no unique index holds, are other rows' keys as well: what
 * is deleted by its key has to be what was found.
 */
extern void bolt_check_keys(Collector *collector, TargetRows *rows);

extern void bolt_init_target_rows(TargetRows *rows, DeleteTarget *target);

/* A column of the rows from number first on, as an array of that type. */
extern Datum bolt_target_column(const TargetRows *rows, AttrNumber attnum, Oid type, int first);

/* The type of a model's primary key, in CurrentMemoryContext; left alone where it has none. */
extern void bolt_primary_key_type(const Model *model, KeyType *key);

/*
 * Can its rows be locked by a SELECT of that role?  It takes the privilege to update them, and
 * shows only the rows whose update row security allows.  Rows below a view are
 * its triggers' concern.
 */
extern bool bolt_may_lock_rows(const Model *model, Oid role);

/* referring.c; in the statements the table is t0 */

/* Begins a statement; CurrentMemoryContext is that of one statement then … */
extern void bolt_begin_referring(Collector *collector, ReferringCall *call);

/*
 * … and that of the whole call when it has run.  owned: it is run with the rights of that table's
 * owner; InvalidOid: with the caller's.  dest, ordered and watcher are those of bolt_run_kept_to.
 */
extern uint64 bolt_run_referring(Collector *collector, ReferringCall *call, Oid owned, DestReceiver *dest,
								 const Model *ordered, const StatementWatcher *watcher);

/* A table to read or write, with its alias. */
extern void bolt_append_target(ReferringCall *call, const Model *model);

/* The columns of pair equal those of some row, of the keys from number first on. */
extern void bolt_append_has_key(ReferringCall *call, const KeyPair *pair, const TargetRows *keys, int first);

/* The row refers by an edge to the rows from number first on. */
extern void bolt_append_refers(ReferringCall *call, const Collector *collector, const DeleteEdge *edge,
							   int first);

/* The same by any relation that cascades to it; first: per relation, or NULL for all rows. */
extern void bolt_append_cascades(ReferringCall *call, const Collector *collector, const DeleteTarget *target,
								 const int *first);

extern void bolt_append_columns(StringInfo sql, const Model *model, int n, const AttrNumber *columns);
extern void bolt_append_primary_key_order(StringInfo sql, const Model *model);

/* obstacles.c */

/* Error 23001 where PROTECT keeps rows that have not been checked yet. */
extern void bolt_check_protected(Collector *collector, TargetRows *rows);

/* Error 23001 where RESTRICT keeps any of all rows, but by rows that are deleted as well. */
extern void bolt_check_restricted(Collector *collector);

#endif /* BOLT_COLLECTOR_H */
