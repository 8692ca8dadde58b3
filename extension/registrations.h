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

#include "access/attnum.h"
#include "nodes/pg_list.h"

/*
 * Columns are numbers, which outlive a renaming; one may have been dropped by
 * now.  Texts may be NULL but where said.
 */

typedef struct RegisteredModel
{
	Oid relation;
	char *name;
	List *ordering;				  /* of char * */
	AttrNumber *ordering_columns; /* the column that each begins with, or 0 */
	int nprimary_key;
	AttrNumber *primary_key;
} RegisteredModel;

typedef struct RegisteredRelation
{
	Oid relation;
	int nfields;
	AttrNumber *columns;
	Oid target;
	AttrNumber *target_columns; /* nfields of them */
	char *name;
	char *related_name;
	char *on_delete;
} RegisteredRelation;

typedef struct RegisteredManyToMany
{
	Oid relation;
	Oid through;
	int nsource;
	AttrNumber *source_columns; /* of through, towards relation */
	int ntarget;
	AttrNumber *target_columns; /* of through, towards the far table */
	char *name;					/* never NULL */
	char *related_name;
} RegisteredManyToMany;

typedef struct Registrations
{
	List *models;		  /* by oid of the table, one each */
	List *models_by_name; /* those that have one, by name */
	List *relations;	  /* by oid of the table */
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
#define MAX_REGISTRY_COLUMNS 5

/*
 * Of the columns of these tables: how many there are, which are of the type
 * bolt.table_columns, and which of those speak of a table that the row needs no
 * right to speak for.
 */
extern int bolt_registry_ncolumns(RegistryTable table);
extern bool bolt_registry_is_reference(RegistryTable table, int column);
extern bool bolt_registry_is_target(RegistryTable table, int column);

/*
 * For the callbacks: some table, InvalidOid means any; some table of that name,
 * by hash value; schemas or roles.
 */
extern void bolt_registrations_changed(Oid relid);
extern void bolt_registrations_name_changed(uint32 hashvalue);
extern void bolt_registrations_schema_changed(void);

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

/* The registered relations of a table: of const RegisteredRelation *, palloc'd. */
extern List *bolt_registered_relations(Oid relation);

/* The registrations under a model name, in any schema: of const RegisteredModel *, palloc'd. */
extern List *bolt_registered_as(const char *name);

/*
 * Looks up the extension's tables.  False where the extension is not there,
 * whatever else may be called so.
 */
extern bool bolt_registry_tables(Oid tables[REGISTRY_TABLES]);

/* The type bolt.table_columns; the extension must be there. */
extern Oid bolt_table_columns_type(void);

#endif /* BOLT_REGISTRATIONS_H */
