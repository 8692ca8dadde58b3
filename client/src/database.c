/*
 * database.c
 *	  Databases: opened, asked, closed.
 */
#include "coroutine.h"
#include "pool.h"
#include "resolver.h"
#include "transaction.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ----------
 * Processes
 * ----------
 */
int bolt__forks = 0;

static void
count_fork(void)
{
	bolt__forks++;
	bolt__poll_forget();
}

__attribute__((constructor)) static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

bolt_exception *
bolt__forked_error(void)
{
	return bolt__error_hint(bolt__error_new(BOLT_INTERFACE_ERROR, NULL,
											"the database was opened by the parent process"),
							"Connections are not shared by processes: open another database after fork.");
}

/* ----------
 * References
 * ----------
 */
bolt__client *
bolt__client_ref(bolt__client *client)
{
	client->references++;
	return client;
}

void
bolt__client_unref(bolt__client *client)
{
	if (--client->references > 0)
		return;
	if (client->thread != NULL)
		bolt__poll_leave(client);
	for (int i = 0; i < client->pool_count; i++)
		bolt__pool_dispose(&client->pools[i]);
	free(client->pools);
	bolt__coroutine_unmap_kept(client);
	bolt_error_unref(client->error);
	free(client);
}

bolt_database *
bolt__database_new(bolt__client *client, bolt__block *block)
{
	bolt_database *database = calloc(1, sizeof(bolt_database));

	if (database == NULL)
		return NULL;
	database->references = 1;
	database->client = bolt__client_ref(client);
	database->in_block = block != NULL;
	database->block = block;
	return database;
}

bolt_database *
bolt__database_ref(bolt_database *database)
{
	if (database != NULL)
		database->references++;
	return database;
}

void
bolt__database_unref(bolt_database *database)
{
	if (database == NULL || --database->references > 0)
		return;
	bolt__client_unref(database->client);
	free(database);
}

/* ----------
 * Options
 * ----------
 */
static const bolt_options defaults = {
	.size = sizeof(bolt_options),
	.connections = 4,
	.pipeline = 32,
	.queue = 10000,
	.connect_timeout = 10000,
	.queue_timeout = 30000,
	.query_timeout = -1,
	.cancel_timeout = 5000,
	.reconnect_pause = 100,
	.reconnect_pause_max = 500,
	.stack_size = 1024 * 1024,
};

/* What was left out is 0. */
static void
set_option(int *option, int value)
{
	if (value != 0)
		*option = value;
}

static void
set_options(bolt__client *client, const bolt_options *given)
{
	bolt_options *options = &client->options;
	bolt_options full = {.size = 0};

	*options = defaults;
	if (given == NULL)
		given = &defaults;
	memcpy(&full, given,
		   given->size < sizeof(full) ? given->size : sizeof(full)); /* of an older version: shorter */
	set_option(&options->connections, full.connections);
	set_option(&options->pipeline, full.pipeline);
	set_option(&options->queue, full.queue);
	set_option(&options->connect_timeout, full.connect_timeout);
	client->has_connect_timeout = full.connect_timeout != 0;
	set_option(&options->queue_timeout, full.queue_timeout);
	set_option(&options->query_timeout, full.query_timeout);
	set_option(&options->cancel_timeout, full.cancel_timeout);
	set_option(&options->reconnect_pause, full.reconnect_pause);
	set_option(&options->reconnect_pause_max, full.reconnect_pause_max);
	if (full.stack_size != 0)
		options->stack_size = full.stack_size;
	options->unprepared = full.unprepared;
	options->read_from_replicas = full.read_from_replicas;
	if (options->connections < 1)
		options->connections = 1;
	if (options->pipeline < 1)
		options->pipeline = 1;
	set_option(&options->leases, full.leases);
	if (options->leases < 1)
		options->leases = options->connections > 1 ? options->connections - 1 : 1;
	if (options->queue < 0)
		options->queue = 0;
}

/* ----------
 * Opening
 * ----------
 */
static void
check_conninfo(bolt__client *client, const char *alias, const char *conninfo)
{
	char *message = NULL;
	PQconninfoOption *parsed = PQconninfoParse(conninfo == NULL ? "" : conninfo, &message);
	size_t length = message == NULL ? 0 : strlen(message);

	if (parsed == NULL && client->error == NULL)
	{
		while (length > 0 && message[length - 1] == '\n')
			message[--length] = '\0';
		client->error = bolt__error_new(BOLT_IMPROPERLY_CONFIGURED, NULL,
										"the conninfo of \"%s\" cannot be understood: %s", alias,
										message == NULL ? "out of memory" : message);
	}
	PQconninfoFree(parsed);
	PQfreemem(message);
}

static bool
make_pools(bolt__client *client, const char *conninfo, const bolt_replica *replicas)
{
	int count = 1;

	for (const bolt_replica *replica = replicas; replica != NULL && replica->alias != NULL; replica++)
		count++;
	client->pools = calloc((size_t) count, sizeof(bolt__pool));
	if (client->pools == NULL)
		return false;
	for (int i = 0; i < count; i++)
	{
		const char *alias = i == 0 ? "default" : replicas[i - 1].alias;
		const char *where = i == 0 ? conninfo : replicas[i - 1].conninfo;

		client->pool_count++;
		if (!bolt__pool_init(&client->pools[i], client, alias, where))
			return false;
		check_conninfo(client, alias, where);
	}
	return true;
}

bolt_database *
bolt_open(const char *conninfo, const bolt_options *options)
{
	bolt__client *client = calloc(1, sizeof(bolt__client));
	const bolt_replica *replicas = NULL;
	bolt_database *database;

	if (client == NULL)
		return NULL;
	client->references = 1;
	client->forks = bolt__forks;
	client->woken_at = BOLT__NEVER;
	bolt__link_init(&client->sockets);
	bolt__link_init(&client->unsettled);
	bolt__link_init(&client->background);
	bolt__link_init(&client->lookups);
	bolt__link_init(&client->clients);
	set_options(client, options);
	if (options != NULL && options->size >= offsetof(bolt_options, replicas) + sizeof(options->replicas))
		replicas = options->replicas;
	database = make_pools(client, conninfo, replicas) ? bolt__database_new(client, NULL) : NULL;
	client->root = database;
	bolt__client_unref(client);
	return database;
}

const bolt_exception *
bolt_database_error(const bolt_database *database)
{
	return database == NULL ? NULL : database->client->error;
}

/* ----------
 * Closing
 * ----------
 */
static bolt_exception *
closed_error(void)
{
	return bolt__error_new(BOLT_INTERFACE_ERROR, "57P01", "the database was closed");
}

static void
fail_list(bolt__link *list)
{
	bolt__link *link = list->next;

	while (link != list)
	{
		bolt_future *future = bolt__container(link, bolt_future, unsettled);

		link = link->next;
		if (future->class->compound || future->class->abandon == NULL)
			continue;
		future->class->abandon(future, closed_error());
		link = list->next; /* others may have gone with it */
	}
}

/* Leaves only futures of others, which have settled with these once callbacks have run. */
static void
fail_unsettled(bolt__client *client)
{
	fail_list(&client->background);
	fail_list(&client->unsettled);
}

static void
close_now(bolt__client *client)
{
	bolt__client_ref(client);
	client->dispatching++; /* the callbacks below run here, not through the loop */
	for (int i = 0; i < client->pool_count; i++)
		bolt__pool_close(&client->pools[i]);
	bolt__lookups_forget(client);
	fail_unsettled(client);
	bolt__client_run_ready(client);
	fail_unsettled(client); /* what callbacks left */
	bolt__client_run_ready(client);
	for (int i = 0; i < client->pool_count; i++)
		bolt__pool_reap(&client->pools[i]);
	client->dispatching--;
	client->closed = true;
	bolt__client_may_rest(client);
	if (client->attached)
	{
		client->loop.set_timer(client->loop.data, -1);
		if (client->loop.detach != NULL)
			client->loop.detach(client->loop.data);
	}
	bolt__database_unref(client->root);
	client->root = NULL;
	bolt__client_unref(client);
}

void
bolt__client_close_if_due(bolt__client *client)
{
	if (client->closing && !client->closed && client->dispatching == 0 && !bolt__in_coroutine())
		close_now(client);
}

/* The parent goes on with the connections: the server hears nothing, nor does the loop, which may share its kernel object. */
static void
let_go_of_parents(bolt__client *client)
{
	client->closing = client->closed = true;
	for (bolt__link *link = client->sockets.next; link != &client->sockets; link = link->next)
		close(bolt__container(link, bolt__socket, link)->fd);
	bolt__link_init(&client->sockets);
}

void
bolt_close(bolt_database *database)
{
	bolt__client *client;

	if (database == NULL || database->in_block || database->client->closing)
		return;
	client = database->client;
	if (bolt__client_forked(client))
	{
		let_go_of_parents(client);
		return;
	}
	bolt__client_ref(client);
	client->closing = true;
	bolt__client_close_if_due(client);
	if (!client->closed)
		bolt__client_begins(client);
	bolt__client_wake(client);
	bolt__client_unref(client);
}

/* ----------
 * Requests
 * ----------
 */
bolt__pool *
bolt__client_reading_pool(bolt__client *client, const bolt__pool *but)
{
	for (int i = 1; i < client->pool_count; i++)
	{
		bolt__pool *pool = &client->pools[1 + client->next_replica % (client->pool_count - 1)];

		client->next_replica = (client->next_replica + 1) % (client->pool_count - 1);
		if (pool != but && !bolt__pool_is_away(pool))
			return pool;
	}
	return &client->pools[0];
}

static bool
may_go_anywhere(const bolt__client *client, const char *using, bool writes)
{
	return using == NULL && !writes && client->options.read_from_replicas && client->pool_count > 1;
}

bolt__pool *
bolt__client_pool(bolt__client *client, const char *using, bool writes, bolt_exception **error)
{
	if (may_go_anywhere(client, using, writes))
		return bolt__client_reading_pool(client, NULL);
	if (using == NULL)
		return &client->pools[0];
	for (int i = 0; i < client->pool_count; i++)
		if (strcmp(client->pools[i].alias, using) == 0)
			return &client->pools[i];
	*error =
		bolt__error_new(BOLT_CONNECTION_DOES_NOT_EXIST, NULL, "the connection '%s' doesn't exist", using);
	return NULL;
}

/* Why this handle takes no requests now, or NULL. */
static bolt_exception *
refusal(const bolt_database *database)
{
	if (database == NULL)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the database is NULL");
	if (database->client->closing)
		return bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the database is closed");
	if (bolt__client_forked(database->client))
		return bolt__forked_error();
	if (database->client->error != NULL)
		return bolt_error_ref(database->client->error);
	if (database->in_block)
		return bolt__block_refusal(database->block);
	return NULL;
}

static void
free_request(const bolt__statement *statement, char **parameters, const bolt__request_options *options)
{
	for (int i = 0; i < statement->parameters; i++)
		free(parameters[i]);
	if (options != NULL && options->decode_free != NULL)
		options->decode_free(options->decode_data);
}

static bolt_exception *
check_and_find_pool(bolt_database *database, const bolt__statement *statement, const char *using,
					bolt__pool **pool)
{
	bolt_exception *error = refusal(database);

	*pool = NULL;
	if (error != NULL || (database->in_block && using == NULL))
		return error;
	*pool = bolt__client_pool(database->client, using, statement->writes, &error);
	if (database->in_block)
		*pool = NULL; /* whatever it says: a transaction is never left */
	else if (*pool != NULL && statement->writes)
		*pool = &database->client->pools[0];
	return error;
}

static bolt__task *
new_task(bolt_database *database, const bolt__statement *statement, char **parameters,
		 const bolt__request_options *options)
{
	bolt__task *task = bolt__task_new(database->client, statement, NULL, parameters);

	if (task == NULL)
	{
		if (options != NULL && options->decode_free != NULL)
			options->decode_free(options->decode_data);
		return NULL;
	}
	if (options != NULL)
	{
		task->decode = options->decode;
		task->decode_data = options->decode_data;
		task->decode_free = options->decode_free;
		task->translate = options->translate;
	}
	database->client->used = true;
	return task;
}

bolt_future *
bolt__request(bolt_database *database, const bolt__statement *statement, char **parameters,
			  const bolt__request_options *options)
{
	bolt__pool *pool;
	bolt_exception *error =
		check_and_find_pool(database, statement, options == NULL ? NULL : options->using, &pool);
	bolt__task *task;

	if (error != NULL)
	{
		free_request(statement, parameters, options);
		return bolt__request_failed(database, error);
	}
	task = new_task(database, statement, parameters, options);
	if (task == NULL)
		return bolt__request_failed(database, bolt__out_of_memory());
	bolt_future_ref(&task->future); /* the machinery's */
	if (pool == NULL)
		bolt__block_submit(database->block, task);
	else
	{
		task->roams =
			may_go_anywhere(database->client, options == NULL ? NULL : options->using, statement->writes) &&
			pool != &database->client->pools[0];
		bolt__pool_submit(pool, task);
	}
	return &task->future;
}

bolt_iterator *
bolt__iterate(bolt_database *database, const bolt__statement *statement, char **parameters,
			  const bolt__request_options *options)
{
	bolt__pool *pool;
	bolt_exception *error =
		check_and_find_pool(database, statement, options == NULL ? NULL : options->using, &pool);
	bolt__task *task;

	if (error != NULL)
	{
		free_request(statement, parameters, NULL);
		return bolt__iterate_failed(database, error);
	}
	task = new_task(database, statement, parameters, NULL);
	if (task == NULL)
		return bolt__iterate_failed(database, bolt__out_of_memory());
	return bolt__iterator_new(database, pool, task);
}

/* ----------
 * Monitoring
 * ----------
 */
void
bolt_get_statistics(const bolt_database *database, bolt_statistics *statistics)
{
	bolt_statistics sum = {.size = statistics->size};

	for (int i = 0; database != NULL && i < database->client->pool_count; i++)
	{
		const bolt__pool *pool = &database->client->pools[i];

		sum.connections += pool->ready;
		sum.connecting += pool->connecting;
		sum.leased += pool->leased;
		sum.sent += pool->sent;
		sum.queued += pool->queue_length;
		sum.connects += pool->connects;
		sum.losses += pool->losses;
	}
	memcpy(statistics, &sum, statistics->size < sizeof(sum) ? statistics->size : sizeof(sum));
}
