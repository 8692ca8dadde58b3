-- get, first, last, earliest, latest, count, exists, contains, in_bulk and page.
CREATE SCHEMA functions_test;
SET search_path = functions_test;
\i sql/fixture/blog.sql

--
-- get
--
SELECT bolt.get('{"model": "blog_tag", "filter": {"name": "sql"}}');
SELECT bolt.get('{"model": "blog_tag"}', '{"name": "sql"}');
SELECT bolt.get('{"model": "blog_tag", "filter": {"id__lte": 2}}', '{"id__gte": 2}');
SELECT bolt.get('{"model": "blog_tag", "filter": {"id": 1}}', NULL), bolt.get('{"model": "blog_tag", "filter": {"id": 1}}', '{}');
SELECT bolt.get('{"model": "blog_article", "only": ["title"], "select_related": [], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}]}', '{"pk": 1}');
-- of a slice, in its order
SELECT bolt.get('{"model": "blog_tag", "order_by": ["-id"], "limit": 1, "offset": 1}');
-- none, several, very many
SELECT refused('{"model": "blog_tag", "filter": {"name": "none"}}', 'SELECT bolt.get($1::json)');
SELECT refused('{"model": "blog.Tag", "none": true}', 'SELECT bolt.get($1::json)');
SELECT refused('{"model": "blog_tag", "filter": {"id__lte": 2}}', 'SELECT bolt.get($1::json)');
CREATE TABLE many (id int PRIMARY KEY);
INSERT INTO many SELECT generate_series(30, 1, -1);
SELECT refused('{"model": "many", "filter": {"id__lte": 20}}', 'SELECT bolt.get($1::json)');
SELECT refused('{"model": "many", "filter": {"id__lte": 21}}', 'SELECT bolt.get($1::json)');
SELECT refused('{"model": "many"}', 'SELECT bolt.get($1::json)');
SELECT refused('{"model": "many", "order_by": ["id"], "limit": 3}', 'SELECT bolt.get($1::json)');
-- whatever the size of a chunk
SET bolt_orm.chunk_size = 3;
SELECT refused('{"model": "many", "filter": {"id__lte": 20}}', 'SELECT bolt.get($1::json)');
SELECT refused('{"model": "many"}', 'SELECT bolt.get($1::json)');
RESET bolt_orm.chunk_size;
-- a row met twice is several
SELECT refused('{"model": "blog_article", "filter": {"comments__id__gt": 0}}', $$ SELECT bolt.get($1::json, '{"id": 1}') $$);
SELECT bolt.get('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "only": ["title"]}', '{"id": 1}');
-- no further filter after a slice
SELECT refused('{"model": "blog_tag", "limit": 1}', $$ SELECT bolt.get($1::json, '{"id": 1}') $$);

--
-- first and last
--
SELECT bolt.first('{"model": "blog_tag"}'), bolt.last('{"model": "blog_tag"}');
SELECT bolt.first('{"model": "blog_tag", "order_by": ["name"]}'), bolt.last('{"model": "blog_tag", "order_by": ["name"]}');
SELECT bolt.first('{"model": "blog_tag", "order_by": ["name"], "reverse": true}'), bolt.last('{"model": "blog_tag", "order_by": ["name"], "reverse": true}');
SELECT bolt.first('{"model": "blog_article", "order_by": ["rating", "id"], "only": ["rating"]}'), bolt.last('{"model": "blog_article", "order_by": ["rating", "id"], "only": ["rating"]}');
-- NULL where there is none
SELECT bolt.first('{"model": "blog_tag", "filter": {"id": 99}}'), bolt.last('{"model": "blog_tag", "filter": {"id": 99}}');
-- a registered ordering counts as an order
SELECT bolt.register_model('blog_tag', ordering => '{-name}');
SELECT bolt.first('{"model": "blog_tag"}'), bolt.last('{"model": "blog_tag"}');
SELECT bolt.unregister('blog_tag');
-- within a slice: the first of it; the last cannot be found by turning round
SELECT bolt.first('{"model": "blog_tag", "order_by": ["-id"], "limit": 2, "offset": 1}'), bolt.first('{"model": "blog_tag", "order_by": ["id"], "limit": 0}');
SELECT refused('{"model": "blog_tag", "limit": 2}', 'SELECT bolt.first($1::json)');
SELECT refused('{"model": "blog_tag", "order_by": ["id"], "limit": 2}', 'SELECT bolt.last($1::json)');
-- a key of several columns, and none
CREATE TABLE place (country text, code int, PRIMARY KEY (country, code));
INSERT INTO place VALUES ('it', 1), ('fr', 2), ('fr', 1);
CREATE TABLE keyless AS SELECT 1 AS a;
SELECT bolt.first('{"model": "place"}'), bolt.last('{"model": "place"}'), bolt.first('{"model": "keyless"}');
-- with relations
SELECT bolt.last('{"model": "blog_article", "filter": {"tags__isnull": false}, "distinct": true, "only": ["author"], "select_related": ["author"], "prefetch_related": ["tags"]}');

--
-- earliest and latest
--
SELECT bolt.earliest('{"model": "blog_article", "only": ["published"], "filter": {"published__isnull": false}}', 'published'),
	bolt.latest('{"model": "blog_article", "only": ["published"], "filter": {"published__isnull": false}}', 'published');
SELECT bolt.earliest('{"model": "blog_article", "only": ["rating"], "filter": {"rating__isnull": false}}', 'rating', '-id'),
	bolt.latest('{"model": "blog_article", "only": ["rating"], "filter": {"rating__isnull": false}}', 'rating', '-id');
SELECT bolt.latest('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 'author__username', 'id'),
	bolt.latest('{"model": "blog_article", "only": ["id"]}', VARIADIC '{author__username,id}');
-- a reversal holds on, as in Django
SELECT bolt.earliest('{"model": "blog_tag", "reverse": true}', 'name'), bolt.latest('{"model": "blog_tag", "reverse": true}', 'name');
SELECT refused('{"model": "blog_article", "none": true}', $$ SELECT bolt.latest($1::json, 'id') $$);
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.latest($1::json)');
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.earliest($1::json, VARIADIC NULL)');
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.earliest($1::json, NULL)');
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.earliest($1::json, 'nothing') $$);
SELECT refused('{"model": "blog_article", "limit": 3}', $$ SELECT bolt.earliest($1::json, 'id') $$);

--
-- count and exists
--
SELECT bolt.count('{"model": "blog_article"}'), bolt.count('{"model": "blog_article", "filter": {"author": 1}}'), bolt.count('{"model": "blog_article", "filter": {"id": 99}}');
SELECT bolt.exists('{"model": "blog_article"}'), bolt.exists('{"model": "blog_article", "filter": {"author": 1}}'), bolt.exists('{"model": "blog_article", "filter": {"id": 99}}');
-- of a slice
SELECT bolt.count('{"model": "blog_article", "limit": 3}'), bolt.count('{"model": "blog_article", "offset": 8}'), bolt.count('{"model": "blog_article", "limit": 5, "offset": 8}'),
	bolt.count('{"model": "blog_article", "limit": 0}'), bolt.count('{"model": "blog_article", "offset": 50}');
SELECT bolt.exists('{"model": "blog_article", "limit": 3}'), bolt.exists('{"model": "blog_article", "offset": 10}'), bolt.exists('{"model": "blog_article", "limit": 0}');
-- order, relations and columns make no difference
SELECT bolt.count('{"model": "blog_article", "order_by": ["title"], "select_related": ["author"], "prefetch_related": ["tags"], "only": ["title", "author"]}');

--
-- contains
--
SELECT bolt.contains('{"model": "blog_article"}', '1'), bolt.contains('{"model": "blog_article"}', '"1"'), bolt.contains('{"model": "blog_article"}', '99'),
	bolt.contains('{"model": "blog_article", "filter": {"author": 1}}', '4'), bolt.contains('{"model": "blog_article", "filter": {"author": 1}}', '3');
SELECT bolt.contains('{"model": "place"}', '["fr", 2]'), bolt.contains('{"model": "place"}', '["it", 2]');
SELECT bolt.contains('{"model": "blog_article", "filter": {"comments__id__gt": 0}}', '1');
SELECT sqlstate_of('{"model": "blog_article"}', $$ SELECT bolt.contains($1::json, '"x"') $$);
SELECT sqlstate_of('{"model": "blog_article"}', $$ SELECT bolt.contains($1::json, '[1]') $$);
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.contains($1::json, NULL)');
SELECT refused('{"model": "blog_article", "values": ["id"]}', $$ SELECT bolt.contains($1::json, '1') $$);
SELECT refused('{"model": "keyless"}', $$ SELECT bolt.contains($1::json, '1') $$);
SELECT refused('{"model": "blog_article", "limit": 3}', $$ SELECT bolt.contains($1::json, '1') $$);

--
-- in_bulk
--
CREATE FUNCTION bulk(document json, ids json, field text DEFAULT 'pk') RETURNS jsonb LANGUAGE sql AS $$ SELECT bolt.in_bulk(document, ids, field)::jsonb $$;
SELECT bulk('{"model": "blog_tag"}', '[3, 1, 99]');
SELECT bulk('{"model": "blog_tag"}', NULL) = (SELECT jsonb_object_agg(id, to_jsonb(t)) FROM blog_tag t);
SELECT bolt.in_bulk('{"model": "blog_tag"}', '[]'), bolt.in_bulk('{"model": "blog_tag", "none": true}');
SELECT bulk('{"model": "blog_tag"}', '["sql", "c"]', 'name');
SELECT bulk('{"model": "blog_tag", "filter": {"id__lt": 3}}', '[1, 2, 3, null]');
SELECT bulk('{"model": "blog_article", "only": ["title"], "prefetch_related": ["tags"]}', '[2, 3]');
SELECT bulk('{"model": "auth_profile", "only": ["bio"], "select_related": [], "order_by": ["bio"]}', '[1, 2]', 'user_id');
-- the key is a text whatever its type
CREATE TABLE keyed (id uuid PRIMARY KEY, "quoted ""name" text UNIQUE, day date UNIQUE, n numeric UNIQUE);
INSERT INTO keyed VALUES ('00000000-0000-0000-0000-000000000001', E'a "b" \\ \n', '2024-02-29', 1.50);
SELECT bolt.in_bulk('{"model": "keyed", "only": ["day"]}'), bolt.in_bulk('{"model": "keyed", "only": ["pk"]}', '["a \"b\" \\ \n"]', 'quoted "name'),
	bolt.in_bulk('{"model": "keyed", "only": ["pk"]}', '["2024-02-29"]', 'day'), bolt.in_bulk('{"model": "keyed", "only": ["pk"]}', '[1.5]', 'n');
SELECT bolt.in_bulk('{"model": "place"}', '[["it", 1]]');
-- a field must be unique
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.in_bulk($1::json, '[1]', 'rating') $$);
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.in_bulk($1::json, '[1]', 'nothing') $$);
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.in_bulk($1::json, '[1]', '') $$);
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.in_bulk($1::json, '[1]', NULL) $$);
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.in_bulk($1::json, '1') $$);
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.in_bulk($1::json, '{"id": 1}') $$);
SELECT refused('{"model": "blog_article", "limit": 1}', $$ SELECT bolt.in_bulk($1::json, '[1]') $$);
SELECT refused('{"model": "blog_article", "values": ["id"]}', $$ SELECT bolt.in_bulk($1::json, '[1]') $$);
SELECT refused('{"model": "keyless"}', $$ SELECT bolt.in_bulk($1::json, '[1]') $$);

--
-- page
--
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 1, 4);
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 3, 4);
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 2, 5);
-- behind the end
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 4, 4);
SELECT bolt.page('{"model": "blog_article", "only": ["id"]}', 9223372036854775807, 9223372036854775807);
-- by default: the first twenty, by primary key
SELECT p - 'items', jsonb_path_query_array(p, '$.items[*].id') FROM CAST(bolt.page('{"model": "many"}') AS jsonb) p;
SELECT bolt.page('{"model": "blog_article", "only": ["id"]}', page_size => 2) ->> 'items';
-- an empty queryset has one empty page
SELECT bolt.page('{"model": "blog_article", "none": true}');
-- without a total
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 1, 4, 'none');
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 3, 4, 'none');
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 2, 5, 'none');
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 9, 5, total => 'none');
-- with the planner's guess, which is right for a table that was analysed
ANALYZE blog_article;
SELECT bolt.page('{"model": "blog_article", "only": ["id"], "order_by": ["id"]}', 3, 4, 'estimated');
-- within a slice
SELECT bolt.page('{"model": "blog_article", "values_list": ["id"], "flat": true, "order_by": ["id"], "limit": 5, "offset": 2}', 1, 3);
SELECT bolt.page('{"model": "blog_article", "values_list": ["id"], "flat": true, "order_by": ["id"], "limit": 5, "offset": 2}', 2, 3);
SELECT bolt.page('{"model": "blog_article", "values_list": ["id"], "flat": true, "order_by": ["id"], "limit": 5, "offset": 2}', 2, 3, 'none');
SELECT bolt.page('{"model": "blog_article", "values_list": ["id"], "flat": true, "order_by": ["id"], "limit": 5, "offset": 2}', 3, 3, 'none');
SELECT bolt.page('{"model": "blog_article", "values_list": ["id"], "flat": true, "order_by": ["id"], "offset": 9}', 1, 3);
-- with relations, distinct, a filter
SELECT bolt.page('{"model": "blog_article", "only": ["title"], "filter": {"tags__isnull": false}, "distinct": true, "order_by": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"], "limit": 1}}]}', 2, 2);
-- every page of every size is that slice
SELECT bool_and((bolt.page('{"model": "blog_article", "values_list": ["id"], "flat": true}', page, size, total) -> 'items')::jsonb =
	(SELECT coalesce(jsonb_agg(id ORDER BY id), '[]') FROM (SELECT id FROM blog_article ORDER BY id LIMIT size OFFSET (page - 1) * size) a))
	FROM generate_series(1, 12) page, generate_series(1, 11) size, (VALUES ('exact'), ('estimated'), ('none')) v(total);
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.page($1::json, 0)');
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.page($1::json, -1)');
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.page($1::json, 1, 0)');
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.page($1::json, 1, 1, 'some') $$);
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.page($1::json, NULL)');
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.page($1::json, 1, NULL)');
SELECT refused('{"model": "blog_article"}', 'SELECT bolt.page($1::json, 1, 1, NULL)');

--
-- fetch and fetch_json
--
SELECT bolt.fetch_json('{"model": "blog_tag", "none": true}');
SELECT bolt.fetch_json('{"model": "blog_tag", "order_by": ["id"]}')::jsonb = (SELECT jsonb_agg(o ORDER BY n) FROM bolt.fetch('{"model": "blog_tag", "order_by": ["id"]}') WITH ORDINALITY f(o, n));
-- a fetch that is not read to its end, in the select list and in FROM
SELECT bolt.fetch('{"model": "blog_tag", "order_by": ["id"]}') LIMIT 1;
SELECT * FROM bolt.fetch('{"model": "blog_tag", "order_by": ["id"]}') LIMIT 1;
-- one document a row
SELECT u.id, o FROM auth_user u, LATERAL bolt.fetch(format('{"model": "blog_article", "filter": {"author": %s}, "values_list": ["id"], "flat": true, "order_by": ["id"], "limit": 1}', u.id)::json) o ORDER BY u.id;
-- a document that is fetched while it is fetched
SELECT o->>'id', (SELECT count(*) FROM bolt.fetch('{"model": "blog_tag"}')) FROM bolt.fetch('{"model": "blog_tag", "order_by": ["id"]}') o;
-- through a cursor, with rows that come after the first chunk
SET bolt_orm.chunk_size = 1;
BEGIN;
DECLARE c CURSOR FOR SELECT bolt.fetch('{"model": "blog_tag", "order_by": ["id"], "prefetch_related": [{"lookup": "article", "queryset": {"only": ["id"], "order_by": ["id"]}}]}');
FETCH 1 FROM c;
DELETE FROM blog_article_tags;
FETCH 2 FROM c;
CLOSE c;
ROLLBACK;
RESET bolt_orm.chunk_size;
-- an order that changes the caller's mind: rows that were changed before in the transaction are seen
BEGIN;
UPDATE blog_tag SET name = upper(name);
SELECT bolt.fetch_json('{"model": "blog_tag", "values_list": ["name"], "flat": true, "order_by": ["id"]}');
ROLLBACK;
-- in a read-only transaction
BEGIN READ ONLY;
SELECT bolt.count('{"model": "blog_tag"}'), bolt.first('{"model": "blog_tag"}');
ROLLBACK;

-- no document is no queryset
SELECT refused(NULL), refused(NULL, 'SELECT bolt.fetch($1::json)'), refused(NULL, 'SELECT bolt.get($1::json)'), refused(NULL, 'SELECT bolt.count($1::json)'),
	refused(NULL, 'SELECT bolt.page($1::json)'), refused(NULL, 'SELECT bolt.in_bulk($1::json)'), refused(NULL, 'SELECT bolt.sql($1::json)'),
	refused(NULL, 'SELECT bolt.explain($1::json)'), refused(NULL, $$ SELECT bolt.contains($1::json, '1') $$), refused(NULL, $$ SELECT bolt.latest($1::json, 'id') $$);

DROP SCHEMA functions_test CASCADE;
