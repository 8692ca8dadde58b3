/*-------------------------------------------------------------------------
 *
 * call.h
 *	  A call of an a-method, from its arguments to its request.
 *
 * Parameters are added in their order; what is wrong with one fails the future at the end.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_CALL_H
#define BOLT_SRC_CALL_H

#include "json_writer.h"
#include "queryset.h"
#include "statements.h"

typedef struct bolt__call
{
	const char *method;		 /* "bolt_aget" */
	bolt_queryset *queryset; /* NULL where it was misused */
	int count;
	char *parameters[BOLT__MAX_PARAMETERS];
	bolt_exception *error; /* the first */
} bolt__call;

/* Takes a handle of the queryset. */
extern bolt__call bolt__call_begin(bolt_queryset *queryset, const char *method);

extern void bolt__call_fail(bolt__call *call, bolt_exception *error);

/* The parameters: the queryset's document, its model's name, JSON that was written, others. */
extern void bolt__add_document(bolt__call *call);
extern void bolt__add_model(bolt__call *call);
extern void bolt__add_written(bolt__call *call, bolt__writer *writer);
extern void bolt__add_null(bolt__call *call);
extern void bolt__add_text(bolt__call *call, const char *text);
extern void bolt__add_integer(bolt__call *call, long long value);
extern void bolt__add_boolean(bolt__call *call, bool value);

/* An object of keyword arguments or null for NULL; an array or null for NULL.  They consume. */
extern void bolt__add_kw(bolt__call *call, bolt_kw *kw);
extern void bolt__add_list(bolt__call *call, bolt_list *list);

/* Sends it, and gives the handle up. */
extern bolt_future *bolt__call_end(bolt__call *call, bolt__statement_name statement);

/* The same with a statement of its own, and how to read its answer; options may be NULL, their `using` is the queryset's. */
extern bolt_future *bolt__call_end_with(bolt__call *call, const bolt__statement *statement,
										const bolt__request_options *options);
extern bolt_iterator *bolt__call_iterate(bolt__call *call, bolt__statement_name statement);

/* For options.decode: the future's JSON, an array, becomes its last element. */
extern void bolt__take_last(bolt_future *future, void *data);

/* The same; the last element but one, where the last one is null. */
extern void bolt__take_last_but_null(bolt_future *future, void *data);

#endif /* BOLT_SRC_CALL_H */
