/*
 * future_state.h
 *	  What a future is, inside, and how it is made and settled.
 *
 * Requests, leases, transactions and the others begin with a bolt_future: one allocation for both.
 */
#ifndef BOLT__FUTURE_STATE_H
#define BOLT__FUTURE_STATE_H

#include <libpq-fe.h>

#include "bolt_orm/future.h"
#include "client.h"
#include "request.h"

/* One who waits. Lives where the waiting one keeps it, until `run` has been called. */
typedef struct bolt__waiter
{
	struct bolt__waiter *next;
	void (*run)(struct bolt__waiter *waiter, bolt_future *future);
} bolt__waiter;

/* A waiting callback: holds a reference of the future. */
typedef struct bolt__then
{
	bolt__waiter waiter;
	bolt_callback callback;
	void *arg;
	void (*destroy)(void *arg);
} bolt__then;

/* Called when no future that it was registered with, or that works for one of these, is left. */
typedef struct bolt__over
{
	int references;
	void (*callback)(void *arg);
	void *arg;
} bolt__over;

typedef struct bolt__over_link
{
	struct bolt__over_link *next;
	bolt__over *over;
} bolt__over_link;

/* Rows that futures share: those of an iterator. */
typedef struct bolt__rows
{
	int references;
	PGresult *result;
} bolt__rows;

/* What kind of work stands behind it. */
typedef struct bolt__future_class
{
	/*
	 * Gives the work up and settles with this error, which it takes over. Only on unsettled ones.
	 * NULL: it settles only by itself.
	 */
	void (*abandon)(bolt_future *future, bolt_exception *error);
	/* Frees what the struct around it holds; the memory itself is freed after that. May be NULL. */
	void (*dispose)(bolt_future *future);
	/* Settles when other futures do: bolt_close leaves it to them. */
	bool compound;
} bolt__future_class;

struct bolt_future
{
	const bolt__future_class *class;
	bolt__client *client; /* NULL: a static one */
	int references;
	bool settled;
	bool in_ready;
	bool immortal;
	bolt__link unsettled;

	bolt_exception *error;
	PGresult *result;
	bolt__rows *rows;
	bolt_future *source; /* whose value it has */
	const char *json;	 /* in the result, the rows, or json_made */
	size_t json_length;
	char *json_made;
	int64_t integer;
	bool boolean;
	void *pointer;
	int status;			/* of HTTP, where it succeeds; 0: not said (response.c) */
	bool blames_client; /* what is wrong with the queryset is the HTTP client's fault */

	void *cache;
	void (*cache_free)(void *cache);

	bolt__waiter *waiters;
	bolt__waiter **last_waiter;
	bolt__then then; /* the first callback; further ones are allocated */
	bolt_future *next_ready;
	bolt__timer timeout;

#ifdef BOLT_DEBUG
	bolt__link living;
	const char *made_by;
	const char *file; /* where, where the program was compiled with BOLT_DEBUG */
	int line;
#endif

	bolt__over_link *overs;
};

/* The caller has the one reference. The memory is calloc's. */
void bolt__future_init(bolt_future *future, const bolt__future_class *class, bolt__client *client);

/* The loop need not run for it. */
void bolt__future_to_background(bolt_future *future);

/* Settles, with an error, which it takes over, or NULL. Callbacks run later, from the loop. */
void bolt__settle(bolt_future *future, bolt_exception *error);

/* Settles with the value of another one, which has succeeded. */
void bolt__settle_as(bolt_future *future, bolt_future *source);

/* Calls waiter->run from the loop once it is settled, also where it is already. */
void bolt__future_watch(bolt_future *future, bolt__waiter *waiter);

/* A failed future of this client, which may be NULL or closed. Takes the error over. */
bolt_future *bolt__future_failed(bolt__client *client, bolt_exception *error);

/* Calls a destructor, which may be NULL, as callbacks are called. */
void bolt__destroy(void (*destroy)(void *), void *arg);

/* Has what waits for the end of this future wait for that of another one, too, which works for it. */
void bolt__future_pass_overs(const bolt_future *future, bolt_future *worker);

void bolt__rows_unref(bolt__rows *rows);

/*
 * The future's value from a result that is no error (answer.c). Takes the result over. An error
 * where it does not fit.
 */
bolt_exception *bolt__answer(bolt_future *future, PGresult *result, bolt__result_kind kind);

#endif
