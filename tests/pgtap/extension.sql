-- What the extension installs: where, with whose rights, how volatile.
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN;

SELECT * FROM no_plan();

CREATE TEMP VIEW installed AS
SELECT p.* FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'bolt_orm');

SELECT has_extension('bolt_orm');
SELECT is(extversion, bolt.version(), 'the library is of the version of the extension') FROM pg_extension WHERE extname = 'bolt_orm';
SELECT is(extrelocatable, false, 'not relocatable') FROM pg_extension WHERE extname = 'bolt_orm';
SELECT ok(bool_and(trusted), 'trusted') FROM pg_available_extension_versions WHERE name = 'bolt_orm';

SELECT is_empty($$ SELECT proname FROM installed WHERE pronamespace <> 'bolt'::regnamespace $$, 'all functions are in schema bolt');
SELECT is_empty($$ SELECT c.relname FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
	WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relnamespace <> 'bolt'::regnamespace
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'bolt_orm') $$, 'all tables are');
SELECT is_empty($$ SELECT proname FROM installed WHERE prosecdef $$, 'no function is SECURITY DEFINER');
SELECT is_empty($$ SELECT proname FROM installed WHERE proconfig IS NOT NULL $$, 'none changes settings');
SELECT is_empty($$ SELECT proname FROM installed WHERE NOT has_function_privilege('pg_monitor', oid, 'EXECUTE') AND prorettype <> 'trigger'::regtype $$,
	'everyone may call all but triggers');
SELECT ok(has_schema_privilege('pg_monitor', 'bolt', 'USAGE') AND NOT has_schema_privilege('pg_monitor', 'bolt', 'CREATE'),
	'everyone may use the schema, and create nothing in it');
SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'bolt'::regnamespace AND relkind = 'r'
	AND (NOT has_table_privilege('pg_monitor', oid, 'SELECT') OR has_table_privilege('pg_monitor', oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) $$,
	'everyone may read the registered names, and write none');
SELECT is_empty($$ SELECT proname FROM installed WHERE obj_description(oid, 'pg_proc') IS NULL $$, 'every function has a comment');

SELECT volatility_is('bolt', name, 'stable', name || ' is STABLE') FROM unnest(ARRAY['fetch', 'fetch_json', 'get', 'first', 'last', 'earliest', 'latest',
	'count', 'exists', 'contains', 'in_bulk', 'page', 'sql', 'explain', 'queryset', 'prefetch', 'models', 'relations']) AS n(name);
SELECT volatility_is('bolt', name, 'volatile', name || ' is VOLATILE') FROM unnest(ARRAY['register_model', 'register_relation',
	'register_many_to_many', 'unregister']) AS n(name);

SELECT set_has('SELECT name FROM pg_settings', format('VALUES (%L::text)', name), name || ' is a setting')
FROM unnest(ARRAY['bolt_orm.chunk_size', 'bolt_orm.plan_cache_size', 'bolt_orm.plan_cache_memory', 'bolt_orm.max_depth', 'bolt_orm.max_sql_size', 'bolt_orm.max_operations', 'bolt_orm.bigint_as_string']) AS s(name);
SELECT is_empty($$ SELECT name FROM pg_settings WHERE name LIKE 'bolt\_orm.%' AND (short_desc IS NULL OR extra_desc IS NULL OR category IS NULL) $$,
	'every setting has a short and a long description');
SELECT is_empty($$ SELECT name FROM pg_settings WHERE name LIKE 'bolt\_orm.%' AND context <> 'user'
	AND name NOT IN ('bolt_orm.max_sql_size', 'bolt_orm.max_operations', 'bolt_orm.batch_foreign_keys') $$, 'every user may set them, but for what guards the server');
SELECT is_empty($$ SELECT name FROM pg_settings WHERE name IN ('bolt_orm.max_sql_size', 'bolt_orm.max_operations') AND context <> 'superuser' $$, 'limits are set by superusers');
SELECT throws_ok('SET bolt_orm.chunk_size = 0', '22023', NULL, 'a chunk has rows');
SELECT throws_ok('SET bolt_orm.nosuch = 1', '42602', NULL, 'the prefix is reserved');

SELECT * FROM finish();
ROLLBACK;
