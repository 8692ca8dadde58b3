/*-------------------------------------------------------------------------
 *
 * catalog_table.h
 *	  What the catalogs say about single tables, read once while models are
 *	  being loaded.
 *
 * A CatalogReader is a scratch pad: it lives in the memory context that was
 * current when it was made, takes no lock and is never kept longer than the
 * load it serves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_CATALOG_TABLE_H
#define BOLT_CATALOG_TABLE_H

#include "postgres.h"

#include "model.h"
#include "utils/hsearch.h"

/* A valid, complete index; partial ones are left out. */
typedef struct TableIndex
{
	int nkeys;
	AttrNumber *keys; /* 0 stands for an expression */
	bool unique;
	bool primary;
	bool immediate; /* not deferrable */
	bool btree;
} TableIndex;

typedef struct CatalogReader CatalogReader;

typedef struct CatalogTable
{
	Oid oid; /* hash key */
	CatalogReader *reader;
	Oid schema;
	Oid owner;
	char *name;
	char relkind;
	bool temporary;
	bool partition;
	bool inherited; /* it has inheriting tables, and is not partitioned */

	/* each read at first use */
	bool fields_known;
	int nfields;
	Field *fields; /* in table order, dropped columns left out */
	bool indexes_known;
	List *indexes; /* of TableIndex * */
	bool references_known;
	List *references; /* of Reference *, see references.h */
} CatalogTable;

struct CatalogReader
{
	MemoryContext context;
	HTAB *tables; /* of CatalogTable */
};

extern CatalogReader *bolt_catalog_reader(void);

/* The relation of that oid, or NULL where it is gone. */
extern CatalogTable *bolt_catalog_table(CatalogReader *reader, Oid oid);

/* Whether a relation of that kind can be a model. */
extern bool bolt_relkind_is_model(char relkind);

extern const Field *bolt_catalog_field(CatalogTable *table, const char *name);
extern const Field *bolt_catalog_field_by_attnum(CatalogTable *table, AttrNumber attnum);
extern void bolt_catalog_fields(CatalogTable *table);
extern List *bolt_catalog_indexes(CatalogTable *table);

/* The primary key's index, or NULL. */
extern const TableIndex *bolt_catalog_primary_key(CatalogTable *table);

/*
 * Whether some unique index makes the rows differ in these columns, those of
 * inheriting tables included.
 */
extern bool bolt_catalog_unique(CatalogTable *table, int n, const AttrNumber *columns);

/* Whether a btree index begins with these columns, in any order. */
extern bool bolt_catalog_indexed(CatalogTable *table, int n, const AttrNumber *columns);

/* Whether Citus distributes the table. */
extern bool bolt_catalog_distributed(Oid oid);

/* Sets of column numbers without repetition. */
extern bool bolt_columns_contain(int n, const AttrNumber *columns, AttrNumber column);

#endif /* BOLT_CATALOG_TABLE_H */
