/*-------------------------------------------------------------------------
 *
 * error.c
 *	  Errors as values, and which of Django's exceptions an SQLSTATE is.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define SQLSTATE_LENGTH 5

struct bolt_exception
{
	atomic_int references; /* of the static one: not counted */
	bolt_code code;
	char sqlstate[SQLSTATE_LENGTH + 1];
	char *message;
	char *detail;
	char *hint;
	char *context;
	char *constraint;
	char *column;
};

static bolt_exception out_of_memory = {
	.code = BOLT_MEMORY_ERROR,
	.sqlstate = "53200",
	.message = "out of memory",
};

/* Each code's name, and the SQLSTATE that it has where the server gave none. */
static const struct
{
	const char *name;
	const char *sqlstate;
} codes[] = {
	[BOLT_OK] = {"BOLT_OK", "00000"},
	[BOLT_DOES_NOT_EXIST] = {"BOLT_DOES_NOT_EXIST", "P0002"},
	[BOLT_MULTIPLE_OBJECTS_RETURNED] = {"BOLT_MULTIPLE_OBJECTS_RETURNED", "P0003"},
	[BOLT_FIELD_ERROR] = {"BOLT_FIELD_ERROR", "42703"},
	[BOLT_MODEL_ERROR] = {"BOLT_MODEL_ERROR", "42P01"},
	[BOLT_TYPE_ERROR] = {"BOLT_TYPE_ERROR", "0A000"},
	[BOLT_VALUE_ERROR] = {"BOLT_VALUE_ERROR", "22023"},
	[BOLT_NOT_SUPPORTED_ERROR] = {"BOLT_NOT_SUPPORTED_ERROR", "0A000"},
	[BOLT_RELATED_NOT_FETCHED] = {"BOLT_RELATED_NOT_FETCHED", "55000"},
	[BOLT_DECODE_ERROR] = {"BOLT_DECODE_ERROR", "22030"},
	[BOLT_INTEGRITY_ERROR] = {"BOLT_INTEGRITY_ERROR", "23000"},
	[BOLT_PROTECTED_ERROR] = {"BOLT_PROTECTED_ERROR", "23001"},
	[BOLT_RESTRICTED_ERROR] = {"BOLT_RESTRICTED_ERROR", "23001"},
	[BOLT_PERMISSION_DENIED] = {"BOLT_PERMISSION_DENIED", "42501"},
	[BOLT_DATABASE_ERROR] = {"BOLT_DATABASE_ERROR", "58000"},
	[BOLT_PROGRAMMING_ERROR] = {"BOLT_PROGRAMMING_ERROR", "42000"},
	[BOLT_OPERATIONAL_ERROR] = {"BOLT_OPERATIONAL_ERROR", "08006"},
	[BOLT_SERIALIZATION_FAILURE] = {"BOLT_SERIALIZATION_FAILURE", "40001"},
	[BOLT_TRANSACTION_MANAGEMENT_ERROR] = {"BOLT_TRANSACTION_MANAGEMENT_ERROR", "25000"},
	[BOLT_CONNECTION_DOES_NOT_EXIST] = {"BOLT_CONNECTION_DOES_NOT_EXIST", "08003"},
	[BOLT_IMPROPERLY_CONFIGURED] = {"BOLT_IMPROPERLY_CONFIGURED", "08001"},
	[BOLT_POOL_TIMEOUT] = {"BOLT_POOL_TIMEOUT", "53300"},
	[BOLT_POOL_EXHAUSTED] = {"BOLT_POOL_EXHAUSTED", "53300"},
	[BOLT_TIMEOUT] = {"BOLT_TIMEOUT", "57014"},
	[BOLT_CANCELLED] = {"BOLT_CANCELLED", "57014"},
	[BOLT_SYNCHRONOUS_ONLY_OPERATION] = {"BOLT_SYNCHRONOUS_ONLY_OPERATION", "55000"},
	[BOLT_INTERFACE_ERROR] = {"BOLT_INTERFACE_ERROR", "22023"},
	[BOLT_RUNTIME_ERROR] = {"BOLT_RUNTIME_ERROR", "55000"},
	[BOLT_MEMORY_ERROR] = {"BOLT_MEMORY_ERROR", "53200"},
	[BOLT_VALIDATION_ERROR] = {"BOLT_VALIDATION_ERROR", "22023"},
	[BOLT_HTTP_ERROR] = {"BOLT_HTTP_ERROR", "PT500"},
};

/* The first that an SQLSTATE begins with: single ones stand before their class. */
static const struct
{
	const char *prefix;
	bolt_code code;
} sqlstates[] = {
	{"P0002", BOLT_DOES_NOT_EXIST},
	{"P0003", BOLT_MULTIPLE_OBJECTS_RETURNED},
	{"42703", BOLT_FIELD_ERROR},
	{"42702", BOLT_FIELD_ERROR},
	{"42P01", BOLT_MODEL_ERROR},
	{"42501", BOLT_PERMISSION_DENIED},
	{"42804", BOLT_VALUE_ERROR}, /* an object or an array for a column of another type */
	{"42", BOLT_PROGRAMMING_ERROR},
	{"3F000", BOLT_PROGRAMMING_ERROR},
	{"0A000", BOLT_TYPE_ERROR},
	{"22", BOLT_VALUE_ERROR},
	{"54", BOLT_VALUE_ERROR},
	{"23001", BOLT_PROTECTED_ERROR}, /* or BOLT_RESTRICTED_ERROR: see code_of */
	{"23", BOLT_INTEGRITY_ERROR},
	{"40001", BOLT_SERIALIZATION_FAILURE},
	{"40P01", BOLT_SERIALIZATION_FAILURE},
	{"25P02", BOLT_TRANSACTION_MANAGEMENT_ERROR},
	{"57014", BOLT_CANCELLED},		   /* or BOLT_TIMEOUT: see code_of */
	{"25P03", BOLT_OPERATIONAL_ERROR}, /* idle_in_transaction_session_timeout */
	{"57P05", BOLT_OPERATIONAL_ERROR}, /* idle_session_timeout */
	{"55P03", BOLT_TIMEOUT},		   /* lock_timeout, and nowait */
	{"08", BOLT_OPERATIONAL_ERROR},
	{"28", BOLT_OPERATIONAL_ERROR},
	{"3D000", BOLT_OPERATIONAL_ERROR},
	{"53", BOLT_OPERATIONAL_ERROR},
	{"57", BOLT_OPERATIONAL_ERROR},
	{"PT", BOLT_HTTP_ERROR}, /* raised by a function, as for PostgREST */
	{"", BOLT_DATABASE_ERROR},
};

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* Two meanings of one SQLSTATE are told apart by the words, in whatever language but for Django's own. */
static bolt_code
code_of(const char *sqlstate, const char *message)
{
	size_t i = 0;

	while (strncmp(sqlstate, sqlstates[i].prefix, strlen(sqlstates[i].prefix)) != 0)
		i++;
	if (sqlstates[i].code == BOLT_PROTECTED_ERROR && strstr(message, "restricted"))
		return BOLT_RESTRICTED_ERROR;
	if (sqlstates[i].code == BOLT_CANCELLED && strstr(message, "timeout"))
		return BOLT_TIMEOUT;
	return sqlstates[i].code;
}

bolt_exception *
bolt__out_of_memory(void)
{
	return &out_of_memory;
}

static char *
format_text(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

/* Takes the message over. */
static bolt_exception *
make_error(bolt_code code, const char *sqlstate, char *message)
{
	bolt_exception *error = message == NULL ? NULL : calloc(1, sizeof(bolt_exception));

	if (error == NULL)
	{
		free(message);
		return &out_of_memory;
	}
	atomic_init(&error->references, 1);
	error->code = code;
	strncpy(error->sqlstate, sqlstate ? sqlstate : codes[code].sqlstate, SQLSTATE_LENGTH);
	error->message = message;
	return error;
}

bolt_exception *
bolt__error_new(bolt_code code, const char *sqlstate, const char *format, ...)
{
	va_list arguments;
	char *message;

	va_start(arguments, format);
	message = format_text(format, arguments);
	va_end(arguments);
	return make_error(code, sqlstate, message);
}

bolt_exception *
bolt__error_hint(bolt_exception *error, const char *format, ...)
{
	va_list arguments;

	if (error == &out_of_memory)
		return error;
	free(error->hint);
	va_start(arguments, format);
	error->hint = format_text(format, arguments);
	va_end(arguments);
	return error;
}

bolt_exception *
bolt__error_detail(bolt_exception *error, const char *format, ...)
{
	va_list arguments;

	if (error == &out_of_memory)
		return error;
	free(error->detail);
	va_start(arguments, format);
	error->detail = format_text(format, arguments);
	va_end(arguments);
	return error;
}

bolt_exception *
bolt__error_prefix(bolt_exception *error, const char *prefix)
{
	char *message;

	if (error == &out_of_memory || asprintf(&message, "%s%s", prefix, error->message) < 0)
		return error;
	free(error->message);
	error->message = message;
	return error;
}

static char *
copy_field(const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);

	return text ? strdup(text) : NULL;
}

bolt_exception *
bolt__error_from_result(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	bolt_exception *error;

	/* libpq's own errors have neither: the connection was lost */
	if (message == NULL)
	{
		message = PQresultErrorMessage(result);
		error = make_error(BOLT_OPERATIONAL_ERROR, sqlstate, strdup(*message ? message : "connection lost"));
	}
	else
		error = make_error(code_of(sqlstate ? sqlstate : "", message), sqlstate, strdup(message));
	if (error == &out_of_memory)
		return error;
	error->message[strcspn(error->message, "\n")] = '\0';
	error->detail = copy_field(result, PG_DIAG_MESSAGE_DETAIL);
	error->hint = copy_field(result, PG_DIAG_MESSAGE_HINT);
	error->context = copy_field(result, PG_DIAG_CONTEXT);
	error->constraint = copy_field(result, PG_DIAG_CONSTRAINT_NAME);
	error->column = copy_field(result, PG_DIAG_COLUMN_NAME);
	return error;
}

bolt_exception *
bolt__error_from_connection(const PGconn *connection)
{
	const char *message = PQerrorMessage(connection);
	bolt_exception *error;
	size_t length;

	if (*message == '\0')
		message = "connection lost";
	error = make_error(BOLT_OPERATIONAL_ERROR, NULL, strdup(message));
	if (error == &out_of_memory)
		return error;
	length = strlen(error->message);
	while (length > 0 && error->message[length - 1] == '\n')
		error->message[--length] = '\0';
	return error;
}

const char *
bolt_code_name(bolt_code code)
{
	return (size_t) code < lengthof(codes) ? codes[code].name : "BOLT_UNKNOWN";
}

bolt_code
bolt_error_code(const bolt_exception *error)
{
	return error ? error->code : BOLT_OK;
}

const char *
bolt_error_sqlstate(const bolt_exception *error)
{
	return error ? error->sqlstate : "00000";
}

const char *
bolt_error_message(const bolt_exception *error)
{
	return error ? error->message : "no error";
}

const char *
bolt_error_detail(const bolt_exception *error)
{
	return error ? error->detail : NULL;
}

const char *
bolt_error_hint(const bolt_exception *error)
{
	return error ? error->hint : NULL;
}

const char *
bolt_error_context(const bolt_exception *error)
{
	return error ? error->context : NULL;
}

const char *
bolt_error_constraint(const bolt_exception *error)
{
	return error ? error->constraint : NULL;
}

const char *
bolt_error_column(const bolt_exception *error)
{
	return error ? error->column : NULL;
}

bolt_exception *
bolt_error_ref(const bolt_exception *error)
{
	bolt_exception *counted = (bolt_exception *) error;

	if (counted && counted != &out_of_memory)
		atomic_fetch_add(&counted->references, 1);
	return counted;
}

void
bolt_error_unref(bolt_exception *error)
{
	if (error == NULL || error == &out_of_memory || atomic_fetch_sub(&error->references, 1) > 1)
		return;
	free(error->message);
	free(error->detail);
	free(error->hint);
	free(error->context);
	free(error->constraint);
	free(error->column);
	free(error);
}
