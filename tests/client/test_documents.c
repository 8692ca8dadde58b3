/*
 * test_documents.c
 *	  The documents that querysets mean, method by method.
 */
#include <locale.h>
#include <stdint.h>

#include "documents.h"

static void
objects_alone_have_no_chain(void **state)
{
	(void) state;
	assert_document(articles(), "{\"model\":\"blog_article\"}");
	assert_document(bolt_objects(NULL, "odd \"name\""), "{\"model\":\"odd \\\"name\\\"\"}");
	assert_document(bolt_objects(NULL, NULL), "{}");
	assert_document(bolt_limit(bolt_objects(NULL, NULL), 1), "{\"chain\":[{\"limit\":1}]}");
}

static void
a_chain_is_in_the_order_of_the_calls(void **state)
{
	bolt_queryset *posts = articles();

	(void) state;
	posts = bolt_select_related(posts, "author");
	posts = bolt_prefetch_related(posts, "tags", "comments__author");
	posts = bolt_filter(posts, BOLT_KW("id", 7));
	posts = bolt_limit(posts, 5);
	assert_chain(posts,
				 "{\"select_related\":[\"author\"]},{\"prefetch_related\":[\"tags\",\"comments__author\"]},"
				 "{\"filter\":{\"id\":7}},{\"limit\":5}");
}

static void
conditions_are_keyword_arguments_and_qs(void **state)
{
	(void) state;
	assert_chain(bolt_filter(articles()), "{\"filter\":{}}");
	assert_chain(bolt_filter(articles(), BOLT_KW("title__icontains", "x", "id", 7)),
				 "{\"filter\":{\"title__icontains\":\"x\",\"id\":7}}");
	assert_chain(bolt_exclude(articles(), BOLT_KW("draft", true)), "{\"exclude\":{\"draft\":true}}");
	assert_chain(bolt_filter(articles(), bolt_q(BOLT_KW("id", 1))), "{\"filter\":{\"id\":1}}");
	assert_chain(bolt_filter(articles(), bolt_q_or(BOLT_KW("id", 1), BOLT_KW("id", 2)),
							 BOLT_KW("draft", false)),
				 "{\"filter\":{\"AND\":[{\"OR\":[{\"id\":1},{\"id\":2}]},{\"draft\":false}]}}");
	assert_chain(bolt_filter(articles(), bolt_q_not(bolt_q_xor(BOLT_KW("id", 1), BOLT_KW("id", 2)))),
				 "{\"filter\":{\"NOT\":{\"XOR\":[{\"id\":1},{\"id\":2}]}}}");
	assert_chain(bolt_filter(articles(), bolt_q_and(BOLT_KW("id", 1), bolt_q(BOLT_KW("id", 2)))),
				 "{\"filter\":{\"AND\":[{\"id\":1},{\"id\":2}]}}");
	assert_chain(
		bolt_filter(articles(),
					bolt_exists(bolt_filter(bolt_objects(NULL, "blog_comment"),
											BOLT_KW("article", bolt_outer_ref("pk"))))),
		"{\"filter\":{\"Exists\":{\"model\":\"blog_comment\",\"chain\":[{\"filter\":{\"article\":{\"OuterRef\":"
		"\"pk\"}}}]}}}");
}

static void
values_of_every_c_type(void **state)
{
	const char *text = "const";
	char buffer[] = "array";
	json_t *json = json_pack("{s:[i,f,b,n]}", "a", 1, 0.1, 1);
	bool flag = true;
	float real = 0.5f;

	(void) state;
	assert_chain(bolt_filter(articles(),
							 BOLT_KW("a", (signed char) -1, "b", (short) -2, "c", -3, "d", -4L, "e", -5LL)),
				 "{\"filter\":{\"a\":-1,\"b\":-2,\"c\":-3,\"d\":-4,\"e\":-5}}");
	assert_chain(
		bolt_filter(articles(),
					BOLT_KW("a", (unsigned char) 1, "b", (unsigned short) 2, "c", 3u, "d", 4ul, "e",
							UINT64_MAX, "f", INT64_MIN)),
		"{\"filter\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":18446744073709551615,\"f\":-9223372036854775808}}");
	assert_chain(bolt_filter(articles(), BOLT_KW("a", real, "b", 0.1, "c", true, "d", flag, "e", false)),
				 "{\"filter\":{\"a\":0.5,\"b\":0.1,\"c\":true,\"d\":true,\"e\":false}}");
	assert_chain(bolt_filter(articles(),
							 BOLT_KW("a", "literal", "b", text, "c", buffer, "d", NULL, "e", (char *) NULL)),
				 "{\"filter\":{\"a\":\"literal\",\"b\":\"const\",\"c\":\"array\",\"d\":null,\"e\":null}}");
	assert_chain(bolt_filter(articles(),
							 BOLT_KW("a", bolt_text("abcdef", 3), "b", json, "c", BOLT_KW("x", 1))),
				 "{\"filter\":{\"a\":\"abc\",\"b\":{\"a\":[1,0.1,true,null]},\"c\":{\"x\":1}}}");
	assert_chain(bolt_filter(articles(),
							 BOLT_KW("a__in", BOLT_LIST(1, "two", 3.5, NULL), "b__in", BOLT_LIST())),
				 "{\"filter\":{\"a__in\":[1,\"two\",3.5,null],\"b__in\":[]}}");
	json_decref(json);
}

/* Nobody knows what a void * points to: only NULL is a value. */
static void
a_void_pointer_is_no_value(void **state)
{
	void *nothing = NULL;
	void *something = (void *) "text";
	bolt_queryset *wrong[] = {
		bolt_filter(articles(), BOLT_KW("title", something)),
		bolt_filter(articles(), BOLT_KW("id", 1, "title", something)),
		bolt_filter(articles(), BOLT_KW("title__in", BOLT_LIST("a", something))),
		bolt_filter(articles(), bolt_kw_add(BOLT_KW("id", 1), "title", something)),
		bolt_annotate(articles(), BOLT_KW("title", bolt_value(something))),
		bolt_filter(articles(), bolt_q_not(BOLT_KW("title", something))),
	};

	(void) state;
	assert_chain(bolt_filter(articles(), BOLT_KW("title", nothing)), "{\"filter\":{\"title\":null}}");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		bolt_exception *error;

		assert_null(bolt_document(wrong[i], &error));
		assert_int_equal(bolt_error_code(error), BOLT_TYPE_ERROR);
		if (!strstr(bolt_error_message(error), "\"title") || !strstr(bolt_error_message(error), "void *"))
			fail_msg("%zu: %s", i, bolt_error_message(error));
		bolt_error_unref(error);
		bolt_unref(wrong[i]);
	}
}

static void
lists_of_arrays(void **state)
{
	int64_t ids[] = {1, 2, 3};
	const char *names[] = {"a", "b"};

	(void) state;
	assert_chain(bolt_filter(articles(),
							 BOLT_KW("id__in", BOLT_LIST_OF(ids, 3), "name__in", BOLT_LIST_OF(names, 2))),
				 "{\"filter\":{\"id__in\":[1,2,3],\"name__in\":[\"a\",\"b\"]}}");
}

static void
keyword_arguments_one_by_one(void **state)
{
	bolt_kw *filters = BOLT_KW();

	(void) state;
	filters = bolt_kw_add(filters, "title__icontains", "x");
	filters = bolt_kw_add(filters, "id__gte", 7);
	assert_chain(bolt_filter(articles(), filters), "{\"filter\":{\"title__icontains\":\"x\",\"id__gte\":7}}");
	bolt_kw_free(bolt_kw_add(NULL, "a", BOLT_LIST(bolt_f("b"))));
	bolt_list_free(bolt_list_add(NULL, 5));
}

static void
texts_are_escaped(void **state)
{
	(void) state;
	assert_chain(bolt_filter(articles(), BOLT_KW("a", "\"\\\b\f\n\r\t\x01\x1f\x7f")),
				 "{\"filter\":{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"}}");
	assert_chain(
		bolt_filter(articles(),
					BOLT_KW("a", "seven is\n prime, eight is 2³, 12345678 \xf0\x9f\x98\x80 \xed\x9f\xbf")),
		"{\"filter\":{\"a\":\"seven is\\n prime, eight is 2³, 12345678 \xf0\x9f\x98\x80 \xed\x9f\xbf\"}}");
	assert_chain(
		bolt_filter(articles(), BOLT_KW("a", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"")),
		"{\"filter\":{\"a\":\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\"}}");
}

static void
numbers_read_back_as_they_were(void **state)
{
	static const double numbers[] = {0.1, 1.0 / 3, 1e300, 5e-324, -0.0, 123456789012345680.0, 2.5, 3};
	const char *locale = setlocale(LC_ALL, "de_DE.UTF-8");

	(void) state;
	(void) locale; /* where it is installed */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
	{
		bolt_queryset *queryset = bolt_filter(articles(), BOLT_KW("a", numbers[i]));
		char *document = bolt_document(queryset, NULL);
		json_t *json = json_loads(document, JSON_DECODE_ANY, NULL);
		json_t *steps = json_object_get(json, "chain");

		assert_true(json_real_value(json_object_get(json_object_get(json_array_get(steps, 0), "filter"),
													"a")) == numbers[i]);
		assert_null(strchr(strstr(document, "\"a\":"), ','));
		json_decref(json);
		free(document);
		bolt_unref(queryset);
	}
	setlocale(LC_ALL, "C");
	assert_chain(bolt_filter(articles(), BOLT_KW("a", 3.0, "b", 1e22)),
				 "{\"filter\":{\"a\":3.0,\"b\":1e+22}}");
}

static void
data_never_becomes_an_expression(void **state)
{
	json_t *object = json_pack("{s:s}", "F", "password");
	json_t *list = json_pack("[{s:s}]", "F", "password");
	json_t *plain = json_pack("{s:s,s:s}", "f", "x", "F", "y");
	json_t *deep = json_pack("{s:[{s:s}]}", "a", "F", "x");

	(void) state;
	assert_chain(bolt_filter(articles(), BOLT_KW("data", object)),
				 "{\"filter\":{\"data\":{\"Value\":{\"F\":\"password\"}}}}");
	assert_chain(
		bolt_filter(articles(), BOLT_KW("id", 1, "data__contains", list, "x", plain)),
		"{\"filter\":{\"id\":1,\"data__contains\":{\"Value\":[{\"F\":\"password\"}]},\"x\":{\"f\":\"x\",\"F\":\"y\"}}}");
	assert_chain(bolt_filter(articles(), BOLT_KW("data__contains", deep)),
				 "{\"filter\":{\"data__contains\":{\"Value\":{\"a\":[{\"F\":\"x\"}]}}}}");
	assert_chain(bolt_filter(articles(), BOLT_KW("data", BOLT_KW("Count", "*"))),
				 "{\"filter\":{\"data\":{\"Value\":{\"Count\":\"*\"}}}}");
	assert_fault(bolt_filter(articles(), BOLT_KW("id__in", list)), BOLT_VALUE_ERROR,
				 "filter(): a member of \"id__in\" could be taken for an expression");
	assert_chain(bolt_filter(articles(), BOLT_KW("id__in", BOLT_LIST(bolt_value(object), bolt_f("other")))),
				 "{\"filter\":{\"id__in\":[{\"Value\":{\"F\":\"password\"}},{\"F\":\"other\"}]}}");
	json_decref(object);
	json_decref(list);
	json_decref(plain);
	json_decref(deep);
}

static void
expressions(void **state)
{
	json_t *json = json_pack("{s:i}", "a", 1);

	(void) state;
	assert_expression(bolt_f("author__username"), "{\"F\":\"author__username\"}");
	assert_expression(bolt_value("text"), "{\"Value\":\"text\"}");
	assert_expression(bolt_value(json), "{\"Value\":{\"a\":1}}");
	assert_expression(bolt_add("price", 1, bolt_mul("stock", 2.5)),
					  "{\"Add\":[\"price\",1,{\"Mul\":[\"stock\",2.5]}]}");
	assert_expression(bolt_sub("a", "b"), "{\"Sub\":[\"a\",\"b\"]}");
	assert_expression(bolt_div("a", "b"), "{\"Div\":[\"a\",\"b\"]}");
	assert_expression(bolt_mod("a", 2), "{\"Mod\":[\"a\",2]}");
	assert_expression(bolt_pow("a", 2), "{\"Pow\":[\"a\",2]}");
	assert_expression(bolt_lower("name"), "{\"Lower\":\"name\"}");
	assert_expression(bolt_concat("name", bolt_value(": "), "price"),
					  "{\"Concat\":[\"name\",{\"Value\":\": \"},\"price\"]}");
	assert_expression(bolt_now(), "{\"Now\":[]}");
	assert_expression(bolt_cast("price", "integer"), "{\"Cast\":\"price\",\"type\":\"integer\"}");
	assert_expression(bolt_trunc("made", "month"), "{\"Trunc\":\"made\",\"kind\":\"month\"}");
	assert_expression(bolt_extract(bolt_now(), "year"), "{\"Extract\":{\"Now\":[]},\"kind\":\"year\"}");
	assert_expression(bolt_func("Round", "price", 1), "{\"Round\":[\"price\",1]}");
	assert_expression(bolt_coalesce(bolt_f("data"), json),
					  "{\"Coalesce\":[{\"F\":\"data\"},{\"Value\":{\"a\":1}}]}");
	assert_expression(bolt_subquery(bolt_values(bolt_objects(NULL, "x"), "id")),
					  "{\"Subquery\":{\"model\":\"x\",\"chain\":[{\"values\":[\"id\"]}]}}");
	assert_expression(
		bolt_case(bolt_when(BOLT_KW("stock__gt", 5), bolt_value("many")),
				  bolt_when(bolt_q_not(BOLT_KW("stock", 0)), "name"), bolt_default(bolt_value("few"))),
		"{\"Case\":[{\"when\":{\"stock__gt\":5},\"then\":{\"Value\":\"many\"}},{\"when\":{\"NOT\":{\"stock\":"
		"0}},\"then\":\"name\"}],\"default\":{\"Value\":\"few\"}}");
	assert_expression(bolt_case(bolt_when(BOLT_KW("a", 1), 2)),
					  "{\"Case\":[{\"when\":{\"a\":1},\"then\":2}]}");
	json_decref(json);
}

static void
aggregates_and_windows(void **state)
{
	(void) state;
	assert_expression(bolt_count("*"), "{\"Count\":\"*\"}");
	assert_expression(bolt_count("comments", .distinct = true,
								 .filter = bolt_q(BOLT_KW("comments__id__gt", 5))),
					  "{\"Count\":\"comments\",\"filter\":{\"comments__id__gt\":5},\"distinct\":true}");
	assert_expression(bolt_sum(bolt_mul("price", "stock"), .default_value = bolt_value(0)),
					  "{\"Sum\":{\"Mul\":[\"price\",\"stock\"]},\"default\":{\"Value\":0}}");
	assert_expression(bolt_array_agg("name", .order_by = BOLT_ORDERING("-price", bolt_lower("name"))),
					  "{\"ArrayAgg\":\"name\",\"order_by\":[\"-price\",{\"expr\":{\"Lower\":\"name\"}}]}");
	assert_expression(bolt_string_agg("name", "; ", .order_by = BOLT_ORDERING("id")),
					  "{\"StringAgg\":[\"name\",{\"Value\":\"; \"}],\"order_by\":[\"id\"]}");
	assert_expression(
		bolt_window(bolt_lag("name", 1, bolt_value("-")), .partition_by = BOLT_LIST("author"),
					.order_by = BOLT_ORDERING("-id")),
		"{\"Window\":{\"Lag\":[\"name\",1,{\"Value\":\"-\"}]},\"partition_by\":[\"author\"],\"order_by\":[\"-"
		"id\"]}");
	assert_expression(bolt_window(bolt_row_number()), "{\"Window\":{\"RowNumber\":[]}}");
}

static void
annotations_take_no_bare_texts(void **state)
{
	(void) state;
	assert_chain(bolt_alias(articles(), BOLT_KW("n", bolt_count("comments"), "one", 1)),
				 "{\"alias\":{\"n\":{\"Count\":\"comments\"},\"one\":1}}");
	assert_fault(bolt_annotate(articles(), BOLT_KW("ok", 1, "x", "title")), BOLT_TYPE_ERROR,
				 "annotate(): received a non-expression as \"x\"");
}

static void
orderings(void **state)
{
	(void) state;
	assert_chain(bolt_order_by(articles(), "-created_at", "author__username", "?"),
				 "{\"order_by\":[\"-created_at\",\"author__username\",\"?\"]}");
	assert_chain(bolt_order_by(articles()), "{\"order_by\":[]}");
	assert_chain(
		bolt_order_by(articles(), bolt_desc("title", BOLT_NULLS_LAST), bolt_asc(bolt_lower("title")),
					  bolt_upper("title")),
		"{\"order_by\":[{\"expr\":\"title\",\"desc\":true,\"nulls\":\"last\"},{\"expr\":{\"Lower\":\"title\"}},{"
		"\"expr\":{\"Upper\":\"title\"}}]}");
	assert_chain(bolt_reverse(articles()), "{\"reverse\":true}");
	assert_fault(bolt_order_by(articles(), 5), BOLT_TYPE_ERROR,
				 "order_by(): an ordering's term is NULL, or is none");
}

static void
slices(void **state)
{
	(void) state;
	assert_chain(bolt_slice(articles(), 5, 10), "{\"offset\":5},{\"limit\":5}");
	assert_chain(bolt_slice(articles(), 0, 10), "{\"limit\":10}");
	assert_chain(bolt_slice(articles(), 5, 2), "{\"offset\":5},{\"limit\":0}");
	assert_chain(bolt_offset(bolt_limit(articles(), 10), 2), "{\"limit\":10},{\"offset\":2}");
	assert_fault(bolt_limit(articles(), -1), BOLT_VALUE_ERROR,
				 "limit(): negative indexing is not supported: -1");
	assert_fault(bolt_slice(articles(), 2, -1), BOLT_VALUE_ERROR,
				 "slice(): negative indexing is not supported: -1");
	assert_fault(bolt_slice(articles(), -2, 1), BOLT_VALUE_ERROR,
				 "slice(): negative indexing is not supported: -2");
}

static void
what_to_read(void **state)
{
	(void) state;
	assert_chain(bolt_only(articles(), "title", "author__username"),
				 "{\"only\":[\"title\",\"author__username\"]}");
	assert_chain(bolt_defer(articles(), "content"), "{\"defer\":[\"content\"]}");
	assert_chain(bolt_values(articles()), "{\"values\":[]}");
	assert_chain(bolt_values(articles(), "id", "author__username"),
				 "{\"values\":[\"id\",\"author__username\"]}");
	assert_chain(bolt_values_list(articles(), "id"), "{\"values_list\":[\"id\"]}");
	assert_chain(bolt_values_flat(articles(), "id"), "{\"values_list\":[\"id\"]},{\"flat\":true}");
	assert_chain(bolt_dates(articles(), "created_at", "month"), "{\"dates\":[\"created_at\",\"month\"]}");
	assert_chain(bolt_datetimes(articles(), "created_at", "hour", "DESC"),
				 "{\"datetimes\":[\"created_at\",\"hour\",\"DESC\"]}");
	assert_chain(bolt_distinct(articles()), "{\"distinct\":true}");
	assert_chain(bolt_distinct(articles(), "author"), "{\"distinct\":[\"author\"]}");
	assert_chain(bolt_none(articles()), "{\"none\":true}");
}

static void
relations(void **state)
{
	bolt_queryset *newest = bolt_limit(bolt_order_by(bolt_objects(NULL, NULL), "-id"), 2);

	(void) state;
	assert_chain(bolt_select_related(articles()), "{\"select_related\":true}");
	assert_chain(
		bolt_prefetch_related(articles(), "tags", bolt_prefetch("comments", newest, .to_attr = "latest")),
		"{\"prefetch_related\":[\"tags\",{\"lookup\":\"comments\",\"queryset\":{\"chain\":[{\"order_by\":[\"-id\"]},{"
		"\"limit\":2}]},\"to_attr\":\"latest\"}]}");
	assert_chain(bolt_prefetch_related(articles(),
									   bolt_prefetch("children", NULL, .recurse = true, .depth = 3)),
				 "{\"prefetch_related\":[{\"lookup\":\"children\",\"recurse\":true,\"depth\":3}]}");
	assert_chain(bolt_prefetch_related(articles(), bolt_prefetch("tags", NULL)),
				 "{\"prefetch_related\":[{\"lookup\":\"tags\"}]}");
}

static void
combinations(void **state)
{
	(void) state;
	assert_chain(bolt_union(articles(), bolt_filter(bolt_objects(NULL, NULL), BOLT_KW("id", 1)), articles()),
				 "{\"union\":[{\"chain\":[{\"filter\":{\"id\":1}}]},{\"model\":\"blog_article\"}]}");
	assert_chain(bolt_union_all(articles(), articles()), "{\"union_all\":[{\"model\":\"blog_article\"}]}");
	assert_chain(bolt_intersection(articles(), articles()),
				 "{\"intersection\":[{\"model\":\"blog_article\"}]}");
	assert_chain(bolt_difference(articles(), articles()), "{\"difference\":[{\"model\":\"blog_article\"}]}");
}

static void
locks(void **state)
{
	(void) state;
	assert_chain(bolt_select_for_update(articles()), "{\"select_for_update\":true}");
	assert_chain(bolt_select_for_update(articles(), .nowait = true, .no_key = true,
										.of = BOLT_LIST("self", "author")),
				 "{\"select_for_update\":{\"nowait\":true,\"no_key\":true,\"of\":[\"self\",\"author\"]}}");
	assert_chain(bolt_select_for_update(articles(), .skip_locked = true),
				 "{\"select_for_update\":{\"skip_locked\":true}}");
}

static void
subqueries_as_values(void **state)
{
	(void) state;
	assert_chain(
		bolt_filter(articles(), BOLT_KW("id__in", bolt_values(bolt_objects(NULL, "x"), "article"))),
		"{\"filter\":{\"id__in\":{\"Subquery\":{\"model\":\"x\",\"chain\":[{\"values\":[\"article\"]}]}}}}");
	assert_fault(bolt_filter(articles(), bolt_exists(bolt_objects(NULL, NULL))), BOLT_INTERFACE_ERROR,
				 "filter(): objects(): the model is NULL");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_alone_have_no_chain),
		cmocka_unit_test(a_chain_is_in_the_order_of_the_calls),
		cmocka_unit_test(conditions_are_keyword_arguments_and_qs),
		cmocka_unit_test(values_of_every_c_type),
		cmocka_unit_test(a_void_pointer_is_no_value),
		cmocka_unit_test(lists_of_arrays),
		cmocka_unit_test(keyword_arguments_one_by_one),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(numbers_read_back_as_they_were),
		cmocka_unit_test(data_never_becomes_an_expression),
		cmocka_unit_test(expressions),
		cmocka_unit_test(aggregates_and_windows),
		cmocka_unit_test(annotations_take_no_bare_texts),
		cmocka_unit_test(orderings),
		cmocka_unit_test(slices),
		cmocka_unit_test(what_to_read),
		cmocka_unit_test(relations),
		cmocka_unit_test(combinations),
		cmocka_unit_test(locks),
		cmocka_unit_test(subqueries_as_values),
	};

	return run_all(tests);
}
