"""Changes that repair: plans as data, and the text edits they become."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .span import Place, Span


class Applicability(Enum):
    """How far a fix may be trusted."""

    SAFE = "safe"
    """The fault is the only behaviour that changes: applied by `--fix`."""
    UNSAFE = "unsafe"
    """Likely right, needs a person's eye: applied with `--unsafe-fixes`."""
    SHOWN = "shown"
    """Only drawn; something is left to decide."""


# --- verbs ---------------------------------------------------------------------------------------
#
# Texts that a verb writes may hold placeholders. `{a.b.c}` for each name of the plan's `imports` is how the
# file spells that import. Of the call that the verb is about: `{receiver}` what its method was taken from,
# `{callee}` all in front of the parentheses, `{arguments}` what is between them, `{value}` the whole call.


@dataclass(frozen=True, slots=True)
class AddKeywords:
    """Give `keywords` (name, source text) to the call at `place`, or to the dict literal that the statement
    at `place` binds or returns; one that is there already gets the new value."""

    place: Place
    keywords: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RemoveKeyword:
    """The keyword argument `name` of the call at `place` goes."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class RemoveAwait:
    """`await x` at `place` becomes `x`."""

    place: Place


@dataclass(frozen=True, slots=True)
class InsertAwait:
    """The call at `place` becomes awaited."""

    place: Place


@dataclass(frozen=True, slots=True)
class ReplaceCall:
    """The call at `place` becomes `text`; with `with_await` its own `await` is replaced too."""

    place: Place
    text: str
    with_await: bool = False


@dataclass(frozen=True, slots=True)
class CallThrough:
    """`f(x)` at `place` becomes `through(f, x)`, awaited if asked: one hop into a thread."""

    place: Place
    through: str
    is_awaited: bool = True


@dataclass(frozen=True, slots=True)
class WrapInWith:
    """`name = value` at `bind` and the rest of its block up to the statement that holds `last` become
    `with entered as name:`; the release statements at `releases` fall away.

    `entered` is text; "" is the value itself, whose `await` goes when the block is async and
    `keeps_await` is not set (`async with pool.acquire()`, but `async with await connect()`).
    """

    bind: Place
    last: Place
    releases: tuple[Place, ...]
    is_async: bool
    entered: str = ""
    keeps_await: bool = False


@dataclass(frozen=True, slots=True)
class WrapInTry:
    """The statements of one block from `first` to `last` go into `try:`, the release into `finally:`.

    `release` is the statement that moves: the last one of the range, or the one after it. None: there is
    none, and `text` is written. The release statements at `others` fall away.
    """

    first: Place
    last: Place
    release: Place | None
    text: str = ""
    others: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class PullIntoTry:
    """The statements from `first` up to the `try` at `into`, all of one block, become the first of its body."""

    first: Place
    into: Place


@dataclass(frozen=True, slots=True)
class ReleaseAround:
    """`with acquire() as name:` at the acquire's `place` keeps its block, but the acquire comes in front of it and
    `release` (text; `{name}` is the name) into a `finally` around it: for a `with` that ends a transaction only."""

    place: Place
    release: str


@dataclass(frozen=True, slots=True)
class RemoveText:
    """The text of `span` goes, with the space in front of it and the line if nothing else is on it."""

    span: Span


Verb = (
    AddKeywords
    | RemoveKeyword
    | RemoveAwait
    | InsertAwait
    | ReplaceCall
    | CallThrough
    | WrapInWith
    | WrapInTry
    | PullIntoTry
    | ReleaseAround
    | RemoveText
)


@dataclass(frozen=True, slots=True)
class FixPlan:
    """What a rule proposes. `title` is a verb phrase; `reason` says why a fix is not safe.
    `imports` are dotted names that the new text needs: `asyncio` is imported as a module, `contextlib.closing`
    from one."""

    title: str
    applicability: Applicability
    verb: Verb
    reason: str = ""
    imports: tuple[str, ...] = ()
    target: str = ""
    """"reference" where the fix leads to `poollint.pool`, "" where it stays in the user's own library."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `text` (an empty span inserts, an empty text deletes)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """All edits of a fix apply together or not at all. `imports` are those that the file does not have yet."""

    title: str
    applicability: Applicability
    reason: str
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()
    target: str = ""
