/*-------------------------------------------------------------------------
 *
 * related_keys.c
 *	  The keys and values that the arguments of the related managers say.
 *
 * A primary key is a value, an array of its columns' values where it has several,
 * or an object with exactly these columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "error.h"
#include "miscadmin.h"
#include "related.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Reads keys of a model, one after the other. */
typedef struct KeyReader
{
	const Model *model;
	const Field *fields[INDEX_MAX_KEYS];
	StatementParam params[INDEX_MAX_KEYS];
} KeyReader;

int
bolt_related_errdetail(const JsonValue *value)
{
	char *path = bolt_json_path(value);

	return path[0] == '\0' ? 0 : errdetail("At %s.", path);
}

/* Says which value an input function's error is about. */
static void
value_error_context(void *value)
{
	char *path = bolt_json_path(value);

	if (path[0] != '\0')
		errcontext("value at %s", path);
}

/* ----------
 * Values
 * ----------
 */

static void
init_param(StatementParam *param, const Field *field, int32 typmod)
{
	Oid input;

	memset(param, 0, sizeof(StatementParam));
	param->type = param->value_type = field->type;
	param->typmod = typmod;
	param->what = field->name;
	getTypeInputInfo(field->type, &input, &param->io_param);
	fmgr_info(input, &param->input);
}

/* Whether a type has values that JSON writes as arrays or objects. */
static bool
is_compound(Oid type)
{
	Oid base = getBaseType(type);

	return base == JSONOID || base == JSONBOID || OidIsValid(get_element_type(base)) || type_is_range(base) ||
		type_is_multirange(base) || type_is_rowtype(base) || bolt_type_class(base) == CLASS_HSTORE;
}

static bool
read_value(const StatementParam *param, const JsonValue *value, Datum *result)
{
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = value_error_context,
									 .arg = unconstify(JsonValue *, value)};
	bool present;

	if ((value->kind == JSON_ARRAY || value->kind == JSON_OBJECT) && !is_compound(param->value_type))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" needs a value of type %s, not %s", param->what,
						format_type_be(param->value_type), bolt_json_kind_name(value->kind)),
				 bolt_related_errdetail(value)));
	error_context_stack = &callback;
	if (value->kind == JSON_OBJECT && bolt_type_class(param->value_type) == CLASS_HSTORE)
		present = bolt_bind_hstore(param, value, result);
	else
		present = bolt_bind_value(param, value, result);
	error_context_stack = callback.previous;
	return present;
}

bool
bolt_related_value(const Field *field, const JsonValue *value, Datum *result)
{
	StatementParam param;

	init_param(&param, field, field->typmod);
	return read_value(&param, value, result);
}

/* ----------
 * Keys
 * ----------
 */

static void
init_reader(KeyReader *reader, const Model *model)
{
	if (model->nprimary_key == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("model \"%s\" has no primary key", model->name),
				 errhint("Name one with bolt.register_model.")));
	reader->model = model;
	for (int i = 0; i < model->nprimary_key; i++)
	{
		reader->fields[i] = bolt_model_field_by_attnum(model, model->primary_key[i]);
		init_param(&reader->params[i], reader->fields[i], -1);
	}
}

static char *
key_form(const Model *model)
{
	StringInfoData form;

	initStringInfo(&form);
	for (int i = 0; i < model->nprimary_key; i++)
		appendStringInfo(&form, "%s%s", i > 0 ? ", " : "",
						 bolt_model_field_by_attnum(model, model->primary_key[i])->name);
	return model->nprimary_key > 1 ? psprintf("[%s]", form.data) : form.data;
}

pg_noreturn static void
refuse_key(const Model *model, const JsonValue *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s is no primary key of model \"%s\"", bolt_json_kind_name(value->kind), model->name),
			 bolt_related_errdetail(value), errhint("Give %s.", key_form(model))));
}

/* An object that is to be created, for it is no key.  Here is where it could be. */
pg_noreturn static void
refuse_new_object(const Model *model, const JsonValue *object)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("an object cannot be created by naming it as related"), bolt_related_errdetail(object),
			 errhint("Create it with bolt.create, and give its primary key: %s.", key_form(model))));
}

static bool
takes_object(const KeyReader *reader)
{
	return reader->model->nprimary_key == 1 && is_compound(reader->fields[0]->type);
}

/*
 * The key's columns, in their order, of an object that has these members and, unless it is
 * data, no others.
 */
static bool
members_of_object(const KeyReader *reader, const JsonValue *object, const JsonValue **members)
{
	/* a Ref to an object stands for it, whatever else is known of it */
	if (object->count != reader->model->nprimary_key && !object->data)
		return false;
	for (int i = 0; i < reader->model->nprimary_key; i++)
	{
		members[i] = bolt_json_member(object, reader->fields[i]->name);
		if (members[i] == NULL)
			return false;
	}
	return true;
}

/* Returns the first null among the key's values, or NULL. */
static const JsonValue *
read_key(const KeyReader *reader, const JsonValue *value, Datum *key)
{
	const JsonValue *members[INDEX_MAX_KEYS];
	int n = reader->model->nprimary_key;

	if (value->kind == JSON_NULL)
		return value;
	if (value->kind == JSON_OBJECT && !takes_object(reader))
	{
		if (!members_of_object(reader, value, members))
			refuse_key(reader->model, value);
	}
	else if (n == 1)
		members[0] = value;
	else if (value->kind == JSON_ARRAY && value->count == n)
	{
		json_foreach(member, value)
			members[member->index] = member;
	}
	else
		refuse_key(reader->model, value);
	for (int i = 0; i < n; i++)
	{
		if (members[i]->kind == JSON_NULL)
			return members[i];
		if (members[i]->kind == JSON_ARRAY && !is_compound(reader->fields[i]->type))
			refuse_key(reader->model, members[i]);
		read_value(&reader->params[i], members[i], &key[i]);
	}
	return NULL;
}

bool
bolt_related_key(const Model *model, const JsonValue *value, Datum *key)
{
	KeyReader reader;

	init_reader(&reader, model);
	return read_key(&reader, value, key) == NULL;
}

/*
 * Whether it is an array of keys, not a single one.  A key that is an array itself
 * is told from its first member.
 */
static bool
is_list(const KeyReader *reader, const JsonValue *targets)
{
	bool key_is_array = reader->model->nprimary_key > 1 || is_compound(reader->fields[0]->type);

	if (targets->kind != JSON_ARRAY)
		return false;
	return !key_is_array || targets->count == 0 || targets->first->kind == JSON_ARRAY ||
		targets->first->kind == JSON_OBJECT;
}

RelatedKeys *
bolt_related_targets(const Model *model, const JsonValue *targets)
{
	RelatedKeys *keys = palloc0(sizeof(RelatedKeys));
	KeyReader reader;
	Datum *columns[INDEX_MAX_KEYS];
	const JsonValue *value = targets;
	KeyPair pair;

	init_reader(&reader, model);
	bolt_related_primary_key(model, &pair);
	keys->ncolumns = model->nprimary_key;
	keys->types = palloc(sizeof(Oid) * keys->ncolumns);
	keys->arrays = palloc(sizeof(Datum) * keys->ncolumns);
	if (is_list(&reader, targets))
		value = targets->first;
	for (int i = 0; i < keys->ncolumns; i++)
		columns[i] = palloc_extended(sizeof(Datum) * Max(targets->count, 1), MCXT_ALLOC_HUGE);

	for (; value != NULL; value = value == targets ? NULL : value->next)
	{
		Datum key[INDEX_MAX_KEYS];
		const JsonValue *members[INDEX_MAX_KEYS];
		const JsonValue *null;

		CHECK_FOR_INTERRUPTS();
		if (value->kind == JSON_OBJECT && !takes_object(&reader) &&
			!members_of_object(&reader, value, members))
			refuse_new_object(model, value);
		null = read_key(&reader, value, key);
		if (null != NULL)
			refuse_key(model, null);
		for (int i = 0; i < keys->ncolumns; i++)
			columns[i][keys->count] = key[i];
		keys->count++;
	}

	for (int i = 0; i < keys->ncolumns; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(&pair, i, &comparison);
		keys->types[i] = comparison.type;
		keys->arrays[i] = bolt_related_array(columns[i], keys->count, comparison.type);
		pfree(columns[i]);
	}
	return keys;
}
