/*-------------------------------------------------------------------------
 *
 * deferred_keys.h
 *	  Unique and exclusion constraints that are checked at the end of the transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_DEFERRED_KEYS_H
#define BOLT_DEFERRED_KEYS_H

#include "postgres.h"

#include "write.h"

/* Has the table a unique or exclusion constraint that can be deferred? */
extern bool bolt_has_deferrable_keys(const Model *model);

/* The columns that a written row must have for bolt_check_deferred_keys. */
extern void bolt_want_deferred_keys(const Model *model, WriteOutput *out);

/*
 * Two sessions that have inserted the same key, and only then check it, wait for each other in a circle.  So that
 * they come one after the other, each locks the keys of its row before it inserts it, and gives the locks back when
 * they have been checked.  An error gives them back with the subtransaction.
 */
extern List *bolt_lock_deferred_keys(const Model *model, const WriteRow *row);
extern void bolt_unlock_deferred_keys(List *locks);

/*
 * Checks these constraints now for a row that has just been written, and for no other: it waits for
 * other sessions that are writing the same key.
 * Errors: 23505, 23P01 where another row has it.
 */
extern void bolt_check_deferred_keys(const Model *model, const WriteRow *row);

#endif /* BOLT_DEFERRED_KEYS_H */
