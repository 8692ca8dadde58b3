/*-------------------------------------------------------------------------
 *
 * compile_scalar.c
 *	  Querysets of which not the rows are wanted: count(), exists(), aggregate().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* What values() selects, for a query that does not return it. */
static void
add_values_outputs(SelectText *text)
{
	FetchGraph graph = {.context = CurrentMemoryContext};
	Compiler scratch = {.graph = &graph};
	FetchNode node = {0};
	ItemList items = {&scratch, &node, 0};

	if (text->queryset->dates != NULL)
		bolt_add_dates_item(&items, text);
	else
		bolt_add_values_items(&items, text);
}

static void
add_all_outputs(SelectText *text)
{
	ListCell *lc;

	if (text->queryset->values_kind != VALUES_NONE)
	{
		add_values_outputs(text);
		return;
	}
	for (int i = 0; i < text->model->nfields; i++)
		bolt_add_output(text, bolt_column_text(bolt_base_alias(text->select), &text->model->fields[i]));
	foreach(lc, text->select->annotations)
	{
		const Annotation *annotation = lfirst(lc);

		if (!annotation->alias)
			bolt_add_output(text, annotation->operand.sql);
	}
}

/* The rows themselves, as the FROM of a query that only counts them; exists() drops their order. */
static void
append_counted_rows(StringInfo sql, SelectText *text, FetchPurpose purpose)
{
	const QuerySet *queryset = text->queryset;
	bool ordered = purpose != FETCH_EXISTS && (bolt_is_sliced(queryset) || queryset->distinct_on != NIL);
	ListCell *lc;

	if (ordered)
		bolt_add_order(text);
	/* a path of values() through a to-many relation multiplies the rows */
	if (queryset->values_kind != VALUES_NONE || queryset->group_by_values)
		add_values_outputs(text);
	else if (queryset->combined != NIL)
		add_all_outputs(text);
	else if (queryset->distinct && (!text->model->primary_key_constraint || bolt_computes_window(text)))
		add_all_outputs(text);
	else
	{
		bolt_add_output(text, "1");
		foreach(lc, text->select->annotations)
		{
			const Annotation *annotation = lfirst(lc);

			if (queryset->distinct && !annotation->alias && !annotation->operand.window)
				text->grouped = lappend(text->grouped, unconstify(char *, annotation->operand.sql));
		}
	}
	bolt_group_by_values(text);
	if (queryset->combined != NIL)
	{
		bolt_append_combined(sql, text);
		bolt_append_slice(sql, text);
		return;
	}
	bolt_append_select(sql, text, NULL, NULL, NULL, false);
	if (ordered)
		bolt_append_order(sql, text);
	bolt_append_slice(sql, text);
}

void
bolt_compile_scalar(Compiler *compiler, const Model *model, const QuerySet *queryset, FetchPurpose purpose)
{
	Statement statement = {.context = compiler->graph->context};
	SelectText text;
	StringInfoData sql;
	Branch branch = {.name = "", .model = model};
	FetchNode *node = bolt_new_node(compiler, NULL, &branch);

	bolt_begin_select_text(&text, &statement, model, queryset);
	initStringInfo(&sql);
	if (purpose == FETCH_EXISTS)
	{
		appendStringInfoString(&sql, "SELECT EXISTS (");
		append_counted_rows(&sql, &text, purpose);
		appendStringInfoChar(&sql, ')');
	}
	else if (queryset->distinct || queryset->group_by_values || queryset->combined != NIL ||
			 bolt_is_sliced(queryset) || text.around.len > 0)
	{
		appendStringInfoString(&sql, "SELECT pg_catalog.count(*) FROM (");
		append_counted_rows(&sql, &text, purpose);
		appendStringInfoString(&sql, ") AS s");
	}
	else
	{
		if (queryset->values_kind != VALUES_NONE)
			add_values_outputs(&text);
		text.outputs = list_make1("pg_catalog.count(*)");
		bolt_append_select(&sql, &text, NULL, NULL, NULL, false);
	}
	node->statement = bolt_finish_statement(compiler, &statement, sql.data);
	node->statement->parallel = true;
}

static void
derive_column(SelectText *inner, const Annotation *annotation, List **names)
{
	Annotation *name = palloc(sizeof(Annotation));

	*name = *annotation;
	*names = lappend(*names, name);
	inner->outputs = lappend(inner->outputs, unconstify(char *, annotation->operand.sql));
	inner->names = lappend(inner->names, pstrdup(quote_identifier(annotation->name)));
	inner->grouped = lappend(inner->grouped, unconstify(char *, annotation->operand.sql));
}

/*
 * The queryset as a table of its own, where aggregates are over what a slice or
 * a DISTINCT leaves: its columns, and its annotations by their names.
 */
static void
derive(SelectText *text, Statement *statement, const Model *model, const QuerySet *queryset)
{
	SelectText inner;
	StringInfoData sql;
	QuerySet *plain = palloc0(sizeof(QuerySet));
	List *names = NIL;
	ListCell *lc;

	bolt_begin_select_text(&inner, statement, model, queryset);

	/* an order that chooses no rows is none: a path to many in it would multiply them */
	if (bolt_is_sliced(queryset) || queryset->distinct_on != NIL)
		bolt_add_order(&inner);
	if (queryset->dates != NULL)
	{
		Annotation value = {.name = "datefield"};

		bolt_expression(inner.select, bolt_base_alias(inner.select), queryset->dates, &value.operand);
		inner.order = NIL;
		bolt_order_by_dates(&inner, &value.operand);
		derive_column(&inner, &value, &names);
	}
	else if (queryset->values_kind == VALUES_NONE)
	{
		for (int i = 0; i < model->nfields; i++)
		{
			inner.outputs =
				lappend(inner.outputs, bolt_column_text(bolt_base_alias(inner.select), &model->fields[i]));
			inner.names = lappend(inner.names, pstrdup(quote_identifier(model->fields[i].name)));
		}
		foreach(lc, inner.select->annotations)
			derive_column(&inner, lfirst(lc), &names);
	}
	else
	{
		/* of values() nothing is left but what it names */
		foreach(lc, bolt_values_terms(&inner))
		{
			const PathTerm *term = lfirst(lc);
			FieldPath *path = bolt_parse_select_path(inner.select, term->path, term->value);
			Operand operands[INDEX_MAX_KEYS];
			Annotation value = {.name = term->path};

			bolt_path_operands(inner.select, bolt_base_alias(inner.select), path, 0, operands);
			bolt_apply_transforms(inner.select, &operands[0], path);
			value.operand = operands[0];
			derive_column(&inner, &value, &names);
		}
	}
	bolt_group_by_values(&inner);
	initStringInfo(&sql);
	appendStringInfoChar(&sql, '(');
	bolt_append_select(&sql, &inner, NULL, NULL, NULL, false);
	bolt_append_order(&sql, &inner);
	bolt_append_slice(&sql, &inner);
	appendStringInfoString(&sql, ") AS");

	plain->source = queryset->source;
	bolt_begin_select_text(text, statement, model, plain);
	((JoinedTable *) linitial(text->select->joins))->derived = sql.data;
	foreach(lc, names)
	{
		Annotation *annotation = lfirst(lc);
		StringInfoData column;

		initStringInfo(&column);
		bolt_append_column(&column, bolt_base_alias(text->select), annotation->name);
		annotation->operand.sql = column.data;
		annotation->operand.aggregate = annotation->operand.window = false;
	}
	text->select->annotations = names;
}

static bool
annotates_window(const QuerySet *queryset)
{
	ListCell *lc;

	foreach(lc, queryset->calls)
	{
		const AnnotateCall *annotate = ((QueryCall *) lfirst(lc))->annotate;

		if (annotate != NULL && bolt_has_window(annotate->expression))
			return true;
	}
	return false;
}

/* Does an expression join rows of a to-many relation?  What other annotations do is theirs. */
static bool
joins_many(const Model *model, const Expression *expression, const struct NameTable *names)
{
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (expression->kind == EXPRESSION_F)
		return !bolt_names_annotation(expression->path, names) &&
			bolt_first_to_many(bolt_parse_path(model, expression->path, expression->value)) >= 0;
	if (expression->kind == EXPRESSION_AGGREGATE)
		return false;
	foreach(lc, expression->operands)
	{
		if (joins_many(model, lfirst(lc), names))
			return true;
	}
	return expression->otherwise != NULL && joins_many(model, expression->otherwise, names);
}

static bool
annotates_joined_rows(const Model *model, const QuerySet *queryset)
{
	const struct NameTable *names;
	ListCell *lc;

	if (queryset->calls == NIL)
		return false;
	names = bolt_annotation_names(queryset->calls);
	foreach(lc, queryset->calls)
	{
		const AnnotateCall *annotate = ((QueryCall *) lfirst(lc))->annotate;

		if (annotate != NULL && joins_many(model, annotate->expression, names))
			return true;
	}
	return false;
}

/* aggregate(): one row whose members are the aggregates */
void
bolt_compile_aggregates(Compiler *compiler, const Model *model, const QuerySet *queryset)
{
	Statement statement = {.context = compiler->graph->context};
	SelectText text;
	StringInfoData sql;
	Branch branch = {.name = "", .model = model};
	FetchNode *node = bolt_new_node(compiler, NULL, &branch);
	ItemList items = {compiler, node, 0};
	ListCell *lc;

	if (queryset->distinct || queryset->group_by_values || bolt_is_sliced(queryset) ||
		annotates_window(queryset))
		derive(&text, &statement, model, queryset);
	else
	{
		QuerySet *whole = palloc(sizeof(QuerySet));

		/* each object once, but where annotations have made them rows of what they are joined with */
		*whole = *queryset;
		whole->rows_by_exists = !annotates_joined_rows(model, queryset);
		bolt_begin_select_text(&text, &statement, model, whole);
	}
	node->open = "{";
	node->close = "}";
	text.select->grouped = text.select->aggregating = true;
	foreach(lc, queryset->aggregates)
	{
		const AnnotateCall *call = lfirst(lc);
		Annotation *name;
		Operand operand;

		bolt_expression(text.select, bolt_base_alias(text.select), call->expression, &operand);
		if (!operand.aggregate)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s is not an aggregate expression", call->name),
					 bolt_errdetail_at(call->value)));

		/* a later one may make use of it */
		name = palloc0(sizeof(Annotation));
		name->name = call->name;
		name->expression = call->expression;
		name->operand = operand;
		name->operand.display = call->name;
		text.select->annotations = lappend(text.select->annotations, name);
		bolt_add_expression_item(&items, call->name, &text, operand.sql);
	}
	if (queryset->aggregates == NIL)
		bolt_add_output(&text, "1");
	initStringInfo(&sql);
	bolt_append_select(&sql, &text, NULL, NULL, NULL, false);
	if (queryset->aggregates == NIL)
		appendStringInfoString(&sql, " LIMIT 1");
	node->statement = bolt_finish_statement(compiler, &statement, sql.data);
	node->statement->parallel = true;
}
