/*-------------------------------------------------------------------------
 *
 * select.c
 *	  The clauses of a SELECT over a model: conditions, order, groups, slice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* An ordering that leads back to itself makes more joins than any that was meant. */
#define MAX_ORDER_JOINS 200

static void add_terms(SelectText *text, const Model *model, int alias, List *terms, bool reverse);

/* Does a condition compare with an aggregate of the select's own rows? */
static bool
is_having(const Select *select, const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
		return q->path != NULL && bolt_parse_select_path(select, q->path, q->value)->annotation != NULL &&
			bolt_parse_select_path(select, q->path, q->value)->annotation->operand.aggregate;
	foreach(lc, q->members)
	{
		if (is_having(select, lfirst(lc)))
			return true;
	}
	return false;
}

static void
append_filter(SelectText *text, const FilterCall *filter, int call)
{
	Select *select = text->select;
	StringInfo clause = is_having(select, filter->q) ? &text->having : &text->where;
	int length = clause->len;

	appendStringInfoString(clause, length > 0 ? " AND " : "");
	if (!bolt_append_filter(clause, select, filter, call))
	{
		clause->len = length;
		clause->data[length] = '\0';
	}
	if (!filter->exclude)
		select->filtered = lappend(select->filtered, unconstify(FilterCall *, filter));
}

static void
apply_filter(SelectText *text, const FilterCall *filter, int call)
{
	FilterCall rest = {.q = filter->q};
	FilterCall *kept;

	if (!bolt_q_over_window(text->select, filter->q))
	{
		append_filter(text, filter, call);
		return;
	}
	if (filter->exclude)
	{
		rest.q = palloc0(sizeof(Q));
		rest.q->kind = Q_NOT;
		rest.q->members = list_make1(filter->q);
	}
	rest.q = bolt_filter_by_windows(text, rest.q, call);
	if (rest.q == NULL)
		return;
	kept = palloc(sizeof(FilterCall));
	*kept = rest;
	append_filter(text, kept, call);
}

/*
 * values() of a path through to-many relations, in a chain: what it selects is
 * the rows that it joins now, whatever a later filter() joins for itself.
 */
static void
fix_values(SelectText *text, List *values)
{
	ListCell *lc;

	foreach(lc, values)
	{
		const PathTerm *term = lfirst(lc);
		FieldPath *path = bolt_parse_select_path(text->select, term->path, term->value);
		Operand operands[INDEX_MAX_KEYS];
		Annotation *annotation;

		if (path->annotation != NULL || bolt_first_to_many(path) < 0)
			continue;
		bolt_path_operands(text->select, bolt_base_alias(text->select), path, 0, operands);
		if (path->nfields > 1)
			continue;
		bolt_apply_transforms(text->select, &operands[0], path);
		annotation = palloc0(sizeof(Annotation));
		annotation->name = term->path;
		annotation->operand = operands[0];
		annotation->alias = annotation->fixed = true;
		text->select->annotations = lappend(text->select->annotations, annotation);
	}
}

/* Does a call of values() group by the rows of a relation to many? */
static bool
groups_by_many(const SelectText *text, const QueryCall *call)
{
	const struct NameTable *names;
	ListCell *lc;

	if (!text->queryset->group_by_values)
		return false;
	names = bolt_annotation_names(text->queryset->calls);
	foreach(lc, call->values)
	{
		const PathTerm *term = lfirst(lc);

		if (!bolt_names_annotation(term->path, names) &&
			bolt_first_to_many(bolt_parse_path(text->model, term->path, term->value)) >= 0)
			return true;
	}
	return false;
}

/*
 * The call of values() that groups by joined rows, or NULL.  What a filter() before
 * it joins are these rows.
 */
static const QueryCall *
grouping_call(const SelectText *text)
{
	ListCell *lc;

	foreach(lc, text->queryset->calls)
	{
		if (groups_by_many(text, lfirst(lc)))
			return lfirst(lc);
	}
	return NULL;
}

/*
 * filter, exclude, annotate and alias in their order.  Once a queryset
 * aggregates over relations it has one row per object: conditions on to-many
 * relations are EXISTS then, before and behind the aggregate.
 */
static void
apply_calls(SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	const QueryCall *grouping;
	bool by_exists;
	ListCell *lc;

	if (queryset == NULL)
		return;
	by_exists = queryset->rows_by_exists;

	/* a cursor knows an object, not which of its rows */
	if (queryset->keyset != NULL && !bolt_rows_are_values(queryset))
		by_exists = true;
	grouping = grouping_call(text);
	text->select->by_exists = by_exists;
	text->select->aggregates_by_row = queryset->aggregates_by_row;
	foreach(lc, queryset->calls)
	{
		const QueryCall *call = lfirst(lc);

		if (call->annotate != NULL && bolt_has_aggregate(call->annotate->expression))
		{
			text->select->aggregates = true;
			text->select->by_exists |= grouping == NULL;
		}
	}
	foreach(lc, queryset->calls)
	{
		const QueryCall *call = lfirst(lc);

		if (call->annotate != NULL)
			bolt_annotate(text->select, call->annotate);
		else if (call->values != NIL)
		{
			fix_values(text, call->values);
			text->select->by_exists |= call == grouping;
		}
		else
			apply_filter(text, call->filter, foreach_current_index(lc));
	}
}

static void
begin_text(SelectText *text, Statement *statement, Select *outer, const Model *model,
		   const QuerySet *queryset)
{
	memset(text, 0, sizeof(SelectText));
	text->select = bolt_begin_select(statement, model);
	text->select->outer = text->select->outer_query = outer;
	text->select->grouped = queryset != NULL && queryset->group_by_values;
	text->model = model;
	text->queryset = queryset;
	initStringInfo(&text->where);
	initStringInfo(&text->having);
	initStringInfo(&text->around);
	apply_calls(text);
}

void
bolt_begin_select_text(SelectText *text, Statement *statement, const Model *model, const QuerySet *queryset)
{
	begin_text(text, statement, NULL, model, queryset);
}

/* The same for a queryset inside another's statement. */
void
bolt_begin_inner_text(SelectText *text, Select *outer, const Model *model, const QuerySet *queryset)
{
	begin_text(text, outer->statement, outer, model, queryset);
}

/* Adds an expression to the select list, unless it is there; its number in the result. */
AttrNumber
bolt_add_output(SelectText *text, const char *expression)
{
	ListCell *lc;

	CHECK_FOR_INTERRUPTS();
	foreach(lc, text->outputs)
	{
		if (strcmp(lfirst(lc), expression) == 0)
			return foreach_current_index(lc) + 1;
	}
	bolt_limit_columns(list_length(text->outputs) + 1);
	bolt_wrote_sql(text->select->statement, strlen(expression));
	text->outputs = lappend(text->outputs, pstrdup(expression));
	return list_length(text->outputs);
}

bool
bolt_is_sliced(const QuerySet *queryset)
{
	return queryset != NULL &&
		(queryset->limit != NULL || queryset->offset != NULL || queryset->constant_limit > 0);
}

/* Does a prefetch with it choose among the rows of each parent? */
bool
bolt_is_per_parent(const QuerySet *queryset)
{
	return bolt_is_sliced(queryset) || (queryset != NULL && queryset->distinct_on != NIL);
}

/* ----------
 * ORDER BY
 * ----------
 */
static NullsOrder
reversed_nulls(NullsOrder nulls)
{
	switch (nulls)
	{
		case NULLS_FIRST_ORDER:
			return NULLS_LAST_ORDER;
		case NULLS_LAST_ORDER:
			return NULLS_FIRST_ORDER;
		default:
			return NULLS_DEFAULT_ORDER;
	}
}

/* The same rows from the other end */
void
bolt_reverse_order(List *order)
{
	ListCell *lc;

	foreach(lc, order)
	{
		OrderExpression *expression = lfirst(lc);

		expression->descending = !expression->descending;
		expression->nulls = reversed_nulls(expression->nulls);
	}
}

/*
 * A value orders nothing.  In an ORDER BY its type would be another one than in the
 * select list, where PostgreSQL has to find it, and DISTINCT would refuse it.
 */
static bool
orders_nothing(const SelectText *text, const char *expression)
{
	if (text->queryset != NULL && (text->queryset->distinct_on != NIL || text->queryset->combined != NIL))
		return false;
	return expression[0] == '$' && strspn(expression + 1, "0123456789") == strlen(expression + 1);
}

static void
add_order_expression(SelectText *text, const char *expression, bool aggregate, const OrderTerm *term,
					 bool reverse)
{
	OrderExpression *order;

	if (orders_nothing(text, expression))
		return;
	order = palloc(sizeof(OrderExpression));
	bolt_limit_columns(list_length(text->order) + 1);
	bolt_wrote_sql(text->select->statement, strlen(expression));
	order->text = pstrdup(expression);
	order->aggregate = aggregate;
	order->descending = term->descending != reverse;
	order->nulls = reverse ? reversed_nulls(term->nulls) : term->nulls;
	text->order = lappend(text->order, order);
}

static List *
default_order(const Model *model)
{
	List *terms = NIL;
	ListCell *lc;

	foreach(lc, bolt_model_ordering(model))
		terms = lappend(terms, bolt_make_order_term(lfirst(lc), NULL));
	return terms;
}

static void
add_term(SelectText *text, const Model *model, int alias, const OrderTerm *term, bool reverse)
{
	FieldPath *path;
	Operand operands[INDEX_MAX_KEYS];
	int noperands;

	if (term->random)
	{
		add_order_expression(text, "pg_catalog.random()", false, term, reverse);
		return;
	}
	if (term->expression != NULL)
	{
		Operand operand;

		bolt_expression(text->select, alias, term->expression, &operand);
		add_order_expression(text, operand.sql, operand.aggregate || operand.window, term, reverse);
		return;
	}
	path = model == text->model ? bolt_parse_select_path(text->select, term->path, term->value) :
								  bolt_parse_path(model, term->path, term->value);

	/* a relation stands for the order of its model, where that has one */
	if (path->relation != NULL && bolt_model_ordering(path->model) != NIL)
	{
		int at = alias;
		ListCell *lc;

		check_stack_depth();
		if (list_length(text->select->joins) > MAX_ORDER_JOINS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Infinite loop caused by ordering"),
					 errdetail("The ordering of model \"%s\" leads back to itself by \"%s\".", model->name,
							   term->path)));
		foreach(lc, path->relations)
		{
			ModelRelation *relation = lfirst(lc);

			if (relation->kind == RELATION_MANY_TO_MANY)
				at = bolt_add_join(text->select, at, relation, true)->alias;
			at = bolt_add_join(text->select, at, relation, false)->alias;
		}
		add_terms(text, path->model, at, default_order(path->model), term->descending != reverse);
		return;
	}

	noperands = bolt_path_operands(text->select, alias, path, 0, operands);
	for (int i = 0; i < noperands; i++)
	{
		bolt_apply_transforms(text->select, &operands[i], path);
		add_order_expression(text, operands[i].sql, operands[i].aggregate || operands[i].window, term,
							 reverse);
	}
}

static void
add_terms(SelectText *text, const Model *model, int alias, List *terms, bool reverse)
{
	ListCell *lc;

	check_stack_depth();
	foreach(lc, terms)
		add_term(text, model, alias, lfirst(lc), reverse);
}

/* The order of a page of rows that are no objects: their primary key would be a column more to group or to be distinct by. */
static void
add_order_of_values(SelectText *text, int alias, List *terms)
{
	ListCell *lc;

	foreach(lc, terms)
		add_term(text, text->model, alias, bolt_make_order_term(((PathTerm *) lfirst(lc))->path, NULL),
				 text->queryset->reverse);
}

/* What page(), first() and last() do to a queryset without an order. */
static void
add_implied_order(SelectText *text, int alias)
{
	const QuerySet *queryset = text->queryset;
	bool values = queryset->page_order &&
		(text->select->grouped || (queryset->distinct && bolt_rows_are_values(queryset)));

	if (!queryset->page_order && (queryset->limit != NULL || queryset->offset != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot reorder a query once a slice has been taken"),
				 bolt_errdetail_at(queryset->source), errhint("Give the queryset an order_by.")));
	if (text->select->grouped && !queryset->page_order)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot use first() or last() on an unordered queryset performing aggregation"),
				 bolt_errdetail_at(queryset->source), errhint("Give the queryset an order_by.")));
	add_order_of_values(text, alias, values ? bolt_values_terms(text) : queryset->distinct_on);
	if (!values && text->model->nprimary_key > 0)
		add_term(text, text->model, alias, bolt_make_order_term(PRIMARY_KEY_PATH, NULL), queryset->reverse);
}

/* The queryset's order, else its model's. */
void
bolt_add_order(SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	bool ordered = queryset != NULL && queryset->ordered;
	/* what is combined may lack the columns of the model's own order; nor has Django one there */
	bool unordered = text->select->grouped || (queryset != NULL && queryset->combined != NIL);
	int alias = bolt_base_alias(text->select);

	add_terms(text, text->model, alias,
			  ordered		? queryset->order_by :
				  unordered ? NIL :
							  default_order(text->model),
			  queryset != NULL && queryset->reverse);
	if (text->order == NIL && queryset != NULL && (queryset->order_by_pk || queryset->page_order))
		add_implied_order(text, alias);
}

/* ORDER BY of a window or an aggregate */
void
bolt_append_order_terms(StringInfo sql, Select *select, List *terms)
{
	SelectText text = {.select = select, .model = select->model};

	add_terms(&text, text.model, select->origin, terms, false);
	bolt_append_order(sql, &text);
}

static PathTerm *
make_term(const char *path)
{
	PathTerm *term = palloc0(sizeof(PathTerm));

	term->path = path;
	return term;
}

/* What values() names; without names, all fields and annotations. */
List *
bolt_values_terms(SelectText *text)
{
	List *terms = NIL;
	ListCell *lc;

	if (text->queryset->values != NIL)
		return text->queryset->values;
	for (int i = 0; i < text->model->nfields; i++)
		terms = lappend(terms, make_term(text->model->fields[i].name));
	foreach(lc, text->select->annotations)
	{
		if (!((Annotation *) lfirst(lc))->alias)
			terms = lappend(terms, make_term(((Annotation *) lfirst(lc))->name));
	}
	return terms;
}

/* dates(): one expression orders, and is not null */
void
bolt_order_by_dates(SelectText *text, const Operand *operand)
{
	OrderTerm term = {.descending = text->queryset->dates_descending};

	add_order_expression(text, operand->sql, false, &term, false);
	appendStringInfo(&text->where, "%s(%s) IS NOT NULL", text->where.len > 0 ? " AND " : "", operand->sql);
}

/* What a window over groups is partitioned and ordered by has to be grouped by, too. */
static void
group_by_window(SelectText *text, const Expression *expression)
{
	SelectText window = {.select = text->select, .model = text->model};
	ListCell *lc;

	if (expression->kind != EXPRESSION_WINDOW)
		return;
	foreach(lc, expression->partition_by)
	{
		Operand operand;

		bolt_expression(text->select, text->select->origin, lfirst(lc), &operand);
		if (!operand.aggregate && !operand.window)
			text->groups = lappend(text->groups, unconstify(char *, operand.sql));
	}
	add_terms(&window, text->model, text->select->origin, expression->order_by, false);
	foreach(lc, window.order)
	{
		if (!((OrderExpression *) lfirst(lc))->aggregate)
			text->groups = lappend(text->groups, ((OrderExpression *) lfirst(lc))->text);
	}
}

/* GROUP BY the columns of values(), annotations that are no aggregates included */
void
bolt_group_by_values(SelectText *text)
{
	int alias = bolt_base_alias(text->select);
	ListCell *lc;

	if (!text->select->grouped)
		return;
	foreach(lc, text->queryset->groups != NIL ? text->queryset->groups : bolt_values_terms(text))
	{
		const PathTerm *term = lfirst(lc);
		FieldPath *path = bolt_parse_select_path(text->select, term->path, term->value);
		Operand operands[INDEX_MAX_KEYS];
		int noperands = bolt_path_operands(text->select, alias, path, 0, operands);

		for (int i = 0; i < noperands; i++)
		{
			bolt_apply_transforms(text->select, &operands[i], path);
			if (!operands[i].aggregate && !operands[i].window)
				text->groups = lappend(text->groups, unconstify(char *, operands[i].sql));
		}
		if (path->annotation != NULL && path->annotation->expression != NULL)
			group_by_window(text, path->annotation->expression);
	}

	/* what orders the groups has to be one of them */
	foreach(lc, text->order)
	{
		OrderExpression *order = lfirst(lc);

		if (!order->aggregate)
			text->groups = lappend(text->groups, order->text);
	}
	bolt_limit_columns(list_length(text->groups));
	if (text->groups == NIL)
		text->groups = list_make1("()");
}

void
bolt_append_order(StringInfo sql, const SelectText *text)
{
	ListCell *lc;

	foreach(lc, text->order)
	{
		const OrderExpression *order = lfirst(lc);

		appendStringInfo(sql, "%s%s%s", foreach_current_index(lc) > 0 ? ", " : " ORDER BY ", order->text,
						 order->descending ? " DESC" : "");
		if (order->nulls != NULLS_DEFAULT_ORDER)
			appendStringInfoString(sql, order->nulls == NULLS_FIRST_ORDER ? " NULLS FIRST" : " NULLS LAST");
		bolt_limit_sql(sql->len);
	}
}

/* ----------
 * LIMIT and OFFSET
 * ----------
 */
static int
add_bound(SelectText *text, const JsonValue *literal)
{
	Statement *statement = text->select->statement;

	bolt_add_param(statement, INT8OID, bolt_bind_bigint, literal)->estimate = true;
	return list_length(statement->params);
}

void
bolt_append_slice(StringInfo sql, SelectText *text)
{
	const QuerySet *queryset = text->queryset;

	if (queryset == NULL)
		return;
	if (queryset->limit != NULL && queryset->constant_limit > 0)
		appendStringInfo(sql, " LIMIT LEAST($%d, %d)", add_bound(text, queryset->limit),
						 queryset->constant_limit);
	else if (queryset->limit != NULL)
		appendStringInfo(sql, " LIMIT $%d", add_bound(text, queryset->limit));
	else if (queryset->constant_limit > 0)
		appendStringInfo(sql, " LIMIT %d", queryset->constant_limit);
	if (queryset->offset != NULL)
		appendStringInfo(sql, " OFFSET $%d", add_bound(text, queryset->offset));
}

/* A slice of numbered rows: number > offset AND number - offset <= limit */
void
bolt_append_number_slice(StringInfo sql, SelectText *text, const char *number)
{
	const QuerySet *queryset = text->queryset;
	int offset = queryset->offset != NULL ? add_bound(text, queryset->offset) : 0;
	int limit = queryset->limit != NULL ? add_bound(text, queryset->limit) : 0;

	if (offset > 0)
		appendStringInfo(sql, "%s OPERATOR(pg_catalog.>) $%d", number, offset);
	if (offset > 0 && limit > 0)
		appendStringInfo(sql, " AND (%s OPERATOR(pg_catalog.-) $%d) OPERATOR(pg_catalog.<=) $%d", number,
						 offset, limit);
	else if (limit > 0)
		appendStringInfo(sql, "%s OPERATOR(pg_catalog.<=) $%d", number, limit);
}
