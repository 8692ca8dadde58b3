-- What bolt.count has to run, by hand.
SELECT count(*) FROM blog_article WHERE published AND id >= $1 AND id <= $2;
