-- annotate and alias: names for expressions, and what may name them.
CREATE SCHEMA annotate_test;
SET search_path = annotate_test;
\i sql/fixture/blog.sql

-- behind the columns, in the order of the text
SELECT checked('{"model": "blog_tag", "annotate": {"one": {"Value": 1}, "up": {"Upper": "name"}, "a": {"F": "id"}}, "order_by": ["id"]}', 'SELECT id, name, 1 AS one, upper(name) AS up, id AS a FROM blog_tag ORDER BY id');
SELECT bolt.fetch('{"model": "blog_tag", "annotate": {"z": 1, "b": 2, "a": 3}, "filter": {"id": 1}}');
SELECT bolt.fetch('{"model": "blog_tag", "annotate": {"z": 1}, "alias": {"b": 2}, "filter": {"id": 1}}');
-- before select_related and prefetch_related
SELECT bolt.fetch('{"model": "blog_article", "only": ["title", "editor__username"], "annotate": {"n": {"Length": "title"}}, "select_related": ["editor"], "prefetch_related": ["tags"], "filter": {"id": 6}}');
-- beside only and defer, which leave annotations alone
SELECT bolt.fetch('{"model": "blog_tag", "only": ["id"], "annotate": {"up": {"Upper": "name"}}, "filter": {"id": 1}}'), bolt.fetch('{"model": "blog_tag", "defer": ["name"], "annotate": {"up": {"Upper": "name"}}, "filter": {"id": 1}}');

-- one may name an earlier one, of alias as of annotate
SELECT checked('{"model": "blog_tag", "annotate": {"a": {"Length": "name"}, "b": {"Add": ["a", 1]}, "c": {"Mul": ["a", "b"]}}, "values": ["a", "b", "c"], "order_by": ["id"]}',
	'SELECT length(name) AS a, length(name) + 1 AS b, length(name) * (length(name) + 1) AS c FROM blog_tag ORDER BY id');
SELECT checked('{"model": "blog_tag", "alias": {"a": {"Length": "name"}}, "annotate": {"b": {"Add": ["a", 1]}}, "order_by": ["id"], "limit": 1}', $$ SELECT 1 AS id, 'sql' AS name, 4 AS b $$);
SELECT checked('{"model": "blog_tag", "annotate": {"a": {"Length": "name"}}, "alias": {"b": {"Add": ["a", 1]}}, "filter": {"b": 5}}', $$ SELECT 2 AS id, 'json' AS name, 4 AS a $$);
SELECT message_of('{"model": "blog_tag", "annotate": {"b": {"Add": ["a", 1]}, "a": {"Length": "name"}}}');
SELECT message_of('{"model": "blog_tag", "annotate": {"b": {"Add": ["b", 1]}}}');
SELECT message_of('{"model": "blog_tag", "annotate": {"b": {"Add": ["a", 1]}}, "alias": {"a": {"Length": "name"}}}');

-- filtered by, with lookups and transforms
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "filter": {"n": 5}, "values": ["id", "n"], "order_by": ["id"]}', 'SELECT id, 5 AS n FROM blog_article WHERE length(title) = 5 ORDER BY id');
SELECT checked('{"model": "blog_article", "alias": {"n": {"Length": "title"}}, "filter": {"n__in": [4, 9], "rating__isnull": false}, "exclude": {"n__gt": 8, "id": 6}, "values_list": ["id"], "flat": true, "order_by": ["id"]}',
	'SELECT id AS value FROM blog_article WHERE length(title) IN (4, 9) AND rating IS NOT NULL AND NOT (length(title) > 8 AND id = 6) ORDER BY id');
SELECT checked('{"model": "blog_article", "alias": {"d": {"F": "published"}}, "filter": {"d__year__gte": 2024, "d__month__in": [1, 12]}, "values_list": ["id"], "flat": true, "order_by": ["id"]}',
	'SELECT id AS value FROM blog_article WHERE extract(year FROM published) >= 2024 AND extract(month FROM published) IN (1, 12) ORDER BY id');
SELECT checked('{"model": "blog_article", "alias": {"x": {"Sub": ["rating", 3]}}, "filter": {"OR": [{"x__gt": 1}, {"x": null}]}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', 'SELECT id AS value FROM blog_article WHERE rating - 3 > 1 OR rating IS NULL ORDER BY id');
SELECT checked('{"model": "blog_article", "alias": {"x": {"Sub": ["rating", 3]}}, "filter": {"id__lte": {"F": "x"}}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', 'SELECT id AS value FROM blog_article WHERE id <= rating - 3 ORDER BY id');
-- a null of it stays under a negation, as a column's does
SELECT checked('{"model": "blog_article", "alias": {"x": {"Add": ["rating", 1]}}, "exclude": {"x": 6}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', 'SELECT id AS value FROM blog_article WHERE rating + 1 IS DISTINCT FROM 6 ORDER BY id');
-- whether a truth value is true
SELECT checked('{"model": "blog_article", "annotate": {"seen": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}}, "filter": {"seen": true}, "values_list": ["id"], "flat": true, "order_by": ["id"]}',
	'SELECT id AS value FROM blog_article a WHERE EXISTS (SELECT FROM blog_comment WHERE article_id = a.id) ORDER BY id');

-- ordered by
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "order_by": ["-n", "id"], "values_list": ["id", "n"], "limit": 3}', $$ SELECT jsonb_build_array(id, length(title)) AS value FROM blog_article ORDER BY length(title) DESC, id LIMIT 3 $$);
SELECT checked('{"model": "blog_article", "alias": {"by": {"F": "author__username"}}, "order_by": ["by", "-id"], "values_list": ["id"], "flat": true, "reverse": true, "offset": 8}',
	'SELECT a.id AS value FROM blog_article a JOIN auth_user u ON u.id = author_id ORDER BY username DESC, a.id OFFSET 8');
SELECT bolt.first('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "order_by": ["-n"], "only": ["title"]}'), bolt.last('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "order_by": ["-n", "id"], "values": ["title", "n"]}'),
	bolt.latest('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "only": ["title"]}', 'n', 'id'), bolt.earliest('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "only": ["title"]}', 'n', 'id');
-- distinct
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "values": ["n"], "distinct": true, "order_by": ["n"]}', 'SELECT DISTINCT length(title) AS n FROM blog_article ORDER BY n');
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "distinct": ["n"], "order_by": ["n", "-id"], "values_list": ["id"], "flat": true}', 'SELECT id AS value FROM (SELECT DISTINCT ON (length(title)) id, length(title) n FROM blog_article ORDER BY length(title), id DESC) s ORDER BY n');
SELECT same('{"model": "blog_article", "annotate": {"t": {"F": "tags__name"}}, "distinct": true, "order_by": ["id", "t"]}',
	'SELECT DISTINCT a.*, t.name AS t FROM blog_article a LEFT JOIN blog_article_tags j ON j.article_id = a.id LEFT JOIN blog_tag t ON t.id = j.tag_id ORDER BY a.id, t.name');
-- a relation's column; one to many repeats the rows, as a join does
SELECT checked('{"model": "blog_article", "annotate": {"tag": {"F": "tags__name"}}, "filter": {"id__in": [1, 3]}, "only": ["title"], "order_by": ["id", "tag"]}',
	'SELECT a.id, title, t.name AS tag FROM blog_article a LEFT JOIN blog_article_tags j ON j.article_id = a.id LEFT JOIN blog_tag t ON t.id = j.tag_id WHERE a.id IN (1, 3) ORDER BY a.id, t.name');
-- the join is the filter's where it comes before
SELECT checked('{"model": "blog_article", "chain": [{"filter": {"tags__name__in": ["sql", "c"]}}, {"annotate": {"tag": {"F": "tags__name"}}}, {"values": ["id", "tag"]}, {"order_by": ["id", "tag"]}]}',
	$$ SELECT a.id, t.name AS tag FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id JOIN blog_tag t ON t.id = j.tag_id WHERE t.name IN ('sql', 'c') ORDER BY a.id, t.name $$);

-- values: all columns and annotations, or those named; never an alias
SELECT bolt.fetch('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}, "alias": {"x": 1}, "values": [], "filter": {"id": 1}}'), bolt.fetch('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}, "alias": {"x": 1}, "values_list": [], "filter": {"id": 1}}'),
	bolt.fetch('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}, "values": ["name"], "filter": {"id": 1}}'), bolt.fetch('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}, "values_list": ["n"], "flat": true, "filter": {"id": 1}}');
SELECT refused('{"model": "blog_tag", "alias": {"x": 1}, "values": ["x"]}');
SELECT message_of('{"model": "blog_tag", "alias": {"x": 1}, "values_list": ["name", "x"]}');

-- counted, asked for, paged, by key
SELECT bolt.count('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "filter": {"n": 5}}'), bolt.exists('{"model": "blog_article", "alias": {"n": {"Length": "title"}}, "filter": {"n": 99}}'), bolt.contains('{"model": "blog_article", "alias": {"n": {"Length": "title"}}, "filter": {"n": 5}}', '1'),
	bolt.get('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}}', '{"n": 6}'), bolt.in_bulk('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}}', '[1, 3]'),
	bolt.page('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}, "order_by": ["-n"]}', 1, 1);
-- within a prefetch, sliced too
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "limit": 2, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "annotate": {"n": {"Length": "title"}}, "order_by": ["n", "id"], "limit": 2}, "to_attr": "short"}]}');
SELECT bolt.fetch('{"model": "blog_tag", "order_by": ["id"], "limit": 2, "prefetch_related": [{"lookup": "article", "queryset": {"only": ["id"], "annotate": {"by": {"F": "author__username"}}, "filter": {"by__gt": "ann"}, "order_by": ["id"]}}]}');
-- of tables without a primary key, of views
CREATE VIEW titles AS SELECT title, rating FROM blog_article;
SELECT checked('{"model": "titles", "annotate": {"n": {"Length": "title"}}, "filter": {"n": 4}, "order_by": ["title"]}', 'SELECT *, 4 AS n FROM titles WHERE length(title) = 4 ORDER BY title');

-- names: any that no column has, once more is another value
SELECT bolt.fetch('{"model": "blog_tag", "annotate": {"": 1, "Ünï \"code\"": 2, "a b": 3, "count(*)": 4, "order": 5}, "filter": {"id": 1}}');
SELECT bolt.fetch('{"model": "blog_tag", "chain": [{"annotate": {"n": 1}}, {"annotate": {"n": 2}}, {"filter": {"id": 1}}]}');
SELECT refused('{"model": "blog_tag", "annotate": {"name": 1}}');
SELECT message_of('{"model": "blog_article", "annotate": {"author": 1}}');
SELECT message_of('{"model": "blog_article", "annotate": {"tags": 1}}');
SELECT message_of('{"model": "blog_article", "annotate": {"comments": {"Count": "comments"}}}');
SELECT message_of('{"model": "blog_article", "alias": {"title": 1}}');
-- behind values, only what it names
SELECT message_of('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"author": {"Sum": "rating"}}}]}');
SELECT bolt.fetch('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"rating": {"Sum": "rating"}}}, {"filter": {"author": 1}}]}');
SELECT message_of('{"model": "blog_tag", "annotate": {"n": 1, "n": 2}}');
-- one hides a path that begins with it
SELECT checked('{"model": "blog_article", "annotate": {"author__x": {"F": "author__username"}}, "filter": {"author__x": "ann", "author__username": "ann"}, "values": ["author__x"], "limit": 1}', $$ SELECT 'ann' AS author__x $$);

SELECT refused('{"model": "blog_tag", "annotate": []}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": []}}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": {}}}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": "nothing"}}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": 1}, "filter": {"x__nothing": 1}}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": {"Upper": "name"}}, "order_by": ["x__nothing"]}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": 1}, "only": ["x"]}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": 1}, "prefetch_related": ["x"]}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": 1}, "select_related": ["x"]}');
SELECT bolt.count('{"model": "blog_tag", "annotate": {}, "alias": {}}');

DROP SCHEMA annotate_test CASCADE;
