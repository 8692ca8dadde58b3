/*-------------------------------------------------------------------------
 *
 * build.c
 *	  bolt.queryset and bolt.prefetch: documents written by calling a function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "read.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(bolt_queryset);
PG_FUNCTION_INFO_V1(bolt_prefetch);

typedef struct Argument Argument;

typedef void (*ArgumentWriter)(JsonBuffer *out, Datum value);

/* An argument of bolt.queryset, in its order. */
struct Argument
{
	const char *name;
	ArgumentWriter write;
};

static void
write_json(JsonBuffer *out, Datum value)
{
	text *json = DatumGetTextPP(value);

	json_buffer_append(out, VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json));
}

static void
write_text(JsonBuffer *out, Datum value)
{
	text *string = DatumGetTextPP(value);

	bolt_json_write_string(out, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
}

static void
write_boolean(JsonBuffer *out, Datum value)
{
	json_buffer_append(out, DatumGetBool(value) ? "true" : "false", DatumGetBool(value) ? 4 : 5);
}

static void
write_bigint(JsonBuffer *out, Datum value)
{
	char *number = psprintf(INT64_FORMAT, DatumGetInt64(value));

	json_buffer_append(out, number, strlen(number));
}

/* An array of texts; one that begins with { is an object that bolt.prefetch made. */
static void
write_members(JsonBuffer *out, Datum value, bool objects)
{
	Datum *members;
	bool *nulls;
	int n;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &members, &nulls, &n);
	json_buffer_append_char(out, '[');
	for (int i = 0; i < n; i++)
	{
		text *member;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a member of the array must not be null")));
		if (i > 0)
			json_buffer_append_char(out, ',');
		member = DatumGetTextPP(members[i]);
		if (objects && VARSIZE_ANY_EXHDR(member) > 0 && VARDATA_ANY(member)[0] == '{')
		{
			/* refuses what is not JSON */
			(void) DirectFunctionCall1(json_in, CStringGetDatum(text_to_cstring(member)));
			write_json(out, members[i]);
		}
		else
			write_text(out, members[i]);
	}
	json_buffer_append_char(out, ']');
}

static void
write_paths(JsonBuffer *out, Datum value)
{
	write_members(out, value, false);
}

static void
write_prefetches(JsonBuffer *out, Datum value)
{
	write_members(out, value, true);
}

static const Argument arguments[] = {
	{"model", write_text},
	{"filter", write_json},
	{"exclude", write_json},
	{"annotate", write_json},
	{"order_by", write_paths},
	{"select_related", write_paths},
	{"prefetch_related", write_prefetches},
	{"only", write_paths},
	{"defer", write_paths},
	{"values", write_paths},
	{"distinct", write_boolean},
	{"limit", write_bigint},
	{"offset", write_bigint},
};

static void
append_key(JsonBuffer *out, const char *name)
{
	if (out->length > VARHDRSZ + 1)
		json_buffer_append_char(out, ',');
	bolt_json_write_string(out, name, strlen(name));
	json_buffer_append_char(out, ':');
}

/*
 * bolt.queryset(model text, …) → json: the document of its arguments; those that
 * are NULL are left out.
 */
Datum
bolt_queryset(PG_FUNCTION_ARGS)
{
	JsonBuffer out;

	bolt_refuse_null(fcinfo, 0, "model");
	bolt_begin_result(&out);
	json_buffer_append_char(&out, '{');
	for (int i = 0; i < lengthof(arguments); i++)
	{
		if (PG_ARGISNULL(i))
			continue;
		append_key(&out, arguments[i].name);
		arguments[i].write(&out, PG_GETARG_DATUM(i));
	}
	json_buffer_append_char(&out, '}');
	PG_RETURN_DATUM(bolt_end_result(&out));
}

/*
 * bolt.prefetch(lookup text, queryset json, to_attr text) → text: Django's
 * Prefetch, a member for the prefetch_related of bolt.queryset.
 */
Datum
bolt_prefetch(PG_FUNCTION_ARGS)
{
	static const Argument members[] = {
		{"lookup", write_text}, {"queryset", write_json}, {"to_attr", write_text}};
	JsonBuffer out;

	bolt_refuse_null(fcinfo, 0, "lookup");
	bolt_begin_result(&out);
	json_buffer_append_char(&out, '{');
	for (int i = 0; i < lengthof(members); i++)
	{
		if (PG_ARGISNULL(i))
			continue;
		append_key(&out, members[i].name);
		members[i].write(&out, PG_GETARG_DATUM(i));
	}
	json_buffer_append_char(&out, '}');
	PG_RETURN_DATUM(bolt_end_result(&out));
}
