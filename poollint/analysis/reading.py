"""HTTP responses: what reads one to its end, which gives its connection back as a close does.

A response is read by its own methods and attributes (the catalogue names them), by iterating what it hands out for
that, by reading its file object without a size, or turn by turn with one; by functions of the language that read
whatever they are given.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.scopes import statement_expressions, target_path
from poollint.analysis.sites import Site
from poollint.model import form
from poollint.model.library import Derive
from poollint.model.meaning import External

EXHAUSTING = frozenset({
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.dict", "builtins.sorted",
    "builtins.sum", "builtins.min", "builtins.max", "shutil.copyfileobj", "json.load",
})  # fmt: skip
WRAPPING = frozenset({
    "builtins.iter", "builtins.enumerate", "builtins.zip", "builtins.map", "builtins.filter", "itertools.chain",
    "io.BufferedReader", "io.TextIOWrapper", "codecs.iterdecode",
})  # fmt: skip
FILE_READS = frozenset({"read", "readall", "readinto", "read1", "readany", "readchunk", "readline", "readexactly"})
WHOLE = ("read", "readall")
SIZES = ("amt", "n", "size")


@dataclass(frozen=True, slots=True)
class Reading:
    """The questions about one site; all answers are "no" where it is no response."""

    site: Site
    linker: Linker

    @property
    def is_asked(self) -> bool:
        return self.site.kind == "response"

    def by_attribute(self, name: str) -> bool:
        """`response.text`: taking it reads all."""
        return self.is_asked and any(
            r.reads and r.on == "self" and r.awaited == "no" and r.method == name for r in self.site.acquire.release
        )

    def leads_on(self, name: str) -> bool:
        """`response.raw`, `response.iter_lines()`: who has it can read to the end."""
        derived = self._derived(name)
        return derived is not None and derived.holds

    def gives_back_failing(self, name: str) -> bool:
        """A method that has released the response when it raises."""
        derived = self._derived(name)
        return derived is not None and derived.releases_failing

    def _derived(self, name: str) -> Derive | None:
        return self.linker.catalogue.derive(self.site.type_id, name) if self.is_asked else None

    def by_file_method(self, call: form.Call) -> str:
        """A read on a response, or on its file object: "all", "some" (with a size, or a line) or ""."""
        name = call.func.name if isinstance(call.func, form.Attr) else ""
        if not self.is_asked or name not in FILE_READS:
            return ""
        has_size = any(argument.keyword in (None, *SIZES) for argument in call.args)
        return "some" if has_size or name not in WHOLE else "all"

    def by_function(self, call: form.Call, scope: Scope) -> str:
        """What a function of the language does with the response's chunks: "reads", "wraps" or ""."""
        if not self.is_asked:
            return ""
        if isinstance(call.func, form.Attr) and call.func.name == "join" and len(call.args) == 1:
            return "reads"
        found = self.linker.meaning(call.func, scope)
        name = found.name if isinstance(found, External) else ""
        return "reads" if name in EXHAUSTING else "wraps" if name in WRAPPING else ""

    def opens_only(self, call: form.Call) -> bool:
        """Whether a function that is handed a file object opens it and reads on demand (`Image.open(response.raw)`)."""
        return self.is_asked and isinstance(call.func, form.Attr) and call.func.name == "open"

    def in_statement(self, statement: form.Stmt, names: Container[str]) -> bool:
        """Whether a statement, by its text, reads one of `names` to its end."""
        if not self.is_asked:
            return False
        if isinstance(statement, form.For) and self._is_turned(statement.iterable, names):
            return True
        for expression in statement_expressions(statement):
            if isinstance(expression, form.Attr) and target_path(expression.base) in names:
                if self.by_attribute(expression.name):
                    return True
            if isinstance(expression, form.Comprehension):
                if any(self._is_turned(source[1], names) for source in expression.sources):
                    return True
        return False

    def _is_turned(self, iterable: form.Expr, names: Container[str]) -> bool:
        """Whether a loop's iterable is a response or what it hands out for reading, wrapped or not."""
        while isinstance(iterable, form.Call):
            if isinstance(iterable.func, form.Attr) and self.leads_on(iterable.func.name):
                return target_path(iterable.func.base) in names
            if not iterable.args:
                return False
            iterable = iterable.args[0].value
        while isinstance(iterable, form.Attr):
            if target_path(iterable) in names:
                break
            iterable = iterable.base
        return target_path(iterable) in names
