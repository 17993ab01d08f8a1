"""Statements of `ast` into the statement form, numbered as `lower_statements` numbers LibCST's."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from poollint.analysis import literals
from poollint.analysis.outline_expressions import ExpressionOutline, NotOutlined
from poollint.model import form


class StatementOutline(ExpressionOutline):
    """Each method reads one class of statement and gives it after its inner blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._statement_readers: dict[type, Callable[[Any], form.Stmt]] = {
            getattr(ast, name): getattr(self, method) for name, method in _READERS.items() if hasattr(ast, name)
        }

    def block(self, nodes: list[ast.stmt]) -> form.Block:
        found: list[form.Stmt] = []
        for node in nodes:
            reader = self._statement_readers.get(type(node))
            if reader is not None:
                found.append(reader(node))
            elif not isinstance(node, ast.Pass):
                raise NotOutlined(type(node).__name__)
        return tuple(found)

    # --- small statements ---

    def _expr(self, node: ast.Expr) -> form.Stmt:
        value = self.expression(node.value)
        return form.Evaluate(self.frame.number(), value)

    def _assign(self, node: ast.Assign) -> form.Stmt:
        targets = self._all(node.targets)
        value = self.expression(node.value)
        return form.Bind(self.frame.number(), targets, value)

    def _ann_assign(self, node: ast.AnnAssign) -> form.Stmt:
        target = self.expression(node.target)
        annotation = self.expression(node.annotation)
        value = self.optional(node.value)
        return form.Bind(self.frame.number(), (target,), value, annotation)

    def _aug_assign(self, node: ast.AugAssign) -> form.Stmt:
        target = self.expression(node.target)
        value = self.expression(node.value)
        return form.Bind(self.frame.number(), (target,), value, op=literals.AUGMENTED[type(node.op).__name__])

    def _delete(self, node: ast.Delete) -> form.Stmt:
        targets = literals.deleted([self.expression(target) for target in node.targets])
        return form.Delete(self.frame.number(), targets)

    def _return(self, node: ast.Return) -> form.Stmt:
        value = self.optional(node.value)
        return form.Return(self.frame.number(), value)

    def _raise(self, node: ast.Raise) -> form.Stmt:
        exception = self.optional(node.exc)
        cause = self.optional(node.cause)
        return form.Raise(self.frame.number(), exception, cause)

    def _assert(self, node: ast.Assert) -> form.Stmt:
        test = self.expression(node.test)
        message = self.optional(node.msg)
        return form.Assert(self.frame.number(), test, message)

    def _break(self, node: ast.Break) -> form.Stmt:
        return form.Break(self.frame.number())

    def _continue(self, node: ast.Continue) -> form.Stmt:
        return form.Continue(self.frame.number())

    def _global(self, node: ast.Global) -> form.Stmt:
        return form.Declare("global", tuple(node.names))

    def _nonlocal(self, node: ast.Nonlocal) -> form.Stmt:
        return form.Declare("nonlocal", tuple(node.names))

    def _import(self, node: ast.Import) -> form.Stmt:
        names = tuple([form.ImportedName(alias.name, 0, None, alias.asname) for alias in node.names])
        return form.Import(self.frame.number(), names)

    def _import_from(self, node: ast.ImportFrom) -> form.Stmt:
        module, level = node.module or "", node.level
        names = tuple([form.ImportedName(module, level, alias.name, alias.asname) for alias in node.names])
        return form.Import(self.frame.number(), names)

    # --- compound statements ---

    def _if(self, node: ast.If) -> form.Stmt:
        test = self.expression(node.test)
        body = self.block(node.body)
        orelse = self.block(node.orelse)
        return form.If(self.frame.number(), test, body, orelse)

    def _while(self, node: ast.While) -> form.Stmt:
        test = self.expression(node.test)
        body = self.block(node.body)
        orelse = self.block(node.orelse)
        return form.While(self.frame.number(), test, body, orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> form.Stmt:
        target = self.expression(node.target)
        iterable = self.expression(node.iter)
        body = self.block(node.body)
        orelse = self.block(node.orelse)
        return form.For(self.frame.number(), target, iterable, body, orelse, isinstance(node, ast.AsyncFor))

    def _try(self, node: ast.Try) -> form.Stmt:
        """Any `try`; the handlers are numbered last."""
        body = self.block(node.body)
        read: list[tuple[form.Block, tuple[form.Expr, ...], str | None]] = []
        for handler in node.handlers:
            types = literals.caught(self.optional(handler.type))
            read.append((self.block(handler.body), types, handler.name))
        orelse = self.block(node.orelse)
        final = self.block(node.finalbody)
        handlers = tuple([form.Handler(self.frame.number(), types, name, inner) for inner, types, name in read])
        is_group = not isinstance(node, ast.Try)
        return form.Try(self.frame.number(), body, handlers, orelse, final, is_group)

    def _with(self, node: ast.With | ast.AsyncWith) -> form.Stmt:
        read = [(self.expression(item.context_expr), self.optional(item.optional_vars)) for item in node.items]
        body = self.block(node.body)
        items = tuple([form.WithItem(self.frame.number(), value, target) for value, target in read])
        return form.With(self.frame.number(), items, body, isinstance(node, ast.AsyncWith))

    def _match(self, node: ast.Match) -> form.Stmt:
        subject = self.expression(node.subject)
        read: list[tuple[form.Block, form.Expr | None]] = []
        for case in node.cases:
            guard = self.optional(case.guard)
            read.append((self.block(case.body), guard))
        cases = tuple([self._case(case, *parts) for case, parts in zip(node.cases, read, strict=True)])
        return form.Match(self.frame.number(), subject, cases)

    def _case(self, node: ast.match_case, body: form.Block, guard: form.Expr | None) -> form.Case:
        pattern = node.pattern
        is_catch_all = isinstance(pattern, ast.MatchAs) and pattern.pattern is None and guard is None
        names = tuple(_bound_names(pattern))
        return form.Case(self.frame.number(), names, (), guard, is_catch_all, body)

    def _type_alias(self, node: Any) -> form.Stmt:
        """`type X = ...` of Python 3.12."""
        self.type_parameters(node)
        value = self.expression(node.value)
        return form.Bind(self.frame.number(), (form.Name(node.name.id),), value)

    def type_parameters(self, node: Any) -> None:
        """Bounds and defaults of `[T: bound = default]` have no form, but what is in them is numbered."""
        for parameter in getattr(node, "type_params", ()):
            self.optional(getattr(parameter, "bound", None))
            self.optional(getattr(parameter, "default_value", None))

    @abstractmethod
    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> form.Stmt: ...

    @abstractmethod
    def _class(self, node: ast.ClassDef) -> form.Stmt: ...


def _bound_names(pattern: ast.pattern) -> Iterator[str]:
    """Names that a match pattern binds, in source order."""
    for name in ("pattern", "patterns", "kwd_patterns"):
        part = getattr(pattern, name, None)
        for inner in part if isinstance(part, list) else (part,):
            if inner is not None:
                yield from _bound_names(inner)
    bound = getattr(pattern, "rest", None) or getattr(pattern, "name", None)
    if bound is not None:
        yield bound


_READERS = {
    "Expr": "_expr",
    "Assign": "_assign",
    "AnnAssign": "_ann_assign",
    "AugAssign": "_aug_assign",
    "Delete": "_delete",
    "Return": "_return",
    "Raise": "_raise",
    "Assert": "_assert",
    "Break": "_break",
    "Continue": "_continue",
    "Global": "_global",
    "Nonlocal": "_nonlocal",
    "Import": "_import",
    "ImportFrom": "_import_from",
    "If": "_if",
    "While": "_while",
    "For": "_for",
    "AsyncFor": "_for",
    "Try": "_try",
    "TryStar": "_try",
    "With": "_with",
    "AsyncWith": "_with",
    "Match": "_match",
    "TypeAlias": "_type_alias",
    "FunctionDef": "_function",
    "AsyncFunctionDef": "_function",
    "ClassDef": "_class",
}
