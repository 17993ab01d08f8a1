"""What the libraries do when all connections are in use: what the messages about sizes say, seen on the real ones."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pool_servers import MariaDB, Postgres, need

from poollint.catalogue.catalogue import load_catalogue

CATALOGUE = load_catalogue()
SHORT = 0.2
"""Seconds that a wait is told to last."""


def said(type_id: str, method: str) -> tuple[str, float | None]:
    """What the catalogue says of an exhausted pool."""
    found = CATALOGUE.acquire(type_id, method)
    assert found is not None
    return found[1].exhausted, found[1].wait_seconds


def default(library: str, constructor: str, role: str) -> object:
    option = next(o for o in CATALOGUE.options_of(constructor) if o.role == role)
    assert CATALOGUE.constructor(constructor)[0].name == library  # type: ignore[index]
    return option.default[0].value


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    server = MariaDB()
    yield server
    server.remove()


# --- SQLAlchemy ----------------------------------------------------------------------------------


def test_sqlalchemy_gives_fifteen_and_the_sixteenth_waits_then_raises(tmp_path: Path) -> None:
    sqlalchemy = need("sqlalchemy")
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.QueuePool, pool_timeout=SHORT)
    held = [engine.connect() for _ in range(15)]
    start = time.monotonic()
    with pytest.raises(sqlalchemy.exc.TimeoutError, match="size 5 overflow 10 reached"):
        engine.connect()
    assert time.monotonic() - start >= SHORT
    for connection in held:
        connection.close()
    engine.dispose()
    assert said("sqlalchemy:engine", "connect") == ("waits", 30.0)
    assert default("sqlalchemy", "sqlalchemy.create_engine", "size") == 5
    assert default("sqlalchemy", "sqlalchemy.create_engine", "overflow") == 10


@pytest.mark.parametrize("options", [{"max_overflow": -1}, {"pool_size": 0}], ids=str)
def test_sqlalchemy_without_a_limit_goes_on(tmp_path: Path, options: dict[str, int]) -> None:
    sqlalchemy = need("sqlalchemy")
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.QueuePool, pool_timeout=SHORT, **options)
    held = [engine.connect() for _ in range(40)]
    for connection in held:
        connection.close()
    engine.dispose()


# --- psycopg2, psycopg, asyncpg ------------------------------------------------------------------


def test_psycopg2_raises_at_once(postgres: Postgres) -> None:
    pool_module = need("psycopg2.pool")
    pool = pool_module.ThreadedConnectionPool(2, 5, postgres.dsn)
    held = [pool.getconn() for _ in range(5)]
    with pytest.raises(pool_module.PoolError, match="exhausted"):
        pool.getconn()
    for connection in held:
        pool.putconn(connection)
    pool.closeall()
    assert said("psycopg2:pool", "getconn")[0] == "raises"


def test_twenty_threads_on_five_connections_of_psycopg2(postgres: Postgres) -> None:
    """Fifteen of twenty fail, as the message says."""
    pool_module = need("psycopg2.pool")
    pool = pool_module.ThreadedConnectionPool(5, 5, postgres.dsn)
    together, failed = threading.Barrier(20), []

    def work(number: int) -> None:
        together.wait(30)
        try:
            connection = pool.getconn()
        except pool_module.PoolError:
            failed.append(number)
            connection = None
        together.wait(30)
        if connection is not None:
            pool.putconn(connection)

    with ThreadPoolExecutor(max_workers=20) as executor:
        list(executor.map(work, range(20)))
    pool.closeall()
    assert len(failed) == 15


def test_psycopg2_closes_what_comes_back_above_its_minimum(postgres: Postgres) -> None:
    pool_module = need("psycopg2.pool")
    small = pool_module.ThreadedConnectionPool(1, 5, postgres.dsn)
    whole = pool_module.ThreadedConnectionPool(5, 5, postgres.dsn)
    for pool, kept in ((small, 1), (whole, 5)):
        held = [pool.getconn() for _ in range(5)]
        for connection in held:
            pool.putconn(connection)
        assert sum(not connection.closed for connection in held) == kept
        pool.closeall()
    option = next(o for o in CATALOGUE.options_of("psycopg2.pool.ThreadedConnectionPool") if o.role == "idle-size")
    assert option.closes_above


def test_psycopg_waits_then_raises_and_none_is_no_growth(postgres: Postgres) -> None:
    psycopg_pool = need("psycopg_pool")
    with psycopg_pool.ConnectionPool(postgres.dsn, min_size=2, max_size=None, timeout=SHORT) as pool:
        pool.wait(30)
        held = [pool.getconn(30), pool.getconn(30)]
        start = time.monotonic()
        with pytest.raises(psycopg_pool.PoolTimeout):
            pool.getconn()
        assert time.monotonic() - start >= SHORT
        for connection in held:
            pool.putconn(connection)
    assert said("psycopg:pool", "getconn") == ("waits", 30.0)


def test_asyncpg_waits_without_end(postgres: Postgres) -> None:
    asyncpg = need("asyncpg")

    async def run() -> None:
        options = {"host": str(postgres.folder), "user": "postgres", "database": "postgres"}
        async with asyncpg.create_pool(min_size=1, max_size=1, **options) as pool:
            async with pool.acquire():
                waiting = asyncio.ensure_future(pool.acquire())
                done, _ = await asyncio.wait({waiting}, timeout=1)
                assert not done
            await pool.release(await waiting)

    asyncio.run(run())
    assert said("asyncpg:pool", "acquire") == ("waits-forever", None)


# --- MySQL ---------------------------------------------------------------------------------------


def test_mysql_connector_raises_at_once_and_has_a_maximum(mariadb: MariaDB) -> None:
    pooling = need("mysql.connector.pooling")
    errors = need("mysql.connector.errors")
    pool = pooling.MySQLConnectionPool(pool_name="facts", pool_size=2, unix_socket=mariadb.socket, user="root")
    held = [pool.get_connection(), pool.get_connection()]
    with pytest.raises(errors.PoolError, match="exhausted"):
        pool.get_connection()
    for connection in held:
        connection.close()
    assert said("mysql-connector-python:pool", "get_connection")[0] == "raises"
    with pytest.raises(AttributeError, match="32"):
        pooling.MySQLConnectionPool(pool_name="large", pool_size=33, unix_socket=mariadb.socket, user="root")


@pytest.mark.parametrize("library", ["aiomysql", "asyncmy"])
def test_async_mysql_pools_wait_without_end(mariadb: MariaDB, library: str) -> None:
    module = need(library)

    async def run() -> None:
        pool = await module.create_pool(1, 1, unix_socket=mariadb.socket, user="root")
        held = await pool.acquire()
        waiting = asyncio.ensure_future(_acquired(pool))
        done, _ = await asyncio.wait({waiting}, timeout=1)
        assert not done
        pool.release(held)
        pool.release(await waiting)
        pool.close()
        await pool.wait_closed()

    asyncio.run(run())
    assert said(f"{library}:pool", "acquire")[0] == "waits-forever"


async def _acquired(pool: Any) -> Any:
    return await pool.acquire()


# --- without a server ----------------------------------------------------------------------------


def test_dbutils_has_no_limit_by_default_raises_at_one_and_waits_when_told(tmp_path: Path) -> None:
    pooled = need("dbutils.pooled_db")
    path = str(tmp_path / "shop.db")
    unlimited = pooled.PooledDB(sqlite3, database=path)
    assert len([unlimited.connection() for _ in range(40)]) == 40
    limited = pooled.PooledDB(sqlite3, maxconnections=1, database=path)
    held = limited.connection()
    with pytest.raises(pooled.TooManyConnectionsError):
        limited.connection()
    held.close()
    waiting = pooled.PooledDB(sqlite3, maxconnections=1, blocking=True, database=path, check_same_thread=False)
    held = waiting.connection()
    got = threading.Event()
    thread = threading.Thread(target=lambda: (waiting.connection(), got.set()), daemon=True)
    thread.start()
    assert not got.wait(0.5)
    held.close()
    assert got.wait(30)
    assert said("dbutils:pool", "connection")[0] == "raises"


def test_peewee_raises_at_once_unless_given_a_timeout(tmp_path: Path) -> None:
    pool_module = need("playhouse.pool")
    for timeout, at_least in ((None, 0.0), (SHORT, SHORT)):
        database = pool_module.PooledSqliteDatabase(str(tmp_path / "shop.db"), max_connections=1, timeout=timeout)
        database.connect()
        start = time.monotonic()
        with ThreadPoolExecutor(1) as executor, pytest.raises(pool_module.MaxConnectionsExceeded):
            executor.submit(database.connect).result()
        assert time.monotonic() - start >= at_least
        database.close_all()
    made = CATALOGUE.constructor("playhouse.pool.PooledPostgresqlDatabase")
    assert made is not None and made[1].exhausted == "raises"


def test_kombu_raises_at_once() -> None:
    kombu = need("kombu")
    pool = kombu.Connection("memory://").Pool(limit=1)
    with pool.acquire(), pytest.raises(need("kombu.exceptions").ConnectionLimitExceeded):
        pool.acquire()
    assert said("kombu:pool", "acquire")[0] == "raises"


@contextmanager
def redis_server() -> Iterator[int]:
    """Answers every command with OK, as far as the clients look."""
    server = socket.create_server(("127.0.0.1", 0))
    running = True

    def answer(client: socket.socket) -> None:
        with client:
            while running:
                data = client.recv(65536)
                if not data:
                    return
                client.sendall(b"+OK\r\n" * data.count(b"*"))

    def serve() -> None:
        while running:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    running = False
    server.close()


@pytest.mark.parametrize("library", ["redis", "valkey"])
def test_redis_pools_raise_at_once_and_blocking_ones_wait(library: str) -> None:
    module = need(library)
    with redis_server() as port:
        options = {"host": "127.0.0.1", "port": port, "protocol": 2}
        pool = module.ConnectionPool(max_connections=1, **options)
        held = pool.get_connection("x") if library == "valkey" else pool.get_connection()
        with pytest.raises(module.ConnectionError):
            module.Redis(connection_pool=pool).get("x")
        pool.release(held)
        pool.disconnect()
        blocking = module.BlockingConnectionPool(max_connections=1, timeout=SHORT, **options)
        held = blocking.get_connection("x") if library == "valkey" else blocking.get_connection()
        start = time.monotonic()
        with pytest.raises(module.ConnectionError):
            module.Redis(connection_pool=blocking).get("x")
        assert time.monotonic() - start >= SHORT
        blocking.release(held)
        blocking.disconnect()
    assert said(f"{library}:pool", "get_connection")[0] == "raises"
    assert said(f"{library}:blocking_pool", "get_connection") == ("waits", 20.0)


@contextmanager
def slow_http() -> Iterator[str]:
    """A server that accepts and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                kept.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    server.close()
    for client in kept:
        client.close()


def test_httpx_waits_then_raises() -> None:
    httpx = need("httpx")

    async def run(url: str) -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(5, pool=SHORT)) as client:
            first = asyncio.ensure_future(client.get(url))
            await asyncio.sleep(0.1)
            with pytest.raises(httpx.PoolTimeout):
                await client.get(url)
            first.cancel()
            await asyncio.wait({first})

    with slow_http() as url:
        asyncio.run(run(url))
    assert said("httpx:async_client", "stream") == ("waits", 5.0)


def test_anyio_runs_plain_functions_in_forty_threads() -> None:
    anyio = need("anyio")

    async def run() -> float:
        return float(anyio.to_thread.current_default_thread_limiter().total_tokens)

    limit = anyio.run(run)
    frameworks = {f.name: f.thread_limit for f in CATALOGUE.frameworks if f.thread_limit}
    assert frameworks == {"fastapi": limit, "starlette": limit}


def test_fastapi_serves_no_more_plain_functions_at_once() -> None:
    fastapi, testclient = need("fastapi"), need("fastapi.testclient")
    app = fastapi.FastAPI()
    inside, most, lock = 0, 0, threading.Lock()

    @app.get("/")
    def handler() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.3)
        with lock:
            inside -= 1

    with testclient.TestClient(app) as client, ThreadPoolExecutor(60) as executor:
        list(executor.map(lambda _: client.get("/"), range(60)))
    assert most == 40
