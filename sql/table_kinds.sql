-- Views, materialized views, partitioned, foreign, temporary, unlogged and inherited tables as models.
CREATE SCHEMA table_kinds_test;
SET search_path = table_kinds_test;
\i sql/fixture/blog.sql

--
-- Views
--
CREATE VIEW popular AS SELECT id, title, author_id, rating FROM blog_article WHERE rating >= 4;
SELECT checked('{"model": "popular", "filter": {"title__icontains": "a"}, "order_by": ["-rating", "id"]}', $$ SELECT * FROM popular WHERE title ILIKE '%a%' ORDER BY rating DESC, id $$);
SELECT bolt.count('{"model": "popular"}'), bolt.exists('{"model": "popular", "filter": {"rating": 1}}'), bolt.fetch_json('{"model": "popular", "distinct": true, "values": ["rating"], "order_by": ["rating"]}');
-- without a primary key nothing is found by it
SELECT refused('{"model": "popular"}', $$ SELECT bolt.contains($1::json, '1') $$);
SELECT refused('{"model": "popular", "select_related": ["author"]}');
-- unless it is given one, and relations
SELECT bolt.register_model('popular', 'Popular', '{title}', '{id}');
SELECT bolt.register_relation('popular', '{author_id}', 'author', 'popular', target => 'auth_user', target_columns => '{id}');
SELECT checked('{"model": "Popular", "select_related": ["author"], "only": ["title", "author__username"]}',
	$$ SELECT p.id, title, author_id, jsonb_build_object('id', u.id, 'username', username) AS author FROM popular p JOIN auth_user u ON u.id = author_id ORDER BY title $$);
SELECT checked('{"model": "auth_user", "only": ["username"], "prefetch_related": [{"lookup": "popular", "queryset": {"only": ["title"], "limit": 1}}], "order_by": ["id"]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(p), '[]') FROM (SELECT id, title FROM popular WHERE author_id = u.id ORDER BY title LIMIT 1) p) AS popular FROM auth_user u ORDER BY id $$);
SELECT bolt.contains('{"model": "Popular"}', '1'), bolt.contains('{"model": "Popular"}', '2'), bolt.in_bulk('{"model": "Popular", "only": ["id"]}', '[1, 2]');
SELECT checked('{"model": "Popular", "filter": {"author__articles__rating": 1}, "distinct": true, "only": ["id"]}', $$ SELECT id FROM popular WHERE author_id = 2 ORDER BY title $$);
-- a view that is replaced
CREATE OR REPLACE VIEW popular AS SELECT id, title, author_id, rating, published FROM blog_article WHERE rating >= 5;
SELECT bolt.fetch('{"model": "Popular"}');
-- a view of a set-returning query, with expressions for columns
CREATE VIEW numbers AS SELECT i AS n, i * i AS "square of n", chr(64 + i) AS letter FROM generate_series(1, 5) i;
SELECT bolt.fetch_json('{"model": "numbers", "filter": {"square of n__gt": 4, "letter__in": ["C", "E"]}, "order_by": ["-n"]}');

--
-- Materialized views
--
CREATE MATERIALIZED VIEW article_count AS SELECT author_id, count(*) AS n FROM blog_article GROUP BY author_id;
SELECT bolt.register_relation('article_count', '{author_id}', 'author', 'article_count', target => 'auth_user');
SELECT checked('{"model": "article_count", "order_by": ["author_id"], "prefetch_related": [{"lookup": "author", "queryset": {"only": ["username"]}}]}',
	$$ SELECT c.*, (SELECT jsonb_build_object('id', id, 'username', username) FROM auth_user u WHERE u.id = author_id) AS author FROM article_count c ORDER BY author_id $$);
BEGIN;
UPDATE blog_article SET author_id = 2 WHERE author_id = 1;
SELECT bolt.count('{"model": "article_count", "filter": {"author": 1}}');
ROLLBACK;
CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS a WITH NO DATA;
SELECT sqlstate_of('{"model": "unfilled"}');
REFRESH MATERIALIZED VIEW unfilled;
SELECT bolt.fetch_json('{"model": "unfilled"}');

--
-- Partitioned tables, whose partitions are models of their own
--
CREATE TABLE visit (id int, day date NOT NULL, user_id int NOT NULL REFERENCES auth_user, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE visit_2024 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- (a partition whose columns stand in another order)
CREATE TABLE visit_2025 (note text, user_id int NOT NULL, day date NOT NULL, id int NOT NULL);
ALTER TABLE visit_2025 DROP note;
ALTER TABLE visit ATTACH PARTITION visit_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO visit VALUES (1, '2024-05-01', 1), (2, '2025-05-01', 1), (3, '2025-06-01', 2);
SELECT checked('{"model": "visit", "filter": {"day__gte": "2024-06-01"}, "order_by": ["id"], "select_related": ["user"], "defer": ["user__email"]}',
	$$ SELECT v.*, to_jsonb(u) - 'email' AS user FROM visit v JOIN auth_user u ON u.id = user_id WHERE day >= '2024-06-01' ORDER BY v.id $$);
SELECT checked('{"model": "visit_2025", "order_by": ["id"]}', 'SELECT * FROM visit_2025 ORDER BY id');
SELECT checked('{"model": "auth_user", "only": ["username"], "filter": {"id__lte": 2}, "order_by": ["id"], "prefetch_related": [{"lookup": "visit", "queryset": {"order_by": ["-day"]}}]}',
	$$ SELECT id, username, (SELECT jsonb_agg(v ORDER BY day DESC) FROM visit v WHERE user_id = u.id) AS visit FROM auth_user u WHERE id <= 2 ORDER BY id $$);
SELECT checked('{"model": "auth_user", "only": ["username"], "filter": {"id__lte": 2}, "order_by": ["id"], "prefetch_related": [{"lookup": "visit", "queryset": {"order_by": ["-day"], "limit": 1, "only": ["id"]}}]}',
	$$ SELECT id, username, (SELECT jsonb_agg(v) FROM (SELECT id, day FROM visit WHERE user_id = u.id ORDER BY day DESC LIMIT 1) v) AS visit FROM auth_user u WHERE id <= 2 ORDER BY id $$);
SELECT bolt.count('{"model": "visit"}'), bolt.get('{"model": "visit", "filter": {"pk": [2, "2025-05-01"]}}'), bolt.count('{"model": "auth_user", "filter": {"visit__day__range": ["2025-01-01", "2025-12-31"]}}');
-- a key to a partitioned table
CREATE TABLE receipt (id int PRIMARY KEY, visit_id int, visit_day date, FOREIGN KEY (visit_id, visit_day) REFERENCES visit);
INSERT INTO receipt VALUES (1, 2, '2025-05-01'), (2, NULL, NULL);
SELECT bolt.register_relation('receipt', '{visit_id,visit_day}', 'visit', 'receipts');
SELECT bolt.fetch('{"model": "receipt", "select_related": ["visit__user"], "only": ["visit", "visit__user__username"], "order_by": ["id"]}');
SELECT bolt.fetch('{"model": "visit", "only": ["id"], "prefetch_related": ["receipts"], "order_by": ["id"]}');
-- detached
DROP TABLE receipt;
ALTER TABLE visit DETACH PARTITION visit_2025;
SELECT bolt.count('{"model": "visit"}'), bolt.count('{"model": "visit_2025"}');

--
-- Foreign tables
--
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
DO $$
BEGIN
	EXECUTE format('CREATE SERVER bolt_loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname %L, port %L, host %L)',
		current_database(), current_setting('port'), split_part(current_setting('unix_socket_directories'), ',', 1));
END $$;
CREATE USER MAPPING FOR CURRENT_USER SERVER bolt_loopback;
CREATE FOREIGN TABLE far_comment (id int, article_id int, author_id int, text text) SERVER bolt_loopback OPTIONS (schema_name 'table_kinds_test', table_name 'blog_comment');
SELECT checked('{"model": "far_comment", "filter": {"text__contains": "e", "author_id__isnull": false}, "order_by": ["-id"], "limit": 2}',
	$$ SELECT id, article_id, author_id, text FROM blog_comment WHERE text LIKE '%e%' AND author_id IS NOT NULL ORDER BY id DESC LIMIT 2 $$);
SELECT bolt.register_model('far_comment', primary_key => '{id}');
SELECT bolt.register_relation('far_comment', '{article_id}', 'article', 'far_comments', target => 'blog_article');
SELECT checked('{"model": "far_comment", "only": ["text"], "filter": {"article__title": "Delta"}, "order_by": ["id"]}', 'SELECT id, text FROM blog_comment WHERE article_id = 4 ORDER BY id');
SELECT checked('{"model": "far_comment", "only": ["article"], "select_related": ["article"], "filter": {"pk__in": [1, 4]}, "order_by": ["id"]}',
	$$ SELECT c.id, article_id, (SELECT to_jsonb(a) FROM blog_article a WHERE a.id = article_id) AS article FROM blog_comment c WHERE id IN (1, 4) ORDER BY id $$);
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id__lte": 3}, "order_by": ["id"], "prefetch_related": [{"lookup": "far_comments", "queryset": {"only": ["text"], "order_by": ["id"], "limit": 2}}]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(c ORDER BY id), '[]') FROM (SELECT id, text FROM blog_comment WHERE article_id = a.id ORDER BY id LIMIT 2) c) AS far_comments FROM blog_article a WHERE id <= 3 ORDER BY id $$);
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id__lte": 3}, "order_by": ["id"], "prefetch_related": [{"lookup": "far_comments", "queryset": {"only": ["text"], "order_by": ["id"]}}]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'text', text) ORDER BY id), '[]') FROM blog_comment WHERE article_id = a.id) AS far_comments FROM blog_article a WHERE id <= 3 ORDER BY id $$);
SELECT bolt.count('{"model": "blog_article", "exclude": {"far_comments__author_id": 2}}') = (SELECT count(*) FROM blog_article a WHERE NOT EXISTS (SELECT FROM blog_comment c WHERE c.article_id = a.id AND author_id = 2));
-- a file
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SERVER bolt_file FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE line (a int, b text) SERVER bolt_file OPTIONS (program 'printf "1\tx\n2\ty\n"');
SELECT bolt.fetch_json('{"model": "line", "filter": {"b": "y"}}'), bolt.count('{"model": "line"}');

--
-- Temporary, unlogged, inherited and typed tables
--
CREATE TEMPORARY TABLE draft (id int PRIMARY KEY, text text);
INSERT INTO draft VALUES (1, 'x');
SELECT bolt.fetch_json('{"model": "draft"}'), bolt.fetch_json('{"model": "pg_temp.draft"}');
DROP TABLE draft;
BEGIN;
CREATE TEMPORARY TABLE draft (id int) ON COMMIT DROP;
SELECT bolt.fetch_json('{"model": "draft"}');
COMMIT;
SELECT sqlstate_of('{"model": "draft"}');
CREATE UNLOGGED TABLE quick (id int PRIMARY KEY);
INSERT INTO quick VALUES (1);
SELECT bolt.fetch_json('{"model": "quick"}');
CREATE TABLE animal (id int PRIMARY KEY, name text);
CREATE TABLE dog (breed text) INHERITS (animal);
INSERT INTO animal VALUES (1, 'cat');
INSERT INTO dog VALUES (2, 'rex', 'poodle');
SELECT bolt.fetch_json('{"model": "animal", "order_by": ["id"]}'), bolt.fetch_json('{"model": "dog"}');
-- keys hold in each of the tables by itself
SELECT bolt.fetch_json('{"model": "animal", "distinct": true, "order_by": ["id"]}'), bolt.count('{"model": "animal", "distinct": true}');
INSERT INTO dog VALUES (1, 'bob', 'beagle');
SELECT bolt.fetch_json('{"model": "animal", "distinct": true, "order_by": ["name"]}'), bolt.count('{"model": "animal", "distinct": true}');
SELECT bolt.in_bulk('{"model": "animal", "only": ["id"]}', '[1, 2]');
SELECT refused('{"model": "animal"}', $$ SELECT bolt.cursor_page($1::json, 1) $$);
SELECT bolt.cursor_page('{"model": "animal", "distinct": true, "values": ["name"]}', 2)->'items';
SELECT refused('{"model": "animal", "annotate": {"r": {"Window": {"RowNumber": []}, "order_by": ["name"]}}, "filter": {"r": 1}}', $$ SELECT bolt.update($1::json, '{"name": "x"}') $$);
CREATE TABLE collar (id int PRIMARY KEY, animal_id int UNIQUE REFERENCES animal);
SELECT bolt.fetch_json('{"model": "collar"}'), bolt.fetch_json('{"model": "animal", "select_related": ["collar"], "order_by": ["name"]}');
CREATE TABLE spiked () INHERITS (collar);
INSERT INTO collar VALUES (1, 1);
INSERT INTO spiked VALUES (2, 1);
-- now there may be several
SELECT refused('{"model": "animal", "select_related": ["collar"]}');
SELECT bolt.fetch_json('{"model": "animal", "prefetch_related": ["collar"], "order_by": ["name"]}');
-- a child comes and goes in another order
CREATE TABLE plant (id int PRIMARY KEY, name text);
INSERT INTO plant VALUES (1, 'oak');
SELECT bolt.fetch_json('{"model": "plant", "distinct": true}'), (SELECT string_agg(s, '') ~ 'GROUP BY' FROM bolt.sql('{"model": "plant", "distinct": true}') s) AS by_key;
CREATE TABLE tree (id int NOT NULL, name text);
INSERT INTO tree VALUES (1, 'elm');
ALTER TABLE tree INHERIT plant;
SELECT bolt.fetch_json('{"model": "plant", "distinct": true, "order_by": ["name"]}'), (SELECT string_agg(s, '') ~ 'GROUP BY' FROM bolt.sql('{"model": "plant", "distinct": true}') s) AS by_key;
ALTER TABLE tree NO INHERIT plant;
SELECT bolt.fetch_json('{"model": "plant", "distinct": true}');
CREATE TYPE point3 AS (x int, y int, z int);
CREATE TABLE points OF point3;
INSERT INTO points VALUES (1, 2, 3);
SELECT bolt.fetch_json('{"model": "points"}');
CREATE TABLE computed (id int PRIMARY KEY, a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO computed VALUES (21);
SELECT bolt.fetch_json('{"model": "computed", "filter": {"b": 42}}');

-- the catalogs, too
SELECT bolt.fetch_json('{"model": "pg_namespace", "filter": {"nspname": "table_kinds_test"}, "values": ["nspname"]}'),
	bolt.get('{"model": "pg_class", "filter": {"relname": "dog"}, "values_list": ["relname", "relkind"]}');
SELECT bolt.exists('{"model": "information_schema.tables", "filter": {"table_name": "dog"}}');

-- what is no table
CREATE SEQUENCE counter;
SELECT sqlstate_of('{"model": "counter"}'), sqlstate_of('{"model": "dog_pkey"}'), sqlstate_of('{"model": "point3"}');

DROP EXTENSION postgres_fdw CASCADE;
DROP EXTENSION file_fdw CASCADE;
DROP SCHEMA table_kinds_test CASCADE;
