-- Q: conditions joined by AND, OR, XOR and NOT.
CREATE SCHEMA q_test;
SET search_path = q_test;
\i sql/fixture/blog.sql

-- members of an object are ANDed, and so are the members of AND
SELECT filtered('{"rating": 5, "author": 3}', 'rating = 5 AND author_id = 3');
SELECT filtered('{"AND": [{"rating": 5}, {"author": 3}]}', 'rating = 5 AND author_id = 3');
SELECT filtered('{"rating__gt": 2, "AND": [{"rating__lt": 5}], "OR": [{"author": 1}]}', 'rating > 2 AND rating < 5 AND author_id = 1');

-- OR
SELECT filtered('{"OR": [{"rating": 5}, {"author": 2}]}', 'rating = 5 OR author_id = 2');
SELECT filtered('{"OR": [{"rating": 5, "author": 1}, {"rating": 1}]}', '(rating = 5 AND author_id = 1) OR rating = 1');
SELECT filtered('{"author": 1, "OR": [{"rating": 5}, {"rating": null}]}', 'author_id = 1 AND (rating = 5 OR rating IS NULL)');

-- NOT; a null is not what it is compared with
SELECT filtered('{"NOT": {"rating": 5}}', 'rating IS DISTINCT FROM 5');
SELECT filtered('{"NOT": {"NOT": {"rating": 5}}}', 'rating = 5');
SELECT filtered('{"NOT": {"rating": 5, "author": 1}}', '(rating = 5 AND author_id = 1) IS NOT TRUE');
SELECT filtered('{"NOT": {"OR": [{"rating": 5}, {"author": 1}]}}', '(rating = 5 OR author_id = 1) IS NOT TRUE');
SELECT filtered('{"NOT": {"rating": null}}', 'rating IS NOT NULL');

-- XOR: an odd number of members; a null is false
SELECT filtered('{"XOR": [{"rating": 5}, {"author": 1}]}', '(rating IS NOT DISTINCT FROM 5) <> (author_id = 1)');
SELECT filtered('{"XOR": [{"rating__gt": 2}, {"author": 1}, {"id__gt": 5}]}', '(coalesce(rating > 2, false)::int + (author_id = 1)::int + (id > 5)::int) % 2 = 1');
SELECT filtered('{"XOR": [{"rating": 5}]}', 'rating = 5');
SELECT filtered('{"NOT": {"XOR": [{"rating": 5}, {"author": 1}]}}', '(rating IS NOT DISTINCT FROM 5) = (author_id = 1)');

-- nested
SELECT filtered('{"OR": [{"AND": [{"rating__gte": 4}, {"NOT": {"author": 2}}]}, {"XOR": [{"id": 2}, {"id": 3}]}]}',
	'(rating >= 4 AND author_id <> 2) OR id IN (2, 3)');
SELECT filtered('{"AND": [{"OR": [{"id": 1}, {"id": 2}]}, {"OR": [{"id": 2}, {"id": 3}]}]}', 'id = 2');
SELECT filtered('{"NOT": {"AND": [{"NOT": {"rating": 5}}, {"OR": [{"author": 1}, {"NOT": {"editor": 1}}]}]}}',
	'NOT ((rating IS DISTINCT FROM 5) AND (author_id = 1 OR editor_id IS DISTINCT FROM 1))');

-- an array of Qs is one call each
SELECT filtered('[{"rating": 5}, {"author": 3}]', 'rating = 5 AND author_id = 3');
SELECT filtered('[{"rating__gt": 2}, {"OR": [{"author": 1}, {"author": 2}]}, {}]', 'rating > 2 AND author_id IN (1, 2)');
SELECT excluded('[{"rating": 5}, {"author": 3}]', 'rating IS DISTINCT FROM 5 AND author_id <> 3');

-- empty ones say nothing, wherever they are
SELECT filtered('{}', 'true');
SELECT filtered('[]', 'true');
SELECT filtered('[{}]', 'true');
SELECT filtered('{"AND": []}', 'true');
SELECT filtered('{"OR": []}', 'true');
SELECT filtered('{"XOR": []}', 'true');
SELECT filtered('{"NOT": {}}', 'true');
SELECT filtered('{"NOT": {"AND": []}}', 'true');
SELECT filtered('{"NOT": {"OR": [{}]}}', 'true');
SELECT filtered('{"OR": [{}, {"rating": 5}]}', 'rating = 5');
SELECT filtered('{"AND": [{}, {"rating": 5}]}', 'rating = 5');
SELECT filtered('{"XOR": [{}, {"rating": 5}]}', 'rating = 5');
SELECT filtered('{"OR": [{"rating": 5}, {"OR": []}]}', 'rating = 5');
SELECT excluded('{}', 'true');
SELECT excluded('{"OR": []}', 'true');
SELECT excluded('{"NOT": {}}', 'true');

-- a condition that nothing meets
SELECT filtered('{"OR": [{"id__in": []}, {"rating": 5}]}', 'rating = 5');
SELECT filtered('{"NOT": {"id__in": []}}', 'true');
SELECT filtered('{"NOT": {"rating__in": []}}', 'true');
SELECT filtered('{"NOT": {"rating__in": [5]}}', 'rating IS DISTINCT FROM 5');
SELECT filtered('{"NOT": {"rating__in": [5, null]}}', 'rating IS DISTINCT FROM 5');
SELECT filtered('{"AND": [{"id__in": []}, {"rating": 5}]}', 'false');
SELECT filtered('{"XOR": [{"id__in": []}, {"rating": 5}]}', 'rating = 5');

-- to-one relations in several branches
SELECT filtered('{"OR": [{"author__username": "ann"}, {"editor__username": "ann"}]}', '1 IN (author_id, editor_id)');
SELECT filtered('{"OR": [{"editor": null}, {"editor__email": null}]}', $$ editor_id IS NULL OR editor_id IN (2, 4) $$);

-- the names in capitals are connectors, whatever columns there are
CREATE TABLE odd (id int PRIMARY KEY, "AND" int, "or" int);
INSERT INTO odd VALUES (1, 1, 1), (2, 2, 2);
SELECT filtered('{"AND": [{"or": 2}]}', 'id = 2', 'odd');
SELECT filtered('{"or": 1}', 'id = 1', 'odd');
SELECT filtered('{"AND__exact": 2}', 'id = 2', 'odd');

-- a thousand Qs made by chance
CREATE TABLE condition (n int, q text, sql text);
INSERT INTO condition VALUES
	(0, '{"rating": 5}', 'rating = 5'),
	(1, '{"rating__gt": 2}', 'rating > 2'),
	(2, '{"rating": null}', 'rating IS NULL'),
	(3, '{"author": 1}', 'author_id = 1'),
	(4, '{"editor__username": "ann"}', 'editor_id = 1'),
	(5, '{"editor__email__contains": "@"}', 'editor_id IN (1, 3)'),
	(6, '{"author__profile__city": 1}', 'author_id = 1'),
	(7, '{"published__lt": "2024-02-01", "rating__in": [3, 5, null]}', $$ published < '2024-02-01' AND rating IN (3, 5) $$),
	(8, '{}', NULL),
	(9, '{"id__in": []}', 'false'),
	(10, '{"NOT": {"tags": 1}}', 'NOT EXISTS (SELECT FROM blog_article_tags WHERE article_id = t.id AND tag_id = 1)'),
	(11, '{"NOT": {"comments__author": 2, "comments__text__contains": "e"}}', $$ NOT EXISTS (SELECT FROM blog_comment WHERE article_id = t.id AND author_id = 2 AND text LIKE '%e%') $$);
-- sql is null of what says nothing
CREATE FUNCTION chance(depth int, OUT q text, OUT sql text) LANGUAGE plpgsql AS $$
DECLARE
	kind text := (ARRAY['AND', 'OR', 'XOR', 'NOT', 'leaf'])[1 + floor(random() * 5)];
	qs text[] := '{}';
	sqls text[] := '{}';
BEGIN
	IF depth = 0 OR kind = 'leaf' THEN
		SELECT c.q, 'coalesce(' || c.sql || ', false)' INTO q, sql FROM condition c WHERE c.n = (SELECT floor(random() * 12)::int);
		RETURN;
	END IF;
	FOR i IN 1..CASE WHEN kind = 'NOT' THEN 1 ELSE floor(random() * 4)::int END LOOP
		SELECT * INTO q, sql FROM chance(depth - 1);
		qs := qs || q;
		sqls := array_remove(sqls || sql, NULL);
	END LOOP;
	q := CASE WHEN kind = 'NOT' THEN format('{"NOT": %s}', qs[1]) ELSE format('{"%s": [%s]}', kind, array_to_string(qs, ',')) END;
	sql := CASE WHEN sqls = '{}' THEN NULL WHEN kind = 'NOT' THEN '(NOT ' || sqls[1] || ')'
		WHEN kind = 'XOR' THEN '((' || array_to_string(sqls, ')::int + (') || ')::int) % 2 = 1'
		ELSE '(' || array_to_string(sqls, ' ' || kind || ' ') || ')' END;
	IF kind = 'XOR' AND sql IS NOT NULL THEN
		sql := '(' || sql || ')';
	END IF;
END $$;
SELECT setseed(0.5);
CREATE TABLE chances AS SELECT c.* FROM generate_series(1, 1000) n, chance(2 + n % 3) c;
SELECT count(DISTINCT q) > 500 AND count(DISTINCT filtered(q, 'true')) > 50 AS "various" FROM chances;
SELECT q, sql, f FROM (SELECT q, sql, filtered(q, coalesce(sql, 'true')) FROM chances) s(q, sql, f) WHERE f LIKE '%DIFFERS%' LIMIT 3;

-- what is refused
SELECT refused('{"model": "blog_article", "filter": {"AND": {"rating": 5}}}');
SELECT refused('{"model": "blog_article", "filter": {"OR": [1]}}');
SELECT refused('{"model": "blog_article", "filter": {"OR": [[{"rating": 5}]]}}');
SELECT refused('{"model": "blog_article", "filter": {"NOT": [{"rating": 5}]}}');
SELECT refused('{"model": "blog_article", "filter": {"NOT": null}}');
SELECT refused('{"model": "blog_article", "filter": {"and": [{"rating": 5}]}}');
SELECT refused('{"model": "blog_article", "filter": "rating"}');
SELECT refused('{"model": "blog_article", "filter": [["rating", 5]]}');
SELECT refused('{"model": "blog_article", "filter": {"rating": 5, "rating": 4}}');

DROP SCHEMA q_test CASCADE;
