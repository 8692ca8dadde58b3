/*-------------------------------------------------------------------------
 *
 * relation_names.c
 *	  Which relation does a name mean on a model?
 *
 * Anybody who may refer to a table gives it a relation with a name, by default
 * that of his own table.  So names have ranks (RelationRank): a relation that
 * the model's owner has made comes before those that others have made, whichever
 * was there first, and these never make it ambiguous.
 *
 * Tables of one name in several schemas may refer to one shared table, as those
 * of tenants do.  Then search_path chooses, when a name is looked up: a model is
 * the same for all search paths.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "error.h"
#include "lib/stringinfo.h"
#include "model_load.h"
#include "resolved_names.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

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

/* Whether search_path finds the table that holds a relation's columns. */
static bool
is_visible(const ModelRelation *relation)
{
	Oid holder = relation_holder(relation);
	char *name = get_rel_name(holder);

	return name != NULL && bolt_visible_table(name) == holder;
}

/*
 * Whether search_path finds another table of that name that refers to the model
 * as well: this relation is that of another tenant then.  Another owner's table
 * hides nothing of the model's owner.
 */
static bool
is_of_other_tenant(const Model *model, const ModelRelation *relation)
{
	Oid holder = relation_holder(relation);
	char *name;
	Oid visible;
	ListCell *lc;

	if (relation_is_forward(relation) || (name = get_rel_name(holder)) == NULL)
		return false;
	visible = bolt_visible_table(name);
	if (!OidIsValid(visible) || visible == holder)
		return false;
	foreach(lc, model->relations)
	{
		const ModelRelation *other = lfirst(lc);

		if (!relation_is_forward(other) && relation_holder(other) == visible &&
			(relation_is_of_owner(other) || !relation_is_of_owner(relation)))
			return true;
	}
	return false;
}

/*
 * The relations that a name could mean, all of one rank.  Two underscores are
 * what separates the steps of a path: a relation that another owner's table has
 * such a name of would stand in the place of a path.
 */
static List *
candidates_for(const Model *model, const char *name)
{
	bool is_path = strstr(name, "__") != NULL;
	List *found = NIL;
	bool registered = false;
	ListCell *lc;

	if (strcmp(name, "pk") == 0)
		return NIL;
	foreach(lc, model->relations)
	{
		ModelRelation *relation = lfirst(lc);
		const ModelRelation *first = found == NIL ? NULL : linitial(found);

		if (!answers_to(relation, name) || (is_path && !relation_is_of_owner(relation)) ||
			(first != NULL && first->rank < relation->rank) || is_of_other_tenant(model, relation))
			continue;
		if (first != NULL && relation->rank < first->rank)
		{
			found = NIL;
			registered = false;
		}
		registered |= relation->registered;
		found = lappend(found, relation);
	}
	foreach(lc, found)
	{
		if (registered && !((ModelRelation *) lfirst(lc))->registered)
			found = foreach_delete_current(found, lc);
	}
	return found;
}

/* Those of a list that search_path finds, if there are any; else the list. */
static List *
prefer_visible(List *candidates)
{
	List *visible = NIL;
	ListCell *lc;

	if (list_length(candidates) < 2)
		return candidates;
	foreach(lc, candidates)
	{
		if (is_visible(lfirst(lc)))
			visible = lappend(visible, lfirst(lc));
	}
	return visible != NIL ? visible : candidates;
}

const ModelRelation *
bolt_model_relation(const Model *model, const char *name, const JsonValue *value)
{
	List *candidates = prefer_visible(candidates_for(model, name));

	if (list_length(candidates) > 1)
		report_ambiguous(model, name, candidates, value);
	return candidates != NIL ? linitial(candidates) : NULL;
}

const ModelRelation *
bolt_model_column_relation(const Model *model, const Field *field)
{
	ListCell *lc;

	foreach(lc, model->relations)
	{
		const ModelRelation *relation = lfirst(lc);

		if (!relation_is_forward(relation) || !answers_to(relation, field->name))
			continue;
		for (int i = 0; i < relation->nfields; i++)
		{
			if (relation->source_fields[i] == field->attnum)
				return relation;
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

bool
bolt_model_has_name(const Model *model, const char *name)
{
	ListCell *lc;

	if (bolt_model_field(model, name) != NULL)
		return true;
	foreach(lc, model->relations)
	{
		const ModelRelation *relation = lfirst(lc);

		if (relation_is_of_owner(relation) && answers_to(relation, name))
			return true;
	}
	return false;
}

/*
 * Follows an ordering's entry to a column of the model, or of one that to-one
 * relations lead to.  What follows a column is a transform or a key of a JSON
 * value.  *model is where it stops, and *step the name there.
 */
OrderingPath
bolt_follow_ordering(const Model **model, const char *entry, char **step)
{
	const char *path = entry[0] == '-' || entry[0] == '+' ? entry + 1 : entry;

	*step = pstrdup(path);
	if (strcmp(path, "?") == 0)
		return ORDERING_LEADS_TO_COLUMN;
	while (bolt_model_field(*model, path) == NULL)
	{
		const char *end = strstr(path, "__");
		List *candidates;
		const ModelRelation *relation;

		*step = end == NULL ? pstrdup(path) : pnstrdup(path, end - path);
		candidates = prefer_visible(candidates_for(*model, *step));
		if (bolt_model_field(*model, *step) != NULL)
		{
			relation = bolt_model_column_relation(*model, bolt_model_field(*model, *step));
			if (relation == NULL)
				return ORDERING_LEADS_TO_COLUMN;
			candidates = list_make1(unconstify(ModelRelation *, relation));
		}
		if (strcmp(*step, "pk") == 0 && (*model)->nprimary_key > 0)
			return ORDERING_LEADS_TO_COLUMN;
		if (list_length(candidates) != 1)
			return ORDERING_UNKNOWN;
		relation = linitial(candidates);
		if (!relation_is_to_one(relation))
			return ORDERING_TO_MANY;
		if (end == NULL)
			return ORDERING_LEADS_TO_COLUMN;
		path = end + 2;
		*model = bolt_model_by_oid(relation->target);
	}
	return ORDERING_LEADS_TO_COLUMN;
}

List *
bolt_model_ordering(const Model *model)
{
	List *ordering = NIL;
	ListCell *lc;

	foreach(lc, model->ordering)
	{
		const Model *end = model;
		char *step;

		if (bolt_follow_ordering(&end, lfirst(lc), &step) == ORDERING_LEADS_TO_COLUMN)
			ordering = lappend(ordering, lfirst(lc));
	}
	return ordering;
}
