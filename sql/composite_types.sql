-- Columns and keys of composite types, and domains over types that JSON has arrays and objects for.
\set VERBOSITY terse
CREATE SCHEMA composite_types;
SET search_path = composite_types, public;

CREATE TYPE place AS (shelf int, label text);
CREATE DOMAIN proper_place AS place CHECK ((VALUE).shelf > 0);

-- a member of a composite key is compared as a whole
CREATE TABLE box (code text, sizes int4range, place place, n int, PRIMARY KEY (code, sizes, place));
CREATE TABLE item (id int PRIMARY KEY, box_code text, box_sizes int4range, box_place place,
	FOREIGN KEY (box_code, box_sizes, box_place) REFERENCES box);
SELECT bolt.register_relation('item', '{box_code,box_sizes,box_place}', 'box', 'items', on_delete => 'CASCADE');
SELECT count(*) FROM bolt.bulk_create('box', '[
	{"code": "x", "sizes": [1, 5], "place": {"shelf": 1, "label": "z"}, "n": 1},
	{"code": "x", "sizes": [1, 5], "place": {"shelf": 1, "label": "y"}, "n": 2}]');
SELECT count(*) FROM bolt.bulk_create('item', '[
	{"id": 1, "box_code": "x", "box_sizes": [1, 5], "box_place": {"shelf": 1, "label": "z"}},
	{"id": 2, "box_code": "x", "box_sizes": [1, 5], "box_place": {"shelf": 1, "label": "z"}},
	{"id": 3, "box_code": "x", "box_sizes": [1, 5], "box_place": {"shelf": 1, "label": "y"}}]');
SELECT bolt.fetch_json('{"model": "box", "only": ["n"], "order_by": ["n"], "prefetch_related": [{"lookup": "items", "queryset": {"model": "item", "only": ["id"], "order_by": ["id"]}}]}');
SELECT bolt.fetch_json('{"model": "box", "only": ["n"], "order_by": ["n"], "prefetch_related": [{"lookup": "items", "queryset": {"model": "item", "only": ["id"], "order_by": ["-id"], "limit": 1}}]}');
SELECT bolt.fetch_json('{"model": "item", "only": ["id"], "order_by": ["id"], "prefetch_related": [{"lookup": "box", "queryset": {"model": "box", "only": ["n"]}}]}');
SELECT bolt.fetch_json('{"model": "box", "values": ["n"], "filter": {"pk__in": [["x", [1, 5], {"shelf": 1, "label": "z"}], ["x", [1, 5], {"shelf": 2, "label": "z"}]]}}');
SELECT bolt.fetch_json('{"model": "box", "values": ["n"], "filter": {"pk": ["x", [1, 5], {"shelf": 1, "label": "y"}]}}');
SELECT * FROM bolt.delete('{"model": "box", "filter": {"n": 1}}');
SELECT bolt.fetch_json('{"model": "item", "values": ["id"]}');

-- so is a key of one column, with and without a through table
CREATE TABLE spot (place place PRIMARY KEY, n int);
CREATE TABLE tool (id int PRIMARY KEY, home proper_place REFERENCES spot);
CREATE TABLE tool_spot (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tool_id int REFERENCES tool, spot_place place REFERENCES spot);
SELECT bolt.register_many_to_many('tool', 'tool_spot', 'spots', 'visitors');
SELECT bolt.create('spot', '{"place": {"shelf": 1, "label": "z"}, "n": 1}');
SELECT bolt.create('spot', '{"place": {"shelf": 2, "label": "z"}, "n": 2}');
SELECT bolt.create('tool', '{"id": 1, "home": {"shelf": 1, "label": "z"}}');
SELECT bolt.create('tool', '{"id": 2, "home": {"shelf": 0, "label": "z"}}');
SELECT bolt.fetch_json('{"model": "spot", "order_by": ["n"], "prefetch_related": [{"lookup": "tool", "queryset": {"model": "tool", "order_by": ["-id"], "limit": 1}}]}');
SELECT bolt.set('tool', '1', 'spots', '[{"shelf": 1, "label": "z"}, {"shelf": 2, "label": "z"}]');
SELECT bolt.remove('tool', '1', 'spots', '[{"shelf": 1, "label": "z"}]');
SELECT bolt.fetch_json('{"model": "tool", "prefetch_related": ["spots"]}');
SELECT bolt.in_bulk('{"model": "spot"}', '[{"shelf": 2, "label": "z"}]');

-- lookups take what writes take
SELECT bolt.fetch_json('{"model": "tool", "values": ["id"], "filter": {"home": {"shelf": 1, "label": "z"}}}');
SELECT bolt.fetch_json('{"model": "spot", "values": ["n"], "filter": {"place__in": [{"shelf": 1, "label": "z"}, "(2,z)", null]}, "order_by": ["n"]}');
SELECT bolt.fetch_json('{"model": "spot", "values": ["n"], "filter": {"place__gt": {"shelf": 1, "label": "z"}}}');
SELECT bolt.fetch_json('{"model": "spot", "values": ["n"], "filter": {"place": {"shelf": 1, "box": "z"}}}');
SELECT bolt.fetch_json('{"model": "spot", "values": ["n"], "filter": {"place": [1]}}');
SELECT bolt.fetch_json('{"model": "spot", "values": ["n"], "filter": {"place": {"shelf": "one"}}}');

-- a domain takes what its base type takes
CREATE DOMAIN document AS jsonb;
CREATE DOMAIN page AS document CHECK (VALUE <> 'null');
CREATE DOMAIN span AS int4range;
CREATE DOMAIN labels AS text[];
CREATE TABLE sheet (id int PRIMARY KEY, document document, page page, documents document[], span span, labels labels);
SELECT bolt.create('sheet', '{"id": 1, "document": {"a": 1}, "page": [1, "two"], "documents": [{"a": 1}, [2], "three"], "span": [1, 5], "labels": ["a", null]}');
SELECT bolt.create('sheet', '{"id": 2, "document": "text", "page": "text", "span": 7}');
SELECT bolt.update('{"model": "sheet", "filter": {"id": 2}}', '{"document": {"b": [1]}}');
SELECT bolt.fetch_json('{"model": "sheet", "values": ["id"], "filter": {"document": {"a": 1}}}');
SELECT bolt.fetch_json('{"model": "sheet", "values": ["id"], "filter": {"page__in": ["text", {"c": 1}]}}');
SELECT bolt.fetch_json('{"model": "sheet", "values": ["id"], "filter": {"documents": [{"a": 1}, [2], "three"]}}');
SELECT bolt.fetch_json('{"model": "sheet", "values": ["id"], "filter": {"span": [1, 5]}}');
SELECT bolt.fetch_json('{"model": "sheet", "values": ["id"], "filter": {"span__contains": 3}}');
SELECT bolt.fetch_json('{"model": "sheet", "values": ["id"], "filter": {"labels__contains": ["a"]}}');

SET client_min_messages = warning;
DROP SCHEMA composite_types CASCADE;
