/*-------------------------------------------------------------------------
 *
 * path.c
 *	  Where a path such as author__profile__city leads, and the joins it needs.
 *
 * A path is read against the models first; joins are made afterwards, because
 * under a negation the part behind a to-many relation becomes a subquery.  A
 * last hop whose columns are the near table's as well (author__id is author_id)
 * makes no join.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* ----------
 * Reading a path
 * ----------
 */
static List *
split_path(const char *text, const JsonValue *value)
{
	List *segments = NIL;
	const char *end;

	bolt_check_steps(text, value);

	/* a leading underscore belongs to the name: "_x__in" */
	while ((end = strstr(text[0] == '_' ? text + 1 : text, "__")) != NULL)
	{
		while (end[2] == '_') /* and a trailing one as well: "x___in" */
			end++;
		segments = lappend(segments, pnstrdup(text, end - text));
		text = end + 2;
	}
	return lappend(segments, pstrdup(text));
}

/* Segments from to until - 1, as one name. */
static char *
join_segments(List *segments, int from, int until)
{
	StringInfoData name;

	initStringInfo(&name);
	for (int i = from; i < until; i++)
		appendStringInfo(&name, "%s%s", i > from ? "__" : "", (char *) list_nth(segments, i));
	return name.data;
}

/*
 * The relation of that name, where a path goes on from one that has been taken
 * already.  A lookup or transform is one there, whatever other owners call the
 * relations that their tables give to the model.
 */
static const ModelRelation *
next_relation(const Model *model, const char *name, const JsonValue *value)
{
	if ((bolt_is_lookup(name) || bolt_is_transform(name)) && !bolt_model_has_name(model, name))
		return NULL;
	return bolt_model_relation(model, name, value);
}

static bool
resolves(const Model *model, const char *name, const JsonValue *value)
{
	return strcmp(name, "pk") == 0 || bolt_model_has_name(model, name) ||
		next_relation(model, name, value) != NULL;
}

static void
cannot_resolve(const Model *model, const char *name, const JsonValue *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("Cannot resolve keyword '%s' into field", name),
			 bolt_errdetail_at(value), bolt_errhint_choices(bolt_model_choices(model))));
}

static void
path_ends_at_primary_key(FieldPath *path)
{
	const Model *model = path->model;

	if (model->nprimary_key == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("model \"%s\" has no primary key", model->name),
				 bolt_errdetail_at(path->value), errhint("Name one with bolt.register_model.")));
	path->nfields = model->nprimary_key;
	for (int i = 0; i < model->nprimary_key; i++)
		path->fields[i] = bolt_model_field_by_attnum(model, model->primary_key[i]);
}

/*
 * The columns that a path ending at a relation stands for: those that the
 * relation refers to, or the primary key of the objects a reverse one leads to.
 */
static void
path_ends_at_relation(FieldPath *path)
{
	const ModelRelation *relation = llast(path->relations);

	path->relation = relation;
	if (relation_is_forward(relation) || relation->kind == RELATION_MANY_TO_MANY)
	{
		path->nfields = relation->ntarget_fields;
		for (int i = 0; i < path->nfields; i++)
			path->fields[i] = bolt_model_field_by_attnum(path->model, relation->target_fields[i]);
	}
	else if (path->model->nprimary_key > 0)
		path_ends_at_primary_key(path);
	else
	{
		path->nfields = relation->ntarget_fields;
		for (int i = 0; i < path->nfields; i++)
			path->fields[i] = bolt_model_field_by_attnum(path->model, relation->target_fields[i]);
	}
}

/*
 * One name of the path: the longest run of segments that the model knows.
 * Returns how many segments it took; 0 where it knows none.
 */
static int
take_name(FieldPath *path, List *segments, int from, bool *goes_on)
{
	int n = list_length(segments);
	char *name = join_segments(segments, from, n);
	int length = strlen(name);

	/* one segment less each time: the name is cut where that begins */
	for (int until = n; until > from; length -= strlen(list_nth(segments, --until)) + 2)
	{
		const Field *field;
		const ModelRelation *relation;

		name[length] = '\0';
		field = bolt_model_field(path->model, name);

		if (strcmp(name, PRIMARY_KEY_PATH) == 0 || (field == NULL && strcmp(name, "pk") == 0))
		{
			path_ends_at_primary_key(path);
			*goes_on = false;
			return until - from;
		}
		if (field == NULL)
			relation = path->relations == NIL ? bolt_model_relation(path->model, name, path->value) :
												next_relation(path->model, name, path->value);
		else
		{
			/* a column's own foreign key is meant where the path goes on in its target */
			relation = until == n ? NULL : bolt_model_column_relation(path->model, field);
			if (relation != NULL &&
				!resolves(bolt_model_by_oid(relation->target), list_nth(segments, until), path->value))
				relation = NULL;
		}
		if (relation != NULL)
		{
			path->relations = lappend(path->relations, unconstify(ModelRelation *, relation));
			path->model = bolt_model_by_oid(relation->target);
			*goes_on = true;
			return until - from;
		}
		if (field != NULL)
		{
			path->nfields = 1;
			path->fields[0] = field;
			*goes_on = false;
			return until - from;
		}
	}
	return 0;
}

/*
 * Reads a path against a model.
 * Errors: 42703 where its first name is unknown; what is unknown behind that is
 * left in path->rest, which may be transforms and a lookup.
 */
FieldPath *
bolt_parse_path(const Model *model, const char *text, const JsonValue *value)
{
	FieldPath *path = palloc0(sizeof(FieldPath));
	List *segments = split_path(text, value);
	int at = 0;
	bool goes_on = true;

	path->text = text;
	path->value = value;
	path->model = model;
	while (goes_on && at < list_length(segments))
	{
		int taken = take_name(path, segments, at, &goes_on);

		if (taken == 0)
			break;
		at += taken;
	}
	if (at == 0)
		cannot_resolve(model, linitial(segments), value);
	if (goes_on)
		path_ends_at_relation(path);
	path->rest = list_copy_tail(segments, at);
	return path;
}

/*
 * The same where the select's annotations are known: an annotation's name beats
 * the model's.
 */
FieldPath *
bolt_parse_select_path(const Select *select, const char *text, const JsonValue *value)
{
	int found_length;
	const Annotation *found = bolt_find_annotation(select, text, &found_length);
	FieldPath *path;

	if (found == NULL)
		return bolt_parse_path(select->model, text, value);
	path = palloc0(sizeof(FieldPath));
	path->text = text;
	path->value = value;
	path->model = select->model;
	path->nfields = 1;
	path->annotation = found;
	if (text[found_length] != '\0')
		path->rest = split_path(text + found_length + 2, value);
	return path;
}

/* What stands behind a path's field is no transform of it. */
void
bolt_refuse_name(const FieldPath *path, const char *name)
{
	if (path->relation != NULL)
		cannot_resolve(path->model, name, path->value);
	if (path->annotation != NULL)
		cannot_resolve(path->model, path->text, path->value);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("Cannot resolve keyword '%s' into field. Join on '%s' not permitted", name,
					path->fields[0]->name),
			 bolt_errdetail_at(path->value), bolt_errhint_choices(bolt_model_choices(path->model))));
}

/* For places where a path names a column and nothing else. */
void
bolt_refuse_rest(const FieldPath *path)
{
	if (path->rest != NIL)
		bolt_refuse_name(path, linitial(path->rest));
}

/* The index of the first hop that leads to many rows, or -1. */
int
bolt_first_to_many(const FieldPath *path)
{
	ListCell *lc;

	foreach(lc, path->relations)
	{
		if (!relation_is_to_one((ModelRelation *) lfirst(lc)))
			return foreach_current_index(lc);
	}
	return -1;
}

/* blog_article.title, for messages */
char *
bolt_field_display(const Model *model, const Field *field)
{
	return psprintf("%s.%s", model->name, field->name);
}

/* ----------
 * Joins
 * ----------
 */
/*
 * A table of a statement.  One that must be planned with its values makes the
 * whole statement so.
 */
void
bolt_note_table(Statement *statement, const Model *model)
{
	statement->tables = list_append_unique_oid(statement->tables, model->oid);
	statement->value_dependent |= model->volatile_plan;
}

/* A further table of a select, under an alias of its own. */
JoinedTable *
bolt_add_table(Select *select, const Model *model)
{
	JoinedTable *join = palloc0(sizeof(JoinedTable));

	CHECK_FOR_INTERRUPTS();
	bolt_limit_tables(select->statement);
	bolt_note_table(select->statement, model);
	join->alias = select->statement->naliases++;
	join->model = model;
	join->parent = -1;
	join->call = select->call;
	select->joins = lappend(select->joins, join);
	return join;
}

/* Something for joins to begin from where they belong to a row outside: one row, no columns */
void
bolt_add_no_table(Select *select)
{
	bolt_add_table(select, select->model)->derived = "(SELECT) AS";
}

/* A SELECT from a model's table. */
Select *
bolt_begin_select(Statement *statement, const Model *model)
{
	Select *select = palloc0(sizeof(Select));

	select->statement = statement;
	select->model = model;
	select->call = ANY_CALL;
	select->origin = bolt_add_table(select, model)->alias;
	return select;
}

/* A subquery about the row of another select: paths begin there. */
Select *
bolt_begin_part(Select *whole)
{
	Select *select = palloc0(sizeof(Select));

	select->statement = whole->statement;
	select->outer = whole;
	select->outer_query = whole->outer_query;
	select->model = whole->model;
	select->annotations = whole->annotations;
	select->annotation_index = whole->annotation_index;
	select->alternatives = whole->alternatives;
	select->call = ANY_CALL;
	select->origin = whole->origin;
	return select;
}

/* The alias of the first table. */
int
bolt_base_alias(const Select *select)
{
	return ((JoinedTable *) linitial(select->joins))->alias;
}

/* Which columns of which tables a relation's join compares. */
typedef struct JoinShape
{
	const Model *model;		 /* of the table that is joined */
	const Model *near_model; /* of the one that it is joined to */
	int nfields;
	const AttrNumber *near_fields;
	const AttrNumber *far_fields;
	bool near_is_referenced;
	bool shared; /* gives one row, so that every place may use it */
} JoinShape;

static JoinShape
join_shape(const ModelRelation *relation, bool through)
{
	bool far = relation->kind == RELATION_MANY_TO_MANY && !through;
	JoinShape shape = {
		.model = bolt_model_by_oid(through ? relation->through : relation->target),
		.near_model = bolt_model_by_oid(far ? relation->through : relation->model),
		.nfields = far ? relation->ntarget_fields : relation->nfields,
		.near_fields = far ? relation->through_target_fields : relation->source_fields,
		.far_fields = through ? relation->through_source_fields : relation->target_fields,
		.near_is_referenced = !relation_is_forward(relation) && !far,
		.shared = relation_is_to_one(relation) || far,
	};

	return shape;
}

static JoinedTable *
find_join(const Select *select, int parent, const JoinShape *shape)
{
	Size size = sizeof(AttrNumber) * shape->nfields;

	/* a to-one relation's may stand in a query around this one as well */
	for (const Select *at = select; at != NULL; at = shape->shared || at->extends ? at->outer : NULL)
	{
		/* the latest of several: what comes behind two filter() calls goes on from the last */
		for (int i = list_length(at->joins) - 1; i >= 0; i--)
		{
			JoinedTable *join = list_nth(at->joins, i);

			if (join->derived == NULL && join->parent == parent && join->model == shape->model &&
				join->nfields == shape->nfields && memcmp(join->near_fields, shape->near_fields, size) == 0 &&
				memcmp(join->far_fields, shape->far_fields, size) == 0 &&
				(shape->shared || select->call == ANY_CALL || join->call == select->call))
				return join;
		}
	}
	return NULL;
}

/* The join of a relation that bolt_add_join would find, or NULL. */
JoinedTable *
bolt_find_join(const Select *select, int parent, const ModelRelation *relation, bool through)
{
	JoinShape shape = join_shape(relation, through);

	return find_join(select, parent, &shape);
}

/*
 * The join of a relation, or of its through table, to the table parent: one that
 * is there already, or a new one.  Joins are the same where they join the same
 * columns, whichever relation says so.  One that leads to many rows is shared
 * within one filter() call only, as in Django: separate calls may be met by
 * different rows.
 */
JoinedTable *
bolt_add_join(Select *select, int parent, const ModelRelation *relation, bool through)
{
	JoinShape shape = join_shape(relation, through);
	JoinedTable *join = find_join(select, parent, &shape);

	if (join != NULL)
		return join;
	join = bolt_add_table(select, shape.model);
	bolt_refer_to(select->statement, parent);
	join->parent = parent;
	join->near_model = shape.near_model;
	join->nfields = shape.nfields;
	join->near_fields = shape.near_fields;
	join->far_fields = shape.far_fields;
	join->near_is_referenced = shape.near_is_referenced;
	join->nullable = list_length(select->joins) > 1;
	join->many = !relation_is_to_one(relation);
	return join;
}

/*
 * A subquery joined in the place of a relation's table: it has the columns that the
 * relation leads to, and at most one row of each.
 */
JoinedTable *
bolt_add_derived_join(Select *select, int parent, const JoinedTable *table, const char *derived)
{
	JoinedTable *join = bolt_add_table(select, table->model);
	int alias = join->alias;

	*join = *table;
	join->alias = alias;
	join->parent = parent;
	join->call = ANY_CALL;
	join->derived = derived;
	join->nullable = true;
	join->many = false;
	return join;
}

/* Columns of the table are written. */
void
bolt_refer_to(Statement *statement, int alias)
{
	statement->referred = bms_add_member(statement->referred, alias);
}

static void
set_columns(Column *columns, int n, int alias, const Model *model, const AttrNumber *attnums, bool nullable)
{
	for (int i = 0; i < n; i++)
	{
		columns[i].alias = alias;
		columns[i].field = bolt_model_field_by_attnum(model, attnums[i]);
		columns[i].nullable = nullable || !columns[i].field->not_null;
	}
}

static JoinedTable *
join_of_alias(const Select *select, int alias)
{
	for (; select != NULL; select = select->outer)
	{
		ListCell *lc;

		foreach(lc, select->joins)
		{
			if (((JoinedTable *) lfirst(lc))->alias == alias)
				return lfirst(lc);
		}
	}
	elog(ERROR, "no join has the alias t%d", alias);
}

/*
 * Are the path's columns all among attnums of its model?  Then fills in those of
 * counterparts, which are holder's, in the path's order.
 */
static bool
counterpart_columns(const FieldPath *path, const Model *holder, int n, const AttrNumber *attnums,
					const AttrNumber *counterparts, AttrNumber *result)
{
	for (int i = 0; i < path->nfields; i++)
	{
		int at = 0;

		while (at < n && attnums[at] != path->fields[i]->attnum)
			at++;
		if (at == n)
			return false;

		/* the two are equal, but not compared alike with anything else */
		if (bolt_model_field_by_attnum(holder, counterparts[at])->collation != path->fields[i]->collation)
			return false;
		result[i] = counterparts[at];
	}
	return true;
}

/*
 * The columns that a path ends at, joined to the select as far as needed.  The
 * hops before first_hop have been walked already and ended at alias.
 */
void
bolt_path_columns(Select *select, int alias, const FieldPath *path, int first_hop, Column *columns)
{
	JoinedTable *join = join_of_alias(select, alias);
	AttrNumber attnums[INDEX_MAX_KEYS];
	int nhops = list_length(path->relations);

	for (int hop = first_hop; hop < nhops; hop++)
	{
		const ModelRelation *relation = list_nth(path->relations, hop);
		bool last = hop == nhops - 1;

		if (relation->kind == RELATION_MANY_TO_MANY)
		{
			join = bolt_add_join(select, join->alias, relation, true);
			if (last &&
				counterpart_columns(path, join->model, relation->ntarget_fields, relation->target_fields,
									relation->through_target_fields, attnums))
			{
				set_columns(columns, path->nfields, join->alias, join->model, attnums, join->nullable);
				return;
			}
			join = bolt_add_join(select, join->alias, relation, false);
			continue;
		}
		if (last && relation_is_forward(relation) &&
			counterpart_columns(path, join->model, relation->nfields, relation->target_fields,
								relation->source_fields, attnums))
		{
			set_columns(columns, path->nfields, join->alias, join->model, attnums, join->nullable);
			return;
		}
		join = bolt_add_join(select, join->alias, relation, false);
	}
	for (int i = 0; i < path->nfields; i++)
		attnums[i] = path->fields[i]->attnum;
	set_columns(columns, path->nfields, join->alias, join->model, attnums, join->nullable);
}

/* The same as operands, annotations included.  Returns how many. */
int
bolt_path_operands(Select *select, int alias, const FieldPath *path, int first_hop, Operand *operands)
{
	Column columns[INDEX_MAX_KEYS];

	if (path->annotation != NULL)
	{
		Annotation *annotation = unconstify(Annotation *, path->annotation);

		annotation->used = true;
		select->statement->referred = bms_add_members(select->statement->referred, annotation->referred);
		operands[0] = annotation->operand;
		if (operands[0].window && select->windows_stand == WINDOWS_AROUND)
			operands[0].sql = bolt_window_column(select, operands[0].sql);
		return 1;
	}
	bolt_path_columns(select, alias, path, first_hop, columns);
	for (int i = 0; i < path->nfields; i++)
	{
		bolt_refer_to(select->statement, columns[i].alias);
		memset(&operands[i], 0, sizeof(Operand));
		operands[i].sql = bolt_column_text(columns[i].alias, columns[i].field);
		operands[i].type = columns[i].field->type;
		operands[i].nullable = columns[i].nullable;
		operands[i].display = bolt_field_display(path->model, path->fields[i]);
	}
	return path->nfields;
}

/* near.column = far.column AND … */
void
bolt_append_join_condition(StringInfo sql, const JoinedTable *join)
{
	for (int i = 0; i < join->nfields; i++)
	{
		const Field *near_field = bolt_model_field_by_attnum(join->near_model, join->near_fields[i]);
		const Field *far_field = bolt_model_field_by_attnum(join->model, join->far_fields[i]);
		const char *opname = bolt_operator(far_field->type, near_field->type, BTEqualStrategyNumber);

		if (i > 0)
			appendStringInfoString(sql, " AND ");
		bolt_append_column_operand(sql, join->alias, far_field);
		if (opname == NULL)
		{
			/* no operator between the two: compare as the near one's type */
			appendStringInfoString(sql, "::");
			bolt_append_type(sql, bolt_comparison_type(near_field->type), -1);
			opname = bolt_operator(near_field->type, near_field->type, BTEqualStrategyNumber);
		}
		appendStringInfo(sql, " %s ", opname ? opname : "OPERATOR(pg_catalog.=)");
		bolt_append_column_operand(sql, join->parent, near_field);
		if (near_field->collation != far_field->collation && OidIsValid(near_field->collation) &&
			OidIsValid(far_field->collation))
			bolt_append_collation(sql,
								  bolt_reference_collation(near_field->collation, far_field->collation,
														   join->near_is_referenced));
	}
}

/*
 * The tables of the FROM clause.  base_condition joins the first of them to what
 * stands before it; without one, a base table that belongs to an outer select's
 * row has its condition in WHERE.
 */
void
bolt_append_from(StringInfo sql, const Select *select, const char *base_condition)
{
	ListCell *lc;

	foreach(lc, select->joins)
	{
		JoinedTable *join = lfirst(lc);
		bool base = foreach_current_index(lc) == 0;

		appendStringInfo(sql, "%s%s t%d", base ? "" : " LEFT JOIN ",
						 join->derived ? join->derived : bolt_model_sql_name(join->model), join->alias);
		if (base && base_condition != NULL)
			appendStringInfo(sql, " ON %s", base_condition);
		if (!base)
		{
			appendStringInfoString(sql, " ON ");
			bolt_append_join_condition(sql, join);
		}
		bolt_limit_sql(sql->len);
	}
}
