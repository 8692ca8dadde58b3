/*-------------------------------------------------------------------------
 *
 * model.h
 *	  Models, fields and relations: what the catalogs and the registry say.
 *
 * Everything here is read through a per-backend cache that DDL and
 * registration in any session invalidate.  A pointer stays valid until
 * bolt_model_refresh is called the next time; nothing else frees.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_MODEL_H
#define BOLT_MODEL_H

#include "postgres.h"

#include "access/attnum.h"
#include "nodes/pg_list.h"

typedef struct Field
{
	char *name;
	AttrNumber attnum;
	Oid type;
	int32 typmod;
	Oid collation;
	bool not_null;
	bool generated; /* GENERATED ALWAYS AS (…) STORED or VIRTUAL */
	char identity;	/* attidentity */
	bool has_default;
	bool unique; /* by itself, by a unique index */
} Field;

typedef enum RelationKind
{
	RELATION_MANY_TO_ONE,		 /* forward, an FK */
	RELATION_ONE_TO_ONE,		 /* forward, an FK whose columns are unique */
	RELATION_ONE_TO_MANY,		 /* reverse of an FK */
	RELATION_REVERSE_ONE_TO_ONE, /* reverse of a unique FK */
	RELATION_MANY_TO_MANY
} RelationKind;

/*
 * How near a relation is to the owner of its model.  A name means the first
 * that has it, so that nobody can take a name away from those above; a column
 * of the model comes before all of them.  A role that may act as the owner
 * counts as the owner.
 */
typedef enum RelationRank
{
	RANK_OWN,			   /* a foreign key of the model itself */
	RANK_OWNER_REGISTERED, /* registered by the owner of the model */
	RANK_OWNER_DEFAULT,	   /* a default name, by a table of the same owner */
	RANK_OTHER_REGISTERED, /* the same by other owners */
	RANK_OTHER_DEFAULT
} RelationRank;

/*
 * A relation of a model.  source_fields[i] of the near model equals
 * target_fields[i] of the far one; with a many-to-many, source_fields[i] equals
 * through_source_fields[i] of the through table, whose through_target_fields[i] equals target_fields[i].
 */
typedef struct ModelRelation ModelRelation;
typedef struct Model Model;

struct ModelRelation
{
	char *name;		 /* the one to print: registered, or the first default */
	List *names;	 /* of char *: all that it answers to */
	bool registered; /* names come from the registry */
	RelationRank rank;
	Oid holder_schema; /* of the table that holds the columns, see relation_holder */
	RelationKind kind;
	Oid model;	 /* the near table */
	Oid target;	 /* the far table */
	int nfields; /* of source_fields and target_fields (FK) */
	AttrNumber *source_fields;
	AttrNumber *target_fields;		   /* many-to-many: ntarget_fields of them */
	Oid through;					   /* many-to-many, else InvalidOid */
	AttrNumber *through_source_fields; /* nfields of them */
	int ntarget_fields;				   /* = nfields but for many-to-many */
	AttrNumber *through_target_fields; /* ntarget_fields of them */
	bool through_unique;			   /* a unique index of just these columns of
								 * the through table, not deferrable: ON CONFLICT takes it */
	bool symmetrical;				   /* many-to-many of a model with itself: who has
								 * a friend is that one's friend */
	bool nullable;					   /* forward: some source column may be null */
	bool indexed;					   /* an index serves the look-up from near to
								 * far: its leading columns are target_fields,
								 * or through_source_fields of the through table, in any order */
	Oid constraint;					   /* the FK, or InvalidOid for a registered one;
								 * many-to-many: the through table's FK to the near table */
	char *on_delete;				   /* CASCADE, SET_NULL, SET_DEFAULT, RESTRICT,
								 * PROTECT, DO_NOTHING */
	bool on_delete_registered;		   /* ours to do, not the database's */
};

struct Model
{
	Oid oid;
	char relkind;
	char *schema;
	char *table;
	char *name; /* registered, else the table's; for messages */
	int nfields;
	Field *fields;	  /* in table order, dropped columns left out */
	int nprimary_key; /* 0: none */
	AttrNumber *primary_key;
	bool primary_key_constraint; /* a PRIMARY KEY that GROUP BY can
										 * lean on; false where registered or inherited */
	bool inherited;				 /* tables inherit from it: a key holds in each of them
						 * by itself, not in all of the rows that it has */
	List *ordering;				 /* of char *: Meta.ordering ("-created_at"); use bolt_model_ordering */
	List *relations;			 /* of ModelRelation * */
	bool volatile_plan;			 /* its statements must be planned with their
								 * parameters bound (a Citus distributed table) */
};

static inline bool
relation_is_to_one(const ModelRelation *relation)
{
	return relation->kind == RELATION_MANY_TO_ONE || relation->kind == RELATION_ONE_TO_ONE ||
		relation->kind == RELATION_REVERSE_ONE_TO_ONE;
}

static inline bool
relation_is_forward(const ModelRelation *relation)
{
	return relation->kind == RELATION_MANY_TO_ONE || relation->kind == RELATION_ONE_TO_ONE;
}

/* The table whose columns refer to others: its owner has made the relation. */
static inline Oid
relation_holder(const ModelRelation *relation)
{
	if (OidIsValid(relation->through))
		return relation->through;
	return relation_is_forward(relation) ? relation->model : relation->target;
}

static inline bool
relation_is_of_owner(const ModelRelation *relation)
{
	return relation->rank < RANK_OTHER_REGISTERED;
}

/*
 * Takes in what other sessions have changed and drops what is stale.  Returns
 * a number that stays the same as long as every model and relation that was
 * handed out still means the same: whatever was compiled under another number
 * has to be compiled again.  Called once at the start of each SQL-callable
 * function; while something else is being compiled only under a pin.
 */
extern uint64 bolt_model_refresh(void);

/*
 * While the count is above zero bolt_model_refresh frees nothing, though it
 * hands out new models where they have changed (for functions that a catalog
 * look-up or an input function calls back into).  Forgotten at the end of the
 * (sub)transaction.
 */
extern void bolt_model_pin(void);
extern void bolt_model_unpin(void);

/*
 * The model of that name: registered, as SQL resolves it, or "app.Model".
 * Errors: 42P01 with the choices; 42501 as SQL raises it for a schema.
 * value is the place in the document, or NULL.
 */
struct JsonValue;
extern const Model *bolt_model_by_name(const char *name, const struct JsonValue *value);

/* The model of a table.  Error 42P01 where it is gone. */
extern const Model *bolt_model_by_oid(Oid oid);

/*
 * Is it the name of a column, or of a relation that the model's owner has made,
 * an ambiguous default name included?  What others call their relations takes
 * no name away from a document.
 */
extern bool bolt_model_has_name(const Model *model, const char *name);

/* The column of that name, or NULL. */
extern const Field *bolt_model_field(const Model *model, const char *name);

/*
 * The column of that number, never NULL.  Error 42703 where it is gone: only a
 * relation's, dropped by another session between the reading of its two models.
 */
extern const Field *bolt_model_field_by_attnum(const Model *model, AttrNumber attnum);

/*
 * The relation of that name, or NULL: the first by RelationRank, a registered
 * name before a default one, what search_path finds before what it does not.
 * Error 42702, listing them, where a name still fits two.
 */
extern const ModelRelation *bolt_model_relation(const Model *model, const char *name,
												const struct JsonValue *value);

/* The relation of that name by a foreign key that the column is part of, or NULL. */
extern const ModelRelation *bolt_model_column_relation(const Model *model, const Field *field);

/*
 * What happens where an ordering's entry leads: "step" is where it stops.
 */
typedef enum OrderingPath
{
	ORDERING_LEADS_TO_COLUMN,
	ORDERING_UNKNOWN,
	ORDERING_TO_MANY
} OrderingPath;

extern OrderingPath bolt_follow_ordering(const Model **model, const char *entry, char **step);

/*
 * The entries of a model's ordering that lead somewhere.  Others did so when they
 * were registered, and are left out.
 */
extern List *bolt_model_ordering(const Model *model);

/* Names for "Choices are: …": fields that the caller may read, then relations;
 * only_to_one: relations that select_related takes, and no field. */
extern List *bolt_model_choices(const Model *model);
extern List *bolt_model_relation_choices(const Model *model, bool only_to_one);

/*
 * The oids of all models in user schemas that the caller may at least partly
 * read, sorted by schema and name.
 */
extern List *bolt_model_visible(void);

/*
 * A name that bolt_model_by_name takes for that table: registered, else the
 * table's own where the search path finds it, else the qualified one; palloc'd.
 * NULL where the table is gone.
 */
extern char *bolt_model_name_of(Oid oid);

/* Whether the caller may read the table, or some column of it; that column. */
extern bool bolt_may_read_some(Oid oid);
extern bool bolt_may_read_field(const Model *model, const Field *field);

/* The same for the far end of a relation, and its through table. */
extern bool bolt_relation_is_readable(const ModelRelation *relation);

/*
 * A hash of the schemas that unqualified names are looked up in now.  Whatever
 * is kept under a document's text has to be kept under this too:
 * bolt_model_refresh tells when a name has changed its meaning, not when the
 * search path has changed.
 */
extern uint64 bolt_search_path_hash(void);

/* schema-qualified and quoted, for SQL text; palloc'd */
extern char *bolt_model_sql_name(const Model *model);

#endif /* BOLT_MODEL_H */
