"""Which rules speak, how loud, and what is left of their verdicts before suppressions.

A rule is selected by its code, its name, a prefix of codes (`CPL1`), a group (`lifetime`), `DEFAULT` or `ALL`;
the most specific word wins between select and ignore, and ignore on a tie. A prefix and a group select only rules
that are on by default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from poollint.engine.errors import near
from poollint.model.finding import Confidence, Severity, Verdict
from poollint.model.rule import GROUPS, Rule
from poollint.model.settings import Settings
from poollint.rules import all_rules

SELECTORS = ("select", "ignore", "extend_select", "extend_ignore")
"""The options whose words name rules."""
PREFIX = re.compile(r"CPL\d{0,2}")
ALWAYS = ("CPL000", "CPL001")
"""Told unless ignored by exactly their code or name: what was not read must not look clean."""
EXACT = 10
_FROM_FLAGS = 0.5


@cache
def prefix_of_group(word: str) -> str:
    """The code prefix of a group's name, else ""."""
    return next((prefix for prefix, group in GROUPS.items() if group == word), "")


def unknown_selector(word: str) -> str:
    """What is wrong with a word that should name rules; "" when it does."""
    if word in ("ALL", "DEFAULT", *GROUPS, *GROUPS.values()) or any(specificity(word, rule) for rule in all_rules()):
        return ""
    if PREFIX.fullmatch(word):
        return f'unknown rule "{word}"; no code begins with it'
    known = [*GROUPS.values(), "ALL", "DEFAULT"]
    known += [name for rule in all_rules() for name in (rule.code, rule.name)]
    return f'unknown rule "{word}"{near(word, known) or near(word.upper(), known)}'


@cache
def specificity(word: str, rule: Rule) -> int:
    """How exactly a word names a rule; 0 = not at all. `ALL` and `DEFAULT` are the least exact."""
    if word in (rule.code, rule.name):
        return EXACT
    if word == "ALL":
        return 1
    if word == "DEFAULT":
        return 2 if rule.on else 0
    prefix = prefix_of_group(word) or word
    return len(prefix) if PREFIX.fullmatch(prefix) and rule.code.startswith(prefix) else 0


def selects(words: Iterable[str], rule: Rule) -> int:
    """The best specificity by which the words select a rule."""
    found = 0
    for word in words:
        exactness = specificity(word, rule)
        if rule.on or exactness == EXACT or word == "ALL":
            found = max(found, exactness)
    return found


def ignores(words: Iterable[str], rule: Rule) -> int:
    """The best specificity by which the words ignore a rule."""
    return max((specificity(word, rule) for word in words), default=0)


def is_selected(rule: Rule, settings: Settings, from_flags: Iterable[str] = ()) -> bool:
    """Whether a rule speaks. Of words that are equally exact the flags' win over the files'."""
    flags = frozenset(from_flags)

    def best(of: Callable[[Iterable[str], Rule], int], *names: str) -> float:
        found = 0.0
        for name in names:
            exactness = of(getattr(settings, name), rule)
            found = max(found, exactness + (_FROM_FLAGS if exactness and name in flags else 0))
        return found

    ignored = best(ignores, "ignore", "extend_ignore")
    if rule.code in ALWAYS:
        return ignored < EXACT
    return best(selects, "select", "extend_select") > ignored


@dataclass(frozen=True, slots=True)
class Selection:
    """What a project's settings make of each rule. `severities` holds only the settings' own choices."""

    rules: tuple[Rule, ...]
    severities: Mapping[str, Severity]
    min_severity: Severity
    min_confidence: Confidence

    def severity(self, rule: Rule, verdict: Verdict) -> Severity:
        """The settings' word, else the verdict's own, else the rule's."""
        return self.severities.get(rule.code) or verdict.severity or rule.severity


def selection(settings: Settings, from_flags: Iterable[str] = ()) -> Selection:
    """What the settings select of all rules."""
    chosen = tuple(rule for rule in all_rules() if is_selected(rule, settings, from_flags))
    severities: dict[str, Severity] = {}
    for rule in all_rules():
        exactness = {specificity(word, rule): word for word in settings.severity}
        if max(exactness, default=0):
            severities[rule.code] = Severity[settings.severity[exactness[max(exactness)]].upper()]
    lowest, unsure = Severity[settings.min_severity.upper()], Confidence[settings.min_confidence.upper()]
    return Selection(chosen, severities, lowest, unsure)


@dataclass(frozen=True, slots=True)
class Selected:
    """The verdicts of one file that stay, and what a role held back, by role."""

    verdicts: tuple[Verdict, ...]
    held_back: dict[str, int]


def select(
    verdicts: Iterable[Verdict],
    selection: Selection,
    role: str = "application",
    ignored_here: Iterable[str] = (),
) -> Selected:
    """What settings and the file's role leave of its verdicts; `ignored_here` are its per-file ignores."""
    rules = {rule.code: rule for rule in selection.rules}
    ignored = tuple(ignored_here)
    kept: list[Verdict] = []
    held_back: dict[str, int] = {}
    for verdict in verdicts:
        rule = rules.get(verdict.code)
        if rule is None or ignores(ignored, rule):
            continue
        if verdict.confidence < selection.min_confidence or selection.severity(rule, verdict) < selection.min_severity:
            continue
        if role in rule.silent_in:
            held_back[role] = held_back.get(role, 0) + 1
            continue
        kept.append(verdict)
    return Selected(tuple(kept), held_back)
