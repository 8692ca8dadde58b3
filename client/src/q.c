/*-------------------------------------------------------------------------
 *
 * q.c
 *	  Conditions: Django's Q.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "expression.h"
#include "value.h"

struct bolt_q
{
	bolt__writer text; /* members, without the braces */
};

static bolt_q q_without_memory;

/* Consumes. */
static void
write_q(bolt__writer *writer, bolt_q *q)
{
	if (q == NULL)
		bolt__writer_fail(writer, bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "a Q is NULL"));
	else if (q == &q_without_memory)
		bolt__writer_fail(writer, bolt__out_of_memory());
	else
		bolt__write_move(writer, &q->text);
	bolt_q_free(q);
}

static void
write_condition(bolt__writer *writer, bolt_argument condition)
{
	if (condition.kind == BOLT_ARGUMENT_KW)
		bolt__write_kw(writer, condition.value.kw, BOLT__KW_CONDITIONS);
	else if (condition.kind == BOLT_ARGUMENT_Q)
		write_q(writer, condition.value.q);
	else if (condition.kind == BOLT_ARGUMENT_EXPR)
		bolt__write_exists(writer, condition.value.expr);
	else
	{
		bolt__writer_fail(
			writer,
			bolt__error_hint(bolt__error_new(BOLT_TYPE_ERROR, NULL, "a condition is NULL, or is none"),
							 "A condition is BOLT_KW(…), bolt_q(…), bolt_q_or(…) or bolt_exists(…)."));
		bolt__argument_free(condition);
	}
}

/* "OR":[{…},{…}] */
static void
write_connected(bolt__writer *writer, const char *connector, const bolt_argument *conditions, size_t count)
{
	bolt__write_string(writer, connector, strlen(connector));
	bolt__write(writer, ":[", 2);
	for (size_t i = 0; i < count; i++)
	{
		bolt__write_text(writer, i > 0 ? ",{" : "{");
		write_condition(writer, conditions[i]);
		bolt__write(writer, "}", 1);
	}
	bolt__write(writer, "]", 1);
}

void
bolt__write_conditions(bolt__writer *writer, const bolt_argument *conditions, size_t count)
{
	if (count == 1)
		write_condition(writer, conditions[0]);
	else if (count > 1)
		write_connected(writer, "AND", conditions, count);
}

bolt_q *
bolt_q_of(const char *connector, const bolt_argument *conditions, size_t count)
{
	bolt_q *q = calloc(1, sizeof(bolt_q));

	if (q == NULL)
	{
		for (size_t i = 0; i < count; i++)
			bolt__argument_free(conditions[i]);
		return &q_without_memory;
	}
	if (strcmp(connector, "AND") == 0)
		bolt__write_conditions(&q->text, conditions, count);
	else if (strcmp(connector, "NOT") == 0)
	{
		bolt__write_text(&q->text, "\"NOT\":{");
		bolt__write_conditions(&q->text, conditions, count);
		bolt__write(&q->text, "}", 1);
	}
	else
		write_connected(&q->text, connector, conditions, count);
	return q;
}

void
bolt_q_free(bolt_q *q)
{
	if (q == NULL || q == &q_without_memory)
		return;
	bolt__writer_free(&q->text);
	free(q);
}
