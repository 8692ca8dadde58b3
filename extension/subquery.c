/*-------------------------------------------------------------------------
 *
 * subquery.c
 *	  Querysets inside expressions and conditions: Subquery and Exists.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "error.h"
#include "miscadmin.h"

/* A queryset whose OuterRefs speak of the select around it. */
static void
begin_inner(SelectText *text, Select *select, const QuerySet *queryset)
{
	const Model *model;

	check_stack_depth();
	if (queryset->model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a queryset document needs the key \"model\""), bolt_errdetail_at(queryset->source)));
	model = bolt_model_by_name(queryset->model->text, queryset->model);
	bolt_begin_inner_text(text, select, model, queryset);
}

/* The one column that a subquery selects: what values() names, else the primary key */
static void
add_column(SelectText *text, Operand *result)
{
	const QuerySet *queryset = text->queryset;
	int alias = bolt_base_alias(text->select);
	const PathTerm *term = queryset->values != NIL ? linitial(queryset->values) : NULL;
	FieldPath *path = bolt_parse_select_path(text->select, term ? term->path : PRIMARY_KEY_PATH,
											 term ? term->value : queryset->source);
	Operand operands[INDEX_MAX_KEYS];

	if (list_length(queryset->values) > 1 || path->nfields > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("subquery must return only one column"),
				 bolt_errdetail_at(queryset->source), errhint("Name the column in \"values\".")));
	bolt_path_operands(text->select, alias, path, 0, operands);
	bolt_apply_transforms(text->select, &operands[0], path);
	bolt_add_output(text, operands[0].sql);
	result->type = operands[0].type;
}

/* EXISTS (SELECT 1 FROM …) */
void
bolt_append_exists_queryset(StringInfo sql, Select *select, const QuerySet *queryset)
{
	SelectText text;

	begin_inner(&text, select, queryset);
	appendStringInfoString(sql, "EXISTS (");
	if (queryset->combined != NIL)
	{
		Operand ignored;

		/* which rows are the same depends on what is selected */
		add_column(&text, &ignored);
		bolt_append_combined(sql, &text);
	}
	else
	{
		bolt_add_output(&text, "1");
		bolt_append_select(sql, &text, NULL, NULL, NULL, false);
	}
	bolt_append_slice(sql, &text);
	appendStringInfoChar(sql, ')');
}

/* (SELECT column FROM … ORDER BY … LIMIT …) */
void
bolt_subquery(Select *select, const Expression *expression, Operand *result)
{
	SelectText text;
	StringInfoData sql;

	begin_inner(&text, select, expression->queryset);
	bolt_add_order(&text);
	add_column(&text, result);
	bolt_group_by_values(&text);
	initStringInfo(&sql);
	appendStringInfoChar(&sql, '(');
	if (expression->queryset->combined != NIL)
		bolt_append_combined(&sql, &text);
	else
	{
		bolt_append_select(&sql, &text, NULL, NULL, NULL, false);
		bolt_append_order(&sql, &text);
	}
	bolt_append_slice(&sql, &text);
	appendStringInfoChar(&sql, ')');
	result->sql = sql.data;
	result->nullable = true;
}
