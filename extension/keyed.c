/*-------------------------------------------------------------------------
 *
 * keyed.c
 *	  Statements that fetch the rows belonging to the keys of the level above.
 *
 * Such a statement is flat: it takes the distinct keys as an array and joins no
 * other table for the sake of relations.  It has one of these forms:
 *
 *	  WHERE key = ANY ($1)							an index serves the key
 *	  WHERE key >= ($1)[1] AND key <= ($1)[2]		the same, keys without gaps
 *	  unnest($1) JOIN table							none does, or several columns
 *	  unnest($1) CROSS JOIN LATERAL (… LIMIT)		so many a parent, with an index
 *	  row_number() OVER (PARTITION BY key)			so many a parent, without;
 *													rows that have to be distinct
 *													first are sliced by LATERAL,
 *													those with windows are numbered
 *													by a query around
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "error.h"
#include "key_table.h"
#include "watched_types.h"
#include "json_out.h"
#include "miscadmin.h"
#include "parser/analyze.h"
#include "statement.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

void *
bolt_graph_alloc(Compiler *compiler, Size size)
{
	return MemoryContextAllocZero(compiler->graph->context, size);
}

char *
bolt_graph_string(Compiler *compiler, const char *string)
{
	return MemoryContextStrdup(compiler->graph->context, string);
}

/* ----------
 * Statements
 * ----------
 */
/*
 * Has PostgreSQL find the types of parameters that stand in expressions, as it
 * does for a statement that a client prepares.
 */
static void
infer_types(Compiler *compiler, FetchStatement *statement)
{
	int n = statement->nparams;
	bool unknown = false;
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = bolt_statement_error_context, .arg = statement->sql};
	Oid *types = palloc0(sizeof(Oid) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		types[i] = statement->params[i].type;
		unknown |= !OidIsValid(types[i]);
	}
	if (!unknown)
		return;
	error_context_stack = &callback;
	(void) parse_analyze_varparams(linitial_node(RawStmt, pg_parse_query(statement->sql)), statement->sql,
								   &types, &n, NULL);
	error_context_stack = callback.previous;
	for (int i = 0; i < statement->nparams; i++)
	{
		StatementParam *param = &statement->params[i];

		if (OidIsValid(param->type))
			continue;
		if (i >= n || !OidIsValid(types[i]))
			bolt_leave_param(param);
		else
			bolt_resolve_param(param, types[i] == UNKNOWNOID ? TEXTOID : types[i], compiler->graph->context);
	}
}

FetchStatement *
bolt_finish_statement(Compiler *compiler, const Statement *statement, const char *sql)
{
	FetchStatement *result = bolt_graph_alloc(compiler, sizeof(FetchStatement));
	ListCell *lc;

	compiler->sql_size += strlen(sql);
	bolt_limit_sql(compiler->sql_size);
	result->sql = bolt_graph_string(compiler, sql);
	result->nparams = list_length(statement->params);
	result->params = bolt_graph_alloc(compiler, sizeof(StatementParam) * Max(result->nparams, 1));
	result->generic_plan = !statement->value_dependent;
	result->watched = bolt_watched_types_refresh();
	result->ntables = list_length(statement->tables);
	result->tables = bolt_graph_alloc(compiler, sizeof(Oid) * Max(result->ntables, 1));
	foreach(lc, statement->tables)
		result->tables[foreach_current_index(lc)] = lfirst_oid(lc);
	compiler->tables = list_concat_unique_oid(compiler->tables, statement->tables);
	foreach(lc, statement->params)
	{
		StatementParam *param = &result->params[foreach_current_index(lc)];

		*param = *(StatementParam *) lfirst(lc);
		if (OidIsValid(param->input.fn_oid))
			fmgr_info_cxt(param->input.fn_oid, &param->input, compiler->graph->context);
	}
	infer_types(compiler, result);
	return result;
}

/* ----------
 * Keys
 * ----------
 */

Oid
bolt_reference_collation(Oid near_collation, Oid far_collation, bool near_is_referenced)
{
	if (near_collation == far_collation || !OidIsValid(near_collation) || !OidIsValid(far_collation) ||
		(get_collation_isdeterministic(near_collation) && get_collation_isdeterministic(far_collation)))
		return far_collation;
	return near_is_referenced ? near_collation : far_collation;
}

static Oid
key_collation(const KeyPair *pair, int column)
{
	return bolt_reference_collation(
		bolt_model_field_by_attnum(pair->near_model, pair->near_fields[column])->collation,
		bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column])->collation,
		pair->near_is_referenced);
}

void
bolt_compare_key(const KeyPair *pair, int column, KeyComparison *comparison)
{
	Oid near_type =
		bolt_comparison_type(bolt_model_field_by_attnum(pair->near_model, pair->near_fields[column])->type);
	const Field *far_field = bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column]);
	Oid far_type = bolt_comparison_type(far_field->type);

	comparison->type = near_type;
	comparison->cast_key = near_type != far_type;
	comparison->opname = bolt_operator(far_type, near_type, BTEqualStrategyNumber);
	comparison->cast_far = comparison->opname == NULL ||
		(near_type == far_type && far_field->type != far_type && bolt_has_own_operators(far_type));
	if (comparison->opname == NULL)
		comparison->opname = bolt_operator(near_type, near_type, BTEqualStrategyNumber);
	if (comparison->opname == NULL || !OidIsValid(get_array_type(near_type)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("a relation cannot be followed by column \"%s\" of type %s",
						bolt_model_field_by_attnum(pair->near_model, pair->near_fields[column])->name,
						format_type_be(near_type)),
				 errdetail("The type has no equality operator or no array type.")));
}

static bool
is_integer_key(const KeyPair *pair)
{
	KeyComparison comparison;

	bolt_compare_key(pair, 0, &comparison);
	return pair->n == 1 && bolt_is_integer_type(comparison.type);
}

void
bolt_fill_key_type(Compiler *compiler, KeyType *key, const KeyPair *pair)
{
	key->ncolumns = pair->n;
	key->columns = bolt_graph_alloc(compiler, sizeof(KeyColumn) * pair->n);
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		bolt_key_column_init(&key->columns[i], comparison.type, key_collation(pair, i),
							 compiler->graph->context);
	}
	key->integer = is_integer_key(pair);
}

/* Parameters for the keys of the level above: arrays, one a column. */
void
bolt_add_key_params(Statement *statement, const KeyPair *pair)
{
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;
		StatementParam *param;

		bolt_compare_key(pair, i, &comparison);
		param = bolt_add_param(statement, get_array_type(comparison.type), NULL, NULL);
		param->key_column = i;
		param->value_type = comparison.type;
	}
}

/* t0.key, cast where the two sides differ, and under the collation of the key that is referred to */
char *
bolt_far_key(const KeyPair *pair, int column, int alias, bool cast)
{
	const Field *field = bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column]);
	Oid collation = key_collation(pair, column);
	StringInfoData sql;
	KeyComparison comparison;

	bolt_compare_key(pair, column, &comparison);
	initStringInfo(&sql);
	bolt_append_column(&sql, alias, field->name);
	if (cast)
	{
		appendStringInfoString(&sql, "::");
		bolt_append_type(&sql, comparison.type, -1);
	}
	if (collation != field->collation)
		bolt_append_collation(&sql, collation);
	return sql.data;
}

char *
bolt_far_key_output(const KeyPair *pair, int column, int alias)
{
	KeyComparison comparison;

	bolt_compare_key(pair, column, &comparison);
	return bolt_far_key(pair, column, alias, comparison.cast_key);
}

/* t0.key = ANY ($1), or t0.a = k.c1 AND t0.b = k.c2 */
static char *
key_condition(const KeyPair *pair, int alias, bool any)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		appendStringInfo(&sql, "%s%s %s ", i > 0 ? " AND " : "",
						 bolt_far_key(pair, i, alias, comparison.cast_far), comparison.opname);
		if (any)
			appendStringInfo(&sql, "ANY ($%d)", i + 1);
		else
			appendStringInfo(&sql, "k.c%d", i + 1);
	}
	return sql.data;
}

Oid *
bolt_key_types(const KeyPair *pair)
{
	Oid *types = palloc(sizeof(Oid) * pair->n);

	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		types[i] = comparison.type;
	}
	return types;
}

/* ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS k (c1, c2) */
static char *
key_table(const KeyPair *pair)
{
	StringInfoData sql;

	initStringInfo(&sql);
	bolt_append_unnest_params(&sql, 1, pair->n, bolt_key_types(pair), "k");
	return sql.data;
}

/* ----------
 * The forms of a keyed statement
 * ----------
 */

/* unnest($1) AS k, and the through table joined to it where there is one */
static void
append_keys_first(StringInfo sql, SelectText *text, const KeyedFrom *from, bool name_outputs)
{
	char *keys = key_table(from->pair);
	char *condition = key_condition(from->pair, from->alias, false);

	if (from->through != NULL)
		bolt_append_select(sql, text, psprintf("%s JOIN %s ON %s", keys, from->through, condition),
						   from->through_condition, NULL, name_outputs);
	else
		bolt_append_select(sql, text, keys, condition, NULL, name_outputs);
}

/* SELECT s.c1, … FROM */
static void
append_outer_select(StringInfo sql, int noutputs)
{
	appendStringInfoString(sql, "SELECT ");
	bolt_append_names(sql, "s.c", noutputs);
	appendStringInfoString(sql, " FROM ");
}

/* The first rows of each key, by (SELECT … ORDER BY … LIMIT …) a key */
static void
append_lateral(StringInfo sql, SelectText *text, const KeyedFrom *from)
{
	StringInfoData inner;

	initStringInfo(&inner);
	bolt_append_select(&inner, text, from->through, from->through_condition,
					   key_condition(from->pair, from->alias, false), true);
	bolt_append_order(&inner, text);
	bolt_append_slice(&inner, text);
	append_outer_select(sql, list_length(text->outputs));
	appendStringInfo(sql, "%s CROSS JOIN LATERAL (%s) AS s", key_table(from->pair), inner.data);
}

/* The same, from all of them numbered within their key */
static void
append_row_number(StringInfo sql, SelectText *text, const KeyedFrom *from)
{
	StringInfoData number;
	StringInfoData inner;
	int noutputs = list_length(text->outputs);

	initStringInfo(&number);
	appendStringInfoString(&number, "pg_catalog.row_number() OVER (PARTITION BY ");
	for (int i = 0; i < from->pair->n; i++)
		appendStringInfo(&number, "%s%s", i > 0 ? ", " : "", bolt_far_key(from->pair, i, from->alias, false));
	bolt_append_order(&number, text);
	appendStringInfoChar(&number, ')');
	bolt_add_output(text, number.data);

	initStringInfo(&inner);
	append_keys_first(&inner, text, from, true);
	append_outer_select(sql, noutputs);
	appendStringInfo(sql, "(%s) AS s WHERE ", inner.data);
	bolt_append_number_slice(sql, text, psprintf("s.c%d", noutputs + 1));
	appendStringInfo(sql, " ORDER BY s.c%d", noutputs + 1);
}

/* t0.key >= ($1)[1] AND t0.key <= ($1)[2]: all keys between the two members of $1 */
static char *
range_condition(const KeyedFrom *from)
{
	KeyComparison comparison;
	Oid far_type;
	char *column;

	bolt_compare_key(from->pair, 0, &comparison);
	far_type = comparison.cast_far ?
		comparison.type :
		bolt_model_field_by_attnum(from->pair->far_model, from->pair->far_fields[0])->type;
	column = bolt_far_key(from->pair, 0, from->alias, comparison.cast_far);
	return psprintf("%s %s ($1)[1] AND %s %s ($1)[2]", column,
					bolt_operator(far_type, comparison.type, BTGreaterEqualStrategyNumber), column,
					bolt_operator(far_type, comparison.type, BTLessEqualStrategyNumber));
}

/* The same, numbered by a query around the one whose windows are over the rows of all keys */
static void
append_row_number_around(StringInfo sql, SelectText *text, const KeyedFrom *from)
{
	SelectText around = {0};
	StringInfoData number;
	StringInfoData inner;
	int noutputs = list_length(text->outputs);
	ListCell *lc;

	initStringInfo(&number);
	appendStringInfoString(&number, "pg_catalog.row_number() OVER (PARTITION BY ");
	for (int i = 0; i < from->pair->n; i++)
		appendStringInfo(&number, "%sr.c%d", i > 0 ? ", " : "",
						 bolt_add_output(text, bolt_far_key(from->pair, i, from->alias, false)));
	foreach(lc, text->order)
	{
		OrderExpression *order = palloc(sizeof(OrderExpression));

		*order = *(OrderExpression *) lfirst(lc);
		order->text = psprintf("r.c%d", bolt_add_output(text, order->text));
		around.order = lappend(around.order, order);
	}
	bolt_append_order(&number, &around);

	initStringInfo(&inner);
	append_keys_first(&inner, text, from, true);
	append_outer_select(sql, noutputs);
	appendStringInfo(sql, "(SELECT r.*, %s) AS n FROM (%s) AS r) AS s WHERE ", number.data, inner.data);
	bolt_append_number_slice(sql, text, "s.n");
	appendStringInfoString(sql, " ORDER BY s.n");
}

/* Rows cannot be numbered by a window in the same SELECT. */
static bool
has_windows(const SelectText *text)
{
	ListCell *lc;

	if (bolt_computes_window(text))
		return true;
	foreach(lc, text->order)
	{
		if (((OrderExpression *) lfirst(lc))->aggregate)
			return true;
	}
	return false;
}

static void
append_order_and_locks(StringInfo sql, SelectText *text)
{
	bolt_append_order(sql, text);
	if (text->locking.data != NULL)
		appendStringInfoString(sql, text->locking.data);
}

/*
 * The statement of the rows that belong to the keys of the level above, whose
 * parameters come first.
 */
FetchStatement *
bolt_keyed_statement(Compiler *compiler, SelectText *text, const KeyedFrom *from)
{
	bool sliced = bolt_is_per_parent(text->queryset);
	bool number_around = sliced && text->queryset->distinct_on == NIL && has_windows(text);
	bool lateral = sliced && !number_around && (from->indexed || text->queryset->distinct);
	bool any = !sliced && from->indexed && from->pair->n == 1;
	StringInfoData sql;
	FetchStatement *result;

	initStringInfo(&sql);
	if (lateral)
		append_lateral(&sql, text, from);
	else if (number_around)
		append_row_number_around(&sql, text, from);
	else if (sliced)
		append_row_number(&sql, text, from);
	else
	{
		if (any)
			bolt_append_select(&sql, text, NULL, NULL, key_condition(from->pair, from->alias, true), false);
		else
			append_keys_first(&sql, text, from, false);
		append_order_and_locks(&sql, text);
	}
	result = bolt_finish_statement(compiler, text->select->statement, sql.data);
	if (any && is_integer_key(from->pair))
	{
		resetStringInfo(&sql);
		bolt_append_select(&sql, text, NULL, NULL, range_condition(from), false);
		append_order_and_locks(&sql, text);
		result->range_sql = bolt_graph_string(compiler, sql.data);
	}
	result->keyed_by_index = from->indexed && (any || lateral) && list_length(text->select->joins) == 1;
	if (!from->indexed)
		compiler->graph->all_indexed = false;
	return result;
}
