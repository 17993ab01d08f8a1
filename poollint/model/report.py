"""What a run gives to the formats."""

from __future__ import annotations

from dataclasses import dataclass, field

from .finding import Finding, Location
from .fix import Fix


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A pool, engine or client of the project, for the inventory and JSON `pools[]`."""

    key: str
    library: str
    kind: str
    location: Location
    options: dict[str, str]
    acquires: int
    made: str = ""
    """How often, as far as that is known: "once (the module's import)", "per request (a FastAPI route)", or ""."""


@dataclass(frozen=True, slots=True)
class RunError:
    """Something that was asked and could not be done: the exit status is 2.

    `code` is "CPL000" (poollint failed on the file; `traceback` says where), "missing-path", "unreadable"
    or "unwritable".
    """

    path: str
    code: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """`candidates` are files with a pool or a site, `lowered` those read by LibCST for it. `sites` are acquires;
    `unknown` counts sites not judged by reason; `held_back` findings by role."""

    files: int = 0
    candidates: int = 0
    lowered: int = 0
    pools: int = 0
    pools_by_library: dict[str, int] = field(default_factory=dict)
    sites: int = 0
    judged: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    held_back: dict[str, int] = field(default_factory=dict)
    suppressed: int = 0
    notes: tuple[str, ...] = ()
    """Files that were left aside, and why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that fixes change, by its bytes; `applied` are the fixes in the order in which they were made."""

    path: str
    before: bytes
    after: bytes
    applied: tuple[tuple[Finding, Fix], ...]
    is_stdin: bool = False
    """The file is standard input's: its new text is for standard output, not for the disk."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A fix that was tried and not kept; `reason` says which check it failed."""

    finding: Finding
    fix: Fix
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` sorted and selected; suppressed ones are kept with `suppressed` set."""

    findings: tuple[Finding, ...] = ()
    pools: tuple[PoolEntry, ...] = ()
    errors: tuple[RunError, ...] = ()
    summary: Summary = field(default_factory=Summary)
    texts: dict[str, str] = field(default_factory=dict)
    """Text of each file that a finding or step stands in, by path as printed (for frames)."""
    interrupted: bool = False
    """Ctrl-C came before every file was judged."""
    is_fixing: bool = False
    """Fixes were asked for: `findings` are those that are left."""
    changes: tuple[Change, ...] = ()
    rolled_back: tuple[RolledBack, ...] = ()
