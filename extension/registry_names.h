/*-------------------------------------------------------------------------
 *
 * registry_names.h
 *	  Whether names may be registered.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_REGISTRY_NAMES_H
#define BOLT_REGISTRY_NAMES_H

#include "postgres.h"

#include "catalog_table.h"
#include "registrations.h"

/*
 * Errors: 42602 for what is no name; 42710 where it is registered in the table's
 * schema, 42P07 where it is that of a table there; 42501 where the table's owner
 * may not create one.
 */
extern void bolt_check_model_name(const char *name, CatalogTable *table);

/* The same for the names of a row about to be written. */
extern void bolt_check_relation_names(const RegisteredRelation *row);
extern void bolt_check_many_to_many_names(const RegisteredManyToMany *row, Oid target);

#endif /* BOLT_REGISTRY_NAMES_H */
