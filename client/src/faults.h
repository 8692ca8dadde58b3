/*-------------------------------------------------------------------------
 *
 * faults.h
 *	  The faults of what came from outside, collected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_FAULTS_H
#define BOLT_SRC_FAULTS_H

#include "json_writer.h"

typedef struct bolt__faults
{
	bolt__writer list; /* {"path": …, "message": …}, joined by commas */
	int count;
	char *first; /* as the message of the error */
} bolt__faults;

/* At most so many are kept. */
#define BOLT__MOST_FAULTS 100

/* The path is not terminated. */
extern void bolt__fault(bolt__faults *faults, const char *path, size_t length, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The error that they are; NULL where there are none.  Frees what was collected. */
extern bolt_exception *bolt__faults_finish(bolt__faults *faults);

#endif /* BOLT_SRC_FAULTS_H */
