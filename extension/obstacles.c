/*-------------------------------------------------------------------------
 *
 * obstacles.c
 *	  PROTECT and RESTRICT: the rows that keep others from being deleted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "collector.h"
#include "compat.h"
#include "compile.h"
#include "miscadmin.h"
#include "result_columns.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

/* So many of them are named. */
#define MAX_NAMED_ROWS 10

/* Rows that are in the way. */
typedef struct ObstacleReceiver
{
	DestReceiver pub;
	KeyTable *deleted; /* rows that are not, for they are deleted; or NULL */
	KeyType key_type;
	KeyTable named; /* the first ones */
	int count;		/* rows that were found: the first one is enough to refuse */
} ObstacleReceiver;

/* What is in the way of a delete, and by which foreign keys. */
typedef struct Obstacles
{
	StringInfoData names; /* 'blog_comment.article', … */
	StringInfoData rows;  /* blog_comment 1, 2, 3 and 8 more; … */
} Obstacles;

static void
expect_key(DestReceiver *self, int operation, TupleDesc descriptor)
{
	bolt_expect_key(descriptor, &((ObstacleReceiver *) self)->key_type, NULL, 1);
}

static bool
receive_obstacle(TupleTableSlot *slot, DestReceiver *self)
{
	ObstacleReceiver *receiver = (ObstacleReceiver *) self;
	int nkeys = receiver->key_type.ncolumns;

	slot_getallattrs(slot);
	if (nkeys > 0 && !bolt_slot_has_key(slot, nkeys))
		nkeys = 0;
	if (nkeys > 0 && receiver->deleted != NULL &&
		bolt_key_number(receiver->deleted, slot->tts_values, false) != NO_KEY)
		return true;
	receiver->count++;
	if (nkeys > 0 && receiver->named.count < MAX_NAMED_ROWS)
		(void) bolt_key_number(&receiver->named, slot->tts_values, true);
	return receiver->count <= MAX_NAMED_ROWS; /* one more says that there are more */
}

/* May the caller read the primary keys of the rows that are in the way? */
static bool
may_be_named(const Model *model)
{
	if (object_aclcheck(NamespaceRelationId, get_rel_namespace(model->oid), GetUserId(), ACL_USAGE) !=
			ACLCHECK_OK ||
		check_enable_rls(model->oid, GetUserId(), true) == RLS_ENABLED)
		return false;
	for (int i = 0; i < model->nprimary_key; i++)
	{
		if (!bolt_may_read_field(model, bolt_model_field_by_attnum(model, model->primary_key[i])))
			return false;
	}
	return true;
}

static void
add_obstacles(Obstacles *obstacles, const DeleteEdge *edge, const ObstacleReceiver *receiver)
{
	const Model *model = bolt_model_by_oid(edge->relation->target);

	if (obstacles->names.data == NULL)
	{
		initStringInfo(&obstacles->names);
		initStringInfo(&obstacles->rows);
	}
	else
	{
		appendStringInfoString(&obstacles->names, ", ");
		appendStringInfoString(&obstacles->rows, "; ");
	}
	appendStringInfo(&obstacles->names, "'%s'", bolt_delete_edge_name(edge));
	appendStringInfo(&obstacles->rows, "%s", model->name);
	if (receiver->named.count == 0 || !may_be_named(model))
		return;
	for (int i = 0; i < receiver->named.count; i++)
		appendStringInfo(&obstacles->rows, "%s %s", i > 0 ? "," : "", bolt_key_text(&receiver->named, i));
	if (receiver->count > receiver->named.count)
		appendStringInfoString(&obstacles->rows, " and more");
}

/* Looks for rows that refer by an edge to those from number first on. */
static void
find_obstacles(Collector *collector, const DeleteEdge *edge, int first, KeyTable *deleted,
			   Obstacles *obstacles)
{
	const Model *model = bolt_model_by_oid(edge->relation->target);
	ObstacleReceiver receiver = {.deleted = deleted};
	ReferringCall call;

	bolt_init_row_receiver(&receiver.pub, receive_obstacle);
	receiver.pub.rStartup = expect_key;
	bolt_primary_key_type(model, &receiver.key_type);
	bolt_key_table_init(&receiver.named, &receiver.key_type);
	bolt_begin_referring(collector, &call);
	appendStringInfoString(&call.sql, "SELECT ");
	if (model->nprimary_key > 0)
		bolt_append_columns(&call.sql, model, model->nprimary_key, model->primary_key);
	appendStringInfoString(&call.sql, " FROM ");
	bolt_append_target(&call, model);
	appendStringInfoString(&call.sql, " WHERE ");
	bolt_append_refers(&call, collector, edge, first);
	bolt_run_referring(collector, &call, model->oid, &receiver.pub, NULL, NULL);
	if (receiver.count > 0)
		add_obstacles(obstacles, edge, &receiver);
}

static void
report_obstacles(const Obstacles *obstacles, const Model *model, const char *kind)
{
	if (obstacles->names.data == NULL)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_RESTRICT_VIOLATION),
		 errmsg(
			 "Cannot delete some instances of model '%s' because they are referenced through %s foreign keys: %s",
			 model->name, kind, obstacles->names.data),
		 errdetail("They are referenced by %s.", obstacles->rows.data)));
}

void
bolt_check_protected(Collector *collector, TargetRows *rows)
{
	Obstacles obstacles = {{0}};
	ListCell *lc;

	foreach(lc, rows->target->edges)
	{
		const DeleteEdge *edge = lfirst(lc);

		if (edge->action == DELETE_PROTECT)
			find_obstacles(collector, edge, rows->checked, NULL, &obstacles);
	}
	report_obstacles(&obstacles, rows->target->model, "protected");
	rows->checked = rows->keys.count;
}

void
bolt_check_restricted(Collector *collector)
{
	const Model *model = collector->rows[0].target->model;
	Obstacles obstacles = {{0}};
	ListCell *lc;

	foreach(lc, collector->graph->targets)
	{
		const DeleteTarget *target = lfirst(lc);
		ListCell *lc2;

		if (collector->rows[target->number].keys.count == 0)
			continue;
		foreach(lc2, target->edges)
		{
			const DeleteEdge *edge = lfirst(lc2);

			if (edge->action == DELETE_RESTRICT)
				find_obstacles(collector, edge, 0,
							   edge->to != NULL ? &collector->rows[edge->to->number].keys : NULL, &obstacles);
		}
	}
	report_obstacles(&obstacles, model, "restricted");
}
