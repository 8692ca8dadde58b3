/*-------------------------------------------------------------------------
 *
 * lookup.c
 *	  Lookups: the SQL of a comparison between a path's operands and a value.
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
#include "document.h"
#include "error.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct Lookup Lookup;

/* A lookup being written. */
typedef struct LookupContext
{
	const Lookup *lookup;
	Select *select;
	const FieldPath *path;
	const Operand *operands;
	int noperands;
	const JsonValue *value;		  /* what it is compared with … */
	const Expression *expression; /* … where that is no literal */
	List *expressions;			  /* … or a list in which not all are */
	Oid expression_type;		  /* of the expression, once it is written; InvalidOid: not known */
	bool null_result;			  /* may be null */
} LookupContext;

typedef void (*LookupFunction)(StringInfo sql, LookupContext *context);

struct Lookup
{
	const char *name;
	LookupFunction append;
	bool on_relations;	/* may follow a relation's name */
	bool on_composite;	/* may follow a key of several columns */
	TypeClass class;	/* of the operand; CLASS_UNKNOWN: any */
	int strategy;		/* comparisons: btree strategy */
	const char *opname; /* others: the operator … */
	bool upper;			/* … between upper-cased texts */
	BindFunction bind;
	Oid type; /* of the value, where it is not the operand's */
};

static void
refuse_window(const Select *select, const Operand *operand, const JsonValue *value)
{
	if (operand->window && select->windows_stand == WINDOWS_REFUSED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Window expressions are not allowed in this query"), bolt_errdetail_at(value),
				 errhint("What is compared in an EXISTS or an aggregate cannot be a window.")));
}

/* The value as $n, or as the expression that it is. */
static const char *
value_sql(LookupContext *context, Oid type, BindFunction bind)
{
	Operand operand;

	if (context->expression == NULL)
		return psprintf("$%d",
						bolt_add_value(context->select->statement, type, -1, bind, context->value,
									   context->lookup->name));
	bolt_expression(context->select, context->select->origin, context->expression, &operand);
	refuse_window(context->select, &operand, context->value);
	context->null_result |= operand.nullable;
	context->expression_type = operand.type;
	return operand.sql;
}

/* The parameter that value_sql has added for a literal takes member of its members. */
static void
set_member(LookupContext *context, int member, int members)
{
	StatementParam *param;

	Assert(context->expression == NULL);
	param = llast(context->select->statement->params);

	param->member = member;
	param->members = members;
}

static Oid
value_type(const Operand *operand)
{
	return OidIsValid(operand->type) ? bolt_comparison_type(operand->type) : InvalidOid;
}

static void
refuse_no_operator(const LookupContext *context, const Operand *operand, int strategy)
{
	if (OidIsValid(operand->type) && bolt_operator(operand->type, operand->type, strategy) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("lookup '%s' needs an operator that type %s of %s does not have",
						context->lookup->name, format_type_be(operand->type), operand->display),
				 bolt_errdetail_at(context->value)));
}

/* The operator between an operand and the value; of an expression, whose type is other, where that is known. */
static const char *
comparison_operator(const LookupContext *context, const Operand *operand, Oid other, int strategy)
{
	refuse_no_operator(context, operand, strategy);
	return bolt_expression_operator(operand->type, other, strategy);
}

/* operand = value, or other comparisons, with a value whose type is other, where that is known */
static void
append_compared(StringInfo sql, LookupContext *context, const Operand *operand, const char *value, Oid other,
				int strategy)
{
	refuse_no_operator(context, operand, strategy);
	appendStringInfoString(sql, bolt_comparison(operand->sql, operand->type, value, other, strategy));
}

/* A text or null that an annotation gave, whose type is nobody's concern yet */
static bool
is_untyped_value(const Operand *operand)
{
	return !OidIsValid(operand->type) && operand->sql[0] == '$' &&
		strspn(operand->sql + 1, "0123456789") == strlen(operand->sql + 1);
}

/*
 * A row in which any of a key's columns is null refers to nothing.
 *
 * PostgreSQL cannot tell the type of $1 IS NULL.  Whether a value is null is in the
 * document's shape, so that the answer is known here.
 */
static void
append_null_test(StringInfo sql, LookupContext *context, bool is_null)
{
	context->null_result = false;
	if (context->noperands == 1 && is_untyped_value(&context->operands[0]))
	{
		appendStringInfoString(sql, context->operands[0].nullable == is_null ? "TRUE" : "FALSE");
		return;
	}
	appendStringInfoChar(sql, '(');
	for (int i = 0; i < context->noperands; i++)
	{
		if (i > 0)
			appendStringInfoString(sql, is_null ? " OR " : " AND ");
		bolt_append_null_test(sql, context->operands[i].sql, context->operands[i].type, is_null);
	}
	appendStringInfoChar(sql, ')');
}

static void
append_isnull(StringInfo sql, LookupContext *context)
{
	append_null_test(sql, context, context->value->kind == JSON_TRUE);
}

static bool
is_exact_null(const LookupContext *context)
{
	return context->lookup->strategy == BTEqualStrategyNumber && context->expression == NULL &&
		context->value->kind == JSON_NULL;
}

/* How a single value of an operand's type is read */
static BindFunction
scalar_bind(const Operand *operand)
{
	return bolt_type_class(operand->type) == CLASS_HSTORE ? bolt_bind_hstore : bolt_bind_scalar;
}

/* exact, gt, gte, lt, lte */
static void
append_comparison(StringInfo sql, LookupContext *context)
{
	int n = context->noperands;

	if (is_exact_null(context))
	{
		append_null_test(sql, context, true);
		return;
	}
	if (n > 1 && context->expression != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a composite key cannot be compared with one expression"),
				 bolt_errdetail_at(context->value),
				 errhint("Compare each column of the key with an expression of its own.")));
	for (int i = 0; i < n; i++)
	{
		const Operand *operand = &context->operands[i];
		const char *value;

		value = value_sql(context, value_type(operand), n > 1 ? bolt_bind_member : scalar_bind(operand));
		if (n > 1)
			set_member(context, i, n);
		appendStringInfoString(sql, i > 0 ? " AND " : "");
		append_compared(sql, context, operand, value, context->expression_type, context->lookup->strategy);
	}
}

static void
refuse_expression(const LookupContext *context)
{
	if (context->expression != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup '%s' does not take an expression", context->lookup->name),
				 bolt_errdetail_at(context->value)));
}

/*
 * The operand compared with a member of a list of expressions, which stands in the value's place.  IN, BETWEEN and their like
 * would look their operators up along the search path.
 */
static void
append_member_comparison(StringInfo sql, LookupContext *context, const Expression *member, int strategy)
{
	const Operand *operand = &context->operands[0];
	Operand value;

	bolt_expression(context->select, context->select->origin, member, &value);
	refuse_window(context->select, &value, context->value);
	context->null_result |= value.nullable;
	append_compared(sql, context, operand, value.sql, value.type, strategy);
	bolt_limit_sql(sql->len);
}

static void
append_range(StringInfo sql, LookupContext *context)
{
	const Operand *operand = &context->operands[0];

	refuse_expression(context);
	if (context->expressions != NIL && list_length(context->expressions) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup 'range' needs an array of 2 values"), bolt_errdetail_at(context->value)));
	if (context->expressions != NIL)
	{
		append_member_comparison(sql, context, linitial(context->expressions), BTGreaterEqualStrategyNumber);
		appendStringInfoString(sql, " AND ");
		append_member_comparison(sql, context, lsecond(context->expressions), BTLessEqualStrategyNumber);
		return;
	}
	for (int i = 0; i < 2; i++)
	{
		const char *value = value_sql(context, value_type(operand), bolt_bind_member);

		set_member(context, i, 2);
		appendStringInfoString(sql, i > 0 ? " AND " : "");
		append_compared(sql, context, operand, value, InvalidOid,
						i == 0 ? BTGreaterEqualStrategyNumber : BTLessEqualStrategyNumber);
	}
}

/* (t0.a, t0.b) among the pairs that two arrays make */
static void
append_composite_in(StringInfo sql, LookupContext *context)
{
	int n = context->noperands;
	int first = list_length(context->select->statement->params) + 1;
	Oid *types = palloc(sizeof(Oid) * n);

	for (int i = 0; i < n; i++)
	{
		types[i] = value_type(&context->operands[i]);
		value_sql(context, types[i], bolt_bind_member_column);
		set_member(context, i, n);
	}
	appendStringInfoString(sql, "EXISTS (SELECT 1 FROM ");
	bolt_append_unnest_params(sql, first, n, types, "v");
	appendStringInfoString(sql, " WHERE ");
	for (int i = 0; i < n; i++)
		appendStringInfo(sql, "%sv.c%d %s %s", i > 0 ? " AND " : "", i + 1,
						 comparison_operator(context, &context->operands[i], InvalidOid,
											 BTEqualStrategyNumber),
						 bolt_operand_text(context->operands[i].sql, context->operands[i].type));
	appendStringInfoChar(sql, ')');
}

static void
append_in_subquery(StringInfo sql, LookupContext *context, const char *subquery)
{
	const Operand *operand = &context->operands[0];
	Oid other = context->expression_type;
	bool same =
		OidIsValid(other) && OidIsValid(operand->type) && getBaseType(operand->type) == getBaseType(other);

	appendStringInfo(sql, "%s %s ANY ", bolt_operand_text(operand->sql, operand->type),
					 comparison_operator(context, operand, other, BTEqualStrategyNumber));
	if ((same || !OidIsValid(other)) && bolt_has_own_operators(operand->type))
		appendStringInfo(sql, "(SELECT %s FROM %s AS s (v))", bolt_operand_text("s.v", operand->type),
						 subquery);
	else
		appendStringInfoString(sql, subquery);
}

static void
append_in(StringInfo sql, LookupContext *context)
{
	const Operand *operand = &context->operands[0];
	Oid type = value_type(operand);
	const char *opname;

	if (context->expression != NULL && context->expression->kind == EXPRESSION_SUBQUERY &&
		context->noperands == 1)
	{
		append_in_subquery(sql, context, value_sql(context, InvalidOid, NULL));
		return;
	}
	refuse_expression(context);
	if (context->expressions != NIL && context->noperands > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("lookup 'in' does not take expressions for a composite key"),
				 bolt_errdetail_at(context->value)));
	if (context->expressions != NIL)
	{
		ListCell *lc;

		appendStringInfoChar(sql, '(');
		foreach(lc, context->expressions)
		{
			appendStringInfoString(sql, foreach_current_index(lc) > 0 ? " OR " : "");
			append_member_comparison(sql, context, lfirst(lc), BTEqualStrategyNumber);
		}
		appendStringInfoChar(sql, ')');
		return;
	}
	if (context->value->kind != JSON_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup 'in' needs an array, not %s", bolt_json_kind_name(context->value->kind)),
				 bolt_errdetail_at(context->value)));
	if (context->noperands > 1)
	{
		append_composite_in(sql, context);
		return;
	}
	opname = comparison_operator(context, operand, InvalidOid, BTEqualStrategyNumber);
	appendStringInfoString(sql, bolt_operand_text(operand->sql, operand->type));
	if (!OidIsValid(type) || !OidIsValid(get_element_type(type)))
	{
		appendStringInfo(sql, " %s ANY (%s)", opname, value_sql(context, type, bolt_bind_array));
		return;
	}

	/* an array of arrays would be one of two dimensions: cast each of them */
	appendStringInfo(sql, " %s ANY (SELECT v::", opname);
	bolt_append_type(sql, type, -1);
	appendStringInfo(sql, " FROM pg_catalog.unnest(%s) AS v)",
					 value_sql(context, type, bolt_bind_array_texts));
	((StatementParam *) llast(context->select->statement->params))->type = TEXTARRAYOID;
}

/* The operand as text; a json value as the text that it is, without quotes. */
static const char *
as_text(const Operand *operand)
{
	Oid type = OidIsValid(operand->type) ? getBaseType(operand->type) : InvalidOid;

	if (type == TEXTOID || type == VARCHAROID)
		return operand->sql;
	if (type == JSONBOID)
		return psprintf("(%s OPERATOR(pg_catalog.#>>) '{}')", operand->sql);
	return psprintf("(%s)::pg_catalog.text", operand->sql);
}

/* An expression's text between LIKE's wildcards, its own escaped */
static char *
pattern_of_expression(const char *value, BindFunction bind)
{
	char *escaped = psprintf("pg_catalog.replace(pg_catalog.replace(pg_catalog.replace("
							 "(%s)::pg_catalog.text, E'\\\\', E'\\\\\\\\'), '%%', E'\\\\%%'), '_', E'\\\\_')",
							 value);

	return psprintf("(%s%s%s)", bind == bolt_bind_startswith ? "" : "'%' OPERATOR(pg_catalog.||) ", escaped,
					bind == bolt_bind_endswith ? "" : " OPERATOR(pg_catalog.||) '%'");
}

/* iexact, contains, startswith, endswith, regex and their i… forms */
static void
append_text(StringInfo sql, LookupContext *context)
{
	const Lookup *lookup = context->lookup;
	const char *text = as_text(&context->operands[0]);
	const char *value;

	if (is_exact_null(context))
	{
		append_null_test(sql, context, true);
		return;
	}
	value = value_sql(context, TEXTOID, lookup->bind);
	if (context->expression != NULL)
		value = lookup->bind == bolt_bind_scalar ? psprintf("(%s)::pg_catalog.text", value) :
												   pattern_of_expression(value, lookup->bind);
	context->select->statement->value_dependent = true;
	appendStringInfo(sql,
					 lookup->upper ? "pg_catalog.upper(%s) OPERATOR(pg_catalog.%s) pg_catalog.upper(%s)" :
									 "%s OPERATOR(pg_catalog.%s) %s",
					 text, lookup->opname, value);
}

static char *
cast_to(const char *value, Oid type)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "(%s)::", value);
	bolt_append_type(&sql, type, -1);
	return sql.data;
}

/* contains, contained_by, overlap …: an operator between two of the operand's type */
static void
append_operator(StringInfo sql, LookupContext *context)
{
	const Lookup *lookup = context->lookup;
	const Operand *operand = &context->operands[0];
	Oid type = OidIsValid(lookup->type) ? lookup->type : getBaseType(operand->type);
	const char *cast = "";
	const char *value;

	if (getBaseType(operand->type) == JSONOID)
		cast = "::pg_catalog.jsonb";
	if (type == JSONOID)
		type = JSONBOID;
	if (type == TEXTARRAYOID && lookup->type == TEXTARRAYOID && context->expression == NULL &&
		context->value->kind != JSON_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup '%s' needs an array, not %s", lookup->name,
						bolt_json_kind_name(context->value->kind)),
				 bolt_errdetail_at(context->value)));
	value = value_sql(context, type, lookup->bind ? lookup->bind : bolt_bind_scalar);
	if (context->expression != NULL && bolt_has_own_operators(operand->type))
		value = cast_to(value, type);
	appendStringInfo(sql, "%s%s %s %s", bolt_operand_text(operand->sql, operand->type), cast,
					 bolt_type_operator(operand->type, lookup->opname), value);
}

/*
 * year: the days from one new year to another, which an index on the column
 * serves.  Other operands than plain dates and times are compared by number.
 */
static const char *
new_year(Oid type, const char *year, int add)
{
	const char *number = add ? psprintf("%s::pg_catalog.int4 OPERATOR(pg_catalog.+) 1", year) :
							   psprintf("%s::pg_catalog.int4", year);

	switch (getBaseType(type))
	{
		case DATEOID:
			return psprintf("pg_catalog.make_date(%s, 1, 1)", number);
		case TIMESTAMPOID:
			return psprintf("pg_catalog.make_timestamp(%s, 1, 1, 0, 0, 0)", number);
		default:
			return psprintf("pg_catalog.make_timestamptz(%s, 1, 1, 0, 0, 0)", number);
	}
}

static void
append_year(StringInfo sql, LookupContext *context)
{
	const Operand *operand = &context->operands[0];
	Oid type = operand->type;
	const char *year = value_sql(context, INT4OID, bolt_bind_scalar);
	const char *from = new_year(type, year, 0);
	const char *until = new_year(type, year, 1);

	switch (context->lookup->strategy)
	{
		case BTEqualStrategyNumber:
			appendStringInfo(sql, "%s OPERATOR(pg_catalog.>=) %s AND %s OPERATOR(pg_catalog.<) %s",
							 operand->sql, from, operand->sql, until);
			break;
		case BTGreaterStrategyNumber:
			appendStringInfo(sql, "%s OPERATOR(pg_catalog.>=) %s", operand->sql, until);
			break;
		case BTGreaterEqualStrategyNumber:
			appendStringInfo(sql, "%s OPERATOR(pg_catalog.>=) %s", operand->sql, from);
			break;
		case BTLessStrategyNumber:
			appendStringInfo(sql, "%s OPERATOR(pg_catalog.<) %s", operand->sql, from);
			break;
		default:
			appendStringInfo(sql, "%s OPERATOR(pg_catalog.<) %s", operand->sql, until);
			break;
	}
}

/* search: full text, as a document where the column is no tsvector */
static void
append_search(StringInfo sql, LookupContext *context)
{
	const Operand *operand = &context->operands[0];
	bool vector = bolt_type_class(operand->type) == CLASS_TSVECTOR;

	appendStringInfo(sql, vector ? "%s" : "pg_catalog.to_tsvector(COALESCE(%s, ''))",
					 vector ? operand->sql : as_text(operand));
	appendStringInfo(sql, " OPERATOR(pg_catalog.@@) pg_catalog.plainto_tsquery(%s)",
					 value_sql(context, TEXTOID, bolt_bind_scalar));
}

static void
append_trigram(StringInfo sql, LookupContext *context)
{
	Oid schema = bolt_extension_schema("pg_trgm");

	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("lookup 'trigram_similar' needs the extension pg_trgm"),
				 bolt_errdetail_at(context->value), errhint("CREATE EXTENSION pg_trgm.")));

	/* text on both sides is what the extension's operator takes, and nobody else's can */
	appendStringInfo(sql, "(%s)::pg_catalog.text OPERATOR(%s.%%) (%s)::pg_catalog.text",
					 as_text(&context->operands[0]), quote_identifier(get_namespace_name(schema)),
					 value_sql(context, TEXTOID, bolt_bind_scalar));
}

/* Lookups of one class come before those of any: the first that fits is taken. */
static const Lookup lookups[] = {
	{"contains", append_operator, .class = CLASS_ARRAY, .opname = "@>", .bind = bolt_bind_scalar},
	{"contained_by", append_operator, .class = CLASS_ARRAY, .opname = "<@", .bind = bolt_bind_scalar},
	{"overlap", append_operator, .class = CLASS_ARRAY, .opname = "&&", .bind = bolt_bind_scalar},
	{"contains", append_operator, .class = CLASS_RANGE, .opname = "@>"},
	{"contained_by", append_operator, .class = CLASS_RANGE, .opname = "<@"},
	{"overlap", append_operator, .class = CLASS_RANGE, .opname = "&&"},
	{"fully_lt", append_operator, .class = CLASS_RANGE, .opname = "<<"},
	{"fully_gt", append_operator, .class = CLASS_RANGE, .opname = ">>"},
	{"not_lt", append_operator, .class = CLASS_RANGE, .opname = "&>"},
	{"not_gt", append_operator, .class = CLASS_RANGE, .opname = "&<"},
	{"adjacent_to", append_operator, .class = CLASS_RANGE, .opname = "-|-"},
	{"contains", append_operator, .class = CLASS_JSON, .opname = "@>", .bind = bolt_bind_scalar},
	{"contained_by", append_operator, .class = CLASS_JSON, .opname = "<@", .bind = bolt_bind_scalar},
	{"has_key", append_operator, .class = CLASS_JSON, .opname = "?", .bind = bolt_bind_scalar,
	 .type = TEXTOID},
	{"has_keys", append_operator, .class = CLASS_JSON, .opname = "?&", .type = TEXTARRAYOID},
	{"has_any_keys", append_operator, .class = CLASS_JSON, .opname = "?|", .type = TEXTARRAYOID},
	{"contains", append_operator, .class = CLASS_HSTORE, .opname = "@>", .bind = bolt_bind_hstore},
	{"contained_by", append_operator, .class = CLASS_HSTORE, .opname = "<@", .bind = bolt_bind_hstore},
	{"has_key", append_operator, .class = CLASS_HSTORE, .opname = "?", .bind = bolt_bind_scalar,
	 .type = TEXTOID},
	{"has_keys", append_operator, .class = CLASS_HSTORE, .opname = "?&", .type = TEXTARRAYOID},
	{"has_any_keys", append_operator, .class = CLASS_HSTORE, .opname = "?|", .type = TEXTARRAYOID},
	{"exact", append_comparison, true, true, .strategy = BTEqualStrategyNumber},
	{"iexact", append_text, .opname = "=", .upper = true, .bind = bolt_bind_scalar,
	 .strategy = BTEqualStrategyNumber},
	{"contains", append_text, .opname = "~~", .bind = bolt_bind_contains},
	{"icontains", append_text, .opname = "~~", .upper = true, .bind = bolt_bind_contains},
	{"startswith", append_text, .opname = "~~", .bind = bolt_bind_startswith},
	{"istartswith", append_text, .opname = "~~", .upper = true, .bind = bolt_bind_startswith},
	{"endswith", append_text, .opname = "~~", .bind = bolt_bind_endswith},
	{"iendswith", append_text, .opname = "~~", .upper = true, .bind = bolt_bind_endswith},
	{"regex", append_text, .opname = "~", .bind = bolt_bind_scalar},
	{"iregex", append_text, .opname = "~*", .bind = bolt_bind_scalar},
	{"gt", append_comparison, true, false, .strategy = BTGreaterStrategyNumber},
	{"gte", append_comparison, true, false, .strategy = BTGreaterEqualStrategyNumber},
	{"lt", append_comparison, true, false, .strategy = BTLessStrategyNumber},
	{"lte", append_comparison, true, false, .strategy = BTLessEqualStrategyNumber},
	{"in", append_in, true, true},
	{"range", append_range},
	{"isnull", append_isnull, true, true},
	{"search", append_search},
	{"trigram_similar", append_trigram},
};

bool
bolt_is_lookup(const char *name)
{
	for (int i = 0; i < lengthof(lookups); i++)
	{
		if (strcmp(lookups[i].name, name) == 0)
			return true;
	}
	return false;
}

static List *
lookup_choices(bool on_relations, Oid type)
{
	TypeClass class = bolt_type_class(type);
	List *choices = NIL;

	for (int i = 0; i < lengthof(lookups); i++)
	{
		const Lookup *lookup = &lookups[i];

		if (on_relations ? lookup->on_relations : lookup->class == CLASS_UNKNOWN || lookup->class == class)
			choices = lappend(choices, unconstify(char *, lookup->name));
	}
	return choices;
}

static const Lookup *
find_lookup(const char *name, Oid type)
{
	TypeClass class = bolt_type_class(type);

	for (int i = 0; i < lengthof(lookups); i++)
	{
		if (strcmp(lookups[i].name, name) == 0 &&
			(lookups[i].class == CLASS_UNKNOWN || lookups[i].class == class))
			return &lookups[i];
	}
	return NULL;
}

static void
unsupported_lookup(const FieldPath *path, const Operand *operand, const char *name)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_COLUMN),
		 errmsg("Unsupported lookup '%s' for %s or join on the field not permitted", name, operand->display),
		 bolt_errdetail_at(path->value),
		 bolt_errhint_choices(
			 list_concat(lookup_choices(false, operand->type), bolt_transform_choices(operand->type)))));
}

/* Transforms only, where no lookup may stand: order_by, values, F. */
void
bolt_apply_transforms(Select *select, Operand *operand, const FieldPath *path)
{
	ListCell *lc;

	foreach(lc, path->rest)
	{
		if (path->relation != NULL || path->nfields > 1 || !bolt_transform(select, operand, lfirst(lc)))
			bolt_refuse_name(path, lfirst(lc));
	}
}

/* Of a range these are its bounds, not its text. */
static bool
is_range_bound(const char *name)
{
	return strcmp(name, "startswith") == 0 || strcmp(name, "endswith") == 0;
}

static bool
is_comparison(const char *name)
{
	const Lookup *lookup = find_lookup(name, INT4OID);

	return lookup != NULL && lookup->append == append_comparison;
}

/*
 * What follows the operands of a path: transforms, which change the one operand
 * there is, and then a lookup, exact where none is named.  from_year: the last
 * transform was a year that can be a range.
 */
static const Lookup *
resolve_lookup(LookupContext *context, Operand *operand, bool *from_year)
{
	const FieldPath *path = context->path;
	int n = list_length(path->rest);
	const Lookup *lookup;

	*from_year = false;
	for (int i = 0; i < n; i++)
	{
		const char *name = list_nth(path->rest, i);

		lookup = find_lookup(name, operand->type);
		if (i == n - 1 && lookup != NULL &&
			!(bolt_type_class(operand->type) == CLASS_RANGE && is_range_bound(name)))
		{
			if (path->relation != NULL && !lookup->on_relations)
				break;
			return lookup;
		}
		if (path->relation != NULL || path->nfields > 1)
			break;
		if (strcmp(name, "year") == 0 && i >= n - 2 &&
			(bolt_type_class(operand->type) == CLASS_DATETIME ||
			 bolt_type_class(operand->type) == CLASS_DATE) &&
			(i == n - 1 || is_comparison(list_nth(path->rest, n - 1))))
		{
			*from_year = true;
			continue;
		}
		if (!bolt_transform(context->select, operand, name))
			unsupported_lookup(path, operand, name);
	}
	if (n == 0 || (path->relation == NULL && path->nfields == 1))
		return find_lookup("exact", InvalidOid);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 path->relation != NULL ?
				 errmsg("Related Field got invalid lookup: %s", (char *) linitial(path->rest)) :
				 errmsg("Unsupported lookup '%s' for a composite key", (char *) linitial(path->rest)),
			 bolt_errdetail_at(path->value),
			 bolt_errhint_choices(
				 list_concat(lookup_choices(true, InvalidOid), bolt_model_choices(path->model)))));
}

/* Is it met by null: isnull, or exact of a null? */
bool
bolt_path_is_isnull(const FieldPath *path, const Q *q)
{
	if (q->expression != NULL)
		return false;
	/* null is refused by all lookups but exact and iexact; and the null of a null is what transforms make */
	if (q->value->kind == JSON_NULL)
		return true;
	return q->value->kind == JSON_TRUE && path->rest != NIL && strcmp(llast(path->rest), "isnull") == 0;
}

/* Null is something to exact and its like only. */
static void
refuse_null(const LookupContext *context)
{
	if (context->expression != NULL || context->expressions != NIL || context->value->kind != JSON_NULL ||
		context->lookup->strategy == BTEqualStrategyNumber || context->lookup->append == append_in)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Cannot use None as a query value"),
			 bolt_errdetail_at(context->value), errhint("Use the lookup \"isnull\".")));
}

/*
 * The condition that path's lookup makes of its operands and a value.
 *
 * two_valued: it stands under a negation and must not be null, so that a
 * negated comparison keeps the rows whose column is null.
 * Errors: 42703 unknown lookup, 22023 wrong kind of value, 42883 no operator.
 */
void
bolt_append_lookup(StringInfo sql, Select *select, const FieldPath *path, const Operand *operands, const Q *q,
				   bool two_valued)
{
	Operand operand = operands[0];
	LookupContext context = {.select = select,
							 .path = path,
							 .operands = operands,
							 .noperands = path->nfields,
							 .value = q->value,
							 .expression = q->expression,
							 .expressions = q->expressions};
	bool from_year;

	refuse_window(select, &operand, q->value);
	if (context.expression != NULL && context.expression->kind == EXPRESSION_VALUE)
	{
		/* a literal all the same */
		context.value = context.expression->literal;
		context.expression = NULL;
	}
	context.lookup = resolve_lookup(&context, &operand, &from_year);
	if (context.lookup->append == append_isnull)
		bolt_expect_boolean(q->value); /* no expression either: the shape has it */
	refuse_null(&context);
	if (q->expressions != NIL && context.lookup->append != append_in &&
		context.lookup->append != append_range)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookup '%s' does not take a list of expressions", context.lookup->name),
				 bolt_errdetail_at(q->value)));
	if (path->nfields == 1)
		context.operands = &operand;
	else if (!context.lookup->on_composite)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("lookup '%s' is not supported on a composite key", context.lookup->name),
				 bolt_errdetail_at(path->value)));
	for (int i = 0; i < path->nfields; i++)
		context.null_result |= context.operands[i].nullable;

	appendStringInfoChar(sql, '(');
	if (from_year && !is_exact_null(&context))
		append_year(sql, &context);
	else
		context.lookup->append(sql, &context);
	appendStringInfoString(sql, two_valued && context.null_result ? ") IS TRUE" : ")");
}

/*
 * What an index must have to find the rows that meet a condition on a column.
 * The condition has been compiled before, so that nothing is refused here.
 */
void
bolt_lookup_need(Select *select, const FieldPath *path, const Operand *operand, const Q *q, LookupNeed *need)
{
	Operand transformed = *operand;
	LookupContext context = {.select = select,
							 .path = path,
							 .operands = &transformed,
							 .noperands = path->nfields,
							 .value = q->value,
							 .expression = q->expression};
	bool from_year;
	const Lookup *lookup = resolve_lookup(&context, &transformed, &from_year);

	memset(need, 0, sizeof(LookupNeed));
	context.lookup = lookup;
	need->transformed = transformed.sql != operand->sql;
	if (lookup->append == append_isnull || is_exact_null(&context))
		need->opname = NULL;
	else if (lookup->append == append_range)
		need->opname = bolt_comparison_names[BTGreaterEqualStrategyNumber];
	else if (from_year && lookup->strategy == BTEqualStrategyNumber)
		need->opname = bolt_comparison_names[BTGreaterEqualStrategyNumber];
	else if (lookup->append == append_comparison)
		need->opname = bolt_comparison_names[lookup->strategy];
	else if (lookup->append == append_in)
		need->opname = bolt_comparison_names[BTEqualStrategyNumber];
	else if (lookup->append == append_search)
		need->opname = "@@";
	else if (lookup->append == append_trigram)
		need->opname = "%";
	else
		need->opname = lookup->opname;
	need->text = lookup->append == append_text || lookup->append == append_trigram ||
		(lookup->append == append_search && bolt_type_class(transformed.type) != CLASS_TSVECTOR);
	need->upper = lookup->upper;
	need->prefix = lookup->bind == bolt_bind_startswith;
}
