-- bolt.bulk_create: many rows, and what to do about conflicts.
CREATE SCHEMA bulk_create_test;
SET search_path = bulk_create_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql

-- the objects come back in their order, with keys and defaults
SELECT bolt.bulk_create('shelf_author', '[{"name": "Ann", "born": 1901}, {"name": "Bob", "born": null}]');
-- rows need not set the same columns
SELECT bolt.bulk_create('shelf_book', '[{"title": "a"}, {"title": "b", "pages": 7}, {"title": "c"}, {"author": 1, "title": "d"}, {"pages": 8, "title": "e"}]');
-- none, one, and rows of nothing
SELECT bolt.bulk_create('shelf_author', '[]');
SELECT bolt.bulk_create('shelf_author', '[{"name": "Cid"}]');
CREATE TABLE blank (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT bolt.bulk_create('blank', '[{}, {}]');
-- some with a key, some without
SELECT bolt.bulk_create('shelf_tag', '[{"name": "t1"}, {"id": 90, "name": "t90"}, {"id": null, "name": "t2"}]');
-- expressions, beside literals
SELECT bolt.bulk_create('shelf_author', '[{"name": "Dora", "born": 1}, {"name": {"Lower": {"Value": "EVE"}}, "born": {"Add": [1, 1]}}, {"name": "Fay", "born": {"Value": 3}}]');

-- ignore_conflicts: what was inserted comes back, any constraint may be in the way
SELECT bolt.bulk_create('shelf_tag', '[{"name": "t3"}, {"name": "t1"}, {"name": "t4"}, {"id": 90, "name": "t5"}]', ignore_conflicts => true);
SELECT bolt.bulk_create('shelf_tag', '[{"name": "t1"}]', ignore_conflicts => true);
-- the same row twice in one call is inserted once
SELECT bolt.bulk_create('shelf_tag', '[{"name": "t6"}, {"name": "t6"}]', ignore_conflicts => true);
-- ... or one constraint
SELECT bolt.bulk_create('shelf_tag', '[{"name": "t1"}, {"name": "t7"}]', ignore_conflicts => true, unique_fields => '{name}');
SELECT fails_briefly('bulk_create', 'shelf_tag', '[{"id": 90, "name": "t8"}]', 'true', 'false', NULL, '{name}');
-- other errors are none to be ignored
SELECT fails_briefly('bulk_create', 'shelf_tag', '[{"name": null}]', 'true');
SELECT fails_briefly('bulk_create', 'shelf_book', '[{"title": "x", "author": 99}]', 'true');

-- update_conflicts: update_fields take the values that were sent
SELECT bolt.bulk_create('shelf_author', '[{"name": "Gus", "born": 4}, {"name": "Bob", "born": 1902}, {"name": "Ann", "mentor": 1}]', update_conflicts => true, update_fields => '{born}', unique_fields => '{name}');
SELECT bolt.bulk_create('shelf_author', '[{"id": 1, "name": "Anna", "mentor": 2}]', update_conflicts => true, update_fields => '{name,mentor}', unique_fields => '{pk}');
SELECT bolt.bulk_create('shelf_author', '[{"id": 1, "name": "Ann", "born": 5}]', update_conflicts => true, update_fields => '{name,born,name}', unique_fields => '{id,id}');
SELECT bolt.bulk_create('shelf_book_tags', '[{"book": 1, "tag": 1}, {"book_id": 2, "tag_id": 1}]');
SELECT bolt.bulk_create('shelf_book_tags', '[{"id": 50, "book": 1, "tag": 1}, {"id": 51, "book": 2, "tag": 90}]', update_conflicts => true, update_fields => '{tag}', unique_fields => '{book,tag}');
-- an expression in a row that is there already
SELECT bolt.bulk_create('shelf_author', '[{"name": "Ann", "born": {"Add": [1900, 1]}}, {"name": "Hal", "born": {"Add": [1900, 2]}}]', update_conflicts => true, update_fields => '{born}', unique_fields => '{name}');
-- a row twice in one call, and a constraint that is not there
SELECT sqlstate_of('[{"name": "Ann", "born": 1}, {"name": "Ann", "born": 2}]', $$SELECT bolt.bulk_create('shelf_author', $1::json, update_conflicts => true, update_fields => '{born}', unique_fields => '{name}')$$);
SELECT sqlstate_of('[{"name": "Ann", "born": 1}]', $$SELECT bolt.bulk_create('shelf_author', $1::json, update_conflicts => true, update_fields => '{name}', unique_fields => '{born}')$$);

-- flags that contradict each other, or miss something
SELECT fails('bulk_create', 'shelf_author', '[]', 'true', 'true', '{born}', '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{born}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', NULL, '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{}', '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{id}', '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{nope}', '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{born}', '{nope}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{books}', '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{born}', '{books}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'true', '{NULL}', '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'false', '{born}');
SELECT fails('bulk_create', 'shelf_author', '[]', 'false', 'false', NULL, '{name}');
SELECT fails('bulk_create', 'shelf_author', '[]', NULL), fails('bulk_create', 'shelf_author', '[]', 'false', NULL);

-- rows of the wrong form; nothing remains
SELECT fails('bulk_create', 'shelf_author', '{}');
SELECT fails('bulk_create', 'shelf_author', NULL);
SELECT fails('bulk_create', NULL, '[]');
SELECT fails('bulk_create', 'shelf_author', '[{"name": "x"}, 3]');
SELECT fails('bulk_create', 'shelf_author', '[null]');
SELECT fails('bulk_create', 'shelf_author', '[[{"name": "x"}]]');
SELECT fails('bulk_create', 'shelf_author', '[{"name": "x"}, {"nam": "y"}]');
SELECT fails('bulk_create', 'shelf_author', '[{"name": "x"}, {"name": "y", "born": []}]');
SELECT fails_briefly('bulk_create', 'shelf_author', '[{"name": "x"}, {"name": null}]');
SELECT fails_briefly('bulk_create', 'shelf_author', '[{"name": "x"}, {"name": "x"}]');
SELECT fails_briefly('bulk_create', 'shelf_author', '[{"name": "x"}, {"name": "y", "born": {"F": "id"}}]');
\set SHOW_CONTEXT always
SELECT bolt.bulk_create('shelf_author', '[{"name": "x"}, {"name": "y", "born": 1}, {"name": "z", "born": "abc"}]');
\set SHOW_CONTEXT never
SELECT count(*) FROM shelf_author WHERE name = 'x';

-- nested objects and conflicts: a parent is written before it is known whether the row will be
SELECT bolt.bulk_create('shelf_author', '[{"name": "Ann", "mentor": {"name": "Ida"}}, {"name": "Jon", "mentor": {"name": "Kim"}}]', ignore_conflicts => true);
-- ... and what refers to a row cannot be where it is not known which rows are new
SELECT fails('bulk_create', 'shelf_author', '[{"name": "Ann", "books": [{"title": "x"}]}, {"name": "y"}]', 'true');
SELECT bolt.bulk_create('shelf_author', '[{"name": "Ann", "books": [{"title": "x"}]}]', ignore_conflicts => true);
SELECT count(*) FROM shelf_book WHERE title = 'x';
SELECT bolt.bulk_create('shelf_author', '[{"name": "Ann", "books": [{"title": "updated"}]}, {"name": "Lea", "books": [{"title": "inserted"}]}]', update_conflicts => true, update_fields => '{born}', unique_fields => '{name}');

-- 100,000 rows: more than a statement takes
CREATE TABLE many (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a int, b text);
SELECT count(*), min((o ->> 'a')::int), max((o ->> 'id')::int) FROM bolt.bulk_create('many', (SELECT json_agg(json_build_object('a', g, 'b', 'row ' || g)) FROM generate_series(1, 100000) g)) o;
SELECT count(*), count(*) FILTER (WHERE a = id AND b = 'row ' || id) FROM many;
-- a failure in the last of them leaves none
SELECT sqlstate_of('', $$SELECT count(*) FROM bolt.bulk_create('many', (SELECT json_agg(json_build_object('a', g, 'id', 100000 + g % 30000)) FROM generate_series(1, 30001) g)) WHERE $1 = ''$$);
SELECT count(*) FROM many;
DROP SCHEMA bulk_create_test CASCADE;
