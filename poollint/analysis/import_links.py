"""A file's imports, resolved: what each name that they bind may be, without reading the files behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from poollint.analysis.project import Project
from poollint.analysis.scan import Scanned
from poollint.model.meaning import External, FileModule

File = str
"""A module of the project: its path, or its folder with a final `/` when it has no `__init__.py`."""


@dataclass(slots=True)
class Links:
    """`names`: (module, name there, name here); `modules`: name here -> modules of the project; `outside`: name
    here -> dotted names outside it; `stars`, `outside_stars`: modules imported whole."""

    names: list[tuple[File, str, str]] = field(default_factory=list)
    modules: dict[str, set[File]] = field(default_factory=dict)
    outside: dict[str, set[str]] = field(default_factory=dict)
    stars: set[File] = field(default_factory=set)
    outside_stars: set[str] = field(default_factory=set)


def links_of(project: Project, path: str, scanned: Scanned) -> Links:
    """What the imports of a scanned file lead to."""
    links = Links()
    for imported in scanned.imports:
        if imported.name is None:
            _module(links, project, path, imported.module, imported.alias)
            continue
        target = project.module(path, imported.module, imported.level)
        if isinstance(target, External):
            _outside(links, target.name, imported.name, imported.alias)
        elif isinstance(target, FileModule):
            _inside(links, project, target, imported.name, imported.alias)
    return links


def _module(links: Links, project: Project, path: str, dotted: str, alias: str | None) -> None:
    here = alias or dotted.partition(".")[0]
    target = project.module(path, dotted if alias else here, 0)
    if isinstance(target, External):
        links.outside.setdefault(here, set()).add(target.name)
    elif isinstance(target, FileModule):
        links.modules.setdefault(here, set()).add(key_of(target))


def _outside(links: Links, module: str, name: str, alias: str | None) -> None:
    if name == "*":
        links.outside_stars.add(module)
    else:
        links.outside.setdefault(alias or name, set()).add(f"{module}.{name}")


def _inside(links: Links, project: Project, target: FileModule, name: str, alias: str | None) -> None:
    module = key_of(target)
    if name == "*":
        links.stars.add(module)
        return
    here = alias or name
    links.names.append((module, name, here))
    below = project.submodule(target, name)
    if below is not None:
        links.modules.setdefault(here, set()).add(key_of(below))


def modules_by_package(paths: Iterable[str]) -> dict[File, dict[str, set[File]]]:
    """Package -> the modules and packages in it, by name."""
    found: dict[File, dict[str, set[File]]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        if stem == "__init__":
            folder, _, stem = folder.rpartition("/")
        _add(found, folder, stem, path)
        while folder:
            inner = f"{folder}/"
            folder, _, stem = folder.rpartition("/")
            _add(found, folder, stem, inner)
    return found


def _add(found: dict[File, dict[str, set[File]]], folder: str, name: str, module: File) -> None:
    for package in (f"{folder}/__init__.py", f"{folder}/") if folder else ("__init__.py", "/"):
        found.setdefault(package, {}).setdefault(name, set()).add(module)


def key_of(module: FileModule) -> File:
    return module.path or f"{module.folder}/"
