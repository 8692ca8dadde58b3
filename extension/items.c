/*-------------------------------------------------------------------------
 *
 * items.c
 *	  The members of a node's objects: columns, values, children.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "error.h"
#include "json_out.h"
#include "miscadmin.h"
#include "name_table.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

static FetchItem *
add_item(ItemList *items, const char *name)
{
	FetchNode *node = items->node;
	JsonBuffer prefix;
	FetchItem *item;

	if (node->nitems == items->size)
	{
		FetchItem *old = node->items;

		items->size = Max(16, items->size * 2);
		node->items = bolt_graph_alloc(items->compiler, sizeof(FetchItem) * items->size);
		if (old != NULL)
		{
			memcpy(node->items, old, sizeof(FetchItem) * node->nitems);
			pfree(old);
		}
	}
	item = &node->items[node->nitems];
	bolt_json_buffer_init(&prefix, items->compiler->graph->context, 0);
	if (node->nitems > 0)
		json_buffer_append_char(&prefix, ',');
	else
		json_buffer_append(&prefix, node->open, strlen(node->open));
	if (name != NULL)
	{
		bolt_json_write_string(&prefix, name, strlen(name));
		json_buffer_append_char(&prefix, ':');
	}
	json_buffer_append_char(&prefix, '\0');
	item->prefix = MemoryContextStrdup(items->compiler->graph->context, prefix.data);
	item->prefix_length = prefix.length - 1;
	pfree(prefix.data);
	node->nitems++;
	return item;
}

static void
add_column_item(ItemList *items, const char *name, SelectText *text, const char *expression, Oid type)
{
	FetchItem *item = add_item(items, name);

	item->attno = bolt_add_output(text, expression);
	item->type = type;
}

static void
add_child_item(ItemList *items, const Branch *branch)
{
	/* the node itself is compiled when this one's select list is complete */
	add_item(items, branch->name)->child = (FetchNode *) branch;
}

static const Branch *
branch_in_place_of(const Branch *branch, const Field *field)
{
	ListCell *lc;

	if (branch->recurse && strcmp(branch->name, field->name) == 0)
		return branch;
	foreach(lc, branch->branches)
	{
		if (strcmp(((Branch *) lfirst(lc))->name, field->name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * An aggregate over a relation that is only to be written out: a child whose
 * statement groups by the keys of the rows, rather than a subquery a row.
 */
static bool
add_aggregate_item(ItemList *items, SelectText *text, const Annotation *annotation)
{
	const ModelRelation *relation = bolt_keyed_aggregate(text->select, annotation->expression);
	Branch *branch;

	if (relation == NULL || annotation->used)
		return false;
	branch = palloc0(sizeof(Branch));
	branch->name = annotation->name;
	branch->relation = relation;
	branch->model = bolt_model_by_oid(relation->target);
	branch->aggregate = annotation->expression;
	add_child_item(items, branch);
	return true;
}

static void
add_annotation_items(ItemList *items, SelectText *text)
{
	ListCell *lc;

	foreach(lc, text->select->annotations)
	{
		const Annotation *annotation = lfirst(lc);

		if (annotation->alias)
			continue;
		if (add_aggregate_item(items, text, annotation))
			continue;
		add_column_item(items, annotation->name, text, annotation->operand.sql, InvalidOid);
		text->grouped = lappend(text->grouped, unconstify(char *, annotation->operand.sql));
	}
}

/* Columns in table order, then what select_related and prefetch_related add. */
void
bolt_add_object_items(ItemList *items, const Branch *branch, SelectText *text)
{
	const Model *model = branch->model;
	int alias = bolt_base_alias(text->select);
	List *placed = NIL;

	items->node->open = "{";
	items->node->close = "}";
	for (int i = 0; i < model->nfields; i++)
	{
		const Field *field = &model->fields[i];
		const Branch *child = branch_in_place_of(branch, field);

		if (child != NULL)
		{
			add_child_item(items, child);
			placed = lappend(placed, unconstify(Branch *, child));
		}
		else if (branch->loaded[i])
			add_column_item(items, field->name, text, bolt_column_text(alias, field), field->type);
	}
	add_annotation_items(items, text);
	for (int selected = 1; selected >= 0; selected--)
	{
		ListCell *lc;

		foreach(lc, branch->branches)
		{
			Branch *child = lfirst(lc);

			if (child->selected == (bool) selected && !list_member_ptr(placed, child))
				add_child_item(items, child);
		}
	}
	if (branch->recurse && !list_member_ptr(placed, branch))
		add_child_item(items, branch);
}

/* One member of values(): a path's column, or the columns of a composite key. */
static void
add_value_item(ItemList *items, SelectText *text, const PathTerm *term)
{
	int alias = bolt_base_alias(text->select);
	FieldPath *path = bolt_parse_select_path(text->select, term->path, term->value);
	const char *name = text->queryset->values_kind == VALUES_OBJECTS ? term->path : NULL;
	Operand operands[INDEX_MAX_KEYS];
	StringInfoData expression;

	if (path->annotation != NULL && path->annotation->alias && !path->annotation->fixed)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("Cannot select the '%s' alias. Use annotate() to promote it", path->annotation->name),
				 bolt_errdetail_at(term->value)));
	bolt_path_operands(text->select, alias, path, 0, operands);
	if (path->nfields == 1)
	{
		bolt_apply_transforms(text->select, &operands[0], path);
		add_column_item(items, name, text, operands[0].sql, operands[0].type);
		return;
	}
	bolt_refuse_rest(path);
	initStringInfo(&expression);
	appendStringInfoString(&expression, "pg_catalog.json_build_array(");
	for (int i = 0; i < path->nfields; i++)
		appendStringInfo(&expression, "%s%s", i > 0 ? ", " : "", operands[i].sql);
	appendStringInfoChar(&expression, ')');
	add_column_item(items, name, text, expression.data, JSONOID);
}

void
bolt_add_values_items(ItemList *items, SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	List *values = bolt_values_terms(text);
	NameTable *names = bolt_name_table_create(list_length(values));
	ListCell *lc;

	items->node->open = queryset->values_kind == VALUES_OBJECTS ? "{" :
		queryset->values_kind == VALUES_LISTS					? "[" :
																  "";
	items->node->close = queryset->values_kind == VALUES_OBJECTS ? "}" :
		queryset->values_kind == VALUES_LISTS					 ? "]" :
																   "";
	if (queryset->prefetch_related != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot call prefetch_related() after .values() or .values_list()"),
				 bolt_errdetail_at(((PrefetchLookup *) linitial(queryset->prefetch_related))->value),
				 errhint("Name the relation's columns in values, or leave values out.")));
	foreach(lc, values)
	{
		PathTerm *term = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (queryset->values_kind == VALUES_FLAT && foreach_current_index(lc) > 0)
			break;
		if (queryset->values_kind != VALUES_OBJECTS ||
			bolt_name_table_add(names, term->path, strlen(term->path), term) == term)
			add_value_item(items, text, term);
	}
}

/* datetimes() wants a time: only dates() casts, which its expression shows */
void
bolt_check_dates(const QuerySet *queryset, const Operand *operand)
{
	if (strcmp(queryset->dates->name, "Trunc") == 0 && OidIsValid(operand->type) &&
		getBaseType(operand->type) == DATEOID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("Cannot truncate DateField '%s' to DateTimeField", queryset->dates->value->text),
				 bolt_errdetail_at(queryset->dates->value)));
}

/* The one value of dates() or datetimes(), which is also what orders them */
void
bolt_add_dates_item(ItemList *items, SelectText *text)
{
	Operand operand;

	items->node->open = items->node->close = "";
	bolt_expression(text->select, bolt_base_alias(text->select), text->queryset->dates, &operand);
	bolt_check_dates(text->queryset, &operand);
	text->order = NIL;
	bolt_order_by_dates(text, &operand);
	add_column_item(items, NULL, text, operand.sql, InvalidOid);
}

/* A member that is an expression */
void
bolt_add_expression_item(ItemList *items, const char *name, SelectText *text, const char *sql)
{
	add_column_item(items, name, text, sql, InvalidOid);
}

static bool
is_unique(const Model *model, const Field *field)
{
	return field->unique || (model->nprimary_key == 1 && model->primary_key[0] == field->attnum);
}

/*
 * "value": before each object, as a member of one JSON object; the text is
 * to_json's, without its quotes.
 */
void
bolt_add_key_item(ItemList *items, SelectText *text)
{
	FieldPath *path = bolt_parse_path(text->model, text->queryset->keyed_by, NULL);
	StringInfoData expression;

	bolt_refuse_rest(path);
	if (path->nfields == 1 && (path->relations != NIL || !is_unique(text->model, path->fields[0])))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("in_bulk()'s field_name must be a unique field but '%s' isn't", path->text)));
	initStringInfo(&expression);
	items->node->open = "";
	if (path->nfields == 1)
		appendStringInfo(&expression, "pg_catalog.to_json(%s)",
						 bolt_column_text(bolt_base_alias(text->select), path->fields[0]));
	else
	{
		appendStringInfoString(&expression, "pg_catalog.json_build_array(");
		for (int i = 0; i < path->nfields; i++)
			appendStringInfo(&expression, "%s%s", i > 0 ? ", " : "",
							 bolt_column_text(bolt_base_alias(text->select), path->fields[i]));
		appendStringInfoChar(&expression, ')');
	}
	appendStringInfoString(&expression, " OPERATOR(pg_catalog.#>>) '{}'");
	add_column_item(items, NULL, text, expression.data, TEXTOID);
}

/* The object's first member opens it behind the key. */
void
bolt_open_behind_key(Compiler *compiler, FetchNode *node)
{
	FetchItem *item = &node->items[1];

	item->prefix = bolt_graph_string(compiler, psprintf(":{%s", item->prefix + 1));
	item->prefix_length++;
}
