"""`dbapi(driver)` over the real drivers: a dead connection is not handed out, an open transaction is not handed on,
what its holder closed does not come back."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pool_servers import MariaDB, need
from pool_support import eventually

WAIT = 60.0
"""Seconds for a connection: the machine may be busy."""
GONE = r"gone away|[Ll]ost connection|closed|terminated"


def driver_of(name: str) -> ModuleType:
    """Of those that are not among the requirements of the tests: a compiler and a client library build them."""
    if name in ("MySQLdb", "mariadb"):
        module: ModuleType = pytest.importorskip(name)
        return module
    return need(name)  # type: ignore[no-any-return]


class Admin:
    """Another session, which sees and kills those of a pool."""

    def __init__(self, server: MariaDB) -> None:
        self.conn = need("pymysql").connect(unix_socket=server.socket, user="root", autocommit=True)

    def ask(self, query: str) -> list[int]:
        with self.conn.cursor() as cursor:
            cursor.execute(query)
            return [int(row[0]) for row in cursor.fetchall()]

    def others(self) -> list[int]:
        return self.ask("select id from information_schema.processlist where user = 'root' and id != connection_id()")

    def kill(self, session: int) -> None:
        self.ask(f"kill {session}")
        eventually(lambda: session not in self.others())


def rows(conn: Any, query: str) -> list[Any]:
    cursor = conn.cursor()
    try:
        cursor.execute(query)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


@pytest.mark.servers
@pytest.mark.parametrize("name", ["pymysql", "MySQLdb", "mariadb"])
def test_mysql_in_threads(package: ModuleType, mariadb: MariaDB, name: str) -> None:
    driver = driver_of(name)
    connect = partial(driver.connect, unix_socket=mariadb.socket, user="root", database="mysql")
    admin = Admin(mariadb)
    with package.Pool(connect, max_size=1, timeout=WAIT, check_after=0, **package.dbapi(driver)) as pool:

        def session() -> int:
            with pool.connection() as conn:
                return int(rows(conn, "select connection_id()")[0][0])

        with pool.connection() as conn:
            rows(conn, "create temporary table numbers (number int) engine=innodb")
            rows(conn, "insert into numbers values (1)")
        with pool.connection() as again:
            assert again is conn
            assert rows(conn, "select number from numbers") == []
        killed = session()
        admin.kill(killed)
        with pool.connection() as fresh:
            assert fresh is not conn
        assert pool.stats().check_failures == 1
        with pool.connection() as conn:
            conn.close()
        closed = session()
        assert closed not in (killed, 0)
        with (
            pytest.raises(Exception, match=r"gone away|[Ll]ost connection|closed|terminated"),
            pool.connection() as conn,
        ):
            admin.kill(closed)
            rows(conn, "select 1")
        assert session() != closed
    eventually(lambda: admin.others() == [])
    admin.conn.close()


async def answers(conn: Any, query: str) -> list[Any]:
    async with conn.cursor() as cursor:
        await cursor.execute(query)
        return list(await cursor.fetchall()) if cursor.description else []


@pytest.mark.servers
@pytest.mark.parametrize("name", ["aiomysql", "asyncmy"])
def test_mysql_in_tasks(package: ModuleType, mariadb: MariaDB, name: str) -> None:
    driver = driver_of(name)
    connect = partial(driver.connect, unix_socket=mariadb.socket, user="root", db="mysql")
    admin = Admin(mariadb)
    aborted = "select variable_value from information_schema.global_status where variable_name = 'aborted_clients'"

    async def main() -> None:
        pool = package.AsyncPool(connect, max_size=1, timeout=WAIT, check_after=0, **package.dbapi(driver))

        async def session() -> int:
            async with pool.connection() as conn:
                return int((await answers(conn, "select connection_id()"))[0][0])

        async with pool.connection() as conn:
            await answers(conn, "create temporary table numbers (number int) engine=innodb")
            await answers(conn, "insert into numbers values (1)")
        async with pool.connection() as again:
            assert again is conn
            assert await answers(conn, "select number from numbers") == []
        killed = await session()
        await asyncio.to_thread(admin.kill, killed)
        async with pool.connection() as fresh:
            assert fresh is not conn
        assert pool.stats().check_failures == 1
        async with pool.connection() as conn:
            conn.close()
        closed = await session()
        with pytest.raises(Exception, match=GONE):
            async with pool.connection() as conn:
                await asyncio.to_thread(admin.kill, closed)
                await answers(conn, "select 1")
        assert await session() != closed
        before = admin.ask(aborted)
        await pool.close()
        await asyncio.to_thread(eventually, lambda: admin.others() == [])
        assert admin.ask(aborted) == before, "it has said goodbye"

    asyncio.run(main())
    admin.conn.close()


def test_aiosqlite(package: ModuleType, tmp_path: Path) -> None:
    driver = need("aiosqlite")
    path = tmp_path / "data"
    with sqlite3.connect(path) as conn:
        conn.execute("create table numbers (number int)")
    conn.close()

    async def main() -> None:
        pool = package.AsyncPool(partial(driver.connect, path), max_size=1, check_after=0, **package.dbapi(driver))
        async with pool.connection() as conn:
            await conn.execute("insert into numbers values (1)")
            assert conn.in_transaction
        async with pool.connection() as again:
            assert again is conn
            assert await again.execute_fetchall("select * from numbers") == []
            await again.close()
        async with pool.connection() as fresh:
            assert fresh is not conn
        await fresh.close()  # behind the pool's back
        async with pool.connection() as conn:
            assert await conn.execute_fetchall("select count(*) from numbers") == [(0,)]
        assert pool.stats().check_failures == 1
        await pool.close()

    asyncio.run(main())


class Unwilling:
    """What it is asked must be awaited; it cannot say goodbye."""

    connected, closed = True, False

    def __init__(self) -> None:
        self.said: list[str] = []

    async def ping(self, reconnect: bool) -> None:
        self.said.append(f"ping {reconnect}")

    async def rollback(self) -> None:
        self.said.append("rollback")

    async def ensure_closed(self) -> None:
        raise ConnectionError("gone")

    def close(self) -> None:
        self.said.append("close")


@pytest.mark.parametrize("name", ["aiomysql", "asyncmy"])
def test_asynchronous_drivers_are_not_taken_for_others(package: ModuleType, name: str) -> None:
    """Some say that they are modules of PEP 249, and their hooks must be awaited all the same."""
    module = ModuleType(name)
    module.apilevel = "2.0"  # type: ignore[attr-defined]
    hooks, conn = package.dbapi(module), Unwilling()

    async def use() -> None:
        await hooks["check"](conn)
        await hooks["reset"](conn)
        assert not hooks["is_closed"](conn)
        with pytest.raises(ConnectionError):
            await hooks["close"](conn)

    asyncio.run(use())
    assert conn.said == ["ping False", "rollback", "close"]
