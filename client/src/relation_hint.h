/*-------------------------------------------------------------------------
 *
 * relation_hint.h
 *	  What to say where a relation was touched that the queryset did not fetch.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_RELATION_HINT_H
#define BOLT_SRC_RELATION_HINT_H

#include "error.h"

/* The place in the result, and the path of relations for the queryset; whether all of them are to-one. */
extern bolt_exception *bolt__related_not_fetched(const char *place, const char *lookup, bool to_one);

#endif /* BOLT_SRC_RELATION_HINT_H */
