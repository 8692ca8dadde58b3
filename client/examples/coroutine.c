/*
 * coroutine.c
 *	  Coroutines: each reads like a script, and none keeps the others waiting.
 *
 * Connects as libpq's environment says.
 */
#include <bolt_orm.h>
#include <stdio.h>

#define READERS 10

static bolt_database *db;

/* The author of an article, then how much the author has written: two steps, one after the other. */
static void *
reader(void *arg)
{
	int id = *(const int *) arg;
	bolt_future *author = bolt_await(
		bolt_aget(bolt_values(bolt_objects(db, "blog_article"), "author__username"), BOLT_KW("id", id)));
	bolt_future *articles = bolt_await(
		bolt_acount(bolt_filter(bolt_objects(db, "blog_article"), BOLT_KW("author__article__id", id))));
	bool good = !bolt_failed(author) && !bolt_failed(articles);

	if (good)
		printf("article %d: %s, one of %lld\n", id, bolt_json(author), (long long) bolt_integer(articles));
	bolt_free(author);
	bolt_free(articles);
	return good ? arg : NULL;
}

int
main(void)
{
	bolt_future *readers[READERS];
	int ids[READERS];
	bolt_future *all;
	int good = 0;

	db = bolt_open("", BOLT_OPTIONS(.connections = 2));
	for (int i = 0; i < READERS; i++)
	{
		ids[i] = i + 1;
		readers[i] = bolt_spawn(db, reader, &ids[i]);
	}
	all = bolt_await(bolt_timeout(bolt_gather_all(READERS, readers), 10000));
	for (int i = 0; i < READERS; i++)
		good += bolt_pointer(bolt_gathered(all, (size_t) i)) != NULL;
	bolt_free(all);
	bolt_close(db);
	printf("%d of %d\n", good, READERS);
	return good == READERS ? 0 : 1;
}
