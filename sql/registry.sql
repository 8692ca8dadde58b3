-- The registry: names, orderings, keys and relations that the catalogs do not give.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS bolt_orm;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA registry_test;
SET search_path = registry_test;
CREATE TABLE auth_user (id int PRIMARY KEY, username text NOT NULL);
CREATE TABLE blog_tag (id int PRIMARY KEY, name text);
CREATE TABLE blog_article (id int PRIMARY KEY, title text, data jsonb,
	author_id int NOT NULL REFERENCES auth_user,
	editor_id int REFERENCES auth_user);
CREATE TABLE blog_article_tags (article_id int REFERENCES blog_article, tag_id int REFERENCES blog_tag, added date);
\pset null -

--
-- register_model
--
SELECT bolt.register_model('blog_article', name => 'Article', ordering => '{-title,author__username,data__key,pk,?}');
SELECT * FROM bolt.model;
SELECT name, relation FROM bolt.models() WHERE relation::text !~ '\.';
SELECT DISTINCT model, target FROM bolt.relations('Article') ORDER BY target;
SELECT model, name, target FROM bolt.relations('auth_user');
-- the table's own name still works; another case is another name
SELECT count(*) FROM bolt.relations('blog_article');
SELECT count(*) FROM bolt.relations('article');
-- registering again replaces everything
SELECT bolt.register_model('blog_article', name => 'Post');
SELECT * FROM bolt.model;
SELECT count(*) FROM bolt.relations('Article');
-- a table is found before a registered name, so its name cannot be registered
SELECT bolt.register_model('blog_article', name => 'blog_tag');
SELECT model, name FROM bolt.relations('blog_tag');
SELECT name, relation FROM bolt.models() WHERE relation::text !~ '\.';
SELECT model, name FROM bolt.relations('registry_test.blog_tag');
SELECT bolt.unregister('blog_article');
SELECT model, name FROM bolt.relations('blog_tag');
-- a transaction that is rolled back has registered nothing
BEGIN;
SELECT bolt.register_model('blog_article', name => 'Gone');
SELECT count(*) FROM bolt.relations('Gone');
ROLLBACK;
SELECT count(*) FROM bolt.relations('Gone');
-- refused
SELECT bolt.register_model(NULL);
SELECT bolt.register_model(0);
SELECT bolt.register_model('blog_article', name => '');
SELECT bolt.register_model('blog_article', name => repeat('x', 64));
SELECT bolt.register_model('blog_article', ordering => '{}');
SELECT bolt.register_model('blog_article', ordering => ARRAY[NULL]);
SELECT bolt.register_model('blog_article', ordering => '{nothing}');
SELECT bolt.register_model('blog_article', ordering => '{author__nothing}');
SELECT bolt.register_model('blog_article', ordering => '{blog_article_tags__added}');
SELECT bolt.register_model('blog_article', ordering => '{{id}}');
SELECT bolt.register_model('blog_article', ordering => '{title,title}');
SELECT bolt.register_model('blog_article', primary_key => '{title}');
SELECT bolt.register_model('blog_article', primary_key => '{nothing}');
CREATE TEMP TABLE temporary (id int);
SELECT bolt.register_model('temporary');
CREATE SEQUENCE a_sequence;
SELECT bolt.register_model('a_sequence');
SELECT bolt.register_model('blog_tag', name => 'Taken');
SELECT bolt.register_model('blog_article', name => 'Taken');
SELECT bolt.unregister('blog_tag');

--
-- register_relation
--
SELECT name, target, columns FROM bolt.relations('auth_user') WHERE target = 'blog_article';
SELECT bolt.register_relation('blog_article', '{author_id}', name => 'writer', related_name => 'articles', on_delete => 'CASCADE');
SELECT * FROM bolt.relation;
SELECT name, kind, target, columns, on_delete FROM bolt.relations('blog_article');
SELECT name, kind, target, columns, on_delete FROM bolt.relations('auth_user');
-- the registered side answers to the registered name only, the other keeps its defaults
SELECT bolt.register_model('blog_article', ordering => '{author}');
SELECT bolt.register_model('blog_article', ordering => '{writer}');
SELECT bolt.register_relation('blog_article', '{editor_id}', related_name => 'edited');
SELECT bolt.register_model('blog_article', ordering => '{editor,writer}');
SELECT name, columns FROM bolt.relations('auth_user');
-- again: replaced
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles');
SELECT * FROM bolt.relation ORDER BY relation::text;
SELECT name, on_delete FROM bolt.relations('blog_article') WHERE columns = '{author_id}';
SELECT bolt.register_model('blog_article');
SELECT name, on_delete FROM bolt.relations('blog_article') WHERE columns = '{author_id}';
-- refused
SELECT bolt.register_relation('blog_article', NULL);
SELECT bolt.register_relation('blog_article', '{}');
SELECT bolt.register_relation('blog_article', '{nothing}');
SELECT bolt.register_relation('blog_article', '{author_id,author_id}');
SELECT bolt.register_relation('blog_article', '{id}', name => 'x');
SELECT bolt.register_relation('blog_article', '{editor_id}', name => 'pk');
SELECT bolt.register_relation('blog_article', '{editor_id}', name => 'a__b');
SELECT bolt.register_relation('blog_article', '{editor_id}', name => '');
SELECT bolt.register_relation('blog_article', '{editor_id}', related_name => repeat('é', 32));
SELECT bolt.register_relation('blog_article', '{editor_id}', related_name => 'articles');
SELECT bolt.register_relation('blog_article', '{editor_id}', on_delete => 'cascade');
SELECT bolt.register_relation('blog_article', '{author_id}', on_delete => 'SET_NULL');
SELECT bolt.register_relation('blog_article', '{editor_id}', on_delete => 'SET_NULL');
SELECT bolt.register_relation('blog_article', '{title}', target => 'blog_tag');
SELECT bolt.register_relation('blog_article', '{id,title}', target => 'blog_tag');
SELECT bolt.register_relation('blog_article', '{id}', target => 'blog_tag', target_columns => '{nothing}');
SELECT bolt.register_relation('blog_article', '{id}', target => 'temporary', target_columns => '{id}');
-- Django's "+": as good as no reverse name
SELECT bolt.register_relation('blog_article', '{author_id}', related_name => '+');
SELECT bolt.register_relation('blog_article', '{editor_id}', related_name => '+');
SELECT bolt.unregister('blog_article');

-- where there is no FK: views and foreign tables
CREATE VIEW article_view AS SELECT id AS article_id, title, author_id FROM blog_article;
SELECT bolt.register_relation('article_view', '{author_id}', target => 'auth_user', related_name => 'viewed');
SELECT bolt.register_relation('blog_article', '{id}', name => 'view', target => 'article_view');
SELECT bolt.register_model('article_view', primary_key => '{article_id}', ordering => '{-author__username}');
SELECT bolt.register_relation('blog_article', '{id}', name => 'view', target => 'article_view');
SELECT name, primary_key FROM bolt.models() WHERE name = 'article_view';
SELECT name, kind, target, columns, target_columns, on_delete, indexed FROM bolt.relations('article_view');
SELECT name, kind, target FROM bolt.relations('blog_article') WHERE target = 'article_view';
SELECT name, kind, target, indexed FROM bolt.relations('auth_user') WHERE target = 'article_view';
CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE remote_note (id bigint, article bigint, kind text, kind_tag varchar(20)) SERVER nowhere;
SELECT bolt.register_relation('remote_note', '{article}', target => 'blog_article', on_delete => 'CASCADE');
SELECT bolt.register_relation('remote_note', '{kind_tag}', target => 'blog_tag', target_columns => '{name}');
SELECT name, kind, target, columns, target_columns, on_delete FROM bolt.relations('remote_note');
SELECT name, kind, target FROM bolt.relations('blog_article') WHERE target = 'remote_note';
-- composite, by name in any order
CREATE TABLE site (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE page (id int PRIMARY KEY, tenant int, site_id int, FOREIGN KEY (tenant, site_id) REFERENCES site);
SELECT bolt.register_relation('page', '{site_id,tenant}', name => 'home', related_name => 'pages');
SELECT model, name, columns, target_columns FROM bolt.relations() WHERE 'site' IN (model, target);
CREATE VIEW page_view AS SELECT * FROM page;
SELECT bolt.register_relation('page_view', '{site_id,tenant}', name => 'home', target => 'site', target_columns => '{id,tenant}');
SELECT model, name, columns, target_columns FROM bolt.relations('page_view');
-- two registered relations and no more make a junction, also without FKs
CREATE VIEW tagging AS SELECT article_id, tag_id FROM blog_article_tags;
SELECT bolt.register_relation('tagging', '{article_id}', target => 'blog_article');
SELECT bolt.register_relation('tagging', '{tag_id}', target => 'blog_tag');
SELECT name, kind, target, through FROM bolt.relations('blog_tag') WHERE kind = 'many-to-many';
DROP VIEW tagging;

--
-- register_many_to_many
--
SELECT name, kind FROM bolt.relations('blog_tag');
SELECT bolt.register_many_to_many('blog_article', 'blog_article_tags', 'labels', related_name => 'articles');
SELECT * FROM bolt.many_to_many;
SELECT model, name, kind, target, through FROM bolt.relations() WHERE kind = 'many-to-many';
-- without related_name the other side has its default
SELECT bolt.register_many_to_many('blog_article', 'blog_article_tags', 'labels');
SELECT model, name, kind, target, through FROM bolt.relations() WHERE kind = 'many-to-many';
-- each side may register its own
SELECT bolt.register_many_to_many('blog_tag', 'blog_article_tags', 'posts', related_name => 'labels');
SELECT model, name, kind, target, through FROM bolt.relations() WHERE kind = 'many-to-many';
SELECT bolt.unregister('blog_article');
SELECT bolt.unregister('blog_tag');
SELECT model, name, kind, target, through FROM bolt.relations() WHERE kind = 'many-to-many';
-- a self relation
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE person_friends (from_id int REFERENCES person, to_id int REFERENCES person, PRIMARY KEY (from_id, to_id));
SELECT bolt.register_many_to_many('person', 'person_friends', 'following');
SELECT bolt.register_many_to_many('person', 'person_friends', 'following', source_columns => '{from_id}');
SELECT bolt.register_model('person', ordering => '{friends}');
SELECT bolt.register_many_to_many('person', 'person_friends', 'following', related_name => 'followers', target_columns => '{to_id}');
SELECT name, kind, through, indexed FROM bolt.relations('person') WHERE kind = 'many-to-many';
-- three FKs
CREATE TABLE triple (person_id int REFERENCES person, tag_id int REFERENCES blog_tag, article_id int REFERENCES blog_article);
SELECT bolt.register_many_to_many('person', 'triple', 'tags');
SELECT bolt.register_many_to_many('person', 'triple', 'tags', target_columns => '{tag_id}');
SELECT bolt.register_many_to_many('person', 'triple', 'articles', related_name => 'people', target_columns => '{article_id}');
SELECT name, target, through FROM bolt.relations('person') WHERE kind = 'many-to-many';
-- refused
SELECT bolt.register_many_to_many('person', 'triple', NULL);
SELECT bolt.register_many_to_many('person', 'triple', 'a__b', target_columns => '{tag_id}');
SELECT bolt.register_many_to_many('person', 'site', 'sites');
SELECT bolt.register_many_to_many('person', 'triple', 'tags', target_columns => '{nothing}');
SELECT bolt.register_many_to_many('person', 'triple', 'tags', source_columns => '{tag_id}');
SELECT bolt.register_many_to_many('blog_tag', 'triple', 'x', target_columns => '{article_id}', related_name => 'people');
SELECT bolt.register_relation('person_friends', '{from_id}', related_name => 'followers');
DROP TABLE triple;

--
-- what is gone
--
SELECT bolt.unregister(c.oid) FROM pg_class c WHERE relnamespace = 'registry_test'::regnamespace AND relkind IN ('r', 'v', 'f');
SELECT bolt.register_model('blog_article', name => 'Article', ordering => '{title}');
SELECT bolt.register_relation('blog_article', '{author_id}', name => 'writer', related_name => 'articles');
SELECT bolt.register_relation('blog_article', '{editor_id}', name => 'reviser', related_name => 'revised');
-- what is renamed stays registered
ALTER TABLE blog_article RENAME author_id TO writer_id;
SELECT name FROM bolt.relations('Article');
SELECT name, target_columns FROM bolt.relations('auth_user');
ALTER TABLE blog_article RENAME title TO headline;
SELECT * FROM bolt.model;
SELECT bolt.sql('{"model": "Article", "only": ["headline"]}') ~ 'ORDER BY t0\.headline';
ALTER TABLE blog_article RENAME TO blog_post;
SELECT name, relation FROM bolt.models() WHERE name = 'Article';
SELECT * FROM bolt.relation ORDER BY relation::text;
ALTER TABLE blog_post RENAME TO blog_article;
-- a column that is gone takes with it what was registered of it, and nothing else
ALTER TABLE blog_article DROP COLUMN editor_id;
SELECT name FROM bolt.relations('Article');
SELECT name FROM bolt.relations('auth_user');
SELECT * FROM bolt.relation ORDER BY relation::text;
SELECT bolt.register_model('blog_article', name => 'Article', ordering => '{headline,writer__username,data__key,-id}');
SELECT bolt.register_model('auth_user', ordering => '{-username}');
SELECT bolt.sql('{"model": "Article", "only": ["id"]}');
ALTER TABLE auth_user RENAME username TO login;
ALTER TABLE blog_article RENAME data TO document;
SELECT bolt.sql('{"model": "Article", "only": ["id"]}');
ALTER TABLE blog_article DROP COLUMN document;
SELECT bolt.sql('{"model": "Article", "only": ["id"], "order_by": ["writer"]}');
ALTER TABLE auth_user DROP COLUMN login;
SELECT bolt.sql('{"model": "Article", "only": ["id"], "order_by": ["writer"]}');
ALTER TABLE auth_user ADD COLUMN username text;
SELECT bolt.sql('{"model": "Article", "only": ["id"]}');
-- a column with two underscores in its name, and a key of columns that go
CREATE TABLE odd (a__b int, c int, d int);
SELECT bolt.register_model('odd', name => 'Odd', ordering => '{a__b,-c}', primary_key => '{c,d}');
ALTER TABLE odd RENAME a__b TO e;
ALTER TABLE odd RENAME c TO f__g;
SELECT * FROM bolt.model WHERE name = 'Odd';
SELECT bolt.sql('{"model": "Odd"}');
SELECT primary_key FROM bolt.models() WHERE name = 'Odd';
ALTER TABLE odd DROP COLUMN d;
SELECT primary_key FROM bolt.models() WHERE name = 'Odd';
DROP TABLE odd;
CREATE TABLE wide AS SELECT * FROM generate_series(1, 1) c0;
SELECT format('ALTER TABLE wide %s', string_agg(format('ADD COLUMN c%s int', i), ', ')) FROM generate_series(1, 39) i \gexec
SELECT bolt.register_model('wide', primary_key => (SELECT array_agg('c' || i) FROM generate_series(0, 39) i));
SELECT bolt.register_relation('wide', (SELECT array_agg('c' || i) FROM generate_series(0, 39) i), target => 'wide');
DROP TABLE wide;
SELECT bolt.unregister('blog_article'), bolt.unregister('auth_user');
SELECT name FROM bolt.relations('blog_article');
-- a table that is gone: as if it had never been; the rows go at the next registration
SELECT bolt.register_model('blog_tag', name => 'Tag');
SELECT bolt.register_relation('page', '{site_id,tenant}', name => 'home');
SELECT bolt.register_model('blog_article', name => 'Article');
SELECT bolt.register_many_to_many('blog_article', 'blog_article_tags', 'labels');
DROP TABLE blog_tag, blog_article_tags, page CASCADE;
SELECT name FROM bolt.relations('Tag');
SELECT name FROM bolt.relations('blog_article');
SELECT (SELECT count(*) FROM bolt.model), (SELECT count(*) FROM bolt.relation), (SELECT count(*) FROM bolt.many_to_many);
SELECT bolt.unregister(0);
SELECT (SELECT count(*) FROM bolt.model), (SELECT count(*) FROM bolt.relation), (SELECT count(*) FROM bolt.many_to_many);
-- what a superuser writes takes effect as well
TRUNCATE bolt.model;
INSERT INTO bolt.model VALUES ('blog_article', 'Direct');
SELECT name FROM bolt.models() WHERE relation = 'blog_article'::regclass;
UPDATE bolt.model SET name = 'Updated';
SELECT name FROM bolt.models() WHERE relation = 'blog_article'::regclass;
SET session_replication_role = replica;
UPDATE bolt.model SET name = 'Replicated';
RESET session_replication_role;
SELECT name FROM bolt.models() WHERE relation = 'blog_article'::regclass;
TRUNCATE bolt.model;
SELECT name FROM bolt.models() WHERE relation = 'blog_article'::regclass;
INSERT INTO bolt.relation (relation, target, name) VALUES ('blog_article', 'auth_user', 'x');
INSERT INTO bolt.relation (relation, target, name) VALUES ('blog_article(id)', 'auth_user(id, username)', 'x');
INSERT INTO bolt.relation (relation, target, name) VALUES ('blog_article(writer_id)', 'registry_test.nothing(id)', 'x');
SELECT name FROM bolt.relations('blog_article');
TRUNCATE bolt.relation;
-- a registration may be written before its table, as pg_restore does
INSERT INTO bolt.model (relation, name) VALUES ('registry_test.later', 'Later'), ('registry_later."not yet"', 'Never');
INSERT INTO bolt.relation (relation, target, related_name) VALUES ('registry_test.later(article_id)', 'blog_article(id)', 'afterwards');
INSERT INTO bolt.relation (relation, target, name) VALUES ('blog_article(id)', 'registry_test.later(id)', 'to_later');
SELECT name FROM bolt.models() WHERE relation::text !~ '\.';
CREATE TABLE later (id int);
SELECT name, relation FROM bolt.models() WHERE relation::text !~ '\.';
SELECT name FROM bolt.relations('blog_article');
ALTER TABLE later ADD COLUMN article_id int;
SELECT name, kind FROM bolt.relations('blog_article');
CREATE SCHEMA registry_later CREATE TABLE "not yet" (id int);
SELECT name FROM bolt.models() WHERE name ~ 'Never';
SET search_path = registry_test, registry_later;
SELECT name FROM bolt.models() WHERE name ~ 'Never';
SET search_path = registry_test;
SELECT * FROM bolt.model ORDER BY name;
SELECT bolt.register_model('later', name => 'Now');
SELECT * FROM bolt.model ORDER BY name;
DROP SCHEMA registry_later CASCADE;
DROP TABLE later;
TRUNCATE bolt.model, bolt.relation;
-- values of the type
SELECT 'blog_article'::bolt.table_columns, 'registry_test.blog_article(id,writer_id)'::bolt.table_columns,
	'a.b ( c , "D""(" )'::bolt.table_columns, '-'::bolt.table_columns;
SELECT 'nothing'::bolt.table_columns;
SELECT 'blog_article(nothing)'::bolt.table_columns;
SELECT 'a.b.c'::bolt.table_columns;
SELECT 'blog_article()'::bolt.table_columns;
SELECT 'blog_article(id'::bolt.table_columns;
SELECT 'blog_article(id) x'::bolt.table_columns;
SELECT ''::bolt.table_columns;
SELECT 'blog_article(id)'::bolt.table_columns = 'blog_article'::regclass, 'blog_article(id)'::bolt.table_columns OPERATOR(bolt.=) 'blog_article(writer_id)';
SELECT ('a.b(' || (SELECT string_agg('c' || i, ',') FROM generate_series(1, 33) i) || ')')::bolt.table_columns;

--
-- privileges
--
CREATE ROLE regress_bolt_owner;
CREATE ROLE regress_bolt_other;
GRANT ALL ON SCHEMA registry_test TO regress_bolt_owner, regress_bolt_other;
GRANT SELECT ON auth_user TO regress_bolt_owner;
SET ROLE regress_bolt_owner;
CREATE TABLE mine (id int PRIMARY KEY, user_id int);
SELECT bolt.register_model('mine', name => 'Mine', ordering => '{-id}');
SELECT current_user, name FROM bolt.models() WHERE relation = 'mine'::regclass;
SELECT bolt.register_model('auth_user', name => 'User');
SELECT bolt.register_relation('mine', '{user_id}', target => 'auth_user', related_name => 'profile');
-- not in the place of a table; what looks like a qualified name never comes before that table
SELECT bolt.register_model('mine', name => 'auth_user');
SELECT bolt.register_model('mine', name => 'registry_test.auth_user');
SELECT name FROM bolt.models() WHERE relation = 'mine'::regclass;
SELECT bolt.register_model('mine', name => 'auth.User');
SELECT bolt.register_model('mine', name => 'Mine');
INSERT INTO bolt.model VALUES ('auth_user', 'User');
DELETE FROM bolt.model;
SELECT count(*) FROM bolt.model;
RESET ROLE;
GRANT REFERENCES (id) ON auth_user TO regress_bolt_owner;
SET ROLE regress_bolt_owner;
SELECT bolt.register_relation('mine', '{user_id}', target => 'auth_user', related_name => 'profile');
SELECT name FROM bolt.relations('mine');
SET ROLE regress_bolt_other;
SELECT bolt.unregister('mine');
SELECT bolt.register_many_to_many('mine', 'mine', 'x');
RESET ROLE;
-- nothing is written where nothing may be
BEGIN READ ONLY;
SELECT bolt.register_model('auth_user', name => 'User');
ROLLBACK;
BEGIN READ ONLY;
SELECT name FROM bolt.relations('mine');
COMMIT;

-- without the extension the tables of that name mean nothing, and coming back it starts anew
DROP EXTENSION bolt_orm;
CREATE EXTENSION bolt_orm;
SELECT name FROM bolt.models() WHERE relation = 'mine'::regclass;
SELECT bolt.register_model('mine', name => 'Mine');
SELECT name FROM bolt.models() WHERE relation = 'mine'::regclass;
SELECT bolt.unregister('mine');

RESET search_path;
-- a registration that is replaced goes with what the new one does not say
SET client_min_messages = notice;
CREATE TABLE replaced_parent (id int PRIMARY KEY);
CREATE TABLE replaced (id int PRIMARY KEY, parent_id int REFERENCES replaced_parent ON DELETE CASCADE);
SELECT bolt.register_model('replaced', 'Replaced'), bolt.register_relation('replaced', '{parent_id}', on_delete => 'PROTECT');
SELECT bolt.register_model('replaced', 'Replaced', ordering => '{id}'), bolt.register_relation('replaced', '{parent_id}', related_name => 'kids', on_delete => 'PROTECT');
SELECT bolt.register_model('replaced', ordering => '{id}'), bolt.register_relation('replaced', '{parent_id}', related_name => 'kids');
DROP TABLE replaced, replaced_parent;

SET client_min_messages = error;
DROP SCHEMA registry_test CASCADE;
DROP SERVER nowhere CASCADE;
DROP EXTENSION postgres_fdw;
DROP ROLE regress_bolt_owner;
DROP ROLE regress_bolt_other;
