/*
 * transfer.c
 *	  POST /transfer: money from one account to another, twice.
 *
 * /transfer is one bolt.run: lock both, check, move, read, in one round trip. /transfer/atomic is the same as one writes it with Django:
 * a block, and a round trip a line.
 */
#include <jansson.h>

#include "blog.h"

struct transfer
{
	int from;
	int to;
	unsigned int amount; /* cents */
};

BOLT_SCHEMA(transfer_schema, struct transfer, BOLT_FIELD(struct transfer, from),
			BOLT_FIELD(struct transfer, to), BOLT_FIELD(struct transfer, amount));

struct account
{
	int id;
	int64_t balance;
};

BOLT_SCHEMA(account_schema, struct account, BOLT_FIELD(struct account, id),
			BOLT_FIELD(struct account, balance));

/* What the request asks for; lives as long as it does. */
static struct transfer *
read_transfer(bolt_evhttp_request *request, bolt_exception **error)
{
	bolt_decoded *decoded = bolt_request_decode(&request->data, &transfer_schema, error);
	struct transfer *order = decoded ? bolt_evhttp_alloc(request, sizeof(struct transfer)) : NULL;

	if (order)
		*order = *(struct transfer *) bolt_decoded_objects(decoded, NULL);
	bolt_decoded_free(decoded);
	return order;
}

static bolt_queryset *
both_accounts(bolt_database *db, const struct transfer *order)
{
	return bolt_order_by(bolt_filter(bolt_objects(db, "blog_account"),
									 BOLT_KW("id__in", BOLT_LIST(order->from, order->to))),
						 "id");
}

static bolt_queryset *
account(bolt_database *db, int id)
{
	return bolt_filter(bolt_objects(db, "blog_account"), BOLT_KW("id", id));
}

/* ----------
 * One round trip
 * ----------
 */

/* An operation, and where in the list it stands, for errors say which one it was. */
enum
{
	LOCK,
	FROM_EXISTS,
	TO_EXISTS,
	SUFFICES
};

static bolt_future *
refuse(const bolt_exception *error, void *arg)
{
	const char *context = bolt_error_context(error);
	int operation;

	(void) arg;
	if (bolt_error_code(error) != BOLT_DOES_NOT_EXIST || context == NULL ||
		sscanf(context, "operation %d", &operation) != 1)
		return NULL;
	if (operation == SUFFICES)
		return bolt_refuse(NULL, 409, "The balance does not suffice.");
	return bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "There is no such account.");
}

static bolt_future *
transfer(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;
	bolt_exception *error;
	struct transfer *order = read_transfer(request, &error);
	int from;
	int to;

	if (order == NULL)
		return bolt_fail_with(self->db, error);
	from = order->from;
	to = order->to;
	return bolt_catch(
		bolt_arun_last(
			self->db,
			BOLT_LIST(bolt_op("select_for_update", both_accounts(NULL, order), NULL),
					  bolt_op("get", account(NULL, from), NULL), bolt_op("get", account(NULL, to), NULL),
					  bolt_op("get", account(NULL, from),
							  BOLT_KW("filter", BOLT_KW("balance__gte", order->amount))),
					  bolt_op("update", account(NULL, from),
							  BOLT_KW("values", BOLT_KW("balance", bolt_sub("balance", order->amount)))),
					  bolt_op("update", account(NULL, to),
							  BOLT_KW("values", BOLT_KW("balance", bolt_add("balance", order->amount)))),
					  bolt_op("fetch", both_accounts(NULL, order), NULL))),
		refuse, NULL);
}

/* ----------
 * As in Django
 * ----------
 */
static bolt_future *
move(bolt_database *transaction, void *arg)
{
	const struct transfer *order = arg;
	bolt_future *locked = bolt_await(bolt_alist(bolt_select_for_update(both_accounts(transaction, order))));
	size_t count;
	struct account *accounts = bolt_as(locked, &account_schema, &count, NULL);
	bool exist = !bolt_failed(locked) && count == (order->from == order->to ? 1 : 2);
	bool suffices = exist && accounts[accounts[0].id == order->from ? 0 : 1].balance >= order->amount;
	bolt_future *moved;

	if (bolt_failed(locked))
		return locked;
	bolt_free(locked);
	if (!exist)
		return bolt_fail(transaction, BOLT_DOES_NOT_EXIST, "There is no such account.");
	if (!suffices)
		return bolt_refuse(transaction, 409, "The balance does not suffice.");
	moved = bolt_await(bolt_gather(bolt_aupdate(account(transaction, order->from),
												BOLT_KW("balance", bolt_sub("balance", order->amount))),
								   bolt_aupdate(account(transaction, order->to),
												BOLT_KW("balance", bolt_add("balance", order->amount)))));
	if (bolt_failed(moved))
		return moved;
	bolt_free(moved);
	return bolt_alist(both_accounts(transaction, order));
}

static bolt_future *
transfer_atomic(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;
	bolt_exception *error;
	struct transfer *order = read_transfer(request, &error);

	if (order == NULL)
		return bolt_fail_with(self->db, error);
	return bolt_atomic(self->db, move, order);
}

int
blog_route_transfer(blog *self, bolt_evhttp *server)
{
	return bolt_evhttp_route(server, "POST", "/transfer", transfer, self) |
		bolt_evhttp_route(server, "POST", "/transfer/atomic", transfer_atomic, self);
}
