/*
 * future.cpp
 *	  C++17: the macros and functions of C, with futures that free themselves.
 *
 * standard: c++17
 */
#include <iostream>
#include <string>

#include <bolt_orm.hpp>

int
main()
{
	bolt::database db(bolt_open(nullptr, nullptr));
	std::string name = "user1";

	try
	{
		bolt_queryset *articles = bolt_select_related(bolt_objects(db.get(), "blog_article"), "author");
		bolt::future by_author(
			bolt_acount(bolt_filter(bolt_ref(articles), BOLT_KW("author__username", name))));
		bolt::future first(bolt_afirst(bolt_order_by(articles, "-id")));

		std::cout << name << " wrote " << by_author.await().check().integer() << " articles\n";
		std::cout << "the last one of all is " << first.await().check().json() << '\n';

		bolt::future nobody(
			bolt_aget(bolt_objects(db.get(), "auth_user"), BOLT_KW("username", "nobody at all")));

		nobody.await().check();
	}
	catch (const bolt::error &error)
	{
		std::cout << bolt_code_name(error.code()) << ": " << error.what() << '\n';
		return error.code() == BOLT_DOES_NOT_EXIST ? 0 : 1;
	}
	return 1;
}
