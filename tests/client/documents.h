/*
 * documents.h
 *	  What the tests of querysets compare.
 */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bolt_orm.h>

/* Consumes the queryset. */
static inline void
assert_document(bolt_queryset *queryset, const char *expected)
{
	bolt_exception *error;
	char *document = bolt_document(queryset, &error);

	bolt_unref(queryset);
	if (error)
		fail_msg("%s", bolt_error_message(error));
	assert_string_equal(document, expected);
	free(document);
}

/* The chain of a queryset of blog_article. Consumes the queryset. */
static inline void
assert_chain(bolt_queryset *queryset, const char *expected)
{
	char *document;

	if (asprintf(&document, "{\"model\":\"blog_article\",\"chain\":[%s]}", expected) < 0)
		abort();
	assert_document(queryset, document);
	free(document);
}

/* Consumes the queryset. */
static inline void
assert_fault(bolt_queryset *queryset, bolt_code code, const char *expected)
{
	bolt_exception *error;
	char *document = bolt_document(queryset, &error);

	bolt_unref(queryset);
	assert_null(document);
	assert_non_null(error);
	assert_string_equal(bolt_error_message(error), expected);
	assert_string_equal(bolt_code_name(bolt_error_code(error)), bolt_code_name(code));
	bolt_error_unref(error);
}

static inline bolt_queryset *
articles(void)
{
	return bolt_objects(NULL, "blog_article");
}

/* For one expression. */
static inline void
assert_expression(bolt_expr *expr, const char *expected)
{
	char *chain;

	if (asprintf(&chain, "{\"annotate\":{\"x\":%s}}", expected) < 0)
		abort();
	assert_chain(bolt_annotate(articles(), BOLT_KW("x", expr)), chain);
	free(chain);
}

#define run_all(tests) (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

#endif
