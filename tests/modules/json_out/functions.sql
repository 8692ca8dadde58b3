-- The module's functions, for test.sql and speed.sql, in the schema that is current.
\if :{?module}
\else
\set module '$libdir/bolt_test_json_out'
\endif

CREATE FUNCTION bolt_test_to_json(value anyelement, bigint_as_string boolean DEFAULT false)
RETURNS text LANGUAGE c STABLE STRICT AS :'module';

CREATE FUNCTION bolt_test_limited(value anyelement, most bigint)
RETURNS text LANGUAGE c STABLE STRICT AS :'module';

CREATE FUNCTION bolt_test_leaves_garbage(value anyelement)
RETURNS boolean LANGUAGE c STABLE STRICT AS :'module';

CREATE FUNCTION bolt_test_allocates(value anyelement)
RETURNS boolean LANGUAGE c STABLE STRICT AS :'module';

CREATE FUNCTION bolt_test_buffer(most bigint, more bigint)
RETURNS bigint LANGUAGE c STABLE STRICT AS :'module';

CREATE FUNCTION bolt_test_speed(sample anyarray, rounds integer, OUT ours float8, OUT to_json float8)
LANGUAGE c STABLE STRICT AS :'module';
