/*
 * iterator.c
 *	  Rows one by one, over a connection of their own.
 *
 * Rows come in single-row mode (from libpq 17 on in chunks) and wait here until they are asked for. When
 * there are enough of them the socket is not read: the server's sending stops when the kernel's buffers
 * are full.
 *
 * In a transaction they come from a cursor, some at a time: an end before the last row closes it, where a
 * cancel would spoil the transaction and reading the rest could take long.
 */
#include "connection.h"
#include "debug.h"
#include "transaction.h"

#include <stdlib.h>

#define ENOUGH_ROWS 64
#define ENOUGH_BYTES (256 * 1024)

#define CURSOR "bolt_iterator" /* one at a time: an open one has the block's connection */
#define FETCHED 64
#define FETCH_TEXT "FETCH FORWARD 64 FROM " CURSOR /* so many */

typedef struct chunk
{
	bolt__link link;
	bolt__rows *rows;
	int next; /* row */
} chunk;

struct bolt_iterator
{
	int references;
	bolt__client *client;  /* NULL: it has failed from the start */
	bolt__pool *pool;	   /* that its connection comes from, or: */
	bolt_database *handle; /* of the transaction it is part of */
	bolt__lease *lease;
	bolt__task *task;
	bolt__waiter waiter; /* for the lease, then for the task */
	int fetched;		 /* rows of the FETCH that is under way */
	bool resting;		 /* the cursor is open, and no FETCH under way */
	bool started;
	bool ended; /* no more rows will come */
	bool closed;
	bolt_exception *error;

	bolt__link chunks;
	int row_count;
	size_t byte_count;
	bolt_future *wanted;
};

typedef struct next_future
{
	bolt_future future;
	bolt_iterator *iterator; /* NULL once settled */
} next_future;

static void
unref(bolt_iterator *iterator)
{
	if (--iterator->references > 0)
		return;
	while (!bolt__list_empty(&iterator->chunks))
	{
		chunk *first = bolt__container(iterator->chunks.next, chunk, link);

		bolt__link_remove(&first->link);
		bolt__rows_unref(first->rows);
		free(first);
	}
	if (iterator->task != NULL)
		bolt_free(&iterator->task->future);
	if (iterator->lease != NULL)
		bolt_free(&iterator->lease->future);
	bolt__database_unref(iterator->handle);
	bolt_error_unref(iterator->error);
	if (iterator->client != NULL)
		bolt__client_unref(iterator->client);
	free(iterator);
}

/* ----------
 * Futures of rows
 * ----------
 */
static void
abandon_next(bolt_future *future, bolt_exception *error)
{
	next_future *next = (next_future *) future;

	if (next->iterator != NULL)
		next->iterator->wanted = NULL;
	next->iterator = NULL;
	bolt__settle(future, error);
	bolt_free(future);
}

static const bolt__future_class next_class = {abandon_next, NULL, false};

/* The first row, which there is, to a future. */
static void
hand_over_row(bolt_iterator *iterator, bolt_future *future)
{
	chunk *first = bolt__container(iterator->chunks.next, chunk, link);
	PGresult *result = first->rows->result;
	int row = first->next++;

	first->rows->references++;
	future->rows = first->rows;
	future->json = PQgetisnull(result, row, 0) ? "null" : PQgetvalue(result, row, 0);
	future->json_length = PQgetisnull(result, row, 0) ? 4 : (size_t) PQgetlength(result, row, 0);
	iterator->row_count--;
	iterator->byte_count -= (size_t) PQgetlength(result, row, 0);
	if (first->next < PQntuples(result))
		return;
	bolt__link_remove(&first->link);
	bolt__rows_unref(first->rows);
	free(first);
}

/* Settles what is wanted, if it can be. */
static void
serve(bolt_iterator *iterator)
{
	bolt_future *future = iterator->wanted;
	bool row = !bolt__list_empty(&iterator->chunks);

	if (future == NULL || (!row && !iterator->ended))
		return;
	iterator->wanted = NULL;
	((next_future *) future)->iterator = NULL;
	if (row)
		hand_over_row(iterator, future);
	bolt__settle(future, row ? NULL : bolt_error_ref(iterator->error));
	bolt_free(future);
}

/* ----------
 * Rows coming
 * ----------
 */
static bool
has_enough(const bolt_iterator *iterator)
{
	return iterator->row_count >= ENOUGH_ROWS || iterator->byte_count >= ENOUGH_BYTES;
}

bool
bolt__iterator_row(bolt_iterator *iterator, PGresult *result)
{
	chunk *made = malloc(sizeof(chunk));
	bolt__rows *rows = malloc(sizeof(bolt__rows));

	if (made == NULL || rows == NULL)
	{
		free(made);
		free(rows);
		PQclear(result);
		if (iterator->error == NULL)
			iterator->error = bolt__out_of_memory();
		return true; /* the rest is read and thrown away; the error comes after the rows before it */
	}
	if (iterator->error != NULL)
	{
		free(made);
		free(rows);
		PQclear(result);
		return true;
	}
	rows->references = 1;
	rows->result = result;
	made->rows = rows;
	made->next = 0;
	bolt__list_append(&iterator->chunks, &made->link);
	iterator->row_count += PQntuples(result);
	iterator->fetched += PQntuples(result);
	for (int row = 0; row < PQntuples(result); row++)
		iterator->byte_count += (size_t) PQgetlength(result, row, 0);
	serve(iterator);
	return !has_enough(iterator);
}

static void fetch(bolt_iterator *iterator);

static void
read_on(bolt_iterator *iterator)
{
	bolt__connection *connection =
		iterator->ended || iterator->task == NULL ? NULL : iterator->task->connection;

	if (iterator->resting && !iterator->ended && !has_enough(iterator))
		fetch(iterator);
	if (connection == NULL || !connection->paused || has_enough(iterator))
		return;
	connection->paused = false;
	bolt__pipeline_receive(connection);
}

static void
give_connection_back(bolt_iterator *iterator)
{
	if (iterator->pool != NULL && iterator->lease != NULL)
		bolt__lease_end(iterator->lease);
	if (iterator->handle != NULL)
		bolt__block_iterated(iterator->handle->block, iterator);
}

static void
end(bolt_iterator *iterator, const bolt_exception *error)
{
	if (iterator->ended)
		return;
	iterator->ended = true;
	if (iterator->error == NULL)
		iterator->error = bolt_error_ref((bolt_exception *) error);
	give_connection_back(iterator);
	serve(iterator);
}

/* ----------
 * By a cursor
 * ----------
 */
static void
close_cursor(const bolt_iterator *iterator)
{
	bolt__block *block = iterator->handle->block;
	bolt__task *task = block == NULL ? NULL : bolt__task_new(iterator->client, NULL, "CLOSE " CURSOR, NULL);

	if (task == NULL)
		return; /* it ends with the transaction */
	bolt__future_to_background(&task->future);
	bolt__block_submit(block, task);
}

static void
fetched(bolt__waiter *waiter, bolt_future *future)
{
	bolt_iterator *iterator = bolt__container(waiter, bolt_iterator, waiter);
	bool last = iterator->task->iterator != NULL && iterator->fetched < FETCHED;

	if (iterator->closed || iterator->ended || bolt_failed(future))
		end(iterator, bolt_error(future));
	else if (last)
	{
		close_cursor(iterator);
		end(iterator, NULL);
	}
	else
	{
		iterator->resting = true;
		read_on(iterator);
	}
	unref(iterator);
}

/* Asks for the next rows. */
static void
fetch(bolt_iterator *iterator)
{
	bolt__task *task = bolt__task_new(iterator->client, NULL, FETCH_TEXT, NULL);

	if (task == NULL)
	{
		bolt_exception *error = bolt__out_of_memory();

		close_cursor(iterator);
		end(iterator, error);
		bolt_error_unref(error);
		return;
	}
	bolt__debug_name(&task->future, "bolt_aiterator");
	bolt__future_to_background(&task->future);
	bolt_free(&iterator->task->future);
	iterator->task = task;
	iterator->resting = false;
	iterator->fetched = 0;
	task->iterator = iterator;
	iterator->references++;
	iterator->waiter.run = fetched;
	bolt_future_ref(&task->future); /* the machinery's */
	bolt__future_watch(&task->future, &iterator->waiter);
	bolt__block_submit(iterator->handle->block, task);
}

static void
task_settled(bolt__waiter *waiter, bolt_future *future)
{
	bolt_iterator *iterator = bolt__container(waiter, bolt_iterator, waiter);

	end(iterator, bolt_error(future));
	unref(iterator);
}

static void
send_task(bolt_iterator *iterator)
{
	bolt__task *task = iterator->task;

	if (iterator->pool != NULL)
		task->iterator = iterator;
	iterator->waiter.run = iterator->pool != NULL ? task_settled : fetched;
	bolt_future_ref(&task->future); /* the machinery's */
	bolt__future_watch(&task->future, &iterator->waiter);
	if (iterator->pool != NULL)
		bolt__lease_submit(iterator->lease, task);
	else
		bolt__block_submit(iterator->handle->block, task);
}

static void
lease_settled(bolt__waiter *waiter, bolt_future *future)
{
	bolt_iterator *iterator = bolt__container(waiter, bolt_iterator, waiter);

	if (iterator->closed || bolt_failed(future))
	{
		end(iterator, bolt_error(future));
		unref(iterator);
		return;
	}
	send_task(iterator);
}

static void
start(bolt_iterator *iterator)
{
	bolt_exception *error;

	iterator->started = true;
	if (iterator->pool == NULL)
	{
		error = bolt__block_refusal(iterator->handle->block);
		if (error == NULL && !bolt__task_declare(iterator->task, CURSOR))
			error = bolt__out_of_memory();
		if (error != NULL)
		{
			end(iterator, error);
			bolt_error_unref(error);
			return;
		}
		bolt__block_iterates(iterator->handle->block, iterator);
		iterator->references++;
		send_task(iterator);
		return;
	}
	iterator->lease = bolt__lease_new(iterator->pool);
	if (iterator->lease == NULL)
	{
		end(iterator, bolt__out_of_memory());
		return;
	}
	bolt__future_to_background(&iterator->lease->future);
	iterator->references++;
	iterator->waiter.run = lease_settled;
	bolt__future_watch(&iterator->lease->future, &iterator->waiter);
}

/* ----------
 * Making and using
 * ----------
 */
static bolt_iterator failed_without_memory;

static bolt_iterator *
make(bolt__client *client)
{
	bolt_iterator *iterator = calloc(1, sizeof(bolt_iterator));

	if (iterator == NULL)
		return &failed_without_memory;
	iterator->references = 1;
	bolt__link_init(&iterator->chunks);
	if (client != NULL)
		iterator->client = bolt__client_ref(client);
	return iterator;
}

bolt_iterator *
bolt__iterator_new(bolt_database *database, bolt__pool *pool, bolt__task *task)
{
	bolt_iterator *iterator = make(database->client);

	if (iterator == &failed_without_memory)
	{
		bolt_free(&task->future);
		return iterator;
	}
	iterator->pool = pool;
	if (pool == NULL)
		iterator->handle = bolt__database_ref(database);
	iterator->task = task;
	bolt__future_to_background(&task->future); /* whoever asks for a row has a future of its own */
	bolt__debug_name(&task->future, "bolt_aiterator");
	return iterator;
}

bolt_iterator *
bolt__iterate_failed(bolt_database *database, bolt_exception *error)
{
	bolt_iterator *iterator = make(database == NULL ? NULL : database->client);

	if (iterator == &failed_without_memory)
		bolt_error_unref(error);
	else
	{
		iterator->ended = true;
		iterator->error = error;
	}
	return iterator;
}

static bolt_exception *
next_refusal(const bolt_iterator *iterator)
{
	if (iterator == NULL)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the iterator is NULL");
	if (iterator == &failed_without_memory)
		return bolt__out_of_memory();
	if (iterator->wanted != NULL)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
							   "the future of the bolt_anext before has not settled yet");
	if (!iterator->started && !iterator->ended && iterator->client->closing)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the database is closed");
	if (iterator->client == NULL)
		return bolt_error_ref(iterator->error);
	return NULL;
}

bolt_future *
bolt_anext(bolt_iterator *iterator)
{
	bolt_exception *error = next_refusal(iterator);
	bolt__client *client = iterator == NULL ? NULL : iterator->client;
	next_future *next;

	if (error == NULL && bolt__client_forked(client))
		return bolt__future_failed(NULL, bolt__forked_error());
	if (error != NULL)
		return bolt__future_failed(client, error);
	next = calloc(1, sizeof(next_future));
	if (next == NULL)
		return bolt__future_failed(client, bolt__out_of_memory());
	bolt__future_init(&next->future, &next_class, client);
	bolt__debug_name(&next->future, "bolt_anext");
	bolt_future_ref(&next->future); /* the iterator's */
	next->iterator = iterator;
	iterator->wanted = &next->future;
	if (!iterator->started && !iterator->ended)
		start(iterator);
	serve(iterator);
	read_on(iterator);
	return &next->future;
}

/* Rows that are on their way are dropped, and the cursor is closed. */
static void
stop_cursor(bolt_iterator *iterator)
{
	bolt__task *task = iterator->task;
	bolt__connection *connection = task->connection;

	task->iterator = NULL;
	close_cursor(iterator);
	if (iterator->resting)
		end(iterator, NULL);
	else if (!task->future.settled)
		bolt__task_drain(task); /* which ends it */
	iterator->resting = false;
	bolt__block_iterated(iterator->handle->block, iterator);
	if (connection == NULL)
		return;
	connection->paused = false;
	bolt__pipeline_receive(connection);
}

/* The rest is not wanted. Outside of a transaction the statement is cancelled, which would spoil one. */
static void
stop(bolt_iterator *iterator)
{
	bolt__task *task = iterator->task;
	bolt__connection *connection = task->connection;

	if (iterator->handle != NULL)
	{
		stop_cursor(iterator);
		return;
	}
	if (iterator->lease != NULL && bolt_cancel(&iterator->lease->future))
		return;
	if (connection == NULL)
		return;
	task->iterator = NULL;
	connection->paused = false;
	bolt_cancel(&task->future);
	bolt__pipeline_receive(connection);
}

void
bolt__iterator_block_ends(bolt_iterator *iterator)
{
	if (iterator->error == NULL)
		iterator->error = bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, NULL,
										  "the 'atomic' block of this iterator has ended");
	stop(iterator);
}

void
bolt_aclose(bolt_iterator *iterator)
{
	if (iterator == NULL || iterator == &failed_without_memory)
		return;
	if (iterator->client != NULL && bolt__client_forked(iterator->client))
		return; /* the parent's, which goes on with it */
	iterator->closed = true;
	if (iterator->wanted != NULL)
		abandon_next(iterator->wanted, bolt__error_new(BOLT_CANCELLED, NULL, "the iterator was closed"));
	if (iterator->started && !iterator->ended && !iterator->task->abandoned)
		stop(iterator);
	unref(iterator);
}
