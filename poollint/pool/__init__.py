"""A pool of connections for threads (`Pool`) and for asyncio (`AsyncPool`), over any driver, standard library only.

    from poollint.pool import Pool, dbapi

    POOL = Pool(lambda: psycopg2.connect(DSN), max_size=10, **dbapi(psycopg2))

    with POOL.connection() as conn:
        ...

The folder imports nothing but itself, and works under any name that it is copied to. asyncio is imported when
`AsyncPool` is first touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .borrow import aborrow, borrow
from .dbapi import dbapi
from .errors import PoolClosed, PoolDeadlock, PoolError, PoolFull, PoolTimeout
from .events import PoolEvent
from .leaks import LeakReport
from .shared import shared
from .stats import PoolStats
from .sync import Pool

if TYPE_CHECKING:
    from .aio import AsyncPool

__all__ = [
    "AsyncPool",
    "LeakReport",
    "Pool",
    "PoolClosed",
    "PoolDeadlock",
    "PoolError",
    "PoolEvent",
    "PoolFull",
    "PoolStats",
    "PoolTimeout",
    "aborrow",
    "borrow",
    "dbapi",
    "shared",
]


def __getattr__(name: str) -> Any:
    if name == "AsyncPool":
        from .aio import AsyncPool

        return AsyncPool
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
