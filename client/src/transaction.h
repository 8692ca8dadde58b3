/*
 * transaction.h
 *	  Blocks: what a transaction's handle stands for.
 */
#ifndef BOLT__TRANSACTION_H
#define BOLT__TRANSACTION_H

#include "bolt_orm/transaction.h"
#include "pool.h"

/*
 * Why nothing goes through this block now, or NULL: it has ended (block is NULL), is spoilt, or an
 * inner one is open.
 */
bolt_exception *bolt__block_refusal(const bolt__block *block);

/* Why this block can only be rolled back, or NULL. */
bolt_exception *bolt__block_spoilt(const bolt__block *block);

/* Something in it has failed, with this error if known: it can only be rolled back. */
void bolt__block_spoil(bolt__block *block, const bolt_exception *cause);

/* Sends a task as part of it. Takes one reference. */
void bolt__block_submit(bolt__block *block, bolt__task *task);

/* The block's connection, for an iterator. */
bolt__lease *bolt__block_lease(bolt__block *block);

/* An iterator has the block's connection; and has it no longer. */
void bolt__block_iterates(bolt__block *block, bolt_iterator *iterator);
void bolt__block_iterated(bolt__block *block, const bolt_iterator *iterator);

/* iterator.c: the block of this iterator ends; its rows that nobody took are read and dropped. */
void bolt__iterator_block_ends(bolt_iterator *iterator);

/* iterator.c: over the lease of a block where the pool is NULL. Takes the task over. */
bolt_iterator *bolt__iterator_new(bolt_database *database, bolt__pool *pool, bolt__task *task);

#endif
