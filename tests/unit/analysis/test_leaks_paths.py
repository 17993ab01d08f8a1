"""The interpreter on small programs: statements, branches, loops, exceptions."""

from __future__ import annotations

import pytest
from leaks_support import kinds, program

BAD = {
    "never released": (
        """
        def f():
            conn = pool.getconn()
            conn.cursor().execute("x")
        """,
        ["end", "strong"],
    ),
    "released on the straight way only": (
        """
        def f():
            conn = pool.getconn()
            cur = conn.cursor()
            cur.execute("x")
            pool.putconn(conn)
        """,
        ["strong"],
    ),
    "early return, with work after it": (
        """
        def f(x):
            conn = pool.getconn()
            if not x:
                return None
            conn.cursor().execute(x)
            pool.putconn(conn)
        """,
        ["return", "strong"],
    ),
    "early return alone": (
        """
        def f(x):
            conn = pool.getconn()
            if not x:
                return None
            pool.putconn(conn)
        """,
        ["return"],
    ),
    "continue skips the release": (
        """
        def f(xs):
            for x in xs:
                conn = pool.getconn()
                if x:
                    continue
                pool.putconn(conn)
        """,
        ["end", "loop"],
    ),
    "the handler swallows and forgets": (
        """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
                pool.putconn(conn)
            except ValueError:
                logger.error("x")
        """,
        ["strong"],
    ),
    "overwritten by None": (
        """
        def f():
            conn = pool.getconn()
            conn = None
        """,
        ["overwritten"],
    ),
    "deleted": (
        """
        def f():
            conn = pool.getconn()
            del conn
        """,
        ["deleted"],
    ),
    "dropped": (
        """
        def f():
            pool.getconn()
        """,
        ["dropped"],
    ),
    "dropped behind a chain of calls": (
        """
        def f():
            pool.getconn().set_session(autocommit=True)
        """,
        ["dropped"],
    ),
    "an explicit raise between": (
        """
        def f(x):
            conn = pool.getconn()
            if x is None:
                raise ValueError("x")
            pool.putconn(conn)
        """,
        ["raise"],
    ),
    "an assertion between": (
        """
        def f(x):
            conn = pool.getconn()
            assert x > 1
            pool.putconn(conn)
        """,
        ["raise"],
    ),
    "a case without release": (
        """
        def f(k):
            conn = pool.getconn()
            match k:
                case "a":
                    pool.putconn(conn)
                case "b":
                    return 1
                case _:
                    pool.putconn(conn)
        """,
        ["return"],
    ),
    "no case matches": (
        """
        def f(k):
            conn = pool.getconn()
            match k:
                case "a":
                    pool.putconn(conn)
        """,
        ["end"],
    ),
    "a flag that is never set": (
        """
        def f():
            conn = pool.getconn()
            done = False
            if done:
                pool.putconn(conn)
        """,
        ["end"],
    ),
    "break before the release": (
        """
        def f(q):
            while True:
                conn = pool.getconn()
                if q:
                    break
                pool.putconn(conn)
        """,
        ["end"],
    ),
    "the guard is the wrong way round": (
        """
        def f():
            conn = None
            try:
                conn = pool.getconn()
                conn.cursor().execute("x")
            finally:
                if conn is None:
                    pool.putconn(conn)
        """,
        ["end", "strong"],
    ),
    "work in the handler before the release": (
        """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            except Exception:
                conn.rollback()
                pool.putconn(conn)
                raise
            pool.putconn(conn)
        """,
        ["strong"],
    ),
    "else of a try is outside of its handlers": (
        """
        def f():
            try:
                conn = pool.getconn()
            except PoolError:
                return None
            else:
                conn.cursor().execute("x")
                pool.putconn(conn)
        """,
        ["strong"],
    ),
    "rollback in finally may fail": (
        """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                conn.rollback()
                pool.putconn(conn)
        """,
        ["strong"],
    ),
    "acquired again on a retry": (
        """
        def f():
            while True:
                try:
                    conn = pool.getconn()
                    conn.cursor().execute("x")
                    pool.putconn(conn)
                    return
                except psycopg2.OperationalError:
                    time.sleep(1)
        """,
        ["strong"],
    ),
    "while's else": (
        """
        def f(n):
            conn = pool.getconn()
            while n:
                n -= 1
                if n == 3:
                    pool.putconn(conn)
                    break
            else:
                return None
        """,
        ["return"],
    ),
    "a return in finally does not give it back": (
        """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                return 1
        """,
        ["return", "strong"],
    ),
    "the second acquire's failure is weak, the use of both is strong": (
        """
        def f():
            a = pool.getconn()
            a.cursor().execute("x")
            try:
                a.commit()
            finally:
                pool.putconn(a)
        """,
        ["strong"],
    ),
    "caught, and the error is turned into a return": (
        """
        def f():
            conn = pool.getconn()
            try:
                rows = conn.cursor().execute("x")
            except psycopg2.Error:
                return None
            pool.putconn(conn)
            return rows
        """,
        ["strong"],
    ),
    "a handler that can be entered only while it is held": (
        """
        def f(text):
            conn = pool.getconn()
            try:
                number = parsed(text)
            except ValueError:
                return None
            pool.putconn(conn)
            return number
        """,
        ["strong"],
    ),
    "swapped away": (
        """
        def f():
            conn = pool.getconn()
            conn, other_name = None, 1
        """,
        ["overwritten"],
    ),
    "walrus": (
        """
        def f():
            if (conn := pool.getconn()) is not None:
                conn.commit()
        """,
        ["end", "strong"],
    ),
    "a ternary that acquires": (
        """
        def f(c=None):
            conn = c if c is not None else pool.getconn()
            conn.commit()
        """,
        ["end", "strong"],
    ),
    "async iteration": (
        """
        def f(xs):
            conn = pool.getconn()
            for x in xs:
                conn.cursor().execute(x)
            pool.putconn(conn)
        """,
        ["strong"],
    ),
    "suppressed, then forgotten": (
        """
        def f():
            conn = pool.getconn()
            with suppress(Exception):
                conn.commit()
        """,
        ["end", "strong"],
    ),
}

GOOD = {
    "try and finally": """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
                return 1
            finally:
                pool.putconn(conn)
        """,
    "guarded finally": """
        def f():
            conn = None
            try:
                conn = pool.getconn()
                conn.cursor().execute("x")
            finally:
                if conn is not None:
                    pool.putconn(conn)
        """,
    "guarded by truth, with a handler": """
        def f():
            conn = None
            try:
                conn = pool.getconn()
                return conn.cursor().execute("x")
            except Exception as e:
                logger.error(e)
                raise
            finally:
                if conn:
                    pool.putconn(conn)
        """,
    "its own flag": """
        def f(conn=None):
            own = False
            if conn is None:
                conn = pool.getconn()
                own = True
            try:
                conn.cursor().execute("x")
            finally:
                if own:
                    pool.putconn(conn)
        """,
    "a flag computed from the parameter": """
        def f(conn=None):
            own = conn is None
            if own:
                conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                if own:
                    pool.putconn(conn)
        """,
    "every branch": """
        def f(x):
            conn = pool.getconn()
            if x:
                pool.putconn(conn)
            else:
                pool.putconn(conn, close=True)
        """,
    "retry with break, then finally": """
        def f():
            for i in range(3):
                try:
                    conn = pool.getconn()
                    break
                except PoolError:
                    time.sleep(1)
            else:
                raise TimeoutError
            try:
                return conn.cursor().execute("x")
            finally:
                pool.putconn(conn)
        """,
    "a loop with its own finally": """
        def f(xs):
            for x in xs:
                conn = pool.getconn()
                try:
                    if x:
                        continue
                    conn.cursor().execute(x)
                finally:
                    pool.putconn(conn)
        """,
    "walrus": """
        def f():
            if (conn := pool.getconn()) is not None:
                try:
                    conn.cursor().execute("x")
                finally:
                    pool.putconn(conn)
        """,
    "ternary with the same test at the end": """
        def f(c=None):
            conn = c if c is not None else pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                if c is None:
                    pool.putconn(conn)
        """,
    "bare except": """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            except:
                pool.putconn(conn, close=True)
                raise
            pool.putconn(conn)
        """,
    "nested with and return": """
        def f():
            conn = pool.getconn()
            try:
                with conn:
                    with conn.cursor() as cur:
                        cur.execute("x")
                        return cur.fetchall()
            finally:
                pool.putconn(conn)
        """,
    "early exit that knows": """
        def f():
            conn = None
            try:
                conn = pool.getconn()
                return conn.cursor().execute("x")
            except PoolError:
                if conn is None:
                    return None
                raise
            finally:
                if conn is not None:
                    pool.putconn(conn)
        """,
    "logging and plain work between": """
        def f():
            conn = pool.getconn()
            logger.info("got %s", conn)
            n = 0
            try:
                conn.cursor().execute("x")
            finally:
                pool.putconn(conn)
        """,
    "alias": """
        def f():
            conn = pool.getconn()
            c = conn
            try:
                c.cursor().execute("x")
            finally:
                pool.putconn(c)
        """,
    "released, then cleared": """
        def f():
            conn = pool.getconn()
            pool.putconn(conn)
            conn = None
        """,
    "two of them in one finally": """
        def f():
            a = None
            try:
                a = pool.getconn()
                a.commit()
            finally:
                for c in (a, None):
                    if c is not None:
                        pool.putconn(c)
        """,
    "assertion that cannot fail": """
        def f():
            conn = pool.getconn()
            assert conn is not None
            pool.putconn(conn)
        """,
    "closing the cursor does not fail": """
        def f():
            conn = pool.getconn()
            cur = conn.cursor()
            cur.close()
            pool.putconn(conn)
        """,
    "a plain attribute of it": """
        def f():
            conn = pool.getconn()
            name = conn.info.get("name")
            conn.notices.append(name)
            pool.putconn(conn)
        """,
    "the process ends": """
        def f(x):
            conn = pool.getconn()
            if x:
                sys.exit(1)
            pool.putconn(conn)
        """,
    "closed already, by its own word": """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                if not conn.closed:
                    pool.putconn(conn)
        """,
    "named in locals": """
        def f():
            try:
                conn = pool.getconn()
                conn.cursor().execute("x")
            finally:
                if "conn" in locals():
                    pool.putconn(conn)
        """,
    "expected to raise": """
        def f():
            conn = pool.getconn()
            with pytest.raises(ValueError):
                conn.cursor().execute("x")
            pool.putconn(conn)
        """,
    "while True with return": """
        def f(q):
            while True:
                conn = pool.getconn()
                try:
                    if q.get():
                        return conn.cursor().execute("x")
                finally:
                    pool.putconn(conn)
        """,
    "a keyed acquire gives the same again": """
        def f(xs):
            for x in xs:
                conn = pool.getconn(key="a")
            pool.putconn(conn)
        """,
    "raise of another builtin cannot be caught there": """
        def f(x):
            conn = pool.getconn()
            try:
                if x:
                    raise ValueError
            except KeyError:
                return None
            except ValueError:
                pass
            pool.putconn(conn)
        """,
}


@pytest.mark.parametrize("name", BAD)
def test_leaks(name: str) -> None:
    body, expected = BAD[name]
    assert kinds(body) == expected


@pytest.mark.parametrize("name", GOOD)
def test_no_leak(name: str) -> None:
    assert kinds(GOOD[name]) == []


def test_first_of_two_leaks_when_the_second_acquire_fails() -> None:
    facts = program(
        """
        def f():
            a = pool.getconn()
            b = other.getconn()
            try:
                a.commit()
                b.commit()
            finally:
                other.putconn(b)
                pool.putconn(a)
        """
    )
    assert [[leak.kind for leak in fact.leaks] for fact in facts] == [["weak"], []]


def test_the_story_tells_acquire_branch_and_exit() -> None:
    (fact,) = program(
        """
        def f(x):
            conn = pool.getconn()
            if not x:
                return None
            pool.putconn(conn)
        """
    )
    (leak,) = [leak for leak in fact.leaks if leak.kind == "return"]
    assert [(step.kind, step.text) for step in leak.steps] == [
        ("acquire", "`pool.getconn()`"),
        ("note", "`not x` is true"),
        ("exit", "returns here"),
    ]
