"""Files of a project that other tools are told by, read without complaint: what cannot be read says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli


def text_of(path: Path) -> str:
    """With newlines as `\\n`; "" where there is none."""
    try:
        return path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except OSError:
        return ""


def toml_of(path: Path) -> dict[str, Any]:
    """Empty where there is none, or it is no TOML."""
    try:
        return tomli.loads(text_of(path))
    except (tomli.TOMLDecodeError, RecursionError):
        return {}


def table_of(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The table under the keys; empty where there is none."""
    for key in keys:
        value = data.get(key)
        if not isinstance(value, dict):
            return {}
        data = value
    return data
