-- What the fuzzer of tests/fuzz has found, made small.
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA fuzzed;
SET search_path = fuzzed;

-- A column may be called like a lookup whose value decides the statement.
CREATE TABLE flag (id int PRIMARY KEY, "isnull" boolean, "in" int);
CREATE TABLE flagged (id int PRIMARY KEY, flag_id int REFERENCES flag, text_id int);
CREATE TABLE noted (id int PRIMARY KEY, flagged_id int REFERENCES flagged, "isnull" text);
INSERT INTO flag VALUES (1, true, 5), (2, false, 6), (3, NULL, 7);
INSERT INTO flagged SELECT i, nullif(i % 4, 0) FROM generate_series(1, 8) i;
INSERT INTO noted VALUES (1, 1, 'x'), (2, 5, 'y'), (3, 2, NULL);
SELECT bolt.fetch_json(format('{"model": "flagged", "filter": {"flag__isnull": %s}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', v)::json)
FROM unnest(ARRAY['true', 'false', 'true']) v;
SELECT bolt.fetch_json(format('{"model": "flagged", "filter": {"flag__isnull__isnull": %s}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', v)::json)
FROM unnest(ARRAY['true', 'false']) v;
SELECT bolt.fetch_json('{"model": "flagged", "filter": {"noted__isnull": "x"}, "values_list": ["id"], "flat": true}');
SELECT bolt.fetch_json('{"model": "flagged", "filter": {"noted__isnull": {"F": "noted__isnull"}}, "values_list": ["id"], "flat": true, "order_by": ["id"]}');
SELECT bolt.count(format('{"model": "flag", "filter": {"in__isnull": %s}}', v)::json) FROM unnest(ARRAY['true', 'false']) v;
SELECT bolt.count('{"model": "flag", "filter": {"in__isnull": {"Value": true}}}');
SELECT bolt.count('{"model": "flag", "filter": {"in__isnull": null}}');
SELECT bolt.count('{"model": "flag", "filter": {"in__isnull": [{"F": "id"}]}}');

-- aggregate() left out what is combined: refused, as in Django. (It has no order of its own there either.)
SELECT bolt.aggregate('{"model": "flag", "filter": {"id": 1}, "union": [{}]}', '{"n": {"Count": "*"}}');
SELECT FROM bolt.register_model('flag', ordering => '{-in}');
SELECT bolt.fetch_json('{"model": "flag", "filter": {"id": 1}, "union_all": [{"filter": {"id": 1}, "values_list": ["id"]}], "values_list": ["id"]}');
SELECT bolt.first('{"model": "flag", "union": [{}], "values_list": ["id"]}');

-- A filter by a window, DISTINCT and an order by what is not selected.
SELECT bolt.fetch_json('{"model": "flagged", "annotate": {"w": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"w__lte": 6}, "distinct": true, "values": ["flag_id"], "order_by": ["-id"], "limit": 2}');

-- The type of a text or null that stands in an annotation: a null test does not need it, nor does a cursor.
SELECT bolt.count(format('{"model": "flag", "annotate": {"v": {"Value": %s}}, "filter": {"v__isnull": true}}', v)::json),
	bolt.count(format('{"model": "flag", "alias": {"v": {"Value": %s}}, "exclude": {"v": null}}', v)::json)
FROM unnest(ARRAY['null', '"x"', '1']) v;
SELECT page->'items', bolt.cursor_page(document, 1, after => page->>'next')->'items'
FROM unnest(ARRAY['{"model": "flag", "annotate": {"v": {"Value": null}}, "filter": {"v__isnull": true}, "order_by": ["v"]}', '{"model": "flag", "order_by": [{"expr": {"Value": null}}]}']::json[]) document,
	bolt.cursor_page(document, 1) page;
SELECT bolt.fetch_json('{"model": "flag", "annotate": {"v": {"Value": "x"}}, "exclude": {"v__in": []}, "order_by": ["v", "-in"], "distinct": true, "values": ["v", "in"]}');
SELECT bolt.last('{"model": "flag", "annotate": {"v": {"Value": "x"}}, "order_by": ["v"]}');

-- A value of an annotation that count() leaves out.
SELECT bolt.count('{"model": "flag", "annotate": {"a": {"Greatest": ["id", 1]}, "b": {"Case": [{"when": {"a__in": [1, 2]}, "then": 1}], "default": 0}}}');

-- What is computed of a column that is never null may be null: negated, it keeps its row.
CREATE TABLE moment (id int PRIMARY KEY, at timestamptz NOT NULL, list int[] NOT NULL, span int4range NOT NULL);
INSERT INTO moment VALUES (1, 'infinity', '{}', 'empty'), (2, '2024-01-01 10:12:13', '{1}', '[1,5)');
SELECT condition, bolt.count(json_build_object('model', 'moment', 'filter', condition)), bolt.count(json_build_object('model', 'moment', 'exclude', condition))
FROM unnest(ARRAY['{"at__minute": 12}', '{"at__week": 1}', '{"at__time": "10:12:13"}', '{"at__month__gt": 1}', '{"list__0": 1}', '{"list__0_1": [1]}', '{"span__startswith": 1}',
	'{"span__endswith__lt": 9}']::json[]) condition;

-- A null test behind a transform, through an empty relation, negated.
SELECT condition, bolt.count(json_build_object('model', 'flagged', 'filter', condition, 'distinct', true)), bolt.count(json_build_object('model', 'flagged', 'exclude', condition))
FROM unnest(ARRAY['{"noted__isnull__lower": null}', '{"noted__isnull__lower__isnull": true}', '{"noted__isnull__lower__isnull": false}', '{"noted__isnull__trim__exact": null}']::json[]) condition;

-- SQL's aggregates take none in their conditions.
SELECT bolt.aggregate('{"model": "flag"}', '{"n": {"Count": "id", "filter": {"id__gt": {"Max": "id"}}}}');
SELECT bolt.aggregate('{"model": "flag"}', '{"n": {"Sum": {"Case": [{"when": {"OR": [{"id__in": [1, {"Max": "id"}]}]}, "then": 1}]}}}');
SELECT bolt.fetch('{"model": "flag", "chain": [{"values": ["in"]}, {"annotate": {"n": {"Count": "id", "filter": {"id__gt": {"Max": "id"}}}}}]}');

-- Nor is a window over another one.
SELECT bolt.fetch('{"model": "flag", "annotate": {"w": {"Window": {"Lag": [{"Window": {"RowNumber": []}}]}, "order_by": ["id"]}}}');
SELECT bolt.fetch('{"model": "flag", "annotate": {"r": {"Window": {"RowNumber": []}, "order_by": ["id"]}, "w": {"Window": {"Sum": "id"}, "partition_by": ["r"]}}}');
SELECT bolt.fetch('{"model": "flag", "alias": {"r": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "annotate": {"w": {"Window": {"Sum": "id"}, "order_by": ["-r"]}}}');

-- hstore refuses some values by an internal error.
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA fuzzed;
CREATE TABLE stored (id int PRIMARY KEY, h hstore);
\set VERBOSITY sqlstate
SELECT bolt.count('{"model": "stored", "filter": {"h": "1"}}');
SELECT bolt.create('stored', '{"id": 1, "h": "a=>"}');
\set VERBOSITY default

-- A composite of nulls is a value, to the order, to cursors and to null tests, and so is one with some.
CREATE TYPE two AS (a int, b text);
CREATE DOMAIN two_domain AS two;
CREATE TABLE composed (id int PRIMARY KEY, c two, d two_domain);
INSERT INTO composed VALUES (1, '(1,x)', '(1,x)'), (2, '(,)', '(,)'), (3, NULL, NULL), (4, '(2,)', '(2,)'), (5, '(,)', '(,)'), (6, NULL, NULL);
SELECT test, string_agg(id::text, ' ' ORDER BY id::text) FROM unnest(ARRAY['{"c__isnull": true}', '{"c__isnull": false}', '{"NOT": {"c__isnull": true}}', '{"NOT": {"c__isnull": false}}',
	'{"c": null}', '{"d__isnull": true}', '{"d__isnull": false}', '{"d": null}']) test, bolt.fetch(json_build_object('model', 'composed', 'filter', test::json, 'values_list', json_build_array('id'), 'flat', true)) id
GROUP BY 1 ORDER BY 1;
SELECT bolt.fetch_json('{"model": "composed", "alias": {"n": {"Case": [{"when": {"c__isnull": true}, "then": {"Value": 1}}], "default": {"Value": 0}}}, "filter": {"n": 1}, "values_list": ["id"], "flat": true}');
-- The ids of a walk there and back
CREATE FUNCTION walk(document json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	page json;
	there text := '';
	back text := '';
BEGIN
	page := bolt.cursor_page(document, 1);
	LOOP
		there := there || ' ' || (page->'items'->0->>'id');
		EXIT WHEN page->>'next' IS NULL OR length(there) > 40;
		page := bolt.cursor_page(document, 1, after => page->>'next');
	END LOOP;
	LOOP
		back := ' ' || (page->'items'->0->>'id') || back;
		EXIT WHEN page->>'previous' IS NULL OR length(back) > 40;
		page := bolt.cursor_page(document, 1, before => page->>'previous');
	END LOOP;
	RETURN substr(there, 2) || CASE WHEN back IS DISTINCT FROM there THEN ' and back' || back ELSE '' END;
END $$;
SELECT term, walk(json_build_object('model', 'composed', 'order_by', json_build_array(term::json, 'id'))) FROM unnest(ARRAY['"c"', '"-c"', '"d"', '"-d"',
	'{"expr": "c", "nulls": "first"}', '{"expr": "c", "desc": true, "nulls": "last"}', '{"expr": {"Coalesce": ["c", "d"]}, "nulls": "first"}']) term;

DROP SCHEMA fuzzed CASCADE;
