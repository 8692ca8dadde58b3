/*
 * co_await.cpp
 *	  C++20: coroutines of the language over futures. Both of main's run at once, in one thread.
 *
 * standard: c++20
 */
#include <iostream>

#include <bolt_orm.hpp>

static bolt::task<std::int64_t>
count_articles(bolt_database *db, const char *username)
{
	bolt::future count = co_await bolt::future(
		bolt_acount(bolt_filter(bolt_objects(db, "blog_article"), BOLT_KW("author__username", username))));

	co_return count.check().integer();
}

static bolt::task<void>
show(bolt_database *db, int id, int *shown)
{
	bolt::future article = co_await bolt::future(
		bolt_aget(bolt_only(bolt_objects(db, "blog_article"), "id", "title"), BOLT_KW("id", id)));

	if (article.failed())
		std::cout << bolt_code_name(article.code()) << ": " << article.message() << '\n';
	else
		std::cout << article.json() << ", and " << co_await count_articles(db, "user1") << " of user1\n";
	(*shown)++;
}

int
main()
{
	bolt::database db(bolt_open(nullptr, nullptr));
	int shown = 0;

	bolt::start(show(db.get(), 7, &shown));
	bolt::start(show(db.get(), -1, &shown));
	bolt_run(db.get());
	return shown == 2 ? 0 : 1;
}
