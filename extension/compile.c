/*-------------------------------------------------------------------------
 *
 * compile.c
 *	  QuerySet to FetchGraph: which nodes there are.
 *
 * What postgres_fdw's deparse.c is to plan trees this is to documents: names
 * are quoted, operators qualified, values are parameters.  Everything is built
 * in CurrentMemoryContext, which may be freed afterwards, but for what the graph
 * keeps, which is allocated in its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "json_out.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

/* ----------
 * FOR UPDATE
 * ----------
 */

/* Does select_for_update() lock what stands at this path: "self", "author__profile"? */
static bool
is_locked(Compiler *compiler, const char *path)
{
	ListCell *lc;

	if (compiler->locking == NULL)
		return false;
	foreach(lc, compiler->locking->of)
	{
		PathTerm *term = lfirst(lc);

		if (strcmp(term->path, path) == 0)
		{
			compiler->locked = list_append_unique_ptr(compiler->locked, term);
			return true;
		}
	}
	return compiler->locking->of == NIL;
}

static void
append_locking(StringInfo sql, const Locking *locking, int alias)
{
	appendStringInfo(sql, " FOR %sUPDATE OF t%d%s", locking->no_key ? "NO KEY " : "", alias,
					 locking->nowait		  ? " NOWAIT" :
						 locking->skip_locked ? " SKIP LOCKED" :
												"");
}

/* A node's path as select_for_update() names it, where select_related made it; else NULL. */
static char *
selected_path(const FetchNode *node, const Branch *branch)
{
	StringInfoData path;

	if (!branch->selected)
		return NULL;
	initStringInfo(&path);
	for (const char *at = node->path; *at; at++)
		appendStringInfoString(&path, *at == '.' ? "__" : (char[]){*at, '\0'});
	return path.data;
}

static void
check_locked(const Compiler *compiler)
{
	ListCell *lc;

	if (compiler->locking == NULL)
		return;
	foreach(lc, compiler->locking->of)
	{
		const PathTerm *term = lfirst(lc);

		if (!list_member_ptr(compiler->locked, term))
			ereport(
				ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg(
					 "Invalid field name(s) given in select_for_update(of=(...)): %s. Only relational fields followed in the query are allowed",
					 term->path),
				 bolt_errdetail_at(term->value),
				 errhint("Choices are: self, and the paths of select_related.")));
	}
}

static FetchNode *compile_branch(Compiler *compiler, const Branch *branch, FetchNode *parent,
								 SelectText *parent_text);

/* ----------
 * Nodes
 * ----------
 */
FetchNode *
bolt_new_node(Compiler *compiler, FetchNode *parent, const Branch *branch)
{
	FetchNode *node = bolt_graph_alloc(compiler, sizeof(FetchNode));

	node->number = list_length(compiler->nodes);
	node->parent = parent;
	node->shares = node;
	node->name = bolt_graph_string(compiler, branch->name);
	node->model = bolt_graph_string(compiler, branch->model->name);
	node->path = parent == NULL || parent->parent == NULL ?
		node->name :
		bolt_graph_string(compiler, psprintf("%s.%s", parent->path, branch->name));
	compiler->nodes = lappend(compiler->nodes, node);
	bolt_limit_statements(list_length(compiler->nodes));
	return node;
}

static AttrNumber *
add_key_outputs(Compiler *compiler, SelectText *text, int alias, const KeyPair *pair, bool near_side)
{
	AttrNumber *attnos = bolt_graph_alloc(compiler, sizeof(AttrNumber) * pair->n);

	for (int i = 0; i < pair->n; i++)
	{
		const char *expression = near_side ?
			bolt_column_text(alias, bolt_model_field_by_attnum(pair->near_model, pair->near_fields[i])) :
			bolt_far_key_output(pair, i, alias);

		attnos[i] = bolt_add_output(text, expression);
	}
	return attnos;
}

/* Where no query can stand around the statement */
static void
refuse_window_filter(const SelectText *text, const char *message, const char *hint)
{
	if (text->around.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s", message),
				 bolt_errdetail_at(text->queryset->source), errhint("%s", hint)));
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
	Statement statement = {.context = compiler->graph->context};
	SelectText text;
	KeyedFrom from = {.pair = near_pair, .indexed = relation->indexed};

	bolt_add_key_params(&statement, near_pair);
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
			const Field *near_field;
			const Field *far_field;

			bolt_compare_key(far_pair, i, &comparison);
			appendStringInfo(&condition, "%s%s %s ", i > 0 ? " AND " : "",
							 bolt_far_key(far_pair, i, bolt_base_alias(text.select), comparison.cast_far),
							 comparison.opname);
			near_field = bolt_model_field_by_attnum(through, far_pair->near_fields[i]);
			far_field = bolt_model_field_by_attnum(branch->model, far_pair->far_fields[i]);
			bolt_append_column_operand(&condition, from.alias, near_field);
			if (near_field->collation != far_field->collation && OidIsValid(near_field->collation) &&
				OidIsValid(far_field->collation))
				bolt_append_collation(
					&condition, bolt_reference_collation(near_field->collation, far_field->collation, false));
		}
		from.through_condition = condition.data;
		refuse_window_filter(&text, "a sliced prefetch of a many-to-many relation cannot filter by a window",
							 "Prefetch the through table.");
		bolt_add_order(&text);
		bolt_note_table(&statement, through);
	}
	else
	{
		bolt_begin_select_text(&text, &statement, through, NULL);
		from.alias = bolt_base_alias(text.select);
	}

	/* key columns stand side by side, though two of them may be one column */
	for (int i = 0; i < near_pair->n; i++)
		text.outputs = lappend(text.outputs, bolt_far_key_output(near_pair, i, from.alias));
	for (int i = 0; i < far_pair->n; i++)
		text.outputs = lappend(
			text.outputs,
			bolt_column_text(from.alias, bolt_model_field_by_attnum(through, far_pair->near_fields[i])));
	text.grouped = text.outputs;
	return bolt_keyed_statement(compiler, &text, &from);
}

/* What a many-to-many's far statement is left to do when its junction has sliced. */
static const QuerySet *
without_slice(const QuerySet *queryset)
{
	QuerySet *rest;
	ListCell *lc;

	if (!bolt_is_per_parent(queryset))
		return queryset;
	rest = palloc0(sizeof(QuerySet));
	rest->source = queryset->source;
	rest->ordered = true;

	/* annotations are still to be written out, and mean what they did behind the filters */
	rest->calls = queryset->calls;
	rest->rows_by_exists = true;
	foreach(lc, queryset->calls)
	{
		const AnnotateCall *annotate = ((QueryCall *) lfirst(lc))->annotate;

		if (annotate != NULL && !annotate->alias && bolt_has_window(annotate->expression))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a sliced prefetch of a many-to-many relation cannot select a window"),
					 bolt_errdetail_at(annotate->value),
					 errhint("Order by it under \"alias\", or prefetch the through table.")));
	}
	return rest;
}

/* A node as its own child: all that is new is where its rows have the keys. */
static FetchNode *
compile_recursion(Compiler *compiler, const Branch *branch, FetchNode *node, SelectText *text)
{
	const ModelRelation *relation = branch->relation;
	FetchNode *recursion = bolt_new_node(compiler, node, branch);
	KeyPair near_pair = {
		.n = relation->nfields, .near_model = branch->model, .near_fields = relation->source_fields};

	recursion->shares = node;
	recursion->to_many = node->to_many;
	recursion->missing = "null";
	recursion->parent_attnos =
		add_key_outputs(compiler, text, bolt_base_alias(text->select), &near_pair, true);
	node->recursion = recursion;
	node->depth = branch->depth;
	for (FetchNode *above = node; above != NULL; above = above->parent)
		above->recursive = true;
	return recursion;
}

/* The children of a node whose select list is complete: keys, then nodes. */
static void
compile_children(Compiler *compiler, const Branch *branch, FetchNode *node, SelectText *text)
{
	int seen = 0;

	node->children = bolt_graph_alloc(compiler, sizeof(FetchItem *) * Max(node->nitems, 1));
	for (int i = 0; i < node->nitems; i++)
	{
		FetchItem *item = &node->items[i];
		const Branch *child = (const Branch *) item->child;

		if (child == NULL)
		{
			node->nsplits = seen;
			continue;
		}
		seen++;
		item->child = child == branch ? compile_recursion(compiler, branch, node, text) :
										compile_branch(compiler, child, node, text);
		node->children[node->nchildren++] = item;
	}
}

/* A child's node, but for its own children, which need its select list. */
static void
compile_child_statement(Compiler *compiler, const Branch *branch, FetchNode *node, SelectText *text,
						Statement *statement, const KeyPair *near_pair, const KeyPair *far_pair)
{
	const ModelRelation *relation = branch->relation;
	bool many = relation->kind == RELATION_MANY_TO_MANY;
	const QuerySet *queryset = many ? without_slice(branch->queryset) : branch->queryset;
	ItemList items = {compiler, node, 0};

	bolt_add_key_params(statement, many ? far_pair : near_pair);
	bolt_begin_select_text(text, statement, branch->model, queryset);
	if (node->to_many)
		bolt_add_order(text);
	node->ordered = many && text->order != NIL;
	bolt_add_object_items(&items, branch, text);
	node->own_attnos =
		add_key_outputs(compiler, text, bolt_base_alias(text->select), many ? far_pair : near_pair, false);
}

/*
 * A node for an aggregate over the relation: a row a key, GROUP BY the key.  The
 * near table, where paths begin, is not in FROM: no path of it ends there.
 */
static void
compile_aggregate_statement(Compiler *compiler, const Branch *branch, FetchNode *node, const KeyPair *pair)
{
	const ModelRelation *relation = branch->relation;
	Statement statement = {.context = compiler->graph->context};
	Select *near_select;
	SelectText text = {0};
	KeyedFrom from = {.pair = pair, .indexed = relation->indexed};
	ItemList items = {compiler, node, 0};
	Operand operand = {0};

	bolt_add_key_params(&statement, pair);
	near_select = bolt_begin_select(&statement, pair->near_model);
	text.select = bolt_begin_part(near_select);
	text.model = pair->far_model;
	initStringInfo(&text.where);
	initStringInfo(&text.having);
	initStringInfo(&text.around);
	from.alias =
		bolt_add_join(text.select, near_select->origin, relation, relation->kind == RELATION_MANY_TO_MANY)
			->alias;

	node->own_attnos = bolt_graph_alloc(compiler, sizeof(AttrNumber) * pair->n);
	for (int i = 0; i < pair->n; i++)
	{
		char *key = bolt_far_key_output(pair, i, from.alias);

		node->own_attnos[i] = bolt_add_output(&text, key);
		text.groups = lappend(text.groups, key);
	}
	node->open = node->close = "";
	bolt_add_expression_item(&items, NULL, &text,
							 bolt_aggregate_call(text.select, near_select->origin, branch->aggregate,
												 &operand));
	node->missing = bolt_aggregate_of_none(branch->aggregate, compiler->graph->bigint_as_string);
	node->statement = bolt_keyed_statement(compiler, &text, &from);
}

static FetchNode *
compile_branch(Compiler *compiler, const Branch *branch, FetchNode *parent, SelectText *parent_text)
{
	const ModelRelation *relation = branch->relation;
	bool many = relation->kind == RELATION_MANY_TO_MANY;
	FetchNode *node = bolt_new_node(compiler, parent, branch);
	const Model *near_model = bolt_model_by_oid(relation->model);
	KeyPair near_pair = {relation->nfields,		  near_model,
						 branch->model,			  relation->source_fields,
						 relation->target_fields, !relation_is_forward(relation)};
	KeyPair far_pair = {0};
	KeyedFrom from = {0};
	Statement statement = {.context = compiler->graph->context};
	SelectText text;
	char *path;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	node->to_many = !relation_is_to_one(relation);
	if (many)
	{
		near_pair.far_model = bolt_model_by_oid(relation->through);
		near_pair.far_fields = relation->through_source_fields;
		far_pair = (KeyPair){relation->ntarget_fields, near_pair.far_model, branch->model,
							 relation->through_target_fields, relation->target_fields};
		if (branch->aggregate == NULL)
		{
			bolt_fill_key_type(compiler, &node->junction_key, &near_pair);
			node->junction = compile_junction(compiler, branch, &near_pair, &far_pair);
		}
	}
	node->parent_attnos =
		add_key_outputs(compiler, parent_text, bolt_base_alias(parent_text->select), &near_pair, true);
	node->missing = "null";
	if (branch->aggregate != NULL)
	{
		node->to_many = false;
		bolt_fill_key_type(compiler, &node->key, &near_pair);
		compile_aggregate_statement(compiler, branch, node, &near_pair);
		return node;
	}
	node->unique_key = many || !node->to_many;
	from.pair = many ? &far_pair : &near_pair;
	bolt_fill_key_type(compiler, &node->key, from.pair);
	compile_child_statement(compiler, branch, node, &text, &statement, &near_pair, &far_pair);
	compile_children(compiler, branch, node, &text);

	/* the far side of a many-to-many is looked up by what its FK refers to */
	from.indexed = many || relation->indexed;
	from.alias = bolt_base_alias(text.select);
	path = selected_path(node, branch);
	if (path != NULL && is_locked(compiler, path))
	{
		initStringInfo(&text.locking);
		append_locking(&text.locking, compiler->locking, from.alias);
		node->locks = true;
	}
	node->statement = bolt_keyed_statement(compiler, &text, &from);
	return node;
}

/* in_bulk()'s objects are members of one object, so that each key has to come once. */
static const QuerySet *
each_key_once(const QuerySet *queryset)
{
	QuerySet *once = palloc(sizeof(QuerySet));
	PathTerm *key = palloc0(sizeof(PathTerm));

	key->path = queryset->keyed_by;
	*once = *queryset;
	once->distinct = true;
	once->distinct_on = list_make1(key);
	return once;
}

/* So that whoever reads the rows knows which they are. */
static void
add_primary_key(Compiler *compiler, FetchNode *node, SelectText *text)
{
	const Model *model = text->model;

	node->own_attnos = bolt_graph_alloc(compiler, sizeof(AttrNumber) * Max(model->nprimary_key, 1));
	for (int i = 0; i < model->nprimary_key; i++)
		node->own_attnos[i] =
			bolt_add_output(text,
							bolt_column_text(bolt_base_alias(text->select),
											 bolt_model_field_by_attnum(model, model->primary_key[i])));
}

static void
compile_root(Compiler *compiler, const Model *model, const QuerySet *queryset)
{
	Statement statement = {.context = compiler->graph->context};
	SelectText text;
	StringInfoData sql;
	FetchNode *node;
	Branch *branch;
	ItemList items = {compiler, NULL, 0};

	if (queryset->keyed_by != NULL && model->inherited && queryset->distinct_on == NIL)
		queryset = each_key_once(queryset);
	if (queryset->values_kind == VALUES_NONE)
		branch = bolt_branch_tree(model, queryset);
	else
	{
		branch = palloc0(sizeof(Branch));
		branch->name = "";
		branch->model = model;
	}
	items.node = node = bolt_new_node(compiler, NULL, branch);
	bolt_begin_select_text(&text, &statement, model, queryset);
	if (queryset->dates == NULL)
		bolt_add_order(&text);
	if (queryset->keyset != NULL)
		bolt_add_keyset_order(&text);
	if (queryset->keyed_by != NULL)
		bolt_add_key_item(&items, &text);
	if (queryset->values_kind == VALUES_NONE)
		bolt_add_object_items(&items, branch, &text);
	else if (queryset->dates != NULL)
		bolt_add_dates_item(&items, &text);
	else
		bolt_add_values_items(&items, &text);
	if (queryset->recognized)
		add_primary_key(compiler, node, &text);
	bolt_group_by_values(&text);
	if (queryset->keyed_by != NULL)
		bolt_open_behind_key(compiler, node);
	compile_children(compiler, branch, node, &text);
	initStringInfo(&sql);
	if (queryset->keyset != NULL)
		bolt_append_keyset_select(&sql, compiler, node, &text);
	else if (queryset->combined != NIL)
		bolt_append_combined(&sql, &text);
	else
	{
		bolt_append_select(&sql, &text, NULL, NULL, NULL, false);
		bolt_append_order(&sql, &text);
	}
	bolt_append_slice(&sql, &text);
	if (compiler->locking != NULL)
		refuse_window_filter(&text, "select_for_update cannot be combined with a filter by a window",
							 "Filter by the primary keys that it leaves.");
	if (is_locked(compiler, "self"))
		append_locking(&sql, compiler->locking, bolt_base_alias(text.select));
	node->statement = bolt_finish_statement(compiler, &statement, sql.data);
	check_locked(compiler);
}

/* ---------- */

/* Objects that depend on nothing but their key need to be written once only. */
static bool
is_plain_leaf(const FetchNode *node)
{
	return node->parent != NULL && node->shares == node && node->nchildren == 0 && !node->ordered &&
		!node->locks && (node->junction != NULL || !node->to_many) &&
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
		FetchNode *node = graph->nodes[i];

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
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm graph", ALLOCSET_SMALL_SIZES);
	FetchGraph *graph = MemoryContextAllocZero(context, sizeof(FetchGraph));
	Compiler compiler = {.graph = graph};
	const QuerySet *queryset = document->queryset;
	const Model *model =
		queryset->model == NULL ? NULL : bolt_model_by_name(queryset->model->text, queryset->model);

	graph->context = context;
	graph->all_indexed = true;
	graph->bigint_as_string = document->bigint_as_string;
	compiler.locking = queryset->locking;
	if (queryset->locking != NULL && purpose != FETCH_LOCKED && purpose != FETCH_WRITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("select_for_update cannot be used outside of bolt.select_for_update"),
				 bolt_errdetail_at(queryset->locking->value),
				 errhint("Reading functions run where nothing can be locked; call bolt.select_for_update.")));
	if (purpose == FETCH_OBJECTS || purpose == FETCH_LOCKED)
		compile_root(&compiler, model, queryset);
	else if (purpose == FETCH_WRITE)
		bolt_compile_write(&compiler, document);
	else if (purpose == FETCH_DELETE || purpose == FETCH_DELETE_UNLOCKED)
		bolt_compile_delete(&compiler, model, queryset, purpose == FETCH_DELETE);
	else if (purpose == FETCH_AGGREGATES)
		bolt_compile_aggregates(&compiler, model, queryset);
	else
		bolt_compile_scalar(&compiler, model, queryset, purpose);

	graph->nnodes = list_length(compiler.nodes);
	graph->nodes = bolt_graph_alloc(&compiler, sizeof(FetchNode *) * graph->nnodes);
	for (int i = 0; i < graph->nnodes; i++)
		graph->nodes[i] = list_nth(compiler.nodes, i);
	graph->ntables = list_length(compiler.tables);
	graph->tables = bolt_graph_alloc(&compiler, sizeof(Oid) * Max(graph->ntables, 1));
	for (int i = 0; i < graph->ntables; i++)
		graph->tables[i] = list_nth_oid(compiler.tables, i);
	for (int i = 0; i < graph->nnodes; i++)
	{
		FetchNode *node = graph->nodes[i];

		node->close_length = node->close ? strlen(node->close) : 0;
		node->missing_length = node->missing ? strlen(node->missing) : 0;
	}
	share_objects(graph);
	return graph;
}
