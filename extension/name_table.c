/*-------------------------------------------------------------------------
 *
 * name_table.c
 *	  Names that are looked up in a time that does not depend on their number.
 *
 * A caller decides the names of a document and how many there are.  Comparing each with
 * each would let half a megabyte of them keep the server busy for half a minute.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "name_table.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

/* Slots per name, at the least. */
#define SPARSENESS 2

typedef struct NameSlot
{
	const char *name; /* NULL: free */
	void *value;
	int length;
	uint32 hash;
} NameSlot;

struct NameTable
{
	MemoryContext context;
	NameSlot *slots;
	uint32 nslots; /* a power of two */
	uint32 nnames;
};

/* Not known outside, so that nobody can choose names that all have one hash. */
static uint64
hash_seed(void)
{
	static uint64 seed = 0;

	while (seed == 0)
	{
		if (!pg_strong_random(&seed, sizeof(seed)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	}
	return seed;
}

static uint32
hash_name(const char *name, int length)
{
	return (uint32) hash_bytes_extended((const unsigned char *) name, length, hash_seed());
}

static NameSlot *
make_slots(MemoryContext context, uint32 n)
{
	return MemoryContextAllocExtended(context, sizeof(NameSlot) * n, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

NameTable *
bolt_name_table_create(int size)
{
	NameTable *table = palloc(sizeof(NameTable));

	Assert(size >= 0 && size <= PG_INT32_MAX / (2 * SPARSENESS));
	table->context = CurrentMemoryContext;
	table->nslots = pg_nextpower2_32(Max(size, 4) * SPARSENESS);
	table->nnames = 0;
	table->slots = make_slots(table->context, table->nslots);
	return table;
}

/* The name's slot, or the free one where it would be. */
static NameSlot *
find_slot(const NameTable *table, const char *name, int length, uint32 hash)
{
	for (uint32 at = hash;; at++)
	{
		NameSlot *slot = &table->slots[at & (table->nslots - 1)];

		if (slot->name == NULL ||
			(slot->hash == hash && slot->length == length && memcmp(slot->name, name, length) == 0))
			return slot;
	}
}

static void
grow_table(NameTable *table)
{
	NameSlot *old = table->slots;
	uint32 nold = table->nslots;

	table->nslots *= 2;
	table->slots = make_slots(table->context, table->nslots);
	for (uint32 i = 0; i < nold; i++)
	{
		if (old[i].name != NULL)
			*find_slot(table, old[i].name, old[i].length, old[i].hash) = old[i];
	}
	pfree(old);
}

/* The slot of a name, which is taken for it if it has none.  Its value is NULL then. */
static NameSlot *
take_slot(NameTable *table, const char *name, int length)
{
	uint32 hash = hash_name(name, length);
	NameSlot *slot = find_slot(table, name, length, hash);

	if (slot->name != NULL)
		return slot;
	if (++table->nnames * SPARSENESS > table->nslots)
	{
		grow_table(table);
		slot = find_slot(table, name, length, hash);
	}
	slot->name = name;
	slot->length = length;
	slot->hash = hash;
	return slot;
}

void *
bolt_name_table_add(NameTable *table, const char *name, int length, void *value)
{
	NameSlot *slot = take_slot(table, name, length);

	Assert(value != NULL);
	if (slot->value == NULL)
		slot->value = value;
	return slot->value;
}

void
bolt_name_table_set(NameTable *table, const char *name, int length, void *value)
{
	take_slot(table, name, length)->value = value;
}

void *
bolt_name_table_find(const NameTable *table, const char *name, int length)
{
	return find_slot(table, name, length, hash_name(name, length))->value;
}

void
bolt_name_table_free(NameTable *table)
{
	pfree(table->slots);
	pfree(table);
}
