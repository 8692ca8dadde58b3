/*
 * test_objects_write.c
 *	  The a-methods that write, against a server.
 */
#include "server.h"

static bolt_queryset *
tags(void)
{
	return bolt_objects(db, "blog_tag");
}

static bolt_queryset *
articles(void)
{
	return bolt_objects(db, "blog_article");
}

/* Each test finds the tables as they were. */
static int
refill(void **state)
{
	(void) state;
	sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP EXTENSION bolt_orm CASCADE;");
	sql(blog);
	return 0;
}

static void
acreate(void **state)
{
	json_t *body = json_pack("{s:s,s:f}", "name", "e", "weight", 0.1);

	(void) state;
	assert_json(bolt_acreate(tags(), BOLT_KW("name", "d", "weight", 2.5)),
				"{\"id\":4,\"name\":\"d\",\"weight\":2.5}");
	assert_json(bolt_acreate(tags(), body), "{\"id\":5,\"name\":\"e\",\"weight\":0.1}");
	json_decref(body);
	assert_json(bolt_acreate(bolt_objects(db, "blog_comment"),
							 BOLT_KW("text", "new", "article", 1, "author", NULL)),
				"{\"id\":4,\"text\":\"new\",\"article_id\":1,\"author_id\":null}");
}

static void
acreate_with_related_objects(void **state)
{
	bolt_future *future = bolt_await(bolt_acreate(
		articles(),
		BOLT_KW("title", "Nested", "author", BOLT_KW("username", "cat"), "tags",
				BOLT_LIST(1, BOLT_KW("name", "new")), "comments", BOLT_LIST(BOLT_KW("text", "c1")))));

	(void) state;
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	bolt_free(future);
	assert_integer(
		bolt_acount(bolt_filter(
			articles(), BOLT_KW("author__username", "cat", "tags__name", "new", "comments__text", "c1"))),
		1);
}

static void
data_of_a_body_is_never_an_expression(void **state)
{
	json_t *subquery = json_pack("{s:s,s:{s:{s:s,s:[s],s:i}}}", "name", "f", "weight", "Subquery", "model",
								 "auth_user", "values", "password", "limit", 1);
	json_t *direct = json_pack("{s:{s:{s:s,s:[s],s:i}}}", "name", "Subquery", "model", "auth_user", "values",
							   "password", "limit", 1);
	json_t *deep = json_pack("{s:s,s:i,s:{s:{s:s}}}", "title", "t", "author", 1, "data", "a", "F", "title");
	json_t *document = json_pack("{s:{s:s}}", "a", "F", "title");

	(void) state;
	assert_error(bolt_acreate(tags(), subquery), BOLT_VALUE_ERROR, "");
	bolt_free(bolt_await(bolt_acreate(tags(), direct)));
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("name", "secret"))), 0);
	assert_error(bolt_acreate(articles(), deep), BOLT_VALUE_ERROR,
				 "acreate(): a part of \"data\" could be taken for an expression");
	assert_json(bolt_aupdate_returning(bolt_only(bolt_filter(articles(), BOLT_KW("id", 2)), "data"),
									   BOLT_KW("data", bolt_value(document))),
				"[{\"id\":2,\"data\":{\"a\": {\"F\": \"title\"}}}]");
	json_decref(subquery);
	json_decref(direct);
	json_decref(deep);
	json_decref(document);
}

static void
asave_updates_or_creates(void **state)
{
	(void) state;
	assert_json(bolt_asave(tags(), BOLT_KW("id", 1, "name", "A")),
				"{\"id\":1,\"name\":\"A\",\"weight\":0.5}");
	assert_json(bolt_asave(tags(), BOLT_KW("name", "new")), "{\"id\":4,\"name\":\"new\",\"weight\":null}");
	assert_json(bolt_arefresh_from_db(tags(), 1), "{\"id\":1,\"name\":\"A\",\"weight\":0.5}");
}

static void
assert_created(bolt_future *future, const char *json, bool created)
{
	future = bolt_await(future);
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	assert_string_equal(bolt_json(future), json);
	assert_int_equal(bolt_boolean(future), created);
	bolt_free(future);
}

static void
aget_or_create_and_aupdate_or_create(void **state)
{
	(void) state;
	assert_created(bolt_aget_or_create(tags(), BOLT_KW("name", "a"), .defaults = BOLT_KW("weight", 9)),
				   "{\"id\":1,\"name\":\"a\",\"weight\":0.5}", false);
	assert_created(bolt_aget_or_create(tags(), BOLT_KW("name", "new"), .defaults = BOLT_KW("weight", 9)),
				   "{\"id\":4,\"name\":\"new\",\"weight\":9}", true);
	assert_created(bolt_aupdate_or_create(tags(), BOLT_KW("name", "a"), .defaults = BOLT_KW("weight", 8)),
				   "{\"id\":1,\"name\":\"a\",\"weight\":8}", false);
	assert_created(bolt_aupdate_or_create(tags(), BOLT_KW("name", "newer"), .defaults = BOLT_KW("weight", 8),
										  .create_defaults = BOLT_KW("weight", 7)),
				   "{\"id\":5,\"name\":\"newer\",\"weight\":7}", true);
	assert_error(bolt_aget_or_create(tags(), BOLT_KW("id__gte", 1)), BOLT_MULTIPLE_OBJECTS_RETURNED, "");
	assert_error(bolt_aget_or_create(tags(), NULL), BOLT_INTERFACE_ERROR, "");
}

static void
abulk_create_and_abulk_update(void **state)
{
	json_t *rows = json_pack("[{s:s},{s:s}]", "name", "x", "name", "y");
	bolt_future *future = bolt_await(bolt_abulk_create(tags(), rows));

	(void) state;
	json_decref(rows);
	assert_string_equal(
		bolt_json(future),
		"[{\"id\":4,\"name\":\"x\",\"weight\":null},{\"id\":5,\"name\":\"y\",\"weight\":null}]");
	assert_int_equal(bolt_integer(future), 2);
	bolt_free(future);
	assert_json(bolt_abulk_create(tags(), BOLT_LIST(BOLT_KW("name", "a"), BOLT_KW("name", "z")),
								  .ignore_conflicts = true, .unique_fields = BOLT_LIST("name")),
				"[{\"id\":7,\"name\":\"z\",\"weight\":null}]");
	assert_json(bolt_abulk_create(tags(), BOLT_LIST(BOLT_KW("name", "a", "weight", 3)),
								  .update_conflicts = true, .update_fields = BOLT_LIST("weight"),
								  .unique_fields = BOLT_LIST("name")),
				"[{\"id\":1,\"name\":\"a\",\"weight\":3}]");
	assert_integer(bolt_abulk_update(tags(),
									 BOLT_LIST(BOLT_KW("id", 1, "weight", 1), BOLT_KW("id", 2, "weight", 2)),
									 BOLT_LIST("weight")),
				   2);
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("weight", bolt_f("id")))), 2);
	assert_error(bolt_abulk_create(tags(), BOLT_LIST(BOLT_KW("name", "a"))), BOLT_INTEGRITY_ERROR,
				 "duplicate key value");
	assert_error(bolt_abulk_create(tags(), (bolt_list *) NULL), BOLT_INTERFACE_ERROR,
				 "abulk_create(): a list is NULL");
	assert_error(bolt_abulk_create(tags(), 5), BOLT_TYPE_ERROR,
				 "abulk_create(): the rows are NULL, or no list");
}

static void
aupdate(void **state)
{
	(void) state;
	assert_integer(bolt_aupdate(bolt_filter(articles(), BOLT_KW("author", 1)),
								BOLT_KW("draft", true, "rating", bolt_add(bolt_coalesce("rating", 0), 1))),
				   2);
	assert_json(bolt_alist(bolt_values_list(bolt_order_by(articles(), "id"), "draft", "rating")),
				"[[true,5.50],[true,1.00],[false,1.25]]");
	assert_error(bolt_aupdate(bolt_limit(articles(), 1), BOLT_KW("draft", true)), BOLT_TYPE_ERROR,
				 "Cannot update a query once a slice");
	assert_error(bolt_aupdate(articles(), NULL), BOLT_TYPE_ERROR,
				 "aupdate(): the values are NULL, or no object");
}

static void
adelete_says_what(void **state)
{
	bolt_future *future = bolt_await(bolt_adelete(bolt_filter(articles(), BOLT_KW("id", 1))));

	(void) state;
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	assert_int_equal(bolt_integer(future), 5);
	assert_non_null(strstr(bolt_json(future), "\"blog_comment\": 2"));
	bolt_free(future);
	assert_integer(bolt_acount(articles()), 2);
	assert_error(bolt_adelete(bolt_filter(bolt_objects(db, "auth_user"), BOLT_KW("id", 1))),
				 BOLT_INTEGRITY_ERROR, "");
}

static void
protected_and_restricted(void **state)
{
	(void) state;
	sql("SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles', on_delete => 'PROTECT'),"
		" bolt.register_relation('blog_article_tags', '{tag_id}', on_delete => 'RESTRICT')");
	assert_error(bolt_adelete(bolt_filter(bolt_objects(db, "auth_user"), BOLT_KW("id", 1))),
				 BOLT_PROTECTED_ERROR, "");
	assert_error(bolt_adelete(bolt_filter(tags(), BOLT_KW("id", 1))), BOLT_RESTRICTED_ERROR, "");
}

static void
related_objects(void **state)
{
	(void) state;
	assert_integer(bolt_aadd(articles(), 1, "tags", BOLT_LIST(2, 3)), 1);
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("article", 1))), 3);
	assert_integer(bolt_aremove(articles(), 1, "tags", BOLT_LIST(1)), 1);
	assert_integer(bolt_aset(articles(), 1, "tags", BOLT_LIST(1)), 3);
	assert_integer(bolt_aclear(articles(), 1, "tags"), 1);
	assert_error(bolt_aadd(articles(), 1, NULL, BOLT_LIST(1)), BOLT_INTERFACE_ERROR,
				 "aadd(): the relation is NULL");
	assert_error(bolt_aadd(articles(), 1, "tags", NULL), BOLT_INTERFACE_ERROR, "aadd(): a list is NULL");
	assert_error(bolt_aclear(articles(), 1, "nonsense"), BOLT_FIELD_ERROR, "");
}

static void
arun_is_all_or_nothing(void **state)
{
	bolt_future *future;

	(void) state;
	assert_json(
		bolt_arun(
			db,
			BOLT_LIST(
				bolt_op("create", tags(), BOLT_KW("values", BOLT_KW("name", "run"))),
				bolt_op("add", articles(),
						BOLT_KW("pk", 3, "relation", "tags", "targets", BOLT_LIST(bolt_result(0, "id")))),
				bolt_op("get", bolt_only(bolt_filter(tags(), BOLT_KW("article", 3)), "name"), NULL))),
		"[{\"id\":4,\"name\":\"run\",\"weight\":null},1,{\"id\":4,\"name\":\"run\"}]");
	future =
		bolt_await(bolt_arun(db,
							 BOLT_LIST(bolt_op("delete", bolt_filter(tags(), BOLT_KW("name", "c")), NULL),
									   bolt_op("get", bolt_filter(tags(), BOLT_KW("name", "c")), NULL))));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_DOES_NOT_EXIST);
	assert_non_null(strstr(bolt_error_context(bolt_error(future)), "operation 1 (\"get\")"));
	bolt_free(future);
	assert_boolean(bolt_aexists(bolt_filter(tags(), BOLT_KW("name", "c"))), true);
	assert_error(bolt_arun(db, BOLT_LIST(bolt_op("get", NULL, NULL))), BOLT_INTERFACE_ERROR,
				 "arun(): bolt_op(): the queryset is NULL");
	assert_error(bolt_arun(db, NULL), BOLT_INTERFACE_ERROR, "arun(): a list is NULL");
}

static bolt_future *
settled_without_error(bolt_future *future)
{
	future = bolt_await(future);
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	return future;
}

static bolt_future *
lock_tags(bolt_database *transaction, void *options)
{
	return bolt_alist(bolt_select_for_update_with(bolt_objects(transaction, "blog_tag"), options));
}

static bolt_future *
lock_and_change(bolt_database *transaction, void *arg)
{
	bolt_queryset *locked = bolt_select_for_update(bolt_only(bolt_objects(transaction, "blog_tag"), "name"));
	bolt_future *future;

	(void) arg;
	assert_json(bolt_aget(bolt_ref(locked), BOLT_KW("id", 1)), "{\"id\":1,\"name\":\"a\"}");
	assert_json(bolt_alist(bolt_order_by(bolt_ref(locked), "id")),
				"[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"},{\"id\":3,\"name\":\"c\"}]");

	assert_json(bolt_afirst(bolt_ref(locked)), "{\"id\":1,\"name\":\"a\"}");
	assert_json(bolt_alast(bolt_ref(locked)), "{\"id\":3,\"name\":\"c\"}");
	assert_json(bolt_afirst(bolt_none(bolt_ref(locked))), NULL);

	/* somebody else finds them locked */
	future = bolt_await(bolt_atomic(db, lock_tags, &(bolt_lock_options){.nowait = true}));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_TIMEOUT);
	bolt_free(future);
	assert_json(bolt_atomic(db, lock_tags, &(bolt_lock_options){.skip_locked = true}), "[]");
	bolt_unref(locked);
	return bolt_aupdate(bolt_filter(bolt_objects(transaction, "blog_tag"), BOLT_KW("id", 1)),
						BOLT_KW("name", "locked"));
}

static bolt_future *
miss(bolt_database *transaction, void *which)
{
	bolt_queryset *locked = bolt_select_for_update(bolt_objects(transaction, "blog_tag"));

	return which ? bolt_aget(locked) : bolt_aget(locked, BOLT_KW("id", 99));
}

static void
select_for_update(void **state)
{
	(void) state;
	assert_integer(bolt_atomic(db, lock_and_change, NULL), 1);
	assert_boolean(bolt_aexists(bolt_filter(tags(), BOLT_KW("name", "locked"))), true);
	assert_error(bolt_atomic(db, miss, NULL), BOLT_DOES_NOT_EXIST, "blog_tag matching query does not exist");
	assert_error(bolt_atomic(db, miss, db), BOLT_MULTIPLE_OBJECTS_RETURNED,
				 "get() returned more than one blog_tag");
}

/* Where the locks would be gone when the call returns. */
static void
select_for_update_outside_of_a_block(void **state)
{
	static const char message[] = "select_for_update cannot be used outside of a transaction.";
	bolt_queryset *locked = bolt_select_for_update(tags());
	bolt_iterator *iterator = bolt_aiterator(bolt_ref(locked));

	(void) state;
	assert_error(bolt_alist(bolt_ref(locked)), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_alist(bolt_filter(bolt_ref(locked), BOLT_KW("id", 1))),
				 BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_aget(bolt_ref(locked), BOLT_KW("id", 1)), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_afirst(bolt_ref(locked)), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_alast(bolt_ref(locked)), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_aearliest(bolt_ref(locked), "id"), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_aexists(bolt_ref(locked)), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_apage(bolt_ref(locked)), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_arefresh_from_db(bolt_ref(locked), 1), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_aget_or_create(bolt_ref(locked), BOLT_KW("name", "a")),
				 BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	assert_error(bolt_anext(iterator), BOLT_TRANSACTION_MANAGEMENT_ERROR, message);
	bolt_aclose(iterator);

	/* a statement of its own that locks by itself, and one whose locks the operations behind it see */
	assert_integer(bolt_aupdate(bolt_filter(bolt_ref(locked), BOLT_KW("id", 3)), BOLT_KW("weight", 1)), 1);
	assert_json(bolt_arun(db,
						  BOLT_LIST(bolt_op("get", bolt_only(bolt_ref(locked), "id"),
											BOLT_KW("filter", BOLT_KW("id", 3))))),
				"[{\"id\":3}]");

	/* what is part of another queryset would never be locked */
	assert_error(
		bolt_alist(
			bolt_prefetch_related(bolt_objects(db, "blog_article"), bolt_prefetch("tags", bolt_ref(locked)))),
		BOLT_NOT_SUPPORTED_ERROR,
		"prefetch_related(): prefetch(): a queryset with select_for_update cannot be part of another one");
	assert_error(bolt_alist(bolt_filter(tags(), bolt_exists(bolt_ref(locked)))), BOLT_NOT_SUPPORTED_ERROR,
				 "");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id__in", bolt_values_flat(bolt_ref(locked), "id")))),
				 BOLT_NOT_SUPPORTED_ERROR, "");
	assert_error(bolt_alist(bolt_union(tags(), locked)), BOLT_NOT_SUPPORTED_ERROR, "");
}

/* The guide's lines for the methods of related managers that have no function of their own. */
static void
related_managers_create(void **state)
{
	bolt_queryset *comments = bolt_objects(db, "blog_comment");
	bolt_queryset *of_two =
		bolt_filter(bolt_ref(comments), BOLT_KW("article", 2, "text__startswith", "related"));
	bolt_queryset *tags_of_three =
		bolt_filter(tags(), BOLT_KW("name__startswith", "related", "blog_article", 3));
	bolt_future *future;

	(void) state;
	bolt_free(
		settled_without_error(bolt_acreate(bolt_ref(comments), BOLT_KW("text", "related 1", "article", 2))));
	assert_integer(bolt_acount(bolt_ref(of_two)), 1);
	assert_boolean(bolt_aget_or_create(bolt_ref(comments), BOLT_KW("text", "related 1", "article", 2)),
				   false);
	assert_boolean(bolt_aget_or_create(bolt_ref(comments), BOLT_KW("text", "related 2", "article", 2)), true);
	assert_boolean(bolt_aupdate_or_create(comments, BOLT_KW("text", "related 2", "article", 2),
										  .defaults = BOLT_KW("author", 1)),
				   false);
	assert_integer(bolt_acount(bolt_filter(of_two, BOLT_KW("author", 1))), 1);

	bolt_free(settled_without_error(
		bolt_acreate(tags(), BOLT_KW("name", "related", "blog_article", BOLT_LIST(3)))));
	assert_integer(bolt_acount(bolt_ref(tags_of_three)), 1);
	for (int i = 0; i < 2; i++)
	{
		future = settled_without_error(bolt_arun(
			db,
			BOLT_LIST(bolt_op("get_or_create", tags(), BOLT_KW("lookup", BOLT_KW("name", "related 2"))),
					  bolt_op("add", bolt_objects(NULL, "blog_article"),
							  BOLT_KW("pk", 3, "relation", "tags", "targets",
									  BOLT_LIST(bolt_result(0, "object", "id")))))));
		assert_non_null(strstr(bolt_json(future), i == 0 ? "\"created\":true},1]" : "\"created\":false},0]"));
		bolt_free(future);
	}
	assert_integer(bolt_acount(tags_of_three), 2);
}

static void
integrity_errors_name_the_constraint(void **state)
{
	bolt_future *future = bolt_await(bolt_acreate(tags(), BOLT_KW("name", "a")));

	(void) state;
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_INTEGRITY_ERROR);
	assert_string_equal(bolt_error_constraint(bolt_error(future)), "blog_tag_name_key");
	assert_string_equal(bolt_error_sqlstate(bolt_error(future)), "23505");
	bolt_free(future);
	assert_error(bolt_acreate(tags(), BOLT_KW("name", NULL)), BOLT_INTEGRITY_ERROR, "");
	assert_error(bolt_acreate(tags(), BOLT_KW("nam", "x")), BOLT_FIELD_ERROR, "");
	assert_error(bolt_acreate(tags(), NULL), BOLT_TYPE_ERROR, "acreate(): the values are NULL, or no object");
	assert_error(bolt_acreate(bolt_objects(db, NULL), BOLT_KW("name", "x")), BOLT_INTERFACE_ERROR,
				 "objects(): the model is NULL");
}

static int
set_up(void **state)
{
	(void) state;
	return open_server("bolt_client_write");
}

#define test(function) cmocka_unit_test_setup(function, refill)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(acreate),
		test(acreate_with_related_objects),
		test(data_of_a_body_is_never_an_expression),
		test(asave_updates_or_creates),
		test(aget_or_create_and_aupdate_or_create),
		test(abulk_create_and_abulk_update),
		test(aupdate),
		test(adelete_says_what),
		test(protected_and_restricted),
		test(related_objects),
		test(arun_is_all_or_nothing),
		test(select_for_update),
		test(select_for_update_outside_of_a_block),
		test(related_managers_create),
		test(integrity_errors_name_the_constraint),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, close_server);
}
