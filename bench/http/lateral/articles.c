/*
 * articles.c
 *	  The articles: the handlers of examples/blog/articles.c that the benchmark asks, each with its SQL.
 *
 * The SQL is in the fastest form found, one statement that makes the whole answer: to-one relations as joins or subselects, the limit before
 * the joins, the to-many relations of one article LATERAL with json_agg; of 20 articles grouped for all of them at once, which is twice as fast here as
 * LATERAL, under which the planner reads the whole of blog_tag for each article. A page has 20 articles whatever `page_size` says: with a parameter in its
 * LIMIT the generic plan would be one for a tenth of the table.
 */
#include "blog.h"
#include "lateral.h"
#include "models.h"

/* The articles of `page` as a list shows them. */
#define SUMMARIES \
	"(SELECT coalesce(json_agg(article), '[]') FROM (" \
	"SELECT a.id, a.title, a.published, a.comment_count, a.created_at, a.author_id," \
	" (SELECT row_to_json(u) FROM (SELECT id, username, email FROM auth_user WHERE id = a.author_id) u) AS author," \
	" coalesce(tags.tags, '[]') AS tags FROM page a LEFT JOIN (" \
	"SELECT j.article_id, json_agg((SELECT tag FROM (SELECT t.id, t.name) tag)) AS tags" \
	" FROM blog_article_tags j JOIN blog_tag t ON t.id = j.tag_id" \
	" WHERE j.article_id = ANY (ARRAY(SELECT id FROM page)) GROUP BY j.article_id" \
	") tags ON tags.article_id = a.id ORDER BY a.created_at DESC, a.id DESC) article)"
/* Those of one article, `a`. */
#define TAGS \
	"LEFT JOIN LATERAL (SELECT coalesce(json_agg(tag), '[]') AS tags FROM (" \
	"SELECT t.id, t.name FROM blog_article_tags j JOIN blog_tag t ON t.id = j.tag_id WHERE j.article_id = a.id" \
	") tag) tags ON true "
#define LISTED "id, title, published, comment_count, created_at, author_id"

/* One more than the page has says whether there is another page. */
#define CURSOR_PAGE(where) \
	"WITH listed AS MATERIALIZED (SELECT " LISTED " FROM blog_article " where \
	" ORDER BY created_at DESC, id DESC LIMIT 21)," \
	" page AS MATERIALIZED (SELECT * FROM listed LIMIT 20) " \
	"SELECT json_build_object('items', " SUMMARIES "," \
	" 'next', CASE WHEN (SELECT count(*) FROM listed) > 20 THEN" \
	" (SELECT to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '_' || id FROM page ORDER BY created_at, id LIMIT 1) END)"

#define DETAIL \
	"SELECT row_to_json(article) FROM (" \
	"SELECT a.id, a.title, a.content, a.published, a.draft, a.comment_count, a.created_at, a.author_id," \
	" row_to_json(u) AS author, tags.tags, comments.comments " \
	"FROM blog_article a " \
	"LEFT JOIN (SELECT id, username, email FROM auth_user) u ON u.id = a.author_id " TAGS \
	"LEFT JOIN LATERAL (SELECT coalesce(json_agg(comment), '[]') AS comments FROM (" \
	"SELECT c.id, c.text, c.created_at, c.author_id, row_to_json(cu) AS author FROM blog_comment c " \
	"LEFT JOIN (SELECT id, username, email FROM auth_user) cu ON cu.id = c.author_id WHERE c.article_id = a.id" \
	") comment) comments ON true WHERE a.id = $1) article"

const lateral_statement lateral_article_statements[] = {
	{"list", CURSOR_PAGE("")},
	{"list after", CURSOR_PAGE("WHERE (created_at, id) < ($1::timestamptz, $2::int)")},
	{"page",
	 "WITH page AS MATERIALIZED (SELECT " LISTED " FROM blog_article ORDER BY created_at DESC, id DESC"
	 " LIMIT 20 OFFSET ($1::int - 1) * 20) "
	 "SELECT json_build_object('items', " SUMMARIES ","
	 " 'total', total, 'page', $1::int, 'pages', pages, 'page_size', 20,"
	 " 'has_next', $1::int < pages, 'has_previous', $1::int > 1)"
	 " FROM (SELECT total, greatest((total + 19) / 20, 1) AS pages"
	 " FROM (SELECT count(*) AS total FROM blog_article) counted) counted"},
	{"detail", DETAIL},
	/* What a statement inserts it does not see in the tables, so the answer is made of what it returns. */
	{"create",
	 "WITH a AS (INSERT INTO blog_article (title, content, author_id, published, draft)"
	 " VALUES ($1::text, $2::text, $3::int, $4::boolean, $5::boolean) RETURNING *),"
	 " j AS (INSERT INTO blog_article_tags (article_id, tag_id) SELECT a.id, t FROM a, unnest($6::int[]) t RETURNING tag_id) "
	 "SELECT row_to_json(article) FROM ("
	 "SELECT a.id, a.title, a.content, a.published, a.draft, a.comment_count, a.created_at, a.author_id,"
	 " (SELECT row_to_json(u) FROM (SELECT id, username, email FROM auth_user WHERE id = a.author_id) u) AS author,"
	 " (SELECT coalesce(json_agg(tag), '[]') FROM (SELECT t.id, t.name FROM j JOIN blog_tag t ON t.id = j.tag_id) tag) AS tags,"
	 " '[]'::json AS comments FROM a) article"},
	{"stats",
	 "SELECT row_to_json(stats) FROM (SELECT count(*) AS total, count(*) FILTER (WHERE published) AS published,"
	 " avg(comment_count) AS average_comment_count FROM blog_article) stats"},
	{NULL, NULL}};

/* ----------
 * Parameters
 * ----------
 */
typedef char decimal[24];

static const char *
print(decimal text, long long value)
{
	snprintf(text, sizeof(decimal), "%lld", value);
	return text;
}

/* ----------
 * Handlers
 * ----------
 */

/* article_input_schema without the member that clients may not set. */
BOLT_SCHEMA(new_article_schema, struct article_input, BOLT_FIELD(struct article_input, title),
			BOLT_FIELD(struct article_input, content), BOLT_FIELD(struct article_input, author_id),
			BOLT_FIELD(struct article_input, published, .optional = true),
			BOLT_FIELD(struct article_input, draft, .optional = true),
			BOLT_SCALARS(struct article_input, tags, ntags, .optional = true));

/* GET /articles/cursor?after= */
static bolt_future *
list_by_cursor(bolt_evhttp_request *request, void *arg)
{
	const char *after = bolt_parameter_value(&request->data, "after");
	char moment[64];
	const char *values[] = {moment, NULL};

	(void) arg;
	if (after == NULL)
		return lateral_answer(request, "list", 0, NULL, 200, NULL);
	snprintf(moment, sizeof(moment), "%s", after);
	values[1] = strchr(moment, '_');
	if (values[1] == NULL)
		return bolt_refuse(NULL, 400, "Invalid cursor.");
	moment[values[1]++ - moment] = '\0';
	return lateral_answer(request, "list after", 2, values, 200, NULL);
}

/* GET /articles?page=&page_size= */
static bolt_future *
list_articles(bolt_evhttp_request *request, void *arg)
{
	decimal text;
	const char *value = text;
	long long page;

	(void) arg;
	if (!bolt_parse_integer(bolt_parameter_value(&request->data, "page"), &page) || page < 1 ||
		page > 1000000)
		page = 1;
	print(text, page);
	return lateral_answer(request, "page", 1, &value, 200, NULL);
}

/* GET /articles/{id} */
static bolt_future *
get_article(bolt_evhttp_request *request, void *arg)
{
	decimal text;
	const char *value = text;
	long long id;

	(void) arg;
	if (!bolt_parse_integer(bolt_evhttp_argument(request, 0), &id) || id != (int) id)
		return bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "Not found.");
	print(text, id);
	return lateral_answer(request, "detail", 1, &value, 200, NULL);
}

/* {1,2,3} */
static char *
array_of(bolt_evhttp_request *request, const int *numbers, size_t count)
{
	char *text = bolt_evhttp_alloc(request, 3 + count * 12);
	char *end = text;

	if (text == NULL)
		return NULL;
	*end++ = '{';
	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "%s%d", i > 0 ? "," : "", numbers[i]);
	strcpy(end, "}");
	return text;
}

/* POST /articles */
static bolt_future *
create_article(bolt_evhttp_request *request, void *arg)
{
	bolt_exception *error;
	bolt_decoded *decoded = bolt_request_decode(&request->data, &new_article_schema, &error);
	const struct article_input *input;
	bolt_future *failed;
	decimal author;

	(void) arg;
	if (decoded == NULL)
		return bolt_fail_with(NULL, error);
	input = bolt_decoded_objects(decoded, NULL);
	failed =
		lateral_answer(request, "create", 6,
					   (const char *const[]){input->title, input->content, print(author, input->author_id),
											 input->published ? "t" : "f", input->draft ? "t" : "f",
											 array_of(request, input->tags, input->ntags)},
					   201, NULL);
	bolt_decoded_free(decoded);
	return failed;
}

/* GET /stats */
static bolt_future *
get_stats(bolt_evhttp_request *request, void *arg)
{
	(void) arg;
	return lateral_answer(request, "stats", 0, NULL, 200, NULL);
}

int
blog_route_articles(blog *self, bolt_evhttp *server)
{
	return bolt_evhttp_route(server, "GET", "/articles", list_articles, self) |
		bolt_evhttp_route(server, "POST", "/articles", create_article, self) |
		bolt_evhttp_route(server, "GET", "/articles/cursor", list_by_cursor, self) |
		bolt_evhttp_route(server, "GET", "/articles/{id}", get_article, self) |
		bolt_evhttp_route(server, "GET", "/stats", get_stats, self);
}

void
blog_free_articles(blog *self)
{
	(void) self;
}
