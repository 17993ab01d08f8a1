"""The once-guards of a project's functions, with what the linker knows of the places that they look at."""

from __future__ import annotations

from poollint.analysis.given import left_out
from poollint.analysis.guards import Guard, Guards
from poollint.analysis.keepers import Keepers
from poollint.analysis.lineage import Lineage
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key
from poollint.model.meaning import ClassRef


class Guarded:
    """Answers by function and ordinal, remembered."""

    def __init__(self, linker: Linker, lineage: Lineage) -> None:
        self.linker = linker
        self.lineage = lineage
        self.keepers = Keepers(linker)
        self._guards: dict[tuple[Key, int], Guard | None] = {}
        self._left_out: dict[tuple[Key, int], frozenset[str]] = {}
        self._readers: dict[Key, Guards | None] = {}

    def guard(self, key: Key, ordinal: int) -> Guard | None:
        """What makes a call run once: for the process, or for each object (`per_instance`)."""
        if (key, ordinal) not in self._guards:
            reader = self._reader(key)
            found = reader.of(ordinal) if reader is not None else None
            if found is not None and found.per_instance and self._is_fresh(key):
                found = None
            self._guards[key, ordinal] = found
        return self._guards[key, ordinal]

    def left_out(self, key: Key, ordinal: int) -> frozenset[str]:
        """The parameters that are not given where a call is reached."""
        if (key, ordinal) not in self._left_out:
            file = self.linker.project.file(key[0])
            function = file.form.functions.get(key[1]) if file is not None else None
            found: frozenset[str] = frozenset()
            if file is not None and function is not None:
                found = left_out(function, file.bindings(key[1]), ordinal)
            self._left_out[key, ordinal] = found
        return self._left_out[key, ordinal]

    def _reader(self, key: Key) -> Guards | None:
        if key not in self._readers:
            file = self.linker.project.file(key[0])
            function = file.form.functions.get(key[1]) if file is not None else None
            scope = Scope(*key)
            self._readers[key] = None if file is None or function is None else Guards(
                function,
                file.bindings(key[1]),
                lambda expression: self.keepers.dies_with_request(expression, scope),
                lambda call: self.keepers.stored_by(call, scope),
            )
        return self._readers[key]

    def _is_fresh(self, key: Key) -> bool:
        """Whether the function is the `__init__` of a new object: its attributes are empty, unless the class itself
        decides whether calling it gives a new one."""
        file = self.linker.project.file(key[0])
        function = file.form.functions.get(key[1]) if file is not None else None
        if function is None or function.name != "__init__" or function.owner is None:
            return False
        return self.lineage.method(ClassRef(key[0], function.owner), "__new__") is None
