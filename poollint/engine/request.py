"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from poollint.model.settings import Depths

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Request:
    """`paths` are files and folders, relative to `working_directory`; "-" is standard input.

    `overrides` are flags, by field of `Settings`; they win over every file. `config` replaces the search for
    pyproject.toml. `stdin` is the text of `stdin_filename`, in place of what is on disk. `is_cached`: results are kept
    in the project's cache, and taken from it.
    """

    paths: tuple[str, ...] = (".",)
    overrides: Mapping[str, object] = field(default_factory=dict)
    config: str | None = None
    isolated: bool = False
    stdin: bytes | None = None
    stdin_filename: str | None = None
    working_directory: str = "."
    show_suppressed: bool = False
    is_cached: bool = False
    depths: Depths = field(default_factory=Depths)
