"""Comments that name a rule of ours and do something else than they say (CPL003)."""

from __future__ import annotations

import re

from poollint.engine.errors import near
from poollint.engine.select import unknown_selector
from poollint.rules import all_rules, rule
from poollint.syntax.suppressions import VERBS, Directive

_OURS = re.compile(r"\bCPL(?:\d\w*|\b)", re.IGNORECASE)
_FIRST = re.compile(r"\s*:?\s*(?P<word>[A-Za-z][\w-]*)")
_COLON = re.compile(r"\s*:")

Problem = tuple[str, str]
"""(message, help)"""


def problem_of(directive: Directive) -> Problem | None:
    """What a directive does in place of what it says; None where it is well formed or not our business."""
    if directive.verb == "noqa":
        return _of_list(directive) if directive.has_list else _of_plain(directive)
    if directive.verb == "noqa-file":
        named = _named(directive.tail)
        if not named:
            return None
        message = f"`{directive.written}` makes flake8 skip the whole file, for every rule of every plugin"
        return message, f"write `# poollint: file-ignore[{_name(named)}]`"
    if directive.verb == "like-noqa":
        named = _named(directive.tail)
        return (f"`{directive.written}` silences nothing", _right(named)) if named else None
    return _of_own(directive)


def _of_plain(directive: Directive) -> Problem | None:
    """`# noqa: leak` and `# noqa : CPL101`: for flake8 a plain `# noqa`."""
    named = _named(directive.tail)
    if not named:
        return None
    return f"`{directive.written}` silences every finding of the line, of every plugin", _right(named)


def _of_list(directive: Directive) -> Problem | None:
    for word in directive.words:
        text = word.text
        if not text.upper().startswith("CPL"):
            continue
        if text != text.upper():
            return f"`{text}` in `# noqa` silences nothing: flake8 compares codes with their case", _right(text.upper())
        if not any(known.code.startswith(text) for known in all_rules()):
            return f"`{text}` is no code of poollint", "`poollint rules` lists them"
    following = _FIRST.match(directive.tail)
    if following and directive.written[: -len(directive.tail)].rstrip().endswith(",") and rule(following["word"]):
        return f"`{following['word']}` in `# noqa` silences nothing: it takes codes only", _right(following["word"])
    return None


def _of_own(directive: Directive) -> Problem | None:
    verb = directive.verb
    if verb not in VERBS:
        guess = near(verb, VERBS)
        if not guess and not directive.has_list:
            return None  # prose
        return f"`# poollint: {verb}` is nothing that poollint knows", guess.removeprefix("; ")
    if not directive.words:
        return f"`# poollint: {verb}` names no rule and silences nothing", f"write `# poollint: {verb}[leak] reason`"
    for word in directive.words:
        problem = unknown_selector(word.text)
        if problem:
            return f"`{word.text}` is no rule of poollint", problem.partition("; ")[2]
    return None


def _named(tail: str) -> str:
    """The code or name of ours that a comment begins with after `noqa`, or a code anywhere in it; "" if none."""
    code = _OURS.search(tail)
    if code:
        return code.group()
    first = _FIRST.match(tail)
    return first["word"] if first and _COLON.match(tail) and rule(first["word"]) else ""


def _name(word: str) -> str:
    known = rule(word.upper()) or rule(word)
    return known.name if known else word


def _right(word: str) -> str:
    """How to say it."""
    known = rule(word.upper()) or rule(word)
    if known is None:
        return "write the whole code, as in `# noqa: CPL101`"
    return f"write `# noqa: {known.code}` or `# poollint: ignore[{known.name}]`"
