/*
 * request.h
 *	  How an a-method asks the database: a statement, its parameters, a future.
 *
 * The floor between the methods (objects.c) and what carries them (pool, connection). Statements are
 * rows of static tables: their address is the key under which a connection remembers that it has
 * prepared them.
 */
#ifndef BOLT__REQUEST_H
#define BOLT__REQUEST_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "bolt_orm/database.h"
#include "bolt_orm/future.h"
#include "bolt_orm/iterator.h"

/* What of the result is the future's value. */
typedef enum bolt__result_kind
{
	BOLT__NOTHING,		  /* that it succeeded */
	BOLT__JSON,			  /* row 0, column 0, a json; none where it is null or there is no row */
	BOLT__ONE,			  /* the same, and exactly one row: else it is an error */
	BOLT__INTEGER,		  /* row 0, column 0 */
	BOLT__BOOLEAN,		  /* row 0, column 0 */
	BOLT__ROWS,			  /* column 0 of every row, joined to a JSON array */
	BOLT__OBJECT_CREATED, /* a json, a boolean */
	BOLT__DELETED		  /* a bigint, a json */
} bolt__result_kind;

#define BOLT__MAX_PARAMETERS 8

/* Static storage only. */
typedef struct bolt__statement
{
	const char *sql; /* casts its parameters: they are sent as texts without a type */
	int parameters;	 /* at most BOLT__MAX_PARAMETERS */
	bolt__result_kind kind;
	bool writes; /* only the primary may serve it */
} bolt__statement;

typedef struct bolt__request_options
{
	const char *using; /* the database's alias; NULL: "default". Borrowed for the call */

	/*
	 * Called once, when the request has succeeded and before any callback; bolt__future_fail turns
	 * it into a failure.
	 */
	void (*decode)(bolt_future *future, void *decode_data);
	void *decode_data;
	void (*decode_free)(void *decode_data); /* called in every case */

	/* What an error of the server means here: the same one, or another in its place. Takes it over. NULL: itself. */
	bolt_exception *(*translate)(bolt_exception *error);
} bolt__request_options;

/*
 * Sends a statement as soon as a connection is free for it. The parameters are texts from malloc or NULL
 * (null); they are taken over in every case, also on failure. Never returns NULL: what fails here gives
 * a failed future.
 */
bolt_future *bolt__request(bolt_database *database, const bolt__statement *statement, char **parameters,
						   const bolt__request_options *options);

/* A failed future; takes the error over. The database may be NULL. */
bolt_future *bolt__request_failed(bolt_database *database, bolt_exception *error);

/*
 * The rows of a statement, one by one, over a connection of its own. Takes the parameters over. Never
 * returns NULL: what fails is told by the first bolt_anext. Of the options only `using` is looked at.
 */
bolt_iterator *bolt__iterate(bolt_database *database, const bolt__statement *statement, char **parameters,
							 const bolt__request_options *options);

/* An iterator whose bolt_anext fails with this error, which is taken over. The database may be NULL. */
bolt_iterator *bolt__iterate_failed(bolt_database *database, bolt_exception *error);

/* ----------
 * Of a settled future
 * ----------
 */
const PGresult *bolt__future_result(const bolt_future *future); /* NULL where there is none */

/* Turns a success into a failure, from `decode` only; takes the error over. */
void bolt__future_fail(bolt_future *future, bolt_exception *error);

/* One slot for what has been made of the result; freed with the future. */
void *bolt__future_cache(const bolt_future *future);
void bolt__future_cache_set(bolt_future *future, void *cache, void (*cache_free)(void *));

/* ----------
 * Of a handle: a queryset keeps one
 * ----------
 */
bolt_database *bolt__database_ref(bolt_database *database);
void bolt__database_unref(bolt_database *database);

#endif
