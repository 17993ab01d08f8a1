"""One connection as the pool sees it, one caller that waits for one, one connect that is under way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import CodeType
from typing import Any, Generic, TypeVar

from .sites import Stack

__all__ = ["CLOSING", "FOREIGN", "GONE", "HELD", "IDLE", "RETURNING", "STATES", "Entry", "Opening", "Token", "Waiter"]

ConnT = TypeVar("ConnT")

IDLE, HELD, RETURNING, CLOSING, GONE, FOREIGN = range(6)
STATES = ("idle", "held", "returning", "closing", "gone", "foreign")
"""Names of the states. RETURNING: claimed by the one who releases it, reset may run. CLOSING: the slot is still
taken. FOREIGN: it belongs to the process that this one was forked from, or to an event loop that is closed."""

Token = list[Any]
"""The right to end one holding: a list with the entry in it. Whoever pops the entry has claimed it, and the pop is
atomic; a second release finds the list empty, however often the connection was handed out since."""


class Entry(Generic[ConnT]):
    """A connection and what the pool knows of it. Times are the clock's, in seconds."""

    __slots__ = (
        "callers", "code", "conn", "expires", "frame", "fresh_until", "generation", "is_being_closed", "noted",
        "offset", "place", "reported", "returner", "since", "state", "token",
    )  # fmt: skip

    def __init__(self, conn: ConnT, now: float, expires: float, generation: int) -> None:
        self.conn = conn
        self.state = RETURNING
        self.generation = generation
        self.expires = expires
        self.fresh_until = expires
        """Until then it may be handed out unchecked."""
        self.since = now
        """When it was handed out, came back, or began to close."""
        self.is_being_closed = False
        self.place = 0
        """Which hand-out of the pool this is: its holder's place in the queue, should the connection prove stale."""
        self.token: Token = []
        self.code: CodeType | None = None
        self.offset = 0
        self.frame = 0
        """The identity of the frame whose `with` block holds it; 0 for one that was acquired without a block."""
        self.callers: Stack = ()
        self.noted: tuple[Token, float] | None = None
        """The holding that a look at the pool found returning, and when."""
        self.reported: Token | None = None
        """The token of the holding that was reported as a leak."""
        self.returner: Any = None
        """The task in which reset runs, where that can be told to stop."""


class Waiter(ABC, Generic[ConnT]):
    """A caller in the queue. It ends by a token or by an error, never by both; shells say how it is woken."""

    __slots__ = ("error", "place", "since", "token")

    def __init__(self) -> None:
        self.place = self.since = 0.0
        self.token: Token | None = None
        self.error: BaseException | None = None

    @abstractmethod
    def wake(self) -> None:
        """Must not block, raise, or run the waiter's code."""


class Opening:
    """A slot that is reserved for a connect under way."""

    __slots__ = ("generation", "has_begun", "is_settled", "noted", "watcher")

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.watcher: Waiter[Any] | None = None
        """`open()`, which is woken when this ends, and told the error."""
        self.noted: float | None = None
        """When a look at the pool first found it not begun."""
        self.has_begun = False
        """False for an instant, unless whoever should begin it was interrupted."""
        self.is_settled = False
