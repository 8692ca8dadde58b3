#!/usr/bin/env python3
"""Connections: kept alive, pipelined, idle by the thousand, and the server's end."""

import http.client
import re
import resource
import socket
import subprocess
import threading
import time

from blog import PATIENCE, SANITIZED, Server, equal, finish, new_database, ok, psql, read_all, until

database = new_database('bolt_orm_http_connections', 100)
server = Server(database, '--idle-timeout', '20')

# ---- one after the other, and all at once ----

connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=PATIENCE)
statuses = [server.request(method, path, body, connection=connection).status for method, path, body in [
    ('GET', '/articles', None), ('GET', '/articles/abc', None), ('POST', '/articles', {}), ('DELETE', '/articles', None),
    ('HEAD', '/articles/7', None), ('GET', '/stream', None), ('GET', '/stats', None)]]
equal(statuses, [200, 404, 400, 405, 200, 200, 200], 'requests of all kinds over one connection')
connection.close()

with server.connect() as connection:
    asked = [1 + i * 7 % 90 for i in range(200)]
    requests = b''.join(b'GET /articles/%d HTTP/1.1\r\nHost: x\r\n\r\n' % i for i in asked)
    connection.sendall(requests + b'GET /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    received = read_all(connection)
equal([int(i) for i in re.findall(rb'\r\n\r\n\{"id":(\d+)', received)], asked, '200 pipelined requests are answered in their order')
ok(received.rstrip().endswith(b'}') and b'"total"' in received[-200:], 'and the one behind them', received[-200:])
with server.connect() as connection:
    for byte in b'GET /articles/7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n':
        connection.sendall(bytes([byte]))
    ok(read_all(connection).startswith(b'HTTP/1.1 200'), 'a request that comes byte by byte')

# ---- idle ones ----

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
wanted = min(10000, hard - 200)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted + 200), hard))
resident = server.resident()
idle = []
for i in range(wanted):
    one = socket.socket()
    one.connect((f'127.0.0.{1 + i % 8}' if False else '127.0.0.1', server.port))
    idle.append(one)
start = time.monotonic()
equal([server.get('/articles/7').status for _ in range(20)], [200] * 20, f'with {wanted} idle connections others are served')
ok(time.monotonic() - start < (10 if SANITIZED else 3), 'as fast as ever', time.monotonic() - start)
ok(SANITIZED or (server.resident() - resident) / wanted < 8, 'an idle connection takes less than 8 kB', (server.resident() - resident) / wanted)
idle[0].settimeout(40)
equal(idle[0].recv(1), b'', 'after the time-out they are closed')
for one in idle:
    one.close()
equal(server.get('/articles/7').status, 200, 'and the server goes on')

# ---- the end ----

psql("""CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END';
    CREATE TRIGGER slow BEFORE INSERT ON blog_article FOR EACH ROW EXECUTE FUNCTION slow()""", database)
answers = []


def post():
    answers.append(server.post('/articles', {'title': 'last', 'content': 'x', 'author_id': 1}))


posts = [threading.Thread(target=post) for _ in range(6)]
for thread in posts:
    thread.start()
ok(until(lambda: psql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active' AND query LIKE '%bolt.run%'")
         != '0'), 'requests are under way')
time.sleep(0.3)
server.terminate()
time.sleep(0.3)
try:
    server.connect().close()
    refused = False
except ConnectionRefusedError:
    refused = True
ok(refused, 'after SIGTERM no more are accepted')
for thread in posts:
    thread.join()
equal([answer.status for answer in answers], [201] * 6, 'what is under way is finished')
ok(all(answer.headers.get('Connection') == 'close' for answer in answers), 'and told that it was the last')
equal(psql("SELECT count(*) FROM blog_article WHERE title = 'last'", database), '6', 'and done')

# 400 clients at the moment of SIGTERM: answered, or refused; what was accepted is not dropped. Those whom the kernel had
# let in, but the server had not accepted yet, are reset: more of them on a busy machine.
other = Server(database)
fates = []


def ask(number):
    try:
        with other.connect() as client:
            client.sendall(b'GET /articles/%d HTTP/1.1\r\nHost: x\r\n\r\n' % (1 + number % 90))
            fates.append(client.recv(12).decode() or 'dropped')
    except ConnectionRefusedError:
        fates.append('refused')
    except ConnectionResetError:
        fates.append('reset')


clients = [threading.Thread(target=ask, args=(i,)) for i in range(400)]
for i, client in enumerate(clients):
    client.start()
    if i == 200:
        other.terminate()
for client in clients:
    client.join()
print(f'# {({fate: fates.count(fate) for fate in set(fates)})}')
ok(fates.count('dropped') == 0 and fates.count('reset') < 40, 'what comes while the server ends is answered or refused', set(fates))
equal(other.stop(), (0, []), 'and it ends well')

# Requests that outlive the server's patience: dropped, with what they wait for.
stuck = Server(database)
locker = subprocess.Popen(['psql', '-X', '-q', '-d', database, '-c', 'BEGIN; LOCK TABLE blog_article', '-c', 'SELECT pg_sleep(60)'])
waiting = []


def stuck_count():
    return int(psql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'"))


ok(until(lambda: psql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation IS NOT NULL") != '0'), 'a table is locked')
for method, path, body in [('GET', '/articles/7', b''), ('GET', '/stream', b''), ('PATCH', '/articles/7', b'{"title": "x"}'), ('DELETE', '/articles/8', b'')]:
    client = stuck.connect()
    client.sendall(f'{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n'.encode() + body)
    waiting.append(client)
ok(until(lambda: stuck_count() > 0), 'requests wait for it')

# a client that leaves cancels its statement
leaving = [stuck.connect() for _ in range(4)]
for client in leaving:
    client.sendall(b'GET /articles/9 HTTP/1.1\r\nHost: x\r\n\r\n')
time.sleep(0.5)
before = stuck_count()
for client in leaving:
    client.close()
for client in waiting[:3]:
    client.close()
ok(until(lambda: stuck_count() <= 1, 5), 'those whose client leaves are cancelled', before, stuck_count())
equal(stuck.stop(), (0, []), 'a server whose requests do not end ends all the same')
locker.kill()
locker.wait()
psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")

finish(server)
