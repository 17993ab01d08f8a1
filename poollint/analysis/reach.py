"""How often a function runs: per request, once, or unknown; with the way that leads to it."""

from __future__ import annotations

from functools import cached_property

from poollint.analysis.callgraph import CallGraph
from poollint.analysis.decorated import Decorations
from poollint.analysis.edges import Edge, Making, step
from poollint.analysis.entries import Entries
from poollint.analysis.given import Given
from poollint.analysis.guarded import Guarded
from poollint.analysis.knowing import Knowing
from poollint.analysis.linker import Linker
from poollint.analysis.mentions import Key, Mentions
from poollint.analysis.startup import Startup
from poollint.model import form
from poollint.model.identity import Runs
from poollint.model.meaning import ClassRef

UNKNOWN = Runs("unknown")
AT_IMPORT = Runs("once", "the module's import")
MOST_VISITED = 3000


class Reach:
    """Answers for the functions of one project's candidate files; reads them when the first question comes."""

    def __init__(self, linker: Linker, candidates: frozenset[str]) -> None:
        self.linker = linker
        self.candidates = candidates
        self._runs: dict[Key, Runs] = {}
        self._runs_at: dict[tuple[Key, frozenset[str]], Runs] = {}
        self._ways: dict[tuple[Key, bool], list[Edge]] = {}
        self._made_per_request: dict[ClassRef, bool] = {}
        self._asked: set[Key] = set()

    @cached_property
    def mentions(self) -> Mentions:
        return Mentions(self.linker.project, self.candidates)

    @cached_property
    def entries(self) -> Entries:
        return Entries(self.linker, self.mentions)

    @cached_property
    def graph(self) -> CallGraph:
        return CallGraph(self.linker, self.mentions, self.entries)

    @cached_property
    def decorations(self) -> Decorations:
        return Decorations(self.linker, self.entries.registrar)

    @cached_property
    def _tests(self) -> frozenset[str]:
        """What tests are called; that they alone reach a function says nothing of its use."""
        return frozenset(entry.what for _, entry in self.linker.catalogue.entries if entry.is_test)

    @cached_property
    def guarded(self) -> Guarded:
        return Guarded(self.linker, self.entries.lineage)

    @cached_property
    def given(self) -> Given:
        return Given(self.linker)

    @cached_property
    def knowing(self) -> Knowing:
        return Knowing(self.linker, self.mentions)

    @cached_property
    def startup(self) -> Startup:
        return Startup(self.linker, self.entries, self.graph)

    # --- questions ---

    def runs(self, path: str, qualified: str) -> Runs:
        """How often the function runs; for `MODULE` and module-level class bodies: once."""
        key = (path, qualified)
        found = self._runs.get(key)
        if found is None:
            found = self._runs[key] = self._worked_out(key, frozenset())
        return found

    def runs_at(self, path: str, qualified: str, ordinal: int) -> Runs:
        """How often a call in the function is reached: like `runs`, less the callers that give what it would make
        (`client or make()` where `client` is a parameter)."""
        key = (path, qualified)
        names = self.guarded.left_out(key, ordinal)
        if not names:
            return self.runs(path, qualified)
        if (key, names) not in self._runs_at:
            self._runs_at[key, names] = self._worked_out(key, names)
        return self._runs_at[key, names]

    def is_threaded(self, path: str, qualified: str) -> bool:
        """Whether the function is run in a thread: by its framework, a decorator, or who hands it over."""
        function = self._function((path, qualified))
        if function is None:
            return False
        if self.decorations.of(path, function).is_threaded:
            return True
        if function.is_async:
            return False
        if any(found.entry.threaded_when_sync for found in self.entries.of(path, function)):
            return True
        return any(edge.handed_off in ("thread", "process") for edge in self.graph.callers(path, qualified))

    def callees(self, path: str, qualified: str) -> tuple[Edge, ...]:
        """The functions that this one is known to run, in its frame or elsewhere (`handed_off`)."""
        return tuple(edge for edge in self.graph.edges(path, qualified) if edge.kind != "pass")

    def callers(self, path: str, qualified: str) -> tuple[Edge, ...]:
        """The known calls of a function."""
        return tuple(edge for edge in self.graph.callers(path, qualified) if edge.kind != "pass")

    def once_guard(self, path: str, qualified: str, ordinal: int) -> str:
        """What makes a call run once though its function runs often ("`if _pool is None`"), or ""."""
        guard = self.guarded.guard((path, qualified), ordinal)
        if guard is None or (guard.per_instance and self._is_made_per_request(self._owner((path, qualified)))):
            return ""
        return guard.text

    def is_made_by_framework(self, path: str, qualified: str) -> bool:
        """Whether a framework makes an object of the function's class for each request (a handler class)."""
        owner = self._owner((path, qualified))
        made = () if owner is None else self.entries.of_method(owner, "__init__")
        return any(entry.runs == "request" for entry in made)

    # --- one function ---

    def _worked_out(self, key: Key, left_out: frozenset[str]) -> Runs:
        path, qualified = key
        function = self._function(key)
        if function is None:
            return UNKNOWN
        if qualified == form.MODULE or (function.name == form.CLASS_BODY and function.parent is None):
            return AT_IMPORT
        cache = self.decorations.of(path, function).cache
        if cache == "once":
            return Runs("once", "a cached function")
        if cache == "instance" and not self._is_made_per_request(self._owner(key)):
            return Runs("once", "a cached property")
        for is_certain in (True, False):
            found = self._per_request(key, is_certain, left_out)
            if found is not None:
                return found
        what = self._once(key, set(), left_out)
        return Runs("once", what) if what else UNKNOWN

    def _function(self, key: Key) -> form.FunctionForm | None:
        file = self.linker.project.file(key[0])
        return file.form.functions.get(key[1]) if file is not None else None

    def _owner(self, key: Key) -> ClassRef | None:
        function = self._function(key)
        return ClassRef(key[0], function.owner) if function is not None and function.owner is not None else None

    # --- per request ---

    def _per_request(self, key: Key, is_certain: bool, left_out: frozenset[str]) -> Runs | None:
        """The shortest way from a handler, by path, function and ordinal among equals."""
        frontier: dict[Key, tuple[Edge, ...]] = {key: ()}
        seen = {key}
        while frontier and len(seen) < MOST_VISITED:
            for reached in sorted(frontier):
                what = self._handler(reached, is_certain)
                if what:
                    chain = frontier[reached]
                    return Runs("request", what, tuple(step(edge) for edge in chain), is_certain)
            following: dict[Key, tuple[Edge, ...]] = {}
            for reached in sorted(frontier):
                chain = frontier[reached]
                names = self.guarded.left_out(reached, chain[0].place.ordinal) if chain else left_out
                for edge in self._ways_into(reached, is_certain):
                    if edge.caller not in seen and not self._is_given(edge, names):
                        following[edge.caller] = (edge, *chain)
                        seen.add(edge.caller)
            frontier = following
        return None

    def _handler(self, key: Key, is_certain: bool) -> str:
        """What kind of handler a function is, or ""."""
        function = self._function(key)
        if function is None:
            return ""
        for found in self.entries.of(key[0], function):
            if found.entry.runs == "request" and (found.certain or not is_certain):
                return found.entry.what
        return ""

    def _ways_into(self, key: Key, is_certain: bool) -> list[Edge]:
        """The calls that run a function as often as their caller runs."""
        if (key, is_certain) not in self._ways:
            function = self._function(key)
            is_open = function is not None and not self.decorations.of(key[0], function).is_opaque
            edges = self.graph.callers(*key) if is_open else ()
            self._ways[key, is_certain] = [edge for edge in edges if self._leads_on(edge, is_certain)]
        return self._ways[key, is_certain]

    def _is_given(self, edge: Edge, left_out: frozenset[str]) -> bool:
        return bool(left_out) and self.given.gives(edge, left_out)

    def _leads_on(self, edge: Edge, is_certain: bool) -> bool:
        if (edge.kind == "pass" and not self._is_nested(edge)) or (edge.kind == "override" and is_certain):
            return False
        return not self._is_cached(edge.caller) and not self._is_guarded(edge)

    def _is_nested(self, edge: Edge) -> bool:
        """Whether the callee exists in its caller only (a closure or lambda that is handed on)."""
        function = self._function(edge.callee)
        return function is not None and edge.place.function != form.MODULE and (
            function.parent == edge.place.function or function.name == form.LAMBDA
        )

    def _is_cached(self, key: Key) -> bool:
        function = self._function(key)
        cache = self.decorations.of(key[0], function).cache if function is not None else ""
        return cache == "once" or (cache == "instance" and not self._is_made_per_request(self._owner(key)))

    def _is_guarded(self, edge: Edge) -> bool:
        return bool(self.once_guard(edge.place.path, edge.place.function, edge.place.ordinal))

    def _is_made_per_request(self, cls: ClassRef | None) -> bool:
        """Whether every object of a class is made by a handler, or by its framework for each request."""
        if cls is None or self.entries.lineage.method(cls, "__new__") is not None:
            # A class with a `__new__` of its own decides whether calling it gives a new object.
            return False
        if cls not in self._made_per_request:
            self._made_per_request[cls] = False
            runs = {entry.runs for entry in self.entries.of_method(cls, "__init__")}
            makings = [making for making in self.graph.makings(cls) if not self._is_in_test(making)]
            self._made_per_request[cls] = "request" in runs or (
                bool(makings) and all(self._is_per_request(making) for making in makings)
            )
        return self._made_per_request[cls]

    def _is_in_test(self, making: Making) -> bool:
        function = self._function((making.place.path, making.place.function))
        found = self.entries.of(making.place.path, function) if function is not None else ()
        return any(f.entry.is_test for f in found)

    def _is_per_request(self, making: Making) -> bool:
        key = (making.place.path, making.place.function)
        if key in self._asked:
            return False
        self._asked.add(key)
        try:
            return self.runs(*key).frequency == "request" and not self.once_guard(*key, making.place.ordinal)
        finally:
            self._asked.discard(key)

    # --- once ---

    def _once(self, key: Key, asked: set[Key], left_out: frozenset[str] = frozenset()) -> str:
        """Why a function runs once, or "": it is a once-place, or is reached from such only."""
        function = self._function(key)
        if function is None or key in asked or len(asked) > MOST_VISITED:
            return ""
        if key[1] == form.MODULE or (function.name == form.CLASS_BODY and function.parent is None):
            return AT_IMPORT.what
        if self._is_cached(key):
            return "a cached function"
        found = self.entries.of(key[0], function)
        if found:
            return found[0].entry.what if all(f.entry.runs == "once" for f in found) else ""
        if self.decorations.of(key[0], function).is_opaque:
            return ""
        asked.add(key)
        edges = [e for e in self.graph.callers(*key) if e.caller != key and not self._is_given(e, left_out)]
        if not edges or any(edge.kind == "pass" for edge in edges) or self._may_be_called_elsewhere(key, edges):
            return ""
        reasons = [self._once_by(edge, asked) for edge in edges]
        told = [reason for reason in reasons if reason not in self._tests]
        return told[0] if told and all(reasons) else ""

    def _once_by(self, edge: Edge, asked: set[Key]) -> str:
        guard = self.once_guard(edge.place.path, edge.place.function, edge.place.ordinal)
        return f"a call behind {guard}" if guard else self._once(edge.caller, asked)

    def _may_be_called_elsewhere(self, key: Key, edges: list[Edge]) -> bool:
        """Whether code that knows a method's class, and is not known to run once, uses the method's name on objects
        of unknown type. Other files' code is left out: whether they are read must not change the answer."""
        function, owner = self._function(key), self._owner(key)
        if function is None or owner is None or function.name.startswith("__"):
            return False
        known = {edge.caller for edge in edges} | {key}
        knowing = self.knowing.of(owner)
        others = [k for k in self.mentions.mentioning(function.name) - known if k[0] in knowing]
        return any(not self._is_once_place(other) for other in sorted(others))

    def _is_once_place(self, key: Key) -> bool:
        function = self._function(key)
        if function is None:
            return False
        if key[1] == form.MODULE or function.name == form.CLASS_BODY:
            return True
        found = self.entries.of(key[0], function)
        return bool(found) and all(f.entry.runs == "once" for f in found)
