-- bolt.run: operations in a row, all or nothing, with references to earlier results.
CREATE SCHEMA run_test;
SET search_path = run_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql
INSERT INTO shelf_author (name, born) VALUES ('Ann', 1), ('Bob', 2);
CREATE TABLE account (id int PRIMARY KEY, owner text NOT NULL, balance numeric NOT NULL CHECK (balance >= 0));
INSERT INTO account VALUES (1, 'ann', 100), (2, 'bob', 50);

CREATE FUNCTION run_fails(operations text) RETURNS text LANGUAGE sql AS $$ SELECT fails('run', operations) $$;

-- the transfer: lock both, check the balance, move, return
CREATE FUNCTION transfer(source int, target int, amount numeric) RETURNS json LANGUAGE sql AS $$ SELECT bolt.run(format('[
	{"op": "select_for_update", "queryset": {"model": "account", "filter": {"id__in": [%1$s, %2$s]}, "order_by": ["id"]}},
	{"op": "get", "queryset": {"model": "account"}, "filter": {"id": %1$s, "balance__gte": %3$s}},
	{"op": "update", "queryset": {"model": "account", "filter": {"id": %1$s}}, "values": {"balance": {"Sub": ["balance", %3$s]}}},
	{"op": "update", "queryset": {"model": "account", "filter": {"id": %2$s}}, "values": {"balance": {"Add": ["balance", %3$s]}}},
	{"op": "fetch", "queryset": {"model": "account", "filter": {"id__in": [%1$s, %2$s]}, "order_by": ["id"]}}]', source, target, amount)::json) $$;
SELECT transfer(1, 2, 30);
-- what fails undoes all, and says which operation it was
SELECT bolt.run('[
	{"op": "update", "queryset": {"model": "account", "filter": {"id": 2}}, "values": {"balance": {"Add": ["balance", 300]}}},
	{"op": "update", "queryset": {"model": "account", "filter": {"id": 1}}, "values": {"balance": {"Sub": ["balance", 300]}}}]');
\set SHOW_CONTEXT always
SELECT bolt.run('[{"op": "count", "queryset": {"model": "account"}}, {"op": "create", "model": "shelf_author", "values": {"name": "x", "born": "abc"}}]');
\set SHOW_CONTEXT never
SELECT transfer(1, 2, 3000);
SELECT * FROM account ORDER BY id;

-- no operation
SELECT bolt.run('[]');
-- each sees the ones before
SELECT bolt.run('[
	{"op": "count", "queryset": {"model": "shelf_author"}},
	{"op": "create", "model": "shelf_author", "values": {"name": "Cid"}},
	{"op": "count", "queryset": {"model": "shelf_author"}},
	{"op": "update", "queryset": {"model": "shelf_author"}, "values": {"born": 7}},
	{"op": "aggregate", "queryset": {"model": "shelf_author"}, "aggregates": {"s": {"Sum": "born"}}}]');
-- every operation, as its function answers
SELECT json_array_elements(bolt.run('[
	{"op": "create", "model": "shelf_tag", "values": {"name": "created"}},
	{"op": "save", "model": "shelf_tag", "values": {"id": 1, "name": "saved"}},
	{"op": "get_or_create", "queryset": {"model": "shelf_tag"}, "lookup": {"name": "saved"}, "defaults": {"name": "x"}},
	{"op": "update_or_create", "queryset": {"model": "shelf_tag"}, "lookup": {"name": "other"}, "defaults": {"name": "y"}, "create_defaults": {"name": "other"}},
	{"op": "bulk_create", "model": "shelf_tag", "rows": [{"name": "saved"}, {"name": "bulk"}], "ignore_conflicts": true},
	{"op": "bulk_create", "model": "shelf_tag", "rows": [{"id": 1, "name": "upserted"}], "update_conflicts": true, "update_fields": ["name"], "unique_fields": ["id"]},
	{"op": "bulk_update", "model": "shelf_tag", "rows": [{"id": 1, "name": "bulk updated"}], "fields": ["name"]},
	{"op": "update", "queryset": {"model": "shelf_tag", "filter": {"name": "bulk"}}, "values": {"name": "updated"}},
	{"op": "update_returning", "queryset": {"model": "shelf_tag", "filter": {"name": "updated"}}, "values": {"name": "returned"}},
	{"op": "fetch", "queryset": {"model": "shelf_tag", "values": ["name"]}},
	{"op": "get", "queryset": {"model": "shelf_tag", "filter": {"id": 1}}},
	{"op": "first", "queryset": {"model": "shelf_tag"}},
	{"op": "last", "queryset": {"model": "shelf_tag", "none": true}},
	{"op": "earliest", "queryset": {"model": "shelf_tag"}, "fields": ["name"]},
	{"op": "latest", "queryset": {"model": "shelf_tag"}, "fields": ["name"]},
	{"op": "exists", "queryset": {"model": "shelf_tag"}},
	{"op": "contains", "queryset": {"model": "shelf_tag"}, "pk": 99},
	{"op": "in_bulk", "queryset": {"model": "shelf_tag"}, "ids": [1]},
	{"op": "page", "queryset": {"model": "shelf_tag"}, "page": 1, "page_size": 1, "total": "none"},
	{"op": "cursor_page", "queryset": {"model": "shelf_tag", "order_by": ["id"]}, "page_size": 10},
	{"op": "select_for_update", "queryset": {"model": "shelf_tag", "filter": {"id": 1}}},
	{"op": "add", "model": "shelf_author", "pk": 1, "relation": "pupils", "targets": [2]},
	{"op": "delete", "queryset": {"model": "shelf_tag"}}]'));

-- references: members by name, elements by number, whole results
SELECT bolt.run('[
	{"op": "create", "model": "shelf_author", "values": {"name": "Dora"}},
	{"op": "create", "model": "shelf_book", "values": {"title": {"Ref": [0, "name"]}, "author": {"Ref": [0, "id"]}}},
	{"op": "fetch", "queryset": {"model": "shelf_book", "filter": {"author": {"Ref": [0, "id"]}}, "select_related": ["author"]}},
	{"op": "get_or_create", "queryset": {"model": "shelf_book"}, "lookup": {"id": {"Ref": [2, 0, "author", "id"]}}, "defaults": {"title": "same id"}},
	{"op": "count", "queryset": {"model": "shelf_book", "filter": {"id__lte": {"Ref": [3, "object", "id"]}}}}]');
SELECT bolt.run('[
	{"op": "fetch", "queryset": {"model": "shelf_author", "order_by": ["id"], "values_list": ["id"], "flat": true}},
	{"op": "update", "queryset": {"model": "shelf_author", "filter": {"id__in": {"Ref": [0]}}}, "values": {"born": {"Ref": [0, 1]}}},
	{"op": "count", "queryset": {"model": "shelf_author", "filter": {"born": {"Ref": [0, 1]}}}}]');
SELECT bolt.run('[{"op": "get", "queryset": {"model": "shelf_author"}, "filter": {"id": 1}}, {"op": "save", "model": "shelf_author", "values": {"Ref": [0]}}]');
-- within an expression a text is a text, not a field's name
SELECT bolt.run('[{"op": "get", "queryset": {"model": "shelf_author"}, "filter": {"id": 1}}, {"op": "update_returning", "queryset": {"model": "shelf_author", "filter": {"id": 2}}, "values": {"name": {"Concat": ["name", {"Ref": [0, "name"]}]}, "born": {"Add": ["born", {"Ref": [0, "id"]}]}}}]');
-- a text that is a field's name, too
SELECT bolt.run('[{"op": "create", "model": "shelf_author", "values": {"name": "born"}}, {"op": "update_returning", "queryset": {"model": "shelf_author", "filter": {"id": {"Ref": [0, "id"]}}}, "values": {"name": {"Concat": [{"Ref": [0, "name"]}, {"Value": "\"\\"}]}}}]');
-- a null is a null
SELECT bolt.run('[{"op": "create", "model": "shelf_author", "values": {"name": "Null"}}, {"op": "update_returning", "queryset": {"model": "shelf_author", "filter": {"name": "Null"}}, "values": {"mentor": {"Ref": [0, "mentor_id"]}}}]');
-- a model's name is no data: it is not taken from a result
SELECT bolt.run('[{"op": "create", "model": "shelf_author", "values": {"name": "shelf_tag"}}, {"op": "create", "model": {"Ref": [0, "name"]}, "values": {"name": "by reference"}}]');

-- references that lead nowhere
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": 3}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": []}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": ["x"]}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": [-1]}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": [0.5]}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": [99999999999999999999]}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": [{"Ref": [0]}]}}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": {"Ref": [0, "name"]}}}]');
SELECT run_fails('[{"op": "count", "queryset": {"model": "account"}}, {"op": "count", "queryset": {"model": "account", "filter": {"id": {"Ref": [1]}}}}]');
SELECT run_fails('[{"op": "count", "queryset": {"model": "account"}}, {"op": "count", "queryset": {"model": "account", "filter": {"id": {"Ref": [0, "id"]}}}}]');
SELECT run_fails('[{"op": "fetch", "queryset": {"model": "account"}}, {"op": "count", "queryset": {"model": "account", "filter": {"id": {"Ref": [0, 9, "id"]}}}}]');
SELECT run_fails('[{"op": "fetch", "queryset": {"model": "account"}}, {"op": "count", "queryset": {"model": "account", "filter": {"id": {"Ref": [0, "id"]}}}}]');
SELECT run_fails('[{"op": "get", "queryset": {"model": "account"}, "filter": {"id": 1}}, {"op": "count", "queryset": {"model": "account", "filter": {"id": {"Ref": [0, "nope"]}}}}]');
SELECT run_fails('[{"op": "last", "queryset": {"model": "account", "none": true}}, {"op": "count", "queryset": {"model": "account", "filter": {"id": {"Ref": [0, "id"]}}}}]');

-- operations of the wrong form
SELECT run_fails('{}');
SELECT run_fails('null');
SELECT run_fails(NULL);
SELECT run_fails('[3]');
SELECT run_fails('[{}]');
SELECT run_fails('[{"op": 3}]');
SELECT run_fails('[{"op": "nope"}]');
SELECT run_fails('[{"op": "run", "operations": []}]') LIKE '22023: unknown operation "run"%';
SELECT run_fails('[{"op": "create"}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author"}]');
SELECT run_fails('[{"op": "create", "model": 3, "values": {}}]');
SELECT run_fails('[{"op": "create", "model": null, "values": {}}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": null}]');
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {}, "extra": 1}]');
SELECT run_fails('[{"op": "create", "op": "create", "model": "shelf_author", "values": {}}]');
SELECT run_fails('[{"op": "bulk_create", "model": "shelf_tag", "rows": [], "ignore_conflicts": "yes"}]');
SELECT run_fails('[{"op": "bulk_create", "model": "shelf_tag", "rows": [], "update_fields": "name"}]');
SELECT run_fails('[{"op": "bulk_update", "model": "shelf_tag", "rows": [], "fields": [1]}]');
SELECT run_fails('[{"op": "page", "queryset": {"model": "shelf_tag"}, "page": "one"}]');
SELECT run_fails('[{"op": "page", "queryset": {"model": "shelf_tag"}, "page": 1.5}]');
SELECT run_fails('[{"op": "get", "queryset": {"model": "account"}, "filter": {"id": 99}}]');
SELECT run_fails('[{"op": "get", "queryset": {"model": "account"}}]');
-- nothing of an operation before remains
SELECT run_fails('[{"op": "create", "model": "shelf_author", "values": {"name": "gone"}}, {"op": "nope"}]') LIKE '22023: unknown operation%';
SELECT count(*) FROM shelf_author WHERE name = 'gone';
DROP SCHEMA run_test CASCADE;
