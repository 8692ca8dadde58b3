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

/*
 * The relation registered under that name, or InvalidOid.  Rows of dropped
 * tables count for nothing.
 */
static Oid
registered_relation(const char *name)
{
	ListCell *lc;

	foreach(lc, bolt_registrations()->models)
	{
		const RegisteredModel *row = lfirst(lc);

		if (row->name != NULL && strcmp(row->name, name) == 0 &&
			SearchSysCacheExists1(RELOID, ObjectIdGetDatum(row->relation)))
			return row->relation;
	}
	return InvalidOid;
}

const Model *
bolt_model_by_name(const char *name, const JsonValue *value)
{
	Oid oid = registered_relation(name);

	if (!OidIsValid(oid))
		oid = bolt_resolve_name(name);
	if (!OidIsValid(oid) || !bolt_relkind_is_model(get_rel_relkind(oid)))
		report_unknown_model(name, value);
	return bolt_model_by_oid(oid);
}

bool
bolt_may_read_some(Oid oid)
{
	bool missing = false; /* dropped under us: nothing to be read */

	return pg_class_aclcheck_ext(oid, GetUserId(), ACL_SELECT, &missing) == ACLCHECK_OK ||
		(!missing && pg_attribute_aclcheck_all(oid, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK);
}

bool
bolt_may_read_field(const Model *model, const Field *field)
{
	bool missing = false;

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

char *
bolt_model_name_of(Oid oid)
{
	const RegisteredModel *registered = bolt_registered_model(oid);
	char *table = get_rel_name(oid);
	char *schema;

	/* no invalidation is taken in from here to RelationIsVisible */
	if (table == NULL)
		return NULL;
	if (registered != NULL && registered->name != NULL)
		return pstrdup(registered->name);
	if (RelationIsVisible(oid) && !OidIsValid(registered_relation(table)))
		return pstrdup(quote_identifier(table));
	schema = get_namespace_name(get_rel_namespace(oid));
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
		const RegisteredModel *registered = bolt_registered_model(oid);
		char *choice;
		char *compared;
		int steps;

		CHECK_FOR_INTERRUPTS();
		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(oid)))
			continue;
		if (!(registered != NULL && registered->name != NULL) && !RelationIsVisible(oid))
			continue;
		choice = bolt_model_name_of(oid);
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

static bool
answers_to(const ModelRelation *relation, const char *name)
{
	ListCell *lc;

	foreach(lc, relation->names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

static void
append_columns(StringInfo text, Oid table, int n, const AttrNumber *columns)
{
	appendStringInfoChar(text, '(');
	for (int i = 0; i < n; i++)
	{
		char *column = get_attname(table, columns[i], true);

		appendStringInfo(text, "%s%s", i > 0 ? ", " : "", column != NULL ? column : "?");
	}
	appendStringInfoChar(text, ')');
}

bool
bolt_relation_is_readable(const ModelRelation *relation)
{
	return bolt_may_read_some(relation->target) &&
		(!OidIsValid(relation->through) || bolt_may_read_some(relation->through));
}

/*
 * Describes a relation by what does not depend on its name: the table that
 * holds the columns, these, and the FK.
 */
static void
append_candidate(StringInfo text, const ModelRelation *relation)
{
	bool forward = relation_is_forward(relation);
	Oid holder = OidIsValid(relation->through) ? relation->through :
		forward								   ? relation->model :
												 relation->target;
	char *table = bolt_model_name_of(holder);
	char *constraint = OidIsValid(relation->constraint) ? get_constraint_name(relation->constraint) : NULL;

	if (OidIsValid(relation->through))
	{
		char *target = bolt_model_name_of(relation->target);

		appendStringInfo(text, "to %s through ", target != NULL ? target : "?");
	}
	else
		appendStringInfoString(text, forward ? "forward by " : "reverse of ");
	appendStringInfoString(text, table != NULL ? table : "?");
	appendStringInfoChar(text, ' ');
	append_columns(text, holder, relation->nfields,
				   OidIsValid(relation->through) ? relation->through_source_fields :
					   forward					 ? relation->source_fields :
												   relation->target_fields);
	if (constraint != NULL)
		appendStringInfo(text, " by constraint %s", constraint);
}

static void
report_ambiguous(const Model *model, const char *name, List *candidates, const JsonValue *value)
{
	StringInfoData text;
	char *path = value == NULL ? NULL : bolt_json_path(value);
	int untold = 0;
	ListCell *lc;

	initStringInfo(&text);
	if (path != NULL && path[0] != '\0')
		appendStringInfo(&text, "At %s in the queryset document. ", path);
	appendStringInfoString(&text, "It could be: ");
	foreach(lc, candidates)
	{
		if (!bolt_relation_is_readable(lfirst(lc)))
		{
			untold++;
			continue;
		}
		if (foreach_current_index(lc) > untold)
			appendStringInfoString(&text, "; ");
		append_candidate(&text, lfirst(lc));
	}
	if (untold > 0)
		appendStringInfo(&text, "%s%d to tables that you may not read",
						 untold < list_length(candidates) ? "; " : "", untold);
	appendStringInfoChar(&text, '.');
	ereport(
		ERROR,
		(errcode(ERRCODE_AMBIGUOUS_COLUMN),
		 errmsg("relation name \"%s\" of model \"%s\" is ambiguous", name, model->name),
		 errdetail_internal("%s", text.data),
		 errhint(
			 "Give one of them a name of its own with bolt.register_relation or bolt.register_many_to_many.")));
}

const ModelRelation *
bolt_model_relation(const Model *model, const char *name, const JsonValue *value)
{
	List *registered = NIL;
	List *candidates = NIL;
	ListCell *lc;

	foreach(lc, model->relations)
	{
		ModelRelation *relation = lfirst(lc);

		if (!answers_to(relation, name))
			continue;
		if (relation->registered)
			registered = lappend(registered, relation);
		else
			candidates = lappend(candidates, relation);
	}
	if (registered != NIL)
		candidates = registered;
	if (list_length(candidates) > 1)
		report_ambiguous(model, name, candidates, value);
	if (candidates != NIL)
		return linitial(candidates);

	foreach(lc, ((const LoadedModel *) model)->broken)
	{
		const BrokenRelation *broken = lfirst(lc);
		ListCell *known;

		foreach(known, broken->names)
		{
			if (strcmp(lfirst(known), name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s", broken->error),
						 bolt_errdetail_at(value),
						 errhint("Register the relation \"%s\" again, or call bolt.unregister.", name)));
		}
	}
	return NULL;
}

List *
bolt_model_relation_choices(const Model *model, bool only_to_one)
{
	List *choices = NIL;
	ListCell *lc;

	foreach(lc, model->relations)
	{
		ModelRelation *relation = lfirst(lc);

		if (only_to_one && !relation_is_to_one(relation))
			continue;
		if (bolt_relation_is_readable(relation))
			choices = lappend(choices, relation->name);
	}
	return choices;
}

List *
bolt_model_choices(const Model *model)
{
	List *choices = NIL;
	ListCell *lc;

	for (int i = 0; i < model->nfields; i++)
	{
		if (bolt_may_read_field(model, &model->fields[i]))
			choices = lappend(choices, model->fields[i].name);
	}
	foreach(lc, bolt_model_relation_choices(model, false))
	{
		const char *name = lfirst(lc);
		bool told = false;
		ListCell *other;

		/* a column of that name, or an ambiguous relation */
		foreach(other, choices)
			told = told || strcmp(lfirst(other), name) == 0;
		if (!told)
			choices = lappend(choices, (char *) name);
	}
	return choices;
}

/* Fields and relations alike, as in Django; an ambiguous default name counts. */
bool
bolt_model_has_name(const Model *model, const char *name)
{
	ListCell *relation;

	if (bolt_model_field(model, name) != NULL)
		return true;
	foreach(relation, model->relations)
	{
		ListCell *each;

		foreach(each, ((ModelRelation *) lfirst(relation))->names)
		{
			if (strcmp(lfirst(each), name) == 0)
				return true;
		}
	}
	return false;
}
