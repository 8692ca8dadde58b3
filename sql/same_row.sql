-- One call of filter() speaks of one joined row, also where each object comes once: behind aggregates,
-- in aggregate() and in cursor_page().
CREATE SCHEMA same_row_test;
SET search_path = same_row_test;
\i sql/fixture/blog.sql

-- The ids of an aggregating queryset with a filter, against those that a join leaves, each once.
CREATE FUNCTION objects(filter text, query text, model text DEFAULT 'blog_article') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	wanted text;
	result text;
	got text;
BEGIN
	EXECUTE format('SELECT string_agg(id::text, %L ORDER BY id) FROM (SELECT DISTINCT id FROM (%s) q(id)) q', ' ', query) INTO wanted;
	result := coalesce(wanted, 'none');

	SELECT string_agg(o::text, ' ' ORDER BY o::text::int) INTO got
		FROM bolt.fetch(format('{"model": %s, "chain": [{"filter": %s}, {"annotate": {"n": {"Count": "*"}}}, {"values_list": ["id"]}, {"flat": true}]}', to_json(model), filter)::json) o;
	IF got IS DISTINCT FROM wanted THEN
		result := result || ' DIFFERS BEHIND AN AGGREGATE: ' || coalesce(got, 'none');
	END IF;
	SELECT string_agg(o, ' ' ORDER BY o::int) INTO got FROM json_array_elements_text(
		bolt.aggregate(format('{"model": %s, "filter": %s}', to_json(model), filter)::json, '{"ids": {"ArrayAgg": "id"}}') -> 'ids') o;
	IF got IS DISTINCT FROM wanted THEN
		result := result || ' DIFFERS IN AGGREGATE(): ' || coalesce(got, 'none');
	END IF;
	SELECT string_agg(o, ' ' ORDER BY o::int) INTO got FROM json_array_elements_text(
		bolt.cursor_page(format('{"model": %s, "filter": %s, "values_list": ["id"], "flat": true}', to_json(model), filter)::json, 100) -> 'items') o;
	IF got IS DISTINCT FROM wanted THEN
		result := result || ' DIFFERS IN CURSOR_PAGE(): ' || coalesce(got, 'none');
	END IF;
	RETURN result;
END $$;

-- an OR beside a condition, both of one comment
SELECT objects('{"OR": [{"comments__author": 3}, {"comments__text": "nice"}], "comments__id__lt": 5}',
	$$ SELECT article_id FROM blog_comment WHERE (author_id = 3 OR text = 'nice') AND id < 5 $$);
SELECT objects('{"OR": [{"comments__author": 1}, {"rating": 5}], "comments__author": 2}',
	'SELECT a.id FROM blog_article a JOIN blog_comment c ON article_id = a.id WHERE (c.author_id = 1 OR rating = 5) AND c.author_id = 2');
-- two ORs, a hop further
SELECT objects('{"AND": [{"OR": [{"articles__comments__author": 1}, {"articles__rating": 5}]}, {"OR": [{"articles__comments__text": "hm"}, {"articles__rating": 2}]}]}',
	$$ SELECT a.author_id FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id WHERE (c.author_id = 1 OR rating = 5) AND (text = 'hm' OR rating = 2) $$, 'auth_user');
-- an OR of ANDs, each of which may be another comment's
SELECT objects('{"OR": [{"comments__author": 2, "comments__text": "deeper"}, {"comments__author": 3, "comments__text": "deeper"}, {"id": 9}]}',
	$$ SELECT article_id FROM blog_comment WHERE author_id IN (2, 3) AND text = 'deeper' UNION SELECT 9 $$);
-- XOR, of a row and not of the object
SELECT objects('{"XOR": [{"comments__author": 2}, {"rating": 5}]}',
	'SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id WHERE coalesce(c.author_id = 2, false) <> coalesce(rating = 5, false)');
SELECT objects('{"XOR": [{"comments__author": 2}, {"comments__text": "first"}]}',
	$$ SELECT article_id FROM blog_comment WHERE (author_id = 2) <> (text = 'first') $$);
-- two relations: every comment with every tag
SELECT objects('{"AND": [{"OR": [{"comments__author": 2}, {"tags__name": "c"}]}, {"OR": [{"comments__text": "hm"}, {"tags__name": "sql"}]}]}',
	$$ SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id LEFT JOIN blog_article_tags j ON j.article_id = a.id
	WHERE (c.author_id = 2 OR tag_id = 3) AND (text = 'hm' OR tag_id = 1) $$);
-- those that have nothing to do with each other, each by itself
SELECT objects('{"OR": [{"comments__author": 2}, {"rating": 4}], "tags__name": "json"}',
	'SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id JOIN blog_article_tags j ON j.article_id = a.id WHERE (c.author_id = 2 OR rating = 4) AND tag_id = 2');
-- none of a relation
SELECT objects('{"OR": [{"comments__isnull": true}, {"comments__author": 1}], "rating__gte": 3}',
	'SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id WHERE (c.id IS NULL OR c.author_id = 1) AND rating >= 3');
SELECT objects('{"OR": [{"comments__isnull": true}, {"comments__author": 1}], "comments__text": null}',
	'SELECT a.id FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id WHERE (c.id IS NULL OR c.author_id = 1) AND text IS NULL');
-- F through the relation, compared with the object and with the other conditions' row
SELECT objects('{"editor": {"F": "comments__author"}}', 'SELECT a.id FROM blog_article a JOIN blog_comment c ON article_id = a.id WHERE editor_id = c.author_id');
SELECT objects('{"editor": {"F": "comments__author"}, "comments__text": "first"}', $$ SELECT a.id FROM blog_article a JOIN blog_comment c ON article_id = a.id WHERE editor_id = c.author_id AND text = 'first' $$);
SELECT objects('{"comments__author": {"F": "tags__id"}}', 'SELECT c.article_id FROM blog_comment c JOIN blog_article_tags j USING (article_id) WHERE author_id = tag_id');
SELECT objects('{"NOT": {"id": {"F": "comments__author"}}, "comments__author__isnull": false}', 'SELECT article_id FROM blog_comment WHERE author_id <> article_id');
-- a negated condition speaks of all comments, whatever stands beside it
SELECT objects('{"OR": [{"comments__author": 2}, {"NOT": {"comments__author": 3}}], "comments__id__gt": 0}',
	'SELECT c.article_id FROM blog_comment c WHERE author_id = 2 OR NOT EXISTS (SELECT 1 FROM blog_comment d WHERE d.article_id = c.article_id AND d.author_id = 3)');
-- subqueries within speak of the object
SELECT objects('{"OR": [{"comments__author": 3}, {"Exists": {"model": "blog_article_tags", "filter": {"article": {"OuterRef": "pk"}, "tag": 3}}}], "comments__id__gt": 5}',
	'SELECT article_id FROM blog_comment c WHERE (author_id = 3 OR EXISTS (SELECT 1 FROM blog_article_tags j WHERE j.article_id = c.article_id AND tag_id = 3)) AND id > 5');
SELECT objects('{"comments__author": {"Subquery": {"model": "blog_article", "filter": {"id": {"OuterRef": "pk"}}, "values": ["editor"]}}}',
	'SELECT a.id FROM blog_article a JOIN blog_comment c ON article_id = a.id WHERE c.author_id = editor_id');
-- separate calls may be met by separate rows
SELECT objects('[{"OR": [{"comments__author": 3}, {"rating": 0}], "comments__id__gt": 0}, {"OR": [{"comments__text": "first"}, {"rating": 0}], "comments__id__gt": 0}]',
	$$ SELECT a.article_id FROM blog_comment a, blog_comment b WHERE a.article_id = b.article_id AND a.author_id = 3 AND b.text = 'first' $$);
-- without a primary key, with one of two columns
CREATE VIEW article_view AS SELECT * FROM blog_article;
CREATE VIEW comment_view AS SELECT * FROM blog_comment;
SELECT bolt.register_relation('comment_view', '{article_id}', name => 'seen', related_name => 'said', target => 'article_view', target_columns => '{id}');
SELECT bolt.aggregate('{"model": "article_view", "filter": {"OR": [{"said__author_id": 3}, {"rating": 3}], "said__id__lt": 5}}', '{"ids": {"ArrayAgg": "id", "order_by": ["id"]}}');
CREATE TABLE place (country text, code int, PRIMARY KEY (country, code));
CREATE TABLE visit (id int PRIMARY KEY, place_country text, place_code int, days int, FOREIGN KEY (place_country, place_code) REFERENCES place);
INSERT INTO place VALUES ('fr', 1), ('it', 1), ('it', 2);
INSERT INTO visit VALUES (1, 'it', 1, 2), (2, 'fr', 1, 3), (3, 'it', NULL, 4), (4, 'it', 1, 5);
SELECT bolt.aggregate('{"model": "place", "filter": {"OR": [{"visit__days": 2}, {"country": "fr"}], "visit__id__lt": 2}}', '{"n": {"Count": "*"}, "country": {"Max": "country"}}');

-- what limits an aggregate, and speaks of another relation too, does not multiply what it sees
SELECT checked('{"model": "blog_article", "chain": [{"filter": {"OR": [{"comments__author": 2}, {"tags__name__in": ["sql", "json", "c"]}]}}, {"annotate": {"n": {"Count": "comments"}}}, {"values": ["id", "n"]}, {"order_by": ["id"]}]}',
	'SELECT a.id, count(DISTINCT c.id) n FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id LEFT JOIN blog_article_tags j ON j.article_id = a.id WHERE c.author_id = 2 OR tag_id IS NOT NULL GROUP BY a.id ORDER BY a.id');
SELECT checked('{"model": "blog_article", "chain": [{"filter": {"XOR": [{"comments__author": 2}, {"tags__name": "sql"}]}}, {"annotate": {"n": {"Count": "comments"}}}, {"values": ["id", "n"]}, {"order_by": ["id"]}]}',
	'SELECT a.id, count(DISTINCT c.id) n FROM blog_article a LEFT JOIN blog_comment c ON article_id = a.id LEFT JOIN blog_article_tags j ON j.article_id = a.id
	WHERE coalesce(c.author_id = 2, false) <> coalesce(tag_id = 1, false) GROUP BY a.id ORDER BY a.id');

-- where an annotation joins the relation, the filter joins it too, and rows are those of count()
SELECT bolt.aggregate('{"model": "blog_article", "filter": {"comments__author": 2}, "annotate": {"x": {"F": "comments__text"}}}', '{"n": {"Count": "*"}, "last": {"Max": "x"}}'), bolt.count('{"model": "blog_article", "filter": {"comments__author": 2}, "annotate": {"x": {"F": "comments__text"}}}');

-- the simple cases are an EXISTS over the relation alone
SELECT bolt.sql('{"model": "blog_article", "only": ["id"], "alias": {"n": {"Count": "*"}}, "filter": {"comments__author": 2, "comments__text": "first", "rating": 5}}');
SELECT bolt.sql('{"model": "blog_article", "only": ["id"], "alias": {"n": {"Count": "*"}}, "filter": {"OR": [{"comments__author": 2}, {"rating": 5}]}}');
-- the others, one over the row and its joins
SELECT bolt.sql('{"model": "blog_article", "only": ["id"], "alias": {"n": {"Count": "*"}}, "filter": {"OR": [{"comments__author": 2}, {"rating": 5}], "comments__text": "first"}}');
SELECT bolt.sql('{"model": "article_view", "only": ["id"], "alias": {"n": {"Count": "*"}}, "filter": {"XOR": [{"said__author_id": 2}, {"rating": 5}]}}');

DROP SCHEMA same_row_test CASCADE;
