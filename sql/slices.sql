-- limit and offset.
CREATE SCHEMA slices_test;
SET search_path = slices_test;
\i sql/fixture/blog.sql

-- The ids of a slice of the articles in the order of their ids.
CREATE FUNCTION sliced(keys text) RETURNS text LANGUAGE sql AS $$
	SELECT bolt.fetch_json(format('{"model": "blog_article", "order_by": ["id"], "values_list": ["id"], "flat": true, %s}', keys)::json)::text $$;

SELECT sliced('"limit": 3'), sliced('"offset": 7'), sliced('"limit": 3, "offset": 2');
SELECT sliced('"offset": 2, "limit": 3');

-- nothing, everything, and behind the end
SELECT sliced('"limit": 0'), sliced('"offset": 0, "limit": 100'), sliced('"offset": 10'), sliced('"offset": 9, "limit": 5');

-- the largest numbers there are
SELECT sliced('"limit": 9223372036854775807'), sliced('"offset": 9223372036854775807'), sliced('"limit": 9223372036854775807, "offset": 9223372036854775807');

-- one shape of document, many slices
SELECT string_agg(sliced(format('"limit": %s, "offset": %s', l, o)), ' ' ORDER BY l, o) FROM generate_series(0, 2) l, generate_series(0, 9, 3) o;
SELECT bool_and(bolt.fetch_json(format('{"model": "blog_article", "order_by": ["-id"], "values_list": ["id"], "flat": true, "limit": %s, "offset": %s}', l, o)::json)::jsonb =
	(SELECT coalesce(jsonb_agg(id ORDER BY id DESC), '[]') FROM (SELECT id FROM blog_article ORDER BY id DESC LIMIT l OFFSET o) a))
	FROM generate_series(0, 11) l, generate_series(0, 11) o;

-- chunks do not show
SET bolt_orm.chunk_size = 2;
SELECT sliced('"limit": 5, "offset": 1');
RESET bolt_orm.chunk_size;

-- of filtered rows
SELECT checked('{"model": "blog_article", "filter": {"author": 1}, "exclude": {"rating": 3}, "order_by": ["-id"], "limit": 1, "only": ["title"]}',
	'SELECT id, title FROM blog_article WHERE author_id = 1 AND rating IS DISTINCT FROM 3 ORDER BY id DESC LIMIT 1');

-- with relations
SELECT checked('{"model": "blog_article", "order_by": ["id"], "limit": 1, "offset": 3, "only": ["title", "author"], "select_related": ["author"], "prefetch_related": [{"lookup": "tags", "queryset": {"order_by": ["id"]}}]}',
	$$ SELECT id, title, author_id, (SELECT to_jsonb(u) FROM auth_user u WHERE u.id = author_id) AS author,
		'[{"id": 2, "name": "json"}, {"id": 3, "name": "c"}]'::jsonb AS tags FROM blog_article WHERE id = 4 $$);

-- none is no row, whatever else is asked for
SELECT sliced('"none": true'), sliced('"none": true, "limit": 3'), sliced('"none": false, "limit": 1');
SELECT bolt.count('{"model": "blog_article", "none": true}'), bolt.exists('{"model": "blog_article", "none": true}'), bolt.first('{"model": "blog_article", "none": true}');

-- other numbers, and what is no number
SELECT refused('{"model": "blog_article", "limit": -1}');
SELECT refused('{"model": "blog_article", "offset": -1}');
SELECT refused('{"model": "blog_article", "limit": 1.5}');
SELECT refused('{"model": "blog_article", "limit": 1.0}');
SELECT refused('{"model": "blog_article", "limit": 1e3}');
SELECT refused('{"model": "blog_article", "limit": 9223372036854775808}');
SELECT refused('{"model": "blog_article", "offset": 123456789012345678901234567890}');
SELECT refused('{"model": "blog_article", "limit": "3"}');
SELECT refused('{"model": "blog_article", "limit": null}');
SELECT refused('{"model": "blog_article", "limit": [1, 2]}');
SELECT refused('{"model": "blog_article", "offset": true}');
SELECT refused('{"model": "blog_article", "none": 1}');
-- counted: the rows that values() joins
SELECT bolt.count('{"model": "blog_article", "values": ["comments__id"], "limit": 12}'), bolt.count('{"model": "blog_article", "values": ["comments__id"], "offset": 2}'), bolt.count('{"model": "blog_article", "values": ["comments__id"]}');

DROP SCHEMA slices_test CASCADE;
