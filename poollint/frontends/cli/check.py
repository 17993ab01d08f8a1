"""`poollint [check] PATH ...`: what is wrong in these files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from poollint.engine.errors import UsageError, near
from poollint.engine.request import STDIN, Request
from poollint.engine.run import run, settings_of
from poollint.frontends.cli import closing, output_file, repair, terminal, version
from poollint.frontends.cli.arguments import Parser, add_options, overrides
from poollint.frontends.cli.commands import CLEAN, COMMANDS, FINDINGS, INTERRUPTED, USAGE
from poollint.frontends.cli.progress import Progress
from poollint.frontends.cli.terminal import COLOR
from poollint.frontends.formats.statistics import statistics
from poollint.frontends.formats.style import render_of
from poollint.frontends.formats.text import clean
from poollint.model.finding import Severity
from poollint.model.report import Report
from poollint.model.settings import FLAG_GROUPS, Settings

FOR_PEOPLE = ("full", "concise")
"""Formats that the closing summary goes with."""


def main(arguments: Sequence[str]) -> int:
    """Checks what the arguments name; `UsageError` where they are wrong."""
    parser = make_parser()
    found = parser.read(arguments)
    if parser.has_helped(found):
        return CLEAN
    if found.version:
        return version.main(())
    output_file.refuse_unwritable(found.output_file)
    request = _request(found)
    settings = settings_of(request)
    report = _run(request, found, settings)
    if not found.diff and not (report.is_fixing and settings.fix_only):
        _print(report, found, settings)
    if report.is_fixing:
        repair.show(report, request, found, settings)
    _tell(report, found, settings)
    if report.is_fixing:
        return repair.status(report, settings, found, status(report, settings, found.exit_zero))
    return status(report, settings, found.exit_zero)


def status(report: Report, settings: Settings, is_exit_zero: bool) -> int:
    """0 nothing left to say, 1 findings at or above `fail-on`, 2 something could not be done, 130 interrupted."""
    if report.interrupted:
        return INTERRUPTED
    if report.errors:
        return USAGE
    lowest = Severity[settings.fail_on.upper()]
    is_failed = any(f.suppressed is None and f.severity >= lowest for f in report.findings)
    return FINDINGS if is_failed and not is_exit_zero else CLEAN


def make_parser() -> Parser:
    """The parser of the command: a flag for each declared option, and those that concern one run only."""
    parser = Parser(
        "poollint",
        "poollint [check] [FLAGS] [PATH ...]\n       poollint rule CODE|NAME|--all\n       poollint rules\n"
        "       poollint pools [FLAGS] [PATH ...]\n"
        "       poollint clean [PATH ...]\n"
        "       poollint size --qps N --hold MS [FLAGS]\n"
        "       poollint vendor FOLDER|--check|--diff\n       poollint version",
        "Finds connection-pool misuse in Python. PATH is a file, a folder (default: here) or - for standard input; "
        "@FILE reads arguments from a file, one a line.",
        "Exit status: 0 nothing found, 1 findings (with --diff: something to fix), 2 something could not be done as "
        "asked, 130 interrupted.",
    )
    parser.add_argument("paths", nargs="*", default=[], help=argparse.SUPPRESS)
    groups = {name: parser.add_argument_group(f"{name} ({about})") for name, about in FLAG_GROUPS.items()}
    add_options(groups)
    _add_run_flags(groups)
    return parser


def _add_run_flags(groups: dict[str, argparse._ArgumentGroup]) -> None:
    def switch(group: str, *flags: str, help: str) -> None:
        groups[group].add_argument(*flags, action="store_true", help=help)

    switch("fixing", "--diff", help="print as a diff what --fix would write, and write nothing")
    switch("fixing", "-i", "--interactive", help="show each fix and ask whether to apply it (y/n/a/q/?)")
    groups["files"].add_argument("--stdin-filename", metavar="NAME", help="the file that standard input stands for")
    output = groups["output"]
    output.add_argument("-o", "--output-file", metavar="FILE", help="write the findings there")
    about = "colours; auto: on a terminal, and as NO_COLOR and FORCE_COLOR say"
    output.add_argument("--color", choices=COLOR, default="auto", metavar="|".join(COLOR), help=about)
    switch("output", "--statistics", help="how often each rule speaks, in place of the findings")
    switch("output", "--show-suppressed", help="print also what comments silence")
    switch("output", "--exit-zero", help="exit with 0 also when there are findings")
    switch("output", "-q", "--quiet", help="findings only")
    switch("output", "-v", "--verbose", help="what was read and judged, and tracebacks of failures")
    switch("output", "-V", "--version", help="print the version")
    switch("output", "-h", "--help", help="print this")
    switch("running", "--no-cache", help="neither read nor write a cache")
    configuration = groups["configuration"]
    configuration.add_argument("--config", metavar="FILE", help="read this file in place of each pyproject.toml")
    switch("configuration", "--isolated", help="read no configuration file")


def _request(found: argparse.Namespace) -> Request:
    paths = tuple(found.paths) or (".",)
    if found.stdin_filename is not None and STDIN not in paths:
        raise UsageError('--stdin-filename: expected "-" among the paths')
    if found.interactive and (STDIN in paths or found.diff):
        raise UsageError(f"--interactive: not together with {'-' if STDIN in paths else '--diff'}")
    return Request(
        paths=paths,
        overrides=overrides(found),
        config=found.config,
        isolated=found.isolated,
        stdin=sys.stdin.buffer.read() if STDIN in paths else None,
        stdin_filename=found.stdin_filename,
        show_suppressed=found.show_suppressed,
        is_cached=not found.no_cache,
    )


def _run(request: Request, found: argparse.Namespace, settings: Settings) -> Report:
    is_fixing = settings.fix or settings.fix_only or found.diff or found.interactive
    with Progress(not found.quiet and not found.interactive) as progress:
        report = repair.run(request, progress.told, found) if is_fixing else run(request, progress.told)
    if request.show_suppressed:
        return report
    return replace(report, findings=tuple(f for f in report.findings if f.suppressed is None))


def _print(report: Report, found: argparse.Namespace, settings: Settings) -> None:
    """The findings, to standard output or the file that was named; to standard error where standard output gets a
    repaired text."""
    stream = sys.stderr if report.is_fixing and STDIN in found.paths else sys.stdout
    style = terminal.style_of(stream, found.color, is_to_file=found.output_file is not None)
    render = statistics(settings.output_format) if found.statistics else render_of(settings.output_format)
    text = render(report, style)
    if found.output_file is None:
        stream.write(text)
        stream.flush()
        return
    output_file.write(found.output_file, text.encode("utf-8", "backslashreplace"))


def _tell(report: Report, found: argparse.Namespace, settings: Settings) -> None:
    """What is no finding, to standard error: what could not be done always, what was looked at unless quiet."""
    style = terminal.style_of(sys.stderr, found.color)
    for error in report.errors:
        command = near(error.path, COMMANDS) if error.code == "missing-path" else ""
        print(f"poollint: error: {clean(error.path)}: {clean(error.message)}{command}", file=sys.stderr)
        if found.verbose and error.traceback:
            print(error.traceback, file=sys.stderr, end="")
    if found.verbose:
        print(closing.details(report.summary), file=sys.stderr, end="")
    if found.quiet:
        return
    if settings.output_format in FOR_PEOPLE or found.output_file is not None:
        print(closing.closing(report, style, is_written=not found.diff), file=sys.stderr, end="")
