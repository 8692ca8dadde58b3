/*-------------------------------------------------------------------------
 *
 * catch.c
 *	  A future in the place of another one that has failed.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/response.h"

#include <stdlib.h>

#include "coroutine.h"
#include "debug.h"
#include "future_state.h"

typedef struct catch_future
{
	bolt_future future;
	bolt__waiter waiter;
	bolt_future *awaited; /* the first one, then what came in its place */
	bolt_catcher catcher; /* NULL once it has been called */
	void *arg;
	void (*destroy)(void *arg);
} catch_future;

static void
abandon(bolt_future *future, bolt_exception *error)
{
	catch_future *self = (catch_future *) future;

	bolt_future_ref(future);
	bolt__settle(future, error);
	bolt_cancel(self->awaited);
	bolt_free(future);
}

static void
dispose(bolt_future *future)
{
	bolt__future_pass_overs(future, ((catch_future *) future)->awaited);
	bolt_free(((catch_future *) future)->awaited);
}

static const bolt__future_class catch_class = {abandon, dispose, true};

static bolt_future *
call_catcher(bolt_catcher catcher, const bolt_exception *error, void *arg)
{
	void *coroutine = bolt__coroutine_leave();
	bolt_future *instead;

	bolt__callback_depth++;
	instead = catcher(error, arg);
	bolt__callback_depth--;
	bolt__coroutine_return(coroutine);
	return instead;
}

static void
settled(bolt__waiter *waiter, bolt_future *future)
{
	catch_future *self = bolt__container(waiter, catch_future, waiter);
	bolt_catcher catcher = self->catcher;

	self->catcher = NULL;
	if (catcher != NULL && !self->future.settled && bolt_failed(future))
	{
		bolt_future *instead = call_catcher(catcher, future->error, self->arg);

		bolt__destroy(self->destroy, self->arg);
		self->destroy = NULL;
		if (instead != NULL)
		{
			bolt__future_pass_overs(&self->future, self->awaited);
			bolt_free(self->awaited);
			self->awaited = instead;
			bolt__future_watch(instead, &self->waiter);
			return;
		}
	}
	if (bolt_failed(future))
	{
		if (!self->future.settled)
			bolt__settle(&self->future, bolt_error_ref(future->error));
	}
	else
		bolt__settle_as(&self->future, future);
	bolt__destroy(self->destroy, self->arg);
	self->destroy = NULL;
	bolt_free(&self->future); /* the waiter's reference */
}

bolt_future *
bolt_catch(bolt_future *future, bolt_catcher catcher, void *arg)
{
	return bolt_catch_with(future, catcher, arg, NULL);
}

bolt_future *
bolt_catch_with(bolt_future *future, bolt_catcher catcher, void *arg, void (*destroy)(void *arg))
{
	bolt__client *client = future == NULL ? NULL : future->client;
	catch_future *self;

	/* no loop will tell: it has failed from the start */
	if (client == NULL)
	{
		bolt_future *instead = bolt_failed(future) && catcher != NULL ? catcher(future->error, arg) : NULL;

		bolt__destroy(destroy, arg);
		if (instead == NULL)
			return future != NULL ? future : bolt_fail(NULL, BOLT_INTERFACE_ERROR, "the future is NULL");
		bolt_free(future);
		return instead;
	}
	self = calloc(1, sizeof(catch_future));
	if (self == NULL)
	{
		bolt__destroy(destroy, arg);
		bolt_free(future);
		return bolt__future_failed(client, bolt__out_of_memory());
	}
	bolt__future_init(&self->future, &catch_class, client);
	bolt__debug_name(&self->future, "bolt_catch");
	self->awaited = future;
	self->catcher = catcher;
	self->arg = arg;
	self->destroy = destroy;
	self->waiter.run = settled;
	bolt_future_ref(&self->future);
	bolt__future_watch(future, &self->waiter);
	return &self->future;
}
