/*-------------------------------------------------------------------------
 *
 * resolved_names.h
 *	  Which table an SQL name means, and whether it still does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_RESOLVED_NAMES_H
#define BOLT_RESOLVED_NAMES_H

#include "postgres.h"

#include "nodes/pg_list.h"

/*
 * The relation that a name means: per schema of the search path a table, then a
 * registered name; or either with its schema; or Django's label "app.Model", which
 * is the table app_model.  InvalidOid where there is none, also where the name
 * is no name at all.  Error 42501 for a schema that the caller may not use.
 */
extern Oid bolt_resolve_name(const char *name);

/* The same for messages and lists: raises nothing, and nothing is remembered. */
extern Oid bolt_meaning_of_name(const char *name);

/* The table that an unqualified name (not quoted) means by search_path, or InvalidOid. */
extern Oid bolt_visible_table(const char *table);

/* Whether the owner of a table may give it a registered name in that schema. */
extern bool bolt_may_name_in_schema(Oid owner, Oid schema);

/* For the syscache callbacks: some relation of that hash value, or any with
 * 0; some schema. */
extern void bolt_resolved_names_relation_changed(uint32 hashvalue);
extern void bolt_resolved_names_schema_changed(void);

/* For the relcache callback: a table that may have an alias. */
extern void bolt_resolved_names_table_changed(Oid relid);
/* The schemas that an unqualified name is looked up in, in order. */
extern List *bolt_searched_schemas(void);

extern bool bolt_resolved_names_stale(void);

/*
 * Whether every name that was ever resolved still means the same table under
 * the search path that it was resolved with.  Those that do not are forgotten.
 */
extern bool bolt_resolved_names_hold(void);

#endif /* BOLT_RESOLVED_NAMES_H */
