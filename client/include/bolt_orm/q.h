/*-------------------------------------------------------------------------
 *
 * q.h
 *	  Conditions: Django's Q.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_Q_H
#define BOLT_ORM_Q_H

#include "value.h"

BOLT_BEGIN_DECLS

/*
 * Wherever conditions are taken, each of them is one of: keyword arguments
 * (BOLT_KW), a Q, bolt_exists(queryset).
 */

/**
 * All of the conditions: bolt_q(BOLT_KW("draft", false)).
 *
 * @return bolt_q *, consumed by the call that it is given to; never NULL.
 * @threads any.
 */
#define bolt_q(...) bolt_q_of("AND", BOLT__CONDITIONS(__VA_ARGS__))
#define bolt_q_and(...) bolt_q_of("AND", BOLT__CONDITIONS(__VA_ARGS__))

/**
 * Any of the conditions: bolt_q_or(BOLT_KW("id", 1), BOLT_KW("author__username", "user5")).
 */
#define bolt_q_or(...) bolt_q_of("OR", BOLT__CONDITIONS(__VA_ARGS__))

/**
 * An odd number of the conditions.
 */
#define bolt_q_xor(...) bolt_q_of("XOR", BOLT__CONDITIONS(__VA_ARGS__))

/**
 * Not all of the conditions.
 */
#define bolt_q_not(...) bolt_q_of("NOT", BOLT__CONDITIONS(__VA_ARGS__))

/**
 * What the macros above call.
 *
 * @param connector "AND", "OR", "XOR" or "NOT".
 * @param conditions consumed.
 * @return never NULL: what is wrong comes out where the result is used.
 * @threads any.
 */
BOLT_API bolt_q *bolt_q_of(const char *connector, const bolt_argument *conditions, size_t count);

/**
 * Gives up a Q that no call has consumed.
 *
 * @param q may be NULL.
 * @threads any.
 */
BOLT_API void bolt_q_free(bolt_q *q);

BOLT_END_DECLS

#endif /* BOLT_ORM_Q_H */
