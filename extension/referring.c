/*-------------------------------------------------------------------------
 *
 * referring.c
 *	  Statements about the rows that refer to collected ones.
 *
 * Their text follows from models and relations; the keys are parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "act_as_owner.h"
#include "catalog/pg_type.h"
#include "collector.h"
#include "compile.h"
#include "kept_plan.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

void
bolt_begin_referring(Collector *collector, ReferringCall *call)
{
	MemoryContextReset(collector->statements);
	MemoryContextSwitchTo(collector->statements);
	memset(call, 0, sizeof(ReferringCall));
	initStringInfo(&call->sql);
}

void
bolt_append_target(ReferringCall *call, const Model *model)
{
	call->tables = lappend_oid(call->tables, model->oid);
	appendStringInfo(&call->sql, "%s AS t0", bolt_model_sql_name(model));
}

static int
add_param(ReferringCall *call, Oid type, Datum value)
{
	if (call->nparams == call->capacity)
	{
		call->capacity = Max(call->capacity * 2, 8);
		call->types = call->types == NULL ? palloc(sizeof(Oid) * call->capacity) :
											repalloc(call->types, sizeof(Oid) * call->capacity);
		call->values = call->values == NULL ? palloc(sizeof(Datum) * call->capacity) :
											  repalloc(call->values, sizeof(Datum) * call->capacity);
	}
	call->types[call->nparams] = type;
	call->values[call->nparams] = value;
	return ++call->nparams;
}

/*
 * Does the table belong to somebody whom whoever deletes has nothing to do with: neither to him, nor to the owner of the
 * table that he deletes from, whose triggers he runs anyway, nor to a superuser?
 */
static bool
is_of_stranger(const Collector *collector, Oid table)
{
	Oid owner = bolt_table_owner(table);

	return owner != GetUserId() && owner != bolt_table_owner(collector->rows[0].target->model->oid) &&
		!superuser_arg(owner);
}

uint64
bolt_run_referring(Collector *collector, ReferringCall *call, Oid owned, DestReceiver *dest,
				   const Model *ordered, const StatementWatcher *watcher)
{
	Identity before;
	uint64 rows;

	if (!OidIsValid(owned))
		rows = bolt_run_kept_to(dest, ordered, call->tables, 0, watcher, call->sql.data, call->nparams,
								call->types, call->values, NULL);
	else
	{
		if (is_of_stranger(collector, owned))
			bolt_act_as_restricted_owner(owned, &before);
		else
			bolt_act_as_owner(owned, &before);
		PG_TRY();
		{
			rows = bolt_run_kept_to(dest, ordered, call->tables, KEPT_AS_OWNER, watcher, call->sql.data,
									call->nparams, call->types, call->values, NULL);
		}
		PG_CATCH();
		{
			bolt_act_as_before(&before);
			PG_RE_THROW();
		}
		PG_END_TRY();
		bolt_end_restricted(&before);
	}
	MemoryContextSwitchTo(collector->context);
	return rows;
}

static bool
is_integer_column(const Model *model, AttrNumber attnum)
{
	Oid type = bolt_comparison_type(bolt_model_field_by_attnum(model, attnum)->type);

	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/*
 * (t0.key >= ($1)[1] AND t0.key <= ($1)[2]), where the keys are many and all integers
 * between the first and the last: an index is gone down once, not once a key.
 */
static bool
append_in_range(ReferringCall *call, const KeyPair *pair, const TargetRows *keys, int first)
{
	KeyComparison comparison;
	Oid far_type;
	char *column;
	int param;

	if (pair->n != 1 || keys->key_type.ncolumns != 1 || pair->near_fields[0] != keys->target->columns[0] ||
		keys->keys.count - first <= FEW_KEYS || !is_integer_column(pair->near_model, pair->near_fields[0]) ||
		!is_integer_column(pair->far_model, pair->far_fields[0]) ||
		!bolt_keys_are_dense(&keys->keys, first, 0))
		return false;
	bolt_compare_key(pair, 0, &comparison);
	far_type = bolt_comparison_type(bolt_model_field_by_attnum(pair->far_model, pair->far_fields[0])->type);
	column = bolt_far_key(pair, 0, 0, comparison.cast_far);
	param = add_param(call, get_array_type(comparison.type), bolt_key_bounds(&keys->keys, first));
	appendStringInfo(&call->sql, "(%s %s ($%d)[1] AND %s %s ($%d)[2])", column,
					 bolt_operator(far_type, comparison.type, BTGreaterEqualStrategyNumber), param, column,
					 bolt_operator(far_type, comparison.type, BTLessEqualStrategyNumber), param);
	return true;
}

/*
 * What is done to the referring rows is done as their table's owner.  A comparison of the server's types, or without a
 * cast, runs the server's code alone.  A cast to or from a type that somebody has made can run a function of his,
 * and who owns the table referred to may have changed its columns' types since the relation was registered.
 */
static void
refuse_foreign_cast(const KeyPair *pair, int column, const KeyComparison *comparison)
{
	const Field *far_field = bolt_model_field_by_attnum(pair->far_model, pair->far_fields[column]);
	Oid far_type = bolt_comparison_type(far_field->type);

	if (!comparison->cast_far || far_type == comparison->type ||
		(far_type < FirstNormalObjectId && comparison->type < FirstNormalObjectId) ||
		bolt_table_owner(pair->near_model->oid) == bolt_table_owner(pair->far_model->oid))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg(
			 "cannot delete rows of model \"%s\": what refers to them is compared by a cast that its owner has not made",
			 pair->near_model->name),
		 errdetail("Column \"%s\" of \"%s\" would have to be cast to another role's type.", far_field->name,
				   pair->far_model->name),
		 errhint("Give both columns one type, or take the registered relation back.")));
}

/* t0.key = ANY ($1), or for several columns EXISTS about arrays side by side */
void
bolt_append_has_key(ReferringCall *call, const KeyPair *pair, const TargetRows *keys, int first)
{
	int param = call->nparams + 1;

	if (append_in_range(call, pair, keys, first))
		return;
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		refuse_foreign_cast(pair, i, &comparison);
		add_param(call, get_array_type(comparison.type),
				  bolt_target_column(keys, pair->near_fields[i], comparison.type, first));
	}
	if (pair->n > 1)
	{
		appendStringInfoString(&call->sql, "EXISTS (SELECT 1 FROM ");
		bolt_append_unnest_params(&call->sql, param, pair->n, bolt_key_types(pair), "k");
		appendStringInfoString(&call->sql, " WHERE ");
	}
	for (int i = 0; i < pair->n; i++)
	{
		KeyComparison comparison;

		bolt_compare_key(pair, i, &comparison);
		appendStringInfo(&call->sql, "%s%s %s ", i > 0 ? " AND " : "",
						 bolt_far_key(pair, i, 0, comparison.cast_far), comparison.opname);
		if (pair->n > 1)
			appendStringInfo(&call->sql, "k.c%d", i + 1);
		else
			appendStringInfo(&call->sql, "ANY ($%d)", param);
	}
	if (pair->n > 1)
		appendStringInfoChar(&call->sql, ')');
}

void
bolt_append_refers(ReferringCall *call, const Collector *collector, const DeleteEdge *edge, int first)
{
	const ModelRelation *relation = edge->relation;
	KeyPair pair = {relation->nfields,		 edge->from->model,		  bolt_model_by_oid(relation->target),
					relation->source_fields, relation->target_fields, true};

	bolt_append_has_key(call, &pair, &collector->rows[edge->from->number], first);
}

void
bolt_append_cascades(ReferringCall *call, const Collector *collector, const DeleteTarget *target,
					 const int *first)
{
	ListCell *lc;

	foreach(lc, target->cascades)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&call->sql, " OR ");
		bolt_append_refers(call, collector, lfirst(lc), first != NULL ? first[foreach_current_index(lc)] : 0);
	}
}

void
bolt_append_columns(StringInfo sql, const Model *model, int n, const AttrNumber *columns)
{
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(sql, ", ");
		bolt_append_column(sql, 0, bolt_model_field_by_attnum(model, columns[i])->name);
	}
}

void
bolt_append_primary_key_order(StringInfo sql, const Model *model)
{
	if (model->nprimary_key == 0)
		return;
	appendStringInfoString(sql, " ORDER BY ");
	bolt_append_columns(sql, model, model->nprimary_key, model->primary_key);
}
