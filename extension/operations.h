/*-------------------------------------------------------------------------
 *
 * operations.h
 *	  The writing operations, as SQL functions and bolt.run call them.
 *
 * Arguments are JSON texts or names; one that the caller left out is NULL.  Each
 * runs in CurrentMemoryContext, not between SPI_connect and SPI_finish.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_OPERATIONS_H
#define BOLT_OPERATIONS_H

#include "postgres.h"

#include "write.h"

/* Objects that an operation returns: those of the rows that were written. */
typedef struct Objects
{
	WriteRow **rows;
	int nrows;
	WriteOutput out;
} Objects;

/* The arguments of bulk_create but for its rows. */
typedef struct BulkOptions
{
	bool ignore_conflicts;
	bool update_conflicts;
	List *update_fields; /* of char * */
	List *unique_fields;
} BulkOptions;

extern Objects *bolt_op_create(const char *model, const text *values);
extern Objects *bolt_op_save(const char *model, const text *values);
extern Objects *bolt_op_bulk_create(const char *model, const text *rows, const BulkOptions *options);
extern int64 bolt_op_bulk_update(const char *model, const text *rows, List *fields);
extern int64 bolt_op_update(const text *queryset, const text *values);
extern Objects *bolt_op_update_returning(const text *queryset, const text *values);

/* Both return the object, and whether it was created. */
extern Objects *bolt_op_get_or_create(const text *queryset, const text *lookup, const text *defaults,
									  bool *created);
extern Objects *bolt_op_update_or_create(const text *queryset, const text *lookup, const text *defaults,
										 const text *create_defaults, bool *created);

/* What the files of operations share. */

/* A JSON argument; errors name it.  The text must outlive the result. */
extern JsonValue *bolt_parse_argument(const text *argument, const char *name);

extern Objects *bolt_make_objects(int nrows);
extern void bolt_want_primary_key(const Model *model, WriteOutput *out);
extern bool bolt_is_plain(const QuerySet *queryset);
extern Document *bolt_unfiltered(const text *queryset);

/* refetch.c */

/* What was written so far is seen under the snapshot that becomes the active one. */
extern void bolt_push_latest_snapshot(void);

/*
 * Fetches the rows' objects by the primary keys that stand in WriteRow.columns, with all
 * that the document's queryset asks for: row by row, or in the queryset's order.
 */
extern void bolt_refetch(Document *document, const Model *model, Objects *objects, bool in_their_order);

#endif /* BOLT_OPERATIONS_H */
