/*-------------------------------------------------------------------------
 *
 * relation_hint.c
 *	  What to say where a relation was touched that the queryset did not fetch.
 *
 *-------------------------------------------------------------------------
 */
#include "relation_hint.h"

bolt_exception *
bolt__related_not_fetched(const char *place, const char *lookup, bool to_one)
{
	const char *method = to_one ? "bolt_select_related" : "bolt_prefetch_related";

	return bolt__error_hint(
		bolt__error_new(BOLT_RELATED_NOT_FETCHED, NULL, "%s was not fetched: add %s(queryset, \"%s\")", place,
						method, lookup),
		"Nothing is ever loaded in secret: a queryset names the relations that it reads.");
}
