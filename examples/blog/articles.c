/*
 * articles.c
 *	  The articles: a view set, and the handlers around it.
 */
#include "blog.h"
#include "models.h"

/* GET /articles/cursor?after= */
static bolt_future *
list_by_cursor(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;

	return bolt_viewset_list(self->article_cursor, &request->data);
}

/* POST /articles/bulk */
static bolt_future *
create_many(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;

	return bolt_viewset_bulk_create(self->articles, &request->data);
}

/* GET /authors/{id}/articles */
static bolt_future *
list_of_author(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;
	long long author;

	if (!bolt_parse_integer(bolt_evhttp_argument(request, 0), &author) || author != (int) author)
		return bolt_fail(self->db, BOLT_DOES_NOT_EXIST, "auth_user matching query does not exist");
	return bolt_viewset_list_of(
		self->articles, bolt_filter(bolt_viewset_queryset(self->articles), BOLT_KW("author_id", author)),
		&request->data);
}

/* GET /stats */
static bolt_future *
get_stats(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;

	(void) request;
	return bolt_aaggregate(bolt_objects(self->db, "blog_article"),
						   BOLT_KW("total", bolt_count("*"), "published",
								   bolt_count("*", .filter = bolt_q(BOLT_KW("published", true))),
								   "average_comment_count", bolt_avg("comment_count")));
}

/* GET /stream: all published articles as JSON lines, no faster than the client reads. */
static bolt_future *
stream_published(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;
	bolt_queryset *published = bolt_filter(bolt_viewset_queryset(self->articles), BOLT_KW("published", true));

	return bolt_evhttp_stream(request, bolt_aiterator(bolt_with_schema(published, &article_summary_schema)));
}

int
blog_route_articles(blog *self, bolt_evhttp *server)
{
	static const char *const filters[] = {
		"published", "author_id", "author__username", "tags__name", "title__icontains", "id__in", NULL};
	static const char *const orderings[] = {"created_at", "comment_count", "title", "id", NULL};
	bolt_queryset *articles = bolt_order_by(bolt_objects(self->db, "blog_article"), "-created_at", "-id");

	self->articles =
		bolt_viewset_new(bolt_ref(articles), .schema = &article_schema,
						 .list_schema = &article_summary_schema, .write_schema = &article_input_schema,
						 .filters = filters, .orderings = orderings);
	self->article_cursor =
		bolt_viewset_new(articles, .schema = &article_summary_schema, .pagination = BOLT_CURSOR);
	if (self->articles == NULL || self->article_cursor == NULL)
		return -1;
	return bolt_evhttp_viewset(server, "/articles", self->articles) |
		bolt_evhttp_route(server, "GET", "/articles/cursor", list_by_cursor, self) |
		bolt_evhttp_route(server, "POST", "/articles/bulk", create_many, self) |
		bolt_evhttp_route(server, "GET", "/authors/{id}/articles", list_of_author, self) |
		bolt_evhttp_route(server, "GET", "/stats", get_stats, self) |
		bolt_evhttp_route(server, "GET", "/stream", stream_published, self);
}

void
blog_free_articles(blog *self)
{
	bolt_viewset_free(self->articles);
	bolt_viewset_free(self->article_cursor);
}
