/*-------------------------------------------------------------------------
 *
 * watched_types.h
 *	  Tells when types, casts or operators that were looked at, or roles, have changed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_WATCHED_TYPES_H
#define BOLT_WATCHED_TYPES_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Registers the callbacks.  Once a backend. */
extern void bolt_watched_types_init(void);

/* Something has arrived that bolt_watched_types_refresh has not looked at. */
extern bool bolt_watched_types_stale(void);

/*
 * A number that stays the same as long as everything that is watched means the
 * same, and casts, operators, operator classes, collations are the same.
 */
extern uint64 bolt_watched_types_refresh(void);

/* A number that stays the same as long as no role and no membership has changed. */
extern uint64 bolt_roles_refresh(void);

/* Watches a type, with what it is a domain over or an array of. */
extern void bolt_watch_type(Oid type);

/*
 * Watches the meaning of a type's name: schemas are those that it is looked
 * up in, in any order.
 */
extern void bolt_watch_type_name(const char *name, List *schemas);

/* Watches a schema's name. */
extern void bolt_watch_schema(Oid schema);

/* Watches in which schema an extension is, or that there is none of that name. */
extern void bolt_watch_extension(const char *extension, Oid schema);

#endif /* BOLT_WATCHED_TYPES_H */
