/*-------------------------------------------------------------------------
 *
 * nested.h
 *	  What the files that write nested objects share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_NESTED_H
#define BOLT_NESTED_H

#include "postgres.h"

#include "write.h"

/* The members of the arrays of a to-many relation: those that are keys, and those that are objects. */
typedef struct Members
{
	WriteRow **objects;
	WriteRow **object_owners;
	int nobjects;
	JsonValue **keys; /* primary keys of the target */
	WriteRow **key_owners;
	int nkeys;
} Members;

/* nested.c */

/* A column that was written of a row, as it was asked for in the WriteOutput. */
extern JsonValue *bolt_written_column(const Model *model, const WriteRow *row, AttrNumber attnum);

/* A row that says a primary key, and nothing else yet. */
extern WriteRow *bolt_row_of_key(const Model *target, JsonValue *key);

/* nested_links.c */

/*
 * Inserts the rows of the through table that lead from the owners to the members, whose objects have
 * been written.  As with bolt.add, a pair that is there already is left alone, and any other
 * conflict is an error.
 */
extern void bolt_write_links(const Model *model, const ModelRelation *relation, const Members *members);

#endif /* BOLT_NESTED_H */
