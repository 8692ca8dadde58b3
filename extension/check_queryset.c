/*-------------------------------------------------------------------------
 *
 * check_queryset.c
 *	  A document's querysets as the rules of bolt.check look at them: which
 *	  conditions, which order, which relations, and whether an index finds the
 *	  rows.
 *
 * The document has been compiled before, so that every path in it leads
 * somewhere.  Querysets inside expressions (Subquery, Exists) are left out:
 * whether PostgreSQL runs them once or once a row is not ours to say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "check.h"
#include "miscadmin.h"

static void follow_expression(CheckedQueryset *checked, const Expression *expression);
static void follow_q(CheckedQueryset *checked, const Q *q);

/* ----------
 * Relations that paths follow
 * ----------
 */
static void
follow_path(CheckedQueryset *checked, const char *text, const JsonValue *value)
{
	const FieldPath *path = bolt_parse_select_path(checked->text.select, text, value);
	ListCell *lc;

	foreach(lc, path->relations)
	{
		const ModelRelation *relation = lfirst(lc);
		FollowedRelation *followed;

		/* author: its columns are here as well */
		if (relation == path->relation && relation_is_forward(relation))
			continue;
		followed = palloc(sizeof(FollowedRelation));
		followed->path = text;
		followed->relation = relation;
		checked->followed = lappend(checked->followed, followed);
	}
}

static void
follow_order(CheckedQueryset *checked, List *terms)
{
	ListCell *lc;

	foreach(lc, terms)
	{
		const OrderTerm *term = lfirst(lc);

		if (term->expression != NULL)
			follow_expression(checked, term->expression);
		else if (!term->random)
			follow_path(checked, term->path, term->value);
	}
}

static void
follow_expressions(CheckedQueryset *checked, List *expressions)
{
	ListCell *lc;

	foreach(lc, expressions)
		follow_expression(checked, lfirst(lc));
}

static void
follow_expression(CheckedQueryset *checked, const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_F)
		follow_path(checked, expression->path, expression->value);
	follow_expressions(checked, expression->operands);
	follow_expressions(checked, expression->partition_by);
	foreach(lc, expression->whens)
		follow_q(checked, lfirst(lc));
	if (expression->otherwise != NULL)
		follow_expression(checked, expression->otherwise);
	if (expression->filter != NULL)
		follow_q(checked, expression->filter);
	follow_order(checked, expression->order_by);
}

static void
follow_q(CheckedQueryset *checked, const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->path != NULL)
		follow_path(checked, q->path, q->value);
	if (q->expression != NULL)
		follow_expression(checked, q->expression);
	foreach(lc, q->members)
		follow_q(checked, lfirst(lc));
}

static void
follow_paths(CheckedQueryset *checked, List *terms)
{
	ListCell *lc;

	foreach(lc, terms)
		follow_path(checked, ((PathTerm *) lfirst(lc))->path, ((PathTerm *) lfirst(lc))->value);
}

static void
follow_queryset(CheckedQueryset *checked)
{
	const QuerySet *queryset = checked->queryset;
	ListCell *lc;

	foreach(lc, queryset->calls)
	{
		const QueryCall *call = lfirst(lc);

		if (call->filter != NULL)
			follow_q(checked, call->filter->q);
		else if (call->annotate != NULL)
			follow_expression(checked, call->annotate->expression);
	}
	follow_order(checked, queryset->order_by);
	follow_paths(checked, queryset->distinct_on);
	follow_paths(checked, queryset->values);
}

/* ----------
 * Conditions
 * ----------
 */
static const JoinedTable *
join_of_alias(const CheckedQueryset *checked, int alias)
{
	ListCell *lc;

	foreach(lc, checked->text.select->joins)
	{
		if (((JoinedTable *) lfirst(lc))->alias == alias)
			return lfirst(lc);
	}
	return NULL;
}

const JoinedTable *
bolt_check_base(const CheckedQueryset *checked)
{
	return linitial(checked->text.select->joins);
}

/* Has an expression another value for each row? */
static bool
names_field(const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind != EXPRESSION_VALUE && expression->kind != EXPRESSION_CALL)
		return expression->kind != EXPRESSION_SUBQUERY;
	foreach(lc, expression->operands)
	{
		if (names_field(lfirst(lc)))
			return true;
	}
	return false;
}

static void
add_condition(CheckedQueryset *checked, const Q *q, bool positive, bool required)
{
	Select *select = checked->text.select;
	FieldPath *path = bolt_parse_select_path(select, q->path, q->value);
	Column columns[INDEX_MAX_KEYS];
	Operand operand = {0};
	CheckedCondition *condition;

	if (path->annotation != NULL)
		return;
	condition = palloc0(sizeof(CheckedCondition));
	condition->q = q;
	condition->path = path;
	condition->positive = positive;
	condition->required = required;
	condition->constant = q->expression == NULL || !names_field(q->expression);
	condition->nfields = path->nfields;
	bolt_path_columns(select, bolt_base_alias(select), path, 0, columns);
	condition->table = join_of_alias(checked, columns[0].alias);
	for (int i = 0; i < path->nfields; i++)
		condition->fields[i] = columns[i].field;
	operand.sql = bolt_column_text(columns[0].alias, columns[0].field);
	operand.type = columns[0].field->type;
	operand.display = bolt_field_display(path->model, path->fields[0]);
	bolt_lookup_need(select, path, &operand, q, &condition->need);
	checked->conditions = lappend(checked->conditions, condition);
}

static void
add_conditions(CheckedQueryset *checked, const Q *q, bool positive, bool required)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION && q->path != NULL)
		add_condition(checked, q, positive, required);
	positive &= q->kind != Q_NOT && q->kind != Q_XOR;
	required &= q->kind == Q_AND;
	foreach(lc, q->members)
		add_conditions(checked, lfirst(lc), positive, required);
}

/* ----------
 * Does an index find the rows?
 * ----------
 */
static bool is_served(const CheckedQueryset *checked, const Q *q);

/* What the filters say of every row of a table, and a prefetch of its key. */
KnownColumns
bolt_check_known_columns(const CheckedQueryset *checked, const JoinedTable *table)
{
	KnownColumns known = {NULL, NULL};
	const ModelRelation *relation = checked->branch->relation;
	ListCell *lc;

	foreach(lc, checked->conditions)
	{
		const CheckedCondition *condition = lfirst(lc);
		bool equal = condition->need.opname != NULL && strcmp(condition->need.opname, "=") == 0 &&
			!condition->need.text && !condition->need.transformed && condition->constant;

		if (condition->table != table || !condition->required)
			continue;
		for (int i = 0; i < condition->nfields; i++)
		{
			known.named = bms_add_member(known.named, condition->fields[i]->attnum);
			if (equal)
				known.equal = bms_add_member(known.equal, condition->fields[i]->attnum);
		}
	}
	if (relation != NULL && relation->kind != RELATION_MANY_TO_MANY && table == bolt_check_base(checked))
	{
		for (int i = 0; i < relation->nfields; i++)
		{
			known.named = bms_add_member(known.named, relation->target_fields[i]);
			known.equal = bms_add_member(known.equal, relation->target_fields[i]);
		}
	}
	return known;
}

/*
 * From the rows of a joined table to those of the base: the first join on the
 * way that no index serves in that direction, or NULL.
 */
const JoinedTable *
bolt_check_unindexed_join(const CheckedQueryset *checked, const JoinedTable *table)
{
	for (; table != NULL && table->parent >= 0; table = join_of_alias(checked, table->parent))
	{
		if (!bolt_check_key_indexed(table->near_model, table->nfields, table->near_fields))
			return table;
	}
	return NULL;
}

/* Does an index of its own table serve the condition? */
bool
bolt_check_condition_indexed(const CheckedQueryset *checked, const CheckedCondition *condition)
{
	KnownColumns known;
	AttrNumber columns[INDEX_MAX_KEYS];

	if (!condition->constant)
		return false;
	if (condition->nfields > 1)
	{
		for (int i = 0; i < condition->nfields; i++)
			columns[i] = condition->fields[i]->attnum;
		return bolt_check_key_indexed(condition->table->model, condition->nfields, columns);
	}
	known = bolt_check_known_columns(checked, condition->table);
	for (int i = 0; i < condition->nfields; i++)
		known.named = bms_add_member(known.named, condition->fields[i]->attnum);
	return bolt_check_lookup_indexed(condition->table->model, condition->fields[0], &condition->need, &known);
}

static const CheckedCondition *
condition_of(const CheckedQueryset *checked, const Q *q)
{
	ListCell *lc;

	foreach(lc, checked->conditions)
	{
		if (((CheckedCondition *) lfirst(lc))->q == q)
			return lfirst(lc);
	}
	return NULL;
}

/* The table that all conditions of a Q are on, or NULL */
static const JoinedTable *
common_table(const CheckedQueryset *checked, const Q *q)
{
	const CheckedCondition *condition;
	const JoinedTable *table = NULL;
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
	{
		condition = condition_of(checked, q);
		return condition != NULL ? condition->table : NULL;
	}
	foreach(lc, q->members)
	{
		const JoinedTable *other = common_table(checked, lfirst(lc));

		if (other == NULL || (table != NULL && other != table))
			return NULL;
		table = other;
	}
	return table;
}

static bool
all_served(const CheckedQueryset *checked, List *members)
{
	ListCell *lc;

	foreach(lc, members)
	{
		if (!is_served(checked, lfirst(lc)))
			return false;
	}
	return members != NIL;
}

/*
 * One member of an AND is enough.  Of an OR each is needed, and all on the same
 * table: indexes of several are not brought together.
 */
static bool
is_served(const CheckedQueryset *checked, const Q *q)
{
	const CheckedCondition *condition;
	bool served = false;
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	switch (q->kind)
	{
		case Q_CONDITION:
			condition = condition_of(checked, q);
			return condition != NULL && bolt_check_condition_indexed(checked, condition) &&
				bolt_check_unindexed_join(checked, condition->table) == NULL;
		case Q_AND:
			foreach(lc, q->members)
				served |= is_served(checked, lfirst(lc));
			return served;
		case Q_OR:
			return all_served(checked, q->members) && common_table(checked, q) != NULL;
		default:
			return false;
	}
}

static bool
has_split_or(const CheckedQueryset *checked, const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_OR)
		return common_table(checked, q) == NULL && all_served(checked, q->members);
	foreach(lc, q->kind == Q_AND ? q->members : NIL)
	{
		if (has_split_or(checked, lfirst(lc)))
			return true;
	}
	return false;
}

/* Has it an OR that indexes would serve if its conditions were on one table? */
bool
bolt_check_or_across_tables(const CheckedQueryset *checked)
{
	ListCell *lc;

	foreach(lc, checked->queryset->calls)
	{
		const FilterCall *filter = ((QueryCall *) lfirst(lc))->filter;

		if (filter != NULL && !filter->exclude && has_split_or(checked, filter->q))
			return true;
	}
	return false;
}

/* ----------
 * Querysets
 * ----------
 */
static CheckedQueryset *
read_queryset(const Branch *branch, const char *path)
{
	CheckedQueryset *checked = palloc0(sizeof(CheckedQueryset));
	Statement *statement = palloc0(sizeof(Statement));
	ListCell *lc;

	checked->branch = branch;
	checked->path = path;
	checked->model = branch->model;
	checked->queryset = branch->queryset;
	checked->root = branch->relation == NULL;
	checked->to_many = !checked->root && !relation_is_to_one(branch->relation);
	statement->context = CurrentMemoryContext;
	bolt_begin_select_text(&checked->text, statement, branch->model, branch->queryset);
	if (checked->root || checked->to_many)
		bolt_add_order(&checked->text);
	if (checked->queryset == NULL)
		return checked;

	follow_queryset(checked);
	foreach(lc, checked->queryset->calls)
	{
		const FilterCall *filter = ((QueryCall *) lfirst(lc))->filter;

		if (filter != NULL)
			add_conditions(checked, filter->q, !filter->exclude, !filter->exclude);
	}
	foreach(lc, checked->queryset->calls)
	{
		const FilterCall *filter = ((QueryCall *) lfirst(lc))->filter;

		if (filter != NULL && !filter->exclude)
			checked->served |= is_served(checked, filter->q);
	}
	return checked;
}

static void
read_branch(List **querysets, const Branch *branch, const char *path)
{
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (branch->queryset != NULL && branch->queryset->none)
		return;
	*querysets = lappend(*querysets, read_queryset(branch, path));
	foreach(lc, branch->branches)
	{
		const Branch *child = lfirst(lc);

		read_branch(querysets, child, path[0] == '\0' ? child->name : psprintf("%s__%s", path, child->name));
	}
}

/*
 * The querysets of a document that has been compiled, parents first.  Models are
 * pinned as long as the result is in use.
 */
List *
bolt_check_querysets(const Document *document, double expected_rows)
{
	const QuerySet *queryset = document->queryset;
	const Model *model = bolt_model_by_name(queryset->model->text, queryset->model);
	List *querysets = NIL;
	Branch *root;

	if (queryset->values_kind == VALUES_NONE)
		root = bolt_branch_tree(model, queryset);
	else
	{
		root = palloc0(sizeof(Branch));
		root->model = model;
		root->queryset = queryset;
	}
	read_branch(&querysets, root, "");
	if (querysets != NIL)
		((CheckedQueryset *) linitial(querysets))->expected_rows = expected_rows;
	return querysets;
}
