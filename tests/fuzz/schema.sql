-- The tables of tests/fuzz: a column of every type, a table of every kind, keys of all sorts, odd names.
-- The press of tests/django comes first. rows.sql fills them.
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nestpair AS (p pair, arr int[], m mood);
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN shorttext AS varchar(20);
CREATE DOMAIN dpair AS pair;
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- ----- every type; two columns were dropped, one came late

CREATE TABLE zoo (
	id int PRIMARY KEY, dropped_early int,
	c_bool bool, c_i2 int2, c_i4 int4, c_i8 int8, c_f4 float4, c_f8 float8, c_num numeric, c_num2 numeric(10, 3),
	c_text text, c_vc varchar(12), c_ch char(6), c_name name, c_qch "char", c_bytea bytea,
	c_date date, c_time time, c_timetz timetz, c_ts timestamp, c_tstz timestamptz, c_iv interval,
	c_uuid uuid, c_json json, c_jsonb jsonb, c_xml xml, c_inet inet, c_cidr cidr, c_mac macaddr, c_mac8 macaddr8,
	c_bit bit(5), c_vbit varbit(9), c_money money,
	c_point point, c_box box, c_path path, c_poly polygon, c_circle circle, c_lseg lseg, c_line line,
	c_tsv tsvector, c_tsq tsquery, c_mood mood, c_pos posint, c_short shorttext, c_pair pair, c_npair nestpair, c_dpair dpair,
	a_i4 int[], a_i42 int[][], a_text text[], a_mood mood[], a_pair pair[], a_date date[], a_jsonb jsonb[], a_pos posint[],
	r_i4 int4range, r_i8 int8range, r_num numrange, r_date daterange, r_ts tsrange, r_tstz tstzrange,
	m_i4 int4multirange, m_date datemultirange,
	c_hs hstore, c_ci citext, c_oid oid, c_lsn pg_lsn, c_regc regclass,
	c_icu text COLLATE "und-x-icu", c_nd text COLLATE nocase, c_cc text COLLATE "C",
	g_sum int GENERATED ALWAYS AS (c_i4 % 100 + 1) STORED,
	boss_id int REFERENCES zoo, dropped_late text
);
ALTER TABLE zoo DROP COLUMN dropped_early;
ALTER TABLE zoo DROP COLUMN dropped_late;
ALTER TABLE zoo ADD COLUMN late int DEFAULT 7;
CREATE TABLE zoo_zoo (a_id int NOT NULL REFERENCES zoo, b_id int NOT NULL REFERENCES zoo, PRIMARY KEY (a_id, b_id));

-- ----- keys of several columns, and a many-to-many relation through them

CREATE TABLE place (country text, code int, name text, PRIMARY KEY (country, code));
CREATE TABLE visit (
	id int PRIMARY KEY, place_country text, place_code int, note text, made date,
	FOREIGN KEY (place_country, place_code) REFERENCES place
);
CREATE INDEX ON visit (place_country, place_code);
CREATE TABLE guide (id bigint PRIMARY KEY, name citext UNIQUE);
CREATE TABLE place_guides (
	country text NOT NULL, code int NOT NULL, guide_id bigint NOT NULL REFERENCES guide,
	PRIMARY KEY (country, code, guide_id), FOREIGN KEY (country, code) REFERENCES place
);

-- ----- partitions, one of them with its columns in another order; references into them and out of them

CREATE TABLE ev (
	day date, id int, place_country text, place_code int, kind mood, amount numeric(8, 2), parent_day date, parent_id int,
	PRIMARY KEY (day, id), FOREIGN KEY (place_country, place_code) REFERENCES place, FOREIGN KEY (parent_day, parent_id) REFERENCES ev
) PARTITION BY RANGE (day);
CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE ev_2 (
	amount numeric(8, 2), kind mood, dropped int, parent_id int, parent_day date, place_code int, place_country text,
	id int NOT NULL, day date NOT NULL
);
ALTER TABLE ev_2 DROP COLUMN dropped;
ALTER TABLE ev ATTACH PARTITION ev_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE ev_d PARTITION OF ev DEFAULT;
CREATE INDEX ON ev (parent_day, parent_id);
CREATE TABLE evnote (id int PRIMARY KEY, ev_day date, ev_id int, body text, FOREIGN KEY (ev_day, ev_id) REFERENCES ev);

-- ----- inheritance

CREATE TABLE animal (id int PRIMARY KEY, name text, legs int);
CREATE TABLE dog (breed text) INHERITS (animal);
ALTER TABLE dog ADD PRIMARY KEY (id);

-- ----- keys of many types: equal keys that differ in their text, keys wider than their references

CREATE TABLE ndk (k text COLLATE nocase PRIMARY KEY, v int);
CREATE TABLE ndc (id int PRIMARY KEY, k text COLLATE nocase REFERENCES ndk, w text);
CREATE TABLE cik (k citext PRIMARY KEY, v int);
CREATE TABLE cic (id int PRIMARY KEY, k citext REFERENCES cik, w text);
CREATE TABLE numk (k numeric PRIMARY KEY, v int);
CREATE TABLE numc (id int PRIMARY KEY, k_id numeric REFERENCES numk, k2_id numeric REFERENCES numk);
CREATE TABLE tsk (k timestamptz PRIMARY KEY, v int);
CREATE TABLE tsc (id int PRIMARY KEY, k_id timestamptz REFERENCES tsk);
CREATE TABLE i8k (k int8 PRIMARY KEY, v text);
CREATE TABLE i4c (id int2 PRIMARY KEY, k_id int4 REFERENCES i8k);
CREATE TABLE f8k (k float8 PRIMARY KEY, v text);
CREATE TABLE f8c (id int PRIMARY KEY, k_id float8 REFERENCES f8k);
CREATE TABLE enk (k mood PRIMARY KEY, v text);
CREATE TABLE enc (id int PRIMARY KEY, k_id mood REFERENCES enk);
CREATE TABLE chk (k char(4) PRIMARY KEY, v int);
CREATE TABLE chc (id int PRIMARY KEY, k_id char(4) REFERENCES chk ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE domk (k posint PRIMARY KEY, v text);
CREATE TABLE domc (id int PRIMARY KEY, k_id posint REFERENCES domk ON DELETE SET NULL);

-- ----- references to unique columns that are no primary key, with each action; constraints that wait

CREATE TABLE town (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, zip varchar(8) NOT NULL UNIQUE, region text NOT NULL, number int NOT NULL, rank int,
	UNIQUE (region, number), UNIQUE (rank) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE shop (
	id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, zip varchar(8) REFERENCES town (zip) ON UPDATE CASCADE ON DELETE SET NULL,
	region text DEFAULT 'north', number int DEFAULT 1, name text NOT NULL DEFAULT 'a shop',
	town_id int REFERENCES town ON DELETE CASCADE,
	FOREIGN KEY (region, number) REFERENCES town (region, number) ON DELETE SET DEFAULT
);
CREATE TABLE node (
	id int PRIMARY KEY, up_id int REFERENCES node DEFERRABLE INITIALLY DEFERRED, left_id int UNIQUE REFERENCES node ON DELETE SET NULL, label text
);

-- ----- triggers: one changes what is written, one refuses rows in silence

CREATE TABLE stamped (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text, changed int NOT NULL DEFAULT 0, shop_id int REFERENCES shop ON DELETE CASCADE);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.name = 'nobody' THEN
		RETURN NULL;
	END IF;
	NEW.changed := NEW.changed + 1;
	NEW.name := upper(NEW.name);
	RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();

-- ----- views: filtered, checked, of columns in another order, written by a trigger, without a key; materialised

CREATE VIEW zoo_v AS SELECT id, c_i4, c_text, c_jsonb, boss_id FROM zoo WHERE id <= 40;
CREATE VIEW shop_turned AS SELECT name, town_id, number, region, zip, id FROM shop;
CREATE VIEW node_checked AS SELECT id, label, up_id FROM node WHERE id < 1000 WITH CHECK OPTION;
CREATE VIEW guide_v AS SELECT id, upper(name::text) AS name FROM guide;
CREATE FUNCTION write_guide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		DELETE FROM guide WHERE id = OLD.id;
		RETURN OLD;
	ELSIF TG_OP = 'UPDATE' THEN
		UPDATE guide SET id = NEW.id, name = NEW.name WHERE id = OLD.id;
	ELSE
		INSERT INTO guide VALUES (NEW.id, NEW.name);
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER write_guide INSTEAD OF INSERT OR UPDATE OR DELETE ON guide_v FOR EACH ROW EXECUTE FUNCTION write_guide();
CREATE MATERIALIZED VIEW ev_m AS
	SELECT place_country, place_code, count(*) AS n, sum(amount) AS total FROM ev
	WHERE place_code IS NOT NULL AND place_country IS NOT NULL GROUP BY 1, 2;

-- ----- names: upper case, quotes, spaces, lookups, options and keys of a document; 63 bytes; tables without key, columns or rows

CREATE TABLE "Ünï ""q" (
	"Id Ü" int PRIMARY KEY, "a__b" text, "select" int, "p k" int, "Ref" text, "x""y" text, "self_id" int REFERENCES "Ünï ""q"
);
CREATE TABLE "order" (
	id int PRIMARY KEY, "exact" int, "in" int, "isnull" bool, "year" date, "len" int[], "PK" int, "model" text, "filter" text, "NOT" int,
	"F" int, "Value" jsonb, "a.b" int, "$1" int, "_" int, "order" int REFERENCES "order", "via_id" int REFERENCES "order"
);
CREATE TABLE "CamelCase" ("userId" int PRIMARY KEY, "bestFriendId" int REFERENCES "CamelCase", "orderId" int REFERENCES "order");
CREATE TABLE long_name_long_name_long_name_long_name_long_name_long_name_63b (
	id int PRIMARY KEY, long_column_long_column_long_column_long_column_long_column_lon_id int REFERENCES "order"
);
CREATE TABLE empty_t (id int PRIMARY KEY, zoo_id int REFERENCES zoo);
CREATE TABLE nocols_t ();
CREATE TABLE nopk (a int, b text, zoo_id int REFERENCES zoo);

-- ----- registered names

SELECT FROM bolt.register_relation('press_article', '{author_id}', related_name => 'articles');
SELECT FROM bolt.register_relation('press_article', '{editor_id}', related_name => 'edited');
SELECT FROM bolt.register_relation('press_person', '{mentor_id}', related_name => 'pupils');
SELECT FROM bolt.register_relation('press_comment', '{parent_id}', related_name => 'replies', on_delete => 'CASCADE');
SELECT FROM bolt.register_relation('press_comment', '{article_id}', related_name => 'comments', on_delete => 'CASCADE');
SELECT FROM bolt.register_relation('press_review', '{article_id}', on_delete => 'CASCADE');
SELECT FROM bolt.register_relation('press_article_tags', '{article_id}', on_delete => 'CASCADE');
SELECT FROM bolt.register_relation('press_issue_articles', '{article_id}', on_delete => 'CASCADE');
SELECT FROM bolt.register_relation('press_section', '{parent_id}', related_name => 'children', on_delete => 'SET_NULL');
SELECT FROM bolt.register_relation('press_follow', '{follower_id}', related_name => 'follows');
SELECT FROM bolt.register_relation('press_follow', '{followed_id}', related_name => 'followed_by');
SELECT FROM bolt.register_many_to_many('press_person', 'press_person_friends', 'friends', source_columns => '{from_person_id}', target_columns => '{to_person_id}');
SELECT FROM bolt.register_many_to_many('press_article', 'press_review', 'reviewers', related_name => 'reviewed');
SELECT FROM bolt.register_relation('zoo', '{boss_id}', related_name => 'minions', on_delete => 'SET_NULL');
SELECT FROM bolt.register_many_to_many('zoo', 'zoo_zoo', 'likes', related_name => 'liked_by', source_columns => '{a_id}', target_columns => '{b_id}');
SELECT FROM bolt.register_relation('ev', '{parent_day,parent_id}', name => 'up', related_name => 'downs');
SELECT FROM bolt.register_relation('ev', '{place_country,place_code}', name => 'place', related_name => 'evs');
SELECT FROM bolt.register_relation('visit', '{place_country,place_code}', name => 'place', related_name => 'visits');
SELECT FROM bolt.register_relation('evnote', '{ev_day,ev_id}', name => 'ev', related_name => 'notes', on_delete => 'CASCADE');
SELECT FROM bolt.register_many_to_many('place', 'place_guides', 'guides', related_name => 'places');
SELECT FROM bolt.register_model('zoo_v', primary_key => '{id}', ordering => '{-id}');
SELECT FROM bolt.register_relation('zoo_v', '{boss_id}', name => 'boss', related_name => 'vminions', target => 'zoo');
SELECT FROM bolt.register_model('shop_turned', primary_key => '{id}');
SELECT FROM bolt.register_relation('shop_turned', '{town_id}', name => 'town', related_name => 'turned', target => 'town');
SELECT FROM bolt.register_model('node_checked', primary_key => '{id}');
SELECT FROM bolt.register_model('guide_v', primary_key => '{id}');
SELECT FROM bolt.register_model('ev_m', primary_key => '{place_country,place_code}');
SELECT FROM bolt.register_relation('ev_m', '{place_country,place_code}', name => 'place', related_name => 'stats', target => 'place');
SELECT FROM bolt.register_model('press_tag', ordering => '{name}');
SELECT FROM bolt.register_model('press_comment', ordering => '{-likes,id}');
SELECT FROM bolt.register_relation('numc', '{k_id}', related_name => 'numcs');
SELECT FROM bolt.register_relation('numc', '{k2_id}', related_name => 'numcs2');
SELECT FROM bolt.register_relation('node', '{up_id}', name => 'up', related_name => 'below', on_delete => 'PROTECT');
SELECT FROM bolt.register_relation('node', '{left_id}', name => 'left', related_name => 'right');
SELECT FROM bolt.register_relation('shop', '{town_id}', name => 'town', related_name => 'shops');
SELECT FROM bolt.register_relation('shop', '{zip}', name => 'post', related_name => 'served');
SELECT FROM bolt.register_relation('shop', '{region,number}', name => 'county', related_name => 'local');
