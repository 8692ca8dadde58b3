/*-------------------------------------------------------------------------
 *
 * relations.c
 *	  Turns the references from and to a table into its relations, and names
 *	  them.
 *
 * A reference gives its source a forward relation and its target a reverse
 * one; a table that holds little but two references, or that has been
 * registered as a through table, gives both targets a many-to-many relation.
 *
 * Names follow one rule: a registered name replaces the default ones of that
 * relation and end.  Default names may well fit two relations; that is for the
 * look-up to refuse, here all are kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "references.h"
#include "relations.h"
#include "utils/acl.h"
#include "utils/memutils.h"

/* A through table seen from one of its ends. */
typedef struct Direction
{
	CatalogTable *through;
	const Reference *near;	 /* to the model */
	const Reference *far;	 /* to the far table */
	const char *name;		 /* registered, or NULL */
	const char *second_name; /* registered by the other end */
} Direction;

typedef struct RelationLoader
{
	CatalogTable *table;
	CatalogReader *reader;
	MemoryContext result;
	ModelRelations *into;
	List *directions; /* of Direction * */
} RelationLoader;

static void load_forward(RelationLoader *loader);
static void load_reverse(RelationLoader *loader, CatalogTable *source);
static void find_junction(RelationLoader *loader, CatalogTable *through);
static void apply_registered(RelationLoader *loader, List *referring);
static void load_many_to_many(RelationLoader *loader);
static void withhold_names(RelationLoader *loader, const ModelRelation *relation);

const char *
bolt_relation_kind_name(RelationKind kind)
{
	static const char *const names[] = {
		[RELATION_MANY_TO_ONE] = "many-to-one",	  [RELATION_ONE_TO_ONE] = "one-to-one",
		[RELATION_ONE_TO_MANY] = "one-to-many",	  [RELATION_REVERSE_ONE_TO_ONE] = "reverse one-to-one",
		[RELATION_MANY_TO_MANY] = "many-to-many",
	};

	return names[kind];
}

/*
 * Catalog order depends on oids, which differ from one restore to the next;
 * relations come in an order that people can predict: forward ones by their
 * columns, the others by name.
 */
static int
compare_relations(const ListCell *a, const ListCell *b)
{
	const ModelRelation *left = lfirst(a);
	const ModelRelation *right = lfirst(b);
	int left_rank = relation_is_forward(left) ? 0 : left->kind == RELATION_MANY_TO_MANY ? 2 : 1;
	int right_rank = relation_is_forward(right) ? 0 : right->kind == RELATION_MANY_TO_MANY ? 2 : 1;
	int order;

	if (left_rank != right_rank)
		return left_rank - right_rank;
	if (left_rank == 0)
	{
		for (int i = 0; i < left->nfields && i < right->nfields; i++)
		{
			if (left->source_fields[i] != right->source_fields[i])
				return left->source_fields[i] - right->source_fields[i];
		}
	}
	order = strcmp(left->name, right->name);
	if (order != 0)
		return order;
	if (left->constraint != right->constraint)
		return left->constraint < right->constraint ? -1 : 1;
	return 0;
}

void
bolt_model_relations_load(CatalogTable *table, ModelRelations *into)
{
	RelationLoader loader = {0};
	List *referring;
	ListCell *lc;

	loader.table = table;
	loader.reader = table->reader;
	loader.into = into;
	loader.result = MemoryContextSwitchTo(loader.reader->context);
	memset(into, 0, sizeof(ModelRelations));

	load_forward(&loader);
	referring = bolt_tables_referring_to(table->oid);
	foreach(lc, referring)
	{
		CatalogTable *source = bolt_catalog_table(loader.reader, lfirst_oid(lc));

		if (source == NULL)
			continue;
		load_reverse(&loader, source);
		find_junction(&loader, source);
	}
	apply_registered(&loader, referring);
	load_many_to_many(&loader);

	MemoryContextSwitchTo(loader.result);
	list_sort(into->relations, compare_relations);
	list_sort(into->neighbours, list_oid_cmp);
	list_deduplicate_oid(into->neighbours);
}

static void
add_neighbour(RelationLoader *loader, Oid oid)
{
	MemoryContext caller = MemoryContextSwitchTo(loader->result);

	loader->into->neighbours = lappend_oid(loader->into->neighbours, oid);
	MemoryContextSwitchTo(caller);
}

/*
 * The default name of a forward relation: its last column less "_id".
 */
static char *
forward_name(CatalogTable *table, const Reference *reference)
{
	const Field *field =
		bolt_catalog_field_by_attnum(table, reference->source_fields[reference->nfields - 1]);
	size_t length = strlen(field->name);

	if (length > 3 && strcmp(field->name + length - 3, "_id") == 0)
		return pnstrdup(field->name, length - 3);
	return pstrdup(field->name);
}

/*
 * The default names of a relation named after the table at its far end: the
 * table, and what follows the first "_" (Django's tables are app_model), each
 * with "_set" too where the relation gives many rows.
 */
static List *
reverse_names(const char *table, bool many)
{
	List *names = list_make1(pstrdup(table));
	const char *underscore = strchr(table, '_');

	if (many)
		names = lappend(names, psprintf("%s_set", table));
	if (underscore != NULL && underscore[1] != '\0')
	{
		names = lappend(names, pstrdup(underscore + 1));
		if (many)
			names = lappend(names, psprintf("%s_set", underscore + 1));
	}
	return names;
}

/*
 * The default names of a many-to-many relation: what the through table's name
 * adds to the near table's, else as for a reverse relation.
 */
static List *
many_to_many_names(const char *near, const char *through, const char *far)
{
	size_t length = strlen(near);

	if (strncmp(through, near, length) == 0 && through[length] == '_' && through[length + 1] != '\0')
		return list_make1(pstrdup(through + length + 1));
	return reverse_names(far, true);
}

static AttrNumber *
copy_columns(int n, const AttrNumber *columns)
{
	return memcpy(palloc(n * sizeof(AttrNumber)), columns, n * sizeof(AttrNumber));
}

/*
 * Whose relation is it?  The holder is the table whose columns refer to others.
 * What is registered in place of a foreign key is not the model's own.
 */
static RelationRank
rank_of(RelationLoader *loader, RelationKind kind, const Reference *reference, CatalogTable *holder,
		bool registered)
{
	bool forward = kind == RELATION_MANY_TO_ONE || kind == RELATION_ONE_TO_ONE;

	if (forward && OidIsValid(reference->constraint))
		return RANK_OWN;
	if (has_privs_of_role(holder->owner, loader->table->owner))
		return registered || forward ? RANK_OWNER_REGISTERED : RANK_OWNER_DEFAULT;
	return registered ? RANK_OTHER_REGISTERED : RANK_OTHER_DEFAULT;
}

/*
 * Adds a relation, in the result's memory.  names are the default ones, name
 * the registered one or NULL.  The caller sets what depends on the kind.
 */
static ModelRelation *
add_relation(RelationLoader *loader, RelationKind kind, List *names, const char *name,
			 const Reference *reference, CatalogTable *holder, Oid target)
{
	MemoryContext caller = MemoryContextSwitchTo(loader->result);
	ModelRelation *relation = palloc0(sizeof(ModelRelation));
	ListCell *lc;

	relation->kind = kind;
	relation->model = loader->table->oid;
	relation->target = target;
	relation->constraint = reference->constraint;
	relation->on_delete = pstrdup(reference->on_delete);
	relation->on_delete_registered = reference->on_delete_registered;
	relation->registered = name != NULL;
	relation->rank = rank_of(loader, kind, reference, holder, name != NULL);
	relation->holder_schema = holder->schema;
	if (name != NULL)
		relation->names = list_make1(pstrdup(name));
	else
	{
		foreach(lc, names)
			relation->names = lappend(relation->names, pstrdup(lfirst(lc)));
	}
	relation->name = linitial(relation->names);
	loader->into->relations = lappend(loader->into->relations, relation);
	loader->into->neighbours = lappend_oid(loader->into->neighbours, target);
	MemoryContextSwitchTo(caller);
	return relation;
}

static void
set_columns(RelationLoader *loader, ModelRelation *relation, int n, const AttrNumber *source_fields,
			const AttrNumber *target_fields)
{
	MemoryContext caller = MemoryContextSwitchTo(loader->result);

	relation->nfields = n;
	relation->ntarget_fields = n;
	relation->source_fields = copy_columns(n, source_fields);
	relation->target_fields = copy_columns(n, target_fields);
	MemoryContextSwitchTo(caller);
}

/*
 * Whether all columns that a reference names are there at both ends.  They
 * are, but for a table that is being altered under us.
 */
static bool
reference_is_whole(RelationLoader *loader, const Reference *reference)
{
	CatalogTable *source = bolt_catalog_table(loader->reader, reference->source);
	CatalogTable *target = bolt_catalog_table(loader->reader, reference->target);

	if (source == NULL || target == NULL)
		return false;
	for (int i = 0; i < reference->nfields; i++)
	{
		if (bolt_catalog_field_by_attnum(source, reference->source_fields[i]) == NULL ||
			bolt_catalog_field_by_attnum(target, reference->target_fields[i]) == NULL)
			return false;
	}
	return true;
}

static void
load_forward(RelationLoader *loader)
{
	CatalogTable *table = loader->table;
	ListCell *lc;

	foreach(lc, bolt_references_of(table))
	{
		const Reference *reference = lfirst(lc);
		ModelRelation *relation;

		if (!reference_is_whole(loader, reference))
			continue;
		relation = add_relation(loader, reference->unique ? RELATION_ONE_TO_ONE : RELATION_MANY_TO_ONE,
								list_make1(forward_name(table, reference)), reference->name, reference, table,
								reference->target);
		set_columns(loader, relation, reference->nfields, reference->source_fields, reference->target_fields);
		for (int i = 0; i < reference->nfields; i++)
		{
			if (!bolt_catalog_field_by_attnum(table, reference->source_fields[i])->not_null)
				relation->nullable = true;
		}
		relation->indexed = bolt_catalog_indexed(bolt_catalog_table(loader->reader, reference->target),
												 reference->nfields, reference->target_fields);
	}
}

static void
load_reverse(RelationLoader *loader, CatalogTable *source)
{
	ListCell *lc;

	add_neighbour(loader, source->oid);
	foreach(lc, bolt_references_of(source))
	{
		const Reference *reference = lfirst(lc);
		ModelRelation *relation;

		if (reference->target != loader->table->oid || !reference->reversible || !reference->permitted ||
			!reference_is_whole(loader, reference))
			continue;
		relation =
			add_relation(loader, reference->unique ? RELATION_REVERSE_ONE_TO_ONE : RELATION_ONE_TO_MANY,
						 reverse_names(source->name, !reference->unique), reference->related_name, reference,
						 source, source->oid);
		set_columns(loader, relation, reference->nfields, reference->target_fields, reference->source_fields);
		relation->indexed = bolt_catalog_indexed(source, reference->nfields, reference->source_fields);
	}
}

/*
 * Whether a table holds nothing but two references and, at most, a surrogate
 * key.
 */
static bool
is_junction(CatalogTable *table)
{
	List *references = bolt_references_of(table);
	const Reference *first;
	const Reference *second;
	const Field *other = NULL;
	const TableIndex *primary_key;
	const RegisteredModel *registered;

	if (list_length(references) != 2)
		return false;
	first = linitial(references);
	second = lsecond(references);
	if (!first->reversible || !second->reversible)
		return false;

	bolt_catalog_fields(table);
	for (int i = 0; i < table->nfields; i++)
	{
		AttrNumber attnum = table->fields[i].attnum;

		if (bolt_columns_contain(first->nfields, first->source_fields, attnum) ||
			bolt_columns_contain(second->nfields, second->source_fields, attnum))
			continue;
		if (other != NULL)
			return false;
		other = &table->fields[i];
	}
	if (other == NULL)
		return true;

	primary_key = bolt_catalog_primary_key(table);
	if (primary_key != NULL)
		return primary_key->nkeys == 1 && primary_key->keys[0] == other->attnum;
	registered = bolt_registered_model(table->oid);
	return registered != NULL && registered->nprimary_key == 1 && registered->primary_key[0] == other->attnum;
}

static Direction *
add_direction(RelationLoader *loader, CatalogTable *through, const Reference *near, const Reference *far)
{
	Direction *direction;
	ListCell *lc;

	foreach(lc, loader->directions)
	{
		direction = lfirst(lc);
		if (direction->near == near && direction->far == far)
			return direction;
	}
	direction = palloc0(sizeof(Direction));
	direction->through = through;
	direction->near = near;
	direction->far = far;
	loader->directions = lappend(loader->directions, direction);
	return direction;
}

static void
find_junction(RelationLoader *loader, CatalogTable *through)
{
	Oid model = loader->table->oid;
	const Reference *first;
	const Reference *second;

	if (!is_junction(through))
		return;
	first = linitial(through->references);
	second = lsecond(through->references);
	if (first->target == model)
		add_direction(loader, through, first, second);
	if (second->target == model)
		add_direction(loader, through, second, first);
}

/*
 * Takes in the registered many-to-many relations that begin or end here.
 */
static void
apply_registered(RelationLoader *loader, List *referring)
{
	Oid model = loader->table->oid;
	ListCell *lc;

	foreach(lc, bolt_registrations()->many_to_many)
	{
		const RegisteredManyToMany *row = lfirst(lc);
		CatalogTable *through;
		const Reference *source;
		const Reference *target;

		if (row->relation != model && !list_member_oid(referring, row->through))
			continue;
		add_neighbour(loader, row->through);
		through = bolt_catalog_table(loader->reader, row->through);
		if (through == NULL || bolt_catalog_table(loader->reader, row->relation) == NULL)
			continue;

		/* where a foreign key is gone, so is the relation */
		source = bolt_reference_over(through, row->nsource, row->source_columns, row->relation);
		target = bolt_reference_over(through, row->ntarget, row->target_columns, InvalidOid);
		if (source == NULL || target == NULL)
			continue;
		if (row->relation == model)
			add_direction(loader, through, source, target)->name = row->name;
		if (target->target == model && source != target)
		{
			Direction *direction = add_direction(loader, through, target, source);

			if (row->related_name != NULL)
				direction->second_name = row->related_name;
		}
	}
}

/*
 * As Django's ManyToManyField("self") without a related_name: the relation of a
 * table to itself has a name in one direction only, which stands for both.
 */
static bool
is_symmetrical(RelationLoader *loader, const Direction *direction)
{
	const Reference *near = direction->near;
	const Reference *far = direction->far;
	int nnames = 0;
	ListCell *lc;

	if (near->target != far->target || near->nfields != far->nfields ||
		memcmp(near->target_fields, far->target_fields, near->nfields * sizeof(AttrNumber)) != 0)
		return false;
	foreach(lc, loader->directions)
	{
		const Direction *other = lfirst(lc);

		if (!(other->near == near && other->far == far) && !(other->near == far && other->far == near))
			continue;
		if (other->second_name != NULL)
			return false;
		nnames += other->name != NULL;
	}
	return nnames == 1;
}

/* Whether ON CONFLICT can name the pair of references of a through table. */
static bool
is_conflict_target(CatalogTable *through, const Reference *near, const Reference *far)
{
	int n = near->nfields;
	AttrNumber *columns = palloc(sizeof(AttrNumber) * (near->nfields + far->nfields));
	bool found = false;
	ListCell *lc;

	memcpy(columns, near->source_fields, sizeof(AttrNumber) * n);
	for (int i = 0; i < far->nfields; i++)
	{
		if (!bolt_columns_contain(near->nfields, near->source_fields, far->source_fields[i]))
			columns[n++] = far->source_fields[i];
	}
	foreach(lc, bolt_catalog_indexes(through))
	{
		const TableIndex *index = lfirst(lc);

		if (!index->unique || !bolt_columns_equal(n, columns, index->nkeys, index->keys))
			continue;
		/* PostgreSQL would take that one, too, and refuse it */
		if (!index->immediate)
			return false;
		found = true;
	}
	return found;
}

static void
load_many_to_many(RelationLoader *loader)
{
	ListCell *lc;

	foreach(lc, loader->directions)
	{
		const Direction *direction = lfirst(lc);
		const Reference *near = direction->near;
		const Reference *far = direction->far;
		CatalogTable *through = direction->through;
		CatalogTable *far_table = bolt_catalog_table(loader->reader, far->target);
		ModelRelation *relation;
		MemoryContext caller;

		if (!near->permitted || !reference_is_whole(loader, near) || !reference_is_whole(loader, far))
			continue;
		relation = add_relation(loader, RELATION_MANY_TO_MANY,
								many_to_many_names(loader->table->name, through->name, far_table->name),
								direction->name != NULL ? direction->name : direction->second_name, near,
								through, far->target);

		caller = MemoryContextSwitchTo(loader->result);
		if (direction->name != NULL && direction->second_name != NULL &&
			strcmp(direction->name, direction->second_name) != 0)
			relation->names = lappend(relation->names, pstrdup(direction->second_name));
		relation->through = through->oid;
		relation->nfields = near->nfields;
		relation->source_fields = copy_columns(near->nfields, near->target_fields);
		relation->through_source_fields = copy_columns(near->nfields, near->source_fields);
		relation->ntarget_fields = far->nfields;
		relation->through_target_fields = copy_columns(far->nfields, far->source_fields);
		relation->target_fields = copy_columns(far->nfields, far->target_fields);
		relation->indexed = bolt_catalog_indexed(through, near->nfields, near->source_fields);
		withhold_names(loader, relation);
		MemoryContextSwitchTo(caller);
		relation->symmetrical = is_symmetrical(loader, direction);
		relation->through_unique = is_conflict_target(through, near, far);
	}
}

/*
 * Takes a many-to-many relation's names from the reverse relation to its
 * through table.  Between "article" and "article_tags" both would answer to
 * "tags", and the default name that everybody expects would be ambiguous for
 * no other reason than a table that speaks of the same rows.
 */
static void
withhold_names(RelationLoader *loader, const ModelRelation *relation)
{
	ListCell *lc;

	foreach(lc, loader->into->relations)
	{
		ModelRelation *reverse = lfirst(lc);
		ListCell *name;

		if (reverse->kind == RELATION_MANY_TO_MANY || relation_is_forward(reverse) || reverse->registered ||
			reverse->target != relation->through)
			continue;
		foreach(name, reverse->names)
		{
			ListCell *taken;

			/* the first one is the table's own */
			if (lfirst(name) == reverse->name)
				continue;
			foreach(taken, relation->names)
			{
				if (strcmp(lfirst(name), lfirst(taken)) == 0)
				{
					reverse->names = foreach_delete_current(reverse->names, name);
					break;
				}
			}
		}
	}
}
