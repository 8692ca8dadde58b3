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
-- Filtered by
--

-- The ids that filters leave, and the same of SQL where they are others; "w" numbers the articles of each author.
CREATE FUNCTION placed(filter text, condition text, further text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
	wanted text;
BEGIN
	SELECT string_agg(o::text, ' ') INTO got FROM bolt.fetch(format('{"model": "blog_article", "filter": %s, "alias":
		{"w": {"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["id"]}, "w2": {"Add": ["w", "w"]},
		"total": {"Window": {"Sum": "rating"}, "order_by": ["id"]}}, "order_by": ["id"], "values_list": ["id"], "flat": true%s}', filter, further)::json) o;
	EXECUTE format('SELECT string_agg(id::text, %L ORDER BY id) FROM (SELECT *, row_number() OVER (PARTITION BY author_id ORDER BY id) AS w,
		sum(rating) OVER (ORDER BY id) AS total FROM blog_article %s', ' ', condition) INTO wanted;
	RETURN coalesce(got, 'none') || CASE WHEN got IS DISTINCT FROM wanted THEN ' DIFFERS FROM ' || coalesce(wanted, 'none') ELSE '' END;
END $$;

SELECT placed('{"w": 1}', ') t WHERE w = 1');
SELECT placed('{"w__lte": 2, "total__gt": 10}', ') t WHERE w <= 2 AND total > 10');
SELECT placed('[{"w__lte": 2}, {"w__gte": 2}]', ') t WHERE w = 2');
SELECT placed('{"w__in": [1, 4, null]}', ') t WHERE w IN (1, 4)');
SELECT placed('{"w__range": [2, 3]}', ') t WHERE w BETWEEN 2 AND 3');
SELECT placed('{"w2": 4}', ') t WHERE w = 2');
SELECT placed('{"NOT": {"w": 1}}', ') t WHERE w <> 1');
SELECT placed('{"OR": [{"w": 3}, {"total__lt": 9}]}', ') t WHERE w = 3 OR total < 9');
SELECT placed('{"XOR": [{"w__gte": 3}, {"total__lt": 20}]}', ') t WHERE (w >= 3) <> (total < 20)');
-- what else an AND says is before the windows, what OR, XOR and NOT join to them is behind
SELECT placed('{"w": 1, "rating__gte": 4}', 'WHERE rating >= 4) t WHERE w = 1');
SELECT placed('[{"rating__gte": 4}, {"AND": [{"w": 1}, {"id__gt": 3}]}]', 'WHERE rating >= 4 AND id > 3) t WHERE w = 1');
SELECT placed('{"OR": [{"w": 1}, {"rating": 4}]}', ') t WHERE w = 1 OR rating = 4');
SELECT placed('{"NOT": {"w": 1, "rating": 5}}', ') t WHERE NOT (w = 1 AND rating = 5)');
SELECT placed('{"XOR": [{"w": 1}, {"rating": 5}]}', ') t WHERE (w = 1) <> (coalesce(rating, 0) = 5)');
SELECT placed('{"AND": [{"OR": [{"w": 1}, {"id__gt": 9}]}, {"id__gt": 1}]}', 'WHERE id > 1) t WHERE w = 1 OR id > 9');
-- compared with columns, with one another, in the place of a value
SELECT placed('{"w": {"F": "rating"}}', ') t WHERE w = rating');
SELECT placed('{"rating__lt": {"F": "w"}}', ') t WHERE rating < w');
SELECT placed('{"total__lt": {"Mul": ["w", 5]}}', ') t WHERE total < w * 5');
SELECT placed('{"id": {"Window": {"RowNumber": []}, "order_by": ["-id"]}}', ') t WHERE false');
SELECT placed('{"w__in": [{"F": "rating"}, 1]}', ') t WHERE w IN (rating, 1)');
SELECT placed('{"id__gt": 0, "Exists": {"model": "blog_comment", "filter": {"article": {"OuterRef": "pk"}}}, "w": 1}', 'WHERE EXISTS (SELECT 1 FROM blog_comment WHERE article_id = blog_article.id)) t WHERE w = 1');
-- slices are behind
SELECT placed('{"w": 1}', ') t WHERE w = 1 AND id < 4', ', "limit": 1');
SELECT placed('{"w__lt": 3}', ') t WHERE w < 3 AND id IN (4, 5)', ', "limit": 2, "offset": 2');
-- a to-many condition multiplies the rows that windows are over
SELECT checked('{"model": "blog_article", "alias": {"n": {"Window": {"Count": "*"}, "partition_by": ["id"]}}, "filter": {"comments__id__gt": 1, "n__gt": 1}, "values_list": ["id", "comments__id"], "order_by": ["comments__id"]}',
	'SELECT jsonb_build_array(article_id, id) AS value FROM (SELECT *, count(*) OVER (PARTITION BY article_id) n FROM blog_comment WHERE id > 1) c WHERE n > 1 ORDER BY id');

-- with everything that a queryset fetches
SELECT bolt.fetch('{"model": "blog_article", "only": ["title", "author__username"], "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["-rating", "id"]}}, "filter": {"n": 1}, "order_by": ["-id"],
	"select_related": ["author"], "prefetch_related": ["tags", {"lookup": "comments", "queryset": {"only": ["id"], "order_by": ["id"], "limit": 1}}]}');
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Window": {"Rank": []}, "order_by": ["-rating"]}}, "exclude": {"n__gt": 4}, "values": ["title", "n"], "order_by": ["n", "-title"]}',
	'SELECT title, n FROM (SELECT title, rank() OVER (ORDER BY rating DESC) n FROM blog_article) t WHERE n <= 4 ORDER BY n, title DESC');
SELECT checked('{"model": "blog_article", "alias": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n__lte": 8}, "values": ["rating"], "distinct": true, "order_by": ["rating"]}',
	'SELECT DISTINCT rating FROM blog_article WHERE id <= 8 ORDER BY rating');
SELECT checked('{"model": "blog_article", "only": ["title"], "alias": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n__gt": 2}, "distinct": ["author"], "order_by": ["author", "id"]}',
	'SELECT DISTINCT ON (author_id) id, title FROM blog_article WHERE id > 2 ORDER BY author_id, id');
SELECT checked('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n__lte": 3}, "dates": ["published", "month", "DESC"]}', $$ SELECT unnest('{2024-02-01,2024-01-01}'::date[]) AS value $$);
-- aggregates beside them, groups
SELECT checked('{"model": "auth_user", "annotate": {"c": {"Count": "articles"}, "place": {"Window": {"Rank": []}, "order_by": ["-c"]}}, "filter": {"place": 1, "c__gt": 0}, "values": ["username", "c"]}', $$ SELECT 'ann' username, 4 c $$);
SELECT checked('{"model": "blog_article", "chain": [{"values": ["rating"]}, {"annotate": {"c": {"Count": "id"}}}, {"annotate": {"place": {"Window": {"Rank": []}, "order_by": ["-c"]}}}, {"filter": {"place": 1}}, {"order_by": ["rating"]}]}',
	'SELECT rating, c, place FROM (SELECT rating, count(*) c, rank() OVER (ORDER BY count(*) DESC) place FROM blog_article GROUP BY rating) t WHERE place = 1 ORDER BY rating');
-- a window in a CASE
SELECT checked('{"model": "blog_article", "alias": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}, "early": {"Case": [{"when": {"n__lte": 2}, "then": {"Value": "yes"}}], "default": {"Value": "no"}}}, "filter": {"early": "yes"}, "values_list": ["id"], "flat": true}', 'SELECT generate_series(1, 2) AS value');
-- every function
CREATE FUNCTION first_of_authors() RETURNS json LANGUAGE sql AS $$
	SELECT '{"model": "blog_article", "only": ["id"], "alias": {"n": {"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["id"]}}, "filter": {"n": 1}, "order_by": ["id"]}'::json $$;
SELECT bolt.fetch_json(first_of_authors()), bolt.count(first_of_authors()), bolt.exists(first_of_authors());
SELECT bolt.first(first_of_authors()), bolt.last(first_of_authors()), bolt.latest(first_of_authors(), 'title');
SELECT bolt.get(first_of_authors(), '{"author__username": "bob"}'), bolt.get(first_of_authors(), '{"id": 5}'), bolt.contains(first_of_authors(), '5');
SELECT bolt.in_bulk(first_of_authors(), '[1, 2, 4]'), bolt.aggregate(first_of_authors(), '{"n": {"Count": "*"}, "best": {"Max": "rating"}}');
SELECT bolt.page(first_of_authors(), 2, 2), bolt.page(first_of_authors(), 1, 2, 'none');
SELECT bolt.cursor_page(first_of_authors(), 2) -> 'items', bolt.cursor_page(first_of_authors(), 2, after => bolt.cursor_page(first_of_authors(), 2) ->> 'next') -> 'items';
SELECT bolt.sql(first_of_authors());
SELECT bolt.explain(first_of_authors(), true) -> 'rows';
SELECT count(*) >= 0 FROM bolt.check(first_of_authors());
-- counted where the rows are distinct
SELECT bolt.count('{"model": "blog_article", "annotate": {"n": {"Window": {"Rank": []}, "order_by": ["id"]}}, "distinct": true}'),
	bolt.count('{"model": "blog_article", "annotate": {"n": {"Window": {"Rank": []}, "order_by": ["id"]}}, "filter": {"n__gt": 3, "tags__id__gt": 0}, "distinct": true}');
-- inside others: a subquery, EXISTS, a union
SELECT filtered('{"id__in": {"Subquery": {"model": "blog_article", "alias": {"n": {"Window": {"RowNumber": []}, "partition_by": ["author"], "order_by": ["id"]}}, "filter": {"n": 1}, "values": ["id"]}}}', 'id IN (1, 4, 6)');
SELECT filtered('{"Exists": {"model": "blog_comment", "alias": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"article": {"OuterRef": "pk"}, "n": 2}}}', 'id IN (1, 4)');
SELECT checked('{"model": "blog_article", "only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n": 1}, "union": [{"model": "blog_article", "only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["-id"]}}, "filter": {"n": 1}}], "order_by": ["id"], "values_list": ["id", "n"]}', 'SELECT unnest(ARRAY[jsonb_build_array(1, 1), jsonb_build_array(10, 1)]) AS value');
-- in prefetches: of all objects that the parents have, and a slice of each parent's is what the filter leaves
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n__lte": 5}, "order_by": ["-id"]}}]}');
SELECT bolt.fetch('{"model": "auth_user", "only": ["username"], "order_by": ["id"], "prefetch_related": [{"lookup": "articles", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n__lte": 5}, "order_by": ["-id"], "limit": 2}}]}');
SELECT bolt.fetch('{"model": "blog_article", "only": ["id"], "filter": {"id__lte": 4}, "order_by": ["id"], "prefetch_related": [{"lookup": "comments", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["-id"]}}, "order_by": ["id"], "limit": 1}}]}');
SELECT bolt.fetch('{"model": "blog_article", "only": ["id"], "filter": {"id__lte": 4}, "order_by": ["id"], "prefetch_related": [{"lookup": "comments", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "partition_by": ["article"], "order_by": ["-id"]}}, "filter": {"n": 1}}}]}');
SELECT bolt.fetch('{"model": "blog_article", "only": ["id"], "filter": {"id__lte": 4}, "order_by": ["id"], "prefetch_related": [{"lookup": "tags", "queryset": {"annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["name"]}}, "filter": {"n__lte": 2}}}, {"lookup": "author", "queryset": {"only": ["id"], "annotate": {"n": {"Window": {"RowNumber": []}, "order_by": ["id"]}}, "filter": {"n": 1}}}]}');
-- without a primary key
CREATE VIEW rated AS SELECT title, rating FROM blog_article;
SELECT bolt.fetch('{"model": "rated", "alias": {"n": {"Window": {"RowNumber": []}, "order_by": ["-title"]}}, "filter": {"n__lte": 2}, "order_by": ["title"]}'), bolt.count('{"model": "rated", "alias": {"n": {"Window": {"RowNumber": []}}}, "filter": {"n__lte": 2}, "distinct": true}');
-- frames: rows, ranges, what they leave out; a frame belongs to the shape
CREATE FUNCTION framed(frame text) RETURNS jsonb LANGUAGE sql
	AS $$ SELECT bolt.fetch_json(format('{"model": "blog_article", "filter": {"id__lte": 6}, "order_by": ["id"], "annotate": {"n": {"Window": {"ArrayAgg": "id"}, "partition_by": ["author"], "order_by": ["id"], "frame": %s}}, "values_list": ["n"], "flat": true}', frame)::json)::jsonb $$;
SELECT frame, framed(frame) = (SELECT jsonb_agg(n ORDER BY id) FROM (
	SELECT id, CASE f WHEN 1 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
		WHEN 2 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
		WHEN 3 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
		WHEN 4 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)
		WHEN 5 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
		WHEN 6 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
		WHEN 7 THEN array_agg(id) OVER (PARTITION BY author_id ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW)
		ELSE array_agg(id) OVER (PARTITION BY author_id ORDER BY id) END AS n
	FROM blog_article WHERE id <= 6) AS expected) AS same
	FROM (VALUES (1, '{"rows": [null, 0]}'), (2, '{"rows": [-1, 1]}'), (3, '{"rows": [1, null]}'), (4, '{"rows": [-2, -1]}'), (5, '{"range": [null, null]}'),
		(6, '{"range": [0, null]}'), (7, '{"rows": [-1, 1], "exclude": "current row"}'), (8, 'null')) AS frames (f, frame);
SELECT message_of(format('{"model": "blog_article", "annotate": {"n": {"Window": {"Sum": "id"}, "frame": %s}}}', frame))
	FROM unnest(ARRAY['{}', '[]', '{"rows": [1]}', '{"rows": [1, 2, 3]}', '{"rows": [1, 0]}', '{"rows": ["1", 2]}', '{"rows": [1.5, 2]}', '{"rows": [-99999999999, 0]}', '{"range": [-1, 0]}',
		'{"rows": [0, 0], "range": [0, 0]}', '{"rows": [0, 0], "exclude": "all"}', '{"groups": [0, 0]}']) AS frame;
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Count": "comments", "frame": {"rows": [0, 0]}}}}');

--
-- What is refused
--
-- where an aggregate would have to wait for a condition that is joined to a window, as in Django
SELECT refused('{"model": "blog_article", "annotate": {"c": {"Count": "comments"}, "n": {"Window": {"Rank": []}, "order_by": ["id"]}}, "filter": {"OR": [{"n": 1}, {"rating": 5}]}}');
SELECT message_of('{"model": "blog_article", "annotate": {"c": {"Count": "comments"}, "n": {"Window": {"Rank": []}, "order_by": ["id"]}}, "exclude": {"n": 1, "rating": 5}}');
SELECT bolt.count('{"model": "blog_article", "annotate": {"c": {"Count": "comments"}, "n": {"Window": {"Rank": []}, "order_by": ["id"]}}, "filter": {"OR": [{"n": 9}, {"c__gt": 1}], "rating__gt": 0}}');
-- within EXISTS and aggregates
SELECT refused('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}}, "exclude": {"comments__id": {"F": "n"}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}, "c": {"Count": "comments", "filter": {"n": 1}}}}');
SELECT message_of('{"model": "blog_article", "annotate": {"n": {"Window": {"RowNumber": []}}, "c": {"Sum": {"Case": [{"when": {"n": 1}, "then": 1}]}}}}');
-- locks, and slices of a many-to-many relation
SELECT refused('{"model": "blog_article", "alias": {"n": {"Window": {"RowNumber": []}}}, "filter": {"n": 1}}', 'SELECT bolt.select_for_update($1::json)');
SELECT refused('{"model": "blog_article", "prefetch_related": [{"lookup": "tags", "queryset": {"alias": {"n": {"Window": {"RowNumber": []}}}, "filter": {"n": 1}, "limit": 1}}]}');
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
