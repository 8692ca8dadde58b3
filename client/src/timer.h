/*
 * timer.h
 *	  Times at which something is to happen, earliest first.
 *
 * A pairing heap whose nodes are members of what they time: setting a timer needs no memory.
 */
#ifndef BOLT__TIMER_H
#define BOLT__TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOLT__NEVER INT64_MAX

typedef struct bolt__timer
{
	int64_t at; /* milliseconds of bolt__now */
	void (*fire)(struct bolt__timer *timer);
	bool set;
	struct bolt__timer *child;
	struct bolt__timer *next;	  /* sibling */
	struct bolt__timer *previous; /* sibling, or for the first child its parent */
} bolt__timer;

typedef struct bolt__timers
{
	bolt__timer *first;
} bolt__timers;

/* Milliseconds of the monotonic clock. */
int64_t bolt__now(void);

/* Sets or sets anew. A timer that has fired is no longer set. */
void bolt__timer_set(bolt__timers *timers, bolt__timer *timer, int64_t at, void (*fire)(bolt__timer *));

/* Allowed on one that is not set. */
void bolt__timer_unset(bolt__timers *timers, bolt__timer *timer);

/* When the next one fires, or BOLT__NEVER. */
int64_t bolt__timers_next(const bolt__timers *timers);

/* Fires all that are due. They may set and unset others. */
void bolt__timers_fire(bolt__timers *timers, int64_t now);

#endif
