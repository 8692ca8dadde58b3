/*-------------------------------------------------------------------------
 *
 * types.h
 *	  The types of the client, all opaque.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_TYPES_H
#define BOLT_ORM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the shared library exports. */
#define BOLT_API __attribute__((visibility("default")))

/* Around each call that makes a future: see debug.h. */
#ifdef BOLT_DEBUG
#define BOLT__MADE(call) bolt_debug_made(call, __FILE__, __LINE__)
#else
#define BOLT__MADE(call) call
#endif

/* Around declarations, for C++. */
#ifdef __cplusplus
#define BOLT_BEGIN_DECLS \
	extern "C" \
	{
#define BOLT_END_DECLS }
#else
#define BOLT_BEGIN_DECLS
#define BOLT_END_DECLS
#endif

/*
 * C11's true and false are plain ints, so that a macro which goes by the type
 * of its argument, as BOLT_KW does, would take true for the number 1.  These are
 * bool, as in C23, and good in an #if as well.  C11 (7.18) lets a program redefine
 * them; who would rather not defines BOLT_KEEP_STDBOOL and writes (bool) 1.
 */
#if !defined(BOLT_KEEP_STDBOOL) && !defined(__cplusplus) && defined(true)
#undef true
#undef false
#define true ((_Bool) + 1u)
#define false ((_Bool) + 0u)
#endif

BOLT_BEGIN_DECLS

/* Where it goes to. */
typedef struct bolt_database bolt_database;

/* What is asked: a model and the chain of methods called on it. */
typedef struct bolt_queryset bolt_queryset;

/* What goes into a queryset. */
typedef struct bolt_kw bolt_kw;				/* keyword arguments */
typedef struct bolt_q bolt_q;				/* a condition */
typedef struct bolt_expr bolt_expr;			/* F, a function, an aggregate, a subquery */
typedef struct bolt_list bolt_list;			/* a list of values */
typedef struct bolt_prefetch bolt_prefetch; /* a prefetch with a queryset of its own */

/* What comes of it. */
typedef struct bolt_future bolt_future;
typedef struct bolt_exception bolt_exception;
typedef struct bolt_iterator bolt_iterator;

/**
 * Says where a future was made; called by the macros of programs compiled with BOLT_DEBUG (debug.h).
 *
 * @return the same future.
 */
BOLT_API bolt_future *bolt_debug_made(bolt_future *future, const char *file, int line);

BOLT_END_DECLS

#endif /* BOLT_ORM_TYPES_H */
