"""What CPL504 says of settings, seen on the libraries: each entry of the catalogue, with the exception it names."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiomysql
import aiopg
import asyncmy
import asyncpg
import oracledb
import psycopg_pool
import pymongo
import pytest
import redis
import redis.asyncio
import requests
import sqlalchemy
import valkey
import valkey.asyncio
from aiohttp import TCPConnector
from mysql.connector import connect
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool

from poollint.catalogue.catalogue import load_catalogue

pytestmark = [
    # A connect that fails in the wrong place leaves its coroutine behind.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
URL = "postgresql+psycopg2://u@127.0.0.1:1/d"
ASYNC_URL = "postgresql+asyncpg://u@127.0.0.1:1/d"
SHARED_MEMORY = "sqlite:///file:shop?mode=memory&uri=true"
NOWHERE: dict[str, Any] = {"host": "127.0.0.1", "port": 1}


def engine(**options: object) -> object:
    return sqlalchemy.create_engine(URL, **options)


def pooled(**options: object) -> object:
    return engine(pool=QueuePool(lambda: sqlite3.connect(":memory:")), **options)


def in_memory(**options: object) -> object:
    return sqlalchemy.create_engine("sqlite://", **options)


def on_loop(make: Callable[..., Any], *arguments: object, **options: object) -> object:
    async def run() -> object:
        made = make(*arguments, **options)
        return await made if hasattr(made, "__await__") else made

    return asyncio.run(run())


def second_checkout() -> None:
    made = sqlalchemy.create_engine(SHARED_MEMORY, poolclass=QueuePool, pool_recycle=None)
    for _ in range(2):
        with made.connect():
            pass


Case = tuple[str, str, str, Callable[[], object]]
CASES: list[Case] = [
    *(
        ("sqlalchemy", keyword, "TypeError", lambda c=cls, k=keyword: engine(poolclass=c, **{k: 5}))
        for keyword in ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo")
        for cls in (NullPool, StaticPool, AssertionPool, SingletonThreadPool)
        if (keyword, cls) != ("pool_size", SingletonThreadPool)
    ),
    *(
        ("sqlalchemy", keyword, "TypeError", lambda k=keyword: pooled(**{k: 5}))
        for keyword in ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo", "pool_recycle")
    ),
    ("sqlalchemy", "pool_pre_ping", "TypeError", lambda: pooled(pool_pre_ping=True)),
    ("sqlalchemy", "pool_reset_on_return", "TypeError", lambda: pooled(pool_reset_on_return="commit")),
    *(
        ("sqlalchemy", keyword, "TypeError", lambda k=keyword: in_memory(**{k: 5}))
        for keyword in ("max_overflow", "pool_timeout", "pool_use_lifo")
    ),
    ("sqlalchemy", "pool_recycle", "TypeError", second_checkout),
    *(
        (
            "sqlalchemy",
            "poolclass",
            "ArgumentError",
            lambda c=cls: create_async_engine(ASYNC_URL, poolclass=c),
        )
        for cls in (QueuePool, SingletonThreadPool)
    ),
    *(
        ("sqlalchemy", "url", "MissingGreenlet", lambda u=url: sqlalchemy.create_engine(u).connect())
        for url in (ASYNC_URL, "mysql+aiomysql://u@127.0.0.1:1/d", "mysql+asyncmy://u@127.0.0.1:1/d")
    ),
    *(
        ("sqlalchemy", "url", "InvalidRequestError", lambda u=url: create_async_engine(u))
        for url in (URL, "mysql+pymysql://u@h/d", "sqlite:///d")
    ),
    ("asyncpg", "max_size", "ValueError", lambda: on_loop(asyncpg.create_pool, "postgresql://h/d", max_size=5)),
    ("asyncpg", "max_size", "ValueError", lambda: on_loop(asyncpg.create_pool, "postgresql://h/d", min_size=11)),
    ("asyncpg", "max_size", "ValueError", lambda: on_loop(asyncpg.create_pool, "x", min_size=0, max_size=0)),
    ("psycopg", "max_size", "ValueError", lambda: psycopg_pool.ConnectionPool("", max_size=3, open=False)),
    ("aiomysql", "maxsize", "ValueError", lambda: on_loop(aiomysql.create_pool, minsize=11, **NOWHERE)),
    ("asyncmy", "maxsize", "ValueError", lambda: on_loop(asyncmy.create_pool, minsize=11, **NOWHERE)),
    ("aiopg", "maxsize", "ValueError", lambda: on_loop(aiopg.create_pool, "dbname=d", minsize=5, maxsize=3)),
    (
        "oracledb",
        "max",
        "ProgrammingError",
        lambda: oracledb.create_pool(dsn="h/d", user="u", password="p", min=3),
    ),
    ("pymongo", "maxPoolSize", "ValueError", lambda: pymongo.MongoClient(connect=False, minPoolSize=101)),
    ("pymongo", "waitQueueTimeoutMS", "ValueError", lambda: pymongo.MongoClient(connect=False, waitQueueTimeoutMS=0)),
    *(
        (
            "mysql-connector-python",
            "pool_size",
            "AttributeError",
            lambda n=size: connect(pool_size=n, **NOWHERE),
        )
        for size in (33, 0)
    ),
    ("redis", "max_connections", "ValueError", lambda: redis.Redis(max_connections=-1)),
    ("valkey", "max_connections", "ValueError", lambda: valkey.Valkey(max_connections=-1)),
    (
        "aiohttp",
        "keepalive_timeout",
        "ValueError",
        lambda: on_loop(TCPConnector, force_close=True, keepalive_timeout=5),
    ),
]
KINDS = {("redis", "connection_pool"), ("valkey", "connection_pool")}
WITHOUT_EFFECT = {("requests", "prefix"), ("requests", "pool_connections")}
NO_WHEEL = {("mariadb", "pool_size")}


@pytest.mark.parametrize(("library", "keyword", "raises", "run"), CASES)
def test_a_setting_fails_as_it_is_said(library: str, keyword: str, raises: str, run: Callable[[], object]) -> None:
    said = {
        m.raises.rpartition(".")[2]
        for known in load_catalogue().libraries
        if known.name == library
        for m in known.misfits
    }
    assert raises in said
    with pytest.raises(Exception) as caught:
        run()
    names = {cls.__name__ for cls in type(caught.value).__mro__}
    assert raises in names


def test_every_entry_is_tried() -> None:
    listed = {(library.name, misfit.keyword) for library in load_catalogue().libraries for misfit in library.misfits}
    assert listed == {(library, keyword) for library, keyword, _, _ in CASES} | KINDS | WITHOUT_EFFECT | NO_WHEEL


def test_a_recycle_of_nothing_connects_each_time() -> None:
    def connections(recycle: int) -> int:
        made = sqlalchemy.create_engine(
            "sqlite:///file:shop?mode=memory&uri=true", poolclass=QueuePool, pool_recycle=recycle
        )
        seen: list[object] = []
        event.listen(made, "connect", lambda *opened: seen.append(opened))
        for _ in range(4):
            with made.connect():
                time.sleep(0.01)
        return len(seen)

    assert connections(-1) == connections(60) == 1
    assert connections(0) > 1


def test_a_prefix_without_slashes_never_wins() -> None:
    session, adapter = requests.Session(), requests.adapters.HTTPAdapter()
    session.mount("http", adapter)
    session.mount("https", adapter)
    assert session.get_adapter("http://shop.example.com") is not adapter
    assert session.get_adapter("https://shop.example.com") is not adapter


def test_pool_connections_leaves_the_size_for_each_host() -> None:
    manager = requests.adapters.HTTPAdapter(pool_connections=100).poolmanager
    assert manager.connection_pool_kw["maxsize"] == 10


# --- clients on pools of the other kind ------------------------------------------------------------


def _answer(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        while data := connection.recv(65536):
            connection.sendall(b"+OK\r\n" * (data.count(b"\r\n*") + 1))


@pytest.fixture
def port() -> Iterator[int]:
    """A server that answers OK to each command."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=_answer, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("sync", "loop", "client"), [(redis, redis.asyncio, "Redis"), (valkey, valkey.asyncio, "Valkey")]
)
def test_a_client_on_a_pool_of_the_other_kind_fails(sync: Any, loop: Any, client: str, port: int) -> None:
    with pytest.raises(AttributeError):
        getattr(sync, client)(connection_pool=loop.ConnectionPool(port=port)).get("x")
    with pytest.raises(TypeError):
        on_loop(lambda: getattr(loop, client)(connection_pool=sync.ConnectionPool(port=port)).get("x"))
