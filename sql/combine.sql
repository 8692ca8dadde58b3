-- union, union_all, intersection and difference.
CREATE SCHEMA combine_test;
SET search_path = combine_test;
\i sql/fixture/blog.sql

-- The rows of a document, in whatever order, beside those of SQL where the two differ: a set operation has no order.
CREATE FUNCTION combined(document json, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got jsonb;
	wanted jsonb;
BEGIN
	SELECT jsonb_agg(o::jsonb ORDER BY o::jsonb) INTO got FROM bolt.fetch(document) o;
	SELECT jsonb_agg(o ORDER BY o) INTO wanted FROM unnest(rows_of(query)) o;
	RETURN coalesce(got::text, 'none') || CASE WHEN got IS DISTINCT FROM wanted THEN ' DIFFERS FROM ' || coalesce(wanted::text, 'none') ELSE '' END;
END $$;

SELECT combined('{"model": "blog_tag", "filter": {"id__lte": 2}, "union": [{"model": "blog_tag", "filter": {"id__in": [2, 3]}}]}', 'SELECT * FROM blog_tag WHERE id <= 3');
SELECT combined('{"model": "blog_tag", "filter": {"id__lte": 2}, "union_all": [{"model": "blog_tag", "filter": {"id__in": [2, 3]}}]}', 'SELECT * FROM blog_tag WHERE id <= 2 UNION ALL SELECT * FROM blog_tag WHERE id IN (2, 3)');
SELECT combined('{"model": "blog_tag", "filter": {"id__lte": 2}, "intersection": [{"model": "blog_tag", "filter": {"id__in": [2, 3]}}]}', 'SELECT * FROM blog_tag WHERE id = 2');
SELECT combined('{"model": "blog_tag", "filter": {"id__lte": 2}, "difference": [{"model": "blog_tag", "filter": {"id__in": [2, 3]}}]}', 'SELECT * FROM blog_tag WHERE id = 1');
-- the model may be left out
SELECT combined('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id": 3}}]}', 'SELECT * FROM blog_tag WHERE id IN (1, 3)');
-- of several, of none
SELECT combined('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id": 2}}, {"filter": {"id": 3}}, {"filter": {"id": 1}}]}', 'SELECT * FROM blog_tag WHERE id <= 3');
SELECT combined('{"model": "blog_tag", "difference": [{"filter": {"id": 2}}, {"filter": {"id": 3}}]}', 'SELECT * FROM blog_tag WHERE id IN (1, 4)');
SELECT combined('{"model": "blog_tag", "intersection": [{"filter": {"id__gt": 1}}, {"filter": {"id__lt": 4}}]}', 'SELECT * FROM blog_tag WHERE id IN (2, 3)');
SELECT combined('{"model": "blog_tag", "filter": {"id": 1}, "union": []}', 'SELECT * FROM blog_tag WHERE id = 1');
-- with nothing
SELECT combined('{"model": "blog_tag", "none": true, "union": [{"filter": {"id": 3}}]}', 'SELECT * FROM blog_tag WHERE id = 3');
SELECT combined('{"model": "blog_tag", "filter": {"id": 3}, "union": [{"none": true}]}', 'SELECT * FROM blog_tag WHERE id = 3');
SELECT combined('{"model": "blog_tag", "filter": {"id": 3}, "intersection": [{"none": true}]}', 'SELECT * FROM blog_tag WHERE false');
SELECT combined('{"model": "blog_tag", "filter": {"id": 3}, "difference": [{"none": true}]}', 'SELECT * FROM blog_tag WHERE id = 3');
-- one behind the other, from the left whatever SQL's own precedence
SELECT combined('{"model": "blog_tag", "chain": [{"filter": {"id": 1}}, {"union": [{"filter": {"id": 2}}]}, {"intersection": [{"filter": {"id__gte": 2}}]}]}', 'SELECT * FROM blog_tag WHERE id = 2');
SELECT combined('{"model": "blog_tag", "chain": [{"union": [{"filter": {"id": 2}}]}, {"difference": [{"filter": {"id": 2}}]}, {"union": [{"filter": {"id": 2}}]}]}', 'SELECT * FROM blog_tag');
-- within one another
SELECT combined('{"model": "blog_tag", "filter": {"id__gte": 2}, "difference": [{"filter": {"id": 2}, "union": [{"filter": {"id": 3}}]}]}', 'SELECT * FROM blog_tag WHERE id = 4');

--
-- Order and slice are of the whole; those of a part are its own
--
SELECT checked('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id__gt": 2}}], "order_by": ["-name"]}', $$ SELECT * FROM blog_tag WHERE id <> 2 ORDER BY name DESC $$);
SELECT checked('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id__gt": 2}}], "order_by": ["id"], "limit": 2, "offset": 1}', 'SELECT * FROM blog_tag WHERE id > 2 ORDER BY id');
SELECT checked('{"model": "blog_tag", "union_all": [{}], "order_by": ["id"], "limit": 3}', 'SELECT * FROM (SELECT * FROM blog_tag UNION ALL SELECT * FROM blog_tag) x ORDER BY id LIMIT 3');
SELECT checked('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"order_by": ["-id"], "limit": 1}], "order_by": ["id"]}', 'SELECT * FROM blog_tag WHERE id IN (1, 4) ORDER BY id');
SELECT checked('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"order_by": ["-id"], "offset": 1, "limit": 1}], "order_by": ["id"], "reverse": true}', 'SELECT * FROM blog_tag WHERE id IN (1, 3) ORDER BY id DESC');
SELECT checked('{"model": "blog_article", "only": ["id", "rating"], "filter": {"id__lte": 2}, "union": [{"filter": {"id": 3}}], "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}, "pk"]}', 'SELECT id, rating FROM blog_article WHERE id <= 3 ORDER BY rating DESC NULLS LAST, id');
-- a slice of the first is its own, behind it the union's: chain says which
SELECT checked('{"model": "blog_tag", "chain": [{"order_by": ["-id"]}, {"limit": 1}, {"union": [{"filter": {"id": 1}}]}, {"order_by": ["id"]}]}', 'SELECT * FROM blog_tag WHERE id IN (1, 4) ORDER BY id');
-- by what is not selected there is no order
SELECT refused('{"model": "blog_article", "only": ["id"], "union": [{"filter": {"id": 3}}], "order_by": ["author__username"]}');
SELECT message_of('{"model": "blog_tag", "union": [{}], "order_by": ["nothing"]}');

--
-- values, annotations, models of their own
--
SELECT combined('{"model": "blog_tag", "values": ["name"], "filter": {"id": 1}, "union": [{"model": "auth_user", "values": ["username"], "filter": {"id": 2}}]}', $$ SELECT 'sql' AS name UNION SELECT 'bob' $$);
SELECT combined('{"model": "blog_tag", "values_list": ["name"], "flat": true, "union": [{"model": "auth_user", "values_list": ["username"], "flat": true}]}', 'SELECT name AS value FROM blog_tag UNION SELECT username FROM auth_user');
SELECT combined('{"model": "blog_article", "values_list": ["title", "author__username"], "filter": {"id": 1}, "union": [{"model": "blog_comment", "values_list": ["text", "author__username"], "filter": {"id": 1}}]}', $$ SELECT '["Alpha", "ann"]'::jsonb AS value UNION SELECT '["first", "bob"]'::jsonb $$);
SELECT combined('{"model": "blog_article", "values": ["author"], "intersection": [{"model": "blog_article", "values": ["editor"]}]}', 'SELECT author_id AS author FROM blog_article INTERSECT SELECT editor_id FROM blog_article');
SELECT combined('{"model": "blog_article", "annotate": {"kind": {"Value": "article"}}, "values": ["id", "kind"], "filter": {"id": 1}, "union": [{"model": "blog_comment", "annotate": {"kind": {"Value": "comment"}}, "values": ["id", "kind"], "filter": {"id": 1}}]}', $$ SELECT 1 AS id, 'article' AS kind UNION SELECT 1, 'comment' $$);
SELECT combined('{"model": "blog_tag", "annotate": {"n": {"Length": "name"}}, "filter": {"n": 3}, "union": [{"annotate": {"n": {"Length": "name"}}, "filter": {"id": 3}}]}', 'SELECT *, length(name) n FROM blog_tag WHERE id IN (1, 3)');
SELECT combined('{"model": "auth_user", "annotate": {"n": {"Count": "articles"}}, "values": ["username", "n"], "filter": {"id": 1}, "union": [{"model": "auth_user", "annotate": {"n": {"Count": "comments"}}, "values": ["username", "n"], "filter": {"id": 1}}]}', $$ SELECT 'ann' AS username, 4 AS n UNION SELECT 'ann', 2 $$);
SELECT checked('{"model": "blog_article", "annotate": {"x": {"Mul": ["id", 10]}}, "values_list": ["x"], "flat": true, "filter": {"id": 1}, "union": [{"annotate": {"x": {"Add": ["id", 1]}}, "values_list": ["x"], "flat": true, "filter": {"id": 4}}], "order_by": ["-x"]}', 'SELECT unnest(ARRAY[10, 5]) AS value');
-- grouped
SELECT combined('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"union": [{"model": "blog_comment", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}]}]}]}',
	'SELECT author_id AS author, count(*) n FROM blog_article GROUP BY 1 UNION SELECT author_id, count(*) FROM blog_comment GROUP BY 1');
-- select_related and prefetch_related of the whole
SELECT bolt.fetch('{"model": "blog_article", "only": ["title"], "filter": {"id": 1}, "union": [{"filter": {"id": 9}}], "order_by": ["id"], "prefetch_related": ["tags", {"lookup": "comments", "queryset": {"only": ["text"], "order_by": ["-id"], "limit": 1}}]}');
SELECT bolt.fetch('{"model": "blog_article", "only": ["title", "author__username"], "select_related": ["author"], "filter": {"id": 1}, "union": [{"filter": {"id": 9}}], "order_by": ["id"]}');
-- joins of the parts
SELECT combined('{"model": "blog_article", "only": ["id"], "filter": {"tags__name": "sql"}, "difference": [{"filter": {"comments__author__username": "ann"}}]}', 'SELECT id FROM blog_article WHERE id IN (1, 6)');
SELECT combined('{"model": "blog_article", "only": ["id"], "exclude": {"tags__name": "sql"}, "intersection": [{"filter": {"author__profile__city__name": "Paris"}}]}', 'SELECT id FROM blog_article WHERE id IN (3, 9)');

--
-- The functions
--
SELECT bolt.count('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id__lte": 2}}]}'), bolt.count('{"model": "blog_tag", "union_all": [{}]}'), bolt.count('{"model": "blog_tag", "union_all": [{}], "limit": 5}'), bolt.count('{"model": "blog_tag", "values": ["name"], "intersection": [{"model": "auth_user", "values": ["username"]}]}'),
	bolt.exists('{"model": "blog_tag", "filter": {"id": 1}, "intersection": [{"filter": {"id": 2}}]}'), bolt.exists('{"model": "blog_tag", "filter": {"id": 9}, "union": [{"filter": {"id": 2}}]}');
SELECT bolt.get('{"model": "blog_tag", "filter": {"id": 1}, "intersection": [{}]}'), bolt.first('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id": 3}}], "order_by": ["-id"]}'), bolt.last('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id": 3}}], "order_by": ["-id"]}'),
	bolt.page('{"model": "blog_tag", "filter": {"id": 1}, "union": [{"filter": {"id": 3}}], "order_by": ["-id"]}', 1, 1);
SELECT message_of('{"model": "blog_tag", "union": [{}]}', $$ SELECT bolt.get($1::json, '{"id": 1}') $$);
SELECT bolt.sql('{"model": "blog_tag", "only": ["id"], "union": [{"filter": {"id": 1}}]}') LIKE '% UNION %';
-- none in a prefetch, but in a subquery
SELECT message_of('{"model": "blog_article", "prefetch_related": [{"lookup": "tags", "queryset": {"filter": {"id": 1}, "union": [{"filter": {"id": 2}}]}}]}');
SELECT filtered('{"id__in": {"Subquery": {"model": "blog_comment", "values": ["article"], "filter": {"author": 1}, "union": [{"model": "blog_article_tags", "values": ["article"], "filter": {"tag": 3}}]}}}', 'id IN (2, 4, 6, 9)');
SELECT filtered('{"Exists": {"model": "blog_tag", "filter": {"id": 9}, "union": [{"filter": {"id": 1}}]}}', 'true');

--
-- What is refused
--
SELECT refused('{"model": "blog_tag", "union": {"model": "blog_tag"}}');
SELECT message_of('{"model": "blog_tag", "union": [1]}');
SELECT message_of('{"model": "blog_tag", "union": [{"model": "nothing"}]}');
SELECT refused('{"model": "blog_tag", "union": [{"model": "auth_user"}]}');
SELECT refused('{"model": "blog_tag", "values": ["id"], "union": [{"model": "auth_user", "values": ["id", "username"]}]}');
SELECT message_of('{"model": "blog_tag", "annotate": {"x": 1}, "union": [{}]}');
SELECT sqlstate_of('{"model": "blog_tag", "values": ["id"], "union": [{"model": "auth_user", "values": ["username"]}]}');
SELECT message_of('{"model": "blog_tag", "union": [{"filter": {"nothing": 1}}]}');
SELECT message_of('{"model": "blog_tag", "chain": [{"intersection": [{}]}, {"filter": {"id": 1}}]}');
SELECT message_of('{"model": "blog_tag", "chain": [{"difference": [{}]}, {"annotate": {"x": 1}}]}');
SELECT message_of('{"model": "blog_tag", "union": [{"limit": -1}]}');

DROP SCHEMA combine_test CASCADE;
