"""What a pool raises; `except PoolError` catches all of it."""

from __future__ import annotations

__all__ = ["PoolClosed", "PoolDeadlock", "PoolError", "PoolFull", "PoolTimeout"]


class PoolError(Exception):
    """The base of a pool's own errors, and misuse: a connection released twice, or to the wrong pool."""


class PoolTimeout(PoolError, TimeoutError):
    """No connection in time. The text says who holds the pool; the cause is the last connect, if that one failed."""


class PoolClosed(PoolError):
    """The pool is closed, or was closed while this call waited."""


class PoolFull(PoolError):
    """`max_waiting` callers wait already."""


class PoolDeadlock(PoolError):
    """The calling code holds every connection itself, so that waiting for one more would never end."""
