"""How large a pool must be, and how large it may be: arithmetic that the command and the rules share.

Requests come at random (Poisson) at a rate, each holds a connection for a random time whose mean is known, and waits
in one queue while none is free: M/M/c. Times are in seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LARGEST = 100_000
"""No pool is larger; searches end there."""


@dataclass(frozen=True, slots=True)
class Load:
    """`rate`: acquires a second; `hold`: mean seconds that a connection is held."""

    rate: float
    hold: float

    @property
    def busy(self) -> float:
        """Connections in use on average (Little's law)."""
        return self.rate * self.hold


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a pool of `size` makes its users wait: `share` of the acquires wait at all, `mean` over all acquires,
    `p99` the wait that one acquire of a hundred exceeds. A pool that never keeps up makes all wait for ever."""

    size: int
    utilisation: float
    share: float
    mean: float
    p99: float


def erlang_b(size: int, busy: float) -> float:
    """The share of acquires that find no free connection, if they went away then."""
    blocked = 1.0
    for servers in range(1, size + 1):
        blocked = busy * blocked / (servers + busy * blocked)
    return blocked


def erlang_c(size: int, busy: float) -> float:
    """The share of acquires that have to wait; 1 where the pool never keeps up."""
    if busy <= 0:
        return 0.0
    return 1.0 if size <= busy else _waits(size, busy, erlang_b(size, busy))


def _waits(size: int, busy: float, blocked: float) -> float:
    return blocked / (1 - busy / size * (1 - blocked))


def waiting(size: int, load: Load) -> Waiting:
    """What a pool of this size does under a load."""
    return _waiting(size, load, erlang_c(size, load.busy))


def _waiting(size: int, load: Load, share: float) -> Waiting:
    spare = size - load.busy
    if spare <= 0:
        return Waiting(size, load.busy / size, 1.0, math.inf, math.inf)
    mean = share * load.hold / spare
    p99 = load.hold / spare * math.log(share / 0.01) if share > 0.01 else 0.0
    return Waiting(size, load.busy / size, share, mean, p99)


def keeping_up(load: Load) -> int:
    """The smallest pool that keeps up at all: more connections than are busy on average."""
    return max(1, math.floor(_rounded(load.busy)) + 1)


def _rounded(number: float) -> float:
    """Products such as 1000 x 0.005, less their error of the last digits."""
    return round(number, 9)


def smallest(load: Load, share: float | None = None, p99: float | None = None) -> int:
    """The smallest pool in which at most `share` of the acquires wait and 99 of 100 wait at most `p99` seconds.
    `OverflowError` where none up to `LARGEST` does."""
    first = keeping_up(load)
    if first > LARGEST:
        raise OverflowError(f"more than {LARGEST} connections")
    blocked = erlang_b(first - 1, load.busy)
    for size in range(first, LARGEST + 1):
        blocked = load.busy * blocked / (size + load.busy * blocked)
        found = _waiting(size, load, _waits(size, load.busy, blocked))
        if (share is None or found.share <= share) and (p99 is None or found.p99 <= p99):
            return size
    raise OverflowError(f"more than {LARGEST} connections")


def deadlock_free(holders: int, each: int) -> int:
    """The smallest pool in which one of `holders` threads can always finish, when each holds up to `each` connections
    at once."""
    return holders * (each - 1) + 1


def budget(max_connections: int, reserved: int, pools: int) -> int:
    """How large each of `pools` pools may be, all processes of all hosts counted, for a database to bear them; 0 or
    less: not even one connection each."""
    return (max_connections - reserved) // pools
