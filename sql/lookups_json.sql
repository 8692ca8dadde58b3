-- Lookups of json and jsonb: keys, indexes, containment, the presence of keys.
CREATE SCHEMA lookups_json_test;
SET search_path = lookups_json_test;
\i sql/fixture/blog.sql

CREATE TABLE doc (id int PRIMARY KEY, data jsonb, plain json, next_id int REFERENCES doc);
INSERT INTO doc (id, data) VALUES
	(1, '{"a": 1, "b": {"c": [10, {"d": "deep"}]}, "tags": ["x", "y"], "flag": true, "none": null}'),
	(2, '{"a": "1", "b": {"c": []}, "tags": [], "flag": false}'),
	(3, '{"a": null, "b": null, "0": "zero", "a b": "space", "a__b": "under", "É\"x": "odd"}'),
	(4, '[1, "two", {"a": 3}, [4, 5], null]'),
	(5, '"text"'),
	(6, '5'),
	(7, 'null'),
	(8, '{}'),
	(9, NULL),
	(10, '{"a": 10.50, "year": 2024, "date": "2024-01-01", "isnull": "x", "in": 1, "contains": "y", "F": "z"}');
UPDATE doc SET plain = data, next_id = id - 1 WHERE id > 1;
UPDATE doc SET plain = data WHERE id = 1;

--
-- Keys
--
SELECT filtered('{"data__a": 1}', $$ data -> 'a' = '1' $$, 'doc');
SELECT filtered('{"data__a": "1"}', $$ data -> 'a' = '"1"' $$, 'doc');
SELECT filtered('{"data__a": 10.5}', $$ data -> 'a' = '10.5' $$, 'doc');
SELECT filtered('{"data__flag": true}', $$ data -> 'flag' = 'true' $$, 'doc');
SELECT filtered('{"data__tags": ["x", "y"]}', $$ data -> 'tags' = '["x", "y"]' $$, 'doc');
SELECT filtered('{"data__b": {"c": []}}', $$ data -> 'b' = '{"c": []}' $$, 'doc');
SELECT filtered('{"data__b__c": []}', $$ data #> '{b,c}' = '[]' $$, 'doc');
SELECT filtered('{"data__b__c__0": 10}', $$ data #> '{b,c,0}' = '10' $$, 'doc');
SELECT filtered('{"data__b__c__1__d": "deep"}', $$ data #> '{b,c,1,d}' = '"deep"' $$, 'doc');
SELECT filtered('{"data__tags__1": "y"}', $$ data #> '{tags,1}' = '"y"' $$, 'doc');
SELECT filtered('{"data__nothing": 1}', 'false', 'doc');
SELECT filtered('{"data__a__b__c__d__e": 1}', 'false', 'doc');
-- indexes of the document itself; a number is an index, and so no key
SELECT filtered('{"data__0": 1}', $$ data -> 0 = '1' $$, 'doc');
SELECT filtered('{"data__1": "two"}', $$ data -> 1 = '"two"' $$, 'doc');
SELECT filtered('{"data__2__a": 3}', $$ data #> '{2,a}' = '3' $$, 'doc');
SELECT filtered('{"data__3__1": 5}', $$ data #> '{3,1}' = '5' $$, 'doc');
SELECT filtered('{"data__3": [4, 5]}', 'id = 4', 'doc');
-- keys of other letters
SELECT filtered('{"data__a b": "space"}', 'id = 3', 'doc');
SELECT filtered('{"data__É\"x": "odd"}', 'id = 3', 'doc');
SELECT filtered('{"data__''; DROP TABLE doc; --": 1}', 'false', 'doc');
-- keys that are called as lookups and transforms of other types
SELECT filtered('{"data__year": 2024}', 'id = 10', 'doc'), filtered('{"data__date": "2024-01-01"}', 'id = 10', 'doc'), filtered('{"data__lower": 1}', 'false', 'doc'), filtered('{"data__F": "z"}', 'id = 10', 'doc');
-- as do lookups, which come first
SELECT filtered('{"data__year__gt": 2023}', 'id = 10', 'doc'), filtered('{"data__contains": {"contains": "y"}}', 'id = 10', 'doc'), filtered('{"data__isnull": true}', 'data IS NULL', 'doc');
-- behind a relation
SELECT filtered('{"next__data__a": 1}', $$ (SELECT d.data -> 'a' FROM doc d WHERE d.id = t.next_id) = '1' $$, 'doc');
SELECT filtered('{"next__data__b__c__0": 10}', 'id = 2', 'doc');
-- null means IS NULL, of a key as of a column: that there is no such key; the JSON null is a value
SELECT filtered('{"data__a": null}', $$ data -> 'a' IS NULL $$, 'doc');
SELECT filtered('{"data__contains": {"a": null}}', $$ data -> 'a' = 'null' $$, 'doc');
SELECT filtered('{"data__a__in": [1, null]}', 'id = 1', 'doc');
SELECT filtered('{"data__a__isnull": true}', $$ data -> 'a' IS NULL $$, 'doc');
SELECT filtered('{"data__a__isnull": false}', $$ data ? 'a' $$, 'doc');
SELECT filtered('{"data": null}', 'data IS NULL', 'doc');

--
-- Lookups of a key's value: as JSON orders it, as the text that it is
--
SELECT filtered('{"data__a__gt": 5}', $$ data -> 'a' > '5' $$, 'doc');
SELECT filtered('{"data__a__lte": 1}', $$ data -> 'a' <= '1' $$, 'doc');
SELECT filtered('{"data__a__in": [1, "1"]}', $$ data -> 'a' IN ('1', '"1"') $$, 'doc');
SELECT filtered('{"data__a__in": []}', 'false', 'doc');
SELECT filtered('{"data__a__range": [1, 20]}', $$ data -> 'a' BETWEEN '1' AND '20' $$, 'doc');
SELECT filtered('{"data__b__c__1__d__startswith": "de"}', $$ data #>> '{b,c,1,d}' LIKE 'de%' $$, 'doc');
SELECT filtered('{"data__b__c__1__d__icontains": "EE"}', $$ data #>> '{b,c,1,d}' ILIKE '%ee%' $$, 'doc');
SELECT filtered('{"data__b__c__1__d__iexact": "DEEP"}', $$ upper(data #>> '{b,c,1,d}') = 'DEEP' $$, 'doc');
SELECT filtered('{"data__a__iexact": "1"}', $$ data ->> 'a' = '1' $$, 'doc');
SELECT filtered('{"data__date__regex": "^\\d{4}-01"}', 'id = 10', 'doc');
SELECT filtered('{"data__a b__endswith": "ce"}', 'id = 3', 'doc');
SELECT filtered('{"data__tags__contains": ["x"]}', $$ data -> 'tags' @> '["x"]' $$, 'doc');
SELECT filtered('{"data__tags__contains": "x"}', $$ data -> 'tags' @> '"x"' $$, 'doc');
SELECT filtered('{"data__b__has_key": "c"}', $$ data -> 'b' ? 'c' $$, 'doc');
SELECT filtered('{"data__tags__contained_by": ["x", "y", "z"]}', $$ data -> 'tags' <@ '["x", "y", "z"]' $$, 'doc');

--
-- The document
--
SELECT filtered('{"data": {"a": "1", "b": {"c": []}, "tags": [], "flag": false}}', 'id = 2', 'doc');
SELECT filtered('{"data": 5}', 'id = 6', 'doc'), filtered('{"data": "text"}', 'id = 5', 'doc'), filtered('{"data": {}}', 'id = 8', 'doc');
SELECT filtered('{"data__contains": {"a": 1}}', $$ data @> '{"a": 1}' $$, 'doc');
SELECT filtered('{"data__contains": {"b": {"c": [{"d": "deep"}]}}}', $$ data @> '{"b": {"c": [{"d": "deep"}]}}' $$, 'doc');
SELECT filtered('{"data__contains": {}}', $$ data @> '{}' $$, 'doc');
SELECT filtered('{"data__contains": [4]}', $$ data @> '[4]' $$, 'doc');
SELECT filtered('{"data__contains": 1}', $$ data @> '1' $$, 'doc');
SELECT filtered('{"data__contains": "two"}', $$ data @> '"two"' $$, 'doc');
SELECT filtered('{"data__contained_by": {"a": 1, "b": {"c": []}, "flag": false, "tags": []}}', $$ data <@ '{"a": 1, "b": {"c": []}, "flag": false, "tags": []}' $$, 'doc');
SELECT filtered('{"data__contained_by": [1, 5]}', $$ data <@ '[1, 5]' $$, 'doc');
SELECT filtered('{"data__has_key": "a"}', $$ data ? 'a' $$, 'doc');
SELECT filtered('{"data__has_key": "0"}', $$ data ? '0' $$, 'doc');
SELECT filtered('{"data__has_key": "two"}', $$ data ? 'two' $$, 'doc');
SELECT filtered('{"data__has_key": "a__b"}', 'id = 3', 'doc');
SELECT filtered('{"data__has_keys": ["a", "b"]}', $$ data ?& '{a,b}' $$, 'doc');
SELECT filtered('{"data__has_keys": []}', $$ data ?& '{}' $$, 'doc');
SELECT filtered('{"data__has_any_keys": ["year", "a b"]}', $$ data ?| '{year,a b}' $$, 'doc');
SELECT filtered('{"data__has_any_keys": []}', 'false', 'doc');
SELECT filtered('{"data__in": [5, "text", {}]}', 'id IN (5, 6, 8)', 'doc');
SELECT filtered('{"data__icontains": "DEEP"}', $$ data::text ILIKE '%deep%' $$, 'doc');
-- an object that looks like an expression is one; as a value it is that value
SELECT filtered('{"data__contains": {"Value": {"F": "z"}}}', $$ data @> '{"F": "z"}' $$, 'doc');
SELECT filtered('{"data": {"Value": {}}}', 'id = 8', 'doc');

--
-- json is what jsonb is of it, but for its own comparison
--
SELECT filtered('{"plain__a": 1}', $$ data -> 'a' = '1' $$, 'doc'), filtered('{"plain__b__c__1__d": "deep"}', 'id = 1', 'doc'), filtered('{"plain__0": 1}', 'id = 4', 'doc'),
	filtered('{"plain__a__gt": 5}', $$ data -> 'a' > '5' $$, 'doc'), filtered('{"plain__b__c__1__d__startswith": "de"}', 'id = 1', 'doc');
SELECT filtered('{"plain__contains": {"a": 1}}', 'id = 1', 'doc');
SELECT filtered('{"plain__contained_by": [1, 5]}', $$ data <@ '[1, 5]' $$, 'doc');
SELECT filtered('{"plain__has_key": "a"}', $$ data ? 'a' $$, 'doc');
SELECT filtered('{"plain__has_keys": ["a", "b"]}', $$ data ?& '{a,b}' $$, 'doc');
SELECT filtered('{"plain__has_any_keys": ["a b", "year"]}', 'id IN (3, 10)', 'doc');

--
-- Negated: rows without the key, and without a document, stay
--
SELECT excluded('{"data__a": 1}', $$ (data -> 'a' = '1') IS NOT TRUE $$, 'doc');
SELECT excluded('{"data__a__gt": 5}', $$ (data -> 'a' > '5') IS NOT TRUE $$, 'doc');
SELECT excluded('{"data__contains": {"a": 1}}', $$ (data @> '{"a": 1}') IS NOT TRUE $$, 'doc');
SELECT excluded('{"data__has_key": "a"}', $$ (data ? 'a') IS NOT TRUE $$, 'doc');
SELECT excluded('{"data__a__isnull": true}', $$ data ? 'a' $$, 'doc');

--
-- Expressions as values
--
SELECT filtered('{"data__a": {"F": "next__data__a"}}', $$ data -> 'a' = (SELECT d.data -> 'a' FROM doc d WHERE d.id = t.next_id) $$, 'doc');
SELECT filtered('{"data": {"F": "data"}}', 'data IS NOT NULL', 'doc');
SELECT filtered('{"data__contains": {"F": "data"}}', 'data IS NOT NULL', 'doc');
SELECT filtered('{"data__b__c__0": {"Value": 10}}', 'id = 1', 'doc'), filtered('{"data__flag": {"Value": true}}', 'id = 1', 'doc'), filtered('{"data__a": {"Value": "1"}}', 'id = 2', 'doc'),
	filtered('{"data__tags": {"Value": ["x", "y"]}}', 'id = 1', 'doc'), filtered('{"data__b": {"Value": {"c": []}}}', 'id = 2', 'doc');
SELECT filtered('{"data__has_key": {"Value": "a"}}', $$ data ? 'a' $$, 'doc');

--
-- In the place of a field
--
SELECT checked('{"model": "doc", "values": ["id", "data__a", "data__b__c__0"], "filter": {"id__in": [1, 2, 3, 4]}, "order_by": ["id"]}',
	$$ SELECT id, data -> 'a' AS data__a, data #> '{b,c,0}' AS "data__b__c__0" FROM doc WHERE id < 5 ORDER BY id $$);
SELECT checked('{"model": "doc", "order_by": ["-data__a", "id"], "values_list": ["id"], "flat": true}', $$ SELECT id AS value FROM doc ORDER BY data -> 'a' DESC, id $$);
SELECT checked('{"model": "doc", "annotate": {"d": {"F": "data__b__c__1__d"}}, "filter": {"d__isnull": false}, "values": ["id", "d"]}', $$ SELECT 1 AS id, 'deep' AS d $$);
SELECT checked('{"model": "doc", "annotate": {"b": {"F": "data__b"}}, "filter": {"b__c__0": 10}, "values_list": ["b__c__0"], "flat": true}', 'SELECT 10 AS value');
SELECT checked('{"model": "doc", "distinct": ["data__flag"], "order_by": ["data__flag", "id"], "values_list": ["id"], "flat": true}', $$ SELECT id AS value FROM (SELECT DISTINCT ON (data -> 'flag') id, data -> 'flag' f FROM doc ORDER BY data -> 'flag', id) s ORDER BY f $$);
SELECT checked('{"model": "doc", "values_list": ["data__flag"], "flat": true, "distinct": true, "order_by": ["data__flag"]}', $$ SELECT f AS value FROM (SELECT DISTINCT data -> 'flag' f FROM doc) s ORDER BY f $$);
SELECT checked('{"model": "doc", "chain": [{"values": ["data__flag"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["data__flag"]}]}',
	$$ SELECT data -> 'flag' AS data__flag, count(*) AS n FROM doc GROUP BY 1 ORDER BY 1 $$);
-- an index serves it
CREATE INDEX doc_data ON doc USING gin (data);
SET enable_seqscan = off;
SELECT bolt.explain('{"model": "doc", "filter": {"data__contains": {"a": 1}}}')::text LIKE '%doc_data%', bolt.explain('{"model": "doc", "filter": {"data__has_key": "a"}}')::text LIKE '%doc_data%';
RESET enable_seqscan;
-- one shape a path, whatever its keys: each its own answer
SELECT bolt.count('{"model": "doc", "filter": {"data__a": 1}}'), bolt.count('{"model": "doc", "filter": {"data__flag": true}}'), bolt.count('{"model": "doc", "filter": {"data__a": 1}}');

--
-- What is refused
--
SELECT message_of('{"model": "doc", "filter": {"data__a__gt": null}}');
SELECT message_of('{"model": "doc", "filter": {"data__contains": null}}');
SELECT message_of('{"model": "doc", "filter": {"data__has_key": null}}');
SELECT message_of('{"model": "doc", "filter": {"data__has_key": ["a"]}}');
SELECT message_of('{"model": "doc", "filter": {"data__has_keys": "a"}}');
SELECT message_of('{"model": "doc", "filter": {"data__has_any_keys": {"a": 1}}}');
SELECT message_of('{"model": "doc", "filter": {"data__in": 1}}');
SELECT message_of('{"model": "doc", "filter": {"data__isnull": "x"}}');
SELECT message_of('{"model": "doc", "filter": {"id__has_key": "a"}}');
SELECT message_of('{"model": "doc", "filter": {"next__has_key": "a"}}');
SELECT sqlstate_of('{"model": "doc", "filter": {"plain": {"a": 1}}}'), sqlstate_of('{"model": "doc", "filter": {"data__-1": 1}}'), sqlstate_of('{"model": "doc", "filter": {"data__99999999999": 1}}');

DROP SCHEMA lookups_json_test CASCADE;
