-- exclude, and NOT: what is not met, by rows with nulls and by rows of to-many relations.
CREATE SCHEMA exclude_test;
SET search_path = exclude_test;
\i sql/fixture/blog.sql

-- a nullable column keeps its nulls, under every lookup
SELECT excluded('{"rating": 5}', 'rating IS DISTINCT FROM 5');
SELECT excluded('{"rating__gt": 3}', 'rating > 3 IS NOT TRUE');
SELECT excluded('{"rating__in": [1, 2, 3]}', 'rating IN (1, 2, 3) IS NOT TRUE');
SELECT excluded('{"rating__range": [2, 4]}', 'rating BETWEEN 2 AND 4 IS NOT TRUE');
SELECT excluded('{"rating__startswith": "5"}', 'rating IS DISTINCT FROM 5');
SELECT excluded('{"rating__regex": "."}', 'rating IS NULL');
SELECT excluded('{"rating": null}', 'rating IS NOT NULL');
SELECT excluded('{"rating__isnull": true}', 'rating IS NOT NULL');
SELECT excluded('{"rating__isnull": false}', 'rating IS NULL');
SELECT excluded('{"rating__in": []}', 'true');
SELECT excluded('{"rating__in": [null]}', 'true');
SELECT excluded('{"title": "Alpha"}', $$ title <> 'Alpha' $$);

-- several conditions in one call: rows that meet all of them are left out
SELECT excluded('{"rating": 5, "author": 1}', '(rating = 5 AND author_id = 1) IS NOT TRUE');
-- in several calls: rows that meet any of them
SELECT excluded('[{"rating": 5}, {"author": 1}]', '(rating = 5 OR author_id = 1) IS NOT TRUE');

-- to-one relations: an object that is not there is not met
SELECT excluded('{"editor": 1}', 'editor_id IS DISTINCT FROM 1');
SELECT excluded('{"editor__username": "ann"}', 'editor_id IS DISTINCT FROM 1');
SELECT excluded('{"editor__email__contains": "@"}', $$ editor_id IS NULL OR editor_id IN (2, 4) $$);
SELECT excluded('{"editor__email": null}', 'editor_id IN (1, 3)');
SELECT excluded('{"editor__isnull": true}', 'editor_id IS NOT NULL');
SELECT excluded('{"profile__city__name": "Paris"}', 'id <> 1', 'auth_user');
SELECT excluded('{"profile__isnull": false}', 'id = 4', 'auth_user');
SELECT excluded('{"manager__manager": 1}', 'id <> 4', 'auth_user');

-- to-many relations: no object of theirs meets it
SELECT excluded('{"comments__author": 2}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2)');
SELECT excluded('{"comments__text__contains": "e"}', $$ NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND text LIKE '%e%') $$);
SELECT excluded('{"comments__author__username": "ann"}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 1)');
SELECT excluded('{"comments": 4}', 'id <> 2');
SELECT excluded('{"comments__isnull": true}', 'EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)');
SELECT excluded('{"comments__isnull": false}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)');
SELECT excluded('{"comments__author__isnull": false}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id IS NOT NULL)');
-- null where there is none, too: what the outer join of a filter would have given
SELECT filtered('{"comments__author": null}', 'NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)
	OR EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id IS NULL)');
SELECT excluded('{"comments__author__isnull": true}', 'NOT (NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)
	OR EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id IS NULL))');
SELECT excluded('{"comments__author": null}', 'NOT (NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id)
	OR EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id IS NULL))');

-- many-to-many relations, from either side
SELECT excluded('{"tags__name": "sql"}', 'NOT EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 1)');
SELECT excluded('{"tags": 1}', 'NOT EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 1)');
SELECT excluded('{"tags__in": [1, 3]}', 'NOT EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id IN (1, 3))');
SELECT excluded('{"tags__isnull": true}', 'EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id)');
SELECT excluded('{"tags": null}', 'EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id)');
SELECT excluded('{"article__author": 1}', 'id IN (4)', 'blog_tag');
SELECT excluded('{"article__rating__gte": 5}', 'id = 4', 'blog_tag');
SELECT excluded('{"article__comments__text": "hm"}', 'id IN (1, 4)', 'blog_tag');

-- two conditions on one relation in one call speak of the same object
SELECT excluded('{"comments__author": 2, "comments__text": "deeper"}',
	$$ NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2 AND text = 'deeper') $$);
SELECT excluded('{"comments__author": 3, "comments__text": "first"}', 'true');
-- in two calls of any
SELECT excluded('[{"comments__author": 3}, {"comments__text": "first"}]', 'id NOT IN (1, 4)');
-- of two relations each has its own
SELECT excluded('{"comments__author": 2, "tags__name": "c"}',
	'NOT (EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2) AND EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 3))');
-- with one on the row itself
SELECT excluded('{"comments__author": 2, "rating": 5}',
	'(EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2) AND rating = 5) IS NOT TRUE');

-- nested negations
SELECT excluded('{"NOT": {"rating": 5}}', 'rating = 5');
SELECT excluded('{"NOT": {"comments__author": 2}}', 'EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2)');
SELECT excluded('{"OR": [{"rating": 5}, {"NOT": {"tags__name": "sql"}}]}',
	'NOT (rating IS NOT DISTINCT FROM 5 OR NOT EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 1))');
SELECT excluded('{"AND": [{"comments__author": 2}, {"OR": [{"rating": 5}, {"tags__name": "sql"}]}]}',
	'(EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2)
		AND (rating = 5 OR EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 1))) IS NOT TRUE');
SELECT excluded('{"XOR": [{"rating": 5}, {"tags__name": "sql"}]}',
	'coalesce(rating = 5, false) = EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 1)');

-- filter and exclude together; rows do not multiply
SELECT checked('{"model": "blog_article", "filter": {"author": 1}, "exclude": {"comments__author": 3}, "values_list": ["id"], "order_by": ["id"]}',
	$$ SELECT jsonb_build_array(id) AS value FROM blog_article a WHERE author_id = 1 AND NOT EXISTS (SELECT FROM blog_comment WHERE article_id = a.id AND author_id = 3) ORDER BY id $$);
SELECT checked('{"model": "blog_article", "exclude": {"comments__text": "nothing"}, "values_list": ["id"], "flat": true, "filter": {"id": 1}}', 'SELECT 1 AS value');

-- behind a self relation
SELECT excluded('{"reports__username": "cid"}', 'id <> 1', 'auth_user');
SELECT excluded('{"reports__reports__isnull": false}', 'id <> 1', 'auth_user');
SELECT excluded('{"replies__replies__text": "deeper"}', 'id <> 1', 'blog_comment');

DROP SCHEMA exclude_test CASCADE;
