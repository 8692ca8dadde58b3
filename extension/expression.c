/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  The SQL of expressions.
 *
 * An expression is a row of the table expressions[]: a pattern for its operands,
 * or a function that writes it.  Types are PostgreSQL's to find out; a literal
 * in an expression takes the type that its place gives it, as a parameter of a
 * statement does that a client prepares.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "error.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct ExpressionContext
{
	Select *select;
	int alias; /* of the table where paths begin */
	const Expression *expression;
	int noperands;
	Operand *operands;
} ExpressionContext;

typedef struct ExpressionRule ExpressionRule;

typedef void (*ExpressionWriter)(ExpressionContext *context, const ExpressionRule *rule, Operand *result);

struct ExpressionRule
{
	const char *name;
	ExpressionWriter write;
	const char *sql; /* an operator, a function, or a pattern */
	Oid type;		 /* of the result; InvalidOid: not known here */
};

/* ----------
 * Forms
 * ----------
 */
static void
write_operator(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	StringInfoData sql;

	initStringInfo(&sql);
	/* from the left, whatever the operator's own binding */
	for (int i = 1; i < context->noperands; i++)
		appendStringInfoChar(&sql, '(');
	for (int i = 0; i < context->noperands; i++)
	{
		if (i > 0)
			appendStringInfo(&sql, " OPERATOR(pg_catalog.%s) ", rule->sql);
		appendStringInfoString(&sql, context->operands[i].sql);
		if (i > 0)
			appendStringInfoChar(&sql, ')');
	}
	result->sql = sql.data;
}

static void
write_function(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "%s(", rule->sql);
	for (int i = 0; i < context->noperands; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", context->operands[i].sql);
	appendStringInfoChar(&sql, ')');
	result->sql = sql.data;
}

/* NULLIF would look its operator up along the search path. */
static void
write_nullif(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	const Operand *value = &context->operands[0];
	const Operand *null = &context->operands[1];

	result->sql =
		psprintf("(CASE WHEN %s THEN NULL ELSE %s END)",
				 bolt_comparison(value->sql, value->type, null->sql, null->type, BTEqualStrategyNumber),
				 value->sql);
	result->nullable = true;
}

/* Nulls count as empty, as in Django. */
static void
write_concat(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < context->noperands; i++)
		appendStringInfo(&sql, "%sCOALESCE((%s)::pg_catalog.text, '')",
						 i > 0 ? " OPERATOR(pg_catalog.||) " : "(", context->operands[i].sql);
	appendStringInfoChar(&sql, ')');
	result->sql = sql.data;
	result->nullable = false;
}

static void
write_replace(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	result->sql =
		psprintf("pg_catalog.replace(%s, %s, %s)", context->operands[0].sql, context->operands[1].sql,
				 context->noperands > 2 ? context->operands[2].sql : "''");
}

static void
write_now(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	result->sql = rule->sql;
	result->nullable = false;
}

/* The type is PostgreSQL's name for it; it must exist and is spelled anew. */
static void
write_cast(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	const Expression *expression = context->expression;
	Oid type;
	int32 typmod;
	StringInfoData sql;

	if (expression->type == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Cast needs the option \"type\""),
				 bolt_errdetail_at(expression->value)));
	bolt_parse_type(expression->type, &type, &typmod);
	initStringInfo(&sql);
	appendStringInfo(&sql, "(%s)::", context->operands[0].sql);
	bolt_append_type(&sql, type, typmod);
	result->sql = sql.data;
	result->type = type;
}

static const char *
date_kind(const Expression *expression, const char *const *kinds, int n)
{
	List *choices = NIL;

	for (int i = 0; i < n; i++)
	{
		if (expression->date_kind != NULL && strcmp(kinds[i], expression->date_kind) == 0)
			return kinds[i];
		choices = lappend(choices, unconstify(char *, kinds[i]));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 expression->date_kind == NULL ?
				 errmsg("%s needs the option \"kind\"", expression->name) :
				 errmsg("unknown kind \"%s\" of %s", expression->date_kind, expression->name),
			 bolt_errdetail_at(expression->value), bolt_errhint_choices(choices)));
}

static void
write_trunc(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	static const char *const kinds[] = {"year", "quarter", "month",	 "week",
										"day",	"hour",	   "minute", "second"};
	const Operand *operand = &context->operands[0];
	bool is_date = OidIsValid(operand->type) && getBaseType(operand->type) == DATEOID;

	result->sql = psprintf(is_date ? "pg_catalog.date_trunc('%s', %s)::pg_catalog.date" :
									 "pg_catalog.date_trunc('%s', %s)",
						   date_kind(context->expression, kinds, lengthof(kinds)), operand->sql);
	result->type = operand->type;
}

static void
write_extract(ExpressionContext *context, const ExpressionRule *rule, Operand *result)
{
	static const char *const kinds[] = {"year",			"iso_year", "quarter", "month",	 "week",  "week_day",
										"iso_week_day", "day",		"hour",	   "minute", "second"};
	Operand operand = context->operands[0];
	const char *kind = date_kind(context->expression, kinds, lengthof(kinds));

	if (!bolt_transform(context->select, &operand, kind))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("Extract of %s needs a date or time", kind),
				 bolt_errdetail_at(context->expression->value)));
	result->sql = operand.sql;
	result->type = operand.type;
}

static const ExpressionRule expressions[] = {
	{"Add", write_operator, "+"},
	{"Sub", write_operator, "-"},
	{"Mul", write_operator, "*"},
	{"Div", write_operator, "/"},
	{"Mod", write_operator, "%"},
	{"Pow", write_operator, "^"},
	{"Cast", write_cast},
	{"Coalesce", write_function, "COALESCE"},
	{"Greatest", write_function, "GREATEST"},
	{"Least", write_function, "LEAST"},
	{"NullIf", write_nullif},
	{"Lower", write_function, "pg_catalog.lower", TEXTOID},
	{"Upper", write_function, "pg_catalog.upper", TEXTOID},
	{"Length", write_function, "pg_catalog.length", INT4OID},
	{"Trim", write_function, "pg_catalog.btrim", TEXTOID},
	{"Concat", write_concat, NULL, TEXTOID},
	{"Substr", write_function, "pg_catalog.substr", TEXTOID},
	{"Left", write_function, "pg_catalog.left", TEXTOID},
	{"Right", write_function, "pg_catalog.right", TEXTOID},
	{"Replace", write_replace, NULL, TEXTOID},
	{"Round", write_function, "pg_catalog.round"},
	{"Ceil", write_function, "pg_catalog.ceil"},
	{"Floor", write_function, "pg_catalog.floor"},
	{"Abs", write_function, "pg_catalog.abs"},
	{"Now", write_now, "pg_catalog.statement_timestamp()", TIMESTAMPTZOID},
	{"Random", write_now, "pg_catalog.random()", FLOAT8OID},
	{"Trunc", write_trunc},
	{"Extract", write_extract},
};

/* Functions that stand over a window and nowhere else. */
static const ExpressionRule window_functions[] = {
	{"RowNumber", write_function, "pg_catalog.row_number", INT8OID},
	{"Rank", write_function, "pg_catalog.rank", INT8OID},
	{"DenseRank", write_function, "pg_catalog.dense_rank", INT8OID},
	{"Lag", write_function, "pg_catalog.lag"},
	{"Lead", write_function, "pg_catalog.lead"},
	{"NTile", write_function, "pg_catalog.ntile", INT4OID},
	{"FirstValue", write_function, "pg_catalog.first_value"},
	{"LastValue", write_function, "pg_catalog.last_value"},
};

static const ExpressionRule *
find_rule(const ExpressionRule *rules, int n, const char *name)
{
	for (int i = 0; i < n; i++)
	{
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	}
	return NULL;
}

/* ----------
 * Kinds
 * ----------
 */

/* A path: F("author__name"), or a string in an expression */
static void
path_operand(Select *select, int alias, const char *text, const JsonValue *value, Operand *result)
{
	FieldPath *path = bolt_parse_select_path(select, text, value);
	Operand operands[INDEX_MAX_KEYS];

	if (path->nfields > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a composite key cannot stand in an expression"), bolt_errdetail_at(value)));
	bolt_path_operands(select, alias, path, 0, operands);
	bolt_apply_transforms(select, &operands[0], path);
	*result = operands[0];
}

/* Numbers have the type of their digits; PostgreSQL finds that of texts. */
static void
value_operand(Select *select, const Expression *expression, Operand *result)
{
	const JsonValue *literal = expression->literal;
	Oid type = InvalidOid;

	if (literal->kind == JSON_TRUE || literal->kind == JSON_FALSE)
		type = BOOLOID;
	else if (literal->kind == JSON_ARRAY || literal->kind == JSON_OBJECT)
		type = JSONBOID;
	else if (literal->kind == JSON_NUMBER)
		type = strpbrk(literal->text, ".eE") ? NUMERICOID : literal->length > 9 ? INT8OID : INT4OID;
	result->sql =
		psprintf("$%d", bolt_add_value(select->statement, type, -1, bolt_bind_value, literal, "Value"));
	result->type = type;
	result->nullable = literal->kind == JSON_NULL;
}

static void
case_operand(Select *select, int alias, const Expression *expression, Operand *result)
{
	WindowsStand windows_stand = select->windows_stand;
	StringInfoData sql;
	Operand operand;
	ListCell *when;
	ListCell *then;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "(CASE");
	forboth(when, expression->whens, then, expression->operands)
	{
		appendStringInfoString(&sql, " WHEN ");
		select->windows_stand = WINDOWS_HERE;
		bolt_append_q(&sql, select, alias, lfirst(when));
		select->windows_stand = windows_stand;
		bolt_expression(select, alias, lfirst(then), &operand);
		result->aggregate |= operand.aggregate;
		result->window |= operand.window || bolt_q_over_window(select, lfirst(when));
		appendStringInfo(&sql, " THEN %s", operand.sql);
		result->type = operand.type;
	}
	if (expression->whens == NIL)
		appendStringInfoString(&sql, " WHEN FALSE THEN NULL");
	if (expression->otherwise != NULL)
	{
		bolt_expression(select, alias, expression->otherwise, &operand);
		result->aggregate |= operand.aggregate;
		result->window |= operand.window;
		appendStringInfo(&sql, " ELSE %s", operand.sql);
		if (!OidIsValid(result->type))
			result->type = operand.type;
	}
	appendStringInfoString(&sql, " END)");
	result->sql = sql.data;
	result->nullable = true;
}

/* OVER (PARTITION BY … ORDER BY … ROWS BETWEEN … AND …) */
static void
append_over(StringInfo sql, Select *select, int alias, const Expression *expression)
{
	Operand operand;
	ListCell *lc;

	appendStringInfoString(sql, " OVER (");
	foreach(lc, expression->partition_by)
	{
		bolt_expression(select, alias, lfirst(lc), &operand);
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) == 0 ? "PARTITION BY " : ", ", operand.sql);
	}
	bolt_append_order_terms(sql, select, expression->order_by);
	if (expression->frame != NULL)
		appendStringInfoString(sql, expression->frame);
	appendStringInfoChar(sql, ')');
}

static void
call_operand(Select *select, int alias, const Expression *expression, const ExpressionRule *rule,
			 Operand *result)
{
	ExpressionContext context = {.select = select,
								 .alias = alias,
								 .expression = expression,
								 .noperands = list_length(expression->operands)};
	ListCell *lc;

	context.operands = palloc0(sizeof(Operand) * Max(context.noperands, 1));
	foreach(lc, expression->operands)
	{
		Operand *operand = &context.operands[foreach_current_index(lc)];

		bolt_expression(select, alias, lfirst(lc), operand);
		result->aggregate |= operand->aggregate;
		result->window |= operand->window;
	}
	result->type = rule->type;
	result->nullable = true;
	rule->write(&context, rule, result);
}

static void
window_operand(Select *select, int alias, const Expression *expression, Operand *result)
{
	const Expression *function = linitial(expression->operands);
	const ExpressionRule *rule = find_rule(window_functions, lengthof(window_functions), function->name);
	StringInfoData sql;

	bolt_refuse_nested_window(select, expression);
	bolt_limit_windows(select->statement, expression->value);
	initStringInfo(&sql);
	if (rule != NULL)
	{
		call_operand(select, alias, function, rule, result);
		appendStringInfoString(&sql, result->sql);
	}
	else if (function->kind == EXPRESSION_AGGREGATE)
		appendStringInfoString(&sql, bolt_aggregate_call(select, alias, function, result));
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("Expression '%s' isn't compatible with OVER clauses", function->name),
				 bolt_errdetail_at(function->value)));
	append_over(&sql, select, alias, expression);
	result->sql = sql.data;
	result->window = true;
	result->aggregate = false;
	result->nullable = true;
}

/* OuterRef: a path of the query around this one */
static void
outer_operand(Select *select, const Expression *expression, Operand *result)
{
	Select *outer = select->outer_query;

	for (int i = 0; i < expression->further_out && outer != NULL; i++)
		outer = outer->outer_query;
	if (outer == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "This queryset contains a reference to an outer query and may only be used in a subquery"),
			 bolt_errdetail_at(expression->value)));
	path_operand(outer, outer->origin, expression->path, expression->value, result);
}

/* ---------- */

/*
 * An expression over the table alias and what it leads to.  Joins that it needs
 * are added to the select.
 * Errors: 42703 unknown path, 22023 a call that its function refuses.
 */
void
bolt_expression(Select *select, int alias, const Expression *expression, Operand *result)
{
	const ExpressionRule *rule;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	memset(result, 0, sizeof(Operand));
	result->display = expression->name;
	switch (expression->kind)
	{
		case EXPRESSION_F:
			path_operand(select, alias, expression->path, expression->value, result);
			break;
		case EXPRESSION_OUTER_REF:
			outer_operand(select, expression, result);
			break;
		case EXPRESSION_VALUE:
			value_operand(select, expression, result);
			break;
		case EXPRESSION_SUBQUERY:
			bolt_subquery(select, expression, result);
			break;
		case EXPRESSION_EXISTS:
		{
			StringInfoData sql;

			initStringInfo(&sql);
			bolt_append_exists_queryset(&sql, select, expression->queryset);
			result->sql = sql.data;
			result->type = BOOLOID;
			break;
		}
		case EXPRESSION_CASE:
			case_operand(select, alias, expression, result);
			break;
		case EXPRESSION_AGGREGATE:
			bolt_aggregate(select, alias, expression, result);
			break;
		case EXPRESSION_WINDOW:
			window_operand(select, alias, expression, result);
			break;
		case EXPRESSION_CALL:
			rule = find_rule(expressions, lengthof(expressions), expression->name);
			if (rule == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s stands in a Window only", expression->name),
						 bolt_errdetail_at(expression->value)));
			call_operand(select, alias, expression, rule, result);
			break;
	}
	bolt_wrote_sql(select->statement, strlen(result->sql));
}

/* annotate() and alias(): a name for an expression, from here on. */
void
bolt_annotate(Select *select, const AnnotateCall *call)
{
	Bitmapset *referred = select->statement->referred;
	Annotation *annotation;
	ListCell *same;

	if (!call->after_values && bolt_model_has_name(select->model, call->name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("The annotation '%s' conflicts with a field on the model", call->name),
				 bolt_errdetail_at(call->value)));
	annotation = palloc0(sizeof(Annotation));
	annotation->name = call->name;
	annotation->expression = call->expression;
	annotation->alias = call->alias;
	select->statement->referred = NULL;
	bolt_expression(select, bolt_base_alias(select), call->expression, &annotation->operand);
	annotation->referred = bms_copy(select->statement->referred);
	select->statement->referred = bms_join(referred, select->statement->referred);
	annotation->operand.display = call->name;
	same = bolt_annotation_of_name(select, call->name);
	if (same != NULL)
		lfirst(same) = annotation;
	else
		select->annotations = lappend(select->annotations, annotation);
}
