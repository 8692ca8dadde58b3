/*-------------------------------------------------------------------------
 *
 * decode_scalar.c
 *	  JSON scalars into numbers, truth values and texts.
 *
 *-------------------------------------------------------------------------
 */
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decoding.h"

static bool
read_text(bolt__decoding *decoding, char **text, const bolt__place *place)
{
	bolt__raw_string string;

	if (bolt__peek(&decoding->reader) != '"')
		return bolt__decode_fail_kind(decoding, place, "a string");
	if (!bolt__read_string(&decoding->reader, &string))
		return bolt__decode_fail_syntax(decoding, place);
	*text = bolt__unescape(&decoding->reader, decoding->arena, &string);
	if (*text == NULL && decoding->reader.fault)
		return bolt__decode_fail(decoding, place, "%s", decoding->reader.fault);
	return *text != NULL || bolt__decode_fail_memory(decoding);
}

/* A number; of 64 bits and more also in quotes, as bolt_orm.bigint_as_string writes it. */
static bool
read_digits(bolt__decoding *decoding, size_t size, const char **digits, size_t *length, bool *integral,
			const char *expected, const bolt__place *place)
{
	char first = bolt__peek(&decoding->reader);
	bolt__raw_string string;
	bolt__reader quoted;

	if (first != '"' || size < sizeof(int64_t))
	{
		if (first != '-' && (first < '0' || first > '9'))
			return bolt__decode_fail_kind(decoding, place, expected);
		return bolt__read_number(&decoding->reader, digits, length, integral) ||
			bolt__decode_fail_syntax(decoding, place);
	}
	if (!bolt__read_string(&decoding->reader, &string))
		return bolt__decode_fail_syntax(decoding, place);
	quoted = (bolt__reader){.begin = string.text, .at = string.text, .end = string.text + string.length};
	if (!bolt__read_number(&quoted, digits, length, integral) || *digits != string.text ||
		*length != string.length)
		return bolt__decode_fail(decoding, place, "%s is expected, not a string", expected);
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
read_integer(bolt__decoding *decoding, bolt_member_kind kind, size_t size, char *to, const bolt__place *place)
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
		return bolt__decode_fail(decoding, place, "an integer is expected, not %.*s", shown, digits);
	negative = digits[0] == '-';
	if (kind == BOLT_MEMBER_SIGNED)
		largest = (largest >> 1) + negative;
	else if (negative)
		largest = 0;
	if (!parse_unsigned(digits + negative, length - negative, &magnitude) || magnitude > largest)
		return bolt__decode_fail(decoding, place, "%.*s does not fit %s%zu", shown, digits,
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
read_float(bolt__decoding *decoding, size_t size, char *to, const bolt__place *place)
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
		return bolt__decode_fail_memory(decoding);
	memcpy(text, digits, length);
	text[length] = '\0';
	pthread_once(&c_locale_once, make_c_locale);
	value = c_locale ? strtod_l(text, NULL, c_locale) : strtod(text, NULL);
	bolt__arena_trim(decoding->arena, text);
	if (__builtin_isinf(value) || (size == sizeof(float) && __builtin_isinf((float) value)))
		return bolt__decode_fail(decoding, place, "%.*s does not fit %s", length > 40 ? 40 : (int) length,
								 digits, size == sizeof(float) ? "float" : "double");
parsed:
	if (size == sizeof(float))
		*(float *) to = value;
	else
		*(double *) to = value;
	return true;
}

static bool
read_bool(bolt__decoding *decoding, char *to, const bolt__place *place)
{
	char first = bolt__peek(&decoding->reader);

	if (first != 't' && first != 'f')
		return bolt__decode_fail_kind(decoding, place, "true or false");
	if (!bolt__read_word(&decoding->reader, first == 't' ? "true" : "false"))
		return bolt__decode_fail_syntax(decoding, place);
	*(bool *) to = first == 't';
	return true;
}

static bool
read_json_text(bolt__decoding *decoding, char **to, const bolt__place *place)
{
	const char *begin;
	size_t length;

	bolt__peek(&decoding->reader);
	begin = decoding->reader.at;
	if (!bolt__skip(&decoding->reader))
		return bolt__decode_fail_syntax(decoding, place);
	length = decoding->reader.at - begin;
	*to = bolt__arena_bytes(decoding->arena, length + 1);
	if (*to == NULL)
		return bolt__decode_fail_memory(decoding);
	memcpy(*to, begin, length);
	(*to)[length] = '\0';
	return true;
}

bool
bolt__decode_scalar(bolt__decoding *decoding, bolt_member_kind kind, size_t size, char *to,
					const bolt__place *place)
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
