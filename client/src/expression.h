/*-------------------------------------------------------------------------
 *
 * expression.h
 *	  Conditions and expressions as JSON.  All of these consume.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_EXPRESSION_H
#define BOLT_SRC_EXPRESSION_H

#include "bolt_orm/expression.h"
#include "bolt_orm/q.h"
#include "json_writer.h"

/* {"Count": …, …} */
extern void bolt__write_expression(bolt__writer *writer, bolt_expr *expr);

/* A member of order_by: a name, or {"expr": …, "desc": …}. */
extern void bolt__write_ordering(bolt__writer *writer, bolt_argument argument);

/* The members of a Q, without its braces: keyword arguments, Qs and Exists, all of them. */
extern void bolt__write_conditions(bolt__writer *writer, const bolt_argument *conditions, size_t count);

/* An expression's own text, where it is a condition too. */
extern void bolt__write_exists(bolt__writer *writer, bolt_expr *expr);

#endif /* BOLT_SRC_EXPRESSION_H */
