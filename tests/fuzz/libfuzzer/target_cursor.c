/*
 * target_cursor.c
 *	  Bytes as a cursor: as its text, and as what stands in one that has the right checksum.
 */
#include "cursor_page.c"

#include "fuzz.h"

void
fuzz_cursor(const uint8 *data, size_t size)
{
	Document *document;
	KeysetPage page = {0};
	PageCursor cursor = {0};
	text *argument;

	if (size < 1 || size > 1 << 20)
		return;
	size--;
	if (data[size] % 2)
	{
		/* sealed, as encode_cursor does it */
		char *sealed = palloc(sizeof(uint32) + size);
		uint32 checksum = hash_bytes(data, size);
		int length = pg_b64_enc_len(sizeof(uint32) + size);

		memcpy(sealed, &checksum, sizeof(uint32));
		memcpy(sealed + sizeof(uint32), data, size);
		argument = palloc(VARHDRSZ + length + 1);
		length = pg_b64_encode(sealed, sizeof(uint32) + size, VARDATA(argument), length);
		for (int i = 0; i < length; i++)
		{
			char *c = VARDATA(argument) + i;

			*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
		}
		while (length > 0 && VARDATA(argument)[length - 1] == '=')
			length--;
		/* nothing behind the text may be read */
		SET_VARSIZE(argument, VARHDRSZ + length);
		argument = memcpy(palloc(VARSIZE(argument)), argument, VARSIZE(argument));
	}
	else
	{
		argument = palloc(VARHDRSZ + size);
		SET_VARSIZE(argument, VARHDRSZ + size);
		memcpy(VARDATA(argument), data, size);
	}
	document = bolt_document_parse("{\"model\":\"m\"}", 13);
	set_place(document, &cursor, &page, decode_cursor(argument));
	if (cursor.nvalues > 0)
		(void) encode_cursor(&cursor);
}
