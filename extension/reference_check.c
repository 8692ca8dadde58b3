/*-------------------------------------------------------------------------
 *
 * reference_check.c
 *	  Foreign keys of many rows, checked by a query a key instead of one a row.
 *
 * The database checks a foreign key by a trigger, which runs a query for each row: a third
 * of the time of a large INSERT a key, and two thirds of that of a DELETE.  Here the
 * trigger is left out of the statement's own copy of the table's triggers, and
 * what it would have asked for each row is asked for all of them, when they are written
 * and before the statement ends: with the same locks, under the same snapshot,
 * as the same role, and with the same error.
 *
 * This is done only where nobody can tell: all triggers of the written rows are
 * such checks, immediate ones, of one column whose values are equal if
 * their bytes are.  Where the transaction has one snapshot, the check of a
 * delete has to look past it; that is left to the trigger.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
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

static bool
contains(const Datum *values, int n, Datum value, ValueComparator compare)
{
	return n > 0 && bsearch(&value, values, n, sizeof(Datum), compare) != NULL;
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
		if (check == NULL || (columns != NULL && !is_member(check->target_column, ncolumns, columns)))
			return NIL;
		checks = lappend(checks, check);
	}
	return checks;
}

/* The descriptor is the statement's own copy; nothing has looked at its triggers by number yet. */
static void
remove_triggers(TriggerDesc *triggers, int16 event, bool (*is_check)(Oid function))
{
	int kept = 0;

	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if ((trigger->tgtype & event) == 0 || !is_check(trigger->tgfoid))
			triggers->triggers[kept++] = *trigger;
	}
	triggers->numtriggers = kept;
	if (event == TRIGGER_TYPE_INSERT)
		triggers->trig_insert_after_row = false;
	else
		triggers->trig_delete_after_row = false;
}

static List *
take_checks(QueryDesc *query, CmdType operation, int16 event, bool (*is_check)(Oid function), int ncolumns,
			const AttrNumber *columns)
{
	const List *relations = query->estate->es_opened_result_relations;
	ResultRelInfo *relation;
	TriggerDesc *triggers;
	List *checks;

	if (!bolt_batch_foreign_keys || query->operation != operation || list_length(relations) != 1 ||
		SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
		return NIL;
	relation = linitial(relations);
	triggers = relation->ri_TrigDesc;
	if (triggers == NULL || !is_plain_table(RelationGetRelid(relation->ri_RelationDesc)) ||
		triggers->trig_insert_new_table || triggers->trig_delete_old_table)
		return NIL;
	checks = checks_of_triggers(triggers, event, is_check, ncolumns, columns);
	if (checks != NIL)
		remove_triggers(triggers, event, is_check);
	return checks;
}

List *
bolt_take_insert_checks(QueryDesc *query)
{
	return take_checks(query, CMD_INSERT, TRIGGER_TYPE_INSERT, checks_insert, 0, NULL);
}

List *
bolt_take_delete_checks(QueryDesc *query, int ncolumns, const AttrNumber *columns)
{
	if (IsolationUsesXactSnapshot())
		return NIL;
	return take_checks(query, CMD_DELETE, TRIGGER_TYPE_DELETE, checks_delete, ncolumns, columns);
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
 * SELECT column FROM target or source WHERE column is one of the sorted values, as the owner of the
 * table, whom row security does not concern.  What it finds is in SPI_tuptable.
 */
static uint64
find_values(const ReferenceCheck *check, bool of_target, int n, Datum *values, bool locks)
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
	Oid role;
	int security;
	uint64 found;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	if (range)
		values = bounds;
	array = PointerGetDatum(construct_array(values, range ? 2 : n, type, length, by_value, alignment));
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	append_column_of(&sql, table, column);
	appendStringInfo(&sql, " FROM ONLY %s AS x WHERE ",
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
	if (locks)
	{
		appendStringInfoString(&sql, " ORDER BY ");
		append_column_of(&sql, table, column);
		appendStringInfoString(&sql, " FOR KEY SHARE OF x");
	}
	GetUserIdAndSecContext(&role, &security);
	SetUserIdAndSecContext(RelationGetForm(relation)->relowner,
						   security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	found = bolt_run_kept(NULL, of_target ? KEPT_BY_INDEX : 0, sql.data, 1, &array_type, &array, NULL);
	SetUserIdAndSecContext(role, security);
	table_close(relation, NoLock);
	bolt_expect_column(SPI_tuptable->tupdesc, 1, type);
	return found;
}

/* The values that the last query found, sorted, each once. */
static Datum *
found_values(uint64 found, ValueComparator compare, int *n)
{
	Datum *values = palloc_extended(sizeof(Datum) * Max(found, 1), MCXT_ALLOC_HUGE);
	bool isnull;

	for (uint64 i = 0; i < found; i++)
		values[i] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
	*n = sort_distinct(values, (int) found, compare);
	return values;
}

/* May the caller be told a value of the column? */
static bool
may_see(Oid table, AttrNumber column)
{
	Oid role = GetUserId();

	if (check_enable_rls(table, InvalidOid, true) == RLS_ENABLED)
		return false;
	return pg_class_aclcheck(table, role, ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(table, column, role, ACL_SELECT) == ACLCHECK_OK;
}

static char *
value_text(Oid type, Datum value)
{
	Oid function;
	bool varlena;

	getTypeOutputInfo(type, &function, &varlena);
	return OidOutputFunctionCall(function, value);
}

/* ----------
 * Inserted rows
 * ----------
 */
static void
report_missing(const ReferenceCheck *check, Datum value)
{
	Relation source = table_open(check->source, NoLock);
	const char *name = get_constraint_name(check->constraint);
	const char *target = get_rel_name(check->target);

	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("insert or update on table \"%s\" violates foreign key constraint \"%s\"",
					RelationGetRelationName(source), name),
			 may_see(check->source, check->source_column) ?
				 errdetail("Key (%s)=(%s) is not present in table \"%s\".",
						   get_attname(check->source, check->source_column, false),
						   value_text(check->type, value), target) :
				 errdetail("Key is not present in table \"%s\".", target),
			 errtableconstraint(source, name)));
}

/* The first row that refers to nothing, or nrows. */
static int
find_missing(const ReferenceCheck *check, int nrows, const Datum *values, const bool *nulls)
{
	ValueComparator compare = comparator(check->type);
	Datum *wanted = palloc_extended(sizeof(Datum) * nrows, MCXT_ALLOC_HUGE);
	Datum *present;
	uint64 found;
	int npresent;
	int n = 0;
	int missing = nrows;

	for (int i = 0; i < nrows; i++)
	{
		if (!nulls[i])
			wanted[n++] = values[i];
	}
	n = sort_distinct(wanted, n, compare);
	if (n > 0)
	{
		found = find_values(check, true, n, wanted, true);
		if (found != n)
		{
			present = found_values(found, compare, &npresent);
			for (missing = 0; missing < nrows; missing++)
			{
				if (!nulls[missing] && !contains(present, npresent, values[missing], compare))
					break;
			}
		}
		SPI_freetuptable(SPI_tuptable);
	}
	pfree(wanted);
	return missing;
}

void
bolt_check_inserted(List *checks, int nrows, Datum **values, bool **nulls)
{
	const ReferenceCheck *violated = NULL;
	int first = nrows;
	Datum value = (Datum) 0;
	ListCell *lc;

	foreach(lc, checks)
	{
		int i = foreach_current_index(lc);
		int missing = find_missing(lfirst(lc), nrows, values[i], nulls[i]);

		if (missing < first)
		{
			violated = lfirst(lc);
			first = missing;
			value = values[i][missing];
		}
	}
	if (violated != NULL)
		report_missing(violated, value);
}

/* ----------
 * Deleted rows
 * ----------
 */
static void
report_referred(const ReferenceCheck *check, Datum value)
{
	Relation source = table_open(check->source, NoLock);
	const char *name = get_constraint_name(check->constraint);

	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("update or delete on table \"%s\" violates foreign key constraint \"%s\" on table \"%s\"",
					get_rel_name(check->target), name, RelationGetRelationName(source)),
			 may_see(check->target, check->target_column) ?
				 errdetail("Key (%s)=(%s) is still referenced from table \"%s\".",
						   get_attname(check->target, check->target_column, false),
						   value_text(check->type, value), RelationGetRelationName(source)) :
				 errdetail("Key is still referenced from table \"%s\".", RelationGetRelationName(source)),
			 errtableconstraint(source, name)));
}

void
bolt_check_deleted(const ReferenceCheck *check, int nrows, const Datum *values)
{
	ValueComparator compare = comparator(check->type);
	Datum *wanted = palloc_extended(sizeof(Datum) * Max(nrows, 1), MCXT_ALLOC_HUGE);
	int n;
	uint64 found;

	memcpy(wanted, values, sizeof(Datum) * nrows);
	n = sort_distinct(wanted, nrows, compare);
	if (n == 0)
		return;
	found = find_values(check, false, n, wanted, true);
	if (found > 0)
	{
		int nreferred;
		int nleft;
		Datum *referred = found_values(found, compare, &nreferred);
		Datum *left;

		/* a row that is still there may be referred to */
		found = find_values(check, true, nreferred, referred, false);
		left = found_values(found, compare, &nleft);
		for (int i = 0; i < nrows; i++)
		{
			if (contains(referred, nreferred, values[i], compare) &&
				!contains(left, nleft, values[i], compare))
				report_referred(check, values[i]);
		}
	}
	SPI_freetuptable(SPI_tuptable);
	pfree(wanted);
}
