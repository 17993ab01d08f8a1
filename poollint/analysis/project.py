"""The files of one project root, and how imports find them. Nothing is imported or executed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from poollint.analysis.scopes import Bindings, bindings
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.form import CLASS_BODY, LAMBDA
from poollint.model.meaning import External, FileModule, Meaning


class FileScope:
    """A lowered file with the bindings of each of its blocks, worked out on demand."""

    def __init__(self, lowered: form.FileForm) -> None:
        self.form = lowered
        self.path = lowered.path
        self._bindings: dict[str, Bindings] = {}

    def bindings(self, function: str) -> Bindings:
        """What the body of a function (or `MODULE`, or a class body) binds."""
        found = self._bindings.get(function)
        if found is None:
            found = self._bindings[function] = bindings(self.form.functions[function].body)
        return found

    def class_bindings(self, qualified: str) -> Bindings:
        return self.bindings(f"{qualified}.{CLASS_BODY}")

    def global_writers(self, name: str) -> list[str]:
        """Functions that declare `name` global and bind it."""
        return self._global_writers.get(name, [])

    @cached_property
    def _global_writers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for qualified in self.form.functions:
            bound = self.bindings(qualified)
            for name in bound.globals:
                if name in bound.names:
                    found.setdefault(name, []).append(qualified)
        return found

    @cached_property
    def methods(self) -> dict[str, list[form.FunctionForm]]:
        """Methods by their class's qualified name, in source order."""
        found: dict[str, list[form.FunctionForm]] = {}
        for function in self.form.functions.values():
            if function.owner is not None and function.name not in (LAMBDA, CLASS_BODY):
                found.setdefault(function.owner, []).append(function)
        return found


class Project:
    """What imports of a project resolve to.

    `paths` are all its Python files, from the root with `/`; `load` gives the form of one, or None where it
    cannot be read. `sources` are the folders that absolute imports start from.
    """

    def __init__(
        self,
        paths: frozenset[str],
        load: Callable[[str], form.FileForm | None],
        catalogue: Catalogue,
        sources: tuple[str, ...] = (".", "src"),
    ) -> None:
        self.paths = paths
        self.catalogue = catalogue
        self._load = load
        self._files: dict[str, FileScope | None] = {}
        self._sources = tuple("" if source == "." else source.strip("/") + "/" for source in sources)
        self._folders = frozenset(_folders(paths))
        self._modules: dict[tuple[str, str], Meaning] = {}

    def file(self, path: str) -> FileScope | None:
        if path not in self._files:
            lowered = self._load(path)
            self._files[path] = None if lowered is None else FileScope(lowered)
        return self._files[path]

    def module(self, importer: str, dotted: str, level: int) -> Meaning:
        """The module that `dotted`, with `level` leading dots, names in the file `importer`."""
        if level:
            folder = importer.rpartition("/")[0]
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            found = self._at(f"{folder}/" if folder else "", dotted, importer)
            return found if found is not None else External("." * level + dotted)
        key = (importer.rpartition("/")[0], dotted)
        if key not in self._modules:
            self._modules[key] = self._absolute(importer, dotted)
        return self._modules[key]

    def _absolute(self, importer: str, dotted: str) -> Meaning:
        """First-party hits win over installed packages; a file never imports itself by its own name."""
        for base in self._bases(importer):
            found = self._at(base, dotted, importer)
            if isinstance(found, FileModule) and found.path:
                return found
        for base in self._bases(importer):
            found = self._at(base, dotted, importer)
            if found is not None and dotted.partition(".")[0] not in self.catalogue.roots:
                return found
        return External(dotted)

    def _bases(self, importer: str) -> list[str]:
        bases = list(self._sources)
        folder = importer.rpartition("/")[0]
        while folder:
            if f"{folder}/__init__.py" not in self.paths and f"{folder}/" not in bases:
                bases.append(f"{folder}/")
            folder = folder.rpartition("/")[0]
        return bases

    def _at(self, base: str, dotted: str, importer: str) -> FileModule | None:
        stem = (base + dotted.replace(".", "/")).rstrip("/")
        package, module = (f"{stem}/__init__.py" if stem else "__init__.py"), f"{stem}.py"
        if package in self.paths:
            return FileModule(package)
        if module in self.paths and module != importer:
            return FileModule(module)
        if stem in self._folders:
            return FileModule("", stem)
        return None

    def submodule(self, module: FileModule, name: str) -> FileModule | None:
        """`module.name` as a file, when `module` is a package."""
        if module.path.endswith("__init__.py"):
            folder = module.path.removesuffix("__init__.py")
        elif not module.path:
            folder = f"{module.folder}/"
        else:
            return None
        return self._at(folder, name, module.path)


def _folders(paths: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
