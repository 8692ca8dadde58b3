/*-------------------------------------------------------------------------
 *
 * statement.h
 *	  Planning and running the statements of a graph.
 *
 * All of these are to be called between SPI_connect and SPI_finish.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_STATEMENT_H
#define BOLT_STATEMENT_H

#include "postgres.h"

#include "fetch_graph.h"
#include "tcop/dest.h"

/* Installs the planner hook.  Once a backend. */
extern void bolt_statement_init(void);

/*
 * A statement's parameters, literals bound, keys still to be set, allocated in
 * CurrentMemoryContext.
 * Errors: those of the types' input functions.
 */
extern ParamListInfo bolt_statement_params(const FetchStatement *statement, const Document *document);

/*
 * Runs it; rows go to dest.  nkeys: how many keys it is given, 0 for a
 * statement that takes none.  count: how many rows at the most, 0 for all.
 */
extern void bolt_statement_run(FetchStatement *statement, ParamListInfo params, int nkeys, uint64 count,
							   DestReceiver *dest);

/* Opens it; returns the portal's name, allocated in CurrentMemoryContext. */
extern char *bolt_statement_open(FetchStatement *statement, ParamListInfo params);

/* Runs it for so many rows more; returns how many there were. */
extern uint64 bolt_statement_fetch(const char *portal, uint64 count, DestReceiver *dest);

/* Closes a portal, if the transaction has not done so. */
extern void bolt_statement_close(const char *portal);

/*
 * EXPLAIN (FORMAT JSON) of the plan that running it with these parameters would
 * use: one JSON object, allocated in CurrentMemoryContext.  analyze: it is run.
 */
extern char *bolt_statement_explain(FetchStatement *statement, ParamListInfo params, bool analyze);

/* How many rows the planner expects of it, knowing the values. */
extern double bolt_statement_estimate(FetchStatement *statement, ParamListInfo params);

/* Gives the plan back. */
extern void bolt_statement_free(FetchStatement *statement);

#endif							/* BOLT_STATEMENT_H */
