"""One line that says how far a long run is, on a terminal only, and gone at the end."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

AFTER, EVERY = 1.0, 0.1
"""Seconds until the line appears, and between its changes."""


class Progress:
    """A context: the line is erased when it ends. Silent where standard error is no terminal, and under CI."""

    def __init__(self, is_wanted: bool) -> None:
        self._is_on = is_wanted and sys.stderr.isatty() and not os.environ.get("CI")
        self._next = time.monotonic() + AFTER
        self._shown = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._write("")

    def told(self, done: int, total: int) -> None:
        """`done` of `total` files are judged."""
        now = time.monotonic()
        if self._is_on and now >= self._next:
            self._next = now + EVERY
            self._write(f"poollint: {done} of {total} files")

    def _write(self, line: str) -> None:
        sys.stderr.write(f"\r{line.ljust(len(self._shown))}\r{line}")
        sys.stderr.flush()
        self._shown = line
