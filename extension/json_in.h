/*-------------------------------------------------------------------------
 *
 * json_in.h
 *	  A JSON text as a tree that knows where each value stands.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_JSON_IN_H
#define BOLT_JSON_IN_H

#include "postgres.h"

#include "nodes/pg_list.h"

typedef enum JsonKind
{
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonKind;

/*
 * A value of the text.  There are as many as the text has values, so that its size is
 * what a document costs: 88 bytes per value.
 */
typedef struct JsonValue
{
	JsonKind kind;
	int literal;	  /* 1-based number among the document's
								 * literals, 0 where the value is structure */
	const char *text; /* string: decoded, number: as written; both
								 * followed by a NUL */
	const char *raw;  /* the value's own JSON text, not terminated */
	const char *name; /* as an object's member: decoded name */
	struct JsonValue *parent;
	struct JsonValue *first; /* array, object: first and last member */
	struct JsonValue *last;
	struct JsonValue *next; /* next member of the parent */
	int length;				/* of text */
	int raw_length;
	int name_length;
	int index; /* place in the parent */
	int count; /* array, object: number of members */
	bool data; /* an earlier result that a Ref put in, or part of one: never an expression,
				* a name or a queryset, whatever it looks like */
} JsonValue;

/* Walks the members of an array or object. */
#define json_foreach(member, container) \
	for (JsonValue *member = (container)->first; member != NULL; member = member->next)

/*
 * The byte that bolt.run writes before a value that a Ref put in.  No JSON text has it, so
 * nobody else can write it.
 */
#define JSON_DATA_MARK '\001'

/* More values than this make no document. */
#define JSON_MAX_VALUES 10000000

/*
 * Parses a text that the json type has accepted, but for marks before values that are
 * data: those are no part of any value's own text.
 *
 * text must outlive the tree, which is allocated in CurrentMemoryContext.
 * Errors: 54001 past max_depth levels, 54000 past JSON_MAX_VALUES, 22P05 for \u0000 and
 * code points that the server encoding lacks, 22P02 for lone surrogates.
 */
extern JsonValue *bolt_json_parse(const char *text, int length, int max_depth);

/* The same of a text that stands in another so many levels down. */
extern JsonValue *bolt_json_parse_within(const char *text, int length, int max_depth, int levels);

/* The member of that name, or NULL. */
extern JsonValue *bolt_json_member(const JsonValue *object, const char *name);

/* "filter[0].author__name": the place of a value in its document. */
extern char *bolt_json_path(const JsonValue *value);

/* "a string", "an array" …, for messages. */
extern const char *bolt_json_kind_name(JsonKind kind);

/* A number that stands in no document (a page's limit, for instance). */
extern JsonValue *bolt_json_number(int64 number);

/* An array of copies of values, that stands in no document either. */
extern JsonValue *bolt_json_array(JsonValue **members, int n);

static inline bool
json_is_string(const JsonValue *value, const char *text)
{
	return value->kind == JSON_STRING && strcmp(value->text, text) == 0;
}

#endif /* BOLT_JSON_IN_H */
