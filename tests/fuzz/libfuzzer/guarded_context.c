/*
 * guarded_context.c
 *	  A memory context whose chunks end where a page ends that nobody may touch.
 *
 * A byte that is read or written behind a chunk ends in a fault; the up to seven
 * bytes that alignment leaves there have a pattern that is looked at when the chunk
 * is freed.  What has been freed is overwritten.  (AddressSanitizer would see more,
 * but not every server bears its library being loaded before all others.)
 *
 * PostgreSQL 16 and newer know a chunk's context by a number that no module can
 * add to; there an ordinary context must do.
 */
#include "postgres.h"

#include <sys/mman.h>

#include "fuzz.h"
#include "lib/ilist.h"
#include "utils/memutils.h"

#if PG_VERSION_NUM >= 160000

MemoryContext
fuzz_guarded_context(MemoryContext parent)
{
	return AllocSetContextCreate(parent, "fuzz", ALLOCSET_DEFAULT_SIZES);
}

#else

#define PAGE ((Size) 4096)
#define SLOTS 8192 /* a process may have 65,530 mappings */
#define PATTERN 0x7E

typedef struct Chunk
{
	dlist_node node;
	Size size;
	int slot;			   /* or -1: it has pages of its own … */
	Size mapped;		   /* … so many bytes */
	MemoryContext context; /* what stands before a chunk's bytes */
} Chunk;

typedef struct GuardedContext
{
	MemoryContextData header;
	dlist_head chunks;
} GuardedContext;

#define CHUNK(pointer) ((Chunk *) ((char *) (pointer) - sizeof(Chunk)))

/* Small chunks have a page each, with a guard behind it; these are mapped once. */
static char *arena;
static bool used[SLOTS];
static int next_slot;
static int nused;

static char *
map_pages(Size size)
{
	char *pages =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pages == MAP_FAILED)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return pages;
}

static void
guard(char *page)
{
	if (mprotect(page, PAGE, PROT_NONE) != 0)
		abort();
}

static void
make_arena(void)
{
	arena = map_pages(SLOTS * 2 * PAGE);
	for (int i = 0; i < SLOTS; i++)
		guard(arena + (i * 2 + 1) * PAGE);
}

/* The slots go round, so that one which was freed is used again late. */
static int
take_slot(void)
{
	if (nused == SLOTS)
		return -1;
	while (used[next_slot])
		next_slot = (next_slot + 1) % SLOTS;
	used[next_slot] = true;
	nused++;
	return next_slot;
}

static void *
chunk_alloc(MemoryContext context, Size size)
{
	Size whole = sizeof(Chunk) + MAXALIGN(size);
	int slot = whole <= PAGE ? take_slot() : -1;
	Size mapped = 0;
	char *end;
	Chunk *chunk;

	if (slot >= 0)
		end = arena + (slot * 2 + 1) * PAGE;
	else
	{
		mapped = TYPEALIGN(PAGE, whole) + PAGE;
		end = map_pages(mapped) + mapped - PAGE;
		guard(end);
	}
	chunk = (Chunk *) (end - whole);
	chunk->size = size;
	chunk->slot = slot;
	chunk->mapped = mapped;
	chunk->context = context;
	memset((char *) (chunk + 1) + size, PATTERN, MAXALIGN(size) - size);
	dlist_push_tail(&((GuardedContext *) context)->chunks, &chunk->node);
	context->mem_allocated += size;
	return chunk + 1;
}

static void
chunk_free(MemoryContext context, void *pointer)
{
	Chunk *chunk = CHUNK(pointer);
	Size size = chunk->size;
	int slot = chunk->slot;

	for (Size i = size; i < MAXALIGN(size); i++)
	{
		if (((unsigned char *) pointer)[i] != PATTERN)
			abort();
	}
	context->mem_allocated -= size;
	dlist_delete(&chunk->node);
	if (slot < 0)
	{
		Size mapped = chunk->mapped;

		munmap((char *) pointer + MAXALIGN(size) + PAGE - mapped, mapped);
		return;
	}
	memset(chunk, PATTERN, sizeof(Chunk) + size);
	used[slot] = false;
	nused--;
}

static void *
chunk_realloc(MemoryContext context, void *pointer, Size size)
{
	void *new = chunk_alloc(context, size);

	memcpy(new, pointer, Min(size, CHUNK(pointer)->size));
	chunk_free(context, pointer);
	return new;
}

static void
reset(MemoryContext context)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &((GuardedContext *) context)->chunks)
		chunk_free(context, dlist_container(Chunk, node, iter.cur) + 1);
}

static void
delete_context(MemoryContext context)
{
	reset(context);
	free(context);
}

static Size
chunk_space(MemoryContext context, void *pointer)
{
	return CHUNK(pointer)->size + sizeof(Chunk);
}

static bool
is_empty(MemoryContext context)
{
	return dlist_is_empty(&((GuardedContext *) context)->chunks);
}

static void
stats(MemoryContext context, MemoryStatsPrintFunc printfunc, void *passthru, MemoryContextCounters *totals,
	  bool print_to_stderr)
{
}

#ifdef MEMORY_CONTEXT_CHECKING
static void
check(MemoryContext context)
{
}
#endif

MemoryContext
fuzz_guarded_context(MemoryContext parent)
{
	static const MemoryContextMethods methods = {
		.alloc = chunk_alloc,
		.free_p = chunk_free,
		.realloc = chunk_realloc,
		.reset = reset,
		.delete_context = delete_context,
		.get_chunk_space = chunk_space,
		.is_empty = is_empty,
		.stats = stats,
#ifdef MEMORY_CONTEXT_CHECKING
		.check = check,
#endif
	};
	GuardedContext *context = calloc(1, sizeof(GuardedContext));

	if (arena == NULL)
		make_arena();
	dlist_init(&context->chunks);
	MemoryContextCreate((MemoryContext) context, T_AllocSetContext, &methods, parent, "fuzz");
	return (MemoryContext) context;
}

#endif
