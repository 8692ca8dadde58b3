-- Joins of filters through to-many relations: which are shared, and how often a row appears.
CREATE SCHEMA joins_test;
SET search_path = joins_test;
\i sql/fixture/blog.sql

-- The ids that a filter leaves, as often as it leaves them, against a query of those.
CREATE FUNCTION ids(filter text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
	wanted text;
BEGIN
	SELECT string_agg(o::text, ' ' ORDER BY o::text::int) INTO got
		FROM bolt.fetch(format('{"model": "blog_article", "filter": %s, "values_list": ["id"], "flat": true}', filter)::json) o;
	EXECUTE format('SELECT string_agg(id::text, %L ORDER BY id) FROM (%s) q(id)', ' ', query) INTO wanted;
	RETURN coalesce(got, 'none') || CASE WHEN got IS DISTINCT FROM wanted THEN ' DIFFERS FROM ' || coalesce(wanted, 'none') ELSE '' END;
END $$;

-- a row appears once for each object that meets the condition
SELECT ids('{"comments__id__gt": 0}', 'SELECT article_id FROM blog_comment');
SELECT ids('{"comments__author": 2}', 'SELECT article_id FROM blog_comment WHERE author_id = 2');
SELECT ids('{"tags__name__in": ["sql", "c"]}', 'SELECT article_id FROM blog_article_tags WHERE tag_id IN (1, 3)');

-- conditions of one call are met by one object
SELECT ids('{"comments__author": 2, "comments__text": "first"}', $$ SELECT article_id FROM blog_comment WHERE author_id = 2 AND text = 'first' $$);
SELECT ids('{"comments__author": 3, "comments__text": "first"}', 'SELECT 1 WHERE false');
SELECT ids('{"AND": [{"comments__author": 3}, {"comments__text": "first"}]}', 'SELECT 1 WHERE false');
SELECT ids('{"tags__name": "sql", "tags__id": 2}', 'SELECT 1 WHERE false');

-- those of separate calls by any
SELECT ids('[{"comments__author": 3}, {"comments__text": "first"}]',
	$$ SELECT a.article_id FROM blog_comment a, blog_comment b WHERE a.article_id = b.article_id AND a.author_id = 3 AND b.text = 'first' $$);
SELECT ids('[{"tags__name": "sql"}, {"tags__name": "json"}]',
	$$ SELECT a.article_id FROM blog_article_tags a, blog_article_tags b WHERE a.article_id = b.article_id AND a.tag_id = 1 AND b.tag_id = 2 $$);
-- which multiply
SELECT ids('[{"comments__id__gt": 0}, {"comments__id__gt": 0}]',
	$$ SELECT a.article_id FROM blog_comment a, blog_comment b WHERE a.article_id = b.article_id $$);
SELECT ids('[{"comments__id__gt": 0}, {"tags__id__gt": 0}]',
	$$ SELECT a.article_id FROM blog_comment a, blog_article_tags b WHERE a.article_id = b.article_id $$);

-- two relations of one call multiply, too
SELECT ids('{"comments__id__gt": 0, "tags__id__gt": 0}',
	$$ SELECT a.article_id FROM blog_comment a, blog_article_tags b WHERE a.article_id = b.article_id $$);

-- to-one relations are joined once, over all calls
SELECT ids('[{"author__username": "ann"}, {"author__manager": null}]', 'SELECT id FROM blog_article WHERE author_id = 1');
SELECT (SELECT count(*) FROM regexp_matches(s, 'auth_user', 'g')) AS "joins of auth_user"
	FROM bolt.sql('{"model": "blog_article", "filter": [{"author__username": "ann"}, {"author__email": "x"}], "order_by": ["author__username"]}') s;

-- in branches of an OR the join is the same
SELECT ids('{"OR": [{"comments__author": 3}, {"comments__text": "first"}]}',
	$$ SELECT article_id FROM blog_comment WHERE author_id = 3 OR text = 'first' $$);
-- and is an outer one: rows without an object meet the other branch, once
SELECT ids('{"OR": [{"comments__author": 3}, {"rating": null}]}',
	$$ SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON c.article_id = a.id WHERE c.author_id = 3 OR a.rating IS NULL $$);

-- a condition on null is met where there is no object, and by every object with a null
SELECT ids('{"comments__author": null}',
	$$ SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON c.article_id = a.id WHERE c.author_id IS NULL $$);
SELECT ids('{"comments": null}', 'SELECT a.id FROM blog_article a WHERE NOT EXISTS (SELECT FROM blog_comment c WHERE c.article_id = a.id)');

-- to-many behind to-many, behind to-one
SELECT ids('{"comments__replies__replies__id__gt": 0}',
	$$ SELECT c.article_id FROM blog_comment c JOIN blog_comment r ON r.parent_id = c.id JOIN blog_comment s ON s.parent_id = r.id $$);
SELECT ids('{"author__articles__tags__name": "c", "rating": 5}',
	$$ SELECT a.id FROM blog_article a JOIN blog_article b ON b.author_id = a.author_id JOIN blog_article_tags t ON t.article_id = b.id WHERE t.tag_id = 3 AND a.rating = 5 $$);

-- an order through a to-many relation uses the filter's join of it
SELECT checked('{"model": "blog_article", "filter": {"comments__text__contains": "e"}, "order_by": ["comments__text"], "values_list": ["id", "comments__text"]}',
	$$ SELECT jsonb_build_array(a.id, c.text) AS value FROM blog_article a JOIN blog_comment c ON c.article_id = a.id WHERE c.text LIKE '%e%' ORDER BY c.text $$);
-- that of the last call, where there are several (and they stay apart)
SELECT checked('{"model": "blog_article", "filter": [{"comments__author": 3}, {"comments__text": "first"}], "order_by": ["comments__id"], "values_list": ["id", "comments__text"]}',
	$$ SELECT jsonb_build_array(a.article_id, b.text) AS value FROM blog_comment a, blog_comment b WHERE a.article_id = b.article_id AND a.author_id = 3 AND b.text = 'first' ORDER BY b.id $$);
-- and without one multiplies the rows
SELECT checked('{"model": "blog_article", "filter": {"id__lte": 3}, "order_by": ["comments__id", "id"], "values_list": ["id"], "flat": true}',
	$$ SELECT a.id AS value FROM blog_article a LEFT JOIN blog_comment c ON c.article_id = a.id WHERE a.id <= 3 ORDER BY c.id, a.id $$);

-- distinct takes them together again
SELECT checked('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true, "order_by": ["id"], "only": ["title"]}',
	$$ SELECT id, title FROM blog_article a WHERE EXISTS (SELECT FROM blog_comment c WHERE c.article_id = a.id) ORDER BY id $$);

-- exclude joins nothing
SELECT ids('{"NOT": {"comments__author": 3}}', 'SELECT id FROM blog_article WHERE id NOT IN (1, 4)');

-- count counts what fetch returns
SELECT bolt.count('{"model": "blog_article", "filter": {"comments__id__gt": 0}}'),
	bolt.count('{"model": "blog_article", "filter": {"comments__id__gt": 0}, "distinct": true}'),
	bolt.count('{"model": "blog_article", "filter": [{"comments__id__gt": 0}, {"comments__id__gt": 0}]}'),
	(SELECT sum(n * n) FROM (SELECT count(*) AS n FROM blog_comment GROUP BY article_id) s);

DROP SCHEMA joins_test CASCADE;
