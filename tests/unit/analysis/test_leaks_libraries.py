"""What `with`, await, close and commit mean differs by library."""

from __future__ import annotations

import pytest
from leaks_support import ASYNCPG, PSYCOPG2, SQLALCHEMY, kinds, program

BAD = {
    "await without finally": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            await conn.execute("x")
            await pool.release(conn)
        """,
        ["cancelled", "strong"],
    ),
    "Exception does not catch a cancellation": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            try:
                await conn.execute("x")
            except Exception:
                await pool.release(conn)
                raise
            await pool.release(conn)
        """,
        ["cancelled"],
    ),
    "the release is not awaited": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            pool.release(conn)
        """,
        ["end"],
    ),
    "waited for with a limit": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await asyncio.wait_for(pool.acquire(), 5)
            await conn.execute("x")
        """,
        ["cancelled", "end", "strong"],
    ),
    "async with await": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            async with await pool.acquire() as conn:
                await conn.execute("x")
        """,
        ["cancelled", "end", "strong"],
    ),
    "an attribute of an annotated parameter": (
        ASYNCPG,
        """
        async def f(service: Service):
            conn = await service.pool.acquire()
            await conn.execute("x")
            await service.pool.release(conn)
        """,
        ["cancelled", "strong"],
    ),
    "with is a transaction": (
        PSYCOPG2,
        """
        def f():
            with pool.getconn() as conn:
                conn.cursor().execute("x")
        """,
        ["end", "strong"],
    ),
    "with without a name": (
        PSYCOPG2,
        """
        def f():
            with pool.getconn():
                pass
        """,
        ["dropped"],
    ),
    "closing closes and loses the slot": (
        PSYCOPG2,
        """
        def f():
            with closing(pool.getconn()) as conn:
                conn.cursor().execute("x")
        """,
        ["end", "strong"],
    ),
    "close is not putconn": (
        PSYCOPG2,
        """
        def f():
            conn = pool.getconn()
            try:
                conn.cursor().execute("x")
            finally:
                conn.close()
        """,
        ["end", "strong"],
    ),
    "a driver's own connection in with": (
        PSYCOPG2,
        """
        def f():
            with psycopg2.connect("x") as conn:
                conn.cursor().execute("x")
        """,
        ["end", "strong"],
    ),
    "an ORM session in use": (
        SQLALCHEMY,
        """
        def f():
            session = Session(engine)
            return session.query(int).all()
        """,
        ["return", "strong"],
    ),
    "an ORM session by factory": (
        SQLALCHEMY,
        """
        def f(x):
            session = Local()
            session.add(x)
            session.commit()
            session.refresh(x)
            session.close()
        """,
        ["strong"],
    ),
    "after the commit it is used again": (
        SQLALCHEMY,
        """
        def f(x):
            session = Local()
            session.add(x)
            session.commit()
            return session.query(int).all()
        """,
        ["return", "strong"],
    ),
    "an async session": (
        SQLALCHEMY,
        """
        async def f(q):
            session = AsyncLocal()
            rows = await session.execute(q)
            await session.close()
            return rows
        """,
        ["cancelled", "strong"],
    ),
    "an engine's connection": (
        SQLALCHEMY,
        """
        def f(q):
            conn = engine.connect()
            rows = conn.execute(q).fetchall()
            conn.close()
            return rows
        """,
        ["strong"],
    ),
    "an engine's connection, dropped": (
        SQLALCHEMY,
        """
        def f(q):
            return engine.connect().execute(q).fetchall()
        """,
        ["dropped", "strong"],
    ),
    "raw, with commit and rollback only": (
        SQLALCHEMY,
        """
        def f(q):
            conn = engine.raw_connection()
            try:
                conn.cursor().execute(q)
                conn.commit()
            except Exception:
                conn.rollback()
                raise
        """,
        ["end", "strong"],
    ),
}

GOOD = {
    "async with": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            async with pool.acquire() as conn:
                await conn.execute("x")
        """,
    ),
    "await and finally": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            try:
                await conn.execute("x")
            finally:
                await pool.release(conn)
        """,
    ),
    "shielded": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            try:
                await conn.execute("x")
            finally:
                await asyncio.shield(pool.release(conn))
        """,
    ),
    "a task releases": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            try:
                await conn.execute("x")
            finally:
                asyncio.create_task(pool.release(conn))
        """,
    ),
    "close frees the slot": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            conn = await pool.acquire()
            try:
                await conn.execute("x")
            finally:
                await conn.close()
        """,
    ),
    "not awaited yet": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool):
            waiting = pool.acquire()
            return waiting
        """,
    ),
    "entered by an exit stack": (
        ASYNCPG,
        """
        async def f(pool: asyncpg.Pool, stack):
            conn = await stack.enter_async_context(pool.acquire())
            await conn.execute("x")
        """,
    ),
    "a session in with": (
        SQLALCHEMY,
        """
        def f():
            with Session(engine) as session:
                return session.query(int).all()
        """,
    ),
    "a session that is only committed": (
        SQLALCHEMY,
        """
        def f(x):
            session = Local()
            try:
                session.add(x)
                session.commit()
            except Exception:
                session.rollback()
                raise
        """,
    ),
    "a session that did nothing": (
        SQLALCHEMY,
        """
        def f(x):
            session = Local()
            session.add(x)
        """,
    ),
    "a session whose work is a block": (
        SQLALCHEMY,
        """
        def f(x):
            session = Local()
            with session.begin():
                session.execute(x)
        """,
    ),
    "a provider": (
        SQLALCHEMY,
        """
        def f():
            db = Local()
            try:
                yield db
            finally:
                db.close()
        """,
    ),
    "a helper ends the unit of work": (
        SQLALCHEMY,
        """
        def save(session, x):
            session.add(x)
            session.commit()

        def f(x):
            session = Local()
            save(session, x)
        """,
    ),
    "engine.begin alone acquires nothing": (
        SQLALCHEMY,
        """
        def f():
            begun = engine.begin()
            return begun is not None
        """,
    ),
    "the connection is entered later": (
        SQLALCHEMY,
        """
        def f(q):
            conn = engine.connect()
            with conn:
                conn.execute(q)
        """,
    ),
    "closing": (
        SQLALCHEMY,
        """
        from contextlib import closing

        def f(q):
            with closing(engine.raw_connection()) as conn:
                conn.cursor().execute(q)
        """,
    ),
    "closing a driver's own": (
        PSYCOPG2,
        """
        def f():
            with closing(psycopg2.connect("x")) as conn:
                conn.cursor().execute("x")
        """,
    ),
    "with inside try": (
        PSYCOPG2,
        """
        def f():
            conn = psycopg2.connect("x")
            try:
                with conn, conn.cursor() as cur:
                    cur.execute("x")
            finally:
                conn.close()
        """,
    ),
    "options give the connection itself": (
        SQLALCHEMY,
        """
        def f(q):
            conn = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                conn.execute(q)
            finally:
                conn.close()
        """,
    ),
    "closed is a number": (
        PSYCOPG2,
        """
        def f():
            conn = psycopg2.connect("x")
            try:
                conn.cursor().execute("x")
            finally:
                if conn.closed == 0:
                    conn.close()
        """,
    ),
    "entered by hand, left elsewhere": (
        SQLALCHEMY,
        """
        class A:
            def f(self):
                entered = engine.connect().__enter__()
                self.connections.append(entered)
        """,
    ),
    "entered and left by hand": (
        SQLALCHEMY,
        """
        def f(q):
            conn = engine.connect()
            try:
                conn.execute(q)
            finally:
                conn.__exit__(None, None, None)
        """,
    ),
    "a dead connection's rollback": (
        PSYCOPG2,
        """
        def f():
            conn = psycopg2.connect("x")
            try:
                conn.cursor().execute("x")
            except Exception:
                conn.rollback()
                conn.close()
                raise
            conn.close()
        """,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_leaks(name: str) -> None:
    prelude, body, expected = BAD[name]
    assert kinds(body, prelude, also=("cancelled",)) == expected


@pytest.mark.parametrize("name", GOOD)
def test_no_leak(name: str) -> None:
    prelude, body = GOOD[name]
    owner = "A.f" if "class A" in body else "f"
    assert kinds(body, prelude, function=owner, also=("cancelled",)) == []


WRONG = {
    "with is a transaction": "with-transaction",
    "closing closes and loses the slot": "closing",
    "close is not putconn": "method",
    "async with await": "with-awaited",
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_releases(name: str) -> None:
    prelude, body, _ = BAD[name]
    (fact,) = program(body, prelude)
    assert [wrong.kind for wrong in fact.wrong_releases] == [WRONG[name]]


def test_given_to_another_pool_is_wrong() -> None:
    (fact,) = program("def f():\n    conn = pool.getconn()\n    other.putconn(conn)\n")
    assert [wrong.kind for wrong in fact.wrong_releases] == ["other-pool"]


def test_the_limit_is_size_and_overflow() -> None:
    (fact,) = program("def f():\n    conn = engine.connect()\n    conn.commit()\n", SQLALCHEMY)
    assert fact.limit is not None and getattr(fact.limit, "value", None) == 15
