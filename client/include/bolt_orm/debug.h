/*-------------------------------------------------------------------------
 *
 * debug.h
 *	  Futures that were never freed, by the call and the line that made them.
 *
 * For programs compiled with -DBOLT_DEBUG and linked with a library built with
 * DEBUG=1: at the end of the process it says on stderr
 *
 *	   bolt_orm: never freed: the future of bolt_aget made at blog.c:12
 *
 * A library without DEBUG=1 says nothing; a program without -DBOLT_DEBUG is not told the line.  Both go
 * together with any of the other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_DEBUG_H
#define BOLT_ORM_DEBUG_H

#include <stdio.h>

#include "types.h"

BOLT_BEGIN_DECLS

/**
 * The futures that there are and that nothing is under way for: at the end of a program, or of a test, those that somebody
 * forgot to free.
 *
 * @param to a line is written to it for each; NULL: none.
 * @return how many; 0 in a library without DEBUG=1.
 * @threads any, while no other one makes or frees futures.
 */
BOLT_API size_t bolt_debug_leaks(FILE *to);

BOLT_END_DECLS

#ifdef BOLT_DEBUG

/* The functions that are no macros. */
#define bolt_acatalog(...) BOLT__MADE(bolt_acatalog(__VA_ARGS__))
#define bolt_aaggregate(...) BOLT__MADE(bolt_aaggregate(__VA_ARGS__))
#define bolt_acheck(...) BOLT__MADE(bolt_acheck(__VA_ARGS__))
#define bolt_acount(...) BOLT__MADE(bolt_acount(__VA_ARGS__))
#define bolt_adelete(...) BOLT__MADE(bolt_adelete(__VA_ARGS__))
#define bolt_aexists(...) BOLT__MADE(bolt_aexists(__VA_ARGS__))
#define bolt_afirst(...) BOLT__MADE(bolt_afirst(__VA_ARGS__))
#define bolt_alast(...) BOLT__MADE(bolt_alast(__VA_ARGS__))
#define bolt_alist(...) BOLT__MADE(bolt_alist(__VA_ARGS__))
#define bolt_anext(...) BOLT__MADE(bolt_anext(__VA_ARGS__))
#define bolt_arun(...) BOLT__MADE(bolt_arun(__VA_ARGS__))
#define bolt_arun_last(...) BOLT__MADE(bolt_arun_last(__VA_ARGS__))
#define bolt_asql(...) BOLT__MADE(bolt_asql(__VA_ARGS__))
#define bolt_catch(...) BOLT__MADE(bolt_catch(__VA_ARGS__))
#define bolt_catch_with(...) BOLT__MADE(bolt_catch_with(__VA_ARGS__))
#define bolt_fail(...) BOLT__MADE(bolt_fail(__VA_ARGS__))
#define bolt_fail_with(...) BOLT__MADE(bolt_fail_with(__VA_ARGS__))
#define bolt_refuse(...) BOLT__MADE(bolt_refuse(__VA_ARGS__))
#define bolt_sleep(...) BOLT__MADE(bolt_sleep(__VA_ARGS__))
#define bolt_viewset_call(...) BOLT__MADE(bolt_viewset_call(__VA_ARGS__))

#endif

#endif /* BOLT_ORM_DEBUG_H */
