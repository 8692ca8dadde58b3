/*-------------------------------------------------------------------------
 *
 * key_table.c
 *	  The distinct keys of a level.
 *
 * Integers, which nearly all keys are, are compared as such.  Other keys go
 * through their types' hash and equality functions.  Where a type has no hash function its
 * bytes are hashed, if its btree operators say that equal values have the same; else it is
 * compared with every key there is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "key_table.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#define INITIAL_SLOTS 64

/* Says the type's btree operator class that equal values have equal bytes? */
static bool
equal_by_image(const TypeCacheEntry *entry, Oid collation)
{
	Oid function = OidIsValid(entry->btree_opf) ?
		get_opfamily_proc(entry->btree_opf, entry->btree_opintype, entry->btree_opintype, BTEQUALIMAGE_PROC) :
		InvalidOid;

	return OidIsValid(function) &&
		DatumGetBool(OidFunctionCall1Coll(function, collation, ObjectIdGetDatum(entry->btree_opintype)));
}

void
bolt_key_column_init(KeyColumn *column, Oid type, Oid collation, MemoryContext context)
{
	TypeCacheEntry *entry = lookup_type_cache(
		type, TYPECACHE_EQ_OPR_FINFO | TYPECACHE_HASH_PROC_FINFO | TYPECACHE_BTREE_OPFAMILY);

	Assert(OidIsValid(entry->eq_opr_finfo.fn_oid));
	memset(column, 0, sizeof(KeyColumn));
	column->type = type;
	column->collation = collation;
	get_typlenbyval(type, &column->length, &column->by_value);
	fmgr_info_cxt(entry->eq_opr_finfo.fn_oid, &column->equal, context);
	if (OidIsValid(entry->hash_proc_finfo.fn_oid))
		fmgr_info_cxt(entry->hash_proc_finfo.fn_oid, &column->hash, context);
	else
		column->image = equal_by_image(entry, collation);
}

void
bolt_key_table_init(KeyTable *table, const KeyType *type)
{
	memset(table, 0, sizeof(KeyTable));
	table->type = type;
	table->context = CurrentMemoryContext;
}

void
bolt_key_table_reset(KeyTable *table)
{
	table->count = 0;
	if (table->slots != NULL)
		memset(table->slots, 0, sizeof(int) * table->nslots);
	if (table->values_context != NULL)
		MemoryContextReset(table->values_context);
}

static inline int64
integer_key(const KeyType *type, Datum value)
{
	switch (type->columns[0].type)
	{
		case INT8OID:
			return DatumGetInt64(value);
		case INT2OID:
			return DatumGetInt16(value);
		case OIDOID:
			return DatumGetObjectId(value);
		default:
			return DatumGetInt32(value);
	}
}

static inline uint32
hash_integer(int64 key)
{
	return (uint32) (((uint64) key * UINT64CONST(0x9E3779B97F4A7C15)) >> 32);
}

static uint32
hash_values(const KeyType *type, const Datum *key)
{
	uint32 hash = 0;

	for (int i = 0; i < type->ncolumns; i++)
	{
		KeyColumn *column = &type->columns[i];

		if (OidIsValid(column->hash.fn_oid))
			hash = hash_combine(hash,
								DatumGetUInt32(FunctionCall1Coll(&column->hash, column->collation, key[i])));
		else if (column->image)
			hash = hash_combine(hash, datum_image_hash(key[i], column->by_value, column->length));
	}
	return hash;
}

static bool
values_equal(const KeyType *type, const Datum *a, const Datum *b)
{
	for (int i = 0; i < type->ncolumns; i++)
	{
		KeyColumn *column = &type->columns[i];

		if (!DatumGetBool(FunctionCall2Coll(&column->equal, column->collation, a[i], b[i])))
			return false;
	}
	return true;
}

/* Twice the room, for slots that are at most half full. */
static void
grow(KeyTable *table)
{
	bool integer = table->type->integer;
	uint32 nslots = Max(table->nslots * 2, INITIAL_SLOTS);
	int capacity = nslots / 2;
	Size value_size = sizeof(Datum) * table->type->ncolumns;

	if (table->slots == NULL)
	{
		if (integer)
			table->integers = MemoryContextAllocHuge(table->context, sizeof(int64) * capacity);
		else
		{
			table->values = MemoryContextAllocHuge(table->context, value_size * capacity);
			table->hashes = MemoryContextAllocHuge(table->context, sizeof(uint32) * capacity);
			table->values_context =
				AllocSetContextCreate(table->context, "bolt_orm keys", ALLOCSET_DEFAULT_SIZES);
		}
	}
	else
	{
		if (integer)
			table->integers = repalloc_huge(table->integers, sizeof(int64) * capacity);
		else
		{
			table->values = repalloc_huge(table->values, value_size * capacity);
			table->hashes = repalloc_huge(table->hashes, sizeof(uint32) * capacity);
		}
		pfree(table->slots);
	}
	table->capacity = capacity;
	table->nslots = nslots;
	table->slots =
		MemoryContextAllocExtended(table->context, sizeof(int) * nslots, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < table->count; i++)
	{
		uint32 slot = integer ? hash_integer(table->integers[i]) : table->hashes[i];

		for (slot &= nslots - 1; table->slots[slot] != 0; slot = (slot + 1) & (nslots - 1))
			;
		table->slots[slot] = i + 1;
	}
}

static int
number_of_integer(KeyTable *table, int64 key, bool add)
{
	uint32 mask = table->nslots - 1;
	uint32 slot = hash_integer(key) & mask;

	for (; table->slots[slot] != 0; slot = (slot + 1) & mask)
	{
		if (table->integers[table->slots[slot] - 1] == key)
			return table->slots[slot] - 1;
	}
	if (!add)
		return NO_KEY;
	table->integers[table->count] = key;
	table->slots[slot] = ++table->count;
	return table->count - 1;
}

static int
number_of_values(KeyTable *table, const Datum *key, bool add)
{
	int n = table->type->ncolumns;
	uint32 hash = hash_values(table->type, key);
	uint32 mask = table->nslots - 1;
	uint32 slot = hash & mask;
	MemoryContext old;

	for (; table->slots[slot] != 0; slot = (slot + 1) & mask)
	{
		int number = table->slots[slot] - 1;

		CHECK_FOR_INTERRUPTS();
		if (table->hashes[number] == hash &&
			values_equal(table->type, key, &table->values[(Size) number * n]))
			return number;
	}
	if (!add)
		return NO_KEY;
	old = MemoryContextSwitchTo(table->values_context);
	for (int i = 0; i < n; i++)
		table->values[(Size) table->count * n + i] =
			datumCopy(key[i], table->type->columns[i].by_value, table->type->columns[i].length);
	MemoryContextSwitchTo(old);
	table->hashes[table->count] = hash;
	table->slots[slot] = ++table->count;
	return table->count - 1;
}

int
bolt_key_number(KeyTable *table, const Datum *key, bool add)
{
	if (table->count == table->capacity)
		grow(table);
	if (table->type->integer)
		return number_of_integer(table, integer_key(table->type, key[0]), add);
	return number_of_values(table, key, add);
}

char *
bolt_key_text(const KeyTable *table, int number)
{
	const KeyType *type = table->type;
	StringInfoData text;

	if (type->integer)
		return psprintf(INT64_FORMAT, table->integers[number]);
	initStringInfo(&text);
	for (int i = 0; i < type->ncolumns; i++)
	{
		Oid output;
		bool is_varlena;

		getTypeOutputInfo(type->columns[i].type, &output, &is_varlena);
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "",
						 OidOutputFunctionCall(output, table->values[(Size) number * type->ncolumns + i]));
	}
	return type->ncolumns > 1 ? psprintf("(%s)", text.data) : text.data;
}

/* An array without nulls of an integer key's type. */
static Datum
integer_array(const KeyType *type, const int64 *integers, int n)
{
	const KeyColumn *column = &type->columns[0];
	Size size = ARR_OVERHEAD_NONULLS(1) + (Size) n * column->length;
	ArrayType *array;
	char *data;

	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many keys for one statement"),
				 errhint("Lower \"bolt_orm.chunk_size\".")));
	array = palloc(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = column->type;
	ARR_DIMS(array)[0] = n;
	ARR_LBOUND(array)[0] = 1;
	data = ARR_DATA_PTR(array);
	if (column->length == 8)
		memcpy(data, integers, (Size) n * 8);
	else if (column->length == 4)
	{
		for (int i = 0; i < n; i++)
			((int32 *) data)[i] = (int32) integers[i];
	}
	else
	{
		for (int i = 0; i < n; i++)
			((int16 *) data)[i] = (int16) integers[i];
	}
	return PointerGetDatum(array);
}

Datum
bolt_key_array(const KeyTable *table, int column, int first)
{
	const KeyType *type = table->type;
	int n = table->count - first;
	Datum *values;
	int16 length;
	bool by_value;
	char align;

	if (type->integer)
		return integer_array(type, table->integers + first, n);
	values = palloc_extended(sizeof(Datum) * Max(n, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
		values[i] = table->values[(Size) (first + i) * type->ncolumns + column];
	get_typlenbyvalalign(type->columns[column].type, &length, &by_value, &align);
	return PointerGetDatum(construct_array(values, n, type->columns[column].type, length, by_value, align));
}

static void
find_bounds(const KeyTable *table, int first, int64 bounds[2])
{
	bounds[0] = bounds[1] = table->integers[first];
	for (int i = first + 1; i < table->count; i++)
	{
		bounds[0] = Min(bounds[0], table->integers[i]);
		bounds[1] = Max(bounds[1], table->integers[i]);
	}
}

bool
bolt_keys_are_dense(const KeyTable *table, int first, int gaps)
{
	int64 bounds[2];
	uint64 n = table->count - first;

	if (!table->type->integer)
		return false;
	find_bounds(table, first, bounds);
	return (uint64) bounds[1] - (uint64) bounds[0] < n * (1 + gaps);
}

Datum
bolt_key_bounds(const KeyTable *table, int first)
{
	int64 bounds[2];

	find_bounds(table, first, bounds);
	return integer_array(table->type, bounds, 2);
}
