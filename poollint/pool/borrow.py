"""`with` for pools that have none: acquire, then release on every way out, by the pool's own pair of methods."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, NamedTuple, cast

from .shell import Shell

__all__ = ["aborrow", "borrow"]


class Pair(NamedTuple):
    acquire: str
    release: str | None
    """None: the connection's own `close` gives it back."""


PAIRS = (
    Pair("getconn", "putconn"),
    Pair("get_connection", "release"),
    Pair("get_connection", "release_connection"),
    Pair("get_connection", None),
    Pair("acquire", "release"),
    Pair("pull", "push"),
    Pair("connection", None),
)
"""The first that a pool has is its own: `acquire` is also the name of a lock's method."""


def pair_of(pool: object) -> Pair:
    for pair in PAIRS:
        if all(callable(getattr(pool, name, None)) for name in pair if name is not None):
            return pair
    known = ", ".join(f"{pair.acquire}/{pair.release or 'close'}" for pair in PAIRS)
    raise TypeError(f"{type(pool).__name__} is no pool that borrow knows: it has none of {known}")


class Borrowed:
    """Both forms of the block; `borrow` and `aborrow` say which."""

    __slots__ = ("_args", "_conn", "_kwargs", "_pair", "_pool")

    def __init__(self, pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._pair = pair_of(pool)
        self._pool, self._args, self._kwargs = pool, args, kwargs
        self._conn: Any = None

    def _acquire(self) -> Any:
        return getattr(self._pool, self._pair.acquire)(*self._args, **self._kwargs)

    def _release(self) -> Any:
        if self._pair.release is None:
            return self._conn.close()
        give_back: Callable[..., Any] = getattr(self._pool, self._pair.release)
        return give_back(self._conn, **self._key(give_back))

    def _key(self, give_back: Callable[..., Any]) -> dict[str, Any]:
        """A connection that was asked for by a `key` goes back by it, where the pool has such."""
        if not self._args and "key" not in self._kwargs:
            return {}
        import inspect

        if "key" not in inspect.signature(give_back).parameters:
            return {}
        return {"key": self._kwargs["key"] if "key" in self._kwargs else self._args[0]}


class Borrow(Borrowed):
    def __enter__(self) -> Any:
        self._conn = self._acquire()
        return self._conn

    def __exit__(self, *error: object) -> None:
        self._release()


class AsyncBorrow(Borrowed):
    async def __aenter__(self) -> Any:
        self._conn = await settled(self._acquire())
        return self._conn

    async def __aexit__(self, *error: object) -> None:
        answer = self._release()
        if hasattr(answer, "__await__"):
            await finished(answer)


async def settled(answer: Any) -> Any:
    return await answer if hasattr(answer, "__await__") else answer


async def finished(answer: Any) -> None:
    """A release goes on to its end when the one who waits for it is cancelled."""
    import asyncio

    task = asyncio.ensure_future(settled(answer))
    unfinished.add(task)
    task.add_done_callback(unfinished.discard)
    await asyncio.shield(task)


unfinished: set[Any] = set()
"""Keeps the tasks of releases from the garbage collector."""


def borrow(pool: Any, /, *args: Any, **kwargs: Any) -> AbstractContextManager[Any]:
    """`with borrow(pool) as conn:` over a pool that this package did not make: the connection goes back when the block
    ends, however it ends.

    Works by the first pair that the pool has: getconn/putconn, get_connection/release, get_connection and the
    connection's close, acquire/release, pull/push, connection and close. The arguments go to the acquiring
    method, so what it raises, how long it waits, and whether it commits stay as they were. Raises TypeError for what is
    no pool."""
    if isinstance(pool, Shell):
        return cast("AbstractContextManager[Any]", pool.connection(*args, **kwargs))
    return Borrow(pool, args, kwargs)


def aborrow(pool: Any, /, *args: Any, **kwargs: Any) -> AbstractAsyncContextManager[Any]:
    """`async with aborrow(pool) as conn:`, as `borrow`. The release is awaited where it is awaitable, and goes on to
    its end if the task is cancelled meanwhile."""
    if isinstance(pool, Shell):
        return cast("AbstractAsyncContextManager[Any]", pool.connection(*args, **kwargs))
    return AsyncBorrow(pool, args, kwargs)
