/*-------------------------------------------------------------------------
 *
 * verify.c
 *	  Never compares different work: before a workload is timed, what its
 *	  contestants return must be equal.
 *
 * Documents go, as they came over the wire, into a temporary table of a
 * connection of their own, where they are compared as jsonb with the first
 * contestant's. Flat rows are compared with the rows that the documents are made
 * of, each once; a page with its total and objects. COPY to /dev/null takes the flat contestant's
 * statements, so it is not looked at on its own.
 *
 * What writes must also leave the same behind: sql/<writes>.state.sql sums up the
 * tables in one value, which is asked for on the contestant's own connection,
 * before sql/<writes>.restore.sql makes them what they were.
 *
 *-------------------------------------------------------------------------
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* What a contestant returns, on its way into the table "wire". */
typedef struct Wire
{
	PGconn *conn;
	long count;
} Wire;

/* A statement from sql/, comments and all. */
static PGresult *
query_file(PGconn *conn, const Settings *settings, const char *name, const char *const *values, int count)
{
	char *file = read_text(settings->sql, name, ".sql");
	char *text = substitute(file, values, count);
	PGresult *result = query(conn, text);

	free(file);
	free(text);
	return result;
}

static void
put(Wire *wire, const void *data, size_t length)
{
	if (PQputCopyData(wire->conn, data, (int) length) != 1)
		die("%s", PQerrorMessage(wire->conn));
}

/* RowReceiver: a row (n bigint, document json) of binary COPY. */
static void
receive_document(void *argument, const char *value, int length)
{
	Wire *wire = argument;
	struct
	{
		uint16_t columns;
		uint32_t n_length;
		uint32_t n_high;
		uint32_t n_low;
		uint32_t document_length;
	} __attribute__((packed)) header;

	header.columns = htons(2);
	header.n_length = htonl(8);
	header.n_high = 0;
	header.n_low = htonl((uint32_t) ++wire->count);
	header.document_length = htonl((uint32_t) length);
	put(wire, &header, sizeof(header));
	put(wire, value, length);
}

/* RowReceiver: looks at nothing. */
static void
ignore_document(void *argument, const char *value, int length)
{
	(void) argument;
	(void) value;
	(void) length;
}

/* The statements of sql/<writes><suffix>.sql */
static int
read_write_statements(const Workload *workload, const Settings *settings, const char *suffix,
					  Statement *statements)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", workload->writes, suffix);
	return read_statements(settings->sql, name, statements);
}

/* Makes the tables of a workload what they were before. */
void
restore(const Workload *workload, const Settings *settings)
{
	static PGconn *conn = NULL;
	Statement statements[MAX_STATEMENTS];
	int count;

	if (workload->writes == NULL)
		return;
	if (conn == NULL)
		conn = connect_server(workload);
	count = read_write_statements(workload, settings, ".restore", statements);
	for (int i = 0; i < count; i++)
	{
		PQclear(query(conn, statements[i].text));
		free(statements[i].node);
		free(statements[i].text);
	}
}

/* What a workload's tables hold, as the contestant sees it. */
static char *
written_state(Contestant *contestant, const Workload *workload, const Settings *settings)
{
	Statement statements[MAX_STATEMENTS];
	char *state;

	if (read_write_statements(workload, settings, ".state", statements) != 1)
		die("\"%s.state.sql\" is not one statement", workload->writes);
	if (contestant->manner == DJANGO)
		state = django_state(contestant, statements[0].text);
	else
	{
		PGresult *result = query(contestant->conn, statements[0].text);

		state = strdup(PQgetvalue(result, 0, 0));
		PQclear(result);
	}
	free(statements[0].node);
	free(statements[0].text);
	return state;
}

/*
 * Runs a contestant as often as it is verified, and returns what it leaves behind;
 * NULL where it has failed, or writes nothing.
 */
static char *
run_verified(Contestant *contestant, const Workload *workload, const Settings *settings, RowReceiver receiver,
			 void *argument)
{
	char *state = NULL;

	for (int i = 0; i < workload->verified && contestant->failure == NULL; i++)
	{
		double elapsed = execute(contestant, workload, i, receiver, argument);

		if (contestant->once)
			contestant->samples[contestant->sample_count++] = elapsed;
		if (workload->rolled_back && contestant->failure == NULL)
		{
			free(state);
			state = written_state(contestant, workload, settings);
		}
		undo_execution(contestant, workload);
	}
	if (workload->writes != NULL && !workload->rolled_back && contestant->failure == NULL)
		state = written_state(contestant, workload, settings);
	restore(workload, settings);
	return state;
}

/*
 * Runs a contestant with its documents going into "wire".  Returns what it leaves behind.
 */
static char *
capture(Contestant *contestant, const Workload *workload, const Settings *settings, PGconn *judge)
{
	static const char signature[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
	Wire wire = {judge, 0};
	PGresult *result;
	char *state;

	PQclear(query(judge, "TRUNCATE pg_temp.wire, pg_temp.actual"));
	PQclear(query(judge, "COPY pg_temp.wire FROM STDIN (FORMAT binary)"));
	put(&wire, signature, sizeof(signature));
	state = run_verified(contestant, workload, settings, receive_document, &wire);
	put(&wire, "\377\377", 2);
	PQputCopyEnd(judge, NULL);
	while ((result = PQgetResult(judge)) != NULL)
	{
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			fprintf(stderr, "%s", PQresultErrorMessage(result));
		PQclear(result);
	}
	return state;
}

/* Sets failure to the first difference that a comparison found, if any. */
static void
judge_result(Contestant *contestant, PGresult *result)
{
	char message[8192];

	if (PQntuples(result) > 0)
	{
		snprintf(message, sizeof(message), "different work: %s: %s | %s", PQgetvalue(result, 0, 0),
				 PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 2));
		contestant->failure = message_line(message);
	}
	PQclear(result);
}

/* Returns what the contestant leaves behind. */
static char *
verify_documents(Contestant *contestant, const Workload *workload, PGconn *judge, const Settings *settings,
				 bool is_first)
{
	char *state;
	const char *ordered[] = {workload->documents_ordered ? "true" : "false",
							 workload->arrays_ordered ? "true" : "false"};

	state = capture(contestant, workload, settings, judge);
	if (contestant->failure != NULL)
		return state;
	PQclear(query_file(judge, settings, "verify.canonical", ordered, 2));
	if (is_first)
		PQclear(query(judge, "INSERT INTO pg_temp.expected TABLE pg_temp.actual"));
	else
		judge_result(contestant, query_file(judge, settings, "verify.documents", NULL, 0));
	return state;
}

static void
verify_state(Contestant *contestant, const char *expected, const char *actual)
{
	char message[8192];

	if (expected == NULL || actual == NULL || strcmp(expected, actual) == 0 || contestant->failure != NULL)
		return;
	snprintf(message, sizeof(message), "different work: %.2000s left behind, not %.2000s", actual, expected);
	contestant->failure = message_line(message);
}

/*
 * The rows of a flat contestant's nodes, for all values that the documents were
 * verified with.
 */
static void
verify_rows(Contestant *contestant, const Workload *workload, PGconn *judge, const Settings *settings)
{

	PQclear(query(judge, "TRUNCATE pg_temp.flat"));
	for (int execution = 0; execution < workload->verified; execution++)
	{
		int numbers[MAX_PARAMETERS] = {0};
		char texts[MAX_PARAMETERS][16];
		const char *values[] = {texts[0], texts[1]};

		contestant_values(contestant, workload, execution, numbers);
		for (int i = 0; i < MAX_PARAMETERS; i++)
			snprintf(texts[i], sizeof(texts[i]), "%d", numbers[i]);
		for (int i = 0; i < contestant->statement_count; i++)
		{
			Statement *statement = &contestant->statement[i];
			char *rows = substitute(statement->text, values, workload->parameter_count);
			const char *parts[] = {statement->node, rows};
			char *text =
				substitute("INSERT INTO pg_temp.flat SELECT '$1', to_jsonb(r) FROM ($2) r", parts, 2);

			PQclear(query(judge, text));
			free(rows);
			free(text);
		}
	}
	judge_result(contestant, query_file(judge, settings, "verify.rows", NULL, 0));
}

/*
 * Sets the failure of each contestant whose work differs from the first one's,
 * or that the server refuses. The others have run at least once then.
 */
void
verify_workload(Workload *workload, const Settings *settings)
{
	PGconn *judge = connect_server(NULL);
	char *expected = NULL;
	bool is_first = true;

	PQclear(query_file(judge, settings, "verify.tables", NULL, 0));
	foreach_contestant(contestant, workload)
	{
		char *state = NULL;

		if (contestant->failure != NULL || contestant->bound != 0 || contestant->manner == COPIED)
			continue;
		progress("%s: verifying %s", workload->name, contestant->name);
		if (contestant->manner == PIPELINED && contestant->document == NULL)
			verify_rows(contestant, workload, judge, settings);
		else if (contestant->other_form)
			state = run_verified(contestant, workload, settings, ignore_document, NULL);
		else
		{
			state = verify_documents(contestant, workload, judge, settings, is_first);
			is_first = is_first && contestant->failure != NULL;
		}
		verify_state(contestant, expected, state);
		if (expected == NULL && contestant->failure == NULL)
			expected = state;
		else
			free(state);
	}
	free(expected);
	PQfinish(judge);
}
