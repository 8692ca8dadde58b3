/*
 * pool.h
 *	  The connections to one server, the queue for them, and what is handed to them: tasks and leases.
 */
#ifndef BOLT__POOL_H
#define BOLT__POOL_H

#include "future_state.h"

typedef struct bolt__connection bolt__connection;
typedef struct bolt__task bolt__task;
typedef struct bolt__lease bolt__lease;
typedef struct bolt__cancel bolt__cancel;

/* A place in the queue of a pool. */
typedef struct bolt__place
{
	bolt__link link;
	bool lease;			  /* a lease's, else a task's */
	unsigned long number; /* who came earlier has the lower one */
	bolt__timer timer;
} bolt__place;

/*
 * A request on its way. The one reference that the machinery holds goes when it has left queue and
 * connection.
 */
struct bolt__task
{
	bolt_future future; /* first: a task is a future */
	bolt__place
		place; /* in the pool's queue; its link also in a connection's lists, its timer also for the answer */
	bolt__pool *pool;
	bolt__connection *connection; /* that it waits for or was sent over */
	bool sent;

	const bolt__statement *statement; /* prepared by its address; NULL: `text` */
	const char *text; /* what is not worth preparing: BEGIN and the like; in `text_memory`, or static */
	char text_memory[40];
	bolt__statement own; /* its statement, where that is no static one */
	char *own_sql;
	char *parameters[BOLT__MAX_PARAMETERS]; /* kept until answered: it may have to be sent again */
	void (*decode)(bolt_future *future, void *decode_data);
	void *decode_data;
	void (*decode_free)(void *decode_data);
	bolt_exception *(*translate)(bolt_exception *error);

	bolt__block *block;		 /* the transaction it is part of */
	bolt_iterator *iterator; /* whose rows it fetches, one by one */
	bool roams;				 /* any server may answer it, until it is sent */
	bool begins;			 /* BEGIN is sent ahead of it */
	bool looks;				 /* the question which backend this is is sent ahead of it */
	bool prepares;			 /* PREPARE is sent ahead of it */
	bool prepared;			 /* it was sent as a prepared statement */
	bool known;				 /* PREPARE failed, as the server has it already */
	bool by_text;			 /* prepared statements were not there twice: without one now */
	int results;			 /* that have come */
	bool abandoned;			 /* settled before its answer came, which is thrown away */
	bool drained;			 /* abandoned, and left to come to its end */
	bool endangered;		 /* it was behind one whose cancel was asked for, and that may hit it */
	int repeats;			 /* how often it was sent again */
	PGresult *answer;		 /* so far */
	bolt_exception *mishap;	 /* why it could not be sent */
};

/* A connection for oneself. Settles when there is one; bolt__lease_end gives it back. */
struct bolt__lease
{
	bolt_future future; /* first: a lease is a future */
	bolt__place place;
	bolt__pool *pool;
	bolt__connection *connection; /* NULL: not yet, or lost, or given back */
	bolt__connection *reserved;	  /* that it gets once idle */
	const char *begin;			  /* sent ahead of the next task, which it becomes part of; static */
	char begin_memory[80];
	bolt_exception *loss; /* how the connection was lost */
};

struct bolt__pool
{
	bolt__client *client;
	char *alias;
	char *conninfo;
	bolt__link connections; /* connecting and ready ones */
	bolt__link dead;		/* to be freed when nobody looks at them any more */
	int connecting;
	int ready;
	int leased;
	int sent; /* tasks */

	bolt__link tasks;  /* the queue: bolt__place of tasks */
	bolt__link leases; /* and of leases, which wait for other things */
	int queue_length;  /* of both */
	unsigned long next_number;
	bool pumping;
	bool pump_again;

	bolt__timer rescue; /* looks whether requests wait behind a slow one */

	int failures;		  /* attempts to connect that failed, in a row */
	int refused;		  /* requests since the last attempt that were not let wait for it */
	bolt__timer retry;	  /* set: no attempt before it */
	bolt__timer patience; /* set: an attempt in an outage has begun just now */
	bolt_exception *last_error;
	unsigned int random;
	long long connects;
	long long losses;
};

/* ----------
 * A pool
 * ----------
 */
bool bolt__pool_init(bolt__pool *pool, bolt__client *client, const char *alias, const char *conninfo);
void bolt__pool_close(bolt__pool *pool);   /* drops its connections; the tasks fail */
void bolt__pool_dispose(bolt__pool *pool); /* frees it */
void bolt__pool_reap(bolt__pool *pool);	   /* frees dead connections */

/* Sends a task over the next best connection, or puts it into the queue. Takes one reference. */
void bolt__pool_submit(bolt__pool *pool, bolt__task *task);

/* As bolt__pool_submit, ahead of those that wait: for one that was sent before. */
void bolt__pool_resubmit(bolt__pool *pool, bolt__task *task);

/* Something has become free: send what waits. */
void bolt__pool_pump(bolt__pool *pool);

/* Looks, soon, whether what was sent behind another request had better go elsewhere. */
void bolt__pool_watch_pipelines(bolt__pool *pool);

/* Ahead of those that wait, without sending it now. */
void bolt__pool_put_back(bolt__pool *pool, bolt__task *task);

/* Whether no connection is there and the last attempt failed. Sees to it that further ones are made. */
bool bolt__pool_is_away(bolt__pool *pool);

/* For a place at the end of the queue; false: it is full or its server is away, as this error says. */
bool bolt__pool_enter_queue(bolt__pool *pool, bolt__place *place);
bolt_exception *bolt__pool_full(const bolt__pool *pool);

/* Told by connections. */
void bolt__pool_connected(bolt__pool *pool);
void bolt__pool_connect_failed(bolt__pool *pool, bolt_exception *error); /* taken over */

/* ----------
 * Tasks: task.c
 * ----------
 */
bolt__task *bolt__task_new(bolt__client *client, const bolt__statement *statement, const char *text,
						   char **parameters);

/* As if it had not been sent. */
void bolt__task_reset(bolt__task *task);

/* Makes it open a cursor for its statement. False: no memory. */
bool bolt__task_declare(bolt__task *task, const char *cursor);

/* The answer has come: settles. Takes the machinery's reference. */
void bolt__task_answered(bolt__task *task);

/*
 * Without an answer: settles with the error, which it takes over, unless it was abandoned. Takes
 * the machinery's reference.
 */
void bolt__task_failed(bolt__task *task, bolt_exception *error);

/* Settles as cancelled, without telling the server: what it sends is thrown away. */
void bolt__task_drain(bolt__task *task);

/* ----------
 * Leases: lease.c
 * ----------
 */
bolt__lease *bolt__lease_new(bolt__pool *pool); /* NULL: no memory. Queues it; takes a reference for that */
void bolt__lease_fail(bolt__lease *lease, bolt_exception *error); /* one that waits; takes the error over */
void bolt__lease_granted(bolt__lease *lease, bolt__connection *connection);
void bolt__lease_submit(bolt__lease *lease, bolt__task *task); /* takes one reference */
void bolt__lease_end(bolt__lease *lease);					   /* also while it waits, also twice */

#endif
