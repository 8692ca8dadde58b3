/*-------------------------------------------------------------------------
 *
 * operations.c
 *	  Django's writing methods: create, save, bulk_create, bulk_update, update.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "operations.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "write_order.h"

JsonValue *
bolt_parse_argument(const text *argument, const char *name)
{
	JsonValue *value = bolt_json_parse(VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument), bolt_max_depth);

	value->name = name;
	value->name_length = strlen(name);
	return value;
}

Objects *
bolt_make_objects(int nrows)
{
	Objects *objects = palloc0(sizeof(Objects));

	objects->nrows = nrows;
	objects->rows = palloc_extended(sizeof(WriteRow *) * Max(nrows, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < nrows; i++)
		objects->rows[i] = palloc0(sizeof(WriteRow));
	objects->out.returns_objects = true;
	bolt_json_buffer_init(&objects->out.text, CurrentMemoryContext, 0);
	return objects;
}

/* ----------
 * Objects with what is nested in them
 * ----------
 */
static void
append_paths(StringInfo text, const char *key, List *paths)
{
	ListCell *lc;

	appendStringInfo(text, ", \"%s\": [", key);
	foreach(lc, paths)
	{
		appendStringInfoString(text, foreach_current_index(lc) > 0 ? ", " : "");
		escape_json(text, lfirst(lc));
	}
	appendStringInfoChar(text, ']');
}

/* The rows' objects with the relations that were written along with them. */
static void
show_nested(const Model *model, const char *name, Objects *objects)
{
	Objects written = {palloc_extended(sizeof(WriteRow *) * objects->nrows, MCXT_ALLOC_HUGE), 0,
					   objects->out};
	List *select_related;
	List *prefetch_related;
	StringInfoData text;

	Assert(model->nprimary_key > 0);
	for (int i = 0; i < objects->nrows; i++)
	{
		if (objects->rows[i]->written)
			written.rows[written.nrows++] = objects->rows[i];
	}
	bolt_nested_paths(objects->rows, objects->nrows, &select_related, &prefetch_related);
	initStringInfo(&text);
	appendStringInfoString(&text, "{\"model\": ");
	escape_json(&text, name);
	append_paths(&text, "select_related", select_related);
	append_paths(&text, "prefetch_related", prefetch_related);
	appendStringInfoChar(&text, '}');
	bolt_refetch(bolt_document_parse(text.data, text.len), model, &written, true);
	objects->out = written.out;
}

static bool
has_nested(const Objects *objects)
{
	for (int i = 0; i < objects->nrows; i++)
	{
		if (objects->rows[i]->nested != NIL)
			return true;
	}
	return false;
}

void
bolt_want_primary_key(const Model *model, WriteOutput *out)
{
	for (int i = 0; i < model->nprimary_key; i++)
		out->columns = bms_add_member(out->columns, bolt_field_place(model, model->primary_key[i]));
}

/* Rows of more sets of columns than this are read back at once, rather than by each set's statement. */
#define FEW_COLUMN_SETS 4

static bool
has_many_column_sets(const Objects *objects)
{
	int sets = 1;

	for (int i = 1; i < objects->nrows && sets <= FEW_COLUMN_SETS; i++)
		sets += !bolt_same_columns(objects->rows[i - 1], objects->rows[i]);
	return sets > FEW_COLUMN_SETS;
}

static void
write_objects(const Model *model, const char *name, Objects *objects, bool save, const Conflict *conflict)
{
	bool nested = has_nested(objects);
	bool reads_back = model->nprimary_key > 0 && (nested || has_many_column_sets(objects));

	if (reads_back)
	{
		bolt_want_primary_key(model, &objects->out);
		objects->out.returns_objects = false;
	}
	if (objects->nrows > 0)
		bolt_write_nested(model, objects->rows, objects->nrows, save, conflict, &objects->out);
	if (reads_back)
		show_nested(model, name, objects);
}

static Objects *
write_object(const char *name, const text *values, bool save)
{
	Objects *objects = bolt_make_objects(1);
	const Model *model;

	bolt_model_pin();
	model = bolt_written_model(name, NULL);
	bolt_assign(model, bolt_parse_argument(values, "values"), WRITE_INSERT, objects->rows[0]);
	write_objects(model, name, objects, save, NULL);
	bolt_model_unpin();
	return objects;
}

/* QuerySet.create */
Objects *
bolt_op_create(const char *model, const text *values)
{
	return write_object(model, values, false);
}

/* Model.save: update by primary key, else insert */
Objects *
bolt_op_save(const char *model, const text *values)
{
	return write_object(model, values, true);
}

/* ----------
 * bulk_create
 * ----------
 */
static JsonValue *
parse_rows(const text *rows)
{
	JsonValue *value = bolt_parse_argument(rows, "rows");

	if (value->kind != JSON_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows must be an array of objects, not %s", bolt_json_kind_name(value->kind))));
	return value;
}

/* Columns by their names, or those of to-one relations. */
static List *
concrete_fields(const Model *model, List *names, const char *method, const char *argument)
{
	List *fields = NIL;
	ListCell *lc;

	foreach(lc, names)
	{
		const char *name = lfirst(lc);
		const Field *field = bolt_model_field(model, name);
		const ModelRelation *relation = field == NULL ? bolt_model_relation(model, name, NULL) : NULL;

		if (field != NULL)
			fields = list_append_unique_ptr(fields, unconstify(Field *, field));
		else if (strcmp(name, "pk") == 0 && relation == NULL && model->nprimary_key > 0)
		{
			for (int i = 0; i < model->nprimary_key; i++)
				fields = list_append_unique_ptr(
					fields, unconstify(Field *, bolt_model_field_by_attnum(model, model->primary_key[i])));
		}
		else if (relation != NULL && relation_is_forward(relation))
		{
			for (int i = 0; i < relation->nfields; i++)
				fields = list_append_unique_ptr(
					fields,
					unconstify(Field *, bolt_model_field_by_attnum(model, relation->source_fields[i])));
		}
		else if (relation != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s() can only be used with concrete fields%s%s", method,
							argument != NULL ? " in " : "", argument != NULL ? argument : ""),
					 errdetail("\"%s\" of %s is a relation to many.", name, model->name)));
		else
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("%s has no field named '%s'", model->name, name),
					 bolt_errhint_choices(bolt_model_choices(model))));
	}
	return fields;
}

static bool
has_primary_key(const Model *model, List *fields)
{
	for (int i = 0; i < model->nprimary_key; i++)
	{
		if (list_member_ptr(fields,
							unconstify(Field *, bolt_model_field_by_attnum(model, model->primary_key[i]))))
			return true;
	}
	return false;
}

pg_noreturn static void
no_primary_key(const Model *model)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("model \"%s\" has no primary key", model->name),
			 errhint("Name one with bolt.register_model.")));
}

static void
invalid_options(const char *message)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message)));
}

/* QuerySet._check_bulk_create_options */
static void
fill_conflict(const Model *model, const BulkOptions *options, Conflict *conflict)
{
	memset(conflict, 0, sizeof(Conflict));
	if (options->ignore_conflicts && options->update_conflicts)
		invalid_options("ignore_conflicts and update_conflicts are mutually exclusive");
	if (options->update_conflicts && options->update_fields == NIL)
		invalid_options(
			"Fields that will be updated when a row insertion fails on conflicts must be provided");
	if (options->update_conflicts && options->unique_fields == NIL)
		invalid_options("Unique fields that can trigger the upsert must be provided");
	if (!options->update_conflicts && options->update_fields != NIL)
		invalid_options("update_fields needs update_conflicts");
	if (!options->update_conflicts && !options->ignore_conflicts && options->unique_fields != NIL)
		invalid_options("unique_fields needs update_conflicts or ignore_conflicts");
	conflict->action = options->ignore_conflicts ? CONFLICT_IGNORE :
		options->update_conflicts				 ? CONFLICT_UPDATE :
												   CONFLICT_ERROR;
	conflict->unique_fields = concrete_fields(model, options->unique_fields, "bulk_create", "unique_fields");
	conflict->update_fields = concrete_fields(model, options->update_fields, "bulk_create", "update_fields");
	if (has_primary_key(model, conflict->update_fields))
		invalid_options("bulk_create() cannot be used with primary keys in update_fields");
}

/*
 * With ignore_conflicts it is not known before which rows are left out.  What a row refers to is written before
 * it, and would stay; what refers to it would have to know which of several rows is there.
 */
static void
refuse_nested(const Model *model, const WriteRow *row, int nrows)
{
	ListCell *lc;

	foreach(lc, row->nested)
	{
		const NestedValue *nested = lfirst(lc);

		if (relation_is_forward(nested->relation))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("nested objects cannot be written together with ignore_conflicts"),
					 errdetail("The object of \"%s\" would be left behind if its row of %s is left out.",
							   nested->value->name, model->name),
					 errhint("Create it first and give its key, or call bolt.get_or_create for each row.")));
		if (nrows > 1)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("to-many relations cannot be written together with ignore_conflicts"),
					 errdetail("Which of the rows of %s were inserted is not known.", model->name)));
	}
}

/* QuerySet.bulk_create */
Objects *
bolt_op_bulk_create(const char *name, const text *rows, const BulkOptions *options)
{
	JsonValue *array = parse_rows(rows);
	Objects *objects = bolt_make_objects(array->count);
	WriteRow **in_order = objects->rows;
	const Model *model;
	Conflict conflict;

	bolt_model_pin();
	model = bolt_written_model(name, NULL);
	fill_conflict(model, options, &conflict);
	json_foreach(row, array)
	{
		CHECK_FOR_INTERRUPTS();
		bolt_expect_values(row, "a row");
		bolt_assign(model, row, WRITE_INSERT, objects->rows[row->index]);
		if (conflict.action == CONFLICT_IGNORE)
			refuse_nested(model, objects->rows[row->index], objects->nrows);
	}
	if (conflict.action != CONFLICT_ERROR)
		objects->rows = bolt_rows_in_order(model, objects->rows, objects->nrows, conflict.unique_fields);
	write_objects(model, name, objects, false, &conflict);
	objects->rows = in_order;
	bolt_model_unpin();
	return objects;
}

/* ----------
 * bulk_update
 * ----------
 */

/*
 * Does a member say a column of these, or of the primary key?  Other columns and relations
 * are what a fetch writes out; a name that nothing has is a mistake.
 */
static bool
is_looked_at(const Model *model, const JsonValue *member, List *fields)
{
	const Field *field = bolt_model_field(model, member->name);
	const ModelRelation *relation;

	if (field == NULL && strcmp(member->name, "pk") == 0)
		return true;
	if (field != NULL &&
		(list_member_ptr(fields, unconstify(Field *, field)) ||
		 has_primary_key(model, list_make1(unconstify(Field *, field)))))
		return true;
	relation = field == NULL ? bolt_model_relation(model, member->name, member) : NULL;
	if (field == NULL && relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("%s has no field named '%s'", model->name, member->name), bolt_errdetail_at(member),
				 bolt_errhint_choices(bolt_model_choices(model))));
	if (relation == NULL || !relation_is_forward(relation))
		return false;
	for (int i = 0; i < relation->nfields; i++)
	{
		if (list_member_ptr(
				fields, unconstify(Field *, bolt_model_field_by_attnum(model, relation->source_fields[i]))))
			return true;
	}
	return false;
}

/* An object of which only some members are looked at. */
static JsonValue *
some_members(const Model *model, JsonValue *object, List *fields)
{
	JsonValue *result = palloc(sizeof(JsonValue));

	*result = *object;
	result->first = result->last = NULL;
	result->count = 0;
	json_foreach(member, object)
	{
		JsonValue *copy;

		if (!is_looked_at(model, member, fields))
			continue;
		copy = palloc(sizeof(JsonValue));
		*copy = *member;
		copy->next = NULL;
		if (result->last == NULL)
			result->first = copy;
		else
			result->last->next = copy;
		result->last = copy;
		result->count++;
	}
	return result;
}

static void
check_bulk_row(const Model *model, const WriteRow *row, List *fields, const JsonValue *source)
{
	ListCell *lc;

	if (!bolt_row_has_key(model, row))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("All bulk_update() objects must have a primary key set"), bolt_errdetail_at(source)));
	if (row->nested != NIL)
	{
		const NestedValue *nested = linitial(row->nested);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bulk_update() prohibited to prevent data loss due to unsaved related object '%s'",
						nested->value->name),
				 bolt_errdetail_at(nested->value)));
	}
	foreach(lc, fields)
	{
		const Field *field = lfirst(lc);

		if (bolt_assignment_of(row, field->attnum) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a row has no value for field '%s'", field->name), bolt_errdetail_at(source),
					 errhint("bulk_update() sets each of the fields in each of the rows.")));
	}
}

/* QuerySet.bulk_update; returns the rows matched */
int64
bolt_op_bulk_update(const char *name, const text *rows, List *names)
{
	JsonValue *array = parse_rows(rows);
	Objects *objects = bolt_make_objects(array->count);
	const Model *model;
	List *fields;
	int64 count = 0;

	if (names == NIL)
		invalid_options("Field names must be given to bulk_update()");
	bolt_model_pin();
	model = bolt_written_model(name, NULL);
	fields = concrete_fields(model, names, "bulk_update", NULL);
	if (model->nprimary_key == 0)
		no_primary_key(model);
	if (has_primary_key(model, fields))
		invalid_options("bulk_update() cannot be used with primary key fields");
	json_foreach(row, array)
	{
		CHECK_FOR_INTERRUPTS();
		bolt_expect_values(row, "a row");
		bolt_assign(model, some_members(model, row, fields), WRITE_UPDATE, objects->rows[row->index]);
		check_bulk_row(model, objects->rows[row->index], fields, row);
	}
	if (objects->nrows > 0)
		count = bolt_write_rows(model, WRITE_UPDATE, objects->rows, objects->nrows, NULL, NULL);
	bolt_model_unpin();
	return count;
}

/* ----------
 * update
 * ----------
 */
static void
refuse_update(const QuerySet *queryset, const char *message, const JsonValue *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s", message),
			 bolt_errdetail_at(value != NULL ? value : queryset->source)));
}

static Document *
parse_updated(const text *queryset)
{
	Document *document = bolt_document_parse(VARDATA_ANY(queryset), VARSIZE_ANY_EXHDR(queryset));
	const QuerySet *parsed = document->queryset;

	if (parsed->limit != NULL || parsed->offset != NULL)
		refuse_update(parsed, "Cannot update a query once a slice has been taken",
					  parsed->limit != NULL ? parsed->limit : parsed->offset);
	if (parsed->distinct_on != NIL)
		refuse_update(parsed, "Cannot call update() after .distinct(*fields)", NULL);
	if (parsed->combined != NIL)
		refuse_update(parsed,
					  psprintf("Calling QuerySet.update() after %s() is not supported",
							   ((CombineCall *) linitial(parsed->combined))->method),
					  NULL);
	if (parsed->dates != NULL || parsed->group_by_values)
		refuse_update(parsed, "Cannot update a query that groups its rows", NULL);
	return document;
}

/* Does the queryset show its objects otherwise than their table's columns? */
bool
bolt_is_plain(const QuerySet *queryset)
{
	ListCell *lc;

	foreach(lc, queryset->calls)
	{
		if (((QueryCall *) lfirst(lc))->filter == NULL)
			return false;
	}
	return !queryset->select_related_all && queryset->select_related == NIL &&
		queryset->prefetch_related == NIL && queryset->only == NIL && queryset->defer == NIL &&
		queryset->values_kind == VALUES_NONE;
}

static int64
update_rows(const text *queryset, const text *values, WriteOutput *out, WriteRow ***rows,
			const Model **updated)
{
	Document *document = parse_updated(queryset);
	QuerySet *parsed = document->queryset;
	WriteRow row;
	WriteStatement write = {.kind = WRITE_UPDATE_SET, .row = &row};

	*updated = write.model = bolt_written_model(parsed->model->text, parsed->model);
	bolt_assign(write.model, bolt_parse_argument(values, "values"), WRITE_UPDATE_SET, &row);
	if (row.nassigned == 0)
		return 0;
	if (out != NULL)
		bolt_want_primary_key(write.model, out);
	return bolt_update_queryset(document, &write, out, rows);
}

/* QuerySet.update */
int64
bolt_op_update(const text *queryset, const text *values)
{
	const Model *model;
	int64 count;

	bolt_model_pin();
	count = update_rows(queryset, values, NULL, NULL, &model);
	bolt_model_unpin();
	return count;
}

/* A queryset that shows what another does, whatever its filters say now. */
Document *
bolt_unfiltered(const text *queryset)
{
	Document *document = bolt_document_parse(VARDATA_ANY(queryset), VARSIZE_ANY_EXHDR(queryset));
	QuerySet *parsed = document->queryset;
	ListCell *lc;

	foreach(lc, parsed->calls)
	{
		if (((QueryCall *) lfirst(lc))->filter != NULL)
			parsed->calls = foreach_delete_current(parsed->calls, lc);
	}
	parsed->limit = parsed->offset = NULL;
	parsed->distinct = parsed->none = false;
	parsed->distinct_on = NIL;
	parsed->locking = NULL;
	bolt_document_add_shape(document, "unfiltered");
	return document;
}

/* UPDATE … RETURNING, as the queryset shows its objects */
Objects *
bolt_op_update_returning(const text *queryset, const text *values)
{
	Objects *objects = bolt_make_objects(0);
	const QuerySet *parsed = parse_updated(queryset)->queryset;
	const Model *model;
	bool plain;

	bolt_model_pin();
	model = bolt_written_model(parsed->model->text, parsed->model);
	plain = bolt_is_plain(parsed) && !parsed->ordered && !parsed->reverse &&
		(bolt_model_ordering(model) == NIL || model->nprimary_key == 0);
	if (!plain && model->nprimary_key == 0)
		no_primary_key(model);
	objects->out.returns_objects = plain;
	objects->nrows = update_rows(queryset, values, &objects->out, &objects->rows, &model);
	if (!plain)
		bolt_refetch(bolt_unfiltered(queryset), model, objects, false);
	bolt_model_unpin();
	return objects;
}
