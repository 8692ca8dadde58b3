/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *	  Aggregates, each over its own relation.
 *
 * An aggregate over a to-many relation is a subquery of its own for each row, so
 * that two of them never multiply one another as joined relations would.  Where
 * values() has grouped the rows, what the subqueries gave is aggregated again:
 * counts and sums are added up, least and greatest are compared.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "settings.h"

typedef struct AggregateRule
{
	const char *name;
	const char *function;
	const char *regroup; /* of the results of subqueries; NULL: cannot be */
	Oid type;
	bool not_null; /* over no rows */
} AggregateRule;

static const AggregateRule aggregates[] = {
	{"Count", "count", "pg_catalog.sum(%s)::pg_catalog.int8", INT8OID, true},
	{"Sum", "sum", "pg_catalog.sum(%s)"},
	{"Avg", "avg", "by sum and count"},
	{"Min", "min", "pg_catalog.min(%s)"},
	{"Max", "max", "pg_catalog.max(%s)"},
	{"StdDev", "stddev_pop"},
	{"Variance", "var_pop"},
	{"ArrayAgg", "array_agg"},
	{"StringAgg", "string_agg", NULL, TEXTOID},
	{"JSONAgg", "jsonb_agg", NULL, JSONBOID},
	{"BoolAnd", "bool_and", "pg_catalog.bool_and(%s)", BOOLOID},
	{"BoolOr", "bool_or", "pg_catalog.bool_or(%s)", BOOLOID},
};

static const AggregateRule *
find_aggregate(const Expression *expression)
{
	for (int i = 0; i < lengthof(aggregates); i++)
	{
		if (strcmp(aggregates[i].name, expression->name) == 0)
			return &aggregates[i];
	}
	elog(ERROR, "aggregate %s has no rule", expression->name);
}

/*
 * The first hop of a path that leads to rows which the select does not have yet, or
 * -1.  values() of a path to many has joined its rows, and an aggregate behind it is
 * over these.
 */
static int
first_further_hop(const Select *select, const FieldPath *path)
{
	int at = select->origin;
	ListCell *lc;

	if (!select->grouped)
		return bolt_first_to_many(path);
	foreach(lc, path->relations)
	{
		const ModelRelation *relation = lfirst(lc);
		bool many_to_many = relation->kind == RELATION_MANY_TO_MANY;
		JoinedTable *join = at >= 0 ? bolt_find_join(select, at, relation, many_to_many) : NULL;

		if (join == NULL && !relation_is_to_one(relation))
			return foreach_current_index(lc);
		if (join != NULL && many_to_many)
			join = bolt_find_join(select, join->alias, relation, false);
		at = join != NULL ? join->alias : -1;
	}
	return -1;
}

/* The first path in an expression that leads to further rows, or NULL. */
static FieldPath *
to_many_path(const Select *select, const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_F)
	{
		FieldPath *path = bolt_parse_select_path(select, expression->path, expression->value);

		return path->annotation == NULL && first_further_hop(select, path) >= 0 ? path : NULL;
	}
	foreach(lc, expression->operands)
	{
		FieldPath *path = to_many_path(select, lfirst(lc));

		if (path != NULL)
			return path;
	}
	return NULL;
}

static bool
joins_many_behind(const Select *select, int njoins)
{
	for (int i = njoins; i < list_length(select->joins); i++)
	{
		if (((JoinedTable *) list_nth(select->joins, i))->many)
			return true;
	}
	return false;
}

/*
 * A condition on the rows that an aggregate is over.  Where it joins further
 * relations to many it is EXISTS, so that they multiply no row.
 */
static void
append_limit(StringInfo where, Select *inner, int alias, Q *q)
{
	Statement *statement = inner->statement;
	int length = where->len;
	int njoins = list_length(inner->joins);
	int nparams = list_length(statement->params);
	Select *further;
	StringInfoData condition;

	bolt_append_q(where, inner, alias, q);
	if (!joins_many_behind(inner, njoins))
		return;

	where->len = length;
	where->data[length] = '\0';
	inner->joins = list_truncate(inner->joins, njoins);
	statement->params = list_truncate(statement->params, nparams);
	further = bolt_begin_part(inner);
	further->extends = true;
	bolt_add_no_table(further);
	initStringInfo(&condition);
	bolt_append_q(&condition, further, alias, q);
	appendStringInfoString(where, "EXISTS (SELECT 1 FROM ");
	bolt_append_from(where, further, NULL);
	appendStringInfo(where, " WHERE %s)", condition.data);
}

/*
 * FILTER (WHERE …) of an aggregate over the select's own rows.  Of a relation that
 * has been joined it speaks of the joined row.
 */
static void
append_aggregate_filter(StringInfo sql, Select *select, int alias, Q *filter)
{
	bool by_exists = select->by_exists;

	appendStringInfoString(sql, " FILTER (WHERE ");
	if (by_exists && joins_many_behind(select, 0))
	{
		select->by_exists = false;
		append_limit(sql, select, alias, filter);
		select->by_exists = by_exists;
	}
	else
		bolt_append_q(sql, select, alias, filter);
	appendStringInfoChar(sql, ')');
}

/* count(DISTINCT x ORDER BY …) FILTER (WHERE …), over the rows of the select */
char *
bolt_aggregate_call(Select *select, int alias, const Expression *expression, Operand *result)
{
	const AggregateRule *rule = find_aggregate(expression);
	StringInfoData sql;
	Operand operand;
	ListCell *lc;

	initStringInfo(&sql);
	appendStringInfo(&sql, "pg_catalog.%s(%s", rule->function, expression->distinct ? "DISTINCT " : "");
	if (expression->star)
		appendStringInfoChar(&sql, '*');
	foreach(lc, expression->operands)
	{
		bolt_expression(select, alias, lfirst(lc), &operand);
		if (operand.aggregate)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("Cannot compute %s('%s'): '%s' is an aggregate", expression->name,
							operand.display, operand.display),
					 bolt_errdetail_at(expression->value)));
		if (rule->not_null && !expression->distinct && expression->filter == NULL && !operand.nullable)
		{
			/* an index that does not hold the column can count the rows */
			appendStringInfoChar(&sql, '*');
			continue;
		}
		appendStringInfo(&sql, rule->type == TEXTOID ? "%s(%s)::pg_catalog.text" : "%s%s",
						 foreach_current_index(lc) > 0 ? ", " : "", operand.sql);
		if (foreach_current_index(lc) == 0 && !OidIsValid(rule->type) && rule->regroup != NULL &&
			strcmp(rule->function, "sum") != 0)
			result->type = operand.type;
	}
	if (rule->type == TEXTOID && list_length(expression->operands) == 1)
		appendStringInfoString(&sql, ", ','");
	bolt_append_order_terms(&sql, select, expression->order_by);
	appendStringInfoChar(&sql, ')');
	if (expression->filter != NULL)
		append_aggregate_filter(&sql, select, alias, expression->filter);
	if (OidIsValid(rule->type))
		result->type = rule->type;
	result->nullable = !rule->not_null;
	return sql.data;
}

/* Does a Q speak of the rows that the relation leads to? */
static bool
q_follows(const Select *select, const Q *q, const FieldPath *relation, int hops)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
	{
		FieldPath *path;

		if (q->path == NULL)
			return false;
		path = bolt_parse_select_path(select, q->path, q->value);
		if (path->annotation != NULL || list_length(path->relations) < hops)
			return false;
		for (int hop = 0; hop < hops; hop++)
		{
			if (list_nth(path->relations, hop) != list_nth(relation->relations, hop))
				return false;
		}
		return true;
	}
	foreach(lc, q->members)
	{
		if (q_follows(select, lfirst(lc), relation, hops))
			return true;
	}
	return false;
}

/*
 * A filter() before the aggregate that speaks of the same relation limits what
 * it sees, as where the two share their join; the first such call does.
 */
static void
append_limits(StringInfo where, Select *select, Select *inner, int alias, const FieldPath *path, int hops)
{
	ListCell *lc;

	foreach(lc, select->filtered)
	{
		const FilterCall *filter = lfirst(lc);

		if (!q_follows(select, filter->q, path, hops))
			continue;
		appendStringInfoString(where, " AND ");
		append_limit(where, inner, alias, filter->q);
		return;
	}
}

/* (SELECT count(…) FROM the relation's table WHERE it belongs to this row) */
static char *
aggregate_subquery(Select *select, int alias, const Expression *expression, const FieldPath *path,
				   Operand *result)
{
	int to_many = first_further_hop(select, path);
	const ModelRelation *relation = list_nth(path->relations, to_many);
	Select *inner = bolt_begin_part(select);
	StringInfoData where;
	StringInfoData sql;
	JoinedTable *base;
	char *call;
	int parent = alias;

	for (int hop = 0; hop < to_many; hop++)
	{
		const ModelRelation *before = list_nth(path->relations, hop);

		if (before->kind == RELATION_MANY_TO_MANY)
			parent = bolt_add_join(select, parent, before, true)->alias;
		parent = bolt_add_join(select, parent, before, false)->alias;
	}
	inner->extends = to_many > bolt_first_to_many(path);
	base = bolt_add_join(inner, parent, relation, relation->kind == RELATION_MANY_TO_MANY);
	call = bolt_aggregate_call(inner, alias, expression, result);
	initStringInfo(&where);
	bolt_append_join_condition(&where, base);
	append_limits(&where, select, inner, alias, path, to_many + 1);

	initStringInfo(&sql);
	appendStringInfo(&sql, "(SELECT %s FROM ", call);
	bolt_append_from(&sql, inner, NULL);
	appendStringInfo(&sql, " WHERE %s)", where.data);
	return sql.data;
}

/* An aggregate of one row's own columns: over that row alone */
static char *
aggregate_of_row(Select *select, int alias, const Expression *expression, Operand *result)
{
	Operand operand;
	StringInfoData sql;
	const AggregateRule *rule = find_aggregate(expression);

	if (expression->star)
	{
		result->type = INT8OID;
		return "1::pg_catalog.int8";
	}
	bolt_expression(select, alias, linitial(expression->operands), &operand);
	initStringInfo(&sql);
	appendStringInfo(&sql, "(SELECT pg_catalog.%s(v.x%s) ", rule->function,
					 rule->type == TEXTOID ? "::pg_catalog.text, ','" : "");
	if (expression->filter != NULL)
	{
		appendStringInfoString(&sql, "FILTER (WHERE v.f) ");
		appendStringInfo(&sql, "FROM (SELECT %s AS x, ", operand.sql);
		bolt_append_q(&sql, select, alias, expression->filter);
		appendStringInfoString(&sql, " AS f) AS v)");
	}
	else
		appendStringInfo(&sql, "FROM (SELECT %s AS x) AS v)", operand.sql);
	result->type = OidIsValid(rule->type) ? rule->type : InvalidOid;
	result->nullable = !rule->not_null;
	return sql.data;
}

/* ----------
 * Aggregates that are fetched by key
 * ----------
 */
typedef struct KeyedSearch
{
	const Select *select;
	const ModelRelation *relation; /* of all paths so far */
} KeyedSearch;

static bool
path_is_keyed(KeyedSearch *search, const char *text, const JsonValue *value)
{
	FieldPath *path = bolt_parse_select_path(search->select, text, value);

	if (path->annotation != NULL || path->relations == NIL || bolt_first_to_many(path) != 0)
		return false;
	if (search->relation == NULL)
		search->relation = linitial(path->relations);
	return search->relation == linitial(path->relations);
}

static bool expression_is_keyed(KeyedSearch *search, const Expression *expression);

static bool
q_is_keyed(KeyedSearch *search, const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
		return q->exists == NULL && q->expressions == NIL && path_is_keyed(search, q->path, q->value) &&
			(q->expression == NULL || expression_is_keyed(search, q->expression));
	foreach(lc, q->members)
	{
		if (!q_is_keyed(search, lfirst(lc)))
			return false;
	}
	return true;
}

static bool
expression_is_keyed(KeyedSearch *search, const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_F)
		return path_is_keyed(search, expression->path, expression->value);
	if (expression->kind != EXPRESSION_VALUE && expression->kind != EXPRESSION_CALL)
		return false;
	foreach(lc, expression->operands)
	{
		if (!expression_is_keyed(search, lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * The relation that an aggregate is over, where it speaks of nothing else: it can
 * then be fetched for the keys of many rows in one grouped pass.  NULL otherwise.
 */
const ModelRelation *
bolt_keyed_aggregate(const Select *select, const Expression *expression)
{
	KeyedSearch search = {.select = select};
	FieldPath *path;
	ListCell *lc;

	if (expression->kind != EXPRESSION_AGGREGATE || expression->star || expression->otherwise != NULL)
		return NULL;
	foreach(lc, expression->operands)
	{
		if (!expression_is_keyed(&search, lfirst(lc)))
			return NULL;
	}
	if (search.relation == NULL || (expression->filter != NULL && !q_is_keyed(&search, expression->filter)))
		return NULL;
	foreach(lc, expression->order_by)
	{
		const OrderTerm *term = lfirst(lc);

		if (term->path == NULL || term->random || !path_is_keyed(&search, term->path, term->value))
			return NULL;
	}
	path = to_many_path(select, linitial(expression->operands));
	foreach(lc, select->filtered)
	{
		if (path == NULL || q_follows(select, ((FilterCall *) lfirst(lc))->q, path, 1))
			return NULL;
	}
	return search.relation;
}

/* What it is over no rows, as JSON. */
const char *
bolt_aggregate_of_none(const Expression *expression, bool bigint_as_string)
{
	if (!find_aggregate(expression)->not_null)
		return "null";
	return bigint_as_string ? "\"0\"" : "0";
}

/* The column of a derived table that holds the aggregate */
#define VALUE_COLUMN "bolt_value"

/*
 * Where no index serves the relation, a subquery a row would read its whole table
 * each time: one pass groups it, and is joined.  Speaks of the relation alone.
 */
static char *
aggregate_join(Select *select, int alias, const Expression *expression, const ModelRelation *relation,
			   Operand *result)
{
	Select *near = bolt_begin_select(select->statement, bolt_model_by_oid(relation->model));
	Select *part = bolt_begin_part(near);
	JoinedTable *base = bolt_add_join(part, near->origin, relation, relation->kind == RELATION_MANY_TO_MANY);
	char *call = bolt_aggregate_call(part, near->origin, expression, result);
	StringInfoData derived;
	StringInfoData keys;
	JoinedTable *join;

	initStringInfo(&derived);
	initStringInfo(&keys);
	for (int i = 0; i < base->nfields; i++)
	{
		if (i > 0)
			appendStringInfoString(&keys, ", ");
		bolt_append_column(&keys, base->alias,
						   bolt_model_field_by_attnum(base->model, base->far_fields[i])->name);
	}
	appendStringInfo(&derived, "(SELECT %s, %s AS " VALUE_COLUMN " FROM ", keys.data, call);
	bolt_append_from(&derived, part, NULL);
	appendStringInfo(&derived, " GROUP BY %s) AS", keys.data);
	join = bolt_add_derived_join(select, alias, base, derived.data);
	return find_aggregate(expression)->not_null ? psprintf("COALESCE(t%d." VALUE_COLUMN ", 0)", join->alias) :
												  psprintf("t%d." VALUE_COLUMN, join->alias);
}

/* The relation whose table is better grouped as a whole, or NULL */
static const ModelRelation *
unindexed_relation(const Select *select, const Expression *expression)
{
	Expression plain = *expression;
	const ModelRelation *relation;

	plain.otherwise = NULL;
	relation = bolt_keyed_aggregate(select, &plain);
	return relation != NULL && !relation->indexed ? relation : NULL;
}

static char *
regrouped(Select *select, int alias, const AggregateRule *rule, const Expression *expression,
		  const FieldPath *path, const char *subquery)
{
	if (rule->regroup == NULL || expression->distinct)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s over a relation to many cannot be grouped by values()", expression->name),
				 bolt_errdetail_at(expression->value),
				 errhint("Query the related model, and group by the path back.")));
	if (strcmp(rule->name, "Avg") == 0)
	{
		/* the average of the whole is not the average of the averages */
		Expression sum = *expression;
		Expression count = *expression;
		Operand ignored;
		const char *number;

		sum.name = "Sum";
		count.name = "Count";
		number = aggregate_subquery(select, alias, &count, path, &ignored);
		return psprintf("(CASE WHEN pg_catalog.sum(%s) OPERATOR(pg_catalog.>) 0 THEN"
						" pg_catalog.sum(%s) OPERATOR(pg_catalog./) pg_catalog.sum(%s) END)",
						number, aggregate_subquery(select, alias, &sum, path, &ignored), number);
	}
	return psprintf(rule->regroup, subquery);
}

static bool q_has_aggregate(const Q *q);

/* An aggregate in it, or in a condition of it */
static bool
has_aggregate(const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (bolt_has_aggregate(expression))
		return true;
	foreach(lc, expression->whens)
	{
		if (q_has_aggregate(lfirst(lc)))
			return true;
	}
	foreach(lc, expression->operands)
	{
		if (has_aggregate(lfirst(lc)))
			return true;
	}
	return false;
}

static bool
q_has_aggregate(const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->expression != NULL && has_aggregate(q->expression))
		return true;
	foreach(lc, q->expressions)
	{
		if (has_aggregate(lfirst(lc)))
			return true;
	}
	foreach(lc, q->members)
	{
		if (q_has_aggregate(lfirst(lc)))
			return true;
	}
	return false;
}

/* SQL's aggregates take none in their operands, nor in their conditions. */
static void
refuse_nested_conditions(const Expression *expression)
{
	bool nested = expression->filter != NULL && q_has_aggregate(expression->filter);
	ListCell *lc;

	foreach(lc, expression->operands)
		nested |= has_aggregate(lfirst(lc));
	if (nested)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot compute %s: a condition in it has an aggregate", expression->name),
				 bolt_errdetail_at(expression->value)));
}

/* What an aggregate stands over must not be one, or a window, itself. */
static void
refuse_nested(const Select *select, const Expression *expression)
{
	ListCell *lc;

	foreach(lc, expression->operands)
	{
		const Expression *operand = lfirst(lc);
		const char *what = operand->path ? operand->path : operand->name;
		const Annotation *annotation = NULL;

		if (operand->kind == EXPRESSION_F && !select->aggregating)
			annotation = bolt_parse_select_path(select, operand->path, operand->value)->annotation;
		if (bolt_has_aggregate(operand) ||
			(annotation != NULL && annotation->expression != NULL &&
			 bolt_has_aggregate(annotation->expression)))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("Cannot compute %s('%s'): '%s' is an aggregate", expression->name, what, what),
					 bolt_errdetail_at(operand->value)));
		if (bolt_has_window(operand) || (!select->aggregating && bolt_over_window(select, operand)))
			ereport(
				ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot compute %s('%s'): '%s' is a window expression", expression->name, what, what),
				 bolt_errdetail_at(operand->value)));
	}
}

/*
 * An aggregate.  In a queryset that values() has grouped it is one of SQL's, over
 * the rows of the group; else it is of each row, by itself.
 */
void
bolt_aggregate(Select *select, int alias, const Expression *expression, Operand *result)
{
	const AggregateRule *rule = find_aggregate(expression);
	FieldPath *path = expression->star ? NULL : to_many_path(select, linitial(expression->operands));
	const ModelRelation *unindexed = NULL;
	char *sql;

	refuse_nested(select, expression);
	if (select->grouped)
		refuse_nested_conditions(expression);
	if (path != NULL && !select->aggregates_by_row && first_further_hop(select, path) == 0)
		unindexed = unindexed_relation(select, expression);
	if (unindexed != NULL)
		sql = aggregate_join(select, alias, expression, unindexed, result);
	else if (path != NULL)
		sql = aggregate_subquery(select, alias, expression, path, result);
	else if (select->grouped)
		sql = bolt_aggregate_call(select, alias, expression, result);
	else
		sql = aggregate_of_row(select, alias, expression, result);
	if (path != NULL && select->grouped)
		sql = regrouped(select, alias, rule, expression, path, sql);
	result->aggregate = select->grouped;

	if (expression->otherwise != NULL)
	{
		Operand otherwise;

		if (rule->not_null)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Count does not allow default"),
					 bolt_errdetail_at(expression->value)));
		bolt_expression(select, alias, expression->otherwise, &otherwise);
		sql = psprintf("COALESCE(%s, %s)", sql, otherwise.sql);
		result->nullable = otherwise.nullable;
	}
	result->sql = sql;
	result->display = expression->name;
}
