-- Models: which relations are models, by which names, with which fields and keys.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS bolt_orm;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA models_test;
SET search_path = models_test;
SELECT bolt.version() ~ '^\d+\.\d+\.\d+$' AS version;

-- every kind
CREATE TABLE plain (id int PRIMARY KEY, title text NOT NULL, body text);
CREATE TABLE parted (id int, region text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE parted_eu PARTITION OF parted FOR VALUES IN ('eu');
CREATE VIEW a_view AS SELECT id, title FROM plain;
CREATE MATERIALIZED VIEW a_matview AS SELECT id FROM plain;
CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE a_foreign (id int, name text) SERVER nowhere;
CREATE SEQUENCE a_sequence;
CREATE INDEX an_index ON plain (title);
CREATE TYPE a_type AS (x int);
CREATE TABLE no_columns ();
SELECT * FROM bolt.models() WHERE name !~ '\.';

-- what is no model is an unknown one
SELECT * FROM bolt.relations('a_sequence');
SELECT * FROM bolt.relations('an_index');
SELECT * FROM bolt.relations('a_type');

-- names as SQL resolves them
CREATE TABLE "Quoted.Name" (id int PRIMARY KEY, plain_id int REFERENCES plain);
CREATE TABLE "select" (id int PRIMARY KEY, "from" int REFERENCES plain, "Upper Case" int);
SELECT model, name FROM bolt.relations('"Quoted.Name"');
SELECT model, name FROM bolt.relations('models_test."Quoted.Name"');
SELECT model, name FROM bolt.relations('SELECT');
SELECT model, name FROM bolt.relations('Models_Test.Select');
SELECT count(*) FROM bolt.relations(current_database() || '.models_test.plain');
SELECT count(*) FROM bolt.relations('pg_class');

-- Django's label
CREATE TABLE blog_article (id int PRIMARY KEY, plain_id int REFERENCES plain);
SELECT model, name FROM bolt.relations('blog.Article');
SELECT model, name FROM bolt.relations('Blog.ARTICLE');
-- SQL's meaning comes first
CREATE SCHEMA blog;
CREATE TABLE blog.article (id int PRIMARY KEY, another_id int REFERENCES plain);
SELECT model, name FROM bolt.relations('blog.Article');
DROP SCHEMA blog CASCADE;
SELECT model, name FROM bolt.relations('blog.Article');

-- unknown ones, with the nearest name or some of those there are
SELECT * FROM bolt.relations('blog_artcle');
SELECT * FROM bolt.relations('blog.Artcle');
SELECT * FROM bolt.relations('nothing_like_it');
SELECT * FROM bolt.relations('');
SELECT * FROM bolt.relations('.');
SELECT * FROM bolt.relations('"');
SELECT * FROM bolt.relations('a.b.c.d');
SELECT * FROM bolt.relations('elsewhere.models_test.plain');
SELECT * FROM bolt.relations('x''; DROP TABLE plain; --');
\set VERBOSITY sqlstate
SELECT * FROM bolt.relations(repeat('x', 10000));
SELECT * FROM bolt.relations('nothing');
\set VERBOSITY default

-- a table that comes before in the search path takes the name at once
CREATE SCHEMA models_first;
SET search_path = models_first, models_test;
SELECT model, name FROM bolt.relations('blog_article');
CREATE TABLE models_first.blog_article (id int PRIMARY KEY, first_id int REFERENCES plain);
SELECT model, name FROM bolt.relations('blog_article');
SELECT model, name FROM bolt.relations('models_test.blog_article');
CREATE TEMP TABLE blog_article (id int PRIMARY KEY);
SELECT model, name FROM bolt.relations('blog_article');
DROP TABLE pg_temp.blog_article;
DROP SCHEMA models_first CASCADE;
SET search_path = models_test;

-- dropped columns, 63 bytes, odd characters
CREATE TABLE odd (
	a int, b int PRIMARY KEY, c int,
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk" int,
	"ünï ""quoted"" __ 名前" int REFERENCES plain,
	"order" int);
ALTER TABLE odd DROP COLUMN a, DROP COLUMN c;
ALTER TABLE odd ADD COLUMN d int;
SELECT primary_key, fields FROM bolt.models() WHERE name = 'odd';
SELECT name, columns FROM bolt.relations('odd');

-- as many columns as a table can have
DO $$ BEGIN
	EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg(format('c%s int', i), ', ') || ')' FROM generate_series(1, 1600) i);
END $$;
SELECT array_length(fields, 1), fields[1], fields[1600] FROM bolt.models() WHERE name = 'wide';
DROP TABLE wide;

-- renaming and moving
ALTER TABLE blog_article RENAME TO blog_post;
SELECT model, name FROM bolt.relations('blog_post');
SELECT * FROM bolt.relations('blog_article');
CREATE SCHEMA models_other;
ALTER TABLE blog_post SET SCHEMA models_other;
SELECT model, name FROM bolt.relations('models_other.blog_post');
ALTER SCHEMA models_other RENAME TO models_renamed;
SELECT model, name FROM bolt.relations('models_renamed.blog_post');
SELECT model, name FROM bolt.relations() WHERE model ~ 'blog_post';

-- privileges: what one may not read is neither listed nor told as a choice
CREATE ROLE regress_bolt_reader;
GRANT USAGE ON SCHEMA models_test TO regress_bolt_reader;
GRANT SELECT ON plain TO regress_bolt_reader;
GRANT SELECT (b, "order") ON odd TO regress_bolt_reader;
SET ROLE regress_bolt_reader;
SELECT name, fields FROM bolt.models() WHERE name !~ '\.';
SELECT * FROM bolt.relations('plan');
SELECT * FROM bolt.relations('select_');
SELECT * FROM bolt.relations('models_renamed.blog_post');
RESET ROLE;

RESET search_path;
SET client_min_messages = error;
DROP SCHEMA models_test CASCADE;
DROP SCHEMA models_renamed CASCADE;
DROP SERVER nowhere CASCADE;
DROP EXTENSION postgres_fdw;
DROP ROLE regress_bolt_reader;
