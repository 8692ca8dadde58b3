/*-------------------------------------------------------------------------
 *
 * write.h
 *	  What is written: rows with their values, and the statements that take them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_WRITE_H
#define BOLT_WRITE_H

#include "postgres.h"

#include "compat.h"
#include "json_out.h"
#include "model.h"
#include "queryset.h"

/* A column and what it is set to. */
typedef struct Assignment
{
	const Field *field;
	const char *name; /* by which the caller named it */
	JsonValue *value;
	bool is_expression;		/* by its form; else a literal */
	Expression *expression; /* parsed for the statement that is to be run */
} Assignment;

/* An object or array of objects in place of a relation's key. */
typedef struct NestedValue
{
	const ModelRelation *relation;
	JsonValue *value;
	struct WriteRow **rows; /* the objects in it, once they are being written */
	int nrows;
} NestedValue;

/* An object to be written. */
typedef struct WriteRow
{
	JsonValue *source;
	int nassigned;
	int capacity;
	Assignment *assigned; /* in the order of the columns, each once */
	List *nested;		  /* of NestedValue * */
	bool is_there;		  /* locked: a save of it never inserts */

	/* what became of it */
	bool written;
	Size start; /* the object's text in the WriteOutput … */
	Size length;
	JsonValue *
		*columns; /* … and its columns, as texts, by their place in the model: those that were asked for */
} WriteRow;

/* What a values object is for; decides the words of its errors. */
typedef enum WriteKind
{
	WRITE_INSERT,
	WRITE_UPDATE,	  /* rows by their primary key */
	WRITE_UPDATE_SET, /* the rows of a queryset */
} WriteKind;

typedef enum ConflictAction
{
	CONFLICT_ERROR,
	CONFLICT_IGNORE,
	CONFLICT_UPDATE
} ConflictAction;

/* bulk_create's arguments about conflicts */
typedef struct Conflict
{
	ConflictAction action;
	List *unique_fields; /* of Field * */
	List *update_fields;
} Conflict;

/* A statement that writes, but for its values. */
typedef struct WriteStatement
{
	WriteKind kind;
	const Model *model;
	const WriteRow *row;  /* whose columns it sets; with literals for one row */
	bool many;			  /* parameters are arrays, an element a row */
	bool returns;		  /* something of the rows: … */
	bool returns_objects; /* … all their columns, as objects, … */
	Bitmapset *columns;	  /* … or else these, by their places in the model */
	Conflict conflict;
} WriteStatement;

/* Where the objects go that were written. */
typedef struct WriteOutput
{
	JsonBuffer text;	  /* one object behind another; see WriteRow */
	Bitmapset *columns;	  /* places of the columns that WriteRow.columns is to have */
	bool returns_objects; /* else nothing is read back but those columns */
} WriteOutput;

/* assign.c */

/*
 * Which columns the members of an object set, and which relations.
 * Errors: 42703 for a name that is no column or relation, 22023 for two values of one
 * column or a key of the wrong form.
 */
extern void bolt_assign(const Model *model, JsonValue *object, WriteKind kind, WriteRow *row);

/* Sets a column besides.  Error 22023 where it is set already, to another value. */
extern void bolt_assign_column(const Model *model, WriteRow *row, const Field *field, const char *name,
							   JsonValue *value);

/* The assignment of a column, or NULL. */
extern Assignment *bolt_assignment_of(const WriteRow *row, AttrNumber attnum);

/*
 * An object that a Ref put in, where one of a model may stand: its members with the
 * columns of a key.  False where it does not have them; then it is to be refused (22023).
 */
extern bool bolt_key_of_data(const Model *model, int n, const AttrNumber *attnums, const JsonValue *object,
							 JsonValue **keys);
pg_noreturn extern void bolt_refuse_data_object(const Model *model, const JsonValue *object);

/* Does the row say all of its primary key, and none of it null? */
extern bool bolt_row_has_key(const Model *model, const WriteRow *row);

/* A written row's primary key, from its columns: a value, or an array of them. */
extern JsonValue *bolt_key_of_row(const Model *model, const WriteRow *row);

/* The place of a column in the model's fields. */
extern int bolt_field_place(const Model *model, AttrNumber attnum);

/* mutate.c */

/* Do two rows set the same columns? */
extern bool bolt_same_columns(const WriteRow *a, const WriteRow *b);

/*
 * The model of that name, locked against change, for the rest of the transaction as an
 * INSERT or UPDATE of its table does it.  The models are pinned by the caller.
 */
extern const Model *bolt_written_model(const char *name, const JsonValue *value);
extern const Model *bolt_written_model_of(Oid oid);

/*
 * Inserts rows, or updates them by primary key.  Rows that set the same columns share
 * statements.  Returns how many rows were written.
 */
extern int64 bolt_write_rows(const Model *model, WriteKind kind, WriteRow **rows, int nrows,
							 const Conflict *conflict, WriteOutput *out);

/*
 * Updates the rows of a queryset, to which the statement's row says the new values.
 * Returns how many; with out, *rows is an array of what became of them.
 */
extern int64 bolt_update_queryset(Document *document, WriteStatement *write, WriteOutput *out,
								  WriteRow ***rows);

/* nested.c */

/* The same with what is nested in the rows.  save: those that have a key are updated if they are there. */
extern void bolt_write_nested(const Model *model, WriteRow **rows, int nrows, bool save,
							  const Conflict *conflict, WriteOutput *out);

/* The lookups of prefetch_related and select_related that show what was nested in the rows. */
extern void bolt_nested_paths(WriteRow **rows, int nrows, List **select_related, List **prefetch_related);

#endif /* BOLT_WRITE_H */
