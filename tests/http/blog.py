"""The blog's server for the tests of this folder, over sockets and TAP.

Needs the PG* environment of a superuser and nothing that Python does not bring along. Each test has a database of its own and
servers on ports of the kernel's choice; BLOG_SERVER names the program (examples/blog/build/blog-server).
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PROGRAM = os.environ.get('BLOG_SERVER', os.path.join(ROOT, 'examples/blog/build/blog-server'))
SANITIZED = 'asan' in PROGRAM
PATIENCE = 60  # seconds: what takes longer hangs

# ---- TAP ----

_count = 0
_failed = 0


def ok(condition, name, *diagnostics):
    global _count, _failed
    _count += 1
    print(f'{"ok" if condition else "not ok"} {_count} - {name}')
    if not condition:
        _failed += 1
        for diagnostic in diagnostics:
            print(f'# {diagnostic!r}'[:2000])
    sys.stdout.flush()
    return condition


def equal(got, expected, name):
    return ok(got == expected, name, f'got {got!r}', f'expected {expected!r}')


def done():
    print(f'1..{_count}')
    sys.stdout.flush()
    sys.exit(1 if _failed else 0)


# ---- the database ----

def psql(sql, database='postgres', check=True):
    run = subprocess.run(['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database], input=sql,
                         capture_output=True, text=True)
    if check and run.returncode != 0:
        sys.exit(f'{sql[:1000]}: {run.stderr}')
    return run.stdout.strip()


def new_database(name, articles=1000):
    psql(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)')
    psql(f'CREATE DATABASE {name}')
    psql('SET client_min_messages = warning; CREATE EXTENSION bolt_orm', name)
    psql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements', 'postgres')
    for script, *options in [('examples/blog.sql', '-v', f'articles={articles}'), ('examples/blog/schema.sql',)]:
        subprocess.run(['psql', '-X', '-q', '-d', name, '-v', 'ON_ERROR_STOP=1', *options, '-f', os.path.join(ROOT, script)],
                       check=True, stdout=subprocess.DEVNULL)
    return name


# ---- the server ----

class Server:
    def __init__(self, database, *arguments, environment=None):
        self.log = tempfile.NamedTemporaryFile('w+', prefix='blog-server.')
        self.process = subprocess.Popen([PROGRAM, '--port', '0', *arguments],
                                        env={**os.environ, 'PGDATABASE': database, **(environment or {})},
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.match(r'http://127\.0\.0\.1:(\d+)/', line)
        if not found:
            sys.exit(f'the server did not start: {line}{self.read_log()}')
        self.port = int(found.group(1))

    def read_log(self):
        with open(self.log.name) as log:
            return log.read()

    def children(self):
        return [int(pid) for pid in subprocess.run(['pgrep', '-P', str(self.process.pid)], capture_output=True,
                                                   text=True).stdout.split()]

    def resident(self):
        """kB of memory of all its processes."""
        total = 0
        for pid in self.children():
            with open(f'/proc/{pid}/status') as status:
                total += int(re.search(r'VmRSS:\s+(\d+)', status.read()).group(1))
        return total

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Its exit code, and what a sanitizer said."""
        if self.process.poll() is None:
            self.terminate()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = 'does not end'
        log = self.read_log()
        self.log.close()
        return code, re.findall(r'(?:ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error|has ended, status).*', log)

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), PATIENCE)

    def request(self, method, path, body=None, headers=None, connection=None):
        own = connection or http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        sent = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            sent.setdefault('Content-Type', 'application/json')
        try:
            own.request(method, path, body, sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was sent: the answer is there
        response = own.getresponse()
        try:
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        except http.client.IncompleteRead:
            answer = Answer('cut', {}, b'')  # a stream that failed in the middle
        if connection is None:
            own.close()
        return answer

    def get(self, path, **more):
        return self.request('GET', path, **more)

    def post(self, path, body, **more):
        return self.request('POST', path, body, **more)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def faults(self):
        """{path: message} of a body that says what is wrong."""
        return {fault['path']: fault['message'] for fault in self.json['errors']}

    def __repr__(self):
        return f'{self.status} {self.body[:300]!r}'


def raw(server, sent, wait=True):
    """Bytes to the server, and what it answers until it closes."""
    with server.connect() as connection:
        try:
            connection.sendall(sent)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if wait:
            return read_all(connection)
    return b''


def read_all(connection):
    received = b''
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except (ConnectionResetError, socket.timeout):
        pass
    return received


def until(condition, seconds=PATIENCE):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def finish(server):
    """The end of each test: the server ends well, and nothing was found by a sanitizer."""
    code, found = server.stop()
    equal((code, found), (0, []), 'the server ends with 0 and nothing to complain about')
    done()
