/*
 * bolt_orm/database.h
 *	  A database: connections, opened when they are needed and kept.
 *
 * Threads. A database and all that comes from it (querysets, futures, iterators) belong to one thread at
 * a time, and nothing in here takes a lock. With the built-in loop any thread may be the next to use it, under a mutex or
 * after pthread_join: freely where every future has settled; with something under way as long as the thread that began it
 * runs no loop meanwhile, or has ended. What is under way goes on in the thread that awaits or runs the loop. With a loop of
 * the application, the database belongs to that loop's thread.
 */
#ifndef BOLT_ORM_DATABASE_H
#define BOLT_ORM_DATABASE_H

#include <stdbool.h>
#include <stddef.h>

#include "arguments.h"
#include "types.h"

BOLT_BEGIN_DECLS

/** A further server with the same data, for reading: bolt_using(queryset, "alias"). */
typedef struct bolt_replica
{
	const char *alias;
	const char *conninfo;
} bolt_replica;

/**
 * How to keep connections. Made by BOLT_OPTIONS; what is left out has its default. Times are
 * milliseconds, -1: no limit.
 */
typedef struct bolt_options
{
	size_t size; /**< set by BOLT_OPTIONS */

	int connections; /**< at most so many, to each server; default 4 */
	/**
	 * Requests on their way over one connection, at most; default 32. Several are only where there can be
	 * no further connection, and one that writes is never behind another.
	 */
	int pipeline;
	int queue; /**< requests waiting for a connection, at most, then BOLT_POOL_EXHAUSTED; default 10000 */
	int connect_timeout; /**< for each server of a conninfo; default 10000, or its connect_timeout; where both
							  are given, the shorter one holds */
	int queue_timeout;	 /**< from the call until it is sent, then BOLT_POOL_TIMEOUT; default 30000 */
	int query_timeout;	/**< from when the server starts on it to the answer, then BOLT_TIMEOUT; default -1 */
	int cancel_timeout; /**< then a cancelled request's connection is given up; default 5000 */
	int reconnect_pause; /**< after a failed attempt to connect, doubled each time, with jitter; default 100 */
	int reconnect_pause_max; /**< until it is so long; default 500 */

	/**
	 * No prepared statements. Not needed behind pgbouncer in transaction mode, whatever its version: they
	 * are named by a hash of their SQL, and prepared again on a backend that has not got them. For poolers
	 * that refuse them. Costs the server parsing and planning of the outer statement; bolt_orm's own plans
	 * are kept all the same.
	 */
	bool unprepared;

	const bolt_replica *replicas; /**< ended by one whose alias is NULL; copied */
	bool read_from_replicas;	  /**< reads go to the replicas in turn unless bolt_using says otherwise */
	size_t stack_size;			  /**< of a coroutine, in bytes; default 1 MB; untouched pages cost nothing */

	/**
	 * Connections to each server that transactions and iterators hold at once, at most; further ones wait.
	 * Default: all but one, so that other requests go on; where there is only one connection, that one.
	 */
	int leases;
} bolt_options;

/** `BOLT_OPTIONS(.connections = 8, .query_timeout = 2000)`: an argument for bolt_open. */
#define BOLT_OPTIONS(...) BOLT__OPTIONS(bolt_options, __VA_ARGS__)

/**
 * A database. Nothing is connected before the first request.
 *
 * @param conninfo as libpq's PQconnectdb takes it: "host=… dbname=blog sslmode=verify-full", or a URI;
 * "" or NULL: all from the environment. Several hosts, connect_timeout, target_session_attrs and load_balance_hosts
 * are as in libpq. Host names are looked up in threads.
 * @param options BOLT_OPTIONS(…), read during the call; NULL: the defaults
 * @return the database, to be closed with bolt_close; NULL only without memory. A conninfo that cannot
 * be understood is told by bolt_database_error and by every request (BOLT_IMPROPERLY_CONFIGURED).
 */
BOLT_API bolt_database *bolt_open(const char *conninfo, const bolt_options *options);

/** What is wrong with how it was opened; NULL where nothing is. Lent by the database. */
BOLT_API const bolt_exception *bolt_database_error(const bolt_database *database);

/**
 * Closes the database: its connections, and what is under way. Each future that has not settled fails
 * with BOLT_INTERFACE_ERROR, and its callbacks run before bolt_close returns; where it is called in a
 * callback or a coroutine, that is done when the callback has returned and the coroutine waits.
 * Querysets and futures may be freed before or after. NULL does nothing.
 */
BOLT_API void bolt_close(bolt_database *database);

/** Counts of a database, for monitoring. */
typedef struct bolt_statistics
{
	size_t size;		/**< sizeof(bolt_statistics), set by the caller */
	int connections;	/**< open and ready */
	int connecting;		/**< on their way */
	int leased;			/**< of those open, in the hands of transactions and iterators */
	int sent;			/**< requests on their way */
	int queued;			/**< requests that wait for a connection */
	long long connects; /**< connections made, since bolt_open */
	long long losses;	/**< connections lost */
} bolt_statistics;

/** Fills in `statistics`, summed over the primary and the replicas. */
BOLT_API void bolt_get_statistics(const bolt_database *database, bolt_statistics *statistics);

BOLT_END_DECLS

#endif
