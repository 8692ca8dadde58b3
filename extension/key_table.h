/*-------------------------------------------------------------------------
 *
 * key_table.h
 *	  The distinct keys of a level, numbered from 0 in the order they came.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_KEY_TABLE_H
#define BOLT_KEY_TABLE_H

#include "postgres.h"

#include "catalog/pg_type.h"
#include "fetch_graph.h"

typedef struct KeyTable
{
	const KeyType *type;
	MemoryContext context;
	MemoryContext values_context; /* of values passed by reference */
	int count;
	int capacity;	 /* of the arrays that follow */
	int64 *integers; /* integer keys */
	Datum *values;	 /* others: type->ncolumns a key */
	uint32 *hashes;	 /* others */
	int *slots;		 /* open addressing: number + 1, or 0 */
	uint32 nslots;	 /* a power of two */
} KeyTable;

#define NO_KEY (-1)

/* A type whose keys are compared as integers. */
static inline bool
bolt_is_integer_type(Oid type)
{
	return type == INT4OID || type == INT8OID || type == INT2OID || type == OIDOID;
}

/* How values of a type are hashed and compared; what that needs is allocated in context. */
extern void bolt_key_column_init(KeyColumn *column, Oid type, Oid collation, MemoryContext context);

/* A table in CurrentMemoryContext. */
extern void bolt_key_table_init(KeyTable *table, const KeyType *type);

/* Forgets the keys and keeps the memory. */
extern void bolt_key_table_reset(KeyTable *table);

/* The key's number; add: it is entered where it is new, else NO_KEY. */
extern int bolt_key_number(KeyTable *table, const Datum *key, bool add);

/* A key as text, "(a, b)" where it has several columns; palloc'd. */
extern char *bolt_key_text(const KeyTable *table, int number);

/* One column of the keys from number first on, as an array. */
extern Datum bolt_key_array(const KeyTable *table, int column, int first);

/*
 * Whether the keys from number first on fill the range that they lie in, but for
 * at most so many gaps a key: 0 for none, 1 for half of the range.
 */
extern bool bolt_keys_are_dense(const KeyTable *table, int first, int gaps);

/* The least and the greatest of them, as an array. */
extern Datum bolt_key_bounds(const KeyTable *table, int first);

#endif /* BOLT_KEY_TABLE_H */
