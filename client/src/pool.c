/*
 * pool.c
 *	  The connections to one server and the queue for them.
 *
 * A task goes to an idle connection; where none is, a further one is opened, and the task waits for the
 * first that is free. Only where there may be no more does what reads go behind others, over the connection
 * with the fewest on their way. What writes never does: a request that was not sent has done nothing. Where
 * the one in front turns out to be slow, those behind it that only read are sent again over a connection that
 * has become idle, and their first answers are thrown away. What finds no room waits in the queue, in order. A lease
 * needs a connection that is idle: where none is, one is reserved for it and gets no further tasks.
 *
 * After a failed attempt to connect there is a pause, doubled each time. Where no connection is left, that is
 * an outage: what waits fails with the attempt, and what comes during the pause at once. The next attempt is made
 * by whoever comes after the pause, or for those who were refused in it.
 */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

#define LONG_AT_WORK 20 /* ms */
#define IDLE_FOR_LONG 2 /* ms: since then the server may have hung up */

/* ms that requests wait for an attempt in an outage: a server that refuses does so sooner, a silent one does not. */
#define OUTAGE_PATIENCE 250

/* ----------
 * Its life
 * ----------
 */
bool
bolt__pool_init(bolt__pool *pool, bolt__client *client, const char *alias, const char *conninfo)
{
	pool->client = client;
	pool->alias = strdup(alias);
	pool->conninfo = strdup(conninfo == NULL ? "" : conninfo);
	bolt__link_init(&pool->connections);
	bolt__link_init(&pool->dead);
	bolt__link_init(&pool->tasks);
	bolt__link_init(&pool->leases);
	pool->random = (unsigned int) bolt__now() ^ (unsigned int) (uintptr_t) pool;
	return pool->alias != NULL && pool->conninfo != NULL;
}

void
bolt__pool_reap(bolt__pool *pool)
{
	while (!bolt__list_empty(&pool->dead))
		bolt__connection_free(bolt__container(pool->dead.next, bolt__connection, link));
}

void
bolt__pool_close(bolt__pool *pool)
{
	bolt__timer_unset(&pool->client->timers, &pool->retry);
	bolt__timer_unset(&pool->client->timers, &pool->rescue);
	bolt__timer_unset(&pool->client->timers, &pool->patience);
	while (!bolt__list_empty(&pool->connections))
		bolt__connection_lose(bolt__container(pool->connections.next, bolt__connection, link),
							  bolt__error_new(BOLT_INTERFACE_ERROR, "57P01", "the database was closed"));
}

void
bolt__pool_dispose(bolt__pool *pool)
{
	bolt__pool_reap(pool);
	bolt_error_unref(pool->last_error);
	free(pool->alias);
	free(pool->conninfo);
}

/* ----------
 * Opening connections
 * ----------
 */
static bool
may_open(const bolt__pool *pool)
{
	return !pool->client->closing && !pool->retry.set &&
		pool->ready + pool->connecting < pool->client->options.connections;
}

static bool
in_outage(const bolt__pool *pool)
{
	return pool->failures > 0 && pool->ready == 0;
}

static void
fail_queue(bolt__pool *pool, bolt_exception *error)
{
	while (!bolt__list_empty(&pool->tasks))
	{
		bolt__task *task = bolt__container(pool->tasks.next, bolt__task, place.link);

		pool->queue_length--;
		bolt__link_remove(&task->place.link);
		if (task->roams)
			bolt__pool_submit(bolt__client_reading_pool(pool->client, pool), task);
		else
			bolt__task_failed(task, bolt_error_ref(error));
	}
	while (!bolt__list_empty(&pool->leases))
		bolt__lease_fail(bolt__container(pool->leases.next, bolt__lease, place.link), bolt_error_ref(error));
}

static void
patience_is_over(bolt__timer *timer)
{
	bolt__pool *pool = bolt__container(timer, bolt__pool, patience);

	if (in_outage(pool) && pool->last_error != NULL)
		fail_queue(pool, pool->last_error);
}

static bool
open_connection(bolt__pool *pool)
{
	if (in_outage(pool) && pool->connecting == 0)
		bolt__timer_set(&pool->client->timers, &pool->patience, bolt__now() + OUTAGE_PATIENCE,
						patience_is_over);
	pool->refused = 0;
	return bolt__connection_open(pool);
}

/* As many as there are places in the queue, while there may be more. */
static void
open_for_queue(bolt__pool *pool)
{
	while (pool->connecting < pool->queue_length && may_open(pool))
		if (!open_connection(pool))
			break;
}

static void
retry_now(bolt__timer *timer)
{
	bolt__pool *pool = bolt__container(timer, bolt__pool, retry);

	if (pool->refused > 0 && pool->connecting == 0 && may_open(pool))
		open_connection(pool);
	open_for_queue(pool);
}

/* Whether a request cannot be served soon, and not waiting is better. */
static bool
refuses(const bolt__pool *pool)
{
	if (!in_outage(pool) || pool->last_error == NULL)
		return false;
	return pool->connecting > 0 ? !pool->patience.set : pool->retry.set;
}

bool
bolt__pool_is_away(bolt__pool *pool)
{
	if (!in_outage(pool))
		return false;
	pool->refused++;
	if (pool->connecting == 0 && may_open(pool)) /* the pause is over: look whether it is back */
		open_connection(pool);
	return true;
}

void
bolt__pool_connected(bolt__pool *pool)
{
	pool->connects++;
	pool->failures = 0;
	pool->refused = 0;
	bolt__timer_unset(&pool->client->timers, &pool->patience);
	bolt_error_unref(pool->last_error);
	pool->last_error = NULL;
	bolt__pool_pump(pool);
}

void
bolt__pool_connect_failed(bolt__pool *pool, bolt_exception *error)
{
	const bolt_options *options = &pool->client->options;
	int64_t pause = options->reconnect_pause;

	for (int i = 0; i < pool->failures && pause < options->reconnect_pause_max; i++)
		pause *= 2;
	if (pause > options->reconnect_pause_max)
		pause = options->reconnect_pause_max;
	if (pause > 1)
		pause = pause / 2 + rand_r(&pool->random) % (pause / 2 + 1); /* not all clients at once */
	pool->failures++;
	bolt_error_unref(pool->last_error);
	pool->last_error = error;
	if (pool->client->closing)
		return;
	if (pool->ready + pool->connecting == 0)
		bolt__timer_unset(&pool->client->timers, &pool->patience);
	bolt__timer_set(&pool->client->timers, &pool->retry, bolt__now() + pause, retry_now);
	if (pool->ready + pool->connecting == 0 && !pool->pumping)
		fail_queue(pool, error);
	else if (pool->ready > 0)
		bolt__pool_pump(pool); /* behind others, as there is no further connection */
	bolt__client_wake(pool->client);
}

/* ----------
 * Who gets which
 * ----------
 */
static bool
takes_tasks(const bolt__connection *connection)
{
	const bolt__task *first = bolt__container(connection->sent.next, bolt__task, place.link);

	if (connection->state != BOLT__READY || connection->lease != NULL || connection->reserved_for != NULL ||
		connection->cancel != NULL)
		return false;
	return connection->sent_count == 0 || !first->abandoned; /* else it may never come to an end */
}

/*
 * The one with the fewest tasks on their way, or NULL. One that is long at work on one of them gets no
 * more behind it. An idle one may have been lost since the loop last came by.
 */
static bolt__connection *
find_least_busy(bolt__pool *pool)
{
	bolt__connection *best = NULL;
	int64_t long_ago = bolt__now() - LONG_AT_WORK;

	for (bolt__link *link = pool->connections.next; link != &pool->connections; link = link->next)
	{
		bolt__connection *connection = bolt__container(link, bolt__connection, link);

		if (!takes_tasks(connection))
			continue;
		if (connection->sent_count == 0)
			return connection;
		if (connection->progressed_at > long_ago &&
			(best == NULL || connection->sent_count < best->sent_count))
			best = connection;
	}
	return best;
}

static bolt__connection *
least_busy(bolt__pool *pool)
{
	bolt__connection *connection = find_least_busy(pool);

	while (connection != NULL && connection->sent_count == 0 &&
		   bolt__now() - connection->progressed_at >= IDLE_FOR_LONG && !bolt__pipeline_look(connection))
		connection = find_least_busy(pool);
	return connection;
}

/* Whether a further connection is soon there. */
static bool
is_growing(const bolt__pool *pool)
{
	return may_open(pool) || (pool->connecting > 0 && pool->failures == 0);
}

static bool
may_go_behind_others(const bolt__pool *pool, const bolt__connection *connection, const bolt__task *task)
{
	return connection->sent_count < pool->client->options.pipeline && !is_growing(pool) &&
		!(task->statement != NULL && task->statement->writes);
}

static bool
send_task(bolt__pool *pool, bolt__task *task)
{
	bolt__connection *connection = least_busy(pool);

	if (connection == NULL || (connection->sent_count > 0 && !may_go_behind_others(pool, connection, task)))
		return false;
	bolt__pipeline_send(connection, task);
	return true;
}

static bool
grant(bolt__pool *pool, bolt__lease *lease)
{
	bolt__connection *connection = lease->reserved;

	if (connection == NULL && pool->leased >= pool->client->options.leases)
		return false; /* the rest is for requests that come and go */
	if (connection == NULL)
		connection = least_busy(pool);
	if (connection != NULL && connection->sent_count == 0 && connection->cancel == NULL)
	{
		connection->reserved_for = NULL;
		lease->reserved = NULL;
		bolt__lease_granted(lease, connection);
		return true;
	}
	if (lease->reserved == NULL && connection != NULL && !may_open(pool) && pool->connecting == 0)
	{
		lease->reserved = connection;
		connection->reserved_for = lease;
	}
	return false;
}

static bool
serve_task(bolt__pool *pool, bolt__task *task)
{
	bolt__link *link = &task->place.link;

	bolt__link_remove(link);
	pool->queue_length--;
	if (send_task(pool, task))
		return true;
	bolt__list_prepend(&pool->tasks, link);
	pool->queue_length++;
	return false;
}

static bool
serve_lease(bolt__pool *pool, bolt__lease *lease)
{
	bolt__link *link = &lease->place.link;

	bolt__link_remove(link);
	pool->queue_length--;
	if (grant(pool, lease))
		return true;
	bolt__list_prepend(&pool->leases, link);
	pool->queue_length++;
	return false;
}

/* ----------
 * Out from behind a slow one
 * ----------
 */
static bolt__task *
held_up_task(const bolt__pool *pool, bolt__connection **behind)
{
	int64_t long_ago = bolt__now() - LONG_AT_WORK;

	for (bolt__link *link = pool->connections.next; link != &pool->connections; link = link->next)
	{
		bolt__connection *connection = bolt__container(link, bolt__connection, link);
		bolt__task *task = connection->state == BOLT__READY && connection->progressed_at <= long_ago ?
			bolt__pipeline_movable(connection) :
			NULL;

		*behind = connection;
		if (task != NULL)
			return task;
	}
	return NULL;
}

static void
rescue(bolt__pool *pool)
{
	bolt__connection *behind;
	bolt__task *task;

	while ((task = held_up_task(pool, &behind)) != NULL)
	{
		bolt__connection *idle = least_busy(pool);

		if (idle == NULL || idle->sent_count > 0)
		{
			if (pool->connecting == 0 && may_open(pool))
				bolt__connection_open(pool);
			return;
		}
		if (behind->state != BOLT__READY || !bolt__pipeline_withdraw(behind, task))
			return;
		bolt__pipeline_send(idle, task);
	}
}

static bool
has_pipelines(const bolt__pool *pool)
{
	for (bolt__link *link = pool->connections.next; link != &pool->connections; link = link->next)
		if (bolt__container(link, bolt__connection, link)->sent_count > 1)
			return true;
	return false;
}

static void
look_for_held_up(bolt__timer *timer)
{
	bolt__pool *pool = bolt__container(timer, bolt__pool, rescue);

	if (pool->queue_length == 0)
		rescue(pool);
	if (has_pipelines(pool))
		bolt__pool_watch_pipelines(pool);
	bolt__client_wake(pool->client);
}

void
bolt__pool_watch_pipelines(bolt__pool *pool)
{
	if (!pool->rescue.set && !pool->client->closing)
		bolt__timer_set(&pool->client->timers, &pool->rescue, bolt__now() + LONG_AT_WORK, look_for_held_up);
}

/*
 * Who came first is served first. Where there is no room for one task there is none for the next,
 * and likewise with leases.
 */
static void
serve_queue(bolt__pool *pool)
{
	bool tasks = true;
	bool leases = true;

	while (true)
	{
		bolt__task *task = bolt__container(pool->tasks.next, bolt__task, place.link);
		bolt__lease *lease = bolt__container(pool->leases.next, bolt__lease, place.link);

		tasks = tasks && !bolt__list_empty(&pool->tasks);
		leases = leases && !bolt__list_empty(&pool->leases);
		if (tasks && (!leases || task->place.number < lease->place.number))
			tasks = serve_task(pool, task);
		else if (leases)
			leases = serve_lease(pool, lease);
		else
			break;
	}
}

void
bolt__pool_pump(bolt__pool *pool)
{
	if (pool->pumping)
	{
		pool->pump_again = true;
		return;
	}
	if (pool->client->closing)
		return;
	pool->pumping = true;
	if (pool->rescue.set)
		rescue(pool); /* they were sent before what waits */
	if (pool->queue_length == 0)
	{
		pool->pumping = false;
		return;
	}
	do
	{
		pool->pump_again = false;
		serve_queue(pool);
	} while (pool->pump_again);
	pool->pumping = false;
	open_for_queue(pool);
	bolt__client_wake(pool->client);
}

/* ----------
 * Tasks into the queue
 * ----------
 */
static bolt_exception *
queue_error(const bolt__pool *pool, bool lease)
{
	bolt_exception *error;
	int leases = pool->client->options.leases;

	if (lease && pool->leased >= leases)
	{
		error = bolt__error_new(BOLT_POOL_TIMEOUT, NULL, "no connection came free within %d ms",
								pool->client->options.queue_timeout);
		return bolt__error_hint(
			error,
			"Transactions and iterators may hold %d of %d connections at once, and did. Option leases.",
			leases, pool->client->options.connections);
	}
	if (pool->ready > 0 || pool->last_error == NULL)
	{
		error = bolt__error_new(BOLT_POOL_TIMEOUT, NULL, "no connection came free within %d ms",
								pool->client->options.queue_timeout);
		return bolt__error_hint(
			error, "All %d connections were busy. More connections, or shorter transactions, may help.",
			pool->client->options.connections);
	}
	return bolt__error_new(BOLT_OPERATIONAL_ERROR, NULL, "could not connect within %d ms: %s",
						   pool->client->options.queue_timeout, bolt_error_message(pool->last_error));
}

static void
waited_too_long(bolt__timer *timer)
{
	bolt__place *place = bolt__container(timer, bolt__place, timer);
	bolt_future *future = place->lease ? &bolt__container(place, bolt__lease, place)->future :
										 &bolt__container(place, bolt__task, place)->future;
	bolt__pool *pool = place->lease ? ((bolt__lease *) future)->pool : ((bolt__task *) future)->pool;

	future->class->abandon(future, queue_error(pool, place->lease));
}

bool
bolt__pool_enter_queue(bolt__pool *pool, bolt__place *place)
{
	bolt__client *client = pool->client;

	if (refuses(pool))
		pool->refused++;
	if (pool->queue_length >= client->options.queue || refuses(pool))
		return false;
	place->number = ++pool->next_number;
	bolt__list_append(place->lease ? &pool->leases : &pool->tasks, &place->link);
	pool->queue_length++;
	if (client->options.queue_timeout >= 0)
		bolt__timer_set(&client->timers, &place->timer, bolt__deadline(client->options.queue_timeout),
						waited_too_long);
	return true;
}

bolt_exception *
bolt__pool_full(const bolt__pool *pool)
{
	if (refuses(pool))
		return bolt__error_hint(
			bolt__error_new(BOLT_OPERATIONAL_ERROR, bolt_error_sqlstate(pool->last_error),
							"no server of \"%s\" can be reached: %s", pool->alias,
							bolt_error_message(pool->last_error)),
			"That is how the last attempt ended. Further ones are made, %d ms apart at most.",
			pool->client->options.reconnect_pause_max);
	return bolt__error_new(BOLT_POOL_EXHAUSTED, NULL, "%d requests wait for a connection already",
						   pool->queue_length);
}

void
bolt__pool_submit(bolt__pool *pool, bolt__task *task)
{
	task->pool = pool;
	if (bolt__list_empty(&pool->tasks) && send_task(pool, task))
		return;
	if (!bolt__pool_enter_queue(pool, &task->place))
	{
		bolt__task_failed(task, bolt__pool_full(pool));
		return;
	}
	open_for_queue(pool);
	bolt__client_wake(pool->client);
}

void
bolt__pool_put_back(bolt__pool *pool, bolt__task *task)
{
	bolt__client *client = pool->client;

	bolt__timer_unset(&client->timers, &task->place.timer);
	task->place.number = 0;
	bolt__list_prepend(&pool->tasks, &task->place.link);
	pool->queue_length++;
	if (client->options.queue_timeout >= 0)
		bolt__timer_set(&client->timers, &task->place.timer, bolt__deadline(client->options.queue_timeout),
						waited_too_long);
}

void
bolt__pool_resubmit(bolt__pool *pool, bolt__task *task)
{
	bolt__pool_put_back(pool, task);
	bolt__pool_pump(pool);
}
