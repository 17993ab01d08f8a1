"""Carrying out a plan: a verb and the text give edits, or a refusal that says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from poollint.model.fix import (
    AddKeywords,
    Applicability,
    CallThrough,
    Edit,
    Fix,
    FixPlan,
    InsertAwait,
    PullIntoTry,
    ReleaseAround,
    RemoveAwait,
    RemoveKeyword,
    RemoveText,
    ReplaceCall,
    WrapInTry,
    WrapInWith,
)
from poollint.model.span import Span
from poollint.rewrite.awaits import insert_await, remove_await
from poollint.rewrite.call_with import call_through, replace_call
from poollint.rewrite.calls import filled
from poollint.rewrite.ground import Ground
from poollint.rewrite.imports import spelling
from poollint.rewrite.keywords import add_keywords, remove_keyword
from poollint.rewrite.pull_into_try import pull_into_try
from poollint.rewrite.refusal import Refused
from poollint.rewrite.release_around import release_around
from poollint.rewrite.remove_text import remove_text
from poollint.rewrite.wrap_try import wrap_in_try
from poollint.rewrite.wrap_with import wrap_in_with


def fix_of(plan: FixPlan, ground: Ground) -> Fix:
    """The plan as a fix; one that the text refuses is only shown, with the reason."""
    try:
        spelled = {name: spelling(ground.tree, name) for name in plan.imports}
        edits = _carried_out(plan, ground, {name: text for name, (text, _) in spelled.items()})
    except Refused as refused:
        return Fix(plan.title, Applicability.SHOWN, refused.reason, (), target=plan.target)
    imports = tuple(name for name, (_, is_needed) in spelled.items() if is_needed)
    return Fix(plan.title, plan.applicability, plan.reason, _joined(edits), imports, plan.target)


def _joined(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """In the order of the text, neighbours as one edit: nothing hangs on the order of two at one offset."""
    found: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        if found and found[-1].span.end == edit.span.start:
            last = found.pop()
            edit = Edit(Span(last.span.start, edit.span.end), last.text + edit.text)
        found.append(edit)
    return tuple(found)


def _carried_out(plan: FixPlan, ground: Ground, imports: Mapping[str, str]) -> list[Edit]:
    match plan.verb:
        case AddKeywords() as verb:
            keywords = tuple((name, filled(value, imports)) for name, value in verb.keywords)
            return add_keywords(ground, AddKeywords(verb.place, keywords))
        case RemoveKeyword() as verb:
            return remove_keyword(ground, verb)
        case RemoveAwait() as verb:
            return remove_await(ground, verb)
        case InsertAwait() as verb:
            return insert_await(ground, verb)
        case ReplaceCall() as verb:
            return replace_call(ground, verb, imports)
        case CallThrough() as verb:
            return call_through(ground, verb, imports)
        case WrapInWith() as verb:
            return wrap_in_with(ground, verb, imports)
        case WrapInTry() as verb:
            return wrap_in_try(ground, verb, imports)
        case PullIntoTry() as verb:
            return pull_into_try(ground, verb)
        case ReleaseAround() as verb:
            return release_around(ground, verb, imports)
        case RemoveText() as verb:
            return [remove_text(ground.source, verb.span)]
