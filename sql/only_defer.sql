-- only and defer: which columns of an object are fetched.
CREATE SCHEMA only_defer_test;
SET search_path = only_defer_test;
\i sql/fixture/blog.sql

-- what is named, and the primary key; in table order
SELECT bolt.get('{"model": "blog_article", "only": ["title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "only": ["rating", "title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "only": ["id"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "only": ["pk"], "filter": {"id": 1}}');
-- a foreign key by its column or its relation
SELECT bolt.get('{"model": "blog_article", "only": ["author_id"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "only": ["author", "editor"], "filter": {"id": 1}}');
-- an empty array leaves out nothing, as in Django
SELECT bolt.get('{"model": "blog_article", "only": [], "filter": {"id": 1}}');

-- all but what is named; the primary key stays
SELECT bolt.get('{"model": "blog_article", "defer": ["title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "defer": ["published", "author", "editor_id"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "defer": ["id", "pk", "title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "defer": [], "filter": {"id": 1}}');

-- both: what is named in only and not in defer
SELECT bolt.get('{"model": "blog_article", "only": ["title", "rating"], "defer": ["title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "only": ["title"], "defer": ["rating"], "filter": {"id": 1}}');

-- a defer that leaves nothing of only takes it back, as in Django
SELECT bolt.get('{"model": "blog_article", "only": ["title"], "defer": ["title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "only": ["title"], "defer": ["title", "rating"], "filter": {"id": 1}}');

-- naming twice
SELECT bolt.get('{"model": "blog_article", "only": ["title", "title"], "filter": {"id": 1}}');

-- along select_related
SELECT bolt.get('{"model": "blog_article", "select_related": ["author"], "only": ["title", "author__username"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "select_related": ["author"], "only": ["author__username"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "select_related": ["author"], "only": ["title", "author"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "select_related": ["author__profile"], "only": ["title", "author__profile__bio"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "select_related": ["author", "editor"], "only": ["title", "author__username", "editor__email"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "select_related": ["author"], "defer": ["author__email", "author__manager", "title"], "filter": {"id": 1}}');
SELECT bolt.get('{"model": "blog_article", "select_related": ["author__profile"], "defer": ["author__profile__bio", "author__profile__id"], "filter": {"id": 1}}');
-- back along a one-to-one relation the column that it needs is fetched, not shown
SELECT bolt.get('{"model": "auth_user", "select_related": ["profile"], "only": ["username", "profile__bio"], "filter": {"id": 1}}');

-- a filter and an order may use what is not fetched
SELECT bolt.fetch_json('{"model": "blog_article", "only": ["id"], "filter": {"title__startswith": "A", "author__username": "ann"}, "order_by": ["-published"]}');

-- in a prefetch
SELECT bolt.get('{"model": "auth_user", "only": ["username"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "order_by": ["id"]}}]}');
SELECT bolt.get('{"model": "blog_article", "only": ["title"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "author", "queryset": {"only": ["email"]}}]}');

-- a table without a primary key; one of several columns
CREATE TABLE keyless (a int, b text);
INSERT INTO keyless VALUES (1, 'x');
CREATE TABLE place (country text, code int, name text, size int, PRIMARY KEY (country, code));
INSERT INTO place VALUES ('fr', 1, 'Paris', 3);
SELECT bolt.fetch_json('{"model": "keyless", "only": ["b"]}'), bolt.fetch_json('{"model": "keyless", "defer": ["a", "b"]}');
SELECT bolt.fetch_json('{"model": "place", "only": ["name"]}'), bolt.fetch_json('{"model": "place", "defer": ["pk", "country", "name"]}');

-- what is refused
SELECT refused('{"model": "blog_article", "only": ["nothing"]}');
SELECT refused('{"model": "blog_article", "defer": ["nothing"]}');
SELECT refused('{"model": "blog_article", "only": ["title__nothing"]}');
SELECT refused('{"model": "blog_article", "only": ["comments__text"]}');
SELECT refused('{"model": "blog_article", "defer": ["tags__name"]}');
SELECT refused('{"model": "blog_article", "only": ["author__username"]}');
SELECT refused('{"model": "blog_article", "select_related": ["author"], "only": ["title"]}');
SELECT refused('{"model": "blog_article", "select_related": ["author"], "defer": ["author"]}');
SELECT refused('{"model": "blog_article", "only": "title"}');
SELECT refused('{"model": "blog_article", "only": [null]}');
SELECT refused('{"model": "keyless", "only": ["pk"]}');

DROP SCHEMA only_defer_test CASCADE;
