/*
 * coroutine.c
 *	  Coroutines, and waiting for futures in them, in scripts, and nowhere else.
 *
 * A coroutine runs on a stack of its own until it waits; then its resumer goes on. It is resumed by the
 * future that it waits for, from the loop. A stack has a page below it that nobody may touch, so that an
 * overflow is a fault and not another's data; finished stacks are kept for the next ones of the same client, and
 * unmapped with it.
 */
#include "coroutine.h"
#include "context.h"
#include "debug.h"
#include "future_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/asan_interface.h>
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void) (id))
#endif

#define KEPT_STACKS 64

/* Lives at the top of its own stack. */
typedef struct bolt__coroutine
{
	struct bolt__coroutine *next; /* of the stacks kept */
	char *memory;
	size_t size; /* with the guard page */
	unsigned int valgrind_id;

	bolt__context context;
	bolt__context resumer;
	struct bolt__coroutine *outer; /* that was running when this one was resumed */
	bolt__client *client;
	void (*body)(void *arg);
	void *arg;
	bool finished;
	bolt__waiter waiter;
	bolt_future *awaited;

	void *fake_stack; /* AddressSanitizer's */
	const void *resumer_stack;
	size_t resumer_stack_size;
} coroutine;

static __thread coroutine *current;

bool
bolt__in_coroutine(void)
{
	return current != NULL;
}

void *
bolt__coroutine_leave(void)
{
	coroutine *left = current;

	current = NULL;
	return left;
}

void
bolt__coroutine_return(void *left)
{
	current = left;
}

/* ----------
 * Stacks
 * ----------
 */
static coroutine *
map_stack(size_t wanted)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	size_t size = (wanted + page - 1) / page * page + page;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	coroutine *made;

	if (memory == MAP_FAILED)
		return NULL;
	if (mprotect(memory, page, PROT_NONE) != 0)
	{
		munmap(memory, size);
		return NULL;
	}
	made = (coroutine *) (memory + size - (sizeof(coroutine) + 63) / 64 * 64);
	made->memory = memory;
	made->size = size;
	made->valgrind_id = VALGRIND_STACK_REGISTER(memory, made);
	return made;
}

static coroutine *
take_stack(bolt__client *client)
{
	coroutine *taken = client->stacks;

	if (taken == NULL)
		return map_stack(client->options.stack_size);
	client->stacks = taken->next;
	client->stack_count--;
	return taken;
}

static void
unmap_stack(coroutine *old)
{
	VALGRIND_STACK_DEREGISTER(old->valgrind_id);
	munmap(old->memory, old->size);
}

static void
give_stack_back(bolt__client *client, coroutine *old)
{
#ifdef WITH_ASAN
	__asan_unpoison_memory_region(old->memory, (size_t) ((char *) old - old->memory));
#endif
	if (client->stack_count >= KEPT_STACKS)
	{
		unmap_stack(old);
		return;
	}
	old->next = client->stacks;
	client->stacks = old;
	client->stack_count++;
}

void
bolt__coroutine_unmap_kept(bolt__client *client)
{
	while (client->stacks != NULL)
	{
		coroutine *old = client->stacks;

		client->stacks = old->next;
		unmap_stack(old);
	}
	client->stack_count = 0;
}

/* ----------
 * Switching
 * ----------
 */

/* What AddressSanitizer has to know when one stack is left and when the other is entered. */
static void
leave_stack(void **fake_stack, const void *to, size_t size)
{
#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(fake_stack, to, size);
#else
	(void) fake_stack;
	(void) to;
	(void) size;
#endif
}

static void
enter_stack(void *fake_stack, const void **from, size_t *size)
{
#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(fake_stack, from, size);
#else
	(void) fake_stack;
	(void) from;
	(void) size;
#endif
}

static void
start(void *arg)
{
	coroutine *self = arg;

	enter_stack(NULL, &self->resumer_stack, &self->resumer_stack_size);
	self->body(self->arg);
	self->finished = true;
	leave_stack(NULL, self->resumer_stack, self->resumer_stack_size);
	bolt__context_switch(&self->context, &self->resumer); /* for good */
}

/* Until it waits or ends. */
static void
resume(coroutine *resumed)
{
	bolt__client *client = resumed->client;
	void *fake_stack = NULL;

	resumed->outer = current;
	current = resumed;
	leave_stack(&fake_stack, resumed->memory, resumed->size);
	bolt__context_switch(&resumed->resumer, &resumed->context);
	enter_stack(fake_stack, NULL, NULL);
	current = resumed->outer;
	if (resumed->finished)
	{
		give_stack_back(client, resumed);
		bolt__client_close_if_due(client);
		bolt__client_unref(client);
	}
}

static void
resume_waiting(bolt__waiter *waiter, bolt_future *future)
{
	(void) future;
	resume(bolt__container(waiter, coroutine, waiter));
}

void
bolt__coroutine_wait(bolt_future *future)
{
	coroutine *self = current;

	if (future->settled)
		return;
	self->awaited = future;
	self->waiter.run = resume_waiting;
	bolt__future_watch(future, &self->waiter);
	leave_stack(&self->fake_stack, self->resumer_stack, self->resumer_stack_size);
	bolt__context_switch(&self->context, &self->resumer);
	enter_stack(self->fake_stack, &self->resumer_stack, &self->resumer_stack_size);
	self->awaited = NULL;
}

void *
bolt__coroutine_self(void)
{
	return current;
}

void
bolt__coroutine_cancel(void *cancelled)
{
	bolt_cancel(((coroutine *) cancelled)->awaited);
}

bool
bolt__coroutine_start(bolt__client *client, void (*body)(void *arg), void *arg)
{
	coroutine *started = take_stack(client);

	if (started == NULL)
		return false;
	started->client = bolt__client_ref(client);
	started->body = body;
	started->arg = arg;
	started->finished = false;
	started->awaited = NULL;
	bolt__context_make(&started->context, started->memory, (size_t) ((char *) started - started->memory),
					   start, started);
	resume(started);
	return true;
}

/* ----------
 * bolt_spawn
 * ----------
 */
typedef struct spawned
{
	bolt_future future;
	bolt_coroutine body;
	void *arg;
	void (*destroy)(void *arg);
	void *coroutine; /* NULL: it has ended */
} spawned;

static void
abandon_spawned(bolt_future *future, bolt_exception *error)
{
	spawned *task = (spawned *) future;

	bolt_future_ref(future);
	bolt__settle(future, error);
	if (task->coroutine != NULL)
		bolt__coroutine_cancel(task->coroutine);
	bolt_free(future);
}

static const bolt__future_class spawned_class = {abandon_spawned, NULL, true};

static void
run_spawned(void *arg)
{
	spawned *task = arg;

	task->coroutine = bolt__coroutine_self();
	task->future.pointer = task->body(task->arg);
	bolt__destroy(task->destroy, task->arg);
	task->coroutine = NULL;
	bolt__settle(&task->future, NULL);
	bolt_free(&task->future);
}

#undef bolt_spawn
bolt_future *
bolt_spawn(bolt_database *database, bolt_coroutine body, void *arg)
{
	return bolt_spawn_with(database, body, arg, NULL);
}

static bolt_future *
refuse_to_spawn(bolt__client *client, const bolt_spawn_options *options, void *arg, bolt_exception *error)
{
	bolt__destroy(options->destroy, arg);
	return bolt__future_failed(client, error);
}

bolt_future *
bolt_spawn_with(bolt_database *database, bolt_coroutine body, void *arg, const bolt_spawn_options *given)
{
	bolt__client *client = database == NULL ? NULL : database->client;
	bolt_spawn_options options = {0};
	spawned *task;

	if (given != NULL)
		memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
	if (client == NULL || client->closing || body == NULL)
		return refuse_to_spawn(client, &options, arg,
							   bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
											   client == NULL	? "the database is NULL" :
												   body == NULL ? "the coroutine's body is NULL" :
																  "the database is closed"));
	if (bolt__client_forked(client))
		return refuse_to_spawn(NULL, &options, arg, bolt__forked_error());
	task = calloc(1, sizeof(spawned));
	if (task == NULL)
		return refuse_to_spawn(client, &options, arg, bolt__out_of_memory());
	bolt__future_init(&task->future, &spawned_class, client);
	bolt__debug_name(&task->future, "bolt_spawn");
	task->body = body;
	task->arg = arg;
	task->destroy = options.destroy;
	bolt_future_ref(&task->future); /* the coroutine's */
	if (!bolt__coroutine_start(client, run_spawned, task))
	{
		bolt__destroy(task->destroy, arg);
		bolt_free(&task->future);
		bolt__settle(&task->future, bolt__out_of_memory());
	}
	return &task->future;
}

/* ----------
 * bolt_await
 * ----------
 */
static bolt_future *
refuse(bolt_future *future)
{
	bolt_exception *error = bolt__error_new(
		BOLT_SYNCHRONOUS_ONLY_OPERATION, NULL,
		"You cannot call this from an async context - use a callback (bolt_then) or a coroutine (bolt_spawn).");
	bolt_future *refused;

	bolt__error_hint(
		error,
		"bolt_await would block the event loop here: it belongs into a coroutine, or into a script that has no loop.");
	refused = bolt__future_failed(future->client, error);
	bolt_cancel(future);
	bolt_free(future);
	return refused;
}

bolt_future *
bolt_await(bolt_future *future)
{
	if (future == NULL)
		return bolt__future_failed(NULL, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "bolt_await of NULL"));
	if (current != NULL)
	{
		bolt__coroutine_wait(future);
		return future;
	}
	if (future->immortal || future->client == NULL)
		return future;
	if (!future->settled && bolt__client_forked(future->client))
	{
		bolt_free(future);
		return bolt__future_failed(NULL, bolt__forked_error());
	}
	if (bolt__callback_depth > 0 || future->client->attached)
		return refuse(future);
	if (!future->settled)
		bolt__client_begins(future->client);
	while (!future->settled)
		if (!bolt__poll_once(-1))
			break;
	if (future->settled)
		return future;
	bolt_free(future);
	return bolt__future_failed(NULL,
							   bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
											   "nothing is under way that could settle this future"));
}
