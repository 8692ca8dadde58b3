-- bolt.save: an update by the primary key, else an insert.
CREATE SCHEMA save_test;
SET search_path = save_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql

-- without a key, or with null, it inserts
SELECT bolt.save('shelf_author', '{"name": "Ursula"}');
SELECT bolt.save('shelf_author', '{"id": null, "name": "Stanislaw"}');
-- with a key that is there it updates what is given, and leaves the rest
SELECT bolt.save('shelf_author', '{"id": 1, "born": 1929}');
SELECT bolt.save('shelf_author', '{"pk": 1, "name": "Ursula K.", "mentor": 2}');
-- with one that is not it inserts
SELECT bolt.save('shelf_author', '{"id": 50, "name": "Fifty"}');
SELECT fails_briefly('save', 'shelf_author', '{"id": 51}');
-- a key alone changes nothing, and shows what is there
SELECT bolt.save('shelf_author', '{"id": 1}');
-- expressions over the row that is there; not over one that is not
SELECT bolt.save('shelf_author', '{"id": 1, "born": {"Add": ["born", 1]}, "name": {"Concat": ["name", {"Value": "!"}]}}');
SELECT fails('save', 'shelf_author', '{"id": 60, "name": "x", "born": {"Add": ["born", 1]}}');
SELECT fails('save', 'shelf_author', '{"id": 1, "born": {"F": "mentor__born"}}');
-- a key is a value
SELECT fails('save', 'shelf_author', '{"id": {"F": "id"}, "born": 0}');
SELECT bolt.save('shelf_author', '{"id": {"Value": 2}, "born": 1921}');
SELECT fails_briefly('save', 'shelf_author', '{"id": "abc", "name": "x"}'), fails('save', 'shelf_author', '{"id": [1], "name": "x"}');

-- names and constraints as with create
SELECT fails('save', 'shelf_author', '{"id": 1, "nope": 1}');
SELECT fails_briefly('save', 'shelf_author', '{"id": 1, "name": null}');
SELECT fails_briefly('save', 'shelf_author', '{"id": 1, "name": "Stanislaw"}');
SELECT fails_briefly('save', 'shelf_author', '{"id": 1, "born": "abc"}');
SELECT fails_briefly('save', 'shelf_author', NULL), fails_briefly('save', NULL, '{}'), fails_briefly('save', 'shelf_author', '[]');
-- nothing of them remains
SELECT * FROM shelf_author ORDER BY id;

-- a table of nothing but its key
CREATE TABLE only_key (id int PRIMARY KEY);
SELECT bolt.save('only_key', '{"id": 1}'), bolt.save('only_key', '{"id": 1}');
SELECT count(*) FROM only_key;
-- a table without one is only inserted into
CREATE TABLE no_key (a int);
SELECT bolt.save('no_key', '{"a": 1}'), bolt.save('no_key', '{"a": 1}');
SELECT count(*) FROM no_key;
-- keys that their column writes otherwise than they are given
CREATE TABLE scaled (id numeric(6,2) PRIMARY KEY, v text);
SELECT bolt.save('scaled', '{"id": 1.5, "v": "a"}'), bolt.save('scaled', '{"id": "1.500", "v": "b"}');
DROP SCHEMA save_test CASCADE;
