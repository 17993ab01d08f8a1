"""The call that a verb is about: its parts as they stand in the text."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from poollint.model.span import Place, Span
from poollint.rewrite.ground import Ground, rendered
from poollint.rewrite.refusal import Refused


def called(ground: Ground, place: Place) -> cst.Call:
    """The call at `place`; of an `await` the awaited one."""
    node: cst.CSTNode = ground.node(place, (cst.Call, cst.Await), "a call")
    while isinstance(node, cst.Await):
        node = node.expression
    if not isinstance(node, cst.Call):
        raise Refused("what stands there is not a call")
    ground.not_in_string(node)
    return node


def opening(ground: Ground, call: cst.Call) -> int:
    """The offset behind the call's opening parenthesis."""
    return ground.outer(call.func).end + len(rendered(call.whitespace_after_func)) + 1


def closing(ground: Ground, call: cst.Call) -> int:
    """The offset of the call's closing parenthesis."""
    return ground.span(call).end - 1


def is_bare_generator(ground: Ground, call: cst.Call) -> bool:
    """`f(x for x in y)`: the call's parentheses are the generator's too, so nothing can be added."""
    if len(call.args) != 1 or not isinstance(call.args[0].value, cst.GeneratorExp):
        return False
    return not ground.code(ground.span(call.args[0])).startswith("(")


def needs_parentheses(ground: Ground, node: cst.BaseExpression) -> bool:
    """Whether `await node` in its place would bind otherwise: something is taken from it or it is called."""
    if node.lpar:
        return False
    holder = ground.parents.get(id(node))
    if isinstance(holder, cst.Call):
        return holder.func is node
    return isinstance(holder, (cst.Attribute, cst.Subscript)) and holder.value is node


def pieces(ground: Ground, call: cst.Call) -> dict[str, str]:
    """What the placeholders of a verb's text stand for."""
    function = call.func
    receiver = ground.code(ground.outer(function.value)) if isinstance(function, cst.Attribute) else ""
    return {
        "receiver": receiver,
        "callee": ground.code(ground.outer(function)),
        "arguments": ground.code(Span(opening(ground, call), closing(ground, call))),
        "value": ground.code(ground.outer(call)),
    }


def filled(text: str, names: Mapping[str, str]) -> str:
    """`text` with `{name}` replaced for each of `names`; other braces stay."""
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def keeps_comments(ground: Ground, old: Span, new: str) -> None:
    """Refuses to replace text that holds a comment which `new` does not."""
    for line in ground.code(old).splitlines():
        _, mark, comment = line.partition("#")
        if mark and comment not in new:
            raise Refused("a comment would be lost")
