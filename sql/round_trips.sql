-- What fetch gives can be written back as it is, for every kind of type, with null wherever PostgreSQL has one.
\set VERBOSITY sqlstate
\set QUIET on
SET client_min_messages = warning;
SET datestyle = 'ISO';
SET timezone = 'UTC';
SET lc_monetary = 'C';
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TYPE colour AS ENUM ('red', 'dark green');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN numbers AS int[];
CREATE TYPE address AS (street text, zip positive, tags text[]);
CREATE DOMAIN known_address AS address CHECK ((VALUE).zip IS DISTINCT FROM 13);
CREATE TYPE household AS (home address, others address[], about jsonb, seen tsrange, colour colour);
CREATE TABLE person (id int PRIMARY KEY, home address, homes address[], grid address[], known known_address,
	knowns known_address[], house household, houses household[], lists numbers[], h hstore, hs hstore[], js jsonb[], j jsonb,
	colours colour[], days daterange[], spans int4multirange, bits bit varying[], bytes bytea[], points point[], boxes box[], moments timestamptz[],
	amounts numeric[], floats float8[], texts text[], ids uuid[], vector tsvector, paid money, term interval, price numeric, doc xml);

-- Writes an object, fetches it, writes that under another key and compares the two rows.
CREATE FUNCTION comes_back(object json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	fetched json;
	same bool;
BEGIN
	DELETE FROM person;
	PERFORM bolt.create('person', (object::jsonb || '{"id": 1}')::json);
	fetched := bolt.get('{"model": "person"}');
	PERFORM bolt.create('person', (regexp_replace(fetched::text, '"id":1', '"id":2'))::json);
	PERFORM bolt.bulk_create('person', json_build_array((regexp_replace(fetched::text, '"id":1', '"id":3'))::json, (regexp_replace(fetched::text, '"id":1', '"id":4'))::json));
	PERFORM bolt.save('person', (regexp_replace(fetched::text, '"id":1', '"id":4'))::json);
	SELECT count(*) = 4 AND count(DISTINCT regexp_replace(p::text, '^\(\d', '')) = 1 INTO same FROM person p;
	RETURN CASE WHEN same THEN fetched::text ELSE 'CHANGED ' || (SELECT string_agg(p::text, E'\n') FROM person p) END;
END $$;
CREATE FUNCTION member(object json, name text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(comes_back(object)::json ->> name, 'null') $$;

\pset format unaligned
\pset tuples_only on
SELECT member('{"home": {"street": "a \"b\" \\ (c), {d}", "zip": 1, "tags": ["x,y", null, ""]}}', 'home');
SELECT member('{"home": {"street": null, "zip": null, "tags": null}}', 'home');
SELECT member('{"home": {}}', 'home');
SELECT member('{"home": null}', 'home');
SELECT member('{"homes": [{"street": "s", "zip": 1}, null, {"tags": []}]}', 'homes');
SELECT member('{"homes": [null, null]}', 'homes');
SELECT member('{"homes": []}', 'homes');
SELECT member('{"grid": [[{"street": "a"}, null], [null, {"street": "b"}]]}', 'grid');
SELECT member('{"known": {"street": "k"}, "knowns": [{"street": "k"}]}', 'knowns');
SELECT member('{"house": {"home": {"street": "x", "zip": 7}, "others": [{"street": "y"}, null], "about": [null, {"a": "\"}"}], "seen": "[2020-01-01,2021-01-01)", "colour": "dark green"}}', 'house');
SELECT member('{"houses": [null, {"others": [{"tags": ["t"]}], "about": {"Value": [1]}}]}', 'houses');
SELECT member('{"lists": [[1, 2], [3]], "h": {"a": "1", "b": null}, "hs": [{"a": "\"x\""}, null]}', 'lists');
SELECT member('{"hs": [{"a": "\"x\", {}"}, null]}', 'hs');
SELECT member('{"js": [null, {"a": [null]}, [1, [2]]], "j": {"a": [null, {"b": 1}]}}', 'js');
SELECT member('{"colours": ["red", null, "dark green"], "days": ["[2020-01-01,2020-02-01)", null, "empty"], "spans": "{[1,3),[5,7)}"}', 'days');
SELECT member('{"bits": ["101", null], "bytes": ["\\x00ff", null], "points": ["(1,2)", null], "boxes": ["(3,4),(1,2)", null]}', 'boxes');
SELECT member('{"moments": ["infinity", "2020-01-01T00:00:00+00:00", null], "amounts": [1.50, "NaN", null], "floats": ["Infinity", -0.0, 1e300, null]}', 'floats');
SELECT member('{"texts": ["NULL", "null", "", null, "{}", "a\\b"], "ids": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null]}', 'texts');
SELECT member('{"vector": "''a'':1 ''b'':2", "paid": "$1,234.50", "term": "1 year 2 days", "price": 1.500, "doc": "<a>b</a>"}', 'vector');

-- What does not fit is refused, with its place.
\set VERBOSITY default
CREATE FUNCTION refusal(object json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	at text;
BEGIN
	PERFORM bolt.create('person', object);
	RETURN 'written';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, at = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' ', SQLSTATE, said, at);
END $$;
SELECT refusal('{"id": 9, "home": [1]}');
SELECT refusal('{"id": 9, "home": 5}');
SELECT refusal('{"id": 9, "homes": {"street": "x"}}');
SELECT refusal('{"id": 9, "homes": [{"street": "x"}, 1]}');
SELECT refusal('{"id": 9, "homes": [{"streets": "x"}]}');
SELECT refusal('{"id": 9, "grid": [[null], [null, null]]}');
SELECT refusal('{"id": 9, "home": {"zip": -1}}');
SELECT refusal('{"id": 9, "known": {"zip": 13}}');
SELECT refusal('{"id": 9, "knowns": [{"zip": 13}]}');
SELECT refusal('{"id": 9, "house": {"others": [{"zip": "x"}]}}');
SELECT refusal('{"id": 9, "grid": [[[[[[[{"street": "x"}]]]]]]]}');

SET client_min_messages = warning;
DROP FUNCTION member, refusal, comes_back;
DROP TABLE person;
DROP DOMAIN known_address CASCADE;
DROP TYPE household, address, colour;
DROP DOMAIN positive, numbers;
DROP EXTENSION hstore;

-- Values that travel as texts between our statements do not depend on the session's settings.
CREATE TABLE measured (k float8 PRIMARY KEY, at timestamptz[], took interval[]);
CREATE TABLE measured_by (id int PRIMARY KEY, k float8 REFERENCES measured, person text);
SELECT FROM bolt.register_relation('measured_by', '{k}', name => 'measure');
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
SET extra_float_digits = -8;
SET timezone = 'Asia/Kolkata';
SELECT FROM bolt.create('measured_by', '{"id": 1, "measure": {"k": 0.1234567890123456, "at": null}}');
SELECT FROM bolt.bulk_create('measured', '[{"k": 0.1234567890123457, "at": ["2020-02-01T00:00:00Z"], "took": ["1 mon -3 days 04:00", null]},
	{"k": 0.1234567890123458, "at": [null], "took": null, "measured_by": [{"id": 2, "person": "a"}]}]');
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET extra_float_digits = 1;
SET timezone = 'UTC';
SELECT * FROM measured ORDER BY k;
SELECT * FROM measured_by ORDER BY id;
DROP TABLE measured_by, measured;
