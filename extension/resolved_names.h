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

/*
 * The relation that a name means: as SQL resolves it, else as Django's label
 * "app.Model", the table app_model.  InvalidOid where there is none, also
 * where the name is no name at all.  Error 42501 for a schema that the caller may not use.
 */
extern Oid bolt_resolve_name(const char *name);

/* For the syscache callbacks: some relation of that hash value, or any with
 * 0; some schema. */
extern void bolt_resolved_names_relation_changed(uint32 hashvalue);
extern void bolt_resolved_names_schema_changed(void);

extern bool bolt_resolved_names_stale(void);

/*
 * Whether every name that was ever resolved still means the same table under
 * the search path that it was resolved with.  Those that do not are forgotten.
 */
extern bool bolt_resolved_names_hold(void);

#endif /* BOLT_RESOLVED_NAMES_H */
