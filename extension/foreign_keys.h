/*-------------------------------------------------------------------------
 *
 * foreign_keys.h
 *	  All FK constraints of the database, by either end.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_FOREIGN_KEYS_H
#define BOLT_FOREIGN_KEYS_H

#include "postgres.h"

#include "access/attnum.h"
#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"

typedef struct ForeignKey
{
	Oid oid;	/* of the constraint */
	Oid source; /* the referencing table */
	Oid target; /* the referenced table */
	Oid parent; /* where inherited from a partitioned table */
	int nfields;
	AttrNumber *source_fields;
	AttrNumber *target_fields;
	char on_delete; /* confdeltype */
} ForeignKey;

/* For the syscache callback: some constraint has changed. */
extern void bolt_foreign_keys_changed(void);

/* Whether constraints have changed since they were read. */
extern bool bolt_foreign_keys_stale(void);

/*
 * Reads the constraints again where they are stale.  Returns a number that
 * changes when some FK does.
 */
extern uint64 bolt_foreign_keys_refresh(void);

/*
 * The FKs of a table, and those that refer to it, as palloc'd lists of const
 * ForeignKey *, good until the next bolt_foreign_keys_refresh.  A partition has
 * the FKs of its partitioned table as its own; what refers to a table is never
 * listed once more for a partition of either side.
 */
extern List *bolt_foreign_keys_of(Oid source);
extern List *bolt_foreign_keys_to(Oid target);

/* An int2[] of a pg_constraint row; NULL and 0 where it is null. */
extern AttrNumber *bolt_constraint_columns(HeapTuple tuple, int attribute, TupleDesc desc, int *count);

#endif /* BOLT_FOREIGN_KEYS_H */
