-- What a role with few rights sees. The schema guarded has tables of which fuzz_reader may read some rows (by row-level security) and
-- some columns; the schema plain has the same tables, with no more than these rows and columns, without any security.
-- So a document must give fuzz_reader in guarded what a superuser gets in plain, or 42501.
-- Whatever fuzz_reader must not see says "hush".
CREATE SCHEMA guarded;
CREATE TABLE guarded.club (id int PRIMARY KEY, name text NOT NULL, founded date, hush_dues numeric, parent_id int REFERENCES guarded.club);
CREATE TABLE guarded.member (
	id int PRIMARY KEY, club_id int REFERENCES guarded.club, name text UNIQUE, level int, data jsonb, hush_pin text, sponsor_id int REFERENCES guarded.member
);
CREATE TABLE guarded.badge (id int PRIMARY KEY, label text);
CREATE TABLE guarded.member_badges (member_id int REFERENCES guarded.member, badge_id int REFERENCES guarded.badge, PRIMARY KEY (member_id, badge_id));
CREATE TABLE guarded.hush_ledger (id int PRIMARY KEY, member_id int REFERENCES guarded.member, club_id int REFERENCES guarded.club, amount int, hush_note text);

INSERT INTO guarded.club
SELECT i, CASE WHEN i % 4 = 0 THEN 'hush' || i ELSE 'club' || i END, '2024-01-01'::date + i, i, nullif(i / 2, 0) FROM generate_series(1, 12) i;
INSERT INTO guarded.member
SELECT i, nullif(i % 13, 0), CASE WHEN i % 3 = 0 THEN 'hush' || i ELSE 'm' || i END, i % 5,
	jsonb_build_object('a', i % 3, 'note', CASE WHEN i % 3 = 0 THEN 'hush' ELSE 'x' END), 'hush' || i, nullif(i / 3, 0)
FROM generate_series(1, 60) i;
INSERT INTO guarded.badge SELECT i, CASE WHEN i = 5 THEN 'hush' ELSE 'badge' || i END FROM generate_series(1, 6) i;
INSERT INTO guarded.member_badges SELECT DISTINCT 1 + (i * 7) % 60, 1 + i % 6 FROM generate_series(1, 150) i;
INSERT INTO guarded.hush_ledger SELECT i, 1 + i % 60, 1 + i % 12, i, 'hush' FROM generate_series(1, 40) i;

-- The same without what must not be seen; no foreign keys would hold there, so the relations are registered.
CREATE SCHEMA plain;
CREATE TABLE plain.club AS SELECT id, name, founded, parent_id FROM guarded.club WHERE name !~ 'hush';
CREATE TABLE plain.member AS SELECT id, club_id, name, level, data, sponsor_id FROM guarded.member WHERE name !~ 'hush';
CREATE TABLE plain.badge AS SELECT * FROM guarded.badge WHERE label !~ 'hush';
CREATE TABLE plain.member_badges AS SELECT * FROM guarded.member_badges;
ALTER TABLE plain.club ADD PRIMARY KEY (id);
ALTER TABLE plain.member ADD PRIMARY KEY (id);
ALTER TABLE plain.member ADD UNIQUE (name);
ALTER TABLE plain.badge ADD PRIMARY KEY (id);
ALTER TABLE plain.member_badges ADD PRIMARY KEY (member_id, badge_id);
ALTER TABLE plain.club ADD FOREIGN KEY (parent_id) REFERENCES plain.club NOT VALID;
ALTER TABLE plain.member ADD FOREIGN KEY (club_id) REFERENCES plain.club NOT VALID;
ALTER TABLE plain.member ADD FOREIGN KEY (sponsor_id) REFERENCES plain.member NOT VALID;
ALTER TABLE plain.member_badges ADD FOREIGN KEY (member_id) REFERENCES plain.member NOT VALID;
ALTER TABLE plain.member_badges ADD FOREIGN KEY (badge_id) REFERENCES plain.badge NOT VALID;

ALTER TABLE guarded.club ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded.badge ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON guarded.club TO fuzz_reader USING (name !~ '^h');
CREATE POLICY seen ON guarded.member TO fuzz_reader USING (name !~ '^h');
CREATE POLICY seen ON guarded.badge TO fuzz_reader USING (label !~ '^h');
GRANT USAGE ON SCHEMA guarded TO fuzz_reader;
GRANT SELECT (id, name, founded, parent_id) ON guarded.club TO fuzz_reader;
GRANT SELECT (id, club_id, name, level, data, sponsor_id), INSERT, UPDATE, DELETE ON guarded.member TO fuzz_reader;
GRANT SELECT ON guarded.badge, guarded.member_badges TO fuzz_reader;

-- Of the other tables the same role may read some, others in part, others not at all.
GRANT SELECT ON press_article, press_person, press_tag, press_article_tags, zoo, place, ev, shop, town TO fuzz_reader;
GRANT SELECT (id, article_id, text) ON press_comment TO fuzz_reader;
ANALYZE guarded.club, guarded.member, guarded.badge, guarded.member_badges, guarded.hush_ledger, plain.club, plain.member, plain.badge, plain.member_badges;
