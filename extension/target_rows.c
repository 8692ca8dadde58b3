/*-------------------------------------------------------------------------
 *
 * target_rows.c
 *	  The rows of a model that are to be deleted: their keys.
 *
 * Nothing of a row is kept but its primary key and what else refers to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act_as_owner.h"
#include "catalog/pg_class.h"
#include "collector.h"
#include "compile.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "result_columns.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"

void
bolt_primary_key_type(const Model *model, KeyType *key)
{
	FetchGraph graph = {.context = CurrentMemoryContext};
	Compiler scratch = {.graph = &graph};
	KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};

	if (model->nprimary_key > 0)
		bolt_fill_key_type(&scratch, key, &pair);
}

bool
bolt_may_lock_rows(const Model *model, Oid role)
{
	return model->relkind != RELKIND_VIEW &&
		(pg_class_aclcheck(model->oid, role, ACL_UPDATE) == ACLCHECK_OK ||
		 pg_attribute_aclcheck_all(model->oid, role, ACL_UPDATE, ACLMASK_ANY) == ACLCHECK_OK) &&
		check_enable_rls(model->oid, role, true) != RLS_ENABLED;
}

void
bolt_init_target_rows(TargetRows *rows, DeleteTarget *target)
{
	const Model *model = target->model;

	rows->target = target;
	rows->by_keys = target->collected;

	/* the first model's rows are the caller's to delete, all others go as their owners have registered it */
	rows->owned = target->number > 0 ? model->oid : InvalidOid;
	rows->locked =
		bolt_may_lock_rows(model, OidIsValid(rows->owned) ? bolt_table_owner(rows->owned) : GetUserId());
	bolt_primary_key_type(model, &rows->key_type);
	bolt_key_table_init(&rows->keys, &rows->key_type);
	rows->nreferred = target->ncolumns - model->nprimary_key;
	rows->referred = palloc0(sizeof(ReferredColumn) * Max(rows->nreferred, 1));
	for (int i = 0; i < rows->nreferred; i++)
		get_typlenbyval(bolt_model_field_by_attnum(model, target->columns[model->nprimary_key + i])->type,
						&rows->referred[i].length, &rows->referred[i].by_value);
	rows->followed = palloc0(sizeof(int) * Max(list_length(target->cascades), 1));
}

/* ----------
 * Keys that do not say which row is meant
 * ----------
 */

pg_noreturn static void
refuse_key(const Model *model, const char *message)
{
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("cannot delete rows of model \"%s\": %s", model->name, message),
			 errhint("A primary key that is registered has to be unique and not null in every row.")));
}

void
bolt_refuse_key(const Model *model, bool null)
{
	refuse_key(model, null ? "one of them has no primary key" : "two of them have the same primary key");
}

/* Does a unique index over columns that are not null hold the primary key? */
static bool
is_sure_key(const Model *model)
{
	const Field *field;

	if (model->primary_key_constraint)
		return true;
	if (model->nprimary_key != 1)
		return false;
	field = bolt_model_field_by_attnum(model, model->primary_key[0]);
	return field->unique && field->not_null;
}

void
bolt_check_keys(Collector *collector, TargetRows *rows)
{
	const Model *model = rows->target->model;
	KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};
	ReferringCall call;
	bool isnull;
	int64 found;

	if (!rows->by_keys || rows->keys.count == 0 || is_sure_key(model))
		return;
	bolt_begin_referring(collector, &call);
	appendStringInfoString(&call.sql, "SELECT pg_catalog.count(*) FROM ");
	bolt_append_target(&call, model);
	appendStringInfoString(&call.sql, " WHERE ");
	bolt_append_has_key(&call, &pair, rows, 0);
	bolt_run_referring(collector, &call, rows->owned, NULL, NULL, NULL);
	found = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	if (found > rows->keys.count)
		refuse_key(model, "another row has the primary key of one of them");
}

/* ----------
 * Receiving keys
 * ----------
 */
static void
ignore_startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
}

static void
ignore_end(DestReceiver *self)
{
}

void
bolt_init_row_receiver(DestReceiver *receiver, bool (*receive)(TupleTableSlot *slot, DestReceiver *self))
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

bool
bolt_slot_has_key(const TupleTableSlot *slot, int ncolumns)
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
	int count;
	int number;

	slot_getallattrs(slot);
	if (!bolt_slot_has_key(slot, nkeys))
		bolt_refuse_key(rows->target->model, true);
	count = rows->keys.count;
	number = bolt_key_number(&rows->keys, slot->tts_values, true);
	if (number < count)
	{
		/* a statement gives each row once; a row that another statement gave comes again */
		if (number >= receiver->first)
			bolt_refuse_key(rows->target->model, false);
		return true;
	}
	if (rows->nreferred == 0)
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

/* The primary key, then what else is referred to */
static void
expect_columns(DestReceiver *self, int operation, TupleDesc descriptor)
{
	const TargetRows *rows = ((KeyReceiver *) self)->rows;
	const DeleteTarget *target = rows->target;
	int nkeys = rows->key_type.ncolumns;

	bolt_expect_key(descriptor, &rows->key_type, NULL, 1);
	for (int i = nkeys; i < nkeys + rows->nreferred; i++)
		bolt_expect_column(descriptor, i + 1,
						   bolt_model_field_by_attnum(target->model, target->columns[i])->type);
}

void
bolt_init_key_receiver(KeyReceiver *receiver, TargetRows *rows, MemoryContext context)
{
	bolt_init_row_receiver(&receiver->pub, receive_row);
	receiver->pub.rStartup = expect_columns;
	receiver->rows = rows;
	receiver->context = context;
	receiver->first = rows->keys.count;
}

Datum
bolt_target_column(const TargetRows *rows, AttrNumber attnum, Oid type, int first)
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
