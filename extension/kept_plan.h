/*-------------------------------------------------------------------------
 *
 * kept_plan.h
 *	  Plans of statements that no document has a graph for, kept by their text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_KEPT_PLAN_H
#define BOLT_KEPT_PLAN_H

#include "postgres.h"

#include "model.h"
#include "statement.h"
#include "tcop/dest.h"

/* What the planner is to be told, for it cannot know. */
#define KEPT_BY_INDEX 0x01 /* an index serves the keys: never scan it all */
#define KEPT_HASHED 0x02   /* array parameters are long: join by hashing */
#define KEPT_AS_OWNER 0x04 /* it is run as a table's owner: nobody else's functions */

/*
 * Runs a statement under a snapshot of its own, and what it has changed is seen
 * by the next.  Its plan is made once for a text and types of parameters, and kept.  Names and
 * operators in the text are qualified, and nothing that a caller sent is in it.
 *
 * ordered: it is an UPDATE or DELETE of this model, and takes the rows, where they can
 * be ordered, in the order of their primary key; or NULL.
 * tables: the OIDs of all tables that the text names, in the order of the text.  It is an error (0A000) if the
 *		names mean others by now.  NIL: this is not looked at.
 * hints: of KEPT_.
 * values, isnull: nparams of them; isnull may be NULL where none is.
 * Result: how many rows it returned or changed.  What it returned is in
 * SPI_tuptable.  To be called between SPI_connect and SPI_finish.
 */
extern uint64 bolt_run_kept(const Model *ordered, List *tables, int hints, const char *sql, int nparams,
							const Oid *types, const Datum *values, const bool *isnull);

/*
 * The same.  What it returns goes to dest, if that is not NULL, and is not counted.
 * watcher: as of bolt_statement_write, or NULL.
 */
extern uint64 bolt_run_kept_to(DestReceiver *dest, const Model *ordered, List *tables, int hints,
							   const StatementWatcher *watcher, const char *sql, int nparams,
							   const Oid *types, const Datum *values, const bool *isnull);

#endif /* BOLT_KEPT_PLAN_H */
