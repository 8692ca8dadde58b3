/*
 * answer.c
 *	  From a result of libpq to a future's value. JSON is lent from the result, not copied.
 */
#include "future_state.h"

#include <stdlib.h>
#include <string.h>

static bolt_exception *
unexpected(void)
{
	bolt_exception *error =
		bolt__error_new(BOLT_PROGRAMMING_ERROR, NULL, "the server's answer has not the expected form");

	return bolt__error_hint(
		error, "The extension bolt_orm in the server and the client library may be of different versions.");
}

static void
take_json(bolt_future *future, int column)
{
	if (PQgetisnull(future->result, 0, column))
		return;
	future->json = PQgetvalue(future->result, 0, column);
	future->json_length = (size_t) PQgetlength(future->result, 0, column);
}

static void
take_integer(bolt_future *future, int column)
{
	future->integer = strtoll(PQgetvalue(future->result, 0, column), NULL, 10);
}

static void
take_boolean(bolt_future *future, int column)
{
	future->boolean = PQgetvalue(future->result, 0, column)[0] == 't';
}

/* The first column of all rows as one array. */
static bolt_exception *
join_rows(bolt_future *future)
{
	PGresult *result = future->result;
	int rows = PQntuples(result);
	size_t length = 2;
	char *to;

	for (int row = 0; row < rows; row++)
		length += PQgetisnull(result, row, 0) ? 5 : (size_t) PQgetlength(result, row, 0) + 1;
	to = future->json_made = malloc(length + 1);
	if (to == NULL)
		return bolt__out_of_memory();
	*to++ = '[';
	for (int row = 0; row < rows; row++)
	{
		bool null = PQgetisnull(result, row, 0);
		size_t size = null ? 4 : (size_t) PQgetlength(result, row, 0);

		if (row > 0)
			*to++ = ',';
		memcpy(to, null ? "null" : PQgetvalue(result, row, 0), size);
		to += size;
	}
	*to++ = ']';
	*to = '\0';
	future->json = future->json_made;
	future->json_length = (size_t) (to - future->json_made);
	future->integer = rows;
	return NULL;
}

static bolt_exception *
take_only_row(bolt_future *future, int rows)
{
	if (rows == 0)
		return bolt__error_new(BOLT_DOES_NOT_EXIST, NULL, "matching query does not exist");
	if (rows > 1)
		return bolt__error_new(BOLT_MULTIPLE_OBJECTS_RETURNED, NULL, "get() returned more than one object");
	take_json(future, 0);
	return NULL;
}

bolt_exception *
bolt__answer(bolt_future *future, PGresult *result, bolt__result_kind kind)
{
	static const int columns[] = {
		[BOLT__NOTHING] = 0,		[BOLT__JSON] = 1,	 [BOLT__ONE] = 1,
		[BOLT__INTEGER] = 1,		[BOLT__BOOLEAN] = 1, [BOLT__ROWS] = 1,
		[BOLT__OBJECT_CREATED] = 2, [BOLT__DELETED] = 2,
	};
	int rows = PQntuples(result);

	future->result = result;
	if (PQnfields(result) < columns[kind])
		return unexpected();
	if (rows == 0 &&
		(kind == BOLT__INTEGER || kind == BOLT__BOOLEAN || kind == BOLT__OBJECT_CREATED ||
		 kind == BOLT__DELETED))
		return unexpected();
	switch (kind)
	{
		case BOLT__NOTHING:
			break;
		case BOLT__JSON:
			if (rows > 0)
				take_json(future, 0);
			break;
		case BOLT__ONE:
			return take_only_row(future, rows);
		case BOLT__INTEGER:
			take_integer(future, 0);
			break;
		case BOLT__BOOLEAN:
			take_boolean(future, 0);
			break;
		case BOLT__ROWS:
			return join_rows(future);
		case BOLT__OBJECT_CREATED:
			take_json(future, 0);
			take_boolean(future, 1);
			break;
		case BOLT__DELETED:
			take_integer(future, 0);
			take_json(future, 1);
			break;
	}
	return NULL;
}
