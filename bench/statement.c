/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Reads the statements and documents under sql/.
 *
 * A line that ends in a semicolon ends a statement. Comments before a statement
 * are not sent; "-- node comments" names the node of the graph that its rows
 * are.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define NODE_COMMENT "-- node "

char *
read_text(const char *folder, const char *name, const char *suffix)
{
	char path[4096];
	FILE *file;
	long size;
	char *text;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	file = fopen(path, "r");
	if (file == NULL)
		die("could not open \"%s\": %s", path, strerror(errno));
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc(size + 1, 1);
	if (fread(text, 1, size, file) != (size_t) size)
		die("could not read \"%s\"", path);
	fclose(file);
	return text;
}

/*
 * Skips blank lines and comments, and keeps the name of a node.
 */
static char *
skip_comments(char *text, Statement *statement)
{
	while (*text == '\n' || strncmp(text, "--", 2) == 0)
	{
		size_t length = strcspn(text, "\n");

		if (strncmp(text, NODE_COMMENT, strlen(NODE_COMMENT)) == 0)
			statement->node = strndup(text + strlen(NODE_COMMENT), length - strlen(NODE_COMMENT));
		text += length + (text[length] == '\n');
	}
	return text;
}

/*
 * Returns the number of statements, which must be MAX_STATEMENTS at most.
 */
int
read_statements(const char *folder, const char *name, Statement *statement)
{
	char *file = read_text(folder, name, ".sql");
	char *text = file;
	int count = 0;

	for (;;)
	{
		Statement next = {NULL, NULL, 0};
		char *end;

		text = skip_comments(text, &next);
		if (*text == '\0')
			break;
		end = strstr(text, ";\n");
		if (end == NULL || count == MAX_STATEMENTS)
			die("\"%s.sql\" ends inside a statement or holds more than %d", name, MAX_STATEMENTS);
		next.text = strndup(text, end - text);
		statement[count++] = next;
		text = end + 2;
	}
	free(file);
	return count;
}

/*
 * A document a line. Returns the number of documents, MAX_STATEMENTS at most.
 */
int
read_documents(const char *folder, const char *name, char **documents)
{
	char *file = read_text(folder, name, ".json");
	char *line = file;
	int count = 0;

	while (*line != '\0')
	{
		size_t length = strcspn(line, "\n");

		if (count == MAX_STATEMENTS)
			die("\"%s.json\" holds more than %d documents", name, MAX_STATEMENTS);
		documents[count++] = strndup(line, length);
		line += length + (line[length] == '\n');
	}
	free(file);
	return count;
}

/*
 * The text with $1, $2 … replaced.
 */
char *
substitute(const char *text, const char *const *values, int count)
{
	char *result;
	size_t size;
	FILE *out = open_memstream(&result, &size);

	for (; *text != '\0'; text++)
	{
		int number = text[0] == '$' ? text[1] - '0' : 0;

		if (number < 1 || number > count)
			fputc(*text, out);
		else
		{
			fputs(values[number - 1], out);
			text++;
		}
	}
	fclose(out);
	return result;
}
