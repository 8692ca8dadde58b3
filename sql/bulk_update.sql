-- bolt.bulk_update: fields of many rows, by their primary keys.
CREATE SCHEMA bulk_update_test;
SET search_path = bulk_update_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql
INSERT INTO shelf_author (name, born) VALUES ('Ann', 1), ('Bob', 2), ('Cid', 3);

-- each row has its own values; the result is how many were there
SELECT bolt.bulk_update('shelf_author', '[{"id": 2, "born": 12}, {"id": 1, "born": 11}, {"id": 99, "born": 0}]', '{born}');
SELECT bolt.bulk_update('shelf_author', '[{"id": 3, "born": null, "name": "Cyd"}]', '{born,name}');
SELECT * FROM shelf_author ORDER BY id;
-- what is not among the fields stays, given or not
SELECT bolt.bulk_update('shelf_author', '[{"pk": 1, "born": 21, "name": "ignored", "books": [1]}]', '{born}');
-- but a name that nothing has is a mistake
SELECT bolt.bulk_update('shelf_author', '[{"pk": 1, "born": 21, "age": 3}]', '{born}');
-- a relation by its own name or its column's, its key or an object of it
SELECT bolt.bulk_update('shelf_author', '[{"id": 1, "mentor": 2}, {"id": 2, "mentor_id": 3}, {"id": 3, "mentor": {"id": 1}}]', '{mentor}');
SELECT * FROM shelf_author ORDER BY id;
SELECT bolt.bulk_update('shelf_author', '[{"id": 1, "mentor": null}, {"id": 2, "mentor_id": null}]', '{mentor_id}');
-- expressions over the row, beside literals
SELECT bolt.bulk_update('shelf_author', '[{"id": 1, "born": {"Add": ["born", 1]}}, {"id": 2, "born": 7}, {"id": 3, "born": {"Case": [{"when": {"name": "Cyd"}, "then": 5}], "default": 6}}]', '{born}');
SELECT * FROM shelf_author ORDER BY id;
-- none
SELECT bolt.bulk_update('shelf_author', '[]', '{born}');

-- a row can be given once, however its key is written and whatever the rows set
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"id": 1, "born": 2}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"pk": "01", "born": 2}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": {"F": "id"}}, {"id": 2, "born": 2}, {"id": 1, "born": 2}]', '{born}');

-- keys: all of them, values, and not to be changed
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"born": 1}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": null, "born": 1}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": {"F": "id"}, "born": 1}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}]', '{id}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}]', '{born,pk}');
CREATE TABLE no_key (a int, b int);
SELECT fails('bulk_update', 'no_key', '[{"a": 1, "b": 1}]', '{b}');

-- fields that are none
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1}]', '{}');
SELECT fails('bulk_update', 'shelf_author', '[]', '{nope}');
SELECT fails('bulk_update', 'shelf_author', '[]', '{mentor__name}');
SELECT fails('bulk_update', 'shelf_author', '[]', '{books}');
SELECT fails('bulk_update', 'shelf_author', '[]', NULL);
-- values that are missing, or no values
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"id": 2}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "mentor": {"name": "x"}}]', '{mentor}');
SELECT fails('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"id": 2, "born": []}]', '{born}');
SELECT fails('bulk_update', 'shelf_author', '{}', '{born}');
SELECT fails('bulk_update', 'shelf_author', '[1]', '{born}');
SELECT fails('bulk_update', 'shelf_author', NULL, '{born}');
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "born": {"F": "mentor__born"}}]', '{born}');
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "born": {"Count": "books"}}]', '{born}');
-- constraints and types; nothing remains
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "name": "x"}, {"id": 2, "name": null}]', '{name}');
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]', '{name}');
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "mentor": 1}, {"id": 2, "mentor": 99}]', '{mentor}');
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"id": 2, "born": "abc"}]', '{born}');
SELECT fails_briefly('bulk_update', 'shelf_author', '[{"id": 1, "born": 1}, {"id": "abc", "born": 1}]', '{born}');
SELECT * FROM shelf_author ORDER BY id;

-- keys of several columns, in any order and as an array
CREATE TABLE seat (number int, room text, taken bool, PRIMARY KEY (room, number));
INSERT INTO seat VALUES (1, 'A', false), (2, 'A', false), (1, 'B', false);
SELECT bolt.bulk_update('seat', '[{"number": 1, "room": "A", "taken": true}, {"pk": ["B", 1], "taken": true}]', '{taken}');
SELECT * FROM seat ORDER BY room, number;
SELECT fails('bulk_update', 'seat', '[{"number": 1, "taken": true}]', '{taken}');
SELECT fails('bulk_update', 'seat', '[{"pk": ["B"], "taken": true}]', '{taken}');
-- keys that their column writes otherwise than they are given
CREATE TABLE scaled (id numeric(6,2) PRIMARY KEY, code char(4), v int);
INSERT INTO scaled VALUES (1, 'a', 0), (2.5, 'b', 0);
SELECT bolt.bulk_update('scaled', '[{"id": 1, "v": 1}, {"id": "2.5000", "v": 2}]', '{v}');
SELECT * FROM scaled ORDER BY id;

-- more rows than a statement takes
CREATE TABLE many (id int PRIMARY KEY, a int);
INSERT INTO many SELECT g, 0 FROM generate_series(1, 25000) g;
SELECT bolt.bulk_update('many', (SELECT json_agg(json_build_object('id', g, 'a', g)) FROM generate_series(25000, 1, -1) g), '{a}');
SELECT count(*) FROM many WHERE a = id;
SELECT split_part(refused('', $$SELECT bolt.bulk_update('many', (SELECT json_agg(json_build_object('id', 1 + g % 15000, 'a', 0)) FROM generate_series(1, 15001) g), '{a}') || $1$$), E'\n', 1);
SELECT count(*) FROM many WHERE a = id;
DROP SCHEMA bulk_update_test CASCADE;
