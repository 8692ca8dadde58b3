/*-------------------------------------------------------------------------
 *
 * expression.h
 *	  Expressions: F, Value, functions, aggregates, windows, subqueries.
 *
 * An operand is a value as BOLT_ARGUMENT takes it, but that a text names a field
 * or an annotation; a literal text is bolt_value("…"). Each macro gives a bolt_expr *,
 * never NULL, consumed by the call that it is given to. What is wrong with one
 * comes out where it is used.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_ORM_EXPRESSION_H
#define BOLT_ORM_EXPRESSION_H

#include "q.h"
#include "value.h"

BOLT_BEGIN_DECLS

/** A field, an annotation, a path through relations. */
BOLT_API bolt_expr *bolt_f(const char *path);

/** In a subquery, a field of the queryset around. */
BOLT_API bolt_expr *bolt_outer_ref(const char *path);

/** A literal. */
#define bolt_value(x) bolt_value_of(BOLT_ARGUMENT(x))
BOLT_API bolt_expr *bolt_value_of(bolt_argument value);

/**
 * A literal of JSON text, which is checked and goes on as it stands: BOLT_KW("data", bolt_json_value(body, length)).
 */
BOLT_API bolt_expr *bolt_json_value(const char *json, size_t length);

/**
 * The one value of a queryset.
 *
 * @param queryset consumed; its database does not matter and may be NULL.
 */
BOLT_API bolt_expr *bolt_subquery(bolt_queryset *queryset);

/**
 * Whether a queryset has any row; a condition as well.
 *
 * @param queryset consumed; its database does not matter and may be NULL.
 */
BOLT_API bolt_expr *bolt_exists(bolt_queryset *queryset);

/**
 * The function of a name, as the document's reference has it: bolt_func("Lower", "name").
 */
#define bolt_func(...) bolt_func_of(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_AFTER(__VA_ARGS__))
BOLT_API bolt_expr *bolt_func_of(const char *name, const bolt_argument *operands, size_t count);

#define bolt_add(...) bolt_func("Add", __VA_ARGS__)
#define bolt_sub(...) bolt_func("Sub", __VA_ARGS__)
#define bolt_mul(...) bolt_func("Mul", __VA_ARGS__)
#define bolt_div(...) bolt_func("Div", __VA_ARGS__)
#define bolt_mod(...) bolt_func("Mod", __VA_ARGS__)
#define bolt_pow(...) bolt_func("Pow", __VA_ARGS__)

#define bolt_coalesce(...) bolt_func("Coalesce", __VA_ARGS__)
#define bolt_greatest(...) bolt_func("Greatest", __VA_ARGS__)
#define bolt_least(...) bolt_func("Least", __VA_ARGS__)
#define bolt_nullif(x, y) bolt_func("NullIf", x, y)
#define bolt_lower(x) bolt_func("Lower", x)
#define bolt_upper(x) bolt_func("Upper", x)
#define bolt_length(x) bolt_func("Length", x)
#define bolt_trim(x) bolt_func("Trim", x)
#define bolt_concat(...) bolt_func("Concat", __VA_ARGS__)
#define bolt_substr(...) bolt_func("Substr", __VA_ARGS__)
#define bolt_left(x, letters) bolt_func("Left", x, letters)
#define bolt_right(x, letters) bolt_func("Right", x, letters)
#define bolt_replace(...) bolt_func("Replace", __VA_ARGS__)
#define bolt_round(...) bolt_func("Round", __VA_ARGS__)
#define bolt_ceil(x) bolt_func("Ceil", x)
#define bolt_floor(x) bolt_func("Floor", x)
#define bolt_abs(x) bolt_func("Abs", x)
#define bolt_now() bolt_func("Now")
#define bolt_random() bolt_func("Random")

/** A value as a PostgreSQL type: bolt_cast("price", "integer"). */
#define bolt_cast(x, type) bolt_func_with("Cast", BOLT_ARGUMENT(x), "type", type)

/** A time without what is smaller than a kind: bolt_trunc("created_at", "month"). */
#define bolt_trunc(x, kind) bolt_func_with("Trunc", BOLT_ARGUMENT(x), "kind", kind)

/** A part of a time: bolt_extract("created_at", "year"). */
#define bolt_extract(x, kind) bolt_func_with("Extract", BOLT_ARGUMENT(x), "kind", kind)

/** What these three call: a function with one option that is a text. */
BOLT_API bolt_expr *bolt_func_with(const char *name, bolt_argument operand, const char *option,
								   const char *value);

/* ----------
 * Conditional expressions
 * ----------
 */

/**
 * The first bolt_when whose condition holds: bolt_case(bolt_when(BOLT_KW("stock__gt", 5),
 * bolt_value("many")), bolt_default(bolt_value("few"))).
 */
#define bolt_case(...) bolt_case_of(BOLT__CONDITIONS(__VA_ARGS__))
BOLT_API bolt_expr *bolt_case_of(const bolt_argument *branches, size_t count);

/** A branch of bolt_case, and of that only. */
#define bolt_when(condition, then) bolt_when_of(BOLT_ARGUMENT(condition), BOLT_ARGUMENT(then))
BOLT_API bolt_expr *bolt_when_of(bolt_argument condition, bolt_argument then);

/** What bolt_case is where no branch holds; without it null. */
#define bolt_default(x) bolt_default_of(BOLT_ARGUMENT(x))
BOLT_API bolt_expr *bolt_default_of(bolt_argument value);

/* ----------
 * Aggregates
 * ----------
 */

/* What an aggregate takes beside its operand; each may be left out. All consumed. */
typedef struct bolt_aggregate_options
{
	size_t size;			  /* set by the macros */
	bolt_q *filter;			  /* over these rows only */
	bool distinct;			  /* each value once */
	bolt_expr *default_value; /* instead of null: bolt_value(0) */
	bolt_list *order_by;	  /* BOLT_LIST("name", bolt_desc("id")) */
} bolt_aggregate_options;

/**
 * The aggregate of a name: bolt_aggregate("Sum", "price", .distinct = true).
 */
#define bolt_aggregate(...) \
	bolt_aggregate_of(BOLT__FIRST(__VA_ARGS__), BOLT__CONDITIONS_0(BOLT__SECOND(__VA_ARGS__)), \
					  BOLT__OPTIONS(bolt_aggregate_options, BOLT__REST_2(__VA_ARGS__)))
BOLT_API bolt_expr *bolt_aggregate_of(const char *name, const bolt_argument *operands, size_t count,
									  const bolt_aggregate_options *options);

/** bolt_count("*"), bolt_count("comments", .filter = bolt_q(BOLT_KW("comments__author", 5))). */
#define bolt_count(...) bolt_aggregate("Count", __VA_ARGS__)
#define bolt_sum(...) bolt_aggregate("Sum", __VA_ARGS__)
#define bolt_avg(...) bolt_aggregate("Avg", __VA_ARGS__)
#define bolt_min(...) bolt_aggregate("Min", __VA_ARGS__)
#define bolt_max(...) bolt_aggregate("Max", __VA_ARGS__)
#define bolt_stddev(...) bolt_aggregate("StdDev", __VA_ARGS__)
#define bolt_variance(...) bolt_aggregate("Variance", __VA_ARGS__)
#define bolt_array_agg(...) bolt_aggregate("ArrayAgg", __VA_ARGS__)
#define bolt_json_agg(...) bolt_aggregate("JSONAgg", __VA_ARGS__)
#define bolt_bool_and(...) bolt_aggregate("BoolAnd", __VA_ARGS__)
#define bolt_bool_or(...) bolt_aggregate("BoolOr", __VA_ARGS__)

/** The texts with a delimiter between them, a literal text here: bolt_string_agg("name", "; "). */
#define bolt_string_agg(...) \
	bolt_aggregate_of("StringAgg", \
					  BOLT__CONDITIONS_0(BOLT__FIRST(__VA_ARGS__), bolt_value(BOLT__SECOND(__VA_ARGS__))), \
					  BOLT__OPTIONS(bolt_aggregate_options, BOLT__REST_2(__VA_ARGS__)))

/* ----------
 * Windows
 * ----------
 */
typedef struct bolt_window_options
{
	size_t size;			 /* set by the macro */
	bolt_list *partition_by; /* BOLT_LIST("author") */
	bolt_list *order_by;	 /* BOLT_LIST("-created_at") */
	bolt_kw *frame;			 /* bolt_row_range(-2, 0) */
} bolt_window_options;

/**
 * A frame, Django's RowRange: from so many rows before (a negative number) to so many behind; 0 is the current row, NULL as far
 * as the partition goes. bolt_kw_add(bolt_row_range(-2, 2), "exclude", "current row") leaves that out, or "group", or "ties".
 */
#define bolt_row_range(start, end) BOLT_KW("rows", BOLT_LIST(start, end))

/** A frame, Django's ValueRange: NULL or 0, the current row with all that are equal to it in the window's order. */
#define bolt_value_range(start, end) BOLT_KW("range", BOLT_LIST(start, end))

/**
 * An aggregate or one of the functions below over a window:
 * bolt_window(bolt_row_number(), .partition_by = BOLT_LIST("author"), .order_by = BOLT_LIST("-id")).
 */
#define bolt_window(...) \
	bolt_window_of(BOLT__FIRST(__VA_ARGS__), BOLT__OPTIONS(bolt_window_options, BOLT__REST_1(__VA_ARGS__)))
BOLT_API bolt_expr *bolt_window_of(bolt_expr *expr, const bolt_window_options *options);

#define bolt_row_number() bolt_func("RowNumber")
#define bolt_rank() bolt_func("Rank")
#define bolt_dense_rank() bolt_func("DenseRank")
#define bolt_ntile(buckets) bolt_func("NTile", buckets)
#define bolt_lag(...) bolt_func("Lag", __VA_ARGS__)
#define bolt_lead(...) bolt_func("Lead", __VA_ARGS__)
#define bolt_first_value(x) bolt_func("FirstValue", x)
#define bolt_last_value(x) bolt_func("LastValue", x)

/* ----------
 * Ordering
 * ----------
 */
typedef enum bolt_nulls
{
	BOLT_NULLS_DEFAULT,
	BOLT_NULLS_FIRST,
	BOLT_NULLS_LAST
} bolt_nulls;

/**
 * A term of an ordering, and of that only: bolt_desc(bolt_lower("name"), BOLT_NULLS_LAST).
 * The nulls may be left out.
 */
#define bolt_asc(...) \
	bolt_ordering_of(BOLT_ARGUMENT(BOLT__FIRST(__VA_ARGS__)), false, \
					 BOLT__SECOND(__VA_ARGS__, BOLT_NULLS_DEFAULT))
#define bolt_desc(...) \
	bolt_ordering_of(BOLT_ARGUMENT(BOLT__FIRST(__VA_ARGS__)), true, \
					 BOLT__SECOND(__VA_ARGS__, BOLT_NULLS_DEFAULT))
BOLT_API bolt_expr *bolt_ordering_of(bolt_argument term, bool descending, bolt_nulls nulls);

/**
 * Gives up an expression that no call has consumed.
 *
 * @param expr may be NULL.
 * @threads any.
 */
BOLT_API void bolt_expr_free(bolt_expr *expr);

BOLT_END_DECLS

#endif /* BOLT_ORM_EXPRESSION_H */
