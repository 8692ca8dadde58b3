/*
 * lease.c
 *	  A connection for oneself: waited for, used, given back.
 */
#include "connection.h"

#include <stdlib.h>

void
bolt__lease_fail(bolt__lease *lease, bolt_exception *error)
{
	bolt_future_ref(&lease->future);
	bolt__lease_end(lease);
	bolt__settle(&lease->future, error);
	bolt_free(&lease->future);
}

static void
abandon(bolt_future *future, bolt_exception *error)
{
	bolt__lease_fail((bolt__lease *) future, error);
}

static void
dispose(bolt_future *future)
{
	bolt_error_unref(((bolt__lease *) future)->loss);
}

static const bolt__future_class lease_class = {abandon, dispose, false};

bolt__lease *
bolt__lease_new(bolt__pool *pool)
{
	bolt__lease *lease = calloc(1, sizeof(bolt__lease));

	if (lease == NULL)
		return NULL;
	bolt__future_init(&lease->future, &lease_class, pool->client);
	bolt__link_init(&lease->place.link);
	lease->pool = pool;
	lease->place.lease = true;
	if (!bolt__pool_enter_queue(pool, &lease->place))
	{
		bolt__settle(&lease->future, bolt__pool_full(pool));
		return lease;
	}
	bolt_future_ref(&lease->future); /* the queue's */
	bolt__pool_pump(pool);
	return lease;
}

/* Takes the queue's reference. */
void
bolt__lease_granted(bolt__lease *lease, bolt__connection *connection)
{
	bolt__timer_unset(&lease->future.client->timers, &lease->place.timer);
	lease->connection = connection;
	connection->lease = lease;
	lease->pool->leased++;
	bolt__settle(&lease->future, NULL);
	bolt_free(&lease->future);
}

void
bolt__lease_submit(bolt__lease *lease, bolt__task *task)
{
	task->pool = lease->pool;
	if (lease->connection == NULL)
	{
		bolt__task_failed(task,
						  lease->loss != NULL ? bolt_error_ref(lease->loss) :
												bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
																"the connection has been given back"));
		return;
	}
	task->connection = lease->connection;
	bolt__list_append(&lease->connection->waiting, &task->place.link);
	bolt__pipeline_send_waiting(lease->connection);
	bolt__client_wake(lease->pool->client);
}

void
bolt__lease_end(bolt__lease *lease)
{
	bolt__pool *pool = lease->pool;
	bolt__connection *connection = lease->connection;

	if (lease->reserved != NULL)
	{
		lease->reserved->reserved_for = NULL;
		lease->reserved = NULL;
	}
	if (connection == NULL)
	{
		if (bolt__link_single(&lease->place.link))
			return;
		bolt__link_remove(&lease->place.link);
		bolt__timer_unset(&pool->client->timers, &lease->place.timer);
		pool->queue_length--;
		bolt_free(&lease->future);
		return;
	}
	lease->connection = NULL;
	connection->lease = NULL;
	pool->leased--;
	if (connection->sent_count == 0 && PQtransactionStatus(connection->pq) != PQTRANS_IDLE)
		bolt__connection_lose(connection,
							  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "a transaction was left open"));
	bolt__pool_pump(pool);
}
