/*-------------------------------------------------------------------------
 *
 * act_as_owner.h
 *	  Acting with the rights of a table's owner, as PostgreSQL's own referential actions do.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ACT_AS_OWNER_H
#define BOLT_ACT_AS_OWNER_H

#include "postgres.h"

/* Who acted before. */
typedef struct Identity
{
	Oid role;
	int security_context;
} Identity;

/* The owner of a table.  Error 42P01 where the table is gone. */
extern Oid bolt_table_owner(Oid table);

/*
 * From here on the current user is the owner of that table.  To be undone with bolt_act_as_before, also
 * after an error that is caught; the end of a failed (sub)transaction undoes it as well.
 */
extern void bolt_act_as_owner(Oid table, Identity *before);
extern void bolt_act_as_before(const Identity *before);

#endif /* BOLT_ACT_AS_OWNER_H */
