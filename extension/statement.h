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

#include "executor/execdesc.h"
#include "fetch_graph.h"
#include "model.h"
#include "tcop/dest.h"

/* Installs the planner hook.  Once a backend. */
extern void bolt_statement_init(void);

/*
 * A statement's parameters, literals bound, keys still to be set, allocated in
 * CurrentMemoryContext; NULL where it has none.
 * Errors: those of the types' input functions.
 */
extern ParamListInfo bolt_statement_params(const FetchStatement *statement, const Document *document);

/* Keys up to this number are few: what PLAN_FEW is for. */
#define FEW_KEYS 16

/*
 * Runs it; rows go to dest.  count: how many rows at the most, 0 for all.
 * read_only: under the caller's snapshot; else under one of its own, taken now.
 */
extern void bolt_statement_run(FetchStatement *statement, PlanKind kind, ParamListInfo params, uint64 count,
							   bool read_only, DestReceiver *dest);

/*
 * Has an UPDATE or DELETE take a table's rows in the order of their primary key.
 * Nothing is done for what is no table of the server's own.  The order is
 * allocated in context.
 */
extern void bolt_order_statement(FetchStatement *statement, const Model *model, MemoryContext context);

/* Looks into a statement that writes while it is run. */
typedef struct StatementWatcher
{
	void (*started)(void *argument, QueryDesc *query);

	/* its rows are written; what follows from them, by triggers, is still to come */
	void (*ran)(void *argument);
	void *argument;
} StatementWatcher;

/*
 * Runs a statement that writes, as bolt_statement_run does, but watched; dest may be NULL.
 * Returns how many rows it wrote.  Where rules have made several statements
 * of it the watcher is not called.
 */
extern uint64 bolt_statement_write(FetchStatement *statement, ParamListInfo params, DestReceiver *dest,
								   const StatementWatcher *watcher);

/* A statement that is run a few rows at a time. */
typedef struct StatementCursor StatementCursor;

/* Opens it; everything of it is allocated in CurrentMemoryContext. */
extern StatementCursor *bolt_cursor_open(FetchStatement *statement, ParamListInfo params);

/* Runs it for so many rows more; returns how many there were. */
extern uint64 bolt_cursor_fetch(StatementCursor *cursor, uint64 count, DestReceiver *dest);

/* Ends it.  Not needed after an error: what it holds goes with the transaction. */
extern void bolt_cursor_close(StatementCursor *cursor);

/*
 * EXPLAIN (FORMAT JSON) of the plan that running it with these parameters would
 * use: one JSON object, allocated in CurrentMemoryContext.  analyze: it is run.
 */
extern char *bolt_statement_explain(FetchStatement *statement, PlanKind kind, ParamListInfo params,
									bool analyze);

/* The text that is run for a kind of plan. */
extern const char *bolt_statement_sql(const FetchStatement *statement, PlanKind kind);

/*
 * Its analysed and rewritten queries, as the plan cache has them now: of Query *.
 * They are the plan cache's, and not to be changed.
 */
extern List *bolt_statement_queries(FetchStatement *statement);

/* How many rows the planner expects of it, knowing the values. */
extern double bolt_statement_estimate(FetchStatement *statement, ParamListInfo params);

/* For error_context_stack: an error's position is one in this statement. */
extern void bolt_statement_error_context(void *sql);

/* How many statements have been prepared, ever. */
extern uint64 bolt_statements_prepared(void);

/* Gives the plan back. */
extern void bolt_statement_free(FetchStatement *statement);

#endif /* BOLT_STATEMENT_H */
