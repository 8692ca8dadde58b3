/*-------------------------------------------------------------------------
 *
 * cascade_count.c
 *	  How many rows the database deletes by its own cascades.
 *
 * The server counts the rows that a transaction deletes from each table, for its
 * statistics; the difference over our statements is what we are after.  It costs
 * nothing, asks for no privilege on the tables, and counts rows that row security
 * hides from us.  Everything that is deleted meanwhile from a table that the
 * cascades lead to is counted: also what a trigger deletes there of its own accord.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_inherits.h"
#include "collect.h"
#include "foreign_keys.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

typedef struct CountedTable
{
	Oid table;
	List *storage; /* oids: itself, or its partitions */
	int64 before;
} CountedTable;

struct CascadeCounter
{
	List *tables;  /* of CountedTable * */
	int guc_level; /* that track_counts is on in, or 0 */
};

/* The tables that the database cascades to from one, its own ancestors' foreign keys included. */
static List *
add_cascades(List *tables, Oid target)
{
	ListCell *lc;

	if (get_rel_relispartition(target))
	{
		foreach(lc, get_partition_ancestors(target))
			tables = add_cascades(tables, lfirst_oid(lc));
	}
	foreach(lc, bolt_foreign_keys_to(target))
	{
		const ForeignKey *key = lfirst(lc);

		if (key->on_delete == FKCONSTR_ACTION_CASCADE)
			tables = list_append_unique_oid(tables, key->source);
	}
	return tables;
}

static List *
all_cascades(List *deleted)
{
	List *tables = NIL;
	ListCell *lc;

	foreach(lc, deleted)
		tables = add_cascades(tables, lfirst_oid(lc));
	for (int i = 0; i < list_length(tables); i++)
	{
		CHECK_FOR_INTERRUPTS();
		tables = add_cascades(tables, list_nth_oid(tables, i));
	}
	return tables;
}

static int64
deleted_rows(const List *storage)
{
	int64 rows = 0;
	ListCell *lc;

	foreach(lc, storage)
		rows += DatumGetInt64(
			DirectFunctionCall1(pg_stat_get_xact_tuples_deleted, ObjectIdGetDatum(lfirst_oid(lc))));
	return rows;
}

CascadeCounter *
bolt_begin_cascade_count(List *deleted)
{
	CascadeCounter *counter = palloc0(sizeof(CascadeCounter));
	List *tables = all_cascades(deleted);
	ListCell *lc;

	foreach(lc, tables)
	{
		CountedTable *counted = palloc0(sizeof(CountedTable));
		ListCell *lc2;

		counted->table = lfirst_oid(lc);
		foreach(lc2, find_all_inheritors(counted->table, NoLock, NULL))
		{
			/* a partition with a foreign key of its own is counted by itself */
			if (lfirst_oid(lc2) == counted->table || !list_member_oid(tables, lfirst_oid(lc2)))
				counted->storage = lappend_oid(counted->storage, lfirst_oid(lc2));
		}
		counted->before = deleted_rows(counted->storage);
		counter->tables = lappend(counter->tables, counted);
	}
	if (tables != NIL && !pgstat_track_counts)
	{
		/* an error ends it, too, with its (sub)transaction */
		counter->guc_level = NewGUCNestLevel();
		(void) set_config_option("track_counts", "on", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	}
	return counter;
}

List *
bolt_end_cascade_count(CascadeCounter *counter, List *counts)
{
	ListCell *lc;

	if (counter->guc_level > 0)
		AtEOXact_GUC(true, counter->guc_level);
	foreach(lc, counter->tables)
	{
		const CountedTable *counted = lfirst(lc);
		DeleteCount *count = NULL;
		ListCell *lc2;

		foreach(lc2, counts)
		{
			if (((DeleteCount *) lfirst(lc2))->table == counted->table)
				count = lfirst(lc2);
		}
		if (count == NULL)
		{
			count = palloc0(sizeof(DeleteCount));
			count->table = counted->table;
			counts = lappend(counts, count);
		}
		count->rows = deleted_rows(counted->storage) - counted->before;
	}
	return counts;
}
