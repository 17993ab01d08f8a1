"""LibCST visitor: expressions into the statement form, from the leaves up."""

from __future__ import annotations

from typing import cast

import libcst as cst

from poollint.analysis import literals
from poollint.analysis.lower_strings import StringLowering
from poollint.model import form


class ExpressionLowering(StringLowering):
    """Names, numbers, displays, operations, calls, comprehensions."""

    # --- atoms ---

    def leave_Name(self, original_node: cst.Name) -> None:
        self.keep(original_node, _NAMED_CONSTANTS.get(original_node.value) or form.Name(named(original_node)))

    def leave_Integer(self, original_node: cst.Integer) -> None:
        self.keep(original_node, _number(original_node))

    def leave_Float(self, original_node: cst.Float) -> None:
        self.keep(original_node, _number(original_node))

    def leave_Imaginary(self, original_node: cst.Imaginary) -> None:
        self.keep(original_node, form.Opaque())

    def leave_Ellipsis(self, original_node: cst.Ellipsis) -> None:
        self.keep(original_node, form.Opaque())

    # --- compounds ---

    def leave_Attribute(self, original_node: cst.Attribute) -> None:
        self.keep(original_node, form.Attr(self.expression(original_node.value), named(original_node.attr)))

    def leave_Arg(self, original_node: cst.Arg) -> None:
        # The value stands for the argument until the call collects keyword and star.
        self.keep(original_node, self.expression(original_node.value))

    def arguments(self, args: tuple[cst.Arg, ...] | list[cst.Arg]) -> tuple[form.Argument, ...]:
        return tuple(
            form.Argument(self.expression(arg.value), named(arg.keyword) if arg.keyword else None, arg.star)
            for arg in args
        )

    def leave_Call(self, original_node: cst.Call) -> None:
        arguments = self.arguments(list(original_node.args))
        ordinal = self.frame.number(original_node)
        self.keep(original_node, form.Call(ordinal, self.expression(original_node.func), arguments))

    def leave_Await(self, original_node: cst.Await) -> None:
        ordinal = self.frame.number(original_node)
        self.keep(original_node, form.Await(ordinal, self.expression(original_node.expression)))

    def leave_From(self, original_node: cst.From) -> None:
        self.keep(original_node, self.expression(original_node.item))

    def leave_Yield(self, original_node: cst.Yield) -> None:
        self.frame.has_yield = True
        is_from = isinstance(original_node.value, cst.From)
        ordinal = self.frame.number(original_node)
        self.keep(original_node, form.Yield(ordinal, self.optional(original_node.value), is_from))

    def leave_Element(self, original_node: cst.Element) -> None:
        self.keep(original_node, self.expression(original_node.value))

    def leave_StarredElement(self, original_node: cst.StarredElement) -> None:
        self.keep(original_node, form.Starred(self.expression(original_node.value)))

    def leave_Tuple(self, original_node: cst.Tuple) -> None:
        self.keep(original_node, form.Sequence("tuple", self._items(original_node.elements)))

    def leave_List(self, original_node: cst.List) -> None:
        self.keep(original_node, form.Sequence("list", self._items(original_node.elements)))

    def leave_Set(self, original_node: cst.Set) -> None:
        self.keep(original_node, form.Sequence("set", self._items(original_node.elements)))

    def _items(self, elements: object) -> tuple[form.Expr, ...]:
        return tuple(self.expression(element) for element in cast("tuple[cst.BaseElement, ...]", elements))

    def leave_Dict(self, original_node: cst.Dict) -> None:
        items: list[tuple[form.Expr | None, form.Expr]] = []
        for element in original_node.elements:
            key = self.expression(element.key) if isinstance(element, cst.DictElement) else None
            items.append((key, self.expression(element.value)))
        self.keep(original_node, form.DictDisplay(tuple(items)))

    def leave_BooleanOperation(self, original_node: cst.BooleanOperation) -> None:
        operator = "and" if isinstance(original_node.operator, cst.And) else "or"
        values = [self.expression(original_node.left), self.expression(original_node.right)]
        self.keep(original_node, literals.bool_operation(operator, values))

    def leave_UnaryOperation(self, original_node: cst.UnaryOperation) -> None:
        operand = self.expression(original_node.expression)
        if isinstance(original_node.operator, cst.Not):
            self.keep(original_node, form.Not(operand))
        elif isinstance(original_node.operator, cst.Minus):
            self.keep(original_node, literals.negated(operand))
        else:
            self.keep(original_node, form.Opaque((operand,)))

    def leave_Comparison(self, original_node: cst.Comparison) -> None:
        left = self.expression(original_node.left)
        targets = original_node.comparisons
        rights = [self.expression(target.comparator) for target in targets]
        if len(rights) == 1:
            operator = _COMPARISONS.get(type(targets[0].operator), "")
            self.keep(original_node, form.Compare(left, operator, rights[0]))
        else:
            self.keep(original_node, form.Opaque((left, *rights)))

    def leave_BinaryOperation(self, original_node: cst.BinaryOperation) -> None:
        left, right = self.expression(original_node.left), self.expression(original_node.right)
        self.keep(original_node, form.Binary(left, _BINARIES.get(type(original_node.operator), ""), right))

    def leave_IfExp(self, original_node: cst.IfExp) -> None:
        self.keep(
            original_node,
            form.IfExp(
                self.expression(original_node.test),
                self.expression(original_node.body),
                self.expression(original_node.orelse),
            ),
        )

    def leave_NamedExpr(self, original_node: cst.NamedExpr) -> None:
        target = original_node.target
        name = named(target) if isinstance(target, cst.Name) else ""
        self.keep(original_node, form.NamedExpr(name, self.expression(original_node.value)))

    def leave_Index(self, original_node: cst.Index) -> None:
        value = self.expression(original_node.value)
        self.keep(original_node, form.Starred(value) if original_node.star else value)

    def leave_Slice(self, original_node: cst.Slice) -> None:
        parts = (original_node.lower, original_node.upper, original_node.step)
        self.keep(original_node, form.Opaque(tuple(self.expression(part) for part in parts if part)))

    def leave_Subscript(self, original_node: cst.Subscript) -> None:
        keys = tuple(self.expression(element.slice) for element in original_node.slice)
        is_one = len(keys) == 1 and not isinstance(original_node.slice[0].comma, cst.Comma)
        is_one = is_one and not isinstance(keys[0], form.Starred)
        key = keys[0] if is_one else form.Sequence("tuple", keys)
        self.keep(original_node, form.Subscript(self.expression(original_node.value), key))

    # --- comprehensions ---

    def leave_GeneratorExp(self, original_node: cst.GeneratorExp) -> None:
        self._comprehension(original_node, "generator", (original_node.elt,))

    def leave_ListComp(self, original_node: cst.ListComp) -> None:
        self._comprehension(original_node, "list", (original_node.elt,))

    def leave_SetComp(self, original_node: cst.SetComp) -> None:
        self._comprehension(original_node, "set", (original_node.elt,))

    def leave_DictComp(self, original_node: cst.DictComp) -> None:
        self._comprehension(original_node, "dict", (original_node.key, original_node.value))

    def leave_StarredDictComp(self, original_node: cst.StarredDictComp) -> None:
        self._comprehension(original_node, "dict", (original_node.value,))

    def _comprehension(self, node: cst.BaseComp, kind: str, elements: tuple[cst.BaseExpression, ...]) -> None:
        sources: list[tuple[form.Expr, form.Expr, bool]] = []
        conditions: list[form.Expr] = []
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            is_async = clause.asynchronous is not None
            sources.append((self.expression(clause.target), self.expression(clause.iter), is_async))
            conditions += [self.expression(condition.test) for condition in clause.ifs]
            clause = clause.inner_for_in
        values = tuple(self.expression(element) for element in elements)
        self.keep(node, form.Comprehension(kind, values, tuple(sources), tuple(conditions)))


def named(node: cst.Name) -> str:
    """The name that a node is for Python."""
    return literals.identifier(node.value)


def _number(node: cst.Integer | cst.Float) -> form.Expr:
    """A number; one with more digits than Python converts is `Opaque`."""
    try:
        return literals.number_value(node.evaluated_value)
    except (ValueError, SyntaxError):
        return form.Opaque()


_NAMED_CONSTANTS = {"None": form.Const(None), "True": form.Const(True), "False": form.Const(False)}
_COMPARISONS: dict[type[cst.BaseCompOp], str] = {
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
}
_BINARIES: dict[type[cst.BaseBinaryOp], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.FloorDivide: "//",
    cst.Divide: "/",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.BitOr: "|",
}
