/*-------------------------------------------------------------------------
 *
 * value.h
 *	  Arguments as JSON.
 *
 * What consumes does so in every case; what is wrong comes out of the writer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_VALUE_H
#define BOLT_SRC_VALUE_H

#include "bolt_orm/value.h"
#include "expression_guard.h"
#include "json_writer.h"

/* How keyword arguments are meant. */
typedef enum bolt__kw_use
{
	BOLT__KW_VALUES,	 /* of columns and relations, whose values are objects themselves */
	BOLT__KW_CONDITIONS, /* of a filter */
	BOLT__KW_EXPRESSIONS /* annotations: a text would be a field's name */
} bolt__kw_use;

/* A value where a text is a literal.  Consumes. */
extern void bolt__write_literal(bolt__writer *writer, bolt_argument argument);

/* A value where a text names a field.  Consumes. */
extern void bolt__write_operand(bolt__writer *writer, bolt_argument argument);

/* Members, without the braces.  Consumes. */
extern void bolt__write_kw(bolt__writer *writer, bolt_kw *kw, bolt__kw_use use);

/* The array.  Consumes. */
extern void bolt__write_list(bolt__writer *writer, bolt_list *list);

/* What is wrong comes out where they are used.  Takes the error over; returns the keyword arguments. */
extern bolt_kw *bolt__kw_fail(bolt_kw *kw, bolt_exception *error);

/* Its members as keyword arguments. */
extern bolt_kw *bolt__kw_of_json(const json_t *object);

/* Keyword arguments that have been written: members joined by commas.  Empties the writer. */
extern bolt_kw *bolt__kw_of_text(bolt__writer *members);

/* A list of what has been written: members joined by commas.  Empties the writer. */
extern bolt_list *bolt__list_of_text(bolt__writer *members);

/* An array of the names, at least so many.  NULL among them is an error. */
extern void bolt__write_names(bolt__writer *writer, const char *const *names, size_t count);

/* What an argument looks like; to be asked before it is written, which consumes it. */
extern bolt__looks bolt__looks_of(bolt_argument argument);
extern bolt__looks bolt__looks_of_kw(const bolt_kw *kw);
extern bolt__looks bolt__looks_of_list(const bolt_list *list);

/* What was NULL that must not be. */
extern void bolt__fail_null(bolt__writer *writer, const char *what);

/* Gives up an argument that was not written. */
extern void bolt__argument_free(bolt_argument argument);

#endif /* BOLT_SRC_VALUE_H */
