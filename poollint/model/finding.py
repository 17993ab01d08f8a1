"""What a rule says, first by places (`Verdict`), then by positions (`Finding`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .fix import Fix, FixPlan
from .span import Place


class Severity(IntEnum):
    """Ordered, so that thresholds compare."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    """high = proven path and resolved types; medium = a policy assumption; low = weak forms."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        return self.name.lower()


STEP_KINDS = ("acquire", "construct", "call", "may-raise", "exit", "release", "await", "note")


@dataclass(frozen=True, slots=True)
class Step:
    """One station of a finding's story. `kind` is one of `STEP_KINDS`."""

    kind: str
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding by places, as a rule makes it. `place` is the primary one.

    `message` quotes the user's text in backticks, says the fact, has no line numbers and no final
    stop; `why` is the consequence, `help` what to do.
    """

    code: str
    place: Place
    message: str
    confidence: Confidence
    severity: Severity | None = None
    steps: tuple[Step, ...] = ()
    why: str = ""
    help: str = ""
    plans: tuple[FixPlan, ...] = ()
    site: Place | None = None
    """The site that findings are merged by; `place` when None."""


@dataclass(frozen=True, slots=True)
class Location:
    """Lines and columns are 1-based, columns in code points, the end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class LocatedStep:
    kind: str
    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as users and formats see it; sorted by path, line, column, code."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    steps: tuple[LocatedStep, ...] = ()
    why: str = ""
    help: str = ""
    fix: Fix | None = None
    fixes: tuple[Fix, ...] = ()
    fingerprint: str = ""
    suppressed: str | None = None
    """None, or what silences it: "noqa", "ignore"."""

    @property
    def order(self) -> tuple[str, int, int, str]:
        return (self.location.path, self.location.line, self.location.column, self.code)
