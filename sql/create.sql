-- bolt.create: one row, with what the database makes of it.
CREATE SCHEMA create_test;
SET search_path = create_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql

-- the object comes back with the key and the defaults that the database has made
SELECT bolt.create('shelf_author', '{"name": "Ursula"}');
SELECT bolt.create('shelf_book', '{"title": "Rocannon''s World", "author": 1, "published": "1966-01-01"}');
SELECT bolt.create('shelf.Author', '{"name": "Stanislaw", "born": 1921}');
-- a key of the caller's own; null is none
SELECT bolt.create('shelf_author', '{"id": 100, "name": "Hundred"}'), bolt.create('shelf_author', '{"pk": 101, "name": "Hundred and one"}');
SELECT bolt.create('shelf_author', '{"id": null, "name": "Three"}'), bolt.create('shelf_author', '{"pk": null, "name": "Four"}');
-- nothing given: all defaults
CREATE TABLE blank (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at date DEFAULT '2024-02-29');
SELECT bolt.create('blank', '{}');
-- null is not the default
SELECT bolt.create('blank', '{"at": null}');

-- a to-one relation takes a key, by its own name or its column's, an object that says nothing else, or null
SELECT bolt.create('shelf_author', '{"name": "a", "mentor": 1}');
SELECT bolt.create('shelf_author', '{"name": "b", "mentor_id": "1"}');
SELECT bolt.create('shelf_author', '{"name": "c", "mentor": {"id": 1}}');
SELECT bolt.create('shelf_author', '{"name": "d", "mentor": {"pk": 1}}');
SELECT bolt.create('shelf_author', '{"name": "e", "mentor": null}');

-- literals are read by the column's type, as its input function reads them
SELECT bolt.create('shelf_author', '{"name": 3, "born": "1970"}');
SELECT bolt.create('shelf_author', '{"name": true}');
SELECT bolt.create('shelf_book', '{"title": "\u00c9t\u00e9 \"\\\n", "price": 1.005}');
SELECT bolt.create('shelf_book', '{"title": "Price", "price": 12.345}');

-- expressions that need no row
SELECT bolt.create('shelf_author', '{"name": {"Upper": {"Value": "up"}}, "born": {"Add": [1900, 62]}, "mentor": {"Value": 1}}');
SELECT bolt.create('shelf_author', '{"name": "sub", "born": {"Subquery": {"model": "shelf_author", "filter": {"name": "UP"}, "values_list": ["born"]}}}');
-- a Value is the column's literal
SELECT bolt.create('shelf_book', '{"title": {"Value": "valued"}, "pages": {"Value": 7}, "published": {"Value": null}}');

-- what would need one
SELECT fails('create', 'shelf_author', '{"name": "f", "born": {"F": "id"}}');
SELECT fails('create', 'shelf_author', '{"name": "f", "born": {"Add": [1, "mentor__born"]}}');
SELECT fails('create', 'shelf_author', '{"name": "f", "born": {"Case": [{"when": {"id": 1}, "then": 1}]}}');
SELECT fails('create', 'shelf_author', '{"name": "f", "born": {"Subquery": {"model": "shelf_author", "values_list": ["id"], "filter": {"id": {"OuterRef": "id"}}}}}');
SELECT fails('create', 'shelf_author', '{"name": "f", "born": {"Count": "*"}}');
SELECT fails('create', 'shelf_author', '{"name": "f", "born": {"Window": {"RowNumber": []}}}');

-- members that are nothing of the model
SELECT fails('create', 'shelf_author', '{"nam": "x"}');
SELECT fails('create', 'shelf_author', '{"name": "x", "mentor__name": "y"}');
SELECT fails('create', 'shelf_author', '{"": "x"}');
SELECT fails('create', 'no_such', '{}');
-- two values of one column
SELECT fails('create', 'shelf_author', '{"name": "x", "name": "y"}');
SELECT fails('create', 'shelf_author', '{"name": "x", "id": 7, "pk": 8}');
SELECT fails('create', 'shelf_author', '{"name": "x", "mentor": 1, "mentor_id": 2}');

-- values of the wrong form
SELECT fails('create', 'shelf_author', '{"name": ["x"]}');
SELECT fails('create', 'shelf_author', '{"name": {"a": 1}}');
SELECT fails('create', 'shelf_author', '{"name": "x", "born": []}');
SELECT fails('create', 'shelf_author', '{"name": "x", "mentor": []}');
SELECT fails('create', 'shelf_author', '{"name": "x", "born": "abc"}');
SELECT fails('create', 'shelf_author', '{"name": "x", "born": 1.5}');
SELECT fails('create', 'shelf_author', '{"name": "x", "born": true}');
SELECT fails('create', 'shelf_author', '{"name": "x", "born": 99999999999}');
SELECT sqlstate_of('{"name": "a\u0000b"}', $$SELECT bolt.create('shelf_author', $1::json)$$);
SELECT sqlstate_of('{"title": "x", "published": "2024-02-30"}', $$SELECT bolt.create('shelf_book', $1::json)$$);
SELECT sqlstate_of('{"title": "x", "price": 123456}', $$SELECT bolt.create('shelf_book', $1::json)$$);
-- the error's context says which value it was
\set SHOW_CONTEXT always
SELECT bolt.create('shelf_author', '{"name": "x", "born": "abc"}');
SELECT bolt.create('shelf_author', '{"name": "x", "mentor": {"name": "y", "born": "abc"}}');
\set SHOW_CONTEXT never

-- arguments that are not what they should be
SELECT fails('create', 'shelf_author', '[]'), fails('create', 'shelf_author', '3'), fails('create', 'shelf_author', 'null');
SELECT fails('create', 'shelf_author', NULL);
SELECT fails('create', NULL, '{}');
SELECT sqlstate_of('{"name": ', $$SELECT bolt.create('shelf_author', $1::json)$$);

-- constraints, as PostgreSQL raises them; nothing remains
SELECT fails_briefly('create', 'shelf_author', '{"name": null}'), fails_briefly('create', 'shelf_author', '{}');
SELECT fails('create', 'shelf_author', '{"name": "Ursula"}');
SELECT fails('create', 'shelf_author', '{"name": "x", "mentor": 999}');
SELECT fails_briefly('create', 'shelf_book', '{"title": "x", "pages": 0}');
SELECT count(*) FROM shelf_author WHERE name IN ('x', 'f');

-- deeper than bolt_orm.max_depth
SELECT fails_briefly('create', 'shelf_author', repeat('{"mentor": ', 200) || 'null' || repeat('}', 200));
SELECT fails_briefly('create', 'shelf_author', '{"name": ' || repeat('[', 5000) || repeat(']', 5000) || '}');
-- a text of some size is none to speak of
SELECT length(bolt.create('shelf_book', json_build_object('title', repeat('x', 5000000))) ->> 'title');

-- a read only transaction writes nothing
BEGIN READ ONLY;
SELECT bolt.create('shelf_author', '{"name": "no"}');
ROLLBACK;
-- a call that fails inside a savepoint leaves the transaction as it was
BEGIN;
SELECT bolt.create('shelf_tag', '{"name": "kept"}') ->> 'name';
SAVEPOINT s;
SELECT bolt.create('shelf_tag', '{"name": "kept"}');
ROLLBACK TO s;
SELECT bolt.create('shelf_tag', '{"name": "second"}') ->> 'name';
COMMIT;
SELECT name FROM shelf_tag ORDER BY name;
-- the same statement sees what it has written only afterwards, as with any volatile function
SELECT count(*) FROM (SELECT bolt.create('shelf_tag', json_build_object('name', 'tag ' || g)) FROM generate_series(1, 3) g) t;
SELECT count(*) FROM shelf_tag;
DROP SCHEMA create_test CASCADE;
