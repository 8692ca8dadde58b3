/*-------------------------------------------------------------------------
 *
 * viewset.h
 *	  View sets: Django REST framework's ModelViewSet, with futures.
 *
 *	   static const char *const filters[] = {"published", "author_id", "title__icontains", NULL};
 *
 *	   articles = bolt_viewset_new(bolt_order_by(bolt_objects(db, "blog_article"), "-created_at"),
 *								   .schema = &article_schema, .list_schema = &article_summary_schema,
 *								   .write_schema = &article_input_schema, .filters = filters);
 *
 * A view set has a class-level queryset, which each request forks, a schema to read with and one to write with. Its actions
 * take what a request said and return a future; response.h says what status and body that is. There is no HTTP
 * library in here: adapters/bolt_evhttp.h routes libevent's evhttp to view sets.
 *
 * Each action is one statement, one round trip and, but for the writing ones, one snapshot. Lists always have an end: there is no
 * view set without pagination.
 *
 * | action         |                    | answers                                                            |
 * | -------------- | ------------------ | ------------------------------------------------------------------ |
 * | list           | GET /articles      | 200, a page                                                        |
 * | create         | POST /articles     | 201, the object as `schema` has it                                 |
 * | retrieve       | GET /articles/7    | 200, the object; 404                                               |
 * | update         | PUT /articles/7    | 200, the object; 404; every required member has to be there        |
 * | partial_update | PATCH /articles/7  | 200, the object; 404; what is missing stays                        |
 * | destroy        | DELETE /articles/7 | 204; 404; 409 where something protects it                          |
 *
 * All of them: 400 with each fault of body and parameters, 405, 413, 415; see response.h for the rest.
 *
 * Threads: those of the queryset's database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_VIEWSET_H
#define BOLT_ORM_VIEWSET_H

#include "future.h"
#include "objects.h"
#include "queryset.h"
#include "response.h"
#include "schema.h"
#include "validation.h"

BOLT_BEGIN_DECLS

typedef struct bolt_viewset bolt_viewset;

/** How lists are divided. */
typedef enum bolt_pagination
{
	/** ?page=2&page_size=50: {"items", "total", "page", "pages", "page_size", "has_next", "has_previous"} */
	BOLT_PAGE_NUMBER,
	/** ?limit=50&offset=100: {"items", "total", "limit", "offset"} */
	BOLT_LIMIT_OFFSET,
	/** ?after=…&page_size=50: {"items", "next", "previous"}; costs the same however far in, and misses and repeats nothing */
	BOLT_CURSOR
} bolt_pagination;

/** What a lookup in a path looks like, as Django's path converters; what does not is 404 without asking the database. */
typedef enum bolt_lookup
{
	BOLT_LOOKUP_INTEGER,
	BOLT_LOOKUP_TEXT, /**< any text: slugs, UUIDs */
} bolt_lookup;

/** The actions, to be ORed. */
enum bolt_action
{
	BOLT_LIST_ACTION = 1,
	BOLT_CREATE_ACTION = 2,
	BOLT_RETRIEVE_ACTION = 4,
	BOLT_UPDATE_ACTION = 8,
	BOLT_PARTIAL_UPDATE_ACTION = 16,
	BOLT_DESTROY_ACTION = 32,
	BOLT_READ_ACTIONS = BOLT_LIST_ACTION | BOLT_RETRIEVE_ACTION,
	BOLT_ALL_ACTIONS = 63
};

/** What is left out has its default. Schemas, texts and arrays are kept, not copied: constants of the program. */
typedef struct bolt_viewset_options
{
	size_t size; /**< set by bolt_viewset_new */

	const bolt_schema *schema;		 /**< of answers; without it objects are as the queryset has them */
	const bolt_schema *list_schema;	 /**< of the objects of a list; default: `schema` */
	const bolt_schema *write_schema; /**< of bodies; without it nothing can be written but by destroy */

	unsigned actions;		  /**< default: BOLT_ALL_ACTIONS with a write_schema, else BOLT_READ_ACTIONS */
	const char *pk;			  /**< the primary key's column; default "id" */
	const char *lookup_field; /**< what the lookup in a path is compared with; default "pk" */
	bolt_lookup lookup;

	bolt_pagination pagination;
	int page_size;	   /**< without ?page_size=; default 20 */
	int max_page_size; /**< larger ones are cut to it; default 100 */
	const char *total; /**< of BOLT_PAGE_NUMBER: "exact" (default), "estimated", "none" */

	/** Lookups that a list can be filtered by (?title__icontains=x; __in takes a,b,c), ended by NULL; others are ignored. */
	const char *const *filters;
	/** Fields that a list can be ordered by (?ordering=-created_at,id), ended by NULL. */
	const char *const *orderings;

	int max_rows;	 /**< objects in a body of bolt_viewset_bulk_create; default 1000 */
	size_t max_body; /**< bytes in a body; default 1 MB; beyond: 413 */
	int timeout;	 /**< milliseconds for an action, then 504; default: the database's own */
} bolt_viewset_options;

/**
 * A view set.
 *
 * @param queryset consumed.
 * @return to be freed with bolt_viewset_free; NULL without memory, or without a queryset.
 */
#define bolt_viewset_new(...) \
	bolt_viewset_new_with(BOLT__FIRST(__VA_ARGS__), \
						  BOLT__OPTIONS(bolt_viewset_options, BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_viewset *bolt_viewset_new_with(bolt_queryset *queryset, const bolt_viewset_options *options);

/** Frees it; actions under way go on. NULL does nothing. */
BOLT_API void bolt_viewset_free(bolt_viewset *viewset);

/** A fork of the class-level queryset, the caller's: what get_queryset goes on from. */
BOLT_API bolt_queryset *bolt_viewset_queryset(const bolt_viewset *viewset);

/* ----------
 * Requests
 * ----------
 */

/** A member of a query string, decoded; a text without a value is "". */
typedef struct bolt_parameter
{
	const char *name;
	const char *value;
} bolt_parameter;

/** What an action needs of a request; lent for the call. */
typedef struct bolt_request
{
	size_t size; /**< sizeof(bolt_request) */
	const bolt_parameter *parameters;
	size_t parameter_count;
	const char
		*content_type; /**< of the body; NULL where the client did not say: then it is taken for JSON */
	const char *body;  /**< not terminated */
	size_t body_length;
} bolt_request;

/** The value of a parameter, the first of that name; NULL where there is none. */
BOLT_API const char *bolt_parameter_value(const bolt_request *request, const char *name);

/**
 * Reads a parameter, or part of a path, that has to be an integer.
 *
 * @param text NULL, an empty text and anything that is no decimal integer of 64 bits are refused.
 * @return whether it is one.
 * @threads any.
 */
BOLT_API bool bolt_parse_integer(const char *text, long long *value);

/**
 * What is wrong with a body before it is looked at.
 *
 * @return BOLT_HTTP_ERROR for 415 (its type is not JSON) and 413 (it is larger than `max_body`), the caller's; or NULL.
 */
BOLT_API bolt_exception *bolt_request_refusal(const bolt_request *request, size_t max_body);

/**
 * The body as a struct, held against a schema (validation.h): for handlers of their own.
 *
 * @return as bolt_decode, to be freed with bolt_decoded_free; NULL with an error: BOLT_VALIDATION_ERROR, or BOLT_HTTP_ERROR for 413 and 415.
 */
BOLT_API bolt_decoded *bolt_request_decode(const bolt_request *request, const bolt_schema *schema,
										   bolt_exception **error);

/* ----------
 * Actions: each returns a future, the caller's; never NULL. `lookup` is the object's, from the path.
 * ----------
 */

/** GET of the list. @return 200, a page. */
BOLT_API bolt_future *bolt_viewset_list(bolt_viewset *viewset, const bolt_request *request);

/** The list of another queryset: bolt_filter(bolt_viewset_queryset(articles), BOLT_KW("author_id", author)). @param queryset consumed. */
BOLT_API bolt_future *bolt_viewset_list_of(bolt_viewset *viewset, bolt_queryset *queryset,
										   const bolt_request *request);

/** POST. @return 201, the object. */
BOLT_API bolt_future *bolt_viewset_create(bolt_viewset *viewset, const bolt_request *request);

/** POST of an array of objects. @return 201, {"created": n, "ids": […]}: all of them or none. */
BOLT_API bolt_future *bolt_viewset_bulk_create(bolt_viewset *viewset, const bolt_request *request);

/** GET of one object. @return 200, the object. */
BOLT_API bolt_future *bolt_viewset_retrieve(bolt_viewset *viewset, const char *lookup,
											const bolt_request *request);

/** PUT. @return 200, the object as it is then. */
BOLT_API bolt_future *bolt_viewset_update(bolt_viewset *viewset, const char *lookup,
										  const bolt_request *request);

/** PATCH: what the body does not name stays. @return 200, the object as it is then. */
BOLT_API bolt_future *bolt_viewset_partial_update(bolt_viewset *viewset, const char *lookup,
												  const bolt_request *request);

/** DELETE. @return 204, no JSON. */
BOLT_API bolt_future *bolt_viewset_destroy(bolt_viewset *viewset, const char *lookup,
										   const bolt_request *request);

/**
 * The action that a method means.
 *
 * @param method "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"; others, and those whose action the view set has not, are 405.
 * @param lookup NULL: the list's.
 */
BOLT_API bolt_future *bolt_viewset_call(bolt_viewset *viewset, const char *method, const char *lookup,
										const bolt_request *request);

/**
 * The methods that bolt_viewset_call takes, for the header Allow: "GET, HEAD, POST".
 *
 * @param detail of one object, or of the list.
 * @return `to`.
 */
BOLT_API const char *bolt_viewset_allow(const bolt_viewset *viewset, bool detail, char to[64]);

BOLT_END_DECLS

#endif /* BOLT_ORM_VIEWSET_H */
