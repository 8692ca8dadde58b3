/*
 * bolt_orm/coroutine.h
 *	  Coroutines: code that waits in the middle without blocking the loop.
 *
 * A convenience over futures. A coroutine has a stack of its own, and gives way to others only in bolt_await.
 */
#ifndef BOLT_ORM_COROUTINE_H
#define BOLT_ORM_COROUTINE_H

#include "arguments.h"
#include "types.h"

BOLT_BEGIN_DECLS

/** The body of a coroutine. What it returns is bolt_pointer of the future. */
typedef void *(*bolt_coroutine)(void *arg);

typedef struct bolt_spawn_options
{
	size_t size;				/**< set by bolt_spawn */
	void (*destroy)(void *arg); /**< for `arg`, after the body; NULL: none */
} bolt_spawn_options;

/**
 * Starts a coroutine: it runs at once, inside this call, up to its first bolt_await that has to wait.
 *
 * Ownership: `arg` stays the caller's, unless there is a destructor for it:
 * `bolt_spawn(db, handler, request, .destroy = free_request)` calls it once, when the body has returned or could not be started. What
 * the body returns stays the caller's. The future belongs to the caller;
 * bolt_free lets the coroutine run on its own: `bolt_free(bolt_spawn(db, handler, request))`.
 *
 * @return a future that settles when the body has returned. It fails only where the coroutine could not start
 * (BOLT_MEMORY_ERROR, BOLT_INTERFACE_ERROR)
 */
BOLT_API bolt_future *bolt_spawn(bolt_database *database, bolt_coroutine body, void *arg);
#define bolt_spawn(...) \
	BOLT__MADE(bolt_spawn_with(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), \
							   BOLT__THIRD(__VA_ARGS__), \
							   BOLT__OPTIONS(bolt_spawn_options, BOLT__REST_3(__VA_ARGS__))))
BOLT_API bolt_future *bolt_spawn_with(bolt_database *database, bolt_coroutine body, void *arg,
									  const bolt_spawn_options *options);

BOLT_END_DECLS

#endif
