/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  bolt.sql and bolt.explain: what a document does, statement by statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "compile.h"
#include "executor/spi.h"
#include "explain_plan.h"
#include "fetch.h"
#include "fmgr.h"
#include "funcapi.h"
#include "graph_cache.h"
#include "miscadmin.h"
#include "read.h"
#include "rights.h"
#include "statement.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/plancache.h"

PG_FUNCTION_INFO_V1(bolt_sql);
PG_FUNCTION_INFO_V1(bolt_explain);

/* For callers that are not within SPI */
static void
check_rights(const FetchGraph *graph)
{
	MemoryContext context = CurrentMemoryContext;

	SPI_connect();
	MemoryContextSwitchTo(context);
	bolt_check_graph_rights(graph);
	SPI_finish();
	MemoryContextSwitchTo(context);
}

void
bolt_check_document_rights(Document *document)
{
	check_rights(bolt_graph_for(document, FETCH_OBJECTS));
}

/* ----------
 * bolt.sql
 * ----------
 */

/*
 * bolt.sql(queryset json) → setof text: the statements that a fetch runs, in
 * their order; a many-to-many relation has two.
 */
Datum
bolt_sql(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result_info = (ReturnSetInfo *) fcinfo->resultinfo;
	Document *document = bolt_document_argument(fcinfo, 0);
	FetchGraph *graph;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	graph = bolt_graph_for(document, document->queryset->locking ? FETCH_LOCKED : FETCH_OBJECTS);
	check_rights(graph);
	for (int i = 0; i < graph->nnodes; i++)
	{
		FetchStatement *statements[] = {graph->nodes[i]->junction, graph->nodes[i]->statement};

		if (graph->nodes[i]->shares != graph->nodes[i])
			statements[1] = NULL;
		for (int j = 0; j < lengthof(statements); j++)
		{
			Datum value;
			bool isnull = false;

			if (statements[j] == NULL)
				continue;
			value = CStringGetTextDatum(statements[j]->sql);
			tuplestore_putvalues(result_info->setResult, result_info->setDesc, &value, &isnull);
		}
	}
	return (Datum) 0;
}

/* ----------
 * bolt.explain
 * ----------
 */
/* Root rows a chunk when a document is analyzed. */
#define EXPLAIN_CHUNK 10000
#define EXPLAIN_CHUNK_BYTES (64 * 1024 * 1024)

typedef struct Explanation
{
	FetchRun *run;
	bool analyze;
	JsonBuffer *out;
} Explanation;

static void
append_string(JsonBuffer *out, const char *string)
{
	json_buffer_append(out, string, strlen(string));
}

static void
append_quoted(JsonBuffer *out, const char *name, const char *value)
{
	append_string(out, name);
	bolt_json_write_string(out, value, strlen(value));
}

/* "sql": …, "plan": … of one statement */
static void
append_statement(Explanation *explanation, FetchStatement *statement, PlanKind kind, ParamListInfo params,
				 const char *suffix)
{
	JsonBuffer *out = explanation->out;
	char *plan = bolt_statement_explain(statement, kind, params, explanation->analyze);

	append_quoted(out, psprintf(",\"sql%s\":", suffix), bolt_statement_sql(statement, kind));
	append_string(out, psprintf(",\"plan%s\":", suffix));
	append_string(out, plan);
}

static void
append_node(Explanation *explanation, const FetchNode *node)
{
	JsonBuffer *out = explanation->out;
	NodeRun *state = &explanation->run->nodes[node->number];

	check_stack_depth();
	append_quoted(out, "{\"path\":", node->path);
	append_quoted(out, ",\"model\":", node->model);
	if (node->junction != NULL)
		append_statement(explanation, node->junction, state->junction_kind, state->junction_params,
						 "_through");
	append_statement(explanation, node->shares->statement, state->shares->kind, state->shares->params, "");
	if (node->shares != node)
		append_quoted(out, ",\"shares\":", node->shares->path);
	if (explanation->analyze)
	{
		append_string(out, psprintf(",\"rows\":" INT64_FORMAT, state->rows));
		append_string(out, psprintf(",\"milliseconds\":%.3f", state->milliseconds));
	}
	if (node->recursion != NULL)
		append_string(out, ",\"recurse\":true");
	append_string(out, ",\"nodes\":[");
	for (int i = 0; i < node->nchildren; i++)
	{
		if (node->children[i]->child == node->recursion)
			continue;
		if (out->data[out->length - 1] != '[')
			json_buffer_append_char(out, ',');
		append_node(explanation, node->children[i]->child);
	}
	append_string(out, "]}");
}

/*
 * bolt.explain(queryset json, analyze boolean) → json: a tree of the graph's
 * nodes with their statements and plans; with analyze the document is run and
 * each node has its rows and milliseconds.  The plans are then of the last chunk,
 * and chunks are large, so that there are few.
 */
Datum
bolt_explain(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	MemoryContext context = CurrentMemoryContext;
	Explanation explanation = {0};
	FetchRun *run;
	JsonBuffer out;

	bolt_refuse_null(fcinfo, 1, "analyze");
	bolt_begin_result(&out);
	run = bolt_run_begin(bolt_graph_for(document, FETCH_OBJECTS), document);
	run->instrument = true;
	run->chunk = run->largest_chunk = EXPLAIN_CHUNK;
	run->chunk_bytes = EXPLAIN_CHUNK_BYTES;
	explanation.run = run;
	explanation.analyze = PG_GETARG_BOOL(1);
	explanation.out = &out;

	SPI_connect();
	MemoryContextSwitchTo(context);
	bolt_check_graph_rights(run->graph);
	if (explanation.analyze)
	{
		while (bolt_run_chunk(run) > 0)
			CHECK_FOR_INTERRUPTS();
		bolt_run_end(run);
	}
	MemoryContextSwitchTo(context);
	append_node(&explanation, run->graph->nodes[0]);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	PG_RETURN_DATUM(bolt_end_result(&out));
}

/* ----------
 * Estimates
 * ----------
 */
double
bolt_estimate_rows(Document *document)
{
	MemoryContext context = CurrentMemoryContext;
	FetchRun *run = bolt_run_begin(bolt_graph_for(document, FETCH_OBJECTS), document);
	double rows;

	SPI_connect();
	MemoryContextSwitchTo(context);
	bolt_check_graph_rights(run->graph);
	rows = bolt_statement_estimate(run->nodes[0].node->statement, run->nodes[0].params);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	return rows;
}
