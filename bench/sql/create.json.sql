-- The row as json, as bolt.create returns it.
INSERT INTO blog_article AS a (title, content, published, created_at, author_id)
VALUES ($1, $2, $3, $4, $5) RETURNING row_to_json(a);
