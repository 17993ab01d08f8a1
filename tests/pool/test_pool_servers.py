"""Real drivers on real servers: sessions that are killed, servers that restart, processes that fork."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pool_servers import MariaDB, Postgres, need
from pool_support import PATIENCE, Worker, check, eventually
from test_pool_fork import in_child, needs_fork

pytestmark = pytest.mark.servers
WAIT = 60.0
"""Seconds for a connection: the machine may be busy."""


@pytest.fixture(params=["psycopg2", "psycopg"])
def driver(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = need(request.param)
    return module


def pid_of(conn: Any) -> int:
    cursor = conn.cursor()
    cursor.execute("select pg_backend_pid()")
    return int(cursor.fetchone()[0])


def pool_of(package: ModuleType, driver: ModuleType, server: Postgres, **options: Any) -> Any:
    return package.Pool(partial(driver.connect, server.dsn), timeout=WAIT, **package.dbapi(driver), **options)


def test_the_next_user_sees_no_transaction(package: ModuleType, driver: ModuleType, postgres: Postgres) -> None:
    with pool_of(package, driver, postgres, max_size=1) as pool:
        with pool.connection() as conn:
            conn.cursor().execute("create temporary table numbers (number int)")
            conn.commit()
            conn.cursor().execute("insert into numbers values (1)")
        with pool.connection() as again:
            assert again is conn
            cursor = again.cursor()
            cursor.execute("select count(*) from numbers")
            assert cursor.fetchone() == (0,)
        with pytest.raises(driver.Error), pool.connection() as conn:
            conn.cursor().execute("select 1/0")  # the transaction is broken
        with pool.connection() as again:
            assert again is conn
            assert pid_of(again)
    postgres.is_left_by_all()


def test_killed_while_idle(package: ModuleType, driver: ModuleType, postgres: Postgres) -> None:
    with pool_of(package, driver, postgres, max_size=4, min_size=4, check_after=0) as pool:
        for _ in range(3):
            assert postgres.kill_all() == 4
            workers = [Worker(partial(ask_once, pool)) for _ in range(8)]
            assert all(worker.result() for worker in workers)  # no acquire fails
            eventually(lambda: pool._poke() or (pool.stats().idle == 4 and len(postgres.sessions()) == 4))
    postgres.is_left_by_all()


def ask_once(pool: Any) -> int:
    with pool.connection() as conn:
        return pid_of(conn)


def test_killed_while_held(package: ModuleType, driver: ModuleType, postgres: Postgres) -> None:
    with pool_of(package, driver, postgres, max_size=1) as pool:
        with pytest.raises(driver.Error), pool.connection() as conn:
            pid = pid_of(conn)
            postgres.kill_all()
            pid_of(conn)
        with pool.connection() as other:
            assert other is not conn
            assert pid_of(other) != pid
        eventually(lambda: len(postgres.sessions()) == 1)


def test_killed_in_the_middle_of_everything(package: ModuleType, driver: ModuleType, postgres: Postgres) -> None:
    errors: list[BaseException] = []
    is_over = threading.Event()

    def work(seed: int) -> None:
        dice = random.Random(seed)
        while not is_over.is_set():
            try:
                with pool.connection(timeout=WAIT) as conn:
                    pid_of(conn)
                    if dice.random() < 0.1:
                        conn.close()
            except (driver.OperationalError, driver.InterfaceError) as error:
                errors.append(error)

    with pool_of(package, driver, postgres, max_size=5, min_size=2, check_after=0) as pool:
        workers = [Worker(partial(work, seed)) for seed in range(10)]
        for _ in range(5):
            postgres.kill_all()
            eventually(lambda: len(postgres.sessions()) <= 5)  # the server learns later what is closed
            check(pool)
            time.sleep(0.05)
        is_over.set()
        for worker in workers:
            worker.result()
        check(pool)
        holds = [pool.acquire() for _ in range(5)]
        pids = sorted(map(pid_of, holds))
        eventually(lambda: [int(pid) for pid in postgres.sessions()] == pids)
        for conn in holds:
            pool.release(conn)
    postgres.is_left_by_all()


def test_the_server_restarts(package: ModuleType, driver: ModuleType, postgres: Postgres) -> None:
    with pool_of(package, driver, postgres, max_size=2, min_size=1, check_after=0) as pool:
        ask_once(pool)
        postgres.stop(signal.SIGINT)
        for _ in range(2):
            with pytest.raises(driver.OperationalError):
                ask_once(pool)
        postgres.start()
        assert ask_once(pool)
        check(pool)
        postgres.restart(signal.SIGQUIT)
        assert ask_once(pool)
    postgres.is_left_by_all()


@needs_fork
@pytest.mark.parametrize("is_held", [False, True])
def test_fork(package: ModuleType, driver: ModuleType, postgres: Postgres, is_held: bool) -> None:
    with pool_of(package, driver, postgres, max_size=2) as pool:
        conn = pool.acquire()
        pid = pid_of(conn)
        if not is_held:
            pool.release(conn)

        def work() -> None:
            with pool.connection() as own:
                assert own is not conn
                assert pid_of(own) != pid
            if is_held:
                pool.release(conn)  # the parent's: nothing happens
            pool.close()

        in_child(work)
        if is_held:
            assert pid_of(conn) == pid
            pool.release(conn)
        with pool.connection() as same:
            assert same is conn
            assert pid_of(same) == pid
    postgres.is_left_by_all()


SCRIPT = """
import os, sys, {driver}, {package} as package
pool = package.Pool(lambda: {driver}.connect(sys.argv[1]), max_size=3, **package.dbapi({driver}))
def pid(conn):
    return conn.cursor().execute("select pg_backend_pid()") or 0
held = pool.acquire()
with pool.connection() as conn:
    pid(conn)
child = os.fork()
if child == 0:
    with pool.connection() as conn:
        pid(conn)
    sys.exit(0)  # the interpreter ends, and collects everything
assert os.waitpid(child, 0)[1] == 0
pid(held)
pool.release(held)
with pool.connection() as one, pool.connection() as other:
    pid(one), pid(other)
assert pool.stats().opened == 2, pool.stats()
assert pool.stats().closed == 0, pool.stats()
pool.close()
"""


@needs_fork
def test_the_child_ends_in_order(package: ModuleType, driver: ModuleType, postgres: Postgres, copies: Path) -> None:
    script = SCRIPT.format(driver=driver.__name__, package=package.__name__)
    path = os.pathsep.join([str(copies), str(Path(__file__).parent.parent.parent)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, postgres.dsn],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_borrow_over_the_drivers_own_pool(package: ModuleType, postgres: Postgres) -> None:
    need("psycopg2")
    own = need("psycopg2.pool").ThreadedConnectionPool(1, 1, postgres.dsn)
    for _ in range(3):
        with pytest.raises(ValueError, match="mine"), package.borrow(own) as conn:
            pid_of(conn)
            raise ValueError("mine")
    with package.borrow(own, key="mine") as conn:
        assert pid_of(conn)
    own.closeall()
    with need("psycopg_pool").ConnectionPool(postgres.dsn, min_size=1, max_size=1) as vendors:
        for _ in range(3):
            with package.borrow(vendors, timeout=WAIT) as conn:
                assert pid_of(conn)


# --- tasks -----------------------------------------------------------------------------------------


def async_pool(package: ModuleType, name: str, server: Postgres, **options: Any) -> Any:
    module = need(name)
    if name == "asyncpg":
        connect = partial(
            module.connect, host=str(server.folder), user="postgres", database="postgres",
            server_settings={"application_name": "pool"},
        )  # fmt: skip
    else:
        connect = partial(module.AsyncConnection.connect, server.dsn)
    return package.AsyncPool(connect, timeout=WAIT, **package.dbapi(module), **options)


async def value(conn: Any, query: str) -> Any:
    if hasattr(conn, "fetchval"):
        return await conn.fetchval(query)
    return (await (await conn.execute(query)).fetchone())[0]


both_drivers = pytest.mark.parametrize("name", ["asyncpg", "psycopg"])


@both_drivers
def test_tasks_use_it(package: ModuleType, name: str, postgres: Postgres) -> None:
    async def main() -> None:
        async with async_pool(package, name, postgres, max_size=3) as pool:

            async def work() -> int:
                async with pool.connection() as conn:
                    assert await value(conn, "select 1") == 1
                    return int(await value(conn, "select pg_backend_pid()"))

            pids = await asyncio.gather(*(work() for _ in range(30)))
            assert len(set(pids)) <= 3
            async with pool.connection() as conn:
                await conn.execute("set statement_timeout = 1234" if name == "asyncpg" else "select 1/1")
            async with pool.connection() as again:
                assert again is conn
                if name == "asyncpg":
                    assert await value(again, "show statement_timeout") == "0", "reset"

    asyncio.run(main())
    postgres.is_left_by_all()


@both_drivers
def test_tasks_are_cancelled_and_sessions_killed(package: ModuleType, name: str, postgres: Postgres) -> None:
    async def main() -> None:
        dice = random.Random(3)
        async with async_pool(package, name, postgres, max_size=4, min_size=2, check_after=0) as pool:

            async def work() -> None:
                async with pool.connection() as conn:
                    await value(conn, "select 1")
                    await value(conn, "select pg_sleep(0.01)")

            for turn in range(6):
                tasks = [asyncio.ensure_future(work()) for _ in range(16)]
                for _ in range(40):
                    await asyncio.sleep(0.001)
                    dice.choice(tasks).cancel()
                if turn % 2:
                    await asyncio.to_thread(postgres.kill_all)
                await asyncio.wait(tasks)
                check(pool)
                assert pool.stats().size <= 4
            conns = [await pool.acquire() for _ in range(4)]
            assert [await value(conn, "select 1") for conn in conns] == [1] * 4
            for conn in conns:
                await pool.release(conn)
            assert pool.stats().held == 0

    asyncio.run(main())
    postgres.is_left_by_all()


@both_drivers
def test_one_loop_after_the_other(package: ModuleType, name: str, postgres: Postgres) -> None:
    import gc
    import warnings

    pool = async_pool(package, name, postgres, max_size=1)

    async def main() -> None:
        async with pool.connection() as conn:
            assert await value(conn, "select 1") == 1

    async def end() -> None:
        await main()
        await pool.close()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the first loop's connection goes with its loop
        asyncio.run(main())
        asyncio.run(end())
        gc.collect()
    postgres.is_left_by_all()


@both_drivers
def test_the_server_restarts_under_tasks(package: ModuleType, name: str, postgres: Postgres) -> None:
    async def main() -> None:
        async with async_pool(package, name, postgres, max_size=2, check_after=0) as pool:

            async def work() -> Any:
                async with pool.connection() as conn:
                    return await value(conn, "select 1")

            assert await work() == 1
            await asyncio.to_thread(postgres.stop)
            with pytest.raises(Exception):  # noqa: B017 - each driver has words of its own
                await work()
            await asyncio.to_thread(postgres.start)
            assert await work() == 1
            check(pool)

    asyncio.run(main())


# --- MariaDB ---------------------------------------------------------------------------------------


def test_the_server_hangs_up_on_those_who_rest(package: ModuleType, mariadb: MariaDB) -> None:
    pymysql = need("pymysql")

    def connect() -> Any:
        return pymysql.connect(
            unix_socket=mariadb.socket, user="root", database="mysql", init_command="set wait_timeout = 1"
        )

    def ask(conn: Any) -> int:
        with conn.cursor() as cursor:
            cursor.execute("select connection_id()")
            return int(cursor.fetchone()[0])

    with package.Pool(connect, max_size=1, timeout=WAIT, **package.dbapi(pymysql)) as pool:
        with pool.connection() as conn:
            first = ask(conn)
        with pool.connection() as conn:
            assert ask(conn) == first
        time.sleep(2.5)
        with pool.connection() as conn:
            second = ask(conn)
        assert second != first
        assert pool.stats().check_failures == 1
        with pool.connection() as conn:
            conn.cursor().execute("create temporary table numbers (number int) engine=innodb")
            conn.cursor().execute("insert into numbers values (1)")
        with pool.connection() as conn, conn.cursor() as cursor:
            cursor.execute("select count(*) from numbers")
            assert cursor.fetchone() == (0,)
        with pytest.raises(pymysql.Error), pool.connection() as conn, conn.cursor() as cursor:
            cursor.execute(f"kill {ask(conn)}")
            ask(conn)
        assert ask_mysql(pool, ask) not in (first, second)


def ask_mysql(pool: Any, ask: Any) -> int:
    with pool.connection() as conn:
        return int(ask(conn))
