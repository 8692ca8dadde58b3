/*-------------------------------------------------------------------------
 *
 * run_references.h
 *	  {"Ref": [0, "id"]}: values from earlier results in the arguments of bolt.run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RUN_REFERENCES_H
#define BOLT_RUN_REFERENCES_H

#include "postgres.h"

#include "json_in.h"
#include "json_out.h"

/* What has been done so far. */
typedef struct Results Results;

/* For so many operations, whose results are appended to out; in CurrentMemoryContext. */
extern Results *bolt_results_create(int size, const JsonBuffer *out);

/* Notes that the next operation's result stands in the buffer from start to its end. */
extern void bolt_results_add(Results *results, Size start);

/* Is it {"Ref": …}? */
extern bool bolt_is_reference(const JsonValue *value);

/*
 * A value's JSON, for bolt_json_parse, with the references in it replaced by what they
 * refer to, which is marked as data.  In CurrentMemoryContext.
 * Errors: 22023 for a reference to nothing, 54000 past what may be put in.
 */
extern text *bolt_resolve_references(Results *results, const JsonValue *value);

#endif /* BOLT_RUN_REFERENCES_H */
