"""A thing that is made only where the caller gave none: `def __init__(self, client=None): client or make()`."""

from __future__ import annotations

from poollint.analysis.edges import Edge
from poollint.analysis.entries import body_calls
from poollint.analysis.guards import checks
from poollint.analysis.kept import Kept
from poollint.analysis.linker import Linker
from poollint.analysis.loops import enclosing
from poollint.analysis.scopes import Bindings
from poollint.model import form
from poollint.model.span import Place


class ParameterKept(Kept):
    """Reads what parameters hold in place of what lasts."""

    def _is_lasting_name(self, name: str) -> bool:
        return name in self.parameters


def _never(expression: form.Expr) -> bool:
    return False


def left_out(function: form.FunctionForm, bound: Bindings, ordinal: int) -> frozenset[str]:
    """The parameters that are empty where the call with this ordinal is reached."""
    chain = enclosing(function.body, ordinal)
    if not chain or not function.parameters:
        return frozenset()
    kept = ParameterKept(function, bound, _never)
    found = {place for check in checks(kept, function.body, chain, ordinal) for place in check.places}
    return frozenset(found & {p.name for p in function.parameters if p.default is not None})


class Given:
    """Which calls give a parameter."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self._calls: dict[Place, form.Call | None] = {}

    def gives(self, edge: Edge, names: frozenset[str]) -> bool:
        """Whether a call gives one of these parameters of its callee, or may (`**options`, `*items`)."""
        call = self._call(edge.place)
        function = self._function(edge.target.path, edge.target.qualified)
        if call is None or function is None:
            return False
        positional = [p.name for p in function.parameters if p.kind == "positional"]
        if edge.target.bound is not None or edge.kind == "make":
            positional = positional[1:]
        for index, argument in enumerate(call.args):
            if argument.star:
                return True
            name = argument.keyword or (positional[index] if index < len(positional) else "")
            if name in names and argument.value != form.Const(None):
                return True
        return False

    def _call(self, place: Place) -> form.Call | None:
        if place not in self._calls:
            function = self._function(place.path, place.function)
            found = body_calls(function) if function is not None else ()
            self._calls[place] = next((call for call in found if call.ordinal == place.ordinal), None)
        return self._calls[place]

    def _function(self, path: str, qualified: str) -> form.FunctionForm | None:
        file = self.linker.project.file(path)
        return file.form.functions.get(qualified) if file is not None else None
