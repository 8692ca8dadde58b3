-- As Django does it: only the key comes back.
INSERT INTO blog_article (title, content, published, created_at, author_id)
VALUES ($1, $2, $3, $4, $5) RETURNING id;
