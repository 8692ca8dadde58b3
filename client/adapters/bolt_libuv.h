/*
 * bolt_libuv.h
 *	  A database on libuv's loop:
 *
 *	   bolt_database *db = bolt_open("dbname=blog", NULL);
 *
 *	   bolt_libuv_attach(db, uv_default_loop());
 *
 * Needs -luv. Everything here is static: no library of its own. libuv frees a handle in a later turn of
 * its loop: run the loop once more after bolt_close.
 */
#ifndef BOLT_LIBUV_H
#define BOLT_LIBUV_H

#include <bolt_orm.h>
#include <stdlib.h>
#include <uv.h>

typedef struct bolt_libuv
{
	bolt_database *database;
	uv_loop_t *loop;
	uv_timer_t timer;
} bolt_libuv;

typedef struct bolt_libuv_watcher
{
	uv_poll_t poll;
	bolt_libuv *self;
	int socket;
	int what; /* UV_READABLE | UV_WRITABLE */
} bolt_libuv_watcher;

static void
bolt_libuv__ready(uv_poll_t *poll, int status, int events)
{
	bolt_libuv_watcher *watcher = (bolt_libuv_watcher *) poll->data;
	int ready = (events & UV_READABLE ? BOLT_READABLE : 0) | (events & UV_WRITABLE ? BOLT_WRITABLE : 0);

	/* libuv stops watching a socket with an error; there may be something to read first */
	if (status < 0)
		uv_poll_start(poll, watcher->what, bolt_libuv__ready);
	bolt_socket_ready(watcher->self->database, watcher->socket,
					  status < 0 ? BOLT_READABLE | BOLT_WRITABLE : ready);
}

static void
bolt_libuv__timer_fired(uv_timer_t *timer)
{
	bolt_timer_fired(((bolt_libuv *) timer->data)->database);
}

static void
bolt_libuv__free(uv_handle_t *handle)
{
	free(handle->data);
}

static void
bolt_libuv__watch(void *data, int socket, int events, void **watcher)
{
	bolt_libuv *self = (bolt_libuv *) data;
	bolt_libuv_watcher *watched = (bolt_libuv_watcher *) *watcher;
	int what = (events & BOLT_READABLE ? UV_READABLE : 0) | (events & BOLT_WRITABLE ? UV_WRITABLE : 0);

	if (events == 0)
	{
		if (watched != NULL)
			uv_close((uv_handle_t *) &watched->poll, bolt_libuv__free);
		*watcher = NULL;
		return;
	}
	if (watched == NULL)
	{
		watched = (bolt_libuv_watcher *) calloc(1, sizeof(bolt_libuv_watcher));
		if (watched == NULL)
			return;
		if (uv_poll_init(self->loop, &watched->poll, socket) != 0)
		{
			free(watched);
			return;
		}
		watched->poll.data = watched;
		watched->self = self;
		watched->socket = socket;
		*watcher = watched;
	}
	watched->what = what;
	uv_poll_start(&watched->poll, what, bolt_libuv__ready);
}

static void
bolt_libuv__set_timer(void *data, int64_t milliseconds)
{
	bolt_libuv *self = (bolt_libuv *) data;

	if (milliseconds < 0)
	{
		uv_timer_stop(&self->timer);
		return;
	}
	uv_update_time(self->loop);
	uv_timer_start(&self->timer, bolt_libuv__timer_fired, (uint64_t) milliseconds, 0);
}

static void
bolt_libuv__detach(void *data)
{
	bolt_libuv *self = (bolt_libuv *) data;

	uv_close((uv_handle_t *) &self->timer, bolt_libuv__free);
}

/**
 * Joins a database to a loop. The loop has to outlive the database: bolt_close, uv_run, uv_loop_close.
 *
 * @return 0, or -1 without memory or where bolt_attach refuses
 */
static inline int
bolt_libuv_attach(bolt_database *database, uv_loop_t *loop)
{
	bolt_libuv *self = (bolt_libuv *) calloc(1, sizeof(bolt_libuv));
	bolt_loop hooks = {sizeof(bolt_loop), self, bolt_libuv__watch, bolt_libuv__set_timer, bolt_libuv__detach};

	if (self == NULL)
		return -1;
	self->database = database;
	self->loop = loop;
	if (uv_timer_init(loop, &self->timer) != 0)
	{
		free(self);
		return -1;
	}
	self->timer.data = self;
	if (bolt_attach(database, &hooks) == 0)
		return 0;
	uv_close((uv_handle_t *) &self->timer, bolt_libuv__free);
	return -1;
}

#endif
