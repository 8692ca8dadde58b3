-- select_related: objects at the far end of to-one relations, in the place of a second query.
CREATE SCHEMA select_related_test;
SET search_path = select_related_test;
\i sql/fixture/blog.sql

-- the object stands behind the columns, and the foreign key's column stays beside it
SELECT checked('{"model": "blog_article", "select_related": ["author"], "filter": {"id": 1}}',
	$$ SELECT a.*, to_jsonb(u) AS author FROM blog_article a JOIN auth_user u ON u.id = a.author_id WHERE a.id = 1 $$);

-- null where the foreign key is
SELECT checked('{"model": "blog_article", "select_related": ["editor"], "only": ["editor"], "order_by": ["id"]}',
	$$ SELECT a.id, a.editor_id, to_jsonb(u) AS editor
		FROM blog_article a LEFT JOIN auth_user u ON u.id = a.editor_id ORDER BY a.id $$);

-- a path fetches every object on its way; backwards along a one-to-one relation, too
SELECT checked('{"model": "blog_article", "select_related": ["author__profile__city"], "filter": {"id__in": [4, 6]}, "order_by": ["id"]}',
	$$ SELECT a.*, (SELECT to_jsonb(u) || jsonb_build_object('profile',
			(SELECT to_jsonb(p) || jsonb_build_object('city', (SELECT to_jsonb(c) FROM geo_city c WHERE c.id = p.city_id))
				FROM auth_profile p WHERE p.user_id = u.id))
			FROM auth_user u WHERE u.id = a.author_id) AS author
		FROM blog_article a WHERE id IN (4, 6) ORDER BY id $$);

-- a reverse one-to-one relation without an object
SELECT checked('{"model": "auth_user", "select_related": ["profile"], "filter": {"id__gte": 3}, "order_by": ["id"]}',
	$$ SELECT u.*, to_jsonb(p) AS profile FROM auth_user u LEFT JOIN auth_profile p ON p.user_id = u.id WHERE u.id >= 3 ORDER BY u.id $$);

-- nothing below an object that is null
SELECT checked('{"model": "blog_article", "select_related": ["editor__profile__city"], "filter": {"id__in": [2]}}',
	$$ SELECT a.*, NULL AS editor FROM blog_article a WHERE id = 2 $$);

-- the same table in several places, and paths with a common beginning
SELECT checked('{"model": "blog_comment", "select_related": ["author", "article__author", "article__editor", "parent__author"], "filter": {"id": 2}}',
	$$ SELECT c.*, to_jsonb(u) AS author,
			to_jsonb(a) || jsonb_build_object('author', to_jsonb(au), 'editor', to_jsonb(ed)) AS article,
			to_jsonb(p) || jsonb_build_object('author', to_jsonb(pu)) AS parent
		FROM blog_comment c JOIN auth_user u ON u.id = c.author_id
		JOIN blog_article a ON a.id = c.article_id JOIN auth_user au ON au.id = a.author_id JOIN auth_user ed ON ed.id = a.editor_id
		JOIN blog_comment p ON p.id = c.parent_id JOIN auth_user pu ON pu.id = p.author_id
		WHERE c.id = 2 $$);

-- a self relation, three times
SELECT checked('{"model": "blog_comment", "select_related": ["parent__parent__parent"], "filter": {"id": 8}}',
	$$ SELECT c.*, to_jsonb(p) || jsonb_build_object('parent', to_jsonb(q) || '{"parent": null}') AS parent
		FROM blog_comment c JOIN blog_comment p ON p.id = c.parent_id JOIN blog_comment q ON q.id = p.parent_id WHERE c.id = 8 $$);

-- there and back again
SELECT checked('{"model": "auth_user", "select_related": ["profile__user__profile"], "filter": {"id": 2}}',
	$$ SELECT u.*, to_jsonb(p) || jsonb_build_object('user', to_jsonb(u) || jsonb_build_object('profile', to_jsonb(p))) AS profile
		FROM auth_user u JOIN auth_profile p ON p.user_id = u.id WHERE u.id = 2 $$);

-- naming a path twice is naming it once
SELECT same('{"model": "blog_article", "select_related": ["author", "author", "author__profile"], "filter": {"id": 1}}',
	$$ SELECT value FROM bolt.fetch('{"model": "blog_article", "select_related": ["author__profile"], "filter": {"id": 1}}') AS value $$);

-- it joins nothing: rows are neither lost nor multiplied, and filters by the same relation are apart
SELECT same('{"model": "blog_article", "select_related": ["editor"], "filter": {"editor__username": "bob"}, "order_by": ["editor__username", "id"]}',
	$$ SELECT a.*, to_jsonb(u) AS editor FROM blog_article a JOIN auth_user u ON u.id = a.editor_id WHERE u.username = 'bob' ORDER BY a.id $$);

-- true follows every relation whose columns are not null, and theirs
SELECT checked('{"model": "blog_article_tags", "select_related": true, "filter": {"id": 1}}',
	$$ SELECT t.*, to_jsonb(a) || jsonb_build_object('author', to_jsonb(u)) AS article, to_jsonb(g) AS tag
		FROM blog_article_tags t JOIN blog_article a ON a.id = t.article_id JOIN auth_user u ON u.id = a.author_id
		JOIN blog_tag g ON g.id = t.tag_id WHERE t.id = 1 $$);

-- false and an empty array follow none
SELECT checked('{"model": "blog_article", "select_related": false, "filter": {"id": 1}}', 'SELECT * FROM blog_article WHERE id = 1');
SELECT checked('{"model": "blog_article", "select_related": [], "filter": {"id": 1}}', 'SELECT * FROM blog_article WHERE id = 1');

-- in a slice and in an order
SELECT same('{"model": "blog_article", "select_related": ["author__manager"], "order_by": ["-author__username", "id"], "limit": 4, "offset": 1}',
	$$ SELECT a.*, to_jsonb(u) || jsonb_build_object('manager', to_jsonb(m)) AS author
		FROM blog_article a JOIN auth_user u ON u.id = a.author_id LEFT JOIN auth_user m ON m.id = u.manager_id
		ORDER BY u.username DESC, a.id LIMIT 4 OFFSET 1 $$);

-- to-many relations, columns and unknown names are refused with the choices
SELECT refused('{"model": "blog_article", "select_related": ["comments"]}');
SELECT refused('{"model": "blog_article", "select_related": ["tags"]}');
SELECT refused('{"model": "blog_article", "select_related": ["title"]}');
SELECT refused('{"model": "blog_article", "select_related": ["author_id"]}');
SELECT refused('{"model": "blog_article", "select_related": ["author__nobody"]}');
SELECT refused('{"model": "blog_article", "select_related": ["author__username"]}');
SELECT refused('{"model": "blog_article", "select_related": [""]}');
SELECT refused('{"model": "blog_article", "select_related": ["author__"]}');
SELECT refused('{"model": "blog_article", "select_related": ["__author"]}');

-- a relation whose column is not loaded cannot be followed
SELECT refused('{"model": "blog_article", "select_related": ["editor"], "only": ["title"]}');
SELECT refused('{"model": "blog_article", "select_related": ["editor"], "defer": ["editor"]}');

-- chunks of one: every object is found again
SET bolt_orm.chunk_size = 1;
SELECT same('{"model": "blog_article", "select_related": ["author", "editor__profile"], "order_by": ["id"]}',
	$$ SELECT a.*, to_jsonb(u) AS author,
			to_jsonb(e) || jsonb_build_object('profile', to_jsonb(p)) AS editor
		FROM blog_article a JOIN auth_user u ON u.id = a.author_id
		LEFT JOIN auth_user e ON e.id = a.editor_id LEFT JOIN auth_profile p ON p.user_id = e.id ORDER BY a.id $$);
RESET bolt_orm.chunk_size;

-- relations of several columns; all of them are needed
CREATE TABLE place (country text, code int, name text, PRIMARY KEY (country, code));
CREATE TABLE visit (id int PRIMARY KEY, place_country text, place_code int, FOREIGN KEY (place_country, place_code) REFERENCES place);
INSERT INTO place VALUES ('fr', 1, 'Paris'), ('it', 1, 'Rome'), ('it', 2, 'Milan');
INSERT INTO visit VALUES (1, 'it', 1), (2, 'fr', 1), (3, 'it', NULL), (4, NULL, 1), (5, NULL, NULL), (6, 'it', 1);
SELECT bolt.register_relation('visit', '{place_country,place_code}', 'place');
SELECT checked('{"model": "visit", "select_related": ["place"], "order_by": ["id"]}',
	$$ SELECT v.*, to_jsonb(p) AS place FROM visit v LEFT JOIN place p ON (p.country, p.code) = (v.place_country, v.place_code) ORDER BY v.id $$);

DROP SCHEMA select_related_test CASCADE;
