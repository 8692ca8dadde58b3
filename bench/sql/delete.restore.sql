-- The transaction was rolled back; what it marked is made clean.
VACUUM blog_article, blog_article_tags, blog_comment;
