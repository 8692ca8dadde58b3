-- The names that the documents use where they are not the default ones, and what goes with an article that is
-- deleted: the foreign keys themselves would refuse it.
SELECT bolt.register_relation('blog_comment', ARRAY['article_id'], related_name => 'comments', on_delete => 'CASCADE');
SELECT bolt.register_relation('blog_article_tags', ARRAY['article_id'], on_delete => 'CASCADE');
SELECT bolt.register_relation('bench_child', ARRAY['parent_id'], related_name => 'children');
