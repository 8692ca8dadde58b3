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
#define object_ownercheck(classid, objectid, roleid) \
	pg_class_ownercheck((objectid), (roleid))
#endif

#endif							/* BOLT_COMPAT_H */
