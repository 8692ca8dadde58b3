/*
 * server.h
 *	  A database of its own for a test program, on the server of PGHOST, PGPORT and so on.
 *
 * A small blog: two users, three articles, tags, comments, categories in a tree.
 */
#ifndef SERVER_H
#define SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include <bolt_orm.h>

static const char *const blog =
	"CREATE EXTENSION bolt_orm;"
	"CREATE TABLE auth_user (id serial PRIMARY KEY, username text NOT NULL UNIQUE, password text NOT NULL DEFAULT 'secret');"
	"CREATE TABLE blog_tag (id serial PRIMARY KEY, name text NOT NULL UNIQUE, weight double precision);"
	"CREATE TABLE blog_article (id serial PRIMARY KEY, title text NOT NULL, draft boolean NOT NULL DEFAULT false,"
	"  rating numeric(4, 2), data jsonb, labels text[], created_at timestamptz NOT NULL DEFAULT '2024-01-01',"
	"  author_id int NOT NULL REFERENCES auth_user, editor_id int REFERENCES auth_user);"
	"CREATE TABLE blog_article_tags (id serial PRIMARY KEY, article_id int NOT NULL REFERENCES blog_article ON DELETE CASCADE,"
	"  tag_id int NOT NULL REFERENCES blog_tag, UNIQUE (article_id, tag_id));"
	"CREATE TABLE blog_comment (id serial PRIMARY KEY, text text NOT NULL, article_id int NOT NULL REFERENCES blog_article"
	"  ON DELETE CASCADE, author_id int REFERENCES auth_user);"
	"CREATE TABLE category (id serial PRIMARY KEY, name text NOT NULL, parent_id int REFERENCES category);"
	"SELECT bolt.register_relation('blog_article', '{author_id}', related_name => 'articles'),"
	"  bolt.register_relation('blog_article', '{editor_id}', related_name => 'edited'),"
	"  bolt.register_relation('blog_comment', '{article_id}', related_name => 'comments'),"
	"  bolt.register_relation('category', '{parent_id}', related_name => 'children');"
	"INSERT INTO auth_user (username) VALUES ('ann'), ('bob');"
	"INSERT INTO blog_tag (name, weight) VALUES ('a', 0.5), ('b', NULL), ('c', 1e300);"
	"INSERT INTO blog_article (title, draft, rating, data, labels, created_at, author_id, editor_id) VALUES"
	"  ('One', false, 4.50, '{\"k\": [1, {\"F\": 2}]}', '{x,y}', '2024-01-01 00:00+00', 1, 2),"
	"  ('Two', true, NULL, NULL, NULL, '2024-01-02 00:00+00', 1, NULL),"
	"  ('Drei \"ß\"', false, 1.25, '[]', '{}', '2024-01-03 00:00+00', 2, 1);"
	"INSERT INTO blog_article_tags (article_id, tag_id) VALUES (1, 1), (1, 2), (2, 2);"
	"INSERT INTO blog_comment (text, article_id, author_id) VALUES ('first', 1, 2), ('second', 1, NULL), ('third', 2, 1);"
	"INSERT INTO category VALUES (1, 'tools', NULL), (2, 'hand tools', 1), (3, 'power tools', 1), (4, 'hammers', 2);";

static char conninfo[256];
static bolt_database *db;

static inline void
run_sql(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
	{
		fprintf(stderr, "%s\n%s", sql, PQresultErrorMessage(result));
		exit(1);
	}
	PQclear(result);
}

static inline PGconn *
connect_to(const char *parameters)
{
	PGconn *connection = PQconnectdb(parameters);

	if (PQstatus(connection) != CONNECTION_OK)
	{
		fprintf(stderr, "%s", PQerrorMessage(connection));
		exit(1);
	}
	return connection;
}

/* Runs SQL in the test's database, beside the client. */
static inline void
sql(const char *text)
{
	PGconn *connection = connect_to(conninfo);

	run_sql(connection, "SET client_min_messages = warning");
	run_sql(connection, text);
	PQfinish(connection);
}

/* cmocka's group set-up: makes the database anew. */
static inline int
open_server(const char *name)
{
	PGconn *connection = connect_to("dbname=postgres");
	char command[256];

	run_sql(connection, "SET client_min_messages = warning");
	snprintf(command, sizeof(command), "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
	run_sql(connection, command);
	snprintf(command, sizeof(command), "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'", name);
	run_sql(connection, command);
	snprintf(command, sizeof(command), "ALTER DATABASE %s SET timezone = 'UTC'", name);
	run_sql(connection, command);
	PQfinish(connection);
	snprintf(conninfo, sizeof(conninfo), "dbname=%s application_name=bolt_orm_objects", name);
	sql(blog);
	db = bolt_open(conninfo, NULL);
	return 0;
}

static inline int
close_server(void **state)
{
	(void) state;
	bolt_close(db);
	return 0;
}

/* Waits for a future, and frees it. */
static inline void
assert_json(bolt_future *future, const char *expected)
{
	future = bolt_await(future);
	if (bolt_failed(future))
		fail_msg("%s: %s", bolt_code_name(bolt_error_code(bolt_error(future))),
				 bolt_error_message(bolt_error(future)));
	if (expected == NULL)
		assert_null(bolt_json(future));
	else
	{
		assert_non_null(bolt_json(future));
		assert_string_equal(bolt_json(future), expected);
		assert_int_equal(bolt_json_length(future), strlen(expected));
	}
	bolt_free(future);
}

static inline void
assert_integer(bolt_future *future, int64_t expected)
{
	future = bolt_await(future);
	if (bolt_failed(future))
		fail_msg("%s: %s", bolt_code_name(bolt_error_code(bolt_error(future))),
				 bolt_error_message(bolt_error(future)));
	assert_int_equal(bolt_integer(future), expected);
	bolt_free(future);
}

static inline void
assert_boolean(bolt_future *future, bool expected)
{
	future = bolt_await(future);
	if (bolt_failed(future))
		fail_msg("%s: %s", bolt_code_name(bolt_error_code(bolt_error(future))),
				 bolt_error_message(bolt_error(future)));
	assert_int_equal(bolt_boolean(future), expected);
	bolt_free(future);
}

/* `message` may be the beginning only. */
static inline void
assert_error(bolt_future *future, bolt_code code, const char *message)
{
	const bolt_exception *error;

	future = bolt_await(future);
	error = bolt_error(future);
	assert_non_null(error);
	if (strncmp(bolt_error_message(error), message, strlen(message)) != 0)
		assert_string_equal(bolt_error_message(error), message);
	assert_string_equal(bolt_code_name(bolt_error_code(error)), bolt_code_name(code));
	bolt_free(future);
}

#endif
