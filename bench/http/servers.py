"""The servers that take part, and what their processes and the database's use."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
BLOG_SERVER = os.path.join(FOLDER, '../../examples/blog/build/blog-server')
TICKS = os.sysconf('SC_CLK_TCK')
PATIENCE = 30


def psql(sql, database=None, check=True):
    run = subprocess.run(
        ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', *(['-d', database] if database else []), '-c', sql],
        capture_output=True,
        text=True,
    )
    if check and run.returncode != 0:
        sys.exit(f'{sql}: {run.stderr}')
    return run.stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, status, body):
        self.status = status
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.body[:400]!r}'


class Server:
    """A server that listens on a port; `command` gets the port, the processes and the connections of each."""

    def __init__(self, key, name, command, processes, connections, folder=None):
        self.key = key
        self.name = name
        self.port = free_port()
        arguments = [text.format(port=self.port, processes=processes, connections=connections) for text in command]
        self.log = open(os.path.join(FOLDER, 'build', f'{key}.log'), 'w')
        self.process = subprocess.Popen(
            arguments,
            cwd=folder,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
            env={**os.environ, 'HTTP_CONNECTIONS': str(connections)},
        )
        self.wait_until_ready()

    def wait_until_ready(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f'{self.name} did not start: {self.log.name}')

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {'Content-Type': 'application/json'} if body else {})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()

    def processor_time(self):
        return processor_time_of_tree(self.process.pid)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)  # its own session's processes, and no others
        self.log.close()


def bolt_orm(processes, connections):
    return Server(
        'bolt_orm',
        'bolt_orm',
        [BLOG_SERVER, '--port', '{port}', '--processes', '{processes}', '--connections', '{connections}'],
        processes,
        connections,
    )


def lateral(processes, connections):
    return Server(
        'lateral',
        'hand-written SQL, libpq',
        [os.path.join(FOLDER, 'build/lateral-server'), '--port', '{port}', '--processes', '{processes}'],
        processes,
        connections,
    )


def django_bolt(processes, connections):
    return Server(
        'django_bolt',
        'Django-Bolt',
        [
            os.path.join(FOLDER, '.venv/bin/python'),
            'manage.py',
            'runbolt',
            '--host',
            '127.0.0.1',
            '--port',
            '{port}',
            '--processes',
            '{processes}',
        ],
        processes,
        connections,
        folder=os.path.join(FOLDER, 'django'),
    )


# ---- what processes use ----


def stat_of(pid):
    """Parent, own seconds, seconds of children that have ended; None where there is no such process."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            fields = file.read().rpartition(')')[2].split()
    except OSError:
        return None
    own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return int(fields[1]), own / TICKS, ended / TICKS


def processor_time_of_tree(root):
    """Seconds of user and kernel time of a process and all below it, those that have ended included."""
    processes = {int(name): stat_of(name) for name in os.listdir('/proc') if name.isdigit()}
    children = {}
    for pid, stat in processes.items():
        if stat:
            children.setdefault(stat[0], []).append(pid)
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        if processes.get(pid):
            total += processes[pid][1] + processes[pid][2]
            waiting += children.get(pid, [])
    return total


def database_server():
    """The pid of the postmaster, which has to run on this machine."""
    folder = psql('SHOW data_directory')
    with open(os.path.join(folder, 'postmaster.pid')) as file:
        return int(file.readline())
