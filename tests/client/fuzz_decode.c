/*
 * fuzz_decode.c
 *	  Any bytes into structs: no crash, no leak; what the decoder takes for JSON, jansson does too.
 */
#include <bolt_orm.h>

struct node
{
	int64_t id;
	int8_t small;
	uint32_t natural;
	float real;
	double number;
	bool has_number, flag;
	const char *text, *json;
	int *integers;
	size_t nintegers;
	struct node *nested, *children;
	size_t nchildren;
};

BOLT_SCHEMA(node_schema, struct node, BOLT_FIELD(struct node, id, .optional = true),
			BOLT_FIELD(struct node, small, .optional = true),
			BOLT_FIELD(struct node, natural, .optional = true),
			BOLT_FIELD(struct node, real, .optional = true),
			BOLT_FIELD(struct node, number, BOLT_PRESENT(struct node, has_number)),
			BOLT_FIELD(struct node, flag, .optional = true), BOLT_FIELD(struct node, text, .optional = true),
			BOLT_JSON_TEXT(struct node, json, .optional = true),
			BOLT_SCALARS(struct node, integers, nintegers, .optional = true),
			BOLT_NESTED(struct node, nested, &node_schema, .optional = true),
			BOLT_ARRAY(struct node, children, nchildren, &node_schema, .optional = true));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bolt_decoded *decoded = bolt_decode(&node_schema, (const char *) data, size, NULL);
	json_error_t error;
	json_t *tree = decoded ? json_loadb((const char *) data, size, JSON_ALLOW_NUL, &error) : NULL;

	/* jansson refuses numbers beyond its types and NUL in names, which a member that is skipped may have */
	if (decoded && tree == NULL && json_error_code(&error) != json_error_numeric_overflow &&
		json_error_code(&error) != json_error_null_byte_in_key)
		__builtin_trap();
	json_decref(tree);
	bolt_decoded_free(decoded);
	return 0;
}
