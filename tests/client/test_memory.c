/*
 * test_memory.c
 *	  Every allocation fails once: no crash, no leak, and the error says so.
 *
 * Allocation is replaced here, which sanitizers and valgrind do themselves: there this is skipped.
 */
#include <errno.h>

#include "documents.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define REPLACED 0
#else
#define REPLACED 1
#endif

/* Volatile: compilers hold that malloc and free change nothing that they see. */
static volatile long allocations_left = -1; /* negative: no limit */
static volatile long in_use;				/* blocks */

#if REPLACED

#define REPLACEMENT __attribute__((visibility("default"))) /* the libraries' too */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

static bool
may_allocate(void)
{
	if (allocations_left == 0)
	{
		errno = ENOMEM;
		return false;
	}
	if (allocations_left > 0)
		allocations_left--;
	return true;
}

static void *
counted(void *memory)
{
	in_use += memory != NULL;
	return memory;
}

REPLACEMENT void *
malloc(size_t size)
{
	return may_allocate() ? counted(__libc_malloc(size)) : NULL;
}

REPLACEMENT void *
calloc(size_t number, size_t size)
{
	return may_allocate() ? counted(__libc_calloc(number, size)) : NULL;
}

REPLACEMENT void *
realloc(void *memory, size_t size)
{
	if (!may_allocate())
		return NULL;
	return memory ? __libc_realloc(memory, size) : counted(__libc_malloc(size));
}

REPLACEMENT void
free(void *memory)
{
	in_use -= memory != NULL;
	__libc_free(memory);
}

#endif

struct author
{
	int id;
	const char *username;
};

struct article
{
	int id;
	const char *title;
	struct author *author;
	struct author *editors;
	size_t neditors;
};

BOLT_SCHEMA(author_schema, struct author, BOLT_FIELD(struct author, id), BOLT_FIELD(struct author, username));
BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id), BOLT_FIELD(struct article, title),
			BOLT_NESTED(struct article, author, &author_schema),
			BOLT_ARRAY(struct article, editors, neditors, &author_schema));

/* Everything that a queryset is made of. */
static bolt_code
build_a_document(void)
{
	struct author author = {1, "ann"};
	struct article article = {1, "T", &author, &author, 1};
	bolt_queryset *queryset = bolt_objects(NULL, "blog_article");
	bolt_queryset *base;
	bolt_exception *error;
	bolt_code code;
	char *document;

	queryset = bolt_filter(queryset,
						   bolt_q_or(BOLT_KW("id", 7, "title", "a \"long\" text that needs to be escaped\n"),
									 bolt_q_not(BOLT_KW("x__in", BOLT_LIST(1, "b", bolt_f("c"))))));
	queryset = bolt_annotate(queryset,
							 BOLT_KW("n",
									 bolt_count("x", .filter = bolt_q(BOLT_KW("y", 1)),
												.order_by = BOLT_ORDERING("-a", bolt_lower("b"))),
									 "w", bolt_window(bolt_rank(), .partition_by = BOLT_LIST("a")), "c",
									 bolt_case(bolt_when(BOLT_KW("a", 1), bolt_value("v")),
											   bolt_default(bolt_cast("a", "text")))));
	base = bolt_ref(queryset);
	queryset = bolt_order_by(queryset, bolt_desc("a"), "b");
	queryset = bolt_with_schema(bolt_using(queryset, "replica"), &article_schema);
	queryset = bolt_prefetch_related(
		queryset, "tags", bolt_prefetch("comments", bolt_limit(bolt_objects(NULL, NULL), 2), .to_attr = "x"));
	queryset = bolt_filter(queryset, bolt_exists(bolt_objects(NULL, "y")),
						   BOLT_KW("z", bolt_values(bolt_objects(NULL, "z"), "id")));
	queryset = bolt_filter(bolt_select_for_update(queryset, .of = BOLT_LIST("self")),
						   bolt_values_of(&article_schema, &article));
	queryset = bolt_union(queryset, base);
	document = bolt_document(queryset, &error);
	code = bolt_error_code(error);
	assert_true((document == NULL) == (error != NULL));
	bolt_error_unref(error);
	free(document);
	bolt_unref(queryset);
	return code;
}

static bolt_code
decode_an_article(void)
{
	static const char json[] =
		"[{\"id\":1,\"title\":\"a\\u00df\",\"author\":{\"id\":1,\"username\":\"u\"},\"editors\":[{\"id\":1,\"username\":\"u\"}]}]";
	bolt_exception *error;
	bolt_decoded *decoded = bolt_decode(&article_schema, json, sizeof(json) - 1, &error);
	bolt_code code = bolt_error_code(error);

	bolt_error_unref(error);
	bolt_decoded_free(decoded);
	return code;
}

static bolt_code
fail_to_decode(void)
{
	static const char json[] = "[{\"id\":1,\"title\":\"a\",\"author\":{\"id\":1,\"username\":5}}]";
	bolt_exception *error;
	bolt_code code;

	assert_null(bolt_decode(&article_schema, json, sizeof(json) - 1, &error));
	code = bolt_error_code(error);
	bolt_error_unref(error);
	return code == BOLT_DECODE_ERROR ? BOLT_OK : code;
}

static bolt_code
validate_a_body(void)
{
	static const char body[] = "{\"id\":1,\"title\":\"a\",\"author\":{\"id\":1,\"username\":\"u\"}}";
	bolt_exception *error;
	bolt_kw *values = bolt_validate(&article_schema, body, sizeof(body) - 1, true, &error);
	bolt_code code = bolt_error_code(error);

	if (values)
	{
		bolt_queryset *queryset = bolt_filter(bolt_objects(NULL, "x"), values);

		free(bolt_document(queryset, &error));
		bolt_unref(queryset);
		code = bolt_error_code(error);
	}
	bolt_error_unref(error);
	return code;
}

/* Without memory for the list of faults it is still an error, of one kind or the other. */
static bolt_code
tell_of_faults(void)
{
	static const char body[] = "{\"nothing\":1,\"title\":5,\"author\":[]}";
	bolt_exception *error;
	char *answer;
	bool told;

	assert_null(bolt_validate(&article_schema, body, sizeof(body) - 1, true, &error));
	answer = bolt_error_body(error);
	told = bolt_error_detail(error) && answer;
	assert_int_not_equal(bolt_error_status(error), 200);
	bolt_error_unref(error);
	free(answer);
	return told ? BOLT_OK : BOLT_MEMORY_ERROR;
}

/* With one allocation more each time, until there are enough. */
static void
fail_each_allocation(bolt_code (*work)(void))
{
	bolt_code code = BOLT_MEMORY_ERROR;

	if (!REPLACED || getenv("BOLT_UNDER_VALGRIND"))
		skip();
	for (long allowed = 0; code != BOLT_OK; allowed++)
	{
		long before = in_use;

		(void) before;
		assert_true(allowed < 2000);
		allocations_left = allowed;
		code = work();
		allocations_left = -1;
		if (code != BOLT_OK)
			assert_string_equal(bolt_code_name(code), "BOLT_MEMORY_ERROR");
#ifndef BOLT_DEBUG /* which keeps the querysets that were freed last */
		assert_int_equal(in_use, before);
#endif
	}
}

static void
querysets(void **state)
{
	(void) state;
	fail_each_allocation(build_a_document);
}

static void
decoding(void **state)
{
	(void) state;
	fail_each_allocation(decode_an_article);
}

static void
errors(void **state)
{
	(void) state;
	fail_each_allocation(fail_to_decode);
}

static void
bodies(void **state)
{
	(void) state;
	fail_each_allocation(validate_a_body);
	fail_each_allocation(tell_of_faults);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(querysets),
		cmocka_unit_test(decoding),
		cmocka_unit_test(errors),
	};

	return run_all(tests);
}
