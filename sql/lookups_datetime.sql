-- Lookups of dates and times: their parts, as themselves and with a further lookup, in the session's time zone.
CREATE SCHEMA lookups_datetime_test;
SET search_path = lookups_datetime_test;
\i sql/fixture/blog.sql

CREATE TABLE event (
	id int PRIMARY KEY, at timestamptz, local timestamp, day date, clock time, clocktz timetz, other_id int REFERENCES event);
INSERT INTO event VALUES
	(1, '2023-12-31 23:59:59.999+00', '2023-12-31 23:59:59.999', '2023-12-31', '23:59:59.999', '23:59:59+00', NULL),
	(2, '2024-01-01 00:00:00+00', '2024-01-01 00:00:00', '2024-01-01', '00:00:00', '00:00:00+00', 1),
	(3, '2024-02-29 12:30:15+00', '2024-02-29 12:30:15', '2024-02-29', '12:30:15', '12:30:15+00', 2),
	(4, '2024-06-30 18:00:00+00', '2024-06-30 18:00:00', '2024-06-30', '18:00:00', '18:00:00+00', 3),
	(5, '2024-12-30 06:05:04+00', '2024-12-30 06:05:04', '2024-12-30', '06:05:04', '06:05:04+00', 4),
	(6, '2024-12-31 23:59:59.999999+00', '2024-12-31 23:59:59.999999', '2024-12-31', '23:59:59.999999', '23:59:59+00', 5),
	(7, '2025-01-01 00:00:00+00', '2025-01-01 00:00:00', '2025-01-01', '00:00:00', '00:00:00+00', 6),
	(8, NULL, NULL, NULL, NULL, NULL, NULL),
	(9, '2021-01-03 10:00:00+00', '2021-01-03 10:00:00', '2021-01-03', '10:00:00', '10:00:00+00', 8);

--
-- Every part of every type, with every comparison, against EXTRACT; differences are counted
--
CREATE FUNCTION part_sql(part text, field text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE part WHEN 'week_day' THEN format('extract(dow FROM %s) + 1', field)
		WHEN 'iso_week_day' THEN format('extract(isodow FROM %s)', field)
		WHEN 'iso_year' THEN format('extract(isoyear FROM %s)', field)
		WHEN 'second' THEN format('floor(extract(second FROM %s))', field)
		ELSE format('extract(%s FROM %s)', part, field) END $$;
CREATE FUNCTION compared(tested text, field text, OUT part text, OUT comparisons int, OUT differences text) LANGUAGE plpgsql AS $$
DECLARE
	comparison record;
	value int;
	answer text;
BEGIN
	part := tested;
	comparisons := 0;
	FOR comparison IN SELECT * FROM (VALUES ('', '='), ('__exact', '='), ('__gt', '>'), ('__gte', '>='), ('__lt', '<'), ('__lte', '<=')) c(lookup, operator) LOOP
		FOREACH value IN ARRAY CASE WHEN tested LIKE '%year' THEN '{2020,2021,2023,2024,2025}'::int[] ELSE '{0,1,2,4,6,7,12,30,31,53,59}'::int[] END LOOP
			answer := filtered(format('{"%s__%s%s": %s}', field, tested, comparison.lookup, value),
				format('%s %s %s', part_sql(tested, field), comparison.operator, value), 'event');
			comparisons := comparisons + 1;
			IF answer LIKE '%DIFFERS%' THEN
				differences := concat_ws(E'\n', differences, comparison.lookup || ' ' || value || ': ' || answer);
			END IF;
			answer := excluded(format('{"%s__%s%s": %s}', field, tested, comparison.lookup, value),
				format('(%s %s %s) IS NOT TRUE', part_sql(tested, field), comparison.operator, value), 'event');
			comparisons := comparisons + 1;
			IF answer LIKE '%DIFFERS%' THEN
				differences := concat_ws(E'\n', differences, 'not ' || comparison.lookup || ' ' || value || ': ' || answer);
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT c.* FROM unnest('{year,iso_year,quarter,month,week,week_day,iso_week_day,day,hour,minute,second}'::text[]) part, compared(part, 'at') c;
SELECT c.* FROM unnest('{year,iso_year,quarter,month,week,week_day,iso_week_day,day,hour,minute,second}'::text[]) part, compared(part, 'local') c;
SELECT c.* FROM unnest('{year,iso_year,quarter,month,week,week_day,iso_week_day,day}'::text[]) part, compared(part, 'day') c;
SELECT c.* FROM unnest('{hour,minute,second}'::text[]) part, compared(part, 'clock') c;
SELECT c.* FROM unnest('{hour,minute,second}'::text[]) part, compared(part, 'clocktz') c;

--
-- Further lookups behind a part
--
SELECT filtered('{"at__year__in": [2023, 2025]}', $$ extract(year FROM at) IN (2023, 2025) $$, 'event');
SELECT filtered('{"day__year__in": [2024, null]}', $$ extract(year FROM day) = 2024 $$, 'event');
SELECT filtered('{"at__year__range": [2024, 2025]}', $$ extract(year FROM at) BETWEEN 2024 AND 2025 $$, 'event');
SELECT filtered('{"at__month__in": [2, 6]}', $$ extract(month FROM at) IN (2, 6) $$, 'event');
SELECT filtered('{"at__month__range": [2, 6]}', $$ extract(month FROM at) BETWEEN 2 AND 6 $$, 'event');
SELECT filtered('{"at__hour__isnull": true}', 'at IS NULL', 'event');
SELECT filtered('{"at__year__isnull": false}', 'at IS NOT NULL', 'event');
SELECT filtered('{"at__year": null}', 'at IS NULL', 'event');
SELECT filtered('{"at__month": null}', 'at IS NULL', 'event');
SELECT filtered('{"at__year__contains": "02"}', $$ extract(year FROM at)::text LIKE '%02%' $$, 'event');
SELECT filtered('{"day__day__startswith": 3}', $$ extract(day FROM day)::text LIKE '3%' $$, 'event');
SELECT filtered('{"at__year__abs": 2024}', $$ extract(year FROM at) = 2024 $$, 'event');
SELECT filtered('{"at__year": "2024"}', $$ extract(year FROM at) = 2024 $$, 'event');
SELECT filtered('{"other__at__year": 2024}', $$ (SELECT extract(year FROM o.at) FROM event o WHERE o.id = t.other_id) = 2024 $$, 'event');
SELECT filtered('{"other__day__quarter__gte": 2}', $$ (SELECT extract(quarter FROM o.day) FROM event o WHERE o.id = t.other_id) >= 2 $$, 'event');
SELECT excluded('{"other__at__year": 2024}', $$ (SELECT extract(year FROM o.at) FROM event o WHERE o.id = t.other_id) = 2024 IS NOT TRUE $$, 'event');

--
-- date and time, and what may follow them
--
SELECT filtered('{"at__date": "2024-02-29"}', $$ at::date = '2024-02-29' $$, 'event');
SELECT filtered('{"at__date__gt": "2024-12-30"}', $$ at::date > '2024-12-30' $$, 'event');
SELECT filtered('{"at__date__in": ["2024-02-29", "2025-01-01"]}', $$ at::date IN ('2024-02-29', '2025-01-01') $$, 'event');
SELECT filtered('{"at__date__range": ["2024-01-01", "2024-06-30"]}', $$ at::date BETWEEN '2024-01-01' AND '2024-06-30' $$, 'event');
SELECT filtered('{"at__date__year": 2024}', $$ extract(year FROM at) = 2024 $$, 'event');
SELECT filtered('{"at__date__year__lt": 2024}', $$ extract(year FROM at) < 2024 $$, 'event');
SELECT filtered('{"at__date__month": 12}', $$ extract(month FROM at) = 12 $$, 'event');
SELECT filtered('{"at__date__week_day": 1}', $$ extract(dow FROM at) = 0 $$, 'event');
SELECT filtered('{"local__date": "2023-12-31"}', 'id = 1', 'event');
SELECT filtered('{"at__time": "12:30:15"}', 'id = 3', 'event');
SELECT filtered('{"at__time__gte": "18:00"}', $$ at::time >= '18:00' $$, 'event');
SELECT filtered('{"at__time__range": ["06:00", "13:00"]}', $$ at::time BETWEEN '06:00' AND '13:00' $$, 'event');
SELECT filtered('{"at__time__hour": 23}', $$ extract(hour FROM at) = 23 $$, 'event');
SELECT filtered('{"local__time__minute": 30}', 'id = 3', 'event');
SELECT excluded('{"at__date": "2024-02-29"}', $$ at::date = '2024-02-29' IS NOT TRUE $$, 'event');

--
-- The week and the year that it belongs to; Sunday is week_day 1 and iso_week_day 7
--
SELECT filtered('{"day__iso_year": 2025, "day__week": 1}', $$ day BETWEEN '2024-12-30' AND '2025-01-05' $$, 'event');
SELECT filtered('{"day__iso_year": 2020, "day__week": 53}', $$ day = '2021-01-03' $$, 'event');
SELECT filtered('{"day__week_day": 1, "day__iso_week_day": 7}', $$ day IN ('2023-12-31', '2024-06-30', '2021-01-03') $$, 'event');

--
-- The session's time zone
--
SET timezone = 'Asia/Tokyo';
SELECT filtered('{"at__year": 2024}', $$ extract(year FROM at) = 2024 $$, 'event');
SELECT filtered('{"at__year__lte": 2023}', $$ extract(year FROM at) <= 2023 $$, 'event');
SELECT filtered('{"at__date": "2024-07-01"}', 'id = 4', 'event');
SELECT filtered('{"at__hour": 9}', 'id IN (2, 7)', 'event');
SELECT filtered('{"at__time": "21:30:15"}', 'id = 3', 'event');
SELECT filtered('{"local__year": 2024}', $$ extract(year FROM local) = 2024 $$, 'event');
SELECT filtered('{"local__hour": 0}', 'id IN (2, 7)', 'event');
-- the same document in another zone, within one session
SET timezone = 'America/New_York';
SELECT filtered('{"at__year": 2024}', $$ extract(year FROM at) = 2024 $$, 'event');
SELECT filtered('{"at__hour": 9}', 'false', 'event');
SELECT filtered('{"at__date": "2024-07-01"}', 'false', 'event');
-- an hour that the clock has twice, and one that it leaves out
CREATE TABLE clock_change (id int PRIMARY KEY, at timestamptz);
INSERT INTO clock_change VALUES (1, '2024-11-03 05:30+00'), (2, '2024-11-03 06:30+00'), (3, '2024-03-10 06:59+00'), (4, '2024-03-10 07:00+00');
SELECT filtered('{"at__hour": 1}', 'id IN (1, 2, 3)', 'clock_change'), filtered('{"at__hour": 2}', 'false', 'clock_change'), filtered('{"at__hour": 3}', 'id = 4', 'clock_change');
SET timezone = 'UTC';

--
-- year is a range, so that an index serves it
--
CREATE TABLE many (id int PRIMARY KEY, at timestamptz, local timestamp, day date);
INSERT INTO many SELECT i, '2000-01-01 00:00+00'::timestamptz + i * interval '1 day', '2000-01-01'::timestamp + i * interval '1 day', '2000-01-01'::date + i FROM generate_series(1, 10000) i;
CREATE INDEX many_at ON many (at);
CREATE INDEX many_local ON many (local);
CREATE INDEX many_day ON many (day);
ANALYZE many;
CREATE FUNCTION plan_of(filter text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(substring(bolt.explain(format('{"model": "many", "filter": %s}', filter)::json)::text FROM 'many_[a-z]+'), 'no index') $$;
SELECT plan_of('{"at__year": 2010}'), plan_of('{"local__year": 2010}'), plan_of('{"day__year": 2010}'), plan_of('{"at__year__lt": 2001}'), plan_of('{"day__year__gte": 2026}'), plan_of('{"at__month": 5}');
SELECT bolt.count('{"model": "many", "filter": {"at__year": 2004}}'), bolt.count('{"model": "many", "filter": {"day__year": 2005}}'), bolt.count('{"model": "many", "filter": {"local__year__lt": 2001}}'),
	bolt.count('{"model": "many", "filter": {"at__year__gt": 2000, "at__year__lte": 2002}}');

--
-- Values that are expressions
--
SELECT filtered('{"at__year": {"F": "other__at__year"}}', $$ extract(year FROM at) = (SELECT extract(year FROM o.at) FROM event o WHERE o.id = t.other_id) $$, 'event');
SELECT filtered('{"at__year__gt": {"F": "other__at__year"}}', $$ extract(year FROM at) > (SELECT extract(year FROM o.at) FROM event o WHERE o.id = t.other_id) $$, 'event');
SELECT filtered('{"at__day__lt": {"Add": ["id", {"Value": 20}]}}', $$ extract(day FROM at) < id + 20 $$, 'event');
SELECT filtered('{"at__date": {"F": "day"}}', 'at::date = day', 'event');
SELECT filtered('{"day__lte": {"Now": []}}', 'day <= now()', 'event');
SELECT filtered('{"at__month__in": [{"F": "other__at__month"}, 2]}', $$ extract(month FROM at) IN ((SELECT extract(month FROM o.at) FROM event o WHERE o.id = t.other_id), 2) $$, 'event');
SELECT filtered('{"at__year": {"Value": 2024}}', $$ extract(year FROM at) = 2024 $$, 'event');

--
-- Annotations and domains
--
SELECT checked('{"model": "event", "alias": {"later": {"Add": ["local", {"Cast": {"Value": "1 day"}, "type": "interval"}]}}, "annotate": {"d": {"Cast": "later", "type": "date"}}, "filter": {"d__year": 2025}, "values_list": ["d"], "flat": true, "order_by": ["id"]}',
	$$ SELECT (local + interval '1 day')::date AS value FROM event WHERE extract(year FROM local + interval '1 day') = 2025 ORDER BY id $$);
SELECT checked('{"model": "event", "annotate": {"when": {"F": "at"}}, "filter": {"when__year": 2023, "when__hour__gte": 23}, "values_list": ["id"], "flat": true}', 'SELECT 1 AS value');
CREATE DOMAIN moment AS timestamptz;
CREATE TABLE moments (id int PRIMARY KEY, at moment);
INSERT INTO moments VALUES (1, '2024-06-30'), (2, 'infinity'), (3, '-infinity'), (4, '0044-03-15 BC');
SELECT filtered('{"at__year": 2024, "at__date": "2024-06-30", "at__hour": 0}', 'id = 1', 'moments');
-- beyond all years, and before the first
SELECT filtered('{"at__year__gt": 2024}', 'id = 2', 'moments'), filtered('{"at__year__lt": 2024}', 'id IN (3, 4)', 'moments'), filtered('{"at__year": -44}', 'id = 4', 'moments');

--
-- What is refused
--
SELECT refused('{"model": "event", "filter": {"at__year__nothing": 1}}');
SELECT message_of('{"model": "event", "filter": {"at__year__month": 1}}');
SELECT message_of('{"model": "event", "filter": {"at__month__nothing": 1}}');
SELECT message_of('{"model": "event", "filter": {"at__month__year": 1}}');
SELECT message_of('{"model": "event", "filter": {"at__date__hour": 1}}');
SELECT message_of('{"model": "event", "filter": {"day__hour": 1}}');
SELECT message_of('{"model": "event", "filter": {"day__time": "10:00"}}');
SELECT message_of('{"model": "event", "filter": {"clock__year": 2024}}');
SELECT message_of('{"model": "event", "filter": {"clock__time": "10:00"}}');
SELECT message_of('{"model": "event", "filter": {"clock__date": "2024-01-01"}}');
SELECT message_of('{"model": "event", "filter": {"id__year": 2024}}');
SELECT message_of('{"model": "event", "filter": {"at__century": 21}}');
SELECT message_of('{"model": "event", "filter": {"other__year": 2024}}');
SELECT message_of('{"model": "event", "filter": {"at__year__gt": null}}');
SELECT message_of('{"model": "event", "filter": {"at__year": [2024]}}');
SELECT message_of('{"model": "event", "filter": {"at__year__range": [2024]}}');
SELECT message_of('{"model": "event", "filter": {"at__year__isnull": 1}}');
SELECT sqlstate_of('{"model": "event", "filter": {"at__year": "x"}}'), sqlstate_of('{"model": "event", "filter": {"at__year": 1.5}}'), sqlstate_of('{"model": "event", "filter": {"at__month": 99999999999}}'),
	sqlstate_of('{"model": "event", "filter": {"at__date": "x"}}'), sqlstate_of('{"model": "event", "filter": {"at__time": "25:00"}}');
-- years that are none
SELECT sqlstate_of('{"model": "event", "filter": {"at__year": 0}}'), sqlstate_of('{"model": "event", "filter": {"at__year": 999999}}'), sqlstate_of('{"model": "event", "filter": {"at__year": 2147483647}}'),
	sqlstate_of('{"model": "event", "filter": {"day__year__gt": -2147483648}}');

DROP SCHEMA lookups_datetime_test CASCADE;
