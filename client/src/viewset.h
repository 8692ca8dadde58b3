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
	bolt_queryset *answer;		  /* of writes: shows what `detail` does, of any object */
	bolt_queryset
		*found; /* what `answer` would show of one that the class-level queryset finds; NULL: the same */
};

/* ----------
 * viewset_queryset.c
 * ----------
 */

/* What a step of a queryset is about. */
enum
{
	BOLT__SHOWS = 1,	 /* only, values, select_related, prefetch_related, … */
	BOLT__ANNOTATES = 2, /* shows, and may be needed to find */
	BOLT__FINDS = 4,
	BOLT__ORDERS = 8,
	BOLT__CUTS = 16, /* slices, distinct, combinations */
	BOLT__LOCKS = 32,
};

/* The parts that a queryset has, ORed. */
extern unsigned bolt__queryset_parts(const bolt_queryset *queryset);

/* A queryset of these parts only, the caller's.  Does not consume. */
extern bolt_queryset *bolt__queryset_part(bolt_queryset *queryset, unsigned parts);

/* ----------
 * viewset_page.c: what parameters make of a list
 * ----------
 */

/* A page of the queryset, as the parameters ask for it.  Consumes. */
extern bolt_future *bolt__viewset_page(const bolt_viewset *viewset, bolt_queryset *queryset,
									   const bolt_request *request);

#endif /* BOLT_SRC_VIEWSET_H */
