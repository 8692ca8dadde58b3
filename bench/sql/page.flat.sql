-- node root
SELECT * FROM blog_article WHERE published ORDER BY created_at DESC LIMIT 20;

-- node author
SELECT *
FROM auth_user
WHERE id = ANY (ARRAY(SELECT author_id FROM blog_article WHERE published ORDER BY created_at DESC LIMIT 20));

-- node tags
SELECT j.article_id, t.*
FROM blog_article_tags j
JOIN blog_tag t ON t.id = j.tag_id
WHERE j.article_id = ANY (ARRAY(SELECT id FROM blog_article WHERE published ORDER BY created_at DESC LIMIT 20));
