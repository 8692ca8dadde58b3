/*-------------------------------------------------------------------------
 *
 * check.h
 *	  What the files of bolt.check share: tables with their indexes and sizes,
 *	  and a document's querysets as the rules look at them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_CHECK_H
#define BOLT_CHECK_H

#include "postgres.h"

#include "compile.h"
#include "nodes/bitmapset.h"

/* ----------
 * Tables
 * ----------
 */

/* What is known of the columns that a statement looks for. */
typedef struct KnownColumns
{
	Bitmapset *equal; /* by equality with one value */
	Bitmapset *named; /* in any condition */
} KnownColumns;

/* check_tables.c */
extern bool bolt_check_key_indexed(const Model *model, int n, const AttrNumber *columns);
extern bool bolt_check_unique(const Model *model, const Bitmapset *columns);
extern bool bolt_check_lookup_indexed(const Model *model, const Field *field, const LookupNeed *need,
									  const KnownColumns *known);
extern bool bolt_check_order_indexed(const Model *model, const Field *field, bool descending,
									 NullsOrder nulls, const KnownColumns *known);
extern double bolt_check_rows(const Model *model);
extern double bolt_check_distinct_values(const Model *model, const Field *field);
extern int bolt_check_average_width(const Model *model, const Field *field);
extern bool bolt_check_never_analyzed(const Model *model);

/* ----------
 * Querysets
 * ----------
 */

/* A condition of a filter whose truth an index might find. */
typedef struct CheckedCondition
{
	const Q *q;
	const FieldPath *path;
	const JoinedTable *table; /* where its columns are */
	int nfields;
	const Field *fields[INDEX_MAX_KEYS];
	LookupNeed need;
	bool positive; /* it does not stand under a negation */
	bool required; /* every row meets it */
	bool constant; /* what it is compared with does not change from row to row */
} CheckedCondition;

/* A relation that a path of the queryset goes along. */
typedef struct FollowedRelation
{
	const char *path;
	const ModelRelation *relation;
} FollowedRelation;

/* The document's queryset, or one that it prefetches. */
typedef struct CheckedQueryset
{
	const char *path; /* "comments__author"; "" for the root */
	const Branch *branch;
	const Model *model;
	const QuerySet *queryset; /* NULL: all objects */
	SelectText text;		  /* for its joins and its order; not to be run */
	List *conditions;		  /* of CheckedCondition * */
	List *followed;			  /* of FollowedRelation *: by conditions, order, values … */
	bool root;
	bool to_many;		  /* a prefetch of many objects a parent */
	bool served;		  /* an index finds the rows that its filters let through */
	double expected_rows; /* root: the planner's guess, limit included */
} CheckedQueryset;

/* check_queryset.c */
extern List *bolt_check_querysets(const Document *document, double expected_rows);
extern KnownColumns bolt_check_known_columns(const CheckedQueryset *checked, const JoinedTable *table);
extern const JoinedTable *bolt_check_base(const CheckedQueryset *checked);
extern const JoinedTable *bolt_check_unindexed_join(const CheckedQueryset *checked, const JoinedTable *table);
extern bool bolt_check_or_across_tables(const CheckedQueryset *checked);
extern bool bolt_check_condition_indexed(const CheckedQueryset *checked, const CheckedCondition *condition);

/* ----------
 * Rules
 * ----------
 */
typedef struct CheckFinding
{
	const char *level;
	const char *code;
	char *message;
	char *hint;
} CheckFinding;

/* check_rules.c */
extern List *bolt_check_run_rules(List *querysets);

#endif /* BOLT_CHECK_H */
