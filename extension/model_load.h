/*-------------------------------------------------------------------------
 *
 * model_load.h
 *	  Reads one model, without keeping it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_MODEL_LOAD_H
#define BOLT_MODEL_LOAD_H

#include "postgres.h"

#include "model.h"
#include "relations.h"

/* A Model with what only the model floor needs to know of it. */
typedef struct LoadedModel
{
	Model model;		   /* first, so that a Model can be cast back */
	MemoryContext context; /* holds all of it */
	List *neighbours;	   /* oids of other tables it depends on */
	int *fields_by_name;   /* indexes into fields, sorted by name */
	uint64 fingerprint;	   /* of all that others can see */
} LoadedModel;

/*
 * Reads the model of a relation, or returns NULL where there is no such
 * relation or it cannot be a model.  foreign_keys and registrations must have
 * been refreshed.  The result has a memory context of its own below
 * CurrentMemoryContext.
 */
extern LoadedModel *bolt_model_load(Oid oid);

#endif /* BOLT_MODEL_LOAD_H */
