/*
 * test_objects_read.c
 *	  The a-methods that read, against a server.
 */
#include "server.h"

static bolt_queryset *
articles(void)
{
	return bolt_only(bolt_order_by(bolt_objects(db, "blog_article"), "id"), "title");
}

static bolt_queryset *
tags(void)
{
	return bolt_objects(db, "blog_tag");
}

static void
aget_gives_an_object_with_its_relations(void **state)
{
	bolt_queryset *posts = bolt_objects(db, "blog_article");

	(void) state;
	posts = bolt_only(posts, "title", "author__username");
	posts = bolt_select_related(posts, "author");
	posts = bolt_prefetch_related(posts, "tags", "comments__author");
	assert_json(bolt_aget(posts, BOLT_KW("id", 2)),
				"{\"id\":2,\"title\":\"Two\",\"author_id\":1,\"author\":{\"id\":1,\"username\":\"ann\"},"
				"\"tags\":[{\"id\":2,\"name\":\"b\",\"weight\":null}],"
				"\"comments\":[{\"id\":3,\"text\":\"third\",\"article_id\":2,\"author_id\":1,"
				"\"author\":{\"id\":1,\"username\":\"ann\",\"password\":\"secret\"}}]}");
}

static void
aget_wants_exactly_one(void **state)
{
	(void) state;
	assert_error(bolt_aget(articles(), BOLT_KW("id", 99)), BOLT_DOES_NOT_EXIST,
				 "blog_article matching query does not exist");
	assert_error(bolt_aget(articles()), BOLT_MULTIPLE_OBJECTS_RETURNED,
				 "get() returned more than one blog_article");
	assert_json(bolt_aget(bolt_filter(articles(), BOLT_KW("id", 1))), "{\"id\":1,\"title\":\"One\"}");
	assert_json(bolt_aget(articles(), bolt_q_or(BOLT_KW("id", 1), BOLT_KW("id", 77)),
						  BOLT_KW("draft", false)),
				"{\"id\":1,\"title\":\"One\"}");
	assert_json(bolt_arefresh_from_db(articles(), 1), "{\"id\":1,\"title\":\"One\"}");
}

/* An error names the method that was called. */
static void
errors_name_the_method(void **state)
{
	void *something = (void *) "1";

	(void) state;
	assert_error(bolt_arefresh_from_db(articles(), something), BOLT_TYPE_ERROR,
				 "arefresh_from_db(): \"pk\": ");
	assert_error(bolt_aget(articles(), BOLT_KW("pk", something)), BOLT_TYPE_ERROR, "aget(): \"pk\": ");
	assert_error(bolt_arefresh_from_db(NULL, 1), BOLT_INTERFACE_ERROR, "bolt_arefresh_from_db(): ");
}

static void
alist_afirst_alast(void **state)
{
	(void) state;
	assert_json(bolt_alist(bolt_limit(articles(), 2)),
				"[{\"id\":1,\"title\":\"One\"},{\"id\":2,\"title\":\"Two\"}]");
	assert_json(bolt_alist(bolt_none(articles())), "[]");
	assert_json(bolt_afirst(articles()), "{\"id\":1,\"title\":\"One\"}");
	assert_json(bolt_alast(articles()), "{\"id\":3,\"title\":\"Drei \\\"ß\\\"\"}");
	assert_json(bolt_afirst(bolt_none(articles())), NULL);
}

static void
aearliest_alatest(void **state)
{
	(void) state;
	assert_json(bolt_aearliest(articles(), "created_at"), "{\"id\":1,\"title\":\"One\"}");
	assert_json(bolt_alatest(bolt_only(bolt_objects(db, "blog_article"), "title"), "draft", "-created_at"),
				"{\"id\":2,\"title\":\"Two\"}");
	assert_error(bolt_alatest(bolt_none(articles()), "created_at"), BOLT_DOES_NOT_EXIST, "");
	assert_error(bolt_alatest(articles()), BOLT_VALUE_ERROR, "");
}

static void
facts(void **state)
{
	(void) state;
	assert_integer(bolt_acount(articles()), 3);
	assert_integer(bolt_acount(bolt_filter(articles(), BOLT_KW("draft", true))), 1);
	assert_boolean(bolt_aexists(bolt_filter(articles(), BOLT_KW("title__contains", "ß"))), true);
	assert_boolean(bolt_aexists(bolt_none(articles())), false);
	assert_boolean(bolt_acontains(articles(), 3), true);
	assert_boolean(bolt_acontains(articles(), 4), false);
	assert_json(bolt_aaggregate(articles(), BOLT_KW("n", bolt_count("*"), "best", bolt_max("rating"))),
				"{\"n\":3,\"best\":4.50}");
}

static void
ain_bulk_by_key_and_by_field(void **state)
{
	(void) state;
	assert_json(bolt_ain_bulk(bolt_only(tags(), "name"), .ids = BOLT_LIST(1, 2, 99)),
				"{\"1\":{\"id\":1,\"name\":\"a\"},\"2\":{\"id\":2,\"name\":\"b\"}}");
	assert_json(bolt_ain_bulk(bolt_only(tags(), "name"), .ids = BOLT_LIST("c"), .field_name = "name"),
				"{\"c\":{\"id\":3,\"name\":\"c\"}}");
	assert_json(bolt_ain_bulk(bolt_filter(bolt_only(tags(), "name"), BOLT_KW("id", 2))),
				"{\"2\":{\"id\":2,\"name\":\"b\"}}");
}

static void
pages(void **state)
{
	bolt_future *page;
	json_t *json;

	(void) state;
	assert_json(
		bolt_apage(articles(), .page = 2, .page_size = 2),
		"{\"items\":[{\"id\":3,\"title\":\"Drei \\\"ß\\\"\"}],\"total\":3,\"page\":2,\"pages\":2,\"page_size\":2,"
		"\"has_next\":false,\"has_previous\":true}");
	assert_json(
		bolt_apage(bolt_limit(tags(), 0), .total = "none"),
		"{\"items\":[],\"total\":null,\"page\":1,\"pages\":null,\"page_size\":20,\"has_next\":false,\"has_previous\":false}");
	page = bolt_await(bolt_acursor_page(articles(), .page_size = 2));
	json = json_loads(bolt_json(page), 0, NULL);
	assert_json(
		bolt_apage(bolt_none(tags())),
		"{\"items\":[],\"total\":0,\"page\":1,\"pages\":1,\"page_size\":20,\"has_next\":false,\"has_previous\":false}");
	bolt_free(page);
	page = bolt_await(bolt_acursor_page(articles(), .page_size = 2,
										.after = json_string_value(json_object_get(json, "next"))));
	assert_non_null(strstr(bolt_json(page), "\"id\":3"));
	assert_null(strstr(bolt_json(page), "\"id\":2"));
	bolt_free(page);
	json_decref(json);
	assert_error(bolt_apage(tags(), .page = -1), BOLT_VALUE_ERROR, "");
	assert_error(bolt_acursor_page(articles(), .after = "nonsense"), BOLT_VALUE_ERROR, "");
}

static void
aiterator_gives_row_by_row(void **state)
{
	bolt_iterator *rows = bolt_aiterator(articles());

	(void) state;
	assert_json(bolt_anext(rows), "{\"id\":1,\"title\":\"One\"}");
	assert_json(bolt_anext(rows), "{\"id\":2,\"title\":\"Two\"}");
	assert_json(bolt_anext(rows), "{\"id\":3,\"title\":\"Drei \\\"ß\\\"\"}");
	assert_json(bolt_anext(rows), NULL);
	bolt_aclose(rows);
	rows = bolt_aiterator(NULL);
	assert_error(bolt_anext(rows), BOLT_INTERFACE_ERROR, "bolt_aiterator(): the queryset is NULL");
	bolt_aclose(rows);
}

static void
aexplain_acheck_asql(void **state)
{
	bolt_future *future = bolt_await(bolt_aexplain(articles(), .analyze = true));

	(void) state;
	assert_non_null(strstr(bolt_json(future), "\"milliseconds\""));
	bolt_free(future);
	future = bolt_await(bolt_acheck(bolt_filter(articles(), BOLT_KW("title__icontains", "x"))));
	assert_non_null(strstr(bolt_json(future), "\"pattern_without_index\""));
	bolt_free(future);
	assert_json(bolt_asql(bolt_only(tags(), "name")), "[\"SELECT t0.id, t0.name FROM public.blog_tag t0\"]");
}

static void
values_of_every_type_arrive(void **state)
{
	json_t *json = json_pack("{s:[i,{s:i}]}", "k", 1, "F", 2);

	(void) state;
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("weight", 0.5))), 1);
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("weight", 1e300))), 1);
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("weight", NULL))), 1);
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("weight__isnull", true))), 1);
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("id__in", BOLT_LIST(1, 2, 3)))), 3);
	assert_integer(bolt_acount(bolt_filter(articles(), BOLT_KW("data", json))), 1);
	assert_integer(bolt_acount(bolt_filter(
					   articles(), BOLT_KW("data__k__1", json_array_get(json_object_get(json, "k"), 1)))),
				   1);
	assert_integer(bolt_acount(bolt_filter(articles(), BOLT_KW("labels", BOLT_LIST("x", "y")))), 1);
	assert_integer(bolt_acount(bolt_filter(articles(), BOLT_KW("author", bolt_f("editor")))), 0);
	assert_integer(
		bolt_acount(bolt_filter(
			articles(), BOLT_KW("id__in", bolt_values(bolt_objects(NULL, "blog_comment"), "article")))),
		2);
	assert_integer(
		bolt_acount(bolt_filter(articles(),
								bolt_exists(bolt_filter(bolt_objects(NULL, "blog_comment"),
														BOLT_KW("article", bolt_outer_ref("pk")))))),
		2);
	json_decref(json);
}

static void
expressions_arrive(void **state)
{
	bolt_queryset *queryset = bolt_objects(db, "auth_user");

	(void) state;
	queryset = bolt_annotate(
		queryset,
		BOLT_KW("n", bolt_count("articles", .filter = bolt_q(BOLT_KW("articles__draft", false))), "titles",
				bolt_string_agg("articles__title", "; ", .order_by = BOLT_ORDERING("articles__id")), "kind",
				bolt_case(bolt_when(BOLT_KW("username", "ann"), bolt_value("A")),
						  bolt_default(bolt_upper("username"))),
				"rank", bolt_window(bolt_row_number(), .order_by = BOLT_ORDERING(bolt_desc("id")))));
	queryset = bolt_values_list(bolt_order_by(queryset, bolt_desc(bolt_lower("username"), BOLT_NULLS_LAST)),
								"kind", "n", "titles", "rank");
	assert_json(bolt_alist(queryset), "[[\"BOB\",1,\"Drei \\\"ß\\\"\",1],[\"A\",1,\"One; Two\",2]]");
}

static void
errors_have_hints(void **state)
{
	bolt_future *future = bolt_await(bolt_aget(articles(), BOLT_KW("author__nickname", "x")));
	const bolt_exception *error = bolt_error(future);

	(void) state;
	assert_int_equal(bolt_error_code(error), BOLT_FIELD_ERROR);
	assert_string_equal(bolt_error_sqlstate(error), "42703");
	assert_string_equal(bolt_error_message(error), "Related Field got invalid lookup: nickname");
	assert_non_null(strstr(bolt_error_detail(error), "author__nickname"));
	assert_non_null(strstr(bolt_error_hint(error), "username"));
	bolt_free(future);
	assert_error(bolt_acount(bolt_objects(db, "nowhere")), BOLT_MODEL_ERROR, "");
	assert_error(bolt_acount(bolt_filter(articles(), BOLT_KW("id", "x"))), BOLT_VALUE_ERROR,
				 "invalid input syntax");
	assert_error(bolt_acount(bolt_filter(bolt_limit(articles(), 1), BOLT_KW("id", 1))), BOLT_TYPE_ERROR,
				 "Cannot filter a query once a slice has been taken");
}

static void
faults_of_the_chain_fail_the_future(void **state)
{
	(void) state;
	assert_error(bolt_aget(bolt_filter(articles(), BOLT_KW("title", "\xff")), BOLT_KW("id", 1)),
				 BOLT_VALUE_ERROR, "filter(): \"title\": a text is not valid UTF-8 at byte 0");
	assert_error(bolt_aget(articles(), BOLT_KW("title", "ab\xc3")), BOLT_VALUE_ERROR,
				 "aget(): \"title\": a text is not valid UTF-8 at byte 2");
	assert_error(bolt_aget(NULL, BOLT_KW("id", 1)), BOLT_INTERFACE_ERROR,
				 "bolt_aget(): the queryset is NULL");
	assert_error(bolt_alist(bolt_limit(NULL, 1)), BOLT_INTERFACE_ERROR, "bolt_limit(): the queryset is NULL");
	assert_error(bolt_alist(bolt_objects(db, NULL)), BOLT_INTERFACE_ERROR, "objects(): the model is NULL");
	assert_error(bolt_aaggregate(articles(), NULL), BOLT_INTERFACE_ERROR,
				 "aaggregate(): an argument is NULL");
	assert_error(bolt_acursor_page(articles(), .after = "\xff"), BOLT_VALUE_ERROR,
				 "acursor_page(): a text is not valid UTF-8");
}

static void
a_queryset_without_a_database(void **state)
{
	bolt_future *future = bolt_alist(bolt_objects(NULL, "blog_article"));

	(void) state;
	assert_true(bolt_failed(future));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_INTERFACE_ERROR);
	bolt_free(future);
}

static int
set_up(void **state)
{
	(void) state;
	return open_server("bolt_client_read");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aget_gives_an_object_with_its_relations),
		cmocka_unit_test(aget_wants_exactly_one),
		cmocka_unit_test(alist_afirst_alast),
		cmocka_unit_test(aearliest_alatest),
		cmocka_unit_test(facts),
		cmocka_unit_test(ain_bulk_by_key_and_by_field),
		cmocka_unit_test(pages),
		cmocka_unit_test(aiterator_gives_row_by_row),
		cmocka_unit_test(aexplain_acheck_asql),
		cmocka_unit_test(values_of_every_type_arrive),
		cmocka_unit_test(expressions_arrive),
		cmocka_unit_test(errors_have_hints),
		cmocka_unit_test(errors_name_the_method),
		cmocka_unit_test(faults_of_the_chain_fail_the_future),
		cmocka_unit_test(a_queryset_without_a_database),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, close_server);
}
