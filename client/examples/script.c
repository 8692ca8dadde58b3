/*
 * script.c
 *	  A plain script: each line waits for its answer. No loop is to be seen: bolt_await runs the built-in one.
 *
 * Connects as libpq's environment says.
 */
#include <bolt_orm.h>
#include <stdio.h>

/* Prints and frees what has come. Whether it was an answer. */
static bool
print(bolt_future *answer)
{
	bool failed = bolt_failed(answer);

	if (failed)
		fprintf(stderr, "script: %s\n", bolt_error_message(bolt_error(answer)));
	else
		puts(bolt_json(answer));
	bolt_free(answer);
	return !failed;
}

int
main(void)
{
	bolt_database *db = bolt_open("", NULL);
	bolt_queryset *articles = bolt_select_related(
		bolt_only(bolt_objects(db, "blog_article"), "title", "author__username"), "author");
	bolt_future *count = bolt_await(bolt_acount(bolt_ref(articles)));
	bool good = !bolt_failed(count);
	bolt_iterator *first;
	bolt_future *article;

	printf("%lld articles\n", (long long) bolt_integer(count));
	bolt_free(count);

	good = print(bolt_await(bolt_aget(bolt_ref(articles), BOLT_KW("id", 7)))) && good;
	good = print(bolt_await(bolt_aget(bolt_ref(articles), BOLT_KW("id", 8)))) && good;

	first = bolt_aiterator(bolt_order_by(articles, "id"));
	for (int i = 0; i < 3 && bolt_json(article = bolt_await(bolt_anext(first))) != NULL; i++)
		good = print(article) && good;
	bolt_aclose(first); /* the rest is not read */

	bolt_close(db);
	return good ? 0 : 1;
}
