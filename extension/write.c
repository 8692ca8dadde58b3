/*-------------------------------------------------------------------------
 *
 * write.c
 *	  The SQL-callable writing functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "operations.h"
#include "read.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(bolt_create);
PG_FUNCTION_INFO_V1(bolt_save);
PG_FUNCTION_INFO_V1(bolt_get_or_create);
PG_FUNCTION_INFO_V1(bolt_update_or_create);
PG_FUNCTION_INFO_V1(bolt_bulk_create);
PG_FUNCTION_INFO_V1(bolt_bulk_update);
PG_FUNCTION_INFO_V1(bolt_update);
PG_FUNCTION_INFO_V1(bolt_update_returning);

/* ----------
 * Arguments and results
 * ----------
 */
static text *
text_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	bolt_refuse_null(fcinfo, argument, name);
	return PG_GETARG_TEXT_PP(argument);
}

static char *
name_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	return text_to_cstring(text_argument(fcinfo, argument, name));
}

static text *
optional_text(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : PG_GETARG_TEXT_PP(argument);
}

static bool
boolean_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	bolt_refuse_null(fcinfo, argument, name);
	return PG_GETARG_BOOL(argument);
}

/* A text[] as a list of char *; NIL for NULL. */
static List *
names_argument(FunctionCallInfo fcinfo, int argument)
{
	Datum *elements;
	bool *nulls;
	int n;
	List *names = NIL;

	if (PG_ARGISNULL(argument))
		return NIL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
					  &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a field's name must not be null")));
		names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

static Datum
object_datum(const Objects *objects, const WriteRow *row)
{
	return PointerGetDatum(cstring_to_text_with_len(objects->out.text.data + row->start, row->length));
}

/* The object of an operation that has one; NULL where a trigger has left it out. */
static Datum
one_object(FunctionCallInfo fcinfo, const Objects *objects)
{
	if (!objects->rows[0]->written)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(object_datum(objects, objects->rows[0]));
}

static Datum
object_and_created(FunctionCallInfo fcinfo, const Objects *objects, bool created)
{
	TupleDesc descriptor;
	Datum values[2] = {0, BoolGetDatum(created)};
	bool nulls[2] = {!objects->rows[0]->written, false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!nulls[0])
		values[0] = object_datum(objects, objects->rows[0]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

/* A set of objects: all is written at the first call, and handed out one by one. */
typedef Objects *(*ObjectsFunction)(FunctionCallInfo fcinfo);

static Datum
each_object(FunctionCallInfo fcinfo, ObjectsFunction write)
{
	FuncCallContext *context;
	Objects *objects;
	Datum object;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		context->user_fctx = write(fcinfo);
		MemoryContextSwitchTo(old);
	}
	context = SRF_PERCALL_SETUP();
	objects = context->user_fctx;
	while (context->call_cntr < (uint64) objects->nrows && !objects->rows[context->call_cntr]->written)
		context->call_cntr++;
	if (context->call_cntr >= (uint64) objects->nrows)
		SRF_RETURN_DONE(context);
	object = object_datum(objects, objects->rows[context->call_cntr]);
	SRF_RETURN_NEXT(context, object);
}

/* ----------
 * One object
 * ----------
 */

/* bolt.create(model text, values json) → json: QuerySet.create. */
Datum
bolt_create(PG_FUNCTION_ARGS)
{
	char *model = name_argument(fcinfo, 0, "model");

	return one_object(fcinfo, bolt_op_create(model, text_argument(fcinfo, 1, "values")));
}

/* bolt.save(model text, values json) → json: Model.save. */
Datum
bolt_save(PG_FUNCTION_ARGS)
{
	char *model = name_argument(fcinfo, 0, "model");

	return one_object(fcinfo, bolt_op_save(model, text_argument(fcinfo, 1, "values")));
}

/*
 * bolt.get_or_create(queryset json, lookup json, defaults json) → (object json,
 * created boolean): QuerySet.get_or_create.
 */
Datum
bolt_get_or_create(PG_FUNCTION_ARGS)
{
	text *queryset = text_argument(fcinfo, 0, "queryset document");
	text *lookup = text_argument(fcinfo, 1, "lookup");
	bool created;
	Objects *objects = bolt_op_get_or_create(queryset, lookup, optional_text(fcinfo, 2), &created);

	return object_and_created(fcinfo, objects, created);
}

/*
 * bolt.update_or_create(queryset json, lookup json, defaults json, create_defaults
 * json) → (object json, created boolean): QuerySet.update_or_create.
 */
Datum
bolt_update_or_create(PG_FUNCTION_ARGS)
{
	text *queryset = text_argument(fcinfo, 0, "queryset document");
	text *lookup = text_argument(fcinfo, 1, "lookup");
	bool created;
	Objects *objects = bolt_op_update_or_create(queryset, lookup, optional_text(fcinfo, 2),
												optional_text(fcinfo, 3), &created);

	return object_and_created(fcinfo, objects, created);
}

/* ----------
 * Many objects
 * ----------
 */
static Objects *
write_bulk(FunctionCallInfo fcinfo)
{
	char *model = name_argument(fcinfo, 0, "model");
	text *rows = text_argument(fcinfo, 1, "rows");
	BulkOptions options = {boolean_argument(fcinfo, 2, "ignore_conflicts"),
						   boolean_argument(fcinfo, 3, "update_conflicts"), names_argument(fcinfo, 4),
						   names_argument(fcinfo, 5)};

	return bolt_op_bulk_create(model, rows, &options);
}

/*
 * bolt.bulk_create(model text, rows json, ignore_conflicts boolean, update_conflicts
 * boolean, update_fields text[], unique_fields text[]) → setof json: QuerySet.bulk_create.
 */
Datum
bolt_bulk_create(PG_FUNCTION_ARGS)
{
	return each_object(fcinfo, write_bulk);
}

/* bolt.bulk_update(model text, rows json, fields text[]) → bigint: QuerySet.bulk_update. */
Datum
bolt_bulk_update(PG_FUNCTION_ARGS)
{
	char *model = name_argument(fcinfo, 0, "model");
	text *rows = text_argument(fcinfo, 1, "rows");

	bolt_refuse_null(fcinfo, 2, "fields");
	PG_RETURN_INT64(bolt_op_bulk_update(model, rows, names_argument(fcinfo, 2)));
}

/* bolt.update(queryset json, values json) → bigint: QuerySet.update; the rows matched. */
Datum
bolt_update(PG_FUNCTION_ARGS)
{
	text *queryset = text_argument(fcinfo, 0, "queryset document");

	PG_RETURN_INT64(bolt_op_update(queryset, text_argument(fcinfo, 1, "values")));
}

static Objects *
write_update(FunctionCallInfo fcinfo)
{
	text *queryset = text_argument(fcinfo, 0, "queryset document");

	return bolt_op_update_returning(queryset, text_argument(fcinfo, 1, "values"));
}

/* bolt.update_returning(queryset json, values json) → setof json: the same; the objects. */
Datum
bolt_update_returning(PG_FUNCTION_ARGS)
{
	return each_object(fcinfo, write_update);
}
