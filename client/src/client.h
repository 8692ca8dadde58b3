/*
 * client.h
 *	  What a database consists of, inside: its loop, its pools, its handles.
 *
 * From below: sockets and timers (loop.c), futures (future.c), connections (connection.c, pipeline.c,
 * cancel.c), a pool of them for each server (pool.c), and the handles that users have (database.c,
 * transaction.c).
 */
#ifndef BOLT__CLIENT_H
#define BOLT__CLIENT_H

#include "bolt_orm/database.h"
#include "bolt_orm/loop.h"
#include "error.h"
#include "list.h"
#include "timer.h"

typedef struct bolt__client bolt__client;
typedef struct bolt__pool bolt__pool;
typedef struct bolt__block bolt__block;
typedef struct bolt__socket bolt__socket;

/* A socket that the loop watches. */
struct bolt__socket
{
	bolt__link link; /* client->sockets, while it is watched */
	bolt__client *client;
	int fd;
	int events; /* 0: not watched */
	void *watcher;
	void (*ready)(bolt__socket *socket, int events);
};

struct bolt__client
{
	int forks;			 /* bolt__forks when it was opened: else it belongs to the parent process */
	int references;		 /* of handles, futures, and calls on their way through the loop */
	bolt_database *root; /* bolt_open's handle, until it is closed */
	bool used;
	bool closing;			  /* refuses requests */
	bool closed;			  /* has let go of everything, the loop too */
	bolt_exception *error;	  /* what is wrong with how it was opened */
	bolt_options options;	  /* complete; strings are not kept */
	bool has_connect_timeout; /* the program has given one */

	bolt_loop loop;
	bool attached;		/* to an application's loop; else the built-in one */
	bolt__link clients; /* of the built-in loop of a thread, while something is under way */
	bolt__link *thread; /* that thread's list; NULL: of none, and any thread may be the next to use it */
	bolt__link sockets;
	bolt__timers timers;
	int64_t woken_at;	/* the time the loop was told; BOLT__NEVER: none */
	int dispatching;	/* depth of calls into the loop's two entries */
	bolt_future *ready; /* settled, their callbacks still to run; first and last */
	bolt_future *last_ready;
	bolt__link unsettled;  /* futures */
	bolt__link background; /* those that nobody waits for: of iterators, which wait to be asked */
	bolt__link lookups;	   /* of host names */

	struct bolt__coroutine *stacks; /* of finished coroutines, for the next ones */
	int stack_count;

	bolt__pool *pools; /* the primary, then the replicas */
	int pool_count;
	int next_replica;
};

/* A handle: the database, or a transaction in it. */
struct bolt_database
{
	int references;
	bolt__client *client;
	bool in_block;
	bolt__block *block; /* NULL: none, or it has ended */
};

/* ----------
 * Its life: database.c
 * ----------
 */
bolt__client *bolt__client_ref(bolt__client *client);
void bolt__client_unref(bolt__client *client);
bolt_database *bolt__database_new(bolt__client *client, bolt__block *block);

/* Where bolt_close was called: closes, unless a callback or a coroutine of it is still running. */
void bolt__client_close_if_due(bolt__client *client);

/* The next replica, or the primary: one that is not away, and, if possible, not this one, which may be NULL. */
bolt__pool *bolt__client_reading_pool(bolt__client *client, const bolt__pool *but);

/* The pool that serves, or NULL and an error. */
bolt__pool *bolt__client_pool(bolt__client *client, const char *using, bool writes, bolt_exception **error);

/* ----------
 * Its loop: loop.c
 * ----------
 */
void bolt__socket_init(bolt__socket *socket, bolt__client *client, void (*ready)(bolt__socket *, int));
void bolt__socket_watch(bolt__socket *socket, int fd, int events);

/* What the loop was told of may have changed: tell it of timers, and of callbacks that are to run. */
void bolt__client_wake(bolt__client *client);
void bolt__client_socket_ready(bolt__client *client, int fd, int events);
void bolt__client_timer_fired(bolt__client *client);

/* Runs callbacks until none is left. */
void bolt__client_run_ready(bolt__client *client);

/* ----------
 * The built-in loop: loop_poll.c
 * ----------
 */
void bolt__poll_join(bolt__client *client); /* this thread's list, also from another one's */
void bolt__poll_leave(bolt__client *client);

/* In a child process: lets go of the parent's databases. */
void bolt__poll_forget(void);

extern int bolt__forks; /* how many there were on the way to this process */

/* Whether the database is the parent's: its sockets are not touched then. */
static inline bool
bolt__client_forked(const bolt__client *client)
{
	return client->forks != bolt__forks;
}

bolt_exception *bolt__forked_error(void);

/* Something is under way now; and maybe nothing any more. */
static inline void
bolt__client_begins(bolt__client *client)
{
	if (!client->attached && !bolt__client_forked(client))
		bolt__poll_join(client);
}

static inline void
bolt__client_may_rest(bolt__client *client)
{
	if (client->thread != NULL && client->ready == NULL && bolt__list_empty(&client->unsettled) &&
		!(client->closing && !client->closed))
		bolt__poll_leave(client);
}

/*
 * Waits for one of this thread's databases, at most so long (-1: without limit), and lets it go on.
 * Whether there was any to wait for.
 */
bool bolt__poll_once(int64_t milliseconds);

/* ----------
 * Where this thread is
 * ----------
 */
extern __thread int bolt__callback_depth; /* callbacks that are running, outside of coroutines */

static inline int64_t
bolt__deadline(int milliseconds)
{
	return milliseconds < 0 ? BOLT__NEVER : bolt__now() + milliseconds;
}

#endif
