/*-------------------------------------------------------------------------
 *
 * schema.h
 *	  Schemas: which members of an object go into which members of a struct.
 *
 *	   struct author { int64_t id; const char *username; };
 *	   struct comment { int64_t id; const char *text; struct author *author; };
 *	   struct article { int64_t id; const char *title; struct comment *comments; size_t ncomments; };
 *
 *	   BOLT_SCHEMA(author_schema, struct author, BOLT_FIELD(struct author, id), BOLT_FIELD(struct author, username));
 *	   BOLT_SCHEMA(comment_schema, struct comment, BOLT_FIELD(struct comment, id), BOLT_FIELD(struct comment, text),
 *				   BOLT_NESTED(struct comment, author, &author_schema, .optional = true));
 *	   BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id), BOLT_FIELD(struct article, title),
 *				   BOLT_ARRAY(struct article, comments, ncomments, &comment_schema));
 *
 * A schema reads (bolt_decode, bolt_as), derives the queryset that fetches just what it
 * reads (bolt_with_schema), and writes (bolt_values_of, bolt_rows_of).
 *
 * Behind the arguments of a member there may be flags, as above:
 *
 *	   .optional = true			 null or missing: a pointer is NULL then, a number 0
 *	   BOLT_PRESENT(type, has)	 the same, and the bool member says whether it was there
 *	   .json = "name"			 the name in JSON, where it is not that of the struct's member
 *	   .lookup = "comments"		 of a relation that is fetched under another name (to_attr)
 *	   .annotation = true		 no column: bolt_with_schema leaves it to bolt_annotate
 *	   .read_only = true		 not written unless it is asked for by name
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_SCHEMA_H
#define BOLT_ORM_SCHEMA_H

#include "error.h"
#include "queryset.h"

BOLT_BEGIN_DECLS

typedef enum bolt_member_kind
{
	BOLT_MEMBER_BOOL,
	BOLT_MEMBER_SIGNED,
	BOLT_MEMBER_UNSIGNED,
	BOLT_MEMBER_FLOAT,
	BOLT_MEMBER_STRING,
	BOLT_MEMBER_JSON_TEXT,
	BOLT_MEMBER_NESTED,
	BOLT_MEMBER_ARRAY,	/* of nested objects */
	BOLT_MEMBER_SCALARS /* an array of one of the others */
} bolt_member_kind;

typedef struct bolt_schema bolt_schema;

/* A member of a schema; made by the macros below only. */
typedef struct bolt_member
{
	const char *name;
	bolt_member_kind kind;
	bolt_member_kind element; /* of BOLT_MEMBER_SCALARS */
	size_t offset;
	size_t size;		 /* of the value, or of an element */
	size_t count_offset; /* of arrays */
	const bolt_schema *schema;

	/* the flags */
	bool optional;
	size_t present; /* the offset of a bool, plus 1 */
	const char *json;
	const char *lookup;
	bool annotation;
	bool read_only;
} bolt_member;

struct bolt_schema
{
	const char *name;
	size_t size; /* of the struct */
	const bolt_member *members;
	size_t count;
};

#define BOLT__OF(type, member) (((type *) 0)->member)

/** Defines a schema for a struct, with its members; at file scope. A schema may be nested in itself. */
#ifndef __cplusplus /* cplusplus.h has its own ones */
#define BOLT_SCHEMA(schema_name, type, ...) \
	static const bolt_schema schema_name; \
	static const bolt_member schema_name##_members[] = {__VA_ARGS__}; \
	static const bolt_schema schema_name = {#schema_name, sizeof(type), schema_name##_members, \
											sizeof(schema_name##_members) / sizeof(bolt_member)}

/* What a value of this type is read as. */
#define BOLT__KIND(x) \
	__extension__ _Generic((x), \
		_Bool: BOLT_MEMBER_BOOL, \
		signed char: BOLT_MEMBER_SIGNED, \
		short: BOLT_MEMBER_SIGNED, \
		int: BOLT_MEMBER_SIGNED, \
		long: BOLT_MEMBER_SIGNED, \
		long long: BOLT_MEMBER_SIGNED, \
		unsigned char: BOLT_MEMBER_UNSIGNED, \
		unsigned short: BOLT_MEMBER_UNSIGNED, \
		unsigned int: BOLT_MEMBER_UNSIGNED, \
		unsigned long: BOLT_MEMBER_UNSIGNED, \
		unsigned long long: BOLT_MEMBER_UNSIGNED, \
		float: BOLT_MEMBER_FLOAT, \
		double: BOLT_MEMBER_FLOAT, \
		char *: BOLT_MEMBER_STRING, \
		const char *: BOLT_MEMBER_STRING)

/* Its offset, if it is a size_t. */
#define BOLT__COUNT_OFFSET(type, member) \
	(offsetof(type, member) + \
	 0 * \
		 sizeof(char[__extension__ _Generic(BOLT__OF(type, member), size_t : 1, default \
											: -1)]))
#endif

/** A column: an integer of any width (what does not fit is an error), a floating point number, a bool, a text. */
#define BOLT_FIELD(...) \
	BOLT__FIELD(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), BOLT__REST_2(__VA_ARGS__))
#define BOLT__FIELD(type, field, ...) BOLT__FIELD_(type, field, __VA_ARGS__)
#define BOLT__FIELD_(type, field, ...) \
	{ \
		.name = #field, .kind = BOLT__KIND(BOLT__OF(type, field)), .offset = offsetof(type, field), \
		.size = sizeof(BOLT__OF(type, field)), __VA_ARGS__ \
	}

/** A column of any type as its JSON text, in a const char *: jsonb, or a numeric with all its digits. */
#define BOLT_JSON_TEXT(...) \
	BOLT__JSON_TEXT(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), BOLT__REST_2(__VA_ARGS__))
#define BOLT__JSON_TEXT(type, field, ...) BOLT__JSON_TEXT_(type, field, __VA_ARGS__)
#define BOLT__JSON_TEXT_(type, field, ...) \
	{ \
		.name = #field, .kind = BOLT_MEMBER_JSON_TEXT, .offset = offsetof(type, field), \
		.size = sizeof(BOLT__OF(type, field)), __VA_ARGS__ \
	}

/** A to-one relation: a pointer to a struct. */
#define BOLT_NESTED(...) \
	BOLT__NESTED(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), BOLT__THIRD(__VA_ARGS__), \
				 BOLT__REST_3(__VA_ARGS__))
#define BOLT__NESTED(type, field, nested_schema, ...) BOLT__NESTED_(type, field, nested_schema, __VA_ARGS__)
#define BOLT__NESTED_(type, field, nested_schema, ...) \
	{ \
		.name = #field, .kind = BOLT_MEMBER_NESTED, .offset = offsetof(type, field), \
		.size = sizeof(*BOLT__OF(type, field)), .schema = (nested_schema), __VA_ARGS__ \
	}

/** A to-many relation: a pointer to structs, and a size_t member for their number. */
#define BOLT_ARRAY(...) \
	BOLT__ARRAY(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), BOLT__THIRD(__VA_ARGS__), \
				BOLT__FOURTH(__VA_ARGS__), BOLT__REST_4(__VA_ARGS__))
#define BOLT__ARRAY(type, field, count, nested_schema, ...) \
	BOLT__ARRAY_(type, field, count, nested_schema, __VA_ARGS__)
#define BOLT__ARRAY_(type, field, count, nested_schema, ...) \
	{ \
		.name = #field, .kind = BOLT_MEMBER_ARRAY, .offset = offsetof(type, field), \
		.size = sizeof(*BOLT__OF(type, field)), .count_offset = BOLT__COUNT_OFFSET(type, count), \
		.schema = (nested_schema), __VA_ARGS__ \
	}

/** A column that is an array: a pointer to numbers, bools or texts, and a size_t member for their number. */
#define BOLT_SCALARS(...) \
	BOLT__SCALARS(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), BOLT__THIRD(__VA_ARGS__), \
				  BOLT__REST_3(__VA_ARGS__))
#define BOLT__SCALARS(type, field, count, ...) BOLT__SCALARS_(type, field, count, __VA_ARGS__)
#define BOLT__SCALARS_(type, field, count, ...) \
	{ \
		.name = #field, .kind = BOLT_MEMBER_SCALARS, .element = BOLT__KIND(*BOLT__OF(type, field)), \
		.offset = offsetof(type, field), .size = sizeof(*BOLT__OF(type, field)), \
		.count_offset = BOLT__COUNT_OFFSET(type, count), __VA_ARGS__ \
	}

/** A flag: optional, and the bool member `has` says whether it was there and not null. */
#define BOLT_PRESENT(type, has) .optional = true, .present = offsetof(type, has) + 1

/* ----------
 * Reading
 * ----------
 */

/* Structs, with all that they point to. */
typedef struct bolt_decoded bolt_decoded;

/**
 * The objects of a JSON text: one, or an array of them.
 *
 * Members that the schema does not name are skipped. JSON has to be right to the last byte, texts to be UTF-8
 * without NUL, numbers to fit.
 *
 * @param json so many bytes; need not be terminated; may be gone afterwards.
 * @param error where not NULL, set to what is wrong, to be given back with bolt_error_unref, else to NULL.
 * BOLT_DECODE_ERROR: the message begins with the place, "comments[3].author.username"; BOLT_RELATED_NOT_FETCHED: the hint says
 * what the queryset lacks.
 * @return to be freed with bolt_decoded_free, which frees all of it; NULL with an error.
 * @threads any.
 */
BOLT_API bolt_decoded *bolt_decode(const bolt_schema *schema, const char *json, size_t length,
								   bolt_exception **error);

/**
 * The structs that were decoded.
 *
 * @param count where not NULL, set to their number.
 * @return the first one, owned by `decoded`; NULL where there is none.
 * @threads any.
 */
BOLT_API void *bolt_decoded_objects(const bolt_decoded *decoded, size_t *count);

/** Frees what was decoded; NULL does nothing. @threads any. */
BOLT_API void bolt_decoded_free(bolt_decoded *decoded);

/* ----------
 * Querysets
 * ----------
 */

/**
 * The queryset that fetches what the schema reads, and no more: its columns by only, its
 * to-one relations by select_related, its to-many relations by prefetch_related, as deep as it goes.
 *
 * A schema nested in itself is a tree: a recursive prefetch.
 *
 * @param queryset consumed.
 */
BOLT_API bolt_queryset *bolt_with_schema(bolt_queryset *queryset, const bolt_schema *schema);

/* ----------
 * Writing
 * ----------
 */

/**
 * A struct's members as values, for bolt_acreate, bolt_asave and their like:
 * bolt_values_of(&article_schema, &article) all that are not read_only, nested objects and arrays among them;
 * bolt_values_of(&article_schema, &article, "title", "content") these.
 *
 * @param object read during the call.
 * @return bolt_kw *, consumed by the call that it is given to; never NULL.
 * @threads any.
 */
#define bolt_values_of(...) \
	bolt_values_of_members(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), \
						   BOLT__TEXTS(BOLT__REST_2(__VA_ARGS__)))
BOLT_API bolt_kw *bolt_values_of_members(const bolt_schema *schema, const void *object,
										 const char *const *members, size_t count);

/** Structs of an array as rows, for bolt_abulk_create and its like: bolt_rows_of(&tag_schema, tags, 3). */
#define bolt_rows_of(...) \
	bolt_rows_of_members(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), BOLT__THIRD(__VA_ARGS__), \
						 BOLT__TEXTS(BOLT__REST_3(__VA_ARGS__)))
BOLT_API bolt_list *bolt_rows_of_members(const bolt_schema *schema, const void *objects, size_t number,
										 const char *const *members, size_t count);

BOLT_END_DECLS

#endif /* BOLT_ORM_SCHEMA_H */
