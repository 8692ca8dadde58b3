/*-------------------------------------------------------------------------
 *
 * name_table.h
 *	  Names that are looked up in a time that does not depend on their number.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_NAME_TABLE_H
#define BOLT_NAME_TABLE_H

#include "postgres.h"

typedef struct NameTable NameTable;

/* A table for about so many names, in CurrentMemoryContext.  It grows. */
extern NameTable *bolt_name_table_create(int size);

/*
 * Adds what a name stands for, unless the name is there already: returns what it stands
 * for then.  The name is not copied.
 */
extern void *bolt_name_table_add(NameTable *table, const char *name, int length, void *value);

/* The same, whatever it has stood for before. */
extern void bolt_name_table_set(NameTable *table, const char *name, int length, void *value);

/* What a name stands for, or NULL. */
extern void *bolt_name_table_find(const NameTable *table, const char *name, int length);

extern void bolt_name_table_free(NameTable *table);

#endif /* BOLT_NAME_TABLE_H */
