SELECT '$1', 'Another title for $1', 9;
