"""Which project a file belongs to, and which pyproject.toml files speak for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
VERSION_CONTROL = (".git", ".hg")
TABLE = b"poollint"


@dataclass(frozen=True, slots=True)
class Root:
    """A project. `is_whole` is False for a file outside any project: then nothing but that file is known."""

    folder: str
    is_whole: bool = True


class Roots:
    """Answers for one run, remembered by folder; the files are looked at once."""

    def __init__(self, working_directory: str, is_isolated: bool = False) -> None:
        self.working_directory = posix(os.path.realpath(working_directory))
        self.is_isolated = is_isolated
        self._folders: dict[str, _Folder] = {}

    def root_of(self, path: str) -> Root:
        """The root of an absolute path of a file."""
        folder = os.path.dirname(path)
        if not self.is_isolated:
            found = self._marked(folder)
            if found is not None:
                return Root(found)
        if is_within(folder, self.working_directory):
            return Root(self.working_directory)
        return Root(folder, is_whole=False)

    def configured_from(self, folder: str) -> list[Path]:
        """The pyproject.toml files with our table that hold for `folder`, outermost first.

        Above the top of the repository nothing counts; outside of repositories only the nearest does.
        """
        found: list[Path] = []
        for current in self._upward(folder):
            if current.has_table:
                found.append(Path(current.path, "pyproject.toml"))
            if current.is_repository:
                return found[::-1]
        return found[:1]

    def repository_of(self, folder: str) -> str | None:
        """The folder of the nearest repository that `folder` is in."""
        return next((current.path for current in self._upward(folder) if current.is_repository), None)

    def _marked(self, folder: str) -> str | None:
        """The nearest folder with our table, up to the top of the repository, else the nearest with a marker."""
        marked: str | None = None
        for current in self._upward(folder):
            if current.has_table:
                return current.path
            if marked is None and current.has_marker:
                marked = current.path
            if current.is_repository:
                break
        return marked

    def _upward(self, folder: str) -> list[_Folder]:
        found: list[_Folder] = []
        while True:
            if folder not in self._folders:
                self._folders[folder] = _Folder(folder)
            found.append(self._folders[folder])
            parent = os.path.dirname(folder)
            if parent == folder:
                return found
            folder = parent


class _Folder:
    """What a folder holds that makes it a root; each is looked at when first asked."""

    def __init__(self, path: str) -> None:
        self.path = path

    @cached_property
    def has_marker(self) -> bool:
        return any(os.path.exists(os.path.join(self.path, name)) for name in MARKERS)

    @cached_property
    def is_repository(self) -> bool:
        return any(os.path.exists(os.path.join(self.path, name)) for name in VERSION_CONTROL)

    @cached_property
    def has_table(self) -> bool:
        """Whether pyproject.toml has `[tool.poollint]`; one that is no TOML but names us counts, so that its
        error is told."""
        path = Path(self.path, "pyproject.toml")
        try:
            raw = path.read_bytes()
        except OSError:
            return False
        if TABLE not in raw:
            return False
        import tomli

        try:
            tool = tomli.loads(raw.decode("utf-8-sig")).get("tool")
        except (tomli.TOMLDecodeError, UnicodeDecodeError):
            return b"[tool.poollint" in raw
        return isinstance(tool, dict) and "poollint" in tool


def real(path: str) -> str:
    """An absolute path with `/` and without symbolic links in its folders."""
    folder, name = os.path.split(os.path.abspath(path))
    return posix(os.path.join(os.path.realpath(folder), name))


def posix(path: str) -> str:
    """The path with `/`, whatever the system writes."""
    return path.replace(os.sep, "/") if os.sep != "/" else path


def is_within(path: str, folder: str) -> bool:
    """Whether an absolute path is `folder` or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def displayed(path: str, working_directory: str) -> str:
    """An absolute path as users see it: relative to the working directory, with `/`."""
    if is_within(path, working_directory):
        return path[len(working_directory.rstrip("/")) + 1 :] or "."
    try:
        return posix(os.path.relpath(path, working_directory))
    except ValueError:
        return path
