COPY blog_comment (text, created_at, article_id, author_id) FROM STDIN;
