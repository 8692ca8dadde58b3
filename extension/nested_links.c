/*-------------------------------------------------------------------------
 *
 * nested_links.c
 *	  The rows of through tables that lead to nested objects.
 *
 * A member of the array is a new object or the primary key of one that is there.  The
 * through table may refer to other columns than the primary key, which are looked up then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog_table.h"
#include "error.h"
#include "exact_text.h"
#include "executor/spi.h"
#include "key_index.h"
#include "miscadmin.h"
#include "nested.h"
#include "related.h"
#include "result_columns.h"
#include "utils/lsyscache.h"

/* The rows that are to be there, each pair of keys once. */
typedef struct Links
{
	const Model *model; /* of the owners */
	const ModelRelation *relation;
	const Model *target;
	const Model *through;
	List *fields;	 /* of Field *: of both keys, each once */
	KeyIndex *index; /* by these */
	WriteRow **rows;
	int nrows;
} Links;

static void
begin_links(Links *links, const Model *model, const ModelRelation *relation, int nmembers)
{
	AttrNumber columns[INDEX_MAX_KEYS * 2];
	int n = relation->nfields;

	memset(links, 0, sizeof(Links));
	links->model = model;
	links->relation = relation;
	links->target = bolt_model_by_oid(relation->target);
	links->through = bolt_written_model_of(relation->through);
	memcpy(columns, relation->through_source_fields, sizeof(AttrNumber) * n);
	for (int i = 0; i < relation->ntarget_fields; i++)
	{
		/* tenants' tables have a column of both keys */
		if (!bolt_columns_contain(n, columns, relation->through_target_fields[i]))
			columns[n++] = relation->through_target_fields[i];
	}
	for (int i = 0; i < n; i++)
		links->fields = lappend(links->fields,
								unconstify(Field *, bolt_model_field_by_attnum(links->through, columns[i])));
	links->index = bolt_key_index_make(links->through, n, columns);
	links->rows = palloc_extended(sizeof(WriteRow *) * Max(2 * nmembers, 1), MCXT_ALLOC_HUGE);
}

/* ----------
 * Pairs
 * ----------
 */

/* A null refers to nothing: the link would be there and lead nowhere. */
static void
refuse_null(const Model *model, AttrNumber attnum, const JsonValue *value, const JsonValue *source)
{
	if (value->kind == JSON_NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot relate a %s that has no value for field \"%s\"", model->name,
						bolt_model_field_by_attnum(model, attnum)->name),
				 bolt_errdetail_at(source)));
}

static void
assign(const Links *links, WriteRow *row, AttrNumber attnum, JsonValue *value)
{
	bolt_assign_column(links->through, row, bolt_model_field_by_attnum(links->through, attnum),
					   links->relation->name, value);
}

/* mirrored: the pair as it is seen from the far object */
static void
add_row(Links *links, const WriteRow *owner, JsonValue **far, JsonValue *source, bool mirrored)
{
	const ModelRelation *relation = links->relation;
	WriteRow *row = palloc0(sizeof(WriteRow));
	Datum key[INDEX_MAX_KEYS * 2];
	ListCell *lc;

	row->source = source;
	row->capacity = relation->nfields + relation->ntarget_fields;
	row->assigned = palloc(sizeof(Assignment) * row->capacity);
	for (int i = 0; i < relation->nfields; i++)
	{
		JsonValue *value = bolt_written_column(links->model, owner, relation->source_fields[i]);

		refuse_null(links->model, relation->source_fields[i], value, owner->source);
		assign(links, row, (mirrored ? relation->through_target_fields : relation->through_source_fields)[i],
			   value);
	}
	for (int i = 0; i < relation->ntarget_fields; i++)
	{
		refuse_null(links->target, relation->target_fields[i], far[i], source);
		assign(links, row, (mirrored ? relation->through_source_fields : relation->through_target_fields)[i],
			   far[i]);
	}
	foreach(lc, links->fields)
	{
		const Assignment *assignment = bolt_assignment_of(row, ((Field *) lfirst(lc))->attnum);

		if (!bolt_column_value(assignment->field, assignment->value, -1, &key[foreach_current_index(lc)]))
			Assert(false); /* nulls have been refused */
	}
	if (bolt_key_index_add(links->index, key, links->nrows) < 0)
		links->rows[links->nrows++] = row;
}

static void
add_pair(Links *links, const WriteRow *owner, JsonValue **far, JsonValue *source)
{
	CHECK_FOR_INTERRUPTS();
	add_row(links, owner, far, source, false);
	if (links->relation->symmetrical)
		add_row(links, owner, far, source, true);
}

/* ----------
 * Objects that are there
 * ----------
 */

/* Does the through table refer to just the columns of the target's primary key, in whatever order? */
static bool
refers_to_primary_key(const Links *links)
{
	const ModelRelation *relation = links->relation;

	if (relation->ntarget_fields != links->target->nprimary_key)
		return false;
	for (int i = 0; i < relation->ntarget_fields; i++)
	{
		if (!bolt_columns_contain(links->target->nprimary_key, links->target->primary_key,
								  relation->target_fields[i]))
			return false;
	}
	return true;
}

static JsonValue *
text_of_column(uint64 row, int column, FmgrInfo *output)
{
	JsonValue *value = palloc0(sizeof(JsonValue));
	bool isnull;
	Datum datum = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	value->kind = isnull ? JSON_NULL : JSON_STRING;
	value->text = value->raw = isnull ? "null" : bolt_exact_text(output, datum);
	value->length = value->raw_length = strlen(value->text);
	return value;
}

/*
 * Reads the columns that the through table refers to of the rows with these primary keys.
 * Error P0002 where a row is not there.
 */
static void
look_up(Links *links, const Members *members)
{
	const ModelRelation *relation = links->relation;
	const Model *target = links->target;
	int n = relation->ntarget_fields;
	MemoryContext context = CurrentMemoryContext;
	KeyIndex *index = bolt_key_index_make(target, target->nprimary_key, target->primary_key);
	RelatedKeys *keys = bolt_related_targets(target, bolt_json_array(members->keys, members->nkeys));
	RelatedStatement statement;
	KeyPair pair;
	JsonValue **columns;
	FmgrInfo outputs[INDEX_MAX_KEYS];
	uint64 nrows;
	int first;

	SPI_connect();
	MemoryContextSwitchTo(context);
	bolt_related_primary_key(target, &pair);
	bolt_related_begin(&statement);
	statement.hints = bolt_related_key_hints(target, keys);
	first = bolt_related_keys_params(&statement, keys);
	appendStringInfoString(&statement.sql, "SELECT ");
	for (int i = 0; i < pair.n; i++)
		appendStringInfo(&statement.sql, "%s, ",
						 bolt_column_text(0, bolt_model_field_by_attnum(target, target->primary_key[i])));
	for (int i = 0; i < n; i++)
		appendStringInfo(&statement.sql, "%s%s", i > 0 ? ", " : "",
						 bolt_column_text(0, bolt_model_field_by_attnum(target, relation->target_fields[i])));
	appendStringInfo(&statement.sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(target));
	bolt_related_append_is_one(&statement.sql, &pair, 0, first);
	nrows = bolt_related_run(&statement);
	bolt_expect_key(SPI_tuptable->tupdesc, &index->type, NULL, 1);
	for (int i = 0; i < n; i++)
	{
		Oid function;
		bool varlena;

		bolt_expect_column(SPI_tuptable->tupdesc, pair.n + i + 1,
						   bolt_model_field_by_attnum(target, relation->target_fields[i])->type);
		getTypeOutputInfo(bolt_model_field_by_attnum(target, relation->target_fields[i])->type, &function,
						  &varlena);
		fmgr_info(function, &outputs[i]);
	}
	columns = palloc_extended(sizeof(JsonValue *) * Max(nrows * n, 1), MCXT_ALLOC_HUGE);
	for (uint64 row = 0; row < nrows; row++)
	{
		Datum key[INDEX_MAX_KEYS];
		bool whole = true; /* a view's key may be null */
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < pair.n; i++)
		{
			key[i] = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, i + 1, &isnull);
			whole = whole && !isnull;
		}
		if (whole)
			(void) bolt_key_index_add(index, key, (int) row);
		for (int i = 0; i < n; i++)
			columns[row * n + i] = text_of_column(row, pair.n + i + 1, &outputs[i]);
	}
	SPI_freetuptable(SPI_tuptable);
	for (int i = 0; i < members->nkeys; i++)
	{
		Datum key[INDEX_MAX_KEYS];
		int row;

		CHECK_FOR_INTERRUPTS();
		row = bolt_related_key(target, members->keys[i], key) ? bolt_key_index_find(index, key) : -1;
		if (row < 0)
		{
			bolt_related_refuse_missing(target, keys);
			ereport(ERROR,
					(errcode(ERRCODE_NO_DATA_FOUND), errmsg("%s matching query does not exist", target->name),
					 bolt_errdetail_at(members->keys[i])));
		}
		add_pair(links, members->key_owners[i], &columns[(Size) row * n], members->keys[i]);
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}

static void
add_keys(Links *links, const Members *members)
{
	const ModelRelation *relation = links->relation;

	if (members->nkeys == 0)
		return;
	if (!refers_to_primary_key(links))
	{
		look_up(links, members);
		return;
	}
	for (int i = 0; i < members->nkeys; i++)
	{
		const WriteRow *key = bolt_row_of_key(links->target, members->keys[i]);
		JsonValue *far[INDEX_MAX_KEYS];

		for (int j = 0; j < relation->ntarget_fields; j++)
			far[j] = bolt_assignment_of(key, relation->target_fields[j])->value;
		add_pair(links, members->key_owners[i], far, members->keys[i]);
	}
}

/* ---------- */

void
bolt_write_links(const Model *model, const ModelRelation *relation, const Members *members)
{
	Conflict conflict = {.action = CONFLICT_ERROR};
	Links links;

	begin_links(&links, model, relation, members->nobjects + members->nkeys);
	for (int i = 0; i < members->nobjects; i++)
	{
		JsonValue *far[INDEX_MAX_KEYS];

		for (int j = 0; j < relation->ntarget_fields; j++)
			far[j] = bolt_written_column(links.target, members->objects[i], relation->target_fields[j]);
		add_pair(&links, members->object_owners[i], far, members->objects[i]->source);
	}
	add_keys(&links, members);
	if (links.nrows == 0)
		return;
	if (relation->through_unique)
	{
		conflict.action = CONFLICT_IGNORE;
		conflict.unique_fields = links.fields;
	}
	bolt_write_rows(links.through, WRITE_INSERT, links.rows, links.nrows, &conflict, NULL);
}
