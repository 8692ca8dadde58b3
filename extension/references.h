/*-------------------------------------------------------------------------
 *
 * references.h
 *	  Which tables refer to which: FK constraints together with what has been
 *	  registered about them or in place of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_REFERENCES_H
#define BOLT_REFERENCES_H

#include "postgres.h"

#include "catalog_table.h"
#include "registrations.h"

/* An FK, or a registered relation that stands for one. */
typedef struct Reference
{
	Oid source;
	Oid target;
	int nfields;
	AttrNumber *source_fields;
	AttrNumber *target_fields;
	Oid constraint;	 /* InvalidOid: only registered */
	bool reversible; /* the target has its reverse relation: not so
								 * for the FKs that a partition inherits */
	bool permitted;	 /* the owner of source may refer to target, so that target
					  * gets the way back; a constraint has been permitted when it was made */
	bool unique;	 /* no two rows of source share the columns */
	const char *on_delete;
	bool on_delete_registered;
	const char *name; /* registered names, or NULL */
	const char *related_name;
} Reference;

/*
 * What a table refers to, as a list of Reference *, in the reader's memory.
 * Two FKs that say the same count once.  table->broken is filled on the way.
 */
extern List *bolt_references_of(CatalogTable *table);

/*
 * The reference of a through table over these columns, to that target or, with
 * InvalidOid, to any; or NULL.
 */
extern const Reference *bolt_reference_over(CatalogTable *through, int n, const AttrNumber *columns,
											Oid target);

/* The tables with a Reference to that one, as a list of oids. */
extern List *bolt_tables_referring_to(Oid target);

/* Whether a table has all these columns still. */
extern bool bolt_columns_are_there(CatalogTable *table, int n, const AttrNumber *columns);

/*
 * Whether a role may refer to columns of a table, as it may by a foreign key:
 * by the REFERENCES privilege, or because it may act as the owner.
 */
extern bool bolt_may_refer(Oid role, CatalogTable *target, int n, const AttrNumber *columns);

/* Whether two arrays hold the same columns, in whatever order. */
extern bool bolt_columns_equal(int n, const AttrNumber *a, int m, const AttrNumber *b);

#endif /* BOLT_REFERENCES_H */
