"""A connection that judges every answer: its SQLSTATE, its warnings, and whether the server still lives."""

import json
import re
import time

import psycopg

# Those of docs/queryset.md and docs/writing.md; whole classes are written as their two letters.
NAMED = (
    "P0002 P0003 42P01 42703 42702 22023 0A000 42501 54001 54000 23001 23502 23503 23505 23514 428C9 21000 22 42883 42725 42804 42846 42P08 42P10 42P22 42809 42704 44000"
).split()

# What tsquery's input function says of a text that is none.
TSQUERY = re.compile("tsquery|no escaped character")

# The server's others are in the way: lock_timeout, deadlocks, too many locks.
BUSY = ("55P03", "40P01", "53200")


class Fault(Exception):
    """What must not be: what kind of thing, and what it was here."""

    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind = kind


class Refused(Exception):
    """An error that may be."""

    def __init__(self, error):
        super().__init__(f"{error.sqlstate} {error.diag.message_primary}")
        self.state = error.sqlstate or "CLIENT"
        # what one plan meets and another does not, and a cycle, which stands among some rows
        self.of_data = self.state[:2] == "22" and self.state != "22023" or "nondeterministic" in str(self) or "cycle in" in str(self)
        self.text = "\n".join(filter(None, [error.diag.message_primary, error.diag.message_detail, error.diag.message_hint]))


class Session:
    def __init__(self, database):
        self.database = database
        self.connection = None
        self.warnings = []
        self.calls = []  # of the case that runs, for who wants to repeat it by hand
        self.states = {}
        self.connect()

    def connect(self):
        for _ in range(240):
            try:
                self.connection = psycopg.connect(dbname=self.database, autocommit=True, prepare_threshold=None)
                self.connection.add_notice_handler(self.notice)
                self.connection.execute(
                    "SET statement_timeout = '20s'; SET lock_timeout = '10s'; SET client_min_messages = warning; SET timezone = 'UTC'"
                )
                return
            except psycopg.OperationalError:
                time.sleep(0.5)  # the server recovers from a crash
        raise SystemExit("fuzz: the server does not come back")

    def notice(self, diagnostic):
        if diagnostic.severity_nonlocalized == "WARNING":
            self.warnings.append(diagnostic.message_primary)

    def begin_case(self):
        if self.connection.closed:
            self.connect()
        self.calls.clear()
        self.warnings.clear()

    def end_case(self):
        if self.warnings:
            raise Fault("WARNING", self.warnings[0])

    def call(self, sql, *arguments):
        """Rows of a statement; single columns as values."""
        texts = [json.dumps(a) if isinstance(a, (dict, list)) else a for a in arguments]
        self.calls.append((sql, texts))
        try:
            rows = self.connection.execute(sql, texts).fetchall()
        except psycopg.Error as error:
            self.judge(error)
        return [row[0] if len(row) == 1 else row for row in rows]

    def judge(self, error):
        state = error.sqlstate
        if state is None and isinstance(error, psycopg.DataError):
            raise Refused(error) from None  # psycopg itself: a NUL in a text
        if state is None or self.connection.closed or state[:3] == "57P":
            raise Fault("LOST", f"{state} {error}") from None
        self.states[state] = self.states.get(state, 0) + 1
        text = f"{state} {error.diag.message_primary} | {error.diag.message_detail}"
        if state == "57014":
            raise Fault("SLOW", text) from None
        if state in BUSY:
            raise Refused(error) from None
        if state == "42601" and TSQUERY.search(text):
            raise Refused(error) from None
        if state not in NAMED and state[:2] not in NAMED:
            raise Fault("SQLSTATE " + state, text) from None
        raise Refused(error) from None

    def do(self, sql):
        """A statement that must work."""
        self.calls.append((sql, []))
        self.connection.execute(sql)

    # ----- what is called often

    def fetch(self, document):
        return self.call("SELECT x::text FROM bolt.fetch(%s::json) x", document)

    def one(self, sql, *arguments):
        return self.call(sql, *arguments)[0]

    def count(self, document):
        return self.one("SELECT bolt.count(%s::json)", document)

    def after(self, what, call, *arguments):
        """
        A call that must work because another of the same queryset did. Data that an operation does not bear (class 22) may be met by one plan
        and not by another.
        """
        try:
            return call(*arguments)
        except Refused as refused:
            # and no level of prefetches is planned to which no row leads
            below = refused.state[:3] in ("428", "42P") and "prefetch_related" in json.dumps(arguments)
            if refused.of_data or below:
                raise
            raise Fault(what + " is refused", refused) from None
