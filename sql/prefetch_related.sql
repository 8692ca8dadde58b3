-- prefetch_related: arrays of what to-many relations lead to, and objects of to-one ones.
CREATE SCHEMA prefetch_related_test;
SET search_path = prefetch_related_test;
\i sql/fixture/blog.sql

-- the objects of a to-many relation as an array, empty where there are none
SELECT checked('{"model": "blog_article", "only": ["title"], "prefetch_related": [{"lookup": "comments", "queryset": {"order_by": ["id"]}}],
		"filter": {"id__lte": 3}, "order_by": ["id"]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(c ORDER BY id), '[]') FROM blog_comment c WHERE article_id = a.id) AS comments
		FROM blog_article a WHERE id <= 3 ORDER BY id $$);

-- without an order of its own
SELECT same('{"model": "blog_article", "prefetch_related": ["comments"], "filter": {"id__in": [2, 6]}, "order_by": ["id"]}',
	$$ SELECT a.*, (SELECT jsonb_agg(c) FROM blog_comment c WHERE article_id = a.id) AS comments
		FROM blog_article a WHERE id IN (2, 6) ORDER BY id $$);

-- through a many-to-many relation, from either side; objects of several parents are in each of them
SELECT checked('{"model": "blog_article", "only": ["title"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["-name"]}}], "order_by": ["id"]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(t ORDER BY name DESC), '[]')
			FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = a.id) AS tags
		FROM blog_article a ORDER BY id $$);
SELECT checked('{"model": "blog_tag", "prefetch_related": [{"lookup": "article", "queryset": {"only": ["title"], "order_by": ["title"]}}], "order_by": ["id"]}',
	$$ SELECT t.*, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'title', title) ORDER BY title), '[]')
			FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id WHERE j.tag_id = t.id) AS article
		FROM blog_tag t ORDER BY id $$);

-- to-one relations, forward and back: an object or null, each in every parent that has it
SELECT checked('{"model": "blog_article", "only": ["editor"], "prefetch_related": ["editor"], "order_by": ["id"], "limit": 4}',
	$$ SELECT a.id, editor_id, to_jsonb(u) AS editor FROM blog_article a LEFT JOIN auth_user u ON u.id = editor_id ORDER BY a.id LIMIT 4 $$);
SELECT checked('{"model": "auth_user", "only": ["username"], "prefetch_related": ["profile"], "order_by": ["id"]}',
	$$ SELECT u.id, username, to_jsonb(p) AS profile FROM auth_user u LEFT JOIN auth_profile p ON user_id = u.id ORDER BY u.id $$);

-- a path fetches every relation on its way
SELECT checked('{"model": "blog_article", "only": ["title"], "prefetch_related": ["comments__author__profile"], "filter": {"id": 2}}',
	$$ SELECT id, title, (SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('author',
			(SELECT to_jsonb(u) || jsonb_build_object('profile', to_jsonb(p)) FROM auth_user u JOIN auth_profile p ON p.user_id = u.id WHERE u.id = c.author_id)))
			FROM blog_comment c WHERE article_id = a.id) AS comments
		FROM blog_article a WHERE id = 2 $$);

-- null foreign keys on the way
SELECT checked('{"model": "blog_comment", "only": ["author"], "prefetch_related": ["author__profile__city"], "filter": {"id__in": [1, 2, 3]}, "order_by": ["id"]}',
	$$ SELECT c.id, author_id, (SELECT to_jsonb(u) || jsonb_build_object('profile', (SELECT to_jsonb(p) || jsonb_build_object('city',
			(SELECT to_jsonb(g) FROM geo_city g WHERE g.id = p.city_id)) FROM auth_profile p WHERE p.user_id = u.id))
			FROM auth_user u WHERE u.id = c.author_id) AS author
		FROM blog_comment c WHERE id <= 3 ORDER BY id $$);

-- to-many below to-many
SELECT checked('{"model": "auth_user", "only": ["username"], "filter": {"id": 2}, "prefetch_related": [
		{"lookup": "articles", "queryset": {"only": ["author"], "order_by": ["id"], "prefetch_related": [
			{"lookup": "tags", "queryset": {"order_by": ["id"]}},
			{"lookup": "comments", "queryset": {"only": ["text"], "order_by": ["-id"]}}]}}]}',
	$$ SELECT id, username, (SELECT jsonb_agg(jsonb_build_object('id', id, 'author_id', author_id,
			'tags', (SELECT coalesce(jsonb_agg(t ORDER BY t.id), '[]') FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = a.id),
			'comments', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'text', text) ORDER BY id DESC), '[]') FROM blog_comment WHERE article_id = a.id))
			ORDER BY id) FROM blog_article a WHERE author_id = u.id) AS articles
		FROM auth_user u WHERE id = 2 $$);

-- a self relation, down and up
SELECT checked('{"model": "auth_user", "only": ["username"], "filter": {"manager": null}, "prefetch_related": [
		{"lookup": "reports", "queryset": {"order_by": ["id"]}}, "reports__reports", "reports__manager"]}',
	$$ SELECT id, username, (SELECT jsonb_agg(to_jsonb(r)
				|| jsonb_build_object('reports', (SELECT coalesce(jsonb_agg(s), '[]') FROM auth_user s WHERE s.manager_id = r.id))
				|| jsonb_build_object('manager', to_jsonb(u)) ORDER BY id)
			FROM auth_user r WHERE manager_id = u.id) AS reports
		FROM auth_user u WHERE manager_id IS NULL $$);

--
-- Querysets of a prefetch
--

-- a filter leaves out objects, never parents
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id__lte": 2}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "comments", "queryset": {"filter": {"author__username": "bob"}, "order_by": ["id"]}}]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(c ORDER BY id), '[]') FROM blog_comment c WHERE article_id = a.id AND author_id = 2) AS comments
		FROM blog_article a WHERE id <= 2 ORDER BY id $$);

-- exclude, and a filter through a to-many relation, which can multiply them
SELECT checked('{"model": "auth_user", "only": ["username"], "filter": {"id__lte": 2}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["author"], "order_by": ["id"], "filter": {"tags__name__in": ["sql", "json"]}, "exclude": {"comments__text": "nice"}}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'author_id', author_id) ORDER BY a.id), '[]')
			FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id JOIN blog_tag t ON t.id = j.tag_id
			WHERE author_id = u.id AND t.name IN ('sql', 'json')
			AND NOT EXISTS (SELECT FROM blog_comment c WHERE c.article_id = a.id AND text = 'nice')) AS articles
		FROM auth_user u WHERE id <= 2 ORDER BY id $$);
SELECT same('{"model": "auth_user", "only": ["username"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["author"], "order_by": ["id"], "distinct": true, "filter": {"tags__name__in": ["sql", "json"]}}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'author_id', author_id) ORDER BY a.id), '[]')
			FROM blog_article a WHERE author_id = u.id AND EXISTS
				(SELECT FROM blog_article_tags j JOIN blog_tag t ON t.id = j.tag_id WHERE j.article_id = a.id AND t.name IN ('sql', 'json'))) AS articles
		FROM auth_user u ORDER BY id $$);

-- to_attr names the member; several of one relation stand side by side, and paths go on through them
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id": 1}, "prefetch_related": [
		{"lookup": "comments", "to_attr": "by_bob", "queryset": {"only": ["author"], "filter": {"author": 2}, "order_by": ["id"]}},
		{"lookup": "comments", "to_attr": "anonymous", "queryset": {"only": ["author"], "filter": {"author": null}}},
		"anonymous__replies",
		{"lookup": "by_bob__author", "to_attr": "writer"}]}',
	$$ SELECT id, title,
			(SELECT jsonb_agg(jsonb_build_object('id', id, 'author_id', author_id, 'writer', (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id)) ORDER BY id)
				FROM blog_comment c WHERE article_id = a.id AND author_id = 2) AS by_bob,
			(SELECT jsonb_agg(jsonb_build_object('id', id, 'author_id', author_id, 'replies', '[]'::jsonb))
				FROM blog_comment c WHERE article_id = a.id AND author_id IS NULL) AS anonymous
		FROM blog_article a WHERE id = 1 $$);

-- the model may be named, if it is the right one
SELECT same('{"model": "blog_article", "filter": {"id": 2}, "prefetch_related": [{"lookup": "comments", "queryset": {"model": "blog.Comment"}}]}',
	$$ SELECT a.*, (SELECT jsonb_agg(c) FROM blog_comment c WHERE article_id = a.id) AS comments FROM blog_article a WHERE id = 2 $$);
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "queryset": {"model": "blog_tag"}}]}');

-- null is no queryset and no to_attr
SELECT same('{"model": "blog_article", "filter": {"id": 2}, "prefetch_related": [{"lookup": "comments", "queryset": null, "to_attr": null}]}',
	$$ SELECT a.*, (SELECT jsonb_agg(c) FROM blog_comment c WHERE article_id = a.id) AS comments FROM blog_article a WHERE id = 2 $$);

-- none
SELECT same('{"model": "blog_article", "filter": {"id": 2}, "prefetch_related": [{"lookup": "comments", "queryset": {"none": true}}, {"lookup": "author", "queryset": {"none": true}}]}',
	$$ SELECT a.*, '[]'::jsonb AS comments, NULL AS author FROM blog_article a WHERE id = 2 $$);

-- a filter can leave a to-one relation without its object
SELECT checked('{"model": "blog_article", "only": ["author"], "filter": {"id__in": [1, 4]}, "order_by": ["id"], "prefetch_related": [{"lookup": "author", "queryset": {"filter": {"username": "ann"}}}]}',
	$$ SELECT id, author_id, (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id AND username = 'ann') AS author FROM blog_article WHERE id IN (1, 4) ORDER BY id $$);

-- only and defer keep the key that the objects are found by, without showing it
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "comments", "queryset": {"only": ["text"]}}]}',
	$$ SELECT id, title, (SELECT jsonb_agg(jsonb_build_object('id', id, 'text', text)) FROM blog_comment WHERE article_id = a.id) AS comments FROM blog_article a WHERE id = 2 $$);
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "author", "queryset": {"defer": ["email", "manager"]}}]}',
	$$ SELECT a.id, title, jsonb_build_object('id', u.id, 'username', username) AS author FROM blog_article a JOIN auth_user u ON u.id = author_id WHERE a.id = 2 $$);

--
-- Slices: so many a parent
--

-- with an index on the foreign key, and without
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id__in": [1, 2, 3, 4]}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "comments", "queryset": {"only": ["text"], "order_by": ["-id"], "limit": 2}}]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(c ORDER BY id DESC), '[]') FROM (SELECT id, text FROM blog_comment WHERE article_id = a.id ORDER BY id DESC LIMIT 2) c) AS comments
		FROM blog_article a WHERE id IN (1, 2, 3, 4) ORDER BY id $$);
SELECT checked('{"model": "auth_user", "only": ["username"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "order_by": ["-title"], "limit": 2, "offset": 1}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(c ORDER BY title DESC), '[]') FROM (SELECT id, title FROM blog_article WHERE author_id = a.id ORDER BY title DESC LIMIT 2 OFFSET 1) c) AS articles
		FROM auth_user a ORDER BY id $$);
DROP INDEX blog_comment_article;
CREATE INDEX blog_article_author ON blog_article (author_id);
SELECT same('{"model": "blog_article", "only": ["title"], "filter": {"id__in": [1, 2, 3, 4]}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "comments", "queryset": {"only": ["text"], "order_by": ["-id"], "limit": 2}}]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(c ORDER BY id DESC), '[]') FROM (SELECT id, text FROM blog_comment WHERE article_id = a.id ORDER BY id DESC LIMIT 2) c) AS comments
		FROM blog_article a WHERE id IN (1, 2, 3, 4) ORDER BY id $$);
SELECT same('{"model": "auth_user", "only": ["username"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "order_by": ["-title"], "limit": 2, "offset": 1}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(c ORDER BY title DESC), '[]') FROM (SELECT id, title FROM blog_article WHERE author_id = a.id ORDER BY title DESC LIMIT 2 OFFSET 1) c) AS articles
		FROM auth_user a ORDER BY id $$);

-- of a many-to-many relation, ordered by the far table, with a filter through a further relation
SELECT checked('{"model": "blog_tag", "order_by": ["id"],
		"prefetch_related": [{"lookup": "article", "queryset": {"only": ["title"], "filter": {"author__username__in": ["ann", "cid"]}, "order_by": ["-id"], "limit": 1}}]}',
	$$ SELECT t.*, (SELECT coalesce(jsonb_agg(c), '[]') FROM (SELECT a.id, title FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id
			WHERE j.tag_id = t.id AND author_id IN (1, 3) ORDER BY a.id DESC LIMIT 1) c) AS article
		FROM blog_tag t ORDER BY id $$);
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id__in": [1, 2, 6]}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["name"], "limit": 1, "offset": 1}}]}',
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(c), '[]') FROM (SELECT t.* FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id
			WHERE j.article_id = a.id ORDER BY name LIMIT 1 OFFSET 1) c) AS tags
		FROM blog_article a WHERE id IN (1, 2, 6) ORDER BY id $$);

-- limit 0, an offset alone, an offset behind the end
SELECT same('{"model": "auth_user", "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"limit": 0}}]}',
	$$ SELECT u.*, '[]'::jsonb AS articles FROM auth_user u ORDER BY id $$);
SELECT same('{"model": "auth_user", "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"order_by": ["id"], "offset": 3}}]}',
	$$ SELECT u.*, (SELECT coalesce(jsonb_agg(a ORDER BY id), '[]') FROM (SELECT * FROM blog_article WHERE author_id = u.id ORDER BY id OFFSET 3) a) AS articles
		FROM auth_user u ORDER BY id $$);
SELECT same('{"model": "auth_user", "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"offset": 100, "limit": 9223372036854775807}}]}',
	$$ SELECT u.*, '[]'::jsonb AS articles FROM auth_user u ORDER BY id $$);

-- reversed, and with orders that nulls are part of
SELECT same('{"model": "auth_user", "only": ["username"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["rating"], "order_by": [{"expr": "rating", "nulls": "first"}, "id"], "reverse": true, "limit": 3}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(c ORDER BY rating DESC NULLS LAST, id DESC), '[]') FROM
			(SELECT id, rating FROM blog_article WHERE author_id = a.id ORDER BY rating DESC NULLS LAST, id DESC LIMIT 3) c) AS articles
		FROM auth_user a ORDER BY id $$);

-- distinct together with a slice
SELECT same('{"model": "auth_user", "only": ["username"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "distinct": true, "filter": {"tags__isnull": false}, "order_by": ["id"], "limit": 1}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(c), '[]') FROM (SELECT id, title FROM blog_article a WHERE author_id = u.id
			AND EXISTS (SELECT FROM blog_article_tags j WHERE j.article_id = a.id) ORDER BY id LIMIT 1) c) AS articles
		FROM auth_user u ORDER BY id $$);
DROP INDEX blog_article_author;
SELECT same('{"model": "auth_user", "only": ["username"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "distinct": true, "filter": {"tags__isnull": false}, "order_by": ["id"], "limit": 1}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(c), '[]') FROM (SELECT id, title FROM blog_article a WHERE author_id = u.id
			AND EXISTS (SELECT FROM blog_article_tags j WHERE j.article_id = a.id) ORDER BY id LIMIT 1) c) AS articles
		FROM auth_user u ORDER BY id $$);

SELECT same('{"model": "blog_tag", "order_by": ["id"],
		"prefetch_related": [{"lookup": "article", "queryset": {"only": ["title"], "distinct": true, "filter": {"comments__isnull": false}, "order_by": ["id"], "limit": 2}}]}',
	$$ SELECT t.*, (SELECT coalesce(jsonb_agg(c), '[]') FROM (SELECT id, title FROM blog_article a
			WHERE EXISTS (SELECT FROM blog_comment c WHERE c.article_id = a.id) AND EXISTS (SELECT FROM blog_article_tags j WHERE (j.article_id, j.tag_id) = (a.id, t.id))
			ORDER BY id LIMIT 2) c) AS article
		FROM blog_tag t ORDER BY id $$);
SELECT same('{"model": "blog_tag", "order_by": ["id"],
		"prefetch_related": [{"lookup": "article", "queryset": {"only": ["title"], "distinct": ["author"], "order_by": ["author__id", "-id"]}}]}',
	$$ SELECT t.*, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'title', title) ORDER BY author_id, id DESC), '[]') FROM
			(SELECT DISTINCT ON (author_id) a.* FROM blog_article a JOIN blog_article_tags j ON j.article_id = a.id AND j.tag_id = t.id
			ORDER BY author_id, a.id DESC) c) AS article
		FROM blog_tag t ORDER BY id $$);

-- each level its own
SELECT checked('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "prefetch_related": [
		{"lookup": "articles", "queryset": {"only": ["title"], "order_by": ["id"], "limit": 2, "prefetch_related": [
			{"lookup": "tags", "queryset": {"order_by": ["-id"], "limit": 1}}]}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object('tags', (SELECT coalesce(jsonb_agg(t), '[]') FROM
				(SELECT t.* FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = c.id ORDER BY t.id DESC LIMIT 1) t)) ORDER BY id), '[]')
			FROM (SELECT id, title FROM blog_article WHERE author_id = u.id ORDER BY id LIMIT 2) c) AS articles
		FROM auth_user u ORDER BY id $$);

--
-- Several lookups
--

-- lookups with a common beginning are one; what a queryset says holds for the paths after it
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id": 4}, "prefetch_related": [
		{"lookup": "comments", "queryset": {"only": ["text"], "order_by": ["-id"]}}, "comments__author", "comments__replies", "comments"]}',
	$$ SELECT id, title, (SELECT jsonb_agg(jsonb_build_object('id', id, 'text', text,
			'author', (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = c.author_id),
			'replies', (SELECT coalesce(jsonb_agg(r), '[]') FROM blog_comment r WHERE r.parent_id = c.id)) ORDER BY id DESC)
			FROM blog_comment c WHERE article_id = a.id) AS comments
		FROM blog_article a WHERE id = 4 $$);

-- a lookup that was seen cannot be given a queryset afterwards
SELECT refused('{"model": "blog_article", "prefetch_related": ["comments", {"lookup": "comments", "queryset": {"order_by": ["id"]}}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": ["comments__author", {"lookup": "comments", "queryset": {"order_by": ["id"]}}]}');

-- to_attr that is taken
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "to_attr": "title"}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "to_attr": "x"}, {"lookup": "tags", "to_attr": "x"}]}');

SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "to_attr": "author"}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "to_attr": "tags"}, "tags"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": ["tags", {"lookup": "comments", "to_attr": "tags"}]}');

-- below select_related, and select_related below a prefetch
SELECT checked('{"model": "blog_article", "only": ["author"], "select_related": ["author"], "prefetch_related": ["author__profile", {"lookup": "author__reports", "queryset": {"order_by": ["id"]}}], "filter": {"id__in": [1, 4]}, "order_by": ["id"]}',
	$$ SELECT a.id, author_id, (SELECT to_jsonb(u) || jsonb_build_object('profile', (SELECT to_jsonb(p) FROM auth_profile p WHERE user_id = u.id),
			'reports', (SELECT coalesce(jsonb_agg(r ORDER BY id), '[]') FROM auth_user r WHERE r.manager_id = u.id))
			FROM auth_user u WHERE u.id = author_id) AS author
		FROM blog_article a WHERE id IN (1, 4) ORDER BY id $$);
SELECT checked('{"model": "blog_article", "only": ["title"], "prefetch_related": [{"lookup": "comments", "queryset": {"select_related": ["author__profile"]}}], "filter": {"id": 2}}',
	$$ SELECT id, title, (SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('author',
			(SELECT to_jsonb(u) || jsonb_build_object('profile', to_jsonb(p)) FROM auth_user u JOIN auth_profile p ON p.user_id = u.id WHERE u.id = c.author_id)))
			FROM blog_comment c WHERE article_id = a.id) AS comments
		FROM blog_article a WHERE id = 2 $$);

-- the same table in several places of a graph
SELECT same('{"model": "blog_article", "select_related": ["author", "editor"], "filter": {"id__in": [1, 4]}, "order_by": ["id"],
		"prefetch_related": ["comments__author", "author__manager"]}',
	$$ SELECT a.*, (SELECT to_jsonb(u) || jsonb_build_object('manager', (SELECT to_jsonb(m) FROM auth_user m WHERE m.id = u.manager_id)) FROM auth_user u WHERE u.id = author_id) AS author,
			(SELECT to_jsonb(u) FROM auth_user u WHERE u.id = editor_id) AS editor,
			(SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('author', (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = c.author_id)) ORDER BY id)
				FROM blog_comment c WHERE article_id = a.id) AS comments
		FROM blog_article a WHERE id IN (1, 4) ORDER BY id $$);

-- parents that appear twice have the same objects each time
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"tags__name__in": ["c", "json"], "id": 4}, "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}, "author"]}',
	$$ SELECT a.id, title, '[{"id": 2, "name": "json"}, {"id": 3, "name": "c"}]'::jsonb AS tags, (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id) AS author
		FROM blog_article a, generate_series(1, 2) WHERE a.id = 4 $$);

-- chunks of one and of three: everybody keeps their own
SET bolt_orm.chunk_size = 1;
SELECT same('{"model": "blog_article", "order_by": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}, {"lookup": "comments", "queryset": {"order_by": ["id"]}}, "author"]}',
	$$ SELECT a.*, (SELECT coalesce(jsonb_agg(t ORDER BY t.id), '[]') FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = a.id) AS tags,
		(SELECT coalesce(jsonb_agg(c ORDER BY id), '[]') FROM blog_comment c WHERE article_id = a.id) AS comments,
		(SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id) AS author
		FROM blog_article a ORDER BY id $$);
SET bolt_orm.chunk_size = 3;
SELECT same('{"model": "blog_article", "order_by": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}, {"lookup": "comments", "queryset": {"order_by": ["id"]}}, "author"]}',
	$$ SELECT a.*, (SELECT coalesce(jsonb_agg(t ORDER BY t.id), '[]') FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = a.id) AS tags,
		(SELECT coalesce(jsonb_agg(c ORDER BY id), '[]') FROM blog_comment c WHERE article_id = a.id) AS comments,
		(SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id) AS author
		FROM blog_article a ORDER BY id $$);
RESET bolt_orm.chunk_size;

-- a later chunk's keys are read as a range that holds an earlier chunk's: each is there once
BEGIN;
INSERT INTO blog_tag SELECT i, 'tag ' || i FROM generate_series(100, 199) i;
INSERT INTO blog_article SELECT i, 'Article ' || i, NULL, NULL, 1 FROM generate_series(100, 199) i;
INSERT INTO blog_article_tags SELECT i, i, CASE WHEN i < 150 THEN 2 * i - 100 ELSE 2 * i - 199 END FROM generate_series(100, 199) i;
INSERT INTO blog_article_tags VALUES (200, 199, 110);
SET LOCAL bolt_orm.chunk_size = 50;
SELECT same('{"model": "blog_article", "only": ["id"], "filter": {"id__gte": 100}, "order_by": ["id"], "prefetch_related": ["tags"]}',
	$$ SELECT a.id, (SELECT jsonb_agg(t ORDER BY j.id) FROM blog_tag t JOIN blog_article_tags j ON j.tag_id = t.id WHERE j.article_id = a.id) AS tags
		FROM blog_article a WHERE a.id >= 100 ORDER BY a.id $$);
ROLLBACK;

-- a model's registered ordering holds where a queryset has none
SELECT bolt.register_model('blog_tag', ordering => '{-name}');
SELECT checked('{"model": "blog_article", "only": ["title"], "filter": {"id": 6}, "prefetch_related": ["tags", {"lookup": "tags", "to_attr": "sorted", "queryset": {"order_by": ["name"]}}, {"lookup": "tags", "to_attr": "first", "queryset": {"limit": 1}}]}',
	$$ SELECT id, title, (SELECT jsonb_agg(t ORDER BY name DESC) FROM blog_tag t WHERE id < 4) AS tags, (SELECT jsonb_agg(t ORDER BY name) FROM blog_tag t WHERE id < 4) AS sorted,
		(SELECT jsonb_agg(t) FROM blog_tag t WHERE name = 'sql') AS first FROM blog_article WHERE id = 6 $$);
SELECT bolt.unregister('blog_tag');

--
-- Keys of several columns, and of other types
--
CREATE TABLE place (country text, code int, name text, PRIMARY KEY (country, code));
CREATE TABLE visit (id int PRIMARY KEY, place_country text, place_code int, FOREIGN KEY (place_country, place_code) REFERENCES place);
INSERT INTO place VALUES ('fr', 1, 'Paris'), ('it', 1, 'Rome'), ('it', 2, 'Milan');
INSERT INTO visit VALUES (1, 'it', 1), (2, 'fr', 1), (3, 'it', NULL), (4, NULL, 1), (5, NULL, NULL), (6, 'it', 1);
SELECT bolt.register_relation('visit', '{place_country,place_code}', 'place', 'visits');
SELECT checked('{"model": "place", "order_by": ["pk"], "prefetch_related": [{"lookup": "visits", "queryset": {"order_by": ["id"]}}]}',
	$$ SELECT p.*, (SELECT coalesce(jsonb_agg(v ORDER BY id), '[]') FROM visit v WHERE (place_country, place_code) = (country, code)) AS visits
		FROM place p ORDER BY country, code $$);
SELECT checked('{"model": "place", "order_by": ["pk"], "prefetch_related": [{"lookup": "visits", "queryset": {"only": ["id"], "order_by": ["-id"], "limit": 1}}]}',
	$$ SELECT p.*, (SELECT coalesce(jsonb_agg(v), '[]') FROM (SELECT id FROM visit v WHERE (place_country, place_code) = (country, code) ORDER BY id DESC LIMIT 1) v) AS visits
		FROM place p ORDER BY country, code $$);
SELECT checked('{"model": "visit", "order_by": ["id"], "prefetch_related": ["place"]}',
	$$ SELECT v.*, (SELECT to_jsonb(p) FROM place p WHERE (place_country, place_code) = (country, code)) AS place FROM visit v ORDER BY id $$);

CREATE TABLE guide (id uuid PRIMARY KEY, name text);
CREATE TABLE guide_place (guide_id uuid REFERENCES guide, country text, code int, FOREIGN KEY (country, code) REFERENCES place, PRIMARY KEY (guide_id, country, code));
INSERT INTO guide VALUES ('00000000-0000-0000-0000-000000000001', 'Michelin'), ('00000000-0000-0000-0000-000000000002', 'Baedeker');
INSERT INTO guide_place SELECT g.id, country, code FROM guide g, place p WHERE (g.name, p.name) IN (('Michelin', 'Paris'), ('Michelin', 'Milan'), ('Baedeker', 'Milan'));
SELECT bolt.register_many_to_many('guide', 'guide_place', 'places', 'guides');
SELECT checked('{"model": "guide", "order_by": ["name"], "prefetch_related": [{"lookup": "places", "queryset": {"order_by": ["name"]}}]}',
	$$ SELECT g.*, (SELECT jsonb_agg(p ORDER BY name) FROM place p JOIN guide_place j USING (country, code) WHERE guide_id = g.id) AS places FROM guide g ORDER BY name $$);
SELECT checked('{"model": "place", "order_by": ["name"], "prefetch_related": [{"lookup": "guides", "queryset": {"order_by": ["name"], "limit": 1}}]}',
	$$ SELECT p.*, (SELECT coalesce(jsonb_agg(g), '[]') FROM (SELECT g.* FROM guide g JOIN guide_place j ON j.guide_id = g.id
		WHERE (j.country, j.code) = (p.country, p.code) ORDER BY name LIMIT 1) g) AS guides FROM place p ORDER BY name $$);

-- a many-to-many relation of a model with itself
CREATE TABLE follow (id int PRIMARY KEY, follower_id int NOT NULL REFERENCES auth_user, followed_id int NOT NULL REFERENCES auth_user);
INSERT INTO follow VALUES (1, 1, 2), (2, 1, 3), (3, 2, 1), (4, 4, 1);
SELECT bolt.register_many_to_many('auth_user', 'follow', 'follows', 'followers', '{follower_id}', '{followed_id}');
SELECT checked('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "prefetch_related": [
		{"lookup": "follows", "queryset": {"only": ["id"], "order_by": ["id"]}}, {"lookup": "followers", "queryset": {"only": ["id"], "order_by": ["id"]}}]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', followed_id) ORDER BY followed_id), '[]') FROM follow WHERE follower_id = u.id) AS follows,
		(SELECT coalesce(jsonb_agg(jsonb_build_object('id', follower_id) ORDER BY follower_id), '[]') FROM follow WHERE followed_id = u.id) AS followers
		FROM auth_user u ORDER BY id $$);

-- objects that are there twice stay twice, as Django has them
INSERT INTO follow VALUES (5, 1, 2);
SELECT checked('{"model": "auth_user", "only": ["username"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "follows", "queryset": {"only": ["id"], "order_by": ["id"]}}]}',
	$$ SELECT id, username, (SELECT jsonb_agg(jsonb_build_object('id', followed_id) ORDER BY followed_id) FROM follow WHERE follower_id = u.id) AS follows FROM auth_user u WHERE id = 1 $$);

-- keys whose types differ on the two sides
CREATE TABLE loose (id int PRIMARY KEY, author bigint, name varchar(20));
INSERT INTO loose VALUES (1, 1, 'ann'), (2, 2, 'Éva'), (3, 99, 'nobody'), (4, NULL, NULL);
SELECT bolt.register_relation('loose', '{author}', 'writer', 'loose_by_id', target => 'auth_user');
SELECT bolt.register_relation('loose', '{name}', 'named', 'loose_by_name', target => 'auth_user', target_columns => '{username}');
SELECT checked('{"model": "loose", "order_by": ["id"], "prefetch_related": [{"lookup": "writer", "queryset": {"only": ["username"]}}, {"lookup": "named", "queryset": {"only": ["username"]}}]}',
	$$ SELECT l.*, (SELECT jsonb_build_object('id', id, 'username', username) FROM auth_user u WHERE u.id = l.author) AS writer,
		(SELECT jsonb_build_object('id', id, 'username', username) FROM auth_user u WHERE u.username = l.name) AS named FROM loose l ORDER BY id $$);
SELECT checked('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "prefetch_related": ["loose_by_id", "loose_by_name"]}',
	$$ SELECT id, username, (SELECT coalesce(jsonb_agg(l), '[]') FROM loose l WHERE l.author = u.id) AS loose_by_id,
		(SELECT coalesce(jsonb_agg(l), '[]') FROM loose l WHERE l.name = u.username) AS loose_by_name FROM auth_user u ORDER BY id $$);

--
-- What is refused
--
SELECT refused('{"model": "blog_article", "prefetch_related": ["title"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": ["comments__nothing"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [""]}');
SELECT refused('{"model": "blog_article", "prefetch_related": ["comments__"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "queryset": {"values": ["id"]}}]}');
SELECT refused('{"model": "blog_article", "values": ["id"], "prefetch_related": ["comments"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"queryset": {}}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "attr": "x"}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "to_attr": ""}]}');

DROP SCHEMA prefetch_related_test CASCADE;
