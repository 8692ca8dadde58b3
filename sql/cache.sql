-- Compiled graphs are kept by the shape of a document; whatever changes its meaning makes a new one.
CREATE SCHEMA cache_test;
SET search_path = cache_test;
\i sql/fixture/blog.sql

-- one shape, many values
SELECT bolt.fetch_json(format('{"model": "blog_tag", "filter": {"id__in": %s}, "order_by": ["id"], "limit": %s, "values_list": ["id"], "flat": true}', ids, size)::json)
	FROM (VALUES ('[1, 2, 3]', 2), ('[]', 1), ('[4]', 5), ('[3, null, 2]', 1)) v(ids, size);
-- null is another shape than a value, true than false, a number as good as a text
SELECT string_agg(bolt.count(format('{"model": "blog_article", "filter": {"rating": %s}}', v)::json)::text, ' ' ORDER BY n) FROM unnest(ARRAY['5', 'null', '"5"', '4', 'null', '"4"']) WITH ORDINALITY u(v, n);
SELECT string_agg(bolt.count(format('{"model": "blog_article", "filter": {"rating__isnull": %s}}', v)::json)::text, ' ' ORDER BY n) FROM unnest('{true,false,true}'::text[]) WITH ORDINALITY u(v, n);
-- texts that run together are apart
SELECT bolt.fetch_json('{"model": "blog_tag", "values_list": ["id"], "filter": {"name": "sql"}}'), bolt.fetch_json('{"model": "blog_tag", "values": ["id"], "filter": {"name": "sql"}}'),
	bolt.fetch_json('{"model": "blog_tag", "filter": {"name": "sql"}, "only": ["id"]}');
-- each function its own
SELECT bolt.fetch_json('{"model": "blog_tag", "filter": {"id": 2}}'), bolt.first('{"model": "blog_tag", "filter": {"id": 2}}'), bolt.get('{"model": "blog_tag", "filter": {"id": 2}}'),
	bolt.count('{"model": "blog_tag", "filter": {"id": 2}}'), bolt.exists('{"model": "blog_tag", "filter": {"id": 2}}'), bolt.in_bulk('{"model": "blog_tag", "filter": {"id": 2}}'),
	bolt.in_bulk('{"model": "blog_tag", "filter": {"id": 2}}', NULL, 'name'), bolt.last('{"model": "blog_tag", "filter": {"id": 2}}'), bolt.latest('{"model": "blog_tag", "filter": {"id": 2}}', 'id');

--
-- Columns
--
SELECT bolt.first('{"model": "geo_city"}'), bolt.first('{"model": "auth_profile", "select_related": ["city"], "only": ["city"]}');
ALTER TABLE geo_city ADD COLUMN country text DEFAULT 'EU';
SELECT bolt.first('{"model": "geo_city"}'), bolt.first('{"model": "auth_profile", "select_related": ["city"], "only": ["city"]}');
ALTER TABLE geo_city RENAME COLUMN country TO land;
SELECT bolt.first('{"model": "geo_city"}'), bolt.first('{"model": "auth_profile", "select_related": ["city"], "only": ["city"]}');
SELECT sqlstate_of('{"model": "geo_city", "filter": {"country": "EU"}}'), bolt.count('{"model": "geo_city", "filter": {"land": "EU"}}');
ALTER TABLE geo_city ALTER COLUMN land DROP DEFAULT, ALTER COLUMN land TYPE json USING to_json(land);
SELECT bolt.first('{"model": "geo_city"}');
ALTER TABLE geo_city DROP COLUMN land;
SELECT bolt.first('{"model": "geo_city"}'), bolt.first('{"model": "auth_profile", "select_related": ["city"], "only": ["city"]}');
-- rolled back
BEGIN;
ALTER TABLE geo_city ADD COLUMN temporary int;
SELECT bolt.first('{"model": "geo_city"}');
ROLLBACK;
SELECT bolt.first('{"model": "geo_city"}');
BEGIN;
SAVEPOINT s;
ALTER TABLE geo_city RENAME COLUMN name TO title;
SELECT bolt.first('{"model": "geo_city"}');
ROLLBACK TO s;
SELECT bolt.first('{"model": "geo_city"}');
COMMIT;
-- a column of a type, an enum's labels
CREATE TYPE mood AS ENUM ('ok');
ALTER TABLE geo_city ADD COLUMN mood mood;
SELECT sqlstate_of('{"model": "geo_city", "filter": {"mood": "sad"}}');
ALTER TYPE mood ADD VALUE 'sad';
SELECT bolt.count('{"model": "geo_city", "filter": {"mood": "sad"}}');
ALTER TABLE geo_city DROP COLUMN mood;

--
-- Keys, relations, indexes
--
CREATE TABLE book (id int, author_id int, title text);
INSERT INTO book VALUES (1, 1, 'a'), (2, 1, 'b');
SELECT sqlstate_of('{"model": "book", "filter": {"pk": 1}}'), sqlstate_of('{"model": "book", "select_related": ["author"]}');
ALTER TABLE book ADD PRIMARY KEY (id);
ALTER TABLE book ADD FOREIGN KEY (author_id) REFERENCES auth_user;
SELECT bolt.get('{"model": "book", "select_related": ["author"], "only": ["author__username"], "filter": {"pk": 1}}'), bolt.get('{"model": "auth_user", "only": ["id"], "prefetch_related": [{"lookup": "book", "queryset": {"only": ["id"], "order_by": ["id"]}}]}', '{"id": 1}');
CREATE INDEX book_author ON book (author_id);
SELECT bolt.get('{"model": "auth_user", "only": ["id"], "prefetch_related": [{"lookup": "book", "queryset": {"only": ["id"], "order_by": ["id"]}}]}', '{"id": 1}');
DROP INDEX book_author;
SELECT bolt.get('{"model": "auth_user", "only": ["id"], "prefetch_related": [{"lookup": "book", "queryset": {"only": ["id"], "order_by": ["id"]}}]}', '{"id": 1}');
-- a unique key makes one object of an array
DELETE FROM book WHERE id = 2;
ALTER TABLE book ADD CONSTRAINT one_each UNIQUE (author_id);
SELECT bolt.get('{"model": "auth_user", "only": ["id"], "prefetch_related": ["book"]}', '{"id": 1}');
ALTER TABLE book DROP CONSTRAINT one_each;
SELECT bolt.get('{"model": "auth_user", "only": ["id"], "prefetch_related": ["book"]}', '{"id": 1}');
-- registered names
SELECT sqlstate_of('{"model": "auth_user", "prefetch_related": ["books"]}');
SELECT bolt.register_relation('book', '{author_id}', related_name => 'books');
SELECT bolt.get('{"model": "auth_user", "only": ["id"], "prefetch_related": ["books"]}', '{"id": 1}');
SELECT bolt.unregister('book');
SELECT sqlstate_of('{"model": "auth_user", "prefetch_related": ["books"]}');
-- a registered ordering
SELECT bolt.first('{"model": "blog_tag"}');
SELECT bolt.register_model('blog_tag', ordering => '{name}');
SELECT bolt.first('{"model": "blog_tag"}');
SELECT bolt.unregister('blog_tag');
SELECT bolt.first('{"model": "blog_tag"}');
DROP TABLE book;

--
-- search_path, role, settings
--
CREATE SCHEMA cache_other;
CREATE TABLE cache_other.blog_tag (slug text PRIMARY KEY);
INSERT INTO cache_other.blog_tag VALUES ('other');
SELECT bolt.first('{"model": "blog_tag"}');
SET search_path = cache_other, cache_test;
SELECT bolt.first('{"model": "blog_tag"}'), bolt.first('{"model": "cache_test.blog_tag"}');
SET search_path = cache_test, cache_other;
SELECT bolt.first('{"model": "blog_tag"}'), bolt.first('{"model": "cache_other.blog_tag"}');
-- a table that comes to stand before another
CREATE TEMPORARY TABLE blog_tag (word text PRIMARY KEY);
INSERT INTO pg_temp.blog_tag VALUES ('temporary');
SELECT bolt.first('{"model": "blog_tag"}');
DROP TABLE pg_temp.blog_tag;
SELECT bolt.first('{"model": "blog_tag"}');
-- in a function with a path of its own
CREATE FUNCTION first_tag() RETURNS json LANGUAGE sql STABLE SET search_path = cache_other AS $$ SELECT bolt.first('{"model": "blog_tag"}') $$;
SELECT first_tag(), bolt.first('{"model": "blog_tag"}'), first_tag();
ALTER SCHEMA cache_other RENAME TO cache_moved;
SELECT sqlstate_of('{"model": "cache_other.blog_tag"}'), bolt.first('{"model": "cache_moved.blog_tag"}');
DROP SCHEMA cache_moved CASCADE;
SELECT sqlstate_of('{"model": "cache_moved.blog_tag"}');
SET search_path = cache_test;

CREATE ROLE regress_bolt_cache;
GRANT USAGE ON SCHEMA cache_test TO regress_bolt_cache;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cache_test TO regress_bolt_cache;
SELECT bolt.count('{"model": "blog_tag"}');
SET ROLE regress_bolt_cache;
SELECT sqlstate_of('{"model": "blog_tag"}', 'SELECT bolt.count($1::json)');
RESET ROLE;
GRANT SELECT ON blog_tag TO regress_bolt_cache;
SET ROLE regress_bolt_cache;
SELECT bolt.count('{"model": "blog_tag"}');
RESET ROLE;
REVOKE SELECT ON blog_tag FROM regress_bolt_cache;
SET ROLE regress_bolt_cache;
SELECT sqlstate_of('{"model": "blog_tag"}', 'SELECT bolt.count($1::json)');
RESET ROLE;
-- row-level security that comes and goes
GRANT SELECT ON blog_tag, blog_article_tags, blog_article TO regress_bolt_cache;
CREATE POLICY first_ones ON blog_tag TO regress_bolt_cache USING (id < 3);
SET ROLE regress_bolt_cache;
SELECT bolt.count('{"model": "blog_tag"}'), bolt.get('{"model": "blog_article", "only": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}]}', '{"id": 6}');
RESET ROLE;
ALTER TABLE blog_tag ENABLE ROW LEVEL SECURITY;
SET ROLE regress_bolt_cache;
SELECT bolt.count('{"model": "blog_tag"}'), bolt.get('{"model": "blog_article", "only": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}]}', '{"id": 6}');
RESET ROLE;
SELECT bolt.count('{"model": "blog_tag"}'), bolt.get('{"model": "blog_article", "only": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}]}', '{"id": 6}');
ALTER TABLE blog_tag DISABLE ROW LEVEL SECURITY;

-- the session's time zone, and how bigint is written
CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz);
INSERT INTO event VALUES (1, '2024-01-01 00:00+00');
SELECT bolt.first('{"model": "event"}'), bolt.count('{"model": "event", "filter": {"at": "2024-01-01 00:00"}}');
SET timezone = 'Asia/Tokyo';
SELECT bolt.first('{"model": "event"}'), bolt.count('{"model": "event", "filter": {"at": "2024-01-01 00:00"}}');
SET timezone = 'UTC';
SET bolt_orm.bigint_as_string = on;
SELECT bolt.first('{"model": "event"}');
RESET bolt_orm.bigint_as_string;
SELECT bolt.first('{"model": "event"}');

--
-- A cache of one, and a cache that overflows
--
SET bolt_orm.plan_cache_size = 1;
SELECT string_agg(bolt.first(d::json)::text, ' ' ORDER BY n, d) FROM generate_series(1, 3) n, unnest(ARRAY['{"model": "blog_tag"}', '{"model": "geo_city"}', '{"model": "blog_article", "only": ["id"], "prefetch_related": ["tags"]}']) d;
-- a graph that is dropped while it runs
SET bolt_orm.chunk_size = 1;
SELECT o->>'id', bolt.count('{"model": "geo_city"}'), bolt.first('{"model": "blog_article", "only": ["id"]}') FROM bolt.fetch('{"model": "blog_tag", "prefetch_related": ["article"], "order_by": ["id"]}') o;
RESET bolt_orm.chunk_size;
SET bolt_orm.plan_cache_size = 10;
SELECT count(bolt.count(format('{"model": "blog_tag", "filter": {%s}}', (SELECT string_agg(format('"id__%s": 1', l), ', ') FROM unnest('{gt,gte,lt,lte,exact,isnull}'::text[]) WITH ORDINALITY u(l, i) WHERE (n & (1 << (i - 1)::int)) > 0 AND l <> 'isnull'))::json))
	FROM generate_series(0, 63) n;
RESET bolt_orm.plan_cache_size;
-- an error while compiling leaves nothing behind
SELECT sqlstate_of('{"model": "blog_tag", "filter": {"nothing": 1}}'), sqlstate_of('{"model": "blog_tag", "filter": {"nothing": 1}}'), bolt.count('{"model": "blog_tag"}');
-- DISCARD
DISCARD PLANS;
SELECT bolt.first('{"model": "blog_tag"}');

DROP SCHEMA cache_test CASCADE;
DROP ROLE regress_bolt_cache;
