/*-------------------------------------------------------------------------
 *
 * annotation_index.c
 *	  Which annotation does a path begin with?
 *
 * The longest name that the path is, or that "__" follows in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "document.h"
#include "miscadmin.h"
#include "name_table.h"
#include "settings.h"

/* Fewer annotations are looked at one by one. */
#define FEW_ANNOTATIONS 8

/* Of a list that only grows.  Names in it may come again. */
typedef struct AnnotationIndex
{
	const List *annotations;
	int n;			  /* of them are indexed */
	NameTable *names; /* to the first annotation of a name: its number, from 1 on */
	int *next;		  /* per annotation: the next one of its name, or 0 */
	int capacity;
} AnnotationIndex;

/* filter() does not go on from what values() has joined */
static bool
is_meant(const Select *select, const Annotation *annotation, const char *path)
{
	return !annotation->fixed || (select->call == ANY_CALL && strcmp(path, annotation->name) == 0);
}

static const Annotation *
find_one_by_one(const Select *select, const char *path, int *length)
{
	const Annotation *found = NULL;
	ListCell *lc;

	*length = 0;
	foreach(lc, select->annotations)
	{
		const Annotation *annotation = lfirst(lc);
		int n = strlen(annotation->name);

		if (n > *length && is_meant(select, annotation, path) && strncmp(path, annotation->name, n) == 0 &&
			(path[n] == '\0' || strncmp(path + n, "__", 2) == 0))
		{
			found = annotation;
			*length = n;
		}
	}
	return found;
}

static void
add_to_index(AnnotationIndex *index, const Annotation *annotation)
{
	int number = index->n + 1;
	int first;

	if (number >= index->capacity)
	{
		index->capacity *= 2;
		index->next = repalloc_huge(index->next, sizeof(int) * index->capacity);
	}
	index->next[number] = 0;
	first = (int) (uintptr_t) bolt_name_table_add(index->names, annotation->name, strlen(annotation->name),
												  (void *) (uintptr_t) number);
	if (first != number)
	{
		while (index->next[first] != 0)
			first = index->next[first];
		index->next[first] = number;
	}
	index->n = number;
}

/* Brought up to date; it may be shared with the selects of which this one is a part. */
static const AnnotationIndex *
index_of(Select *select)
{
	AnnotationIndex *index = select->annotation_index;
	int n = list_length(select->annotations);

	if (index == NULL || index->annotations != select->annotations || index->n > n)
	{
		index = palloc(sizeof(AnnotationIndex));
		index->annotations = select->annotations;
		index->n = 0;
		index->names = bolt_name_table_create(n);
		index->capacity = n + 1;
		index->next = palloc_extended(sizeof(int) * index->capacity, MCXT_ALLOC_HUGE);
		select->annotation_index = index;
	}
	while (index->n < n)
	{
		CHECK_FOR_INTERRUPTS();
		add_to_index(index, list_nth(select->annotations, index->n));
	}
	return index;
}

/* The place in the list of the first annotation with this very name, or NULL. */
ListCell *
bolt_annotation_of_name(Select *select, const char *name)
{
	ListCell *lc;
	int number;

	if (list_length(select->annotations) > FEW_ANNOTATIONS)
	{
		number = (int) (uintptr_t) bolt_name_table_find(index_of(select)->names, name, strlen(name));
		return number != 0 ? list_nth_cell(select->annotations, number - 1) : NULL;
	}
	foreach(lc, select->annotations)
	{
		if (strcmp(((Annotation *) lfirst(lc))->name, name) == 0)
			return lc;
	}
	return NULL;
}

const Annotation *
bolt_find_annotation(const Select *select, const char *path, int *length)
{
	const AnnotationIndex *index;
	const Annotation *found = NULL;
	const char *end = path;

	if (list_length(select->annotations) <= FEW_ANNOTATIONS)
		return find_one_by_one(select, path, length);
	index = index_of(unconstify(Select *, select));
	*length = 0;
	for (int steps = 0; end != NULL && steps <= bolt_max_depth; steps++)
	{
		const char *next = strstr(end, "__");
		int n = next != NULL ? next - path : strlen(path);
		int number = (int) (uintptr_t) bolt_name_table_find(index->names, path, n);

		for (; number != 0; number = index->next[number])
		{
			const Annotation *annotation = list_nth(select->annotations, number - 1);

			if (!is_meant(select, annotation, path))
				continue;
			found = annotation;
			*length = n;
			break;
		}
		end = next != NULL ? next + 1 : NULL;
	}
	return found;
}
