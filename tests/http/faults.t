#!/usr/bin/env python3
"""The database goes away in every way that it can: 503 or 504 then, and all is well again after."""

import os
import subprocess
import threading
import time

from blog import ROOT, SANITIZED, Server, equal, finish, new_database, ok, psql, until

database = new_database('bolt_orm_http_faults', 500)
server = Server(database, '--connections', '2')
article = {'title': 'a', 'content': 'b', 'author_id': 1, 'tags': [1]}


cluster = os.path.join(ROOT, 'scripts/cluster')
is_private = subprocess.run([cluster, 'status'], capture_output=True).returncode == 0


def kill_backends():
    psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()")


def works():
    return server.get('/articles/7').status == 200


# ---- backends killed under load ----

stop = threading.Event()
seen = {}
wrong = []
created = []
lock = threading.Lock()


def load(number):
    turn = number
    while not stop.is_set():
        turn += 1
        wanted = 1 + turn * 31 % 499
        if turn % 10 == 0:
            answer = server.post('/articles', {**article, 'title': f'{number}-{turn}'})
            good = answer.status == 201 and answer.json['title'] == f'{number}-{turn}'
            if good:
                with lock:
                    created.append(answer.json['id'])
        elif turn % 500 == 3:
            answer = server.get('/stream')
            good = answer.status == 200 and answer.body.count(b'\n') >= 450 or answer.status == 'cut'
        elif turn % 10 == 2:
            title = f'patched {number} {turn}'
            answer = server.request('PATCH', f'/articles/{wanted}', {'title': title, 'tags': [1 + turn % 200]})
            good = answer.status == 200 and answer.json['title'] == title and [tag['id'] for tag in answer.json['tags']] == [1 + turn % 200]
        elif turn % 10 == 1:
            answer = server.post('/transfer', {'from': 1 + turn % 100, 'to': 1 + (turn + 7) % 100, 'amount': 1})
            good = answer.status == 200 and len(answer.json) == 2
        else:
            answer = server.get(f'/articles/{wanted}')
            good = answer.status == 200 and answer.json['id'] == wanted and len(answer.json['comments']) == 8
        with lock:
            seen[answer.status] = seen.get(answer.status, 0) + 1
            if not good and (answer.status != 503 or answer.json is None):
                wrong.append((turn, answer))


threads = [threading.Thread(target=load, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
time.sleep(2)
resident = server.resident()
seconds = int(os.environ.get('BLOG_FAULT_SECONDS', '8'))
restarts = 0
for turn in range(seconds * 4):
    time.sleep(0.25)
    kill_backends()
    if turn % 240 == 239 and is_private:  # each minute, so in long runs only
        subprocess.run([cluster, 'stop'], check=True, stdout=subprocess.DEVNULL)
        time.sleep(1)
        subprocess.run([cluster, 'start'], check=True, stdout=subprocess.DEVNULL)
        restarts += 1
stop.set()
for thread in threads:
    thread.join()
grown = server.resident() - resident
print(f'# {seen}, {restarts} restarts, memory {grown:+} kB')
ok(SANITIZED or grown < 8000, 'memory stays flat', grown)
equal(wrong[:3], [], 'while backends are killed each answer is right, or 503')
ok(seen.get(200, 0) > 50, 'most are right', seen)
equal(psql(f'SELECT count(*) FROM blog_article WHERE id = ANY(\'{{{",".join(map(str, created)) or 0}}}\')', database), str(len(created)),
      'what was said to be created is there')
equal(psql('SELECT sum(balance) FROM blog_account', database), str(1000 * 100000), 'and no money is lost or made')
ok(until(works, 10), 'after that all is well')

# ---- the database is restarted ----

if is_private:
    subprocess.run([cluster, 'stop'], check=True, stdout=subprocess.DEVNULL)
    start = time.monotonic()
    answer = server.get('/articles/7')
    equal((answer.status, answer.json['error']['code'] in ('OPERATIONAL_ERROR', 'POOL_TIMEOUT')), (503, True), 'without a database: 503')
    ok(time.monotonic() - start < 10, 'soon', time.monotonic() - start)
    equal(answer.headers.get('Retry-After'), '1', 'to be tried again')
    ok('socket' not in answer.body.decode() and '/' not in answer.json['errors'][0]['message'], 'the client is not told where it is', answer)
    equal(server.post('/articles', article).status, 503, 'also when writing')
    equal(server.get('/stream').status, 503, 'also streams')
    subprocess.run([cluster, 'start'], check=True, stdout=subprocess.DEVNULL)
    ok(until(works, 20), 'with the database comes the service')

# ---- too slow, too many ----

psql("""CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
    CREATE TRIGGER slow BEFORE INSERT ON blog_article FOR EACH ROW EXECUTE FUNCTION slow()""", database)
psql(f"ALTER DATABASE {database} SET statement_timeout = '1s'")
kill_backends()
until(works, 10)
answer = server.post('/articles', article)
equal((answer.status, answer.json['error']['code']), (504, 'TIMEOUT'), "the server's statement_timeout: 504")
psql(f"ALTER DATABASE {database} RESET statement_timeout")
psql(f"ALTER DATABASE {database} CONNECTION LIMIT 0")
psql('DROP ROLE IF EXISTS bolt_orm_http; CREATE ROLE bolt_orm_http LOGIN')
crowded = Server(database, environment={'PGUSER': 'bolt_orm_http'})
answer = crowded.get('/articles/7')
equal(answer.status, 503, 'no connection is to be had: 503')
psql(f"ALTER DATABASE {database} CONNECTION LIMIT -1")
ok(until(lambda: crowded.get('/articles/7').status == 403, 20), 'without the right to read: 403', crowded.get('/articles/7'))
equal(crowded.stop(), (0, []), 'the other server ends well')
psql(f'DROP OWNED BY bolt_orm_http', database)
psql('DROP ROLE bolt_orm_http')

# ---- a process of the server is killed ----

victim = server.children()[0]
os.kill(victim, 9)
ok(until(lambda: len(server.children()) == 2 and victim not in server.children(), 10), 'a process that dies is started again')
ok(until(works, 10), 'and serves')
code, found = server.stop()
equal((code, [line for line in found if 'has ended' not in line]), (0, []), 'the server ends with 0 and nothing to complain about')

from blog import done  # noqa: E402

done()
