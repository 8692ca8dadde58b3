/*-------------------------------------------------------------------------
 *
 * document_check.c
 *	  Checks of a value's kind.  Each error names the key and what it takes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "document.h"
#include "error.h"
#include "miscadmin.h"

void
bolt_wrong_kind(const JsonValue *value, const char *what, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be %s, not %s", what, expected, bolt_json_kind_name(value->kind)),
			 bolt_errdetail_at(value)));
}

char *
bolt_quoted_key(const JsonValue *value)
{
	while (value->name == NULL && value->parent != NULL)
		value = value->parent;
	if (value->name == NULL)
		return "queryset";
	return psprintf("\"%s\"", value->name);
}

const char *
bolt_expect_string(const JsonValue *value)
{
	if (value->kind != JSON_STRING)
		bolt_wrong_kind(
			value, value->name ? bolt_quoted_key(value) : psprintf("a member of %s", bolt_quoted_key(value)),
			"a string");
	return value->text;
}

bool
bolt_expect_boolean(const JsonValue *value)
{
	if (value->kind != JSON_TRUE && value->kind != JSON_FALSE)
		bolt_wrong_kind(value, bolt_quoted_key(value), "true or false");
	return value->kind == JSON_TRUE;
}

void
bolt_expect_array(const JsonValue *value)
{
	if (value->kind != JSON_ARRAY)
		bolt_wrong_kind(value, bolt_quoted_key(value), "an array");
}

/*
 * Refuses a second member of one name: which of the two were meant cannot be
 * known, and json, unlike jsonb, keeps both.
 */
void
bolt_expect_object(const JsonValue *value, const char *what)
{
	if (value->kind != JSON_OBJECT)
		bolt_wrong_kind(value, what, "an object");
	json_foreach(member, value)
	{
		CHECK_FOR_INTERRUPTS();
		for (JsonValue *other = member->next; other != NULL; other = other->next)
		{
			if (other->name_length == member->name_length &&
				memcmp(other->name, member->name, member->name_length) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("key \"%s\" is given twice", member->name), bolt_errdetail_at(other)));
		}
	}
}

void
bolt_unknown_key(const JsonValue *value, const char *what, List *choices)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown key \"%s\" in %s", value->name, what),
			 bolt_errdetail_at(value), bolt_errhint_choices(choices)));
}
