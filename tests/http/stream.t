#!/usr/bin/env python3
"""GET /stream: all rows, in memory that stays flat, no faster than the client reads."""

import json
import socket
import time

from blog import SANITIZED, Server, equal, finish, new_database, ok, psql, raw, until

ARTICLES = 20000
database = new_database('bolt_orm_http_stream', ARTICLES)
server = Server(database, '--processes', '1', '--connections', '3', '--idle-timeout', '3')
slack = 60000 if SANITIZED else 6000  # kB


def active():
    return int(psql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND query LIKE '%bolt.fetch(%'"
                    " AND state = 'active'"))


lines = server.get('/stream').body.split(b'\n')
equal(lines.pop(), b'', 'each line has its end')
objects = [json.loads(line) for line in lines]
equal(len(objects), ARTICLES * 9 // 10, 'all published articles')
ok(all(o['published'] and o['author'] and len(o['tags']) == 3 for o in objects), 'each with its author and tags')
equal([o['id'] for o in objects], sorted((o['id'] for o in objects), reverse=True), 'in their order')
resident = server.resident()
for _ in range(5):
    server.get('/stream')
ok(server.resident() - resident < slack, 'five more take no memory', server.resident() - resident)

# Clients that read a little and then nothing: the server waits, with little in hand, and then drops them.
psql("UPDATE blog_article SET content = repeat('x', 2000)", database)
resident = server.resident()
stalled = []
for _ in range(3):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(('127.0.0.1', server.port))
    connection.sendall(b'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
    connection.recv(1000)
    stalled.append(connection)
time.sleep(1)
ok(server.resident() - resident < slack, 'clients that do not read take little memory', server.resident() - resident)
equal(server.get('/').status, 404, 'others are served meanwhile')
ok(until(lambda: active() == 0, 20), 'after the time-out their statements are cancelled', active())
equal(server.get('/stats').status, 200, 'and their connections are free again')
for connection in stalled:
    connection.close()

# Clients that go away in the middle.
for _ in range(10):
    with server.connect() as connection:
        connection.sendall(b'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
        connection.recv(100000)
ok(until(lambda: active() == 0, 20), 'clients that go away leave nothing behind')
equal(server.get('/articles/1').status, 200, 'the server goes on')

# An error before the first row has its status; one after it cuts the connection, so that nobody takes a part for the whole.
psql('ALTER TABLE blog_article RENAME TO away', database)
equal(server.get('/stream').status, 500, 'an error before the first row has its status')
psql('ALTER TABLE away RENAME TO blog_article', database)
with server.connect() as connection:
    connection.sendall(b'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
    received = connection.recv(1000)
    psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active' AND query LIKE '%fetch%'")
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
ok(b' 200 ' in received[:20] and not received.endswith(b'0\r\n\r\n'), 'one after it: the last chunk never comes', received[-50:])
equal(raw(server, b'GET /stats HTTP/1.0\r\n\r\n')[9:12], b'200', 'the server goes on')
empty = new_database('bolt_orm_http_stream_empty', 1)
psql('UPDATE blog_article SET published = false', empty)
none = Server(empty)
answer = none.get('/stream')
equal((answer.status, answer.body), (200, b''), 'no rows: an empty stream')
equal(none.stop(), (0, []), 'the other server ends well')

finish(server)
