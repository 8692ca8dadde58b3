/*
 * demo.c
 *	  Two reads of the blog, by bolt_orm and by the ways that are used without it.
 *
 * Prints what bolt_orm answers, abridged, and for each way how many statements the server runs, how
 * often the client waits for it, and how long the whole takes: the median as this program sees it.
 * Connects as libpq's environment says.
 *
 * The ways with several statements only fetch their rows: what an ORM does with them after that
 * (building objects, joining them, writing JSON) is left out in their favour.
 */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abridge.h"

#define RUNS 200
#define WARM_UP_RUNS 10 /* plans are kept from the sixth run on */
#define MAX_WAYS 5

typedef struct Read Read;

typedef struct Way
{
	const char *name;
	void (*run)(PGconn *connection, const Read *read);
	int statements; /* as the server counts them */
	int round_trips;
	double milliseconds[RUNS];
} Way;

struct Read
{
	const char *title;
	const char *call;	  /* bolt_orm's, with the document as its parameter */
	const char *document; /* the queryset */
	const char *lateral;  /* the same in one SQL statement, with a parameter: */
	const char *parameter;
	const char *prepared; /* the name of that statement, prepared */
	Way ways[MAX_WAYS];
};

static int round_trips; /* so far */

/* ----------
 * Statements
 * ----------
 */
static PGresult *
check(PGconn *connection, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	round_trips++;
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
	{
		fprintf(stderr, "demo: %s", PQerrorMessage(connection));
		exit(1);
	}
	return result;
}

static PGresult *
query(PGconn *connection, const char *sql, const char *parameter)
{
	return check(connection,
				 PQexecParams(connection, sql, parameter == NULL ? 0 : 1, NULL, &parameter, NULL, NULL, 0));
}

static void
run_only(PGconn *connection, const char *sql, const char *parameter)
{
	PQclear(query(connection, sql, parameter));
}

/* A column of a result as an array literal, to look up all its values at once. */
static char *
column_array(PGresult *result, const char *name)
{
	int column = PQfnumber(result, name);
	size_t size = 3;
	char *array;
	char *end;

	for (int row = 0; row < PQntuples(result); row++)
		size += PQgetlength(result, row, column) + 1;
	array = end = malloc(size);
	if (array == NULL)
		abort();
	*end++ = '{';
	for (int row = 0; row < PQntuples(result); row++)
		end += sprintf(end, "%s%s", row > 0 ? "," : "", PQgetvalue(result, row, column));
	strcpy(end, "}");
	return array;
}

/* Runs a statement with all values of a column of a former result. */
static PGresult *
query_column(PGconn *connection, const char *sql, PGresult *keys, const char *column)
{
	char *array = column_array(keys, column);
	PGresult *result = query(connection, sql, array);

	free(array);
	return result;
}

/* ----------
 * Ways to read
 * ----------
 */
static void
run_bolt(PGconn *connection, const Read *read)
{
	run_only(connection, read->call, read->document);
}

static void
run_lateral(PGconn *connection, const Read *read)
{
	run_only(connection, read->lateral, read->parameter);
}

static void
run_lateral_prepared(PGconn *connection, const Read *read)
{
	PQclear(
		check(connection, PQexecPrepared(connection, read->prepared, 1, &read->parameter, NULL, NULL, 0)));
}

static const char article_by_id[] =
	"SELECT article.*, author.* FROM blog_article article"
	" JOIN auth_user author ON author.id = article.author_id WHERE article.id = $1";

static const char newest_articles[] = "SELECT article.*, author.* FROM blog_article article"
									  " JOIN auth_user author ON author.id = article.author_id"
									  " WHERE article.published ORDER BY article.created_at DESC LIMIT $1";

static const char tags_of_articles[] =
	"SELECT link.article_id, tag.* FROM blog_article_tags link"
	" JOIN blog_tag tag ON tag.id = link.tag_id WHERE link.article_id = ANY($1)";

static const char tags_of_article[] =
	"SELECT tag.* FROM blog_article_tags link JOIN blog_tag tag ON tag.id = link.tag_id"
	" WHERE link.article_id = $1";

static const char comments_of_articles[] = "SELECT * FROM blog_comment WHERE article_id = ANY($1)";

static const char users_by_id[] = "SELECT * FROM auth_user WHERE id = ANY($1)";

static const char user_by_id[] = "SELECT * FROM auth_user WHERE id = $1";

static void
run_article_prefetch(PGconn *connection, const Read *read)
{
	PGresult *article = query(connection, article_by_id, read->parameter);
	PGresult *tags = query_column(connection, tags_of_articles, article, "id");
	PGresult *comments = query_column(connection, comments_of_articles, article, "id");
	PGresult *authors = query_column(connection, users_by_id, comments, "author_id");

	PQclear(article);
	PQclear(tags);
	PQclear(comments);
	PQclear(authors);
}

static void
run_article_n_plus_1(PGconn *connection, const Read *read)
{
	PGresult *article = query(connection, "SELECT * FROM blog_article WHERE id = $1", read->parameter);
	PGresult *comments;
	int author_id;

	run_only(connection, user_by_id, PQgetvalue(article, 0, PQfnumber(article, "author_id")));
	run_only(connection, tags_of_article, read->parameter);
	comments = query(connection, "SELECT * FROM blog_comment WHERE article_id = $1", read->parameter);
	author_id = PQfnumber(comments, "author_id");
	for (int row = 0; row < PQntuples(comments); row++)
		run_only(connection, user_by_id, PQgetvalue(comments, row, author_id));
	PQclear(comments);
	PQclear(article);
}

static void
run_list_prefetch(PGconn *connection, const Read *read)
{
	PGresult *articles = query(connection, newest_articles, read->parameter);
	PGresult *tags = query_column(connection, tags_of_articles, articles, "id");

	PQclear(articles);
	PQclear(tags);
}

static void
run_list_n_plus_1(PGconn *connection, const Read *read)
{
	PGresult *articles = query(connection,
							   "SELECT * FROM blog_article WHERE published"
							   " ORDER BY created_at DESC LIMIT $1",
							   read->parameter);
	int id = PQfnumber(articles, "id");
	int author_id = PQfnumber(articles, "author_id");

	for (int row = 0; row < PQntuples(articles); row++)
	{
		run_only(connection, user_by_id, PQgetvalue(articles, row, author_id));
		run_only(connection, tags_of_article, PQgetvalue(articles, row, id));
	}
	PQclear(articles);
}

static Read reads[] = {
	{
		.title = "One article with its author, tags, comments and their authors",
		.call = "SELECT bolt.get($1)",
		.document = "{\"model\": \"blog_article\", \"filter\": {\"id\": 7},"
					" \"select_related\": [\"author\"],"
					" \"prefetch_related\": [\"tags\", \"comments__author\"]}",
		.lateral = "SELECT row_to_json(object) FROM ("
				   "SELECT article.*, row_to_json(author) AS author, tags.tags, comments.comments"
				   " FROM blog_article article"
				   " JOIN auth_user author ON author.id = article.author_id"
				   " CROSS JOIN LATERAL ("
				   "SELECT coalesce(json_agg(row_to_json(tag)), '[]') AS tags"
				   " FROM blog_article_tags link JOIN blog_tag tag ON tag.id = link.tag_id"
				   " WHERE link.article_id = article.id) tags"
				   " CROSS JOIN LATERAL ("
				   "SELECT coalesce(json_agg(row_to_json(comment)), '[]') AS comments"
				   " FROM (SELECT comment.*, row_to_json(author) AS author"
				   " FROM blog_comment comment"
				   " JOIN auth_user author ON author.id = comment.author_id"
				   " WHERE comment.article_id = article.id) comment) comments"
				   " WHERE article.id = $1) object",
		.parameter = "7",
		.prepared = "article",
		.ways =
			{
				{.name = "bolt_orm", .run = run_bolt},
				{.name = "LATERAL and json_agg", .run = run_lateral},
				{.name = "LATERAL and json_agg, prepared", .run = run_lateral_prepared},
				{.name = "prefetch: one flat query a relation", .run = run_article_prefetch},
				{.name = "N+1", .run = run_article_n_plus_1},
			},
	},
	{
		.title = "The 20 newest published articles with their authors and tags",
		.call = "SELECT bolt.fetch($1)",
		.document = "{\"model\": \"blog_article\", \"filter\": {\"published\": true},"
					" \"order_by\": [\"-created_at\"], \"select_related\": [\"author\"],"
					" \"prefetch_related\": [\"tags\"], \"limit\": 20}",
		.lateral = "SELECT row_to_json(object) FROM ("
				   "SELECT article.*, row_to_json(author) AS author, tags.tags"
				   " FROM (SELECT * FROM blog_article WHERE published"
				   " ORDER BY created_at DESC LIMIT $1) article"
				   " JOIN auth_user author ON author.id = article.author_id"
				   " CROSS JOIN LATERAL ("
				   "SELECT coalesce(json_agg(row_to_json(tag)), '[]') AS tags"
				   " FROM blog_article_tags link JOIN blog_tag tag ON tag.id = link.tag_id"
				   " WHERE link.article_id = article.id) tags"
				   " ORDER BY article.created_at DESC) object",
		.parameter = "20",
		.prepared = "list",
		.ways =
			{
				{.name = "bolt_orm", .run = run_bolt},
				{.name = "LATERAL and json_agg", .run = run_lateral},
				{.name = "LATERAL and json_agg, prepared", .run = run_lateral_prepared},
				{.name = "prefetch: one flat query a relation", .run = run_list_prefetch},
				{.name = "N+1", .run = run_list_n_plus_1},
			},
	},
};

/* ----------
 * Measuring
 * ----------
 */
static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static long
statements_so_far(PGconn *connection)
{
	PGresult *result = query(connection,
							 "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
							 " WHERE query NOT LIKE '%pg_stat_statements%'"
							 " AND dbid = (SELECT oid FROM pg_database"
							 " WHERE datname = current_database())",
							 NULL);
	long count = atol(PQgetvalue(result, 0, 0));

	PQclear(result);
	return count;
}

/*
 * Counts what one run of each way takes: all statements, those that run inside a function too. The
 * smallest of three counts, for other sessions are counted with it.
 */
static void
count(PGconn *connection, Read *read)
{
	run_only(connection, "SET pg_stat_statements.track = 'all'", NULL);
	for (Way *way = read->ways; way < read->ways + MAX_WAYS; way++)
	{
		for (int i = 0; i < 3; i++)
		{
			long before = statements_so_far(connection);
			int trips_before = round_trips;
			long statements;

			way->run(connection, read);
			way->round_trips = round_trips - trips_before;
			statements = statements_so_far(connection) - before;
			if (i == 0 || statements < way->statements)
				way->statements = (int) statements;
		}
	}
	run_only(connection, "SET pg_stat_statements.track = 'none'", NULL);
}

static int
compare_doubles(const void *left, const void *right)
{
	double difference = *(const double *) left - *(const double *) right;

	return (difference > 0) - (difference < 0);
}

/* Each way once a turn, so that a disturbance of the machine meets them all. */
static void
measure(PGconn *connection, Read *read)
{
	for (int run = -WARM_UP_RUNS; run < RUNS; run++)
	{
		for (Way *way = read->ways; way < read->ways + MAX_WAYS; way++)
		{
			double start = now_ms();

			way->run(connection, read);
			if (run >= 0)
				way->milliseconds[run] = now_ms() - start;
		}
	}
	for (Way *way = read->ways; way < read->ways + MAX_WAYS; way++)
		qsort(way->milliseconds, RUNS, sizeof(double), compare_doubles);
}

/* ----------
 * Showing
 * ----------
 */

/* The size of an answer that depends neither on spaces nor on the order within arrays. */
static char *
answer_size(PGconn *connection, const char *answer, const char *parameter)
{
	char sql[4096];
	PGresult *result;
	char *size;

	snprintf(sql, sizeof(sql),
			 "SELECT count(*) || ' rows, ' || sum(length(answer::jsonb::text)) || ' characters'"
			 " FROM (%s) answers(answer)",
			 answer);
	result = query(connection, sql, parameter);
	size = strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return size;
}

/* A fast wrong answer is no answer: compares bolt_orm's with what SQL gives. */
static void
check_answers(PGconn *connection, const Read *read)
{
	char *by_bolt = answer_size(connection, read->call, read->document);
	char *by_sql = answer_size(connection, read->lateral, read->parameter);

	if (strcmp(by_bolt, by_sql) != 0)
	{
		fprintf(stderr, "demo: bolt_orm answers %s, SQL %s\n", by_bolt, by_sql);
		exit(1);
	}
	free(by_bolt);
	free(by_sql);
}

static void
show_answer(PGconn *connection, const Read *read)
{
	PGresult *result = query(connection, read->call, read->document);
	int rows = PQntuples(result);

	printf("\n%s:\n\n", read->title);
	printf("SELECT bolt.%s('%s');\n\n", strstr(read->call, "get") ? "get" : "fetch", read->document);
	for (int row = 0; row < rows && row < 2; row++)
	{
		abridge(stdout, PQgetvalue(result, row, 0), 0);
		putchar('\n');
	}
	if (rows > 2)
		printf("… %d more rows\n", rows - 2);
	PQclear(result);
}

static void
show_table(const Read *read)
{
	printf("\n%-38s %10s  %11s  %6s\n", "", "statements", "round trips", "ms");
	for (const Way *way = read->ways; way < read->ways + MAX_WAYS; way++)
		printf("%-38s %10d  %11d  %6.2f\n", way->name, way->statements, way->round_trips,
			   way->milliseconds[RUNS / 2]);
}

int
main(void)
{
	PGconn *connection = PQconnectdb("");

	if (PQstatus(connection) != CONNECTION_OK)
	{
		fprintf(stderr, "demo: %s", PQerrorMessage(connection));
		return 1;
	}
	run_only(connection, "SET pg_stat_statements.track = 'none'", NULL);
	for (Read *read = reads; read < reads + sizeof(reads) / sizeof(reads[0]); read++)
	{
		PQclear(check(connection, PQprepare(connection, read->prepared, read->lateral, 0, NULL)));
		check_answers(connection, read);
		show_answer(connection, read);
		fflush(stdout);
		measure(connection, read);
		count(connection, read);
		show_table(read);
	}
	printf("\nMedians of %d runs over a local socket, all relations in memory. Over a network each round\n"
		   "trip adds its latency. bolt_orm's statements count the calling SELECT and those inside it.\n",
		   RUNS);
	PQfinish(connection);
	return 0;
}
