-- One object; $1 is the model, $2 its values.
SELECT bolt.create($1, $2::json);
