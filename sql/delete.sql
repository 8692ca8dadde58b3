-- bolt.delete: what goes with the rows, what keeps them, and how many of each model went.
CREATE SCHEMA delete_test;
SET search_path = delete_test;
\i sql/fixture/blog.sql

-- How many rows each table has.
CREATE FUNCTION table_counts() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb := '{}';
	name text;
	n bigint;
BEGIN
	FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'delete_test'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP
		EXECUTE format('SELECT count(*) FROM %I', name) INTO n;
		result := result || jsonb_build_object(name, n);
	END LOOP;
	RETURN result;
END $$;

-- What a delete returns, and where the tables have lost other rows, those; then the result of a
-- query.  All is rolled back.  An error is shown as refused() shows it.
CREATE FUNCTION tried(document json, query text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := table_counts();
	result record;
	lost jsonb;
	answer text;
	detail text;
	hint text;
BEGIN
	SELECT * INTO result FROM bolt.delete(document);
	SELECT coalesce(jsonb_object_agg(key, before[key]::int - value::int), '{}') INTO lost
		FROM jsonb_each_text(table_counts()) WHERE before ->> key <> value;
	answer := result.deleted || ' ' || result.models;
	IF lost <> result.models::jsonb OR result.deleted <> (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(lost)) THEN
		answer := answer || ' DIFFERS FROM ' || lost;
	END IF;
	IF query IS NOT NULL THEN
		EXECUTE query INTO hint;
		answer := answer || ', left: ' || coalesce(hint, 'NULL');
	END IF;
	RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = answer;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN CASE SQLSTATE WHEN 'ZZ000' THEN SQLERRM ELSE SQLSTATE || ': ' || SQLERRM END ||
		CASE WHEN detail <> '' THEN E'\n       ' || detail ELSE '' END ||
		CASE WHEN hint <> '' THEN E'\n       ' || hint ELSE '' END;
END $$;

--
-- Which rows
--
SELECT tried('{"model": "blog_comment", "filter": {"id": 3}}');
SELECT tried('{"model": "blog_comment", "filter": {"id": 99}}');
SELECT tried('{"model": "blog_comment", "none": true}');
SELECT tried('{"model": "blog_article_tags"}');
SELECT tried('{"model": "blog_article_tags", "exclude": {"tag": 1}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_article_tags');
-- the whole result, as a row
SELECT * FROM bolt.delete('{"model": "blog_comment", "filter": {"id": 99}}');
-- a filter by another table, to one and to many; each row once
SELECT tried('{"model": "blog_article_tags", "filter": {"tag__name": "sql"}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_article_tags');
SELECT tried('{"model": "blog_article_tags", "filter": {"article__comments__id__gt": 0}}');
SELECT tried('{"model": "auth_profile", "filter": {"user__articles__title__startswith": "A"}}');
-- an annotation
SELECT tried('{"model": "auth_profile", "annotate": {"n": {"Count": "user__articles"}}, "filter": {"n__gte": 3}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM auth_profile');
-- a window: the first of each article, and all but those
SELECT tried('{"model": "blog_article_tags", "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["article"], "order_by": ["id"]}}, "filter": {"n": 1}}',
	'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_article_tags');
SELECT tried('{"model": "blog_article_tags", "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["article"], "order_by": ["id"]}}, "filter": {"n__gt": 1}}',
	'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_article_tags');
-- what says nothing about which rows is ignored
SELECT tried('{"model": "auth_profile", "filter": {"city__name": "Rome"}, "order_by": ["-city__name"], "distinct": true, "select_related": ["user"],
	"prefetch_related": ["user__articles"], "only": ["bio"], "select_for_update": true}');
SELECT tried('{"chain": [{"filter": {"tag": 1}}, {"order_by": ["id"]}, {"exclude": {"article": 1}}], "model": "blog_article_tags"}');

--
-- Refused
--
SELECT tried('{"model": "blog_comment", "limit": 3}');
SELECT tried('{"model": "blog_comment", "offset": 3}');
SELECT tried('{"model": "blog_comment", "distinct": ["author"], "order_by": ["author"]}');
SELECT tried('{"model": "blog_comment", "values": ["id"]}');
SELECT tried('{"model": "blog_comment", "values_list": ["id"], "flat": true}');
SELECT tried('{"model": "blog_comment", "union": [{"model": "blog_comment"}]}');
SELECT tried('{"model": "blog_comment", "difference": [{"model": "blog_comment"}]}');
SELECT tried('{"model": "blog_comment", "filter": {"nonsense": 1}}') ~ '^42703';
SELECT tried('{"model": "nonsense"}') ~ '^42P01';
SELECT tried(NULL);
SELECT tried('{"model": "pg_catalog.pg_class", "filter": {"relname": "x"}}');

--
-- A foreign key that nothing is registered about is the database's
--
SELECT tried('{"model": "blog_article", "filter": {"id": 1}}');
SELECT tried('{"model": "blog_article", "filter": {"id": 10}}');
SELECT tried('{"model": "blog_comment", "filter": {"id__in": [1, 2]}}');
SELECT tried('{"model": "blog_comment", "filter": {"id__in": [1, 2, 8]}}');

--
-- CASCADE
--
SELECT bolt.register_relation('blog_comment', '{article_id}', related_name => 'comments', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_article_tags', '{article_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "blog_article", "filter": {"id": 1}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_comment');
SELECT tried('{"model": "blog_article"}', 'SELECT count(*) FROM auth_user');
SELECT tried('{"model": "blog_article", "filter": {"author__username": "ann", "tags__name__in": ["sql", "json"]}}');
SELECT tried('{"model": "blog_article", "filter": {"id": 10}}');
SELECT tried('{"model": "blog_article", "filter": {"id": 99}}');
SELECT tried('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["-id"]}}, "filter": {"n__lte": 2}}');
-- two levels, and a table that is reached in two ways
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_article', '{editor_id}', related_name => 'edited', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_comment', '{author_id}', related_name => 'comments', on_delete => 'CASCADE');
SELECT bolt.register_relation('auth_profile', '{user_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "auth_user", "filter": {"id": 3}}',
	'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_comment');
-- what still refers to the rows from elsewhere keeps them
SELECT tried('{"model": "auth_user", "filter": {"id": 2}}');
-- a reference to itself, level by level
SELECT bolt.register_relation('blog_comment', '{parent_id}', related_name => 'replies', on_delete => 'CASCADE');
SELECT tried('{"model": "blog_comment", "filter": {"id": 1}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_comment');
SELECT tried('{"model": "auth_user", "filter": {"id": 3}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_comment');
SELECT bolt.register_relation('auth_user', '{manager_id}', related_name => 'reports', on_delete => 'CASCADE');
SELECT tried('{"model": "auth_user", "filter": {"id": 1}}', 'SELECT table_counts() - $${blog_tag,geo_city}$$::text[]');

--
-- Circles
--
CREATE TABLE ring (id int PRIMARY KEY, next_id int REFERENCES ring ON DELETE RESTRICT);
INSERT INTO ring SELECT i FROM generate_series(1, 40) i;
UPDATE ring SET next_id = CASE WHEN id = 30 THEN 1 ELSE id + 1 END WHERE id < 40;
SELECT tried('{"model": "ring", "filter": {"id": 7}}') ~ '^23';
SELECT bolt.register_relation('ring', '{next_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "ring", "filter": {"id": 7}}', 'SELECT min(id) || $$ to $$ || max(id) FROM ring');
UPDATE ring SET next_id = 40 WHERE id = 40;
SELECT tried('{"model": "ring", "filter": {"id": 40}}', 'SELECT min(id) || $$ to $$ || max(id) FROM ring');
-- of two tables, whose foreign keys are checked at once; a third hangs below them
CREATE TABLE hen (id int PRIMARY KEY, egg_id int);
CREATE TABLE egg (id int PRIMARY KEY, hen_id int NOT NULL REFERENCES hen ON DELETE RESTRICT);
CREATE TABLE feather (id int PRIMARY KEY, hen_id int NOT NULL REFERENCES hen, egg_id int REFERENCES egg);
ALTER TABLE hen ADD FOREIGN KEY (egg_id) REFERENCES egg;
INSERT INTO hen SELECT i FROM generate_series(1, 6) i;
INSERT INTO egg SELECT i, i FROM generate_series(1, 6) i;
UPDATE hen SET egg_id = CASE id WHEN 1 THEN 3 WHEN 4 THEN 6 ELSE id - 1 END;
INSERT INTO feather SELECT i, 1 + i % 6, CASE WHEN i % 4 = 0 THEN 1 + i % 6 END FROM generate_series(1, 12) i;
SELECT bolt.register_relation('hen', '{egg_id}', on_delete => 'CASCADE'), bolt.register_relation('egg', '{hen_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "hen", "filter": {"id": 2}}');
SELECT bolt.register_relation('feather', '{hen_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "hen", "filter": {"id": 2}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM hen');
SELECT tried('{"model": "egg", "filter": {"id": 5}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM egg');
SELECT tried('{"model": "egg"}');

--
-- SET_NULL and SET_DEFAULT
--
SELECT bolt.register_relation('blog_comment', '{author_id}', related_name => 'comments', on_delete => 'SET_NULL');
SELECT bolt.register_relation('blog_article', '{editor_id}', related_name => 'edited', on_delete => 'SET_NULL');
SELECT bolt.register_relation('auth_user', '{manager_id}', related_name => 'reports', on_delete => 'SET_NULL');
SELECT tried('{"model": "auth_user", "filter": {"id": 2}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_comment WHERE author_id IS NULL');
SELECT tried('{"model": "auth_user", "filter": {"id": 2}}', 'SELECT string_agg(id || coalesce($$:$$ || manager_id, $$$$), $$ $$ ORDER BY id) FROM auth_user');
ALTER TABLE blog_article ALTER author_id SET DEFAULT 4;
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles', on_delete => 'SET_DEFAULT');
SELECT tried('{"model": "auth_user", "filter": {"id": 2}}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM blog_article WHERE author_id = 4');
-- a default that is deleted itself
SELECT left(tried('{"model": "auth_user", "filter": {"id__in": [2, 4]}}'), 5);

--
-- PROTECT
--
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles', on_delete => 'PROTECT');
SELECT tried('{"model": "auth_user", "filter": {"id": 2}}');
SELECT tried('{"model": "auth_user", "filter": {"id": 4}}');
-- several foreign keys, and more rows than are named
SELECT bolt.register_relation('blog_comment', '{author_id}', related_name => 'comments', on_delete => 'PROTECT');
INSERT INTO blog_comment SELECT 100 + i, 9, 3, NULL, 'again' FROM generate_series(1, 20) i;
SELECT tried('{"model": "auth_user", "filter": {"id": 3}}');
DELETE FROM blog_comment WHERE id > 100;
-- also where the rows in the way would be deleted, too
SELECT bolt.register_relation('auth_user', '{manager_id}', related_name => 'reports', on_delete => 'CASCADE');
SELECT tried('{"model": "auth_user", "filter": {"id": 1}}');
-- below another level
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_comment', '{article_id}', related_name => 'comments', on_delete => 'PROTECT');
SELECT tried('{"model": "auth_user", "filter": {"id": 3}}');
SELECT (refused('{"model": "auth_user", "filter": {"id": 3}}', 'SELECT bolt.delete($1::json)'::text)) ~ '^23001';

--
-- RESTRICT
--
SELECT bolt.register_relation('blog_comment', '{article_id}', related_name => 'comments', on_delete => 'RESTRICT');
SELECT bolt.register_relation('blog_comment', '{author_id}', related_name => 'comments', on_delete => 'SET_NULL');
SELECT tried('{"model": "blog_article", "filter": {"id": 2}}');
SELECT tried('{"model": "blog_article", "filter": {"id": 3}}');
-- Django's example: allowed where what restricts is deleted by another way
CREATE TABLE artist (id int PRIMARY KEY, name text);
CREATE TABLE album (id int PRIMARY KEY, artist_id int NOT NULL REFERENCES artist);
CREATE TABLE song (id int PRIMARY KEY, artist_id int NOT NULL REFERENCES artist, album_id int NOT NULL REFERENCES album);
SELECT bolt.register_relation('album', '{artist_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('song', '{artist_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('song', '{album_id}', on_delete => 'RESTRICT');
INSERT INTO artist VALUES (1, 'one'), (2, 'two');
INSERT INTO album VALUES (1, 1), (2, 2);
INSERT INTO song VALUES (1, 1, 1), (2, 1, 2);
SELECT tried('{"model": "album", "filter": {"id": 1}}');
SELECT tried('{"model": "artist", "filter": {"id": 1}}');
SELECT tried('{"model": "artist", "filter": {"id": 2}}');
SELECT tried('{"model": "artist"}');

--
-- DO_NOTHING, and what the database does
--
CREATE TABLE shop (id int PRIMARY KEY);
CREATE TABLE shelf (id int PRIMARY KEY, shop_id int REFERENCES shop ON DELETE CASCADE);
CREATE TABLE box (id int PRIMARY KEY, shelf_id int NOT NULL REFERENCES shelf ON DELETE CASCADE);
CREATE TABLE sticker (id int PRIMARY KEY, box_id int DEFAULT 20 REFERENCES box ON DELETE SET NULL);
INSERT INTO shop VALUES (1), (2);
INSERT INTO shelf SELECT i, 1 + i % 2 FROM generate_series(1, 6) i;
INSERT INTO box SELECT i, 1 + i % 6 FROM generate_series(1, 20) i;
INSERT INTO sticker SELECT i, i FROM generate_series(1, 10) i;
-- cascades of all depths are counted, whether or not the server counts
SELECT tried('{"model": "shop", "filter": {"id": 1}}', 'SELECT count(*) FROM sticker WHERE box_id IS NULL');
SET track_counts = off;
SELECT tried('{"model": "shop", "filter": {"id": 1}}');
SHOW track_counts;
RESET track_counts;
-- below them something registered acts, too
SELECT bolt.register_relation('sticker', '{box_id}', on_delete => 'SET_DEFAULT');
SELECT tried('{"model": "shop", "filter": {"id": 1}}', 'SELECT count(*) FROM sticker WHERE box_id = 20');
SELECT bolt.register_relation('sticker', '{box_id}', on_delete => 'PROTECT');
SELECT tried('{"model": "shop", "filter": {"id": 2}}');
SELECT bolt.register_relation('sticker', '{box_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "shop", "filter": {"id": 2}}');
-- but not below DO_NOTHING
SELECT bolt.register_relation('shelf', '{shop_id}', on_delete => 'DO_NOTHING');
SELECT tried('{"model": "shop", "filter": {"id": 2}}', 'SELECT count(*) FROM sticker WHERE box_id IS NULL');
SELECT bolt.register_relation('blog_article_tags', '{article_id}', on_delete => 'DO_NOTHING');
SELECT tried('{"model": "blog_article", "filter": {"id": 9}}');
-- a circle of the database's alone
CREATE TABLE link (id int PRIMARY KEY, next_id int REFERENCES link ON DELETE CASCADE);
INSERT INTO link VALUES (1, NULL), (2, 1), (3, 2);
UPDATE link SET next_id = 3 WHERE id = 1;
SELECT tried('{"model": "link", "filter": {"id": 2}}');
-- deferred constraints are checked when they are due
CREATE TABLE later (id int PRIMARY KEY, shop_id int REFERENCES shop DEFERRABLE INITIALLY DEFERRED);
INSERT INTO later VALUES (1, 2);
BEGIN;
SELECT deleted FROM bolt.delete('{"model": "shop", "filter": {"id": 2}}');
\set VERBOSITY sqlstate
COMMIT;
\set VERBOSITY default
DROP TABLE later;

--
-- Keys
--
CREATE TABLE place (country text, code int, slug varchar(10) UNIQUE, PRIMARY KEY (country, code));
CREATE TABLE street (id bigint PRIMARY KEY, country text, code int, FOREIGN KEY (country, code) REFERENCES place);
CREATE TABLE house (id uuid PRIMARY KEY, street_id bigint REFERENCES street);
CREATE TABLE sign (id int PRIMARY KEY, slug text REFERENCES place (slug));
INSERT INTO place VALUES ('fr', 1, 'a'), ('fr', 2, 'b'), ('it', 1, NULL), ('it', 2, 'd');
INSERT INTO street SELECT i, CASE WHEN i % 2 = 0 THEN 'fr' ELSE 'it' END, 1 + i % 3 % 2 FROM generate_series(1, 10) i;
INSERT INTO street VALUES (11, 'fr', NULL);
INSERT INTO house SELECT md5(i::text)::uuid, 1 + i % 10 FROM generate_series(1, 30) i;
INSERT INTO sign SELECT i, CASE WHEN i < 5 THEN chr(96 + i) END FROM unnest('{1,2,4,5,6}'::int[]) i;
SELECT bolt.register_relation('street', '{country,code}', name => 'place', on_delete => 'CASCADE');
SELECT bolt.register_relation('house', '{street_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('sign', '{slug}', name => 'place', on_delete => 'CASCADE');
SELECT tried('{"model": "place", "filter": {"country": "fr"}}');
SELECT tried('{"model": "place", "filter": {"slug": null}}', 'SELECT count(*) FROM sign WHERE slug IS NULL');
SELECT tried('{"model": "place"}', 'SELECT string_agg(id::text, $$ $$ ORDER BY id) FROM street');
SELECT bolt.register_relation('street', '{country,code}', name => 'place', on_delete => 'SET_NULL');
SELECT tried('{"model": "place", "filter": {"code": 1}}', 'SELECT count(*) FROM street WHERE country IS NULL AND code IS NULL');
SELECT bolt.register_relation('street', '{country,code}', name => 'place', on_delete => 'PROTECT');
SELECT tried('{"model": "place", "filter": {"code": 1}}');
-- without a primary key: by what it refers to, or by its own filter
CREATE TABLE visit (shop_id int REFERENCES shop, n int);
INSERT INTO visit SELECT 1 + i % 2, i FROM generate_series(1, 10) i;
SELECT bolt.register_relation('visit', '{shop_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "shop"}');
SELECT tried('{"model": "visit", "filter": {"n__lte": 4}}');
SELECT tried('{"model": "visit", "filter": {"shop__shelf__id": 2}}');
SELECT tried('{"model": "visit", "annotate": {"i": {"Window": {"RowNumber": []}, "order_by": ["n"]}}, "filter": {"i": 1}}');
SELECT tried('{"model": "visit", "none": true, "filter": {"shop__shelf__id": 2}}');
CREATE TABLE log (entry text UNIQUE);
CREATE TABLE log_note (id int PRIMARY KEY, entry text REFERENCES log (entry));
INSERT INTO log VALUES ('x');
INSERT INTO log_note VALUES (1, 'x');
SELECT bolt.register_relation('log_note', '{entry}', on_delete => 'CASCADE');
SELECT tried('{"model": "log"}');
SELECT bolt.register_model('log', primary_key => '{entry}');
SELECT tried('{"model": "log"}');
-- an enum and a domain as keys
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 5);
CREATE TABLE day (mood mood, name short, PRIMARY KEY (mood, name));
CREATE TABLE hour (id int PRIMARY KEY, mood mood, name short, FOREIGN KEY (mood, name) REFERENCES day);
INSERT INTO day VALUES ('good', 'mon'), ('bad', 'tue');
INSERT INTO hour VALUES (1, 'good', 'mon'), (2, 'bad', 'tue'), (3, 'bad', NULL);
SELECT bolt.register_relation('hour', '{mood,name}', name => 'day', on_delete => 'CASCADE');
SELECT tried('{"model": "day", "filter": {"mood": "bad"}}');

--
-- Tables of other kinds
--
CREATE TABLE event (id int, kind int, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1);
CREATE TABLE event_2 PARTITION OF event FOR VALUES IN (2);
CREATE TABLE event_note (id int, event_id int, event_kind int, shop_id int REFERENCES shop ON DELETE CASCADE,
	PRIMARY KEY (id), FOREIGN KEY (event_id, event_kind) REFERENCES event) PARTITION BY HASH (id);
CREATE TABLE event_note_1 PARTITION OF event_note FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE event_note_2 PARTITION OF event_note FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO event SELECT i, 1 + i % 2 FROM generate_series(1, 10) i;
INSERT INTO event_note SELECT i, 1 + i % 10, 1 + (1 + i % 10) % 2, 1 FROM generate_series(1, 30) i;
-- partitions of what the database cascades to are summed up
SELECT tried('{"model": "shop", "filter": {"id": 1}}');
SELECT bolt.register_relation('event_note', '{event_id,event_kind}', name => 'event', on_delete => 'CASCADE');
SELECT tried('{"model": "event", "filter": {"id__lte": 3}}');
SELECT tried('{"model": "event_1", "filter": {"id__lte": 3}}') ~ '^23503';
SELECT deleted > 0 FROM bolt.delete('{"model": "event_note_1"}');
SELECT count(*) FROM event_note_1;
-- a view with a trigger, and one that PostgreSQL passes on
CREATE VIEW open_shop AS SELECT id, count(*) OVER () AS shops FROM shop;
CREATE FUNCTION close_shop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.id = 2 THEN RETURN NULL; END IF;
	DELETE FROM sticker WHERE id = OLD.id;
	RETURN OLD;
END $$;
CREATE TRIGGER close INSTEAD OF DELETE ON open_shop FOR EACH ROW EXECUTE FUNCTION close_shop();
SELECT * FROM bolt.delete('{"model": "open_shop", "filter": {"id": 1}}');
SELECT * FROM bolt.delete('{"model": "open_shop", "filter": {"id": 2}}');
SELECT count(*) FROM sticker;
SELECT bolt.register_model('open_shop', primary_key => '{id}');
SELECT bolt.register_relation('box', '{shelf_id}', name => 'open_shop', target => 'open_shop', on_delete => 'CASCADE', target_columns => '{id}');
BEGIN;
SELECT * FROM bolt.delete('{"model": "open_shop", "filter": {"id__lte": 2}}');
SELECT string_agg(DISTINCT shelf_id::text, ' ') FROM box;
ROLLBACK;
CREATE VIEW shop_shelf AS SELECT id AS number, shop_id AS shop FROM shelf;
SELECT * FROM bolt.delete('{"model": "shop_shelf", "filter": {"number": 99}}');
-- triggers of the table: a row that is kept is not counted
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER keep BEFORE DELETE ON visit FOR EACH ROW WHEN (OLD.n > 3) EXECUTE FUNCTION keep();
SELECT tried('{"model": "visit"}');
SELECT tried('{"model": "shop", "filter": {"id": 1}}');
-- a trigger that deletes by bolt.delete
CREATE TABLE diary (id int PRIMARY KEY, n int);
INSERT INTO diary SELECT i, i / 2 FROM generate_series(1, 20) i;
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM bolt.delete(json_build_object('model', 'diary', 'filter', json_build_object('n', OLD.id))); RETURN OLD; END $$;
CREATE TRIGGER follow AFTER DELETE ON diary FOR EACH ROW EXECUTE FUNCTION follow();
SELECT * FROM bolt.delete('{"model": "diary", "filter": {"id": 2}}');
SELECT string_agg(id::text, ' ' ORDER BY id) FROM diary;

--
-- Privileges and row security
--
CREATE ROLE regress_bolt_deleter;
GRANT USAGE ON SCHEMA delete_test TO regress_bolt_deleter;
GRANT SELECT, DELETE ON shop, artist, album, ring TO regress_bolt_deleter;
GRANT SELECT ON song TO regress_bolt_deleter;
SELECT bolt.unregister('shelf'), bolt.unregister('box'), bolt.unregister('sticker'), bolt.unregister('visit');
DELETE FROM visit;
DROP TABLE visit;
SET ROLE regress_bolt_deleter;
-- the database cascades as the tables' owner, and so do we for what is registered; the first model's rows are the caller's to delete
SELECT deleted, models FROM bolt.delete('{"model": "shop", "filter": {"id": 2}}');
BEGIN;
SELECT bolt.delete('{"model": "artist", "filter": {"id": 1}}');
ROLLBACK;
SELECT bolt.delete('{"model": "blog_tag"}');
-- the privilege to update rows, which locking them takes, is not needed
SELECT deleted, models FROM bolt.delete('{"model": "ring", "filter": {"id": 7}}');
RESET ROLE;
-- row security: of the first model policies of DELETE count, not those of UPDATE; what refers to its rows goes as its owner has it
GRANT DELETE, UPDATE ON song, album, artist TO regress_bolt_deleter;
UPDATE song SET album_id = 1;
INSERT INTO song VALUES (3, 2, 2);
ALTER TABLE song ENABLE ROW LEVEL SECURITY;
ALTER TABLE artist ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON song FOR SELECT TO regress_bolt_deleter USING (true);
CREATE POLICY own ON song FOR DELETE TO regress_bolt_deleter USING (album_id = 1);
CREATE POLICY visible ON artist FOR SELECT TO regress_bolt_deleter USING (true);
CREATE POLICY own ON artist FOR DELETE TO regress_bolt_deleter USING (true);
SET ROLE regress_bolt_deleter;
BEGIN;
SELECT deleted, models FROM bolt.delete('{"model": "song"}');
ROLLBACK;
SELECT deleted, models FROM bolt.delete('{"model": "artist", "filter": {"id": 1}}');
RESET ROLE;
-- ... but not for rows that row security keeps
ALTER POLICY own ON artist USING (id <> 2);
SET ROLE regress_bolt_deleter;
SELECT bolt.delete('{"model": "artist", "filter": {"id": 2}}');
RESET ROLE;
SELECT (SELECT count(*) FROM artist), (SELECT count(*) FROM song), (SELECT count(*) FROM album);
ALTER POLICY own ON artist USING (true);
SET ROLE regress_bolt_deleter;
SELECT bolt.delete('{"model": "artist", "filter": {"id": 2}}');
RESET ROLE;
-- a registered primary key has to say which row is meant
CREATE TABLE vague (code int, uid int, v text);
CREATE TABLE vague_child (id int PRIMARY KEY, code int);
SELECT FROM bolt.register_model('vague', primary_key => '{code}');
SELECT FROM bolt.register_relation('vague_child', '{code}', target => 'vague', target_columns => '{code}', on_delete => 'CASCADE');
INSERT INTO vague VALUES (1, 10, 'a'), (1, 11, 'b'), (2, 12, 'c'), (null, 13, 'd');
INSERT INTO vague_child VALUES (1, 1), (2, 2);
SELECT bolt.delete('{"model": "vague", "filter": {"uid": 10}}');
SELECT bolt.delete('{"model": "vague", "filter": {"uid__lte": 11}}');
SELECT bolt.delete('{"model": "vague", "filter": {"uid": 13}}');
SELECT bolt.delete('{"model": "vague", "filter": {"uid": 12}}');
SELECT (SELECT count(*) FROM vague), (SELECT count(*) FROM vague_child);
SELECT bolt.unregister('vague'), bolt.unregister('vague_child');
DROP TABLE vague, vague_child;

--
-- Many rows
--
CREATE TABLE big (id int PRIMARY KEY, parent_id int REFERENCES big);
CREATE TABLE big_part (id int PRIMARY KEY, big_id int NOT NULL REFERENCES big);
CREATE INDEX ON big_part (big_id);
CREATE INDEX ON big (parent_id);
INSERT INTO big SELECT i, CASE WHEN i % 10 = 0 THEN i / 10 END FROM generate_series(1, 20000) i;
INSERT INTO big_part SELECT i, i FROM generate_series(1, 20000) i;
SELECT bolt.register_relation('big', '{parent_id}', on_delete => 'CASCADE'), bolt.register_relation('big_part', '{big_id}', on_delete => 'CASCADE');
SELECT tried('{"model": "big", "filter": {"id__lte": 1000}}');
SELECT deleted, models FROM bolt.delete('{"model": "big"}');
DROP OWNED BY regress_bolt_deleter;
DROP ROLE regress_bolt_deleter;
SELECT bolt.unregister('log'), bolt.unregister('open_shop');
DROP SCHEMA delete_test CASCADE;
