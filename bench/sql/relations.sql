-- The names that the documents use where they are not the default ones.
SELECT bolt.register_relation('blog_comment', ARRAY['article_id'], related_name => 'comments');
SELECT bolt.register_relation('bench_child', ARRAY['parent_id'], related_name => 'children');
