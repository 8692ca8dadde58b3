/*-------------------------------------------------------------------------
 *
 * error.c
 *	  The parts that every error report shares.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "error.h"
#include "lib/stringinfo.h"

int
bolt_errdetail_at(const JsonValue *value)
{
	char *path;

	if (value == NULL)
		return 0;
	path = bolt_json_path(value);
	if (path[0] == '\0')
		return 0;
	while (value->parent != NULL)
		value = value->parent;
	if (value->name != NULL)
		return errdetail("At %s in the arguments.", path);
	return errdetail("At %s in the queryset document.", path);
}

void
bolt_invalid_cursor(void)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("Invalid cursor"),
		 errhint("Give \"next\" or \"previous\" of another page of the same queryset, in the same order.")));
}

int
bolt_errhint_choices(List *choices)
{
	StringInfoData hint;
	ListCell *lc;

	if (choices == NIL)
		return 0;
	initStringInfo(&hint);
	foreach(lc, choices)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&hint, ", ");
		appendStringInfoString(&hint, lfirst(lc));
	}
	return errhint("Choices are: %s.", hint.data);
}
