/*
 * connection.h
 *	  One connection to a server, its pipeline, and the cancelling of what it is at work on.
 *
 * It is made by bolt__connection_open and ends, whatever the reason, in bolt__connection_lose: what was
 * on its way fails then.
 */
#ifndef BOLT__CONNECTION_H
#define BOLT__CONNECTION_H

#include "pool.h"

#define BOLT__MAX_PREPARED 128
#define BOLT__NAME_SIZE 40 /* of a prepared statement */

typedef struct bolt__attempt bolt__attempt;

typedef enum bolt__connection_state
{
	BOLT__CONNECTING,
	BOLT__READY,
	BOLT__DEAD
} bolt__connection_state;

/* Who is at the other end. Behind a pooler each transaction may meet another backend, which others have used before. */
typedef enum bolt__backend
{
	BOLT__BACKEND_UNKNOWN,
	BOLT__BACKEND_OWN,
	BOLT__BACKEND_POOLED
} bolt__backend;

struct bolt__connection
{
	bolt__link link; /* pool->connections or pool->dead */
	bolt__pool *pool;
	bolt__connection_state state;
	bolt__attempt *attempt; /* while it is connecting */
	PGconn *pq;				/* NULL: not there yet, or no more */
	bolt__socket socket;
	bolt__timer timer; /* connecting: give up; cancelling: look again */

	bolt__link sent; /* bolt__task, in the order sent */
	int sent_count;
	int64_t progressed_at; /* when it was last asked while idle, or answered */
	bolt__link waiting;	   /* bolt__task of the lease, not sent yet */
	bool flushing;		   /* there is more to write than the socket takes */
	bool paused;		   /* an iterator has rows enough: nothing is read */
	bool receiving;
	bool doomed;	   /* the server has said that it ends the session */
	int empty_results; /* in a row */

	bolt__lease *lease;
	bolt__lease *reserved_for;

	bolt__cancel *cancel; /* under way */
	int64_t stuck_since;  /* an abandoned task is first in line since; BOLT__NEVER: none */

	bolt__backend backend;
	int prepared_count;
	struct
	{
		const bolt__statement *statement;
		char name[BOLT__NAME_SIZE];
	} prepared[BOLT__MAX_PREPARED];
};

/* ----------
 * connection.c
 * ----------
 */
bool bolt__connection_open(bolt__pool *pool); /* false: failed at once, the pool has been told */
void bolt__connection_lose(bolt__connection *connection, bolt_exception *error); /* takes the error over */
void bolt__connection_free(bolt__connection *connection);
void bolt__connection_watch(bolt__connection *connection); /* what the socket is to be watched for */

/* Whether a task may be sent over it now. */
bool bolt__connection_open_for_tasks(const bolt__connection *connection);

/* ----------
 * connect.c
 * ----------
 */
bool bolt__attempt_begin(bolt__connection *connection); /* false: no memory */
void bolt__attempt_go_on(bolt__connection *connection); /* the socket is ready */
void bolt__attempt_end(bolt__connection *connection);

/* ----------
 * pipeline.c
 * ----------
 */
void bolt__pipeline_send(bolt__connection *connection, bolt__task *task); /* takes the task's reference */
void bolt__pipeline_send_waiting(bolt__connection *connection);
void bolt__pipeline_receive(bolt__connection *connection); /* what has been read so far */
void bolt__pipeline_ready(bolt__connection *connection, int events);

/* An idle one: whether it is still there, by what has come over it unasked. */
bool bolt__pipeline_look(bolt__connection *connection);

/* A task behind another one that may as well be done elsewhere, or NULL. */
bolt__task *bolt__pipeline_movable(const bolt__connection *connection);

/* Takes it out, as if it had not been sent; its answer will be thrown away. False: no memory. */
bool bolt__pipeline_withdraw(bolt__connection *connection, bolt__task *task);

/* ----------
 * cancel.c
 * ----------
 */

/* Starts a cancel where the task first in line has been abandoned. */
void bolt__cancel_if_stuck(bolt__connection *connection);

/* Forgets a cancel that is under way: the connection is lost. */
void bolt__cancel_forget(bolt__connection *connection);

/* ----------
 * iterator.c: rows of its task
 * ----------
 */
bool bolt__iterator_row(bolt_iterator *iterator,
						PGresult *result); /* taken over. False: it has enough for now */

#endif
