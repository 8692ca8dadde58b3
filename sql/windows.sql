-- Window: functions and aggregates over partitions of the rows.
CREATE SCHEMA windows_test;
SET search_path = windows_test;
\i sql/fixture/blog.sql

-- The value of a window for each article, beside the same of SQL where the two differ.
CREATE FUNCTION windowed(expression text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
	wanted text;
BEGIN
	got := bolt.fetch_json(format('{"model": "blog_article", "annotate": {"x": %s}, "values_list": ["x"], "flat": true, "order_by": ["id"]}', expression)::json);
	EXECUTE format('SELECT json_agg(x ORDER BY id) FROM (SELECT id, %s AS x FROM blog_article t) s', sql) INTO wanted;
	RETURN got || CASE WHEN got::jsonb IS DISTINCT FROM wanted::jsonb THEN ' DIFFERS FROM ' || wanted ELSE '' END;
END $$;

--
-- The functions of windows
--
SELECT windowed('{"Window": {"RowNumber": []}, "order_by": ["title"]}', 'row_number() OVER (ORDER BY title)');
SELECT windowed('{"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["-id"]}', 'row_number() OVER (PARTITION BY author_id ORDER BY id DESC)');
SELECT windowed('{"Window": {"Rank": []}, "order_by": ["rating"]}', 'rank() OVER (ORDER BY rating)');
SELECT windowed('{"Window": {"DenseRank": []}, "order_by": [{"expr": "rating", "desc": true, "nulls": "last"}]}', 'dense_rank() OVER (ORDER BY rating DESC NULLS LAST)');
SELECT windowed('{"Window": {"NTile": 3}, "order_by": ["id"]}', 'ntile(3) OVER (ORDER BY id)');
SELECT windowed('{"Window": {"Lag": "title"}, "order_by": ["id"]}', 'lag(title) OVER (ORDER BY id)');
SELECT windowed('{"Window": {"Lag": ["id", 2]}, "order_by": ["id"]}', 'lag(id, 2) OVER (ORDER BY id)');
SELECT windowed('{"Window": {"Lag": ["id", 2, -1]}, "partition_by": ["author"], "order_by": ["id"]}', 'lag(id, 2, -1) OVER (PARTITION BY author_id ORDER BY id)');
SELECT windowed('{"Window": {"Lead": ["title", 1, {"Value": "end"}]}, "order_by": ["id"]}', $$ lead(title, 1, 'end') OVER (ORDER BY id) $$);
SELECT windowed('{"Window": {"FirstValue": "title"}, "partition_by": ["author"], "order_by": ["-rating", "id"]}', 'first_value(title) OVER (PARTITION BY author_id ORDER BY rating DESC, id)');
SELECT windowed('{"Window": {"LastValue": "id"}, "order_by": ["id"]}', 'last_value(id) OVER (ORDER BY id)');

--
-- Aggregates over windows
--
SELECT windowed('{"Window": {"Count": "*"}, "partition_by": ["author"]}', 'count(*) OVER (PARTITION BY author_id)');
SELECT windowed('{"Window": {"Sum": "rating"}, "order_by": ["id"]}', 'sum(rating) OVER (ORDER BY id)');
SELECT windowed('{"Window": {"Avg": "rating"}, "partition_by": ["author"]}', 'avg(rating) OVER (PARTITION BY author_id)');
SELECT windowed('{"Window": {"Max": "rating"}}', 'max(rating) OVER ()');
SELECT windowed('{"Window": {"Count": "*", "filter": {"rating__gt": 3}}, "order_by": ["id"]}', 'count(*) FILTER (WHERE rating > 3) OVER (ORDER BY id)');
SELECT windowed('{"Window": {"ArrayAgg": "id"}, "partition_by": ["author"], "order_by": ["id"]}', 'array_agg(id) OVER (PARTITION BY author_id ORDER BY id)');
SELECT windowed('{"Window": {"StringAgg": ["title", {"Value": "|"}]}, "order_by": ["id"]}', $$ string_agg(title, '|') OVER (ORDER BY id) $$);

--
-- By several, by expressions, by paths
--
SELECT windowed('{"Window": {"RowNumber": []}, "partition_by": ["author", "rating"], "order_by": ["-published", "id"]}', 'row_number() OVER (PARTITION BY author_id, rating ORDER BY published DESC, id)');
SELECT windowed('{"Window": {"RowNumber": []}, "partition_by": [{"Length": "title"}], "order_by": [{"expr": {"Lower": "title"}}, "id"]}', 'row_number() OVER (PARTITION BY length(title) ORDER BY lower(title), id)');
SELECT windowed('{"Window": {"RowNumber": []}, "partition_by": ["published__year"], "order_by": ["id"]}', 'row_number() OVER (PARTITION BY extract(year FROM published) ORDER BY id)');
SELECT windowed('{"Window": {"RowNumber": []}, "partition_by": ["author__username"], "order_by": ["editor__username", "id"]}',
	'row_number() OVER (PARTITION BY (SELECT username FROM auth_user u WHERE u.id = author_id) ORDER BY (SELECT username FROM auth_user u WHERE u.id = editor_id), id)');
SELECT windowed('{"Window": {"Sum": {"Mul": ["rating", "id"]}}, "partition_by": ["author"]}', 'sum(rating * id) OVER (PARTITION BY author_id)');

--
-- In expressions, of annotations, beside others
--
SELECT windowed('{"Sub": ["rating", {"Window": {"Avg": "rating"}, "partition_by": ["author"]}]}', 'rating - avg(rating) OVER (PARTITION BY author_id)');
SELECT windowed('{"Coalesce": [{"Window": {"Lag": "title"}, "order_by": ["id"]}, {"Value": "first"}]}', $$ coalesce(lag(title) OVER (ORDER BY id), 'first') $$);
SELECT windowed('{"Case": [{"when": {"rating__isnull": true}, "then": 0}], "default": {"Window": {"RowNumber": []}, "order_by": ["id"]}}', 'CASE WHEN rating IS NULL THEN 0 ELSE row_number() OVER (ORDER BY id) END');
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Length": "title"}, "place": {"Window": {"Rank": []}, "partition_by": ["n"], "order_by": ["title"]}}, "values": ["title", "n", "place"], "order_by": ["n", "place"]}', 'SELECT title, length(title) n, rank() OVER (PARTITION BY length(title) ORDER BY title) place FROM blog_article ORDER BY n, place');
SELECT checked('{"model": "auth_user", "annotate": {"n": {"Count": "articles"}, "place": {"Window": {"Rank": []}, "order_by": ["-n"]}}, "values": ["username", "n", "place"], "order_by": ["place", "id"]}',
	'SELECT username, n, rank() OVER (ORDER BY n DESC) place FROM (SELECT u.*, (SELECT count(*) FROM blog_article WHERE author_id = u.id) n FROM auth_user u) u ORDER BY place, id');
-- filters are before windows
SELECT checked('{"model": "blog_article", "filter": {"author": 1}, "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "values_list": ["id", "n"], "order_by": ["id"]}', 'SELECT jsonb_build_array(id, row_number() OVER (ORDER BY id)) AS value FROM blog_article WHERE author_id = 1 ORDER BY id');
-- ordered by, sliced behind, distinct behind
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["-title"]}}, "only": ["title"], "order_by": ["-n"], "limit": 2}', 'SELECT id, title, row_number() OVER (ORDER BY title DESC) n FROM blog_article ORDER BY n DESC LIMIT 2');
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Window": {"Count": "*"}, "partition_by": ["author"]}}, "values": ["n"], "distinct": true, "order_by": ["n"]}', 'SELECT DISTINCT count(*) OVER (PARTITION BY author_id) n FROM blog_article ORDER BY n');
SELECT checked('{"model": "blog_article", "only": ["id"], "annotate": {"n": {"Window": {"Count": "*"}, "partition_by": ["author"]}}, "distinct": true, "order_by": ["id"], "limit": 2}', 'SELECT id, count(*) OVER (PARTITION BY author_id) n FROM blog_article ORDER BY id LIMIT 2');
-- in order_by alone
SELECT checked('{"model": "blog_article", "order_by": [{"expr": {"Window": {"Count": "*"}, "partition_by": ["author"]}, "desc": true}, "id"], "values_list": ["id"], "flat": true}', 'SELECT id AS value FROM blog_article ORDER BY count(*) OVER (PARTITION BY author_id) DESC, id');
-- counted, and in a prefetch, where partitions are of all its rows
SELECT bolt.count('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}}}'), bolt.exists('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}}}');
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "filter": {"id__lt": 3}, "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["-id"]}}, "order_by": ["n"]}}]}');
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "filter": {"id__lt": 3}, "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["-id"]}}, "order_by": ["n"], "limit": 2}}]}');
-- aggregated
SELECT bolt.aggregate('{"model": "blog_article", "annotate": {"n": {"Window": {"Count": "*"}, "partition_by": ["author"]}}}', '{"most": {"Max": "n"}}');

--
-- What is refused
--
SELECT refused('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}}, "filter": {"n": 1}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}}, "exclude": {"n__lt": 3}}');
SELECT message_of('{"model": "blog_article", "alias": {"n": {"Window": {"RowNumber": []}}, "m": {"Add": ["n", 1]}}, "filter": {"m": 3}}');
SELECT message_of('{"model": "blog_article", "filter": {"id": {"Window": {"RowNumber": []}}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}}, "filter": {"id": {"F": "n"}}}');
SELECT refused('{"model": "blog_article", "annotate": {"n": {"RowNumber": []}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Lag": "id"}}}');
SELECT refused('{"model": "blog_article", "annotate": {"n": {"Window": {"Lower": "title"}}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": "rating"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"Window": {"RowNumber": []}}}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"Sum": {"Window": {"RowNumber": []}}}}}}') NOT LIKE 'NOT REFUSED%';
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": 1}}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"Lag": []}}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"NTile": []}}}}');
SELECT sqlstate_of('{"model": "blog_article", "annotate": {"n": {"Window": {"NTile": 0}}}}'), sqlstate_of('{"model": "blog_article", "annotate": {"n": {"Window": {"NTile": "title"}}}}');
SELECT refused('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "frame": "rows"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": "author"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["nothing"]}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["nothing"]}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": "id"}}}');
-- DISTINCT is none of a window's, in PostgreSQL
SELECT sqlstate_of('{"model": "blog_article", "annotate": {"n": {"Window": {"Count": "rating", "distinct": true}}}}'), sqlstate_of('{"model": "blog_article", "annotate": {"n": {"Window": {"ArrayAgg": "id", "order_by": ["id"]}}}}');
SELECT sqlstate_of('{"model": "blog_article"}', $$ SELECT bolt.aggregate($1::json, '{"n": {"Sum": {"Window": {"RowNumber": []}}}}') $$) IN ('0A000', '22023', '42803');

DROP SCHEMA windows_test CASCADE;
