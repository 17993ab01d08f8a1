"""Drives LibCST visitor classes over a tree, without rebuilding it.

`module.visit` makes every node anew even for a reader, and costs more than parsing; this walk reads cached
field lists and keeps its own stack. Nodes of whitespace and punctuation are not visited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache

import libcst as cst

TRIVIA = (
    cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Comment, cst.Newline, cst.Comma,
    cst.Semicolon, cst.Colon, cst.Dot, cst.AssignEqual, cst.LeftParen, cst.RightParen, cst.LeftSquareBracket,
    cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace, cst.Asynchronous, cst.BaseBinaryOp,
    cst.BaseBooleanOp, cst.BaseUnaryOp, cst.BaseCompOp, cst.BaseAugOp, cst.ImportStar, cst.BitOr, cst.ParamSlash,
    cst.ParamStar,
)  # fmt: skip
_SKIPPED_FIELDS = frozenset({
    "header", "footer", "leading_lines", "lines_after_decorators", "lpar", "rpar", "lbracket", "rbracket", "lbrace",
    "rbrace", "comma", "semicolon", "colon", "dot", "operator", "asynchronous", "indent", "newline", "comment",
})  # fmt: skip

_ORDERS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Arg: ("keyword", "value"),
    cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
    cst.ConcatenatedString: ("left", "right"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.ExceptStarHandler: ("type", "name", "body"),
    cst.FunctionDef: ("decorators", "name", "type_parameters", "params", "returns", "body"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    cst.TypeAlias: ("name", "type_parameters", "value"),
    cst.TypeParam: ("param", "default"),
}
"""Where the source's order is not that of the fields."""

Visit = Callable[[cst.CSTNode], object]


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    if kind in _ORDERS:
        return _ORDERS[kind]
    names = [field.name for field in fields(kind)]
    return tuple(name for name in names if not name.startswith("whitespace") and name not in _SKIPPED_FIELDS)


_CODE: dict[type, bool] = {}


def _is_code(value: object) -> bool:
    """Whether a value is a node of code, asked once a class: LibCST's classes have abstract ones among their bases,
    so that `isinstance` on each value costs as much as the walk."""
    kind = type(value)
    known = _CODE.get(kind)
    if known is None:
        known = _CODE[kind] = issubclass(kind, cst.CSTNode) and not issubclass(kind, TRIVIA)
    return known


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The code nodes directly below `node`, in the order of the source."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if _is_code(value):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found += [item for item in value if _is_code(item)]
    return found


class _Dispatch:
    """The visitor's methods by node class, looked up once."""

    def __init__(self, visitor: object) -> None:
        self.visitor = visitor
        self.visits: dict[type, Visit | None] = {}
        self.leaves: dict[type, Visit | None] = {}

    def visit(self, kind: type) -> Visit | None:
        if kind not in self.visits:
            self.visits[kind] = self._own(f"visit_{kind.__name__}")
        return self.visits[kind]

    def leave(self, kind: type) -> Visit | None:
        if kind not in self.leaves:
            self.leaves[kind] = self._own(f"leave_{kind.__name__}")
        return self.leaves[kind]

    def _own(self, name: str) -> Visit | None:
        """The method, unless it is LibCST's own empty one."""
        method: Visit | None = getattr(self.visitor, name, None)
        plain = getattr(cst.CSTVisitor, name, None)
        return None if method is None or getattr(method, "__func__", method) is plain else method


def walk(node: cst.CSTNode, visitor: object) -> None:
    """Calls `visit_X` before and `leave_X` after the children of each node; a visit that returns False
    leaves the children out (the leave is still called)."""
    dispatch = _Dispatch(visitor)
    waiting: list[tuple[cst.CSTNode, bool]] = [(node, False)]
    while waiting:
        current, is_done = waiting.pop()
        kind = type(current)
        if is_done:
            leave = dispatch.leave(kind)
            if leave is not None:
                leave(current)
            continue
        visit = dispatch.visit(kind)
        enters = visit is None or visit(current) is not False
        waiting.append((current, True))
        if enters:
            waiting.extend((child, False) for child in reversed(children(current)))
