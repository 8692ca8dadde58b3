/*-------------------------------------------------------------------------
 *
 * related_statement.c
 *	  How the statements of the related managers are written and run.
 *
 * Keys are array parameters, so that a statement takes any number of them, and its
 * text depends on nothing but the relation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "error.h"
#include "kept_plan.h"
#include "miscadmin.h"
#include "related.h"
#include "result_columns.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

void
bolt_related_begin(RelatedStatement *statement)
{
	initStringInfo(&statement->sql);
	statement->ordered = NULL;
	statement->hints = 0;
	statement->nparams = 0;
	statement->capacity = 8;
	statement->types = palloc(sizeof(Oid) * statement->capacity);
	statement->values = palloc(sizeof(Datum) * statement->capacity);
	statement->isnull = palloc(sizeof(bool) * statement->capacity);
}

int
bolt_related_param(RelatedStatement *statement, Oid type, Datum value, bool isnull)
{
	if (statement->nparams == statement->capacity)
	{
		statement->capacity *= 2;
		statement->types = repalloc(statement->types, sizeof(Oid) * statement->capacity);
		statement->values = repalloc(statement->values, sizeof(Datum) * statement->capacity);
		statement->isnull = repalloc(statement->isnull, sizeof(bool) * statement->capacity);
	}
	statement->types[statement->nparams] = type;
	statement->values[statement->nparams] = value;
	statement->isnull[statement->nparams] = isnull;
	return ++statement->nparams;
}

int
bolt_related_object_params(RelatedStatement *statement, const RelatedObject *object)
{
	for (int i = 0; i < object->relation->nfields; i++)
		bolt_related_param(statement, object->types[i], object->values[i], false);
	return statement->nparams - object->relation->nfields + 1;
}

int
bolt_related_keys_params(RelatedStatement *statement, const RelatedKeys *keys)
{
	for (int i = 0; i < keys->ncolumns; i++)
		bolt_related_param(statement, get_array_type(keys->types[i]), keys->arrays[i], false);
	return statement->nparams - keys->ncolumns + 1;
}

uint64
bolt_related_run(RelatedStatement *statement)
{
	return bolt_run_kept(statement->ordered, NIL, statement->hints, statement->sql.data, statement->nparams,
						 statement->types, statement->values, statement->isnull);
}

int
bolt_related_key_hints(const Model *model, const RelatedKeys *keys)
{
	if (model->primary_key_constraint)
		return KEPT_BY_INDEX;
	return keys->count > MANY_KEYS ? KEPT_HASHED : 0;
}

/* False where one of them is null, or a flag behind them is false. */
static bool
read_row(uint64 row, int n, Datum *key)
{
	TupleDesc columns = SPI_tuptable->tupdesc;
	bool isnull;

	for (int i = 0; i < n; i++)
	{
		key[i] = SPI_getbinval(SPI_tuptable->vals[row], columns, i + 1, &isnull);
		if (isnull)
			return false;
	}
	if (columns->natts == n)
		return true;
	return DatumGetBool(SPI_getbinval(SPI_tuptable->vals[row], columns, n + 1, &isnull)) && !isnull;
}

RelatedKeys *
bolt_related_keys_of_rows(uint64 nrows, const Model *model, int n, const AttrNumber *columns)
{
	RelatedKeys *keys = palloc0(sizeof(RelatedKeys));
	Datum *values[INDEX_MAX_KEYS];

	keys->ncolumns = n;
	keys->types = palloc(sizeof(Oid) * n);
	keys->arrays = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
	{
		values[i] = palloc_extended(sizeof(Datum) * Max(nrows, 1), MCXT_ALLOC_HUGE);
		keys->types[i] = bolt_comparison_type(bolt_model_field_by_attnum(model, columns[i])->type);
		bolt_expect_column(SPI_tuptable->tupdesc, i + 1, keys->types[i]);
	}
	if (SPI_tuptable->tupdesc->natts > n)
		bolt_expect_column(SPI_tuptable->tupdesc, n + 1, BOOLOID);
	for (uint64 row = 0; row < nrows; row++)
	{
		Datum key[INDEX_MAX_KEYS];

		CHECK_FOR_INTERRUPTS();
		if (!read_row(row, n, key))
			continue;
		for (int i = 0; i < n; i++)
			values[i][keys->count] = key[i];
		keys->count++;
	}
	for (int i = 0; i < n; i++)
	{
		keys->arrays[i] = bolt_related_array(values[i], keys->count, keys->types[i]);
		pfree(values[i]);
	}
	SPI_freetuptable(SPI_tuptable);
	return keys;
}

Datum
bolt_related_array(Datum *values, int n, Oid type)
{
	int16 length;
	bool by_value;
	char align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(construct_array(values, n, type, length, by_value, align));
}

/* ----------
 * Text
 * ----------
 */

void
bolt_related_primary_key(const Model *model, KeyPair *pair)
{
	pair->n = model->nprimary_key;
	pair->near_model = pair->far_model = model;
	pair->near_fields = pair->far_fields = model->primary_key;
}

/* A collation to which a key in two spellings is one.  To the others only the same text is the same. */
void
bolt_related_append_collation(StringInfo sql, const KeyPair *pair, int column)
{
	Oid collation = bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column])->collation;
	KeyComparison comparison;

	bolt_compare_key(pair, column, &comparison);
	if (OidIsValid(collation) && OidIsValid(get_typcollation(comparison.type)) &&
		!get_collation_isdeterministic(collation))
		appendStringInfo(sql, " COLLATE %s", bolt_collation_name(collation));
}

void
bolt_related_append_keys(StringInfo sql, const KeyPair *pair, int first)
{
	List *arrays = NIL;

	for (int i = 0; i < pair->n; i++)
	{
		StringInfoData array;

		initStringInfo(&array);
		appendStringInfo(&array, "$%d", first + i);
		bolt_related_append_collation(&array, pair, i);
		arrays = lappend(arrays, array.data);
	}
	bolt_append_unnest(sql, arrays, bolt_key_types(pair), "k");
}

void
bolt_related_append_matches(StringInfo sql, const KeyPair *pair, int alias, const char *prefix, int first)
{
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		appendStringInfo(sql, "%s%s %s %s%d", i > 0 ? " AND " : "",
						 bolt_far_key(pair, i, alias, comparison.cast_far), comparison.opname, prefix,
						 first + i);
	}
}

void
bolt_related_append_is_one(StringInfo sql, const KeyPair *pair, int alias, int first_param)
{
	appendStringInfoString(sql, "EXISTS (SELECT FROM ");
	bolt_related_append_keys(sql, pair, first_param);
	appendStringInfoString(sql, " WHERE ");
	bolt_related_append_matches(sql, pair, alias, "k.c", 1);
	appendStringInfoChar(sql, ')');
}

void
bolt_related_append_order(StringInfo sql, const KeyPair *pair, int alias, bool *begun)
{
	for (int i = 0; i < pair->n; i++)
	{
		const Field *field = bolt_model_field_by_attnum(pair->far_model, pair->far_fields[i]);

		if (bolt_operator(field->type, field->type, BTLessStrategyNumber) == NULL)
			continue;
		appendStringInfoString(sql, *begun ? ", " : " ORDER BY ");
		bolt_append_column(sql, alias, field->name);
		*begun = true;
	}
}

/* ----------
 * Keys that are not there
 * ----------
 */

char *
bolt_related_key_list(uint64 nrows)
{
	StringInfoData list;
	TupleDesc columns = SPI_tuptable->tupdesc;

	initStringInfo(&list);
	for (uint64 row = 0; row < nrows; row++)
	{
		appendStringInfoString(&list, row > 0 ? ", " : "");
		if (row == MAX_KEYS_NAMED)
		{
			appendStringInfoString(&list, "...");
			break;
		}
		appendStringInfoString(&list, columns->natts > 1 ? "(" : "");
		for (int i = 1; i <= columns->natts; i++)
			appendStringInfo(&list, "%s%s", i > 1 ? ", " : "",
							 SPI_getvalue(SPI_tuptable->vals[row], columns, i));
		appendStringInfoString(&list, columns->natts > 1 ? ")" : "");
	}
	return list.data;
}

void
bolt_related_refuse_missing(const Model *model, const RelatedKeys *keys)
{
	RelatedStatement statement;
	KeyPair pair;
	int first;
	uint64 nmissing;

	bolt_related_primary_key(model, &pair);
	bolt_related_begin(&statement);
	statement.hints = bolt_related_key_hints(model, keys);
	first = bolt_related_keys_params(&statement, keys);
	appendStringInfoString(&statement.sql, "SELECT ");
	bolt_append_names(&statement.sql, "k.c", pair.n);
	appendStringInfoString(&statement.sql, " FROM ");
	bolt_related_append_keys(&statement.sql, &pair, first);
	appendStringInfo(&statement.sql, " WHERE NOT EXISTS (SELECT FROM %s AS t0 WHERE ",
					 bolt_model_sql_name(model));
	bolt_related_append_matches(&statement.sql, &pair, 0, "k.c", 1);
	appendStringInfo(&statement.sql, ") LIMIT %d", MAX_KEYS_NAMED + 1);
	nmissing = bolt_related_run(&statement);
	if (nmissing > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND), errmsg("%s matching query does not exist", model->name),
				 errdetail("There is none with primary key: %s.", bolt_related_key_list(nmissing))));
	SPI_freetuptable(SPI_tuptable);
}
