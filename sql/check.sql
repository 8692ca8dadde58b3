-- bolt.check: the performance checklist.
CREATE SCHEMA check_test;
SET search_path = check_test;
SET client_min_messages = warning;

-- What is found in a document, and the hints.
CREATE FUNCTION codes(document json) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(code, ' '), '-') FROM bolt.check(document) $$;
CREATE FUNCTION filtered(conditions json) RETURNS text LANGUAGE sql AS $$
	SELECT codes(json_build_object('model', 'article', 'filter', conditions, 'order_by', '{id}'::text[], 'limit', 20)) $$;
CREATE FUNCTION ordered(terms json) RETURNS text LANGUAGE sql AS $$
	SELECT codes(json_build_object('model', 'article', 'order_by', terms, 'limit', 20)) $$;

CREATE TABLE author (id int PRIMARY KEY, username text NOT NULL UNIQUE, email varchar(50));
CREATE TABLE tag (id int PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE article (id int PRIMARY KEY, title text NOT NULL, slug text COLLATE "C", published boolean NOT NULL,
	status int NOT NULL, number int, created_at timestamptz NOT NULL, data jsonb, labels text[], period daterange,
	author_id int NOT NULL REFERENCES author);
CREATE TABLE article_tags (id int PRIMARY KEY, article_id int NOT NULL REFERENCES article, tag_id int NOT NULL REFERENCES tag,
	UNIQUE (article_id, tag_id));
CREATE TABLE comment (id int PRIMARY KEY, text text NOT NULL, created_at timestamptz NOT NULL,
	article_id int NOT NULL REFERENCES article);
ALTER TABLE author SET (autovacuum_enabled = false);
ALTER TABLE tag SET (autovacuum_enabled = false);
ALTER TABLE article SET (autovacuum_enabled = false);
ALTER TABLE article_tags SET (autovacuum_enabled = false);
ALTER TABLE comment SET (autovacuum_enabled = false);
INSERT INTO author SELECT i, 'user' || i, 'user' || i || '@example.com' FROM generate_series(1, 2000) i;
INSERT INTO tag SELECT i, 'tag' || i FROM generate_series(1, 5) i;
INSERT INTO article SELECT i, 'title' || i, 'slug' || i, true, i % 2, i, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour',
	jsonb_build_object('a', i), ARRAY['l' || i], daterange(date '2024-01-01', date '2024-01-01' + i), i FROM generate_series(1, 2000) i;
INSERT INTO article_tags SELECT i, i, 1 + i % 5 FROM generate_series(1, 2000) i;
INSERT INTO comment SELECT i, 'text' || i, timestamptz '2024-01-01 00:00+00', 1 + i % 20 FROM generate_series(1, 2000) i;

-- never analyzed; the empty tables would be no matter
SELECT * FROM bolt.check('{"model": "article", "filter": {"id": 1}, "prefetch_related": ["tags"]}');
ANALYZE author, tag, article, article_tags, comment;
SELECT codes('{"model": "article", "filter": {"id": 1}, "prefetch_related": ["tags"]}');

-- Indexes of relations, whatever the size.
SELECT * FROM bolt.check('{"model": "author", "filter": {"id": 1}, "prefetch_related": ["article__comment", "article__tags"]}');
SELECT * FROM bolt.check('{"model": "tag", "filter": {"article__title": "x"}}');
SELECT codes('{"model": "author", "annotate": {"articles": {"Count": "article"}}}'), codes('{"model": "author", "order_by": ["article__id"]}'),
	codes('{"model": "author", "values": ["article__id"]}'), codes('{"model": "author", "exclude": {"article__id": 1}}');
-- each is advised once; no column of the far side is needed, or it is found from there
SELECT count(*) FROM bolt.check('{"model": "author", "prefetch_related": ["article"], "filter": {"article__title": "x"}}');
SELECT codes('{"model": "article", "filter": {"author": 1}, "select_related": ["author"]}'), codes('{"model": "author", "filter": {"article__id": 1}}');

-- other indexes than a plain btree
CREATE INDEX other ON comment USING hash (article_id);
SELECT codes('{"model": "article", "prefetch_related": ["comment"]}');
DROP INDEX other;
CREATE INDEX other ON comment (article_id) WHERE article_id IS NOT NULL;
SELECT codes('{"model": "article", "prefetch_related": ["comment"]}');
DROP INDEX other;
CREATE INDEX other ON comment (article_id) WHERE text = 'x';
SELECT codes('{"model": "article", "prefetch_related": ["comment"]}');
DROP INDEX other;
CREATE INDEX other ON comment (created_at, article_id);
SELECT codes('{"model": "article", "prefetch_related": ["comment"]}');
DROP INDEX other;

CREATE INDEX ON article (author_id);
CREATE INDEX ON article (created_at);
CREATE INDEX ON article_tags (tag_id);
CREATE INDEX ON comment (article_id);
SELECT codes('{"model": "author", "filter": {"id": 1}, "prefetch_related": ["article__comment", "article__tags"]}');

-- names that have to be quoted
CREATE TABLE "Odd one" ("I d" int PRIMARY KEY, "select" text, "Pa""r" int REFERENCES "Odd one");
SELECT bolt.register_model('"Odd one"', 'odd');
SELECT bolt.register_relation('"Odd one"', ARRAY['Pa"r'], name => 'parent', related_name => 'children');
SELECT * FROM bolt.check('{"model": "odd", "prefetch_related": ["children"], "filter": {"select__istartswith": "x"}}');

-- No alarm for what is as it should be.
SELECT codes('{"model": "article", "filter": {"id": 7}, "select_related": ["author"], "prefetch_related": ["tags", "author__article"]}');
SELECT codes('{"model": "article", "filter": {"published": true}, "order_by": ["-created_at"], "limit": 20, "select_related": ["author"], "prefetch_related": ["tags"]}');
SELECT codes('{"model": "tag"}'), codes('{"model": "article", "none": true, "order_by": ["?"], "limit": 1}');

-- Filters: an index serves one of the conditions, or one is missing.
SELECT * FROM bolt.check('{"model": "article", "filter": {"number": 1, "published": true}, "limit": 20, "order_by": ["id"]}');
SELECT c.conditions, filtered(c.conditions) FROM unnest(ARRAY['{"id": 1}', '{"pk__in": [1, 2]}', '{"number": 1, "id__lt": 9}', '{"number__gte": 1}',
	'{"number": null}', '{"status": 1}', '{"published": false}', '{"NOT": {"number": 1}}', '{"number": {"F": "status"}}', '{"number": {"Value": 1}}', '{}',
	'{"author": 1}', '{"author__username": "x"}', '{"author__email": "x"}', '{"tags__name": "x"}', '{"created_at__year": 2024}', '{"created_at__date": "2024-01-01"}',
	'{"OR": [{"id": 1}, {"author": 2}]}', '{"OR": [{"id": 1}, {"number": 2}]}', '{"OR": [{"id": 1}, {"author__username": "x"}]}']::json[]) AS c (conditions);
-- what the index would be
SELECT c.conditions, f.hint FROM unnest(ARRAY['{"author__email": "x"}', '{"created_at__month": 1}', '{"data__contains": {"a": 1}}', '{"data__a": 1}',
	'{"labels__overlap": ["x"]}', '{"labels": ["x"]}', '{"period__contains": ["2024-01-01", "2024-01-02"]}', '{"number__abs": 1}']::json[]) AS c (conditions),
	bolt.check(json_build_object('model', 'article', 'filter', c.conditions, 'order_by', '{id}'::text[], 'limit', 20)) f;
-- a partial one, where the filter names its columns; later columns of one
CREATE INDEX other ON article (number) WHERE published;
SELECT filtered('{"number": 1}'), filtered('{"number": 1, "published": true}');
DROP INDEX other;
CREATE INDEX other ON article (status, number);
SELECT filtered('{"number": 1}'), filtered('{"number": 1, "status": 1}'), filtered('{"number": 1, "status__gt": 0}');
DROP INDEX other;
-- the far end of the way back
DROP INDEX article_author_id_idx;
SELECT hint FROM bolt.check('{"model": "article", "filter": {"author__username": "x"}, "order_by": ["id"], "limit": 20}');
CREATE INDEX ON article (author_id);

-- Patterns: what is advised serves.
CREATE EXTENSION pg_trgm;
CREATE FUNCTION follow_advice(field text) RETURNS TABLE (lookup text, before text, statement text, after text) LANGUAGE plpgsql AS $$
DECLARE
	document json;
BEGIN
	FOREACH lookup IN ARRAY ARRAY['iexact', 'contains', 'icontains', 'startswith', 'istartswith', 'endswith', 'iendswith', 'regex', 'iregex', 'trigram_similar']
	LOOP
		document := json_build_object('model', 'article', 'filter', json_build_object(field || '__' || lookup, 'x'), 'order_by', '{id}'::text[], 'limit', 20);
		SELECT code, substring(hint from 'CREATE INDEX.*') INTO before, statement FROM bolt.check(document);
		IF statement IS NOT NULL THEN
			EXECUTE regexp_replace(statement, 'INDEX ON', 'INDEX advised ON');
		END IF;
		after := codes(document);
		DROP INDEX IF EXISTS advised;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM follow_advice('title');
SELECT * FROM follow_advice('author__email') WHERE lookup IN ('icontains', 'startswith');
-- collation "C" serves prefixes by itself
CREATE INDEX other ON article (slug);
SELECT filtered('{"slug__startswith": "x"}'), filtered('{"slug__istartswith": "x"}');
DROP INDEX other;
CREATE INDEX other ON article (title);
SELECT filtered('{"title__startswith": "x"}');
DROP INDEX other;
-- not of use where another condition finds the rows, or under a negation
SELECT filtered('{"title__contains": "x", "author": 1}'), filtered('{"NOT": {"title__contains": "x"}}'), filtered('{"OR": [{"title__contains": "x"}, {"author": 1}]}');
-- no index on the column serves
SELECT code, hint FROM bolt.check('{"model": "article", "filter": {"number__contains": "x", "title__search": "y"}, "order_by": ["id"], "limit": 20}');

-- Order.
SELECT * FROM bolt.check('{"model": "article", "order_by": ["-number", "id"], "limit": 20}');
SELECT * FROM bolt.check('{"model": "article", "order_by": ["author__username"], "limit": 20}');
SELECT t.terms, ordered(t.terms) FROM unnest(ARRAY['["id"]', '["-pk"]', '["created_at", "title"]', '["-created_at"]', '["title"]', '[{"expr": {"Lower": "title"}}]']::json[]) AS t (terms);
CREATE INDEX other ON article (number DESC NULLS LAST);
SELECT t.terms, ordered(t.terms) FROM unnest(ARRAY['["number"]', '["-number"]', '[{"expr": "number", "desc": true, "nulls": "last"}]', '[{"expr": "number", "nulls": "first"}]']::json[]) AS t (terms);
DROP INDEX other;
-- the rows are few, or all are wanted; an index on what is filtered by and the order
SELECT codes('{"model": "article", "filter": {"author": 1}, "order_by": ["title"], "limit": 20}'), codes('{"model": "tag", "order_by": ["name", "id"], "limit": 2}');
CREATE INDEX other ON article (published, number);
SELECT codes('{"model": "article", "filter": {"published": true}, "order_by": ["number"], "limit": 20}');
DROP INDEX other;

SELECT * FROM bolt.check('{"model": "article", "order_by": ["?"], "limit": 3}');
SELECT codes('{"model": "article", "filter": {"id__in": [1, 2]}, "order_by": ["?"]}');

-- Slices.
SELECT * FROM bolt.check('{"model": "article", "limit": 20}');
SELECT * FROM bolt.check('{"model": "article", "filter": {"id": 1}, "prefetch_related": [{"lookup": "comment", "queryset": {"limit": 1}, "to_attr": "latest"}]}');
SELECT codes('{"model": "article", "filter": {"id": 1}, "limit": 1}');
SELECT bolt.register_model('article', ordering => '{id}');
SELECT codes('{"model": "article", "limit": 20}');
SELECT bolt.unregister('article');
SELECT * FROM bolt.check('{"model": "article", "order_by": ["id"], "limit": 20, "offset": 10001}');
SELECT codes('{"model": "article", "order_by": ["id"], "limit": 20, "offset": 10000}');
SELECT * FROM bolt.check('{"model": "article"}');
SELECT codes('{"model": "article", "filter": {"author": 1}}'), codes('{"model": "article", "filter": {"published": true}}');

-- Many objects a parent.
SELECT * FROM bolt.check('{"model": "article", "filter": {"id": 1}, "prefetch_related": ["comment"]}');
SELECT * FROM bolt.check('{"model": "tag", "prefetch_related": ["article"]}');
SELECT codes('{"model": "article", "filter": {"id": 1}, "prefetch_related": ["tags", {"lookup": "comment", "queryset": {"limit": 3, "order_by": ["id"]}}]}');
SELECT hint FROM bolt.check('{"model": "article", "filter": {"id": 1}, "prefetch_related": [{"lookup": "comment", "queryset": {"limit": 3, "order_by": ["-created_at"]}}]}');
CREATE INDEX other ON comment (article_id, created_at);
SELECT codes('{"model": "article", "filter": {"id": 1}, "prefetch_related": [{"lookup": "comment", "queryset": {"limit": 3, "order_by": ["-created_at"]}}]}');
DROP INDEX other;
-- statistics are only for those who may read the columns: all of the document's
CREATE ROLE regress_check_reader;
GRANT USAGE ON SCHEMA check_test TO regress_check_reader;
GRANT SELECT ON article, tag, author TO regress_check_reader;
GRANT SELECT (id, text) ON comment TO regress_check_reader;
SET ROLE regress_check_reader;
SELECT codes('{"model": "article", "filter": {"id": 1}, "prefetch_related": [{"lookup": "comment", "queryset": {"only": ["id", "text"]}}]}');
RESET ROLE;
GRANT SELECT (article_id) ON comment TO regress_check_reader;
SET ROLE regress_check_reader;
SELECT codes('{"model": "article", "filter": {"id": 1}, "prefetch_related": [{"lookup": "comment", "queryset": {"only": ["id", "text"]}}]}');
RESET ROLE;
ALTER TABLE comment ENABLE ROW LEVEL SECURITY;
SET ROLE regress_check_reader;
SELECT codes('{"model": "article", "filter": {"id": 1}, "prefetch_related": [{"lookup": "comment", "queryset": {"only": ["id", "text"]}}]}');
RESET ROLE;
ALTER TABLE comment DISABLE ROW LEVEL SECURITY;

-- Distinct.
SELECT * FROM bolt.check('{"model": "article", "filter": {"author": 1}, "distinct": true}');
SELECT * FROM bolt.check('{"model": "article", "filter": {"author": 1}, "distinct": true, "values": ["id", "data"]}');
SELECT codes('{"model": "article", "filter": {"author": 1, "tags__name__in": ["x", "y"]}, "distinct": true}'),
	codes('{"model": "article", "filter": {"author": 1}, "distinct": true, "values": ["id", "title"]}');
CREATE TABLE keyless (number int, data jsonb);
SELECT * FROM bolt.check('{"model": "keyless", "distinct": true}');

-- Views: whether an index serves them cannot be told.
CREATE VIEW review AS SELECT * FROM comment;
SELECT bolt.register_relation('review', '{article_id}', target => 'article', related_name => 'reviews');
SELECT * FROM bolt.check('{"model": "article", "filter": {"id": 1}, "prefetch_related": ["reviews"]}');

CREATE FOREIGN DATA WRAPPER check_nowhere;
CREATE SERVER check_nowhere FOREIGN DATA WRAPPER check_nowhere;
CREATE FOREIGN TABLE remote (id int, article_id int) SERVER check_nowhere;
SELECT bolt.register_relation('remote', '{article_id}', target => 'article', related_name => 'remotes');
SELECT * FROM bolt.check('{"model": "article", "filter": {"id": 1}, "prefetch_related": ["remotes"]}');
DROP FOREIGN DATA WRAPPER check_nowhere CASCADE;

-- Partitioned tables.
CREATE TABLE event (id int, day date, name text, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT codes('{"model": "event"}');
INSERT INTO event SELECT i, date '2024-01-01' + i % 300, 'name' || i FROM generate_series(1, 2000) i;
ANALYZE event_2024;
SELECT * FROM bolt.check('{"model": "event"}');
SELECT codes('{"model": "event", "filter": {"name": "x"}}'), codes('{"model": "event", "filter": {"pk": ["2024-01-01", 1]}}');

-- What fetch refuses is refused here.
\set VERBOSITY terse
SELECT bolt.check('{"model": "nothing"}');
SELECT bolt.check('{"model": "article", "filter": {"title__near": "x"}}');
SELECT bolt.check('{"model": "article", "filter": {"created_at__year__near": 1}}');
SELECT bolt.check('{"model": "article", "filter": {"id": "x"}}');
SELECT bolt.check(NULL);

DROP OWNED BY regress_check_reader;
DROP ROLE regress_check_reader;
DROP SCHEMA check_test CASCADE;
