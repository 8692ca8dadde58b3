-- Lookups of text beyond those of filter.sql: full text search, expressions as their values, texts that
-- annotations and other types give.
CREATE SCHEMA lookups_text_test;
SET search_path = lookups_text_test;
\i sql/fixture/blog.sql

--
-- search: full text, by the session's configuration
--
SET default_text_search_config = 'pg_catalog.english';
CREATE TABLE page (id int PRIMARY KEY, title varchar(40), body text, words tsvector, next_id int REFERENCES page);
INSERT INTO page VALUES
	(1, 'Cats and dogs', 'The cat runs from the dogs.', to_tsvector('cat run dog'), NULL),
	(2, 'A running man', 'He ran a marathon.', to_tsvector('man run marathon'), 1),
	(3, NULL, NULL, NULL, 2),
	(4, 'Operators', 'cat & dog | !bird:*', to_tsvector('operators'), 3);
SELECT filtered('{"body__search": "cat"}', $$ to_tsvector(body) @@ to_tsquery('cat') $$, 'page');
SELECT filtered('{"body__search": "Running Cats"}', $$ to_tsvector(body) @@ to_tsquery('run & cat') $$, 'page');
SELECT filtered('{"title__search": "man"}', $$ to_tsvector(title) @@ to_tsquery('man') $$, 'page');
SELECT filtered('{"words__search": "dogs"}', $$ words @@ to_tsquery('dog') $$, 'page');
SELECT filtered('{"next__body__search": "dogs"}', 'id = 2', 'page');
-- what means something to to_tsquery is a character here
SELECT filtered('{"body__search": "cat & !dog"}', $$ to_tsvector(body) @@ plainto_tsquery('cat & !dog') $$, 'page');
SELECT filtered('{"body__search": "''); DROP TABLE page; --"}', 'false', 'page');
SELECT filtered('{"body__search": ""}', 'false', 'page');
SELECT filtered('{"body__search": {"F": "title"}}', 'to_tsvector(body) @@ plainto_tsquery(title)', 'page');
-- a null is no document: negated it stays
SELECT excluded('{"body__search": "cat"}', $$ (to_tsvector(body) @@ to_tsquery('cat')) IS NOT TRUE $$, 'page');
SELECT excluded('{"words__search": "cat"}', $$ (words @@ to_tsquery('cat')) IS NOT TRUE $$, 'page');
-- other types by their text
SELECT filtered('{"id__search": 4}', 'id = 4', 'page');
SET default_text_search_config = 'pg_catalog.simple';
SELECT filtered('{"body__search": "runs"}', 'id = 1', 'page'), filtered('{"body__search": "run"}', 'false', 'page');
SELECT refused('{"model": "page", "filter": {"body__search": null}}');
SELECT refused('{"model": "page", "filter": {"body__search": ["cat"]}}');

--
-- A column as what a text is compared with: its % and _ are characters as well
--
CREATE TABLE pair (id int PRIMARY KEY, a text, b text, n int);
INSERT INTO pair VALUES
	(1, 'alphabet', 'alpha', 1), (2, 'alphabet', 'bet', 2), (3, 'alphabet', 'hab', 3), (4, 'Alphabet', 'ALPHABET', 4),
	(5, '100% sure', '0%', 5), (6, '1000 sure', '0%', 6), (7, 'a_b', '_', 7), (8, 'ab', '_', 8),
	(9, 'a\b', '\', 9), (10, 'x', NULL, 10), (11, NULL, 'x', 11), (12, 'no12', '', 12);
SELECT filtered('{"a": {"F": "b"}}', 'a = b', 'pair');
SELECT filtered('{"a__iexact": {"F": "b"}}', 'lower(a) = lower(b)', 'pair');
SELECT filtered('{"a__contains": {"F": "b"}}', 'strpos(a, b) > 0', 'pair');
SELECT filtered('{"a__icontains": {"F": "b"}}', 'strpos(lower(a), lower(b)) > 0', 'pair');
SELECT filtered('{"a__startswith": {"F": "b"}}', 'left(a, length(b)) = b', 'pair');
SELECT filtered('{"a__istartswith": {"F": "b"}}', 'lower(left(a, length(b))) = lower(b)', 'pair');
SELECT filtered('{"a__endswith": {"F": "b"}}', $$ right(a, length(b)) = b $$, 'pair');
SELECT filtered('{"a__iendswith": {"F": "b"}}', $$ lower(right(a, length(b))) = lower(b) $$, 'pair');
SELECT filtered('{"b__regex": {"F": "b"}, "id__lt": 9}', $$ b ~ b AND id < 9 $$, 'pair');
SELECT filtered('{"a__contains": {"F": "n"}}', 'strpos(a, n::text) > 0', 'pair');
SELECT filtered('{"n__contains": {"F": "n"}}', 'true', 'pair');
SELECT filtered('{"a__gt": {"F": "b"}}', 'a > b', 'pair');
-- and negated
SELECT excluded('{"a": {"F": "b"}}', 'a = b IS NOT TRUE', 'pair');
SELECT excluded('{"a__contains": {"F": "b"}}', '(strpos(a, b) > 0) IS NOT TRUE', 'pair');
-- expressions of it
SELECT filtered('{"a__contains": {"Lower": "b"}}', 'strpos(a, lower(b)) > 0', 'pair');
SELECT filtered('{"a__startswith": {"Concat": ["b", {"Value": "b"}]}}', $$ left(a, length(b) + 1) = b || 'b' $$, 'pair');
SELECT filtered('{"a__iexact": {"Value": "X"}}', $$ lower(a) = 'x' $$, 'pair');
SELECT filtered('{"a__contains": {"Value": "0%"}}', 'id = 5', 'pair');
SELECT filtered('{"a__regex": {"Value": "^a.b$"}}', $$ a ~ '^a.b$' $$, 'pair');
SELECT filtered('{"a__iregex": {"Concat": [{"Value": "^"}, "b", {"Value": "$"}]}}', $$ id = 4 $$, 'pair', 'filter');
SELECT filtered('{"a__in": [{"F": "b"}, "x", {"Upper": "b"}]}', $$ a IN (b, 'x', upper(b)) $$, 'pair');
SELECT filtered('{"a__range": [{"F": "b"}, "alphabet"]}', $$ a BETWEEN b AND 'alphabet' $$, 'pair');

--
-- Texts of other types: as they are written
--
CREATE TABLE other (id int PRIMARY KEY, doc jsonb, plain json, words text[], span int4range, name name, ch char(4), flag boolean);
INSERT INTO other VALUES
	(1, '"Alpha"', '"Alpha"', '{ab,cd}', '[1,5)', 'alpha', 'ab', true), (2, '{"k": "v"}', '{"k":"v"}', '{}', 'empty', '', '', false),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
-- a JSON text without its quotes
SELECT filtered('{"doc__startswith": "Al"}', $$ doc #>> '{}' LIKE 'Al%' $$, 'other');
SELECT filtered('{"doc__iexact": "ALPHA"}', 'id = 1', 'other');
SELECT filtered('{"doc__icontains": "\"K\""}', $$ doc::text ILIKE '%"k"%' $$, 'other');
SELECT filtered('{"plain__icontains": "K"}', $$ plain::text ILIKE '%k%' $$, 'other');
SELECT filtered('{"name__icontains": "LPH"}', $$ name::text LIKE '%lph%' $$, 'other');
SELECT filtered('{"ch__endswith": "b"}', $$ ch::text LIKE '%b' $$, 'other');
SELECT filtered('{"flag__startswith": "t"}', 'flag', 'other');
SELECT filtered('{"words__icontains": "AB"}', $$ words::text ILIKE '%ab%' $$, 'other');
SELECT filtered('{"span__icontains": "1,"}', $$ span::text ILIKE '%1,%' $$, 'other');

--
-- Texts that are computed
--
SELECT checked('{"model": "blog_article", "annotate": {"by": {"F": "author__username"}}, "filter": {"by__istartswith": "B"}, "values_list": ["id"], "flat": true, "order_by": ["id"]}',
	'SELECT id AS value FROM blog_article WHERE author_id = 2 ORDER BY id');
SELECT checked('{"model": "blog_article", "alias": {"line": {"Concat": ["author__username", {"Value": ": "}, "title"]}}, "filter": {"line__endswith": "n: Beta"}, "values_list": ["id"], "flat": true}',
	'SELECT 2 AS value');
SELECT checked('{"model": "blog_article", "alias": {"up": {"Upper": "title"}}, "exclude": {"up__regex": "^[A-Z]+$"}, "values_list": ["title"], "flat": true, "order_by": ["id"]}',
	$$ SELECT title AS value FROM blog_article WHERE upper(title) !~ '^[A-Z]+$' ORDER BY id $$);

DROP SCHEMA lookups_text_test CASCADE;
