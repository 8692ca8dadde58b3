-- Lookups of arrays and ranges.
CREATE SCHEMA lookups_array_range_test;
SET search_path = lookups_array_range_test;
\i sql/fixture/blog.sql

--
-- Arrays
--
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN numbers AS int[];
CREATE TABLE shelf (id int PRIMARY KEY, ints int[], texts text[], grid int[], moods mood[], days date[], nums numeric(6, 2)[], dom numbers, size int, next_id int REFERENCES shelf);
INSERT INTO shelf VALUES
	(1, '{1,2,3}', '{a,b,"c,d"}', '{{1,2},{3,4}}', '{sad,ok}', '{2024-01-01,2024-02-29}', '{1.50,2}', '{1,2}', 3, NULL),
	(2, '{3,4}', '{B,""}', '{{5,6}}', '{happy}', '{2023-12-31}', '{2.00}', '{3}', 2, 1),
	(3, '{}', '{}', '{}', '{}', '{}', '{}', '{}', 0, 2),
	(4, '{NULL,5}', '{NULL,"NULL",null}', NULL, NULL, NULL, NULL, NULL, 2, 3),
	(5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 4),
	(6, '[5:6]={1,9}', '{"{",")\"","\\"}', '{{7},{8}}', '{ok,ok}', '{infinity}', '{0}', '{9,9,9}', 1, 5);
SELECT filtered('{"ints__contains": [3]}', 'ints @> ARRAY[3]', 'shelf');
SELECT filtered('{"ints__contains": [1, 3]}', 'ints @> ARRAY[1, 3]', 'shelf');
SELECT filtered('{"ints__contains": []}', $$ ints @> '{}' $$, 'shelf');
SELECT filtered('{"ints__contained_by": [1, 2, 3, 4]}', 'ints <@ ARRAY[1, 2, 3, 4]', 'shelf');
SELECT filtered('{"ints__contained_by": []}', $$ ints <@ '{}' $$, 'shelf');
SELECT filtered('{"ints__overlap": [4, 5]}', 'ints && ARRAY[4, 5]', 'shelf');
SELECT filtered('{"ints__overlap": []}', 'false', 'shelf');
SELECT filtered('{"texts__contains": ["c,d"]}', 'id = 1', 'shelf');
SELECT filtered('{"texts__contains": [""]}', 'id = 2', 'shelf');
SELECT filtered('{"texts__contains": ["NULL"]}', 'id = 4', 'shelf');
SELECT filtered('{"texts__contains": ["{", ")\"", "\\"]}', 'id = 6', 'shelf');
SELECT filtered('{"texts__overlap": ["b", "B", "'') OR true --"]}', 'id IN (1, 2)', 'shelf');
SELECT filtered('{"moods__contains": ["ok"]}', $$ moods @> '{ok}' $$, 'shelf');
SELECT filtered('{"days__overlap": ["2024-02-29", "infinity"]}', 'id IN (1, 6)', 'shelf');
SELECT filtered('{"nums__contains": [1.5]}', 'id = 1', 'shelf');
SELECT filtered('{"nums__contained_by": [0, 2, "1.5"]}', 'nums IS NOT NULL', 'shelf');
SELECT filtered('{"grid__contains": [[5, 6]]}', 'id = 2', 'shelf');
SELECT filtered('{"grid__overlap": [4, 8]}', 'id IN (1, 6)', 'shelf');
SELECT filtered('{"dom__contains": [9]}', 'id = 6', 'shelf');
SELECT filtered('{"next__ints__contains": [4]}', 'id = 3', 'shelf');
-- the text that an array's input function reads
SELECT filtered('{"ints__contains": "{3}"}', 'ints @> ARRAY[3]', 'shelf');

SELECT filtered('{"ints__len": 2}', 'cardinality(ints) = 2', 'shelf');
SELECT filtered('{"ints__len": 0}', 'cardinality(ints) = 0', 'shelf');
SELECT filtered('{"ints__len__gt": 1}', 'cardinality(ints) > 1', 'shelf');
SELECT filtered('{"ints__len__in": [0, 3]}', 'cardinality(ints) IN (0, 3)', 'shelf');
SELECT filtered('{"ints__len__isnull": true}', 'ints IS NULL', 'shelf');
SELECT filtered('{"grid__len": 2}', 'array_length(grid, 1) = 2', 'shelf');
SELECT excluded('{"ints__len": 2}', 'cardinality(ints) = 2 IS NOT TRUE', 'shelf');

-- an index counts from 0, a slice goes up to its second number, without it
SELECT filtered('{"ints__0": 3}', 'ints[1] = 3', 'shelf');
SELECT filtered('{"ints__1__gt": 2}', 'ints[2] > 2', 'shelf');
SELECT filtered('{"ints__0__in": [1, 3]}', 'ints[1] IN (1, 3)', 'shelf');
SELECT filtered('{"ints__0__isnull": true}', 'ints[1] IS NULL', 'shelf');
SELECT filtered('{"ints__99": 3}', 'false', 'shelf');
SELECT filtered('{"texts__0__iexact": "b"}', 'id = 2', 'shelf');
SELECT filtered('{"texts__0__length": 1}', 'length(texts[1]) = 1', 'shelf');
SELECT filtered('{"texts__2": "c,d"}', 'id = 1', 'shelf');
SELECT filtered('{"days__0__year": 2024}', 'id = 1', 'shelf');
SELECT filtered('{"moods__0__gte": "ok"}', $$ moods[1] >= 'ok' $$, 'shelf');
SELECT filtered('{"ints__0_2": [1, 2]}', $$ ints[1:2] = '{1,2}' $$, 'shelf');
SELECT filtered('{"ints__1_3__contains": [3]}', 'ints[2:3] @> ARRAY[3]', 'shelf');
SELECT filtered('{"ints__0_1__len": 1}', 'cardinality(ints[1:1]) = 1', 'shelf');
SELECT filtered('{"ints__0_2__1": 4}', 'ints[2] = 4', 'shelf');
SELECT excluded('{"ints__0": 3}', 'ints[1] = 3 IS NOT TRUE', 'shelf');
SELECT excluded('{"ints__contains": [3]}', 'ints @> ARRAY[3] IS NOT TRUE', 'shelf');

-- expressions
SELECT filtered('{"ints__len": {"F": "size"}}', 'cardinality(ints) = size', 'shelf');
SELECT filtered('{"ints__contains": {"F": "ints"}}', 'ints @> ints', 'shelf');
SELECT filtered('{"ints__overlap": {"F": "next__ints"}}', 'ints && (SELECT s.ints FROM shelf s WHERE s.id = t.next_id)', 'shelf');
SELECT filtered('{"ints__0": {"F": "ints__1"}}', 'ints[1] = ints[2]', 'shelf');
SELECT filtered('{"size": {"F": "ints__len"}}', 'size = cardinality(ints)', 'shelf');
-- in the place of a field
SELECT checked('{"model": "shelf", "values": ["id", "ints__0", "ints__0_2", "ints__len", "texts__0__upper"], "order_by": ["-ints__len", "id"], "filter": {"ints__len__gt": 0}}',
	$$ SELECT id, ints[1] AS "ints__0", ints[1:2] AS "ints__0_2", cardinality(ints) AS ints__len, upper(texts[1]) AS "texts__0__upper" FROM shelf WHERE cardinality(ints) > 0 ORDER BY cardinality(ints) DESC, id $$);
SELECT checked('{"model": "shelf", "annotate": {"first": {"F": "ints__0"}}, "filter": {"first__gt": 1}, "values": ["id", "first"]}', 'SELECT 2 AS id, 3 AS first');
CREATE INDEX shelf_ints ON shelf USING gin (ints);
SET enable_seqscan = off;
SELECT bolt.explain('{"model": "shelf", "filter": {"ints__contains": [3]}}')::text LIKE '%shelf_ints%', bolt.explain('{"model": "shelf", "filter": {"ints__overlap": [3]}}')::text LIKE '%shelf_ints%';
RESET enable_seqscan;

SELECT message_of('{"model": "shelf", "filter": {"ints__contains": null}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__contains": 3}}') LIKE '22%';
SELECT message_of('{"model": "shelf", "filter": {"ints__contains": {"a": 1}}}');
SELECT sqlstate_of('{"model": "shelf", "filter": {"ints__contains": ["x"]}}'), sqlstate_of('{"model": "shelf", "filter": {"ints__overlap": [99999999999]}}'), sqlstate_of('{"model": "shelf", "filter": {"moods__contains": ["angry"]}}'),
	sqlstate_of('{"model": "shelf", "filter": {"grid__contains": [[1, 2], [3]]}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__len": "x"}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__nothing": 1}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__-1": 1}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__0_": 1}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__0_1_2": 1}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__0x1": 1}}');
SELECT message_of('{"model": "shelf", "filter": {"ints__99999999999999999999": 1}}');
SELECT sqlstate_of('{"model": "shelf", "filter": {"ints__9999999999": 1}}'), sqlstate_of('{"model": "shelf", "filter": {"ints__2147483647": 1}}'), sqlstate_of('{"model": "shelf", "filter": {"ints__0_99999999": [1]}}');
SELECT message_of('{"model": "shelf", "filter": {"size__contains": [1]}}');
SELECT message_of('{"model": "shelf", "filter": {"size__overlap": [1]}}');
SELECT message_of('{"model": "shelf", "filter": {"size__len": 1}}');
SELECT message_of('{"model": "shelf", "filter": {"next__overlap": [1]}}');

--
-- Ranges
--
CREATE TABLE booking (id int PRIMARY KEY, span int4range, nums numrange, days daterange, times tstzrange, several int4multirange, day date, room int);
INSERT INTO booking VALUES
	(1, '[1,5)', '[1.5,2.5]', '[2024-01-01,2024-02-01)', '[2024-01-01 00:00+00,2024-01-02 00:00+00)', '{[1,3),[7,9)}', '2024-01-15', 3),
	(2, '[5,10)', '(2.5,)', '[2024-02-01,)', '[2024-01-02 00:00+00,)', '{[3,7)}', '2024-01-15', 5),
	(3, 'empty', 'empty', 'empty', 'empty', '{}', '2024-03-01', 1),
	(4, '(,)', '(,0)', '(,2024-01-01)', '(,)', '{(,)}', '2023-01-01', 100),
	(5, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(6, '[20,30)', '[7,7]', '[2024-01-10,2024-01-20)', '(2023-01-01 00:00+00,2023-06-01 00:00+00]', '{[20,21)}', '2024-01-10', 25);
SELECT filtered('{"span__contains": 4}', 'span @> 4', 'booking');
SELECT filtered('{"span__contains": [2, 4]}', $$ span @> '[2,4)' $$, 'booking');
SELECT filtered('{"span__contains": "[2,4]"}', $$ span @> '[2,4]' $$, 'booking');
SELECT filtered('{"span__contains": "empty"}', $$ span @> 'empty'::int4range $$, 'booking');
SELECT filtered('{"span__contained_by": [0, 10]}', $$ span <@ '[0,10)' $$, 'booking');
SELECT filtered('{"span__contained_by": [null, 10]}', $$ span <@ '(,10)' $$, 'booking');
SELECT filtered('{"span__overlap": [4, 6]}', $$ span && '[4,6)' $$, 'booking');
SELECT filtered('{"span__overlap": [30, null]}', $$ span && '[30,)' $$, 'booking');
SELECT filtered('{"span__fully_lt": [5, 6]}', $$ span << '[5,6)' $$, 'booking');
SELECT filtered('{"span__fully_gt": [1, 5]}', $$ span >> '[1,5)' $$, 'booking');
SELECT filtered('{"span__not_lt": [5, 6]}', $$ span &> '[5,6)' $$, 'booking');
SELECT filtered('{"span__not_gt": [5, 10]}', $$ span &< '[5,10)' $$, 'booking');
SELECT filtered('{"span__adjacent_to": [10, 20]}', $$ span -|- '[10,20)' $$, 'booking');
SELECT filtered('{"span__startswith": 1}', 'lower(span) = 1', 'booking');
SELECT filtered('{"span__startswith__gte": 5}', 'lower(span) >= 5', 'booking');
SELECT filtered('{"span__startswith__isnull": true}', 'lower(span) IS NULL', 'booking');
SELECT filtered('{"span__endswith": 5}', 'upper(span) = 5', 'booking');
SELECT filtered('{"span__endswith__in": [5, 30]}', 'upper(span) IN (5, 30)', 'booking');
SELECT filtered('{"span__isempty": true}', 'isempty(span)', 'booking');
SELECT filtered('{"span__isempty": false}', 'NOT isempty(span)', 'booking');
SELECT excluded('{"span__isempty": true}', 'isempty(span) IS NOT TRUE', 'booking');
SELECT filtered('{"span": "[1,5)"}', $$ span = '[1,5)' $$, 'booking');
SELECT filtered('{"span__in": ["[1,4]", "empty"]}', 'id IN (1, 3)', 'booking');
SELECT filtered('{"span__gt": "[1,5)"}', $$ span > '[1,5)' $$, 'booking');
SELECT filtered('{"span__isnull": true}', 'span IS NULL', 'booking');
SELECT filtered('{"span": null}', 'span IS NULL', 'booking');
SELECT excluded('{"span__contains": 4}', 'span @> 4 IS NOT TRUE', 'booking');
-- an array of two is from the first up to, without, the second: as Django has it, everywhere
SELECT filtered('{"span": [1, 5]}', $$ span = '[1,5)' $$, 'booking');
SELECT filtered('{"span__in": [[1, 5], [20, 30]]}', 'id IN (1, 6)', 'booking');
SELECT filtered('{"nums__contains": 2.5}', 'nums @> 2.5', 'booking');
SELECT filtered('{"nums__contains": 7}', 'nums @> 7::numeric', 'booking');
SELECT filtered('{"nums__overlap": [-1.5, "1.5"]}', $$ nums && '[-1.5,1.5)' $$, 'booking');
SELECT filtered('{"days__contains": ["2024-01-12", "2024-01-14"]}', $$ days @> '[2024-01-12,2024-01-14)' $$, 'booking');
SELECT filtered('{"days__fully_lt": ["2024-02-01", null]}', $$ days << '[2024-02-01,)' $$, 'booking');
SELECT filtered('{"days__startswith__year": 2024}', 'extract(year FROM lower(days)) = 2024', 'booking');
SELECT filtered('{"times__overlap": ["2024-01-01 12:00+00", "2024-01-01 13:00+00"]}', $$ times && '[2024-01-01 12:00+00,2024-01-01 13:00+00)' $$, 'booking');
SELECT filtered('{"times__endswith__month": 6}', 'id = 6', 'booking');
-- a text may be a range, or a value of a range's
SELECT filtered('{"days__contains": "2024-01-15"}', $$ days @> '2024-01-15'::date $$, 'booking');
SELECT filtered('{"days__contains": "[2024-01-12,2024-01-14)"}', $$ days @> '[2024-01-12,2024-01-14)' $$, 'booking');
SELECT filtered('{"times__contains": "2024-01-01 12:00+00"}', $$ times @> '2024-01-01 12:00+00'::timestamptz $$, 'booking');
SELECT filtered('{"days__contains": {"F": "day"}}', 'days @> day', 'booking');
SELECT filtered('{"span__contains": {"F": "room"}}', 'span @> room', 'booking');
SELECT filtered('{"span__overlap": {"F": "span"}}', 'span && span', 'booking');
SELECT filtered('{"span__startswith": {"F": "room"}}', 'lower(span) = room', 'booking');
-- multiranges
SELECT filtered('{"several__contains": 8}', 'several @> 8', 'booking');
SELECT filtered('{"several__contains": [1, 3]}', $$ several @> '[1,3)'::int4range $$, 'booking');
SELECT filtered('{"several__overlap": "{[2,3)}"}', $$ several && '{[2,3)}'::int4multirange $$, 'booking');
SELECT filtered('{"several__contains": "{[1,2),[8,9)}"}', $$ several @> '{[1,2),[8,9)}'::int4multirange $$, 'booking');
SELECT filtered('{"several__isempty": true}', 'isempty(several)', 'booking');
SELECT filtered('{"several__startswith": 1}', 'lower(several) = 1', 'booking');
-- in the place of a field
SELECT checked('{"model": "booking", "values": ["id", "span__startswith", "days__endswith", "span__isempty"], "filter": {"id__lt": 4}, "order_by": ["-span__startswith"]}',
	'SELECT id, lower(span) AS span__startswith, upper(days) AS days__endswith, isempty(span) AS span__isempty FROM booking WHERE id < 4 ORDER BY lower(span) DESC');
-- a range of the caller's own
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE measured (id int PRIMARY KEY, r floatrange);
INSERT INTO measured VALUES (1, '[0.5,1.5)'), (2, '[1.5,2.5)');
SELECT filtered('{"r__contains": 1.5}', 'id = 2', 'measured'), filtered('{"r__adjacent_to": [2.5, 3]}', 'id = 2', 'measured'), filtered('{"r__endswith": 1.5}', 'id = 1', 'measured');

SELECT message_of('{"model": "booking", "filter": {"span__contains": null}}');
SELECT message_of('{"model": "booking", "filter": {"span__contains": [1, 2, 3]}}');
SELECT message_of('{"model": "booking", "filter": {"span__overlap": [1]}}');
SELECT message_of('{"model": "booking", "filter": {"span__overlap": [[1], 2]}}');
SELECT message_of('{"model": "booking", "filter": {"span__overlap": {"a": 1}}}');
SELECT message_of('{"model": "booking", "filter": {"span__isempty": "x"}}');
SELECT message_of('{"model": "booking", "filter": {"span__nothing": 1}}');
SELECT message_of('{"model": "booking", "filter": {"span__startswith__nothing": 1}}');
SELECT message_of('{"model": "booking", "filter": {"room__fully_lt": [1, 2]}}');
SELECT message_of('{"model": "booking", "filter": {"room__isempty": true}}');
SELECT sqlstate_of('{"model": "booking", "filter": {"span__contains": "x"}}'), sqlstate_of('{"model": "booking", "filter": {"span__overlap": [5, 1]}}'), sqlstate_of('{"model": "booking", "filter": {"span__contains": 99999999999}}'),
	sqlstate_of('{"model": "booking", "filter": {"span__contains": 1.5}}');
-- what a range is asked with one value only contains
SELECT left(message_of('{"model": "booking", "filter": {"span__overlap": 5}}'), 2) IN ('22', '42');

DROP SCHEMA lookups_array_range_test CASCADE;
