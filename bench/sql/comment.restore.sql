DELETE FROM blog_comment WHERE id > 400000;
SELECT setval(pg_get_serial_sequence('blog_comment', 'id'), 400000);
VACUUM blog_comment;
