"""How far a long run is, on stderr: a line that is written over on a terminal, else one every so many."""

import sys
import time

SECONDS = 2
EVERY = 10_000


class Progress:
    def __init__(self, total, what, out=sys.stderr):
        self.total = total
        self.what = what
        self.out = out
        self.terminal = out.isatty()
        self.begun = self.shown = time.monotonic()
        self.written = False

    def done(self, count, different):
        """To be called for each one; says something now and then."""
        now = time.monotonic()
        if self.terminal and now - self.shown >= SECONDS:
            self._write(f"\r{self._state(count, different, now)}\x1b[K")
            self.shown = now
            self.written = True
        elif not self.terminal and count and count % EVERY == 0:
            self._write(f"{self._state(count, different, now)}\n")

    def clear(self):
        """Before anything else is printed."""
        if self.written:
            self._write("\r\x1b[K")
            self.written = False

    def _state(self, count, different, now):
        pace = count / max(now - self.begun, 0.001)
        left = (self.total - count) / max(pace, 0.001)
        return (
            f"{count:,} of {self.total:,} {self.what}, {different:,} different; "
            f"{pace:,.0f} a second, {left / 60:,.0f} min left"
        )

    def _write(self, text):
        self.out.write(text)
        self.out.flush()
