"""One finding a site and ladder: the first of the ladder speaks, the others become notes of its story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from poollint.model.finding import Step, Verdict
from poollint.model.rule import Rule
from poollint.model.span import Place


def merge(verdicts: Iterable[Verdict], rules: Mapping[str, Rule]) -> tuple[Verdict, ...]:
    """The verdicts with losers folded into their winners; the order of the rest stays."""
    ladders: dict[tuple[Place, str], list[Verdict]] = {}
    for verdict in verdicts:
        rule = rules[verdict.code]
        site = verdict.site or verdict.place
        # rules without a ladder never meet another
        ladders.setdefault((site, rule.ladder or f"{rule.code} {verdict.place} {verdict.message}"), []).append(verdict)
    return tuple(_told(group, rules) for group in ladders.values())


def _told(group: list[Verdict], rules: Mapping[str, Rule]) -> Verdict:
    """The winner of one ladder; of equals the first."""
    winner = min(group, key=lambda verdict: rules[verdict.code].rank)
    notes = []
    for loser in group:
        if loser is winner or (loser.code, loser.place, loser.message) == (winner.code, winner.place, winner.message):
            continue
        notes.append(Step("note", loser.place, f"{rules[loser.code].name} ({loser.code}): {loser.message}"))
    return replace(winner, steps=(*winner.steps, *notes)) if notes else winner
