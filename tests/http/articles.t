#!/usr/bin/env python3
"""Every endpoint, as it is meant to be used."""

from blog import Server, equal, finish, new_database, ok, psql

database = new_database('bolt_orm_http_articles')
server = Server(database)


def dump(query):
    return psql(query, database)


# ---- lists ----

answer = server.get('/articles?page=2&page_size=3')
page = answer.json
equal(answer.status, 200, 'a page')
equal(answer.headers['Content-Type'], 'application/json', 'is JSON')
equal([item['id'] for item in page['items']], [997, 996, 995], 'with its items in their order')
equal({key: page[key] for key in page if key != 'items'},
      {'total': 1000, 'page': 2, 'pages': 334, 'page_size': 3, 'has_next': True, 'has_previous': True}, 'and its numbers')
item = page['items'][0]
equal(sorted(item), sorted(['id', 'title', 'published', 'comment_count', 'created_at', 'author_id', 'author', 'tags']),
      'an item has what its schema has')
equal(item['author']['username'], dump('SELECT username FROM auth_user u JOIN blog_article a ON a.author_id = u.id WHERE a.id = 997'),
      'its author')
equal(sorted(tag['id'] for tag in item['tags']),
      [int(tag) for tag in dump('SELECT tag_id FROM blog_article_tags WHERE article_id = 997 ORDER BY 1').split()], 'its tags')
equal(len(server.get('/articles').json['items']), 20, 'twenty without a page_size')
equal(len(server.get('/articles?page_size=1000').json['items']), 100, 'a hundred at most')
equal(server.get('/articles?page=99999999999').json['items'], [], 'a page behind the last one is empty')
equal(server.get('/articles?page=9223372036854775807').status, 200, 'however large the number')
equal(server.get('/articles/').status, 200, 'a slash at the end makes no difference')
equal(server.get('/articles?utm_source=x&page_size=1').status, 200, 'parameters that nobody knows are ignored')

# ---- filters and orders ----

equal(server.get('/articles?published=false').json['total'], 100, 'filter by a boolean')
equal(server.get('/articles?title__icontains=NUMBER+99&published=true').json['total'],
      int(dump("SELECT count(*) FROM blog_article WHERE title ILIKE '%number 99%' AND published")), 'by several lookups')
equal(server.get('/articles?id__in=1,2,3,77777').json['total'], 3, 'by a list')
equal(server.get('/articles?author__username=user5').json['total'],
      int(dump("SELECT count(*) FROM blog_article a JOIN auth_user u ON u.id = a.author_id WHERE username = 'user5'")),
      'by a relation')
equal(server.get('/articles?author__email=x').json['total'], 1000, 'what is not listed is no filter')
equal([item['id'] for item in server.get('/articles?ordering=id&page_size=2').json['items']], [1, 2], 'an order')
equal([item['id'] for item in server.get('/articles?ordering=comment_count,-id&page_size=2').json['items']], [1000, 999],
      'of several fields')

# ---- cursors ----

seen = []
cursor = None
for _ in range(100):
    page = server.get('/articles/cursor?page_size=90' + (f'&after={cursor}' if cursor else '')).json
    seen += [item['id'] for item in page['items']]
    cursor = page['next']
    if cursor is None:
        break
equal(seen, list(range(1000, 0, -1)), 'cursors go through all articles, each once')
page = server.get(f'/articles/cursor?page_size=5&before={page["previous"]}').json
ok(page['next'] and len(page['items']) == 5, 'and back', page)

# ---- one ----

article = server.get('/articles/7').json
equal(article['title'], 'Article number 7', 'one article')
equal(len(article['comments']), 8, 'with its comments')
ok(all(comment['author']['username'].startswith('user') for comment in article['comments']), 'with their authors')
head = server.request('HEAD', '/articles/7')
equal((head.status, head.body, int(head.headers['Content-Length'])), (200, b'', len(server.get('/articles/7').body)),
      'HEAD is GET without the body')
equal(server.request('OPTIONS', '/articles/7').headers['Allow'], 'GET, HEAD, PUT, PATCH, DELETE', 'OPTIONS')

# ---- create ----

answer = server.post('/articles', {'title': 'New "é" 😀', 'content': 'x', 'author_id': 5, 'tags': [1, 2]})
made = answer.json
equal((answer.status, made['title'], made['author']['id'], sorted(tag['id'] for tag in made['tags']), made['comments']),
      (201, 'New "é" 😀', 5, [1, 2], []), 'POST creates, and answers with all of it')
equal(server.get(f'/articles/{made["id"]}').json, made, 'which is what GET says then')
answer = server.post('/articles', {'id': 3, 'title': 'a', 'content': 'x', 'author_id': 5})
ok(answer.status == 201 and answer.json['id'] > 1000, 'what is read only is ignored', answer)

answer = server.post('/articles/bulk', [{'title': f'bulk {i}', 'content': 'x', 'author_id': 1 + i % 40, 'tags': [1 + i]}
                                       for i in range(100)])
equal((answer.status, answer.json['created'], len(answer.json['ids'])), (201, 100, 100), 'POST of many')
equal(server.get(f'/articles/{answer.json["ids"][41]}').json['title'], 'bulk 41', 'their keys come in the order given')
equal(server.post('/articles/bulk', []).json, {'created': 0, 'ids': []}, 'and of none')

# ---- change ----

answer = server.request('PATCH', '/articles/8', {'title': 'patched'})
equal((answer.status, answer.json['title'], len(answer.json['tags'])), (200, 'patched', 3), 'PATCH leaves the rest as it is')
answer = server.request('PATCH', '/articles/8', {'tags': [200]})
equal([tag['id'] for tag in answer.json['tags']], [200], 'and sets relations')
equal(server.request('PATCH', '/articles/8', {}).json['title'], 'patched', 'PATCH with nothing changes nothing')
answer = server.request('PUT', '/articles/8', {'title': 'put', 'content': 'c', 'author_id': 9, 'published': True})
equal((answer.status, answer.json['author']['id'], answer.json['published']), (200, 9, True), 'PUT')
equal(server.get('/articles/8').json, answer.json, 'is what GET says then')

# ---- delete ----

answer = server.request('DELETE', '/articles/9')
equal((answer.status, answer.body), (204, b''), 'DELETE')
equal(server.get('/articles/9').status, 404, 'it is gone')
equal(server.request('DELETE', '/articles/9').status, 404, 'and cannot be deleted again')
equal(dump('SELECT count(*) FROM blog_comment WHERE article_id = 9'), '0', 'with its comments')

# ---- the rest ----

stats = server.get('/stats').json
equal((stats['total'], stats['published']),
      tuple(int(n) for n in dump('SELECT count(*), count(*) FILTER (WHERE published) FROM blog_article').split('|')), 'statistics')
ok(abs(stats['average_comment_count'] - float(dump('SELECT avg(comment_count) FROM blog_article'))) < 1e-9, 'with the average')
page = server.get('/authors/5/articles?page_size=100').json
equal((page['total'], {item['author_id'] for item in page['items']}),
      (int(dump('SELECT count(*) FROM blog_article WHERE author_id = 5')), {5}), "an author's articles")

for path in ('/transfer', '/transfer/atomic'):
    answer = server.post(path, {'from': 1, 'to': 2, 'amount': 100})
    equal(answer.status, 200, f'{path} moves')
    equal([account['id'] for account in answer.json], [1, 2], 'and answers with both accounts')
    equal(server.post(path, {'from': 2, 'to': 1, 'amount': 10 ** 9}).status, 409, 'not more than there is')
    equal(server.post(path, {'from': 1, 'to': 5000, 'amount': 1}).status, 404, 'not to an account that does not exist')
    equal(server.post(path, {'from': 3, 'to': 3, 'amount': 1}).status, 200, 'to itself')
equal(dump('SELECT balance FROM blog_account WHERE id <= 3 ORDER BY id').split(), ['99800', '100200', '100000'], 'balances')

finish(server)
