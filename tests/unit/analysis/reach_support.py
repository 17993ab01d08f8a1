"""Small projects, written as texts, with what is known of where their code runs."""

from __future__ import annotations

import textwrap

from poollint.analysis.linker import Linker
from poollint.analysis.lowering import lower
from poollint.analysis.project import Project
from poollint.analysis.reach import Reach
from poollint.analysis.scopes import statement_expressions, statements
from poollint.catalogue.catalogue import load_catalogue
from poollint.model import form
from poollint.syntax.source import Source


def reach_of(**files: str) -> Reach:
    """A project of modules; `__` in a keyword is a folder: `app__views="..."` is `app/views.py`."""
    texts = {f"{name.replace('__', '/')}.py": textwrap.dedent(text) for name, text in files.items()}

    def load(path: str) -> form.FileForm:
        return lower(Source(path, texts[path].encode()).tree, path).form

    project = Project(frozenset(texts), load, load_catalogue())
    return Reach(Linker(project, frozenset(texts)), frozenset(texts))


def frequency(reach: Reach, qualified: str, path: str = "main.py") -> str:
    return reach.runs(path, qualified).frequency


def story(reach: Reach, qualified: str, path: str = "main.py") -> list[str]:
    """What a function runs as, then the steps that lead to it."""
    runs = reach.runs(path, qualified)
    return [runs.what, *(step.text for step in runs.chain)]


def ordinal_of(function: form.FunctionForm, name: str = "make") -> int:
    """The number of the only call of `name` in a function."""
    found = [
        expression.ordinal
        for statement in statements(function.body)
        for expression in statement_expressions(statement)
        if isinstance(expression, form.Call) and expression.func == form.Name(name)
    ]
    assert len(found) == 1
    return found[0]


def function_of(text: str, qualified: str = "f") -> form.FunctionForm:
    source = Source("main.py", textwrap.dedent(text).encode())
    return lower(source.tree, "main.py").form.functions[qualified]
