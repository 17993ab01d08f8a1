"""The ledger: which connections there are, who holds them, who waits. It does no input or output, reads no clock, knows
neither threads nor tasks. Shells call it one at a time, and do what it says outside their lock.

Its invariants, asserted in tests after every step:

 1. idle connections and callers that wait for others: never both
 2. size = idle + held + opening + closing, and at most max_size (until a resize to less has taken effect)
 3. a slot that becomes free goes to the oldest waiter, as a connection or as a connect
 4. a connection is in exactly one state
 5. whoever holds a token alone may end the holding; a token is used once
 6. waiters are served in the order of their arrival; one whose connection proved stale keeps its place
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from .entry import CLOSING, FOREIGN, GONE, HELD, IDLE, RETURNING, Entry, Opening, Token, Waiter
from .errors import PoolClosed, PoolError, PoolFull
from .options import Options
from .spread import Spread

__all__ = ["Ledger"]

ConnT = TypeVar("ConnT")
NEVER = float("inf")
NO_TOKEN: Token = []


class Ledger(Generic[ConnT]):
    __slots__ = (
        "acquired", "closed", "closing", "connects", "entries", "failures", "generation", "idle", "is_forgotten",
        "is_trimming", "last_error", "max_size", "min_size", "options", "refill_at", "spread", "unchecked",
        "use_seconds", "wait_seconds", "waited", "waiters",
    )  # fmt: skip

    def __init__(self, options: Options[ConnT]) -> None:
        self.options = options
        self.min_size = options.min_size
        self.max_size = options.max_size
        self.unchecked = options.unchecked
        self.entries: dict[int, Entry[ConnT]] = {}
        """Idle, held and returning ones by the identity of their connection."""
        self.idle: deque[Entry[ConnT]] = deque()
        """The one used last is last, and is handed out first."""
        self.waiters: OrderedDict[Waiter[ConnT], None] = OrderedDict()
        self.closing: set[Entry[ConnT]] = set()
        self.connects: set[Opening] = set()
        """Reserved and under way."""
        self.generation = 0
        self.closed = False
        self.is_trimming = False
        """Whether a connection that comes back may be one too many."""
        self.last_error: BaseException | None = None
        self.failures = 0
        self.refill_at = 0.0
        self.spread = Spread()
        self.is_forgotten = False
        self.acquired = 0
        self.waited = 0
        self.use_seconds = 0.0
        self.wait_seconds = 0.0

    @property
    def opening(self) -> int:
        return len(self.connects)

    @property
    def size(self) -> int:
        return len(self.entries) + len(self.connects) + len(self.closing)

    # --- acquire ----------------------------------------------------------------------------------

    def acquire(self, now: float) -> Token:
        """The token of an idle connection, which may be stale: see `fresh_until`. Empty: none is idle."""
        if not self.idle:
            if self.closed:
                raise PoolClosed(f"{self.options.name!r} is closed")
            return NO_TOKEN
        entry = self.idle.pop()
        entry.token = token = [entry]
        entry.state = HELD
        entry.since = now
        entry.place = self.acquired = self.acquired + 1
        return token

    def enqueue(self, waiter: Waiter[ConnT], now: float, place: float | None = None) -> None:
        """Puts a caller into the queue: at its end, or, after a stale connection, at that one's `place`."""
        if self.closed:
            raise PoolClosed(f"{self.options.name!r} is closed")
        limit = self.options.max_waiting
        if limit is not None and place is None and self._waiting_for_others >= limit:
            raise PoolFull(f"{len(self.waiters)} callers wait for {self.options.name!r} already (max_waiting={limit})")
        self.waiters[waiter] = None
        self.waited += 1
        waiter.since = now
        waiter.place = self.acquired + 0.5 if place is None else place
        if place is not None:
            earlier = [other for other in self.waiters if other.place < place]
            for other in (waiter, *reversed(earlier)):
                self.waiters.move_to_end(other, last=False)

    def requeue(self, waiter: Waiter[ConnT], now: float) -> None:
        """For one who waits: whoever took it out of the queue may have been interrupted before it could serve it."""
        if waiter not in self.waiters and not waiter.token and waiter.error is None:
            self.enqueue(waiter, now, waiter.place)

    @property
    def _waiting_for_others(self) -> int:
        """Callers that no connect under way and no free slot will serve."""
        return len(self.waiters) - self.opening if self.size >= self.max_size else -1

    def _leave(self, now: float) -> Waiter[ConnT]:
        waiter, _ = self.waiters.popitem(last=False)
        self.wait_seconds += now - waiter.since
        return waiter

    def withdraw(self, waiter: Waiter[ConnT], now: float) -> Token:
        """Takes a caller out of the queue. Not empty: it has been served, and the token is to be used."""
        if waiter in self.waiters:
            del self.waiters[waiter]
            self.wait_seconds += now - waiter.since
        return waiter.token or NO_TOKEN

    # --- release ----------------------------------------------------------------------------------

    def release(self, entry: Entry[ConnT], now: float) -> bool:
        """A claimed connection goes to the oldest waiter or becomes idle. False: it is to be retired."""
        if entry.state != RETURNING:
            return True  # given up meanwhile: nothing is left to do
        if entry.expires <= now or entry.generation != self.generation or (self.is_trimming and self._is_too_many()):
            return False
        self.use_seconds += now - entry.since
        entry.frame = 0
        fresh_until = now + self.unchecked
        entry.fresh_until = fresh_until if fresh_until < entry.expires else entry.expires
        if self.waiters:
            self.serve(entry, now)
        else:
            entry.since = now
            entry.state = IDLE
            self.idle.append(entry)
        return True

    def _is_too_many(self) -> bool:
        return self.closed or self.size > self.max_size

    def serve(self, entry: Entry[ConnT], now: float) -> None:
        waiter = self._leave(now)
        entry.token = waiter.token = [entry]
        entry.state = HELD
        entry.since = now
        entry.place = self.acquired = self.acquired + 1
        waiter.wake()

    def retire(self, entry: Entry[ConnT], now: float) -> bool:
        """Takes a claimed or idle connection out of use. True: the caller now closes it, then says `closed_one`."""
        if entry.state not in (IDLE, HELD, RETURNING):
            return False
        if entry.state != IDLE:
            self.use_seconds += max(0.0, now - entry.since)
        del self.entries[id(entry.conn)]
        entry.state = CLOSING
        entry.since = now
        self.closing.add(entry)
        return True

    def closed_one(self, entry: Entry[ConnT]) -> None:
        """The slot is free."""
        if entry.state == CLOSING:
            entry.state = GONE
            self.closing.discard(entry)
            self._look_at_the_limit()

    # --- connects ---------------------------------------------------------------------------------

    def reserve(self, now: float) -> list[Opening]:
        """Slots for connects that waiters need, and for those that fill up to min_size; the shell starts them all."""
        found: list[Opening] = []
        if self.closed:
            return found
        while self.opening < len(self.waiters) and self.size < self.max_size:
            found.append(self._open())
        if now >= self.refill_at:
            while self.size - len(self.closing) < self.min_size and self.size < self.max_size:
                found.append(self._open())
        return found

    def fill(self) -> list[Opening]:
        """Slots for the connects that `open()` starts, whatever failed before."""
        missing = 0 if self.closed else self.min_size - self.size
        return [self._open() for _ in range(missing)]

    def _open(self) -> Opening:
        opening = Opening(self.generation)
        self.connects.add(opening)
        return opening

    def begin(self, opening: Opening) -> bool:
        """False: it was given up, and its slot went to another."""
        opening.has_begun = True
        return not opening.is_settled

    def _settle(self, opening: Opening) -> None:
        opening.is_settled = True
        self.connects.discard(opening)

    def opened(self, opening: Opening, conn: ConnT, now: float) -> Entry[ConnT] | None:
        """A new connection, to be released by the shell like one that comes back. None: the process was forked."""
        if self.is_forgotten or opening.is_settled:
            return None
        if self._knows(conn):
            raise PoolError(f"connect of {self.options.name!r} returned a connection that the pool has already")
        self.failures = 0
        self.refill_at = 0.0
        self.last_error = None
        lifetime = self.options.max_lifetime
        expires = NEVER if lifetime is None else now + lifetime * (1 - 0.1 * self.spread.next())
        entry = Entry(conn, now, expires, opening.generation)
        self.entries[id(conn)] = entry
        self._settle(opening)
        return entry

    def _knows(self, conn: ConnT) -> bool:
        return id(conn) in self.entries or any(entry.conn is conn for entry in self.closing)

    def open_failed(self, opening: Opening, error: BaseException, now: float) -> None:
        """`open()` is told if it asked, else the oldest waiter; the others get connects of their own by `reserve`."""
        if opening.is_settled:
            return
        self._settle(opening)
        self._look_at_the_limit()
        self.last_error = error
        self.failures += 1
        self.refill_at = now + min(30.0, 0.1 * 2.0 ** min(self.failures - 1, 20)) * (1 - 0.5 * self.spread.next())
        if opening.watcher is not None:
            opening.watcher.error = error
        elif self.waiters:
            waiter = self._leave(now)
            waiter.error = error
            waiter.wake()

    def cancel_opening(self, opening: Opening, now: float) -> bool:
        """A connect that was never begun, or that somebody stopped: its waiter gets another by the next `reserve`."""
        if opening.is_settled:
            return False
        self._settle(opening)
        self.refill_at = max(self.refill_at, now + 0.1)
        self._look_at_the_limit()
        return True

    # --- the whole pool ---------------------------------------------------------------------------

    def evict_all(self, now: float) -> list[Entry[ConnT]]:
        """A new generation. The idle ones are closing now, held ones and connects under way on their return."""
        self.generation += 1
        return self._retire_idle(now, len(self.idle))

    def resize(self, min_size: int, max_size: int, now: float) -> list[Entry[ConnT]]:
        """Idle ones above the new limit are closing now, those that rest longest first."""
        self.min_size = min_size
        self.max_size = max_size
        self._look_at_the_limit()
        return self._retire_idle(now, self.size - len(self.closing) - max_size)

    def close(self, now: float) -> list[Entry[ConnT]]:
        """Refuses callers from now on and fails those that wait. The idle ones are closing now."""
        self.closed = True
        self._look_at_the_limit()
        while self.waiters:
            waiter = self._leave(now)
            waiter.error = PoolClosed(f"{self.options.name!r} was closed")
            waiter.wake()
        return self._retire_idle(now, len(self.idle))

    def _retire_idle(self, now: float, count: int) -> list[Entry[ConnT]]:
        retired: list[Entry[ConnT]] = []
        while self.idle and len(retired) < count:
            entry = self.idle.popleft()
            self.retire(entry, now)
            retired.append(entry)
        return retired

    def _look_at_the_limit(self) -> None:
        self.is_trimming = self._is_too_many()

    def forget(self) -> list[Entry[ConnT]]:
        """Another process or another loop goes on with all that is here: it is theirs, and not to be touched."""
        known = [*self.entries.values(), *self.closing]
        for entry in known:
            entry.state = FOREIGN
        self.closed = self.is_forgotten = True
        self.entries.clear()
        self.closing.clear()
        self.idle.clear()
        self.waiters.clear()
        return known
