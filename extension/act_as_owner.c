/*-------------------------------------------------------------------------
 *
 * act_as_owner.c
 *	  Acting with the rights of a table's owner, as PostgreSQL's own referential actions do.
 *
 * What is done to the rows of a table because others are deleted is its owner's
 * doing: its triggers, defaults, policies and the functions of a view are the owner's
 * code, and must not run with the rights of whoever calls bolt.delete.  The caller needs no
 * privilege on the table either.  Within, the user cannot be changed by SET ROLE, and the
 * owner's own row security does not apply, FORCE or not, just as in ri_triggers.c.
 * What ri_triggers.c does not do: his code can leave nothing behind in the session of whoever
 * deletes, unless he owns what is deleted, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "act_as_owner.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/syscache.h"

Oid
bolt_table_owner(Oid table)
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

void
bolt_act_as_owner(Oid table, Identity *before)
{
	Oid owner = bolt_table_owner(table);

	GetUserIdAndSecContext(&before->role, &before->security_context);
	before->settings = 0;
	SetUserIdAndSecContext(owner,
						   before->security_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
}

void
bolt_act_as_restricted_owner(Oid table, Identity *before)
{
	Oid role;
	int context;

	bolt_act_as_owner(table, before);
	GetUserIdAndSecContext(&role, &context);
	SetUserIdAndSecContext(role, context | SECURITY_RESTRICTED_OPERATION);
	before->settings = NewGUCNestLevel();
}

void
bolt_end_restricted(const Identity *before)
{
	if (before->settings > 0)
		AtEOXact_GUC(false, before->settings);
	bolt_act_as_before(before);
}

void
bolt_act_as_before(const Identity *before)
{
	SetUserIdAndSecContext(before->role, before->security_context);
}
