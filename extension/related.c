/*-------------------------------------------------------------------------
 *
 * related.c
 *	  The related managers: bolt.add, remove, set and clear.
 *
 * As in Django, each changes only what is not yet as it is to be.  A call runs a
 * handful of statements, however many objects are named.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog_table.h"
#include "error.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "read.h"
#include "related.h"
#include "result_columns.h"
#include "settings.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(bolt_add);
PG_FUNCTION_INFO_V1(bolt_remove);
PG_FUNCTION_INFO_V1(bolt_set);
PG_FUNCTION_INFO_V1(bolt_clear);

/* ----------
 * The relation
 * ----------
 */

static List *
to_many_choices(const Model *model)
{
	List *choices = NIL;
	ListCell *lc;

	foreach(lc, model->relations)
	{
		ModelRelation *relation = lfirst(lc);

		if (!relation_is_to_one(relation) && bolt_relation_is_readable(relation))
			choices = lappend(choices, relation->name);
	}
	return choices;
}

const ModelRelation *
bolt_related_relation(const Model *model, const char *name, const JsonValue *value)
{
	const ModelRelation *relation = bolt_model_relation(model, name, value);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("model \"%s\" has no to-many relation \"%s\"", model->name, name),
				 value != NULL ? bolt_related_errdetail(value) : 0,
				 bolt_errhint_choices(to_many_choices(model))));
	if (relation_is_to_one(relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("relation \"%s\" of model \"%s\" leads to one object and has no manager", name,
						model->name),
				 value != NULL ? bolt_related_errdetail(value) : 0,
				 relation_is_forward(relation) ?
					 errhint("Set it with bolt.update or bolt.save.") :
					 errhint("Set it with bolt.update or bolt.save of the object at its other end.")));
	return relation;
}

void
bolt_related_lock(const ModelRelation *relation)
{
	LockRelationOid(relation->model, AccessShareLock);
	if (OidIsValid(relation->through))
		LockRelationOid(relation->through, RowExclusiveLock);
	LockRelationOid(relation->target, OidIsValid(relation->through) ? AccessShareLock : RowExclusiveLock);
}

/* ----------
 * The object and its targets
 * ----------
 */

static char *
key_text(const Model *model, const Datum *key)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < model->nprimary_key; i++)
	{
		Oid output;
		bool is_varlena;

		getTypeOutputInfo(bolt_model_field_by_attnum(model, model->primary_key[i])->type, &output,
						  &is_varlena);
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", OidOutputFunctionCall(output, key[i]));
	}
	return model->nprimary_key > 1 ? psprintf("(%s)", text.data) : text.data;
}

/* Reads the columns by which the relation knows the object. */
static bool
read_row(RelatedObject *object, const Datum *key)
{
	const ModelRelation *relation = object->relation;
	RelatedStatement statement;
	KeyPair pair;
	bool found;

	bolt_related_primary_key(object->model, &pair);
	bolt_related_begin(&statement);
	appendStringInfoString(&statement.sql, "SELECT ");
	for (int i = 0; i < relation->nfields; i++)
		appendStringInfo(
			&statement.sql, "%s%s", i > 0 ? ", " : "",
			bolt_column_text(0, bolt_model_field_by_attnum(object->model, relation->source_fields[i])));
	appendStringInfo(&statement.sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(object->model));
	bolt_related_append_matches(&statement.sql, &pair, 0, "$", 1);
	for (int i = 0; i < pair.n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(&pair, i, &comparison);
		bolt_related_param(&statement, comparison.type, key[i], false);
	}

	found = bolt_related_run(&statement) > 0;
	for (int i = 0; found && i < relation->nfields; i++)
	{
		const Field *field = bolt_model_field_by_attnum(object->model, relation->source_fields[i]);
		bool isnull;
		Datum value;
		int16 length;
		bool by_value;

		bolt_expect_column(SPI_tuptable->tupdesc, i + 1, field->type);
		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);

		if (isnull)
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(
					 "\"%s %s\" needs to have a value for field \"%s\" before this relationship can be used",
					 object->model->name, object->key_text, field->name)));
		get_typlenbyval(field->type, &length, &by_value);
		object->values[i] = datumCopy(value, by_value, length);
		object->types[i] = bolt_comparison_type(field->type);
	}
	SPI_freetuptable(SPI_tuptable);
	return found;
}

RelatedObject *
bolt_related_object(const Model *model, const ModelRelation *relation, const JsonValue *pk)
{
	RelatedObject *object = palloc0(sizeof(RelatedObject));
	Datum key[INDEX_MAX_KEYS];
	bool found;

	object->model = model;
	object->relation = relation;
	object->target = bolt_model_by_oid(relation->target);
	if (OidIsValid(relation->through))
		object->through = bolt_model_by_oid(relation->through);
	object->types = palloc(sizeof(Oid) * relation->nfields);
	object->values = palloc(sizeof(Datum) * relation->nfields);
	found = bolt_related_key(model, pk, key);
	if (found)
	{
		object->key_text = key_text(model, key);
		found = read_row(object, key);
	}
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND), errmsg("%s matching query does not exist", model->name),
				 bolt_related_errdetail(pk)));
	return object;
}

/*
 * The targets of a many-to-many relation by the columns that the through table refers to,
 * in its order: nearly always the primary key's.
 */
static RelatedKeys *
referenced_keys(const RelatedObject *object, const RelatedKeys *keys, bool must_exist)
{
	const ModelRelation *relation = object->relation;
	const Model *target = object->target;
	RelatedKeys *result = palloc0(sizeof(RelatedKeys));
	int n = relation->ntarget_fields;
	bool by_primary_key = n == target->nprimary_key;
	RelatedStatement statement;
	KeyPair pair;
	int first;
	uint64 nrows;

	result->ncolumns = n;
	result->types = palloc(sizeof(Oid) * n);
	result->arrays = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
	{
		bool known = false;

		for (int j = 0; j < keys->ncolumns; j++)
		{
			if (target->primary_key[j] != relation->target_fields[i])
				continue;
			result->types[i] = keys->types[j];
			result->arrays[i] = keys->arrays[j];
			known = true;
		}
		by_primary_key &= known;
	}
	result->count = keys->count;
	if (by_primary_key || keys->count == 0)
		return result;

	if (must_exist)
		bolt_related_refuse_missing(target, keys);
	bolt_related_primary_key(target, &pair);
	bolt_related_begin(&statement);
	statement.hints = bolt_related_key_hints(target, keys);
	first = bolt_related_keys_params(&statement, keys);
	appendStringInfoString(&statement.sql, "SELECT ");
	for (int i = 0; i < n; i++)
		appendStringInfo(&statement.sql, "%s%s", i > 0 ? ", " : "",
						 bolt_column_text(0, bolt_model_field_by_attnum(target, relation->target_fields[i])));
	appendStringInfo(&statement.sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(target));
	bolt_related_append_is_one(&statement.sql, &pair, 0, first);
	nrows = bolt_related_run(&statement);
	result = bolt_related_keys_of_rows(nrows, target, n, relation->target_fields);
	if (result->count < nrows)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot relate a %s that has no value for field \"%s\"", target->name,
						bolt_model_field_by_attnum(target, relation->target_fields[0])->name)));
	return result;
}

static RelatedKeys *
targets_of(const RelatedObject *object, const JsonValue *targets, bool must_exist)
{
	RelatedKeys *keys = bolt_related_targets(object->target, targets);

	return object->through == NULL ? keys : referenced_keys(object, keys, must_exist);
}

static void
refuse_through_defaults(const RelatedObject *object, const JsonValue *through_defaults)
{
	if (object->through == NULL && through_defaults != NULL && through_defaults->kind != JSON_NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" has no through table for through_defaults", object->relation->name),
				 bolt_related_errdetail(through_defaults)));
}

/* ----------
 * The managers
 * ----------
 */

int64
bolt_related_add(const RelatedObject *object, const JsonValue *targets, const JsonValue *through_defaults)
{
	RelatedKeys *keys = targets_of(object, targets, true);

	refuse_through_defaults(object, through_defaults);
	return object->through != NULL ? bolt_many_to_many_add(object, keys, through_defaults) :
									 bolt_reverse_add(object, keys);
}

int64
bolt_related_remove(const RelatedObject *object, const JsonValue *targets)
{
	RelatedKeys *keys = targets_of(object, targets, false);

	return object->through != NULL ? bolt_many_to_many_remove(object, keys) :
									 bolt_reverse_remove(object, keys);
}

int64
bolt_related_set(const RelatedObject *object, const JsonValue *targets, const JsonValue *through_defaults)
{
	RelatedKeys *keys = targets_of(object, targets, true);

	refuse_through_defaults(object, through_defaults);
	return object->through != NULL ? bolt_many_to_many_set(object, keys, through_defaults) :
									 bolt_reverse_set(object, keys);
}

int64
bolt_related_clear(const RelatedObject *object)
{
	return object->through != NULL ? bolt_many_to_many_clear(object) : bolt_reverse_clear(object);
}

/* ----------
 * SQL
 * ----------
 */

static JsonValue *
json_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	text *json = PG_GETARG_TEXT_P_COPY(argument);
	JsonValue *value = bolt_json_parse(VARDATA(json), VARSIZE(json) - VARHDRSZ, bolt_max_depth);

	value->name = name;
	value->name_length = strlen(name);
	return value;
}

/*
 * The object of the first three arguments, with the tables of its relation locked as
 * parse analysis does it: what they mean does not change then until the
 * transaction ends.  The models are pinned.
 */
static RelatedObject *
object_argument(FunctionCallInfo fcinfo)
{
	char *model_name;
	char *relation_name;
	JsonValue *pk;
	uint64 locked_at = 0;

	bolt_refuse_null(fcinfo, 0, "model");
	bolt_refuse_null(fcinfo, 2, "relation");
	model_name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	relation_name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (PG_ARGISNULL(1))
	{
		pk = palloc0(sizeof(JsonValue));
		pk->kind = JSON_NULL;
		pk->name = "pk";
	}
	else
		pk = json_argument(fcinfo, 1, "pk");
	for (;;)
	{
		uint64 generation = bolt_model_refresh();
		const Model *model = bolt_model_by_name(model_name, NULL);
		const ModelRelation *relation = bolt_related_relation(model, relation_name, NULL);

		CHECK_FOR_INTERRUPTS();
		if (generation == locked_at)
		{
			bolt_model_pin();
			return bolt_related_object(model, relation, pk);
		}
		bolt_related_lock(relation);
		locked_at = generation;
	}
}

/* Begins a call: the object, and further arguments that must not be null */
static RelatedObject *
begin_call(FunctionCallInfo fcinfo, JsonValue **targets, JsonValue **through_defaults)
{
	*targets = *through_defaults = NULL;
	if (PG_NARGS() > 3)
	{
		bolt_refuse_null(fcinfo, 3, "targets");
		*targets = json_argument(fcinfo, 3, "targets");
	}
	if (PG_NARGS() > 4 && !PG_ARGISNULL(4))
		*through_defaults = json_argument(fcinfo, 4, "through_defaults");
	SPI_connect();
	return object_argument(fcinfo);
}

static Datum
end_call(int64 result)
{
	bolt_model_unpin();
	SPI_finish();
	return Int64GetDatum(result);
}

/* bolt.add(model text, pk json, relation text, targets json, through_defaults json) → bigint */
Datum
bolt_add(PG_FUNCTION_ARGS)
{
	JsonValue *targets;
	JsonValue *through_defaults;
	RelatedObject *object = begin_call(fcinfo, &targets, &through_defaults);

	return end_call(bolt_related_add(object, targets, through_defaults));
}

/* bolt.remove(model text, pk json, relation text, targets json) → bigint */
Datum
bolt_remove(PG_FUNCTION_ARGS)
{
	JsonValue *targets;
	JsonValue *through_defaults;
	RelatedObject *object = begin_call(fcinfo, &targets, &through_defaults);

	return end_call(bolt_related_remove(object, targets));
}

/* bolt.set(model text, pk json, relation text, targets json, through_defaults json) → bigint */
Datum
bolt_set(PG_FUNCTION_ARGS)
{
	JsonValue *targets;
	JsonValue *through_defaults;
	RelatedObject *object = begin_call(fcinfo, &targets, &through_defaults);

	return end_call(bolt_related_set(object, targets, through_defaults));
}

/* bolt.clear(model text, pk json, relation text) → bigint */
Datum
bolt_clear(PG_FUNCTION_ARGS)
{
	JsonValue *targets;
	JsonValue *through_defaults;

	return end_call(bolt_related_clear(begin_call(fcinfo, &targets, &through_defaults)));
}
