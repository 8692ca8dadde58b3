/*-------------------------------------------------------------------------
 *
 * explain_plan.h
 *	  What the planner says of a document's statements.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_EXPLAIN_PLAN_H
#define BOLT_EXPLAIN_PLAN_H

#include "postgres.h"

#include "queryset.h"

/* How many rows the planner expects of a document's root statement. */
extern double bolt_estimate_rows(Document *document);

#endif /* BOLT_EXPLAIN_PLAN_H */
