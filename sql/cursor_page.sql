-- cursor_page: pages by keyset, there and back, in every order.
CREATE SCHEMA cursor_page_test;
SET search_path = cursor_page_test;
\i sql/fixture/blog.sql

-- Walks a queryset forwards page by page, and back from its last page.  Both ways must give the rows of
-- the query, in its order; every page but the last must be full.
CREATE FUNCTION walk(document json, query text, size bigint DEFAULT 3) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	expected jsonb[];
	forwards jsonb[] := '{}';
	backwards jsonb[];
	items jsonb[];
	page json;
	pages int := 0;
BEGIN
	EXECUTE format('SELECT coalesce(array_agg(to_jsonb(value)), ''{}'') FROM (%s) AS q (value)', query) INTO expected;
	page := bolt.cursor_page(document, size);
	IF page->>'previous' IS NOT NULL THEN
		RETURN 'the first page has a previous one';
	END IF;
	LOOP
		pages := pages + 1;
		items := ARRAY(SELECT item::jsonb FROM json_array_elements(page->'items') AS item);
		forwards := forwards || items;
		EXIT WHEN page->>'next' IS NULL OR pages > cardinality(expected);
		IF cardinality(items) <> size THEN
			RETURN format('page %s has %s items', pages, cardinality(items));
		END IF;
		page := bolt.cursor_page(document, size, after => page->>'next');
		IF page->>'previous' IS NULL THEN
			RETURN format('page %s has no previous one', pages + 1);
		END IF;
	END LOOP;
	IF forwards <> expected THEN
		RETURN format('forwards %s instead of %s', forwards, expected);
	END IF;

	backwards := items;
	WHILE page->>'previous' IS NOT NULL AND cardinality(backwards) <= cardinality(expected) LOOP
		page := bolt.cursor_page(document, size, before => page->>'previous');
		IF page->>'next' IS NULL THEN
			RETURN 'a page before another has no next one';
		END IF;
		backwards := ARRAY(SELECT item::jsonb FROM json_array_elements(page->'items') AS item) || backwards;
	END LOOP;
	IF backwards <> expected THEN
		RETURN format('backwards %s instead of %s', backwards, expected);
	END IF;
	RETURN format('%s rows in %s pages', cardinality(expected), pages);
END $$;

-- The same of an order of table thing, for pages of one, of three, and of all.
CREATE FUNCTION walk_things(order_by json, sql_order text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT regexp_replace(walk(json_build_object('model', 'thing', 'order_by', order_by,
												   'values_list', ARRAY['id'], 'flat', true),
								  'SELECT id FROM thing ORDER BY ' || sql_order, size), ' in .*', ''), E'\n')
	FROM unnest('{1, 3, 7, 100}'::bigint[]) AS size
$$;

-- many ties, many nulls
CREATE TYPE mood AS ENUM ('sad', 'fine', 'glad');
CREATE DOMAIN grade AS int CHECK (VALUE < 100);
CREATE TABLE thing (
	id int PRIMARY KEY,
	a int NOT NULL,
	b text NOT NULL,
	x int,
	y numeric,
	f float8,
	at timestamptz,
	day date,
	gap interval,
	ok boolean,
	feeling mood,
	ranking grade,
	tags text[],
	doc jsonb,
	during int4range,
	raw bytea,
	name varchar(20),
	padded char(5));
INSERT INTO thing
SELECT i, i % 3, chr(97 + i % 4), nullif(i % 4, 0), nullif((i * 7) % 5, 2) / 3.0, nullif(i % 6, 1) / 3::float8,
	CASE WHEN i % 5 <> 0 THEN '2024-01-01'::timestamptz + (i % 7) * interval '1.000001 hour' END,
	CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' ELSE '2024-02-03'::date - i % 2 END,
	CASE WHEN i % 4 <> 0 THEN make_interval(days => i % 4 - 2, secs => i % 3 * -1.5) END,
	(ARRAY[true, false, NULL])[1 + i % 3], (ARRAY['sad', 'fine', 'glad', NULL]::mood[])[1 + i % 4], nullif(i % 5, 0),
	CASE WHEN i % 3 <> 0 THEN ARRAY[repeat('"', i % 4), 'é,\', NULL] END,
	CASE WHEN i % 4 <> 0 THEN jsonb_build_object('n', i % 3, 't', 'q"' || i % 2) END,
	CASE WHEN i % 4 <> 0 THEN int4range(i % 3, 5 + i % 2) END, decode(lpad(to_hex(i % 5), 4, '0'), 'hex'),
	nullif('É' || i % 4, 'É2'), nullif('p' || i % 3, 'p1')
FROM generate_series(1, 25) AS i;

--
-- Orders
--
SELECT walk_things('[]', 'id');
SELECT walk_things('["pk"]', 'id');
SELECT walk_things('["-id"]', 'id DESC');
-- the primary key goes the way of the last term
SELECT walk_things('["a"]', 'a, id');
SELECT walk_things('["-a"]', 'a DESC, id DESC');
SELECT walk_things('["a", "-b"]', 'a, b DESC, id DESC');
SELECT walk_things('["-a", "b"]', 'a DESC, b, id');
SELECT walk_things('["-a", "pk"]', 'a DESC, id');
SELECT walk_things('["a", "-pk", "b"]', 'a, id DESC');
SELECT walk_things('["a", "-a"]', 'a, id DESC');
-- nulls where PostgreSQL puts them, and where the queryset does
SELECT walk_things('["x"]', 'x, id');
SELECT walk_things('["-x"]', 'x DESC, id DESC');
SELECT walk_things('[{"expr": "x", "nulls": "first"}]', 'x NULLS FIRST, id');
SELECT walk_things('[{"expr": "x", "nulls": "last"}]', 'x NULLS LAST, id');
SELECT walk_things('[{"expr": "x", "desc": true, "nulls": "first"}]', 'x DESC NULLS FIRST, id DESC');
SELECT walk_things('[{"expr": "x", "desc": true, "nulls": "last"}]', 'x DESC NULLS LAST, id DESC');
SELECT walk_things('["x", "y"]', 'x, y, id');
SELECT walk_things('["x", "-y"]', 'x, y DESC, id DESC');
SELECT walk_things('["-x", "-y", "a"]', 'x DESC, y DESC, a, id');
SELECT walk_things('["a", {"expr": "x", "nulls": "first"}, {"expr": "y", "desc": true, "nulls": "last"}, "-b"]',
	'a, x NULLS FIRST, y DESC NULLS LAST, b DESC, id DESC');
-- every type that can be ordered
SELECT field, direction, walk_things(json_build_array(direction || field, 'id'), format('%I %s, id', field, CASE direction WHEN '-' THEN 'DESC' END))
FROM unnest('{y,f,at,day,gap,ok,feeling,ranking,tags,doc,during,raw,name,padded}'::text[]) AS field, unnest('{"",-}'::text[]) AS direction
ORDER BY field, direction;
-- expressions, transforms and paths into documents
SELECT walk_things('[{"expr": {"Mod": ["id", {"Value": 4}]}, "desc": true}]', 'id % 4 DESC, id DESC');
SELECT walk_things('[{"expr": {"Coalesce": ["x", {"Value": 2}]}}, "-id"]', 'coalesce(x, 2), id DESC');
SELECT walk_things('[{"expr": {"Case": [{"when": {"x__gt": 2}, "then": {"Value": "many"}}], "default": {"Value": "few"}}}]',
	$$ CASE WHEN x > 2 THEN 'many' ELSE 'few' END, id $$);
SELECT walk_things('["at__hour", "-a"]', 'extract(hour FROM at), a DESC, id DESC');
SELECT walk_things('["-doc__n"]', $$ doc->'n' DESC, id DESC $$);
-- reversed
SELECT walk('{"model": "thing", "order_by": ["x", "-a"], "reverse": true, "values_list": ["id"], "flat": true}',
	'SELECT id FROM thing ORDER BY x DESC, a, id');
SELECT walk('{"model": "thing", "reverse": true, "values_list": ["id"], "flat": true}', 'SELECT id FROM thing ORDER BY id DESC');
-- the model's own order
SELECT bolt.register_model('thing', ordering => '{-x,b}');
SELECT walk('{"model": "thing", "values_list": ["id"], "flat": true}', 'SELECT id FROM thing ORDER BY x DESC, b, id');
SELECT bolt.unregister('thing');

-- a key of several columns
CREATE TABLE pair (k1 int, k2 text, v int, PRIMARY KEY (k1, k2));
INSERT INTO pair SELECT i % 4, 'k' || i / 4, nullif(i % 3, 1) FROM generate_series(0, 16) AS i;
SELECT walk('{"model": "pair", "values_list": ["k1", "k2"]}', 'SELECT json_build_array(k1, k2) FROM pair ORDER BY k1, k2');
SELECT walk('{"model": "pair", "order_by": ["-v"], "values_list": ["k1", "k2"]}', 'SELECT json_build_array(k1, k2) FROM pair ORDER BY v DESC, k1 DESC, k2 DESC');
SELECT walk('{"model": "pair", "order_by": ["v", "-k2"], "values_list": ["k1", "k2"]}', 'SELECT json_build_array(k1, k2) FROM pair ORDER BY v, k2 DESC, k1 DESC');

-- a view, whose key is registered and whose columns may all be null
CREATE VIEW seen AS SELECT id, x FROM thing;
SELECT refused('{"model": "seen"}', 'SELECT bolt.cursor_page($1::json)');
SELECT bolt.register_model('seen', primary_key => '{id}');
SELECT walk('{"model": "seen", "order_by": ["x"], "values_list": ["id"], "flat": true}', 'SELECT id FROM seen ORDER BY x, id');
SELECT bolt.unregister('seen');

--
-- Relations and annotations
--
SELECT walk('{"model": "blog_article", "order_by": ["author__username"], "values_list": ["id"], "flat": true}',
	'SELECT a.id FROM blog_article a JOIN auth_user u ON u.id = author_id ORDER BY username, a.id');
SELECT walk('{"model": "blog_article", "order_by": ["-editor__email", "title"], "values_list": ["id"], "flat": true}',
	'SELECT a.id FROM blog_article a LEFT JOIN auth_user u ON u.id = editor_id ORDER BY email DESC, title, a.id');
SELECT walk('{"model": "blog_article", "order_by": ["editor"], "values_list": ["id"], "flat": true}',
	'SELECT id FROM blog_article ORDER BY editor_id, id');
SELECT walk('{"model": "blog_article", "order_by": ["-author__profile__city__name"], "values_list": ["id"], "flat": true}',
	'SELECT a.id FROM blog_article a LEFT JOIN auth_profile p ON p.user_id = author_id LEFT JOIN geo_city c ON c.id = city_id
	 ORDER BY c.name DESC, a.id DESC');
SELECT bolt.register_model('auth_user', ordering => '{-username}');
SELECT walk('{"model": "blog_article", "order_by": ["editor"], "values_list": ["id"], "flat": true}',
	'SELECT a.id FROM blog_article a LEFT JOIN auth_user u ON u.id = editor_id ORDER BY username DESC, a.id DESC');
SELECT bolt.unregister('auth_user');
SELECT walk('{"model": "blog_article", "annotate": {"n": {"Count": "comments"}}, "order_by": ["-n", "title"], "values_list": ["id"], "flat": true}',
	'SELECT id FROM blog_article a ORDER BY (SELECT count(*) FROM blog_comment WHERE article_id = a.id) DESC, title, id');
-- a window sees all rows, not those of the page
SELECT walk('{"model": "blog_article", "annotate": {"place": {"Window": {"Rank": []}, "order_by": ["-rating"]}}, "order_by": ["place"], "values_list": ["place", "id"]}',
	'SELECT json_build_array(rank() OVER (ORDER BY rating DESC), id) FROM blog_article ORDER BY rating DESC, id');
SELECT walk('{"model": "blog_article", "annotate": {"place": {"Window": {"RowNumber": []}, "order_by": ["-title"]}}, "values_list": ["place", "id"]}',
	'SELECT json_build_array(row_number() OVER (ORDER BY title DESC), id) FROM blog_article ORDER BY id');
-- an object that a filter meets several times is one
SELECT walk('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "order_by": ["rating"], "values_list": ["id"], "flat": true}',
	'SELECT id FROM blog_article a WHERE EXISTS (SELECT 1 FROM blog_comment WHERE article_id = a.id) ORDER BY rating, id', 2);
-- distinct rows: by their values; the first of each author
SELECT walk('{"model": "thing", "distinct": true, "values_list": ["x", "a"]}', 'SELECT json_build_array(x, a) FROM thing GROUP BY x, a ORDER BY x, a');
SELECT walk('{"model": "thing", "distinct": true, "order_by": ["-a"], "values_list": ["x", "a"]}', 'SELECT json_build_array(x, a) FROM thing GROUP BY x, a ORDER BY a DESC, x DESC');
SELECT walk('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "order_by": ["-title"], "values_list": ["id"], "flat": true}',
	'SELECT id FROM blog_article a WHERE EXISTS (SELECT 1 FROM blog_comment WHERE article_id = a.id) ORDER BY title DESC, id', 2);
SELECT walk('{"model": "blog_article", "distinct": ["author"], "order_by": ["author_id", "-published"], "values_list": ["id"], "flat": true}',
	'SELECT id FROM (SELECT DISTINCT ON (author_id) * FROM blog_article ORDER BY author_id, published DESC, id DESC) a ORDER BY author_id', 1);
SELECT walk('{"model": "thing", "distinct": ["a"], "values_list": ["id"], "flat": true}',
	'SELECT id FROM (SELECT DISTINCT ON (a) a, id FROM thing ORDER BY a, id) s ORDER BY a', 2);
-- filters, none, an empty table
SELECT walk('{"model": "thing", "filter": {"x": 2, "a__in": [1, 2]}, "exclude": {"b": "a"}, "order_by": ["-y"], "values_list": ["id"], "flat": true}',
	$$ SELECT id FROM thing WHERE x = 2 AND a IN (1, 2) AND b <> 'a' ORDER BY y DESC, id DESC $$, 2);
SELECT bolt.cursor_page('{"model": "thing", "none": true}');
SELECT bolt.cursor_page('{"model": "thing", "filter": {"id__gt": 100}, "order_by": ["x"]}');

--
-- What stands in a page
--
SELECT page AS first FROM bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2) AS page \gset
SELECT page AS second FROM bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, :'first'::json->>'next') AS page \gset
SELECT :'first'::json->'items', :'first'::json->'next' IS NOT NULL, :'first'::json->'previous';
SELECT :'second'::json->'items', :'second'::json->'next', :'second'::json->>'previous' IS NOT NULL;
SELECT string_agg(key, ', ') FROM json_object_keys(:'first') AS key;
-- url-safe
SELECT :'first'::json->>'next' ~ '^[A-Za-z0-9_-]+$';
-- objects with all that belongs to them; the order's columns stay hidden
SELECT page->'items' FROM bolt.cursor_page('{"model": "blog_article", "only": ["title", "author"], "order_by": ["-author__username", "rating"],
	"select_related": ["author"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}, {"lookup": "comments", "queryset": {"only": ["text"], "order_by": ["id"]}}]}', 2) AS page;
SELECT page->'items' FROM bolt.cursor_page('{"model": "blog_article", "order_by": ["-published"], "values": ["title", "author__username"]}', 2) AS page;
SELECT bolt.cursor_page('{"model": "blog_tag", "values_list": ["name", "id"]}', 9223372036854775807);
-- twenty a page where nothing is said
SELECT json_array_length(bolt.cursor_page('{"model": "thing"}')->'items');
-- pages larger than a chunk
SET bolt_orm.chunk_size = 2;
SELECT walk_things('["x"]', 'x, id');
RESET bolt_orm.chunk_size;

--
-- Cursors
--
-- another page size, other columns, another filter: the same place
SELECT bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"], "values": ["name"], "filter": {"id__lt": 100}}', 1, :'first'::json->>'next')->'items';
-- the settings of the session that reads it do not matter
CREATE FUNCTION next_of(document json, cursor text DEFAULT NULL) RETURNS text LANGUAGE sql
	AS $$ SELECT bolt.cursor_page(document, 9, cursor)->>'next' $$;
SELECT next_of('{"model": "thing", "order_by": ["at", "day", "gap", "f"]}') AS cursor \gset
SELECT bolt.cursor_page('{"model": "thing", "order_by": ["at", "day", "gap", "f"], "values_list": ["id"], "flat": true}', 3, :'cursor')->'items';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
SET extra_float_digits = 0;
SET timezone = 'Asia/Kathmandu';
SELECT bolt.cursor_page('{"model": "thing", "order_by": ["at", "day", "gap", "f"], "values_list": ["id"], "flat": true}', 3, :'cursor')->'items';
SELECT walk_things('["at", "-day", "gap", "-f"]', 'at, day DESC, gap, f DESC, id DESC');
SHOW datestyle;
RESET extra_float_digits;
RESET intervalstyle;
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
-- rows that come and go between two pages: the place stays
BEGIN;
DELETE FROM blog_article_tags;
DELETE FROM blog_tag WHERE id = 2;
INSERT INTO blog_tag VALUES (5, 'late'), (6, 'aaa');
SELECT bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, :'first'::json->>'next')->'items';
SELECT bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, before => :'second'::json->>'previous')->'items';
-- an empty page leads back, with the row that its cursor was made of
DELETE FROM blog_tag WHERE id IN (1, 4);
SELECT page AS empty FROM bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"], "filter": {"id__lt": 5}}', 2, :'first'::json->>'next') AS page \gset
SELECT :'empty'::json->'items', :'empty'::json->'next';
INSERT INTO blog_tag VALUES (2, 'json');
SELECT bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, before => :'empty'::json->>'previous')->'items';
DELETE FROM blog_tag WHERE name < 'json';
SELECT page AS empty FROM bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, before => :'empty'::json->>'previous') AS page \gset
SELECT :'empty'::json->'items', :'empty'::json->>'next' IS NULL, :'empty'::json->>'previous' IS NULL;
DELETE FROM blog_tag;
SELECT page AS empty FROM bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, before => :'first'::json->>'next') AS page \gset
SELECT :'empty'::json->'items', :'empty'::json->'previous';
INSERT INTO blog_tag VALUES (2, 'json'), (3, 'c');
SELECT bolt.cursor_page('{"model": "blog_tag", "order_by": ["name"]}', 2, :'empty'::json->>'next')->'items';
ROLLBACK;

--
-- Refused
--
CREATE FUNCTION refused_after(document text, cursor text) RETURNS text LANGUAGE sql
	AS $$ SELECT refused(document, format('SELECT bolt.cursor_page($1::json, 2, %L)', cursor)) $$;
-- cursors of another order, another model, or none at all
SELECT refused_after('{"model": "blog_tag", "order_by": ["-name"]}', :'first'::json->>'next');
SELECT refused_after('{"model": "blog_tag", "order_by": ["name", "id"]}', :'first'::json->>'next');
SELECT refused_after('{"model": "blog_tag", "order_by": ["name"], "reverse": true}', :'first'::json->>'next');
SELECT refused_after('{"model": "blog_tag"}', :'first'::json->>'next');
SELECT refused_after('{"model": "geo_city", "order_by": ["name"]}', :'first'::json->>'next');
SELECT refused_after('{"model": "thing", "order_by": [{"expr": {"Mod": ["id", {"Value": 5}]}}]}', next_of('{"model": "thing", "order_by": [{"expr": {"Mod": ["id", {"Value": 4}]}}]}'));
SELECT refused_after('{"model": "thing", "annotate": {"n": {"Add": ["a", "id"]}}, "order_by": ["n"]}', next_of('{"model": "thing", "annotate": {"n": {"Sub": ["a", "id"]}}, "order_by": ["n"]}'));
SELECT refused_after('{"model": "blog_tag"}', cursor)
FROM unnest(ARRAY['', 'x', '====', 'AAAA', 'AAAAAAAAAAAA', 'é', 'cD0yMDI0', '1 OR 1=1', repeat('A', 10001)]) AS cursor;
-- any letter of it changed
SELECT DISTINCT refused_after('{"model": "blog_tag", "order_by": ["name"]}', overlay(cursor PLACING CASE substr(cursor, i, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM i FOR 1))
FROM (SELECT :'first'::json->>'next' AS cursor) AS s, generate_series(1, length(cursor) - 1) AS i;
SELECT refused_after('{"model": "blog_tag", "order_by": ["name"]}', left(:'first'::json->>'next', -4));
SELECT refused('{"model": "blog_tag"}', $$ SELECT bolt.cursor_page($1::json, 2, 'a', 'b') $$);
-- a column that has become of another type
SELECT next_of('{"model": "pair", "order_by": ["v"]}') AS cursor \gset
ALTER TABLE pair ALTER v TYPE text;
SELECT refused_after('{"model": "pair", "order_by": ["v"]}', :'cursor');
-- page sizes
SELECT refused('{"model": "blog_tag"}', 'SELECT bolt.cursor_page($1::json, 0)');
SELECT refused('{"model": "blog_tag"}', 'SELECT bolt.cursor_page($1::json, -1)');
SELECT refused('{"model": "blog_tag"}', 'SELECT bolt.cursor_page($1::json, NULL)');
SELECT refused('', 'SELECT bolt.cursor_page(NULL)');
-- slices and orders that have no place
SELECT refused('{"model": "blog_tag", "limit": 5}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_tag", "offset": 5}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_tag", "order_by": ["name", "?"]}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_tag", "order_by": [{"expr": {"Random": []}}]}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_tag", "annotate": {"luck": {"Random": []}}, "distinct": true, "order_by": ["luck"]}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_article", "order_by": ["comments__text"]}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_article", "order_by": ["tags"]}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_article", "values": ["tags__name"]}', 'SELECT bolt.cursor_page($1::json)');
SELECT refused('{"model": "blog_tag", "order_by": ["nam"]}', 'SELECT bolt.cursor_page($1::json)');
CREATE TABLE no_key (v int);
SELECT refused('{"model": "no_key"}', 'SELECT bolt.cursor_page($1::json)');
CREATE TABLE unordered (id int PRIMARY KEY, v json);
SELECT refused('{"model": "unordered", "order_by": ["v"]}', 'SELECT bolt.cursor_page($1::json)');

--
-- An index serves the place, wherever it is
--
CREATE TABLE big (id int PRIMARY KEY, at timestamptz NOT NULL, x int);
INSERT INTO big SELECT i, '2024-01-01'::timestamptz + i / 3 * interval '1 minute', nullif(i / 2, 4) FROM generate_series(1, 20000) AS i;
CREATE INDEX ON big (at, id);
CREATE INDEX ON big (x, id);
ANALYZE big;
CREATE FUNCTION rows_read() RETURNS bigint LANGUAGE sql VOLATILE AS $$
	SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class
	WHERE oid = 'big'::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'big'::regclass)
$$;
-- Are they few rows that a page of three reads in the middle of the table: forwards, and backwards?
CREATE FUNCTION reads_few(order_by json) RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE
	document json := json_build_object('model', 'big', 'order_by', order_by);
	cursor text := bolt.cursor_page(document, 10000)->>'next';
	counts bigint[] := ARRAY[rows_read()];
BEGIN
	PERFORM bolt.cursor_page(document, 3, after => cursor);
	counts := counts || rows_read();
	PERFORM bolt.cursor_page(document, 3, before => cursor);
	counts := counts || rows_read();
	RETURN ARRAY[counts[2] - counts[1] < 20, counts[3] - counts[2] < 20];
END $$;
SELECT reads_few('[]');
SELECT reads_few('["at"]');
SELECT reads_few('["-at"]');
SELECT reads_few('["at", "-id"]');
-- where nulls lie behind the place no index leads there
SELECT reads_few('["x"]');
SELECT reads_few('["-x"]');
DROP SCHEMA cursor_page_test CASCADE;
