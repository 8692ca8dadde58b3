/*-------------------------------------------------------------------------
 *
 * relations.h
 *	  The relations of one model, with their names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RELATIONS_H
#define BOLT_RELATIONS_H

#include "postgres.h"

#include "catalog_table.h"
#include "model.h"

/* Names that a model's relation had before some column of it went away. */
typedef struct BrokenRelation
{
	List *names; /* of char * */
	char *error;
} BrokenRelation;

typedef struct ModelRelations
{
	List *relations;  /* of ModelRelation * */
	List *broken;	  /* of BrokenRelation * */
	char *error;	  /* a registration of the model itself is
								 * broken; else NULL */
	List *neighbours; /* oids of the tables that were looked at */
} ModelRelations;

/*
 * Finds the relations of a table.  The result is allocated in
 * CurrentMemoryContext, everything else in the reader's.
 */
extern void bolt_model_relations_load(CatalogTable *table, ModelRelations *into);

/* The name of a relation's kind, as bolt.relations() gives it. */
extern const char *bolt_relation_kind_name(RelationKind kind);

#endif /* BOLT_RELATIONS_H */
