/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The bolt_orm.* settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOLT_SETTINGS_H
#define BOLT_SETTINGS_H

extern int bolt_chunk_size;			 /* root objects fetched at a time */
extern int bolt_plan_cache_size;	 /* compiled graphs kept a backend */
extern int bolt_plan_cache_memory;	 /* kB that these may take, with their plans */
extern int bolt_max_depth;			 /* JSON levels of a document */
extern int bolt_max_sql_size;		 /* bytes of a statement's text */
extern int bolt_max_operations;		 /* of one bolt.run */
extern bool bolt_bigint_as_string;	 /* int8 and numeric as strings */
extern bool bolt_batch_foreign_keys; /* checked for many rows at once */

#endif /* BOLT_SETTINGS_H */
