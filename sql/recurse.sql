-- Recursive prefetch: a relation of a model with itself, followed to its end, a statement a level.
CREATE SCHEMA recurse_test;
SET search_path = recurse_test;
\i sql/fixture/blog.sql

--
-- A forest of categories, and what is in them
--
CREATE TABLE category (id int PRIMARY KEY, name text NOT NULL, parent_id int REFERENCES category, rank int NOT NULL DEFAULT 0);
CREATE INDEX category_parent ON category (parent_id);
CREATE TABLE product (id int PRIMARY KEY, name text NOT NULL, category_id int NOT NULL REFERENCES category);
CREATE INDEX product_category ON product (category_id);
CREATE TABLE label (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE category_labels (category_id int NOT NULL REFERENCES category, label_id int NOT NULL REFERENCES label, PRIMARY KEY (category_id, label_id));
INSERT INTO category (id, name, parent_id, rank) VALUES
	(1, 'tools', NULL, 1), (2, 'hand', 1, 2), (3, 'power', 1, 1), (4, 'hammers', 2, 1), (5, 'claw', 4, 1), (6, 'sledge', 4, 2),
	(7, 'books', NULL, 2), (8, 'maps', 7, 1), (9, 'empty', NULL, 3);
INSERT INTO product VALUES (1, 'drill', 3), (2, 'saw', 3), (3, 'mallet', 4), (4, 'atlas', 8);
INSERT INTO label VALUES (1, 'new'), (2, 'sale');
INSERT INTO category_labels VALUES (1, 1), (4, 1), (4, 2), (8, 2);
SELECT bolt.register_relation('category', '{parent_id}', 'parent', 'children');
SELECT bolt.register_relation('product', '{category_id}', 'category', 'products');

-- What is wanted, one object at a time; levels below it: NULL for all.
CREATE FUNCTION tree(top category, levels int DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN jsonb_build_object('id', top.id, 'name', top.name) || CASE WHEN levels = 0 THEN '{}' ELSE jsonb_build_object('children',
		(SELECT coalesce(jsonb_agg(tree(c, levels - 1) ORDER BY c.rank, c.id), '[]') FROM category c WHERE c.parent_id = top.id)) END;
END $$;
CREATE FUNCTION chain(bottom category, levels int DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN jsonb_build_object('id', bottom.id, 'name', bottom.name) || CASE WHEN levels = 0 THEN '{}' ELSE jsonb_build_object('parent',
		(SELECT chain(c, levels - 1) FROM category c WHERE c.id = bottom.parent_id)) END;
END $$;

-- down to the leaves, whose member is empty
SELECT checked('{"model": "category", "only": ["name"], "filter": {"parent": null}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"only": ["name"], "order_by": ["rank"]}}]}',
	$$ SELECT tree(c) AS value FROM category c WHERE parent_id IS NULL ORDER BY id $$);

-- without a queryset all columns are there, and the order is the model's
SELECT bolt.register_model('category', ordering => '{-id}');
SELECT bolt.fetch('{"model": "category", "filter": {"id": 4}, "prefetch_related": [{"lookup": "children", "recurse": true}]}');
SELECT bolt.unregister('category');
SELECT bolt.register_relation('category', '{parent_id}', 'parent', 'children');

-- roots that are one another's descendants, each with its own tree, whatever the chunks
SELECT same('{"model": "category", "only": ["name"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"only": ["name"], "order_by": ["rank"]}}]}',
	$$ SELECT tree(c) AS value FROM category c ORDER BY id $$);
SET bolt_orm.chunk_size = 2;
SELECT same('{"model": "category", "only": ["name"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"only": ["name"], "order_by": ["rank"]}}]}',
	$$ SELECT tree(c) AS value FROM category c ORDER BY id $$);
RESET bolt_orm.chunk_size;

-- up: an object in an object, null at the top
SELECT checked('{"model": "category", "only": ["name"], "filter": {"id__in": [1, 5, 8]}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "parent", "recurse": true, "queryset": {"only": ["name"]}}]}',
	$$ SELECT chain(c) AS value FROM category c WHERE id IN (1, 5, 8) ORDER BY id $$);
SELECT same('{"model": "category", "only": ["name"], "order_by": ["-id"], "prefetch_related": [{"lookup": "parent", "recurse": true, "queryset": {"only": ["name"]}}]}',
	$$ SELECT chain(c) AS value FROM category c ORDER BY id DESC $$);

-- both, one in the other
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "children", "recurse": true,
		"queryset": {"only": ["id"], "order_by": ["id"], "prefetch_related": [{"lookup": "parent", "recurse": true, "queryset": {"only": ["id"]}}]}}]}');

-- false is as if it were not there
SELECT same('{"model": "category", "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": false, "depth": null, "queryset": {"order_by": ["id"]}}]}',
	$$ SELECT c.*, (SELECT jsonb_agg(d ORDER BY id) FROM category d WHERE parent_id = c.id) AS children FROM category c WHERE id = 1 $$);

--
-- depth: at the last level the member is left out, for what it would hold is not known
--
SELECT checked(format('{"model": "category", "only": ["name"], "filter": {"parent": null}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "children", "recurse": true, "depth": %s, "queryset": {"only": ["name"], "order_by": ["rank"]}}]}', depth)::json,
	format($$ SELECT tree(c, %s) AS value FROM category c WHERE parent_id IS NULL ORDER BY id $$, depth))
	FROM generate_series(1, 2) depth;
SELECT depth, same(format('{"model": "category", "only": ["name"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "children", "recurse": true, "depth": %s, "queryset": {"only": ["name"], "order_by": ["rank"]}}]}', depth)::json,
	format($$ SELECT tree(c, %s) AS value FROM category c ORDER BY id $$, depth))
	FROM unnest('{1, 2, 3, 4, 2147483647}'::int[]) depth;
SELECT checked('{"model": "category", "only": ["name"], "filter": {"id__in": [4, 5]}, "order_by": ["id"],
		"prefetch_related": [{"lookup": "parent", "recurse": true, "depth": 2, "queryset": {"only": ["name"]}}]}',
	$$ SELECT chain(c, 2) AS value FROM category c WHERE id IN (4, 5) ORDER BY id $$);
SELECT depth, same(format('{"model": "category", "only": ["name"], "order_by": ["id"],
		"prefetch_related": [{"lookup": "parent", "recurse": true, "depth": %s, "queryset": {"only": ["name"]}}]}', depth)::json,
	format($$ SELECT chain(c, %s) AS value FROM category c ORDER BY id $$, depth))
	FROM generate_series(1, 4) depth;

--
-- Its queryset holds at every level
--

-- a filter leaves out an object with all that is below it
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": true,
		"queryset": {"only": ["id"], "order_by": ["-rank"], "exclude": {"name": "claw"}, "filter": {"rank__lt": 3}}}]}');
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": true,
		"queryset": {"only": ["id"], "exclude": {"name": "hammers"}, "order_by": ["id"]}}]}');
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 5}, "prefetch_related": [{"lookup": "parent", "recurse": true,
		"queryset": {"only": ["id"], "exclude": {"name": "hand"}}}]}');

-- a slice counts per parent
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": true,
		"queryset": {"only": ["id"], "order_by": ["-rank"], "limit": 1}}]}');
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": true,
		"queryset": {"only": ["id"], "order_by": ["rank"], "limit": 1, "offset": 1}}]}');

-- annotations, select_related, further prefetches, with a to_attr
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "to_attr": "subtree", "recurse": true,
		"queryset": {"only": ["name"], "order_by": ["id"], "annotate": {"n": {"Count": "products"}}, "prefetch_related": [
			{"lookup": "products", "queryset": {"only": ["name"], "order_by": ["id"]}},
			{"lookup": "labels", "queryset": {"only": ["name"], "order_by": ["name"]}},
			{"lookup": "children", "queryset": {"only": ["id"], "order_by": ["id"]}}]}}]}');
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "children", "to_attr": "below", "recurse": true,
		"queryset": {"only": ["parent__name"], "select_related": ["parent"], "order_by": ["id"]}}]}');

-- a path that goes on through it goes on at every level, and adds nothing where it only follows
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 2}, "prefetch_related": [
		{"lookup": "children", "recurse": true, "queryset": {"only": ["id"], "order_by": ["id"]}}, "children__children", {"lookup": "children__products", "queryset": {"only": ["name"]}}]}');

-- below other relations, to one and to many
SELECT bolt.fetch('{"model": "product", "only": ["name"], "order_by": ["id"], "prefetch_related": [{"lookup": "category", "queryset": {"only": ["id"]}},
		{"lookup": "category__parent", "recurse": true, "queryset": {"only": ["id"]}}]}');
SELECT bolt.fetch('{"model": "label", "only": ["name"], "order_by": ["id"], "prefetch_related": [{"lookup": "category", "queryset": {"only": ["id"], "order_by": ["id"]}},
		{"lookup": "category__children", "recurse": true, "queryset": {"only": ["id"], "order_by": ["id"]}}]}');
SELECT bolt.fetch('{"model": "product", "only": ["category__name"], "filter": {"id": 3}, "select_related": ["category"], "prefetch_related": [
		{"lookup": "category__children", "recurse": true, "queryset": {"only": ["id"], "order_by": ["id"]}}]}');

-- from its second level on
SELECT bolt.fetch('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "queryset": {"only": ["name"], "order_by": ["id"]}},
		{"lookup": "children__children", "recurse": true, "queryset": {"only": ["id"], "order_by": ["id"]}}]}');

-- as objects of other functions
SELECT bolt.get('{"model": "category", "only": ["id"], "prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"only": ["id"], "order_by": ["id"]}}]}', '{"id": 4}');
SELECT bolt.in_bulk('{"model": "category", "only": ["id"], "prefetch_related": [{"lookup": "parent", "recurse": true, "queryset": {"only": ["id"]}}]}', '[8]');
SELECT bolt.fetch(bolt.queryset('category', filter => '{"id": 8}', "only" => '{id}', prefetch_related => '{"{\"lookup\": \"parent\", \"recurse\": true, \"depth\": 1}"}'));

--
-- Other keys and other relations
--

-- a column and a relation of one name, the first of them: the object is in the column's place, and at the last level neither
CREATE TABLE clerk (boss int, id int PRIMARY KEY, name text);
INSERT INTO clerk VALUES (NULL, 1, 'a'), (1, 2, 'b'), (2, 3, 'c');
SELECT bolt.register_relation('clerk', '{boss}', 'boss', 'clerks', target => 'clerk', target_columns => '{id}');
SELECT bolt.fetch('{"model": "clerk", "filter": {"id": 3}, "prefetch_related": [{"lookup": "boss", "recurse": true}]}');
SELECT bolt.fetch('{"model": "clerk", "filter": {"id": 3}, "prefetch_related": [{"lookup": "boss", "recurse": true, "depth": 1}]}');
SELECT bolt.fetch('{"model": "clerk", "filter": {"id": 3}, "prefetch_related": [{"lookup": "boss", "recurse": true, "depth": 1, "queryset": {"prefetch_related": ["clerks"]}}]}');

-- nothing but the member
CREATE TABLE bare (above int, key int);
INSERT INTO bare VALUES (NULL, 1), (1, 2), (2, 3);
SELECT bolt.register_relation('bare', '{above}', 'above', 'below', target => 'bare', target_columns => '{key}');
SELECT bolt.fetch(format('{"model": "bare", "filter": {"key": 1}, "prefetch_related": [{"lookup": "below", "recurse": true, "depth": %s, "queryset": {"defer": ["above", "key"]}}]}', depth)::json)
	FROM generate_series(1, 2) depth;

-- one to one, from the side without the foreign key
CREATE TABLE step (id int PRIMARY KEY, before_id int UNIQUE REFERENCES step);
INSERT INTO step VALUES (1, NULL), (2, 1), (3, 2), (4, 3);
SELECT bolt.register_relation('step', '{before_id}', 'before', 'after');
SELECT bolt.fetch('{"model": "step", "only": ["id"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "after", "recurse": true, "queryset": {"only": ["id"]}}, {"lookup": "before", "recurse": true, "queryset": {"only": ["id"]}}]}');
SELECT bolt.fetch('{"model": "step", "only": ["id"], "order_by": ["id"], "prefetch_related": [{"lookup": "after", "recurse": true, "depth": 1, "queryset": {"only": ["id"]}}]}');

-- keys of several columns, and of text
CREATE TABLE area (country text, code text, part_of text, name text, PRIMARY KEY (country, code), FOREIGN KEY (country, part_of) REFERENCES area);
INSERT INTO area VALUES ('fr', 'a', NULL, 'France'), ('fr', 'b', 'a', 'Bretagne'), ('fr', 'c', 'b', 'Brest'), ('it', 'a', NULL, 'Italia'), ('it', 'b', 'a', 'Lazio');
SELECT bolt.register_relation('area', '{country,part_of}', 'whole', 'parts');
SELECT bolt.fetch('{"model": "area", "only": ["name"], "filter": {"part_of": null}, "order_by": ["pk"], "prefetch_related": [{"lookup": "parts", "recurse": true, "queryset": {"only": ["name"]}}]}');
SELECT bolt.fetch('{"model": "area", "only": ["name"], "filter": {"code": "c"}, "prefetch_related": [{"lookup": "whole", "recurse": true, "queryset": {"only": ["name"]}}]}');

--
-- Many-to-many: an object that is reached in several ways is in each of its places
--
CREATE TABLE part (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE part_of (id int PRIMARY KEY, whole_id int NOT NULL REFERENCES part, part_id int NOT NULL REFERENCES part, amount int NOT NULL);
CREATE INDEX part_of_whole ON part_of (whole_id);
INSERT INTO part VALUES (1, 'bike'), (2, 'wheel'), (3, 'frame'), (4, 'screw'), (5, 'rim'), (6, 'bell');
INSERT INTO part_of VALUES (1, 1, 2, 2), (2, 1, 3, 1), (3, 2, 5, 1), (4, 2, 4, 8), (5, 3, 4, 4), (6, 1, 4, 1), (7, 5, 4, 2), (8, 1, 6, 1), (9, 6, 4, 1);
SELECT bolt.register_many_to_many('part', 'part_of', 'parts', 'wholes', '{whole_id}', '{part_id}');
CREATE FUNCTION assembly(whole part, descending boolean, levels int DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN to_jsonb(whole) || CASE WHEN levels = 0 THEN '{}' ELSE jsonb_build_object('parts',
		(SELECT coalesce(jsonb_agg(assembly(p, descending, levels - 1) ORDER BY CASE WHEN descending THEN -p.id ELSE p.id END), '[]')
			FROM part p JOIN part_of o ON o.part_id = p.id WHERE o.whole_id = whole.id)) END;
END $$;
SELECT checked('{"model": "part", "filter": {"id": 1}, "prefetch_related": [{"lookup": "parts", "recurse": true, "queryset": {"order_by": ["id"]}}]}',
	$$ SELECT assembly(p, false) AS value FROM part p WHERE id = 1 $$);
SELECT checked('{"model": "part", "filter": {"id": 1}, "prefetch_related": [{"lookup": "parts", "recurse": true, "depth": 2, "queryset": {"order_by": ["-id"]}}]}',
	$$ SELECT assembly(p, true, 2) AS value FROM part p WHERE id = 1 $$);
SELECT depth, same(format('{"model": "part", "order_by": ["id"], "prefetch_related": [{"lookup": "parts", "recurse": true, "depth": %s, "queryset": {"order_by": ["-id"]}}]}', depth)::json,
	format($$ SELECT assembly(p, true, %s) AS value FROM part p ORDER BY id $$, depth))
	FROM generate_series(1, 5) depth;
SELECT bolt.fetch('{"model": "part", "filter": {"id": 4}, "prefetch_related": [{"lookup": "wholes", "recurse": true, "queryset": {"order_by": ["name"]}}]}');

-- the first two parts of each, and those that are not screws
SELECT bolt.fetch('{"model": "part", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "parts", "recurse": true, "queryset": {"only": ["id"], "order_by": ["-id"], "limit": 2}}]}');
SELECT bolt.fetch('{"model": "part", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "parts", "recurse": true, "queryset": {"only": ["id"], "order_by": ["id"], "exclude": {"name": "screw"}}}]}');

-- a large one, without an order and in the order of its statements, in chunks
INSERT INTO part SELECT i, 'part ' || i FROM generate_series(101, 400) i;
INSERT INTO part_of SELECT i * 3 + k, i, 2 * i - 100 + k * (i % 7), 1 FROM generate_series(101, 250) i, generate_series(0, 2) k WHERE 2 * i - 100 + k * (i % 7) BETWEEN i + 1 AND 400 AND (k = 0 OR i % 7 > 0);
SELECT same('{"model": "part", "filter": {"id__gt": 100}, "order_by": ["id"], "prefetch_related": [{"lookup": "parts", "recurse": true, "queryset": {"order_by": ["id"]}}]}',
	$$ SELECT assembly(p, false) AS value FROM part p WHERE id > 100 ORDER BY id $$);
SET bolt_orm.chunk_size = 50;
SELECT same('{"model": "part", "filter": {"id__gt": 100}, "order_by": ["id"], "prefetch_related": [{"lookup": "parts", "recurse": true, "depth": 3, "queryset": {"order_by": ["-id"]}}]}',
	$$ SELECT assembly(p, true, 3) AS value FROM part p WHERE id > 100 ORDER BY id $$);
RESET bolt_orm.chunk_size;

--
-- Keys that are read as a range: a row is at its own places only
--
INSERT INTO category SELECT i, 'c' || i, CASE WHEN i > 140 THEN i - 20 - i % 3 END FROM generate_series(100, 400) i;
SELECT same('{"model": "category", "only": ["name"], "filter": {"id__gte": 100}, "order_by": ["-id"], "prefetch_related": [{"lookup": "parent", "recurse": true, "queryset": {"only": ["name"]}}]}',
	$$ SELECT chain(c) AS value FROM category c WHERE id >= 100 ORDER BY id DESC $$);
SELECT same('{"model": "category", "only": ["name"], "filter": {"id__range": [100, 140]}, "order_by": ["id"], "prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"only": ["name"], "order_by": ["rank", "id"]}}]}',
	$$ SELECT tree(c) AS value FROM category c WHERE id BETWEEN 100 AND 140 ORDER BY id $$);

--
-- Depth
--

-- a chain of a thousand, down and up
CREATE TABLE link (id int PRIMARY KEY, up_id int REFERENCES link);
CREATE INDEX link_up ON link (up_id);
INSERT INTO link SELECT i, nullif(i - 1, 0) FROM generate_series(1, 1000) i;
SELECT bolt.register_relation('link', '{up_id}', 'up', 'down');
SELECT bolt.fetch('{"model": "link", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "down", "recurse": true, "queryset": {"only": ["id"]}}]}')::text
	= (SELECT string_agg(format('{"id":%s,"down":[', i), '' ORDER BY i) FROM generate_series(1, 1000) i) || repeat(']}', 1000);
SELECT bolt.fetch('{"model": "link", "only": ["id"], "filter": {"id": 1000}, "prefetch_related": [{"lookup": "up", "recurse": true, "queryset": {"only": ["id"]}}]}')::text
	= (SELECT string_agg(format('{"id":%s,"up":', i), '' ORDER BY i DESC) FROM generate_series(1, 1000) i) || 'null' || repeat('}', 1000);

-- one too deep for the server's stack is refused
SET max_stack_depth = '100kB';
SELECT sqlstate_of('{"model": "link", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "down", "recurse": true, "queryset": {"only": ["id"]}}]}');
RESET max_stack_depth;

--
-- Cycles
--
CREATE TABLE node (id int PRIMARY KEY, next_id int REFERENCES node);
CREATE TABLE edge (id int PRIMARY KEY, from_id int NOT NULL REFERENCES node, to_id int NOT NULL REFERENCES node);
INSERT INTO node VALUES (1, 2), (2, 3), (3, 1), (4, 1), (5, 5);
INSERT INTO edge VALUES (1, 1, 2), (2, 2, 3), (3, 3, 2), (4, 4, 4);
SELECT bolt.register_relation('node', '{next_id}', 'next', 'previous');
SELECT bolt.register_many_to_many('node', 'edge', 'to', 'from', '{from_id}', '{to_id}');
SELECT refused('{"model": "node", "filter": {"id": 1}, "prefetch_related": [{"lookup": "previous", "recurse": true}]}');
SELECT refused('{"model": "node", "filter": {"id": 4}, "prefetch_related": [{"lookup": "next", "recurse": true}]}');
SELECT refused('{"model": "node", "filter": {"id": 1}, "prefetch_related": [{"lookup": "to", "recurse": true, "to_attr": "targets"}]}');

-- of an object with itself
SELECT refused('{"model": "node", "filter": {"id": 5}, "prefetch_related": [{"lookup": "previous", "recurse": true}]}');
SELECT refused('{"model": "node", "filter": {"id": 5}, "prefetch_related": [{"lookup": "next", "recurse": true}]}');
SELECT refused('{"model": "node", "filter": {"id": 4}, "prefetch_related": [{"lookup": "to", "recurse": true}]}');

-- below another relation; of a key of several columns; of more objects than are named
SELECT refused('{"model": "edge", "filter": {"id": 1}, "prefetch_related": [{"lookup": "from__next", "recurse": true}]}');
UPDATE area SET part_of = 'c' WHERE (country, code) = ('fr', 'a');
SELECT refused('{"model": "area", "filter": {"country": "fr", "code": "a"}, "prefetch_related": [{"lookup": "parts", "recurse": true}]}');
UPDATE link SET up_id = 1000 WHERE id = 1;
SELECT refused('{"model": "link", "filter": {"id": 1}, "prefetch_related": [{"lookup": "down", "recurse": true}]}');

-- a depth that ends before the cycle is closed does without the error
SELECT bolt.fetch('{"model": "node", "only": ["id"], "filter": {"id": 5}, "prefetch_related": [{"lookup": "next", "recurse": true, "depth": 1, "queryset": {"only": ["id"]}}]}');
SELECT depth, refused(format('{"model": "node", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "next", "recurse": true, "depth": %s, "queryset": {"only": ["id"]}}]}', depth))
	FROM generate_series(2, 4) depth;
SELECT depth, refused(format('{"model": "node", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "previous", "recurse": true, "depth": %s, "queryset": {"only": ["id"]}}]}', depth))
	FROM generate_series(2, 4) depth;
SELECT depth, refused(format('{"model": "node", "only": ["id"], "filter": {"id": 2}, "prefetch_related": [{"lookup": "to", "recurse": true, "depth": %s, "queryset": {"only": ["id"]}}]}', depth))
	FROM generate_series(1, 3) depth;

-- a filter that leaves the cycle does, too; and what is not fetched is no cycle
SELECT bolt.fetch('{"model": "node", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "next", "recurse": true, "queryset": {"only": ["id"], "exclude": {"id": 3}}}]}');
SELECT bolt.fetch('{"model": "node", "only": ["id"], "filter": {"id": 4}, "prefetch_related": [{"lookup": "previous", "recurse": true, "queryset": {"only": ["id"]}}]}');

--
-- What it does
--

-- its statement stands once, whatever the levels are
SELECT bolt.sql('{"model": "category", "only": ["id"], "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"only": ["id"]}}]}');
SELECT bolt.sql('{"model": "part", "filter": {"id": 1}, "prefetch_related": [{"lookup": "parts", "recurse": true}]}');
SELECT jsonb_path_query_array(bolt.explain('{"model": "category", "filter": {"id": 1}, "prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"prefetch_related": ["products"]}}]}', true)::jsonb,
	'strict $.** ? (@.path == "children" || @.path == "children.products").keyvalue() ? (@.key == "path" || @.key == "rows" || @.key == "recurse").value');

--
-- What is refused
--
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "products", "recurse": true}]}');
SELECT refused('{"model": "product", "prefetch_related": [{"lookup": "category", "recurse": true}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children__products", "recurse": true}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "nothing", "recurse": true}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": 1}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": 0}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": -1}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": 1.5}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": "2"}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": 2147483648}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "depth": 99999999999999999999}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "depth": 2}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": false, "depth": 2}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recursive": true}]}');
SELECT refused('{"model": "category", "prefetch_related": ["children", {"lookup": "children", "recurse": true}]}');
SELECT refused('{"model": "category", "select_related": ["parent"], "prefetch_related": [{"lookup": "parent", "recurse": true}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "parent", "recurse": true, "queryset": {"select_related": ["parent"]}}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "recurse": true, "queryset": {"prefetch_related": [{"lookup": "children", "queryset": {}}]}}]}');
SELECT refused('{"model": "category", "prefetch_related": [{"lookup": "children", "to_attr": "all", "recurse": true, "queryset": {"prefetch_related": [{"lookup": "children", "to_attr": "all"}]}}]}');

DROP SCHEMA recurse_test CASCADE;
