#!/usr/bin/env python3
"""The explorer's endpoints: any document, read only, bounded."""

import time

from blog import Server, equal, finish, new_database, ok, psql

database = new_database('bolt_orm_http_explorer', 1000)
server = Server(database)

catalog = server.get('/explorer/models').json
ok({'auth_user', 'blog_article', 'blog_comment', 'blog_tag'} <= {model['name'] for model in catalog['models']}, 'models')
ok(any(r['model'] == 'blog_article' and r['name'] == 'comments' and r['target'] == 'blog_comment' for r in catalog['relations']), 'relations')

document = {'model': 'blog_article', 'filter': {'id__lte': 3}, 'order_by': ['id'], 'prefetch_related': ['comments__author']}
answer = server.post('/explorer/fetch', document)
equal((answer.status, [o['id'] for o in answer.json], len(answer.json[0]['comments'])), (200, [1, 2, 3], 8), 'a document')
equal(server.post('/explorer/fetch', {'document': document, 'limit': 2}).json, answer.json[:2], 'with a limit beside it')
equal(len(server.post('/explorer/fetch', {'model': 'blog_comment'}).json), 500, 'never more than 500 objects')
equal(len(server.post('/explorer/fetch', {'model': 'blog_comment', 'limit': 100000}).json), 500, 'whatever the document says')
equal(len(server.post('/explorer/fetch', {'model': 'blog_comment', 'chain': [{'limit': 600}, {'offset': 20}]}).json), 500, 'also in a chain')
equal(len(server.post('/explorer/fetch', {'document': {'model': 'blog_comment', 'limit': 7}, 'limit': 10}).json), 7, "the document's own limit")

tree = server.post('/explorer/explain', {'document': document, 'analyze': True}).json
equal((tree['rows'], tree['nodes'][0]['path']), (3, 'comments'), 'explain')
equal(server.post('/explorer/explain?analyze=1', document).json['rows'], 3, 'the flag as a parameter')
ok(server.post('/explorer/explain', document).json.get('rows') is None, 'without it nothing is run')
equal(server.post('/explorer/check', {'model': 'blog_comment'}).json[0]['code'], 'no_limit', 'check')
equal(len(server.post('/explorer/sql', document).json), 3, 'sql: a statement a node')

for body, status, what in [({'model': 'nothing'}, 400, 'an unknown model'), ({'model': 'blog_article', 'filter': {'nothing': 1}}, 400, 'an unknown field'),
                           ({'model': 'blog_article', 'nothing': 1}, 400, 'an unknown key'), ([], 400, 'an array'), ([document], 400, 'an array of one'),
                           ('x', 400, 'no JSON'), ({'document': 5}, 400, 'a document that is none'), ({'document': document, 'limit': 'x'}, 400, 'a limit that is none'),
                           ({}, 400, 'nothing'), ({'model': 'blog_article', 'filter': {'title': 'x' * 70000}}, 413, 'a document of more than 64 kB')]:
    answer = server.request('POST', '/explorer/fetch', body, {'Content-Type': 'application/json'})
    ok(answer.status == status and answer.json['errors'][0]['message'], f'{what}: {status}', answer)
answer = server.post('/explorer/fetch', {'model': 'blog_article', 'filter': {'titel': 'x'}})
ok('Choices are' in answer.json['error']['hint'], 'with the hint', answer)

# ---- it cannot write, nor take long ----

psql("""CREATE FUNCTION evil() RETURNS bigint LANGUAGE sql AS 'INSERT INTO blog_tag (name) VALUES (''evil'') RETURNING id';
    CREATE VIEW evil_view AS SELECT evil() AS id;
    CREATE VIEW slow_view AS SELECT 1 AS id, pg_sleep(60)::text AS slow""", database)
answer = server.post('/explorer/fetch', {'model': 'evil_view'})
ok(answer.status == 403 and psql("SELECT count(*) FROM blog_tag WHERE name = 'evil'", database) == '0', 'what writes is refused: 403', answer)
start = time.monotonic()
answer = server.post('/explorer/fetch', {'model': 'slow_view'})
ok(answer.status == 504 and time.monotonic() - start < 8, 'what takes long: 504', answer)
equal(server.post('/explorer/fetch', {'model': 'auth_user', 'limit': 1}).status, 200, 'and it goes on')

finish(server)
