/*-------------------------------------------------------------------------
 *
 * joined_tables.c
 *	  Which to-many relations would a Q join?
 *
 * Conditions speak of the same row where they join the same table, so tables are
 * what is told apart here: those that the first to-many hop of each path leads to.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "miscadmin.h"

static List *tables_of_q(const Select *select, const Q *q, bool negated);

static List *
tables_of_path(const Select *select, const char *text, const JsonValue *value)
{
	FieldPath *path = bolt_parse_select_path(select, text, value);
	int to_many = path->annotation == NULL ? bolt_first_to_many(path) : -1;
	const ModelRelation *relation;

	if (to_many < 0)
		return NIL;
	relation = list_nth(path->relations, to_many);
	return list_make1_oid(relation->kind == RELATION_MANY_TO_MANY ? relation->through : relation->target);
}

/* Aggregates and windows have rows of their own, subqueries tables. */
static List *
tables_of_expression(const Select *select, const Expression *expression)
{
	List *tables = NIL;
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_F)
		return tables_of_path(select, expression->path, expression->value);
	if (expression->kind == EXPRESSION_AGGREGATE || expression->kind == EXPRESSION_WINDOW)
		return NIL;
	foreach(lc, expression->operands)
		tables = list_concat_unique_oid(tables, tables_of_expression(select, lfirst(lc)));
	foreach(lc, expression->whens)
		tables = list_concat_unique_oid(tables, tables_of_q(select, lfirst(lc), false));
	if (expression->otherwise != NULL)
		tables = list_concat_unique_oid(tables, tables_of_expression(select, expression->otherwise));
	return tables;
}

/* A negated path through to-many relations has an EXISTS of its own. */
static List *
tables_of_condition(const Select *select, const Q *q, bool negated)
{
	List *tables;
	ListCell *lc;

	if (q->path == NULL)
		return NIL;
	tables = tables_of_path(select, q->path, q->value);
	if (negated && tables != NIL)
		return NIL;
	if (q->expression != NULL)
		tables = list_concat_unique_oid(tables, tables_of_expression(select, q->expression));
	foreach(lc, q->expressions)
		tables = list_concat_unique_oid(tables, tables_of_expression(select, lfirst(lc)));
	return tables;
}

static List *
tables_of_q(const Select *select, const Q *q, bool negated)
{
	List *tables = NIL;
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
		return tables_of_condition(select, q, negated);
	foreach(lc, q->members)
		tables = list_concat_unique_oid(tables, tables_of_q(select, lfirst(lc), negated || q->kind == Q_NOT));
	return tables;
}

/* The oids of the tables by which a Q, compiled with joins, would multiply rows. */
List *
bolt_joined_tables(const Select *select, const Q *q)
{
	return tables_of_q(select, q, false);
}
