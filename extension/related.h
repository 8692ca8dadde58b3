/*-------------------------------------------------------------------------
 *
 * related.h
 *	  The related managers: what an object's to-many relations are set to.
 *
 * The functions that run statements are to be called between SPI_connect and
 * SPI_finish, with the models pinned (bolt_model_pin) and locked (bolt_related_lock),
 * and leave CurrentMemoryContext as it was.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RELATED_H
#define BOLT_RELATED_H

#include "postgres.h"

#include "compile.h"
#include "fmgr.h"
#include "json_in.h"
#include "lib/stringinfo.h"
#include "model.h"

/* Keys of one or several columns; duplicates count once wherever they are used. */
typedef struct RelatedKeys
{
	int ncolumns;
	int count;
	Oid *types;	   /* in which the columns are compared */
	Datum *arrays; /* column by column, an array of all the keys' values */
} RelatedKeys;

/* An object, seen from one of its to-many relations. */
typedef struct RelatedObject
{
	const Model *model;
	const ModelRelation *relation;
	const Model *target;  /* the relation's far model */
	const Model *through; /* many-to-many, else NULL */
	const char *key_text; /* its primary key, for messages */
	Oid *types;			  /* of relation->source_fields, and their values */
	Datum *values;
} RelatedObject;

/* ----------
 * related.c: the managers
 * ----------
 */

/*
 * The to-many relation of that name.  value: the place of the name, or NULL.
 * Errors: 42703 with the choices, 0A000 for a relation to one object.
 */
extern const ModelRelation *bolt_related_relation(const Model *model, const char *name,
												  const JsonValue *value);

/* Locks the tables that a manager of the relation reads and writes. */
extern void bolt_related_lock(const ModelRelation *relation);

/*
 * The object of that primary key, whose row is read.
 * Errors: P0002 where there is none, 22023 where it has no value to be related by.
 */
extern RelatedObject *bolt_related_object(const Model *model, const ModelRelation *relation,
										  const JsonValue *pk);

/*
 * Django's managers of their names.  targets: primary keys, an array of them or a
 * single one; through_defaults: an object, or NULL.  Result: how many rows of the
 * relation, as the object sees it, were added and removed.
 */
extern int64 bolt_related_add(const RelatedObject *object, const JsonValue *targets,
							  const JsonValue *through_defaults);
extern int64 bolt_related_remove(const RelatedObject *object, const JsonValue *targets);
extern int64 bolt_related_set(const RelatedObject *object, const JsonValue *targets,
							  const JsonValue *through_defaults);
extern int64 bolt_related_clear(const RelatedObject *object);

/* ----------
 * related_keys.c: keys and values that JSON says
 * ----------
 */

/* A primary key's values.  False where it, or some member of it, is null. */
extern bool bolt_related_key(const Model *model, const JsonValue *value, Datum *key);

/* The primary keys that targets says. */
extern RelatedKeys *bolt_related_targets(const Model *model, const JsonValue *targets);

/* A value for a column; false for null. */
extern bool bolt_related_value(const Field *field, const JsonValue *value, Datum *result);

/* errdetail "At targets[1]." */
extern int bolt_related_errdetail(const JsonValue *value);

/* ----------
 * related_statement.c: how the statements are written and run
 * ----------
 */
typedef struct RelatedStatement
{
	StringInfoData sql;
	const Model *ordered; /* see bolt_run_kept: NULL and 0 to begin with */
	int hints;
	int nparams;
	int capacity;
	Oid *types;
	Datum *values;
	bool *isnull;
} RelatedStatement;

extern void bolt_related_begin(RelatedStatement *statement);

/* Adds a parameter; returns n of $n. */
extern int bolt_related_param(RelatedStatement *statement, Oid type, Datum value, bool isnull);

/* The same for all columns of a key, and of keys; returns n of the first. */
extern int bolt_related_object_params(RelatedStatement *statement, const RelatedObject *object);
extern int bolt_related_keys_params(RelatedStatement *statement, const RelatedKeys *keys);

/* Runs it; returns how many rows it changed or returned, into SPI_tuptable. */
extern uint64 bolt_related_run(RelatedStatement *statement);

/*
 * The keys that the first columns of the rows in SPI_tuptable are, where the column behind
 * them, if there is one, is true.  Rows with a null are left out.
 */
extern RelatedKeys *bolt_related_keys_of_rows(uint64 nrows, const Model *model, int n,
											  const AttrNumber *columns);

extern Datum bolt_related_array(Datum *values, int n, Oid type);

/* With more keys than this a statement joins by hashing. */
#define MANY_KEYS 100

/* The hints for a statement that finds rows by such primary keys */
extern int bolt_related_key_hints(const Model *model, const RelatedKeys *keys);

/* How the primary key of a model is compared with itself. */
extern void bolt_related_primary_key(const Model *model, KeyPair *pair);

/* ROWS FROM (unnest($1), …) AS k (c1, …): keys, in the collations of the columns that they are compared with */
extern void bolt_related_append_keys(StringInfo sql, const KeyPair *pair, int first);
extern void bolt_related_append_collation(StringInfo sql, const KeyPair *pair, int column);

/* t0.a = $1 AND t0.b = $2: prefix "$", first 1 */
extern void bolt_related_append_matches(StringInfo sql, const KeyPair *pair, int alias, const char *prefix,
										int first);

/* EXISTS (SELECT FROM unnest($1) AS k WHERE t0.a = k.c1): the row's key is one of those. */
extern void bolt_related_append_is_one(StringInfo sql, const KeyPair *pair, int alias, int first_param);

/* " ORDER BY t0.a, t0.b", but for columns of a type that has no order */
extern void bolt_related_append_order(StringInfo sql, const KeyPair *pair, int alias, bool *begun);

/* Error P0002 where a key is no object's; it names the keys. */
extern void bolt_related_refuse_missing(const Model *model, const RelatedKeys *keys);

/* So many keys are named in a message; a statement that finds them stops at one more. */
#define MAX_KEYS_NAMED 10

/* "5, 7", of the rows in SPI_tuptable */
extern char *bolt_related_key_list(uint64 nrows);

/* ----------
 * related_many_to_many.c, related_reverse.c: keys of target_fields and of the
 * far model's primary key, respectively
 * ----------
 */
extern int64 bolt_many_to_many_add(const RelatedObject *object, const RelatedKeys *targets,
								   const JsonValue *through_defaults);
extern int64 bolt_many_to_many_remove(const RelatedObject *object, const RelatedKeys *targets);
extern int64 bolt_many_to_many_set(const RelatedObject *object, const RelatedKeys *targets,
								   const JsonValue *through_defaults);
extern int64 bolt_many_to_many_clear(const RelatedObject *object);

/* Locks the targets and the rows that refer to the object, as bolt_reverse_set is going to. */
extern void bolt_reverse_lock(const RelatedObject *object, const RelatedKeys *targets);

extern int64 bolt_reverse_add(const RelatedObject *object, const RelatedKeys *targets);
extern int64 bolt_reverse_remove(const RelatedObject *object, const RelatedKeys *targets);
extern int64 bolt_reverse_set(const RelatedObject *object, const RelatedKeys *targets);
extern int64 bolt_reverse_clear(const RelatedObject *object);

/* The SQL functions, which bolt.run calls, too. */
extern Datum bolt_add(PG_FUNCTION_ARGS);
extern Datum bolt_remove(PG_FUNCTION_ARGS);
extern Datum bolt_set(PG_FUNCTION_ARGS);
extern Datum bolt_clear(PG_FUNCTION_ARGS);

#endif /* BOLT_RELATED_H */
