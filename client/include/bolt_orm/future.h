/*
 * bolt_orm/future.h
 *	  Futures: the results of requests, before they are there.
 *
 * A future settles exactly once: with a value, or with an error (the server's, a lost connection, a
 * time-out, a cancellation, the database closed). A callback never runs inside the call that registers
 * it (but see bolt_then).
 *
 * Ownership. A future that a function returns belongs to the caller, who gives it away again with
 * bolt_then or bolt_gather, or frees it with bolt_free; bolt_await hands it back settled. What
 * bolt_json, bolt_error and their like return is lent by the future and lives as long as it does.
 *
 * What was given away may no longer be used, not even to be cancelled: after bolt_then the future may be gone at any
 * time. Whoever wants to cancel it later, when a client goes away for instance, takes a reference for that before:
 *
 *	   request->future = bolt_future_ref(future);
 *	   bolt_then(future, answered, request);
 *	   ...
 *	   bolt_cancel(request->future); // allowed also after it has settled, and does nothing then
 *	   bolt_free(request->future);
 *
 * A cancelled future still calls its callbacks, from the loop and with BOLT_CANCELLED. So what belongs to a callback (`arg`)
 * lives until the callback has run; bolt_then_with frees it then.
 *
 * Threads. A future is used only by the thread that its database belongs to.
 */
#ifndef BOLT_ORM_FUTURE_H
#define BOLT_ORM_FUTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arguments.h"
#include "types.h"

BOLT_BEGIN_DECLS

/**
 * What runs when a future has settled. The future is lent for the call: neither free it nor keep it
 * (bolt_future_ref does).
 */
typedef void (*bolt_callback)(bolt_future *future, void *arg);

/**
 * Calls `callback` with `arg` when the future has settled.
 *
 * Ownership: takes the caller's reference; the future is freed when the callback has returned. To go on
 * using it, take another with bolt_future_ref before. Any number of callbacks may be registered, each
 * with a reference of its own; they run in the order of registration.
 *
 * The callback runs from the loop, never inside bolt_then, even where the future has settled before;
 * with one exception: where no loop is left to call it (the database is closed or NULL, or there was no
 * memory for the future).
 *
 * @param future a future; NULL does nothing
 * @param callback what to call; NULL means nothing: only the reference is given away
 * @param arg handed to the callback
 */
BOLT_API void bolt_then(bolt_future *future, bolt_callback callback, void *arg);

/**
 * As bolt_then, with a destructor: `destroy(arg)` is called once, after the callback has returned, or at once where the
 * future or the callback is NULL. So `arg` is given away in every case.
 *
 * @param destroy NULL: none; free is one
 */
BOLT_API void bolt_then_with(bolt_future *future, bolt_callback callback, void *arg,
							 void (*destroy)(void *arg));

/**
 * Waits until the future has settled.
 *
 * In a coroutine (bolt_spawn, the body of bolt_atomic) only the coroutine waits and the loop goes on. In
 * a plain script, whose database uses the built-in loop, it runs that loop. Anywhere else it would block
 * a loop, and is refused: in a callback, and wherever an application's own loop drives the database. The
 * future is cancelled then, and the one returned has failed with BOLT_SYNCHRONOUS_ONLY_OPERATION.
 *
 * Ownership: takes the reference, returns one: that of the same future, or of the failed one. Free it
 * with bolt_free.
 *
 * @return the settled future; never NULL
 */
BOLT_API bolt_future *bolt_await(bolt_future *future);

/**
 * A future that settles when all of these have: `bolt_gather(first, second, third)`.
 *
 * It fails with the error of the first of them, in the order given, that failed; the others run to their
 * end in any case. bolt_gathered gives the single ones.
 *
 * Ownership: takes the references.
 */
#define bolt_gather(...) \
	BOLT__MADE(bolt_gather_all(BOLT__NUMBER_OF(bolt_future *, NULL, __VA_ARGS__) - 1, \
							   BOLT__ARRAY_OF(bolt_future *, NULL, __VA_ARGS__) + 1))

/** As bolt_gather, of an array, which is read during the call only. No futures at all settle at once. */
BOLT_API bolt_future *bolt_gather_all(size_t count, bolt_future *const *futures);

/**
 * The future at this place of a gathered one, lent; NULL past the end or where the future was not
 * made by bolt_gather.
 */
BOLT_API bolt_future *bolt_gathered(const bolt_future *future, size_t index);

/**
 * Cancels: the future settles now with BOLT_CANCELLED, its callbacks run from the loop.
 *
 * What has not been sent is never sent; what the server is at work on is cancelled there. Whether a
 * write that had been sent was still done cannot be known, as ever with cancellation. Of bolt_gather all
 * futures are cancelled. A coroutine (bolt_spawn) is not stopped in its tracks: what it awaits is
 * cancelled, and it goes on with that. A transaction (bolt_atomic) takes nothing more and is rolled back
 * when its body has ended.
 *
 * Ownership: the reference stays the caller's.
 *
 * @return whether there was something to cancel: false where the future had settled
 */
BOLT_API bool bolt_cancel(bolt_future *future);

/**
 * Cancels the future with BOLT_TIMEOUT unless it settles within so many milliseconds from now.
 *
 * It comes on top of the database's own time-outs (bolt_options). Called again it replaces the time; 0
 * or less takes it away.
 *
 * @return the same future, so that `bolt_await(bolt_timeout(bolt_aget(…), 500))` reads well
 */
BOLT_API bolt_future *bolt_timeout(bolt_future *future, int64_t milliseconds);

/**
 * A future that settles after so many milliseconds. With the handle of a transaction that can only be rolled back
 * it fails at once, so that a cancelled transaction does not sleep on.
 */
BOLT_API bolt_future *bolt_sleep(bolt_database *database, int64_t milliseconds);

/** One more reference, to be freed. @return the same future */
BOLT_API bolt_future *bolt_future_ref(bolt_future *future);

/**
 * Frees one reference. Where it was the last of a future that has not settled, the request goes on and
 * what comes of it is thrown away. NULL does nothing. Allowed anywhere, also in a callback.
 */
BOLT_API void bolt_free(bolt_future *future);

/**
 * Calls `callback` with `arg` when nothing works for the future any more: its last reference is gone, and so are those of the library.
 * For memory that the work needs. A future that is cancelled or timed out settles at once, and its callbacks run; but the body of
 * bolt_atomic or bolt_spawn still runs to its end, with the `arg` that it was given. Of bolt_gather and bolt_catch: when nothing works for
 * what they wait for, either.
 *
 * Any number of callbacks may be registered, in any state of the future. Where the future is NULL, it is called at once.
 *
 * @return false without memory: then it is never called
 */
BOLT_API bool bolt_when_over(bolt_future *future, void (*callback)(void *arg), void *arg);

/** Whether it has settled. */
BOLT_API bool bolt_done(const bolt_future *future);

/** Whether it has settled with an error. */
BOLT_API bool bolt_failed(const bolt_future *future);

/**
 * The error, lent by the future; NULL where it did not fail or has not settled. error.h says what
 * is in one.
 */
BOLT_API const bolt_exception *bolt_error(const bolt_future *future);

/**
 * The JSON text as the database sent it, lent by the future and ended by a NUL.
 *
 * @return NULL where there is none: the future has failed or not settled, its value is no JSON, or the
 * database has no such object (bolt_afirst of an empty queryset)
 */
BOLT_API const char *bolt_json(const bolt_future *future);

/** The length of bolt_json's text in bytes; 0 where there is none. */
BOLT_API size_t bolt_json_length(const bolt_future *future);

/** The number: of bolt_acount, of rows updated, deleted, created, added. 0 where there is none. */
BOLT_API int64_t bolt_integer(const bolt_future *future);

/**
 * The answer: of bolt_aexists and bolt_acontains; whether bolt_aget_or_create created. false where
 * there is none.
 */
BOLT_API bool bolt_boolean(const bolt_future *future);

/** What the body of a coroutine returned (bolt_spawn); else NULL. */
BOLT_API void *bolt_pointer(const bolt_future *future);

BOLT_END_DECLS

#endif
