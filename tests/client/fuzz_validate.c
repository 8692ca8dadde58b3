/*
 * fuzz_validate.c
 *	  Any bytes as a body: no crash, no leak; what goes on as values is JSON, and so is what is told of faults.
 */
#include <bolt_orm.h>

#include "value.h"

struct node
{
	int64_t id;
	int8_t small;
	uint32_t natural;
	double number;
	bool has_number, flag;
	const char *text, *json;
	int *integers;
	size_t nintegers;
	struct node *nested, *children;
	size_t nchildren;
};

BOLT_SCHEMA(node_schema, struct node, BOLT_FIELD(struct node, id, .read_only = true),
			BOLT_FIELD(struct node, small, .optional = true),
			BOLT_FIELD(struct node, natural, .optional = true),
			BOLT_FIELD(struct node, number, BOLT_PRESENT(struct node, has_number)),
			BOLT_FIELD(struct node, flag, .optional = true), BOLT_FIELD(struct node, text),
			BOLT_JSON_TEXT(struct node, json, .optional = true),
			BOLT_SCALARS(struct node, integers, nintegers, .optional = true),
			BOLT_NESTED(struct node, nested, &node_schema, .optional = true),
			BOLT_ARRAY(struct node, children, nchildren, &node_schema, .optional = true));

/* Numbers beyond jansson's types, NUL in names, and depth are no faults of ours. */
static void
must_be_json(const char *text)
{
	json_error_t error;
	json_t *tree = json_loads(text, JSON_ALLOW_NUL, &error);

	if (tree == NULL && json_error_code(&error) != json_error_numeric_overflow &&
		json_error_code(&error) != json_error_null_byte_in_key)
		__builtin_trap();
	json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bolt_exception *error;
	bolt_kw *values = bolt_validate(&node_schema, (const char *) data, size, size % 2, &error);
	bolt__writer writer = {0};
	char *text;

	if (values)
	{
		bolt__write_text(&writer, "{");
		bolt__write_kw(&writer, values, BOLT__KW_VALUES);
		bolt__write_text(&writer, "}");
		text = bolt__writer_finish(&writer, &error);
	}
	else
		text = bolt_error_body(error);
	must_be_json(text);
	free(text);
	bolt_error_unref(error);
	bolt_list_free(bolt_validate_rows(&node_schema, (const char *) data, size, 3, NULL));
	return 0;
}
