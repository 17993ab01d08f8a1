"""How often each rule speaks: a table for people, a list for programs."""

from __future__ import annotations

import json
from collections import Counter

from poollint.engine.errors import UsageError
from poollint.frontends.formats.markers import SAFE, UNSAFE, marker
from poollint.frontends.formats.style import Render, Style
from poollint.model.report import Report


def statistics(output_format: str) -> Render:
    """The statistics in a format; `UsageError` for one that has none."""
    if output_format == "github":
        raise UsageError('--statistics: expected --output-format "full", "concise" or "json", got "github"')
    return _document if output_format == "json" else _table


def _counted(report: Report) -> list[tuple[int, str, str, int, int]]:
    """(count, code, name, safe fixes, fixes that need a look), the most frequent first."""
    findings = [finding for finding in report.findings if finding.suppressed is None]
    counts = Counter((finding.code, finding.name) for finding in findings)
    signs = Counter((finding.code, marker(finding)) for finding in findings)
    rows = [(count, code, name, signs[code, SAFE], signs[code, UNSAFE]) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[0], row[1]))


def _table(report: Report, style: Style) -> str:
    rows = _counted(report)
    width = max((len(str(row[0])) for row in rows), default=0)
    longest = max((len(name) for _, _, name, _, _ in rows), default=0)
    lines = []
    for count, code, name, safe, unsafe in rows:
        fixes = [f"{SAFE} {safe}"] * bool(safe) + [f"{UNSAFE} {unsafe}"] * bool(unsafe)
        lines.append(f"{count:>{width}}  {code}  {name:<{longest}}  {'  '.join(fixes)}".rstrip())
    return "".join(f"{line}\n" for line in lines)


def _document(report: Report, style: Style) -> str:
    rows = [
        {"code": code, "name": name, "count": count, "safe_fixes": safe, "unsafe_fixes": unsafe}
        for count, code, name, safe, unsafe in _counted(report)
    ]
    return json.dumps(rows, indent=2) + "\n"
