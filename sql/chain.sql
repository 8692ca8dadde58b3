-- chain: the same keys in the order of Django's method calls, where order means something.
CREATE SCHEMA chain_test;
SET search_path = chain_test;
\i sql/fixture/blog.sql

CREATE FUNCTION chained(model text, chain text, query text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT checked(format('{"model": "%s", "chain": %s}', model, chain)::json, query) $$;
CREATE FUNCTION chain_refused(chain text) RETURNS text LANGUAGE sql AS $$ SELECT refused(format('{"model": "blog_article", "chain": %s}', chain)) $$;

--
-- The same as the keys by themselves
--
SELECT chained('blog_tag', '[]', 'SELECT * FROM blog_tag');
SELECT chained('blog_article', '[{"filter": {"author": 1}}, {"exclude": {"rating": 5}}, {"order_by": ["-id"]}, {"only": ["title"]}, {"limit": 2}]', 'SELECT id, title FROM blog_article WHERE author_id = 1 AND rating IS DISTINCT FROM 5 ORDER BY id DESC LIMIT 2');
SELECT bolt.fetch('{"model": "blog_article", "chain": [{"prefetch_related": ["tags"]}, {"select_related": ["author"]}, {"only": ["title", "author__username"]}, {"filter": {"id": 9}}]}');
-- every key has its place in it
SELECT chained('blog_article', '[{"alias": {"n": {"Length": "title"}}}, {"filter": {"n": 5}}, {"distinct": true}, {"order_by": ["id"]}, {"reverse": true}, {"defer": ["rating", "published", "author_id", "editor_id"]}, {"offset": 1}, {"limit": 2}]', 'SELECT id, title FROM blog_article WHERE length(title) = 5 ORDER BY id DESC LIMIT 2 OFFSET 1');
SELECT chained('blog_article', '[{"dates": ["published", "year"]}]', $$ SELECT DISTINCT date_trunc('year', published)::date AS value FROM blog_article WHERE published IS NOT NULL ORDER BY 1 $$);
SELECT chained('blog_tag', '[{"filter": {"id": 1}}, {"none": true}]', 'SELECT * FROM blog_tag WHERE false');
SELECT bolt.count('{"model": "blog_tag", "chain": [{"filter": {"id__gt": 1}}]}'), bolt.exists('{"model": "blog_tag", "chain": [{"filter": {"id__gt": 9}}]}'), bolt.get('{"model": "blog_tag", "chain": [{"filter": {"id__gt": 1}}]}', '{"name": "c"}'), bolt.first('{"model": "blog_tag", "chain": [{"order_by": ["-id"]}]}'),
	bolt.aggregate('{"model": "blog_tag", "chain": [{"filter": {"id__gt": 1}}, {"limit": 2}]}', '{"n": {"Count": "*"}}'), bolt.page('{"model": "blog_tag", "chain": [{"order_by": ["-id"]}]}', 1, 1) -> 'items';
-- beside keys of its own: these come first
SELECT checked('{"model": "blog_article", "filter": {"author": 1}, "chain": [{"order_by": ["-id"]}, {"limit": 1}], "only": ["title"]}', 'SELECT 9 AS id, $$Élan$$ AS title');
-- in a prefetch, in a union, in a subquery
SELECT bolt.fetch('{"model": "auth_user", "filter": {"id": 1}, "only": ["username"], "prefetch_related": [{"lookup": "articles", "queryset": {"chain": [{"annotate": {"n": {"Count": "comments"}}}, {"filter": {"n__gt": 0}}, {"only": ["id"]}, {"order_by": ["-n"]}]}}]}');
SELECT checked('{"model": "auth_user", "filter": {"id__in": {"Subquery": {"model": "blog_article", "chain": [{"filter": {"rating": 5}}, {"values": ["author"]}]}}}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', 'SELECT DISTINCT author_id AS value FROM blog_article WHERE rating = 5 ORDER BY 1');

--
-- A later call of the same kind adds, or replaces, as in Django
--
SELECT chained('blog_article', '[{"order_by": ["title"]}, {"order_by": ["-id"]}, {"values_list": ["id"]}, {"flat": true}, {"limit": 2}]', 'SELECT id AS value FROM blog_article ORDER BY id DESC LIMIT 2');
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"reverse": true}, {"reverse": true}]', 'SELECT * FROM blog_tag ORDER BY id');
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"reverse": true}, {"order_by": ["name"]}]', 'SELECT * FROM blog_tag ORDER BY name DESC');
SELECT chained('blog_tag', '[{"values": ["id"]}, {"values_list": ["name"]}, {"order_by": ["id"]}]', 'SELECT jsonb_build_array(name) AS value FROM blog_tag ORDER BY id');
SELECT chained('blog_article', '[{"only": ["title"]}, {"only": ["rating"]}, {"filter": {"id": 1}}]', 'SELECT 1 AS id, 5 AS rating');
SELECT chained('blog_article', '[{"defer": ["title", "rating"]}, {"defer": ["published", "editor_id"]}, {"filter": {"id": 1}}]', 'SELECT 1 AS id, 1 AS author_id');
SELECT bolt.fetch('{"model": "blog_comment", "chain": [{"select_related": ["author"]}, {"select_related": ["article"]}, {"only": ["author__username", "article__title"]}, {"filter": {"id": 1}}]}');
SELECT bolt.fetch('{"model": "blog_article", "chain": [{"prefetch_related": ["tags"]}, {"prefetch_related": ["comments__replies"]}, {"only": ["id"]}, {"filter": {"id": 4}}]}')::jsonb ?& '{tags,comments}';
-- conditions of two calls may be met by different rows, those of one may not
SELECT chained('blog_article', '[{"filter": {"tags__name": "sql"}}, {"filter": {"tags__id": 2}}, {"values_list": ["id"]}, {"flat": true}, {"order_by": ["id"]}]', 'SELECT unnest(ARRAY[1, 6]) AS value');
SELECT chained('blog_article', '[{"filter": {"tags__name": "sql", "tags__id": 2}}]', 'SELECT 1 WHERE false');
SELECT chained('blog_article', '[{"filter": [{"tags__name": "sql"}, {"tags__id": 2}]}, {"values_list": ["id"]}, {"flat": true}, {"order_by": ["id"]}]', 'SELECT unnest(ARRAY[1, 6]) AS value');

--
-- filter before and after annotate
--
SELECT chained('auth_user', '[{"filter": {"articles__rating__gte": 4}}, {"annotate": {"n": {"Count": "articles"}}}, {"values": ["id", "n"]}, {"order_by": ["id"]}]',
	'SELECT u.id, count(*) n FROM auth_user u JOIN blog_article a ON author_id = u.id AND rating >= 4 GROUP BY u.id ORDER BY u.id');
SELECT chained('auth_user', '[{"annotate": {"n": {"Count": "articles"}}}, {"filter": {"articles__rating__gte": 4}}, {"values": ["id", "n"]}, {"order_by": ["id"]}]',
	'SELECT id, (SELECT count(*) FROM blog_article WHERE author_id = u.id) n FROM auth_user u WHERE EXISTS (SELECT FROM blog_article WHERE author_id = u.id AND rating >= 4) ORDER BY id');
SELECT chained('auth_user', '[{"annotate": {"n": {"Count": "articles"}}}, {"filter": {"n__gt": 2}}, {"annotate": {"m": {"Add": ["n", 1]}}}, {"filter": {"m__lt": 5}}, {"values": ["id", "m"]}, {"order_by": ["id"]}]',
	'SELECT author_id AS id, count(*) + 1 m FROM blog_article GROUP BY 1 HAVING count(*) > 2 AND count(*) < 4 ORDER BY 1');
SELECT chain_refused('[{"filter": {"n__gt": 2}}, {"annotate": {"n": {"Count": "comments"}}}]');
SELECT chain_refused('[{"order_by": ["n"]}, {"filter": {"m": 1}}, {"annotate": {"n": 1}}]') LIKE '42703%';

--
-- values before annotate groups; behind it, it only chooses
--
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}, "best": {"Max": "rating"}}}, {"order_by": ["author"]}]', 'SELECT author_id AS author, count(*) n, max(rating) best FROM blog_article GROUP BY 1 ORDER BY 1');
SELECT chained('blog_article', '[{"annotate": {"n": {"Count": "comments"}}}, {"values": ["author", "n"]}, {"order_by": ["id"]}]', 'SELECT author_id AS author, (SELECT count(*) FROM blog_comment WHERE article_id = a.id) n FROM blog_article a ORDER BY id');
SELECT chained('blog_article', '[{"values": ["author__username", "rating"]}, {"annotate": {"n": {"Count": "id"}}}, {"order_by": ["-n", "author__username", "rating"]}, {"limit": 3}]',
	'SELECT username AS author__username, rating, count(*) n FROM blog_article a JOIN auth_user u ON u.id = author_id GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 3');
SELECT chained('blog_article', '[{"values_list": ["rating"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["rating"]}]', 'SELECT jsonb_build_array(rating, count(*)) AS value FROM blog_article GROUP BY rating ORDER BY rating');
-- by what is computed, by a transform
SELECT chained('blog_article', '[{"annotate": {"len": {"Length": "title"}}}, {"values": ["len"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["len"]}]', 'SELECT length(title) AS len, count(*) n FROM blog_article GROUP BY 1 ORDER BY 1');
SELECT chained('blog_article', '[{"values": ["published__year"]}, {"annotate": {"n": {"Count": "*"}, "s": {"Sum": "rating"}}}, {"order_by": ["published__year"]}]', 'SELECT extract(year FROM published)::int AS published__year, count(*) n, sum(rating) s FROM blog_article GROUP BY 1 ORDER BY 1');
SELECT chained('blog_article', '[{"annotate": {"m": {"Trunc": "published", "kind": "quarter"}}}, {"values": ["m"]}, {"annotate": {"ids": {"ArrayAgg": "id", "order_by": ["id"]}}}, {"order_by": ["m"]}]', $$ SELECT date_trunc('quarter', published)::date AS m, array_agg(id ORDER BY id) ids FROM blog_article GROUP BY 1 ORDER BY 1 $$);
-- WHERE before, HAVING behind
SELECT chained('blog_article', '[{"filter": {"rating__gt": 1}}, {"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"filter": {"n__gte": 2}}, {"order_by": ["author"]}]', 'SELECT author_id AS author, count(*) n FROM blog_article WHERE rating > 1 GROUP BY 1 HAVING count(*) >= 2 ORDER BY 1');
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}, "m": {"Max": "rating"}}}, {"filter": {"n__gte": 2}}, {"exclude": {"m": 5}}, {"filter": {"rating__lt": 5}}, {"order_by": ["author"]}]',
	'SELECT author_id AS author, count(*) n, max(rating) m FROM blog_article WHERE rating < 5 GROUP BY 1 HAVING count(*) >= 2 AND max(rating) IS DISTINCT FROM 5 ORDER BY 1');
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"filter": {"OR": [{"n": 4}, {"author": 2}]}}, {"order_by": ["author"]}]', 'SELECT author_id AS author, count(*) n FROM blog_article GROUP BY 1 HAVING count(*) = 4 OR author_id = 2 ORDER BY 1');
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"filter": {"n": {"F": "author"}}}, {"order_by": ["author"]}]', 'SELECT author_id AS author, count(*) n FROM blog_article GROUP BY 1 HAVING count(*) = author_id ORDER BY 1');
-- two aggregates, one of the other
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"annotate": {"s": {"Sum": "rating"}}}, {"annotate": {"x": {"Mul": ["n", {"F": "s"}]}}}, {"order_by": ["-x"]}]', 'SELECT author_id AS author, count(*) n, sum(rating) s, count(*) * sum(rating) x FROM blog_article GROUP BY 1 ORDER BY x DESC');
-- a model's ordering says nothing about groups, a key that orders is one of them
SELECT bolt.register_model('blog_article', ordering => '{title}');
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["author_id"]}]', 'SELECT author_id AS author, count(*) n FROM blog_article GROUP BY 1 ORDER BY 1');
SELECT json_array_length(bolt.fetch_json('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}]}'));
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["author", "rating"]}]', 'SELECT author_id AS author, count(*) n FROM blog_article GROUP BY 1, rating ORDER BY 1, rating');
SELECT bolt.unregister('blog_article');
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles'), bolt.register_relation('blog_article', '{editor_id}', related_name => 'edited');
-- over relations to many
SELECT chained('auth_user', '[{"values": ["manager"]}, {"annotate": {"n": {"Count": "articles"}, "s": {"Sum": "articles__rating"}, "m": {"Max": "articles__title"}, "a": {"Avg": "articles__rating"}}}, {"order_by": ["manager"]}]',
	'SELECT manager_id AS manager, count(a.id) n, sum(rating) s, max(title) m, avg(rating) a FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id GROUP BY 1 ORDER BY 1');
SELECT chained('auth_user', '[{"values": ["manager"]}, {"annotate": {"n": {"Count": "articles"}, "e": {"Count": "edited"}}}, {"order_by": ["manager"]}]',
	'SELECT manager_id AS manager, sum((SELECT count(*) FROM blog_article WHERE author_id = u.id)) n, sum((SELECT count(*) FROM blog_article WHERE editor_id = u.id)) e FROM auth_user u GROUP BY 1 ORDER BY 1');
SELECT chained('blog_article', '[{"values": ["tags__name"]}, {"annotate": {"n": {"Count": "id"}}}, {"order_by": ["tags__name"]}]', 'SELECT name AS tags__name, count(a.id) n FROM blog_article a LEFT JOIN blog_article_tags j ON article_id = a.id LEFT JOIN blog_tag t ON t.id = tag_id GROUP BY 1 ORDER BY 1');
-- values of a path to many: a group for each value of it, and aggregates of the same path are over the rows that it joins
SELECT chained('auth_user', '[{"values": ["articles"]}, {"annotate": {"n": {"Count": "articles"}}}, {"order_by": ["articles"]}]', 'SELECT a.id AS articles, count(a.id) n FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id GROUP BY 1 ORDER BY 1');
SELECT chained('auth_user', '[{"values": ["articles__rating"]}, {"annotate": {"n": {"Count": "articles__rating"}, "s": {"Sum": "articles__rating"}, "a": {"Avg": "articles__id"}, "l": {"Min": "articles__title"}, "g": {"Max": "articles__title"}, "d": {"Count": "articles__editor", "distinct": true}, "u": {"Count": "id"}}}, {"order_by": ["articles__rating"]}]',
	'SELECT rating AS articles__rating, count(rating) n, sum(rating) s, avg(a.id) a, min(title) l, max(title) g, count(DISTINCT editor_id) d, count(u.id) u FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id GROUP BY 1 ORDER BY 1');
SELECT chained('auth_user', '[{"values_list": ["articles__rating"]}, {"annotate": {"n": {"Count": "articles"}}}, {"filter": {"n__gt": 1}}, {"order_by": ["-n", "articles__rating"]}]',
	'SELECT jsonb_build_array(rating, count(a.id)) AS value FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id GROUP BY rating HAVING count(a.id) > 1 ORDER BY count(a.id) DESC, rating');
-- many to many, and a path through two relations to many
SELECT chained('blog_article', '[{"values": ["tags"]}, {"annotate": {"n": {"Count": "tags"}, "last": {"Max": "tags__name"}, "total": {"Sum": "rating"}}}, {"order_by": ["tags"]}]', 'SELECT tag_id AS tags, count(tag_id) n, max(g.name) last, sum(rating) total FROM blog_article a LEFT JOIN blog_article_tags j ON article_id = a.id LEFT JOIN blog_tag g ON g.id = tag_id GROUP BY 1 ORDER BY 1');
SELECT chained('auth_user', '[{"values": ["articles__tags__name"]}, {"annotate": {"n": {"Count": "articles__tags"}, "a": {"Count": "articles", "distinct": true}, "total": {"Sum": "articles__rating"}}}, {"order_by": ["articles__tags__name"]}]',
	'SELECT g.name AS articles__tags__name, count(tag_id) n, count(DISTINCT a.id) a, sum(rating) total FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id LEFT JOIN blog_article_tags j ON article_id = a.id LEFT JOIN blog_tag g ON g.id = tag_id GROUP BY 1 ORDER BY 1');
-- beyond the joined rows an aggregate is over each of them by itself
SELECT chained('auth_user', '[{"values": ["articles__rating"]}, {"annotate": {"s": {"Sum": "articles__rating"}, "t": {"Count": "articles__tags"}, "c": {"Max": "articles__comments__id"}}}, {"order_by": ["articles__rating"]}]',
	'SELECT rating AS articles__rating, sum(rating) s, sum((SELECT count(*) FROM blog_article_tags WHERE article_id = a.id)) t, max((SELECT max(id) FROM blog_comment WHERE article_id = a.id)) c FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id GROUP BY 1 ORDER BY 1');
-- a filter of the aggregate, one before, one behind
SELECT chained('auth_user', '[{"values": ["articles__rating"]}, {"annotate": {"n": {"Count": "articles", "filter": {"articles__id__gt": 3}}, "t": {"Count": "articles", "filter": {"articles__tags__name": "sql"}}}}, {"order_by": ["articles__rating"]}]',
	$$ SELECT rating AS articles__rating, count(a.id) FILTER (WHERE a.id > 3) n, count(a.id) FILTER (WHERE EXISTS (SELECT FROM blog_article_tags JOIN blog_tag t ON t.id = tag_id WHERE article_id = a.id AND name = 'sql')) t FROM auth_user u LEFT JOIN blog_article a ON author_id = u.id GROUP BY 1 ORDER BY 1 $$);
SELECT chained('auth_user', '[{"filter": {"articles__rating__gt": 3}}, {"values": ["articles__rating"]}, {"annotate": {"n": {"Count": "articles"}}}, {"order_by": ["articles__rating"]}]', 'SELECT rating AS articles__rating, count(*) n FROM blog_article WHERE rating > 3 GROUP BY 1 ORDER BY 1');
SELECT chained('auth_user', '[{"values": ["articles__rating"]}, {"annotate": {"n": {"Count": "articles"}}}, {"filter": {"username": "ann"}}, {"order_by": ["articles__rating"]}]', 'SELECT rating AS articles__rating, count(*) n FROM blog_article WHERE author_id = 1 GROUP BY 1 ORDER BY 1');
SELECT bolt.count('{"model": "auth_user", "chain": [{"values": ["articles"]}, {"annotate": {"n": {"Count": "articles"}}}]}'), bolt.exists('{"model": "auth_user", "chain": [{"values": ["articles"]}, {"annotate": {"n": {"Count": "articles"}}}, {"filter": {"n__gt": 1}}]}'),
	bolt.aggregate('{"model": "auth_user", "chain": [{"values": ["articles"]}, {"annotate": {"n": {"Count": "articles"}}}]}', '{"s": {"Sum": "n"}}');
-- counted, asked for, sliced, distinct
SELECT bolt.count('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}]}'), bolt.count('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"filter": {"n__gt": 3}}]}'),
	bolt.exists('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"filter": {"n__gt": 9}}]}'), bolt.first('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"order_by": ["-n", "author"]}]}');
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"values_list": ["n"]}, {"flat": true}, {"distinct": true}, {"order_by": ["n"]}]', 'SELECT DISTINCT count(*) AS value FROM blog_article GROUP BY author_id ORDER BY 1');
SELECT chained('blog_article', '[{"values": ["author"]}, {"distinct": true}, {"order_by": ["author"]}]', 'SELECT DISTINCT author_id AS author FROM blog_article ORDER BY 1');
-- values behind it again: other columns, the same groups
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"values": ["n"]}, {"order_by": ["n"]}]', 'SELECT count(*) n FROM blog_article GROUP BY author_id ORDER BY 1');
-- without an aggregate nothing is grouped
SELECT chained('blog_article', '[{"values": ["author"]}, {"annotate": {"up": {"Upper": "title"}}}, {"filter": {"id__lt": 3}}, {"order_by": ["id"]}]', 'SELECT author_id AS author, upper(title) up FROM blog_article WHERE id < 3 ORDER BY id');
-- annotations that come before values without being named are no groups
SELECT chained('blog_article', '[{"annotate": {"len": {"Length": "title"}}}, {"values": ["author"]}, {"annotate": {"n": {"Count": "*"}, "m": {"Max": "len"}}}, {"order_by": ["author"]}]', 'SELECT author_id AS author, count(*) n, max(length(title)) m FROM blog_article GROUP BY 1 ORDER BY 1');

--
-- A slice: a later one lies within it, and little may follow
--
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"limit": 3}, {"limit": 2}]', 'SELECT * FROM blog_tag WHERE id < 3 ORDER BY id');
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"limit": 2}, {"limit": 3}]', 'SELECT * FROM blog_tag WHERE id < 3 ORDER BY id');
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"offset": 1}, {"limit": 2}, {"offset": 1}]', 'SELECT * FROM blog_tag WHERE id = 3 ORDER BY id');
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"offset": 1}, {"offset": 1}]', 'SELECT * FROM blog_tag WHERE id > 2 ORDER BY id');
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"limit": 3}, {"offset": 2}]', 'SELECT * FROM blog_tag WHERE id = 3 ORDER BY id');
SELECT chained('blog_tag', '[{"limit": 2}, {"offset": 5}]', 'SELECT * FROM blog_tag WHERE false');
SELECT chained('blog_article', '[{"order_by": ["id"]}, {"limit": 1}, {"values": ["title"]}, {"annotate": {"n": {"Length": "title"}}}]', $$ SELECT 'Alpha' AS title, 5 AS n $$);
SELECT bolt.fetch('{"model": "blog_article", "chain": [{"order_by": ["id"]}, {"limit": 1}, {"select_related": ["author"]}, {"prefetch_related": ["tags"]}, {"only": ["id", "author__username"]}]}');
SELECT bolt.count('{"model": "blog_tag", "chain": [{"limit": 3}, {"offset": 2}]}'), bolt.count('{"model": "blog_tag", "chain": [{"limit": 2}, {"none": true}]}');
SELECT chain_refused('[{"limit": 1}, {"filter": {"id": 1}}]');
SELECT chain_refused('[{"offset": 1}, {"exclude": {"id": 1}}]');
SELECT chain_refused('[{"limit": 1}, {"order_by": ["id"]}]');
SELECT chain_refused('[{"limit": 1}, {"reverse": true}]');
SELECT chain_refused('[{"limit": 1}, {"distinct": true}]');
SELECT chain_refused('[{"limit": 1}, {"distinct": ["id"]}]');
-- an empty filter is none
SELECT chained('blog_tag', '[{"order_by": ["id"]}, {"limit": 1}, {"values_list": ["name"]}]', $$ SELECT '["sql"]'::jsonb AS value $$);

--
-- What else Django refuses
--
SELECT chain_refused('[{"values": ["id"]}, {"select_related": ["author"]}]');
SELECT chain_refused('[{"values": ["id"]}, {"only": ["id"]}]');
SELECT chain_refused('[{"values_list": ["id"]}, {"defer": ["id"]}]');
SELECT chain_refused('[{"values": ["id"]}, {"prefetch_related": ["tags"]}]');
SELECT chain_refused('[{"flat": true}]');
SELECT chain_refused('[{"values": ["id"]}, {"flat": true}]');
SELECT chain_refused('[{"values_list": ["id", "title"]}, {"flat": true}]');
-- behind a union only an order, a slice and values
SELECT checked('{"model": "blog_tag", "chain": [{"filter": {"id": 1}}, {"union": [{"model": "blog_tag", "filter": {"id__gt": 2}}]}, {"order_by": ["-name"]}, {"limit": 2}, {"values_list": ["name"]}, {"flat": true}]}', $$ SELECT name AS value FROM blog_tag WHERE id <> 2 ORDER BY name DESC LIMIT 2 $$);
-- by what values leaves out there is none
SELECT chain_refused('[{"union": [{"model": "blog_article"}]}, {"order_by": ["-id"]}, {"values_list": ["title"]}]');
SELECT string_agg(split_part(chain_refused(format('[{"union": [{"model": "blog_article"}]}, %s]', call)), E'\n', 1), E'\n')
	FROM unnest(ARRAY['{"filter": {"id": 1}}', '{"exclude": {"id": 1}}', '{"annotate": {"x": 1}}', '{"alias": {"x": 1}}', '{"distinct": true}', '{"select_related": ["author"]}', '{"prefetch_related": ["tags"]}', '{"only": ["id"]}', '{"defer": ["title"]}', '{"dates": ["published", "year"]}']) call;

--
-- Documents that are none
--
SELECT chain_refused('{}');
SELECT chain_refused('[[]]');
SELECT chain_refused('[{}]');
SELECT chain_refused('[{"filter": {}, "exclude": {}}]');
SELECT split_part(chain_refused('[{"filters": {}}]'), E'\n', 1), split_part(chain_refused('[{"filters": {}}]'), E'\n', 2);
SELECT chain_refused('[{"model": "blog_tag"}]') LIKE '22023%' AS "model stands outside";
SELECT chain_refused('[{"chain": []}]') LIKE '22023%' AS "no chain in a chain";
SELECT chain_refused('[{"limit": -1}]');
SELECT chain_refused('[null]');
SELECT chain_refused('[{"filter": {"titel": 1}}]');

DROP SCHEMA chain_test CASCADE;
