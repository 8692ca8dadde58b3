/*-------------------------------------------------------------------------
 *
 * transform.c
 *	  Transforms: what stands between a field and its lookup (created_at__year).
 *
 * A transform is a row of the table transforms[].  Keys and indexes of json,
 * hstore and arrays, which may have any name, come after it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compile.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

typedef struct Transform
{
	const char *name;
	TypeClass on;
	const char *sql; /* around the operand, at each %s */
	Oid type;		 /* of the result; InvalidOid: as the operand */
	bool nullable;	 /* of infinity it is null */
} Transform;

static const Transform transforms[] = {
	{"date", CLASS_DATETIME, "(%s)::pg_catalog.date", DATEOID},
	{"time", CLASS_DATETIME, "(%s)::pg_catalog.time", TIMEOID, true},
	{"year", CLASS_DATE, "pg_catalog.date_part('year', %s)::pg_catalog.int4", INT4OID},
	{"iso_year", CLASS_DATE, "pg_catalog.date_part('isoyear', %s)::pg_catalog.int4", INT4OID},
	{"quarter", CLASS_DATE, "pg_catalog.date_part('quarter', %s)::pg_catalog.int4", INT4OID, true},
	{"month", CLASS_DATE, "pg_catalog.date_part('month', %s)::pg_catalog.int4", INT4OID, true},
	{"week", CLASS_DATE, "pg_catalog.date_part('week', %s)::pg_catalog.int4", INT4OID, true},
	{"week_day", CLASS_DATE, "(pg_catalog.date_part('dow', %s)::pg_catalog.int4 OPERATOR(pg_catalog.+) 1)",
	 INT4OID, true},
	{"iso_week_day", CLASS_DATE, "pg_catalog.date_part('isodow', %s)::pg_catalog.int4", INT4OID, true},
	{"day", CLASS_DATE, "pg_catalog.date_part('day', %s)::pg_catalog.int4", INT4OID, true},
	{"hour", CLASS_TIME, "pg_catalog.date_part('hour', %s)::pg_catalog.int4", INT4OID, true},
	{"minute", CLASS_TIME, "pg_catalog.date_part('minute', %s)::pg_catalog.int4", INT4OID, true},
	{"second", CLASS_TIME, "pg_catalog.floor(pg_catalog.date_part('second', %s))::pg_catalog.int4", INT4OID,
	 true},
	{"length", CLASS_TEXT, "pg_catalog.char_length(%s)", INT4OID},
	{"lower", CLASS_TEXT, "pg_catalog.lower(%s)", TEXTOID},
	{"upper", CLASS_TEXT, "pg_catalog.upper(%s)", TEXTOID},
	{"trim", CLASS_TEXT, "pg_catalog.btrim(%s)", TEXTOID},
	{"abs", CLASS_NUMBER, "pg_catalog.abs(%s)", InvalidOid},
	{"len", CLASS_ARRAY,
	 "CASE WHEN %s IS NULL THEN NULL ELSE COALESCE(pg_catalog.array_length(%s, 1), 0) END", INT4OID},
	{"isempty", CLASS_RANGE, "pg_catalog.isempty(%s)", BOOLOID},
};

static Oid
hstore_type(void)
{
	Oid schema = bolt_extension_schema("hstore");

	if (!OidIsValid(schema))
		return InvalidOid;
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("hstore"),
						   ObjectIdGetDatum(schema));
}

/* Which family of lookups and transforms a type takes part in. */
TypeClass
bolt_type_class(Oid type)
{
	Oid base = OidIsValid(type) ? getBaseType(type) : InvalidOid;
	char category;
	bool preferred;

	switch (base)
	{
		case InvalidOid:
			return CLASS_UNKNOWN;
		case DATEOID:
			return CLASS_DATE;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return CLASS_DATETIME;
		case TIMEOID:
		case TIMETZOID:
			return CLASS_TIME;
		case JSONOID:
		case JSONBOID:
			return CLASS_JSON;
		case TSVECTOROID:
			return CLASS_TSVECTOR;
		default:
			break;
	}
	if (OidIsValid(get_element_type(base)))
		return CLASS_ARRAY;
	if (type_is_range(base) || type_is_multirange(base))
		return CLASS_RANGE;
	if (base == hstore_type())
		return CLASS_HSTORE;
	get_type_category_preferred(base, &category, &preferred);
	if (category == TYPCATEGORY_STRING)
		return CLASS_TEXT;
	if (category == TYPCATEGORY_NUMERIC)
		return CLASS_NUMBER;
	return CLASS_OTHER;
}

static bool
takes(const Transform *transform, TypeClass class)
{
	if (class == CLASS_UNKNOWN)
		return true;
	if (class == CLASS_DATETIME && (transform->on == CLASS_DATE || transform->on == CLASS_TIME))
		return true;
	return transform->on == class;
}

static bool
is_index(const char *name)
{
	return name[0] != '\0' && strspn(name, "0123456789") == strlen(name) && strlen(name) < 9;
}

/* x[n + 1], or x[from + 1 : until] of "from_until" */
static bool
transform_array(Operand *operand, const char *name)
{
	char *rest;
	long from;

	if (name[0] < '0' || name[0] > '9' || strlen(name) > 18)
		return false;
	from = strtol(name, &rest, 10);
	if (*rest == '\0')
	{
		operand->sql = psprintf("(%s)[%ld]", operand->sql, from + 1);
		operand->type = get_element_type(getBaseType(operand->type));
		operand->nullable = true;
		return true;
	}
	if (*rest != '_' || !is_index(rest + 1))
		return false;
	operand->sql = psprintf("(%s)[%ld:%ld]", operand->sql, from + 1, strtol(rest + 1, NULL, 10));
	return true;
}

/* A key of json or hstore is a parameter, though a path names it. */
static bool
transform_key(Select *select, Operand *operand, const char *name, TypeClass class)
{
	const char *opname = "OPERATOR(pg_catalog.->)";
	const char *cast = getBaseType(operand->type) == JSONOID ? "::pg_catalog.jsonb" : "";

	if (class == CLASS_HSTORE)
		opname = bolt_type_operator(operand->type, "->");
	if (class == CLASS_JSON && is_index(name))
		operand->sql = psprintf("(%s%s %s %s)", operand->sql, cast, opname, name);
	else
		operand->sql = psprintf("(%s%s %s $%d)", bolt_operand_text(operand->sql, operand->type), cast, opname,
								bolt_add_constant(select->statement, name));
	operand->type = class == CLASS_HSTORE ? TEXTOID : JSONBOID;
	operand->nullable = true;
	return true;
}

/* unaccent(x), where the extension is installed */
static bool
transform_unaccent(Operand *operand)
{
	Oid schema = bolt_extension_schema("unaccent");

	if (!OidIsValid(schema))
		return false;

	/* of text, as the extension's function is: one of varchar in its schema would be another's */
	operand->sql = psprintf("%s.unaccent((%s)::pg_catalog.text)",
							quote_identifier(get_namespace_name(schema)), operand->sql);
	operand->type = TEXTOID;
	return true;
}

/* A transform's SQL with the operand in its places. */
static char *
expand(const char *format, const char *operand)
{
	StringInfoData sql;
	const char *at;

	initStringInfo(&sql);
	while ((at = strstr(format, "%s")) != NULL)
	{
		appendBinaryStringInfo(&sql, format, at - format);
		appendStringInfoString(&sql, operand);
		format = at + 2;
	}
	appendStringInfoString(&sql, format);
	return sql.data;
}

/*
 * Applies a transform to an operand; false where its type has none of that name.
 */
static bool
transform(Select *select, Operand *operand, const char *name)
{
	TypeClass class = bolt_type_class(operand->type);

	for (int i = 0; i < lengthof(transforms); i++)
	{
		const Transform *transform = &transforms[i];

		if (strcmp(transform->name, name) != 0 || !takes(transform, class))
			continue;
		operand->sql = expand(transform->sql, operand->sql);
		if (OidIsValid(transform->type))
			operand->type = transform->type;
		operand->nullable |= transform->nullable;
		return true;
	}
	if (class == CLASS_TEXT && strcmp(name, "unaccent") == 0)
		return transform_unaccent(operand);
	if (class == CLASS_RANGE && (strcmp(name, "startswith") == 0 || strcmp(name, "endswith") == 0))
	{
		operand->sql = psprintf("pg_catalog.%s(%s)", name[0] == 's' ? "lower" : "upper", operand->sql);
		operand->type = get_range_subtype(getBaseType(operand->type));
		operand->nullable = true;
		return true;
	}
	if (class == CLASS_ARRAY)
		return transform_array(operand, name);
	if (class == CLASS_JSON || class == CLASS_HSTORE)
		return transform_key(select, operand, name, class);
	return false;
}

/*
 * Names that bolt_transform knows.  Keys of JSON values and elements of arrays
 * are not among them.
 */
bool
bolt_is_transform(const char *name)
{
	static const char *const others[] = {"unaccent", "startswith", "endswith", "len"};

	for (int i = 0; i < lengthof(transforms); i++)
	{
		if (strcmp(transforms[i].name, name) == 0)
			return true;
	}
	for (int i = 0; i < lengthof(others); i++)
	{
		if (strcmp(others[i], name) == 0)
			return true;
	}
	return false;
}

bool
bolt_transform(Select *select, Operand *operand, const char *name)
{
	bool known = transform(select, operand, name);

	if (known)
		bolt_wrote_sql(select->statement, strlen(operand->sql));
	return known;
}

/* Names for "Choices are: …" */
List *
bolt_transform_choices(Oid type)
{
	List *choices = NIL;

	for (int i = 0; i < lengthof(transforms); i++)
	{
		if (takes(&transforms[i], bolt_type_class(type)))
			choices = lappend(choices, unconstify(char *, transforms[i].name));
	}
	return choices;
}
