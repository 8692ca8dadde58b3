/*-------------------------------------------------------------------------
 *
 * foreign_keys.c
 *	  Keeps the list of all FK constraints of the database.
 *
 * pg_constraint has no index on confrelid, so finding what refers to one table
 * means a scan of the whole catalog.  One such scan fills the list for all
 * tables; any change of pg_constraint marks it stale, and the next reader scans
 * again.  Only when the new list differs from the old one does its number
 * change, so that constraints of other kinds disturb nobody.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "common/hashfn.h"
#include "compat.h"
#include "foreign_keys.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct ForeignKeyList
{
	MemoryContext context;
	int count;
	ForeignKey **by_source; /* by (source, oid) */
	ForeignKey **by_target; /* by (target, oid) */
	uint64 fingerprint;
} ForeignKeyList;

static ForeignKeyList *foreign_keys = NULL;
static uint64 number = 0;

/* A counter rather than a flag, so that a change during the scan is not lost. */
static uint64 changes = 1;
static uint64 changes_read = 0;

static ForeignKeyList *read_foreign_keys(void);

void
bolt_foreign_keys_changed(void)
{
	changes++;
}

bool
bolt_foreign_keys_stale(void)
{
	return changes != changes_read;
}

uint64
bolt_foreign_keys_refresh(void)
{
	uint64 changes_before = changes;
	ForeignKeyList *fresh;

	if (changes_read == changes)
		return number;

	fresh = read_foreign_keys();
	if (foreign_keys != NULL && foreign_keys->fingerprint == fresh->fingerprint)
		MemoryContextDelete(fresh->context);
	else
	{
		MemoryContextSetParent(fresh->context, TopMemoryContext);
		if (foreign_keys != NULL)
			MemoryContextDelete(foreign_keys->context);
		foreign_keys = fresh;
		number++;
	}
	changes_read = changes_before;
	return number;
}

static int
compare_by_source(const void *a, const void *b)
{
	const ForeignKey *left = *(ForeignKey *const *) a;
	const ForeignKey *right = *(ForeignKey *const *) b;

	if (left->source != right->source)
		return left->source < right->source ? -1 : 1;
	return left->oid < right->oid ? -1 : left->oid > right->oid;
}

static int
compare_by_target(const void *a, const void *b)
{
	const ForeignKey *left = *(ForeignKey *const *) a;
	const ForeignKey *right = *(ForeignKey *const *) b;

	if (left->target != right->target)
		return left->target < right->target ? -1 : 1;
	return left->oid < right->oid ? -1 : left->oid > right->oid;
}

AttrNumber *
bolt_constraint_columns(HeapTuple tuple, int attribute, TupleDesc desc, int *count)
{
	bool isnull;
	Datum datum = heap_getattr(tuple, attribute, desc, &isnull);
	ArrayType *array;
	AttrNumber *columns;

	if (isnull)
	{
		*count = 0;
		return NULL;
	}
	array = DatumGetArrayTypeP(datum);
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != INT2OID)
	{
		*count = 0;
		return NULL;
	}
	*count = ARR_DIMS(array)[0];
	columns = palloc(*count * sizeof(AttrNumber));
	memcpy(columns, ARR_DATA_PTR(array), *count * sizeof(AttrNumber));
	return columns;
}

static uint64
hash_foreign_key(uint64 hash, const ForeignKey *key)
{
	Oid oids[4];

	oids[0] = key->oid;
	oids[1] = key->source;
	oids[2] = key->target;
	oids[3] = key->parent;
	hash = hash_combine64(hash, hash_bytes_extended((unsigned char *) oids, sizeof(oids), key->on_delete));
	hash = hash_combine64(hash,
						  hash_bytes_extended((unsigned char *) key->source_fields,
											  key->nfields * sizeof(AttrNumber), 0));
	return hash_combine64(hash,
						  hash_bytes_extended((unsigned char *) key->target_fields,
											  key->nfields * sizeof(AttrNumber), 0));
}

/*
 * Builds a new list, in a context below the current one until the caller has
 * it: an error in the middle leaves the old list as it was.
 */
static ForeignKeyList *
read_foreign_keys(void)
{
	MemoryContext context;
	MemoryContext caller;
	ForeignKeyList *list;
	Relation constraints;
	TupleDesc desc;
	ScanKeyData scan_key;
	SysScanDesc scan;
	HeapTuple tuple;
	int capacity = 64;

	context = AllocSetContextCreate(CurrentMemoryContext, "bolt_orm foreign keys", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	list = palloc0(sizeof(ForeignKeyList));
	list->context = context;
	list->by_source = palloc(capacity * sizeof(ForeignKey *));

	ScanKeyInit(&scan_key, Anum_pg_constraint_contype, BTEqualStrategyNumber, F_CHAREQ,
				CharGetDatum(CONSTRAINT_FOREIGN));
	constraints = table_open(ConstraintRelationId, AccessShareLock);
	desc = RelationGetDescr(constraints);
	scan = systable_beginscan(constraints, InvalidOid, false, NULL, 1, &scan_key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		ForeignKey *key;
		int ntarget_fields;

		/* a PERIOD is matched by containment, which is no relation of ours */
		if (constraint_is_temporal(form))
			continue;

		key = palloc(sizeof(ForeignKey));
		key->oid = form->oid;
		key->source = form->conrelid;
		key->target = form->confrelid;
		key->parent = form->conparentid;
		/* what is not enforced does nothing */
		key->on_delete = constraint_is_enforced(form) ? form->confdeltype : FKCONSTR_ACTION_NOACTION;
		key->source_fields = bolt_constraint_columns(tuple, Anum_pg_constraint_conkey, desc, &key->nfields);
		key->target_fields =
			bolt_constraint_columns(tuple, Anum_pg_constraint_confkey, desc, &ntarget_fields);
		if (key->nfields == 0 || key->nfields != ntarget_fields)
			continue;

		if (list->count == capacity)
		{
			capacity *= 2;
			list->by_source = repalloc_huge(list->by_source, capacity * sizeof(ForeignKey *));
		}
		list->by_source[list->count++] = key;
	}
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);

	qsort(list->by_source, list->count, sizeof(ForeignKey *), compare_by_source);
	list->by_target = MemoryContextAllocHuge(context, Max(list->count, 1) * sizeof(ForeignKey *));
	memcpy(list->by_target, list->by_source, list->count * sizeof(ForeignKey *));
	qsort(list->by_target, list->count, sizeof(ForeignKey *), compare_by_target);
	for (int i = 0; i < list->count; i++)
		list->fingerprint = hash_foreign_key(list->fingerprint, list->by_source[i]);

	MemoryContextSwitchTo(caller);
	return list;
}

/*
 * Whether an inherited FK is a partition's version of its partitioned table's
 * FK, rather than one of the many that PostgreSQL adds to the same table for
 * the partitions of the target.
 */
static bool
inherited_from_another_table(const ForeignKey *key)
{
	/* parents are few, and partitions' FKs fewer than other look-ups */
	for (int i = 0; i < foreign_keys->count; i++)
	{
		if (foreign_keys->by_source[i]->oid == key->parent)
			return foreign_keys->by_source[i]->source != key->source;
	}
	return false;
}

List *
bolt_foreign_keys_of(Oid source)
{
	List *found = NIL;
	int low = 0;
	int high = foreign_keys->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (foreign_keys->by_source[middle]->source < source)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < foreign_keys->count && foreign_keys->by_source[low]->source == source; low++)
	{
		ForeignKey *key = foreign_keys->by_source[low];

		if (!OidIsValid(key->parent) || inherited_from_another_table(key))
			found = lappend(found, key);
	}
	return found;
}

List *
bolt_foreign_keys_to(Oid target)
{
	List *found = NIL;
	int low = 0;
	int high = foreign_keys->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (foreign_keys->by_target[middle]->target < target)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < foreign_keys->count && foreign_keys->by_target[low]->target == target; low++)
	{
		if (!OidIsValid(foreign_keys->by_target[low]->parent))
			found = lappend(found, foreign_keys->by_target[low]);
	}
	return found;
}
