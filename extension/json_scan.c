/*-------------------------------------------------------------------------
 *
 * json_scan.c
 *	  Where the members of an array or object stand in its text.
 *
 * The texts are values of type json, so that their syntax is only looked at as far as
 * it takes to find the end of each value, and not to read past the text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "json_in.h"
#include "json_scan.h"
#include "miscadmin.h"

pg_noreturn static void
broken_text(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s", "json")));
}

static const char *
skip_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
		at++;
	if (at == end)
		broken_text();
	return at;
}

/* From a string's opening quote to behind its closing one: the first that no backslash escapes. */
static const char *
skip_string(const char *at, const char *end)
{
	for (const char *from = at + 1;;)
	{
		const char *quote = memchr(from, '"', end - from);
		int backslashes = 0;

		CHECK_FOR_INTERRUPTS();
		if (quote == NULL)
			broken_text();
		while (quote - backslashes > from && quote[-backslashes - 1] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			return quote + 1;
		from = quote + 1;
	}
}

/* Behind the value that begins here. */
static const char *
skip_value(const char *at, const char *end)
{
	int depth = 0;

	do
	{
		if (at >= end)
			broken_text();
		CHECK_FOR_INTERRUPTS();
		switch (*at)
		{
			case '"':
				at = skip_string(at, end);
				break;
			case '{':
			case '[':
				depth++;
				at++;
				break;
			case '}':
			case ']':
				depth--;
				at++;
				break;
			default:
				at++;
				while (at < end && strchr(" \t\r\n,:\"[]{}", *at) == NULL)
					at++;
		}
	} while (depth > 0);
	return at;
}

bool
bolt_json_scan_begin(JsonScan *scan, const char *text, Size length)
{
	memset(scan, 0, sizeof(JsonScan));
	scan->end = text + length;
	scan->at = skip_space(text, scan->end);
	scan->object = *scan->at == '{';
	return scan->object || *scan->at == '[';
}

bool
bolt_json_scan_next(JsonScan *scan)
{
	const char *at = skip_space(scan->at, scan->end);

	if (*at == ']' || *at == '}')
		return false;
	at = skip_space(at + 1, scan->end); /* behind "{", "[" or "," */
	if (*at == ']' || *at == '}')
		return false;
	if (scan->object)
	{
		if (*at != '"')
			broken_text();
		scan->name = at + 1;
		at = skip_string(at, scan->end);
		scan->name_length = at - 1 - scan->name;
		at = skip_space(at, scan->end);
		if (*at != ':')
			broken_text();
		at = skip_space(at + 1, scan->end);
	}
	scan->value = at;
	scan->at = skip_value(at, scan->end);
	scan->length = scan->at - scan->value;
	return true;
}

const char *
bolt_json_scan_name(const JsonScan *scan, int *length)
{
	const JsonValue *decoded;

	if (memchr(scan->name, '\\', scan->name_length) == NULL)
	{
		*length = scan->name_length;
		return scan->name;
	}
	decoded = bolt_json_parse(scan->name - 1, scan->name_length + 2, 1);
	*length = decoded->length;
	return decoded->text;
}
