/*
 * bolt_orm/coroutine.h
 *	  Coroutines: code that waits in the middle without blocking the loop.
 *
 * A convenience over futures. A coroutine has a stack of its own, and gives way to others only in bolt_await.
 */
#ifndef BOLT_ORM_COROUTINE_H
#define BOLT_ORM_COROUTINE_H

#include "types.h"

BOLT_BEGIN_DECLS

/** The body of a coroutine. What it returns is bolt_pointer of the future. */
typedef void *(*bolt_coroutine)(void *arg);

/**
 * Starts a coroutine: it runs at once, inside this call, up to its first bolt_await that has to wait.
 *
 * Ownership: `arg` and what the body returns stay the caller's. The future belongs to the caller;
 * bolt_free lets the coroutine run on its own: `bolt_free(bolt_spawn(db, handler, request))`.
 *
 * @return a future that settles when the body has returned. It fails only where the coroutine could not start
 * (BOLT_MEMORY_ERROR, BOLT_INTERFACE_ERROR)
 */
BOLT_API bolt_future *bolt_spawn(bolt_database *database, bolt_coroutine body, void *arg);

BOLT_END_DECLS

#endif
