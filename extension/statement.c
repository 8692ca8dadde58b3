/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Plans a graph's statements once and runs them with many values.
 *
 * Plans are SPI's kept ones, so that the plan cache looks after locks,
 * invalidation, and the caller's role and row security.  They are generic where
 * one plan serves all values.  What a generic plan must know it is told by a
 * planner hook, which acts on our own statements only:
 *
 * - LIMIT and OFFSET: the planner assumes a tenth of the rows for a LIMIT it
 *   does not know and sorts where an index would do.  It is shown the first
 *   values, to estimate with and not to fold; a graph serves one magnitude of them.
 * - A table that has an index for the keys is never scanned whole, whatever its
 *   size is when the plan is made.  There is one plan for a handful of keys, which
 *   goes from the index to each row, one for many, which may sort the rows by
 *   their place first, and one for keys without gaps, which reads the index from
 *   the first to the last.
 * - Whether its array parameters are long, which it takes to have ten elements: a
 *   nested loop over thousands of keys and rows takes minutes.
 * - The order in which an UPDATE or DELETE takes, and so locks, its rows, for
 *   which SQL has no words: without one, two of them could deadlock.
 * - That the caller may read what is named: this is asked before planning, too.
 * - No JIT, which guesses of many rows would switch on for statements that
 *   take microseconds.
 *
 * The text names tables by their schemas and names. Whoever owns a schema may rename
 * it at any time, also in the middle of a call, and put another under its name.
 * So what parse analysis has found is compared with the tables that are meant, and types,
 * operators and their schemas must be as they were when the text was written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "compat.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "optimizer/cost.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "parser/parse_clause.h"
#include "parser/parse_oper.h"
#include "parser/parsetree.h"
#include "result_columns.h"
#include "rights.h"
#include "statement.h"
#include "tcop/tcopprot.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "watched_types.h"

static planner_hook_type previous_planner_hook = NULL;
static post_parse_analyze_hook_type previous_analyze_hook = NULL;

/* The statement that SPI is planning or running for us. */
typedef struct Running
{
	FetchStatement *statement;
	ParamListInfo params;
	PlanKind kind;
} Running;

static Running running;

static uint64 statements_prepared = 0;

static PlannedStmt *
call_planner(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	if (previous_planner_hook)
		return previous_planner_hook(parse, query_string, cursor_options, params);
	return standard_planner(parse, query_string, cursor_options, params);
}

/* The parameters that the planner may estimate with, without PARAM_FLAG_CONST. */
static ParamListInfo
estimate_params(const FetchStatement *statement, ParamListInfo params)
{
	ParamListInfo estimates = makeParamList(statement->nparams);

	for (int i = 0; i < statement->nparams; i++)
	{
		estimates->params[i] = params->params[i];
		estimates->params[i].pflags = 0;
		if (!statement->params[i].estimate)
			estimates->params[i].ptype = InvalidOid;
	}
	return estimates;
}

const char *
bolt_statement_sql(const FetchStatement *statement, PlanKind kind)
{
	return kind == PLAN_RANGE ? statement->range_sql : statement->sql;
}

void
bolt_order_statement(FetchStatement *statement, const Model *model, MemoryContext context)
{
	Size size = sizeof(AttrNumber) * model->nprimary_key;

	statement->ordered_table = model->oid;
	if (model->volatile_plan ||
		(model->relkind != RELKIND_RELATION && model->relkind != RELKIND_PARTITIONED_TABLE))
		return;
	statement->norder = model->nprimary_key;
	statement->order = memcpy(MemoryContextAlloc(context, Max(size, 1)), model->primary_key, size);
}

/*
 * ORDER BY for an UPDATE or DELETE.  The planner knows how, and sorts below the
 * node that writes.
 */
static void
add_order(Query *parse, const FetchStatement *statement)
{
	if (parse->resultRelation == 0 ||
		rt_fetch(parse->resultRelation, parse->rtable)->relid != statement->ordered_table)
		return;
	for (int i = 0; i < statement->norder; i++)
	{
		SortGroupClause *clause = makeNode(SortGroupClause);
		TargetEntry *entry;
		Oid type;
		int32 typmod;
		Oid collation;

		get_atttypetypmodcoll(statement->ordered_table, statement->order[i], &type, &typmod, &collation);
		get_sort_group_operators(type, false, true, false, &clause->sortop, &clause->eqop, NULL,
								 &clause->hashable);
		if (!OidIsValid(clause->sortop))
			return;
		entry = makeTargetEntry((Expr *) makeVar(parse->resultRelation, statement->order[i], type, typmod,
												 collation, 0),
								list_length(parse->targetList) + 1, NULL, true);
		parse->targetList = lappend(parse->targetList, entry);
		clause->tleSortGroupRef = assignSortGroupRef(entry, parse->targetList);
		parse->sortClause = lappend(parse->sortClause, clause);
	}
}

static PlannedStmt *
plan_statement(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	Running current = running;
	FetchStatement *statement = current.statement;
	bool save_jit = jit_enabled;
	bool save_seqscan = enable_seqscan;
	bool save_bitmapscan = enable_bitmapscan;
	bool save_nestloop = enable_nestloop;
	PlannedStmt *result;

	if (statement == NULL || query_string == NULL ||
		strcmp(query_string, bolt_statement_sql(statement, current.kind)) != 0)
		return call_planner(parse, query_string, cursor_options, params);

	/* planning reads statistics and may run functions */
	bolt_check_query_rights(parse);

	if (params == NULL && current.params != NULL)
		params = estimate_params(statement, current.params);

	if (statement->norder > 0)
		add_order(parse, statement);

	/* what the planner runs in its turn is not this statement */
	running.statement = NULL;
	PG_TRY();
	{
		jit_enabled = false;
		enable_nestloop &= !statement->hashed;
		if (statement->keyed_by_index)
		{
			enable_seqscan = false;
			enable_bitmapscan &= current.kind != PLAN_FEW;
		}
		result = call_planner(parse, query_string, cursor_options, params);
	}
	PG_FINALLY();
	{
		jit_enabled = save_jit;
		enable_seqscan = save_seqscan;
		enable_bitmapscan = save_bitmapscan;
		enable_nestloop = save_nestloop;
		running = current;
	}
	PG_END_TRY();
	return result;
}

/* Is it about another table than those that the statement is meant to name? */
static bool
names_other_table(Node *node, void *argument)
{
	const FetchStatement *statement = argument;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, names_other_table, argument, QTW_EXAMINE_RTES_BEFORE);
	if (IsA(node, RangeTblEntry))
	{
		const RangeTblEntry *table = (RangeTblEntry *) node;

		if (table->rtekind != RTE_RELATION)
			return false;
		for (int i = 0; i < statement->ntables; i++)
		{
			if (statement->tables[i] == table->relid)
				return false;
		}
		return true;
	}
	return expression_tree_walker(node, names_other_table, argument);
}

static bool
is_of_other_role(Oid function, void *role)
{
	HeapTuple tuple;
	Oid owner;

	if (function < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return true;
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner != *(Oid *) role && !superuser_arg(owner);
}

/* Would it run a function, also one of an operator or a cast, that neither the role nor a superuser has made? */
static bool
calls_other_role(Node *node, void *role)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_of_other_role, role))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, calls_other_role, role, 0);
	return expression_tree_walker(node, calls_other_role, role);
}

/* Before rules and views are expanded: nothing of a table has been run yet. */
static void
check_tables(ParseState *pstate, Query *query, JumbleState *jumble)
{
	const FetchStatement *statement = running.statement;

	if (previous_analyze_hook)
		previous_analyze_hook(pstate, query, jumble);
	if (statement != NULL && pstate->p_sourcetext != NULL &&
		strcmp(pstate->p_sourcetext, bolt_statement_sql(statement, running.kind)) == 0)
	{
		Oid role = GetUserId();

		if (statement->watched != bolt_watched_types_refresh() ||
			(statement->ntables > 0 &&
			 names_other_table((Node *) query, unconstify(FetchStatement *, statement))))
			bolt_refuse_changed_result();
		if (statement->as_owner && calls_other_role((Node *) query, &role))
			ereport(
				ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(
					 "cannot compare keys of table \"%s\": it would run another role's function as the table's owner",
					 get_rel_name(statement->tables[0]))));
	}
}

void
bolt_statement_init(void)
{
	previous_analyze_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = check_tables;
	previous_planner_hook = planner_hook;
	planner_hook = plan_statement;
}

/*
 * Tells the hooks what is run.  Statements nest when a function in one of them
 * calls bolt_orm again.  Returns what to reset it to.
 */
static Running
set_running(FetchStatement *statement, ParamListInfo params, PlanKind kind)
{
	Running outer = running;

	running.statement = statement;
	running.params = params;
	running.kind = kind;
	return outer;
}

static SPIPlanPtr
prepared_plan(FetchStatement *statement, PlanKind kind)
{
	Oid *types;
	int options = 0;
	SPIPlanPtr plan;
	Running outer;

	if (statement->plans[kind] != NULL)
		return statement->plans[kind];
	types = palloc(sizeof(Oid) * Max(statement->nparams, 1));
	for (int i = 0; i < statement->nparams; i++)
		types[i] = statement->params[i].type;
	if (statement->generic_plan)
		options |= CURSOR_OPT_GENERIC_PLAN;
	if (statement->parallel)
		options |= CURSOR_OPT_PARALLEL_OK;
	outer = set_running(statement, NULL, kind);
	PG_TRY();
	{
		plan = SPI_prepare_cursor(bolt_statement_sql(statement, kind), statement->nparams, types, options);
	}
	PG_FINALLY();
	{
		running = outer;
	}
	PG_END_TRY();
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\": %s", bolt_statement_sql(statement, kind),
			 SPI_result_code_string(SPI_result));
	statement->plans[kind] = plan;
	statements_prepared++;
	pfree(types);
	return plan;
}

/* Says which value an input function's error is about. */
static void
literal_error_context(void *literal)
{
	const JsonValue *value = *(const JsonValue **) literal;
	char *path = value != NULL ? bolt_json_path(value) : "";

	if (path[0] == '\0')
		return;
	while (value->parent != NULL)
		value = value->parent;
	if (value->name != NULL)
		errcontext("value at %s of the arguments", path);
	else
		errcontext("value at %s of the queryset document", path);
}

ParamListInfo
bolt_statement_params(const FetchStatement *statement, const Document *document)
{
	ParamListInfo params;
	const JsonValue *literal = NULL;
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = literal_error_context, .arg = &literal};

	/* "no parameters" is NULL, as in the server: Citus cannot copy an empty list */
	if (statement->nparams == 0)
		return NULL;
	params = makeParamList(statement->nparams);
	error_context_stack = &callback;
	for (int i = 0; i < statement->nparams; i++)
	{
		const StatementParam *source = &statement->params[i];
		ParamExternData *param = &params->params[i];

		param->ptype = source->type;
		param->pflags = PARAM_FLAG_CONST;
		param->isnull = true;
		param->value = (Datum) 0;
		if (source->bind == NULL)
			continue;
		literal = source->literal > 0 ? document->literals[source->literal - 1] : NULL;
		param->isnull = !source->bind(source, literal, &param->value);
	}
	error_context_stack = callback.previous;
	return params;
}

void
bolt_statement_run(FetchStatement *statement, PlanKind kind, ParamListInfo params, uint64 count,
				   bool read_only, DestReceiver *dest)
{
	SPIPlanPtr plan = prepared_plan(statement, kind);
	SPIExecuteOptions options;
	Running outer;
	int result;

	memset(&options, 0, sizeof(options));
	options.params = params;
	options.read_only = read_only;
	options.tcount = count;
	options.dest = dest;
	outer = set_running(statement, params, kind);
	PG_TRY();
	{
		result = SPI_execute_plan_extended(plan, &options);
	}
	PG_FINALLY();
	{
		running = outer;
	}
	PG_END_TRY();
	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", statement->sql, SPI_result_code_string(result));
}

void
bolt_statement_error_context(void *sql)
{
	int position = geterrposition();

	if (position <= 0)
		return;
	errposition(0);
	internalerrposition(position);
	internalerrquery((const char *) sql);
}

/*
 * The plan that the plan cache would give a run with these parameters.  To be
 * released with ReleaseCachedPlan.
 */
static CachedPlan *
plan_for(FetchStatement *statement, PlanKind kind, ParamListInfo params)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(prepared_plan(statement, kind)));
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = bolt_statement_error_context,
									 .arg = unconstify(char *, bolt_statement_sql(statement, kind))};
	CachedPlan *plan;
	Running outer;

	error_context_stack = &callback;
	outer = set_running(statement, params, kind);
	PG_TRY();
	{
		plan = GetCachedPlan(source, params, CurrentResourceOwner, NULL);
	}
	PG_FINALLY();
	{
		running = outer;
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
	return plan;
}

/* What SPI says of an error in a statement that it runs */
static void
write_error_context(void *sql)
{
	if (geterrposition() > 0)
		bolt_statement_error_context(sql);
	else
		errcontext("SQL statement \"%s\"", (const char *) sql);
}

uint64
bolt_statement_write(FetchStatement *statement, ParamListInfo params, DestReceiver *dest,
					 const StatementWatcher *watcher)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	CachedPlan *plan = plan_for(statement, PLAN_MANY, params);
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = write_error_context, .arg = statement->sql};
	QueryDesc *query;
	uint64 processed;

	MemoryContextSwitchTo(context);
	if (list_length(plan->stmt_list) != 1)
	{
		ReleaseCachedPlan(plan, owner);
		bolt_statement_run(statement, PLAN_MANY, params, 0, false, dest);
		return SPI_processed;
	}
	error_context_stack = &callback;
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	query = CreateQueryDesc(linitial_node(PlannedStmt, plan->stmt_list), statement->sql, GetActiveSnapshot(),
							InvalidSnapshot, dest != NULL ? dest : None_Receiver, params, NULL, 0);
	ExecutorStart(query, 0);
	watcher->started(watcher->argument, query);
	bolt_executor_run(query, 0);
	processed = query->estate->es_processed;
	watcher->ran(watcher->argument);
	ExecutorFinish(query);
	ExecutorEnd(query);
	FreeQueryDesc(query);
	PopActiveSnapshot();
	ReleaseCachedPlan(plan, owner);
	CommandCounterIncrement();
	error_context_stack = callback.previous;
	MemoryContextSwitchTo(context);
	return processed;
}

/*
 * Not a portal: CLOSE ALL would close it, and a COMMIT before the outer query,
 * when that is a cursor WITH HOLD, has read it to its end.  As an SQL function's
 * queries do, it belongs to the query that reads it.
 */
struct StatementCursor
{
	CachedPlan *plan;
	ResourceOwner owner; /* of the reference to the plan */
	QueryDesc *query;
};

StatementCursor *
bolt_cursor_open(FetchStatement *statement, ParamListInfo params)
{
	MemoryContext context = CurrentMemoryContext;
	StatementCursor *cursor = palloc0(sizeof(StatementCursor));

	cursor->owner = CurrentResourceOwner;
	cursor->plan = plan_for(statement, PLAN_MANY, params);
	MemoryContextSwitchTo(context);
	cursor->query = CreateQueryDesc(linitial_node(PlannedStmt, cursor->plan->stmt_list), statement->sql,
									GetActiveSnapshot(), InvalidSnapshot, None_Receiver, params, NULL, 0);
	ExecutorStart(cursor->query, 0);
	return cursor;
}

uint64
bolt_cursor_fetch(StatementCursor *cursor, uint64 count, DestReceiver *dest)
{
	cursor->query->dest = dest;
	PushActiveSnapshot(cursor->query->snapshot);
	bolt_executor_run(cursor->query, count);
	PopActiveSnapshot();
	return cursor->query->estate->es_processed;
}

void
bolt_cursor_close(StatementCursor *cursor)
{
	ExecutorFinish(cursor->query);
	ExecutorEnd(cursor->query);
	FreeQueryDesc(cursor->query);
	ReleaseCachedPlan(cursor->plan, cursor->owner);
}

char *
bolt_statement_explain(FetchStatement *statement, PlanKind kind, ParamListInfo params, bool analyze)
{
	MemoryContext context = CurrentMemoryContext;
	CachedPlan *plan = plan_for(statement, kind, params);
	ExplainState *state = NewExplainState();
	char *result;

	MemoryContextSwitchTo(context);
	state->format = EXPLAIN_FORMAT_JSON;
	state->costs = true;
	state->analyze = analyze;
	state->timing = analyze;
	state->buffers = analyze;
	state->summary = analyze;
	ExplainBeginOutput(state);
	bolt_explain_one_plan(linitial_node(PlannedStmt, plan->stmt_list), state,
						  bolt_statement_sql(statement, kind), params);
	ExplainEndOutput(state);
	ReleaseCachedPlan(plan, CurrentResourceOwner);
	MemoryContextSwitchTo(context);

	/* an array of one: its member */
	result = strchr(state->str->data, '{');
	*(strrchr(result, '}') + 1) = '\0';
	return result;
}

List *
bolt_statement_queries(FetchStatement *statement)
{
	MemoryContext context = CurrentMemoryContext;
	PlanKind kind = PLAN_MANY;
	CachedPlanSource *source;
	Running outer;

	for (int i = 0; i < PLAN_KINDS; i++)
	{
		if (statement->plans[kind] == NULL && statement->plans[i] != NULL)
			kind = i;
	}
	source = linitial(SPI_plan_get_plan_sources(prepared_plan(statement, kind)));

	/* has it analysed again where that is needed: for another role, too */
	outer = set_running(statement, NULL, kind);
	PG_TRY();
	{
		(void) CachedPlanGetTargetList(source, NULL);
	}
	PG_FINALLY();
	{
		running = outer;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return source->query_list;
}

/*
 * Planned anew with the values, whatever the plan cache holds: an estimate that
 * does not know them would be the same for every filter.
 */
double
bolt_statement_estimate(FetchStatement *statement, ParamListInfo params)
{
	List *raw = pg_parse_query(statement->sql);
	Oid *types = palloc(sizeof(Oid) * Max(statement->nparams, 1));
	List *queries;
	List *plans;
	ListCell *lc;
	Running outer;

	for (int i = 0; i < statement->nparams; i++)
		types[i] = statement->params[i].type;
	outer = set_running(statement, NULL, PLAN_MANY);
	PG_TRY();
	{
		queries = pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, raw), statement->sql, types,
													 statement->nparams, NULL);
	}
	PG_FINALLY();
	{
		running = outer;
	}
	PG_END_TRY();
	foreach(lc, queries)
		bolt_check_query_rights(lfirst_node(Query, lc));
	plans = pg_plan_queries(queries, statement->sql, 0, params);
	return linitial_node(PlannedStmt, plans)->planTree->plan_rows;
}

uint64
bolt_statements_prepared(void)
{
	return statements_prepared;
}

void
bolt_statement_free(FetchStatement *statement)
{
	for (int kind = 0; statement != NULL && kind < PLAN_KINDS; kind++)
	{
		if (statement->plans[kind] != NULL)
			SPI_freeplan(statement->plans[kind]);
		statement->plans[kind] = NULL;
	}
}
