/*-------------------------------------------------------------------------
 *
 * check_tables.c
 *	  What the catalogs say of a table's size and statistics, and which look-ups
 *	  its indexes serve.
 *
 * An index with a WHERE clause counts where the conditions name all the columns
 * of that clause: whether they imply it, the planner may find out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "check.h"
#include "compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* A key of an index: a column, or an expression of one column. */
typedef struct IndexKey
{
	AttrNumber column; /* 0: another expression */
	bool expression;   /* a cast of the column, or upper() … */
	bool upper;		   /* … which is this */
	Oid family;
	Oid collation;
	int16 option; /* INDOPTION_… */
} IndexKey;

/* An index that the planner may use. */
typedef struct CheckedIndex
{
	Oid access_method;
	bool unique;
	bool partial;
	Bitmapset *predicate; /* partial: columns that its WHERE names */
	int nkeys;
	IndexKey *keys;
} CheckedIndex;

/* ----------
 * Reading indexes
 * ----------
 */
static Node *
strip_casts(Node *node)
{
	for (;;)
	{
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceViaIO))
			node = (Node *) ((CoerceViaIO *) node)->arg;
		else if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CALL &&
				 ((FuncExpr *) node)->args != NIL)
			node = linitial(((FuncExpr *) node)->args);
		else
			return node;
	}
}

/* x::text and upper(x) are expressions that lookups make. */
static void
read_expression(IndexKey *key, Node *node)
{
	key->expression = true;
	node = strip_casts(node);
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_UPPER_TEXT)
	{
		key->upper = true;
		node = strip_casts(linitial(((FuncExpr *) node)->args));
	}
	if (IsA(node, Var) && ((Var *) node)->varattno > 0)
		key->column = ((Var *) node)->varattno;
}

/* An index's column of node trees: its expressions or its WHERE clause. */
static List *
index_nodes(HeapTuple tuple, AttrNumber attribute)
{
	bool isnull;
	Datum value = SysCacheGetAttr(INDEXRELID, tuple, attribute, &isnull);

	return isnull ? NIL : (List *) stringToNode(TextDatumGetCString(value));
}

static Datum
index_attribute(HeapTuple tuple, AttrNumber attribute)
{
	bool isnull;

	return SysCacheGetAttr(INDEXRELID, tuple, attribute, &isnull);
}

static Bitmapset *
columns_of(List *nodes)
{
	Bitmapset *attributes = NULL;
	Bitmapset *columns = NULL;
	int attribute = -1;

	pull_varattnos((Node *) nodes, 1, &attributes);
	while ((attribute = bms_next_member(attributes, attribute)) >= 0)
	{
		int column = attribute + FirstLowInvalidHeapAttributeNumber;

		if (column > 0)
			columns = bms_add_member(columns, column);
	}
	return columns;
}

static Oid
access_method_of(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	Oid access_method = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		access_method = ((Form_pg_class) GETSTRUCT(tuple))->relam;
		ReleaseSysCache(tuple);
	}
	return access_method;
}

static CheckedIndex *
read_index(HeapTuple tuple)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	CheckedIndex *index = palloc0(sizeof(CheckedIndex));
	oidvector *classes = (oidvector *) DatumGetPointer(index_attribute(tuple, Anum_pg_index_indclass));
	oidvector *collations = (oidvector *) DatumGetPointer(index_attribute(tuple, Anum_pg_index_indcollation));
	int2vector *options = (int2vector *) DatumGetPointer(index_attribute(tuple, Anum_pg_index_indoption));
	List *expressions = index_nodes(tuple, Anum_pg_index_indexprs);
	List *predicate = index_nodes(tuple, Anum_pg_index_indpred);
	ListCell *expression = list_head(expressions);

	index->access_method = access_method_of(form->indexrelid);
	index->unique = form->indisunique;
	index->partial = predicate != NIL;
	index->predicate = columns_of(predicate);
	index->nkeys = form->indnkeyatts;
	index->keys = palloc0(sizeof(IndexKey) * index->nkeys);
	for (int i = 0; i < index->nkeys; i++)
	{
		IndexKey *key = &index->keys[i];

		key->family = get_opclass_family(classes->values[i]);
		key->collation = collations->values[i];
		key->option = options->values[i];
		key->column = form->indkey.values[i];
		if (key->column == 0 && expression != NULL)
		{
			read_expression(key, lfirst(expression));
			expression = lnext(expressions, expression);
		}
	}
	return index;
}

/* The indexes of a model's table that are ready to be used. */
static List *
indexes_of(const Model *model)
{
	Relation table = try_table_open(model->oid, AccessShareLock);
	List *indexes = NIL;
	ListCell *lc;

	if (table == NULL)
		return NIL;
	foreach(lc, RelationGetIndexList(table))
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));

		if (!HeapTupleIsValid(tuple))
			continue;
		if (((Form_pg_index) GETSTRUCT(tuple))->indisvalid)
			indexes = lappend(indexes, read_index(tuple));
		ReleaseSysCache(tuple);
	}
	table_close(table, AccessShareLock);
	return indexes;
}

/* ----------
 * What an index serves
 * ----------
 */
static bool
family_has_operator(Oid family, const char *name)
{
	CatCList *members = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(family));
	bool found = false;

	for (int i = 0; i < members->n_members && !found; i++)
	{
		Form_pg_amop form = (Form_pg_amop) GETSTRUCT(&members->members[i]->tuple);
		char *opname = form->amoppurpose == AMOP_SEARCH ? get_opname(form->amopopr) : NULL;

		found = opname != NULL && strcmp(opname, name) == 0;
	}
	ReleaseSysCacheList(members);
	return found;
}

static bool
is_c_locale(Datum name, bool isnull, char provider)
{
	char *locale;

	/* the builtin provider's locales all compare bytes */
	if (provider == 'b')
		return true;
	if (isnull || provider != COLLPROVIDER_LIBC)
		return false;
	locale = TextDatumGetCString(name);
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/*
 * Whether a collation compares bytes, so that a btree index serves LIKE 'x%'.
 * Read from the catalogs: the server's own function is in a header that needs
 * ICU's, which those who build an extension need not have.
 */
static bool
collation_is_c(Oid collation)
{
	bool of_database = collation == DEFAULT_COLLATION_OID;
	HeapTuple tuple = of_database ? SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId)) :
									SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	bool result;
	bool isnull;
	Datum name;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (of_database)
	{
		name = SysCacheGetAttr(DATABASEOID, tuple, Anum_pg_database_datcollate, &isnull);
		result = is_c_locale(name, isnull, ((Form_pg_database) GETSTRUCT(tuple))->datlocprovider);
	}
	else
	{
		name = SysCacheGetAttr(COLLOID, tuple, Anum_pg_collation_collcollate, &isnull);
		result = is_c_locale(name, isnull, ((Form_pg_collation) GETSTRUCT(tuple))->collprovider);
	}
	ReleaseSysCache(tuple);
	return result;
}

/* Does a btree find the texts that begin with a given one? */
static bool
serves_prefix(const IndexKey *key)
{
	return key->family == TEXT_PATTERN_BTREE_FAM_OID ||
		(key->family == TEXT_BTREE_FAM_OID && OidIsValid(key->collation) && collation_is_c(key->collation));
}

static bool
key_serves(const CheckedIndex *index, const IndexKey *key, const Field *field, const LookupNeed *need)
{
	Oid type = getBaseType(field->type);
	bool cast = need->text && type != TEXTOID && type != VARCHAROID;

	if (key->column != field->attnum || key->upper != need->upper || need->transformed)
		return false;
	if (key->expression != (cast || need->upper))
		return false;
	if (!key->expression && OidIsValid(key->collation) && key->collation != field->collation)
		return false;
	if (need->opname == NULL)
		return index->access_method == BTREE_AM_OID || index->access_method == GIST_AM_OID;
	if (need->prefix && index->access_method == BTREE_AM_OID)
		return serves_prefix(key);
	if (need->prefix && index->access_method == SPGIST_AM_OID)
		return family_has_operator(key->family, "^@");
	return family_has_operator(key->family, need->opname);
}

static bool
is_equal_key(const IndexKey *key, const KnownColumns *known)
{
	return !key->expression && key->column > 0 && bms_is_member(key->column, known->equal);
}

static bool
is_usable(const CheckedIndex *index, const KnownColumns *known)
{
	return !index->partial || bms_is_subset(index->predicate, known->named);
}

/* Does an index find the rows in which the lookup of a column holds? */
bool
bolt_check_lookup_indexed(const Model *model, const Field *field, const LookupNeed *need,
						  const KnownColumns *known)
{
	ListCell *lc;

	foreach(lc, indexes_of(model))
	{
		const CheckedIndex *index = lfirst(lc);

		for (int i = 0; is_usable(index, known) && i < index->nkeys; i++)
		{
			if (key_serves(index, &index->keys[i], field, need))
				return true;
			if (index->access_method == BTREE_AM_OID && !is_equal_key(&index->keys[i], known))
				break;
		}
	}
	return false;
}

/* Does an index find the rows that have given values in all these columns? */
bool
bolt_check_key_indexed(const Model *model, int n, const AttrNumber *columns)
{
	KnownColumns known = {NULL, NULL};
	ListCell *lc;

	for (int i = 0; i < n; i++)
		known.named = bms_add_member(known.named, columns[i]);
	known.equal = known.named;
	foreach(lc, indexes_of(model))
	{
		const CheckedIndex *index = lfirst(lc);
		Bitmapset *missing = bms_copy(known.named);

		if (!is_usable(index, &known))
			continue;
		for (int i = 0; i < index->nkeys && is_equal_key(&index->keys[i], &known); i++)
		{
			if (family_has_operator(index->keys[i].family, "="))
				missing = bms_del_member(missing, index->keys[i].column);
		}
		if (bms_is_empty(missing))
			return true;
	}
	return false;
}

/* Do equal values in these columns leave one row at the most? */
bool
bolt_check_unique(const Model *model, const Bitmapset *columns)
{
	KnownColumns known = {unconstify(Bitmapset *, columns), NULL};
	ListCell *lc;

	foreach(lc, indexes_of(model))
	{
		const CheckedIndex *index = lfirst(lc);
		bool unique = index->unique && !index->partial;

		for (int i = 0; unique && i < index->nkeys; i++)
			unique = is_equal_key(&index->keys[i], &known);
		if (unique)
			return true;
	}
	return false;
}

/* Does a key give rows in that order, read forward or backward? */
static bool
key_orders(const IndexKey *key, const Field *field, bool descending, NullsOrder nulls)
{
	bool nulls_first = nulls == NULLS_DEFAULT_ORDER ? descending : nulls == NULLS_FIRST_ORDER;
	bool key_descending = (key->option & INDOPTION_DESC) != 0;
	bool key_nulls_first = (key->option & INDOPTION_NULLS_FIRST) != 0;
	TypeCacheEntry *type = lookup_type_cache(getBaseType(field->type), TYPECACHE_BTREE_OPFAMILY);

	if (key->expression || key->column != field->attnum || key->family != type->btree_opf ||
		(OidIsValid(key->collation) && key->collation != field->collation))
		return false;
	return field->not_null || (key_descending == descending) == (key_nulls_first == nulls_first);
}

/*
 * Does an index give the rows in the order of a column?  What further columns
 * there are, PostgreSQL sorts within equal ones.
 */
bool
bolt_check_order_indexed(const Model *model, const Field *field, bool descending, NullsOrder nulls,
						 const KnownColumns *known)
{
	ListCell *lc;

	foreach(lc, indexes_of(model))
	{
		const CheckedIndex *index = lfirst(lc);

		if (index->access_method != BTREE_AM_OID || !is_usable(index, known))
			continue;
		for (int i = 0; i < index->nkeys; i++)
		{
			if (key_orders(&index->keys[i], field, descending, nulls))
				return true;
			if (!is_equal_key(&index->keys[i], known))
				break;
		}
	}
	return false;
}

/* ----------
 * Sizes and statistics
 * ----------
 */
static double
rows_of(Oid oid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	double rows = -1;

	if (HeapTupleIsValid(tuple))
	{
		rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
		ReleaseSysCache(tuple);
	}
	return rows;
}

/* A table and its partitions, or itself alone. */
static List *
storage_of(const Model *model)
{
	return model->relkind == RELKIND_PARTITIONED_TABLE ? find_all_inheritors(model->oid, NoLock, NULL) :
														 list_make1_oid(model->oid);
}

/* How many rows the table had when that was looked at last; -1: not known */
double
bolt_check_rows(const Model *model)
{
	double sum = -1;
	ListCell *lc;

	foreach(lc, storage_of(model))
	{
		double rows = rows_of(lfirst_oid(lc));

		if (lfirst_oid(lc) == model->oid && rows >= 0)
			return rows;
		if (rows >= 0)
			sum = Max(sum, 0) + rows;
	}
	return sum;
}

static bool
may_read_statistics(const Model *model, const Field *field)
{
	return bolt_may_read_field(model, field) && check_enable_rls(model->oid, InvalidOid, true) != RLS_ENABLED;
}

/* How many different values a column has; -1: not known, or not for the caller to know */
double
bolt_check_distinct_values(const Model *model, const Field *field)
{
	bool inherited = model->relkind == RELKIND_PARTITIONED_TABLE;
	HeapTuple tuple;
	double distinct;

	if (!may_read_statistics(model, field))
		return -1;
	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(model->oid), Int16GetDatum(field->attnum),
							BoolGetDatum(inherited));
	if (!HeapTupleIsValid(tuple))
		return -1;
	distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
	ReleaseSysCache(tuple);

	/* a fraction of the rows, negated; 0 is not known */
	if (distinct < 0)
		distinct *= -bolt_check_rows(model);
	return distinct > 0 ? distinct : -1;
}

/* The average bytes of a column; 0: not known, or not for the caller to know */
int
bolt_check_average_width(const Model *model, const Field *field)
{
	return may_read_statistics(model, field) ? get_attavgwidth(model->oid, field->attnum) : 0;
}

static bool
has_statistics(Oid oid)
{
	Relation statistics = table_open(StatisticRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool found;

	ScanKeyInit(&key, Anum_pg_statistic_starelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(statistics, StatisticRelidAttnumInhIndexId, true, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(statistics, AccessShareLock);
	return found;
}

static bool
has_blocks(Oid oid)
{
	Relation table = try_table_open(oid, AccessShareLock);
	bool result;

	if (table == NULL)
		return false;
	result = RELKIND_HAS_TABLE_AM(table->rd_rel->relkind) && RelationGetNumberOfBlocks(table) > 0;
	table_close(table, AccessShareLock);
	return result;
}

/* Has it rows, but no statistics? */
bool
bolt_check_never_analyzed(const Model *model)
{
	ListCell *lc;

	if (model->relkind == RELKIND_VIEW || model->relkind == RELKIND_FOREIGN_TABLE ||
		has_statistics(model->oid))
		return false;
	foreach(lc, storage_of(model))
	{
		if (has_blocks(lfirst_oid(lc)))
			return true;
	}
	return false;
}
