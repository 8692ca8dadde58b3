/*-------------------------------------------------------------------------
 *
 * bench.h
 *	  The words of the benchmark: workloads, their contestants, the bars.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include <libpq-fe.h>

#define MAX_PARAMETERS 8
#define MAX_STATEMENTS 8
#define MAX_ROUNDS 1000

/* How a contestant's statements reach the server. */
typedef enum Manner
{
	PREPARED,	/* prepared once, then executed */
	UNPREPARED, /* PQexecParams: parsed and planned each time, a
								 * statement after another */
	SIMPLE,		/* simple query, values as literals in its text */
	PIPELINED,	/* prepared, all sent before the first result is
								 * read, one Sync */
	SUCCESSIVE, /* prepared, each sent after the results of the
								 * one before */
	COPIED,		/* COPY (statement) TO '/dev/null', values as
								 * literals */
	LOADED,		/* COPY table FROM STDIN, its only value being
								 * the data */
	DJANGO		/* a function of django/contestant.py */
} Manner;

/* A statement of a file under sql/. */
typedef struct Statement
{
	char *node; /* of the graph, where the file names it */
	char *text;
	int parameter_count; /* where it is prepared */
} Statement;

typedef struct Contestant
{
	const char *name;		/* in reports; bolt's own start with "bolt" */
	const char *statements; /* sql/<statements>.sql; DJANGO: the function */
	const char *document;	/* sql/<document>.json is the only parameter,
								 * its first line that of the first statement
								 * and so on, its last line that of the rest;
								 * without, the integers are */
	Manner manner;
	int bound; /* instead of the workload's first parameter;
								 * such a contestant is not verified, another
								 * workload does that */
	bool once; /* too slow for rounds: the run that is
								 * verified is the one that is timed */

	const char *setting; /* run after connecting */
	const char *values;	 /* sql/<values>.values.sql, run once: its row
								 * is the parameters, in which the numbers
								 * are filled in as in documents */
	bool other_form;	 /* what it returns is not compared, only what
								 * it has written */

	/* What a run adds. */
	PGconn *conn;
	Statement statement[MAX_STATEMENTS];
	int statement_count;
	char *document_texts[MAX_STATEMENTS];
	int document_count;
	char *value_texts[MAX_PARAMETERS];
	int value_count;
	struct Python *python;		/* DJANGO */
	long row_count;				/* of the last execution, 0 before the first */
	char *failure;				/* why it does not take part */
	double samples[MAX_ROUNDS]; /* milliseconds an execution, a round */
	int sample_count;
} Contestant;

typedef struct Workload
{
	const char *name;
	const char *title;
	Contestant *contestants; /* the first is the one that others are
								 * compared with, a name of NULL ends them */
	int parameter_count;
	void (*parameters)(int execution, int *values);
	int verified;			/* executions that are verified */
	int executions;			/* a turn of one contestant */
	int warm_up;			/* executions before the first round */
	bool streamed;			/* single-row mode */
	bool documents_ordered; /* their order is part of the result */
	bool arrays_ordered;	/* so is the order inside arrays */
	bool microseconds;		/* too short for cores that fall asleep between two
								 * executions: they are kept awake */
	const char *writes;		/* sql/<writes>.state.sql is what it has written,
								 * .restore.sql undoes it, after each turn */
	bool rolled_back;		/* each execution, not timed */
	bool network;			/* a round trip takes a millisecond longer */
} Workload;

/* awake.c */
extern void keep_awake(void);
extern void let_sleep(void);

/* network.c */
#define NETWORK_MICROSECONDS 1000

extern int network_port(void);

#define foreach_contestant(contestant, workload) \
	for (Contestant *contestant = (workload)->contestants; contestant->name != NULL; contestant++)

/* What the environment asks for. */
typedef struct Settings
{
	const char *sql;	/* folder of the statements */
	const char *report; /* folder to write to */
	const char *only;	/* BENCH_ONLY: names of workloads, or NULL */
	int rounds;			/* BENCH_ROUNDS: at most so many */
	double seconds;		/* BENCH_SECONDS: a workload, then no new
								 * round, but three at least */
	bool quick;			/* BENCH_QUICK */
} Settings;

/* Peak private memory of a backend that ran nothing else, in kB. */
typedef struct Memory
{
	const char *contestant;
	int articles;
	long before;
	long peak; /* -1: not known */
} Memory;

/* A row as it arrives, in text form; it is gone after the call. */
typedef void (*RowReceiver)(void *argument, const char *value, int length);

/* bench.c */
extern void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
extern void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern char *message_line(const char *message);

/* workload.c */
extern Workload workloads[];
extern Workload *find_workload(const char *name);
extern Contestant *find_contestant(const char *workload, const char *contestant);

/* statement.c */
extern char *read_text(const char *folder, const char *name, const char *suffix);
extern int read_statements(const char *folder, const char *name, Statement *statement);
extern int read_documents(const char *folder, const char *name, char **documents);
extern char *substitute(const char *text, const char *const *values, int count);

/* contestant.c */
extern double milliseconds(void);
extern PGconn *connect_server(const Workload *workload);
extern PGresult *query(PGconn *conn, const char *text);
extern void open_contestant(Contestant *contestant, const Workload *workload, const char *folder);
extern void close_contestant(Contestant *contestant);
extern double execute(Contestant *contestant, const Workload *workload, int execution, RowReceiver receiver,
					  void *argument);
extern void undo_execution(Contestant *contestant, const Workload *workload);
extern void contestant_values(const Contestant *contestant, const Workload *workload, int execution,
							  int *values);

/* django.c */
extern void open_django(Contestant *contestant, const Workload *workload, const char *folder);
extern void close_django(Contestant *contestant);
extern double run_django(Contestant *contestant, const int *numbers, int count, RowReceiver receiver,
						 void *argument);
extern void tell_django(Contestant *contestant, const char *command);
extern char *django_state(Contestant *contestant, const char *query);

/* verify.c */
extern void verify_workload(Workload *workload, const Settings *settings);
extern void restore(const Workload *workload, const Settings *settings);

/* memory.c */
extern int measure_memory(const Settings *settings, Memory *memory);

/* statistics.c */
extern double quantile(const double *samples, int count, double fraction);
extern double median(const double *samples, int count);
extern double paired_ratio(const Contestant *over, const Contestant *under);
extern double paired_difference(const Contestant *contestant, const Contestant *other);

/* report.c */
extern void write_report(const Settings *settings, const Memory *memory, int memory_count);

#endif /* BENCH_H */
