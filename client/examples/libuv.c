/*
 * libuv.c
 *	  On libuv: a hundred articles asked for at once, each answer handled by a callback.
 *
 * Connects as libpq's environment says.
 *
 * packages: libuv
 */
#include <bolt_orm.h>
#include <bolt_libuv.h>
#include <stdio.h>

#define ARTICLES 100

static bolt_database *db;
static int answers;
static int failures;

static void
article_ready(bolt_future *article, void *arg)
{
	int id = *(const int *) arg;

	if (bolt_failed(article))
	{
		failures++;
		fprintf(stderr, "article %d: %s\n", id, bolt_error_message(bolt_error(article)));
	}
	else if (id % 25 == 0)
		printf("article %d: %s\n", id, bolt_json(article));
	if (++answers == ARTICLES)
		bolt_close(db); /* nothing is left for the loop, so it ends */
}

int
main(void)
{
	uv_loop_t *loop = uv_default_loop();
	int ids[ARTICLES];

	db = bolt_open("", NULL);
	if (bolt_libuv_attach(db, loop) != 0)
		return 1;
	for (int i = 0; i < ARTICLES; i++)
	{
		bolt_queryset *articles = bolt_only(bolt_objects(db, "blog_article"), "title");

		ids[i] = i + 1;
		bolt_then(bolt_aget(bolt_prefetch_related(articles, "tags"), BOLT_KW("id", ids[i])), article_ready,
				  &ids[i]);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
	printf("%d answers, %d failures\n", answers, failures);
	return answers == ARTICLES && failures == 0 ? 0 : 1;
}
