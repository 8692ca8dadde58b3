/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Finds models and relations by name, and tells which names there are.
 *
 * What the caller may not read is not told: neither as a choice nor as a
 * near miss.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog_table.h"
#include "compat.h"
#include "error.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "model_load.h"
#include "registrations.h"
#include "resolved_names.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* As the parser's hints: farther than this is no near miss. */
#define MAX_NEAR_DISTANCE 3
#define MAX_NEAR_LENGTH 255
#define MAX_MODEL_CHOICES 20

pg_noreturn static void report_unknown_model(const char *name, const JsonValue *value);

const Model *
bolt_model_by_name(const char *name, const JsonValue *value)
{
	Oid oid = bolt_resolve_name(name);

	if (!OidIsValid(oid) || !bolt_relkind_is_model(get_rel_relkind(oid)))
		report_unknown_model(name, value);
	return bolt_model_by_oid(oid);
}

/* A table can be named, and so read, only where its schema may be used. */
static bool
may_use_schema_of(Oid oid)
{
	Oid schema = get_rel_namespace(oid);

	return OidIsValid(schema) &&
		object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
}

bool
bolt_may_read_some(Oid oid)
{
	bool missing = false; /* dropped under us: nothing to be read */

	if (!may_use_schema_of(oid))
		return false;
	return pg_class_aclcheck_ext(oid, GetUserId(), ACL_SELECT, &missing) == ACLCHECK_OK ||
		(!missing && pg_attribute_aclcheck_all(oid, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK);
}

bool
bolt_may_read_field(const Model *model, const Field *field)
{
	bool missing = false;

	if (!may_use_schema_of(model->oid))
		return false;
	return pg_class_aclcheck_ext(model->oid, GetUserId(), ACL_SELECT, &missing) == ACLCHECK_OK ||
		(!missing &&
		 pg_attribute_aclcheck_ext(model->oid, field->attnum, GetUserId(), ACL_SELECT, &missing) ==
			 ACLCHECK_OK);
}

typedef struct VisibleTable
{
	Oid oid;
	char *schema;
	char *name;
} VisibleTable;

static int
compare_visible(const ListCell *a, const ListCell *b)
{
	const VisibleTable *left = lfirst(a);
	const VisibleTable *right = lfirst(b);
	int order = strcmp(left->schema, right->schema);

	return order != 0 ? order : strcmp(left->name, right->name);
}

/*
 * Whether a schema holds what users made, and the caller may use it.
 */
static bool
schema_is_visible(Oid schema)
{
	char *name;
	bool system;

	if (schema == PG_CATALOG_NAMESPACE || schema == PG_TOAST_NAMESPACE || isOtherTempNamespace(schema))
		return false;
	name = get_namespace_name(schema);
	if (name == NULL)
		return false;
	system = strcmp(name, "information_schema") == 0;
	pfree(name);
	return !system && object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
}

List *
bolt_model_visible(void)
{
	List *tables = NIL;
	List *oids = NIL;
	Oid registry[REGISTRY_TABLES] = {InvalidOid};
	Oid last_schema = InvalidOid;
	bool last_visible = false;
	Relation classes;
	SysScanDesc scan;
	HeapTuple tuple;
	ListCell *lc;

	bolt_registry_tables(registry);
	classes = table_open(RelationRelationId, AccessShareLock);
	scan = systable_beginscan(classes, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		VisibleTable *table;

		CHECK_FOR_INTERRUPTS();
		if (!bolt_relkind_is_model(form->relkind) || form->oid == registry[REGISTRY_MODEL] ||
			form->oid == registry[REGISTRY_RELATION] || form->oid == registry[REGISTRY_MANY_TO_MANY])
			continue;
		if (form->relnamespace != last_schema)
		{
			last_schema = form->relnamespace;
			last_visible = schema_is_visible(last_schema);
		}
		if (!last_visible || !bolt_may_read_some(form->oid))
			continue;
		table = palloc(sizeof(VisibleTable));
		table->oid = form->oid;
		table->schema = get_namespace_name(form->relnamespace);
		table->name = pstrdup(NameStr(form->relname));
		if (table->schema != NULL)
			tables = lappend(tables, table);
	}
	systable_endscan(scan);
	table_close(classes, AccessShareLock);

	list_sort(tables, compare_visible);
	foreach(lc, tables)
		oids = lappend_oid(oids, ((VisibleTable *) lfirst(lc))->oid);
	return oids;
}

/*
 * The registered name of a table, or its own without a schema, if that means it
 * for the caller; else NULL.
 */
static char *
short_name_of(Oid oid)
{
	const RegisteredModel *registered = bolt_registered_model(oid);
	char *table = get_rel_name(oid);
	const char *quoted;

	if (table == NULL)
		return NULL;
	if (registered != NULL && registered->name != NULL && bolt_meaning_of_name(registered->name) == oid)
		return pstrdup(registered->name);
	quoted = quote_identifier(table);
	return bolt_meaning_of_name(quoted) == oid ? pstrdup(quoted) : NULL;
}

char *
bolt_model_name_of(Oid oid)
{
	char *name = short_name_of(oid);
	char *table;
	char *schema;

	if (name != NULL)
		return name;
	table = get_rel_name(oid);
	schema = table == NULL ? NULL : get_namespace_name(get_rel_namespace(oid));
	return schema == NULL ? NULL : quote_qualified_identifier(schema, table);
}

/*
 * "app.Model" as its table would be called, anything else in lower case.
 */
static char *
name_to_compare(const char *name)
{
	char *lower = asc_tolower(name, strlen(name));

	for (char *c = lower; *c != '\0'; c++)
	{
		if (*c == '.')
			*c = '_';
	}
	return lower;
}

/*
 * Raises 42P01, with the nearest name of a model as a hint, else with some that
 * there are.
 */
static void
report_unknown_model(const char *name, const JsonValue *value)
{
	List *choices = NIL;
	const char *nearest = NULL;
	int distance = MAX_NEAR_DISTANCE + 1;
	char *wanted = name_to_compare(name);
	int length = strlen(wanted);
	bool too_long = length > MAX_NEAR_LENGTH;
	ListCell *lc;

	foreach(lc, bolt_model_visible())
	{
		Oid oid = lfirst_oid(lc);
		char *choice = short_name_of(oid);
		char *compared;
		int steps;

		CHECK_FOR_INTERRUPTS();
		if (choice == NULL)
			continue;
		if (list_length(choices) < MAX_MODEL_CHOICES && !get_rel_relispartition(oid))
			choices = lappend(choices, choice);
		if (too_long)
			continue;
		compared = name_to_compare(choice);
		steps = varstr_levenshtein_less_equal(wanted, length, compared, strlen(compared), 1, 1, 1,
											  distance - 1, true);
		if (steps < distance && steps <= length / 2)
		{
			distance = steps;
			nearest = choice;
		}
	}

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("model \"%s\" does not exist", name),
			 bolt_errdetail_at(value),
			 nearest != NULL ? errhint("Perhaps you meant \"%s\".", nearest) :
							   bolt_errhint_choices(choices)));
}
