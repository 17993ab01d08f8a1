"""A call written anew from its own parts, and a call handed through another function."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from poollint.model.fix import CallThrough, Edit, ReplaceCall
from poollint.model.span import Span
from poollint.rewrite.awaits import may_await
from poollint.rewrite.calls import (
    called,
    closing,
    filled,
    is_bare_generator,
    keeps_comments,
    needs_parentheses,
    opening,
    pieces,
)
from poollint.rewrite.ground import Ground
from poollint.rewrite.items import insert
from poollint.rewrite.refusal import Refused


def replace_call(ground: Ground, verb: ReplaceCall, imports: Mapping[str, str]) -> list[Edit]:
    """`{receiver}.connection({arguments})` in place of the call, with or without its `await`."""
    call = called(ground, verb.place)
    holder = ground.parents.get(id(call))
    is_awaited = isinstance(holder, cst.Await)
    if verb.with_await and not is_awaited:
        raise Refused("it is not awaited")
    if not isinstance(call.func, cst.Attribute) and "{receiver}" in verb.text:
        raise Refused("the call is not a method's")
    span = ground.span(holder) if verb.with_await and holder is not None else ground.span(call)
    new = filled(verb.text, {**pieces(ground, call), **imports})
    keeps_comments(ground, span, new)
    return [Edit(span, new)]


def call_through(ground: Ground, verb: CallThrough, imports: Mapping[str, str]) -> list[Edit]:
    """`requests.get(url)` becomes `await asyncio.to_thread(requests.get, url)`; the arguments stay as they are."""
    call = called(ground, verb.place)
    if isinstance(call.func, cst.Call):
        raise Refused("what is called is itself the result of a call")
    if is_bare_generator(ground, call):
        raise Refused("a generator is the call's only argument")
    word = ""
    if verb.is_awaited:
        may_await(ground, call)
        word = "await "
    span, open_at = ground.span(call), opening(ground, call)
    callee = ground.outer(call.func)
    keeps_comments(ground, Span(callee.end, open_at), "")
    has_parentheses = bool(word) and needs_parentheses(ground, call)
    own_line = _own_line(ground, call, open_at)
    before = f"{'(' if has_parentheses else ''}{word}{filled(verb.through, imports)}({own_line}"
    joint = "" if not call.args else "," if own_line or ground.text[open_at].isspace() else ", "
    edits = [insert(span.start, before), Edit(Span(callee.end, open_at), joint)]
    return [*edits, insert(closing(ground, call) + 1, ")")] if has_parentheses else edits


def _own_line(ground: Ground, call: cst.Call, open_at: int) -> str:
    """The newline and indentation in front of the first argument, where it has a line of its own: the callee gets
    one too."""
    if not call.args:
        return ""
    space = ground.text[open_at : ground.span(call.args[0]).start]
    return space if not space.strip() and ("\n" in space or "\r" in space) else ""
