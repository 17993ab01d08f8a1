"""One JSON document, for programs. Its shape is that of `"version": 1`; the same run gives the same bytes."""

from __future__ import annotations

import json
from typing import Any

from poollint.frontends.explain import address
from poollint.frontends.formats.lines import Lines
from poollint.frontends.formats.style import Style
from poollint.model.finding import Finding, Location
from poollint.model.fix import Edit, Fix
from poollint.model.report import PoolEntry, Report, RunError

VERSION = 1


def render(report: Report, style: Style) -> str:
    """The whole report; ASCII only, so that no encoding can harm it."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The document as plain data; `fixed` and `rolled_back` only where fixes were asked for."""
    lines = {path: Lines(text) for path, text in report.texts.items()}
    repaired = {"fixed": _fixed(report), "rolled_back": _rolled_back(report)} if report.is_fixing else {}
    return {
        "version": VERSION,
        "findings": [_finding(finding, lines.get(finding.location.path)) for finding in report.findings],
        "pools": [_pool(pool) for pool in report.pools],
        "summary": _summary(report),
        "errors": [_error(error) for error in report.errors],
        **repaired,
    }


def _fixed(report: Report) -> list[dict[str, Any]]:
    """The fixes that were applied; lines and columns are those before the round in which each was."""
    return [_done(finding, fix) for change in report.changes for finding, fix in change.applied]


def _rolled_back(report: Report) -> list[dict[str, Any]]:
    return [{**_done(item.finding, item.fix), "reason": item.reason} for item in report.rolled_back]


def _done(finding: Finding, fix: Fix) -> dict[str, Any]:
    at = finding.location
    said = {"code": finding.code, "path": at.path, "line": at.line, "column": at.column, "title": fix.title}
    return {**said, "applicability": fix.applicability.value}


def _finding(finding: Finding, lines: Lines | None) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": finding.message,
        **_location(finding.location),
        "steps": [{"kind": step.kind, **_location(step.location), "text": step.text} for step in finding.steps],
        "why": finding.why,
        "help": finding.help,
        "fix": None if finding.fix is None else _fix(finding.fix, lines),
        "fixes": [_fix(fix, lines) for fix in finding.fixes],
        "fingerprint": finding.fingerprint,
        "suppressed": finding.suppressed,
        "url": address(finding.code),
    }


def _location(at: Location) -> dict[str, Any]:
    return {
        "path": at.path,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
    }


def _fix(fix: Fix, lines: Lines | None) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "reason": fix.reason,
        "imports": list(fix.imports),
        "edits": [_edit(edit, lines) for edit in fix.edits if lines is not None],
    }


def _edit(edit: Edit, lines: Lines) -> dict[str, Any]:
    line, column = lines.position(edit.span.start)
    end_line, end_column = lines.position(edit.span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column, "text": edit.text}


def _pool(pool: PoolEntry) -> dict[str, Any]:
    return {
        "key": pool.key,
        "library": pool.library,
        "kind": pool.kind,
        "path": pool.location.path,
        "line": pool.location.line,
        "column": pool.location.column,
        "options": dict(sorted(pool.options.items())),
        "acquires": pool.acquires,
    }


def _summary(report: Report) -> dict[str, Any]:
    summary = report.summary
    return {
        "files": summary.files,
        "candidates": summary.candidates,
        "pools": summary.pools,
        "sites": summary.sites,
        "findings": sum(finding.suppressed is None for finding in report.findings),
        "suppressed": summary.suppressed,
        "unknown": dict(sorted(summary.unknown.items())),
    }


def _error(error: RunError) -> dict[str, str]:
    return {"path": error.path, "code": error.code, "message": error.message}
