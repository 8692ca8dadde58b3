-- One key in two spellings is one key, and links are there or an error says why.
\set VERBOSITY sqlstate
\pset format unaligned
\pset tuples_only on
SET datestyle = 'ISO';
CREATE TABLE spelt_numeric (k numeric PRIMARY KEY, n int, m int);
CREATE TABLE spelt_date (k date PRIMARY KEY, n int, m int);
CREATE TABLE spelt_char (k char(5) PRIMARY KEY, n int, m int);
CREATE TABLE spelt_uuid (k uuid PRIMARY KEY, n int, m int);
CREATE TABLE spelt_float (k float8 PRIMARY KEY, n int, m int);
CREATE TABLE spelt_moment (k timestamptz PRIMARY KEY, n int, m int);
CREATE TABLE spelt_jsonb (k jsonb PRIMARY KEY, n int, m int);
CREATE TABLE spelt_pair (k numeric, l char(3), n int, m int, PRIMARY KEY (k, l));
CREATE DOMAIN spelt_domain AS numeric CHECK (VALUE > 0);
CREATE TABLE spelt_by_domain (k spelt_domain PRIMARY KEY, n int, m int);
CREATE TABLE spelt_array (k numeric[] PRIMARY KEY, n int, m int);
CREATE TYPE spelt_kind AS (a numeric, b text);
CREATE TABLE spelt_composite (k spelt_kind PRIMARY KEY, n int, m int);
CREATE TABLE spelt_money (k money PRIMARY KEY, n int, m int);
CREATE TABLE spelt_inet (k inet PRIMARY KEY, n int, m int);
CREATE TABLE spelt_bytea (k bytea PRIMARY KEY, n int, m int);
CREATE TABLE spelt_bits (k bit varying(4) PRIMARY KEY, n int, m int);
CREATE TABLE spelt_interval (k interval PRIMARY KEY, n int, m int);
CREATE TABLE spelt_range (k int4range PRIMARY KEY, n int, m int);
CREATE TABLE spelt_vector (k tsvector PRIMARY KEY, n int, m int);
-- Two rows of one key in each function that takes many rows.
CREATE FUNCTION twice(model text, a json, b json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text[] := '{}';
	call text;
BEGIN
	FOREACH call IN ARRAY ARRAY[
		format('SELECT bolt.bulk_update(%L, %L, %L)', model, format('[{"k": %s, "n": 1}, {"k": %s, "n": 2}]', a, b), '{n}'),
		format('SELECT bolt.bulk_create(%L, %L, update_conflicts => true, update_fields => %L, unique_fields => %L)', model,
			format('[{"k": %s, "n": 1}, {"k": %s, "n": 2}]', a, b), '{n}', '{k}'),
		format('SELECT bolt.bulk_create(%L, %L, update_conflicts => true, update_fields => %L, unique_fields => %L)', model,
			format('[{"k": %s, "n": 1}, {"k": %s, "m": 2}]', a, b), '{n}', '{k}'),
		format('SELECT bolt.save(%L, %L)', model, format('{"k": %s, "n": 1}', a)),
		format('SELECT bolt.save(%L, %L)', model, format('{"k": %s, "n": 2}', b)),
		format('SELECT object->>''n'' FROM bolt.update_or_create(%L, %L, %L)', format('{"model": %s}', to_json(model)), format('{"k": %s}', a),
			format('{"k": %s, "n": 3}', b))]
	LOOP
		BEGIN
			EXECUTE call;
			said := said || 'ok'::text;
		EXCEPTION WHEN OTHERS THEN said := said || SQLSTATE::text;
		END;
	END LOOP;
	EXECUTE format('SELECT count(*) FROM %I', model) INTO call;
	RETURN array_to_string(said, ' ') || ', rows: ' || call;
END $$;
SELECT twice('spelt_numeric', '1', '1.00');
SELECT twice('spelt_date', '"2020-01-01"', '"Jan 1 2020"');
SELECT twice('spelt_char', '"a"', '"a  "');
SELECT twice('spelt_uuid', '"aaaaaaaa-0000-0000-0000-000000000001"', '"AAAAAAAA000000000000000000000001"');
SELECT twice('spelt_float', '1', '1e0');
SELECT twice('spelt_moment', '"2020-01-01T00:00:00Z"', '"2020-01-01T01:00:00+01"');
SELECT twice('spelt_jsonb', '{"a": 1, "b": 2}', '{"b": 2.0, "a": 1}');
SELECT twice('spelt_by_domain', '1', '1.0');
SELECT twice('spelt_array', '[1, 2]', '"{1.0,2.00}"');
SELECT twice('spelt_composite', '{"a": 1, "b": "x"}', '"(1.0,x)"');
SELECT twice('spelt_money', '1', '"1.00"');
SELECT twice('spelt_inet', '"10.0.0.1"', '"10.0.0.1/32"');
SELECT twice('spelt_bytea', '"\\x6162"', '"ab"');
SELECT twice('spelt_bits', '"1010"', '"xA"');
SELECT twice('spelt_interval', '"1 month"', '"30 days"');
SELECT twice('spelt_range', '"[1,4]"', '[1, 5]');
SELECT twice('spelt_vector', '"b a"', '"a b a"');
-- Keys that are arrays cannot be elements of one: statements for some of the rows lock them one by one.
SELECT bolt.bulk_update('spelt_array', '[{"k": [1, 2], "n": 10}, {"k": [3], "n": {"Add": ["n", 1]}}]', '{n}');
SELECT bolt.bulk_update('spelt_pair', '[{"k": 1, "l": "a", "n": 1}, {"k": 1.0, "l": "a ", "n": 2}]', '{n}');
SELECT bolt.bulk_create('spelt_pair', '[{"k": 1, "l": "a", "n": 1}, {"k": 1.0, "l": "b ", "n": 2}]');

-- A column that is said twice has to be said alike.
CREATE TABLE spelt_parent (id int PRIMARY KEY, note text);
CREATE TABLE spelt_child (id int PRIMARY KEY, parent_id int REFERENCES spelt_parent);
INSERT INTO spelt_parent VALUES (1), (2);
SELECT bolt.create('spelt_child', '{"id": 1, "pk": 1, "parent": 1, "parent_id": 1}');
SELECT bolt.create('spelt_child', '{"id": 2, "parent": 1, "parent_id": 2}');
SELECT bolt.create('spelt_child', '{"id": 2, "parent": {"id": 3, "note": "new"}, "parent_id": 3}');
SELECT bolt.create('spelt_child', '{"id": 3, "parent": null, "parent_id": null}');
SELECT bolt.save('spelt_child', bolt.get('{"model": "spelt_child", "filter": {"id": 1}, "select_related": ["parent"]}'));

-- Many-to-many links: create, save, bulk_create, add and set agree about conflicts.
CREATE TABLE spelt_box (id int PRIMARY KEY);
CREATE TABLE spelt_thing (id int PRIMARY KEY, note text);
CREATE TABLE spelt_in (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, box_id int REFERENCES spelt_box,
	thing_id int REFERENCES spelt_thing, place int DEFAULT 1, UNIQUE (box_id, thing_id), UNIQUE (place, thing_id));
SELECT FROM bolt.register_many_to_many('spelt_box', 'spelt_in', 'things', related_name => 'boxes');
INSERT INTO spelt_thing SELECT generate_series(1, 4);
SELECT bolt.create('spelt_box', '{"id": 1, "things": [1, 2, 1]}');
SELECT bolt.create('spelt_box', '{"id": 2, "things": [1]}');
SELECT bolt.save('spelt_box', '{"id": 2, "things": [1, 3]}');
SELECT bolt.bulk_create('spelt_box', '[{"id": 2, "things": [3]}, {"id": 3, "things": [2]}]');
SELECT bolt.create('spelt_box', '{"id": 2, "things": [3]}');
SELECT bolt.add('spelt_box', '2', 'things', '[1]');
SELECT bolt.set('spelt_box', '2', 'things', '[1]');
SELECT bolt.add('spelt_box', '2', 'things', '[3]');
SELECT box_id, thing_id FROM spelt_in ORDER BY 1, 2;

-- A through table without a unique index: links are not doubled within a call.
CREATE TABLE spelt_loose (box_id int REFERENCES spelt_box, thing_id int REFERENCES spelt_thing, note text DEFAULT 'x');
SELECT FROM bolt.register_many_to_many('spelt_box', 'spelt_loose', 'loose');
SELECT bolt.create('spelt_box', '{"id": 7, "loose": [1, 2, 1, {"id": 9, "note": "new"}]}');
SELECT box_id, thing_id FROM spelt_loose ORDER BY 1, 2;

-- Both keys of the through table share a column.
CREATE TABLE spelt_team (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE spelt_job (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE spelt_does (tenant int, team int, job int, PRIMARY KEY (tenant, team, job),
	FOREIGN KEY (tenant, team) REFERENCES spelt_team, FOREIGN KEY (tenant, job) REFERENCES spelt_job);
SELECT FROM bolt.register_many_to_many('spelt_team', 'spelt_does', 'jobs', source_columns => '{tenant,team}', target_columns => '{tenant,job}');
INSERT INTO spelt_job VALUES (1, 1), (2, 1);
SELECT bolt.create('spelt_team', '{"tenant": 1, "id": 5, "jobs": [[1, 1], {"tenant": 1, "id": 9}]}');
SELECT bolt.create('spelt_team', '{"tenant": 1, "id": 6, "jobs": [[2, 1]]}');
SELECT bolt.bulk_create('spelt_team', '[{"tenant": 1, "id": 7, "jobs": [[1, 1]]}, {"tenant": 2, "id": 7, "jobs": [[2, 1]]}]');
TABLE spelt_does ORDER BY 1, 2, 3;

-- ignore_conflicts and nested objects do not go together: an object that is nested in a row that is left out would stay.
SELECT bolt.bulk_create('spelt_child', '[{"id": 1, "parent": {"id": 50, "note": "x"}}, {"id": 60, "parent": {"id": 51, "note": "x"}}]', ignore_conflicts => true);
SELECT count(*) FROM spelt_parent WHERE id >= 50;
SELECT bolt.bulk_create('spelt_child', '[{"id": 1, "parent": {"id": 2}}, {"id": 60, "parent": 2}]', ignore_conflicts => true);

-- A row that is left out does not change places with others: objects come back in the order that was given.
CREATE TABLE spelt_tag (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text UNIQUE, n numeric(4, 1) UNIQUE);
INSERT INTO spelt_tag (name, n) VALUES ('b', 1);
SELECT bolt.bulk_create('spelt_tag', '[{"name": "d"}, {"name": "c"}, {"name": "b"}, {"name": "a"}]', ignore_conflicts => true, unique_fields => '{name}')->>'name';
SELECT bolt.bulk_create('spelt_tag', '[{"name": "f"}, {"name": "b"}, {"name": "e"}]', ignore_conflicts => true)->>'name';
SELECT bolt.bulk_create('spelt_tag', '[{"n": 9, "name": "i"}, {"n": 1.04}, {"n": 8}, {"n": 7, "name": "h"}]', ignore_conflicts => true)->>'n';

-- A through table that refers to another column than the primary key: the numbers are primary keys.
CREATE TABLE spelt_word (id int PRIMARY KEY, code int UNIQUE);
CREATE TABLE spelt_page (id int PRIMARY KEY, word int UNIQUE);
CREATE TABLE spelt_on (page_id int REFERENCES spelt_page, code int REFERENCES spelt_word (code));
SELECT FROM bolt.register_many_to_many('spelt_page', 'spelt_on', 'words');
INSERT INTO spelt_word VALUES (1, 2), (2, 1), (3, NULL);
SELECT bolt.create('spelt_page', '{"id": 1, "words": [1, {"id": 4, "code": 40}]}');
SELECT bolt.bulk_create('spelt_page', '[{"id": 2, "words": [2, 1]}, {"id": 3, "words": [{"id": 2}]}]');
SELECT bolt.create('spelt_page', '{"id": 4, "words": [99]}');
SELECT bolt.create('spelt_page', '{"id": 4, "words": [3]}');
SELECT bolt.create('spelt_page', '{"id": 4, "words": [{"id": 5}, {"id": 6, "code": null}]}');
TABLE spelt_on;

-- The rows of a table without a primary key cannot be told apart: save() does not know which of them an array leaves out.
CREATE TABLE spelt_remark (page_id int REFERENCES spelt_page, body text);
SELECT bolt.save('spelt_page', '{"id": 1, "spelt_remark": [{"body": "new"}]}');
SELECT bolt.save('spelt_page', '{"id": 1, "spelt_remark": []}');
SELECT bolt.create('spelt_page', '{"id": 9, "spelt_remark": [{"body": "new"}]}');
TABLE spelt_remark;

-- Objects come back in the order of their rows, also where the key's member shows the object that it refers to.
CREATE TABLE spelt_base (id int PRIMARY KEY, note text);
CREATE TABLE spelt_profile (base int PRIMARY KEY REFERENCES spelt_base, bio text);
INSERT INTO spelt_base SELECT g, 'x' FROM generate_series(100, 3000) g;
INSERT INTO spelt_profile SELECT g, 'x' FROM generate_series(100, 3000) g;
ANALYZE spelt_base, spelt_profile;
SELECT bolt.bulk_create('spelt_profile', '[{"base": {"id": 5, "note": "five"}, "bio": "b5"}, {"base": {"id": 2, "note": "two"}, "bio": "b2"}]');
DROP TABLE spelt_profile, spelt_base;

SET client_min_messages = warning;
DROP FUNCTION twice;
DROP TABLE spelt_array, spelt_composite, spelt_money, spelt_inet, spelt_bytea, spelt_bits, spelt_interval, spelt_range, spelt_vector, spelt_tag, spelt_on, spelt_remark, spelt_word, spelt_page, spelt_numeric, spelt_date, spelt_char, spelt_uuid, spelt_float, spelt_moment, spelt_jsonb, spelt_pair, spelt_by_domain, spelt_child,
	spelt_parent, spelt_in, spelt_loose, spelt_box, spelt_thing, spelt_does, spelt_team, spelt_job;
DROP DOMAIN spelt_domain;
DROP TYPE spelt_kind;
