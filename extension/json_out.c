/*-------------------------------------------------------------------------
 *
 * json_out.c
 *	  How a value of a type is written as JSON: the choice of its writer, and
 *	  the buffer that all writers append to.
 *
 * The rules are to_json's (json_categorize_type and datum_to_json in the
 * server's sources): domains are looked through, numbers and booleans stay
 * bare, date and timestamps are ISO, json and jsonb are copied, arrays and
 * composites are taken apart, a type that does not come with the server is
 * asked for a cast to json, and everything else is its output function's
 * string.
 *
 * A choice holds as long as the type and the casts to json do, that is, as long as
 * bolt_watched_types_refresh says what it said then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "json_out.h"
#include "json_out_writers.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "watched_types.h"

#define JSON_BUFFER_START 1024

/* Types written without going through their output function. */
typedef struct TypeWriter
{
	Oid type;
	JsonWriteFunction write;
} TypeWriter;

static const TypeWriter type_writers[] = {
	{BOOLOID, bolt_json_write_bool},		   {INT2OID, bolt_json_write_int2},
	{INT4OID, bolt_json_write_int4},		   {INT8OID, bolt_json_write_int8},
	{FLOAT4OID, bolt_json_write_float4},	   {FLOAT8OID, bolt_json_write_float8},
	{NUMERICOID, bolt_json_write_numeric},	   {OIDOID, bolt_json_write_oid},
	{TEXTOID, bolt_json_write_text},		   {VARCHAROID, bolt_json_write_text},
	{BPCHAROID, bolt_json_write_text},		   {NAMEOID, bolt_json_write_name},
	{UUIDOID, bolt_json_write_uuid},		   {BYTEAOID, bolt_json_write_bytea},
	{DATEOID, bolt_json_write_date},		   {TIMEOID, bolt_json_write_time},
	{TIMESTAMPOID, bolt_json_write_timestamp}, {TIMESTAMPTZOID, bolt_json_write_timestamptz},
	{JSONOID, bolt_json_write_json},		   {JSONBOID, bolt_json_write_jsonb},
};

static void write_through_cast(const JsonWriter *writer, Datum value, JsonBuffer *out);
static void write_through_output(const JsonWriter *writer, Datum value, JsonBuffer *out);

/*
 * An empty buffer.  Some room is there from the start: nearly every one is
 * written to, and data is then never NULL.
 */
void
bolt_json_buffer_init(JsonBuffer *buffer, MemoryContext context, Size limit)
{
	Size capacity = JSON_BUFFER_START;

	if (limit > 0)
		capacity = Min(capacity, limit);

	buffer->data = MemoryContextAllocHuge(context, capacity);
	buffer->length = 0;
	buffer->capacity = capacity;
	buffer->limit = limit;
	buffer->context = context;
}

void
bolt_json_buffer_refuse(Size limit)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("result is larger than %zu bytes", limit),
			 errdetail("A single value is at most 1 GB."),
			 errhint("Use bolt.fetch, which returns an object a row.")));
}

/*
 * Out of line part of json_buffer_reserve: doubles, so that appending stays
 * linear, but never above the limit, so that capacity alone is asked there.
 */
void
bolt_json_buffer_grow(JsonBuffer *buffer, Size more)
{
	Size limit = buffer->limit > 0 ? buffer->limit : MaxAllocHugeSize;
	Size capacity;

	if (more > limit - buffer->length)
		bolt_json_buffer_refuse(limit);

	capacity = Max(buffer->capacity, buffer->length + more);
	capacity = capacity > limit / 2 ? limit : capacity * 2;

	buffer->data = repalloc_huge(buffer->data, capacity);
	buffer->capacity = capacity;
}

/* The function of a type's cast to json, or InvalidOid. */
static Oid
cast_to_json(Oid type)
{
	Oid function;

	if (type >= FirstNormalObjectId &&
		find_coercion_pathway(JSONOID, type, COERCION_EXPLICIT, &function) == COERCION_PATH_FUNC)
		return function;
	return InvalidOid;
}

static bool
writer_holds(const JsonWriter *writer)
{
	return writer->types == bolt_watched_types_refresh();
}

/*
 * See json_out.h.
 */
void
bolt_json_writer_init(JsonWriter *writer, Oid type, bool bigint_as_string, MemoryContext context)
{
	Oid base_type = getBaseType(type);
	Oid element_type;
	Oid function;
	bool is_varlena;

	bolt_watch_type(type);
	memset(writer, 0, sizeof(JsonWriter));
	writer->type = type;
	writer->base_type = base_type;
	writer->bigint_as_string = bigint_as_string;
	writer->types = bolt_watched_types_refresh();

	for (int i = 0; i < lengthof(type_writers); i++)
	{
		if (type_writers[i].type == base_type)
		{
			writer->write = type_writers[i].write;
			return;
		}
	}

	element_type = get_element_type(base_type);
	if (base_type == RECORDARRAYOID)
		element_type = RECORDOID;
	if (OidIsValid(element_type) || base_type == ANYARRAYOID)
	{
		writer->write = bolt_json_write_array;
		if (OidIsValid(element_type))
		{
			writer->element = MemoryContextAlloc(context, sizeof(JsonWriter));
			bolt_json_writer_init(writer->element, element_type, bigint_as_string, context);
			get_typlenbyvalalign(element_type, &writer->element_length, &writer->element_by_value,
								 &writer->element_align);
			writer->allocates = writer->element->allocates;
		}
		return;
	}

	if (type_is_rowtype(base_type))
	{
		writer->write = bolt_json_write_composite;
		writer->allocates = true;
		writer->composite = bolt_json_composite_create(context);
		return;
	}

	/* what is left may call anything */
	writer->allocates = true;

	writer->cast = cast_to_json(base_type);
	if (OidIsValid(writer->cast))
	{
		writer->write = write_through_cast;
		return;
	}

	getTypeOutputInfo(base_type, &function, &is_varlena);
	writer->write = write_through_output;
	fmgr_info_cxt(function, &writer->function, context);
}

/*
 * See json_out.h.
 */
void
bolt_json_out_begin(void)
{
	bolt_json_zone_refresh();
}

/* A cast's function may also take a typmod, and whether the cast is explicit; and it may return null. */
static Datum
call_cast(Oid function, Datum value, bool *isnull)
{
	LOCAL_FCINFO(call, 3);
	FmgrInfo info;
	Datum result;

	fmgr_info(function, &info);
	InitFunctionCallInfoData(*call, &info, info.fn_nargs, InvalidOid, NULL, NULL);
	call->args[0] = (NullableDatum){value, false};
	call->args[1] = (NullableDatum){Int32GetDatum(-1), false};
	call->args[2] = (NullableDatum){BoolGetDatum(true), false};
	result = FunctionCallInvoke(call);
	*isnull = call->isnull;
	return result;
}

/*
 * A type's cast to json is any function, one in SQL included, whose state
 * between calls would hang on our FmgrInfo: looked up anew each time, as
 * to_json does.  A function that the statement calls may have dropped the cast
 * between two rows.
 */
static void
write_through_cast(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	Oid function = writer_holds(writer) ? writer->cast : cast_to_json(writer->base_type);
	Datum result;
	bool isnull;
	text *json;

	if (!OidIsValid(function))
	{
		bool is_varlena;
		char *string;

		getTypeOutputInfo(writer->base_type, &function, &is_varlena);
		string = OidOutputFunctionCall(function, value);
		bolt_json_write_string(out, string, strlen(string));
		return;
	}
	result = call_cast(function, value, &isnull);
	if (isnull)
	{
		json_buffer_append(out, "null", 4);
		return;
	}
	json = DatumGetTextPP(result);
	json_buffer_append(out, VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json));
}

/*
 * The general case: what the type's output function says, as a string.
 */
static void
write_through_output(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	FmgrInfo *function = unconstify(FmgrInfo *, &writer->function);
	char *string = OutputFunctionCall(function, value);

	bolt_json_write_string(out, string, strlen(string));
	pfree(string);
}
