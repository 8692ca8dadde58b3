/*
 * blog.h
 *	  The parts of the blog's server, and what they share.
 */
#ifndef BLOG_H
#define BLOG_H

#include <bolt_evhttp.h>
#include <bolt_orm.h>

/* The database, and one whose connections can only read, for the explorer. */
typedef struct blog
{
	bolt_database *db;
	bolt_database *explorer;
	bolt_viewset *articles;
	bolt_viewset *article_cursor;
	int files; /* the folder of static files; -1: none */
} blog;

/* Each routes its part. 0, or -1 without memory. */
extern int blog_route_articles(blog *self, bolt_evhttp *server);
extern int blog_route_transfer(blog *self, bolt_evhttp *server);
extern int blog_route_explorer(blog *self, bolt_evhttp *server);
extern void blog_route_files(blog *self, bolt_evhttp *server);

/* Frees what the articles' part has made. */
extern void blog_free_articles(blog *self);

#endif
