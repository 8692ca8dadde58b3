/*-------------------------------------------------------------------------
 *
 * exact_text.c
 *	  Texts from which the same values are read again.
 *
 * Output functions heed settings: fewer digits of a float than it has, and dates in a style in which 1/2 is another
 * day or IST another time zone.  Values that travel as texts between two statements of ours must not
 * depend on these.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exact_text.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/guc.h"

/* As many digits as a float may need. */
#define ALL_DIGITS 3

static void
set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

static bool
settings_are_exact(void)
{
	return DateStyle == USE_ISO_DATES && IntervalStyle != INTSTYLE_SQL_STANDARD && extra_float_digits > 0;
}

char *
bolt_exact_text(FmgrInfo *output, Datum value)
{
	char *text;
	int level;

	if (settings_are_exact())
		return OutputFunctionCall(output, value);
	level = NewGUCNestLevel();
	set("datestyle", "ISO");
	set("intervalstyle", "postgres");
	if (extra_float_digits < ALL_DIGITS)
		set("extra_float_digits", "3");
	text = OutputFunctionCall(output, value);
	AtEOXact_GUC(true, level);
	return text;
}
