"""What part a file plays in its project, by its path: rules of an application's life are silent in the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from poollint.engine.globs import Glob

_FOLDERS = {
    "test": "tests",
    "tests": "tests",
    "migrations": "migrations",
    "example": "examples",
    "examples": "examples",
    "doc": "docs",
    "docs": "docs",
}
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|conftest)\.pyi?")
_IMPORTS_TESTING = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(?:[\w., \t]*,[ \t]*)?(?:pytest|unittest)\b", re.MULTILINE)


def role_of(
    path: str,
    folder: str,
    read: Callable[[str], bytes],
    declared: Iterable[tuple[str, Glob]] = (),
    tools: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The role of a file by its path from the project root `folder`; the settings' globs come first.

    A file named like a test is one when it imports pytest or unittest: `test_connection.py` may as well be
    a command of the application. `tools` (import root -> role) tell by import as well, since the folder's name
    is the project's choice: a migration in `revisions/`.
    """
    for role, glob in declared:
        if glob.covers(f"{folder}/{path}"):
            return role
    *folders, name = path.split("/")
    for part in folders:
        if part in _FOLDERS or part in tools:
            return _FOLDERS.get(part) or tools[part]
    if _TEST_FILE.fullmatch(name) and _IMPORTS_TESTING.search(read(path)):
        return "tests"
    return next((role for root, role in tools.items() if _imports(root, read(path))), "application")


def _imports(root: str, raw: bytes) -> bool:
    """Whether a file imports a package at module level."""
    return re.search(rb"^(?:import|from)[ \t]+" + re.escape(root.encode()) + rb"\b", raw, re.MULTILINE) is not None
