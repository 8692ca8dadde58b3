/*-------------------------------------------------------------------------
 *
 * table_columns.c
 *	  The type bolt.table_columns: a table, and columns of it.
 *
 * The extension's tables speak of other tables.  They follow what happens to
 * these as a foreign key does: a value is the numbers of its table and columns,
 * and its text the names that they have at the moment, as regclass does it.
 * So a rename changes nothing, and pg_dump writes the names of today.
 *
 * Unlike regclass, a name that nothing has is taken as well, if it has a
 * schema: pg_restore fills the extension's tables before it creates some of the
 * materialised views that they speak of.  Such a value is a text that becomes a
 * table when it is read, and carries the role that wrote it: the role's right to
 * speak for the table could not be checked yet.
 *
 * There is no binary input, so values are always well-formed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "table_columns.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(bolt_table_columns_in);
PG_FUNCTION_INFO_V1(bolt_table_columns_out);
PG_FUNCTION_INFO_V1(bolt_table_columns_table);
PG_FUNCTION_INFO_V1(bolt_table_columns_exist);

/*
 * The value in a row.  A table is known by its row type as well: numbers of
 * dropped tables may be given to others one day.
 */
typedef struct StoredColumns
{
	int32 length; /* varlena header */
	Oid table;	  /* InvalidOid: text follows */
	Oid second;	  /* the table's row type, or the writer of the text */
	int32 n;	  /* columns, or bytes of the text */
	char data[FLEXIBLE_ARRAY_MEMBER];
} StoredColumns;

#define GONE "-"

static StoredColumns *
store(Oid table, Oid second, int n, const void *data, Size size)
{
	StoredColumns *stored = palloc0(offsetof(StoredColumns, data) + size);

	SET_VARSIZE(stored, offsetof(StoredColumns, data) + size);
	stored->table = table;
	stored->second = second;
	stored->n = n;
	if (size > 0)
		memcpy(stored->data, data, size);
	return stored;
}

Datum
bolt_table_columns_make(Oid table, int n, const AttrNumber *columns)
{
	return PointerGetDatum(store(table, get_rel_type_id(table), n, columns, n * sizeof(AttrNumber)));
}

static Datum
make_text(const char *text)
{
	return PointerGetDatum(store(InvalidOid, GetUserId(), strlen(text), text, strlen(text)));
}

/*
 * Splits "schema.table(column, …)" in place.  Returns false where it is no such
 * thing.
 */
static bool
split_text(char *text, List **table, List **columns)
{
	bool quoted = false;
	char *open = NULL;
	char *end = text + strlen(text);

	while (end > text && scanner_isspace(end[-1]))
		end--;
	for (char *c = text; c < end; c++)
	{
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '(' && !quoted)
		{
			open = c;
			break;
		}
	}
	*columns = NIL;
	if (open != NULL)
	{
		if (end[-1] != ')')
			return false;
		end[-1] = '\0';
		*open = '\0';
		if (!SplitIdentifierString(open + 1, ',', columns) || *columns == NIL ||
			list_length(*columns) > INDEX_MAX_KEYS)
			return false;
	}
	return SplitIdentifierString(text, '.', table) && (list_length(*table) == 1 || list_length(*table) == 2);
}

/*
 * Looks the names of a text up.  Nothing is raised, whoever asks: only names are
 * compared, the right to speak of the table is checked by those who use it.
 */
static void
look_up(List *table, List *columns, TableColumns *into)
{
	into->table = InvalidOid;
	into->schema = InvalidOid;
	into->missing = NULL;
	into->pending = true;
	if (list_length(table) == 2)
	{
		into->schema = get_namespace_oid(linitial(table), true);
		into->missing = lsecond(table);
		if (OidIsValid(into->schema))
			into->table = get_relname_relid(lsecond(table), into->schema);
	}
	else
		into->table = RelnameGetRelid(linitial(table));
	if (!OidIsValid(into->table))
		return;
	into->n = list_length(columns);
	into->columns = palloc(Max(into->n, 1) * sizeof(AttrNumber));
	for (int i = 0; i < into->n; i++)
	{
		into->columns[i] = get_attnum(into->table, list_nth(columns, i));
		if (into->columns[i] <= 0)
			return;
	}
	into->pending = false;
}

static Datum
value_of_text(const char *text)
{
	char *copy = pstrdup(text);
	List *table;
	List *columns;
	TableColumns found = {0};

	if (strcmp(text, GONE) == 0)
		return make_text(text);
	if (!split_text(copy, &table, &columns))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "bolt.table_columns", text)));
	look_up(table, columns, &found);
	if (!found.pending)
		return bolt_table_columns_make(found.table, found.n, found.columns);

	/* without a schema it would mean another table for everybody who reads it */
	if (list_length(table) < 2)
		ereport(ERROR,
				(errcode(OidIsValid(found.table) ? ERRCODE_UNDEFINED_COLUMN : ERRCODE_UNDEFINED_TABLE),
				 OidIsValid(found.table) ? errmsg("no such columns: \"%s\"", text) :
										   errmsg("relation \"%s\" does not exist", text)));
	return make_text(text);
}

Datum
bolt_table_columns_in(PG_FUNCTION_ARGS)
{
	return value_of_text(PG_GETARG_CSTRING(0));
}

static char *
text_of(const StoredColumns *stored)
{
	return pnstrdup(stored->data, stored->n);
}

void
bolt_table_columns_read(Datum value, TableColumns *into)
{
	StoredColumns *stored = (StoredColumns *) PG_DETOAST_DATUM(value);
	List *table;
	List *columns;

	memset(into, 0, sizeof(TableColumns));
	if (OidIsValid(stored->table))
	{
		into->n = stored->n;
		into->columns = palloc(Max(stored->n, 1) * sizeof(AttrNumber));
		memcpy(into->columns, stored->data, stored->n * sizeof(AttrNumber));
		if (get_rel_type_id(stored->table) == stored->second)
			into->table = stored->table;
		return;
	}
	into->writer = stored->second;
	if (split_text(text_of(stored), &table, &columns) && list_length(table) == 2)
		look_up(table, columns, into);
}

Datum
bolt_table_columns_renew(Datum value)
{
	StoredColumns *stored = (StoredColumns *) PG_DETOAST_DATUM(value);

	return OidIsValid(stored->table) ? value : value_of_text(text_of(stored));
}

/* A column's name, or NULL where it has been dropped. */
static char *
column_name(Oid table, AttrNumber column)
{
	HeapTuple tuple = SearchSysCacheAttNum(table, column);
	char *name;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	name = pstrdup(NameStr(((Form_pg_attribute) GETSTRUCT(tuple))->attname));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * The names of today.  What is gone has none.
 */
Datum
bolt_table_columns_out(PG_FUNCTION_ARGS)
{
	StoredColumns *stored = (StoredColumns *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	TableColumns read;
	StringInfoData text;
	char *table;
	char *schema;

	if (!OidIsValid(stored->table))
		PG_RETURN_CSTRING(text_of(stored));
	bolt_table_columns_read(PointerGetDatum(stored), &read);
	table = get_rel_name(read.table);
	schema = table == NULL ? NULL : get_namespace_name(get_rel_namespace(read.table));
	if (schema == NULL)
		PG_RETURN_CSTRING(pstrdup(GONE));

	initStringInfo(&text);
	appendStringInfoString(&text,
						   quote_qualified_identifier(RelationIsVisible(read.table) ? NULL : schema, table));
	for (int i = 0; i < read.n; i++)
	{
		char *column = column_name(read.table, read.columns[i]);

		if (column == NULL)
			PG_RETURN_CSTRING(pstrdup(GONE));
		appendStringInfo(&text, "%s%s", i == 0 ? "(" : ", ", quote_identifier(column));
	}
	if (read.n > 0)
		appendStringInfoChar(&text, ')');
	PG_RETURN_CSTRING(text.data);
}

/* Cast to oid and regclass */
Datum
bolt_table_columns_table(PG_FUNCTION_ARGS)
{
	TableColumns read;

	bolt_table_columns_read(PG_GETARG_DATUM(0), &read);
	if (!OidIsValid(read.table))
		PG_RETURN_NULL();
	PG_RETURN_OID(read.table);
}

bool
bolt_table_columns_are_there(Datum value)
{
	TableColumns read;

	bolt_table_columns_read(value, &read);
	if (read.pending)
		return true;
	if (!OidIsValid(read.table))
		return false;
	for (int i = 0; i < read.n; i++)
	{
		if (column_name(read.table, read.columns[i]) == NULL)
			return false;
	}
	return true;
}

/* What pg_dump asks */
Datum
bolt_table_columns_exist(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(bolt_table_columns_are_there(PG_GETARG_DATUM(0)));
}
