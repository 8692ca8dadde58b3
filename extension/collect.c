/*-------------------------------------------------------------------------
 *
 * collect.c
 *	  Deletes rows with all that goes with them, as Django's Collector does.
 *
 * First the keys of all rows are collected, model by model, those of a model by
 * what refers to rows that were found before; each row is locked as it is found,
 * in the order of the primary key.  For a caller who may delete rows but not lock
 * them, the deletes alone keep that order, and what others change in between is as
 * for several statements of SQL.  Behind a cycle of models there may be
 * more rows of the same model, so models are visited until nothing is new.  A model that nothing
 * registered refers to is not collected: its rows are deleted by the keys that
 * they refer to.
 *
 * Then follow the checks, the updates that take references away, and the deletes:
 * a statement a model, what refers before what is referred to.  Models that
 * refer to one another go in one statement, at the end of which the database checks its
 * foreign keys.
 *
 * Nothing of a row is kept but its primary key and what else refers to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "collect.h"
#include "compile.h"
#include "delete_graph.h"
#include "executor/spi.h"
#include "fetch.h"
#include "graph_cache.h"
#include "kept_plan.h"
#include "key_table.h"
#include "miscadmin.h"
#include "statement.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"

/* So many of the rows that are in the way are named. */
#define MAX_NAMED_ROWS 10

/* A column that rows are referred to by, beside the primary key. */
typedef struct ReferredColumn
{
	int16 length;
	bool by_value;
	Datum *values; /* per row */
	bool *nulls;
} ReferredColumn;

/* The rows of a target that are to be deleted. */
typedef struct TargetRows
{
	DeleteTarget *target;
	bool by_keys; /* keys is all of them … */
	bool locked;  /* … and they are locked */
	KeyType key_type;
	KeyTable keys;
	int nreferred;
	ReferredColumn *referred; /* target->columns behind the primary key */
	int capacity;			  /* rows that these have room for */
	int checked;			  /* rows that PROTECT has been checked for */
	int *followed;			  /* per cascade to it: how many of the other's rows have been followed */
	int64 deleted;
} TargetRows;

typedef struct Collector
{
	const DeleteGraph *graph;
	TargetRows *rows;		  /* per target */
	MemoryContext context;	  /* of the whole call */
	MemoryContext statements; /* of one statement; emptied behind each */
} Collector;

/* A statement with arrays of keys as parameters. */
typedef struct KeyedCall
{
	StringInfoData sql;
	int nparams;
	int capacity;
	Oid *types;
	Datum *values;
} KeyedCall;

/* ----------
 * Receiving keys
 * ----------
 */
typedef struct KeyReceiver
{
	DestReceiver pub;
	TargetRows *rows;
	MemoryContext context;
} KeyReceiver;

static void
ignore_startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
}

static void
ignore_end(DestReceiver *self)
{
}

static void
init_receiver(DestReceiver *receiver, bool (*receive)(TupleTableSlot *slot, DestReceiver *self))
{
	receiver->receiveSlot = receive;
	receiver->rStartup = ignore_startup;
	receiver->rShutdown = ignore_end;
	receiver->rDestroy = ignore_end;
	receiver->mydest = DestTuplestore;
}

static void
make_room(TargetRows *rows, MemoryContext context)
{
	rows->capacity = Max(rows->capacity * 2, 64);
	for (int i = 0; i < rows->nreferred; i++)
	{
		ReferredColumn *column = &rows->referred[i];
		Size values = sizeof(Datum) * rows->capacity;
		Size nulls = sizeof(bool) * rows->capacity;

		column->values = column->values == NULL ? MemoryContextAllocHuge(context, values) :
												  repalloc_huge(column->values, values);
		column->nulls = column->nulls == NULL ? MemoryContextAllocHuge(context, nulls) :
												repalloc_huge(column->nulls, nulls);
	}
}

/* The primary key of a row, which only a view's may lack. */
static bool
has_key(const TupleTableSlot *slot, int ncolumns)
{
	for (int i = 0; i < ncolumns; i++)
	{
		if (slot->tts_isnull[i])
			return false;
	}
	return true;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	KeyReceiver *receiver = (KeyReceiver *) self;
	TargetRows *rows = receiver->rows;
	int nkeys = rows->key_type.ncolumns;
	MemoryContext old;
	int number;

	slot_getallattrs(slot);
	if (!has_key(slot, nkeys))
		return true;
	number = bolt_key_number(&rows->keys, slot->tts_values, true);
	if (number < rows->keys.count - 1 || rows->nreferred == 0)
		return true;
	if (number >= rows->capacity)
		make_room(rows, receiver->context);
	old = MemoryContextSwitchTo(receiver->context);
	for (int i = 0; i < rows->nreferred; i++)
	{
		ReferredColumn *column = &rows->referred[i];

		column->nulls[number] = slot->tts_isnull[nkeys + i];
		column->values[number] = column->nulls[number] ?
			(Datum) 0 :
			datumCopy(slot->tts_values[nkeys + i], column->by_value, column->length);
	}
	MemoryContextSwitchTo(old);
	return true;
}

/* ----------
 * Statements about rows that refer to collected ones
 * ----------
 */
static void
begin_call(Collector *collector, KeyedCall *call)
{
	MemoryContextReset(collector->statements);
	MemoryContextSwitchTo(collector->statements);
	memset(call, 0, sizeof(KeyedCall));
	initStringInfo(&call->sql);
}

static int
add_param(KeyedCall *call, Oid type, Datum value)
{
	if (call->nparams == call->capacity)
	{
		call->capacity = Max(call->capacity * 2, 8);
		call->types = call->types == NULL ? palloc(sizeof(Oid) * call->capacity) :
											repalloc(call->types, sizeof(Oid) * call->capacity);
		call->values = call->values == NULL ? palloc(sizeof(Datum) * call->capacity) :
											  repalloc(call->values, sizeof(Datum) * call->capacity);
	}
	call->types[call->nparams] = type;
	call->values[call->nparams] = value;
	return ++call->nparams;
}

/* Runs it; back in the context of the whole call. */
static uint64
run_call(Collector *collector, KeyedCall *call, DestReceiver *dest, const Model *ordered)
{
	uint64 rows =
		bolt_run_kept_to(dest, ordered, call->sql.data, call->nparams, call->types, call->values, NULL);

	MemoryContextSwitchTo(collector->context);
	return rows;
}

/* A column of the rows from number first on, as an array. */
static Datum
column_array(const TargetRows *rows, AttrNumber attnum, Oid type, int first)
{
	const DeleteTarget *target = rows->target;
	int nkeys = rows->key_type.ncolumns;
	int at = 0;
	int n = rows->keys.count - first;
	int lower = 1;
	int16 length;
	bool by_value;
	char align;

	while (target->columns[at] != attnum)
		at++;
	if (at < nkeys)
		return bolt_key_array(&rows->keys, at, first);
	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(construct_md_array(rows->referred[at - nkeys].values + first,
											  rows->referred[at - nkeys].nulls + first, 1, &n, &lower, type,
											  length, by_value, align));
}

/* t0.key = ANY ($1), or for several columns EXISTS about arrays side by side */
static void
append_key_condition(KeyedCall *call, const KeyPair *pair, const TargetRows *keys, int first)
{
	int param = call->nparams + 1;

	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		add_param(call, get_array_type(comparison.type),
				  column_array(keys, pair->near_fields[i], comparison.type, first));
	}
	if (pair->n > 1)
	{
		appendStringInfoString(&call->sql, "EXISTS (SELECT 1 FROM ");
		bolt_append_unnest(&call->sql, param, pair->n, "k");
		appendStringInfoString(&call->sql, " WHERE ");
	}
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		appendStringInfo(&call->sql, "%s%s %s ", i > 0 ? " AND " : "",
						 bolt_far_key(pair, i, 0, comparison.cast_far), comparison.opname);
		if (pair->n > 1)
			appendStringInfo(&call->sql, "k.c%d", i + 1);
		else
			appendStringInfo(&call->sql, "ANY ($%d)", param);
	}
	if (pair->n > 1)
		appendStringInfoChar(&call->sql, ')');
}

/* WHERE it refers by an edge to the rows from number first on */
static void
append_refers(KeyedCall *call, const Collector *collector, const DeleteEdge *edge, int first)
{
	const ModelRelation *relation = edge->relation;
	KeyPair pair = {relation->nfields, edge->from->model, bolt_model_by_oid(relation->target),
					relation->source_fields, relation->target_fields};

	append_key_condition(call, &pair, &collector->rows[edge->from->number], first);
}

/* The same by any relation that cascades to it; first: per relation, NULL for all rows */
static void
append_cascades(KeyedCall *call, const Collector *collector, const DeleteTarget *target, const int *first)
{
	ListCell *lc;

	foreach(lc, target->cascades)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&call->sql, " OR ");
		append_refers(call, collector, lfirst(lc), first != NULL ? first[foreach_current_index(lc)] : 0);
	}
}

static void
append_columns(StringInfo sql, const Model *model, int n, const AttrNumber *columns)
{
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(sql, ", ");
		bolt_append_column(sql, 0, bolt_model_field_by_attnum(model, columns[i])->name);
	}
}

static void
append_primary_key_order(StringInfo sql, const Model *model)
{
	if (model->nprimary_key == 0)
		return;
	appendStringInfoString(sql, " ORDER BY ");
	append_columns(sql, model, model->nprimary_key, model->primary_key);
}

/* ----------
 * PROTECT and RESTRICT
 * ----------
 */

/* Rows that are in the way. */
typedef struct ObstacleReceiver
{
	DestReceiver pub;
	KeyTable *deleted; /* rows that are not, for they are deleted; or NULL */
	KeyType key_type;
	KeyTable named; /* the first ones */
	int64 count;
} ObstacleReceiver;

/* What is in the way of a delete, and by which foreign keys. */
typedef struct Obstacles
{
	StringInfoData names; /* 'blog_comment.article', … */
	StringInfoData rows;  /* blog_comment 1, 2, 3 and 8 more; … */
} Obstacles;

static bool
receive_obstacle(TupleTableSlot *slot, DestReceiver *self)
{
	ObstacleReceiver *receiver = (ObstacleReceiver *) self;
	int nkeys = receiver->key_type.ncolumns;

	slot_getallattrs(slot);
	if (nkeys > 0 && !has_key(slot, nkeys))
		nkeys = 0;
	if (nkeys > 0 && receiver->deleted != NULL &&
		bolt_key_number(receiver->deleted, slot->tts_values, false) != NO_KEY)
		return true;
	receiver->count++;
	if (nkeys > 0 && receiver->named.count < MAX_NAMED_ROWS)
		(void) bolt_key_number(&receiver->named, slot->tts_values, true);
	return true;
}

static void
fill_key_type(const Model *model, KeyType *key)
{
	FetchGraph graph = {.context = CurrentMemoryContext};
	Compiler scratch = {.graph = &graph};
	KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};

	if (model->nprimary_key > 0)
		bolt_fill_key_type(&scratch, key, &pair);
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
	for (int i = 0; i < receiver->named.count; i++)
		appendStringInfo(&obstacles->rows, "%s %s", i > 0 ? "," : "", bolt_key_text(&receiver->named, i));
	if (receiver->named.count == 0)
		appendStringInfo(&obstacles->rows, ": " INT64_FORMAT " rows", receiver->count);
	else if (receiver->count > receiver->named.count)
		appendStringInfo(&obstacles->rows, " and " INT64_FORMAT " more",
						 receiver->count - receiver->named.count);
}

/* Looks for rows that refer by an edge to those from number first on. */
static void
find_obstacles(Collector *collector, const DeleteEdge *edge, int first, KeyTable *deleted,
			   Obstacles *obstacles)
{
	const Model *model = bolt_model_by_oid(edge->relation->target);
	ObstacleReceiver receiver = {.deleted = deleted};
	KeyedCall call;

	init_receiver(&receiver.pub, receive_obstacle);
	fill_key_type(model, &receiver.key_type);
	bolt_key_table_init(&receiver.named, &receiver.key_type);
	begin_call(collector, &call);
	appendStringInfoString(&call.sql, "SELECT ");
	if (model->nprimary_key > 0)
		append_columns(&call.sql, model, model->nprimary_key, model->primary_key);
	appendStringInfo(&call.sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(model));
	append_refers(&call, collector, edge, first);
	append_primary_key_order(&call.sql, model);
	run_call(collector, &call, &receiver.pub, NULL);
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

/* PROTECT: of the rows that have not been checked yet */
static void
check_protected(Collector *collector, TargetRows *rows)
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

/* RESTRICT: of all rows, but by rows that are deleted as well */
static void
check_restricted(Collector *collector)
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

/* ----------
 * Collecting
 * ----------
 */

/* Are there rows that nobody has looked what refers to? */
static bool
is_pending(const Collector *collector, const TargetRows *rows)
{
	ListCell *lc;

	if (!rows->target->collected)
		return false;
	foreach(lc, rows->target->cascades)
	{
		const DeleteEdge *edge = lfirst(lc);

		if (collector->rows[edge->from->number].keys.count > rows->followed[foreach_current_index(lc)])
			return true;
	}
	return false;
}

/* SELECT key, … FROM model WHERE it refers to new rows … ORDER BY key FOR UPDATE */
static void
collect_level(Collector *collector, TargetRows *rows)
{
	const DeleteTarget *target = rows->target;
	const Model *model = target->model;
	KeyReceiver receiver = {.rows = rows, .context = collector->context};
	KeyedCall call;
	ListCell *lc;

	init_receiver(&receiver.pub, receive_row);
	begin_call(collector, &call);
	appendStringInfoString(&call.sql, "SELECT ");
	append_columns(&call.sql, model, target->ncolumns, target->columns);
	appendStringInfo(&call.sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(model));
	append_cascades(&call, collector, target, rows->followed);
	append_primary_key_order(&call.sql, model);
	if (rows->locked)
		appendStringInfoString(&call.sql, " FOR UPDATE OF t0");
	foreach(lc, target->cascades)
		rows->followed[foreach_current_index(lc)] =
			collector->rows[((DeleteEdge *) lfirst(lc))->from->number].keys.count;
	run_call(collector, &call, &receiver.pub, NULL);
	check_protected(collector, rows);
}

/* The earliest model in the graph first, so that all calls lock tables in the same order. */
static void
collect_below(Collector *collector)
{
	int n = list_length(collector->graph->targets);

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_pending(collector, &collector->rows[i]))
		{
			collect_level(collector, &collector->rows[i]);
			i = -1;
		}
	}
}

/* ----------
 * Changing
 * ----------
 */

/* UPDATE model SET foreign key = NULL WHERE it refers to any of the rows */
static void
update_referring(Collector *collector, const DeleteEdge *edge)
{
	const ModelRelation *relation = edge->relation;
	const Model *model = bolt_model_by_oid(relation->target);
	const char *value = edge->action == DELETE_SET_NULL ? "NULL" : "DEFAULT";
	KeyedCall call;

	begin_call(collector, &call);
	appendStringInfo(&call.sql, "UPDATE %s AS t0 SET ", bolt_model_sql_name(model));
	for (int i = 0; i < relation->nfields; i++)
		appendStringInfo(
			&call.sql, "%s%s = %s", i > 0 ? ", " : "",
			quote_identifier(bolt_model_field_by_attnum(model, relation->target_fields[i])->name), value);
	appendStringInfoString(&call.sql, " WHERE ");
	append_refers(&call, collector, edge, 0);
	run_call(collector, &call, NULL, model);
}

static void
update_all(Collector *collector)
{
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

			if (edge->action == DELETE_SET_NULL || edge->action == DELETE_SET_DEFAULT)
				update_referring(collector, edge);
		}
	}
}

/* Has a target rows to delete, as far as is known? */
static bool
has_rows(const Collector *collector, const TargetRows *rows)
{
	ListCell *lc;

	if (rows->by_keys)
		return rows->keys.count > 0;
	foreach(lc, rows->target->cascades)
	{
		if (collector->rows[((DeleteEdge *) lfirst(lc))->from->number].keys.count > 0)
			return true;
	}
	return false;
}

static void
append_delete(KeyedCall *call, const Collector *collector, const TargetRows *rows)
{
	const Model *model = rows->target->model;
	KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};

	appendStringInfo(&call->sql, "DELETE FROM %s AS t0 WHERE ", bolt_model_sql_name(model));
	if (rows->by_keys)
		append_key_condition(call, &pair, rows, 0);
	else
		append_cascades(call, collector, rows->target, NULL);
}

static void
delete_in_order(Collector *collector)
{
	ListCell *lc;

	foreach(lc, collector->graph->deletion)
	{
		TargetRows *rows = &collector->rows[((DeleteTarget *) lfirst(lc))->number];
		KeyedCall call;

		if (!has_rows(collector, rows))
			continue;
		begin_call(collector, &call);
		append_delete(&call, collector, rows);
		rows->deleted =
			run_call(collector, &call, NULL, rows->by_keys && rows->locked ? NULL : rows->target->model);
	}
}

/*
 * WITH d0 AS (DELETE … RETURNING 1), … SELECT how many of each: foreign keys are
 * checked when all have been carried out.
 */
static void
delete_at_once(Collector *collector)
{
	int n = list_length(collector->graph->targets);
	KeyedCall call;

	begin_call(collector, &call);
	for (int i = 0; i < n; i++)
	{
		appendStringInfo(&call.sql, "%s d%d AS (", i == 0 ? "WITH" : ",", i);
		append_delete(&call, collector, &collector->rows[i]);
		appendStringInfoString(&call.sql, " RETURNING 1)");
	}
	for (int i = 0; i < n; i++)
		appendStringInfo(&call.sql, "%s (SELECT pg_catalog.count(*) FROM d%d)", i == 0 ? " SELECT" : ",", i);
	run_call(collector, &call, NULL, NULL);
	for (int i = 0; i < n; i++)
	{
		bool isnull;

		collector->rows[i].deleted =
			DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
}

/* ----------
 * The whole of it
 * ----------
 */

/*
 * Can rows of it be locked by a SELECT?  It takes the privilege to update them, and
 * shows only the rows whose update row security allows.  Rows below a view are
 * its triggers' concern.
 */
static bool
may_lock(const Model *model)
{
	return model->relkind != RELKIND_VIEW &&
		(pg_class_aclcheck(model->oid, GetUserId(), ACL_UPDATE) == ACLCHECK_OK ||
		 pg_attribute_aclcheck_all(model->oid, GetUserId(), ACL_UPDATE, ACLMASK_ANY) == ACLCHECK_OK) &&
		check_enable_rls(model->oid, InvalidOid, true) != RLS_ENABLED;
}

static void
init_rows(TargetRows *rows, DeleteTarget *target)
{
	const Model *model = target->model;

	rows->target = target;
	rows->by_keys = target->collected;
	rows->locked = may_lock(model);
	fill_key_type(model, &rows->key_type);
	bolt_key_table_init(&rows->keys, &rows->key_type);
	rows->nreferred = target->ncolumns - model->nprimary_key;
	rows->referred = palloc0(sizeof(ReferredColumn) * Max(rows->nreferred, 1));
	for (int i = 0; i < rows->nreferred; i++)
		get_typlenbyval(bolt_model_field_by_attnum(model, target->columns[model->nprimary_key + i])->type,
						&rows->referred[i].length, &rows->referred[i].by_value);
	rows->followed = palloc0(sizeof(int) * Max(list_length(target->cascades), 1));
}

static void
init_collector(Collector *collector, const Model *model)
{
	ListCell *lc;

	collector->graph = bolt_delete_graph(model);
	collector->context = CurrentMemoryContext;
	collector->statements =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm delete statement", ALLOCSET_DEFAULT_SIZES);
	collector->rows = palloc0(sizeof(TargetRows) * list_length(collector->graph->targets));
	foreach(lc, collector->graph->targets)
		init_rows(&collector->rows[foreach_current_index(lc)], lfirst(lc));
}

/* The queryset's own statement: their keys, or their DELETE. */
static void
run_root(Collector *collector, FetchRun *run)
{
	FetchNode *node = run->graph->nodes[0];
	TargetRows *rows = &collector->rows[0];
	KeyReceiver receiver = {.rows = rows, .context = collector->context};

	rows->by_keys = node->key.ncolumns > 0;
	init_receiver(&receiver.pub, receive_row);
	bolt_statement_run(node->statement, PLAN_MANY, run->nodes[0].params, 0, false,
					   rows->by_keys ? &receiver.pub : NULL);
	if (!rows->by_keys)
		rows->deleted = SPI_processed;
	MemoryContextSwitchTo(collector->context);
}

static void
delete_collected(Collector *collector)
{
	if (collector->rows[0].keys.count == 0)
		return;
	check_protected(collector, &collector->rows[0]);
	collect_below(collector);
	check_restricted(collector);
	update_all(collector);
	if (collector->graph->deletion != NIL)
		delete_in_order(collector);
	else
		delete_at_once(collector);
}

/* The call that would register a relation's on_delete. */
static char *
registration_of(const ModelRelation *relation, const char *schema, const char *table)
{
	StringInfoData call;

	initStringInfo(&call);
	appendStringInfo(&call, "bolt.register_relation('%s', '{",
					 RelationIsVisible(relation->target) ? quote_identifier(table) :
														   quote_qualified_identifier(schema, table));
	for (int i = 0; i < relation->nfields; i++)
		appendStringInfo(&call, "%s%s", i > 0 ? "," : "",
						 quote_identifier(get_attname(relation->target, relation->target_fields[i], false)));
	appendStringInfoString(&call, "}', on_delete => 'CASCADE')");
	return call.data;
}

/* A foreign key that nothing was registered about kept a row from being deleted: says how to. */
static void
add_hint(const Collector *collector, ErrorData *error)
{
	ListCell *lc;

	if (error->sqlerrcode != ERRCODE_FOREIGN_KEY_VIOLATION || error->hint != NULL ||
		error->table_name == NULL || error->schema_name == NULL)
		return;
	foreach(lc, collector->graph->targets)
	{
		ListCell *lc2;

		foreach(lc2, ((DeleteTarget *) lfirst(lc))->model->relations)
		{
			const ModelRelation *relation = lfirst(lc2);
			const char *table = get_rel_name(relation->target);

			if (relation_is_forward(relation) || relation->kind == RELATION_MANY_TO_MANY ||
				relation->on_delete_registered || table == NULL || strcmp(table, error->table_name) != 0 ||
				get_relname_relid(table, get_namespace_oid(error->schema_name, true)) != relation->target)
				continue;
			error->hint = psprintf("Say what becomes of the rows that refer to it, as in %s.",
								   registration_of(relation, error->schema_name, table));
			return;
		}
	}
}

static List *
target_tables(const Collector *collector)
{
	List *tables = NIL;
	ListCell *lc;

	foreach(lc, collector->graph->targets)
		tables = lappend_oid(tables, ((DeleteTarget *) lfirst(lc))->model->oid);
	return tables;
}

static List *
counts_of(const Collector *collector)
{
	List *counts = NIL;

	for (int i = 0; i < list_length(collector->graph->targets); i++)
	{
		DeleteCount *count = palloc(sizeof(DeleteCount));

		count->table = collector->rows[i].target->model->oid;
		count->rows = collector->rows[i].deleted;
		counts = lappend(counts, count);
	}
	return counts;
}

static const Model *
root_model(const Document *document)
{
	return bolt_model_by_name(document->queryset->model->text, document->queryset->model);
}

static FetchRun *
begin_run(Document *document)
{
	const Model *model;
	FetchPurpose purpose;

	(void) bolt_model_refresh();
	model = root_model(document);

	/* a superuser's document that could end the session, or the database */
	if (IsCatalogRelationOid(model->oid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: \"%s\" is a system catalog", model->table)));
	purpose = may_lock(model) ? FETCH_DELETE : FETCH_DELETE_UNLOCKED;
	return bolt_run_begin(bolt_graph_for(document, purpose), document);
}

List *
bolt_collect_and_delete(Document *document)
{
	MemoryContext caller = CurrentMemoryContext;
	FetchRun *run = begin_run(document);
	Collector collector;
	CascadeCounter *counter;
	List *counts;

	/* nothing has been taken in since the statement was found to be true of its model */
	bolt_model_pin();
	MemoryContextSwitchTo(run->context);
	init_collector(&collector, root_model(document));
	counter = bolt_begin_cascade_count(target_tables(&collector));
	SPI_connect();
	MemoryContextSwitchTo(collector.context);
	PG_TRY();
	{
		run_root(&collector, run);
		delete_collected(&collector);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(collector.context);
		error = CopyErrorData();
		FlushErrorState();
		add_hint(&collector, error);
		ReThrowError(error);
	}
	PG_END_TRY();
	SPI_finish();
	MemoryContextSwitchTo(caller);
	counts = bolt_end_cascade_count(counter, counts_of(&collector));
	bolt_model_unpin();
	MemoryContextDelete(run->context);
	return counts;
}
