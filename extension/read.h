/*-------------------------------------------------------------------------
 *
 * read.h
 *	  What the files of SQL-callable reading functions share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_READ_H
#define BOLT_READ_H

#include "postgres.h"

#include "fmgr.h"
#include "json_out.h"
#include "queryset.h"

/* Error 22004 where an argument is NULL that has to be given. */
extern void bolt_refuse_null(FunctionCallInfo fcinfo, int argument, const char *name);

/* Error 22023 where a number is below 1. */
extern int64 bolt_positive_argument(FunctionCallInfo fcinfo, int argument, const char *name);

/* The document that an argument holds, in CurrentMemoryContext. */
extern Document *bolt_document_argument(FunctionCallInfo fcinfo, int argument);

/* Error 0A000 with Django's message where the queryset is sliced. */
extern void bolt_refuse_slice(const Document *document, const char *message);

/* A json result: begun, appended to, ended. */
extern void bolt_begin_result(JsonBuffer *out);
extern Datum bolt_end_result(JsonBuffer *out);

/*
 * Runs a document; appends its objects as an array, at most so many of them.
 * Returns whether there were more.
 */
extern bool bolt_append_array(Document *document, int64 most, JsonBuffer *out);

extern int64 bolt_run_count(Document *document);

/* The SQL functions that bolt.run calls. */
extern Datum bolt_fetch_json(PG_FUNCTION_ARGS);
extern Datum bolt_get(PG_FUNCTION_ARGS);
extern Datum bolt_first(PG_FUNCTION_ARGS);
extern Datum bolt_last(PG_FUNCTION_ARGS);
extern Datum bolt_earliest(PG_FUNCTION_ARGS);
extern Datum bolt_latest(PG_FUNCTION_ARGS);
extern Datum bolt_count(PG_FUNCTION_ARGS);
extern Datum bolt_exists(PG_FUNCTION_ARGS);
extern Datum bolt_contains(PG_FUNCTION_ARGS);
extern Datum bolt_in_bulk(PG_FUNCTION_ARGS);
extern Datum bolt_aggregate_queryset(PG_FUNCTION_ARGS);
extern Datum bolt_page(PG_FUNCTION_ARGS);
extern Datum bolt_cursor_page(PG_FUNCTION_ARGS);

#endif /* BOLT_READ_H */
