/*-------------------------------------------------------------------------
 *
 * keywords.c
 *	  Keyword arguments.
 *
 * They are JSON text from the beginning; of each value as much is kept beside it as its
 * later use may ask.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "expression_guard.h"
#include "value.h"

/* One keyword argument's value, in the text of all. */
typedef struct Pair
{
	size_t name; /* where its quoted name begins */
	size_t value;
	size_t end;
	bolt_argument_kind kind;
	bolt__looks looks;
} Pair;

struct bolt_kw
{
	bolt__writer text; /* "name":value, joined by commas */
	size_t count;
	size_t size;
	Pair *pairs;
};

/* What is returned where there is no memory for more. */
static bolt_kw kw_without_memory;

bolt__looks
bolt__looks_of_kw(const bolt_kw *kw)
{
	bool written = kw->count > 0 && kw->text.error == NULL;

	return written && bolt__is_capital(kw->text.text[kw->pairs[0].name + 1]) ? BOLT__LOOKS_LIKE_EXPRESSION :
																			   BOLT__LOOKS_PLAIN;
}

static bool
reserve_pairs(bolt_kw *kw, size_t count)
{
	size_t size = kw->size * 2 > kw->count + count ? kw->size * 2 : kw->count + count;
	Pair *pairs;

	if (kw->count + count <= kw->size)
		return true;
	pairs = realloc(kw->pairs, size * sizeof(Pair));
	if (pairs == NULL)
	{
		bolt__writer_fail(&kw->text, bolt__out_of_memory());
		return false;
	}
	kw->pairs = pairs;
	kw->size = size;
	return true;
}

/* "title": what is wrong */
static bolt_exception *
prefix_name(bolt_exception *error, const char *name)
{
	char prefix[256];

	snprintf(prefix, sizeof(prefix), "\"%.240s\": ", name);
	return bolt__error_prefix(error, prefix);
}

/* There is room for it. */
static void
add_pair(bolt_kw *kw, const char *name, bolt_argument value)
{
	Pair *pair = &kw->pairs[kw->count];
	bool faulty = kw->text.error != NULL;

	if (name == NULL)
	{
		bolt__fail_null(&kw->text, "the name of a keyword argument");
		bolt__argument_free(value);
		return;
	}
	pair->kind = value.kind;
	pair->looks = bolt__looks_of(value);
	bolt__write_comma(&kw->text, 0);
	pair->name = kw->text.length;
	bolt__write_string(&kw->text, name, strlen(name));
	if (kw->text.error && !faulty)
		kw->text.error = bolt__error_prefix(kw->text.error, "in the name of a keyword argument: ");
	faulty = kw->text.error != NULL;
	bolt__write(&kw->text, ":", 1);
	pair->value = kw->text.length;
	bolt__write_literal(&kw->text, value);
	pair->end = kw->text.length;
	if (kw->text.error && !faulty)
		kw->text.error = prefix_name(kw->text.error, name);
	kw->count++;
}

bolt_kw *
bolt_kw_new(const bolt_pair *pairs, size_t count)
{
	bolt_kw *kw = calloc(1, sizeof(bolt_kw));

	if (kw == NULL || !reserve_pairs(kw, count))
	{
		for (size_t i = 0; i < count; i++)
			bolt__argument_free(pairs[i].value);
		return kw ? kw : &kw_without_memory;
	}
	for (size_t i = 0; i < count; i++)
		add_pair(kw, pairs[i].name, pairs[i].value);
	return kw;
}

bolt_kw *
bolt_kw_add_argument(bolt_kw *kw, const char *name, bolt_argument value)
{
	if (kw == NULL)
		return bolt_kw_new(&(bolt_pair){name, value}, 1);
	if (kw == &kw_without_memory || !reserve_pairs(kw, 1))
		bolt__argument_free(value);
	else
		add_pair(kw, name, value);
	return kw;
}

void
bolt_kw_free(bolt_kw *kw)
{
	if (kw == NULL || kw == &kw_without_memory)
		return;
	bolt__writer_free(&kw->text);
	free(kw->pairs);
	free(kw);
}

/* An annotation is an expression, or a number and the like; Django refuses a str. */
static bool
is_no_expression(const Pair *pair)
{
	return pair->kind == BOLT_ARGUMENT_TEXT || pair->kind == BOLT_ARGUMENT_JSON ||
		pair->kind == BOLT_ARGUMENT_LIST || pair->kind == BOLT_ARGUMENT_KW;
}

static bool
ends_with(const char *text, size_t length, const char *ending)
{
	size_t ending_length = strlen(ending);

	return length >= ending_length && memcmp(text + length - ending_length, ending, ending_length) == 0;
}

/* Whether it has to be marked as the literal that it is. */
static bool
is_marked(const Pair *pair, bolt__kw_use use)
{
	switch (pair->looks)
	{
		case BOLT__LOOKS_LIKE_EXPRESSION:
		case BOLT__LOOKS_LIKE_LIST_OF_THEM:
			/* the values of a new object are the program's own where it wrote their names */
			return use == BOLT__KW_CONDITIONS || (use == BOLT__KW_VALUES && pair->kind == BOLT_ARGUMENT_JSON);
		case BOLT__HOLDS_EXPRESSION:
			return use == BOLT__KW_CONDITIONS;
		default:
			return false;
	}
}

static bool
is_list_lookup(const char *name, size_t length)
{
	return ends_with(name, length, "__in") || ends_with(name, length, "__range");
}

static void
check_pair(bolt__writer *writer, const bolt_kw *kw, const Pair *pair, bolt__kw_use use)
{
	int length = pair->value - pair->name - 3; /* less two quotes and a colon */
	const char *name = kw->text.text + pair->name + 1;

	if (use == BOLT__KW_EXPRESSIONS && is_no_expression(pair))
		bolt__writer_fail(writer,
						  bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL,
														   "received a non-expression as \"%.*s\"", length,
														   name),
										   "bolt_f(\"…\") names a field, bolt_value(…) is a literal."));
	else if (use == BOLT__KW_VALUES && pair->looks == BOLT__HOLDS_EXPRESSION)
		bolt__writer_fail(
			writer,
			bolt__error_hint(bolt__error_new(BOLT_VALUE_ERROR, NULL,
											 "a part of \"%.*s\" could be taken for an expression", length,
											 name),
							 "If it is a document, say so: bolt_value(json)."));
	else if (is_marked(pair, use) && kw->text.text[pair->value] == '[' && is_list_lookup(name, length))
		bolt__writer_fail(
			writer,
			bolt__error_hint(bolt__error_new(BOLT_VALUE_ERROR, NULL,
											 "a member of \"%.*s\" could be taken for an expression", length,
											 name),
							 "Wrap the members of the list in bolt_value(…)."));
}

static void
write_pair(bolt__writer *writer, const bolt_kw *kw, const Pair *pair, bolt__kw_use use)
{
	const char *text = kw->text.text;
	bool marked = is_marked(pair, use);

	bolt__write(writer, text + pair->name, pair->value - pair->name);
	if (marked)
		bolt__write_text(writer, "{\"Value\":");
	bolt__write(writer, text + pair->value, pair->end - pair->value);
	if (marked)
		bolt__write(writer, "}", 1);
}

/* Whether any pair is to be marked; what is wrong with one. */
static bool
check_pairs(bolt__writer *writer, const bolt_kw *kw, bolt__kw_use use)
{
	bool any_marked = false;

	for (size_t i = 0; kw->text.error == NULL && i < kw->count; i++)
	{
		check_pair(writer, kw, &kw->pairs[i], use);
		any_marked |= is_marked(&kw->pairs[i], use);
	}
	return any_marked;
}

void
bolt__write_kw(bolt__writer *writer, bolt_kw *kw, bolt__kw_use use)
{
	if (kw == NULL)
		bolt__fail_null(writer, "an argument");
	else if (kw == &kw_without_memory)
		bolt__writer_fail(writer, bolt__out_of_memory());
	else if (!check_pairs(writer, kw, use))
		bolt__write_move(writer, &kw->text);
	else
	{
		for (size_t i = 0; i < kw->count; i++)
		{
			if (i > 0)
				bolt__write(writer, ",", 1);
			write_pair(writer, kw, &kw->pairs[i], use);
		}
	}
	bolt_kw_free(kw);
}

bolt_kw *
bolt__kw_fail(bolt_kw *kw, bolt_exception *error)
{
	if (kw == &kw_without_memory)
		bolt_error_unref(error);
	else
		bolt__writer_fail(&kw->text, error);
	return kw;
}

bolt_kw *
bolt__kw_of_text(bolt__writer *members)
{
	bolt_kw *kw = bolt_kw_new(NULL, 0);

	if (kw == &kw_without_memory)
		bolt__writer_free(members);
	else
		kw->text = *members;
	return kw;
}

bolt_kw *
bolt__kw_of_json(const json_t *object)
{
	bolt_kw *kw = bolt_kw_new(NULL, 0);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *) object, name, value) kw = bolt_kw_add(kw, name, value);
	return kw;
}
