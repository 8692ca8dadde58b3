-- Transforms: what stands between a field and its lookup, and in the place of a field.
CREATE SCHEMA transforms_test;
SET search_path = transforms_test;
\i sql/fixture/blog.sql

--
-- Text: length, lower, upper, trim
--
SELECT filtered('{"title__length": 5}', 'length(title) = 5');
SELECT filtered('{"title__length__gt": 5}', 'length(title) > 5');
SELECT filtered('{"title__length__in": [4, 9]}', 'length(title) IN (4, 9)');
SELECT filtered('{"title__length__range": [4, 5]}', 'length(title) BETWEEN 4 AND 5');
SELECT filtered('{"title__lower": "alpha"}', $$ lower(title) = 'alpha' $$);
SELECT filtered('{"title__lower__startswith": "al"}', $$ lower(title) LIKE 'al%' $$);
SELECT filtered('{"title__upper__in": ["ALPHA", "ÉLAN"]}', $$ upper(title) IN ('ALPHA', 'ÉLAN') $$);
SELECT filtered('{"title__upper__isnull": false}', 'true');
CREATE TABLE padded (id int PRIMARY KEY, vc varchar(20), ch char(10), t text);
INSERT INTO padded VALUES (1, '  x ', 'x', E'\tx '), (2, 'é', 'éé', ''), (3, NULL, NULL, NULL);
SELECT filtered('{"vc__trim": "x"}', $$ trim(vc) = 'x' $$, 'padded');
SELECT filtered('{"vc__trim__length": 1}', 'length(trim(vc)) = 1', 'padded');
SELECT filtered('{"vc__length": 4}', 'length(vc) = 4', 'padded');
-- a tab is no space; padding is not counted
SELECT filtered('{"t__trim__length": 2}', 'id = 1', 'padded'), filtered('{"ch__length": 1}', 'length(ch) = 1', 'padded');
-- letters, not bytes
SELECT filtered('{"vc__length": 1}', 'id = 2', 'padded');
SELECT excluded('{"vc__length": 1}', 'length(vc) = 1 IS NOT TRUE', 'padded');
SELECT filtered('{"t__lower": null}', 't IS NULL', 'padded');

--
-- Numbers: abs
--
CREATE TABLE number (id int PRIMARY KEY, i int, big bigint, num numeric(6, 2), dbl double precision);
INSERT INTO number VALUES (1, -5, -9007199254740993, -1.50, -0.5), (2, 5, 9007199254740993, 1.50, 0.5), (3, 0, 0, 0, 'NaN'), (4, NULL, NULL, NULL, NULL);
SELECT filtered('{"i__abs": 5}', 'abs(i) = 5', 'number');
SELECT filtered('{"i__abs__gte": 1}', 'abs(i) >= 1', 'number');
SELECT filtered('{"big__abs": 9007199254740993}', 'abs(big) = 9007199254740993', 'number');
SELECT filtered('{"num__abs__lt": 1.51}', 'abs(num) < 1.51', 'number');
SELECT filtered('{"dbl__abs__in": [0.5, "NaN"]}', $$ abs(dbl) IN (0.5, 'NaN') $$, 'number');
SELECT filtered('{"i__abs__abs__abs": 5}', 'abs(i) = 5', 'number');
SELECT excluded('{"i__abs": 5}', 'abs(i) = 5 IS NOT TRUE', 'number');

--
-- One behind another, and behind relations
--
SELECT filtered('{"title__lower__upper__length": 5}', 'length(title) = 5');
SELECT filtered('{"title__upper__trim__lower__contains": "score"}', $$ title LIKE '%score%' $$);
SELECT filtered('{"author__username__upper": "ANN"}', 'author_id = 1');
SELECT filtered('{"author__profile__city__name__length__lte": 4}', 'author_id = 3');
SELECT filtered('{"tags__name__length": 1}', 'EXISTS (SELECT FROM blog_article_tags j JOIN blog_tag g ON g.id = j.tag_id WHERE j.article_id = t.id AND length(g.name) = 1)');
SELECT excluded('{"tags__name__length": 1}', 'NOT EXISTS (SELECT FROM blog_article_tags j JOIN blog_tag g ON g.id = j.tag_id WHERE j.article_id = t.id AND length(g.name) = 1)');
SELECT filtered('{"author__id__abs": 2}', 'author_id = 2'), filtered('{"author_id__abs": 2}', 'author_id = 2'), filtered('{"pk__abs": 2}', 'id = 2');
-- domains are what they are made of
CREATE DOMAIN word AS varchar(10);
CREATE TABLE worded (id int PRIMARY KEY, w word);
INSERT INTO worded VALUES (1, 'Word'), (2, NULL);
SELECT filtered('{"w__lower__length": 4}', 'length(w) = 4', 'worded'), filtered('{"w__upper__exact": "WORD"}', 'id = 1', 'worded');
-- a column that is called as a transform is one
CREATE TABLE confusing (id int PRIMARY KEY, lower text, year int, date date, a__lower text, a text);
INSERT INTO confusing VALUES (1, 'X', 2024, '2023-01-01', 'column', 'Transform');
SELECT filtered('{"lower": "X"}', 'true', 'confusing'), filtered('{"lower__lower": "x"}', 'true', 'confusing'), filtered('{"year": 2024}', 'true', 'confusing'),
	filtered('{"year__gt": 2023}', 'true', 'confusing'), filtered('{"date__year": 2023}', 'true', 'confusing'), filtered('{"date__year__gt": 2022}', 'true', 'confusing');
SELECT filtered('{"a__lower": "column"}', 'true', 'confusing');

--
-- Expressions as their value
--
SELECT filtered('{"title__length": {"F": "id"}}', 'length(title) = id');
SELECT filtered('{"title__length__gt": {"Add": ["id", {"F": "rating"}]}}', 'length(title) > id + rating');
SELECT filtered('{"title__length__gt": {"F": "author__username__length"}}', 'length(title) > (SELECT length(username) FROM auth_user u WHERE u.id = author_id)');
SELECT filtered('{"title__lower": {"Lower": "title"}}', 'true');
SELECT filtered('{"rating__abs": {"F": "rating__abs"}}', 'rating IS NOT NULL');

--
-- In the place of a field
--
SELECT checked('{"model": "blog_article", "order_by": ["title__length", "-title__lower", "id"], "values_list": ["title"], "flat": true}',
	'SELECT title AS value FROM blog_article ORDER BY length(title), lower(title) DESC, id');
SELECT checked('{"model": "blog_article", "values": ["id", "title__upper", "author__username__length"], "order_by": ["id"], "limit": 2}',
	'SELECT a.id, upper(title) AS title__upper, length(username) AS author__username__length FROM blog_article a JOIN auth_user u ON u.id = author_id ORDER BY a.id LIMIT 2');
SELECT bolt.fetch_json('{"model": "blog_article", "values_list": ["published__year", "published__month"], "distinct": true, "order_by": ["published__year", "published__month"]}')::jsonb
	= (SELECT jsonb_agg(jsonb_build_array(y, m) ORDER BY y, m) FROM (SELECT DISTINCT extract(year FROM published)::int y, extract(month FROM published)::int m FROM blog_article) d);
SELECT checked('{"model": "blog_article", "distinct": ["title__length"], "order_by": ["title__length", "-id"], "only": ["title"]}',
	'SELECT DISTINCT ON (length(title)) id, title FROM blog_article ORDER BY length(title), id DESC');
SELECT checked('{"model": "blog_article", "annotate": {"n": {"F": "title__length"}, "low": {"F": "author__username__upper"}}, "values": ["n", "low"], "filter": {"id": 1}}',
	$$ SELECT 5 AS n, 'ANN' AS low $$);
SELECT checked('{"model": "blog_article", "order_by": [{"expr": "title__length", "desc": true}, "id"], "values_list": ["id"], "flat": true, "limit": 3}',
	'SELECT id AS value FROM blog_article ORDER BY length(title) DESC, id LIMIT 3');
-- of annotations
SELECT checked('{"model": "blog_article", "annotate": {"low": {"Lower": "title"}}, "filter": {"low__length": 4, "low__upper__startswith": "B"}, "values": ["low"]}',
	$$ SELECT 'beta' AS low $$);
SELECT checked('{"model": "blog_article", "annotate": {"d": {"Sub": ["id", {"Value": 5}]}}, "filter": {"d__abs": 5}, "values": ["id", "d"]}',
	'SELECT 10 AS id, 5 AS d');
SELECT checked('{"model": "blog_article", "annotate": {"by": {"F": "author__username"}}, "order_by": ["by__length", "id"], "values_list": ["by__upper", "id"], "limit": 1}',
	$$ SELECT '["ANN", 1]'::jsonb AS value $$);
-- within a prefetch
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "limit": 2, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "filter": {"title__length__lt": 6}, "order_by": ["-title__length", "title__lower"], "limit": 2}}]}');

--
-- What is refused
--
SELECT refused('{"model": "blog_article", "filter": {"title__year": 2024}}');
SELECT message_of('{"model": "blog_article", "filter": {"rating__lower": "x"}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__length__lower": "x"}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__abs": 1}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__lower__nothing": 1}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__exact__lower": "x"}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__": "x"}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__LOWER": "x"}}');
SELECT refused('{"model": "blog_article", "filter": {"author__lower": "x"}}');
SELECT message_of('{"model": "blog_article", "filter": {"author__abs": 1}}');
SELECT message_of('{"model": "blog_article", "filter": {"tags__length": 1}}');
SELECT message_of('{"model": "blog_article", "order_by": ["title__nothing"]}');
SELECT message_of('{"model": "blog_article", "order_by": ["title__exact"]}');
SELECT message_of('{"model": "blog_article", "order_by": ["author__lower"]}');
SELECT message_of('{"model": "blog_article", "values": ["title__length__lower"]}');
SELECT message_of('{"model": "blog_article", "values": ["title__isnull"]}');
SELECT message_of('{"model": "blog_article", "distinct": ["rating__lower"]}');
SELECT message_of('{"model": "blog_article", "only": ["title__lower"]}');
SELECT message_of('{"model": "blog_article", "annotate": {"x": {"F": "rating__lower"}}}');
SELECT sqlstate_of('{"model": "blog_article", "filter": {"title__length": "x"}}'), sqlstate_of('{"model": "blog_article", "filter": {"title__length": 99999999999}}'),
	sqlstate_of('{"model": "blog_article", "filter": {"title__length": [1]}}'), sqlstate_of('{"model": "blog_article", "filter": {"title__lower__gt": null}}');

DROP SCHEMA transforms_test CASCADE;
