/*-------------------------------------------------------------------------
 *
 * value.c
 *	  C values as arguments, and arguments as JSON.
 *
 * Keyword arguments and lists are JSON text from the beginning; of each value
 * as much is kept beside it as its later use may ask.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "expression.h"
#include "queryset.h"
#include "value.h"

/*
 * The server takes an object whose first key is the name of an expression for
 * one, which could read whatever the caller may.  Data is not to become an expression: an object
 * that could be one is written as the Value that it is, and where it may be part of
 * another (in the values of a related object that is written along, or in a document) it is
 * refused, for nobody here knows which.
 */
typedef enum Looks
{
	LOOKS_PLAIN,
	LOOKS_LIKE_EXPRESSION,	 /* an object whose first key has a capital */
	LOOKS_LIKE_LIST_OF_THEM, /* a list with such an object */
	HOLDS_EXPRESSION,		 /* deeper in it there is an object that the server could take for one */
	IS_EXPRESSION			 /* or a list with one */
} Looks;

/* One keyword argument's value, in the text of all. */
typedef struct Pair
{
	size_t name; /* where its quoted name begins */
	size_t value;
	size_t end;
	bolt_argument_kind kind;
	Looks looks;
} Pair;

struct bolt_kw
{
	bolt__writer text; /* "name":value, joined by commas */
	size_t count;
	size_t size;
	Pair *pairs;
};

struct bolt_list
{
	bolt__writer text; /* values, joined by commas */
	Looks looks;
};

/* What is returned where there is no memory for more. */
static bolt_kw kw_without_memory;
static bolt_list list_without_memory;

static bool
is_capital(char character)
{
	return character >= 'A' && character <= 'Z';
}

/* The name that would make an expression of an object, or "". */
static const char *
first_key(const json_t *json)
{
	json_t *object = (json_t *) json;
	const char *key = json_is_object(object) ? json_object_iter_key(json_object_iter(object)) : NULL;

	return key ? key : "";
}

static bool
is_expression_name(const char *name)
{
	static const char *const names[] = {
		"F",		"Value",  "OuterRef",	"Subquery",	 "Exists",	  "Ref",	 "Case",	  "Window",
		"Add",		"Sub",	  "Mul",		"Div",		 "Mod",		  "Pow",	 "Cast",	  "Coalesce",
		"Greatest", "Least",  "NullIf",		"Lower",	 "Upper",	  "Length",	 "Trim",	  "Concat",
		"Substr",	"Left",	  "Right",		"Replace",	 "Round",	  "Ceil",	 "Floor",	  "Abs",
		"Now",		"Random", "Trunc",		"Extract",	 "RowNumber", "Rank",	 "DenseRank", "Lag",
		"Lead",		"NTile",  "FirstValue", "LastValue", "Count",	  "Sum",	 "Avg",		  "Min",
		"Max",		"StdDev", "Variance",	"ArrayAgg",	 "StringAgg", "JSONAgg", "BoolAnd",	  "BoolOr",
	};

	for (size_t i = 0; is_capital(*name) && i < sizeof(names) / sizeof(*names); i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* In the value itself or anywhere below.  Too deep to be written is said elsewhere. */
static bool
holds_expression(const json_t *json, int depth)
{
	json_t *value = (json_t *) json;
	const char *key;
	json_t *member;
	size_t i;

	if (is_expression_name(first_key(value)) || depth > BOLT__DEEPEST_WRITTEN)
		return true;
	json_object_foreach(value, key, member)
	{
		if (holds_expression(member, depth + 1))
			return true;
	}
	json_array_foreach(value, i, member)
	{
		if (holds_expression(member, depth + 1))
			return true;
	}
	return false;
}

static Looks
looks_of_json(const json_t *json)
{
	json_t *value = (json_t *) json;
	json_t *member;
	size_t i;

	if (is_capital(*first_key(value)))
		return LOOKS_LIKE_EXPRESSION;
	json_array_foreach(value, i, member)
	{
		if (is_capital(*first_key(member)))
			return LOOKS_LIKE_LIST_OF_THEM;
	}
	return holds_expression(value, 1) ? HOLDS_EXPRESSION : LOOKS_PLAIN;
}

static Looks
looks_of_kw(const bolt_kw *kw)
{
	bool written = kw->count > 0 && kw->text.error == NULL;

	return written && is_capital(kw->text.text[kw->pairs[0].name + 1]) ? LOOKS_LIKE_EXPRESSION : LOOKS_PLAIN;
}

/* To be asked before the argument is written, which consumes it. */
static Looks
looks_of(bolt_argument argument)
{
	switch (argument.kind)
	{
		case BOLT_ARGUMENT_JSON:
			return argument.value.json ? looks_of_json(argument.value.json) : LOOKS_PLAIN;
		case BOLT_ARGUMENT_LIST:
			return argument.value.list ? argument.value.list->looks : LOOKS_PLAIN;
		case BOLT_ARGUMENT_KW:
			return argument.value.kw ? looks_of_kw(argument.value.kw) : LOOKS_PLAIN;
		case BOLT_ARGUMENT_EXPR:
		case BOLT_ARGUMENT_QUERYSET:
			return IS_EXPRESSION;
		default:
			return LOOKS_PLAIN;
	}
}

static void
fail_null(bolt__writer *writer, const char *what)
{
	bolt__writer_fail(writer, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "%s is NULL", what));
}

/* ----------
 * Arguments
 * ----------
 */
void
bolt__write_literal(bolt__writer *writer, bolt_argument argument)
{
	switch (argument.kind)
	{
		case BOLT_ARGUMENT_NULL:
			bolt__write_text(writer, "null");
			return;
		case BOLT_ARGUMENT_BOOL:
			bolt__write_text(writer, argument.value.boolean ? "true" : "false");
			return;
		case BOLT_ARGUMENT_INTEGER:
			bolt__write_integer(writer, argument.value.integer);
			return;
		case BOLT_ARGUMENT_UNSIGNED:
			bolt__write_unsigned(writer, argument.value.natural);
			return;
		case BOLT_ARGUMENT_DOUBLE:
			bolt__write_double(writer, argument.value.real);
			return;
		case BOLT_ARGUMENT_TEXT:
			/* a char * that is NULL is null, as a NULL is */
			if (argument.value.text == NULL)
				bolt__write_text(writer, "null");
			else
				bolt__write_string(writer, argument.value.text,
								   argument.length == SIZE_MAX ? strlen(argument.value.text) :
																 argument.length);
			return;
		case BOLT_ARGUMENT_JSON:
			if (argument.value.json == NULL)
				fail_null(writer, "a json_t");
			else
				bolt__write_json(writer, argument.value.json);
			return;
		case BOLT_ARGUMENT_LIST:
			bolt__write_list(writer, argument.value.list);
			return;
		case BOLT_ARGUMENT_KW:
			bolt__write(writer, "{", 1);
			bolt__write_kw(writer, argument.value.kw, BOLT__KW_VALUES);
			bolt__write(writer, "}", 1);
			return;
		case BOLT_ARGUMENT_EXPR:
			bolt__write_expression(writer, argument.value.expr);
			return;
		case BOLT_ARGUMENT_QUERYSET:
			bolt__write_text(writer, "{\"Subquery\":");
			bolt__write_queryset(writer, argument.value.queryset, "bolt_subquery", true);
			bolt__write(writer, "}", 1);
			return;
		case BOLT_ARGUMENT_Q:
		case BOLT_ARGUMENT_PREFETCH:
			break;
	}
	bolt__writer_fail(writer,
					  bolt__error_new(BOLT_TYPE_ERROR, NULL, "%s is not a value",
									  argument.kind == BOLT_ARGUMENT_Q ? "a Q" : "a prefetch"));
	bolt__argument_free(argument);
}

void
bolt__write_operand(bolt__writer *writer, bolt_argument argument)
{
	bool literal = argument.kind == BOLT_ARGUMENT_JSON || argument.kind == BOLT_ARGUMENT_KW ||
		argument.kind == BOLT_ARGUMENT_LIST;

	if (literal)
		bolt__write_text(writer, "{\"Value\":");
	bolt__write_literal(writer, argument);
	if (literal)
		bolt__write(writer, "}", 1);
}

void
bolt__argument_free(bolt_argument argument)
{
	switch (argument.kind)
	{
		case BOLT_ARGUMENT_LIST:
			bolt_list_free(argument.value.list);
			break;
		case BOLT_ARGUMENT_KW:
			bolt_kw_free(argument.value.kw);
			break;
		case BOLT_ARGUMENT_Q:
			bolt_q_free(argument.value.q);
			break;
		case BOLT_ARGUMENT_EXPR:
			bolt_expr_free(argument.value.expr);
			break;
		case BOLT_ARGUMENT_QUERYSET:
			bolt_unref(argument.value.queryset);
			break;
		case BOLT_ARGUMENT_PREFETCH:
			bolt_prefetch_free(argument.value.prefetch);
			break;
		default:
			break;
	}
}

void
bolt__write_names(bolt__writer *writer, const char *const *names, size_t count)
{
	bolt__write(writer, "[", 1);
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			bolt__write(writer, ",", 1);
		if (names[i] == NULL)
			fail_null(writer, "a name");
		else
			bolt__write_string(writer, names[i], strlen(names[i]));
	}
	bolt__write(writer, "]", 1);
}

/* ----------
 * Keyword arguments
 * ----------
 */
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
		fail_null(&kw->text, "the name of a keyword argument");
		bolt__argument_free(value);
		return;
	}
	pair->kind = value.kind;
	pair->looks = looks_of(value);
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
		case LOOKS_LIKE_EXPRESSION:
		case LOOKS_LIKE_LIST_OF_THEM:
			/* the values of a new object are the program's own where it wrote their names */
			return use == BOLT__KW_CONDITIONS || (use == BOLT__KW_VALUES && pair->kind == BOLT_ARGUMENT_JSON);
		case HOLDS_EXPRESSION:
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
	else if (use == BOLT__KW_VALUES && pair->looks == HOLDS_EXPRESSION)
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
		fail_null(writer, "an argument");
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

/* ----------
 * Lists
 * ----------
 */
bolt_list *
bolt_list_add_argument(bolt_list *list, bolt_argument value)
{
	Looks looks = looks_of(value);

	/* the values of an object: each is looked at */
	if (value.kind == BOLT_ARGUMENT_JSON && json_is_object(value.value.json))
		value = bolt_argument_kw(bolt__kw_of_json(value.value.json));
	if (list == NULL)
		list = bolt_list_new(NULL, 0);
	if (list == &list_without_memory)
	{
		bolt__argument_free(value);
		return list;
	}
	if (looks == LOOKS_LIKE_EXPRESSION)
		list->looks = LOOKS_LIKE_LIST_OF_THEM;
	else if (looks == IS_EXPRESSION && list->looks == LOOKS_PLAIN)
		list->looks = IS_EXPRESSION;
	bolt__write_comma(&list->text, 0);
	bolt__write_literal(&list->text, value);
	return list;
}

bolt_list *
bolt_list_new(const bolt_argument *values, size_t count)
{
	bolt_list *list = calloc(1, sizeof(bolt_list));

	if (list == NULL)
		list = &list_without_memory;
	for (size_t i = 0; i < count; i++)
		list = bolt_list_add_argument(list, values[i]);
	return list;
}

bolt_list *
bolt__list_of_text(bolt__writer *members)
{
	bolt_list *list = bolt_list_new(NULL, 0);

	if (list == &list_without_memory)
		bolt__writer_free(members);
	else
		list->text = *members;
	return list;
}

void
bolt_list_free(bolt_list *list)
{
	if (list == NULL || list == &list_without_memory)
		return;
	bolt__writer_free(&list->text);
	free(list);
}

void
bolt__write_list(bolt__writer *writer, bolt_list *list)
{
	if (list == NULL)
		fail_null(writer, "a list");
	else if (list == &list_without_memory)
		bolt__writer_fail(writer, bolt__out_of_memory());
	else
	{
		bolt__write(writer, "[", 1);
		bolt__write_move(writer, &list->text);
		bolt__write(writer, "]", 1);
	}
	bolt_list_free(list);
}
