/*-------------------------------------------------------------------------
 *
 * compile.h
 *	  What the compiler's files share: the statement being written, its joins,
 *	  and the columns that paths lead to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_COMPILE_H
#define BOLT_COMPILE_H

#include "postgres.h"

#include "fetch_graph.h"
#include "model.h"
#include "nodes/bitmapset.h"
#include "queryset.h"

/* A table of the FROM clause. */
typedef struct JoinedTable
{
	int alias; /* t0, t1, … */
	const Model *model;
	int parent;				 /* alias of the table that it is joined to, or -1 */
	const Model *near_model; /* that table's */
	int nfields;			 /* near_fields equal far_fields */
	const AttrNumber *near_fields;
	const AttrNumber *far_fields;
	bool near_is_referenced; /* the far table's columns refer to the near one's */
	int call;				 /* the filter() call that made it */
	bool nullable;			 /* its columns may be null for want of a row */
	const char *derived;	 /* a subquery that stands for the table, or NULL */
	bool many;				 /* may give a row of its parent several rows */
} JoinedTable;

typedef struct Statement Statement;

/* A column or an expression, as SQL that stands by itself. */
typedef struct Operand
{
	const char *sql;
	Oid type; /* InvalidOid: for PostgreSQL to find out */
	bool nullable;
	bool aggregate; /* of rows of the select itself: belongs in HAVING */
	bool window;
	const char *display; /* for messages */
} Operand;

/* Families of types, by the lookups and transforms that they have. */
typedef enum TypeClass
{
	CLASS_UNKNOWN,
	CLASS_TEXT,
	CLASS_NUMBER,
	CLASS_DATETIME, /* what dates and times have, too */
	CLASS_DATE,
	CLASS_TIME,
	CLASS_ARRAY,
	CLASS_RANGE,
	CLASS_JSON,
	CLASS_HSTORE,
	CLASS_TSVECTOR,
	CLASS_OTHER
} TypeClass;

/* A name that annotate() or alias() gave. */
typedef struct Annotation
{
	const char *name;
	const Expression *expression; /* NULL: a path of values() */
	Operand operand;
	bool alias;			 /* not selected */
	bool fixed;			 /* a path of values(), with the joins that it had then */
	bool used;			 /* by another clause or annotation */
	Bitmapset *referred; /* aliases of the tables that it speaks of */
} Annotation;

/* Where a condition may speak of windows */
typedef enum WindowsStand
{
	WINDOWS_REFUSED,
	WINDOWS_HERE,  /* in the select list */
	WINDOWS_AROUND /* in the query around, as its columns */
} WindowsStand;

/* One SELECT, or one EXISTS within it. */
typedef struct Select
{
	Statement *statement;
	struct Select *outer;					  /* whose tables may be named here */
	struct Select *outer_query;				  /* what OuterRef speaks of */
	const Model *model;						  /* of the base table, where paths begin */
	int origin;								  /* alias of the table where paths begin */
	List *joins;							  /* of JoinedTable *; the first is the base table */
	int call;								  /* to-many joins are shared within one call */
	List *annotations;						  /* of Annotation * */
	struct AnnotationIndex *annotation_index; /* those of annotations by their names, if many */
	int alternatives;			/* above 0: what is being written is one side of an OR, or under a NOT */
	List *filtered;				/* of FilterCall *: what aggregates are limited by */
	bool grouped;				/* values() before aggregates: GROUP BY */
	bool aggregating;			/* for aggregate(): annotations that are aggregates are values */
	bool aggregates;			/* annotations of it do */
	WindowsStand windows_stand; /* for the conditions that are being written */
	List *windows;				/* of char *: what the query around has as w1, w2, … */
	bool by_exists;				/* to-many conditions are EXISTS, not joins */
	bool aggregates_by_row;		/* aggregates are subqueries of a row, not joins */
	bool extends;				/* joins further to the rows of outer, rather than anew */
} Select;

/* The statement being written: parameters and aliases are numbered through it. */
struct Statement
{
	int naliases;
	List *params;		   /* of StatementParam * */
	MemoryContext context; /* of the graph */
	List *tables;		   /* oids of the tables it names */
	Bitmapset *referred;   /* aliases that columns have been written of,
								  * since the beginning of an expression */
	bool value_dependent;  /* a good plan depends on the values: patterns */
	Size written;		   /* bytes of SQL on the way to it */
	int nconditions;	   /* that must hold together */
	int nalternatives;
	int nwindows;
	struct NameTable *constants; /* to the numbers of parameters */
};

#define ANY_CALL (-1) /* joins of every call may be used */

/* A path as far as the models go: "author__profile__city__icontains". */
typedef struct FieldPath
{
	const char *text;
	const JsonValue *value;
	List *relations;	/* of ModelRelation *, hop by hop */
	const Model *model; /* where the fields are */
	int nfields;		/* several: a composite key */
	const Field *fields[INDEX_MAX_KEYS];
	const ModelRelation *relation; /* the path ends at this relation, else NULL */
	const Annotation *annotation;  /* the path is this and has no fields, else NULL */
	List *rest;					   /* of char *: transforms and lookup */
} FieldPath;

typedef struct Column
{
	int alias;
	const Field *field;
	bool nullable;
} Column;

/*
 * sql_limits.c: errors 54000 and 54011 where a document becomes more than PostgreSQL
 * should be given
 */

/* SQL that is being written has become so long. */
extern void bolt_limit_sql(Size length);

/* The same, for a piece of it that is complete; all pieces have a limit as well. */
extern void bolt_wrote_sql(Statement *statement, Size length);

/* One more table, one more condition of those that must hold together. */
extern void bolt_limit_tables(const Statement *statement);
extern void bolt_limit_conditions(Statement *statement, const JsonValue *value);
extern void bolt_limit_alternatives(Statement *statement, const JsonValue *value);
extern void bolt_limit_windows(Statement *statement, const JsonValue *value);

/* So many statements of one document; columns, ordering or grouping terms. */
extern void bolt_limit_statements(int n);
extern void bolt_limit_columns(int n);

/* path.c */
extern FieldPath *bolt_parse_path(const Model *model, const char *text, const JsonValue *value);
extern FieldPath *bolt_parse_select_path(const Select *select, const char *text, const JsonValue *value);
extern int bolt_path_operands(Select *select, int alias, const FieldPath *path, int first_hop,
							  Operand *operands);
extern void bolt_refuse_rest(const FieldPath *path);
extern void bolt_refuse_name(const FieldPath *path, const char *name);
extern int bolt_first_to_many(const FieldPath *path);
extern Select *bolt_begin_select(Statement *statement, const Model *model);
extern void bolt_refer_to(Statement *statement, int alias);
extern void bolt_note_table(Statement *statement, const Model *model);
extern Select *bolt_begin_part(Select *whole);
extern JoinedTable *bolt_add_table(Select *select, const Model *model);
extern void bolt_add_no_table(Select *select);
extern JoinedTable *bolt_add_derived_join(Select *select, int parent, const JoinedTable *table,
										  const char *derived);
extern JoinedTable *bolt_find_join(const Select *select, int parent, const ModelRelation *relation,
								   bool through);
extern JoinedTable *bolt_add_join(Select *select, int parent, const ModelRelation *relation, bool through);
extern void bolt_path_columns(Select *select, int alias, const FieldPath *path, int first_hop,
							  Column *columns);
extern void bolt_append_from(StringInfo sql, const Select *select, const char *base_condition);
extern void bolt_append_join_condition(StringInfo sql, const JoinedTable *join);
extern char *bolt_field_display(const Model *model, const Field *field);

/* sql_text.c */
extern void bolt_append_column(StringInfo sql, int alias, const char *name);
extern void bolt_parse_type(const char *name, Oid *type, int32 *typmod);
extern Oid bolt_extension_schema(const char *extension);
extern Oid bolt_find_extension_schema(const char *extension);
extern void bolt_append_type(StringInfo sql, Oid type, int32 typmod);
extern const char *bolt_operator(Oid left, Oid right, int strategy);
extern char *bolt_comparison(const char *left, Oid left_type, const char *right, Oid right_type,
							 int strategy);
extern bool bolt_has_own_operators(Oid type);
extern const char *bolt_operand_text(const char *sql, Oid type);
extern void bolt_append_column_operand(StringInfo sql, int alias, const Field *field);
extern const char *bolt_type_operator(Oid type, const char *name);
extern Oid bolt_comparison_type(Oid type);
/* Comparisons by btree strategy */
extern const char *const bolt_comparison_names[];
extern const char *bolt_expression_operator(Oid left, Oid right, int strategy);
extern char *bolt_collation_name(Oid collation);
extern void bolt_append_null_test(StringInfo sql, const char *operand, Oid type, bool is_null);
extern void bolt_append_names(StringInfo sql, const char *prefix, int n);

extern char *bolt_column_text(int alias, const Field *field);
extern void bolt_append_unnest(StringInfo sql, List *arrays, const Oid *types, const char *alias);
extern void bolt_append_unnest_params(StringInfo sql, int first, int n, const Oid *types, const char *alias);

/* bind.c */
extern StatementParam *bolt_add_param(Statement *statement, Oid type, BindFunction bind,
									  const JsonValue *literal);
extern int bolt_add_value(Statement *statement, Oid type, int32 typmod, BindFunction bind,
						  const JsonValue *literal, const char *what);
extern int bolt_add_constant(Statement *statement, const char *text);
extern void bolt_leave_param(StatementParam *param);
extern void bolt_wrong_literal(const StatementParam *param, const JsonValue *literal, const char *expected);
extern void bolt_resolve_param(StatementParam *param, Oid type, MemoryContext context);
extern bool bolt_bind_value(const StatementParam *param, const JsonValue *literal, Datum *value);
extern void bolt_mark_assigned(StatementParam *param);
extern bool bolt_bind_assigned(const StatementParam *param, const JsonValue *literal, Datum *value);

/* bind_structured.c */

/* Has the type parts that JSON names or numbers: a composite, or an array of such? */
extern bool bolt_type_is_structured(Oid type);

/*
 * The value of an object or an array, allocated in CurrentMemoryContext.
 * Errors: 22023 or 42703 with the place for what does not fit the type; those of the
 * attributes' input functions and domains.
 */
extern Datum bolt_structured_value(const StatementParam *param, const JsonValue *literal);

/* bind.c */
extern bool bolt_bind_scalar(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_array(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_member(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_member_column(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_array_texts(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_contains(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_startswith(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_endswith(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_hstore(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_text(const StatementParam *param, const JsonValue *literal, Datum *value);
extern bool bolt_bind_bigint(const StatementParam *param, const JsonValue *literal, Datum *value);

/* What a condition asks of an index that is to find its rows. */
typedef struct LookupNeed
{
	const char *opname; /* by name; NULL: IS NULL */
	bool text;			/* the operand is taken as text … */
	bool upper;			/* … in upper case */
	bool prefix;		/* the pattern begins with what is looked for */
	bool transformed;	/* the operand is no longer the column itself */
} LookupNeed;

/* annotation_index.c */
extern ListCell *bolt_annotation_of_name(Select *select, const char *name);
extern const Annotation *bolt_find_annotation(const Select *select, const char *path, int *length);

/* joined_tables.c */
extern List *bolt_joined_tables(const Select *select, const Q *q);

/* lookup.c */
extern void bolt_lookup_need(Select *select, const FieldPath *path, const Operand *operand, const Q *q,
							 LookupNeed *need);
extern void bolt_apply_transforms(Select *select, Operand *operand, const FieldPath *path);
extern void bolt_append_lookup(StringInfo sql, Select *select, const FieldPath *path, const Operand *operands,
							   const Q *q, bool two_valued);
extern bool bolt_path_is_isnull(const FieldPath *path, const Q *q);

/* Does any type have a lookup, or a transform, of that name? */
extern bool bolt_is_lookup(const char *name);
extern bool bolt_is_transform(const char *name);

/* transform.c */
extern TypeClass bolt_type_class(Oid type);
extern bool bolt_transform(Select *select, Operand *operand, const char *name);
extern List *bolt_transform_choices(Oid type);

/* subquery.c */
extern void bolt_subquery(Select *select, const Expression *expression, Operand *result);

/* aggregate.c */
extern void bolt_aggregate(Select *select, int alias, const Expression *expression, Operand *result);
extern const ModelRelation *bolt_keyed_aggregate(const Select *select, const Expression *expression);
extern const char *bolt_aggregate_of_none(const Expression *expression, bool bigint_as_string);
extern char *bolt_aggregate_call(Select *select, int alias, const Expression *expression, Operand *result);

/* expression.c */
extern void bolt_expression(Select *select, int alias, const Expression *expression, Operand *result);
extern void bolt_annotate(Select *select, const AnnotateCall *call);
extern void bolt_append_exists_queryset(StringInfo sql, Select *select, const QuerySet *queryset);

/* condition.c */
extern bool bolt_append_filter(StringInfo sql, Select *select, const FilterCall *filter, int call);
extern void bolt_append_q(StringInfo sql, Select *select, int alias, Q *q);

/*
 * A node of the graph to be: which model, reached how, with which columns and
 * which further branches.
 */
typedef struct Branch
{
	const char *name;			   /* its member's name */
	const ModelRelation *relation; /* NULL: the root */
	const Model *model;
	const QuerySet *queryset;	 /* NULL: all objects */
	bool selected;				 /* by select_related */
	const Expression *aggregate; /* a value of these objects, not themselves */
	bool recurse;				 /* it is a branch of itself, under its own name … */
	int depth;					 /* … for so many levels; 0: all */
	bool *loaded;				 /* per field: is it written out? */
	const JsonValue *value;		 /* where it was asked for */
	List *branches;				 /* of Branch * */
	int *nbranches;				 /* of the whole tree */
} Branch;

/* branch.c */
extern Branch *bolt_branch_tree(const Model *model, const QuerySet *queryset);

/* select.c */

/* An ORDER BY expression. */
typedef struct OrderExpression
{
	char *text;
	bool aggregate; /* or a window: no GROUP BY takes it */
	bool descending;
	NullsOrder nulls;
} OrderExpression;

/* The clauses of a SELECT, text by text. */
typedef struct SelectText
{
	Select *select;
	const Model *model;
	const QuerySet *queryset; /* NULL: all objects */
	StringInfoData where;	  /* conditions, or empty */
	StringInfoData having;
	StringInfoData around;	/* conditions of a query around this one, which filters by windows */
	StringInfoData locking; /* FOR UPDATE …, or not initialised */
	List *outputs;			/* of char *: the select list */
	List *names;			/* of char *: names for its members, or NIL */
	List *groups;			/* of char *: GROUP BY of values() */
	List *grouped;			/* of char *: outputs of other tables than the
								 * model's, for a GROUP BY that makes distinct */
	List *order;			/* of OrderExpression * */
} SelectText;

extern void bolt_begin_select_text(SelectText *text, Statement *statement, const Model *model,
								   const QuerySet *queryset);
extern void bolt_begin_inner_text(SelectText *text, Select *outer, const Model *model,
								  const QuerySet *queryset);
extern void bolt_append_order_terms(StringInfo sql, Select *select, List *terms);
extern void bolt_group_by_values(SelectText *text);
extern List *bolt_values_terms(SelectText *text);
extern void bolt_order_by_dates(SelectText *text, const Operand *operand);
extern AttrNumber bolt_add_output(SelectText *text, const char *expression);
extern void bolt_add_order(SelectText *text);
extern bool bolt_is_sliced(const QuerySet *queryset);
extern bool bolt_is_per_parent(const QuerySet *queryset);
extern void bolt_append_order(StringInfo sql, const SelectText *text);
extern void bolt_reverse_order(List *order);
extern void bolt_append_slice(StringInfo sql, SelectText *text);
extern void bolt_append_number_slice(StringInfo sql, SelectText *text, const char *number);
extern int bolt_base_alias(const Select *select);

/* whole_select.c */
extern bool bolt_computes_window(const SelectText *text);
extern void bolt_append_select(StringInfo sql, SelectText *text, const char *before,
							   const char *base_condition, const char *condition, bool name_outputs);

/* window.c */
extern bool bolt_over_window(const Select *select, const Expression *expression);
extern void bolt_refuse_nested_window(const Select *select, const Expression *window);
extern bool bolt_q_over_window(const Select *select, const Q *q);
extern char *bolt_window_column(Select *select, const char *sql);
extern Q *bolt_filter_by_windows(SelectText *text, Q *q, int call);

/* ----------
 * Making the graph
 * ----------
 */
typedef struct Compiler
{
	FetchGraph *graph;
	List *nodes;			/* of FetchNode *, parents first */
	List *tables;			/* of oid */
	const Locking *locking; /* of the rows that are fetched, or NULL */
	List *locked;			/* of PathTerm *: members of "of" that were met */
	Size sql_size;			/* of all statements */
} Compiler;

/* A key as the compiler sees it: columns on both sides of a relation. */
typedef struct KeyPair
{
	int n;
	const Model *near_model;
	const Model *far_model;
	const AttrNumber *near_fields;
	const AttrNumber *far_fields;
	bool near_is_referenced; /* the far columns refer to the near ones, not the other way round */
} KeyPair;

/* How the two sides of a key's column are compared. */
typedef struct KeyComparison
{
	Oid type;			/* in which they are */
	const char *opname; /* far operator type */
	bool cast_far;		/* the far column has to be cast for it */
	bool cast_key;		/* the far column has to be cast to be a key */
} KeyComparison;

/* Where a keyed statement finds its keys. */
typedef struct KeyedFrom
{
	const KeyPair *pair;
	bool indexed;			 /* an index serves the key */
	int alias;				 /* of the table with the key's far columns */
	char *through;			 /* that table, where it is not the model's own … */
	char *through_condition; /* … and what joins the model's to it */
} KeyedFrom;

/* The members of a node that is being compiled. */
typedef struct ItemList
{
	Compiler *compiler;
	FetchNode *node;
	int size;
} ItemList;

/* keyed.c */
extern void *bolt_graph_alloc(Compiler *compiler, Size size);
extern char *bolt_graph_string(Compiler *compiler, const char *string);
extern FetchStatement *bolt_finish_statement(Compiler *compiler, const Statement *statement, const char *sql);
/*
 * The collation under which the two columns of a relation are one, as its foreign key has it: that of the
 * column that is referred to.  Where both collations find just equal bytes equal, that of the far column, whose
 * index is to be used.
 */
extern Oid bolt_reference_collation(Oid near_collation, Oid far_collation, bool near_is_referenced);

/* COLLATE schema.name */
extern void bolt_append_collation(StringInfo sql, Oid collation);

extern void bolt_compare_key(const KeyPair *pair, int column, KeyComparison *comparison);

/* The types in which the columns of a key are compared, allocated in CurrentMemoryContext. */
extern Oid *bolt_key_types(const KeyPair *pair);
extern void bolt_fill_key_type(Compiler *compiler, KeyType *key, const KeyPair *pair);
extern void bolt_add_key_params(Statement *statement, const KeyPair *pair);
extern char *bolt_far_key(const KeyPair *pair, int column, int alias, bool cast);
extern char *bolt_far_key_output(const KeyPair *pair, int column, int alias);
extern FetchStatement *bolt_keyed_statement(Compiler *compiler, SelectText *text, const KeyedFrom *from);

/* items.c */
extern void bolt_add_object_items(ItemList *items, const Branch *branch, SelectText *text);
extern void bolt_add_values_items(ItemList *items, SelectText *text);
extern void bolt_add_key_item(ItemList *items, SelectText *text);
extern void bolt_open_behind_key(Compiler *compiler, FetchNode *node);

extern void bolt_check_dates(const QuerySet *queryset, const Operand *operand);
extern void bolt_add_dates_item(ItemList *items, SelectText *text);
extern void bolt_add_expression_item(ItemList *items, const char *name, SelectText *text, const char *sql);

/* combine.c */
extern void bolt_append_combined(StringInfo sql, SelectText *text);

/* compile_scalar.c */
extern void bolt_compile_scalar(Compiler *compiler, const Model *model, const QuerySet *queryset,
								FetchPurpose purpose);
extern void bolt_compile_aggregates(Compiler *compiler, const Model *model, const QuerySet *queryset);

/* compile_write.c */
extern void bolt_compile_write(Compiler *compiler, const Document *document);
/* compile_delete.c */
extern void bolt_compile_delete(Compiler *compiler, const Model *model, const QuerySet *queryset, bool lock);

/* keyset.c */
extern bool bolt_rows_are_values(const QuerySet *queryset);
extern void bolt_add_keyset_order(SelectText *text);
extern void bolt_append_keyset_select(StringInfo sql, Compiler *compiler, FetchNode *node, SelectText *text);

/* compile.c */
extern FetchNode *bolt_new_node(Compiler *compiler, FetchNode *parent, const Branch *branch);
extern FetchGraph *bolt_compile(const Document *document, FetchPurpose purpose);

#endif /* BOLT_COMPILE_H */
