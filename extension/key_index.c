/*-------------------------------------------------------------------------
 *
 * key_index.c
 *	  Which of the rows sent has this primary key?
 *
 * Rows that come back from an UPDATE or a fetch come in any order.  Their keys are
 * compared as the texts that the types' output functions write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "key_index.h"

KeyIndex *
bolt_key_index_make(int nkeys)
{
	KeyIndex *index = palloc(sizeof(KeyIndex));

	index->nkeys = nkeys;
	index->keys = palloc_extended(sizeof(char *) * Max(nkeys, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	index->order = palloc_extended(sizeof(int) * Max(nkeys, 1), MCXT_ALLOC_HUGE);
	return index;
}

static int
compare_keys(const void *a, const void *b, void *keys)
{
	return strcmp(((char **) keys)[*(const int *) a], ((char **) keys)[*(const int *) b]);
}

int
bolt_key_index_sort(KeyIndex *index)
{
	for (int i = 0; i < index->nkeys; i++)
		index->order[i] = i;
	qsort_arg(index->order, index->nkeys, sizeof(int), compare_keys, index->keys);
	for (int i = 1; i < index->nkeys; i++)
	{
		if (strcmp(index->keys[index->order[i - 1]], index->keys[index->order[i]]) == 0)
			return index->order[i];
	}
	return -1;
}

int
bolt_key_index_find(const KeyIndex *index, const char *key)
{
	int low = 0;
	int high = index->nkeys - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(index->keys[index->order[middle]], key);

		if (order == 0)
			return index->order[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* With its length before it, so that no two keys read alike */
void
bolt_key_index_append(StringInfo key, const char *column)
{
	appendStringInfo(key, "%zu:%s", strlen(column), column);
}
