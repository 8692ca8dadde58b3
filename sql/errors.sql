-- Errors: one of each row of the contract, with SQLSTATE, message, place and choices.
CREATE SCHEMA errors_test;
SET search_path = errors_test;
\i sql/fixture/blog.sql

-- DoesNotExist
SELECT refused('{"model": "blog_tag"}', $$ SELECT bolt.get($1::json, '{"name": "none"}') $$);

-- MultipleObjectsReturned
SELECT refused('{"model": "blog_tag"}', 'SELECT bolt.get($1::json)');

-- unknown model; the nearest name, and Django's labels
SELECT refused('{"model": "blog_artcle"}');
SELECT refused('{"model": "blog.Artcle"}');
SELECT refused('{"model": "Article"}');

-- unknown field, relation or lookup, wherever a path stands
SELECT refused('{"model": "blog_article", "filter": {"titel": "x"}}');
SELECT refused('{"model": "blog_article", "exclude": {"titel": "x"}}');
SELECT refused('{"model": "blog_article", "filter": [{}, {"OR": [{"id": 1}, {"NOT": {"author__nam": "x"}}]}]}');
SELECT refused('{"model": "blog_article", "filter": {"title__containz": "x"}}');
SELECT refused('{"model": "blog_article", "order_by": ["id", "-titel"]}');
SELECT refused('{"model": "blog_article", "distinct": ["titel"]}');
SELECT refused('{"model": "blog_article", "select_related": ["autor"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": ["tagz"]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "queryset": {"filter": {"txt": 1}}}]}');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "queryset": {"prefetch_related": ["author__articlez"]}}]}');
SELECT refused('{"model": "blog_article", "only": ["titel"]}');
SELECT refused('{"model": "blog_article", "defer": ["titel"]}');
SELECT refused('{"model": "blog_article", "values": ["titel"]}');
SELECT refused('{"model": "blog_article", "values_list": ["author__nam"]}');

-- an ambiguous relation name, with the relations that it fits
CREATE TABLE shop_order (id int PRIMARY KEY, buyer_id int REFERENCES auth_user, seller_id int REFERENCES auth_user);
SELECT refused('{"model": "auth_user", "prefetch_related": ["shop_order"]}');
SELECT refused('{"model": "auth_user", "filter": {"order__id": 1}}');
SELECT refused('{"model": "auth_user", "values": ["order_set"]}');
SELECT refused('{"model": "auth_user", "order_by": ["shop_order_set__id"]}');
DROP TABLE shop_order;

-- a malformed document, unknown keys, wrong types
SELECT refused('[]');
SELECT refused('{}');
SELECT refused('{"model": 1}');
SELECT refused('{"model": "blog_article", "filters": {}}');
SELECT message_of('{"model": "blog_article", "prefetch_related": [{"lookup": "comments", "queryset": {"order": ["id"]}}]}');
SELECT refused('{"model": "blog_article", "order_by": "title"}');
SELECT refused('{"model": "blog_article", "filter": {"id__in": 1}}');

-- what is no JSON is none of ours
SELECT sqlstate_of('{"model": ');
SELECT sqlstate_of('');

-- a literal that the column's type refuses
SELECT sqlstate_of('{"model": "blog_article", "filter": {"id": "x"}}'), sqlstate_of('{"model": "blog_article", "filter": {"published": "x"}}'),
	sqlstate_of('{"model": "blog_article", "filter": {"id": 99999999999}}'), sqlstate_of('{"model": "blog_article", "filter": {"id__in": [1, 99999999999]}}');

-- what Django refuses
SELECT refused('{"model": "blog_article", "limit": 1}', $$ SELECT bolt.get($1::json, '{"id": 1}') $$);
SELECT refused('{"model": "blog_article", "limit": 1}', 'SELECT bolt.last($1::json)');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "tags", "queryset": {"values": ["id"]}}]}');
SELECT refused('{"model": "blog_article", "select_related": ["author"], "only": ["title"]}');

-- nested too deep
SET bolt_orm.max_depth = 4;
SELECT refused('{"model": "blog_article", "filter": {"AND": [{"AND": []}]}}');
SELECT bolt.count('{"model": "blog_article", "filter": {"AND": [{"id": 1}]}}');
RESET bolt_orm.max_depth;

-- privileges, as PostgreSQL has them, at every level of a graph
CREATE ROLE regress_bolt_errors;
GRANT USAGE ON SCHEMA errors_test TO regress_bolt_errors;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA errors_test TO regress_bolt_errors;
GRANT SELECT ON blog_article, blog_article_tags TO regress_bolt_errors;
GRANT SELECT (id, username) ON auth_user TO regress_bolt_errors;
SET ROLE regress_bolt_errors;
SELECT bolt.count('{"model": "blog_article"}');
SELECT sqlstate_of('{"model": "blog_tag"}'), sqlstate_of('{"model": "blog_article", "prefetch_related": ["comments"]}'), sqlstate_of('{"model": "blog_article", "prefetch_related": ["tags"]}'),
	sqlstate_of('{"model": "blog_article", "filter": {"tags__name": "sql"}}'), sqlstate_of('{"model": "blog_article", "select_related": ["author"]}'),
	sqlstate_of('{"model": "blog_article", "filter": {"author__email": "x"}}'), sqlstate_of('{"model": "auth_user"}');
-- columns that may be read; rows may be counted by who may read any
SELECT bolt.count('{"model": "auth_user"}');
SELECT bolt.first('{"model": "auth_user", "only": ["username"]}'), bolt.get('{"model": "blog_article", "select_related": ["author"], "only": ["author__username"]}', '{"id": 1}');
-- the choices name nothing that may not be
SELECT refused('{"model": "auth_user", "filter": {"nothing": 1}}');
SELECT refused('{"model": "blog_article", "prefetch_related": ["nothing"]}');
SELECT refused('{"model": "blog_articel"}');
RESET ROLE;

-- row-level security, at every level
CREATE POLICY visible ON blog_article_tags FOR SELECT TO regress_bolt_errors USING (tag_id <> 2);
CREATE POLICY visible ON blog_article FOR SELECT TO regress_bolt_errors USING (id < 5);
ALTER TABLE blog_article ENABLE ROW LEVEL SECURITY;
ALTER TABLE blog_article_tags ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON blog_tag TO regress_bolt_errors;
SET ROLE regress_bolt_errors;
SELECT bolt.fetch('{"model": "blog_article", "only": ["title"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}], "order_by": ["id"]}');
SELECT bolt.count('{"model": "blog_article", "filter": {"tags__name": "json"}}'), bolt.count('{"model": "blog_article"}'),
	bolt.fetch_json('{"model": "auth_user", "only": ["id"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"]}}]}');
RESET ROLE;
SELECT bolt.count('{"model": "blog_article", "filter": {"tags__name": "json"}}'), bolt.count('{"model": "blog_article"}');

-- in a block that goes on after an error
DO $$
BEGIN
	FOR i IN 1..3 LOOP
		BEGIN
			PERFORM bolt.fetch_json('{"model": "blog_article", "filter": {"id": "x"}}');
		EXCEPTION WHEN invalid_text_representation THEN NULL;
		END;
	END LOOP;
END $$;
SELECT bolt.count('{"model": "blog_tag"}');
-- and an error in the middle of a fetch, from a function of a view
CREATE VIEW failing AS SELECT id, 1 / (3 - id) AS x FROM blog_tag;
SET bolt_orm.chunk_size = 1;
SELECT sqlstate_of('{"model": "failing"}'), sqlstate_of('{"model": "failing", "order_by": ["id"]}');
RESET bolt_orm.chunk_size;
SELECT bolt.fetch_json('{"model": "failing", "filter": {"id__lt": 3}, "order_by": ["id"]}'), bolt.count('{"model": "failing"}');

DROP SCHEMA errors_test CASCADE;
DROP ROLE regress_bolt_errors;
