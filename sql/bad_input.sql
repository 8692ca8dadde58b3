-- Input that nobody means: it gets an answer or an error of its own, never an internal one.
CREATE SCHEMA bad_input_test;
SET search_path = bad_input_test;
\i sql/fixture/blog.sql

--
-- Wrong types: every key with every kind of JSON
--
CREATE FUNCTION kinds_taken(key text, OUT taken text, OUT refused text) LANGUAGE plpgsql AS $$
DECLARE
	sample text;
	state text;
BEGIN
	FOREACH sample IN ARRAY ARRAY['null', 'true', 'false', '0', '1.5', '-1', '"x"', '""', '[]', '[null]', '[1]', '[true]', '["x"]', '[[]]', '[{}]', '{}', '{"x": 1}'] LOOP
		state := sqlstate_of(format('{%s: %s%s}', to_json(key), sample, CASE WHEN key <> 'model' THEN ', "model": "blog_tag"' END));
		IF state = 'no error' THEN
			taken := concat_ws(' ', taken, sample);
		ELSE
			refused := concat_ws(' ', refused, sample || ':' || state);
		END IF;
	END LOOP;
END $$;
SELECT key, t.* FROM unnest('{model,filter,exclude,order_by,reverse,distinct,select_related,prefetch_related,only,defer,values,values_list,flat,limit,offset,none}'::text[]) key, kinds_taken(key) t;

-- the same within a prefetch, a Q and a lookup
CREATE FUNCTION refusals(pattern text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(sample || ':' || s, ' ')
	FROM unnest(ARRAY['null', 'true', '0', '1.5', '"x"', '[]', '[null]', '[1]', '[[]]', '[{}]', '{}', '{"x": 1}']) sample, sqlstate_of(format(pattern, sample)) s $$;
SELECT refusals('{"model": "blog_article", "prefetch_related": [{"lookup": %s}]}');
SELECT refusals('{"model": "blog_article", "prefetch_related": [{"lookup": "tags", "queryset": %s}]}');
SELECT refusals('{"model": "blog_article", "prefetch_related": [{"lookup": "tags", "to_attr": %s}]}');
SELECT refusals('{"model": "blog_article", "filter": {"AND": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"NOT": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"id": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"title": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"title__icontains": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"title__regex": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"id__in": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"id__range": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"id__isnull": %s}}');
SELECT refusals('{"model": "blog_article", "filter": {"tags": %s}}');
SELECT refusals('{"model": "blog_article", "order_by": [{"expr": %s}]}');

--
-- Text that is none: NUL, lone surrogates, invalid names
--
SELECT refused('{"model": "blog_article", "filter": {"title": "a\u0000b"}}');
SELECT refused('{"model": "blog_article", "filter": {"title\u0000": 1}}');
SELECT refused('{"model": "blog_article\u0000"}');
SELECT refused('{"model": "blog_article", "filter": {"title": "\ud800"}}');
SELECT refused('{"model": "blog_article", "filter": {"title": "\ud800x"}}');
SELECT refused('{"model": "blog_article", "filter": {"title": "\ud800\ud800"}}');
SELECT refused('{"model": "blog_article", "filter": {"title": "\udc00"}}');
SELECT bolt.count('{"model": "blog_article", "filter": {"title": "\ud83d\ude00"}}'), bolt.count('{"model": "blog_article", "filter": {"title__contains": "\u0001"}}');
-- escapes spell names as well as letters do
SELECT bolt.fetch_json('{"\u006dodel": "blog\u005ftag", "\u0066ilter": {"\u006eame": "s\u0071l"}}');
-- white space
SELECT bolt.fetch_json(E'\n\t { \r\n "model"\t:\n"blog_tag" , "filter" : { "id" : 1 } } \n');

-- names that do not name
SELECT string_agg(sqlstate_of(format('{"model": %s}', to_json(name))), ' ' ORDER BY n) FROM unnest(ARRAY['', ' ', '.', '..', 'a.b.c.d', '"', '""', '"".""', 'blog_tag"', 'blog_tag;', 'blog_tag --', '"blog_tag', repeat('x', 100), repeat('x', 100000),
	'pg_toast.pg_toast_1255', 'blog_tag_pkey', '1', '*', '$1', '%s', E'\n', 'blog_tag.', '.blog_tag', 'information_schema', 'pg_catalog', 'é']) WITH ORDINALITY u(name, n);
SELECT string_agg(sqlstate_of(format('{"model": "blog_tag", "filter": {%s: 1}}', to_json(name))), ' ' ORDER BY n) FROM unnest(ARRAY['', ' ', '_', '__', '___', '____', '__id', 'id__', 'id____exact', 'id__exact__', 'id___exact', 'ID', 'id ', 'tableoid', 'ctid', 'xmin', '*', 'id::text', 'id; x',
	'blog_tag.id', repeat('x', 100000), repeat('__', 10000), repeat('id__', 1000), 'pk__pk', 'pk__id', 'article__', 'article__pk__pk', '?', '-id', E'\n']) WITH ORDINALITY u(name, n);
SELECT string_agg(sqlstate_of(format('{"model": "blog_tag", "order_by": [%s]}', to_json(name))), ' ' ORDER BY n) FROM unnest(ARRAY['', '-', '--', '-?', '??', '+id', 'id DESC', '1', '__', 'id__', '-pk__pk', repeat('-', 10000)]) WITH ORDINALITY u(name, n);
SELECT string_agg(sqlstate_of(format('{"model": "blog_tag", "prefetch_related": [%s]}', to_json(name))), ' ' ORDER BY n) FROM unnest(ARRAY['', '_', '__', '____', 'article__', '__article', 'article____tags', 'id', 'pk', '{}', repeat('article__', 1000)]) WITH ORDINALITY u(name, n);

-- duplicate keys
SELECT refused('{"model": "blog_tag", "model": "blog_article"}');
SELECT refused('{"model": "blog_tag", "filter": {"id": 1}, "filter": {"id": 2}}');
SELECT refused('{"model": "blog_tag", "filter": {"OR": [], "OR": []}}');
SELECT refused('{"model": "blog_tag", "order_by": [{"expr": "id", "expr": "name"}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "tags", "lookup": "tags"}]}');
-- within a value of jsonb they are that type's business
CREATE TABLE doc (id int PRIMARY KEY, data jsonb);
INSERT INTO doc VALUES (1, '{"a": 2}');
SELECT bolt.count('{"model": "doc", "filter": {"data": {"a": 1, "a": 2}}}');

--
-- Numbers out of range
--
SELECT n, sqlstate_of(format('{"model": "blog_article", "filter": {"id": %s}}', n)) FROM unnest('{2147483647,2147483648,-2147483649,9223372036854775808,1e400,-1e-400,1e2147483648,0.0,1E0,-0}'::text[]) n;
SELECT n, sqlstate_of(format('{"model": "blog_article", "limit": %s}', n)) FROM unnest('{9223372036854775808,1e400,1e-400,1e18,0.0}'::text[]) n;
SELECT sqlstate_of(format('{"model": "blog_article", "filter": {"id": %s}}', repeat('9', 100000))), sqlstate_of(format('{"model": "blog_article", "limit": %s}', repeat('9', 100000)));
CREATE TABLE num (id int PRIMARY KEY, n numeric, f float8);
SELECT sqlstate_of('{"model": "num", "filter": {"n": 1e200000}}'), sqlstate_of('{"model": "num", "filter": {"f": 1e400}}'), sqlstate_of('{"model": "num", "filter": {"f": 1e-400}}');
SELECT bolt.count('{"model": "num", "filter": {"n": 1e100000}}'), bolt.count(format('{"model": "num", "filter": {"n": %s}}', repeat('9', 10000))::json);

--
-- Very deep
--
SELECT sqlstate_of('{"model": "blog_article", "filter": ' || repeat('{"NOT": ', 10000) || '{}' || repeat('}', 10000) || '}');
SELECT sqlstate_of('{"model": "blog_article", "filter": ' || repeat('{"AND": [', 10000) || '{}' || repeat(']}', 10000) || '}');
SELECT sqlstate_of(repeat('[', 10000) || repeat(']', 10000));
SELECT sqlstate_of('{"model": "blog_comment", "prefetch_related": ' || repeat('[{"lookup": "replies", "queryset": {"prefetch_related": ', 10000) || '[]' || repeat('}}]', 10000) || '}');
SELECT refused('{"model": "blog_article", "filter": ' || repeat('{"NOT": ', 100) || '{}' || repeat('}', 100) || '}');
SELECT bolt.count(('{"model": "blog_article", "filter": ' || repeat('{"NOT": ', 98) || '{"id": 1}' || repeat('}', 98) || '}')::json);
-- up to the setting's own end it is answered, or too deep for the stack
SET bolt_orm.max_depth = 1000;
SELECT d, sqlstate_of('{"model": "blog_article", "filter": ' || repeat(q[1], d) || '{"id": 1}' || repeat(q[2], d) || '}') IN ('54001', 'no error') AS "answered or refused"
	FROM generate_series(200, 1000, 200) d, (VALUES (ARRAY['{"NOT": ', '}']), (ARRAY['{"OR": [{"id": 2}, ', ']}'])) v(q) ORDER BY d, q;
RESET bolt_orm.max_depth;

--
-- Very long paths
--
CREATE FUNCTION times(n int, part text) RETURNS text LANGUAGE sql AS $$ SELECT rtrim(repeat(part || '__', n), '_') $$;
SELECT bolt.count(format('{"model": "blog_comment", "filter": {"%s__isnull": true}}', times(50, 'parent'))::json) AS "50 to-one";
SELECT bolt.count(format('{"model": "blog_comment", "filter": {"%s__text": "x"}}', times(50, 'replies'))::json) AS "50 to-many";
SELECT bolt.count(format('{"model": "blog_comment", "exclude": {"%s__text": "x"}}', times(50, 'replies'))::json) AS "50 to-many excluded";
SELECT bolt.get(format('{"model": "blog_comment", "only": ["parent"], "select_related": ["%s"], "filter": {"id": 1}}', times(50, 'parent'))::json);
SELECT bolt.get(format('{"model": "blog_comment", "only": ["text"], "prefetch_related": ["%s"], "filter": {"id": 8}}', times(50, 'replies'))::json);
SELECT bolt.fetch_json(format('{"model": "blog_comment", "order_by": ["%s__text", "id"], "values": ["id", "%1$s__id"], "filter": {"id__lte": 2}}', times(50, 'parent'))::json) ->> 0 LIKE '{"id":1,"parent\_\_parent%:null}';
SELECT refused(format('{"model": "blog_comment", "select_related": ["%s__x"]}', times(50, 'parent')));

--
-- Very wide
--
-- 1,600 columns
DO $$
BEGIN
	EXECUTE 'CREATE TABLE wide (id int PRIMARY KEY, ' || (SELECT string_agg(format('c%s int', i), ', ' ORDER BY i) FROM generate_series(2, 1600) i) || ')';
END $$;
INSERT INTO wide (id, c2, c1600) VALUES (1, 2, 1600);
SELECT bolt.get('{"model": "wide"}')::text = (SELECT row_to_json(w)::text FROM wide w);
SELECT bolt.get('{"model": "wide", "only": ["c1600"]}'), bolt.get('{"model": "wide", "values_list": ["c1600", "c2"]}'), bolt.exists('{"model": "wide", "distinct": true}');
SELECT length(refused('{"model": "wide", "filter": {"x": 1}}')) < 20000 AS "choices that can be read";
-- and a foreign key of another table to it
CREATE TABLE narrow (id int PRIMARY KEY, wide_id int REFERENCES wide);
INSERT INTO narrow VALUES (1, 1), (2, NULL);
SELECT (bolt.get('{"model": "narrow", "select_related": ["wide"]}', '{"id": 1}') -> 'wide')::text = (SELECT row_to_json(w)::text FROM wide w);
SELECT bolt.get('{"model": "wide", "prefetch_related": ["narrow"]}') ->> 'narrow', bolt.count('{"model": "narrow", "filter": {"wide__c2": 2}}');

-- long lists
SELECT bolt.count(json_build_object('model', 'blog_article', 'filter', json_build_object('id__in', (SELECT json_agg(i) FROM generate_series(5, 10004) i)))) AS "10,000 in";
SELECT bolt.count(json_build_object('model', 'blog_article', 'exclude', json_build_object('title__in', (SELECT json_agg('t' || i::text) FROM generate_series(5, 10004) i)))) AS "10,000 not in";
SELECT bolt.count(json_build_object('model', 'blog_article', 'filter', json_build_object('OR', (SELECT json_agg(json_build_object('id', i)) FROM generate_series(1, 1000) i)))) AS "1,000 OR";
SELECT refused(json_build_object('model', 'blog_article', 'filter', json_build_object('OR', (SELECT json_agg(json_build_object('id', i)) FROM generate_series(1, 60001) i)))::text);
SELECT bolt.count(json_build_object('model', 'blog_article', 'filter', (SELECT json_agg(json_build_object('author__username', 'ann')) FROM generate_series(1, 500) i))) AS "500 filters";
SELECT bolt.fetch_json(json_build_object('model', 'blog_article', 'order_by', (SELECT json_agg('-id'::text) FROM generate_series(1, 1000) i), 'limit', 1, 'values', (SELECT json_agg('id'::text) FROM generate_series(1, 1000) i)));
SELECT json_array_length(bolt.get(json_build_object('model', 'blog_article', 'filter', '{"id": 1}'::json, 'values_list', (SELECT json_agg('id'::text) FROM generate_series(1, 5000) i))));
SELECT length(bolt.get(json_build_object('model', 'blog_article', 'only', '["id"]'::json, 'prefetch_related', (SELECT json_agg(json_build_object('lookup', 'tags', 'to_attr', 'x' || i)) FROM generate_series(1, 300) i)), '{"id": 3}')::text) AS "300 prefetches";

-- 10,000 objects under one parent, and 10,000 parents
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent);
INSERT INTO parent SELECT generate_series(1, 10000);
INSERT INTO child SELECT i, CASE WHEN i > 10000 THEN i - 10000 ELSE 1 END FROM generate_series(1, 20000) i;
SELECT json_array_length(bolt.get('{"model": "parent", "prefetch_related": ["child"]}', '{"id": 1}') -> 'child');
SELECT count(*), sum(json_array_length(o -> 'child')) FROM bolt.fetch('{"model": "parent", "prefetch_related": ["child"]}') o;
SELECT count(*), sum(json_array_length(o -> 'child')) FROM bolt.fetch('{"model": "parent", "prefetch_related": [{"lookup": "child", "queryset": {"limit": 1}}]}') o;
SELECT count(*), count(o -> 'parent') FROM bolt.fetch('{"model": "child", "select_related": ["parent"]}') o;

-- texts of a megabyte
CREATE TABLE novel (id int PRIMARY KEY, text text);
INSERT INTO novel VALUES (100, repeat('é"\', 250000));
SELECT bolt.fetch_json('{"model": "novel"}')::text = (SELECT json_agg(n)::text FROM novel n);
SELECT bolt.count(json_build_object('model', 'novel', 'filter', json_build_object('text', repeat('é"\', 250000)))), bolt.count(json_build_object('model', 'novel', 'filter', json_build_object('text__icontains', repeat('É"\', 250000))));

--
-- Nothing at all
--
CREATE TABLE empty (id int PRIMARY KEY, parent_id int REFERENCES empty);
SELECT bolt.fetch_json('{"model": "empty"}'), bolt.first('{"model": "empty"}'), bolt.count('{"model": "empty"}'), bolt.exists('{"model": "empty"}'), bolt.in_bulk('{"model": "empty"}'), bolt.page('{"model": "empty"}') ->> 'items';
SELECT bolt.fetch_json('{"model": "empty", "select_related": ["parent__parent"], "prefetch_related": ["empty__empty"], "order_by": ["parent__parent__id"], "distinct": true, "limit": 5}');
SELECT count(*) FROM bolt.fetch('{"model": "empty", "prefetch_related": [{"lookup": "empty", "queryset": {"limit": 1}}]}');

--
-- Tables that change under a session's feet
--
CREATE TABLE thing (id int PRIMARY KEY, name text);
INSERT INTO thing VALUES (1, 'one');
SELECT bolt.fetch_json('{"model": "thing"}'), bolt.count('{"model": "thing"}');
DROP TABLE thing;
SELECT refused('{"model": "thing"}'), sqlstate_of('{"model": "thing"}', 'SELECT bolt.count($1::json)');
CREATE TABLE thing (name text PRIMARY KEY, id text);
INSERT INTO thing VALUES ('two', 'x');
SELECT bolt.fetch_json('{"model": "thing"}'), bolt.first('{"model": "thing", "filter": {"id": "x"}}');
ALTER TABLE thing RENAME TO object;
SELECT sqlstate_of('{"model": "thing"}'), bolt.fetch_json('{"model": "object"}');
ALTER TABLE object ALTER id TYPE int USING 7;
SELECT bolt.fetch_json('{"model": "object"}'), sqlstate_of('{"model": "object", "filter": {"id": "x"}}'), bolt.count('{"model": "object", "filter": {"id": "7"}}');
-- within one statement
CREATE FUNCTION shrink() RETURNS text LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE object DROP COLUMN id; RETURN 'two'; END $$;
SELECT shrink(), bolt.fetch_json('{"model": "object"}');
-- a relation's other side
SELECT bolt.count('{"model": "child", "filter": {"parent__id": 1}}');
ALTER TABLE child DROP CONSTRAINT child_parent_id_fkey;
SELECT refused('{"model": "child", "filter": {"parent__id": 1}}');
SELECT sqlstate_of('{"model": "child", "select_related": ["parent"]}'), sqlstate_of('{"model": "parent", "prefetch_related": ["child"]}');
-- dropped while it is fetched: refused by PostgreSQL, and the fetch goes on
SET bolt_orm.chunk_size = 1;
CREATE FUNCTION drop_comments() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE blog_comment; END $$;
SELECT sqlstate_of(NULL, $$ SELECT count(x) FROM (SELECT drop_comments()::text AS x FROM bolt.fetch('{"model": "blog_comment"}')) s $$) IN ('55006', '42P01');
RESET bolt_orm.chunk_size;
SELECT bolt.count('{"model": "blog_comment"}');

-- columns of types that have no equality
CREATE TABLE strange (id int PRIMARY KEY, p point, j json, x xml);
INSERT INTO strange VALUES (1, '(1,2)', '{}', '<a/>');
SELECT sqlstate_of('{"model": "strange", "filter": {"p": "(1,2)"}}'), sqlstate_of('{"model": "strange", "filter": {"j": {}}}'), sqlstate_of('{"model": "strange", "filter": {"x__in": ["<a/>"]}}'),
	sqlstate_of('{"model": "strange", "order_by": ["p"]}'), sqlstate_of('{"model": "strange", "distinct": ["j"]}'), sqlstate_of('{"model": "strange", "values": ["j"], "distinct": true}');
SELECT bolt.count('{"model": "strange", "filter": {"p__contains": "1", "x__startswith": "<a", "j__isnull": false, "j__regex": "\\{"}}'), bolt.exists('{"model": "strange", "distinct": true}');

-- settings out of range
SELECT sqlstate_of(NULL, 'SET bolt_orm.chunk_size = 0'), sqlstate_of(NULL, 'SET bolt_orm.max_depth = 3'), sqlstate_of(NULL, 'SET bolt_orm.plan_cache_size = 0'), sqlstate_of(NULL, 'SET bolt_orm.nothing = 1');

DROP SCHEMA bad_input_test CASCADE;
