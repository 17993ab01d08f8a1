"""The look at a pool from time to time, by a daemon thread that lives while the pool has connections."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from typing import Protocol

from .options import Lock

__all__ = ["Kept", "keep"]


logger = logging.getLogger(__name__.rpartition(".")[0])


class Kept(Protocol):
    def _tend(self) -> bool:
        """Does what is due. False: nothing more to do, the keeper ends."""


def goes_on(pool: Kept) -> bool:
    try:
        return pool._tend()
    except Exception:
        logger.exception("a look at %r failed", pool)
        return True


def keep(pool: weakref.ReferenceType[Kept], alarm: Lock, wait: Callable[[Lock, float], bool], tick: float) -> None:
    """Holds no reference to the pool while it waits, so that a forgotten pool can be collected."""
    while True:
        kept = pool()
        if kept is None or not goes_on(kept):
            return
        del kept
        wait(alarm, tick)
