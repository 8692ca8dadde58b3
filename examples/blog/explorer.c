/*
 * explorer.c
 *	  What the graph explorer's page asks: any document, on connections that can only read.
 *
 * The documents come from the page's user: they may name any model that the server's role may read. They cannot write (each connection is
 * read only), take longer than a statement_timeout (504), or bring more objects than MAX_OBJECTS at once.
 */
#include <jansson.h>

#include "blog.h"

#define MAX_OBJECTS 500
#define MAX_DOCUMENT (64 * 1024)

/* A body is a document, or {"document": {…}, "analyze": true, "limit": 10}. */
struct question
{
	const char *document;
	bool analyze;
	int limit;
};

BOLT_SCHEMA(question_schema, struct question, BOLT_JSON_TEXT(struct question, document, .optional = true),
			BOLT_FIELD(struct question, analyze, .optional = true),
			BOLT_FIELD(struct question, limit, .optional = true));

/* One of those below: what is asked of a document. */
typedef bolt_future *(*ask)(bolt_database *db, const struct question *question);

static bolt_queryset *
queryset_of(bolt_database *db, const struct question *question)
{
	return bolt_from_document(db, question->document, strlen(question->document));
}

/* The document's own limit where it is smaller; a chain ends with one more, for a slice can be sliced again. */
static void
add_limit(json_t *document, json_int_t most)
{
	json_t *chain = json_object_get(document, "chain");
	json_t *limit = json_object_get(document, "limit");

	if (json_is_array(chain))
		json_array_append_new(chain, json_pack("{s:I}", "limit", most));
	else if (!json_is_integer(limit) || json_integer_value(limit) > most)
		json_object_set_new(document, "limit", json_integer(most));
}

static bolt_future *
fetch(bolt_database *db, const struct question *question)
{
	json_t *document = json_loads(question->document, JSON_REJECT_DUPLICATES, NULL);
	int most = question->limit > 0 && question->limit < MAX_OBJECTS ? question->limit : MAX_OBJECTS;
	bolt_future *objects;
	char *text;

	if (!json_is_object(document))
	{
		json_decref(document);
		return bolt_alist(queryset_of(db, question)); /* which says what is wrong with it */
	}
	add_limit(document, most);
	text = json_dumps(document, JSON_COMPACT);
	objects = bolt_alist(bolt_from_document(db, text, text ? strlen(text) : 0));
	free(text);
	json_decref(document);
	return objects;
}

static bolt_future *
explain(bolt_database *db, const struct question *question)
{
	return bolt_aexplain(queryset_of(db, question), .analyze = question->analyze);
}

static bolt_future *
check(bolt_database *db, const struct question *question)
{
	return bolt_acheck(queryset_of(db, question));
}

static bolt_future *
sql(bolt_database *db, const struct question *question)
{
	return bolt_asql(queryset_of(db, question));
}

/* The body as the question that it is; its texts belong to `decoded`, or to the request. */
static bool
read_question(bolt_evhttp_request *request, struct question *question, bolt_decoded **decoded,
			  bolt_exception **error)
{
	const bolt_request *data = &request->data;
	const char *analyze = bolt_parameter_value(data, "analyze");
	char *body;

	*error = bolt_request_refusal(data, MAX_DOCUMENT);
	if (*error)
		return false;
	*decoded = bolt_decode(&question_schema, data->body, data->body_length, error);
	if (*decoded == NULL)
		return false;
	*question = (struct question){0};
	if (bolt_decoded_objects(*decoded, NULL) != NULL)
		*question = *(struct question *) bolt_decoded_objects(*decoded, NULL);
	if (question->document == NULL)
	{
		body = bolt_evhttp_alloc(request, data->body_length + 1);
		question->document = body ? memcpy(body, data->body, data->body_length) : "";
	}
	question->analyze |= analyze && strcmp(analyze, "1") == 0;
	return true;
}

static bolt_future *
answer(bolt_evhttp_request *request, blog *self, ask what)
{
	struct question question;
	bolt_decoded *decoded = NULL;
	bolt_exception *error;
	bolt_future *future;

	if (read_question(request, &question, &decoded, &error))
		future = bolt_blame_client(what(self->explorer, &question));
	else if (bolt_error_code(error) == BOLT_DECODE_ERROR)
		future = bolt_refuse(self->explorer, 400, "%s", bolt_error_message(error));
	else
		future = bolt_fail_with(self->explorer, bolt_error_ref(error));
	bolt_error_unref(error);
	bolt_decoded_free(decoded);
	return future;
}

#define DEFINE_HANDLER(what) \
	static bolt_future *post_##what(bolt_evhttp_request *request, void *arg) \
	{ \
		return answer(request, arg, what); \
	}

DEFINE_HANDLER(fetch)
DEFINE_HANDLER(explain)
DEFINE_HANDLER(check)
DEFINE_HANDLER(sql)

/* GET /explorer/models: {"models": […], "relations": […]} */
static bolt_future *
get_models(bolt_evhttp_request *request, void *arg)
{
	blog *self = arg;

	(void) request;
	return bolt_acatalog(self->explorer);
}

int
blog_route_explorer(blog *self, bolt_evhttp *server)
{
	return bolt_evhttp_route(server, "GET", "/explorer/models", get_models, self) |
		bolt_evhttp_route(server, "POST", "/explorer/fetch", post_fetch, self) |
		bolt_evhttp_route(server, "POST", "/explorer/explain", post_explain, self) |
		bolt_evhttp_route(server, "POST", "/explorer/check", post_check, self) |
		bolt_evhttp_route(server, "POST", "/explorer/sql", post_sql, self);
}
