/*-------------------------------------------------------------------------
 *
 * read.c
 *	  The SQL-callable reading functions.
 *
 * Each takes a document, changes the queryset the way Django's method of its
 * name does, and runs it.  What a function changes it also adds to the
 * document's shape.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "error.h"
#include "executor/spi.h"
#include "fetch.h"
#include "fmgr.h"
#include "funcapi.h"
#include "graph_cache.h"
#include "miscadmin.h"
#include "read.h"
#include "rights.h"
#include "statement.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* get() looks at so many rows to say how many it found, as Django does. */
#define MAX_GET_RESULTS 21

PG_FUNCTION_INFO_V1(bolt_fetch);
PG_FUNCTION_INFO_V1(bolt_fetch_json);
PG_FUNCTION_INFO_V1(bolt_get);
PG_FUNCTION_INFO_V1(bolt_first);
PG_FUNCTION_INFO_V1(bolt_last);
PG_FUNCTION_INFO_V1(bolt_earliest);
PG_FUNCTION_INFO_V1(bolt_latest);
PG_FUNCTION_INFO_V1(bolt_count);
PG_FUNCTION_INFO_V1(bolt_exists);
PG_FUNCTION_INFO_V1(bolt_contains);
PG_FUNCTION_INFO_V1(bolt_in_bulk);
PG_FUNCTION_INFO_V1(bolt_aggregate_queryset);
PG_FUNCTION_INFO_V1(bolt_select_for_update);

/* ----------
 * Arguments
 * ----------
 */
void
bolt_refuse_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

int64
bolt_positive_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	int64 number;

	bolt_refuse_null(fcinfo, argument, name);
	number = PG_GETARG_INT64(argument);
	if (number < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("That %s is less than 1", name)));
	return number;
}

Document *
bolt_document_argument(FunctionCallInfo fcinfo, int argument)
{
	text *json;
	Document *document;

	bolt_refuse_null(fcinfo, argument, "queryset document");
	json = PG_GETARG_TEXT_P_COPY(argument);
	document = bolt_document_parse(VARDATA(json), VARSIZE(json) - VARHDRSZ);

	/* bolt.run, which may write, calls without what an SQL function is called with */
	document->may_lock = fcinfo->flinfo == NULL;
	return document;
}

void
bolt_refuse_slice(const Document *document, const char *message)
{
	const QuerySet *queryset = document->queryset;

	if (queryset->limit != NULL || queryset->offset != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s", message),
				 bolt_errdetail_at(queryset->limit ? queryset->limit : queryset->offset)));
}

static void
refuse_values(const Document *document, const char *message)
{
	if (document->queryset->values_kind != VALUES_NONE)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s", message)));
}

/* What adds a filter of its own cannot follow union() and its like. */
static void
refuse_combined(const Document *document, const char *method)
{
	if (document->queryset->combined != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Calling QuerySet.%s after %s() is not supported", method,
						((CombineCall *) linitial(document->queryset->combined))->method)));
}

/* ----------
 * Running
 * ----------
 */

/* Begins to run a document for its objects, which select_for_update may lock. */
static FetchRun *
begin_objects(Document *document)
{
	FetchPurpose purpose =
		document->may_lock && document->queryset->locking != NULL ? FETCH_LOCKED : FETCH_OBJECTS;
	FetchRun *run = bolt_run_begin(bolt_graph_for(document, purpose), document);

	run->locks = purpose == FETCH_LOCKED;
	return run;
}

/*
 * Runs a document to its end and appends its objects, at most so many, with
 * commas between them.  Returns whether there were more.
 */
static bool
append_objects(Document *document, int64 most, JsonBuffer *out)
{
	MemoryContext context = CurrentMemoryContext;
	FetchRun *run = begin_objects(document);
	int64 count = 0;
	int nrows;

	SPI_connect();
	MemoryContextSwitchTo(context);

	/* a page that is empty asks for as much as a full one */
	if (document->queryset->page_order)
		bolt_check_graph_rights(run->graph);
	while ((nrows = bolt_run_chunk(run)) > 0)
	{
		bolt_stitch_check(run, Min((int64) nrows, Max(most - count, 0)), out);
		for (int row = 0; row < nrows; row++)
		{
			CHECK_FOR_INTERRUPTS();
			if (count++ >= most)
				continue;
			if (count > 1)
				json_buffer_append_char(out, ',');
			bolt_stitch_row(run, row, out);
		}
	}
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	return count > most;
}

void
bolt_begin_result(JsonBuffer *out)
{
	bolt_json_buffer_init(out, CurrentMemoryContext, MaxAllocSize);
	json_buffer_reserve(out, VARHDRSZ);
	out->length = VARHDRSZ;
}

Datum
bolt_end_result(JsonBuffer *out)
{
	SET_VARSIZE(out->data, out->length);
	return PointerGetDatum(out->data);
}

bool
bolt_append_array(Document *document, int64 most, JsonBuffer *out)
{
	bool more;

	json_buffer_append_char(out, '[');
	more = append_objects(document, most, out);
	json_buffer_append_char(out, ']');
	return more;
}

/*
 * The rows of a queryset that is limited to few: the first is written to out.
 * Returns how many there are.
 */
static int
run_first(Document *document, FetchPurpose purpose, JsonBuffer *out)
{
	MemoryContext context = CurrentMemoryContext;
	FetchRun *run = purpose == FETCH_OBJECTS ? begin_objects(document) :
											   bolt_run_begin(bolt_graph_for(document, purpose), document);
	int nrows;

	SPI_connect();
	MemoryContextSwitchTo(context);
	nrows = bolt_run_chunk(run);
	if (nrows > 0)
		bolt_stitch_row(run, 0, out);
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	return nrows;
}

static Datum
run_scalar(Document *document, FetchPurpose purpose)
{
	MemoryContext context = CurrentMemoryContext;
	FetchRun *run = bolt_run_begin(bolt_graph_for(document, purpose), document);
	Datum result;

	SPI_connect();
	result = bolt_run_scalar(run, purpose == FETCH_COUNT ? INT8OID : BOOLOID);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	return result;
}

int64
bolt_run_count(Document *document)
{
	return DatumGetInt64(run_scalar(document, FETCH_COUNT));
}

/* ----------
 * fetch
 * ----------
 */
typedef struct FetchState
{
	FetchRun *run;
	int nrows; /* of the chunk */
	int row;
	JsonBuffer out;
} FetchState;

/* Runs at the end of the executor's query, also where a LIMIT ends it early. */
static void
end_fetch(Datum argument)
{
	bolt_run_end(((FetchState *) DatumGetPointer(argument))->run);
}

static FetchState *
begin_fetch(FunctionCallInfo fcinfo, FetchPurpose purpose)
{
	ReturnSetInfo *result_info = (ReturnSetInfo *) fcinfo->resultinfo;
	FetchState *state = palloc0(sizeof(FetchState));
	Document *document = bolt_document_argument(fcinfo, 0);

	if (purpose == FETCH_LOCKED && document->queryset->locking == NULL)
		document->queryset->locking = palloc0(sizeof(Locking));
	state->run = bolt_run_begin(bolt_graph_for(document, purpose), document);
	state->run->locks = purpose == FETCH_LOCKED;
	bolt_json_buffer_init(&state->out, CurrentMemoryContext, MaxAllocSize);
	RegisterExprContextCallback(result_info->econtext, end_fetch, PointerGetDatum(state));
	return state;
}

static bool
next_chunk(FetchState *state)
{
	MemoryContext context = CurrentMemoryContext;

	SPI_connect();
	MemoryContextSwitchTo(context);
	state->nrows = bolt_run_chunk(state->run);
	SPI_finish();
	MemoryContextSwitchTo(context);
	state->row = 0;
	return state->nrows > 0;
}

/*
 * Value-per-call: rows leave as they are made, and memory does not grow with
 * their number.
 */
static Datum
fetch_objects(FunctionCallInfo fcinfo, FetchPurpose purpose)
{
	FuncCallContext *context;
	FetchState *state;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		context->user_fctx = begin_fetch(fcinfo, purpose);
		MemoryContextSwitchTo(old);
	}
	context = SRF_PERCALL_SETUP();
	state = context->user_fctx;

	if (state->row == state->nrows && !next_chunk(state))
	{
		ReturnSetInfo *result_info = (ReturnSetInfo *) fcinfo->resultinfo;

		UnregisterExprContextCallback(result_info->econtext, end_fetch, PointerGetDatum(state));
		bolt_run_end(state->run);
		SRF_RETURN_DONE(context);
	}
	state->out.length = 0;
	json_buffer_reserve(&state->out, VARHDRSZ);
	state->out.length = VARHDRSZ;
	bolt_stitch_row(state->run, state->row++, &state->out);
	SRF_RETURN_NEXT(context, bolt_end_result(&state->out));
}

/* bolt.fetch(queryset json) → setof json: QuerySet iteration, an object a row. */
Datum
bolt_fetch(PG_FUNCTION_ARGS)
{
	return fetch_objects(fcinfo, FETCH_OBJECTS);
}

/*
 * bolt.select_for_update(queryset json) → setof json: the same, the rows locked
 * until the transaction ends.  They are locked all at the first call.
 */
Datum
bolt_select_for_update(PG_FUNCTION_ARGS)
{
	return fetch_objects(fcinfo, FETCH_LOCKED);
}

/* bolt.fetch_json(queryset json) → json: the same as one array. */
Datum
bolt_fetch_json(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	JsonBuffer out;

	bolt_begin_result(&out);
	bolt_append_array(document, PG_INT64_MAX, &out);
	PG_RETURN_DATUM(bolt_end_result(&out));
}

/* ----------
 * One object
 * ----------
 */
static void
clear_ordering(QuerySet *queryset)
{
	queryset->ordered = true;
	queryset->order_by = NIL;
}

/*
 * The one object of a queryset limited to few.
 * Errors: P0002 DoesNotExist, P0003 MultipleObjectsReturned.
 */
static Datum
only_object(Document *document)
{
	const char *model = document->queryset->model->text;
	JsonBuffer out;
	int nrows;

	bolt_begin_result(&out);
	nrows = run_first(document, FETCH_OBJECTS, &out);
	if (nrows == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("%s matching query does not exist", model)));
	if (nrows > 1)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_ROWS),
				 nrows < MAX_GET_RESULTS ?
					 errmsg("get() returned more than one %s -- it returned %d!", model, nrows) :
					 errmsg("get() returned more than one %s -- it returned more than %d!", model,
							MAX_GET_RESULTS - 1)));
	return bolt_end_result(&out);
}

/*
 * bolt.get(queryset json, filter json) → json: QuerySet.get.
 */
Datum
bolt_get(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	QuerySet *queryset = document->queryset;

	if (!PG_ARGISNULL(1))
	{
		text *filter = PG_GETARG_TEXT_P_COPY(1);

		bolt_refuse_slice(document, "Cannot filter a query once a slice has been taken");
		refuse_combined(document, "get(...) with filters");
		bolt_document_add_filter(document, "filter", VARDATA(filter), VARSIZE(filter) - VARHDRSZ);
	}
	if (queryset->limit == NULL && queryset->offset == NULL && queryset->distinct_on == NIL)
		clear_ordering(queryset);
	queryset->row_limit = MAX_GET_RESULTS;
	bolt_document_add_shape(document, "get");
	PG_RETURN_DATUM(only_object(document));
}

static Datum
first_object(FunctionCallInfo fcinfo, Document *document)
{
	JsonBuffer out;

	document->queryset->constant_limit = 1;
	document->queryset->order_by_pk = true;
	bolt_begin_result(&out);
	if (run_first(document, FETCH_OBJECTS, &out) == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(bolt_end_result(&out));
}

/* bolt.first(queryset json) → json or NULL: QuerySet.first. */
Datum
bolt_first(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);

	bolt_document_add_shape(document, "first");
	return first_object(fcinfo, document);
}

/* bolt.last(queryset json) → json or NULL: QuerySet.last. */
Datum
bolt_last(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);

	bolt_refuse_slice(document, "Cannot reverse a query once a slice has been taken");
	document->queryset->reverse = !document->queryset->reverse;
	bolt_document_add_shape(document, "last");
	return first_object(fcinfo, document);
}

static Datum
object_at_an_end(FunctionCallInfo fcinfo, bool latest)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	QuerySet *queryset = document->queryset;
	Datum *fields = NULL;
	bool *nulls = NULL;
	int nfields = 0;

	if (!PG_ARGISNULL(1))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &fields, &nulls,
						  &nfields);
	if (nfields == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg(
				 "earliest() and latest() require either fields as positional arguments or 'get_latest_by' in the model's Meta")));
	bolt_refuse_slice(document, "Cannot change a query once a slice has been taken");
	clear_ordering(queryset);
	queryset->reverse = queryset->reverse != latest;
	queryset->constant_limit = 1;
	bolt_document_add_shape(document, latest ? "latest" : "earliest");
	for (int i = 0; i < nfields; i++)
	{
		char *field;

		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a field must not be null")));
		field = TextDatumGetCString(fields[i]);
		queryset->order_by = lappend(queryset->order_by, bolt_make_order_term(field, NULL));
		bolt_document_add_shape(document, field);
	}
	PG_RETURN_DATUM(only_object(document));
}

/* bolt.earliest(queryset json, VARIADIC fields text[]) → json: QuerySet.earliest. */
Datum
bolt_earliest(PG_FUNCTION_ARGS)
{
	return object_at_an_end(fcinfo, false);
}

/* bolt.latest(queryset json, VARIADIC fields text[]) → json: QuerySet.latest. */
Datum
bolt_latest(PG_FUNCTION_ARGS)
{
	return object_at_an_end(fcinfo, true);
}

/* ----------
 * Whether and how many
 * ----------
 */

/* bolt.count(queryset json) → bigint: QuerySet.count. */
Datum
bolt_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(bolt_run_count(bolt_document_argument(fcinfo, 0)));
}

/*
 * bolt.aggregate(queryset json, aggregates json) → json: QuerySet.aggregate, an
 * object with a member an aggregate.
 */
Datum
bolt_aggregate_queryset(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	text *aggregates;
	JsonBuffer out;

	bolt_refuse_null(fcinfo, 1, "aggregates");
	refuse_combined(document, "aggregate()");
	aggregates = PG_GETARG_TEXT_P_COPY(1);
	bolt_document_add_aggregates(document, VARDATA(aggregates), VARSIZE(aggregates) - VARHDRSZ);
	bolt_begin_result(&out);
	if (run_first(document, FETCH_AGGREGATES, &out) == 0)
		json_buffer_append(&out, "{}", 2);
	PG_RETURN_DATUM(bolt_end_result(&out));
}

/* bolt.exists(queryset json) → boolean: QuerySet.exists. */
Datum
bolt_exists(PG_FUNCTION_ARGS)
{
	return run_scalar(bolt_document_argument(fcinfo, 0), FETCH_EXISTS);
}

/* bolt.contains(queryset json, pk json) → boolean: QuerySet.contains, by primary key. */
Datum
bolt_contains(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	QuerySet *queryset = document->queryset;
	text *key;
	JsonValue *literal;

	bolt_refuse_null(fcinfo, 1, "primary key");
	refuse_combined(document, "contains()");
	refuse_values(document, "Cannot call QuerySet.contains() after .values() or .values_list()");
	bolt_refuse_slice(document, "Cannot filter a query once a slice has been taken");
	key = PG_GETARG_TEXT_P_COPY(1);
	literal = bolt_document_add_value(document, VARDATA(key), VARSIZE(key) - VARHDRSZ);
	if (literal->kind == JSON_NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("primary key must not be null")));
	bolt_add_filter_call(queryset, bolt_make_condition(PRIMARY_KEY_PATH, literal));
	bolt_document_add_shape(document, "contains");
	return run_scalar(document, FETCH_EXISTS);
}

/*
 * bolt.in_bulk(queryset json, ids json, field_name text) → json: QuerySet.in_bulk,
 * one object whose members are named by the field.
 */
Datum
bolt_in_bulk(PG_FUNCTION_ARGS)
{
	Document *document = bolt_document_argument(fcinfo, 0);
	QuerySet *queryset = document->queryset;
	char *field;
	JsonBuffer out;

	bolt_refuse_null(fcinfo, 2, "field_name");
	field = text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (field[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("Cannot resolve keyword '' into field")));
	if (strcmp(field, "pk") == 0)
		field = PRIMARY_KEY_PATH; /* as it is where no field is given */
	bolt_refuse_slice(document, "Cannot use 'limit' or 'offset' with in_bulk()");
	refuse_combined(document, "in_bulk()");
	refuse_values(document, "in_bulk() cannot be used with values() or values_list()");
	if (!PG_ARGISNULL(1))
	{
		text *ids = PG_GETARG_TEXT_P_COPY(1);
		JsonValue *literal = bolt_document_add_value(document, VARDATA(ids), VARSIZE(ids) - VARHDRSZ);

		if (literal->kind != JSON_ARRAY)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("ids must be an array, not %s", bolt_json_kind_name(literal->kind))));
		bolt_add_filter_call(queryset, bolt_make_condition(psprintf("%s__in", field), literal));
	}
	if (queryset->distinct_on == NIL)
		clear_ordering(queryset);
	queryset->keyed_by = field;
	queryset->each_once = true; /* a member for each key, not for each joined row */
	bolt_document_add_shape(document, "in_bulk");
	bolt_document_add_shape(document, field);

	bolt_begin_result(&out);
	json_buffer_append_char(&out, '{');
	append_objects(document, PG_INT64_MAX, &out);
	json_buffer_append_char(&out, '}');
	PG_RETURN_DATUM(bolt_end_result(&out));
}
