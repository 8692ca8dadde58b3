/*-------------------------------------------------------------------------
 *
 * expression_guard.h
 *	  Whether data could be taken for an expression.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_EXPRESSION_GUARD_H
#define BOLT_SRC_EXPRESSION_GUARD_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The server takes an object whose first key is the name of an expression for
 * one, which could read whatever the caller may.  Data is not to become an expression: an object
 * that could be one is written as the Value that it is, and where it may be part of
 * another (in the values of a related object that is written along, or in a document) it is
 * refused, for nobody here knows which.
 */
typedef enum bolt__looks
{
	BOLT__LOOKS_PLAIN,
	BOLT__LOOKS_LIKE_EXPRESSION,   /* an object whose first key has a capital */
	BOLT__LOOKS_LIKE_LIST_OF_THEM, /* a list with such an object */
	BOLT__HOLDS_EXPRESSION,		   /* deeper in it there is an object that the server could take for one */
	BOLT__IS_EXPRESSION			   /* or a list with one */
} bolt__looks;

extern bolt__looks bolt__looks_of_json(const json_t *json);

/* What an expression's name begins with. */
static inline bool
bolt__is_capital(char character)
{
	return character >= 'A' && character <= 'Z';
}

#endif /* BOLT_SRC_EXPRESSION_GUARD_H */
