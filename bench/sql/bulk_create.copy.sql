COPY blog_article (title, content, published, created_at, author_id) FROM STDIN;
