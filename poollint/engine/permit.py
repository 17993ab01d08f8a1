"""Which fixes may be applied: by how far they may be trusted, by rule, by what they lead to, and by the user's word."""

from __future__ import annotations

from collections.abc import Callable

from poollint.engine.config import Config
from poollint.engine.select import specificity
from poollint.model.finding import Finding
from poollint.model.fix import Applicability, Fix
from poollint.model.settings import Settings
from poollint.rules import rule

Ask = Callable[[str, Finding, Fix, str], bool]
"""(path as shown, finding, fix, text) -> whether the user wants it."""


class Permit:
    """What holds for the fixes of one file. With `ask`, unsafe ones are offered as well: a person looks at each."""

    def __init__(self, config: Config, ask: Ask | None, path: str) -> None:
        self.settings = config.settings
        self.is_target_said = "fix_target" in config.origins
        self.ask = ask
        self.path = path
        self._declined: set[tuple[str, str]] = set()

    def accepts(self, finding: Finding, fix: Fix, text: str) -> bool:
        """Whether `fix` may be applied to `text`; what was declined is not asked again."""
        if not is_fixable(finding.code, self.settings) or not self._may_be_trusted(fix):
            return False
        if self._is_second_to_reference(finding, fix):
            return False
        if self.ask is None:
            return True
        key = (finding.fingerprint, fix.title)
        if key in self._declined:
            return False
        if not self.ask(self.path, finding, fix, text):
            self._declined.add(key)
            return False
        return True

    def _is_second_to_reference(self, finding: Finding, fix: Fix) -> bool:
        """Who asks for the reference pool in so many words gets it wherever it can be had."""
        if not self.is_target_said or self.settings.fix_target != "reference" or fix.target == "reference":
            return False
        return any(other.target == "reference" and other.edits for other in finding.fixes)

    def _may_be_trusted(self, fix: Fix) -> bool:
        if fix.target == "reference":
            if self.settings.fix_target == "library":
                return False
            if self.is_target_said and fix.applicability is Applicability.UNSAFE:
                return True
        if fix.applicability is Applicability.SAFE:
            return True
        is_wanted = self.settings.unsafe_fixes or self.ask is not None
        return fix.applicability is Applicability.UNSAFE and is_wanted


def is_fixable(code: str, settings: Settings) -> bool:
    """Whether `fixable` names the rule more exactly than `unfixable` does."""
    found = rule(code)
    if found is None:
        return False
    wanted = max((specificity(word, found) for word in settings.fixable), default=0)
    return wanted > max((specificity(word, found) for word in settings.unfixable), default=0)
