-- Expressions: F, Value, arithmetic, Case and the functions, as annotations, as values of filters and in order_by.
CREATE SCHEMA expressions_test;
SET search_path = expressions_test;
\i sql/fixture/blog.sql

CREATE TABLE item (
	id int PRIMARY KEY, name text, note varchar(20), n int, big bigint, small smallint, price numeric(10, 2), weight double precision,
	flag boolean, day date, at timestamptz, local timestamp, span interval, doc jsonb, tags text[]);
INSERT INTO item VALUES
	(1, 'Apple', ' red ', 7, 9007199254740993, 3, 1.25, 0.5, true, '2024-02-29', '2024-02-29 12:34:56.789+00', '2024-02-29 12:34:56.789', '1 day', '{"a": 1}', '{x,y}'),
	(2, 'pear', NULL, -2, -1, -3, -10.50, -2.5, false, '2023-12-31', '2023-12-31 23:59:59+00', '2023-12-31 23:59:59', '-1 hour', '[]', '{}'),
	(3, 'Élan''s "x"', '', 0, 0, 0, 0, 0, NULL, '2025-01-01', '2025-01-01 00:00:00+00', '2025-01-01 00:00:00', '0', 'null', NULL),
	(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- The value of an expression for each item, beside the same of SQL where the two differ.
CREATE FUNCTION computed(expression text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
	wanted text;
BEGIN
	got := bolt.fetch_json(format('{"model": "item", "annotate": {"x": %s}, "values_list": ["x"], "flat": true, "order_by": ["id"]}', expression)::json);
	EXECUTE format('SELECT json_agg(%s ORDER BY id) FROM item t', sql) INTO wanted;
	RETURN got || CASE WHEN got::jsonb::text IS DISTINCT FROM wanted::jsonb::text THEN ' DIFFERS FROM ' || wanted ELSE '' END;
END $$;

--
-- F
--
SELECT computed('{"F": "name"}', 'name');
SELECT computed('"name"', 'name');
SELECT computed('{"F": "pk"}', 'id');
SELECT computed('{"F": "name__length"}', 'length(name)');
SELECT computed('{"F": "doc__a"}', $$ doc -> 'a' $$);
SELECT computed('{"F": "tags__0"}', 'tags[1]');
SELECT computed('{"F": "day__year"}', 'extract(year FROM day)::int');
-- any type comes out as its column does
SELECT computed(format('{"F": %s}', to_json(f)), f) FROM unnest('{big,small,price,weight,flag,day,at,local,span,doc,tags}'::text[]) f;
-- through relations
SELECT checked('{"model": "blog_article", "annotate": {"by": {"F": "author__username"}, "city": {"F": "author__profile__city__name"}, "e": {"F": "editor"}}, "values": ["id", "by", "city", "e"], "order_by": ["id"], "limit": 4}',
	$$ SELECT a.id, u.username AS by, c.name AS city, a.editor_id AS e FROM blog_article a JOIN auth_user u ON u.id = author_id LEFT JOIN auth_profile p ON p.user_id = u.id LEFT JOIN geo_city c ON c.id = p.city_id ORDER BY a.id LIMIT 4 $$);

--
-- Value: a number has the type of its digits, a text that of its place
--
SELECT computed('{"Value": 1}', '1'), computed('7', '7'), computed('1.50', '1.50'), computed('{"Value": 1e3}', '1e3'), computed('{"Value": 9007199254740993}', '9007199254740993'), computed('{"Value": -3}', '-3');
SELECT computed('{"Value": "x"}', $$ 'x'::text $$), computed('{"Value": ""}', $$ ''::text $$), computed('{"Value": "''; DROP TABLE item; --"}', $$ '''; DROP TABLE item; --'::text $$), computed('{"Value": "$1"}', $$ '$1'::text $$);
SELECT computed('{"Value": true}', 'true'), computed('false', 'false'), computed('{"Value": null}', 'NULL::text'), computed('null', 'NULL::text');
SELECT computed('{"Value": {"a": [1, "b"]}}', $$ '{"a": [1, "b"]}'::jsonb $$), computed('{"Value": [1, 2]}', $$ '[1, 2]'::jsonb $$), computed('{"Value": {"F": "name"}}', $$ '{"F": "name"}'::jsonb $$);
-- one shape, another value each time
SELECT computed('{"Value": "a"}', $$ 'a'::text $$), computed('{"Value": "b"}', $$ 'b'::text $$), computed('{"Value": 1}', '1'), computed('{"Value": 2}', '2'), computed('{"Value": 2.5}', '2.5'), computed('{"Value": 3000000000}', '3000000000');

--
-- Arithmetic, which is that of the types
--
SELECT computed('{"Add": ["n", {"Value": 1}]}', 'n + 1'), computed('{"Sub": ["n", 1]}', 'n - 1'), computed('{"Mul": ["n", "small"]}', 'n * small'), computed('{"Div": ["n", 2]}', 'n / 2'), computed('{"Mod": ["n", 4]}', 'n % 4'), computed('{"Pow": ["n", 2]}', 'n ^ 2');
SELECT computed('{"Add": ["big", 1]}', 'big + 1'), computed('{"Mul": ["price", 2]}', 'price * 2'), computed('{"Div": ["price", 4]}', 'price / 4'), computed('{"Mul": ["price", 1.1]}', 'price * 1.1'), computed('{"Add": ["weight", 1]}', 'weight + 1'), computed('{"Mul": ["weight", "n"]}', 'weight * n'),
	computed('{"Div": [{"F": "n"}, {"Value": 2.0}]}', 'n / 2.0');
-- several operands, from the left
SELECT computed('{"Sub": [10, "n", 1]}', '10 - n - 1'), computed('{"Div": [100, 5, 2]}', '100 / 5 / 2'), computed('{"Add": ["n", "small", "big", 1]}', 'n + small + big + 1'), computed('{"Pow": [2, 3, 2]}', '2 ^ 3 ^ 2');
-- within one another: parentheses where they are needed
SELECT computed('{"Mul": [{"Add": ["n", 1]}, {"Sub": ["small", 1]}]}', '(n + 1) * (small - 1)'), computed('{"Sub": ["n", {"Sub": ["small", 1]}]}', 'n - (small - 1)'), computed('{"Div": [12, {"Div": [6, 2]}]}', '12 / (6 / 2)');
-- dates and times
SELECT computed('{"Add": ["day", 1]}', 'day + 1'), computed('{"Sub": ["day", {"F": "day"}]}', 'day - day'), computed('{"Add": ["local", "span"]}', 'local + span'), computed('{"Sub": ["at", {"Cast": {"Value": "2 days"}, "type": "interval"}]}', $$ at - interval '2 days' $$),
	computed('{"Mul": ["span", 2]}', 'span * 2');
-- a text beside a date is one
SELECT computed('{"Sub": ["day", {"Value": "2024-01-01"}]}', $$ day - '2024-01-01' $$);
-- nothing is added to null
SELECT computed('{"Add": ["n", null]}', 'n + NULL::int');

--
-- Case: Q for conditions, the first that holds
--
SELECT computed('{"Case": [{"when": {"n__gt": 0}, "then": {"Value": "plus"}}, {"when": {"n__lt": 0}, "then": {"Value": "minus"}}], "default": {"Value": "none"}}', $$ CASE WHEN n > 0 THEN 'plus' WHEN n < 0 THEN 'minus' ELSE 'none' END $$);
SELECT computed('{"Case": [{"when": {"n__gt": 0}, "then": "name"}], "default": "note"}', 'CASE WHEN n > 0 THEN name ELSE note END');
SELECT computed('{"Case": [{"when": {"flag": true}, "then": 1}]}', 'CASE WHEN flag THEN 1 END');
SELECT computed('{"Case": [], "default": 1}', '1');
SELECT computed('{"Case": [{"when": {}, "then": 1}], "default": 2}', '1');
SELECT computed('{"Case": [{"when": {"OR": [{"name__startswith": "A"}, {"NOT": {"n__gte": 0}}]}, "then": {"Mul": ["n", 10]}}], "default": 0}', $$ CASE WHEN name LIKE 'A%' OR (n >= 0) IS NOT TRUE THEN n * 10 ELSE 0 END $$);
SELECT computed('{"Case": [{"when": {"n": {"F": "small"}}, "then": {"Value": "equal"}}], "default": {"Case": [{"when": {"n__isnull": true}, "then": {"Value": "null"}}], "default": {"Value": "other"}}}', $$ CASE WHEN n = small THEN 'equal' WHEN n IS NULL THEN 'null' ELSE 'other' END $$);
-- beside relations
SELECT checked('{"model": "blog_article", "annotate": {"who": {"Case": [{"when": {"author__username": "ann"}, "then": {"Value": "A"}}, {"when": {"editor__username": "ann"}, "then": {"Value": "E"}}], "default": {"Value": "-"}}}, "values_list": ["who"], "flat": true, "order_by": ["id"]}',
	$$ SELECT CASE WHEN author_id = 1 THEN 'A' WHEN editor_id = 1 THEN 'E' ELSE '-' END AS value FROM blog_article ORDER BY id $$);

--
-- Functions
--
SELECT computed('{"Lower": "name"}', 'lower(name)'), computed('{"Upper": "name"}', 'upper(name)'), computed('{"Length": "name"}', 'length(name)'), computed('{"Trim": "note"}', 'trim(note)');
SELECT computed('{"Concat": ["name", {"Value": "-"}, "note"]}', $$ concat(name, '-', note) $$), computed('{"Concat": ["name", "n"]}', 'concat(name, n)'), computed('{"Concat": ["day", {"Value": " "}, "flag"]}', $$ coalesce(day::text, '') || ' ' || coalesce(flag::text, '') $$),
	computed('{"Concat": [{"Value": "a"}, {"Value": "b"}]}', $$ 'ab'::text $$);
SELECT computed('{"Substr": ["name", 2]}', 'substr(name, 2)'), computed('{"Substr": ["name", 2, 3]}', 'substr(name, 2, 3)'), computed('{"Left": ["name", 2]}', 'left(name, 2)'), computed('{"Right": ["name", "small"]}', 'right(name, small)');
SELECT computed('{"Replace": ["name", {"Value": "p"}, {"Value": "P"}]}', $$ replace(name, 'p', 'P') $$), computed('{"Replace": ["name", {"Value": "p"}]}', $$ replace(name, 'p', '') $$), computed('{"Replace": ["name", "name", {"Value": "same"}]}', 'replace(name, name, $$same$$)');
SELECT computed('{"Coalesce": ["note", "name"]}', 'coalesce(note, name)'), computed('{"Coalesce": ["note", {"Value": "none"}]}', $$ coalesce(note, 'none') $$), computed('{"Coalesce": ["n", "small", 42]}', 'coalesce(n, small, 42)');
SELECT computed('{"Greatest": ["n", "small", 1]}', 'greatest(n, small, 1)'), computed('{"Least": ["n", "small", 1]}', 'least(n, small, 1)'), computed('{"Greatest": ["name", "note"]}', 'greatest(name, note)'), computed('{"Least": ["day", {"Value": "2024-01-01"}]}', $$ least(day, '2024-01-01') $$);
SELECT computed('{"NullIf": ["n", 0]}', 'nullif(n, 0)'), computed('{"NullIf": ["note", {"Value": ""}]}', $$ nullif(note, '') $$);
SELECT computed('{"Abs": "n"}', 'abs(n)'), computed('{"Abs": "price"}', 'abs(price)'), computed('{"Ceil": "price"}', 'ceil(price)'), computed('{"Floor": "weight"}', 'floor(weight)'), computed('{"Round": "price"}', 'round(price)'), computed('{"Round": ["price", 1]}', 'round(price, 1)'),
	computed('{"Round": "weight"}', 'round(weight)');
SELECT computed('{"Trunc": "at", "kind": "month"}', $$ date_trunc('month', at) $$), computed('{"Trunc": "local", "kind": "hour"}', $$ date_trunc('hour', local) $$), computed('{"Trunc": "day", "kind": "year"}', $$ date_trunc('year', day)::date $$), computed('{"Trunc": "day", "kind": "week"}', $$ date_trunc('week', day)::date $$),
	computed('{"Trunc": "at", "kind": "quarter"}', $$ date_trunc('quarter', at) $$), computed('{"Trunc": "at", "kind": "second"}', $$ date_trunc('second', at) $$);
SELECT computed('{"Extract": "at", "kind": "year"}', 'extract(year FROM at)::int'), computed('{"Extract": "day", "kind": "week_day"}', 'extract(dow FROM day)::int + 1'), computed('{"Extract": "local", "kind": "second"}', 'floor(extract(second FROM local))::int'), computed('{"Extract": "day", "kind": "iso_year"}', 'extract(isoyear FROM day)::int'),
	computed('{"Extract": {"Trunc": "at", "kind": "month"}, "kind": "day"}', $$ extract(day FROM date_trunc('month', at))::int $$);
SELECT computed('{"Cast": "n", "type": "text"}', 'n::text'), computed('{"Cast": "price", "type": "int"}', 'price::int'), computed('{"Cast": "at", "type": "date"}', 'at::date'), computed('{"Cast": "n", "type": "numeric(8, 3)"}', 'n::numeric(8, 3)'), computed('{"Cast": "name", "type": "varchar(2)"}', 'name::varchar(2)'),
	computed('{"Cast": {"Value": "5"}, "type": "integer"}', '5'), computed('{"Cast": {"Value": "2024-02-29"}, "type": "timestamp with time zone"}', $$ '2024-02-29'::timestamptz $$), computed('{"Cast": "tags", "type": "varchar(1)[]"}', 'tags::varchar(1)[]'), computed('{"Cast": "doc", "type": "pg_catalog.text"}', 'doc::text'),
	computed('{"Cast": {"F": "n"}, "type": "double precision"}', 'n::double precision');
CREATE DOMAIN "odd domain" AS int CHECK (value < 100);
SELECT computed('{"Cast": "n", "type": "\"odd domain\""}', 'n::"odd domain"'), computed('{"Cast": "n", "type": "expressions_test.\"odd domain\""}', 'n');
-- Now is one moment for a statement; Random is not
SELECT bolt.fetch_json('{"model": "item", "annotate": {"x": {"Now": []}}, "values_list": ["x"], "flat": true, "distinct": true}')::jsonb = to_jsonb(ARRAY[statement_timestamp()]);
SELECT bolt.count('{"model": "item", "alias": {"x": {"Random": []}}, "filter": {"x__gte": 0, "x__lt": 1}}');
SELECT bolt.count('{"model": "item", "filter": {"at__lt": {"Now": []}}}') = (SELECT count(*) FROM item WHERE at < now());
-- the time zone is the session's
SET timezone = 'Asia/Tokyo';
SELECT computed('{"Trunc": "at", "kind": "day"}', $$ date_trunc('day', at) $$), computed('{"Extract": "at", "kind": "hour"}', 'extract(hour FROM at)::int');
SET timezone = 'UTC';
-- one in another
SELECT computed('{"Coalesce": [{"Upper": {"Left": [{"Trim": "note"}, 2]}}, {"Concat": [{"Cast": {"Mul": [{"Abs": "n"}, 2]}, "type": "text"}, {"Value": "!"}]}]}', $$ coalesce(upper(left(trim(note), 2)), coalesce((abs(n) * 2)::text, '') || '!') $$);

--
-- As the value of a filter
--
SELECT filtered('{"n": {"F": "small"}}', 'n = small', 'item');
SELECT filtered('{"n__gt": {"F": "small"}}', 'n > small', 'item');
SELECT filtered('{"n__lt": {"Mul": ["small", 3]}}', 'n < small * 3', 'item');
SELECT filtered('{"big__gte": {"F": "n"}}', 'big >= n', 'item');
SELECT filtered('{"price__lt": {"F": "weight"}}', 'price < weight', 'item');
SELECT filtered('{"name__in": [{"F": "name"}, "pear"]}', 'name IS NOT NULL', 'item');
SELECT filtered('{"n__in": [{"F": "small"}, 7]}', 'n IN (small, 7)', 'item');
SELECT filtered('{"n__range": [{"F": "small"}, {"Add": ["small", 4]}]}', 'n BETWEEN small AND small + 4', 'item');
SELECT filtered('{"day__lt": {"Cast": "at", "type": "date"}}', 'day < at::date', 'item');
SELECT filtered('{"at__gte": {"Cast": {"Value": "2024-01-01"}, "type": "timestamptz"}}', $$ at >= '2024-01-01' $$, 'item');
SELECT filtered('{"name": {"Value": "pear"}}', 'id = 2', 'item');
SELECT filtered('{"name": {"Concat": [{"Value": "pe"}, {"Value": "ar"}]}}', 'id = 2', 'item');
SELECT filtered('{"n": {"Case": [{"when": {"flag": true}, "then": 7}], "default": -2}}', 'n = CASE WHEN flag THEN 7 ELSE -2 END', 'item');
-- a string is a literal there
SELECT filtered('{"name": "name"}', 'false', 'item');
-- negated: nulls of both sides stay
SELECT excluded('{"n": {"F": "small"}}', '(n = small) IS NOT TRUE', 'item');
SELECT excluded('{"n__gt": {"Add": ["small", "big"]}}', '(n > small + big) IS NOT TRUE', 'item');
SELECT filtered('{"NOT": {"n__lt": {"F": "small"}}}', '(n < small) IS NOT TRUE', 'item');
-- beside relations
SELECT filtered('{"author": {"F": "editor"}}', 'author_id = editor_id');
SELECT filtered('{"author__username__lt": {"F": "editor__username"}}', '(SELECT username FROM auth_user u WHERE u.id = author_id) < (SELECT username FROM auth_user u WHERE u.id = editor_id)');
SELECT filtered('{"author__manager": {"F": "editor"}}', '(SELECT manager_id FROM auth_user u WHERE u.id = author_id) = editor_id');
SELECT bolt.count('{"model": "blog_article", "filter": {"comments__author": {"F": "author"}}}') = (SELECT count(*) FROM blog_article a JOIN blog_comment c ON c.article_id = a.id WHERE c.author_id = a.author_id);

--
-- In order_by
--
SELECT checked('{"model": "item", "order_by": [{"expr": {"Abs": "n"}}, "id"], "values_list": ["id"], "flat": true}', 'SELECT id AS value FROM item ORDER BY abs(n), id');
SELECT checked('{"model": "item", "order_by": [{"expr": {"Coalesce": ["note", "name"]}, "desc": true, "nulls": "last"}], "values_list": ["id"], "flat": true}', 'SELECT id AS value FROM item ORDER BY coalesce(note, name) DESC NULLS LAST');
SELECT checked('{"model": "item", "order_by": [{"expr": {"Mul": ["n", -1]}, "nulls": "first"}], "reverse": true, "values_list": ["id"], "flat": true}', 'SELECT id AS value FROM item ORDER BY n * -1 DESC NULLS LAST');
SELECT checked('{"model": "item", "order_by": [{"expr": {"Case": [{"when": {"name": "pear"}, "then": 0}], "default": 1}}, "-id"], "values_list": ["id"], "flat": true}', $$ SELECT id AS value FROM item ORDER BY CASE WHEN name = 'pear' THEN 0 ELSE 1 END, id DESC $$);
SELECT checked('{"model": "blog_article", "order_by": [{"expr": {"Lower": "author__username"}, "desc": true}, {"expr": {"F": "rating"}, "nulls": "first"}, "id"], "values_list": ["id"], "flat": true}',
	'SELECT a.id AS value FROM blog_article a JOIN auth_user u ON u.id = author_id ORDER BY lower(username) DESC, rating NULLS FIRST, a.id');
SELECT count(*) FROM bolt.fetch('{"model": "item", "order_by": [{"expr": {"Random": []}}]}');
-- in a prefetch, sliced
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "limit": 2, "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["title"], "annotate": {"x": {"Coalesce": ["rating", 0]}}, "filter": {"x__lt": {"F": "id"}}, "order_by": [{"expr": {"Sub": ["x", "id"]}}], "limit": 2}}]}');

DROP SCHEMA expressions_test CASCADE;
