/*-------------------------------------------------------------------------
 *
 * queryset.h
 *	  What is inside a queryset, for the methods that make and use one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_QUERYSET_H
#define BOLT_SRC_QUERYSET_H

#include "bolt_orm/queryset.h"
#include "json_writer.h"

/*
 * One call of a method.  It goes on from the queryset that it was called on,
 * which it shares with whoever forked from that too; the first one is a model's objects.
 */
struct bolt_queryset
{
	unsigned magic;
	int handles;			 /* of callers */
	int successors;			 /* querysets that go on from this one */
	bolt_queryset *previous; /* NULL: the model's objects */
	const char *method;		 /* the call that made it: "bolt_filter" */
	const char *consumed_by; /* the last call that took a handle */

	bolt_database *database; /* the first one's reference */
	const char *using;		 /* of the queryset whose text it is */
	bool locks;				 /* select_for_update */
	const char *model;		 /* the first one's text; NULL without */
	bool verbatim;			 /* the text is a whole document (bolt_from_document), and the model unknown */

	char *text;			 /* {"filter":{…}}; of the first one the model's name */
	size_t length;		 /* 0: no step */
	size_t chain_length; /* of all steps, with a comma each */

	bolt_exception *error; /* the first one of the chain; each holds a reference */
};

/*
 * Checks that a caller has a handle of it.  Where not, aborts in debug builds,
 * and else returns what to say.
 */
extern bolt_exception *bolt__queryset_misused(const bolt_queryset *queryset, const char *method);

/*
 * The queryset after a call that wrote its step, which is taken over with what is wrong with
 * it.  Consumes.  Never NULL.
 */
extern bolt_queryset *bolt__queryset_step(bolt_queryset *queryset, const char *method, bolt__writer *step);

/* The same queryset, which locks what it reads. */
extern bolt_queryset *bolt__queryset_locking(bolt_queryset *queryset);

/*
 * Takes a handle for a call that ends a chain, to be given up with bolt__queryset_release; or
 * returns how the queryset was misused.
 */
extern bolt_exception *bolt__queryset_take(bolt_queryset *queryset, const char *method);
extern void bolt__queryset_release(bolt_queryset *queryset);

/* The document, or what is wrong with the queryset.  Does not consume. */
extern void bolt__write_document(bolt__writer *writer, const bolt_queryset *queryset, bool needs_model);

/* The same of a queryset that is part of another.  Consumes. */
extern void bolt__write_queryset(bolt__writer *writer, bolt_queryset *queryset, const char *method,
								 bool needs_model);

#endif /* BOLT_SRC_QUERYSET_H */
