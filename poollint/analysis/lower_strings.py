"""LibCST visitor: strings of every kind into the statement form; where forms are kept while a file is lowered."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from poollint.analysis import literals
from poollint.model import form


class Frame:
    """Numbers the nodes of one function while it is lowered."""

    def __init__(self, qualified: str) -> None:
        self.qualified = qualified
        self.nodes: list[cst.CSTNode] = []
        self.has_yield = False

    def number(self, node: cst.CSTNode) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1


class StringLowering(cst.CSTVisitor):
    """Leaves the form of each expression in `forms`, keyed by the node's identity.

    Nodes are alive as long as the tree is, so that identities are unique within one walk.
    """

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[int, form.Expr] = {}
        self.shown: dict[int, form.Const] = {}
        self.raw: list[bool] = []
        self.frames: list[Frame] = []

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def expression(self, node: cst.CSTNode) -> form.Expr:
        return self.forms[id(node)]

    def optional(self, node: cst.CSTNode | None) -> form.Expr | None:
        return None if node is None else self.forms[id(node)]

    def keep(self, node: cst.CSTNode, value: form.Expr) -> None:
        self.forms[id(node)] = value

    def leave_SimpleString(self, original_node: cst.SimpleString) -> None:
        self.keep(original_node, literals.string_value(original_node.value))

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        self.raw.append("r" in node.start.lower())

    def leave_FormattedStringText(self, original_node: cst.FormattedStringText) -> None:
        text = original_node.value.replace("{{", "{").replace("}}", "}")
        self.keep(original_node, literals.text_value(text, self.raw[-1]))

    def leave_FormattedStringExpression(self, original_node: cst.FormattedStringExpression) -> None:
        conversion, spec = original_node.conversion or "", original_node.format_spec
        if original_node.equal is not None:
            self.shown[id(original_node)] = form.Const(_shown(original_node))
            conversion = conversion or ("r" if spec is None else "")
        value = self.expression(original_node.expression)
        self.keep(original_node, literals.formatted(value, conversion, self._pieces(spec or ())))

    def leave_FormattedString(self, original_node: cst.FormattedString) -> None:
        self.raw.pop()
        self.keep(original_node, literals.joined(self._pieces(original_node.parts)))

    def _pieces(self, nodes: Sequence[cst.CSTNode]) -> list[form.Expr]:
        """The parts of a string; `{x=}` is its own text and then the value."""
        found: list[form.Expr] = []
        for node in nodes:
            if id(node) in self.shown:
                found.append(self.shown[id(node)])
            found.append(self.expression(node))
        return found

    def leave_TemplatedStringText(self, original_node: cst.TemplatedStringText) -> None:
        self.keep(original_node, form.Opaque())

    def leave_TemplatedStringExpression(self, original_node: cst.TemplatedStringExpression) -> None:
        spec = self._pieces(original_node.format_spec or ())
        self.keep(original_node, form.Opaque((self.expression(original_node.expression), *spec)))

    def leave_TemplatedString(self, original_node: cst.TemplatedString) -> None:
        self.keep(original_node, form.Opaque(tuple(self._pieces(original_node.parts))))

    def leave_ConcatenatedString(self, original_node: cst.ConcatenatedString) -> None:
        left, right = self.expression(original_node.left), self.expression(original_node.right)
        if isinstance(left, form.Opaque) and isinstance(right, form.Opaque):
            self.keep(original_node, form.Opaque((*left.parts, *right.parts)))
            return
        pieces: list[form.Expr] = []
        for value in (left, right):
            pieces += value.parts if isinstance(value, form.Joined) else (value,)
        self.keep(original_node, literals.joined(pieces))


def _shown(node: cst.FormattedStringExpression) -> str:
    """What `{x=}` puts before the value: its own source text."""
    parts = (node.whitespace_before_expression, node.expression, node.whitespace_after_expression, node.equal)
    return "".join(cst.Module(()).code_for_node(part) for part in parts if part is not None)
