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

#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "exact_text.h"
#include "executor/spi.h"
#include "fetch.h"
#include "graph_cache.h"
#include "miscadmin.h"
#include "reference_check.h"
#include "returned_rows.h"
#include "statement.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "write.h"
#include "write_order.h"

/* So many rows a statement */
#define BATCH_ROWS 10000

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
					 write->returns_objects ? 'o' :
						 write->returns		? 'r' :
											  'n',
					 'a' + write->conflict.action);
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
 * Running
 * ----------
 */

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
	ReturnedRows returned = {write->model, NULL, rows, nrows, 0, out, caller};
	StatementWatcher watcher;
	Document *document;
	FetchStatement *statement;
	List *key = NIL; /* of Field *: which of the rows were inserted? */
	FetchRun *run;
	int64 count;
	ListCell *lc;

	MemoryContextSwitchTo(context);
	write->row = rows[0];
	set_returning(write, out);
	if (write->many && write->returns && write->kind == WRITE_INSERT &&
		write->conflict.action != CONFLICT_ERROR)
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
			returned.index = bolt_index_rows(write->model, rows, nrows);
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
			bolt_index_inserted(&returned, key);
		if (write->kind == WRITE_INSERT && write->conflict.action != CONFLICT_UPDATE &&
			write->returns_objects && nrows >= BOLT_MANY_REFERENCES)
			bolt_check_returned(run, &returned, &watcher);
		bolt_watch_returned(run, &returned);
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
		bolt_stitch_returned(run, &returned);
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
		bolt_refuse_repeated_keys(model, rows, nrows);
		bolt_lock_rows(model, rows, nrows);
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
			count +=
				run_rows(&write, group->rows + from, Min(BATCH_ROWS, group->nrows - from), &upserts, out);
	}
	return count;
}

int64
bolt_update_queryset(Document *document, WriteStatement *write, WriteOutput *out, WriteRow ***rows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "bolt_orm write", ALLOCSET_DEFAULT_SIZES);
	ReturnedRows returned = {.model = write->model, .out = out, .context = caller, .collects = true};
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
		bolt_watch_returned(run, &returned);
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
		bolt_stitch_returned(run, &returned);
	if (rows != NULL)
		*rows = returned.rows;
	MemoryContextDelete(context);
	return count;
}
