-- Nanoseconds a value: the writers of bolt_orm against to_json, without the cost of a query.
-- Ours goes on in one buffer; to_json makes a text of its own for each value, which is what
-- a caller of it pays.
\set QUIET on
BEGIN;
CREATE SCHEMA bolt_speed;
SET LOCAL search_path = bolt_speed, public;
\ir functions.sql
\set QUIET off

\pset format aligned
SELECT setseed(0.5);
CREATE TABLE sample AS
SELECT i,
	(random() * 2e9 - 1e9)::int4 AS integer,
	((random() - 0.5) * 1e18)::int8 AS bigint,
	random() < 0.5 AS boolean,
	random() * 1000 AS float8,
	(random() * 100000)::numeric(12, 2) AS numeric,
	left(md5(i::text), 5 + i % 25) AS short_text,
	repeat('a sentence that goes on in words, ', 30) AS text_1000,
	repeat(E'a line that ends here\n', 45) AS text_lines,
	gen_random_uuid() AS uuid,
	date '2020-01-01' + (random() * 2000)::int AS date,
	time '00:00' + random() * interval '1 day' AS time,
	timestamp '2020-01-01' + random() * interval '2000 days' AS timestamp,
	timestamptz '2020-01-01' + random() * interval '2000 days' AS timestamptz,
	decode(md5(i::text), 'hex') AS bytea,
	jsonb_build_object('id', i, 'tags', array['one', 'two'], 'name', md5(i::text)) AS jsonb
FROM generate_series(1, 2000) i;
CREATE TYPE pair AS (id bigint, name text);

SET LOCAL timezone = 'Europe/Dublin';
WITH measured AS (
	SELECT 'integer' AS type, s.* FROM (SELECT array_agg(integer) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'bigint', s.* FROM (SELECT array_agg(bigint) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'boolean', s.* FROM (SELECT array_agg(boolean) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'float8', s.* FROM (SELECT array_agg(float8) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'numeric(12,2)', s.* FROM (SELECT array_agg(numeric) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'text, 5 to 29 bytes', s.* FROM (SELECT array_agg(short_text) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'text, 1 kB', s.* FROM (SELECT array_agg(text_1000) a FROM sample) x, bolt_test_speed(a, 50) s
	UNION ALL SELECT 'text, 1 kB in lines', s.* FROM (SELECT array_agg(text_lines) a FROM sample) x, bolt_test_speed(a, 50) s
	UNION ALL SELECT 'uuid', s.* FROM (SELECT array_agg(uuid) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'date', s.* FROM (SELECT array_agg(date) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'time', s.* FROM (SELECT array_agg(time) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'timestamp', s.* FROM (SELECT array_agg(timestamp) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'timestamptz', s.* FROM (SELECT array_agg(timestamptz) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'bytea, 16 bytes', s.* FROM (SELECT array_agg(bytea) a FROM sample) x, bolt_test_speed(a, 250) s
	UNION ALL SELECT 'jsonb', s.* FROM (SELECT array_agg(jsonb) a FROM sample) x, bolt_test_speed(a, 100) s
	UNION ALL SELECT 'composite (bigint, text)', s.* FROM (SELECT array_agg((bigint, short_text)::pair) a FROM sample) x, bolt_test_speed(a, 100) s
)
SELECT type, round(ours::numeric, 1) AS ours, round(to_json::numeric, 1) AS to_json,
	round((to_json / ours)::numeric, 1) AS times
FROM measured;
ROLLBACK;
