/*-------------------------------------------------------------------------
 *
 * returned_rows.c
 *	  What becomes of the rows that a statement that writes gives back.
 *
 * They belong to the rows that were sent in their order, or where that does not say it, by their keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "error.h"
#include "exact_text.h"
#include "json_in.h"
#include "miscadmin.h"
#include "reference_check.h"
#include "result_columns.h"
#include "returned_rows.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ----------
 * Rows that come back
 * ----------
 */

/* The text of the column at that place in the model, as it stands in this column of the result. */
static char *
column_text(ReturnedRows *returned, TupleTableSlot *slot, int place, AttrNumber attno)
{
	if (slot->tts_isnull[attno - 1])
		return NULL;
	if (returned->outputs == NULL)
		returned->outputs =
			MemoryContextAllocZero(returned->context, sizeof(FmgrInfo) * returned->model->nfields);
	if (!OidIsValid(returned->outputs[place].fn_oid))
	{
		Oid function;
		bool varlena;

		getTypeOutputInfo(returned->model->fields[place].type, &function, &varlena);
		fmgr_info_cxt(function, &returned->outputs[place], returned->context);
	}
	return bolt_exact_text(&returned->outputs[place], slot->tts_values[attno - 1]);
}

static JsonValue *
text_value(const char *text)
{
	JsonValue *value = palloc0(sizeof(JsonValue));

	value->kind = text == NULL ? JSON_NULL : JSON_STRING;
	value->text = value->raw = text != NULL ? text : "null";
	value->length = value->raw_length = strlen(value->text);
	return value;
}

/* Room for one more row that a queryset's UPDATE returns. */
static void
collect_row(ReturnedRows *returned)
{
	if (returned->nrows == returned->capacity)
	{
		returned->capacity = Max(returned->capacity * 2, 64);
		returned->rows = returned->rows == NULL ?
			palloc(sizeof(WriteRow *) * returned->capacity) :
			repalloc_huge(returned->rows, sizeof(WriteRow *) * returned->capacity);
		returned->owners = returned->owners == NULL ?
			palloc(sizeof(int) * returned->capacity) :
			repalloc_huge(returned->owners, sizeof(int) * returned->capacity);
	}
	returned->rows[returned->nrows++] = palloc0(sizeof(WriteRow));
}

/* ----------
 * Foreign keys of many rows
 * ----------
 */
static void
take_checks(void *argument, QueryDesc *query)
{
	ReturnedRows *returned = argument;
	MemoryContext old = MemoryContextSwitchTo(returned->context);
	ListCell *lc;
	int n;

	returned->query = query;
	returned->checks = bolt_insert_checks(query, returned->model->oid);
	foreach(lc, returned->checks)
	{
		AttrNumber column = ((ReferenceCheck *) lfirst(lc))->source_column;
		AttrNumber attno = returned->node->own_attnos[bolt_field_place(returned->model, column)];

		if (!bolt_returns_column(query, attno, returned->model->oid, column))
		{
			returned->checks = NIL;
			break;
		}
	}
	n = list_length(returned->checks);
	returned->checked = palloc(sizeof(Datum *) * Max(n, 1));
	returned->checked_nulls = palloc(sizeof(bool *) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		returned->checked[i] = palloc(sizeof(Datum) * returned->nrows);
		returned->checked_nulls[i] = palloc(sizeof(bool) * returned->nrows);
	}
	MemoryContextSwitchTo(old);
}

/* Keeps what a returned row refers to. */
static void
note_references(ReturnedRows *returned, TupleTableSlot *slot, int number)
{
	ListCell *lc;

	foreach(lc, returned->checks)
	{
		const ReferenceCheck *check = lfirst(lc);
		int i = foreach_current_index(lc);
		int place = bolt_field_place(returned->model, check->source_column);
		AttrNumber attno = returned->node->own_attnos[place];

		returned->checked_nulls[i][number] = slot->tts_isnull[attno - 1];
		returned->checked[i][number] = slot->tts_isnull[attno - 1] ?
			(Datum) 0 :
			datumCopy(slot->tts_values[attno - 1], check->by_value, check->length);
	}
}

static void
run_checks(void *argument)
{
	ReturnedRows *returned = argument;

	if (returned->checks != NIL &&
		bolt_inserted_rows_refer(returned->checks, returned->next, returned->checked,
								 returned->checked_nulls))
		bolt_pass_over_triggers(returned->query, returned->checks);
}

pg_noreturn static void
refuse_same_key(const Model *model, const WriteRow *row, const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("two rows of %s have the same %s", model->name, key), bolt_errdetail_at(row->source),
			 errhint("A row can be given once in a call.")));
}

/*
 * PostgreSQL refuses to write a row a second time within a statement.  Rows that set other columns are
 * written by other statements of the same call, where it is for us to notice.
 */
static void
refuse_second_upsert(ReturnedRows *returned, TupleTableSlot *slot, const WriteRow *row)
{
	Datum key[INDEX_MAX_KEYS];
	ListCell *lc;

	foreach(lc, returned->upserted_by)
	{
		AttrNumber attno =
			returned->node->own_attnos[bolt_field_place(returned->model, ((Field *) lfirst(lc))->attnum)];

		Assert(attno > 0);
		if (slot->tts_isnull[attno - 1])
			return; /* null is no other null */
		key[foreach_current_index(lc)] = slot->tts_values[attno - 1];
	}
	if (bolt_key_index_add(returned->upserted, key, returned->next) >= 0)
		refuse_same_key(returned->model, row, "unique fields");
}

/* Which of the rows that were sent is it? */
static int
owner_of(ReturnedRows *returned, TupleTableSlot *slot)
{
	Datum key[INDEX_MAX_KEYS];
	bool whole = true;
	int owner = -1;

	if (returned->index == NULL)
		return returned->next;
	for (int i = 0; i < returned->nkey; i++)
	{
		whole = whole && !slot->tts_isnull[returned->key[i] - 1];
		key[i] = slot->tts_values[returned->key[i] - 1];
	}
	if (whole)
		owner = bolt_key_index_find(returned->index, key);
	if (!returned->in_order || (owner >= 0 && !returned->rows[owner]->written))
		return owner;

	/* a trigger has changed its key */
	while (returned->unwritten < returned->nrows && returned->rows[returned->unwritten]->written)
		returned->unwritten++;
	return returned->unwritten;
}

/* The columns that are read of the rows that come back; InvalidAttrNumber stands for one that is not. */
static void
watch_start(void *argument, TupleDesc descriptor)
{
	const ReturnedRows *returned = argument;

	for (int i = 0; i < returned->model->nfields; i++)
	{
		if (returned->node->own_attnos[i] != InvalidAttrNumber)
			bolt_expect_column(descriptor, returned->node->own_attnos[i], returned->model->fields[i].type);
	}
}

/* Looks at a returned row before it is written: whose is it, and which columns are to be kept? */
static void
watch_row(void *argument, TupleTableSlot *slot)
{
	ReturnedRows *returned = argument;
	const Model *model = returned->model;
	MemoryContext old = MemoryContextSwitchTo(returned->context);
	int place = -1;
	int owner;
	WriteRow *row;

	if (returned->collects)
		collect_row(returned);
	owner = owner_of(returned, slot);

	/* a view's trigger can return what was not sent */
	if (owner < 0 || owner >= returned->nrows || returned->next >= returned->nrows)
		ereport(
			ERROR,
			(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
			 errmsg("%s returned a row that was not written", model->name),
			 errhint(
				 "A view's trigger has made it up, or another row has the same key: of a registered primary key, or in a table that inherits.")));
	if (returned->upserted != NULL)
		refuse_second_upsert(returned, slot, returned->rows[owner]);
	note_references(returned, slot, returned->next);
	returned->owners[returned->next++] = owner;
	row = returned->rows[owner];
	row->written = true;
	if (returned->out->columns != NULL)
		row->columns = palloc0(sizeof(JsonValue *) * model->nfields);
	while ((place = bms_next_member(returned->out->columns, place)) >= 0)
		row->columns[place] =
			text_value(column_text(returned, slot, place, returned->node->own_attnos[place]));
	MemoryContextSwitchTo(old);
}

KeyIndex *
bolt_index_rows(const Model *model, WriteRow **rows, int nrows)
{
	KeyIndex *index = bolt_key_index_make(model, model->nprimary_key, model->primary_key);

	for (int i = 0; i < nrows; i++)
	{
		Datum key[INDEX_MAX_KEYS];

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < model->nprimary_key; j++)
		{
			const Assignment *assignment = bolt_assignment_of(rows[i], model->primary_key[j]);

			Assert(assignment != NULL && !assignment->is_expression);
			if (!bolt_column_value(assignment->field, assignment->value, -1, &key[j]))
				Assert(false); /* a row has its key */
		}
		if (bolt_key_index_add(index, key, i) >= 0)
			refuse_same_key(model, rows[i], "primary key");
	}
	return index;
}

void
bolt_index_inserted(ReturnedRows *returned, List *fields)
{
	AttrNumber columns[INDEX_MAX_KEYS] = {0};
	ListCell *lc;

	foreach(lc, fields)
		columns[foreach_current_index(lc)] = ((Field *) lfirst(lc))->attnum;
	returned->index = bolt_key_index_make(returned->model, list_length(fields), columns);
	for (int i = 0; i < returned->nrows; i++)
	{
		Datum key[INDEX_MAX_KEYS];
		bool whole = true;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, fields)
		{
			const Field *field = lfirst(lc);
			const Assignment *assignment = bolt_assignment_of(returned->rows[i], field->attnum);

			whole = whole &&
				bolt_column_value(field, assignment->value, field->typmod, &key[foreach_current_index(lc)]);
		}
		if (whole)
			(void) bolt_key_index_add(returned->index, key, i);
	}
	returned->in_order = true;
	returned->nkey = list_length(fields);
	returned->key = palloc(sizeof(AttrNumber) * returned->nkey);
	foreach(lc, fields)
		returned->key[foreach_current_index(lc)] =
			returned->node->own_attnos[bolt_field_place(returned->model, ((Field *) lfirst(lc))->attnum)];
}

void
bolt_stitch_returned(FetchRun *run, ReturnedRows *returned)
{
	JsonBuffer *text = &returned->out->text;

	for (int i = 0; i < returned->next; i++)
	{
		WriteRow *row = returned->rows[returned->owners[i]];

		CHECK_FOR_INTERRUPTS();
		row->start = text->length;
		bolt_stitch_row(run, i, text);
		row->length = text->length - row->start;
	}
}

void
bolt_watch_returned(FetchRun *run, ReturnedRows *returned)
{
	run->watch = watch_row;
	run->watch_start = watch_start;
	run->watch_argument = returned;
}

void
bolt_check_returned(FetchRun *run, ReturnedRows *returned, StatementWatcher *watcher)
{
	*watcher = (StatementWatcher){take_checks, run_checks, returned};
	run->watcher = watcher;
}
