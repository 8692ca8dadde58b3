SELECT '{"model": "blog_article", "filter": {"id": $1}}', '{"title": "Another title for $1", "comment_count": 9}';
