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

/*
 * Error 42501 where the caller may not read everything that a fetch of the
 * document names, whether it would be run or not.
 */
extern void bolt_check_document_rights(Document *document);

#endif /* BOLT_EXPLAIN_PLAN_H */
