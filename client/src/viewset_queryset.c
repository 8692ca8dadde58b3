/*-------------------------------------------------------------------------
 *
 * viewset_queryset.c
 *	  Parts of a view set's class-level queryset.
 *
 * What has been written is shown as GET shows it, but also where the class-level queryset would not find it: a draft that
 * somebody has created, and the list has published articles only.  So what a queryset shows of an object has to be told from
 * which objects it finds.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "queryset.h"
#include "viewset.h"

/* The steps, by the name in their text.  Those that are not listed here show. */
static const struct
{
	const char *name;
	unsigned part;
} steps[] = {
	{"filter", BOLT__FINDS},
	{"exclude", BOLT__FINDS},
	{"order_by", BOLT__ORDERS},
	{"reverse", BOLT__ORDERS},
	{"distinct", BOLT__CUTS},
	{"none", BOLT__CUTS},
	{"limit", BOLT__CUTS},
	{"offset", BOLT__CUTS},
	{"union", BOLT__CUTS},
	{"union_all", BOLT__CUTS},
	{"intersection", BOLT__CUTS},
	{"difference", BOLT__CUTS},
	{"select_for_update", BOLT__LOCKS},
	{"annotate", BOLT__ANNOTATES},
	{"alias", BOLT__ANNOTATES},
};

/* {"filter":… */
static unsigned
part_of(const bolt_queryset *step)
{
	if (step->length == 0)
		return 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
	{
		size_t length = strlen(steps[i].name);

		if (step->length > length + 3 && memcmp(step->text + 2, steps[i].name, length) == 0 &&
			step->text[length + 2] == '"')
			return steps[i].part;
	}
	return BOLT__SHOWS;
}

unsigned
bolt__queryset_parts(const bolt_queryset *queryset)
{
	unsigned parts = 0;

	for (; queryset->previous != NULL; queryset = queryset->previous)
		parts |= part_of(queryset);
	return parts;
}

bolt_queryset *
bolt__queryset_part(bolt_queryset *queryset, unsigned parts)
{
	bolt_queryset *before;
	bolt__writer step = {0};

	if (queryset->verbatim || queryset->error != NULL)
		return bolt_ref(queryset);
	if (queryset->previous == NULL)
		return bolt_objects(queryset->database, queryset->model);
	before = bolt__queryset_part(queryset->previous, parts);
	if ((part_of(queryset) & parts) == 0)
		return before;
	bolt__write(&step, queryset->text, queryset->length);
	return bolt__queryset_step(before, queryset->method, &step);
}
