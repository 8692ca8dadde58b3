INSERT INTO blog_comment (text, created_at, article_id, author_id)
SELECT text, created_at, article_id, author_id FROM json_populate_recordset(NULL::blog_comment, $1);
