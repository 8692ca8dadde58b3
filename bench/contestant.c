/*-------------------------------------------------------------------------
 *
 * contestant.c
 *	  Runs what a contestant runs, and takes the time from the first byte sent
 *	  to the last result read.
 *
 * Each contestant has a connection, and so a backend, of its own. Texts are made
 * before the clock starts; rows are not looked at while it runs.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define INT4OID 23
#define JSONOID 114

/* The values of one execution, ready to be sent. */
typedef struct Request
{
	char numbers[MAX_PARAMETERS][16];
	const char *values[MAX_PARAMETERS];
	int count;
	char *documents[MAX_STATEMENTS];
	int document_count;
	char *text; /* SIMPLE and COPIED: what is sent */
} Request;

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000.0 + now.tv_nsec / 1000000.0;
}

/*
 * PGHOST, PGPORT, PGUSER, PGDATABASE and PGOPTIONS say where and how.
 */
PGconn *
connect_server(void)
{
	PGconn *conn = PQconnectdb("fallback_application_name=bench");

	if (PQstatus(conn) != CONNECTION_OK)
		die("%s", PQerrorMessage(conn));
	return conn;
}

/* Runs a statement that must succeed. */
PGresult *
query(PGconn *conn, const char *text)
{
	PGresult *result = PQexec(conn, text);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_IN)
		die("%sin: %s", PQerrorMessage(conn), text);
	return result;
}

static void
fail(Contestant *contestant, const char *message)
{
	if (contestant->failure == NULL)
		contestant->failure = message_line(message);
}

/* Without the line and caret that psql would show. */
static const char *
primary_message(const PGresult *result)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	return message != NULL ? message : PQresultErrorMessage(result);
}

static void
prepare(Contestant *contestant, const Workload *workload)
{
	Oid types[MAX_PARAMETERS] = {INT4OID, INT4OID};
	int count = workload->parameter_count;

	if (contestant->document != NULL)
	{
		types[0] = JSONOID;
		count = 1;
	}
	for (int i = 0; i < contestant->statement_count; i++)
	{
		char name[16];
		PGresult *result;

		snprintf(name, sizeof(name), "s%d", i);
		result = PQprepare(contestant->conn, name, contestant->statement[i].text, count, types);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			fail(contestant, primary_message(result));
		PQclear(result);
	}
}

/*
 * Reads its files, connects and prepares. Sets failure where the server refuses
 * a statement.
 */
void
open_contestant(Contestant *contestant, const Workload *workload, const char *folder)
{
	contestant->conn = connect_server();
	contestant->row_count = 0;
	if (contestant->setting != NULL)
		PQclear(query(contestant->conn, contestant->setting));
	contestant->statement_count = read_statements(folder, contestant->statements, contestant->statement);
	if (contestant->document != NULL)
		contestant->document_count = read_documents(folder, contestant->document, contestant->document_texts);
	if (contestant->manner == PREPARED || contestant->manner == PIPELINED || contestant->manner == SUCCESSIVE)
		prepare(contestant, workload);
	if (contestant->manner == PIPELINED)
		PQenterPipelineMode(contestant->conn);
}

void
close_contestant(Contestant *contestant)
{
	PQfinish(contestant->conn);
	contestant->conn = NULL;
	for (int i = 0; i < contestant->statement_count; i++)
	{
		free(contestant->statement[i].node);
		free(contestant->statement[i].text);
	}
	contestant->statement_count = 0;
	for (int i = 0; i < contestant->document_count; i++)
		free(contestant->document_texts[i]);
	contestant->document_count = 0;
}

void
contestant_values(const Contestant *contestant, const Workload *workload, int execution, int *values)
{
	if (workload->parameters != NULL)
		workload->parameters(execution, values);
	if (contestant->bound != 0)
		values[0] = contestant->bound;
}

/*
 * What a statement gets: its document, or the numbers.
 */
static const char *const *
statement_values(const Request *request, int statement)
{
	int last = request->document_count - 1;

	if (last < 0)
		return request->values;
	return (const char *const *) &request->documents[statement < last ? statement : last];
}

/*
 * The statements with the values in their texts, as one simple query; a document
 * becomes a quoted literal.
 */
static char *
literal_texts(const Contestant *contestant, const Request *request)
{
	const char *format = contestant->manner == COPIED ? "COPY (%s) TO '/dev/null';\n" : "%s";
	char *result;
	size_t size;
	FILE *out = open_memstream(&result, &size);

	for (int i = 0; i < contestant->statement_count; i++)
	{
		const char *const *values = statement_values(request, i);
		char *quoted = NULL;
		char *text;

		if (request->document_count > 0)
			quoted = PQescapeLiteral(contestant->conn, values[0], strlen(values[0]));
		text = substitute(contestant->statement[i].text,
						  quoted != NULL ? (const char *const *) &quoted : values, request->count);
		fprintf(out, format, text);
		free(text);
		PQfreemem(quoted);
	}
	fclose(out);
	return result;
}

static void
make_request(Request *request, const Contestant *contestant, const Workload *workload, int execution)
{
	int numbers[MAX_PARAMETERS] = {0};

	memset(request, 0, sizeof(*request));
	contestant_values(contestant, workload, execution, numbers);
	request->count = workload->parameter_count;
	for (int i = 0; i < request->count; i++)
	{
		snprintf(request->numbers[i], sizeof(request->numbers[i]), "%d", numbers[i]);
		request->values[i] = request->numbers[i];
	}
	for (int i = 0; i < contestant->document_count; i++)
		request->documents[i] = substitute(contestant->document_texts[i], request->values, request->count);
	request->document_count = contestant->document_count;
	if (request->document_count > 0)
		request->count = 1;
	if (contestant->manner == SIMPLE || contestant->manner == COPIED)
		request->text = literal_texts(contestant, request);
}

static void
free_request(Request *request)
{
	for (int i = 0; i < request->document_count; i++)
		free(request->documents[i]);
	free(request->text);
}

/*
 * Reads the results of one statement to the NULL that ends them. Returns the
 * time that the receiver took, which is not the contestant's.
 */
static double
read_results(Contestant *contestant, RowReceiver receiver, void *argument)
{
	double received = 0;
	PGresult *result;

	while ((result = PQgetResult(contestant->conn)) != NULL)
	{
		ExecStatusType status = PQresultStatus(result);

		if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE && status != PGRES_COMMAND_OK)
			fail(contestant, primary_message(result));
		else if (receiver != NULL)
		{
			double start = milliseconds();

			for (int row = 0; row < PQntuples(result); row++)
				receiver(argument, PQgetvalue(result, row, 0), PQgetlength(result, row, 0));
			received += milliseconds() - start;
		}
		contestant->row_count += PQntuples(result);
		PQclear(result);
	}
	return received;
}

static void
send_prepared(Contestant *contestant, const Request *request, int statement)
{
	char name[16];

	snprintf(name, sizeof(name), "s%d", statement);
	if (!PQsendQueryPrepared(contestant->conn, name, request->count, statement_values(request, statement),
							 NULL, NULL, 0))
		fail(contestant, PQerrorMessage(contestant->conn));
}

/* All statements are under way before the first result is read. */
static double
run_pipeline(Contestant *contestant, const Workload *workload, const Request *request, RowReceiver receiver,
			 void *argument)
{
	double received = 0;

	for (int i = 0; i < contestant->statement_count; i++)
		send_prepared(contestant, request, i);
	if (!PQpipelineSync(contestant->conn))
		fail(contestant, PQerrorMessage(contestant->conn));
	for (int i = 0; i < contestant->statement_count && contestant->failure == NULL; i++)
	{
		if (workload->streamed)
			PQsetSingleRowMode(contestant->conn);
		received += read_results(contestant, receiver, argument);
	}
	if (contestant->failure == NULL)
		PQclear(PQgetResult(contestant->conn)); /* the Sync */
	return received;
}

/* A round trip a statement; PREPARED has one statement. */
static double
run_prepared(Contestant *contestant, const Workload *workload, const Request *request, RowReceiver receiver,
			 void *argument)
{
	double received = 0;

	for (int i = 0; i < contestant->statement_count && contestant->failure == NULL; i++)
	{
		send_prepared(contestant, request, i);
		if (workload->streamed)
			PQsetSingleRowMode(contestant->conn);
		received += read_results(contestant, receiver, argument);
	}
	return received;
}

/* A contestant that sends the text of one query: a statement, or all its COPYs. */
static double
run_query(Contestant *contestant, const Workload *workload, const Request *request, RowReceiver receiver,
		  void *argument)
{
	Oid types[MAX_PARAMETERS] = {INT4OID, INT4OID};
	PGconn *conn = contestant->conn;
	int sent;

	if (request->document_count > 0)
		types[0] = JSONOID;
	if (contestant->manner == UNPREPARED)
		sent = PQsendQueryParams(conn, contestant->statement[0].text, request->count, types,
								 statement_values(request, 0), NULL, NULL, 0);
	else
		sent = PQsendQuery(conn, request->text);
	if (!sent)
	{
		fail(contestant, PQerrorMessage(conn));
		return 0;
	}
	if (workload->streamed)
		PQsetSingleRowMode(conn);
	return read_results(contestant, receiver, argument);
}

/*
 * Runs a contestant once and returns the milliseconds; sets its failure on an
 * error of the server, and where it returns not as many rows as the time before.
 * The receiver, if any, gets the first column of each row.
 */
double
execute(Contestant *contestant, const Workload *workload, int execution, RowReceiver receiver, void *argument)
{
	long row_count = contestant->row_count;
	Request request;
	double received = 0;
	double start;
	double end;

	contestant->row_count = 0;
	make_request(&request, contestant, workload, execution);
	start = milliseconds();
	if (contestant->manner == PIPELINED)
		received = run_pipeline(contestant, workload, &request, receiver, argument);
	else if (contestant->manner == PREPARED || contestant->manner == SUCCESSIVE)
		received = run_prepared(contestant, workload, &request, receiver, argument);
	else
		received = run_query(contestant, workload, &request, receiver, argument);
	end = milliseconds();
	free_request(&request);
	if (row_count != 0 && contestant->row_count != row_count)
		fail(contestant, "different work: the number of rows changed");
	return end - start - received;
}
