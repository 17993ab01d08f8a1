"""`--fix` and its kin: what is shown of a run that repairs, and what its exit status says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from poollint.engine.request import STDIN, Request
from poollint.frontends.cli import output_file, terminal
from poollint.frontends.cli.commands import CLEAN, FINDINGS, INTERRUPTED, USAGE
from poollint.frontends.formats.diff import colored, diff
from poollint.frontends.formats.text import clean
from poollint.model.finding import Finding
from poollint.model.fix import Applicability, Fix
from poollint.model.report import Report
from poollint.model.settings import Settings


def run(request: Request, progress: Callable[[int, int], None], found: argparse.Namespace) -> Report:
    """Judges and repairs; writes unless only the diff is wanted."""
    from poollint.engine.fixing import run_fixing

    if not found.interactive:
        return run_fixing(request, progress, is_written=not found.diff)
    from poollint.frontends.cli.asking import Asking

    asking = Asking(terminal.style_of(sys.stderr, found.color))
    return run_fixing(request, progress, asking.wants)


def status(report: Report, settings: Settings, found: argparse.Namespace, otherwise: int) -> int:
    """The exit status of a run that repairs; `otherwise` is that of the findings which are left."""
    if otherwise in (USAGE, INTERRUPTED) or found.exit_zero:
        return otherwise
    if found.diff:
        return FINDINGS if report.changes else CLEAN
    if settings.exit_non_zero_on_fix and report.changes:
        return FINDINGS
    return CLEAN if settings.fix_only else otherwise


def show(report: Report, request: Request, found: argparse.Namespace, settings: Settings) -> None:
    """The diff, or the repaired text of standard input, to standard output; what was done with each fix, if asked,
    and what was rolled back, to standard error."""
    if found.diff:
        _show_diff(report, found)
    elif STDIN in request.paths:
        _show_text(report, request)
    lines = [*_listed(report, is_written=not found.diff)] if settings.show_fixes else []
    if not settings.show_fixes:
        lines = [f"poollint: warning: {line}" for line in _rolled_back(report)]
    print("".join(f"{line}\n" for line in lines), end="", file=sys.stderr)


def _show_diff(report: Report, found: argparse.Namespace) -> None:
    """Bytes as they are in the files, so that the diff applies; on a terminal what can be shown."""
    raw = b"".join(diff(change) for change in report.changes)
    if found.output_file is not None:
        output_file.write(found.output_file, raw)
        return
    style = terminal.style_of(sys.stdout, found.color)
    if sys.stdout.isatty() or style.has_colour:
        sys.stdout.write(colored(raw.decode("utf-8", "backslashreplace"), style))
    else:
        _to_stdout(raw)
    sys.stdout.flush()


def _show_text(report: Report, request: Request) -> None:
    """The text that came in, where there was nothing to repair."""
    _to_stdout(next((change.after for change in report.changes if change.is_stdin), request.stdin or b""))


def _to_stdout(raw: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


# --- what was done with each fix -----------------------------------------------------------------


def _listed(report: Report, is_written: bool) -> Iterator[str]:
    """`Fixed:` and `Not fixed:`, a line each."""
    done = [_line(finding, fix) for change in report.changes for finding, fix in change.applied]
    left = [*_rolled_back(report), *_withheld(report)]
    for title, lines in (("Fixed" if is_written else "Would fix", done), ("Not fixed", left)):
        if lines:
            yield f"{title}:"
            yield from (f"  {line}" for line in lines)


def _line(finding: Finding, fix: Fix) -> str:
    at = finding.location
    return f"{clean(at.path)}:{at.line}: {finding.code} {clean(fix.title)}"


def _rolled_back(report: Report) -> Iterator[str]:
    for item in report.rolled_back:
        yield f"{_line(item.finding, item.fix)}: rolled back: {clean(item.reason)}"


def _withheld(report: Report) -> Iterator[str]:
    """Each finding that is left, with the reason why its fix was not applied."""
    tried = {(item.finding.fingerprint, item.fix.title) for item in report.rolled_back}
    for finding in report.findings:
        fix = finding.fix
        if finding.suppressed is not None or (fix is not None and (finding.fingerprint, fix.title) in tried):
            continue
        if fix is None:
            yield f"{clean(finding.location.path)}:{finding.location.line}: {finding.code} no fix"
        else:
            yield f"{_line(finding, fix)}: {_why_not(fix)}"


def _why_not(fix: Fix) -> str:
    match fix.applicability:
        case Applicability.UNSAFE:
            return f"unsafe: {clean(fix.reason)}" if fix.reason else "unsafe"
        case Applicability.SHOWN:
            return clean(fix.reason) or "only shown"
    return "not asked for"
