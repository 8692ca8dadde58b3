-- How many rows, and of each model; $1 is the queryset document.
SELECT deleted, models FROM bolt.delete($1);
