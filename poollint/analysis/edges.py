"""Ways from one function to another, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.analysis.mentions import Key
from poollint.model import form
from poollint.model.finding import Step
from poollint.model.meaning import ClassRef, FunctionRef
from poollint.model.span import Place


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a function to another; `place` stands in the caller.

    `kind`: "call", "make" (a class is called: its `__init__`), "property", "enter" (`with`), "override" (a method
    of a subclass that `self.method()` may run), or "pass" (handed as a value to something that may call it; not
    known to be called). `handed_off` is "thread", "process" or "loop" where the callee runs elsewhere than in the
    caller's frame, else "".
    """

    place: Place
    target: FunctionRef
    kind: str = "call"
    awaited: bool = False
    handed_off: str = ""

    @property
    def caller(self) -> Key:
        return (self.place.path, self.place.function)

    @property
    def callee(self) -> Key:
        return (self.target.path, self.target.qualified)


@dataclass(frozen=True, slots=True)
class Making:
    """A place where a class of the project is called; told apart since a class may have no `__init__`."""

    place: Place
    cls: ClassRef


def step(edge: Edge) -> Step:
    """An edge as a station of a finding's story."""
    return Step("call", edge.place, _told(edge))


def _told(edge: Edge) -> str:
    caller, callee = _shown(edge.place.function), _shown(edge.target.qualified)
    if edge.kind == "make":
        return f"{caller} makes a `{edge.target.qualified.rpartition('.')[0]}`"
    if edge.kind == "property":
        return f"{caller} reads `{edge.target.qualified}`"
    if edge.handed_off:
        return f"{caller} hands {callee} to a {edge.handed_off}"
    return f"{caller} {'passes on' if edge.kind == 'pass' else 'calls'} {callee}"


def _shown(qualified: str) -> str:
    last = qualified.rpartition(".")[2]
    if last.startswith("<lambda"):
        return "a lambda"
    if qualified == form.MODULE:
        return "the module"
    if last == form.CLASS_BODY:
        return f"`class {qualified.rpartition('.')[0]}`"
    return f"`{qualified}()`"
