/*-------------------------------------------------------------------------
 *
 * registrations.h
 *	  What users have registered: the content of bolt.model, bolt.relation and
 *	  bolt.many_to_many.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_REGISTRATIONS_H
#define BOLT_REGISTRATIONS_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Lists of columns are lists of char *.  Texts may be NULL but where said. */

typedef struct RegisteredModel
{
	Oid relation;
	char *name;
	List *ordering;
	List *primary_key;
} RegisteredModel;

typedef struct RegisteredRelation
{
	Oid relation;
	List *columns;
	char *name;
	char *related_name;
	char *on_delete;
	Oid target;
	List *target_columns; /* as many as columns */
} RegisteredRelation;

typedef struct RegisteredManyToMany
{
	Oid relation;
	Oid through;
	char *name; /* never NULL */
	char *related_name;
	List *source_columns; /* of through, towards relation */
	List *target_columns; /* of through, towards the far table */
} RegisteredManyToMany;

typedef struct Registrations
{
	List *models;		  /* by oid of the table, one each */
	List *models_by_name; /* those that have one, by name */
	List *relations;
	List *many_to_many;
} Registrations;

/* The extension's tables, in the order in which they are read. */
typedef enum RegistryTable
{
	REGISTRY_MODEL,
	REGISTRY_RELATION,
	REGISTRY_MANY_TO_MANY
} RegistryTable;

#define REGISTRY_TABLES 3

/* For the relcache callback: InvalidOid means any. */
extern void bolt_registrations_changed(Oid relid);

/* Whether the tables have changed since they were read, or could have come
 * into being. */
extern bool bolt_registrations_stale(void);

/*
 * Reads the tables again where they are stale.  Returns a number that changes
 * when their content does.
 */
extern uint64 bolt_registrations_refresh(void);

/* As read by the last bolt_registrations_refresh, good until the next. */
extern const Registrations *bolt_registrations(void);

/* The registration of a model, or NULL. */
extern const RegisteredModel *bolt_registered_model(Oid relation);

/* The registrations under a model name, in any schema: of const RegisteredModel *, palloc'd. */
extern List *bolt_registered_as(const char *name);

/*
 * Looks up the extension's tables.  False where the extension is not there,
 * whatever else may be called so.
 */
extern bool bolt_registry_tables(Oid tables[REGISTRY_TABLES]);

#endif /* BOLT_REGISTRATIONS_H */
