"""A rule: a value, one pure function over facts, and its documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .finding import Severity, Verdict

if TYPE_CHECKING:
    from .facts import FileFacts

TESTS = ("tests",)
"""For faults that harm nobody where code is only tried out: a test that blocks its own event loop."""
OUTSIDE_THE_APPLICATION = (*TESTS, "migrations", "examples", "docs")
"""For faults of an application's life: what runs once, by hand or to show something has none."""
HEADINGS = ("What it does", "Why it matters", "Bad", "Good", "Fix", "Not flagged", "References")
GROUPS = {
    "CPL1": "acquire",
    "CPL2": "lifetime",
    "CPL3": "async",
    "CPL4": "sizing",
    "CPL5": "settings",
    "CPL6": "sharing",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`on` rules are in the default selection; the others speak only when selected by code, name or ALL.

    `ladder` names rules of one ladder (DESIGN: one finding a site and ladder) and `rank` the place in it,
    1 first. The rule is silent in files of the roles `silent_in`.
    """

    code: str
    name: str
    severity: Severity
    since: str
    doc: str
    check: Callable[[FileFacts], Iterable[Verdict]]
    on: bool = True
    ladder: str = ""
    rank: int = 0
    fix: str = "-"
    silent_in: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        return GROUPS.get(self.code[:4], "")

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.doc.strip().splitlines()[0].rstrip(".")
