/*-------------------------------------------------------------------------
 *
 * registry_rows.c
 *	  Writes bolt.model, bolt.relation and bolt.many_to_many.
 *
 * Only their owner may write these tables; the checks in registry.c stand in
 * for privileges.  The statements run as the owner.  They qualify all that they
 * name, since they run under the caller's search path.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "model.h"
#include "registry_rows.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#define MAX_STATEMENT_PARAMETERS 7

typedef struct Statement
{
	int nparameters;
	Oid types[MAX_STATEMENT_PARAMETERS];
	Datum values[MAX_STATEMENT_PARAMETERS];
	char nulls[MAX_STATEMENT_PARAMETERS];
} Statement;

static void
registry_tables(Oid tables[REGISTRY_TABLES])
{
	if (!bolt_registry_tables(tables))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"%s\" is not installed in this database", "bolt_orm")));
}

static Oid
table_owner(Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", table)));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Runs one statement as the owner of the tables.  On error the end of the
 * (sub)transaction restores the user.
 */
static void
run_as_owner(RegistryTable table, const char *sql, Statement *statement)
{
	Oid tables[REGISTRY_TABLES];
	Oid user;
	int security_context;
	int result;

	registry_tables(tables);
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(table_owner(tables[table]), security_context | SECURITY_LOCAL_USERID_CHANGE);
	SPI_connect();
	result = SPI_execute_with_args(sql, statement->nparameters, statement->types, statement->values,
								   statement->nulls, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	SPI_finish();
	SetUserIdAndSecContext(user, security_context);

	/* the trigger has done so already, unless someone switched it off */
	CacheInvalidateRelcacheByRelid(tables[table]);
}

static void
add_oid(Statement *statement, Oid value)
{
	int i = statement->nparameters++;

	statement->types[i] = REGCLASSOID;
	statement->values[i] = ObjectIdGetDatum(value);
	statement->nulls[i] = ' ';
}

static void
add_text(Statement *statement, const char *value)
{
	int i = statement->nparameters++;

	statement->types[i] = TEXTOID;
	statement->values[i] = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
	statement->nulls[i] = value == NULL ? 'n' : ' ';
}

static void
add_list(Statement *statement, List *value)
{
	int i = statement->nparameters++;
	Datum *elements = palloc(Max(list_length(value), 1) * sizeof(Datum));
	ListCell *lc;

	foreach(lc, value)
		elements[foreach_current_index(lc)] = CStringGetTextDatum((char *) lfirst(lc));
	statement->types[i] = TEXTARRAYOID;
	statement->values[i] =
		PointerGetDatum(construct_array(elements, list_length(value), TEXTOID, -1, false, TYPALIGN_INT));
	statement->nulls[i] = value == NIL ? 'n' : ' ';
}

void
bolt_registry_begin(const char *function)
{
	Oid tables[REGISTRY_TABLES];
	Statement none = {0};

	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);

	registry_tables(tables);
	for (int i = 0; i < REGISTRY_TABLES; i++)
		LockRelationOid(tables[i], ShareRowExclusiveLock);

	run_as_owner(REGISTRY_MODEL,
				 "DELETE FROM bolt.model m WHERE NOT EXISTS"
				 " (SELECT FROM pg_catalog.pg_class c"
				 " WHERE c.oid OPERATOR(pg_catalog.=) m.relation)",
				 &none);
	run_as_owner(REGISTRY_RELATION,
				 "DELETE FROM bolt.relation r WHERE NOT EXISTS"
				 " (SELECT FROM pg_catalog.pg_class c"
				 " WHERE c.oid OPERATOR(pg_catalog.=) r.relation)"
				 " OR NOT EXISTS (SELECT FROM pg_catalog.pg_class c"
				 " WHERE c.oid OPERATOR(pg_catalog.=) r.target)",
				 &none);
	run_as_owner(REGISTRY_MANY_TO_MANY,
				 "DELETE FROM bolt.many_to_many m WHERE NOT EXISTS"
				 " (SELECT FROM pg_catalog.pg_class c"
				 " WHERE c.oid OPERATOR(pg_catalog.=) m.relation)"
				 " OR NOT EXISTS (SELECT FROM pg_catalog.pg_class c"
				 " WHERE c.oid OPERATOR(pg_catalog.=) m.through)",
				 &none);
	bolt_model_refresh();
}

void
bolt_registry_write_model(const RegisteredModel *row)
{
	Statement statement = {0};

	add_oid(&statement, row->relation);
	add_text(&statement, row->name);
	add_list(&statement, row->ordering);
	add_list(&statement, row->primary_key);
	run_as_owner(REGISTRY_MODEL,
				 "INSERT INTO bolt.model (relation, name, ordering, primary_key)"
				 " VALUES ($1, $2, $3, $4)"
				 " ON CONFLICT (relation) DO UPDATE SET name = EXCLUDED.name,"
				 " ordering = EXCLUDED.ordering, primary_key = EXCLUDED.primary_key",
				 &statement);
}

void
bolt_registry_write_relation(const RegisteredRelation *row)
{
	Statement statement = {0};

	add_oid(&statement, row->relation);
	add_list(&statement, row->columns);
	add_text(&statement, row->name);
	add_text(&statement, row->related_name);
	add_text(&statement, row->on_delete);
	add_oid(&statement, row->target);
	add_list(&statement, row->target_columns);
	run_as_owner(REGISTRY_RELATION,
				 "INSERT INTO bolt.relation (relation, columns, name, related_name, on_delete,"
				 " target, target_columns) VALUES ($1, $2, $3, $4, $5, $6, $7)"
				 " ON CONFLICT (relation, columns) DO UPDATE SET name = EXCLUDED.name,"
				 " related_name = EXCLUDED.related_name, on_delete = EXCLUDED.on_delete,"
				 " target = EXCLUDED.target, target_columns = EXCLUDED.target_columns",
				 &statement);
}

void
bolt_registry_write_many_to_many(const RegisteredManyToMany *row)
{
	Statement statement = {0};

	add_oid(&statement, row->relation);
	add_oid(&statement, row->through);
	add_text(&statement, row->name);
	add_text(&statement, row->related_name);
	add_list(&statement, row->source_columns);
	add_list(&statement, row->target_columns);
	run_as_owner(REGISTRY_MANY_TO_MANY,
				 "INSERT INTO bolt.many_to_many (relation, through, name, related_name,"
				 " source_columns, target_columns) VALUES ($1, $2, $3, $4, $5, $6)"
				 " ON CONFLICT (relation, through, source_columns) DO UPDATE SET"
				 " name = EXCLUDED.name, related_name = EXCLUDED.related_name,"
				 " target_columns = EXCLUDED.target_columns",
				 &statement);
}

void
bolt_registry_delete_relation(const RegisteredRelation *row)
{
	Statement statement = {0};

	add_oid(&statement, row->relation);
	add_list(&statement, row->columns);
	run_as_owner(REGISTRY_RELATION,
				 "DELETE FROM bolt.relation WHERE relation OPERATOR(pg_catalog.=) $1"
				 " AND columns OPERATOR(pg_catalog.=) $2",
				 &statement);
}

void
bolt_registry_delete_many_to_many(const RegisteredManyToMany *row)
{
	Statement statement = {0};

	add_oid(&statement, row->relation);
	add_oid(&statement, row->through);
	add_list(&statement, row->source_columns);
	run_as_owner(REGISTRY_MANY_TO_MANY,
				 "DELETE FROM bolt.many_to_many WHERE relation OPERATOR(pg_catalog.=) $1"
				 " AND through OPERATOR(pg_catalog.=) $2"
				 " AND source_columns OPERATOR(pg_catalog.=) $3",
				 &statement);
}

void
bolt_registry_delete_all(Oid relation)
{
	Statement statement = {0};

	add_oid(&statement, relation);
	run_as_owner(REGISTRY_MODEL, "DELETE FROM bolt.model WHERE relation OPERATOR(pg_catalog.=) $1",
				 &statement);
	run_as_owner(REGISTRY_RELATION, "DELETE FROM bolt.relation WHERE relation OPERATOR(pg_catalog.=) $1",
				 &statement);
	run_as_owner(REGISTRY_MANY_TO_MANY,
				 "DELETE FROM bolt.many_to_many WHERE relation OPERATOR(pg_catalog.=) $1", &statement);
}
