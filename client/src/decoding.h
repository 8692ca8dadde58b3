/*-------------------------------------------------------------------------
 *
 * decoding.h
 *	  JSON text into structs: what its parts share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_DECODING_H
#define BOLT_SRC_DECODING_H

#include "arena.h"
#include "bolt_orm/schema.h"
#include "error.h"
#include "json_reader.h"

/* Where in the value we are; from the inside out. */
typedef struct bolt__place
{
	const struct bolt__place *around;
	const bolt_member *member; /* NULL: an element */
	size_t index;
} bolt__place;

typedef struct bolt__decoding
{
	bolt__reader reader;
	bolt__arena *arena;
	bolt_exception *error;
	bool body; /* a request's, which says nothing of what is read only */
} bolt__decoding;

/* A member's name in JSON. */
static inline const char *
bolt__member_name(const bolt_member *member)
{
	return member->json ? member->json : member->name;
}

/* What is wrong at a place, for the caller to return: false.  What the reader found; anything else; another kind of value. */
extern bool bolt__decode_fail_syntax(bolt__decoding *decoding, const bolt__place *place);
extern bool bolt__decode_fail(bolt__decoding *decoding, const bolt__place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
extern bool bolt__decode_fail_kind(bolt__decoding *decoding, const bolt__place *place, const char *expected);
extern bool bolt__decode_fail_memory(bolt__decoding *decoding);

/* A member that is not there, of an object at a place. */
extern bool bolt__decode_fail_missing(bolt__decoding *decoding, const bolt_member *member,
									  const bolt__place *around);

/* As bolt_decode, of a request's body. */
extern bolt_decoded *bolt__decode_body(const bolt_schema *schema, const char *json, size_t length,
									   bolt_exception **error);

/* A value of a kind and size, to where it belongs. */
extern bool bolt__decode_scalar(bolt__decoding *decoding, bolt_member_kind kind, size_t size, char *to,
								const bolt__place *place);

#endif /* BOLT_SRC_DECODING_H */
