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
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bolt_orm/schema.h"
#include "error.h"
#include "json_reader.h"
#include "json_writer.h"
#include "relation_hint.h"

/* Which members were there, a bit each; of more than so many in memory of the arena. */
#define USUAL_WORDS 2
#define WORD_BITS 64

struct bolt_decoded
{
	bolt__arena arena;
	void *objects;
	size_t count;
};

/* Where in the value we are; from the inside out. */
typedef struct Place
{
	const struct Place *around;
	const bolt_member *member; /* NULL: an element */
	size_t index;
} Place;

typedef struct Decoding
{
	bolt__reader reader;
	bolt__arena *arena;
	bolt_exception *error;
} Decoding;

static bool decode_object(Decoding *decoding, const bolt_schema *schema, char *object, const Place *place);

static const char *
json_name(const bolt_member *member)
{
	return member->json ? member->json : member->name;
}

/* ----------
 * Errors
 * ----------
 */

/* comments[3].author */
static void
write_place(bolt__writer *path, const Place *place)
{
	if (place == NULL)
		return;
	write_place(path, place->around);
	if (place->member)
	{
		if (path->length > 0)
			bolt__write(path, ".", 1);
		bolt__write_text(path, json_name(place->member));
	}
	else
	{
		bolt__write(path, "[", 1);
		bolt__write_unsigned(path, place->index);
		bolt__write(path, "]", 1);
	}
}

static char *
path_of(const Place *place)
{
	bolt__writer path = {0};
	bolt_exception *error;
	char *text;

	write_place(&path, place);
	text = bolt__writer_finish(&path, &error);
	bolt_error_unref(error);
	return text;
}

/* What the reader found. */
static bool
fail_syntax(Decoding *decoding, const Place *place)
{
	char *path;

	if (decoding->error)
		return false;
	if (decoding->reader.fault == NULL)
	{
		decoding->error = bolt__out_of_memory();
		return false;
	}
	path = path_of(place);
	decoding->error = bolt__error_new(BOLT_DECODE_ERROR, NULL, "%s%sinvalid JSON at byte %zu: %s",
									  path ? path : "", path && *path ? ": " : "",
									  decoding->reader.at - decoding->reader.begin, decoding->reader.fault);
	free(path);
	return false;
}

static bool __attribute__((format(printf, 3, 4)))
fail_value(Decoding *decoding, const Place *place, const char *format, ...)
{
	va_list arguments;
	char *path = path_of(place);
	char *words;

	va_start(arguments, format);
	if (vasprintf(&words, format, arguments) < 0)
		words = NULL;
	va_end(arguments);
	if (words && path)
		decoding->error = bolt__error_new(BOLT_DECODE_ERROR, NULL, "%s%s%s", path, *path ? ": " : "", words);
	else
		decoding->error = bolt__out_of_memory();
	free(path);
	free(words);
	return false;
}

static bool
fail_memory(Decoding *decoding)
{
	if (decoding->error == NULL)
		decoding->error = bolt__out_of_memory();
	return false;
}

static bool
fail_kind(Decoding *decoding, const Place *place, const char *expected)
{
	char first = bolt__peek(&decoding->reader);

	/* what is no value at all is an error of JSON */
	if (!strchr("{[\"tfn-0123456789", first) || first == '\0')
	{
		bolt__skip(&decoding->reader);
		return fail_syntax(decoding, place);
	}
	return fail_value(decoding, place, "%s is expected, not %s", expected, bolt__kind_of(first));
}

/* The path of relations that leads here, for a queryset; whether one of them is to-many. */
static bool
write_lookup(bolt__writer *path, const Place *place)
{
	bool to_many;

	if (place == NULL)
		return false;
	to_many = write_lookup(path, place->around);
	if (place->member == NULL)
		return to_many;
	if (path->length > 0)
		bolt__write(path, "__", 2);
	bolt__write_text(path, place->member->lookup ? place->member->lookup : json_name(place->member));
	return to_many || place->member->kind == BOLT_MEMBER_ARRAY;
}

static bool
fail_missing(Decoding *decoding, const bolt_member *member, const Place *around)
{
	Place place = {around, member, 0};
	bolt__writer lookup = {0};
	bolt_exception *error;
	char *path;
	char *text;
	bool to_many;

	if (member->kind != BOLT_MEMBER_NESTED && member->kind != BOLT_MEMBER_ARRAY)
		return fail_value(decoding, &place, "missing");
	to_many = write_lookup(&lookup, &place);
	text = bolt__writer_finish(&lookup, &error);
	path = path_of(&place);
	if (text && path)
		decoding->error = bolt__related_not_fetched(path, text, !to_many);
	else
		decoding->error = bolt__out_of_memory();
	bolt_error_unref(error);
	free(text);
	free(path);
	return false;
}

/* ----------
 * Scalars
 * ----------
 */
static bool
read_text(Decoding *decoding, char **text, const Place *place)
{
	bolt__raw_string string;

	if (bolt__peek(&decoding->reader) != '"')
		return fail_kind(decoding, place, "a string");
	if (!bolt__read_string(&decoding->reader, &string))
		return fail_syntax(decoding, place);
	*text = bolt__unescape(&decoding->reader, decoding->arena, &string);
	if (*text == NULL && decoding->reader.fault)
		return fail_value(decoding, place, "%s", decoding->reader.fault);
	return *text != NULL || fail_memory(decoding);
}

/* A number; of 64 bits and more also in quotes, as bolt_orm.bigint_as_string writes it. */
static bool
read_digits(Decoding *decoding, size_t size, const char **digits, size_t *length, bool *integral,
			const char *expected, const Place *place)
{
	char first = bolt__peek(&decoding->reader);
	bolt__raw_string string;
	bolt__reader quoted;

	if (first != '"' || size < sizeof(int64_t))
	{
		if (first != '-' && (first < '0' || first > '9'))
			return fail_kind(decoding, place, expected);
		return bolt__read_number(&decoding->reader, digits, length, integral) || fail_syntax(decoding, place);
	}
	if (!bolt__read_string(&decoding->reader, &string))
		return fail_syntax(decoding, place);
	quoted = (bolt__reader){.begin = string.text, .at = string.text, .end = string.text + string.length};
	if (!bolt__read_number(&quoted, digits, length, integral) || *digits != string.text ||
		*length != string.length)
		return fail_value(decoding, place, "%s is expected, not a string", expected);
	return true;
}

/* Whether the digits are a number of 64 bits. */
static bool
parse_unsigned(const char *digits, size_t length, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < length; i++)
	{
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, digits[i] - '0', value))
			return false;
	}
	return true;
}

static bool
read_integer(Decoding *decoding, bolt_member_kind kind, size_t size, char *to, const Place *place)
{
	const char *digits;
	size_t length;
	bool integral;
	bool negative;
	uint64_t magnitude;
	uint64_t largest = UINT64_MAX >> (64 - 8 * size);
	int shown;

	if (!read_digits(decoding, size, &digits, &length, &integral, "an integer", place))
		return false;
	shown = length > 40 ? 40 : length;
	if (!integral)
		return fail_value(decoding, place, "an integer is expected, not %.*s", shown, digits);
	negative = digits[0] == '-';
	if (kind == BOLT_MEMBER_SIGNED)
		largest = (largest >> 1) + negative;
	else if (negative)
		largest = 0;
	if (!parse_unsigned(digits + negative, length - negative, &magnitude) || magnitude > largest)
		return fail_value(decoding, place, "%.*s does not fit %s%zu", shown, digits,
						  kind == BOLT_MEMBER_SIGNED ? "int" : "uint", 8 * size);
	if (negative)
		magnitude = -magnitude;

	/* the low bytes, wherever they are */
	switch (size)
	{
		case 1:
			*(uint8_t *) to = magnitude;
			break;
		case 2:
			*(uint16_t *) to = magnitude;
			break;
		case 4:
			*(uint32_t *) to = magnitude;
			break;
		default:
			*(uint64_t *) to = magnitude;
			break;
	}
	return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void
make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

/* to_json writes the numbers that JSON has not as strings. */
static bool
parse_odd_float(const char *text, double *value)
{
	if (strcmp(text, "NaN") == 0)
		*value = __builtin_nan("");
	else if (strcmp(text, "Infinity") == 0)
		*value = __builtin_inf();
	else if (strcmp(text, "-Infinity") == 0)
		*value = -__builtin_inf();
	else
		return false;
	return true;
}

static bool
read_float(Decoding *decoding, size_t size, char *to, const Place *place)
{
	bolt__reader before = decoding->reader;
	const char *digits;
	size_t length;
	bool integral;
	double value;
	char *text;

	if (bolt__peek(&decoding->reader) == '"')
	{
		if (!read_text(decoding, &text, place))
			return false;
		if (parse_odd_float(text, &value))
			goto parsed;
		decoding->reader = before;
	}
	if (!read_digits(decoding, sizeof(int64_t), &digits, &length, &integral, "a number", place))
		return false;
	text = bolt__arena_bytes(decoding->arena, length + 1);
	if (text == NULL)
		return fail_memory(decoding);
	memcpy(text, digits, length);
	text[length] = '\0';
	pthread_once(&c_locale_once, make_c_locale);
	value = c_locale ? strtod_l(text, NULL, c_locale) : strtod(text, NULL);
	bolt__arena_trim(decoding->arena, text);
	if (__builtin_isinf(value) || (size == sizeof(float) && __builtin_isinf((float) value)))
		return fail_value(decoding, place, "%.*s does not fit %s", length > 40 ? 40 : (int) length, digits,
						  size == sizeof(float) ? "float" : "double");
parsed:
	if (size == sizeof(float))
		*(float *) to = value;
	else
		*(double *) to = value;
	return true;
}

static bool
read_bool(Decoding *decoding, char *to, const Place *place)
{
	char first = bolt__peek(&decoding->reader);

	if (first != 't' && first != 'f')
		return fail_kind(decoding, place, "true or false");
	if (!bolt__read_word(&decoding->reader, first == 't' ? "true" : "false"))
		return fail_syntax(decoding, place);
	*(bool *) to = first == 't';
	return true;
}

static bool
read_json_text(Decoding *decoding, char **to, const Place *place)
{
	const char *begin;
	size_t length;

	bolt__peek(&decoding->reader);
	begin = decoding->reader.at;
	if (!bolt__skip(&decoding->reader))
		return fail_syntax(decoding, place);
	length = decoding->reader.at - begin;
	*to = bolt__arena_bytes(decoding->arena, length + 1);
	if (*to == NULL)
		return fail_memory(decoding);
	memcpy(*to, begin, length);
	(*to)[length] = '\0';
	return true;
}

static bool
read_scalar(Decoding *decoding, bolt_member_kind kind, size_t size, char *to, const Place *place)
{
	switch (kind)
	{
		case BOLT_MEMBER_BOOL:
			return read_bool(decoding, to, place);
		case BOLT_MEMBER_SIGNED:
		case BOLT_MEMBER_UNSIGNED:
			return read_integer(decoding, kind, size, to, place);
		case BOLT_MEMBER_FLOAT:
			return read_float(decoding, size, to, place);
		case BOLT_MEMBER_STRING:
			return read_text(decoding, (char **) to, place);
		default:
			return read_json_text(decoding, (char **) to, place);
	}
}

/* ----------
 * Objects and arrays
 * ----------
 */

/* Elements of one size, in memory that doubles. */
static bool
grow(Decoding *decoding, char **elements, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? *room * 2 : 4;
	char *moved;

	if (count < *room)
		return true;
	if (size != 0 && more > SIZE_MAX / 2 / size)
		return fail_memory(decoding);
	moved = bolt__arena_alloc(decoding->arena, more * size);
	if (moved == NULL)
		return fail_memory(decoding);
	if (count > 0)
		memcpy(moved, *elements, count * size);
	*elements = moved;
	*room = more;
	return true;
}

/* An array of a schema's objects, or, without one, of scalars. */
static bool
decode_array(Decoding *decoding, const bolt_schema *schema, bolt_member_kind element, size_t size,
			 char **elements, size_t *count, const Place *place)
{
	size_t room = 0;
	bool more;

	*elements = NULL;
	*count = 0;
	if (bolt__peek(&decoding->reader) != '[')
		return fail_kind(decoding, place, "an array");
	if (!bolt__enter(&decoding->reader, '[', &more))
		return fail_syntax(decoding, place);
	while (more)
	{
		Place inside = {place, NULL, *count};
		char *to;

		if (!grow(decoding, elements, &room, *count, size))
			return false;
		to = *elements + *count * size;
		if (!(schema ? decode_object(decoding, schema, to, &inside) :
					   read_scalar(decoding, element, size, to, &inside)))
			return false;
		++*count;
		if (!bolt__next(&decoding->reader, '[', &more))
			return fail_syntax(decoding, place);
	}
	return true;
}

static bool
decode_member(Decoding *decoding, const bolt_member *member, char *object, const Place *around)
{
	Place place = {around, member, 0};
	char *to = object + member->offset;
	char *nested;

	if (member->optional && bolt__peek(&decoding->reader) == 'n')
		return bolt__read_word(&decoding->reader, "null") || fail_syntax(decoding, &place);
	if (member->present)
		*(bool *) (object + member->present - 1) = true;
	switch (member->kind)
	{
		case BOLT_MEMBER_NESTED:
			nested = bolt__arena_alloc(decoding->arena, member->schema->size);
			if (nested == NULL)
				return fail_memory(decoding);
			*(char **) to = nested;
			return decode_object(decoding, member->schema, nested, &place);
		case BOLT_MEMBER_ARRAY:
			return decode_array(decoding, member->schema, member->kind, member->schema->size, (char **) to,
								(size_t *) (object + member->count_offset), &place);
		case BOLT_MEMBER_SCALARS:
			return decode_array(decoding, NULL, member->element, member->size, (char **) to,
								(size_t *) (object + member->count_offset), &place);
		default:
			return read_scalar(decoding, member->kind, member->size, to, &place);
	}
}

static bool
is_named(const bolt_member *member, const char *name, size_t length)
{
	const char *json = json_name(member);

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
read_member_name(Decoding *decoding, const char **name, size_t *length, const Place *place)
{
	bolt__raw_string string;

	if (!bolt__read_name(&decoding->reader, &string))
		return fail_syntax(decoding, place);
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
		return fail_memory(decoding);
	if (*name == NULL)
		*name = "";
	return true;
}

static bool
check_missing(Decoding *decoding, const bolt_schema *schema, const uint64_t *seen, const Place *place)
{
	for (size_t i = 0; i < schema->count; i++)
	{
		if (!(seen[i / WORD_BITS] >> i % WORD_BITS & 1) && !schema->members[i].optional)
			return fail_missing(decoding, &schema->members[i], place);
	}
	return true;
}

static bool
decode_object(Decoding *decoding, const bolt_schema *schema, char *object, const Place *place)
{
	uint64_t usual[USUAL_WORDS] = {0};
	uint64_t *seen = usual;
	size_t next = 0;
	bool more;

	if (bolt__peek(&decoding->reader) != '{')
		return fail_kind(decoding, place, "an object");
	if (schema->count > USUAL_WORDS * WORD_BITS)
		seen = bolt__arena_alloc(decoding->arena, (schema->count / WORD_BITS + 1) * sizeof(uint64_t));
	if (seen == NULL)
		return fail_memory(decoding);
	if (!bolt__enter(&decoding->reader, '{', &more))
		return fail_syntax(decoding, place);
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
				return fail_syntax(decoding, place);
		}
		else
		{
			if (!decode_member(decoding, &schema->members[found], object, place))
				return false;
			seen[found / WORD_BITS] |= UINT64_C(1) << found % WORD_BITS;
			next = found + 1;
		}
		if (!bolt__next(&decoding->reader, '{', &more))
			return fail_syntax(decoding, place);
	}
	return check_missing(decoding, schema, seen, place);
}

/* ----------
 * What is called
 * ----------
 */
static bool
decode_all(Decoding *decoding, bolt_decoded *decoded, const bolt_schema *schema)
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
			return fail_memory(decoding);
		if (!decode_object(decoding, schema, objects, NULL))
			return false;
		decoded->count = 1;
	}
	decoded->objects = objects;
	return bolt__read_end(&decoding->reader) || fail_syntax(decoding, NULL);
}

bolt_decoded *
bolt_decode(const bolt_schema *schema, const char *json, size_t length, bolt_exception **error)
{
	bolt_decoded *decoded = calloc(1, sizeof(bolt_decoded));
	Decoding decoding = {0};

	if (error)
		*error = NULL;
	if (schema == NULL || json == NULL)
		decoding.error = bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "bolt_decode(): the %s is NULL",
										 schema ? "JSON text" : "schema");
	else if (decoded == NULL)
		decoding.error = bolt__out_of_memory();
	else
	{
		decoding.reader = (bolt__reader){.begin = json, .at = json, .end = json + length};
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
