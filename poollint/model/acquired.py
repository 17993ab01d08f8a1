"""Facts about what is acquired: how it is left behind, released, misused, and where a fix may wrap it."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Step
from .identity import PoolKey, Runs
from .library import Acquire, Library
from .span import Place
from .value import Value


@dataclass(frozen=True, slots=True)
class Leak:
    """One way by which a held resource is left behind.

    `kind`: "end", "return", "loop", "overwritten", "dropped", "deleted" (normal ways), "raise" (an explicit
    raise or assert), "strong" (a failing call on the resource or on something got from it, or the body of a
    context manager function), "weak" (any other failing call), "cancelled" (only a cancellation or a closed
    generator). `steps` tell the path from the acquire to the exit.
    """

    kind: str
    place: Place
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ReleaseSite:
    """A release on the fall-through path, for fixes. `statement` is its own statement's place."""

    place: Place
    statement: Place
    text: str
    awaited: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of one block in which an acquired resource lives, where a fix may wrap it.

    `bind` binds it to one plain name; `first` is the statement after it, `last` the last one that has to do with
    it. `release` is its release among these statements (then the last), `others` are releases inside them. What
    lives so never leaves the function.
    """

    bind: Place
    first: Place
    last: Place
    release: Place | None = None
    others: tuple[Place, ...] = ()
    text: str = ""
    """A statement that releases it, "" where none can be written."""
    joins: Place | None = None
    """A `try` of the block whose `finally` releases it: what stands in front of that has to move in. `last` is it."""
    only_releases: bool = True
    """Nothing else stands in that `finally`."""
    from_final: bool = False
    """`others` is the one release, the last statement of the `finally` of `last`: moved out, it runs more often."""


@dataclass(frozen=True, slots=True)
class AcquireFact:
    """A place where a connection, session or streamed response is acquired.

    `text` is the call ("pool.getconn()"), `holder` the name that it is bound to, if any. `leaks` come most
    certain first and hold one of each kind. `statement` is the one that it stands in. `used_in` says what the
    acquire stands in: "bind", "with", "with-awaited", "closing", "statement", "return", "argument", "other".
    """

    place: Place
    statement: Place
    library: Library
    acquire: Acquire
    returns: str
    text: str
    holder: str | None
    pool_text: str
    pool: PoolKey | None
    used_in: str
    is_async_function: bool
    leaks: tuple[Leak, ...] = ()
    wrong_releases: tuple[WrongRelease, ...] = ()
    releases: tuple[ReleaseSite, ...] = ()
    limit: Value | None = None
    is_resolved: bool = True
    """The receiver's type is known; False where only the method's name speaks for it."""
    stretch: Stretch | None = None
    helper: str = ""
    """The project's function that hands it out, when the call is one of that."""
    runs: Runs | None = None
    unawaited: tuple[Place, ...] = ()
    """Its releases that are coroutines and are not awaited."""
    misuses: tuple[Misuse, ...] = ()
    nested: tuple[Nested, ...] = ()
    is_kept_for_good: bool = False
    """It is bound to an attribute of `self`, which no method of the class ever releases or hands on."""
    slow_waits: tuple[Nested, ...] = ()
    """What takes long, has nothing to do with it, and is awaited while it is held."""


@dataclass(frozen=True, slots=True)
class Misuse:
    """What is done with a resource that is no longer held.

    `kind`: "double" (released again), "used" (after its release), "returned" (out of the `with` that releases it).
    `released` is where it was released, None for "returned". `steps` tell the path.
    """

    kind: str
    place: Place
    text: str
    released: Place | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Nested:
    """A call that acquires from the same pool while the resource is held; `steps` lead from it to the acquire, where
    helpers of the project make it."""

    place: Place
    text: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class WrongRelease:
    """Something that looks like a release of the site and is not.

    `kind`: "with-transaction", "with-closes" (closes without giving back), "with-awaited" (the same, or an error,
    by an `await` too many), "with-error" (raises), "closing" (`closing(...)`), "method", "other-pool", "factory" (asked
    of what makes sessions). `text` is what stands there, `right` what would release it.
    """

    kind: str
    place: Place
    text: str
    right: str
