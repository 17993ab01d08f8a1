"""Breaks the pool, one line at a time, and counts which hard cases fall: `python tests/pool/break_lines.py [CASE ...]`.

Each entry names the case that guards the line, and those that the same fault must reach as well, with the reason.
Exactly these must fall. The folder of the package is never touched: copies are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "poollint" / "pool"


@dataclass(frozen=True)
class Break:
    case: int
    file: str
    old: str
    new: str
    """Takes the place of the first `old` in the file."""
    also: frozenset[int] = frozenset()
    """Other cases that fall by it."""
    why: str = ""
    """The reason for `also`."""

    @property
    def expected(self) -> set[int]:
        return {self.case, *self.also}


SWEEP = "the sweep of case 7 meets that instant, too"
STRESS = 14
"""32 threads that do everything at random meet nearly every fault, or do not: it is run for its own line only."""


BREAKS = (
    Break(
        1,
        "alending.py",
        ("        token = self._ledger.withdraw(waiter, self._now())\n        if token and self._is_here():"),
        ("        token = waiter.token\n        if token and self._is_here():"),
        frozenset({3, 7, 8, 22}),
        "all of them cancel callers that are queued: for a connect, at each step, by a timeout, every third of 2,000",
    ),
    Break(2, "alending.py", "if token and self._is_here():", "if False:"),
    Break(
        3,
        "alending.py",
        ("        token = self._ledger.withdraw(waiter, self._now())\n        if token and self._is_here():"),
        (
            "        for task in self._tasks:\n"
            "            task.cancel()\n"
            "        token = self._ledger.withdraw(waiter, self._now())\n"
            "        if token and self._is_here():"
        ),
        frozenset({7}),
        SWEEP,
    ),
    Break(4, "alending.py", 'self._stop_using(entry, "check was cancelled")', "entry.token.clear()"),
    Break(5, "alending.py", 'self._stop_using(entry, "reset was cancelled")', "pass", frozenset({7}), SWEEP),
    Break(
        6,
        "aio.py",
        "if error is None or isinstance(error, Exception):",
        "if error is None or isinstance(error, (Exception, asyncio.CancelledError)):",
    ),
    Break(7, "alending.py", "if not self.future.done():", "if True:"),
    Break(8, "alending.py", "await waiter.future", "await asyncio.wait_for(waiter.future, None)"),
    Break(
        9,
        "aio.py",
        "        loop = self._bind()\n        for entry in self._ledger.close(",
        (
            "        loop = self._bind()\n"
            "        if self._ledger.closed:\n"
            "            return\n"
            "        for entry in self._ledger.close("
        ),
    ),
    Break(
        10,
        "lending.py",
        ("            self._release_unused(token)\n            raise"),
        "            raise",
    ),
    Break(
        11,
        "lending.py",
        "                    waiter.token = token\n",
        "                    waiter.token = None\n                    break\n",
    ),
    Break(
        12,
        "sync.py",
        ("        if token:\n            try:"),
        ("        if token and (error is None or isinstance(error, Exception)):\n            try:"),
    ),
    Break(13, "alending.py", "            self._drop(token, warn=True)", "            pass"),
    Break(
        14,
        "threads.py",
        ("        try:\n            self._close_quietly(entry.conn)\n        finally:"),
        (
            "        try:\n"
            "            if reason == OUTDATED:\n"
            "                with self._lock:\n"
            "                    self._ledger.closed_one(entry)\n"
            "                    early = self._ledger.reserve(self._now())\n"
            "                self._start(early)\n"
            "            self._close_quietly(entry.conn)\n"
            "        finally:"
        ),
    ),
    Break(
        15,
        "threads.py",
        ('            openings = ledger.reserve(self._now())\n        self._emit("connect-failed"'),
        ('            openings = []\n        self._emit("connect-failed"'),
    ),
    Break(16, "threads.py", "if self._options.connect_in_caller:", "if True:"),
    Break(17, "core.py", "if self._knows(conn):", "if False:"),
    Break(
        18,
        "lending.py",
        ("                place = entry.place if place is None else place\n"),
        (
            "                if place is not None:\n"
            "                    raise PoolError('dead')\n"
            "                place = entry.place\n"
        ),
        frozenset({20, 34}),
        "in both, one caller finds several dead connections: the server was down, or has killed all",
    ),
    Break(
        19,
        "lending.py",
        '            self._start(self._retire(entry, "reset failed"))',
        '            self._retire(entry, "reset failed")',
    ),
    Break(20, "core.py", "self.refill_at = now + min(30.0, 0.1 * 2.0", "self.refill_at = now + min(3000.0, 0.1 * 2.0"),
    Break(
        21,
        "core.py",
        "self.waiters.popitem(last=False)",
        "self.waiters.popitem(last=self.max_size == 1 and len(self.waiters) == 150)",
    ),
    Break(22, "core.py", "self.waiters.popitem(last=False)", "self.waiters.popitem(last=len(self.waiters) > 1000)"),
    Break(23, "core.py", "self.waiters.popitem(last=False)", "self.waiters.popitem(last=self.max_size == 8)"),
    Break(
        24,
        "core.py",
        "        self.waiters[waiter] = None\n",
        (
            "        self.waiters[waiter] = None\n"
            "        if (self.acquired, len(self.waiters)) == (2, 3):\n"
            "            self.waiters.move_to_end(waiter, last=False)\n"
        ),
    ),
    Break(
        25,
        "core.py",
        ("        if place is not None:\n"),
        ("        if False:\n"),
    ),
    Break(26, "core.py", "if limit is not None and place is None and", "if False and"),
    Break(27, "core.py", "(1 - 0.1 * self.spread.next())", "(1 - 0.1 * 0.5)"),
    Break(28, "chores.py", "spare > 0 and max_idle", "max_idle"),
    Break(
        29,
        "core.py",
        "fresh_until = now + self.unchecked",
        "fresh_until = now if self.options.check is not None else entry.expires",
    ),
    Break(30, "chores.py", "now - entry.noted[1] >= ledger.options.hook_timeout and", "False and"),
    Break(
        31,
        "lending.py",
        ("        if self._reset is not None:\n            try:\n                self._reset(entry.conn)"),
        (
            "        if self._reset is not None and not hasattr(entry.conn, 'execute'):\n"
            "            try:\n"
            "                self._reset(entry.conn)"
        ),
    ),
    Break(32, "lending.py", "if self._is_closed is not None and self._was_closed(entry):", "if False:"),
    Break(33, "options.py", "staticmethod(time.monotonic)", "staticmethod(time.time)"),
    Break(34, "core.py", "self.generation += 1", "pass"),
    Break(
        35,
        "threads.py",
        "        conn = self._connect()",
        "        again = self._ledger.generation and self._options.max_size == 1\n"
        "        conn = self._foreign if again else self._connect()",
    ),
    Break(36, "process.py", "os.dup2(null, descriptor, inheritable=False)", "pass"),
    Break(
        37,
        "threads.py",
        ("        self._counts.clear()\n        self._prepare()"),
        "        self._counts.clear()",
    ),
    Break(
        38,
        "lending.py",
        ("        if entry.state != HELD:\n            return"),
        ("        if False:\n            return"),
    ),
    Break(39, "tasks.py", "if not self._loop.is_closed():", "if False:"),
    Break(
        40,
        "sync.py",
        "    def connection(self",
        (
            "    def __init__(self, *args: Any, **options: Any) -> None:\n"
            "        super().__init__(*args, **options)\n"
            "        self._start(self._ledger.fill())\n"
            "\n"
            "    def connection(self"
        ),
    ),
    Break(
        41,
        "threads.py",
        ("        except RuntimeError:\n            work(*arguments)"),
        ("        except RuntimeError:\n            raise"),
    ),
    Break(43, "chores.py", "and entry.reported is not entry.token", ""),
    Break(44, "sync.py", "            self._pool._drop(self._token, warn=True)", "            pass"),
    Break(45, "shell.py", "if len(mine) >= self._ledger.max_size:", "if False:"),
    Break(
        46,
        "core.py",
        ('            waiter.error = PoolClosed(f"{self.options.name!r} was closed")\n            waiter.wake()'),
        "            pass",
    ),
    Break(
        47,
        "core.py",
        ("        self.min_size = min_size\n        self.max_size = max_size\n        self._look"),
        ("        self.min_size = min_size\n        self._look"),
    ),
)


def cases_that_fall(folder: Path, case: int | None = None) -> set[int]:
    """Each that falls is run again by itself: what an earlier one has left behind may be its fault alone."""
    fallen = run(folder, "case_" if case in (None, STRESS) else f"case_ and not case_{STRESS}")
    return {number for number in fallen if run(folder, f"case_{number:02}")}


def run(folder: Path, which: str) -> set[int]:
    environment = {**os.environ, "POOLLINT_POOL_FOLDER": str(folder), "POOLLINT_POOL_PATIENCE": "5"}
    command = [sys.executable, "-m", "pytest", str(HERE), "-k", which, "-p", "no:cacheprovider", "--tb=no", "-q"]
    command += ["-m", "not servers", "-p", "no:unraisableexception", "-p", "no:threadexception"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return {0}
    return {int(number) for number in re.findall(r"^(?:FAILED|ERROR) .*test_case_(\d+)", done.stdout, re.MULTILINE)}


def main() -> int:
    wanted = {int(number) for number in sys.argv[1:]}
    assert cases_that_fall(FOLDER) == set(), "cases fall although nothing is broken"
    chosen = [one for one in BREAKS if not wanted or one.case in wanted]
    wrong = alone = 0
    for one in chosen:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch, "pool")
            shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
            text = (copy / one.file).read_text("utf-8")
            assert one.old in text, f"case {one.case}: {one.file} has no {one.old!r}"
            (copy / one.file).write_text(text.replace(one.old, one.new, 1), "utf-8")
            fallen = cases_that_fall(copy, one.case)
        wrong += fallen != one.expected
        alone += fallen == {one.case}
        print(f"case {one.case:2} {verdict(one, fallen)}", flush=True)
    print(f"{len(chosen)} lines broken: by {alone} exactly their case falls, by {len(chosen) - alone - wrong} exactly")
    print(f"their case and those that must fall with it; {wrong} are not as listed")
    return bool(wrong)


def verdict(one: Break, fallen: set[int]) -> str:
    said = "falls" if one.case in fallen else "STANDS"
    if fallen & one.also:
        said += f", with {sorted(fallen & one.also)}: {one.why}"
    if fallen - one.expected:
        said += f"; UNEXPECTED: {sorted(fallen - one.expected)}"
    if one.also - fallen:
        said += f"; MISSING: {sorted(one.also - fallen)}"
    return said


if __name__ == "__main__":
    sys.exit(main())
