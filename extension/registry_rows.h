/*-------------------------------------------------------------------------
 *
 * registry_rows.h
 *	  Writes the extension's tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_REGISTRY_ROWS_H
#define BOLT_REGISTRY_ROWS_H

#include "postgres.h"

#include "registrations.h"

/*
 * To be called first: keeps other registrations out until the end of the
 * transaction, removes the rows of what has been dropped and brings the cache up
 * to date.  Error 25006 where nothing may be written; the name of the function
 * is for that message.
 */
extern void bolt_registry_begin(const char *function);

/* Each replaces the row that has the same key, where there is one. */
extern void bolt_registry_write_model(const RegisteredModel *row);
extern void bolt_registry_write_relation(const RegisteredRelation *row);
extern void bolt_registry_write_many_to_many(const RegisteredManyToMany *row);

/* Deletes all that has been registered of a relation, or through it. */
extern void bolt_registry_delete_all(Oid relation);

#endif /* BOLT_REGISTRY_ROWS_H */
