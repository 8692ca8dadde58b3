/*-------------------------------------------------------------------------
 *
 * viewset.h
 *	  What is inside a view set.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_VIEWSET_H
#define BOLT_SRC_VIEWSET_H

#include "bolt_orm/viewset.h"
#include "faults.h"

struct bolt_viewset
{
	bolt_viewset_options options; /* with all defaults filled in */
	bolt_queryset *queryset;	  /* the class-level one */
	bolt_queryset *list;		  /* the same with the list's schema */
	bolt_queryset *detail;		  /* the same with the object's schema */
	bolt_queryset *answer;		  /* of writes: the model's objects with the object's schema, unfiltered */
};

/* ----------
 * viewset_page.c: what parameters make of a list
 * ----------
 */

/* A page of the queryset, as the parameters ask for it.  Consumes. */
extern bolt_future *bolt__viewset_page(const bolt_viewset *viewset, bolt_queryset *queryset,
									   const bolt_request *request);

#endif /* BOLT_SRC_VIEWSET_H */
