DELETE FROM blog_comment WHERE article_id IN (SELECT id FROM blog_article WHERE id <= $1);
DELETE FROM blog_article_tags WHERE article_id IN (SELECT id FROM blog_article WHERE id <= $1);
DELETE FROM blog_article WHERE id <= $1;
