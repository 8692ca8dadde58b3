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

typedef struct ModelRelations
{
	List *relations;  /* of ModelRelation * */
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
