/*-------------------------------------------------------------------------
 *
 * document.c
 *	  Queryset documents: JSON trees to QuerySets, literals to parameters.
 *
 * Only syntax is decided here and in the files that parse a document's parts
 * (queryset_in.c, q_in.c, expression_in.c); names and paths are looked up by the
 * compiler.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "document.h"
#include "error.h"
#include "json_in.h"
#include "miscadmin.h"
#include "queryset.h"
#include "settings.h"

/* A statement has room for 65535 parameters; keys of the level above need some. */
#define MAX_LITERALS 60000

/* ----------
 * Literals
 * ----------
 */
JsonValue *
bolt_document_add_literal(Document *document, JsonValue *value)
{
	if (document->nliterals >= MAX_LITERALS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("queryset document has more than %d values", MAX_LITERALS),
				 errhint("Give a long list to one \"in\" lookup: it is one value.")));
	if (document->nliterals == document->literals_size)
	{
		document->literals_size = Max(16, document->literals_size * 2);
		document->literals = document->literals == NULL ?
			palloc(sizeof(JsonValue *) * document->literals_size) :
			repalloc(document->literals, sizeof(JsonValue *) * document->literals_size);
	}
	document->literals[document->nliterals++] = value;
	value->literal = document->nliterals;
	return value;
}

/* ----------
 * The shape: the JSON text less white space and literals
 * ----------
 */

/* Strings are written with their length, so that no two shapes read alike. */
static void
shape_string(StringInfo shape, const char *text, int length)
{
	appendBinaryStringInfo(shape, (char *) &length, sizeof(length));
	appendBinaryStringInfo(shape, text, length);
}

/* Numbers differ by the type that they have in an expression. */
static char
number_class(const JsonValue *value)
{
	if (strpbrk(value->text, ".eE"))
		return 'n';
	return value->length > 9 ? 'l' : 'i';
}

/*
 * Whether isnull is true decides the statement, so it is structure as well.  It is a
 * literal all the same, since a column may be called isnull.
 */
static bool
is_null_test(const JsonValue *value)
{
	static const char suffix[] = "__isnull";
	int start = value->name_length - (int) strlen(suffix);

	return (value->kind == JSON_TRUE || value->kind == JSON_FALSE) && value->name != NULL && start >= 0 &&
		memcmp(value->name + start, suffix, strlen(suffix)) == 0;
}

static void
append_shape(StringInfo shape, const JsonValue *value)
{
	/* One byte a kind of value, then one a kind of literal. */
	static const char structure[] = "0ftns[{";
	static const char literal[] = "ZBBNSAO";

	check_stack_depth();
	if (value->literal)
	{
		appendStringInfoCharMacro(shape, is_null_test(value) ? structure[value->kind] : literal[value->kind]);
		if (value->kind == JSON_NUMBER)
			appendStringInfoCharMacro(shape, number_class(value));
		return;
	}
	appendStringInfoCharMacro(shape, structure[value->kind]);
	if (value->kind == JSON_STRING || value->kind == JSON_NUMBER)
		shape_string(shape, value->text, value->length);
	json_foreach(member, value)
	{
		if (value->kind == JSON_OBJECT)
			shape_string(shape, member->name, member->name_length);
		append_shape(shape, member);
	}
	if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)
		appendStringInfoCharMacro(shape, '.');
}

void
bolt_document_add_shape(Document *document, const char *text)
{
	shape_string(&document->shape, text, strlen(text));
}

void
bolt_document_add_value_shape(Document *document, const JsonValue *value)
{
	append_shape(&document->shape, value);
}

Document *
bolt_document_of_write(const struct WriteStatement *write)
{
	Document *document = palloc0(sizeof(Document));

	initStringInfo(&document->shape);
	document->bigint_as_string = bolt_bigint_as_string;
	document->queryset = palloc0(sizeof(QuerySet));
	document->write = write;
	return document;
}

Document *
bolt_document_parse(const char *text, int length)
{
	Document *document = palloc0(sizeof(Document));
	JsonValue *value = bolt_json_parse(text, length, bolt_max_depth);

	initStringInfo(&document->shape);
	document->bigint_as_string = bolt_bigint_as_string;
	document->queryset = bolt_parse_queryset(document, value);
	append_shape(&document->shape, value);
	if (document->queryset->model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a queryset document needs the key \"model\"")));
	return document;
}

void
bolt_document_add_filter(Document *document, const char *argument, const char *text, int length)
{
	JsonValue *value = bolt_json_parse(text, length, bolt_max_depth);

	value->name = argument;
	value->name_length = strlen(value->name);
	bolt_parse_filter_call(document, document->queryset, value, false);
	append_shape(&document->shape, value);
}

void
bolt_document_add_aggregates(Document *document, const char *text, int length)
{
	JsonValue *value = bolt_json_parse(text, length, bolt_max_depth);

	bolt_expect_object(value, "aggregates");
	json_foreach(member, value)
	{
		AnnotateCall *call = palloc0(sizeof(AnnotateCall));

		call->name = member->name;
		call->value = member;
		call->expression = bolt_parse_expression(document, member);
		document->queryset->aggregates = lappend(document->queryset->aggregates, call);
	}
	append_shape(&document->shape, value);
}

JsonValue *
bolt_document_add_value(Document *document, const char *text, int length)
{
	JsonValue *value = bolt_document_add_literal(document, bolt_json_parse(text, length, bolt_max_depth));

	append_shape(&document->shape, value);
	return value;
}

void
bolt_document_set_slice(Document *document, int64 limit, int64 offset)
{
	QuerySet *queryset = document->queryset;

	appendStringInfoCharMacro(&document->shape, '/');
	queryset->limit = queryset->offset = NULL;
	if (limit >= 0)
	{
		bolt_shape_slice(document, limit);
		queryset->limit = bolt_document_add_literal(document, bolt_json_number(limit));
	}
	appendStringInfoCharMacro(&document->shape, '/');
	if (offset >= 0)
	{
		bolt_shape_slice(document, offset);
		queryset->offset = bolt_document_add_literal(document, bolt_json_number(offset));
	}
}
