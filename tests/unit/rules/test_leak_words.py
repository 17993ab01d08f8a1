"""What the leak rules say, word for word, and which fixes they propose."""

from __future__ import annotations

import pytest

from poollint.model.finding import Finding
from tests.fixtures_support import FIXTURES, session_of

PSYCOPG2 = "from psycopg2.pool import ThreadedConnectionPool\n\npool = ThreadedConnectionPool(4, 4, 'x')\n\n\n"
ENGINE = (
    "from sqlalchemy import create_engine\n\n"
    "engine = create_engine('postgresql://db/x', pool_pre_ping=True, pool_recycle=1800)\n\n\n"
)


def only(text: str) -> Finding:
    (found,) = session_of(FIXTURES / "cpl101_leak").check_text("words.py", text)
    return found


MESSAGES = {
    "    conn = pool.getconn()\n    conn.commit()\n": "the connection from `pool.getconn()` is never released",
    "    pool.getconn()\n": "the connection from `pool.getconn()` is dropped: nothing is left to release it by",
    "    conn = pool.getconn()\n    conn = 1\n    return conn\n": (
        "the connection from `pool.getconn()` is lost when `conn` gets another value"
    ),
    "    conn = pool.getconn()\n    if pool.closed:\n        return 1\n    pool.putconn(conn)\n": (
        "the connection from `pool.getconn()` is not released on an early return"
    ),
    "    conn = pool.getconn()\n    conn.commit()\n    pool.putconn(conn)\n": (
        "the connection from `pool.getconn()` is not released if `conn.commit()` raises"
    ),
    "    conn = pool.getconn()\n    if pool.closed:\n        raise KeyError\n    pool.putconn(conn)\n": (
        "the connection from `pool.getconn()` is not released on a `raise`"
    ),
    "    with pool.getconn() as conn:\n        conn.commit()\n": (
        "`with` ends only the transaction: the connection from `pool.getconn()` is not released"
    ),
}


@pytest.mark.parametrize("body", MESSAGES)
def test_the_message_names_the_text_and_the_fault(body: str) -> None:
    assert only(f"{PSYCOPG2}def f():\n{body}").message == MESSAGES[body]


def test_the_consequence_counts_with_the_pools_own_limit() -> None:
    found = only(f"{PSYCOPG2}def f():\n    conn = pool.getconn()\n    conn.commit()\n")
    assert found.why == "after 4 such calls the pool is empty and `pool.getconn()` raises"
    found = only(f"{ENGINE}def f(q):\n    conn = engine.connect()\n    return conn.execute(q).all()\n")
    assert found.why == "after 15 such calls the pool is empty: every caller waits 30 s and then fails"


def test_the_cure_is_the_librarys_own_idiom() -> None:
    found = only(f"{ENGINE}def f(q):\n    conn = engine.connect()\n    return conn.execute(q).all()\n")
    assert found.help == "write `with engine.connect() as conn:`"
    found = only(f"{ENGINE}def f(q):\n    raw = engine.raw_connection()\n    return raw.cursor().execute(q).all()\n")
    assert found.help == "write `with contextlib.closing(engine.raw_connection()) as raw:`"
    found = only(f"{PSYCOPG2}def f():\n    conn = pool.getconn()\n    conn.commit()\n")
    assert found.help == "release it in a `finally`: `pool.putconn(conn)`"


def test_a_release_that_moves_is_a_safe_fix_and_one_that_is_written_is_not() -> None:
    straight = only(f"{PSYCOPG2}def f():\n    conn = pool.getconn()\n    conn.commit()\n    pool.putconn(conn)\n")
    assert [fix.applicability.value for fix in straight.fixes] == ["safe", "unsafe"], straight.fixes
    never = only(f"{PSYCOPG2}def f():\n    conn = pool.getconn()\n    conn.commit()\n")
    assert [fix.applicability.value for fix in never.fixes] == ["unsafe", "unsafe"]


def test_what_leaves_the_function_in_part_gets_no_fix() -> None:
    body = "    conn = pool.getconn()\n    if x:\n        return conn\n    conn.commit()\n    pool.putconn(conn)\n"
    assert only(f"{PSYCOPG2}def f(x):\n{body}").fixes == ()
