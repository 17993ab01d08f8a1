"""Real flake8 in a process of its own, the command line in another, and the engine: what each of them says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from poollint.model.finding import Finding, Severity

OUTSIDE = frozenset({"CPL000", "CPL001", "CPL002", "CPL003", "CPL004"})
"""Codes that flake8 and the command line need not agree about: flake8 stops at E999, and hides what a blanket
`# noqa` stands beside."""
SEPARATOR = "\t"
FORMAT = SEPARATOR.join(("%(path)s", "%(row)d", "%(col)d", "%(code)s", "%(text)s"))
QUIET = "--extend-ignore=A,B,E1,E2,E3,E4,E5,E7,F,W,C8,C9"
"""Not `--select=CPL`: what a user has who chooses nothing."""
FORK, SPAWN = "fork", "spawn"
_SCRIPT = """
import importlib.metadata, multiprocessing
from flake8.main.cli import main
start, others, found = {start!r}, {others!r}, importlib.metadata.distributions
importlib.metadata.distributions = lambda: (d for d in found() if d.metadata["Name"] not in others)
if start:
    multiprocessing.set_start_method(start)
exit(main())
"""
_OTHERS = ("flake8-async", "flake8-bugbear")
"""Plugins that take seconds to be imported."""

Position = tuple[str, int, int, str]
"""(path from the working directory, line, column, code); both 1-based."""


@dataclass(frozen=True)
class Line:
    """One line that flake8 printed."""

    path: str
    line: int
    column: int
    code: str
    text: str

    @property
    def position(self) -> Position:
        return (self.path, self.line, self.column, self.code)


def flake8_process(
    *arguments: str, cwd: Path, stdin: str | None = None, start: str | None = None, others: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """flake8 in a process of its own. `start` is how its workers come to life; without `others` flake8-async and
    flake8-bugbear are as if they were not installed."""
    python = [sys.executable, "-m", "flake8"]
    if start or not others:
        python = [sys.executable, "-c", _SCRIPT.format(start=start, others=() if others else _OTHERS)]
    command = [*python, "--isolated", *arguments]
    text = None if stdin is None else stdin.encode()
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=cwd, input=text, capture_output=True, timeout=900, env=environment, check=False)


def flake8(
    *arguments: str, cwd: Path, stdin: str | None = None, start: str | None = None, others: bool = False
) -> list[Line]:
    """What flake8 prints; with `others` that of flake8's own checks and of other plugins too."""
    arguments = (f"--format={FORMAT}", *([] if others else [QUIET]), *arguments)
    done = flake8_process(*arguments, cwd=cwd, stdin=stdin, start=start, others=others)
    assert done.returncode in (0, 1) and not done.stderr, done.stderr.decode()
    lines = [_line(line) for line in done.stdout.decode().splitlines()]
    assert bool(lines) == bool(done.returncode)
    return lines


def _line(printed: str) -> Line:
    path, row, column, code, text = printed.split(SEPARATOR, 4)
    return Line(os.path.normpath(path).replace(os.sep, "/"), int(row), int(column), code, text)


def positions(lines: Iterable[Line]) -> list[Position]:
    """Where flake8's lines stand, without those that need not agree."""
    return sorted(line.position for line in lines if line.code not in OUTSIDE)


def failing(findings: Iterable[Finding], lowest: Severity = Severity.WARNING) -> list[Position]:
    """Where the findings stand that make the command line exit with 1."""
    return sorted(
        (f.location.path, f.location.line, f.location.column, f.code)
        for f in findings
        if f.suppressed is None and f.severity >= lowest and f.code not in OUTSIDE
    )


def command_line(paths: Sequence[str], cwd: Path, *flags: str) -> list[Position]:
    """The same of the command line's JSON."""
    command = [sys.executable, "-m", "poollint", "check", "--output-format", "json", *flags, *paths]
    done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=900, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    findings = json.loads(done.stdout)["findings"]
    return sorted(
        (f["path"], f["line"], f["column"], f["code"])
        for f in findings
        if not f["suppressed"] and f["severity"] != "info" and f["code"] not in OUTSIDE
    )
