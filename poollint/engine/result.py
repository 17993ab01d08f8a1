"""What judging one file gives; small enough to travel between processes."""

from __future__ import annotations

from dataclasses import dataclass, field

from poollint.model.finding import Finding
from poollint.model.report import PoolEntry, RunError


@dataclass(frozen=True, slots=True)
class FileResult:
    """`path` is the file as users see it. `pools` are those constructed in it (their `acquires` are still 0);
    `acquires` counts its acquire sites by the key of their pool, "" for an unknown one."""

    path: str
    findings: tuple[Finding, ...] = ()
    pools: tuple[PoolEntry, ...] = ()
    acquires: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    held_back: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    is_lowered: bool = False
    error: RunError | None = None
