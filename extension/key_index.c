/*-------------------------------------------------------------------------
 *
 * key_index.c
 *	  Which of the rows sent has this key?
 *
 * Rows that come back from an UPDATE or a fetch come in any order, and a key has many
 * spellings: 1 and 1.00, abc and ABC in a citext, a date in two styles.  Keys are
 * compared by the equality of their types and the collations of their columns, which is
 * what the unique index behind them does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "json_in.h"
#include "key_index.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* How values of a column are compared: as the unique index behind it does, arrays included. */
static void
fill_column(KeyColumn *column, const Field *field)
{
	Oid type = bolt_comparison_type(field->type);

	if (!OidIsValid(lookup_type_cache(type, TYPECACHE_EQ_OPR_FINFO)->eq_opr_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("key column \"%s\" of type %s has no equality operator", field->name,
						format_type_be(field->type))));
	bolt_key_column_init(column, type, field->collation, CurrentMemoryContext);
}

KeyIndex *
bolt_key_index_make(const Model *model, int n, const AttrNumber *columns)
{
	KeyIndex *index = palloc0(sizeof(KeyIndex));

	Assert(n > 0);
	index->type.ncolumns = n;
	index->type.columns = palloc0(sizeof(KeyColumn) * n);
	index->inputs = palloc(sizeof(FmgrInfo) * n);
	index->io_params = palloc(sizeof(Oid) * n);
	for (int i = 0; i < n; i++)
	{
		const Field *field = bolt_model_field_by_attnum(model, columns[i]);
		Oid input;

		fill_column(&index->type.columns[i], field);
		getTypeInputInfo(field->type, &input, &index->io_params[i]);
		fmgr_info(input, &index->inputs[i]);
	}
	index->type.integer = n == 1 && bolt_is_integer_type(index->type.columns[0].type);
	bolt_key_table_init(&index->table, &index->type);
	return index;
}

int
bolt_key_index_add(KeyIndex *index, const Datum *key, int row)
{
	int count = index->table.count;
	int number = bolt_key_number(&index->table, key, true);

	if (number < count)
		return index->rows[number];
	if (number >= index->capacity)
	{
		index->capacity = Max(index->capacity * 2, 64);
		index->rows = index->rows == NULL ? palloc(sizeof(int) * index->capacity) :
											repalloc_huge(index->rows, sizeof(int) * index->capacity);
	}
	index->rows[number] = row;
	return -1;
}

int
bolt_key_index_find(KeyIndex *index, const Datum *key)
{
	int number = bolt_key_number(&index->table, key, false);

	return number == NO_KEY ? -1 : index->rows[number];
}

Datum
bolt_key_index_value(const KeyIndex *index, int column, const char *text)
{
	Assert(text != NULL);
	return InputFunctionCall(&index->inputs[column], unconstify(char *, text), index->io_params[column], -1);
}

static void
value_error_context(void *value)
{
	char *path = bolt_json_path(value);

	if (path[0] != '\0')
		errcontext("value at %s of the arguments", path);
}

bool
bolt_column_value(const Field *field, const JsonValue *literal, int32 typmod, Datum *value)
{
	StatementParam param = {
		.type = field->type, .value_type = field->type, .typmod = typmod, .what = field->name};
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = value_error_context,
									 .arg = unconstify(JsonValue *, literal)};
	Oid input;
	bool present;

	getTypeInputInfo(field->type, &input, &param.io_param);
	fmgr_info(input, &param.input);
	bolt_mark_assigned(&param);
	error_context_stack = &callback;
	present = bolt_bind_assigned(&param, literal, value);
	error_context_stack = callback.previous;
	return present;
}

static char *
value_text(Oid type, Datum value)
{
	Oid output;
	bool varlena;

	getTypeOutputInfo(type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

bool
bolt_same_value(const Field *field, const JsonValue *a, const JsonValue *b)
{
	TypeCacheEntry *entry = lookup_type_cache(getBaseType(field->type), TYPECACHE_EQ_OPR_FINFO);
	Datum left = (Datum) 0;
	Datum right = (Datum) 0;
	bool left_null = !bolt_column_value(field, a, -1, &left);
	bool right_null = !bolt_column_value(field, b, -1, &right);

	if (left_null || right_null)
		return left_null && right_null;
	if (!OidIsValid(entry->eq_opr_finfo.fn_oid))
		return strcmp(value_text(field->type, left), value_text(field->type, right)) == 0;
	return DatumGetBool(FunctionCall2Coll(&entry->eq_opr_finfo, field->collation, left, right));
}
