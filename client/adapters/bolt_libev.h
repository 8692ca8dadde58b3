/*
 * bolt_libev.h
 *	  A database on libev's loop:
 *
 *	   bolt_database *db = bolt_open("dbname=blog", NULL);
 *
 *	   bolt_libev_attach(db, EV_DEFAULT);
 *
 * Needs -lev. Everything here is static: no library of its own.
 */
#ifndef BOLT_LIBEV_H
#define BOLT_LIBEV_H

#include <bolt_orm.h>
#include <ev.h>
#include <stdlib.h>

typedef struct bolt_libev
{
	bolt_database *database;
	struct ev_loop *loop; /* NULL: it was destroyed before the database was closed */
	ev_timer timer;
	ev_cleanup cleanup;
} bolt_libev;

static void
bolt_libev__loop_destroyed(struct ev_loop *loop, ev_cleanup *cleanup, int events)
{
	bolt_libev *self = (bolt_libev *) cleanup->data;

	(void) events;
	ev_timer_stop(loop, &self->timer);
	self->loop = NULL;
}

static void
bolt_libev__ready(struct ev_loop *loop, ev_io *watcher, int events)
{
	bolt_libev *self = (bolt_libev *) watcher->data;
	int ready = (events & EV_READ ? BOLT_READABLE : 0) | (events & EV_WRITE ? BOLT_WRITABLE : 0);

	(void) loop;
	bolt_socket_ready(self->database, watcher->fd, events & EV_ERROR ? BOLT_READABLE | BOLT_WRITABLE : ready);
}

static void
bolt_libev__timer_fired(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void) loop;
	(void) events;
	bolt_timer_fired(((bolt_libev *) timer->data)->database);
}

static void
bolt_libev__watch(void *data, int socket, int events, void **watcher)
{
	bolt_libev *self = (bolt_libev *) data;
	int what = (events & BOLT_READABLE ? EV_READ : 0) | (events & BOLT_WRITABLE ? EV_WRITE : 0);
	ev_io *io = (ev_io *) *watcher;

	if (io == NULL && events != 0)
	{
		*watcher = io = (ev_io *) calloc(1, sizeof(ev_io));
		if (io == NULL)
			return;
		ev_init(io, bolt_libev__ready);
		io->data = self;
	}
	if (io == NULL)
		return;
	if (self->loop != NULL)
		ev_io_stop(self->loop, io);
	if (events == 0)
	{
		free(io);
		*watcher = NULL;
		return;
	}
	if (self->loop == NULL)
		return;
	ev_io_set(io, socket, what);
	ev_io_start(self->loop, io);
}

static void
bolt_libev__set_timer(void *data, int64_t milliseconds)
{
	bolt_libev *self = (bolt_libev *) data;

	if (self->loop == NULL)
		return;
	ev_timer_stop(self->loop, &self->timer);
	if (milliseconds < 0)
		return;
	ev_now_update(self->loop);
	ev_timer_set(&self->timer, (double) milliseconds / 1000, 0);
	ev_timer_start(self->loop, &self->timer);
}

static void
bolt_libev__detach(void *data)
{
	bolt_libev *self = (bolt_libev *) data;

	if (self->loop != NULL)
	{
		ev_timer_stop(self->loop, &self->timer);
		ev_cleanup_stop(self->loop, &self->cleanup);
	}
	free(self);
}

/**
 * Joins a database to a loop. Either may go first; with the loop gone, what is under way in the database never settles until bolt_close.
 *
 * @return 0, or -1 without memory or where bolt_attach refuses
 */
static inline int
bolt_libev_attach(bolt_database *database, struct ev_loop *loop)
{
	bolt_libev *self = (bolt_libev *) calloc(1, sizeof(bolt_libev));
	bolt_loop hooks = {sizeof(bolt_loop), self, bolt_libev__watch, bolt_libev__set_timer, bolt_libev__detach};

	if (self == NULL)
		return -1;
	self->database = database;
	self->loop = loop;
	ev_init(&self->timer, bolt_libev__timer_fired);
	self->timer.data = self;
	if (bolt_attach(database, &hooks) == 0)
	{
		ev_cleanup_init(&self->cleanup, bolt_libev__loop_destroyed);
		self->cleanup.data = self;
		ev_cleanup_start(loop, &self->cleanup);
		return 0;
	}
	free(self);
	return -1;
}

#endif
