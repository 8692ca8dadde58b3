/*
 * transaction.c
 *	  Transactions: a connection of their own, savepoints inside, all or nothing.
 *
 * A block is the future that bolt_atomic returns. It takes a connection; then a coroutine runs the body
 * with a handle made for it, and ends with COMMIT or ROLLBACK. A block that waits, for a connection or before
 * it tries again, has no stack. An inner block does the same with a savepoint. BEGIN has no round trip
 * of its own: it goes ahead of the first statement.
 */
#include "transaction.h"
#include "connection.h"
#include "coroutine.h"
#include "debug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_PAUSE 10 /* ms, doubled each time, with jitter */

typedef struct commit_hook
{
	bolt__link link;
	void (*callback)(void *arg);
	void *arg;
	void (*destroy)(void *arg);
} commit_hook;

struct bolt__block
{
	bolt_future future; /* first: a block is a future */
	bolt__block *outer;
	bolt__block *inner; /* open */
	int depth;			/* of savepoints: 0 for the outermost */
	bolt__pool *pool;
	bolt__lease *lease; /* the outermost block's */
	bolt_database *handle;
	bolt_atomic_body body;
	void *arg;
	void (*destroy)(void *arg);
	bolt_isolation isolation;
	bool read_only;
	int retries;
	bool spoilt;
	bolt_exception *cause;	 /* of that, if known */
	bool ending;			 /* COMMIT or ROLLBACK is on its way, and is not cancelled */
	bolt_iterator *iterator; /* open in it */
	void *coroutine;
	bolt_future *awaited; /* without a coroutine: the lease, or the pause before the next attempt */
	bolt__waiter waiter;
	int attempt;
	bolt__link commit_hooks;
};

/* ----------
 * What goes through it
 * ----------
 */
static bolt_exception *
spoilt_error(const bolt__block *block, const char *message)
{
	bolt_exception *error = bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, "25P02", "%s", message);

	if (block->cause != NULL)
		bolt__error_hint(error, "The error was: %s. What may fail belongs into an inner block.",
						 bolt_error_message(block->cause));
	return error;
}

bolt_exception *
bolt__block_spoilt(const bolt__block *block)
{
	if (block == NULL || !block->spoilt)
		return NULL;
	return spoilt_error(
		block,
		"An error occurred in the current transaction. You can't execute queries until the end of "
		"the 'atomic' block.");
}

bolt_exception *
bolt__block_refusal(const bolt__block *block)
{
	if (block == NULL)
		return bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, NULL,
							   "the 'atomic' block of this handle has ended");
	if (block->spoilt)
		return bolt__block_spoilt(block);
	if (block->inner != NULL)
		return bolt__error_hint(
			bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, NULL, "an inner 'atomic' block is open"),
			"What goes through the outer handle now would be undone with the inner block: use the inner one's, or await the inner block first.");
	if (block->iterator != NULL)
		return bolt__error_hint(bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, NULL,
												"an iterator is open in this 'atomic' block"),
								"It has the transaction's connection until its last row, or bolt_aclose.");
	return NULL;
}

void
bolt__block_spoil(bolt__block *block, const bolt_exception *cause)
{
	block->spoilt = true;
	if (block->cause == NULL)
		block->cause = bolt_error_ref((bolt_exception *) cause);
}

/* By itself: rows one by one cannot be asked for behind another statement of the same unit. */
static void
submit_begin(bolt__block *block)
{
	bolt__task *task = bolt__task_new(block->future.client, NULL, block->lease->begin, NULL);

	if (task == NULL)
		return; /* it goes ahead of the iterator's statement, whose rows come all at once then */
	block->lease->begin = NULL;
	task->begins = true;
	task->block = block;
	bolt__lease_submit(block->lease, task);
}

void
bolt__block_submit(bolt__block *block, bolt__task *task)
{
	if (task->iterator != NULL && block->lease->begin != NULL)
		submit_begin(block);
	task->block = block;
	bolt__lease_submit(block->lease, task);
}

bolt__lease *
bolt__block_lease(bolt__block *block)
{
	return block->lease;
}

void
bolt__block_iterates(bolt__block *block, bolt_iterator *iterator)
{
	block->iterator = iterator;
}

void
bolt__block_iterated(bolt__block *block, const bolt_iterator *iterator)
{
	if (block != NULL && block->iterator == iterator)
		block->iterator = NULL;
}

/* ----------
 * Hooks
 * ----------
 */
static void
drop_commit_hooks(bolt__block *block)
{
	while (!bolt__list_empty(&block->commit_hooks))
	{
		commit_hook *hook = bolt__container(block->commit_hooks.next, commit_hook, link);

		bolt__link_remove(&hook->link);
		bolt__destroy(hook->destroy, hook->arg);
		free(hook);
	}
}

static void
call_hook(void (*callback)(void *), void *arg)
{
	void *coroutine = bolt__coroutine_leave();

	bolt__callback_depth++;
	callback(arg);
	bolt__callback_depth--;
	bolt__coroutine_return(coroutine);
}

static void
run_commit_hooks(bolt__block *block)
{
	while (!bolt__list_empty(&block->commit_hooks))
	{
		commit_hook *hook = bolt__container(block->commit_hooks.next, commit_hook, link);

		bolt__link_remove(&hook->link);
		call_hook(hook->callback, hook->arg);
		bolt__destroy(hook->destroy, hook->arg);
		free(hook);
	}
}

int
bolt_on_commit(bolt_database *transaction, void (*callback)(void *arg), void *arg)
{
	return bolt_on_commit_with(transaction, callback, arg, NULL);
}

int
bolt_on_commit_with(bolt_database *transaction, void (*callback)(void *arg), void *arg,
					void (*destroy)(void *arg))
{
	bool refused =
		transaction == NULL || callback == NULL || (transaction->in_block && transaction->block == NULL);
	commit_hook *hook = refused || !transaction->in_block ? NULL : calloc(1, sizeof(commit_hook));

	if (hook == NULL)
	{
		bool outside = !refused && !transaction->in_block;

		if (outside)
			call_hook(callback, arg);
		bolt__destroy(destroy, arg);
		return outside ? 0 : -1;
	}
	hook->destroy = destroy;
	hook->callback = callback;
	hook->arg = arg;
	bolt__list_append(&transaction->block->commit_hooks, &hook->link);
	return 0;
}

bool
bolt_in_atomic_block(const bolt_database *database)
{
	return database != NULL && database->in_block;
}

/* ----------
 * Statements of its own
 * ----------
 */

/* Sends BEGIN's like. A failure spoils the block given. Its future, or NULL without memory. */
static bolt_future *
submit_text(bolt__block *block, bolt__block *spoils, const char *format, int number)
{
	bolt__task *task = bolt__task_new(block->future.client, NULL, NULL, NULL);

	if (task == NULL)
	{
		spoils->spoilt = true;
		return NULL;
	}
	snprintf(task->text_memory, sizeof(task->text_memory), "%s", format);
	if (number > 0)
		snprintf(task->text_memory + strlen(task->text_memory),
				 sizeof(task->text_memory) - strlen(task->text_memory), "%d", number);
	task->text = task->text_memory;
	task->block = spoils;
	bolt_future_ref(&task->future);
	bolt__lease_submit(block->lease, task);
	return &task->future;
}

/* Sends it and waits. Its error, or NULL. */
static bolt_exception *
run_text(bolt__block *block, bolt__block *spoils, const char *text, int number)
{
	bolt_future *done = submit_text(block, spoils, text, number);
	bolt_exception *error;

	if (done == NULL)
		return bolt__out_of_memory();
	bolt__coroutine_wait(done);
	error = bolt_error_ref((bolt_exception *) bolt_error(done));
	if (error == NULL && strcmp(text, "COMMIT") == 0 && strcmp(PQcmdStatus(done->result), "COMMIT") != 0)
		error = bolt__error_new(BOLT_TRANSACTION_MANAGEMENT_ERROR, "25P02",
								"the server rolled the transaction back instead of committing it");
	bolt_free(done);
	return error;
}

static void
set_begin(bolt__block *block)
{
	static const char *const levels[] = {
		[BOLT_ISOLATION_DEFAULT] = "",
		[BOLT_READ_COMMITTED] = " ISOLATION LEVEL READ COMMITTED",
		[BOLT_REPEATABLE_READ] = " ISOLATION LEVEL REPEATABLE READ",
		[BOLT_SERIALIZABLE] = " ISOLATION LEVEL SERIALIZABLE",
	};
	bolt__lease *lease = block->lease;

	snprintf(lease->begin_memory, sizeof(lease->begin_memory), "BEGIN%s%s", levels[block->isolation],
			 block->read_only ? " READ ONLY" : "");
	lease->begin = lease->begin_memory;
}

/* ----------
 * The body
 * ----------
 */

/* Runs it and waits for what it returns. The future, to be freed, or NULL; and the error, if any. */
static bolt_future *
run_body(bolt__block *block, bolt_exception **error)
{
	bolt_future *value = NULL;

	*error = NULL;
	block->handle = bolt__database_new(block->future.client, block);
	if (block->handle == NULL)
		*error = bolt__out_of_memory();
	else
	{
		value = block->body(block->handle, block->arg);
		if (value != NULL)
			bolt__coroutine_wait(value);
		*error = bolt_error_ref((bolt_exception *) bolt_error(value));
		if (block->iterator != NULL)
			bolt__iterator_block_ends(block->iterator);
		block->handle->block = NULL;
		bolt__database_unref(block->handle);
		block->handle = NULL;
	}
	if (*error == NULL && block->spoilt)
		*error = spoilt_error(
			block,
			"an error occurred in the 'atomic' block, so it was rolled back, though its body did not fail");
	block->ending = true;
	return value;
}

/* ----------
 * The outermost block
 * ----------
 */
static bolt_exception *
commit(bolt__block *block)
{
	bolt__lease *lease = block->lease;
	bolt_exception *error;
	bolt_exception *unknown;

	if (lease->connection == NULL)
		return bolt_error_ref(lease->loss);
	if (lease->begin != NULL)
		return NULL; /* nothing was asked, not even BEGIN */
	error = run_text(block, block, "COMMIT", 0);
	if (error == NULL || lease->connection != NULL)
		return error;
	unknown = bolt__error_new(BOLT_OPERATIONAL_ERROR, "08007", "the connection was lost during COMMIT: %s",
							  bolt_error_message(error));
	bolt_error_unref(error);
	return bolt__error_hint(unknown, "Whether the transaction was committed is unknown.");
}

static void
settle(bolt__block *block, bolt_future *value, bolt_exception *error)
{
	if (error != NULL)
		bolt__settle(&block->future, error);
	else if (value != NULL)
		bolt__settle_as(&block->future, value);
	else
		bolt__settle(&block->future, NULL);
	bolt_free(value);
	bolt__destroy(block->destroy, block->arg);
	bolt_free(&block->future); /* the machinery's */
}

/* Outside of a coroutine: goes on when it has settled; at once where it has already. */
static void
wait_for(bolt__block *block, bolt_future *future, void (*go_on)(bolt__waiter *, bolt_future *))
{
	block->awaited = future;
	block->waiter.run = go_on;
	if (future->settled)
		go_on(&block->waiter, future);
	else
		bolt__future_watch(future, &block->waiter);
}

static void begin_attempt(bolt__block *block);

static bool
is_to_be_retried(const bolt__block *block, const bolt_exception *error)
{
	return bolt_error_code(error) == BOLT_SERIALIZATION_FAILURE && block->attempt < block->retries &&
		!block->future.settled && !block->future.client->closing;
}

static void
pause_is_over(bolt__waiter *waiter, bolt_future *slept)
{
	bolt__block *block = bolt__container(waiter, bolt__block, waiter);
	bolt_exception *error = bolt_error_ref((bolt_exception *) bolt_error(slept));

	block->awaited = NULL;
	bolt_free(slept);
	if (error != NULL)
		settle(block, NULL, error);
	else
		begin_attempt(block);
}

static void
pause_before_retry(bolt__block *block)
{
	unsigned int seed = (unsigned int) bolt__now() ^ (unsigned int) (uintptr_t) block;
	int pause = RETRY_PAUSE << (block->attempt < 8 ? block->attempt : 8);
	bolt_database *database = bolt__database_new(block->future.client, NULL);
	bolt_future *slept = bolt_sleep(database, pause / 2 + rand_r(&seed) % pause);

	block->attempt++;
	bolt__database_unref(database);
	wait_for(block, slept, pause_is_over);
}

/* Takes the value and the error over. */
static void
end_attempt(bolt__block *block, bolt_future *value, bolt_exception *error)
{
	bolt__lease_end(block->lease);
	bolt_free(&block->lease->future);
	block->lease = NULL;
	if (error == NULL)
		run_commit_hooks(block);
	drop_commit_hooks(block);
	if (!is_to_be_retried(block, error))
	{
		settle(block, value, error);
		return;
	}
	bolt_free(value);
	bolt_error_unref(error);
	pause_before_retry(block);
}

static void
run_attempt(void *arg)
{
	bolt__block *block = arg;
	bolt_exception *error;
	bolt_future *value;

	block->coroutine = bolt__coroutine_self();
	set_begin(block);
	value = run_body(block, &error);
	if (error == NULL)
		error = commit(block);
	else if (block->lease->connection != NULL && block->lease->begin == NULL)
		bolt_error_unref(run_text(block, block, "ROLLBACK", 0));
	block->coroutine = NULL;
	end_attempt(block, value, error);
}

/* The body has a stack from here on. */
static void
connection_came(bolt__waiter *waiter, bolt_future *lease)
{
	bolt__block *block = bolt__container(waiter, bolt__block, waiter);
	bolt_exception *error = bolt_error_ref((bolt_exception *) bolt_error(lease));

	block->awaited = NULL;
	if (error == NULL && block->future.settled)
		error = bolt__error_new(BOLT_CANCELLED, NULL, "cancelled by the caller");
	if (error == NULL && !bolt__coroutine_start(block->future.client, run_attempt, block))
		error = bolt__out_of_memory();
	if (error != NULL)
		end_attempt(block, NULL, error);
}

static void
begin_attempt(bolt__block *block)
{
	block->spoilt = block->future.settled;
	bolt_error_unref(block->cause);
	block->cause = NULL;
	block->ending = false;
	block->lease = bolt__lease_new(block->pool);
	if (block->lease == NULL)
		settle(block, NULL, bolt__out_of_memory());
	else
		wait_for(block, &block->lease->future, connection_came);
}

/* ----------
 * An inner block
 * ----------
 */
static bolt_future *
run_inner(bolt__block *block, bolt_exception **error)
{
	bolt__block *outer = block->outer;
	bolt_future *value;

	bolt_free(submit_text(block, outer, "SAVEPOINT bolt_", block->depth));
	value = run_body(block, error);
	if (*error == NULL)
		*error = run_text(block, outer, "RELEASE SAVEPOINT bolt_", block->depth);
	else if (block->lease->connection == NULL)
		outer->spoilt = true;
	else
	{
		bolt_free(submit_text(block, outer, "ROLLBACK TO SAVEPOINT bolt_", block->depth));
		bolt_error_unref(run_text(block, outer, "RELEASE SAVEPOINT bolt_", block->depth));
	}
	if (*error == NULL)
		bolt__list_move(&outer->commit_hooks, &block->commit_hooks);
	drop_commit_hooks(block);
	outer->inner = NULL;
	return value;
}

/* ----------
 * bolt_atomic
 * ----------
 */
static void
run_inner_block(void *arg)
{
	bolt__block *block = arg;
	bolt_exception *error = NULL;
	bolt_future *value;

	block->coroutine = bolt__coroutine_self();
	value = run_inner(block, &error);
	block->coroutine = NULL;
	settle(block, value, error);
}

static void
abandon(bolt_future *future, bolt_exception *error)
{
	bolt__block *block = (bolt__block *) future;

	bolt_future_ref(future);
	block->spoilt = true;
	bolt__settle(future, error);
	if (block->inner != NULL)
		bolt_cancel(&block->inner->future);
	if (block->coroutine != NULL && !block->ending)
		bolt__coroutine_cancel(block->coroutine);
	bolt_cancel(block->awaited);
	bolt_free(future);
}

static void
dispose(bolt_future *future)
{
	bolt_error_unref(((bolt__block *) future)->cause);
}

static const bolt__future_class block_class = {abandon, dispose, true};

static bolt_exception *
refusal(const bolt_database *database, bolt_atomic_body body, const bolt_atomic_options *options)
{
	if (database == NULL || body == NULL)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
							   database == NULL ? "the database is NULL" : "the body is NULL");
	if (database->client->closing)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the database is closed");
	if (bolt__client_forked(database->client))
		return bolt__forked_error();
	if (database->client->error != NULL)
		return bolt_error_ref(database->client->error);
	if (!database->in_block)
		return NULL;
	if (options->durable)
		return bolt__error_new(BOLT_RUNTIME_ERROR, NULL,
							   "A durable atomic block cannot be nested within another atomic block.");
	return bolt__block_refusal(database->block);
}

bolt_future *
bolt_atomic_with(bolt_database *database, bolt_atomic_body body, void *arg, const bolt_atomic_options *given)
{
	bolt_atomic_options options = {.size = sizeof(options)};
	bolt_exception *error;
	bolt__pool *pool = NULL;
	bolt__block *block;

	if (given != NULL)
		memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
	error = refusal(database, body, &options);
	if (error == NULL && !database->in_block)
		pool = bolt__client_pool(database->client, options.using, !options.read_only, &error);
	block = error != NULL ? NULL : calloc(1, sizeof(bolt__block));
	if (block == NULL)
	{
		bolt__destroy(options.destroy, arg);
		return bolt__request_failed(database, error != NULL ? error : bolt__out_of_memory());
	}
	bolt__future_init(&block->future, &block_class, database->client);
	bolt__debug_name(&block->future, "bolt_atomic");
	bolt__link_init(&block->commit_hooks);
	block->body = body;
	block->arg = arg;
	block->destroy = options.destroy;
	block->isolation = options.isolation <= BOLT_SERIALIZABLE ? options.isolation : BOLT_ISOLATION_DEFAULT;
	block->read_only = options.read_only;
	block->retries = options.retries;
	block->pool = pool;
	database->client->used = true;
	bolt_future_ref(&block->future); /* the machinery's */
	if (!database->in_block)
		begin_attempt(block);
	else
	{
		block->outer = database->block;
		block->depth = block->outer->depth + 1;
		block->lease = block->outer->lease;
		block->outer->inner = block;
		if (!bolt__coroutine_start(database->client, run_inner_block, block))
		{
			block->outer->inner = NULL;
			settle(block, NULL, bolt__out_of_memory());
		}
	}
	return &block->future;
}
