/*-------------------------------------------------------------------------
 *
 * sql_text.c
 *	  How names, types and operators are spelled in the statements we write.
 *
 * All of them are schema-qualified: what a statement means must not depend on
 * the caller's search_path.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "compile.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "resolved_names.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "watched_types.h"

/* t3."name" */
void
bolt_append_column(StringInfo sql, int alias, const char *name)
{
	appendStringInfo(sql, "t%d.%s", alias, quote_identifier(name));
}

/* The same, as a string. */
char *
bolt_column_text(int alias, const Field *field)
{
	StringInfoData sql;

	initStringInfo(&sql);
	bolt_append_column(&sql, alias, field->name);
	return sql.data;
}

/* What the name means now it may not mean later: another schema may come to have such a type. */
static void
watch_name(const TypeName *name)
{
	char *schema_name;
	char *type_name;
	List *schemas;

	DeconstructQualifiedName(name->names, &schema_name, &type_name);
	if (schema_name == NULL)
		schemas = bolt_searched_schemas();
	else if (strcmp(schema_name, "pg_catalog") == 0)
		return;
	else
		schemas = list_make1_oid(LookupExplicitNamespace(schema_name, true));
	bolt_watch_type_name(type_name, schemas);
}

/*
 * A name that pg_catalog has means its type, wherever pg_catalog stands in the
 * search_path: another's "int4" is never meant.
 */
static void
prefer_catalog(TypeName *name)
{
	if (list_length(name->names) == 1 &&
		SearchSysCacheExists2(TYPENAMENSP, CStringGetDatum(strVal(linitial(name->names))),
							  ObjectIdGetDatum(PG_CATALOG_NAMESPACE)))
		name->names = lcons(makeString("pg_catalog"), name->names);
}

/*
 * A type by the name SQL has for it.  Errors: 42704 where there is none, 22023 for
 * what is no name of a type, or of one that no value has.
 */
void
bolt_parse_type(const char *name, Oid *type, int32 *typmod)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool valid = true;

	PG_TRY();
	{
		TypeName *parsed = bolt_parse_type_name(name);

		/* the type of some column would have to be watched, too */
		valid = !parsed->pct_type && !parsed->setof;
		if (valid)
		{
			prefer_catalog(parsed);
			watch_name(parsed);
			typenameTypeIdAndMod(NULL, parsed, type, typmod);
		}
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		if (error->sqlerrcode != ERRCODE_SYNTAX_ERROR)
			ReThrowError(error);
		valid = false;
	}
	PG_END_TRY();
	if (!valid || get_typtype(*type) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" is no type to cast to", name)));
	bolt_watch_type(*type);
}

/* The schema that an extension's objects live in, or InvalidOid. */
Oid
bolt_find_extension_schema(const char *extension)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid schema = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(extension));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return schema;
}

/* The same, for what is kept under it. */
Oid
bolt_extension_schema(const char *extension)
{
	Oid schema = bolt_find_extension_schema(extension);

	bolt_watch_extension(extension, schema);
	return schema;
}

void
bolt_append_type(StringInfo sql, Oid type, int32 typmod)
{
	appendStringInfoString(
		sql, format_type_extended(type, typmod, FORMAT_TYPE_FORCE_QUALIFY | FORMAT_TYPE_TYPEMOD_GIVEN));
}

/* The qualified name of a collation. */
char *
bolt_collation_name(Oid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;
	char *result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	result = quote_qualified_identifier(get_namespace_name(form->collnamespace), NameStr(form->collname));
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Whether there is a value.  IS NULL says of a composite whether its members are
 * null, and neither it nor IS NOT NULL is true of one with some; but such values
 * are ordered, compared and written as values.
 */
void
bolt_append_null_test(StringInfo sql, const char *operand, Oid type, bool is_null)
{
	if (OidIsValid(type) && type_is_rowtype(type))
		appendStringInfo(sql, "(pg_catalog.num_nulls(%s) OPERATOR(pg_catalog.=) %d)", operand, is_null);
	else
		appendStringInfo(sql, "%s %s", operand, is_null ? "IS NULL" : "IS NOT NULL");
}

/* k.c1, k.c2, …: prefix "k.c", n names */
void
bolt_append_names(StringInfo sql, const char *prefix, int n)
{
	for (int i = 1; i <= n; i++)
		appendStringInfo(sql, "%s%s%d", i > 1 ? ", " : "", prefix, i);
}

/*
 * Arrays of one length as the columns of a table.  ROWS FROM, for unnest of several
 * arrays is only known unqualified; but it makes several columns of an array of
 * composites, where a SELECT makes one.
 */
void
bolt_append_unnest(StringInfo sql, List *arrays, const Oid *types, const char *alias)
{
	int n = list_length(arrays);
	bool composites = false;

	for (int i = 0; i < n; i++)
		composites |= type_is_rowtype(types[i]);
	appendStringInfoString(sql, composites ? "(SELECT " : "ROWS FROM (");
	for (int i = 0; i < n; i++)
		appendStringInfo(sql, "%spg_catalog.unnest(%s)", i > 0 ? ", " : "", (char *) list_nth(arrays, i));
	appendStringInfo(sql, ") AS %s (", alias);
	bolt_append_names(sql, "c", n);
	appendStringInfoChar(sql, ')');
}

/* The same of parameters, from first on */
void
bolt_append_unnest_params(StringInfo sql, int first, int n, const Oid *types, const char *alias)
{
	List *arrays = NIL;

	for (int i = 0; i < n; i++)
		arrays = lappend(arrays, psprintf("$%d", first + i));
	bolt_append_unnest(sql, arrays, types, alias);
}

void
bolt_append_collation(StringInfo sql, Oid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("collation with OID %u does not exist", collation)));
	form = (Form_pg_collation) GETSTRUCT(tuple);
	appendStringInfo(sql, " COLLATE %s",
					 quote_qualified_identifier(get_namespace_name(form->collnamespace),
												NameStr(form->collname)));
	ReleaseSysCache(tuple);
}

/* The schema that has a type's own operators */
static Oid
type_schema(Oid type)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid schema = PG_CATALOG_NAMESPACE;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		/* those of arrays, ranges and enums are the pseudo-types' */
		if (form->typtype == TYPTYPE_BASE && !OidIsValid(form->typelem))
			schema = form->typnamespace;
		ReleaseSysCache(tuple);
	}
	return schema;
}

/*
 * The type in which values of a type are compared: domains give way to their
 * base types, and a type without operators of its own to the one whose it uses
 * (varchar: text).
 */
Oid
bolt_comparison_type(Oid type)
{
	Oid base = getBaseType(type);
	TypeCacheEntry *entry = lookup_type_cache(base, TYPECACHE_BTREE_OPFAMILY);

	if (!OidIsValid(entry->btree_opintype) || get_typtype(entry->btree_opintype) == TYPTYPE_PSEUDO)
		return base;
	return entry->btree_opintype;
}

static const char *
qualified_operator(Oid opname)
{
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(opname));
	Form_pg_operator form;
	const char *result;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_operator) GETSTRUCT(tuple);
	bolt_watch_schema(form->oprnamespace);
	result = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)),
					  NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return result;
}

/*
 * The operator that the default btree operator family of left has between the
 * two types, or for equality the one of their hash family.  NULL: there is none.
 */
const char *
bolt_operator(Oid left, Oid right, int strategy)
{
	TypeCacheEntry *entry = lookup_type_cache(getBaseType(left), TYPECACHE_BTREE_OPFAMILY | TYPECACHE_EQ_OPR);
	TypeCacheEntry *other = lookup_type_cache(getBaseType(right), TYPECACHE_BTREE_OPFAMILY);
	Oid opname = InvalidOid;

	if (OidIsValid(entry->btree_opf) && OidIsValid(other->btree_opintype))
		opname =
			get_opfamily_member(entry->btree_opf, entry->btree_opintype, other->btree_opintype, strategy);
	if (!OidIsValid(opname) && strategy == BTEqualStrategyNumber && getBaseType(left) == getBaseType(right))
		opname = entry->eq_opr;
	return OidIsValid(opname) ? qualified_operator(opname) : NULL;
}

const char *const bolt_comparison_names[] = {"", "<", "<=", "=", ">=", ">"};

/*
 * The comparison of a btree strategy between two expressions, whose types may not be known (InvalidOid): the type's own
 * where both are of one type, as an extension's type has it; else pg_catalog's of that name.
 */
const char *
bolt_expression_operator(Oid left, Oid right, int strategy)
{
	const char *opname = NULL;

	Assert(strategy >= BTLessStrategyNumber && strategy <= BTGreaterStrategyNumber);
	if (OidIsValid(left) && (!OidIsValid(right) || getBaseType(left) == getBaseType(right)))
		opname = bolt_operator(left, left, strategy);
	return opname != NULL ? opname : psprintf("OPERATOR(pg_catalog.%s)", bolt_comparison_names[strategy]);
}

bool
bolt_has_own_operators(Oid type)
{
	return OidIsValid(type) && type_schema(bolt_comparison_type(type)) != PG_CATALOG_NAMESPACE;
}

/*
 * An expression as an operand of its type's operators.
 *
 * Among the operators of a name in one schema the parser chooses by the types of
 * the operands.  In pg_catalog only a superuser can add to them.  In the schema of
 * an extension others may: for a domain over its type, say, or for what a function
 * gives instead of it.  So the operand is cast to the very type that the
 * extension's own operator takes.  That is no work where it is of that type.
 */
const char *
bolt_operand_text(const char *sql, Oid type)
{
	StringInfoData result;

	if (!bolt_has_own_operators(type))
		return sql;
	initStringInfo(&result);
	appendStringInfo(&result, "(%s)::", sql);
	bolt_append_type(&result, bolt_comparison_type(type), -1);
	return result.data;
}

/* The same for a column: only a domain's has to be cast. */
void
bolt_append_column_operand(StringInfo sql, int alias, const Field *field)
{
	char *column = bolt_column_text(alias, field);

	if (field->type == bolt_comparison_type(field->type))
		appendStringInfoString(sql, column);
	else
		appendStringInfoString(sql, bolt_operand_text(column, field->type));
}

/*
 * left op right, of expressions.  A right one whose type is not known is of the left
 * one's, where that has operators of its own.
 */
char *
bolt_comparison(const char *left, Oid left_type, const char *right, Oid right_type, int strategy)
{
	bool same = !OidIsValid(right_type) ||
		(OidIsValid(left_type) && getBaseType(left_type) == getBaseType(right_type));

	return psprintf("%s %s %s", bolt_operand_text(left, left_type),
					bolt_expression_operator(left_type, right_type, strategy),
					same ? bolt_operand_text(right, left_type) : right);
}

/* An operator of the schema that a type lives in: pg_catalog's, or its extension's. */
const char *
bolt_type_operator(Oid type, const char *name)
{
	Oid schema = OidIsValid(type) ? type_schema(getBaseType(type)) : PG_CATALOG_NAMESPACE;

	return psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(schema)), name);
}
