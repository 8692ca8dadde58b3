/*
 * abridge.c
 *	  Shows JSON to people: indented, long arrays and strings cut.
 *
 * What it prints is not JSON any more where something was cut.
 */
#include "abridge.h"

#include <stdbool.h>
#include <string.h>

#define MEMBERS_SHOWN 2 /* of an array of arrays or objects */
#define STRING_SHOWN 40 /* bytes of a string */
#define LINE_WIDTH 100

typedef struct Printer
{
	FILE *out;		/* NULL: only count the width */
	const char *at; /* next byte to read */
	int width;		/* columns written */
	bool one_line;
} Printer;

static void print_value(Printer *printer, int indent);

static void
print_text(Printer *printer, const char *text, size_t length)
{
	if (printer->out != NULL)
		fwrite(text, 1, length, printer->out);
	printer->width += (int) length;
}

static void
print_word(Printer *printer, const char *word)
{
	print_text(printer, word, strlen(word));
}

static void
skip_space(Printer *printer)
{
	printer->at += strspn(printer->at, " \t\r\n");
}

static void
new_line(Printer *printer, int indent)
{
	if (printer->one_line)
		return;
	print_word(printer, "\n");
	for (int i = 0; i < indent; i++)
		print_word(printer, "    ");
}

/* The first byte after the string whose opening quote is at start. */
static const char *
string_end(const char *start)
{
	const char *at = start + 1;

	while (*at != '"')
		at += *at == '\\' ? 2 : 1;
	return at + 1;
}

static void
print_string(Printer *printer, bool whole)
{
	const char *start = printer->at;
	const char *end = string_end(start);

	printer->at = end;
	if (whole || end - start <= STRING_SHOWN)
	{
		print_text(printer, start, end - start);
		return;
	}

	/* Cut between characters, neither within an escape nor within UTF-8. */
	end = start + 1;
	while (end - start < STRING_SHOWN)
	{
		end += *end == '\\' ? (end[1] == 'u' ? 6 : 2) : 1;
		while ((*end & 0xC0) == 0x80)
			end++;
	}
	print_text(printer, start, end - start);
	print_word(printer, "…\"");
}

/* Reads past a value: prints it to nowhere. */
static int
value_width(const Printer *printer, const char **end)
{
	Printer measure = {.at = printer->at, .one_line = true};

	print_value(&measure, 0);
	if (end != NULL)
		*end = measure.at;
	return measure.width;
}

static void
print_member(Printer *printer, int indent, bool object)
{
	if (object)
	{
		print_string(printer, true);
		skip_space(printer);
		printer->at++; /* the colon */
		print_word(printer, ": ");
		skip_space(printer);
	}
	print_value(printer, indent);
	skip_space(printer);
}

static void
print_container(Printer *printer, int indent)
{
	bool object = *printer->at == '{';
	bool outer_one_line = printer->one_line;
	int count = 0;
	int cut = 0;

	printer->one_line = outer_one_line || value_width(printer, NULL) + indent * 4 < LINE_WIDTH - 20;
	print_text(printer, printer->at++, 1);
	skip_space(printer);
	while (*printer->at != '}' && *printer->at != ']')
	{
		if (!object && count >= MEMBERS_SHOWN && (*printer->at == '{' || *printer->at == '['))
		{
			value_width(printer, &printer->at);
			cut++;
		}
		else
		{
			if (count > 0)
				print_word(printer, printer->one_line ? ", " : ",");
			new_line(printer, indent + 1);
			print_member(printer, indent + 1, object);
		}
		count++;
		skip_space(printer);
		if (*printer->at == ',')
			printer->at++;
		skip_space(printer);
	}
	if (cut > 0)
	{
		char more[32];

		snprintf(more, sizeof(more), "… %d more", cut);
		print_word(printer, printer->one_line ? ", " : ",");
		new_line(printer, indent + 1);
		print_word(printer, more);
	}
	if (count > 0)
		new_line(printer, indent);
	print_text(printer, printer->at++, 1);
	printer->one_line = outer_one_line;
}

static void
print_value(Printer *printer, int indent)
{
	size_t length;

	skip_space(printer);
	switch (*printer->at)
	{
		case '{':
		case '[':
			print_container(printer, indent);
			break;
		case '"':
			print_string(printer, false);
			break;
		default:
			length = strcspn(printer->at, ",]} \t\r\n");
			print_text(printer, printer->at, length);
			printer->at += length;
	}
}

void
abridge(FILE *out, const char *json, int indent)
{
	Printer printer = {.out = out, .at = json};

	for (int i = 0; i < indent; i++)
		fputs("    ", out);
	print_value(&printer, indent);
}
