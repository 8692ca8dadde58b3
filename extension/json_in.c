/*-------------------------------------------------------------------------
 *
 * json_in.c
 *	  Parses a JSON text into a tree that knows where each value stands.
 *
 * The server's own parser is not used: it reports events, keeps no raw text of
 * scalars, and a document is parsed at every call, before the cache of compiled
 * graphs can be asked.  The text has passed json's input function, so that
 * syntax is only checked as far as safety needs it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json_in.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

/* Nodes are allocated so many at a time, at first as many as a short text may need: a node has some bytes of it. */
#define NODES_PER_BLOCK 32
#define BYTES_PER_NODE 16

/* So many bytes of one string are read before a cancel is looked for. */
#define STRING_STRETCH (1024 * 1024)

typedef struct JsonParser
{
	const char *start; /* the text, read only */
	const char *end;
	const char *at; /* next byte to read */
	char *copy;		/* the same text, where strings are decoded in
								 * place and terminated */
	int depth_left;
	int max_depth;
	JsonValue *block; /* nodes not yet used */
	int block_left;
	int block_size;		 /* of the next block */
	int values_left;	 /* before there are too many */
	const char **marked; /* where values begin that are data, in order, or NULL */
	int data_depth;		 /* above 0: within such a value */
} JsonParser;

static JsonValue *parse_value(JsonParser *parser, JsonValue *parent);

static void
json_syntax_error(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s", "json")));
}

static inline char
skip_space(JsonParser *parser)
{
	while (parser->at < parser->end &&
		   (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\t' || *parser->at == '\r'))
		parser->at++;
	if (parser->at >= parser->end)
		json_syntax_error();
	return *parser->at;
}

static JsonValue *
new_node(JsonParser *parser, JsonKind kind)
{
	JsonValue *node;

	if (parser->block_left == 0)
	{
		if (parser->values_left <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("document has more than %d values", JSON_MAX_VALUES)));
		parser->values_left -= parser->block_size;
		parser->block = palloc0(sizeof(JsonValue) * parser->block_size);
		parser->block_left = parser->block_size;
		parser->block_size = NODES_PER_BLOCK;
	}
	parser->block_left--;
	node = parser->block++;
	node->kind = kind;
	node->data = parser->data_depth > 0;
	return node;
}

/* Four hexadecimal digits. */
static unsigned int
parse_hex4(JsonParser *parser)
{
	unsigned int code = 0;

	if (parser->end - parser->at < 4)
		json_syntax_error();
	for (int i = 0; i < 4; i++)
	{
		char c = *parser->at++;

		code <<= 4;
		if (c >= '0' && c <= '9')
			code += c - '0';
		else if (c >= 'a' && c <= 'f')
			code += c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			code += c - 'A' + 10;
		else
			json_syntax_error();
	}
	return code;
}

/*
 * What follows "\u", with its second half where it is a surrogate pair, in the
 * server's encoding.  Never longer than its escape, so it fits where that stood.
 */
static char *
decode_unicode_escape(JsonParser *parser, char *out)
{
	unsigned char buffer[MAX_UNICODE_EQUIVALENT_STRING + 1];
	unsigned int code = parse_hex4(parser);
	int room = 6;
	int length;

	if (code == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER), errmsg("unsupported Unicode escape sequence"),
				 errdetail("\\u0000 cannot be converted to text.")));
	if (is_utf16_surrogate_first(code))
	{
		unsigned int second = 0;

		if (parser->end - parser->at >= 6 && parser->at[0] == '\\' && parser->at[1] == 'u')
		{
			parser->at += 2;
			second = parse_hex4(parser);
		}
		if (!is_utf16_surrogate_second(second))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type %s", "json"),
					 errdetail("Unicode high surrogate must be followed by a low surrogate.")));
		code = surrogate_pair_to_codepoint(code, second);
		room = 12;
	}
	else if (is_utf16_surrogate_second(code))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s", "json"),
				 errdetail("Unicode low surrogate must follow a high surrogate.")));

	pg_unicode_to_server(code, buffer);
	length = strlen((char *) buffer);
	if (length > room)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER), errmsg("unsupported Unicode escape sequence")));
	memcpy(out, buffer, length);
	return out + length;
}

/* Moves to the string's next quote or backslash. */
static inline void
skip_plain_characters(JsonParser *parser)
{
	const char *stop = parser->at;

	do
	{
		CHECK_FOR_INTERRUPTS();
		stop = parser->end - stop > STRING_STRETCH ? stop + STRING_STRETCH : parser->end;
		while (parser->at < stop && *parser->at != '"' && *parser->at != '\\')
			parser->at++;
	} while (parser->at == stop && stop < parser->end);
}

/*
 * A string, the opening quote being next.  Decoded in place in the copy, which
 * the text never outgrows.
 */
static const char *
parse_string(JsonParser *parser, int *length)
{
	const char *from = ++parser->at;
	char *begin = parser->copy + (from - parser->start);
	char *out;

	skip_plain_characters(parser);
	out = begin + (parser->at - from);

	while (parser->at < parser->end && *parser->at != '"')
	{
		if (*parser->at != '\\')
		{
			const char *plain = parser->at;

			skip_plain_characters(parser);
			memmove(out, plain, parser->at - plain);
			out += parser->at - plain;
			continue;
		}
		if (++parser->at >= parser->end)
			json_syntax_error();
		switch (*parser->at++)
		{
			case '"':
				*out++ = '"';
				break;
			case '\\':
				*out++ = '\\';
				break;
			case '/':
				*out++ = '/';
				break;
			case 'b':
				*out++ = '\b';
				break;
			case 'f':
				*out++ = '\f';
				break;
			case 'n':
				*out++ = '\n';
				break;
			case 'r':
				*out++ = '\r';
				break;
			case 't':
				*out++ = '\t';
				break;
			case 'u':
				out = decode_unicode_escape(parser, out);
				break;
			default:
				json_syntax_error();
		}
	}
	if (parser->at >= parser->end)
		json_syntax_error();
	parser->at++;
	*out = '\0';
	*length = out - begin;
	return begin;
}

static JsonValue *
parse_number(JsonParser *parser)
{
	JsonValue *node = new_node(parser, JSON_NUMBER);
	const char *from = parser->at;

	while (parser->at < parser->end && *parser->at != '\0' && strchr("+-.eE0123456789", *parser->at))
		parser->at++;
	if (parser->at == from)
		json_syntax_error();
	node->length = parser->at - from;
	node->text = parser->copy + (from - parser->start);
	parser->copy[parser->at - parser->start] = '\0';
	return node;
}

static JsonValue *
parse_word(JsonParser *parser, const char *word, JsonKind kind)
{
	int length = strlen(word);

	if (parser->end - parser->at < length || memcmp(parser->at, word, length) != 0)
		json_syntax_error();
	parser->at += length;
	return new_node(parser, kind);
}

static void
append_member(JsonValue *container, JsonValue *member)
{
	member->index = container->count++;
	if (container->last)
		container->last->next = member;
	else
		container->first = member;
	container->last = member;
}

static JsonValue *
parse_container(JsonParser *parser, JsonKind kind, char close)
{
	JsonValue *node = new_node(parser, kind);
	char c;

	check_stack_depth();

	/* what is stored is as deep as it was stored */
	if (parser->depth_left-- <= 0 && parser->data_depth == 0)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("queryset document is nested deeper than %d levels", parser->max_depth),
				 errhint("Raise \"bolt_orm.max_depth\" if the document is meant so.")));

	parser->at++;
	c = skip_space(parser);
	while (c != close)
	{
		const char *name = NULL;
		int name_length = 0;
		JsonValue *member;

		CHECK_FOR_INTERRUPTS();
		if (kind == JSON_OBJECT)
		{
			if (c != '"')
				json_syntax_error();
			name = parse_string(parser, &name_length);
			if (skip_space(parser) != ':')
				json_syntax_error();
			parser->at++;
		}
		member = parse_value(parser, node);
		member->name = name;
		member->name_length = name_length;
		append_member(node, member);

		c = skip_space(parser);
		if (c == ',')
		{
			parser->at++;
			c = skip_space(parser);
		}
		else if (c != close)
			json_syntax_error();
	}
	parser->at++;
	parser->depth_left++;
	return node;
}

static JsonValue *
parse_value(JsonParser *parser, JsonValue *parent)
{
	char c = skip_space(parser);
	const char *from = parser->at;
	bool marked = parser->marked != NULL && *parser->marked == from;
	JsonValue *node;

	if (marked)
	{
		parser->marked++;
		parser->data_depth++;
	}
	switch (c)
	{
		case '{':
			node = parse_container(parser, JSON_OBJECT, '}');
			break;
		case '[':
			node = parse_container(parser, JSON_ARRAY, ']');
			break;
		case '"':
			node = new_node(parser, JSON_STRING);
			node->text = parse_string(parser, &node->length);
			break;
		case 't':
			node = parse_word(parser, "true", JSON_TRUE);
			break;
		case 'f':
			node = parse_word(parser, "false", JSON_FALSE);
			break;
		case 'n':
			node = parse_word(parser, "null", JSON_NULL);
			break;
		default:
			node = parse_number(parser);
	}
	if (marked)
		parser->data_depth--;
	node->parent = parent;
	node->raw = from;
	node->raw_length = parser->at - from;
	return node;
}

/*
 * A copy of the text without its marks.  A value's own text is then one that json's and
 * jsonb's input functions take.  Where the marked values begin is noted.
 */
static void
take_marks(JsonParser *parser, const char *text, int length)
{
	const char *end = text + length;
	char *clean = palloc_extended(length, MCXT_ALLOC_HUGE);
	char *out = clean;
	int nmarks = 0;
	int n = 0;

	for (const char *at = text; (at = memchr(at, JSON_DATA_MARK, end - at)) != NULL; at++)
		nmarks++;
	parser->marked = palloc_extended(sizeof(char *) * (nmarks + 1), MCXT_ALLOC_HUGE);
	while (text < end)
	{
		const char *mark = memchr(text, JSON_DATA_MARK, end - text);
		Size stretch = (mark != NULL ? mark : end) - text;

		CHECK_FOR_INTERRUPTS();
		memcpy(out, text, stretch);
		out += stretch;
		text += stretch;
		if (mark != NULL)
		{
			parser->marked[n++] = out;
			text++;
		}
	}
	parser->marked[n] = NULL;
	parser->start = parser->at = clean;
	parser->end = out;
}

JsonValue *
bolt_json_parse(const char *text, int length, int max_depth)
{
	return bolt_json_parse_within(text, length, max_depth, 0);
}

JsonValue *
bolt_json_parse_within(const char *text, int length, int max_depth, int levels)
{
	JsonParser parser = {0};

	parser.start = parser.at = text;
	parser.end = text + length;
	if (memchr(text, JSON_DATA_MARK, length) != NULL)
		take_marks(&parser, text, length);
	length = parser.end - parser.start;
	parser.copy = palloc_extended((Size) length + 1, MCXT_ALLOC_HUGE);
	memcpy(parser.copy, parser.start, length);
	parser.copy[length] = '\0';
	parser.values_left = JSON_MAX_VALUES;
	parser.max_depth = max_depth;
	parser.depth_left = max_depth - levels;
	parser.block_size = Min(2 + length / BYTES_PER_NODE, NODES_PER_BLOCK);
	return parse_value(&parser, NULL);
}

JsonValue *
bolt_json_member(const JsonValue *object, const char *name)
{
	if (object->kind != JSON_OBJECT)
		return NULL;
	json_foreach(member, object)
	{
		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

char *
bolt_json_path(const JsonValue *value)
{
	StringInfoData path;

	check_stack_depth();
	initStringInfo(&path);
	if (value->parent)
		appendStringInfoString(&path, bolt_json_path(value->parent));
	if (value->name)
		appendStringInfo(&path, "%s%s", path.len > 0 ? "." : "", value->name);
	else if (value->parent)
		appendStringInfo(&path, "[%d]", value->index);
	return path.data;
}

const char *
bolt_json_kind_name(JsonKind kind)
{
	switch (kind)
	{
		case JSON_NULL:
			return "null";
		case JSON_FALSE:
		case JSON_TRUE:
			return "a boolean";
		case JSON_NUMBER:
			return "a number";
		case JSON_STRING:
			return "a string";
		case JSON_ARRAY:
			return "an array";
		case JSON_OBJECT:
			return "an object";
	}
	return "unknown"; /* not reached */
}

JsonValue *
bolt_json_number(int64 number)
{
	JsonValue *node = palloc0(sizeof(JsonValue));

	node->kind = JSON_NUMBER;
	node->text = node->raw = psprintf(INT64_FORMAT, number);
	node->length = node->raw_length = strlen(node->text);
	return node;
}

JsonValue *
bolt_json_array(JsonValue **members, int n)
{
	JsonValue *array = palloc0(sizeof(JsonValue));
	JsonValue *last = NULL;

	array->kind = JSON_ARRAY;
	array->raw = "[]";
	array->raw_length = 2;
	array->count = n;
	for (int i = 0; i < n; i++)
	{
		JsonValue *member = palloc(sizeof(JsonValue));

		*member = *members[i];
		member->parent = array;
		member->name = NULL;
		member->index = i;
		member->next = NULL;
		if (last == NULL)
			array->first = member;
		else
			last->next = member;
		last = array->last = member;
	}
	return array;
}
