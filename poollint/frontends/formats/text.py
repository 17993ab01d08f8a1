"""Text of other people's code, made fit for a terminal: no control character gets through, and its width is known."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

TAB = 4
"""Columns between tab stops in frames."""
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f"  # control characters, but for the tab
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # change of writing direction
    "\u200b\u2028\u2029\ufeff\ud800-\udfff]"  # line ends, no width, halves of characters
)


def clean(text: str) -> str:
    """The text on one line, tabs as blanks, and what could steer a terminal as escapes (`\\x1b`)."""
    return _UNSAFE.sub(_escape, text).replace("\t", " ")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] in "\n\r\x0b\x0c":
        return {"\n": "\\n", "\r": "\\r", "\x0b": "\\v", "\x0c": "\\f"}[match[0]]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@cache
def width_of(character: str) -> int:
    """Columns of a terminal that one clean character takes."""
    if character < "\x7f":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """Columns of a clean text."""
    return len(text) if text.isascii() else sum(map(width_of, text))


def cells(line: str) -> list[str]:
    """What each code point of a line of code is drawn as; tabs as blanks up to the next stop."""
    drawn: list[str] = []
    column = 0
    for character in line:
        if character == "\t":
            shown = " " * (TAB - column % TAB)
        else:
            shown = _UNSAFE.sub(_escape, character)
        drawn.append(shown)
        column += width(shown)
    return drawn


def wrapped(text: str, first: int, rest: int) -> list[str]:
    """A clean text in lines of at most `first` columns, then `rest`. Code in backticks is broken only where it
    would not fit on any line; the first line is empty where only the others have room for its first word."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        joined = f"{line} {word}" if line else word
        if width(joined) <= (rest if lines else first):
            line = joined
            continue
        if line or width(word) <= rest:
            lines.append(line)
        line = word
        while width(line) > (room := rest if lines else first):
            cut = _fitting(line, room)
            lines.append(line[:cut].rstrip())
            line = line[cut:].lstrip()
    return [*lines, line] if line or not lines else lines


def _words(text: str) -> list[str]:
    """Words, with code in backticks as part of one."""
    return re.findall(r"(?:`[^`]*`|[^\s`]|`)+", text)


def _fitting(text: str, room: int) -> int:
    """How many characters of a text fit, up to a blank where there is a late one."""
    taken = used = 0
    for character in text:
        used += width_of(character)
        if used > room:
            break
        taken += 1
    blank = text.rfind(" ", 0, taken + 1)
    return blank if blank > taken // 2 else max(taken, 1)
