-- Which SQLSTATE each kind of error has, by every function that can meet it.
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN;

SELECT * FROM no_plan();

CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE article (id int PRIMARY KEY, title varchar(5), born date, author_id int REFERENCES author, editor_id int REFERENCES author);
INSERT INTO author VALUES (1, 'ada'), (2, 'bob');
INSERT INTO article VALUES (1, 'one', '2024-01-01', 1, 1), (2, 'two', NULL, 2, NULL);

CREATE TEMP TABLE expectation (state text, what text, document json);
INSERT INTO expectation VALUES
	('42P01', 'unknown model', '{"model": "nosuch"}'),
	('42P01', 'unknown schema', '{"model": "nosuch.article"}'),
	('42P01', 'a name with too many parts', '{"model": "a.b.c.d"}'),
	('42P01', 'an empty name', '{"model": ""}'),
	('42703', 'unknown field in a filter', '{"model": "article", "filter": {"nosuch": 1}}'),
	('42703', 'unknown field across a relation', '{"model": "article", "filter": {"author__nosuch": 1}}'),
	('42703', 'unknown lookup', '{"model": "article", "filter": {"id__nosuch": 1}}'),
	('42703', 'unknown field in an exclude', '{"model": "article", "exclude": {"nosuch": 1}}'),
	('42703', 'unknown field within OR', '{"model": "article", "filter": {"OR": [{"id": 1}, {"nosuch": 1}]}}'),
	('42703', 'a column behind a column', '{"model": "article", "filter": {"title__id": 1}}'),
	('22023', 'no document: an array', '[]'),
	('22023', 'no document: a number', '1'),
	('22023', 'no document: null', 'null'),
	('22023', 'an empty document', '{}'),
	('22023', 'a model that is no text', '{"model": 1}'),
	('22023', 'unknown key', '{"model": "article", "nosuch": 1}'),
	('22023', 'a filter that is no object', '{"model": "article", "filter": 1}'),
	('22023', 'a negative limit', '{"model": "article", "limit": -1}'),
	('22023', 'a limit that is no number', '{"model": "article", "limit": "1"}'),
	('22023', 'a limit that is no integer', '{"model": "article", "limit": 1.5}'),
	('22P02', 'a text where a number is wanted', '{"model": "article", "filter": {"id": "x"}}'),
	('22P02', 'the same in a list', '{"model": "article", "filter": {"id__in": [1, "x"]}}'),
	('22003', 'a number that is too large', '{"model": "article", "filter": {"id": 99999999999}}'),
	('22007', 'a text that is no date', '{"model": "article", "filter": {"born": "yesterday or so"}}'),
	('22008', 'a date that there is not', '{"model": "article", "filter": {"born": "2024-02-30"}}'),
	('2201B', 'a pattern that is none', '{"model": "article", "filter": {"title__regex": "("}}'),
	('54001', 'nested too deep', ('{"model": "article", "filter": ' || repeat('{"NOT": ', 100) || '{"id": 1}' || repeat('}', 101))::json);

CREATE FUNCTION pg_temp.state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN '00000';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

SELECT is(pg_temp.state_of(format('SELECT bolt.%s(%L::json)', f.name, e.document)), e.state, f.name || ': ' || e.what)
FROM expectation e, unnest(ARRAY['fetch', 'fetch_json', 'get', 'first', 'last', 'count', 'exists', 'in_bulk', 'page']) WITH ORDINALITY AS f(name, n)
ORDER BY e.what, f.n;

SELECT is(pg_temp.state_of(format('SELECT bolt.%s(%L::json)', f.name, '{"model": "article", ' || e.part || '}')), e.state, f.name || ': ' || e.part)
FROM (VALUES
	('42703', '"order_by": ["nosuch"]'), ('42703', '"only": ["nosuch"]'), ('42703', '"defer": ["nosuch"]'), ('42703', '"values": ["nosuch"]'),
	('42703', '"select_related": ["nosuch"]'), ('42703', '"prefetch_related": ["nosuch"]'), ('42703', '"prefetch_related": ["author__nosuch"]'),
	('42703', '"select_related": ["title"]'),
	('22023', '"order_by": 1'), ('22023', '"select_related": "author"'), ('22023', '"prefetch_related": [1]'), ('22023', '"only": [null]'),
	('22023', '"prefetch_related": [{"lookup": "author", "nosuch": 1}]'), ('22023', '"prefetch_related": [{}]'),
	('0A000', '"only": ["id"], "select_related": ["author"]')) AS e(state, part),
	unnest(ARRAY['fetch', 'fetch_json', 'first']) AS f(name);

SELECT is(pg_temp.state_of('SELECT ' || call), state, call)
FROM (VALUES
	('P0002', $$bolt.get('{"model": "article"}', '{"id": 9}')$$),
	('P0002', $$bolt.get('{"model": "article", "filter": {"id": 9}}')$$),
	('P0002', $$bolt.earliest('{"model": "article", "filter": {"id": 9}}', 'id')$$),
	('P0003', $$bolt.get('{"model": "article"}')$$),
	('00000', $$bolt.first('{"model": "article", "filter": {"id": 9}}')$$),
	('0A000', $$bolt.get('{"model": "article", "limit": 1}', '{"id": 1}')$$),
	('0A000', $$bolt.last('{"model": "article", "limit": 1}')$$),
	('0A000', $$bolt.in_bulk('{"model": "article", "limit": 1}')$$),
	('0A000', $$bolt.contains('{"model": "article", "limit": 1}', '1')$$),
	('0A000', $$bolt.contains('{"model": "article", "values": ["id"]}', '1')$$),
	('22P02', $$bolt.contains('{"model": "article"}', '"x"')$$),
	('22P02', $$bolt.in_bulk('{"model": "article"}', '["x"]')$$),
	('42703', $$bolt.in_bulk('{"model": "article"}', '[1]', 'nosuch')$$),
	('42703', $$bolt.latest('{"model": "article"}', 'nosuch')$$),
	('22023', $$bolt.page('{"model": "article"}', 0)$$),
	('22023', $$bolt.page('{"model": "article"}', 1, 0)$$),
	('22023', $$bolt.page('{"model": "article"}', 1, 1, 'nosuch')$$),
	('22023', $$bolt.get('{"model": "article"}', '[1, 2, {}, "x"]')$$),
	('42702', $$bolt.fetch_json('{"model": "author", "prefetch_related": ["article_set"]}')$$)) AS c(state, call);

SELECT * FROM finish();
ROLLBACK;
