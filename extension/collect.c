/*-------------------------------------------------------------------------
 *
 * collect.c
 *	  Deletes rows with all that goes with them, as Django's Collector does.
 *
 * First the keys of all rows are collected, model by model, those of a model by
 * what refers to rows that were found before; each row is locked as it is found,
 * in the order of the primary key.  For a caller who may delete rows but not lock
 * them the deletes alone keep that order, and what others change in between is as
 * for several statements of SQL.  Behind a cycle of models there may be more rows of
 * the same model, so models are visited until nothing is new.  A model to which
 * nothing registered refers is not collected: its rows are deleted by the keys that
 * they refer to.
 *
 * Then follow the checks, the updates that take references away, and the deletes:
 * a statement a model, what refers before what is referred to.  Models that refer to
 * one another go in one statement, at the end of which the database checks its
 * foreign keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "act_as_owner.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "collect.h"
#include "collector.h"
#include "compat.h"
#include "compile.h"
#include "executor/spi.h"
#include "fetch.h"
#include "graph_cache.h"
#include "miscadmin.h"
#include "reference_check.h"
#include "result_columns.h"
#include "settings.h"
#include "statement.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"

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
	KeyReceiver receiver;
	ReferringCall call;
	ListCell *lc;

	bolt_init_key_receiver(&receiver, rows, collector->context);
	bolt_begin_referring(collector, &call);
	appendStringInfoString(&call.sql, "SELECT ");
	bolt_append_columns(&call.sql, model, target->ncolumns, target->columns);
	appendStringInfoString(&call.sql, " FROM ");
	bolt_append_target(&call, model);
	appendStringInfoString(&call.sql, " WHERE ");
	bolt_append_cascades(&call, collector, target, rows->followed);
	bolt_append_primary_key_order(&call.sql, model);
	if (rows->locked)
		appendStringInfoString(&call.sql, " FOR UPDATE OF t0");
	foreach(lc, target->cascades)
		rows->followed[foreach_current_index(lc)] =
			collector->rows[((DeleteEdge *) lfirst(lc))->from->number].keys.count;
	bolt_run_referring(collector, &call, model->oid, &receiver.pub, NULL, NULL);
	bolt_check_protected(collector, rows);
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
	ReferringCall call;

	bolt_begin_referring(collector, &call);
	appendStringInfoString(&call.sql, "UPDATE ");
	bolt_append_target(&call, model);
	appendStringInfoString(&call.sql, " SET ");
	for (int i = 0; i < relation->nfields; i++)
		appendStringInfo(
			&call.sql, "%s%s = %s", i > 0 ? ", " : "",
			quote_identifier(bolt_model_field_by_attnum(model, relation->target_fields[i])->name), value);
	appendStringInfoString(&call.sql, " WHERE ");
	bolt_append_refers(&call, collector, edge, 0);
	bolt_run_referring(collector, &call, model->oid, NULL, model, NULL);
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
append_delete(ReferringCall *call, const Collector *collector, const TargetRows *rows)
{
	const Model *model = rows->target->model;
	KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};

	appendStringInfoString(&call->sql, "DELETE FROM ");
	bolt_append_target(call, model);
	appendStringInfoString(&call->sql, " WHERE ");
	if (rows->by_keys)
		bolt_append_has_key(call, &pair, rows, 0);
	else
		bolt_append_cascades(call, collector, rows->target, NULL);
}

/* The foreign keys to the rows that a statement deletes, and what it says of them as it deletes them. */
typedef struct DeleteChecks
{
	DestReceiver pub;
	const DeleteTarget *target;
	QueryDesc *query;
	List *checks;	/* of ReferenceCheck * */
	int *columns;	/* per check: the place of its column among the target's */
	Datum **values; /* per check: that column of the deleted rows, nulls left out */
	int *counts;
	int capacity; /* of each of values */
	MemoryContext context;
} DeleteChecks;

static void
take_checks(void *argument, QueryDesc *query)
{
	DeleteChecks *checks = argument;
	const DeleteTarget *target = checks->target;
	MemoryContext old = MemoryContextSwitchTo(checks->context);
	ListCell *lc;
	int n;

	checks->query = query;
	checks->checks = bolt_delete_checks(query, target->model->oid, target->ncolumns, target->columns);
	n = list_length(checks->checks);
	checks->columns = palloc0(sizeof(int) * Max(n, 1));
	checks->values = palloc0(sizeof(Datum *) * Max(n, 1));
	checks->counts = palloc0(sizeof(int) * Max(n, 1));
	foreach(lc, checks->checks)
	{
		int *column = &checks->columns[foreach_current_index(lc)];

		while (target->columns[*column] != ((ReferenceCheck *) lfirst(lc))->target_column)
			++*column;
		if (!bolt_returns_column(query, *column + 1, target->model->oid, target->columns[*column]))
		{
			checks->checks = NIL;
			break;
		}
	}
	MemoryContextSwitchTo(old);
}

static void
expect_columns(DestReceiver *self, int operation, TupleDesc descriptor)
{
	const DeleteChecks *checks = (DeleteChecks *) self;
	ListCell *lc;

	foreach(lc, checks->checks)
		bolt_expect_column(descriptor, checks->columns[foreach_current_index(lc)] + 1,
						   ((ReferenceCheck *) lfirst(lc))->type);
}

static bool
note_deleted(TupleTableSlot *slot, DestReceiver *self)
{
	DeleteChecks *checks = (DeleteChecks *) self;
	MemoryContext old = MemoryContextSwitchTo(checks->context);
	ListCell *lc;

	slot_getallattrs(slot);
	foreach(lc, checks->checks)
	{
		const ReferenceCheck *check = lfirst(lc);
		int i = foreach_current_index(lc);
		int column = checks->columns[i];

		if (slot->tts_isnull[column])
			continue;
		if (checks->counts[i] == checks->capacity)
		{
			checks->capacity = Max(checks->capacity * 2, 1024);
			for (int j = 0; j < list_length(checks->checks); j++)
				checks->values[j] = checks->values[j] == NULL ?
					MemoryContextAllocHuge(checks->context, sizeof(Datum) * checks->capacity) :
					repalloc_huge(checks->values[j], sizeof(Datum) * checks->capacity);
		}
		checks->values[i][checks->counts[i]++] =
			datumCopy(slot->tts_values[column], check->by_value, check->length);
	}
	MemoryContextSwitchTo(old);
	return true;
}

static void
run_checks(void *argument)
{
	DeleteChecks *checks = argument;
	ListCell *lc;

	foreach(lc, checks->checks)
	{
		int i = foreach_current_index(lc);

		if (!bolt_nothing_refers(lfirst(lc), checks->counts[i], checks->values[i]))
			return;
	}
	bolt_pass_over_triggers(checks->query, checks->checks);
}

/* Is the table written itself, and not others by its rules? */
static bool
is_written_itself(Oid table)
{
	Relation relation = table_open(table, AccessShareLock);
	bool result = relation->rd_rel->relkind == RELKIND_RELATION && relation->rd_rules == NULL;

	table_close(relation, NoLock);
	return result;
}

static void
delete_in_order(Collector *collector)
{
	ListCell *lc;

	foreach(lc, collector->graph->deletion)
	{
		TargetRows *rows = &collector->rows[((DeleteTarget *) lfirst(lc))->number];
		const DeleteTarget *target = rows->target;
		DeleteChecks checks = {.target = target, .context = collector->context};
		StatementWatcher watcher = {take_checks, run_checks, &checks};
		bool many = bolt_batch_foreign_keys && rows->by_keys && rows->locked &&
			rows->keys.count >= BOLT_MANY_REFERENCES && is_written_itself(target->model->oid);
		ReferringCall call;

		if (!has_rows(collector, rows))
			continue;
		bolt_begin_referring(collector, &call);
		append_delete(&call, collector, rows);
		if (many)
		{
			bolt_init_row_receiver(&checks.pub, note_deleted);
			checks.pub.rStartup = expect_columns;
			appendStringInfoString(&call.sql, " RETURNING ");
			bolt_append_columns(&call.sql, target->model, target->ncolumns, target->columns);
		}
		rows->deleted =
			bolt_run_referring(collector, &call, rows->owned, many ? &checks.pub : NULL,
							   rows->by_keys && rows->locked ? NULL : target->model, many ? &watcher : NULL);
	}
}

/*
 * Who deletes from models that refer to one another, which takes one statement.  The caller, if he may delete
 * from all of them and they are of one owner: then no other code runs with the caller's rights than that of the first
 * model's owner, which runs so anyway.  Else their owner.
 */
static Oid
owner_of_circle(const Collector *collector)
{
	Oid owner = bolt_table_owner(collector->rows[0].target->model->oid);
	bool may_delete = true;
	ListCell *lc;

	foreach(lc, collector->graph->targets)
	{
		const Model *model = ((DeleteTarget *) lfirst(lc))->model;

		if (bolt_table_owner(model->oid) != owner)
			ereport(
				ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot delete rows of models that refer to one another and have different owners"),
				 errdetail("Rows of \"%s\" would be deleted together with rows of \"%s\".", model->name,
						   collector->rows[0].target->model->name),
				 errhint("Delete the rows of one of them first, or let one role own both tables.")));
		may_delete = may_delete && pg_class_aclcheck(model->oid, GetUserId(), ACL_DELETE) == ACLCHECK_OK &&
			pg_class_aclcheck(model->oid, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
			check_enable_rls(model->oid, GetUserId(), true) != RLS_ENABLED;
	}
	if (!may_delete &&
		check_enable_rls(collector->rows[0].target->model->oid, GetUserId(), true) == RLS_ENABLED)
		return InvalidOid; /* his own row security holds */
	return may_delete ? InvalidOid : collector->rows[0].target->model->oid;
}

/*
 * WITH d0 AS (DELETE … RETURNING 1), … SELECT how many of each: foreign keys are
 * checked when all have been carried out.
 */
static void
delete_at_once(Collector *collector)
{
	int n = list_length(collector->graph->targets);
	ReferringCall call;

	bolt_begin_referring(collector, &call);
	for (int i = 0; i < n; i++)
	{
		appendStringInfo(&call.sql, "%s d%d AS (", i == 0 ? "WITH" : ",", i);
		append_delete(&call, collector, &collector->rows[i]);
		appendStringInfoString(&call.sql, " RETURNING 1)");
	}
	for (int i = 0; i < n; i++)
		appendStringInfo(&call.sql, "%s (SELECT pg_catalog.count(*) FROM d%d)", i == 0 ? " SELECT" : ",", i);
	bolt_run_referring(collector, &call, owner_of_circle(collector), NULL, NULL, NULL);
	for (int i = 0; i < n; i++)
	{
		bool isnull;

		bolt_expect_column(SPI_tuptable->tupdesc, i + 1, INT8OID);
		collector->rows[i].deleted =
			DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
}

/*
 * What refers to rows has been deleted with its owners' rights.  If the caller's row security then keeps
 * any of the rows themselves, that must not stand.  Asked as the owner, for it may be rows that the caller does not see: a
 * cascade within the model has found them.
 */
static void
check_all_deleted(Collector *collector)
{
	TargetRows *rows = &collector->rows[0];
	const Model *model = rows->target->model;
	KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};
	ReferringCall call;
	uint64 left;

	if (!rows->by_keys || rows->deleted >= rows->keys.count ||
		check_enable_rls(model->oid, GetUserId(), true) != RLS_ENABLED)
		return;
	bolt_begin_referring(collector, &call);
	appendStringInfoString(&call.sql, "SELECT FROM ");
	bolt_append_target(&call, model);
	appendStringInfoString(&call.sql, " WHERE ");
	bolt_append_has_key(&call, &pair, rows, 0);
	appendStringInfoString(&call.sql, " LIMIT 1");
	left = bolt_run_referring(collector, &call, model->oid, NULL, NULL, NULL);
	SPI_freetuptable(SPI_tuptable);
	if (left > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row-level security keeps rows of model \"%s\" from being deleted", model->name)));
}

/* ----------
 * The whole of it
 * ----------
 */

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
		bolt_init_target_rows(&collector->rows[foreach_current_index(lc)], lfirst(lc));
}

/* The queryset's own statement: their keys, or their DELETE. */
static void
run_root(Collector *collector, FetchRun *run)
{
	FetchNode *node = run->graph->nodes[0];
	TargetRows *rows = &collector->rows[0];
	KeyReceiver receiver;

	rows->by_keys = node->key.ncolumns > 0;
	rows->locked = node->locks;
	bolt_init_key_receiver(&receiver, rows, collector->context);
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
	bolt_check_protected(collector, &collector->rows[0]);
	collect_below(collector);
	bolt_check_restricted(collector);
	for (int i = 0; i < list_length(collector->graph->targets); i++)
		bolt_check_keys(collector, &collector->rows[i]);
	update_all(collector);
	if (collector->graph->deletion != NIL)
		delete_in_order(collector);
	else
		delete_at_once(collector);
	check_all_deleted(collector);
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
			const char *constraint =
				OidIsValid(relation->constraint) ? get_constraint_name(relation->constraint) : NULL;

			if (relation_is_forward(relation) || relation->kind == RELATION_MANY_TO_MANY ||
				relation->on_delete_registered || table == NULL || strcmp(table, error->table_name) != 0 ||
				get_relname_relid(table, get_namespace_oid(error->schema_name, true)) != relation->target ||
				(constraint != NULL && error->constraint_name != NULL &&
				 strcmp(constraint, error->constraint_name) != 0))
				continue;

			/* who could register it may be told what to register */
			if (object_ownercheck(RelationRelationId, relation->target, GetUserId()))
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
	AclResult denied;

	(void) bolt_model_refresh();
	model = root_model(document);

	/* a superuser's document that could end the session, or the database */
	if (IsCatalogRelationOid(model->oid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: \"%s\" is a system catalog", model->table)));

	/* before anything else is deleted with the rights of others */
	denied = pg_class_aclcheck(model->oid, GetUserId(), ACL_DELETE);
	if (denied != ACLCHECK_OK)
		aclcheck_error(denied, get_relkind_objtype(model->relkind), model->table);
	purpose = bolt_may_lock_rows(model, GetUserId()) ? FETCH_DELETE : FETCH_DELETE_UNLOCKED;
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
