/*-------------------------------------------------------------------------
 *
 * validation.h
 *	  JSON that came from outside, held against a schema, as values to be written.
 *
 * What is allowed is what the schema names, and nothing else:
 *
 * - a member that the schema does not name is a fault; so is one that is given twice;
 * - a member that is neither .optional nor .read_only has to be there, unless the call is for a partial update;
 * - .read_only members and .annotation ones are accepted and left out, as Django REST framework does, so that a client may send back
 *   what it was given;
 * - integers have to fit their C type, texts to be UTF-8 without NUL;
 * - null is allowed where .optional is set and the struct could say it: in pointers, and with BOLT_PRESENT.
 *
 * A body that is wrong is a BOLT_VALIDATION_ERROR which has all of its faults (at most 100), not the first one: its detail is the JSON array
 * [{"path": "comments[3].text", "message": "This field is required."}, …].
 *
 * Nothing in a body can become an expression: an object in a BOLT_JSON_TEXT member is that object, even if it says {"F": "password"}.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_VALIDATION_H
#define BOLT_ORM_VALIDATION_H

#include "error.h"
#include "schema.h"

BOLT_BEGIN_DECLS

/**
 * A body that is an object, as values for bolt_acreate, bolt_asave and their like.
 *
 * @param body so many bytes; need not be terminated; may be gone afterwards.
 * @param partial whether members may be missing: PATCH. Those of nested objects may not.
 * @param error where not NULL, set to what is wrong, to be given back with bolt_error_unref, else to NULL.
 * @return bolt_kw *, consumed by the call that it is given to; NULL with an error.
 * @threads any.
 */
BOLT_API bolt_kw *bolt_validate(const bolt_schema *schema, const char *body, size_t length, bool partial,
								bolt_exception **error);

/**
 * A body that is an array of objects, as rows for bolt_abulk_create.
 *
 * @param most at most so many objects.
 * @return bolt_list *, consumed by the call that it is given to; NULL with an error.
 * @threads any.
 */
BOLT_API bolt_list *bolt_validate_rows(const bolt_schema *schema, const char *body, size_t length,
									   size_t most, bolt_exception **error);

BOLT_END_DECLS

#endif /* BOLT_ORM_VALIDATION_H */
