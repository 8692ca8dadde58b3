/*-------------------------------------------------------------------------
 *
 * delete.h
 *	  QuerySet.delete for those who have a document.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_DELETE_H
#define BOLT_DELETE_H

#include "postgres.h"

#include "queryset.h"

/*
 * Deletes the rows of a queryset and what goes with them.
 *
 * deleted: how many rows of all models.  models: a JSON object, {"blog_article": 3, …},
 * in CurrentMemoryContext.
 * Errors: 0A000 for what Django refuses; those of bolt_collect_and_delete.
 */
extern void bolt_delete_queryset(Document *document, int64 *deleted, char **models);

#endif /* BOLT_DELETE_H */
