/*-------------------------------------------------------------------------
 *
 * bind_structured.c
 *	  Composite values, and arrays of them, from JSON objects and arrays.
 *
 * What fetch writes out can be written back: an object is a row of a composite
 * type, an array is an array, and null is null wherever PostgreSQL has one: as
 * an attribute, as an element, as a whole value.  Values are built one in the
 * other and never written as text, because every level of composite text
 * doubles the quotes of the level below.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* The elements of an array, from the outermost dimension to the innermost. */
typedef struct ElementList
{
	const StatementParam *param;
	Oid type;
	int32 typmod;
	int dimensions;
	int lengths[MAXDIM];
	Datum *values;
	bool *nulls;
	int count;
	int capacity;
} ElementList;

static bool value_of(const StatementParam *param, Oid type, int32 typmod, const JsonValue *literal,
					 Datum *value);

/* Does a comma stand between the elements of the type's arrays, as it does for all types but box? */
static bool
is_delimited_by_comma(Oid element)
{
	int16 length;
	bool by_value;
	char alignment;
	char delimiter;
	Oid io_param;
	Oid input;

	get_type_io_data(element, IOFunc_input, &length, &by_value, &alignment, &delimiter, &io_param, &input);
	return delimiter == ',';
}

/*
 * Arrays of hstores and of domains over arrays are for us as well: what the text
 * of an array holds would have to be quoted by the rules of the element's type.
 */
bool
bolt_type_is_structured(Oid type)
{
	Oid base = getBaseType(type);
	Oid element = get_element_type(base);

	if (!OidIsValid(element))
		return type_is_rowtype(base);
	return !is_delimited_by_comma(element) || bolt_type_class(element) == CLASS_HSTORE ||
		OidIsValid(get_element_type(getBaseType(element))) || bolt_type_is_structured(element);
}

/* A value of no parts: as a column of that type would be set to it. */
static Datum
plain_value(const StatementParam *param, Oid type, int32 typmod, const JsonValue *literal)
{
	StatementParam leaf = *param;
	Oid input;
	Datum value = (Datum) 0;

	leaf.type = leaf.value_type = type;
	leaf.typmod = typmod;
	getTypeInputInfo(type, &input, &leaf.io_param);
	fmgr_info(input, &leaf.input);
	bolt_mark_assigned(&leaf);
	leaf.assigned = param->assigned;
	(void) bolt_bind_assigned(&leaf, literal, &value);
	return value;
}

/* ----------
 * Composites
 * ----------
 */
static Datum
composite_value(const StatementParam *param, Oid type, int32 typmod, const JsonValue *literal)
{
	static const JsonValue missing = {.kind = JSON_NULL, .text = "null", .raw = "null", .raw_length = 4};
	TupleDesc desc;
	const JsonValue **members;
	Datum *values;
	bool *nulls;
	HeapTuple tuple;

	desc = lookup_rowtype_tupdesc(type, typmod);
	values = palloc0(sizeof(Datum) * Max(desc->natts, 1));
	nulls = palloc(sizeof(bool) * Max(desc->natts, 1));
	members = palloc0(sizeof(JsonValue *) * Max(desc->natts, 1));
	json_foreach(member, literal)
	{
		AttrNumber attnum = get_attnum(get_typ_typrelid(type), member->name);

		CHECK_FOR_INTERRUPTS();
		if (attnum <= 0 || attnum > desc->natts)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("type %s has no attribute \"%s\"", format_type_be(type), member->name),
					 bolt_errdetail_at(member)));
		members[attnum - 1] = member;
	}
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		/* a domain may refuse null, also where the object does not say it */
		nulls[i] = attribute->attisdropped ||
			!value_of(param, attribute->atttypid, attribute->atttypmod,
					  members[i] != NULL ? members[i] : &missing, &values[i]);
	}
	tuple = heap_form_tuple(desc, values, nulls);
	ReleaseTupleDesc(desc);
	return HeapTupleGetDatum(tuple);
}

/* ----------
 * Arrays
 * ----------
 */
static void
add_element(ElementList *list, const JsonValue *literal)
{
	if (list->count == list->capacity)
	{
		list->capacity = Max(list->capacity * 2, 16);
		list->values = list->values == NULL ? palloc(sizeof(Datum) * list->capacity) :
											  repalloc_huge(list->values, sizeof(Datum) * list->capacity);
		list->nulls = list->nulls == NULL ? palloc(sizeof(bool) * list->capacity) :
											repalloc_huge(list->nulls, sizeof(bool) * list->capacity);
	}
	list->values[list->count] = (Datum) 0;
	list->nulls[list->count] =
		!value_of(list->param, list->type, list->typmod, literal, &list->values[list->count]);
	list->count++;
}

static void
malformed_array(const JsonValue *literal)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("malformed array: arrays inside it must have the same length"),
			 bolt_errdetail_at(literal)));
}

/*
 * How many dimensions has the array that begins here?  Where its elements can be
 * arrays themselves, as json and a domain over an array can, it has one.
 */
static int
count_dimensions(Oid element, const JsonValue *literal)
{
	Oid base = getBaseType(element);
	int dimensions = 0;

	for (; literal != NULL && literal->kind == JSON_ARRAY; literal = literal->first)
		dimensions++;
	if (base == JSONOID || base == JSONBOID || OidIsValid(get_element_type(base)))
		return 1;
	return dimensions;
}

static void
add_elements(ElementList *list, int level, const JsonValue *literal)
{
	check_stack_depth();
	if (literal->kind != JSON_ARRAY || literal->count != list->lengths[level])
		malformed_array(literal);
	json_foreach(element, literal)
	{
		CHECK_FOR_INTERRUPTS();
		if (level + 1 < list->dimensions)
			add_elements(list, level + 1, element);
		else
			add_element(list, element);
	}
}

static Datum
array_value(const StatementParam *param, Oid type, int32 typmod, const JsonValue *literal)
{
	ElementList list = {.param = param, .type = get_element_type(type), .typmod = typmod};
	int lower[MAXDIM];
	const JsonValue *level = literal;
	int16 length;
	bool by_value;
	char alignment;

	list.dimensions = count_dimensions(list.type, literal);
	if (list.dimensions > MAXDIM)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("number of array dimensions (%d) exceeds the maximum allowed (%d)", list.dimensions,
						MAXDIM),
				 bolt_errdetail_at(literal)));
	for (int i = 0; i < list.dimensions; i++, level = level->first)
	{
		list.lengths[i] = level->count;
		lower[i] = 1;
	}
	add_elements(&list, 0, literal);
	if (list.count == 0)
		return PointerGetDatum(construct_empty_array(list.type));
	get_typlenbyvalalign(list.type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_md_array(list.values, list.nulls, list.dimensions, list.lengths, lower,
											  list.type, length, by_value, alignment));
}

/* ----------
 * Any value
 * ----------
 */

/* False where it is NULL.  A domain checks what it is a domain over. */
static bool
value_of(const StatementParam *param, Oid type, int32 typmod, const JsonValue *literal, Datum *value)
{
	int32 base_typmod = typmod;
	Oid base = getBaseTypeAndTypmod(type, &base_typmod);

	check_stack_depth();
	if (literal->kind != JSON_STRING && literal->kind != JSON_NULL && bolt_type_is_structured(base))
	{
		if (literal->kind != (OidIsValid(get_element_type(base)) ? JSON_ARRAY : JSON_OBJECT))
			bolt_wrong_literal(param, literal, psprintf("a value of type %s", format_type_be(type)));
		*value = OidIsValid(get_element_type(base)) ? array_value(param, base, base_typmod, literal) :
													  composite_value(param, base, base_typmod, literal);
		if (base != type)
			domain_check(*value, false, type, NULL, CurrentMemoryContext);
		return true;
	}
	*value = plain_value(param, type, typmod, literal);
	return literal->kind != JSON_NULL;
}

Datum
bolt_structured_value(const StatementParam *param, const JsonValue *literal)
{
	Datum value;

	Assert(literal->kind == JSON_OBJECT || literal->kind == JSON_ARRAY);
	Assert(bolt_type_is_structured(param->value_type));
	(void) value_of(param, param->value_type, param->typmod, literal, &value);
	return value;
}
