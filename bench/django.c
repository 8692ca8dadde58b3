/*-------------------------------------------------------------------------
 *
 * django.c
 *	  Contestants that are Django: a Python process each, driven line by line.
 *
 * BENCH_PYTHON names a Python that has Django and psycopg.  The process takes the
 * time itself, from the call of the queryset's method to its return, so that this
 * conversation is not in it.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PROGRAM "django/contestant.py"

typedef struct Python
{
	pid_t process;
	FILE *to;
	FILE *from;
	char *line; /* the last one read */
	size_t size;
} Python;

static void
become_django(const Contestant *contestant, const Workload *workload, const char *python, int in, int out)
{
	char port[16];

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (workload->writes != NULL)
		setenv("PGDATABASE", getenv("BENCH_WRITE_DATABASE"), 1);
	if (workload->network)
	{
		snprintf(port, sizeof(port), "%d", network_port());
		setenv("PGHOST", "127.0.0.1", 1);
		setenv("PGPORT", port, 1);
		setenv("PGSSLMODE", "disable", 1);
		setenv("PGGSSENCMODE", "disable", 1);
	}
	execl(python, python, PROGRAM, contestant->statements, (char *) NULL);
	_exit(127);
}

/* Reads a line without its end; false where there is none. */
static bool
read_line(Python *python)
{
	ssize_t length = getline(&python->line, &python->size, python->from);

	if (length <= 0)
		return false;
	if (python->line[length - 1] == '\n')
		python->line[length - 1] = '\0';
	return true;
}

/* What follows the word that the last line begins with, or NULL. */
static char *
after(const Python *python, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(python->line, word, length) != 0)
		return NULL;
	if (python->line[length] == ' ')
		return python->line + length + 1;
	return python->line[length] == '\0' ? python->line + length : NULL;
}

static void
fail(Contestant *contestant, const char *message)
{
	if (contestant->failure == NULL)
		contestant->failure = message_line(message);
}

/* Waits for a line that begins so; what comes instead is why the contestant fails. */
static char *
expect(Contestant *contestant, const char *word)
{
	Python *python = contestant->python;
	char *rest;

	if (contestant->failure != NULL)
		return NULL;
	if (!read_line(python))
	{
		fail(contestant, "Django has ended");
		return NULL;
	}
	rest = after(python, word);
	if (rest == NULL)
		fail(contestant, python->line);
	return rest;
}

void
open_django(Contestant *contestant, const Workload *workload, const char *folder)
{
	const char *python = getenv("BENCH_PYTHON");
	int in[2];
	int out[2];
	Python *result;

	(void) folder;
	if (python == NULL || *python == '\0')
	{
		fail(contestant, "no Django on this machine");
		return;
	}
	if (workload->network)
		(void) network_port(); /* not the child's child */
	result = contestant->python = calloc(1, sizeof(Python));
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || (result->process = fork()) < 0)
		die("could not start %s", python);
	if (result->process == 0)
		become_django(contestant, workload, python, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	result->to = fdopen(in[1], "w");
	result->from = fdopen(out[0], "r");
	signal(SIGPIPE, SIG_IGN);
	(void) expect(contestant, "ready");
}

void
close_django(Contestant *contestant)
{
	Python *python = contestant->python;

	if (python == NULL)
		return;
	fclose(python->to);
	fclose(python->from);
	waitpid(python->process, NULL, 0);
	free(python->line);
	free(python);
	contestant->python = NULL;
}

static void
send_line(Contestant *contestant, const char *line)
{
	fprintf(contestant->python->to, "%s\n", line);
	fflush(contestant->python->to);
}

/* "begin" and "rollback" */
void
tell_django(Contestant *contestant, const char *command)
{
	if (contestant->python == NULL)
		return;
	send_line(contestant, command);
	(void) expect(contestant, "ready");
}

/*
 * Runs it once and returns the milliseconds; the receiver, if any, gets each object
 * that came as JSON.
 */
double
run_django(Contestant *contestant, const int *numbers, int count, RowReceiver receiver, void *argument)
{
	Python *python = contestant->python;
	char line[256];
	int length = snprintf(line, sizeof(line), receiver != NULL ? "show" : "run");
	char *took;

	for (int i = 0; i < count; i++)
		length += snprintf(line + length, sizeof(line) - length, " %d", numbers[i]);
	send_line(contestant, line);
	while (receiver != NULL && contestant->failure == NULL && read_line(python))
	{
		const char *row = after(python, "row");

		if (row == NULL)
			break;
		receiver(argument, row, (int) strlen(row));
	}
	if (receiver == NULL)
		took = expect(contestant, "done");
	else
	{
		took = after(python, "done");
		if (took == NULL)
			fail(contestant, python->line);
	}
	return took != NULL ? atof(took) : 0;
}

/* The one value of a query, as Django's connection sees it. */
char *
django_state(Contestant *contestant, const char *text)
{
	char *line = message_line(text);
	char *command = malloc(strlen(line) + 16);
	char *state;

	sprintf(command, "state %s", line);
	send_line(contestant, command);
	free(command);
	free(line);
	state = expect(contestant, "state");
	return state != NULL ? strdup(state) : NULL;
}
