-- node root
SELECT * FROM blog_article WHERE id = $1;

-- node author
SELECT * FROM auth_user WHERE id = (SELECT author_id FROM blog_article WHERE id = $1);

-- node tags
SELECT j.article_id, t.*
FROM blog_article_tags j
JOIN blog_tag t ON t.id = j.tag_id
WHERE j.article_id = $1;

-- node comments
SELECT * FROM blog_comment WHERE article_id = $1;

-- node comments__author
SELECT * FROM auth_user WHERE id = ANY (ARRAY(SELECT author_id FROM blog_comment WHERE article_id = $1));
