/*
 * Valgrind's requests, answered by AddressSanitizer.
 *
 * PostgreSQL tells valgrind which memory of its contexts and shared buffers may be used: utils/memdebug.h, where USE_VALGRIND
 * is defined, includes <valgrind/memcheck.h>. This file takes its place in the AddressSanitizer build of
 * scripts/build-postgres. So AddressSanitizer, which by itself knows malloc only, also finds the use of memory after pfree or
 * after the reset of its context, what lies behind the end of a palloc, and shared buffers that are not pinned.
 *
 * AddressSanitizer keeps one state for eight bytes: the first so many of them may be used. What palloc gives begins at a
 * multiple of eight, so nothing is lost at its end. It does not know undefined memory, which counts as usable here.
 */
#ifndef BOLT_ASAN_MEMCHECK_H
#define BOLT_ASAN_MEMCHECK_H

#include <sanitizer/asan_interface.h>

#define BOLT_USABLE(address, size) __asan_unpoison_memory_region((const volatile void *) (address), (size))
#define BOLT_UNUSABLE(address, size) __asan_poison_memory_region((const volatile void *) (address), (size))

#define VALGRIND_MAKE_MEM_DEFINED(address, size) BOLT_USABLE(address, size)
#define VALGRIND_MAKE_MEM_UNDEFINED(address, size) BOLT_USABLE(address, size)
#define VALGRIND_MAKE_MEM_NOACCESS(address, size) BOLT_UNUSABLE(address, size)

/* The contexts themselves wipe what is freed, and mark it with NOACCESS. */
#define VALGRIND_CREATE_MEMPOOL(context, redzone, zeroed) ((void) 0)
#define VALGRIND_DESTROY_MEMPOOL(context) ((void) 0)
#define VALGRIND_MEMPOOL_ALLOC(context, address, size) BOLT_USABLE(address, size)
#define VALGRIND_MEMPOOL_FREE(context, address) ((void) 0)
#define VALGRIND_MEMPOOL_CHANGE(context, old, address, size) BOLT_USABLE(address, size)

#define VALGRIND_CHECK_MEM_IS_DEFINED(address, size) 0
#define VALGRIND_GET_VBITS(address, bits, size) 0
#define VALGRIND_SET_VBITS(address, bits, size) 0

#define VALGRIND_COUNT_ERRORS 0
#define VALGRIND_PRINTF(...) ((void) 0)
#define RUNNING_ON_VALGRIND 0

#endif
