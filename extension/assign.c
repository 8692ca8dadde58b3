/*-------------------------------------------------------------------------
 *
 * assign.c
 *	  Which columns of a model do the members of an object set?
 *
 * A member is a column, "pk", a to-one relation (its key, or an object) or a
 * to-many relation (an array).  An object that says nothing but a key stands for
 * that key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "document.h"
#include "error.h"
#include "key_index.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "write.h"

int
bolt_field_place(const Model *model, AttrNumber attnum)
{
	/* columns are in table order, so this is where it is but for dropped ones before it */
	for (int i = Min(attnum, model->nfields) - 1; i >= 0; i--)
	{
		if (model->fields[i].attnum == attnum)
			return i;
	}
	return -1;
}

Assignment *
bolt_assignment_of(const WriteRow *row, AttrNumber attnum)
{
	for (int i = 0; i < row->nassigned; i++)
	{
		if (row->assigned[i].field->attnum == attnum)
			return &row->assigned[i];
	}
	return NULL;
}

bool
bolt_row_has_key(const Model *model, const WriteRow *row)
{
	for (int i = 0; i < model->nprimary_key; i++)
	{
		const Assignment *assignment = bolt_assignment_of(row, model->primary_key[i]);

		if (assignment == NULL || assignment->value->kind == JSON_NULL)
			return false;
	}
	return model->nprimary_key > 0;
}

void
bolt_assign_column(const Model *model, WriteRow *row, const Field *field, const char *name, JsonValue *value)
{
	int place = row->nassigned;
	bool is_value = value->kind == JSON_OBJECT && !value->data && value->count == 1 &&
		strcmp(value->first->name, "Value") == 0;
	bool is_expression = !is_value && bolt_is_expression(value);
	JsonValue *literal = is_value ? value->first : value; /* of the column's type, as any literal */
	Assignment *assigned;

	if (row->nassigned == row->capacity)
	{
		row->capacity *= 2;
		row->assigned = repalloc(row->assigned, sizeof(Assignment) * row->capacity);
	}
	while (place > 0 && row->assigned[place - 1].field->attnum >= field->attnum)
		place--;
	assigned = &row->assigned[place];
	if (place < row->nassigned && assigned->field->attnum == field->attnum)
	{
		/* a key that was written before stands nowhere in the arguments */
		const JsonValue *at = value->parent != NULL ? value : assigned->value;

		/* a fetched object has a relation beside its column, and keys of tenants share one */
		if (!is_expression && !assigned->is_expression && bolt_same_value(field, assigned->value, literal))
			return;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("'%s' and '%s' are both values of column \"%s\" of %s", assigned->name, name,
						field->name, model->name),
				 bolt_errdetail_at(at)));
	}
	memmove(assigned + 1, assigned, sizeof(Assignment) * (row->nassigned - place));
	row->nassigned++;
	memset(assigned, 0, sizeof(Assignment));
	assigned->field = field;
	assigned->name = name;
	assigned->value = literal;
	assigned->is_expression = is_expression;
}

/* A key of n columns: the value itself, an array of n, or null for all. */
static void
assign_key(const Model *model, WriteRow *row, const char *name, int n, const AttrNumber *attnums,
		   JsonValue *value)
{
	JsonValue *member = value;

	if (n > 1 && value->kind != JSON_NULL)
	{
		if (value->kind != JSON_ARRAY || value->count != n)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("'%s' of %s needs an array of %d values", name, model->name, n),
					 bolt_errdetail_at(value)));
		member = value->first;
	}
	for (int i = 0; i < n; i++)
	{
		bolt_assign_column(model, row, bolt_model_field_by_attnum(model, attnums[i]), name, member);
		if (member != value)
			member = member->next;
	}
}

static bool
is_member_of(AttrNumber attnum, int n, const AttrNumber *attnums)
{
	for (int i = 0; i < n; i++)
	{
		if (attnums[i] == attnum)
			return true;
	}
	return false;
}

/* The column of the key that an object's member names, or NULL. */
static const Field *
key_field(const Model *model, const ModelRelation *relation, const JsonValue *member)
{
	const Field *field = bolt_model_field(model, member->name);

	if (field == NULL && strcmp(member->name, "pk") == 0 && model->nprimary_key == 1)
		field = bolt_model_field_by_attnum(model, model->primary_key[0]);
	if (field != NULL && member->kind != JSON_NULL &&
		(is_member_of(field->attnum, model->nprimary_key, model->primary_key) ||
		 is_member_of(field->attnum, relation->nfields, relation->target_fields)))
		return field;
	return NULL;
}

/* {"id": 3}: an object that is there already.  False for any other. */
static bool
assign_link(const Model *model, WriteRow *row, const ModelRelation *relation, JsonValue *object)
{
	const Model *target = bolt_model_by_oid(relation->target);
	JsonValue *keys[INDEX_MAX_KEYS] = {0};

	if (object->count == 0)
		return false;
	json_foreach(member, object)
	{
		const Field *field = key_field(target, relation, member);

		if (field == NULL)
			return false;
		for (int i = 0; i < relation->nfields; i++)
		{
			if (relation->target_fields[i] == field->attnum)
				keys[i] = member;
		}
	}
	for (int i = 0; i < relation->nfields; i++)
	{
		if (keys[i] == NULL)
			return false;
	}
	for (int i = 0; i < relation->nfields; i++)
		bolt_assign_column(model, row, bolt_model_field_by_attnum(model, relation->source_fields[i]),
						   relation->name, keys[i]);
	return true;
}

/*
 * The members of an object with the columns of a key, where the object is data: whatever
 * else it has counts for nothing, for it is there already.  Null where it has no such key.
 */
bool
bolt_key_of_data(const Model *model, int n, const AttrNumber *attnums, const JsonValue *object,
				 JsonValue **keys)
{
	for (int i = 0; i < n; i++)
	{
		keys[i] = bolt_json_member(object, bolt_model_field_by_attnum(model, attnums[i])->name);
		if (keys[i] == NULL || keys[i]->kind == JSON_NULL)
			return false;
	}
	return n > 0;
}

pg_noreturn void
bolt_refuse_data_object(const Model *model, const JsonValue *object)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a Ref in place of an object of %s must have its key", model->name),
			 bolt_errdetail_at(object),
			 errhint("An earlier result is data: it can name an object that is there, not make a new one.")));
}

/* A Ref to an object, in place of one of a to-one relation: that object. */
static void
assign_data_object(const Model *model, WriteRow *row, const ModelRelation *relation, const JsonValue *object)
{
	const Model *target = bolt_model_by_oid(relation->target);
	JsonValue *keys[INDEX_MAX_KEYS];

	if (!bolt_key_of_data(target, relation->nfields, relation->target_fields, object, keys))
		bolt_refuse_data_object(target, object);
	for (int i = 0; i < relation->nfields; i++)
		bolt_assign_column(model, row, bolt_model_field_by_attnum(model, relation->source_fields[i]),
						   relation->name, keys[i]);
}

static void
assign_nested(const Model *model, WriteRow *row, const ModelRelation *relation, JsonValue *value,
			  WriteKind kind)
{
	NestedValue *nested;
	bool to_one = relation_is_to_one(relation);

	if (kind == WRITE_UPDATE_SET)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot update model field '%s' (only non-relations and foreign keys permitted)",
						value->name),
				 bolt_errdetail_at(value),
				 errhint("Save the object, or write the related objects by themselves.")));
	if (to_one ? value->kind != JSON_OBJECT : value->kind != JSON_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("'%s' of %s needs %s, not %s", value->name, model->name,
						to_one ? "an object" : "an array of primary keys and objects",
						bolt_json_kind_name(value->kind)),
				 bolt_errdetail_at(value)));
	nested = palloc0(sizeof(NestedValue));
	nested->relation = relation;
	nested->value = value;
	row->nested = lappend(row->nested, nested);
}

pg_noreturn static void
unknown_name(const Model *model, const JsonValue *member, WriteKind kind)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 kind == WRITE_INSERT ?
				 errmsg("%s() got unexpected keyword arguments: '%s'", model->name, member->name) :
				 errmsg("%s has no field named '%s'", model->name, member->name),
			 bolt_errdetail_at(member), bolt_errhint_choices(bolt_model_choices(model))));
}

/* Whether objects or arrays can be values of a column. */
static bool
holds_structures(const Field *field)
{
	switch (bolt_type_class(field->type))
	{
		case CLASS_ARRAY:
		case CLASS_RANGE:
		case CLASS_JSON:
		case CLASS_HSTORE:
			return true;
		default:
			return type_is_rowtype(getBaseType(field->type));
	}
}

static void
assign_member(const Model *model, JsonValue *member, WriteKind kind, WriteRow *row)
{
	const Field *field = bolt_model_field(model, member->name);
	const ModelRelation *relation = NULL;

	/*
	 * A column is the column, whatever relations are called.  Only its own
	 * foreign key may have its name, for which it takes an object or the array
	 * of a key of several columns.
	 */
	if (field == NULL)
		relation = bolt_model_relation(model, member->name, member);
	else if ((member->kind == JSON_OBJECT || member->kind == JSON_ARRAY) && !holds_structures(field))
		relation = bolt_model_column_relation(model, field);
	if (field != NULL && (relation == NULL || bolt_is_expression(member)))
		bolt_assign_column(model, row, field, member->name, member);
	else if (relation == NULL && strcmp(member->name, "pk") == 0 && model->nprimary_key > 0)
		assign_key(model, row, member->name, model->nprimary_key, model->primary_key, member);
	else if (relation == NULL)
		unknown_name(model, member, kind);
	else if (!relation_is_forward(relation))
		assign_nested(model, row, relation, member, kind);
	else if (member->kind != JSON_OBJECT || bolt_is_expression(member))
		assign_key(model, row, member->name, relation->nfields, relation->source_fields, member);
	else if (member->data)
		assign_data_object(model, row, relation, member);
	else if (!assign_link(model, row, relation, member))
		assign_nested(model, row, relation, member, kind);
}

/* A new object whose key is null gets the one that the database makes. */
static void
forget_null_key(const Model *model, WriteRow *row)
{
	int n = 0;

	for (int i = 0; i < row->nassigned; i++)
	{
		const Assignment *assigned = &row->assigned[i];

		if (assigned->value->kind != JSON_NULL ||
			!is_member_of(assigned->field->attnum, model->nprimary_key, model->primary_key))
			row->assigned[n++] = *assigned;
	}
	row->nassigned = n;
}

void
bolt_assign(const Model *model, JsonValue *object, WriteKind kind, WriteRow *row)
{
	memset(row, 0, sizeof(WriteRow));
	bolt_expect_values(object, object->name != NULL ? bolt_quoted_key(object) : "an object's values");
	row->source = object;
	row->capacity = Max(object->count, 4);
	row->assigned = palloc(sizeof(Assignment) * row->capacity);
	json_foreach(member, object)
	{
		CHECK_FOR_INTERRUPTS();
		assign_member(model, member, kind, row);
	}
	if (kind == WRITE_INSERT)
		forget_null_key(model, row);
}
