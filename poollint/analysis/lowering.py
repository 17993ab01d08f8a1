"""LibCST visitor: a file's tree into the statement form, functions and classes by qualified name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst

from poollint.analysis.lower_expressions import ExpressionLowering, Frame
from poollint.model import form
from poollint.syntax.walker import walk

CLASS_BODY = "<body>"


@dataclass(frozen=True, slots=True)
class Lowered:
    """A file's form, and the nodes behind each function's ordinals (valid while the tree lives)."""

    form: form.FileForm
    nodes: dict[str, list[cst.CSTNode]]


def lower(tree: cst.Module, path: str) -> Lowered:
    """The statement form of a parsed file; `path` is from the project root."""
    visitor = Lowering(path)
    walk(tree, visitor)
    return Lowered(form.FileForm(path, visitor.functions, visitor.classes), visitor.numbered)


class Lowering(ExpressionLowering):
    """Statements, functions and classes. Blocks wait in `blocks`, statements in `statements`, by identity."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.functions: dict[str, form.FunctionForm] = {}
        self.classes: dict[str, form.ClassForm] = {}
        self.numbered: dict[str, list[cst.CSTNode]] = {}
        self.statements: dict[int, tuple[form.Stmt, ...]] = {}
        self.blocks: dict[int, form.Block] = {}
        self.scopes: list[tuple[str, bool]] = []
        self.taken: dict[str, int] = {}
        self.lambdas = 0

    # --- names of functions and classes ---

    def _open(self, name: str, is_class: bool) -> str:
        outer = self.scopes[-1][0] if self.scopes else ""
        qualified = f"{outer}.{name}" if outer else name
        count = self.taken[qualified] = self.taken.get(qualified, 0) + 1
        if count > 1:
            qualified = f"{qualified}@{count}"
        self.scopes.append((qualified, is_class))
        self.frames.append(Frame(f"{qualified}.{CLASS_BODY}" if is_class else qualified))
        return qualified

    def _close(self) -> Frame:
        self.scopes.pop()
        frame = self.frames.pop()
        self.numbered[frame.qualified] = frame.nodes
        return frame

    def _enclosing(self) -> tuple[str | None, str | None]:
        """(owner class, parent function) of the innermost open scope."""
        if not self.scopes:
            return None, None
        name, is_class = self.scopes[-1]
        if is_class:
            return name, next((scope for scope, kind in reversed(self.scopes) if not kind), None)
        return None, name

    # --- the file ---

    def visit_Module(self, node: cst.Module) -> None:
        self.frames.append(Frame(form.MODULE))

    def leave_Module(self, original_node: cst.Module) -> None:
        frame = self.frames.pop()
        self.numbered[form.MODULE] = frame.nodes
        body = self._flat(original_node.body)
        self.functions[form.MODULE] = form.FunctionForm(
            form.MODULE, form.MODULE, -1, (), (), None, False, False, body
        )

    def _flat(self, nodes: Sequence[cst.CSTNode]) -> form.Block:
        return tuple(statement for node in nodes for statement in self.statements.pop(id(node), ()))

    def leave_SimpleStatementLine(self, original_node: cst.SimpleStatementLine) -> None:
        self.statements[id(original_node)] = self._flat(original_node.body)

    def leave_SimpleStatementSuite(self, original_node: cst.SimpleStatementSuite) -> None:
        self.blocks[id(original_node)] = self._flat(original_node.body)

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock) -> None:
        self.blocks[id(original_node)] = self._flat(original_node.body)

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
        operator = type(original_node.operator).__name__.removesuffix("Assign")
        target, value = self.expression(original_node.target), self.expression(original_node.value)
        number = self.frame.number(original_node)
        self._state(original_node, form.Bind(number, (target,), value, op=operator))

    def leave_Del(self, original_node: cst.Del) -> None:
        target = self.expression(original_node.target)
        targets = target.items if isinstance(target, form.Sequence) else (target,)
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
        self._state(original_node, form.Declare("global", tuple(item.name.value for item in original_node.names)))

    def leave_Nonlocal(self, original_node: cst.Nonlocal) -> None:
        names = tuple(item.name.value for item in original_node.names)
        self._state(original_node, form.Declare("nonlocal", names))

    def leave_Import(self, original_node: cst.Import) -> None:
        names = tuple(form.ImportedName(dotted(a.name), 0, None, _alias(a)) for a in original_node.names)
        self._state(original_node, form.Import(self.frame.number(original_node), names))

    def leave_ImportFrom(self, original_node: cst.ImportFrom) -> None:
        module = dotted(original_node.module) if original_node.module else ""
        level = len(original_node.relative)
        if isinstance(original_node.names, cst.ImportStar):
            names: tuple[form.ImportedName, ...] = (form.ImportedName(module, level, "*", None),)
        else:
            names = tuple(
                form.ImportedName(module, level, dotted(alias.name), _alias(alias))
                for alias in original_node.names
            )
        self._state(original_node, form.Import(self.frame.number(original_node), names))

    # --- compound statements ---

    def leave_If(self, original_node: cst.If) -> None:
        orelse = original_node.orelse
        other = self._flat((orelse,)) if isinstance(orelse, cst.If) else self.block(orelse)
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
            kind = self.optional(handler.type)
            types = kind.items if isinstance(kind, form.Sequence) else (kind,) if kind else ()
            named = handler.name.name if handler.name else None
            name = named.value if isinstance(named, cst.Name) else None
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

    # --- functions and classes ---

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._open(node.name.value, is_class=False)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        body = self.block(original_node.body)
        returns = original_node.returns
        number = self.frame.number(original_node.name)
        frame = self._close()
        owner, parent = self._enclosing()
        self.functions[frame.qualified] = form.FunctionForm(
            frame.qualified,
            original_node.name.value,
            number,
            self._parameters(original_node.params),
            tuple(self.expression(decorator.decorator) for decorator in original_node.decorators),
            self.optional(returns.annotation if returns else None),
            original_node.asynchronous is not None,
            frame.has_yield,
            body,
            owner,
            parent,
        )
        outer = self.frame.number(original_node)
        define = form.Define(outer, original_node.name.value, frame.qualified, is_class=False)
        self._state(original_node, define)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.lambdas += 1
        self._open(f"<lambda-{self.lambdas}>", is_class=False)

    def leave_Lambda(self, original_node: cst.Lambda) -> None:
        number = self.frame.number(original_node)
        value = form.Return(number, self.expression(original_node.body))
        frame = self._close()
        owner, parent = self._enclosing()
        self.functions[frame.qualified] = form.FunctionForm(
            frame.qualified,
            "<lambda>",
            number,
            self._parameters(original_node.params),
            (),
            None,
            False,
            frame.has_yield,
            (value,),
            owner,
            parent,
        )
        self.keep(original_node, form.Lambda(frame.qualified))

    def _parameters(self, node: cst.Parameters) -> tuple[form.Parameter, ...]:
        found = [self._parameter(p, "positional") for p in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._parameter(node.star_arg, "*"))
        found += [self._parameter(p, "keyword") for p in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self._parameter(node.star_kwarg, "**"))
        return tuple(found)

    def _parameter(self, node: cst.Param, kind: str) -> form.Parameter:
        annotation = self.optional(node.annotation.annotation if node.annotation else None)
        return form.Parameter(node.name.value, kind, annotation, self.optional(node.default))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._open(node.name.value, is_class=True)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        body = self.block(original_node.body)
        number = self.frame.number(original_node.name)
        qualified = self.scopes[-1][0]
        frame = self._close()
        _, parent = self._enclosing()
        self.classes[qualified] = form.ClassForm(
            qualified,
            original_node.name.value,
            number,
            tuple(self.expression(base.value) for base in original_node.bases),
            tuple(self.expression(decorator.decorator) for decorator in original_node.decorators),
            body,
            parent,
        )
        self.functions[frame.qualified] = form.FunctionForm(
            frame.qualified, CLASS_BODY, number, (), (), None, False, False, body, qualified, parent
        )
        outer = self.frame.number(original_node)
        self._state(original_node, form.Define(outer, original_node.name.value, qualified, is_class=True))


def dotted(node: cst.BaseExpression) -> str:
    """`a.b.c` of an import's name."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    parts.append(cast("cst.Name", node).value)
    return ".".join(reversed(parts))


def _alias(node: cst.ImportAlias) -> str | None:
    name = node.asname.name if node.asname else None
    return name.value if isinstance(name, cst.Name) else None


def _bound_names(pattern: cst.CSTNode) -> list[str]:
    """Names that a match pattern binds, in source order."""
    found: list[str] = []
    waiting: list[cst.CSTNode] = [pattern]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
            found.append(node.name.value)
        if isinstance(node, cst.MatchMapping) and node.rest is not None:
            found.append(node.rest.value)
        inner = [getattr(node, field, None) for field in ("pattern", "patterns", "elements", "kwds", "left", "right")]
        for part in inner:
            parts = part if isinstance(part, (tuple, list)) else (part,)
            waiting += [p for p in parts if isinstance(p, cst.CSTNode)]
    return found
