"""What runs once a process, less what its only caller runs many times."""

from __future__ import annotations

from collections import Counter

from poollint.analysis.edges import Edge
from poollint.analysis.loops import repeating_comprehension, repeating_loop
from poollint.analysis.mentions import Key
from poollint.analysis.reach import UNKNOWN, Reach
from poollint.analysis.sites import call_at
from poollint.model import form
from poollint.model.identity import Runs


class Repeats:
    """A once-place may call a helper in a loop, or several times: what the helper loses each time adds up."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._memory: dict[Key, bool] = {}

    def runs(self, path: str, qualified: str) -> Runs:
        """How often the function runs; "once" only where nothing repeats it within the process."""
        found = self.reach.runs(path, qualified)
        return UNKNOWN if found.frequency == "once" and self._is_repeated((path, qualified)) else found

    def _is_repeated(self, key: Key) -> bool:
        if key not in self._memory:
            self._memory[key] = False
            self._memory[key] = self._worked_out(key)
        return self._memory[key]

    def _worked_out(self, key: Key) -> bool:
        """Whether a way that leads here calls more than once."""
        file = self.reach.linker.project.file(key[0])
        function = file.form.functions.get(key[1]) if file is not None else None
        if function is None or key[1] == form.MODULE or self.reach.entries.of(key[0], function):
            return False
        if self.reach.decorations.of(key[0], function).cache:
            return False
        edges = [e for e in self.reach.callers(*key) if e.caller != key and not self._is_guarded(e)]
        callers = Counter(edge.caller for edge in edges)
        if any(times > 1 for times in callers.values()) or any(self._is_in_loop(edge) for edge in edges):
            return True
        return any(self._is_repeated(caller) for caller in sorted(callers))

    def _is_guarded(self, edge: Edge) -> bool:
        return bool(self.reach.once_guard(edge.place.path, edge.place.function, edge.place.ordinal))

    def _is_in_loop(self, edge: Edge) -> bool:
        file = self.reach.linker.project.file(edge.place.path)
        caller = file.form.functions.get(edge.place.function) if file is not None else None
        call = call_at(self.reach.linker, edge.place)
        if caller is None or call is None:
            return False
        return repeating_loop(caller, call) is not None or repeating_comprehension(caller, call) is not None
