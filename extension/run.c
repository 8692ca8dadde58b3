/*-------------------------------------------------------------------------
 *
 * run.c
 *	  bolt.run: a list of operations, all or nothing, in one round trip.
 *
 * An operation is a row of operations[]: the SQL function of that name, with its
 * arguments by their names.  {"Ref": [0, "id"]} in an argument is replaced by the
 * JSON of an earlier result before the operation sees it (run_references.c).
 *
 * The operations are read one by one and each has a memory context of its own, so that
 * memory does not grow with their number, but for their results, which are returned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "delete.h"
#include "document.h"
#include "error.h"
#include "fmgr.h"
#include "json_scan.h"
#include "miscadmin.h"
#include "operations.h"
#include "read.h"
#include "related.h"
#include "run_references.h"
#include "settings.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(bolt_run_operations);

#define MAX_ARGUMENTS 6

typedef enum ArgumentKind
{
	ARGUMENT_NAME,	  /* a string */
	ARGUMENT_JSON,	  /* anything */
	ARGUMENT_NAMES,	  /* an array of strings */
	ARGUMENT_NUMBER,  /* an integer */
	ARGUMENT_BOOLEAN, /* true or false */
} ArgumentKind;

typedef struct ArgumentRule
{
	const char *name;
	ArgumentKind kind;
	bool required;
	bool data; /* ARGUMENT_NAME: no name of anything, so that it may be a Ref */
} ArgumentRule;

typedef struct Argument
{
	bool given;
	Datum value;  /* text, text[], int8 or bool */
	char *string; /* ARGUMENT_NAME */
	text *json;	  /* ARGUMENT_JSON */
	List *names;  /* ARGUMENT_NAMES */
	bool boolean; /* ARGUMENT_BOOLEAN */
} Argument;

/* Runs with its arguments and appends its result. */
typedef struct Operation Operation;
typedef void (*OperationFunction)(const Operation *operation, Argument *arguments, JsonBuffer *out);

struct Operation
{
	const char *name;
	OperationFunction run;
	PGFunction function; /* of run_function */
	Oid result;			 /* of that */
	ArgumentRule arguments[MAX_ARGUMENTS];
};

/* ----------
 * Results
 * ----------
 */
static void
append_text(JsonBuffer *out, const char *text)
{
	json_buffer_append(out, text, strlen(text));
}

static void
append_object(JsonBuffer *out, const Objects *objects, const WriteRow *row)
{
	if (row->written)
		json_buffer_append(out, objects->out.text.data + row->start, row->length);
	else
		append_text(out, "null");
}

static void
append_objects(JsonBuffer *out, const Objects *objects)
{
	bool first = true;

	json_buffer_append_char(out, '[');
	for (int i = 0; i < objects->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!objects->rows[i]->written)
			continue;
		if (!first)
			json_buffer_append_char(out, ',');
		first = false;
		append_object(out, objects, objects->rows[i]);
	}
	json_buffer_append_char(out, ']');
}

static void
append_number(JsonBuffer *out, int64 number)
{
	append_text(out, psprintf(INT64_FORMAT, number));
}

static void
append_created(JsonBuffer *out, const Objects *objects, bool created)
{
	append_text(out, "{\"object\":");
	append_object(out, objects, objects->rows[0]);
	append_text(out, created ? ",\"created\":true}" : ",\"created\":false}");
}

/* ----------
 * Operations
 * ----------
 */

/* A function of read.c and its like, called as SQL calls it. */
static void
run_function(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	LOCAL_FCINFO(fcinfo, MAX_ARGUMENTS);
	Datum result;

	InitFunctionCallInfoData(*fcinfo, NULL, MAX_ARGUMENTS, InvalidOid, NULL, NULL);
	for (int i = 0; i < MAX_ARGUMENTS; i++)
	{
		fcinfo->args[i].value = arguments[i].value;
		fcinfo->args[i].isnull = !arguments[i].given;
	}
	for (fcinfo->nargs = 0; fcinfo->nargs < MAX_ARGUMENTS; fcinfo->nargs++)
	{
		if (operation->arguments[fcinfo->nargs].name == NULL)
			break;
	}
	result = operation->function(fcinfo);
	if (fcinfo->isnull)
		append_text(out, "null");
	else if (operation->result == INT8OID)
		append_number(out, DatumGetInt64(result));
	else if (operation->result == BOOLOID)
		append_text(out, DatumGetBool(result) ? "true" : "false");
	else
	{
		text *json = DatumGetTextPP(result);

		json_buffer_append(out, VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json));
	}
}

static void
run_select_for_update(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	Document *document =
		bolt_document_parse(VARDATA_ANY(arguments[0].json), VARSIZE_ANY_EXHDR(arguments[0].json));

	if (document->queryset->locking == NULL)
		document->queryset->locking = palloc0(sizeof(Locking));
	document->may_lock = true;
	bolt_append_array(document, PG_INT64_MAX, out);
}

static void
run_create(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	Objects *objects = bolt_op_create(arguments[0].string, arguments[1].json);

	append_object(out, objects, objects->rows[0]);
}

static void
run_save(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	Objects *objects = bolt_op_save(arguments[0].string, arguments[1].json);

	append_object(out, objects, objects->rows[0]);
}

static void
run_get_or_create(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	bool created;
	Objects *objects =
		bolt_op_get_or_create(arguments[0].json, arguments[1].json, arguments[2].json, &created);

	append_created(out, objects, created);
}

static void
run_update_or_create(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	bool created;
	Objects *objects = bolt_op_update_or_create(arguments[0].json, arguments[1].json, arguments[2].json,
												arguments[3].json, &created);

	append_created(out, objects, created);
}

static void
run_bulk_create(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	BulkOptions options = {arguments[2].boolean, arguments[3].boolean, arguments[4].names,
						   arguments[5].names};

	append_objects(out, bolt_op_bulk_create(arguments[0].string, arguments[1].json, &options));
}

static void
run_bulk_update(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	append_number(out, bolt_op_bulk_update(arguments[0].string, arguments[1].json, arguments[2].names));
}

static void
run_update(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	append_number(out, bolt_op_update(arguments[0].json, arguments[1].json));
}

static void
run_update_returning(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	append_objects(out, bolt_op_update_returning(arguments[0].json, arguments[1].json));
}

static void
run_delete(const Operation *operation, Argument *arguments, JsonBuffer *out)
{
	Document *document =
		bolt_document_parse(VARDATA_ANY(arguments[0].json), VARSIZE_ANY_EXHDR(arguments[0].json));
	int64 deleted;
	char *models;

	bolt_delete_queryset(document, &deleted, &models);
	append_text(out, "{\"deleted\":");
	append_number(out, deleted);
	append_text(out, ",\"models\":");
	append_text(out, models);
	json_buffer_append_char(out, '}');
}

#define QUERYSET \
	{ \
		"queryset", ARGUMENT_JSON, true \
	}
#define MODEL \
	{ \
		"model", ARGUMENT_NAME, true \
	}
#define PK \
	{ \
		"pk", ARGUMENT_JSON, true \
	}
#define RELATION \
	{ \
		"relation", ARGUMENT_NAME, true \
	}
#define TARGETS \
	{ \
		"targets", ARGUMENT_JSON, true \
	}
#define CALLS(c_function, type) run_function, c_function, type

static const Operation operations[] = {
	{"fetch", CALLS(bolt_fetch_json, JSONOID), {QUERYSET}},
	{"get", CALLS(bolt_get, JSONOID), {QUERYSET, {"filter", ARGUMENT_JSON}}},
	{"first", CALLS(bolt_first, JSONOID), {QUERYSET}},
	{"last", CALLS(bolt_last, JSONOID), {QUERYSET}},
	{"earliest", CALLS(bolt_earliest, JSONOID), {QUERYSET, {"fields", ARGUMENT_NAMES}}},
	{"latest", CALLS(bolt_latest, JSONOID), {QUERYSET, {"fields", ARGUMENT_NAMES}}},
	{"count", CALLS(bolt_count, INT8OID), {QUERYSET}},
	{"exists", CALLS(bolt_exists, BOOLOID), {QUERYSET}},
	{"contains", CALLS(bolt_contains, BOOLOID), {QUERYSET, {"pk", ARGUMENT_JSON, true}}},
	{"in_bulk",
	 CALLS(bolt_in_bulk, JSONOID),
	 {QUERYSET, {"ids", ARGUMENT_JSON}, {"field_name", ARGUMENT_NAME}}},
	{"aggregate", CALLS(bolt_aggregate_queryset, JSONOID), {QUERYSET, {"aggregates", ARGUMENT_JSON, true}}},
	{"page",
	 CALLS(bolt_page, JSONOID),
	 {QUERYSET,
	  {"page", ARGUMENT_NUMBER},
	  {"page_size", ARGUMENT_NUMBER},
	  {"total", ARGUMENT_NAME, .data = true}}},
	{"cursor_page",
	 CALLS(bolt_cursor_page, JSONOID),
	 {QUERYSET,
	  {"page_size", ARGUMENT_NUMBER},
	  {"after", ARGUMENT_NAME, .data = true},
	  {"before", ARGUMENT_NAME, .data = true}}},
	{"select_for_update", run_select_for_update, .arguments = {QUERYSET}},
	{"create", run_create, .arguments = {MODEL, {"values", ARGUMENT_JSON, true}}},
	{"save", run_save, .arguments = {MODEL, {"values", ARGUMENT_JSON, true}}},
	{"get_or_create", run_get_or_create,
	 .arguments = {QUERYSET, {"lookup", ARGUMENT_JSON, true}, {"defaults", ARGUMENT_JSON}}},
	{"update_or_create", run_update_or_create,
	 .arguments = {QUERYSET,
				   {"lookup", ARGUMENT_JSON, true},
				   {"defaults", ARGUMENT_JSON},
				   {"create_defaults", ARGUMENT_JSON}}},
	{"bulk_create", run_bulk_create,
	 .arguments = {MODEL,
				   {"rows", ARGUMENT_JSON, true},
				   {"ignore_conflicts", ARGUMENT_BOOLEAN},
				   {"update_conflicts", ARGUMENT_BOOLEAN},
				   {"update_fields", ARGUMENT_NAMES},
				   {"unique_fields", ARGUMENT_NAMES}}},
	{"bulk_update", run_bulk_update,
	 .arguments = {MODEL, {"rows", ARGUMENT_JSON, true}, {"fields", ARGUMENT_NAMES, true}}},
	{"update", run_update, .arguments = {QUERYSET, {"values", ARGUMENT_JSON, true}}},
	{"update_returning", run_update_returning, .arguments = {QUERYSET, {"values", ARGUMENT_JSON, true}}},
	{"delete", run_delete, .arguments = {QUERYSET}},
	{"add", CALLS(bolt_add, INT8OID), {MODEL, PK, RELATION, TARGETS, {"through_defaults", ARGUMENT_JSON}}},
	{"remove", CALLS(bolt_remove, INT8OID), {MODEL, PK, RELATION, TARGETS}},
	{"set", CALLS(bolt_set, INT8OID), {MODEL, PK, RELATION, TARGETS, {"through_defaults", ARGUMENT_JSON}}},
	{"clear", CALLS(bolt_clear, INT8OID), {MODEL, PK, RELATION}},
};

/* What the functions take where an argument is left out. */
static const struct
{
	const char *operation;
	const char *argument;
	int64 number;
	const char *name;
} defaults[] = {
	{"page", "page", 1},
	{"page", "page_size", 20},
	{"page", "total", 0, "exact"},
	{"cursor_page", "page_size", 20},
	{"in_bulk", "field_name", 0, "pk"},
};

/* ----------
 * Arguments
 * ----------
 */
static Datum
names_datum(List *names)
{
	Datum *elements = palloc(sizeof(Datum) * Max(list_length(names), 1));
	ListCell *lc;

	foreach(lc, names)
		elements[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, list_length(names), TEXTOID, -1, false, TYPALIGN_INT));
}

/* value: as the caller wrote it, or what a Ref in its place refers to, for all but JSON. */
static void
set_argument(Argument *argument, const ArgumentRule *rule, const JsonValue *value, text *json)
{
	argument->given = true;
	switch (rule->kind)
	{
		case ARGUMENT_JSON:
			argument->json = json;
			argument->value = PointerGetDatum(argument->json);
			break;
		case ARGUMENT_NAME:
			argument->string =
				pstrdup(rule->data && value->kind == JSON_STRING ? value->text : bolt_expect_string(value));
			argument->value = CStringGetTextDatum(argument->string);
			break;
		case ARGUMENT_NAMES:
			bolt_expect_array(value);
			json_foreach(each, value)
				argument->names = lappend(argument->names, pstrdup(bolt_expect_string(each)));
			argument->value = names_datum(argument->names);
			break;
		case ARGUMENT_NUMBER:
			if (value->kind != JSON_NUMBER || strspn(value->text, "-0123456789") != strlen(value->text))
				bolt_wrong_kind(value, bolt_quoted_key(value), "an integer");
			argument->value = DirectFunctionCall1(int8in, CStringGetDatum(value->text));
			break;
		case ARGUMENT_BOOLEAN:
			argument->boolean = bolt_expect_boolean(value);
			argument->value = BoolGetDatum(argument->boolean);
			break;
	}
}

static void
set_defaults(const Operation *operation, Argument *arguments)
{
	for (int i = 0; i < lengthof(defaults); i++)
	{
		if (strcmp(defaults[i].operation, operation->name) != 0)
			continue;
		for (int j = 0; j < MAX_ARGUMENTS && operation->arguments[j].name != NULL; j++)
		{
			if (arguments[j].given || strcmp(operation->arguments[j].name, defaults[i].argument) != 0)
				continue;
			arguments[j].given = true;
			arguments[j].value = defaults[i].name != NULL ? CStringGetTextDatum(defaults[i].name) :
															Int64GetDatum(defaults[i].number);
		}
	}
}

/* What a Ref in place of a whole argument refers to, there. */
static JsonValue *
resolved_value(const JsonValue *member, const text *json)
{
	JsonValue *value = bolt_json_parse(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json), bolt_max_depth);

	value->name = member->name;
	value->name_length = member->name_length;
	value->parent = member->parent;
	return value;
}

static void
set_arguments(const Operation *operation, Argument *arguments, const JsonValue *object, Results *results)
{
	List *choices = list_make1("op");

	memset(arguments, 0, sizeof(Argument) * MAX_ARGUMENTS);
	for (int i = 0; i < MAX_ARGUMENTS && operation->arguments[i].name != NULL; i++)
		choices = lappend(choices, unconstify(char *, operation->arguments[i].name));
	json_foreach(member, object)
	{
		const ArgumentRule *rule = NULL;
		text *json;
		int i;

		if (strcmp(member->name, "op") == 0)
			continue;
		for (i = 0; i < MAX_ARGUMENTS && operation->arguments[i].name != NULL; i++)
		{
			if (strcmp(operation->arguments[i].name, member->name) == 0)
			{
				rule = &operation->arguments[i];
				break;
			}
		}
		if (rule == NULL)
			bolt_unknown_key(member, psprintf("operation \"%s\"", operation->name), choices);
		if (member->kind == JSON_NULL && !rule->required)
			continue;
		json = bolt_resolve_references(results, member);
		set_argument(&arguments[i], rule,
					 bolt_is_reference(member) && rule->kind != ARGUMENT_JSON ? resolved_value(member, json) :
																				member,
					 json);
	}
	for (int i = 0; i < MAX_ARGUMENTS && operation->arguments[i].name != NULL; i++)
	{
		if (operation->arguments[i].required && !arguments[i].given)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("operation \"%s\" needs \"%s\"", operation->name, operation->arguments[i].name),
					 bolt_errdetail_at(object)));
	}
	set_defaults(operation, arguments);
}

/* ----------
 * Running
 * ----------
 */
static const Operation *
find_operation(const JsonValue *object)
{
	const JsonValue *name;
	List *choices = NIL;

	bolt_expect_object(object, "an operation");
	name = bolt_json_member(object, "op");
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an operation needs the key \"op\""),
				 bolt_errdetail_at(object)));
	bolt_expect_string(name);
	for (int i = 0; i < lengthof(operations); i++)
	{
		if (strcmp(operations[i].name, name->text) == 0)
			return &operations[i];
		choices = lappend(choices, unconstify(char *, operations[i].name));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown operation \"%s\"", name->text),
			 bolt_errdetail_at(name), bolt_errhint_choices(choices)));
	return NULL; /* not reached */
}

static void
operation_error_context(void *argument)
{
	const JsonValue *object = argument;
	const JsonValue *name = object->kind == JSON_OBJECT ? bolt_json_member(object, "op") : NULL;

	if (name != NULL && name->kind == JSON_STRING)
		errcontext("operation %d (\"%s\") of bolt.run", object->index, name->text);
	else
		errcontext("operation %d of bolt.run", object->index);
}

static void
run_operation(JsonValue *object, Results *results, JsonBuffer *out)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = operation_error_context, .arg = object};
	Argument arguments[MAX_ARGUMENTS];
	const Operation *operation;
	Size start = out->length;

	error_context_stack = &callback;
	operation = find_operation(object);
	set_arguments(operation, arguments, object, results);
	bolt_push_latest_snapshot();
	operation->run(operation, arguments, out);
	PopActiveSnapshot();
	error_context_stack = callback.previous;
	bolt_results_add(results, start);
}

/* The places of the operations in their text. */
static JsonScan *
scan_operations(const text *json, int *n)
{
	JsonScan scan;
	JsonScan *operations;
	int capacity = 16;

	*n = 0;
	if (!bolt_json_scan_begin(&scan, VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json)) || scan.object)
		bolt_wrong_kind(bolt_parse_argument(json, "operations"), "operations", "an array of operations");
	operations = palloc(sizeof(JsonScan) * capacity);
	while (bolt_json_scan_next(&scan))
	{
		if (*n >= bolt_max_operations)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("more than %d operations", bolt_max_operations),
					 errhint("\"bolt_orm.max_operations\" is the limit. Write many rows with bulk_create.")));
		if (*n == capacity)
			operations = repalloc(operations, sizeof(JsonScan) * (capacity *= 2));
		operations[(*n)++] = scan;
	}
	return operations;
}

/* bolt.run(operations json) → json: the results, in an array. */
Datum
bolt_run_operations(PG_FUNCTION_ARGS)
{
	JsonValue list = {.kind = JSON_ARRAY, .name = "operations", .name_length = strlen("operations")};
	JsonScan *places;
	Results *results;
	JsonBuffer out;
	MemoryContext context;

	bolt_refuse_null(fcinfo, 0, "operations");
	places = scan_operations(PG_GETARG_TEXT_PP(0), &list.count);
	bolt_begin_result(&out);
	results = bolt_results_create(list.count, &out);
	context = AllocSetContextCreate(CurrentMemoryContext, "bolt_orm operation", ALLOCSET_DEFAULT_SIZES);
	json_buffer_append_char(&out, '[');
	for (int i = 0; i < list.count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		JsonValue *object;

		CHECK_FOR_INTERRUPTS();
		object = bolt_json_parse_within(places[i].value, places[i].length, bolt_max_depth, 1);
		object->parent = &list;
		object->index = i;
		if (i > 0)
			json_buffer_append_char(&out, ',');
		run_operation(object, results, &out);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	json_buffer_append_char(&out, ']');
	PG_RETURN_DATUM(bolt_end_result(&out));
}
