/*
 * test_viewsets.c
 *	  View sets without HTTP: requests in, statuses and bodies out.
 */
#include "server.h"

struct user
{
	int id;
	const char *username;
};

struct tag
{
	int id;
	const char *name;
};

struct article
{
	int id;
	const char *title;
	bool draft;
	struct user *author;
	struct tag *tags;
	size_t ntags;
};

struct article_input
{
	const char *title;
	bool draft;
	int author_id;
	int *tags;
	size_t ntags;
	const char *data;
};

BOLT_SCHEMA(user_schema, struct user, BOLT_FIELD(struct user, id), BOLT_FIELD(struct user, username));
BOLT_SCHEMA(tag_schema, struct tag, BOLT_FIELD(struct tag, id), BOLT_FIELD(struct tag, name));
BOLT_SCHEMA(sent_tag_schema, struct tag, BOLT_FIELD(struct tag, id, .read_only = true),
			BOLT_FIELD(struct tag, name));
BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id), BOLT_FIELD(struct article, title),
			BOLT_FIELD(struct article, draft), BOLT_NESTED(struct article, author, &user_schema),
			BOLT_ARRAY(struct article, tags, ntags, &tag_schema));
BOLT_SCHEMA(input_schema, struct article_input, BOLT_FIELD(struct article_input, title),
			BOLT_FIELD(struct article_input, draft, .optional = true),
			BOLT_FIELD(struct article_input, author_id),
			BOLT_SCALARS(struct article_input, tags, ntags, .optional = true),
			BOLT_JSON_TEXT(struct article_input, data, .optional = true));

static bolt_viewset *articles;

/* Sends a request to a view set; the answer has to begin so. */
static void
assert_answer(bolt_viewset *viewset, const char *method, const char *lookup, const char *query,
			  const char *body, int status, const char *expected)
{
	bolt_parameter parameters[8];
	bolt_request request = {.size = sizeof(bolt_request),
							.parameters = parameters,
							.body = body,
							.body_length = body ? strlen(body) : 0};
	char *copy = strdup(query ? query : "");
	char *state;
	bolt_future *future;
	size_t length;
	char *made;
	const char *answer;

	for (char *one = strtok_r(copy, "&", &state); one; one = strtok_r(NULL, "&", &state))
	{
		char *equals = strchr(one, '=');

		*equals = '\0';
		parameters[request.parameter_count++] = (bolt_parameter){one, equals + 1};
	}
	future = bolt_await(bolt_viewset_call(viewset, method, lookup, &request));
	answer = bolt_http_body(future, &length, &made);
	if (bolt_http_status(future) != status)
		fail_msg("%s: %d %s", method, bolt_http_status(future), answer);
	if (expected == NULL)
		assert_null(answer);
	else if (strncmp(answer, expected, strlen(expected)) != 0)
		assert_string_equal(answer, expected);
	if (answer)
		assert_int_equal(strlen(answer), length);
	free(made);
	free(copy);
	bolt_free(future);
}

#define FIRST \
	"{\"id\":1,\"title\":\"One\",\"draft\":false,\"author_id\":1,\"author\":{\"id\":1,\"username\":\"ann\"}," \
	"\"tags\":[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"}]}"

static int
refill(void **state)
{
	static const char *const filters[] = {"author__username", "draft", "id__in", "editor__isnull", NULL};
	static const char *const orderings[] = {"title", NULL};

	(void) state;
	sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP EXTENSION bolt_orm CASCADE;");
	sql(blog);
	articles = bolt_viewset_new(bolt_order_by(bolt_objects(db, "blog_article"), "id"),
								.schema = &article_schema, .write_schema = &input_schema, .filters = filters,
								.orderings = orderings, .page_size = 2, .max_page_size = 3);
	return 0;
}

static int
free_viewset(void **state)
{
	(void) state;
	bolt_viewset_free(articles);
	return 0;
}

static void
reading(void **state)
{
	(void) state;
	assert_answer(articles, "GET", "1", NULL, NULL, 200, FIRST);
	assert_answer(articles, "GET", NULL, NULL, NULL, 200, "{\"items\":[" FIRST ",");
	assert_answer(articles, "GET", NULL, "id__in=1,7&page_size=50", NULL, 200,
				  "{\"items\":[" FIRST "],\"total\":1,\"page\":1,\"pages\":1,\"page_size\":3,");
	assert_answer(articles, "GET", NULL, "draft=true&author__username=bob", NULL, 200,
				  "{\"items\":[],\"total\":0,");
	assert_answer(articles, "GET", NULL, "editor__isnull=true&page_size=1", NULL, 200,
				  "{\"items\":[{\"id\":2,");
	assert_answer(articles, "GET", NULL, "ordering=-title&page_size=1", NULL, 200, "{\"items\":[{\"id\":2,");
	assert_answer(articles, "GET", NULL, "page=0&page_size=x&ordering=id&editor__isnull=1", NULL, 400,
				  "{\"error\":{\"code\":\"VALIDATION_ERROR\"");
	for (size_t i = 0; i < 6; i++)
	{
		static const char *const lookups[] = {"x", "", "4", "99999999999", "99999999999999999999", "1 "};

		assert_answer(articles, "GET", lookups[i], NULL, NULL, 404,
					  "{\"error\":{\"code\":\"DOES_NOT_EXIST\"");
	}
}

static void
limit_and_offset(void **state)
{
	bolt_viewset *tags = bolt_viewset_new(bolt_order_by(bolt_objects(db, "blog_tag"), "id"),
										  .schema = &tag_schema, .pagination = BOLT_LIMIT_OFFSET);

	(void) state;
	assert_answer(tags, "GET", NULL, "limit=1&offset=1", NULL, 200,
				  "{\"items\":[{\"id\":2,\"name\":\"b\"}],\"total\":3,\"limit\":1,\"offset\":1}");
	assert_answer(tags, "GET", NULL, "offset=9223372036854775807", NULL, 200,
				  "{\"items\":[],\"total\":3,\"limit\":20,\"offset\":9223372036854775807}");
	assert_answer(tags, "GET", NULL, "offset=-1", NULL, 400, "");
	bolt_viewset_free(tags);
}

static void
cursors(void **state)
{
	bolt_viewset *tags =
		bolt_viewset_new(bolt_objects(db, "blog_tag"), .schema = &tag_schema, .pagination = BOLT_CURSOR);

	(void) state;
	assert_answer(tags, "GET", NULL, "page_size=1", NULL, 200,
				  "{\"items\":[{\"id\":1,\"name\":\"a\"}],\"next\":\"");
	assert_answer(tags, "GET", NULL, "after=x", NULL, 400, "");
	assert_answer(tags, "GET", NULL, "after=x&before=y", NULL, 400, "");
	bolt_viewset_free(tags);
}

static void
writing(void **state)
{
	(void) state;
	assert_answer(
		articles, "POST", NULL, NULL, "{\"title\":\"New\",\"author_id\":2,\"tags\":[3]}", 201,
		"{\"id\":4,\"title\":\"New\",\"draft\":false,\"author_id\":2,\"author\":{\"id\":2,\"username\":\"bob\"},"
		"\"tags\":[{\"id\":3,\"name\":\"c\"}]}");
	assert_answer(
		articles, "PATCH", "4", NULL, "{\"tags\":[],\"data\":{\"F\":\"id\"}}", 200,
		"{\"id\":4,\"title\":\"New\",\"draft\":false,\"author_id\":2,\"author\":{\"id\":2,\"username\":\"bob\"},\"tags\":[]}");
	assert_json(bolt_aget(bolt_values_flat(bolt_objects(db, "blog_article"), "data"), BOLT_KW("id", 4)),
				"{\"F\": \"id\"}");
	assert_answer(articles, "PUT", "4", NULL, "{\"title\":\"Put\"}", 400, "");
	assert_answer(articles, "PUT", "4", NULL, "{\"title\":\"Put\",\"author_id\":1}", 200,
				  "{\"id\":4,\"title\":\"Put\"");
	assert_answer(articles, "PUT", "5", NULL, "{\"title\":\"Put\",\"author_id\":1}", 404, "");
	assert_answer(articles, "PUT", "4", NULL, "{\"title\":\"Put\",\"author_id\":77}", 409,
				  "{\"error\":{\"code\":\"INTEGRITY_ERROR\"");
	assert_answer(articles, "DELETE", "4", NULL, NULL, 204, NULL);
	assert_answer(articles, "DELETE", "4", NULL, NULL, 404, "");
	assert_integer(bolt_acount(bolt_objects(db, "blog_article")), 3);
}

static void
the_class_level_queryset_holds_for_all_actions(void **state)
{
	bolt_viewset *drafts =
		bolt_viewset_new(bolt_filter(bolt_objects(db, "blog_article"), BOLT_KW("draft", true)),
						 .schema = &article_schema, .write_schema = &input_schema);

	(void) state;
	assert_answer(drafts, "GET", "1", NULL, NULL, 404, "");
	assert_answer(drafts, "PATCH", "1", NULL, "{\"title\":\"x\"}", 404, "");
	assert_answer(drafts, "DELETE", "1", NULL, NULL, 404, "");
	assert_answer(drafts, "GET", "2", NULL, NULL, 200, "{\"id\":2,");

	/* what is published leaves it, and is shown all the same */
	assert_answer(drafts, "PATCH", "2", NULL, "{\"draft\":false}", 200,
				  "{\"id\":2,\"title\":\"Two\",\"draft\":false");
	assert_answer(drafts, "GET", "2", NULL, NULL, 404, "");
	bolt_viewset_free(drafts);
}

static void
lookup_by_text(void **state)
{
	bolt_viewset *users = bolt_viewset_new(bolt_objects(db, "auth_user"), .schema = &user_schema,
										   .lookup_field = "username", .lookup = BOLT_LOOKUP_TEXT);

	(void) state;
	assert_answer(users, "GET", "bob", NULL, NULL, 200, "{\"id\":2,\"username\":\"bob\"}");
	assert_answer(users, "GET", "b'b", NULL, NULL, 404, "");
	bolt_viewset_free(users);
}

static void
only_what_is_allowed(void **state)
{
	bolt_viewset *users = bolt_viewset_new(bolt_objects(db, "auth_user"), .schema = &user_schema);
	bolt_request request = {
		.size = sizeof(bolt_request), .content_type = "text/xml", .body = "<a/>", .body_length = 4};
	char allow[64];

	(void) state;
	assert_string_equal(bolt_viewset_allow(users, false, allow), "GET, HEAD");
	assert_string_equal(bolt_viewset_allow(articles, true, allow), "GET, HEAD, PUT, PATCH, DELETE");
	assert_answer(users, "POST", NULL, NULL, "{}", 405, "");
	assert_answer(users, "DELETE", "1", NULL, NULL, 405, "");
	assert_answer(articles, "TRACE", NULL, NULL, NULL, 405, "");
	assert_error(bolt_viewset_create(articles, &request), BOLT_HTTP_ERROR, "Unsupported media type");
	bolt_viewset_free(users);
}

static void
many_at_once(void **state)
{
	static const char body[] =
		"[{\"title\":\"a\",\"author_id\":1},{\"title\":\"b\",\"author_id\":2,\"tags\":[1]}]";
	bolt_request request = {.size = sizeof(bolt_request), .body = body, .body_length = strlen(body)};
	bolt_future *future = bolt_await(bolt_viewset_bulk_create(articles, &request));

	(void) state;
	assert_int_equal(bolt_http_status(future), 201);
	assert_string_equal(bolt_json(future), "{\"created\":2,\"ids\":[4,5]}");
	bolt_free(future);
}

/* A handler's own: what is read only need not be in the body. */
static void
a_body_as_a_struct(void **state)
{
	static const char body[] = "{\"name\":\"news\"}";
	bolt_request request = {.size = sizeof(bolt_request),
							.content_type = "application/json",
							.body = body,
							.body_length = strlen(body)};
	bolt_exception *error;
	bolt_decoded *decoded = bolt_request_decode(&request, &sent_tag_schema, &error);
	const struct tag *tag = bolt_decoded_objects(decoded, NULL);

	(void) state;
	assert_non_null(tag);
	assert_int_equal(tag->id, 0);
	assert_string_equal(tag->name, "news");
	bolt_decoded_free(decoded);

	request.body = "{}";
	request.body_length = 2;
	assert_null(bolt_request_decode(&request, &sent_tag_schema, &error));
	assert_int_equal(bolt_error_code(error), BOLT_VALIDATION_ERROR);
	bolt_error_unref(error);
}

static bolt_future *
raise(const bolt_exception *error, void *arg)
{
	if (bolt_error_code(error) != BOLT_DOES_NOT_EXIST)
		return NULL;
	return arg ? bolt_alist(bolt_objects(db, arg)) : bolt_refuse(NULL, 402, "pay %d", 5);
}

static bolt_future *
refuse_in_a_block(bolt_database *transaction, void *arg)
{
	(void) arg;
	bolt_free(bolt_await(bolt_acreate(bolt_objects(transaction, "blog_tag"), BOLT_KW("name", "gone"))));
	return bolt_refuse(transaction, 418, "no coffee");
}

static void
futures_that_fail_on_purpose(void **state)
{
	bolt_queryset *none = bolt_objects(db, "blog_tag");
	bolt_future *future;

	(void) state;
	future = bolt_await(bolt_catch(bolt_aget(bolt_ref(none), BOLT_KW("id", 99)), raise, NULL));
	assert_int_equal(bolt_http_status(future), 402);
	assert_string_equal(bolt_error_message(bolt_error(future)), "pay 5");
	bolt_free(future);
	future = bolt_await(bolt_catch(bolt_aget(bolt_ref(none), BOLT_KW("id", 99)), raise, "blog_tag"));
	assert_int_equal(bolt_http_status(future), 200);
	assert_non_null(strstr(bolt_json(future), "\"weight\""));
	bolt_free(future);
	assert_error(bolt_catch(bolt_aget(bolt_ref(none), BOLT_KW("nothing", 99)), raise, NULL), BOLT_FIELD_ERROR,
				 "");
	future = bolt_await(bolt_catch(bolt_aget(bolt_ref(none), BOLT_KW("id", 1)), raise, NULL));
	assert_false(bolt_failed(future));
	bolt_free(future);
	future = bolt_await(bolt_catch(bolt_fail(NULL, BOLT_DOES_NOT_EXIST, "x"), raise, NULL));
	assert_int_equal(bolt_http_status(future), 402);
	bolt_free(future);
	future = bolt_catch(bolt_sleep(db, 10000), raise, NULL);
	bolt_cancel(future);
	assert_error(future, BOLT_CANCELLED, "");
	bolt_free(bolt_catch(bolt_aget(none, BOLT_KW("id", 1)), raise, NULL));
	future = bolt_await(bolt_atomic(db, refuse_in_a_block, NULL));
	assert_int_equal(bolt_http_status(future), 418);
	bolt_free(future);
	assert_integer(bolt_acount(bolt_objects(db, "blog_tag")), 3);
}

static void
documents_from_outside(void **state)
{
	static const char document[] =
		" {\"model\": \"blog_tag\", \"filter\": {\"id\": 2}, \"only\": [\"name\"]} ";

	(void) state;
	assert_json(bolt_alist(bolt_from_document(db, document, strlen(document))),
				"[{\"id\":2,\"name\":\"b\"}]");
	assert_integer(bolt_acount(bolt_from_document(db, document, strlen(document))), 1);
	assert_error(bolt_alist(bolt_limit(bolt_from_document(db, document, strlen(document)), 1)),
				 BOLT_NOT_SUPPORTED_ERROR, "");
	assert_error(bolt_alist(bolt_from_document(db, document, strlen(document) - 2)), BOLT_VALUE_ERROR, "");
	assert_error(bolt_alist(bolt_from_document(db, "[]", 2)), BOLT_VALUE_ERROR, "");
	assert_error(bolt_alist(bolt_from_document(db, NULL, 0)), BOLT_VALUE_ERROR, "");
	assert_error(bolt_acreate(bolt_from_document(db, document, strlen(document)), BOLT_KW("name", "x")),
				 BOLT_INTERFACE_ERROR, "");
}

static void
what_is_wrong_inside_is_not_told(void **state)
{
	bolt_database *away = bolt_open("host=/nowhere dbname=secret", BOLT_OPTIONS(.queue_timeout = 300));
	bolt_viewset *users = bolt_viewset_new(bolt_objects(away, "auth_user"), .schema = &user_schema);

	(void) state;
	assert_answer(
		users, "GET", "1", NULL, NULL, 503,
		"{\"error\":{\"code\":\"OPERATIONAL_ERROR\",\"message\":\"The service is not available at the moment.\"},"
		"\"errors\":[{\"path\":\"\",\"message\":\"The service is not available at the moment.\"}]}");
	bolt_viewset_free(users);
	bolt_close(away);
}

static void
null_arguments(void **state)
{
	static const bolt_request request = {.size = sizeof(bolt_request)};
	bolt_viewset *none = NULL;

	(void) state;
	assert_null(bolt_viewset_new(NULL));
	bolt_viewset_free(NULL);
	assert_null(bolt_viewset_queryset(NULL));
	assert_error(bolt_viewset_call(none, "GET", NULL, &request), BOLT_INTERFACE_ERROR,
				 "the view set is NULL");
	assert_error(bolt_viewset_call(articles, "GET", NULL, NULL), BOLT_INTERFACE_ERROR, "the request is NULL");
	assert_error(bolt_viewset_call(articles, NULL, NULL, &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_list(none, &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_list_of(articles, bolt_viewset_queryset(articles), NULL), BOLT_INTERFACE_ERROR,
				 "");
	assert_error(bolt_viewset_list_of(articles, NULL, &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_create(articles, NULL), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_create(none, &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_bulk_create(articles, NULL), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_retrieve(none, "1", &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_retrieve(articles, NULL, &request), BOLT_DOES_NOT_EXIST, "");
	assert_error(bolt_viewset_update(articles, "1", NULL), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_partial_update(none, "1", &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_viewset_destroy(none, "1", &request), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_catch(NULL, raise, NULL), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_fail_with(db, NULL), BOLT_INTERFACE_ERROR, "");
	assert_error(bolt_arun_last(db, NULL), BOLT_TYPE_ERROR, "");
	assert_int_equal(bolt_http_status(NULL), 204);
}

static int
set_up(void **state)
{
	(void) state;
	return open_server("bolt_client_viewsets");
}

/* The class-level queryset says what every action shows; a schema, too. */
struct counted
{
	int id;
	const char *title;
	int n;
};

BOLT_SCHEMA(counted_schema, struct counted, BOLT_FIELD(struct counted, id), BOLT_FIELD(struct counted, title),
			BOLT_FIELD(struct counted, n, .annotation = true));

struct user_input
{
	const char *username;
};

BOLT_SCHEMA(user_input_schema, struct user_input, BOLT_FIELD(struct user_input, username));

/* GET, PATCH, PUT and POST of the same object have the same members. */
static void
assert_same(bolt_queryset *queryset, const bolt_schema *schema, const bolt_schema *input, const char *lookup,
			const char *body, const char *expected)
{
	bolt_viewset *viewset = bolt_viewset_new(queryset, .schema = schema, .write_schema = input);

	assert_answer(viewset, "PATCH", lookup, NULL, body, 200, expected);
	assert_answer(viewset, "PUT", lookup, NULL, body, 200, expected);
	assert_answer(viewset, "GET", lookup, NULL, NULL, 200, expected);
	bolt_viewset_free(viewset);
}

static void
every_action_shows_the_same(void **state)
{
	static const char article[] = "{\"title\":\"New\",\"author_id\":1}";
	bolt_queryset *all = bolt_objects(db, "blog_article");
	bolt_queryset *users = bolt_objects(db, "auth_user");
	bolt_viewset *viewset;

	(void) state;
	assert_same(bolt_defer(bolt_ref(users), "password"), NULL, &user_input_schema, "1",
				"{\"username\":\"eve\"}", "{\"id\":1,\"username\":\"eve\"}");
	assert_same(bolt_only(bolt_ref(users), "username"), NULL, &user_input_schema, "1",
				"{\"username\":\"eve\"}", "{\"id\":1,\"username\":\"eve\"}");
	assert_same(bolt_values(bolt_ref(users), "username"), NULL, &user_input_schema, "1",
				"{\"username\":\"eve\"}", "{\"username\":\"eve\"}");
	assert_same(
		bolt_prefetch_related(
			bolt_select_related(bolt_only(bolt_ref(all), "title", "author__username"), "author"), "tags"),
		NULL, &input_schema, "2", article,
		"{\"id\":2,\"title\":\"New\",\"author_id\":1,\"author\":{\"id\":1,\"username\":\"eve\"},\"tags\":[{\"id\":2,\"name\":\"b\"");
	assert_same(bolt_annotate(bolt_only(bolt_ref(all), "title"), BOLT_KW("n", bolt_count("comments"))), NULL,
				&input_schema, "1", article, "{\"id\":1,\"title\":\"New\",\"n\":2}");
	assert_same(bolt_annotate(bolt_ref(all), BOLT_KW("n", bolt_count("comments"))), &counted_schema,
				&input_schema, "1", article, "{\"id\":1,\"title\":\"New\",\"n\":2}");

	/* a filter that says what is counted, and one on what was counted */
	assert_same(bolt_annotate(bolt_filter(bolt_ref(all), BOLT_KW("comments__text", "first")),
							  BOLT_KW("n", bolt_count("comments"))),
				&counted_schema, &input_schema, "1", article, "{\"id\":1,\"title\":\"New\",\"n\":1}");
	assert_same(bolt_filter(bolt_annotate(bolt_ref(all), BOLT_KW("n", bolt_count("comments"))),
							BOLT_KW("n__gt", 1)),
				&counted_schema, &input_schema, "1", article, "{\"id\":1,\"title\":\"New\",\"n\":2}");

	/* created, or changed so that the class-level queryset no longer finds it */
	viewset = bolt_viewset_new(bolt_defer(bolt_filter(bolt_ref(users), BOLT_KW("username__startswith", "e")),
										  "password"),
							   .write_schema = &user_input_schema);
	assert_answer(viewset, "POST", NULL, NULL, "{\"username\":\"zoe\"}", 201,
				  "{\"id\":3,\"username\":\"zoe\"}");
	assert_answer(viewset, "GET", "3", NULL, NULL, 404, "{");
	assert_answer(viewset, "PATCH", "3", NULL, "{\"username\":\"y\"}", 404, "{");
	assert_answer(viewset, "PATCH", "1", NULL, "{\"username\":\"y\"}", 200, "{\"id\":1,\"username\":\"y\"}");
	assert_answer(viewset, "GET", "1", NULL, NULL, 404, "{");
	bolt_viewset_free(viewset);
	viewset = bolt_viewset_new(bolt_annotate(bolt_filter(bolt_ref(all), BOLT_KW("draft", false)),
											 BOLT_KW("n", bolt_count("comments"))),
							   .schema = &counted_schema, .write_schema = &input_schema);
	assert_answer(viewset, "PATCH", "1", NULL, "{\"draft\":true}", 200,
				  "{\"id\":1,\"title\":\"New\",\"n\":2}");
	assert_answer(viewset, "GET", "1", NULL, NULL, 404, "{");
	assert_answer(viewset, "POST", NULL, NULL, "{\"title\":\"x\",\"author_id\":1,\"draft\":true}", 201,
				  "{\"id\":4,\"title\":\"x\",\"n\":0}");
	bolt_viewset_free(viewset);

	/* slices and combinations are not of one object */
	viewset = bolt_viewset_new(bolt_defer(bolt_order_by(bolt_ref(users), "-id"), "password"),
							   .write_schema = &user_input_schema);
	assert_answer(viewset, "POST", NULL, NULL, "{\"username\":\"abe\"}", 201,
				  "{\"id\":4,\"username\":\"abe\"}");
	bolt_viewset_free(viewset);
	bolt_unref(all);
	bolt_unref(users);
}

/* Faults of the program are 500, and the client learns nothing of them; only what it sent is 400. */
static void
the_programs_faults_are_not_the_clients(void **state)
{
	static const char internal[] =
		"{\"error\":{\"code\":\"FIELD_ERROR\",\"message\":\"An internal error occurred.\"},\"errors\":[{\"path\":\"\","
		"\"message\":\"An internal error occurred.\"}]}";
	static const char *const filters[] = {"author_id", "nothing", NULL};
	bolt_queryset *faulty[] = {
		bolt_filter(bolt_objects(db, "blog_article"), BOLT_KW("nothing", 1)),
		bolt_only(bolt_objects(db, "blog_article"), "nothing"),
		bolt_annotate(bolt_objects(db, "blog_article"), BOLT_KW("n", bolt_count("nothing"))),
		bolt_prefetch_related(bolt_objects(db, "blog_article"), "nothing"),
		bolt_order_by(bolt_objects(db, "blog_article"), "nothing"),
		bolt_objects(db, "nowhere"),
		bolt_select_related(bolt_objects(db, "blog_article"), "title"),
		bolt_annotate(bolt_objects(db, "blog_article"), BOLT_KW("n", bolt_div(bolt_value(1), bolt_value(0)))),
	};
	bolt_viewset *viewset;
	bolt_future *future;
	char *made;
	size_t length;

	(void) state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++)
	{
		viewset = bolt_viewset_new(faulty[i], .write_schema = &input_schema);
		assert_answer(viewset, "GET", NULL, NULL, NULL, 500, i < 5 ? internal : "{\"error\":{\"code\":");
		if (i == 4)
		{
			bolt_viewset_free(viewset); /* one object needs no order */
			continue;
		}
		assert_answer(viewset, "GET", "1", NULL, NULL, 500, i < 4 ? internal : "{\"error\":{\"code\":");
		assert_answer(viewset, "PATCH", "1", NULL, "{\"title\":\"x\"}", 500, "{\"error\":{\"code\":");
		bolt_viewset_free(viewset);
	}
	viewset = bolt_viewset_new(bolt_objects(db, "blog_article"), .filters = filters);
	assert_answer(viewset, "GET", NULL, "author_id=x", NULL, 400, "{\"error\":{\"code\":\"VALUE_ERROR\"");
	assert_answer(viewset, "GET", NULL, "nothing=x", NULL, 500, internal);
	bolt_viewset_free(viewset);

	/* unless the client has sent the queryset */
	for (int blames = 0; blames < 2; blames++)
	{
		static const char document[] = "{\"model\":\"blog_article\",\"filter\":{\"nothing\":1}}";

		future = bolt_alist(bolt_from_document(db, document, strlen(document)));
		future = bolt_await(blames ? bolt_blame_client(future) : future);
		assert_int_equal(bolt_http_status(future), blames ? 400 : 500);
		assert_int_equal(strstr(bolt_http_body(future, &length, &made), "rating") != NULL,
						 blames); /* of the hint */
		free(made);
		bolt_free(future);
	}
}

#define test(function) cmocka_unit_test_setup_teardown(function, refill, free_viewset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_programs_faults_are_not_the_clients),
		test(every_action_shows_the_same),
		test(reading),
		test(limit_and_offset),
		test(cursors),
		test(writing),
		test(the_class_level_queryset_holds_for_all_actions),
		test(lookup_by_text),
		test(only_what_is_allowed),
		test(many_at_once),
		test(a_body_as_a_struct),
		test(futures_that_fail_on_purpose),
		test(documents_from_outside),
		test(what_is_wrong_inside_is_not_told),
		test(null_arguments),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, close_server);
}
