"""What a stream can show: its width and whether it has colours."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from poollint.frontends.formats.style import NARROWEST, WIDEST, Style

COLOR = ("auto", "always", "never")
"""Values of `--color`."""


def style_of(stream: TextIO, color: str, is_to_file: bool = False) -> Style:
    """The style for a stream; what goes to a file is plain unless colours were asked for."""
    is_terminal = not is_to_file and stream.isatty()
    has_colour = color == "always" or (color == "auto" and not is_to_file and _wants_colour(is_terminal))
    if has_colour and os.name == "nt":
        os.system("")  # switches the escape sequences of the console on
    return Style(_width(is_terminal), has_colour)


def _wants_colour(is_terminal: bool) -> bool:
    """NO_COLOR before FORCE_COLOR and CLICOLOR_FORCE before what the stream is."""
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal and os.environ.get("TERM") != "dumb"


def _width(is_terminal: bool) -> int:
    """The terminal's width, within limits; elsewhere COLUMNS, and the widest."""
    columns = os.environ.get("COLUMNS", "")
    if is_terminal:
        found = shutil.get_terminal_size((WIDEST, 24)).columns
    else:
        found = int(columns) if columns.isdecimal() and int(columns) else WIDEST
    return max(NARROWEST, min(WIDEST, found))
