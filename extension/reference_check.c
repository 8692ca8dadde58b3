/*-------------------------------------------------------------------------
 *
 * reference_check.c
 *	  Checks the foreign keys of many rows at once: one query per foreign key
 *	  instead of one per row.
 *
 * The database checks a foreign key by a trigger, which runs a query for each row. Here
 * the same question is asked for all rows of a statement together, after they have been
 * written and before their triggers fire. If the answer is that all keys hold, the
 * triggers have nothing left to find and are passed over. If it is anything else, nothing is
 * concluded from it: the triggers fire row by row as ever, with snapshots of their own, and
 * they decide and say what is wrong.
 *
 * This is done only where nobody can tell the difference: the setting is on, the statement
 * writes the model's own table and not another by way of a view or a rule, all row triggers for the event
 * are such checks, immediate ones, of one column whose values are equal if their
 * bytes are. The keys are those of the rows that were written, as RETURNING gives them. Where
 * the transaction has one snapshot, the check of a delete has to look past it; that is left to
 * the triggers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "act_as_owner.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "kept_plan.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "reference_check.h"
#include "result_columns.h"
#include "settings.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

/* ----------
 * Values
 * ----------
 */
typedef int (*ValueComparator)(const void *a, const void *b);

static int
compare_int2(const void *a, const void *b)
{
	int16 x = DatumGetInt16(*(const Datum *) a);
	int16 y = DatumGetInt16(*(const Datum *) b);

	return (x > y) - (x < y);
}

static int
compare_int4(const void *a, const void *b)
{
	int32 x = DatumGetInt32(*(const Datum *) a);
	int32 y = DatumGetInt32(*(const Datum *) b);

	return (x > y) - (x < y);
}

static int
compare_int8(const void *a, const void *b)
{
	int64 x = DatumGetInt64(*(const Datum *) a);
	int64 y = DatumGetInt64(*(const Datum *) b);

	return (x > y) - (x < y);
}

static int
compare_uuid(const void *a, const void *b)
{
	return memcmp(DatumGetPointer(*(const Datum *) a), DatumGetPointer(*(const Datum *) b), UUID_LEN);
}

/* The types of keys: values are equal if and only if these say so. */
static const struct
{
	Oid type;
	Oid equality;
	ValueComparator compare;
} key_types[] = {
	{INT2OID, 94, compare_int2},
	{INT4OID, Int4EqualOperator, compare_int4},
	{INT8OID, 410, compare_int8},
	{UUIDOID, 2972, compare_uuid},
};

static bool
is_key_type(Oid type, Oid equality)
{
	for (int i = 0; i < lengthof(key_types); i++)
	{
		if (key_types[i].type == type)
			return key_types[i].equality == equality;
	}
	return false;
}

static ValueComparator
comparator(Oid type)
{
	for (int i = 0; i < lengthof(key_types); i++)
	{
		if (key_types[i].type == type)
			return key_types[i].compare;
	}
	Assert(false);
	return NULL; /* not reached */
}

/* Sorts values and keeps each once; returns how many are left. */
static int
sort_distinct(Datum *values, int n, ValueComparator compare)
{
	int kept = 0;

	qsort(values, n, sizeof(Datum), compare);
	for (int i = 0; i < n; i++)
	{
		if (kept == 0 || compare(&values[kept - 1], &values[i]) != 0)
			values[kept++] = values[i];
	}
	return kept;
}

/* ----------
 * Triggers
 * ----------
 */

/* A table whose rows are in itself alone. */
static bool
is_plain_table(Oid table)
{
	return get_rel_relkind(table) == RELKIND_RELATION && !get_rel_relispartition(table);
}

/* The foreign key of a trigger, or NULL where it has to be left to it. */
static ReferenceCheck *
check_of_constraint(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Form_pg_constraint form;
	AttrNumber source_columns[INDEX_MAX_KEYS];
	AttrNumber target_columns[INDEX_MAX_KEYS];
	AttrNumber set_columns[INDEX_MAX_KEYS];
	Oid target_source[INDEX_MAX_KEYS];
	Oid target_target[INDEX_MAX_KEYS];
	Oid source_source[INDEX_MAX_KEYS];
	ReferenceCheck *check = NULL;
	int n;
	int nset;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	if (form->contype == CONSTRAINT_FOREIGN)
	{
		DeconstructFkConstraintRow(tuple, &n, source_columns, target_columns, target_source, target_target,
								   source_source, &nset, set_columns);
		if (n == 1)
		{
			check = palloc(sizeof(ReferenceCheck));
			check->constraint = constraint;
			check->source = form->conrelid;
			check->target = form->confrelid;
			check->source_column = source_columns[0];
			check->target_column = target_columns[0];
			check->type = get_atttype(check->source, check->source_column);
			if (check->type != get_atttype(check->target, check->target_column) ||
				!is_key_type(check->type, target_source[0]) || OidIsValid(form->conparentid) ||
				!is_plain_table(check->source) || !is_plain_table(check->target))
				check = NULL;
			else
				get_typlenbyval(check->type, &check->length, &check->by_value);
		}
	}
	ReleaseSysCache(tuple);
	return check;
}

static bool
checks_insert(Oid function)
{
	return function == F_RI_FKEY_CHECK_INS;
}

static bool
checks_delete(Oid function)
{
	return function == F_RI_FKEY_NOACTION_DEL || function == F_RI_FKEY_RESTRICT_DEL;
}

static bool
is_member(AttrNumber column, int n, const AttrNumber *columns)
{
	for (int i = 0; i < n; i++)
	{
		if (columns[i] == column)
			return true;
	}
	return false;
}

/*
 * The checks that a table's row triggers for an event are; NIL where one is
 * anything else, or about another target column than these, if they are given.
 */
static List *
checks_of_triggers(const TriggerDesc *triggers, int16 event, bool (*is_check)(Oid function), int ncolumns,
				   const AttrNumber *columns)
{
	List *checks = NIL;

	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];
		ReferenceCheck *check;

		if ((trigger->tgtype & event) == 0 || !TRIGGER_FOR_ROW(trigger->tgtype) ||
			trigger->tgenabled == TRIGGER_DISABLED)
			continue;
		if (!is_check(trigger->tgfoid) || !OidIsValid(trigger->tgconstraint) || trigger->tgdeferrable ||
			trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN)
			return NIL;
		check = check_of_constraint(trigger->tgconstraint);
		if (check != NULL)
			check->trigger = i;
		if (check == NULL || (columns != NULL && !is_member(check->target_column, ncolumns, columns)))
			return NIL;
		checks = lappend(checks, check);
	}
	return checks;
}

static List *
take_checks(QueryDesc *query, Oid table, CmdType operation, int16 event, bool (*is_check)(Oid function),
			int ncolumns, const AttrNumber *columns)
{
	const List *relations = query->estate->es_opened_result_relations;
	ResultRelInfo *relation;
	TriggerDesc *triggers;

	if (!bolt_batch_foreign_keys || query->operation != operation || list_length(relations) != 1 ||
		SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
		return NIL;
	relation = linitial(relations);
	triggers = relation->ri_TrigDesc;
	if (RelationGetRelid(relation->ri_RelationDesc) != table || triggers == NULL || !is_plain_table(table) ||
		triggers->trig_insert_new_table || triggers->trig_delete_old_table)
		return NIL;
	return checks_of_triggers(triggers, event, is_check, ncolumns, columns);
}

List *
bolt_insert_checks(QueryDesc *query, Oid table)
{
	return take_checks(query, table, CMD_INSERT, TRIGGER_TYPE_INSERT, checks_insert, 0, NULL);
}

List *
bolt_delete_checks(QueryDesc *query, Oid table, int ncolumns, const AttrNumber *columns)
{
	if (IsolationUsesXactSnapshot())
		return NIL;
	return take_checks(query, table, CMD_DELETE, TRIGGER_TYPE_DELETE, checks_delete, ncolumns, columns);
}

/* What a trigger does that has nothing left to check */
static Datum
do_nothing(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(NULL);
}

/*
 * The statement has its own copy of the table's triggers, and looks up the function of
 * each when it fires for the first time.
 */
void
bolt_pass_over_triggers(QueryDesc *query, List *checks)
{
	ResultRelInfo *relation = linitial(query->estate->es_opened_result_relations);
	MemoryContext old = MemoryContextSwitchTo(query->estate->es_query_cxt);
	ListCell *lc;

	foreach(lc, checks)
	{
		int i = ((ReferenceCheck *) lfirst(lc))->trigger;
		FmgrInfo *function = &relation->ri_TrigFunctions[i];

		Assert(i < relation->ri_TrigDesc->numtriggers);
		Assert(relation->ri_TrigDesc->triggers[i].tgconstraint ==
			   ((ReferenceCheck *) lfirst(lc))->constraint);
		fmgr_info(relation->ri_TrigDesc->triggers[i].tgfoid, function);
		function->fn_addr = do_nothing;
	}
	MemoryContextSwitchTo(old);
}

/* ----------
 * Queries
 * ----------
 */

/* A table's name and one of its columns, as SQL */
static void
append_column_of(StringInfo sql, Oid table, AttrNumber column)
{
	appendStringInfo(sql, "x.%s", quote_identifier(get_attname(table, column, false)));
}

/* Are sorted values all integers between the first and the last of them, and not few? */
static bool
is_range(Oid type, int n, const Datum *values)
{
	int64 first;
	int64 last;

	if (n < BOLT_MANY_REFERENCES)
		return false;
	switch (type)
	{
		case INT2OID:
			first = DatumGetInt16(values[0]);
			last = DatumGetInt16(values[n - 1]);
			break;
		case INT4OID:
			first = DatumGetInt32(values[0]);
			last = DatumGetInt32(values[n - 1]);
			break;
		case INT8OID:
			first = DatumGetInt64(values[0]);
			last = DatumGetInt64(values[n - 1]);
			break;
		default:
			return false;
	}
	return (uint64) last - (uint64) first == (uint64) n - 1;
}

/*
 * How many rows of the target, each of which it locks, or whether any row of the source, which is enough, have one of
 * the sorted values. Asked as the owner of the table, whom row security does not concern.
 */
static uint64
count_rows(const ReferenceCheck *check, bool of_target, int n, Datum *values)
{
	Oid table = of_target ? check->target : check->source;
	AttrNumber column = of_target ? check->target_column : check->source_column;
	Oid type = check->type;
	Oid array_type = get_array_type(type);
	bool range = is_range(type, n, values);
	Datum bounds[] = {values[0], values[n - 1]};
	Relation relation = table_open(table, RowShareLock);
	StringInfoData sql;
	Datum array;
	int16 length;
	bool by_value;
	char alignment;
	Identity before;
	uint64 found;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	if (range)
		values = bounds;
	array = PointerGetDatum(construct_array(values, range ? 2 : n, type, length, by_value, alignment));
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT FROM ONLY %s AS x WHERE ",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)));
	append_column_of(&sql, table, column);
	if (range)
	{
		appendStringInfoString(&sql, " OPERATOR(pg_catalog.>=) ($1)[1] AND ");
		append_column_of(&sql, table, column);
		appendStringInfoString(&sql, " OPERATOR(pg_catalog.<=) ($1)[2]");
	}
	else
		appendStringInfoString(&sql, " OPERATOR(pg_catalog.=) ANY ($1)");
	if (of_target)
	{
		appendStringInfoString(&sql, " ORDER BY ");
		append_column_of(&sql, table, column);
		appendStringInfoString(&sql, " FOR KEY SHARE OF x");
	}
	else
		appendStringInfoString(&sql, " LIMIT 1");
	bolt_act_as_owner(table, &before);
	found = bolt_run_kept(NULL, list_make1_oid(table), KEPT_AS_OWNER | (of_target ? KEPT_BY_INDEX : 0),
						  sql.data, 1, &array_type, &array, NULL);
	bolt_act_as_before(&before);
	SPI_freetuptable(SPI_tuptable);
	table_close(relation, NoLock);
	return found;
}

/* ----------
 * Checks
 * ----------
 */

/* Are there rows of the target for all of the values that are not null? */
static bool
all_present(const ReferenceCheck *check, int nrows, const Datum *values, const bool *nulls)
{
	Datum *wanted = palloc_extended(sizeof(Datum) * Max(nrows, 1), MCXT_ALLOC_HUGE);
	bool result;
	int n = 0;

	for (int i = 0; i < nrows; i++)
	{
		if (!nulls[i])
			wanted[n++] = values[i];
	}
	n = sort_distinct(wanted, n, comparator(check->type));
	result = n == 0 || count_rows(check, true, n, wanted) == n;
	pfree(wanted);
	return result;
}

bool
bolt_returns_column(const QueryDesc *query, AttrNumber result, Oid table, AttrNumber column)
{
	const ModifyTable *plan = (ModifyTable *) query->plannedstmt->planTree;
	List *returned;
	const TargetEntry *entry;

	if (!IsA(plan, ModifyTable) || plan->returningLists == NIL)
		return false;
	returned = linitial(plan->returningLists);
	if (result < 1 || result > list_length(returned))
		return false;
	entry = list_nth_node(TargetEntry, returned, result - 1);
	return entry->resorigtbl == table && entry->resorigcol == column;
}

bool
bolt_inserted_rows_refer(List *checks, int nrows, Datum **values, bool **nulls)
{
	ListCell *lc;

	foreach(lc, checks)
	{
		int i = foreach_current_index(lc);

		if (!all_present(lfirst(lc), nrows, values[i], nulls[i]))
			return false;
	}
	return true;
}

bool
bolt_nothing_refers(const ReferenceCheck *check, int nrows, const Datum *values)
{
	Datum *wanted = palloc_extended(sizeof(Datum) * Max(nrows, 1), MCXT_ALLOC_HUGE);
	bool result;
	int n;

	memcpy(wanted, values, sizeof(Datum) * nrows);
	n = sort_distinct(wanted, nrows, comparator(check->type));
	result = n == 0 || count_rows(check, false, n, wanted) == 0;
	pfree(wanted);
	return result;
}
