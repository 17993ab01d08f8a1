"""LibCST visitor: statements into the statement form, blocks from the inside out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import libcst as cst

from poollint.analysis import literals
from poollint.analysis.lower_expressions import ExpressionLowering, named
from poollint.model import form


class StatementLowering(ExpressionLowering):
    """Blocks wait in `blocks`, statements in `statements`, by the node's identity."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: dict[int, tuple[form.Stmt, ...]] = {}
        self.blocks: dict[int, form.Block] = {}

    def flat(self, nodes: Sequence[cst.CSTNode]) -> form.Block:
        return tuple(statement for node in nodes for statement in self.statements.pop(id(node), ()))

    def leave_SimpleStatementLine(self, original_node: cst.SimpleStatementLine) -> None:
        self.statements[id(original_node)] = self.flat(original_node.body)

    def leave_SimpleStatementSuite(self, original_node: cst.SimpleStatementSuite) -> None:
        self.blocks[id(original_node)] = self.flat(original_node.body)

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock) -> None:
        self.blocks[id(original_node)] = self.flat(original_node.body)

    def block(self, node: cst.CSTNode | None) -> form.Block:
        return () if node is None else self.blocks[id(node)]

    def leave_Else(self, original_node: cst.Else) -> None:
        self.blocks[id(original_node)] = self.block(original_node.body)

    def leave_Finally(self, original_node: cst.Finally) -> None:
        self.blocks[id(original_node)] = self.block(original_node.body)

    def _state(self, node: cst.CSTNode, statement: form.Stmt) -> None:
        self.statements[id(node)] = (statement,)

    # --- small statements ---

    def leave_Expr(self, original_node: cst.Expr) -> None:
        number = self.frame.number(original_node)
        self._state(original_node, form.Evaluate(number, self.expression(original_node.value)))

    def leave_Assign(self, original_node: cst.Assign) -> None:
        targets = tuple(self.expression(target.target) for target in original_node.targets)
        value = self.expression(original_node.value)
        self._state(original_node, form.Bind(self.frame.number(original_node), targets, value))

    def leave_AnnAssign(self, original_node: cst.AnnAssign) -> None:
        self._state(
            original_node,
            form.Bind(
                self.frame.number(original_node),
                (self.expression(original_node.target),),
                self.optional(original_node.value),
                self.expression(original_node.annotation.annotation),
            ),
        )

    def leave_AugAssign(self, original_node: cst.AugAssign) -> None:
        operator = _AUGMENTED[type(original_node.operator)]
        target, value = self.expression(original_node.target), self.expression(original_node.value)
        number = self.frame.number(original_node)
        self._state(original_node, form.Bind(number, (target,), value, op=operator))

    def leave_Del(self, original_node: cst.Del) -> None:
        targets = literals.deleted([self.expression(original_node.target)])
        self._state(original_node, form.Delete(self.frame.number(original_node), targets))

    def leave_Return(self, original_node: cst.Return) -> None:
        number = self.frame.number(original_node)
        self._state(original_node, form.Return(number, self.optional(original_node.value)))

    def leave_Raise(self, original_node: cst.Raise) -> None:
        cause = self.optional(original_node.cause.item if original_node.cause else None)
        number = self.frame.number(original_node)
        self._state(original_node, form.Raise(number, self.optional(original_node.exc), cause))

    def leave_Assert(self, original_node: cst.Assert) -> None:
        number = self.frame.number(original_node)
        test, message = self.expression(original_node.test), self.optional(original_node.msg)
        self._state(original_node, form.Assert(number, test, message))

    def leave_Break(self, original_node: cst.Break) -> None:
        self._state(original_node, form.Break(self.frame.number(original_node)))

    def leave_Continue(self, original_node: cst.Continue) -> None:
        self._state(original_node, form.Continue(self.frame.number(original_node)))

    def leave_Global(self, original_node: cst.Global) -> None:
        self._state(original_node, form.Declare("global", tuple(named(item.name) for item in original_node.names)))

    def leave_Nonlocal(self, original_node: cst.Nonlocal) -> None:
        names = tuple(named(item.name) for item in original_node.names)
        self._state(original_node, form.Declare("nonlocal", names))

    def leave_Import(self, original_node: cst.Import) -> None:
        names = tuple(form.ImportedName(dotted(a.name), 0, None, _alias(a)) for a in original_node.names)
        self._state(original_node, form.Import(self.frame.number(original_node), names))

    def leave_LazyImport(self, original_node: cst.LazyImport) -> None:
        names = tuple(form.ImportedName(dotted(a.name), 0, None, _alias(a)) for a in original_node.names)
        self._state(original_node, form.Import(self.frame.number(original_node), names))

    def leave_ImportFrom(self, original_node: cst.ImportFrom) -> None:
        self._import_from(original_node)

    def leave_LazyImportFrom(self, original_node: cst.LazyImportFrom) -> None:
        self._import_from(original_node)

    def _import_from(self, original_node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        module = dotted(original_node.module) if original_node.module else ""
        level = len(original_node.relative)
        if isinstance(original_node.names, cst.ImportStar):
            names: tuple[form.ImportedName, ...] = (form.ImportedName(module, level, "*", None),)
        else:
            names = tuple(
                form.ImportedName(module, level, dotted(alias.name), _alias(alias)) for alias in original_node.names
            )
        self._state(original_node, form.Import(self.frame.number(original_node), names))

    def leave_TypeAlias(self, original_node: cst.TypeAlias) -> None:
        target, value = form.Name(named(original_node.name)), self.expression(original_node.value)
        self._state(original_node, form.Bind(self.frame.number(original_node), (target,), value))

    # --- compound statements ---

    def leave_If(self, original_node: cst.If) -> None:
        orelse = original_node.orelse
        other = self.flat((orelse,)) if isinstance(orelse, cst.If) else self.block(orelse)
        test, body = self.expression(original_node.test), self.block(original_node.body)
        self._state(original_node, form.If(self.frame.number(original_node), test, body, other))

    def leave_While(self, original_node: cst.While) -> None:
        test, body = self.expression(original_node.test), self.block(original_node.body)
        number = self.frame.number(original_node)
        self._state(original_node, form.While(number, test, body, self.block(original_node.orelse)))

    def leave_For(self, original_node: cst.For) -> None:
        self._state(
            original_node,
            form.For(
                self.frame.number(original_node),
                self.expression(original_node.target),
                self.expression(original_node.iter),
                self.block(original_node.body),
                self.block(original_node.orelse),
                original_node.asynchronous is not None,
            ),
        )

    def leave_Try(self, original_node: cst.Try) -> None:
        self._try(original_node, False)

    def leave_TryStar(self, original_node: cst.TryStar) -> None:
        self._try(original_node, True)

    def _try(self, node: cst.Try | cst.TryStar, is_group: bool) -> None:
        handlers: list[form.Handler] = []
        for handler in node.handlers:
            types = literals.caught(self.optional(handler.type))
            bound = handler.name.name if handler.name else None
            name = named(bound) if isinstance(bound, cst.Name) else None
            number = self.frame.number(handler)
            handlers.append(form.Handler(number, types, name, self.block(handler.body)))
        self._state(
            node,
            form.Try(
                self.frame.number(node),
                self.block(node.body),
                tuple(handlers),
                self.block(node.orelse),
                self.block(node.finalbody),
                is_group,
            ),
        )

    def leave_With(self, original_node: cst.With) -> None:
        items = tuple(
            form.WithItem(
                self.frame.number(item.item),
                self.expression(item.item),
                self.optional(item.asname.name if item.asname else None),
            )
            for item in original_node.items
        )
        number = self.frame.number(original_node)
        is_async = original_node.asynchronous is not None
        self._state(original_node, form.With(number, items, self.block(original_node.body), is_async))

    def leave_Match(self, original_node: cst.Match) -> None:
        cases = tuple(self._case(case) for case in original_node.cases)
        subject = self.expression(original_node.subject)
        self._state(original_node, form.Match(self.frame.number(original_node), subject, cases))

    def _case(self, node: cst.MatchCase) -> form.Case:
        pattern = node.pattern
        is_catch_all = isinstance(pattern, cst.MatchAs) and pattern.pattern is None
        return form.Case(
            self.frame.number(node),
            tuple(_bound_names(pattern)),
            (),
            self.optional(node.guard),
            is_catch_all and node.guard is None,
            self.block(node.body),
        )


def dotted(node: cst.BaseExpression) -> str:
    """`a.b.c` of an import's name."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(named(node.attr))
        node = node.value
    parts.append(named(cast("cst.Name", node)))
    return ".".join(reversed(parts))


def _alias(node: cst.ImportAlias) -> str | None:
    name = node.asname.name if node.asname else None
    return named(name) if isinstance(name, cst.Name) else None


def _bound_names(pattern: cst.CSTNode) -> Iterator[str]:
    """Names that a match pattern binds, in source order."""
    for name in ("pattern", "value", "patterns", "elements", "kwds"):
        part = getattr(pattern, name, None)
        for inner in part if isinstance(part, (tuple, list)) else (part,):
            if isinstance(inner, cst.CSTNode):
                yield from _bound_names(inner)
    bound = pattern.name if isinstance(pattern, (cst.MatchAs, cst.MatchStar)) else None
    bound = pattern.rest if isinstance(pattern, cst.MatchMapping) else bound
    if bound is not None:
        yield named(bound)


_AUGMENTED: dict[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+=",
    cst.SubtractAssign: "-=",
    cst.MultiplyAssign: "*=",
    cst.MatrixMultiplyAssign: "@=",
    cst.DivideAssign: "/=",
    cst.ModuloAssign: "%=",
    cst.PowerAssign: "**=",
    cst.LeftShiftAssign: "<<=",
    cst.RightShiftAssign: ">>=",
    cst.BitOrAssign: "|=",
    cst.BitXorAssign: "^=",
    cst.BitAndAssign: "&=",
    cst.FloorDivideAssign: "//=",
}
