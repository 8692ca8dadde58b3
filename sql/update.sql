-- bolt.update and bolt.update_returning: the rows of a queryset.
CREATE SCHEMA update_test;
SET search_path = update_test;
\i sql/fixture/blog.sql
\i sql/fixture/shelf.sql
INSERT INTO shelf_author (name, born) VALUES ('Ann', 1), ('Bob', 2), ('Cid', 3);
INSERT INTO shelf_book (title, pages, author_id) VALUES ('a', 10, 1), ('b', 20, 1), ('c', 30, 2), ('d', 40, NULL);
INSERT INTO shelf_tag (name) VALUES ('t1'), ('t2');
INSERT INTO shelf_book_tags (book_id, tag_id) VALUES (1, 1), (1, 2), (2, 1);

-- Runs an update, and shows what became of the books; they are as before then.
CREATE FUNCTION updated(queryset text, "values" text, OUT matched bigint, OUT changed text) LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		CREATE TEMP TABLE before ON COMMIT DROP AS TABLE shelf_book;
		matched := bolt.update(queryset::json, "values"::json);
		SELECT string_agg(b::text, ' ' ORDER BY b.id) INTO changed FROM (TABLE shelf_book EXCEPT TABLE before) b;
		RAISE EXCEPTION 'undo' USING ERRCODE = 'BO001';
	EXCEPTION WHEN SQLSTATE 'BO001' THEN
	END;
END $$;

-- all rows, those of a filter, none
SELECT * FROM updated('{"model": "shelf_book"}', '{"pages": 1}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"pages__gte": 20}, "exclude": {"title": "c"}}', '{"title": "x", "price": 1.005}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"pk": 1}}', '{"title": "one"}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id__in": []}}', '{"title": "x"}');
SELECT * FROM updated('{"model": "shelf_book", "none": true}', '{"title": "x"}');
SELECT * FROM updated('{"model": "shelf_book", "none": true, "filter": {"pk": 1}}', '{"title": "x"}');
SELECT * FROM updated('{"model": "shelf_book"}', '{}');
-- rows that had the value already are matched, too
SELECT * FROM updated('{"model": "shelf_book"}', '{"title": {"F": "title"}}');

-- values: null, a relation's key by either name, an object that is a key
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id": 1}}', '{"author": null}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id": 1}}', '{"author": 2}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id": 1}}', '{"author_id": 2}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id": 1}}', '{"author": {"id": 3}}');
-- in terms of the row
SELECT * FROM updated('{"model": "shelf_book", "filter": {"author": 1}}', '{"pages": {"Add": ["pages", 1]}, "title": {"Concat": ["title", {"Value": "!"}]}}');
SELECT * FROM updated('{"model": "shelf_book"}', '{"pages": {"Case": [{"when": {"pages__gt": 20}, "then": {"Mul": ["pages", 2]}}], "default": {"F": "pages"}}}');
-- all values are in terms of what was before
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id": 1}}', '{"pages": {"Add": ["id", 100]}, "price": {"F": "pages"}}');
-- a subquery says another table's value
SELECT * FROM updated('{"model": "shelf_book", "filter": {"author__isnull": false}}', '{"title": {"Subquery": {"model": "shelf_author", "filter": {"id": {"OuterRef": "author_id"}}, "values_list": ["name"]}}}');
-- an annotation
SELECT * FROM updated('{"model": "shelf_book", "annotate": {"twice": {"Mul": ["pages", 2]}}, "filter": {"twice__gt": 50}}', '{"pages": {"F": "twice"}}');
SELECT * FROM updated('{"model": "shelf_book", "annotate": {"n": {"Count": "tags"}}, "filter": {"n__gte": 1}}', '{"pages": {"F": "n"}}');
-- the primary key itself
SELECT * FROM updated('{"model": "shelf_book", "filter": {"id": 3}}', '{"pk": 33}');

-- filters through relations: each row once, to one or to many
SELECT * FROM updated('{"model": "shelf_book", "filter": {"author__name": "Ann"}}', '{"pages": {"Add": ["pages", 1]}}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"tags__name__startswith": "t"}}', '{"pages": {"Add": ["pages", 1]}}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"tags__name__startswith": "t"}, "distinct": true}', '{"pages": {"Add": ["pages", 1]}}');
SELECT * FROM updated('{"model": "shelf_book", "exclude": {"tags__name": "t2"}}', '{"pages": {"Add": ["pages", 1]}}');
SELECT * FROM updated('{"model": "shelf_book", "chain": [{"filter": {"tags__name": "t1"}}, {"filter": {"tags__name": "t2"}}]}', '{"pages": {"Add": ["pages", 1]}}');
SELECT * FROM updated('{"model": "shelf_author", "filter": {"books__pages__gt": 5}}', '{"born": {"Add": ["born", 1]}}');
-- by an aggregate, a window, a subquery
SELECT * FROM updated('{"model": "shelf_book", "annotate": {"n": {"Count": "tags"}}, "filter": {"n": 2}}', '{"title": "two tags"}');
SELECT * FROM updated('{"model": "shelf_book", "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["-pages"]}}, "filter": {"n": 1}}', '{"title": "longest"}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"Exists": {"model": "shelf_book_tags", "filter": {"book": {"OuterRef": "pk"}}}}}', '{"title": "tagged"}');
SELECT * FROM updated('{"model": "shelf_book", "filter": {"author__in": {"Subquery": {"model": "shelf_author", "filter": {"born__gte": 2}, "values": ["id"]}}}}', '{"title": "x"}');
-- order and reverse make no difference; neither do values
SELECT * FROM updated('{"model": "shelf_book", "chain": [{"order_by": ["-pages"]}, {"filter": {"id": 1}}, {"reverse": true}]}', '{"title": "x"}');
SELECT * FROM updated('{"model": "shelf_book", "chain": [{"values": ["title"]}, {"filter": {"id": 1}}]}', '{"title": "x"}');
SELECT * FROM updated('{"model": "shelf_book", "select_for_update": true, "filter": {"id": 1}}', '{"title": "x"}');

-- what Django refuses
SELECT fails('update', '{"model": "shelf_book", "limit": 2}', '{"title": "x"}');
SELECT fails('update', '{"model": "shelf_book", "offset": 2}', '{"title": "x"}');
SELECT fails('update', '{"model": "shelf_book", "distinct": ["author_id"], "order_by": ["author_id"]}', '{"title": "x"}');
SELECT fails('update', '{"model": "shelf_book", "union": [{"model": "shelf_book"}]}', '{"title": "x"}');
SELECT fails('update', '{"model": "shelf_book", "dates": ["published", "year"]}', '{"title": "x"}');
SELECT fails('update', '{"model": "shelf_book", "chain": [{"values": ["author"]}, {"annotate": {"n": {"Count": "*"}}}]}', '{"title": "x"}');
SELECT fails('update', '{"model": "shelf_book"}', '{"title": {"F": "author__name"}}');
SELECT fails('update', '{"model": "shelf_book", "annotate": {"an": {"F": "author__name"}}}', '{"title": {"F": "an"}}');
SELECT fails('update', '{"model": "shelf_book"}', '{"pages": {"Count": "tags"}}');
SELECT fails('update', '{"model": "shelf_book"}', '{"pages": {"Window": {"RowNumber": []}}}');
-- names and values that are none
SELECT fails('update', '{"model": "shelf_book"}', '{"nope": 1}');
SELECT fails('update', '{"model": "shelf_book"}', '{"author__name": "x"}');
SELECT fails('update', '{"model": "shelf_book"}', '{"author": 1, "author_id": 2}');
SELECT fails('update', '{"model": "shelf_book"}', '{"pages": [1]}');
SELECT fails('update', '{"model": "shelf_book"}', '[]');
SELECT fails('update', '{"model": "shelf_book"}', NULL);
SELECT fails('update', NULL, '{}');
SELECT fails('update', '{"model": "nope"}', '{}') LIKE '42P01: model "nope" does not exist%';
SELECT fails('update', '{"model": "shelf_book", "filter": {"nope": 1}}', '{"title": "x"}');
SELECT fails_briefly('update', '{"model": "shelf_book"}', '{"pages": "x"}');
SELECT fails_briefly('update', '{"model": "shelf_book"}', '{"pages": {"Sub": ["pages", 20]}}');
SELECT fails_briefly('update', '{"model": "shelf_book"}', '{"title": null}');
SELECT fails_briefly('update', '{"model": "shelf_book"}', '{"author": 99}');
SELECT * FROM shelf_book ORDER BY id;

-- a model without primary key: its own columns say which rows, and no others
CREATE TABLE no_key (a int, author_id int REFERENCES shelf_author);
INSERT INTO no_key VALUES (1, 1), (1, 1), (2, 2);
SELECT bolt.update('{"model": "no_key", "filter": {"a": 1}}', '{"a": {"Add": ["a", 10]}}');
SELECT fails('update', '{"model": "no_key", "filter": {"author__name": "Ann"}}', '{"a": 0}');
SELECT * FROM no_key ORDER BY a;

--
-- update_returning
--

-- the objects as they are now
SELECT bolt.update_returning('{"model": "shelf_author", "filter": {"id": 1}}', '{"born": {"Add": ["born", 100]}}');
-- ... though the filter finds them no more
SELECT bolt.update_returning('{"model": "shelf_author", "filter": {"born": 101}}', '{"born": 1}');
-- ordered, and shown, as the queryset does it
SELECT bolt.update_returning('{"model": "shelf_author", "order_by": ["-id"]}', '{"born": {"Add": ["born", 1]}}');
SELECT bolt.update_returning('{"model": "shelf_book", "chain": [{"order_by": ["pages"]}, {"reverse": true}]}', '{"pages": {"Add": ["pages", 1]}}');
SELECT bolt.update_returning('{"model": "shelf_book", "only": ["pages", "author__name"], "select_related": ["author"], "prefetch_related": ["tags"]}', '{"pages": {"Add": ["pages", 1]}}');
SELECT bolt.update_returning('{"model": "shelf_book", "values": ["id", "pages"]}', '{"pages": {"Add": ["pages", 1]}}');
SELECT bolt.update_returning('{"model": "shelf_book", "values_list": ["pages"], "flat": true}', '{"pages": {"Add": ["pages", 1]}}');
SELECT bolt.update_returning('{"model": "shelf_book", "annotate": {"n": {"Count": "tags"}}, "filter": {"n__gt": 0}}', '{"pages": 5}');
SELECT bolt.update_returning('{"model": "shelf_book", "values": ["id", "tags__name"], "filter": {"tags": 1}, "order_by": ["id", "tags__name"]}', '{"pages": 5}');
-- a key that has changed
SELECT bolt.update_returning('{"model": "shelf_book", "filter": {"id": 3}, "select_related": ["author"]}', '{"pk": 33}');
-- none
SELECT bolt.update_returning('{"model": "shelf_book", "filter": {"id": 99}}', '{"pages": 5}');
SELECT bolt.update_returning('{"model": "shelf_book", "none": true}', '{"pages": 5}');
SELECT bolt.update_returning('{"model": "shelf_book"}', '{}');
SELECT fails('update_returning', '{"model": "shelf_book", "limit": 1}', '{"pages": 5}');
SELECT fails('update_returning', NULL, '{}'), fails('update_returning', '{"model": "shelf_book"}', NULL);
-- without a primary key there is nothing to find them by again
SELECT bolt.update_returning('{"model": "no_key", "filter": {"a": 11}}', '{"a": 12}');
SELECT fails('update_returning', '{"model": "no_key", "values": ["a"]}', '{"a": 13}');
SELECT fails('update_returning', '{"model": "no_key", "order_by": ["a"]}', '{"a": 13}');
-- an aggregate over a relation without an index, as a value and as a condition
CREATE TABLE unindexed_parent (id int PRIMARY KEY, total int);
CREATE TABLE unindexed_child (id int PRIMARY KEY, parent_id int REFERENCES unindexed_parent, n int);
INSERT INTO unindexed_parent SELECT g, 0 FROM generate_series(1, 3) g;
INSERT INTO unindexed_child SELECT g, g % 2 + 1, g FROM generate_series(1, 5) g;
SELECT bolt.update('{"model": "unindexed_parent", "annotate": {"s": {"Sum": "unindexed_child__n"}}}', '{"total": {"Coalesce": ["s", -1]}}');
SELECT bolt.fetch_json('{"model": "unindexed_parent", "order_by": ["id"]}');
SELECT bolt.update('{"model": "unindexed_parent", "annotate": {"s": {"Sum": "unindexed_child__n"}, "c": {"Count": "unindexed_child"}}, "filter": {"s__gt": 6}}', '{"total": {"Add": ["total", "c"]}}');
SELECT bolt.update_returning('{"model": "unindexed_parent", "annotate": {"c": {"Count": "unindexed_child"}}, "order_by": ["id"]}', '{"total": {"F": "c"}}');
DROP TABLE unindexed_child, unindexed_parent;

DROP SCHEMA update_test CASCADE;
