/*-------------------------------------------------------------------------
 *
 * compile_write.c
 *	  The statements that write: INSERT, and UPDATE by key or by queryset.
 *
 * A row has its values as parameters; many rows have an array a column, which unnest
 * takes apart in the select list, where it needs no tuplestore:
 *
 *	  INSERT INTO t (a, b) VALUES ($1, $2)
 *	  INSERT INTO t (a, b) SELECT unnest($1), unnest($2)
 *	  UPDATE t SET a = $2 WHERE key = $1
 *	  UPDATE t SET a = v.a FROM (SELECT unnest($1), unnest($2)) v WHERE key = v.key
 *
 * An UPDATE takes its rows in the order of their primary key, so that two of them never
 * wait for each other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "access/stratnum.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "compile.h"
#include "document.h"
#include "error.h"
#include "miscadmin.h"
#include "statement.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "write.h"

/* ----------
 * Values
 * ----------
 */

/* $n for the value of a column. */
static StatementParam *
add_value_param(Statement *statement, const Field *field, const JsonValue *literal)
{
	StatementParam *param;

	bolt_add_value(statement, field->type, -1, bolt_bind_assigned, literal,
				   MemoryContextStrdup(statement->context, field->name));
	param = llast(statement->params);
	bolt_mark_assigned(param);
	return param;
}

/* An array of a column's values, unnested; an array's values travel as texts. */
static char *
unnested_value(Statement *statement, const Field *field)
{
	StatementParam *param = add_value_param(statement, field, NULL);
	Oid array = get_array_type(field->type);
	StringInfoData sql;

	param->bind = NULL; /* set row by row */
	param->type = OidIsValid(array) ? array : TEXTARRAYOID;
	initStringInfo(&sql);
	appendStringInfo(&sql, "pg_catalog.unnest($%d)", list_length(statement->params));
	if (!OidIsValid(array))
	{
		appendStringInfoString(&sql, "::");
		bolt_append_type(&sql, field->type, -1);
	}
	return sql.data;
}

/* An F that belongs to the statement itself, not to a query inside it. */
static const Expression *
find_field_reference(const Expression *expression)
{
	ListCell *lc;

	check_stack_depth();
	if (expression->kind == EXPRESSION_F)
		return expression;
	foreach(lc, expression->operands)
	{
		const Expression *found = find_field_reference(lfirst(lc));

		if (found != NULL)
			return found;
	}
	return expression->otherwise != NULL ? find_field_reference(expression->otherwise) : NULL;
}

/* An UPDATE's values are in terms of its own table, an INSERT's of none. */
static void
refuse_columns(const Select *select, const WriteStatement *write, const Assignment *assignment)
{
	ListCell *lc;

	foreach(lc, select->joins)
	{
		const JoinedTable *join = lfirst(lc);
		const Expression *reference;

		if ((write->kind != WRITE_INSERT && foreach_current_index(lc) == 0) ||
			!bms_is_member(join->alias, select->statement->referred))
			continue;
		if (write->kind != WRITE_INSERT)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("Joined field references are not permitted in this query"),
					 bolt_errdetail_at(assignment->value),
					 errhint("Take the other table's value by a Subquery with an OuterRef.")));
		reference = find_field_reference(assignment->expression);
		if (reference == NULL)
			reference = assignment->expression;
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "Failed to insert expression %s on %s.%s. F() expressions can only be used to update, not to insert",
				 reference->name, write->model->name, assignment->field->name),
			 bolt_errdetail_at(reference->value)));
	}
}

static char *
expression_value(Select *select, const WriteStatement *write, const Assignment *assignment)
{
	Operand operand = {0};

	select->statement->referred = NULL;
	bolt_expression(select, bolt_base_alias(select), assignment->expression, &operand);
	if (operand.aggregate || bolt_has_aggregate(assignment->expression))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Aggregate functions are not allowed in this query (%s)", assignment->name),
				 bolt_errdetail_at(assignment->value)));
	if (operand.window || bolt_has_window(assignment->expression))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Window expressions are not allowed in this query (%s)", assignment->name),
				 bolt_errdetail_at(assignment->value)));
	refuse_columns(select, write, assignment);
	return unconstify(char *, operand.sql);
}

static char *
single_value(Select *select, const WriteStatement *write, const Assignment *assignment)
{
	if (assignment->is_expression)
		return expression_value(select, write, assignment);
	(void) add_value_param(select->statement, assignment->field, assignment->value);
	return psprintf("$%d", list_length(select->statement->params));
}

/* ----------
 * RETURNING
 * ----------
 */

/*
 * Columns of the model, all of them as members of the object or those that were asked for; behind
 * them the primary key as it was sent, which the column's type may write otherwise.
 */
static void
append_returning(StringInfo sql, Compiler *compiler, SelectText *text, const WriteStatement *write,
				 List *sent_keys, FetchNode *node)
{
	const Model *model = text->model;
	ItemList items = {compiler, node, 0};
	Branch branch = {.name = "", .model = model};
	ListCell *lc;

	branch.loaded = palloc(sizeof(bool) * Max(model->nfields, 1));
	memset(branch.loaded, write->returns_objects, model->nfields);
	node->own_attnos =
		bolt_graph_alloc(compiler, sizeof(AttrNumber) * Max(model->nfields + list_length(sent_keys), 1));
	for (int i = 0; i < model->nfields; i++)
		node->own_attnos[i] = write->returns_objects || bms_is_member(i, write->columns) ?
			bolt_add_output(text, bolt_column_text(bolt_base_alias(text->select), &model->fields[i])) :
			InvalidAttrNumber;
	foreach(lc, sent_keys)
		node->own_attnos[model->nfields + foreach_current_index(lc)] = bolt_add_output(text, lfirst(lc));
	bolt_add_object_items(&items, &branch, text);
	appendStringInfoString(sql, " RETURNING ");
	foreach(lc, text->outputs)
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", (char *) lfirst(lc));
}

/* ----------
 * INSERT
 * ----------
 */
static void
append_column_names(StringInfo sql, List *fields)
{
	ListCell *lc;

	foreach(lc, fields)
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_identifier(((Field *) lfirst(lc))->name));
}

static void
append_conflict(StringInfo sql, const Conflict *conflict)
{
	ListCell *lc;

	if (conflict->action == CONFLICT_ERROR)
		return;
	appendStringInfoString(sql, " ON CONFLICT");
	if (conflict->unique_fields != NIL)
	{
		appendStringInfoString(sql, " (");
		append_column_names(sql, conflict->unique_fields);
		appendStringInfoChar(sql, ')');
	}
	if (conflict->action == CONFLICT_IGNORE)
	{
		appendStringInfoString(sql, " DO NOTHING");
		return;
	}
	appendStringInfoString(sql, " DO UPDATE SET ");
	foreach(lc, conflict->update_fields)
	{
		const char *name = quote_identifier(((Field *) lfirst(lc))->name);

		appendStringInfo(sql, "%s%s = excluded.%s", foreach_current_index(lc) > 0 ? ", " : "", name, name);
	}
}

static void
append_insert(StringInfo sql, SelectText *text, const WriteStatement *write)
{
	const WriteRow *row = write->row;
	List *columns = NIL;

	appendStringInfo(sql, "INSERT INTO %s AS t%d ", bolt_model_sql_name(write->model),
					 bolt_base_alias(text->select));
	for (int i = 0; i < row->nassigned; i++)
		columns = lappend(columns, unconstify(Field *, row->assigned[i].field));
	if (columns == NIL)
		appendStringInfoString(sql, "DEFAULT VALUES");
	else
	{
		appendStringInfoChar(sql, '(');
		append_column_names(sql, columns);
		appendStringInfoString(sql, write->many ? ") SELECT " : ") VALUES (");
		for (int i = 0; i < row->nassigned; i++)
			appendStringInfo(sql, "%s%s", i > 0 ? ", " : "",
							 write->many ? unnested_value(text->select->statement, row->assigned[i].field) :
										   single_value(text->select, write, &row->assigned[i]));
		if (!write->many)
			appendStringInfoChar(sql, ')');
	}
	append_conflict(sql, &write->conflict);
}

/* ----------
 * UPDATE by primary key
 * ----------
 */
static bool
is_key(const Model *model, const Field *field)
{
	for (int i = 0; i < model->nprimary_key; i++)
	{
		if (model->primary_key[i] == field->attnum)
			return true;
	}
	return false;
}

/* t0.key = value, for a column of the key */
static void
append_key_condition(StringInfo sql, int alias, const Field *field, const char *value)
{
	Oid type = bolt_comparison_type(field->type);
	const char *opname = bolt_operator(type, type, BTEqualStrategyNumber);

	if (opname == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("primary key column \"%s\" of type %s has no equality operator", field->name,
						format_type_be(field->type))));
	bolt_append_column_operand(sql, alias, field);
	appendStringInfo(sql, " %s %s", opname, bolt_operand_text(value, type));
}

/* Where nothing but the key is given, a column is set to what it is. */
static void
append_no_change(StringInfo sql, const Model *model, int alias)
{
	const Field *unchanged = bolt_model_field_by_attnum(model, model->primary_key[0]);

	for (int i = 0; i < model->nfields; i++)
	{
		const Field *field = &model->fields[i];

		if (!field->generated && !field->identity && !is_key(model, field))
		{
			unchanged = field;
			break;
		}
	}
	appendStringInfo(sql, "%s = %s", quote_identifier(unchanged->name), bolt_column_text(alias, unchanged));
}

static void
append_update_one(StringInfo sql, SelectText *text, const WriteStatement *write)
{
	const WriteRow *row = write->row;
	int alias = bolt_base_alias(text->select);
	StringInfoData where;
	int nset = 0;

	initStringInfo(&where);
	for (int i = 0; i < row->nassigned; i++)
	{
		const Assignment *assignment = &row->assigned[i];
		char *value = single_value(text->select, write, assignment);

		if (is_key(write->model, assignment->field))
		{
			appendStringInfoString(&where, where.len > 0 ? " AND " : " WHERE ");
			append_key_condition(&where, alias, assignment->field, value);
		}
		else
			appendStringInfo(sql, "%s%s = %s", nset++ > 0 ? ", " : "",
							 quote_identifier(assignment->field->name), value);
	}
	if (nset == 0)
		append_no_change(sql, write->model, alias);
	appendStringInfoString(sql, where.data);
}

/* (SELECT unnest($1) AS c1, …) AS v */
static void
append_values_table(StringInfo sql, Statement *statement, const WriteRow *row, int alias)
{
	appendStringInfoString(sql, "(SELECT ");
	for (int i = 0; i < row->nassigned; i++)
		appendStringInfo(sql, "%s%s AS c%d", i > 0 ? ", " : "",
						 unnested_value(statement, row->assigned[i].field), i + 1);
	appendStringInfo(sql, ") AS t%d", alias);
}

/* Returns the columns of the values that are the primary key. */
static List *
append_update_many(StringInfo sql, SelectText *text, const WriteStatement *write)
{
	List *sent_keys = NIL;
	const WriteRow *row = write->row;
	Statement *statement = text->select->statement;
	int alias = bolt_base_alias(text->select);
	int values = statement->naliases++;
	StringInfoData where;
	int nset = 0;

	initStringInfo(&where);
	for (int i = 0; i < row->nassigned; i++)
	{
		const Field *field = row->assigned[i].field;
		char *value = psprintf("t%d.c%d", values, i + 1);

		if (is_key(write->model, field))
		{
			appendStringInfoString(&where, where.len > 0 ? " AND " : " WHERE ");
			append_key_condition(&where, alias, field, value);
		}
		else
			appendStringInfo(sql, "%s%s = %s", nset++ > 0 ? ", " : "", quote_identifier(field->name), value);
	}
	if (nset == 0)
		append_no_change(sql, write->model, alias);
	appendStringInfoString(sql, " FROM ");
	append_values_table(sql, statement, row, values);
	appendStringInfoString(sql, where.data);
	for (int i = 0; i < write->model->nprimary_key; i++)
	{
		const Assignment *key = bolt_assignment_of(row, write->model->primary_key[i]);

		sent_keys = lappend(sent_keys, psprintf("t%d.c%d", values, (int) (key - row->assigned) + 1));
	}
	return sent_keys;
}

/* ----------
 * UPDATE of a queryset
 * ----------
 */

/* a = 1, b = …: all in terms of the table itself */
static void
append_set(StringInfo sql, SelectText *text, const WriteStatement *write)
{
	const WriteRow *row = write->row;

	for (int i = 0; i < row->nassigned; i++)
	{
		char *value = single_value(text->select, write, &row->assigned[i]);

		appendStringInfo(sql, "%s%s = %s", i > 0 ? ", " : "", quote_identifier(row->assigned[i].field->name),
						 value);
	}
}

/* The annotations alone: what the new values may refer to. */
static const QuerySet *
annotations_of(const QuerySet *queryset)
{
	QuerySet *result = palloc0(sizeof(QuerySet));
	ListCell *lc;

	result->source = queryset->source;
	result->aggregates_by_row = true; /* SET can join nothing to the row that it changes */
	foreach(lc, queryset->calls)
	{
		QueryCall *call = lfirst(lc);

		if (call->annotate != NULL)
			result->calls = lappend(result->calls, call);
	}
	return result;
}

/* SELECT the keys of the queryset's rows */
static void
append_keys_of_rows(StringInfo sql, SelectText *rows, const Model *model)
{
	for (int i = 0; i < model->nprimary_key; i++)
		rows->outputs = lappend(rows->outputs,
								bolt_column_text(bolt_base_alias(rows->select),
												 bolt_model_field_by_attnum(model, model->primary_key[i])));
	bolt_append_select(sql, rows, NULL, NULL, NULL, true);
}

static void
compile_update_set(StringInfo sql, Compiler *compiler, Statement *statement, const Document *document,
				   SelectText *text)
{
	const WriteStatement *write = document->write;
	const Model *model = write->model;
	QuerySet *queryset = document->queryset;
	SelectText rows;
	int alias;
	int locked;

	queryset->rows_by_exists = true;
	queryset->distinct = false;
	bolt_begin_select_text(&rows, statement, model, queryset);
	if (list_length(rows.select->joins) == 1 && rows.having.len == 0 && rows.around.len == 0)
	{
		*text = rows;
		appendStringInfo(sql, "UPDATE %s AS t%d SET ", bolt_model_sql_name(model),
						 bolt_base_alias(text->select));
		append_set(sql, text, write);
		if (rows.where.len > 0 || queryset->none)
			appendStringInfo(sql, " WHERE %s%s%s", rows.where.data,
							 rows.where.len > 0 && queryset->none ? " AND " : "",
							 queryset->none ? "FALSE" : "");
		return;
	}
	if (model->nprimary_key == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("model \"%s\" has no primary key, which an update by other tables' columns needs",
						model->name),
				 errhint("Name one with bolt.register_model.")));
	if (model->inherited)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "cannot update rows of model \"%s\" by aggregates or windows: other tables inherit from it",
				 model->name),
			 errdetail("Its rows and those of the inheriting tables may have the same primary keys.")));
	bolt_begin_select_text(text, statement, model, annotations_of(queryset));
	alias = bolt_base_alias(text->select);
	appendStringInfo(sql, "UPDATE %s AS t%d SET ", bolt_model_sql_name(model), alias);
	append_set(sql, text, write);
	locked = statement->naliases++;
	appendStringInfoString(sql, " FROM (");
	append_keys_of_rows(sql, &rows, model);
	appendStringInfo(sql, ") AS t%d", locked);
	for (int i = 0; i < model->nprimary_key; i++)
	{
		appendStringInfoString(sql, i > 0 ? " AND " : " WHERE ");
		append_key_condition(sql, alias, bolt_model_field_by_attnum(model, model->primary_key[i]),
							 psprintf("t%d.c%d", locked, i + 1));
	}
}

/* ---------- */

void
bolt_compile_write(Compiler *compiler, const Document *document)
{
	const WriteStatement *write = document->write;
	Statement statement = {.context = compiler->graph->context};
	Branch branch = {.name = "", .model = write->model};
	FetchNode *node = bolt_new_node(compiler, NULL, &branch);
	SelectText text;
	StringInfoData sql;
	List *sent_keys = NIL;

	initStringInfo(&sql);
	if (write->kind == WRITE_UPDATE_SET)
		compile_update_set(&sql, compiler, &statement, document, &text);
	else
	{
		bolt_begin_select_text(&text, &statement, write->model, NULL);
		if (write->kind == WRITE_INSERT)
			append_insert(&sql, &text, write);
		else
		{
			appendStringInfo(&sql, "UPDATE %s AS t%d SET ", bolt_model_sql_name(write->model),
							 bolt_base_alias(text.select));
			if (write->many)
				sent_keys = append_update_many(&sql, &text, write);
			else
				append_update_one(&sql, &text, write);
		}
	}
	text.outputs = NIL;
	if (write->returns)
		append_returning(&sql, compiler, &text, write, sent_keys, node);
	node->statement = bolt_finish_statement(compiler, &statement, sql.data);
	if (write->kind != WRITE_INSERT)
		bolt_order_statement(node->statement, write->model, compiler->graph->context);
}
