-- The tables of tests/django: a small press, with every kind of relation and type.
-- The models in press/models.py are these tables; the order of columns is the same there.

CREATE TABLE press_country (
	id serial PRIMARY KEY,
	name varchar(60) NOT NULL,
	code varchar(2) NOT NULL UNIQUE,
	area double precision
);

-- a foreign key to a column that is not the primary key
CREATE TABLE press_office (
	id serial PRIMARY KEY,
	city varchar(60) NOT NULL,
	country_code varchar(2) NOT NULL REFERENCES press_country (code),
	opens time,
	closes time
);

CREATE TABLE press_person (
	id serial PRIMARY KEY,
	name varchar(60) NOT NULL,
	email text UNIQUE,
	born date,
	height double precision,
	active boolean NOT NULL,
	level smallint NOT NULL,
	country_id int REFERENCES press_country,
	mentor_id int REFERENCES press_person
);

CREATE TABLE press_person_friends (
	id serial PRIMARY KEY,
	from_person_id int NOT NULL REFERENCES press_person,
	to_person_id int NOT NULL REFERENCES press_person,
	UNIQUE (from_person_id, to_person_id)
);

-- a relation to itself that has a direction, through a table with more columns
CREATE TABLE press_follow (
	id serial PRIMARY KEY,
	follower_id int NOT NULL REFERENCES press_person,
	followed_id int NOT NULL REFERENCES press_person,
	since date NOT NULL
);

-- one-to-one with a key of its own
CREATE TABLE press_profile (
	id serial PRIMARY KEY,
	person_id int NOT NULL UNIQUE REFERENCES press_person,
	bio text NOT NULL,
	karma smallint,
	settings jsonb NOT NULL,
	office_id int REFERENCES press_office
);

-- one-to-one whose key is the relation
CREATE TABLE press_badge (
	person_id int PRIMARY KEY REFERENCES press_person,
	number int NOT NULL UNIQUE,
	colour varchar(20)
);

CREATE TABLE press_section (
	id serial PRIMARY KEY,
	name varchar(60) NOT NULL UNIQUE,
	parent_id int REFERENCES press_section
);

CREATE TABLE press_tag (
	id serial PRIMARY KEY,
	name varchar(30) NOT NULL UNIQUE,
	weight numeric(6, 3)
);

CREATE TABLE press_article (
	id bigserial PRIMARY KEY,
	title varchar(120) NOT NULL,
	slug text NOT NULL UNIQUE,
	body text,
	author_id int NOT NULL REFERENCES press_person,
	editor_id int REFERENCES press_person,
	section_id int REFERENCES press_section,
	rating double precision,
	price numeric(10, 2),
	words int NOT NULL,
	views bigint NOT NULL,
	priority smallint,
	published boolean NOT NULL,
	released date,
	created timestamptz NOT NULL,
	modified timestamptz,
	slot time,
	token uuid NOT NULL UNIQUE,
	data jsonb,
	labels text[] NOT NULL,
	scores int[]
);
CREATE INDEX ON press_article (author_id);

CREATE TABLE press_article_tags (
	id bigserial PRIMARY KEY,
	article_id bigint NOT NULL REFERENCES press_article,
	tag_id int NOT NULL REFERENCES press_tag,
	UNIQUE (article_id, tag_id)
);
CREATE INDEX ON press_article_tags (tag_id);

-- a many-to-many relation's own table, with more columns
CREATE TABLE press_review (
	id bigserial PRIMARY KEY,
	article_id bigint NOT NULL REFERENCES press_article,
	person_id int NOT NULL REFERENCES press_person,
	grade smallint,
	note text NOT NULL,
	written timestamptz NOT NULL
);

CREATE TABLE press_comment (
	id bigserial PRIMARY KEY,
	article_id bigint NOT NULL REFERENCES press_article,
	author_id int REFERENCES press_person,
	parent_id bigint REFERENCES press_comment,
	text text NOT NULL,
	likes int NOT NULL,
	created timestamptz NOT NULL
);
CREATE INDEX ON press_comment (article_id);

-- keys of text and uuid
CREATE TABLE press_magazine (
	code varchar(10) PRIMARY KEY,
	title varchar(80) NOT NULL,
	founded date,
	chief_id int REFERENCES press_person
);

CREATE TABLE press_issue (
	id uuid PRIMARY KEY,
	magazine_id varchar(10) NOT NULL REFERENCES press_magazine,
	number int NOT NULL,
	printed timestamptz,
	UNIQUE (magazine_id, number)
);

CREATE TABLE press_issue_articles (
	id serial PRIMARY KEY,
	issue_id uuid NOT NULL REFERENCES press_issue,
	article_id bigint NOT NULL REFERENCES press_article,
	UNIQUE (issue_id, article_id)
);

-- names that Django would not have chosen
CREATE TABLE "Old Notes" (
	"NoteNo" int PRIMARY KEY,
	"Text" varchar(200) NOT NULL,
	"writer" int REFERENCES press_person,
	"Written At" timestamptz
);
