#!/usr/bin/env python3
"""What a request costs the database: one statement from the client, whatever the graph."""

import time

from blog import Server, equal, finish, new_database, psql

database = new_database('bolt_orm_http_statements', 200)
server = Server(database, '--processes', '1', '--connections', '1')


def statements(call):
    """How many statements a request sends, as pg_stat_statements counts them: top-level ones, and those inside."""
    counted = f"""SELECT coalesce(sum(calls) FILTER (WHERE toplevel), 0) FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{database}')"""
    psql('SELECT pg_stat_statements_reset()')
    call()
    time.sleep(0.05)
    return int(psql(counted))


article = {'title': 'a', 'content': 'b', 'author_id': 1, 'tags': [1, 2]}
server.get('/articles')  # connected
for name, call in [
    ('a list, with its count, authors and tags', lambda: server.get('/articles?page_size=20')),
    ('a page with filters and an order', lambda: server.get('/articles?published=true&ordering=title')),
    ('a cursor page', lambda: server.get('/articles/cursor')),
    ('an article with author, tags, comments and their authors', lambda: server.get('/articles/7')),
    ("an author's articles", lambda: server.get('/authors/3/articles')),
    ('statistics', lambda: server.get('/stats')),
    ('POST, with its tags, and the answer', lambda: server.post('/articles', article)),
    ('POST of many', lambda: server.post('/articles/bulk', [article] * 50)),
    ('PATCH', lambda: server.request('PATCH', '/articles/7', {'tags': [3]})),
    ('PUT', lambda: server.request('PUT', '/articles/7', article)),
    ('DELETE, with what goes with it', lambda: server.request('DELETE', '/articles/8')),
    ('a transfer', lambda: server.post('/transfer', {'from': 1, 'to': 2, 'amount': 1})),
    ('the whole stream', lambda: server.get('/stream')),
    ("the explorer's models", lambda: server.get('/explorer/models')),
]:
    equal(statements(call), 1, name)
for name, call in [
    ('a body that is wrong', lambda: server.post('/articles', {})),
    ('a lookup that is no number', lambda: server.get('/articles/abc')),
    ('a page that is none', lambda: server.get('/articles?page=-1')),
    ('a method that is not allowed', lambda: server.request('DELETE', '/articles')),
]:
    equal(statements(call), 0, name + ' asks nobody')
server.post('/transfer/atomic', {'from': 1, 'to': 2, 'amount': 1})  # a connection's first asks which server process it has
equal(statements(lambda: server.post('/transfer/atomic', {'from': 1, 'to': 2, 'amount': 1})), 6,
      'the transfer with a block: BEGIN, lock, two updates, read, COMMIT')

finish(server)
