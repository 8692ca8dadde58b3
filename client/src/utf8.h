/*-------------------------------------------------------------------------
 *
 * utf8.h
 *	  What is UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SRC_UTF8_H
#define BOLT_SRC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BOLT__ONES UINT64_C(0x0101010101010101)
#define BOLT__HIGH_BITS UINT64_C(0x8080808080808080)

/* Whether eight bytes are ASCII that a JSON string holds as they are: no control character, quote or backslash. */
static inline bool
bolt__eight_plain(const char *text)
{
	uint64_t word;
	uint64_t quotes;
	uint64_t backslashes;

	memcpy(&word, text, sizeof(word));
	quotes = word ^ (BOLT__ONES * '"');
	backslashes = word ^ (BOLT__ONES * '\\');
	return ((word | (word - BOLT__ONES * ' ') | (quotes - BOLT__ONES) | (backslashes - BOLT__ONES)) &
			BOLT__HIGH_BITS) == 0;
}

/*
 * The length of the character that begins here, 1 to 4; 0 where none does: cut
 * off, overlong, a surrogate, past U+10FFFF.
 */
static inline int
bolt__utf8_length(const char *text, size_t left)
{
	const unsigned char *byte = (const unsigned char *) text;
	int length;

	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xc2)
		return 0;
	length = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : byte[0] < 0xf5 ? 4 : 0;
	if (length == 0 || (size_t) length > left)
		return 0;
	for (int i = 1; i < length; i++)
	{
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
		(byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f))
		return 0;
	return length;
}

#endif /* BOLT_SRC_UTF8_H */
