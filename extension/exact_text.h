/*-------------------------------------------------------------------------
 *
 * exact_text.h
 *	  Texts from which the same values are read again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_EXACT_TEXT_H
#define BOLT_EXACT_TEXT_H

#include "postgres.h"

#include "fmgr.h"

/* The text of a value, whatever the session's settings are. */
extern char *bolt_exact_text(FmgrInfo *output, Datum value);

#endif /* BOLT_EXACT_TEXT_H */
