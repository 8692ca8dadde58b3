-- Relations: found in the catalogs, named by default.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS bolt_orm;
CREATE SCHEMA relations_test;
SET search_path = relations_test;

-- Shows to which relation each name leads, by asking for an ordering through it.
-- (to-many ones are refused as orderings, which tells as much)
CREATE FUNCTION leads(model text, name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM bolt.register_model(model::regclass, ordering => ARRAY[name]);
	PERFORM bolt.unregister(model::regclass);
	RETURN 'to one';
EXCEPTION WHEN invalid_parameter_value THEN RETURN 'to many';
	WHEN ambiguous_column THEN RETURN 'ambiguous';
	WHEN undefined_column THEN RETURN 'nothing';
END $$;

-- a blog: forward, one-to-one, reverse, many-to-many
CREATE TABLE auth_user (id int PRIMARY KEY, username text);
CREATE TABLE auth_profile (id int PRIMARY KEY, user_id int NOT NULL UNIQUE REFERENCES auth_user ON DELETE CASCADE);
CREATE TABLE blog_tag (id int PRIMARY KEY, name text);
CREATE TABLE blog_article (id int PRIMARY KEY, author_id int REFERENCES auth_user ON DELETE SET NULL);
CREATE TABLE blog_article_tags (
	id int PRIMARY KEY,
	article_id int NOT NULL REFERENCES blog_article,
	tag_id int NOT NULL REFERENCES blog_tag,
	UNIQUE (article_id, tag_id));
CREATE TABLE blog_comment (id int PRIMARY KEY,
	article_id int NOT NULL REFERENCES blog_article ON DELETE CASCADE,
	author int REFERENCES auth_user ON DELETE RESTRICT,
	text text);
CREATE INDEX ON blog_comment (article_id);
SELECT * FROM bolt.relations() WHERE model !~ '\.';
SELECT n, leads('auth_user', n) FROM unnest(ARRAY['blog_article', 'blog_article_set', 'article', 'article_set',
	'auth_profile', 'profile', 'profile_set', 'comment', 'comment_set', 'blog_comment', 'id', 'pk', 'none', 'id__year']) n;
SELECT n, leads('blog_tag', n) FROM unnest(ARRAY['blog_article', 'blog_article_set', 'article', 'article_set', 'tags',
	'blog_article_tags', 'blog_article_tags_set', 'article_tags', 'article_tags_set']) n;
SELECT n, leads('blog_article', n) FROM unnest(ARRAY['tags', 'author', 'author_id', 'author__profile', 'author__article',
	'blog_tag', 'comment_set', '-author__profile__user__username']) n;

-- an index makes the look-up cheap only if it leads with the columns and has no WHERE
CREATE TABLE n (id int PRIMARY KEY);
CREATE TABLE p (id int PRIMARY KEY, n_id int REFERENCES n, x int);
CREATE INDEX ON p (x, n_id);
CREATE INDEX ON p (n_id) WHERE x > 0;
CREATE INDEX ON p USING hash (n_id);
CREATE INDEX ON p (abs(n_id));
SELECT indexed FROM bolt.relations('n');
CREATE INDEX ON p (n_id, x);
SELECT indexed FROM bolt.relations('n');

-- unique: by columns, not by part of them, not by a part of the rows
CREATE TABLE o (id int PRIMARY KEY,
	a_id int REFERENCES n, b_id int REFERENCES n, c_id int REFERENCES n, d_id int REFERENCES n,
	UNIQUE (a_id, b_id), UNIQUE (d_id) DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX ON o (c_id) WHERE a_id IS NULL;
SELECT name, kind FROM bolt.relations('o');
CREATE TABLE child (n_id int PRIMARY KEY REFERENCES n, note text);
SELECT name, kind FROM bolt.relations('child');

-- several FKs to one table: the defaults of the reverse side are ambiguous
SELECT name, kind, columns, target_columns FROM bolt.relations('n') WHERE target = 'o';
SELECT leads('n', 'o'), leads('n', 'o_set');
SELECT bolt.register_model('n', ordering => '{o_set}');

-- composite keys, in whatever order; a name from the last column
CREATE TABLE site (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE page (id int PRIMARY KEY, site_tenant int, main_site_id int, FOREIGN KEY (main_site_id, site_tenant) REFERENCES site (id, tenant) MATCH FULL);
CREATE TABLE page2 (tenant int, id int, parent_id int, PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, id) REFERENCES site, FOREIGN KEY (tenant, parent_id) REFERENCES page2);
SELECT model, name, kind, target, columns, target_columns, indexed FROM bolt.relations() WHERE 'site' IN (model, target) OR model = 'page2';
-- an index in another order serves as well
CREATE INDEX ON page (site_tenant, main_site_id, id);
SELECT name, indexed FROM bolt.relations('site') WHERE target = 'page';

-- self relations
CREATE TABLE category (id int PRIMARY KEY, parent_id int REFERENCES category);
SELECT name, kind, target, columns, target_columns FROM bolt.relations('category');
SELECT n, leads('category', n) FROM unnest(ARRAY['parent', 'category', 'category_set', 'parent__parent']) n;

-- a self junction: two relations of one name
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE person_friends (from_id int REFERENCES person, to_id int REFERENCES person, PRIMARY KEY (from_id, to_id));
SELECT name, kind, through, columns, target_columns FROM bolt.relations('person');
SELECT bolt.register_model('person', ordering => '{friends}');

-- a junction leaves its short names to the many-to-many relation
CREATE TABLE article (id int PRIMARY KEY);
CREATE TABLE tag (id int PRIMARY KEY);
CREATE TABLE article_tags (article_id int REFERENCES article, tag_id int REFERENCES tag, PRIMARY KEY (article_id, tag_id));
SELECT n, leads('article', n) FROM unnest(ARRAY['tags', 'tags_set', 'article_tags', 'article_tags_set', 'tag']) n;
SELECT n, leads('tag', n) FROM unnest(ARRAY['article', 'article_set', 'article_tags', 'tags', 'tags_set']) n;

-- what is no junction: a further column, a third FK, a surrogate key of two columns
CREATE TABLE l (id int PRIMARY KEY);
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE j1 (l_id int REFERENCES l, r_id int REFERENCES r, since date);
CREATE TABLE j2 (l_id int REFERENCES l, r_id int REFERENCES r, n_id int REFERENCES n);
CREATE TABLE j3 (id int, l_id int REFERENCES l, r_id int REFERENCES r, PRIMARY KEY (id, l_id));
CREATE TABLE j4 (id int UNIQUE, l_id int REFERENCES l, r_id int REFERENCES r);
SELECT name, kind, through FROM bolt.relations('l');
-- and what is: with and without a key, with columns of both FKs shared
CREATE TABLE j5 (l_id int REFERENCES l, r_id int REFERENCES r);
CREATE TABLE lx (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE rx (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE lx_rx (tenant int, l_id int, r_id int, FOREIGN KEY (tenant, l_id) REFERENCES lx, FOREIGN KEY (tenant, r_id) REFERENCES rx);
SELECT model, name, kind, through FROM bolt.relations() WHERE kind = 'many-to-many' AND model IN ('l', 'r', 'lx', 'rx');
DROP TABLE j1, j2, j3, j4, j5, lx_rx;

-- two FKs that say the same are one relation; two that do not are two
CREATE TABLE twice (id int PRIMARY KEY, l_id int, CONSTRAINT t1 FOREIGN KEY (l_id) REFERENCES l, CONSTRAINT t2 FOREIGN KEY (l_id) REFERENCES l,
	CONSTRAINT t3 FOREIGN KEY (l_id) REFERENCES r);
SELECT name, target FROM bolt.relations('twice');
SELECT bolt.register_model('twice', ordering => '{l}');
SELECT bolt.register_relation('twice', '{l_id}', name => 'right', target => 'r');
SELECT name, target FROM bolt.relations('twice');

-- names: no "_id" to take off, nothing before or after the first "_"
CREATE TABLE _under (id int PRIMARY KEY);
CREATE TABLE over_ (id int PRIMARY KEY, _id int REFERENCES _under, "Id" int REFERENCES _under, under int REFERENCES _under);
SELECT name, columns FROM bolt.relations('over_');
CREATE TABLE _lead (id int PRIMARY KEY, under_id int REFERENCES _under);
SELECT n, leads('_under', n) FROM unnest(ARRAY['_lead', 'lead', 'lead_set', '', 'over_', '_lead_set']) n;

-- partitioned tables at both ends; a partition as a model has its FKs, and nobody sees it twice
CREATE TABLE measure_site (id int, region int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE measure_site_1 PARTITION OF measure_site FOR VALUES IN (1);
CREATE TABLE measure_site_2 PARTITION OF measure_site FOR VALUES IN (2);
CREATE TABLE measure (id int, region int, site_id int, owner_id int REFERENCES person, FOREIGN KEY (site_id, region) REFERENCES measure_site) PARTITION BY LIST (region);
CREATE TABLE measure_1 PARTITION OF measure FOR VALUES IN (1);
CREATE TABLE measure_2 PARTITION OF measure FOR VALUES IN (2, 3) PARTITION BY LIST (region);
CREATE TABLE measure_2_2 PARTITION OF measure_2 FOR VALUES IN (2);
SELECT model, name, kind, target, columns FROM bolt.relations() WHERE model ~ '^measure' OR target ~ '^measure';
CREATE TABLE measure_3 (id int, region int, site_id int, owner_id int REFERENCES person, FOREIGN KEY (site_id, region) REFERENCES measure_site);
SELECT name, target FROM bolt.relations('person') WHERE target ~ '^measure';
ALTER TABLE measure ATTACH PARTITION measure_3 FOR VALUES IN (4);
SELECT name, target FROM bolt.relations('person') WHERE target ~ '^measure';
ALTER TABLE measure DETACH PARTITION measure_3;
SELECT name, target FROM bolt.relations('person') WHERE target ~ '^measure';

-- DDL is seen at the next call, also in the middle of a transaction, and when rolled back
BEGIN;
ALTER TABLE blog_comment ADD COLUMN editor_id int REFERENCES auth_user;
SELECT name, columns FROM bolt.relations('blog_comment');
SAVEPOINT s;
ALTER TABLE blog_comment DROP COLUMN author;
SELECT name, columns FROM bolt.relations('blog_comment');
SELECT name FROM bolt.relations('auth_user');
ROLLBACK TO s;
SELECT name, columns FROM bolt.relations('blog_comment');
ROLLBACK;
SELECT name, columns FROM bolt.relations('blog_comment');
ALTER TABLE blog_comment RENAME COLUMN article_id TO post_id;
ALTER TABLE blog_comment RENAME TO blog_remark;
SELECT name, columns FROM bolt.relations('blog_remark');
SELECT name, target FROM bolt.relations('blog_article');
ALTER TABLE blog_remark ALTER COLUMN author SET NOT NULL, DROP CONSTRAINT blog_comment_author_fkey;
SELECT name, target FROM bolt.relations('blog_remark');
DROP TABLE blog_remark;
SELECT name, target FROM bolt.relations('auth_user');

-- relations to what one may not read are not told
CREATE ROLE regress_bolt_reader;
GRANT USAGE ON SCHEMA relations_test TO regress_bolt_reader;
GRANT SELECT ON blog_article, blog_tag TO regress_bolt_reader;
GRANT SELECT (id) ON auth_user TO regress_bolt_reader;
SET ROLE regress_bolt_reader;
SELECT model, name FROM bolt.relations() WHERE model !~ '\.';
RESET ROLE;

RESET search_path;
SET client_min_messages = error;
DROP SCHEMA relations_test CASCADE;
DROP ROLE regress_bolt_reader;
