/*-------------------------------------------------------------------------
 *
 * expression_in.c
 *	  The syntax of expressions: which names there are, what each takes.
 *
 * An expression is an object with one capitalised key and, beside it, options.
 * Its SQL is written by expression.c; adding one takes a row in both tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "document.h"
#include "error.h"
#include "miscadmin.h"

/* Operators are written from the left, a pair of parentheses each; PostgreSQL's parser has no room for very many. */
#define MAX_OPERANDS 1000

typedef struct ExpressionSyntax
{
	const char *name;
	ExpressionKind kind;
	int min; /* operands */
	int max; /* -1: any number */
} ExpressionSyntax;

static const ExpressionSyntax syntaxes[] = {
	{"F", EXPRESSION_F},
	{"OuterRef", EXPRESSION_OUTER_REF},
	{"Value", EXPRESSION_VALUE},
	{"Subquery", EXPRESSION_SUBQUERY},
	{"Exists", EXPRESSION_EXISTS},
	{"Case", EXPRESSION_CASE},
	{"Window", EXPRESSION_WINDOW},

	{"Add", EXPRESSION_CALL, 2, -1},
	{"Sub", EXPRESSION_CALL, 2, -1},
	{"Mul", EXPRESSION_CALL, 2, -1},
	{"Div", EXPRESSION_CALL, 2, -1},
	{"Mod", EXPRESSION_CALL, 2, -1},
	{"Pow", EXPRESSION_CALL, 2, -1},

	{"Cast", EXPRESSION_CALL, 1, 1},
	{"Coalesce", EXPRESSION_CALL, 2, -1},
	{"Greatest", EXPRESSION_CALL, 2, -1},
	{"Least", EXPRESSION_CALL, 2, -1},
	{"NullIf", EXPRESSION_CALL, 2, 2},
	{"Lower", EXPRESSION_CALL, 1, 1},
	{"Upper", EXPRESSION_CALL, 1, 1},
	{"Length", EXPRESSION_CALL, 1, 1},
	{"Trim", EXPRESSION_CALL, 1, 1},
	{"Concat", EXPRESSION_CALL, 2, -1},
	{"Substr", EXPRESSION_CALL, 2, 3},
	{"Left", EXPRESSION_CALL, 2, 2},
	{"Right", EXPRESSION_CALL, 2, 2},
	{"Replace", EXPRESSION_CALL, 2, 3},
	{"Round", EXPRESSION_CALL, 1, 2},
	{"Ceil", EXPRESSION_CALL, 1, 1},
	{"Floor", EXPRESSION_CALL, 1, 1},
	{"Abs", EXPRESSION_CALL, 1, 1},
	{"Now", EXPRESSION_CALL, 0, 0},
	{"Random", EXPRESSION_CALL, 0, 0},
	{"Trunc", EXPRESSION_CALL, 1, 1},
	{"Extract", EXPRESSION_CALL, 1, 1},

	{"RowNumber", EXPRESSION_CALL, 0, 0},
	{"Rank", EXPRESSION_CALL, 0, 0},
	{"DenseRank", EXPRESSION_CALL, 0, 0},
	{"Lag", EXPRESSION_CALL, 1, 3},
	{"Lead", EXPRESSION_CALL, 1, 3},
	{"NTile", EXPRESSION_CALL, 1, 1},
	{"FirstValue", EXPRESSION_CALL, 1, 1},
	{"LastValue", EXPRESSION_CALL, 1, 1},

	{"Count", EXPRESSION_AGGREGATE, 1, 1},
	{"Sum", EXPRESSION_AGGREGATE, 1, 1},
	{"Avg", EXPRESSION_AGGREGATE, 1, 1},
	{"Min", EXPRESSION_AGGREGATE, 1, 1},
	{"Max", EXPRESSION_AGGREGATE, 1, 1},
	{"StdDev", EXPRESSION_AGGREGATE, 1, 1},
	{"Variance", EXPRESSION_AGGREGATE, 1, 1},
	{"ArrayAgg", EXPRESSION_AGGREGATE, 1, 1},
	{"StringAgg", EXPRESSION_AGGREGATE, 1, 2},
	{"JSONAgg", EXPRESSION_AGGREGATE, 1, 1},
	{"BoolAnd", EXPRESSION_AGGREGATE, 1, 1},
	{"BoolOr", EXPRESSION_AGGREGATE, 1, 1},
};

static const ExpressionSyntax *
find_syntax(const char *name)
{
	for (int i = 0; i < lengthof(syntaxes); i++)
	{
		if (strcmp(syntaxes[i].name, name) == 0)
			return &syntaxes[i];
	}
	return NULL;
}

bool
bolt_is_expression(const JsonValue *value)
{
	return value->kind == JSON_OBJECT && !value->data && value->first != NULL &&
		find_syntax(value->first->name) != NULL;
}

static Expression *
make_expression(ExpressionKind kind, JsonValue *value)
{
	Expression *expression = palloc0(sizeof(Expression));

	expression->kind = kind;
	expression->value = value;
	return expression;
}

/* {"Case": [{"when": Q, "then": E}, …], "default": E} */
static void
parse_whens(Document *document, Expression *expression, JsonValue *value)
{
	bolt_expect_array(value);
	json_foreach(each, value)
	{
		JsonValue *when;
		JsonValue *then;

		bolt_expect_object(each, "a member of \"Case\"");
		when = bolt_json_member(each, "when");
		then = bolt_json_member(each, "then");
		if (when == NULL || then == NULL || each->count != 2)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a member of \"Case\" needs the keys \"when\" and \"then\" and no other"),
					 bolt_errdetail_at(each)));
		expression->whens = lappend(expression->whens, bolt_parse_q(document, when));
		expression->operands = lappend(expression->operands, bolt_parse_expression(document, then));
	}
}

static void
parse_operands(Document *document, Expression *expression, const ExpressionSyntax *syntax, JsonValue *value)
{
	int n;

	if (syntax->kind == EXPRESSION_AGGREGATE && !value->data && json_is_string(value, "*"))
	{
		if (strcmp(syntax->name, "Count") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("only Count takes \"*\""),
					 bolt_errdetail_at(value)));
		expression->star = true;
		return;
	}
	if (value->kind == JSON_ARRAY && !value->data)
	{
		json_foreach(each, value)
			expression->operands = lappend(expression->operands, bolt_parse_expression(document, each));
	}
	else if (syntax->max != 0 || value->kind != JSON_NULL)
		expression->operands = list_make1(bolt_parse_expression(document, value));
	n = list_length(expression->operands);
	if (n > MAX_OPERANDS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s has more than %d operands", syntax->name, MAX_OPERANDS),
				 bolt_errdetail_at(value)));
	if (n < syntax->min || (syntax->max >= 0 && n > syntax->max))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 syntax->max == syntax->min ?
					 errmsg_plural("%s takes %d operand, not %d", "%s takes %d operands, not %d", syntax->min,
								   syntax->name, syntax->min, n) :
					 syntax->max < 0 ?
					 errmsg("%s takes at least %d operands, not %d", syntax->name, syntax->min, n) :
					 errmsg("%s takes %d to %d operands, not %d", syntax->name, syntax->min, syntax->max, n),
				 bolt_errdetail_at(value)));
}

static void
parse_main(Document *document, Expression *expression, const ExpressionSyntax *syntax, JsonValue *value)
{
	switch (syntax->kind)
	{
		case EXPRESSION_F:
			expression->path = bolt_expect_string(value);
			break;
		case EXPRESSION_OUTER_REF:
			/* an OuterRef of an OuterRef: the query around the one around */
			while (value->kind == JSON_OBJECT && !value->data && value->count == 1 &&
				   strcmp(value->first->name, "OuterRef") == 0)
			{
				expression->further_out++;
				value = value->first;
			}
			expression->path = bolt_expect_string(value);
			break;
		case EXPRESSION_VALUE:
			expression->literal = bolt_document_add_literal(document, value);
			break;
		case EXPRESSION_SUBQUERY:
		case EXPRESSION_EXISTS:
			expression->queryset = bolt_parse_queryset(document, value);
			break;
		case EXPRESSION_CASE:
			parse_whens(document, expression, value);
			break;
		case EXPRESSION_WINDOW:
			expression->operands = list_make1(bolt_parse_expression(document, value));
			break;
		case EXPRESSION_CALL:
		case EXPRESSION_AGGREGATE:
			parse_operands(document, expression, syntax, value);
			break;
	}
}

static List *
parse_expressions(Document *document, JsonValue *value)
{
	List *expressions = NIL;

	bolt_expect_array(value);
	json_foreach(each, value)
		expressions = lappend(expressions, bolt_parse_expression(document, each));
	return expressions;
}

/*
 * A bound of a frame: null is the end of the partition, 0 the current row, -n is n
 * before it and n is n behind it.  As a number, where null is as far as it goes.
 */
static const char *
parse_frame_bound(const JsonValue *value, bool rows, bool start, long *place)
{
	char *end;

	if (value->kind == JSON_NULL)
	{
		*place = start ? LONG_MIN : LONG_MAX;
		return start ? "UNBOUNDED PRECEDING" : "UNBOUNDED FOLLOWING";
	}
	if (value->kind != JSON_NUMBER)
		bolt_wrong_kind(value, start ? "the start of a frame" : "the end of a frame", "an integer or null");
	errno = 0;
	*place = strtol(value->text, &end, 10);
	if (*end != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a bound of a frame must be an integer or null, not %s", value->text),
				 bolt_errdetail_at(value)));
	if (errno != 0 || *place > PG_INT32_MAX || *place < -PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a bound of a frame is out of range for type integer"), bolt_errdetail_at(value)));
	if (*place == 0)
		return "CURRENT ROW";
	if (!rows)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("PostgreSQL only supports UNBOUNDED together with PRECEDING and FOLLOWING."),
				 bolt_errdetail_at(value), errhint("Use null, 0, or the key \"rows\".")));
	return psprintf("%ld %s", labs(*place), *place < 0 ? "PRECEDING" : "FOLLOWING");
}

/* [start, end], as SQL */
static char *
parse_frame_bounds(const JsonValue *value, bool rows)
{
	const JsonValue *first = NULL;
	const JsonValue *last = NULL;
	int count = 0;
	const char *start;
	const char *end;
	long start_place;
	long end_place;

	bolt_expect_array(value);
	json_foreach(bound, value)
	{
		if (count++ == 0)
			first = bound;
		last = bound;
	}
	if (count != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have a start and an end", bolt_quoted_key(value)),
				 bolt_errdetail_at(value)));
	start = parse_frame_bound(first, rows, true, &start_place);
	end = parse_frame_bound(last, rows, false, &end_place);
	if (start_place > end_place)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("start cannot be greater than end."),
				 bolt_errdetail_at(value)));
	return psprintf(" %s BETWEEN %s AND %s", rows ? "ROWS" : "RANGE", start, end);
}

/* {"rows": [start, end]} or {"range": [start, end]}, and perhaps "exclude" */
static const char *
parse_frame(const JsonValue *value)
{
	static const char *const exclusions[] = {"current row", "group", "ties", "no others"};
	static const char *const exclude[] = {" EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES",
										  " EXCLUDE NO OTHERS"};
	char *bounds = NULL;
	const char *excluded = "";
	int count = 0;

	bolt_expect_object(value, "a frame");
	json_foreach(member, value)
	{
		bool rows = strcmp(member->name, "rows") == 0;

		if (rows || strcmp(member->name, "range") == 0)
		{
			bounds = parse_frame_bounds(member, rows);
			count++;
		}
		else if (strcmp(member->name, "exclude") == 0)
		{
			const char *text = bolt_expect_string(member);
			List *choices = NIL;

			excluded = NULL;
			for (int i = 0; i < lengthof(exclusions); i++)
			{
				if (strcmp(text, exclusions[i]) == 0)
					excluded = exclude[i];
				choices = lappend(choices, unconstify(char *, exclusions[i]));
			}
			if (excluded == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("unknown exclusion of a frame \"%s\"", text), bolt_errdetail_at(member),
						 bolt_errhint_choices(choices)));
		}
		else
			bolt_unknown_key(member, "a frame", list_make3("rows", "range", "exclude"));
	}
	if (count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a frame must have one of the keys \"rows\" and \"range\""),
				 bolt_errdetail_at(value)));
	return psprintf("%s%s", bounds, excluded);
}

/* Options, by what takes them. */
static void
parse_option(Document *document, Expression *expression, JsonValue *value)
{
	ExpressionKind kind = expression->kind;
	bool aggregate = kind == EXPRESSION_AGGREGATE;
	bool window = kind == EXPRESSION_WINDOW;
	const char *name = value->name;
	List *choices = NIL;

	if (aggregate && strcmp(name, "filter") == 0)
		expression->filter = bolt_parse_q(document, value);
	else if (aggregate && strcmp(name, "distinct") == 0)
		expression->distinct = bolt_expect_boolean(value);
	else if ((aggregate || kind == EXPRESSION_CASE) && strcmp(name, "default") == 0)
		expression->otherwise = bolt_parse_expression(document, value);
	else if ((aggregate || window) && strcmp(name, "order_by") == 0)
		expression->order_by = bolt_parse_order_terms(document, value);
	else if (window && strcmp(name, "partition_by") == 0)
		expression->partition_by = parse_expressions(document, value);
	else if (window && strcmp(name, "frame") == 0)
		expression->frame = value->kind == JSON_NULL ? NULL : parse_frame(value);
	else if (strcmp(expression->name, "Cast") == 0 && strcmp(name, "type") == 0)
		expression->type = bolt_expect_string(value);
	else if ((strcmp(expression->name, "Trunc") == 0 || strcmp(expression->name, "Extract") == 0) &&
			 strcmp(name, "kind") == 0)
		expression->date_kind = bolt_expect_string(value);
	else
	{
		if (aggregate)
			choices = list_make4("filter", "distinct", "default", "order_by");
		else if (window)
			choices = list_make3("partition_by", "order_by", "frame");
		else if (kind == EXPRESSION_CASE)
			choices = list_make1("default");
		bolt_unknown_key(value, psprintf("an expression %s", expression->name), choices);
	}
}

/*
 * An expression: a string is an F, an object what its first key says, anything
 * else a value.  What a Ref has put in is a value, whatever it looks like.
 */
Expression *
bolt_parse_expression(Document *document, JsonValue *value)
{
	const ExpressionSyntax *syntax;
	Expression *expression;

	check_stack_depth();
	if (value->kind == JSON_STRING && !value->data)
	{
		expression = make_expression(EXPRESSION_F, value);
		expression->name = "F";
		expression->path = value->text;
		return expression;
	}
	if (value->kind != JSON_OBJECT || value->data)
	{
		if (value->kind == JSON_ARRAY && !value->data)
			bolt_wrong_kind(value, "an expression", "a field's name, an object or a value");
		expression = make_expression(EXPRESSION_VALUE, value);
		expression->name = "Value";
		expression->literal = bolt_document_add_literal(document, value);
		return expression;
	}
	bolt_expect_object(value, "an expression");
	syntax = value->first ? find_syntax(value->first->name) : NULL;
	if (syntax == NULL)
	{
		List *choices = NIL;

		for (int i = 0; i < lengthof(syntaxes); i++)
			choices = lappend(choices, unconstify(char *, syntaxes[i].name));
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown expression \"%s\"", value->first ? value->first->name : ""),
				 bolt_errdetail_at(value), bolt_errhint_choices(choices)));
	}
	expression = make_expression(syntax->kind, value);
	expression->name = syntax->name;
	parse_main(document, expression, syntax, value->first);
	for (JsonValue *option = value->first->next; option != NULL; option = option->next)
		parse_option(document, expression, option);
	return expression;
}

/* Does an aggregate stand anywhere in it, but for windows, which take them by the row? */
bool
bolt_has_aggregate(const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_AGGREGATE)
		return true;
	if (expression->kind == EXPRESSION_WINDOW)
		return false;
	foreach(lc, expression->operands)
	{
		if (bolt_has_aggregate(lfirst(lc)))
			return true;
	}
	return expression->otherwise != NULL && bolt_has_aggregate(expression->otherwise);
}

bool
bolt_has_window(const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_WINDOW)
		return true;
	foreach(lc, expression->operands)
	{
		if (bolt_has_window(lfirst(lc)))
			return true;
	}
	return expression->otherwise != NULL && bolt_has_window(expression->otherwise);
}

/* Trunc(field, kind), as a date where dates() asks for it */
Expression *
bolt_make_trunc(Document *document, JsonValue *field, const char *kind, bool date)
{
	Expression *trunc = make_expression(EXPRESSION_CALL, field);
	Expression *cast;

	trunc->name = "Trunc";
	trunc->date_kind = kind;
	trunc->operands = list_make1(bolt_parse_expression(document, field));
	if (!date)
		return trunc;
	cast = make_expression(EXPRESSION_CALL, field);
	cast->name = "Cast";
	cast->type = "pg_catalog.date";
	cast->operands = list_make1(trunc);
	return cast;
}
