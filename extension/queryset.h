/*-------------------------------------------------------------------------
 *
 * queryset.h
 *	  A queryset document, understood as far as its syntax goes.
 *
 * Nothing here has been looked up in the catalogs: paths and names are strings,
 * and each part keeps the JsonValue that it came from, for messages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_QUERYSET_H
#define BOLT_QUERYSET_H

#include "postgres.h"

#include "json_in.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

typedef enum QKind
{
	Q_AND,
	Q_OR,
	Q_XOR,
	Q_NOT,
	Q_CONDITION
} QKind;

typedef struct Expression Expression;
typedef struct QuerySet QuerySet;

/* Django's Q: a condition, or Qs joined by a connector. */
typedef struct Q
{
	QKind kind;
	List *members;			/* of Q *, for connectors and NOT */
	const char *path;		/* condition: "author__name__icontains" */
	JsonValue *value;		/* condition: what it is compared with */
	Expression *expression; /* condition: that value, where it is no literal … */
	List *expressions;		/* … or a list in which not all are */
	QuerySet *exists;		/* Exists */
} Q;

/* One call of filter() or exclude(): its to-many joins are shared. */
typedef struct FilterCall
{
	bool exclude;
	Q *q;
} FilterCall;

/* What the members of an expression's object are, by its capitalised key. */
typedef enum ExpressionKind
{
	EXPRESSION_F,
	EXPRESSION_OUTER_REF,
	EXPRESSION_VALUE,
	EXPRESSION_SUBQUERY,
	EXPRESSION_EXISTS,
	EXPRESSION_CASE,
	EXPRESSION_CALL, /* operands, and perhaps type or kind */
	EXPRESSION_AGGREGATE,
	EXPRESSION_WINDOW
} ExpressionKind;

/* An F, a function of expressions, a value … */
struct Expression
{
	ExpressionKind kind;
	const char *name; /* the capitalised key */
	JsonValue *value;
	const char *path;	   /* F, OuterRef */
	int further_out;	   /* OuterRef: queries between this one and the one meant */
	JsonValue *literal;	   /* Value */
	QuerySet *queryset;	   /* Subquery, Exists */
	List *operands;		   /* of Expression *; Case: each "then" */
	List *whens;		   /* Case: of Q *, each "when" */
	Expression *otherwise; /* default */
	Q *filter;			   /* aggregates */
	bool distinct;
	bool star;			   /* Count("*") */
	List *order_by;		   /* of OrderTerm * */
	List *partition_by;	   /* of Expression * */
	const char *frame;	   /* of a window: SQL, with a blank before; or NULL */
	const char *type;	   /* Cast */
	const char *date_kind; /* Trunc, Extract */
};

/* A call of annotate() or alias() for one name. */
typedef struct AnnotateCall
{
	const char *name;
	Expression *expression;
	bool alias;
	bool after_values; /* in a chain: names of the model are free again */
	JsonValue *value;
} AnnotateCall;

/* The calls whose order matters, in it. */
typedef struct QueryCall
{
	FilterCall *filter; /* one of these three */
	AnnotateCall *annotate;
	List *values; /* of PathTerm *: values() in a chain, whose joins come before later ones */
} QueryCall;

typedef enum NullsOrder
{
	NULLS_DEFAULT_ORDER,
	NULLS_FIRST_ORDER,
	NULLS_LAST_ORDER
} NullsOrder;

typedef struct OrderTerm
{
	const char *path;
	Expression *expression; /* instead of path */
	bool random;			/* "?" */
	bool descending;
	NullsOrder nulls;
	JsonValue *value; /* NULL where no document says it */
} OrderTerm;

/* A name or path, with the place it stands at. */
typedef struct PathTerm
{
	const char *path;
	JsonValue *value;
} PathTerm;

typedef enum ValuesKind
{
	VALUES_NONE,	/* model objects */
	VALUES_OBJECTS, /* values() */
	VALUES_LISTS,	/* values_list() */
	VALUES_FLAT		/* values_list(flat=True) */
} ValuesKind;

typedef struct PrefetchLookup
{
	const char *path;
	const char *to_attr; /* NULL: the lookup's own segment */
	QuerySet *queryset;	 /* NULL: all of them */
	bool recurse;		 /* the same of each object fetched, and so on … */
	int depth;			 /* … so many levels at the most; 0: all */
	JsonValue *value;
} PrefetchLookup;

/* union(), intersection(), difference() with other querysets */
typedef struct CombineCall
{
	const char *method; /* "union" … */
	const char *opname; /* "UNION ALL" … */
	List *querysets;	/* of QuerySet * */
} CombineCall;

/* select_for_update() */
typedef struct Locking
{
	bool nowait;
	bool skip_locked;
	bool no_key;
	List *of; /* of PathTerm *; NIL: all that is selected */
	JsonValue *value;
} Locking;

/* A page by cursor: the rows on one side of a place in the order. */
typedef struct KeysetPage
{
	bool backward;	  /* rows before the place, the nearest first */
	bool from_cursor; /* false: from the order's end on */
	bool inclusive;	  /* a row at the very place is one of them */
	List *values;	  /* of JsonValue *, literals: the place */
} KeysetPage;

struct QuerySet
{
	JsonValue *source;
	JsonValue *model; /* NULL in a prefetch that leaves it out */
	List *calls;	  /* of QueryCall *: filter, exclude, annotate, alias */
	bool ordered;	  /* order_by given, though perhaps empty */
	List *order_by;	  /* of OrderTerm * */
	bool reverse;
	bool distinct;
	List *distinct_on; /* of PathTerm * */
	bool select_related_all;
	List *select_related;	/* of PathTerm * */
	List *prefetch_related; /* of PrefetchLookup * */
	List *only;				/* of PathTerm * */
	List *defer;			/* of PathTerm * */
	ValuesKind values_kind;
	List *values;		  /* of PathTerm *; NIL: all columns */
	bool group_by_values; /* aggregates after values() */
	List *groups;		  /* of PathTerm *: what they group by; NIL: all columns */
	JsonValue *limit;	  /* literals, or NULL */
	JsonValue *offset;
	bool none;
	Expression *dates; /* dates(), datetimes(): a Trunc */
	bool dates_descending;
	List *combined;	  /* of CombineCall *: union() and the like */
	QuerySet *first;  /* in a chain, the queryset that they followed, where it was sliced */
	bool chained;	  /* calls are in the order of a chain */
	Locking *locking; /* select_for_update(), or NULL */

	/* Set by the functions that ask for something else than the objects. */
	int constant_limit;		  /* LIMIT in the statement's text; 0: none */
	int row_limit;			  /* rows looked at, without a LIMIT; 0: all */
	bool order_by_pk;		  /* where nothing else orders it */
	bool page_order;		  /* the same, with a slice of the function's own */
	const char *keyed_by;	  /* rows are members "field's value": object */
	List *aggregates;		  /* of AnnotateCall *: aggregate() */
	bool rows_by_exists;	  /* each object once, whatever filters it */
	bool aggregates_by_row;	  /* aggregates are subqueries of a row, and never joined */
	bool each_once;			  /* distinct, where joins have multiplied the objects */
	const KeysetPage *keyset; /* a page by cursor of it, else NULL */
	bool recognized;		  /* the primary key is among the columns, whatever is shown */
};

/*
 * Everything that a call was given: one queryset, and the literals of all its
 * arguments, which become parameters.
 */
typedef struct Document
{
	QuerySet *queryset;
	const struct WriteStatement *write; /* what writes, or NULL */
	bool bigint_as_string;				/* the setting, when the document was read */
	bool may_lock;						/* a reading function may heed select_for_update */
	int nliterals;
	int literals_size;
	JsonValue **literals; /* literal n stands at [n - 1] */
	StringInfoData shape; /* the arguments without their literals:
								 * equal shapes compile to equal graphs */
} Document;

/*
 * Parses a queryset document.  text must outlive the result, which is allocated
 * in CurrentMemoryContext.
 * Errors: 22023 for what is not a document, 54001 for depth.
 */
extern Document *bolt_document_parse(const char *text, int length);

/* Adds a further call of filter() given as a JSON text of its own. */
extern void bolt_document_add_filter(Document *document, const char *argument, const char *text, int length);

/* Adds a value that is to be a parameter; returns it, marked as a literal. */
extern JsonValue *bolt_document_add_literal(Document *document, JsonValue *value);

/* A value of its own that the calling function compares with: parsed and added. */
extern JsonValue *bolt_document_add_value(Document *document, const char *text, int length);

/* A document without a queryset, for a statement that writes. */
extern Document *bolt_document_of_write(const struct WriteStatement *write);

/* Adds what was parsed of a value to the shape. */
extern void bolt_document_add_value_shape(Document *document, const JsonValue *value);

/* Distinguishes shapes by what the calling function adds to them. */
extern void bolt_document_add_shape(Document *document, const char *text);

/* A slice, as limit and offset say it: literals, or -1 for none. */
extern void bolt_document_set_slice(Document *document, int64 limit, int64 offset);

/* Adds the aggregates of aggregate(), given as a JSON text of its own. */
extern void bolt_document_add_aggregates(Document *document, const char *text, int length);

/* A further call of filter(). */
extern void bolt_add_filter_call(QuerySet *queryset, FilterCall *filter);

/* A condition for FilterCall: path compared with a literal. */
/*
 * The primary key in a path that we make ourselves.  In a document it is "pk", unless
 * a column is called that; this is no name that anybody writes.
 */
#define PRIMARY_KEY_PATH "\001pk"

extern FilterCall *bolt_make_condition(const char *path, JsonValue *literal);

extern OrderTerm *bolt_make_order_term(const char *path, JsonValue *value);

/* The names of the annotations among calls, and whether a path begins with one of them. */
extern struct NameTable *bolt_annotation_names(List *calls);
extern bool bolt_names_annotation(const char *path, const struct NameTable *names);

#endif /* BOLT_QUERYSET_H */
