/*-------------------------------------------------------------------------
 *
 * schema_values.c
 *	  Structs as values that are written, as a schema says.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "bolt_orm/schema.h"
#include "decoding.h"
#include "expression.h"
#include "value.h"

static long long
signed_value(const char *at, size_t size)
{
	switch (size)
	{
		case 1:
			return *(const int8_t *) at;
		case 2:
			return *(const int16_t *) at;
		case 4:
			return *(const int32_t *) at;
		default:
			return *(const int64_t *) at;
	}
}

static unsigned long long
unsigned_value(const char *at, size_t size)
{
	switch (size)
	{
		case 1:
			return *(const uint8_t *) at;
		case 2:
			return *(const uint16_t *) at;
		case 4:
			return *(const uint32_t *) at;
		default:
			return *(const uint64_t *) at;
	}
}

/* A float as the shortest number that is the same float: 0.1f is 0.1. */
static double
float_value(const char *at)
{
	float value = *(const float *) at;
	char digits[32];

	for (int precision = 6; precision <= 9; precision++)
	{
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtof(digits, NULL) == value)
			return strtod(digits, NULL);
	}
	return value;
}

static bolt_argument
scalar(bolt_member_kind kind, size_t size, const char *at)
{
	const char *text;

	switch (kind)
	{
		case BOLT_MEMBER_BOOL:
			return bolt_argument_bool(*(const bool *) at);
		case BOLT_MEMBER_SIGNED:
			return bolt_argument_integer(signed_value(at, size));
		case BOLT_MEMBER_UNSIGNED:
			return bolt_argument_unsigned(unsigned_value(at, size));
		case BOLT_MEMBER_FLOAT:
			return bolt_argument_double(size == sizeof(float) ? float_value(at) : *(const double *) at);
		case BOLT_MEMBER_JSON_TEXT:
			text = *(const char *const *) at;
			return text ? bolt_argument_expr(bolt_json_value(text, strlen(text))) : bolt_argument_null(NULL);
		default:
			return bolt_argument_text(*(const char *const *) at);
	}
}

/* What a member that is a pointer points to. */
static const char *
pointed(const bolt_member *member, const char *object)
{
	return *(const char *const *) (object + member->offset);
}

static bolt_argument
scalars(const bolt_member *member, const char *elements, size_t count)
{
	bolt_list *list = bolt_list_new(NULL, 0);

	if (member->optional && elements == NULL)
	{
		bolt_list_free(list);
		return bolt_argument_null(NULL);
	}
	for (size_t i = 0; i < count; i++)
		list =
			bolt_list_add_argument(list, scalar(member->element, member->size, elements + i * member->size));
	return bolt_argument_list(list);
}

static bolt_argument
member_value(const bolt_member *member, const char *object)
{
	const size_t *count = (const size_t *) (object + member->count_offset);

	if (member->present && !*(const bool *) (object + member->present - 1))
		return bolt_argument_null(NULL);
	switch (member->kind)
	{
		case BOLT_MEMBER_NESTED:
			if (pointed(member, object) == NULL)
				return bolt_argument_null(NULL);
			return bolt_argument_kw(bolt_values_of_members(member->schema, pointed(member, object), NULL, 0));
		case BOLT_MEMBER_ARRAY:
			return bolt_argument_list(
				bolt_rows_of_members(member->schema, pointed(member, object), *count, NULL, 0));
		case BOLT_MEMBER_SCALARS:
			return scalars(member, pointed(member, object), *count);
		default:
			return scalar(member->kind, member->size, object + member->offset);
	}
}

/* A name that is asked for and that the schema has not; NULL where there is none such. */
static const char *
unknown_member(const bolt_schema *schema, const char *const *names, size_t count)
{
	for (size_t n = 0; n < count; n++)
	{
		size_t i = 0;

		while (names[n] && i < schema->count && strcmp(bolt__member_name(&schema->members[i]), names[n]) != 0)
			i++;
		if (names[n] == NULL || i == schema->count)
			return names[n] ? names[n] : "NULL";
	}
	return NULL;
}

static bool
is_wanted(const bolt_member *member, const char *const *names, size_t count)
{
	for (size_t n = 0; n < count; n++)
	{
		if (strcmp(bolt__member_name(member), names[n]) == 0)
			return true;
	}
	return count == 0 && !member->read_only && !member->annotation;
}

bolt_kw *
bolt_values_of_members(const bolt_schema *schema, const void *object, const char *const *members,
					   size_t count)
{
	bolt_kw *kw = bolt_kw_new(NULL, 0);
	const char *unknown;

	if (schema == NULL || object == NULL)
		return bolt__kw_fail(kw,
							 bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the %s of bolt_values_of is NULL",
											 schema ? "object" : "schema"));
	unknown = unknown_member(schema, members, count);
	if (unknown)
		return bolt__kw_fail(kw,
							 bolt__error_new(BOLT_FIELD_ERROR, NULL, "schema \"%s\" has no member \"%s\"",
											 schema->name, unknown));
	for (size_t i = 0; i < schema->count; i++)
	{
		if (is_wanted(&schema->members[i], members, count))
			kw = bolt_kw_add_argument(kw, bolt__member_name(&schema->members[i]),
									  member_value(&schema->members[i], object));
	}
	return kw;
}

bolt_list *
bolt_rows_of_members(const bolt_schema *schema, const void *objects, size_t number,
					 const char *const *members, size_t count)
{
	bolt_list *list = bolt_list_new(NULL, 0);

	for (size_t i = 0; i < number; i++)
	{
		const char *object = schema && objects ? (const char *) objects + i * schema->size : NULL;

		list = bolt_list_add_argument(
			list, bolt_argument_kw(bolt_values_of_members(schema, object, members, count)));
	}
	return list;
}
