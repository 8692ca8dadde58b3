/*-------------------------------------------------------------------------
 *
 * condition.c
 *	  Q to WHERE.
 *
 * A condition on a path through to-many relations joins them, so that a root
 * row appears once for each row that meets it, as in Django.  Under a negation
 * it becomes EXISTS instead, and the conditions of one AND that begin with the
 * same to-many relation speak of the same row.
 *
 * Where each object is to come once (by_exists), a call's conditions still speak
 * of one joined row, however they are nested: where they meet in one AND over one
 * relation that is EXISTS as above, else an EXISTS around the joins.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "compile.h"
#include "miscadmin.h"

/* A condition together with where its path leads. */
typedef struct Condition
{
	Q *q;
	FieldPath *path;
	int to_many;  /* its first to-many hop, or -1 */
	List *tables; /* by_exists: those of q, as bolt_joined_tables finds them */
	bool done;
} Condition;

typedef struct ConditionContext
{
	Select *select;
	int alias;	  /* of the table where paths begin */
	bool negated; /* some NOT stands above */
} ConditionContext;

static void append_q(StringInfo sql, ConditionContext *context, Q *q);

static void
append_condition(StringInfo sql, Select *select, int alias, const Condition *condition, int first_hop,
				 bool two_valued)
{
	Operand operands[INDEX_MAX_KEYS];
	int length = sql->len;

	if (select->alternatives == 0)
		bolt_limit_conditions(select->statement, condition->q->value);
	else
		bolt_limit_alternatives(select->statement, condition->q->value);
	bolt_path_operands(select, alias, condition->path, first_hop, operands);
	bolt_append_lookup(sql, select, condition->path, operands, condition->q, two_valued);
	bolt_wrote_sql(select->statement, sql->len - length);
}

/* Do two paths begin with the same hops, up to and with the first to-many one? */
static bool
same_relation(const Condition *a, const Condition *b)
{
	if (a->to_many != b->to_many)
		return false;
	for (int hop = 0; hop <= a->to_many; hop++)
	{
		if (list_nth(a->path->relations, hop) != list_nth(b->path->relations, hop))
			return false;
	}
	return true;
}

/* The table that the to-many hop starts at, joined by to-one relations. */
static int
alias_before(Select *select, int alias, const Condition *condition)
{
	for (int hop = 0; hop < condition->to_many; hop++)
		alias = bolt_add_join(select, alias, list_nth(condition->path->relations, hop), false)->alias;
	return alias;
}

/*
 * EXISTS (SELECT 1 FROM the to-many relation's table WHERE it belongs to this
 * row AND all the conditions of the list hold).
 */
static void
append_exists(StringInfo sql, ConditionContext *context, List *conditions)
{
	Condition *first = linitial(conditions);
	const ModelRelation *relation = list_nth(first->path->relations, first->to_many);
	int alias = alias_before(context->select, context->alias, first);
	Select *inner = bolt_begin_part(context->select);
	JoinedTable *base;
	StringInfoData where;
	ListCell *lc;

	base = bolt_add_join(inner, alias, relation, relation->kind == RELATION_MANY_TO_MANY);
	initStringInfo(&where);
	bolt_append_join_condition(&where, base);
	foreach(lc, conditions)
	{
		Condition *condition = lfirst(lc);

		condition->done = true;
		appendStringInfoString(&where, " AND ");
		append_condition(&where, inner, alias, condition, condition->to_many, false);
	}
	appendStringInfoString(sql, "EXISTS (SELECT 1 FROM ");
	bolt_append_from(sql, inner, NULL);
	appendStringInfo(sql, " WHERE %s)", where.data);
	bolt_wrote_sql(inner->statement, where.len);
}

/* NOT EXISTS (a row of the to-many relation): what isnull says of none. */
static void
append_not_exists(StringInfo sql, ConditionContext *context, Condition *condition)
{
	const ModelRelation *relation = list_nth(condition->path->relations, condition->to_many);
	int alias = alias_before(context->select, context->alias, condition);
	Select *inner = bolt_begin_part(context->select);

	bolt_add_join(inner, alias, relation, relation->kind == RELATION_MANY_TO_MANY);
	appendStringInfoString(sql, "NOT EXISTS (SELECT 1 FROM ");
	bolt_append_from(sql, inner, NULL);
	appendStringInfoString(sql, " WHERE ");
	bolt_append_join_condition(sql, linitial(inner->joins));
	appendStringInfoChar(sql, ')');
}

/*
 * The conditions of a group that begins with the same to-many relation.  Where
 * all of them are isnull, having no such row meets them as well: a join would
 * have been an outer one.
 */
static void
append_group(StringInfo sql, ConditionContext *context, List *group)
{
	bool all_isnull = true;
	bool relation_isnull = false;
	ListCell *lc;

	foreach(lc, group)
	{
		Condition *condition = lfirst(lc);
		bool isnull = bolt_path_is_isnull(condition->path, condition->q);

		all_isnull &= isnull;
		relation_isnull |= isnull && condition->path->relation != NULL &&
			condition->to_many == list_length(condition->path->relations) - 1;
	}
	if (all_isnull)
	{
		appendStringInfoChar(sql, '(');
		append_not_exists(sql, context, linitial(group));
		if (!relation_isnull)
		{
			appendStringInfoString(sql, " OR ");
			append_exists(sql, context, group);
		}
		appendStringInfoChar(sql, ')');
	}
	else
		append_exists(sql, context, group);
	foreach(lc, group)
		((Condition *) lfirst(lc))->done = true;
}

static void
append_connector(StringInfo sql, int *nterms, const char *connector)
{
	if ((*nterms)++ > 0)
		appendStringInfoString(sql, connector);
}

/* A Q without conditions, which matches everything, negated or not. */
static bool
is_empty(const Q *q)
{
	ListCell *lc;

	check_stack_depth();
	if (q->kind == Q_CONDITION)
		return false;
	foreach(lc, q->members)
	{
		if (!is_empty(lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * EXISTS (SELECT 1 FROM this very row LEFT JOIN … WHERE all of the Qs hold).
 *
 * The row is looked up by its primary key, so that PostgreSQL can join the EXISTS
 * rather than run it for each row; without a key the joins start from the row
 * outside.
 */
static void
append_same_row(StringInfo sql, ConditionContext *context, List *qs)
{
	const Model *model = context->select->model;
	Select *inner = bolt_begin_part(context->select);
	ConditionContext within = {.select = inner, .alias = context->alias};
	StringInfoData where;
	ListCell *lc;

	inner->call = context->select->call;
	initStringInfo(&where);
	if (model->primary_key_constraint)
	{
		inner->origin = within.alias = bolt_add_table(inner, model)->alias;
		for (int i = 0; i < model->nprimary_key; i++)
		{
			const Field *field = bolt_model_field_by_attnum(model, model->primary_key[i]);

			appendStringInfo(&where, "%s AND ",
							 bolt_comparison(bolt_column_text(within.alias, field), field->type,
											 bolt_column_text(context->alias, field), field->type,
											 BTEqualStrategyNumber));
			bolt_refer_to(inner->statement, context->alias);
		}
	}
	else
		bolt_add_no_table(inner);
	foreach(lc, qs)
	{
		appendStringInfoString(&where, foreach_current_index(lc) > 0 ? " AND " : "");
		append_q(&where, &within, lfirst(lc));
	}
	appendStringInfoString(sql, "EXISTS (SELECT 1 FROM ");
	bolt_append_from(sql, inner, NULL);
	appendStringInfo(sql, " WHERE %s)", where.data);
	bolt_wrote_sql(inner->statement, where.len);
}

/* Members that are themselves ANDs, member by member */
static List *
flat_members(List *members)
{
	List *flat = NIL;
	ListCell *lc;

	check_stack_depth();
	foreach(lc, members)
	{
		Q *q = lfirst(lc);

		flat = q->kind == Q_AND ? list_concat(flat, flat_members(q->members)) : lappend(flat, q);
	}
	return flat;
}

static bool
share_table(List *tables, List *others)
{
	ListCell *lc;

	foreach(lc, tables)
	{
		if (list_member_oid(others, lfirst_oid(lc)))
			return true;
	}
	return false;
}

/*
 * The members of an AND that join the tables of the first of them, or those of
 * another one that does.  They are done then.
 */
static List *
take_connected(Condition *conditions, int n, int first)
{
	List *connected = list_make1(&conditions[first]);
	List *tables = list_copy(conditions[first].tables);
	int ntables;

	conditions[first].done = true;
	do
	{
		ntables = list_length(tables);
		for (int i = first + 1; i < n; i++)
		{
			if (conditions[i].done || !share_table(conditions[i].tables, tables))
				continue;
			conditions[i].done = true;
			connected = lappend(connected, &conditions[i]);
			tables = list_concat_unique_oid(tables, conditions[i].tables);
		}
	} while (list_length(tables) > ntables);
	return connected;
}

/* Is it all said by EXISTS over the one relation that the conditions begin with? */
static bool
is_group(List *conditions)
{
	ListCell *lc;

	foreach(lc, conditions)
	{
		const Condition *condition = lfirst(lc);

		if (condition->path == NULL || condition->to_many < 0 ||
			!same_relation(linitial(conditions), condition))
			return false;
	}
	return true;
}

/* The conditions of an AND that are connected with the first of them. */
static void
append_connected(StringInfo sql, ConditionContext *context, Condition *conditions, int n, int first)
{
	List *connected = take_connected(conditions, n, first);
	List *qs = NIL;
	ListCell *lc;

	foreach(lc, connected)
		qs = lappend(qs, ((Condition *) lfirst(lc))->q);
	if (is_group(connected))
		append_group(sql, context, connected);
	else if (list_length(connected) == 1 && conditions[first].path == NULL)
		append_q(sql, context, conditions[first].q);
	else
		append_same_row(sql, context, qs);
}

/* AND, OR: each member in turn; under a negation grouped by to-many relation */
static void
append_joined(StringInfo sql, ConditionContext *context, List *members, QKind kind)
{
	bool by_exists = context->select->by_exists && !context->negated;
	List *flat = by_exists && kind == Q_AND ? flat_members(members) : members;
	int n = list_length(flat);
	Condition *conditions = palloc0(sizeof(Condition) * Max(n, 1));
	const char *connector = kind == Q_AND ? " AND " : " OR ";
	int nterms = 0;

	for (int i = 0; i < n; i++)
	{
		Q *q = list_nth(flat, i);

		CHECK_FOR_INTERRUPTS();
		conditions[i].q = q;
		conditions[i].to_many = -1;
		if (by_exists)
			conditions[i].tables = bolt_joined_tables(context->select, q);
		if (q->kind != Q_CONDITION || q->exists != NULL)
			continue;
		conditions[i].path = bolt_parse_select_path(context->select, q->path, q->value);
		if (context->negated || context->select->by_exists)
			conditions[i].to_many = bolt_first_to_many(conditions[i].path);
	}
	appendStringInfoChar(sql, '(');
	context->select->alternatives += kind == Q_OR && n > 1;
	for (int i = 0; i < n; i++)
	{
		bolt_limit_sql(sql->len);
		if (conditions[i].done || is_empty(conditions[i].q))
			continue;
		append_connector(sql, &nterms, connector);
		if (conditions[i].tables != NIL)
			append_connected(sql, context, conditions, kind == Q_AND ? n : i + 1, i);
		else if (conditions[i].path == NULL)
			append_q(sql, context, conditions[i].q);
		else if (conditions[i].to_many < 0)
			append_condition(sql, context->select, context->alias, &conditions[i], 0, context->negated);
		else
		{
			List *group = list_make1(&conditions[i]);

			for (int j = i + 1; j < n && kind == Q_AND; j++)
			{
				if (conditions[j].to_many >= 0 && same_relation(&conditions[i], &conditions[j]))
					group = lappend(group, &conditions[j]);
			}
			append_group(sql, context, group);
		}
	}
	context->select->alternatives -= kind == Q_OR && n > 1;
	appendStringInfoString(sql, nterms == 0 ? "TRUE)" : ")");
}

/* True where an odd number of the members is: Django's XOR. */
static void
append_xor(StringInfo sql, ConditionContext *context, List *members)
{
	ListCell *lc;
	int nterms = 0;

	appendStringInfoString(sql, "(((");
	context->select->alternatives++;
	foreach(lc, members)
	{
		if (is_empty(lfirst(lc)))
			continue;
		append_connector(sql, &nterms, " OPERATOR(pg_catalog.+) ");
		appendStringInfoString(sql, "CASE WHEN ");
		append_q(sql, context, lfirst(lc));
		appendStringInfoString(sql, " THEN 1 ELSE 0 END");
	}
	context->select->alternatives--;
	appendStringInfoString(sql, nterms == 0 ? "1" : "");
	appendStringInfoString(sql, ") OPERATOR(pg_catalog.%) 2) OPERATOR(pg_catalog.=) 1)");
}

static void
append_not(StringInfo sql, ConditionContext *context, Q *q)
{
	ConditionContext negated = *context;

	if (is_empty(q))
	{
		appendStringInfoString(sql, "TRUE");
		return;
	}
	negated.negated = true;
	appendStringInfoString(sql, "(NOT ");
	context->select->alternatives++;
	append_q(sql, &negated, q);
	context->select->alternatives--;
	appendStringInfoChar(sql, ')');
}

/* Has it to be asked of each joined row, though none is to be joined here? */
static bool
needs_same_row(const ConditionContext *context, const Q *q)
{
	return context->select->by_exists && !context->negated && bolt_joined_tables(context->select, q) != NIL;
}

static void
append_q(StringInfo sql, ConditionContext *context, Q *q)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (q->exists != NULL)
	{
		bolt_append_exists_queryset(sql, context->select, q->exists);
		return;
	}
	switch (q->kind)
	{
		case Q_AND:
		case Q_OR:
			append_joined(sql, context, q->members, q->kind);
			break;
		case Q_XOR:
			if (needs_same_row(context, q))
				append_same_row(sql, context, list_make1(q));
			else
				append_xor(sql, context, q->members);
			break;
		case Q_NOT:
			if (needs_same_row(context, q))
				append_same_row(sql, context, list_make1(q));
			else
				append_not(sql, context, linitial(q->members));
			break;
		case Q_CONDITION:
			append_joined(sql, context, list_make1(q), Q_AND);
			break;
	}
}

/*
 * One call of filter() or exclude(), in parentheses.  It shares its to-many joins
 * with itself alone.  Returns false, and appends nothing, where it is empty.
 */
bool
bolt_append_filter(StringInfo sql, Select *select, const FilterCall *filter, int call)
{
	ConditionContext context = {.select = select, .alias = bolt_base_alias(select)};

	if (is_empty(filter->q))
		return false;
	select->call = call;
	if (filter->exclude)
	{
		Q not = {.kind = Q_NOT, .members = list_make1(filter->q)};

		append_q(sql, &context, &not );
	}
	else
		append_q(sql, &context, filter->q);
	select->call = ANY_CALL;
	return true;
}

/* A Q by itself, as in CASE WHEN or an aggregate's FILTER. */
void
bolt_append_q(StringInfo sql, Select *select, int alias, Q *q)
{
	ConditionContext context = {.select = select, .alias = alias};

	if (is_empty(q))
	{
		appendStringInfoString(sql, "TRUE");
		return;
	}
	select->alternatives++;
	append_q(sql, &context, q);
	select->alternatives--;
}
