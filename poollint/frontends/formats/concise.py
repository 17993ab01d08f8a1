"""One line a finding: `path:line:column: CODE [*] message`."""

from __future__ import annotations

from poollint.frontends.formats.markers import marked_code
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import clean
from poollint.model.finding import Finding
from poollint.model.report import Report


def render(report: Report, style: Style) -> str:
    """The findings, one a line; "" for none."""
    return "".join(_line(finding, style) for finding in report.findings)


def _line(finding: Finding, style: Style) -> str:
    at = finding.location
    place = style.paint(clean(at.path), "strong") + f":{at.line}:{at.column}:"
    code = style.paint(marked_code(finding), finding.severity.word)
    silenced = f" (suppressed: {finding.suppressed})" if finding.suppressed else ""
    return f"{place} {code} {clean(finding.message)}{silenced}\n"
