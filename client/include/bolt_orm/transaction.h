/*
 * bolt_orm/transaction.h
 *	  Transactions, on a connection of their own.
 *
 *	   static bolt_future *
 *	   publish(bolt_database *transaction, void *arg)
 *	   {
 *		   bolt_queryset *articles = bolt_objects(transaction, "blog_article");
 *		   bolt_future *article = bolt_await(bolt_aget(bolt_ref(articles), BOLT_KW("id", 7)));
 *
 *		   if (bolt_failed(article))
 *		   {
 *			   bolt_unref(articles);
 *			   return article; // rolls back; the future of bolt_atomic fails with this error
 *		   }
 *		   bolt_free(article);
 *		   return bolt_aupdate(articles, BOLT_KW("published", true)); // commits, if it succeeds
 *	   }
 *
 *	   bolt_then(bolt_atomic(db, publish, NULL), published, request);
 */
#ifndef BOLT_ORM_TRANSACTION_H
#define BOLT_ORM_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "arguments.h"
#include "types.h"

BOLT_BEGIN_DECLS

/**
 * The body of a transaction. It runs as a coroutine, so that it may bolt_await; or returns without
 * having waited.
 *
 * What goes through `transaction` (bolt_objects(transaction, …)) is part of it, and nothing else is:
 * another task has another handle. The handle is lent until the future that the body returns has
 * settled; after that its requests fail with BOLT_TRANSACTION_MANAGEMENT_ERROR as long as something, a
 * queryset, still holds it.
 *
 * @return a future, whose reference is given away: the transaction is committed when it succeeds and
 * rolled back when it fails. NULL: commit.
 */
typedef bolt_future *(*bolt_atomic_body)(bolt_database *transaction, void *arg);

typedef enum bolt_isolation
{
	BOLT_ISOLATION_DEFAULT, /**< as the server's default_transaction_isolation says */
	BOLT_READ_COMMITTED,
	BOLT_REPEATABLE_READ,
	BOLT_SERIALIZABLE
} bolt_isolation;

/** Of a transaction; an inner one has no say in isolation, read_only and retries. */
typedef struct bolt_atomic_options
{
	size_t size;			  /**< set by bolt_atomic */
	bolt_isolation isolation; /**< default: the server's */
	bool read_only;
	bool durable; /**< refuse to be an inner block: BOLT_RUNTIME_ERROR, as Django does */
	int retries; /**< after a serialisation failure or a deadlock (40001, 40P01) run the body again, so many times at most */
#ifdef __cplusplus
	const char *using_; /* the same; C++ has a keyword of this name */
#else
	const char *using; /**< the alias of the server; NULL: the primary. Lent for the call */
#endif
	void (*destroy)(void *arg); /**< for `arg`: called once, when the body will not run again; NULL: none */
} bolt_atomic_options;

/**
 * Runs `body` in a transaction: `bolt_atomic(db, body, arg)`, `bolt_atomic(db, body, arg, .isolation =
 * BOLT_SERIALIZABLE, .retries = 3)`.
 *
 * With the handle of a transaction in place of the database, it is an inner block: a savepoint. Until it
 * has ended, what goes through the outer handle is refused (BOLT_TRANSACTION_MANAGEMENT_ERROR), for it
 * would be undone with it.
 *
 * As in Django, an error of the server inside spoils the block: whatever comes next in it is refused
 * until it has been rolled back. So wrap in an inner block what may fail.
 *
 * The body runs a second time with `retries`: it must not keep anything of the first run.
 *
 * @return a future that settles after COMMIT or ROLLBACK, and has the value of the body's future, or its
 * error. A connection lost during COMMIT fails it with BOLT_OPERATIONAL_ERROR: whether the transaction
 * was committed is unknown then, and the error's hint says so.
 */
#define bolt_atomic(...) \
	BOLT__MADE(bolt_atomic_with(BOLT__FIRST(__VA_ARGS__), BOLT__SECOND(__VA_ARGS__), \
								BOLT__THIRD(__VA_ARGS__), \
								BOLT__OPTIONS(bolt_atomic_options, BOLT__REST_3(__VA_ARGS__))))

/** As bolt_atomic, with options or NULL; they are read during the call. */
BOLT_API bolt_future *bolt_atomic_with(bolt_database *database, bolt_atomic_body body, void *arg,
									   const bolt_atomic_options *options);

/**
 * Calls `callback` after the transaction is committed; never where it, or the block that this was called
 * in, is rolled back. Outside of a transaction it is called at once.
 *
 * @return 0, or -1 without memory or where the block has ended
 */
BOLT_API int bolt_on_commit(bolt_database *transaction, void (*callback)(void *arg), void *arg);

/**
 * As bolt_on_commit, with a destructor: `destroy(arg)` is called once, after the callback, or instead of it where that will not be
 * called (also where this returns -1).
 */
BOLT_API int bolt_on_commit_with(bolt_database *transaction, void (*callback)(void *arg), void *arg,
								 void (*destroy)(void *arg));

/** Whether this handle is a transaction's. */
BOLT_API bool bolt_in_atomic_block(const bolt_database *database);

BOLT_END_DECLS

#endif
