/*-------------------------------------------------------------------------
 *
 * nested.c
 *	  Writes rows with the objects that are nested in them.
 *
 * What a row refers to is written before it, what refers to it behind it, each
 * relation for all rows at once: the number of statements follows from the relations
 * that were nested, not from the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "error.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nested.h"
#include "nodes/bitmapset.h"
#include "related.h"
#include "write.h"
#include "write_order.h"

static void
init_output(WriteOutput *out)
{
	memset(out, 0, sizeof(WriteOutput));
	bolt_json_buffer_init(&out->text, CurrentMemoryContext, MaxAllocSize);
}

static void
want_columns(WriteOutput *out, const Model *model, int n, const AttrNumber *attnums)
{
	for (int i = 0; i < n; i++)
		out->columns = bms_add_member(out->columns, bolt_field_place(model, attnums[i]));
}

JsonValue *
bolt_written_column(const Model *model, const WriteRow *row, AttrNumber attnum)
{
	return row->columns[bolt_field_place(model, attnum)];
}

/* The relations that are nested in any of the rows, forward ones or the others. */
static List *
nested_relations(WriteRow **rows, int nrows, bool forward)
{
	List *relations = NIL;

	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		foreach(lc, rows[i]->nested)
		{
			const NestedValue *nested = lfirst(lc);

			if (relation_is_forward(nested->relation) == forward)
				relations = list_append_unique_ptr(relations, unconstify(ModelRelation *, nested->relation));
		}
	}
	return relations;
}

/* ----------
 * What rows refer to
 * ----------
 */
static void
write_parents(const Model *model, WriteRow **rows, int nrows, const ModelRelation *relation, bool save)
{
	const Model *target = bolt_written_model_of(relation->target);
	WriteRow **parents = palloc_extended(sizeof(WriteRow *) * nrows, MCXT_ALLOC_HUGE);
	WriteRow **owners = palloc_extended(sizeof(WriteRow *) * nrows, MCXT_ALLOC_HUGE);
	WriteOutput out;
	int n = 0;

	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, rows[i]->nested)
		{
			NestedValue *nested = lfirst(lc);

			if (nested->relation != relation)
				continue;
			nested->rows = palloc(sizeof(WriteRow *));
			nested->rows[0] = palloc(sizeof(WriteRow));
			nested->nrows = 1;
			bolt_assign(target, nested->value, WRITE_INSERT, nested->rows[0]);
			owners[n] = rows[i];
			parents[n++] = nested->rows[0];
		}
	}
	init_output(&out);
	want_columns(&out, target, relation->nfields, relation->target_fields);
	bolt_write_nested(target, parents, n, save, NULL, &out);
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < relation->nfields; j++)
			bolt_assign_column(model, owners[i],
							   bolt_model_field_by_attnum(model, relation->source_fields[j]), relation->name,
							   bolt_written_column(target, parents[i], relation->target_fields[j]));
	}
}

/* ----------
 * What refers to rows
 * ----------
 */

/* Is a member of a to-many array a primary key, as such or as {"id": 3}?  Then *key is it. */
static bool
is_key_value(const Model *target, JsonValue *member, JsonValue **key)
{
	*key = member;
	if (member->kind == JSON_NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a member of an array of %s must be a primary key or an object, not null", target->name),
			 bolt_errdetail_at(member)));
	if (member->kind != JSON_OBJECT)
		return true;
	if (member->data)
	{
		JsonValue *keys[INDEX_MAX_KEYS];

		if (!bolt_key_of_data(target, target->nprimary_key, target->primary_key, member, keys))
			bolt_refuse_data_object(target, member);
		*key = target->nprimary_key == 1 ? keys[0] : bolt_json_array(keys, target->nprimary_key);
		return true;
	}
	if (member->count != 1 || target->nprimary_key != 1 || member->first->kind == JSON_NULL)
		return false;
	*key = member->first;
	return (strcmp(member->first->name, "pk") == 0 && bolt_model_field(target, "pk") == NULL) ||
		strcmp(member->first->name, bolt_model_field_by_attnum(target, target->primary_key[0])->name) == 0;
}

static void
count_members(const NestedValue *nested, int *n)
{
	*n += nested->value->kind == JSON_OBJECT ? 1 : nested->value->count;
}

static void
collect_members(const Model *target, WriteRow **rows, int nrows, const ModelRelation *relation,
				Members *members)
{
	int n = 0;

	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		foreach(lc, rows[i]->nested)
		{
			const NestedValue *nested = lfirst(lc);

			if (nested->relation == relation)
				count_members(nested, &n);
		}
	}
	members->objects = palloc_extended(sizeof(WriteRow *) * Max(n, 1), MCXT_ALLOC_HUGE);
	members->object_owners = palloc_extended(sizeof(WriteRow *) * Max(n, 1), MCXT_ALLOC_HUGE);
	members->keys = palloc_extended(sizeof(JsonValue *) * Max(n, 1), MCXT_ALLOC_HUGE);
	members->key_owners = palloc_extended(sizeof(WriteRow *) * Max(n, 1), MCXT_ALLOC_HUGE);
	members->nobjects = members->nkeys = 0;

	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, rows[i]->nested)
		{
			NestedValue *nested = lfirst(lc);
			JsonValue *member = nested->value->kind == JSON_OBJECT ? nested->value : nested->value->first;

			if (nested->relation != relation)
				continue;
			nested->rows = palloc(sizeof(WriteRow *) * Max(nested->value->count, 1));
			nested->nrows = 0;
			for (; member != NULL; member = nested->value->kind == JSON_OBJECT ? NULL : member->next)
			{
				JsonValue *key;

				if (is_key_value(target, member, &key))
				{
					members->keys[members->nkeys] = key;
					members->key_owners[members->nkeys++] = rows[i];
					continue;
				}
				nested->rows[nested->nrows] = palloc(sizeof(WriteRow));
				bolt_assign(target, member, WRITE_INSERT, nested->rows[nested->nrows]);
				members->objects[members->nobjects] = nested->rows[nested->nrows++];
				members->object_owners[members->nobjects++] = rows[i];
			}
		}
	}
}

/* Sets the columns of a row that refer to what was written of its owner. */
static void
refer_to_owner(const Model *target, WriteRow *row, const ModelRelation *relation, const Model *model,
			   const WriteRow *owner)
{
	for (int i = 0; i < relation->nfields; i++)
		bolt_assign_column(target, row, bolt_model_field_by_attnum(target, relation->target_fields[i]),
						   relation->name, bolt_written_column(model, owner, relation->source_fields[i]));
}

WriteRow *
bolt_row_of_key(const Model *target, JsonValue *key)
{
	WriteRow *row = palloc0(sizeof(WriteRow));
	JsonValue *member = key;
	int n = target->nprimary_key;

	row->source = key;
	row->capacity = 2 * n;
	row->assigned = palloc(sizeof(Assignment) * row->capacity);
	if (n > 1 && (key->kind != JSON_ARRAY || key->count != n))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a key of %s needs an array of %d values", target->name, n), bolt_errdetail_at(key)));
	if (n > 1)
		member = key->first;
	for (int i = 0; i < n; i++)
	{
		bolt_assign_column(target, row, bolt_model_field_by_attnum(target, target->primary_key[i]), "pk",
						   member);
		member = n > 1 ? member->next : member;
	}
	return row;
}

/* The members of an array by their primary keys. */
static JsonValue *
keys_of_members(const Model *target, const Members *members, const WriteRow *owner)
{
	JsonValue **keys =
		palloc_extended(sizeof(JsonValue *) * Max(members->nkeys + members->nobjects, 1), MCXT_ALLOC_HUGE);
	int n = 0;

	for (int i = 0; i < members->nkeys; i++)
	{
		if (members->key_owners[i] == owner)
			keys[n++] = members->keys[i];
	}
	for (int i = 0; i < members->nobjects; i++)
	{
		if (members->object_owners[i] == owner)
			keys[n++] = bolt_key_of_row(target, members->objects[i]);
	}
	return bolt_json_array(keys, n);
}

/*
 * An object that is saved has what its arrays say, as after the related manager's set().
 */
static void
set_relations(const Model *model, const Model *target, WriteRow **rows, int nrows,
			  const ModelRelation *relation, const Members *members)
{
	MemoryContext context = CurrentMemoryContext;

	SPI_connect();
	MemoryContextSwitchTo(context);
	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, rows[i]->nested)
		{
			if (((NestedValue *) lfirst(lc))->relation == relation)
				(void) bolt_related_set(bolt_related_object(model, relation, bolt_key_of_row(model, rows[i])),
										keys_of_members(target, members, rows[i]), NULL);
		}
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/* The keys of an owner's members that say one: of rows that may be there. */
static JsonValue *
known_keys(const Model *target, const Members *members, const WriteRow *owner)
{
	JsonValue **keys =
		palloc_extended(sizeof(JsonValue *) * Max(members->nkeys + members->nobjects, 1), MCXT_ALLOC_HUGE);
	int n = 0;

	for (int i = 0; i < members->nkeys; i++)
	{
		if (members->key_owners[i] == owner)
			keys[n++] = members->keys[i];
	}
	for (int i = 0; i < members->nobjects; i++)
	{
		JsonValue *columns[INDEX_MAX_KEYS];
		bool known = members->object_owners[i] == owner && bolt_row_has_key(target, members->objects[i]);

		for (int j = 0; known && j < target->nprimary_key; j++)
		{
			const Assignment *assignment = bolt_assignment_of(members->objects[i], target->primary_key[j]);

			known = !assignment->is_expression;
			columns[j] = assignment->value;
		}
		if (known)
			keys[n++] =
				target->nprimary_key == 1 ? columns[0] : bolt_json_array(columns, target->nprimary_key);
	}
	return bolt_json_array(keys, n);
}

/*
 * Several statements are going to write the rows of an array that is saved: its objects, those that are named by
 * their keys, and those that it leaves out.  They are locked before, in one order.
 */
static void
lock_members(const Model *model, const Model *target, WriteRow **rows, int nrows,
			 const ModelRelation *relation, const Members *members)
{
	MemoryContext context = CurrentMemoryContext;

	if (members->nobjects == 0)
		return; /* the manager's set() locks all of them itself */
	SPI_connect();
	MemoryContextSwitchTo(context);
	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, rows[i]->nested)
		{
			if (((NestedValue *) lfirst(lc))->relation == relation)
				bolt_reverse_lock(bolt_related_object(model, relation, bolt_key_of_row(model, rows[i])),
								  bolt_related_targets(target, known_keys(target, members, rows[i])));
		}
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/*
 * A key says nothing of a model without a primary key, and what is not in the array of an object that is
 * saved could not be told from what is.
 */
pg_noreturn static void
refuse_without_key(const Model *target, WriteRow **rows, int nrows, const ModelRelation *relation)
{
	const JsonValue *at = rows[0]->source;

	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		foreach(lc, rows[i]->nested)
		{
			if (((NestedValue *) lfirst(lc))->relation == relation)
				at = ((NestedValue *) lfirst(lc))->value;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("model \"%s\" has no primary key", target->name),
			 bolt_errdetail_at(at), errhint("Name one with bolt.register_model.")));
}

/* The rows of another table that refer to these: new ones, and ones that are there and change hands. */
static void
write_referring(const Model *model, WriteRow **rows, int nrows, const ModelRelation *relation, bool save)
{
	const Model *target = bolt_written_model_of(relation->target);
	WriteRow **linked;
	Members members;
	WriteOutput out;

	collect_members(target, rows, nrows, relation, &members);
	if (target->nprimary_key == 0 && (members.nkeys > 0 || (save && !relation_is_to_one(relation))))
		refuse_without_key(target, rows, nrows, relation);
	for (int i = 0; i < members.nobjects; i++)
		refer_to_owner(target, members.objects[i], relation, model, members.object_owners[i]);
	init_output(&out);
	want_columns(&out, target, target->nprimary_key, target->primary_key);
	if (save && !relation_is_to_one(relation))
		lock_members(model, target, rows, nrows, relation, &members);
	if (members.nobjects > 0)
		bolt_write_nested(target, members.objects, members.nobjects, save, NULL, &out);
	if (save && !relation_is_to_one(relation))
	{
		set_relations(model, target, rows, nrows, relation, &members);
		return;
	}
	if (members.nkeys == 0)
		return;
	linked = palloc_extended(sizeof(WriteRow *) * members.nkeys, MCXT_ALLOC_HUGE);
	for (int i = 0; i < members.nkeys; i++)
	{
		linked[i] = bolt_row_of_key(target, members.keys[i]);
		refer_to_owner(target, linked[i], relation, model, members.key_owners[i]);
	}
	bolt_write_rows(target, WRITE_UPDATE, linked, members.nkeys, NULL, &out);
	for (int i = 0; i < members.nkeys; i++)
	{
		if (!linked[i]->written)
			ereport(ERROR,
					(errcode(ERRCODE_NO_DATA_FOUND), errmsg("%s matching query does not exist", target->name),
					 bolt_errdetail_at(members.keys[i])));
	}
}

/* Far objects that are new, and rows of the through table to all. */
static void
write_through(const Model *model, WriteRow **rows, int nrows, const ModelRelation *relation, bool save)
{
	const Model *target = bolt_written_model_of(relation->target);
	Members members;
	WriteOutput out;

	collect_members(target, rows, nrows, relation, &members);
	init_output(&out);
	want_columns(&out, target, relation->ntarget_fields, relation->target_fields);
	want_columns(&out, target, target->nprimary_key, target->primary_key);
	if (members.nobjects > 0)
		bolt_write_nested(target, members.objects, members.nobjects, save, NULL, &out);
	if (save)
		set_relations(model, target, rows, nrows, relation, &members);
	else
		bolt_write_links(model, relation, &members);
}

/* ----------
 * The rows themselves
 * ----------
 */
static void
insert_rows(const Model *model, WriteRow **rows, int nrows, const Conflict *conflict, WriteOutput *out,
			bool all)
{
	bolt_write_rows(model, WRITE_INSERT, rows, nrows, conflict, out);
	if (conflict != NULL && conflict->action == CONFLICT_IGNORE)
		return; /* the caller looks */
	for (int i = 0; all && i < nrows; i++)
	{
		if (!rows[i]->written)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
					 errmsg("a row of %s was not inserted", model->name), bolt_errdetail_at(rows[i]->source),
					 errhint("A trigger has left it out, or it was in conflict with another.")));
	}
}

/* Model.save: rows that have a key and are there are updated, the others inserted. */
static void
save_rows(const Model *model, WriteRow **rows, int nrows, WriteOutput *out, bool all)
{
	WriteRow **some = palloc_extended(sizeof(WriteRow *) * nrows, MCXT_ALLOC_HUGE);
	int n = 0;

	for (int i = 0; i < nrows; i++)
	{
		if (bolt_row_has_key(model, rows[i]))
			some[n++] = rows[i];
	}
	if (n > 0)
	{
		/* so that it is seen which were there */
		want_columns(out, model, model->nprimary_key, model->primary_key);
		bolt_write_rows(model, WRITE_UPDATE, some, n, NULL, out);
	}
	n = 0;
	for (int i = 0; i < nrows; i++)
	{
		if (rows[i]->written)
			continue;
		if (rows[i]->is_there)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
					 errmsg("Save with update_fields did not affect any rows"),
					 bolt_errdetail_at(rows[i]->source), errhint("A trigger has left the row as it was.")));
		some[n++] = rows[i];
	}
	if (n > 0)
		insert_rows(model, bolt_rows_in_order(model, some, n, bolt_primary_key_fields(model)), n, NULL, out,
					all);
}

void
bolt_write_nested(const Model *model, WriteRow **rows, int nrows, bool save, const Conflict *conflict,
				  WriteOutput *out)
{
	List *parents = nested_relations(rows, nrows, true);
	List *children = nested_relations(rows, nrows, false);
	bool all = children != NIL || out->columns != NULL;
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	Assert(conflict == NULL || conflict->action != CONFLICT_IGNORE || nrows == 1 ||
		   (parents == NIL && children == NIL));
	foreach(lc, parents)
		write_parents(model, rows, nrows, lfirst(lc), save);
	foreach(lc, children)
	{
		const ModelRelation *relation = lfirst(lc);

		want_columns(out, model, relation->nfields, relation->source_fields);
	}
	if (save)
		save_rows(model, rows, nrows, out, all);
	else
		insert_rows(model, rows, nrows, conflict, out, all);
	if (!rows[0]->written && conflict != NULL && conflict->action == CONFLICT_IGNORE)
		return;
	foreach(lc, children)
	{
		const ModelRelation *relation = lfirst(lc);

		if (relation->kind == RELATION_MANY_TO_MANY)
			write_through(model, rows, nrows, relation, save);
		else
			write_referring(model, rows, nrows, relation, save);
	}
}

/* ----------
 * Showing what was nested
 * ----------
 */
static List *
add_path(List *paths, const char *path)
{
	ListCell *lc;

	foreach(lc, paths)
	{
		if (strcmp(lfirst(lc), path) == 0)
			return paths;
	}
	return lappend(paths, pstrdup(path));
}

static void
collect_paths(WriteRow **rows, int nrows, const char *prefix, bool selected, List **select_related,
			  List **prefetch_related)
{
	check_stack_depth();
	for (int i = 0; i < nrows; i++)
	{
		ListCell *lc;

		foreach(lc, rows[i]->nested)
		{
			const NestedValue *nested = lfirst(lc);
			char *path = psprintf("%s%s", prefix, nested->value->name);
			bool to_one = selected && relation_is_to_one(nested->relation);

			CHECK_FOR_INTERRUPTS();
			if (to_one)
				*select_related = add_path(*select_related, path);
			else
				*prefetch_related = add_path(*prefetch_related, path);
			collect_paths(nested->rows, nested->nrows, psprintf("%s__", path), to_one, select_related,
						  prefetch_related);
			pfree(path);
		}
	}
}

void
bolt_nested_paths(WriteRow **rows, int nrows, List **select_related, List **prefetch_related)
{
	*select_related = *prefetch_related = NIL;
	collect_paths(rows, nrows, "", true, select_related, prefetch_related);
}
