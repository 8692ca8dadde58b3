/*-------------------------------------------------------------------------
 *
 * registry_names.c
 *	  Checks names before they are registered.
 *
 * bolt_registry_begin must have been called: it keeps others from taking the
 * name in the meantime.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "references.h"
#include "registry_names.h"
#include "registry_rows.h"
#include "resolved_names.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

static void
check_length(const char *name)
{
	if (name[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("name must not be empty")));
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name \"%s\" is longer than %d bytes", name, NAMEDATALEN - 1)));
}

static void
check_relation_name(const char *name)
{
	check_length(name);
	if (strcmp(name, "pk") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("\"pk\" means the primary key and cannot be the name of a relation")));
	if (strstr(name, "__") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME), errmsg("name \"%s\" must not contain \"__\"", name),
				 errdetail("Two underscores separate the steps of a path.")));
}

static void
report_table(const char *name, CatalogTable *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_TABLE), errmsg("relation \"%s\" already exists", name),
			 errdetail("Schema \"%s\" has a table of that name, which would be found before \"%s\".",
					   get_namespace_name(table->schema), table->name)));
}

/*
 * Makes sure that the name would be found: no other table of the schema has it,
 * nor its form as Django's label.  What is created later is found first.
 */
static void
check_tables_called(const char *name, CatalogTable *table)
{
	List *parts;
	char *called;
	Oid other;

	/* blanks are no identifier, and no error either */
	if (!SplitIdentifierString(pstrdup(name), '.', &parts) || parts == NIL || list_length(parts) > 2)
		return;
	if (list_length(parts) == 1)
		called = linitial(parts);
	else
		called = psprintf("%s_%s", (char *) linitial(parts), (char *) lsecond(parts));
	if (strlen(called) >= NAMEDATALEN)
		return;
	other = get_relname_relid(called, table->schema);
	if (OidIsValid(other) && other != table->oid && bolt_relkind_is_model(get_rel_relkind(other)))
		report_table(called, table);
}

void
bolt_check_model_name(const char *name, CatalogTable *table)
{
	ListCell *lc;

	check_length(name);
	if (strcmp(name, table->name) == 0)
		return;
	if (!bolt_may_name_in_schema(table->owner, table->schema))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, get_namespace_name(table->schema));
	foreach(lc, bolt_registered_as(name))
	{
		Oid other = ((const RegisteredModel *) lfirst(lc))->relation;

		if (other != table->oid && get_rel_namespace(other) == table->schema)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("model name \"%s\" is already registered", name),
					 errdetail("It is the name of \"%s\".", get_rel_name(other))));
	}
	check_tables_called(name, table);
}

static bool
is_named(const char *registered, const char *name)
{
	return registered != NULL && strcmp(registered, name) == 0;
}

static void
report_taken(const char *name, Oid model, Oid by)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("relation name \"%s\" of model \"%s\" is already registered", name, get_rel_name(model)),
			 errdetail("It belongs to a registration of \"%s\".", get_rel_name(by))));
}

/*
 * Whether two relations of one name would be taken for one another: the tables
 * that hold their columns stand in one schema, and the caller may act as the
 * owner of both.  Those of other schemas are told apart by search_path, those of
 * other owners by their ranks; nobody can take a name away from others.
 */
static bool
would_collide(CatalogTable *table, CatalogTable *other)
{
	return other != NULL && table->schema == other->schema && has_privs_of_role(GetUserId(), other->owner);
}

/*
 * Makes sure that no other registration gives a model a relation of that name.
 * relation_row or many_to_many_row is the one about to be written.
 */
static void
check_not_taken(CatalogReader *reader, Oid model, const char *name, const RegisteredRelation *relation_row,
				const RegisteredManyToMany *many_to_many_row)
{
	CatalogTable *holder =
		bolt_catalog_table(reader, relation_row != NULL ? relation_row->relation : many_to_many_row->through);
	ListCell *lc;

	foreach(lc, bolt_registrations()->relations)
	{
		const RegisteredRelation *row = lfirst(lc);

		if (relation_row != NULL && row->relation == relation_row->relation &&
			bolt_columns_equal(row->nfields, row->columns, relation_row->nfields, relation_row->columns))
			continue;
		if (!(row->relation == model && is_named(row->name, name)) &&
			!(row->target == model && is_named(row->related_name, name)))
			continue;
		if (would_collide(holder, bolt_catalog_table(reader, row->relation)))
			report_taken(name, model, row->relation);
	}

	foreach(lc, bolt_registrations()->many_to_many)
	{
		const RegisteredManyToMany *row = lfirst(lc);
		CatalogTable *through = bolt_catalog_table(reader, row->through);
		const Reference *far;

		if (through == NULL ||
			(many_to_many_row != NULL && row->through == many_to_many_row->through &&
			 ((bolt_columns_equal(row->nsource, row->source_columns, many_to_many_row->nsource,
								  many_to_many_row->source_columns) &&
			   row->relation == many_to_many_row->relation) ||
			  bolt_columns_equal(row->nsource, row->source_columns, many_to_many_row->ntarget,
								 many_to_many_row->target_columns))))
			continue;
		far = bolt_reference_over(through, row->ntarget, row->target_columns, InvalidOid);
		if (!(row->relation == model && is_named(row->name, name)) &&
			!(far != NULL && far->target == model && is_named(row->related_name, name)))
			continue;
		if (would_collide(holder, through))
			report_taken(name, model, row->relation);
	}
}

/*
 * Django's way to say that a relation has no reverse: a related_name that ends
 * in "+" asks for nothing that others could not have as well.
 */
static bool
is_hidden(const char *related_name)
{
	return related_name[strlen(related_name) - 1] == '+';
}

void
bolt_check_relation_names(const RegisteredRelation *row)
{
	CatalogReader *reader = bolt_catalog_reader();

	if (row->name != NULL)
	{
		check_relation_name(row->name);
		check_not_taken(reader, row->relation, row->name, row, NULL);
	}
	if (row->related_name != NULL)
	{
		check_relation_name(row->related_name);
		if (!is_hidden(row->related_name))
			check_not_taken(reader, row->target, row->related_name, row, NULL);
	}
	if (row->relation == row->target && row->name != NULL && row->related_name != NULL &&
		strcmp(row->name, row->related_name) == 0)
		report_taken(row->name, row->relation, row->relation);
}

void
bolt_check_many_to_many_names(const RegisteredManyToMany *row, Oid target)
{
	CatalogReader *reader = bolt_catalog_reader();

	check_relation_name(row->name);
	check_not_taken(reader, row->relation, row->name, NULL, row);
	if (row->related_name != NULL)
	{
		check_relation_name(row->related_name);
		if (!is_hidden(row->related_name))
			check_not_taken(reader, target, row->related_name, NULL, row);
	}
	if (row->relation == target && row->related_name != NULL && strcmp(row->name, row->related_name) == 0)
		report_taken(row->name, row->relation, row->relation);
}
