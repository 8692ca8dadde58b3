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
#include <stdlib.h>

typedef struct bolt_libevent
{
	bolt_database *database;
	struct event_base *base;
	struct event *timer;
} bolt_libevent;

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
bolt_libevent__watch(void *data, int socket, int events, void **watcher)
{
	bolt_libevent *self = (bolt_libevent *) data;
	short what = (short) (EV_PERSIST | (events & BOLT_READABLE ? EV_READ : 0) |
						  (events & BOLT_WRITABLE ? EV_WRITE : 0));

	if (*watcher != NULL)
		event_free((struct event *) *watcher);
	*watcher = NULL;
	if (events == 0)
		return;
	*watcher = event_new(self->base, socket, what, bolt_libevent__ready, self);
	if (*watcher != NULL)
		event_add((struct event *) *watcher, NULL);
}

static void
bolt_libevent__set_timer(void *data, int64_t milliseconds)
{
	bolt_libevent *self = (bolt_libevent *) data;
	struct timeval time = {(time_t) (milliseconds / 1000), (suseconds_t) (milliseconds % 1000 * 1000)};

	if (milliseconds < 0)
		event_del(self->timer);
	else if (milliseconds == 0)
		event_active(self->timer, EV_TIMEOUT, 1);
	else
		event_add(self->timer, &time);
}

static void
bolt_libevent__detach(void *data)
{
	bolt_libevent *self = (bolt_libevent *) data;

	event_free(self->timer);
	free(self);
}

/**
 * Joins a database to a loop. The base has to outlive the database: bolt_close comes before event_base_free.
 *
 * @return 0, or -1 without memory or where bolt_attach refuses
 */
static inline int
bolt_libevent_attach(bolt_database *database, struct event_base *base)
{
	bolt_libevent *self = (bolt_libevent *) calloc(1, sizeof(bolt_libevent));
	bolt_loop loop = {sizeof(bolt_loop), self, bolt_libevent__watch, bolt_libevent__set_timer,
					  bolt_libevent__detach};

	if (self == NULL)
		return -1;
	self->database = database;
	self->base = base;
	self->timer = event_new(base, -1, 0, bolt_libevent__timer_fired, self);
	if (self->timer != NULL && bolt_attach(database, &loop) == 0)
		return 0;
	if (self->timer != NULL)
		event_free(self->timer);
	free(self);
	return -1;
}

#endif
