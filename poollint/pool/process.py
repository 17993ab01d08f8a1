"""What a pool does when its process is forked, and when it ends."""

from __future__ import annotations

import atexit
import os
import stat
from collections.abc import Iterable

from .shell import pools

__all__ = ["generation", "silence"]

generation: list[None] = []
"""As many as there were forks between the first process and this one."""


def at_exit() -> None:
    """A pool that a thread holds to the end is never collected, so it would never say that it was not closed."""
    for pool in list(pools):
        pool._warn_if_open()


def after_fork_in_child() -> None:
    """The child has a pool of its own, and leaves the parent's connections alone."""
    generation.append(None)
    for pool in list(pools):
        pool._after_fork()


def silence(connections: Iterable[object]) -> None:
    """Points the child's copies of sockets at the null device, so that nothing which the driver may write when the
    connection is collected reaches the parent's server. The parent's own descriptors are not touched."""
    for connection in connections:
        try:
            descriptor = connection.fileno()  # type: ignore[attr-defined]
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                null = os.open(os.devnull, os.O_RDWR)
                try:
                    os.dup2(null, descriptor, inheritable=False)
                finally:
                    os.close(null)
        except Exception:  # no such method, or closed already: there is nothing to silence
            continue


atexit.register(at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork_in_child)
