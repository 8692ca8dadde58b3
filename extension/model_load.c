/*-------------------------------------------------------------------------
 *
 * model_load.c
 *	  Puts a Model together from the catalogs and the registrations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog_table.h"
#include "common/hashfn.h"
#include "model_load.h"
#include "references.h"
#include "registrations.h"
#include "resolved_names.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "watched_types.h"

static void load_fields(LoadedModel *loaded, CatalogTable *table);
static void load_primary_key(LoadedModel *loaded, CatalogTable *table);
static void load_ordering(LoadedModel *loaded, CatalogTable *table);
static uint64 fingerprint_model(const LoadedModel *loaded);

LoadedModel *
bolt_model_load(Oid oid)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	MemoryContext scratch;
	CatalogTable *table;
	LoadedModel *loaded = NULL;
	char *schema;

	scratch = AllocSetContextCreate(caller, "bolt_orm model being read", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(scratch);
	table = bolt_catalog_table(bolt_catalog_reader(), oid);
	schema = table == NULL ? NULL : get_namespace_name(table->schema);
	if (schema != NULL && bolt_relkind_is_model(table->relkind))
	{
		const RegisteredModel *registered = bolt_registered_model(oid);
		ModelRelations relations;

		context = AllocSetContextCreate(caller, "bolt_orm model", ALLOCSET_SMALL_SIZES);
		MemoryContextSwitchTo(context);
		MemoryContextCopyAndSetIdentifier(context, table->name);
		loaded = palloc0(sizeof(LoadedModel));
		loaded->context = context;
		loaded->model.oid = oid;
		loaded->model.relkind = table->relkind;
		loaded->model.schema = pstrdup(schema);
		loaded->model.table = pstrdup(table->name);
		loaded->model.name = pstrdup(registered != NULL && registered->name != NULL &&
											 bolt_may_name_in_schema(table->owner, table->schema) ?
										 registered->name :
										 table->name);
		loaded->model.volatile_plan = bolt_catalog_distributed(oid);
		loaded->model.inherited = table->inherited;
		load_fields(loaded, table);
		load_primary_key(loaded, table);
		bolt_model_relations_load(table, &relations);
		loaded->model.relations = relations.relations;
		loaded->neighbours = relations.neighbours;
		load_ordering(loaded, table);
		loaded->fingerprint = fingerprint_model(loaded);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return loaded;
}

static int
compare_fields_by_name(const void *a, const void *b, void *fields)
{
	const Field *all = fields;

	return strcmp(all[*(const int *) a].name, all[*(const int *) b].name);
}

static void
load_fields(LoadedModel *loaded, CatalogTable *table)
{
	Model *model = &loaded->model;

	bolt_catalog_fields(table);
	model->nfields = table->nfields;
	model->fields = palloc(Max(table->nfields, 1) * sizeof(Field));
	loaded->fields_by_name = palloc(Max(table->nfields, 1) * sizeof(int));
	for (int i = 0; i < table->nfields; i++)
	{
		model->fields[i] = table->fields[i];
		model->fields[i].name = pstrdup(table->fields[i].name);
		bolt_watch_type(table->fields[i].type);
		model->fields[i].unique = bolt_catalog_unique(table, 1, &table->fields[i].attnum);
		loaded->fields_by_name[i] = i;
	}
	qsort_arg(loaded->fields_by_name, model->nfields, sizeof(int), compare_fields_by_name, model->fields);
}

/*
 * A PRIMARY KEY constraint wins over a registered one.
 */
static void
load_primary_key(LoadedModel *loaded, CatalogTable *table)
{
	Model *model = &loaded->model;
	const TableIndex *index = bolt_catalog_primary_key(table);
	const RegisteredModel *registered;

	if (index != NULL)
	{
		model->nprimary_key = index->nkeys;
		model->primary_key = palloc(index->nkeys * sizeof(AttrNumber));
		memcpy(model->primary_key, index->keys, index->nkeys * sizeof(AttrNumber));
		model->primary_key_constraint = index->immediate && !model->inherited;
		return;
	}

	registered = bolt_registered_model(table->oid);
	if (registered == NULL || registered->nprimary_key == 0 ||
		!bolt_columns_are_there(table, registered->nprimary_key, registered->primary_key))
		return;
	model->nprimary_key = registered->nprimary_key;
	model->primary_key = palloc(registered->nprimary_key * sizeof(AttrNumber));
	memcpy(model->primary_key, registered->primary_key, registered->nprimary_key * sizeof(AttrNumber));
}

/*
 * An ordering's entry as it is to be written today: it began with that column
 * when it was registered.  NULL where the column has been dropped.
 */
static char *
rename_column(CatalogTable *table, AttrNumber column, const char *entry)
{
	const Field *field = bolt_catalog_field_by_attnum(table, column);
	bool has_sign = entry[0] == '-' || entry[0] == '+';
	const char *rest = strstr(entry + has_sign, "__");

	if (field == NULL)
		return NULL;
	return psprintf("%.*s%s%s", has_sign, entry, field->name, rest != NULL ? rest : "");
}

/*
 * Takes over the registered ordering, with the names that its columns have now.
 * Where its paths lead is for bolt_model_ordering to see: they may lead to other
 * models.
 */
static void
load_ordering(LoadedModel *loaded, CatalogTable *table)
{
	const RegisteredModel *registered = bolt_registered_model(table->oid);
	Model *model = &loaded->model;
	ListCell *lc;

	if (registered == NULL)
		return;
	foreach(lc, registered->ordering)
	{
		AttrNumber column = registered->ordering_columns[foreach_current_index(lc)];
		char *entry =
			column == InvalidAttrNumber ? pstrdup(lfirst(lc)) : rename_column(table, column, lfirst(lc));

		if (entry != NULL)
			model->ordering = lappend(model->ordering, entry);
	}
}

static uint64
hash_bytes64(uint64 hash, const void *bytes, Size length)
{
	return hash_combine64(hash, hash_bytes_extended(bytes, (int) length, length));
}

static uint64
hash_string(uint64 hash, const char *string)
{
	if (string == NULL)
		return hash_combine64(hash, 1);
	return hash_bytes64(hash, string, strlen(string));
}

static uint64
hash_strings(uint64 hash, List *strings)
{
	ListCell *lc;

	hash = hash_combine64(hash, list_length(strings));
	foreach(lc, strings)
		hash = hash_string(hash, lfirst(lc));
	return hash;
}

static uint64
hash_columns(uint64 hash, int n, const AttrNumber *columns)
{
	return hash_bytes64(hash_combine64(hash, n), columns, n * sizeof(AttrNumber));
}

static uint64
fingerprint_relation(uint64 hash, const ModelRelation *relation)
{
	uint64 numbers[] = {
		relation->registered,  relation->kind,			 relation->target,	   relation->through,
		relation->nullable,	   relation->indexed,		 relation->constraint, relation->on_delete_registered,
		relation->symmetrical, relation->through_unique, relation->rank,	   relation->holder_schema};

	hash = hash_bytes64(hash, numbers, sizeof(numbers));
	hash = hash_string(hash, relation->name);
	hash = hash_strings(hash, relation->names);
	hash = hash_string(hash, relation->on_delete);
	hash = hash_columns(hash, relation->nfields, relation->source_fields);
	hash = hash_columns(hash, relation->ntarget_fields, relation->target_fields);
	if (OidIsValid(relation->through))
	{
		hash = hash_columns(hash, relation->nfields, relation->through_source_fields);
		hash = hash_columns(hash, relation->ntarget_fields, relation->through_target_fields);
	}
	return hash;
}

/*
 * A number that tells two versions of a model apart.  Everything that a reader
 * of the Model can see goes into it.
 */
static uint64
fingerprint_model(const LoadedModel *loaded)
{
	const Model *model = &loaded->model;
	uint64 hash = hash_string(model->relkind, model->schema);
	ListCell *lc;

	hash = hash_string(hash, model->table);
	hash = hash_string(hash, model->name);
	for (int i = 0; i < model->nfields; i++)
	{
		const Field *field = &model->fields[i];
		uint64 numbers[] = {field->attnum,		field->type,   field->typmod,	 field->collation,
							field->not_null,	field->unique, field->generated, field->identity,
							field->has_default, field->unique};

		hash = hash_string(hash, field->name);
		hash = hash_bytes64(hash, numbers, sizeof(numbers));
	}
	hash = hash_columns(hash, model->nprimary_key, model->primary_key);
	hash = hash_combine64(hash, model->primary_key_constraint);
	hash = hash_combine64(hash, model->inherited);
	hash = hash_combine64(hash, model->volatile_plan);
	hash = hash_strings(hash, model->ordering);
	foreach(lc, model->relations)
		hash = fingerprint_relation(hash, lfirst(lc));
	return hash;
}
