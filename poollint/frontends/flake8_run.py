"""What the files of one flake8 process share, and how findings become flake8's.

flake8 has no levels: it is told exactly what would make the command line exit with 1. `# poollint:` comments are
applied here, `# noqa` by flake8.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from poollint.engine.discovery import discover
from poollint.engine.errors import UsageError
from poollint.engine.request import Request
from poollint.engine.session import Session
from poollint.model.finding import Finding, LocatedStep, Severity
from poollint.rules import all_rules
from poollint.syntax.source import Source, SourceError

Found = tuple[int, int, str]
"""(line, 1-based; column, 0-based; text)"""
FAILED = "CPL000"
"""What was not judged must not look clean, whatever the threshold."""
TELLING = ("exit", "may-raise", "call", "construct")
"""Kinds of steps that say where it goes wrong."""
_NOQA = re.compile(r"# noqa", re.IGNORECASE)


class Flake8Run:
    """One session a process, so that the files of a project share their index."""

    def __init__(self, options: argparse.Namespace | None) -> None:
        self.options = options or argparse.Namespace()

    def _option(self, name: str) -> Any:
        return getattr(self.options, name, None)

    @cached_property
    def session(self) -> Session:
        """Made when first asked for; `UsageError` where an option is wrong."""
        request = Request(
            (),
            overrides(self.options),
            self._option("poollint_config"),
            bool(self._option("poollint_isolated")),
            working_directory=os.getcwd(),
        )
        session = Session(request)
        session.announce(map(session.absolute, self._option("filenames") or ()))
        return session

    def warm_up(self) -> None:
        """Makes what is known of the projects of the files that flake8 was asked for."""
        session = self.session
        files = discover(self._option("filenames") or (".",), session.roots, session.config_of).files
        if len(files) > 1:
            for workspace in {session.workspace_of(path)[0] for path in files}:
                workspace.warm_up()

    def found(self, path: str, lines: Sequence[str]) -> list[Found]:
        """What flake8 is told of a file, by the path and the lines that it has."""
        try:
            return list(self._found(path, lines))
        except UsageError as error:
            return [(1, 0, one_line(f"CPL000 poollint cannot run: {error} [internal-error]"))]

    def _found(self, path: str, lines: Sequence[str]) -> Iterator[Found]:
        session = self.session
        absolute = session.absolute(path)
        config = session.config_of(session.roots.root_of(absolute))
        if any(glob.covers(absolute) for glob in config.exclude):
            return
        lowest = Severity[config.settings.fail_on.upper()]
        for finding in session.check_text(path, as_read(absolute, "".join(lines))):
            if finding.severity < lowest and finding.code != FAILED:
                continue
            if finding.suppressed is None or self._is_left_to_flake8(finding, lines):
                yield finding.location.line, finding.location.column - 1, text_of(finding)

    def _is_left_to_flake8(self, finding: Finding, lines: Sequence[str]) -> bool:
        """Whether flake8 sees the `# noqa` itself; poollint's also speaks for the other lines of a header."""
        if finding.suppressed != "noqa":
            return False
        if self._option("disable_noqa"):
            return True
        number = finding.location.line
        return number <= len(lines) and _NOQA.search(lines[number - 1]) is not None


# --- what flake8 was asked ------------------------------------------------------------------------


def overrides(options: argparse.Namespace) -> Mapping[str, object]:
    """flake8's choice of rules in poollint's words.

    A rule that flake8 would drop is not selected, so that the next one of its ladder speaks. A rule that is off by
    default is selected only by its full code: that flake8 knows the prefix `CPL` by itself is not the user's word.
    """
    asked = {*(getattr(options, "select", None) or ()), *(getattr(options, "extend_select", None) or ())}
    selected = sorted(rule.code for rule in all_rules() if not rule.on and rule.code in asked)
    ignored = sorted(_dropped(options))
    return {name: words for name, words in (("extend_select", selected), ("extend_ignore", ignored)) if words}


def _dropped(options: argparse.Namespace) -> Iterable[str]:
    """The codes that flake8 itself would not report."""
    if not hasattr(options, "extended_default_select"):
        return ()
    guide = importlib.import_module("flake8.style_guide")
    decide = guide.DecisionEngine(options).decision_for
    return [rule.code for rule in all_rules() if decide(rule.code) is guide.Decision.Ignored]


# --- what flake8 has read -------------------------------------------------------------------------


def as_read(path: str, text: str) -> str | bytes:
    """The file's bytes where flake8 could not decode them and has read them as Latin-1, else the text."""
    if text.isascii() or max(text) > "\xff":
        return text
    try:
        raw = Path(path).read_bytes()
        Source(path, raw)
    except OSError:
        return text
    except SourceError:
        as_latin = raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
        return raw if as_latin == text else text
    return text


# --- what flake8 prints ---------------------------------------------------------------------------


def text_of(finding: Finding) -> str:
    """`CPL101 message (left at line 16) [leak]`."""
    return one_line(f"{finding.code} {finding.message}{_where(finding)} [{finding.name}]")


def _where(finding: Finding) -> str:
    """Where it goes wrong, when that is not the finding's own line."""
    telling = [step for step in finding.steps if step.kind in TELLING]
    if not telling:
        return ""
    last: LocatedStep = telling[-1]
    here, there = finding.location, last.location
    if (there.path, there.line) == (here.path, here.line):
        return ""
    place = f"line {there.line}" if there.path == here.path else f"{there.path}:{there.line}"
    return f" (left at {place})" if last.kind == "exit" else f" ({place})"


def one_line(text: str) -> str:
    """Printable and without newlines: one would break every reader of flake8's output."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
