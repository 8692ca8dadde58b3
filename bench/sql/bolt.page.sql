-- One object; $1 is the queryset document.
SELECT bolt.page($1, 3, 20);
