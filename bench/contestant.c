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
	char *texts[MAX_PARAMETERS]; /* the contestant's values, which values are then */
	char *text;					 /* SIMPLE and COPIED: what is sent */
} Request;

double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000.0 + now.tv_nsec / 1000000.0;
}

/*
 * PGHOST, PGPORT, PGUSER, PGDATABASE and PGOPTIONS say where and how; what writes has a
 * database of its own.  The workload may be NULL.
 */
PGconn *
connect_server(const Workload *workload)
{
	const char *const names[] = {
		"fallback_application_name", "dbname", "host", "port", "sslmode", "gssencmode", NULL};
	const char *values[] = {"bench", NULL, NULL, NULL, NULL, NULL, NULL};
	char port[16];
	PGconn *conn;

	if (workload != NULL && workload->writes != NULL)
		values[1] = getenv("BENCH_WRITE_DATABASE");
	if (workload != NULL && workload->network)
	{
		snprintf(port, sizeof(port), "%d", network_port());
		values[2] = "127.0.0.1";
		values[3] = port;
		values[4] = values[5] = "disable";
	}
	conn = PQconnectdbParams(names, values, 0);

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
	Oid types[MAX_PARAMETERS];
	int count = workload->parameter_count;

	for (int i = 0; i < MAX_PARAMETERS; i++)
		types[i] = INT4OID;
	if (contestant->values != NULL)
		count = 0; /* the server finds how many, and their types */
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
		result = PQdescribePrepared(contestant->conn, name);
		contestant->statement[i].parameter_count = PQnparams(result);
		PQclear(result);
	}
}

/* Asks the server for the texts of its parameters. */
static void
make_values(Contestant *contestant, const char *folder)
{
	char *text = read_text(folder, contestant->values, ".values.sql");
	PGresult *result = query(contestant->conn, text);

	contestant->value_count = PQnfields(result);
	if (PQntuples(result) != 1 || contestant->value_count > MAX_PARAMETERS)
		die("\"%s.values.sql\" is not one row of %d columns at the most", contestant->values, MAX_PARAMETERS);
	for (int i = 0; i < contestant->value_count; i++)
		contestant->value_texts[i] = strdup(PQgetvalue(result, 0, i));
	PQclear(result);
	free(text);
}

/*
 * Reads its files, connects and prepares. Sets failure where the server refuses
 * a statement.
 */
void
open_contestant(Contestant *contestant, const Workload *workload, const char *folder)
{
	contestant->row_count = 0;
	if (contestant->manner == DJANGO)
	{
		open_django(contestant, workload, folder);
		return;
	}
	contestant->conn = connect_server(workload);
	if (contestant->setting != NULL)
		PQclear(query(contestant->conn, contestant->setting));
	contestant->statement_count = read_statements(folder, contestant->statements, contestant->statement);
	if (contestant->document != NULL)
		contestant->document_count = read_documents(folder, contestant->document, contestant->document_texts);
	if (contestant->values != NULL)
		make_values(contestant, folder);
	if (contestant->manner == PREPARED || contestant->manner == PIPELINED || contestant->manner == SUCCESSIVE)
		prepare(contestant, workload);
	if (contestant->manner == PIPELINED)
		PQenterPipelineMode(contestant->conn);
}

void
close_contestant(Contestant *contestant)
{
	if (contestant->manner == DJANGO)
		close_django(contestant);
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
	for (int i = 0; i < contestant->value_count; i++)
		free(contestant->value_texts[i]);
	contestant->value_count = 0;
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
	for (int i = 0; i < contestant->value_count; i++)
		request->texts[i] = substitute(contestant->value_texts[i], request->values, request->count);
	if (contestant->value_count > 0)
	{
		request->count = contestant->value_count;
		memcpy(request->values, request->texts, sizeof(request->values));
	}
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
	for (int i = 0; i < MAX_PARAMETERS; i++)
		free(request->texts[i]);
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
	if (!PQsendQueryPrepared(contestant->conn, name, contestant->statement[statement].parameter_count,
							 statement_values(request, statement), NULL, NULL, 0))
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

/* A contestant that sends texts: a statement after another, or all its COPYs at once. */
static double
run_query(Contestant *contestant, const Workload *workload, const Request *request, RowReceiver receiver,
		  void *argument)
{
	Oid types[MAX_PARAMETERS] = {INT4OID, INT4OID, INT4OID};
	PGconn *conn = contestant->conn;
	double received = 0;
	int rounds = contestant->manner == UNPREPARED ? contestant->statement_count : 1;

	if (request->document_count > 0)
		types[0] = JSONOID;
	for (int i = 0; i < rounds && contestant->failure == NULL; i++)
	{
		int sent;

		if (contestant->manner == UNPREPARED)
			sent = PQsendQueryParams(conn, contestant->statement[i].text, request->count, types,
									 statement_values(request, i), NULL, NULL, 0);
		else
			sent = PQsendQuery(conn, request->text);
		if (!sent)
		{
			fail(contestant, PQerrorMessage(conn));
			break;
		}
		if (workload->streamed)
			PQsetSingleRowMode(conn);
		received += read_results(contestant, receiver, argument);
	}
	return received;
}

/* COPY takes its data after the server has said that it may come. */
static double
run_load(Contestant *contestant, const Request *request)
{
	const char *data = request->values[0];
	PGconn *conn = contestant->conn;
	PGresult *result = PQexec(conn, contestant->statement[0].text);

	if (PQresultStatus(result) != PGRES_COPY_IN)
		fail(contestant, primary_message(result));
	else if (PQputCopyData(conn, data, (int) strlen(data)) != 1 || PQputCopyEnd(conn, NULL) != 1)
		fail(contestant, PQerrorMessage(conn));
	PQclear(result);
	return read_results(contestant, NULL, NULL);
}

/* Takes back what an execution has written, where the workload says so. */
void
undo_execution(Contestant *contestant, const Workload *workload)
{
	if (!workload->rolled_back)
		return;
	if (contestant->manner == DJANGO)
		tell_django(contestant, "rollback");
	else
		PQclear(query(contestant->conn, "ROLLBACK"));
}

static double
execute_django(Contestant *contestant, const Workload *workload, int execution, RowReceiver receiver,
			   void *argument)
{
	int numbers[MAX_PARAMETERS] = {0};

	contestant_values(contestant, workload, execution, numbers);
	if (workload->rolled_back)
		tell_django(contestant, "begin");
	return run_django(contestant, numbers, workload->parameter_count, receiver, argument);
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

	if (contestant->manner == DJANGO)
		return execute_django(contestant, workload, execution, receiver, argument);
	contestant->row_count = 0;
	make_request(&request, contestant, workload, execution);
	if (workload->rolled_back)
		PQclear(query(contestant->conn, "BEGIN"));
	start = milliseconds();
	if (contestant->manner == PIPELINED)
		received = run_pipeline(contestant, workload, &request, receiver, argument);
	else if (contestant->manner == PREPARED || contestant->manner == SUCCESSIVE)
		received = run_prepared(contestant, workload, &request, receiver, argument);
	else if (contestant->manner == LOADED)
		received = run_load(contestant, &request);
	else
		received = run_query(contestant, workload, &request, receiver, argument);
	end = milliseconds();
	free_request(&request);
	if (row_count != 0 && contestant->row_count != row_count)
		fail(contestant, "different work: the number of rows changed");
	return end - start - received;
}
