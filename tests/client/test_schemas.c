/*
 * test_schemas.c
 *	  JSON into structs, and what is wrong with JSON that does not fit.
 */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>

#include "documents.h"

struct author
{
	int64_t id;
	const char *username;
};

struct comment
{
	int64_t id;
	const char *text;
	struct author *author;
};

struct tag
{
	int32_t id;
	char *name;
};

struct article
{
	int64_t id;
	const char *title;
	bool draft;
	double rating;
	bool has_rating;
	const char *data;
	const char **labels;
	size_t nlabels;
	struct author *author;
	struct author *editor;
	struct tag *tags;
	size_t ntags;
	struct comment *comments;
	size_t ncomments;
	int n;
};

BOLT_SCHEMA(author_schema, struct author, BOLT_FIELD(struct author, id), BOLT_FIELD(struct author, username));
BOLT_SCHEMA(comment_schema, struct comment, BOLT_FIELD(struct comment, id), BOLT_FIELD(struct comment, text),
			BOLT_NESTED(struct comment, author, &author_schema, .optional = true));
BOLT_SCHEMA(tag_schema, struct tag, BOLT_FIELD(struct tag, id), BOLT_FIELD(struct tag, name));
BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id, .read_only = true),
			BOLT_FIELD(struct article, title), BOLT_FIELD(struct article, draft),
			BOLT_FIELD(struct article, rating, BOLT_PRESENT(struct article, has_rating)),
			BOLT_JSON_TEXT(struct article, data, .optional = true),
			BOLT_SCALARS(struct article, labels, nlabels, .optional = true),
			BOLT_NESTED(struct article, author, &author_schema),
			BOLT_NESTED(struct article, editor, &author_schema, .optional = true),
			BOLT_ARRAY(struct article, tags, ntags, &tag_schema),
			BOLT_ARRAY(struct article, comments, ncomments, &comment_schema),
			BOLT_FIELD(struct article, n, .optional = true, .annotation = true));

/* A tree. */
struct category
{
	int id;
	struct category *children;
	size_t nchildren;
};

BOLT_SCHEMA(category_schema, struct category, BOLT_FIELD(struct category, id),
			BOLT_ARRAY(struct category, children, nchildren, &category_schema));

/* Every width. */
struct numbers
{
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	float f;
	double d;
};

BOLT_SCHEMA(numbers_schema, struct numbers, BOLT_FIELD(struct numbers, i8, .optional = true),
			BOLT_FIELD(struct numbers, u8, .optional = true),
			BOLT_FIELD(struct numbers, i16, .optional = true),
			BOLT_FIELD(struct numbers, u16, .optional = true),
			BOLT_FIELD(struct numbers, i32, .optional = true),
			BOLT_FIELD(struct numbers, u32, .optional = true),
			BOLT_FIELD(struct numbers, i64, .optional = true),
			BOLT_FIELD(struct numbers, u64, .optional = true),
			BOLT_FIELD(struct numbers, f, .optional = true), BOLT_FIELD(struct numbers, d, .optional = true));

#define ARTICLE_START "{\"id\":7,\"title\":\"x\",\"draft\":false,"
#define ARTICLE_END "\"author\":{\"id\":1,\"username\":\"ann\"},\"tags\":[]"

static bolt_decoded *
decode(const bolt_schema *schema, const char *json)
{
	/* a copy of just its size, so that a sanitizer sees who reads beyond */
	size_t length = strlen(json);
	char *copy = malloc(length ? length : 1);
	bolt_exception *error;
	bolt_decoded *decoded;

	memcpy(copy, json, length);
	decoded = bolt_decode(schema, copy, length, &error);
	free(copy);
	if (error)
		fail_msg("%s", bolt_error_message(error));
	assert_non_null(decoded);
	return decoded;
}

static void
assert_undecodable(const bolt_schema *schema, const char *json, size_t length, bolt_code code,
				   const char *expected)
{
	char *copy = malloc(length ? length : 1);
	bolt_exception *error;

	memcpy(copy, json, length);
	assert_null(bolt_decode(schema, copy, length, &error));
	free(copy);
	assert_non_null(error);
	assert_string_equal(bolt_error_message(error), expected);
	assert_string_equal(bolt_code_name(bolt_error_code(error)), bolt_code_name(code));
	bolt_error_unref(error);
}

#define assert_misfit(schema, json, expected) \
	assert_undecodable(schema, json, strlen(json), BOLT_DECODE_ERROR, expected)

static void
a_graph_becomes_structs(void **state)
{
	bolt_decoded *decoded = decode(
		&article_schema,
		" {\"id\": 7, \"title\": \"a \\\"b\\\" \\u00df \\ud83d\\ude00\\n\", \"unknown\": {\"x\": [1, {}, []]}, \"draft\": true,"
		"\"rating\": 4.50, \"data\": {\"k\":  [1.10, null]}, \"labels\": [\"x\", \"y\"], \"author\": {\"id\": 1, \"username\": \"ann\"},"
		"\"editor\": null, \"tags\": [{\"id\": 1, \"name\": \"a\"}, {\"id\": 2, \"name\": \"b\"}],"
		"\"comments\": [{\"id\": 1, \"text\": \"t\", \"author\": {\"username\": \"bob\", \"id\": 2}}, {\"id\": 2, \"text\": \"\"}]} ");
	size_t count;
	const struct article *article = bolt_decoded_objects(decoded, &count);

	(void) state;
	assert_int_equal(count, 1);
	assert_int_equal(article->id, 7);
	assert_string_equal(article->title, "a \"b\" ß 😀\n");
	assert_true(article->draft);
	assert_true(article->has_rating);
	assert_true(article->rating == 4.5);
	assert_string_equal(article->data, "{\"k\":  [1.10, null]}");
	assert_int_equal(article->nlabels, 2);
	assert_string_equal(article->labels[1], "y");
	assert_string_equal(article->author->username, "ann");
	assert_null(article->editor);
	assert_int_equal(article->ntags, 2);
	assert_string_equal(article->tags[1].name, "b");
	assert_int_equal(article->ncomments, 2);
	assert_int_equal(article->comments[0].author->id, 2);
	assert_null(article->comments[1].author);
	bolt_decoded_free(decoded);
}

static void
an_array_becomes_many(void **state)
{
	bolt_decoded *decoded =
		decode(&tag_schema,
			   "[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"},{\"id\":3,\"name\":\"c\"},"
			   "{\"id\":4,\"name\":\"d\"},{\"id\":5,\"name\":\"e\"}]");
	size_t count;
	const struct tag *tags = bolt_decoded_objects(decoded, &count);

	(void) state;
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
	{
		assert_int_equal(tags[i].id, i + 1);
		assert_int_equal(tags[i].name[0], 'a' + i);
	}
	bolt_decoded_free(decoded);
	decoded = decode(&tag_schema, "[]");
	assert_null(bolt_decoded_objects(decoded, &count));
	assert_int_equal(count, 0);
	bolt_decoded_free(decoded);
	bolt_decoded_free(NULL);
}

static void
a_tree_becomes_a_tree(void **state)
{
	bolt_decoded *decoded =
		decode(&category_schema,
			   "{\"id\":1,\"children\":[{\"id\":2,\"children\":[]},{\"id\":3,\"children\":[{\"id\":"
			   "4,\"children\":[]}]}]}");
	const struct category *root = bolt_decoded_objects(decoded, NULL);

	(void) state;
	assert_int_equal(root->nchildren, 2);
	assert_int_equal(root->children[1].children[0].id, 4);
	bolt_decoded_free(decoded);
}

static void
numbers_at_their_limits(void **state)
{
	bolt_decoded *decoded = decode(
		&numbers_schema,
		"[{\"i8\":-128,\"u8\":255,\"i16\":-32768,\"u16\":65535,\"i32\":-2147483648,\"u32\":4294967295,"
		"\"i64\":-9223372036854775808,\"u64\":18446744073709551615,\"f\":0.1,\"d\":1e-3},"
		"{\"i8\":127,\"i16\":32767,\"i32\":2147483647,\"i64\":9223372036854775807,\"d\":1.7976931348623157e308},"
		"{\"i64\":\"-12\",\"u64\":\"34\",\"f\":\"NaN\",\"d\":\"-Infinity\"},{\"i8\":-0,\"d\":\"12.5\"}]");
	const struct numbers *numbers = bolt_decoded_objects(decoded, NULL);

	(void) state;
	assert_int_equal(numbers[0].i8, INT8_MIN);
	assert_int_equal(numbers[0].u8, UINT8_MAX);
	assert_int_equal(numbers[0].i16, INT16_MIN);
	assert_int_equal(numbers[0].u16, UINT16_MAX);
	assert_int_equal(numbers[0].i32, INT32_MIN);
	assert_int_equal(numbers[0].u32, UINT32_MAX);
	assert_true(numbers[0].i64 == INT64_MIN);
	assert_true(numbers[0].u64 == UINT64_MAX);
	assert_true(numbers[0].f == 0.1f);
	assert_true(numbers[0].d == 1e-3);
	assert_int_equal(numbers[1].i8, INT8_MAX);
	assert_true(numbers[1].i64 == INT64_MAX);
	assert_true(numbers[1].d == DBL_MAX);
	assert_int_equal(numbers[2].i64, -12);
	assert_int_equal(numbers[2].u64, 34);
	assert_true(isnan(numbers[2].f));
	assert_true(isinf(numbers[2].d) && numbers[2].d < 0);
	assert_int_equal(numbers[3].i8, 0);
	assert_true(numbers[3].d == 12.5);
	bolt_decoded_free(decoded);
}

static void
numbers_beyond_their_limits(void **state)
{
	(void) state;
	assert_misfit(&numbers_schema, "{\"i8\":128}", "i8: 128 does not fit int8");
	assert_misfit(&numbers_schema, "{\"i8\":-129}", "i8: -129 does not fit int8");
	assert_misfit(&numbers_schema, "{\"u8\":256}", "u8: 256 does not fit uint8");
	assert_misfit(&numbers_schema, "{\"u8\":-1}", "u8: -1 does not fit uint8");
	assert_misfit(&numbers_schema, "{\"i32\":2147483648}", "i32: 2147483648 does not fit int32");
	assert_misfit(&numbers_schema, "{\"i64\":9223372036854775808}",
				  "i64: 9223372036854775808 does not fit int64");
	assert_misfit(&numbers_schema, "{\"u64\":18446744073709551616}",
				  "u64: 18446744073709551616 does not fit uint64");
	assert_misfit(&numbers_schema, "{\"i32\":1.5}", "i32: an integer is expected, not 1.5");
	assert_misfit(&numbers_schema, "{\"i32\":1e3}", "i32: an integer is expected, not 1e3");
	assert_misfit(&numbers_schema, "{\"d\":1e999}", "d: 1e999 does not fit double");
	assert_misfit(&numbers_schema, "{\"f\":1e39}", "f: 1e39 does not fit float");
	assert_misfit(&numbers_schema, "{\"i32\":\"5\"}", "i32: an integer is expected, not a string");
	assert_misfit(&numbers_schema, "{\"i64\":\" 5\"}", "i64: an integer is expected, not a string");
	assert_misfit(&numbers_schema, "{\"i64\":\"\"}", "i64: an integer is expected, not a string");
	assert_misfit(&numbers_schema, "{\"d\":\"x\"}", "d: a number is expected, not a string");
}

static void
errors_name_the_place(void **state)
{
	(void) state;
	assert_misfit(&article_schema, "{}", "id: missing");
	assert_misfit(&article_schema,
				  ARTICLE_START ARTICLE_END
				  ",\"comments\":[{\"id\":1,\"text\":\"\"},{\"id\":2,\"text\":\"\"},"
				  "{\"id\":3,\"text\":\"\"},{\"id\":4,\"text\":\"\",\"author\":{\"id\":1}}]}",
				  "comments[3].author.username: missing");
	assert_misfit(&article_schema, ARTICLE_START ARTICLE_END ",\"comments\":[{\"id\":1,\"text\":5}]}",
				  "comments[0].text: a string is expected, not a number");
	assert_misfit(&article_schema, "{\"id\":1,\"title\":null}", "title: a string is expected, not null");
	assert_misfit(&article_schema, "{\"id\":1,\"title\":\"x\",\"draft\":1}",
				  "draft: true or false is expected, not a number");
	assert_misfit(&article_schema, ARTICLE_START "\"author\":5}",
				  "author: an object is expected, not a number");
	assert_misfit(&article_schema, ARTICLE_START "\"tags\":{}}", "tags: an array is expected, not an object");
	assert_misfit(&article_schema, ARTICLE_START "\"labels\":[\"x\",1]}",
				  "labels[1]: a string is expected, not a number");
	assert_misfit(&article_schema, "[" ARTICLE_START "\"labels\":[\"x\",1]}]",
				  "[0].labels[1]: a string is expected, not a number");
	assert_misfit(&article_schema, "5", "an object is expected, not a number");
	assert_misfit(&article_schema, "{\"id\":1,\"title\":\"a\\u0000b\"}",
				  "title: a NUL character in a string");
}

static void
relations_that_were_not_fetched(void **state)
{
	const char *no_author = ARTICLE_START "\"author_id\":1,\"tags\":[],\"comments\":[]}";
	const char *no_comments = ARTICLE_START ARTICLE_END "}";
	const char *no_inner = "[" ARTICLE_START ARTICLE_END ",\"comments\":[{\"id\":1,\"text\":\"\"}]}]";
	static bolt_member strict_comment[3];
	static bolt_member strict_article[11];
	bolt_schema comment = comment_schema;
	bolt_schema article = article_schema;

	(void) state;
	assert_undecodable(&article_schema, no_author, strlen(no_author), BOLT_RELATED_NOT_FETCHED,
					   "author was not fetched: add bolt_select_related(queryset, \"author\")");
	assert_undecodable(&article_schema, no_comments, strlen(no_comments), BOLT_RELATED_NOT_FETCHED,
					   "comments was not fetched: add bolt_prefetch_related(queryset, \"comments\")");

	/* with the comments' author wanted */
	memcpy(strict_comment, comment_schema.members, sizeof(strict_comment));
	strict_comment[2].optional = false;
	comment.members = strict_comment;
	memcpy(strict_article, article_schema.members, sizeof(strict_article));
	strict_article[9].schema = &comment;
	article.members = strict_article;
	assert_undecodable(
		&article, no_inner, strlen(no_inner), BOLT_RELATED_NOT_FETCHED,
		"[0].comments[0].author was not fetched: add bolt_prefetch_related(queryset, \"comments__author\")");
}

static void
json_has_to_be_right(void **state)
{
	static const struct
	{
		const char *json;
		const char *fault;
	} wrong[] = {
		{"", "invalid JSON at byte 0: unexpected end"},
		{"{", "invalid JSON at byte 1: a string is expected"},
		{"{\"id\"", "invalid JSON at byte 5: a colon is expected"},
		{"{\"id\":1", "invalid JSON at byte 7: unexpected end"},
		{"{\"id\":1,}", "invalid JSON at byte 8: a string is expected"},
		{"{\"id\":1 \"name\":2}", "invalid JSON at byte 8: a comma is expected"},
		{"{\"id\":01,\"name\":\"\"}", "invalid JSON at byte 7: a comma is expected"},
		{"{\"id\":-}", "id: invalid JSON at byte 7: a value is expected"},
		{"{\"x\":1.}", "invalid JSON at byte 7: a digit is expected"},
		{"{\"x\":1e}", "invalid JSON at byte 7: a digit is expected"},
		{"{\"x\":tru}", "invalid JSON at byte 5: a value is expected"},
		{"{\"x\":[1,]}", "invalid JSON at byte 8: a value is expected"},
		{"{\"x\":[1}", "invalid JSON at byte 7: a comma is expected"},
		{"{\"id\":}", "id: invalid JSON at byte 6: a value is expected"},
		{"{\"name\":\"\\x\"}", "name: invalid JSON at byte 9: an escape that is none"},
		{"{\"name\":\"\\u12g4\"}", "name: invalid JSON at byte 9: an escape that is no character"},
		{"{\"name\":\"\\ud83d\"}", "name: invalid JSON at byte 9: an escape that is no character"},
		{"{\"name\":\"\\ude00\"}", "name: invalid JSON at byte 9: an escape that is no character"},
		{"{\"name\":\"\\ud83d\\u0041\"}", "name: invalid JSON at byte 9: an escape that is no character"},
		{"{\"name\":\"\n\"}", "name: invalid JSON at byte 9: a control character in a string"},
		{"{\"name\":\"\xff\"}", "name: invalid JSON at byte 9: not UTF-8"},
		{"{\"name\":\"\xc0\x80\"}", "name: invalid JSON at byte 9: not UTF-8"},
		{"{\"name\":\"\xed\xa0\x80\"}", "name: invalid JSON at byte 9: not UTF-8"},
		{"{\"name\":\"\xf4\x90\x80\x80\"}", "name: invalid JSON at byte 9: not UTF-8"},
		{"{\"name\":\"abc", "name: invalid JSON at byte 12: unexpected end"},
		{"{\"name\":\"abc\\", "name: invalid JSON at byte 12: unexpected end"},
		{"{\"id\":1,\"name\":\"\"} x", "invalid JSON at byte 19: something behind the value"},
		{"{\"id\":1,\"name\":\"\"}}", "invalid JSON at byte 18: something behind the value"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_undecodable(&tag_schema, wrong[i].json, strlen(wrong[i].json), BOLT_DECODE_ERROR,
						   wrong[i].fault);
	assert_undecodable(&tag_schema, "{\"\0\":1}", 7, BOLT_DECODE_ERROR,
					   "invalid JSON at byte 2: a control character in a string");
	assert_null(bolt_decode(NULL, "", 0, NULL));
	assert_null(bolt_decode(&tag_schema, NULL, 0, NULL));
}

static void
nesting_has_a_bound(void **state)
{
	char *deep = malloc(200001);
	bolt_exception *error;

	(void) state;
	memset(deep, '[', 200000);
	memcpy(deep, "{\"x\":", 5);
	deep[200000] = '\0';
	assert_null(bolt_decode(&tag_schema, deep, 200000, &error));
	assert_non_null(strstr(bolt_error_message(error), "nested too deep"));
	bolt_error_unref(error);

	memset(deep, 0, 200001);
	for (int i = 0; i < 1000; i++)
		strcat(deep, "{\"id\":1,\"children\":[");
	assert_null(bolt_decode(&category_schema, deep, strlen(deep), &error));
	assert_non_null(strstr(bolt_error_message(error), "nested too deep"));
	bolt_error_unref(error);
	free(deep);
}

static void
every_cut_of_a_text_is_an_error(void **state)
{
	const char *json =
		"[" ARTICLE_START ARTICLE_END ",\"rating\":12.5e-1,\"data\":[true,false,null,\"\\u00df\"],"
		"\"comments\":[{\"id\":1,\"text\":\"\\n\"}]}]";

	(void) state;
	for (size_t length = 0; length < strlen(json); length++)
	{
		char *copy = malloc(length ? length : 1);
		bolt_exception *error;

		memcpy(copy, json, length);
		assert_null(bolt_decode(&article_schema, copy, length, &error));
		assert_int_equal(bolt_error_code(error), BOLT_DECODE_ERROR);
		bolt_error_unref(error);
		free(copy);
	}
	bolt_decoded_free(decode(&article_schema, json));
}

static void
a_schema_derives_its_queryset(void **state)
{
	(void) state;
	assert_chain(
		bolt_with_schema(articles(), &article_schema),
		"{\"select_related\":[\"author\",\"editor\"]},"
		"{\"only\":[\"id\",\"title\",\"draft\",\"rating\",\"data\",\"labels\",\"author__id\",\"author__username\","
		"\"editor__id\",\"editor__username\"]},"
		"{\"prefetch_related\":[{\"lookup\":\"tags\",\"queryset\":{\"chain\":[{\"only\":[\"id\",\"name\"]}]}},"
		"{\"lookup\":\"comments\",\"queryset\":{\"chain\":[{\"select_related\":[\"author\"]},"
		"{\"only\":[\"id\",\"text\",\"author__id\",\"author__username\"]}]}}]}");
	assert_chain(
		bolt_with_schema(articles(), &category_schema),
		"{\"only\":[\"id\"]},{\"prefetch_related\":[{\"lookup\":\"children\",\"queryset\":{\"chain\":[{\"only\":[\"id\"]}]},"
		"\"recurse\":true}]}");
	assert_fault(bolt_with_schema(articles(), NULL), BOLT_INTERFACE_ERROR,
				 "with_schema(): the schema is NULL");
}

static void
a_schema_writes(void **state)
{
	static const char *labels[] = {"x", "y"};
	struct author author = {0, "ann"};
	struct tag tags[] = {{1, "a"}, {2, "b"}};
	struct article article = {.id = 9,
							  .title = "T",
							  .rating = 0.1,
							  .data = "{\"F\": 12.50}",
							  .labels = labels,
							  .nlabels = 2,
							  .author = &author,
							  .tags = tags,
							  .ntags = 2};
	float third = 0.1f;
	struct numbers numbers = {-1, 2, -3, 4, -5, 6, -7, UINT64_MAX, third, 0.1};

	(void) state;
	assert_chain(
		bolt_filter(articles(), bolt_values_of(&article_schema, &article)),
		"{\"filter\":{\"title\":\"T\",\"draft\":false,\"rating\":null,\"data\":{\"Value\":{\"F\": 12.50}},\"labels\":[\"x\","
		"\"y\"],\"author\":{\"id\":0,\"username\":\"ann\"},\"editor\":null,\"tags\":[{\"id\":1,\"name\":\"a\"},{\"id\":2,"
		"\"name\":\"b\"}],\"comments\":[]}}");
	assert_chain(bolt_filter(articles(), bolt_values_of(&article_schema, &article, "id", "title")),
				 "{\"filter\":{\"id\":9,\"title\":\"T\"}}");
	assert_chain(
		bolt_filter(articles(), bolt_values_of(&numbers_schema, &numbers)),
		"{\"filter\":{\"i8\":-1,\"u8\":2,\"i16\":-3,\"u16\":4,\"i32\":-5,\"u32\":6,\"i64\":-7,\"u64\":18446744073709551615,"
		"\"f\":0.1,\"d\":0.1}}");
	assert_chain(bolt_filter(articles(), BOLT_KW("x__in", bolt_rows_of(&tag_schema, tags, 2, "name"))),
				 "{\"filter\":{\"x__in\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}");
	assert_fault(bolt_filter(articles(), bolt_values_of(&article_schema, &article, "nonsense")),
				 BOLT_FIELD_ERROR, "filter(): schema \"article_schema\" has no member \"nonsense\"");
	assert_fault(bolt_filter(articles(), bolt_values_of(&article_schema, NULL)), BOLT_INTERFACE_ERROR,
				 "filter(): the object of bolt_values_of is NULL");
	article.data = "{nonsense";
	assert_fault(bolt_filter(articles(), bolt_values_of(&article_schema, &article, "data")), BOLT_VALUE_ERROR,
				 "filter(): \"data\": invalid JSON at byte 1: a string is expected");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_graph_becomes_structs),
		cmocka_unit_test(an_array_becomes_many),
		cmocka_unit_test(a_tree_becomes_a_tree),
		cmocka_unit_test(numbers_at_their_limits),
		cmocka_unit_test(numbers_beyond_their_limits),
		cmocka_unit_test(errors_name_the_place),
		cmocka_unit_test(relations_that_were_not_fetched),
		cmocka_unit_test(json_has_to_be_right),
		cmocka_unit_test(nesting_has_a_bound),
		cmocka_unit_test(every_cut_of_a_text_is_an_error),
		cmocka_unit_test(a_schema_derives_its_queryset),
		cmocka_unit_test(a_schema_writes),
	};

	return run_all(tests);
}
