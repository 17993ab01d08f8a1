"""How wide and how colourful a format may be, and which format a name means."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from poollint.model.report import Report

WIDEST = 100
NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Style:
    """`width` in columns of a terminal. Formats that machines read take no notice of either."""

    width: int = WIDEST
    has_colour: bool = False

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour of `COLOURS`, where there are any."""
        return f"\033[{COLOURS[colour]}m{text}\033[0m" if self.has_colour and text else text


COLOURS = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "strong": "1",
    "step": "1;34",
    "gutter": "34",
    "added": "32",
    "removed": "31",
    "note": "1;36",
}

Render = Callable[[Report, Style], str]


def render_of(name: str) -> Render:
    """The function of a format: `full`, `concise`, `json`, `github`."""
    return cast(Render, importlib.import_module(f"poollint.frontends.formats.{name}").render)
