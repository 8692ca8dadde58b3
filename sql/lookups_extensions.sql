-- Lookups and transforms that contrib's extensions bring: hstore, pg_trgm, unaccent, citext, in whatever schema they are.
CREATE SCHEMA lookups_extensions_test;
SET search_path = lookups_extensions_test;
\i sql/fixture/blog.sql

-- without them
SELECT message_of('{"model": "blog_article", "filter": {"title__unaccent": "Elan"}}');
SELECT refused('{"model": "blog_article", "filter": {"title__trigram_similar": "alpha"}}');

--
-- hstore, in a schema that is not in the search path
--
CREATE SCHEMA "Odd schema";
CREATE EXTENSION hstore SCHEMA "Odd schema";
CREATE TABLE thing (id int PRIMARY KEY, attrs "Odd schema".hstore, next_id int REFERENCES thing);
INSERT INTO thing VALUES
	(1, 'color=>red, size=>10, "a b"=>x', NULL), (2, 'color=>blue, size=>2, none=>NULL', 1), (3, '', 2), (4, NULL, 3), (5, '"q\"uote"=>"v\\al", lower=>up, year=>2024', 4);
SELECT filtered('{"attrs__color": "red"}', $$ attrs OPERATOR("Odd schema".->) 'color' = 'red' $$, 'thing');
SELECT filtered('{"attrs__a b": "x"}', 'id = 1', 'thing');
SELECT filtered('{"attrs__q\"uote": "v\\al"}', 'id = 5', 'thing');
SELECT filtered('{"attrs__nothing": "x"}', 'false', 'thing');
SELECT filtered('{"attrs__size": 10}', 'id = 1', 'thing');
SELECT filtered('{"attrs__size__gt": "10"}', $$ attrs OPERATOR("Odd schema".->) 'size' > '10' $$, 'thing');
SELECT filtered('{"attrs__color__in": ["red", "green"]}', 'id = 1', 'thing');
SELECT filtered('{"attrs__color__icontains": "LU"}', 'id = 2', 'thing');
SELECT filtered('{"attrs__color__upper": "RED"}', 'id = 1', 'thing');
SELECT filtered('{"attrs__color__length": 4}', 'id = 2', 'thing');
SELECT filtered('{"attrs__year": "2024"}', 'id = 5', 'thing'), filtered('{"attrs__lower": "up"}', 'id = 5', 'thing');
SELECT filtered('{"attrs__none__isnull": true}', $$ attrs OPERATOR("Odd schema".->) 'none' IS NULL $$, 'thing');
SELECT filtered('{"attrs__color__isnull": false}', 'id IN (1, 2)', 'thing');
SELECT filtered('{"attrs__isnull": true}', 'attrs IS NULL', 'thing');
SELECT filtered('{"attrs__contains": {"color": "red"}}', 'id = 1', 'thing');
SELECT filtered('{"attrs__contains": {"size": 2, "none": null}}', 'id = 2', 'thing');
SELECT filtered('{"attrs__contains": {}}', 'attrs IS NOT NULL', 'thing');
SELECT filtered('{"attrs__contains": "color=>blue"}', 'id = 2', 'thing');
SELECT filtered('{"attrs__contains": {"q\"uote": "v\\al"}}', 'id = 5', 'thing');
SELECT filtered('{"attrs__contained_by": {"color": "red", "size": "10", "a b": "x", "more": "y"}}', 'id IN (1, 3)', 'thing');
SELECT filtered('{"attrs__has_key": "color"}', 'id IN (1, 2)', 'thing');
SELECT filtered('{"attrs__has_key": "none"}', 'id = 2', 'thing');
SELECT filtered('{"attrs__has_keys": ["color", "a b"]}', 'id = 1', 'thing');
SELECT filtered('{"attrs__has_any_keys": ["a b", "none", "x"]}', 'id IN (1, 2)', 'thing');
SELECT filtered('{"attrs": {"color": "blue", "size": "2", "none": null}}', 'id = 2', 'thing');
SELECT filtered('{"next__attrs__color": "red"}', 'id = 2', 'thing');
SELECT excluded('{"attrs__color": "red"}', 'id <> 1', 'thing');
SELECT excluded('{"attrs__has_key": "color"}', 'id IN (3, 4, 5)', 'thing');
SELECT bolt.fetch_json('{"model": "thing", "values_list": ["id", "attrs__color"], "filter": {"attrs__has_key": "color"}, "order_by": ["-attrs__size"]}');
SELECT bolt.fetch('{"model": "thing", "filter": {"id": 1}, "only": ["attrs"]}')::jsonb = jsonb_build_object('id', 1, 'attrs', (SELECT attrs FROM thing WHERE id = 1));
SELECT message_of('{"model": "thing", "filter": {"attrs__has_key": null}}');
SELECT message_of('{"model": "thing", "filter": {"attrs__contains": null}}');
-- a key may be called as a lookup that hstore has not
SELECT filtered('{"attrs__overlap": "a"}', 'false', 'thing');
SELECT sqlstate_of('{"model": "thing", "filter": {"attrs__contains": [1]}}'), sqlstate_of('{"model": "thing", "filter": {"attrs__has_keys": {"a": 1}}}');

--
-- pg_trgm
--
CREATE EXTENSION pg_trgm SCHEMA "Odd schema";
SELECT filtered('{"title__trigram_similar": "Alpha"}', $$ title OPERATOR("Odd schema".%) 'Alpha' $$);
SELECT filtered('{"title__trigram_similar": "gama"}', $$ title OPERATOR("Odd schema".%) 'gama' $$);
SELECT filtered('{"author__username__trigram_similar": "an"}', 'author_id = 1');
SELECT filtered('{"title__lower__trigram_similar": "alpha"}', 'id IN (1, 10)');
SELECT filtered('{"title__trigram_similar": {"F": "author__username"}}', $$ title OPERATOR("Odd schema".%) (SELECT username FROM auth_user u WHERE u.id = author_id) $$);
SELECT excluded('{"title__trigram_similar": "Alpha"}', $$ NOT title OPERATOR("Odd schema".%) 'Alpha' $$);
SELECT filtered('{"email__trigram_similar": "ann@example.com"}', $$ email OPERATOR("Odd schema".%) 'ann@example.com' $$, 'auth_user'), excluded('{"email__trigram_similar": "ann@example.com"}', $$ (email OPERATOR("Odd schema".%) 'ann@example.com') IS NOT TRUE $$, 'auth_user');
-- the setting is the session's
SET pg_trgm.similarity_threshold = 0.9;
SELECT filtered('{"title__trigram_similar": "Alphas"}', 'false');
RESET pg_trgm.similarity_threshold;
SELECT message_of('{"model": "blog_article", "filter": {"title__trigram_similar": null}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__trigram_similar": ["x"]}}');
SELECT message_of('{"model": "blog_article", "filter": {"author__trigram_similar": "x"}}');

--
-- unaccent
--
CREATE EXTENSION unaccent SCHEMA "Odd schema";
SELECT filtered('{"title__unaccent": "Elan"}', 'id = 9');
SELECT filtered('{"title__unaccent__icontains": "ELA"}', 'id = 9');
SELECT filtered('{"title__unaccent__lower__startswith": "el"}', 'id = 9');
SELECT filtered('{"title__unaccent__in": ["Elan", "Beta"]}', 'id IN (2, 9)');
SELECT filtered('{"title__unaccent__length": 4}', 'length(title) = 4');
SELECT filtered('{"username__unaccent": "Eva"}', 'id = 4', 'auth_user');
SELECT excluded('{"title__unaccent": "Elan"}', 'id <> 9');
SELECT checked('{"model": "blog_article", "values": ["title__unaccent"], "filter": {"id": 9}}', $$ SELECT 'Elan' AS title__unaccent $$);
SELECT checked('{"model": "blog_article", "values_list": ["id"], "flat": true, "order_by": ["title__unaccent__lower", "id"]}', $$ SELECT id AS value FROM blog_article ORDER BY lower("Odd schema".unaccent(title)), id $$);
-- both sides, where the other one is a column or wrapped so
SELECT filtered('{"title__unaccent": {"F": "title__unaccent"}}', 'true');
SELECT message_of('{"model": "blog_article", "filter": {"rating__unaccent": 1}}');
SELECT filtered('{"title__unaccent__trigram_similar": "Elan"}', 'id = 9');

--
-- citext: text that is compared without case
--
CREATE EXTENSION citext SCHEMA "Odd schema";
CREATE TABLE ci (id int PRIMARY KEY, t "Odd schema".citext);
INSERT INTO ci VALUES (1, 'Alpha'), (2, 'BETA'), (3, NULL), (4, '50%');
SELECT filtered('{"t": "ALPHA"}', 'id = 1', 'ci'), filtered('{"t__in": ["alpha", "beta"]}', 'id IN (1, 2)', 'ci'), filtered('{"t__iexact": "aLPHA"}', 'id = 1', 'ci'), filtered('{"t__gt": "alpha"}', 'id = 2', 'ci'),
	filtered('{"t__icontains": "ET"}', 'id = 2', 'ci'), filtered('{"t__contains": "0%"}', 'id = 4', 'ci'), filtered('{"t__range": ["ALPHA", "beta"]}', 'id IN (1, 2)', 'ci'), filtered('{"t": null}', 'id = 3', 'ci');
SELECT filtered('{"t__lower": "beta"}', 'id = 2', 'ci'), filtered('{"t__upper__length": 4}', 'id = 2', 'ci'), filtered('{"t__unaccent": "Alpha"}', 'id = 1', 'ci'), excluded('{"t": "ALPHA"}', 'id <> 1', 'ci');
SELECT bolt.fetch_json('{"model": "ci", "distinct": ["t"], "order_by": ["t"], "values_list": ["t"], "flat": true}');
-- compared with a column
SELECT filtered('{"t": {"F": "t"}}', 't IS NOT NULL', 'ci');

-- gone again, within the session
DROP EXTENSION unaccent;
DROP EXTENSION pg_trgm;
SELECT message_of('{"model": "blog_article", "filter": {"title__unaccent": "Elan"}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__trigram_similar": "alpha"}}');

DROP SCHEMA "Odd schema" CASCADE;
DROP SCHEMA lookups_extensions_test CASCADE;
