"""A file's units: its top-level statements, with the names they bind and the words they hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from poollint.analysis.scan import Words, words

_GLOBAL = re.compile(r"\bglobal\s+([\w \t,]+)")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Unit:
    """`names` are what it binds at the top of the file; `is_import` for an import statement, which uses nothing.

    Of a class, `bases` are the words of its bases, `methods` the text of each method.
    """

    names: frozenset[str]
    words: Words
    is_import: bool = False
    bases: frozenset[str] = frozenset()
    methods: dict[str, str] = field(default_factory=dict, hash=False)


def units(tree: ast.Module, text: str) -> tuple[Unit, ...]:
    """The units of a parsed file."""
    starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
    return tuple([_unit(node, text, starts) for node in tree.body])


def whole(text: str) -> tuple[Unit, ...]:
    """One unit for a text that `ast` does not read: it may bind any name it holds."""
    found = words(text)
    return (Unit(found.bare, found),)


def _unit(node: ast.stmt, text: str, starts: list[int]) -> Unit:
    own = _slice(node, text, starts)
    names = frozenset(_bound(node)) | _declared_global(own)
    if isinstance(node, ast.ClassDef):
        bases = frozenset(inner.id for base in node.bases for inner in ast.walk(base) if isinstance(inner, ast.Name))
        bases |= frozenset(i.attr for base in node.bases for i in ast.walk(base) if isinstance(i, ast.Attribute))
        methods = {
            inner.name: _slice(inner, text, starts)
            for inner in node.body
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        return Unit(names, words(own), False, bases, methods)
    return Unit(names, words(own), isinstance(node, _IMPORTS))


def _slice(node: ast.stmt, text: str, starts: list[int]) -> str:
    """The lines of a statement, decorators included."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    last = node.end_lineno or node.lineno
    return text[starts[first - 1] : starts[last] if last < len(starts) else len(text)]


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name.partition(".")[0]


def _declared_global(text: str) -> frozenset[str]:
    if "global" not in text:
        return frozenset()
    return frozenset(name.strip() for match in _GLOBAL.finditer(text) for name in match.group(1).split(","))
