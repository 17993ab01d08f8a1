"""Workflow commands of GitHub Actions: each finding as an annotation of its lines.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import clean
from poollint.model.finding import Finding, Severity
from poollint.model.report import Report

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, style: Style) -> str:
    """The annotations, one a line."""
    return "".join(_annotation(finding) for finding in report.findings if finding.suppressed is None)


def _annotation(finding: Finding) -> str:
    at = finding.location
    fields: dict[str, object] = {
        "title": f"poollint {finding.code} ({finding.name})",
        "file": clean(at.path),
        "line": at.line,
        "col": at.column,
        "endLine": at.end_line,
        "endColumn": at.end_column,
    }
    if at.line != at.end_line:
        # GitHub refuses columns where the lines differ
        del fields["col"], fields["endColumn"]
    told = ",".join(f"{name}={_property(str(value))}" for name, value in fields.items())
    return f"::{LEVELS[finding.severity]} {told}::{_data(_message(finding))}\n"


def _message(finding: Finding) -> str:
    """What is wrong, the steps that stand elsewhere, why and help, a line each."""
    lines = [clean(finding.message)]
    for number, step in enumerate(finding.steps, 1):
        if step.location != finding.location:
            lines.append(f"{number}: {clean(step.location.path)}:{step.location.line}: {clean(step.text)}")
    lines += [f"{kind}: {clean(text)}" for kind, text in (("why", finding.why), ("help", finding.help)) if text]
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
