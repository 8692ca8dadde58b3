/*-------------------------------------------------------------------------
 *
 * response.c
 *	  What an HTTP client is told of a future.
 *
 *-------------------------------------------------------------------------
 */
#include "bolt_orm/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "future_state.h"
#include "json_writer.h"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

static const struct
{
	bolt_code code;
	int status;
} statuses[] = {
	{BOLT_OK, 200},
	{BOLT_VALIDATION_ERROR, 400},
	{BOLT_VALUE_ERROR, 400},
	{BOLT_PERMISSION_DENIED, 403},
	{BOLT_DOES_NOT_EXIST, 404},
	{BOLT_INTEGRITY_ERROR, 409},
	{BOLT_PROTECTED_ERROR, 409},
	{BOLT_RESTRICTED_ERROR, 409},
	{BOLT_OPERATIONAL_ERROR, 503},
	{BOLT_POOL_TIMEOUT, 503},
	{BOLT_POOL_EXHAUSTED, 503},
	{BOLT_SERIALIZATION_FAILURE, 503},
	{BOLT_CANCELLED, 503},
	{BOLT_TIMEOUT, 504},
};

/* SQLSTATEs that mean something else than the rest of their code. */
static const struct
{
	const char *sqlstate;
	int status;
} exceptions[] = {
	{"23502", 400}, /* NOT NULL */
	{"23514", 400}, /* CHECK */
	{"21000", 400}, /* a row twice in one call */
	{"25006", 403}, /* a write where the connection only reads */
	{"428C9", 400}, /* a generated column that was given a value */
	{"57P01", 503}, /* bolt_close, with the request under way */
	{"22012", 500}, /* division by zero: in an expression, which is the program's */
	{"42804", 500}, /* types that do not go together, as well */
};

/* What is wrong with a queryset is the program's fault, unless its client has sent it. */
static bool
is_about_queryset(const bolt_exception *error)
{
	bolt_code code = bolt_error_code(error);

	return code == BOLT_FIELD_ERROR || code == BOLT_MODEL_ERROR || code == BOLT_TYPE_ERROR ||
		code == BOLT_NOT_SUPPORTED_ERROR || code == BOLT_VALUE_ERROR;
}

int
bolt_error_status(const bolt_exception *error)
{
	const char *sqlstate = bolt_error_sqlstate(error);

	/* PostgREST's: the function that raised it says the status */
	if (strncmp(sqlstate, "PT", 2) == 0)
	{
		int status = atoi(sqlstate + 2);

		return status >= 400 && status <= 599 ? status : 500;
	}
	for (size_t i = 0; i < lengthof(exceptions); i++)
	{
		if (strcmp(exceptions[i].sqlstate, sqlstate) == 0)
			return exceptions[i].status;
	}
	for (size_t i = 0; i < lengthof(statuses); i++)
	{
		if (statuses[i].code == bolt_error_code(error))
			return statuses[i].status;
	}
	return 500;
}

/* ----------
 * Bodies of errors
 * ----------
 */

/* What a client is told of a fault that is not its own. */
static const char *
public_message(int status)
{
	switch (status)
	{
		case 503:
			return "The service is not available at the moment.";
		case 504:
			return "The request took too long.";
		default:
			return "An internal error occurred.";
	}
}

/* "values.author_id" of "value at values.author_id of the queryset document", "filter.id" of "At filter.id in …"; or NULL. */
static const char *
find_place(const bolt_exception *error)
{
	const char *context = bolt_error_context(error);
	const char *detail = bolt_error_detail(error);
	const char *at = context ? strstr(context, "value at ") : NULL;

	if (at)
		return at + strlen("value at ");
	return detail && strncmp(detail, "At ", strlen("At ")) == 0 ? detail + strlen("At ") : NULL;
}

/* The member that the server complains about, "author_id", or the column of a constraint. */
static void
write_path(bolt__writer *body, const bolt_exception *error)
{
	static const char *const roots[] = {"filter.", "values."};
	const char *column = bolt_error_column(error);
	const char *at = find_place(error);
	const char *end;

	if (at == NULL)
	{
		bolt__write_string(body, column ? column : "", column ? strlen(column) : 0);
		return;
	}
	end = at + strcspn(at, " \n");
	for (size_t i = 0; i < lengthof(roots); i++)
	{
		const char *root = memmem(at, (size_t) (end - at), roots[i], strlen(roots[i]));

		if (root)
			at = root + strlen(roots[i]);
	}
	bolt__write_string(body, at, (size_t) (end - at));
}

static void
write_member(bolt__writer *body, const char *name, const char *text)
{
	if (text == NULL)
		return;
	bolt__write_text(body, ",\"");
	bolt__write_text(body, name);
	bolt__write_text(body, "\":");
	bolt__write_string(body, text, strlen(text));
}

/* Those of NOT NULL and CHECK show the whole row, with columns that the client may not know of. */
static bool
tells_detail(const bolt_exception *error)
{
	const char *sqlstate = bolt_error_sqlstate(error);

	return strcmp(sqlstate, "23502") != 0 && strcmp(sqlstate, "23514") != 0 &&
		bolt_error_code(error) != BOLT_VALIDATION_ERROR; /* whose detail are the faults */
}

/* {"code": …, "message": …, …}: all of it in one. */
static void
write_error(bolt__writer *body, const bolt_exception *error, int status)
{
	bolt__write_text(body, "{\"code\":\"");
	bolt__write_text(body, bolt_code_name(bolt_error_code(error)) + strlen("BOLT_"));
	bolt__write_text(body, "\"");
	if (status >= 500)
		write_member(body, "message", public_message(status));
	else
	{
		write_member(body, "message", bolt_error_message(error));
		if (tells_detail(error))
			write_member(body, "detail", bolt_error_detail(error));
		write_member(body, "hint", bolt_error_hint(error));
		write_member(body, "constraint", bolt_error_constraint(error));
		if (bolt_error_code(error) != BOLT_HTTP_ERROR)
			write_member(body, "sqlstate", bolt_error_sqlstate(error));
	}
	bolt__write_text(body, "}");
}

/* [{"path": …, "message": …}, …] */
static void
write_faults(bolt__writer *body, const bolt_exception *error, int status)
{
	if (bolt_error_code(error) == BOLT_VALIDATION_ERROR && bolt_error_detail(error))
	{
		bolt__write_text(body, bolt_error_detail(error));
		return;
	}
	bolt__write_text(body, "[{\"path\":");
	if (status < 500)
		write_path(body, error);
	else
		bolt__write_text(body, "\"\"");
	write_member(body, "message", status < 500 ? bolt_error_message(error) : public_message(status));
	bolt__write_text(body, "}]");
}

static char *
error_body(const bolt_exception *error, int status)
{
	bolt__writer body = {0};
	bolt_exception *failure;
	char *text;

	bolt__write_text(&body, "{\"error\":");
	write_error(&body, error, status);
	bolt__write_text(&body, ",\"errors\":");
	write_faults(&body, error, status);
	bolt__write_text(&body, "}");
	text = bolt__writer_finish(&body, &failure);
	bolt_error_unref(failure);
	return text;
}

char *
bolt_error_body(const bolt_exception *error)
{
	return error_body(error, bolt_error_status(error));
}

/* ----------
 * Of futures
 * ----------
 */
bolt_future *
bolt_blame_client(bolt_future *future)
{
	if (future && !future->immortal)
		future->blames_client = true;
	return future;
}

bolt_future *
bolt_with_status(bolt_future *future, int status)
{
	if (future && !future->immortal)
		future->status = status;
	return future;
}

int
bolt_http_status(const bolt_future *future)
{
	if (bolt_failed(future))
		return future->blames_client && is_about_queryset(bolt_error(future)) ?
			400 :
			bolt_error_status(bolt_error(future));
	if (future && future->status)
		return future->status;
	return bolt_json(future) ? 200 : 204;
}

const char *
bolt_http_body(const bolt_future *future, size_t *length, char **made)
{
	*made = NULL;
	*length = 0;
	if (bolt_failed(future))
	{
		*made = error_body(bolt_error(future), bolt_http_status(future));
		*length = *made ? strlen(*made) : 0;
		return *made;
	}
	*length = bolt_json_length(future);
	return bolt_json(future);
}

bolt_future *
bolt_fail_with(bolt_database *database, bolt_exception *error)
{
	return bolt__request_failed(
		database,
		error ? error : bolt__error_new(BOLT_INTERFACE_ERROR, NULL, "bolt_fail_with without an error"));
}

static bolt_future *
fail_formatted(bolt_database *database, bolt_code code, const char *sqlstate, const char *format,
			   va_list arguments)
{
	bolt_exception *error = bolt__out_of_memory();
	char *message;

	if (vasprintf(&message, format, arguments) >= 0)
	{
		error = bolt__error_new(code, sqlstate, "%s", message);
		free(message);
	}
	return bolt_fail_with(database, error);
}

bolt_future *
bolt_fail(bolt_database *database, bolt_code code, const char *format, ...)
{
	va_list arguments;
	bolt_future *future;

	va_start(arguments, format);
	future = fail_formatted(database, code, NULL, format, arguments);
	va_end(arguments);
	return future;
}

bolt_future *
bolt_refuse(bolt_database *database, int status, const char *format, ...)
{
	char sqlstate[16];
	va_list arguments;
	bolt_future *future;

	snprintf(sqlstate, sizeof(sqlstate), "PT%03d", status >= 400 && status <= 599 ? status : 500);
	va_start(arguments, format);
	future = fail_formatted(database, BOLT_HTTP_ERROR, sqlstate, format, arguments);
	va_end(arguments);
	return future;
}
