"""`pool-import`, the module that a project's own copy of the reference pool is imported as: from a folder to its name,
from the name to its folder, and into pyproject.toml."""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

import tomli

from poollint.engine.errors import UsageError
from poollint.engine.roots import is_within, posix

KEY = "pool-import"
TABLE = re.compile(r"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*poollint[ \t]*\][^\n]*(?:\n|\Z)", re.MULTILINE)
VALUE = re.compile(rf"""^([ \t]*["']?{KEY}["']?[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*')""", re.MULTILINE)


def is_module(name: str) -> bool:
    """Whether `import name` could be written."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def module_of(folder: str, root: str, src: Sequence[str]) -> str:
    """What a folder of the project is imported as: from the nearest of `src` above it that is no package itself."""
    starts = list(_bases(root, src))
    bases = [base for base in starts if is_within(folder, base)]
    if not bases or folder in starts:
        raise UsageError(f"{folder}: not below a folder that imports of {root} start from (`src`)")
    base = max(bases, key=len)
    name = os.path.relpath(folder, base).replace(os.sep, ".").replace("/", ".")
    if not is_module(name):
        raise UsageError(f"{folder}: cannot be imported as {name}; name a folder whose parts are identifiers")
    return name


def folder_of(module: str, root: str, src: Sequence[str]) -> str | None:
    """The folder of the project that a module's name stands for."""
    for base in _bases(root, src):
        folder = posix(os.path.join(base, *module.split(".")))
        if os.path.isdir(folder):
            return folder
    return None


def _bases(root: str, src: Sequence[str]) -> Iterator[str]:
    for name in src:
        base = posix(os.path.normpath(os.path.join(root, name)))
        if not os.path.exists(os.path.join(base, "__init__.py")):
            yield base


def recorded(text: str, module: str) -> str | None:
    """The text of pyproject.toml with the key set, and nothing else changed. None: only a person can do that."""
    data = tomli.loads(text)
    tool = data.get("tool", {})
    table = tool.get("poollint", {}) if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        return None
    wanted: dict[str, Any] = {**data, "tool": {**tool, "poollint": {**table, KEY: module}}}
    for candidate in _candidates(text, f'{KEY} = "{module}"', module):
        try:
            if tomli.loads(candidate) == wanted:
                return candidate
        except tomli.TOMLDecodeError:
            continue
    return None


def _candidates(text: str, line: str, module: str) -> Iterator[str]:
    """In place of the value that is there, below the table's head, or in a table of its own at the end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    for found in VALUE.finditer(text):
        yield f'{text[: found.start(2)]}"{module}"{text[found.end(2) :]}'
    for found in TABLE.finditer(text):
        head = text[: found.end()]
        yield f"{head}{'' if head.endswith(newline) else newline}{line}{newline}{text[found.end() :]}"
    gap = newline if text and not text.endswith("\n") else ""
    yield f"{text}{gap}{newline if text else ''}[tool.poollint]{newline}{line}{newline}"
