/*-------------------------------------------------------------------------
 *
 * queryset.h
 *	  Querysets: Django's, in C.
 *
 * A queryset is immutable. Each method consumes the queryset that it is given, its first
 * argument, with all other arguments, and returns a new one; bolt_ref keeps
 * one to fork from, which costs nothing, however long its chain is:
 *
 *	   bolt_queryset *published = bolt_filter(bolt_objects(db, "blog_article"), BOLT_KW("published", true));
 *	   bolt_queryset *newest = bolt_order_by(bolt_ref(published), "-created_at");
 *	   bolt_queryset *by_title = bolt_order_by(published, "title");
 *
 * No method returns NULL or asks anybody: what is wrong with an argument (NULL, not UTF-8,
 * out of memory) is carried along and comes out of the a-method at the end, with the
 * method's name; what is wrong with a name, the server says there. A queryset that
 * has been consumed must not be used: debug builds of the library abort with the names of both calls, others
 * let the a-method fail with BOLT_INTERFACE_ERROR for as long as they can tell.
 *
 * Threads: a queryset belongs to the thread of its database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_QUERYSET_H
#define BOLT_ORM_QUERYSET_H

#include "expression.h"
#include "q.h"
#include "value.h"

BOLT_BEGIN_DECLS

/**
 * All objects of a model: Django's Model.objects.
 *
 * @param database where its a-methods go to; kept until the queryset is gone. NULL for one that is only part of
 * another: a subquery, a prefetch, a union.
 * @param model a table, schema.table, app.Model or a registered name. NULL in a prefetch or a union: that of the place.
 * @return a new queryset.
 */
BOLT_API bolt_queryset *bolt_objects(bolt_database *database, const char *model);

/**
 * The queryset of a document that came from outside: another program, an explorer, a file.
 *
 * It goes to the server as it is, which says what is wrong with it. So only a-methods can follow, no methods: each of these would have to
 * know what the document does.
 *
 * @param document so many bytes of JSON text, an object; may be gone afterwards.
 * @return a new queryset.
 */
BOLT_API bolt_queryset *bolt_from_document(bolt_database *database, const char *document, size_t length);

/**
 * Keeps a queryset: it can be consumed once more.
 *
 * @param queryset may be NULL.
 * @return the same queryset.
 */
BOLT_API bolt_queryset *bolt_ref(bolt_queryset *queryset);

/**
 * Gives up a queryset that no call has consumed.
 *
 * @param queryset may be NULL.
 */
BOLT_API void bolt_unref(bolt_queryset *queryset);

/**
 * The document that goes to the server.
 *
 * @param queryset not consumed.
 * @param error where not NULL, set to what is wrong with the queryset, to be given back with bolt_error_unref; else to NULL.
 * @return JSON text to be freed with free(); NULL with an error.
 */
BOLT_API char *bolt_document(const bolt_queryset *queryset, bolt_exception **error);

/** Reads from the replica of this alias; "default" is the primary. Writes go to the primary, and what is asked through a
 * transaction's handle stays in the transaction. */
BOLT_API bolt_queryset *bolt_using(bolt_queryset *queryset, const char *alias);

/* ----------
 * Conditions
 * ----------
 */

/** Only what meets all of the conditions: bolt_filter(articles, BOLT_KW("title__icontains", "x"), bolt_q_or(…)). */
#define bolt_filter(...) bolt_filter_by(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_AFTER(__VA_ARGS__))
BOLT_API bolt_queryset *bolt_filter_by(bolt_queryset *queryset, const bolt_argument *conditions,
									   size_t count);

/** Only what does not meet all of the conditions. */
#define bolt_exclude(...) bolt_exclude_by(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_AFTER(__VA_ARGS__))
BOLT_API bolt_queryset *bolt_exclude_by(bolt_queryset *queryset, const bolt_argument *conditions,
										size_t count);

/** No objects. */
BOLT_API bolt_queryset *bolt_none(bolt_queryset *queryset);

/* ----------
 * Annotations
 * ----------
 */

/** Adds members: bolt_annotate(articles, BOLT_KW("n", bolt_count("comments"))). A text is refused, for it could be a field or a literal. */
BOLT_API bolt_queryset *bolt_annotate(bolt_queryset *queryset, bolt_kw *annotations);

/** The same for names that are not shown. */
BOLT_API bolt_queryset *bolt_alias(bolt_queryset *queryset, bolt_kw *annotations);

/* ----------
 * Order and slice
 * ----------
 */

/** bolt_order_by(articles, "-created_at", "author__username", bolt_desc(bolt_lower("title"), BOLT_NULLS_LAST)); with nothing: no order. */
#define bolt_order_by(...) bolt_order_by_terms(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_AFTER(__VA_ARGS__))
BOLT_API bolt_queryset *bolt_order_by_terms(bolt_queryset *queryset, const bolt_argument *terms,
											size_t count);

/** An ordering where an option takes one: .order_by = BOLT_ORDERING("-id", bolt_desc("price")). */
#define BOLT_ORDERING(...) bolt_ordering_list(BOLT__CONDITIONS(__VA_ARGS__))
BOLT_API bolt_list *bolt_ordering_list(const bolt_argument *terms, size_t count);

/** Turns the order round. */
BOLT_API bolt_queryset *bolt_reverse(bolt_queryset *queryset);

/** Each row once; with fields, the first row of each of their combinations. */
#define bolt_distinct(...) bolt_distinct_on(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_distinct_on(bolt_queryset *queryset, const char *const *fields, size_t count);

/** At most so many. A slice may be sliced again, within it. */
BOLT_API bolt_queryset *bolt_limit(bolt_queryset *queryset, long long limit);

/** Without the first so many. */
BOLT_API bolt_queryset *bolt_offset(bolt_queryset *queryset, long long offset);

/** Python's queryset[start:stop]. */
BOLT_API bolt_queryset *bolt_slice(bolt_queryset *queryset, long long start, long long stop);

/* ----------
 * Relations
 * ----------
 */

/** To-one relations as objects in their parents: bolt_select_related(comments, "article__author"); with nothing, all that cannot be null. */
#define bolt_select_related(...) \
	bolt_select_related_paths(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_select_related_paths(bolt_queryset *queryset, const char *const *paths,
												  size_t count);

/** Relations of any kind: bolt_prefetch_related(articles, "tags", "comments__author", bolt_prefetch("comments", newest)). */
#define bolt_prefetch_related(...) \
	bolt_prefetch_related_lookups(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_AFTER(__VA_ARGS__))
BOLT_API bolt_queryset *bolt_prefetch_related_lookups(bolt_queryset *queryset, const bolt_argument *lookups,
													  size_t count);

typedef struct bolt_prefetch_options
{
	size_t size;		 /* set by bolt_prefetch */
	const char *to_attr; /* the member's name instead of the relation's */
	bool recurse;		 /* the whole tree of a model's relation with itself */
	int depth;			 /* so many levels of it at most; 0: to its end */
} bolt_prefetch_options;

/**
 * A prefetch with a queryset of its own: bolt_prefetch("comments", newest, .to_attr = "latest"),
 * bolt_prefetch("children", NULL, .recurse = true).
 *
 * @param queryset consumed; limit and offset count per parent; NULL: all.
 * @return bolt_prefetch *, consumed by bolt_prefetch_related; never NULL.
 */
#define bolt_prefetch(...) \
	bolt_prefetch_new(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), \
					  BOLT__OPTIONS(bolt_prefetch_options, BOLT__REST_2(__VA_ARGS__)))
BOLT_API bolt_prefetch *bolt_prefetch_new(const char *lookup, bolt_queryset *queryset,
										  const bolt_prefetch_options *options);

/** Gives up a prefetch that no call has consumed. */
BOLT_API void bolt_prefetch_free(bolt_prefetch *prefetch);

/* ----------
 * What to read
 * ----------
 */

/** Only these columns; the primary key always. */
#define bolt_only(...) bolt_only_fields(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_only_fields(bolt_queryset *queryset, const char *const *fields, size_t count);

/** All but these columns. */
#define bolt_defer(...) bolt_defer_fields(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_defer_fields(bolt_queryset *queryset, const char *const *fields, size_t count);

/** Objects with just these members, paths and annotations among them; with nothing, all columns. Before bolt_annotate: groups by them. */
#define bolt_values(...) bolt_values_fields(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_values_fields(bolt_queryset *queryset, const char *const *fields, size_t count);

/** Arrays instead of objects. */
#define bolt_values_list(...) \
	bolt_values_list_fields(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_values_list_fields(bolt_queryset *queryset, const char *const *fields,
												size_t count);

/** values_list(field, flat=True): the bare values of one field. */
BOLT_API bolt_queryset *bolt_values_flat(bolt_queryset *queryset, const char *field);

/** The years, months, … there are: bolt_dates(articles, "created_at", "month"); "DESC" as a fourth argument turns them round. */
#define bolt_dates(...) bolt_dates_of(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_dates_of(bolt_queryset *queryset, const char *const *arguments, size_t count);

/** The same to the "hour", "minute" or "second". */
#define bolt_datetimes(...) \
	bolt_datetimes_of(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_datetimes_of(bolt_queryset *queryset, const char *const *arguments,
										  size_t count);

/* ----------
 * Combining
 * ----------
 */

/** The rows of all of the querysets, each once: bolt_union(first, second, third). */
#define bolt_union(...) \
	bolt_combine(BOLT__FIRST(__VA_ARGS__), BOLT_UNION, BOLT__CONDITIONS_AFTER(__VA_ARGS__))

/** union(…, all=True): those that are twice in them are twice in it. */
#define bolt_union_all(...) \
	bolt_combine(BOLT__FIRST(__VA_ARGS__), BOLT_UNION_ALL, BOLT__CONDITIONS_AFTER(__VA_ARGS__))

/** The rows that are in all of the querysets. */
#define bolt_intersection(...) \
	bolt_combine(BOLT__FIRST(__VA_ARGS__), BOLT_INTERSECTION, BOLT__CONDITIONS_AFTER(__VA_ARGS__))

/** The rows of the first queryset that are in none of the others. */
#define bolt_difference(...) \
	bolt_combine(BOLT__FIRST(__VA_ARGS__), BOLT_DIFFERENCE, BOLT__CONDITIONS_AFTER(__VA_ARGS__))

typedef enum bolt_combination
{
	BOLT_UNION,
	BOLT_UNION_ALL,
	BOLT_INTERSECTION,
	BOLT_DIFFERENCE
} bolt_combination;

/** What these four call; the other querysets are consumed. */
BOLT_API bolt_queryset *bolt_combine(bolt_queryset *queryset, bolt_combination how,
									 const bolt_argument *others, size_t count);

/* ----------
 * Locks
 * ----------
 */
typedef struct bolt_lock_options
{
	size_t size; /* set by bolt_select_for_update */
	bool nowait;
	bool skip_locked;
	bool no_key;
	bolt_list *of; /* BOLT_LIST("self", "author"); consumed */
} bolt_lock_options;

/**
 * In a transaction: what bolt_alist, bolt_aget, bolt_afirst, bolt_alast and bolt_aiterator read stays locked until its end.
 * bolt_select_for_update(accounts, .nowait = true).
 *
 * Outside of bolt_atomic the locks would end with the call, so that these fail with BOLT_TRANSACTION_MANAGEMENT_ERROR, as in Django. A queryset
 * with it that is part of another one (a prefetch, a subquery, a union) would lock nothing: BOLT_NOT_SUPPORTED_ERROR.
 */
#define bolt_select_for_update(...) \
	bolt_select_for_update_with(BOLT__FIRST(__VA_ARGS__), \
								BOLT__OPTIONS(bolt_lock_options, BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_queryset *bolt_select_for_update_with(bolt_queryset *queryset,
													const bolt_lock_options *options);

BOLT_END_DECLS

#endif /* BOLT_ORM_QUERYSET_H */
