-- wire: documents as a contestant sent them, numbered as they came. expected, actual: the same in canonical form.
-- flat: the rows of the flat contestant, by node.
CREATE TEMP TABLE wire (n bigint, document json);

CREATE TEMP TABLE expected (n bigint, document jsonb);

CREATE TEMP TABLE actual (n bigint, document jsonb);

CREATE TEMP TABLE flat (node text, content jsonb);
