/*-------------------------------------------------------------------------
 *
 * lookup.c
 *	  Lookups: the SQL of a comparison between a path's columns and a literal.
 *
 * A lookup is a row of the table lookups[]: its name, the function that writes
 * it, and what that function needs to know.  Adding one is adding a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "error.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct Lookup Lookup;

/* A lookup being written. */
typedef struct LookupContext
{
	const Lookup *lookup;
	Select	   *select;
	const FieldPath *path;
	const Column *columns;		/* path->nfields of them */
	const JsonValue *value;
} LookupContext;

typedef void (*LookupFunction) (StringInfo sql, LookupContext *context);

struct Lookup
{
	const char *name;
	LookupFunction append;
	bool		on_relations;	/* may follow a relation's name */
	bool		on_composite;	/* may follow a key of several columns */
	int			strategy;		/* comparisons: btree strategy */
	const char *operator;		/* texts: the operator … */
	bool		upper;			/* … between upper-cased texts */
	BindFunction bind;
};

static void
append_operand(StringInfo sql, const Column *column)
{
	bolt_append_column(sql, column->alias, column->field->name);
}

static int
add_value(LookupContext *context, Oid type, BindFunction bind)
{
	return bolt_add_value(context->select->statement, type, -1, bind, context->value,
						  context->lookup->name);
}

/* The last parameter takes member of the literal's members. */
static void
set_member(LookupContext *context, int member, int members)
{
	StatementParam *param = llast(context->select->statement->params);

	param->member = member;
	param->members = members;
}

static const char *
comparison_operator(LookupContext *context, const Field *field, int strategy)
{
	const char *operator = bolt_operator(field->type, field->type, strategy);

	if (operator == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("lookup '%s' needs an operator that type %s of column \"%s\" does not have",
						context->lookup->name, format_type_be(field->type), field->name),
				 bolt_errdetail_at(context->value)));
	return operator;
}

/* A row in which any of a key's columns is null refers to nothing. */
static void
append_null_test(StringInfo sql, LookupContext *context, bool is_null)
{
	appendStringInfoChar(sql, '(');
	for (int i = 0; i < context->path->nfields; i++)
	{
		if (i > 0)
			appendStringInfoString(sql, is_null ? " OR " : " AND ");
		append_operand(sql, &context->columns[i]);
		appendStringInfoString(sql, is_null ? " IS NULL" : " IS NOT NULL");
	}
	appendStringInfoChar(sql, ')');
}

static void
append_isnull(StringInfo sql, LookupContext *context)
{
	append_null_test(sql, context, context->value->kind == JSON_TRUE);
}

/* column operator $n */
static void
append_one_comparison(StringInfo sql, LookupContext *context, int column, int strategy, int param)
{
	append_operand(sql, &context->columns[column]);
	appendStringInfo(sql, " %s $%d",
					 comparison_operator(context, context->columns[column].field, strategy), param);
}

/* exact, gt, gte, lt, lte */
static void
append_comparison(StringInfo sql, LookupContext *context)
{
	int			n = context->path->nfields;

	if (context->lookup->strategy == BTEqualStrategyNumber && context->value->kind == JSON_NULL)
	{
		append_null_test(sql, context, true);
		return;
	}
	for (int i = 0; i < n; i++)
	{
		Oid			type = bolt_comparison_type(context->columns[i].field->type);
		int			param = add_value(context, type, n == 1 ? bolt_bind_scalar : bolt_bind_member);

		set_member(context, i, n);
		if (i > 0)
			appendStringInfoString(sql, " AND ");
		append_one_comparison(sql, context, i, context->lookup->strategy, param);
	}
}

static void
append_range(StringInfo sql, LookupContext *context)
{
	Oid			type = bolt_comparison_type(context->columns[0].field->type);

	for (int i = 0; i < 2; i++)
	{
		int			param = add_value(context, type, bolt_bind_member);

		set_member(context, i, 2);
		if (i > 0)
			appendStringInfoString(sql, " AND ");
		append_one_comparison(sql, context, 0,
							  i == 0 ? BTGreaterEqualStrategyNumber : BTLessEqualStrategyNumber, param);
	}
}

/* (t0.a, t0.b) among the pairs that two arrays make */
static void
append_composite_in(StringInfo sql, LookupContext *context)
{
	int			n = context->path->nfields;
	int			first = list_length(context->select->statement->params) + 1;

	for (int i = 0; i < n; i++)
	{
		add_value(context, bolt_comparison_type(context->columns[i].field->type), bolt_bind_member_column);
		set_member(context, i, n);
	}
	appendStringInfoString(sql, "EXISTS (SELECT 1 FROM ");
	bolt_append_unnest(sql, first, n, "v");
	appendStringInfoString(sql, " WHERE ");
	for (int i = 0; i < n; i++)
	{
		const Column *column = &context->columns[i];

		appendStringInfo(sql, "%sv.c%d %s ", i > 0 ? " AND " : "", i + 1,
						 comparison_operator(context, column->field, BTEqualStrategyNumber));
		append_operand(sql, column);
	}
	appendStringInfoChar(sql, ')');
}

static void
append_in(StringInfo sql, LookupContext *context)
{
	const Column *column = &context->columns[0];
	Oid			type = bolt_comparison_type(column->field->type);
	const char *operator;

	if (context->value->kind != JSON_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup 'in' needs an array, not %s", bolt_json_kind_name(context->value->kind)),
				 bolt_errdetail_at(context->value)));
	if (context->path->nfields > 1)
	{
		append_composite_in(sql, context);
		return;
	}
	operator = comparison_operator(context, column->field, BTEqualStrategyNumber);
	append_operand(sql, column);
	if (!OidIsValid(get_element_type(type)))
	{
		appendStringInfo(sql, " %s ANY ($%d)", operator, add_value(context, type, bolt_bind_array));
		return;
	}

	/* an array of arrays would be one of two dimensions: cast each of them */
	appendStringInfo(sql, " %s ANY (SELECT v::", operator);
	bolt_append_type(sql, type, -1);
	appendStringInfo(sql, " FROM pg_catalog.unnest($%d) AS v)", add_value(context, type, bolt_bind_array_texts));
	((StatementParam *) llast(context->select->statement->params))->type = TEXTARRAYOID;
}

static void
append_as_text(StringInfo sql, const Column *column)
{
	Oid			type = getBaseType(column->field->type);

	append_operand(sql, column);
	if (type != TEXTOID && type != VARCHAROID)
		appendStringInfoString(sql, "::pg_catalog.text");
}

/* iexact, contains, startswith, endswith, regex and their i… forms */
static void
append_text(StringInfo sql, LookupContext *context)
{
	const Lookup *lookup = context->lookup;
	int			param;

	if (lookup->strategy == BTEqualStrategyNumber && context->value->kind == JSON_NULL)
	{
		append_null_test(sql, context, true);
		return;
	}
	param = add_value(context, TEXTOID, lookup->bind);
	context->select->statement->value_dependent = true;
	if (lookup->upper)
		appendStringInfoString(sql, "pg_catalog.upper(");
	append_as_text(sql, &context->columns[0]);
	if (lookup->upper)
		appendStringInfo(sql, ") OPERATOR(pg_catalog.%s) pg_catalog.upper($%d)", lookup->operator, param);
	else
		appendStringInfo(sql, " OPERATOR(pg_catalog.%s) $%d", lookup->operator, param);
}

static const Lookup lookups[] = {
	{"exact", append_comparison, true, true, .strategy = BTEqualStrategyNumber},
	{"iexact", append_text, .operator = "=", .upper = true, .bind = bolt_bind_scalar, .strategy = BTEqualStrategyNumber},
	{"contains", append_text, .operator = "~~", .bind = bolt_bind_contains},
	{"icontains", append_text, .operator = "~~", .upper = true, .bind = bolt_bind_contains},
	{"startswith", append_text, .operator = "~~", .bind = bolt_bind_startswith},
	{"istartswith", append_text, .operator = "~~", .upper = true, .bind = bolt_bind_startswith},
	{"endswith", append_text, .operator = "~~", .bind = bolt_bind_endswith},
	{"iendswith", append_text, .operator = "~~", .upper = true, .bind = bolt_bind_endswith},
	{"regex", append_text, .operator = "~", .bind = bolt_bind_scalar},
	{"iregex", append_text, .operator = "~*", .bind = bolt_bind_scalar},
	{"gt", append_comparison, true, false, .strategy = BTGreaterStrategyNumber},
	{"gte", append_comparison, true, false, .strategy = BTGreaterEqualStrategyNumber},
	{"lt", append_comparison, true, false, .strategy = BTLessStrategyNumber},
	{"lte", append_comparison, true, false, .strategy = BTLessEqualStrategyNumber},
	{"in", append_in, true, true},
	{"range", append_range},
	{"isnull", append_isnull, true, true}
};

static List *
lookup_choices(bool on_relations)
{
	List	   *choices = NIL;

	for (int i = 0; i < lengthof(lookups); i++)
	{
		if (!on_relations || lookups[i].on_relations)
			choices = lappend(choices, unconstify(char *, lookups[i].name));
	}
	return choices;
}

/* What follows the columns of a path must be one lookup; nothing means exact. */
static const Lookup *
find_lookup(const FieldPath *path)
{
	const char *name = path->rest == NIL ? "exact" : linitial(path->rest);
	const Lookup *lookup = NULL;

	for (int i = 0; i < lengthof(lookups) && lookup == NULL; i++)
	{
		if (strcmp(lookups[i].name, name) == 0)
			lookup = &lookups[i];
	}
	if (list_length(path->rest) > 1)
	{
		/* a lookup ends the path: report what stands behind or before it */
		if (lookup != NULL)
			name = lsecond(path->rest);
		lookup = NULL;
	}
	if (path->relation != NULL && (lookup == NULL || !lookup->on_relations))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("Related Field got invalid lookup: %s", name),
				 bolt_errdetail_at(path->value),
				 bolt_errhint_choices(list_concat(lookup_choices(true), bolt_model_choices(path->model)))));
	if (lookup == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("Unsupported lookup '%s' for %s or join on the field not permitted", name,
						bolt_field_display(path->model, path->fields[0])),
				 bolt_errdetail_at(path->value),
				 bolt_errhint_choices(lookup_choices(false))));
	if (path->nfields > 1 && !lookup->on_composite)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("lookup '%s' is not supported on a composite key", name),
				 bolt_errdetail_at(path->value)));
	return lookup;
}

/* Is it met by null: isnull, or exact of a null? */
bool
bolt_path_is_isnull(const FieldPath *path, const JsonValue *value)
{
	const char *name = path->rest == NIL ? "exact" : linitial(path->rest);

	if (list_length(path->rest) > 1)
		return false;
	if (value->kind == JSON_NULL)
		return strcmp(name, "exact") == 0 || strcmp(name, "iexact") == 0;
	return value->kind == JSON_TRUE && strcmp(name, "isnull") == 0;
}

/*
 * The condition that path's lookup makes of its columns and a literal.
 *
 * two_valued: it stands under a negation and must not be null, so that a
 * negated comparison keeps the rows whose column is null.
 * Errors: 42703 unknown lookup, 22023 wrong kind of value, 42883 no operator.
 */
void
bolt_append_lookup(StringInfo sql, Select *select, const FieldPath *path,
				   const Column *columns, const JsonValue *value, bool two_valued)
{
	LookupContext context = {
		.lookup = find_lookup(path),
		.select = select,
		.path = path,
		.columns = columns,
		.value = value
	};
	bool		nullable = false;

	for (int i = 0; i < path->nfields; i++)
		nullable |= columns[i].nullable;
	nullable &= context.lookup->append != append_isnull;

	appendStringInfoChar(sql, '(');
	context.lookup->append(sql, &context);
	appendStringInfoString(sql, two_valued && nullable ? ") IS TRUE" : ")");
}
