/*
 * timer.c
 *	  Times at which something is to happen, earliest first.
 */
#include "timer.h"

#include <time.h>

int64_t
bolt__now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Of two heaps one: the later root becomes the earlier one's first child. */
static bolt__timer *
join(bolt__timer *one, bolt__timer *other)
{
	if (one == NULL)
		return other;
	if (other == NULL)
		return one;
	if (other->at < one->at)
	{
		bolt__timer *swap = one;

		one = other;
		other = swap;
	}
	other->previous = one;
	other->next = one->child;
	if (one->child != NULL)
		one->child->previous = other;
	one->child = other;
	return one;
}

/* Of a row of siblings one heap: joined in pairs, then the pairs from the last to the first. */
static bolt__timer *
join_siblings(bolt__timer *first)
{
	bolt__timer *pairs = NULL; /* linked by next, the last pair first */
	bolt__timer *heap = NULL;

	while (first != NULL)
	{
		bolt__timer *one = first;
		bolt__timer *other = one->next;

		first = other == NULL ? NULL : other->next;
		one->next = one->previous = NULL;
		if (other != NULL)
			other->next = other->previous = NULL;
		one = join(one, other);
		one->next = pairs;
		pairs = one;
	}
	while (pairs != NULL)
	{
		bolt__timer *rest = pairs->next;

		pairs->next = NULL;
		heap = join(heap, pairs);
		pairs = rest;
	}
	return heap;
}

void
bolt__timer_unset(bolt__timers *timers, bolt__timer *timer)
{
	bolt__timer *below;

	if (!timer->set)
		return;
	timer->set = false;
	below = join_siblings(timer->child);
	if (timers->first == timer)
		timers->first = below;
	else
	{
		if (timer->previous->child == timer)
			timer->previous->child = timer->next;
		else
			timer->previous->next = timer->next;
		if (timer->next != NULL)
			timer->next->previous = timer->previous;
		timers->first = join(timers->first, below);
	}
	timer->child = timer->next = timer->previous = NULL;
}

void
bolt__timer_set(bolt__timers *timers, bolt__timer *timer, int64_t at, void (*fire)(bolt__timer *))
{
	bolt__timer_unset(timers, timer);
	timer->at = at;
	timer->fire = fire;
	timer->set = true;
	timer->child = timer->next = timer->previous = NULL;
	timers->first = join(timers->first, timer);
}

int64_t
bolt__timers_next(const bolt__timers *timers)
{
	return timers->first == NULL ? BOLT__NEVER : timers->first->at;
}

void
bolt__timers_fire(bolt__timers *timers, int64_t now)
{
	bolt__timer *due;

	while ((due = timers->first) != NULL && due->at <= now)
	{
		bolt__timer_unset(timers, due);
		due->fire(due);
	}
}
