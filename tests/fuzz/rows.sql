-- The rows of schema.sql: few, with nulls, extremes, and values that are equal to others.
SELECT FROM setseed(0.42);

-- ----- zoo: row i has the value i % n of a column's n, so that each meets many others

CREATE TEMP TABLE sample (name text, texts text[]);
INSERT INTO sample VALUES
	('c_bool', '{t,f,NULL}'), ('c_i2', '{0,-1,32767,NULL}'), ('c_i4', '{0,1,-5,2147483647,NULL,7}'), ('c_i8', '{0,9007199254740993,-1,NULL}'),
	('c_f4', '{0,0.5,-2.25,NULL,Infinity}'), ('c_f8', '{0,0.5,NaN,-2.25,NULL}'), ('c_num', '{0,1.50,NULL,NaN,12345678901234567890.123}'),
	('c_num2', '{0,1.5,NULL,-3.125}'), ('c_text', '{alpha,Beta,"",NULL,100%,a_b,"back\\slash",Éva,ß}'), ('c_vc', '{x,Xy,NULL,""}'),
	('c_ch', '{a,"ab ",NULL}'), ('c_name', '{n1,N2,NULL}'), ('c_qch', '{a,b,NULL}'), ('c_bytea', '{"\\x00ff","",NULL}'),
	('c_date', '{2024-01-01,2024-02-29,NULL,infinity,0044-03-15 BC}'), ('c_time', '{00:00,23:59:59.5,NULL}'), ('c_timetz', '{00:00+02,12:00-05,NULL}'),
	('c_ts', '{2024-01-01 10:00,2023-12-31 23:59:59.123456,NULL,-infinity}'),
	('c_tstz', '{2024-01-01 10:00+00,2024-03-10 07:30+00,NULL,2024-12-31 23:30+00}'), ('c_iv', '{1 day,24 hours,-1 mon 3 sec,NULL}'),
	('c_uuid', '{00000000-0000-0000-0000-000000000000,c4ca4238-a0b9-2382-0dcc-509a6f75849b,NULL}'),
	('c_json', ARRAY['{"a":1,"b":[1,2]}', '[1]', NULL, '"x"']),
	('c_jsonb', ARRAY['{"a":1,"b":{"c":"x"}}', '{"a":null}', NULL, '[1,{"a":2}]', '"text"', '{"b":[1,2,3],"a":"1"}']),
	('c_xml', '{<a/>,NULL}'), ('c_inet', '{192.168.0.1,10.0.0.0/8,::1,NULL}'), ('c_cidr', '{10.0.0.0/8,NULL}'),
	('c_mac', '{08:00:2b:01:02:03,NULL}'), ('c_mac8', '{08:00:2b:01:02:03:04:05,NULL}'), ('c_bit', '{10101,00000,NULL}'), ('c_vbit', '{1,"",NULL}'),
	('c_money', '{1.5,0,NULL}'), ('c_point', '{"(1,2)",NULL}'), ('c_box', '{"(1,2),(0,0)",NULL}'), ('c_path', '{"[(0,0),(1,1)]",NULL}'),
	('c_poly', '{"((0,0),(1,1),(1,0))",NULL}'), ('c_circle', '{"<(0,0),2>",NULL}'), ('c_lseg', '{"[(0,0),(1,1)]",NULL}'),
	('c_line', ARRAY['{1,-1,0}', NULL]), ('c_tsv', '{a fat cat,NULL}'), ('c_tsq', '{fat & cat,NULL}'), ('c_mood', '{sad,ok,happy,NULL}'),
	('c_pos', '{1,2,NULL}'), ('c_short', '{sh,"",NULL}'), ('c_pair', ARRAY['(1,x)', '(,)', NULL, '(2,"q""u,o(te")']),
	('c_npair', ARRAY['("(1,x)","{1,NULL}",ok)', NULL]), ('c_dpair', ARRAY['(1,d)', NULL]),
	('a_i4', ARRAY['{1,2}', '{}', NULL, '{3,NULL}', '[0:1]={5,6}']), ('a_i42', ARRAY['{{1,2},{3,4}}', '{}', NULL]),
	('a_text', ARRAY['{a,"b c"}', '{}', NULL, '{NULL,x}', '{"q\"{,}"}']), ('a_mood', ARRAY['{sad,ok}', '{}', NULL]),
	('a_pair', ARRAY['{"(1,x)"}', NULL]), ('a_date', ARRAY['{2024-01-01}', NULL]), ('a_jsonb', ARRAY['{"{\"a\": 1}",NULL}', NULL]),
	('a_pos', ARRAY['{1,2}', NULL]), ('r_i4', ARRAY['[1,5)', 'empty', '(,3)', NULL, '[2,)']), ('r_i8', ARRAY['[1,5)', 'empty', NULL]),
	('r_num', ARRAY['[1.5,2.5]', 'empty', NULL, '(,)']), ('r_date', ARRAY['[2024-01-01,2024-02-01)', NULL, '[2024-01-15,)']),
	('r_ts', ARRAY['[2024-01-01,2024-02-01)', NULL]), ('r_tstz', ARRAY['[2024-01-01,2024-02-01)', NULL]),
	('m_i4', ARRAY['{[1,3),[5,7)}', '{}', NULL]), ('m_date', ARRAY['{[2024-01-01,2024-01-03)}', NULL]),
	('c_hs', ARRAY['a=>1', 'a=>NULL,b=>2', NULL, '']), ('c_ci', '{Foo,foo,BAR,NULL}'), ('c_oid', '{1,4000000000,NULL}'), ('c_lsn', '{0/16B3748,NULL}'),
	('c_regc', '{pg_class,NULL}'), ('c_icu', '{a,A,b,NULL}'), ('c_nd', '{a,A,B,NULL}'), ('c_cc', '{a,B,NULL}');
INSERT INTO zoo (id) SELECT generate_series(1, 60);
DO $$
DECLARE
	s record;
BEGIN
	FOR s IN SELECT name, texts, format_type(atttypid, atttypmod) AS type FROM sample JOIN pg_attribute ON attrelid = 'zoo'::regclass AND attname = name LOOP
		EXECUTE format('UPDATE zoo SET %I = ($1)[1 + id %% cardinality($1)]::%s', s.name, s.type) USING s.texts;
	END LOOP;
END $$;
UPDATE zoo SET boss_id = greatest(id / 2, 1) WHERE id % 3 > 0;
INSERT INTO zoo_zoo SELECT DISTINCT 1 + (i * 7) % 60, 1 + (i * 11) % 60 FROM generate_series(1, 120) i;

-- ----- the others

INSERT INTO place SELECT c, n, c || n FROM unnest(ARRAY['fr', 'de', 'it', '']) c, generate_series(1, 4) n;
INSERT INTO visit
SELECT i, CASE WHEN i % 5 > 0 THEN (ARRAY['fr', 'de', 'it', ''])[1 + i % 4] END, CASE WHEN i % 7 > 0 THEN 1 + i % 4 END,
	(ARRAY['n', 'm', NULL])[1 + i % 3], '2024-01-01'::date + i % 10
FROM generate_series(1, 60) i;
INSERT INTO guide SELECT i, 'Guide' || i FROM generate_series(1, 8) i;
INSERT INTO place_guides SELECT DISTINCT (ARRAY['fr', 'de', 'it', ''])[1 + i % 4], 1 + i % 3, 1 + i % 7 FROM generate_series(1, 60) i;
INSERT INTO ev
SELECT '2024-01-10'::date + (i * 3) % 90, i, CASE WHEN i % 5 > 0 THEN (ARRAY['fr', 'de', 'it', ''])[1 + i % 4] END,
	CASE WHEN i % 7 > 0 THEN 1 + i % 4 END, (ARRAY['sad', 'ok', 'happy', NULL]::mood[])[1 + i % 4], (ARRAY[1.5, NULL, 20])[1 + i % 3]
FROM generate_series(1, 80) i;
UPDATE ev SET parent_day = p.day, parent_id = p.id FROM ev p WHERE p.id = ev.id / 2 AND ev.id % 3 > 0;
INSERT INTO evnote SELECT i, e.day, e.id, 'b' || i % 4 FROM generate_series(1, 90) i LEFT JOIN ev e ON e.id = (i * 13) % 100;
INSERT INTO animal SELECT i, 'an' || i % 4, i % 5 FROM generate_series(1, 10) i;
INSERT INTO dog SELECT i, 'dog' || i % 3, 4, 'br' || i % 2 FROM generate_series(11, 23) i;

INSERT INTO ndk VALUES ('Aa', 1), ('bb', 2), ('CC', 3);
INSERT INTO ndc SELECT i, (ARRAY['aa', 'AA', 'Bb', 'cc', NULL])[1 + i % 5], 'w' || i % 3 FROM generate_series(1, 40) i;
INSERT INTO cik VALUES ('Aa', 1), ('bb', 2), ('CC', 3);
INSERT INTO cic SELECT i, (ARRAY['aa', 'AA', 'Bb', 'cc', NULL])[1 + i % 5], 'w' || i % 3 FROM generate_series(1, 40) i;
INSERT INTO numk VALUES (1.0, 1), (2.50, 2), ('NaN', 3), (0, 4), (10000000000000000000000, 5);
INSERT INTO numc SELECT i, (ARRAY[1, 1.000, 2.5, 'NaN', NULL, 0.00, 1e22])[1 + i % 7], (ARRAY[1, NULL, 2.500])[1 + i % 3] FROM generate_series(1, 40) i;
INSERT INTO tsk VALUES ('2024-01-01 00:00+00', 1), ('infinity', 2), ('2024-03-10 02:30-05', 3);
INSERT INTO tsc SELECT i, (ARRAY['2024-01-01 01:00+01', 'infinity', '2024-03-10 02:30-05', NULL])[1 + i % 4]::timestamptz FROM generate_series(1, 20) i;
INSERT INTO i8k VALUES (1, 'a'), (2, 'b'), (9007199254740993, 'c'), (-1, 'd');
INSERT INTO i4c SELECT i, (ARRAY[1, 2, -1, NULL])[1 + i % 4] FROM generate_series(1, 20) i;
INSERT INTO f8k VALUES (0, 'z'), (0.5, 'h'), ('NaN', 'n'), ('-Infinity', 'i');
INSERT INTO f8c SELECT i, (ARRAY['-0', '0.5', 'NaN', '-Infinity', NULL])[1 + i % 5]::float8 FROM generate_series(1, 20) i;
INSERT INTO enk VALUES ('sad', 's'), ('happy', 'h');
INSERT INTO enc SELECT i, (ARRAY['sad', 'happy', NULL]::mood[])[1 + i % 3] FROM generate_series(1, 20) i;
INSERT INTO chk VALUES ('a', 1), ('b ', 2), ('abcd', 3);
INSERT INTO chc SELECT i, (ARRAY['a  ', 'b', 'abcd', NULL])[1 + i % 4] FROM generate_series(1, 20) i;
INSERT INTO domk VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO domc SELECT i, nullif(i % 4, 0) FROM generate_series(1, 20) i;

INSERT INTO town (zip, region, number, rank) SELECT 'z' || i, (ARRAY['north', 'south'])[1 + i % 2], (i + 1) / 2, i FROM generate_series(1, 8) i;
INSERT INTO town (zip, region, number, rank) VALUES ('z9', 'north', 9, NULL);
INSERT INTO shop (zip, region, number, name, town_id)
SELECT CASE WHEN i % 4 > 0 THEN 'z' || 1 + i % 8 END, t.region, t.number, (ARRAY['Anna''s', 'Bäcker', '50% off'])[1 + i % 3], nullif(i % 9, 0)
FROM generate_series(1, 30) i LEFT JOIN town t ON t.id = 1 + (i * 5) % 11;
INSERT INTO node SELECT i, nullif(i / 3, 0), CASE WHEN i % 4 = 1 THEN i - 1 + (i = 1)::int END, (ARRAY['l', 'L', NULL])[1 + i % 3] FROM generate_series(1, 25) i;
INSERT INTO stamped (name, shop_id) SELECT (ARRAY['a', 'b', 'c'])[1 + i % 3], CASE WHEN i % 4 > 0 THEN i END FROM generate_series(1, 20) i;

INSERT INTO "Ünï ""q" SELECT i, 'ab' || i % 3, i % 4, i % 5, 'r' || i % 2, 'xy' || i % 2, nullif(i / 2, 0) FROM generate_series(1, 15) i;
INSERT INTO "order"
SELECT i, i % 3, i % 4, i % 2 = 0, '2024-01-01'::date + i, ARRAY[i, 1], 100 - i, 'm' || i % 2, 'f' || i % 3, i % 2, i % 3,
	(ARRAY['{"F": "id"}', '{"Value": 1}', '1', NULL]::jsonb[])[1 + i % 4], i % 2, i % 5, 1, nullif(i / 2, 0), nullif(i / 3, 0)
FROM generate_series(1, 20) i;
INSERT INTO "CamelCase" SELECT i, nullif(i / 2, 0), 1 + i % 20 FROM generate_series(1, 12) i;
INSERT INTO long_name_long_name_long_name_long_name_long_name_long_name_63b SELECT i, nullif(i % 7, 0) FROM generate_series(1, 12) i;
INSERT INTO nopk SELECT i % 5, 'b' || i % 3, 1 + i % 10 FROM generate_series(1, 20) i;
REFRESH MATERIALIZED VIEW ev_m;

-- ----- the press

INSERT INTO press_country VALUES (1, 'Norway', 'NO', 385207), (2, 'Chile', 'CL', 756102.5), (3, 'Japan', 'JP', NULL), (4, 'Åland', 'AX', 1580.25);
INSERT INTO press_office
SELECT i, (ARRAY['Oslo', 'Bergen', 'Santiago', 'Osaka', 'Kyoto'])[i], (ARRAY['NO', 'NO', 'CL', 'JP', 'JP'])[i], (ARRAY['09:00'::time, NULL])[1 + i % 2],
	(ARRAY['17:00'::time, NULL])[1 + i % 2]
FROM generate_series(1, 5) i;
INSERT INTO press_person
SELECT i, (ARRAY['Ada', 'Bo', 'Cleo', 'dora', 'Émile', 'O''Brien', '100%'])[1 + i % 7] || (ARRAY['', ' Lee', ' lee'])[1 + i % 3],
	CASE WHEN random() < .7 THEN 'p' || i || '@example.org' END, CASE WHEN random() < .7 THEN '2024-01-01'::date + (random() * 800)::int - 400 END,
	(ARRAY[1.5, 1.625, 1.75, NULL])[1 + (random() * 3)::int], i % 3 > 0, i % 5 - 1, nullif((random() * 4)::int, 0),
	CASE WHEN i > 1 AND random() < .7 THEN 1 + (random() * (i - 2))::int END
FROM generate_series(1, 24) i;
INSERT INTO press_person_friends
SELECT row_number() OVER (), a, b FROM (SELECT DISTINCT 1 + (random() * 23)::int a, 1 + (random() * 23)::int b FROM generate_series(1, 40)) x WHERE a <> b;
INSERT INTO press_follow
SELECT i, 1 + (random() * 23)::int, 1 + (random() * 23)::int, '2024-01-01'::date + (random() * 300)::int FROM generate_series(1, 40) i;
INSERT INTO press_profile
SELECT i, i, 'bio the ' || i % 3, (ARRAY[-1, 0, 3, NULL])[1 + i % 4],
	(ARRAY['{}', '{"a":1,"kind":"long"}', '[1,"two",null]', '"t"']::jsonb[])[1 + i % 4], nullif(i % 6, 0)
FROM generate_series(1, 24) i WHERE i % 3 > 0;
INSERT INTO press_badge SELECT i, 1000 - i, (ARRAY['red', 'blue', NULL])[1 + i % 3] FROM generate_series(1, 24) i WHERE i % 2 = 0;
INSERT INTO press_section
SELECT i, (ARRAY['News', 'Sport', 'Arts', 'Local', 'World', 'Football', 'Film', 'Junior football'])[i], nullif(i / 2, 0) FROM generate_series(1, 8) i;
INSERT INTO press_tag
SELECT i, (ARRAY['red', 'green', 'Blue', 'blue sky', 'a_b', '100%', 'empty'])[i], (ARRAY[1.125, NULL, 0])[1 + i % 3] FROM generate_series(1, 7) i;
INSERT INTO press_article
SELECT i, (ARRAY['the sun', 'sun rose', '100% of it_all', 'Straße', '\ back', ''])[1 + i % 6], 'article-' || i,
	(ARRAY['the city while', '', NULL])[1 + i % 3], 1 + (random() * 11)::int, nullif((random() * 24)::int, 0), nullif((random() * 8)::int, 0),
	(ARRAY[0, 0.125, 2.5, 4.75, NULL])[1 + i % 5], (ARRAY[0, 9.90, 12.5, 99999999.99, NULL])[1 + i % 5], (i % 6) * 100,
	(ARRAY[0, 1, 2147483648, 9007199254740993])[1 + i % 4], (ARRAY[-1, 0, 1, 2, NULL])[1 + i % 5], random() < .7,
	CASE WHEN random() < .7 THEN '2024-01-01'::date + (random() * 800)::int - 400 END,
	'2023-12-31 23:00+00'::timestamptz + (random() * 96)::int * interval '1 hour',
	CASE WHEN random() < .7 THEN '2024-03-10 05:30+00'::timestamptz + (random() * 96)::int * interval '1 hour' END,
	(ARRAY['10:00'::time, '23:30', NULL])[1 + i % 3], md5(i::text)::uuid,
	(ARRAY['{}', '{"a":1,"b":{"c":[1,2,{"d":"x"}]}}', '{"a":null,"kind":"long"}', '{"kind":"short","size":3}', '[1,"two",null]', '"text"', '7', 'true', NULL]::jsonb[])[1 + i % 9],
	(ARRAY['{x}', '{x,y}', '{}', '{"q\"{,}",z}'])[1 + i % 4]::text[], (ARRAY['{1,2}', '{}', NULL, '{3,NULL}'])[1 + i % 4]::int[]
FROM generate_series(1, 60) i;
INSERT INTO press_article_tags
SELECT row_number() OVER (), a, t FROM (SELECT DISTINCT 1 + (random() * 59)::int a, 1 + (random() * 5)::int t FROM generate_series(1, 130)) x;
INSERT INTO press_review
SELECT i, 1 + (random() * 59)::int, 1 + (random() * 23)::int, (ARRAY[1, 3, 5, NULL])[1 + i % 4], (ARRAY['', 'good', 'Good', 'bad'])[1 + i % 4],
	'2024-01-01'::timestamptz + (random() * 96)::int * interval '1 hour'
FROM generate_series(1, 90) i;
INSERT INTO press_comment
SELECT i, 1 + (random() * 59)::int, nullif((random() * 24)::int, 0), CASE WHEN random() < .5 AND i > 1 THEN 1 + (random() * (i - 2))::int END,
	(ARRAY['yes', 'No', 'why?', '100% so', 'it_all'])[1 + i % 5], i % 4, '2024-01-01'::timestamptz + (random() * 96)::int * interval '1 hour'
FROM generate_series(1, 110) i;
INSERT INTO press_magazine VALUES ('sun', 'Sun', '2024-01-01', 3), ('moon', 'Moon', '2023-01-01', NULL), ('dusk', 'Dusk', NULL, 5);
INSERT INTO press_issue
SELECT md5('i' || i)::uuid, (ARRAY['sun', 'moon'])[1 + i % 2], i, CASE WHEN i % 3 > 0 THEN '2024-01-01'::timestamptz + i * interval '1 day' END
FROM generate_series(1, 6) i;
INSERT INTO press_issue_articles
SELECT row_number() OVER (), a, b
FROM (SELECT DISTINCT md5('i' || (1 + (random() * 5)::int))::uuid a, 1 + (random() * 59)::int b FROM generate_series(1, 30)) x;
INSERT INTO "Old Notes" SELECT i * 10, 'note ' || i, nullif(i % 4, 0), '2024-01-01'::timestamptz + i * interval '1 day' FROM generate_series(1, 6) i;

-- New rows come behind these.
DO $$
DECLARE
	sequence text;
BEGIN
	FOR sequence IN
		SELECT pg_get_serial_sequence(attrelid::regclass::text, attname) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
	LOOP
		CONTINUE WHEN sequence IS NULL;
		EXECUTE format('SELECT setval(%L, 1000)', sequence);
	END LOOP;
END $$;
ANALYZE;
