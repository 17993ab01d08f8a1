"""The last lines of a run: how much was found, in what, and what was kept back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from poollint.frontends.formats.markers import SAFE, UNSAFE, marker
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import clean, wrapped
from poollint.model.finding import Finding
from poollint.model.report import Report, Summary


def closing(report: Report, style: Style, is_written: bool = True) -> str:
    """What was found, or what was looked at in vain; what was repaired, and what was kept back."""
    open_findings = [finding for finding in report.findings if finding.suppressed is None]
    signs = Counter(map(marker, open_findings))
    fixes = ((SAFE, "a safe fix"), (UNSAFE, "a fix that needs a look"))
    rest = [*(f"{sign} {signs[sign]} with {what}." for sign, what in fixes if signs[sign]), *_kept_back(report.summary)]
    if report.is_fixing and report.rolled_back:
        rest.insert(0, f"{_count(len(report.rolled_back), 'fix', 'fixes')} tried and rolled back.")
    first = _repaired(report, open_findings, is_written) if report.changes else _first(report, open_findings)
    texts = (first, " ".join(rest))
    lines = [line for text in texts if text for line in wrapped(text, style.width, style.width)]
    return "".join(f"{line}\n" for line in lines)


def _first(report: Report, open_findings: Sequence[Finding]) -> str:
    """How many problems, in how much."""
    summary = report.summary
    if open_findings:
        hit = len({finding.location.path for finding in open_findings})
        text = f"Found {_count(len(open_findings), 'problem')} in {hit} of {_count(summary.files, 'file')} "
        text += f"({seen(summary)})."
    elif not summary.files:
        text = "No Python files to check."
    else:
        text = f"No problems. Checked {_count(summary.files, 'file')}: {seen(summary, has_libraries=True)}."
    if report.errors:
        text += f" {_count(len(report.errors), 'path')} could not be checked."
    return f"Interrupted, this is not all. {text}" if report.interrupted else text


def _repaired(report: Report, left: Sequence[Finding], is_written: bool) -> str:
    """How many problems were fixed, and how many are left."""
    fixed = sum(len(change.applied) for change in report.changes)
    done = f"{_count(fixed, 'problem')} in {_count(len(report.changes), 'file')}"
    rest = f"{_count(len(left), 'problem') if left else 'none'} left in {_count(report.summary.files, 'file')}"
    text = f"Fixed {done}, {rest}." if is_written else f"Would fix {done}, {rest}."
    if report.errors:
        text += f" {_count(len(report.errors), 'path')} could not be done."
    return f"Interrupted, this is not all. {text}" if report.interrupted else text


def seen(summary: Summary, has_libraries: bool = False) -> str:
    """`3 pools (1 redis, 2 sqlalchemy), 41 acquire sites`."""
    libraries = ", ".join(f"{count} {library}" for library, count in sorted(summary.pools_by_library.items()))
    by_library = f" ({libraries})" if libraries and has_libraries else ""
    return f"{_count(summary.pools, 'pool')}{by_library}, {_count(summary.sites, 'acquire site')}"


def _kept_back(summary: Summary) -> Iterable[str]:
    for role, count in sorted(summary.held_back.items()):
        yield f"{count} held back in {role}."
    if summary.suppressed:
        yield f"{summary.suppressed} suppressed by comments."


def _count(number: int, what: str, many: str = "") -> str:
    """`no pools`, `1 pool`, `2 pools`."""
    return f"{number or 'no'} {what if number == 1 else many or f'{what}s'}"


def details(summary: Summary) -> str:
    """What `-v` adds: how far the files were read, and why sites were not judged."""
    lines = [
        f"files: {summary.files}, of which {summary.candidates} have a pool or a site; {summary.lowered} were read "
        "by LibCST",
        f"acquire sites: {summary.sites} seen, {summary.judged} judged, {summary.sites - summary.judged} unknown",
        *(f"  unknown ({reason}): {count}" for reason, count in sorted(summary.unknown.items())),
        *(f"note: {clean(note)}" for note in summary.notes),
    ]
    return "".join(f"{line}\n" for line in lines)
