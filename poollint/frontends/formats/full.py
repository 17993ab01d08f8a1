"""A finding as a person wants it: where, how it comes to pass, what of it, what to do, and what the fix changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from poollint.frontends.formats.frame import Frame, shown_lines
from poollint.frontends.formats.lines import Lines
from poollint.frontends.formats.markers import marked_code
from poollint.frontends.formats.rows import Row
from poollint.frontends.formats.story import Label, Story, story
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import cells, clean, width, wrapped
from poollint.model.finding import Confidence, Finding
from poollint.model.fix import Applicability
from poollint.model.report import Report

TEXTS = 6
"""Columns of `why:`, `help:`, `note:` and the blank behind."""


def render(report: Report, style: Style) -> str:
    """All findings, an empty line after each."""
    lines = {path: Lines(text) for path, text in report.texts.items()}
    return "".join(f"{line}\n" for finding in report.findings for line in (*_finding(finding, lines, style), ""))


def _finding(finding: Finding, texts: dict[str, Lines], style: Style) -> Iterator[str]:
    told = story(finding)
    fix_rows = _fix_rows(finding, texts)
    frame = Frame(_digits(told, texts, fix_rows), style, finding.severity.word)
    yield from _title(finding, style)
    yield from _frames(finding, told, texts, frame)
    yield from _text("why", finding.why, style)
    advice = finding.help or (finding.fix.title if finding.fix is not None else "")
    if finding.fix is not None and finding.fix.imports:
        advice += f" (with {' and '.join(map(_import, finding.fix.imports))})"
    yield from _text("help", advice, style)
    yield from _diff(fix_rows, frame)
    for note in (*_on_fix(finding), *told.notes):
        yield from _text("note", note, style)
    yield from _text("docs", f"`poollint rule {finding.name or finding.code}`", style)


def _title(finding: Finding, style: Style) -> Iterator[str]:
    """`error CPL101 [*] what is wrong`."""
    lead = f"{finding.severity.word} {marked_code(finding)}"
    extra = "" if finding.confidence is Confidence.HIGH else f" ({finding.confidence.word} confidence)"
    extra += f" (suppressed: {finding.suppressed})" if finding.suppressed else ""
    first, *rest = wrapped(clean(finding.message + extra), style.width - width(lead) - 1, style.width - TEXTS)
    yield f"{style.paint(lead, finding.severity.word)} {style.paint(first, 'strong')}".rstrip()
    yield from (" " * TEXTS + style.paint(line, "strong") for line in rest)


def _digits(told: Story, texts: dict[str, Lines], fix_rows: Sequence[Row]) -> int:
    """Columns of the longest line number."""
    highest = max([row.number for row in fix_rows], default=0)
    for label in told.labels:
        if label.location.path in texts:
            highest = max(highest, *shown_lines(texts[label.location.path], [label]))
    return max(2, len(str(highest)))


def _frames(finding: Finding, told: Story, texts: dict[str, Lines], frame: Frame) -> Iterator[str]:
    """The finding's own file first, then the others in the order of the steps."""
    paths = dict.fromkeys([finding.location.path, *(label.location.path for label in told.labels)])
    for path in paths:
        labels = [label for label in told.labels if label.location.path == path]
        primary = next((label for label in labels if label.is_primary), labels[0])
        yield frame.head("-->" if path == finding.location.path else ":::", primary)
        if path in texts:
            yield from frame.body(texts[path], labels)
        else:
            yield from _untold(labels, frame)


def _untold(labels: Sequence[Label], frame: Frame) -> Iterator[str]:
    """What is said of a file whose text cannot be shown."""
    for label in labels:
        if label.text:
            for part in wrapped(clean(label.text), frame.room, frame.room):
                yield f"{frame.bar()} {part}"


# --- under the frames ------------------------------------------------------------------------------


def _text(kind: str, text: str, style: Style) -> Iterator[str]:
    """`why:  ...`, wrapped under itself; nothing for no text."""
    if not text:
        return
    room = style.width - TEXTS
    first, *rest = wrapped(clean(text), room, room)
    yield f"{style.paint(f'{kind}:', 'note')}{' ' * (TEXTS - len(kind) - 1)}{first}"
    yield from (" " * TEXTS + line for line in rest)


def _on_fix(finding: Finding) -> Iterator[str]:
    """Why a fix is not simply applied."""
    if finding.fix is None:
        return
    if finding.fix.applicability is Applicability.UNSAFE:
        yield f"unsafe fix: {finding.fix.reason}" if finding.fix.reason else "unsafe fix"
    elif finding.fix.applicability is Applicability.SHOWN and finding.fix.reason:
        yield f"no fix to apply: {finding.fix.reason}"


def _import(name: str) -> str:
    module, _, last = name.rpartition(".")
    return f"`from {module} import {last}`" if module else f"`import {name}`"


def _fix_rows(finding: Finding, texts: dict[str, Lines]) -> list[Row]:
    lines = texts.get(finding.location.path)
    if finding.fix is None or lines is None:
        return []
    from poollint.frontends.formats.change import rows

    return rows(lines.text, finding.fix)


def _diff(rows: Sequence[Row], frame: Frame) -> Iterator[str]:
    """The fix, in a frame of its own."""
    if not rows:
        return
    yield frame.bar()
    for row in rows:
        if row.sign == ".":
            yield frame.style.paint("...", "gutter")
            continue
        code = _cut(row, frame.room)
        yield frame.row(row.number, code, row.sign, {"+": "added", "-": "removed"}.get(row.sign, ""))
    yield frame.bar()


def _cut(row: Row, room: int) -> str:
    """A line of code that fits: its beginning, and what is changed in it."""
    drawn = cells(row.text.rstrip())
    if width("".join(drawn)) <= room:
        return "".join(drawn)
    head, rest = 0, 0
    if width("".join(drawn[: row.focus])) > room // 2:
        head, rest = room // 4, max(room // 4, row.focus - room // 4)
    code = "".join(drawn[:head]) + ("..." if rest > head else "") + "".join(drawn[rest:])
    if width(code) <= room:
        return code
    while width(code) > room - 3:
        code = code[:-1]
    return f"{code}..."
