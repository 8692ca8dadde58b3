/*-------------------------------------------------------------------------
 *
 * refetch.c
 *	  The objects that have been written, as a queryset shows them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "error.h"
#include "executor/spi.h"
#include "fetch.h"
#include "graph_cache.h"
#include "key_index.h"
#include "miscadmin.h"
#include "result_columns.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "operations.h"

/* Who a fetched object is, by the columns of its primary key. */
typedef struct Recognition
{
	const Model *model;
	const AttrNumber *attnos; /* in the root statement's result */
	KeyIndex *index;
	int *owners; /* per root row of the chunk: which row it is, or -1 */
	int capacity;
	int n;
	MemoryContext context;
} Recognition;

JsonValue *
bolt_key_of_row(const Model *model, const WriteRow *row)
{
	JsonValue *columns[INDEX_MAX_KEYS];

	for (int i = 0; i < model->nprimary_key; i++)
		columns[i] = row->columns[bolt_field_place(model, model->primary_key[i])];
	return model->nprimary_key == 1 ? columns[0] : bolt_json_array(columns, model->nprimary_key);
}

static void
filter_by_keys(Document *document, const Model *model, WriteRow **rows, int nrows)
{
	JsonValue **keys = palloc_extended(sizeof(JsonValue *) * nrows, MCXT_ALLOC_HUGE);
	JsonValue *literal;

	for (int i = 0; i < nrows; i++)
		keys[i] = bolt_key_of_row(model, rows[i]);
	literal = nrows == 1 ? bolt_json_array(keys, 1)->first : bolt_json_array(keys, nrows);
	literal->parent = NULL;
	bolt_document_add_literal(document, literal);
	bolt_add_filter_call(document->queryset,
						 bolt_make_condition(nrows == 1 ? PRIMARY_KEY_PATH : PRIMARY_KEY_PATH "__in",
											 literal));
	bolt_document_add_shape(document, nrows == 1 ? "one key" : "keys");
}

static void
recognize_start(void *argument, TupleDesc descriptor)
{
	const Recognition *recognition = argument;
	const Model *model = recognition->model;

	for (int i = 0; i < model->nprimary_key; i++)
		bolt_expect_column(descriptor, recognition->attnos[i],
						   bolt_model_field_by_attnum(model, model->primary_key[i])->type);
}

static void
recognize(void *argument, TupleTableSlot *slot)
{
	Recognition *recognition = argument;
	const Model *model = recognition->model;
	MemoryContext old = MemoryContextSwitchTo(recognition->context);
	Datum key[INDEX_MAX_KEYS];
	bool whole = true;

	for (int i = 0; i < model->nprimary_key; i++)
	{
		int attno = recognition->attnos[i];

		whole = whole && !slot->tts_isnull[attno - 1];
		key[i] = slot->tts_values[attno - 1];
	}
	if (recognition->n == recognition->capacity)
	{
		recognition->capacity *= 2;
		recognition->owners = repalloc_huge(recognition->owners, sizeof(int) * recognition->capacity);
	}
	recognition->owners[recognition->n++] = whole ? bolt_key_index_find(recognition->index, key) : -1;
	MemoryContextSwitchTo(old);
}

static Recognition *
recognize_rows(FetchRun *run, const Model *model, WriteRow **rows, int nrows)
{
	Recognition *recognition = palloc0(sizeof(Recognition));

	recognition->model = model;
	recognition->context = CurrentMemoryContext;
	recognition->capacity = 1024;
	recognition->owners = palloc(sizeof(int) * recognition->capacity);
	recognition->index = bolt_key_index_make(model, model->nprimary_key, model->primary_key);
	recognition->attnos = run->graph->nodes[0]->own_attnos;
	for (int i = 0; i < nrows; i++)
	{
		Datum key[INDEX_MAX_KEYS];

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < model->nprimary_key; j++)
			key[j] =
				bolt_key_index_value(recognition->index, j,
									 rows[i]->columns[bolt_field_place(model, model->primary_key[j])]->text);
		(void) bolt_key_index_add(recognition->index, key, i);
		rows[i]->written = false;
	}
	run->watch = recognize;
	run->watch_start = recognize_start;
	run->watch_argument = recognition;
	return recognition;
}

void
bolt_push_latest_snapshot(void)
{
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
}

/* Values that go over to-many relations are more rows than objects. */
static void
make_room(Objects *objects, int nrows)
{
	if (nrows <= objects->nrows)
		return;
	objects->rows = repalloc_huge(objects->rows, sizeof(WriteRow *) * nrows);
	while (objects->nrows < nrows)
		objects->rows[objects->nrows++] = palloc0(sizeof(WriteRow));
}

void
bolt_refetch(Document *document, const Model *model, Objects *objects, bool in_their_order)
{
	MemoryContext context = CurrentMemoryContext;
	WriteOutput *out = &objects->out;
	int nrows = objects->nrows;
	Recognition *recognition = NULL;
	FetchRun *run;
	int fetched = 0;
	int chunk;

	if (nrows == 0)
		return;
	filter_by_keys(document, model, objects->rows, nrows);
	if (in_their_order && nrows > 1)
	{
		document->queryset->recognized = true;
		bolt_document_add_shape(document, "recognized");
	}
	bolt_push_latest_snapshot();
	run = bolt_run_begin(bolt_graph_for(document, FETCH_OBJECTS), document);
	if (in_their_order && nrows > 1)
		recognition = recognize_rows(run, model, objects->rows, nrows);
	SPI_connect();
	MemoryContextSwitchTo(context);
	while ((chunk = bolt_run_chunk(run)) > 0)
	{
		if (!in_their_order)
			make_room(objects, fetched + chunk);
		for (int i = 0; i < chunk; i++)
		{
			int owner = recognition != NULL ? recognition->owners[i] : fetched + i;
			WriteRow *row;

			CHECK_FOR_INTERRUPTS();
			if (owner < 0 || owner >= objects->nrows)
				continue;
			row = objects->rows[owner];
			row->written = true;
			row->start = out->text.length;
			bolt_stitch_row(run, i, &out->text);
			row->length = out->text.length - row->start;
		}
		fetched += chunk;
		if (recognition != NULL)
			recognition->n = 0;
	}
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	PopActiveSnapshot();
	for (int i = fetched; recognition == NULL && i < nrows; i++)
		objects->rows[i]->written = false;
}
