/*
 * coroutine.h
 *	  Which coroutine this thread is in.
 */
#ifndef BOLT__COROUTINE_H
#define BOLT__COROUTINE_H

#include "bolt_orm/coroutine.h"
#include "client.h"

/*
 * For a callback, which is in no coroutine though it may run on one's stack: what to hand to
 * bolt__coroutine_return.
 */
void *bolt__coroutine_leave(void);
void bolt__coroutine_return(void *coroutine);

/* Whether one is running in this thread. */
bool bolt__in_coroutine(void);

/* Runs `body` in a coroutine, up to its first wait. False: no memory for its stack. */
bool bolt__coroutine_start(bolt__client *client, void (*body)(void *arg), void *arg);

/* Unmaps the finished stacks that a client keeps. */
void bolt__coroutine_unmap_kept(bolt__client *client);

/* The running one, which must be; to be handed to bolt__coroutine_cancel before it has ended. */
void *bolt__coroutine_self(void);

/* Cancels what it waits for, if it does. */
void bolt__coroutine_cancel(void *coroutine);

/* Of a coroutine: waits for a future, which stays the caller's. */
void bolt__coroutine_wait(bolt_future *future);

#endif
