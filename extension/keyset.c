/*-------------------------------------------------------------------------
 *
 * keyset.c
 *	  The statement of a page by cursor: the rows behind a place in the order.
 *
 * The order is made total: the primary key follows it, in the direction of its
 * last term, so that one index can serve both.  The place is a value for each
 * term, and the rows behind it are those that
 *
 *	  ROW(a, b) > ROW($1, $2)						one direction, no nulls behind
 *	  a >= $1 AND (a > $1 OR (a = $1 AND b < $2))	else
 *
 * where the first part of the second form is there for an index; it covers as
 * many of the first terms as the first form could.  Whether a value of the place
 * is null is part of a document's shape, so that each statement knows it.
 *
 * What orders the rows is found out by PostgreSQL, from the statement as it were
 * without a cursor: types, and which columns are never null.  A page of rows that
 * are not those of the tables (groups, DISTINCT ON, windows) is taken from that
 * statement as a subquery.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "common/hashfn.h"
#include "compat.h"
#include "compile.h"
#include "error.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parsetree.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"

/* A term of the order, as the page is read: from the place on. */
typedef struct KeysetTerm
{
	const char *sql;
	Oid type; /* in which it is compared */
	bool descending;
	bool nulls_first;
	bool nullable;
	bool place_is_null;
	int param; /* the place's value, where it is not null */
} KeysetTerm;

typedef struct KeysetTerms
{
	int n;
	KeysetTerm *terms;
	bool inclusive;
} KeysetTerms;

/* ----------
 * The order
 * ----------
 */

/* The condition has a level for each term; PostgreSQL's parser has no room for very many. */
#define MAX_TERMS 200

/* Is a row known by the values that it consists of, not by a primary key? */
bool
bolt_rows_are_values(const QuerySet *queryset)
{
	return queryset->values_kind != VALUES_NONE && queryset->values != NIL &&
		(queryset->group_by_values || (queryset->distinct && queryset->distinct_on == NIL));
}

static void
refuse_random(const JsonValue *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("Cannot page by cursor in a random order"),
			 bolt_errdetail_at(value), errhint("Order by what stays the same from one page to the next.")));
}

/* Adds the columns that a path ends at, in the direction of what is there. */
static void
add_path(SelectText *text, const FieldPath *path, bool descending)
{
	Operand operands[INDEX_MAX_KEYS];
	int noperands = bolt_path_operands(text->select, bolt_base_alias(text->select), path, 0, operands);

	for (int i = 0; i < noperands; i++)
	{
		OrderExpression *order = palloc0(sizeof(OrderExpression));

		bolt_apply_transforms(text->select, &operands[i], path);
		order->text = pstrdup(operands[i].sql);
		order->aggregate = operands[i].aggregate || operands[i].window;
		order->descending = descending;
		bolt_limit_columns(list_length(text->order) + 1);
		text->order = lappend(text->order, order);
	}
}

static void
add_paths(SelectText *text, List *terms, bool descending)
{
	ListCell *lc;

	foreach(lc, terms)
	{
		const PathTerm *term = lfirst(lc);

		add_path(text, bolt_parse_select_path(text->select, term->path, term->value), descending);
	}
}

/* What has been ordered by orders nothing any more. */
static List *
without_repetitions(List *order)
{
	List *rest = NIL;
	ListCell *lc;

	foreach(lc, order)
	{
		ListCell *before;
		bool repeated = false;

		CHECK_FOR_INTERRUPTS();
		foreach(before, rest)
			repeated |= strcmp(((OrderExpression *) lfirst(before))->text,
							   ((OrderExpression *) lfirst(lc))->text) == 0;
		if (!repeated)
			rest = lappend(rest, lfirst(lc));
	}
	return rest;
}

/* The primary key is to make the order total. */
static void
refuse_inherited(const SelectText *text)
{
	if (text->model->inherited)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("Cannot page by cursor over \"%s\", from which other tables inherit", text->model->name),
			 errdetail("Its rows and those of the inheriting tables may have the same primary keys."),
			 errhint("Use bolt.page.")));
}

/*
 * Adds to the order what makes it total.
 * Errors: 0A000 for a random order and for inherited tables, 42703 where there is no
 * primary key.
 */
void
bolt_add_keyset_order(SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	bool descending =
		text->order == NIL ? queryset->reverse : ((OrderExpression *) llast(text->order))->descending;
	ListCell *lc;

	foreach(lc, queryset->order_by)
	{
		const OrderTerm *term = lfirst(lc);

		if (term->random)
			refuse_random(term->value);
	}
	add_paths(text, queryset->distinct_on, descending);
	if (bolt_rows_are_values(queryset))
		add_paths(text, queryset->values, descending);
	else
	{
		refuse_inherited(text);
		add_path(text, bolt_parse_path(text->model, PRIMARY_KEY_PATH, queryset->source), descending);
	}
	text->order = without_repetitions(text->order);
	if (list_length(text->order) > MAX_TERMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot page by cursor in an order of more than %d terms", MAX_TERMS)));
}

/* An object must not have several rows: a cursor could not tell them apart. */
static void
refuse_to_many(const SelectText *text)
{
	ListCell *lc;

	if (bolt_rows_are_values(text->queryset))
		return;
	foreach(lc, text->select->joins)
	{
		const JoinedTable *join = lfirst(lc);

		if (join->many)
			ereport(
				ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot page by cursor over a relation that leads to many objects"),
				 errdetail("The order or the values of \"%s\" follow it to \"%s\".", text->model->name,
						   join->model->name),
				 errhint(
					 "Order by an aggregate of the relation, and fetch its objects with prefetch_related.")));
	}
}

/* ----------
 * What PostgreSQL says of it
 * ----------
 */
static Query *
analyze(const Statement *statement, const char *sql)
{
	int n = list_length(statement->params);
	Oid *types = palloc0(sizeof(Oid) * Max(n, 1));
	ListCell *lc;

	foreach(lc, statement->params)
		types[foreach_current_index(lc)] = ((StatementParam *) lfirst(lc))->type;
	return parse_analyze_varparams(linitial_node(RawStmt, pg_parse_query(sql)), sql, &types, &n, NULL);
}

/* An output column as an expression over tables, and the query that has them. */
static Node *
output_expression(const Query **query, int column)
{
	Node *expression;

	for (;;)
	{
		const TargetEntry *entry = list_nth((*query)->targetList, column - 1);
		const RangeTblEntry *table;

		expression = bolt_ungrouped_expression(unconstify(Query *, *query), (Node *) entry->expr);
		if (!IsA(expression, Var) || ((const Var *) expression)->varlevelsup > 0)
			return expression;
		table = rt_fetch(((const Var *) expression)->varno, (*query)->rtable);
		if (table->rtekind != RTE_SUBQUERY)
			return expression;
		*query = table->subquery;
		column = ((const Var *) expression)->varattno;
	}
}

/* A NOT NULL column of the model's own table, which no outer join makes null */
static bool
is_never_null(const SelectText *text, const Query *query, const Node *expression)
{
	const Var *column = (const Var *) expression;

	return IsA(expression, Var) && column->varno == 1 && column->varlevelsup == 0 && column->varattno > 0 &&
		rt_fetch(1, query->rtable)->relid == text->model->oid &&
		bolt_model_field_by_attnum(text->model, column->varattno)->not_null;
}

/* Names what a term is, but for what the document itself says of it. */
static void
describe_term(StringInfo description, const Query *query, const Node *expression, const KeysetTerm *term)
{
	appendStringInfoString(description, term->descending ? "," : ",-");
	appendStringInfoString(description, term->nulls_first ? "" : "?");
	if (IsA(expression, Var) && ((const Var *) expression)->varlevelsup == 0)
		appendStringInfo(description, "%s",
						 get_rte_attribute_name(rt_fetch(((const Var *) expression)->varno, query->rtable),
												((const Var *) expression)->varattno));
	appendStringInfoString(description, "::");
	bolt_append_type(description, term->type, -1);
}

/* Fills in the terms, in the order's own direction, and what cursors hold of them. */
static void
fill_terms(KeysetTerms *terms, Keyset *keyset, const SelectText *text, const Query *query)
{
	StringInfoData description;

	initStringInfo(&description);
	appendStringInfoString(&description, bolt_model_sql_name(text->model));
	for (int i = 0; i < terms->n; i++)
	{
		const OrderExpression *order = list_nth(text->order, i);
		const Query *from = query;
		Node *expression = output_expression(&from, keyset->attnos[i]);
		KeysetTerm *term = &terms->terms[i];

		if (contain_volatile_functions(expression))
			refuse_random(NULL);
		term->sql = order->text;
		term->type = bolt_comparison_type(exprType(expression));
		term->descending = order->descending;
		term->nulls_first =
			order->nulls == NULLS_DEFAULT_ORDER ? order->descending : order->nulls == NULLS_FIRST_ORDER;
		term->nullable = !is_never_null(text, from, expression);
		/* a value's type would be found out by comparing it, not by a null test */
		if (term->type == TEXTOID && term->sql[0] == '$')
			term->sql = psprintf("(%s)::pg_catalog.text", term->sql);
		if (bolt_operator(term->type, term->type, BTLessStrategyNumber) == NULL)
			ereport(
				ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify an ordering operator for type %s", format_type_be(term->type))));
		describe_term(&description, from, expression, term);
		keyset->types[i] = term->type;
	}
	keyset->ordering = hash_bytes_extended((unsigned char *) description.data, description.len, 0);
}

/* ----------
 * The rows behind the place
 * ----------
 */
static const char *
term_operator(const KeysetTerm *term, bool inclusive)
{
	int strategy;

	if (term->descending)
		strategy = inclusive ? BTLessEqualStrategyNumber : BTLessStrategyNumber;
	else
		strategy = inclusive ? BTGreaterEqualStrategyNumber : BTGreaterStrategyNumber;
	return bolt_operator(term->type, term->type, strategy);
}

/* Can what lies behind the place be told by comparing values, without looking for nulls? */
static bool
compares_by_value(const KeysetTerm *term)
{
	return !term->place_is_null && (term->nulls_first || !term->nullable);
}

/* How many of the first terms one row comparison can do. */
static int
comparable_terms(const KeysetTerms *terms)
{
	int n = 0;

	while (n < terms->n && compares_by_value(&terms->terms[n]) &&
		   terms->terms[n].descending == terms->terms[0].descending &&
		   strcmp(term_operator(&terms->terms[n], false), term_operator(&terms->terms[0], false)) == 0 &&
		   strcmp(term_operator(&terms->terms[n], true), term_operator(&terms->terms[0], true)) == 0)
		n++;
	return n;
}

/* ROW(a, b) > ROW($1, $2), of the first n terms */
static void
append_row_comparison(StringInfo sql, const KeysetTerms *terms, int n, bool inclusive)
{
	const KeysetTerm *term = terms->terms;

	if (n == 1)
	{
		appendStringInfo(sql, "%s %s $%d", bolt_operand_text(term->sql, term->type),
						 term_operator(term, inclusive), term->param);
		return;
	}
	appendStringInfoString(sql, "ROW(");
	for (int i = 0; i < n; i++)
		appendStringInfo(sql, "%s%s", i > 0 ? ", " : "", bolt_operand_text(term[i].sql, term[i].type));
	appendStringInfo(sql, ") %s ROW(", term_operator(term, inclusive));
	for (int i = 0; i < n; i++)
		appendStringInfo(sql, "%s$%d", i > 0 ? ", " : "", term[i].param);
	appendStringInfoChar(sql, ')');
}

/* The term's value lies behind the place's. */
static void
append_behind(StringInfo sql, const KeysetTerm *term, bool inclusive)
{
	if (term->place_is_null && inclusive == term->nulls_first)
		appendStringInfoString(sql, inclusive ? "TRUE" : "FALSE");
	else if (term->place_is_null)
		bolt_append_null_test(sql, term->sql, term->type, inclusive);
	else
	{
		appendStringInfo(sql, "%s %s $%d", bolt_operand_text(term->sql, term->type),
						 term_operator(term, inclusive), term->param);
		if (!compares_by_value(term))
		{
			appendStringInfoString(sql, " OR ");
			bolt_append_null_test(sql, term->sql, term->type, true);
		}
	}
}

static void
append_equal(StringInfo sql, const KeysetTerm *term)
{
	if (term->place_is_null)
		bolt_append_null_test(sql, term->sql, term->type, true);
	else
		appendStringInfo(sql, "%s %s $%d", bolt_operand_text(term->sql, term->type),
						 bolt_operator(term->type, term->type, BTEqualStrategyNumber), term->param);
}

/* (a > $1 OR (a = $1 AND (b < $2 OR (b = $2 AND …)))) */
static void
append_terms(StringInfo sql, const KeysetTerms *terms)
{
	for (int i = 0; i < terms->n; i++)
	{
		bool last = i == terms->n - 1;

		appendStringInfoChar(sql, '(');
		append_behind(sql, &terms->terms[i], last && terms->inclusive);
		if (last)
			break;
		appendStringInfoString(sql, " OR (");
		append_equal(sql, &terms->terms[i]);
		appendStringInfoString(sql, " AND ");
	}
	for (int i = 0; i < terms->n; i++)
		appendStringInfoString(sql, i == 0 ? ")" : "))");
}

/*
 * Joins the parameters to the terms, and the terms to a condition.
 * Error: 22023 where the cursor has not one value a term.
 */
static char *
behind_place(KeysetTerms *terms, const KeysetPage *page, Statement *statement)
{
	StringInfoData sql;
	int comparable;

	if (list_length(page->values) != terms->n)
		bolt_invalid_cursor();
	for (int i = 0; i < terms->n; i++)
	{
		const JsonValue *value = list_nth(page->values, i);
		KeysetTerm *term = &terms->terms[i];

		term->place_is_null = value->kind == JSON_NULL;
		if (!term->place_is_null)
			term->param = bolt_add_value(statement, term->type, -1, bolt_bind_text, value, "cursor");
	}
	initStringInfo(&sql);
	terms->inclusive = page->inclusive;
	comparable = comparable_terms(terms);
	if (comparable > 0)
		append_row_comparison(&sql, terms, comparable, comparable < terms->n || terms->inclusive);
	if (comparable < terms->n)
	{
		appendStringInfoString(&sql, comparable > 0 ? " AND " : "");
		append_terms(&sql, terms);
	}
	return sql.data;
}

/* ----------
 * The statement
 * ----------
 */

/* The order and the terms once more, as columns of the subquery s. */
static List *
name_outputs(KeysetTerms *terms, const Keyset *keyset, List *order)
{
	List *named = NIL;

	for (int i = 0; i < terms->n; i++)
	{
		OrderExpression *expression = palloc(sizeof(OrderExpression));

		*expression = *(OrderExpression *) list_nth(order, i);
		expression->text = psprintf("s.c%d", keyset->attnos[i]);
		terms->terms[i].sql = expression->text;
		named = lappend(named, expression);
	}
	return named;
}

static void
reverse_terms(KeysetTerms *terms, List *order)
{
	for (int i = 0; i < terms->n; i++)
	{
		terms->terms[i].descending = !terms->terms[i].descending;
		terms->terms[i].nulls_first = !terms->terms[i].nulls_first;
	}
	bolt_reverse_order(order);
}

/*
 * SELECT … WHERE behind the place ORDER BY …, and the node's keyset.
 * Errors: 0A000 for orders and values that no cursor can hold.
 */
void
bolt_append_keyset_select(StringInfo sql, Compiler *compiler, FetchNode *node, SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	Keyset *keyset = node->keyset = bolt_graph_alloc(compiler, sizeof(Keyset));
	KeysetTerms terms = {.n = list_length(text->order)};
	SelectText outer = {.order = text->order};
	StringInfoData whole;
	Query *query;
	char *condition = NULL;
	bool wrapped;

	refuse_to_many(text);
	keyset->nkeys = terms.n;
	keyset->attnos = bolt_graph_alloc(compiler, sizeof(AttrNumber) * Max(terms.n, 1));
	keyset->types = bolt_graph_alloc(compiler, sizeof(Oid) * Max(terms.n, 1));
	terms.terms = palloc0(sizeof(KeysetTerm) * Max(terms.n, 1));
	for (int i = 0; i < terms.n; i++)
		keyset->attnos[i] = bolt_add_output(text, ((OrderExpression *) list_nth(text->order, i))->text);

	initStringInfo(&whole);
	bolt_append_select(&whole, text, NULL, NULL, NULL, true);
	if (queryset->distinct_on != NIL)
		bolt_append_order(&whole, text);
	query = analyze(text->select->statement, whole.data);
	fill_terms(&terms, keyset, text, query);

	wrapped = text->select->grouped || queryset->distinct_on != NIL || query->hasWindowFuncs ||
		text->around.len > 0;
	if (wrapped)
		outer.order = name_outputs(&terms, keyset, text->order);
	if (queryset->keyset->backward)
		reverse_terms(&terms, outer.order);
	if (queryset->keyset->from_cursor)
		condition = behind_place(&terms, queryset->keyset, text->select->statement);
	if (wrapped)
	{
		appendStringInfoString(sql, "SELECT ");
		bolt_append_names(sql, "s.c", list_length(text->outputs));
		appendStringInfo(sql, " FROM (%s) AS s", whole.data);
		if (condition != NULL)
			appendStringInfo(sql, " WHERE %s", condition);
	}
	else
		bolt_append_select(sql, text, NULL, NULL, condition, false);
	bolt_append_order(sql, &outer);
}
