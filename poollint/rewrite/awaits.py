"""An `await` too few or too many."""

from __future__ import annotations

import libcst as cst

from poollint.model.fix import Edit, InsertAwait, RemoveAwait
from poollint.model.span import Span
from poollint.rewrite.calls import called, keeps_comments, needs_parentheses
from poollint.rewrite.ground import Ground
from poollint.rewrite.items import insert
from poollint.rewrite.refusal import Refused


def remove_await(ground: Ground, verb: RemoveAwait) -> list[Edit]:
    """Only the word and the space behind it go; parentheses stay."""
    node = ground.node(verb.place, cst.Await, "an `await`")
    ground.not_in_string(node)
    gone = Span(ground.span(node).start, ground.outer(node.expression).start)
    keeps_comments(ground, gone, "")
    return [Edit(gone, "")]


def insert_await(ground: Ground, verb: InsertAwait) -> list[Edit]:
    """In front of the call; in parentheses where something is taken from its result."""
    call = called(ground, verb.place)
    may_await(ground, call)
    span = ground.span(call)
    if needs_parentheses(ground, call):
        return [insert(span.start, "(await "), insert(span.end, ")")]
    return [insert(span.start, "await ")]


def may_await(ground: Ground, node: cst.BaseExpression) -> None:
    """Refuses where an `await` cannot stand, or would change what stands around it."""
    if isinstance(ground.parents.get(id(node)), cst.Await):
        raise Refused("it is awaited already")
    if not ground.in_async_function(node):
        raise Refused("the function around it is not async")
    if any(isinstance(holder, cst.GeneratorExp) for holder in ground.above(node)):
        raise Refused("it stands in a generator, which an `await` would make async")
