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

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "compat.h"
#include "miscadmin.h"
#include "references.h"
#include "registry_names.h"
#include "registry_rows.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
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

/*
 * Makes sure that no table of somebody else has that name, in any schema: the
 * registered name would be taken for it in everybody's session.
 */
static void
check_tables_called(const char *table_name)
{
	Relation classes;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	NameData wanted;

	if (strlen(table_name) >= NAMEDATALEN)
		return;
	namestrcpy(&wanted, table_name);
	ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&wanted));
	classes = table_open(RelationRelationId, AccessShareLock);
	scan = systable_beginscan(classes, ClassNameNspIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relpersistence == RELPERSISTENCE_TEMP || !bolt_relkind_is_model(form->relkind))
			continue;
		if (!object_ownercheck(RelationRelationId, form->oid, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(form->relkind), NameStr(form->relname));
	}
	systable_endscan(scan);
	table_close(classes, AccessShareLock);
}

void
bolt_check_model_name(const char *name, Oid relation)
{
	List *parts;
	ListCell *lc;

	check_length(name);
	foreach(lc, bolt_registrations()->models)
	{
		const RegisteredModel *row = lfirst(lc);

		if (row->relation != relation && row->name != NULL && strcmp(row->name, name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("model name \"%s\" is already registered", name),
					 errdetail("It is the name of \"%s\".", get_rel_name(row->relation))));
	}

	/* as bolt_resolve_name would take it, were it not registered */
	if (!SplitIdentifierString(pstrdup(name), '.', &parts) || parts == NIL)
		return;
	check_tables_called(llast(parts));
	if (list_length(parts) == 2)
		check_tables_called(psprintf("%s_%s", (char *) linitial(parts), (char *) lsecond(parts)));
}

static bool
same_names(List *a, List *b)
{
	ListCell *lc;

	if (list_length(a) != list_length(b))
		return false;
	foreach(lc, a)
	{
		bool found = false;
		ListCell *other;

		foreach(other, b)
			found = found || strcmp(lfirst(lc), lfirst(other)) == 0;
		if (!found)
			return false;
	}
	return true;
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
 * Makes sure that no other registration gives a model a relation of that name.
 * relation_row or many_to_many_row is the one about to be written.
 */
static void
check_not_taken(CatalogReader *reader, Oid model, const char *name, const RegisteredRelation *relation_row,
				const RegisteredManyToMany *many_to_many_row)
{
	Oid owner = relation_row != NULL ? relation_row->relation : many_to_many_row->relation;
	ListCell *lc;

	foreach(lc, bolt_registrations()->relations)
	{
		const RegisteredRelation *row = lfirst(lc);
		CatalogTable *table;
		char *error = NULL;

		if (relation_row != NULL && row->relation == relation_row->relation &&
			same_names(row->columns, relation_row->columns))
			continue;
		if (!(row->relation == model && is_named(row->name, name)) &&
			!(row->target == model && is_named(row->related_name, name)))
			continue;
		table = bolt_catalog_table(reader, row->relation);
		if (table == NULL)
			continue;
		bolt_columns_by_name(table, row->columns, &error);
		if (error == NULL || row->relation != owner)
			report_taken(name, model, row->relation);
		bolt_registry_delete_relation(row);
	}

	foreach(lc, bolt_registrations()->many_to_many)
	{
		const RegisteredManyToMany *row = lfirst(lc);
		CatalogTable *through = bolt_catalog_table(reader, row->through);
		const Reference *far = NULL;
		char *error = NULL;

		if (many_to_many_row != NULL && row->through == many_to_many_row->through &&
			((same_names(row->source_columns, many_to_many_row->source_columns) &&
			  row->relation == many_to_many_row->relation) ||
			 same_names(row->source_columns, many_to_many_row->target_columns)))
			continue;
		if (through != NULL)
		{
			bolt_columns_by_name(through, row->source_columns, &error);
			far = bolt_reference_over(through, row->target_columns, InvalidOid, &error);
		}
		if (!(row->relation == model && is_named(row->name, name)) &&
			!(far != NULL && far->target == model && is_named(row->related_name, name)))
			continue;
		if (error == NULL || row->relation != owner)
			report_taken(name, model, row->relation);
		bolt_registry_delete_many_to_many(row);
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
