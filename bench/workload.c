/*-------------------------------------------------------------------------
 *
 * workload.c
 *	  What is compared with what.
 *
 * A contestant is a row; adding one is adding a row and its file under sql/.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "bench.h"

#define ARTICLES 50000
#define ACCOUNTS 1000
#define USERS 2000

/* Another article each time, the same ones for each contestant. */
static void
one_article(int execution, int *values)
{
	values[0] = 1 + (int) (execution * 7919L % ARTICLES);
}

static void
two_thousand_articles(int execution, int *values)
{
	(void) execution;
	values[0] = 2000;
}

static void
all_articles(int execution, int *values)
{
	(void) execution;
	values[0] = ARTICLES;
}

static void
hundred_ids(int execution, int *values)
{
	values[0] = 1 + (int) (execution * 7919L % (ARTICLES - 100));
	values[1] = values[0] + 99;
}

static void
one_user(int execution, int *values)
{
	values[0] = 1 + (int) (execution * 7919L % USERS);
}

/* Names that nobody has, each once. */
static void
new_number(int execution, int *values)
{
	values[0] = 1000000 + execution;
}

/* Two accounts and an amount. */
static void
transfer_numbers(int execution, int *values)
{
	values[0] = 1 + (int) (execution * 7919L % ACCOUNTS);
	values[1] = 1 + (values[0] + 499) % ACCOUNTS;
	values[2] = 1 + execution % 10;
}

static Contestant article[] = {
	{"bolt.get, prepared", "bolt.get", "article", .manner = PREPARED},
	{"bolt.fetch, prepared", "bolt.fetch", "article", .manner = PREPARED},
	{"bolt.get, unprepared", "bolt.get", "article", .manner = UNPREPARED},
	{"bolt.get, simple query", "bolt.get", "article", .manner = SIMPLE},
	{"json_agg, prepared", "article.json_agg", NULL, .manner = PREPARED},
	{"json_agg, unprepared", "article.json_agg", NULL, .manner = UNPREPARED},
	{"json_agg, simple query", "article.json_agg", NULL, .manner = SIMPLE},
	{"jsonb_agg, prepared", "article.jsonb_agg", NULL, .manner = PREPARED},
	{"jsonb_agg, unprepared", "article.jsonb_agg", NULL, .manner = UNPREPARED},
	{"flat rows, pipelined", "article.flat", NULL, .manner = PIPELINED},
	{"COPY to /dev/null, planned each time", "article.flat", NULL, .manner = COPIED},
	{.name = NULL},
};

static Contestant page[] = {
	{"bolt.fetch, prepared", "bolt.fetch", "page", .manner = PREPARED},
	{"bolt.fetch, unprepared", "bolt.fetch", "page", .manner = UNPREPARED},
	{"bolt.fetch, simple query", "bolt.fetch", "page", .manner = SIMPLE},
	{"json_agg, prepared", "page.json_agg", NULL, .manner = PREPARED},
	{"json_agg, unprepared", "page.json_agg", NULL, .manner = UNPREPARED},
	{"json_agg, simple query", "page.json_agg", NULL, .manner = SIMPLE},
	{"jsonb_agg, prepared", "page.jsonb_agg", NULL, .manner = PREPARED},
	{"jsonb_agg, unprepared", "page.jsonb_agg", NULL, .manner = UNPREPARED},
	{"flat rows, pipelined", "page.flat", NULL, .manner = PIPELINED},
	{"COPY to /dev/null, planned each time", "page.flat", NULL, .manner = COPIED},
	{.name = NULL},
};

static Contestant articles[] = {
	{"bolt.fetch, prepared", "bolt.fetch", "articles", .manner = PREPARED},
	{"bolt.fetch, unprepared", "bolt.fetch", "articles", .manner = UNPREPARED},
	{"json_agg, prepared", "articles.json_agg", NULL, .manner = PREPARED},
	{"json_agg as commonly written", "articles.json_agg_plain", NULL, .manner = PREPARED},
	{"jsonb_agg, prepared", "articles.jsonb_agg", NULL, .manner = PREPARED},
	{"flat rows, pipelined", "articles.flat", NULL, .manner = PIPELINED},
	{"floor: COPY to /dev/null", "articles.flat", NULL, .manner = COPIED},
	{.name = NULL},
};

static Contestant all[] = {
	{"bolt.fetch, prepared", "bolt.fetch", "articles", .manner = PREPARED},
	{"bolt.fetch, 2,000 articles", "bolt.fetch", "articles", .manner = PREPARED, .bound = 2000},
	{"json_agg, prepared", "articles.json_agg", NULL, .manner = PREPARED},
	{"jsonb_agg, prepared", "articles.jsonb_agg", NULL, .manner = PREPARED},
	{"flat rows, pipelined", "articles.flat", NULL, .manner = PIPELINED},
	{"floor: COPY to /dev/null", "articles.flat", NULL, .manner = COPIED},
	{.name = NULL},
};

static Contestant top3[] = {
	{"bolt.fetch, prepared", "bolt.fetch", "top3", .manner = PREPARED},
	{"json_agg, prepared", "top3.json_agg", NULL, .manner = PREPARED},
	{"jsonb_agg, prepared", "top3.jsonb_agg", NULL, .manner = PREPARED},
	{"flat rows, pipelined", "top3.flat", NULL, .manner = PIPELINED},
	{"floor: COPY to /dev/null", "top3.flat", NULL, .manner = COPIED},
	{.name = NULL},
};

static Contestant unindexed[] = {
	{"bolt.fetch, prepared", "bolt.fetch", "unindexed", .manner = PREPARED},
	{"json_agg, run once", "unindexed.json_agg", NULL, .manner = PREPARED, .once = true},
	{"json_agg, grouped by hand", "unindexed.grouped", NULL, .manner = PREPARED},
	{"flat rows, pipelined", "unindexed.flat", NULL, .manner = PIPELINED},
	{"floor: COPY to /dev/null", "unindexed.flat", NULL, .manner = COPIED},
	{.name = NULL},
};

/* Left to itself the server plans anew each time: a plan for any range is estimated at 250 rows, for this one at 100. */
static Contestant count[] = {
	{"bolt.count, prepared", "bolt.count", "count", .manner = PREPARED},
	{"SELECT count(*), prepared", "count.plain", NULL, .manner = PREPARED},
	{
		"SELECT count(*), generic plan",
		"count.plain",
		NULL,
		.manner = PREPARED,
		.setting = "SET plan_cache_mode = force_generic_plan",
	},
	{.name = NULL},
};

/* The generic plans are the better ones here; Django sends values as literals and never gets one. */
static Contestant annotate[] = {
	{"bolt.fetch, prepared", "bolt.fetch", "annotate", .manner = PREPARED},
	{"bolt.fetch, unprepared", "bolt.fetch", "annotate", .manner = UNPREPARED},
	{
		"grouped, filter pushed down by hand",
		"annotate.grouped",
		NULL,
		.manner = PREPARED,
		.setting = "SET plan_cache_mode = force_generic_plan",
	},
	{"grouped as commonly written", "annotate.grouped_plain", NULL, .manner = PREPARED},
	{"Django's query", "annotate.django", NULL, .manner = PREPARED},
	{
		"Django's query, generic plan",
		"annotate.django",
		NULL,
		.manner = PREPARED,
		.setting = "SET plan_cache_mode = force_generic_plan",
	},
	{.name = NULL},
};

static Contestant paging[] = {
	{"bolt.page, prepared", "bolt.page", "paging", .manner = PREPARED},
	{"bolt.count and bolt.fetch, pipelined", "paging.count_fetch", "paging", .manner = PIPELINED},
	{
		"bolt.count and bolt.fetch, two round trips",
		"paging.count_fetch",
		"paging",
		.manner = SUCCESSIVE,
	},
	{.name = NULL},
};

/* A custom plan of the peer would be a constant false, made anew each time. */
static Contestant document[] = {
	{"bolt.fetch, 40 keys", "bolt.fetch", "document", .manner = PREPARED},
	{
		"SELECT $1, 40 keys",
		"document.baseline",
		"document",
		.manner = PREPARED,
		.setting = "SET plan_cache_mode = force_generic_plan",
	},
	{"bolt.fetch, no keys", "bolt.fetch", "document.empty", .manner = PREPARED},
	{
		"SELECT $1, no keys",
		"document.baseline",
		"document.empty",
		.manner = PREPARED,
		.setting = "SET plan_cache_mode = force_generic_plan",
	},
	{.name = NULL},
};

static Contestant create[] = {
	{"bolt.create, prepared", "bolt.create", .values = "create.document", .manner = PREPARED},
	{"INSERT … RETURNING json, prepared", "create.json", .values = "create.columns", .manner = PREPARED},
	{
		"INSERT … RETURNING *, prepared",
		"create.returning",
		.values = "create.columns",
		.manner = PREPARED,
		.other_form = true,
	},
	{
		"INSERT … RETURNING id, prepared",
		"create.id",
		.values = "create.columns",
		.manner = PREPARED,
		.other_form = true,
	},
	{"Django", "create", .manner = DJANGO},
	{.name = NULL},
};

static Contestant update[] = {
	{"bolt.update, prepared", "bolt.update", .values = "update.document", .manner = PREPARED},
	{"UPDATE, prepared", "update.plain", .values = "update.columns", .manner = PREPARED, .other_form = true},
	{"Django", "update", .manner = DJANGO},
	{.name = NULL},
};

static Contestant get_hit[] = {
	{"bolt.get_or_create, prepared", "bolt.get_or_create", .values = "get_hit.document", .manner = PREPARED},
	{"SELECT, prepared", "get_hit.select", .values = "get_hit.key", .manner = PREPARED},
	{"one statement for both, prepared", "get_or_create.single", .values = "get_hit.columns",
	 .manner = PREPARED},
	{"Django", "get_hit", .manner = DJANGO},
	{.name = NULL},
};

static Contestant get_miss[] = {
	{"bolt.get_or_create, prepared", "bolt.get_or_create", .values = "get_miss.document", .manner = PREPARED},
	{
		"SELECT, then INSERT … ON CONFLICT, prepared",
		"get_miss.two",
		.values = "get_miss.columns",
		.manner = SUCCESSIVE,
	},
	{"one statement for both, prepared", "get_or_create.single", .values = "get_miss.columns",
	 .manner = PREPARED},
	{"Django", "get_miss", .manner = DJANGO},
	{.name = NULL},
};

static Contestant bulk_create[] = {
	{"bolt.bulk_create, prepared", "bolt.bulk_create", .values = "bulk_create.document", .manner = PREPARED},
	{"json_populate_recordset, RETURNING json", "bulk_create.json", .values = "bulk_create.rows",
	 .manner = PREPARED},
	{
		"json_populate_recordset, RETURNING *",
		"bulk_create.returning",
		.values = "bulk_create.rows",
		.manner = PREPARED,
		.other_form = true,
	},
	{
		"json_populate_recordset",
		"bulk_create.plain",
		.values = "bulk_create.rows",
		.manner = PREPARED,
		.other_form = true,
	},
	{"COPY", "bulk_create.copy", .values = "bulk_create.copy", .manner = LOADED, .other_form = true},
	{"Django", "bulk_create", .manner = DJANGO},
	{.name = NULL},
};

static Contestant bulk_comments[] = {
	{"bolt.bulk_create, prepared", "bolt.bulk_create", .values = "bulk_comments.document",
	 .manner = PREPARED},
	{
		"json_populate_recordset, RETURNING json",
		"bulk_comments.json",
		.values = "bulk_comments.rows",
		.manner = PREPARED,
	},
	{
		"json_populate_recordset, RETURNING *",
		"bulk_comments.returning",
		.values = "bulk_comments.rows",
		.manner = PREPARED,
		.other_form = true,
	},
	{
		"json_populate_recordset",
		"bulk_comments.plain",
		.values = "bulk_comments.rows",
		.manner = PREPARED,
		.other_form = true,
	},
	{"COPY", "bulk_comments.copy", .values = "bulk_comments.copy", .manner = LOADED, .other_form = true},
	{"Django", "bulk_comments", .manner = DJANGO},
	{.name = NULL},
};

static Contestant delete[] = {
	{"bolt.delete, prepared", "bolt.delete", "delete", .manner = PREPARED, .other_form = true},
	{"three DELETEs, prepared", "delete.plain", .manner = SUCCESSIVE, .other_form = true},
	{"Django", "delete", .manner = DJANGO, .other_form = true},
	{.name = NULL},
};

#define TRANSFER_CONTESTANTS \
	{ \
		{"bolt.run, prepared", "bolt.run", "transfer", .manner = PREPARED, .other_form = true}, \
			{"six statements, prepared", "transfer.six", .manner = SUCCESSIVE, .other_form = true}, \
			{"five, the check in the client", "transfer.five", .manner = SUCCESSIVE, .other_form = true}, \
			{"six statements, unprepared", "transfer.six", .manner = UNPREPARED, .other_form = true}, \
			{"Django", "transfer", .manner = DJANGO, .other_form = true}, \
		{ \
			.name = NULL \
		} \
	}

static Contestant transfer[] = TRANSFER_CONTESTANTS;
static Contestant network[] = TRANSFER_CONTESTANTS;

Workload workloads[] = {
	{
		.name = "article",
		.title = "One article's graph",
		.contestants = article,
		.parameter_count = 1,
		.parameters = one_article,
		.verified = 20,
		.executions = 100,
		.warm_up = 200,
		.documents_ordered = true,
	},
	{
		.name = "page",
		.title = "A page: 20 articles, the newest first, author and tags",
		.contestants = page,
		.verified = 1,
		.executions = 50,
		.warm_up = 100,
		.documents_ordered = true,
	},
	{
		.name = "articles",
		.title = "2,000 articles' graph",
		.contestants = articles,
		.parameter_count = 1,
		.parameters = two_thousand_articles,
		.verified = 1,
		.executions = 3,
		.warm_up = 6,
	},
	{
		.name = "all",
		.title = "All 50,000 articles' graph, in single-row mode",
		.contestants = all,
		.parameter_count = 1,
		.parameters = all_articles,
		.verified = 1,
		.executions = 1,
		.streamed = true,
	},
	{
		.name = "top3",
		.title = "2,000 articles, the newest three comments of each",
		.contestants = top3,
		.parameter_count = 1,
		.parameters = two_thousand_articles,
		.verified = 1,
		.executions = 3,
		.warm_up = 6,
		.arrays_ordered = true,
	},
	{
		.name = "unindexed",
		.title = "Parents and children without an index on the foreign key",
		.contestants = unindexed,
		.verified = 1,
		.executions = 3,
		.warm_up = 2,
	},
	{
		.name = "count",
		.microseconds = true,
		.title = "Counting 90 of 100 articles",
		.contestants = count,
		.parameter_count = 2,
		.parameters = hundred_ids,
		.verified = 20,
		.executions = 2000,
		.warm_up = 2000,
		.documents_ordered = true,
	},
	{
		.name = "annotate",
		.title = "2,000 articles, the comments and tags of each counted",
		.contestants = annotate,
		.parameter_count = 1,
		.parameters = two_thousand_articles,
		.verified = 1,
		.executions = 3,
		.warm_up = 6,
	},
	{
		.name = "paging",
		.title = "The third page of 20 articles, and the total",
		.contestants = paging,
		.verified = 1,
		.executions = 20,
		.warm_up = 20,
		.documents_ordered = true,
	},
	{
		.name = "document",
		.microseconds = true,
		.title = "A repeated document of 40 keys, and nothing to execute",
		.contestants = document,
		.parameter_count = 1,
		.parameters = one_article,
		.verified = 1,
		.executions = 500,
		.warm_up = 2000,
	},
	{
		.name = "create",
		.title = "One article created",
		.contestants = create,
		.parameter_count = 1,
		.parameters = new_number,
		.verified = 3,
		.executions = 200,
		.warm_up = 200,
		.documents_ordered = true,
		.microseconds = true,
		.writes = "article",
	},
	{
		.name = "update",
		.title = "One article updated by its key",
		.contestants = update,
		.parameter_count = 1,
		.parameters = one_article,
		.verified = 3,
		.executions = 200,
		.warm_up = 200,
		.documents_ordered = true,
		.microseconds = true,
		.writes = "update",
	},
	{
		.name = "get_hit",
		.title = "get_or_create of a user who is there",
		.contestants = get_hit,
		.parameter_count = 1,
		.parameters = one_user,
		.verified = 3,
		.executions = 200,
		.warm_up = 200,
		.documents_ordered = true,
		.microseconds = true,
		.writes = "user",
	},
	{
		.name = "get_miss",
		.title = "get_or_create of a user who is not there",
		.contestants = get_miss,
		.parameter_count = 1,
		.parameters = new_number,
		.verified = 3,
		.executions = 200,
		.warm_up = 200,
		.documents_ordered = true,
		.microseconds = true,
		.writes = "user",
	},
	{
		.name = "bulk_create",
		.title = "10,000 articles created",
		.contestants = bulk_create,
		.verified = 1,
		.executions = 1,
		.warm_up = 1,
		.documents_ordered = true,
		.writes = "article",
		.rolled_back = true,
	},
	{
		.name = "bulk_comments",
		.title = "10,000 comments created",
		.contestants = bulk_comments,
		.verified = 1,
		.executions = 1,
		.warm_up = 1,
		.documents_ordered = true,
		.writes = "comment",
		.rolled_back = true,
	},
	{
		.name = "delete",
		.title = "2,000 articles deleted, each with 8 comments and 3 tags",
		.contestants = delete,
		.parameter_count = 1,
		.parameters = two_thousand_articles,
		.verified = 1,
		.executions = 3,
		.warm_up = 3,
		.writes = "delete",
		.rolled_back = true,
	},
	{
		.name = "transfer",
		.title = "Money from one account to another, over a local socket",
		.contestants = transfer,
		.parameter_count = 3,
		.parameters = transfer_numbers,
		.verified = 3,
		.executions = 100,
		.warm_up = 100,
		.writes = "account",
	},
	{
		.name = "network",
		.title = "The same, a round trip taking a millisecond longer",
		.contestants = network,
		.parameter_count = 3,
		.parameters = transfer_numbers,
		.verified = 1,
		.executions = 10,
		.warm_up = 10,
		.writes = "account",
		.network = true,
	},
	{.name = NULL},
};

Workload *
find_workload(const char *name)
{
	for (Workload *workload = workloads; workload->name != NULL; workload++)
	{
		if (strcmp(workload->name, name) == 0)
			return workload;
	}
	die("no workload \"%s\"", name);
}

Contestant *
find_contestant(const char *workload, const char *name)
{
	foreach_contestant(contestant, find_workload(workload))
	{
		if (strcmp(contestant->name, name) == 0)
			return contestant;
	}
	die("no contestant \"%s\" in workload \"%s\"", name, workload);
}
