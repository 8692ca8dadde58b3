/*-------------------------------------------------------------------------
 *
 * rights.h
 *	  The caller's rights on what a statement names, asked for before it is
 *	  planned.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RIGHTS_H
#define BOLT_RIGHTS_H

#include "postgres.h"

#include "fetch_graph.h"
#include "nodes/parsenodes.h"

/*
 * Error 42501 where the caller may not do with a table or column what an
 * analysed and rewritten query does with it.
 */
extern void bolt_check_query_rights(Query *query);

/*
 * The same for all statements of a graph, those included that would not be run.
 * To be called between SPI_connect and SPI_finish.
 */
extern void bolt_check_graph_rights(const FetchGraph *graph);

#endif /* BOLT_RIGHTS_H */
