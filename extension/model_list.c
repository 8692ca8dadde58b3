/*-------------------------------------------------------------------------
 *
 * model_list.c
 *	  bolt.models() and bolt.relations(): what there is, as tables.
 *
 * Models are read for one row at a time and not kept: a listing must not fill
 * the cache of a session with every table of the database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "model_load.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(bolt_models);
PG_FUNCTION_INFO_V1(bolt_relations);

#define MODELS_COLUMNS 5
#define RELATIONS_COLUMNS 9

/* A row of either list. */
typedef struct Row
{
	int ncolumns;
	Datum values[RELATIONS_COLUMNS];
	bool nulls[RELATIONS_COLUMNS];
} Row;

static void
add_value(Row *row, Datum value)
{
	row->nulls[row->ncolumns] = false;
	row->values[row->ncolumns++] = value;
}

static void
add_text(Row *row, const char *text)
{
	row->nulls[row->ncolumns] = text == NULL;
	row->values[row->ncolumns++] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/*
 * Columns of a table as a text[], null where there are none.
 */
static void
add_columns(Row *row, Oid table, int n, const AttrNumber *columns)
{
	Datum *names;

	if (n == 0)
	{
		row->nulls[row->ncolumns++] = true;
		return;
	}
	names = palloc(n * sizeof(Datum));
	for (int i = 0; i < n; i++)
	{
		char *name = get_attname(table, columns[i], true);

		names[i] = CStringGetTextDatum(name == NULL ? "?" : name);
	}
	add_value(row, PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT)));
}

static const char *
kind_of(char relkind)
{
	switch (relkind)
	{
		case RELKIND_PARTITIONED_TABLE:
			return "partitioned table";
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		default:
			return "table";
	}
}

/*
 * Calls a function for each model, in a memory context that does not outlast
 * the model.
 */
static void
list_models(List *oids, ReturnSetInfo *result, void (*list_one)(const Model *model, ReturnSetInfo *result))
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm list", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	ListCell *lc;

	foreach(lc, oids)
	{
		LoadedModel *loaded = bolt_model_load(lfirst_oid(lc));

		CHECK_FOR_INTERRUPTS();
		if (loaded != NULL)
			list_one(&loaded->model, result);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static void
list_model(const Model *model, ReturnSetInfo *result)
{
	Row row = {0};
	char *name = bolt_model_name_of(model->oid);
	Datum *fields = palloc(Max(model->nfields, 1) * sizeof(Datum));
	int nfields = 0;

	if (name == NULL)
		return;
	for (int i = 0; i < model->nfields; i++)
	{
		if (bolt_may_read_field(model, &model->fields[i]))
			fields[nfields++] = CStringGetTextDatum(model->fields[i].name);
	}
	add_text(&row, name);
	add_value(&row, ObjectIdGetDatum(model->oid));
	add_text(&row, kind_of(model->relkind));
	add_columns(&row, model->oid, model->nprimary_key, model->primary_key);
	add_value(&row, PointerGetDatum(construct_array(fields, nfields, TEXTOID, -1, false, TYPALIGN_INT)));
	tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

static void
list_relations(const Model *model, ReturnSetInfo *result)
{
	char *name = bolt_model_name_of(model->oid);
	ListCell *lc;

	foreach(lc, model->relations)
	{
		const ModelRelation *relation = lfirst(lc);
		char *target = bolt_model_name_of(relation->target);
		Row row = {0};

		if (name == NULL || target == NULL || !bolt_relation_is_readable(relation))
			continue;
		add_text(&row, name);
		add_text(&row, relation->name);
		add_text(&row, bolt_relation_kind_name(relation->kind));
		add_text(&row, target);
		add_columns(&row, relation->model, relation->nfields, relation->source_fields);
		add_columns(&row, relation->target, relation->ntarget_fields, relation->target_fields);
		add_text(&row, OidIsValid(relation->through) ? bolt_model_name_of(relation->through) : NULL);
		add_text(&row, relation->on_delete);
		add_value(&row, BoolGetDatum(relation->indexed));
		tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
	}
}

Datum
bolt_models(PG_FUNCTION_ARGS)
{
	bolt_model_refresh();
	InitMaterializedSRF(fcinfo, 0);
	list_models(bolt_model_visible(), (ReturnSetInfo *) fcinfo->resultinfo, list_model);
	return (Datum) 0;
}

/*
 * The relations of one model, or of all that the caller may read.
 */
Datum
bolt_relations(PG_FUNCTION_ARGS)
{
	List *oids;

	bolt_model_refresh();
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		oids = bolt_model_visible();
	else
		oids = list_make1_oid(bolt_model_by_name(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL)->oid);
	list_models(oids, (ReturnSetInfo *) fcinfo->resultinfo, list_relations);
	return (Datum) 0;
}
