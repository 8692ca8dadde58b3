/*-------------------------------------------------------------------------
 *
 * call.c
 *	  A call of an a-method, from its arguments to its request.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "call.h"
#include "client.h"
#include "debug.h"
#include "value.h"

bolt__call
bolt__call_begin(bolt_queryset *queryset, const char *method)
{
	bolt__call call = {.method = method};

	call.error = bolt__queryset_take(queryset, method);
	if (call.error == NULL)
		call.queryset = queryset;
	return call;
}

void
bolt__call_fail(bolt__call *call, bolt_exception *error)
{
	if (call->error)
		bolt_error_unref(error);
	else
		call->error = error;
}

/* Takes the text over. */
static void
add(bolt__call *call, char *text)
{
	call->parameters[call->count++] = text;
}

void
bolt__add_document(bolt__call *call)
{
	bolt__writer writer = {0};
	bolt_exception *error = NULL;

	if (call->queryset)
		bolt__write_document(&writer, call->queryset, true);
	add(call, bolt__writer_finish(&writer, &error));
	if (error)
		bolt__call_fail(call, error);
}

void
bolt__add_model(bolt__call *call)
{
	if (call->queryset && call->queryset->error)
		bolt__call_fail(call, bolt_error_ref(call->queryset->error));
	bolt__add_text(call, call->queryset ? call->queryset->model : NULL);
	if (call->queryset && call->queryset->model == NULL)
		bolt__call_fail(call, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "objects(): the model is NULL"));
}

void
bolt__add_written(bolt__call *call, bolt__writer *writer)
{
	bolt_exception *error;
	char prefix[64];

	add(call, bolt__writer_finish(writer, &error));
	if (error == NULL)
		return;
	snprintf(prefix, sizeof(prefix), "%s(): ", call->method + strlen("bolt_"));
	bolt__call_fail(call, bolt__error_prefix(error, prefix));
}

void
bolt__add_null(bolt__call *call)
{
	add(call, NULL);
}

/* Texts go as they are, not as JSON, but are looked at all the same. */
void
bolt__add_text(bolt__call *call, const char *text)
{
	bolt__writer check = {0};

	if (text == NULL)
	{
		bolt__add_null(call);
		return;
	}
	bolt__write_string(&check, text, strlen(text));
	if (check.error)
	{
		bolt__add_written(call, &check);
		return;
	}
	bolt__writer_free(&check);
	add(call, strdup(text));
	if (call->parameters[call->count - 1] == NULL)
		bolt__call_fail(call, bolt__out_of_memory());
}

void
bolt__add_integer(bolt__call *call, long long value)
{
	bolt__writer writer = {0};

	bolt__write_integer(&writer, value);
	bolt__add_written(call, &writer);
}

void
bolt__add_boolean(bolt__call *call, bool value)
{
	bolt__add_text(call, value ? "true" : "false");
}

void
bolt__add_kw(bolt__call *call, bolt_kw *kw)
{
	bolt__writer writer = {0};

	if (kw == NULL)
	{
		bolt__add_null(call);
		return;
	}
	bolt__write(&writer, "{", 1);
	bolt__write_kw(&writer, kw, BOLT__KW_VALUES);
	bolt__write(&writer, "}", 1);
	bolt__add_written(call, &writer);
}

void
bolt__add_list(bolt__call *call, bolt_list *list)
{
	bolt__writer writer = {0};

	if (list == NULL)
	{
		bolt__add_null(call);
		return;
	}
	bolt__write_list(&writer, list);
	bolt__add_written(call, &writer);
}

/* ----------
 * Sending it
 * ----------
 */
static bolt__request_options
options_of(const bolt__call *call)
{
	return (bolt__request_options){.using = call->queryset ? call->queryset->using : NULL};
}

/*
 * Locks end with the transaction, so that outside of a block they would end with the call: Django refuses
 * to read such a queryset.  Writing it locks by itself, and counting it ignores the locks.
 */
static void
refuse_lock_outside_of_block(bolt__call *call, const bolt__statement *statement)
{
	const bolt_database *database = call->queryset ? call->queryset->database : NULL;
	bool reads = !statement->writes || statement == &bolt__statements[BOLT__GET_OR_CREATE] ||
		(statement >= &bolt__statements[BOLT__LOCK] && statement <= &bolt__statements[BOLT__LOCK_LAST]);

	if (database == NULL || database->in_block || !call->queryset->locks || !reads ||
		statement == &bolt__statements[BOLT__COUNT_ROWS] || statement == &bolt__statements[BOLT__AGGREGATE])
		return;
	bolt__call_fail(
		call,
		bolt__error_hint(bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, NULL,
										 "select_for_update cannot be used outside of a transaction."),
						 "Use it in the body of bolt_atomic, with the handle of the transaction."));
}

/* What a call that is wrong leaves. */
static void
drop_parameters(bolt__call *call)
{
	for (int i = 0; i < call->count; i++)
		free(call->parameters[i]);
}

bolt_future *
bolt__call_end(bolt__call *call, bolt__statement_name statement)
{
	return bolt__call_end_with(call, &bolt__statements[statement], NULL);
}

bolt_future *
bolt__call_end_with(bolt__call *call, const bolt__statement *statement, const bolt__request_options *with)
{
	bolt__request_options options = with ? *with : (bolt__request_options){0};
	bolt_database *database = call->queryset ? call->queryset->database : NULL;
	bolt_future *future;

	options.using = call->queryset ? call->queryset->using : NULL;
	refuse_lock_outside_of_block(call, statement);
	if (call->error)
	{
		drop_parameters(call);
		if (options.decode_free)
			options.decode_free(options.decode_data);
		future = bolt__request_failed(database, call->error);
	}
	else
		future = bolt__request(database, statement, call->parameters, &options);
	bolt__debug_name(future, call->method);
	if (call->queryset)
		bolt__queryset_release(call->queryset);
	return future;
}

bolt_iterator *
bolt__call_iterate(bolt__call *call, bolt__statement_name statement)
{
	bolt__request_options options = options_of(call);
	bolt_database *database = call->queryset ? call->queryset->database : NULL;
	bolt_iterator *iterator;

	refuse_lock_outside_of_block(call, &bolt__statements[statement]);
	if (call->error)
	{
		drop_parameters(call);
		iterator = bolt__iterate_failed(database, call->error);
	}
	else
		iterator = bolt__iterate(database, &bolt__statements[statement], call->parameters, &options);
	if (call->queryset)
		bolt__queryset_release(call->queryset);
	return iterator;
}
