"""Asks all servers the same, one after the other in turns, and writes the report.

HTTP_SECONDS (10) a turn, HTTP_ROUNDS (3), HTTP_CONCURRENCY ("16 256"), HTTP_PROCESSES (2), HTTP_CONNECTIONS (4) a process, HTTP_ONLY
(endpoints); BENCH_QUICK=1: one round of 3 seconds.
"""

import os
import resource
import statistics
import subprocess
import sys
import time

import report
import servers
from endpoints import ENDPOINTS, normalise

QUICK = os.environ.get('BENCH_QUICK', '0') not in ('', '0')
SECONDS = int(os.environ.get('HTTP_SECONDS') or (3 if QUICK else 10))
ROUNDS = int(os.environ.get('HTTP_ROUNDS') or (1 if QUICK else 3))
CONCURRENCY = [int(number) for number in os.environ.get('HTTP_CONCURRENCY', '16 256').split()]
PROCESSES = int(os.environ.get('HTTP_PROCESSES', '2'))
CONNECTIONS = int(os.environ.get('HTTP_CONNECTIONS', '4'))
ONLY = os.environ.get('HTTP_ONLY', '').split()
STATEMENT_REQUESTS = 20


def say(*words):
    print('bench-http:', *words, file=sys.stderr, flush=True)


def settle():
    """Until what wrk left behind unanswered is done: nothing at work in the database, several times in a row."""
    quiet, end = 0, time.monotonic() + 60
    while quiet < 4 and time.monotonic() < end:
        time.sleep(0.1)
        busy = servers.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        quiet = quiet + 1 if busy == '0' else 0


def clean_up():
    """Takes back what the endpoint has written."""
    servers.psql(
        'DELETE FROM blog_article_tags WHERE article_id > 50000; DELETE FROM blog_article WHERE id > 50000;'
        'UPDATE blog_account SET balance = 100000 WHERE balance <> 100000'
    )
    servers.psql('VACUUM ANALYZE blog_article, blog_article_tags, blog_account')


def verify(endpoint, running, requests):
    """Each server's answer to each request is compared with the first one's. Ends the program where they differ."""
    key, _, _, status, compared = endpoint
    for number in range(compared):
        expected = None
        for server in running:
            method, path, body = requests[server.key][number % len(requests[server.key])]
            if key == 'transfer':
                servers.psql('UPDATE blog_account SET balance = 100000 WHERE balance <> 100000')
            answer = server.request(method, path, body)
            if answer.status != status:
                sys.exit(f'{server.name}: {method} {path}: {answer}')
            meaning = normalise(answer.json, written=key == 'create')
            if expected is None:
                expected = meaning
            elif meaning != expected:
                sys.exit(f'{server.name}: {method} {path}: {meaning}\n{running[0].name}: {expected}')
    return compared


def statements(server, requests):
    """Statements that a request sends, by pg_stat_statements, and rows they bring."""
    for method, path, body in requests[:STATEMENT_REQUESTS]:
        server.request(method, path, body)  # all connections are there
    servers.psql('SELECT pg_stat_statements_reset()')
    for number in range(STATEMENT_REQUESTS):
        server.request(*requests[number % len(requests)])
    time.sleep(0.2)
    calls = servers.psql("""SELECT coalesce(sum(calls) FILTER (WHERE toplevel), 0) FROM pg_stat_statements s
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND query NOT LIKE '%pg_stat_statements_reset%'""")
    return int(calls) / STATEMENT_REQUESTS


def used(server, postmaster):
    """Seconds of processor time of the server, the database and wrk so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return server.processor_time(), servers.processor_time_of_tree(postmaster), children.ru_utime + children.ru_stime


def turn(server, requests_file, concurrency, seconds, seed, postmaster):
    """A turn of wrk: a dictionary of what was measured."""
    before = used(server, postmaster)
    run = subprocess.run(
        [
            *('wrk', '-t1', f'-c{concurrency}', f'-d{seconds}s', '--timeout', '20s'),
            *('-s', os.path.join(servers.FOLDER, 'requests.lua'), f'http://127.0.0.1:{server.port}/'),
            *('--', requests_file, str(seed)),
        ],
        capture_output=True,
        text=True,
    )
    after = used(server, postmaster)
    settle()
    line = next((line for line in run.stdout.splitlines() if line.startswith('measured\t')), None)
    if line is None:
        sys.exit(f'wrk: {run.stdout}{run.stderr}')
    count, duration, p50, p99, statuses, failures = (float(field) for field in line.split('\t')[1:])
    if count == 0:
        sys.exit(f'{server.name} has answered nothing')
    return {
        'requests_s': count / duration,
        'p50_ms': p50 / 1000,
        'p99_ms': p99 / 1000,
        'server_us': (after[0] - before[0]) * 1e6 / count,
        'database_us': (after[1] - before[1]) * 1e6 / count,
        'wrk_us': (after[2] - before[2]) * 1e6 / count,
        'errors': int(statuses + failures),
    }


def write_requests(server, endpoint, requests):
    name = os.path.join(servers.FOLDER, 'build', f'{server.key}.{endpoint}.requests')
    with open(name, 'w') as file:
        for method, path, body in requests:
            file.write(f'{method}\t{path}\t{body or ""}\n')
    return name


def measure(endpoint, running, postmaster):
    """The rows of an endpoint: one a server and number of connections."""
    key, _, make_requests, _, _ = endpoint
    requests = {server.key: make_requests(server) for server in running}
    compared = verify(endpoint, running, requests)
    sent = {server.key: statements(server, requests[server.key]) for server in running}
    files = {server.key: write_requests(server, key, requests[server.key]) for server in running}
    rows = []
    for concurrency in CONCURRENCY:
        turns = {server.key: [] for server in running}
        for server in running:
            turn(server, files[server.key], concurrency, 1, 0, postmaster)  # warm
        for round_number in range(ROUNDS):
            for server in running:
                if key in ('create', 'transfer'):
                    clean_up()
                measured = turn(server, files[server.key], concurrency, SECONDS, round_number + 1, postmaster)
                turns[server.key].append(measured)
                say(
                    f'{key}, {concurrency} connections, round {round_number + 1}: {server.name}'
                    f' {measured["requests_s"]:.0f} requests/s, p50 {measured["p50_ms"]:.2f} ms, p99 {measured["p99_ms"]:.2f} ms'
                )
        for server in running:
            median = {name: statistics.median(one[name] for one in turns[server.key]) for name in turns[server.key][0]}
            median['errors'] = sum(one['errors'] for one in turns[server.key])
            rows.append(
                {
                    'endpoint': key,
                    'concurrency': concurrency,
                    'server': server.key,
                    'statements': sent[server.key],
                    'compared': compared,
                    **median,
                    'turns': ' '.join(f'{one["requests_s"]:.0f}' for one in turns[server.key]),
                }
            )
    clean_up()
    return rows


def conditions():
    def run(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    packages = (
        'import importlib.metadata as m, platform;'
        'print("Django-Bolt", m.version("django-bolt"), "on Django", m.version("django"), "and psycopg", m.version("psycopg")'
        ' + ", Python", platform.python_version())'
    )
    return {
        'date': time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime()),
        'seconds': SECONDS,
        'rounds': ROUNDS,
        'processes': PROCESSES,
        'connections': CONNECTIONS,
        'cores': os.cpu_count(),
        'load': f'{os.getloadavg()[0]:.1f}',
        'postgresql': servers.psql('SHOW server_version').split()[0],
        'django': run(os.path.join(servers.FOLDER, '.venv/bin/python'), '-c', packages),
        'wrk': 'wrk ' + (run('dpkg-query', '-W', '-f', '${Version}', 'wrk') or ''),
        'options': os.environ.get('PGOPTIONS', ''),
        'quick': int(QUICK),
    }


def main():
    os.makedirs(os.path.join(servers.FOLDER, 'build'), exist_ok=True)
    facts = conditions()
    running = []
    rows = []
    try:
        for start in servers.bolt_orm, servers.lateral, servers.django_bolt:
            running.append(start(PROCESSES, CONNECTIONS))
        postmaster = servers.database_server()
        for endpoint in ENDPOINTS:
            if not ONLY or endpoint[0] in ONLY:
                rows += measure(endpoint, running, postmaster)
    finally:
        for server in running:
            server.stop()
    folder = os.path.join(servers.FOLDER, '../report')
    if ONLY or QUICK:  # a part, or a quick look, does not replace the report of all
        folder = os.path.join(folder, 'partial')
    os.makedirs(folder, exist_ok=True)
    report.write(folder, facts, rows, {server.key: server.name for server in running})
    with open(os.path.join(folder, 'http.md')) as file:
        print(file.read())


main()
