-- Parents and 24 children each; no index on the children's foreign key, and that is the point.
--   psql -v parents=7800 -f unindexed.tables.sql
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench_child, bench_parent;

CREATE TABLE bench_parent (
	id int PRIMARY KEY,
	name text NOT NULL
);

CREATE TABLE bench_child (
	id int PRIMARY KEY,
	name text NOT NULL,
	parent_id int NOT NULL REFERENCES bench_parent
);

INSERT INTO bench_parent
SELECT i, 'Parent ' || i FROM generate_series(1, :parents) i;

INSERT INTO bench_child
SELECT i, 'Child number ' || i, 1 + (i::bigint * 7919) % :parents FROM generate_series(1, :parents * 24) i;

VACUUM ANALYZE bench_parent, bench_child;
