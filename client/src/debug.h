/*
 * debug.h
 *	  What debug builds remember of each future.
 */
#ifndef BOLT__DEBUG_H
#define BOLT__DEBUG_H

#include "future_state.h"

#ifdef BOLT_DEBUG
void bolt__debug_born(bolt_future *future);
void bolt__debug_gone(bolt_future *future);

/* The call that made it: "bolt_aget". */
void bolt__debug_name(bolt_future *future, const char *made_by);
#else
#define bolt__debug_born(future) ((void) 0)
#define bolt__debug_gone(future) ((void) 0)
#define bolt__debug_name(future, made_by) ((void) 0)
#endif

#endif
