"""LibCST visitor: a file's tree into the statement form, functions and classes by qualified name.

Ordinals count the numbered nodes of one function in the order in which the walk leaves them: that of the source, inner
nodes first; decorators, parameters and annotations are of the function that they head. `outline` gives the same
numbers from `ast`.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from poollint.analysis.lower_expressions import named
from poollint.analysis.lower_statements import StatementLowering
from poollint.analysis.lower_strings import Frame
from poollint.analysis.qualifying import Qualifying
from poollint.model import form
from poollint.model.form import CLASS_BODY, LAMBDA
from poollint.syntax.walker import walk


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


class Lowering(StatementLowering, Qualifying):
    """Functions, classes and the file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.functions: dict[str, form.FunctionForm] = {}
        self.classes: dict[str, form.ClassForm] = {}
        self.numbered: dict[str, list[cst.CSTNode]] = {}
        self.scopes = []
        self.taken = {}
        self.lambdas = 0

    # --- names of functions and classes ---

    def _open(self, name: str, is_class: bool) -> str:
        qualified = self.enter(name, is_class)
        self.frames.append(Frame(f"{qualified}.{CLASS_BODY}" if is_class else qualified))
        return qualified

    def _close(self) -> Frame:
        self.scopes.pop()
        frame = self.frames.pop()
        self.numbered[frame.qualified] = frame.nodes
        return frame

    # --- the file ---

    def visit_Module(self, node: cst.Module) -> None:
        self.frames.append(Frame(form.MODULE))

    def leave_Module(self, original_node: cst.Module) -> None:
        frame = self.frames.pop()
        self.numbered[form.MODULE] = frame.nodes
        body = self.flat(original_node.body)
        self.functions[form.MODULE] = form.FunctionForm(form.MODULE, form.MODULE, -1, (), (), None, False, False, body)

    # --- functions and classes ---

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._open(named(node.name), is_class=False)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        body = self.block(original_node.body)
        returns = original_node.returns
        number = self.frame.number(original_node.name)
        frame = self._close()
        owner, parent = self.enclosing()
        self.functions[frame.qualified] = form.FunctionForm(
            frame.qualified,
            named(original_node.name),
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
        define = form.Define(outer, named(original_node.name), frame.qualified, is_class=False)
        self._state(original_node, define)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.lambdas += 1
        self._open(f"<lambda-{self.lambdas}>", is_class=False)

    def leave_Lambda(self, original_node: cst.Lambda) -> None:
        number = self.frame.number(original_node)
        value = form.Return(number, self.expression(original_node.body))
        frame = self._close()
        owner, parent = self.enclosing()
        self.functions[frame.qualified] = form.FunctionForm(
            frame.qualified,
            LAMBDA,
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
        return form.Parameter(named(node.name), kind, annotation, self.optional(node.default))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._open(named(node.name), is_class=True)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        body = self.block(original_node.body)
        number = self.frame.number(original_node.name)
        qualified = self.scopes[-1][0]
        frame = self._close()
        _, parent = self.enclosing()
        self.classes[qualified] = form.ClassForm(
            qualified,
            named(original_node.name),
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
        self._state(original_node, form.Define(outer, named(original_node.name), qualified, is_class=True))
