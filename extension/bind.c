/*-------------------------------------------------------------------------
 *
 * bind.c
 *	  Literals of a document as parameters of its statements.
 *
 * A literal becomes a value through the input function of the type it is
 * compared with, whose errors are the ones the caller sees.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compile.h"
#include "error.h"
#include "miscadmin.h"
#include "name_table.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static bool
bind_constant(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	*value = CStringGetTextDatum(param->what);
	return true;
}

/* A further parameter of the statement. */
StatementParam *
bolt_add_param(Statement *statement, Oid type, BindFunction bind, const JsonValue *literal)
{
	StatementParam *param = palloc0(sizeof(StatementParam));

	param->type = type;
	param->bind = bind;
	param->literal = literal ? literal->literal : 0;
	statement->params = lappend(statement->params, param);
	return param;
}

/* A parameter whose values go through an input function.  Returns n of $n. */
int
bolt_add_value(Statement *statement, Oid type, int32 typmod, BindFunction bind, const JsonValue *literal,
			   const char *what)
{
	StatementParam *param = bolt_add_param(statement, type, bind, literal);
	Oid input;

	param->value_type = type;
	param->typmod = typmod;
	param->what = what;
	if (!OidIsValid(type))
		return list_length(statement->params);
	if (bind == bolt_bind_array || bind == bolt_bind_member_column)
	{
		param->type = get_array_type(type);
		if (!OidIsValid(param->type))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("could not find array type for data type %s", format_type_be(type)),
					 bolt_errdetail_at(literal)));
	}
	getTypeInputInfo(type, &input, &param->io_param);
	fmgr_info(input, &param->input);
	return list_length(statement->params);
}

/* A text that a path has named and that must not stand in SQL: a json key. */
int
bolt_add_constant(Statement *statement, const char *text)
{
	StatementParam *param;
	int number;

	/* two expressions are the same to PostgreSQL if their parameters are */
	if (statement->constants == NULL)
		statement->constants = bolt_name_table_create(4);
	number = (int) (uintptr_t) bolt_name_table_find(statement->constants, text, strlen(text));
	if (number > 0 && number <= list_length(statement->params))
	{
		/* parameters may have been taken back and their numbers given to others */
		param = list_nth(statement->params, number - 1);
		if (param->bind == bind_constant && strcmp(param->what, text) == 0)
			return number;
	}
	param = bolt_add_param(statement, TEXTOID, bind_constant, NULL);
	param->what = MemoryContextStrdup(statement->context, text);
	bolt_name_table_set(statement->constants, param->what, strlen(text),
						(void *) (uintptr_t) list_length(statement->params));
	return list_length(statement->params);
}

void
bolt_wrong_literal(const StatementParam *param, const JsonValue *literal, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 param->assigned ? errmsg("column \"%s\" needs %s, not %s", param->what, expected,
									  bolt_json_kind_name(literal->kind)) :
							   errmsg("lookup '%s' needs %s, not %s", param->what, expected,
									  bolt_json_kind_name(literal->kind)),
			 bolt_errdetail_at(literal)));
}

/* In double quotes, as arrays, ranges and hstore read it */
static void
append_quoted(StringInfo text, const char *from, int length)
{
	appendStringInfoChar(text, '"');
	for (int i = 0; i < length; i++)
	{
		if (from[i] == '"' || from[i] == '\\')
			appendStringInfoCharMacro(text, '\\');
		appendStringInfoCharMacro(text, from[i]);
	}
	appendStringInfoChar(text, '"');
}

/*
 * An array of JSON in the form that array_in reads.  Its elements are JSON themselves
 * where the type is an array of that.
 */
static void
append_array_text(StringInfo text, const JsonValue *literal, Oid element_type)
{
	Oid base = getBaseType(element_type);
	bool of_json = base == JSONOID || base == JSONBOID;

	check_stack_depth();
	appendStringInfoChar(text, '{');
	json_foreach(element, literal)
	{
		CHECK_FOR_INTERRUPTS();
		if (element->index > 0)
			appendStringInfoChar(text, ',');
		if (element->kind == JSON_ARRAY && !of_json)
			append_array_text(text, element, element_type);
		else if (element->kind == JSON_NULL)
			appendStringInfoString(text, "NULL");
		else
		{
			bool decoded = !of_json && (element->kind == JSON_STRING || element->kind == JSON_NUMBER);

			append_quoted(text, decoded ? element->text : element->raw,
						  decoded ? element->length : element->raw_length);
		}
	}
	appendStringInfoChar(text, '}');
}

/*
 * A range: its own text, [from, to] for from up to and without to, or a single
 * value, which is the range from it to itself.
 */
static char *
range_text(const StatementParam *param, const JsonValue *literal)
{
	StringInfoData text;

	initStringInfo(&text);
	if (literal->kind == JSON_STRING &&
		(strchr("[({", literal->text[0]) != NULL || pg_strcasecmp(literal->text, "empty") == 0))
		appendStringInfoString(&text, literal->text);
	else if (literal->kind == JSON_ARRAY && literal->count == 2)
	{
		appendStringInfoChar(&text, '[');
		json_foreach(bound, literal)
		{
			if (bound->index > 0)
				appendStringInfoChar(&text, ',');
			if (bound->kind == JSON_STRING || bound->kind == JSON_NUMBER)
				append_quoted(&text, bound->text, bound->length);
			else if (bound->kind != JSON_NULL)
				bolt_wrong_literal(param, bound, "bounds that are texts, numbers or null");
		}
		appendStringInfoChar(&text, ')');
	}
	else if (literal->kind == JSON_STRING || literal->kind == JSON_NUMBER)
	{
		appendStringInfoChar(&text, '[');
		append_quoted(&text, literal->text, literal->length);
		appendStringInfoChar(&text, ',');
		append_quoted(&text, literal->text, literal->length);
		appendStringInfoChar(&text, ']');
	}
	else
		bolt_wrong_literal(param, literal, "a range as a text, as an array of its two bounds, or a value");
	if (type_is_multirange(param->value_type) && text.data[0] != '{')
		return psprintf("{%s}", text.data);
	return text.data;
}

/* What the input function of a type is to read; NULL for a JSON null. */
static char *
literal_text(const StatementParam *param, const JsonValue *literal)
{
	Oid type = getBaseType(param->value_type);

	if (type == JSONOID || type == JSONBOID)
		return pnstrdup(literal->raw, literal->raw_length);
	if (literal->kind != JSON_NULL && (type_is_range(type) || type_is_multirange(type)))
		return range_text(param, literal);
	switch (literal->kind)
	{
		case JSON_NULL:
			return NULL;
		case JSON_TRUE:
			return "true";
		case JSON_FALSE:
			return "false";
		case JSON_NUMBER:
		case JSON_STRING:
			return unconstify(char *, literal->text);
		case JSON_ARRAY:
			if (OidIsValid(get_element_type(type)))
			{
				StringInfoData text;

				initStringInfo(&text);
				append_array_text(&text, literal, get_element_type(type));
				return text.data;
			}
			break;
		case JSON_OBJECT:
			break;
	}
	bolt_wrong_literal(param, literal, psprintf("a value of type %s", format_type_be(param->value_type)));
	return NULL; /* not reached */
}

static bool
bind_nothing(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	return false;
}

/* A parameter that did not come into the statement, as of an annotation that count() leaves out. */
void
bolt_leave_param(StatementParam *param)
{
	param->type = TEXTOID;
	param->bind = bind_nothing;
}

/*
 * A parameter whose type PostgreSQL has found out.  Its literal stood in an
 * expression; a null is a value there.
 */
void
bolt_resolve_param(StatementParam *param, Oid type, MemoryContext context)
{
	Oid input;

	param->type = type;
	param->value_type = param->bind == bolt_bind_array ? get_element_type(type) : type;
	if (!OidIsValid(param->value_type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("lookup '%s' needs a value of type %s", param->what, format_type_be(type))));
	param->typmod = -1;
	getTypeInputInfo(param->value_type, &input, &param->io_param);
	fmgr_info_cxt(input, &param->input, context);
}

/* A value in an expression, null or not */
bool
bolt_bind_value(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	if (literal->kind == JSON_NULL)
		return false;
	return bolt_bind_scalar(param, literal, value);
}

/* A parameter that a column is set to: its type says how its literals are read. */
void
bolt_mark_assigned(StatementParam *param)
{
	TypeClass class = bolt_type_class(param->value_type);

	param->assigned = true;
	param->structured = bolt_type_is_structured(param->value_type);
	param->plain = class != CLASS_RANGE && class != CLASS_JSON && class != CLASS_HSTORE;
	param->checks_null = get_typtype(param->value_type) == TYPTYPE_DOMAIN;
}

/* What hstore cannot read it says by an internal error until PostgreSQL 15, and by a syntax error since 16. */
static void
input_error_context(void *param)
{
	int code = geterrcode();

	if (code == ERRCODE_INTERNAL_ERROR ||
		(code == ERRCODE_SYNTAX_ERROR &&
		 bolt_type_class(((const StatementParam *) param)->value_type) == CLASS_HSTORE))
		errcode(ERRCODE_INVALID_TEXT_REPRESENTATION);
}

static Datum
input_value(const StatementParam *param, const char *text)
{
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = input_error_context,
									 .arg = unconstify(StatementParam *, param)};
	int level = 0;
	Datum value;

	error_context_stack = &callback;

	/* a null of JSON is no text "NULL", whatever "array_nulls" says */
	if (!Array_nulls)
	{
		level = NewGUCNestLevel();
		(void) set_config_option("array_nulls", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	}
	value = InputFunctionCall(unconstify(FmgrInfo *, &param->input), unconstify(char *, text),
							  param->io_param, param->typmod);
	if (level > 0)
		AtEOXact_GUC(true, level);
	error_context_stack = callback.previous;
	return value;
}

/* A value that a column is set to, null or not */
bool
bolt_bind_assigned(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	if (literal->kind == JSON_NULL)
	{
		/* a domain may refuse it */
		if (param->checks_null)
			(void) input_value(param, NULL);
		return false;
	}
	if (param->structured && (literal->kind == JSON_OBJECT || literal->kind == JSON_ARRAY))
	{
		*value = bolt_structured_value(param, literal);
		return true;
	}
	if (param->plain && literal->kind != JSON_OBJECT && literal->kind != JSON_ARRAY)
	{
		const char *text = literal->kind == JSON_TRUE ? "true" :
			literal->kind == JSON_FALSE				  ? "false" :
														literal->text;

		*value = input_value(param, text);
		return true;
	}
	if (bolt_type_class(param->value_type) == CLASS_HSTORE)
		return bolt_bind_hstore(param, literal, value);
	return bolt_bind_scalar(param, literal, value);
}

/* False for a JSON null */
static bool
read_literal(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	char *text;

	if ((literal->kind == JSON_OBJECT || literal->kind == JSON_ARRAY) &&
		bolt_type_is_structured(param->value_type))
	{
		*value = bolt_structured_value(param, literal);
		return true;
	}
	text = literal_text(param, literal);
	if (text == NULL)
		return false;
	*value = input_value(param, text);
	return true;
}

bool
bolt_bind_scalar(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	if (!read_literal(param, literal, value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Cannot use None as a query value"),
				 bolt_errdetail_at(literal), errhint("Use the lookup \"isnull\".")));
	return true;
}

/* Elements of a list; nulls are left out, as in Django. */
static bool
bind_elements(const StatementParam *param, const JsonValue *literal, int member, Datum *value)
{
	Datum *elements = palloc(sizeof(Datum) * Max(literal->count, 1));
	int n = 0;
	int16 typlen;
	bool typbyval;
	char typalign;

	json_foreach(each, literal)
	{
		const JsonValue *element = each;

		CHECK_FOR_INTERRUPTS();
		if (member >= 0)
		{
			if (each->kind != JSON_ARRAY || each->count != param->members)
				bolt_wrong_literal(param, each, psprintf("arrays of %d values", param->members));
			element = each->first;
			for (int i = 0; i < member; i++)
				element = element->next;
		}
		else if (each->kind == JSON_NULL)
			continue;
		if (!read_literal(param, element, &elements[n++]))
			bolt_wrong_literal(param, element, "values other than null in a composite key");
	}
	get_typlenbyvalalign(param->value_type, &typlen, &typbyval, &typalign);
	*value = PointerGetDatum(construct_array(elements, n, param->value_type, typlen, typbyval, typalign));
	return true;
}

static void
expect_list(const StatementParam *param, const JsonValue *literal)
{
	if (literal->kind != JSON_ARRAY)
		bolt_wrong_literal(param, literal, "an array");
}

/* in: an array of the column's type */
bool
bolt_bind_array(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	expect_list(param, literal);
	return bind_elements(param, literal, -1, value);
}

/* in on a composite key: one array a column, of [[1, 2], [3, 4]] */
bool
bolt_bind_member_column(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	expect_list(param, literal);
	return bind_elements(param, literal, param->member, value);
}

/* in on an array column: the elements as texts, which the statement casts */
bool
bolt_bind_array_texts(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	Datum *elements;
	int n = 0;

	expect_list(param, literal);
	elements = palloc(sizeof(Datum) * Max(literal->count, 1));
	json_foreach(element, literal)
	{
		char *text = element->kind == JSON_NULL ? NULL : literal_text(param, element);

		if (text != NULL)
			elements[n++] = CStringGetTextDatum(text);
	}
	*value = PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
	return true;
}

/* One of the values of [from, to], or of a composite key */
bool
bolt_bind_member(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	const JsonValue *member = literal->first;

	if (literal->kind != JSON_ARRAY || literal->count != param->members)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup '%s' needs an array of %d values", param->what, param->members),
				 bolt_errdetail_at(literal)));
	for (int i = 0; i < param->member; i++)
		member = member->next;
	return bolt_bind_scalar(param, member, value);
}

/* An hstore: its text, or an object of texts */
bool
bolt_bind_hstore(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	StringInfoData text;

	if (literal->kind != JSON_OBJECT)
		return bolt_bind_scalar(param, literal, value);
	initStringInfo(&text);
	json_foreach(member, literal)
	{
		bool decoded = member->kind == JSON_STRING || member->kind == JSON_NUMBER;

		if (member->index > 0)
			appendStringInfoChar(&text, ',');
		append_quoted(&text, member->name, member->name_length);
		appendStringInfoString(&text, "=>");
		if (member->kind == JSON_NULL)
			appendStringInfoString(&text, "NULL");
		else
			append_quoted(&text, decoded ? member->text : member->raw,
						  decoded ? member->length : member->raw_length);
	}
	*value = input_value(param, text.data);
	return true;
}

/* ----------
 * Patterns: the text with LIKE's own characters escaped, between wildcards
 * ----------
 */
static bool
bind_pattern(const StatementParam *param, const JsonValue *literal, const char *before, const char *after,
			 Datum *value)
{
	char *text = literal_text(param, literal);
	StringInfoData pattern;

	if (text == NULL)
		return bolt_bind_scalar(param, literal, value);
	initStringInfo(&pattern);
	appendStringInfoString(&pattern, before);
	for (; *text; text++)
	{
		if (*text == '\\' || *text == '%' || *text == '_')
			appendStringInfoCharMacro(&pattern, '\\');
		appendStringInfoCharMacro(&pattern, *text);
	}
	appendStringInfoString(&pattern, after);
	*value = CStringGetTextDatum(pattern.data);
	return true;
}

bool
bolt_bind_contains(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	return bind_pattern(param, literal, "%", "%", value);
}

bool
bolt_bind_startswith(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	return bind_pattern(param, literal, "", "%", value);
}

bool
bolt_bind_endswith(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	return bind_pattern(param, literal, "%", "", value);
}

/* A cursor's value, in the text that its type's output function gave */
bool
bolt_bind_text(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	*value = input_value(param, unconstify(char *, literal->text));
	return true;
}

/* limit and offset, whose numbers the parser has checked */
bool
bolt_bind_bigint(const StatementParam *param, const JsonValue *literal, Datum *value)
{
	*value = Int64GetDatum(strtoll(literal->text, NULL, 10));
	return true;
}
