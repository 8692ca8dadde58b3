/*
 * target_document.c
 *	  Bytes as a document, and as each of the other arguments that are parsed.
 */
#include "postgres.h"

#include "document.h"
#include "fuzz.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

static int depths[] = {100, 1, 3, 1000};

void
fuzz_document(const uint8 *data, size_t size)
{
	Document *document;
	uint8 choice;
	char *text;

	if (size < 2)
		return;
	choice = data[--size];
	text = palloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	/* what the server has made sure of before: the encoding, and that it is JSON */
	if (strlen(text) != size || !pg_verify_mbstr(PG_UTF8, text, size, true))
		return;
	(void) DirectFunctionCall1(json_in, CStringGetDatum(text));

	bolt_max_depth = depths[(choice >> 4) % lengthof(depths)];
	/* the parser is given a length: nothing behind it may be read */
	text = memcpy(palloc(size), text, size);
	switch (choice % 4)
	{
		case 0:
			(void) bolt_document_parse(text, size);
			break;
		case 1:
			document = bolt_document_parse("{\"model\":\"m\"}", 13);
			bolt_document_add_filter(document, "filter", text, size);
			break;
		case 2:
			document = bolt_document_parse("{\"model\":\"m\"}", 13);
			bolt_document_add_aggregates(document, text, size);
			break;
		case 3:
			(void) bolt_json_parse(text, size, bolt_max_depth);
			break;
	}
}
