/*
 * headers.h
 *	  Every macro of bolt_orm.h in its shortest and in its longest form, and what comes of it.
 *
 * headers.t compiles this as C and as C++, with each compiler and for each standard. NAMED: options can be
 * named (.page = 2), which C++17 cannot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bolt_orm.h>

#if !defined(__cplusplus) || __cplusplus >= 202002L
#define NAMED 1
#else
#define NAMED 0
#endif

#ifdef __cplusplus
#define nullptr_or_null nullptr
#else
#define nullptr_or_null NULL
#endif

struct author
{
	int64_t id;
	const char *username;
};

struct article
{
	int64_t id;
	const char *title;
	const char *data;
	double rating;
	bool has_rating;
	bool draft;
	unsigned short views;
	struct author *author;
	struct article *answers;
	size_t nanswers;
	char **labels;
	size_t nlabels;
};

#if NAMED
BOLT_SCHEMA(author_schema, struct author, BOLT_FIELD(struct author, id), BOLT_FIELD(struct author, username));
BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id, .read_only = true),
			BOLT_FIELD(struct article, title), BOLT_JSON_TEXT(struct article, data),
			BOLT_FIELD(struct article, rating, BOLT_PRESENT(struct article, has_rating)),
			BOLT_FIELD(struct article, draft),
			BOLT_FIELD(struct article, views, .optional = true, .json = "seen"),
			BOLT_NESTED(struct article, author, &author_schema),
			BOLT_ARRAY(struct article, answers, nanswers, &article_schema, .optional = true),
			BOLT_SCALARS(struct article, labels, nlabels));
#endif

static int wrong;

static void
expect(bolt_queryset *queryset, const char *chain)
{
	bolt_exception *error = NULL;
	char *document = bolt_document(queryset, &error);
	char expected[2048];

	snprintf(expected, sizeof(expected), *chain ? "{\"model\":\"t\",\"chain\":[%s]}" : "{\"model\":\"t\"}",
			 chain);
	if (document == NULL || strcmp(document, expected) != 0)
	{
		printf("# %s\n# not %s\n", document ? document : bolt_error_message(error), expected);
		wrong = 1;
	}
	free(document);
	bolt_error_unref(error);
	bolt_unref(queryset);
}

static bolt_queryset *
t(void)
{
	return bolt_objects(nullptr_or_null, "t");
}

static void
values(void)
{
	const long long ids[] = {1, 2};
	signed char c = -1;
	short s = -2;
	long l = -3;
	unsigned char uc = 1;
	unsigned short us = 2;
	unsigned int u = 3;
	unsigned long ul = 4;
	unsigned long long ull = 5;
	float f = 0.5F;
	char writable[] = "w";
	json_t *json = json_string("j");
	const json_t *constant = json;

	expect(bolt_filter(t(), BOLT_KW("a", c, "b", s, "c", l, "d", uc, "e", us, "f", u, "g", ul, "h", ull)),
		   "{\"filter\":{\"a\":-1,\"b\":-2,\"c\":-3,\"d\":1,\"e\":2,\"f\":3,\"g\":4,\"h\":5}}");
	expect(bolt_filter(t(),
					   BOLT_KW("a", f, "b", 1.5, "c", true, "d", false, "e", writable, "f", "x", "g",
							   nullptr_or_null)),
		   "{\"filter\":{\"a\":0.5,\"b\":1.5,\"c\":true,\"d\":false,\"e\":\"w\",\"f\":\"x\",\"g\":null}}");
	expect(bolt_filter(t(), BOLT_KW("a", json, "b", constant, "c", bolt_text("xyz", 2))),
		   "{\"filter\":{\"a\":\"j\",\"b\":\"j\",\"c\":\"xy\"}}");
	expect(bolt_filter(t(), BOLT_KW("id__in", BOLT_LIST(1, 2)), BOLT_KW("n__in", BOLT_LIST())),
		   "{\"filter\":{\"AND\":[{\"id__in\":[1,2]},{\"n__in\":[]}]}}");
	expect(bolt_filter(t(),
					   BOLT_KW("id__in", BOLT_LIST_OF(ids, 2), "n__in", bolt_list_add(BOLT_LIST(1), "x"))),
		   "{\"filter\":{\"id__in\":[1,2],\"n__in\":[1,\"x\"]}}");
	expect(bolt_filter(t(), bolt_kw_add(bolt_kw_add(nullptr_or_null, "a", 1), "b", (2))),
		   "{\"filter\":{\"a\":1,\"b\":2}}");
	expect(bolt_filter(t(), BOLT_KW()), "{\"filter\":{}}");
	json_decref(json);
}

static void
querysets(void)
{
	expect(t(), "");
	expect(bolt_filter(t()), "{\"filter\":{}}");
	expect(bolt_filter(t(), bolt_q()), "{\"filter\":{}}");
	expect(bolt_exclude(t(), BOLT_KW("id", 1)), "{\"exclude\":{\"id\":1}}");
	expect(bolt_filter(t(), bolt_q_or(BOLT_KW("a", 1), bolt_q_not(BOLT_KW("b", 2)))),
		   "{\"filter\":{\"OR\":[{\"a\":1},{\"NOT\":{\"b\":2}}]}}");
	expect(bolt_order_by(t()), "{\"order_by\":[]}");
	expect(
		bolt_order_by(t(), "-a", bolt_desc("b"), bolt_asc(bolt_lower("c"), BOLT_NULLS_LAST)),
		"{\"order_by\":[\"-a\",{\"expr\":\"b\",\"desc\":true},{\"expr\":{\"Lower\":\"c\"},\"nulls\":\"last\"}]}");
	expect(bolt_distinct(t()), "{\"distinct\":true}");
	expect(bolt_distinct(t(), "a", "b"), "{\"distinct\":[\"a\",\"b\"]}");
	expect(bolt_select_related(t()), "{\"select_related\":true}");
	expect(bolt_select_related(t(), "a"), "{\"select_related\":[\"a\"]}");
	expect(bolt_only(t(), "a", "b"), "{\"only\":[\"a\",\"b\"]}");
	expect(bolt_defer(t(), "a"), "{\"defer\":[\"a\"]}");
	expect(bolt_values(t()), "{\"values\":[]}");
	expect(bolt_values_list(t(), "a"), "{\"values_list\":[\"a\"]}");
	expect(bolt_dates(t(), "d", "year"), "{\"dates\":[\"d\",\"year\"]}");
	expect(bolt_datetimes(t(), "d", "hour", "DESC"), "{\"datetimes\":[\"d\",\"hour\",\"DESC\"]}");
	expect(bolt_prefetch_related(t()), "{\"prefetch_related\":[]}");
	expect(bolt_prefetch_related(t(), "a",
								 bolt_prefetch("b", bolt_objects(nullptr_or_null, nullptr_or_null))),
		   "{\"prefetch_related\":[\"a\",{\"lookup\":\"b\",\"queryset\":{}}]}");
	expect(bolt_union(t(), t(), t()), "{\"union\":[{\"model\":\"t\"},{\"model\":\"t\"}]}");
	expect(bolt_union_all(t(), t()), "{\"union_all\":[{\"model\":\"t\"}]}");
	expect(bolt_intersection(t(), t()), "{\"intersection\":[{\"model\":\"t\"}]}");
	expect(bolt_difference(t()), "{\"difference\":[]}");
	expect(bolt_select_for_update(t()), "{\"select_for_update\":true}");
#if NAMED
	expect(bolt_select_for_update(t(), .nowait = true, .of = BOLT_LIST("self")),
		   "{\"select_for_update\":{\"nowait\":true,\"of\":[\"self\"]}}");
	expect(bolt_prefetch_related(
			   t(), bolt_prefetch("b", nullptr_or_null, .to_attr = "c", .recurse = true, .depth = 2)),
		   "{\"prefetch_related\":[{\"lookup\":\"b\",\"to_attr\":\"c\",\"recurse\":true,\"depth\":2}]}");
#endif
}

static void
expressions(void)
{
	expect(
		bolt_annotate(
			t(), BOLT_KW("a", bolt_f("x"), "b", bolt_value("x"), "c", bolt_add("x", 1), "d", bolt_now())),
		"{\"annotate\":{\"a\":{\"F\":\"x\"},\"b\":{\"Value\":\"x\"},\"c\":{\"Add\":[\"x\",1]},\"d\":{\"Now\":[]}}}");
	expect(
		bolt_annotate(t(),
					  BOLT_KW("a", bolt_func("Pi"), "b", bolt_cast("x", "integer"), "c", bolt_count("*"))),
		"{\"annotate\":{\"a\":{\"Pi\":[]},\"b\":{\"Cast\":\"x\",\"type\":\"integer\"},\"c\":{\"Count\":\"*\"}}}");
	expect(
		bolt_annotate(
			t(),
			BOLT_KW("a",
					bolt_case(bolt_when(BOLT_KW("x", 1), bolt_value(2)), bolt_default(nullptr_or_null)))),
		"{\"annotate\":{\"a\":{\"Case\":[{\"when\":{\"x\":1},\"then\":{\"Value\":2}}],\"default\":null}}}");
	expect(
		bolt_annotate(t(), BOLT_KW("a", bolt_window(bolt_row_number()), "b", bolt_string_agg("x", ";"))),
		"{\"annotate\":{\"a\":{\"Window\":{\"RowNumber\":[]}},\"b\":{\"StringAgg\":[\"x\",{\"Value\":\";\"}]}}}");
#if NAMED
	expect(bolt_annotate(t(),
						 BOLT_KW("n", bolt_count("x", .filter = bolt_q(BOLT_KW("y", 5)), .distinct = true))),
		   "{\"annotate\":{\"n\":{\"Count\":\"x\",\"filter\":{\"y\":5},\"distinct\":true}}}");
	expect(
		bolt_annotate(t(),
					  BOLT_KW("n",
							  bolt_window(bolt_rank(), .partition_by = BOLT_LIST("a"),
										  .order_by = BOLT_ORDERING("-b")))),
		"{\"annotate\":{\"n\":{\"Window\":{\"Rank\":[]},\"partition_by\":[\"a\"],\"order_by\":[\"-b\"]}}}");
	expect(
		bolt_annotate(
			t(),
			BOLT_KW("n", bolt_window(bolt_sum("x"), .frame = bolt_row_range(-2, 0)), "m",
					bolt_window(bolt_sum("x"), .frame = bolt_value_range(nullptr_or_null, nullptr_or_null)))),
		"{\"annotate\":{\"n\":{\"Window\":{\"Sum\":\"x\"},\"frame\":{\"rows\":[-2,0]}},\"m\":{\"Window\":{\"Sum\":\"x\"},\"frame\":"
		"{\"range\":[null,null]}}}}");
	expect(bolt_annotate(t(), BOLT_KW("n", bolt_string_agg("x", ";", .order_by = BOLT_ORDERING()))),
		   "{\"annotate\":{\"n\":{\"StringAgg\":[\"x\",{\"Value\":\";\"}],\"order_by\":[]}}}");
#endif
}

static void
schemas(void)
{
#if NAMED
	struct article article = {
		0, "T", "[1]", 0, false, true, 7, nullptr_or_null, nullptr_or_null, 0, nullptr_or_null, 0};

	expect(bolt_filter(t(), bolt_values_of(&article_schema, &article, "title", "draft", "seen")),
		   "{\"filter\":{\"title\":\"T\",\"draft\":true,\"seen\":7}}");
	expect(bolt_filter(t(), BOLT_KW("a", bolt_rows_of(&author_schema, nullptr_or_null, 0))),
		   "{\"filter\":{\"a\":[]}}");
	expect(bolt_with_schema(t(), &author_schema), "{\"only\":[\"id\",\"username\"]}");
	bolt_kw_free(bolt_values_of(&article_schema, &article));
#endif
}

static bolt_future *
body(bolt_database *transaction, void *arg)
{
	(void) transaction;
	return (bolt_future *) arg;
}

static void
callback(bolt_future *future, void *arg)
{
	*(bool *) arg = bolt_failed(future);
}

/* Without a database: all of them fail, and none leaks. */
static void
methods(void)
{
	bool failed = false;

	bolt_free(bolt_aget(t()));
	bolt_free(bolt_aget(t(), BOLT_KW("id", 1)));
	bolt_free(bolt_aearliest(t()));
	bolt_free(bolt_alatest(t(), "a"));
	bolt_free(bolt_ain_bulk(t()));
	bolt_free(bolt_apage(t()));
	bolt_free(bolt_acursor_page(t()));
	bolt_free(bolt_aexplain(t()));
	bolt_free(bolt_aget_or_create(t(), BOLT_KW("a", 1)));
	bolt_free(bolt_aupdate_or_create(t(), BOLT_KW("a", 1)));
	bolt_free(bolt_acreate(t(), BOLT_KW("a", 1)));
	bolt_free(bolt_asave(t(), BOLT_KW("a", 1)));
	bolt_free(bolt_aupdate(t(), BOLT_KW("a", 1)));
	bolt_free(bolt_aupdate_returning(t(), BOLT_KW("a", 1)));
	bolt_free(bolt_abulk_create(t(), BOLT_LIST(BOLT_KW("a", 1))));
	bolt_free(bolt_abulk_update(t(), BOLT_LIST(BOLT_KW("id", 1)), BOLT_LIST("a")));
	bolt_free(bolt_aadd(t(), 1, "r", BOLT_LIST(1)));
	bolt_free(bolt_aset(t(), BOLT_LIST(1, 2), "r", BOLT_LIST()));
	bolt_free(bolt_aremove(t(), 1, "r", BOLT_LIST(1)));
	bolt_free(bolt_aclear(t(), 1, "r"));
	bolt_free(bolt_acontains(t(), 1));
	bolt_free(bolt_arefresh_from_db(t(), 1));
	bolt_free(bolt_atomic(nullptr_or_null, body, nullptr_or_null));
	bolt_free(bolt_gather(bolt_alist(t()), bolt_acount(t())));
	bolt_free(bolt_gather());
	bolt_free(bolt_arun(nullptr_or_null,
						BOLT_LIST(bolt_op("get", t(), nullptr_or_null),
								  bolt_op("add", t(), BOLT_KW("pk", bolt_result(0, "id"))))));
	bolt_viewset_free(bolt_viewset_new(t()));
	bolt_then(bolt_afirst(t()), callback, &failed);
	wrong |= !failed;
	bolt_close(bolt_open(nullptr_or_null, BOLT_OPTIONS()));
#if NAMED
	bolt_free(bolt_ain_bulk(t(), .ids = BOLT_LIST(1, 2)));
	bolt_free(bolt_apage(t(), .page = 2, .page_size = 10));
	bolt_free(bolt_acursor_page(t(), .after = "x"));
	bolt_free(bolt_aexplain(t(), .analyze = true));
	bolt_free(bolt_aget_or_create(t(), BOLT_KW("a", 1), .defaults = BOLT_KW("b", 1)));
	bolt_free(bolt_aupdate_or_create(t(), BOLT_KW("a", 1), .defaults = BOLT_KW("b", 1),
									 .create_defaults = BOLT_KW()));
	bolt_free(bolt_abulk_create(t(), BOLT_LIST(BOLT_KW("a", 1)), .update_conflicts = true,
								.unique_fields = BOLT_LIST("a")));
	bolt_free(bolt_aadd(t(), 1, "r", BOLT_LIST(1), .through_defaults = BOLT_KW("x", 1)));
	bolt_free(bolt_aset(t(), 1, "r", BOLT_LIST(1), .through_defaults = BOLT_KW("x", 1)));
	bolt_free(
		bolt_atomic(nullptr_or_null, body, nullptr_or_null, .isolation = BOLT_SERIALIZABLE, .retries = 3));
	bolt_viewset_free(bolt_viewset_new(t(), .schema = &article_schema, .page_size = 10));
	bolt_close(bolt_open("", BOLT_OPTIONS(.connections = 2, .stack_size = 65536)));
#endif
}

int
main(void)
{
	values();
	querysets();
	expressions();
	schemas();
	methods();
	return wrong;
}
