/*-------------------------------------------------------------------------
 *
 * json_out_nested.c
 *	  json, jsonb, arrays and composites as JSON.
 *
 * Arrays and composites are taken apart here rather than by array_to_json and
 * row_to_json: their elements and members get the fast writers, and
 * bigint_as_string reaches every depth.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "json_out.h"
#include "json_out_writers.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/arrayaccess.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"
#include "watched_types.h"

/* composites of up to so many columns are taken apart on the stack */
#define STACK_COLUMNS 32

/* A column of a composite type. */
typedef struct CompositeMember
{
	int column; /* counted from 0 */
	char *name; /* as it is written: "name": */
	int name_length;
	JsonWriter writer;
} CompositeMember;

/* A row type as it was when its writers were chosen. */
typedef struct CompositeShape
{
	Oid type;
	int32 typmod;	   /* tells record types apart */
	uint64 identifier; /* the type cache's, changes with the columns */
	uint64 types;	   /* bolt_watched_types_refresh, before its writers were chosen */
	TupleDesc descriptor;
	int nmembers;
	CompositeMember *members;
} CompositeShape;

/* What a writer of composites keeps from value to value. */
typedef struct Composite
{
	MemoryContext context; /* the writer's */
	CompositeShape *shape; /* NULL before the first value */
} Composite;

/* A walk over the elements of an array. */
typedef struct ArrayWalk
{
	const JsonWriter *writer; /* of the array */
	int ndims;
	int *dims;
	array_iter elements;
	int next; /* number of the next element */
} ArrayWalk;

/*
 * Kept byte for byte.
 */
void
bolt_json_write_json(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	text *json = DatumGetTextPP(value);

	json_buffer_append(out, VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json));
	if ((Pointer) json != DatumGetPointer(value))
		pfree(json);
}

/*
 * A key, or a value that holds no others.  Numbers stay bare whatever
 * bigint_as_string says: jsonb is the caller's own document.
 */
static void
write_jsonb_scalar(const JsonbValue *scalar, JsonBuffer *out)
{
	char *string;

	switch (scalar->type)
	{
		case jbvNull:
			json_buffer_append(out, "null", 4);
			break;
		case jbvBool:
			if (scalar->val.boolean)
				json_buffer_append(out, "true", 4);
			else
				json_buffer_append(out, "false", 5);
			break;
		case jbvNumeric:
			string = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(scalar->val.numeric)));
			json_buffer_append(out, string, strlen(string));
			pfree(string);
			break;
		case jbvString:
			bolt_json_write_string(out, scalar->val.string.val, scalar->val.string.len);
			break;
		default:
			elog(ERROR, "unrecognized jsonb scalar type: %d", (int) scalar->type);
	}
}

/*
 * As jsonb_out writes it, with one blank after each comma and colon.  A walk
 * of our own spares the text between, and its strings are scanned by words.
 * What the iterator allocates it frees itself when it comes to the end.
 */
void
bolt_json_write_jsonb(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	Jsonb *jsonb = DatumGetJsonbP(value);
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken token;
	JsonbValue item;
	bool scalar = false;
	bool comma = false; /* something stands before the next item */

	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		if (comma &&
			(token == WJB_KEY || token == WJB_ELEM || token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT))
			json_buffer_append(out, ", ", 2);

		switch (token)
		{
			case WJB_BEGIN_ARRAY:
				/* a lone scalar is an array that is not written */
				scalar = item.val.array.rawScalar;
				if (!scalar)
					json_buffer_append_char(out, '[');
				comma = false;
				break;
			case WJB_BEGIN_OBJECT:
				json_buffer_append_char(out, '{');
				comma = false;
				break;
			case WJB_KEY:
				write_jsonb_scalar(&item, out);
				json_buffer_append(out, ": ", 2);
				comma = false;
				break;
			case WJB_VALUE:
			case WJB_ELEM:
				write_jsonb_scalar(&item, out);
				comma = true;
				break;
			case WJB_END_ARRAY:
				if (!scalar)
					json_buffer_append_char(out, ']');
				comma = true;
				break;
			case WJB_END_OBJECT:
				json_buffer_append_char(out, '}');
				comma = true;
				break;
			default:
				elog(ERROR, "unrecognized jsonb iterator token: %d", (int) token);
		}
	}

	if ((Pointer) jsonb != DatumGetPointer(value))
		pfree(jsonb);
}

/*
 * One dimension of an array, and those inside it.
 */
static void
write_dimension(ArrayWalk *walk, int dimension, JsonBuffer *out)
{
	const JsonWriter *writer = walk->writer;
	const JsonWriter *element = writer->element;
	int count = walk->dims[dimension];

	json_buffer_append_char(out, '[');
	for (int i = 0; i < count; i++)
	{
		Datum value;
		bool is_null;

		if (i > 0)
			json_buffer_append_char(out, ',');

		if (dimension + 1 < walk->ndims)
		{
			write_dimension(walk, dimension + 1, out);
			continue;
		}

		CHECK_FOR_INTERRUPTS();
		value = array_iter_next(&walk->elements, &is_null, walk->next++, writer->element_length,
								writer->element_by_value, writer->element_align);
		if (is_null)
			json_buffer_append(out, "null", 4);
		else
			element->write(element, value, out);
	}
	json_buffer_append_char(out, ']');
}

/*
 * An array whose elements the writer knows.  Without any, it is [] in whatever
 * dimensions.
 */
static void
write_elements(const JsonWriter *writer, ArrayType *array, JsonBuffer *out)
{
	ArrayWalk walk;

	walk.writer = writer;
	walk.ndims = ARR_NDIM(array);
	walk.dims = ARR_DIMS(array);
	walk.next = 0;
	array_iter_setup(&walk.elements, (AnyArrayType *) array);

	if (ArrayGetNItems(walk.ndims, walk.dims) == 0)
		json_buffer_append(out, "[]", 2);
	else
		write_dimension(&walk, 0, out);
}

/*
 * An array whose elements are of another type than the array's own says, or
 * whose type says nothing: anyarray in pg_stats, text[] stored as varchar[].
 * The value is believed, as to_json does; all that this takes is freed again.
 */
static void
write_array_of(Oid element_type, const JsonWriter *writer, ArrayType *array, JsonBuffer *out)
{
	MemoryContext transient =
		AllocSetContextCreate(CurrentMemoryContext, "bolt_orm array", ALLOCSET_SMALL_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(transient);
	JsonWriter own = *writer;
	JsonWriter element;

	bolt_json_writer_init(&element, element_type, writer->bigint_as_string, transient);
	own.element = &element;
	get_typlenbyvalalign(element_type, &own.element_length, &own.element_by_value, &own.element_align);
	write_elements(&own, array, out);

	MemoryContextSwitchTo(previous);
	MemoryContextDelete(transient);
}

/*
 * Detoasted and freed here: text[] then leaves nothing behind, as text does.
 */
void
bolt_json_write_array(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	ArrayType *array = DatumGetArrayTypeP(value);

	check_stack_depth();

	if (likely(writer->element != NULL && writer->element->type == ARR_ELEMTYPE(array)))
		write_elements(writer, array, out);
	else
		write_array_of(ARR_ELEMTYPE(array), writer, array, out);

	if ((Pointer) array != DatumGetPointer(value))
		pfree(array);
}

/*
 * For a new writer.  The columns are looked at when the first value comes,
 * since type record says nothing of them.
 */
Composite *
bolt_json_composite_create(MemoryContext context)
{
	Composite *composite = MemoryContextAlloc(context, sizeof(Composite));

	composite->context = context;
	composite->shape = NULL;
	return composite;
}

/*
 * Writers for the columns of a row type, all allocated in context.
 */
static CompositeShape *
make_shape(Oid type, int32 typmod, uint64 identifier, bool bigint_as_string, MemoryContext context)
{
	MemoryContext previous = MemoryContextSwitchTo(context);
	CompositeShape *shape = palloc(sizeof(CompositeShape));
	TupleDesc descriptor = lookup_rowtype_tupdesc(type, typmod);
	JsonBuffer name;

	/* with its constraints: they hold the values of columns added later */
	shape->type = type;
	shape->typmod = typmod;
	shape->identifier = identifier;
	shape->types = bolt_watched_types_refresh();
	shape->descriptor = CreateTupleDescCopyConstr(descriptor);
	ReleaseTupleDesc(descriptor);

	shape->nmembers = 0;
	shape->members = palloc(sizeof(CompositeMember) * Max(shape->descriptor->natts, 1));
	for (int column = 0; column < shape->descriptor->natts; column++)
	{
		Form_pg_attribute attribute = TupleDescAttr(shape->descriptor, column);
		CompositeMember *member;

		if (attribute->attisdropped)
			continue;

		bolt_json_buffer_init(&name, context, 0);
		bolt_json_write_string(&name, NameStr(attribute->attname), strlen(NameStr(attribute->attname)));
		json_buffer_append_char(&name, ':');

		member = &shape->members[shape->nmembers++];
		member->column = column;
		member->name = pnstrdup(name.data, name.length);
		member->name_length = name.length;
		pfree(name.data);
		bolt_json_writer_init(&member->writer, attribute->atttypid, bigint_as_string, context);
	}

	MemoryContextSwitchTo(previous);
	return shape;
}

/*
 * The shape of a value, by the row type that the value itself carries.
 *
 * The first shape that comes is kept with the writer.  Another one is made for
 * this value alone, in *transient, which the caller deletes: values of type
 * record may differ from row to row.
 */
static const CompositeShape *
shape_of(const JsonWriter *writer, HeapTupleHeader row, MemoryContext *transient)
{
	Composite *composite = writer->composite;
	CompositeShape *shape = composite->shape;
	Oid type = HeapTupleHeaderGetTypeId(row);
	int32 typmod = HeapTupleHeaderGetTypMod(row);
	uint64 identifier = 0;
	MemoryContext context;

	*transient = NULL;

	/* record types never change, named ones do with ALTER TYPE */
	if (type != RECORDOID)
		identifier = lookup_type_cache(type, TYPECACHE_TUPDESC)->tupDesc_identifier;

	if (shape != NULL && shape->type == type && shape->typmod == typmod && shape->identifier == identifier &&
		shape->types == bolt_watched_types_refresh())
		return shape;

	/*
	 * An altered type's old shape stays where it is until the writer's context
	 * goes: a call further up may be using it.
	 */
	if (shape == NULL || (shape->type == type && type != RECORDOID))
	{
		composite->shape = make_shape(type, typmod, identifier, writer->bigint_as_string, composite->context);
		return composite->shape;
	}

	context = AllocSetContextCreate(CurrentMemoryContext, "bolt_orm row type", ALLOCSET_SMALL_SIZES);
	*transient = context;
	return make_shape(type, typmod, identifier, writer->bigint_as_string, context);
}

/*
 * A composite: an object with the columns as members.
 */
void
bolt_json_write_composite(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	HeapTupleHeader row = DatumGetHeapTupleHeader(value);
	HeapTupleData tuple;
	Datum stack_values[STACK_COLUMNS];
	bool stack_nulls[STACK_COLUMNS];
	Datum *values = stack_values;
	bool *nulls = stack_nulls;
	MemoryContext transient;
	const CompositeShape *shape;

	check_stack_depth();

	shape = shape_of(writer, row, &transient);
	if (shape->descriptor->natts > STACK_COLUMNS)
	{
		values = palloc(sizeof(Datum) * shape->descriptor->natts);
		nulls = palloc(sizeof(bool) * shape->descriptor->natts);
	}

	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, shape->descriptor, values, nulls);

	json_buffer_append_char(out, '{');
	for (int i = 0; i < shape->nmembers; i++)
	{
		const CompositeMember *member = &shape->members[i];

		if (i > 0)
			json_buffer_append_char(out, ',');
		json_buffer_append(out, member->name, member->name_length);
		if (nulls[member->column])
			json_buffer_append(out, "null", 4);
		else
			member->writer.write(&member->writer, values[member->column], out);
	}
	json_buffer_append_char(out, '}');

	if (values != stack_values)
	{
		pfree(values);
		pfree(nulls);
	}
	if (transient != NULL)
		MemoryContextDelete(transient);
	if ((Pointer) row != DatumGetPointer(value))
		pfree(row);
}
