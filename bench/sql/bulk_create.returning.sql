INSERT INTO blog_article (title, content, published, created_at, author_id)
SELECT title, content, published, created_at, author_id FROM json_populate_recordset(NULL::blog_article, $1) RETURNING *;
