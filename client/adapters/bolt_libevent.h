/*
 * bolt_libevent.h
 *	  A database on libevent's loop:
 *
 *	   bolt_database *db = bolt_open("dbname=blog", NULL);
 *
 *	   bolt_libevent_attach(db, base);
 *
 * Needs -levent_core. Everything here is static: no library of its own.
 */
#ifndef BOLT_LIBEVENT_H
#define BOLT_LIBEVENT_H

#include <bolt_orm.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

/*
 * The base may be freed before the database is closed; from then on nothing of libevent may be called. libevent tells nobody, but takes
 * each event out of the base that it frees. `witness` is such an event, which never comes, and which the base does not count as work.
 */
typedef struct bolt_libevent
{
	bolt_database *database;
	struct event_base *base;
	struct event timer;
	struct event witness;
} bolt_libevent;

static inline bool
bolt_libevent__has_base(const bolt_libevent *self)
{
	return (self->witness.ev_evcallback.evcb_flags & EVLIST_TIMEOUT) != 0;
}

static void
bolt_libevent__ready(evutil_socket_t socket, short what, void *arg)
{
	bolt_libevent *self = (bolt_libevent *) arg;

	bolt_socket_ready(self->database, (int) socket,
					  (what & EV_READ ? BOLT_READABLE : 0) | (what & EV_WRITE ? BOLT_WRITABLE : 0));
}

static void
bolt_libevent__timer_fired(evutil_socket_t socket, short what, void *arg)
{
	(void) socket;
	(void) what;
	bolt_timer_fired(((bolt_libevent *) arg)->database);
}

static void
bolt_libevent__never(evutil_socket_t socket, short what, void *arg)
{
	(void) socket;
	(void) what;
	(void) arg;
}

static void
bolt_libevent__watch(void *data, int socket, int events, void **watcher)
{
	bolt_libevent *self = (bolt_libevent *) data;
	struct event *event = (struct event *) *watcher;
	bool has_base = bolt_libevent__has_base(self);
	short what = (short) (EV_PERSIST | (events & BOLT_READABLE ? EV_READ : 0) |
						  (events & BOLT_WRITABLE ? EV_WRITE : 0));

	if (event != NULL && has_base)
		event_del(event);
	if (events == 0)
	{
		free(event);
		*watcher = NULL;
		return;
	}
	if (event == NULL)
		*watcher = event = (struct event *) calloc(1, sizeof(struct event));
	if (event != NULL && has_base &&
		event_assign(event, self->base, socket, what, bolt_libevent__ready, self) == 0)
		event_add(event, NULL);
}

static void
bolt_libevent__set_timer(void *data, int64_t milliseconds)
{
	bolt_libevent *self = (bolt_libevent *) data;
	struct timeval time = {(time_t) (milliseconds / 1000), (suseconds_t) (milliseconds % 1000 * 1000)};

	if (!bolt_libevent__has_base(self))
		return;
	if (milliseconds < 0)
		event_del(&self->timer);
	else if (milliseconds == 0)
		event_active(&self->timer, EV_TIMEOUT, 1);
	else
		event_add(&self->timer, &time);
}

static void
bolt_libevent__detach(void *data)
{
	bolt_libevent *self = (bolt_libevent *) data;

	if (bolt_libevent__has_base(self))
	{
		event_del(&self->timer);
		event_del(&self->witness);
	}
	free(self);
}

/**
 * Joins a database to a loop. Either may be freed first; with the base gone, what is under way in the database never settles until
 * bolt_close.
 *
 * @return 0, or -1 without memory or where bolt_attach refuses
 */
static inline int
bolt_libevent_attach(bolt_database *database, struct event_base *base)
{
	static const struct timeval never = {100000000, 0}; /* three years, again and again */
	bolt_libevent *self = (bolt_libevent *) calloc(1, sizeof(bolt_libevent));
	bolt_loop loop = {sizeof(bolt_loop), self, bolt_libevent__watch, bolt_libevent__set_timer,
					  bolt_libevent__detach};

	if (self == NULL)
		return -1;
	self->database = database;
	self->base = base;
	if (event_assign(&self->timer, base, -1, 0, bolt_libevent__timer_fired, self) == 0 &&
		event_assign(&self->witness, base, -1, EV_PERSIST, bolt_libevent__never, NULL) == 0)
	{
		self->witness.ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
		if (event_add(&self->witness, &never) == 0)
		{
			if (bolt_attach(database, &loop) == 0)
				return 0;
			event_del(&self->witness);
		}
	}
	free(self);
	return -1;
}

#endif
