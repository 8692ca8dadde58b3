/*-------------------------------------------------------------------------
 *
 * check_rules.c
 *	  The performance checklist, rule by rule.
 *
 * A rule is a row of the table rules[]: its code, its level, and the function
 * that looks at one queryset.  Adding one is adding a row.
 *
 * Rules about what is missing whatever the data (an index for a relation or a
 * pattern, an order for a slice) speak on an empty table as well, where they
 * are most welcome; those about the cost of reading many rows look at the
 * table's size first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "check.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define LARGE_TABLE 1000  /* rows: reading them all is noticed */
#define DEEP_OFFSET 10000 /* rows read and thrown away */
#define MANY_CHILDREN 100 /* objects a parent, on the average */
#define WIDE_COLUMN 1000  /* bytes, on the average */
#define FEW_VALUES 10	  /* of a column: an index is of no use then */
#define INDEX_COLUMNS 3	  /* of an index that is proposed */

typedef struct CheckRule CheckRule;

typedef struct CheckRun
{
	const CheckRule *rule;
	const CheckedQueryset *checked;
	List *findings; /* of CheckFinding * */
} CheckRun;

struct CheckRule
{
	const char *code;
	const char *level;
	void (*check)(CheckRun *run, const CheckedQueryset *checked);
};

/* ----------
 * Findings
 * ----------
 */

/* A finding about the queryset; what has been advised before is not repeated. */
static void
find(CheckRun *run, const char *message, char *hint)
{
	const CheckedQueryset *checked = run->checked;
	CheckFinding *finding;
	ListCell *lc;

	foreach(lc, run->findings)
	{
		finding = lfirst(lc);
		if (strcmp(finding->code, run->rule->code) == 0 && strcmp(finding->hint, hint) == 0)
			return;
	}
	finding = palloc(sizeof(CheckFinding));
	finding->level = run->rule->level;
	finding->code = run->rule->code;
	finding->message = checked->root ?
		psprintf("model \"%s\": %s", checked->model->name, message) :
		psprintf("path \"%s\" to model \"%s\": %s", checked->path, checked->model->name, message);
	finding->hint = hint;
	run->findings = lappend(run->findings, finding);
}

/* "Create an index: CREATE INDEX ON public.t USING gin (…);" */
static char *
index_hint(const Model *model, const char *method, const char *keys)
{
	return psprintf("Create an index: CREATE INDEX ON %s%s (%s);", bolt_model_sql_name(model), method, keys);
}

static char *
column_list(const Model *model, int n, const AttrNumber *columns, bool quote)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
	{
		const char *name = bolt_model_field_by_attnum(model, columns[i])->name;

		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", quote ? quote_identifier(name) : name);
	}
	return list.data;
}

static bool
has_indexes(const Model *model)
{
	return model->relkind != RELKIND_VIEW && model->relkind != RELKIND_FOREIGN_TABLE;
}

static bool
is_large(const Model *model)
{
	return bolt_check_rows(model) >= LARGE_TABLE;
}

static int64
bound(const JsonValue *literal)
{
	return literal != NULL ? strtoll(literal->text, NULL, 10) : 0;
}

/* ----------
 * Relations
 * ----------
 */

/* The relation that leads to the queryset, then those that its paths follow. */
static List *
relations_of(const CheckedQueryset *checked)
{
	FollowedRelation *own;

	if (checked->root)
		return checked->followed;
	own = palloc(sizeof(FollowedRelation));
	own->path = checked->path;
	own->relation = checked->branch->relation;
	return lcons(own, list_copy(checked->followed));
}

/* Which path it was, where the finding does not begin with that anyway */
static char *
asked_by(const CheckRun *run, const FollowedRelation *followed)
{
	return followed->path == run->checked->path ? "" : psprintf(", which \"%s\" follows", followed->path);
}

static void
check_relation_key(CheckRun *run, const FollowedRelation *followed, Oid table, int n,
				   const AttrNumber *columns)
{
	const Model *model = bolt_model_by_oid(table);

	if (!has_indexes(model) || bolt_check_key_indexed(model, n, columns))
		return;
	find(run,
		 psprintf("no index serves the look-up of \"%s\" by (%s)%s", model->name,
				  column_list(model, n, columns, false), asked_by(run, followed)),
		 index_hint(model, "", column_list(model, n, columns, true)));
}

/* Is the path a condition's whose rows an index finds from the other end? */
static bool
is_found_backwards(const CheckedQueryset *checked, const FollowedRelation *followed)
{
	ListCell *lc;

	foreach(lc, checked->conditions)
	{
		const CheckedCondition *condition = lfirst(lc);

		if (condition->q->path == followed->path)
			return condition->required && bolt_check_condition_indexed(checked, condition) &&
				bolt_check_unindexed_join(checked, condition->table) == NULL;
	}
	return false;
}

static void
relation_without_index(CheckRun *run, const CheckedQueryset *checked)
{
	ListCell *lc;

	foreach(lc, relations_of(checked))
	{
		const FollowedRelation *followed = lfirst(lc);
		const ModelRelation *relation = followed->relation;

		if (is_found_backwards(checked, followed))
			continue;
		if (relation->kind == RELATION_MANY_TO_MANY)
			check_relation_key(run, followed, relation->through, relation->nfields,
							   relation->through_source_fields);
		check_relation_key(run, followed, relation->target, relation->ntarget_fields,
						   relation->target_fields);
	}
}

static void
opaque_relation(CheckRun *run, const CheckedQueryset *checked)
{
	ListCell *lc;

	foreach(lc, relations_of(checked))
	{
		const FollowedRelation *followed = lfirst(lc);
		Oid tables[] = {followed->relation->target, followed->relation->through};

		for (int i = 0; i < lengthof(tables) && OidIsValid(tables[i]); i++)
		{
			const Model *model = bolt_model_by_oid(tables[i]);

			if (model->relkind == RELKIND_VIEW)
				find(run, psprintf("relation to the view \"%s\"%s", model->name, asked_by(run, followed)),
					 psprintf("See in bolt.explain whether the query of view \"%s\" finds rows by their key; "
							  "a materialized view can have an index.",
							  model->name));
			else if (model->relkind == RELKIND_FOREIGN_TABLE)
				find(run,
					 psprintf("relation to the foreign table \"%s\"%s", model->name, asked_by(run, followed)),
					 psprintf(
						 "See in bolt.explain whether the remote server of foreign table \"%s\" is sent the "
						 "keys and has an index for them.",
						 model->name));
		}
	}
}

/* How many objects of a relation one parent has on the average; -1: not known */
static double
average_children(const ModelRelation *relation)
{
	bool many = relation->kind == RELATION_MANY_TO_MANY;
	const Model *model = bolt_model_by_oid(many ? relation->through : relation->target);
	const AttrNumber *columns = many ? relation->through_source_fields : relation->target_fields;
	double parents = -1;

	for (int i = 0; i < relation->nfields; i++)
		parents =
			Max(parents, bolt_check_distinct_values(model, bolt_model_field_by_attnum(model, columns[i])));
	return parents > 0 ? bolt_check_rows(model) / parents : -1;
}

static void
unbounded_relation(CheckRun *run, const CheckedQueryset *checked)
{
	const QuerySet *queryset = checked->queryset;
	double average;

	if (!checked->to_many || (queryset != NULL && (queryset->limit != NULL || checked->conditions != NIL)))
		return;
	average = average_children(checked->branch->relation);
	if (average >= MANY_CHILDREN)
		find(run, psprintf("no limit, and a parent has about %.0f objects on the average", average),
			 psprintf("Give \"%s\" a queryset with an \"order_by\" and a \"limit\", which counts per parent.",
					  checked->path));
}

/* ----------
 * Filters
 * ----------
 */

/* What a text lookup is made of, as a key of an index */
static char *
text_key(const CheckedCondition *condition)
{
	const Field *field = condition->fields[0];
	const char *name = quote_identifier(field->name);
	Oid type = getBaseType(field->type);
	bool cast = type != TEXTOID && type != VARCHAROID;

	if (condition->need.upper)
		return psprintf(cast ? "upper(%s::text)" : "upper(%s)", name);
	return psprintf(cast ? "(%s::text)" : "%s", name);
}

static char *
trigram_hint(const CheckedCondition *condition)
{
	Oid schema = bolt_extension_schema("pg_trgm");
	char *hint;

	if (OidIsValid(schema))
		return index_hint(condition->table->model, " USING gin",
						  psprintf("%s %s.gin_trgm_ops", text_key(condition),
								   quote_identifier(get_namespace_name(schema))));
	hint =
		index_hint(condition->table->model, " USING gin", psprintf("%s gin_trgm_ops", text_key(condition)));
	return psprintf("Create the extension pg_trgm and an index: CREATE EXTENSION pg_trgm; %s",
					hint + strlen("Create an index: "));
}

static char *
pattern_hint(const CheckedCondition *condition)
{
	const Model *model = condition->table->model;
	const LookupNeed *need = &condition->need;

	if (need->transformed || bolt_type_class(condition->fields[0]->type) != CLASS_TEXT)
		return psprintf(
			"Filter by a further condition that an index serves: no index on \"%s\" serves \"%s\".",
			condition->fields[0]->name, condition->path->text);
	if (strcmp(need->opname, "@@") == 0)
		return psprintf(
			"Keep a column of type tsvector that is generated from \"%s\", with a GIN index, and search that.",
			condition->fields[0]->name);
	if (strcmp(need->opname, "=") == 0)
		return index_hint(model, "", text_key(condition));
	if (need->prefix)
		return index_hint(model, "", psprintf("%s text_pattern_ops", text_key(condition)));
	return trigram_hint(condition);
}

static void
pattern_without_index(CheckRun *run, const CheckedQueryset *checked)
{
	ListCell *lc;

	if (!checked->root || checked->served)
		return;
	foreach(lc, checked->conditions)
	{
		const CheckedCondition *condition = lfirst(lc);

		if (!condition->positive || !condition->constant || !condition->need.text ||
			condition->need.opname == NULL || !has_indexes(condition->table->model) ||
			bolt_check_condition_indexed(checked, condition))
			continue;
		find(run, psprintf("no index serves \"%s\"", condition->path->text), pattern_hint(condition));
	}
}

/* Would an index on the condition's column leave out most of the rows? */
static bool
is_selective(const CheckedCondition *condition)
{
	double distinct;

	if (!condition->required || !condition->constant || condition->need.text ||
		condition->need.opname == NULL || condition->fields[0]->type == BOOLOID)
		return false;
	distinct = bolt_check_distinct_values(condition->table->model, condition->fields[0]);
	return distinct < 0 || distinct > FEW_VALUES;
}

static bool
is_comparison(const char *opname)
{
	return strspn(opname, "<=>") == strlen(opname) && strcmp(opname, "<<") != 0 && strcmp(opname, ">>") != 0;
}

static char *
column_hint(const CheckedCondition *condition)
{
	const Model *model = condition->table->model;
	const char *name = quote_identifier(condition->fields[0]->name);
	AttrNumber columns[INDEX_MAX_KEYS];
	bool comparison = is_comparison(condition->need.opname) && !condition->need.transformed;

	switch (comparison ? CLASS_OTHER : bolt_type_class(condition->fields[0]->type))
	{
		case CLASS_ARRAY:
		case CLASS_JSON:
		case CLASS_HSTORE:
		case CLASS_TSVECTOR:
			if (condition->need.transformed)
				return psprintf(
					"Filter by the whole of \"%s\" with \"contains\", and create a GIN index on it.",
					condition->fields[0]->name);
			if (condition->fields[0]->type == JSONOID)
				return psprintf("Make \"%s\" a column of type jsonb, and create a GIN index on it.",
								condition->fields[0]->name);
			return index_hint(model, " USING gin", name);
		case CLASS_RANGE:
			if (!condition->need.transformed)
				return index_hint(model, " USING gist", name);
			break;
		case CLASS_DATETIME:
		case CLASS_DATE:
			return psprintf("Filter by a \"range\" of \"%s\" as well, which an index on it serves.",
							condition->fields[0]->name);
		default:
			break;
	}
	if (condition->need.transformed)
		return psprintf("Create an index on the expression that \"%s\" compares.", condition->path->text);
	for (int i = 0; i < condition->nfields; i++)
		columns[i] = condition->fields[i]->attnum;
	return index_hint(model, "", column_list(model, condition->nfields, columns, true));
}

/*
 * What keeps an index from finding the rows by a condition: none on its column,
 * where that table is large, or none that leads back from there.
 */
static char *
missing_index(const CheckedQueryset *checked, const CheckedCondition *condition)
{
	const JoinedTable *join = bolt_check_unindexed_join(checked, condition->table);

	if (join != NULL && has_indexes(join->near_model))
		return index_hint(join->near_model, "",
						  column_list(join->near_model, join->nfields, join->near_fields, true));
	if (is_large(condition->table->model) && has_indexes(condition->table->model) &&
		!bolt_check_condition_indexed(checked, condition))
		return column_hint(condition);
	return NULL;
}

static void
filter_without_index(CheckRun *run, const CheckedQueryset *checked)
{
	ListCell *lc;

	if (!checked->root || checked->served || !has_indexes(checked->model) || !is_large(checked->model))
		return;
	foreach(lc, checked->conditions)
	{
		const CheckedCondition *condition = lfirst(lc);
		char *hint = is_selective(condition) ? missing_index(checked, condition) : NULL;

		if (hint == NULL)
			continue;
		find(run,
			 psprintf("no index serves the filter by \"%s\", and the table has about %.0f rows",
					  condition->path->text, bolt_check_rows(checked->model)),
			 hint);
		return;
	}
}

static void
or_across_tables(CheckRun *run, const CheckedQueryset *checked)
{
	if (checked->root && !checked->served && is_large(checked->model) && bolt_check_or_across_tables(checked))
		find(
			run, "an OR of conditions on several tables, which their indexes do not serve together",
			psprintf(
				"Ask for the objects of model \"%s\" by each condition of the OR by itself, and unite the results.",
				checked->model->name));
}

/* ----------
 * Order and slice
 * ----------
 */
static bool
is_sliced(const CheckedQueryset *checked)
{
	return checked->queryset != NULL &&
		(checked->queryset->limit != NULL || checked->queryset->offset != NULL);
}

/* The column of the queryset's own table that an ORDER BY expression is, or NULL */
static const Field *
order_field(const CheckedQueryset *checked, const OrderExpression *order)
{
	int alias = bolt_base_alias(checked->text.select);

	for (int i = 0; i < checked->model->nfields; i++)
	{
		if (strcmp(order->text, bolt_column_text(alias, &checked->model->fields[i])) == 0)
			return &checked->model->fields[i];
	}
	return NULL;
}

static bool
is_random(const CheckedQueryset *checked)
{
	ListCell *lc;

	foreach(lc, checked->text.order)
	{
		if (strcmp(((OrderExpression *) lfirst(lc))->text, "pg_catalog.random()") == 0)
			return true;
	}
	return false;
}

/* The first of the order's expressions that is not the same in all rows, or NULL */
static const OrderExpression *
leading_order(const CheckedQueryset *checked, const KnownColumns *known)
{
	ListCell *lc;

	foreach(lc, checked->text.order)
	{
		const Field *field = order_field(checked, lfirst(lc));

		if (field == NULL || !bms_is_member(field->attnum, known->equal))
			return lfirst(lc);
	}
	return NULL;
}

/* The key that a prefetch looks rows up by, then the columns of the order */
static char *
order_hint(const CheckedQueryset *checked)
{
	const ModelRelation *relation = checked->branch->relation;
	StringInfoData keys;
	int nkeys = 0;
	ListCell *lc;

	initStringInfo(&keys);
	if (relation != NULL)
	{
		nkeys = relation->ntarget_fields;
		appendStringInfoString(&keys, column_list(checked->model, nkeys, relation->target_fields, true));
	}
	foreach(lc, checked->text.order)
	{
		const OrderExpression *order = lfirst(lc);
		const Field *field = order_field(checked, order);

		if (field == NULL || foreach_current_index(lc) >= INDEX_COLUMNS)
			break;
		appendStringInfo(&keys, "%s%s%s", nkeys++ > 0 ? ", " : "", quote_identifier(field->name),
						 order->descending ? " DESC" : "");
		if (order->nulls != NULLS_DEFAULT_ORDER)
			appendStringInfoString(&keys, order->nulls == NULLS_FIRST_ORDER ? " NULLS FIRST" : " NULLS LAST");
	}
	return index_hint(checked->model, "", keys.data);
}

static void
order_without_index(CheckRun *run, const CheckedQueryset *checked)
{
	const QuerySet *queryset = checked->queryset;
	KnownColumns known = bolt_check_known_columns(checked, bolt_check_base(checked));
	const OrderExpression *order = leading_order(checked, &known);
	const Field *field = order != NULL ? order_field(checked, order) : NULL;

	if (queryset == NULL || queryset->limit == NULL || order == NULL || queryset->distinct ||
		queryset->group_by_values || is_random(checked) || !has_indexes(checked->model) ||
		!is_large(checked->model))
		return;
	if (checked->root ? checked->served :
						checked->branch->relation->kind != RELATION_ONE_TO_MANY ||
				average_children(checked->branch->relation) < MANY_CHILDREN)
		return;
	if (field == NULL)
		find(run, "the order by an expression or by another table's column sorts all rows before the limit",
			 psprintf("Order by columns of model \"%s\" itself, which an index can serve.",
					  checked->model->name));
	else if (!bolt_check_order_indexed(checked->model, field, order->descending, order->nulls, &known))
		find(run,
			 psprintf("no index serves the order by \"%s\", and all rows are sorted before the limit",
					  field->name),
			 order_hint(checked));
}

static void
random_order(CheckRun *run, const CheckedQueryset *checked)
{
	if (is_random(checked) && !checked->served)
		find(run, "order_by \"?\" reads and sorts all rows",
			 checked->root ?
				 "Choose random primary keys in the application, and filter by \"pk__in\"." :
				 psprintf(
					 "Give the queryset of \"%s\" another order, or shuffle its objects in the application.",
					 checked->path));
}

static void
unordered_slice(CheckRun *run, const CheckedQueryset *checked)
{
	KnownColumns known = bolt_check_known_columns(checked, bolt_check_base(checked));

	if (!is_sliced(checked) || checked->text.order != NIL || bolt_check_unique(checked->model, known.equal))
		return;
	find(
		run, "a slice without an order: which rows are in it may change from call to call",
		psprintf(
			"Give the queryset of model \"%s\" an \"order_by\" that ends with the primary key, or register an "
			"ordering with bolt.register_model.",
			checked->model->name));
}

static void
deep_offset(CheckRun *run, const CheckedQueryset *checked)
{
	int64 offset = checked->queryset != NULL ? bound(checked->queryset->offset) : 0;

	if (offset > DEEP_OFFSET)
		find(run, psprintf("an offset of " INT64_FORMAT " reads as many rows and throws them away", offset),
			 checked->root ?
				 "Use bolt.cursor_page, which goes on behind the last row of the page before." :
				 psprintf("Filter the queryset of \"%s\" by what the last object seen was ordered by.",
						  checked->path));
}

static void
no_limit(CheckRun *run, const CheckedQueryset *checked)
{
	if (!checked->root || checked->queryset->limit != NULL || !is_large(checked->model) ||
		checked->expected_rows < LARGE_TABLE)
		return;
	find(run, psprintf("no limit, and the table has about %.0f rows", bolt_check_rows(checked->model)),
		 "Give the queryset a \"limit\", or read it page by page with bolt.page or bolt.cursor_page.");
}

/* ----------
 * Distinct
 * ----------
 */
static bool
is_wide(const Model *model, const Field *field)
{
	switch (bolt_type_class(field->type))
	{
		case CLASS_ARRAY:
		case CLASS_JSON:
		case CLASS_HSTORE:
		case CLASS_TSVECTOR:
			return true;
		default:
			return bolt_check_average_width(model, field) >= WIDE_COLUMN;
	}
}

/* A wide column among those that DISTINCT compares, or NULL */
static const Field *
wide_column(const CheckedQueryset *checked)
{
	const QuerySet *queryset = checked->queryset;
	const Model *model = checked->model;
	ListCell *lc;

	for (int i = 0; i < model->nfields && queryset->values == NIL; i++)
	{
		if ((checked->branch->loaded == NULL || checked->branch->loaded[i]) &&
			is_wide(model, &model->fields[i]))
			return &model->fields[i];
	}
	foreach(lc, queryset->values)
	{
		const PathTerm *term = lfirst(lc);
		const FieldPath *path = bolt_parse_select_path(checked->text.select, term->path, term->value);

		if (path->annotation == NULL && path->rest == NIL && is_wide(path->model, path->fields[0]))
			return path->fields[0];
	}
	return NULL;
}

static void
wide_distinct(CheckRun *run, const CheckedQueryset *checked)
{
	const QuerySet *queryset = checked->queryset;
	const Field *field;

	if (queryset == NULL || !queryset->distinct || queryset->distinct_on != NIL ||
		(queryset->values_kind == VALUES_NONE && checked->model->primary_key_constraint))
		return;
	field = wide_column(checked);
	if (field != NULL)
		find(
			run, psprintf("distinct compares whole rows, the wide column \"%s\" included", field->name),
			queryset->values_kind == VALUES_NONE ?
				psprintf(
					"Give the table of model \"%s\" a primary key, by which objects are told apart, or leave \"%s\" out "
					"with \"defer\".",
					checked->model->name, field->name) :
				psprintf("Leave \"%s\" out of the values.", field->name));
}

static void
needless_distinct(CheckRun *run, const CheckedQueryset *checked)
{
	const QuerySet *queryset = checked->queryset;
	ListCell *lc;

	if (queryset == NULL || !queryset->distinct || queryset->distinct_on != NIL ||
		queryset->values_kind != VALUES_NONE || checked->model->nprimary_key == 0)
		return;
	foreach(lc, checked->followed)
	{
		if (!relation_is_to_one(((FollowedRelation *) lfirst(lc))->relation))
			return;
	}
	find(run, "distinct, though no path leads through a relation to many objects",
		 psprintf("Leave \"distinct\" out: no object of model \"%s\" comes twice.", checked->model->name));
}

/* ----------
 * Statistics
 * ----------
 */
static void
check_statistics(CheckRun *run, const Model *model)
{
	if (bolt_check_never_analyzed(model))
		find(run, psprintf("table \"%s\" has no statistics", model->table),
			 psprintf("Have it analyzed: ANALYZE %s;", bolt_model_sql_name(model)));
}

static void
missing_statistics(CheckRun *run, const CheckedQueryset *checked)
{
	ListCell *lc;

	check_statistics(run, checked->model);
	foreach(lc, relations_of(checked))
	{
		const ModelRelation *relation = ((FollowedRelation *) lfirst(lc))->relation;

		if (OidIsValid(relation->through))
			check_statistics(run, bolt_model_by_oid(relation->through));
		check_statistics(run, bolt_model_by_oid(relation->target));
	}
}

/* ---------- */

/* In the order of what they find: what weighs most comes first. */
static const CheckRule rules[] = {
	{"relation_without_index", "warning", relation_without_index},
	{"filter_without_index", "warning", filter_without_index},
	{"pattern_without_index", "warning", pattern_without_index},
	{"or_across_tables", "warning", or_across_tables},
	{"order_without_index", "warning", order_without_index},
	{"random_order", "warning", random_order},
	{"deep_offset", "warning", deep_offset},
	{"unordered_slice", "warning", unordered_slice},
	{"no_limit", "notice", no_limit},
	{"unbounded_relation", "notice", unbounded_relation},
	{"wide_distinct", "notice", wide_distinct},
	{"needless_distinct", "notice", needless_distinct},
	{"opaque_relation", "notice", opaque_relation},
	{"missing_statistics", "notice", missing_statistics},
};

List *
bolt_check_run_rules(List *querysets)
{
	CheckRun run = {0};

	for (int i = 0; i < lengthof(rules); i++)
	{
		ListCell *lc;

		run.rule = &rules[i];
		foreach(lc, querysets)
		{
			CHECK_FOR_INTERRUPTS();
			run.checked = lfirst(lc);
			rules[i].check(&run, lfirst(lc));
		}
	}
	return run.findings;
}
