-- Writing with input that nobody means: it gets an answer or an error of its own, never an internal
-- one, and nothing remains of what failed.
CREATE SCHEMA bad_writes_test;
SET search_path = bad_writes_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql
INSERT INTO shelf_author (name) VALUES ('Ann'), ('Bob');
INSERT INTO shelf_book (title, author_id) VALUES ('a', 1), ('b', NULL);
INSERT INTO shelf_tag (name) VALUES ('t');
CREATE TABLE typed (id int PRIMARY KEY, i int[], j jsonb, r int4range, t timestamptz, b bool, u uuid, n numeric, pt point);

CREATE FUNCTION kinds() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT unnest(ARRAY['null', 'true', '0', '1.5', '-1', '1e400', '99999999999999999999', '"x"', '""', '"1"', '[]', '[null]', '[1]', '[[1]]', '["x"]', '[{}]', '{}', '{"x": 1}', '{"id": 1}', '{"pk": null}',
		'{"F": "id"}', '{"F": 1}', '{"Value": 1}', '{"Value": []}', '{"Value": {"Value": 1}}', '{"Add": ["id"]}', '{"Add": []}', '{"Ref": [0]}', '{"OuterRef": "id"}', '{"Subquery": {}}', '{"Count": "*"}', '{"Now": []}', '{"Case": []}', '{"": 1}']) $$;

-- A call with each of them in the place of %s: how often each SQLSTATE, and what was left of it.
CREATE FUNCTION outcomes(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	kind text;
	states text := '';
	before text;
BEGIN
	FOR kind IN SELECT kinds() LOOP
		SELECT md5(string_agg(t::text, '|')) INTO before FROM (SELECT a::text AS t FROM shelf_author a UNION ALL SELECT b::text FROM shelf_book b UNION ALL SELECT y::text FROM typed y) t;
		BEGIN
			EXECUTE format(call, kind);
			RAISE EXCEPTION 'undo' USING ERRCODE = 'BO001';
		EXCEPTION
			WHEN SQLSTATE 'BO001' THEN states := states || ' ok';
			WHEN OTHERS THEN states := states || ' ' || SQLSTATE || CASE WHEN SQLSTATE LIKE 'XX%' THEN ' ' || SQLERRM || ' ' || kind ELSE '' END;
		END;
		IF before IS DISTINCT FROM (SELECT md5(string_agg(t::text, '|')) FROM (SELECT a::text AS t FROM shelf_author a UNION ALL SELECT b::text FROM shelf_book b UNION ALL SELECT y::text FROM typed y) t) THEN
			states := states || ' LEFT BEHIND ' || kind;
		END IF;
	END LOOP;
	RETURN (SELECT string_agg(s || ' ' || n, ', ' ORDER BY s) FROM (SELECT s, count(*) AS n FROM regexp_split_to_table(trim(states), ' ') s GROUP BY s) t);
END $$;

-- whole arguments
SELECT outcomes($$SELECT bolt.create('shelf_author', '%s')$$);
SELECT outcomes($$SELECT bolt.save('shelf_author', '%s')$$);
SELECT outcomes($$SELECT bolt.get_or_create('{"model": "shelf_author"}', '%s')$$);
SELECT outcomes($$SELECT bolt.get_or_create('%s', '{"name": "x"}')$$);
SELECT outcomes($$SELECT bolt.get_or_create('{"model": "shelf_author"}', '{"name": "new"}', '%s')$$);
SELECT outcomes($$SELECT bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Ann"}', '%s')$$);
SELECT outcomes($$SELECT bolt.update_or_create('{"model": "shelf_author"}', '{"name": "new"}', '{}', '%s')$$);
SELECT outcomes($$SELECT bolt.bulk_create('shelf_author', '%s')$$);
SELECT outcomes($$SELECT bolt.bulk_create('shelf_author', '[{"name": "x"}, %s]')$$);
SELECT outcomes($$SELECT bolt.bulk_create('shelf_author', '[{"name": "x"}, %s]', ignore_conflicts => true)$$);
SELECT outcomes($$SELECT bolt.bulk_update('shelf_author', '[{"id": 1, "born": 1}, %s]', '{born}')$$);
SELECT outcomes($$SELECT bolt.update('{"model": "shelf_author"}', '%s')$$);
SELECT outcomes($$SELECT bolt.update('%s', '{"born": 1}')$$);
SELECT outcomes($$SELECT bolt.update_returning('{"model": "shelf_author"}', '%s')$$);
SELECT outcomes($$SELECT bolt.run('%s')$$);
SELECT outcomes($$SELECT bolt.run('[%s]')$$);

-- a column's value, a key, a relation's
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": %s}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": "x", "born": %s}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": "x", "id": %s}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": "x", "mentor": %s}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": "x", "books": %s}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": "x", "books": [%s, 1]}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_author', '{"name": "x", "profile": %s}')$$);
SELECT outcomes($$SELECT bolt.create('shelf_book', '{"title": "x", "tags": [1, %s]}')$$);
SELECT outcomes($$SELECT bolt.save('shelf_author', '{"id": 1, "books": [%s]}')$$);
SELECT outcomes($$SELECT bolt.save('shelf_author', '{"id": %s, "born": 1}')$$);
SELECT outcomes($$SELECT bolt.save('shelf_book', '{"id": 1, "author": %s, "tags": [1]}')$$);
SELECT outcomes($$SELECT bolt.update('{"model": "shelf_author"}', '{"born": %s}')$$);
SELECT outcomes($$SELECT bolt.update('{"model": "shelf_author", "filter": {"books__author": 1}}', '{"mentor": %s}')$$);
SELECT outcomes($$SELECT bolt.update_returning('{"model": "shelf_author", "annotate": {"n": %s}, "order_by": ["n"]}', '{"born": 1}')$$);
SELECT outcomes($$SELECT bolt.get_or_create('{"model": "shelf_author"}', '{"name": %s}')$$);
SELECT outcomes($$SELECT bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Ann"}', '{"born": %s}')$$);
SELECT outcomes($$SELECT bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Ann"}', '{"id": %s}')$$);
SELECT outcomes($$SELECT bolt.update_or_create('{"model": "shelf_book"}', '{"title": "a"}', '{"author": %s}')$$);
SELECT outcomes($$SELECT bolt.bulk_update('shelf_author', '[{"id": 1, "born": %s}, {"id": 2, "born": 1}]', '{born}')$$);
SELECT outcomes($$SELECT bolt.bulk_update('shelf_author', '[{"id": %s, "born": 1}, {"id": 2, "born": 1}]', '{born}')$$);
SELECT outcomes($$SELECT bolt.bulk_create('shelf_author', '[{"name": "x", "born": 1}, {"name": "y", "born": %s}]', update_conflicts => true, update_fields => '{born}', unique_fields => '{name}')$$);
SELECT outcomes($$SELECT bolt.run('[{"op": "count", "queryset": {"model": "shelf_tag"}}, {"op": "create", "model": "shelf_tag", "values": {"name": {"Ref": %s}}}]')$$);
SELECT outcomes($$SELECT bolt.run('[{"op": "get", "queryset": {"model": "shelf_author"}, "filter": {"id": 1}}, {"op": "update", "queryset": {"model": "shelf_author"}, "values": {"born": {"Add": [{"Ref": [0, "id"]}, %s]}}}]')$$);
-- columns of other types, in one row and in many
SELECT c, outcomes(format($$SELECT bolt.create('typed', '{"id": 1, "%s": %%s}')$$, c)), outcomes(format($$SELECT bolt.bulk_create('typed', '[{"id": 1, "%s": null}, {"id": 2, "%1$s": %%s}]')$$, c))
FROM unnest('{i,j,r,t,b,u,n,pt}'::text[]) c;

-- depth: of the document, of what is nested
SELECT fails_briefly('create', 'typed', '{"id": 1, "j": ' || repeat('[', 95) || repeat(']', 95) || '}') LIKE 'NOT REFUSED%';
SELECT fails_briefly('create', 'typed', '{"id": 1, "j": ' || repeat('[', 101) || repeat(']', 101) || '}');
SELECT fails_briefly('run', repeat('[', 200) || repeat(']', 200));
SELECT length(bolt.create('shelf_author', ((SELECT string_agg('{"name": "level ' || g || '", "mentor": ', '') FROM generate_series(1, 90) g) || 'null' || repeat('}', 90))::json)::text) > 90 * 20;
SELECT count(*) FROM shelf_author WHERE name LIKE 'level%';

-- calls over and over again keep nothing
CREATE FUNCTION memory_after(times int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. times LOOP
		PERFORM bolt.bulk_create('shelf_tag', '[{"name": "m1"}, {"name": "m2"}]', update_conflicts => true, update_fields => '{name}', unique_fields => '{name}');
		PERFORM bolt.bulk_update('shelf_author', '[{"id": 1, "born": 1}, {"id": 2, "born": {"F": "id"}}]', '{born}');
		PERFORM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "m"}', '{"author": {"name": "m"}}');
		PERFORM bolt.update_or_create('{"model": "shelf_book", "select_related": ["author"]}', '{"title": "m"}', '{"pages": {"Add": ["pages", 1]}}');
		PERFORM bolt.save('shelf_book', '{"id": 1, "tags": [1], "author": {"id": 1, "born": 3}}');
		PERFORM bolt.update_returning('{"model": "shelf_book", "order_by": ["-id"]}', '{"pages": 7}');
		PERFORM bolt.run('[{"op": "get", "queryset": {"model": "shelf_author"}, "filter": {"id": 1}}, {"op": "update", "queryset": {"model": "shelf_author", "filter": {"id": {"Ref": [0, "id"]}}}, "values": {"born": 1}}]');
		BEGIN
			PERFORM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "n"}', '{"author": {"name": "n"}, "pages": 0}');
		EXCEPTION WHEN check_violation THEN
		END;
	END LOOP;
	RETURN (SELECT sum(total_bytes) FROM pg_backend_memory_contexts);
END $$;
SELECT memory_after(20) > 0;
SELECT memory_after(200) - memory_after(20) < 200000;
DROP SCHEMA bad_writes_test CASCADE;
