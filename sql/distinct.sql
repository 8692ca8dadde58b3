-- distinct: rows once, or the first row of each value of some fields.
CREATE SCHEMA distinct_test;
SET search_path = distinct_test;
\i sql/fixture/blog.sql

-- objects once, in whatever order
SELECT checked('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "only": ["rating"], "order_by": ["-id"]}',
	$$ SELECT id, rating FROM blog_article WHERE id IN (SELECT article_id FROM blog_comment) ORDER BY id DESC $$);
SELECT checked('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "only": ["rating"], "order_by": ["author__username", "id"]}',
	$$ SELECT a.id, rating FROM blog_article a JOIN auth_user u ON u.id = author_id WHERE a.id IN (SELECT article_id FROM blog_comment) ORDER BY username, a.id $$);

-- ordered by a to-many relation they are as often there as they have values of it, as in Django
SELECT checked('{"model": "blog_article", "filter": {"tags__name__in": ["sql", "c"]}, "distinct": true, "only": ["rating"], "order_by": ["tags__name", "id"]}',
	$$ SELECT id, rating FROM (SELECT DISTINCT a.id, rating, t.name FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id JOIN blog_tag t ON t.id = j.tag_id
		WHERE t.name IN ('sql', 'c')) s ORDER BY name, id $$);

-- false is nothing
SELECT bolt.count('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": false}');

-- rows of values once
SELECT checked('{"model": "blog_article", "values": ["rating"], "distinct": true, "order_by": ["rating"]}', 'SELECT DISTINCT rating FROM blog_article ORDER BY rating');
SELECT checked('{"model": "blog_article", "values_list": ["author__username"], "flat": true, "distinct": true, "order_by": ["-author__username"]}',
	'SELECT DISTINCT username AS value FROM blog_article JOIN auth_user u ON u.id = author_id ORDER BY username DESC');
-- a field that only the order names makes them differ
SELECT checked('{"model": "blog_article", "values_list": ["author"], "flat": true, "distinct": true, "order_by": ["author", "rating"]}',
	'SELECT author_id AS value FROM (SELECT DISTINCT author_id, rating FROM blog_article) s ORDER BY author_id, rating');

-- with columns that cannot be compared
CREATE TABLE doc (id int PRIMARY KEY, data json, place point, markup xml, data2 jsonb);
INSERT INTO doc VALUES (1, '{"a": 1}', '(1,2)', '<a/>', '1'), (2, '{"a": 1}', '(1,2)', '<a/>', '1');
SELECT checked('{"model": "doc", "distinct": true, "only": ["data"], "order_by": ["id"]}', 'SELECT id, data FROM doc ORDER BY id');
SELECT checked('{"model": "doc", "distinct": true, "values": ["data2"]}', 'SELECT DISTINCT data2 FROM doc');
SELECT bolt.count('{"model": "doc", "distinct": true}'), bolt.exists('{"model": "doc", "distinct": true}');

-- tables without a primary key: equal rows once
CREATE TABLE keyless (a int, b text);
INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, NULL), (2, NULL), (NULL, 'y');
SELECT checked('{"model": "keyless", "distinct": true, "order_by": ["a"]}', 'SELECT DISTINCT * FROM keyless ORDER BY a');
SELECT bolt.count('{"model": "keyless", "distinct": true}'), bolt.count('{"model": "keyless"}');
-- only their loaded columns are compared
SELECT checked('{"model": "keyless", "distinct": true, "only": ["a"], "order_by": ["a"]}', 'SELECT DISTINCT a FROM keyless ORDER BY a');

-- the first row of each value
SELECT checked('{"model": "blog_article", "distinct": ["author"], "order_by": ["author", "-id"], "only": ["author"]}',
	'SELECT DISTINCT ON (author_id) id, author_id FROM blog_article ORDER BY author_id, id DESC');
SELECT checked('{"model": "blog_article", "distinct": ["author__username"], "order_by": ["author__username", "title"], "values": ["title", "author__username"]}',
	'SELECT DISTINCT ON (username) title, username AS author__username FROM blog_article a JOIN auth_user u ON u.id = author_id ORDER BY username, title');
SELECT checked('{"model": "blog_article", "distinct": ["rating", "author"], "order_by": ["rating", "author", "id"], "values_list": ["id"], "flat": true}',
	'SELECT id AS value FROM (SELECT DISTINCT ON (rating, author_id) * FROM blog_article ORDER BY rating, author_id, id) s ORDER BY rating, author_id, id');
SELECT bolt.count('{"model": "blog_article", "distinct": ["author"]}'), bolt.count('{"model": "blog_article", "distinct": ["rating"], "order_by": ["rating"]}');
SELECT checked('{"model": "doc", "distinct": ["id"], "order_by": ["id"], "only": ["data"]}', 'SELECT id, data FROM doc ORDER BY id');
-- without any field: distinct rows
SELECT bolt.count('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": []}');

-- a slice is of the distinct rows
SELECT checked('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "only": ["id"], "order_by": ["id"], "limit": 2, "offset": 1}',
	'SELECT id FROM blog_article WHERE id IN (SELECT article_id FROM blog_comment) ORDER BY id LIMIT 2 OFFSET 1');
SELECT bolt.count('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "limit": 2}');

-- with select_related and prefetch_related
SELECT checked('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "only": ["author"], "order_by": ["id"], "select_related": ["author"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}]}',
	$$ SELECT id, author_id, (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id) AS author,
		(SELECT coalesce(jsonb_agg(t ORDER BY t.id), '[]') FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = a.id) AS tags
		FROM blog_article a WHERE id IN (SELECT article_id FROM blog_comment) ORDER BY id $$);

-- by key: those that the order puts first
SELECT bolt.in_bulk('{"model": "blog_article", "only": ["id"], "distinct": ["author"], "order_by": ["author", "-id"]}');

-- a field and the order must agree, as in SQL
SELECT sqlstate_of('{"model": "blog_article", "distinct": ["author"], "order_by": ["title"]}');
SELECT refused('{"model": "blog_article", "distinct": ["nothing"]}');
SELECT refused('{"model": "blog_article", "distinct": ["title__contains"]}');
SELECT refused('{"model": "blog_article", "distinct": "title"}');
SELECT refused('{"model": "blog_article", "distinct": [1]}');

-- a page of groups or of distinct values is ordered by them: the primary key would be a column more to group by
CREATE TABLE paged (id int PRIMARY KEY, status text, active bool);
INSERT INTO paged SELECT g, 's' || g % 4, g % 2 = 0 FROM generate_series(1, 53) g;
SELECT bolt.page('{"model": "paged", "chain": [{"values": ["status"]}, {"annotate": {"n": {"Count": "*"}}}]}', 1, 3);
SELECT bolt.page('{"model": "paged", "chain": [{"values": ["status"]}, {"annotate": {"n": {"Count": "*"}}}]}', 2, 3);
SELECT bolt.page('{"model": "paged", "values": ["active"], "distinct": true}');
SELECT bolt.page('{"model": "paged", "values_list": ["status"], "flat": true, "distinct": true, "reverse": true}', 2, 3);
SELECT bolt.page('{"model": "paged", "distinct": ["status"]}', 1, 2);
SELECT bolt.first('{"model": "paged", "chain": [{"values": ["status"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["-status"]}]}');
SELECT bolt.first('{"model": "paged", "values": ["active"], "distinct": true}'), bolt.first('{"model": "paged", "distinct": ["status"]}');
SELECT bolt.first('{"model": "paged", "chain": [{"values": ["status"]}, {"annotate": {"n": {"Count": "*"}}}]}');
SELECT bolt.last('{"model": "paged", "chain": [{"values": ["status"]}, {"annotate": {"n": {"Count": "*"}}}]}');
DROP TABLE paged;

DROP SCHEMA distinct_test CASCADE;
