"""Who wants connections at once: traps that a look at two numbers would fall into."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Request
from poollint.engine.run import run

HEAD = """\
import asyncio
import functools
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Annotated

import asyncpg
from fastapi import BackgroundTasks, Depends, FastAPI
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

app = FastAPI()
pool = ThreadedConnectionPool(5, 5, "dbname=shop")
engine = create_engine("postgresql://db/shop", pool_size=5, max_overflow=5, pool_pre_ping=True)
Sessions = sessionmaker(engine)
Scoped = scoped_session(sessionmaker(bind=engine))


def work(number=0):
    connection = pool.getconn()
    try:
        connection.cursor().execute("select 1")
    finally:
        pool.putconn(connection)


"""


EACH = "with ThreadPoolExecutor(20) as e:\n    for n in names:\n"
"""Twenty threads, a job for each name."""


def told(folder: Path, body: str, **others: str) -> list[tuple[str, str]]:
    """(severity, what is said after the limit) of each CPL401 in a file."""
    (folder / "pyproject.toml").write_text("[tool.poollint]\n", "utf-8")
    (folder / "app.py").write_text(HEAD + body, "utf-8")
    for path, text in others.items():
        target = folder / path.replace("__", "/")
        target.parent.mkdir(exist_ok=True)
        target.with_suffix(".py").write_text(text, "utf-8")
    found = run(Request(("app.py",), {"select": ("CPL401",)}, working_directory=str(folder)))
    assert found.errors == ()
    return [(f.severity.word, f.message.partition("at most, and ")[2]) for f in found.findings]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with ThreadPoolExecutor(20) as e:\n    list(e.map(work, range(100)))\n", "20 threads"),
        ("with ThreadPoolExecutor(20) as e:\n    list(e.map(work, range(7)))\n", "7 threads"),
        ("with ThreadPoolExecutor(20) as e:\n    list(e.map(work, range(5)))\n", ""),
        ("with ThreadPoolExecutor(20) as e:\n    e.submit(work)\n", ""),
        (f"{EACH}        e.submit(work, n)\n", "20 threads"),
        (f"{EACH}        e.submit(functools.partial(work, n))\n", "20 threads"),
        (f"{EACH}        e.submit(lambda: work(n))\n", "20 threads"),
        (f"{EACH}        e.submit(print, n)\n", ""),
        ("with ProcessPoolExecutor(20) as e:\n    list(e.map(work, range(100)))\n", ""),
        ("with ThreadPoolExecutor(size()) as e:\n    list(e.map(work, range(100)))\n", ""),
        ("N = 12\nwith ThreadPoolExecutor(max_workers=N) as e:\n    list(e.map(work, range(99)))\n", "12 threads"),
        ("for _ in range(9):\n    threading.Thread(target=work).start()\n", "9 threads"),
        ("for name in names:\n    threading.Thread(target=work).start()\n", ""),
        ("threading.Thread(target=work).start()\n", ""),
        (
            "lock = threading.Lock()\ndef alone(n):\n    with lock:\n        work(n)\n"
            "with ThreadPoolExecutor(20) as e:\n    list(e.map(alone, range(100)))\n",
            "",
        ),
        (
            "gate = threading.Semaphore(8)\ndef few(n):\n    with gate:\n        work(n)\n"
            "with ThreadPoolExecutor(20) as e:\n    list(e.map(few, range(100)))\n",
            "8 threads",
        ),
        (
            "def through(gate):\n    with gate:\n        work()\n"
            "with ThreadPoolExecutor(20) as e:\n    list(e.map(through, range(100)))\n",
            "",
        ),
        (
            "class Job:\n    def __init__(self):\n        self.executor = ThreadPoolExecutor(max_workers=16)\n"
            "    def run(self, names):\n        return [self.executor.submit(self.one, n) for n in names]\n"
            "    def one(self, n):\n        work(n)\n",
            "16 threads",
        ),
        (
            "executor = ThreadPoolExecutor(16)\nasync def all_of(names):\n    loop = asyncio.get_running_loop()\n"
            "    await asyncio.gather(*[loop.run_in_executor(executor, work, n) for n in names])\n",
            "16 threads",
        ),
    ],
)  # fmt: skip
def test_threads_of_the_program(tmp_path: Path, body: str, expected: str) -> None:
    found = told(tmp_path, f"names = load()\n{body}")
    assert [(severity, message.partition(" use")[0]) for severity, message in found] == (
        [("error", expected)] if expected else []
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@app.get('/')\ndef route():\n    with engine.connect() as c: c.execute(text('x'))\n", "40 threads"),
        ("@app.get('/')\nasync def route():\n    with engine.connect() as c: c.execute(text('x'))\n", ""),
        ("@app.get('/')\ndef route():\n    Scoped.execute(text('select 1'))\n", "40 threads"),
        ("@app.get('/')\ndef route():\n    with Session(engine) as s: s.execute(text('x'))\n", "40 threads"),
        (
            "def get_db():\n    db = Sessions()\n    try:\n        yield db\n    finally:\n        db.close()\n"
            "@app.get('/')\ndef route(db: Session = Depends(get_db)):\n    db.execute(text('select 1'))\n",
            "40 threads",
        ),
        (
            "def get_db():\n    db = Sessions()\n    try:\n        yield db\n        db.commit()\n"
            "    finally:\n        db.close()\n"
            "@app.get('/')\nasync def route(db: Session = Depends(get_db)):\n    db.execute(text('select 1'))\n",
            "",
        ),
        ("@app.get('/')\ndef route():\n    return 1\n", ""),
        (
            "import anyio.to_thread\ndef widen():\n"
            "    anyio.to_thread.current_default_thread_limiter().total_tokens = 8\n"
            "@app.get('/')\ndef route():\n    with engine.connect() as c: c.execute(text('x'))\n",
            "",
        ),
    ],
)  # fmt: skip
def test_threads_of_the_framework(tmp_path: Path, body: str, expected: str) -> None:
    found = told(tmp_path, body)
    assert [(severity, message.partition(" use")[0]) for severity, message in found] == (
        [("warning", expected)] if expected else []
    )


def test_nobodys_choice_is_information(tmp_path: Path) -> None:
    body = "plain = create_engine('postgresql://db/x', pool_pre_ping=True)\n@app.get('/')\ndef route():\n"
    found = told(tmp_path, body + "    with plain.connect() as c:\n        c.execute(text('select 1'))\n")
    assert [severity for severity, _ in found] == ["info"]


def test_what_tests_do_at_once_says_nothing_of_the_application(tmp_path: Path) -> None:
    test = (
        "from concurrent.futures import ThreadPoolExecutor\nimport pytest\nfrom app import work\n"
        "def test_load():\n    with ThreadPoolExecutor(50) as e:\n        list(e.map(work, range(100)))\n"
    )
    assert told(tmp_path, "", tests__test_load=test) == []
    assert told(tmp_path, "", jobs__load=test.replace("import pytest\n", "")) != []
