-- The JSON writers write what to_json writes, byte for byte, for every type. TAP.
-- Everything is rolled back. See the Makefile on how to run it.
\set QUIET on
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\pset format unaligned
\pset tuples_only on
\pset pager off
SET client_min_messages = warning;

BEGIN;
CREATE SCHEMA bolt_test;
SET LOCAL search_path = bolt_test, public;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS ltree;
\ir functions.sql

SELECT * FROM no_plan();

-- One test: every value of a query (its one column "v") is written as to_json writes it,
-- and with bigint_as_string too where that changes nothing ("plain").
CREATE FUNCTION same(query text, behaviour text, plain boolean DEFAULT true) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	values_seen bigint;
	difference text;
BEGIN
	EXECUTE format('SELECT count(v) FROM (%s) q', query) INTO values_seen;
	EXECUTE format('SELECT format(%L, to_json(v), bolt_test_to_json(v), bolt_test_to_json(v, true))
		FROM (%s) q
		WHERE bolt_test_to_json(v) IS DISTINCT FROM to_json(v)::text
			OR %L AND bolt_test_to_json(v, true) IS DISTINCT FROM to_json(v)::text LIMIT 1',
		E'to_json: %s\n   ours: %s\nstrings: %s', query, plain) INTO difference;
	RETURN ok(difference IS NULL AND values_seen > 0, behaviour || ' (' || values_seen || ')')
		|| coalesce(E'\n' || diag(difference), '')
		|| CASE WHEN values_seen = 0 THEN E'\n' || diag('no values') ELSE '' END;
END $$;

-- One test: a query of one boolean a row is true in all of them.
CREATE FUNCTION every(query text, behaviour text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	holds boolean;
BEGIN
	EXECUTE format('SELECT bool_and(v) FROM (%s) q(v)', query) INTO holds;
	RETURN ok(coalesce(holds, false), behaviour);
END $$;

SELECT setseed(0.25);

-- booleans and integers

SELECT same('SELECT v FROM (VALUES (true), (false), (NULL)) x(v)', 'boolean');
SELECT same('SELECT i::int2 AS v FROM generate_series(-32768, 32767) i', 'smallint, all there are');
SELECT same($$SELECT v FROM unnest(ARRAY[0, 1, -1, 2147483647, -2147483648]) v
	UNION ALL SELECT s * (power(10, e)::int8 + d)::int4 FROM generate_series(0, 9) e, generate_series(-1, 1) d, unnest('{-1,1}'::int[]) s
	UNION ALL SELECT ((random() - 0.5) * power(2, 1 + i % 31))::int4 FROM generate_series(1, 10000) i$$, 'integer');
CREATE TEMP VIEW bigints AS SELECT v FROM unnest('{0,1,-1,9223372036854775807,-9223372036854775808}'::int8[]) v
	UNION ALL SELECT s * (('1' || repeat('0', e))::int8 + d) FROM generate_series(0, 18) e, generate_series(-1, 1) d, unnest('{-1,1}'::int8[]) s
	UNION ALL SELECT ((random() - 0.5) * power(2, 1 + i % 63))::int8 FROM generate_series(1, 10000) i;
SELECT same('SELECT v FROM bigints', 'bigint', false);
SELECT same($$SELECT v::oid FROM unnest('{0,1,9,10,4294967295,2147483648}'::oid[]) v$$, 'oid is a string');
SELECT same($$SELECT v FROM unnest('{0,1,4294967295}'::xid[]) v$$, 'xid');
SELECT same($$SELECT '(0,1)'::tid AS v$$, 'tid');
SELECT same($$SELECT 'pg_class'::regclass AS v UNION ALL SELECT '1'::regclass$$, 'regclass');

-- floats and numeric

CREATE TEMP VIEW doubles AS SELECT v FROM unnest('{0,-0,1,-1,0.1,1e15,1e16,1e17,123456789012345680,1e-4,1e-5,1e-7,NaN,Infinity,-Infinity,1.7976931348623157e308,-2.2250738585072014e-308,5e-324,-4.940656458412465e-324,1e22,1e23,1e100,0.3,100,12345.678}'::float8[]) v
	UNION ALL SELECT (random() - 0.5) * power(10.0, -300 + i % 600)::float8 FROM generate_series(1, 5000) i
	UNION ALL SELECT (random() * 1e6)::int / 100.0::float8 FROM generate_series(1, 2000) i;
CREATE TEMP VIEW reals AS SELECT v::float4 FROM doubles WHERE v = 0 OR abs(v) BETWEEN 1e-37 AND 3e38 OR v = 'NaN' OR abs(v) = 'Infinity'
	UNION ALL SELECT v FROM unnest('{1e-45,3.4028235e38,-1.1754944e-38}'::float4[]) v;
SELECT same('SELECT v FROM doubles', 'double precision');
SELECT same('SELECT v FROM reals', 'real');
SET LOCAL extra_float_digits = 0;
SELECT same('SELECT v FROM doubles', 'double precision, extra_float_digits 0');
SELECT same('SELECT v FROM reals', 'real, extra_float_digits 0');
SET LOCAL extra_float_digits = -15;
SELECT same('SELECT v FROM doubles', 'double precision, extra_float_digits -15');
SELECT same('SELECT v FROM reals', 'real, extra_float_digits -15');
SET LOCAL extra_float_digits = 3;
SELECT same('SELECT v FROM doubles', 'double precision, extra_float_digits 3');
RESET extra_float_digits;

CREATE TEMP VIEW numerics AS SELECT v FROM unnest('{0,0.0,-0.00,1,-1,0.1,-0.1,0.00001,10000,100000000,99999999.9999,NaN,Infinity,-Infinity,1.50,1e30,1e-30,123456789012345678901234567890.123456789}'::numeric[]) v
	UNION ALL SELECT repeat('9', 1000)::numeric UNION ALL SELECT ('0.' || repeat('0', 1000) || '1')::numeric
	UNION ALL SELECT ((random() - 0.5) * power(10, i % 20))::numeric(30, 4) FROM generate_series(1, 5000) i;
SELECT same('SELECT v FROM numerics', 'numeric', false);
SELECT every($$SELECT bolt_test_to_json(v, true) = '"' || v || '"' FROM numerics$$, 'numeric as a string');
SELECT every($$SELECT bolt_test_to_json(v, true) = '"' || v || '"' FROM bigints$$, 'bigint as a string');

-- strings

CREATE TEMP TABLE strings AS
	-- every character of one byte at every place of a word, alone and among others
	SELECT repeat('x', place) || chr(c) || repeat('y', rest) AS v
	FROM generate_series(1, 127) c, generate_series(0, 16) place, unnest('{0,1,7,8,20}'::int[]) rest
	UNION ALL
	SELECT repeat('x', place) || c || repeat('y', rest)
	FROM unnest(ARRAY['ä', '€', '😀', chr(160), chr(8232), 'ÿ', 'ß"ß', '\ü']) c, generate_series(0, 16) place, unnest('{0,1,7,8,20}'::int[]) rest
	UNION ALL
	SELECT repeat('a', n) FROM generate_series(0, 40) n
	UNION ALL
	SELECT repeat(c, n) FROM generate_series(0, 40) n, unnest(ARRAY['"', '\', E'\n', E'\u0001', 'é', '日', '😀']) c
	UNION ALL
	-- random ones, half of them dense with escapes
	SELECT string_agg(CASE WHEN random() < dense THEN substr(E'"\\\b\f\n\r\t\u0001\u001f\u007f/', 1 + (random() * 10)::int, 1)
		ELSE chr((32 + random() * 500)::int) END, '')
	FROM generate_series(1, 4000) i, LATERAL (SELECT CASE WHEN i % 2 = 0 THEN 0.02 ELSE 0.5 END AS dense) d, generate_series(1, i % 60)
	GROUP BY i;
SELECT same('SELECT v FROM strings', 'text');
SELECT same('SELECT v::varchar FROM strings', 'varchar');
SELECT same('SELECT v::char(30) AS v FROM strings', 'char(30), its blanks kept');
SELECT same('SELECT v::name FROM strings', 'name');
SELECT same('SELECT i::"char" AS v FROM generate_series(-128, 127) i', '"char", all there are');
SELECT same('SELECT v::citext AS v FROM strings', 'citext');

CREATE TEMP TABLE long_strings (v text);
ALTER TABLE long_strings ALTER v SET STORAGE EXTERNAL;
INSERT INTO long_strings
	SELECT (SELECT string_agg(md5(i::text || j), E'"\n') FROM generate_series(1, 3000) j) FROM generate_series(1, 3) i
	UNION ALL SELECT repeat('x', 100000) UNION ALL SELECT repeat(E'\u0001', 100000);
CREATE TEMP TABLE compressed_strings AS SELECT v FROM long_strings UNION ALL SELECT repeat('abc"', 25000);
SELECT every('SELECT bool_or(pg_column_size(v) < octet_length(v)) FROM compressed_strings', 'some text is compressed');
SELECT same('SELECT v FROM long_strings', 'text of 100 kB, out of line');
SELECT same('SELECT v FROM compressed_strings', 'text of 100 kB, compressed');
SELECT same('SELECT v::bytea FROM (SELECT convert_to(v, ''UTF8'') AS v FROM long_strings) x', 'bytea of 100 kB');

-- bytes, uuid and the rest of the server's types

CREATE TEMP TABLE bytes AS SELECT '\x'::bytea AS v
	UNION ALL SELECT decode(string_agg(lpad(to_hex((random() * 255)::int), 2, '0'), ''), 'hex')
	FROM generate_series(1, 500) i, generate_series(1, 1 + i % 40) GROUP BY i;
SELECT same('SELECT v FROM bytes', 'bytea in hex');
SET LOCAL bytea_output = escape;
SELECT same('SELECT v FROM bytes', 'bytea escaped');
RESET bytea_output;
SELECT same('SELECT gen_random_uuid() AS v FROM generate_series(1, 1) UNION ALL SELECT md5(i::text)::uuid FROM generate_series(1, 2000) i', 'uuid');
SELECT same($$SELECT v::inet FROM unnest('{192.168.0.1,10.0.0.0/8,::1,fe80::/10}'::text[]) v$$, 'inet');
SELECT same($$SELECT '10.0.0.0/8'::cidr AS v$$, 'cidr');
SELECT same($$SELECT '08:00:2b:01:02:03'::macaddr AS v$$, 'macaddr');
SELECT same($$SELECT v::numeric::money AS v FROM numerics WHERE abs(v) < 1e12$$, 'money');
SELECT same($$SELECT B'10110'::bit(5) AS v$$, 'bit');
SELECT same($$SELECT B'10110'::varbit AS v$$, 'bit varying');
SELECT same($$SELECT '(1.5,-2)'::point AS v$$, 'point');
SELECT same($$SELECT '((0,0),(1,1))'::box AS v$$, 'box');
SELECT same($$SELECT '<a b="c">d</a>'::xml AS v$$, 'xml');
SELECT same($$SELECT to_tsvector('simple', 'a "quoted" word''s \ backslash') AS v$$, 'tsvector');
SELECT same($$SELECT to_tsquery('simple', 'a & b') AS v$$, 'tsquery');
SELECT same($$SELECT '0/1'::pg_lsn AS v$$, 'pg_lsn');
SELECT same($$SELECT '$.a[*] ? (@ > 1)'::jsonpath AS v$$, 'jsonpath');
SELECT same($$SELECT 'a.b'::ltree AS v$$, 'ltree, without a cast to json');

-- dates and times

SELECT same($$SELECT date '0001-01-01' + i AS v FROM generate_series(0, date '9999-12-31' - date '0001-01-01') i$$,
	'date, every day of the years 1 to 9999');
SELECT same($$SELECT v::date FROM unnest('{infinity,-infinity,4713-01-01 BC,0001-12-31 BC,0001-01-01,9999-12-31,10000-01-01,294276-12-31,5874897-12-31,0044-03-15 BC}'::text[]) v$$,
	'date, infinite, BC and past 9999');
CREATE TEMP VIEW fractions AS SELECT v FROM unnest('{0,1,10,100,1000,10000,100000,120000,123000,123400,123450,123456,999999,5,50,909090}'::int[]) v;
CREATE TEMP VIEW times AS SELECT (s * interval '1 second' + v * interval '1 microsecond') AS v
	FROM fractions, unnest('{0,1,59,60,61,3599,3600,43199,43200,86399}'::int[]) s;
SELECT same($$SELECT time '00:00' + v AS v FROM times UNION ALL SELECT time '24:00' UNION ALL SELECT time '00:00' + random() * interval '1 day' FROM generate_series(1, 2000)$$, 'time');
SELECT same($$SELECT v::timetz AS v FROM unnest('{00:00+00,23:59:59.5-05:30,24:00+15:59,12:00:00.000001-00:43:08}'::text[]) v$$, 'timetz');

CREATE TEMP TABLE timestamps AS
	SELECT timestamp '2024-02-29' + v AS v FROM times
	UNION ALL SELECT timestamp '1969-12-31' + v FROM times
	UNION ALL SELECT timestamp '1883-11-18' + v FROM times
	UNION ALL SELECT timestamp '0001-01-01' + v FROM times
	UNION ALL SELECT timestamp '9999-12-31' + v FROM times
	UNION ALL SELECT timestamp '0001-01-01 BC' + v FROM times
	UNION ALL SELECT timestamp '9999-12-23 00:00' + i * interval '1 hour' FROM generate_series(0, 400) i
	UNION ALL SELECT timestamp '0001-12-23 00:00 BC' + i * interval '1 hour' FROM generate_series(0, 600) i
	UNION ALL SELECT timestamp '2000-01-01' + i * interval '1 microsecond' FROM generate_series(-1100, 1100, 11) i
	UNION ALL SELECT timestamp '0001-01-01' + random() * interval '9999 years' FROM generate_series(1, 5000)
	UNION ALL SELECT timestamp '1800-01-01' + random() * interval '300 years' FROM generate_series(1, 5000)
	UNION ALL SELECT timestamp '1970-01-01' + random() * interval '60 years' FROM generate_series(1, 10000)
	UNION ALL SELECT date_trunc('second', timestamp '1970-01-01' + random() * interval '60 years') FROM generate_series(1, 3000)
	UNION ALL SELECT v::timestamp FROM unnest('{infinity,-infinity,4713-01-01 BC,0044-03-15 12:00 BC,10000-01-01,294276-12-31 23:59:59.999999,9999-12-31 23:59:59.999999,0001-01-01}'::text[]) v;
SELECT same('SELECT v FROM timestamps', 'timestamp');

SET LOCAL DateStyle = 'German';
SELECT same('SELECT v::date FROM timestamps', 'date, DateStyle German');
SELECT same('SELECT v FROM timestamps', 'timestamp, DateStyle German');
SELECT same($$SELECT time '00:00' + v AS v FROM times$$, 'time, DateStyle German');
SELECT same($$SELECT v::timetz AS v FROM unnest('{00:00+00,23:59:59.5-05:30}'::text[]) v$$, 'timetz, DateStyle German');
SELECT same($$SELECT tsrange(v, NULL) AS v FROM timestamps$$, 'tsrange, DateStyle German');
SET LOCAL DateStyle = 'SQL, DMY';
SELECT same('SELECT v::timestamptz AS v FROM timestamps WHERE v <> ''4713-01-01 BC''', 'timestamptz, DateStyle SQL, DMY');
RESET DateStyle;
CREATE TEMP VIEW intervals AS SELECT v::interval FROM unnest('{0,1 year 2 mons -3 days 04:05:06.7,-1 day,1000000 hours}'::text[]) v;
SELECT same('SELECT v FROM intervals', 'interval');
SET LOCAL IntervalStyle = iso_8601;
SELECT same('SELECT v FROM intervals', 'interval, IntervalStyle iso_8601');
RESET IntervalStyle;

-- timestamptz: in every zone the server knows, around each of its changes (found by bisection
-- where offsets differ from one month to the next), and at random

CREATE TEMP TABLE instants AS
	SELECT v AT TIME ZONE 'UTC' AS v FROM timestamps
	WHERE v BETWEEN '4000-01-01 BC' AND '200000-01-01' OR NOT isfinite(v);

CREATE FUNCTION in_zone(zone text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	difference text;
BEGIN
	PERFORM set_config('TimeZone', zone, true);
	EXECUTE format('SELECT format(%L, to_json(v), bolt_test_to_json(v)) FROM (%s) q
		WHERE bolt_test_to_json(v) IS DISTINCT FROM to_json(v)::text LIMIT 1',
		zone || ': to_json: %s, ours: %s', query) INTO difference;
	PERFORM set_config('TimeZone', 'UTC', true);
	RETURN difference;
END $$;

SELECT is((SELECT string_agg(in_zone(zone, 'SELECT v FROM instants'), E'\n') FROM unnest(ARRAY[
	'UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Dublin', 'Africa/Monrovia', 'Europe/Amsterdam', 'Africa/Casablanca',
	'Africa/Cairo', 'Asia/Manila', 'America/Juneau', 'Pacific/Apia', 'Pacific/Kiritimati', 'Australia/Lord_Howe', 'Antarctica/Troll',
	'America/Sao_Paulo', 'Asia/Tehran', 'Asia/Kathmandu', 'Europe/Moscow', 'Etc/GMT+12', 'Etc/GMT-14', '-03:30', '+05:45',
	'EST5EDT', 'FOO-160BAR', 'FOO+167', '<+0315>-3:15', 'PST8PDT,M3.2.0,M11.1.0', 'FOO-3BAR,M1.1.0,J20']) zone), NULL,
	'timestamptz, instants of all times in many zones');

CREATE FUNCTION zone_offset(zone text, epoch bigint) RETURNS bigint LANGUAGE sql AS $$
	SELECT extract(epoch FROM to_timestamp(epoch) AT TIME ZONE zone)::bigint - epoch
$$;

-- Where a zone's offset changes, found by bisection between instants eleven days apart.
CREATE FUNCTION changes(zone text, first date, last date) RETURNS SETOF timestamptz LANGUAGE plpgsql AS $$
DECLARE
	step constant bigint := 11 * 86400;
	start bigint;
	low bigint;
	high bigint;
	middle bigint;
BEGIN
	FOR start IN SELECT generate_series(extract(epoch FROM first)::bigint, extract(epoch FROM last)::bigint, step) LOOP
		low := start;
		high := start + step;
		CONTINUE WHEN zone_offset(zone, low) = zone_offset(zone, high);
		WHILE high - low > 1 LOOP
			middle := (low + high) / 2;
			IF zone_offset(zone, middle) = zone_offset(zone, low) THEN
				low := middle;
			ELSE
				high := middle;
			END IF;
		END LOOP;
		RETURN NEXT to_timestamp(high);
	END LOOP;
END $$;

SELECT is((SELECT string_agg(in_zone(zone, format(
	'SELECT c + d AS v FROM changes(%L, %L, %L) c,
		unnest(''{-1 month,-11 days,-1 day,-1 hour,-1 second,-1 microsecond,0,1 microsecond,1 second,1 hour,1 day,11 days,1 month}''::interval[]) d',
	zone, first, last)), E'\n')
	FROM (VALUES ('America/New_York', date '1880-01-01', date '2045-01-01'), ('Europe/Dublin', '1880-01-01', '2045-01-01'),
		('Africa/Monrovia', '1870-01-01', '1980-01-01'), ('Asia/Kolkata', '1850-01-01', '1950-01-01'),
		('Africa/Casablanca', '1900-01-01', '2095-01-01'), ('Europe/Amsterdam', '1830-01-01', '1960-01-01'),
		('Pacific/Apia', '1890-01-01', '2025-01-01'), ('Africa/Cairo', '2005-01-01', '2045-01-01'),
		('America/Juneau', '1860-01-01', '1990-01-01'), ('Asia/Manila', '1840-01-01', '1995-01-01'),
		('Europe/London', '2030-01-01', '2045-01-01'), ('Europe/London', '2430-01-01', '2445-01-01'),
		('Australia/Lord_Howe', '1980-01-01', '2045-01-01'), ('FOO-3BAR,M1.1.0,J20', '2020-01-01', '2045-01-01')) z(zone, first, last)),
	NULL, 'timestamptz, around every change of zones');

CREATE FUNCTION every_zone() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(in_zone(name, 'SELECT v FROM some_instants'), E'\n') FROM pg_timezone_names
	WHERE name !~ '^(posix|right)/' AND name <> 'localtime'
$$;
CREATE TEMP TABLE some_instants AS SELECT v FROM instants ORDER BY hashtext(v::text) LIMIT 1500;
SELECT is(every_zone(), NULL, 'timestamptz, in every zone of the server');

SELECT is((SELECT string_agg(bolt_test_to_json(v) || set_config('TimeZone', zone, true), ' ')
	FROM (VALUES (timestamptz '2024-07-01 12:00+00', 'Europe/Dublin'), ('2024-07-01 12:00+00', 'Asia/Kolkata'), ('2024-07-01 12:00+00', 'UTC')) z(v, zone)),
	'"2024-07-01T12:00:00+00:00"Europe/Dublin "2024-07-01T13:00:00+01:00"Asia/Kolkata "2024-07-01T17:30:00+05:30"UTC',
	'timestamptz, the zone changing from row to row');

-- json and jsonb

SELECT same($$SELECT v::json FROM unnest(ARRAY['{"b" :1,  "a":[1,2 ,3], "b":2}', ' 12345678901234567890.10 ', '"\u00e4\n"', 'null', '[]']) v$$, 'json, kept byte for byte');
SELECT same($$SELECT v::jsonb FROM unnest(ARRAY['{"b" :1,  "a":[1,2 ,3], "b":2}', '12345678901234567890.10', '"\u00e4\n\"\\"', 'null', 'true', 'false', '[]', '{}',
	'[[],[[]],{},{"a":{}},[{"b":[]}]]', '{"a":{"b":{"c":[1,{"d":null}]}},"e":"f","g":[true,false,null]}', '[1e400, -0.5, "a"]', '""', '{"":""}', '[[1],2,[3]]', '{"a\"b\n":1,"c":[]}']) v
	UNION ALL SELECT to_jsonb(v) FROM strings
	UNION ALL SELECT jsonb_agg(v) FROM strings
	UNION ALL SELECT jsonb_object_agg(v, v) FROM strings
	UNION ALL SELECT (repeat('[', 500) || repeat(']', 500))::jsonb
	UNION ALL SELECT (repeat('{"a":[1,', 300) || '2' || repeat(',3]}', 300))::jsonb$$, 'jsonb');
CREATE TEMP TABLE long_jsonb AS SELECT jsonb_agg(to_jsonb(s)) AS v FROM strings s;
SELECT same('SELECT v FROM long_jsonb', 'jsonb, out of line');

-- arrays

CREATE TYPE mood AS ENUM ('sad', 'ok', 'hap"py');
CREATE DOMAIN count8 AS bigint CHECK (VALUE > -1000);
CREATE DOMAIN amount AS numeric(12, 2);
CREATE DOMAIN counts8 AS count8[];
CREATE TYPE pair AS (id bigint, "na""me" text);
CREATE DOMAIN checked_pair AS pair CHECK ((VALUE).id IS NULL OR (VALUE).id > 0);
CREATE TYPE nested AS (a pair, b pair[], c numeric, d counts8, e checked_pair, f int8range, g jsonb, h timestamptz, i mood);

SELECT same($$SELECT v FROM (VALUES ('{}'::int[]), ('{1,NULL,3}'), ('{{1,2},{3,4}}'), ('{{{1},{2}},{{3},{NULL}}}'), ('[5:7]={1,2,3}'), ('{NULL}'), ('[0:1][-1:0]={{1,2},{3,4}}')) x(v)$$, 'integer[], of several dimensions, empty, with nulls');
SELECT same($$SELECT ARRAY(SELECT i FROM generate_series(1, n) i) AS v FROM generate_series(0, 40) n$$, 'integer[], of every length');
SELECT same($$SELECT ARRAY(SELECT CASE WHEN i % 3 <> 0 THEN v END FROM (SELECT row_number() OVER () AS i, v FROM strings) s WHERE i BETWEEN 10 * n AND 10 * n + n % 20) AS v FROM generate_series(0, 300) n$$, 'text[]');
SELECT same($$SELECT array_agg(v) AS v FROM long_strings$$, 'text[], of long ones');
SELECT same($$SELECT array_agg(v)::varchar[] AS v FROM strings$$, 'text[] labelled varchar[]');
SELECT same($$SELECT ARRAY[v::citext]::text[] AS v FROM strings$$, 'citext[] labelled text[]');
SELECT same($$SELECT ARRAY[v] AS v FROM timestamps$$, 'timestamp[]');
SELECT same($$SELECT ARRAY[true, NULL, false] AS v$$, 'boolean[]');
SELECT same($$SELECT ARRAY[v, NULL] AS v FROM reals$$, 'real[]');
SELECT same($$SELECT ARRAY['{"a" : 1}'::json, '[]'] AS v$$, 'json[]');
SELECT same($$SELECT ARRAY['sad', NULL, 'hap"py']::mood[] AS v$$, 'an enum''s array');
SELECT same($$SELECT indkey AS v FROM pg_index$$, 'int2vector');
SELECT same($$SELECT proargtypes AS v FROM pg_proc$$, 'oidvector');
SELECT same($$SELECT proallargtypes AS v FROM pg_proc WHERE proallargtypes IS NOT NULL$$, 'oid[]');
SELECT same($$SELECT relacl AS v FROM pg_class WHERE relacl IS NOT NULL$$, 'aclitem[]');
SELECT same($$SELECT most_common_vals AS v FROM pg_stats WHERE most_common_vals IS NOT NULL$$, 'anyarray', false) FROM (SELECT 1) x
	WHERE EXISTS (SELECT FROM pg_stats WHERE most_common_vals IS NOT NULL);
SELECT same($$SELECT ARRAY[row(1, 'a'), row(2, 'b'), NULL] AS v UNION ALL SELECT '{}'::record[]$$, 'record[]');
SELECT same($$SELECT ARRAY[row(1), row(1, 2), row('a'::text, row(true))]::record[] AS v$$, 'record[], of different rows');
SELECT same($$SELECT ARRAY[1, 9007199254740993]::int8[] AS v$$, 'bigint[]', false);
DO $$ DECLARE a int[] := '{1,2,3}'; BEGIN a[2] := 7; PERFORM set_config('bolt_test.expanded', bolt_test_to_json(a), true); END $$;
SELECT is(current_setting('bolt_test.expanded'), '[1,7,3]', 'an expanded array');

-- composites

CREATE TEMP TABLE nests AS SELECT v.* FROM (VALUES
	(row(row(1, 'a"b')::pair, ARRAY[row(2, NULL)::pair, NULL], 1.50, '{1,2}'::counts8, row(3, 'c')::checked_pair, '[1,5)'::int8range, '{"n": 9007199254740993}'::jsonb, '2024-01-01 00:00+00'::timestamptz, 'ok'::mood)::nested),
	(row(NULL, '{}', 'NaN', NULL, NULL, 'empty', NULL, 'infinity', 'hap"py')::nested),
	(NULL), (row(row(NULL, NULL), ARRAY[[row(1, 'x')::pair], [row(2, 'y')::pair]], 0, '{}', NULL, NULL, '[]', NULL, NULL)::nested)) v(v);
SELECT same($$SELECT v FROM nests$$, 'composites in composites and arrays', false);
SELECT same($$SELECT ARRAY[v, NULL, v] AS v FROM nests$$, 'arrays of these', false);
SELECT same($$SELECT ARRAY[v.v] AS v FROM nests v$$, 'of rows of a table', false);
SELECT same($$SELECT v FROM nests v$$, 'rows of a table', false);
SELECT same($$SELECT row(1, 'a', NULL, row(2.5::float8)) AS v$$, 'record');
SELECT same($$SELECT CASE WHEN i % 2 = 0 THEN row(i, 'a') ELSE row(i::text) END AS v FROM generate_series(1, 10) i$$, 'record, of two shapes');
SELECT same($$SELECT p AS v FROM (SELECT oid, proname, proargtypes, proargnames, proconfig, prosrc FROM pg_proc) p$$, 'rows of pg_proc', false);
SELECT same($$SELECT c AS v FROM pg_class c$$, 'rows of pg_class');
SELECT same($$SELECT a AS v FROM pg_attribute a WHERE attnum > 0 LIMIT 500$$, 'rows of pg_attribute');
CREATE TYPE nothing AS ();
SELECT same($$SELECT row()::nothing AS v$$, 'a composite without columns');

CREATE TEMP TABLE altered (a int, b text, c bigint);
CREATE TEMP TABLE holds_altered (v altered);
INSERT INTO holds_altered VALUES (row(1, 'b', 3));
ALTER TABLE altered DROP COLUMN b;
SELECT same('SELECT v FROM holds_altered', 'a composite with a dropped column', false);
SELECT throws_ok('ALTER TABLE altered ADD COLUMN d text DEFAULT ''later''', '0A000', NULL, 'a row type in use takes no column with a default');
CREATE TEMP TABLE extended (a int);
INSERT INTO extended VALUES (1);
ALTER TABLE extended ADD COLUMN b text DEFAULT 'la"ter', ADD COLUMN c int8 DEFAULT 7, ADD COLUMN d int;
SELECT same('SELECT x AS v FROM extended x', 'a row with columns added later', false);
DO $$ BEGIN EXECUTE format('CREATE TABLE wide (%s)', (SELECT string_agg(format('c%s %s', i, CASE i % 3 WHEN 0 THEN 'int' WHEN 1 THEN 'text' ELSE 'int8' END), ', ') FROM generate_series(1, 100) i)); END $$;
INSERT INTO wide (c1, c2, c50, c100) VALUES ('a', 2, 50, 'z');
SELECT same('SELECT x AS v FROM wide x', 'a row of 100 columns', false);

CREATE TYPE growing AS (a int8);
CREATE FUNCTION grow(i int) RETURNS growing LANGUAGE plpgsql AS $$
DECLARE
	grown growing;
BEGIN
	IF i = 3 THEN
		ALTER TYPE growing ADD ATTRIBUTE b text;
	END IF;
	EXECUTE format('SELECT (v).* FROM (SELECT row(%s)::growing AS v) x', CASE WHEN i < 3 THEN '1' ELSE '1, ''x''' END) INTO grown;
	RETURN grown;
END $$;
SELECT is((SELECT string_agg(bolt_test_to_json(grow(i)), ' ') FROM generate_series(1, 4) i),
	'{"a":1} {"a":1} {"a":1,"b":"x"} {"a":1,"b":"x"}', 'a type altered between two values');

-- bigint_as_string at every depth

SELECT is(bolt_test_to_json(v, true), expected, behaviour) FROM (VALUES
	(9007199254740993, '"9007199254740993"', 'bigint')) x(v, expected, behaviour);
SELECT is(bolt_test_to_json(1::int4, true), '1', 'strings: not integer');
SELECT is(bolt_test_to_json(1.5::float8, true), '1.5', 'strings: not double precision');
SELECT is(bolt_test_to_json('{1,NULL,-3}'::int8[], true), '["1",null,"-3"]', 'strings: bigint[]');
SELECT is(bolt_test_to_json('{{1.50,2},{NaN,4}}'::numeric[], true), '[["1.50","2"],["NaN","4"]]', 'strings: numeric[][]');
SELECT is(bolt_test_to_json(5::count8, true), '"5"', 'strings: a domain over bigint');
SELECT is(bolt_test_to_json('{5}'::count8[], true), '["5"]', 'strings: an array of such a domain');
SELECT is(bolt_test_to_json('{5,6}'::counts8, true), '["5","6"]', 'strings: a domain over an array of a domain');
SELECT is(bolt_test_to_json(row(7, 'x')::checked_pair, true), '{"id":"7","na\"me":"x"}', 'strings: a domain over a composite');
SELECT is(bolt_test_to_json(int8range(1, 5), true), '"[1,5)"', 'strings: a range is one anyway');
SELECT is(bolt_test_to_json('{"a":9007199254740993}'::jsonb, true), '{"a": 9007199254740993}', 'strings: jsonb is kept');
SELECT is(bolt_test_to_json(row(1::int8, row(2::int8, ARRAY[3::int8])), true), '{"f1":"1","f2":{"f1":"2","f2":["3"]}}', 'strings: record');
SELECT is(bolt_test_to_json(ARRAY[row(1::int8), row(2.5, 3)], true), '[{"f1":"1"},{"f1":"2.5","f2":3}]', 'strings: record[]');
SELECT is((SELECT bolt_test_to_json(v, true) FROM nests LIMIT 1),
	'{"a":{"id":"1","na\"me":"a\"b"},"b":[{"id":"2","na\"me":null},null],"c":"1.50","d":["1","2"],"e":{"id":"3","na\"me":"c"},"f":"[1,5)","g":{"n": 9007199254740993},"h":"2024-01-01T00:00:00+00:00","i":"ok"}',
	'strings: all of it') FROM set_config('TimeZone', 'UTC', true);

-- enums, ranges, domains, casts

SELECT same($$SELECT v FROM unnest(enum_range(NULL::mood)) v$$, 'enum');
SELECT same($$SELECT v FROM (VALUES (int4range(1, 5)), ('empty'), (int4range(NULL, NULL))) x(v)$$, 'int4range');
SELECT same($$SELECT v::int4multirange FROM unnest('{"{}","{[1,3),[5,7)}"}'::text[]) v$$, 'int4multirange');
SELECT same($$SELECT tstzrange('2024-01-01', '2024-02-01') AS v$$, 'tstzrange');
CREATE TYPE textrange AS RANGE (subtype = text);
SELECT same($$SELECT textrange('a"b', 'c,\') AS v$$, 'a range with quotes in it');
SELECT same($$SELECT 3::count8 AS v$$, 'domain over bigint', false);
SELECT same($$SELECT 3.1::amount AS v$$, 'domain over numeric', false);
SELECT same($$SELECT '{3,4}'::counts8 AS v$$, 'domain over an array of a domain', false);
SELECT same($$SELECT row(3, 'x')::checked_pair AS v$$, 'domain over a composite', false);
CREATE DOMAIN stamp AS timestamptz;
SELECT same($$SELECT v::stamp FROM some_instants$$, 'domain over timestamptz');
CREATE DOMAIN document AS json;
SELECT same($$SELECT '{"a" :1}'::document AS v$$, 'domain over json');
SELECT same($$SELECT hstore(ARRAY['a', '1', 'b"', NULL]) AS v UNION ALL SELECT ''::hstore$$, 'hstore, which has a cast to json');
SELECT same($$SELECT ARRAY['a=>1'::hstore, NULL] AS v$$, 'hstore[]');
CREATE DOMAIN attributes AS hstore;
SELECT same($$SELECT 'a=>1'::attributes AS v$$, 'domain over hstore');
CREATE FUNCTION mood_to_json(mood) RETURNS json LANGUAGE sql IMMUTABLE AS $$SELECT json_build_object('mood', $1::text)$$;
CREATE CAST (mood AS json) WITH FUNCTION mood_to_json(mood);
SELECT same($$SELECT v FROM unnest(enum_range(NULL::mood)) v$$, 'a cast to json in SQL');
SELECT same($$SELECT v FROM nests$$, 'the same inside composites', false);
CREATE FUNCTION point_to_json(point) RETURNS json LANGUAGE sql IMMUTABLE AS $$SELECT '"never"'::json$$;
CREATE CAST (point AS json) WITH FUNCTION point_to_json(point);
SELECT same($$SELECT '(1,2)'::point AS v$$, 'a cast of a type of the server is not asked');
CREATE FUNCTION pair_to_json(pair) RETURNS json LANGUAGE sql IMMUTABLE AS $$SELECT '"never"'::json$$;
CREATE CAST (pair AS json) WITH FUNCTION pair_to_json(pair);
SELECT same($$SELECT row(3, 'x')::pair AS v$$, 'a composite''s cast to json is not asked', false);

-- the buffer

SELECT is(bolt_test_limited(v, length(to_json(v)::text)), to_json(v)::text, 'fits exactly: ' || left(v, 12))
FROM unnest(ARRAY['', 'abc', repeat('a', 1022), repeat('a', 1023), repeat('"', 600), repeat(E'\u0001a', 700)]) v;
SELECT throws_ok(format('SELECT bolt_test_limited(%L::text, length(to_json(%L::text)::text) - 1)', v, v), '54000', NULL, 'does not fit: ' || left(v, 12))
FROM unnest(ARRAY['', 'abc', repeat('a', 1022), repeat('a', 1023), repeat('"', 600), repeat(E'\u0001a', 700)]) v;
CREATE FUNCTION fits_exactly(value anyelement) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	expected text := to_json(value);
	written text;
BEGIN
	written := bolt_test_limited(value, octet_length(expected));
	BEGIN
		PERFORM bolt_test_limited(value, octet_length(expected) - 1);
		RETURN ok(false, pg_typeof(value) || ' fits in one byte less');
	EXCEPTION WHEN program_limit_exceeded THEN
		RETURN is(written, expected, pg_typeof(value) || ' fits exactly, and not in one byte less');
	END;
END $$;
SELECT fits_exactly(true);
SELECT fits_exactly(-7::int2);
SELECT fits_exactly(-12345);
SELECT fits_exactly(123456789012);
SELECT fits_exactly(12::oid);
SELECT fits_exactly(0.5::float4);
SELECT fits_exactly('NaN'::float8);
SELECT fits_exactly('-Infinity'::float8);
SELECT fits_exactly(1.25);
SELECT fits_exactly('NaN'::numeric);
SELECT fits_exactly('a'::name);
SELECT fits_exactly('\x0102'::bytea);
SELECT fits_exactly(gen_random_uuid());
SELECT fits_exactly(date '2024-01-01');
SELECT fits_exactly(date 'infinity');
SELECT fits_exactly(time '12:00');
SELECT fits_exactly(timestamp '2024-01-01');
SELECT fits_exactly(timestamptz '2024-01-01 00:00:00.5');
SELECT fits_exactly('{"a" :1}'::json);
SELECT fits_exactly('{"a": [1, "b", true]}'::jsonb);
SELECT fits_exactly(ARRAY[1, NULL, 3]);
SELECT fits_exactly(row(1, NULL, 'a'));
SELECT fits_exactly('[1,2)'::int4range);
SELECT fits_exactly('a=>1'::hstore);
SELECT is(bolt_test_buffer(0, 1), 1024::bigint, 'a buffer starts at 1 kB');
SELECT is(bolt_test_buffer(0, 1015), 2050::bigint, 'and doubles');
SELECT is(bolt_test_buffer(0, 100000), 200020::bigint, 'past what is asked for');
SELECT is(bolt_test_buffer(1500, 1400), 1500::bigint, 'but not past its limit');
SELECT throws_ok('SELECT bolt_test_buffer(1500, 1491)', '54000', 'result is larger than 1500 bytes', 'which is an error');
SELECT throws_ok('SELECT bolt_test_buffer(5, 0)', '54000', NULL, 'also from the start');
SELECT is(bolt_test_buffer(0, 1200000000), 2400000020::bigint, 'past 1 GB without one');

-- memory: a writer that says so leaves none behind

SELECT ok(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v), 'no garbage: text') FROM (SELECT v FROM compressed_strings LIMIT 1) x;
SELECT ok(bool_and(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v)), 'no garbage: numeric') FROM (SELECT v FROM numerics LIMIT 100) x;
SELECT ok(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v), 'no garbage: ' || v::text) FROM unnest(ARRAY['[1, {"a": [true, "x"]}]', '"a"']::jsonb[]) v;
SELECT ok(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v), 'no garbage: json') FROM (SELECT '[1]'::json AS v) x;
SELECT ok(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v), 'no garbage: timestamptz') FROM unnest('{now,infinity,0044-01-01 BC}'::timestamptz[]) v;
SELECT ok(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v), 'no garbage: bytea') FROM (SELECT v::bytea FROM (SELECT convert_to(v, 'UTF8') AS v FROM compressed_strings LIMIT 1) y) x;
SELECT ok(NOT bolt_test_allocates(v) AND NOT bolt_test_leaves_garbage(v), 'no garbage: text[]') FROM (SELECT ARRAY[v, NULL] AS v FROM compressed_strings LIMIT 1) x;
SELECT ok(NOT bolt_test_leaves_garbage(v), 'no garbage: text[] labelled varchar[]') FROM (SELECT ARRAY['a']::text[]::varchar[] AS v) x;
SELECT ok(bolt_test_allocates(v), 'garbage is told of: mood') FROM (SELECT 'sad'::mood AS v) x;
SELECT ok(bolt_test_allocates(v), 'garbage is told of: mood[]') FROM (SELECT '{sad}'::mood[] AS v) x;
SELECT ok(bolt_test_allocates(v), 'garbage is told of: a composite') FROM (SELECT row(1, 'a')::pair AS v) x;

SELECT * FROM finish();
ROLLBACK;
