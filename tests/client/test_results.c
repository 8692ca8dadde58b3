/*
 * test_results.c
 *	  Results as trees and as structs; querysets that schemas derive, against a server.
 */
#include "server.h"

struct user
{
	int id;
	const char *username;
};

struct comment
{
	int64_t id;
	const char *text;
	struct user *author;
};

struct tag
{
	int64_t id;
	const char *name;
	double weight;
	bool has_weight;
};

struct article
{
	int64_t id;
	const char *title;
	bool draft;
	const char *rating;
	const char *data;
	const char **labels;
	size_t nlabels;
	const char *created_at;
	struct user *author;
	struct user *editor;
	struct tag *tags;
	size_t ntags;
	struct comment *latest;
	size_t nlatest;
	int ncomments;
};

struct category
{
	int id;
	const char *name;
	struct category *children;
	size_t nchildren;
};

struct page
{
	struct tag *items;
	size_t nitems;
	int64_t total;
	bool has_next;
};

BOLT_SCHEMA(user_schema, struct user, BOLT_FIELD(struct user, id, .read_only = true),
			BOLT_FIELD(struct user, username));
BOLT_SCHEMA(comment_schema, struct comment, BOLT_FIELD(struct comment, id), BOLT_FIELD(struct comment, text),
			BOLT_NESTED(struct comment, author, &user_schema, .optional = true));
BOLT_SCHEMA(tag_schema, struct tag, BOLT_FIELD(struct tag, id, .read_only = true),
			BOLT_FIELD(struct tag, name),
			BOLT_FIELD(struct tag, weight, BOLT_PRESENT(struct tag, has_weight)));
BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id, .read_only = true),
			BOLT_FIELD(struct article, title), BOLT_FIELD(struct article, draft),
			BOLT_JSON_TEXT(struct article, rating, .optional = true),
			BOLT_JSON_TEXT(struct article, data, .optional = true),
			BOLT_SCALARS(struct article, labels, nlabels, .optional = true),
			BOLT_FIELD(struct article, created_at), BOLT_NESTED(struct article, author, &user_schema),
			BOLT_NESTED(struct article, editor, &user_schema, .optional = true),
			BOLT_ARRAY(struct article, tags, ntags, &tag_schema),
			BOLT_ARRAY(struct article, latest, nlatest, &comment_schema, .lookup = "comments"),
			BOLT_FIELD(struct article, ncomments, .optional = true, .annotation = true));
BOLT_SCHEMA(category_schema, struct category, BOLT_FIELD(struct category, id),
			BOLT_FIELD(struct category, name),
			BOLT_ARRAY(struct category, children, nchildren, &category_schema));
BOLT_SCHEMA(page_schema, struct page, BOLT_ARRAY(struct page, items, nitems, &tag_schema),
			BOLT_FIELD(struct page, total), BOLT_FIELD(struct page, has_next));

static bolt_queryset *
articles(void)
{
	return bolt_order_by(bolt_objects(db, "blog_article"), "id");
}

/* The future, settled and without an error. */
static bolt_future *
done(bolt_future *future)
{
	future = bolt_await(future);
	if (bolt_failed(future))
		fail_msg("%s: %s", bolt_error_message(bolt_error(future)), bolt_error_hint(bolt_error(future)));
	return future;
}

static void
assert_not_fetched(bolt_future *future, json_t *object, const char *relation, const char *message)
{
	bolt_exception *error;

	assert_null(bolt_related(future, object, relation, &error));
	assert_non_null(error);
	assert_string_equal(bolt_error_message(error), message);
	assert_int_equal(bolt_error_code(error), BOLT_RELATED_NOT_FETCHED);
	bolt_error_unref(error);
}

static void
a_derived_queryset_fetches_what_its_schema_reads(void **state)
{
	bolt_queryset *queryset = bolt_annotate(bolt_with_schema(articles(), &article_schema),
											BOLT_KW("ncomments", bolt_count("comments")));
	bolt_future *future = done(bolt_alist(queryset));
	bolt_exception *error;
	size_t count;
	const struct article *found = bolt_as(future, &article_schema, &count, &error);

	(void) state;
	if (error)
		fail_msg("%s", bolt_error_message(error));
	assert_int_equal(count, 3);
	assert_string_equal(found[0].title, "One");
	assert_string_equal(found[0].rating, "4.50");
	assert_string_equal(found[0].data, "{\"k\": [1, {\"F\": 2}]}");
	assert_int_equal(found[0].nlabels, 2);
	assert_string_equal(found[0].created_at, "2024-01-01T00:00:00+00:00");
	assert_string_equal(found[0].author->username, "ann");
	assert_string_equal(found[0].editor->username, "bob");
	assert_int_equal(found[0].ntags, 2);
	assert_true(found[0].tags[0].has_weight && found[0].tags[0].weight == 0.5);
	assert_false(found[0].tags[1].has_weight);
	assert_int_equal(found[0].nlatest, 2);
	assert_string_equal(found[0].latest[0].author->username, "bob");
	assert_null(found[0].latest[1].author);
	assert_int_equal(found[0].ncomments, 2);
	assert_null(found[1].editor);
	assert_null(found[1].rating);
	assert_true(found[1].draft);
	assert_string_equal(found[2].title, "Drei \"ß\"");
	assert_int_equal(found[2].ntags, 0);

	/* decoded once */
	assert_ptr_equal(bolt_as(future, &article_schema, NULL, NULL), found);
	bolt_free(future);
}

static void
a_tree_in_one_call(void **state)
{
	bolt_future *future = done(
		bolt_aget(bolt_with_schema(bolt_objects(db, "category"), &category_schema), BOLT_KW("parent", NULL)));
	bolt_exception *error;
	const struct category *root = bolt_as(future, &category_schema, NULL, &error);

	(void) state;
	assert_null(error);
	assert_string_equal(root->name, "tools");
	assert_int_equal(root->nchildren, 2);
	assert_string_equal(root->children[0].children[0].name, "hammers");
	bolt_free(future);
}

static void
a_page_of_structs(void **state)
{
	bolt_future *future = done(bolt_apage(bolt_order_by(bolt_objects(db, "blog_tag"), "id"), .page_size = 2));
	const struct page *page = bolt_as(future, &page_schema, NULL, NULL);

	(void) state;
	assert_int_equal(page->nitems, 2);
	assert_string_equal(page->items[1].name, "b");
	assert_int_equal(page->total, 3);
	assert_true(page->has_next);
	bolt_free(future);
}

static void
structs_are_written_and_read_back(void **state)
{
	static const char *labels[] = {"l"};
	struct user author = {.username = "writer"};
	struct tag tags[] = {{.name = "w1", .weight = 0.1, .has_weight = true}, {.name = "w2"}};
	struct article article = {.title = "Written \"ß\"",
							  .rating = "12.30",
							  .data = "{\"F\": [1.10]}",
							  .labels = labels,
							  .nlabels = 1,
							  .created_at = "2024-05-06T07:08:09+00:00",
							  .author = &author,
							  .tags = tags,
							  .ntags = 2};
	bolt_kw *values = bolt_values_of(&article_schema, &article, "title", "draft", "rating", "data", "labels",
									 "created_at", "author", "tags");
	bolt_future *future = done(bolt_acreate(bolt_objects(db, "blog_article"), values));
	json_t *created = bolt_tree(future, NULL);
	const struct article *found;
	bolt_future *again;
	bolt_exception *error;

	(void) state;
	again = done(
		bolt_arefresh_from_db(bolt_with_schema(articles(), &article_schema), json_object_get(created, "id")));
	found = bolt_as(again, &article_schema, NULL, &error);
	assert_null(error);
	assert_string_equal(found->title, article.title);
	assert_string_equal(found->rating, "12.30");
	assert_string_equal(found->data, "{\"F\": [1.10]}");
	assert_string_equal(found->labels[0], "l");
	assert_string_equal(found->created_at, article.created_at);
	assert_string_equal(found->author->username, "writer");
	assert_int_equal(found->ntags, 2);
	bolt_free(again);
	bolt_free(future);
	assert_integer(bolt_adelete(bolt_filter(articles(), BOLT_KW("title", article.title))), 3);
	assert_json(bolt_abulk_create(bolt_only(bolt_objects(db, "blog_tag"), "name"),
								  bolt_rows_of(&tag_schema, ((struct tag[]){{.name = "r1"}, {.name = "r2"}}),
											   2, "name")),
				"[{\"id\":6,\"name\":\"r1\",\"weight\":null},{\"id\":7,\"name\":\"r2\",\"weight\":null}]");
}

static void
relations_that_were_not_fetched_are_errors(void **state)
{
	bolt_future *future = done(bolt_aget(bolt_prefetch_related(articles(), "comments"), BOLT_KW("id", 1)));
	bolt_exception *error;
	json_t *article = bolt_tree(future, &error);
	json_t *comments;

	(void) state;
	assert_not_fetched(future, article, "author",
					   "author was not fetched: add bolt_select_related(queryset, \"author\")");
	assert_not_fetched(future, article, "tags",
					   "tags was not fetched: add bolt_prefetch_related(queryset, \"tags\")");
	comments = bolt_related(future, article, "comments", &error);
	assert_null(error);
	assert_int_equal(json_array_size(comments), 2);
	assert_not_fetched(
		future, json_array_get(comments, 1), "author",
		"comments[1].author was not fetched: add bolt_prefetch_related(queryset, \"comments__author\")");
	assert_null(bolt_related(future, comments, "author", &error));
	assert_int_equal(bolt_error_code(error), BOLT_TYPE_ERROR);
	bolt_error_unref(error);
	assert_null(bolt_related(future, article, NULL, NULL));
	assert_null(bolt_as(future, &article_schema, NULL, &error));
	assert_string_equal(bolt_error_message(error),
						"author was not fetched: add bolt_select_related(queryset, \"author\")");
	bolt_error_unref(error);
	bolt_free(future);

	future =
		done(bolt_alist(bolt_select_related(bolt_filter(articles(), BOLT_KW("id", 2)), "author", "editor")));
	article = json_array_get(bolt_tree(future, NULL), 0);
	assert_non_null(json_object_get(bolt_related(future, article, "author", NULL), "username"));
	assert_true(json_is_null(bolt_related(future, article, "editor", NULL)));
	assert_not_fetched(
		future, bolt_related(future, article, "author", NULL), "profile",
		"[0].author.profile was not fetched: add bolt_prefetch_related(queryset, \"author__profile\")");
	bolt_free(future);

	future = done(bolt_apage(articles(), .page_size = 1));
	assert_not_fetched(future, json_array_get(json_object_get(bolt_tree(future, NULL), "items"), 0), "author",
					   "[0].author was not fetched: add bolt_select_related(queryset, \"author\")");
	bolt_free(future);
}

static void
results_that_are_none(void **state)
{
	bolt_future *future = done(bolt_afirst(bolt_none(articles())));
	bolt_exception *error;
	size_t count = 9;

	(void) state;
	assert_null(bolt_tree(future, &error));
	assert_null(error);
	assert_null(bolt_as(future, &article_schema, &count, &error));
	assert_null(error);
	assert_int_equal(count, 0);
	bolt_free(future);
	future = bolt_await(bolt_aget(articles(), BOLT_KW("id", 99)));
	assert_null(bolt_tree(future, &error));
	assert_int_equal(bolt_error_code(error), BOLT_DOES_NOT_EXIST);
	bolt_error_unref(error);
	assert_null(bolt_as(future, &article_schema, NULL, NULL));
	bolt_free(future);
	future = bolt_acount(articles());
	assert_null(bolt_tree(future, &error));
	assert_int_equal(bolt_error_code(error), BOLT_INTERFACE_ERROR);
	bolt_error_unref(error);
	bolt_free(bolt_await(future));
	assert_null(bolt_tree(NULL, NULL));
}

static int
set_up(void **state)
{
	(void) state;
	return open_server("bolt_client_results");
}

struct title_only
{
	int id;
	const char *title;
};

BOLT_SCHEMA(title_schema, struct title_only, BOLT_FIELD(struct title_only, id),
			BOLT_FIELD(struct title_only, title));

struct with_data
{
	int id;
	const char *data;
};

BOLT_SCHEMA(data_schema, struct with_data, BOLT_FIELD(struct with_data, id),
			BOLT_JSON_TEXT(struct with_data, data));

static void
numbers_beyond_64_bits(void **state)
{
	static const struct
	{
		const char *number;
		json_type type;
		double value;
	} numbers[] = {
		{"9223372036854775807", JSON_INTEGER, 9223372036854775807.0},
		{"9223372036854775808", JSON_REAL, 9223372036854775808.0},
		{"-9223372036854775809", JSON_REAL, -9223372036854775809.0},
		{"123456789012345678901234567890", JSON_REAL, 123456789012345678901234567890.0},
		{"1e400", JSON_STRING, 0},
		{"-1e309", JSON_STRING, 0},
		{"0.5", JSON_REAL, 0.5},
		{"7", JSON_INTEGER, 7},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
	{
		char update[512];
		bolt_exception *error;
		bolt_future *article;
		json_t *tree;
		json_t *data;

		snprintf(
			update, sizeof(update),
			"UPDATE blog_article SET data = '{\"n\": [%s, \"18446744073709551616 \\\" 1e999\", 18446744073709551616]}' WHERE id = 1",
			numbers[i].number);
		sql(update);
		article = bolt_await(bolt_aget(bolt_objects(db, "blog_article"), BOLT_KW("id", 1)));
		tree = bolt_tree(article, &error);
		if (tree == NULL)
			fail_msg("%s: %s", numbers[i].number, bolt_error_message(error));
		data = json_object_get(json_object_get(tree, "data"), "n");
		assert_int_equal(json_typeof(json_array_get(data, 0)), numbers[i].type);
		if (numbers[i].type != JSON_STRING)
			assert_true(json_number_value(json_array_get(data, 0)) == numbers[i].value);
		else
			assert_true(strlen(json_string_value(json_array_get(data, 0))) >= 310);
		assert_string_equal(json_string_value(json_array_get(data, 1)), "18446744073709551616 \" 1e999");
		assert_true(json_real_value(json_array_get(data, 2)) == 18446744073709551616.0);
		assert_int_equal(json_integer_value(json_object_get(tree, "id")), 1);
		bolt_free(article);
	}
}

static void
deep_json_that_no_schema_names(void **state)
{
	(void) state;
	for (int depth = 499; depth < 4000; depth += 500)
	{
		char update[256];
		bolt_exception *error;
		bolt_future *article;
		struct title_only *titled;
		struct with_data *data;

		snprintf(
			update, sizeof(update),
			"UPDATE blog_article SET data = (repeat('[{\"a\": [], \"b\": {}, \"c\": ', %d) || '1' || repeat('}]', %d))::jsonb WHERE id = 1",
			depth / 2, depth / 2);
		sql(update);
		article = bolt_await(bolt_aget(bolt_objects(db, "blog_article"), BOLT_KW("id", 1)));
		titled = bolt_as(article, &title_schema, NULL, &error);
		if (titled == NULL)
			fail_msg("%d: %s", depth, bolt_error_message(error));
		assert_string_equal(titled->title, "One");
		data = bolt_as(article, &data_schema, NULL, &error);
		assert_non_null(data);
		assert_int_equal(strlen(data->data),
						 strlen("[{\"a\": [], \"b\": {}, \"c\": }]") * (size_t) (depth / 2) + 1);
		bolt_free(article);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_derived_queryset_fetches_what_its_schema_reads),
		cmocka_unit_test(a_tree_in_one_call),
		cmocka_unit_test(a_page_of_structs),
		cmocka_unit_test(structs_are_written_and_read_back),
		cmocka_unit_test(relations_that_were_not_fetched_are_errors),
		cmocka_unit_test(results_that_are_none),
		cmocka_unit_test(numbers_beyond_64_bits),
		cmocka_unit_test(deep_json_that_no_schema_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, close_server);
}
