/*-------------------------------------------------------------------------
 *
 * whole_select.c
 *	  A SELECT from its clauses, up to ORDER BY and LIMIT: what makes its rows
 *	  distinct, and the query around it that filters by its windows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"

/* What DISTINCT ON compares: the columns of its paths */
static List *
distinct_on_expressions(SelectText *text)
{
	int alias = bolt_base_alias(text->select);
	List *expressions = NIL;
	ListCell *lc;

	foreach(lc, text->queryset->distinct_on)
	{
		const PathTerm *term = lfirst(lc);
		FieldPath *path = bolt_parse_select_path(text->select, term->path, term->value);
		Operand operands[INDEX_MAX_KEYS];
		int noperands = bolt_path_operands(text->select, alias, path, 0, operands);

		for (int i = 0; i < noperands; i++)
		{
			bolt_apply_transforms(text->select, &operands[i], path);
			bolt_limit_columns(list_length(expressions) + 1);
			expressions = lappend(expressions, unconstify(char *, operands[i].sql));
		}
	}
	return expressions;
}

static void
append_distinct_on(StringInfo sql, List *expressions)
{
	ListCell *lc;

	appendStringInfoString(sql, "DISTINCT ON (");
	foreach(lc, expressions)
	{
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", (char *) lfirst(lc));
		bolt_limit_sql(sql->len);
	}
	appendStringInfoString(sql, ") ");
}

/*
 * Distinct objects of a table with a primary key: a group a key.  The same rows
 * as DISTINCT over all columns gives, without comparing them, and json columns,
 * which cannot be compared, do no harm.
 */
static void
append_group_by_key(StringInfo sql, const SelectText *text)
{
	int alias = bolt_base_alias(text->select);
	ListCell *lc;

	for (int i = 0; i < text->model->nprimary_key; i++)
	{
		appendStringInfoString(sql, i == 0 ? " GROUP BY " : ", ");
		bolt_append_column(sql, alias,
						   bolt_model_field_by_attnum(text->model, text->model->primary_key[i])->name);
	}
	foreach(lc, text->order)
	{
		appendStringInfo(sql, ", %s", ((OrderExpression *) lfirst(lc))->text);
		bolt_limit_sql(sql->len);
	}
	foreach(lc, text->grouped)
	{
		appendStringInfo(sql, ", %s", (char *) lfirst(lc));
		bolt_limit_sql(sql->len);
	}
}

/*
 * Are there windows in it?  They are over what a GROUP BY leaves, so that DISTINCT
 * has to come behind them.
 */
bool
bolt_computes_window(const SelectText *text)
{
	ListCell *lc;

	if (text->around.len > 0)
		return true;

	foreach(lc, text->select->annotations)
	{
		if (((Annotation *) lfirst(lc))->operand.window)
			return true;
	}
	return false;
}

/* Have joins to many rows to be undone? */
static bool
is_multiplied(const SelectText *text)
{
	ListCell *lc;

	if (text->queryset == NULL || !text->queryset->each_once || !text->model->primary_key_constraint)
		return false;
	foreach(lc, text->select->joins)
	{
		if (((JoinedTable *) lfirst(lc))->many)
			return true;
	}
	return false;
}

/* What DISTINCT a SELECT has. */
typedef enum DistinctKind
{
	DISTINCT_NONE,
	DISTINCT_ROWS,
	DISTINCT_KEYS, /* as GROUP BY the primary key */
	DISTINCT_ON
} DistinctKind;

static DistinctKind
distinct_kind(const SelectText *text)
{
	const QuerySet *queryset = text->queryset;

	if ((queryset == NULL || !queryset->distinct) && !is_multiplied(text))
		return DISTINCT_NONE;
	if (queryset->distinct_on != NIL)
		return DISTINCT_ON;
	if (text->model->primary_key_constraint && queryset->values_kind == VALUES_NONE &&
		!bolt_computes_window(text))
		return DISTINCT_KEYS;
	return DISTINCT_ROWS;
}

/* The select list, from SELECT on */
static void
append_outputs(StringInfo sql, const SelectText *text, const char *distinct, bool name_outputs)
{
	ListCell *lc;

	appendStringInfo(sql, "SELECT %s", distinct);
	foreach(lc, text->outputs)
	{
		int i = foreach_current_index(lc);

		appendStringInfo(sql, "%s%s", i > 0 ? ", " : "", (char *) lfirst(lc));
		if (name_outputs)
			appendStringInfo(sql, " AS c%d", i + 1);
		else if (i < list_length(text->names))
			appendStringInfo(sql, " AS %s", (char *) list_nth(text->names, i));
		bolt_limit_sql(sql->len);
	}
}

static void
append_plain_select(StringInfo sql, SelectText *text, DistinctKind distinct, const char *before,
					const char *base_condition, const char *condition, bool name_outputs)
{
	StringInfoData where;
	StringInfoData on;
	ListCell *lc;

	/* what the clauses need may add joins: write them before FROM */
	initStringInfo(&where);
	initStringInfo(&on);
	if (condition != NULL)
		appendStringInfo(&where, " WHERE %s", condition);
	if (text->where.len > 0)
		appendStringInfo(&where, "%s%s", where.len > 0 ? " AND " : " WHERE ", text->where.data);
	if (text->queryset != NULL && text->queryset->none)
		appendStringInfo(&where, "%sFALSE", where.len > 0 ? " AND " : " WHERE ");
	if (distinct == DISTINCT_ON)
		append_distinct_on(&on, distinct_on_expressions(text));
	else if (distinct == DISTINCT_ROWS)
	{
		/* PostgreSQL orders a DISTINCT by what it selects only */
		appendStringInfoString(&on, "DISTINCT ");
		foreach(lc, text->order)
			bolt_add_output(text, ((OrderExpression *) lfirst(lc))->text);
	}

	append_outputs(sql, text, on.data, name_outputs);
	foreach(lc, text->select->windows)
	{
		appendStringInfo(sql, ", %s AS w%d", (char *) lfirst(lc), foreach_current_index(lc) + 1);
		bolt_limit_sql(sql->len);
	}
	appendStringInfoString(sql, " FROM ");
	if (before != NULL)
		appendStringInfo(sql, "%s JOIN ", before);
	bolt_append_from(sql, text->select, base_condition);
	appendStringInfoString(sql, where.data);
	if (distinct == DISTINCT_KEYS)
		append_group_by_key(sql, text);
	foreach(lc, text->groups)
	{
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) == 0 ? " GROUP BY " : ", ",
						 (char *) lfirst(lc));
		bolt_limit_sql(sql->len);
	}
	if (text->having.len > 0)
		appendStringInfo(sql, " HAVING %s", text->having.data);
}

/* The name that an expression of the inner query has in the one around it */
static char *
name_around(SelectText *inner, const char *expression)
{
	return psprintf("q.c%d", bolt_add_output(inner, expression));
}

/*
 * The same, filtered by windows: a query around the one that computes them, in
 * which DISTINCT and order come behind the filter.  text->order is named anew.
 */
static void
append_select_around(StringInfo sql, SelectText *text, const char *before, const char *base_condition,
					 const char *condition, bool name_outputs)
{
	DistinctKind distinct = distinct_kind(text);
	SelectText inner = *text;
	SelectText around = {.select = text->select, .names = text->names};
	List *on = NIL;
	StringInfoData clause;
	ListCell *lc;

	inner.names = NIL;
	inner.outputs = list_copy(text->outputs);
	foreach(lc, text->outputs)
		around.outputs = lappend(around.outputs, psprintf("q.c%d", foreach_current_index(lc) + 1));
	foreach(lc, text->order)
	{
		OrderExpression *order = palloc(sizeof(OrderExpression));

		*order = *(OrderExpression *) lfirst(lc);
		order->text = name_around(&inner, order->text);
		around.order = lappend(around.order, order);
		if (distinct == DISTINCT_ROWS)
			bolt_add_output(&around, order->text);
	}
	initStringInfo(&clause);
	if (distinct == DISTINCT_ON)
	{
		foreach(lc, distinct_on_expressions(text))
			on = lappend(on, name_around(&inner, lfirst(lc)));
		append_distinct_on(&clause, on);
	}
	append_outputs(sql, &around, distinct == DISTINCT_ROWS ? "DISTINCT " : clause.data, name_outputs);
	appendStringInfoString(sql, " FROM (");
	append_plain_select(sql, &inner, DISTINCT_NONE, before, base_condition, condition, true);
	appendStringInfo(sql, ") AS q WHERE %s", text->around.data);
	text->order = around.order;
}

/*
 * SELECT … FROM … WHERE … [GROUP BY …].
 *
 * before: what stands before the model's table in FROM, joined to it by
 * base_condition; both or none.
 * condition: a further condition of WHERE, or NULL.
 * name_outputs: outputs get the names c1, c2, …, for a query around this one.
 */
void
bolt_append_select(StringInfo sql, SelectText *text, const char *before, const char *base_condition,
				   const char *condition, bool name_outputs)
{
	if (text->around.len > 0)
		append_select_around(sql, text, before, base_condition, condition, name_outputs);
	else
		append_plain_select(sql, text, distinct_kind(text), before, base_condition, condition, name_outputs);
}
