"""The files of one project root, and how imports find them. Nothing is imported or executed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from poollint.analysis.scopes import Bindings, bindings, overview
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.form import CLASS_BODY, LAMBDA
from poollint.model.meaning import UNRESOLVED, External, FileModule, Meaning


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
            definition = self.form.functions[function]
            found = self._bindings[function] = bindings(definition.body, overview(definition).has_walrus)
        return found

    def global_writers(self, name: str) -> list[str]:
        """Functions that declare `name` global and bind it."""
        return self._global_writers.get(name, [])

    @cached_property
    def _global_writers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for qualified, function in self.form.functions.items():
            if not overview(function).is_declaring:
                continue
            bound = self.bindings(qualified)
            for name in bound.globals:
                if name in bound.names:
                    found.setdefault(name, []).append(qualified)
        return found

    @cached_property
    def fillers(self) -> dict[str, list[tuple[str, str]]]:
        """(function, target) of each assignment to a subscript, by what the subscript is of (`pools`, `self.pools`)."""
        found: dict[str, list[tuple[str, str]]] = {}
        for qualified in self.form.functions:
            for target in self.bindings(qualified).attributes:
                base, bracket, _ = target.rpartition("[")
                if bracket:
                    found.setdefault(base, []).append((qualified, target))
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
        self._folders_of_sources = tuple("" if s == "." else s.removeprefix("./").strip("/") + "/" for s in sources)
        self._starts: dict[str, list[str]] = {}
        self._folders = frozenset(_folders(paths))
        self._modules: dict[tuple[str, str], Meaning] = {}

    def file(self, path: str) -> FileScope | None:
        if path not in self._files:
            lowered = self._load(path)
            self._files[path] = None if lowered is None else FileScope(lowered)
        return self._files[path]

    def replace(self, lowered: form.FileForm) -> None:
        """Takes another reader's form of a file."""
        self._files[lowered.path] = FileScope(lowered)

    def module(self, importer: str, dotted: str, level: int) -> Meaning:
        """The module that `dotted`, with `level` leading dots, names in the file `importer`."""
        if level:
            return self._relative(importer, dotted, level)
        key = (importer.rpartition("/")[0], dotted)
        if key not in self._modules:
            self._modules[key] = self._absolute(importer, dotted)
        found = self._modules[key]
        # A file that has the name of what it imports does not mean itself.
        is_itself = (
            isinstance(found, FileModule) and found.path == importer and importer.rpartition("/")[2] != "__init__.py"
        )
        return External(dotted) if is_itself else found

    def _relative(self, importer: str, dotted: str, level: int) -> Meaning:
        folders = importer.split("/")[:-1]
        kept = len(folders) - (level - 1)
        if kept >= 0:
            found = self._at("".join(f"{folder}/" for folder in folders[:kept]), dotted)
            if found is not None:
                return found
        return External("." * level + dotted)

    def _absolute(self, importer: str, dotted: str) -> Meaning:
        """As Python would from any of the folders: packages and modules before mere folders, and before installed
        packages; those before mere folders. Two different ones: which it is depends on how the program is started."""
        hits = {found for base in self._bases(importer) if (found := self._at(base, dotted)) is not None}
        solid = [found for found in hits if found.path and not self._stands_in_mere_folder(found.path, dotted)]
        if solid:
            return solid[0] if len(solid) == 1 else UNRESOLVED
        if not hits or dotted.partition(".")[0] in self.catalogue.roots:
            return External(dotted)
        return hits.pop() if len(hits) == 1 else UNRESOLVED

    def _stands_in_mere_folder(self, path: str, dotted: str) -> bool:
        """Whether a package on the way to a module has no `__init__.py`: an installed one would win."""
        folders = path.removesuffix("/__init__.py").split("/")
        depth = dotted.count(".")
        tops = ["/".join(folders[: len(folders) - up]) for up in range(1, depth + 1)]
        return any(f"{top}/__init__.py" not in self.paths for top in tops)

    def _bases(self, importer: str) -> list[str]:
        """Folders that absolute imports of a file may start from."""
        folder = importer.rpartition("/")[0]
        if folder not in self._starts:
            bases = list(self._folders_of_sources)
            while folder:
                if f"{folder}/__init__.py" not in self.paths and f"{folder}/" not in bases:
                    bases.append(f"{folder}/")
                folder = folder.rpartition("/")[0]
            self._starts[importer.rpartition("/")[0]] = bases
        return self._starts[importer.rpartition("/")[0]]

    def _at(self, base: str, dotted: str) -> FileModule | None:
        stem = (base + dotted.replace(".", "/")).rstrip("/")
        package, module = (f"{stem}/__init__.py" if stem else "__init__.py"), f"{stem}.py"
        if package in self.paths:
            return FileModule(package)
        if module in self.paths:
            return FileModule(module)
        if stem in self._folders:
            return FileModule("", stem)
        return None

    def declared(self, path: str, qualified: str) -> str | None:
        """The dotted name by which the user's own settings describe a function or class of a file."""
        if not self.catalogue.declared:
            return None
        names = (f"{module}.{qualified}" for module in self._dotted(path))
        return next((name for name in names if name in self.catalogue.declared), None)

    def declared_symbols(self) -> list[tuple[str, str]]:
        """(file, top-level name) of all that the user's own settings describe in this project."""
        modules = {name.rpartition(".")[0] for name in self.catalogue.declared}
        packages = {module.rpartition(".")[0] for module in modules}
        wanted = modules | packages
        found = {(path, module) for path in self.paths if wanted for module in self._dotted(path) if module in wanted}
        return sorted(
            (path, name.removeprefix(f"{module}.").partition(".")[0])
            for path, module in found
            for name in self.catalogue.declared
            if name.startswith(f"{module}.")
        )

    def _dotted(self, path: str) -> list[str]:
        """The names under which a file can be imported, from each folder that imports start from."""
        inner = [path.removeprefix(folder) for folder in self._folders_of_sources if path.startswith(folder)]
        stems = [name.removesuffix(".py").removesuffix("/__init__") for name in inner]
        return [stem.replace("/", ".") for stem in stems]

    def submodule(self, module: FileModule, name: str) -> FileModule | None:
        """`module.name` as a file, when `module` is a package."""
        if module.path == "__init__.py" or module.path.endswith("/__init__.py"):
            folder = module.path.removesuffix("__init__.py")
        elif not module.path:
            folder = f"{module.folder}/"
        else:
            return None
        return self._at(folder, name)


def _folders(paths: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
