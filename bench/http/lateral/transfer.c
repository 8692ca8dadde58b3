/*
 * transfer.c
 *	  POST /transfer with hand-written SQL: lock, check, move and read as one statement.
 */
#include "blog.h"
#include "lateral.h"

struct transfer
{
	int from;
	int to;
	unsigned int amount; /* cents */
};

BOLT_SCHEMA(transfer_schema, struct transfer, BOLT_FIELD(struct transfer, from),
			BOLT_FIELD(struct transfer, to), BOLT_FIELD(struct transfer, amount));

/* The second column says how many accounts there are; the first is NULL where nothing was moved. */
const lateral_statement lateral_transfer_statements[] = {
	{"transfer",
	 "WITH locked AS MATERIALIZED (SELECT id, balance FROM blog_account WHERE id IN ($1::int, $2::int) ORDER BY id FOR UPDATE),"
	 " judged AS MATERIALIZED (SELECT count(*) AS accounts,"
	 " count(*) = 2 AND bool_or(id = $1::int AND balance >= $3::bigint) AS suffices FROM locked),"
	 " moved AS (UPDATE blog_account a"
	 " SET balance = a.balance + CASE WHEN a.id = $1::int THEN - $3::bigint ELSE $3::bigint END"
	 " FROM judged WHERE suffices AND a.id IN ($1::int, $2::int) RETURNING a.id, a.owner, a.balance) "
	 "SELECT (SELECT json_agg(moved ORDER BY id) FROM moved), accounts FROM judged"},
	{NULL, NULL}};

static int
judge(const PGresult *result, const char **refusal)
{
	if (!PQgetisnull(result, 0, 0))
		return 200;
	if (strcmp(PQgetvalue(result, 0, 1), "2") != 0)
	{
		*refusal = "There is no such account.";
		return 404;
	}
	*refusal = "The balance does not suffice.";
	return 409;
}

static bolt_future *
transfer(bolt_evhttp_request *request, void *arg)
{
	bolt_exception *error;
	bolt_decoded *decoded = bolt_request_decode(&request->data, &transfer_schema, &error);
	const struct transfer *order;
	char texts[3][24];

	(void) arg;
	if (decoded == NULL)
		return bolt_fail_with(NULL, error);
	order = bolt_decoded_objects(decoded, NULL);
	snprintf(texts[0], sizeof(texts[0]), "%d", order->from);
	snprintf(texts[1], sizeof(texts[1]), "%d", order->to);
	snprintf(texts[2], sizeof(texts[2]), "%u", order->amount);
	bolt_decoded_free(decoded);
	return lateral_answer(request, "transfer", 3, (const char *const[]){texts[0], texts[1], texts[2]}, 200,
						  judge);
}

int
blog_route_transfer(blog *self, bolt_evhttp *server)
{
	return bolt_evhttp_route(server, "POST", "/transfer", transfer, self);
}
