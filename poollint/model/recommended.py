"""A pool's size for a service: lower bounds from its load, upper bounds from its database and its threads."""

from __future__ import annotations

import math
from dataclasses import dataclass

from poollint.model.sizing import Load, Waiting, budget, deadlock_free, keeping_up, smallest, waiting

ROWS = 12
"""Rows of a table of sizes, about."""
SHARE = 0.05
"""The share of acquires that may wait, unless it is said."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is known of a service. `load` is that of all its processes together; `processes` on one host; `pools` in
    each process. `threads` of a process use the pool, `nested` is how many connections one of them holds at once.
    `share` and `p99` (seconds) bound the waiting; both None: `SHARE`."""

    load: Load
    processes: int = 1
    hosts: int = 1
    pools: int = 1
    threads: int | None = None
    nested: int = 1
    max_connections: int | None = None
    reserved: int = 0
    share: float | None = None
    p99: float | None = None

    @property
    def all_pools(self) -> int:
        return self.hosts * self.processes * self.pools

    @property
    def each(self) -> Load:
        """What comes to one pool."""
        return Load(self.load.rate / self.all_pools, self.load.hold)


@dataclass(frozen=True, slots=True)
class Bound:
    """One reason for a limit. `name`: "keeps-up", "waiting", "deadlock-free" (lower), "budget", "threads" (upper)."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`size` is None where the bounds contradict each other; `change` then says what to change."""

    lower: Bound
    upper: Bound | None
    bounds: tuple[Bound, ...]
    table: tuple[Waiting, ...]
    change: str = ""

    @property
    def size(self) -> int | None:
        return None if self.change else self.lower.size


def recommend(service: Service) -> Recommendation:
    """The smallest pool that meets the lower bounds, if the upper ones allow it."""
    lower, upper = _lower(service), _upper(service)
    highest = max(lower, key=lambda bound: bound.size)
    lowest = min(upper, key=lambda bound: bound.size, default=None)
    if lowest is not None and lowest.name == "threads" and highest.name == "waiting":
        # a thread that waits for no other needs no more than its own connections
        if keeping_up(service.each) <= lowest.size:
            highest = Bound("threads", lowest.size)
    change = "" if lowest is None or highest.size <= lowest.size else _change(service, highest, lowest)
    table = _table(service.each, highest.size)
    return Recommendation(highest, lowest, (*lower, *upper), table, change)


def _lower(service: Service) -> tuple[Bound, ...]:
    share = SHARE if service.share is None and service.p99 is None else service.share
    by_load = smallest(service.each, share, service.p99)
    found = [Bound("keeps-up", keeping_up(service.each)), Bound("waiting", by_load)]
    if service.nested > 1:
        holders = by_load if service.threads is None else service.threads
        found.append(Bound("deadlock-free", deadlock_free(holders, service.nested)))
    return tuple(found)


def _upper(service: Service) -> tuple[Bound, ...]:
    found: list[Bound] = []
    if service.max_connections is not None:
        found.append(Bound("budget", budget(service.max_connections, service.reserved, service.all_pools)))
    if service.threads is not None:
        found.append(Bound("threads", service.threads * service.nested))
    return tuple(found)


def _change(service: Service, lower: Bound, upper: Bound) -> str:
    """Which inputs would have to change."""
    if upper.name == "budget" and upper.size < 1:
        return (
            f"{service.all_pools} pools cannot share {service.max_connections} connections less {service.reserved}: "
            "fewer workers or hosts, a larger max_connections, or a connection pooler in front of the database"
        )
    if upper.name == "budget":
        need = lower.size * service.all_pools + service.reserved
        wish = {"deadlock-free": "hold fewer connections at once", "waiting": "let more acquires wait"}
        return (
            f"{service.all_pools} pools of {lower.size} need max_connections = {need}, which is "
            f"{service.max_connections}: raise it, run fewer workers or hosts, shorten the hold, "
            f"or {wish.get(lower.name, 'serve fewer queries a second')}"
        )
    busy = math.ceil(service.each.busy)
    return (
        f"{service.threads} threads hold at most {upper.size} connections, and {busy} are busy on average: "
        "more threads or workers, or a shorter hold"
    )


def _table(load: Load, chosen: int) -> tuple[Waiting, ...]:
    """Sizes from the first that keeps up to some beyond the chosen one; few enough to be read."""
    first, last = keeping_up(load), max(chosen + 3, keeping_up(load) + 4)
    stride = max(1, math.ceil((last - first + 1) / ROWS))
    sizes = sorted({*range(first, last + 1, stride), *([chosen] if chosen >= first else [])})
    return tuple(waiting(size, load) for size in sizes)
