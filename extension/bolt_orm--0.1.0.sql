/* extension/bolt_orm--0.1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION bolt_orm" to load this file. \quit

-- This script runs with superuser's rights for whoever creates the extension:
-- every name and operator in it is qualified.

-- The schema is made here, and so belongs to a superuser and to the extension. Who creates the extension, or has made a
-- schema of this name before, could add functions to it that fit a call better than ours.
CREATE SCHEMA bolt;
GRANT USAGE ON SCHEMA bolt TO PUBLIC;

--
-- The type of what registrations speak of: a table, or columns of one.  Its
-- values follow a renaming, and may be written before the table is there.
--

CREATE TYPE bolt.table_columns;

CREATE FUNCTION bolt.table_columns_in(pg_catalog.cstring) RETURNS bolt.table_columns
	LANGUAGE c STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_table_columns_in';

CREATE FUNCTION bolt.table_columns_out(bolt.table_columns) RETURNS pg_catalog.cstring
	LANGUAGE c STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_table_columns_out';

CREATE TYPE bolt.table_columns (
	INPUT = bolt.table_columns_in,
	OUTPUT = bolt.table_columns_out,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);

COMMENT ON TYPE bolt.table_columns IS 'a table, or columns of one: schema.table(column, …)';

CREATE FUNCTION bolt.table_of(bolt.table_columns) RETURNS pg_catalog.oid
	LANGUAGE c STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_table_columns_table';

CREATE FUNCTION bolt.regclass_of(bolt.table_columns) RETURNS pg_catalog.regclass
	LANGUAGE c STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_table_columns_table';

CREATE FUNCTION bolt.is_there(bolt.table_columns) RETURNS pg_catalog.bool
	LANGUAGE c STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_table_columns_exist';

COMMENT ON FUNCTION bolt.table_columns_in(pg_catalog.cstring) IS 'I/O';
COMMENT ON FUNCTION bolt.table_columns_out(bolt.table_columns) IS 'I/O';
COMMENT ON FUNCTION bolt.table_of(bolt.table_columns) IS 'the table, or NULL where it has been dropped';
COMMENT ON FUNCTION bolt.regclass_of(bolt.table_columns) IS 'the table, or NULL where it has been dropped';
COMMENT ON FUNCTION bolt.is_there(bolt.table_columns) IS 'whether the table and its columns have not been dropped';

CREATE CAST (bolt.table_columns AS pg_catalog.oid) WITH FUNCTION bolt.table_of(bolt.table_columns) AS IMPLICIT;
CREATE CAST (bolt.table_columns AS pg_catalog.regclass) WITH FUNCTION bolt.regclass_of(bolt.table_columns) AS ASSIGNMENT;

-- Compared as the bytes that they are: logical replication wants to.
CREATE FUNCTION bolt.table_columns_eq(bolt.table_columns, bolt.table_columns) RETURNS pg_catalog.bool
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteaeq';
CREATE FUNCTION bolt.table_columns_hash(bolt.table_columns) RETURNS pg_catalog.int4
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION bolt.table_columns_eq(bolt.table_columns, bolt.table_columns) IS 'implementation of = operator';
COMMENT ON FUNCTION bolt.table_columns_hash(bolt.table_columns) IS 'hash';
CREATE OPERATOR bolt.= (
	LEFTARG = bolt.table_columns, RIGHTARG = bolt.table_columns, FUNCTION = bolt.table_columns_eq,
	COMMUTATOR = OPERATOR(bolt.=), RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
CREATE OPERATOR CLASS bolt.table_columns_ops DEFAULT FOR TYPE bolt.table_columns USING hash AS
	OPERATOR 1 bolt.=,
	FUNCTION 1 bolt.table_columns_hash(bolt.table_columns);

--
-- Registered names.  Written by the functions below, which check whose table
-- it is; read by everyone.  The library knows the columns and their order.  There
-- are no unique keys: a key that was there twice would keep pg_restore from
-- restoring any of them.
--

CREATE TABLE bolt.model (
	relation bolt.table_columns NOT NULL,
	name pg_catalog.text,
	ordering pg_catalog.text[],
	ordering_columns bolt.table_columns[],
	primary_key bolt.table_columns
) USING heap;

CREATE TABLE bolt.relation (
	relation bolt.table_columns NOT NULL,
	target bolt.table_columns NOT NULL,
	name pg_catalog.text,
	related_name pg_catalog.text,
	on_delete pg_catalog.text
		CHECK (on_delete OPERATOR(pg_catalog.=) ANY (ARRAY['CASCADE', 'SET_NULL', 'SET_DEFAULT', 'PROTECT', 'RESTRICT', 'DO_NOTHING']))
) USING heap;

CREATE TABLE bolt.many_to_many (
	relation bolt.table_columns NOT NULL,
	source bolt.table_columns NOT NULL,
	target bolt.table_columns NOT NULL,
	name pg_catalog.text NOT NULL,
	related_name pg_catalog.text
) USING heap;

ALTER TABLE bolt.model REPLICA IDENTITY FULL;
ALTER TABLE bolt.relation REPLICA IDENTITY FULL;
ALTER TABLE bolt.many_to_many REPLICA IDENTITY FULL;

COMMENT ON TABLE bolt.model IS 'names, orderings and primary keys given with bolt.register_model';
COMMENT ON TABLE bolt.relation IS 'relations given with bolt.register_relation';
COMMENT ON TABLE bolt.many_to_many IS 'relations given with bolt.register_many_to_many';

-- Whoever restores a dump inserts the rows: the owner of the database, or the
-- role that creates the extension.  The trigger below checks what they insert.
GRANT SELECT ON bolt.model, bolt.relation, bolt.many_to_many TO PUBLIC;
GRANT INSERT ON bolt.model, bolt.relation, bolt.many_to_many TO pg_database_owner, @extowner@;

-- They can dump them, too, where a superuser has taken the schema and its functions from PUBLIC.
GRANT USAGE ON SCHEMA bolt TO pg_database_owner, @extowner@;
GRANT EXECUTE ON FUNCTION bolt.is_there, bolt.table_of, bolt.regclass_of TO pg_database_owner, @extowner@;

-- What has been dropped is not dumped.
SELECT pg_catalog.pg_extension_config_dump('bolt.model', 'WHERE bolt.is_there(relation)');
SELECT pg_catalog.pg_extension_config_dump('bolt.relation', 'WHERE bolt.is_there(relation) AND bolt.is_there(target)');
SELECT pg_catalog.pg_extension_config_dump('bolt.many_to_many',
	'WHERE bolt.is_there(relation) AND bolt.is_there(source) AND bolt.is_there(target)');

-- Tells every session that the tables have changed, however they were changed.
CREATE FUNCTION bolt.registry_changed() RETURNS pg_catalog.trigger
AS 'MODULE_PATHNAME', 'bolt_registry_changed'
LANGUAGE C;

COMMENT ON FUNCTION bolt.registry_changed() IS 'invalidates the cached registrations of all sessions';
REVOKE ALL ON FUNCTION bolt.registry_changed() FROM PUBLIC;

-- By row as well as by statement: a logical replication worker fires only the former.
CREATE TRIGGER rows_changed AFTER INSERT OR UPDATE OR DELETE ON bolt.model
	FOR EACH ROW EXECUTE FUNCTION bolt.registry_changed();
CREATE TRIGGER truncated AFTER TRUNCATE ON bolt.model
	FOR EACH STATEMENT EXECUTE FUNCTION bolt.registry_changed();
CREATE TRIGGER rows_changed AFTER INSERT OR UPDATE OR DELETE ON bolt.relation
	FOR EACH ROW EXECUTE FUNCTION bolt.registry_changed();
CREATE TRIGGER truncated AFTER TRUNCATE ON bolt.relation
	FOR EACH STATEMENT EXECUTE FUNCTION bolt.registry_changed();
CREATE TRIGGER rows_changed AFTER INSERT OR UPDATE OR DELETE ON bolt.many_to_many
	FOR EACH ROW EXECUTE FUNCTION bolt.registry_changed();
CREATE TRIGGER truncated AFTER TRUNCATE ON bolt.many_to_many
	FOR EACH STATEMENT EXECUTE FUNCTION bolt.registry_changed();

CREATE FUNCTION bolt.registry_check() RETURNS pg_catalog.trigger
AS 'MODULE_PATHNAME', 'bolt_registry_check'
LANGUAGE C;

COMMENT ON FUNCTION bolt.registry_check() IS 'leaves out rows about tables of others';
REVOKE ALL ON FUNCTION bolt.registry_check() FROM PUBLIC;

CREATE TRIGGER rows_checked BEFORE INSERT OR UPDATE ON bolt.model
	FOR EACH ROW EXECUTE FUNCTION bolt.registry_check();
CREATE TRIGGER rows_checked BEFORE INSERT OR UPDATE ON bolt.relation
	FOR EACH ROW EXECUTE FUNCTION bolt.registry_check();
CREATE TRIGGER rows_checked BEFORE INSERT OR UPDATE ON bolt.many_to_many
	FOR EACH ROW EXECUTE FUNCTION bolt.registry_check();

ALTER TABLE bolt.model ENABLE ALWAYS TRIGGER rows_checked, ENABLE ALWAYS TRIGGER rows_changed, ENABLE ALWAYS TRIGGER truncated;
ALTER TABLE bolt.relation ENABLE ALWAYS TRIGGER rows_checked, ENABLE ALWAYS TRIGGER rows_changed, ENABLE ALWAYS TRIGGER truncated;
ALTER TABLE bolt.many_to_many ENABLE ALWAYS TRIGGER rows_checked, ENABLE ALWAYS TRIGGER rows_changed, ENABLE ALWAYS TRIGGER truncated;

CREATE FUNCTION bolt.register_model(
	relation pg_catalog.regclass,
	name pg_catalog.text DEFAULT NULL,
	ordering pg_catalog.text[] DEFAULT NULL,
	primary_key pg_catalog.text[] DEFAULT NULL)
RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'bolt_register_model'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION bolt.register_model(pg_catalog.regclass, pg_catalog.text, pg_catalog.text[], pg_catalog.text[])
IS 'gives a model a name, an ordering (as Meta.ordering) or a primary key';

CREATE FUNCTION bolt.register_relation(
	relation pg_catalog.regclass,
	columns pg_catalog.text[],
	name pg_catalog.text DEFAULT NULL,
	related_name pg_catalog.text DEFAULT NULL,
	on_delete pg_catalog.text DEFAULT NULL,
	target pg_catalog.regclass DEFAULT NULL,
	target_columns pg_catalog.text[] DEFAULT NULL)
RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'bolt_register_relation'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION bolt.register_relation(pg_catalog.regclass, pg_catalog.text[], pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.regclass, pg_catalog.text[])
IS 'names a foreign key''s relations and action, or makes a relation where there is no foreign key';

CREATE FUNCTION bolt.register_many_to_many(
	relation pg_catalog.regclass,
	through pg_catalog.regclass,
	name pg_catalog.text,
	related_name pg_catalog.text DEFAULT NULL,
	source_columns pg_catalog.text[] DEFAULT NULL,
	target_columns pg_catalog.text[] DEFAULT NULL)
RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'bolt_register_many_to_many'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION bolt.register_many_to_many(pg_catalog.regclass, pg_catalog.regclass, pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.text[])
IS 'names a many-to-many relation, or makes one through a table with more columns';

CREATE FUNCTION bolt.unregister(relation pg_catalog.regclass)
RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'bolt_unregister'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION bolt.unregister(pg_catalog.regclass)
IS 'takes back all that was registered of a relation';

CREATE FUNCTION bolt.models(
	OUT name pg_catalog.text,
	OUT relation pg_catalog.regclass,
	OUT kind pg_catalog.text,
	OUT primary_key pg_catalog.text[],
	OUT fields pg_catalog.text[])
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'bolt_models'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION bolt.models() IS 'lists the models that the caller may read';

CREATE FUNCTION bolt.relations(
	model pg_catalog.text DEFAULT NULL,
	OUT model pg_catalog.text,
	OUT name pg_catalog.text,
	OUT kind pg_catalog.text,
	OUT target pg_catalog.text,
	OUT columns pg_catalog.text[],
	OUT target_columns pg_catalog.text[],
	OUT through pg_catalog.text,
	OUT on_delete pg_catalog.text,
	OUT indexed pg_catalog.bool)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'bolt_relations'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION bolt.relations(pg_catalog.text) IS 'lists the relations of a model, or of all';

CREATE FUNCTION bolt.version()
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'bolt_version'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bolt.version() IS 'the version of the loaded library';

--
-- Reading
--

CREATE FUNCTION bolt.fetch(queryset pg_catalog.json) RETURNS SETOF pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100 COST 1000
	AS 'MODULE_PATHNAME', 'bolt_fetch';

CREATE FUNCTION bolt.fetch_json(queryset pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_fetch_json';

CREATE FUNCTION bolt.get(queryset pg_catalog.json, filter pg_catalog.json DEFAULT NULL) RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_get';

CREATE FUNCTION bolt.first(queryset pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_first';

CREATE FUNCTION bolt.last(queryset pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_last';

CREATE FUNCTION bolt.earliest(queryset pg_catalog.json, VARIADIC fields pg_catalog.text[] DEFAULT '{}')
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_earliest';

CREATE FUNCTION bolt.latest(queryset pg_catalog.json, VARIADIC fields pg_catalog.text[] DEFAULT '{}')
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_latest';

CREATE FUNCTION bolt.count(queryset pg_catalog.json) RETURNS pg_catalog.int8
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_count';

CREATE FUNCTION bolt.exists(queryset pg_catalog.json) RETURNS pg_catalog.bool
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_exists';

CREATE FUNCTION bolt.contains(queryset pg_catalog.json, pk pg_catalog.json) RETURNS pg_catalog.bool
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_contains';

CREATE FUNCTION bolt.in_bulk(queryset pg_catalog.json, ids pg_catalog.json DEFAULT NULL,
		field_name pg_catalog.text DEFAULT 'pk')
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_in_bulk';

CREATE FUNCTION bolt.aggregate(queryset pg_catalog.json, aggregates pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_aggregate_queryset';

COMMENT ON FUNCTION bolt.aggregate(pg_catalog.json, pg_catalog.json) IS 'aggregates of a queryset, as one object';

CREATE FUNCTION bolt.page(queryset pg_catalog.json, page pg_catalog.int8 DEFAULT 1,
		page_size pg_catalog.int8 DEFAULT 20, total pg_catalog.text DEFAULT 'exact')
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_page';

CREATE FUNCTION bolt.cursor_page(queryset pg_catalog.json, page_size pg_catalog.int8 DEFAULT 20,
		after pg_catalog.text DEFAULT NULL, before pg_catalog.text DEFAULT NULL)
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED COST 1000
	AS 'MODULE_PATHNAME', 'bolt_cursor_page';

CREATE FUNCTION bolt.queryset(model pg_catalog.text, filter pg_catalog.json DEFAULT NULL,
		exclude pg_catalog.json DEFAULT NULL, annotate pg_catalog.json DEFAULT NULL,
		order_by pg_catalog.text[] DEFAULT NULL, select_related pg_catalog.text[] DEFAULT NULL,
		prefetch_related pg_catalog.text[] DEFAULT NULL, "only" pg_catalog.text[] DEFAULT NULL,
		defer pg_catalog.text[] DEFAULT NULL, "values" pg_catalog.text[] DEFAULT NULL,
		"distinct" pg_catalog.bool DEFAULT NULL, "limit" pg_catalog.int8 DEFAULT NULL,
		"offset" pg_catalog.int8 DEFAULT NULL)
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_queryset';

CREATE FUNCTION bolt.prefetch(lookup pg_catalog.text, queryset pg_catalog.json,
		to_attr pg_catalog.text DEFAULT NULL)
	RETURNS pg_catalog.text
	LANGUAGE c STABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'bolt_prefetch';

CREATE FUNCTION bolt.sql(queryset pg_catalog.json) RETURNS SETOF pg_catalog.text
	LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 5
	AS 'MODULE_PATHNAME', 'bolt_sql';

CREATE FUNCTION bolt.explain(queryset pg_catalog.json, "analyze" pg_catalog.bool DEFAULT false)
	RETURNS pg_catalog.json
	LANGUAGE c STABLE PARALLEL RESTRICTED
	AS 'MODULE_PATHNAME', 'bolt_explain';

CREATE FUNCTION bolt.check(queryset pg_catalog.json)
	RETURNS TABLE (level pg_catalog.text, code pg_catalog.text, message pg_catalog.text, hint pg_catalog.text)
	LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 5 COST 1000
	AS 'MODULE_PATHNAME', 'bolt_check';

COMMENT ON FUNCTION bolt.fetch(pg_catalog.json) IS 'the objects of a queryset, one a row';
COMMENT ON FUNCTION bolt.fetch_json(pg_catalog.json) IS 'the objects of a queryset as one array';
COMMENT ON FUNCTION bolt.get(pg_catalog.json, pg_catalog.json) IS 'the one object of a queryset; an error where it is none or several';
COMMENT ON FUNCTION bolt.first(pg_catalog.json) IS 'the first object of a queryset, or NULL';
COMMENT ON FUNCTION bolt.last(pg_catalog.json) IS 'the last object of a queryset, or NULL';
COMMENT ON FUNCTION bolt.earliest(pg_catalog.json, pg_catalog.text[]) IS 'the object that comes first by the fields';
COMMENT ON FUNCTION bolt.latest(pg_catalog.json, pg_catalog.text[]) IS 'the object that comes last by the fields';
COMMENT ON FUNCTION bolt.count(pg_catalog.json) IS 'how many objects a queryset has';
COMMENT ON FUNCTION bolt.exists(pg_catalog.json) IS 'whether a queryset has any object';
COMMENT ON FUNCTION bolt.contains(pg_catalog.json, pg_catalog.json) IS 'whether the object of that primary key is in a queryset';
COMMENT ON FUNCTION bolt.in_bulk(pg_catalog.json, pg_catalog.json, pg_catalog.text) IS 'the objects of a list of keys, as members named by them';
COMMENT ON FUNCTION bolt.page(pg_catalog.json, pg_catalog.int8, pg_catalog.int8, pg_catalog.text) IS 'a page of a queryset, with the total';
COMMENT ON FUNCTION bolt.cursor_page(pg_catalog.json, pg_catalog.int8, pg_catalog.text, pg_catalog.text) IS 'a page of a queryset behind or before a cursor';
COMMENT ON FUNCTION bolt.queryset(pg_catalog.text, pg_catalog.json, pg_catalog.json, pg_catalog.json, pg_catalog.text[], pg_catalog.text[], pg_catalog.text[], pg_catalog.text[], pg_catalog.text[], pg_catalog.text[], pg_catalog.bool, pg_catalog.int8, pg_catalog.int8) IS 'a queryset document of named arguments';
COMMENT ON FUNCTION bolt.prefetch(pg_catalog.text, pg_catalog.json, pg_catalog.text) IS 'a member for the prefetch_related of bolt.queryset';
COMMENT ON FUNCTION bolt.sql(pg_catalog.json) IS 'the statements that a fetch of a queryset runs';
COMMENT ON FUNCTION bolt.explain(pg_catalog.json, pg_catalog.bool) IS 'the nodes of a queryset with their statements, plans, rows and times';

CREATE FUNCTION bolt.select_for_update(queryset pg_catalog.json) RETURNS SETOF pg_catalog.json
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100 COST 1000
	AS 'MODULE_PATHNAME', 'bolt_select_for_update';

COMMENT ON FUNCTION bolt.select_for_update(pg_catalog.json) IS 'the objects of a queryset, their rows locked';

CREATE FUNCTION bolt.add(model pg_catalog.text, pk pg_catalog.json, relation pg_catalog.text,
		targets pg_catalog.json, through_defaults pg_catalog.json DEFAULT NULL)
	RETURNS pg_catalog.int8
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_add';

CREATE FUNCTION bolt.remove(model pg_catalog.text, pk pg_catalog.json, relation pg_catalog.text,
		targets pg_catalog.json)
	RETURNS pg_catalog.int8
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_remove';

CREATE FUNCTION bolt.set(model pg_catalog.text, pk pg_catalog.json, relation pg_catalog.text,
		targets pg_catalog.json, through_defaults pg_catalog.json DEFAULT NULL)
	RETURNS pg_catalog.int8
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_set';

CREATE FUNCTION bolt.clear(model pg_catalog.text, pk pg_catalog.json, relation pg_catalog.text)
	RETURNS pg_catalog.int8
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_clear';

COMMENT ON FUNCTION bolt.add(pg_catalog.text, pg_catalog.json, pg_catalog.text, pg_catalog.json, pg_catalog.json) IS 'relates objects to an object; how many were not yet';
COMMENT ON FUNCTION bolt.remove(pg_catalog.text, pg_catalog.json, pg_catalog.text, pg_catalog.json) IS 'takes objects from those related to an object; how many';
COMMENT ON FUNCTION bolt.set(pg_catalog.text, pg_catalog.json, pg_catalog.text, pg_catalog.json, pg_catalog.json) IS 'relates just these objects to an object; how many were removed and added';
COMMENT ON FUNCTION bolt.clear(pg_catalog.text, pg_catalog.json, pg_catalog.text) IS 'takes all objects from those related to an object; how many';

COMMENT ON FUNCTION bolt.check(pg_catalog.json) IS 'what will make a queryset slow, and what to do about it';

--
-- Writing
--

CREATE FUNCTION bolt.create(model pg_catalog.text, "values" pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_create';

CREATE FUNCTION bolt.save(model pg_catalog.text, "values" pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_save';

CREATE FUNCTION bolt.get_or_create(queryset pg_catalog.json, lookup pg_catalog.json,
		defaults pg_catalog.json DEFAULT NULL, OUT object pg_catalog.json, OUT created pg_catalog.bool)
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_get_or_create';

CREATE FUNCTION bolt.update_or_create(queryset pg_catalog.json, lookup pg_catalog.json,
		defaults pg_catalog.json DEFAULT NULL, create_defaults pg_catalog.json DEFAULT NULL,
		OUT object pg_catalog.json, OUT created pg_catalog.bool)
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_update_or_create';

CREATE FUNCTION bolt.bulk_create(model pg_catalog.text, "rows" pg_catalog.json,
		ignore_conflicts pg_catalog.bool DEFAULT false, update_conflicts pg_catalog.bool DEFAULT false,
		update_fields pg_catalog.text[] DEFAULT NULL, unique_fields pg_catalog.text[] DEFAULT NULL)
	RETURNS SETOF pg_catalog.json
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100 COST 1000
	AS 'MODULE_PATHNAME', 'bolt_bulk_create';

CREATE FUNCTION bolt.bulk_update(model pg_catalog.text, "rows" pg_catalog.json, fields pg_catalog.text[])
	RETURNS pg_catalog.int8
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_bulk_update';

CREATE FUNCTION bolt.update(queryset pg_catalog.json, "values" pg_catalog.json) RETURNS pg_catalog.int8
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_update';

CREATE FUNCTION bolt.update_returning(queryset pg_catalog.json, "values" pg_catalog.json)
	RETURNS SETOF pg_catalog.json
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100 COST 1000
	AS 'MODULE_PATHNAME', 'bolt_update_returning';

COMMENT ON FUNCTION bolt.create(pg_catalog.text, pg_catalog.json) IS 'inserts an object, with what is nested in it';
COMMENT ON FUNCTION bolt.save(pg_catalog.text, pg_catalog.json) IS 'updates the object of that primary key, else inserts it';
COMMENT ON FUNCTION bolt.get_or_create(pg_catalog.json, pg_catalog.json, pg_catalog.json) IS 'the object that the lookup finds, else a new one';
COMMENT ON FUNCTION bolt.update_or_create(pg_catalog.json, pg_catalog.json, pg_catalog.json, pg_catalog.json) IS 'updates the object that the lookup finds, else creates one';
COMMENT ON FUNCTION bolt.bulk_create(pg_catalog.text, pg_catalog.json, pg_catalog.bool, pg_catalog.bool, pg_catalog.text[], pg_catalog.text[]) IS 'inserts many objects at once';
COMMENT ON FUNCTION bolt.bulk_update(pg_catalog.text, pg_catalog.json, pg_catalog.text[]) IS 'sets fields of many objects by their primary keys';
COMMENT ON FUNCTION bolt.update(pg_catalog.json, pg_catalog.json) IS 'updates the rows of a queryset';
COMMENT ON FUNCTION bolt.update_returning(pg_catalog.json, pg_catalog.json) IS 'updates the rows of a queryset and returns its objects';

CREATE FUNCTION bolt.run(operations pg_catalog.json) RETURNS pg_catalog.json
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_run_operations';

COMMENT ON FUNCTION bolt.run(pg_catalog.json) IS 'runs a list of operations, all or nothing; results of earlier ones by {"Ref": [0, "id"]}';

CREATE FUNCTION bolt.delete(queryset pg_catalog.json, OUT deleted pg_catalog.int8, OUT models pg_catalog.json)
	LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'bolt_delete';
COMMENT ON FUNCTION bolt.delete(pg_catalog.json) IS 'deletes the rows of a queryset and what refers to them; how many of each model';
