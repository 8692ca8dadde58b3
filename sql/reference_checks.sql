-- Foreign keys of many rows: one query asks what the database's triggers would ask row by row. What they let
-- pass, what they refuse and in which words is the same.
SET client_min_messages = warning;
SET bolt_orm.batch_foreign_keys = on;
CREATE SCHEMA reference_checks;
SET search_path = reference_checks;

CREATE TABLE target (
	id int PRIMARY KEY,
	code uuid UNIQUE
);

CREATE TABLE source (
	id bigint PRIMARY KEY,
	target_id int REFERENCES target,
	parent_id bigint REFERENCES source,
	code uuid REFERENCES target (code)
);

CREATE FUNCTION code(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(n::text)::uuid $$;

INSERT INTO target SELECT i, code(i) FROM generate_series(1, 100) i;

-- Rows to insert, of which one may refer to a target that is not there, by either key.
CREATE FUNCTION new_rows(n int, wrong_target int, wrong_code int) RETURNS SETOF source LANGUAGE sql AS $$
	SELECT i, CASE WHEN i % 3 <> 0 THEN i + CASE WHEN i = wrong_target THEN 1000 ELSE 0 END END,
		CASE WHEN i > 1 THEN i - 1 END,
		CASE WHEN i % 5 <> 0 THEN code(i + CASE WHEN i = wrong_code THEN 1000 ELSE 0 END) END
	FROM generate_series(1, n) i
$$;

CREATE FUNCTION create_rows(n int, wrong_target int, wrong_code int) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM (
		SELECT bolt.bulk_create('source', (SELECT json_agg(r) FROM new_rows(n, wrong_target, wrong_code) r))
	) created
$$;

-- How a statement fails, with all fields of its error but the context.
CREATE FUNCTION fails(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
	schema_is text;
	table_is text;
	constraint_is text;
BEGIN
	EXECUTE statement;
	RETURN 'passes';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_is = SCHEMA_NAME,
		table_is = TABLE_NAME, constraint_is = CONSTRAINT_NAME;
	RETURN concat_ws(' | ', SQLSTATE, message, detail, schema_is, table_is, constraint_is);
END
$$;

-- Nulls, and rows that refer to one another.
SELECT create_rows(60, 0, 0);
SELECT count(*), count(target_id), count(code), sum(parent_id) FROM source;
TRUNCATE source;

-- Refused for the first row that refers to nothing, by whichever key, and for the first key of it.
CREATE FUNCTION fails_alike(wrong_target int, wrong_code int) RETURNS TABLE (alike boolean, error text) LANGUAGE sql AS $$
	SELECT by_bolt = by_hand, by_bolt
	FROM fails(format('SELECT create_rows(60, %s, %s)', wrong_target, wrong_code)) by_bolt,
		fails(format('INSERT INTO source SELECT * FROM new_rows(60, %s, %s)', wrong_target, wrong_code)) by_hand
$$;
SELECT * FROM fails_alike(40, 31);
SELECT * FROM fails_alike(22, 31);
SELECT * FROM fails_alike(31, 31);
SELECT count(*) FROM source;

-- The rows that are referred to are locked, the others are not.
BEGIN;
SELECT create_rows(20, 0, 0);
SELECT count(*) FROM target WHERE xmax = pg_current_xact_id()::xid;
ROLLBACK;

-- Neither needs a right on the other table; who may not read a table is not told its values.
CREATE ROLE regress_reference_checks;
GRANT USAGE ON SCHEMA bolt, reference_checks TO regress_reference_checks;
GRANT SELECT, INSERT ON source TO regress_reference_checks;
SET ROLE regress_reference_checks;
SELECT * FROM fails_alike(40, 0);
SELECT create_rows(20, 0, 0), current_user;
RESET ROLE;
TRUNCATE source;
ALTER TABLE source ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON source USING (true);
SET ROLE regress_reference_checks;
SELECT * FROM fails_alike(40, 0);
RESET ROLE;
ALTER TABLE source DISABLE ROW LEVEL SECURITY;

-- A trigger that could see the difference keeps the database's own in place: this one makes the targets in time.
CREATE FUNCTION make_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO target VALUES (NEW.target_id) ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER "A makes targets" AFTER INSERT ON source FOR EACH ROW WHEN (NEW.target_id > 1000)
	EXECUTE FUNCTION make_target();
BEGIN;
SELECT create_rows(60, 40, 0);
ROLLBACK;
DROP TRIGGER "A makes targets" ON source;

-- Deferred, disabled, and as a replica
ALTER TABLE source ALTER CONSTRAINT source_target_id_fkey DEFERRABLE INITIALLY DEFERRED;
BEGIN;
SELECT create_rows(60, 40, 0);
SELECT fails('SET CONSTRAINTS ALL IMMEDIATE');
ROLLBACK;
ALTER TABLE source ALTER CONSTRAINT source_target_id_fkey NOT DEFERRABLE;
BEGIN;
ALTER TABLE source DISABLE TRIGGER ALL;
SELECT create_rows(60, 40, 0);
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
SELECT create_rows(60, 40, 0);
ROLLBACK;

-- Deleted rows: what refers to them goes first, or is in the way.
SELECT bolt.register_relation('source', '{target_id}', on_delete => 'CASCADE');
SELECT bolt.register_relation('source', '{parent_id}', 'parent', 'children', on_delete => 'SET_NULL');
SELECT bolt.register_relation('source', '{code}', 'coded', 'coding', on_delete => 'DO_NOTHING');
INSERT INTO source SELECT * FROM new_rows(60, 0, 0);
BEGIN;
SELECT * FROM bolt.delete('{"model": "target", "filter": {"id__gt": 61}}');
SELECT * FROM bolt.delete('{"model": "source"}');
ROLLBACK;
SELECT fails($$SELECT bolt.delete('{"model": "target", "filter": {"id__lte": 30}}')$$);
SELECT fails($$UPDATE source SET parent_id = NULL; DELETE FROM source WHERE target_id <= 30; DELETE FROM target WHERE id <= 30$$);
UPDATE source SET code = NULL;
BEGIN;
SELECT * FROM bolt.delete('{"model": "target", "filter": {"id__lte": 30}}');
SELECT count(*) FROM source;
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM bolt.delete('{"model": "target", "filter": {"id__lte": 30}}');
ROLLBACK;

-- Keys without gaps are a range, keys with gaps are not: rows between them stay.
BEGIN;
SELECT * FROM bolt.delete('{"model": "target", "filter": {"id__gte": 11, "id__lte": 30}}');
SELECT count(*), count(*) FILTER (WHERE id BETWEEN 11 AND 30) FROM target;
SELECT min(target_id), max(target_id), count(*) FILTER (WHERE target_id BETWEEN 11 AND 30) FROM source;
ROLLBACK;
BEGIN;
SELECT * FROM bolt.delete('{"model": "target", "filter": {"id__gte": 1, "id__lte": 60}, "exclude": {"id": 31}}');
SELECT count(*), count(*) FILTER (WHERE id <= 60) FROM target;
SELECT target_id, count(*) FROM source WHERE target_id IS NOT NULL GROUP BY 1;
ROLLBACK;

-- A row that is not deleted after all may be referred to.
ALTER TABLE target ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON target USING (true);
CREATE POLICY kept ON target AS RESTRICTIVE FOR DELETE USING (id > 10);
GRANT SELECT, UPDATE, DELETE ON target, source TO regress_reference_checks;
UPDATE source SET code = code(5) WHERE id > 30;
SET ROLE regress_reference_checks;
BEGIN;
SELECT * FROM bolt.delete('{"model": "target", "filter": {"id__lte": 30}}');
ROLLBACK;
RESET ROLE;

-- Switched off, the triggers ask, and say the same.
TRUNCATE source;
SET bolt_orm.batch_foreign_keys = off;
SELECT fails($$SELECT create_rows(50, 20, 0)$$);
RESET bolt_orm.batch_foreign_keys;
DROP SCHEMA reference_checks CASCADE;
REVOKE USAGE ON SCHEMA bolt FROM regress_reference_checks;
DROP ROLE regress_reference_checks;
