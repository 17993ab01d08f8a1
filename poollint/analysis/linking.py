"""The linker's ground: scopes, memory, and the questions that its parts ask each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from poollint.analysis.project import Project
from poollint.model import form
from poollint.model.identity import PoolKey
from poollint.model.meaning import (
    CUT_OFF,
    DYNAMIC,
    Application,
    Awaitable,
    Entered,
    Exactly,
    InstanceOf,
    ListOf,
    Meaning,
    TupleOf,
    Typed,
    agree,
)
from poollint.model.span import Place

DEPTH_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: a file, and the qualified name of the function (or `MODULE`)."""

    path: str
    function: str

    def at(self, ordinal: int) -> Place:
        """A node of the function."""
        return Place(self.path, self.function, ordinal)


class LinkerGround(ABC):
    """Memory with a guard against cycles: a question asked while it is being answered adds nothing, so it
    answers `None` (which agreement leaves out); beyond `DEPTH_LIMIT` the answer is cut off."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.catalogue = project.catalogue
        self._memory: dict[Hashable, Meaning] = {}
        self._asked: set[Hashable] = set()
        self._depth = 0
        self._cycles = 0

    def remembered(self, key: Hashable, work: Callable[[], Meaning]) -> Meaning:
        found = self._memory.get(key)
        if found is not None:
            return found
        if key in self._asked:
            self._cycles += 1
            return Exactly(None)
        if self._depth > DEPTH_LIMIT:
            return CUT_OFF
        cycles = self._cycles
        self._asked.add(key)
        self._depth += 1
        try:
            answer = work()
        finally:
            self._asked.discard(key)
            self._depth -= 1
        # A literal found while a cycle was cut may be only part of the answer.
        if cycles == self._cycles or not isinstance(answer, Exactly):
            self._memory[key] = answer
        return answer

    @abstractmethod
    def meaning(self, expression: form.Expr, scope: Scope) -> Meaning:
        """What an expression denotes."""

    @abstractmethod
    def class_attribute(self, found: object, name: str, scope: Scope | None = None) -> Meaning:
        """What an instance's attribute denotes."""

    @abstractmethod
    def result(self, callee: Meaning, call: form.Call | None, scope: Scope | None) -> Meaning:
        """What calling `callee` gives."""

    def awaited(self, meaning: Meaning) -> Meaning:
        """What `await` gives; objects that are awaitable as well as themselves stay."""
        if isinstance(meaning, Awaitable):
            return meaning.result
        return meaning if isinstance(meaning, (Typed, ListOf)) else DYNAMIC

    def entered(self, meaning: Meaning, is_async: bool) -> Meaning:
        """What `with ... as name` binds."""
        if isinstance(meaning, (Entered, Awaitable)):
            inner = meaning.result
            return self.entered(inner, is_async) if isinstance(inner, Entered) else inner
        if isinstance(meaning, Typed):
            return meaning
        if isinstance(meaning, InstanceOf):
            method = self.class_attribute(meaning, "__aenter__" if is_async else "__enter__")
            result = self.result(method, None, None)
            result = result.result if isinstance(result, Awaitable) else result
            return result if isinstance(result, (Typed, InstanceOf)) else DYNAMIC
        return DYNAMIC

    def element(self, meaning: Meaning) -> Meaning:
        """What iterating gives, or what a generator yields."""
        if isinstance(meaning, ListOf):
            return meaning.element
        if isinstance(meaning, TupleOf) and meaning.items:
            return agree(list(meaning.items))
        return DYNAMIC

    def provided(self, meaning: Meaning) -> Meaning:
        """What a dependency's parameter holds: the value behind awaitables, generators and context managers."""
        while isinstance(meaning, (Awaitable, Entered, ListOf)):
            meaning = meaning.element if isinstance(meaning, ListOf) else meaning.result
        return meaning


def keyed(meaning: Meaning, key: str) -> Meaning:
    """The same with a lasting place, where it has none yet."""
    if isinstance(meaning, Typed) and meaning.key is None:
        return replace(meaning, key=PoolKey(key))
    if isinstance(meaning, Application) and not meaning.key:
        return replace(meaning, key=key)
    return meaning
