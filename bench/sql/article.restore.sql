DELETE FROM blog_article WHERE id > 50000;
SELECT setval(pg_get_serial_sequence('blog_article', 'id'), 50000);
VACUUM blog_article;
