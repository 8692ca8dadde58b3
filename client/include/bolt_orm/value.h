/*-------------------------------------------------------------------------
 *
 * value.h
 *	  C values as arguments: keyword arguments, lists.
 *
 * The type of a C value decides what it is: integers, floating point numbers,
 * bool, texts (const char *), NULL, a json_t *, a list (BOLT_LIST), keyword arguments
 * (BOLT_KW: an object), an expression (bolt_f, bolt_count …), a queryset (a subquery).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_VALUE_H
#define BOLT_ORM_VALUE_H

#include <jansson.h>

#include "types.h"
#include "arguments.h"

BOLT_BEGIN_DECLS

/* What a bolt_argument holds. */
typedef enum bolt_argument_kind
{
	BOLT_ARGUMENT_NULL,
	BOLT_ARGUMENT_BOOL,
	BOLT_ARGUMENT_INTEGER,
	BOLT_ARGUMENT_UNSIGNED,
	BOLT_ARGUMENT_DOUBLE,
	BOLT_ARGUMENT_TEXT,
	BOLT_ARGUMENT_JSON,
	BOLT_ARGUMENT_LIST,
	BOLT_ARGUMENT_KW,
	BOLT_ARGUMENT_Q,
	BOLT_ARGUMENT_EXPR,
	BOLT_ARGUMENT_QUERYSET,
	BOLT_ARGUMENT_PREFETCH
} bolt_argument_kind;

/* A value on its way into a call; made by the macros below only. */
typedef struct bolt_argument
{
	bolt_argument_kind kind;
	size_t length; /* of a text; SIZE_MAX: it is terminated */
	union
	{
		bool boolean;
		long long integer;
		unsigned long long natural;
		double real;
		const char *text;
		const json_t *json;
		bolt_list *list;
		bolt_kw *kw;
		bolt_q *q;
		bolt_expr *expr;
		bolt_queryset *queryset;
		bolt_prefetch *prefetch;
		const void *pointer;
	} value;
} bolt_argument;

/* A keyword argument on its way into a call. */
typedef struct bolt_pair
{
	const char *name;
	bolt_argument value;
} bolt_pair;

/* One function a kind of argument, for BOLT_ARGUMENT. */
static inline bolt_argument
bolt_argument_null(const void *nothing)
{
	bolt_argument argument;

	argument.kind = BOLT_ARGUMENT_NULL;
	argument.length = 0;
	argument.value.pointer = nothing; /* one that is not NULL is refused where it is used */
	return argument;
}

#define BOLT__DEFINE_ARGUMENT(suffix, type, KIND, member) \
	static inline bolt_argument bolt_argument_##suffix(type member) \
	{ \
		bolt_argument argument; \
\
		argument.kind = KIND; \
		argument.length = SIZE_MAX; \
		argument.value.member = member; \
		return argument; \
	}

BOLT__DEFINE_ARGUMENT(bool, bool, BOLT_ARGUMENT_BOOL, boolean)
BOLT__DEFINE_ARGUMENT(integer, long long, BOLT_ARGUMENT_INTEGER, integer)
BOLT__DEFINE_ARGUMENT(unsigned, unsigned long long, BOLT_ARGUMENT_UNSIGNED, natural)
BOLT__DEFINE_ARGUMENT(double, double, BOLT_ARGUMENT_DOUBLE, real)
BOLT__DEFINE_ARGUMENT(text, const char *, BOLT_ARGUMENT_TEXT, text)
BOLT__DEFINE_ARGUMENT(json, const json_t *, BOLT_ARGUMENT_JSON, json)
BOLT__DEFINE_ARGUMENT(list, bolt_list *, BOLT_ARGUMENT_LIST, list)
BOLT__DEFINE_ARGUMENT(kw, bolt_kw *, BOLT_ARGUMENT_KW, kw)
BOLT__DEFINE_ARGUMENT(q, bolt_q *, BOLT_ARGUMENT_Q, q)
BOLT__DEFINE_ARGUMENT(expr, bolt_expr *, BOLT_ARGUMENT_EXPR, expr)
BOLT__DEFINE_ARGUMENT(queryset, bolt_queryset *, BOLT_ARGUMENT_QUERYSET, queryset)
BOLT__DEFINE_ARGUMENT(prefetch, bolt_prefetch *, BOLT_ARGUMENT_PREFETCH, prefetch)

static inline bolt_argument
bolt_argument_itself(bolt_argument argument)
{
	return argument;
}

/**
 * A value of any of the types above as an argument.
 *
 * The text of a const char * and a json_t are read during the call and stay the
 * caller's; lists, keyword arguments, conditions, expressions, querysets and
 * prefetches are consumed.
 */
#ifndef __cplusplus /* cplusplus.h has its own one */
#define BOLT_ARGUMENT(x) \
	__extension__ _Generic((x), \
		_Bool: bolt_argument_bool, \
		signed char: bolt_argument_integer, \
		short: bolt_argument_integer, \
		int: bolt_argument_integer, \
		long: bolt_argument_integer, \
		long long: bolt_argument_integer, \
		unsigned char: bolt_argument_unsigned, \
		unsigned short: bolt_argument_unsigned, \
		unsigned int: bolt_argument_unsigned, \
		unsigned long: bolt_argument_unsigned, \
		unsigned long long: bolt_argument_unsigned, \
		float: bolt_argument_double, \
		double: bolt_argument_double, \
		char *: bolt_argument_text, \
		const char *: bolt_argument_text, \
		void *: bolt_argument_null, \
		json_t *: bolt_argument_json, \
		const json_t *: bolt_argument_json, \
		bolt_list *: bolt_argument_list, \
		bolt_kw *: bolt_argument_kw, \
		bolt_q *: bolt_argument_q, \
		bolt_expr *: bolt_argument_expr, \
		bolt_queryset *: bolt_argument_queryset, \
		bolt_prefetch *: bolt_argument_prefetch, \
		bolt_argument: bolt_argument_itself)(x)
#endif

/**
 * A text that is not terminated: so many bytes of UTF-8, without a NUL among them.
 */
static inline bolt_argument
bolt_text(const char *text, size_t length)
{
	bolt_argument argument = bolt_argument_text(text);

	argument.length = length;
	return argument;
}

/**
 * Keyword arguments: BOLT_KW("title__icontains", "x", "id__gte", 7).
 *
 * Names and values in turn, at most 32 pairs; a value as BOLT_ARGUMENT takes it. What
 * is wrong with one (not UTF-8, NaN, a NULL name) comes out where the result is used.
 *
 * @return bolt_kw *, consumed by the call that it is given to.
 * @threads any.
 */
#define BOLT_KW(...) bolt_kw_new(BOLT__PASTE(BOLT__KW_, BOLT__IS_EMPTY(__VA_ARGS__))(__VA_ARGS__))
#define BOLT__KW_0(...) BOLT__ARRAY_OF(bolt_pair, BOLT__PAIRS(__VA_ARGS__)), BOLT__COUNT(__VA_ARGS__) / 2
#define BOLT__KW_1(...) NULL, 0

/**
 * What BOLT_KW calls.
 *
 * @return never NULL: out of memory comes out where the result is used.
 * @threads any.
 */
BOLT_API bolt_kw *bolt_kw_new(const bolt_pair *pairs, size_t count);

/**
 * One more keyword argument, where a program finds them one by one: kw =
 * bolt_kw_add(kw, "price__lte", price).
 *
 * @param kw consumed; NULL begins new ones.
 * @return the keyword arguments with this one.
 * @threads any.
 */
#define bolt_kw_add(kw, name, value) bolt_kw_add_argument(kw, name, BOLT_ARGUMENT(value))
BOLT_API bolt_kw *bolt_kw_add_argument(bolt_kw *kw, const char *name, bolt_argument value);

/**
 * Gives up keyword arguments that no call has consumed.
 *
 * @param kw may be NULL.
 * @threads any.
 */
BOLT_API void bolt_kw_free(bolt_kw *kw);

/**
 * A list of values: BOLT_KW("id__in", BOLT_LIST(1, 2, 3)); of names, or of objects
 * (BOLT_LIST(BOLT_KW(…), BOLT_KW(…))), where a call asks for these. At most 64.
 *
 * @return bolt_list *, consumed by the call that it is given to.
 * @threads any.
 */
#define BOLT_LIST(...) bolt_list_new(BOLT__CONDITIONS(__VA_ARGS__))

/**
 * What BOLT_LIST calls.
 *
 * @return never NULL: out of memory comes out where the result is used.
 * @threads any.
 */
BOLT_API bolt_list *bolt_list_new(const bolt_argument *values, size_t count);

/**
 * One more value in a list: ids = bolt_list_add(ids, id).
 *
 * @param list consumed; NULL begins a new one.
 * @return the list with this value.
 * @threads any.
 */
#define bolt_list_add(list, value) bolt_list_add_argument(list, BOLT_ARGUMENT(value))
BOLT_API bolt_list *bolt_list_add_argument(bolt_list *list, bolt_argument value);

/**
 * The list of a C array's elements: BOLT_LIST_OF(ids, count).
 *
 * @param array of any type that BOLT_ARGUMENT takes.
 * @return bolt_list *, consumed by the call that it is given to.
 */
#define BOLT_LIST_OF(array, count) \
	__extension__({ \
		size_t bolt__count = (count); \
		bolt_list *bolt__list = bolt_list_new(NULL, 0); \
		for (size_t bolt__i = 0; bolt__i < bolt__count; bolt__i++) \
			bolt__list = bolt_list_add(bolt__list, (array)[bolt__i]); \
		bolt__list; \
	})

/**
 * Gives up a list that no call has consumed.
 *
 * @param list may be NULL.
 * @threads any.
 */
BOLT_API void bolt_list_free(bolt_list *list);

BOLT_END_DECLS

#endif /* BOLT_ORM_VALUE_H */
