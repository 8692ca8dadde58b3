/*
 * test_misuse.c
 *	  Querysets used twice, leaked, forked; arguments that cannot be; texts that are very long.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

static bolt_queryset *
tags(void)
{
	return bolt_objects(db, "blog_tag");
}

static void
forks_share_and_do_not_disturb(void **state)
{
	bolt_queryset *base = bolt_order_by(tags(), "id");
	bolt_queryset *first = bolt_limit(bolt_ref(base), 1);
	bolt_queryset *last = bolt_values_flat(bolt_offset(bolt_ref(base), 2), "name");

	(void) state;
	for (int i = 0; i < 3; i++)
		assert_json(bolt_alist(bolt_ref(last)), "[\"c\"]");
	assert_json(bolt_alist(bolt_only(first, "name")), "[{\"id\":1,\"name\":\"a\"}]");
	bolt_unref(base);
	assert_json(bolt_alist(last), "[\"c\"]");
	assert_null(bolt_ref(NULL));
	bolt_unref(NULL);
}

static void
a_chain_of_many_is_freed_without_recursion(void **state)
{
	bolt_queryset *queryset = tags();

	(void) state;
	for (int i = 0; i < 200000; i++)
		queryset = bolt_filter(queryset, BOLT_KW("id", i));
	bolt_unref(queryset);
}

static void
querysets_outlive_their_database(void **state)
{
	bolt_database *other = bolt_open(conninfo, NULL);
	bolt_queryset *queryset = bolt_objects(other, "blog_tag");
	bolt_future *future;

	(void) state;
	bolt_close(other);
	future = bolt_acount(bolt_filter(queryset, BOLT_KW("id", 1)));
	assert_true(bolt_failed(future));
	assert_int_equal(bolt_error_code(bolt_error(future)), BOLT_INTERFACE_ERROR);
	bolt_free(future);
}

/*
 * Each of these uses a queryset after it was consumed.  In a child, which must not
 * touch its parent's connections.
 */
static void
use_after_a_method(void)
{
	bolt_queryset *queryset = tags();
	bolt_queryset *filtered = bolt_filter(queryset, BOLT_KW("id", 1));

	bolt_unref(bolt_order_by(queryset, "id"));
	bolt_unref(filtered);
}

static void
use_after_an_a_method(void)
{
	bolt_queryset *queryset = bolt_objects(NULL, "blog_tag");

	bolt_free(bolt_acount(queryset));
	bolt_free(bolt_alist(queryset));
}

static void
use_after_unref(void)
{
	bolt_queryset *queryset = tags();

	bolt_unref(queryset);
	bolt_unref(queryset);
}

static void
use_after_a_subquery(void)
{
	bolt_queryset *queryset = bolt_values(tags(), "id");
	bolt_queryset *filtered = bolt_filter(tags(), BOLT_KW("id__in", queryset));

	bolt_unref(bolt_ref(queryset));
	bolt_unref(filtered);
}

#ifdef BOLT_DEBUG

/* In a child, whose last words are compared. */
static void
assert_aborts(void (*misuse)(void), const char *words)
{
	char buffer[512] = "";
	ssize_t length;
	int status;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	if (child == 0)
	{
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		misuse();
		_exit(0);
	}
	close(ends[1]);
	length = read(ends[0], buffer, sizeof(buffer) - 1);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(length > 0);
	if (!strstr(buffer, words))
		assert_string_equal(buffer, words);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
debug_builds_abort(void **state)
{
	(void) state;
	assert_aborts(use_after_a_method, "bolt_order_by(): the queryset was consumed by bolt_filter()");
	assert_aborts(use_after_an_a_method, "bolt_alist(): the queryset was consumed by bolt_acount()");
	assert_aborts(use_after_unref, "bolt_unref(): the queryset was consumed by bolt_unref()");
	assert_aborts(use_after_a_subquery, "bolt_ref(): the queryset was consumed by bolt_subquery()");
}

#else

static void
release_builds_fail_the_future(void **state)
{
	bolt_queryset *queryset = tags();
	bolt_queryset *filtered = bolt_filter(queryset, BOLT_KW("id", 1));

	(void) state;
	assert_error(bolt_alist(bolt_order_by(queryset, "id")), BOLT_INTERFACE_ERROR,
				 "bolt_order_by(): the queryset was consumed by bolt_filter()");
	assert_integer(bolt_acount(filtered), 1);
	(void) use_after_a_method;
	(void) use_after_an_a_method;
	(void) use_after_unref;
	(void) use_after_a_subquery;
}

#endif

static void
null_arguments_are_errors(void **state)
{
	const char *null = NULL;

	(void) state;
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW(null, 1))), BOLT_INTERFACE_ERROR,
				 "filter(): the name of a keyword argument is NULL");
	assert_error(bolt_alist(bolt_filter(tags(), (bolt_q *) NULL)), BOLT_INTERFACE_ERROR,
				 "filter(): a Q is NULL");
	assert_error(bolt_alist(bolt_filter(tags(), (bolt_kw *) NULL)), BOLT_INTERFACE_ERROR,
				 "filter(): an argument is NULL");
	assert_error(bolt_alist(bolt_filter(tags(), NULL)), BOLT_TYPE_ERROR,
				 "filter(): a condition is NULL, or is none");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id", (bolt_expr *) NULL))), BOLT_INTERFACE_ERROR,
				 "filter(): \"id\": an expression is NULL");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id", (json_t *) NULL))), BOLT_INTERFACE_ERROR,
				 "filter(): \"id\": a json_t is NULL");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id", (bolt_queryset *) NULL))), BOLT_INTERFACE_ERROR,
				 "filter(): \"id\": bolt_subquery(): the queryset is NULL");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id__in", (bolt_list *) NULL))), BOLT_INTERFACE_ERROR,
				 "filter(): \"id__in\": a list is NULL");
	assert_error(bolt_alist(bolt_annotate(tags(), NULL)), BOLT_INTERFACE_ERROR,
				 "annotate(): an argument is NULL");
	assert_error(bolt_alist(bolt_annotate(tags(), BOLT_KW("x", bolt_f(NULL)))), BOLT_INTERFACE_ERROR,
				 "annotate(): \"x\": the path of F is NULL");
	assert_error(bolt_alist(bolt_annotate(tags(), BOLT_KW("x", bolt_func(NULL, "id")))), BOLT_INTERFACE_ERROR,
				 "annotate(): \"x\": the name of a function is NULL");
	assert_error(bolt_alist(bolt_annotate(tags(), BOLT_KW("x", bolt_cast("id", NULL)))), BOLT_INTERFACE_ERROR,
				 "annotate(): \"x\": the type of Cast is NULL");
	assert_error(bolt_alist(bolt_only(tags(), "id", null)), BOLT_INTERFACE_ERROR, "only(): a name is NULL");
	assert_error(bolt_alist(bolt_order_by(tags(), null)), BOLT_INTERFACE_ERROR,
				 "order_by(): an ordering's term is NULL");
	assert_error(bolt_alist(bolt_prefetch_related(tags(), null)), BOLT_TYPE_ERROR,
				 "prefetch_related(): a lookup is NULL, or is none");
	assert_error(bolt_alist(bolt_prefetch_related(tags(), bolt_prefetch(NULL, tags()))), BOLT_INTERFACE_ERROR,
				 "prefetch_related(): the lookup is NULL");
	assert_error(bolt_alist(bolt_union(tags(), NULL)), BOLT_TYPE_ERROR,
				 "union(): an argument is NULL, or is no queryset");
	assert_error(bolt_alist(bolt_difference(tags(), NULL)), BOLT_TYPE_ERROR,
				 "difference(): an argument is NULL, or is no queryset");
	assert_error(bolt_alist(bolt_using(tags(), NULL)), BOLT_INTERFACE_ERROR, "using(): the alias is NULL");
	assert_error(bolt_alist(bolt_using(tags(), "nowhere")), BOLT_CONNECTION_DOES_NOT_EXIST, "");
	assert_json(bolt_aget(bolt_using(tags(), "default"), BOLT_KW("id", 1)),
				"{\"id\":1,\"name\":\"a\",\"weight\":0.5}");
}

static void
misplaced_arguments_are_errors(void **state)
{
	(void) state;
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id", bolt_q(BOLT_KW("a", 1))))), BOLT_TYPE_ERROR,
				 "filter(): \"id\": a Q is not a value");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_KW("id", bolt_prefetch("a", NULL)))), BOLT_TYPE_ERROR,
				 "filter(): \"id\": a prefetch is not a value");
	assert_error(bolt_alist(bolt_filter(tags(), bolt_f("id"))), BOLT_TYPE_ERROR,
				 "filter(): an expression is no condition");
	assert_error(bolt_alist(bolt_filter(tags(), BOLT_LIST(1))), BOLT_TYPE_ERROR,
				 "filter(): a condition is NULL, or is none");
	assert_error(bolt_alist(bolt_annotate(tags(), BOLT_KW("x", bolt_desc("id")))), BOLT_TYPE_ERROR,
				 "annotate(): \"x\": bolt_asc() and bolt_desc() stand in an ordering only");
	assert_error(bolt_alist(bolt_annotate(tags(), BOLT_KW("x", bolt_case(bolt_f("id"), bolt_default(1))))),
				 BOLT_TYPE_ERROR, "annotate(): \"x\": a branch of bolt_case() is none");
	assert_error(bolt_alist(bolt_annotate(
					 tags(), BOLT_KW("x", bolt_case(bolt_default(1), bolt_when(BOLT_KW("id", 1), 1))))),
				 BOLT_TYPE_ERROR, "annotate(): \"x\": a branch of bolt_case() is none");
	assert_error(bolt_alist(bolt_order_by(tags(), BOLT_KW("a", 1))), BOLT_TYPE_ERROR,
				 "order_by(): an ordering's term is NULL, or is none");
	assert_error(bolt_alist(bolt_prefetch_related(tags(), 5)), BOLT_TYPE_ERROR,
				 "prefetch_related(): a lookup is NULL, or is none");
	assert_error(bolt_alist(bolt_union(tags(), "x")), BOLT_TYPE_ERROR,
				 "union(): an argument is NULL, or is no queryset");
}

static void
texts_that_are_not_utf8(void **state)
{
	static const char *const wrong[] = {
		"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
		"\xff"};

	(void) state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
	{
		assert_error(bolt_acount(bolt_filter(tags(), BOLT_KW("name", wrong[i]))), BOLT_VALUE_ERROR,
					 "filter(): \"name\": a text is not valid UTF-8 at byte 0");
		assert_error(bolt_acount(bolt_objects(db, wrong[i])), BOLT_VALUE_ERROR,
					 "objects(): a text is not valid UTF-8 at byte 0");
		assert_error(bolt_acount(bolt_only(tags(), wrong[i])), BOLT_VALUE_ERROR,
					 "only(): a text is not valid UTF-8 at byte 0");
		assert_error(bolt_acreate(tags(), BOLT_KW("name", wrong[i])), BOLT_VALUE_ERROR,
					 "acreate(): \"name\": a text is not valid UTF-8 at byte 0");
	}
	assert_error(bolt_acount(bolt_filter(tags(), BOLT_KW("name", bolt_text("a\0b", 3)))), BOLT_VALUE_ERROR,
				 "filter(): \"name\": a text has a NUL character in it, at byte 1");
	assert_error(bolt_acount(bolt_filter(tags(), BOLT_KW("\xff", 1))), BOLT_VALUE_ERROR,
				 "filter(): in the name of a keyword argument: a text is not valid UTF-8 at byte 0");
}

static void
numbers_that_json_has_not(void **state)
{
	(void) state;
	assert_error(bolt_acount(bolt_filter(tags(), BOLT_KW("weight", 0.0 / 0.0))), BOLT_VALUE_ERROR,
				 "filter(): \"weight\": a number is NaN, which JSON has not");
	assert_error(bolt_acount(bolt_filter(tags(), BOLT_KW("weight", 1.0 / 0.0))), BOLT_VALUE_ERROR,
				 "filter(): \"weight\": a number is infinite, which JSON has not");
	assert_integer(bolt_acount(bolt_filter(tags(), BOLT_KW("weight__lt", "Infinity"))), 2);
}

static void
a_json_value_that_is_too_deep(void **state)
{
	json_t *deep = json_array();

	(void) state;
	for (int i = 0; i < 600; i++)
	{
		json_t *around = json_array();

		json_array_append_new(around, deep);
		deep = around;
	}
	assert_error(bolt_acount(bolt_filter(tags(), BOLT_KW("name", deep))), BOLT_VALUE_ERROR,
				 "filter(): \"name\": a json_t is more than 500 levels deep");
	json_decref(deep);
}

static void
a_text_of_100_megabytes(void **state)
{
	size_t length = 100 * 1000 * 1000;
	char *text = malloc(length + 1);
	bolt_future *future;
	bolt_exception *error;
	json_t *tree;

	(void) state;
	if (getenv("BOLT_UNDER_VALGRIND"))
		length = 1000 * 1000;
	memset(text, 'x', length);
	memcpy(text + length / 2, "ß\n\"", 4);
	text[length] = '\0';
	future = bolt_await(bolt_acreate(bolt_objects(db, "blog_comment"), BOLT_KW("text", text, "article", 1)));
	if (bolt_failed(future))
		fail_msg("%s", bolt_error_message(bolt_error(future)));
	tree = bolt_tree(future, &error);
	assert_null(error);
	assert_int_equal(json_string_length(json_object_get(tree, "text")), length);
	assert_int_equal(memcmp(json_string_value(json_object_get(tree, "text")), text, length), 0);
	bolt_free(future);
	assert_integer(bolt_acount(bolt_filter(bolt_objects(db, "blog_comment"), BOLT_KW("text", text))), 1);
	free(text);
}

static void
arguments_that_no_call_has_consumed(void **state)
{
	(void) state;
	bolt_kw_free(BOLT_KW("a", bolt_count("b", .filter = bolt_q(BOLT_KW("c", 1)))));
	bolt_q_free(bolt_q_or(BOLT_KW("a", 1), bolt_exists(tags())));
	bolt_expr_free(bolt_case(bolt_when(BOLT_KW("a", 1), bolt_subquery(tags())), bolt_default(BOLT_LIST(1))));
	bolt_list_free(BOLT_LIST(1, bolt_f("a"), BOLT_KW("b", 1)));
	bolt_prefetch_free(bolt_prefetch("a", tags()));
	bolt_kw_free(NULL);
	bolt_q_free(NULL);
	bolt_expr_free(NULL);
	bolt_list_free(NULL);
	bolt_prefetch_free(NULL);
}

static int
set_up(void **state)
{
	(void) state;
	return open_server("bolt_client_misuse");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forks_share_and_do_not_disturb),
		cmocka_unit_test(a_chain_of_many_is_freed_without_recursion),
		cmocka_unit_test(querysets_outlive_their_database),
#ifdef BOLT_DEBUG
		cmocka_unit_test(debug_builds_abort),
#else
		cmocka_unit_test(release_builds_fail_the_future),
#endif
		cmocka_unit_test(null_arguments_are_errors),
		cmocka_unit_test(misplaced_arguments_are_errors),
		cmocka_unit_test(texts_that_are_not_utf8),
		cmocka_unit_test(numbers_that_json_has_not),
		cmocka_unit_test(a_json_value_that_is_too_deep),
		cmocka_unit_test(a_text_of_100_megabytes),
		cmocka_unit_test(arguments_that_no_call_has_consumed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, close_server);
}
