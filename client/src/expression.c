/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  Expressions as the document has them.
 *
 * Which functions there are and what they take is the server's knowledge: here
 * a function is its name and its operands.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "expression.h"
#include "json_reader.h"
#include "queryset.h"
#include "bolt_orm/objects.h"
#include "value.h"

/* Some are made for one place only. */
typedef enum ExprKind
{
	EXPR_VALUE,	  /* good anywhere */
	EXPR_EXISTS,  /* the same, and a condition */
	EXPR_WHEN,	  /* a branch of bolt_case */
	EXPR_DEFAULT, /* its last one */
	EXPR_ORDERING /* a term of an ordering */
} ExprKind;

static const char *const misplaced[] = {
	[EXPR_WHEN] = "bolt_when() stands in bolt_case() only",
	[EXPR_DEFAULT] = "bolt_default() stands in bolt_case() only",
	[EXPR_ORDERING] = "bolt_asc() and bolt_desc() stand in an ordering only",
};

struct bolt_expr
{
	ExprKind kind;
	bolt__writer text; /* the members of its object; of a default its operand */
};

static bolt_expr expr_without_memory;

static bolt_expr *
make_expr(ExprKind kind)
{
	bolt_expr *expr = calloc(1, sizeof(bolt_expr));

	if (expr == NULL)
		return NULL;
	expr->kind = kind;
	return expr;
}

/* Where no expression could be made for them. */
static bolt_expr *
without_memory(const bolt_argument *operands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bolt__argument_free(operands[i]);
	return &expr_without_memory;
}

void
bolt_expr_free(bolt_expr *expr)
{
	if (expr == NULL || expr == &expr_without_memory)
		return;
	bolt__writer_free(&expr->text);
	free(expr);
}

/* "name": */
static void
write_key(bolt__writer *writer, const char *name)
{
	if (name == NULL)
	{
		bolt__writer_fail(writer,
						  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the name of a function is NULL"));
		return;
	}
	bolt__write_string(writer, name, strlen(name));
	bolt__write(writer, ":", 1);
}

/* One operand as it is, several as an array. */
static void
write_operands(bolt__writer *writer, const bolt_argument *operands, size_t count)
{
	if (count == 1)
	{
		bolt__write_operand(writer, operands[0]);
		return;
	}
	bolt__write(writer, "[", 1);
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			bolt__write(writer, ",", 1);
		bolt__write_operand(writer, operands[i]);
	}
	bolt__write(writer, "]", 1);
}

/* Consumes: the text, if it is of this kind. */
static void
write_members(bolt__writer *writer, bolt_expr *expr)
{
	if (expr == NULL)
		bolt__writer_fail(writer, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "an expression is NULL"));
	else if (expr == &expr_without_memory)
		bolt__writer_fail(writer, bolt__out_of_memory());
	else
		bolt__write_move(writer, &expr->text);
	bolt_expr_free(expr);
}

void
bolt__write_expression(bolt__writer *writer, bolt_expr *expr)
{
	if (expr && expr->kind > EXPR_EXISTS)
		bolt__writer_fail(writer, bolt__error_new(BOLT_TYPE_ERROR, NULL, "%s", misplaced[expr->kind]));
	bolt__write(writer, "{", 1);
	write_members(writer, expr);
	bolt__write(writer, "}", 1);
}

void
bolt__write_exists(bolt__writer *writer, bolt_expr *expr)
{
	if (expr && expr != &expr_without_memory && expr->kind != EXPR_EXISTS)
		bolt__writer_fail(
			writer,
			bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL, "an expression is no condition"),
							 "Only bolt_exists(…) is one; others are values: BOLT_KW(\"field\", …)."));
	write_members(writer, expr);
}

void
bolt__write_ordering(bolt__writer *writer, bolt_argument argument)
{
	if (argument.kind != BOLT_ARGUMENT_TEXT && argument.kind != BOLT_ARGUMENT_EXPR)
	{
		bolt__writer_fail(writer,
						  bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL,
														   "an ordering's term is "
														   "NULL, or is none"),
										   "A term is \"field\", \"-field\" or an expression."));
		bolt__argument_free(argument);
	}
	else if (argument.kind == BOLT_ARGUMENT_TEXT)
	{
		if (argument.value.text == NULL)
			bolt__writer_fail(writer,
							  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "an ordering's term is NULL"));
		bolt__write_literal(writer, argument);
	}
	else if (argument.value.expr && argument.value.expr->kind == EXPR_ORDERING)
	{
		bolt__write(writer, "{", 1);
		write_members(writer, argument.value.expr);
		bolt__write(writer, "}", 1);
	}
	else
	{
		bolt__write_text(writer, "{\"expr\":");
		bolt__write_expression(writer, argument.value.expr);
		bolt__write(writer, "}", 1);
	}
}

/* ----------
 * Making them
 * ----------
 */

/* {"F": "path"}: a name with a text. */
static bolt_expr *
named_path(const char *name, const char *path)
{
	bolt_expr *expr = make_expr(EXPR_VALUE);

	if (expr == NULL)
		return &expr_without_memory;
	write_key(&expr->text, name);
	if (path == NULL)
		bolt__writer_fail(&expr->text,
						  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the path of %s is NULL", name));
	else
		bolt__write_string(&expr->text, path, strlen(path));
	return expr;
}

bolt_expr *
bolt_f(const char *path)
{
	return named_path("F", path);
}

bolt_expr *
bolt_outer_ref(const char *path)
{
	return named_path("OuterRef", path);
}

bolt_expr *
bolt_value_of(bolt_argument value)
{
	bolt_expr *expr;

	/* as in Django, an expression is itself */
	if (value.kind == BOLT_ARGUMENT_EXPR)
		return value.value.expr;
	expr = make_expr(EXPR_VALUE);
	if (expr == NULL)
		return without_memory(&value, 1);
	write_key(&expr->text, "Value");
	bolt__write_literal(&expr->text, value);
	return expr;
}

bolt_expr *
bolt_json_value(const char *json, size_t length)
{
	bolt_expr *expr = make_expr(EXPR_VALUE);
	bolt__reader reader = {.begin = json, .at = json, .end = json + length};

	if (expr == NULL)
		return &expr_without_memory;
	write_key(&expr->text, "Value");
	if (json == NULL)
		bolt__writer_fail(&expr->text, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "a JSON text is NULL"));
	else if (!bolt__skip(&reader) || !bolt__read_end(&reader))
		bolt__writer_fail(&expr->text,
						  bolt__error_new(BOLT_VALUE_ERROR, "22P02", "invalid JSON at byte %zu: %s",
										  (size_t) (reader.at - reader.begin), reader.fault));
	else
		bolt__write(&expr->text, json, length);
	return expr;
}

bolt_expr *
bolt_result_at(const bolt_argument *path, size_t count)
{
	bolt_expr *expr = make_expr(EXPR_VALUE);

	if (expr == NULL)
		return without_memory(path, count);
	bolt__write_text(&expr->text, "\"Ref\":");
	bolt__write_list(&expr->text, bolt_list_new(path, count));
	return expr;
}

static bolt_expr *
of_queryset(ExprKind kind, const char *name, bolt_queryset *queryset)
{
	bolt_expr *expr = make_expr(kind);

	if (expr == NULL)
	{
		bolt_unref(queryset);
		return &expr_without_memory;
	}
	write_key(&expr->text, name);
	bolt__write_queryset(&expr->text, queryset, kind == EXPR_EXISTS ? "bolt_exists" : "bolt_subquery", true);
	return expr;
}

bolt_expr *
bolt_subquery(bolt_queryset *queryset)
{
	return of_queryset(EXPR_VALUE, "Subquery", queryset);
}

bolt_expr *
bolt_exists(bolt_queryset *queryset)
{
	return of_queryset(EXPR_EXISTS, "Exists", queryset);
}

bolt_expr *
bolt_func_of(const char *name, const bolt_argument *operands, size_t count)
{
	bolt_expr *expr = make_expr(EXPR_VALUE);

	if (expr == NULL)
		return without_memory(operands, count);
	write_key(&expr->text, name);
	write_operands(&expr->text, operands, count);
	return expr;
}

bolt_expr *
bolt_func_with(const char *name, bolt_argument operand, const char *option, const char *value)
{
	bolt_expr *expr = bolt_func_of(name, &operand, 1);

	if (expr == &expr_without_memory)
		return expr;
	bolt__write(&expr->text, ",", 1);
	write_key(&expr->text, option);
	if (value == NULL)
		bolt__writer_fail(&expr->text,
						  bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "the %s of %s is NULL", option, name));
	else
		bolt__write_string(&expr->text, value, strlen(value));
	return expr;
}

/* ----------
 * Case
 * ----------
 */
bolt_expr *
bolt_when_of(bolt_argument condition, bolt_argument then)
{
	bolt_expr *expr = make_expr(EXPR_WHEN);

	if (expr == NULL)
		return without_memory((const bolt_argument[]){condition, then}, 2);
	bolt__write_text(&expr->text, "\"when\":{");
	bolt__write_conditions(&expr->text, &condition, 1);
	bolt__write_text(&expr->text, "},\"then\":");
	bolt__write_operand(&expr->text, then);
	return expr;
}

bolt_expr *
bolt_default_of(bolt_argument value)
{
	bolt_expr *expr = make_expr(EXPR_DEFAULT);

	if (expr == NULL)
		return without_memory(&value, 1);
	bolt__write_operand(&expr->text, value);
	return expr;
}

static void
write_branch(bolt__writer *writer, bolt_argument branch, bool last)
{
	bolt_expr *expr = branch.kind == BOLT_ARGUMENT_EXPR ? branch.value.expr : NULL;

	if (expr && expr != &expr_without_memory && expr->kind == EXPR_DEFAULT && last)
	{
		bolt__write_text(writer, "],\"default\":");
		write_members(writer, expr);
		return;
	}
	if (expr == NULL || (expr->kind != EXPR_WHEN && expr != &expr_without_memory))
	{
		bolt__writer_fail(
			writer,
			bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL, "a branch of bolt_case() is none"),
							 "Its arguments are bolt_when(…), and at the end bolt_default(…)."));
		bolt__argument_free(branch);
		return;
	}
	bolt__write(writer, "{", 1);
	write_members(writer, expr);
	bolt__write_text(writer, last ? "}]" : "}");
}

bolt_expr *
bolt_case_of(const bolt_argument *branches, size_t count)
{
	bolt_expr *expr = make_expr(EXPR_VALUE);

	if (expr == NULL)
		return without_memory(branches, count);
	bolt__write_text(&expr->text, count > 0 ? "\"Case\":[" : "\"Case\":[]");
	for (size_t i = 0; i < count; i++)
	{
		bool is_default = branches[i].kind == BOLT_ARGUMENT_EXPR && branches[i].value.expr &&
			branches[i].value.expr->kind == EXPR_DEFAULT;

		if (i > 0 && !is_default)
			bolt__write(&expr->text, ",", 1);
		write_branch(&expr->text, branches[i], i == count - 1);
	}
	return expr;
}

/* ----------
 * Aggregates, windows, orderings
 * ----------
 */

static void
write_list_option(bolt__writer *writer, const char *name, bolt_list *list)
{
	if (list == NULL)
		return;
	bolt__write(writer, ",", 1);
	write_key(writer, name);
	bolt__write_list(writer, list);
}

bolt_expr *
bolt_aggregate_of(const char *name, const bolt_argument *operands, size_t count,
				  const bolt_aggregate_options *options)
{
	bolt_expr *expr = bolt_func_of(name, operands, count);
	bolt__writer *writer = &expr->text;

	if (expr == &expr_without_memory)
	{
		bolt_q_free(options->filter);
		bolt_expr_free(options->default_value);
		bolt_list_free(options->order_by);
		return expr;
	}
	if (options->filter)
	{
		bolt__write_text(writer, ",\"filter\":{");
		bolt__write_conditions(writer, (const bolt_argument[]){bolt_argument_q(options->filter)}, 1);
		bolt__write(writer, "}", 1);
	}
	if (options->distinct)
		bolt__write_text(writer, ",\"distinct\":true");
	if (options->default_value)
	{
		bolt__write_text(writer, ",\"default\":");
		bolt__write_expression(writer, options->default_value);
	}
	write_list_option(writer, "order_by", options->order_by);
	return expr;
}

bolt_expr *
bolt_window_of(bolt_expr *inner, const bolt_window_options *options)
{
	bolt_expr *expr = make_expr(EXPR_VALUE);
	bolt_kw *frame =
		options->size >= sizeof(bolt_window_options) ? options->frame : NULL; /* else of an older program */

	if (expr == NULL)
	{
		bolt_expr_free(inner);
		bolt_list_free(options->partition_by);
		bolt_list_free(options->order_by);
		bolt_kw_free(frame);
		return &expr_without_memory;
	}
	write_key(&expr->text, "Window");
	bolt__write_expression(&expr->text, inner);
	write_list_option(&expr->text, "partition_by", options->partition_by);
	write_list_option(&expr->text, "order_by", options->order_by);
	if (frame != NULL)
	{
		bolt__write_text(&expr->text, ",\"frame\":{");
		bolt__write_kw(&expr->text, frame, BOLT__KW_VALUES);
		bolt__write(&expr->text, "}", 1);
	}
	return expr;
}

bolt_expr *
bolt_ordering_of(bolt_argument term, bool descending, bolt_nulls nulls)
{
	bolt_expr *expr = make_expr(EXPR_ORDERING);

	if (expr == NULL)
		return without_memory(&term, 1);
	write_key(&expr->text, "expr");
	bolt__write_operand(&expr->text, term);
	if (descending)
		bolt__write_text(&expr->text, ",\"desc\":true");
	if (nulls != BOLT_NULLS_DEFAULT)
		bolt__write_text(&expr->text,
						 nulls == BOLT_NULLS_FIRST ? ",\"nulls\":\"first\"" : ",\"nulls\":\"last\"");
	return expr;
}
