"""A file as read: decoded once, guarded, parsed once; positions for any encoding and newline."""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from poollint.syntax.guard import REASON, too_deep

if TYPE_CHECKING:
    import libcst

BOM = b"\xef\xbb\xbf"
_NEWLINE = re.compile(r"\r\n|\r|\n")


class SourceError(Exception):
    """A file that cannot be decoded or parsed: `line` is 1-based, `reason` is for people."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class Source:
    """The text of one file. Offsets count code points of `text` (no BOM, newlines as read)."""

    def __init__(self, path: str, raw: bytes) -> None:
        self.path = path
        self.raw = raw
        self.has_bom = raw.startswith(BOM)
        self.encoding = _encoding(raw)
        self.text = _decoded(raw[3:] if self.has_bom else raw, self.encoding)

    @cached_property
    def deep(self) -> int | None:
        """The line at which the text nests too deeply for LibCST, if it does."""
        return too_deep(self.text)

    @cached_property
    def tree(self) -> libcst.Module:
        """The parsed module; `SourceError` where it is too deep or not Python."""
        if self.deep is not None:
            raise SourceError(self.deep, REASON)
        import libcst

        try:
            return libcst.parse_module(self.text)
        except libcst.ParserSyntaxError as error:
            raise SourceError(max(error.raw_line, 1), _reason(error)) from None
        except Exception as error:
            # LibCST's own checks of a tree raise several other errors, on text that is Python and on text that is not.
            raise SourceError(1, f"cannot be parsed: {_first_line(error)}") from None

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _NEWLINE.finditer(self.text))]

    def line_column(self, offset: int) -> tuple[int, int]:
        """1-based line and column, in code points."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based line and column."""
        return self._starts[line - 1] + column - 1

    def line_text(self, line: int) -> str:
        """A line without its newline; "" beyond the end."""
        if not 1 <= line <= len(self._starts):
            return ""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[self._starts[line - 1] : end].rstrip("\r\n")

    def encode(self, text: str) -> bytes:
        """`text` in the file's own encoding, with its BOM."""
        return (BOM if self.has_bom else b"") + text.encode(self.encoding)


def _encoding(raw: bytes) -> str:
    try:
        found, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except (SyntaxError, LookupError) as error:
        raise SourceError(1, f"unknown encoding: {error}") from None
    return "utf-8" if found == "utf-8-sig" else found


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SourceError(line, f"not {encoding}: {error.reason} at byte {error.start}") from None
    except (LookupError, ValueError) as error:
        raise SourceError(1, f"unknown encoding: {encoding}: {_first_line(error)}") from None
    if "\0" in text:
        raise SourceError(text.count("\n", 0, text.index("\0")) + 1, "source code cannot contain null bytes")
    return text


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _reason(error: libcst.ParserSyntaxError) -> str:
    message = error.message.splitlines()[0] if error.message else "invalid syntax"
    return f"invalid syntax: {message}"
