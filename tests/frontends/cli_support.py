"""Runs of the real command in a process of its own, on small projects."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LEAK = """\
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def user(uid):
    conn = pool.getconn()
    row = conn.cursor()
    if uid is None:
        return None
    pool.putconn(conn)
    return row
"""
"""One CPL101 (an error) at 7:12, with a safe fix."""
STALE = """\
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop")
"""
"""One CPL501 (a warning) at 3:10, with an unsafe fix."""
PLAIN = "def double(x):\n    return 2 * x\n"
QUIET = """\
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_recycle=1800, pool_pre_ping=True)
"""
"""A pool, and nothing wrong with it."""


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment without what changes colours, widths and progress."""
    asked = ("CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM", "PYTHONIOENCODING")
    kept = {name: value for name, value in os.environ.items() if name not in asked}
    return {**kept, "PYTHONUTF8": "1", **changes}


def poollint(*arguments: str, cwd: Path, stdin: bytes | None = None, **changes: str) -> Ran:
    """`python -m poollint ARGUMENTS` in a folder."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "poollint", *arguments],
        cwd=cwd,
        input=b"" if stdin is None else stdin,
        capture_output=True,
        env=environment(**changes),
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def project(folder: Path, **files: str) -> Path:
    """A project of one folder; `a_py="..."` writes `a.py`."""
    (folder / "pyproject.toml").write_text("[tool.poollint]\n", "utf-8")
    for name, text in files.items():
        (folder / f"{name.removesuffix('_py')}.py").write_text(text, "utf-8")
    return folder
