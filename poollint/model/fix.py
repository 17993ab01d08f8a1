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


@dataclass(frozen=True, slots=True)
class AddKeywords:
    """Add `keywords` (name, source text) to the call at `place`."""

    place: Place
    keywords: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RemoveAwait:
    """`await x` at `place` becomes `x`."""

    place: Place


@dataclass(frozen=True, slots=True)
class InsertAwait:
    """The call at `place` becomes awaited."""

    place: Place


@dataclass(frozen=True, slots=True)
class WrapInWith:
    """`name = value` at `bind` and the rest of its block up to the statement `last` become
    `with value as name:`; the release statements at `releases` fall away."""

    bind: Place
    last: Place
    releases: tuple[Place, ...]
    is_async: bool


@dataclass(frozen=True, slots=True)
class WrapInTry:
    """The statements of one block from `first` to `last` go into `try:`, the release statement at
    `release` (its last one) into `finally:`."""

    first: Place
    last: Place
    release: Place


Verb = AddKeywords | RemoveAwait | InsertAwait | WrapInWith | WrapInTry


@dataclass(frozen=True, slots=True)
class FixPlan:
    """What a rule proposes. `title` is a verb phrase; `reason` says why a fix is not safe.
    `imports` are dotted names that the new text needs."""

    title: str
    applicability: Applicability
    verb: Verb
    reason: str = ""
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `text` (an empty span inserts, an empty text deletes)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """All edits of a fix apply together or not at all."""

    title: str
    applicability: Applicability
    reason: str
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()
