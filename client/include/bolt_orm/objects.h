/*-------------------------------------------------------------------------
 *
 * objects.h
 *	  The a-methods: what asks the database.
 *
 * Each consumes the queryset that it is given, its first argument, with all other
 * arguments, and returns a future (future.h), never NULL: what is wrong with an argument fails the
 * future. Each is one statement, one round trip and one snapshot. Options are members of a struct and may be left
 * out: bolt_apage(articles, .page = 2).
 *
 * What the future holds is said with each method: bolt_json (an object, an array), bolt_integer,
 * bolt_boolean. Errors that any of them may have: those of the database (BOLT_OPERATIONAL_ERROR,
 * BOLT_POOL_…, BOLT_TIMEOUT, BOLT_CANCELLED), of names (BOLT_FIELD_ERROR, BOLT_MODEL_ERROR), of values (BOLT_VALUE_ERROR,
 * BOLT_TYPE_ERROR), of privileges (BOLT_PERMISSION_DENIED); further ones are said with the method.
 *
 * Threads: that of the queryset's database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_OBJECTS_H
#define BOLT_ORM_OBJECTS_H

#include "iterator.h"
#include "queryset.h"

BOLT_BEGIN_DECLS

/* ----------
 * Objects
 * ----------
 */

/**
 * The one object of the queryset that meets all of the conditions: bolt_aget(articles, BOLT_KW("id", 7)).
 *
 * @return bolt_json: the object. BOLT_DOES_NOT_EXIST, BOLT_MULTIPLE_OBJECTS_RETURNED.
 */
#define bolt_aget(...) BOLT__MADE(bolt_aget_by(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_AFTER(__VA_ARGS__)))
BOLT_API bolt_future *bolt_aget_by(bolt_queryset *queryset, const bolt_argument *conditions, size_t count);

/**
 * All objects of the queryset; locked ones where it has bolt_select_for_update.
 *
 * @return bolt_json: an array.
 */
BOLT_API bolt_future *bolt_alist(bolt_queryset *queryset);

/**
 * The objects of the queryset one by one, in memory that does not grow with their number; see iterator.h.
 *
 * @return to be closed with bolt_aclose; never NULL.
 */
BOLT_API bolt_iterator *bolt_aiterator(bolt_queryset *queryset);

/** @return bolt_json: the first object, by the primary key where the queryset has no order; NULL where there is none. */
BOLT_API bolt_future *bolt_afirst(bolt_queryset *queryset);

/** @return bolt_json: the last object; NULL where there is none. */
BOLT_API bolt_future *bolt_alast(bolt_queryset *queryset);

/** @return bolt_json: the first object by these fields: bolt_aearliest(articles, "created_at"). BOLT_DOES_NOT_EXIST. */
#define bolt_aearliest(...) \
	BOLT__MADE(bolt_aearliest_by(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__))))
BOLT_API bolt_future *bolt_aearliest_by(bolt_queryset *queryset, const char *const *fields, size_t count);

/** @return bolt_json: the last object by these fields. BOLT_DOES_NOT_EXIST. */
#define bolt_alatest(...) \
	BOLT__MADE(bolt_alatest_by(BOLT__FIRST(__VA_ARGS__), BOLT__TEXTS(BOLT__REST_1(__VA_ARGS__))))
BOLT_API bolt_future *bolt_alatest_by(bolt_queryset *queryset, const char *const *fields, size_t count);

typedef struct bolt_in_bulk_options
{
	size_t size;			/* set by bolt_ain_bulk */
	bolt_list *ids;			/* of these keys; without it all objects */
	const char *field_name; /* a unique field; the primary key without it */
} bolt_in_bulk_options;

/** bolt_ain_bulk(tags, .ids = BOLT_LIST(1, 2)). @return bolt_json: an object of objects by their keys. */
#define bolt_ain_bulk(...) \
	BOLT__MADE(bolt_ain_bulk_with(BOLT__FIRST(__VA_ARGS__), \
								  BOLT__OPTIONS(bolt_in_bulk_options, BOLT__REST_1(__VA_ARGS__))))
BOLT_API bolt_future *bolt_ain_bulk_with(bolt_queryset *queryset, const bolt_in_bulk_options *options);

typedef struct bolt_page_options
{
	size_t size;		 /* set by bolt_apage */
	long long page;		 /* from 1; the first without it */
	long long page_size; /* 20 without it */
	const char *total;	 /* "exact" (without it), "estimated", "none" */
} bolt_page_options;

/** @return bolt_json: {"items": […], "total": n, "page": p, "pages": n, "page_size": s, "has_next": b, "has_previous": b}. */
#define bolt_apage(...) \
	BOLT__MADE(bolt_apage_with(BOLT__FIRST(__VA_ARGS__), \
							   BOLT__OPTIONS(bolt_page_options, BOLT__REST_1(__VA_ARGS__))))
BOLT_API bolt_future *bolt_apage_with(bolt_queryset *queryset, const bolt_page_options *options);

typedef struct bolt_cursor_page_options
{
	size_t size;		 /* set by bolt_acursor_page */
	long long page_size; /* 20 without it */
	const char *after;	 /* the cursor "next" of the page before */
	const char *before;	 /* the cursor "previous" of the page behind */
} bolt_cursor_page_options;

/** Keyset pagination. @return bolt_json: {"items": […], "next": cursor or null, "previous": cursor or null}. */
#define bolt_acursor_page(...) \
	BOLT__MADE(bolt_acursor_page_with(BOLT__FIRST(__VA_ARGS__), \
									  BOLT__OPTIONS(bolt_cursor_page_options, BOLT__REST_1(__VA_ARGS__))))
BOLT_API bolt_future *bolt_acursor_page_with(bolt_queryset *queryset,
											 const bolt_cursor_page_options *options);

/**
 * An object read anew: the one with this primary key, as the queryset has it.
 *
 * @param pk of one column a value, of several a BOLT_LIST.
 * @return bolt_json: the object. BOLT_DOES_NOT_EXIST.
 */
#define bolt_arefresh_from_db(queryset, pk) BOLT__MADE(bolt_arefresh_from_db_of(queryset, BOLT_ARGUMENT(pk)))
BOLT_API bolt_future *bolt_arefresh_from_db_of(bolt_queryset *queryset, bolt_argument pk);

/* ----------
 * Facts
 * ----------
 */

/** @return bolt_integer: how many objects. */
BOLT_API bolt_future *bolt_acount(bolt_queryset *queryset);

/** @return bolt_boolean: whether there is an object. */
BOLT_API bolt_future *bolt_aexists(bolt_queryset *queryset);

/** @return bolt_boolean: whether the object with this primary key is in the queryset. */
#define bolt_acontains(queryset, pk) BOLT__MADE(bolt_acontains_pk(queryset, BOLT_ARGUMENT(pk)))
BOLT_API bolt_future *bolt_acontains_pk(bolt_queryset *queryset, bolt_argument pk);

/** bolt_aaggregate(articles, BOLT_KW("n", bolt_count("*"))). @return bolt_json: {"n": 5}. */
BOLT_API bolt_future *bolt_aaggregate(bolt_queryset *queryset, bolt_kw *aggregates);

typedef struct bolt_explain_options
{
	size_t size;  /* set by bolt_aexplain */
	bool analyze; /* run it, and say how long it took */
} bolt_explain_options;

/** @return bolt_json: a tree; for each node its path, model, SQL, plan and, analyzed, rows and milliseconds. */
#define bolt_aexplain(...) \
	BOLT__MADE(bolt_aexplain_with(BOLT__FIRST(__VA_ARGS__), \
								  BOLT__OPTIONS(bolt_explain_options, BOLT__REST_1(__VA_ARGS__))))
BOLT_API bolt_future *bolt_aexplain_with(bolt_queryset *queryset, const bolt_explain_options *options);

/** What will make the queryset slow. @return bolt_json: an array of {"level", "code", "message", "hint"}. */
BOLT_API bolt_future *bolt_acheck(bolt_queryset *queryset);

/** @return bolt_json: an array of the statements that reading the queryset runs. */
BOLT_API bolt_future *bolt_asql(bolt_queryset *queryset);

/**
 * What models and relations there are.
 *
 * @return bolt_json: {"models": [{"name", "relation", "kind", "primary_key", "fields"}, …], "relations": [{"model", "name", "kind", "target",
 * "columns", …}, …]}.
 */
BOLT_API bolt_future *bolt_acatalog(bolt_database *database);

/* ----------
 * Writing. Values, and rows of them, are BOLT_KW, or json_t objects, which are
 * borrowed; many of them a BOLT_LIST of BOLT_KW, or a json_t array. Any of them may
 * have BOLT_INTEGRITY_ERROR, with the constraint's name.
 * ----------
 */

/** bolt_acreate(tags, BOLT_KW("name", "c")). @return bolt_json: the object. */
#define bolt_acreate(queryset, values) BOLT__MADE(bolt_acreate_of(queryset, BOLT_ARGUMENT(values)))
BOLT_API bolt_future *bolt_acreate_of(bolt_queryset *queryset, bolt_argument values);

/** Updates by the primary key among the values, or else creates. @return bolt_json: the object. */
#define bolt_asave(queryset, values) BOLT__MADE(bolt_asave_of(queryset, BOLT_ARGUMENT(values)))
BOLT_API bolt_future *bolt_asave_of(bolt_queryset *queryset, bolt_argument values);

typedef struct bolt_or_create_options
{
	size_t size;			  /* set by the macros */
	bolt_kw *defaults;		  /* further values of a new object, or of one that is updated */
	bolt_kw *create_defaults; /* of aupdate_or_create: those of a new object instead */
} bolt_or_create_options;

/**
 * bolt_aget_or_create(tags, BOLT_KW("name", "c"), .defaults = BOLT_KW("colour", "red")).
 *
 * @return bolt_json: the object; bolt_boolean: whether it was created. BOLT_MULTIPLE_OBJECTS_RETURNED.
 */
#define bolt_aget_or_create(...) \
	BOLT__MADE(bolt_aget_or_create_with(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), \
										BOLT__OPTIONS(bolt_or_create_options, BOLT__REST_2(__VA_ARGS__))))
BOLT_API bolt_future *bolt_aget_or_create_with(bolt_queryset *queryset, bolt_kw *lookup,
											   const bolt_or_create_options *options);

/** As bolt_aget_or_create, but that an object which is there is updated with the defaults. */
#define bolt_aupdate_or_create(...) \
	BOLT__MADE( \
		bolt_aupdate_or_create_with(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), \
									BOLT__OPTIONS(bolt_or_create_options, BOLT__REST_2(__VA_ARGS__))))
BOLT_API bolt_future *bolt_aupdate_or_create_with(bolt_queryset *queryset, bolt_kw *lookup,
												  const bolt_or_create_options *options);

typedef struct bolt_bulk_create_options
{
	size_t size; /* set by bolt_abulk_create */
	bool ignore_conflicts;
	bool update_conflicts;
	bolt_list *update_fields; /* BOLT_LIST("name") */
	bolt_list *unique_fields;
} bolt_bulk_create_options;

/** bolt_abulk_create(tags, BOLT_LIST(BOLT_KW("name", "a"), BOLT_KW("name", "b"))). @return bolt_json: an array of the objects; bolt_integer: how many. */
#define bolt_abulk_create(...) \
	BOLT__MADE(bolt_abulk_create_with(BOLT__FIRST(__VA_ARGS__), BOLT_ARGUMENT(BOLT__SECOND(__VA_ARGS__)), \
									  BOLT__OPTIONS(bolt_bulk_create_options, BOLT__REST_2(__VA_ARGS__))))
BOLT_API bolt_future *bolt_abulk_create_with(bolt_queryset *queryset, bolt_argument rows,
											 const bolt_bulk_create_options *options);

/** bolt_abulk_update(tags, rows, BOLT_LIST("name")): rows with their primary keys. @return bolt_integer: how many rows were updated. */
#define bolt_abulk_update(queryset, rows, fields) \
	BOLT__MADE(bolt_abulk_update_of(queryset, BOLT_ARGUMENT(rows), fields))
BOLT_API bolt_future *bolt_abulk_update_of(bolt_queryset *queryset, bolt_argument rows, bolt_list *fields);

/** bolt_aupdate(articles, BOLT_KW("draft", true, "comment_count", bolt_add("comment_count", 1))). @return bolt_integer: how many rows. */
#define bolt_aupdate(queryset, values) BOLT__MADE(bolt_aupdate_of(queryset, BOLT_ARGUMENT(values)))
BOLT_API bolt_future *bolt_aupdate_of(bolt_queryset *queryset, bolt_argument values);

/** As bolt_aupdate. @return bolt_json: an array of the objects; bolt_integer: how many. */
#define bolt_aupdate_returning(queryset, values) \
	BOLT__MADE(bolt_aupdate_returning_of(queryset, BOLT_ARGUMENT(values)))
BOLT_API bolt_future *bolt_aupdate_returning_of(bolt_queryset *queryset, bolt_argument values);

/** @return bolt_integer: how many objects were deleted; bolt_json: {"blog_article": 3, …}. BOLT_PROTECTED_ERROR, BOLT_RESTRICTED_ERROR. */
BOLT_API bolt_future *bolt_adelete(bolt_queryset *queryset);

/* ----------
 * Related objects of the object with a primary key: its relation's name, and
 * targets, a BOLT_LIST of primary keys. (New objects are created first: with bolt_acreate, or nested in it.)
 * ----------
 */
typedef struct bolt_add_options
{
	size_t size;			   /* set by bolt_aadd and bolt_aset */
	bolt_kw *through_defaults; /* values of the rows between */
} bolt_add_options;

/** bolt_aadd(articles, 7, "tags", BOLT_LIST(1, 2)). @return bolt_integer: how many were added. */
#define bolt_aadd(...) \
	BOLT__MADE(bolt_aadd_with(BOLT__FIRST(__VA_ARGS__), BOLT_ARGUMENT(BOLT__SECOND(__VA_ARGS__)), \
							  BOLT__THIRD(__VA_ARGS__), BOLT__FOURTH(__VA_ARGS__), \
							  BOLT__OPTIONS(bolt_add_options, BOLT__REST_4(__VA_ARGS__))))
BOLT_API bolt_future *bolt_aadd_with(bolt_queryset *queryset, bolt_argument pk, const char *relation,
									 bolt_list *targets, const bolt_add_options *options);

/** @return bolt_integer: how many were removed. */
#define bolt_aremove(queryset, pk, relation, targets) \
	BOLT__MADE(bolt_aremove_of(queryset, BOLT_ARGUMENT(pk), relation, targets))
BOLT_API bolt_future *bolt_aremove_of(bolt_queryset *queryset, bolt_argument pk, const char *relation,
									  bolt_list *targets);

/** Adds and removes so that it is these. @return bolt_integer: how many were added or removed. */
#define bolt_aset(...) \
	BOLT__MADE(bolt_aset_with(BOLT__FIRST(__VA_ARGS__), BOLT_ARGUMENT(BOLT__SECOND(__VA_ARGS__)), \
							  BOLT__THIRD(__VA_ARGS__), BOLT__FOURTH(__VA_ARGS__), \
							  BOLT__OPTIONS(bolt_add_options, BOLT__REST_4(__VA_ARGS__))))
BOLT_API bolt_future *bolt_aset_with(bolt_queryset *queryset, bolt_argument pk, const char *relation,
									 bolt_list *targets, const bolt_add_options *options);

/** @return bolt_integer: how many were removed. */
#define bolt_aclear(queryset, pk, relation) BOLT__MADE(bolt_aclear_of(queryset, BOLT_ARGUMENT(pk), relation))
BOLT_API bolt_future *bolt_aclear_of(bolt_queryset *queryset, bolt_argument pk, const char *relation);

/* ----------
 * Many at once
 * ----------
 */

/**
 * Operations in one round trip, all or nothing; each sees what those before it have done:
 *
 *	   bolt_arun(db, BOLT_LIST(bolt_op("create", tags, BOLT_KW("values", BOLT_KW("name", "new"))),
 *							   bolt_op("add", articles, BOLT_KW("pk", 7, "relation", "tags",
 *														 "targets", BOLT_LIST(bolt_result(0, "id"))))));
 *
 * @param operations consumed; members by bolt_op.
 * @return bolt_json: an array of their results. bolt_error_context says which operation an error is of.
 */
BOLT_API bolt_future *bolt_arun(bolt_database *database, bolt_list *operations);

/** The same; @return bolt_json: the result of the last operation only. */
BOLT_API bolt_future *bolt_arun_last(bolt_database *database, bolt_list *operations);

/**
 * An operation of bolt_arun: the name of a function that reads or writes, the queryset that it is
 * about, and its other arguments by their names (docs/writing.md); NULL where there are none.
 *
 * @param queryset consumed; its database does not matter and may be NULL.
 * @param arguments consumed.
 * @return bolt_kw *, a member of the list for bolt_arun; never NULL.
 * @threads any.
 */
BOLT_API bolt_kw *bolt_op(const char *name, bolt_queryset *queryset, bolt_kw *arguments);

/**
 * In an operation, a value from the result of an earlier one, by its number from 0, then names of members and
 * numbers of elements: bolt_result(0, "id"), bolt_result(1, 0, "author_id").
 *
 * @return bolt_expr *, consumed by the call that it is given to; never NULL.
 * @threads any.
 */
#define bolt_result(...) bolt_result_at(BOLT__CONDITIONS(__VA_ARGS__))
BOLT_API bolt_expr *bolt_result_at(const bolt_argument *path, size_t count);

BOLT_END_DECLS

#endif /* BOLT_ORM_OBJECTS_H */
