"""What a project says of its own operation, in its settings and in the files that start it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .settings import Concurrency
from .sizing import Load


@dataclass(frozen=True, slots=True)
class ServerFact:
    """A number in a file that starts a server. `role`: "threads" or "processes" (of one host). `source` is as users
    read it: "`--threads 20` of Procfile:1"."""

    frameworks: tuple[str, ...]
    role: str
    number: int
    noun: str
    source: str


@dataclass(frozen=True, slots=True)
class Declared:
    """`loads`: pool, by its key or the last part of it, -> acquires a second and seconds of holding, of one process.
    `database_limit` is what deployment files say of it, `hosts` their copies of the service."""

    concurrency: Concurrency = field(default_factory=Concurrency)
    loads: dict[str, Load] = field(default_factory=dict)
    servers: tuple[ServerFact, ...] = ()
    database_limit: tuple[int, str] | None = None
    notes: tuple[str, ...] = ()
    """Why files were left aside."""
