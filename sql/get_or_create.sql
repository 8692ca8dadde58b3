-- bolt.get_or_create and bolt.update_or_create: what they find, what they create, what they show.
CREATE SCHEMA get_or_create_test;
SET search_path = get_or_create_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql
INSERT INTO shelf_author (name, born) VALUES ('Ann', 1901), ('Bob', 1902), ('Cid', 1903);
INSERT INTO shelf_book (title, pages, author_id) VALUES ('a', 10, 1), ('b', 20, 1), ('c', 30, 2), ('d', 40, NULL);

--
-- get_or_create
--

-- the object that is there; else a new one, with the lookup's values and the defaults
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": "Ann"}', '{"born": 5}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": "Dora"}', '{"born": 1904}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": "Dora"}', '{"born": 5}');
-- a lookup that is no equality finds, and says no value
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name__iexact": "DORA"}', '{"name": "x"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name__iexact": "eve"}', '{"name": "Eve"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": "Fay", "born__gt": 1900}', '{"born": {"Add": [1900, 6]}}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"OR": [{"name": "Gus"}, {"name": "GUS"}]}', '{"name": "Gus"}');
SELECT fails_briefly('get_or_create', '{"model": "shelf_author"}', '{"name__exact": "Zoe"}');
-- the defaults win over the lookup
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": "Hal", "born": 1}', '{"born": 2}');
-- ... so that another call finds none and is in conflict
SELECT fails('get_or_create', '{"model": "shelf_author"}', '{"name": "Hal", "born": 1}', '{"born": 2}');

-- by primary key
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"pk": 1}', '{"name": "x"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"pk": 700}', '{"name": "Ida"}');
-- by a relation's key, by either name, and null
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "e", "author": 1}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "e", "author_id": 1}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "d", "author": null}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "f", "author": null}');
-- through a relation: no value of the new object
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"author__name": "Bob"}', '{"title": "x"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"author__name": "Eve"}', '{"title": "g"}');
-- an expression
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": {"Upper": {"Value": "jon"}}}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_author"}', '{"name": {"Upper": {"Value": "jon"}}}');

-- the queryset's own filters say where is looked, and are no values
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "filter": {"author": 1}}', '{"title": "a"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "filter": {"author": 2}}', '{"title": "h"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "none": true}', '{"title": "i"}');
-- the object is shown as the queryset shows its objects, found or created
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "only": ["title", "author__name"], "select_related": ["author"], "prefetch_related": ["tags"]}', '{"title": "a"}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "only": ["title", "author__name"], "select_related": ["author"], "prefetch_related": ["tags"]}', '{"title": "j"}', '{"author": 2, "tags": [{"name": "new"}]}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "annotate": {"n": {"Count": "tags"}}}', '{"title": "k"}', '{"tags": [1]}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book", "values": ["title"]}', '{"title": "l"}');

-- nested objects in the defaults; they are not written where the object is there
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "m"}', '{"author": {"name": "Kim"}, "chapters": [{"title": "1"}]}');
SELECT * FROM bolt.get_or_create('{"model": "shelf_book"}', '{"title": "m"}', '{"author": {"name": "Lea"}, "chapters": [{"title": "2"}]}');
SELECT count(*) FROM shelf_author WHERE name = 'Lea';
-- ... nor do they remain where the object itself could not be created
SELECT fails_briefly('get_or_create', '{"model": "shelf_book"}', '{"title": "n"}', '{"author": {"name": "Lea"}, "pages": 0}');
SELECT count(*) FROM shelf_author WHERE name = 'Lea';
-- an error there leaves no open subtransaction
SELECT bolt.get_or_create('{"model": "shelf_book"}', '{"title": "n"}', '{"author": {"name": "Kim"}}');
SELECT count(*) FROM shelf_book WHERE title = 'n';

-- more than one
SELECT fails('get_or_create', '{"model": "shelf_book"}', '{"author": 1}');
SELECT bolt.bulk_create('shelf_tag', (SELECT json_agg(json_build_object('name', 't' || g)) FROM generate_series(1, 30) g)) \g /dev/null
SELECT fails('get_or_create', '{"model": "shelf_tag"}', '{}');

-- what cannot be
SELECT fails('get_or_create', '{"model": "shelf_book"}', '{"nope": 1}');
SELECT fails('get_or_create', '{"model": "shelf_book"}', '{"title": "o"}', '{"nope": 1}');
SELECT fails('get_or_create', '{"model": "shelf_book", "annotate": {"n": {"Count": "tags"}}}', '{"title": "o", "n": 0}');
SELECT fails('get_or_create', '{"model": "shelf_book"}', '{"title": "o", "author": 1}', '{"author_id": 2}');
SELECT fails('get_or_create', '{"model": "shelf_book"}', '{"title": "o", "author": {"name": "x"}}');
SELECT fails('get_or_create', '{"model": "shelf_author"}', '{"books": 99}', '{"name": "x"}');
SELECT fails('get_or_create', '{"model": "shelf_book"}', '{"title": "o"}', '[]');
SELECT fails('get_or_create', '{"model": "shelf_book"}', '[]');
SELECT fails('get_or_create', '{"model": "shelf_book"}', '"o"');
SELECT fails('get_or_create', '{"model": "shelf_book"}', NULL);
SELECT fails('get_or_create', NULL, '{}');
SELECT fails('get_or_create', '{"model": "shelf_book", "limit": 1}', '{"title": "o"}');
SELECT fails('get_or_create', '{"model": "shelf_book", "union": [{"model": "shelf_book"}]}', '{"title": "o"}');
SELECT fails_briefly('get_or_create', '{"model": "shelf_book"}', '{"title": "o"}', '{"pages": {"F": "id"}}');
SELECT count(*) FROM shelf_book WHERE title = 'o';

--
-- update_or_create
--

-- sets the defaults where the object is there, and creates it with them where it is not
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Ann"}', '{"born": 1911}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Mia"}', '{"born": 1912}');
-- in terms of the object
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Mia"}', '{"born": {"Add": ["born", 1]}}');
SELECT fails('update_or_create', '{"model": "shelf_author"}', '{"name": "Ned"}', '{"born": {"Add": ["born", 1]}}');
-- create_defaults are for the new object alone
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Ned"}', '{"born": {"Add": ["born", 1]}}', '{"born": 1}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Ned"}', '{"born": {"Add": ["born", 1]}}', '{"born": 1}');
-- ... and instead of the defaults, empty ones too
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Oda"}', '{"born": 1}', '{}');
-- nothing to set
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Oda"}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Pia"}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Pia"}', '{}', '{"born": 1}');
-- defaults that change what was looked for
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"name": "Pia"}', '{"name": "Pina"}');
SELECT fails('update_or_create', '{"model": "shelf_author"}', '{"name": "Pia"}', '{"name": "Pina"}');
-- a primary key that it has is no change; another is none that can be made
SELECT * FROM bolt.update_or_create('{"model": "shelf_author"}', '{"pk": 1}', '{"id": 1, "born": 1921}');
SELECT fails('update_or_create', '{"model": "shelf_author"}', '{"pk": 1}', '{"id": 2}');
-- by condition, filter and relation
SELECT * FROM bolt.update_or_create('{"model": "shelf_author", "filter": {"books__title": "c"}}', '{"name__istartswith": "b"}', '{"born": 1922}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_author", "annotate": {"n": {"Count": "books"}}, "filter": {"n__gte": 3}}', '{"name": "Ann"}', '{"born": 1923}');
-- as the queryset shows it
SELECT * FROM bolt.update_or_create('{"model": "shelf_book", "only": ["pages", "author__name"], "select_related": ["author"]}', '{"title": "c"}', '{"pages": 31, "author": 1}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_book", "values_list": ["pages"], "flat": true}', '{"title": "c"}', '{"pages": 32}');
-- nested objects in the defaults are saved, and its arrays set
SELECT * FROM bolt.update_or_create('{"model": "shelf_book", "prefetch_related": ["tags"]}', '{"title": "c"}', '{"author": {"id": 2, "born": 1}, "tags": [1, {"name": "nested"}]}');
SELECT * FROM bolt.update_or_create('{"model": "shelf_book", "prefetch_related": ["tags"]}', '{"title": "c"}', '{"author": {"name": "Quin"}, "tags": [1]}');
SELECT born FROM shelf_author WHERE id = 2;

SELECT fails('update_or_create', '{"model": "shelf_book"}', '{"author": 1}', '{"pages": 1}');
SELECT fails('update_or_create', '{"model": "shelf_author"}', '{"name": "Ann"}', '{"nope": 1}');
SELECT fails('update_or_create', '{"model": "shelf_author"}', '{"name": "Ann"}', '[1]');
SELECT fails('update_or_create', '{"model": "shelf_author"}', '{"name": "new"}', '{}', '[1]');
SELECT fails_briefly('update_or_create', '{"model": "shelf_author"}', '{"name": "Ann"}', '{"name": null}');
SELECT fails_briefly('update_or_create', '{"model": "shelf_author"}', '{"name": "Ann"}', '{"name": "Bob"}');
SELECT fails_briefly('update_or_create', '{"model": "shelf_author"}', NULL), fails_briefly('update_or_create', NULL, '{}');
CREATE TABLE no_key (a int);
SELECT fails('update_or_create', '{"model": "no_key"}', '{"a": 1}', '{"a": 2}');
SELECT * FROM bolt.get_or_create('{"model": "no_key"}', '{"a": 1}');
SELECT * FROM bolt.get_or_create('{"model": "no_key"}', '{"a": 1}');

-- a column with "__" in its name is a value
CREATE TABLE dunder (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a__b int);
SELECT * FROM bolt.get_or_create('{"model": "dunder"}', '{"a__b": 5}');
SELECT * FROM bolt.get_or_create('{"model": "dunder"}', '{"a__b": 5}');

-- A deferred constraint is checked for the new row alone: rows that are duplicates until the transaction's end are none of its concern,
-- and neither are other constraints of the same name.
CREATE TABLE postponed (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, k int CONSTRAINT postponed_key UNIQUE DEFERRABLE INITIALLY DEFERRED, note text);
CREATE TABLE postponed_other (k int CONSTRAINT postponed_key REFERENCES postponed DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE postponed SET note = 'touched' WHERE id = new.id; RETURN NULL; END $$;
CREATE TRIGGER touch AFTER INSERT ON postponed FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO postponed (k) VALUES (1), (2);
BEGIN;
INSERT INTO postponed (id, k) VALUES (10, 1);
INSERT INTO postponed_other VALUES (99);
SELECT * FROM bolt.get_or_create('{"model": "postponed", "only": ["k"]}', '{"k": 7}');
SELECT * FROM bolt.get_or_create('{"model": "postponed", "only": ["k"]}', '{"k": 7}');
DELETE FROM postponed WHERE id = 10;
DELETE FROM postponed_other;
COMMIT;
-- what conflicts with a row that the lookup does not find is left to the constraint, as in Django
BEGIN;
SELECT * FROM bolt.get_or_create('{"model": "postponed", "only": ["k"]}', '{"id": 50}', '{"k": 7}');
DELETE FROM postponed WHERE id < 50 AND k = 7;
COMMIT;
SELECT * FROM bolt.get_or_create('{"model": "postponed", "only": ["k"]}', '{"id": 51}', '{"k": 7}');
SELECT id, k FROM postponed WHERE k = 7;

-- ON CONFLICT does not go with rules
CREATE TABLE ruled (id int PRIMARY KEY, n int);
CREATE TABLE ruled_log (id int);
CREATE RULE log AS ON INSERT TO ruled DO ALSO INSERT INTO ruled_log VALUES (new.id);
SELECT * FROM bolt.get_or_create('{"model": "ruled"}', '{"id": 1}');
SELECT * FROM bolt.get_or_create('{"model": "ruled"}', '{"id": 1}');
SELECT * FROM bolt.update_or_create('{"model": "ruled"}', '{"id": 1}', '{"n": 2}');
TABLE ruled_log;
DROP SCHEMA get_or_create_test CASCADE;
