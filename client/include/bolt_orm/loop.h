/*
 * bolt_orm/loop.h
 *	  Joining a database to an application's own event loop.
 *
 * Most need not read this: bolt_libevent.h, bolt_libuv.h and bolt_libev.h do it in one call, and scripts have a built-in loop on
 * poll(2).
 *
 * The client has no loop of its own kind. It says which sockets to watch and when to be woken (the two
 * functions below), and is told when a socket is ready and when the time has come (bolt_socket_ready,
 * bolt_timer_fired). All callbacks run inside these two calls.
 */
#ifndef BOLT_ORM_LOOP_H
#define BOLT_ORM_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "types.h"

BOLT_BEGIN_DECLS

/** What to watch a socket for, and what it is ready for; to be ORed. */
enum bolt_event
{
	BOLT_READABLE = 1,
	BOLT_WRITABLE = 2
};

/** What an application's loop does for the client. It is copied by bolt_attach. */
typedef struct bolt_loop
{
	size_t size; /**< sizeof(bolt_loop): later versions may add members */
	void *data;	 /**< handed to each function */

	/**
	 * Watch this socket for these events (level-triggered), in place of what it was watched for; 0: no
	 * longer. Before the client closes a socket it says 0. `*watcher` is NULL at first and the
	 * function's own, for instance its event object; after 0 it is forgotten.
	 */
	void (*watch)(void *data, int socket, int events, void **watcher);

	/**
	 * Call bolt_timer_fired once, after so many milliseconds, in place of the time set before; a
	 * negative number: not at all.
	 */
	void (*set_timer)(void *data, int64_t milliseconds);

	/** The database is closed and calls none of these again. May be NULL. */
	void (*detach)(void *data);
} bolt_loop;

/**
 * Joins the database to a loop, in place of the built-in one. Right after bolt_open, before the first
 * request.
 *
 * @return 0, or -1 where the database is NULL or closed, has been used, or is joined to a loop already
 */
BOLT_API int bolt_attach(bolt_database *database, const bolt_loop *loop);

/**
 * To be called when a watched socket is ready. `events`: what for; errors and hang-ups count as
 * both. Runs callbacks.
 */
BOLT_API void bolt_socket_ready(bolt_database *database, int socket, int events);

/** To be called when the time set last has come; too early or once too often does no harm. Runs callbacks. */
BOLT_API void bolt_timer_fired(bolt_database *database);

/**
 * Runs the built-in loop until nothing is under way: no request, no callback, no coroutine's wait.
 *
 * @return 0, or -1 where it is refused: inside a callback or a coroutine, or with another loop attached
 */
BOLT_API int bolt_run(bolt_database *database);

BOLT_END_DECLS

#endif
