/*
 * bolt_orm/iterator.h
 *	  Iteration, row by row.
 *
 * An iterator has a connection of its own, from its first row to its last. The server sends no faster
 * than the rows are taken: memory does not grow with the result. bolt_aiterator makes one from a
 * queryset.
 *
 *	   bolt_iterator *articles = bolt_aiterator(bolt_objects(db, "blog_article"));
 *	   bolt_future *article;
 *
 *	   for (; bolt_json(article = bolt_await(bolt_anext(articles))) != NULL; bolt_free(article))
 *		   puts(bolt_json(article));
 *	   if (bolt_failed(article))
 *		   ...
 *	   bolt_free(article);
 *	   bolt_aclose(articles);
 */
#ifndef BOLT_ORM_ITERATOR_H
#define BOLT_ORM_ITERATOR_H

#include "types.h"

BOLT_BEGIN_DECLS

/**
 * The next object: a future whose bolt_json is its text, and NULL (without an error) after the last one.
 *
 * One at a time: a second call before the first future has settled gives a future that has failed with
 * BOLT_INTERFACE_ERROR. After an error every call fails with the same.
 *
 * Ownership: the future is the caller's; it lives on without the iterator.
 */
BOLT_API bolt_future *bolt_anext(bolt_iterator *iterator);

/**
 * Ends the iteration and frees the iterator. Rows that were not taken are not read: the statement is
 * cancelled in the server; in a transaction its cursor is closed, which leaves the transaction alone. A future of bolt_anext that has not settled fails with BOLT_CANCELLED. NULL
 * does nothing.
 */
BOLT_API void bolt_aclose(bolt_iterator *iterator);

BOLT_END_DECLS

#endif
