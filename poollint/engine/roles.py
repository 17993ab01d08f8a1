"""What part a file plays in its project, by its path: rules of an application's life are silent in the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from poollint.engine.globs import Glob

_FOLDERS = {
    "test": "tests",
    "tests": "tests",
    "alembic": "migrations",
    "migrations": "migrations",
    "example": "examples",
    "examples": "examples",
    "doc": "docs",
    "docs": "docs",
}
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|conftest)\.pyi?")
_IMPORTS_MIGRATING = re.compile(rb"^(?:import|from)[ \t]+alembic\b", re.MULTILINE)
_IMPORTS_TESTING = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(?:[\w., \t]*,[ \t]*)?(?:pytest|unittest)\b", re.MULTILINE)


def role_of(
    path: str,
    folder: str,
    read: Callable[[str], bytes],
    declared: Iterable[tuple[str, Glob]] = (),
) -> str:
    """The role of a file by its path from the project root `folder`; the settings' globs come first.

    A file named like a test is one when it imports pytest or unittest: `test_connection.py` may as well be
    a command of the application. A migration is told by its tool's import as well, since the folder's name is
    the project's choice (`revisions/`).
    """
    for role, glob in declared:
        if glob.covers(f"{folder}/{path}"):
            return role
    *folders, name = path.split("/")
    for part in folders:
        if part in _FOLDERS:
            return _FOLDERS[part]
    if _TEST_FILE.fullmatch(name) and _IMPORTS_TESTING.search(read(path)):
        return "tests"
    return "migrations" if _IMPORTS_MIGRATING.search(read(path)) else "application"
