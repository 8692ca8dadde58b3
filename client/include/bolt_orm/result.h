/*-------------------------------------------------------------------------
 *
 * result.h
 *	  What a future has brought: as JSON text (bolt_json, future.h), as a tree, as structs.
 *
 * Everything here is made when it is first asked for and belongs to the future.  Errors
 * are the caller's: where `error` is not NULL it is set to what is wrong, to be given back
 * with bolt_error_unref, else to NULL.
 *
 * Threads: that of the future's database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_RESULT_H
#define BOLT_ORM_RESULT_H

#include <jansson.h>

#include "error.h"
#include "schema.h"

BOLT_BEGIN_DECLS

/**
 * The future's JSON as a tree of jansson's, parsed once.
 *
 * Numbers are what jansson makes of them: a bigint a json_int_t, a numeric a double. An integer beyond 64 bits, of a numeric or in a
 * jsonb, is a double, and a number beyond a double a text. jansson reads no more than 2,048 arrays and objects in one another.
 *
 * @param error BOLT_DECODE_ERROR; that of the future, where it has failed.
 * @return owned by the future, json_incref keeps it longer; NULL with an error, and without one where there is no
 * JSON (bolt_afirst of nothing).
 */
BOLT_API json_t *bolt_tree(bolt_future *future, bolt_exception **error);

/**
 * A member of an object in the future's tree that is a relation: bolt_related(post, bolt_tree(post, NULL), "author", &error).
 *
 * @param object the tree itself, or an object in it.
 * @param relation the name of a relation, or of a prefetch's to_attr.
 * @param error BOLT_RELATED_NOT_FETCHED: the message names the method and the path to add to the queryset, and nothing
 * has been loaded; BOLT_TYPE_ERROR: `object` is no object.
 * @return an object, an array, or jansson's null; owned by the future; NULL with an error.
 */
BOLT_API json_t *bolt_related(bolt_future *future, json_t *object, const char *relation,
							  bolt_exception **error);

/**
 * The future's JSON as structs, decoded once a schema: struct article *article = bolt_as(post, &article_schema, NULL, &error).
 *
 * @param count where not NULL, set to how many there are; 1 where the JSON is an object.
 * @param error as of bolt_decode; that of the future, where it has failed.
 * @return the first one, owned by the future; NULL with an error, and without one where there is none.
 */
BOLT_API void *bolt_as(bolt_future *future, const bolt_schema *schema, size_t *count, bolt_exception **error);

BOLT_END_DECLS

#endif /* BOLT_ORM_RESULT_H */
