/*-------------------------------------------------------------------------
 *
 * arena.c
 *	  Memory that is freed at once.
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define ALIGNMENT sizeof(max_align_t)
#define FIRST_BLOCK 1024
#define LARGEST_BLOCK (1024 * 1024)

struct bolt__arena_block
{
	bolt__arena_block *next;
	size_t size;
	max_align_t memory[];
};

/* Each block is twice as large as the one before. */
static char *
new_block(bolt__arena *arena, size_t needed)
{
	size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
	bolt__arena_block *block;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < needed)
		size = needed;
	block = size > SIZE_MAX - sizeof(bolt__arena_block) ? NULL : malloc(sizeof(bolt__arena_block) + size);
	if (block == NULL)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->free = (char *) block->memory;
	arena->left = size;
	return arena->free;
}

char *
bolt__arena_bytes(bolt__arena *arena, size_t size)
{
	char *bytes = arena->free;

	if (arena->left < size || bytes == NULL)
		bytes = new_block(arena, size);
	if (bytes == NULL)
		return NULL;
	arena->free += size;
	arena->left -= size;
	return bytes;
}

void
bolt__arena_trim(bolt__arena *arena, char *end)
{
	arena->left += arena->free - end;
	arena->free = end;
}

void *
bolt__arena_alloc(bolt__arena *arena, size_t size)
{
	size_t padding = -(uintptr_t) arena->free % ALIGNMENT;
	char *memory;

	/* a new block is aligned */
	if (arena->left >= padding && arena->left - padding >= size && arena->free != NULL)
		bolt__arena_bytes(arena, padding);
	else if (new_block(arena, size) == NULL)
		return NULL;
	memory = bolt__arena_bytes(arena, size);
	memset(memory, 0, size);
	return memory;
}

void
bolt__arena_free(bolt__arena *arena)
{
	while (arena->blocks)
	{
		bolt__arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	*arena = (bolt__arena){0};
}
