/*
 * future.c
 *	  Futures: settled once, their callbacks called from the loop, freed with the last reference.
 *
 * Who has settled a future holds no more of it than its reference. Callbacks are not run at once but
 * queued in the client (client->ready), so that nothing of the user's runs in the middle of our own
 * work; loop.c runs them last.
 */
#include "coroutine.h"
#include "debug.h"
#include "future_state.h"
#include "transaction.h"

#include <stdlib.h>

__thread int bolt__callback_depth = 0;

static const bolt__future_class plain_class = {NULL, NULL, false};

/* ----------
 * Its life
 * ----------
 */
void
bolt__future_init(bolt_future *future, const bolt__future_class *class, bolt__client *client)
{
	future->class = class;
	future->references = 1;
	future->last_waiter = &future->waiters;
	bolt__link_init(&future->unsettled);
	bolt__debug_born(future);
	if (client != NULL)
	{
		future->client = bolt__client_ref(client);
		bolt__list_append(&client->unsettled, &future->unsettled);
		bolt__client_begins(client);
	}
}

void
bolt__future_to_background(bolt_future *future)
{
	if (future->settled)
		return;
	bolt__link_remove(&future->unsettled);
	bolt__list_append(&future->client->background, &future->unsettled);
	bolt__client_may_rest(future->client);
}

bolt_future *
bolt_future_ref(bolt_future *future)
{
	if (future != NULL && !future->immortal)
		future->references++;
	return future;
}

void
bolt__rows_unref(bolt__rows *rows)
{
	if (rows == NULL || --rows->references > 0)
		return;
	PQclear(rows->result);
	free(rows);
}

static bool
add_over(bolt_future *future, bolt__over *over)
{
	bolt__over_link *link = malloc(sizeof(bolt__over_link));

	if (link == NULL)
		return false;
	over->references++;
	link->over = over;
	link->next = future->overs;
	future->overs = link;
	return true;
}

bool
bolt_when_over(bolt_future *future, void (*callback)(void *arg), void *arg)
{
	bolt__over *over;

	if (future == NULL || future->immortal)
	{
		callback(arg);
		return true;
	}
	over = calloc(1, sizeof(bolt__over));
	if (over == NULL)
		return false;
	over->callback = callback;
	over->arg = arg;
	if (add_over(future, over))
		return true;
	free(over);
	return false;
}

void
bolt__future_pass_overs(const bolt_future *future, bolt_future *worker)
{
	if (worker == NULL || worker->immortal)
		return;
	for (const bolt__over_link *link = future->overs; link != NULL; link = link->next)
		if (!add_over(worker, link->over))
			link->over->references++; /* without memory: never, rather than too early */
}

static void
run_overs(bolt__over_link *link)
{
	while (link != NULL)
	{
		bolt__over_link *next = link->next;
		bolt__over *over = link->over;

		if (--over->references == 0)
		{
			over->callback(over->arg);
			free(over);
		}
		free(link);
		link = next;
	}
}

void
bolt_free(bolt_future *future)
{
	bolt__over_link *overs;
	bolt__client *client;

	if (future == NULL || future->immortal || --future->references > 0)
		return;
	client = future->client;
	bolt__debug_gone(future);
	if (client != NULL)
	{
		bolt__timer_unset(&client->timers, &future->timeout);
		bolt__link_remove(&future->unsettled);
		bolt__client_may_rest(client);
	}
	if (future->class->dispose != NULL)
		future->class->dispose(future);
	if (future->cache_free != NULL)
		future->cache_free(future->cache);
	bolt_error_unref(future->error);
	PQclear(future->result);
	bolt__rows_unref(future->rows);
	bolt_free(future->source);
	free(future->json_made);
	overs = future->overs;
	free(future);
	run_overs(overs);
	if (client != NULL)
		bolt__client_unref(client);
}

/* ----------
 * Settling
 * ----------
 */
static void
queue_callbacks(bolt_future *future)
{
	bolt__client *client = future->client;

	if (future->in_ready)
		return;
	future->in_ready = true;
	bolt_future_ref(future);
	future->next_ready = NULL;
	if (client->ready == NULL)
		client->ready = future;
	else
		client->last_ready->next_ready = future;
	client->last_ready = future;
	if (client->closed)
		bolt__client_run_ready(client); /* no loop will */
	else
	{
		bolt__client_begins(client);
		bolt__client_wake(client);
	}
}

void
bolt__settle(bolt_future *future, bolt_exception *error)
{
	if (future->settled) /* cannot be; but if it were, the first time counts */
	{
		bolt_error_unref(error);
		return;
	}
	future->settled = true;
	future->error = error;
	bolt__link_remove(&future->unsettled);
	bolt__timer_unset(&future->client->timers, &future->timeout);
	if (future->waiters != NULL)
		queue_callbacks(future);
	else
		bolt__client_may_rest(future->client);
}

void
bolt__settle_as(bolt_future *future, bolt_future *source)
{
	if (future->settled)
		return;
	future->source = bolt_future_ref(source);
	future->json = source->json;
	future->json_length = source->json_length;
	future->integer = source->integer;
	future->boolean = source->boolean;
	future->pointer = source->pointer;
	if (future->status == 0)
		future->status = source->status;
	bolt__settle(future, NULL);
}

void
bolt__future_watch(bolt_future *future, bolt__waiter *waiter)
{
	waiter->next = NULL;
	*future->last_waiter = waiter;
	future->last_waiter = &waiter->next;
	if (!future->settled)
		return;
	if (future->client != NULL)
		queue_callbacks(future);
	else
	{
		future->waiters = NULL;
		future->last_waiter = &future->waiters;
		waiter->run(waiter, future);
	}
}

void
bolt__client_run_ready(bolt__client *client)
{
	bolt_future *future;

	bolt__client_ref(client); /* a future may have the last reference */
	while ((future = client->ready) != NULL)
	{
		bolt__waiter *waiter = future->waiters;

		client->ready = future->next_ready;
		future->in_ready = false;
		future->waiters = NULL;
		future->last_waiter = &future->waiters;
		while (waiter != NULL)
		{
			bolt__waiter *next = waiter->next;

			waiter->run(waiter, future);
			waiter = next;
		}
		bolt_free(future);
	}
	bolt__client_may_rest(client);
	bolt__client_unref(client);
}

/* ----------
 * Futures that have failed from the start
 * ----------
 */
static bolt_future out_of_memory = {.class = &plain_class,
									.settled = true,
									.immortal = true,
									.last_waiter = &out_of_memory.waiters};

bolt_future *
bolt__future_failed(bolt__client *client, bolt_exception *error)
{
	bolt_future *future = calloc(1, sizeof(bolt_future));

	if (future == NULL)
	{
		bolt_error_unref(error);
		out_of_memory.error = bolt__out_of_memory();
		return &out_of_memory;
	}
	bolt__future_init(future, &plain_class, client);
	bolt__link_remove(&future->unsettled);
	future->settled = true;
	future->error = error;
	if (client != NULL)
		bolt__client_may_rest(client);
	return future;
}

bolt_future *
bolt__request_failed(bolt_database *database, bolt_exception *error)
{
	return bolt__future_failed(database == NULL ? NULL : database->client, error);
}

void
bolt__future_fail(bolt_future *future, bolt_exception *error)
{
	bolt_error_unref(future->error);
	future->error = error;
}

/* ----------
 * What users do with them
 * ----------
 */
static void
call_back(bolt_future *future, bolt_callback callback, void *arg, void (*destroy)(void *))
{
	void *coroutine = bolt__coroutine_leave();

	bolt__callback_depth++;
	if (callback != NULL)
		callback(future, arg);
	if (destroy != NULL)
		destroy(arg);
	bolt__callback_depth--;
	bolt__coroutine_return(coroutine);
}

void
bolt__destroy(void (*destroy)(void *), void *arg)
{
	if (destroy != NULL)
		call_back(NULL, NULL, arg, destroy);
}

static void
run_then(bolt__waiter *waiter, bolt_future *future)
{
	bolt__then *then = bolt__container(waiter, bolt__then, waiter);
	bolt_callback callback = then->callback;
	void *arg = then->arg;
	void (*destroy)(void *) = then->destroy;

	if (then == &future->then)
		then->callback = NULL;
	else
		free(then);
	call_back(future, callback, arg, destroy);
	bolt_free(future);
}

void
bolt_then(bolt_future *future, bolt_callback callback, void *arg)
{
	bolt_then_with(future, callback, arg, NULL);
}

void
bolt_then_with(bolt_future *future, bolt_callback callback, void *arg, void (*destroy)(void *arg))
{
	bolt__then *then;

	if (future == NULL || callback == NULL)
	{
		bolt__destroy(destroy, arg);
		bolt_free(future);
		return;
	}
	if (future->immortal)
	{
		call_back(future, callback, arg, destroy);
		return;
	}
	then = future->then.callback == NULL ? &future->then : malloc(sizeof(bolt__then));
	if (then == NULL)
	{
		out_of_memory.error = bolt__out_of_memory();
		call_back(&out_of_memory, callback, arg, destroy);
		bolt_free(future);
		return;
	}
	then->waiter.run = run_then;
	then->callback = callback;
	then->arg = arg;
	then->destroy = destroy;
	bolt__future_watch(future, &then->waiter);
}

bool
bolt_cancel(bolt_future *future)
{
	if (future == NULL || future->settled || future->class->abandon == NULL ||
		bolt__client_forked(future->client))
		return false;
	future->class->abandon(future, bolt__error_new(BOLT_CANCELLED, NULL, "cancelled by the caller"));
	return true;
}

static void
time_is_up(bolt__timer *timer)
{
	bolt_future *future = bolt__container(timer, bolt_future, timeout);

	if (!future->settled && future->class->abandon != NULL)
		future->class->abandon(future, bolt__error_new(BOLT_TIMEOUT, NULL, "timed out"));
}

bolt_future *
bolt_timeout(bolt_future *future, int64_t milliseconds)
{
	bolt__timers *timers;

	if (future == NULL || future->settled)
		return future;
	timers = &future->client->timers;
	if (milliseconds <= 0)
		bolt__timer_unset(timers, &future->timeout);
	else
	{
		bolt__timer_set(timers, &future->timeout, bolt__now() + milliseconds, time_is_up);
		bolt__client_wake(future->client);
	}
	return future;
}

/* ----------
 * Sleep
 * ----------
 */
typedef struct sleep_future
{
	bolt_future future;
	bolt__timer timer;
} sleep_future;

static void
sleep_abandon(bolt_future *future, bolt_exception *error)
{
	bolt__timer_unset(&future->client->timers, &((sleep_future *) future)->timer);
	bolt__settle(future, error);
	bolt_free(future);
}

static void
sleep_over(bolt__timer *timer)
{
	bolt_future *future = &bolt__container(timer, sleep_future, timer)->future;

	bolt__settle(future, NULL);
	bolt_free(future);
}

static const bolt__future_class sleep_class = {sleep_abandon, NULL, false};

bolt_future *
bolt_sleep(bolt_database *database, int64_t milliseconds)
{
	bolt__client *client = database == NULL ? NULL : database->client;
	bolt_exception *spoilt = database == NULL ? NULL : bolt__block_spoilt(database->block);
	sleep_future *sleep;

	if (spoilt != NULL)
		return bolt__future_failed(client, spoilt);
	if (client != NULL && bolt__client_forked(client))
		return bolt__future_failed(NULL, bolt__forked_error());
	if (client == NULL || client->closing)
		return bolt__future_failed(client,
								   bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
												   client == NULL ? "the database is NULL" :
																	"the database is closed"));
	sleep = calloc(1, sizeof(sleep_future));
	if (sleep == NULL)
		return bolt__future_failed(client, bolt__out_of_memory());
	bolt__future_init(&sleep->future, &sleep_class, client);
	bolt__debug_name(&sleep->future, "bolt_sleep");
	bolt_future_ref(&sleep->future); /* the timer's */
	bolt__timer_set(&client->timers, &sleep->timer, bolt__now() + (milliseconds > 0 ? milliseconds : 0),
					sleep_over);
	bolt__client_wake(client);
	return &sleep->future;
}

/* ----------
 * What it holds
 * ----------
 */
bool
bolt_done(const bolt_future *future)
{
	return future != NULL && future->settled;
}

bool
bolt_failed(const bolt_future *future)
{
	return future != NULL && future->settled && future->error != NULL;
}

const bolt_exception *
bolt_error(const bolt_future *future)
{
	return bolt_failed(future) ? future->error : NULL;
}

static bool
succeeded(const bolt_future *future)
{
	return future != NULL && future->settled && future->error == NULL;
}

const char *
bolt_json(const bolt_future *future)
{
	return succeeded(future) ? future->json : NULL;
}

size_t
bolt_json_length(const bolt_future *future)
{
	return succeeded(future) && future->json != NULL ? future->json_length : 0;
}

int64_t
bolt_integer(const bolt_future *future)
{
	return succeeded(future) ? future->integer : 0;
}

bool
bolt_boolean(const bolt_future *future)
{
	return succeeded(future) && future->boolean;
}

void *
bolt_pointer(const bolt_future *future)
{
	return succeeded(future) ? future->pointer : NULL;
}

const PGresult *
bolt__future_result(const bolt_future *future)
{
	return future->source != NULL ? bolt__future_result(future->source) : future->result;
}

void *
bolt__future_cache(const bolt_future *future)
{
	return future->cache == NULL && future->source != NULL ? bolt__future_cache(future->source) :
															 future->cache;
}

void
bolt__future_cache_set(bolt_future *future, void *cache, void (*cache_free)(void *))
{
	if (future->cache_free != NULL)
		future->cache_free(future->cache);
	future->cache = cache;
	future->cache_free = cache_free;
}
