"""What only runs while nothing is served yet, or any more."""

from __future__ import annotations

from poollint.analysis.callgraph import CallGraph
from poollint.analysis.entries import Entries
from poollint.analysis.linker import Linker
from poollint.analysis.mentions import Key


class Startup:
    """Asked of functions."""

    def __init__(self, linker: Linker, entries: Entries, graph: CallGraph) -> None:
        self.linker = linker
        self.entries = entries
        self.graph = graph

    def holds(self, path: str, qualified: str) -> bool:
        """Whether nothing is served yet, or any more, while the function runs: it is such an entry, or is awaited
        by such alone."""
        return self._holds((path, qualified), frozenset())

    def _holds(self, key: Key, asked: frozenset[Key]) -> bool:
        file = self.linker.project.file(key[0])
        function = file.form.functions.get(key[1]) if file is not None else None
        if function is None or key in asked:
            return False
        found = self.entries.of(key[0], function)
        if found:
            return not any(f.entry.serves for f in found)
        edges = self.graph.callers(*key) if function.owner is None else ()
        awaited = bool(edges) and all(e.kind == "call" and e.awaited and not e.handed_off for e in edges)
        return awaited and all(self._holds(e.caller, asked | {key}) for e in edges)
