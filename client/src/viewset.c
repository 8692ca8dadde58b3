/*-------------------------------------------------------------------------
 *
 * viewset.c
 *	  View sets: what each action asks the database.
 *
 * An action that writes is a bolt.run of up to three operations: find and lock, write, read the
 * object as the schema has it. So it is one round trip, and all or nothing.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "expression.h"
#include "future_state.h"
#include "json_reader.h"
#include "value.h"
#include "viewset.h"

#define PAGE_SIZE 20
#define MAX_PAGE_SIZE 100
#define MAX_ROWS 1000
#define MAX_BODY (1024 * 1024)

/* ----------
 * Making one
 * ----------
 */
static bolt_queryset *
with_schema(bolt_queryset *queryset, const bolt_schema *schema)
{
	return schema ? bolt_with_schema(queryset, schema) : queryset;
}

static void
fill_in_defaults(bolt_viewset_options *options)
{
	if (options->list_schema == NULL)
		options->list_schema = options->schema;
	if (options->actions == 0)
		options->actions = options->write_schema ? BOLT_ALL_ACTIONS : BOLT_READ_ACTIONS;
	if (options->write_schema == NULL)
		options->actions &=
			~(unsigned) (BOLT_CREATE_ACTION | BOLT_UPDATE_ACTION | BOLT_PARTIAL_UPDATE_ACTION);
	if (options->pk == NULL)
		options->pk = "id";
	if (options->lookup_field == NULL)
		options->lookup_field = "pk";
	if (options->page_size <= 0)
		options->page_size = PAGE_SIZE;
	if (options->max_page_size <= 0)
		options->max_page_size = MAX_PAGE_SIZE;
	if (options->max_rows <= 0)
		options->max_rows = MAX_ROWS;
	if (options->max_body == 0)
		options->max_body = MAX_BODY;
}

bolt_viewset *
bolt_viewset_new_with(bolt_queryset *queryset, const bolt_viewset_options *options)
{
	bolt_viewset *viewset = calloc(1, sizeof(bolt_viewset));
	unsigned parts;

	if (viewset == NULL || queryset == NULL)
	{
		free(viewset);
		bolt_unref(queryset);
		return NULL;
	}
	memcpy(&viewset->options, options, options->size < sizeof(*options) ? options->size : sizeof(*options));
	fill_in_defaults(&viewset->options);
	viewset->queryset = queryset;
	viewset->list = with_schema(bolt_ref(queryset), viewset->options.list_schema);
	viewset->detail = with_schema(bolt_ref(queryset), viewset->options.schema);

	/* What has been written is shown even where the class-level queryset would not have it. */
	viewset->answer =
		with_schema(bolt__queryset_part(queryset, BOLT__SHOWS | BOLT__ANNOTATES), viewset->options.schema);

	/* A filter in front of an aggregate says what that counts. */
	parts = bolt__queryset_parts(queryset);
	if ((parts & BOLT__FINDS) != 0 && (parts & BOLT__ANNOTATES) != 0 && (parts & BOLT__CUTS) == 0)
		viewset->found =
			with_schema(bolt__queryset_part(queryset, BOLT__SHOWS | BOLT__ANNOTATES | BOLT__FINDS),
						viewset->options.schema);
	return viewset;
}

void
bolt_viewset_free(bolt_viewset *viewset)
{
	if (viewset == NULL)
		return;
	bolt_unref(viewset->queryset);
	bolt_unref(viewset->list);
	bolt_unref(viewset->detail);
	bolt_unref(viewset->answer);
	bolt_unref(viewset->found);
	free(viewset);
}

bolt_queryset *
bolt_viewset_queryset(const bolt_viewset *viewset)
{
	return viewset ? bolt_ref(viewset->queryset) : NULL;
}

static bolt_database *
database_of(const bolt_viewset *viewset)
{
	return viewset ? viewset->queryset->database : NULL;
}

/* What is wrong with the arguments of an action, or NULL. */
static bolt_exception *
misuse(const bolt_viewset *viewset, const bolt_request *request)
{
	if (viewset && request)
		return NULL;
	return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the %s is NULL", viewset ? "request" : "view set");
}

/* ----------
 * Lookups
 * ----------
 */

/* "value at chain[1].filter.pk of the queryset document" */
static bool
is_about_filter(const char *context)
{
	const char *at = strstr(context, "value at ");
	const char *filter = at ? strstr(at, "filter.") : NULL;

	return filter && filter < at + strcspn(at, "\n");
}

/* What the column's type refuses is no object's: "/articles/99999999999" of an integer. */
static bolt_exception *
translate_lookup(bolt_exception *error)
{
	const char *context = bolt_error_context(error);

	if (strncmp(bolt_error_sqlstate(error), "22", 2) != 0 || context == NULL || !is_about_filter(context))
		return error;
	bolt_error_unref(error);
	return bolt__error_new(BOLT_DOES_NOT_EXIST, NULL, "matching query does not exist");
}

/* The condition that the lookup of a path means; NULL where it cannot be any object's. */
static bolt_kw *
lookup_condition(const bolt_viewset *viewset, const char *lookup)
{
	long long integer;

	if (viewset == NULL || lookup == NULL || *lookup == '\0')
		return NULL;
	if (viewset->options.lookup == BOLT_LOOKUP_TEXT)
		return BOLT_KW(viewset->options.lookup_field, lookup);
	if (!bolt_parse_integer(lookup, &integer))
		return NULL;
	return BOLT_KW(viewset->options.lookup_field, integer);
}

static bolt_future *
does_not_exist(const bolt_viewset *viewset)
{
	if (viewset == NULL)
		return bolt_fail_with(NULL, misuse(viewset, NULL));
	return bolt_fail(database_of(viewset), BOLT_DOES_NOT_EXIST, "%s matching query does not exist",
					 viewset->queryset->model ? viewset->queryset->model : "");
}

/* ----------
 * Sending
 * ----------
 */
static bolt_future *
in_time(const bolt_viewset *viewset, bolt_future *future)
{
	return viewset->options.timeout > 0 ? bolt_timeout(future, viewset->options.timeout) : future;
}

/* The operations in one round trip; the future has the object that the last ones read.  Consumes. */
static bolt_future *
run(const bolt_viewset *viewset, bolt_list *operations, bolt_exception *(*translate)(bolt_exception *) )
{
	bolt__request_options options = {.decode = viewset->found ? bolt__take_last_but_null : bolt__take_last,
									 .translate = translate};
	bolt__call call = bolt__call_begin(bolt_ref(viewset->answer), "bolt_viewset");
	bolt__writer writer = {0};

	bolt__write_list(&writer, operations);
	bolt__add_written(&call, &writer);
	return in_time(viewset, bolt__call_end_with(&call, &bolt__statements[BOLT__RUN], &options));
}

/* ----------
 * Reading answers
 * ----------
 */
static bolt_exception *
unexpected(void)
{
	return bolt__error_new(BOLT_DECODE_ERROR, NULL, "the answer has not the expected form");
}

/* One object's primary key, behind the others. */
static bool
add_key(bolt__reader *reader, const char *pk, bolt__writer *keys, size_t beginning)
{
	bool more;

	if (!bolt__enter(reader, '{', &more))
		return false;
	while (more)
	{
		bolt__raw_string name;
		const char *begin;

		if (!bolt__read_name(reader, &name))
			return false;
		bolt__peek(reader);
		begin = reader->at;
		if (!bolt__skip(reader))
			return false;
		if (name.length == strlen(pk) && memcmp(name.text, pk, name.length) == 0)
		{
			bolt__write_comma(keys, beginning);
			bolt__write(keys, begin, (size_t) (reader->at - begin));
		}
		if (!bolt__next(reader, '{', &more))
			return false;
	}
	return true;
}

/* {"created":2,"ids":[7,8]} of an array of objects. */
static void
take_keys(bolt_future *future, void *data)
{
	bolt__reader reader = {.begin = future->json,
						   .at = future->json,
						   .end = future->json + future->json_length,
						   .skips_deep = true};
	bolt__writer body = {0};
	bolt_exception *error = NULL;
	size_t beginning;
	bool more = false;
	bool good = future->json != NULL && bolt__enter(&reader, '[', &more);

	bolt__write_text(&body, "{\"created\":");
	bolt__write_integer(&body, future->integer);
	bolt__write_text(&body, ",\"ids\":[");
	beginning = body.length;
	while (good && more)
		good = add_key(&reader, data, &body, beginning) && bolt__next(&reader, '[', &more);
	bolt__write_text(&body, "]}");
	if (!good)
		bolt__writer_fail(&body, unexpected());
	future->json_length = body.length;
	future->json = bolt__writer_finish(&body, &error);
	if (error)
		bolt__future_fail(future, error);
	free(future->json_made);
	future->json_made = (char *) future->json;
}

/* Nothing deleted: there was no such object. */
static void
take_deleted(bolt_future *future, void *data)
{
	(void) data;
	if (future->integer == 0)
		bolt__future_fail(future,
						  bolt__error_new(BOLT_DOES_NOT_EXIST, NULL, "matching query does not exist"));
	future->json = NULL;
	future->json_length = 0;
}

/* ----------
 * Actions that read
 * ----------
 */
bolt_future *
bolt_viewset_list(bolt_viewset *viewset, const bolt_request *request)
{
	bolt_exception *misused = misuse(viewset, request);

	if (misused)
		return bolt_fail_with(database_of(viewset), misused);
	return in_time(viewset, bolt__viewset_page(viewset, bolt_ref(viewset->list), request));
}

bolt_future *
bolt_viewset_list_of(bolt_viewset *viewset, bolt_queryset *queryset, const bolt_request *request)
{
	bolt_exception *misused = misuse(viewset, request);

	if (misused)
	{
		bolt_unref(queryset);
		return bolt_fail_with(database_of(viewset), misused);
	}
	return in_time(viewset,
				   bolt__viewset_page(viewset, with_schema(queryset, viewset->options.list_schema), request));
}

bolt_future *
bolt_viewset_retrieve(bolt_viewset *viewset, const char *lookup, const bolt_request *request)
{
	bolt__request_options options = {.translate = translate_lookup};
	bolt_kw *condition = lookup_condition(viewset, lookup);
	bolt__call call;
	bolt__writer filter = {0};

	(void) request; /* parameters of one object may come to mean something */
	if (condition == NULL)
		return does_not_exist(viewset);
	call = bolt__call_begin(bolt_ref(viewset->detail), "bolt_viewset_retrieve");
	bolt__add_document(&call);
	bolt__write_text(&filter, "{");
	bolt__write_kw(&filter, condition, BOLT__KW_CONDITIONS);
	bolt__write_text(&filter, "}");
	bolt__add_written(&call, &filter);
	return in_time(viewset, bolt__call_end_with(&call, &bolt__statements[BOLT__GET], &options));
}

/* ----------
 * Actions that write
 * ----------
 */

/* The body as values, or why it is refused. */
static bolt_kw *
body_values(const bolt_viewset *viewset, const bolt_request *request, bool partial, bolt_exception **error)
{
	*error = misuse(viewset, request);
	if (*error == NULL)
		*error = bolt_request_refusal(request, viewset->options.max_body);
	if (*error)
		return NULL;
	return bolt_validate(viewset->options.write_schema, request->body, request->body_length, partial, error);
}

static bolt_kw *
key_of(const bolt_viewset *viewset, int operation)
{
	return BOLT_KW("pk", bolt_result(operation, viewset->options.pk));
}

/* Writes, and then reads what has been written, which has the primary key of an operation's result.  Consumes. */
static bolt_list *
write_and_read(const bolt_viewset *viewset, bolt_list *operations, int operation)
{
	operations = bolt_list_add(
		operations, bolt_op("get", bolt_ref(viewset->answer), BOLT_KW("filter", key_of(viewset, operation))));
	if (viewset->found == NULL)
		return operations;
	return bolt_list_add(operations,
						 bolt_op("first", bolt_filter(bolt_ref(viewset->found), key_of(viewset, operation)),
								 NULL));
}

static bolt_queryset *
objects(const bolt_viewset *viewset)
{
	return bolt_objects(NULL, viewset->queryset->model);
}

bolt_future *
bolt_viewset_create(bolt_viewset *viewset, const bolt_request *request)
{
	bolt_exception *error;
	bolt_kw *values = body_values(viewset, request, false, &error);
	bolt_list *operations;

	if (values == NULL)
		return bolt_fail_with(database_of(viewset), error);
	operations = BOLT_LIST(bolt_op("create", objects(viewset), BOLT_KW("values", values)));
	return bolt_with_status(run(viewset, write_and_read(viewset, operations, 0), NULL), 201);
}

bolt_future *
bolt_viewset_bulk_create(bolt_viewset *viewset, const bolt_request *request)
{
	bolt__request_options options = {.decode = take_keys};
	bolt_exception *error = misuse(viewset, request);
	bolt__writer writer = {0};
	bolt_list *rows = NULL;
	bolt__call call;

	if (error == NULL)
		error = bolt_request_refusal(request, viewset->options.max_body);
	if (error == NULL)
		rows = bolt_validate_rows(viewset->options.write_schema, request->body, request->body_length,
								  (size_t) viewset->options.max_rows, &error);
	if (rows == NULL)
		return bolt_fail_with(database_of(viewset), error);
	options.decode_data = (void *) viewset->options.pk;
	call = bolt__call_begin(bolt_ref(viewset->queryset), "bolt_viewset_bulk_create");
	bolt__add_model(&call);
	bolt__write_list(&writer, rows);
	bolt__add_written(&call, &writer);
	bolt__add_boolean(&call, false);
	bolt__add_boolean(&call, false);
	bolt__add_null(&call);
	bolt__add_null(&call);
	return bolt_with_status(
		in_time(viewset, bolt__call_end_with(&call, &bolt__statements[BOLT__BULK_CREATE], &options)), 201);
}

/* Finds the object and locks it, so that what is saved then is still there; saves; reads it. */
static bolt_future *
save(const bolt_viewset *viewset, const char *lookup, const bolt_request *request, bool partial)
{
	bolt_kw *condition = lookup_condition(viewset, lookup);
	bolt_exception *error;
	bolt_kw *values;
	bolt_queryset *locked;

	if (condition == NULL)
		return does_not_exist(viewset);
	values = body_values(viewset, request, partial, &error);
	if (values == NULL)
	{
		bolt_kw_free(condition);
		return bolt_fail_with(database_of(viewset), error);
	}
	values = bolt_kw_add(values, "pk", bolt_result(0, viewset->options.pk));
	locked =
		bolt__queryset_part(viewset->queryset, BOLT__ANNOTATES | BOLT__FINDS | BOLT__ORDERS | BOLT__CUTS);
	locked = bolt_select_for_update(bolt_only(locked, "pk"));
	return run(viewset,
			   write_and_read(viewset,
							  BOLT_LIST(bolt_op("get", locked, BOLT_KW("filter", condition)),
										bolt_op("save", objects(viewset), BOLT_KW("values", values))),
							  0),
			   translate_lookup);
}

bolt_future *
bolt_viewset_update(bolt_viewset *viewset, const char *lookup, const bolt_request *request)
{
	return save(viewset, lookup, request, false);
}

bolt_future *
bolt_viewset_partial_update(bolt_viewset *viewset, const char *lookup, const bolt_request *request)
{
	return save(viewset, lookup, request, true);
}

bolt_future *
bolt_viewset_destroy(bolt_viewset *viewset, const char *lookup, const bolt_request *request)
{
	bolt__request_options options = {.decode = take_deleted, .translate = translate_lookup};
	bolt_kw *condition = lookup_condition(viewset, lookup);
	bolt__call call;

	(void) request;
	if (condition == NULL)
		return does_not_exist(viewset);
	call = bolt__call_begin(bolt_filter(bolt_ref(viewset->queryset), condition), "bolt_viewset_destroy");
	bolt__add_document(&call);
	return in_time(viewset, bolt__call_end_with(&call, &bolt__statements[BOLT__DELETE], &options));
}

/* ----------
 * Methods
 * ----------
 */
static const struct
{
	const char *name;
	unsigned list; /* the action without a lookup */
	unsigned detail;
} methods[] = {
	{"GET", BOLT_LIST_ACTION, BOLT_RETRIEVE_ACTION},
	{"HEAD", BOLT_LIST_ACTION, BOLT_RETRIEVE_ACTION},
	{"POST", BOLT_CREATE_ACTION, 0},
	{"PUT", 0, BOLT_UPDATE_ACTION},
	{"PATCH", 0, BOLT_PARTIAL_UPDATE_ACTION},
	{"DELETE", 0, BOLT_DESTROY_ACTION},
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

static unsigned
action_of(const bolt_viewset *viewset, size_t method, bool detail)
{
	return viewset->options.actions & (detail ? methods[method].detail : methods[method].list);
}

const char *
bolt_viewset_allow(const bolt_viewset *viewset, bool detail, char to[64])
{
	to[0] = '\0';
	for (size_t i = 0; i < METHODS; i++)
	{
		if (!action_of(viewset, i, detail))
			continue;
		if (to[0])
			strcat(to, ", ");
		strcat(to, methods[i].name);
	}
	return to;
}

bolt_future *
bolt_viewset_call(bolt_viewset *viewset, const char *method, const char *lookup, const bolt_request *request)
{
	bolt_exception *misused = misuse(viewset, request);
	unsigned action = 0;

	if (misused || method == NULL)
		return bolt_fail_with(database_of(viewset), misused);
	for (size_t i = 0; i < METHODS && action == 0; i++)
	{
		if (strcmp(method, methods[i].name) == 0)
			action = action_of(viewset, i, lookup != NULL);
	}
	switch (action)
	{
		case BOLT_LIST_ACTION:
			return bolt_viewset_list(viewset, request);
		case BOLT_CREATE_ACTION:
			return bolt_viewset_create(viewset, request);
		case BOLT_RETRIEVE_ACTION:
			return bolt_viewset_retrieve(viewset, lookup, request);
		case BOLT_UPDATE_ACTION:
			return bolt_viewset_update(viewset, lookup, request);
		case BOLT_PARTIAL_UPDATE_ACTION:
			return bolt_viewset_partial_update(viewset, lookup, request);
		case BOLT_DESTROY_ACTION:
			return bolt_viewset_destroy(viewset, lookup, request);
		default:
			return bolt_refuse(database_of(viewset), 405, "Method \"%s\" not allowed.", method);
	}
}
