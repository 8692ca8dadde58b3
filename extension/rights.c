/*-------------------------------------------------------------------------
 *
 * rights.c
 *	  The caller's rights on what a statement names, asked for before it is
 *	  planned.
 *
 * PostgreSQL asks for them when a plan is started.  That is too late for whoever
 * shows a plan or its estimates: planning reads statistics of the columns, and it
 * runs functions on constants.  It is also too late for statements that are never
 * started.  So the same check is made on the query trees.  They are the rewritten
 * ones: what a view reads is there with the view's owner as the one who is asked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "rights.h"
#include "statement.h"

static bool
check_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		check_stack_depth();
		bolt_exec_check_permissions((Query *) node);
		return query_tree_walker((Query *) node, check_walker, context, 0);
	}
	return expression_tree_walker(node, check_walker, context);
}

void
bolt_check_query_rights(Query *query)
{
	if (query->commandType != CMD_UTILITY)
		(void) check_walker((Node *) query, NULL);
}

static void
check_statement(FetchStatement *statement)
{
	ListCell *lc;

	if (statement == NULL)
		return;
	foreach(lc, bolt_statement_queries(statement))
		bolt_check_query_rights(lfirst_node(Query, lc));
}

void
bolt_check_graph_rights(const FetchGraph *graph)
{
	for (int i = 0; i < graph->nnodes; i++)
	{
		const FetchNode *node = graph->nodes[i];

		check_statement(node->junction);
		if (node->shares == node)
			check_statement(node->statement);
	}
}
