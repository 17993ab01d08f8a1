"""What fixture files say of themselves, and what poollint says of them.

A mark is a comment of its own or at the end of a line: `# expect: CPL101, CPL204` for the line, `# expect+2: CPL101`
for the second line below, `# related: CPL101` where a step of such a finding stands. Marks are read with
tokenize, so that one inside a string is text. A docstring may have lines that start with:

    Turns bad: replace "OLD" by "NEW" -> CPL101      (good files; OLD stands once in the code below)
    Min-confidence: low                              (in place of medium)
    Silent but for CPL111: the reason                (good files that an Ext rule speaks about)
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from poollint.engine.request import Request
from poollint.engine.result import FileResult
from poollint.engine.session import Session
from poollint.model.finding import Finding

FIXTURES = Path(__file__).parent.parent / "fixtures"
PROJECTS = FIXTURES / "projects"
TOLD_OF = sorted(
    folder
    for folder in PROJECTS.iterdir()
    if any("# expect" in file.read_text("utf-8") for file in folder.rglob("*.py"))
)
"""The projects of which something is said: agreement about nothing proves nothing."""
MARK = re.compile(r"#\s*(?P<kind>expect|related)(?:\+(?P<down>\d+))?:\s*(?P<codes>CPL\d{3}(?:\s*,\s*CPL\d{3})*)\s*$")
_LIKE_A_MARK = re.compile(r"#\s*(?:expect|related)", re.IGNORECASE)
_TURNS_BAD = re.compile(r'^Turns bad: replace "(?P<old>.+?)" by "(?P<new>.*?)" -> (?P<code>CPL\d{3})\s*$', re.M | re.S)

Marks = Counter[tuple[int, str]]
"""How often a code is expected on a line."""


@dataclass(frozen=True)
class Marked:
    expected: Marks
    related: frozenset[tuple[int, str]]


def marks(text: str) -> Marked:
    """The marks of a text; `ValueError` for a comment that looks like one and is not."""
    expected: Marks = Counter()
    related: set[tuple[int, str]] = set()
    for token in _comments(text):
        match = MARK.search(token.string)
        if match is None:
            if _LIKE_A_MARK.search(token.string):
                raise ValueError(f"line {token.start[0]}: not a mark: {token.string}")
            continue
        line = token.start[0] + int(match["down"] or 0)
        codes = [code.strip() for code in match["codes"].split(",")]
        if match["kind"] == "expect":
            expected.update((line, code) for code in codes)
        else:
            related.update((line, code) for code in codes)
    return Marked(expected, frozenset(related))


def unmarked(text: str) -> str:
    """The text without its marks: what a fix is compared by."""
    lines = text.splitlines(keepends=True)
    for token in reversed(list(_comments(text))):
        match = MARK.search(token.string)
        if match is not None:
            row, column = token.start[0] - 1, token.start[1] + match.start()
            end = lines[row][len(lines[row].rstrip("\r\n")) :]
            kept = lines[row][:column].rstrip()
            lines[row] = kept + end if kept else ""
    return "".join(lines)


def _comments(text: str) -> Iterator[tokenize.TokenInfo]:
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        if token.type == tokenize.COMMENT:
            yield token


# --- fixture files -------------------------------------------------------------------------------


@dataclass(frozen=True)
class TurnsBad:
    old: str
    new: str
    code: str


@dataclass(frozen=True)
class Fixture:
    """One file of `fixtures/cplNNN_name/`."""

    path: Path

    @property
    def id(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def rule(self) -> str:
        """The code of the folder's rule."""
        return self.path.parent.name.partition("_")[0].upper()

    @cached_property
    def text(self) -> str:
        return self.path.read_bytes().decode("utf-8")

    @cached_property
    def docstring(self) -> str:
        return ast.get_docstring(ast.parse(self.text), clean=False) or ""

    @property
    def fixed_path(self) -> Path:
        return self.path.with_suffix(".fixed.py")

    def _words(self, head: str) -> list[str]:
        lines = (line.strip() for line in self.docstring.splitlines())
        return [line.removeprefix(head).strip() for line in lines if line.startswith(head)]

    @property
    def min_confidence(self) -> str:
        return (self._words("Min-confidence:") or ["medium"])[0]

    @property
    def excused(self) -> frozenset[str]:
        """Codes about which a good file says why it is not silent."""
        return frozenset(words.partition(":")[0] for words in self._words("Silent but for") if words.partition(":")[2])

    @property
    def says_how_bad(self) -> bool:
        """Whether its docstring names a change (files of projects may)."""
        return _TURNS_BAD.search(self.docstring) is not None

    @property
    def turns_bad(self) -> TurnsBad:
        """`ValueError` when a good file does not say how it turns bad."""
        match = _TURNS_BAD.search(self.docstring)
        if match is None:
            raise ValueError(f'{self.id}: its docstring has no line: Turns bad: replace "OLD" by "NEW" -> CPLnnn')
        return TurnsBad(match["old"], match["new"], match["code"])

    def turned_bad(self) -> str:
        """The text with its one change; `ValueError` unless OLD stands once below the docstring."""
        change = self.turns_bad
        end = ast.parse(self.text).body[0].end_lineno or 0
        lines = self.text.splitlines(keepends=True)
        head, body = "".join(lines[:end]), "".join(lines[end:])
        if body.count(change.old) != 1:
            raise ValueError(f"{self.id}: {change.old!r} stands {body.count(change.old)} times in the code")
        return head + body.replace(change.old, change.new)

    def result(self) -> FileResult:
        """What poollint says of the file and its inventory, under all rules."""
        return session_of(self.path.parent, self.min_confidence).check(str(self.path))

    def findings(self, text: str | None = None) -> tuple[Finding, ...]:
        """The findings under all rules, of the file or of another text in its place."""
        given = self.text if text is None else text
        return session_of(self.path.parent, self.min_confidence).check_text(self.path.name, given)


def fixtures(prefix: str) -> list[Fixture]:
    """The fixture files whose names start with `prefix`, repaired ones left out."""
    found = sorted(FIXTURES.glob(f"cpl[0-9][0-9][0-9]_*/{prefix}*.py"))
    return [Fixture(path) for path in found if not path.name.endswith(".fixed.py")]


@cache
def session_of(folder: Path, min_confidence: str = "medium", is_isolated: bool = True) -> Session:
    """A session in which all rules speak; a fixture folder is a project of its own."""
    overrides = {"select": ("ALL",), "min_confidence": min_confidence}
    return Session(Request(overrides=overrides, isolated=is_isolated, working_directory=str(folder)))


def said(findings: tuple[Finding, ...]) -> Marks:
    """Findings as marks; suppressed ones are not said."""
    return Counter((finding.location.line, finding.code) for finding in findings if finding.suppressed is None)


def steps(findings: tuple[Finding, ...], path: str) -> frozenset[tuple[int, str]]:
    """Where the steps of findings stand in the file that is printed as `path`."""
    pairs = ((step.location, finding.code) for finding in findings for step in finding.steps)
    return frozenset((location.line, code) for location, code in pairs if location.path == path)


def told(findings: tuple[Finding, ...]) -> str:
    """Findings as lines, for the messages of failed tests."""
    return "\n".join(f"{f.location.path}:{f.location.line}:{f.location.column} {f.code} {f.message}" for f in findings)
