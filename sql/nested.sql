-- Objects within objects: written in the same call, whatever the direction of the relation.
CREATE SCHEMA nested_test;
SET search_path = nested_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql

-- an object in a to-one relation is created before the one that refers to it
SELECT bolt.create('shelf_book', '{"title": "Solaris", "author": {"name": "Stanislaw"}}');
-- objects in a one-to-many relation behind the one that they refer to
SELECT bolt.create('shelf_author', '{"name": "Ursula", "books": [{"title": "Lathe"}, {"title": "Word", "pages": 189}]}');
-- in a reverse one-to-one
SELECT bolt.create('shelf_author', '{"name": "Ray", "profile": {"bio": "Writes."}}');
-- in a many-to-many
SELECT bolt.create('shelf_book', '{"title": "Eden", "tags": [{"name": "sf"}, {"name": "polish"}]}');
-- keys in a to-many relation are links: bare, as an object, twice
SELECT bolt.create('shelf_author', '{"name": "Anon", "books": [1, {"id": 4}]}');
SELECT bolt.create('shelf_book', '{"title": "Fiasco", "tags": [1, {"id": 2}, 1, {"name": "last"}]}');
-- from the other side of a many-to-many
SELECT bolt.create('shelf_tag', '{"name": "classic", "book": [1, {"title": "New classic"}]}') ->> 'name';
SELECT b.title FROM shelf_book b JOIN shelf_book_tags t ON t.book_id = b.id JOIN shelf_tag g ON g.id = t.tag_id WHERE g.name = 'classic' ORDER BY 1;
-- rows of the through table as such
SELECT bolt.create('shelf_book', '{"title": "Through", "shelf_book_tags": [{"tag": 1}, {"tag": {"name": "by through"}}]}');
-- an empty array is no link
SELECT bolt.create('shelf_book', '{"title": "None", "tags": []}');

-- levels below levels, and all directions at once
SELECT bolt.create('shelf_book', '{"title": "Deep", "author": {"name": "Parent", "mentor": {"name": "Grandparent"}, "profile": {"bio": "p"}}, "chapters": [{"title": "One", "notes": [{"text": "1a"}, {"text": "1b"}]}, {"title": "Two"}], "tags": [{"name": "deep"}]}');
-- a self relation, both ways
SELECT bolt.create('shelf_author', '{"name": "Middle", "mentor": {"name": "Above"}, "pupils": [{"name": "Below", "pupils": [{"name": "Lowest"}]}]}');

-- many rows at once: statements follow from the relations, objects go where they belong
SELECT bolt.bulk_create('shelf_book', '[
	{"title": "b1", "author": {"name": "p1"}, "tags": [1], "chapters": [{"title": "c1"}]},
	{"title": "b2", "author": {"name": "p2"}, "tags": [{"name": "of b2"}, 2]},
	{"title": "b3", "author": 1},
	{"title": "b4", "chapters": [{"title": "c4"}, {"title": "c5"}]}]');
-- a parent for two is two
SELECT fails_briefly('bulk_create', 'shelf_book', '[{"title": "x", "author": {"name": "twin"}}, {"title": "y", "author": {"name": "twin"}}]');

-- save updates what has a key and is there, and inserts the rest
SELECT bolt.save('shelf_author', '{"id": 3, "profile": {"id": 1, "bio": "Wrote."}}');
SELECT bolt.save('shelf_author', '{"id": 2, "books": [{"id": 2, "title": "The Lathe of Heaven"}, {"id": 3}, {"title": "Tehanu"}]}');
SELECT bolt.save('shelf_book', '{"id": 1, "author": {"id": 1, "born": 1921}, "tags": [{"id": 1, "name": "science fiction"}, {"name": "saved"}]}');
-- ... to-many relations have what the array says then
SELECT bolt.save('shelf_book', '{"id": 1, "tags": [2]}');
SELECT bolt.save('shelf_author', '{"id": 2, "books": [2]}');
SELECT id, author_id FROM shelf_book WHERE id IN (2, 3) ORDER BY id;
SELECT bolt.save('shelf_book', '{"id": 1, "tags": []}');
-- a parent that is not there by its key is inserted
SELECT bolt.save('shelf_author', '{"id": 2, "mentor": {"id": 500, "name": "Five hundred"}}');
-- create inserts, whatever keys there are
SELECT fails('create', 'shelf_book', '{"title": "x", "author": {"id": 1, "name": "again"}}');

-- a link to what is not there
SELECT fails('create', 'shelf_author', '{"name": "x", "books": [99]}');
SELECT fails('save', 'shelf_author', '{"id": 1, "books": [99]}');
SELECT fails('create', 'shelf_book', '{"title": "x", "tags": [99]}');
SELECT fails('create', 'shelf_book', '{"title": "x", "author": {"id": 99}}');
-- one twice in an array of those that can belong to one only
SELECT fails('create', 'shelf_author', '{"name": "x", "books": [1, 1]}');
SELECT fails('save', 'shelf_author', '{"id": 1, "books": [{"id": 1, "pages": 3}, {"id": 1, "pages": 4}]}');

-- the wrong form
SELECT fails('create', 'shelf_author', '{"name": "x", "books": {}}');
SELECT fails('create', 'shelf_author', '{"name": "x", "books": 1}');
SELECT fails('create', 'shelf_author', '{"name": "x", "books": null}');
SELECT fails('create', 'shelf_author', '{"name": "x", "books": [null]}');
SELECT fails('create', 'shelf_author', '{"name": "x", "books": [[1]]}');
SELECT fails_briefly('create', 'shelf_author', '{"name": "x", "books": ["y"]}');
SELECT fails('create', 'shelf_author', '{"name": "x", "profile": [1]}');
SELECT fails('create', 'shelf_author', '{"name": "x", "profile": 1}');
SELECT fails('create', 'shelf_book', '{"title": "x", "author": [{"name": "y"}]}');
-- what is wrong within is said with its path
SELECT fails('create', 'shelf_author', '{"name": "x", "books": [{"title": "t"}, {"titel": "t"}]}');
SELECT fails('create', 'shelf_book', '{"title": "x", "author": {"name": "y", "mentor": {"nme": "z"}}}');
-- the relation's own column is its owner's
SELECT fails('create', 'shelf_author', '{"name": "x", "books": [{"title": "t", "author": 1}]}');
SELECT fails('create', 'shelf_author', '{"name": "x", "profile": {"bio": "t", "author_id": 1}}');
SELECT fails('create', 'shelf_book', '{"title": "x", "author": {"name": "y"}, "author_id": 1}');
-- nothing of all these remains, nor of what was written before a later row failed
SELECT fails_briefly('create', 'shelf_author', '{"name": "x", "mentor": {"name": "y"}, "books": [{"title": "t"}, {"title": "t", "pages": 0}]}');
SELECT count(*) FROM shelf_author WHERE name IN ('x', 'y');
SELECT count(*) FROM shelf_book WHERE title IN ('t', 'x');

-- update takes no nested objects
SELECT fails('update', '{"model": "shelf_book", "filter": {"id": 1}}', '{"author": {"name": "x"}}');
SELECT fails('update', '{"model": "shelf_book", "filter": {"id": 1}}', '{"tags": [1]}');

-- keys of several columns, and those that their type writes otherwise
CREATE TABLE route (city text, line int, name text, PRIMARY KEY (city, line));
CREATE TABLE stop (code char(4) PRIMARY KEY, name text, route_city text, route_line int, FOREIGN KEY (route_city, route_line) REFERENCES route);
SELECT bolt.register_relation('stop', '{route_city,route_line}', 'route', 'stops'), bolt.register_model('stop', ordering => '{code}');
SELECT bolt.create('stop', '{"code": "a", "route": {"city": "Rome", "line": 1, "name": "One"}}');
SELECT bolt.create('stop', '{"code": "b", "route": ["Rome", 1]}'), bolt.create('stop', '{"code": "c", "route": {"line": 1, "city": "Rome"}}');
SELECT bolt.create('stop', '{"code": "d", "route": null}');
SELECT fails('create', 'stop', '{"code": "e", "route": "Rome"}');
SELECT bolt.create('route', '{"pk": ["Oslo", 2], "stops": ["a", {"code": "b"}, {"code": "f", "name": "Foe"}]}');
DROP SCHEMA nested_test CASCADE;
