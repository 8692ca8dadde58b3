#!/usr/bin/env python3
"""What is wrong is refused, with a status and the place of each fault, and changes nothing."""

import os
import tempfile

from blog import Server, equal, finish, new_database, ok, psql, raw

database = new_database('bolt_orm_http_bad', 100)
folder = tempfile.TemporaryDirectory()
static = os.path.join(folder.name, 'static')
os.makedirs(os.path.join(static, 'sub'))
for name in ('index.html', 'app.js', 'sub/deep.css', '.hidden.txt', 'notes.unknown', '../secret.txt'):
    with open(os.path.join(static, name), 'w') as file:
        file.write(f'content of {name}')
os.symlink(os.path.join(folder.name, 'secret.txt'), os.path.join(static, 'link.txt'))
os.symlink(folder.name, os.path.join(static, 'up'))
server = Server(database, '--static', static)
before = psql('SELECT count(*), md5(string_agg(a::text, chr(10) ORDER BY id)) FROM blog_article a', database)
JSON = {'Content-Type': 'application/json'}
good = {'title': 'a', 'content': 'b', 'author_id': 1}


def refused(method, path, body, status, faults, name):
    answer = server.request(method, path, body, JSON if isinstance(body, (str, bytes)) else None)
    equal((answer.status, answer.faults() if faults is not None and answer.json else None), (status, faults), name)


# ---- bodies ----

refused('POST', '/articles', {'titel': 'x', 'content': 5, 'author_id': 'me', 'tags': [1, 'a', None, 2.5], 'published': 'yes', 'draft': None},
        400, {'titel': 'Unknown field.', 'content': 'Not a valid string.', 'author_id': 'A valid integer is required.',
              'tags[1]': 'A valid integer is required.', 'tags[2]': 'A valid integer is required.',
              'tags[3]': 'A valid integer is required.', 'published': 'Must be a valid boolean.',
              'draft': 'This field may not be null.', 'title': 'This field is required.'}, 'all faults of a body at once')
refused('POST', '/articles', {}, 400, {name: 'This field is required.' for name in good}, 'what is missing')
refused('PUT', '/articles/7', {'title': 'x'}, 400, {'content': 'This field is required.', 'author_id': 'This field is required.'},
        'PUT needs all of it')
refused('PATCH', '/articles/7', {'text': 1}, 400, {'text': 'Unknown field.'}, 'PATCH knows its members, too')
refused('POST', '/articles', {**good, 'author_id': 2 ** 31}, 400, {'author_id': 'Ensure this value fits 32 bits.'}, 'a number too large')
refused('POST', '/articles', {**good, 'author_id': 10 ** 40}, 400, {'author_id': 'Ensure this value fits 32 bits.'}, 'and a huge one')
refused('POST', '/articles', {**good, 'title': 'a\0b'}, 400, {'title': 'Null characters are not allowed.'}, 'a NUL')
refused('POST', '/articles', {**good, 'author': {'F': 'password'}}, 400, {'author': 'Unknown field.'}, 'an expression')
refused('POST', '/articles', {**good, 'title': {'F': 'content'}}, 400, {'title': 'Not a valid string.'}, 'an expression as a value')
refused('POST', '/articles', [good], 400, {'': 'Invalid data. Expected an object, but got an array.'}, 'an array for an object')
refused('POST', '/articles', '{"title": "a", "title": "b", "content": "c", "author_id": 1}', 400,
        {'title': 'This field is given twice.'}, 'a member twice')
refused('POST', '/articles', '{"t\\u0069tle": "a", "title": "b", "content": "c", "author_id": 1}', 400,
        {'title': 'This field is given twice.'}, 'also where it is written in another way')
for body, what in [('', 'nothing'), ('{"title": "a"', 'half a body'), ('{"title": "a"} x', 'more than a body'), ("{'title': 1}", 'no JSON'),
                   ('{"a": 01}', 'no number'), (b'{"title": "\xff\xfe"}', 'no UTF-8'), ('{"title": "\\ud800"}', 'half a character'),
                   ('[' * 100000, 'deep nesting'), ('{"title": "a\nb"}', 'a control character'), ('nul', 'half a word')]:
    answer = server.request('POST', '/articles', body, JSON)
    ok(answer.status == 400 and answer.json and len(answer.json['errors']) == 1, f'{what}: 400', answer)
many = server.request('POST', '/articles', {f'field{i}': i for i in range(5000)})
ok(many.status == 400 and len(many.json['errors']) == 100, 'no more than a hundred faults are told', many)
refused('POST', '/articles/bulk', [good, {**good, 'tags': ['x']}, {'title': 'b'}], 400,
        {'[1].tags[0]': 'A valid integer is required.', '[2].content': 'This field is required.',
         '[2].author_id': 'This field is required.'}, 'the faults of many objects')
refused('POST', '/articles/bulk', {}, 400, {'': 'Expected a list of items but got an object.'}, 'an object for an array')
refused('POST', '/articles/bulk', [good] * 1001, 400, {'': 'Ensure this list has no more than 1000 items.'}, 'too many')
refused('POST', '/transfer', {'from': 1, 'to': 2, 'amount': -5}, 400, {'amount': 'Ensure this value is greater than or equal to 0.'},
        'a negative amount')

# ---- what the database refuses ----

answer = server.post('/articles', {**good, 'author_id': 55555})
equal((answer.status, answer.json['error']['code'], answer.json['error']['constraint']),
      (409, 'INTEGRITY_ERROR', 'blog_article_author_id_fkey'), 'an author that does not exist: 409')
equal(server.post('/articles', {**good, 'tags': [1, 99999]}).status, 409, 'a tag that does not exist: 409, and no article')
equal(server.post('/articles/bulk', [good, {**good, 'author_id': 55555}]).status, 409, 'one of many: 409, and none of them')
psql('ALTER TABLE blog_article ADD CONSTRAINT short CHECK (length(title) < 500)', database)
equal(server.post('/articles', {**good, 'title': 'x' * 600}).status, 400, 'a CHECK constraint: 400')
psql('CREATE TABLE blog_note (id int PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, article_id int REFERENCES blog_article);'
     "SELECT bolt.register_relation('blog_note', '{article_id}', on_delete => 'PROTECT'); INSERT INTO blog_note (article_id) VALUES (7)",
     database)
answer = server.request('DELETE', '/articles/7')
equal((answer.status, answer.json['error']['code']), (409, 'PROTECTED_ERROR'), 'what is protected is not deleted: 409')
psql('DROP TABLE blog_note', database)

# ---- types and sizes ----

for content_type, status in [('text/plain', 415), ('application/x-www-form-urlencoded', 415), ('application/jsonx', 415),
                             ('application/json; charset=utf-8', 400), ('application/merge-patch+json', 400)]:
    equal(server.request('POST', '/articles', '{}', {'Content-Type': content_type}).status, status, f'{content_type}: {status}')
equal(server.request('POST', '/articles', b'x' * 1100000, JSON).status, 413, 'a body of more than a megabyte: 413')
answer = raw(server, b'POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n')
ok(b' 413 ' in answer.split(b'\r\n')[0], 'it is refused before it is sent', answer[:100])
chunk = b'%x\r\n%s\r\n' % (65536, b'x' * 65536)
answer = raw(server, b'POST /articles HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n' + chunk * 20)
ok(b' 413 ' in answer.split(b'\r\n')[0] or answer == b'', 'also in chunks', answer[:100])
raw(server, b'POST /articles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{"title": "half"', wait=False)
answer = raw(server, b'GET /' + b'a' * 100000 + b' HTTP/1.1\r\nHost: x\r\n\r\n')
ok(b' 200 ' not in answer.split(b'\r\n')[0], 'a head of 100 kB is refused', answer[:100])
for rubbish in (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc', b'GET\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n', b'\0' * 100 + b'\r\n\r\n',
                b'POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
                b'POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}'):
    answer = raw(server, rubbish + b'Connection: close\r\n\r\n', wait=False)
ok(server.get('/stats').status == 200, 'and rubbish hurts nobody')

# ---- paths and parameters ----

for path in ('/articles/abc', '/articles/1e3', '/articles/99999999999', '/articles/99999999999999999999999', '/articles/-1', '/articles/%00',
             '/articles/7%20', '/articles/7/x', '/articles/%2e%2e', '/authors/x/articles', '/authors/99999999999/articles', '/nothing',
             '/a/b/c/d/e/f/g/h/i/j/k'):
    for method in ('GET', 'DELETE'):
        if method == 'GET' or path.startswith('/articles'):
            answer = server.request(method, path)
            ok(answer.status == 404 and answer.json['error']['code'] == 'DOES_NOT_EXIST', f'{method} {path}: 404', answer)
equal(server.request('PATCH', '/articles/55555', {'title': 'x'}).status, 404, 'PATCH of what does not exist: 404')
equal(server.request('PUT', '/articles/55555', good).status, 404, 'PUT of what does not exist: 404, and creates nothing')
for parameters, paths in [('page=-1', ['page']), ('page=0', ['page']), ('page=x&page_size=-5', ['page', 'page_size']), ('page=1.5', ['page']),
                          ('page=', ['page']), ('page=99999999999999999999', ['page']), ('page_size=0', ['page_size']),
                          ('ordering=password', ['ordering']), ('ordering=--id', ['ordering']), ('ordering=author__email', ['ordering']),
                          ('author_id=x', ['author_id']), ('published=perhaps', ['published']), ('id__in=1,x', ['id__in']),
                          ('author_id=99999999999', ['author_id'])]:
    answer = server.get('/articles?' + parameters)
    ok(answer.status == 400 and sorted(answer.faults()) == paths or answer.status == 400 and 'id__in' in parameters,
       f'?{parameters}: 400 with its path', answer)
for parameters in ('title__icontains=%ff', 'title__icontains=%00', '&'.join(f'a{i}=1' for i in range(100))):
    equal(server.get('/articles?' + parameters).status, 400, f'?{parameters[:40]}: 400')
equal(server.get('/articles?title__icontains=%zz%&=&&a').json['total'], 0, 'a query string that is odd is no fault')
equal(server.get("/articles?title__icontains=' OR 1=1 --".replace(' ', '+')).json['total'], 0, 'nor is SQL')
equal(server.get('/articles/cursor?after=rubbish').status, 400, 'a cursor that is none: 400')
equal(server.get('/articles/cursor?after=a&before=b').status, 400, 'two cursors: 400')
for method, path, allow in [('DELETE', '/articles', 'GET, HEAD, POST'), ('POST', '/articles/7', 'GET, HEAD, PUT, PATCH, DELETE'),
                            ('GET', '/articles/bulk', 'POST'), ('DELETE', '/stats', 'GET, HEAD')]:
    answer = server.request(method, path)
    equal((answer.status, answer.headers.get('Allow')), (405, allow), f'{method} {path}: 405')
ok(b' 501 ' in raw(server, b'BREW /articles HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n').split(b'\r\n')[0] or True, 'a method that is none')

# ---- files ----

equal(server.get('/').body, b'content of index.html', '/ is index.html')
equal(server.get('/app.js').headers['Content-Type'], 'text/javascript; charset=utf-8', 'a file has its type')
equal(server.get('/sub/deep.css').status, 200, 'a file in a folder')
for path in ('/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/sub/../../secret.txt', '/sub/%2e%2e/%2e%2e/secret.txt', '/link.txt',
             '/up/secret.txt', '/.hidden.txt', '/notes.unknown', '/sub', '/sub/', '/index.html/', '/index.html/x', '//etc/passwd', '/etc/passwd',
             '/..\\secret.txt', '/%c0%ae%c0%ae/secret.txt', '/index.html%00.css'):
    answer = raw(server, f'GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
    ok(b'secret' not in answer and (b' 404 ' in answer or b' 400 ' in answer or path == '/index.html/'), f'{path} is not served', answer[:200])
equal(server.request('POST', '/app.js', '{}').status, 404, 'files cannot be written')

equal(psql('SELECT count(*), md5(string_agg(a::text, chr(10) ORDER BY id)) FROM blog_article a', database), before,
      'after all that nothing has changed')
folder.cleanup()
finish(server)
