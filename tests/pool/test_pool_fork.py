"""Hard cases 36 to 42: processes, loops, the start and the end of the interpreter."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pool_support import PATIENCE, Holder, Pools, Tasks, Worker, use, waiting
from test_pool_counts import never_more_than_allowed
from test_pool_fairness import served_in_order

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")


class Session:
    """A connection over a real socket to a server that echoes; it says goodbye when it is closed or collected."""

    def __init__(self) -> None:
        self.socket, self.server = socket.socketpair()
        self.is_closed = False
        self.process = os.getpid()

    def fileno(self) -> int:
        return self.socket.fileno()

    def ask(self, text: bytes) -> bytes:
        self.socket.sendall(text)
        return self.server.recv(100)

    def rollback(self) -> None:
        assert self.ask(b"rollback") == b"rollback"

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.socket.sendall(b"goodbye")
            self.socket.close()

    def __del__(self) -> None:
        self.close()
        self.server.close()

    def heard(self) -> bytes:
        """What the server has been sent without being asked."""
        self.server.setblocking(False)
        try:
            return self.server.recv(100)
        except BlockingIOError:
            return b""
        finally:
            self.server.setblocking(True)


def in_child(work: Callable[[], None]) -> None:
    """Runs `work` in a forked child, which ends as if by os._exit, and fails if that fails or hangs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 has a word against threads and fork
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(int(PATIENCE))
            work()
            gc.collect()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def session_pool(package: ModuleType, **options: Any) -> Any:
    return package.Pool(Session, reset=Session.rollback, is_closed=lambda conn: conn.is_closed, **options)


@needs_fork
def test_case_36_fork_with_idle_connections(package: ModuleType) -> None:
    with session_pool(package, max_size=1) as pool:
        with pool.connection() as conn:
            pass

        def work() -> None:
            assert pool.stats().size == 0
            with pool.connection() as own:
                assert own.process == os.getpid()
                assert own is not conn
                assert own.ask(b"hello") == b"hello"
            pool.close()
            assert own.is_closed
            assert not conn.is_closed

        in_child(work)
        assert conn.heard() == b"", "the child has written to the parent's server"
        with pool.connection() as same:
            assert same is conn
            assert same.ask(b"hello") == b"hello"


@needs_fork
def test_case_36_the_child_collects_the_pool(package: ModuleType) -> None:
    pools = [session_pool(package, max_size=1)]
    with pools[0].connection() as conn:
        pass
    sessions = [conn]
    del conn

    def work() -> None:
        pools.clear()
        sessions.clear()
        gc.collect()

    in_child(work)
    assert sessions[0].heard() == b"", "not even when the driver closes what is collected"
    pools[0].close()


@needs_fork
@pytest.mark.parametrize("what", ["lock", "waiting"])
def test_case_37_fork_while_another_thread_is_inside(package: ModuleType, what: str) -> None:
    with session_pool(package, max_size=1, timeout=PATIENCE) as pool:
        holder = Holder(pool).holds()
        if what == "waiting":
            waiter = Holder(pool)
            waiting(pool, 1)
        else:
            pool._lock.acquire()

        def work() -> None:
            with pool.connection(timeout=30) as own:
                assert own.ask(b"hello") == b"hello"
            pool.close()

        try:
            in_child(work)
        finally:
            if what == "lock":
                pool._lock.release()
        holder.release()
        if what == "waiting":
            waiter.holds().release()


@needs_fork
def test_case_38_fork_with_a_held_connection(package: ModuleType) -> None:
    with session_pool(package, max_size=2) as pool:
        raw = pool.acquire()
        with pool.connection() as conn:

            def work() -> None:
                pool.release(raw)
                block.__exit__(None, None, None)
                assert pool.stats().size == 0
                assert not conn.is_closed

            block = pool.connection()
            block._token, block._entry = pool._ledger.entries[id(conn)].token, pool._ledger.entries[id(conn)]
            in_child(work)
            block._token = None
            assert conn.heard() == raw.heard() == b""
        assert pool.stats().held == 1
        pool.release(raw)


@needs_fork
def test_case_38_fork_with_a_held_connection_in_tasks(tasks: Tasks) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        async with pool.connection() as conn:

            def work() -> None:
                assert pool.stats().size == 0
                release = pool._release(pool_entry)
                with pytest.raises(StopIteration):
                    release.send(None)
                assert conn.closes == conn.resets == 0

            pool_entry = pool._ledger.entries[id(conn)]
            in_child(work)
        assert conn.resets == 1

    tasks.run(main)


def test_case_39_a_second_loop(tasks: Tasks, package: ModuleType) -> None:
    pool = tasks.pool(max_size=1)
    first = asyncio.new_event_loop()
    idle = first.run_until_complete(use(pool))

    async def main() -> None:
        with pytest.raises(package.PoolError, match="belongs to another event loop, which is open"):
            await use(pool)
        with pytest.raises(package.PoolError, match="another event loop"):
            await pool.acquire()
        first.close()
        fresh = await use(pool)
        assert fresh is not idle
        assert pool.stats().size == 1
        assert idle.closes == 0, "its loop is gone"

    tasks.run(main)


def test_case_39_a_second_loop_in_another_thread(tasks: Tasks, package: ModuleType) -> None:
    async def main() -> None:
        pool = tasks.pool(max_size=1)
        await use(pool)

        def elsewhere() -> None:
            with pytest.raises(package.PoolError, match="another event loop"):
                asyncio.run(use(pool))

        Worker(elsewhere).result()

    tasks.run(main)


def test_case_40_construction_does_nothing(package: ModuleType) -> None:
    before = threading.active_count()

    def connect() -> Any:
        pytest.fail("it connects")

    for kind in (package.Pool, package.AsyncPool):
        pool = kind(connect, min_size=5, max_size=5, leak_after=1, check=connect, max_idle=0.01)
        assert pool.stats().size == 0
        assert "0 held, 0 idle of 5" in repr(pool)
    assert threading.active_count() == before


def run_script(script: str, copies: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(copies), str(Path(__file__).parent.parent.parent)])
    return subprocess.run(
        [sys.executable, *flags, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


SCRIPT = """
import threading, {package}
class Connection:
    def close(self): pass
pool = {package}.Pool(Connection, max_size=2, min_size=2, max_idle=1)
with pool.connection(): pass
def wait():
    with pool.connection(), pool.connection(): threading.Event().wait()
threading.Thread(target=wait, daemon=True).start()
{end}
"""


def test_case_41_the_end_of_the_interpreter(package: ModuleType, copies: Path) -> None:
    script = SCRIPT.format(package=package.__name__, end="")
    never_closed = run_script(script, copies, "-W", "always::ResourceWarning")
    assert never_closed.returncode == 0
    assert "'pool' was never closed" in never_closed.stderr
    assert "Traceback" not in never_closed.stderr
    at_exit = "import atexit; atexit.register(pool.close, 0.1)"
    closed = run_script(SCRIPT.format(package=package.__name__, end=at_exit), copies, "-W", "ignore")
    assert (closed.returncode, closed.stderr) == (0, "")


def test_case_41_acquiring_while_the_interpreter_ends(package: ModuleType, copies: Path) -> None:
    """From 3.12 on no thread can be started by then: the connect is made in the caller."""
    end = "import atexit; atexit.register(lambda: print(type(late.acquire()).__name__)); late = type(pool)(Connection)"
    done = run_script(SCRIPT.format(package=package.__name__, end=end), copies)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Connection\n", "")


def test_case_41_no_thread_can_be_started(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    pool = pools(max_size=2, min_size=1)
    with pool.connection():
        pass
    pool.resize(0, 2)
    pool.close()
    assert pools.driver.live == 0


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a global lock")
@pytest.mark.parametrize("story", [never_more_than_allowed, served_in_order])
def test_case_42_without_the_global_lock(pools: Pools, story: Callable[[Pools], None]) -> None:
    assert not sys._is_gil_enabled(), "run with PYTHON_GIL=0"  # type: ignore[attr-defined]
    story(pools)


def test_a_pool_that_nobody_holds_is_collected(pools: Pools, package: ModuleType) -> None:
    pool = package.Pool(Session, max_size=1)
    with pool.connection():
        pass
    with pytest.warns(ResourceWarning, match="was never closed: 1 connections"):
        del pool
        gc.collect()


