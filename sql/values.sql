-- values and values_list: rows of named columns in the place of objects.
CREATE SCHEMA values_test;
SET search_path = values_test;
\i sql/fixture/blog.sql

-- members in the order in which they are listed
SELECT bolt.fetch('{"model": "blog_article", "values": ["title", "id"], "order_by": ["id"], "limit": 2}');
SELECT bolt.fetch('{"model": "blog_article", "values": ["id", "title"], "order_by": ["id"], "limit": 2}');
SELECT bolt.fetch('{"model": "blog_article", "values_list": ["title", "id"], "order_by": ["id"], "limit": 2}');
-- bare values
SELECT bolt.fetch('{"model": "blog_article", "values_list": ["title"], "flat": true, "order_by": ["id"], "limit": 2}');
SELECT bolt.fetch_json('{"model": "blog_article", "values_list": ["rating"], "flat": true, "order_by": ["id"], "limit": 3}');
SELECT bolt.fetch_json('{"model": "blog_article", "values_list": ["rating"], "flat": false, "order_by": ["id"], "limit": 3}');
-- only the key: values that are null and rows that are not there differ
SELECT bolt.fetch_json('{"model": "blog_article", "values_list": ["rating"], "flat": true, "none": true}');

-- an empty array means all columns, in table order
SELECT bolt.fetch('{"model": "blog_article", "values": [], "filter": {"id": 1}}')::text = (SELECT row_to_json(a)::text FROM blog_article a WHERE id = 1);
SELECT bolt.fetch('{"model": "blog_article", "values_list": [], "filter": {"id": 1}}');
-- flat takes the first of them, as in Django
SELECT bolt.fetch('{"model": "blog_article", "values_list": [], "flat": true, "filter": {"id": 1}}');

-- paths, whose names stay as they were written
SELECT checked('{"model": "blog_article", "values": ["id", "author__username", "author__profile__city__name", "editor__email"], "order_by": ["id"], "limit": 5}',
	$$ SELECT a.id, u.username AS author__username, c.name AS author__profile__city__name, e.email AS editor__email
		FROM blog_article a JOIN auth_user u ON u.id = author_id LEFT JOIN auth_profile p ON p.user_id = u.id LEFT JOIN geo_city c ON c.id = p.city_id
		LEFT JOIN auth_user e ON e.id = editor_id ORDER BY a.id LIMIT 5 $$);

-- pk, foreign keys by relation and by column
SELECT bolt.fetch('{"model": "blog_article", "values": ["pk", "id", "author", "author_id", "author__id", "author__pk", "editor"], "filter": {"id": 2}}');
SELECT bolt.fetch('{"model": "blog_article", "values_list": ["pk", "author", "editor"], "filter": {"id": 2}}');
-- back along a one-to-one relation: its object's key
SELECT checked('{"model": "auth_user", "values": ["username", "profile", "profile__city"], "order_by": ["id"]}',
	'SELECT username, p.id AS profile, p.city_id AS profile__city FROM auth_user u LEFT JOIN auth_profile p ON p.user_id = u.id ORDER BY u.id');

-- through to-many relations: a row an object, and one with nulls where there is none
SELECT checked('{"model": "blog_article", "values": ["id", "comments__text", "comments__author__username"], "filter": {"id__in": [3, 4]}, "order_by": ["id", "comments__id"]}',
	$$ SELECT a.id, c.text AS comments__text, u.username AS comments__author__username FROM blog_article a LEFT JOIN blog_comment c ON c.article_id = a.id
		LEFT JOIN auth_user u ON u.id = c.author_id WHERE a.id IN (3, 4) ORDER BY a.id, c.id $$);
SELECT checked('{"model": "blog_article", "values_list": ["id", "tags__name"], "filter": {"author": 1}, "order_by": ["id", "tags__id"]}',
	$$ SELECT jsonb_build_array(a.id, t.name) AS value FROM blog_article a LEFT JOIN blog_article_tags j ON j.article_id = a.id LEFT JOIN blog_tag t ON t.id = j.tag_id
		WHERE author_id = 1 ORDER BY a.id, t.id $$);
SELECT checked('{"model": "blog_article", "values_list": ["tags"], "flat": true, "filter": {"id": 6}, "order_by": ["tags"]}', 'SELECT generate_series(1, 3) AS value');
-- the same ones that a filter has met
SELECT checked('{"model": "blog_article", "values": ["id", "tags__name"], "filter": {"tags__name": "sql"}, "order_by": ["id"]}',
	$$ SELECT a.id, 'sql' AS tags__name FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id AND j.tag_id = 1 ORDER BY a.id $$);

-- a name given twice: once as a member, twice in a list
SELECT bolt.fetch('{"model": "blog_article", "values": ["id", "title", "id"], "filter": {"id": 1}}');
SELECT bolt.fetch('{"model": "blog_article", "values_list": ["id", "title", "id"], "filter": {"id": 1}}');

-- select_related says nothing here, only and defer neither
SELECT bolt.fetch('{"model": "blog_article", "values": ["title"], "select_related": ["author"], "filter": {"id": 1}}');

-- a key of several columns
CREATE TABLE place (country text, code int, name text, PRIMARY KEY (country, code));
CREATE TABLE visit (id int PRIMARY KEY, place_country text, place_code int, FOREIGN KEY (place_country, place_code) REFERENCES place);
INSERT INTO place VALUES ('fr', 1, 'Paris'), ('it', 1, 'Rome');
INSERT INTO visit VALUES (1, 'it', 1), (2, NULL, NULL);
SELECT bolt.register_relation('visit', '{place_country,place_code}', 'place');
SELECT bolt.fetch('{"model": "place", "values": ["pk", "name"], "order_by": ["pk"]}');
SELECT bolt.fetch('{"model": "place", "values_list": ["pk"], "flat": true, "order_by": ["-pk"]}');
SELECT bolt.fetch('{"model": "visit", "values": ["id", "place__name"], "order_by": ["id"]}');

-- in the functions that return one
SELECT bolt.get('{"model": "blog_article", "values": ["title"]}', '{"id": 1}'), bolt.first('{"model": "blog_article", "values_list": ["title", "id"], "order_by": ["-id"]}'),
	bolt.last('{"model": "blog_article", "values_list": ["title"], "flat": true}');
SELECT bolt.count('{"model": "blog_article", "values": ["author"]}'), bolt.count('{"model": "blog_article", "values": ["author"], "distinct": true}'),
	bolt.count('{"model": "blog_article", "values": ["comments__id"]}');

-- what is refused
SELECT refused('{"model": "blog_article", "values": ["nothing"]}');
SELECT refused('{"model": "blog_article", "values": ["author__nothing"]}');
SELECT refused('{"model": "blog_article", "values": ["title__nothing"]}');
SELECT refused('{"model": "blog_article", "values": "title"}');
SELECT refused('{"model": "blog_article", "values": [1]}');
SELECT refused('{"model": "blog_article", "values": ["id"], "values_list": ["id"]}');
SELECT refused('{"model": "blog_article", "values_list": ["id", "title"], "flat": true}');
SELECT refused('{"model": "blog_article", "values": ["id"], "flat": true}');
SELECT refused('{"model": "blog_article", "flat": true}');
SELECT refused('{"model": "blog_article", "values_list": ["id"], "flat": "yes"}');
SELECT refused('{"model": "blog_article", "values": ["id"], "prefetch_related": ["tags"]}');

DROP SCHEMA values_test CASCADE;
