/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  The one place where PostgreSQL majors differ.
 *
 * Code elsewhere is written against the newest signature; what older servers
 * spell differently is wrapped here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_COMPAT_H
#define BOLT_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000
#error "bolt_orm needs PostgreSQL 15 or newer"
#endif

#include "utils/acl.h"
#include "utils/guc.h"

/* 16: one object_ownercheck for the many pg_*_ownercheck */
#if PG_VERSION_NUM < 160000
#define object_ownercheck(classid, objectid, roleid) pg_class_ownercheck((objectid), (roleid))
#endif

/* 16: one object_aclcheck for the many pg_*_aclcheck; only used for schemas */
#if PG_VERSION_NUM < 160000
#define object_aclcheck(classid, objectid, roleid, mode) pg_namespace_aclcheck((objectid), (roleid), (mode))
#endif

/* 18: constraints may be NOT ENFORCED, FKs may have a PERIOD */
#if PG_VERSION_NUM >= 180000
#define constraint_is_enforced(form) ((form)->conenforced)
#define constraint_is_temporal(form) ((form)->conperiod)
#else
#define constraint_is_enforced(form) (true)
#define constraint_is_temporal(form) (false)
#endif

/* 18: NOT NULL constraints stand in pg_constraint, and may be NOT VALID */
#define BOLT_NOT_NULL_MAY_BE_INVALID (PG_VERSION_NUM >= 180000)

/* 18: the mark of a function that does not return comes before, not behind */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 17: a search path to compare with is a matcher, no longer an override */
#if PG_VERSION_NUM < 170000
#define SearchPathMatcher OverrideSearchPath
#define GetSearchPathMatcher(context) GetOverrideSearchPath(context)
#endif

/* 17: what index_insert keeps for further rows is given back by a call */
#if PG_VERSION_NUM >= 170000
#define bolt_index_insert_cleanup(index, info) index_insert_cleanup((index), (info))
#else
#define bolt_index_insert_cleanup(index, info) ((void) 0)
#endif

/* 18: explain's header in two; 17: one more argument to ExplainOnePlan */
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#if PG_VERSION_NUM >= 170000
#define bolt_explain_one_plan(plan, state, sql, params) \
	ExplainOnePlan((plan), NULL, (state), (sql), (params), NULL, NULL, NULL, NULL)
#else
#define bolt_explain_one_plan(plan, state, sql, params) \
	ExplainOnePlan((plan), NULL, (state), (sql), (params), NULL, NULL, NULL)
#endif

/* 18: ExecutorRun needs not be told whether it is run once */
#if PG_VERSION_NUM >= 180000
#define bolt_executor_run(query, count) ExecutorRun((query), ForwardScanDirection, (count))
#else
#define bolt_executor_run(query, count) ExecutorRun((query), ForwardScanDirection, (count), false)
#endif

/* 16: rights stand in a list of their own, no longer in the range table entries */
#include "executor/executor.h"
#if PG_VERSION_NUM >= 160000
#define bolt_exec_check_permissions(query) \
	((void) ExecCheckPermissions((query)->rtable, (query)->rteperminfos, true))
#else
#define bolt_exec_check_permissions(query) ((void) ExecCheckRTPerms((query)->rtable, true))
#endif

/* 16: a type's name can be parsed with errors reported softly */
#if PG_VERSION_NUM >= 160000
#define bolt_parse_type_name(name) typeStringToTypeName((name), NULL)
#else
#define bolt_parse_type_name(name) typeStringToTypeName(name)
#endif

/* 18: in a query with GROUP BY, what it groups by stands in a range table entry */
#if PG_VERSION_NUM >= 180000
#define bolt_ungrouped_expression(query, expression) \
	((query)->hasGroupRTE ? flatten_group_exprs(NULL, (query), (expression)) : (expression))
#else
#define bolt_ungrouped_expression(query, expression) (expression)
#endif

#endif /* BOLT_COMPAT_H */
