/*-------------------------------------------------------------------------
 *
 * json_reader.h
 *	  Reading JSON text, value by value, without a tree.
 *
 * Every function returns false where something is wrong, and then what and where is in the
 * reader.  Strict: JSON as RFC 8259 has it, and UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_JSON_READER_H
#define BOLT_SRC_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Of arrays and objects in one another: what the stack of a coroutine has room for. */
#define BOLT__DEEPEST_JSON 500

/* Of what is skipped, where the reader may: more than the server can make. */
#define BOLT__DEEPEST_SKIPPED 100000

typedef struct bolt__reader
{
	const char *begin;
	const char *at;
	const char *end;
	int depth;
	bool skips_deep;   /* the server's own JSON, not a stranger's */
	const char *fault; /* what is wrong; NULL: out of memory */
} bolt__reader;

/* A string as it stands there, without its quotes. */
typedef struct bolt__raw_string
{
	const char *text;
	size_t length;
	bool escapes;
} bolt__raw_string;

/* The first byte of the next value or punctuation; '\0' at the end. */
extern char bolt__peek(bolt__reader *reader);

/*
 * Enters an array or object, and says whether there is a first member; goes on to the
 * next one, and says whether there is one, or leaves.
 */
extern bool bolt__enter(bolt__reader *reader, char bracket, bool *more);
extern bool bolt__next(bolt__reader *reader, char bracket, bool *more);

/* A string, checked; of an object's member its name, with the colon behind it. */
extern bool bolt__read_string(bolt__reader *reader, bolt__raw_string *string);
extern bool bolt__read_name(bolt__reader *reader, bolt__raw_string *name);

/* The string's text, terminated, in the arena.  A NUL in it is a fault. */
extern char *bolt__unescape(bolt__reader *reader, bolt__arena *arena, const bolt__raw_string *string);

/* A number as it stands there; whether it has a fraction or an exponent. */
extern bool bolt__read_number(bolt__reader *reader, const char **text, size_t *length, bool *integral);

/* true, false or null. */
extern bool bolt__read_word(bolt__reader *reader, const char *word);

/* Any value. */
extern bool bolt__skip(bolt__reader *reader);

/* Nothing but white space is left. */
extern bool bolt__read_end(bolt__reader *reader);

/* "a string" */
extern const char *bolt__kind_of(char first);

#endif /* BOLT_SRC_JSON_READER_H */
