"""Globs of settings: gitignore's shapes, anchored at the folder of the file that says them.

A glob without an inner slash fits at any depth below that folder; one with a slash fits from it. What fits a
folder fits all that is in it. (What git ignores is decided by pathspec; this is for a handful of globs in runs
that walk no folder.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Glob:
    """`base` is an absolute folder with `/` (no final one); `pattern` is as the user wrote it."""

    base: str
    pattern: str

    def fits(self, path: str) -> bool:
        """Whether the glob names exactly this absolute path (a folder or a file)."""
        below = self._below(path)
        return below is not None and _compiled(self._relative()).fullmatch(below) is not None

    def covers(self, path: str) -> bool:
        """Whether it names the path or a folder above it, within `base`."""
        below = self._below(path)
        if below is None:
            return False
        pattern, parts = _compiled(self._relative()), below.split("/")
        return any(pattern.fullmatch("/".join(parts[:count])) for count in range(1, len(parts) + 1))

    def _below(self, path: str) -> str | None:
        base = self.base.rstrip("/") + "/"
        return path[len(base) :] if path.startswith(base) else None

    def _relative(self) -> str:
        """An absolute glob below `base` is as good as a relative one."""
        base = self.base.rstrip("/") + "/"
        return self.pattern[len(base) - 1 :] if self.pattern.startswith(base) else self.pattern


def any_fits(globs: tuple[Glob, ...], path: str) -> bool:
    """Whether one of them names exactly this absolute path; all of a folder are tried at once."""
    return any(
        path.startswith(base) and pattern.fullmatch(path, len(base)) is not None for base, pattern in _united(globs)
    )


@cache
def _united(globs: tuple[Glob, ...]) -> list[tuple[str, re.Pattern[str]]]:
    bases: dict[str, list[str]] = {}
    for glob in globs:
        bases.setdefault(glob.base.rstrip("/") + "/", []).append(_regex(glob._relative()))
    return [(base, re.compile("|".join(f"(?:{each})" for each in found), re.DOTALL)) for base, found in bases.items()]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_regex(pattern), re.DOTALL)


def _regex(pattern: str) -> str:
    pattern = pattern.removeprefix("./").rstrip("/")
    anchored = "/" in pattern
    parts = [] if anchored else [r"(?:.*/)?"]
    rest = pattern.lstrip("/")
    while rest:
        text, rest = _next(rest)
        parts.append(text)
    return "".join(parts)


def _next(rest: str) -> tuple[str, str]:
    """(regular expression of the first element, what follows)."""
    if rest.startswith("**/"):
        return r"(?:.*/)?", rest[3:]
    if rest.startswith("**"):
        return r".*", rest[2:]
    if rest[0] == "*":
        return r"[^/]*", rest[1:]
    if rest[0] == "?":
        return r"[^/]", rest[1:]
    closing = rest.find("]", 2)
    if rest[0] == "[" and closing > 0:
        inner = rest[1:closing].replace("\\", "\\\\").replace("[", "\\[")
        return (f"[^/{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]"), rest[closing + 1 :]
    return re.escape(rest[0]), rest[1:]
