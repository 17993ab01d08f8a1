"""One line that says how far a long run is, on a terminal only, and gone at the end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import TracebackType
from typing import Any

AFTER, EVERY = 1.0, 0.1
"""Seconds until the line appears, and between its changes."""


class Progress:
    """A context: the line is erased when it ends. Silent where standard error is no terminal, and under CI.

    Before the first file is judged the project is read, which nobody counts: then a timer's signal moves the line.
    It must not be a thread, beside which no worker could be forked.
    """

    def __init__(self, is_wanted: bool) -> None:
        self._is_on = is_wanted and sys.stderr.isatty() and not os.environ.get("CI")
        self._start = time.monotonic()
        self._next = self._start + AFTER
        self._shown = ""
        self._before: Any = None
        self._is_ticking = False

    def __enter__(self) -> Progress:
        if self._is_on and hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGALRM, self._tick)
            signal.setitimer(signal.ITIMER_REAL, AFTER, 1.0)
            self._is_ticking = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if self._shown:
            self._write("")

    def told(self, done: int, total: int) -> None:
        """`done` of `total` files are judged."""
        self._stop()
        now = time.monotonic()
        if self._is_on and now >= self._next:
            self._next = now + EVERY
            self._write(f"poollint: {done} of {total} files")

    def _tick(self, number: int, frame: object) -> None:
        self._write(f"poollint: reading the project, {time.monotonic() - self._start:.0f} s")

    def _stop(self) -> None:
        """Ends the timer."""
        if self._is_ticking:
            self._is_ticking = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def _write(self, line: str) -> None:
        # past Python's buffers: a signal may come while they are in use
        os.write(sys.stderr.fileno(), f"\r{' ' * len(self._shown)}\r{line}".encode())
        self._shown = line
