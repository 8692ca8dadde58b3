/*
 * fuzz.h
 *	  What the files of the libFuzzer module share.
 */
#ifndef BOLT_FUZZ_H
#define BOLT_FUZZ_H

#include "postgres.h"

/* Reads bytes as something that a client may send; errors are raised as anywhere. */
typedef void (*FuzzTarget)(const uint8 *data, size_t size);

extern void fuzz_document(const uint8 *data, size_t size);
extern void fuzz_cursor(const uint8 *data, size_t size);

extern MemoryContext fuzz_guarded_context(MemoryContext parent);

#endif /* BOLT_FUZZ_H */
