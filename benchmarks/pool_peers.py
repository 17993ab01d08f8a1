"""The pools that pool_bench.py compares: each over fake connections that do nothing."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from poollint.pool import AsyncPool, Pool, dbapi

SIZE = 8
Acquire = Callable[[], Any]
Release = Callable[[Any], Any]


@dataclass
class Contender:
    name: str
    acquire: Acquire
    release: Release
    close: Callable[[], Any] = lambda: None
    can_wait: bool = True
    block: Callable[[], Any] | None = None
    """Makes the `with` block, where that is measured in place of the pair."""


class Connection:
    """What every pool here may ask of a connection."""

    closed = 0
    autocommit = False
    _pool: Any = None
    pgconn = SimpleNamespace(transaction_status=0)
    info = SimpleNamespace(transaction_status=0)

    def rollback(self) -> None: ...

    def close(self) -> None: ...

    def ping(self) -> None: ...

    @classmethod
    def connect(cls, *_: Any, **__: Any) -> Connection:
        return cls()


class AsyncConnection(Connection):
    async def rollback(self) -> None: ...  # type: ignore[override]

    async def close(self) -> None: ...  # type: ignore[override]

    async def ping(self) -> None: ...  # type: ignore[override]

    @classmethod
    async def connect(cls, *_: Any, **__: Any) -> AsyncConnection:  # type: ignore[override]
        return cls()


# --- threads ---------------------------------------------------------------------------------------


def floor() -> Contender:
    line: queue.LifoQueue[Any] = queue.LifoQueue()
    for _ in range(SIZE):
        line.put(Connection())
    return Contender("queue.LifoQueue", lambda: line.get(timeout=30), line.put)


def own(name: str, with_block: bool = False, **options: Any) -> Callable[[], Contender]:
    def make() -> Contender:
        pool = Pool(
            Connection, min_size=SIZE, max_size=SIZE, check=Connection.ping, reset=Connection.rollback, **options
        ).open()
        return Contender(name, pool.acquire, pool.release, pool.close, block=pool.connection if with_block else None)

    return make


def psycopg_pool() -> Contender:
    from psycopg_pool import ConnectionPool

    pool: Any = ConnectionPool("", connection_class=Connection, min_size=SIZE, max_size=SIZE, open=True)  # type: ignore[arg-type]
    pool.wait()
    return Contender("psycopg_pool", pool.getconn, pool.putconn, pool.close)


def sqlalchemy() -> Contender:
    from sqlalchemy.pool import QueuePool

    pool = QueuePool(Connection, pool_size=SIZE, max_overflow=0)  # type: ignore[arg-type]
    return Contender("SQLAlchemy QueuePool", pool.connect, lambda conn: conn.close(), pool.dispose)


def dbutils() -> Contender:
    from dbutils.pooled_db import PooledDB

    errors = dict.fromkeys(("OperationalError", "InterfaceError", "InternalError"), Exception)
    driver = SimpleNamespace(threadsafety=2, connect=Connection.connect, **errors)
    pool = PooledDB(driver, mincached=SIZE, maxcached=SIZE, maxconnections=SIZE, blocking=True)
    return Contender("DBUtils PooledDB", pool.connection, lambda conn: conn.close(), pool.close)


def psycopg2() -> Contender:
    from psycopg2 import extensions, pool

    class OverFakes(pool.ThreadedConnectionPool):
        def _connect(self, key: Any = None) -> Any:
            conn = Connection()
            if key is None:
                self._pool.append(conn)
            else:
                self._used[key] = conn
                self._rused[id(conn)] = key
            return conn

    assert extensions.TRANSACTION_STATUS_IDLE == 0
    one = OverFakes(SIZE, SIZE)
    return Contender("psycopg2.pool (cannot wait)", one.getconn, one.putconn, one.closeall, can_wait=False)


THREADS = (
    floor,
    own("poollint Pool, acquire + release"),
    own("poollint Pool, with block", with_block=True),
    own("poollint Pool, with block, leak_after", with_block=True, leak_after=60.0),
    psycopg2,
    dbutils,
    psycopg_pool,
    sqlalchemy,
)


# --- tasks -----------------------------------------------------------------------------------------


async def async_floor() -> Contender:
    line: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
    for _ in range(SIZE):
        line.put_nowait(AsyncConnection())
    return Contender("asyncio.LifoQueue", line.get, line.put)


def async_own(name: str, with_block: bool) -> Callable[[], Awaitable[Contender]]:
    async def make() -> Contender:
        pool = await AsyncPool(
            AsyncConnection.connect, min_size=SIZE, max_size=SIZE, check=AsyncConnection.ping,
            reset=AsyncConnection.rollback,
        ).open()  # fmt: skip
        return Contender(name, pool.acquire, pool.release, pool.close, block=pool.connection if with_block else None)

    return make


async def psycopg_async() -> Contender:
    from psycopg_pool import AsyncConnectionPool

    pool: Any = AsyncConnectionPool("", connection_class=AsyncConnection, min_size=SIZE, max_size=SIZE, open=False)  # type: ignore[arg-type]
    await pool.open(wait=True)
    return Contender("psycopg AsyncConnectionPool", pool.getconn, pool.putconn, pool.close)


async def aiomysql() -> Contender:
    import aiomysql.pool as module

    class Mysql(AsyncConnection):
        last_usage = 0
        _reader = SimpleNamespace(at_eof=lambda: False, exception=lambda: None, eof_received=False)

        def get_transaction_status(self) -> bool:
            return False

        def close(self) -> None: ...  # type: ignore[override]

    async def connect(**_: Any) -> Mysql:
        return Mysql()

    module.connect = connect
    pool: Any = module.Pool(SIZE, SIZE, False, -1, asyncio.get_running_loop())
    async with pool._cond:
        await pool._fill_free_pool(False)

    async def close() -> None:
        pool.close()
        await pool.wait_closed()

    return Contender("aiomysql Pool", pool.acquire, pool.release, close)


TASKS = (
    async_floor,
    async_own("poollint AsyncPool, acquire + release", with_block=False),
    async_own("poollint AsyncPool, async with block", with_block=True),
    psycopg_async,
    aiomysql,
)


# --- over a real server ----------------------------------------------------------------------------


async def asyncpg_own(arguments: dict[str, Any], with_reset: bool) -> Contender:
    import asyncpg

    options: dict[str, Any] = {} if with_reset else {"reset": nothing}
    pool = await asyncpg.create_pool(min_size=SIZE, max_size=SIZE, **options, **arguments)
    return Contender(f"asyncpg's own pool{kind(with_reset)}", pool.acquire, pool.release, pool.close)


async def over_asyncpg(arguments: dict[str, Any], with_reset: bool) -> Contender:
    import asyncpg

    hooks = dbapi(asyncpg)
    if not with_reset:
        del hooks["reset"]
    pool = await AsyncPool(partial(asyncpg.connect, **arguments), min_size=SIZE, max_size=SIZE, **hooks).open()
    return Contender(f"poollint AsyncPool over asyncpg{kind(with_reset)}", pool.acquire, pool.release, pool.close)


def kind(with_reset: bool) -> str:
    return ", with its reset" if with_reset else ", without reset"


async def nothing(_: Any) -> None: ...


REAL = tuple(partial(make, with_reset=is_on) for is_on in (False, True) for make in (asyncpg_own, over_asyncpg))
