/*-------------------------------------------------------------------------
 *
 * json_out_scalar.c
 *	  Booleans, numbers, strings and bytes as JSON.
 *
 * Nothing here leaves memory behind: a value that had to be detoasted is freed
 * again, so that a column of these types needs no context of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "compat.h"
#include "json_out.h"
#include "json_out_writers.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

/* the same byte in all eight places of a word */
#define EIGHT_TIMES(byte) (UINT64CONST(0x0101010101010101) * (byte))

/* longest float in shortest decimal form, with its terminator and quotes */
#define FLOAT_LENGTH (DOUBLE_SHORTEST_DECIMAL_LEN + 2)

/* 8-4-4-4-12 digits, the hyphens and two quotes */
#define UUID_JSON_LENGTH (2 * UUID_LEN + 4 + 2)

/*
 * What follows the backslash where a byte must be escaped: a letter, 'u' for
 * \u00xx, or 0 where the byte stands for itself.  0x7f and everything of more
 * than one byte do.
 */
/* clang-format off */
static const char escapes[256] = {
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
	['"'] = '"',
	['\\'] = '\\',
};
/* clang-format on */

static const char hex_digits[] = "0123456789abcdef";

/*
 * Bare, as in JSON.
 */
void
bolt_json_write_bool(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	if (DatumGetBool(value))
		json_buffer_append(out, "true", 4);
	else
		json_buffer_append(out, "false", 5);
}

/*
 * The integers are put in place by the server's own fast conversion, without
 * a string between.
 */
void
bolt_json_write_int2(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[MAXINT8LEN + 1];
	char *start = json_compose(out, sizeof(scratch), scratch);

	json_composed(out, start, pg_ltoa(DatumGetInt16(value), start));
}

/*
 * As int2.
 */
void
bolt_json_write_int4(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[MAXINT8LEN + 1];
	char *start = json_compose(out, sizeof(scratch), scratch);

	json_composed(out, start, pg_ltoa(DatumGetInt32(value), start));
}

/*
 * As int2, but may have to be a string: doubles lose digits past 2^53.
 */
void
bolt_json_write_int8(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[MAXINT8LEN + 3];
	char *start = json_compose(out, sizeof(scratch), scratch);
	char *end = start;

	if (writer->bigint_as_string)
		*end++ = '"';
	end += pg_lltoa(DatumGetInt64(value), end);
	if (writer->bigint_as_string)
		*end++ = '"';
	json_composed(out, start, end - start);
}

/*
 * Not a number to to_json: a string.
 */
void
bolt_json_write_oid(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[MAXINT8LEN + 3];
	char *start = json_compose(out, sizeof(scratch), scratch);
	char *end = start;

	*end++ = '"';
	end += pg_lltoa((int64) DatumGetObjectId(value), end);
	*end++ = '"';
	json_composed(out, start, end - start);
}

/*
 * A number as its output function wrote it: bare if JSON has such a number, so
 * not NaN and the infinities.
 */
static void
write_number(JsonBuffer *out, const char *number, bool quoted)
{
	Size length = strlen(number);
	char *to;

	if (!quoted && isdigit((unsigned char) number[number[0] == '-' ? 1 : 0]))
	{
		json_buffer_append(out, number, length);
		return;
	}

	to = json_buffer_reserve(out, length + 2);
	*to++ = '"';
	memcpy(to, number, length);
	to[length] = '"';
	out->length += length + 2;
}

/*
 * The server's shortest form is written in place, past room for a quote that
 * only NaN and the infinities need.
 */
static inline void
quote_unless_finite(JsonBuffer *out, char *start, int length, bool finite)
{
	if (likely(finite))
	{
		json_composed(out, start, length);
		return;
	}

	memmove(start + 1, start, length);
	start[0] = '"';
	start[length + 1] = '"';
	json_composed(out, start, length + 2);
}

/*
 * In shortest form while extra_float_digits allows it, which it does unless
 * somebody lowered it; then the output function knows how.
 */
void
bolt_json_write_float4(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[FLOAT_LENGTH];
	float4 number = DatumGetFloat4(value);
	char *start;

	if (extra_float_digits <= 0)
	{
		char *string = DatumGetCString(DirectFunctionCall1(float4out, value));

		write_number(out, string, false);
		pfree(string);
		return;
	}

	start = json_compose(out, sizeof(scratch), scratch);
	quote_unless_finite(out, start, float_to_shortest_decimal_bufn(number, start),
						!isnan(number) && !isinf(number));
}

/*
 * As float4.
 */
void
bolt_json_write_float8(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	char scratch[FLOAT_LENGTH];
	float8 number = DatumGetFloat8(value);
	char *start;

	if (extra_float_digits <= 0)
	{
		char *string = float8out_internal(number);

		write_number(out, string, false);
		pfree(string);
		return;
	}

	start = json_compose(out, sizeof(scratch), scratch);
	quote_unless_finite(out, start, double_to_shortest_decimal_bufn(number, start),
						!isnan(number) && !isinf(number));
}

/*
 * Detoasted here, since numeric_out would not free its copy: a stored numeric
 * nearly always has a short header.
 */
void
bolt_json_write_numeric(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	Numeric number = DatumGetNumeric(value);
	char *string = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number)));

	write_number(out, string, writer->bigint_as_string);
	pfree(string);
	if ((Pointer) number != DatumGetPointer(value))
		pfree(number);
}

/*
 * Which of eight bytes, the first in the low bits, must be escaped: the lowest
 * bit set is the high bit of the first such byte, and no bit means none.
 *
 * The subtraction borrows into the high bit of a byte below 0x20, or of one
 * that the XOR made zero.  A borrow may go on into bytes above it, so that only
 * the lowest bit can be relied upon.  Bytes with the high bit set are multibyte
 * and masked out.
 */
static inline uint64
escape_bits(const char *bytes)
{
	uint64 word;
	uint64 quote;
	uint64 backslash;
	uint64 borrows;

	memcpy(&word, bytes, 8);
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	quote = word ^ EIGHT_TIMES('"');
	backslash = word ^ EIGHT_TIMES('\\');
	borrows = (word - EIGHT_TIMES(0x20)) | (quote - EIGHT_TIMES(0x01)) | (backslash - EIGHT_TIMES(0x01));
	return borrows & ~word & EIGHT_TIMES(0x80);
}

/*
 * Writes one byte in its escaped form to where the buffer will grow, and makes
 * room for what follows it: so many bytes and the closing quote.
 */
static inline char *
put_escape(JsonBuffer *out, char *to, unsigned char byte, Size following)
{
	char escape = escapes[byte];

	out->length = to - out->data;
	to = json_buffer_reserve(out, (escape == 'u' ? 6 : 2) + following + 1);
	*to++ = '\\';
	*to++ = escape;
	if (escape == 'u')
	{
		*to++ = '0';
		*to++ = '0';
		*to++ = hex_digits[byte >> 4];
		*to++ = hex_digits[byte & 0x0f];
	}
	return to;
}

/*
 * See json_out.h.
 *
 * The buffer always has room for the bytes still to come and the closing
 * quote, each taken as one byte; an escape reserves what it needs beyond that.
 * So a whole word may be copied before it is known how much of it is clean.
 */
void
bolt_json_write_string(JsonBuffer *out, const char *string, Size length)
{
	const char *from = string;
	const char *end = string + length;
	char *to = json_buffer_reserve(out, length + 2);

	*to++ = '"';

	while (end - from >= 8)
	{
		uint64 bits;
		int clean;

		/* two words at a time while they are clean halves the branches */
		while (end - from >= 16 && (escape_bits(from) | escape_bits(from + 8)) == 0)
		{
			memcpy(to, from, 16);
			from += 16;
			to += 16;
		}
		if (end - from < 8)
			break;

		memcpy(to, from, 8);
		bits = escape_bits(from);
		clean = bits == 0 ? 8 : pg_rightmost_one_pos64(bits) / 8;
		from += clean;
		to += clean;
		if (bits != 0)
		{
			to = put_escape(out, to, (unsigned char) *from, end - from - 1);
			from++;
		}
	}

	while (from < end)
	{
		unsigned char byte = (unsigned char) *from++;

		if (likely(escapes[byte] == 0))
			*to++ = byte;
		else
			to = put_escape(out, to, byte, end - from);
	}

	*to++ = '"';
	out->length = to - out->data;
}

/*
 * text, varchar and char(n), which keeps its blanks.
 */
void
bolt_json_write_text(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	text *string = DatumGetTextPP(value);

	bolt_json_write_string(out, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
	if ((Pointer) string != DatumGetPointer(value))
		pfree(string);
}

/*
 * Of fixed length, padded with NULs.
 */
void
bolt_json_write_name(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	const char *string = NameStr(*DatumGetName(value));

	bolt_json_write_string(out, string, strlen(string));
}

/*
 * Nothing in it to escape.
 */
void
bolt_json_write_uuid(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	const unsigned char *byte = DatumGetUUIDP(value)->data;
	char *to = json_buffer_reserve(out, UUID_JSON_LENGTH);

	*to++ = '"';
	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = hex_digits[byte[i] >> 4];
		*to++ = hex_digits[byte[i] & 0x0f];
	}
	*to = '"';
	out->length += UUID_JSON_LENGTH;
}

/*
 * In hex, the backslash of \x has to be escaped and nothing else; bytea_output
 * = escape goes the long way.
 */
void
bolt_json_write_bytea(const JsonWriter *writer, Datum value, JsonBuffer *out)
{
	bytea *bytes = DatumGetByteaPP(value);
	Size length = VARSIZE_ANY_EXHDR(bytes);

	if (bytea_output == BYTEA_OUTPUT_HEX)
	{
		char *to = json_buffer_reserve(out, 2 * length + 5);

		memcpy(to, "\"\\\\x", 4);
		to += 4;
		to += hex_encode(VARDATA_ANY(bytes), length, to);
		*to = '"';
		out->length += 2 * length + 5;
	}
	else
	{
		char *string = DatumGetCString(DirectFunctionCall1(byteaout, PointerGetDatum(bytes)));

		bolt_json_write_string(out, string, strlen(string));
		pfree(string);
	}

	if ((Pointer) bytes != DatumGetPointer(value))
		pfree(bytes);
}
