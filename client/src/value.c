/*-------------------------------------------------------------------------
 *
 * value.c
 *	  C values as arguments, and arguments as JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "expression.h"
#include "queryset.h"
#include "value.h"

bolt__looks
bolt__looks_of(bolt_argument argument)
{
	switch (argument.kind)
	{
		case BOLT_ARGUMENT_JSON:
			return argument.value.json ? bolt__looks_of_json(argument.value.json) : BOLT__LOOKS_PLAIN;
		case BOLT_ARGUMENT_LIST:
			return argument.value.list ? bolt__looks_of_list(argument.value.list) : BOLT__LOOKS_PLAIN;
		case BOLT_ARGUMENT_KW:
			return argument.value.kw ? bolt__looks_of_kw(argument.value.kw) : BOLT__LOOKS_PLAIN;
		case BOLT_ARGUMENT_EXPR:
		case BOLT_ARGUMENT_QUERYSET:
			return BOLT__IS_EXPRESSION;
		default:
			return BOLT__LOOKS_PLAIN;
	}
}

void
bolt__fail_null(bolt__writer *writer, const char *what)
{
	bolt__writer_fail(writer, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s is NULL", what));
}

void
bolt__write_literal(bolt__writer *writer, bolt_argument argument)
{
	switch (argument.kind)
	{
		case BOLT_ARGUMENT_NULL:
			/* NULL is a void *, and so is what points at anything */
			if (argument.value.pointer == NULL)
				bolt__write_text(writer, "null");
			else
				bolt__writer_fail(
					writer,
					bolt__error_hint(
						bolt__error_new(BOLT_TYPE_ERROR, NULL,
										"a void * that is not NULL: nobody knows what it points to"),
						"Cast it: (const char *) text, (json_t *) json."));
			return;
		case BOLT_ARGUMENT_BOOL:
			bolt__write_text(writer, argument.value.boolean ? "true" : "false");
			return;
		case BOLT_ARGUMENT_INTEGER:
			bolt__write_integer(writer, argument.value.integer);
			return;
		case BOLT_ARGUMENT_UNSIGNED:
			bolt__write_unsigned(writer, argument.value.natural);
			return;
		case BOLT_ARGUMENT_DOUBLE:
			bolt__write_double(writer, argument.value.real);
			return;
		case BOLT_ARGUMENT_TEXT:
			/* a char * that is NULL is null, as a NULL is */
			if (argument.value.text == NULL)
				bolt__write_text(writer, "null");
			else
				bolt__write_string(writer, argument.value.text,
								   argument.length == SIZE_MAX ? strlen(argument.value.text) :
																 argument.length);
			return;
		case BOLT_ARGUMENT_JSON:
			if (argument.value.json == NULL)
				bolt__fail_null(writer, "a json_t");
			else
				bolt__write_json(writer, argument.value.json);
			return;
		case BOLT_ARGUMENT_LIST:
			bolt__write_list(writer, argument.value.list);
			return;
		case BOLT_ARGUMENT_KW:
			bolt__write(writer, "{", 1);
			bolt__write_kw(writer, argument.value.kw, BOLT__KW_VALUES);
			bolt__write(writer, "}", 1);
			return;
		case BOLT_ARGUMENT_EXPR:
			bolt__write_expression(writer, argument.value.expr);
			return;
		case BOLT_ARGUMENT_QUERYSET:
			bolt__write_text(writer, "{\"Subquery\":");
			bolt__write_queryset(writer, argument.value.queryset, "bolt_subquery", true);
			bolt__write(writer, "}", 1);
			return;
		case BOLT_ARGUMENT_Q:
		case BOLT_ARGUMENT_PREFETCH:
			break;
	}
	bolt__writer_fail(writer,
					  bolt__error_new(BOLT_TYPE_ERROR, NULL, "%s is not a value",
									  argument.kind == BOLT_ARGUMENT_Q ? "a Q" : "a prefetch"));
	bolt__argument_free(argument);
}

void
bolt__write_operand(bolt__writer *writer, bolt_argument argument)
{
	bool literal = argument.kind == BOLT_ARGUMENT_JSON || argument.kind == BOLT_ARGUMENT_KW ||
		argument.kind == BOLT_ARGUMENT_LIST;

	if (literal)
		bolt__write_text(writer, "{\"Value\":");
	bolt__write_literal(writer, argument);
	if (literal)
		bolt__write(writer, "}", 1);
}

void
bolt__argument_free(bolt_argument argument)
{
	switch (argument.kind)
	{
		case BOLT_ARGUMENT_LIST:
			bolt_list_free(argument.value.list);
			break;
		case BOLT_ARGUMENT_KW:
			bolt_kw_free(argument.value.kw);
			break;
		case BOLT_ARGUMENT_Q:
			bolt_q_free(argument.value.q);
			break;
		case BOLT_ARGUMENT_EXPR:
			bolt_expr_free(argument.value.expr);
			break;
		case BOLT_ARGUMENT_QUERYSET:
			bolt_unref(argument.value.queryset);
			break;
		case BOLT_ARGUMENT_PREFETCH:
			bolt_prefetch_free(argument.value.prefetch);
			break;
		default:
			break;
	}
}

void
bolt__write_names(bolt__writer *writer, const char *const *names, size_t count)
{
	bolt__write(writer, "[", 1);
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			bolt__write(writer, ",", 1);
		if (names[i] == NULL)
			bolt__fail_null(writer, "a name");
		else
			bolt__write_string(writer, names[i], strlen(names[i]));
	}
	bolt__write(writer, "]", 1);
}
