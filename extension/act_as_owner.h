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
	int settings; /* the level of settings to go back to; 0: none */
} Identity;

/* The owner of a table.  Error 42P01 where the table is gone. */
extern Oid bolt_table_owner(Oid table);

/*
 * From here on the current user is the owner of that table.  To be undone with bolt_act_as_before, also
 * after an error that is caught; the end of a failed (sub)transaction undoes it as well.
 */
extern void bolt_act_as_owner(Oid table, Identity *before);
extern void bolt_act_as_before(const Identity *before);

/*
 * The same for an owner whom whoever calls has not chosen: he must not leave anything in the session that acts later, with
 * the rights of others.  Settings are put back, and what a security-restricted operation forbids is an error (42501): temporary
 * objects, prepared statements, cursors WITH HOLD, LISTEN, triggers and constraints that are deferred.
 * bolt_end_restricted undoes both; after an error that is caught bolt_act_as_before is enough.
 */
extern void bolt_act_as_restricted_owner(Oid table, Identity *before);
extern void bolt_end_restricted(const Identity *before);

#endif /* BOLT_ACT_AS_OWNER_H */
