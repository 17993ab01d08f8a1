"""Which files know a class of the project: whether others use it is not asked of any."""

from __future__ import annotations

from poollint.analysis.linker import Linker
from poollint.analysis.mentions import Mentions
from poollint.model import form
from poollint.model.meaning import ClassRef


class Knowing:
    """Remembers its answers."""

    def __init__(self, linker: Linker, mentions: Mentions) -> None:
        self.linker = linker
        self.mentions = mentions
        self._found: dict[ClassRef, frozenset[str]] = {}

    def of(self, cls: ClassRef) -> frozenset[str]:
        """The files that define a class or import it by its name at module level."""
        if cls not in self._found:
            found = {cls.path}
            for path in sorted(self.mentions.importing(cls.qualified)):
                file = self.linker.project.file(path)
                names = file.bindings(form.MODULE).names if file is not None else {}
                imported = [(n, b.imported) for n, bound in names.items() for b in bound if b.imported is not None]
                spelled = [name for name, i in imported if i.name == cls.qualified]
                meant = [self.linker.global_name(path, name) for name in spelled]
                if any(isinstance(meaning, ClassRef) and meaning == cls for meaning in meant):
                    found.add(path)
            self._found[cls] = frozenset(found)
        return self._found[cls]
