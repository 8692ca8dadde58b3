/*-------------------------------------------------------------------------
 *
 * delete_graph.c
 *	  Which models a delete of one model's rows reaches, and what there is to do.
 *
 * A registered on_delete is ours to carry out; any other is the database's, which
 * does it when the rows are deleted.  But where the database would cascade to a
 * table below which something is registered, the rows of that table are deleted
 * by us as well: what the database deletes we do not get to see.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "delete_graph.h"
#include "miscadmin.h"

/* The actions that can be registered, but for DO_NOTHING, which is none. */
static const struct
{
	const char *name;
	DeleteAction action;
} actions[] = {
	{"CASCADE", DELETE_CASCADE}, {"SET_NULL", DELETE_SET_NULL}, {"SET_DEFAULT", DELETE_SET_DEFAULT},
	{"PROTECT", DELETE_PROTECT}, {"RESTRICT", DELETE_RESTRICT},
};

/* The other end of a foreign key: many-to-many relations are seen by their through table's. */
static bool
is_referred_by(const ModelRelation *relation)
{
	return relation->kind == RELATION_ONE_TO_MANY || relation->kind == RELATION_REVERSE_ONE_TO_ONE;
}

static bool
is_registered(const ModelRelation *relation, DeleteAction *action)
{
	if (!is_referred_by(relation) || !relation->on_delete_registered)
		return false;
	for (int i = 0; i < lengthof(actions); i++)
	{
		if (strcmp(actions[i].name, relation->on_delete) == 0)
		{
			*action = actions[i].action;
			return true;
		}
	}
	return false;
}

static bool
is_cascaded_by_database(const ModelRelation *relation)
{
	return is_referred_by(relation) && !relation->on_delete_registered && OidIsValid(relation->constraint) &&
		strcmp(relation->on_delete, "CASCADE") == 0;
}

/* Is anything registered for a model, or for one that the database cascades to from there? */
static bool
leads_to_registered(Oid oid)
{
	List *reached = list_make1_oid(oid);
	ListCell *lc;

	foreach(lc, reached)
	{
		const Model *model = bolt_model_by_oid(lfirst_oid(lc));
		ListCell *lc2;

		CHECK_FOR_INTERRUPTS();
		foreach(lc2, model->relations)
		{
			const ModelRelation *relation = lfirst(lc2);
			DeleteAction action;

			if (is_registered(relation, &action))
				return true;
			if (is_cascaded_by_database(relation))
				reached = list_append_unique_oid(reached, relation->target);
		}
	}
	return false;
}

static DeleteTarget *
find_target(const List *targets, Oid oid)
{
	ListCell *lc;

	foreach(lc, targets)
	{
		if (((DeleteTarget *) lfirst(lc))->model->oid == oid)
			return lfirst(lc);
	}
	return NULL;
}

/* ----------
 * Reaching
 * ----------
 */
typedef struct GraphBuilder
{
	List *reached; /* of DeleteTarget *, as they were found */
	List *ordered; /* … and behind those that cascade to them */
} GraphBuilder;

static DeleteTarget *
reach(GraphBuilder *builder, const Model *model)
{
	DeleteTarget *target = find_target(builder->reached, model->oid);
	ListCell *lc;

	if (target != NULL)
		return target;
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	target = palloc0(sizeof(DeleteTarget));
	target->model = model;
	builder->reached = lappend(builder->reached, target);
	foreach(lc, model->relations)
	{
		const ModelRelation *relation = lfirst(lc);
		DeleteEdge *edge;
		DeleteAction action = DELETE_CASCADE;

		if (!is_registered(relation, &action) &&
			!(is_cascaded_by_database(relation) && leads_to_registered(relation->target)))
			continue;
		edge = palloc0(sizeof(DeleteEdge));
		edge->relation = relation;
		edge->action = action;
		edge->from = target;
		target->edges = lappend(target->edges, edge);
		if (action != DELETE_CASCADE)
			continue;
		edge->to = reach(builder, bolt_model_by_oid(relation->target));
		edge->to->cascades = lappend(edge->to->cascades, edge);
	}
	builder->ordered = lcons(target, builder->ordered);
	return target;
}

/* ----------
 * The order of deletion
 * ----------
 */

/* Must the rows of one be deleted before those of the other: does its table refer to it? */
static bool
comes_before(const DeleteTarget *target, const DeleteTarget *other)
{
	ListCell *lc;

	foreach(lc, other->model->relations)
	{
		const ModelRelation *relation = lfirst(lc);
		DeleteAction action;

		if (!is_referred_by(relation) || relation->target != target->model->oid)
			continue;

		/* what no longer refers by then */
		if (is_registered(relation, &action) && (action == DELETE_SET_NULL || action == DELETE_SET_DEFAULT))
			continue;
		return true;
	}
	return false;
}

static bool
is_last_of(const DeleteTarget *target, const List *targets)
{
	ListCell *lc;

	foreach(lc, targets)
	{
		if (lfirst(lc) != target && comes_before(lfirst(lc), target))
			return false;
	}
	return true;
}

/* Those that nothing refers to any more come first.  NIL where there is none such. */
static List *
deletion_order(const List *targets)
{
	List *rest = list_copy(targets);
	List *result = NIL;

	while (rest != NIL)
	{
		DeleteTarget *next = NULL;

		CHECK_FOR_INTERRUPTS();
		for (int i = list_length(rest) - 1; i >= 0 && next == NULL; i--)
		{
			if (is_last_of(list_nth(rest, i), rest))
				next = list_nth(rest, i);
		}
		if (next == NULL)
			return NIL;
		rest = list_delete_ptr(rest, next);
		result = lappend(result, next);
	}
	return result;
}

/* ----------
 * Keys
 * ----------
 */
static void
add_column(DeleteTarget *target, AttrNumber column)
{
	for (int i = 0; i < target->ncolumns; i++)
	{
		if (target->columns[i] == column)
			return;
	}
	target->columns[target->ncolumns++] = column;
}

static void
set_columns(DeleteTarget *target)
{
	const Model *model = target->model;
	ListCell *lc;

	target->columns = palloc(sizeof(AttrNumber) * (model->nfields + 1));
	for (int i = 0; i < model->nprimary_key; i++)
		add_column(target, model->primary_key[i]);
	foreach(lc, target->edges)
	{
		const ModelRelation *relation = ((DeleteEdge *) lfirst(lc))->relation;

		for (int i = 0; i < relation->nfields; i++)
			add_column(target, relation->source_fields[i]);
	}
}

static void
require_primary_key(const DeleteTarget *target)
{
	if (target->model->nprimary_key > 0)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("cannot delete rows of model \"%s\" together with what refers to them: it has no primary key",
				target->model->name),
		 errhint("Give the table a primary key, or name one with bolt.register_model.")));
}

/*
 * Whose keys are needed: of rows that something refers to, of those that decide
 * whether another relation restricts, and of all where all go in one statement,
 * which locks in no order.
 */
static void
set_collected(DeleteGraph *graph)
{
	ListCell *lc;

	foreach(lc, graph->targets)
	{
		DeleteTarget *target = lfirst(lc);
		ListCell *lc2;

		target->collected |= target->edges != NIL;
		if (graph->deletion == NIL && target->model->nprimary_key > 0)
			target->collected = true;
		foreach(lc2, target->edges)
		{
			DeleteEdge *edge = lfirst(lc2);

			if (edge->action != DELETE_RESTRICT)
				continue;
			edge->to = find_target(graph->targets, edge->relation->target);
			if (edge->to != NULL)
				edge->to->collected = true;
		}
	}
	foreach(lc, graph->targets)
	{
		DeleteTarget *target = lfirst(lc);

		target->number = foreach_current_index(lc);
		if (target->collected)
			require_primary_key(target);
		set_columns(target);
	}
}

DeleteGraph *
bolt_delete_graph(const Model *model)
{
	DeleteGraph *graph = palloc0(sizeof(DeleteGraph));
	GraphBuilder builder = {0};

	(void) reach(&builder, model);
	graph->targets = builder.ordered;
	graph->deletion = deletion_order(graph->targets);
	set_collected(graph);
	return graph;
}

char *
bolt_delete_edge_name(const DeleteEdge *edge)
{
	const ModelRelation *relation = edge->relation;
	const Model *model = bolt_model_by_oid(relation->target);
	ListCell *lc;

	foreach(lc, model->relations)
	{
		const ModelRelation *forward = lfirst(lc);
		Size size = sizeof(AttrNumber) * relation->nfields;

		if (relation_is_forward(forward) && forward->target == relation->model &&
			forward->nfields == relation->nfields &&
			memcmp(forward->source_fields, relation->target_fields, size) == 0 &&
			memcmp(forward->target_fields, relation->source_fields, size) == 0)
			return psprintf("%s.%s", model->name, forward->name);
	}
	return psprintf("%s.%s", model->name,
					bolt_model_field_by_attnum(model, relation->target_fields[0])->name);
}
