"""Whether the reference pool is certainly there when a project's code runs: installed with it, or a module of its own.

What only tools and tests are installed for says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from poollint.engine.foreign import table_of, text_of, toml_of
from poollint.engine.pool_import import folder_of

PACKAGE = "poollint"
MODULE = "poollint.pool"
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_FOR_TOOLS = re.compile(r"dev|test|lint|doc|ci", re.IGNORECASE)


def has_pool(root: str, module: str, src: Sequence[str]) -> bool:
    """By `[project].dependencies`, `requirements*.txt`, Pipfile or poetry's main group; a module of the project's own
    by its folder."""
    if module != MODULE:
        return folder_of(module, root, src) is not None
    return PACKAGE in {name.lower() for name in _installed(Path(root))}


def _installed(root: Path) -> Iterator[str]:
    data = toml_of(root / "pyproject.toml")
    listed = table_of(data, "project").get("dependencies")
    yield from _names(listed if isinstance(listed, list) else [])
    yield from table_of(data, "tool", "poetry", "dependencies")
    yield from table_of(toml_of(root / "Pipfile"), "packages")
    for path in sorted(root.glob("requirements*.txt")):
        if not _FOR_TOOLS.search(path.stem.removeprefix("requirements")):
            yield from _names(text_of(path).splitlines())


def _names(lines: Sequence[object]) -> Iterator[str]:
    for line in lines:
        match = _NAME.match(line) if isinstance(line, str) else None
        if match is not None:
            yield match[1]
