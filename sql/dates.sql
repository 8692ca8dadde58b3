-- dates and datetimes: the days, months … that a column has.
CREATE SCHEMA dates_test;
SET search_path = dates_test;
\i sql/fixture/blog.sql

-- what each kind gives, with and without an order, against DISTINCT date_trunc
CREATE TABLE event (id int PRIMARY KEY, at timestamptz, local timestamp, day date, article_id int REFERENCES blog_article);
INSERT INTO event VALUES
	(1, '2023-12-31 23:30:15.5+00', '2023-12-31 23:30:15.5', '2023-12-31', 1), (2, '2024-01-01 00:00+00', '2024-01-01 00:00', '2024-01-01', 1), (3, '2024-01-01 00:00:59+00', '2024-01-01 00:00:59', '2024-01-01', 2),
	(4, '2024-02-29 12:00+00', '2024-02-29 12:00', '2024-02-29', 6), (5, NULL, NULL, NULL, 6), (6, '2024-02-29 12:59+00', '2024-02-29 12:59', '2024-03-03', NULL);
SELECT kind, direction, same(format('{"model": "event", "dates": ["day", "%s"%s]}', kind, direction)::json, format('SELECT DISTINCT date_trunc(%L, day)::date AS value FROM event WHERE day IS NOT NULL ORDER BY 1 %s', kind, CASE WHEN direction LIKE '%DESC%' THEN 'DESC' END))
	FROM unnest('{year,month,week,day}'::text[]) kind, unnest(ARRAY['', ', "ASC"', ', "DESC"']) direction;
SELECT kind, field, same(format('{"model": "event", "datetimes": ["%s", "%s"]}', field, kind)::json, format('SELECT DISTINCT date_trunc(%L, %I) AS value FROM event WHERE %2$I IS NOT NULL ORDER BY 1', kind, field)),
	same(format('{"model": "event", "datetimes": ["%s", "%s", "DESC"]}', field, kind)::json, format('SELECT DISTINCT date_trunc(%L, %I) AS value FROM event WHERE %2$I IS NOT NULL ORDER BY 1 DESC', kind, field))
	FROM unnest('{year,month,week,day,hour,minute,second}'::text[]) kind, unnest('{at,local}'::text[]) field;
SELECT checked('{"model": "event", "dates": ["day", "week"]}', $$ SELECT unnest('{2023-12-25,2024-01-01,2024-02-26}'::date[]) AS value $$);
SELECT checked('{"model": "event", "dates": ["day", "month", "DESC"]}', $$ SELECT unnest('{2024-03-01,2024-02-01,2024-01-01,2023-12-01}'::date[]) AS value $$);
SELECT checked('{"model": "event", "datetimes": ["at", "hour"]}', $$ SELECT unnest('{2023-12-31 23:00+00,2024-01-01 00:00+00,2024-02-29 12:00+00}'::timestamptz[]) AS value $$);

-- in the session's time zone
SET timezone = 'Asia/Tokyo';
SELECT checked('{"model": "event", "datetimes": ["at", "day"]}', $$ SELECT DISTINCT date_trunc('day', at) AS value FROM event WHERE at IS NOT NULL ORDER BY 1 $$);
SELECT checked('{"model": "event", "datetimes": ["at", "year"]}', $$ SELECT '2024-01-01'::timestamptz AS value $$);
SET timezone = 'UTC';

-- of filtered rows, through relations, of annotations
SELECT checked('{"model": "event", "filter": {"id__gt": 2}, "dates": ["day", "month"]}', $$ SELECT unnest('{2024-01-01,2024-02-01,2024-03-01}'::date[]) AS value $$);
SELECT checked('{"model": "event", "dates": ["article__published", "month"]}', $$ SELECT unnest('{2024-01-01,2024-06-01}'::date[]) AS value $$);
SELECT checked('{"model": "blog_article", "filter": {"author": 1}, "dates": ["published", "year"]}', $$ SELECT '2024-01-01'::date AS value $$);
SELECT checked('{"model": "blog_comment", "filter": {"author__username": "ann"}, "dates": ["article__published", "day", "DESC"]}', $$ SELECT unnest('{2024-03-01,2024-01-15}'::date[]) AS value $$);
SELECT checked('{"model": "event", "alias": {"later": {"Add": ["day", 366]}}, "dates": ["later", "year"]}', $$ SELECT unnest('{2024-01-01,2025-01-01}'::date[]) AS value $$);
-- sliced, counted, asked for
SELECT checked('{"model": "event", "dates": ["day", "day"], "limit": 2, "offset": 1}', $$ SELECT unnest('{2024-01-01,2024-02-29}'::date[]) AS value $$);
SELECT bolt.count('{"model": "event", "dates": ["day", "year"]}'), bolt.exists('{"model": "event", "filter": {"id": 5}, "dates": ["day", "year"]}'), bolt.exists('{"model": "event", "dates": ["day", "year"]}'), bolt.first('{"model": "event", "dates": ["day", "year"]}'), bolt.fetch_json('{"model": "event", "dates": ["day", "year"]}'),
	bolt.fetch_json('{"model": "event", "none": true, "dates": ["day", "year"]}'), bolt.page('{"model": "event", "dates": ["day", "day"]}', 1, 2) -> 'items';
SELECT (bolt.aggregate('{"model": "event", "dates": ["day", "year"]}', '{"n": {"Count": "*"}}') ->> 'n')::int = 2;
-- a model's ordering, or one before it, says nothing
SELECT bolt.fetch_json('{"model": "event", "order_by": ["-id"], "dates": ["day", "year"]}');
SELECT bolt.fetch_json('{"model": "event", "chain": [{"order_by": ["-id"]}, {"dates": ["day", "year"]}]}');
-- of a date and time a date; of a time zone's column as well
SELECT checked('{"model": "event", "dates": ["at", "month"]}', $$ SELECT unnest('{2023-12-01,2024-01-01,2024-02-01}'::date[]) AS value $$);

-- what is refused
SELECT refused('{"model": "event", "dates": ["day", "hour"]}');
SELECT message_of('{"model": "event", "dates": ["day", "century"]}');
SELECT message_of('{"model": "event", "dates": ["day", "year''); DROP TABLE event; --"]}');
SELECT refused('{"model": "event", "datetimes": ["at", "quarter"]}');
SELECT refused('{"model": "event", "dates": ["day", "year", "desc"]}');
SELECT refused('{"model": "event", "dates": ["day"]}');
SELECT message_of('{"model": "event", "dates": "day"}');
SELECT message_of('{"model": "event", "dates": ["day", "year", "ASC", "x"]}');
SELECT message_of('{"model": "event", "dates": [1, "year"]}');
SELECT message_of('{"model": "event", "dates": ["day", null]}');
SELECT message_of('{"model": "event", "dates": ["nothing", "year"]}');
SELECT message_of('{"model": "event", "dates": ["article__nothing", "year"]}');
SELECT left(message_of('{"model": "event", "dates": ["id", "year"]}'), 2) IN ('42', '22');
SELECT left(message_of('{"model": "event", "datetimes": ["day", "hour"]}'), 2) IN ('42', '22');
SELECT left(message_of('{"model": "event", "dates": ["article", "year"]}'), 2) IN ('42', '22');

DROP SCHEMA dates_test CASCADE;
