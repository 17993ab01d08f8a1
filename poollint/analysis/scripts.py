"""Programs that end: what their own statements make, use and keep for themselves has no lasting life."""

from __future__ import annotations

from functools import cached_property

from poollint.analysis.followed import Followed, Maker
from poollint.analysis.linker import Linker
from poollint.analysis.loops import enclosing
from poollint.analysis.scopes import expressions, own_expressions, statements, target_path
from poollint.model import form
from poollint.model.meaning import FileModule

MAIN = (form.Name("__name__"), form.Const("__main__"))


class Scripts:
    """Asked about values that are made at module level."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def ends(self, maker: Maker, shared: Followed, kept: Followed) -> bool:
        """Whether a value serves only the statements of a program: it is used right there, no function of the file
        knows it, and nobody imports the file."""
        path = maker.scope.path
        file = self.linker.project.file(path)
        if file is None or not self._is_used(maker, shared):
            return False
        names = {name.partition(".")[0] for name in kept.names}
        others = [f for f in file.form.functions.values() if f.qualified != form.MODULE]
        if any(_mentions(function, names) for function in others):
            return False
        return _is_in_main(maker) or path not in self._imported

    def _is_used(self, maker: Maker, shared: Followed) -> bool:
        found = (e for s in statements(maker.region) for own in own_expressions(s) for e in expressions(own))
        return any(shared.method_on(expression) is not None for expression in found)

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The files that files which can matter import, at module level or later."""
        project = self.linker.project
        found: set[str] = set()
        for path in sorted(self.linker.candidates):
            file = project.file(path)
            for function in file.form.functions.values() if file is not None else ():
                for statement in statements(function.body):
                    for imported in statement.names if isinstance(statement, form.Import) else ():
                        module = project.module(path, imported.module, imported.level)
                        below = None
                        if isinstance(module, FileModule):
                            found.add(module.path)
                            below = project.submodule(module, imported.name) if imported.name else None
                        if below is not None:
                            found.add(below.path)
        return frozenset(found)


def _is_in_main(maker: Maker) -> bool:
    """Whether it stands under `if __name__ == "__main__":`."""
    chain = enclosing(maker.function.body, maker.call.ordinal)
    tests = [s.test for s in chain[:-1] if isinstance(s, form.If)]
    return any(isinstance(t, form.Compare) and {t.left, t.right} == set(MAIN) for t in tests)


def _mentions(function: form.FunctionForm, names: set[str]) -> bool:
    found = (e for s in statements(function.body) for own in own_expressions(s) for e in expressions(own))
    return any(isinstance(e, form.Name) and target_path(e) in names for e in found)
