/*-------------------------------------------------------------------------
 *
 * related_reverse.c
 *	  Which rows of the far table refer to an object, seen from that object?
 *
 * Their foreign key is set and set to NULL.  The rows that a call speaks of are
 * locked first, all of them in the order of their primary key.  The statements behind
 * it change none but these, and so wait for nobody.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "error.h"
#include "executor/spi.h"
#include "kept_plan.h"
#include "related.h"
#include "utils/builtins.h"

/* A statement about the far table's rows, t0. */
typedef struct Referrers
{
	const RelatedObject *object;
	KeyPair reference;	 /* the object's key and the rows' foreign key */
	KeyPair primary_key; /* of the rows */
	RelatedStatement statement;
	int first_target; /* n of $n */
} Referrers;

static void
begin_referrers(Referrers *referrers, const RelatedObject *object, const RelatedKeys *targets)
{
	const ModelRelation *relation = object->relation;

	referrers->object = object;
	referrers->reference = (KeyPair){.n = relation->nfields,
									 .near_model = object->model,
									 .far_model = object->target,
									 .near_is_referenced = true,
									 .near_fields = relation->source_fields,
									 .far_fields = relation->target_fields};
	bolt_related_primary_key(object->target, &referrers->primary_key);
	bolt_related_begin(&referrers->statement);
	bolt_related_object_params(&referrers->statement, object);
	if (targets == NULL)
		return;
	referrers->statement.hints = bolt_related_key_hints(object->target, targets);
	referrers->first_target = bolt_related_keys_params(&referrers->statement, targets);
}

/* t0.article_id = $1 */
static void
append_refers(StringInfo sql, const Referrers *referrers)
{
	bolt_related_append_matches(sql, &referrers->reference, 0, "$", 1);
}

static void
append_is_target(StringInfo sql, const Referrers *referrers)
{
	bolt_related_append_is_one(sql, &referrers->primary_key, 0, referrers->first_target);
}

static bool
is_nullable(const RelatedObject *object)
{
	for (int i = 0; i < object->relation->nfields; i++)
	{
		if (!bolt_model_field_by_attnum(object->target, object->relation->target_fields[i])->not_null)
			return true;
	}
	return false;
}

/* Django's managers lack the method. */
static void
refuse_not_null(const RelatedObject *object, const char *method)
{
	const ModelRelation *relation = object->relation;

	if (is_nullable(object))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s() is not there for relation \"%s\": column \"%s\" of \"%s\" cannot be null", method,
					relation->name,
					bolt_model_field_by_attnum(object->target, relation->target_fields[0])->name,
					object->target->name),
			 errhint("Add the objects to another %s, or delete them.", object->model->name)));
}

/* ----------
 * Locking and checking
 * ----------
 */

/* Which rows a call speaks of */
typedef enum Spoken
{
	SPOKEN_TARGETS = 1,
	SPOKEN_RELATED = 2,
	SPOKEN_BOTH = SPOKEN_TARGETS | SPOKEN_RELATED
} Spoken;

/*
 * Both are found by their keys, not by one OR the other, which no index would serve.
 */
static void
append_is_either(StringInfo sql, const Referrers *referrers)
{
	const KeyPair *key = &referrers->primary_key;

	appendStringInfoString(sql, "EXISTS (SELECT FROM (SELECT ");
	bolt_append_names(sql, "k.c", key->n);
	appendStringInfoString(sql, " FROM ");
	bolt_related_append_keys(sql, key, referrers->first_target);
	appendStringInfoString(sql, " UNION SELECT ");
	for (int i = 0; i < key->n; i++)
		appendStringInfo(sql, "%s%s", i > 0 ? ", " : "", bolt_far_key_output(key, i, 0));
	appendStringInfo(sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(referrers->object->target));
	append_refers(sql, referrers);
	appendStringInfoString(sql, ") AS k (");
	bolt_append_names(sql, "c", key->n);
	appendStringInfoString(sql, ") WHERE ");
	bolt_related_append_matches(sql, key, 0, "k.c", 1);
	appendStringInfoChar(sql, ')');
}

/*
 * Locks them, in the order of their primary key; returns the keys of those that refer
 * to the object.  NULL where the rows cannot be locked: those of views.
 */
static RelatedKeys *
lock_rows(const RelatedObject *object, const RelatedKeys *targets, Spoken spoken)
{
	const Model *target = object->target;
	Referrers referrers;
	StringInfo sql = &referrers.statement.sql;
	bool ordered = false;
	uint64 nrows;

	if ((target->relkind != RELKIND_RELATION && target->relkind != RELKIND_PARTITIONED_TABLE) ||
		target->nprimary_key == 0)
		return NULL;
	begin_referrers(&referrers, object, targets);
	if ((spoken & SPOKEN_RELATED) && !object->relation->indexed)
		referrers.statement.hints = 0;
	appendStringInfoString(sql, "SELECT ");
	for (int i = 0; i < target->nprimary_key; i++)
		appendStringInfo(sql, "%s, ",
						 bolt_column_text(0, bolt_model_field_by_attnum(target, target->primary_key[i])));
	append_refers(sql, &referrers);
	appendStringInfo(sql, " FROM %s AS t0 WHERE ", bolt_model_sql_name(target));
	switch (spoken)
	{
		case SPOKEN_TARGETS:
			append_is_target(sql, &referrers);
			break;
		case SPOKEN_RELATED:
			append_refers(sql, &referrers);
			break;
		case SPOKEN_BOTH:
			append_is_either(sql, &referrers);
			break;
	}
	bolt_related_append_order(sql, &referrers.primary_key, 0, &ordered);
	appendStringInfoString(sql, " FOR NO KEY UPDATE OF t0");
	nrows = bolt_related_run(&referrers.statement);
	return bolt_related_keys_of_rows(nrows, target, target->nprimary_key, target->primary_key);
}

static void
refuse_unrelated(const RelatedObject *object, const RelatedKeys *targets)
{
	Referrers referrers;
	StringInfo sql = &referrers.statement.sql;
	uint64 nrows;

	begin_referrers(&referrers, object, targets);
	appendStringInfoString(sql, "SELECT ");
	bolt_append_names(sql, "k.c", referrers.primary_key.n);
	appendStringInfoString(sql, " FROM ");
	bolt_related_append_keys(sql, &referrers.primary_key, referrers.first_target);
	appendStringInfo(sql, " WHERE NOT EXISTS (SELECT FROM %s AS t0 WHERE ",
					 bolt_model_sql_name(object->target));
	bolt_related_append_matches(sql, &referrers.primary_key, 0, "k.c", 1);
	appendStringInfoString(sql, " AND ");
	append_refers(sql, &referrers);
	appendStringInfo(sql, ") LIMIT %d", MAX_KEYS_NAMED + 1);
	nrows = bolt_related_run(&referrers.statement);
	if (nrows > 0)
	{
		const char *keys = bolt_related_key_list(nrows);

		bolt_related_refuse_missing(object->target, targets);
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("%s %s is not related to %s %s", object->target->name, keys, object->model->name,
						object->key_text)));
	}
	SPI_freetuptable(SPI_tuptable);
}

/* ----------
 * Updating
 * ----------
 */

/* UPDATE … SET article_id = $1, or = NULL where it can be null */
static void
append_update(StringInfo sql, const Referrers *referrers, bool null)
{
	const RelatedObject *object = referrers->object;
	bool begun = false;

	appendStringInfo(sql, "UPDATE %s AS t0 SET ", bolt_model_sql_name(object->target));
	for (int i = 0; i < object->relation->nfields; i++)
	{
		const Field *field = bolt_model_field_by_attnum(object->target, object->relation->target_fields[i]);

		if (null && field->not_null)
			continue;
		appendStringInfo(sql, "%s%s = ", begun ? ", " : "", quote_identifier(field->name));
		if (null)
			appendStringInfoString(sql, "NULL");
		else
			appendStringInfo(sql, "$%d", i + 1);
		begun = true;
	}
	appendStringInfoString(sql, " WHERE ");
}

static int64
update_to_object(const RelatedObject *object, const RelatedKeys *targets)
{
	Referrers referrers;
	StringInfo sql = &referrers.statement.sql;

	begin_referrers(&referrers, object, targets);
	append_update(sql, &referrers, false);
	append_is_target(sql, &referrers);
	appendStringInfoString(sql, " AND (");
	append_refers(sql, &referrers);
	appendStringInfoString(sql, ") IS NOT TRUE");
	return bolt_related_run(&referrers.statement);
}

/* Those of the rows, which are locked, that are no targets. */
static int64
update_to_null(const RelatedObject *object, const RelatedKeys *locked, const RelatedKeys *targets)
{
	Referrers referrers;
	StringInfo sql = &referrers.statement.sql;
	int n = object->target->nprimary_key;

	if (locked->count == 0)
		return 0;
	begin_referrers(&referrers, object, locked);
	append_update(sql, &referrers, true);
	append_refers(sql, &referrers);
	appendStringInfoString(sql, " AND EXISTS (SELECT FROM (SELECT ");
	bolt_append_names(sql, "k.c", n);
	appendStringInfoString(sql, " FROM ");
	bolt_related_append_keys(sql, &referrers.primary_key, referrers.first_target);
	if (targets != NULL)
	{
		appendStringInfoString(sql, " EXCEPT SELECT ");
		bolt_append_names(sql, "k.c", n);
		appendStringInfoString(sql, " FROM ");
		bolt_related_append_keys(sql, &referrers.primary_key,
								 bolt_related_keys_params(&referrers.statement, targets));
	}
	appendStringInfoString(sql, ") AS k (");
	bolt_append_names(sql, "c", n);
	appendStringInfoString(sql, ") WHERE ");
	bolt_related_append_matches(sql, &referrers.primary_key, 0, "k.c", 1);
	appendStringInfoChar(sql, ')');
	return bolt_related_run(&referrers.statement);
}

/* All that refer to the object, but for the targets: of rows that could not be locked. */
static int64
update_others_to_null(const RelatedObject *object, const RelatedKeys *targets)
{
	Referrers referrers;
	StringInfo sql = &referrers.statement.sql;

	begin_referrers(&referrers, object, targets);
	referrers.statement.hints = targets != NULL ? KEPT_HASHED : 0;
	append_update(sql, &referrers, true);
	append_refers(sql, &referrers);
	if (targets != NULL)
	{
		appendStringInfoString(sql, " AND NOT ");
		append_is_target(sql, &referrers);
	}
	return bolt_related_run(&referrers.statement);
}

/* ----------
 * The manager
 * ----------
 */

void
bolt_reverse_lock(const RelatedObject *object, const RelatedKeys *targets)
{
	(void) lock_rows(object, targets, SPOKEN_BOTH);
}

int64
bolt_reverse_add(const RelatedObject *object, const RelatedKeys *targets)
{
	if (targets->count == 0)
		return 0;
	lock_rows(object, targets, SPOKEN_TARGETS);
	bolt_related_refuse_missing(object->target, targets);
	return update_to_object(object, targets);
}

int64
bolt_reverse_remove(const RelatedObject *object, const RelatedKeys *targets)
{
	refuse_not_null(object, "remove");
	if (targets->count == 0)
		return 0;
	lock_rows(object, targets, SPOKEN_TARGETS);
	refuse_unrelated(object, targets);
	return update_to_null(object, targets, NULL);
}

int64
bolt_reverse_set(const RelatedObject *object, const RelatedKeys *targets)
{
	RelatedKeys *related;
	int64 removed;

	if (!is_nullable(object))
		return bolt_reverse_add(object, targets);
	related = lock_rows(object, targets, SPOKEN_BOTH);
	bolt_related_refuse_missing(object->target, targets);
	removed =
		related != NULL ? update_to_null(object, related, targets) : update_others_to_null(object, targets);
	return removed + update_to_object(object, targets);
}

int64
bolt_reverse_clear(const RelatedObject *object)
{
	RelatedKeys *related;

	refuse_not_null(object, "clear");
	related = lock_rows(object, NULL, SPOKEN_RELATED);
	return related != NULL ? update_to_null(object, related, NULL) : update_others_to_null(object, NULL);
}
