"""A fix as a diff: what goes, what comes, and the lines that only move to the right or left."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from poollint.engine.apply import edit_text
from poollint.frontends.formats.lines import Lines
from poollint.frontends.formats.rows import Row
from poollint.model.fix import Fix

MOST, HEAD, TAIL = 24, 12, 10
"""Rows from which the middle is left out, and how many stay before and after it."""


def rows(text: str, fix: Fix) -> list[Row]:
    """The changed lines with one around them; [] where nothing is changed."""
    if not fix.edits:
        return []
    old, new = Lines(text), Lines(edit_text(text, fix.edits))
    first = old.position(min(edit.span.start for edit in fix.edits))[0]
    last = old.position(max(edit.span.end for edit in fix.edits))[0]
    first, last = max(1, first - 1), min(len(old), last + 1)
    before = [old.line(number) for number in range(first, last + 1)]
    after = [new.line(number) for number in range(first, last + len(new) - len(old) + 1)]
    return _shortened(_trimmed(list(_compared(before, after, first))))


def _compared(before: Sequence[str], after: Sequence[str], first: int) -> Iterator[Row]:
    """Lines are the same when nothing but their indentation differs."""
    plain = [line.strip() for line in before], [line.strip() for line in after]
    matcher = difflib.SequenceMatcher(None, *plain, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        focus = _focus(before[start], after[new_start]) if kind == "replace" and end - start == 1 else 0
        if kind != "equal":
            yield from (Row("-", 0, line, focus) for line in before[start:end])
        sign = "|" if kind == "equal" else "+"
        for offset, number in enumerate(range(new_start, new_end)):
            is_moved = kind == "equal" and before[start + offset] != after[number]
            yield Row(sign, first + number, after[number], focus, is_moved)


def _focus(old: str, new: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _trimmed(found: list[Row]) -> list[Row]:
    """At most one line that stays on either side, and no empty one."""
    changed = [number for number, row in enumerate(found) if row.sign != "|" or row.is_moved]
    if not changed:
        return found
    start, end = max(0, changed[0] - 1), changed[-1] + 2
    kept = found[start:end]
    if kept and kept[0].sign == "|" and not kept[0].text.strip():
        kept = kept[1:]
    if kept and kept[-1].sign == "|" and not kept[-1].text.strip():
        kept = kept[:-1]
    return kept


def _shortened(found: list[Row]) -> list[Row]:
    if len(found) <= MOST:
        return found
    return [*found[:HEAD], Row(".", 0, ""), *found[-TAIL:]]
