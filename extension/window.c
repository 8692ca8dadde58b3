/*-------------------------------------------------------------------------
 *
 * window.c
 *	  Filtering by windows.
 *
 * WHERE comes before windows, so a condition on one stands in a query around the
 * one that computes it:
 *
 *	  SELECT q.c1, … FROM (SELECT … AS c1, …, row_number() OVER (…) AS w1
 *		FROM … WHERE …) AS q WHERE q.w1 <= $1
 *
 * What a filter() says besides stays in WHERE, as far as AND takes it apart, and
 * decides which rows the windows are over; that is Django's rule.  A condition of
 * windows and literals is written in the query around, where PostgreSQL can stop
 * numbering rows early; any other is a column of truth values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"

/* ----------
 * What speaks of windows
 * ----------
 */
static bool
path_is_window(const Select *select, const char *text, const JsonValue *value)
{
	const Annotation *annotation = bolt_parse_select_path(select, text, value)->annotation;

	return annotation != NULL && annotation->operand.window;
}

/* Is an expression, or an annotation that it names, computed over a window? */
bool
bolt_over_window(const Select *select, const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_WINDOW)
		return true;
	if (expression->kind == EXPRESSION_F)
		return path_is_window(select, expression->path, expression->value);
	foreach(lc, expression->operands)
	{
		if (bolt_over_window(select, lfirst(lc)))
			return true;
	}
	foreach(lc, expression->whens)
	{
		if (bolt_q_over_window(select, lfirst(lc)))
			return true;
	}
	return expression->otherwise != NULL && bolt_over_window(select, expression->otherwise);
}

bool
bolt_q_over_window(const Select *select, const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	foreach(lc, q->members)
	{
		if (bolt_q_over_window(select, lfirst(lc)))
			return true;
	}
	foreach(lc, q->expressions)
	{
		if (bolt_over_window(select, lfirst(lc)))
			return true;
	}
	if (q->kind != Q_CONDITION || q->path == NULL)
		return false;
	return path_is_window(select, q->path, q->value) ||
		(q->expression != NULL && bolt_over_window(select, q->expression));
}

/*
 * What a window is over must not be one itself.
 * Error: 0A000.
 */
void
bolt_refuse_nested_window(const Select *select, const Expression *window)
{
	const Expression *function = linitial(window->operands);
	bool nested = false;
	ListCell *lc;

	foreach(lc, function->operands)
		nested |= bolt_over_window(select, lfirst(lc));
	if (function->filter != NULL)
		nested |= bolt_q_over_window(select, function->filter);
	foreach(lc, window->partition_by)
		nested |= bolt_over_window(select, lfirst(lc));
	foreach(lc, window->order_by)
	{
		const OrderTerm *term = lfirst(lc);

		if (term->expression != NULL)
			nested |= bolt_over_window(select, term->expression);
		else if (!term->random)
			nested |= path_is_window(select, term->path, term->value);
	}
	if (nested)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("a window cannot be over another window"),
				 bolt_errdetail_at(window->value)));
}

/* Are windows compared with literals, and nothing else with anything? */
static bool
is_of_windows_alone(const Select *select, const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
		return q->path != NULL && path_is_window(select, q->path, q->value) && q->expressions == NIL &&
			(q->expression == NULL || q->expression->kind == EXPRESSION_VALUE);
	foreach(lc, q->members)
	{
		if (!is_of_windows_alone(select, lfirst(lc)))
			return false;
	}
	return true;
}

/* A condition that is neither on a window nor on an aggregate */
static const Q *
find_plain_condition(const Select *select, const Q *q)
{
	const Annotation *annotation;
	ListCell *lc;

	check_stack_depth();
	foreach(lc, q->members)
	{
		const Q *found = find_plain_condition(select, lfirst(lc));

		if (found != NULL)
			return found;
	}
	if (q->kind != Q_CONDITION || bolt_q_over_window(select, q))
		return NULL;
	annotation = q->path ? bolt_parse_select_path(select, q->path, q->value)->annotation : NULL;
	return annotation != NULL && annotation->expression != NULL &&
			bolt_has_aggregate(annotation->expression) ?
		NULL :
		q;
}

/* ----------
 * The query around
 * ----------
 */

/* The column of the query around that has an expression of this one. */
char *
bolt_window_column(Select *select, const char *sql)
{
	ListCell *lc;

	foreach(lc, select->windows)
	{
		if (strcmp(lfirst(lc), sql) == 0)
			return psprintf("q.w%d", foreach_current_index(lc) + 1);
	}
	bolt_wrote_sql(select->statement, strlen(sql));
	bolt_limit_columns(list_length(select->windows) + 1);
	select->windows = lappend(select->windows, pstrdup(sql));
	return psprintf("q.w%d", list_length(select->windows));
}

/* Aggregates that a condition limits cannot wait for the windows. */
static void
refuse_conditional_aggregation(const Select *select, const Q *q)
{
	const Q *plain = select->aggregates ? find_plain_condition(select, q) : NULL;

	if (plain != NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "Heterogeneous disjunctive predicates against window functions are not implemented when performing conditional aggregation"),
			 plain->value != NULL ? bolt_errdetail_at(plain->value) : 0));
}

static void
add_condition_around(SelectText *text, Q *q, int call)
{
	Select *select = text->select;
	FilterCall filter = {.q = q};

	refuse_conditional_aggregation(select, q);
	if (text->around.len > 0)
		appendStringInfoString(&text->around, " AND ");
	if (is_of_windows_alone(select, q))
	{
		select->windows_stand = WINDOWS_AROUND;
		bolt_append_filter(&text->around, select, &filter, call);
	}
	else
	{
		StringInfoData condition;

		initStringInfo(&condition);
		select->windows_stand = WINDOWS_HERE;
		bolt_append_filter(&condition, select, &filter, call);
		appendStringInfoString(&text->around, bolt_window_column(select, condition.data));
	}
	select->windows_stand = WINDOWS_REFUSED;
}

/*
 * Adds what a Q says of windows to the query around.  Returns the rest of it, or
 * NULL where nothing is left.
 */
Q *
bolt_filter_by_windows(SelectText *text, Q *q, int call)
{
	Q *rest;
	ListCell *lc;

	check_stack_depth();
	if (!bolt_q_over_window(text->select, q))
		return q;
	if (q->kind != Q_AND)
	{
		add_condition_around(text, q, call);
		return NULL;
	}
	rest = palloc(sizeof(Q));
	*rest = *q;
	rest->members = NIL;
	foreach(lc, q->members)
	{
		Q *member = bolt_filter_by_windows(text, lfirst(lc), call);

		if (member != NULL)
			rest->members = lappend(rest->members, member);
	}
	return rest->members != NIL ? rest : NULL;
}
