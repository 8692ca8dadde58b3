/*-------------------------------------------------------------------------
 *
 * combine.c
 *	  union(), intersection() and difference(): querysets side by side.
 *
 * The first queryset says which columns there are; the others select the same
 * ones.  What orders the whole must be among them, as SQL has it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "error.h"
#include "miscadmin.h"

/* The annotation that an output of the first queryset is, or NULL. */
static const Annotation *
annotation_of_output(const SelectText *first, const char *output)
{
	ListCell *lc;

	foreach(lc, first->select->annotations)
	{
		const Annotation *annotation = lfirst(lc);

		if (!annotation->fixed && strcmp(annotation->operand.sql, output) == 0)
			return annotation;
	}
	return NULL;
}

/* The same output of another queryset over the same model. */
static const char *
same_output(const SelectText *first, const SelectText *other, const char *output)
{
	const Annotation *annotation = annotation_of_output(first, output);
	ListCell *lc;

	if (annotation == NULL)
	{
		const char *name = strchr(output, '.');

		return psprintf("t%d%s", bolt_base_alias(other->select), name);
	}
	foreach(lc, other->select->annotations)
	{
		const Annotation *same = lfirst(lc);

		if (strcmp(same->name, annotation->name) == 0)
			return same->operand.sql;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("combined querysets must have the same columns: one has no annotation \"%s\"",
					annotation->name),
			 bolt_errdetail_at(other->queryset->source)));
}

static void
add_other_outputs(const SelectText *first, SelectText *other)
{
	ListCell *lc;

	if (first->queryset->values_kind == VALUES_NONE && other->queryset->values_kind == VALUES_NONE)
	{
		if (first->model != other->model)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("combined querysets of different models need values() or values_list()"),
					 bolt_errdetail_at(other->queryset->source)));
		foreach(lc, first->outputs)
			other->outputs =
				lappend(other->outputs, unconstify(char *, same_output(first, other, lfirst(lc))));
		return;
	}
	foreach(lc,
			other->queryset->values_kind == VALUES_NONE ? bolt_values_terms(unconstify(SelectText *, first)) :
														  bolt_values_terms(other))
	{
		const PathTerm *term = lfirst(lc);
		FieldPath *path = bolt_parse_select_path(other->select, term->path, term->value);
		Operand operands[INDEX_MAX_KEYS];
		int n = bolt_path_operands(other->select, bolt_base_alias(other->select), path, 0, operands);

		for (int i = 0; i < n; i++)
		{
			bolt_apply_transforms(other->select, &operands[i], path);
			other->outputs = lappend(other->outputs, unconstify(char *, operands[i].sql));
		}
	}
	if (list_length(other->outputs) != list_length(first->outputs))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("combined querysets must have the same number of columns: %d and %d",
						list_length(first->outputs), list_length(other->outputs)),
				 bolt_errdetail_at(other->queryset->source)));
}

/* (SELECT …), its own order and slice within */
static void
append_other(StringInfo sql, const SelectText *first, const QuerySet *queryset)
{
	SelectText other;
	const Model *model =
		queryset->model == NULL ? first->model : bolt_model_by_name(queryset->model->text, queryset->model);

	check_stack_depth();
	if (first->select->outer_query != NULL)
		bolt_begin_inner_text(&other, first->select->outer_query, model, queryset);
	else
		bolt_begin_select_text(&other, first->select->statement, model, queryset);
	if (bolt_is_sliced(queryset) || queryset->distinct_on != NIL)
		bolt_add_order(&other);
	add_other_outputs(first, &other);
	bolt_group_by_values(&other);
	appendStringInfoChar(sql, '(');
	if (queryset->combined != NIL)
		bolt_append_combined(sql, &other);
	else
	{
		bolt_append_select(sql, &other, NULL, NULL, NULL, false);
		bolt_append_order(sql, &other);
	}
	bolt_append_slice(sql, &other);
	appendStringInfoChar(sql, ')');
	bolt_limit_sql(sql->len);
}

/* ORDER BY the numbers of output columns */
static void
append_order_numbers(StringInfo sql, SelectText *text)
{
	ListCell *lc;

	foreach(lc, text->order)
	{
		OrderExpression *order = lfirst(lc);
		int number = 0;

		for (int i = 0; i < list_length(text->outputs) && number == 0; i++)
		{
			if (strcmp(list_nth(text->outputs, i), order->text) == 0)
				number = i + 1;
		}
		if (number == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("ORDER BY term does not match any column in the result set"),
					 bolt_errdetail_at(text->queryset->source)));
		order->text = psprintf("%d", number);
	}
	bolt_append_order(sql, text);
}

/* The queryset that the others are combined with, its own order and slice within */
static void
append_first(StringInfo sql, SelectText *text)
{
	SelectText first = *text;

	if (text->queryset->first != NULL)
	{
		first.queryset = text->queryset->first;
		bolt_add_order(&first);
	}
	bolt_append_select(sql, &first, NULL, NULL, NULL, false);
	bolt_append_order(sql, &first);
	if (text->queryset->first != NULL)
		bolt_append_slice(sql, &first);
}

/*
 * The queryset of text, whose outputs are complete, combined with the others, in
 * order.  A slice is still to be appended.
 */
void
bolt_append_combined(StringInfo sql, SelectText *text)
{
	StringInfoData combined;
	List *order = text->order;
	ListCell *lc;

	initStringInfo(&combined);
	appendStringInfoChar(&combined, '(');
	text->order = NIL;
	append_first(&combined, text);
	text->order = order;
	appendStringInfoChar(&combined, ')');
	foreach(lc, text->queryset->combined)
	{
		const CombineCall *call = lfirst(lc);
		ListCell *each;

		foreach(each, call->querysets)
		{
			/* from the left, whatever the operators' own precedence */
			combined.data = psprintf("(%s)", combined.data);
			combined.len = strlen(combined.data);
			combined.maxlen = combined.len + 1;
			appendStringInfo(&combined, " %s ", call->opname);
			append_other(&combined, text, lfirst(each));
		}
	}
	appendStringInfoString(sql, combined.data);
	append_order_numbers(sql, text);
}
