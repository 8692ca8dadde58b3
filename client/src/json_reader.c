/*-------------------------------------------------------------------------
 *
 * json_reader.c
 *	  Reading JSON text, value by value, without a tree.
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_reader.h"
#include "utf8.h"

static bool
fail(bolt__reader *reader, const char *fault)
{
	reader->fault = fault;
	return false;
}

static bool
is_digit(char character)
{
	return character >= '0' && character <= '9';
}

char
bolt__peek(bolt__reader *reader)
{
	while (reader->at < reader->end &&
		   (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\t' || *reader->at == '\r'))
		reader->at++;
	return reader->at < reader->end ? *reader->at : '\0';
}

const char *
bolt__kind_of(char first)
{
	switch (first)
	{
		case '{':
			return "an object";
		case '[':
			return "an array";
		case '"':
			return "a string";
		case 't':
		case 'f':
			return "a truth value";
		case 'n':
			return "null";
		default:
			return "a number";
	}
}

/* ----------
 * Arrays and objects
 * ----------
 */
bool
bolt__enter(bolt__reader *reader, char bracket, bool *more)
{
	char closing = bracket == '[' ? ']' : '}';

	if (bolt__peek(reader) != bracket)
		return fail(reader, bracket == '[' ? "an array is expected" : "an object is expected");
	if (++reader->depth > BOLT__DEEPEST_JSON)
		return fail(reader, "nested too deep");
	reader->at++;
	*more = bolt__peek(reader) != closing;
	if (!*more)
	{
		reader->at++;
		reader->depth--;
	}
	return true;
}

bool
bolt__next(bolt__reader *reader, char bracket, bool *more)
{
	char closing = bracket == '[' ? ']' : '}';
	char found = bolt__peek(reader);

	if (found != ',' && found != closing)
		return fail(reader, found == '\0' ? "unexpected end" : "a comma is expected");
	reader->at++;
	*more = found == ',';
	if (!*more)
		reader->depth--;
	return true;
}

/* ----------
 * Strings
 * ----------
 */
static int
hex_digit(char character)
{
	if (is_digit(character))
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

/* The four digits behind \u; -1 where they are none. */
static int
hex_four(const char *text, const char *end)
{
	int code = 0;

	if (end - text < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static bool
is_high_surrogate(int code)
{
	return code >= 0xd800 && code <= 0xdbff;
}

static bool
is_low_surrogate(int code)
{
	return code >= 0xdc00 && code <= 0xdfff;
}

/* The character of \uXXXX, or of two that are surrogates; moves behind it.  -1 where it is none. */
static int
read_unicode(const char **at, const char *end)
{
	int code = hex_four(*at + 2, end);
	int low;

	*at += 6;
	if (code < 0 || is_low_surrogate(code))
		return -1;
	if (!is_high_surrogate(code))
		return code;
	if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return -1;
	low = hex_four(*at + 2, end);
	if (!is_low_surrogate(low))
		return -1;
	*at += 6;
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

static bool
check_escape(bolt__reader *reader)
{
	const char *at = reader->at;

	if (reader->end - at < 2)
		return fail(reader, "unexpected end");
	if (at[1] != 'u')
	{
		if (at[1] == '\0' || !strchr("\"\\/bfnrt", at[1]))
			return fail(reader, "an escape that is none");
		reader->at += 2;
		return true;
	}
	if (read_unicode(&at, reader->end) < 0)
		return fail(reader, "an escape that is no character");
	reader->at = at;
	return true;
}

bool
bolt__read_string(bolt__reader *reader, bolt__raw_string *string)
{
	if (bolt__peek(reader) != '"')
		return fail(reader, "a string is expected");
	string->text = ++reader->at;
	string->escapes = false;
	for (;;)
	{
		while (reader->end - reader->at >= 8 && bolt__eight_plain(reader->at))
			reader->at += 8;
		if (reader->at >= reader->end)
			return fail(reader, "unexpected end");
		if (*reader->at == '"')
			break;
		if (*reader->at == '\\')
		{
			string->escapes = true;
			if (!check_escape(reader))
				return false;
		}
		else if ((unsigned char) *reader->at < ' ')
			return fail(reader, "a control character in a string");
		else
		{
			int length = bolt__utf8_length(reader->at, reader->end - reader->at);

			if (length == 0)
				return fail(reader, "not UTF-8");
			reader->at += length;
		}
	}
	string->length = reader->at - string->text;
	reader->at++;
	return true;
}

bool
bolt__read_name(bolt__reader *reader, bolt__raw_string *name)
{
	if (!bolt__read_string(reader, name))
		return false;
	if (bolt__peek(reader) != ':')
		return fail(reader, "a colon is expected");
	reader->at++;
	return true;
}

static char *
put_utf8(char *to, int code)
{
	if (code < 0x80)
		*to++ = code;
	else if (code < 0x800)
	{
		*to++ = 0xc0 | code >> 6;
		*to++ = 0x80 | (code & 0x3f);
	}
	else if (code < 0x10000)
	{
		*to++ = 0xe0 | code >> 12;
		*to++ = 0x80 | (code >> 6 & 0x3f);
		*to++ = 0x80 | (code & 0x3f);
	}
	else
	{
		*to++ = 0xf0 | code >> 18;
		*to++ = 0x80 | (code >> 12 & 0x3f);
		*to++ = 0x80 | (code >> 6 & 0x3f);
		*to++ = 0x80 | (code & 0x3f);
	}
	return to;
}

/* What has been checked is not checked again: no escape is longer than what it stands for. */
char *
bolt__unescape(bolt__reader *reader, bolt__arena *arena, const bolt__raw_string *string)
{
	const char *at = string->text;
	const char *end = string->text + string->length;
	char *text = bolt__arena_bytes(arena, string->length + 1);
	char *to = text;

	reader->fault = NULL;
	if (text == NULL)
		return NULL;
	if (!string->escapes)
	{
		memcpy(text, string->text, string->length);
		text[string->length] = '\0';
		return text;
	}
	while (at < end)
	{
		static const char letters[] = "bfnrt";
		static const char characters[] = "\b\f\n\r\t";
		const char *backslash = memchr(at, '\\', end - at);
		size_t plain = (backslash ? backslash : end) - at;
		const char *letter;
		int code;

		memcpy(to, at, plain);
		to += plain;
		at += plain;
		if (at == end)
			break;
		if (at[1] != 'u')
		{
			letter = strchr(letters, at[1]);
			*to++ = letter ? characters[letter - letters] : at[1];
			at += 2;
			continue;
		}
		code = read_unicode(&at, end);
		if (code == 0)
		{
			fail(reader, "a NUL character in a string");
			return NULL;
		}
		to = put_utf8(to, code);
	}
	*to++ = '\0';
	bolt__arena_trim(arena, to);
	return text;
}

/* ----------
 * Other values
 * ----------
 */
static bool
skip_digits(bolt__reader *reader)
{
	const char *begin = reader->at;

	while (reader->at < reader->end && is_digit(*reader->at))
		reader->at++;
	return reader->at > begin ||
		fail(reader, reader->at < reader->end ? "a digit is expected" : "unexpected end");
}

bool
bolt__read_number(bolt__reader *reader, const char **text, size_t *length, bool *integral)
{
	bolt__peek(reader);
	*text = reader->at;
	*integral = true;
	if (reader->at < reader->end && *reader->at == '-')
		reader->at++;
	if (reader->at < reader->end && *reader->at == '0')
		reader->at++;
	else if (!skip_digits(reader))
		return fail(reader, reader->at < reader->end ? "a value is expected" : "unexpected end");
	if (reader->at < reader->end && *reader->at == '.')
	{
		*integral = false;
		reader->at++;
		if (!skip_digits(reader))
			return false;
	}
	if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E'))
	{
		*integral = false;
		reader->at++;
		if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-'))
			reader->at++;
		if (!skip_digits(reader))
			return false;
	}
	*length = reader->at - *text;
	return true;
}

bool
bolt__read_word(bolt__reader *reader, const char *word)
{
	size_t length = strlen(word);

	bolt__peek(reader);
	if ((size_t) (reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
		return fail(reader, "a value is expected");
	reader->at += length;
	return true;
}

static bool
skip_scalar(bolt__reader *reader, char first)
{
	bolt__raw_string string;
	const char *text;
	size_t length;
	bool integral;

	switch (first)
	{
		case '"':
			return bolt__read_string(reader, &string);
		case 't':
			return bolt__read_word(reader, "true");
		case 'f':
			return bolt__read_word(reader, "false");
		case 'n':
			return bolt__read_word(reader, "null");
		default:
			return bolt__read_number(reader, &text, &length, &integral);
	}
}

#define USUAL_DEPTH 512

/* For each array and object that is open, whether it is an object: a bit. */
typedef struct Nesting
{
	int depth;
	int deepest;
	unsigned char usual[USUAL_DEPTH / 8];
	unsigned char *bits;
} Nesting;

static bool
is_object(const Nesting *nesting)
{
	return nesting->depth > 0 && (nesting->bits[nesting->depth / 8] >> nesting->depth % 8 & 1) != 0;
}

static bool
open_bracket(bolt__reader *reader, Nesting *nesting, bool object)
{
	int depth = nesting->depth + 1;

	if (depth > nesting->deepest)
		return fail(reader, "nested too deep");
	if (depth == USUAL_DEPTH && nesting->bits == nesting->usual)
	{
		nesting->bits = calloc(1, (size_t) nesting->deepest / 8 + 1);
		if (nesting->bits == NULL)
		{
			nesting->bits = nesting->usual;
			return fail(reader, NULL);
		}
		memcpy(nesting->bits, nesting->usual, sizeof(nesting->usual));
	}
	nesting->depth = depth;
	nesting->bits[depth / 8] &= ~(1 << depth % 8);
	nesting->bits[depth / 8] |= object << depth % 8;
	return true;
}

/* From the beginning of a value to the beginning of the next one in the same brackets, or, at their end, *more is false. */
static bool
skip_to_next(bolt__reader *reader, Nesting *nesting, bool *more)
{
	char first = bolt__peek(reader);
	bool empty = false;

	*more = true;
	if (first != '{' && first != '[')
	{
		if (!skip_scalar(reader, first))
			return false;
	}
	else
	{
		if (!open_bracket(reader, nesting, first == '{'))
			return false;
		reader->at++;
		empty = bolt__peek(reader) == (first == '{' ? '}' : ']');
		if (!empty)
		{
			bolt__raw_string name;

			return first == '[' || bolt__read_name(reader, &name);
		}
	}
	while (nesting->depth > 0)
	{
		bolt__raw_string name;
		char found = bolt__peek(reader);

		if (found == ',' && !empty)
		{
			reader->at++;
			return !is_object(nesting) || bolt__read_name(reader, &name);
		}
		if (found != (is_object(nesting) ? '}' : ']'))
			return fail(reader, found == '\0' ? "unexpected end" : "a comma is expected");
		reader->at++;
		nesting->depth--;
		empty = false;
	}
	*more = false;
	return true;
}

/* Without recursion: what nobody reads may be nested deeper than the stack of a coroutine bears. */
bool
bolt__skip(bolt__reader *reader)
{
	Nesting nesting = {.deepest =
						   reader->skips_deep ? BOLT__DEEPEST_SKIPPED : BOLT__DEEPEST_JSON - reader->depth};
	bool more = true;
	bool good = true;

	nesting.bits = nesting.usual;
	while (good && more)
		good = skip_to_next(reader, &nesting, &more);
	if (nesting.bits != nesting.usual)
		free(nesting.bits);
	return good;
}

bool
bolt__read_end(bolt__reader *reader)
{
	bolt__peek(reader);
	return reader->at == reader->end || fail(reader, "something behind the value");
}
