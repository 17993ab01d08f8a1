"""Expressions of `ast` into the statement form, numbered as `lower_expressions` numbers LibCST's."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from poollint.analysis import literals
from poollint.model import form

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


class NotOutlined(Exception):
    """`ast` has a node here that the outline does not know; LibCST reads the file instead."""


class Numbering:
    """Counts the nodes of one function while it is outlined."""

    __slots__ = ("count", "has_yield", "qualified")

    def __init__(self, qualified: str) -> None:
        self.qualified = qualified
        self.count = 0
        self.has_yield = False

    def number(self) -> int:
        self.count += 1
        return self.count - 1


class ExpressionOutline(ABC):
    """Each method reads one class of node. Inner nodes are read first, in the order of the source."""

    def __init__(self) -> None:
        self.frames: list[Numbering] = []
        self.frame = Numbering(form.MODULE)
        self._readers: dict[type, Callable[[Any], form.Expr]] = {
            kind: getattr(self, name) for kind, name in _READERS.items()
        }

    def expression(self, node: ast.expr) -> form.Expr:
        reader = self._readers.get(type(node))
        if reader is None:
            raise NotOutlined(type(node).__name__)
        return reader(node)

    def optional(self, node: ast.expr | None) -> form.Expr | None:
        return None if node is None else self.expression(node)

    def _all(self, nodes: Iterable[ast.expr]) -> tuple[form.Expr, ...]:
        return tuple([self.expression(node) for node in nodes])

    # --- atoms ---

    def _name(self, node: ast.Name) -> form.Expr:
        return form.Name(node.id)

    def _constant(self, node: ast.Constant) -> form.Expr:
        value = node.value
        return form.Const(value) if value is None or isinstance(value, (str, int, float)) else form.Opaque()

    def _joined(self, node: ast.JoinedStr) -> form.Expr:
        return literals.joined([self.expression(value) for value in node.values])

    def _formatted(self, node: ast.FormattedValue) -> form.Expr:
        value = self.expression(node.value)
        spec: list[form.Expr] = []
        if isinstance(node.format_spec, ast.JoinedStr):
            spec = [self.expression(part) for part in node.format_spec.values]
        return literals.formatted(value, "" if node.conversion < 0 else chr(node.conversion), spec)

    # --- compounds ---

    def _attribute(self, node: ast.Attribute) -> form.Expr:
        return form.Attr(self.expression(node.value), node.attr)

    def _call(self, node: ast.Call) -> form.Expr:
        func = self.expression(node.func)
        arguments = self.arguments(node.args, node.keywords)
        return form.Call(self.frame.number(), func, arguments)

    def arguments(self, args: list[ast.expr], keywords: list[ast.keyword]) -> tuple[form.Argument, ...]:
        """In the order of the source: a starred argument may follow a keyword."""
        nodes: list[ast.expr | ast.keyword] = [*args, *keywords]
        if args and keywords and _position(args[-1]) > _position(keywords[0]):
            nodes.sort(key=_position)
        return tuple([self._argument(node) for node in nodes])

    def _argument(self, node: ast.expr | ast.keyword) -> form.Argument:
        if isinstance(node, ast.keyword):
            return form.Argument(self.expression(node.value), node.arg, "" if node.arg else "**")
        if isinstance(node, ast.Starred):
            return form.Argument(self.expression(node.value), None, "*")
        return form.Argument(self.expression(node))

    def _await(self, node: ast.Await) -> form.Expr:
        value = self.expression(node.value)
        return form.Await(self.frame.number(), value)

    def _yield(self, node: ast.Yield) -> form.Expr:
        value = self.optional(node.value)
        self.frame.has_yield = True
        return form.Yield(self.frame.number(), value)

    def _yield_from(self, node: ast.YieldFrom) -> form.Expr:
        value = self.expression(node.value)
        self.frame.has_yield = True
        return form.Yield(self.frame.number(), value, is_from=True)

    def _tuple(self, node: ast.Tuple) -> form.Expr:
        return form.Sequence("tuple", self._all(node.elts))

    def _list(self, node: ast.List) -> form.Expr:
        return form.Sequence("list", self._all(node.elts))

    def _set(self, node: ast.Set) -> form.Expr:
        return form.Sequence("set", self._all(node.elts))

    def _starred(self, node: ast.Starred) -> form.Expr:
        return form.Starred(self.expression(node.value))

    def _dict(self, node: ast.Dict) -> form.Expr:
        pairs = [
            (self.optional(key), self.expression(value)) for key, value in zip(node.keys, node.values, strict=True)
        ]
        return form.DictDisplay(tuple(pairs))

    def _bool_op(self, node: ast.BoolOp) -> form.Expr:
        operator = "and" if isinstance(node.op, ast.And) else "or"
        return literals.bool_operation(operator, [self.expression(value) for value in node.values])

    def _unary_op(self, node: ast.UnaryOp) -> form.Expr:
        operand = self.expression(node.operand)
        if isinstance(node.op, ast.Not):
            return form.Not(operand)
        return literals.negated(operand) if isinstance(node.op, ast.USub) else form.Opaque((operand,))

    def _compare(self, node: ast.Compare) -> form.Expr:
        left = self.expression(node.left)
        rights = self._all(node.comparators)
        if len(rights) == 1:
            return form.Compare(left, COMPARISONS[type(node.ops[0])], rights[0])
        return form.Opaque((left, *rights))

    def _bin_op(self, node: ast.BinOp) -> form.Expr:
        left = self.expression(node.left)
        right = self.expression(node.right)
        return form.Binary(left, literals.BINARY.get(type(node.op).__name__, ""), right)

    def _if_exp(self, node: ast.IfExp) -> form.Expr:
        body = self.expression(node.body)
        test = self.expression(node.test)
        return form.IfExp(test, body, self.expression(node.orelse))

    def _named_expr(self, node: ast.NamedExpr) -> form.Expr:
        return form.NamedExpr(node.target.id, self.expression(node.value))

    def _subscript(self, node: ast.Subscript) -> form.Expr:
        base = self.expression(node.value)
        return form.Subscript(base, self.expression(node.slice))

    def _slice(self, node: ast.Slice) -> form.Expr:
        bounds = (node.lower, node.upper, node.step)
        return form.Opaque(tuple([self.expression(bound) for bound in bounds if bound is not None]))

    @abstractmethod
    def lambda_(self, node: ast.Lambda) -> form.Expr:
        """A lambda is a function of its own: see the statements' outline."""

    # --- comprehensions ---

    def _generator_exp(self, node: ast.GeneratorExp) -> form.Expr:
        return self._comprehension("generator", [node.elt], node.generators)

    def _list_comp(self, node: ast.ListComp) -> form.Expr:
        return self._comprehension("list", [node.elt], node.generators)

    def _set_comp(self, node: ast.SetComp) -> form.Expr:
        return self._comprehension("set", [node.elt], node.generators)

    def _dict_comp(self, node: ast.DictComp) -> form.Expr:
        return self._comprehension("dict", [node.key, node.value], node.generators)

    def _comprehension(self, kind: str, elements: list[ast.expr], generators: list[ast.comprehension]) -> form.Expr:
        values = self._all(elements)
        sources: list[tuple[form.Expr, form.Expr, bool]] = []
        conditions: list[form.Expr] = []
        for generator in generators:
            target = self.expression(generator.target)
            sources.append((target, self.expression(generator.iter), bool(generator.is_async)))
            conditions += [self.expression(condition) for condition in generator.ifs]
        return form.Comprehension(kind, values, tuple(sources), tuple(conditions))


def _position(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset


_READERS: dict[type[ast.expr], str] = {
    ast.Name: "_name",
    ast.Constant: "_constant",
    ast.JoinedStr: "_joined",
    ast.FormattedValue: "_formatted",
    ast.Attribute: "_attribute",
    ast.Call: "_call",
    ast.Await: "_await",
    ast.Yield: "_yield",
    ast.YieldFrom: "_yield_from",
    ast.Tuple: "_tuple",
    ast.List: "_list",
    ast.Set: "_set",
    ast.Starred: "_starred",
    ast.Dict: "_dict",
    ast.BoolOp: "_bool_op",
    ast.UnaryOp: "_unary_op",
    ast.Compare: "_compare",
    ast.BinOp: "_bin_op",
    ast.IfExp: "_if_exp",
    ast.NamedExpr: "_named_expr",
    ast.Subscript: "_subscript",
    ast.Slice: "_slice",
    ast.Lambda: "lambda_",
    ast.GeneratorExp: "_generator_exp",
    ast.ListComp: "_list_comp",
    ast.SetComp: "_set_comp",
    ast.DictComp: "_dict_comp",
}
