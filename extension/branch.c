/*-------------------------------------------------------------------------
 *
 * branch.c
 *	  Which relations and which columns does a queryset ask for?
 *
 * select_related, prefetch_related, only and defer become one tree of branches,
 * each of which will be a node with a statement of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "name_table.h"

/* select_related() without fields follows relations so far, as Django does. */
#define SELECT_RELATED_DEPTH 5

static void grow(Branch *branch, const QuerySet *queryset);

static Branch *
new_branch(const char *name, const ModelRelation *relation, const Model *model, const JsonValue *value)
{
	Branch *branch = palloc0(sizeof(Branch));

	branch->name = name;
	branch->relation = relation;
	branch->model = model;
	branch->value = value;
	branch->loaded = palloc(sizeof(bool) * Max(model->nfields, 1));
	memset(branch->loaded, true, model->nfields);
	return branch;
}

static Branch *
find_branch(const Branch *branch, const char *name)
{
	ListCell *lc;

	if (branch->recurse && strcmp(branch->name, name) == 0)
		return unconstify(Branch *, branch);
	foreach(lc, branch->branches)
	{
		if (strcmp(((Branch *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

static Branch *
find_branch_of(const Branch *branch, const ModelRelation *relation)
{
	ListCell *lc;

	foreach(lc, branch->branches)
	{
		Branch *child = lfirst(lc);

		if (child->relation == relation && child->selected)
			return child;
	}
	return NULL;
}

static Branch *
add_branch(Branch *branch, const char *name, const ModelRelation *relation, const JsonValue *value)
{
	Branch *child = new_branch(name, relation, bolt_model_by_oid(relation->target), value);

	CHECK_FOR_INTERRUPTS();
	child->nbranches = branch->nbranches;
	bolt_limit_statements(++*child->nbranches);
	branch->branches = lappend(branch->branches, child);
	return child;
}

/*
 * Takes the relation's name that a path begins with: the longest run of
 * segments that names a branch or a relation.  *text moves behind it, to NULL at
 * the end.
 */
static Branch *
take_branch(Branch *branch, const char **text, const JsonValue *value, bool *known)
{
	const char *end = *text + strlen(*text);
	char *name = pstrdup(*text);

	for (;;)
	{
		Branch *child = find_branch(branch, name);
		const ModelRelation *relation =
			child ? child->relation : bolt_model_relation(branch->model, name, value);

		if (relation != NULL)
		{
			*text = *end ? end + 2 : NULL;
			*known = child != NULL;
			return child ? child : add_branch(branch, name, relation, value);
		}
		/* one segment less */
		do
		{
			if (--end <= *text)
				return NULL;
		} while (end[0] != '_' || end[1] != '_');
		name[end - *text] = '\0';
	}
}

static char *
first_segment(const char *text)
{
	const char *end = strstr(text, "__");

	return end ? pnstrdup(text, end - text) : pstrdup(text);
}

/* ----------
 * select_related
 * ----------
 */
static void
select_related(Branch *branch, const PathTerm *term)
{
	const char *rest = term->path;

	bolt_check_steps(term->path, term->value);
	do
	{
		const char *segment = rest;
		bool known;
		Branch *child = take_branch(branch, &rest, term->value, &known);

		if (child == NULL || !relation_is_to_one(child->relation))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("Invalid field name(s) given in select_related: '%s'", first_segment(segment)),
					 bolt_errdetail_at(term->value),
					 child != NULL ? errhint("\"%s\" leads to many objects: use prefetch_related.",
											 first_segment(segment)) :
									 bolt_errhint_choices(bolt_model_relation_choices(branch->model, true))));
		if (child == branch)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("'%s' cannot be recursive and in select_related at the same time", branch->name),
					 bolt_errdetail_at(term->value),
					 errhint("Leave it out of select_related, or give the prefetch a to_attr.")));
		child->selected = true;
		branch = child;
	} while (rest != NULL);
}

/* Every relation that is not nullable, and theirs. */
static void
select_related_all(Branch *branch, int depth)
{
	ListCell *lc;

	if (depth == 0)
		return;
	foreach(lc, branch->model->relations)
	{
		const ModelRelation *relation = lfirst(lc);
		Branch *child;

		if (!relation_is_forward(relation) || relation->nullable)
			continue;
		child = find_branch(branch, relation->name);
		if (child == NULL)
			child = add_branch(branch, relation->name, relation, NULL);
		if (child == branch)
			continue;
		child->selected = true;
		select_related_all(child, depth - 1);
	}
}

/* ----------
 * prefetch_related
 * ----------
 */
static void
check_prefetch_queryset(const PrefetchLookup *lookup, const Branch *child)
{
	const QuerySet *queryset = lookup->queryset;

	if (queryset->values_kind != VALUES_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Prefetch querysets cannot use raw(), values(), and values_list()"),
				 bolt_errdetail_at(queryset->source)));
	if (queryset->combined != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Calling QuerySet.filter() after %s() is not supported",
						((CombineCall *) linitial(queryset->combined))->method),
				 bolt_errdetail_at(queryset->source)));
	if (queryset->model != NULL &&
		bolt_model_by_name(queryset->model->text, queryset->model)->oid != child->model->oid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" leads to model \"%s\", not \"%s\"", lookup->path, child->model->name,
						queryset->model->text),
				 bolt_errdetail_at(queryset->model)));
}

/* Only a relation of a model with itself leads from what it led to. */
static void
check_recursion(const PrefetchLookup *lookup, const Branch *child)
{
	const Model *near_model = bolt_model_by_oid(child->relation->model);
	List *choices = NIL;
	ListCell *lc;

	if (child->model->oid == near_model->oid)
		return;
	foreach(lc, near_model->relations)
	{
		const ModelRelation *relation = lfirst(lc);

		if (relation->target == near_model->oid && bolt_relation_is_readable(relation))
			choices = lappend(choices, relation->name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("'%s' cannot be recursive: it leads from model \"%s\" to model \"%s\"", lookup->path,
					near_model->name, child->model->name),
			 bolt_errdetail_at(lookup->value),
			 choices != NIL ? bolt_errhint_choices(choices) :
							  errhint("Only a relation of a model with itself can be; \"%s\" has none.",
									  near_model->name)));
}

static void
check_to_attr(const Branch *branch, const PrefetchLookup *lookup)
{
	if (bolt_model_has_name(branch->model, lookup->to_attr))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("to_attr=%s conflicts with a field on the %s model", lookup->to_attr,
						branch->model->name),
				 bolt_errdetail_at(lookup->value)));
	if (find_branch(branch, lookup->to_attr) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("to_attr=%s is given twice on the %s model", lookup->to_attr, branch->model->name),
				 bolt_errdetail_at(lookup->value)));
}

/* The last hop of a lookup that has a to_attr: a branch of its own. */
static Branch *
branch_to_attr(Branch *branch, const PrefetchLookup *lookup, const char *name)
{
	const ModelRelation *relation = bolt_model_relation(branch->model, name, lookup->value);

	if (relation == NULL)
		return NULL;
	check_to_attr(branch, lookup);
	return add_branch(branch, lookup->to_attr, relation, lookup->value);
}

static void
prefetch_related(Branch *branch, const PrefetchLookup *lookup)
{
	const char *rest = lookup->path;
	Branch *child;
	bool known;

	bolt_check_steps(lookup->path, lookup->value);
	do
	{
		const char *segment = rest;

		known = false;
		child = NULL;
		if (lookup->to_attr != NULL)
		{
			child = branch_to_attr(branch, lookup, rest);
			if (child != NULL)
				rest = NULL;
		}
		if (child == NULL)
			child = take_branch(branch, &rest, lookup->value, &known);
		if (child == NULL)
			ereport(
				ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("Cannot find '%s' on %s object, '%s' is an invalid parameter to prefetch_related()",
						first_segment(segment), branch->model->name, lookup->path),
				 bolt_errdetail_at(lookup->value),
				 bolt_errhint_choices(bolt_model_relation_choices(branch->model, false))));
		branch = child;
	} while (rest != NULL);

	if (lookup->queryset == NULL && !lookup->recurse)
		return;
	if (known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("'%s' lookup was already seen with a different queryset", lookup->path),
				 bolt_errdetail_at(lookup->value),
				 errhint("You may need to adjust the ordering of your lookups.")));
	if (lookup->recurse)
	{
		check_recursion(lookup, branch);
		branch->recurse = true;
		branch->depth = lookup->depth;
	}
	if (lookup->queryset == NULL)
		return;
	check_prefetch_queryset(lookup, branch);
	grow(branch, lookup->queryset);
}

/* ----------
 * only and defer
 * ----------
 */
static void
set_loaded(Branch *branch, const AttrNumber attnum, bool loaded)
{
	for (int i = 0; i < branch->model->nfields; i++)
	{
		if (branch->model->fields[i].attnum == attnum)
			branch->loaded[i] = loaded;
	}
}

static void
load_primary_key(Branch *branch)
{
	for (int i = 0; i < branch->model->nprimary_key; i++)
		set_loaded(branch, branch->model->primary_key[i], true);
}

static void
set_relation_loaded(Branch *branch, const ModelRelation *relation, bool loaded)
{
	for (int i = 0; relation_is_forward(relation) && i < relation->nfields; i++)
		set_loaded(branch, relation->source_fields[i], loaded);
}

/* The path of a deferred or only-loaded field must run along select_related. */
static Branch *
branch_of_hop(Branch *branch, const ModelRelation *relation, const PathTerm *term)
{
	Branch *child;

	if (!relation_is_to_one(relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("only and defer cannot follow \"%s\" of model \"%s\", which leads to many objects",
						relation->name, branch->model->name),
				 bolt_errdetail_at(term->value),
				 errhint("Give prefetch_related a queryset that has \"only\" or \"defer\" itself.")));
	child = find_branch_of(branch, relation);
	if (child == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("only and defer follow \"%s\" of model \"%s\", which is not fetched", relation->name,
						branch->model->name),
				 bolt_errdetail_at(term->value), errhint("Add \"%s\" to select_related.", relation->name)));
	return child;
}

static void
restrict_to_only(Branch *branch, List *only)
{
	List *paths = NIL;
	List *restricted = NIL;
	ListCell *lc;

	/* what is named anywhere below has nothing else loaded */
	foreach(lc, only)
	{
		const PathTerm *term = lfirst(lc);
		FieldPath *path = bolt_parse_path(branch->model, term->path, term->value);
		Branch *at = branch;
		int nhops = list_length(path->relations) - (path->relation ? 1 : 0);

		CHECK_FOR_INTERRUPTS();
		bolt_refuse_rest(path);
		for (int hop = 0; hop <= nhops; hop++)
		{
			if (!list_member_ptr(restricted, at))
			{
				restricted = lappend(restricted, at);
				memset(at->loaded, false, at->model->nfields);
				load_primary_key(at);
			}
			if (hop < nhops)
				at = branch_of_hop(at, list_nth(path->relations, hop), term);
		}
		paths = lappend(paths, path);
	}
	foreach(lc, paths)
	{
		const FieldPath *path = lfirst(lc);
		const PathTerm *term = list_nth(only, foreach_current_index(lc));
		int nhops = list_length(path->relations) - (path->relation ? 1 : 0);
		Branch *at = branch;

		for (int hop = 0; hop < nhops; hop++)
		{
			const ModelRelation *relation = list_nth(path->relations, hop);

			set_relation_loaded(at, relation, true);
			at = branch_of_hop(at, relation, term);
		}
		if (path->relation != NULL)
			set_relation_loaded(at, path->relation, true);
		for (int i = 0; path->relation == NULL && i < path->nfields; i++)
			set_loaded(at, path->fields[i]->attnum, true);
	}
}

static void
defer_fields(Branch *branch, List *defer)
{
	ListCell *lc;

	foreach(lc, defer)
	{
		const PathTerm *term = lfirst(lc);
		FieldPath *path = bolt_parse_path(branch->model, term->path, term->value);
		int nhops = list_length(path->relations) - (path->relation ? 1 : 0);
		Branch *at = branch;

		CHECK_FOR_INTERRUPTS();
		bolt_refuse_rest(path);
		for (int hop = 0; hop < nhops; hop++)
			at = branch_of_hop(at, list_nth(path->relations, hop), term);
		if (path->relation != NULL)
			set_relation_loaded(at, path->relation, false);
		for (int i = 0; path->relation == NULL && i < path->nfields; i++)
			set_loaded(at, path->fields[i]->attnum, false);
		load_primary_key(at);
	}
}

/* A relation that select_related follows must keep the columns it follows. */
static void
check_traversed(const Branch *branch)
{
	ListCell *lc;

	check_stack_depth();
	foreach(lc, branch->branches)
	{
		const Branch *child = lfirst(lc);

		if (!child->selected)
			continue;
		for (int i = 0; i < branch->model->nfields; i++)
		{
			for (int j = 0; relation_is_forward(child->relation) && j < child->relation->nfields; j++)
			{
				if (branch->model->fields[i].attnum == child->relation->source_fields[j] &&
					!branch->loaded[i])
					ereport(
						ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg(
							 "Field %s.%s cannot be both deferred and traversed using select_related at the same time",
							 branch->model->name, child->relation->name),
						 bolt_errdetail_at(child->value)));
			}
		}
		check_traversed(child);
	}
}

/*
 * The paths that are not among others.  defer() after only() takes names from
 * what is loaded; if none is left, all is loaded but what only() had not named.
 */
static List *
paths_without(List *paths, List *others)
{
	List *rest = NIL;
	NameTable *names;
	ListCell *lc;

	if (paths == NIL || others == NIL)
		return paths;
	names = bolt_name_table_create(list_length(others));
	foreach(lc, others)
	{
		PathTerm *term = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		bolt_name_table_add(names, term->path, strlen(term->path), term);
	}
	foreach(lc, paths)
	{
		const PathTerm *term = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (bolt_name_table_find(names, term->path, strlen(term->path)) == NULL)
			rest = lappend(rest, lfirst(lc));
	}
	return rest;
}

/* ---------- */

static void
grow(Branch *branch, const QuerySet *queryset)
{
	List *only;
	ListCell *lc;

	check_stack_depth();
	branch->queryset = queryset;
	if (queryset->select_related_all)
		select_related_all(branch, SELECT_RELATED_DEPTH);
	foreach(lc, queryset->select_related)
		select_related(branch, lfirst(lc));
	only = paths_without(queryset->only, queryset->defer);
	if (only != NIL)
		restrict_to_only(branch, only);
	else
		defer_fields(branch, paths_without(queryset->defer, queryset->only));
	check_traversed(branch);
	foreach(lc, queryset->prefetch_related)
		prefetch_related(branch, lfirst(lc));
}

/* The tree of a queryset, from its root on. */
Branch *
bolt_branch_tree(const Model *model, const QuerySet *queryset)
{
	Branch *root = new_branch("", NULL, model, NULL);
	int nbranches = 1;

	root->nbranches = &nbranches;
	grow(root, queryset);
	return root;
}
