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
#include "name_table.h"
#include "settings.h"

/* A longer path is not repeated in an error. */
#define MAX_NAMED_PATH 10000

void
bolt_refuse_data(const JsonValue *value)
{
	if (!value->data)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s cannot be a Ref", bolt_quoted_key(value)),
			 bolt_errdetail_at(value),
			 errhint("An earlier result is data: it can be a value, but no name, path or query.")));
}

void
bolt_check_steps(const char *path, const JsonValue *value)
{
	int steps = 1;

	for (const char *at = path; (at = strstr(at, "__")) != NULL; at += 2)
	{
		if (++steps > bolt_max_depth)
			ereport(ERROR,
					(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
					 errmsg("a path has more than %d steps", bolt_max_depth),
					 strlen(path) < MAX_NAMED_PATH ? bolt_errdetail_at(value) : 0,
					 errhint("Raise \"bolt_orm.max_depth\" if the path is meant so.")));
	}
}

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
	bolt_refuse_data(value);
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
	bolt_refuse_data(value);
}

/* Fewer names are compared each with each, which is quicker. */
#define FEW_NAMES 16

static bool
is_name_of(const JsonValue *a, const JsonValue *b)
{
	return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

/* The first member whose name another one before it has, or NULL. */
static const JsonValue *
repeated_name(const JsonValue *object)
{
	NameTable *names;

	if (object->count <= FEW_NAMES)
	{
		json_foreach(member, object)
		{
			for (const JsonValue *before = object->first; before != member; before = before->next)
			{
				if (is_name_of(before, member))
					return member;
			}
		}
		return NULL;
	}
	names = bolt_name_table_create(object->count);
	json_foreach(member, object)
	{
		CHECK_FOR_INTERRUPTS();
		if (bolt_name_table_add(names, member->name, member->name_length, member) != member)
			return member;
	}
	bolt_name_table_free(names);
	return NULL;
}

/*
 * An object, with no member's name given twice: which of the two were meant cannot be
 * known, and json, unlike jsonb, keeps both.
 */
void
bolt_expect_values(const JsonValue *value, const char *what)
{
	const JsonValue *repeated;

	if (value->kind != JSON_OBJECT)
		bolt_wrong_kind(value, what, "an object");
	repeated = repeated_name(value);
	if (repeated != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("key \"%s\" is given twice", repeated->name), bolt_errdetail_at(repeated)));
}

void
bolt_expect_object(const JsonValue *value, const char *what)
{
	if (value->kind == JSON_OBJECT)
		bolt_refuse_data(value);
	bolt_expect_values(value, what);
}

void
bolt_unknown_key(const JsonValue *value, const char *what, List *choices)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown key \"%s\" in %s", value->name, what),
			 bolt_errdetail_at(value), bolt_errhint_choices(choices)));
}
