"""The last lines of a run: how much was found, in what, and what was kept back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from poollint.frontends.formats.markers import SAFE, UNSAFE, marker
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import wrapped
from poollint.model.report import Report, Summary


def closing(report: Report, style: Style) -> str:
    """What was found, or what was looked at in vain."""
    open_findings = [finding for finding in report.findings if finding.suppressed is None]
    summary = report.summary
    if open_findings:
        hit = len({finding.location.path for finding in open_findings})
        first = f"Found {_count(len(open_findings), 'problem')} in {hit} of {_count(summary.files, 'file')} "
        first += f"({seen(summary)})."
    else:
        first = f"No problems. Checked {_count(summary.files, 'file')}: {seen(summary)}."
    if report.interrupted:
        first = f"Interrupted: what is above is not all. {first}"
    signs = Counter(map(marker, open_findings))
    rest = " ".join(
        [
            *([f"{SAFE} {signs[SAFE]} with a safe fix."] if signs[SAFE] else []),
            *([f"{UNSAFE} {signs[UNSAFE]} with a fix that needs a look."] if signs[UNSAFE] else []),
            *_kept_back(summary),
        ]
    )
    lines = [line for text in (first, rest) if text for line in wrapped(text, style.width, style.width)]
    return "".join(f"{line}\n" for line in lines)


def seen(summary: Summary) -> str:
    """`3 pools (1 redis, 2 sqlalchemy), 41 acquire sites`."""
    libraries = ", ".join(f"{count} {library}" for library, count in sorted(summary.pools_by_library.items()))
    by_library = f" ({libraries})" if len(libraries) else ""
    return f"{_count(summary.pools, 'pool')}{by_library}, {_count(summary.sites, 'acquire site')}"


def _kept_back(summary: Summary) -> Iterable[str]:
    for role, count in sorted(summary.held_back.items()):
        yield f"{count} held back in {role}."
    if summary.suppressed:
        yield f"{summary.suppressed} suppressed by comments."


def _count(number: int, what: str) -> str:
    """`no pools`, `1 pool`, `2 pools`."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def details(summary: Summary) -> str:
    """What `-v` adds: how far the files were read, and why sites were not judged."""
    lines = [
        f"files: {summary.files}, of which {summary.candidates} have a pool or a site; {summary.lowered} were read "
        "by LibCST",
        f"acquire sites: {summary.sites} seen, {summary.judged} judged, {summary.sites - summary.judged} unknown",
        *(f"  unknown ({reason}): {count}" for reason, count in sorted(summary.unknown.items())),
    ]
    return "".join(f"{line}\n" for line in lines)
