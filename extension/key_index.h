/*-------------------------------------------------------------------------
 *
 * key_index.h
 *	  Which of the rows sent has this key?
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_KEY_INDEX_H
#define BOLT_KEY_INDEX_H

#include "postgres.h"

#include "key_table.h"
#include "model.h"

/* Keys of one or several columns of a model, and the row that each belongs to. */
typedef struct KeyIndex
{
	KeyTable table;
	KeyType type;
	int *rows; /* per key of the table */
	int capacity;
	FmgrInfo *inputs; /* per column: the input function of its type */
	Oid *io_params;
} KeyIndex;

/*
 * An index by these columns, in CurrentMemoryContext.
 * Error 42883 where a column's type has no equality.
 */
extern KeyIndex *bolt_key_index_make(const Model *model, int n, const AttrNumber *columns);

/* Enters a row's key.  Returns the row that has that key already, or -1. */
extern int bolt_key_index_add(KeyIndex *index, const Datum *key, int row);

/* The row of a key, or -1. */
extern int bolt_key_index_find(KeyIndex *index, const Datum *key);

/* A value of a column of the key, from its text. */
extern Datum bolt_key_index_value(const KeyIndex *index, int column, const char *text);

/*
 * Whether two values are one to the equality of a column's type and collation.  Nulls are equal to
 * nulls.  Values of a type without equality are compared as texts.
 */
struct JsonValue;
extern bool bolt_same_value(const Field *field, const struct JsonValue *a, const struct JsonValue *b);

/*
 * A value of a column as its type's input function reads it from a literal; false where it is null.
 * typmod: the column's, for the value as it will be stored; -1 for the value as it was sent.
 * Errors: those of the type's input function.
 */
extern bool bolt_column_value(const Field *field, const struct JsonValue *literal, int32 typmod,
							  Datum *value);

#endif /* BOLT_KEY_INDEX_H */
