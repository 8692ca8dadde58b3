/*-------------------------------------------------------------------------
 *
 * mutate.c
 *	  Runs the statements that write rows.
 *
 * Rows that set the same columns share a statement, thousands at a time; one whose
 * values are expressions has its own.  What a statement returns is written out as the
 * objects of a fetch are, and belongs to the rows in their order, or, after
 * an UPDATE, by their primary keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "exact_text.h"
#include "executor/spi.h"
#include "fetch.h"
#include "graph_cache.h"
#include "key_index.h"
#include "miscadmin.h"
#include "reference_check.h"
#include "related.h"
#include "result_columns.h"
#include "statement.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "write.h"
#include "write_order.h"

/* So many rows a statement */
#define BATCH_ROWS 10000

/* Where the rows that a statement returns go. */
typedef struct Returned
{
	const Model *model;
	const FetchNode *node;
	WriteRow **rows;
	int nrows;
	int next; /* how many have come */
	WriteOutput *out;
	MemoryContext context; /* of the texts of columns */
	KeyIndex *index;	   /* of the rows, where it is not their order that tells them apart */
	int nkey;
	AttrNumber *key; /* where the key stands in what is returned */
	bool in_order;	 /* a row that the index does not know is the next one */
	int unwritten;	 /* … which is not before this one */
	KeyIndex *upserted;	   /* of rows that statements before have written, or NULL */
	List *upserted_by;	   /* the columns of its keys */
	bool collects;		   /* what was written is not known before: rows grow */
	int *owners;		   /* per returned row: whose it is */
	int capacity;		   /* of owners, and of rows that grow */
	FmgrInfo *outputs;	   /* per column */
	List *checks;		   /* foreign keys that are checked when all rows are there */
	Datum **checked;	   /* per check: its column of the returned rows … */
	bool **checked_nulls;
} Returned;

/* ----------
 * Models
 * ----------
 */
static const Model *
locked_model(Oid oid, const char *name, const JsonValue *value)
{
	for (;;)
	{
		uint64 before = bolt_model_refresh();
		const Model *model = name != NULL ? bolt_model_by_name(name, value) : bolt_model_by_oid(oid);

		CHECK_FOR_INTERRUPTS();
		LockRelationOid(model->oid, RowExclusiveLock);
		if (bolt_model_refresh() == before)
			return model;
	}
}

const Model *
bolt_written_model(const char *name, const JsonValue *value)
{
	return locked_model(InvalidOid, name, value);
}

const Model *
bolt_written_model_of(Oid oid)
{
	return locked_model(oid, NULL, NULL);
}

/* ----------
 * Statements by shape
 * ----------
 */
static void
shape_fields(Document *document, List *fields)
{
	int n = list_length(fields);
	ListCell *lc;

	appendBinaryStringInfo(&document->shape, (char *) &n, sizeof(n));
	foreach(lc, fields)
		appendBinaryStringInfo(&document->shape, (char *) &((Field *) lfirst(lc))->attnum,
							   sizeof(AttrNumber));
}

static void
shape_write(Document *document, const WriteStatement *write)
{
	StringInfo shape = &document->shape;
	int n = write->row->nassigned;
	int place = -1;

	appendStringInfo(shape, "W%c%c%c%c", 'a' + write->kind, write->many ? 'm' : 's',
					 write->returns_objects ? 'o' : write->returns ? 'r' : 'n', 'a' + write->conflict.action);
	appendBinaryStringInfo(shape, (char *) &write->model->oid, sizeof(Oid));
	appendBinaryStringInfo(shape, (char *) &n, sizeof(n));
	for (int i = 0; i < n; i++)
	{
		Assignment *assignment = &write->row->assigned[i];

		appendBinaryStringInfo(shape, (char *) &assignment->field->attnum, sizeof(AttrNumber));
		if (write->many)
			continue;
		if (assignment->is_expression)
			assignment->expression = bolt_parse_expression(document, assignment->value);
		else
			bolt_document_add_literal(document, assignment->value);
		bolt_document_add_value_shape(document, assignment->value);
	}
	shape_fields(document, write->conflict.unique_fields);
	shape_fields(document, write->conflict.update_fields);
	while (write->returns && !write->returns_objects && (place = bms_next_member(write->columns, place)) >= 0)
		appendBinaryStringInfo(shape, (char *) &place, sizeof(place));
}

/* What a statement is to give back. */
static void
set_returning(WriteStatement *write, const WriteOutput *out)
{
	write->returns = out != NULL && (out->returns_objects || out->columns != NULL);
	write->returns_objects = out != NULL && out->returns_objects;
	write->columns = out != NULL ? out->columns : NULL;
}

/* ----------
 * Values of many rows
 * ----------
 */
static void
value_error_context(void *value)
{
	const JsonValue *at = *(const JsonValue **) value;
	char *path = at != NULL ? bolt_json_path(at) : "";

	if (path[0] != '\0')
		errcontext("value at %s of the arguments", path);
}

/* A column of the rows as an array; of texts, where its type has no arrays. */
static Datum
column_array(const StatementParam *param, WriteRow **rows, int nrows, int column)
{
	Datum *elements = palloc(sizeof(Datum) * nrows);
	bool *nulls = palloc(sizeof(bool) * nrows);
	Oid type = param->value_type;
	bool as_text = param->type == TEXTARRAYOID && type != TEXTOID;
	const JsonValue *value = NULL;
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = value_error_context, .arg = &value};
	FmgrInfo output;
	int16 length;
	bool by_value;
	char alignment;
	int lower = 1;

	if (as_text)
	{
		Oid function;
		bool varlena;

		getTypeOutputInfo(type, &function, &varlena);
		fmgr_info(function, &output);
		type = TEXTOID;
	}
	error_context_stack = &callback;
	for (int i = 0; i < nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		value = rows[i]->assigned[column].value;
		nulls[i] = !bolt_bind_assigned(param, value, &elements[i]);
		if (as_text && !nulls[i])
			elements[i] = CStringGetTextDatum(bolt_exact_text(&output, elements[i]));
	}
	error_context_stack = callback.previous;
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(
		construct_md_array(elements, nulls, 1, &nrows, &lower, type, length, by_value, alignment));
}

/* ----------
 * Rows that come back
 * ----------
 */

/* The text of the column at that place in the model, as it stands in this column of the result. */
static char *
column_text(Returned *returned, TupleTableSlot *slot, int place, AttrNumber attno)
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
collect_row(Returned *returned)
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
	Returned *returned = argument;
	MemoryContext old = MemoryContextSwitchTo(returned->context);
	int n;

	returned->checks = bolt_take_insert_checks(query);
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
note_references(Returned *returned, TupleTableSlot *slot, int number)
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
	Returned *returned = argument;

	bolt_check_inserted(returned->checks, returned->next, returned->checked, returned->checked_nulls);
}

pg_noreturn static void
refuse_same_key(const Model *model, const WriteRow *row, const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION), errmsg("two rows of %s have the same %s", model->name, key),
			 bolt_errdetail_at(row->source), errhint("A row can be given once in a call.")));
}

/*
 * PostgreSQL refuses to write a row a second time within a statement.  Rows that set other columns are
 * written by other statements of the same call, where it is for us to notice.
 */
static void
refuse_second_upsert(Returned *returned, TupleTableSlot *slot, const WriteRow *row)
{
	Datum key[INDEX_MAX_KEYS];
	ListCell *lc;

	foreach(lc, returned->upserted_by)
	{
		AttrNumber attno = returned->node->own_attnos[bolt_field_place(returned->model, ((Field *) lfirst(lc))->attnum)];

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
owner_of(Returned *returned, TupleTableSlot *slot)
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
	const Returned *returned = argument;

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
	Returned *returned = argument;
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
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("%s returned a row that was not written", model->name),
				 errhint("A view's trigger has made it up, or a registered primary key is not unique.")));
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

/*
 * The rows by their primary keys.
 * Error 21000 where two rows have the same.
 */
static KeyIndex *
index_rows(const Model *model, WriteRow **rows, int nrows)
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

/*
 * An INSERT leaves out rows that conflict, and then the order of those that come back does not say which
 * they are.  A unique index all of whose columns were sent does.
 */
static void
index_inserted(Returned *returned, List *fields)
{
	AttrNumber columns[INDEX_MAX_KEYS];
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

/* ----------
 * Running
 * ----------
 */

/* Writes out what came back, behind what is there. */
static void
stitch_rows(FetchRun *run, Returned *returned)
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

/* The rows that the statements of a call have upserted, by the columns that say which row it is. */
typedef struct Upserts
{
	KeyIndex *index; /* NULL: one statement writes all of them */
	List *columns;	 /* of Field * */
} Upserts;

/* Runs a statement for rows that all set the columns of the first. */
static int64
run_rows(WriteStatement *write, WriteRow **rows, int nrows, const Upserts *upserts, WriteOutput *out)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm write", ALLOCSET_DEFAULT_SIZES);
	Returned returned = {write->model, NULL, rows, nrows, 0, out, caller};
	StatementWatcher watcher = {take_checks, run_checks, &returned};
	Document *document;
	FetchStatement *statement;
	List *key = NIL; /* of Field *: which of the rows were inserted? */
	FetchRun *run;
	int64 count;
	ListCell *lc;

	MemoryContextSwitchTo(context);
	write->row = rows[0];
	set_returning(write, out);
	if (write->many && write->returns && write->kind == WRITE_INSERT && write->conflict.action != CONFLICT_ERROR)
		key = bolt_key_of_inserted(write->model, write->conflict.unique_fields, rows[0]);
	write->columns = bms_copy(write->columns);
	foreach(lc, key)
		write->columns =
			bms_add_member(write->columns, bolt_field_place(write->model, ((Field *) lfirst(lc))->attnum));
	document = bolt_document_of_write(write);
	shape_write(document, write);
	run = bolt_run_begin(bolt_graph_for(document, FETCH_WRITE), document);
	run->locks = true;
	statement = run->graph->nodes[0]->statement;
	if (write->many)
	{
		if (write->kind == WRITE_UPDATE)
			returned.index = index_rows(write->model, rows, nrows);
		returned.nkey = write->model->nprimary_key;
		for (int i = 0; i < rows[0]->nassigned; i++)
		{
			run->nodes[0].params->params[i].value = column_array(&statement->params[i], rows, nrows, i);
			run->nodes[0].params->params[i].isnull = false;
		}
	}
	if (write->returns)
	{
		returned.node = run->graph->nodes[0];
		returned.key = returned.node->own_attnos + write->model->nfields;
		returned.owners = palloc(sizeof(int) * nrows);
		if (key != NIL)
			index_inserted(&returned, key);
		if (write->kind == WRITE_INSERT && write->conflict.action != CONFLICT_UPDATE && write->returns_objects &&
			nrows >= BOLT_MANY_REFERENCES)
			run->watcher = &watcher;
		run->watch = watch_row;
		run->watch_start = watch_start;
		run->watch_argument = &returned;
		returned.upserted = upserts->index;
		returned.upserted_by = upserts->columns;
	}

	SPI_connect();
	MemoryContextSwitchTo(context);
	if (write->returns)
		count = bolt_run_chunk(run);
	else
	{
		bolt_statement_run(statement, PLAN_MANY, run->nodes[0].params, 0, false, NULL);
		count = SPI_processed;
	}
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(context);
	if (write->returns && out->returns_objects)
		stitch_rows(run, &returned);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return count;
}

/* Can its values be elements of arrays? */
static bool
is_plain_row(const WriteRow *row)
{
	for (int i = 0; i < row->nassigned; i++)
	{
		if (row->assigned[i].is_expression)
			return false;
	}
	return row->nassigned > 0;
}

bool
bolt_same_columns(const WriteRow *a, const WriteRow *b)
{
	if (a->nassigned != b->nassigned)
		return false;
	for (int i = 0; i < a->nassigned; i++)
	{
		if (a->assigned[i].field != b->assigned[i].field)
			return false;
	}
	return true;
}

/* Rows that set the same columns, in the order of the first of each kind. */
typedef struct RowGroup
{
	WriteRow **rows;
	int nrows;
	int capacity;
} RowGroup;

static RowGroup *
group_of(List **groups, List **plain, const WriteRow *row)
{
	RowGroup *group;
	ListCell *lc;

	if (is_plain_row(row))
	{
		foreach(lc, *plain)
		{
			group = lfirst(lc);
			if (bolt_same_columns(group->rows[0], row))
				return group;
		}
	}
	group = palloc0(sizeof(RowGroup));
	*groups = lappend(*groups, group);
	if (is_plain_row(row))
		*plain = lappend(*plain, group);
	return group;
}

static void
add_to_group(RowGroup *group, WriteRow *row)
{
	if (group->nrows == group->capacity)
	{
		group->capacity = Max(group->capacity * 2, 4);
		group->rows = group->rows == NULL ? palloc(sizeof(WriteRow *) * group->capacity) :
											repalloc_huge(group->rows, sizeof(WriteRow *) * group->capacity);
	}
	group->rows[group->nrows++] = row;
}

static void
refuse_key_expressions(const Model *model, const WriteRow *row)
{
	for (int i = 0; i < model->nprimary_key; i++)
	{
		const Assignment *assignment = bolt_assignment_of(row, model->primary_key[i]);

		if (assignment != NULL && assignment->is_expression)
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the primary key of an object of %s must be a value, not an expression", model->name),
				 bolt_errdetail_at(assignment->value)));
	}
}

/* The primary key as a document says it; members keep their places in the arguments. */
static JsonValue *
key_value(const Model *model, const WriteRow *row)
{
	JsonValue *columns[INDEX_MAX_KEYS];

	for (int i = 0; i < model->nprimary_key; i++)
		columns[i] = bolt_assignment_of(row, model->primary_key[i])->value;
	return model->nprimary_key == 1 ? columns[0] : bolt_json_array(columns, model->nprimary_key);
}

/*
 * Before several statements update rows: locks them all in the order of their keys,
 * as one statement would.
 */
static void
lock_rows(const Model *model, WriteRow **rows, int nrows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm locks", ALLOCSET_DEFAULT_SIZES);
	JsonValue **values;
	RelatedStatement statement;
	KeyPair pair;
	bool ordered = false;
	int first;

	if (model->relkind != RELKIND_RELATION && model->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	MemoryContextSwitchTo(context);
	values = palloc_extended(sizeof(JsonValue *) * nrows, MCXT_ALLOC_HUGE);
	for (int i = 0; i < nrows; i++)
		values[i] = key_value(model, rows[i]);
	bolt_related_primary_key(model, &pair);
	bolt_related_begin(&statement);
	first = bolt_related_keys_params(&statement, bolt_related_targets(model, bolt_json_array(values, nrows)));
	appendStringInfo(&statement.sql, "SELECT FROM %s AS t0 WHERE ", bolt_model_sql_name(model));
	bolt_related_append_is_one(&statement.sql, &pair, 0, first);
	bolt_related_append_order(&statement.sql, &pair, 0, &ordered);
	appendStringInfoString(&statement.sql, " FOR NO KEY UPDATE OF t0");
	SPI_connect();
	MemoryContextSwitchTo(context);
	bolt_related_run(&statement);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* Error 21000 where two rows have the same key; statements of their own would not notice. */
static void
refuse_repeated_keys(const Model *model, WriteRow **rows, int nrows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm keys", ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(context);
	(void) index_rows(model, rows, nrows);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * Rows that set the same columns share a statement.  in_order: those that are neighbours, for the
 * order in which rows are written is that in which they are locked.
 */
static List *
group_rows(WriteRow **rows, int nrows, bool in_order)
{
	List *groups = NIL;
	List *plain = NIL;
	RowGroup *last = NULL;

	for (int i = 0; i < nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (in_order)
			plain = NIL;
		if (last == NULL || !is_plain_row(rows[i]) || !is_plain_row(last->rows[0]) ||
			!bolt_same_columns(last->rows[0], rows[i]))
			last = group_of(&groups, &plain, rows[i]);
		add_to_group(last, rows[i]);
	}
	return groups;
}

/* What tells that a row has been upserted before: its primary key, or the columns of the conflict. */
static void
watch_upserts(const Model *model, const Conflict *conflict, WriteOutput *out, Upserts *upserts)
{
	AttrNumber columns[INDEX_MAX_KEYS];
	ListCell *lc;

	for (int i = 0; i < model->nprimary_key; i++)
		upserts->columns = lappend(
			upserts->columns, unconstify(Field *, bolt_model_field_by_attnum(model, model->primary_key[i])));
	if (upserts->columns == NIL)
		upserts->columns = conflict->unique_fields;
	if (upserts->columns == NIL || list_length(upserts->columns) > INDEX_MAX_KEYS)
		return;
	foreach(lc, upserts->columns)
	{
		const Field *field = lfirst(lc);

		columns[foreach_current_index(lc)] = field->attnum;
		out->columns = bms_add_member(out->columns, bolt_field_place(model, field->attnum));
	}
	upserts->index = bolt_key_index_make(model, list_length(upserts->columns), columns);
}

int64
bolt_write_rows(const Model *model, WriteKind kind, WriteRow **rows, int nrows, const Conflict *conflict,
				WriteOutput *out)
{
	WriteStatement write = {.kind = kind, .model = model};
	WriteOutput none = {0};
	Upserts upserts = {0};
	List *groups;
	int64 count = 0;
	ListCell *lc;

	if (conflict != NULL)
		write.conflict = *conflict;
	for (int i = 0; kind == WRITE_UPDATE && i < nrows; i++)
		refuse_key_expressions(model, rows[i]);
	if (nrows == 1)
		return run_rows(&write, rows, 1, &upserts, out);
	groups = group_rows(rows, nrows, write.conflict.action != CONFLICT_ERROR);
	if (kind == WRITE_UPDATE && (list_length(groups) > 1 || nrows > BATCH_ROWS))
	{
		refuse_repeated_keys(model, rows, nrows);
		lock_rows(model, rows, nrows);
	}
	if (write.conflict.action == CONFLICT_UPDATE && (list_length(groups) > 1 || nrows > BATCH_ROWS))
	{
		if (out == NULL)
			out = &none;
		watch_upserts(model, &write.conflict, out, &upserts);
	}
	foreach(lc, groups)
	{
		RowGroup *group = lfirst(lc);

		write.many = is_plain_row(group->rows[0]);
		for (int from = 0; from < group->nrows; from += BATCH_ROWS)
			count += run_rows(&write, group->rows + from, Min(BATCH_ROWS, group->nrows - from), &upserts, out);
	}
	return count;
}

int64
bolt_update_queryset(Document *document, WriteStatement *write, WriteOutput *out, WriteRow ***rows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm write", ALLOCSET_DEFAULT_SIZES);
	Returned returned = {.model = write->model, .out = out, .context = caller, .collects = true};
	FetchRun *run;
	int64 count;

	MemoryContextSwitchTo(context);
	document->write = write;
	set_returning(write, out);
	shape_write(document, write);
	run = bolt_run_begin(bolt_graph_for(document, FETCH_WRITE), document);
	run->locks = true;
	returned.node = run->graph->nodes[0];
	if (write->returns)
	{
		run->watch = watch_row;
		run->watch_start = watch_start;
		run->watch_argument = &returned;
	}
	SPI_connect();
	MemoryContextSwitchTo(context);
	if (write->returns)
		count = bolt_run_chunk(run);
	else
	{
		bolt_statement_run(run->graph->nodes[0]->statement, PLAN_MANY, run->nodes[0].params, 0, false, NULL);
		count = SPI_processed;
	}
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	if (write->returns && out->returns_objects)
		stitch_rows(run, &returned);
	if (rows != NULL)
		*rows = returned.rows;
	MemoryContextDelete(context);
	return count;
}
