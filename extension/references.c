/*-------------------------------------------------------------------------
 *
 * references.c
 *	  Joins FK constraints and registered relations into one list a table.
 *
 * A registered relation over the same pairs of columns as an FK gives that FK
 * its names; any other makes a reference of its own, as views, foreign tables
 * and legacy schemas need it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_constraint.h"
#include "foreign_keys.h"
#include "nodes/parsenodes.h"
#include "references.h"
#include "utils/acl.h"

bool
bolt_columns_equal(int n, const AttrNumber *a, int m, const AttrNumber *b)
{
	if (n != m)
		return false;
	for (int i = 0; i < n; i++)
	{
		if (!bolt_columns_contain(m, b, a[i]))
			return false;
	}
	return true;
}

bool
bolt_columns_are_there(CatalogTable *table, int n, const AttrNumber *columns)
{
	for (int i = 0; i < n; i++)
	{
		if (bolt_catalog_field_by_attnum(table, columns[i]) == NULL)
			return false;
	}
	return true;
}

bool
bolt_may_refer(Oid role, CatalogTable *target, int n, const AttrNumber *columns)
{
	bool missing = false;

	if (has_privs_of_role(role, target->owner) ||
		pg_class_aclcheck_ext(target->oid, role, ACL_REFERENCES, &missing) == ACLCHECK_OK)
		return true;
	if (missing || n == 0)
		return false;
	for (int i = 0; i < n; i++)
	{
		if (pg_attribute_aclcheck_ext(target->oid, columns[i], role, ACL_REFERENCES, &missing) !=
				ACLCHECK_OK ||
			missing)
			return false;
	}
	return true;
}

/*
 * Whether two references pair the same columns.
 */
static bool
same_pairs(const Reference *a, const Reference *b)
{
	if (a->target != b->target || a->nfields != b->nfields)
		return false;
	for (int i = 0; i < a->nfields; i++)
	{
		bool found = false;

		for (int j = 0; j < b->nfields && !found; j++)
			found = a->source_fields[i] == b->source_fields[j] && a->target_fields[i] == b->target_fields[j];
		if (!found)
			return false;
	}
	return true;
}

static Reference *
find_same(List *references, const Reference *wanted)
{
	ListCell *lc;

	foreach(lc, references)
	{
		if (same_pairs(lfirst(lc), wanted))
			return lfirst(lc);
	}
	return NULL;
}

static const char *
on_delete_of(char action)
{
	switch (action)
	{
		case FKCONSTR_ACTION_RESTRICT:
			return "RESTRICT";
		case FKCONSTR_ACTION_CASCADE:
			return "CASCADE";
		case FKCONSTR_ACTION_SETNULL:
			return "SET_NULL";
		case FKCONSTR_ACTION_SETDEFAULT:
			return "SET_DEFAULT";
		default:
			return "DO_NOTHING";
	}
}

static Reference *
reference_of_foreign_key(const ForeignKey *key)
{
	Reference *reference = palloc0(sizeof(Reference));
	Size size = key->nfields * sizeof(AttrNumber);

	reference->source = key->source;
	reference->target = key->target;
	reference->nfields = key->nfields;
	reference->source_fields = memcpy(palloc(size), key->source_fields, size);
	reference->target_fields = memcpy(palloc(size), key->target_fields, size);
	reference->constraint = key->oid;
	reference->reversible = !OidIsValid(key->parent);
	reference->permitted = true;
	reference->on_delete = on_delete_of(key->on_delete);
	return reference;
}

/*
 * Puts a registered relation among the references of its table.
 */
static void
add_registered(CatalogTable *table, const RegisteredRelation *row)
{
	CatalogTable *target = bolt_catalog_table(table->reader, row->target);
	Reference *reference;
	Reference *same;

	if (target == NULL || !bolt_columns_are_there(table, row->nfields, row->columns) ||
		!bolt_columns_are_there(target, row->nfields, row->target_columns))
		return;

	reference = palloc0(sizeof(Reference));
	reference->source = table->oid;
	reference->target = target->oid;
	reference->nfields = row->nfields;
	reference->source_fields = row->columns;
	reference->target_fields = row->target_columns;

	same = find_same(table->references, reference);
	if (same == NULL)
	{
		reference->reversible = true;
		reference->permitted =
			bolt_may_refer(table->owner, target, reference->nfields, reference->target_fields);
		reference->on_delete = "DO_NOTHING";
		table->references = lappend(table->references, reference);
		same = reference;
	}
	same->name = row->name;
	same->related_name = row->related_name;
	if (row->on_delete != NULL)
	{
		same->on_delete = row->on_delete;
		same->on_delete_registered = true;
	}
}

/*
 * Whether a registered primary key, which the user vouches for, lies within
 * the columns.
 */
static bool
contains_registered_key(CatalogTable *table, const Reference *reference)
{
	const RegisteredModel *registered = bolt_registered_model(table->oid);

	if (registered == NULL || registered->nprimary_key == 0 ||
		!bolt_columns_are_there(table, registered->nprimary_key, registered->primary_key))
		return false;
	for (int i = 0; i < registered->nprimary_key; i++)
	{
		if (!bolt_columns_contain(reference->nfields, reference->source_fields, registered->primary_key[i]))
			return false;
	}
	return true;
}

List *
bolt_references_of(CatalogTable *table)
{
	MemoryContext caller;
	ListCell *lc;

	if (table->references_known)
		return table->references;

	caller = MemoryContextSwitchTo(table->reader->context);
	table->references = NIL;
	foreach(lc, bolt_foreign_keys_of(table->oid))
	{
		Reference *reference = reference_of_foreign_key(lfirst(lc));

		if (find_same(table->references, reference) == NULL)
			table->references = lappend(table->references, reference);
	}
	foreach(lc, bolt_registered_relations(table->oid))
		add_registered(table, lfirst(lc));
	foreach(lc, table->references)
	{
		Reference *reference = lfirst(lc);

		reference->unique = bolt_catalog_unique(table, reference->nfields, reference->source_fields) ||
			contains_registered_key(table, reference);
	}
	table->references_known = true;
	MemoryContextSwitchTo(caller);
	return table->references;
}

const Reference *
bolt_reference_over(CatalogTable *through, int n, const AttrNumber *columns, Oid target)
{
	ListCell *lc;

	foreach(lc, bolt_references_of(through))
	{
		const Reference *reference = lfirst(lc);

		if ((!OidIsValid(target) || reference->target == target) &&
			bolt_columns_equal(reference->nfields, reference->source_fields, n, columns))
			return reference;
	}
	return NULL;
}

List *
bolt_tables_referring_to(Oid target)
{
	List *tables = NIL;
	Oid last = InvalidOid;
	ListCell *lc;

	/* these come sorted by constraint: few repetitions are adjacent */
	foreach(lc, bolt_foreign_keys_to(target))
	{
		const ForeignKey *key = lfirst(lc);

		if (key->source != last)
			tables = lappend_oid(tables, key->source);
		last = key->source;
	}
	foreach(lc, bolt_registrations()->relations)
	{
		const RegisteredRelation *row = lfirst(lc);

		if (row->target == target)
			tables = lappend_oid(tables, row->relation);
	}
	list_sort(tables, list_oid_cmp);
	list_deduplicate_oid(tables);
	return tables;
}
