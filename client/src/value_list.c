/*-------------------------------------------------------------------------
 *
 * value_list.c
 *	  Lists of values.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "expression_guard.h"
#include "value.h"

struct bolt_list
{
	bolt__writer text; /* values, joined by commas */
	bolt__looks looks;
};

/* What is returned where there is no memory for more. */
static bolt_list list_without_memory;

bolt__looks
bolt__looks_of_list(const bolt_list *list)
{
	return list->looks;
}

bolt_list *
bolt_list_add_argument(bolt_list *list, bolt_argument value)
{
	bolt__looks looks = bolt__looks_of(value);

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
	if (looks == BOLT__LOOKS_LIKE_EXPRESSION)
		list->looks = BOLT__LOOKS_LIKE_LIST_OF_THEM;
	else if (looks == BOLT__IS_EXPRESSION && list->looks == BOLT__LOOKS_PLAIN)
		list->looks = BOLT__IS_EXPRESSION;
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
		bolt__fail_null(writer, "a list");
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
