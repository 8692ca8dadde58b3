-- order_by: fields, paths, relations, nulls, reversal, chance, registered orderings.
CREATE SCHEMA order_by_test;
SET search_path = order_by_test;
\i sql/fixture/blog.sql

-- The ids in the order of a document's remaining keys, against SQL's ORDER BY.
CREATE FUNCTION ordered(keys text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
	wanted text;
BEGIN
	SELECT string_agg(o::text, ' ' ORDER BY n) INTO got
		FROM bolt.fetch(format('{"model": "blog_article", "values_list": ["id"], "flat": true, %s}', keys)::json) WITH ORDINALITY f(o, n);
	EXECUTE format('SELECT string_agg(id::text, %L ORDER BY n) FROM (SELECT a.id, row_number() OVER (%s) AS n FROM blog_article a
		LEFT JOIN auth_user u ON u.id = a.author_id LEFT JOIN auth_user e ON e.id = a.editor_id LEFT JOIN auth_profile p ON p.user_id = u.id) q', ' ', query) INTO wanted;
	RETURN coalesce(got, 'none') || CASE WHEN got IS DISTINCT FROM wanted THEN ' DIFFERS FROM ' || coalesce(wanted, 'none') ELSE '' END;
END $$;

SELECT ordered('"order_by": ["title"]', 'ORDER BY title');
SELECT ordered('"order_by": ["-title"]', 'ORDER BY title DESC');
SELECT ordered('"order_by": ["author", "-published", "id"]', 'ORDER BY author_id, published DESC, a.id');
SELECT ordered('"order_by": ["-pk"]', 'ORDER BY a.id DESC');

-- nulls stand where PostgreSQL puts them, unless said otherwise
SELECT ordered('"order_by": ["rating", "id"]', 'ORDER BY rating, a.id');
SELECT ordered('"order_by": ["-rating", "id"]', 'ORDER BY rating DESC, a.id');
SELECT ordered('"order_by": [{"expr": "rating", "nulls": "first"}, "id"]', 'ORDER BY rating NULLS FIRST, a.id');
SELECT ordered('"order_by": [{"expr": "rating", "nulls": "last"}, "id"]', 'ORDER BY rating NULLS LAST, a.id');
SELECT ordered('"order_by": [{"expr": "rating", "desc": true, "nulls": "last"}, "id"]', 'ORDER BY rating DESC NULLS LAST, a.id');
SELECT ordered('"order_by": [{"expr": {"F": "rating"}, "desc": true}, {"expr": "id", "desc": false}]', 'ORDER BY rating DESC, a.id');

-- paths
SELECT ordered('"order_by": ["author__username", "id"]', 'ORDER BY u.username, a.id');
SELECT ordered('"order_by": ["-editor__username", "-id"]', 'ORDER BY e.username DESC, a.id DESC');
SELECT ordered('"order_by": ["author__profile__city", "id"]', 'ORDER BY p.city_id, a.id');
SELECT ordered('"order_by": ["author__profile__bio", {"expr": "editor__email", "nulls": "first"}, "id"]', 'ORDER BY p.bio, e.email NULLS FIRST, a.id');
-- the foreign key's column takes no join
SELECT ordered('"order_by": ["-author_id", "id"]', 'ORDER BY author_id DESC, a.id');
SELECT ordered('"order_by": ["author__id", "id"]', 'ORDER BY author_id, a.id');
SELECT count(*) AS joins FROM bolt.sql('{"model": "blog_article", "order_by": ["author", "author__id", "author_id", "editor__pk"]}') s WHERE s LIKE '%JOIN%';

-- no order at all is no error
SELECT count(*) FROM bolt.fetch('{"model": "blog_article", "order_by": []}');

-- the other way round: every part, nulls included
SELECT ordered('"order_by": ["author", "-id"], "reverse": true', 'ORDER BY author_id DESC, a.id');
SELECT ordered('"order_by": [{"expr": "rating", "nulls": "first"}, "id"], "reverse": true', 'ORDER BY rating DESC NULLS LAST, a.id DESC');
SELECT ordered('"order_by": [{"expr": "rating", "desc": true, "nulls": "last"}, "id"], "reverse": true', 'ORDER BY rating NULLS FIRST, a.id DESC');
SELECT ordered('"order_by": ["rating", "id"], "reverse": true', 'ORDER BY rating DESC, a.id DESC');
SELECT ordered('"order_by": ["id"], "reverse": false', 'ORDER BY a.id');
SELECT bolt.fetch_json('{"model": "blog_article", "order_by": ["id"], "reverse": true, "limit": 3, "values_list": ["id"], "flat": true}');

-- by chance: all of them; alone, within another order, and in a slice
SELECT filtered('{}', 'true') = (SELECT string_agg(o::text, ' ' ORDER BY o::text::int) FROM bolt.fetch('{"model": "blog_article", "order_by": ["?"], "values_list": ["id"], "flat": true}') o);
SELECT count(DISTINCT bolt.fetch_json(d::json)::text) > 1 AS "differs"
	FROM generate_series(1, 20), (VALUES ('{"model": "blog_article", "order_by": ["?"], "values_list": ["id"], "flat": true}')) v(d);
SELECT array_agg(o->>1 ORDER BY n) FROM bolt.fetch('{"model": "blog_article", "order_by": ["author", "?"], "values_list": ["id", "author"]}') WITH ORDINALITY f(o, n);
SELECT count(*) FROM bolt.fetch('{"model": "blog_article", "order_by": ["?"], "limit": 3}');

-- naming a field twice does no harm
SELECT ordered('"order_by": ["author", "-author", "id", "id"]', 'ORDER BY author_id, a.id');

--
-- Registered orderings, as Meta.ordering
--
SELECT bolt.register_model('blog_article', ordering => '{-rating,title}');
SELECT ordered('"none": false', 'ORDER BY rating DESC, title');
SELECT ordered('"reverse": true', 'ORDER BY rating, title DESC');
-- order_by takes its place; an empty one takes it away
SELECT ordered('"order_by": ["id"]', 'ORDER BY a.id');
SELECT bolt.sql('{"model": "blog_article", "order_by": [], "only": ["id"]}') LIKE '%ORDER BY%' AS ordered;

-- a relation stands for its model's ordering, by the column for the column
SELECT bolt.register_model('auth_user', ordering => '{-username}');
SELECT ordered('"order_by": ["author", "id"]', 'ORDER BY u.username DESC, a.id');
SELECT ordered('"order_by": ["-author", "id"]', 'ORDER BY u.username, a.id');
SELECT ordered('"order_by": ["editor", "id"]', 'ORDER BY e.username DESC, a.id');
SELECT ordered('"order_by": ["author_id", "id"]', 'ORDER BY author_id, a.id');
SELECT ordered('"order_by": ["author__pk", "id"]', 'ORDER BY author_id, a.id');
SELECT ordered('"order_by": ["author", "-id"], "reverse": true', 'ORDER BY u.username, a.id');
-- through further relations; nothing that leads back to itself
SELECT bolt.register_model('auth_user', ordering => '{manager__id,profile__bio}');
SELECT ordered('"order_by": ["author", "id"]', 'ORDER BY u.manager_id, p.bio, a.id');
SELECT bolt.register_model('auth_user', ordering => '{manager}');
SELECT refused('{"model": "blog_article", "order_by": ["author"]}');
SELECT refused('{"model": "auth_user"}');
SELECT bolt.unregister('auth_user');
SELECT bolt.unregister('blog_article');

-- a column and its relation of one name: no ordering registered, the column
CREATE TABLE note (id int PRIMARY KEY, author int REFERENCES auth_user);
INSERT INTO note VALUES (1, 2), (2, 1), (3, NULL);
SELECT bolt.fetch_json('{"model": "note", "order_by": ["-author"], "values_list": ["id"], "flat": true}');

-- what is refused
SELECT refused('{"model": "blog_article", "order_by": ["nothing"]}');
SELECT refused('{"model": "blog_article", "order_by": ["author__nothing"]}');
SELECT refused('{"model": "blog_article", "order_by": ["title__contains"]}');
SELECT refused('{"model": "blog_article", "order_by": [""]}');
SELECT refused('{"model": "blog_article", "order_by": ["-"]}');
SELECT refused('{"model": "blog_article", "order_by": ["--title"]}');
SELECT refused('{"model": "blog_article", "order_by": "title"}');
SELECT refused('{"model": "blog_article", "order_by": [1]}');
SELECT refused('{"model": "blog_article", "order_by": [null]}');
SELECT refused('{"model": "blog_article", "order_by": [{}]}');
SELECT refused('{"model": "blog_article", "order_by": [{"expr": 1}]}');
SELECT refused('{"model": "blog_article", "order_by": [{"expr": "id", "nulls": "middle"}]}');
SELECT refused('{"model": "blog_article", "order_by": [{"expr": "id", "desc": "yes"}]}');
SELECT refused('{"model": "blog_article", "order_by": [{"expr": "id", "asc": true}]}');
SELECT refused('{"model": "blog_article", "order_by": ["id"], "reverse": 1}');

DROP SCHEMA order_by_test CASCADE;
