UPDATE blog_article SET title = $2, comment_count = $3 WHERE id = $1;
