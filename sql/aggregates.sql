-- Aggregates: bolt.aggregate over a queryset, annotations of each object over its own relations.
CREATE SCHEMA aggregates_test;
SET search_path = aggregates_test;
\i sql/fixture/blog.sql

-- The members that bolt.aggregate gives, beside the row of SQL where the two differ.
CREATE FUNCTION aggregated(document text, aggregates text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text := bolt.aggregate(document::json, aggregates::json);
	wanted text;
BEGIN
	EXECUTE format('SELECT row_to_json(whole) FROM (%s) whole', query) INTO wanted;
	RETURN got || CASE WHEN got::jsonb IS DISTINCT FROM wanted::jsonb THEN ' DIFFERS FROM ' || wanted ELSE '' END;
END $$;

--
-- Every aggregate over rows
--
SELECT aggregated('{"model": "blog_article"}', '{"n": {"Count": "*"}, "r": {"Count": "rating"}, "d": {"Count": "rating", "distinct": true}}', 'SELECT count(*) n, count(rating) r, count(DISTINCT rating) d FROM blog_article');
SELECT aggregated('{"model": "blog_article"}', '{"s": {"Sum": "rating"}, "a": {"Avg": "rating"}, "lo": {"Min": "rating"}, "hi": {"Max": "rating"}}', 'SELECT sum(rating) s, avg(rating) a, min(rating) lo, max(rating) hi FROM blog_article');
SELECT aggregated('{"model": "blog_article"}', '{"sd": {"StdDev": "rating"}, "v": {"Variance": "rating"}}', 'SELECT stddev_pop(rating) sd, var_pop(rating) v FROM blog_article');
SELECT aggregated('{"model": "blog_article"}', '{"s": {"Sum": "rating", "distinct": true}, "a": {"Avg": "rating", "distinct": true}}', 'SELECT sum(DISTINCT rating) s, avg(DISTINCT rating) a FROM blog_article');
SELECT aggregated('{"model": "blog_article"}', '{"lo": {"Min": "title"}, "first": {"Min": "published"}, "last": {"Max": "published"}}', 'SELECT min(title) lo, min(published) first, max(published) last FROM blog_article');
SELECT aggregated('{"model": "blog_article"}', '{"ids": {"ArrayAgg": "id", "order_by": ["-id"]}, "t": {"StringAgg": "title", "order_by": ["id"]}, "u": {"StringAgg": ["title", {"Value": " / "}], "order_by": ["-id"]}}',
	$$ SELECT array_agg(id ORDER BY id DESC) ids, string_agg(title, ',' ORDER BY id) t, string_agg(title, ' / ' ORDER BY id DESC) u FROM blog_article $$);
SELECT aggregated('{"model": "blog_article"}', '{"j": {"JSONAgg": "rating", "order_by": ["id"]}, "a": {"ArrayAgg": "rating", "distinct": true}, "s": {"StringAgg": ["author__username", {"Value": "; "}], "distinct": true}}',
	$$ SELECT jsonb_agg(rating ORDER BY b.id) j, array_agg(DISTINCT rating) a, string_agg(DISTINCT username, '; ') s FROM blog_article b JOIN auth_user u ON u.id = author_id $$);
SELECT aggregated('{"model": "blog_article", "annotate": {"good": {"Case": [{"when": {"rating__gt": 1}, "then": true}], "default": false}}}', '{"all": {"BoolAnd": "good"}, "any": {"BoolOr": "good"}}', 'SELECT bool_and(coalesce(rating > 1, false)) AS all, bool_or(coalesce(rating > 1, false)) AS any FROM blog_article');
-- of other types
CREATE TABLE sample (id int PRIMARY KEY, big bigint, num numeric(10, 2), dbl float8, span interval, flag boolean, doc jsonb, tags text[]);
INSERT INTO sample VALUES (1, 9007199254740993, 1.25, 0.5, '1 hour', true, '{"a": 1}', '{x}'), (2, 9007199254740993, -3, 'NaN', '1 day', false, '[]', '{y}'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT aggregated('{"model": "sample"}', '{"b": {"Sum": "big"}, "n": {"Sum": "num"}, "an": {"Avg": "num"}, "d": {"Max": "dbl"}, "sp": {"Sum": "span"}, "av": {"Avg": "span"}, "all": {"BoolAnd": "flag"}}',
	'SELECT sum(big) b, sum(num) n, avg(num) an, max(dbl) d, sum(span) sp, avg(span) av, bool_and(flag) AS all FROM sample');
SELECT aggregated('{"model": "sample"}', '{"j": {"JSONAgg": "doc", "order_by": ["id"]}, "m": {"Max": "tags"}, "s": {"StringAgg": "num", "order_by": ["id"]}, "a": {"ArrayAgg": "flag", "order_by": ["id"]}}', $$ SELECT jsonb_agg(doc ORDER BY id) j, max(tags) m, string_agg(num::text, ',' ORDER BY id) s, array_agg(flag ORDER BY id) a FROM sample $$);

-- over no rows
SELECT aggregated('{"model": "blog_article", "filter": {"id": 0}}', '{"n": {"Count": "*"}, "s": {"Sum": "rating"}, "a": {"ArrayAgg": "id"}, "m": {"Max": "title"}}', 'SELECT 0 n, NULL s, NULL a, NULL m');
SELECT aggregated('{"model": "blog_article", "none": true}', '{"n": {"Count": "*"}, "s": {"Sum": "rating", "default": 0}, "t": {"StringAgg": "title", "default": {"Value": "-"}}}', $$ SELECT 0 n, 0 s, '-' t $$);
SELECT aggregated('{"model": "blog_article"}', '{}', $$ SELECT $$);
-- filter and default
SELECT aggregated('{"model": "blog_article"}', '{"n": {"Count": "*", "filter": {"rating__gte": 4}}, "s": {"Sum": "rating", "filter": {"author__username": "bob"}}, "x": {"Sum": "rating", "filter": {"id": 0}, "default": -1}, "y": {"Max": "rating", "filter": {"OR": [{"title": "Beta"}, {"NOT": {"id__gt": 1}}]}}}',
	$$ SELECT count(*) FILTER (WHERE rating >= 4) n, sum(rating) FILTER (WHERE author_id = 2) s, -1 x, max(rating) FILTER (WHERE title = 'Beta' OR id <= 1) y FROM blog_article $$);
SELECT aggregated('{"model": "blog_article"}', '{"n": {"Count": "id", "distinct": true, "filter": {"tags__name": "sql"}}, "m": {"Count": "id", "filter": {"tags__name": "sql"}}}',
	$$ SELECT count(*) n, count(*) m FROM blog_article a WHERE EXISTS (SELECT FROM blog_article_tags j WHERE j.article_id = a.id AND tag_id = 1) $$);
-- expressions in them and of them
SELECT aggregated('{"model": "blog_article"}', '{"s": {"Sum": {"Mul": ["rating", "id"]}}, "m": {"Max": {"Length": "title"}}, "c": {"Count": {"Case": [{"when": {"rating": 5}, "then": 1}]}}}', 'SELECT sum(rating * id) s, max(length(title)) m, count(CASE WHEN rating = 5 THEN 1 END) c FROM blog_article');
SELECT aggregated('{"model": "blog_article"}', '{"spread": {"Sub": [{"Max": "rating"}, {"Min": "rating"}]}, "mean": {"Round": [{"Avg": "rating"}, 1]}, "share": {"Div": [{"Mul": [{"Count": "rating"}, 100]}, {"Count": "*"}]}, "c": {"Coalesce": [{"Sum": "rating"}, 0]}}',
	'SELECT max(rating) - min(rating) spread, round(avg(rating), 1) mean, count(rating) * 100 / count(*) share, sum(rating) c FROM blog_article');
-- relations to one
SELECT aggregated('{"model": "blog_article"}', '{"m": {"Max": "author__username"}, "e": {"Count": "editor"}, "c": {"Count": "author__profile__city", "distinct": true}}', 'SELECT max(username) m, count(editor_id) e, 2 c FROM blog_article b JOIN auth_user u ON u.id = author_id');
-- relations to many: each over its own, so that no one multiplies another
SELECT aggregated('{"model": "blog_article"}', '{"c": {"Count": "comments"}, "t": {"Count": "tags"}, "n": {"Count": "*"}, "s": {"Sum": "rating"}}',
	'SELECT (SELECT count(*) FROM blog_comment) c, (SELECT count(*) FROM blog_article_tags) t, count(*) n, sum(rating) s FROM blog_article');
SELECT aggregated('{"model": "auth_user"}', '{"a": {"Count": "articles"}, "r": {"Sum": "articles__rating"}, "avg": {"Avg": "articles__rating"}, "m": {"Max": "articles__comments__id"}, "c": {"Count": "articles__comments"}}',
	'SELECT (SELECT count(*) FROM blog_article) a, (SELECT sum(rating) FROM blog_article) r, (SELECT avg(rating) FROM blog_article) avg, (SELECT max(id) FROM blog_comment) m, (SELECT count(*) FROM blog_comment) c');
-- filters before them
SELECT aggregated('{"model": "blog_article", "filter": {"author": 1}, "exclude": {"rating": null}}', '{"n": {"Count": "*"}, "s": {"Sum": "rating"}}', 'SELECT count(*) n, sum(rating) s FROM blog_article WHERE author_id = 1 AND rating IS NOT NULL');
SELECT aggregated('{"model": "blog_article", "filter": {"tags__name__in": ["sql", "c"]}}', '{"n": {"Count": "*"}}', 'SELECT count(DISTINCT article_id) n FROM blog_article_tags WHERE tag_id IN (1, 3)');
-- of a slice, of distinct rows, of values, of annotations
SELECT aggregated('{"model": "blog_article", "order_by": ["-id"], "limit": 4, "offset": 1}', '{"s": {"Sum": "rating"}, "n": {"Count": "*"}, "m": {"Min": "id"}}', 'SELECT sum(rating) s, count(*) n, min(id) m FROM (SELECT * FROM blog_article ORDER BY id DESC LIMIT 4 OFFSET 1) x');
SELECT aggregated('{"model": "blog_article", "values": ["rating"], "distinct": true}', '{"s": {"Sum": "rating"}, "n": {"Count": "*"}}', 'SELECT sum(rating) s, count(*) n FROM (SELECT DISTINCT rating FROM blog_article) x');
SELECT aggregated('{"model": "blog_article", "distinct": ["author"], "order_by": ["author__id", "-id"]}', '{"s": {"Sum": "rating"}, "n": {"Count": "*"}}', 'SELECT sum(rating) s, count(*) n FROM (SELECT DISTINCT ON (author_id) * FROM blog_article ORDER BY author_id, id DESC) x');
SELECT aggregated('{"model": "blog_article", "annotate": {"n": {"Count": "comments"}}}', '{"most": {"Max": "n"}, "mean": {"Avg": "n"}, "total": {"Sum": "n"}}', 'SELECT max(n) most, avg(n) mean, sum(n) total FROM (SELECT (SELECT count(*) FROM blog_comment WHERE article_id = a.id) n FROM blog_article a) x');
SELECT aggregated('{"model": "blog_article", "annotate": {"n": {"Length": "title"}}, "filter": {"n__gt": 5}, "order_by": ["n"], "limit": 2}', '{"s": {"Sum": "n"}}', 'SELECT sum(n) s FROM (SELECT length(title) n FROM blog_article WHERE length(title) > 5 ORDER BY 1 LIMIT 2) x');
SELECT aggregated('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}]}', '{"most": {"Max": "n"}, "groups": {"Count": "*"}}', 'SELECT max(n) most, count(*) groups FROM (SELECT count(*) n FROM blog_article GROUP BY author_id) x');
-- an order, a model's too, says nothing
SELECT aggregated('{"model": "blog_article", "order_by": ["title"], "reverse": true, "select_related": ["author"], "only": ["author__username", "author"], "prefetch_related": ["tags"]}', '{"n": {"Count": "*"}}', 'SELECT count(*) n FROM blog_article');

--
-- By object
--
SELECT checked('{"model": "blog_article", "only": ["id"], "annotate": {"c": {"Count": "comments"}, "t": {"Count": "tags"}, "w": {"Count": "comments__author", "distinct": true}}, "order_by": ["id"]}',
	$$ SELECT id, (SELECT count(*) FROM blog_comment WHERE article_id = a.id) c, (SELECT count(*) FROM blog_article_tags WHERE article_id = a.id) t,
		(SELECT count(DISTINCT author_id) FROM blog_comment WHERE article_id = a.id) w FROM blog_article a ORDER BY id $$);
SELECT checked('{"model": "auth_user", "only": ["id"], "annotate": {"s": {"Sum": "articles__rating"}, "z": {"Sum": "articles__rating", "default": 0}, "a": {"Avg": "articles__rating"}, "lo": {"Min": "articles__title"}, "hi": {"Max": "articles__published"}, "e": {"Count": "edited"}}, "order_by": ["id"]}',
	$$ SELECT u.id, sum(rating) s, coalesce(sum(rating), 0) z, avg(rating) a, min(title) lo, max(published) hi, (SELECT count(*) FROM blog_article e WHERE e.editor_id = u.id) e
		FROM auth_user u LEFT JOIN blog_article a ON a.author_id = u.id GROUP BY u.id ORDER BY u.id $$);
SELECT checked('{"model": "auth_user", "only": ["id"], "annotate": {"sd": {"StdDev": "articles__rating"}, "v": {"Variance": "articles__rating"}, "ids": {"ArrayAgg": "articles__id", "order_by": ["-articles__id"]}, "t": {"StringAgg": ["articles__title", {"Value": "|"}], "order_by": ["articles__id"]}, "j": {"JSONAgg": "articles__rating", "order_by": ["articles__id"]}}, "order_by": ["id"]}',
	$$ SELECT u.id, stddev_pop(rating) sd, var_pop(rating) v, array_agg(a.id ORDER BY a.id DESC) FILTER (WHERE a.id IS NOT NULL) ids, string_agg(title, '|' ORDER BY a.id) t, jsonb_agg(rating ORDER BY a.id) FILTER (WHERE a.id IS NOT NULL) j
		FROM auth_user u LEFT JOIN blog_article a ON a.author_id = u.id GROUP BY u.id ORDER BY u.id $$);
-- two steps, to one and to many, many to many
SELECT checked('{"model": "auth_user", "only": ["id"], "annotate": {"c": {"Count": "articles__comments"}, "g": {"Count": "articles__tags", "distinct": true}, "m": {"Max": "articles__tags__name"}, "below": {"Count": "reports__articles"}}, "order_by": ["id"]}',
	$$ SELECT u.id, (SELECT count(*) FROM blog_article a JOIN blog_comment c ON c.article_id = a.id WHERE a.author_id = u.id) c, (SELECT count(DISTINCT tag_id) FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id WHERE a.author_id = u.id) g,
		(SELECT max(name) FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id JOIN blog_tag t ON t.id = j.tag_id WHERE author_id = u.id) m,
		(SELECT count(*) FROM auth_user s JOIN blog_article a ON a.author_id = s.id WHERE s.manager_id = u.id) below FROM auth_user u ORDER BY u.id $$);
-- through a relation to one first
SELECT checked('{"model": "blog_comment", "only": ["id"], "annotate": {"n": {"Count": "article__tags"}, "others": {"Count": "article__comments", "filter": {"article__comments__author": {"F": "author"}}}}, "order_by": ["id"]}',
	$$ SELECT id, (SELECT count(*) FROM blog_article_tags j WHERE j.article_id = c.article_id) n, (SELECT count(*) FROM blog_comment o WHERE o.article_id = c.article_id AND o.author_id = c.author_id) others FROM blog_comment c ORDER BY id $$);
-- with a condition on the relation, on the object, on another relation
SELECT checked('{"model": "blog_article", "only": ["id"], "annotate": {"named": {"Count": "comments", "filter": {"comments__author__isnull": false}}, "bob": {"Count": "comments", "filter": {"comments__author__username": "bob"}}, "mine": {"Count": "comments", "filter": {"rating": 5}}, "long": {"Count": "comments", "filter": {"comments__text__length__gt": {"F": "title__length"}}}}, "order_by": ["id"]}',
	$$ SELECT a.id, count(c.author_id) named, count(*) FILTER (WHERE c.author_id = 2) bob, count(c.id) FILTER (WHERE rating = 5) mine, count(c.id) FILTER (WHERE length(c.text) > length(title)) AS long
		FROM blog_article a LEFT JOIN blog_comment c ON c.article_id = a.id GROUP BY a.id ORDER BY a.id $$);
-- expressions in them and of them
SELECT checked('{"model": "auth_user", "only": ["id"], "annotate": {"x": {"Sum": {"Mul": ["articles__rating", 2]}}, "y": {"Add": [{"Count": "articles"}, {"Count": "edited"}]}, "z": {"Coalesce": [{"Max": "articles__rating"}, 0]}}, "order_by": ["id"]}',
	$$ SELECT u.id, sum(rating * 2) x, count(a.id) + (SELECT count(*) FROM blog_article WHERE editor_id = u.id) y, coalesce(max(rating), 0) z FROM auth_user u LEFT JOIN blog_article a ON a.author_id = u.id GROUP BY u.id ORDER BY u.id $$);
-- filtered and ordered by, counted, behind another
SELECT checked('{"model": "auth_user", "annotate": {"n": {"Count": "articles"}}, "filter": {"n__gte": 3}, "order_by": ["-n", "id"], "values": ["username", "n"]}', 'SELECT username, count(*) n FROM auth_user u JOIN blog_article a ON author_id = u.id GROUP BY u.id HAVING count(*) >= 3 ORDER BY n DESC, u.id');
SELECT checked('{"model": "auth_user", "alias": {"n": {"Count": "articles"}}, "annotate": {"twice": {"Mul": ["n", 2]}}, "exclude": {"n": 0}, "values": ["id", "twice"], "order_by": ["id"]}', 'SELECT u.id, count(*) * 2 twice FROM auth_user u JOIN blog_article a ON author_id = u.id GROUP BY u.id ORDER BY u.id');
SELECT bolt.count('{"model": "auth_user", "annotate": {"n": {"Count": "articles"}}, "filter": {"n__gt": 3}}'), bolt.exists('{"model": "auth_user", "annotate": {"n": {"Count": "articles"}}, "filter": {"n": 99}}'), bolt.first('{"model": "auth_user", "only": ["username"], "annotate": {"n": {"Count": "articles"}}, "order_by": ["-n"]}'),
	bolt.count('{"model": "auth_user", "alias": {"n": {"Count": "articles"}, "m": {"Count": "comments"}}, "filter": {"n__gt": {"F": "m"}}}');
-- in order_by alone
SELECT checked('{"model": "blog_tag", "order_by": [{"expr": {"Count": "article"}, "desc": true}, "id"], "values_list": ["name"], "flat": true}', 'SELECT name AS value FROM blog_tag t ORDER BY (SELECT count(*) FROM blog_article_tags WHERE tag_id = t.id) DESC, id');
-- in a filter's value
SELECT checked('{"model": "auth_user", "alias": {"n": {"Count": "articles"}}, "filter": {"id__lt": {"F": "n"}}, "values_list": ["id"], "flat": true, "order_by": ["id"]}', 'SELECT id AS value FROM auth_user u WHERE id < (SELECT count(*) FROM blog_article WHERE author_id = u.id) ORDER BY id');
-- a filter before them on the same relation limits what they see, one on another does not
SELECT checked('{"model": "auth_user", "filter": {"articles__rating__gte": 4}, "annotate": {"n": {"Count": "articles"}, "c": {"Count": "comments"}}, "values": ["id", "n", "c"], "order_by": ["id"]}',
	$$ SELECT u.id, count(*) n, (SELECT count(*) FROM blog_comment WHERE author_id = u.id) c FROM auth_user u JOIN blog_article a ON author_id = u.id AND rating >= 4 GROUP BY u.id ORDER BY u.id $$);
SELECT checked('{"model": "blog_article", "filter": {"tags__name__in": ["sql", "c"]}, "annotate": {"n": {"Count": "tags"}}, "values": ["id", "n"], "order_by": ["id"]}', 'SELECT article_id AS id, count(*) n FROM blog_article_tags WHERE tag_id IN (1, 3) GROUP BY 1 ORDER BY 1');
SELECT checked('{"model": "blog_article", "filter": {"tags__name": "sql"}, "annotate": {"n": {"Count": "comments"}}, "values": ["id", "n"], "order_by": ["id"]}', 'SELECT a.id, (SELECT count(*) FROM blog_comment WHERE article_id = a.id) n FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id AND tag_id = 1 ORDER BY a.id');
-- within a prefetch, with select_related, on a page
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "limit": 2, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"], "annotate": {"n": {"Count": "comments"}}, "order_by": ["-n", "id"], "limit": 2}}]}');
SELECT bolt.fetch('{"model": "blog_article", "select_related": ["author"], "only": ["title", "author__username"], "annotate": {"n": {"Count": "tags"}}, "filter": {"n": 3}}');
SELECT bolt.page('{"model": "blog_tag", "annotate": {"n": {"Count": "article"}}, "order_by": ["-n", "id"]}', 2, 2);
-- an index is not needed, and rows are not multiplied
SELECT bolt.count('{"model": "blog_article", "annotate": {"c": {"Count": "comments"}, "t": {"Count": "tags"}}}'), json_array_length(bolt.fetch_json('{"model": "blog_article", "annotate": {"c": {"Count": "comments"}, "t": {"Count": "tags"}}}'));
-- an aggregate of the object's own columns is of that one row
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Count": "rating"}, "s": {"Sum": "rating"}, "a": {"Count": "*"}, "u": {"Max": "author__username"}}, "values": ["id", "n", "s", "a", "u"], "filter": {"id__in": [1, 3]}, "order_by": ["id"]}',
	$$ SELECT a.id, count(rating) n, sum(rating) s, count(*) a, max(username) u FROM blog_article a JOIN auth_user u ON u.id = author_id WHERE a.id IN (1, 3) GROUP BY a.id ORDER BY a.id $$);
-- an order through a relation to many gives aggregate() no more rows
SELECT aggregated('{"model": "blog_article", "distinct": true, "order_by": ["comments__id"]}', '{"n": {"Count": "*"}, "s": {"Sum": "rating"}}', 'SELECT count(*) n, sum(rating) s FROM blog_article');
-- keys of several columns
CREATE TABLE place (country text, code int, name text, PRIMARY KEY (country, code));
CREATE TABLE visit (id int PRIMARY KEY, place_country text, place_code int, days int, FOREIGN KEY (place_country, place_code) REFERENCES place);
SELECT bolt.register_relation('visit', '{place_country,place_code}', 'place');
INSERT INTO place VALUES ('fr', 1, 'Paris'), ('it', 1, 'Rome'), ('it', 2, 'Milan');
INSERT INTO visit VALUES (1, 'it', 1, 2), (2, 'fr', 1, 3), (3, 'it', NULL, 4), (4, 'it', 1, 5);
SELECT checked('{"model": "place", "annotate": {"d": {"Sum": "visit__days", "default": 0}}, "values": ["name", "d"], "order_by": ["name"]}', 'SELECT name, coalesce(sum(days), 0) d FROM place p LEFT JOIN visit v ON (place_country, place_code) = (country, code) GROUP BY country, code ORDER BY name');
SELECT aggregated('{"model": "place"}', '{"n": {"Count": "*"}}', 'SELECT 3 n'), aggregated('{"model": "visit"}', '{"n": {"Count": "place__name"}}', 'SELECT 3 n');

--
-- What is refused
--
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"F": "rating"}}') $$);
SELECT refused('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Sum": "nothing"}}') $$);
SELECT message_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '[]') $$);
SELECT message_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": "rating"}') $$);
SELECT message_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Window": {"Sum": "rating"}}}') $$);
SELECT message_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Sum": {"Max": "rating"}}}') $$);
SELECT message_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Count": "*"}, "m": {"Sum": "n"}}') $$);
-- one may name those before it, as in Django, but not aggregate them
SELECT aggregated('{"model": "blog_article"}', '{"total": {"Sum": "rating"}, "n": {"Count": "rating"}, "mean": {"Div": ["total", "n"]}}', 'SELECT 27 total, 8 n, 3 mean');
SELECT sqlstate_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Sum": "title"}}') $$), sqlstate_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"BoolAnd": "id"}}') $$);
-- privileges are the caller's, of every table that an aggregate reads
CREATE ROLE regress_bolt_aggregates;
GRANT USAGE ON SCHEMA aggregates_test TO regress_bolt_aggregates;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aggregates_test TO regress_bolt_aggregates;
GRANT SELECT ON blog_article TO regress_bolt_aggregates;
SET ROLE regress_bolt_aggregates;
SELECT bolt.aggregate('{"model": "blog_article"}', '{"n": {"Count": "*"}}'), sqlstate_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Count": "comments"}}') $$), sqlstate_of('{"model": "blog_article", "annotate": {"n": {"Count": "tags__name"}}}');
RESET ROLE;

DROP SCHEMA aggregates_test CASCADE;
DROP ROLE regress_bolt_aggregates;
