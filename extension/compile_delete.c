/*-------------------------------------------------------------------------
 *
 * compile_delete.c
 *	  A queryset whose rows are to be deleted: the statement about the rows themselves.
 *
 * Where other rows go with them, or other tables decide which they are, it is a
 * SELECT of their keys, which locks them in the order of the primary key; else
 * it is the DELETE, which does so, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compile.h"
#include "delete_graph.h"
#include "statement.h"
#include "utils/builtins.h"

/* SELECT key, what else is referred to … ORDER BY key FOR UPDATE */
static void
append_keys(StringInfo sql, SelectText *text, const DeleteTarget *target, bool lock)
{
	const Model *model = target->model;
	int alias = bolt_base_alias(text->select);

	for (int i = 0; i < target->ncolumns; i++)
		bolt_add_output(text, bolt_column_text(alias, bolt_model_field_by_attnum(model, target->columns[i])));
	bolt_append_select(sql, text, NULL, NULL, NULL, false);

	/* by number: a query that filters by windows knows them by other names */
	for (int i = 0; i < model->nprimary_key; i++)
		appendStringInfo(sql, "%s%d", i == 0 ? " ORDER BY " : ", ", i + 1);
	if (lock)
		appendStringInfo(sql, " FOR UPDATE OF t%d", alias);
}

/*
 * DELETE … WHERE.  The tables that the conditions join to the deleted row stand in
 * an EXISTS about it.
 */
static void
append_delete(StringInfo sql, SelectText *text)
{
	int alias = bolt_base_alias(text->select);
	bool joined = list_length(text->select->joins) > 1;
	const char *where = text->where.len > 0 ? text->where.data : "TRUE";
	ListCell *lc;

	appendStringInfo(sql, "DELETE FROM %s AS t%d", bolt_model_sql_name(text->model), alias);
	if (text->queryset->none)
		where = "FALSE";
	if (!joined)
	{
		appendStringInfo(sql, " WHERE %s", where);
		return;
	}
	appendStringInfoString(sql, " WHERE EXISTS (SELECT 1 FROM (SELECT) AS x");
	for_each_from(lc, text->select->joins, 1)
	{
		const JoinedTable *join = lfirst(lc);

		appendStringInfo(sql, " LEFT JOIN %s t%d ON ",
						 join->derived ? join->derived : bolt_model_sql_name(join->model), join->alias);
		bolt_append_join_condition(sql, join);
	}
	appendStringInfo(sql, " WHERE %s)", where);
}

void
bolt_compile_delete(Compiler *compiler, const Model *model, const QuerySet *queryset, bool lock)
{
	Statement statement = {.context = compiler->graph->context};
	SelectText text;
	StringInfoData sql;
	Branch branch = {.name = "", .model = model};
	FetchNode *node = bolt_new_node(compiler, NULL, &branch);
	const DeleteTarget *target = linitial(bolt_delete_graph(model)->targets);
	QuerySet *rows = palloc(sizeof(QuerySet));
	bool windows;
	bool keys;

	/* each row once, and nothing about what it would look like */
	*rows = *queryset;
	rows->rows_by_exists = true;
	rows->distinct = false;
	bolt_begin_select_text(&text, &statement, model, rows);
	windows = text.around.len > 0;
	if (windows && model->nprimary_key == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot delete rows of model \"%s\" by a filter on a window: it has no primary key",
						model->name),
				 errhint("Give the table a primary key, or name one with bolt.register_model.")));
	keys = target->collected || windows || (list_length(text.select->joins) > 1 && model->nprimary_key > 0);

	/* PostgreSQL locks no rows that a window is over */
	node->locks = keys && lock && !windows;
	initStringInfo(&sql);
	if (keys)
		append_keys(&sql, &text, target, node->locks);
	else
		append_delete(&sql, &text);
	node->statement = bolt_finish_statement(compiler, &statement, sql.data);
	if (keys)
	{
		KeyPair pair = {model->nprimary_key, model, model, model->primary_key, model->primary_key};

		bolt_fill_key_type(compiler, &node->key, &pair);
	}
	else
		bolt_order_statement(node->statement, model, compiler->graph->context);
}
