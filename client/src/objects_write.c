/*-------------------------------------------------------------------------
 *
 * objects_write.c
 *	  The a-methods that write.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/objects.h"
#include "call.h"
#include "expression.h"
#include "value.h"

/* {"name": …}: keyword arguments, or a json_t object.  Consumes. */
static void
add_values(bolt__call *call, bolt_argument values)
{
	bolt__writer writer = {0};

	if (values.kind == BOLT_ARGUMENT_JSON && json_is_object(values.value.json))
		values = bolt_argument_kw(bolt__kw_of_json(values.value.json));
	if (values.kind == BOLT_ARGUMENT_KW)
		bolt__write_literal(&writer, values);
	else
	{
		bolt__writer_fail(
			&writer,
			bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL, "the values are NULL, or no object"),
							 "Values are BOLT_KW(…) or a json_t that is an object."));
		bolt__argument_free(values);
	}
	bolt__add_written(call, &writer);
}

/* An array of such: a BOLT_LIST, or a json_t array.  Consumes. */
static void
add_rows(bolt__call *call, bolt_argument rows)
{
	bolt__writer writer = {0};

	if (rows.kind == BOLT_ARGUMENT_JSON && json_is_array(rows.value.json))
	{
		bolt_list *list = bolt_list_new(NULL, 0);
		size_t i;
		json_t *row;

		json_array_foreach((json_t *) rows.value.json, i, row) list = bolt_list_add(list, row);
		rows = bolt_argument_list(list);
	}
	if (rows.kind == BOLT_ARGUMENT_LIST)
		bolt__write_list(&writer, rows.value.list);
	else
	{
		bolt__writer_fail(
			&writer,
			bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL, "the rows are NULL, or no list"),
							 "Rows are BOLT_LIST(BOLT_KW(…), …) or a json_t that is an array."));
		bolt__argument_free(rows);
	}
	bolt__add_written(call, &writer);
}

/* ----------
 * Objects
 * ----------
 */
bolt_future *
bolt_acreate_of(bolt_queryset *queryset, bolt_argument values)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_acreate");

	bolt__add_model(&call);
	add_values(&call, values);
	return bolt__call_end(&call, BOLT__CREATE);
}

bolt_future *
bolt_asave_of(bolt_queryset *queryset, bolt_argument values)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_asave");

	bolt__add_model(&call);
	add_values(&call, values);
	return bolt__call_end(&call, BOLT__SAVE);
}

bolt_future *
bolt_aget_or_create_with(bolt_queryset *queryset, bolt_kw *lookup, const bolt_or_create_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aget_or_create");

	bolt__add_document(&call);
	add_values(&call, bolt_argument_kw(lookup));
	bolt__add_kw(&call, options->defaults);
	bolt_kw_free(options->create_defaults);
	return bolt__call_end(&call, BOLT__GET_OR_CREATE);
}

bolt_future *
bolt_aupdate_or_create_with(bolt_queryset *queryset, bolt_kw *lookup, const bolt_or_create_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aupdate_or_create");

	bolt__add_document(&call);
	add_values(&call, bolt_argument_kw(lookup));
	bolt__add_kw(&call, options->defaults);
	bolt__add_kw(&call, options->create_defaults);
	return bolt__call_end(&call, BOLT__UPDATE_OR_CREATE);
}

bolt_future *
bolt_abulk_create_with(bolt_queryset *queryset, bolt_argument rows, const bolt_bulk_create_options *options)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_abulk_create");

	bolt__add_model(&call);
	add_rows(&call, rows);
	bolt__add_boolean(&call, options->ignore_conflicts);
	bolt__add_boolean(&call, options->update_conflicts);
	bolt__add_list(&call, options->update_fields);
	bolt__add_list(&call, options->unique_fields);
	return bolt__call_end(&call, BOLT__BULK_CREATE);
}

bolt_future *
bolt_abulk_update_of(bolt_queryset *queryset, bolt_argument rows, bolt_list *fields)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_abulk_update");

	bolt__add_model(&call);
	add_rows(&call, rows);
	add_rows(&call, bolt_argument_list(fields));
	return bolt__call_end(&call, BOLT__BULK_UPDATE);
}

bolt_future *
bolt_aupdate_of(bolt_queryset *queryset, bolt_argument values)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aupdate");

	bolt__add_document(&call);
	add_values(&call, values);
	return bolt__call_end(&call, BOLT__UPDATE);
}

bolt_future *
bolt_aupdate_returning_of(bolt_queryset *queryset, bolt_argument values)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_aupdate_returning");

	bolt__add_document(&call);
	add_values(&call, values);
	return bolt__call_end(&call, BOLT__UPDATE_RETURNING);
}

bolt_future *
bolt_adelete(bolt_queryset *queryset)
{
	bolt__call call = bolt__call_begin(queryset, "bolt_adelete");

	bolt__add_document(&call);
	return bolt__call_end(&call, BOLT__DELETE);
}

/* ----------
 * Related objects
 * ----------
 */

/* model, pk, relation */
static bolt__call
begin_related(bolt_queryset *queryset, const char *method, bolt_argument pk, const char *relation)
{
	bolt__call call = bolt__call_begin(queryset, method);
	bolt__writer key = {0};

	bolt__add_model(&call);
	bolt__write_literal(&key, pk);
	bolt__add_written(&call, &key);
	bolt__add_text(&call, relation);
	if (relation == NULL)
		bolt__call_fail(&call,
						bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s(): the relation is NULL",
										method + strlen("bolt_")));
	return call;
}

bolt_future *
bolt_aadd_with(bolt_queryset *queryset, bolt_argument pk, const char *relation, bolt_list *targets,
			   const bolt_add_options *options)
{
	bolt__call call = begin_related(queryset, "bolt_aadd", pk, relation);

	add_rows(&call, bolt_argument_list(targets));
	bolt__add_kw(&call, options->through_defaults);
	return bolt__call_end(&call, BOLT__ADD);
}

bolt_future *
bolt_aremove_of(bolt_queryset *queryset, bolt_argument pk, const char *relation, bolt_list *targets)
{
	bolt__call call = begin_related(queryset, "bolt_aremove", pk, relation);

	add_rows(&call, bolt_argument_list(targets));
	return bolt__call_end(&call, BOLT__REMOVE);
}

bolt_future *
bolt_aset_with(bolt_queryset *queryset, bolt_argument pk, const char *relation, bolt_list *targets,
			   const bolt_add_options *options)
{
	bolt__call call = begin_related(queryset, "bolt_aset", pk, relation);

	add_rows(&call, bolt_argument_list(targets));
	bolt__add_kw(&call, options->through_defaults);
	return bolt__call_end(&call, BOLT__SET);
}

bolt_future *
bolt_aclear_of(bolt_queryset *queryset, bolt_argument pk, const char *relation)
{
	bolt__call call = begin_related(queryset, "bolt_aclear", pk, relation);

	return bolt__call_end(&call, BOLT__CLEAR);
}

/* ----------
 * Many at once
 * ----------
 */
bolt_future *
bolt_arun(bolt_database *database, bolt_list *operations)
{
	bolt__call call = bolt__call_begin(bolt_objects(database, NULL), "bolt_arun");

	add_rows(&call, bolt_argument_list(operations));
	return bolt__call_end(&call, BOLT__RUN);
}

/* Those that are about a model and not about some of its rows. */
static bool
takes_model(const char *operation)
{
	static const char *const names[] = {"create", "save",	"bulk_create", "bulk_update",
										"add",	  "remove", "set",		   "clear"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
	{
		if (strcmp(names[i], operation) == 0)
			return true;
	}
	return false;
}

/* "model":"blog_tag", or "queryset":{…}.  Consumes. */
static void
write_subject(bolt__writer *writer, const char *operation, bolt_queryset *queryset)
{
	bolt_exception *misused;

	if (!takes_model(operation))
	{
		bolt__write_text(writer, "\"queryset\":");
		bolt__write_queryset(writer, queryset, "bolt_op", true);
		return;
	}
	misused = bolt__queryset_take(queryset, "bolt_op");
	if (misused)
	{
		bolt__writer_fail(writer, misused);
		return;
	}
	bolt__write_text(writer, "\"model\":");
	if (queryset->error)
		bolt__writer_fail(writer, bolt_error_ref(queryset->error));
	else if (queryset->model == NULL)
		bolt__writer_fail(writer,
						  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "objects(): the model is NULL"));
	else
		bolt__write_string(writer, queryset->model, strlen(queryset->model));
	bolt__queryset_release(queryset);
}

bolt_kw *
bolt_op(const char *name, bolt_queryset *queryset, bolt_kw *arguments)
{
	bolt__writer writer = {0};

	if (name == NULL)
	{
		bolt__writer_fail(&writer,
						  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the name of an operation is NULL"));
		name = "";
	}
	bolt__write_text(&writer, "\"op\":");
	bolt__write_string(&writer, name, strlen(name));
	bolt__write(&writer, ",", 1);
	write_subject(&writer, name, queryset);
	if (arguments)
	{
		bolt__write(&writer, ",", 1);
		bolt__write_kw(&writer, arguments, BOLT__KW_VALUES);
	}
	return bolt__kw_of_text(&writer);
}
