-- bolt.queryset and bolt.prefetch: documents written by calling functions.
CREATE SCHEMA builder_test;
SET search_path = builder_test;
\i sql/fixture/blog.sql

-- each argument is a key; those left out and those that are null are not there
-- (those named as SQL's own words are to be quoted)
SELECT bolt.queryset('blog_article');
SELECT bolt.queryset('blog_article', filter => NULL, order_by => NULL, "limit" => NULL);
SELECT bolt.queryset('blog_article', filter => '{"rating": 5}', exclude => '[{"id": 1}, {"id": 2}]', annotate => '{"n": {"Count": "comments"}}',
	order_by => '{-id,author__username}', select_related => '{author}', prefetch_related => '{tags,comments__author}',
	"only" => '{title}', defer => '{rating}', "values" => '{id}', "distinct" => true, "limit" => 10, "offset" => 5);
SELECT bolt.queryset('blog_article', "distinct" => false, "limit" => 0, "offset" => 0, order_by => '{}', "values" => '{}', filter => '{}');
-- by place
SELECT bolt.queryset('blog_article', '{"id": 1}', '{"id": 2}');

-- what it returns is a document
SELECT checked(bolt.queryset('blog_article', filter => '{"author": 1}', order_by => '{-id}', "only" => '{title}', "limit" => 2),
	'SELECT id, title FROM blog_article WHERE author_id = 1 ORDER BY id DESC LIMIT 2');
SELECT bolt.count(bolt.queryset('blog_article', exclude => '{"rating": 5}'));

-- values of the caller's own, nulls of SQL among them
SELECT bolt.queryset('blog_article', filter => json_build_object('rating', NULL::int, 'title__in', ARRAY['a "b"', E'c\\d\n', NULL]));
SELECT checked(bolt.queryset('blog_article', filter => json_build_object('rating', NULL::int, 'published', date '2024-02-01'), "only" => '{title}'),
	$$ SELECT id, title FROM blog_article WHERE rating IS NULL AND published = '2024-02-01' $$);
-- one a row
SELECT u.username, bolt.fetch_json(bolt.queryset('blog_article', filter => json_build_object('author', u.id), "values" => '{title}', order_by => '{title}', "limit" => u.id))
	FROM auth_user u ORDER BY id;

-- names that need quoting in JSON
SELECT bolt.queryset(E'a "b" \\ \t é', order_by => ARRAY[E'x"y']);
SELECT bolt.queryset('');

-- a prefetch with a queryset
SELECT bolt.prefetch('comments', bolt.queryset('blog_comment', order_by => '{id}'));
SELECT bolt.prefetch('comments', bolt.queryset('blog_comment'), 'latest'), bolt.prefetch('comments', NULL), bolt.prefetch('comments', '{}', to_attr => 'x');
SELECT bolt.queryset('blog_article', prefetch_related => ARRAY['author', bolt.prefetch('comments', '{"limit": 1}', 'latest')]);
SELECT checked(bolt.queryset('blog_article', "only" => '{title}', filter => '{"id__in": [1, 3]}', order_by => '{id}',
		prefetch_related => ARRAY[bolt.prefetch('comments', bolt.queryset('blog_comment', "only" => '{text}', order_by => '{-id}', "limit" => 2,
			prefetch_related => ARRAY[bolt.prefetch('replies', bolt.queryset('blog_comment', "only" => '{text}', order_by => '{id}'), 'answers')]), 'latest')]),
	$$ SELECT id, title, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'text', text,
			'answers', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'text', r.text) ORDER BY r.id), '[]') FROM blog_comment r WHERE r.parent_id = c.id)) ORDER BY id DESC), '[]')
			FROM (SELECT * FROM blog_comment WHERE article_id = a.id ORDER BY id DESC LIMIT 2) c) AS latest
		FROM blog_article a WHERE id IN (1, 3) ORDER BY id $$);
-- equal to the document written by hand
SELECT bolt.queryset('blog_article', filter => '{"id": 1}', prefetch_related => ARRAY['tags', bolt.prefetch('comments', bolt.queryset('blog_comment', order_by => '{id}'), 'x')])::jsonb =
	'{"model": "blog_article", "filter": {"id": 1}, "prefetch_related": ["tags", {"lookup": "comments", "queryset": {"model": "blog_comment", "order_by": ["id"]}, "to_attr": "x"}]}'::jsonb;

-- the functions check nothing but their own arguments
SELECT bolt.queryset('no such table', filter => '[1]');
SELECT refused(NULL, 'SELECT bolt.queryset(NULL)');
SELECT refused(NULL, 'SELECT bolt.prefetch(NULL, NULL)');
SELECT refused(NULL, $$ SELECT bolt.queryset('blog_article', order_by => ARRAY['id', NULL]) $$);
SELECT sqlstate_of(NULL, $$ SELECT bolt.queryset('blog_article', prefetch_related => ARRAY['{not json']) $$);
SELECT refused(NULL, $$ SELECT bolt.fetch_json(bolt.queryset('blog_article', prefetch_related => ARRAY['{}'])) $$);
SELECT refused(NULL, $$ SELECT bolt.fetch_json(bolt.queryset('blog_article', "limit" => -1)) $$);
-- what a prefetch holds cannot leave its place
SELECT sqlstate_of(NULL, $$ SELECT bolt.queryset('blog_article', prefetch_related => ARRAY['{"lookup": "tags"}], "limit": 1, "x": [{}']) $$);

DROP SCHEMA builder_test CASCADE;
