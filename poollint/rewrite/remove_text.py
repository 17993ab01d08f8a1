"""Taking out text that is no code: a comment, or a part of one."""

from __future__ import annotations

from poollint.model.fix import Edit
from poollint.model.span import Span
from poollint.syntax.source import Source


def remove_text(source: Source, span: Span) -> Edit:
    """`span` goes with the spaces in front of it; a line that holds nothing else goes whole.

    A part of a comment (`span` not to the end of its line) goes with the spaces behind it instead.
    """
    text = source.text
    line, column = source.line_column(span.start)
    start = span.start - column + 1
    end = start + len(source.line_text(line))
    if text[span.end : end].strip():
        behind = len(text[span.end : end]) - len(text[span.end : end].lstrip(" \t"))
        return Edit(Span(span.start, span.end + behind), "")
    before = text[start : span.start].rstrip(" \t")
    if before.strip():
        return Edit(Span(start + len(before), end), "")
    newline = 2 if text.startswith("\r\n", end) else 1
    return Edit(Span(start, min(end + newline, len(text))), "")
