-- Settings of the server and of the extension, changed between calls and in the middle of one.
CREATE SCHEMA settings_test;
SET search_path = settings_test;
\pset format unaligned
\pset tuples_only on

--
-- SQL means the same under every setting that the server reads SQL by, compiled under it or before it
--
CREATE TABLE spelled (id int PRIMARY KEY, t text, a text[], j jsonb, b boolean, "q\'x" text);
INSERT INTO spelled VALUES (1, 'a%b\c''d', '{a,NULL,"NULL"}', '{"a\\b": [1, null], "k": null}', true, 'q'), (2, NULL, NULL, NULL, NULL, NULL);
CREATE FUNCTION ids(document json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT string_agg(o->>'id' || coalesce(o->>'x', '-'), ' ' ORDER BY o->>'id') FROM bolt.fetch(document) o);
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE TABLE spellings AS SELECT n, d::json AS document, NULL::text AS answer FROM unnest(ARRAY[
	'{"model": "spelled", "filter": {"t__contains": "%b\\c"}}', '{"model": "spelled", "filter": {"t__endswith": "''d"}}', '{"model": "spelled", "filter": {"t__regex": "\\\\c"}}',
	'{"model": "spelled", "filter": {"t": null}}', '{"model": "spelled", "exclude": {"t": null}}', '{"model": "spelled", "filter": {"t__in": [null, "x"]}}',
	'{"model": "spelled", "filter": {"a": ["a", null, "NULL"]}}', '{"model": "spelled", "filter": {"a__contains": ["NULL"]}}', '{"model": "spelled", "filter": {"a__0": "a"}}',
	'{"model": "spelled", "filter": {"j__a\\b__0": 1}}', '{"model": "spelled", "filter": {"j__k": null}}', '{"model": "spelled", "filter": {"j__has_key": "a\\b"}}',
	'{"model": "spelled", "filter": {"q\\''x": "q"}}', '{"model": "spelled", "annotate": {"x": {"Concat": ["t", {"Value": "\\x''"}]}}}',
	'{"model": "spelled", "annotate": {"x": {"NullIf": ["t", {"Value": null}]}}}', '{"model": "spelled", "annotate": {"x": {"Case": [{"when": {"b": null}, "then": {"Value": null}}], "default": {"Value": "\\"}}}}',
	'{"model": "spelled", "annotate": {"x": {"Replace": ["t", {"Value": "\\"}, {"Value": "/"}]}}}']) WITH ORDINALITY s(d, n);
UPDATE spellings SET answer = ids(document);
SELECT n, answer FROM spellings ORDER BY n;
CREATE FUNCTION others(setting text, value text) RETURNS TABLE (n bigint, answer text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config(setting, value, true);
	RETURN QUERY SELECT s.n, got FROM spellings s, ids(document) got WHERE got IS DISTINCT FROM s.answer;
	-- and compiled anew
	PERFORM set_config('search_path', current_setting('search_path') || ', ' || setting, true);
	RETURN QUERY SELECT s.n, got FROM spellings s, ids(document) got WHERE got IS DISTINCT FROM s.answer;
END $$;
CREATE SCHEMA standard_conforming_strings; CREATE SCHEMA transform_null_equals; CREATE SCHEMA quote_all_identifiers; CREATE SCHEMA array_nulls; CREATE SCHEMA backslash_quote; CREATE SCHEMA escape_string_warning;
SELECT s, others(s, v) FROM (VALUES ('standard_conforming_strings', 'off'), ('transform_null_equals', 'on'), ('quote_all_identifiers', 'on'), ('array_nulls', 'off'), ('backslash_quote', 'off'), ('escape_string_warning', 'off')) c(s, v);
BEGIN;
SET LOCAL array_nulls = off;
SELECT bolt.create('spelled', '{"id": 3, "a": ["x", null, "NULL"]}');
SELECT array_positions(a, NULL) FROM spelled WHERE id = 3;
ROLLBACK;
DROP SCHEMA standard_conforming_strings, transform_null_equals, quote_all_identifiers, array_nulls, backslash_quote, escape_string_warning;

-- bigint_as_string is that of the call's start, at every level, also when the call changes it
CREATE TABLE large (id bigint PRIMARY KEY);
CREATE TABLE large_part (id bigint PRIMARY KEY, large_id bigint REFERENCES large);
CREATE INDEX ON large_part (large_id);
INSERT INTO large SELECT generate_series(1, 200);
INSERT INTO large_part SELECT i, i FROM generate_series(1, 200) i;
CREATE FUNCTION switching(i bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	IF i IN (1, 150) THEN PERFORM set_config('bolt_orm.bigint_as_string', 'on', true); END IF;
	RETURN i;
END $$;
CREATE VIEW switched AS SELECT switching(id) AS id FROM large ORDER BY large.id;
SELECT FROM bolt.register_model('switched', primary_key => '{id}');
SELECT FROM bolt.register_relation('large_part', '{large_id}', target => 'switched', name => 'switched', related_name => 'parts');
SELECT DISTINCT json_typeof(o->'id'), json_typeof(o->'parts'->0->'id'), json_typeof(o->'parts'->0->'large_id'), json_typeof(o->'n') FROM bolt.fetch('{"model": "switched", "prefetch_related": ["parts"], "annotate": {"n": {"Count": "parts"}}}') o;
SELECT DISTINCT json_typeof(o->'id'), json_typeof(o->'large_part'->0->'id') FROM bolt.fetch('{"model": "large", "prefetch_related": ["large_part"]}') o;

SET client_min_messages = warning;
DROP SCHEMA settings_test CASCADE;
