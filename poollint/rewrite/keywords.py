"""Keyword arguments of a call, and entries of a dict literal that becomes them."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from poollint.model.fix import AddKeywords, Edit, RemoveKeyword
from poollint.model.span import Place, Span
from poollint.rewrite.calls import called, closing, is_bare_generator, keeps_comments, opening
from poollint.rewrite.ground import Ground
from poollint.rewrite.items import add_before, add_last, item, own_line
from poollint.rewrite.refusal import Refused

_HOLDERS = (cst.Call, cst.Await, cst.Assign, cst.AnnAssign, cst.Return)


def add_keywords(ground: Ground, verb: AddKeywords) -> list[Edit]:
    """New ones go last, but in front of `**`; given ones get their new value."""
    target = _target(ground, verb.place)
    line = ground.line(ground.span(target).start)
    ground.must_be_formatted(line, ground.line(ground.span(target).end))
    if isinstance(target, cst.Dict):
        return _to_dict(ground, target, verb.keywords)
    return _to_call(ground, target, verb.keywords)


def remove_keyword(ground: Ground, verb: RemoveKeyword) -> list[Edit]:
    """Its text goes with its comma and the line that it leaves empty, or else with the space beside it."""
    call = called(ground, verb.place)
    names = [arg.keyword.value if arg.keyword is not None else "" for arg in call.args]
    if names.count(verb.name) != 1:
        raise Refused(f"`{verb.name}` is not an argument here")
    index = names.index(verb.name)
    items = [item(arg, ground.span(arg)) for arg in call.args]
    gone = items[index]
    indent = own_line(ground, gone.span.start)
    rest = ground.text[gone.end : ground.line_end(gone.end)]
    if indent is not None and not rest.strip():
        span = Span(gone.span.start - len(indent), ground.line_end(gone.end))
        newline = len(ground.newline(ground.line(gone.span.start)))
        span = Span(span.start, min(span.end + newline, len(ground.text)))
    elif index + 1 < len(items):
        span = Span(gone.span.start, items[index + 1].span.start)
    else:
        span = Span(items[index - 1].span.end if index else gone.span.start, gone.end)
    keeps_comments(ground, span, "")
    return [Edit(span, "")]


def _target(ground: Ground, place: Place) -> cst.Call | cst.Dict:
    node: cst.CSTNode | None = ground.node(place, _HOLDERS, "a call or a dict")
    while isinstance(node, (cst.Assign, cst.AnnAssign, cst.Return, cst.Await)):
        node = node.expression if isinstance(node, cst.Await) else node.value
    if not isinstance(node, (cst.Call, cst.Dict)):
        raise Refused("what stands there is not a call or a dict")
    ground.not_in_string(node)
    return node


def _to_call(ground: Ground, call: cst.Call, keywords: Sequence[tuple[str, str]]) -> list[Edit]:
    if is_bare_generator(ground, call):
        raise Refused("a generator is the call's only argument")
    given = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
    edits = [edit for name, value in keywords if name in given for edit in _replaced(ground, given[name], value)]
    new = [f"{name}={value}" for name, value in keywords if name not in given]
    spread = next((arg for arg in call.args if arg.star == "**"), None)
    if new and spread is not None:
        edits += add_before(ground, ground.span(spread), new)
    elif new:
        items = [item(arg, ground.span(arg)) for arg in call.args]
        edits += add_last(ground, items, opening(ground, call), closing(ground, call), new)
    if not edits:
        raise Refused("it is set already")
    return edits


def _to_dict(ground: Ground, literal: cst.Dict, keywords: Sequence[tuple[str, str]]) -> list[Edit]:
    given: dict[str, cst.BaseExpression] = {}
    quote = '"'
    for element in literal.elements:
        if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
            quote = element.key.quote if len(element.key.quote) == 1 else quote
            given[str(element.key.evaluated_value)] = element.value
    edits = [edit for name, value in keywords if name in given for edit in _replaced(ground, given[name], value)]
    new = [f"{quote}{name}{quote}: {value}" for name, value in keywords if name not in given]
    if new:
        span = ground.span(literal)
        items = [item(element, _element(ground, element)) for element in literal.elements]
        edits += add_last(ground, items, span.start + 1, span.end - 1, new)
    if not edits:
        raise Refused("it is set already")
    return edits


def _element(ground: Ground, element: cst.BaseDictElement) -> Span:
    """From its key (or `**`) to its value, parentheses included."""
    end = ground.outer(element.value).end
    if isinstance(element, cst.DictElement):
        return Span(ground.outer(element.key).start, end)
    return Span(ground.text.rindex("**", 0, ground.outer(element.value).start), end)


def _replaced(ground: Ground, value: cst.BaseExpression, text: str) -> list[Edit]:
    span = ground.outer(value)
    if ground.code(span) == text:
        return []
    keeps_comments(ground, span, text)
    return [Edit(span, text)]
