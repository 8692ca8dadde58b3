/*-------------------------------------------------------------------------
 *
 * schema_decode.c
 *	  JSON text into structs, as a schema says.
 *
 * Straight from the text: no tree, and one arena for all.  Members mostly come in the
 * schema's order, so each is looked for first behind the one before.
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decoding.h"

/* Which members were there, a bit each; of more than so many in memory of the arena. */
#define USUAL_WORDS 2
#define WORD_BITS 64

struct bolt_decoded
{
	bolt__arena arena;
	void *objects;
	size_t count;
};

static bool decode_object(bolt__decoding *decoding, const bolt_schema *schema, char *object,
						  const bolt__place *place);

/* ----------
 * Objects and arrays
 * ----------
 */

/* Elements of one size, in memory that doubles. */
static bool
grow(bolt__decoding *decoding, char **elements, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? *room * 2 : 4;
	char *moved;

	if (count < *room)
		return true;
	if (size != 0 && more > SIZE_MAX / 2 / size)
		return bolt__decode_fail_memory(decoding);
	moved = bolt__arena_alloc(decoding->arena, more * size);
	if (moved == NULL)
		return bolt__decode_fail_memory(decoding);
	if (count > 0)
		memcpy(moved, *elements, count * size);
	*elements = moved;
	*room = more;
	return true;
}

/* An array of a schema's objects, or, without one, of scalars. */
static bool
decode_array(bolt__decoding *decoding, const bolt_schema *schema, bolt_member_kind element, size_t size,
			 char **elements, size_t *count, const bolt__place *place)
{
	size_t room = 0;
	bool more;

	*elements = NULL;
	*count = 0;
	if (bolt__peek(&decoding->reader) != '[')
		return bolt__decode_fail_kind(decoding, place, "an array");
	if (!bolt__enter(&decoding->reader, '[', &more))
		return bolt__decode_fail_syntax(decoding, place);
	while (more)
	{
		bolt__place inside = {place, NULL, *count};
		char *to;

		if (!grow(decoding, elements, &room, *count, size))
			return false;
		to = *elements + *count * size;
		if (!(schema ? decode_object(decoding, schema, to, &inside) :
					   bolt__decode_scalar(decoding, element, size, to, &inside)))
			return false;
		++*count;
		if (!bolt__next(&decoding->reader, '[', &more))
			return bolt__decode_fail_syntax(decoding, place);
	}
	return true;
}

static bool
decode_member(bolt__decoding *decoding, const bolt_member *member, char *object, const bolt__place *around)
{
	bolt__place place = {around, member, 0};
	char *to = object + member->offset;
	char *nested;

	if (member->optional && bolt__peek(&decoding->reader) == 'n')
		return bolt__read_word(&decoding->reader, "null") || bolt__decode_fail_syntax(decoding, &place);
	if (member->present)
		*(bool *) (object + member->present - 1) = true;
	switch (member->kind)
	{
		case BOLT_MEMBER_NESTED:
			nested = bolt__arena_alloc(decoding->arena, member->schema->size);
			if (nested == NULL)
				return bolt__decode_fail_memory(decoding);
			*(char **) to = nested;
			return decode_object(decoding, member->schema, nested, &place);
		case BOLT_MEMBER_ARRAY:
			return decode_array(decoding, member->schema, member->kind, member->schema->size, (char **) to,
								(size_t *) (object + member->count_offset), &place);
		case BOLT_MEMBER_SCALARS:
			return decode_array(decoding, NULL, member->element, member->size, (char **) to,
								(size_t *) (object + member->count_offset), &place);
		default:
			return bolt__decode_scalar(decoding, member->kind, member->size, to, &place);
	}
}

static bool
is_named(const bolt_member *member, const char *name, size_t length)
{
	const char *json = bolt__member_name(member);

	return strncmp(json, name, length) == 0 && json[length] == '\0';
}

/* The member of a name, which is looked for from `next` on; the schema's count where there is none. */
static size_t
find_member(const bolt_schema *schema, const char *name, size_t length, size_t next)
{
	for (size_t i = 0; i < schema->count; i++)
	{
		size_t at = next + i < schema->count ? next + i : next + i - schema->count;

		if (is_named(&schema->members[at], name, length))
			return at;
	}
	return schema->count;
}

static bool
read_member_name(bolt__decoding *decoding, const char **name, size_t *length, const bolt__place *place)
{
	bolt__raw_string string;

	if (!bolt__read_name(&decoding->reader, &string))
		return bolt__decode_fail_syntax(decoding, place);
	*name = string.text;
	*length = string.length;
	if (!string.escapes)
		return true;
	*name = bolt__unescape(&decoding->reader, decoding->arena, &string);
	if (*name)
		*length = strlen(*name);
	else if (decoding->reader.fault)
		*length = 0; /* a NUL: a name that no member has */
	else
		return bolt__decode_fail_memory(decoding);
	if (*name == NULL)
		*name = "";
	return true;
}

static bool
may_be_missing(const bolt__decoding *decoding, const bolt_member *member)
{
	return member->optional || (decoding->body && (member->read_only || member->annotation));
}

static bool
check_missing(bolt__decoding *decoding, const bolt_schema *schema, const uint64_t *seen,
			  const bolt__place *place)
{
	for (size_t i = 0; i < schema->count; i++)
	{
		if (!(seen[i / WORD_BITS] >> i % WORD_BITS & 1) && !may_be_missing(decoding, &schema->members[i]))
			return bolt__decode_fail_missing(decoding, &schema->members[i], place);
	}
	return true;
}

static bool
decode_object(bolt__decoding *decoding, const bolt_schema *schema, char *object, const bolt__place *place)
{
	uint64_t usual[USUAL_WORDS] = {0};
	uint64_t *seen = usual;
	size_t next = 0;
	bool more;

	if (bolt__peek(&decoding->reader) != '{')
		return bolt__decode_fail_kind(decoding, place, "an object");
	if (schema->count > USUAL_WORDS * WORD_BITS)
		seen = bolt__arena_alloc(decoding->arena, (schema->count / WORD_BITS + 1) * sizeof(uint64_t));
	if (seen == NULL)
		return bolt__decode_fail_memory(decoding);
	if (!bolt__enter(&decoding->reader, '{', &more))
		return bolt__decode_fail_syntax(decoding, place);
	while (more)
	{
		const char *name = NULL;
		size_t length = 0;
		size_t found;

		if (!read_member_name(decoding, &name, &length, place))
			return false;
		found = find_member(schema, name, length, next);
		if (found == schema->count)
		{
			if (!bolt__skip(&decoding->reader))
				return bolt__decode_fail_syntax(decoding, place);
		}
		else
		{
			if (!decode_member(decoding, &schema->members[found], object, place))
				return false;
			seen[found / WORD_BITS] |= UINT64_C(1) << found % WORD_BITS;
			next = found + 1;
		}
		if (!bolt__next(&decoding->reader, '{', &more))
			return bolt__decode_fail_syntax(decoding, place);
	}
	return check_missing(decoding, schema, seen, place);
}

/* ----------
 * What is called
 * ----------
 */
static bool
decode_all(bolt__decoding *decoding, bolt_decoded *decoded, const bolt_schema *schema)
{
	char *objects;

	if (bolt__peek(&decoding->reader) == '[')
	{
		if (!decode_array(decoding, schema, 0, schema->size, &objects, &decoded->count, NULL))
			return false;
	}
	else
	{
		objects = bolt__arena_alloc(decoding->arena, schema->size);
		if (objects == NULL)
			return bolt__decode_fail_memory(decoding);
		if (!decode_object(decoding, schema, objects, NULL))
			return false;
		decoded->count = 1;
	}
	decoded->objects = objects;
	return bolt__read_end(&decoding->reader) || bolt__decode_fail_syntax(decoding, NULL);
}

static bolt_decoded *
decode(const bolt_schema *schema, const char *json, size_t length, bool body, bolt_exception **error)
{
	bolt_decoded *decoded = calloc(1, sizeof(bolt_decoded));
	bolt__decoding decoding = {.body = body};

	if (error)
		*error = NULL;
	if (schema == NULL || json == NULL)
		decoding.error = bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "bolt_decode(): the %s is NULL",
										 schema ? "JSON text" : "schema");
	else if (decoded == NULL)
		decoding.error = bolt__out_of_memory();
	else
	{
		decoding.reader = (bolt__reader){.begin = json, .at = json, .end = json + length, .skips_deep = true};
		decoding.arena = &decoded->arena;
		if (decode_all(&decoding, decoded, schema))
			return decoded;
	}
	bolt_decoded_free(decoded);
	if (error)
		*error = decoding.error;
	else
		bolt_error_unref(decoding.error);
	return NULL;
}

bolt_decoded *
bolt_decode(const bolt_schema *schema, const char *json, size_t length, bolt_exception **error)
{
	return decode(schema, json, length, false, error);
}

bolt_decoded *
bolt__decode_body(const bolt_schema *schema, const char *json, size_t length, bolt_exception **error)
{
	return decode(schema, json, length, true, error);
}

void *
bolt_decoded_objects(const bolt_decoded *decoded, size_t *count)
{
	if (count)
		*count = decoded ? decoded->count : 0;
	return decoded && decoded->count > 0 ? decoded->objects : NULL;
}

void
bolt_decoded_free(bolt_decoded *decoded)
{
	if (decoded == NULL)
		return;
	bolt__arena_free(&decoded->arena);
	free(decoded);
}
