-- The JSON that comes out: the order of members, their names, and values as to_json writes them.
CREATE SCHEMA output_test;
SET search_path = output_test;
\i sql/fixture/blog.sql

-- columns in table order, select_related, then prefetched ones, each in the order asked for
SELECT bolt.get('{"prefetch_related": ["tags", "comments"], "select_related": ["editor", "author"], "model": "blog_article", "only": ["title", "editor", "author"]}', '{"id": 2}');
SELECT bolt.get('{"model": "blog_article", "only": ["rating", "title", "author"], "select_related": ["author__profile", "author__manager"], "prefetch_related": ["comments", "author__reports", {"lookup": "tags", "to_attr": "t"}]}', '{"id": 2}');
-- dropped and added columns
ALTER TABLE geo_city ADD size int, ADD country text DEFAULT 'EU';
ALTER TABLE geo_city DROP size;
SELECT bolt.fetch('{"model": "geo_city", "order_by": ["id"]}');

-- no white space, and text escaped as to_json does it
CREATE TABLE words (id int PRIMARY KEY, word text);
INSERT INTO words VALUES (1, ''), (2, E'"quoted" \\ back / slash'), (3, E'\b\f\n\r\t'), (4, E'\x01\x1f'), (5, 'Éva 日本 😀'), (6, '<script>&''</script>'), (10, E'\x7f\u2028\u2029'),
	(8, NULL), (9, repeat('long ', 2000));
SELECT o FROM bolt.fetch('{"model": "words", "order_by": ["id"], "filter": {"id__lt": 9}}') o;
SELECT bool_and(o::text = row_to_json(w)::text) FROM bolt.fetch('{"model": "words"}') o JOIN words w ON w.id = (o->>'id')::int;

-- names: keywords, quotes, capitals, blanks, other letters, 63 bytes, percent signs, numbers
CREATE TABLE "Odd Names" ("select" int PRIMARY KEY, "a ""quote""" int, "CamelCase" int, "with space" int, "ünïcödé" int, "back\slash" int,
	"a23456789012345678901234567890123456789012345678901234567890123" int, "100%" int, "1st" int, "dot.ted" int, "new
line" int, "$1" int, "t0" int, "c1" int, "-minus" int, "_x" int, "x_" int, "a__b" int, "'" int);
INSERT INTO "Odd Names" SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19;
SELECT bolt.fetch('{"model": "\"Odd Names\""}');
SELECT bolt.fetch('{"model": "\"Odd Names\""}')::text = row_to_json(o)::text FROM "Odd Names" o;
SELECT bolt.fetch_json('{"model": "\"Odd Names\"", "filter": {"select": 1, "a \"quote\"": 2, "CamelCase__gt": 2, "with space__in": [4], "ünïcödé": 5, "back\\slash": 6,
		"a23456789012345678901234567890123456789012345678901234567890123__lte": 7, "100%": 8, "1st": 9, "dot.ted": 10, "new\nline": 11, "$1": 12, "t0": 13, "c1": 14,
		"-minus": 15, "_x__in": [16], "x___in": [17], "a__b": 18, "a__b__gt": 1, "''": 19},
	"order_by": ["a__b", "_x", "x_", "-select", "--minus", {"expr": "-minus"}], "values": ["a \"quote\"", "CamelCase", "new\nline", "a__b", "x_"], "distinct": true}');
SELECT bolt.get('{"model": "\"Odd Names\"", "only": ["a \"quote\""]}'), bolt.in_bulk('{"model": "\"Odd Names\"", "only": ["pk"]}', NULL, 'select');
-- names are case sensitive
SELECT sqlstate_of('{"model": "\"Odd Names\"", "filter": {"camelcase": 3}}');

-- relations between odd names
CREATE TABLE "Odd ""Child""" ("Id" int PRIMARY KEY, "Parent Of" int REFERENCES "Odd Names");
INSERT INTO "Odd ""Child""" VALUES (1, 1), (2, NULL);
SELECT bolt.fetch('{"model": "\"Odd \"\"Child\"\"\"", "select_related": ["Parent Of"], "filter": {"Parent Of__a \"quote\"": 2}}') -> 'Parent Of' -> 'CamelCase';
SELECT bolt.fetch('{"model": "\"Odd Names\"", "only": ["select"], "prefetch_related": ["Odd \"Child\""], "filter": {"Odd \"Child\"__Id": 1}}');

-- column and relation of one name: the object stands in the column's place where it is fetched
CREATE TABLE note (id int PRIMARY KEY, author int REFERENCES auth_user, text text);
INSERT INTO note VALUES (1, 2, 'a'), (2, NULL, 'b');
SELECT bolt.fetch('{"model": "note", "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "note", "select_related": ["author"], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "note", "prefetch_related": ["author"], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "note", "only": ["author"], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "note", "select_related": ["author"], "only": ["author__username"], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "note", "prefetch_related": [{"lookup": "author", "to_attr": "writer"}], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "note", "values": ["author", "author__username", "author__id"], "order_by": ["id"]}');
SELECT filtered('{"author": 2}', 'author = 2', 'note'), filtered('{"author__username": "bob"}', 'author = 2', 'note'), filtered('{"author__gt": 1}', 'author > 1', 'note'),
	filtered('{"author__isnull": true}', 'author IS NULL', 'note'), filtered('{"author__id__in": [2]}', 'author = 2', 'note');

-- a to_attr with odd characters
SELECT bolt.get('{"model": "note", "only": ["id"], "prefetch_related": [{"lookup": "author", "to_attr": "the \"writer\"\n", "queryset": {"only": ["id"]}}]}', '{"id": 1}');

--
-- Values: as to_json writes them, byte for byte, at the root and below it
--
CREATE TYPE mood AS ENUM ('sad', 'quite "ok"');
CREATE TYPE pair AS (a int, "b c" text, d numeric);
CREATE DOMAIN small AS int CHECK (value < 1000);
CREATE DOMAIN pairs AS pair[];
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE TABLE kinds (
	id int PRIMARY KEY, parent_id int REFERENCES kinds,
	i2 smallint, i8 bigint, f4 real, f8 double precision, n numeric, m money, b boolean, t text, v varchar(20), c char(5), nm name, q "char",
	d date, tm time, tz timetz, ts timestamp, tsz timestamptz, iv interval, u uuid, by bytea, j json, jb jsonb, x xml,
	bt bit(3), vb varbit, ip inet, cd cidr, mc macaddr, mc8 macaddr8, pt point, ln line, lsg lseg, bx box, pth path, pl polygon, ci circle,
	tv tsvector, tq tsquery, o oid, rc regclass, e mood, co pair, dm small, dms pairs,
	r4 int4range, rts tstzrange, rf floatrange, mr int4multirange, lsn pg_lsn,
	ai int[], ai2 int[], at text[], aj json[], ae mood[], ac pair[], ad date[], an numeric[], ab boolean[], av int2vector, jp jsonpath);
INSERT INTO kinds VALUES
	(1, NULL, -32768, 9223372036854775807, 0.1, 1e300, 123456789012345678901234567890.123456789, 1.5, true, E'"\\/\n', 'é', 'ab', 'name', 'x',
		'2024-02-29', '12:34:56.789', '12:34:56+02', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.5+00', '1 year 2 mons 3 days 04:05:06.7',
		'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '\x00ff22', E'{"b" : 1,\n "a":[ 1.50,null ], "b":2}', '{"b": 1, "a": [1.50, "\u00e9"]}', '<a b="c">d</a>',
		'101', '1', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '(1,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1))', '<(0,0),1>',
		'a:1 b:2', 'a & !b', 4294967295, 'auth_user', 'quite "ok"', '(1,"x ""y""",1.10)', 7, ARRAY['(1,a,1)', NULL]::pair[],
		'[1,5)', '["2024-01-01 00:00+00",)', '[0.5,Infinity]', '{[1,2),[5,6)}', '16/B374D848',
		'{1,NULL,3}', '{{1,2},{3,4}}', E'{"a b","c\\"d",NULL,""}', ARRAY['{"a": 1}', 'null', NULL]::json[], '{sad}', ARRAY[ROW(1, NULL, 2.50), NULL]::pair[], '{2024-02-29,infinity}', '{NaN,1.0}', '{t,f,NULL}', '1 2', '$.a[*] ? (@ > 1)'),
	(2, 1, 0, -1, 'NaN', '-Infinity', 'NaN', -1, false, '', '', '', '', '', 'infinity', '24:00', '00:00-12:30', '-infinity', 'infinity', '-1 days +00:00:01',
		'00000000-0000-0000-0000-000000000000', '', ' 1 ', '"x"', 'text', '000', '', '::1', '::/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', '(NaN,-0)', '{0,-1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)', '((0,0))', '((0,0))', '<(0,0),0>',
		'', '', 0, 0, 'sad', '(,,)', -7, '{}', 'empty', '(,)', 'empty', '{}', '0/0', '{}', '[2:3]={5,6}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '', '$');
INSERT INTO kinds (id, parent_id) VALUES (3, 2);
INSERT INTO kinds (id, parent_id, i2, i8, f4, f8, n, d, ts, tsz) VALUES
	(4, 3, 1, 1, 1, 1, 1.00, '0044-03-15 BC', '294276-12-31 23:59:59', '0001-01-01 00:00+00 BC');

SELECT count(*), bool_and(object::text = row_to_json(k)::text) FROM bolt.fetch('{"model": "kinds"}') f(object) JOIN kinds k ON k.id = (object->>'id')::int;
-- column by column, so that a difference names itself (-> trims what surrounds a value of json)
SELECT a.attname FROM pg_attribute a, kinds k
	WHERE attrelid = 'kinds'::regclass AND attnum > 0 AND btrim(bolt.get(json_build_object('model', 'kinds', 'values_list', json_build_array(attname), 'flat', true, 'filter', json_build_object('id', k.id)))::text)
		IS DISTINCT FROM (row_to_json(k) -> attname)::text ORDER BY 1;
SELECT count(*), bool_and((object->'parent')::text = row_to_json(k)::text) FROM bolt.fetch('{"model": "kinds", "select_related": ["parent"]}') f(object) JOIN kinds k ON k.id = (object->>'parent_id')::int;
SELECT count(*), bool_and((object->'kinds'->0)::text = row_to_json(k)::text) FROM bolt.fetch('{"model": "kinds", "prefetch_related": ["kinds"], "only": ["id"]}') f(object) JOIN kinds k ON k.parent_id = (object->>'id')::int;
-- in other settings of the session
SET timezone = 'Asia/Kolkata';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'iso_8601';
SET bytea_output = 'escape';
SET extra_float_digits = -3;
SET xmloption = content;
SELECT count(*), bool_and(object::text = row_to_json(k)::text) FROM bolt.fetch('{"model": "kinds"}') f(object) JOIN kinds k ON k.id = (object->>'id')::int;
RESET extra_float_digits;
RESET bytea_output;
RESET intervalstyle;
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
-- some of them, to be read
SELECT bolt.fetch('{"model": "kinds", "values_list": ["i8", "f8", "n", "b", "t", "c", "tsz", "j", "jb", "co", "ai2", "r4"], "order_by": ["id"], "filter": {"id__lte": 2}}');

--
-- bigint and numeric as strings
--
CREATE TYPE wide AS (i8 bigint, n numeric, t text);
CREATE DOMAIN key8 AS bigint;
CREATE TABLE node (id bigint PRIMARY KEY, up key8 REFERENCES node, i4 int, n numeric, f float8, js jsonb, a bigint[], an numeric[], w wide, ws wide[], r int8range);
INSERT INTO node VALUES (9007199254740993, NULL, 1, 1.10, 0.5, '{"a": 9007199254740993}', '{1,NULL}', '{{1.0,2},{3,4}}', '(1,2.50,x)', ARRAY['(3,4,y)']::wide[], '[1,2)'),
	(2, 9007199254740993, 2, NULL, NULL, NULL, NULL, '{NaN}', NULL, NULL, NULL);
SELECT bolt.fetch('{"model": "node", "order_by": ["id"]}');
SET bolt_orm.bigint_as_string = on;
SELECT bolt.fetch('{"model": "node", "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "node", "only": ["up"], "select_related": ["up"], "order_by": ["id"]}') -> 'up' -> 'id';
SELECT bolt.fetch('{"model": "node", "only": ["id"], "prefetch_related": [{"lookup": "node", "queryset": {"only": ["n"]}}], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "node", "values_list": ["id", "n", "a", "f"], "order_by": ["id"]}'), bolt.fetch('{"model": "node", "values_list": ["id"], "flat": true, "order_by": ["id"]}');
SELECT bolt.in_bulk('{"model": "node", "only": ["id"]}', '["2"]'), bolt.count('{"model": "node"}');
SELECT bolt.page('{"model": "node", "only": ["id"]}', 1, 1);
RESET bolt_orm.bigint_as_string;
SELECT bolt.fetch('{"model": "node", "only": ["id"], "order_by": ["id"]}');

-- a cast to json may take a typmod and whether it is explicit, and it may return null
CREATE TYPE weather AS ENUM ('sad', 'happy');
CREATE FUNCTION weather_json(weather, int, bool) RETURNS json LANGUAGE sql AS $$ SELECT CASE WHEN $1 = 'happy' THEN json_build_array($1::text, $2, $3) END $$;
CREATE CAST (weather AS json) WITH FUNCTION weather_json(weather, int, bool);
CREATE TABLE person (id int PRIMARY KEY, weather weather);
INSERT INTO person VALUES (1, 'happy'), (2, 'sad'), (3, NULL);
SELECT bolt.fetch_json('{"model": "person", "order_by": ["id"]}');

-- a table without columns
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
INSERT INTO nothing DEFAULT VALUES;
SELECT bolt.fetch_json('{"model": "nothing"}'), bolt.count('{"model": "nothing"}'), bolt.fetch_json('{"model": "nothing", "values_list": []}');

DROP SCHEMA output_test CASCADE;
