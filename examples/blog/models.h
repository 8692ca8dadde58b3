/*
 * models.h
 *	  The blog's serializers: what is shown of an article, and what may be written.
 *
 * A schema of what is read derives the queryset, columns, joins and prefetches, so that a relation which it shows cannot be forgotten
 * there: no N+1. One of what is written is what bodies are held against.
 */
#ifndef BLOG_MODELS_H
#define BLOG_MODELS_H

#include <bolt_orm.h>

struct author
{
	int id;
	const char *username;
	const char *email;
};

BOLT_SCHEMA(author_schema, struct author, BOLT_FIELD(struct author, id), BOLT_FIELD(struct author, username),
			BOLT_FIELD(struct author, email));

struct tag
{
	int id;
	const char *name;
};

BOLT_SCHEMA(tag_schema, struct tag, BOLT_FIELD(struct tag, id), BOLT_FIELD(struct tag, name));

struct comment
{
	int id;
	const char *text;
	const char *created_at;
	struct author *author;
};

BOLT_SCHEMA(comment_schema, struct comment, BOLT_FIELD(struct comment, id), BOLT_FIELD(struct comment, text),
			BOLT_FIELD(struct comment, created_at), BOLT_NESTED(struct comment, author, &author_schema));

/* GET /articles: an article in a list. */
struct article_summary
{
	int id;
	const char *title;
	bool published;
	int comment_count;
	const char *created_at;
	struct author *author;
	struct tag *tags;
	size_t ntags;
};

BOLT_SCHEMA(article_summary_schema, struct article_summary, BOLT_FIELD(struct article_summary, id),
			BOLT_FIELD(struct article_summary, title), BOLT_FIELD(struct article_summary, published),
			BOLT_FIELD(struct article_summary, comment_count), BOLT_FIELD(struct article_summary, created_at),
			BOLT_NESTED(struct article_summary, author, &author_schema),
			BOLT_ARRAY(struct article_summary, tags, ntags, &tag_schema));

/* GET /articles/{id}: all of it. */
struct article
{
	int id;
	const char *title;
	const char *content;
	bool published;
	bool draft;
	int comment_count;
	const char *created_at;
	struct author *author;
	struct tag *tags;
	size_t ntags;
	struct comment *comments;
	size_t ncomments;
};

BOLT_SCHEMA(article_schema, struct article, BOLT_FIELD(struct article, id), BOLT_FIELD(struct article, title),
			BOLT_FIELD(struct article, content), BOLT_FIELD(struct article, published),
			BOLT_FIELD(struct article, draft), BOLT_FIELD(struct article, comment_count),
			BOLT_FIELD(struct article, created_at), BOLT_NESTED(struct article, author, &author_schema),
			BOLT_ARRAY(struct article, tags, ntags, &tag_schema),
			BOLT_ARRAY(struct article, comments, ncomments, &comment_schema));

/* POST, PUT and PATCH: what may be said of an article. Tags are primary keys. */
struct article_input
{
	int id;
	const char *title;
	const char *content;
	int author_id;
	bool published;
	bool draft;
	int *tags;
	size_t ntags;
};

BOLT_SCHEMA(article_input_schema, struct article_input,
			BOLT_FIELD(struct article_input, id, .read_only = true), BOLT_FIELD(struct article_input, title),
			BOLT_FIELD(struct article_input, content), BOLT_FIELD(struct article_input, author_id),
			BOLT_FIELD(struct article_input, published, .optional = true),
			BOLT_FIELD(struct article_input, draft, .optional = true),
			BOLT_SCALARS(struct article_input, tags, ntags, .optional = true));

#endif
