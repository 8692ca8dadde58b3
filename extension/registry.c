/*-------------------------------------------------------------------------
 *
 * registry.c
 *	  bolt.register_model, register_relation, register_many_to_many and
 *	  unregister: checks what is to be registered.
 *
 * The caller has to own what is registered.  The owner of the table needs the
 * CREATE privilege on its schema for a name, and the REFERENCES privilege on the
 * target where a relation, and with it its reverse, gets made without an FK.
 * These checks are for early errors: rights are checked again whenever a name
 * is resolved, and what a name means never depends on who came first.
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
#include "catalog/pg_type.h"
#include "compat.h"
#include "error.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "model_load.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parse_oper.h"
#include "references.h"
#include "registry_names.h"
#include "registry_rows.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(bolt_register_model);
PG_FUNCTION_INFO_V1(bolt_register_relation);
PG_FUNCTION_INFO_V1(bolt_register_many_to_many);
PG_FUNCTION_INFO_V1(bolt_unregister);

static void
report_null(const char *argument)
{
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", argument)));
}

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/*
 * An argument of type text[] as a list of C strings, NIL where it is null.
 * Names each once.
 */
static List *
list_argument(FunctionCallInfo fcinfo, int n, const char *argument)
{
	List *list = NIL;
	ArrayType *array;
	Datum *elements;
	bool *nulls;
	int count;

	if (PG_ARGISNULL(n))
		return NIL;
	array = PG_GETARG_ARRAYTYPE_P(n);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s must be a one-dimensional array", argument)));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	if (count == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be empty", argument)));
	for (int i = 0; i < count; i++)
	{
		char *name;
		ListCell *lc;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain nulls", argument)));
		name = TextDatumGetCString(elements[i]);
		foreach(lc, list)
		{
			if (strcmp(lfirst(lc), name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("\"%s\" appears twice in %s", name, argument)));
		}
		list = lappend(list, name);
	}
	return list;
}

/*
 * The table of an argument, locked against being dropped and checked to be
 * one that can be registered.
 */
static CatalogTable *
table_argument(FunctionCallInfo fcinfo, int n, const char *argument, CatalogReader *reader)
{
	Oid oid;
	CatalogTable *table;

	if (PG_ARGISNULL(n))
		report_null(argument);
	oid = PG_GETARG_OID(n);
	LockRelationOid(oid, AccessShareLock);
	table = bolt_catalog_table(reader, oid);
	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", oid)));
	if (!bolt_relkind_is_model(table->relkind))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" cannot be a model", table->name),
				 errdetail_relkind_not_supported(table->relkind)));
	if (table->temporary)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("temporary table \"%s\" cannot be registered", table->name),
				 errdetail("Registrations are for all sessions.")));
	return table;
}

static void
check_owner(CatalogTable *table)
{
	if (!object_ownercheck(RelationRelationId, table->oid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(table->relkind), table->name);
}

/*
 * The numbers of columns that an argument names.  Error 42703 with the ones
 * that the caller may know of.
 */
static AttrNumber *
check_columns(CatalogTable *table, List *names)
{
	AttrNumber *columns = palloc(Max(list_length(names), 1) * sizeof(AttrNumber));
	ListCell *lc;

	if (list_length(names) > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in a key", INDEX_MAX_KEYS)));
	foreach(lc, names)
	{
		const Field *field = bolt_catalog_field(table, lfirst(lc));
		List *choices = NIL;

		if (field != NULL)
		{
			columns[foreach_current_index(lc)] = field->attnum;
			continue;
		}
		for (int i = 0; i < table->nfields; i++)
		{
			if (pg_class_aclcheck(table->oid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
				pg_attribute_aclcheck(table->oid, table->fields[i].attnum, GetUserId(), ACL_SELECT) ==
					ACLCHECK_OK)
				choices = lappend(choices, table->fields[i].name);
		}
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", (char *) lfirst(lc), table->name),
				 bolt_errhint_choices(choices)));
	}
	return columns;
}

/*
 * Checks that an ordering's entry leads somewhere.
 */
static void
check_ordering(const Model *model, const char *entry)
{
	char *step;

	switch (bolt_follow_ordering(&model, entry, &step))
	{
		case ORDERING_LEADS_TO_COLUMN:
			return;
		case ORDERING_TO_MANY:
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ordering \"%s\" goes through relation \"%s\", which gives many rows", entry, step)));
			return;
		case ORDERING_UNKNOWN:
			/* raises where the name is ambiguous */
			(void) bolt_model_relation(model, step, NULL);
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("cannot resolve \"%s\" in ordering \"%s\"", step, entry),
					 bolt_errhint_choices(bolt_model_choices(model))));
	}
}

/*
 * The column that an ordering's entry begins with, to follow a renaming; 0 for a
 * relation.  Where a column's name contains "__", its end could not be told then.
 */
static AttrNumber
ordering_column(CatalogTable *table, const char *entry)
{
	const char *path = entry[0] == '-' || entry[0] == '+' ? entry + 1 : entry;
	const char *end = strstr(path, "__");
	const Field *field;

	if (end != NULL && bolt_catalog_field(table, path) != NULL)
		return InvalidAttrNumber;
	field = bolt_catalog_field(table, end == NULL ? path : pnstrdup(path, end - path));
	return field == NULL ? InvalidAttrNumber : field->attnum;
}

Datum
bolt_register_model(PG_FUNCTION_ARGS)
{
	CatalogReader *reader = bolt_catalog_reader();
	CatalogTable *table = table_argument(fcinfo, 0, "relation", reader);
	RegisteredModel row = {0};
	List *primary_key;
	const TableIndex *key;
	ListCell *lc;

	check_owner(table);
	bolt_registry_begin("bolt.register_model()");

	row.relation = table->oid;
	row.name = text_argument(fcinfo, 1);
	row.ordering = list_argument(fcinfo, 2, "ordering");
	primary_key = list_argument(fcinfo, 3, "primary_key");

	if (row.name != NULL)
		bolt_check_model_name(row.name, table);
	row.nprimary_key = list_length(primary_key);
	row.primary_key = check_columns(table, primary_key);
	key = bolt_catalog_primary_key(table);
	if (primary_key != NIL && key != NULL &&
		!bolt_columns_equal(key->nkeys, key->keys, row.nprimary_key, row.primary_key))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("table \"%s\" already has a primary key", table->name)));

	row.ordering_columns = palloc0(sizeof(AttrNumber) * Max(list_length(row.ordering), 1));
	foreach(lc, row.ordering)
	{
		check_ordering(bolt_model_by_oid(table->oid), lfirst(lc));
		row.ordering_columns[foreach_current_index(lc)] = ordering_column(table, lfirst(lc));
	}
	bolt_registry_write_model(&row);
	PG_RETURN_VOID();
}

/*
 * The FK that the columns of a relation have; NULL where none has exactly
 * these.  Error 42702 where the target has to tell which.
 */
static const Reference *
find_foreign_key(CatalogTable *table, int n, const AttrNumber *columns, Oid target)
{
	const Reference *found = NULL;
	ListCell *lc;

	foreach(lc, bolt_references_of(table))
	{
		const Reference *reference = lfirst(lc);

		if (!OidIsValid(reference->constraint) || (OidIsValid(target) && reference->target != target) ||
			!bolt_columns_equal(reference->nfields, reference->source_fields, n, columns))
			continue;
		if (found != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("several foreign keys of table \"%s\" have these columns", table->name),
					 OidIsValid(target) ? errhint("Tell them apart by target_columns.") :
										  errhint("Tell them apart by target.")));
		found = reference;
	}
	return found;
}

/*
 * Makes sure that both columns can be compared, as a query would compare them.
 */
static void
check_comparable(CatalogTable *table, AttrNumber column, CatalogTable *target, AttrNumber target_column)
{
	const Field *left = bolt_catalog_field_by_attnum(table, column);
	const Field *right = bolt_catalog_field_by_attnum(target, target_column);
	Operator opname;

	opname = oper(NULL, list_make1(makeString("=")), left->type, right->type, true, -1);
	if (opname == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("columns \"%s\" and \"%s\" cannot be compared", left->name, right->name),
				 errdetail("They are of types %s and %s, which have no operator for equality.",
						   format_type_be(left->type), format_type_be(right->type))));
	ReleaseSysCache(opname);
}

/*
 * Fills in the far end of a relation that no FK gives.
 */
static void
check_target(RegisteredRelation *row, CatalogTable *table, CatalogTable *target, List *target_columns)
{
	int n = list_length(target_columns);

	if (target_columns != NIL)
		row->target_columns = check_columns(target, target_columns);
	else
	{
		/* the model itself would be read with everything that refers to it */
		const TableIndex *key = bolt_catalog_primary_key(target);
		const RegisteredModel *registered = bolt_registered_model(target->oid);

		if (key != NULL)
		{
			n = key->nkeys;
			row->target_columns = key->keys;
		}
		else if (registered != NULL && registered->nprimary_key > 0 &&
				 bolt_columns_are_there(target, registered->nprimary_key, registered->primary_key))
		{
			n = registered->nprimary_key;
			row->target_columns = registered->primary_key;
		}
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("model \"%s\" has no primary key", bolt_model_name_of(target->oid)),
					 errhint("Give target_columns, or register a primary key with bolt.register_model.")));
	}
	if (row->nfields != n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("number of referencing and referenced columns for relation disagree")));

	if (!bolt_may_refer(table->owner, target, n, row->target_columns))
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(target->relkind), target->name);

	for (int i = 0; i < n; i++)
		check_comparable(table, row->columns[i], target, row->target_columns[i]);
}

static void
check_on_delete(const char *on_delete, CatalogTable *table, int n, const AttrNumber *columns)
{
	static const char *const actions[] = {"CASCADE", "SET_NULL", "SET_DEFAULT",
										  "PROTECT", "RESTRICT", "DO_NOTHING"};
	List *choices = NIL;
	bool known = false;

	if (on_delete == NULL)
		return;
	for (int i = 0; i < lengthof(actions); i++)
	{
		known = known || strcmp(actions[i], on_delete) == 0;
		choices = lappend(choices, (char *) actions[i]);
	}
	if (!known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown on_delete \"%s\"", on_delete),
				 bolt_errhint_choices(choices)));
	if (strcmp(on_delete, "SET_NULL") != 0)
		return;
	for (int i = 0; i < n; i++)
	{
		if (!bolt_catalog_field_by_attnum(table, columns[i])->not_null)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("on_delete SET_NULL needs a column that may be null")));
}

Datum
bolt_register_relation(PG_FUNCTION_ARGS)
{
	CatalogReader *reader = bolt_catalog_reader();
	CatalogTable *table = table_argument(fcinfo, 0, "relation", reader);
	CatalogTable *target = NULL;
	RegisteredRelation row = {0};
	const Reference *foreign_key;
	List *columns;
	List *target_columns;

	check_owner(table);
	bolt_registry_begin("bolt.register_relation()");

	if (PG_ARGISNULL(1))
		report_null("columns");
	row.relation = table->oid;
	columns = list_argument(fcinfo, 1, "columns");
	row.name = text_argument(fcinfo, 2);
	row.related_name = text_argument(fcinfo, 3);
	row.on_delete = text_argument(fcinfo, 4);
	if (!PG_ARGISNULL(5))
		target = table_argument(fcinfo, 5, "target", reader);
	target_columns = list_argument(fcinfo, 6, "target_columns");

	row.columns = check_columns(table, columns);
	row.nfields = list_length(columns);
	check_on_delete(row.on_delete, table, row.nfields, row.columns);

	foreign_key = target_columns != NIL && target != NULL ?
		NULL :
		find_foreign_key(table, row.nfields, row.columns, target != NULL ? target->oid : InvalidOid);
	if (foreign_key != NULL && target_columns == NIL)
	{
		target = bolt_catalog_table(reader, foreign_key->target);
		row.columns = foreign_key->source_fields;
		row.target_columns = foreign_key->target_fields;
	}
	else if (target != NULL)
		check_target(&row, table, target, target_columns);
	else
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"%s\" has no foreign key on these columns", table->name),
				 errhint("Give target to make a relation without a foreign key.")));
	row.target = target->oid;

	bolt_check_relation_names(&row);
	bolt_registry_write_relation(&row);
	PG_RETURN_VOID();
}

/*
 * The reference of a through table that leads to the target, or, with
 * InvalidOid, that is not the other one.  columns may be NIL where there is no
 * choice; argument names them in messages.
 */
static const Reference *
choose_reference(CatalogTable *through, List *columns, Oid target, const Reference *other,
				 const char *argument)
{
	AttrNumber *numbers = columns == NIL ? NULL : check_columns(through, columns);
	const Reference *found = NULL;
	ListCell *lc;

	foreach(lc, bolt_references_of(through))
	{
		const Reference *reference = lfirst(lc);

		if (reference == other || (OidIsValid(target) && reference->target != target))
			continue;
		if (columns != NIL &&
			!bolt_columns_equal(reference->nfields, reference->source_fields, list_length(columns), numbers))
			continue;
		if (found != NULL && columns == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("table \"%s\" has several foreign keys that could be meant", through->name),
					 errhint("Give %s.", argument)));
		if (found == NULL)
			found = reference;
	}
	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 OidIsValid(target) ?
					 errmsg("table \"%s\" has no such foreign key to \"%s\"", through->name,
							get_rel_name(target)) :
					 errmsg("table \"%s\" has no such foreign key to another table", through->name),
				 errhint("Columns without a foreign key can be registered with bolt.register_relation.")));
	return found;
}

Datum
bolt_register_many_to_many(PG_FUNCTION_ARGS)
{
	CatalogReader *reader = bolt_catalog_reader();
	CatalogTable *table = table_argument(fcinfo, 0, "relation", reader);
	CatalogTable *through = table_argument(fcinfo, 1, "through", reader);
	RegisteredManyToMany row = {0};
	List *source_columns;
	List *target_columns;
	const Reference *source;
	const Reference *target = NULL;

	check_owner(table);
	check_owner(through);
	bolt_registry_begin("bolt.register_many_to_many()");

	if (PG_ARGISNULL(2))
		report_null("name");
	row.relation = table->oid;
	row.through = through->oid;
	row.name = text_argument(fcinfo, 2);
	row.related_name = text_argument(fcinfo, 3);
	source_columns = list_argument(fcinfo, 4, "source_columns");
	target_columns = list_argument(fcinfo, 5, "target_columns");

	/* with a self relation one pair of columns tells the other */
	if (source_columns == NIL && target_columns != NIL)
		target = choose_reference(through, target_columns, InvalidOid, NULL, "target_columns");
	source = choose_reference(through, source_columns, table->oid, target, "source_columns");
	if (target == NULL)
		target = choose_reference(through, target_columns, InvalidOid, source, "target_columns");
	row.nsource = source->nfields;
	row.source_columns = source->source_fields;
	row.ntarget = target->nfields;
	row.target_columns = target->source_fields;

	bolt_check_many_to_many_names(&row, target->target);
	bolt_registry_write_many_to_many(&row);
	PG_RETURN_VOID();
}

/*
 * Takes back a registration.  Of a table that is gone by now anybody may: its
 * rows go with the others of that kind.
 */
Datum
bolt_unregister(PG_FUNCTION_ARGS)
{
	CatalogTable *table;

	if (PG_ARGISNULL(0))
		report_null("relation");
	table = bolt_catalog_table(bolt_catalog_reader(), PG_GETARG_OID(0));
	if (table != NULL)
		check_owner(table);
	bolt_registry_begin("bolt.unregister()");
	if (table != NULL)
		bolt_registry_delete_all(table->oid);
	PG_RETURN_VOID();
}
