/*-------------------------------------------------------------------------
 *
 * key_index.h
 *	  Which of the rows sent has this primary key?
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_KEY_INDEX_H
#define BOLT_KEY_INDEX_H

#include "postgres.h"

#include "lib/stringinfo.h"

/* Primary keys as texts, one a row, looked up by binary search. */
typedef struct KeyIndex
{
	int nkeys;
	char **keys; /* per row */
	int *order;	 /* rows sorted by key */
} KeyIndex;

/* An index of so many rows, whose keys the caller sets before he sorts it. */
extern KeyIndex *bolt_key_index_make(int nkeys);

/* Sorts it.  Returns a row whose key another has, too, or -1. */
extern int bolt_key_index_sort(KeyIndex *index);

/* The row of a key, or -1. */
extern int bolt_key_index_find(const KeyIndex *index, const char *key);

/* A key of several columns as one text. */
extern void bolt_key_index_append(StringInfo key, const char *column);

#endif /* BOLT_KEY_INDEX_H */
