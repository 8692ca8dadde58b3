/*-------------------------------------------------------------------------
 *
 * related_many_to_many.c
 *	  Which rows of the through table make an object's many-to-many relation what it
 *	  is to be?
 *
 * Rows that are there already are left alone.
 *
 * Rows are inserted in the order of the keys, and deleted in that of the through table's
 * primary key.  The object's own row is not locked: as in Django, who wants two calls for
 * one object to come one after the other locks it before.
 *
 * A symmetrical relation has two rows for two objects, one a direction.  The row from the
 * lesser key to the greater one is the pair's lead: who has inserted it inserts the other
 * one, its mirror, and nobody else.  Without that, sessions that begin at either end
 * would wait for each other, or leave one row of the two.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog_table.h"
#include "error.h"
#include "executor/spi.h"
#include "kept_plan.h"
#include "miscadmin.h"
#include "related.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* A column of the through table and what it is set to beside the two keys. */
typedef struct ThroughDefault
{
	const Field *field;
	Datum value;
	bool isnull;
} ThroughDefault;

/* A statement about the rows of the through table, t0. */
typedef struct Link
{
	const RelatedObject *object;
	KeyPair source; /* the object's key and the through table's */
	KeyPair target; /* the same of the targets */
	bool symmetrical;
	const RelatedKeys *targets; /* or NULL */
	RelatedStatement statement;
	int first_target; /* n of $n */
} Link;

static void
begin_link(Link *link, const RelatedObject *object, const RelatedKeys *targets)
{
	const ModelRelation *relation = object->relation;

	link->object = object;
	link->source = (KeyPair){.n = relation->nfields,
							 .near_model = object->model,
							 .far_model = object->through,
							 .near_is_referenced = true,
							 .near_fields = relation->source_fields,
							 .far_fields = relation->through_source_fields};
	link->target = (KeyPair){.n = relation->ntarget_fields,
							 .near_model = object->target,
							 .far_model = object->through,
							 .near_is_referenced = true,
							 .near_fields = relation->target_fields,
							 .far_fields = relation->through_target_fields};
	link->symmetrical = relation->symmetrical;
	link->targets = targets;
	bolt_related_begin(&link->statement);
	bolt_related_object_params(&link->statement, object);
	if (targets != NULL)
		link->first_target = bolt_related_keys_params(&link->statement, targets);
}

/* ----------
 * Parts of the statements
 * ----------
 */

/* $1 AS s1, $2 AS s2 */
static void
append_columns(StringInfo sql, const KeyPair *pair, const char *prefix, const char *name)
{
	for (int i = 0; i < pair->n; i++)
	{
		appendStringInfo(sql, "%s%s%d", i > 0 ? ", " : "", prefix, i + 1);
		if (prefix[0] == '$')
			bolt_related_append_collation(sql, pair, i);
		appendStringInfo(sql, " AS %s%d", name, i + 1);
	}
}

static void
append_pairs_select(StringInfo sql, const Link *link, const char *source, const char *target)
{
	append_columns(sql, &link->source, source, "s");
	appendStringInfoString(sql, ", ");
	append_columns(sql, &link->target, target, "g");
	appendStringInfoString(sql, " FROM ");
	bolt_related_append_keys(sql, &link->target, link->first_target);
}

/* The pairs of keys that are spoken of, each once, as m (s1, …, g1, …) */
static void
append_pairs(StringInfo sql, const Link *link)
{
	appendStringInfoString(sql, link->symmetrical ? "(SELECT " : "(SELECT DISTINCT ");
	append_pairs_select(sql, link, "$", "k.c");
	if (link->symmetrical)
	{
		appendStringInfoString(sql, " UNION SELECT ");
		append_pairs_select(sql, link, "k.c", "$");
	}
	appendStringInfoString(sql, ") AS m");
}

/* That a row of the through table, which is the object's, is one of m */
static void
append_is_pair(StringInfo sql, const Link *link)
{
	if (link->symmetrical)
	{
		bolt_related_append_matches(sql, &link->source, 0, "m.s", 1);
		appendStringInfoString(sql, " AND ");
	}
	bolt_related_append_matches(sql, &link->target, 0, "m.g", 1);
}

/* That it is one of the object's */
static void
append_is_of_object(StringInfo sql, const Link *link)
{
	appendStringInfoChar(sql, '(');
	bolt_related_append_matches(sql, &link->source, 0, "$", 1);
	if (link->symmetrical)
	{
		appendStringInfoString(sql, " OR ");
		bolt_related_append_matches(sql, &link->target, 0, "$", 1);
	}
	appendStringInfoChar(sql, ')');
}

/*
 * Runs a statement that writes; returns how many of the rows are the object's: of a symmetrical
 * relation those of the other direction are not.
 */
static int64
run_and_count(Link *link)
{
	StringInfo sql = &link->statement.sql;
	uint64 nrows;
	int64 count = 0;

	if (!link->symmetrical)
		return bolt_related_run(&link->statement);
	appendStringInfoString(sql, " RETURNING ");
	bolt_related_append_matches(sql, &link->source, 0, "$", 1);
	nrows = bolt_related_run(&link->statement);
	for (uint64 row = 0; row < nrows; row++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		count += DatumGetBool(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull)) &&
			!isnull;
	}
	SPI_freetuptable(SPI_tuptable);
	return count;
}

/*
 * Whether the object's rows are joined with keys by hashing.  An index leads to them, if
 * there is one for the object's key; a few of them it leads to directly.
 */
static void
set_hints(Link *link, bool all_rows)
{
	if (link->object->relation->indexed && !link->symmetrical)
		link->statement.hints |= KEPT_BY_INDEX;
	if (all_rows || link->targets->count > MANY_KEYS)
		link->statement.hints |= KEPT_HASHED;
}

/*
 * That a pair of m leads: s <= g, column by column.  They all do where the type has no order.
 */
static void
append_leads(StringInfo sql, const Link *link)
{
	StringInfoData condition;
	StringInfoData equal;

	initStringInfo(&condition);
	initStringInfo(&equal);
	for (int i = 1; i <= link->source.n; i++)
	{
		Oid type = link->object->types[i - 1];
		bool last = i == link->source.n;
		const char *less = bolt_operator(type, type, last ? BTLessEqualStrategyNumber : BTLessStrategyNumber);

		if (less == NULL)
		{
			appendStringInfoString(sql, "true");
			return;
		}
		appendStringInfo(&condition, "%s%sm.s%d %s m.g%d", i > 1 ? " OR " : "", equal.data, i, less, i);
		appendStringInfo(&equal, "m.s%d %s m.g%d AND ", i, bolt_operator(type, type, BTEqualStrategyNumber),
						 i);
	}
	appendStringInfo(sql, "(%s)", condition.data);
}

/* ----------
 * Columns
 * ----------
 */

/* Columns of composite keys that both ends share, a tenant for instance */
static bool
is_shared(const ModelRelation *relation, int target_field)
{
	return bolt_columns_contain(relation->nfields, relation->through_source_fields,
								relation->through_target_fields[target_field]);
}

/* The through table's columns, each once */
static void
append_key_columns(StringInfo sql, const Link *link)
{
	const ModelRelation *relation = link->object->relation;

	for (int i = 0; i < relation->nfields; i++)
		appendStringInfo(
			sql, "%s%s", i > 0 ? ", " : "",
			quote_identifier(
				bolt_model_field_by_attnum(link->object->through, relation->through_source_fields[i])->name));
	for (int i = 0; i < relation->ntarget_fields; i++)
	{
		if (!is_shared(relation, i))
			appendStringInfo(sql, ", %s",
							 quote_identifier(bolt_model_field_by_attnum(link->object->through,
																		 relation->through_target_fields[i])
												  ->name));
	}
}

/*
 * A row of the through table that shares a column between its two references cannot
 * relate objects that differ in it.
 */
static void
refuse_other_shared(const RelatedObject *object, const RelatedKeys *targets)
{
	const ModelRelation *relation = object->relation;
	Link link;
	StringInfoData differs;
	uint64 nrows;

	initStringInfo(&differs);
	for (int i = 0; i < relation->ntarget_fields; i++)
	{
		for (int j = 0; j < relation->nfields; j++)
		{
			if (relation->through_target_fields[i] != relation->through_source_fields[j])
				continue;
			appendStringInfo(&differs, "%sNOT k.c%d %s $%d::", differs.len > 0 ? " OR " : "", i + 1,
							 bolt_operator(targets->types[i], targets->types[i], BTEqualStrategyNumber),
							 j + 1);
			bolt_append_type(&differs, targets->types[i], -1);
		}
	}
	if (differs.len == 0)
		return;
	begin_link(&link, object, targets);
	appendStringInfoString(&link.statement.sql, "SELECT ");
	bolt_append_names(&link.statement.sql, "k.c", link.target.n);
	appendStringInfoString(&link.statement.sql, " FROM ");
	bolt_related_append_keys(&link.statement.sql, &link.target, link.first_target);
	appendStringInfo(&link.statement.sql, " WHERE %s LIMIT %d", differs.data, MAX_KEYS_NAMED + 1);
	nrows = bolt_related_run(&link.statement);
	if (nrows > 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s %s can only be related to a %s with the same values in the columns that they share",
					object->model->name, object->key_text, object->target->name),
			 errdetail("Other values have: %s.", bolt_related_key_list(nrows))));
	SPI_freetuptable(SPI_tuptable);
}

/* ----------
 * through_defaults
 * ----------
 */

static void
add_default(const RelatedObject *object, List **defaults, const Field *field, const JsonValue *member,
			const JsonValue *value)
{
	const ModelRelation *relation = object->relation;
	ThroughDefault *result = palloc0(sizeof(ThroughDefault));
	ListCell *lc;

	if (bolt_columns_contain(relation->nfields, relation->through_source_fields, field->attnum) ||
		bolt_columns_contain(relation->ntarget_fields, relation->through_target_fields, field->attnum))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("through_defaults cannot set \"%s\": the related objects do", member->name),
				 bolt_related_errdetail(member)));
	foreach(lc, *defaults)
	{
		if (((ThroughDefault *) lfirst(lc))->field == field)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column \"%s\" is given twice", field->name), bolt_related_errdetail(member)));
	}
	result->field = field;
	result->isnull = !bolt_related_value(field, value, &result->value);
	*defaults = lappend(*defaults, result);
}

/* A member that names a column, or a relation whose columns it then gives. */
static void
add_member(const RelatedObject *object, List **defaults, const JsonValue *member)
{
	const Model *through = object->through;
	const Field *field = bolt_model_field(through, member->name);
	const ModelRelation *relation;

	if (field != NULL)
	{
		add_default(object, defaults, field, member, member);
		return;
	}
	relation = bolt_model_relation(through, member->name, NULL);
	if (relation == NULL || !relation_is_forward(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("%s() got unexpected keyword arguments: '%s'", through->name, member->name),
				 bolt_related_errdetail(member), bolt_errhint_choices(bolt_model_choices(through))));
	if (relation->nfields == 1)
	{
		add_default(object, defaults, bolt_model_field_by_attnum(through, relation->source_fields[0]), member,
					member);
		return;
	}
	if (member->kind != JSON_NULL && (member->kind != JSON_ARRAY || member->count != relation->nfields))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" needs an array of %d values, not %s", member->name,
						relation->nfields, bolt_json_kind_name(member->kind)),
				 bolt_related_errdetail(member)));
	for (int i = 0; i < relation->nfields; i++)
	{
		const JsonValue *value = member->kind == JSON_NULL ? member : member->first;

		for (int j = 0; j < i && value != member; j++)
			value = value->next;
		add_default(object, defaults, bolt_model_field_by_attnum(through, relation->source_fields[i]), member,
					value);
	}
}

/* A list of ThroughDefault * */
static List *
read_defaults(const RelatedObject *object, const JsonValue *through_defaults)
{
	List *defaults = NIL;

	if (through_defaults == NULL || through_defaults->kind == JSON_NULL)
		return NIL;
	if (through_defaults->kind != JSON_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("through_defaults must be an object, not %s",
						bolt_json_kind_name(through_defaults->kind)),
				 bolt_related_errdetail(through_defaults)));
	json_foreach(member, through_defaults)
		add_member(object, &defaults, member);
	return defaults;
}

/* ----------
 * Adding
 * ----------
 */

static void
append_pair_order(StringInfo sql, int n, const Oid *types, const char *prefix, bool *begun)
{
	for (int i = 0; i < n; i++)
	{
		if (bolt_operator(types[i], types[i], BTLessStrategyNumber) == NULL)
			continue;
		appendStringInfo(sql, "%s%s%d", *begun ? ", " : " ORDER BY ", prefix, i + 1);
		*begun = true;
	}
}

/* Which of the missing pairs are to be inserted */
typedef enum Insertion
{
	INSERT_ALL,
	INSERT_LEADING,
	INSERT_MIRRORS /* of those that are there */
} Insertion;

static void
append_inserted(StringInfo sql, const Link *link, Insertion insertion)
{
	const char *through = bolt_model_sql_name(link->object->through);

	appendStringInfo(sql, " WHERE NOT EXISTS (SELECT FROM %s AS t0 WHERE ", through);
	append_is_of_object(sql, link);
	appendStringInfoString(sql, " AND ");
	append_is_pair(sql, link);
	appendStringInfoChar(sql, ')');
	if (insertion == INSERT_LEADING)
	{
		appendStringInfoString(sql, " AND ");
		append_leads(sql, link);
	}
	else if (insertion == INSERT_MIRRORS)
	{
		appendStringInfoString(sql, " AND NOT ");
		append_leads(sql, link);
		appendStringInfo(sql, " AND EXISTS (SELECT FROM %s AS t0 WHERE ", through);
		append_is_of_object(sql, link);
		appendStringInfoString(sql, " AND ");
		bolt_related_append_matches(sql, &link->source, 0, "m.g", 1);
		appendStringInfoString(sql, " AND ");
		bolt_related_append_matches(sql, &link->target, 0, "m.s", 1);
		appendStringInfoChar(sql, ')');
	}
}

static int64
insert_pairs(const RelatedObject *object, const RelatedKeys *targets, List *defaults, Insertion insertion)
{
	const ModelRelation *relation = object->relation;
	Link link;
	StringInfo sql = &link.statement.sql;
	bool ordered = false;
	ListCell *lc;

	begin_link(&link, object, targets);
	set_hints(&link, false);
	appendStringInfo(sql, "INSERT INTO %s AS t0 (", bolt_model_sql_name(object->through));
	append_key_columns(sql, &link);
	foreach(lc, defaults)
		appendStringInfo(sql, ", %s", quote_identifier(((ThroughDefault *) lfirst(lc))->field->name));

	appendStringInfoString(sql, ") SELECT ");
	bolt_append_names(sql, "m.s", link.source.n);
	for (int i = 0; i < link.target.n; i++)
	{
		if (!is_shared(relation, i))
			appendStringInfo(sql, ", m.g%d", i + 1);
	}
	foreach(lc, defaults)
	{
		ThroughDefault *value = lfirst(lc);

		/* of the base type, so that a domain looks at a null, too */
		appendStringInfo(sql, ", $%d",
						 bolt_related_param(&link.statement, getBaseType(value->field->type), value->value,
											value->isnull));
	}

	appendStringInfoString(sql, " FROM ");
	append_pairs(sql, &link);
	append_inserted(sql, &link, insertion);
	if (relation->symmetrical)
		append_pair_order(sql, link.source.n, object->types, "m.s", &ordered);
	append_pair_order(sql, link.target.n, targets->types, "m.g", &ordered);
	if (relation->through_unique)
	{
		/* of these columns only: any other conflict is an error */
		appendStringInfoString(sql, " ON CONFLICT (");
		append_key_columns(sql, &link);
		appendStringInfoString(sql, ") DO NOTHING");
	}
	return run_and_count(&link);
}

static int64
insert_missing(const RelatedObject *object, const RelatedKeys *targets, List *defaults)
{
	int64 inserted;

	refuse_other_shared(object, targets);
	if (!object->relation->symmetrical)
		return insert_pairs(object, targets, defaults, INSERT_ALL);
	inserted = insert_pairs(object, targets, defaults, INSERT_LEADING);
	return inserted + insert_pairs(object, targets, defaults, INSERT_MIRRORS);
}

int64
bolt_many_to_many_add(const RelatedObject *object, const RelatedKeys *targets,
					  const JsonValue *through_defaults)
{
	List *defaults = read_defaults(object, through_defaults);

	return targets->count == 0 ? 0 : insert_missing(object, targets, defaults);
}

/* ----------
 * Removing
 * ----------
 */

/* Which of the object's rows are to be deleted */
typedef enum Removal
{
	REMOVE_TARGETS,
	REMOVE_OTHERS, /* what relates to anything but a target */
	REMOVE_ALL
} Removal;

static void
append_removed(StringInfo sql, const Link *link, Removal removal)
{
	const ModelRelation *relation = link->object->relation;

	append_is_of_object(sql, link);
	if (removal == REMOVE_ALL)
		return;
	for (int i = 0; i < relation->ntarget_fields && removal == REMOVE_OTHERS; i++)
	{
		const Field *field =
			bolt_model_field_by_attnum(link->object->through, relation->through_target_fields[i]);

		if (field->not_null)
			continue;
		appendStringInfoString(sql, " AND ");
		bolt_append_null_test(sql, bolt_column_text(0, field), field->type, false);
	}
	appendStringInfo(sql, " AND %sEXISTS (SELECT FROM ", removal == REMOVE_OTHERS ? "NOT " : "");
	append_pairs(sql, link);
	appendStringInfoString(sql, " WHERE ");
	append_is_pair(sql, link);
	appendStringInfoChar(sql, ')');
}

/* The through table's rows by its primary key, or else by its two references */
static Model *
order_of_rows(const RelatedObject *object)
{
	const ModelRelation *relation = object->relation;
	Model *result = palloc(sizeof(Model));
	AttrNumber *columns;

	*result = *object->through;
	if (result->nprimary_key > 0)
		return result;
	columns = palloc(sizeof(AttrNumber) * (relation->nfields + relation->ntarget_fields));
	memcpy(columns, relation->through_source_fields, sizeof(AttrNumber) * relation->nfields);
	memcpy(columns + relation->nfields, relation->through_target_fields,
		   sizeof(AttrNumber) * relation->ntarget_fields);
	result->primary_key = columns;
	result->nprimary_key = relation->nfields + relation->ntarget_fields;
	return result;
}

static int64
delete_rows(const RelatedObject *object, const RelatedKeys *targets, Removal removal)
{
	Link link;
	StringInfo sql = &link.statement.sql;

	begin_link(&link, object, targets);
	link.statement.ordered = order_of_rows(object);
	if (removal != REMOVE_ALL)
		set_hints(&link, removal == REMOVE_OTHERS);
	appendStringInfo(sql, "DELETE FROM %s AS t0 WHERE ", bolt_model_sql_name(object->through));
	append_removed(sql, &link, removal);
	return run_and_count(&link);
}

int64
bolt_many_to_many_remove(const RelatedObject *object, const RelatedKeys *targets)
{
	return targets->count == 0 ? 0 : delete_rows(object, targets, REMOVE_TARGETS);
}

/* ----------
 * Setting
 * ----------
 */

static bool
has_triggers(Relation through)
{
	for (int i = 0; through->trigdesc != NULL && i < through->trigdesc->numtriggers; i++)
	{
		if (!through->trigdesc->triggers[i].tgisinternal)
			return true;
	}
	return through->rd_rules != NULL;
}

/* Whether rows of other pairs cannot conflict with a new one in an index. */
static bool
is_of_pairs(const RelatedObject *object, List *defaults, Form_pg_index index)
{
	const ModelRelation *relation = object->relation;
	const AttrNumber *keys = index->indkey.values;
	int n = index->indnkeyatts;
	bool within = index->indisunique;
	bool apart = true;
	ListCell *lc;

	for (int i = 0; i < relation->nfields; i++)
		within &= bolt_columns_contain(n, keys, relation->through_source_fields[i]);
	for (int i = 0; i < relation->ntarget_fields; i++)
		within &= bolt_columns_contain(n, keys, relation->through_target_fields[i]);
	if (within)
		return true;

	/* a column that no call sets, such as a surrogate key; 0 is an expression */
	for (int i = 0; i < n; i++)
		apart &= keys[i] != 0 &&
			!bolt_columns_contain(relation->nfields, relation->through_source_fields, keys[i]) &&
			!bolt_columns_contain(relation->ntarget_fields, relation->through_target_fields, keys[i]);
	foreach(lc, defaults)
		apart &= !bolt_columns_contain(n, keys, ((ThroughDefault *) lfirst(lc))->field->attnum);
	return apart;
}

/*
 * Django's set removes before it adds.  Sessions that do so can wait for each other: one
 * for a pair that the other, having deleted it, is going on to add behind.  Where
 * nobody can tell the difference, rows are therefore added first: who deletes waits for
 * none who still adds.
 */
static bool
may_add_first(const RelatedObject *object, List *defaults)
{
	Relation through = try_table_open(object->through->oid, AccessShareLock);
	bool result;
	ListCell *lc;

	if (through == NULL) /* dropped: the statements will say so */
		return false;
	result = (through->rd_rel->relkind == RELKIND_RELATION ||
			  through->rd_rel->relkind == RELKIND_PARTITIONED_TABLE) &&
		!has_triggers(through);
	if (result)
	{
		foreach(lc, RelationGetIndexList(through))
		{
			Relation index = index_open(lfirst_oid(lc), AccessShareLock);
			Form_pg_index form = index->rd_index;

			if ((form->indisunique || form->indisexclusion) && !is_of_pairs(object, defaults, form))
				result = false;
			index_close(index, AccessShareLock);
		}
	}
	table_close(through, NoLock);
	return result;
}

int64
bolt_many_to_many_set(const RelatedObject *object, const RelatedKeys *targets,
					  const JsonValue *through_defaults)
{
	List *defaults = read_defaults(object, through_defaults);
	int64 changed = 0;

	if (targets->count == 0)
		return delete_rows(object, targets, REMOVE_OTHERS);
	if (may_add_first(object, defaults))
	{
		changed = insert_missing(object, targets, defaults);
		return changed + delete_rows(object, targets, REMOVE_OTHERS);
	}
	changed = delete_rows(object, targets, REMOVE_OTHERS);
	return changed + insert_missing(object, targets, defaults);
}

int64
bolt_many_to_many_clear(const RelatedObject *object)
{
	return delete_rows(object, NULL, REMOVE_ALL);
}
