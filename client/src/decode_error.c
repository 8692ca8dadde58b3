/*-------------------------------------------------------------------------
 *
 * decode_error.c
 *	  What is wrong with JSON that does not fit a schema, and where.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoding.h"
#include "json_writer.h"
#include "relation_hint.h"

/* comments[3].author */
static void
write_place(bolt__writer *path, const bolt__place *place)
{
	if (place == NULL)
		return;
	write_place(path, place->around);
	if (place->member)
	{
		if (path->length > 0)
			bolt__write(path, ".", 1);
		bolt__write_text(path, bolt__member_name(place->member));
	}
	else
	{
		bolt__write(path, "[", 1);
		bolt__write_unsigned(path, place->index);
		bolt__write(path, "]", 1);
	}
}

static char *
path_of(const bolt__place *place)
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
bool
bolt__decode_fail_syntax(bolt__decoding *decoding, const bolt__place *place)
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

bool
bolt__decode_fail(bolt__decoding *decoding, const bolt__place *place, const char *format, ...)
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

bool
bolt__decode_fail_memory(bolt__decoding *decoding)
{
	if (decoding->error == NULL)
		decoding->error = bolt__out_of_memory();
	return false;
}

bool
bolt__decode_fail_kind(bolt__decoding *decoding, const bolt__place *place, const char *expected)
{
	char first = bolt__peek(&decoding->reader);

	/* what is no value at all is an error of JSON */
	if (!strchr("{[\"tfn-0123456789", first) || first == '\0')
	{
		bolt__skip(&decoding->reader);
		return bolt__decode_fail_syntax(decoding, place);
	}
	return bolt__decode_fail(decoding, place, "%s is expected, not %s", expected, bolt__kind_of(first));
}

/* The path of relations that leads here, for a queryset; whether one of them is to-many. */
static bool
write_lookup(bolt__writer *path, const bolt__place *place)
{
	bool to_many;

	if (place == NULL)
		return false;
	to_many = write_lookup(path, place->around);
	if (place->member == NULL)
		return to_many;
	if (path->length > 0)
		bolt__write(path, "__", 2);
	bolt__write_text(path, place->member->lookup ? place->member->lookup : bolt__member_name(place->member));
	return to_many || place->member->kind == BOLT_MEMBER_ARRAY;
}

bool
bolt__decode_fail_missing(bolt__decoding *decoding, const bolt_member *member, const bolt__place *around)
{
	bolt__place place = {around, member, 0};
	bolt__writer lookup = {0};
	bolt_exception *error;
	char *path;
	char *text;
	bool to_many;

	if (member->kind != BOLT_MEMBER_NESTED && member->kind != BOLT_MEMBER_ARRAY)
		return bolt__decode_fail(decoding, &place, "missing");
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
