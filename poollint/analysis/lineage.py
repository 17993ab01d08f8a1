"""What classes derive from, and what derives from them, across the project's files."""

from __future__ import annotations

from poollint.analysis.linker import Linker
from poollint.analysis.mentions import Mentions
from poollint.model import form
from poollint.model.meaning import ClassRef, External, FunctionRef, InstanceOf


class Lineage:
    """Answers by class, remembered."""

    def __init__(self, linker: Linker, mentions: Mentions) -> None:
        self.linker = linker
        self.mentions = mentions
        self._ancestors: dict[ClassRef, tuple[ClassRef, ...]] = {}
        self._outside: dict[ClassRef, frozenset[str]] = {}

    def ancestors(self, cls: ClassRef) -> tuple[ClassRef, ...]:
        """The class and its first-party bases, nearest first."""
        found = self._ancestors.get(cls)
        if found is None:
            found = self._ancestors[cls] = self._followed(cls)
        return found

    def _followed(self, cls: ClassRef) -> tuple[ClassRef, ...]:
        found: list[ClassRef] = []
        waiting, outside = [cls], set[str]()
        while waiting and len(found) < 50:
            current = waiting.pop(0)
            if current in found:
                continue
            found.append(current)
            for base in self.linker.bases(current):
                if isinstance(base, ClassRef):
                    waiting.append(base)
                elif isinstance(base, External):
                    outside.add(base.name)
        self._outside[cls] = frozenset(outside)
        return tuple(found)

    def outside(self, cls: ClassRef) -> frozenset[str]:
        """Dotted names of the installed classes that it derives from, at any depth."""
        self.ancestors(cls)
        return self._outside[cls]

    def names(self, cls: ClassRef) -> frozenset[str]:
        """`module.Class` of all that it derives from, for bases told by a pattern."""
        first_party = {f"{_module(base.path)}.{base.qualified}" for base in self.ancestors(cls)[1:]}
        return frozenset(first_party | self.outside(cls))

    def method(self, cls: ClassRef, name: str) -> FunctionRef | None:
        """The method that an instance runs, by its own class or the nearest base that has it."""
        for owner in self.ancestors(cls):
            file = self.linker.project.file(owner.path)
            for method in file.methods.get(owner.qualified, ()) if file is not None else ():
                if method.name == name:
                    return FunctionRef(owner.path, method.qualified, InstanceOf(cls))
        return None

    def descendants(self, cls: ClassRef) -> list[ClassRef]:
        """Classes of the candidate files that derive from it."""
        found: list[ClassRef] = []
        for name in sorted(self.mentions.spellings(cls.qualified.rpartition(".")[2])):
            for path, qualified in self.mentions.classes.get(name, ()):
                other = ClassRef(path, qualified)
                if other != cls and cls in self.ancestors(other):
                    found.append(other)
        return found

    def owner(self, path: str, function: form.FunctionForm) -> ClassRef | None:
        return ClassRef(path, function.owner) if function.owner is not None else None


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
