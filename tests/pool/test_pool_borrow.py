"""borrow and aborrow over pools of others, shared, and the hooks of drivers."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from pool_support import PATIENCE, Pools, Tasks, Worker
from test_pool_fork import in_child, needs_fork


class Foreign:
    """A pool with one pair of methods, under whatever names."""

    def __init__(self, acquire: str, release: str | None, is_async: bool = False) -> None:
        self.calls: list[Any] = []
        self.conn = SimpleNamespace(close=self._note("close", is_async))
        setattr(self, acquire, self._note(acquire, is_async))
        if release is not None:
            setattr(self, release, self._note(release, is_async))

    def _note(self, name: str, is_async: bool) -> Any:
        def note(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            return self.conn

        async def anote(*args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(0)
            return note(*args, **kwargs)

        return anote if is_async else note


PAIRS = [
    ("getconn", "putconn"),
    ("acquire", "release"),
    ("get_connection", "release"),
    ("get_connection", None),
    ("pull", "push"),
    ("connection", None),
]


@pytest.mark.parametrize(("acquire", "release"), PAIRS)
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_borrow_releases_on_every_way_out(
    package: ModuleType, acquire: str, release: str | None, error: type[BaseException] | None
) -> None:
    pool = Foreign(acquire, release)
    if error is None:
        with package.borrow(pool, 5, wait=True) as conn:
            assert conn is pool.conn
    else:
        with pytest.raises(error), package.borrow(pool, 5, wait=True) as conn:
            raise error
    given = (pool.conn,) if release else ()
    assert pool.calls == [(acquire, (5,), {"wait": True}), (release or "close", given, {})]


@pytest.mark.parametrize(("acquire", "release"), PAIRS)
@pytest.mark.parametrize("is_async", [False, True])
def test_aborrow(package: ModuleType, acquire: str, release: str | None, is_async: bool) -> None:
    pool = Foreign(acquire, release, is_async)

    async def main() -> None:
        with pytest.raises(ValueError, match="mine"):
            async with package.aborrow(pool) as conn:
                assert conn is pool.conn
                raise ValueError("mine")

    asyncio.run(main())
    assert [name for name, *_ in pool.calls] == [acquire, release or "close"]


def test_a_release_goes_on_when_its_task_is_cancelled(package: ModuleType) -> None:
    pool = Foreign("acquire", "release", is_async=True)

    async def main() -> None:
        started = asyncio.Event()

        async def hold() -> None:
            async with package.aborrow(pool):
                started.set()
                await asyncio.sleep(3600)

        task = asyncio.ensure_future(hold())
        await started.wait()
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert [name for name, *_ in pool.calls] == ["acquire", "release"]


def test_a_key_goes_with_its_connection(package: ModuleType) -> None:
    class Keyed:
        def __init__(self) -> None:
            self.keys: list[Any] = []

        def getconn(self, key: Any = None) -> object:
            self.keys.append(key)
            return object()

        def putconn(self, conn: object, key: Any = None) -> None:
            self.keys.append(key)

    pool = Keyed()
    with package.borrow(pool, "a"), package.borrow(pool, key="b"), package.borrow(pool):
        pass
    assert pool.keys == ["a", "b", None, None, "b", "a"]


def test_borrow_of_our_own(pools: Pools, tasks: Tasks, package: ModuleType) -> None:
    pool = pools(max_size=1)
    with package.borrow(pool, timeout=3):
        assert pool.stats().held == 1

    async def main() -> None:
        apool = tasks.pool(max_size=1)
        async with package.aborrow(apool):
            assert apool.stats().held == 1

    tasks.run(main)


def test_borrow_of_no_pool(package: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"object is no pool that borrow knows: it has none of getconn/putconn, "):
        package.borrow(object())


# --- shared ----------------------------------------------------------------------------------------


def test_shared_makes_one_for_all(package: ModuleType) -> None:
    made: list[object] = []
    all_here = threading.Barrier(8)

    @package.shared
    def get_pool(name: str = "x") -> object:
        time.sleep(0.01)
        made.append(object())
        return made[-1]

    def work() -> object:
        all_here.wait(PATIENCE)
        return get_pool()

    results = {id(worker.result()) for worker in [Worker(work) for _ in range(8)]}
    assert len(made) == len(results) == 1
    assert get_pool("a") is get_pool("a") is not get_pool("b")
    assert get_pool(name="a") is get_pool(name="a")
    assert len(get_pool.clear()) == 4
    assert get_pool() is not made[0]


def test_shared_asks_again_after_a_failure(package: ModuleType) -> None:
    answers: list[Any] = [ValueError("not yet"), "pool"]

    def factory() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    get_pool = package.shared(factory)
    with pytest.raises(ValueError, match="not yet"):
        get_pool()
    assert get_pool() == get_pool() == "pool"


def test_shared_refuses_what_cannot_work(package: ModuleType) -> None:
    async def factory() -> None:
        pass

    with pytest.raises(TypeError, match="not a coroutine"):
        package.shared(factory)()
    again = package.shared(lambda: again())
    with pytest.raises(RuntimeError, match="asks for what it is making"):
        again()


@needs_fork
def test_shared_after_a_fork(package: ModuleType) -> None:
    get_foreign = package.shared(lambda: SimpleNamespace(process=os.getpid()))
    get_own = package.shared(lambda: package.Pool(object))
    foreign, own = get_foreign(), get_own()

    def work() -> None:
        assert get_foreign().process == os.getpid()
        assert get_foreign() is get_foreign() is not foreign
        assert get_own() is own, "it looks after itself"

    in_child(work)
    assert get_foreign() is foreign


# --- hooks -----------------------------------------------------------------------------------------


def test_hooks_of_sqlite(package: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "data"
    sqlite3.connect(path).close()
    hooks = package.dbapi(sqlite3)

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, check_same_thread=False)

    with package.Pool(connect, max_size=1, check_after=0, **hooks) as pool:
        with pool.connection() as conn:
            assert conn.execute("select 1").fetchone() == (1,)
        time.sleep(0.001)
        with pool.connection() as again:
            assert again is conn
            conn.close()
        with pool.connection() as fresh:
            assert fresh is not conn
            fresh.execute("select 1")


def test_hooks_of_any_driver(package: ModuleType) -> None:
    said: list[str] = []

    class Cursor:
        def execute(self, text: str) -> None:
            said.append(text)

        def fetchall(self) -> None: ...

        def close(self) -> None:
            said.append("close")

    conn = SimpleNamespace(cursor=Cursor, rollback=lambda: said.append("rollback"))
    module = ModuleType("somedriver")
    with pytest.raises(TypeError, match="somedriver is no module of PEP 249"):
        package.dbapi(module)
    module.apilevel = "2.0"  # type: ignore[attr-defined]
    hooks = package.dbapi(module, ping="SELECT 2")
    hooks["check"](conn)
    assert said == ["SELECT 2", "close", "rollback"]
    assert set(package.dbapi(module, ping=None)) == {"reset"}


@pytest.mark.parametrize("name", ["MySQLdb", "mariadb", "pymysql"])
def test_hooks_of_the_mysql_family(package: ModuleType, name: str) -> None:
    said: list[Any] = []
    conn = SimpleNamespace(ping=lambda *args: said.append(args), rollback=lambda: said.append("rollback"), open=1)
    hooks = package.dbapi(ModuleType(name))
    hooks["check"](conn)
    hooks["reset"](conn)
    assert said == [(False,) if name == "pymysql" else (), "rollback"]
    if name != "mariadb":
        assert hooks["is_closed"](conn) is False


def test_hooks_of_oracle_and_clickhouse(package: ModuleType) -> None:
    said: list[str] = []
    conn = SimpleNamespace(
        ping=lambda: said.append("ping"), rollback=lambda: said.append("rollback"), is_healthy=lambda: False
    )
    hooks = package.dbapi(ModuleType("oracledb"))
    hooks["check"](conn)
    hooks["reset"](conn)
    assert hooks["is_closed"](conn)
    assert said == ["ping", "rollback"]
    client = SimpleNamespace(execute=said.append, disconnect=lambda: said.append("bye"))
    hooks = package.dbapi(ModuleType("clickhouse_driver.dbapi"))
    hooks["check"](client)
    hooks["close"](client)
    assert said[2:] == ["SELECT 1", "bye"]
    assert "reset" not in hooks


@pytest.mark.parametrize(("status", "calls"), [(0, 0), (2, 1), (3, 1)])
def test_a_rollback_only_where_there_is_something_to_roll_back(package: ModuleType, status: int, calls: int) -> None:
    said: list[str] = []
    conn = SimpleNamespace(
        get_transaction_status=lambda: status,
        pgconn=SimpleNamespace(transaction_status=status),
        rollback=lambda: said.append("rollback"),
        closed=0,
    )
    for name in ("psycopg2", "psycopg"):
        hooks = package.dbapi(ModuleType(name))
        hooks["reset"](conn)
        assert hooks["is_closed"](conn) is False
    assert len(said) == 2 * calls
