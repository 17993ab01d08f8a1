"""`--interactive`: each fix as a diff, and a question."""

from __future__ import annotations

import sys

from poollint.engine.apply import apply
from poollint.frontends.formats.diff import colored, diff_of_texts
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import clean
from poollint.model.finding import Finding
from poollint.model.fix import Applicability, Fix
from poollint.syntax.source import SourceError

HELP = "y: apply this fix; n: leave it; a: apply this one and all that follow; q: apply no more; ?: this help"


class Asking:
    """Asks on standard error and reads from standard input; its end means "q". What was taken before a "q" is
    written."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._always: bool | None = None

    def wants(self, path: str, finding: Finding, fix: Fix, text: str) -> bool:
        """Whether the user wants the fix; one whose edits do not fit is left to the checks."""
        if self._always is not None:
            return self._always
        try:
            after = apply(text, [fix]).text
        except (SourceError, ValueError):
            return True
        at = finding.location
        self._say(f"{clean(path)}:{at.line}:{at.column}: {finding.code} {clean(finding.message)}\n")
        self._say(colored(diff_of_texts(path, text, after), self._style))
        if fix.applicability is Applicability.UNSAFE:
            self._say(f"unsafe fix: {clean(fix.reason)}\n" if fix.reason else "unsafe fix\n")
        return self._answer(f"{clean(fix.title)}? [y/n/a/q/?] ")

    def _answer(self, question: str) -> bool:
        while True:
            self._say(question)
            line = sys.stdin.readline()
            word = line.strip().lower() if line else "q"
            if not line:
                self._say("\n")
            if word in ("a", "q"):
                self._always = word == "a"
            if word in ("y", "n", "a", "q"):
                return word in ("y", "a")
            self._say(f"{HELP}\n")

    def _say(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
