/*
 * context.h
 *	  A stack, and where on it its code goes on.
 *
 * ucontext's, where the C library has it. musl has none: there it is our own, for x86-64 and AArch64;
 * on other machines libucontext has to be linked. BOLT_OWN_CONTEXT takes our own one anyway.
 */
#ifndef BOLT__CONTEXT_H
#define BOLT__CONTEXT_H

#include <stddef.h>

#if !defined(BOLT_OWN_CONTEXT) && defined(__linux__) && !defined(__GLIBC__) && \
	(defined(__x86_64__) || defined(__aarch64__))
#define BOLT_OWN_CONTEXT 1
#endif

#ifdef BOLT_OWN_CONTEXT
typedef struct bolt__context
{
	void *stack; /* the registers that a call keeps are at its top */
} bolt__context;
#else
#include <ucontext.h>

typedef ucontext_t bolt__context;
#endif

/* Of a new stack: the first switch to it calls `entry`, which must never return. */
void bolt__context_make(bolt__context *context, char *memory, size_t size, void (*entry)(void *), void *arg);

/* Leaves one, and goes on with another one. Returns when somebody switches back. */
void bolt__context_switch(bolt__context *from, bolt__context *to);

#endif
