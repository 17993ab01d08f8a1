"""What a project's own files say of the versions that it runs with: requirements first, then lock files.

Nothing is executed: `setup.py` is read as text of Python. What cannot be read says nothing.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from poollint.engine.foreign import table_of, text_of, toml_of
from poollint.model.versions import ANY, VersionRange, Versions, joined, normal_name, version_range

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?\s*([^;#@)]*)")
_LOCKED = re.compile(r'^\[\[package\]\]\s*\nname = "([^"]+)"\s*\nversion = "([^"]+)"', re.MULTILINE)
LOCK_FILES = ("poetry.lock", "uv.lock", "pdm.lock")
REQUIREMENT_FILES = re.compile(r".*(?:requirements|constraints).*\.(?:txt|in)")
REQUIREMENT_FOLDERS = ("requirements", "reqs")
Said = tuple[str, VersionRange]


class Requirements:
    """Of one project's folder; its files are read when first asked about a library whose versions differ."""

    def __init__(self, folder: str | None) -> None:
        self.folder = folder

    def of(self, distributions: Iterable[str]) -> VersionRange:
        """The versions of a library, by any of its distributions' names, that the project may run with."""
        names = {normal_name(name) for name in distributions}
        return joined(self.versions[name] for name in names if name in self.versions)

    @cached_property
    def versions(self) -> Versions:
        if self.folder is None:
            return {}
        found: dict[str, list[VersionRange]] = {}
        for source in self._sources():
            for name, what in _agreed(source):
                found.setdefault(name, []).append(what)
        narrowed = {name: joined(ranges) for name, ranges in found.items()}
        return {name: what for name, what in narrowed.items() if not what.is_empty}

    def _sources(self) -> Iterator[list[Said]]:
        yield _of_pyproject(self._toml("pyproject.toml"))
        yield _of_pipfile(self._toml("Pipfile"))
        yield list(_of_setup(self._text("setup.py")))
        yield list(_of_lines(self._install_requires()))
        for name in self._requirement_files():
            yield list(_of_lines(self._text(name).splitlines()))
        for name in LOCK_FILES:
            yield [_said(*pair) for pair in _LOCKED.findall(self._text(name))]
        yield list(_of_pipfile_lock(self._text("Pipfile.lock")))

    def _requirement_files(self) -> list[str]:
        found = [name for name in self._listed("") if REQUIREMENT_FILES.fullmatch(name)]
        for folder in REQUIREMENT_FOLDERS:
            found += [f"{folder}/{name}" for name in self._listed(folder) if name.endswith((".txt", ".in"))]
        return found

    def _listed(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(Path(self.folder or "", folder)))
        except OSError:
            return []

    def _install_requires(self) -> list[str]:
        """The lines below `install_requires =` in setup.cfg."""
        _, found, rest = self._text("setup.cfg").partition("install_requires")
        if not found:
            return []
        head, *lines = rest.splitlines() or [""]
        below = []
        for line in lines:
            if line.strip() and not line[0].isspace():
                break
            below.append(line)
        return [head.partition("=")[2], *below]

    def _toml(self, name: str) -> dict[str, Any]:
        return toml_of(Path(self.folder or "", name))

    def _text(self, name: str) -> str:
        return text_of(Path(self.folder or "", name))


def _agreed(source: list[Said]) -> list[Said]:
    """One line a distribution; one that a file names twice, by its platform or Python, may be either."""
    times: dict[str, list[VersionRange]] = {}
    for name, what in source:
        times.setdefault(name, []).append(what)
    return [(name, ranges[0] if len(set(ranges)) == 1 else ANY) for name, ranges in times.items()]


def _said(name: str, version: str) -> Said:
    return normal_name(name), version_range(f"=={version}")


def _of_lines(lines: Iterable[object]) -> Iterator[Said]:
    """Requirements as installers write them; options, addresses and comments say nothing."""
    for line in lines:
        text = line.strip() if isinstance(line, str) else ""
        match = _REQUIREMENT.match(text) if text and not text.startswith(("#", "-")) else None
        if match is not None and "://" not in text.partition(";")[0]:
            yield normal_name(match.group(1)), version_range(match.group(2))


def _of_pyproject(data: dict[str, Any]) -> list[Said]:
    project = table_of(data, "project")
    lists = [project.get("dependencies"), *table_of(project, "optional-dependencies").values()]
    lists += table_of(data, "dependency-groups").values()
    poetry = table_of(data, "tool", "poetry")
    tables = [table_of(poetry, "dependencies"), table_of(poetry, "dev-dependencies")]
    groups = [group for group in table_of(poetry, "group").values() if isinstance(group, dict)]
    tables += [table_of(group, "dependencies") for group in groups]
    found = [said for listed in lists if isinstance(listed, list) for said in _of_lines(listed)]
    return found + [said for table in tables for said in _of_table(table)]


def _of_pipfile(data: dict[str, Any]) -> list[Said]:
    return [said for key in ("packages", "dev-packages") for said in _of_table(table_of(data, key))]


def _of_table(table: dict[str, Any]) -> Iterator[Said]:
    """`redis = "^5.0"`, `redis = { version = "^5.0" }`."""
    for name, value in table.items():
        version = value.get("version") if isinstance(value, dict) else value
        if isinstance(version, str):
            yield normal_name(name), version_range(version)


def _of_pipfile_lock(text: str) -> Iterator[Said]:
    try:
        data = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return
    yield from _of_table(table_of(data, "default") if isinstance(data, dict) else {})


def _of_setup(text: str) -> Iterator[Said]:
    """The literal `install_requires` of `setup.py`."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires" and isinstance(node.value, ast.List):
            yield from _of_lines(item.value for item in node.value.elts if isinstance(item, ast.Constant))
