"""Before and after a wrap, under faults at every operation: the same result and the same trace, never more held."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from poollint.model.fix import PullIntoTry, ReleaseAround, Verb, WrapInTry, WrapInWith
from poollint.pool import borrow
from tests.unit.rewrite.bench import Bench, change


class Fault(Exception):
    """What the n-th operation raises."""


class Connection:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def execute(self, what: object) -> object:
        self.pool.step(f"execute {what}")
        return what

    def rollback(self) -> None:
        self.pool.step("rollback")

    def __enter__(self) -> Connection:
        """As psycopg2's: a transaction, no release."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.pool.step("commit" if kind is None else "roll back")


class Pool:
    """Counts operations; the n-th raises, releases never do."""

    def __init__(self, fault_at: int) -> None:
        self.fault_at = fault_at
        self.count = 0
        self.trace: list[str] = []
        self.held = 0

    def step(self, what: str) -> None:
        self.count += 1
        self.trace.append(what)
        if self.count == self.fault_at:
            raise Fault(what)

    def getconn(self) -> Connection:
        self.step("acquire")
        self.held += 1
        return Connection(self)

    def putconn(self, connection: Connection) -> None:
        self.held -= 1

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        connection = self.getconn()
        try:
            yield connection
        finally:
            self.putconn(connection)


def outcome(text: str, fault_at: int, argument: int) -> tuple[Any, list[str], int]:
    names: dict[str, Any] = {"borrow": borrow}
    exec(compile(text, "app.py", "exec"), names)
    pool = Pool(fault_at)
    try:
        result: Any = names["f"](pool, argument)
    except Exception as error:
        result = (type(error), *error.args)
    return result, pool.trace, pool.held


def with_block(last: str, *nths: int) -> Any:
    def verb(bench: Bench) -> Verb:
        releases = tuple(bench.statement("pool.putconn(conn)", nth) for nth in nths)
        end = releases[-1] if last == "release" else bench.starting(last)
        return WrapInWith(bench.statement("conn = pool.getconn()"), end, releases, False, "{receiver}.connection()")

    return verb


def try_block(first: str, *others: int, release: int = 1) -> Any:
    def verb(bench: Bench) -> Verb:
        end = bench.statement("pool.putconn(conn)", release)
        gone = tuple(bench.statement("pool.putconn(conn)", nth) for nth in others)
        return WrapInTry(bench.starting(first), end, end, others=gone)

    return verb


def try_without_release(first: str, last: str) -> Any:
    return lambda bench: WrapInTry(bench.starting(first), bench.starting(last), None, "pool.putconn(conn)")


STRAIGHT = """
    def f(pool, x):
        conn = pool.getconn()
        a = conn.execute(1)
        conn.execute(2)
        pool.putconn(conn)
        return a
"""
EARLY = """
    def f(pool, x):
        conn = pool.getconn()
        if conn.execute(x) == 1:
            pool.putconn(conn)
            return "early"
        conn.execute(2)
        pool.putconn(conn)
        return "late"
"""
LOOP = """
    def f(pool, x):
        found = []
        for i in (1, 2, 3):
            conn = pool.getconn()
            found.append(conn.execute(i))
            pool.putconn(conn)
            if i == x:
                break
        return found
"""
FINALLY = """
    def f(pool, x):
        conn = pool.getconn()
        try:
            return conn.execute(x)
        finally:
            pool.putconn(conn)
"""
HANDLERS = """
    def f(pool, x):
        conn = pool.getconn()
        try:
            if conn.execute(x) == 1:
                raise ValueError(x)
            conn.execute(2)
        except ValueError:
            conn.rollback()
            return 7
        else:
            conn.execute(3)
        finally:
            pool.putconn(conn)
        return x
"""
LEAK = """
    def f(pool, x):
        conn = pool.getconn()
        conn.execute(1)
        return conn.execute(x)
"""

LATE_TRY = """
    def f(pool, x):
        conn = pool.getconn()
        if conn.execute(x) == 1:
            return "early"
        if x == 2:
            raise ValueError(x)
        try:
            return conn.execute(3)
        finally:
            pool.putconn(conn)
"""
LATE_HANDLERS = """
    def f(pool, x):
        conn = pool.getconn()
        first = conn.execute(x)
        try:
            if first == 1:
                raise ValueError(x)
            conn.execute(2)
        except ValueError:
            conn.rollback()
            return 7
        else:
            conn.execute(3)
        finally:
            pool.putconn(conn)
        return x
"""
LATE_CURSOR = """
    def f(pool, x):
        conn = pool.getconn()
        cursor = conn
        cursor.execute(x)
        try:
            return cursor.execute(2)
        finally:
            cursor.rollback()
            pool.putconn(conn)
"""
LONE_TRY = """
    def f(pool, x):
        conn = pool.getconn()
        try:
            if conn.execute(x) == 1:
                raise ValueError(x)
        except ValueError:
            conn.rollback()
        else:
            return conn.execute(2)
"""
TRANSACTION = """
    def f(pool, x):
        for i in (1, 2, 3):
            with pool.getconn() as conn:
                conn.execute(i)
                if i == x:
                    return conn.execute("last")
        return x
"""


def out_of_finally(first: str) -> Any:
    def verb(bench: Bench) -> Verb:
        release = bench.statement("pool.putconn(conn)")
        return WrapInTry(bench.starting(first), bench.starting("try"), None, "pool.putconn(conn)", (release,))

    return verb


def borrowed(*nths: int) -> Any:
    """Through the real helper."""

    def verb(bench: Bench) -> Verb:
        releases = tuple(bench.statement("pool.putconn(conn)", nth) for nth in nths)
        bind = bench.statement("conn = pool.getconn()")
        return WrapInWith(bind, releases[-1], releases, False, "borrow({receiver})")

    return verb


CASES = {
    "pulled into a late try": (LATE_TRY, lambda b: PullIntoTry(b.starting("if conn"), b.starting("try"))),
    "around a late try with handlers": (LATE_HANDLERS, out_of_finally("first = ")),
    "around a late try that closes a cursor": (LATE_CURSOR, out_of_finally("cursor = ")),
    "a finally for a lone try": (LONE_TRY, try_without_release("try", "try")),
    "around a with that is a transaction": (
        TRANSACTION,
        lambda b: ReleaseAround(b.call("pool.getconn()"), "{receiver}.putconn({name})"),
    ),
    "borrowed, straight": (STRAIGHT, borrowed(1)),
    "borrowed, early return": (EARLY, borrowed(1, 2)),
    "borrowed, in a loop": (LOOP, borrowed(1)),
    "with, straight": (STRAIGHT, with_block("release", 1)),
    "with, early return": (EARLY, with_block("release", 1, 2)),
    "with, in a loop": (LOOP, with_block("release", 1)),
    "with, for try and finally": (FINALLY, with_block("try", 1)),
    "with, around handlers": (HANDLERS, with_block("try", 1)),
    "with, never released": (LEAK, with_block("return")),
    "try, straight": (STRAIGHT, try_block("a = ")),
    "try, early return": (EARLY, try_block("if", 1, release=2)),
    "try, in a loop": (LOOP, try_block("found.append")),
    "try, never released": (LEAK, try_without_release("conn.execute(1)", "return")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrap_changes_only_what_is_held(name: str) -> None:
    text, verb = CASES[name]
    before = textwrap.dedent(text).lstrip()
    after = change(before, verb)
    assert after != before
    for argument in (1, 2, 5):
        for fault_at in range(9):
            old, new = outcome(before, fault_at, argument), outcome(after, fault_at, argument)
            assert new[:2] == old[:2], (argument, fault_at)
            assert new[2] == 0 <= old[2], (argument, fault_at)
