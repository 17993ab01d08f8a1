"""A file's statement form from the standard library's `ast`: the same as `lowering` makes, twelve times sooner.

It may only say "may": verdicts come from the form that LibCST's visitors make of the same text.
"""

from __future__ import annotations

import ast
import warnings

from poollint.analysis.outline_expressions import NotOutlined, Numbering
from poollint.analysis.outline_statements import StatementOutline
from poollint.analysis.qualifying import Qualifying
from poollint.model import form
from poollint.model.form import CLASS_BODY, LAMBDA
from poollint.syntax.guard import too_deep


def outline(text: str, path: str) -> form.FileForm | None:
    """The form of a file's text, or None where only LibCST can say: errors, syntax newer than the running Python."""
    tree = parsed(text) if too_deep(text) is None else None
    return None if tree is None else outline_tree(tree, path)


def parsed(text: str) -> ast.Module | None:
    """The tree of a text that is not too deep, if the running Python reads it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def outline_tree(tree: ast.Module, path: str) -> form.FileForm | None:
    """The same from a parsed tree."""
    reader = Outline()
    try:
        return reader.read(tree, path)
    except (NotOutlined, RecursionError):
        return None


class Outline(StatementOutline, Qualifying):
    """Functions, classes and the file."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: dict[str, form.FunctionForm] = {}
        self.classes: dict[str, form.ClassForm] = {}
        self.scopes = []
        self.taken = {}
        self.lambdas = 0

    def read(self, tree: ast.Module, path: str) -> form.FileForm:
        body = self.block(tree.body)
        self.functions[form.MODULE] = form.FunctionForm(form.MODULE, form.MODULE, -1, (), (), None, False, False, body)
        return form.FileForm(path, self.functions, self.classes)

    # --- names of functions and classes ---

    def _open(self, name: str, is_class: bool) -> str:
        qualified = self.enter(name, is_class)
        self.frames.append(self.frame)
        self.frame = Numbering(qualified)
        return qualified

    def _close(self) -> Numbering:
        self.scopes.pop()
        closed, self.frame = self.frame, self.frames.pop()
        return closed

    # --- functions ---

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> form.Stmt:
        qualified = self._open(node.name, is_class=False)
        decorators = self._all(node.decorator_list)
        self.type_parameters(node)
        parameters = self._parameters(node.args)
        returns = self.optional(node.returns)
        body = self.block(node.body)
        number = self.frame.number()
        frame = self._close()
        owner, parent = self.enclosing()
        self.functions[qualified] = form.FunctionForm(
            qualified,
            node.name,
            number,
            parameters,
            decorators,
            returns,
            isinstance(node, ast.AsyncFunctionDef),
            frame.has_yield,
            body,
            owner,
            parent,
        )
        return form.Define(self.frame.number(), node.name, qualified, is_class=False)

    def lambda_(self, node: ast.Lambda) -> form.Expr:
        self.lambdas += 1
        qualified = self._open(f"<lambda-{self.lambdas}>", is_class=False)
        parameters = self._parameters(node.args)
        value = self.expression(node.body)
        number = self.frame.number()
        frame = self._close()
        owner, parent = self.enclosing()
        self.functions[qualified] = form.FunctionForm(
            qualified,
            LAMBDA,
            number,
            parameters,
            (),
            None,
            False,
            frame.has_yield,
            (form.Return(number, value),),
            owner,
            parent,
        )
        return form.Lambda(qualified)

    def _parameters(self, node: ast.arguments) -> tuple[form.Parameter, ...]:
        positional = [*node.posonlyargs, *node.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
        defaults = [*missing, *node.defaults]
        found = [self._parameter(p, "positional", d) for p, d in zip(positional, defaults, strict=True)]
        if node.vararg:
            found.append(self._parameter(node.vararg, "*", None))
        found += [self._parameter(p, "keyword", d) for p, d in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        if node.kwarg:
            found.append(self._parameter(node.kwarg, "**", None))
        return tuple(found)

    def _parameter(self, node: ast.arg, kind: str, default: ast.expr | None) -> form.Parameter:
        annotation = self.optional(node.annotation)
        return form.Parameter(node.arg, kind, annotation, self.optional(default))

    # --- classes ---

    def _class(self, node: ast.ClassDef) -> form.Stmt:
        qualified = self._open(node.name, is_class=True)
        decorators = self._all(node.decorator_list)
        self.type_parameters(node)
        arguments = self.arguments(node.bases, node.keywords)
        bases = tuple([a.value for a in arguments if a.keyword is None and a.star != "**"])
        body = self.block(node.body)
        number = self.frame.number()
        self._close()
        _, parent = self.enclosing()
        self.classes[qualified] = form.ClassForm(qualified, node.name, number, bases, decorators, body, parent)
        inner = f"{qualified}.{CLASS_BODY}"
        self.functions[inner] = form.FunctionForm(
            inner, CLASS_BODY, number, (), (), None, False, False, body, qualified, parent
        )
        return form.Define(self.frame.number(), node.name, qualified, is_class=True)
