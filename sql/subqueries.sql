-- Subquery, Exists and OuterRef: querysets inside a queryset.
CREATE SCHEMA subqueries_test;
SET search_path = subqueries_test;
\i sql/fixture/blog.sql

--
-- Exists as a condition, alone and among others
--
SELECT filtered('{"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}', 'EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)');
SELECT filtered('{"NOT": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)');
SELECT excluded('{"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)');
SELECT filtered('{"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "id"}, "author": {"OuterRef": "author"}}}}', 'EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = t.author_id)');
SELECT filtered('{"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "id"}, "id__gt": {"OuterRef": "id"}}}, "rating__gt": 3}', 'EXISTS (SELECT FROM blog_comment c WHERE article_id = t.id AND c.id > t.id) AND rating > 3');
SELECT filtered('{"OR": [{"id": 3}, {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "id"}, "author": null}}}]}', 'id = 3 OR EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id IS NULL)');
SELECT filtered('{"XOR": [{"id__lt": 3}, {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "id"}}}}]}', '(id < 3) <> EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)');
-- paths of both sides
SELECT filtered('{"Exists": {"model": "blog_comment", "filter": {"author__username": {"OuterRef": "author__username"}}}}', 'EXISTS (SELECT FROM blog_comment WHERE author_id = t.author_id)');
SELECT filtered('{"Exists": {"model": "blog_comment", "filter": {"author__profile__city": {"OuterRef": "author__profile__city"}, "article": {"OuterRef": "pk"}}}}',
	'EXISTS (SELECT FROM blog_comment c JOIN auth_profile p ON p.user_id = c.author_id JOIN auth_profile q ON q.user_id = t.author_id WHERE c.article_id = t.id AND p.city_id = q.city_id)');
SELECT filtered('{"Exists": {"model": "blog_article", "filter": {"id__gt": {"OuterRef": "pk"}, "title__length": {"OuterRef": "title__length"}}}}', 'EXISTS (SELECT FROM blog_article o WHERE o.id > t.id AND length(o.title) = length(t.title))');
-- its own relations to many, its own exclude
SELECT filtered('{"Exists": {"model": "blog_article", "filter": {"tags__name": "sql", "author": {"OuterRef": "author"}}, "exclude": {"comments__text": "first"}}}',
	$$ EXISTS (SELECT FROM blog_article o JOIN blog_article_tags j ON j.article_id = o.id AND tag_id = 1 WHERE o.author_id = t.author_id AND NOT EXISTS (SELECT FROM blog_comment WHERE article_id = o.id AND text = 'first')) $$);
-- sliced and ordered; none; of nothing
SELECT filtered('{"Exists": {"model": "blog_tag", "order_by": ["name"], "limit": 1, "offset": 3}}', 'true'), filtered('{"Exists": {"model": "blog_tag", "offset": 4}}', 'false'), filtered('{"Exists": {"model": "blog_tag", "none": true}}', 'false'), filtered('{"Exists": {"model": "blog_tag"}}', 'true');
-- the same model inside and outside
SELECT filtered('{"Exists": {"model": "auth_user", "filter": {"manager": {"OuterRef": "pk"}}}}', 'EXISTS (SELECT FROM auth_user s WHERE s.manager_id = t.id)', 'auth_user');
-- through a relation to many of the outer query
SELECT bolt.count('{"model": "blog_article", "filter": {"Exists": {"model": "blog_tag", "filter": {"pk": {"OuterRef": "tags"}, "name": "sql"}}}}') AS "a row for each tag that is joined";

--
-- Exists as an expression
--
SELECT checked('{"model": "blog_article", "annotate": {"seen": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}}, "values": ["id", "seen"], "order_by": ["id"], "limit": 4}', 'SELECT id, EXISTS (SELECT FROM blog_comment WHERE article_id = a.id) seen FROM blog_article a ORDER BY id LIMIT 4');
SELECT checked('{"model": "blog_article", "order_by": [{"expr": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}, "desc": true}, "id"], "values_list": ["id"], "flat": true}', 'SELECT id AS value FROM blog_article a ORDER BY EXISTS (SELECT FROM blog_comment WHERE article_id = a.id) DESC, id');
SELECT checked('{"model": "blog_article", "annotate": {"x": {"Case": [{"when": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}, "then": {"Value": "seen"}}], "default": {"Value": "new"}}}, "values_list": ["x"], "flat": true, "order_by": ["id"], "limit": 3}', $$ SELECT unnest('{seen,seen,new}'::text[]) AS value $$);

--
-- Subquery: one value a row
--
SELECT checked('{"model": "blog_article", "annotate": {"last": {"Subquery": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}, "order_by": ["-id"], "values": ["text"], "limit": 1}}}, "values": ["id", "last"], "order_by": ["id"]}',
	'SELECT id, (SELECT text FROM blog_comment WHERE article_id = a.id ORDER BY id DESC LIMIT 1) AS last FROM blog_article a ORDER BY id');
SELECT checked('{"model": "auth_user", "annotate": {"best": {"Subquery": {"model": "blog_article", "filter": {"author": {"OuterRef": "pk"}}, "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}, "id"], "values": ["title"], "limit": 1}}}, "filter": {"best__startswith": "A"}, "values": ["username", "best"]}', $$ SELECT 'ann' AS username, 'Alpha' AS best $$);
-- the primary key where no values are named; values_list as values; the second of a sorted list
SELECT checked('{"model": "blog_article", "annotate": {"c": {"Subquery": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}, "order_by": ["id"], "limit": 1, "offset": 1}}, "d": {"Subquery": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}, "order_by": ["id"], "limit": 1, "values_list": ["author__username"], "flat": true}}}, "values": ["id", "c", "d"], "order_by": ["id"], "limit": 4}',
	'SELECT id, (SELECT id FROM blog_comment WHERE article_id = a.id ORDER BY id LIMIT 1 OFFSET 1) c, (SELECT username FROM blog_comment c LEFT JOIN auth_user u ON u.id = author_id WHERE article_id = a.id ORDER BY c.id LIMIT 1) d FROM blog_article a ORDER BY id LIMIT 4');
-- a value that is computed, an aggregate that is grouped
SELECT checked('{"model": "blog_article", "annotate": {"l": {"Subquery": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}, "annotate": {"n": {"Length": "text"}}, "order_by": ["-n"], "values": ["n"], "limit": 1}}}, "values_list": ["l"], "flat": true, "order_by": ["id"]}',
	'SELECT (SELECT max(length(text)) FROM blog_comment WHERE article_id = a.id) AS value FROM blog_article a ORDER BY id');
SELECT checked('{"model": "auth_user", "annotate": {"n": {"Subquery": {"model": "blog_article", "chain": [{"filter": {"author": {"OuterRef": "pk"}}}, {"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"values": ["n"]}]}}}, "values_list": ["n"], "flat": true, "order_by": ["id"]}',
	'SELECT NULLIF((SELECT count(*) FROM blog_article WHERE author_id = u.id), 0) AS value FROM auth_user u ORDER BY id');
-- in arithmetic, with a default, in order_by, as a filter's value
SELECT checked('{"model": "blog_article", "annotate": {"x": {"Add": [{"Coalesce": [{"Subquery": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}, "order_by": ["id"], "values": ["id"], "limit": 1}}, 0]}, 100]}}, "values_list": ["x"], "flat": true, "order_by": ["id"]}',
	'SELECT coalesce((SELECT min(id) FROM blog_comment WHERE article_id = a.id), 0) + 100 AS value FROM blog_article a ORDER BY id');
SELECT checked('{"model": "blog_tag", "order_by": [{"expr": {"Subquery": {"model": "blog_article_tags", "filter": {"tag": {"OuterRef": "pk"}}, "order_by": ["-article__id"], "values": ["article"], "limit": 1}}, "desc": true, "nulls": "last"}, "id"], "values_list": ["name"], "flat": true}', $$ SELECT unnest('{c,sql,json,unused}'::text[]) AS value $$);
SELECT filtered('{"rating": {"Subquery": {"model": "blog_article", "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}], "values": ["rating"], "limit": 1}}}', 'rating = 5');
SELECT filtered('{"rating__lt": {"Subquery": {"model": "blog_article", "filter": {"author": {"OuterRef": "author"}}, "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}], "values": ["rating"], "limit": 1}}}', 'rating < (SELECT max(rating) FROM blog_article o WHERE o.author_id = t.author_id)');
SELECT excluded('{"rating__lt": {"Subquery": {"model": "blog_article", "filter": {"author": {"OuterRef": "author"}}, "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}], "values": ["rating"], "limit": 1}}}', '(rating < (SELECT max(rating) FROM blog_article o WHERE o.author_id = t.author_id)) IS NOT TRUE');
-- in
SELECT filtered('{"author__in": {"Subquery": {"model": "auth_user", "filter": {"profile__city__isnull": false}}}}', 'author_id IN (1, 3)');
SELECT filtered('{"author__username__in": {"Subquery": {"model": "auth_user", "values": ["username"], "filter": {"id__gt": 1}}}}', 'author_id > 1');
SELECT filtered('{"id__in": {"Subquery": {"model": "blog_comment", "values": ["article"], "distinct": true}}}', 'id IN (SELECT article_id FROM blog_comment)');
SELECT filtered('{"id__in": {"Subquery": {"model": "blog_comment", "values": ["article"], "order_by": ["-id"], "limit": 2}}}', 'id IN (1, 6)');
SELECT excluded('{"id__in": {"Subquery": {"model": "blog_comment", "values": ["article"]}}}', 'id NOT IN (SELECT article_id FROM blog_comment)');
-- nulls among them do not swallow the rows of a negated in
SELECT excluded('{"author__in": {"Subquery": {"model": "blog_comment", "values": ["author"]}}}', '(author_id IN (SELECT author_id FROM blog_comment)) IS NOT TRUE');
SELECT filtered('{"editor__in": {"Subquery": {"model": "auth_user", "none": true}}}', 'false'), excluded('{"editor__in": {"Subquery": {"model": "auth_user", "none": true}}}', 'true');

--
-- Within one another: an OuterRef speaks of the query around its own, one of an OuterRef of that around it
--
SELECT filtered('{"Exists": {"model": "blog_article", "filter": {"author": {"OuterRef": "pk"}, "Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}}}', 'EXISTS (SELECT FROM blog_article a WHERE a.author_id = t.id AND EXISTS (SELECT FROM blog_comment WHERE article_id = a.id))', 'auth_user');
SELECT filtered('{"Exists": {"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}, "author": {"OuterRef": {"OuterRef": "pk"}}}}}}}', 'EXISTS (SELECT FROM blog_comment WHERE author_id = t.id)', 'auth_user');
SELECT checked('{"model": "auth_user", "annotate": {"x": {"Subquery": {"model": "blog_article", "filter": {"author": {"OuterRef": "pk"}, "rating": {"Subquery": {"model": "blog_article", "filter": {"author": {"OuterRef": "author"}}, "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}], "values": ["rating"], "limit": 1}}}, "values": ["title"], "order_by": ["id"], "limit": 1}}}, "values_list": ["x"], "flat": true, "order_by": ["id"]}',
	'SELECT (SELECT title FROM blog_article a WHERE author_id = u.id AND rating = (SELECT max(rating) FROM blog_article b WHERE b.author_id = u.id) ORDER BY id LIMIT 1) AS value FROM auth_user u ORDER BY id');
-- an OuterRef may name an annotation
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Sub": ["id", 1]}}, "filter": {"Exists": {"model": "blog_tag", "filter": {"id": {"OuterRef": "n"}}}, "n__gt": 0}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', 'SELECT generate_series(2, 5) AS value');
-- and stand in an expression of the inner one
SELECT filtered('{"Exists": {"model": "blog_article", "filter": {"id": {"Add": [{"OuterRef": "id"}, 1]}, "author": {"OuterRef": "author"}}}}', 'EXISTS (SELECT FROM blog_article o WHERE o.id = t.id + 1 AND o.author_id = t.author_id)');
SELECT checked('{"model": "blog_article", "annotate": {"x": {"Subquery": {"model": "blog_tag", "annotate": {"y": {"Concat": ["name", {"Value": "/"}, {"OuterRef": "title"}]}}, "filter": {"id": {"OuterRef": "id"}}, "values": ["y"]}}}, "values_list": ["x"], "flat": true, "filter": {"id__lt": 3}, "order_by": ["id"]}', $$ SELECT unnest('{sql/Alpha,json/Beta}'::text[]) AS value $$);

--
-- In prefetches: within the inner queryset, and about its rows
--
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"], "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}, "order_by": ["id"]}}]}');
SELECT bolt.fetch('{"model": "blog_tag", "filter": {"id__lt": 3}, "order_by": ["id"], "prefetch_related": [{"lookup": "article", "queryset": {"only": ["id"], "annotate": {"by": {"Subquery": {"model": "auth_user", "filter": {"id": {"OuterRef": "author"}}, "values": ["username"]}}}, "order_by": ["-by", "id"], "limit": 2}}]}');
SELECT bolt.fetch('{"model": "blog_tag", "filter": {"id__lt": 3}, "order_by": ["id"], "prefetch_related": [{"lookup": "article", "queryset": {"only": ["id"], "annotate": {"by": {"Subquery": {"model": "auth_user", "filter": {"id": {"OuterRef": "author"}}, "values": ["username"]}}}, "order_by": ["-by", "id"]}}]}');
-- counted, updated shapes: the literal within is a parameter of its own
SELECT bolt.count('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}, "author": 1}}}}'), bolt.count('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}, "author": 2}}}}'), bolt.count('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}, "author": 4}}}}');
-- an empty filter matches all, one on the outside stays outside
SELECT filtered('{"Exists": {"model": "blog_tag", "filter": {}}, "id": 1}', 'id = 1');
-- the aggregate of a subquery's rows
SELECT bolt.aggregate('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}}}', '{"n": {"Count": "*"}, "s": {"Sum": "rating"}}');

--
-- What is refused
--
SELECT refused('{"model": "blog_article", "filter": {"id": {"OuterRef": "id"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"x": {"OuterRef": "id"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": {"OuterRef": "id"}}}}}}');
SELECT refused('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "nothing"}}}}}');
SELECT message_of('{"model": "blog_article", "filter": {"Exists": {"filter": {"id": 1}}}}');
SELECT message_of('{"model": "blog_article", "filter": {"Exists": {"model": "nothing"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"Exists": true}}');
SELECT message_of('{"model": "blog_article", "filter": {"Exists": {"model": "blog_tag", "filter": {"nothing": 1}}}}');
SELECT refused('{"model": "blog_article", "filter": {"id": {"Subquery": {"model": "blog_tag", "values": ["id", "name"]}}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__in": {"Subquery": {"model": "blog_tag", "values": ["id", "name"]}}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id": {"Subquery": {"model": "blog_tag", "values": ["nothing"]}}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id": {"Subquery": "blog_tag"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id": {"Subquery": {"model": "blog_tag"}, "limit": 1}}}');
SELECT sqlstate_of('{"model": "blog_article", "filter": {"id": {"Subquery": {"model": "blog_tag"}}}}') AS "more than one row", sqlstate_of('{"model": "blog_article", "filter": {"id": {"Subquery": {"model": "blog_tag", "values": ["name"], "limit": 1}}}}') AS "another type";
-- privileges of the inner table, and its row-level security, are the caller's
CREATE ROLE regress_bolt_subqueries;
GRANT USAGE ON SCHEMA subqueries_test TO regress_bolt_subqueries;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA subqueries_test TO regress_bolt_subqueries;
GRANT SELECT ON blog_article, blog_tag TO regress_bolt_subqueries;
ALTER TABLE blog_tag ENABLE ROW LEVEL SECURITY;
SET ROLE regress_bolt_subqueries;
SELECT sqlstate_of('{"model": "blog_article", "filter": {"Exists": {"model": "blog_comment"}}}'), sqlstate_of('{"model": "blog_article", "annotate": {"x": {"Subquery": {"model": "blog_comment", "limit": 1}}}}'), bolt.count('{"model": "blog_article", "filter": {"Exists": {"model": "blog_tag"}}}');
RESET ROLE;

DROP SCHEMA subqueries_test CASCADE;
DROP ROLE regress_bolt_subqueries;
