/*-------------------------------------------------------------------------
 *
 * json_writer.c
 *	  Writing JSON text.
 *
 * Numbers are written so that reading gives the same number, in any locale;
 * texts that are not UTF-8 and numbers that JSON has not are refused here,
 * where one can still say which they were.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_writer.h"
#include "utf8.h"

#define FIRST_SIZE 128
#define LONGEST_ESCAPE 6

void
bolt__writer_free(bolt__writer *writer)
{
	free(writer->text);
	bolt_error_unref(writer->error);
	*writer = (bolt__writer){0};
}

void
bolt__writer_fail(bolt__writer *writer, bolt_exception *error)
{
	if (writer->error)
		bolt_error_unref(error);
	else
		writer->error = error;
}

static bool
reserve(bolt__writer *writer, size_t length)
{
	size_t size;
	char *text;

	if (writer->error)
		return false;
	if (writer->size - writer->length >= length)
		return true;
	size = writer->size ? writer->size * 2 : FIRST_SIZE;
	if (size < writer->length + length)
		size = writer->length + length;
	text = size < length ? NULL : realloc(writer->text, size);
	if (text == NULL)
	{
		writer->error = bolt__out_of_memory();
		return false;
	}
	writer->text = text;
	writer->size = size;
	return true;
}

void
bolt__write_room(bolt__writer *writer, size_t length)
{
	if (reserve(writer, length))
		writer->length += length;
}

void
bolt__write(bolt__writer *writer, const char *text, size_t length)
{
	if (length == 0 || !reserve(writer, length))
		return;
	memcpy(writer->text + writer->length, text, length);
	writer->length += length;
}

void
bolt__write_move(bolt__writer *writer, bolt__writer *from)
{
	if (from->error)
	{
		bolt__writer_fail(writer, from->error);
		from->error = NULL;
	}
	else if (writer->text == NULL && writer->error == NULL)
	{
		*writer = *from;
		*from = (bolt__writer){0};
	}
	else if (from->length > 0)
		bolt__write(writer, from->text, from->length);
	bolt__writer_free(from);
}

/* ----------
 * Strings
 * ----------
 */

/* Room for the longest escape is reserved. */
static void
escape(bolt__writer *writer, unsigned char character)
{
	static const char short_forms[] = "\b\f\n\r\t\"\\";
	static const char letters[] = "bfnrt\"\\";
	const char *found = strchr(short_forms, character);
	char *to = writer->text + writer->length;

	if (found != NULL && character != '\0')
	{
		*to++ = '\\';
		*to = letters[found - short_forms];
		writer->length += 2;
	}
	else
	{
		/* not snprintf: its terminator would need room as well */
		static const char digits[] = "0123456789abcdef";

		memcpy(to, "\\u00", 4);
		to[4] = digits[character >> 4];
		to[5] = digits[character & 0x0f];
		writer->length += LONGEST_ESCAPE;
	}
}

void
bolt__write_string(bolt__writer *writer, const char *text, size_t length)
{
	size_t i = 0;

	if (!reserve(writer, length + 2))
		return;
	writer->text[writer->length++] = '"';
	while (i < length)
	{
		int character;

		/* what is left always has room as it is, with the closing quote */
		while (length - i >= 8 && bolt__eight_plain(text + i))
		{
			memcpy(writer->text + writer->length, text + i, 8);
			writer->length += 8;
			i += 8;
		}
		if (i == length)
			break;
		character = bolt__utf8_length(text + i, length - i);
		if (character == 0 || text[i] == '\0')
		{
			bolt__writer_fail(writer,
							  bolt__error_new(BOLT_VALUE_ERROR, character ? NULL : "22021",
											  character ? "a text has a NUL character in it, at byte %zu" :
														  "a text is not valid UTF-8 at byte %zu",
											  i));
			return;
		}
		if ((unsigned char) text[i] < ' ' || text[i] == '"' || text[i] == '\\')
		{
			if (!reserve(writer, length - i + LONGEST_ESCAPE + 1))
				return;
			escape(writer, text[i]);
		}
		else
		{
			memcpy(writer->text + writer->length, text + i, character);
			writer->length += character;
		}
		i += character;
	}
	writer->text[writer->length++] = '"';
}

/* ----------
 * Numbers
 * ----------
 */
void
bolt__write_integer(bolt__writer *writer, long long value)
{
	char digits[24];

	bolt__write(writer, digits, snprintf(digits, sizeof(digits), "%lld", value));
}

void
bolt__write_unsigned(bolt__writer *writer, unsigned long long value)
{
	char digits[24];

	bolt__write(writer, digits, snprintf(digits, sizeof(digits), "%llu", value));
}

/* The locale's decimal point, of whatever bytes, becomes JSON's. */
static int
without_locale(char *digits, int length)
{
	size_t before = strspn(digits, "+-0123456789");
	size_t point = strcspn(digits + before, "0123456789eE");

	if (point == 0)
		return length;
	digits[before] = '.';
	memmove(digits + before + 1, digits + before + point, length + 1 - before - point);
	return length + 1 - point;
}

void
bolt__write_double(bolt__writer *writer, double value)
{
	char digits[48];
	int length = 0;

	if (!isfinite(value))
	{
		bolt__writer_fail(writer,
						  bolt__error_hint(bolt__error_new(BOLT_VALUE_ERROR, "22003",
														   "a number is %s, which JSON has not",
														   isnan(value) ? "NaN" : "infinite"),
										   "PostgreSQL takes it as a text: \"%s\".",
										   isnan(value)	 ? "NaN" :
											   value > 0 ? "Infinity" :
														   "-Infinity"));
		return;
	}
	for (int precision = 15; precision <= 17; precision++)
	{
		length = snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	length = without_locale(digits, length);
	bolt__write(writer, digits, length);

	/* a double is one where the number's kind decides the type of an expression */
	if (strcspn(digits, ".e") == (size_t) length)
		bolt__write(writer, ".0", 2);
}

/* ----------
 * Values of jansson
 * ----------
 */
static void
write_json(bolt__writer *writer, const json_t *value, int depth)
{
	json_t *json = (json_t *) value; /* jansson's iterators know no const */
	size_t beginning;
	size_t index;
	const char *key;
	json_t *member;

	if (depth > BOLT__DEEPEST_WRITTEN)
	{
		bolt__writer_fail(writer,
						  bolt__error_new(BOLT_VALUE_ERROR, "54001",
										  "a json_t is more than %d levels deep, or holds itself",
										  BOLT__DEEPEST_WRITTEN));
		return;
	}
	switch (json_typeof(value))
	{
		case JSON_OBJECT:
			bolt__write(writer, "{", 1);
			beginning = writer->length;
			json_object_foreach(json, key, member)
			{
				bolt__write_comma(writer, beginning);
				bolt__write_string(writer, key, strlen(key));
				bolt__write(writer, ":", 1);
				write_json(writer, member, depth + 1);
			}
			bolt__write(writer, "}", 1);
			break;
		case JSON_ARRAY:
			bolt__write(writer, "[", 1);
			beginning = writer->length;
			json_array_foreach(json, index, member)
			{
				bolt__write_comma(writer, beginning);
				write_json(writer, member, depth + 1);
			}
			bolt__write(writer, "]", 1);
			break;
		case JSON_STRING:
			bolt__write_string(writer, json_string_value(value), json_string_length(value));
			break;
		case JSON_INTEGER:
			bolt__write_integer(writer, json_integer_value(value));
			break;
		case JSON_REAL:
			bolt__write_double(writer, json_real_value(value));
			break;
		case JSON_TRUE:
			bolt__write(writer, "true", 4);
			break;
		case JSON_FALSE:
			bolt__write(writer, "false", 5);
			break;
		case JSON_NULL:
			bolt__write(writer, "null", 4);
			break;
	}
}

/* Not json_dumps: 0.1 is to stay 0.1 in a numeric column. */
void
bolt__write_json(bolt__writer *writer, const json_t *value)
{
	write_json(writer, value, 1);
}

char *
bolt__writer_finish(bolt__writer *writer, bolt_exception **error)
{
	char *text = NULL;

	bolt__write(writer, "", 1);
	*error = writer->error;
	if (writer->error == NULL)
		text = writer->text;
	else
		free(writer->text);
	*writer = (bolt__writer){0};
	return text;
}
