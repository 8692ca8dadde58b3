#!/usr/bin/env python3
"""The blog's server under a mix of reads and writes while backends are killed and the database is restarted; "make soak-http" calls it.

    soak.py [MINUTES]       default 10, with BENCH_QUICK=1 one

Each answer is held against what it has to say: the articles of examples/blog.sql are known, those written here are remembered. What may
happen besides: 503 and 504 while a fault lasts and shortly after (a write answered so may have been done or not, and both are
remembered). In the end the database is held against what was answered. Exit status: 0 if nothing was wrong, lost or hanging and the server's
memory stayed flat. Writes ../report/http-soak.md and .svg.
"""

import http.client
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter

import servers
from report import Drawing

QUICK = os.environ.get('BENCH_QUICK', '0') not in ('', '0')
MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 1 if QUICK else 10
SECONDS = MINUTES * 60
CLIENTS = 12
PATIENCE = 40  # seconds: what takes longer hangs; the server's own time-outs are shorter
GRACE = 3  # seconds after a fault in which 503 and 504 are still its doing
KILL_EVERY, CRASH_EVERY, RESTART_EVERY = 5, 150, 120
ARTICLES, ACCOUNTS, BALANCE, USERS = 50000, 1000, 100000, 2000
FLAT = 1.10  # the last quarter's memory over the second's, at most; and a megabyte
CLUSTER = os.path.join(servers.FOLDER, '../../scripts/cluster')
REPORT = os.path.join(servers.FOLDER, '../report')


def say(*words):
    print('soak-http:', *words, file=sys.stderr, flush=True)


# ---- what is known of the articles ----


def author(number):
    return {'id': number, 'username': f'user{number}', 'email': f'user{number}@example.com'}


def tags(numbers):
    return [{'id': number, 'name': f'tag-{number}'} for number in sorted(numbers)]


def known(number):
    """An article of examples/blog.sql as a list shows it, without its moment."""
    its_author = 1 + number * 7919 % USERS
    return {
        'id': number,
        'title': f'Article number {number}',
        'published': number % 10 != 0,
        'comment_count': 8,
        'author_id': its_author,
        'author': author(its_author),
        'tags': tags(1 + (number * 31 + k * 67) % 200 for k in range(3)),
    }


def known_comments(number):
    return [
        (f'Comment {k} on article {number} with some text in it', author(1 + (number * 13 + k * 101) % USERS)) for k in range(1, 9)
    ]


def is_known(article, detail=False):
    """Whether an answer has exactly that article."""
    number = article['id']
    shown = {name: value for name, value in article.items() if name not in ('created_at', 'content', 'draft', 'comments')}
    shown['tags'] = sorted(shown['tags'], key=lambda tag: tag['id'])
    if shown != known(number):
        return False
    if not detail:
        return True
    comments = sorted((comment['text'], comment['author']) for comment in article['comments'])
    return article['content'] == 'Lorem ipsum "dolor" sit amet. ' * 10 and comments == known_comments(number)


# ---- faults ----


class Faults(threading.Thread):
    """Kills backends and restarts the database, and remembers when."""

    def __init__(self, until):
        super().__init__(daemon=True)
        self.until = until
        self.windows = []
        self.counts = Counter()
        self.started = time.monotonic()

    def excuse(self, begin, end):
        """Whether a request of that time met a fault."""
        return any(begin <= last + GRACE and end >= first for first, last in list(self.windows))

    def during(self, name, act):
        window = [time.monotonic(), float('inf')]
        self.windows.append(window)
        act()
        window[1] = time.monotonic()
        self.counts[name] += 1

    def run(self):
        turn = 0
        restarts = max(RESTART_EVERY, 1) if SECONDS > 2 * RESTART_EVERY else SECONDS / 3
        crashes = CRASH_EVERY if SECONDS > 2 * CRASH_EVERY else SECONDS / 1.5
        next_restart, next_crash = self.started + restarts, self.started + crashes
        while time.monotonic() < self.until - 5:
            time.sleep(KILL_EVERY)
            turn += 1
            now = time.monotonic()
            if now >= next_restart:
                next_restart = now + restarts
                self.during('restarts of the database', restart)
            elif now >= next_crash:
                next_crash = now + crashes
                self.during('backends killed with SIGKILL, so that the database recovers', crash)
            elif turn % 6 == 0:
                self.during('times all backends terminated', lambda: terminate('true'))
            else:
                self.during('backends terminated', lambda: terminate('random() < 0.2 ORDER BY random() LIMIT 1'))


def terminate(which):
    servers.psql(
        'SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity'
        f" WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND {which}) some_of",
        check=False,
    )


def restart():
    for what in 'stop', 'start':
        subprocess.run([CLUSTER, what], check=True, stdout=subprocess.DEVNULL)


def crash():
    backend = servers.psql(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        ' AND pid <> pg_backend_pid() LIMIT 1'
    )
    if backend:
        os.kill(int(backend), signal.SIGKILL)
    time.sleep(0.2)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and servers.psql('SELECT 1', check=False) != '1':
        time.sleep(0.1)


# ---- clients ----


class Client(threading.Thread):
    """Asks one thing after the other over a connection of its own. Nobody else writes its articles."""

    def __init__(self, number, server, faults, until):
        super().__init__(daemon=True)
        self.number = number
        self.server = server
        self.faults = faults
        self.until = until
        self.random = random.Random(number)
        self.connection = None
        self.answers = Counter()
        self.wrong = []
        self.longest = 0.0
        self.turn = 0
        self.alive = {}  # id: the states it may be in; None among them: it may be gone
        self.gone = set()
        self.uncertain = []  # titles of which it is not known whether they were created

    def ask(self, method, path, body=None):
        """Status and body; a status of 503 or 504 outside of a fault is wrong, as is no answer at all."""
        begin = time.monotonic()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=PATIENCE)
            self.connection.request(
                method, path, None if body is None else json.dumps(body), {} if body is None else {'Content-Type': 'application/json'}
            )
            response = self.connection.getresponse()
            status, text = response.status, response.read()
            if response.will_close:
                self.close()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            end = time.monotonic()
            cut = isinstance(error, http.client.IncompleteRead) and path == '/stream' and self.faults.excuse(begin, end)
            self.answers['stream cut in a fault' if cut else f'no answer: {error!r}'] += 1
            if not cut:
                self.complain(method, path, f'no answer after {end - begin:.1f} s: {error!r}')
            return None, b''
        end = time.monotonic()
        self.longest = max(self.longest, end - begin)
        self.answers[status] += 1
        if status in (503, 504):
            if not self.faults.excuse(begin, end):
                self.complain(method, path, f'{status} without a fault: {text[:300]!r}')
            return None, text
        return status, text

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def complain(self, *words):
        self.wrong.append((round(time.monotonic() - self.faults.started, 1), *words))

    def expect(self, good, *words):
        if not good:
            self.complain(*words)

    def run(self):
        choices = [self.get_known] * 40 + [self.get_list] * 12 + [self.get_page] * 2 + [self.get_stats]
        choices += [self.transfer] * 10 + [self.create] * 12 + [self.patch] * 10 + [self.get_own] * 8 + [self.delete] * 6
        while time.monotonic() < self.until:
            self.turn += 1
            try:
                if self.turn % 3000 == 100 + self.number * 200:
                    self.stream()
                else:
                    self.random.choice(choices)()
            except (ValueError, KeyError, TypeError) as error:
                self.complain('an answer that could not be read', repr(error))
        self.close()

    # reads

    def get_known(self):
        number = self.random.randint(1, ARTICLES)
        status, body = self.ask('GET', f'/articles/{number}')
        if status is not None:
            article = json.loads(body)
            self.expect(status == 200 and article['id'] == number and is_known(article, True), 'GET article', number, status, body[:300])

    def get_list(self):
        status, body = self.ask('GET', '/articles/cursor?page_size=20')
        pages = self.random.randint(0, 2)
        while status is not None:
            page = json.loads(body)
            items = page['items']
            places = [(item['created_at'], item['id']) for item in items]
            good = status == 200 and len(items) == 20 and places == sorted(places, reverse=True)
            good = good and all(is_known(item) for item in items if item['id'] <= ARTICLES)
            self.expect(good, 'GET list', status, body[:300])
            if pages == 0 or not good:
                return
            pages -= 1
            last = places[-1]
            status, body = self.ask('GET', f'/articles/cursor?page_size=20&after={page["next"]}')
            if status == 200:
                first = json.loads(body)['items'][0]
                self.expect((first['created_at'], first['id']) < last, 'a page that begins before the end of the last', first, last)

    def get_page(self):
        number = self.random.randint(500, 1500)  # behind what is being written
        status, body = self.ask('GET', f'/articles?page={number}&page_size=20&ordering=-id')
        if status is not None:
            page = json.loads(body)
            good = status == 200 and page['page'] == number and len(page['items']) == 20 and page['total'] >= ARTICLES
            self.expect(good and all(is_known(item) for item in page['items'] if item['id'] <= ARTICLES), 'GET page', status, body[:300])

    def get_stats(self):
        status, body = self.ask('GET', '/stats')
        if status is not None:
            stats = json.loads(body)
            self.expect(status == 200 and stats['total'] >= ARTICLES and stats['published'] >= 45000, 'GET stats', status, body)

    def stream(self):
        status, body = self.ask('GET', '/stream')
        if status is not None:
            lines = body.splitlines()
            found = [json.loads(line) for line in lines]
            olds = [article for article in found if article['id'] <= ARTICLES]
            good = status == 200 and len(olds) == 45000 and len({article['id'] for article in found}) == len(found)
            self.expect(good and all(is_known(article) for article in olds), 'GET stream', status, len(lines))

    # writes

    def transfer(self):
        source, target = self.random.sample(range(1, ACCOUNTS + 1), 2)
        status, body = self.ask('POST', '/transfer', {'from': source, 'to': target, 'amount': self.random.randint(1, 50)})
        if status is not None:
            accounts = json.loads(body)
            good = status == 200 and [account['id'] for account in accounts] == sorted([source, target])
            self.expect(good and all(account['balance'] >= 0 for account in accounts), 'POST transfer', status, body[:300])

    def new_state(self):
        return {
            'title': f'soak {self.number} {self.turn}',
            'content': f'content {self.random.random()}',
            'author_id': self.random.randint(1, USERS),
            'published': self.random.random() < 0.5,
            'tags': sorted(self.random.sample(range(1, 201), self.random.randint(0, 4))),
        }

    def is_state(self, article, state):
        shown = {name: article[name] for name in ('title', 'content', 'author_id', 'published')}
        shown['tags'] = sorted(tag['id'] for tag in article['tags'])
        return shown == state and article['author'] == author(state['author_id']) and article['comments'] == []

    def create(self):
        state = self.new_state()
        status, body = self.ask('POST', '/articles', state)
        if status is None:
            self.uncertain.append(state['title'])
            return
        article = json.loads(body)
        good = status == 201 and self.is_state(article, state)
        self.expect(good, 'POST article', status, body[:300])
        if good:
            self.alive[article['id']] = [state]

    def own(self):
        return self.random.choice(list(self.alive)) if self.alive else None

    def patch(self):
        number = self.own()
        if number is None:
            return
        change = {name: value for name, value in self.new_state().items() if name in self.random.sample(['title', 'content', 'published', 'tags'], 2)}
        status, body = self.ask('PATCH', f'/articles/{number}', change)
        before = self.alive[number]
        after = [{**state, **change} for state in before if state is not None]
        if status is None:
            self.alive[number] = before + [state for state in after if state not in before]
        elif status == 404 and None in before:
            self.forget(number)
        else:
            article = json.loads(body)
            fitting = [state for state in after if status == 200 and self.is_state(article, state)]
            self.expect(fitting, 'PATCH article', number, status, body[:300], after)
            self.alive[number] = fitting or after

    def get_own(self):
        number = self.own()
        if number is None:
            return
        status, body = self.ask('GET', f'/articles/{number}')
        if status == 404 and None in self.alive[number]:
            self.forget(number)
        elif status is not None:
            article = json.loads(body)
            fitting = [state for state in self.alive[number] if state is not None and status == 200 and self.is_state(article, state)]
            self.expect(fitting, 'GET what was written', number, status, body[:300], self.alive[number])
            self.alive[number] = fitting or self.alive[number]

    def delete(self):
        number = self.own()
        if number is None or len(self.alive) < 20:
            return
        status, body = self.ask('DELETE', f'/articles/{number}')
        if status is None:
            self.alive[number] = self.alive[number] + [None]
            return
        self.expect(status == 204 or (status == 404 and None in self.alive[number]), 'DELETE', number, status, body[:300])
        self.forget(number)
        status, body = self.ask('GET', f'/articles/{number}')
        self.expect(status in (404, None), 'GET what was deleted', number, status, body[:300])

    def forget(self, number):
        del self.alive[number]
        self.gone.add(number)


# ---- memory ----


class Memory(threading.Thread):
    """Resident memory of the server's processes, each second, in MB."""

    def __init__(self, server, until):
        super().__init__(daemon=True)
        self.server = server
        self.until = until
        self.samples = []

    def run(self):
        begin = time.monotonic()
        while time.monotonic() < self.until:
            self.samples.append((time.monotonic() - begin, sum(resident(pid) for pid in children(self.server.process.pid)) / 1024))
            time.sleep(1)

    def quarter(self, number):
        length = len(self.samples) // 4
        return statistics.median(size for _, size in self.samples[number * length : (number + 1) * length])


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children') as file:
        return [int(child) for child in file.read().split()]


def resident(pid):
    try:
        with open(f'/proc/{pid}/status') as file:
            return int(re.search(r'VmRSS:\s+(\d+)', file.read()).group(1))
    except (OSError, AttributeError):
        return 0


# ---- the end ----


def compare_with_database(clients):
    """What the database has that nobody was told, or has not that somebody was."""
    wrong = []
    rows = servers.psql(
        "SELECT json_build_object('id', a.id, 'title', title, 'content', content, 'author_id', author_id, 'published', published, 'tags',"
        " (SELECT coalesce(json_agg(tag_id ORDER BY tag_id), '[]') FROM blog_article_tags WHERE article_id = a.id))"
        f' FROM blog_article a WHERE id > {ARTICLES}'
    )
    found = {row.pop('id'): row for row in map(json.loads, rows.splitlines())}
    uncertain = {title for client in clients for title in client.uncertain}
    for client in clients:
        for number, states in client.alive.items():
            if found.pop(number, None) not in states:
                wrong.append(('lost or changed', number, states))
        wrong += [('deleted, and there', number) for number in client.gone if number in found]
    for number, state in found.items():
        if state['title'] not in uncertain:
            wrong.append(('nobody wrote it', number, state))
        uncertain.discard(state['title'])  # once is possible, twice is not
    old = servers.psql(f'SELECT count(*), sum(comment_count) FROM blog_article WHERE id <= {ARTICLES}')
    if old != f'{ARTICLES}|{ARTICLES * 8}':
        wrong.append(('articles that nobody wrote have changed', old))
    balance = servers.psql("SELECT count(*), sum(balance) FROM blog_account")
    if balance != f'{ACCOUNTS}|{ACCOUNTS * BALANCE}':
        wrong.append(('money was lost or made', balance))
    return wrong


def plot(memory, answers_a_second, faults):
    """Memory over the time, and when there were restarts and crashes."""
    drawing = Drawing()
    left, right, top, bottom = 60, 840, 50, 250
    most = max(size for _, size in memory.samples) * 1.2
    drawing.text(10, 25, f'blog-server: resident memory of its processes, MB; {answers_a_second:.0f} answers/s, grey: faults', 14, weight='bold')
    for window in faults.windows:
        x = left + (window[0] - faults.started) / SECONDS * (right - left)
        drawing.line(x, top, x, bottom, '#d0d7de', 2 if window[1] - window[0] > 0.3 else 0.7)
    for share in range(5):
        y = bottom - share / 4 * (bottom - top)
        drawing.line(left, y, right, y, '#eaeef2')
        drawing.text(left - 8, y + 4, f'{most * share / 4:.0f}', 10, 'end', fill='#57606a')
    for share in range(6):
        drawing.text(left + share / 5 * (right - left), bottom + 16, f'{MINUTES * share / 5:.1f} min', 10, 'middle', fill='#57606a')
    points = ' '.join(
        f'{left + second / SECONDS * (right - left):.1f},{bottom - size / most * (bottom - top):.1f}' for second, size in memory.samples
    )
    drawing.parts.append(f'<polyline points="{points}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>')
    drawing.y = bottom + 20
    return str(drawing)


def report(clients, faults, memory, wrong, seconds):
    answers = sum((client.answers for client in clients), Counter())
    total = sum(answers.values())
    second, last = memory.quarter(1), memory.quarter(3)
    flat = last <= second * FLAT + 1
    lines = [
        '# HTTP: soak',
        '',
        f'`make soak-http`, {time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())}: {seconds / 60:.1f} minutes, {CLIENTS} clients with a connection'
        f' each, examples/blog with 2 processes of 4 database connections, {os.cpu_count()} cores. {total:,} answers, {total / seconds:,.0f} a second.',
        '',
        '![Memory](http-soak.svg)',
        '',
        '| | |',
        '| --- | --- |',
        f'| wrong, lost or hanging | {len(wrong) or "none"} |',
        f'| longest wait for an answer | {max(client.longest for client in clients):.1f} s |',
        f'| memory of the server, medians of the quarters | {", ".join(f"{memory.quarter(n):.1f}" for n in range(4))} MB: {"flat" if flat else "NOT flat"} |',
        *(f'| {name} | {count} |' for name, count in sorted(faults.counts.items())),
        *(f'| answers: {status} | {count:,} |' for status, count in sorted(answers.items(), key=str)),
        '',
        'Every answer is held against what it has to say, and in the end the database against what was answered: each article, each deletion, the'
        f' sum of all accounts. 503 and 504 are allowed from the beginning of a fault to {GRACE} s after its end, 404 for what was deleted.',
        '',
    ]
    lines += [f'- {complaint!r}'[:600] for complaint in wrong[:20]]
    folder = os.path.join(REPORT, 'partial') if MINUTES < 5 else REPORT
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'http-soak.md'), 'w') as file:
        file.write('\n'.join(lines))
    with open(os.path.join(folder, 'http-soak.svg'), 'w') as file:
        file.write(plot(memory, total / seconds, faults))
    print('\n'.join(lines))
    return flat


def main():
    status = subprocess.run([CLUSTER, 'status'], capture_output=True)
    place = subprocess.run([CLUSTER, 'env'], capture_output=True, text=True).stdout
    if status.returncode != 0 or os.environ.get('PGHOST', '') not in place:
        sys.exit('soak-http: the database is restarted, so it has to be the private cluster of this checkout')
    os.makedirs(os.path.join(servers.FOLDER, 'build'), exist_ok=True)
    # A commit that was answered has to survive the crashes here.
    servers.psql(f'ALTER DATABASE {os.environ["PGDATABASE"]} SET synchronous_commit = on')
    server = servers.bolt_orm(2, 4)
    until = time.monotonic() + SECONDS
    faults = Faults(until)
    memory = Memory(server, until)
    clients = [Client(number, server, faults, until) for number in range(CLIENTS)]
    begin = time.monotonic()
    for thread in [*clients, memory, faults]:
        thread.start()
    while time.monotonic() < until:
        time.sleep(min(30, SECONDS / 6))
        answers = sum(client.turn for client in clients)
        say(
            f'{time.monotonic() - begin:.0f} s: {answers:,} turns, {sum(len(client.wrong) for client in clients)} wrong,'
            f' {memory.samples[-1][1]:.1f} MB, {sum(faults.counts.values())} faults'
        )
    for client in clients:
        client.join(PATIENCE + 20)
    hanging = [('a client hangs', client.number, client.turn) for client in clients if client.is_alive()]
    seconds = time.monotonic() - begin
    faults.join(PATIENCE)
    wrong = hanging + [complaint for client in clients for complaint in client.wrong]
    if not hanging:
        wrong += compare_with_database(clients)
    flat = report(clients, faults, memory, wrong, seconds)
    server.stop()
    if server.process.returncode != 0:
        say(f'the server ended with {server.process.returncode}')
    sys.exit(0 if flat and not wrong and server.process.returncode == 0 else 1)


main()
