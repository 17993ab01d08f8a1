"""Findings about files and comments (CPL000 to CPL003), which no rule makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from poollint.engine.suppress import Remark
from poollint.engine.workspace import Workspace
from poollint.model.finding import Confidence, Finding, Location
from poollint.syntax.source import Source, SourceError


def internal_error(workspace: Workspace, path: str, message: str) -> Finding:
    """CPL000, at the file's start."""
    return _finding(workspace, "CPL000", message, workspace.start_of(path), ("", path, ""))


def unreadable(workspace: Workspace, path: str, error: SourceError) -> Finding:
    """CPL001, on the line that cannot be read."""
    location = Location(workspace.display(path), error.line, 1, error.line, 1)
    return _finding(workspace, "CPL001", error.reason, location, ("", path, error.reason))


def of_remarks(workspace: Workspace, path: str, source: Source, remarks: Iterable[Remark]) -> list[Finding]:
    """CPL002 and CPL003, on the comments."""
    counts: dict[str, int] = {}
    found: list[Finding] = []
    for remark in sorted(remarks, key=lambda remark: remark.span):
        text = source.text[remark.span.start : remark.span.end]
        number = counts[text] = counts.get(text, 0) + 1
        line, column = source.line_column(remark.span.start)
        end_line, end_column = source.line_column(remark.span.end)
        location = Location(workspace.display(path), line, column, end_line, end_column)
        finding = _finding(workspace, remark.code, remark.message, location, ("", path, text, str(number)), remark)
        found.append(finding)
    return found


def _finding(
    workspace: Workspace,
    code: str,
    message: str,
    location: Location,
    identity: tuple[str, ...],
    remark: Remark | None = None,
) -> Finding:
    rule = workspace.rules[code]
    fix = remark.fix if remark else None
    return Finding(
        code,
        rule.name,
        workspace.selection.severities.get(code, rule.severity),
        Confidence.HIGH,
        message,
        location,
        help=remark.help if remark else "",
        fix=fix,
        fixes=(fix,) if fix else (),
        fingerprint=hashlib.sha256("\n".join((rule.name, *identity)).encode()).hexdigest()[:16],
    )
