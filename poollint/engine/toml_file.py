"""A TOML file as read, and the line on which each of its keys stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from poollint.engine.errors import UsageError

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """`path` is the file, `shown` its name in messages."""

    path: Path
    shown: str
    text: str
    data: dict[str, Any]

    def line_of(self, *keys: str | int) -> int:
        """The 1-based line of a key, given from the top; numbers count the elements of an array of tables."""
        return line_of(self.text, keys)

    def wrong(self, keys: Sequence[str | int], message: str) -> UsageError:
        """The error for what stands under `keys`."""
        return UsageError(f"{self.shown}:{self.line_of(*keys)}: {message}")


def read(path: Path, shown: str) -> TomlFile:
    """The file, parsed; `UsageError` where it cannot be read or is no TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown}: not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        return TomlFile(path, shown, text, tomli.loads(text))
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise _no_toml(error, shown, text) from None


def _no_toml(error: Exception, shown: str, text: str) -> UsageError:
    message = str(error)
    found = _AT_LINE.search(message)
    line = int(found[1]) if found and found[1] else len(text.splitlines()) or 1
    return UsageError(f"{shown}:{line}: not valid TOML: {_AT_LINE.sub('', message)}")


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The line on which the key comes into being.

    Reads ever longer beginnings of the file, so that no second grammar of TOML is needed; only errors pay for it.
    """
    lines = text.splitlines(keepends=True)
    last_without = 0
    for count in range(1, len(lines) + 1):
        try:
            data = tomli.loads("".join(lines[:count]))
        except tomli.TOMLDecodeError:
            continue
        if _holds(data, keys):
            return last_without + 1
        last_without = count
    return max(last_without, 1)


def _holds(data: object, keys: Sequence[str | int]) -> bool:
    for key in keys:
        if isinstance(key, int):
            if not isinstance(data, list) or key >= len(data):
                return False
            data = data[key]
        elif not isinstance(data, Mapping) or key not in data:
            return False
        else:
            data = data[key]
    return True
