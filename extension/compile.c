/*-------------------------------------------------------------------------
 *
 * compile.c
 *	  QuerySet to FetchGraph.
 *
 * What postgres_fdw's deparse.c is to plan trees this is to documents: names
 * are quoted, operators qualified, values are parameters.  Everything is built
 * in CurrentMemoryContext, which may be freed afterwards, but for what the graph
 * keeps, which is allocated in its own.
 *
 * A child's statement is flat and keyed: it takes the distinct keys of the rows
 * above as an array and joins no other table for the sake of relations.  It has
 * one of these forms:
 *
 *	  WHERE key = ANY ($1)							an index serves the key
 *	  unnest($1) JOIN table							none does, or several columns
 *	  unnest($1) CROSS JOIN LATERAL (… LIMIT)		so many a parent, with an index
 *	  row_number() OVER (PARTITION BY key)			so many a parent, without;
 *													rows that have to be distinct
 *													first are sliced by LATERAL
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
#include "settings.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

typedef struct Compiler
{
	FetchGraph *graph;
	List	   *nodes;			/* of FetchNode *, parents first */
} Compiler;

/* A key as the compiler sees it: columns on both sides of a relation. */
typedef struct KeyPair
{
	int			n;
	const Model *near_model;
	const Model *far_model;
	const AttrNumber *near_fields;
	const AttrNumber *far_fields;
} KeyPair;

static FetchNode *compile_branch(Compiler *compiler, const Branch *branch, FetchNode *parent,
								 SelectText *parent_text);

static void *
graph_alloc(Compiler *compiler, Size size)
{
	return MemoryContextAllocZero(compiler->graph->context, size);
}

static char *
graph_string(Compiler *compiler, const char *string)
{
	return MemoryContextStrdup(compiler->graph->context, string);
}

/* ----------
 * Statements
 * ----------
 */
static FetchStatement *
finish_statement(Compiler *compiler, const Statement *statement, const char *sql)
{
	FetchStatement *result = graph_alloc(compiler, sizeof(FetchStatement));
	ListCell   *lc;

	result->sql = graph_string(compiler, sql);
	result->nparams = list_length(statement->params);
	result->params = graph_alloc(compiler, sizeof(StatementParam) * Max(result->nparams, 1));
	result->generic_plan = !statement->value_dependent;
	foreach(lc, statement->params)
	{
		StatementParam *param = &result->params[foreach_current_index(lc)];

		*param = *(StatementParam *) lfirst(lc);
		if (OidIsValid(param->input.fn_oid))
			fmgr_info_cxt(param->input.fn_oid, &param->input, compiler->graph->context);
	}
	return result;
}

/* A table that must be planned with its values makes its statements so. */
static void
note_tables(const Select *select)
{
	ListCell   *lc;

	foreach(lc, select->joins)
	{
		if (((JoinedTable *) lfirst(lc))->model->volatile_plan)
			select->statement->value_dependent = true;
	}
}

/* ----------
 * Keys
 * ----------
 */

/* How the two sides of a key's column are compared. */
typedef struct KeyComparison
{
	Oid			type;			/* in which they are */
	const char *operator;		/* far operator type */
	bool		cast_far;		/* the far column has to be cast for it */
	bool		cast_key;		/* the far column has to be cast to be a key */
} KeyComparison;

static void
compare_key(const KeyPair *pair, int column, KeyComparison *comparison)
{
	Oid			near_type = bolt_comparison_type(
		bolt_model_field_by_attnum(pair->near_model, pair->near_fields[column])->type);
	Oid			far_type = bolt_comparison_type(
		bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column])->type);

	comparison->type = near_type;
	comparison->cast_key = near_type != far_type;
	comparison->operator = bolt_operator(far_type, near_type, BTEqualStrategyNumber);
	comparison->cast_far = comparison->operator == NULL;
	if (comparison->cast_far)
		comparison->operator = bolt_operator(near_type, near_type, BTEqualStrategyNumber);
	if (comparison->operator == NULL || !OidIsValid(get_array_type(near_type)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("a relation cannot be followed by column \"%s\" of type %s",
						bolt_model_field_by_attnum(pair->near_model, pair->near_fields[column])->name,
						format_type_be(near_type)),
				 errdetail("The type has no equality operator or no array type.")));
}

static bool
is_integer_key(const KeyPair *pair)
{
	KeyComparison comparison;

	compare_key(pair, 0, &comparison);
	return pair->n == 1 &&
		(comparison.type == INT4OID || comparison.type == INT8OID ||
		 comparison.type == INT2OID || comparison.type == OIDOID);
}

static void
fill_key_type(Compiler *compiler, KeyType *key, const KeyPair *pair)
{
	key->ncolumns = pair->n;
	key->columns = graph_alloc(compiler, sizeof(KeyColumn) * pair->n);
	for (int i = 0; i < pair->n; i++)
	{
		KeyColumn  *column = &key->columns[i];
		KeyComparison comparison;
		TypeCacheEntry *entry;

		compare_key(pair, i, &comparison);
		entry = lookup_type_cache(comparison.type,
								  TYPECACHE_EQ_OPR_FINFO | TYPECACHE_HASH_PROC_FINFO);
		column->type = comparison.type;
		column->collation = bolt_model_field_by_attnum(pair->far_model, pair->far_fields[i])->collation;
		get_typlenbyval(comparison.type, &column->length, &column->by_value);
		fmgr_info_cxt(entry->eq_opr_finfo.fn_oid, &column->equal, compiler->graph->context);
		if (OidIsValid(entry->hash_proc_finfo.fn_oid))
			fmgr_info_cxt(entry->hash_proc_finfo.fn_oid, &column->hash, compiler->graph->context);
	}
	key->integer = is_integer_key(pair);
}

/* Parameters for the keys of the level above: arrays, one a column. */
static void
add_key_params(Statement *statement, const KeyPair *pair)
{
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;
		StatementParam *param;

		compare_key(pair, i, &comparison);
		param = bolt_add_param(statement, get_array_type(comparison.type), NULL, NULL);
		param->key_column = i;
		param->value_type = comparison.type;
	}
}

/* t0.key, cast where the two sides differ */
static char *
far_key(const KeyPair *pair, int column, int alias, bool cast)
{
	StringInfoData sql;
	KeyComparison comparison;

	compare_key(pair, column, &comparison);
	initStringInfo(&sql);
	bolt_append_column(&sql, alias, bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column])->name);
	if (cast)
	{
		appendStringInfoString(&sql, "::");
		bolt_append_type(&sql, comparison.type, -1);
	}
	return sql.data;
}

static char *
far_key_output(const KeyPair *pair, int column, int alias)
{
	KeyComparison comparison;

	compare_key(pair, column, &comparison);
	return far_key(pair, column, alias, comparison.cast_key);
}

/* t0.key = ANY ($1), or t0.a = k.c1 AND t0.b = k.c2 */
static char *
key_condition(const KeyPair *pair, int alias, bool any)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		compare_key(pair, i, &comparison);
		appendStringInfo(&sql, "%s%s %s ", i > 0 ? " AND " : "",
						 far_key(pair, i, alias, comparison.cast_far), comparison.operator);
		if (any)
			appendStringInfo(&sql, "ANY ($%d)", i + 1);
		else
			appendStringInfo(&sql, "k.c%d", i + 1);
	}
	return sql.data;
}

/* ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS k (c1, c2) */
static char *
key_table(const KeyPair *pair)
{
	StringInfoData sql;

	initStringInfo(&sql);
	bolt_append_unnest(&sql, 1, pair->n, "k");
	return sql.data;
}

/* ----------
 * The forms of a keyed statement
 * ----------
 */

/* Where a keyed statement finds its keys. */
typedef struct KeyedFrom
{
	const KeyPair *pair;
	bool		indexed;		/* an index serves the key */
	int			alias;			/* of the table with the key's far columns */
	char	   *through;		/* that table, where it is not the model's own … */
	char	   *through_condition;	/* … and what joins the model's to it */
} KeyedFrom;

/* unnest($1) AS k, and the through table joined to it where there is one */
static void
append_keys_first(StringInfo sql, SelectText *text, const KeyedFrom *from, bool name_outputs)
{
	char	   *keys = key_table(from->pair);
	char	   *condition = key_condition(from->pair, from->alias, false);

	if (from->through != NULL)
		bolt_append_select(sql, text, psprintf("%s JOIN %s ON %s", keys, from->through, condition),
						   from->through_condition, NULL, name_outputs);
	else
		bolt_append_select(sql, text, keys, condition, NULL, name_outputs);
}

/* SELECT s.c1, … FROM */
static void
append_outer_select(StringInfo sql, int noutputs)
{
	appendStringInfoString(sql, "SELECT ");
	bolt_append_names(sql, "s.c", noutputs);
	appendStringInfoString(sql, " FROM ");
}

/* The first rows of each key, by (SELECT … ORDER BY … LIMIT …) a key */
static void
append_lateral(StringInfo sql, SelectText *text, const KeyedFrom *from)
{
	StringInfoData inner;

	initStringInfo(&inner);
	bolt_append_select(&inner, text, from->through, from->through_condition,
					   key_condition(from->pair, from->alias, false), true);
	bolt_append_order(&inner, text);
	bolt_append_slice(&inner, text);
	append_outer_select(sql, list_length(text->outputs));
	appendStringInfo(sql, "%s CROSS JOIN LATERAL (%s) AS s", key_table(from->pair), inner.data);
}

/* The same, from all of them numbered within their key */
static void
append_row_number(StringInfo sql, SelectText *text, const KeyedFrom *from)
{
	StringInfoData number;
	StringInfoData inner;
	int			noutputs = list_length(text->outputs);

	initStringInfo(&number);
	appendStringInfoString(&number, "pg_catalog.row_number() OVER (PARTITION BY ");
	for (int i = 0; i < from->pair->n; i++)
		appendStringInfo(&number, "%s%s", i > 0 ? ", " : "", far_key(from->pair, i, from->alias, false));
	bolt_append_order(&number, text);
	appendStringInfoChar(&number, ')');
	bolt_add_output(text, number.data);

	initStringInfo(&inner);
	append_keys_first(&inner, text, from, true);
	append_outer_select(sql, noutputs);
	appendStringInfo(sql, "(%s) AS s WHERE ", inner.data);
	bolt_append_number_slice(sql, text, psprintf("s.c%d", noutputs + 1));
	appendStringInfo(sql, " ORDER BY s.c%d", noutputs + 1);
}

/*
 * The statement WHERE key = ANY ($1) for all keys between the two members of $1.
 * The condition stands in it once, for the alias is the table's alone.
 */
static char *
range_form(const KeyedFrom *from, const char *sql)
{
	const char *any = key_condition(from->pair, from->alias, true);
	const char *at = strstr(sql, any);
	KeyComparison comparison;
	Oid			far_type;
	char	   *column;

	compare_key(from->pair, 0, &comparison);
	far_type = comparison.cast_far ? comparison.type :
		bolt_model_field_by_attnum(from->pair->far_model, from->pair->far_fields[0])->type;
	column = far_key(from->pair, 0, from->alias, comparison.cast_far);
	return psprintf("%.*s%s %s ($1)[1] AND %s %s ($1)[2]%s", (int) (at - sql), sql,
					column, bolt_operator(far_type, comparison.type, BTGreaterEqualStrategyNumber),
					column, bolt_operator(far_type, comparison.type, BTLessEqualStrategyNumber),
					at + strlen(any));
}

/*
 * The statement of the rows that belong to the keys of the level above, whose
 * parameters come first.
 */
static FetchStatement *
keyed_statement(Compiler *compiler, SelectText *text, const KeyedFrom *from)
{
	bool		sliced = bolt_is_per_parent(text->queryset);
	bool		lateral = sliced && (from->indexed || text->queryset->distinct);
	bool		any = !sliced && from->indexed && from->pair->n == 1;
	StringInfoData sql;
	FetchStatement *result;

	initStringInfo(&sql);
	if (lateral)
		append_lateral(&sql, text, from);
	else if (sliced)
		append_row_number(&sql, text, from);
	else
	{
		if (any)
			bolt_append_select(&sql, text, NULL, NULL, key_condition(from->pair, from->alias, true), false);
		else
			append_keys_first(&sql, text, from, false);
		bolt_append_order(&sql, text);
	}
	note_tables(text->select);
	result = finish_statement(compiler, text->select->statement, sql.data);
	if (any && is_integer_key(from->pair))
		result->range_sql = graph_string(compiler, range_form(from, sql.data));
	result->keyed_by_index = from->indexed && (any || sliced) && list_length(text->select->joins) == 1;
	if (!from->indexed)
		compiler->graph->all_indexed = false;
	return result;
}

/* ----------
 * Members of an object
 * ----------
 */
typedef struct ItemList
{
	Compiler   *compiler;
	FetchNode  *node;
	int			size;
} ItemList;

static FetchItem *
add_item(ItemList *items, const char *name)
{
	FetchNode  *node = items->node;
	JsonBuffer	prefix;
	FetchItem  *item;

	if (node->nitems == items->size)
	{
		FetchItem  *old = node->items;

		items->size = Max(16, items->size * 2);
		node->items = graph_alloc(items->compiler, sizeof(FetchItem) * items->size);
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
	FetchItem  *item = add_item(items, name);

	item->attno = bolt_add_output(text, expression);
	item->type = type;
}

static char *
column_text(int alias, const Field *field)
{
	StringInfoData sql;

	initStringInfo(&sql);
	bolt_append_column(&sql, alias, field->name);
	return sql.data;
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
	ListCell   *lc;

	foreach(lc, branch->branches)
	{
		if (strcmp(((Branch *) lfirst(lc))->name, field->name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* Columns in table order, then what select_related and prefetch_related add. */
static void
add_object_items(ItemList *items, const Branch *branch, SelectText *text)
{
	const Model *model = branch->model;
	int			alias = bolt_base_alias(text->select);
	List	   *placed = NIL;

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
			add_column_item(items, field->name, text, column_text(alias, field), field->type);
	}
	for (int selected = 1; selected >= 0; selected--)
	{
		ListCell   *lc;

		foreach(lc, branch->branches)
		{
			Branch	   *child = lfirst(lc);

			if (child->selected == (bool) selected && !list_member_ptr(placed, child))
				add_child_item(items, child);
		}
	}
}

/* One member of values(): a path's column, or the columns of a composite key. */
static void
add_value_item(ItemList *items, SelectText *text, const PathTerm *term)
{
	int			alias = bolt_base_alias(text->select);
	FieldPath  *path = bolt_parse_path(text->model, term->path, term->value);
	bool		named = text->queryset->values_kind == VALUES_OBJECTS;
	Column		columns[INDEX_MAX_KEYS];
	StringInfoData expression;

	bolt_refuse_rest(path);
	bolt_path_columns(text->select, alias, path, 0, columns);
	if (path->nfields == 1)
	{
		add_column_item(items, named ? term->path : NULL, text,
						column_text(columns[0].alias, columns[0].field), columns[0].field->type);
		return;
	}
	initStringInfo(&expression);
	appendStringInfoString(&expression, "pg_catalog.json_build_array(");
	for (int i = 0; i < path->nfields; i++)
		appendStringInfo(&expression, "%s%s", i > 0 ? ", " : "",
						 column_text(columns[i].alias, columns[i].field));
	appendStringInfoChar(&expression, ')');
	add_column_item(items, named ? term->path : NULL, text, expression.data, JSONOID);
}

static bool
named_before(List *values, int until, const char *path)
{
	for (int i = 0; i < until; i++)
	{
		if (strcmp(((PathTerm *) list_nth(values, i))->path, path) == 0)
			return true;
	}
	return false;
}

static void
add_values_items(ItemList *items, SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	List	   *values = queryset->values;
	ListCell   *lc;

	items->node->open = queryset->values_kind == VALUES_OBJECTS ? "{" :
		queryset->values_kind == VALUES_LISTS ? "[" : "";
	items->node->close = queryset->values_kind == VALUES_OBJECTS ? "}" :
		queryset->values_kind == VALUES_LISTS ? "]" : "";
	if (queryset->prefetch_related != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot call prefetch_related() after .values() or .values_list()"),
				 bolt_errdetail_at(((PrefetchLookup *) linitial(queryset->prefetch_related))->value),
				 errhint("Name the relation's columns in values, or leave values out.")));
	if (values == NIL)
	{
		for (int i = 0; i < text->model->nfields; i++)
		{
			PathTerm   *term = palloc0(sizeof(PathTerm));

			term->path = text->model->fields[i].name;
			values = lappend(values, term);
		}
	}
	foreach(lc, values)
	{
		const PathTerm *term = lfirst(lc);

		if (queryset->values_kind == VALUES_FLAT && foreach_current_index(lc) > 0)
			break;
		if (queryset->values_kind != VALUES_OBJECTS ||
			!named_before(values, foreach_current_index(lc), term->path))
			add_value_item(items, text, term);
	}
}

/* ----------
 * Nodes
 * ----------
 */
static FetchNode *
new_node(Compiler *compiler, FetchNode *parent, const Branch *branch)
{
	FetchNode  *node = graph_alloc(compiler, sizeof(FetchNode));

	node->number = list_length(compiler->nodes);
	node->parent = parent;
	node->shares = node;
	node->name = graph_string(compiler, branch->name);
	node->model = graph_string(compiler, branch->model->name);
	node->path = parent == NULL || parent->parent == NULL ? node->name :
		graph_string(compiler, psprintf("%s.%s", parent->path, branch->name));
	compiler->nodes = lappend(compiler->nodes, node);
	return node;
}

static AttrNumber *
add_key_outputs(Compiler *compiler, SelectText *text, int alias, const KeyPair *pair, bool near_side)
{
	AttrNumber *attnos = graph_alloc(compiler, sizeof(AttrNumber) * pair->n);

	for (int i = 0; i < pair->n; i++)
	{
		const char *expression = near_side ?
			column_text(alias, bolt_model_field_by_attnum(pair->near_model, pair->near_fields[i])) :
			far_key_output(pair, i, alias);

		attnos[i] = bolt_add_output(text, expression);
	}
	return attnos;
}

/*
 * The through table's statement: pairs of the near object's key and the far
 * one's.  A slice a parent is taken here, where filters and order are the far
 * table's; the far statement then fetches by key and nothing else.
 */
static FetchStatement *
compile_junction(Compiler *compiler, const Branch *branch, const KeyPair *near_pair, const KeyPair *far_pair)
{
	const ModelRelation *relation = branch->relation;
	const Model *through = bolt_model_by_oid(relation->through);
	Statement	statement = {0};
	SelectText	text;
	KeyedFrom	from = {.pair = near_pair, .indexed = relation->indexed};

	add_key_params(&statement, near_pair);
	if (bolt_is_per_parent(branch->queryset))
	{
		StringInfoData condition;

		bolt_begin_select_text(&text, &statement, branch->model, branch->queryset);
		from.alias = statement.naliases++;
		from.through = psprintf("%s t%d", bolt_model_sql_name(through), from.alias);
		initStringInfo(&condition);
		for (int i = 0; i < far_pair->n; i++)
		{
			KeyComparison comparison;

			compare_key(far_pair, i, &comparison);
			appendStringInfo(&condition, "%s%s %s ", i > 0 ? " AND " : "",
							 far_key(far_pair, i, bolt_base_alias(text.select), comparison.cast_far),
							 comparison.operator);
			bolt_append_column(&condition, from.alias,
							   bolt_model_field_by_attnum(through, far_pair->near_fields[i])->name);
		}
		from.through_condition = condition.data;
		bolt_add_order(&text);
		statement.value_dependent |= through->volatile_plan;
	}
	else
	{
		bolt_begin_select_text(&text, &statement, through, NULL);
		from.alias = bolt_base_alias(text.select);
	}

	/* key columns stand side by side, though two of them may be one column */
	for (int i = 0; i < near_pair->n; i++)
		text.outputs = lappend(text.outputs, far_key_output(near_pair, i, from.alias));
	for (int i = 0; i < far_pair->n; i++)
		text.outputs = lappend(text.outputs,
							   column_text(from.alias,
										   bolt_model_field_by_attnum(through, far_pair->near_fields[i])));
	return keyed_statement(compiler, &text, &from);
}

/* What a many-to-many's far statement is left to do when its junction has sliced. */
static const QuerySet *
without_slice(const QuerySet *queryset)
{
	QuerySet   *rest;

	if (!bolt_is_per_parent(queryset))
		return queryset;
	rest = palloc0(sizeof(QuerySet));
	rest->source = queryset->source;
	rest->ordered = true;
	return rest;
}

/* The children of a node whose select list is complete: keys, then nodes. */
static void
compile_children(Compiler *compiler, FetchNode *node, SelectText *text)
{
	int			seen = 0;

	node->children = graph_alloc(compiler, sizeof(FetchItem *) * Max(node->nitems, 1));
	for (int i = 0; i < node->nitems; i++)
	{
		FetchItem  *item = &node->items[i];

		if (item->child == NULL)
		{
			node->nsplits = seen;
			continue;
		}
		seen++;
		item->child = compile_branch(compiler, (const Branch *) item->child, node, text);
		node->children[node->nchildren++] = item;
	}
}

/* A child's node, but for its own children, which need its select list. */
static void
compile_child_statement(Compiler *compiler, const Branch *branch, FetchNode *node, SelectText *text,
						Statement *statement, const KeyPair *near_pair, const KeyPair *far_pair)
{
	const ModelRelation *relation = branch->relation;
	bool		many = relation->kind == RELATION_MANY_TO_MANY;
	const QuerySet *queryset = many ? without_slice(branch->queryset) : branch->queryset;
	ItemList	items = {compiler, node, 0};

	add_key_params(statement, many ? far_pair : near_pair);
	bolt_begin_select_text(text, statement, branch->model, queryset);
	if (node->to_many)
		bolt_add_order(text);
	node->ordered = many && text->order != NIL;
	add_object_items(&items, branch, text);
	node->own_attnos = add_key_outputs(compiler, text, bolt_base_alias(text->select),
									   many ? far_pair : near_pair, false);
}

static FetchNode *
compile_branch(Compiler *compiler, const Branch *branch, FetchNode *parent, SelectText *parent_text)
{
	const ModelRelation *relation = branch->relation;
	bool		many = relation->kind == RELATION_MANY_TO_MANY;
	FetchNode  *node = new_node(compiler, parent, branch);
	const Model *near_model = bolt_model_by_oid(relation->model);
	KeyPair		near_pair = {relation->nfields, near_model, branch->model,
	relation->source_fields, relation->target_fields};
	KeyPair		far_pair = {0};
	KeyedFrom	from = {0};
	Statement	statement = {0};
	SelectText	text;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	node->to_many = !relation_is_to_one(relation);
	if (many)
	{
		near_pair.far_model = bolt_model_by_oid(relation->through);
		near_pair.far_fields = relation->through_source_fields;
		far_pair = (KeyPair) {relation->ntarget_fields, near_pair.far_model, branch->model,
		relation->through_target_fields, relation->target_fields};
		fill_key_type(compiler, &node->junction_key, &near_pair);
		node->junction = compile_junction(compiler, branch, &near_pair, &far_pair);
	}
	node->parent_attnos = add_key_outputs(compiler, parent_text, bolt_base_alias(parent_text->select),
										  &near_pair, true);
	from.pair = many ? &far_pair : &near_pair;
	fill_key_type(compiler, &node->key, from.pair);
	compile_child_statement(compiler, branch, node, &text, &statement, &near_pair, &far_pair);
	compile_children(compiler, node, &text);

	/* the far side of a many-to-many is looked up by what its FK refers to */
	from.indexed = many || relation->indexed;
	from.alias = bolt_base_alias(text.select);
	node->nattributes = list_length(text.outputs);
	node->statement = keyed_statement(compiler, &text, &from);
	return node;
}

/*
 * "value": before each object, as a member of one JSON object; the text is
 * to_json's, without its quotes.
 */
static void
add_key_item(ItemList *items, SelectText *text)
{
	FieldPath  *path = bolt_parse_path(text->model, text->queryset->keyed_by, NULL);
	StringInfoData expression;

	initStringInfo(&expression);
	if (path->nfields == 1)
		appendStringInfo(&expression, "pg_catalog.to_json(%s)",
						 column_text(bolt_base_alias(text->select), path->fields[0]));
	else
	{
		appendStringInfoString(&expression, "pg_catalog.json_build_array(");
		for (int i = 0; i < path->nfields; i++)
			appendStringInfo(&expression, "%s%s", i > 0 ? ", " : "",
							 column_text(bolt_base_alias(text->select), path->fields[i]));
		appendStringInfoChar(&expression, ')');
	}
	appendStringInfoString(&expression, " OPERATOR(pg_catalog.#>>) '{}'");
	add_column_item(items, NULL, text, expression.data, TEXTOID);
}

/* The object's first member opens it behind the key. */
static void
open_behind_key(Compiler *compiler, FetchNode *node)
{
	FetchItem  *item = &node->items[1];

	item->prefix = graph_string(compiler, psprintf(":{%s", item->prefix + 1));
	item->prefix_length++;
	node->open = "";
}

static void
compile_root(Compiler *compiler, const Model *model, const QuerySet *queryset)
{
	Statement	statement = {0};
	SelectText	text;
	StringInfoData sql;
	FetchNode  *node;
	Branch	   *branch;
	ItemList	items = {compiler, NULL, 0};

	if (queryset->values_kind == VALUES_NONE)
		branch = bolt_branch_tree(model, queryset);
	else
	{
		branch = palloc0(sizeof(Branch));
		branch->name = "";
		branch->model = model;
	}
	items.node = node = new_node(compiler, NULL, branch);
	bolt_begin_select_text(&text, &statement, model, queryset);
	bolt_add_order(&text);
	if (queryset->keyed_by != NULL)
		add_key_item(&items, &text);
	if (queryset->values_kind == VALUES_NONE)
		add_object_items(&items, branch, &text);
	else
		add_values_items(&items, &text);
	if (queryset->keyed_by != NULL)
		open_behind_key(compiler, node);
	compile_children(compiler, node, &text);
	initStringInfo(&sql);
	node->nattributes = list_length(text.outputs);
	bolt_append_select(&sql, &text, NULL, NULL, NULL, false);
	bolt_append_order(&sql, &text);
	bolt_append_slice(&sql, &text);
	note_tables(text.select);
	node->statement = finish_statement(compiler, &statement, sql.data);
}

/* ----------
 * count() and exists()
 * ----------
 */

/* What values() selects, for a query that does not return it. */
static void
add_values_outputs(SelectText *text)
{
	FetchGraph	graph = {.context = CurrentMemoryContext};
	Compiler	scratch = {.graph = &graph};
	FetchNode	node = {0};
	ItemList	items = {&scratch, &node, 0};

	add_values_items(&items, text);
}

/* The rows themselves, as the FROM of a query that only counts them. */
static void
append_counted_rows(StringInfo sql, SelectText *text)
{
	const QuerySet *queryset = text->queryset;
	bool		ordered = bolt_is_sliced(queryset) || queryset->distinct_on != NIL;

	if (ordered)
		bolt_add_order(text);
	if (queryset->distinct && queryset->values_kind != VALUES_NONE)
		add_values_outputs(text);
	else if (queryset->distinct && !text->model->primary_key_constraint)
	{
		for (int i = 0; i < text->model->nfields; i++)
			bolt_add_output(text, column_text(bolt_base_alias(text->select), &text->model->fields[i]));
	}
	else
		bolt_add_output(text, "1");
	bolt_append_select(sql, text, NULL, NULL, NULL, false);
	if (ordered)
		bolt_append_order(sql, text);
	bolt_append_slice(sql, text);
}

static void
compile_scalar(Compiler *compiler, const Model *model, const QuerySet *queryset, FetchPurpose purpose)
{
	Statement	statement = {0};
	SelectText	text;
	StringInfoData sql;
	Branch		branch = {.name = "",.model = model};
	FetchNode  *node = new_node(compiler, NULL, &branch);

	bolt_begin_select_text(&text, &statement, model, queryset);
	initStringInfo(&sql);
	if (purpose == FETCH_EXISTS)
	{
		appendStringInfoString(&sql, "SELECT EXISTS (");
		append_counted_rows(&sql, &text);
		appendStringInfoChar(&sql, ')');
	}
	else if (queryset->distinct || bolt_is_sliced(queryset))
	{
		appendStringInfoString(&sql, "SELECT pg_catalog.count(*) FROM (");
		append_counted_rows(&sql, &text);
		appendStringInfoString(&sql, ") AS s");
	}
	else
	{
		/* a path of values() through a to-many relation multiplies the rows */
		if (queryset->values_kind != VALUES_NONE)
			add_values_outputs(&text);
		text.outputs = list_make1("pg_catalog.count(*)");
		bolt_append_select(&sql, &text, NULL, NULL, NULL, false);
	}
	note_tables(text.select);
	node->nattributes = 1;
	node->statement = finish_statement(compiler, &statement, sql.data);
	node->statement->parallel = true;
}

/* ---------- */

/* Objects that depend on nothing but their key need to be written once only. */
static bool
is_plain_leaf(const FetchNode *node)
{
	return node->parent != NULL && node->nchildren == 0 && !node->ordered &&
		(node->junction != NULL || !node->to_many) &&
		node->statement->nparams == node->key.ncolumns;
}

static bool
same_objects(const FetchNode *a, const FetchNode *b)
{
	if (strcmp(a->statement->sql, b->statement->sql) != 0 || a->nitems != b->nitems ||
		a->key.ncolumns != b->key.ncolumns)
		return false;
	for (int i = 0; i < a->key.ncolumns; i++)
	{
		if (a->key.columns[i].type != b->key.columns[i].type || a->own_attnos[i] != b->own_attnos[i])
			return false;
	}
	for (int i = 0; i < a->nitems; i++)
	{
		if (a->items[i].attno != b->items[i].attno || strcmp(a->items[i].prefix, b->items[i].prefix) != 0)
			return false;
	}
	return true;
}

static void
share_objects(FetchGraph *graph)
{
	for (int i = 1; i < graph->nnodes; i++)
	{
		FetchNode  *node = graph->nodes[i];

		if (!is_plain_leaf(node))
			continue;
		node->keep = true;
		for (int j = 1; j < i && node->shares == node; j++)
		{
			if (is_plain_leaf(graph->nodes[j]) && same_objects(graph->nodes[j], node))
				node->shares = graph->nodes[j];
		}
	}
}

/*
 * Compiles a document.
 *
 * The graph lives in a context of its own below CurrentMemoryContext; the caller
 * moves it to where it is to be kept.
 * Errors: as the contract lists them for unknown models, fields and lookups.
 */
FetchGraph *
bolt_compile(const Document *document, FetchPurpose purpose)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "bolt_orm graph",
												  ALLOCSET_SMALL_SIZES);
	FetchGraph *graph = MemoryContextAllocZero(context, sizeof(FetchGraph));
	Compiler	compiler = {.graph = graph};
	const QuerySet *queryset = document->queryset;
	const Model *model = bolt_model_by_name(queryset->model->text, queryset->model);

	graph->context = context;
	graph->all_indexed = true;
	if (purpose == FETCH_OBJECTS)
		compile_root(&compiler, model, queryset);
	else
		compile_scalar(&compiler, model, queryset, purpose);

	graph->nnodes = list_length(compiler.nodes);
	graph->nodes = graph_alloc(&compiler, sizeof(FetchNode *) * graph->nnodes);
	for (int i = 0; i < graph->nnodes; i++)
		graph->nodes[i] = list_nth(compiler.nodes, i);
	share_objects(graph);
	return graph;
}
