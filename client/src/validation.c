/*-------------------------------------------------------------------------
 *
 * validation.c
 *	  JSON that came from outside, held against a schema.
 *
 * One pass: what is good goes into the text of the values as it stands, what is not into the
 * list of faults.  Only JSON that is none ends it early.  The messages are Django REST framework's.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/validation.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "faults.h"
#include "json_reader.h"
#include "value.h"

/* What a message shows of a name or a number. */
#define LONGEST_SHOWN 100

typedef struct Validation
{
	bolt__reader reader;
	bolt__faults faults;
	bolt__writer path; /* of the value that is being read */
	bolt__arena arena; /* names with escapes */
	bool enough;	   /* the rest need not be read */
} Validation;

/* These return false where the text is no JSON, and then nothing more can be read. */
static bool read_object(Validation *validation, const bolt_schema *schema, bool partial,
						bolt__writer *values);

#define FAULT(validation, ...) \
	bolt__fault(&(validation)->faults, (validation)->path.text ? (validation)->path.text : "", \
				(validation)->path.length, __VA_ARGS__)

static const char *
json_name(const bolt_member *member)
{
	return member->json ? member->json : member->name;
}

/* Cuts between characters. */
static int
shown_length(const char *text, size_t length)
{
	if (length <= LONGEST_SHOWN)
		return (int) length;
	length = LONGEST_SHOWN;
	while (length > 0 && ((unsigned char) text[length] & 0xc0) == 0x80)
		length--;
	return (int) length;
}

/* Goes into a member; returns where the path was before. */
static size_t
enter_member(Validation *validation, const char *name, size_t length)
{
	size_t before = validation->path.length;

	if (before > 0)
		bolt__write(&validation->path, ".", 1);
	bolt__write(&validation->path, name, (size_t) shown_length(name, length));
	return before;
}

static size_t
enter_element(Validation *validation, size_t index)
{
	size_t before = validation->path.length;

	bolt__write(&validation->path, "[", 1);
	bolt__write_unsigned(&validation->path, index);
	bolt__write(&validation->path, "]", 1);
	return before;
}

static void
leave(Validation *validation, size_t before)
{
	validation->path.length = before;
}

/* A value that is not what it should be: says so, and goes on behind it. */
#define REFUSE(validation, ...) (FAULT(validation, __VA_ARGS__), bolt__skip(&(validation)->reader))

/* ----------
 * Scalars
 * ----------
 */
static bool
has_nul(const bolt__raw_string *string)
{
	const char *at = string->text;
	const char *end = at + string->length;

	while (string->escapes && (at = memchr(at, '\\', (size_t) (end - at))) != NULL)
	{
		if (at[1] == 'u' && memcmp(at + 2, "0000", 4) == 0)
			return true;
		at += 2;
	}
	return false;
}

static bool
read_string(Validation *validation, bolt__writer *values)
{
	bolt__raw_string string;
	const char *begin;

	if (bolt__peek(&validation->reader) != '"')
		return REFUSE(validation, "Not a valid string.");
	begin = validation->reader.at;
	if (!bolt__read_string(&validation->reader, &string))
		return false;
	if (has_nul(&string))
		FAULT(validation, "Null characters are not allowed.");
	bolt__write(values, begin, (size_t) (validation->reader.at - begin));
	return true;
}

static bool
is_number(char first)
{
	return first == '-' || (first >= '0' && first <= '9');
}

/* Whether the digits fit so many bytes. */
static bool
fits(const char *digits, size_t length, const bolt_member *member, bolt_member_kind kind)
{
	bool negative = *digits == '-';
	uint64_t largest = UINT64_MAX >> (64 - 8 * member->size);
	uint64_t magnitude = 0;

	if (kind == BOLT_MEMBER_SIGNED)
		largest = (largest >> 1) + negative;
	else if (negative)
		return false;
	for (size_t i = negative; i < length; i++)
	{
		if (__builtin_mul_overflow(magnitude, 10, &magnitude) ||
			__builtin_add_overflow(magnitude, (uint64_t) (digits[i] - '0'), &magnitude))
			return false;
	}
	return magnitude <= largest;
}

/* A number, or, for integers of 64 bits, one in quotes, as bolt_orm.bigint_as_string writes it. */
static bool
read_integer(Validation *validation, const bolt_member *member, bolt_member_kind kind, bolt__writer *values)
{
	bool quoted = bolt__peek(&validation->reader) == '"' && member->size == sizeof(int64_t);
	const char *begin = validation->reader.at;
	const char *digits;
	size_t length;
	bool integral;

	if (quoted)
	{
		bolt__raw_string string;
		bolt__reader inside;

		if (!bolt__read_string(&validation->reader, &string))
			return false;
		inside = (bolt__reader){.begin = string.text, .at = string.text, .end = string.text + string.length};
		integral = string.length > 0 && is_number(*string.text) &&
			bolt__read_number(&inside, &digits, &length, &integral) && length == string.length && integral;
	}
	else if (!is_number(bolt__peek(&validation->reader)))
		return REFUSE(validation, "A valid integer is required.");
	else if (!bolt__read_number(&validation->reader, &digits, &length, &integral))
		return false;
	if (!integral)
		FAULT(validation, "A valid integer is required.");
	else if (kind == BOLT_MEMBER_UNSIGNED && *digits == '-')
		FAULT(validation, "Ensure this value is greater than or equal to 0.");
	else if (!fits(digits, length, member, kind))
		FAULT(validation, "Ensure this value fits %zu bits.", 8 * member->size);
	bolt__write(values, begin, (size_t) (validation->reader.at - begin));
	return true;
}

static bool
read_float(Validation *validation, bolt__writer *values)
{
	const char *digits;
	size_t length;
	bool integral;

	if (!is_number(bolt__peek(&validation->reader)))
		return REFUSE(validation, "A valid number is required.");
	if (!bolt__read_number(&validation->reader, &digits, &length, &integral))
		return false;
	bolt__write(values, digits, length);
	return true;
}

static bool
read_boolean(Validation *validation, bolt__writer *values)
{
	char first = bolt__peek(&validation->reader);
	const char *word = first == 't' ? "true" : "false";

	if (first != 't' && first != 'f')
		return REFUSE(validation, "Must be a valid boolean.");
	if (!bolt__read_word(&validation->reader, word))
		return false;
	bolt__write_text(values, word);
	return true;
}

/* Any value, as a literal: an object in it is no expression, whatever its keys are. */
static bool
read_json_text(Validation *validation, bolt__writer *values)
{
	const char *begin;

	bolt__peek(&validation->reader);
	begin = validation->reader.at;
	if (!bolt__skip(&validation->reader))
		return false;
	bolt__write_text(values, "{\"Value\":");
	bolt__write(values, begin, (size_t) (validation->reader.at - begin));
	bolt__write_text(values, "}");
	return true;
}

static bool
read_scalar(Validation *validation, const bolt_member *member, bolt_member_kind kind, bolt__writer *values)
{
	switch (kind)
	{
		case BOLT_MEMBER_BOOL:
			return read_boolean(validation, values);
		case BOLT_MEMBER_SIGNED:
		case BOLT_MEMBER_UNSIGNED:
			return read_integer(validation, member, kind, values);
		case BOLT_MEMBER_FLOAT:
			return read_float(validation, values);
		case BOLT_MEMBER_STRING:
			return read_string(validation, values);
		default:
			return read_json_text(validation, values);
	}
}

/* ----------
 * Arrays and objects
 * ----------
 */
static bool
read_array(Validation *validation, const bolt_member *member, bolt__writer *values)
{
	char first = bolt__peek(&validation->reader);
	bool more;

	if (first != '[')
		return REFUSE(validation, "Expected a list of items but got %s.", bolt__kind_of(first));
	if (!bolt__enter(&validation->reader, '[', &more))
		return false;
	bolt__write_text(values, "[");
	for (size_t index = 0; more; index++)
	{
		size_t before = enter_element(validation, index);
		bool read;

		if (index > 0)
			bolt__write_text(values, ",");
		if (member->kind == BOLT_MEMBER_ARRAY)
			read = read_object(validation, member->schema, false, values);
		else
			read = read_scalar(validation, member, member->element, values);
		leave(validation, before);
		if (!read || !bolt__next(&validation->reader, '[', &more))
			return false;
	}
	bolt__write_text(values, "]");
	return true;
}

/* Whether a struct could say that it is null. */
static bool
may_be_null(const bolt_member *member)
{
	return member->optional &&
		(member->present || member->kind == BOLT_MEMBER_STRING || member->kind == BOLT_MEMBER_JSON_TEXT ||
		 member->kind == BOLT_MEMBER_NESTED || member->kind == BOLT_MEMBER_SCALARS);
}

static bool
read_member(Validation *validation, const bolt_member *member, bolt__writer *values)
{
	if (bolt__peek(&validation->reader) == 'n')
	{
		if (!bolt__read_word(&validation->reader, "null"))
			return false;
		if (!may_be_null(member))
			FAULT(validation, "This field may not be null.");
		bolt__write_text(values, "null");
		return true;
	}
	switch (member->kind)
	{
		case BOLT_MEMBER_NESTED:
			return read_object(validation, member->schema, false, values);
		case BOLT_MEMBER_ARRAY:
		case BOLT_MEMBER_SCALARS:
			return read_array(validation, member, values);
		default:
			return read_scalar(validation, member, member->kind, values);
	}
}

static bool
is_written(const bolt_member *member)
{
	return !member->read_only && !member->annotation;
}

/* The place of a member in the schema; its count where there is none of that name. */
static size_t
find_member(Validation *validation, const bolt_schema *schema, const bolt__raw_string *name)
{
	const char *text = name->text;
	size_t length = name->length;
	size_t i = 0;

	if (name->escapes)
	{
		text = bolt__unescape(&validation->reader, &validation->arena, name);
		if (text == NULL)
			return schema->count;
		length = strlen(text);
	}
	while (i < schema->count &&
		   (strlen(json_name(&schema->members[i])) != length ||
			memcmp(json_name(&schema->members[i]), text, length) != 0))
		i++;
	return i;
}

/* A member that has been named; "name":value goes to the others unless it is left out. */
static bool
read_named(Validation *validation, const bolt_schema *schema, const bolt__raw_string *name, bool *seen,
		   bolt__writer *values, size_t beginning)
{
	size_t at = find_member(validation, schema, name);
	const bolt_member *member = &schema->members[at];

	if (at == schema->count)
		return REFUSE(validation, "Unknown field.");
	if (seen[at])
		return REFUSE(validation, "This field is given twice.");
	seen[at] = true;
	if (!is_written(member))
		return bolt__skip(&validation->reader);
	bolt__write_comma(values, beginning);
	bolt__write_string(values, json_name(member), strlen(json_name(member)));
	bolt__write_text(values, ":");
	return read_member(validation, member, values);
}

static bool
read_members(Validation *validation, const bolt_schema *schema, bool partial, bool *seen,
			 bolt__writer *values)
{
	size_t beginning = values->length;
	bool more;

	if (!bolt__enter(&validation->reader, '{', &more))
		return false;
	while (more)
	{
		bolt__raw_string name;
		size_t before;
		bool read;

		if (!bolt__read_name(&validation->reader, &name))
			return false;
		before = enter_member(validation, name.text, name.length);
		read = read_named(validation, schema, &name, seen, values, beginning);
		leave(validation, before);
		if (!read || !bolt__next(&validation->reader, '{', &more))
			return false;
	}
	for (size_t i = 0; i < schema->count && !partial; i++)
	{
		const bolt_member *member = &schema->members[i];

		if (!seen[i] && !member->optional && is_written(member))
		{
			size_t before = enter_member(validation, json_name(member), strlen(json_name(member)));

			FAULT(validation, "This field is required.");
			leave(validation, before);
		}
	}
	return true;
}

/* The members, without their braces. */
static bool
read_bare_object(Validation *validation, const bolt_schema *schema, bool partial, bolt__writer *values)
{
	char first = bolt__peek(&validation->reader);
	bool *seen;
	bool read;

	if (first != '{')
		return REFUSE(validation, "Invalid data. Expected an object, but got %s.", bolt__kind_of(first));
	seen = calloc(schema->count + 1, sizeof(bool));
	if (seen == NULL)
	{
		bolt__writer_fail(values, bolt__out_of_memory());
		return bolt__skip(&validation->reader);
	}
	read = read_members(validation, schema, partial, seen, values);
	free(seen);
	return read;
}

static bool
read_object(Validation *validation, const bolt_schema *schema, bool partial, bolt__writer *values)
{
	bool read;

	bolt__write_text(values, "{");
	read = read_bare_object(validation, schema, partial, values);
	bolt__write_text(values, "}");
	return read;
}

/* Objects, joined by commas. */
static bool
read_rows(Validation *validation, const bolt_schema *schema, size_t most, bolt__writer *values)
{
	char first = bolt__peek(&validation->reader);
	bool more;

	if (first != '[')
		return REFUSE(validation, "Expected a list of items but got %s.", bolt__kind_of(first));
	if (!bolt__enter(&validation->reader, '[', &more))
		return false;
	for (size_t index = 0; more; index++)
	{
		size_t before;
		bool read;

		if (index == most)
		{
			FAULT(validation, "Ensure this list has no more than %zu items.", most);
			validation->enough = true;
			return true;
		}
		before = enter_element(validation, index);
		bolt__write_comma(values, 0);
		read = read_object(validation, schema, false, values);
		leave(validation, before);
		if (!read || !bolt__next(&validation->reader, '[', &more))
			return false;
	}
	return true;
}

/* ----------
 * A whole body
 * ----------
 */
static Validation
begin(const char *body, size_t length)
{
	return (Validation){.reader = {.begin = body, .at = body, .end = body + length}};
}

/* What is wrong with all of it, or NULL.  Of text that is no JSON only that is said. */
static bolt_exception *
finish(Validation *validation, bool read, bolt__writer *values)
{
	bolt_exception *error = NULL;

	if (read && !validation->enough)
		read = bolt__read_end(&validation->reader);
	if (!read)
	{
		long at = (long) (validation->reader.at - validation->reader.begin);
		const char *fault = validation->reader.fault ? validation->reader.fault : "out of memory";

		bolt_error_unref(bolt__faults_finish(&validation->faults));
		bolt__fault(&validation->faults, "", 0, "JSON parse error - %s at byte %ld", fault, at);
	}
	if (validation->path.error || values->error)
	{
		error = bolt_error_ref(validation->path.error ? validation->path.error : values->error);
		bolt_error_unref(bolt__faults_finish(&validation->faults));
	}
	else
		error = bolt__faults_finish(&validation->faults);
	if (error)
		bolt__writer_free(values);
	bolt__writer_free(&validation->path);
	bolt__arena_free(&validation->arena);
	return error;
}

static bool
hand_over(bolt_exception *wrong, bolt_exception **error)
{
	if (error)
		*error = wrong;
	else
		bolt_error_unref(wrong);
	return wrong == NULL;
}

static bolt_exception *
misuse(const bolt_schema *schema, const char *body, size_t length)
{
	if (schema && (body || length == 0))
		return NULL;
	return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the %s to validate is NULL",
						   schema ? "body" : "schema");
}

bolt_kw *
bolt_validate(const bolt_schema *schema, const char *body, size_t length, bool partial,
			  bolt_exception **error)
{
	Validation validation = begin(body ? body : "", length);
	bolt__writer values = {0};
	bolt_exception *wrong = misuse(schema, body, length);

	if (wrong == NULL)
	{
		bool read = read_bare_object(&validation, schema, partial, &values);

		wrong = finish(&validation, read, &values);
	}
	return hand_over(wrong, error) ? bolt__kw_of_text(&values) : NULL;
}

bolt_list *
bolt_validate_rows(const bolt_schema *schema, const char *body, size_t length, size_t most,
				   bolt_exception **error)
{
	Validation validation = begin(body ? body : "", length);
	bolt__writer rows = {0};
	bolt_exception *wrong = misuse(schema, body, length);

	if (wrong == NULL)
	{
		bool read = read_rows(&validation, schema, most, &rows);

		wrong = finish(&validation, read, &rows);
	}
	return hand_over(wrong, error) ? bolt__list_of_text(&rows) : NULL;
}
