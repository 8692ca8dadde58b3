/*
 * test_validation.c
 *	  Bodies of requests held against a schema: what goes on as values, and every fault with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bolt_orm.h>

#include "value.h"

struct author
{
	int id;
	const char *name;
};

struct comment
{
	const char *text;
	struct author *author;
};

struct article
{
	int id;
	const char *title;
	const char *subtitle;
	bool published;
	double rating;
	bool has_rating;
	int8_t level;
	uint16_t views;
	int64_t serial;
	const char *data;
	int *tags;
	size_t ntags;
	struct author *author;
	struct comment *comments;
	size_t ncomments;
};

BOLT_SCHEMA(author_schema, struct author, BOLT_FIELD(struct author, id, .optional = true),
			BOLT_FIELD(struct author, name));
BOLT_SCHEMA(comment_schema, struct comment, BOLT_FIELD(struct comment, text),
			BOLT_NESTED(struct comment, author, &author_schema, .optional = true));
BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id, .read_only = true),
			BOLT_FIELD(struct article, title), BOLT_FIELD(struct article, subtitle, .optional = true),
			BOLT_FIELD(struct article, published, .optional = true),
			BOLT_FIELD(struct article, rating, BOLT_PRESENT(struct article, has_rating)),
			BOLT_FIELD(struct article, level, .optional = true),
			BOLT_FIELD(struct article, views, .optional = true),
			BOLT_FIELD(struct article, serial, .optional = true, .json = "serial_number"),
			BOLT_JSON_TEXT(struct article, data, .optional = true),
			BOLT_SCALARS(struct article, tags, ntags, .optional = true),
			BOLT_NESTED(struct article, author, &author_schema, .optional = true),
			BOLT_ARRAY(struct article, comments, ncomments, &comment_schema, .optional = true));

/* A copy of just this size, so that a sanitizer sees what is read behind it. */
static char *
exactly(const char *text, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);

	memcpy(copy, text, length);
	return copy;
}

static void
assert_values(const char *body, bool partial, const char *expected)
{
	bolt_exception *error;
	bolt__writer writer = {0};
	char *copy = exactly(body, strlen(body));
	bolt_kw *kw = bolt_validate(&article_schema, copy, strlen(body), partial, &error);
	char *text;

	free(copy);
	if (kw == NULL)
		fail_msg("%s", bolt_error_detail(error));
	bolt__write_kw(&writer, kw, BOLT__KW_VALUES);
	text = bolt__writer_finish(&writer, &error);
	assert_string_equal(text, expected);
	free(text);
}

static void
assert_faults(const char *body, bool partial, const char *expected)
{
	bolt_exception *error;
	char *copy = exactly(body, strlen(body));
	bolt_kw *kw = bolt_validate(&article_schema, copy, strlen(body), partial, &error);

	free(copy);
	assert_null(kw);
	assert_int_equal(bolt_error_code(error), BOLT_VALIDATION_ERROR);
	assert_int_equal(bolt_error_status(error), 400);
	assert_string_equal(bolt_error_detail(error), expected);
	bolt_error_unref(error);
}

static void
good_bodies_go_on_as_they_stand(void **state)
{
	(void) state;
	assert_values("{\"title\": \"a\\u0041 \\\" b\"}", false, "\"title\":\"a\\u0041 \\\" b\"");
	assert_values(" {\"tags\" : [ 1,2 ] , \"title\":\"x\" } ", false, "\"tags\":[1,2],\"title\":\"x\"");
	assert_values("{\"t\\u0069tle\": \"x\"}", false, "\"title\":\"x\"");
	assert_values(
		"{\"rating\": 1e2, \"level\": -128, \"views\": 65535, \"serial_number\": -9223372036854775808}", true,
		"\"rating\":1e2,\"level\":-128,\"views\":65535,\"serial_number\":-9223372036854775808");
	assert_values("{\"serial_number\": \"9223372036854775807\"}", true,
				  "\"serial_number\":\"9223372036854775807\"");
	assert_values(
		"{\"comments\": [{\"text\": \"x\", \"author\": {\"name\": \"n\"}}, {\"text\": \"y\", \"author\": null}]}",
		true, "\"comments\":[{\"text\":\"x\",\"author\":{\"name\":\"n\"}},{\"text\":\"y\",\"author\":null}]");
	assert_values("{}", true, "");
}

static void
null_where_a_struct_could_say_it(void **state)
{
	(void) state;
	assert_values("{\"subtitle\": null, \"rating\": null, \"data\": null, \"tags\": null, \"author\": null}",
				  true, "\"subtitle\":null,\"rating\":null,\"data\":null,\"tags\":null,\"author\":null");
	assert_faults("{\"title\": null, \"published\": null, \"level\": null, \"comments\": null}", true,
				  "[{\"path\":\"title\",\"message\":\"This field may not be null.\"},"
				  "{\"path\":\"published\",\"message\":\"This field may not be null.\"},"
				  "{\"path\":\"level\",\"message\":\"This field may not be null.\"},"
				  "{\"path\":\"comments\",\"message\":\"This field may not be null.\"}]");
}

static void
read_only_members_are_left_out(void **state)
{
	(void) state;
	assert_values("{\"id\": {\"any\": [1]}, \"title\": \"x\"}", false, "\"title\":\"x\"");
}

static void
nothing_becomes_an_expression(void **state)
{
	(void) state;
	assert_values("{\"data\": {\"F\": \"password\"}}", true, "\"data\":{\"Value\":{\"F\": \"password\"}}");
	assert_values("{\"data\": {\"Value\": [{\"Subquery\": {}}]}}", true,
				  "\"data\":{\"Value\":{\"Value\": [{\"Subquery\": {}}]}}");
	assert_faults("{\"title\": {\"F\": \"x\"}}", true,
				  "[{\"path\":\"title\",\"message\":\"Not a valid string.\"}]");
	assert_faults("{\"author\": {\"F\": \"x\"}}", true,
				  "[{\"path\":\"author.F\",\"message\":\"Unknown field.\"},"
				  "{\"path\":\"author.name\",\"message\":\"This field is required.\"}]");
}

static void
all_faults_at_once_with_their_paths(void **state)
{
	(void) state;
	assert_faults(
		"{\"nothing\": [1, {}], \"tags\": [1, \"x\", 2.5, 99999999999], \"comments\": [{\"text\": \"x\"}, 5, "
		"{\"text\": 5, \"author\": {\"name\": []}}], \"rating\": \"high\"}",
		false,
		"[{\"path\":\"nothing\",\"message\":\"Unknown field.\"},"
		"{\"path\":\"tags[1]\",\"message\":\"A valid integer is required.\"},"
		"{\"path\":\"tags[2]\",\"message\":\"A valid integer is required.\"},"
		"{\"path\":\"tags[3]\",\"message\":\"Ensure this value fits 32 bits.\"},"
		"{\"path\":\"comments[1]\",\"message\":\"Invalid data. Expected an object, but got a number.\"},"
		"{\"path\":\"comments[2].text\",\"message\":\"Not a valid string.\"},"
		"{\"path\":\"comments[2].author.name\",\"message\":\"Not a valid string.\"},"
		"{\"path\":\"rating\",\"message\":\"A valid number is required.\"},"
		"{\"path\":\"title\",\"message\":\"This field is required.\"}]");
}

static void
numbers_fit_their_type(void **state)
{
	(void) state;
	assert_faults("{\"level\": 128, \"views\": 65536, \"serial_number\": 9223372036854775808}", true,
				  "[{\"path\":\"level\",\"message\":\"Ensure this value fits 8 bits.\"},"
				  "{\"path\":\"views\",\"message\":\"Ensure this value fits 16 bits.\"},"
				  "{\"path\":\"serial_number\",\"message\":\"Ensure this value fits 64 bits.\"}]");
	assert_faults("{\"views\": -1, \"level\": \"5\", \"serial_number\": \"5x\"}", true,
				  "[{\"path\":\"views\",\"message\":\"Ensure this value is greater than or equal to 0.\"},"
				  "{\"path\":\"level\",\"message\":\"A valid integer is required.\"},"
				  "{\"path\":\"serial_number\",\"message\":\"A valid integer is required.\"}]");
}

static void
text_that_is_no_json(void **state)
{
	static const char *const bodies[] = {"",
										 "{",
										 "{\"title\"",
										 "{\"title\":",
										 "{\"title\":}",
										 "{\"title\":\"x\",}",
										 "[",
										 "nul",
										 "{\"a\":1}}",
										 "{title: 1}",
										 "{\"a\": 01}",
										 "{\"a\": +1}",
										 "{\"a\": 1.}",
										 "{\"a\": \"\x01\"}",
										 "{\"a\": \"\xff\"}",
										 "{\"a\": \"\\x\"}",
										 "{\"a\": \"\\ud800\"}",
										 "{\"title\": -}",
										 "{\"level\": \"5}"};

	(void) state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
	{
		bolt_exception *error;
		char *copy = exactly(bodies[i], strlen(bodies[i]));

		assert_null(bolt_validate(&article_schema, copy, strlen(bodies[i]), true, &error));
		assert_non_null(
			strstr(bolt_error_detail(error), "[{\"path\":\"\",\"message\":\"JSON parse error - "));
		bolt_error_unref(error);
		free(copy);
	}
}

static void
rows(void **state)
{
	static const char body[] = "[{\"name\": \"a\"}, {\"name\": \"b\"}]";
	static const char faults[] = "[{\"name\": 1}, [], {}]";
	bolt_exception *error;
	bolt_list *list = bolt_validate_rows(&author_schema, body, strlen(body), 2, &error);

	(void) state;
	assert_non_null(list);
	assert_null(error);
	bolt_list_free(list);
	assert_null(bolt_validate_rows(&author_schema, body, strlen(body), 1, &error));
	assert_string_equal(bolt_error_detail(error),
						"[{\"path\":\"\",\"message\":\"Ensure this list has no more than 1 items.\"}]");
	bolt_error_unref(error);
	assert_null(bolt_validate_rows(&author_schema, faults, strlen(faults), 10, &error));
	assert_string_equal(bolt_error_message(error), "[0].name: Not a valid string. (and 2 more)");
	bolt_error_unref(error);
	assert_null(bolt_validate_rows(&author_schema, "{}", 2, 10, &error));
	bolt_error_unref(error);
	assert_null(bolt_validate_rows(NULL, "[]", 2, 10, NULL));
	assert_null(bolt_validate(&author_schema, NULL, 2, false, NULL));
}

static void
odd_bodies_hurt_nobody(void **state)
{
	static const char good[] =
		"{\"title\":\"\\u00e9\xc3\xa9\\n\",\"data\":{\"a\":[1.5e3,null,{}]},\"tags\":[1,-2],\"serial_number\":\"12\","
		"\"comments\":[{\"text\":\"x\",\"author\":{\"name\":\"n\"}}],\"rating\":-0.5,\"published\":true}";
	static const char bytes[] = "{}[]\",:0-9.eEtfn\\u\xc3\xff \n\0";
	unsigned seed = 1;

	(void) state;
	for (size_t length = 0; length < sizeof(good); length++)
	{
		char *copy = exactly(good, length);

		bolt_kw_free(bolt_validate(&article_schema, copy, length, false, NULL));
		free(copy);
	}
	for (int turn = 0; turn < 20000; turn++)
	{
		char *copy = exactly(good, strlen(good));

		for (int change = 0; change < 1 + turn % 4; change++)
		{
			seed = seed * 1103515245 + 12345;
			copy[(seed >> 8) % strlen(good)] = bytes[(seed >> 20) % sizeof(bytes)];
		}
		bolt_kw_free(bolt_validate(&article_schema, copy, strlen(good), turn % 2, NULL));
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_bodies_go_on_as_they_stand),
		cmocka_unit_test(null_where_a_struct_could_say_it),
		cmocka_unit_test(read_only_members_are_left_out),
		cmocka_unit_test(nothing_becomes_an_expression),
		cmocka_unit_test(all_faults_at_once_with_their_paths),
		cmocka_unit_test(numbers_fit_their_type),
		cmocka_unit_test(text_that_is_no_json),
		cmocka_unit_test(rows),
		cmocka_unit_test(odd_bodies_hurt_nobody),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
