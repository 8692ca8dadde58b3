/*-------------------------------------------------------------------------
 *
 * faults.c
 *	  The faults of what came from outside, collected.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

void
bolt__fault(bolt__faults *faults, const char *path, size_t length, const char *format, ...)
{
	va_list arguments;
	char *message;
	int written;

	if (faults->count++ >= BOLT__MOST_FAULTS)
		return;
	va_start(arguments, format);
	written = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (written < 0)
	{
		bolt__writer_fail(&faults->list, bolt__out_of_memory());
		return;
	}
	bolt__write_comma(&faults->list, 0);
	bolt__write_text(&faults->list, "{\"path\":");
	bolt__write_string(&faults->list, path, length);
	bolt__write_text(&faults->list, ",\"message\":");
	bolt__write_string(&faults->list, message, strlen(message));
	bolt__write_text(&faults->list, "}");
	if (faults->first == NULL &&
		asprintf(&faults->first, length > 0 ? "%.*s: %s" : "%.*s%s", (int) length, path, message) < 0)
	{
		faults->first = NULL;
		bolt__writer_fail(&faults->list, bolt__out_of_memory());
	}
	free(message);
}

static bolt_exception *
make_error(const bolt__faults *faults, const char *list)
{
	bolt_exception *error;
	int more = faults->count - 1;

	if (more == 0)
		error = bolt__error_new(BOLT_VALIDATION_ERROR, NULL, "%s", faults->first);
	else
		error = bolt__error_new(BOLT_VALIDATION_ERROR, NULL, "%s (and %d more)", faults->first, more);
	return bolt__error_detail(error, "[%s]", list);
}

bolt_exception *
bolt__faults_finish(bolt__faults *faults)
{
	bolt_exception *error = NULL;
	char *list;

	if (faults->count > 0)
	{
		list = bolt__writer_finish(&faults->list, &error);
		if (list && faults->first)
			error = make_error(faults, list);
		else if (error == NULL)
			error = bolt__out_of_memory();
		free(list);
	}
	bolt__writer_free(&faults->list);
	free(faults->first);
	*faults = (bolt__faults){0};
	return error;
}
