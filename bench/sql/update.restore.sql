UPDATE blog_article SET title = 'Article number ' || id, comment_count = 8 WHERE comment_count <> 8;
VACUUM blog_article;
