/*-------------------------------------------------------------------------
 *
 * expression_guard.c
 *	  Whether data could be taken for an expression.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "expression_guard.h"
#include "json_writer.h"

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

	for (size_t i = 0; bolt__is_capital(*name) && i < sizeof(names) / sizeof(*names); i++)
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

bolt__looks
bolt__looks_of_json(const json_t *json)
{
	json_t *value = (json_t *) json;
	json_t *member;
	size_t i;

	if (bolt__is_capital(*first_key(value)))
		return BOLT__LOOKS_LIKE_EXPRESSION;
	json_array_foreach(value, i, member)
	{
		if (bolt__is_capital(*first_key(member)))
			return BOLT__LOOKS_LIKE_LIST_OF_THEM;
	}
	return holds_expression(value, 1) ? BOLT__HOLDS_EXPRESSION : BOLT__LOOKS_PLAIN;
}
