/*-------------------------------------------------------------------------
 *
 * arena.h
 *	  Memory that is freed at once.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_ARENA_H
#define BOLT_SRC_ARENA_H

#include <stddef.h>

typedef struct bolt__arena_block bolt__arena_block;

typedef struct bolt__arena
{
	bolt__arena_block *blocks; /* the newest first */
	char *free;
	size_t left;
} bolt__arena;

/* Zeroed, aligned for anything; NULL without memory. */
extern void *bolt__arena_alloc(bolt__arena *arena, size_t size);

/* Bytes, neither zeroed nor aligned; NULL without memory. */
extern char *bolt__arena_bytes(bolt__arena *arena, size_t size);

/* Gives back the end of the latest bytes. */
extern void bolt__arena_trim(bolt__arena *arena, char *end);

extern void bolt__arena_free(bolt__arena *arena);

#endif /* BOLT_SRC_ARENA_H */
