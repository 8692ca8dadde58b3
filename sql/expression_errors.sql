-- Expressions that are none, or that cannot be: errors in Django's words with the place, never internal ones.
CREATE SCHEMA expression_errors_test;
SET search_path = expression_errors_test;
\i sql/fixture/blog.sql

CREATE FUNCTION annotation_refused(expression text) RETURNS text LANGUAGE sql AS $$
	SELECT refused(format('{"model": "blog_article", "annotate": {"x": %s}}', expression)) $$;
CREATE FUNCTION annotation_message(expression text) RETURNS text LANGUAGE sql AS $$ SELECT split_part(annotation_refused(expression), E'\n', 1) $$;
-- How it fails as an annotation, as the value of a filter and in order_by.
CREATE FUNCTION states(expression text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', sqlstate_of(format('{"model": "blog_article", "annotate": {"x": %s}}', expression)), sqlstate_of(format('{"model": "blog_article", "filter": {"id": %s}}', expression)),
		sqlstate_of(format('{"model": "blog_article", "order_by": [{"expr": %s}]}', expression))) $$;

--
-- What is no expression
--
SELECT annotation_refused('{"Nothing": "id"}');
SELECT annotation_message('{"lower": "title"}');
SELECT annotation_message('{"filter": {"id": 1}, "Count": "*"}');
SELECT annotation_message('{}');
SELECT annotation_message('[]');
SELECT annotation_message('["id"]');
SELECT annotation_message('{"pg_sleep": 1}');
SELECT annotation_message('{"Lower(title); --": "id"}');
SELECT annotation_message('{"": 1}');
-- where a filter takes a value, what begins with no expression's name is one, of the wrong kind
SELECT refused('{"model": "blog_article", "filter": {"title": {"Nothing": "id"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"title": {"lower": "title"}}}');
SELECT refused('{"model": "blog_article", "order_by": [{"expr": {"Nothing": "id"}}]}') LIKE '22023: unknown expression "Nothing"%';
SELECT message_of('{"model": "blog_article", "order_by": [{"expr": 1}]}');
SELECT message_of('{"model": "blog_article", "order_by": [{"expr": null}]}');

--
-- Options: which there are, and of which kind
--
SELECT annotation_refused('{"Lower": "title", "distinct": true}');
SELECT annotation_refused('{"Count": "id", "type": "int"}');
SELECT annotation_refused('{"F": "id", "x": 1}');
SELECT annotation_message('{"Value": 1, "output_field": "int"}');
SELECT annotation_message('{"Lower": "title", "Upper": "title"}');
SELECT annotation_message('{"Case": [], "else": 1}');
SELECT annotation_message('{"Add": ["id", 1], "default": 0}');
SELECT annotation_message('{"Count": "id", "filter": "x"}');
SELECT annotation_message('{"Count": "id", "filter": [{"id": 1}]}');
SELECT annotation_message('{"Count": "id", "distinct": "yes"}');
SELECT annotation_message('{"ArrayAgg": "id", "order_by": "id"}');
SELECT annotation_message('{"ArrayAgg": "id", "order_by": [1]}');
SELECT annotation_refused('{"Count": "id", "default": 0}');
SELECT annotation_message('{"Count": "comments", "default": 0}');
SELECT annotation_message('{"Cast": "id", "type": 1}');
SELECT annotation_message('{"Trunc": "published", "kind": ["year"]}');
SELECT annotation_message('{"Count": "id", "distinct": true, "distinct": true}');

--
-- How many operands
--
SELECT annotation_refused('{"Lower": []}');
SELECT annotation_message('{"Lower": ["title", "title"]}');
SELECT annotation_message('{"Add": ["id"]}');
SELECT annotation_message('{"Add": "id"}');
SELECT annotation_message('{"Coalesce": "id"}');
SELECT annotation_message('{"NullIf": ["id"]}');
SELECT annotation_message('{"NullIf": ["id", 1, 2]}');
SELECT annotation_message('{"Substr": ["title"]}');
SELECT annotation_message('{"Substr": ["title", 1, 2, 3]}');
SELECT annotation_message('{"Replace": ["title"]}');
SELECT annotation_message('{"Round": ["id", 1, 2]}');
SELECT annotation_message('{"Count": []}');
SELECT annotation_message('{"Count": ["id", "title"]}');
SELECT annotation_message('{"StringAgg": ["title", {"Value": ","}, 1]}');
SELECT annotation_message('{"Now": 1}');
SELECT annotation_message('{"Random": ["id"]}');
SELECT annotation_refused('{"Sum": "*"}');
SELECT annotation_message('{"Lower": "*"}');
-- operands that are none
SELECT annotation_message('{"Add": ["id", ["id"]]}');
SELECT annotation_message('{"Add": ["id", {}]}');
SELECT annotation_message('{"F": 1}');
SELECT annotation_message('{"F": {"F": "id"}}');
SELECT annotation_message('{"OuterRef": null}');

--
-- Paths
--
SELECT annotation_refused('{"F": "nothing"}');
SELECT annotation_refused('{"Upper": {"Trim": "author__nothing"}}');
SELECT annotation_message('"title__nothing"');
SELECT annotation_message('{"F": ""}');
SELECT annotation_message('{"F": "author__"}');
SELECT annotation_message('{"F": "id; DROP TABLE blog_article"}');
SELECT annotation_message('{"Count": "nothing"}');
SELECT annotation_message('{"Count": "comments__nothing"}');
SELECT annotation_message('{"Count": "comments", "filter": {"nothing": 1}}');
SELECT annotation_message('{"ArrayAgg": "comments__id", "order_by": ["nothing"]}');
SELECT annotation_message('{"Case": [{"when": {"nothing": 1}, "then": 1}]}');
SELECT refused('{"model": "blog_article", "filter": {"OR": [{"id": {"Add": [1, {"F": "nothing"}]}}]}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__in": [1, {"F": "nothing"}]}}');
SELECT message_of('{"model": "blog_article", "order_by": [{"expr": {"Lower": "nothing"}}]}');
-- a key of several columns is no value
CREATE TABLE place (country text, code int, name text, PRIMARY KEY (country, code));
SELECT message_of('{"model": "place", "annotate": {"x": {"F": "pk"}}}'), message_of('{"model": "place", "filter": {"name": {"F": "pk"}}}');
SELECT refused('{"model": "place", "filter": {"pk": {"F": "code"}}}');
SELECT message_of(format('{"model": "place", "filter": %s}', q)) FROM unnest(ARRAY[
	'{"name": "x", "pk": {"F": "code"}}', '{"name": "x", "pk__exact": {"F": "code"}}', '{"NOT": {"pk": {"F": "code"}}}', '{"pk": {"Add": ["code", 1]}}', '{"pk": {"Case": [{"when": {"code": 1}, "then": 1}]}}',
	'{"pk": {"Subquery": {"model": "place", "values": ["code"]}}}', '{"Exists": {"model": "place", "filter": {"pk": {"OuterRef": "code"}}}}', '{"pk__in": [["x", 1], {"F": "code"}]}', '{"pk__in": [["x", {"F": "code"}]]}',
	'{"pk__in": {"Subquery": {"model": "place", "values": ["code"]}}}', '{"pk": ["x", {"F": "code"}]}', '{"pk": {"Value": "x"}}', '{"pk__gt": {"F": "code"}}', '{"OR": [{"name": "x"}, {"pk": {"F": "code"}}]}']) q;
SELECT message_of('{"model": "place", "exclude": {"pk": {"F": "code"}}}'), message_of('{"model": "place", "annotate": {"n": {"Case": [{"when": {"pk": {"F": "code"}}, "then": 1}]}}}');
SELECT message_of('{"model": "place", "filter": {"pk": {"F": "pk"}}}');
-- but a value of as many members is one
SELECT bolt.count('{"model": "place", "filter": {"name": "x", "pk": {"Value": ["x", 1]}}}');

--
-- Case
--
SELECT annotation_refused('{"Case": {"when": {"id": 1}, "then": 1}}');
SELECT annotation_refused('{"Case": [{"when": {"id": 1}}]}');
SELECT annotation_message('{"Case": [{"then": 1}]}');
SELECT annotation_message('{"Case": [{"when": {"id": 1}, "then": 1, "else": 2}]}');
SELECT annotation_message('{"Case": [1]}');
SELECT annotation_message('{"Case": [{"when": 1, "then": 1}]}');
SELECT annotation_message('{"Case": [{"when": {"id": "x"}, "then": 1}]}');
SELECT annotation_message('{"Case": [{"when": {"id": 1}, "then": "nothing"}]}');

--
-- Annotations: before they are there, of themselves, behind them
--
SELECT refused('{"model": "blog_article", "chain": [{"filter": {"n": 1}}, {"annotate": {"n": {"Count": "comments"}}}]}');
SELECT message_of('{"model": "blog_article", "annotate": {"a": {"F": "b"}, "b": {"F": "id"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"a": {"F": "a"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"a": {"Value": 1}}, "filter": {"a__nothing": 1}}');
SELECT message_of('{"model": "blog_article", "annotate": {"a": {"Value": 1}}, "filter": {"a__b__c": 1}}');
SELECT message_of('{"model": "blog_article", "annotate": {"a": {"F": "author__username"}}, "filter": {"a__id": 1}}');

--
-- Aggregates where none may be
--
-- one of another
SELECT annotation_message('{"Sum": {"Count": "comments"}}');
SELECT message_of('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"annotate": {"m": {"Max": "n"}}}]}');
SELECT message_of('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Max": {"Add": [{"Count": "*"}, 1]}}}}]}');
-- in a condition
SELECT message_of('{"model": "blog_article", "filter": {"id": {"Count": "*"}}}') NOT LIKE 'XX%', message_of('{"model": "blog_article", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}, {"filter": {"rating": {"Max": "rating"}}}]}') NOT LIKE 'XX%';
SELECT states('{"Sum": {"Sum": "id"}}'), states('{"Lower": {"RowNumber": []}}');
-- no group of them
SELECT message_of('{"model": "auth_user", "chain": [{"values": ["manager"]}, {"annotate": {"x": {"ArrayAgg": "articles__id"}}}]}');
SELECT message_of('{"model": "auth_user", "chain": [{"values": ["manager"]}, {"annotate": {"x": {"Count": "articles", "distinct": true}}}]}');

--
-- Types that do not go together: the server says so, in the state that stands for it
--
SELECT states('{"Add": ["title", 1]}'), states('{"Mul": ["title", "title"]}'), states('{"Add": ["published", {"F": "published"}]}'), states('{"Mod": ["title", 2]}');
SELECT states('{"Lower": "id"}'), states('{"Length": "published"}'), states('{"Trim": "rating"}'), states('{"Left": ["title", {"Value": "x"}]}'), states('{"Substr": ["title", "title"]}'), states('{"Abs": "title"}'), states('{"Round": "title"}'), states('{"Ceil": "published"}');
SELECT states('{"Coalesce": ["title", "id"]}'), states('{"Greatest": ["id", "published"]}'), states('{"NullIf": ["id", "title"]}'), states('{"Case": [{"when": {"id": 1}, "then": "title"}], "default": "id"}'), states('{"Coalesce": ["id", {"Value": "x"}]}');
SELECT states('{"Trunc": "id", "kind": "year"}'), states('{"Extract": "title", "kind": "year"}'), states('{"Extract": {"Value": 1}, "kind": "year"}'), states('{"Trunc": "title", "kind": "day"}');
SELECT states('{"Sum": "title"}'), states('{"Avg": "published"}'), states('{"BoolAnd": "id"}'), states('{"StdDev": "title"}'), states('{"StringAgg": ["title", 1]}');
SELECT states('{"Div": ["id", 0]}'), states('{"Mod": ["id", 0]}'), states('{"Pow": [0, -1]}'), states('{"Mul": ["id", 2147483647]}'), states('{"Add": [{"Cast": "id", "type": "bigint"}, 9223372036854775807]}');
SELECT sqlstate_of('{"model": "blog_article", "filter": {"title": {"F": "id"}}}'), sqlstate_of('{"model": "blog_article", "filter": {"published": {"F": "id"}}}'), sqlstate_of('{"model": "blog_article", "filter": {"id__in": [{"F": "title"}]}}'), sqlstate_of('{"model": "blog_article", "filter": {"id__range": [{"F": "title"}, 1]}}');
SELECT sqlstate_of('{"model": "blog_article", "filter": {"id": {"Value": "x"}}}'), sqlstate_of('{"model": "blog_article", "filter": {"id": {"Value": [1]}}}'), sqlstate_of('{"model": "blog_article", "filter": {"id": {"Value": {}}}}'), sqlstate_of('{"model": "blog_article", "filter": {"published": {"Value": "2023-02-30"}}}');

--
-- Lookups that take no expression, or no list of them
--
SELECT refused('{"model": "blog_article", "filter": {"id__isnull": {"F": "id"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__in": {"F": "id"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__range": {"F": "id"}}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__range": [{"F": "id"}]}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__range": [{"F": "id"}, 1, 2]}}');
SELECT message_of('{"model": "blog_article", "filter": {"id": [{"F": "id"}]}}');
SELECT message_of('{"model": "blog_article", "filter": {"id__gt": [1, {"F": "id"}]}}');
SELECT message_of('{"model": "blog_article", "filter": {"title__contains": [{"F": "title"}]}}');
SELECT message_of('{"model": "blog_article", "filter": {"author": {"F": "tags"}}}') NOT LIKE 'XX%';

--
-- Cast: types that are none, and what would be SQL
--
SELECT annotation_refused('{"Cast": "id"}');
SELECT annotation_message('{"Cast": "id", "type": "nothing"}');
-- those that are taken, or refused in another state than a type that does not exist (42704) or none that could (22023)
CREATE FUNCTION cast_state(type text) RETURNS text LANGUAGE sql AS $$ SELECT sqlstate_of(format('{"model": "blog_article", "annotate": {"x": {"Cast": "id", "type": %s}}}', to_json(type))) $$;
SELECT left(type, 40), cast_state(type)
	FROM unnest(ARRAY['', ' ', 'int)', 'int; DROP TABLE blog_article', 'int) FROM pg_authid --', 'int) || pg_sleep(1', 'int DEFAULT 1', 'int COLLATE "C"', 'int, int', 'int /* x */ + 1', '(SELECT 1)', 'SETOF int', 'int::text', '1', 'blog_article.id%TYPE', 'nothing[]', 'pg_catalog.nothing',
		'"int', 'int''', E'int\n)', '$1', '*', 'a.b.c.d', 'numeric(', 'numeric(1,2,3,4)', 'varchar(0)', 'numeric(5000)', 'numeric(id)', 'void', 'cstring', 'anyelement', 'record', 'trigger', 'unknown', repeat('x', 100000), repeat('[]', 1000)]) type
	WHERE cast_state(type) NOT IN ('22023', '42704');
SELECT states('{"Cast": "title", "type": "int"}'), states('{"Cast": "published", "type": "int"}'), states('{"Cast": {"Value": "x"}, "type": "int"}'), states('{"Cast": "id", "type": "regclass"}');
-- spaces, comments and case of a type's name are its own
SELECT states('{"Cast": "id", "type": " INTEGER "}'), states('{"Cast": "id", "type": "Double   Precision"}');
SELECT bolt.count('{"model": "blog_article"}') AS "still there";

--
-- Trunc and Extract: kinds
--
SELECT annotation_refused('{"Trunc": "published"}');
SELECT annotation_refused('{"Trunc": "published", "kind": "century"}');
SELECT annotation_refused('{"Extract": "published", "kind": "epoch"}');
SELECT kind, annotation_message(format('{"Trunc": "published", "kind": %s}', to_json(kind))) LIKE '22023: unknown kind%' AS trunc, annotation_message(format('{"Extract": "published", "kind": %s}', to_json(kind))) LIKE '22023: unknown kind%' AS extract
	FROM unnest(ARRAY['', 'YEAR', 'year ', 'years', 'month'', published) --', 'dow', 'millennium', 'timezone', '%s']) kind;

--
-- Deep and wide
--
CREATE FUNCTION nested(depth int, before text, innermost text, after text) RETURNS text LANGUAGE sql AS $$ SELECT repeat(before, depth) || innermost || repeat(after, depth) $$;
SELECT bolt.fetch(format('{"model": "blog_article", "filter": {"id": 1}, "annotate": {"x": %s}, "values": ["x"]}', nested(50, '{"Abs": ', '"id"', '}'))::json);
SELECT bolt.fetch(format('{"model": "blog_article", "filter": {"id": 1}, "annotate": {"x": %s}, "values": ["x"]}', nested(45, '{"Add": [', '"id"', ', 1]}'))::json);
SELECT bolt.fetch(format('{"model": "blog_article", "filter": {"id": 1}, "annotate": {"x": %s}, "values": ["x"]}', nested(45, '{"Coalesce": [', '"title"', ', {"Value": "x"}]}'))::json);
SELECT bolt.fetch(format('{"model": "blog_article", "filter": {"id": 1}, "annotate": {"x": %s}, "values": ["x"]}', nested(20, '{"Case": [{"when": {"id": 2}, "then": 0}], "default": ', '"id"', '}'))::json);
SELECT bolt.count(format('{"model": "blog_article", "filter": %s}', nested(10, '{"Exists": {"model": "blog_article", "filter": ', '{"id": {"OuterRef": "id"}}', '}}'))::json);
SELECT bolt.count(format('{"model": "blog_article", "filter": {"id": %s}}', nested(45, '{"Sub": [', '"id"', ', 0]}'))::json);
-- each annotation names the one before
SELECT bolt.fetch(format('{"model": "blog_tag", "filter": {"id": 1}, "annotate": {"a0": {"F": "id"}, %s}, "values": ["a50"]}', (SELECT string_agg(format('"a%s": {"Add": ["a%s", 1]}', i, i - 1), ', ') FROM generate_series(1, 50) i))::json);
SELECT length(bolt.fetch_json(format('{"model": "blog_article", "filter": {"id": 1}, "annotate": {"x": {"Concat": [%s]}}, "values_list": ["x"], "flat": true}', (SELECT string_agg('"title"', ', ') FROM generate_series(1, 500)))::json) ->> 0);
SELECT bolt.count(format('{"model": "blog_article", "annotate": {"x": {"Case": [%s]}}, "filter": {"x": 7}}', (SELECT string_agg(format('{"when": {"id": %s}, "then": %1$s}', i), ', ') FROM generate_series(1, 500) i))::json);
-- too deep for the setting, as any document
SET bolt_orm.max_depth = 20;
SELECT split_part(refused(format('{"model": "blog_article", "annotate": {"x": %s}}', nested(30, '{"Abs": ', '"id"', '}'))), E'\n', 1);
RESET bolt_orm.max_depth;
SELECT sqlstate_of(format('{"model": "blog_article", "annotate": {"x": %s}}', nested(5000, '{"Abs": ', '"id"', '}'))), sqlstate_of(format('{"model": "blog_article", "annotate": {"x": %s}}', nested(5000, '{"Case": [], "default": ', '1', '}'))), sqlstate_of(format('{"model": "blog_article", "filter": %s}', nested(2000, '{"Exists": {"model": "blog_tag", "filter": ', '{}', '}}')));
-- and at the setting's most
SET bolt_orm.max_depth = 1000;
SELECT sqlstate_of(format('{"model": "blog_article", "annotate": {"x": %s}}', nested(900, '{"Abs": ', '"id"', '}'))) IN ('no error', '54001'), sqlstate_of(format('{"model": "blog_article", "annotate": {"x": %s}}', nested(400, '{"Add": [', '"id"', ', 0]}'))) IN ('no error', '54001'),
	sqlstate_of(format('{"model": "blog_article", "filter": %s}', nested(300, '{"Exists": {"model": "blog_tag", "filter": ', '{}', '}}'))) IN ('no error', '54000', '54001'), sqlstate_of(format('{"model": "blog_article", "annotate": {"x": %s}}', nested(300, '{"Case": [{"when": {"id": 2}, "then": 0}], "default": ', '"id"', '}'))) IN ('no error', '54001');
RESET bolt_orm.max_depth;

--
-- No expression with any kind of JSON is an internal error, nor one of syntax
--
CREATE TABLE outcome (expression text, sample text, state text);
INSERT INTO outcome
	SELECT name, sample, unnest(string_to_array(states(format('{%s: %s}', to_json(name), sample)), ' '))
	FROM unnest('{F,OuterRef,Value,Subquery,Exists,Case,Window,Add,Sub,Mul,Div,Mod,Pow,Cast,Coalesce,Greatest,Least,NullIf,Lower,Upper,Length,Trim,Concat,Substr,Left,Right,Replace,Round,Ceil,Floor,Abs,Now,Random,Trunc,Extract,RowNumber,Rank,DenseRank,Lag,Lead,NTile,FirstValue,LastValue,Count,Sum,Avg,Min,Max,StdDev,Variance,ArrayAgg,StringAgg,JSONAgg,BoolAnd,BoolOr}'::text[]) name,
		unnest(ARRAY['null', 'true', '0', '1.5', '"id"', '"title"', '"tags"', '"author"', '"*"', '""', '[]', '["id"]', '["id", "id"]', '["title", 1]', '["title", "title", "title"]', '[null, null]', '[[]]', '{}', '{"x": 1}', '{"Value": null}', '{"Count": "*"}', '{"Window": {"RowNumber": []}}', '{"model": "blog_tag"}', '{"OuterRef": "id"}']) sample;
SELECT count(*) > 4000 AS outcomes, count(*) FILTER (WHERE state LIKE 'XX%' OR state = '42601' OR state LIKE '08%') AS internal FROM outcome;
SELECT expression, sample, state FROM outcome WHERE state LIKE 'XX%' OR state = '42601' LIMIT 20;
SELECT bolt.count('{"model": "blog_article"}') AS "still there";

DROP SCHEMA expression_errors_test CASCADE;
