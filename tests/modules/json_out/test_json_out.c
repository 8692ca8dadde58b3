/*-------------------------------------------------------------------------
 *
 * test_json_out.c
 *	  The JSON writers of bolt_orm, callable from SQL.
 *
 * For tests only: no part of the extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "json_out.h"
#include "nodes/makefuncs.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_MODULE_MAGIC;

/* The writers watch types, which are linked here; the extensions that are watched beside them are not. */
extern Oid bolt_find_extension_schema(const char *extension);

Oid
bolt_find_extension_schema(const char *extension)
{
	return InvalidOid;
}

PG_FUNCTION_INFO_V1(bolt_test_to_json);
PG_FUNCTION_INFO_V1(bolt_test_limited);
PG_FUNCTION_INFO_V1(bolt_test_leaves_garbage);
PG_FUNCTION_INFO_V1(bolt_test_allocates);
PG_FUNCTION_INFO_V1(bolt_test_buffer);
PG_FUNCTION_INFO_V1(bolt_test_speed);

/* A writer for the first argument, kept as long as the calling expression. */
static JsonWriter *
argument_writer(FunctionCallInfo fcinfo, bool bigint_as_string)
{
	JsonWriter *writer = fcinfo->flinfo->fn_extra;
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);

	if (writer == NULL)
	{
		writer = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(JsonWriter));
		bolt_json_writer_init(writer, type, bigint_as_string, fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = writer;
		bolt_json_out_begin();
	}
	return writer;
}

/* bolt_test_to_json(value anyelement, bigint_as_string boolean) returns text */
Datum
bolt_test_to_json(PG_FUNCTION_ARGS)
{
	JsonWriter *writer = argument_writer(fcinfo, PG_GETARG_BOOL(1));
	JsonBuffer buffer;

	bolt_json_buffer_init(&buffer, CurrentMemoryContext, 0);
	writer->write(writer, PG_GETARG_DATUM(0), &buffer);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buffer.data, buffer.length));
}

/* bolt_test_limited(value anyelement, most bigint) returns text: in a buffer of so many bytes */
Datum
bolt_test_limited(PG_FUNCTION_ARGS)
{
	JsonWriter *writer = argument_writer(fcinfo, false);
	JsonBuffer buffer;

	bolt_json_buffer_init(&buffer, CurrentMemoryContext, PG_GETARG_INT64(1));
	writer->write(writer, PG_GETARG_DATUM(0), &buffer);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buffer.data, buffer.length));
}

/* bolt_test_leaves_garbage(value anyelement) returns boolean: whether writing uses up memory */
Datum
bolt_test_leaves_garbage(PG_FUNCTION_ARGS)
{
	JsonWriter *writer = argument_writer(fcinfo, false);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm test", ALLOCSET_DEFAULT_SIZES);
	MemoryContext previous;
	JsonBuffer buffer;
	Size before = 0;
	Size after;

	bolt_json_buffer_init(&buffer, CurrentMemoryContext, 0);
	previous = MemoryContextSwitchTo(context);
	for (int i = 0; i < 2000; i++)
	{
		/* what a value needs for a while is there after the first ones */
		if (i == 100)
			before = MemoryContextMemAllocated(context, true);
		buffer.length = 0;
		writer->write(writer, PG_GETARG_DATUM(0), &buffer);
	}
	after = MemoryContextMemAllocated(context, true);
	MemoryContextSwitchTo(previous);
	MemoryContextDelete(context);
	PG_RETURN_BOOL(after > before);
}

/* bolt_test_allocates(value anyelement) returns boolean: what the writer says of itself */
Datum
bolt_test_allocates(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(argument_writer(fcinfo, false)->allocates);
}

/* bolt_test_buffer(most bigint, more bigint) returns bigint: the capacity after reserving */
Datum
bolt_test_buffer(PG_FUNCTION_ARGS)
{
	JsonBuffer buffer;

	bolt_json_buffer_init(&buffer, CurrentMemoryContext, PG_GETARG_INT64(0));
	json_buffer_append(&buffer, "0123456789", 10);
	json_buffer_reserve(&buffer, PG_GETARG_INT64(1));
	if (memcmp(buffer.data, "0123456789", 10) != 0)
		elog(ERROR, "buffer lost its content");
	PG_RETURN_INT64(buffer.capacity);
}

/*
 * bolt_test_speed(sample anyarray, rounds integer, OUT ours float8, OUT to_json float8)
 *
 * Nanoseconds a value, the elements of the sample being written in turn.
 */
Datum
bolt_test_speed(PG_FUNCTION_ARGS)
{
	ArrayType *sample = PG_GETARG_ARRAYTYPE_P(0);
	int rounds = PG_GETARG_INT32(1);
	Oid type = ARR_ELEMTYPE(sample);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm test", ALLOCSET_DEFAULT_SIZES);
	MemoryContext previous;
	TupleDesc descriptor;
	JsonWriter writer;
	JsonBuffer buffer;
	FmgrInfo to_json;
	Param *argument = makeNode(Param);
	FuncExpr *call = makeNode(FuncExpr);
	instr_time start;
	instr_time ours;
	instr_time theirs;
	Datum *elements;
	bool *nulls;
	int count;
	int16 length;
	bool by_value;
	char align;
	Datum result[2];
	bool result_nulls[2] = {false, false};

	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(sample, type, length, by_value, align, &elements, &nulls, &count);

	bolt_json_writer_init(&writer, type, false, CurrentMemoryContext);
	bolt_json_buffer_init(&buffer, CurrentMemoryContext, 0);

	argument->paramtype = type;
	call->args = list_make1(argument);
	fmgr_info(F_TO_JSON, &to_json);
	fmgr_info_set_expr((Node *) call, &to_json);

	previous = MemoryContextSwitchTo(context);
	for (int pass = 0; pass < 2; pass++)
	{
		/* the first pass warms up */
		INSTR_TIME_SET_CURRENT(start);
		for (int round = 0; round < rounds; round++)
		{
			buffer.length = 0;
			bolt_json_out_begin();
			for (int i = 0; i < count; i++)
				writer.write(&writer, elements[i], &buffer);
			if (writer.allocates)
				MemoryContextReset(context);
		}
		INSTR_TIME_SET_CURRENT(ours);
		INSTR_TIME_SUBTRACT(ours, start);

		INSTR_TIME_SET_CURRENT(start);
		for (int round = 0; round < rounds; round++)
		{
			for (int i = 0; i < count; i++)
			{
				FunctionCall1(&to_json, elements[i]);
				if (i % 16 == 0)
					MemoryContextReset(context);
			}
		}
		INSTR_TIME_SET_CURRENT(theirs);
		INSTR_TIME_SUBTRACT(theirs, start);
	}
	MemoryContextSwitchTo(previous);

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result[0] = Float8GetDatum(INSTR_TIME_GET_DOUBLE(ours) * 1e9 / rounds / count);
	result[1] = Float8GetDatum(INSTR_TIME_GET_DOUBLE(theirs) * 1e9 / rounds / count);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), result, result_nulls)));
}
