"""Who answers for what was acquired: aliases, escapes, helpers, closures, generators, files."""

from __future__ import annotations

import pytest
from leaks_support import acquires, kinds, program

GOOD = {
    "returned": """
        def f():
            conn = pool.getconn()
            conn.autocommit = True
            return conn
        """,
    "returned in a tuple": """
        def f():
            conn = pool.getconn()
            return conn, conn.cursor()
        """,
    "returned in a wrapper": """
        def f():
            conn = pool.getconn()
            return Wrapper(pool, conn)
        """,
    "the cursor is returned": """
        def f():
            conn = pool.getconn()
            return conn.cursor()
        """,
    "stored in a dict of the object": """
        def f(self, k):
            conn = pool.getconn()
            self.conns[k] = conn
        """,
    "stored in a global": """
        def f():
            global conn
            conn = pool.getconn()
        """,
    "handed to a callee out of sight": """
        def f(job):
            conn = pool.getconn()
            job.run_with(conn)
        """,
    "in a list": """
        def f(n):
            cs = []
            for _ in range(n):
                c = pool.getconn()
                cs.append(c)
            return cs
        """,
    "a list comprehension": """
        def f():
            conns = [pool.getconn() for _ in range(3)]
            for c in conns:
                pool.putconn(c)
        """,
    "in a list, although errors give it back": """
        def f(cs):
            conn = pool.getconn()
            try:
                conn.commit()
            except BaseException:
                pool.putconn(conn)
                raise
            cs.append(conn)
        """,
    "wrapped, and errors give it back": """
        def f():
            conn = pool.getconn()
            try:
                return Wrapper(conn)
            except BaseException:
                pool.putconn(conn)
                raise
        """,
    "wrapped under a name, then returned": """
        def f(x):
            conn = pool.getconn()
            handle = Handle(conn)
            if x:
                pool.putconn(conn)
                return None
            return handle
        """,
    "an exit stack calls back": """
        def f():
            with ExitStack() as st:
                conn = pool.getconn()
                st.callback(pool.putconn, conn)
                conn.cursor().execute("x")
        """,
    "a helper gives it back": """
        def give(c):
            if c is not None:
                pool.putconn(c)

        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                give(conn)
        """,
    "a helper of a helper gives it back": """
        def give(c):
            pool.putconn(c)

        def done(c, log=None):
            if log:
                print(log)
            give(c)

        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                done(conn, log="x")
        """,
    "a helper out of sight, by its name": """
        from elsewhere import release_connection

        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                release_connection(conn)
        """,
    "a method gives it back": """
        class A:
            def _give(self, c):
                self.pool.putconn(c)

            def f(self):
                conn = pool.getconn()
                try:
                    conn.cursor().execute("x")
                finally:
                    self._give(conn)
        """,
    "an abstract method may": """
        class A:
            def give(self, c):
                raise NotImplementedError

            def f(self):
                conn = pool.getconn()
                self.give(conn)
        """,
    "a closure gives it back": """
        def f():
            conn = pool.getconn()

            def done():
                pool.putconn(conn)

            try:
                conn.cursor().execute("x")
            finally:
                done()
        """,
    "a closure is registered": """
        def f(request):
            conn = pool.getconn()
            request.add_finalizer(lambda: pool.putconn(conn))
            conn.cursor().execute("x")
        """,
    "a closure is returned": """
        def f():
            conn = pool.getconn()

            def done():
                pool.putconn(conn)

            return done
        """,
    "a finalizer": """
        def f(obj):
            conn = pool.getconn()
            weakref.finalize(obj, pool.putconn, conn)
            return obj
        """,
    "a thread's function gives it back": """
        import threading

        def work(c):
            try:
                c.commit()
            finally:
                pool.putconn(c)

        def f(executor):
            conn = pool.getconn()
            executor.submit(work, conn)
        """,
    "a test's cleanup": """
        class T:
            def f(self):
                conn = pool.getconn()
                self.addCleanup(pool.putconn, conn)
                self.x = conn.cursor()
        """,
    "an executor gives it back": """
        async def f(loop):
            conn = pool.getconn()
            try:
                await go(conn)
            finally:
                await loop.run_in_executor(None, pool.putconn, conn)
        """,
    "a context manager": """
        @contextmanager
        def f():
            conn = pool.getconn()
            try:
                yield conn
                conn.commit()
            except Exception:
                conn.rollback()
                raise
            finally:
                pool.putconn(conn)
        """,
    "a fixture": """
        @pytest.fixture
        def f():
            c = pool.getconn()
            yield c
            pool.putconn(c)
        """,
    "a generator that gives it away": """
        def f():
            yield pool.getconn()
        """,
    "swapped with a field": """
        class A:
            def f(self):
                conn = pool.getconn()
                conn, self.conn = self.conn, conn
        """,
    "the whole pool is closed": """
        def f():
            local = ThreadedConnectionPool(1, 2, "x")
            try:
                conn = local.getconn()
                conn.commit()
            finally:
                local.closeall()
        """,
    "entered by __enter__": """
        class A:
            def f(self):
                self.conn = pool.getconn()
                return self.conn
        """,
}

BAD = {
    "a helper borrows": (
        """
        def use(c):
            c.cursor().execute("x")

        def f():
            conn = pool.getconn()
            use(conn)
        """,
        ["end", "strong"],
    ),
    "a factory's caller": (
        """
        def get():
            return pool.getconn()

        def f():
            c = get()
            c.cursor().execute("x")
        """,
        ["end", "strong"],
    ),
    "a factory of a factory, behind a retry": (
        """
        from tenacity import retry

        @retry(stop=3)
        def get():
            return pool.getconn()

        def conn():
            c = get()
            c.autocommit = True
            return c

        def f():
            c = conn()
            c.cursor().execute("x")
            pool.putconn(c)
        """,
        ["strong"],
    ),
    "a factory that gives a tuple": (
        """
        def get():
            conn = pool.getconn()
            cur = conn.cursor()
            return conn, cur

        def f():
            conn, cur = get()
            cur.execute("x")
            pool.putconn(conn)
        """,
        ["strong"],
    ),
    "a context manager without try": (
        """
        @contextmanager
        def f():
            conn = pool.getconn()
            yield conn
            pool.putconn(conn)
        """,
        ["strong"],
    ),
    "a context manager that never gives it back": (
        """
        @contextmanager
        def f():
            conn = pool.getconn()
            yield conn
        """,
        ["end", "strong"],
    ),
    "a dependency without try": (
        """
        def f():
            conn = pool.getconn()
            yield conn
            pool.putconn(conn)
        """,
        ["strong"],
    ),
    "owned elsewhere in the function": (
        """
        def f(job, x):
            conn = pool.getconn()
            if x:
                job.run_with(conn)
                return
            pool.putconn(conn)
        """,
        ["return"],
    ),
    "rows of it are returned": (
        """
        def f():
            conn = pool.getconn()
            cur = conn.cursor()
            cur.execute("x")
            return cur.fetchall()
        """,
        ["return", "strong"],
    ),
    "printing is no hand-over": (
        """
        def f():
            conn = pool.getconn()
            print(conn)
            logger.info("got %s", conn)
        """,
        ["end"],
    ),
    "given to another pool": (
        """
        def f():
            conn = pool.getconn()
            other.putconn(conn)
        """,
        ["end"],
    ),
    "the first value of a generator": (
        """
        def get():
            conn = pool.getconn()
            try:
                yield conn
            finally:
                pool.putconn(conn)

        def f():
            conn = next(get())
            conn.cursor().execute("x")
        """,
        ["end", "strong"],
    ),
    "an unknown decorator changes nothing inside": (
        """
        @app.route("/")
        def f():
            conn = pool.getconn()
            conn.cursor().execute("x")
            pool.putconn(conn)
        """,
        ["strong"],
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_not_ours_or_given_back(name: str) -> None:
    owner = "A.f" if "class A" in GOOD[name] else "T.f" if "class T" in GOOD[name] else "f"
    assert kinds(GOOD[name], function=owner) == []


@pytest.mark.parametrize("name", BAD)
def test_ours(name: str) -> None:
    body, expected = BAD[name]
    assert kinds(body, function="f") == expected


def test_a_cached_factory_hands_out_nothing() -> None:
    facts = program(
        """
        from functools import lru_cache

        @lru_cache
        def get():
            return pool.getconn()

        def f():
            c = get()
            c.cursor().execute("x")
        """
    )
    assert [fact.place.function for fact in facts] == ["get"]


def test_a_memoising_factory_hands_out_nothing() -> None:
    facts = program(
        """
        class A:
            def get(self):
                if self.conn is None:
                    self.conn = pool.getconn()
                return self.conn

            def f(self):
                c = self.get()
                c.cursor().execute("x")
        """
    )
    assert [(fact.place.function, fact.leaks) for fact in facts] == [("A.get", ())]


def test_helper_and_factory_in_other_files() -> None:
    files = {
        "db/__init__.py": "from .pools import take, give\n",
        "db/pools.py": (
            "from psycopg2.pool import ThreadedConnectionPool\n"
            "pool = ThreadedConnectionPool(1, 10, 'x')\n"
            "def take():\n    return pool.getconn()\n"
            "def give(c):\n    pool.putconn(c)\n"
        ),
        "app.py": (
            "import db\n"
            "def good():\n"
            "    conn = db.take()\n"
            "    try:\n        conn.commit()\n"
            "    finally:\n        db.give(conn)\n"
            "def bad():\n"
            "    conn = db.take()\n"
            "    conn.commit()\n"
            "    db.give(conn)\n"
        ),
    }
    found = {fact.place.function: fact for fact in acquires(files, "app.py")}
    assert [leak.kind for leak in found["good"].leaks] == []
    assert [leak.kind for leak in found["bad"].leaks] == ["strong"]
    assert found["bad"].helper == "take"
